"""A disk that stalls: what protects leaves after protect_wait, under an alert; entries wait."""

import json
import os
import pathlib
import subprocess

import pytest

from pawl import base_config, one_trade, pawl, write_config, write_events


@pytest.fixture
def slow_syncs(tmp_path, monkeypatch):
    library = tmp_path / "slow_disk.so"
    source = pathlib.Path(__file__).with_name("slow_disk.c")
    subprocess.run([os.environ.get("CC", "cc"), "-D_GNU_SOURCE", "-shared", "-fPIC", "-o",
                    str(library), str(source)], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    return lambda ms: monkeypatch.setenv("PAWL_SYNC_MS", str(ms))


def play(folder, name, **executor):
    config = base_config()
    config["host"].update(data_dir=str(folder / name), executor=executor, log={"level": "error"})
    data = write_events(folder / "trade.jsonl", one_trade())
    done = pawl("run", "-c", write_config(folder, config, name + ".json"), "--until-end", "--json",
                "--data", data)
    assert done.returncode == 0, done.stderr
    *trace, summary = [json.loads(line) for line in done.stdout.splitlines()]
    return trace, summary


def test_a_stalled_disk(slow_syncs, tmp_path):
    slow_syncs(150)
    trace, summary = play(tmp_path, "stalled", protect_wait="20ms")
    roles = {event["order"]: event["role"] for event in trace if event["type"] == "order.submitted"}
    early = [roles[event["order"]] for event in trace
             if event["type"] == "alert" and event["what"] == "disk_stalled"]
    assert early, "nothing left early, though each sync takes 150 ms"
    assert "stop" in early and "main" not in early
    alerts = {(event["severity"], event["message"]) for event in trace if event["type"] == "alert"}
    assert all(severity == "warning" and "the disk has been slow since 09:00:" in message
               for severity, message in alerts), alerts
    assert summary["lots_closed"] == 1 and summary["net_pnl"] == "98"


def test_a_disk_that_is_only_slow(slow_syncs, tmp_path):
    slow_syncs(30)
    trace, summary = play(tmp_path, "slow", protect_wait="900ms")
    assert not [event for event in trace if event["type"] == "alert"]
    assert summary["lots_closed"] == 1 and summary["net_pnl"] == "98"
