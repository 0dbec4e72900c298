"""Reads NAME.expect and compares it with what a run said. docs/scenarios.md has the format."""

import json
import re

VENUES = ("ideal", "binance_oneway", "mt5_hedging")


class Expect:
    """What one scenario expects on one venue."""

    def __init__(self):
        self.order = []      # (line number, partial object): must appear in this order
        self.counts = []     # (line number, number, partial object)
        self.final = []      # (line number, partial summary)
        self.working = []    # partial orders that work at the venue at the end, no others
        self.positions = {}  # (symbol, side) -> quantity at the venue at the end, no others
        self.foreign = {}    # (symbol, side) -> quantity of it that no lot owns
        self.not_here = None  # why this scenario does not apply to this venue
        self.free_restarts = {}  # input line -> why a restart after it may end differently
        self.naked = None    # why a lot may be naked here


class ExpectError(Exception):
    pass


def _venues(text, where):
    names = text.split()
    if names == ["*"]:
        return VENUES
    for name in names:
        if name not in VENUES:
            raise ExpectError(f"{where}: there is no venue \"{name}\"")
    return tuple(names)


def _object(text, where):
    try:
        value = json.loads(text)
    except ValueError as fault:
        raise ExpectError(f"{where}: {fault}") from None
    if not isinstance(value, dict):
        raise ExpectError(f"{where}: an object is wanted")
    return value


def _reason(text, where):
    words, _, why = text.partition(":")
    if not why.strip():
        raise ExpectError(f"{where}: a reason is wanted after a colon")
    return words.split(), why.strip()


def _directive(out, word, rest, where, number):
    if word == "never":
        out.counts.append((number, 0, _object(rest, where)))
    elif word == "count":
        times, _, rest = rest.partition(" ")
        out.counts.append((number, int(times), _object(rest, where)))
    elif word == "final":
        out.final.append((number, _object(rest, where)))
    elif word == "working":
        out.working.append(_object(rest, where))
    elif word in ("position", "foreign"):
        words, _ = (rest.split(), None) if word == "position" else _reason(rest, where)
        if len(words) != 3:
            raise ExpectError(f"{where}: {word} SYMBOL SIDE QUANTITY")
        getattr(out, "positions" if word == "position" else word)[tuple(words[:2])] = words[2]
    elif word == "not_here":
        out.not_here = rest
    elif word == "naked":
        out.naked = rest
    elif word == "restart_after":
        words, why = _reason(rest, where)
        for one in words:
            out.free_restarts[int(one)] = why
    else:
        raise ExpectError(f"{where}: \"{word}\" is no directive")


def read(path):
    """One Expect a venue. Raises ExpectError with FILE:LINE."""
    every = {venue: Expect() for venue in VENUES}
    here = VENUES
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line, where = line.strip(), f"{path}:{number}"
            if not line or line.startswith("#"):
                continue
            section = re.fullmatch(r"\[(.*)\]", line)
            if section:
                here = _venues(section.group(1), where)
                continue
            for venue in here:
                if line.startswith("{"):
                    every[venue].order.append((number, _object(line, where)))
                else:
                    word, _, rest = line.partition(" ")
                    _directive(every[venue], word, rest.strip(), where, number)
    return every


def matches(want, have, names):
    """Every field of want is in have; "$x" stands for one value, the same wherever it is written.
    Returns the names with what was bound, or None."""
    names = dict(names)
    for key, value in want.items():
        if key not in have:
            return None
        if isinstance(value, str) and value.startswith("$"):
            if names.setdefault(value, have[key]) != have[key]:
                return None
        elif value != have[key]:
            return None
    return names


def check(expect, name, trace, summary):
    """What is not as expected, one sentence each."""
    faults, names, at = [], {}, 0
    for number, want in expect.order:
        for i in range(at, len(trace)):
            bound = matches(want, trace[i], names)
            if bound is not None:
                names, at = bound, i + 1
                break
        else:
            after = f" after {_short(trace[at - 1])}" if at > 0 else ""
            faults.append(f"{name}.expect:{number}: not in the trace{after}: {json.dumps(want)}")
            break
    for number, times, want in expect.counts:
        found = [one for one in trace if matches(want, one, names) is not None]
        if len(found) != times:
            faults.append(f"{name}.expect:{number}: {len(found)} times, not {times}: "
                          f"{json.dumps(want)}" + (f", first {_short(found[0])}" if found else ""))
    for number, want in expect.final:
        for key, value in want.items():
            if summary.get(key) != value:
                faults.append(f"{name}.expect:{number}: {key} is {summary.get(key)!r}, "
                              f"not {value!r}")
    return faults


def _short(event):
    keep = ("t", "type", "role", "ref", "op", "quantity", "price", "stop_price", "new", "reason",
            "what")
    return json.dumps({key: event[key] for key in keep if key in event})
