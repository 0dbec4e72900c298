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


def parts_of(venue, text=None):
    """The plugins and profiles of the configuration of `venue`; with the text of a scenario those
    it may have to do with: to load the others takes longer than the run."""
    with open(os.path.join(HERE, venue + ".json"), encoding="utf-8") as file:
        config = json.load(file)
    plugins, profiles = config["plugins"], config["profiles"]
    if text is not None and '"signal"' not in text:  # all of them hear signals
        profiles = {name: held for name, held in profiles.items() if f'"{name}"' in text}
        named = {"paper", "linked"}.union(*(held.values() for held in profiles.values()))
        plugins = [one for one in plugins if one["name"] in named or f'"{one["name"]}"' in text]
    return {"plugins": plugins, "profiles": profiles}


def settings(parts):
    return [word for key, value in parts.items()
            for word in ("--set", f"{key}={json.dumps(value)}")]


def play(pawl, venue, lines, leaks=True, rules=None, parts=None):
    """One run over `lines` (text of events in) with the configuration of `venue`, or `parts` of it,
    and a folder of rules. A sanitizer looks for leaks only where it is asked to: that takes it
    longer than the run."""
    where = MEMORY if os.path.isdir(MEMORY) and os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pawl-scenario-", dir=where) as folder:
        data = os.path.join(folder, "scenario.jsonl")
        with open(data, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        command = [pawl, "backtest", "-c", os.path.join(HERE, venue + ".json"), "--data", data,
                   "--out", os.path.join(folder, "out"), "--json", "--trace",
                   *settings(parts or {})]
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
