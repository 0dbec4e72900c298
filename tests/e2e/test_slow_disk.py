"""A disk that stalls: what protects leaves after protect_wait, under an alert; entries wait."""

import json
import os
import pathlib
import subprocess
import time

import pytest

from control import Host
from pawl import base_config, one_trade, pawl, quote, stamp, write_config, write_events


@pytest.fixture
def slow_syncs(tmp_path, monkeypatch):
    library = tmp_path / "slow_disk.so"
    source = pathlib.Path(__file__).with_name("slow_disk.c")
    subprocess.run([os.environ.get("CC", "cc"), "-D_GNU_SOURCE", "-shared", "-fPIC", "-o",
                    str(library), str(source)], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("PAWL_SYNC_MS", str(tmp_path / "ms"))
    return lambda ms: (tmp_path / "ms").write_text(str(ms))


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


def halt_and_kill(folder, slow_syncs, ms):
    config = base_config()
    host = Host(folder, config=config)
    client = host.client()
    assert client.ask("status")["ok"]
    slow_syncs(ms)
    began = time.monotonic()
    answer = client.ask("halt")
    took = time.monotonic() - began
    host.process.kill()
    host.process.wait()
    assert answer["trading"] == "HALTED"
    slow_syncs(0)
    again = Host(folder, config=config)
    kept = again.ask("status")["host"]["trading"] == "HALTED"
    assert again.stop() == 0
    return took, kept


def test_an_answer_waits(slow_syncs, tmp_path):
    took, kept = halt_and_kill(tmp_path, slow_syncs, 400)
    assert took >= 0.4 and kept


def test_an_answer_comes_before_the_end(slow_syncs, tmp_path):
    host = Host(tmp_path)
    client = host.client()
    assert client.ask("status")["ok"]
    slow_syncs(400)
    client.send({"id": 1, "do": "halt"})
    time.sleep(0.1)
    assert host.stop() == 0
    answer = client.line()
    assert answer is not None and answer["trading"] == "HALTED"


def test_an_answer_that_came_later_waits_too(slow_syncs, tmp_path):
    """Positions are taken over when the venue has said what it holds."""
    host = Host(tmp_path)
    host.until(lambda answer: answer["brokers"][0]["link"] == "ready")
    client = host.client()
    client.send({"type": "quote", "symbol": "XAUUSD", "bid": "2650", "ask": "2650.2"})
    assert client.line()["ok"]
    client.send({"type": "fault", "what": "position_change", "symbol": "XAUUSD",
                 "quantity": "0.5", "price": "2650"})
    assert client.line()["ok"]
    slow_syncs(400)
    answer = client.ask("adopt")
    host.process.kill()
    host.process.wait()
    assert answer["ok"], answer
    slow_syncs(0)
    again = Host(tmp_path)
    assert [lot["quantity"] for lot in again.ask("status")["lots"]] == ["0.5"], again.log()
    assert again.stop() == 0


def test_an_answer_comes(slow_syncs, tmp_path):
    took, _ = halt_and_kill(tmp_path, slow_syncs, 5000)
    assert took < 4


def test_a_disk_that_fails_at_any_sync(slow_syncs, tmp_path, monkeypatch):
    """A position is adopted at the very moment: its stop waits for a record that will never be
    stored. Nothing waits for ever, and nothing is told without end."""
    events = [quote(second, 2650.00) for second in range(5)]
    events.append({"t": stamp(5), "type": "fault", "what": "position_change", "symbol": "XAUUSD",
                   "quantity": "0.5", "price": "2650"})
    events += [quote(second, 2650.00) for second in range(6, 40)]
    data = write_events(tmp_path / "foreign.jsonl", events)
    seen = []
    for syncs in range(100):
        config = base_config()
        config["host"].update(data_dir=str(tmp_path / str(syncs)), executor={"foreign": "adopt"},
                              reconcile_seconds=5, log={"level": "error"})
        monkeypatch.setenv("PAWL_SYNCS", str(syncs))
        done = pawl("run", "-c", write_config(tmp_path, config), "--until-end", "--json", "--data",
                    data, timeout=20)
        kinds = [json.loads(line).get("type") for line in done.stdout.splitlines()]
        assert kinds.count("alert") < 10, done.stdout
        if done.returncode == 0:
            break
        assert done.returncode == 1 and ("disk" in done.stderr or "sync" in done.stderr)
        seen += kinds
    assert done.returncode == 0 and "lot.adopted" in seen
