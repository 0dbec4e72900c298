"""Walks of the documentation, taken literally: its files, its commands, what it shows of them."""

import json
import os
import re
import shutil
import subprocess
import textwrap

import pytest

from control import wait_for_socket
from pawl import PROGRAM, SOURCE, start

READY = ("linked", "linked-rstop", "pyramid", "pyramid-rstop", "tranche", "tranche-rstop",
         "all-hedging")


def blocks(page, language):
    text = (SOURCE / "docs" / page).read_text()
    return re.findall(r"^```%s\n(.*?)^```$" % language, text, re.M | re.S)


def shown(page):
    """The indented examples, without their indent."""
    text = (SOURCE / "docs" / page).read_text()
    return [textwrap.dedent(part) for part in re.findall(r"(?:^    .*\n)+", text, re.M)]


def commands(example):
    """The commands of an example, and what stands below each."""
    lines, found = example.replace("|\n      ", "| ").splitlines(), []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Beside the configurations, with `pawl` on the path."""
    shutil.copytree(SOURCE / "config", tmp_path / "config")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pawl").symlink_to(PROGRAM)
    (tmp_path / "try").mkdir()
    monkeypatch.setenv("PATH", "%s:%s" % (tmp_path / "bin", os.environ["PATH"]))
    return tmp_path / "try"


def shell(command, folder):
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True,
                          timeout=60, check=False)


def test_taking_over_a_position(folder):
    [config], [positions] = blocks("adopt.md", "json"), blocks("adopt.md", "csv")
    (folder / "pawl.json").write_text(config)
    (folder / "positions.csv").write_text(positions)
    host = start("run", "-c", "pawl.json", cwd=folder, stdout=subprocess.DEVNULL)
    wait_for_socket(folder / "state" / "control.sock", host)
    example = next(one for one in shown("adopt.md") if "position_change" in one)
    for command, output in commands(example):
        done = shell(command, folder)
        assert done.returncode == 0, (command, done.stderr)
        if output:
            assert done.stdout.splitlines() == output
    assert json.loads(shell("pawl status -c pawl.json --json", folder).stdout)["lots_total"] == 2
    host.terminate()
    assert host.wait(20) == 0
    split = next(one for one in shown("adopt.md") if "split" in one)
    assert shell(commands(split)[0][0], folder).returncode == 0
    assert (folder / "part-aa.csv").read_text() == positions


def as_shown(line, shown):
    """The line is what the page shows of it: `…` stands for anything, numbers for themselves."""
    parts = [re.escape(part) for part in shown.split("…")]
    return re.fullmatch(".*".join(parts), line) is not None


def test_a_recording_played_again(folder):
    """But for the hash, which changes with every field of an event."""
    market = re.findall(r"^```\n(\{.*?)^```$", (SOURCE / "docs/quote-to-fill.md").read_text(),
                        re.M | re.S)[0]
    (folder.parent / "gold.jsonl").write_text(market)
    for command, output in [one for example in shown("replay.md") for one in commands(example)]:
        if command.startswith("pawl run"):
            continue
        done = shell(command, folder.parent)
        assert done.returncode == ("slippage" in command), (command, done.stderr)
        came = [re.sub("hash [0-9a-f]{16}", "hash", line) for line in done.stdout.splitlines()]
        wanted = [re.sub("hash [0-9a-f]{16}", "hash", line) for line in output if line]
        if wanted:
            assert len(came) == len(wanted), done.stdout
            assert all(map(as_shown, came, wanted)), done.stdout
    assert "request: entry BUY 0.1 via linked" in done.stdout  # of explain


def test_the_first_rule(folder):
    top, rules = folder.parent, folder.parent / "my" / "rules"
    rules.mkdir(parents=True)
    for name, text in zip(("dip.lua", "dip_test.lua"), blocks("rules.md", "lua")):
        (rules / name).write_text(text)
    tested, output = next(one for example in shown("rules.md") for one in commands(example))
    assert shell(tested, top).stdout.splitlines() == output
    example = next(one for one in shown("rules.md") if "rules list -c config" in one)
    for command in example.replace("\\\n", "").splitlines():
        done = shell(command, top)
        assert done.returncode == 0, (command, done.stderr)
    fired = json.loads(done.stdout.splitlines()[0])
    wanted = json.loads(blocks("rules.md", "json")[0])
    assert {key: fired[key] for key in wanted} == wanted
    (top / "my" / "pawl.json").write_text(blocks("rules.md", "json")[1])
    assert shell("pawl check -c my/pawl.json", top).returncode == 0


def test_a_ready_configuration_cut_down(folder):
    configs = folder.parent / "config"
    (configs / "mine.json").write_text(next(one for one in blocks("profiles.md", "json")
                                            if "mine" in one))
    example = next(one for one in shown("profiles.md") if "mine.json" in one)
    for command, _ in commands(example):
        done = shell(command, configs)
        assert done.returncode == 0, (command, done.stderr)
    assert " 0 opened" not in done.stdout and not (configs / "state").exists()


@pytest.mark.parametrize("name", READY)
def test_what_is_said_of_each_ready_configuration(name, folder):
    """The frame they share, and what is left when it is cut as the table says."""
    config = json.loads((folder.parent / "config" / (name + ".json")).read_text())
    assert "data_dir" not in config["host"] and config["host"]["instance"] == name
    assert list(config["instruments"]) == ["XAUUSD", "EURUSD", "SPY", "FILUSDT"]
    assert len(config["feeds"]) == 5 and "generated" in config["feeds"][0]["match"]
    symbols = [entry["entry"]["symbol"] for entry in config["schedule"]]
    each = 5 if name == "all-hedging" else 1 if name.startswith("tranche") else 2
    assert {symbols.count(symbol) for symbol in config["instruments"]} == {each}
    config["instruments"] = {"XAUUSD": config["instruments"]["XAUUSD"]}
    config["feeds"] = []
    (folder / "mine.json").write_text(json.dumps(config))
    done = shell("pawl check -c mine.json", folder)
    assert done.returncode == 3 and 'entry.symbol: there is no instrument "SPY"' in done.stderr
    config["schedule"] = [entry for entry in config["schedule"]
                          if entry["entry"]["symbol"] == "XAUUSD"]
    (folder / "mine.json").write_text(json.dumps(config))
    done = shell("pawl backtest -c mine.json --data ../config/demo/xauusd.generated.json", folder)
    assert done.returncode == 0 and " 0 opened" not in done.stdout, done.stderr
