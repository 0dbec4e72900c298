"""What a running host remembers and tells: explain, monitor, records, metrics, reload, rules."""

import json
import time

import pytest

from control import Host, open_trade, protected
from pawl import base_config, pawl, quote


@pytest.fixture
def host(tmp_path):
    one = Host(tmp_path, open_trade())
    one.until(protected)
    yield one
    assert one.stop() == 0, one.log()


# ---- explain ----

def test_a_lot_is_explained_from_its_request_on(host):
    client = host.client()
    client.send({"type": "stop", "ref": "gold", "price": "2646"})
    assert client.line()["ok"]
    host.until(lambda answer: answer["orders"][0]["stop_price"] == "2646")
    story = host.pawl("explain", "gold").stdout
    order = [story.find(words) for words in (
        "request: entry BUY 0.1 via linked, stop 2645, target 2660", "linked wants LONG 0.1",
        "sent: submit main market BUY 0.1", "the venue reports: execution BUY 0.1",
        "fill: BUY 0.1 at", "protected: a stop for 0.1 rests at 2645", "request: stop",
        "stop moved 2645 -> 2646", "sent: amend")]
    assert -1 not in order and order == sorted(order), story
    assert story.startswith("lot 1 gold: XAUUSD LONG, open, 0.1 open, entered at 2650")
    assert host.pawl("explain", "1").stdout == host.pawl("explain", "gold").stdout


def test_what_changed_nothing_is_left_out(host):
    host.ask("reconcile")
    host.until(lambda answer: "status accepted" in host.pawl("explain", "gold", "--all").stdout)
    story, whole = host.pawl("explain", "gold").stdout, host.pawl("explain", "gold", "--all").stdout
    assert "asked the venue" not in story and "status accepted" not in story, story
    assert "the venue reports: accepted as V1" in story  # an order came of it
    assert "asked the venue: order" in whole and "left out" not in whole
    assert int(story.splitlines()[-1].split()[0]) > 0 and "left out" in story.splitlines()[-1]


def test_an_open_lot_was_closed_by_nothing(host):
    client = host.client()
    client.send({"type": "exit", "ref": "gold", "quantity": "0.05", "reason": "MANUAL"})
    assert client.line()["ok"]
    host.until(lambda answer: answer["lots"][0]["quantity"] == "0.05")
    head = host.pawl("explain", "gold").stdout.split("\n\n")[0]
    assert "LONG, open, 0.05 open" in head and "closed" not in head, head


def test_every_step_has_its_cause(host):
    answer = json.loads(host.pawl("explain", "1", "--json").stdout)
    events = {step["event"]["seq"]: step for step in answer["story"]}
    assert len(events) == len(answer["story"]) > 10
    for step in answer["story"]:
        cause = step["event"]["cause"]
        assert (step["depth"] == 0) == (cause == 0)
        if cause:
            assert events[cause]["depth"] == step["depth"] - 1


def test_an_order_is_explained(host):
    stop = [order for order in host.ask("orders")["orders"] if order["role"] == "stop"][0]
    story = host.pawl("explain", stop["order"]).stdout
    assert "sent: submit stop" in story and "submit target" not in story
    assert "the venue reports: execution BUY 0.1" in story  # why it was placed


def test_after_a_restart_the_record_is_left(host, tmp_path):
    host_story = host.pawl("explain", "gold").stdout
    host.process.kill()
    host.process.wait()
    again = Host(tmp_path, open_trade())
    again.until(protected)
    story = again.pawl("explain", "gold").stdout
    assert story.startswith("lot 1 gold: XAUUSD LONG, open, 0.1 open")
    assert "order p007" in story and "only these records are left: the host began then" in story
    assert "only these records" not in host_story
    assert again.stop() == 0
    host.process = again.process


def test_a_request_that_led_to_nothing_is_explained(host, tmp_path):
    lines = tmp_path / "more.jsonl"
    lines.write_text(json.dumps({"type": "entry", "symbol": "XAUUSD", "via": "linked",
                                 "side": "BUY", "quantity": "0.1", "stop": {"price": "2640"},
                                 "ref": "more"}) + "\n")
    assert host.pawl("send", lines).returncode == 5
    done = host.pawl("explain", "more")
    assert done.returncode == 0, done.stderr
    assert "request: entry BUY 0.1 via linked" in done.stdout
    assert "ignored" in done.stdout, done.stdout


def test_the_reason_of_a_rule_is_a_step(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "dip.lua").write_text(RULE.replace('false, "never"',
                                                             'true, "it is cheap"'))
    config = base_config()
    config["rules"] = {"dir": str(tmp_path / "rules")}
    host = Host(tmp_path, [quote(second, 2650) for second in range(36000)], config=config)
    host.until(protected)
    told = [line.split("  ", 1)[1] for line in host.pawl("explain", "1").stdout.splitlines()
            if line.startswith("2026-")]
    assert told[0].startswith("XAUUSD quote"), told
    assert told[1] == "  rule dip fired: it is cheap", told
    assert told[2].startswith("    request: entry BUY 0.1 via linked"), told
    assert any("a trade begins: LONG 0.1 at 26" in line for line in told), told
    assert host.stop() == 0


def test_what_is_not_there_cannot_be_explained(host):
    assert "there is no lot 99" in host.pawl("explain", "99").stderr
    done = host.pawl("explain", "silver")
    assert done.returncode == 1 and "silver" in done.stderr


# ---- monitor ----

def test_a_follower_hears_what_happens(host):
    client = host.client()
    assert client.ask("monitor")["ok"]
    host.pawl("halt", "a test")
    heard = client.line()
    assert heard["type"] == "state.changed" and heard["new"] == "HALTED"
    assert heard["reason"] == "a test"


def test_a_follower_goes_on_where_it_was(host):
    lines = host.pawl("monitor", "--after", "0", "--limit", "9", "--json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    rest = host.pawl("monitor", "--after", events[3]["seq"], "--limit", "5", "--json")
    assert rest.stdout.splitlines() == lines[4:9]


def test_lines_of_the_monitor_for_people(host):
    lines = host.pawl("monitor", "--after", "0", "--limit", "8").stdout.splitlines()
    assert lines[2] == ("2026-01-05 09:00:10.000  XAUUSD   gold        "
                        "linked wants LONG 0.1, stop 2645, target 2660")


def test_the_trace_is_what_a_follower_hears(tmp_path):
    host = Host(tmp_path, open_trade(), words=["--json"])
    host.until(protected)
    count = len(host.lines().splitlines())
    heard = host.pawl("monitor", "--after", "0", "--limit", count, "--json").stdout
    assert heard.splitlines() == [json.dumps(json.loads(line), separators=(",", ":"))
                                  for line in host.lines().splitlines()[:count]]
    assert host.stop() == 0


# ---- records ----

def test_records_of_all_kinds(host):
    tables = {line.split()[0]: line.split()[2] for line in
              host.pawl("records").stdout.splitlines()[1:]}
    assert {"lots", "orders", "fills", "names"} <= set(tables)
    assert tables["link_groups"] == "linked"
    for table in tables:
        done = host.pawl("records", table)
        assert done.returncode == 0, (table, done.stderr)
        for line in done.stdout.splitlines():
            json.loads(line)
    fills = [json.loads(line) for line in host.pawl("records", "fills").stdout.splitlines()]
    assert [fill["quantity"] for fill in fills] == ["0.1"]
    groups = [json.loads(line) for line in host.pawl("records", "link_groups").stdout.splitlines()]
    assert groups[0]["status"] == "open"
    done = host.pawl("records", "nothing")
    assert done.returncode == 1 and "there is no record nothing" in done.stderr


def test_pages_of_records(host):
    client = host.client()
    seen, after = [], 0
    while True:
        page = client.ask("records", type="orders", limit=1, after=after)
        seen += [row["role"] for row in page["rows"]]
        if not page["more"]:
            break
        after = page["last"]
    assert seen == ["main", "stop", "target"]
    newest = client.ask("records", type="orders", limit=2, newest=True)
    assert [row["role"] for row in newest["rows"]] == ["target", "stop"]
    stops = client.ask("records", type="orders", column="role", value=2)
    assert [row["role"] for row in stops["rows"]] == ["stop"]


# ---- metrics ----

def test_metrics(host):
    text = host.pawl("status", "--metrics").stdout
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values['pawl_orders{state="accepted"}'] == "2"
    assert values['pawl_lots_by_protection{protection="resting"}'] == "1"
    assert values["pawl_unprotected_lots"] == "0"
    assert values['pawl_link_ready{broker="paper"}'] == "1"
    assert int(values['pawl_events_total{type="quote"}']) > 10
    assert int(values["pawl_resident_bytes"]) > 1000000
    assert float(values["pawl_store_commit_seconds_count"]) > 0
    names = {line.split("{")[0].split(" ")[0] for line in values}
    assert all(name.startswith("pawl_") for name in names)
    assert text.count("# TYPE pawl_events_total counter") == 1


# ---- reload ----

def test_a_reload_by_hand(host):
    assert host.pawl("reload").stdout == "nothing has changed\n"
    config = json.loads(host.config.read_text())
    config["plugins"][1]["options"] = {"stop_loss_pct": "0.02"}
    host.config.write_text(json.dumps(config))
    dry = host.pawl("reload", "--dry-run")
    assert dry.returncode == 0 and "it would be done" in dry.stdout
    assert host.ask("status")["host"]["last_reload"] is None
    done = host.pawl("reload")
    assert done.returncode == 0 and "done: generation 1" in done.stdout
    answer = host.ask("status")
    assert answer["host"]["last_reload"]["ok"] and protected(answer)


def test_a_reload_that_is_refused(host):
    host.config.write_text(host.config.read_text().replace('"netting"', '"both"'))
    done = host.pawl("reload")
    assert done.returncode == 3 and "accounts.main.mode" in done.stderr
    assert "running on the old configuration" in done.stderr
    answer = host.ask("status")
    assert answer["host"]["last_reload"]["ok"] is False and protected(answer)
    assert "REFUSED" in host.pawl("status").stdout


def test_a_refusal_is_told_whole(host):
    config = json.loads(host.config.read_text())
    config["plugins"] = [one for one in config["plugins"] if one["name"] != "linked"]
    host.config.write_text(json.dumps(config))
    assert host.pawl("reload").returncode == 5
    shown = " ".join(host.pawl("status").stdout.split())
    assert 'name a strategy, "keep" or "flatten"' in shown, shown


# ---- rules ----

RULE = """return { id = "dip", name = "buy a dip", on = "quote", cooldown = "1h",
  when = function(event, ctx) return false, "never" end,
  act = { ["do"] = "entry", via = "linked", side = "BUY", quantity = "0.1",
          stop = { pct = "0.01" } } }
"""


def test_rules_are_switched(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "dip.lua").write_text(RULE)
    config = base_config()
    config["rules"] = {"dir": str(tmp_path / "rules")}
    host = Host(tmp_path, open_trade(), config=config)
    host.until(protected)
    rules = host.ask("rules.list")["rules"]
    assert [(rule["rule"], rule["state"]) for rule in rules] == [("dip", "on")]
    assert host.ask("rules.disable", rule="dip")["rule"]["state"] == "off"
    assert host.ask("status")["rules"][0]["state"] == "off"
    assert "dip" in host.pawl("status").stdout
    assert host.ask("rules.enable", rule="dip")["rule"]["state"] == "on"
    assert host.ask("rules.enable", rule="none")["code"] == "not_found"
    assert host.stop() == 0


# ---- how long it takes ----

def test_asking_costs_the_host_little(host):
    client = host.client()
    began = time.monotonic()
    for _ in range(200):
        assert client.ask("status")["ok"]
    assert time.monotonic() - began < 5
    assert pawl("status", "--socket", host.path).returncode == 0
