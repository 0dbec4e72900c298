"""Random paths of a component in a process of its own that is killed at random moments and started
again, until the end: lots, fills and the component's records must be those of a run that nobody
disturbed. killed.py COMPONENT --pawl PATH

A price stands for a minute and is repeated every second, so that what a start takes changes no
price anything is done at. A run is void where something was done before there was a price again,
or a rate. Ids, names made of them and times may differ.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import compare
import host

CASES, KILLS, KILLS_THOROUGH = 20, 8, 100
host.SECONDS = 60  # between rows: longer than it takes to start and to look what the venue holds
WITHOUT_PRICE = ("no price", "profits use a fixed one")
TABLES = {"pyramid": ("profit_chains", "profit_chain_orders"),
          "rstop": ("position_states", "partial_profits", "stop_loss_history"),
          "tranche": ("tranche_positions", "position_tranches", "order_relationships",
                      "tranche_history")}
OTHERWISE = {"id", "lot", "chain", "position", "tranche", "first_lot", "next_lot", "cause", "time",
             "created", "updated", "since", "hit_time", "stop_time", "recovery_start",
             "recovery_until", "join_from", "entry_order", "tp_order", "sl_order", "changes",
             "name", "ref", "row_check"}


def data_of(cases, rates):
    """Its rows, and each price once a second until the next one; requests in a second of their own,
    so that after each there are prices again."""
    prices, out = {}, []
    for line in host.rows(cases, rates, ()):
        event = json.loads(line)
        if event["type"] != "quote":
            apart = 1000 * int(event["symbol"][1:]) + host.SECONDS * 500
            event["t"] = host.stamp(host.quote_of(event["t"]), apart)
            out.append((event["t"], 1, json.dumps(event)))
            continue
        prices.setdefault(event["symbol"], []).append(event)
    for quotes in prices.values():
        for event in quotes:
            row = host.quote_of(event["t"])
            out += [(stamp, 0, json.dumps(dict(event, t=stamp))) for stamp in
                    (host.stamp(row, 1000 * second) for second in range(host.SECONDS))]
    return [line for _, _, line in sorted(out, key=lambda one: one[:2])]


def play(pawl, folder, after=None):
    """(did it come to its end before it was killed, what it said)."""
    process = subprocess.Popen([pawl, "run", "-c", os.path.join(folder, "config.json"),
                                "--until-end", "--data", os.path.join(folder, "data.jsonl")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, said = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return False, process.communicate()[1].decode()
    if process.returncode != 0:
        raise host.Failed(f"exit {process.returncode}: {said.decode()[-2000:]}")
    return True, said.decode()


def outcome(component, folder):
    """{table: sorted rows without what may differ}"""
    found = {}
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "pawl.db"))) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master "
                                                       "WHERE type='table' ORDER BY name")
                  if name.startswith(TABLES[component])]
        for table in tables:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")
                       if row[1] not in OTHERWISE]
            found[table] = columns, sorted(database.execute(
                "SELECT {} FROM {}".format(",".join(f'"{one}"' for one in columns), table)))
        for table, columns in (("lots", "instrument,side,state,entered,exited,entry_value,"
                                        "exit_value,profit,stop,reason"),
                               ("fills", "instrument,role,side,quantity,price")):
            found[table] = columns.split(","), sorted(
                database.execute(f"SELECT {columns} FROM {table}"))
    return found


def prepare(folder, config, rows):
    os.makedirs(folder)
    config = dict(config, host=dict(config["host"], data_dir=folder, instance=7,
                                    durability="full", log={"level": "info"}))
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    with open(os.path.join(folder, "data.jsonl"), "w", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")


def faults(component, whole, killed):
    wanted, got = outcome(component, whole), outcome(component, killed)
    if wanted.keys() != got.keys():
        yield f"tables {sorted(wanted.keys() ^ got.keys())} are in one of them"
    for table, (columns, rows) in wanted.items():
        have = got.get(table, (columns, []))[1]
        for row in rows:
            if row in have:
                have.remove(row)
            else:
                yield f"{table}: missing {dict(zip(columns, row))}"
        for row in have:
            yield f"{table}: besides {dict(zip(columns, row))}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("component", choices=sorted(compare.DRIVES))
    parser.add_argument("--pawl", required=True)
    parser.add_argument("--seed", type=int, default=1)
    thorough = os.environ.get("PAWL_THOROUGH")
    parser.add_argument("--kills", type=int, default=KILLS_THOROUGH if thorough else KILLS)
    args = parser.parse_args()
    drive, began, sent, seed, broken = compare.DRIVES[args.component], time.monotonic(), 0, \
        args.seed, []
    where = host.MEMORY if os.access(host.MEMORY, os.W_OK) else None
    while sent < args.kills:
        rng = random.Random(f"{args.component} {seed} killed")
        cases, config = drive.batch(rng, CASES)
        config, rates = config if isinstance(config, tuple) else (config, ())
        with tempfile.TemporaryDirectory(prefix="pawl-killed-", dir=where) as folder:
            whole, killed = os.path.join(folder, "whole"), os.path.join(folder, "killed")
            rows = data_of(cases, rates)
            prepare(whole, config, rows)
            prepare(killed, config, rows)
            start = time.monotonic()
            play(args.pawl, whole)
            takes, times, ended, void = time.monotonic() - start, 0, False, False
            while not ended:
                after = rng.uniform(0, takes / 3) if times < KILLS else None
                ended, said = play(args.pawl, killed, after)
                times += not ended
                void |= any(words in said for words in WITHOUT_PRICE)
            found = [] if void else list(faults(args.component, whole, killed))
        sent += 0 if void else times
        if found:
            broken.append(seed)
            print(f"seed {seed}, killed {times} times:", *found[:10], sep="\n   ")
        seed += 1
    print(f"{args.component}: killed {sent} times in {seed - args.seed} runs of {CASES} paths, "
          f"{len(broken)} differ, {time.monotonic() - began:.1f} s", *broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
