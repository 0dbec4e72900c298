"""Plays many paths in one run of the program: each has an instrument of its own, P0, P1 ..., and a
row every SECONDS. Gives back the trace by instrument, with the number of the quote as the time."""

import json
import os
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

SECONDS = 10
STAGGER = 16  # rows over which paths begin: the venue remembers 64 misfortunes to come
START = datetime(2026, 3, 2, 9, 0, 0, tzinfo=timezone.utc)
RUN_SECONDS_MAX = 300
MEMORY = "/dev/shm"
FAR = str(10 ** 9)


def stamp(k, after=0):
    """The time of quote k; `after` is in milliseconds."""
    when = START + timedelta(seconds=SECONDS * k, milliseconds=after)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def quote_of(text):
    """The last quote at or before a time of the trace."""
    when = datetime.fromisoformat(text[:19] + "+00:00")
    return int((when - START).total_seconds()) // SECONDS


def configuration(instruments, components, profiles, paper=None):
    """instruments: symbol -> row; components: [(name, so, options)]."""
    options = {"personality": "ideal", "latency_request": "0ms", "latency_reply": "0ms"}
    options.update(paper or {})
    return {
        "host": {"instance": "models", "durability": "none", "log": {"level": "error"},
                 "reconcile_seconds": 180},
        "plugins": [{"name": "paper", "options": options},
                    {"name": "linked", "options": {"take_profit_pct": "0"}}] +
                   [{"name": name, "so": so + ".so", "options": options}
                    for name, so, options in components],
        "accounts": {"main": {"broker": "paper", "currency": "USD", "balance": FAR,
                              "mode": "netting"}},
        "instruments": {symbol: dict(row, account="main") for symbol, row in instruments.items()},
        "profiles": profiles,
        "risk": {"quote_stale": "1d", "collar_pct": "0.9", "message_rate_per_second": 100000,
                 "open_lots_max": 1000000},
    }


def _restarts(restarts, row, begin, end):
    """Stop and restore, between two milliseconds of a row."""
    for ms in sorted(restarts):
        if begin <= ms - 1000 * SECONDS * row < end:
            yield f'{{"t":"{stamp(0, ms)}","type":"restart"}}'


def rows(cases, rates, restarts):
    """All events of all cases by time; a case has `quotes` and `events`: [(k, object)], which come
    half a row after quote k. `rates` are prices of USDJPY by row, `restarts` milliseconds."""
    longest = max(len(case.quotes) for case in cases)
    for row in range(longest + STAGGER):
        if row < len(rates):
            yield (f'{{"t":"{stamp(row)}","type":"quote","symbol":"USDJPY","bid":"{rates[row]}",'
                   f'"ask":"{rates[row]}"}}')
        for n, case in enumerate(cases):
            k = row - n % STAGGER
            if 0 <= k < len(case.quotes):
                bid, ask = (case.instrument.price(p) for p in case.quotes[k])
                yield (f'{{"t":"{stamp(row)}","type":"quote","symbol":"P{n}","bid":"{bid}",'
                       f'"ask":"{ask}"}}')
        yield from _restarts(restarts, row, 0, SECONDS * 500)
        for n, case in enumerate(cases):
            for when, event in case.events:
                if when == row - n % STAGGER:
                    yield json.dumps({"t": stamp(row, SECONDS * 500), "symbol": f"P{n}", **event})
        yield from _restarts(restarts, row, SECONDS * 500 + 1, SECONDS * 1000)


class Failed(Exception):
    pass


def run(pawl, config, cases, rates=(), restarts=(), keep=None):
    """[events of the trace] of each case."""
    where = MEMORY if os.path.isdir(MEMORY) and os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pawl-model-", dir=where) as folder:
        folder = keep or folder
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        with open(os.path.join(folder, "data.jsonl"), "w", encoding="utf-8") as file:
            file.write("\n".join(rows(cases, rates, restarts)) + "\n")
        done = subprocess.run([pawl, "backtest", "-c", os.path.join(folder, "config.json"),
                               "--data", os.path.join(folder, "data.jsonl"), "--trace", "--json"],
                              capture_output=True, text=True, timeout=RUN_SECONDS_MAX, check=False)
        if done.returncode != 0:
            raise Failed(f"exit {done.returncode}: {done.stderr[-3000:]}")
    return split(done.stdout.splitlines(), len(cases))


def split(lines, count):
    """Trace lines -> events by instrument; those of a lot without a symbol go to the lot's."""
    found, summary = [[] for _ in range(count)], json.loads(lines[-1])
    for line in lines[:-1]:
        event = json.loads(line)
        symbol = event.get("symbol", "")
        if symbol.startswith("P"):
            n = int(symbol[1:])
            event["k"] = quote_of(event["t"]) - n % STAGGER
            found[n].append(event)
    return found, summary


def number(value):
    """A fraction that a decimal says exactly."""
    scaled = Fraction(value) * 10 ** 6
    assert scaled.denominator == 1
    return str(Decimal(int(scaled)) / 10 ** 6)
