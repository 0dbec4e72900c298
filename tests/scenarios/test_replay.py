"""Every scenario, on one venue after the other, recorded with reloads, done and refused, and a
restart among it, and gone through once more: what followed follows again. PAWL_THOROUGH=1: each on
every venue."""

import json
import os
import subprocess
import tempfile

import pytest

from play import HERE, MEMORY, RUN_SECONDS_MAX, settings
from test_reload import refusing, renewing, sprinkled
from test_scenarios import RELOADED, at, later, lines_of, parts, rules_of

OPTIONS = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=RUN_SECONDS_MAX,
                          check=False, env=dict(os.environ, ASAN_OPTIONS=OPTIONS))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def interrupted(lines):
    """A restart after the middle one, with the last prices behind it."""
    middle = len(lines) // 2
    stop = {"t": later(at(lines[middle - 1]), 0), "type": "restart"}
    return lines[:middle] + [json.dumps(stop)] + lines[middle:]


def check(pawl, venue, lines, rules, loaded):
    where = MEMORY if os.path.isdir(MEMORY) and os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pawl-replay-", dir=where) as folder:
        data, recording = os.path.join(folder, "scenario.jsonl"), os.path.join(folder, "run.rec")
        with open(data, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        words = settings(loaded) + ([] if rules is None else ["--set", "rules.dir=" + rules])
        summary = run(pawl, "backtest", "-c", os.path.join(HERE, venue + ".json"), "--data", data,
                      "--record", recording, "--json", *words)
        replayed = run(pawl, "replay", recording, "--json")
        assert replayed["same"] and replayed["complete"] and replayed["notes"] == []
        assert replayed["trace_hash"] == summary["trace_hash"]


@pytest.mark.parametrize("name,venue", RELOADED)
def test_replay(pawl, name, venue):
    reloads = [renewing(name, venue)] + refusing(pawl, name, venue)
    check(pawl, venue, interrupted(sprinkled(lines_of(name), reloads)), rules_of(name),
          parts(name, venue))
