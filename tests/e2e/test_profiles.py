"""Who holds what of a lot: a profile that contradicts what its components do is refused, with its
reason in one line that names the file and the place."""

import json

import pytest

from pawl import base_config, pawl, quote, write_config, write_events

R = {"reduce": "rstop", "stop": "rstop"}
WHOLE = {"name": "rstop", "options": {"table": "0.4:0 0.6:0.3"}}  # takes no parts off
LINKED, PYRAMID, RSTOP = {"name": "linked"}, {"name": "pyramid"}, {"name": "rstop"}
TRANCHE = {"name": "tranche"}
TRAILS = {"name": "linked", "options": {"trailing_stop_pct": "0.01"}}


def entry(via, **more):
    return {"every": "1h", "entry": {"symbol": "XAUUSD", "via": via, "side": "BUY",
                                     "quantity": "0.1", **more}}


# what is wrong: plugins beside paper, profiles, more of the configuration, the line
WRONG = {
    "a holder that cannot do it": (
        [LINKED, RSTOP], {"p": {**R, "targets": "rstop"}}, {},
        "profiles.p.targets: rstop cannot hold the targets of lots that linked opens"),
    "a holder that only looks after its own": (
        [PYRAMID, LINKED], {"p": {"grow": "pyramid", "stop": "linked", "targets": "pyramid",
                                  "reduce": "keeper"}}, {},
        "profiles.p.stop: linked cannot hold the stop of lots that pyramid opens"),
    "half of what belongs together": (
        [LINKED, RSTOP], {"p": {"stop": "rstop"}}, {},
        "profiles.p.stop: rstop holds stop but not reduce: it works with both or none"),
    "the other half": (
        [LINKED, RSTOP], {"p": {"reduce": "rstop"}}, {},
        "profiles.p.reduce: rstop holds reduce but not stop: it works with both or none"),
    "a chain that cannot close what it was given": (
        [LINKED, PYRAMID], {"p": {"grow": "pyramid", "targets": "pyramid", "reduce": "linked"}},
        {}, "profiles.p.grow: pyramid holds grow but not reduce: it works with both or none"),
    "parts off orders that book whole": (
        [PYRAMID, RSTOP], {"p": R}, {},
        "profiles.p.reduce: rstop takes parts off a lot, and the lots of pyramid go whole"),
    "a chain whose entries nobody can call back": (
        [PYRAMID, WHOLE], {"p": {**R, "grow": "keeper"}}, {},
        "profiles.p.grow: pyramid keeps the grow of lots it opens, keeper cannot have it"),
    "a chain without its resting targets": (
        [{"name": "pyramid", "options": {"target_mode": "venue"}}], {"p": {"targets": "keeper"}},
        {}, "profiles.p.targets: pyramid keeps the targets of lots it opens, keeper cannot have"),
    "tranches that cannot grow": (
        [TRANCHE], {"p": {"grow": "keeper"}}, {},
        "profiles.p.grow: tranche keeps the grow of lots it opens, keeper cannot have it"),
    "a tranche without a target of its own": (
        [LINKED, TRANCHE], {"p": {"grow": "tranche"}}, {"schedule": [entry("linked", profile="p")]},
        "schedule[0]: profile p: grow: tranche holds grow but not targets: it works with both or "
        "none"),
    "a stop that two would trail": (
        [TRAILS, {"name": "rstop", "options": {"trail_from": "2"}}], {"p": R}, {},
        "profiles.p.stop: two would trail the stop by their options, linked and rstop"),
    "a component that is not loaded": (
        [LINKED], {"p": {"reduce": "rstop"}}, {},
        "profiles.p.reduce: there is no plugin \"rstop\"; there are: paper, linked"),
    "a broker": (
        [LINKED], {"p": {"stop": "paper"}}, {},
        "profiles.p.stop: names a plugin that is no strategy"),
    "two holders": (
        [LINKED, RSTOP], {"p": {"stop": ["linked", "rstop"]}}, {},
        "profiles.p.stop: has 2 holders: an aspect has one"),
    "an aspect there is not": (
        [LINKED], {"p": {"trail": "linked"}}, {}, "profiles.p.trail: unknown key"),
    "of the schedule: not with this opener": (
        [LINKED, PYRAMID, RSTOP], {"p": R}, {"schedule": [entry("pyramid", profile="p")]},
        "schedule[0]: profile p: reduce: rstop takes parts off a lot, and the lots of pyramid go "
        "whole"),
    "of the schedule: by its instrument": (
        [LINKED, PYRAMID, RSTOP], {"p": R},
        {"schedule": [entry("pyramid")],
         "instruments": {"XAUUSD": {"account": "main", "profile": "p"}}},
        "schedule[0]: profile p: reduce: rstop takes parts off a lot"),
    "of the schedule: a component that opens nothing": (
        [LINKED, RSTOP], {}, {"schedule": [entry("rstop")]}, "schedule[0]: via: rstop opens no"),
    "of an instrument": (
        [LINKED, RSTOP], {"p": R}, {"instruments": {"XAUUSD": {"account": "main",
                                                               "profile": "q"}}},
        "instruments.XAUUSD.profile: there is no profile \"q\""),
}

RIGHT = {
    "rstop protects what linked opens": ([LINKED, RSTOP], {"p": R}),
    "and sets no other target": ([LINKED, RSTOP], {"p": {**R, "targets": "keeper"}}),
    "chains under a table without parts": ([PYRAMID, WHOLE], {"p": R}),
    "a lot that becomes a chain": ([LINKED, PYRAMID], {"p": {
        "grow": "pyramid", "reduce": "pyramid", "targets": "pyramid", "stop": "pyramid"}}),
    "each tranche by its own risk": ([TRANCHE, RSTOP], {"p": {**R, "targets": "keeper"}}),
    "a lot that becomes a tranche": ([LINKED, TRANCHE], {"p": {
        "grow": "tranche", "reduce": "tranche", "targets": "tranche", "stop": "tranche"}}),
    "one of those who trail": ([TRAILS, RSTOP], {"p": R}),
    "good for one of two openers": ([PYRAMID, LINKED, RSTOP], {"p": R}),
    "for lots that nobody opened": ([PYRAMID, RSTOP], {"p": {**R, "grow": "keeper",
                                                             "targets": "keeper"}}),
    "everything with the opener": ([LINKED], {"own": {}}),
}

RULE = """return { id = "r", on = "quote", when = function() return true end,
  act = { do = "entry", via = "%s", side = "BUY", quantity = 0.1, %s } }"""


def config_of(plugins, profiles, more=None):
    config = base_config()
    config["plugins"] = [config["plugins"][0], *plugins]
    config["profiles"] = profiles
    return {**config, **(more or {})}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("command", ["check", "backtest"])
def test_a_contradictory_profile(case, command, tmp_path):
    plugins, profiles, more, message = WRONG[case]
    path = write_config(tmp_path, config_of(plugins, profiles, more))
    data = write_events(tmp_path / "quotes.jsonl", [quote(0, 2650)])
    done = pawl(command, "-c", path, *(["--data", data] if command != "check" else []))
    assert done.returncode == 3 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("%s: %s" % (path, message)), done.stderr


@pytest.mark.parametrize("case", RIGHT)
def test_a_sound_profile(case, tmp_path):
    done = pawl("check", "-c", write_config(tmp_path, config_of(*RIGHT[case])))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("via, says, message", [
    ("pyramid", "profile = \"p\"", "profile p: reduce: rstop takes parts off a lot"),
    ("linked", "profile = \"q\"", "profile: there is no profile \"q\""),
    ("linked", "profile = \"p\", trailing_stop_pct = 0.01",
     "trailing_stop_pct: the profile p gives the stop to rstop, not to linked"),
    ("rstop", "profile = \"p\"", "via: rstop opens no lots"),
])
def test_a_rule_that_asks_for_it(via, says, message, tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "r.lua").write_text(RULE % (via, says))
    config = config_of([LINKED, PYRAMID, RSTOP], {"p": R}, {"rules": {"dir": "rules"}})
    done = pawl("check", "-c", write_config(tmp_path, config))
    assert done.returncode == 3
    assert "r.lua" in done.stderr and message in done.stderr and done.stderr.count("\n") == 1


def run(tmp_path, events, *arguments):
    done = pawl("backtest", *arguments, "--trace", "--json", "--data",
                write_events(tmp_path / "events.jsonl", events))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(seconds, via, **more):
    return {**quote(seconds, 2650), "type": "entry", "via": via, "side": "BUY", "quantity": "0.1",
            "symbol": "XAUUSD", "ref": "a", **more}


def strip(event):
    return {key: value for key, value in event.items() if key not in ("bid", "ask")}


def test_an_entry_from_outside_is_refused_like_the_rest(tmp_path):
    path = write_config(tmp_path, config_of([LINKED, PYRAMID, RSTOP], {"p": R}))
    told = run(tmp_path, [quote(0, 2650), quote(1, 2650), strip(ask(2, "pyramid", profile="p")),
                          quote(3, 2650)], "-c", path)
    ignored = [event for event in told if event.get("type") == "entry.ignored"
               or event.get("type") == "rule.ignored"]
    assert ignored and "rstop takes parts off a lot" in ignored[0]["reason"]
    assert not [event for event in told if event.get("type") == "lot.opened"]


def test_a_lot_is_not_handed_to_one_who_cannot(tmp_path):
    path = write_config(tmp_path, config_of([LINKED, PYRAMID, RSTOP], {"p": R, "q": {
        "grow": "pyramid", "targets": "pyramid"}}))
    told = run(tmp_path, [quote(0, 2650), quote(1, 2650),
                          strip(ask(2, "linked", stop={"price": "2640"})), quote(3, 2650),
                          {"t": quote(4, 2650)["t"], "type": "assign", "ref": "a", "profile": "q"},
                          quote(5, 2650)], "-c", path)
    said = [event for event in told if event.get("type") == "alert"]
    assert any("pyramid holds grow but not reduce" in event["message"] for event in said), said
    assert not [event for event in told if event.get("type") == "lot.assigned"]


def test_the_instrument_says_who_holds_what(tmp_path):
    config = config_of([LINKED, RSTOP], {"p": {**R, "targets": "keeper"}, "own": {}})
    config["instruments"] = {"XAUUSD": {"account": "main", "profile": "p"}}
    path = write_config(tmp_path, config)
    told = run(tmp_path, [quote(0, 2650), quote(1, 2650),
                          strip(ask(2, "linked", stop={"price": "2640"})),
                          *[quote(second, 2650) for second in range(3, 8)],
                          *[quote(second, 2661) for second in range(8, 12)]], "-c", path)
    opened = [event for event in told if event.get("type") == "lot.opened"]
    assert [event["profile"] for event in opened] == ["p"]
    assert [event["new"] for event in told if event.get("type") == "stop.moved"], told
    assert not [event for event in told if event.get("type") == "order.submitted"
                and event.get("role") == "target"], "nobody asked for a target"


def test_a_reload_with_it_is_refused_and_lots_keep_their_holders(tmp_path):
    path = write_config(tmp_path, config_of([LINKED, RSTOP], {"p": R}))
    told = run(tmp_path, [quote(0, 2650), quote(1, 2650),
                          strip(ask(2, "linked", stop={"price": "2640"}, profile="p")),
                          *[quote(second, 2650) for second in range(3, 6)],
                          {"t": quote(6, 2650)["t"], "type": "reload",
                           "set": ["profiles.p.reduce=opener"]},
                          {"t": quote(7, 2650)["t"], "type": "reload",
                           "set": ["profiles.p.stop=opener", "profiles.p.reduce=opener"]},
                          *[quote(second, 2661) for second in range(8, 12)]], "-c", path)
    said = [event for event in told if event.get("type") == "reload"]
    assert [event["result"] for event in said] == ["refused", "done"]
    assert "profiles.p.stop: rstop holds stop" in said[0]["message"]  # cut to its field
    assert [event["new"] for event in told if event.get("type") == "rstop.state"] == [
        "BREAKEVEN_PROTECTED"]
