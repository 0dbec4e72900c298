"""Plays a plugin's scenario and compares what happened with what was expected. It comes with pawl
for the tests of plugins that live elsewhere.

    sdk.py PAWL -c CONFIG [--plugin NAME=FILE.so]... SCENARIO.jsonl...

Beside each NAME.jsonl lies NAME.expect; the guide for plugin authors has its format. Each scenario
is played

  - as it is: what NAME.expect says must come of it;
  - a second time: the same, or the plugin depends on something besides its events;
  - with a crash and a restart after each line: profit and lots must be as without it;
  - with every plugin made anew after each line, as a reload does: the trace must be as without it.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile

import expect

RUN_SECONDS_MAX = 60
PLACES_TOLD_MAX = 5
OUTCOME = ("lots_opened", "lots_closed", "gross_pnl", "fees", "equity_end")
UNSAID = ("seq", "cause")  # numbers that a restart or reload shifts


class RunError(Exception):
    pass


def play(options, lines):
    """(trace, summary) of one run over the lines."""
    with tempfile.TemporaryDirectory(prefix="pawl-scenario-") as folder:
        data = os.path.join(folder, "scenario.jsonl")
        with open(data, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        command = [options.pawl, "backtest", "-c", options.config, "--data", data, "--json",
                   "--trace"]
        for one in options.plugin:
            name, _, path = one.partition("=")
            command += ["--set", f"plugins.{name}.so={os.path.abspath(path)}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=RUN_SECONDS_MAX)
    said = done.stdout.splitlines()
    if done.returncode != 0 or not said:
        raise RunError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in said[:-1]], json.loads(said[-1])


def stamp(line):
    """When a line reaches the host: a bar when it is complete."""
    row = json.loads(line)
    when = datetime.datetime.fromisoformat(row["t"].replace("Z", "+00:00"))
    if row["type"] == "bar":
        when += datetime.timedelta(seconds=row["seconds"])
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def with_restart(lines, place):
    """A crash behind the line, and the last price again: a feed begins with the present one."""
    when, prices = stamp(lines[place]), [i for i in range(place + 1) if is_quote(lines[i])]
    added = [json.dumps({"t": when, "type": "restart"})]
    if prices:
        added.append(json.dumps(dict(json.loads(lines[prices[-1]]), t=when)))
    return lines[:place + 1] + added + lines[place + 1:]


def is_quote(line):
    return json.loads(line)["type"] == "quote"


def with_reloads(lines, names):
    out = []
    for line in lines:
        out += [line, json.dumps({"t": stamp(line), "type": "reload", "renew": names})]
    return out


def told(trace):
    return [{key: value for key, value in event.items() if key not in UNSAID}
            for event in trace if event["type"] != "reload"]


def first_difference(wanted, have):
    for one, other in zip(wanted, have):
        if one != other:
            return f"{json.dumps(one)}\n    became {json.dumps(other)}"
    return f"{len(wanted)} events became {len(have)}"


def faults_of_restarts(options, path, lines, free, summary):
    """One line a place; what is wrong at one is often wrong at many, so the first few."""
    faults = []
    for place in range(len(lines)):
        _, after = play(options, with_restart(lines, place))
        changed = [f"{key} from {summary.get(key)} to {after.get(key)}" for key in OUTCOME
                   if summary.get(key) != after.get(key)]
        if changed and place + 1 not in free:
            faults.append(f"{path}:{place + 1}: a restart here, and the last price once more, "
                          f"changes {', '.join(changed)}")
    yield from faults[:PLACES_TOLD_MAX]
    if len(faults) > PLACES_TOLD_MAX:
        yield f"{path}: and so at {len(faults) - PLACES_TOLD_MAX} more lines"


def faults_of(options, path):
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if line.strip()]
    stem = path.removesuffix(".jsonl")
    wanted = expect.read(stem + ".expect")[expect.VENUES[0]]
    trace, summary = play(options, lines)
    yield from expect.check(wanted, stem, trace, summary)
    again, again_summary = play(options, lines)
    if summary["trace_hash"] != again_summary["trace_hash"]:
        yield f"{path}: a second run differs: {first_difference(told(trace), told(again))}"
    yield from faults_of_restarts(options, path, lines, wanted.free_restarts, summary)
    with open(options.config, encoding="utf-8") as file:
        names = [plugin["name"] for plugin in json.load(file)["plugins"]]
    reloaded, _ = play(options, with_reloads(lines, names))
    refused = [event["message"] for event in reloaded
               if event["type"] == "reload" and event["result"] != "done"]
    if refused:
        yield f"{path}: a reload is refused: {refused[0]}"
    elif told(trace) != told(reloaded):
        yield f"{path}: reloads change it: {first_difference(told(trace), told(reloaded))}"


def main():
    parser = argparse.ArgumentParser(description="plays a plugin's scenarios")
    parser.add_argument("pawl")
    parser.add_argument("-c", "--config", required=True)
    parser.add_argument("--plugin", action="append", default=[], metavar="NAME=FILE.so")
    parser.add_argument("scenario", nargs="+")
    options = parser.parse_args()
    count = 0
    try:
        for path in options.scenario:
            for fault in faults_of(options, path):
                print(fault, file=sys.stderr)
                count += 1
    except (RunError, expect.ExpectError, OSError) as fault:
        print(fault, file=sys.stderr)
        count += 1
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
