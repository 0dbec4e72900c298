"""The control socket of a running host, and the commands that use it."""

import json
import os
import pty
import re
import signal
import stat
import subprocess

import pytest

from control import Host, open_trade, protected
from pawl import PROGRAM, base_config, one_trade, pawl, quote, write_config, write_events


@pytest.fixture
def host(tmp_path):
    one = Host(tmp_path, open_trade())
    one.until(protected)
    yield one
    assert one.stop() == 0, one.log()


def text_entry(side="BUY", **more):
    return {"type": "entry", "symbol": "XAUUSD", "via": "linked", "side": side, "quantity": "0.1",
            "stop": {"price": "2640" if side == "BUY" else "2670"}, "ref": "second", **more}


def on_a_terminal(*words):
    """What a command says where a person looks on: a terminal of no known size."""
    master, slave = pty.openpty()
    done = subprocess.run([PROGRAM, *map(str, words)], stdout=slave, timeout=60, check=False)
    os.close(slave)
    said = b""
    try:
        while more := os.read(master, 65536):
            said += more
    except OSError:  # its end
        pass
    os.close(master)
    return done.returncode, said.decode().replace("\r\n", "\n")


# ---- status ----

def test_status_for_people(host):
    done = host.pawl("status")
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == 'pawl 0.1.0 "7": ACTIVE'
    assert "of the recorded data, 2026-01-05 09:0" in lines[2]
    assert max(map(len, lines)) <= 100
    assert [line for line in lines if line != line.rstrip()] == []
    lot = [line.split() for line in lines if line.split()[:2] == ["1", "gold"]][0]
    assert lot[2:6] == ["XAUUSD", "LONG", "open", "0.1"] and lot[7:9] == ["2645", "2660"]
    assert lot[-1] == "resting"
    roles = [line.split()[3] for line in lines if line.startswith("  p007")]
    assert roles == ["stop", "target"]


def test_a_pipe_has_whole_texts_a_terminal_cut_ones(host, tmp_path):
    client = host.client()
    client.send({"type": "stop", "ref": "gold", "price": "2000"})
    assert client.line()["refused"]
    client.send({"type": "fault", "what": "position_change", "symbol": "XAUUSD",
                 "quantity": "0.5", "price": "2650"})
    assert client.line()["ok"]
    alert = host.until(lambda answer: len(answer["alerts"]) == 2)["alerts"][0]
    told = host.pawl("status").stdout
    assert alert["message"] in told and "~" not in told
    code, shown = on_a_terminal("status", "-c", host.config)
    assert code == 0 and "~" in shown and alert["message"] not in shown
    rows = [line for line in shown.splitlines() if str(tmp_path) not in line]
    assert max(map(len, rows)) <= 100


def test_equal_alerts_are_one_row(host):
    client = host.client()
    for _ in range(3):
        client.send({"type": "stop", "ref": "gold", "price": "2000"})  # looser: refused
        assert client.line()["refused"]
    answer = host.until(lambda answer: answer["alerts"])
    rows = [(alert["what"], alert["count"]) for alert in answer["alerts"]]
    assert rows == [("refused", 3)], answer["alerts"]
    assert re.search(r"  x 3  warning  refused  gold  ", host.pawl("status").stdout)


def test_a_lot_without_a_name_is_called_by_its_number(tmp_path):
    events = open_trade()
    del events[10]["ref"]
    host = Host(tmp_path, events)
    host.until(protected)
    told = host.pawl("status").stdout
    assert host.stop() == 0
    assert re.search(r"lot +name +symbol.*\n +1 +lot 1 +XAUUSD", told), told


def test_status_for_programs(host):
    answer = json.loads(host.pawl("status", "--json").stdout)
    assert answer["ok"] and answer["host"]["pid"] == host.process.pid
    assert answer["brokers"][0]["link"] == "ready"
    assert answer["positions"][0]["quantity"] == "0.1"
    assert answer["lots"][0]["stop"] == "2645" and answer["lots"][0]["protection"] == "resting"
    assert [order["role"] for order in answer["orders"]] == ["stop", "target"]
    assert [plugin["name"] for plugin in answer["plugins"]] == ["paper", "linked"]


def test_ways_to_name_the_socket(host, tmp_path, monkeypatch):
    assert pawl("status", "--socket", host.path).returncode == 0
    monkeypatch.setenv("PAWL_SOCKET", host.path)
    assert pawl("status").returncode == 0
    host.config.write_text(host.config.read_text().replace('"netting"', '"both"'))
    assert host.pawl("status").returncode == 0


def test_nobody_there(tmp_path, monkeypatch):
    monkeypatch.delenv("PAWL_SOCKET", raising=False)
    for words in (["status"], ["halt"], ["flatten", "--yes"]):
        done = pawl(*words, "--socket", tmp_path / "none.sock")
        assert done.returncode == 4 and "no host listens there" in done.stderr
    done = pawl("status", cwd=tmp_path)
    assert done.returncode == 4 and "$PAWL_SOCKET" in done.stderr
    config = write_config(tmp_path)
    done = pawl("status", "-c", config, cwd=tmp_path)
    assert done.returncode == 4 and f"{config} has no host.control_socket" in done.stderr
    done = pawl("status", "-c", config, "--set", "host.data_dir=state", cwd=tmp_path)
    assert done.returncode == 4 and "host.control_socket" not in done.stderr
    done = pawl("status", "--json", "--socket", tmp_path / "none.sock")
    assert json.loads(done.stdout)["code"] == "no_host"


def test_the_socket_is_ours_alone(host, tmp_path):
    assert stat.S_IMODE(os.stat(host.path).st_mode) == 0o600


# ---- orders of a person ----

def test_halt_and_resume(host):
    done = host.pawl("halt", "looking", "at", "it")
    assert done.returncode == 0
    assert done.stdout == "trading is HALTED now (was ACTIVE); open lots: 1\n"
    answer = host.ask("status")
    assert answer["host"]["trading"] == "HALTED" and protected(answer)
    assert "looking at it" in host.lines()
    refused = host.client()
    refused.send({"id": "x", **text_entry(), "symbol": "XAUUSD", "via": "linked"})
    assert refused.line()["refused"] != ""
    assert host.pawl("resume").stdout == "trading is ACTIVE now (was HALTED); open lots: 1\n"


def test_a_halt_outlives_a_restart(host, tmp_path):
    host.pawl("halt")
    host.process.send_signal(signal.SIGKILL)
    host.process.wait()
    again = Host(tmp_path, open_trade())
    assert again.ask("status")["host"]["trading"] == "HALTED"
    assert again.stop() == 0
    host.process = again.process


def test_flatten_asks(host):
    done = host.pawl("flatten")
    assert done.returncode == 5 and "--yes" in done.stderr
    assert host.ask("status")["host"]["trading"] == "ACTIVE"
    assert host.pawl("flatten", "--yes", "enough").returncode == 0
    answer = host.until(lambda answer: answer["lots_total"] == 0)
    assert answer["positions"] == [] and answer["orders"] == []
    assert "closed by MANUAL" in host.lines()


def test_events_by_hand(host, tmp_path):
    lines = tmp_path / "events.jsonl"
    lines.write_text('{"type":"stop","ref":"gold","price":"2646"}\n\n'
                     '{"type":"exit","ref":"gold"}\n')
    done = host.pawl("send", lines)
    assert done.returncode == 0, done.stderr
    told = [line.removeprefix(f"{lines}:") for line in done.stdout.splitlines()]
    assert [line.split(":")[0] for line in told if line[0] != " "] == ["1", "3"], told
    assert told[1].startswith("  stop moved 2645 -> 2646"), told
    assert told[-1].startswith("  lot is closing, 0.1 open at 2650."), told
    host.until(lambda answer: answer["lots_total"] == 0)
    lines.write_text(json.dumps(text_entry("SELL")) + "\n")
    assert host.pawl("send", lines).returncode == 0
    answer = host.until(protected)
    assert answer["lots"][0]["side"] == "SHORT" and answer["lots"][0]["ref"] == "second"


def test_events_that_are_wrong(host, tmp_path):
    lines = tmp_path / "events.jsonl"
    lines.write_text('{"type":"entry","symbol":"XAUUSD","via":"nobody"}\n'
                     '{"type":"stop","ref":"gold","price":"2600"}\n'
                     'nonsense\n'
                     '{"type":"restart"}\n')
    done = host.pawl("send", lines)
    assert done.returncode == 1
    assert 'events.jsonl:1: entry.via: unknown component "nobody"' in done.stderr
    assert "events.jsonl:2: event" in done.stdout and "refused" in done.stdout
    assert "events.jsonl:3:" in done.stderr and "events.jsonl:4:" in done.stderr
    assert protected(host.ask("status"))


# ---- lines ----

def test_ids_come_back_in_order(host):
    client = host.client()
    client.send(b'{"id":1,"do":"lots"}\n{"id":"two","do":"orders"}\n{"do":"lots"}\n')
    assert [client.line()["id"] for _ in range(3)] == [1, "two", None]


def test_bad_requests_are_answered(host):
    client = host.client()
    for line, words in ((b"hello\n", "no JSON"), (b"[]\n", "object"), (b"{}\n", '"do"'),
                        (b'{"do":"dance"}\n', 'no request "dance"'), (b'{"do":7}\n', '"do"'),
                        (b'{"do":"lots","after":"x"}\n', "after"),
                        (b'{"do":"lots","limit":0}\n', "limit"),
                        (b'{"do":"lots","do":"lots"}\n', "duplicate"),
                        (b'{"do":"halt","reason":"' + b"x" * 64 + b'"}\n', "reason"),
                        (b'\xff\xfe\n', "no JSON")):
        client.send(line)
        answer = client.line()
        assert answer["ok"] is False and words in answer["error"], (line, answer)
    assert client.ask("status")["control"]["faults"] >= 6


def test_pages(host):
    client = host.client()
    assert client.ask("orders", limit=1)["more"] is True
    first = client.ask("orders", limit=1)["orders"]
    second = client.ask("orders", limit=1, after=first[0]["id"])
    assert second["more"] is False and second["orders"][0]["role"] == "target"


# ---- the socket's file ----

def test_a_socket_left_behind_is_replaced(host, tmp_path):
    host.process.send_signal(signal.SIGKILL)
    host.process.wait()
    assert os.path.exists(host.path)
    again = Host(tmp_path, open_trade())
    assert again.ask("status")["host"]["boot"] == 2
    assert again.stop() == 0 and not os.path.exists(again.path)
    host.process = again.process


def test_a_socket_in_use_is_not_taken(host, tmp_path):
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "other")
    config["host"]["control_socket"] = host.path
    (tmp_path / "other.json").write_text(json.dumps(config))
    done = pawl("run", "-c", tmp_path / "other.json")
    assert done.returncode == 5 and "another host listens there" in done.stderr
    assert host.ask("status")["ok"]


def test_a_file_in_the_way(tmp_path):
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    config["host"]["control_socket"] = str(tmp_path / "file")
    (tmp_path / "file").write_text("precious")
    (tmp_path / "pawl.json").write_text(json.dumps(config))
    done = pawl("run", "-c", tmp_path / "pawl.json")
    assert done.returncode == 3 and "is no socket" in done.stderr
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("key, path", [("data_dir", "d" * 120),
                                       ("control_socket", "d" * 120 + "/socket")])
def test_a_path_too_long_is_told_where_a_socket_is_opened(key, path, tmp_path):
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    config["host"][key] = str(tmp_path / path)
    (tmp_path / "pawl.json").write_text(json.dumps(config))
    done = pawl("run", "-c", tmp_path / "pawl.json")
    assert done.returncode == 3 and "set host.control_socket" in done.stderr
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    assert pawl("backtest", "-c", tmp_path / "pawl.json", "--data", data).returncode == 0
    assert pawl("status", "-c", tmp_path / "pawl.json").returncode == 4
    assert "longer than 107 bytes" in pawl("doctor", "-c", tmp_path / "pawl.json").stdout


def test_the_lock_names_its_holder(host, tmp_path):
    second = host.pawl("run")
    assert second.returncode == 5
    assert "in use by another process: pawl with pid %d" % host.process.pid in second.stderr
    assert protected(host.ask("status"))


def test_quotes_by_hand_move_prices(tmp_path):
    host = Host(tmp_path)
    client = host.client()
    client.send(quote(0, 2650.0))
    assert client.line()["ok"]
    client.send(text_entry())
    assert client.line()["ok"]
    host.until(lambda answer: [one["state"] for one in answer["orders"]] == ["accepted"])
    client.send(quote(1, 2650.0))
    assert client.line()["ok"]
    assert host.until(protected)["lots"][0]["entry"] == "2650.2"
    assert host.stop() == 0
