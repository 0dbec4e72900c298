"""What a running host says of its trades: reconcile, transactions, performance."""

import json
import shutil

import pytest

from control import Host, open_trade, protected
from pawl import SOURCE, base_config, entry, quote


@pytest.fixture
def host(tmp_path):
    one = Host(tmp_path, open_trade())
    one.until(protected)
    yield one
    assert one.stop() == 0, one.log()


# ---- reconcile ----

def test_a_plan_where_all_agrees(host):
    done = host.pawl("reconcile", "--plan")
    assert done.returncode == 0
    assert done.stdout == "the venue and the book agree; orders: 2, positions: 1\n"


def test_a_round_by_hand(host):
    done = host.pawl("reconcile")
    assert done.returncode == 0 and done.stdout.startswith("brokers that are being asked: 1;")
    assert protected(host.ask("status"))


def test_a_plan_says_and_does_nothing(host):
    """Somebody buys more at the venue."""
    client = host.client()
    client.send({"type": "fault", "what": "position_change", "symbol": "XAUUSD",
                 "quantity": "0.1"})
    assert client.line()["ok"]
    before = host.ask("records", type="lots")["rows"]
    done = host.pawl("reconcile", "--plan")
    assert done.returncode == 0
    assert "position: XAUUSD in main LONG" in done.stdout
    assert "venue  0.2" in done.stdout and "book   0.1" in done.stdout
    assert "would: leave it, enter nothing more in this symbol" in done.stdout
    assert host.ask("records", type="lots")["rows"] == before
    assert host.ask("status")["lots"][0]["quantity"] == "0.1"
    again = json.loads(host.pawl("reconcile", "--plan", "--json").stdout)
    assert again["complete"] and again["differences"][0]["what"] == "position"
    assert not again["moved"]


def test_a_plan_tells_that_the_book_moved_meanwhile(host):
    asks, orders = host.client(), host.client()
    for step in range(10):  # the venue may have been faster than we
        asks.send({"do": "reconcile", "plan": True})
        orders.send({"type": "stop", "ref": "gold", "price": "%.1f" % (2645.5 + step / 10)})
        assert orders.line()["ok"]
        answer = asks.line()
        assert answer["complete"]
        if answer["moved"]:
            return
    pytest.fail("nothing moved")


def test_a_plan_without_a_connection(host):
    client = host.client()
    client.send({"type": "fault", "what": "disconnect"})
    assert client.line()["ok"]
    host.until(lambda answer: answer["brokers"][0]["link"] == "down")
    done = host.pawl("reconcile", "--plan")
    assert done.returncode == 1 and "did not answer in full" in done.stdout
    client.send({"type": "fault", "what": "reconnect"})
    assert client.line()["ok"]
    host.until(lambda answer: answer["brokers"][0]["link"] == "ready")
    assert "agree" in host.pawl("reconcile", "--plan").stdout


# ---- transactions and performance ----

def trades():
    """One that wins, one that loses, one that is open; each a tenth of a lot of 100 ounces."""
    events = [quote(second, 2650.00) for second in range(0, 10)]
    events.append(entry(10, "BUY", 2645, 2660, "winner"))
    events += [quote(second, 2650.00) for second in range(11, 40)]
    events += [quote(second, 2661.00) for second in range(40, 60)]
    events.append(entry(60, "BUY", 2655, 2680, "loser"))
    events += [quote(second, 2661.00) for second in range(61, 130)]
    events += [quote(second, 2654.00) for second in range(130, 140)]
    events.append(entry(140, "SELL", 2660, 2600, "runner"))
    return events + [quote(second, 2653.00) for second in range(141, 36000)]


def test_transactions_and_performance(tmp_path):
    host = Host(tmp_path, trades(), speed="200")
    host.until(lambda answer: [lot["ref"] for lot in answer["lots"]] == ["runner"]
               and protected(answer))
    rows = [json.loads(line) for line in host.pawl("transactions", "--json").stdout.splitlines()]
    assert [row["ref"] for row in rows] == ["runner", "loser", "winner"]
    assert [row["status"] for row in rows] == ["OPEN", "STOPPED_OUT", "CLOSED"]
    winner, loser = rows[2], rows[1]
    assert winner["exit_reason"] == "TP_HIT" and winner["is_winning"] is True
    assert winner["entry_price"] == "2650.2" and winner["exit_price"] == "2660"
    assert winner["pnl_usd"] == winner["realized_pnl"] == "98"
    assert winner["actual_rr_ratio"] == "1.8846" and winner["pnl_percentage"] == "0.3698"
    assert loser["exit_reason"] == "SL_HIT" and loser["is_winning"] is False
    assert float(loser["actual_rr_ratio"]) < -1 and loser["trade_duration_minutes"] == 1
    lines = host.pawl("transactions", "--limit", "2").stdout.splitlines()
    assert len(lines) == 3 and lines[2].endswith("SL_HIT  2026-01-05 09:02:10")
    assert lines[2].split()[:2] == ["2", "loser"]

    whole = json.loads(host.pawl("performance", "--json").stdout)["performance"]
    assert len(whole) == 1 and whole[0]["total_trades"] == 2 and whole[0]["win_rate"] == "50.0000"
    net = float(winner["realized_pnl"]) + float(loser["realized_pnl"])
    assert abs(float(whole[0]["total_pnl"]) - net) < 1e-9
    factor = abs(float(winner["realized_pnl"]) / float(loser["realized_pnl"]))
    assert abs(float(whole[0]["profit_factor"]) - factor) < 1e-4
    reasons = json.loads(host.pawl("performance", "--by", "reason", "--json").stdout)
    assert {one["name"] for one in reasons["performance"]} == {"TP_HIT", "SL_HIT"}
    assert reasons["performance"][0]["profit_factor"] is None
    lines = host.pawl("performance", "--by", "symbol").stdout.splitlines()
    assert lines[1].split()[:3] == ["XAUUSD", "2", "1"] and max(map(len, lines)) <= 100
    assert host.pawl("performance", "--by", "mood").returncode == 2
    assert host.stop() == 0


def test_what_merged_lots_paid_is_in_the_sums(tmp_path):
    """The sum over all closed lots is what the account earned, also where lots became one."""
    config = json.loads((SOURCE / "config" / "tranche.json").read_text())
    config["host"].update(data_dir=str(tmp_path / "state"), durability="none")
    config["feeds"] = [{"match": "xauusd.generated.json", "speed": "0"}]
    shutil.copy(SOURCE / "config" / "demo" / "xauusd.generated.json", tmp_path)
    host = Host(tmp_path, config=config)
    account = host.until(lambda answer: answer["host"]["now"] > "2024-01-16T23:5",
                         seconds=60)["accounts"][0]
    merged = host.lines().count("is part of lot ")
    [whole] = json.loads(host.pawl("performance", "--json").stdout)["performance"]
    reasons = json.loads(host.pawl("performance", "--by", "reason", "--json").stdout)
    assert host.stop() == 0
    assert merged > 0
    assert float(whole["fees"]) == pytest.approx(float(account["fees"]))
    assert float(whole["gross_pnl"]) == pytest.approx(float(account["realised"]))
    one = {group["name"]: group for group in reasons["performance"]}["MERGED"]
    assert one["total_trades"] == 0 and float(one["fees"]) > 0 and one["win_rate"] is None


def test_one_winner_has_no_worst_trade(tmp_path):
    host = Host(tmp_path, trades(), speed="200")
    host.until(lambda answer: json.loads(host.pawl("performance", "--json").stdout)["performance"])
    one = json.loads(host.pawl("performance", "--by", "reason", "--json").stdout)["performance"]
    for group in one:
        assert ("largest_win" in group) == (group["winning_trades"] > 0)
        assert ("largest_loss" in group) == (group["losing_trades"] > 0)
    assert host.stop() == 0


def test_no_venue_answers_behind_the_end_of_the_data(tmp_path):
    host = Host(tmp_path, [quote(second, 2650.00) for second in range(10)], speed="0")
    host.until(lambda answer: answer["host"]["now"].startswith("2026-01-05T09:00:09"))
    for words in (["reconcile", "--plan"], ["reconcile"]):
        done = host.pawl(*words, timeout=5)
        assert done.returncode == 5 and "its clock stands still" in done.stderr, done.stderr
    assert host.stop() == 0


def test_before_the_first_trade(tmp_path):
    host = Host(tmp_path, config=base_config())
    assert host.pawl("performance").stdout == "no trade has been closed yet\n"
    assert host.pawl("transactions").stdout == ""
    assert host.stop() == 0
