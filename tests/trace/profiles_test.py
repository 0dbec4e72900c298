#!/usr/bin/python3
"""Every ready configuration over markets: what must hold, the same trace in every run, a table.

usage: profiles_test.py PAWL TABLE [--all] [--update] [PROFILE...]

Each profile plays a short made-up market and one recorded file, each one another; with --all or
PAWL_THOROUGH=1 the whole made-up markets and every recorded file, twice. Recorded files are used
where they are ($PAWL_TEST_DATA, else ../shared/data beside the project) and counted as skipped
where not. TABLE has the checked-in results, which every run of every build must meet.
"""
import collections
import concurrent.futures
import json
import os
import sys
import tempfile
from decimal import Decimal

from backtest import summary_of

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PROFILES = ["linked", "linked-rstop", "pyramid", "pyramid-rstop", "tranche", "tranche-rstop",
            "all-hedging"]
GENERATED = ["xauusd.generated.json", "eurusd.generated.json"]
SHORT_DAYS = 4  # of a made-up market where not all is played
RECORDED = [
    "bars/filusdt_binance_usdm_1m_202409.csv.zst",
    "lean/spy_trades_20131007-20131011.csv.zst",
    "lean/xauusd_oanda_quotes_20140501-20140509.csv.zst",
    "lean/eurusd_fxcm_quotes_20140501-20140509.csv.zst",
]
MEMORY = "/dev/shm"
ENTRIES = ("main", "scale", "doubledown")
ENDED = ("filled", "cancelled", "rejected", "expired")
HARMLESS_ALERTS = {"guard_fired"}  # a gap over a stop: that is what the guard is for
HARMLESS_CONFLICTS = {"rejection"}  # stop and market exit raced, and the venue cut one down
FAULTS_SHOWN = 5
FINAL = ("chain.completed", "chain.stopped")
COLUMNS = ["lots", "open", "completed", "stopped", "running", "tranches", "merged", "stops moved",
           "exits", "net P/L"]


def data_folder():
    return os.environ.get("PAWL_TEST_DATA") or os.path.join(TOP, "..", "shared", "data")


# ---- one run ----

def backtest(pawl, profile, data, out):
    return summary_of(pawl, "-c", os.path.join(TOP, "config", profile + ".json"), "--data", data,
                      "--out", out)


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def world_of(out):
    """The venue's own memory: positions and orders as they stand at the end."""
    positions, orders = {}, {}
    for where, _, files in os.walk(out):
        for name in files:
            if not name.endswith("world.jsonl"):
                continue
            for line in lines_of(os.path.join(where, name)):
                if line["k"] == "position":
                    key = line["symbol"], line["side"], line.get("ticket", 0)
                    positions[key] = Decimal(line["quantity"])
                elif line["k"] == "order":
                    orders[line["n"]] = line
                elif line["k"] == "change":
                    orders[line["n"]].update(line)
    sums = collections.defaultdict(Decimal)
    for (symbol, side, _), quantity in positions.items():
        sums[symbol, side] += quantity
    return sums, orders.values()


class Story:
    """What the trace says, added up."""

    def __init__(self, trace):
        self.count = collections.Counter()
        self.lots = {}  # open or closed: symbol, side, in, out
        self.closed, self.orders, self.chains, self.heirs = set(), {}, {}, {}
        self.wrong = []
        for event in trace:
            self.count[event["type"]] += 1
            self.see(event)

    def see(self, event):
        what, lot = event["type"], event.get("lot")
        if what == "lot.opened":
            self.lots[lot] = [event["symbol"], event["side"], Decimal(0), Decimal(0)]
        elif what == "fill":
            known = self.lots[lot]
            known[2 if event["role"] in ENTRIES else 3] += Decimal(event["quantity"])
            if known[3] > known[2]:
                self.wrong.append(f"lot {lot}: {known[3]} out of {known[2]}")
        elif what == "lot.merged":
            self.lots[lot][2] -= Decimal(event["quantity"])
            self.lots[event["into"]][2] += Decimal(event["quantity"])
            self.heirs[lot] = event["into"]
        elif what == "lot.closed":
            self.closed.add(lot)
        elif what == "order.submitted":
            if event["order"] in self.orders:
                self.wrong.append(f"order {event['order']} was submitted twice")
            self.orders[event["order"]] = lot
        elif what.startswith("chain."):
            self.chain(event)
        elif what == "alert" and event["what"] not in HARMLESS_ALERTS:
            self.wrong.append(f"alert {event['what']}: {event.get('message')}")
        elif what == "conflict" and event["what"] not in HARMLESS_CONFLICTS:
            self.wrong.append(f"conflict {event['what']}: {event.get('detail')}")

    def heir(self, lot):
        while lot in self.heirs:
            lot = self.heirs[lot]
        return lot

    def chain(self, event):
        name = event["chain"]
        if self.chains.get(name) in FINAL:
            self.wrong.append(f"{event['type']} of chain {name} after {self.chains[name]}")
        self.chains[name] = event["type"]


def faults(summary, story, positions, orders):
    yield from story.wrong
    if summary["unprotected_ns"] != 0:
        yield f"{summary['unprotected_ns']} ns unprotected"
    if summary["fills"] == 0 or summary["lots_closed"] == 0:
        yield "no trades were taken or no lot concluded"
    owned = collections.defaultdict(Decimal)
    for symbol, side, inside, outside in story.lots.values():
        owned[symbol, side] += inside - outside
    for key in sorted(set(owned) | set(positions)):
        if owned[key] != positions.get(key, 0):
            yield f"{key}: the venue holds {positions.get(key, 0)}, the lots {owned[key]}"
    for lot in story.closed:
        if story.lots[lot][2] != story.lots[lot][3]:
            yield f"lot {lot} is closed with {story.lots[lot][2] - story.lots[lot][3]} in it"
    for order in orders:
        lot = story.heir(story.orders.get(order.get("id")))
        if order["state"] not in ENDED and not order.get("dormant") and lot in story.closed:
            yield f"order {order['id']} of closed lot {lot} works on"


def row_of(summary, story):
    last = collections.Counter(story.chains.values())
    completed, stopped = last["chain.completed"], last["chain.stopped"]
    return [summary["lots_opened"], summary["open_lots"], completed, stopped,
            len(story.chains) - completed - stopped, story.count["tranche.created"],
            story.count["tranche.merged"], story.count["stop.moved"], story.count["exit.taken"],
            summary["net_pnl"]]


def play(pawl, profile, path):
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pawl-profile-", dir=memory) as out:
        summary = backtest(pawl, profile, path, out)
        story = Story(lines_of(os.path.join(out, "trace.jsonl")))
        wrong = list(faults(summary, story, *world_of(out)))
    return summary, row_of(summary, story), wrong[:FAULTS_SHOWN]


# ---- which ----

def shortened(folder, name):
    with open(os.path.join(TOP, "config", "demo", name), encoding="utf-8") as file:
        market = json.load(file)
    market["days"] = SHORT_DAYS
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(market, file)
    return path


def pairs(profiles, everything, folder):
    """(profile, what it is called in the table, file)."""
    for i, profile in enumerate(profiles):
        if everything:
            for name in GENERATED:
                yield profile, name, os.path.join(TOP, "config", "demo", name)
        else:
            name = GENERATED[i % len(GENERATED)]
            yield profile, f"{name}, {SHORT_DAYS} days", shortened(folder, name)
        for k, name in enumerate(RECORDED):
            if everything or k == i % len(RECORDED):
                yield profile, os.path.basename(name), os.path.join(data_folder(), name)


def check(pawl, profile, name, path, runs):
    played = [play(pawl, profile, path) for _ in range(runs)]
    summary, row, wrong = played[0]
    if any(one[0] != summary for one in played):
        wrong.append(f"{runs} runs differ: {[one[0]['trace_hash'] for one in played]}")
    return f"{profile} {name}", row, summary["trace_hash"], wrong


def show(rows):
    lines = [["profile and data", *COLUMNS]] + [[key, *map(str, row)] for key, row in rows]
    width = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width[i]) if i == 0 else text.rjust(width[i])
                        for i, text in enumerate(line)))


def main():
    pawl, table_path = sys.argv[1:3]
    words = sys.argv[3:]
    everything = "--all" in words or bool(os.environ.get("PAWL_THOROUGH"))
    chosen = [word for word in words if not word.startswith("--")] or PROFILES
    with open(table_path, encoding="utf-8") as file:
        table = json.load(file)
    bad, rows, absent = [], [], 0
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wanted = list(pairs(chosen, everything, folder))
        there = [one for one in wanted if os.path.exists(one[2])]
        absent = len(wanted) - len(there)
        results = pool.map(lambda one: check(pawl, *one, 2 if everything else 1), there)
        for key, row, trace_hash, wrong in results:
            rows.append((key, row))
            bad += [f"{key}: {text}" for text in wrong]
            found = {"trace_hash": trace_hash, **dict(zip(COLUMNS, row))}
            if "--update" in words:
                table[key] = found
            elif table.get(key) != found:
                bad.append(f"{key}: the table says {table.get(key)}, this build {found}")
    show(rows)
    for line in bad:
        print(line)
    if "--update" in words:
        with open(table_path, "w", encoding="utf-8") as file:
            json.dump(table, file, indent=1, sort_keys=True)
            file.write("\n")
    print(f"{len(rows)} backtests, {absent} recorded files absent")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
