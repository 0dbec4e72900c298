"""Recordings by the build of one compiler, gone through by that of another, in the situations
where a disk decides when orders leave. Wants builds without sanitizers."""

import json
import os
import signal
import subprocess
import time

import pytest

import control
import pawl
from recordings import drive, same

CLANG = os.path.join(os.path.dirname(pawl.PROGRAM), "clang", "pawl")  # of ./dev test
OTHER = os.environ.get("PAWL_OTHER", CLANG)
PAIRS = [pytest.param(pawl.PROGRAM, pawl.PROGRAM, id="alone")]
if os.path.exists(OTHER):
    PAIRS += [pytest.param(pawl.PROGRAM, OTHER, id="there"),
              pytest.param(OTHER, pawl.PROGRAM, id="back")]
both = pytest.mark.parametrize("recorder,replayer", PAIRS)


def build_slow_disk(folder):
    library = folder / "slow_disk.so"
    subprocess.run([os.environ.get("CC", "cc"), "-D_GNU_SOURCE", "-shared", "-fPIC", "-o",
                    str(library), str(pawl.SOURCE / "tests" / "e2e" / "slow_disk.c")], check=True)
    return str(library)


def play_on_disk(program, folder, sync_ms, environment, **executor):
    config = pawl.base_config()
    config["host"].update(data_dir=str(folder / "state"), executor=executor, durability="full",
                          log={"level": "error"})
    data = pawl.write_events(folder / "trade.jsonl", pawl.one_trade())
    (folder / "ms").write_text(str(sync_ms))
    slow = {"LD_PRELOAD": build_slow_disk(folder), "PAWL_SYNC_MS": str(folder / "ms")}
    done = subprocess.run([program, "run", "-c", str(pawl.write_config(folder, config)),
                           "--until-end", "--json", "--data", str(data), "--record",
                           str(folder / "run.rec")], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **slow, **environment})
    return done, [json.loads(line) for line in done.stdout.splitlines()]


@both
def test_a_stalled_disk(tmp_path, recorder, replayer):
    """Releases, those that protect before they are durable, too."""
    done, events = play_on_disk(recorder, tmp_path, 150, {}, protect_wait="20ms")
    assert done.returncode == 0, done.stderr
    assert any(event.get("what") == "disk_stalled" for event in events)
    result = same(tmp_path / "run.rec", program=replayer)
    assert result["trace_hash"] == events[-1]["trace_hash"]


@both
def test_a_disk_that_fails(tmp_path, recorder, replayer):
    for syncs in range(15, 40):  # the first ones are those of the start
        folder = tmp_path / str(syncs)
        folder.mkdir()
        done, _ = play_on_disk(recorder, folder, 1, {"PAWL_SYNCS": str(syncs)},
                               protect_wait="20ms")
        if "the database could not be written" in done.stderr:
            break
    assert done.returncode == 1, done.stderr
    assert same(folder / "run.rec", program=replayer)["effects"] > 10


@both
def test_demo(tmp_path, recorder, replayer):
    done = subprocess.run([recorder, "run", "-c", str(pawl.DEMO), "--until-end", "--json",
                           "--record", str(tmp_path / "run.rec"), "--set", "feeds[0].speed=0"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    result = same(tmp_path / "run.rec", program=replayer)
    assert result["commands"] > 100
    assert result["trace_hash"] == json.loads(done.stdout.splitlines()[-1])["trace_hash"]


@both
def test_killed_on_the_real_clock(tmp_path, recorder, replayer, monkeypatch):
    monkeypatch.setattr(pawl, "PROGRAM", recorder)
    host = control.Host(tmp_path, words=("--record", str(tmp_path / "run.rec")))
    drive(host)
    time.sleep(0.5)
    host.process.send_signal(signal.SIGKILL)
    host.process.wait()
    same(tmp_path / "run.rec", complete=False, program=replayer)
    config = pawl.base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    host = control.Host(tmp_path, config=config, words=("--record", str(tmp_path / "run.rec")))
    drive(host)
    host.process.send_signal(signal.SIGTERM)
    assert host.process.wait(20) == 0
    same(tmp_path / "run.rec.2", program=replayer)
