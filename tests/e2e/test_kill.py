"""kill -9 at random moments of a run, start again, until the end: nothing is lost or done twice.

The market stands still for a minute between its moves, so that a restart, which takes part of a
second of its time, changes no price anything is done at. Lots, fills, profit and working orders
must then be those of a run that was never disturbed; ids and times may differ. PAWL_KILLS says how
often (default 200), PAWL_SEED makes the moments repeatable.
"""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time

import pytest

from pawl import base_config, entry, quote, stamp, start, write_config, write_events

KILLS = int(os.environ.get("PAWL_KILLS", "200"))
SEED = int(os.environ.get("PAWL_SEED", random.SystemRandom().randrange(10 ** 9)))
CYCLES = 16
MINUTE = 60


class Market:
    """Events of a market that stands still but for jumps between two minutes."""

    def __init__(self):
        self.now, self.bid, self.events = 0, 2650.0, []

    def stand(self, seconds=MINUTE):
        for _ in range(seconds):
            self.events.append(quote(self.now, self.bid))
            self.now += 1

    def jump(self, by):
        self.bid += by

    def say(self, event):
        event["t"] = stamp(self.now - 0.5)
        self.events.append(event)

    def enter(self, ref, side, stop, target, quantity="0.3"):
        """Stop and target as distances from the bid, above 0 in the losing, winning direction."""
        way = 1 if side == "BUY" else -1
        self.say(entry(0, side, self.bid - way * stop, self.bid + way * target, ref, quantity))


def scenario():
    """Targets, stops, gaps, tighter stops, part exits, reversals, answers that never come."""
    market = Market()
    market.stand()
    for cycle in range(CYCLES):
        ref, side = "t%02d" % cycle, "BUY" if cycle % 2 == 0 else "SELL"
        way = 1 if side == "BUY" else -1
        kind = cycle % 8
        if kind == 5:
            market.say({"type": "fault", "what": "drop_reply", "order": {"role": "main"}})
        if kind == 6:
            market.say({"type": "fault", "what": "drop_reply", "order": {"role": "stop"}})
        market.stand(10)
        market.enter(ref, side, 6, 9)
        market.stand()
        if kind == 1:
            market.say({"type": "stop", "ref": ref, "price": "%.2f" % (market.bid - way * 3)})
        if kind == 2:
            market.say({"type": "exit", "ref": ref, "quantity": "0.1", "reason": "part"})
        market.stand()
        if kind == 3:
            market.jump(way * 2)
            market.stand()
            market.enter(ref + "r", "SELL" if side == "BUY" else "BUY", 6, 9)
            market.stand()
            way = -way
        market.jump(way * (10 if kind in (0, 2, 3, 5, 7) else -10))
        market.stand()
    market.enter("last", "BUY", 6, 9)
    market.stand(2 * MINUTE)
    return market.events


# ---- what is left in the end ----

def ask(folder, query):
    with contextlib.closing(sqlite3.connect(folder / "pawl.db")) as database:
        return sorted(database.execute(query).fetchall())


LOT = "(SELECT ref FROM lots WHERE lots.id = %s.lot)"


def outcome(folder):
    return {
        "lots": ask(folder, """SELECT ref, side, state, entered, exited, entry_value, exit_value,
                               profit, fees, stop, reason FROM lots"""),
        "fills": ask(folder, "SELECT %s, role, side, quantity, price, fee FROM fills"
                     % (LOT % "fills")),
        "working": ask(folder, """SELECT %s, role, side, kind, state, quantity, filled, price,
                                  stop_price FROM orders WHERE ended = 0""" % (LOT % "orders")),
    }


def world(folder):
    """The venue's own file up to its last whole step: what really happened there."""
    lines = [json.loads(line) for line in
             (folder / "paper.world.jsonl").read_text().splitlines()]
    orders, fills, positions = {}, [], {}
    for line in lines:
        if line["k"] == "order":
            orders[line["n"]] = line
        elif line["k"] == "change":
            orders[line["n"]].update(line)
        elif line["k"] == "fill":
            fills.append(line)
        elif line["k"] == "position":
            positions[(line["symbol"], line["side"])] = line["quantity"]
    ids = [order["id"] for order in orders.values()]
    assert len(ids) == len(set(ids)), "a client id went to the venue twice"
    working = sorted((order["role"], order["side"], order["quantity"], order.get("price", ""),
                      order.get("stop_price", "")) for order in orders.values()
                     if order["state"] in ("accepted", "partially_filled"))
    return {
        "fills": sorted((fill["side"], fill["quantity"], fill["price"]) for fill in fills),
        "entries": len([1 for order in orders.values()
                        if order["role"] == "main" and order["filled"] != "0"]),
        "positions": {key: value for key, value in positions.items() if value != "0"},
        "working": working,
    }


# ---- runs ----

def configure(folder, name, personality="ideal"):
    config = base_config()
    config["plugins"][0]["options"]["personality"] = personality
    config["accounts"]["main"]["mode"] = "hedging" if "hedging" in personality else "netting"
    config["host"].update(data_dir=str(folder / name), log={"level": "error"},
                          durability="full")
    return write_config(folder, config, name + ".json")


def play(config, data, after=None, number=signal.SIGKILL):
    """True when it came to its end before it got its signal."""
    process = start("run", "-c", config, "--until-end", "--data", data,
                    stdout=subprocess.DEVNULL, text=False)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        process.wait(timeout=20)
        if number == signal.SIGKILL or process.returncode == -number:
            return False  # -number: before it listened to it
        ended = False
    else:
        ended = True
    assert process.returncode == 0, process.stderr.read().decode()
    return ended


def compare(folder, wanted, count):
    got = outcome(folder), world(folder)
    for what, (have, want) in enumerate(zip(got, wanted)):
        for key in want:
            assert have[key] == want[key], "%s of %s, seed %d, after %d signals" % (
                key, ("the database", "the venue")[what], SEED, count)


def disturb(tmp_path, signals, number, personality="ideal"):
    """Plays the scenario again and again, until that many signals have been sent."""
    chance = random.Random(SEED)
    data = write_events(tmp_path / "scenario.jsonl", scenario())
    began = time.monotonic()
    assert play(configure(tmp_path, "whole", personality), data)
    whole = time.monotonic() - began
    wanted = outcome(tmp_path / "whole"), world(tmp_path / "whole")
    assert len(wanted[0]["lots"]) == CYCLES + CYCLES // 8 + 1
    assert len(wanted[0]["working"]) in (1, 2), "the last lot's stop, and its target if it rests"
    sent = rounds = 0
    while sent < signals:
        config = configure(tmp_path, "round%d" % rounds, personality)
        ended = False
        while not ended:
            after = chance.uniform(0, whole / 3) if sent < signals else None
            ended = play(config, data, after, number)
            sent += not ended
        compare(tmp_path / ("round%d" % rounds), wanted, sent)
        rounds += 1
    print("%d times in %d rounds in %.1f s, seed %d"
          % (sent, rounds, time.monotonic() - began, SEED))


@pytest.mark.parametrize("personality, share", [("ideal", 2), ("binance_oneway", 4),
                                                ("mt5_hedging", 4)])
def test_killed_at_random_moments(personality, share, tmp_path):
    disturb(tmp_path, KILLS // share, signal.SIGKILL, personality)


def test_stopped_at_random_moments(tmp_path):
    disturb(tmp_path, KILLS // 4, signal.SIGTERM)
