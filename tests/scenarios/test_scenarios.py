"""Every scenario on every venue: as expected, the invariants, the same twice, and the same when
the host is stopped and restored after any event. docs/scenarios.md says how to add one."""

import functools
import glob
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import expect
import truth
from play import HERE, parts_of, play, rules_of
from truth import moment

NEVER = "9999-01-01T00:00:00Z"
IN_FLIGHT_MS = 30  # after the venue had a request, before the host has its answer

NAMES = sorted(os.path.basename(path)[:-len(".expect")]
               for path in glob.glob(os.path.join(HERE, "*.expect")))
EXPECTED = {name: expect.read(os.path.join(HERE, name + ".expect")) for name in NAMES}
MATRIX = [pytest.param(name, venue, id=f"{name}-{venue}",
                       marks=[pytest.mark.skip(EXPECTED[name][venue].not_here)]
                       if EXPECTED[name][venue].not_here else [])
          for name in NAMES for venue in expect.VENUES]
# A build with sanitizers is ten times slower: it plays each scenario on one venue, the next one on
# another, stops it at every fourth place, and every fourth scenario is reloaded and replayed. The
# plain build stops every scenario everywhere and reloads and replays each on one venue.
# PAWL_THOROUGH=1: everything.
SAMPLE = bool(os.environ.get("PAWL_SAMPLE"))
THOROUGH = bool(os.environ.get("PAWL_THOROUGH"))
EVERY = 4 if SAMPLE else 1


def in_turn():
    """Each scenario on one venue, one after the other."""
    chosen = []
    for i, name in enumerate(NAMES):
        here = [param for param in MATRIX if param.values[0] == name and not param.marks]
        chosen.append(here[i % len(here)])
    return chosen


PLAYED = in_turn() if SAMPLE and not THOROUGH else MATRIX
RELOADED = MATRIX if THOROUGH else in_turn()[::EVERY]


def lines_of(name):
    with open(os.path.join(HERE, name + ".jsonl"), encoding="utf-8") as file:
        return file.read().splitlines()


def at(line):
    """When it reaches the host: a bar when it is complete."""
    row = json.loads(line)
    return later(row["t"], 1000 * row["seconds"]) if row["type"] == "bar" else row["t"]


def kind(line):
    """Bars are prices, too; what rules may enter on needs a price as an entry does."""
    what = json.loads(line)["type"]
    return {"bar": "quote", "signal": "entry", "liquidation": "entry"}.get(what, what)


def later(stamp, milliseconds):
    when = moment(stamp) + timedelta(milliseconds=milliseconds)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


@functools.lru_cache(maxsize=None)
def parts(name, venue):
    """What is loaded where a scenario is run many times."""
    text = lines_of(name)
    for rule in glob.glob(os.path.join(HERE, name + ".rules", "*.lua")):
        with open(rule, encoding="utf-8") as file:
            text.append(file.read())
    return parts_of(venue, None if THOROUGH else "\n".join(text))


@functools.lru_cache(maxsize=None)
def first_run(pawl, name, venue):
    return play(pawl, venue, lines_of(name), rules=rules_of(name))


def happened(trace, begin, end):
    """Whether anything about an order was said between the two moments."""
    return any("order" in event and begin <= moment(event["t"]) <= end for event in trace)


def entry_before_quote(lines):
    asks = ("entry", "signal")
    return next((kind(line) for line in lines if kind(line) in asks + ("quote",)), "") in asks


def repeated(price, when):
    """The last price once more; of a bar its close, as a bar of one second."""
    row = dict(json.loads(price), t=when)
    if row["type"] == "bar":
        row.update(t=later(when, -1000), seconds=1, open=row["close"], high=row["close"],
                   low=row["close"])
    return json.dumps(row)


def restarted(lines, trace):
    """(line it follows, when, the lines with it) for each place a restart can be put: at once after
    a line, and while what that line caused is on its way, where it caused something. A price that
    changed nothing makes no place: the restart would find what it found after the line before."""
    quote, before = None, moment(at(lines[0]))
    for i, line in enumerate(lines):
        following = at(lines[i + 1]) if i + 1 < len(lines) else None
        quote = line if kind(line) == "quote" else quote
        answered = moment(later(at(line), 4 * IN_FLIGHT_MS))
        caused = happened(trace, moment(at(line)), answered)
        if kind(line) == "quote" and not happened(trace, before, answered):
            continue
        before = moment(at(line))
        for wait_ms in (0, IN_FLIGHT_MS) if caused else (0,):
            when = later(at(line), wait_ms)
            if following is not None and moment(following) < moment(when):
                continue
            added = [json.dumps({"t": when, "type": "restart"})]
            # Prices are not durable. A feed begins with the present one; an entry needs it.
            if quote is not None and entry_before_quote(lines[i + 1:]):
                added.append(repeated(quote, when))
            yield i + 1, when, lines[:i + 1] + added + lines[i + 1:]


def until_quoted(lines, place, when):
    """From the restart to the first price after it; scenarios have one symbol."""
    stamps = [at(line) for line in lines[place:] if kind(line) == "quote"]
    return moment(when), moment(stamps[0] if stamps else NEVER)


def test_documented():
    """docs/scenarios.md has a row for each, with a dash where it does not apply."""
    with open(os.path.join(HERE, "..", "..", "docs", "scenarios.md"), encoding="utf-8") as file:
        rows = [line.split() for line in file if line.startswith("| `")]
    listed = {row[1].strip("`"): row[3::2] for row in rows if row[1].strip("`") in EXPECTED}
    assert listed == {name: ["–" if EXPECTED[name][venue].not_here else "x"
                             for venue in expect.VENUES] for name in NAMES}


@pytest.mark.parametrize("name,venue", PLAYED)
def test_scenario(pawl, name, venue):
    wanted, lines = EXPECTED[name][venue], lines_of(name)
    run = first_run(pawl, name, venue)
    found = expect.check(wanted, name, run.trace, run.summary)
    found += truth.faults(run, wanted.foreign, naked_allowed=wanted.naked is not None)
    held = {key: truth.text(value) for key, value in truth.positions(run.world).items()}
    if held != wanted.positions:
        found.append(f"the venue holds {held}, not {wanted.positions}")
    left = truth.working(run.world)
    for one in wanted.working:
        for order in left:
            if expect.matches(one, order, {}) is not None:
                left.remove(order)
                break
        else:
            found.append(f"does not work at the venue at the end: {json.dumps(one)}")
    found += [f"still works at the venue at the end: {json.dumps(order)}" for order in left]
    again = play(pawl, venue, lines, rules=rules_of(name))
    if run.summary["trace_hash"] != again.summary["trace_hash"]:
        found.append("a second run is not the same")
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def try_restart(pawl, name, venue, before, place):
    line, when, changed = place
    wanted = EXPECTED[name][venue]
    run = play(pawl, venue, changed, leaks=False, rules=rules_of(name), parts=parts(name, venue))
    naked = wanted.naked is not None
    until = [until_quoted(lines_of(name), line, when)]
    found = list(truth.faults(run, wanted.foreign, until, naked))
    if line not in wanted.free_restarts:
        found += truth.differences(before, truth.outcome(run))
    return [f"restart at {when}, after line {line}: {one}" for one in found]


@pytest.mark.parametrize("name,venue", PLAYED)
def test_restart(pawl, name, venue):
    lines = lines_of(name)
    first = first_run(pawl, name, venue)
    before = truth.outcome(first)
    places = list(restarted(lines, first.trace))
    if not THOROUGH:
        places = places[len(name) % EVERY::EVERY]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = [pool.submit(try_restart, pawl, name, venue, before, place)
                for place in places]
        found = [one for job in jobs for one in job.result()]
    if found:
        pytest.fail("\n".join(found), pytrace=False)
