"""`pawl doctor`: what it says of a machine, a configuration, a data folder, a host that runs."""

import json
import os

from control import Host, open_trade, protected
from pawl import base_config, one_trade, pawl, tree, write_config, write_events


def checks(*words):
    done = pawl("doctor", *words, "--json")
    answer = json.loads(done.stdout)
    return done.returncode, {one["check"]: one for one in answer["checks"]}, answer["ok"]


def with_state(folder):
    config = base_config()
    config["host"]["data_dir"] = str(folder / "state")
    return write_config(folder, config)


def test_a_healthy_start(tmp_path):
    code, found, fit = checks("-c", with_state(tmp_path))
    assert code == 0 and fit
    assert found["configuration"]["result"] == "ok" and found["start"]["result"] == "ok"
    assert "will be made" in found["data folder"]["text"]
    assert found["disk"]["text"].startswith(str(tmp_path))
    assert not (tmp_path / "state").exists()
    lines = pawl("doctor", "-c", tmp_path / "pawl.json").stdout.splitlines()
    assert all(line.split()[0] in ("ok", "warn") for line in lines)


def test_a_database_is_looked_at_and_left_alone(tmp_path):
    config = with_state(tmp_path)
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    assert pawl("run", "-c", config, "--until-end", "--data", data).returncode == 0
    before = tree(tmp_path / "state")
    code, found, _ = checks("-c", config)
    assert code == 0 and "every row is whole; 0 open lots" in found["database"]["text"]
    assert tree(tmp_path / "state") == before


def test_a_damaged_database(tmp_path):
    config = with_state(tmp_path)
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    assert pawl("run", "-c", config, "--until-end", "--data", data).returncode == 0
    path = tmp_path / "state" / "pawl.db"
    bytes_ = bytearray(path.read_bytes())
    at = bytes_.find(b"TP_HIT")
    assert at > 0
    bytes_[at] ^= 1
    path.write_bytes(bytes_)
    code, found, fit = checks("-c", config)
    assert code == 1 and not fit and found["database"]["result"] == "fail"
    assert "not what was stored" in found["database"]["text"]


def test_a_host_that_runs_is_asked(tmp_path):
    host = Host(tmp_path, open_trade())
    host.until(protected)
    code, found, _ = checks("-c", host.config)
    assert code == 0 and "pid %d runs and answers" % host.process.pid in found["host"]["text"]
    assert found["broker"]["text"] == "paper: ready" and found["database"]["result"] == "ok"
    client = host.client()
    client.send({"type": "fault", "what": "disconnect"})
    assert client.line()["ok"]
    host.until(lambda answer: answer["brokers"][0]["link"] == "down")
    code, found, _ = checks("-c", host.config)
    assert code == 1 and found["broker"]["text"] == "paper: down"
    assert host.stop() == 0


def test_an_open_folder_and_a_bad_configuration(tmp_path):
    config = with_state(tmp_path)
    (tmp_path / "state").mkdir(mode=0o755)
    os.chmod(tmp_path / "state", 0o755)
    code, found, _ = checks("-c", config)
    assert code == 0 and found["data folder"]["result"] == "warn"
    assert "chmod 700" in found["data folder"]["text"]
    config.write_text(config.read_text().replace('"netting"', '"both"'))
    code, found, fit = checks("-c", config)
    assert code == 3 and not fit and "accounts.main.mode" in found["configuration"]["text"]


def test_secrets_are_looked_at_once_each(tmp_path):
    config = base_config()
    (tmp_path / "key").write_text("abc")
    os.chmod(tmp_path / "key", 0o600)
    (tmp_path / "open").write_text("abc")
    os.chmod(tmp_path / "open", 0o644)
    config["secrets"] = {"good": "file:key", "seen": "file:open", "none": "env:PAWL_NO_SUCH"}
    config["plugins"][0]["grants"] = {"secrets": ["good", "seen", "none"]}
    done = pawl("doctor", "-c", write_config(tmp_path, config))
    lines = [line.split(None, 2) for line in done.stdout.splitlines() if " secret " in line]
    assert done.returncode == 1
    assert [(line[0], line[2].split(":")[0]) for line in lines] == [
        ("ok", "good"), ("fail", "seen"), ("fail", "none")]
    assert "chmod 600" in lines[1][2] and "abc" not in done.stdout
