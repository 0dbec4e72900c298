"""A hundred reloads in a row under full replay of recorded quotes. Code, options, rules,
instruments and limits change in turn, refused reloads are among them: wherever behaviour did not
change the trace is the one without."""

import datetime
import json
import os
import pathlib
import subprocess

import pytest

from pawl import DEMO, PROGRAM, SOURCE

BUILT = pathlib.Path(PROGRAM).resolve().parent
DATA = pathlib.Path(os.environ.get("PAWL_TEST_DATA") or SOURCE / ".." / "shared" / "data")
QUOTES = DATA / "lean" / "eurusd_fxcm_quotes_20140501-20140509.csv.zst"
RELOADS = 100
BEGIN = datetime.datetime(2014, 5, 1, 1)
STEP = datetime.timedelta(minutes=113)
RULE = """return { id = "idle", on = "quote", args = { n = %d },
  when = function(event, ctx) return false, "never" end,
  act = { ["do"] = "exit", symbol = "EURUSD" } }
"""


def library(folder, name, source, tail=b""):
    """A copy in a folder of its own; bytes behind an ELF file are another file, not other code."""
    (folder / name).mkdir()
    path = folder / name / (source.name.split("_v")[0].removesuffix(".so") + ".so")
    path.write_bytes(source.read_bytes() + tail)
    return str(path)


@pytest.fixture
def setting(tmp_path):
    turncoats = [BUILT / "tests" / "plugins_reload" / f"turncoat_v{n}.so" for n in (1, 2)]
    if not QUOTES.exists() or not turncoats[0].exists():
        pytest.skip("the recorded data or the plugins for this test are not here")
    config = json.loads(DEMO.read_text())
    config.pop("feeds", None)
    config["host"]["data_dir"] = str(tmp_path / "unused")
    config["plugins"].append({"name": "turncoat", "options": {"every": 1000}})
    linked = BUILT / "plugins" / "linked.so"
    code = {"linked": [library(tmp_path, "a", linked), library(tmp_path, "b", linked, b"other")],
            "turncoat": [library(tmp_path, "one", turncoats[1]),
                         library(tmp_path, "two", turncoats[1], b"other")],
            "paper": [str(BUILT / "plugins" / "paper.so")]}
    for plugin in config["plugins"]:
        plugin["so"] = code[plugin["name"]][0]
    for n in (0, 1):
        (tmp_path / f"rules{n}").mkdir()
        (tmp_path / f"rules{n}" / "idle.lua").write_text(RULE % n)
    config["rules"] = {"dir": "rules0"}
    path = tmp_path / "pawl.json"
    path.write_text(json.dumps(config))
    refuses = str(BUILT / "tests" / "plugins_broken" / "refuses_restore.so")
    return path, config, code, refuses


def kinds(config, code, refuses, rules, i):
    """(what the reload says, how it must end); the configuration of the file is the other one."""
    odd = i // 10 % 2
    more = config["plugins"] + [{"name": "refuses_restore", "so": refuses}]
    everything = ["paper", "linked", "turncoat"]
    return [
        ({"set": ["plugins.linked.so=" + code["linked"][1]]}, "done"),
        ({"renew": everything}, "done"),
        ({"set": ["plugins.turncoat.so=" + code["turncoat"][1],
                  f"plugins.turncoat.options.every={odd + 700}"]}, "done"),
        ({"set": ["instruments.GBPUSD.account=main", f"instruments.EURUSD.sector=s{odd}"]},
         "done"),
        ({"set": [f"host.durability={'none' if odd else 'full'}"], "renew": everything},
         "refused"),
        ({"set": ["plugins=" + json.dumps(more)], "renew": everything}, "refused"),
        ({"set": [f"risk.open_lots_max={200 + odd}", "profiles.p.stop=keeper"]}, "done"),
        ({"set": ["plugins.turncoat.options.every=0"]}, "refused"),
        ({"set": ['rules.disabled=["idle"]'] if odd else ["rules.dir=" + rules]}, "done"),
        ({"renew": everything}, "done"),
    ][i % 10]


def backtest(config, *data):
    done = subprocess.run(
        [PROGRAM, "backtest", "-c", str(config), "--json", "--trace"] +
        [word for one in data for word in ("--data", str(one))],
        capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return said[:-1], said[-1], done.stderr


def without(trace, component):
    return [{key: value for key, value in event.items() if key not in ("seq", "cause")}
            for event in trace
            if event["type"] != "reload" and event.get("component") != component]


def test_a_hundred_in_a_row(setting, tmp_path):
    path, config, code, refuses = setting
    lines, outcomes = [], []
    for i in range(RELOADS):
        what, outcome = kinds(config, code, refuses, str(tmp_path / "rules1"), i)
        stamp = (BEGIN + i * STEP).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(json.dumps(dict(what, t=stamp, type="reload")))
        outcomes.append(outcome)
    (tmp_path / "reloads.jsonl").write_text("\n".join(lines) + "\n")
    trace, summary, _ = backtest(path, QUOTES)
    again, after, log = backtest(path, QUOTES, tmp_path / "reloads.jsonl")
    reloads = [event for event in again if event["type"] == "reload"]
    assert [event["result"] for event in reloads] == outcomes, log[-3000:]
    wanted, have = without(trace, "turncoat"), without(again, "turncoat")
    for one, other in zip(wanted, have):
        assert one == other
    assert len(wanted) == len(have)
    assert summary["fills"] == after["fills"] > 0
    assert summary["quotes"] == after["quotes"] > 500000
    beats = [int(event["reason"].split()[2]) for event in again
             if event.get("component") == "turncoat" and "beats" in event["reason"]]
    assert beats == list(range(1, len(beats) + 1)) and len(beats) > 10000
    sent = [event["order"] for event in again if event["type"] == "order.submitted"]
    assert len(sent) == len(set(sent))
