"""Every scenario with a reload in every state: whatever is made anew, and whatever is refused, the
trace is the one without. docs/reload.md says what a reload may change."""

import json
import os

import pytest

from play import play, rules_of
from test_scenarios import (IN_FLIGHT_MS, MATRIX, RELOADED, at, first_run, later, lines_of,
                            parts)
from truth import moment


def said(run):
    """What happened, without the reloads and the numbers they take."""
    return [{key: value for key, value in event.items() if key not in ("seq", "cause")}
            for event in run.trace if event["type"] != "reload"]


def sprinkled(lines, reloads):
    """The lines with a reload after each of them, and while what it caused is on its way; which of
    them comes is in turn."""
    out, count = [], 0
    for i, line in enumerate(lines):
        out.append(line)
        for wait_ms in (0, IN_FLIGHT_MS // 2, IN_FLIGHT_MS):
            when = later(at(line), wait_ms)
            if i + 1 == len(lines) or moment(when) <= moment(at(lines[i + 1])):
                out.append(json.dumps(dict(reloads[count % len(reloads)], t=when, type="reload")))
                count += 1
    return out


def renewing(name, venue):
    return {"renew": [one["name"] for one in parts(name, venue)["plugins"]]}


def refusing(pawl, name, venue):
    """All plugins are made and tried before the last one refuses: of none of it is a trace."""
    refuses = os.path.join(os.path.dirname(pawl), "tests", "plugins_broken", "refuses_restore.so")
    if not os.path.exists(refuses):
        return []
    listed = parts(name, venue)["plugins"] + [{"name": "refuses_restore", "so": refuses}]
    return [dict(renewing(name, venue), set=["plugins=" + json.dumps(listed)])]


def compare(pawl, name, venue, reloads):
    run = play(pawl, venue, sprinkled(lines_of(name), reloads), leaks=False, rules=rules_of(name),
               parts=parts(name, venue))
    wanted, have = said(first_run(pawl, name, venue)), said(run)
    for one, other in zip(wanted, have):
        assert one == other
    assert len(wanted) == len(have)
    return [event["result"] for event in run.trace if event["type"] == "reload"]


@pytest.mark.parametrize("name,venue", RELOADED)
def test_everything_anew_or_refused(pawl, name, venue):
    """Done and refused in turn: three places a line, so that each place sees both."""
    refused = refusing(pawl, name, venue)
    results = compare(pawl, name, venue, [renewing(name, venue)] + refused)
    kinds = ["done"] + ["refused"] * len(refused)
    assert results == [kinds[i % len(kinds)] for i in range(len(results))]


@pytest.mark.parametrize("venue", sorted({param.values[1] for param in MATRIX}))
def test_nothing_to_do(pawl, venue):
    assert set(compare(pawl, "long_stop", venue, [{}])) == {"unchanged"}


def test_rules_see_the_new_hours(pawl):
    hours = "sessions.bell.hours=" + json.dumps(["mon-fri 09:00-10:20"])
    lines = lines_of("rule_session")
    lines.insert(3, json.dumps({"t": "2026-03-02T09:01:20Z", "type": "reload", "set": [hours]}))
    run = play(pawl, "ideal", lines, leaks=False, rules=rules_of("rule_session"))
    said = [event["reason"] for event in run.trace if event["type"] == "rule.fired"]
    assert said == ["closes in 540", "closes in 1080", "closes in 1020"]
