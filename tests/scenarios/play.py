"""Runs the program over a scenario and reads back what it said and what its venue knows."""

import json
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RUN_SECONDS_MAX = 60
MEMORY = "/dev/shm"  # thousands of small databases: no disk has to see them


class Run:
    def __init__(self, trace, summary, world):
        self.trace, self.summary, self.world = trace, summary, world


class RunError(Exception):
    pass


def _world(folder):
    """The venue's file: where it keeps its memory, whatever becomes of the host."""
    for where, _, files in os.walk(folder):
        for file in files:
            if file.endswith("world.jsonl"):
                with open(os.path.join(where, file), encoding="utf-8") as lines:
                    return [json.loads(line) for line in lines]
    return []


def rules_of(name):
    """The folder of a scenario's rules, or None."""
    folder = os.path.join(HERE, name + ".rules")
    return folder if os.path.isdir(folder) else None


def play(pawl, venue, lines, leaks=True, rules=None):
    """One run over `lines` (text of events in) with the configuration of `venue` and a folder of
    rules. A sanitizer looks for leaks only where it is asked to: that takes it longer than the
    run."""
    where = MEMORY if os.path.isdir(MEMORY) and os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pawl-scenario-", dir=where) as folder:
        data = os.path.join(folder, "scenario.jsonl")
        with open(data, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        command = [pawl, "backtest", "-c", os.path.join(HERE, venue + ".json"), "--data", data,
                   "--out", os.path.join(folder, "out"), "--json", "--trace"]
        if rules is not None:
            command += ["--set", "rules.dir=" + rules]
        options = os.environ.get("ASAN_OPTIONS", "")
        env = dict(os.environ, ASAN_OPTIONS=options if leaks else options + ":detect_leaks=0")
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS_MAX,
                              check=False, env=env)
        if done.returncode != 0:
            raise RunError(f"exit {done.returncode}: {done.stderr[-2000:]}")
        said = [json.loads(line) for line in done.stdout.splitlines() if line]
        if not said or "trace_hash" not in said[-1]:
            raise RunError(f"no summary; {done.stderr[-2000:]}")
        return Run(said[:-1], said[-1], _world(os.path.join(folder, "out")))
