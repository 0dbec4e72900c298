"""Rules as a user meets them: faults, tests, lists, switches that last, a reload of their files."""

import json
import os
import random
import re
import signal
import time

import pytest

from control import Host
from pawl import SOURCE, base_config, entry, pawl, quote, write_config, write_events

RULE = """return { id = "dip", on = "quote", max_per_day = 1,
  when = function(event) return event.ask < 2640, "cheap" end,
  act = { do = "entry", via = "linked", side = "BUY", quantity = 0.1,
          stop = { price = 2600 } } }
"""
TEST = """test("cheap is bought", function(t)
  t.feed { type = "quote", symbol = "XAUUSD", bid = 2639, ask = %s }
  t.fired("dip", { side = "BUY", quantity = 0.1 })
end)
"""


@pytest.fixture
def rules(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "dip.lua").write_text(RULE)
    return folder


def config_with(rules):
    return {**base_config(), "rules": {"dir": str(rules)}}


def test_faults_are_told_with_file_and_line(tmp_path, rules):
    (rules / "bad.lua").write_text("return {\n  id = 'bad', on = 'quote', cooldwon = '3m',\n"
                                   "  when = function() return true end,\n"
                                   "  act = { do = 'entry', via = 'nobody', side = 'BUY',"
                                   " quantity = 1 } }\n")
    (rules / "worse.lua").write_text("return {\n\n")
    done = pawl("check", "-c", write_config(tmp_path, config_with(rules)))
    assert done.returncode == 3 and done.stdout == ""
    lines = done.stderr.splitlines()
    where = f"{rules}/bad.lua:3: rule bad: "
    assert where + 'unknown key "cooldwon"; did you mean cooldown?' in lines
    assert where + 'act: entry.via: unknown component "nobody"' in lines
    assert any(line.startswith(f"{rules}/worse.lua:3: ") for line in lines) and len(lines) == 3


def test_an_unknown_disabled_rule_is_a_fault(tmp_path, rules):
    config = config_with(rules)
    config["rules"]["disabled"] = ["dip", "dap"]
    path = write_config(tmp_path, config)
    done = pawl("check", "-c", path)
    assert done.returncode == 3
    assert done.stderr == f'{path}: rules.disabled[1]: there is no rule "dap"\n'
    config["rules"]["disabled"] = ["dip"]
    done = pawl("rules", "list", "-c", write_config(tmp_path, config), "--json")
    assert [rule["state"] for rule in json.loads(done.stdout)["rules"]] == ["off"]


def test_tests_pass_or_fail(rules):
    (rules / "dip_test.lua").write_text(TEST % 2639.5)
    done = pawl("rules", "test", rules)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "dip_test.lua\n  ok    cheap is bought\n1 passed, 0 failed\n"
    (rules / "dip_test.lua").write_text(TEST % 2640)
    done = pawl("rules", "test", rules)
    assert done.returncode == 1
    assert "dip_test.lua:3: dip did not fire: nothing happened" in done.stdout
    assert done.stdout.endswith("0 passed, 1 failed\n")


def test_a_rule_that_cannot_be_read_is_told_once(rules):
    (rules / "dip.lua").write_text(RULE.replace("max_per_day", "max_per_dya"))
    (rules / "dip_test.lua").write_text(TEST % 2639.5 + (TEST % 2639).replace("is bought", "too"))
    done = pawl("rules", "test", rules)
    assert done.returncode == 1 and done.stdout.count("max_per_dya") == 1, done.stdout
    assert done.stdout.startswith("dip.lua\n  FAIL  the file\n")
    assert done.stdout.endswith("0 passed, 1 failed\n")


def test_a_slip_in_an_argument_is_named(rules):
    (rules / "dip.lua").write_text(RULE.replace("max_per_day = 1", "args = { below = 2640 }")
                                   .replace("< 2640", "< ctx.args.blow")
                                   .replace("function(event)", "function(event, ctx)"))
    (rules / "dip_test.lua").write_text(TEST % 2639.5)
    done = pawl("rules", "test", rules)
    assert 'dip.lua:2: args has no "blow"' in done.stdout, done.stdout


def test_a_rule_without_a_test_is_read(rules):
    done = pawl("rules", "test", rules)
    assert done.returncode == 0
    assert done.stdout.endswith("1 rule file without a test\n0 passed, 0 failed\n")
    (rules / "dip.lua").write_text(RULE.replace("max_per_day", "max_per_dya"))
    done = pawl("rules", "test", rules)
    assert done.returncode == 1
    assert "dip.lua\n  FAIL  the file\n" in done.stdout
    assert "unknown key \"max_per_dya\"; did you mean max_per_day?" in done.stdout


def test_what_happened_instead_is_told(rules):
    (rules / "dip.lua").write_text(RULE.replace(', "cheap"', ""))
    (rules / "dip_test.lua").write_text((TEST % 2639.5).replace('fired("dip"', 'fired("dap"'))
    done = pawl("rules", "test", rules)
    assert done.returncode == 1
    assert "dip_test.lua:3: dap did not fire: dip: fired; dip: entry {" in done.stdout


def test_a_refusal_that_goes_on_is_told_once_a_minute(tmp_path, rules):
    (rules / "dip.lua").write_text(RULE.replace("max_per_day = 1", 'cooldown = "1h"'))
    config = config_with(rules)
    config["risk"] = {"restricted": ["XAUUSD"]}
    data = write_events(tmp_path / "data.jsonl", [quote(second, 2630) for second in range(150)])
    done = pawl("run", "-c", write_config(tmp_path, config), "--data", data, "--until-end")
    told = [line[21:] for line in done.stdout.splitlines() if "asks for" in line]
    refused = [line[21:] for line in done.stdout.splitlines() if "refused by symbol" in line]
    assert len(told) == len(refused) == 3, done.stdout
    assert told[0].endswith("dip         asks for entry: cheap"), told
    assert told[1].endswith("asks for entry: cheap (and 59 times in between)"), told
    assert "rules       150 fired" in done.stdout


def test_each_of_several_rules_is_told_with_its_own_refusal(tmp_path, rules):
    (rules / "dip.lua").write_text(RULE.replace("max_per_day = 1", 'cooldown = "1h"'))
    (rules / "low.lua").write_text(RULE.replace('"dip", on = "quote", max_per_day = 1',
                                                '"low", on = "quote"').replace("cheap", "low"))
    config = config_with(rules)
    config["risk"] = {"restricted": ["XAUUSD"]}
    data = write_events(tmp_path / "data.jsonl", [quote(second, 2630) for second in range(90)])
    done = pawl("run", "-c", write_config(tmp_path, config), "--data", data, "--until-end")
    told = re.findall("(dip|low) +asks for|(refused) by symbol", done.stdout)
    assert ["".join(one) for one in told] == ["dip", "refused", "low", "refused"] * 2, done.stdout
    assert "rules       180 fired" in done.stdout


def test_many_rules_are_told_in_their_order(tmp_path, rules):
    many = [RULE.removeprefix("return ").replace('"dip"', f'"dip{i}"') for i in range(20)]
    (rules / "dip.lua").write_text("return { %s }" % ", ".join(many))
    config = config_with(rules)
    config["risk"] = {"restricted": ["XAUUSD"]}
    data = write_events(tmp_path / "data.jsonl", [quote(0, 2630)])
    done = pawl("run", "-c", write_config(tmp_path, config), "--data", data, "--until-end")
    told = re.findall(r"(dip\d+) +asks for", done.stdout)
    assert told == [f"dip{i}" for i in range(20)], done.stdout
    assert done.stdout.count("refused by symbol") == 20


def test_check_counts_the_rules(tmp_path, rules):
    done = pawl("check", "-c", write_config(tmp_path, config_with(rules)))
    assert done.returncode == 0 and f"  rules       1 in {rules}\n" in done.stdout


def test_shipped_rules_load_and_pass(tmp_path):
    scripts = SOURCE / "scripts"
    assert pawl("rules", "test", scripts).returncode == 0
    config = config_with(scripts)
    config["plugins"] = [*config["plugins"], {"name": "tranche"}]
    done = pawl("check", "-c", write_config(tmp_path, config))
    assert done.returncode == 0, done.stderr


def test_a_rule_cannot_ask_for_bars_without_end(tmp_path, rules):
    (rules / "greedy.lua").write_text(
        "return { id = 'greedy', on = 'quote',\n"
        "  when = function(event, ctx)\n"
        "    return ctx.sma(event.symbol, 3, math.floor(event.ask)) == 0 end,\n"
        "  act = { do = 'alert', message = 'x' } }\n".replace("do =", '["do"] ='))
    events = [quote(second, 3000 + second) for second in range(0, 400)]
    data = write_events(tmp_path / "data.jsonl", events)
    done = pawl("backtest", "-c", write_config(tmp_path, config_with(rules)), "--data", data,
                "--trace", "--json")
    failed = [event for event in map(json.loads, done.stdout.splitlines())
              if event.get("type") == "rule.failed"]
    assert len(failed) == 1 and failed[0]["rule"] == "greedy"
    assert failed[0]["message"].startswith("greedy.lua:3: sma: bars of 3256 seconds are one series")


def test_two_backtests_are_one(tmp_path, rules):
    events = [quote(second, 2650 - second) for second in range(0, 60)]
    data = write_events(tmp_path / "data.jsonl", events)
    config = write_config(tmp_path, config_with(rules))
    runs = [pawl("backtest", "-c", config, "--data", data, "--trace", "--json").stdout.splitlines()
            for _ in range(2)]
    fired = [json.loads(line) for line in runs[0] if '"rule.fired"' in line]
    assert [one["rule"] for one in fired] == ["dip"] and fired[0]["reason"] == "cheap"
    assert fired[0]["values"]["event"]["ask"] == "2639.2"
    assert runs[0][:-1] == runs[1][:-1]


def state_of(host):
    return [(rule["rule"], rule["state"]) for rule in host.ask("rules.list")["rules"]]


def test_a_switch_lasts_and_a_reload_reads_the_files(tmp_path, rules):
    events = [quote(second, 2650) for second in range(0, 600)]
    host = Host(tmp_path, events, config=config_with(rules))
    assert host.pawl("rules", "disable", "dip").stdout == "dip is off\n"
    assert host.stop() == 0
    host = Host(tmp_path, events, config=config_with(rules))
    assert state_of(host) == [("dip", "off")]
    (rules / "more.lua").write_text(RULE.replace('"dip"', '"more"'))
    assert host.pawl("reload").returncode == 0
    assert state_of(host) == [("dip", "off"), ("more", "on")]
    (rules / "more.lua").write_text("return {")
    done = host.pawl("reload")
    assert done.returncode == 3 and "more.lua:1:" in done.stdout + done.stderr
    assert state_of(host) == [("dip", "off"), ("more", "on")]
    os.remove(rules / "more.lua")
    host.process.send_signal(signal.SIGHUP)
    host.until(lambda _: state_of(host) == [("dip", "off")])
    assert host.pawl("rules", "enable", "dip").stdout == "dip is on\n"
    assert host.stop() == 0


def test_a_price_is_not_refused_because_its_rule_is(tmp_path, rules):
    """The rule's entry meets a trade that is open; the price itself was taken."""
    (rules / "dip.lua").write_text(RULE.replace("max_per_day = 1,", ""))
    config = config_with(rules)
    host = Host(tmp_path, [quote(second, 2650.00) for second in range(36000)], config=config)
    lines = write_events(tmp_path / "price.jsonl", [{"type": "quote", "symbol": "XAUUSD",
                                                     "bid": "2639", "ask": "2639.2"}])
    assert host.pawl("send", lines).returncode == 0
    host.until(lambda answer: answer["lots_total"] == 1)
    done = host.pawl("send", lines, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and "refused" not in answer
    assert {"rule.fired", "rule.ignored"} <= {event["type"] for event in answer["events"]}
    assert host.stop() == 0


def test_the_summary_of_a_backtest_tells_of_rules(tmp_path, rules):
    config = write_config(tmp_path, config_with(rules))
    data = write_events(tmp_path / "dip.jsonl", [quote(0, 2650.00), quote(1, 2639.00),
                                                 quote(2, 2639.00)])
    done = pawl("backtest", "-c", config, "--data", data)
    assert "rules       1 fired, 0 failed" in done.stdout, done.stdout
    done = pawl("backtest", "-c", config, "--data", data, "--json")
    assert json.loads(done.stdout)["rules"] == {"fired": 1, "failed": 0}


STATE = """return {
  { id = "daily", on = "quote", max_per_day = 2, when = function() return true end,
    act = { ["do"] = "alert", message = "daily" } },
  { id = "cool", on = "quote", cooldown = "9h", when = function() return true end,
    act = { ["do"] = "alert", message = "cool" } },
  { id = "broken", on = "quote", when = function(event) return event.bid > nil end,
    act = { ["do"] = "alert", message = "broken" } },
  { id = "gate", on = "quote", when = function() return true end,
    act = { ["do"] = "entry", via = "linked", side = "BUY", quantity = 0.1,
            stop = { price = 2600 } } },
}
"""


def test_counts_cooldowns_and_latches_survive_kills_and_reloads(tmp_path, rules):
    (rules / "dip.lua").write_text(STATE)
    config = config_with(rules)
    config["risk"] = {"rule_entries_max": 1}
    events = [quote(second, 2650) for second in range(0, 28000)]

    def known():
        return {rule["rule"]: (rule["state"], rule["fired"], rule["taken"], rule.get("last"))
                for rule in host.ask("rules.list")["rules"]}

    def settled(_):
        now = known()
        return [now[name][0] for name in ("broken", "gate")] == ["failed", "failed"] and (
            now["daily"][2], now["cool"][2], now["gate"][2]) == (2, 1, 1)

    host = Host(tmp_path, events, config=config)
    host.until(settled)
    before = known()
    assert before["gate"][:3] == ("failed", 1, 1) and before["daily"][:3] == ("on", 2, 2)
    chance = random.Random(20260105)
    for generation in range(1, 4):
        config["risk"]["open_lots_max"] = 50 + generation
        write_config(tmp_path, config)
        host.process.send_signal(signal.SIGHUP)
        host.until(lambda answer: "last_reload" in answer["host"])
        time.sleep(0.3)  # quotes go by
        assert known() == before
        time.sleep(chance.random() * 0.3)
        host.process.kill()
        host.process.wait()
        host = Host(tmp_path, events, config=config)
        time.sleep(0.3)
        assert known() == before
    assert host.pawl("rules", "enable", "daily").returncode == 0
    assert host.pawl("rules", "enable", "cool").returncode == 0
    host.until(lambda _: known()["daily"][2] == 4 and known()["cool"][2] == 2)
    assert host.pawl("rules", "enable", "gate").returncode == 0
    host.until(lambda _: known()["gate"][1] > 1)
    assert known()["broken"] == before["broken"]
    assert host.stop() == 0


ATTACKS = ["while true do end", "while true do pcall(function() while true do end end) end",
           "local t = {} while true do t[#t + 1] = {} end",
           "local s = 'x' while true do s = s .. s end",
           "local function f() return 1 + f() end f()", "error('bad')",
           "for i = 1, 1e10 do local s = ('x'):rep(30000) end"]


def test_a_bad_rule_never_delays_a_stop(tmp_path, rules):
    """Rules that do their worst at the price that hits the stop: the trade is the one without."""
    events = [quote(second, 2650.00) for second in range(0, 10)]
    events += [entry(10, "BUY", 2645, 2660, "gold")]
    events += [quote(second, 2650.00 - second / 4) for second in range(11, 40)]
    data = write_events(tmp_path / "data.jsonl", events)
    os.remove(rules / "dip.lua")
    config = write_config(tmp_path, config_with(rules))

    def trace():
        done = pawl("backtest", "-c", config, "--data", data, "--trace", "--json")
        assert done.returncode == 0, done.stderr
        said = [json.loads(line) for line in done.stdout.splitlines()][:-1]
        failed = [event for event in said if event["type"] == "rule.failed"]
        return failed, [{key: value for key, value in event.items()
                         if key not in ("seq", "cause")}
                        for event in said if not event["type"].startswith("rule.")]

    none, wanted = trace()
    assert none == [] and "lot.closed" in [event["type"] for event in wanted]
    bodies = ",\n".join(
        "{ id = 'bad%d', on = '%s', when = function(event)\n"
        "  if event.bid ~= nil and event.bid > 2645.2 then return false end %s return true end,\n"
        "  act = { ['do'] = 'alert', message = 'm' } }" % (number, "quote", attack)
        for number, attack in enumerate(ATTACKS))
    (rules / "bad.lua").write_text("return {\n%s\n}\n" % bodies)
    failed, have = trace()
    assert {event["rule"] for event in failed} == {f"bad{n}" for n in range(len(ATTACKS))}
    assert have == wanted
