"""Recordings of real processes, gone through once more: the same follows, what differs is named."""

import json
import os
import signal
import subprocess
import time

import control
import pawl
from recordings import drive, replay, same

def record_backtest(folder, *words, config=None, events=None, recording="run.rec"):
    config = pawl.write_config(folder, config)
    data = pawl.write_events(folder / "market.jsonl", events or pawl.one_trade())
    done = pawl.pawl("backtest", "-c", config, "--data", data, "--record", folder / recording,
                     "--json", "--trace", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# ---- at full speed

def test_demo(tmp_path):
    done = pawl.pawl("run", "-c", pawl.DEMO, "--until-end", "--json", "--record",
                     tmp_path / "run.rec", "--set", "feeds[0].speed=0")
    assert done.returncode == 0, done.stderr
    result = same(tmp_path / "run.rec")
    assert result["commands"] > 100
    assert result["trace_hash"] == json.loads(done.stdout.splitlines()[-1])["trace_hash"]


def test_trace_and_until(tmp_path):
    trace = record_backtest(tmp_path)[:-1]
    done = pawl.pawl("replay", tmp_path / "run.rec", "--trace")
    assert done.stdout.splitlines()[:-1] == trace
    until = replay(tmp_path / "run.rec", "--until", "2026-01-05T09:00:20Z")
    assert until["same"] and not until["complete"]
    assert 0 < until["effects"] < replay(tmp_path / "run.rec")["effects"]


# ---- on the real clock

def test_real_clock(tmp_path):
    path = tmp_path / "run.rec"
    host = control.Host(tmp_path, words=("--record", str(path)))
    drive(host)
    assert host.ask("flatten", yes=True)["ok"]
    time.sleep(0.2)
    host.process.send_signal(signal.SIGTERM)
    assert host.process.wait(20) == 0, (tmp_path / "err.txt").read_text()
    result = same(path)
    assert result["commands"] >= 2


RULE = """return {
  id = "each", on = "quote", cooldown = "1h",
  when = function(event, ctx) return event.bid > %s, "high enough" end,
  act = { ["do"] = "entry", via = "linked", side = "BUY", quantity = 0.1, stop = { price = 2645 } },
}
"""


def test_rules_and_their_reload(tmp_path):
    """Rules are in the recording, those of a reload, too; the folder may be gone."""
    folder, config = tmp_path / "rules", pawl.base_config()
    folder.mkdir()
    (folder / "each.lua").write_text(RULE % 2649)
    config["rules"] = {"dir": "rules"}
    host = control.Host(tmp_path, config=config, words=("--record", str(tmp_path / "run.rec")))
    send = host.client()
    for i in range(4):
        send.send({"type": "quote", "symbol": "XAUUSD", "bid": "2650.00", "ask": "2650.20"})
        assert send.line()["ok"]
        if i == 1:
            (folder / "each.lua").write_text(RULE % 2700)
            assert host.ask("reload")["done"]
        time.sleep(0.1)
    assert host.ask("rules.disable", rule="each")["ok"]
    host.process.send_signal(signal.SIGTERM)
    assert host.process.wait(20) == 0
    (folder / "each.lua").unlink()
    folder.rmdir()
    same(tmp_path / "run.rec")
    done = pawl.pawl("replay", tmp_path / "run.rec", "--trace")
    types = [json.loads(line)["type"] for line in done.stdout.splitlines() if line[0] == "{"]
    assert types.count("rule.fired") == 1 and types.count("reload") == 1
    assert "the same" in done.stdout


def test_killed_and_started_again(tmp_path):
    """The first recording stops where the host was killed; the second begins with what it left."""
    path, second = tmp_path / "run.rec", tmp_path / "run.rec.2"
    host = control.Host(tmp_path, words=("--record", str(path)))
    drive(host)
    send = host.client()
    send.send({"type": "entry", "symbol": "XAUUSD", "via": "linked", "side": "SELL",
               "quantity": "0.2", "stop": {"price": "2655"}, "ref": "killed"})
    assert send.line()["ok"]
    time.sleep(0.5)  # a block that is not full is written after a while
    host.process.kill()
    host.process.wait()
    first = same(path, complete=False)
    assert first["commands"] >= 1 and "killed" in first["notes"][0]

    config = pawl.base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    host = control.Host(tmp_path, config=config, words=("--record", str(path)))
    send = host.client()
    for _ in range(5):
        send.send({"type": "quote", "symbol": "XAUUSD", "bid": "2640.00", "ask": "2640.20"})
        assert send.line()["ok"]
        time.sleep(0.05)
    assert host.ask("flatten", yes=True)["ok"]
    time.sleep(0.3)
    host.process.send_signal(signal.SIGTERM)
    assert host.process.wait(20) == 0
    again = same(second)
    assert again["commands"] >= 1
    assert again["inputs"] > 0 and path.read_bytes()[:8] == b"PAWLREC\n"


# ---- what differs

def test_another_option(tmp_path):
    record_backtest(tmp_path)
    result = replay(tmp_path / "run.rec", "--set", "plugins.paper.options.slippage_ticks=3", code=1)
    difference = result["difference"]
    assert not result["same"]
    assert difference["expected"]["type"] == difference["came"]["type"] == "execution"
    assert difference["differs"] == 'price was "2650.2", is "2650.23"'
    done = pawl.pawl("replay", tmp_path / "run.rec", "--set",
                     "plugins.paper.options.slippage_ticks=3")
    assert done.returncode == 1
    assert done.stdout.startswith("first difference at input ") and "expected" in done.stdout


def test_another_stop_names_its_causes(tmp_path):
    record_backtest(tmp_path)
    result = replay(tmp_path / "run.rec", "--set", "risk.order_quantity_max=0.05", code=1)
    difference = result["difference"]
    assert difference["told"]["type"] == "entry" and difference["told"]["ref"] == "gold"
    assert difference["came"]["type"] == "risk.refused"
    assert difference["causes"][-1]["type"] == "entry"


def test_other_code_is_told(tmp_path):
    record_backtest(tmp_path)
    library = tmp_path / "linked.so"
    built = os.path.join(os.path.dirname(pawl.PROGRAM), "plugins", "linked.so")
    with open(built, "rb") as file:
        library.write_bytes(file.read() + b"\0")
    result = replay(tmp_path / "run.rec", "--set", "plugins.linked.so=%s" % library)
    assert result["same"] and "other code" in result["notes"][0]


# ---- explain

def test_story_of_a_lot(tmp_path):
    record_backtest(tmp_path)
    done = pawl.pawl("explain", "gold", "--recording", tmp_path / "run.rec", "--json")
    answer = json.loads(done.stdout)
    kinds = [step["event"]["type"] for step in answer["story"]]
    assert kinds[:3] == ["entry", "lot.opened", "order.submitted"] and "lot.closed" in kinds
    roots = {step["root"] for step in answer["story"]}
    assert roots == {step["event"]["seq"] for step in answer["story"] if step["depth"] == 0}
    order = next(step["event"]["order"] for step in answer["story"] if "order" in step["event"])
    done = pawl.pawl("explain", order, "--recording", tmp_path / "run.rec")
    assert "request: entry BUY 0.1 via linked" in done.stdout and "filled" in done.stdout
    for word in ("nobody", "77"):
        done = pawl.pawl("explain", word, "--recording", tmp_path / "run.rec")
        assert done.returncode == 1 and word in done.stderr


# ---- a recording that is not whole

def test_cut_and_damaged(tmp_path):
    events = [pawl.quote(second, 2650.00 + second % 7) for second in range(20000)]
    record_backtest(tmp_path, events=events[:1] + pawl.one_trade()[1:] + events[60:])
    content = bytearray((tmp_path / "run.rec").read_bytes())
    whole = same(tmp_path / "run.rec")
    cut = tmp_path / "cut.rec"
    cut.write_bytes(content[:len(content) - 10])
    result = same(cut, complete=False)
    assert "cut off at byte %d" % (len(content) - 10) in result["notes"][0]
    assert 0 < result["inputs"] < whole["inputs"]
    damaged = tmp_path / "damaged.rec"
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    assert "damaged at byte" in same(damaged, complete=False)["notes"][0]


def test_no_recording(tmp_path):
    (tmp_path / "text").write_text("this is a text of some bytes")
    assert "is no recording" in replay(tmp_path / "text", code=1)
    assert "No such file" in replay(tmp_path / "nothing", code=1)


def test_a_full_disk_ends_the_recording_only(tmp_path):
    """The host goes on and says so."""
    done = subprocess.run(["sh", "-c", 'ulimit -f 10240; exec "$@"', "-", pawl.PROGRAM, "run", "-c",
                           str(pawl.DEMO), "--until-end", "--json", "--set", "feeds[0].speed=0",
                           "--record", str(tmp_path / "run.rec")], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    alerts = [json.loads(line) for line in done.stdout.splitlines() if "recording_ended" in line]
    assert len(alerts) == 1 and "File too large" in alerts[0]["message"]
    assert "nothing more is recorded" in done.stderr
    assert same(tmp_path / "run.rec", complete=False)["inputs"] > 1000
