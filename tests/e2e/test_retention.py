"""host.retention: orders and fills of trades that ended long ago leave the database; lots stay."""

import json
import time

from control import Host
from pawl import base_config, entry, pawl, quote, stamp, write_config

LOTS = 4300  # more than stay in memory: 4096 closed ones


def many_trades():
    """One a minute: in, and out at the target."""
    events = []
    for i in range(LOTS):
        at = i * 60
        events.append(quote(at, 2650.00))
        events.append(entry(at + 1, "BUY", 2640, 2655, "", quantity="0.1"))
        del events[-1]["ref"]
        events += [quote(at + 5, 2650.00), quote(at + 10, 2656.00), quote(at + 15, 2656.00)]
    return events


def rows(host, table):
    return [json.loads(line) for line in host.pawl("records", table).stdout.splitlines()]


def test_old_orders_go_and_lots_stay(tmp_path):
    config = base_config()
    config["host"].update({"durability": "process", "retention": "7d",
                           "log": {"level": "error"}})
    events = many_trades()
    last = LOTS * 60 + 30 * 86400
    events += [quote(last + second, 2650.00) for second in range(10)]
    played = Host(tmp_path, events, speed="0", config=config)
    played.until(lambda answer: answer["host"]["now"] > stamp(last)[:10], seconds=120)
    assert played.stop() == 0
    # A pass begins with the start, then every hour, and every day of the data.
    host = Host(tmp_path, events, speed="0", config=config)
    # Orders, fills, shares and targets of the lots that are not in memory any more.
    end = time.monotonic() + 30
    while len(rows(host, "targets")) > 4096 and time.monotonic() < end:
        time.sleep(0.2)
    answer = host.ask("status")
    assert answer["lots_total"] == 0
    lots, orders, fills = (rows(host, table) for table in ("lots", "orders", "fills"))
    assert len(lots) == LOTS
    assert {order["lot"] for order in orders} == {lot["id"] for lot in lots[-4096:]}
    assert len(orders) == 3 * 4096 and len(fills) == 2 * 4096
    assert min(share["lot"] for share in rows(host, "shares")) == lots[-4096]["id"]
    assert min(target["lot"] for target in rows(host, "targets")) == lots[-4096]["id"]
    whole = host.ask("performance")["performance"][0]
    assert whole["total_trades"] == LOTS
    equity = answer["accounts"][0]["equity"]
    assert host.stop() == 0
    assert "every row is whole" in host.pawl("doctor").stdout
    again = Host(tmp_path, events, speed="0", config=config)
    answer = again.until(lambda answer: answer["host"]["boot"] == 3)
    assert answer["accounts"][0]["equity"] == equity
    assert again.ask("performance")["performance"][0] == whole
    newest = rows(again, "orders")[-1]
    again.client().send({"type": "quote", "symbol": "XAUUSD", "bid": "2650", "ask": "2650.2"})
    again.client().send({"type": "entry", "symbol": "XAUUSD", "via": "linked", "side": "BUY",
                         "quantity": "0.1", "stop": {"price": "2640"}})
    end = time.monotonic() + 10
    while rows(again, "orders")[-1]["id"] == newest["id"] and time.monotonic() < end:
        time.sleep(0.2)
    assert rows(again, "orders")[-1]["id"] == newest["id"] + 1
    assert again.stop() == 0


def test_nothing_goes_unless_it_is_asked_for(tmp_path):
    config = base_config()
    config["host"]["retention"] = "6d"
    done = pawl("check", "-c", write_config(tmp_path, config))
    assert done.returncode == 3
    assert "host.retention: must be 0 or at least 7d" in done.stderr
    config["host"]["retention"] = "0s"
    assert pawl("check", "-c", write_config(tmp_path, config)).returncode == 0
