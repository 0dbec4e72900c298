"""What each command says and the code it leaves with."""

import json
import os
import re
import shutil
import subprocess

import pytest

from pawl import (DEMO, PROGRAM, SOURCE, base_config, one_trade, pawl, tree, write_config,
                  write_events)


@pytest.fixture
def trade(tmp_path):
    return (write_config(tmp_path), write_events(tmp_path / "trade.jsonl", one_trade()))


# ---- usage ----

@pytest.mark.parametrize("words, message", [
    ([], "usage: pawl COMMAND"),
    (["frobnicate"], 'there is no command "frobnicate"'),
    (["chek"], "did you mean check?"),
    (["check"], "-c FILE is missing"),
    (["check", "-c"], "-c: FILE is missing"),
    (["check", "-c", "a", "-c", "b"], "--config is given twice"),
    (["check", "-c", "a", "b"], '"b" is not expected here'),
    (["check", "-c", ""], "--config is empty"),
    (["check", "--config="], "--config is empty"),
    (["check", "-c", "a", "--trace"], "there is no option --trace"),
    (["backtest", "-c", "a"], "--data FILE... is missing"),
    (["backtest", "-c", "a", "--data"], "--data: FILE... is missing"),
    (["backtest", "-c", "a", "--data", "b", "--jsno"], "did you mean --json?"),
    (["backtest", "-c", "a", "--data", "b", "--json=yes"], "--json takes no value"),
    (["run", "-c", "a", "--set"], "--set: PATH=VALUE is missing"),
    (["plugins", "--until-end"], "there is no option --until-end"),
])
def test_wrong_usage_is_code_2_and_says_why(words, message):
    done = pawl(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(words):
    done = pawl(*words)
    assert done.returncode == 0 and done.stderr == ""
    for command in ("run", "backtest", "check", "plugins", "version"):
        assert "\n  %s " % command in done.stdout


@pytest.mark.parametrize("command", ["run", "backtest", "check", "plugins", "version"])
def test_each_command_has_its_own_help(command):
    for words in ([command, "--help"], [command, "--nonsense", "-h"]):
        done = pawl(*words)
        assert done.returncode == 0 and done.stderr == ""
        assert done.stdout.startswith("usage: pawl %s" % command)
        assert "--json" in done.stdout and "--help" in done.stdout


def test_a_full_disk_is_a_failure():
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "version"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "the output cannot be written" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_fault():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([PROGRAM, "plugins"], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 1 and done.stderr == ""


# ---- version, plugins, check ----

def test_version():
    done = pawl("version")
    assert done.returncode == 0 and done.stdout.startswith("pawl ")
    told = json.loads(pawl("version", "--json").stdout)
    assert set(told["libraries"]) >= {"libuv", "SQLite", "jansson", "libarchive"}
    assert told["version"] in done.stdout and told["abi"] in done.stdout


def test_plugins_of_the_folder():
    done = pawl("plugins")
    assert done.returncode == 0
    assert "broker paper" in done.stdout and "strategy linked" in done.stdout
    assert "personality (ideal|" in done.stdout
    told = {one["plugin"]: one for one in json.loads(pawl("plugins", "--json").stdout)["plugins"]}
    assert told["linked"]["kind"] == "strategy" and "pawl.book/1" in told["linked"]["needs"]
    assert "quote" in told["paper"]["listens"]


def test_a_stray_file_among_the_plugins_is_one_line(tmp_path, monkeypatch):
    listed = json.loads(pawl("plugins", "--json").stdout)
    for one in listed["plugins"]:
        shutil.copy(one["name"], tmp_path)
    (tmp_path / "stray.so").write_text("not a library\n")
    monkeypatch.setenv("PAWL_PLUGINS", str(tmp_path))
    done = pawl("plugins")
    assert done.returncode == 0
    assert "broker paper" in done.stdout
    assert done.stderr.count("\n") == 1 and str(tmp_path / "stray.so") in done.stderr
    told = json.loads(pawl("plugins", "--json").stdout)
    assert len(told["refused"]) == 1 and len(told["plugins"]) == len(listed["plugins"])


def test_plugins_of_a_configuration_and_their_graph(tmp_path):
    config = base_config()
    config["plugins"][1] = {"name": "mine", "so": "linked.so"}
    done = pawl("plugins", "-c", write_config(tmp_path, config))
    assert done.returncode == 0 and "mine: strategy linked" in done.stdout
    graph = pawl("plugins", "-c", write_config(tmp_path, config), "--graph").stdout
    assert graph.startswith("digraph pawl {") and graph.rstrip().endswith("}")
    assert 'bus -> "mine"' in graph and 'executor -> "paper"' in graph


def test_check_says_what_it_found_and_keeps_nothing(tmp_path):
    path = write_config(tmp_path)
    before = tree(tmp_path)
    done = pawl("check", "-c", path, cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("ok: ")
    assert "paper (broker" in done.stdout and "XAUUSD" in done.stdout
    assert json.loads(pawl("check", "-c", path, "--json").stdout) == {"ok": True, "faults": []}
    assert tree(tmp_path) == before


def test_the_shipped_configuration_is_valid():
    assert pawl("check", "-c", DEMO).returncode == 0


# ---- backtest ----

def test_backtest_prints_a_summary(trade):
    config, data = trade
    done = pawl("backtest", "-c", config, "--data", data)
    assert done.returncode == 0 and done.stderr == ""
    assert "1 opened, 1 closed (0 never filled), 0 open" in done.stdout and "TP_HIT" in done.stdout


def rows_of(text):
    """What stands between `orders` and `profit`: reason, lots, net."""
    rows = re.findall(r"^(?: {14}|  closed by   )(\S+) +(\d+) +(-?[\d.]+)$", text, re.M)
    return {reason: (int(lots), float(net)) for reason, lots, net in rows}


def adds_up(text):
    rows = rows_of(text)
    net = float(re.search(r"fees, (\S+) net", text)[1])
    start, end = map(float, re.search(r"equity +(\S+) -> (\S+)", text).groups())
    left = re.search(r"open +(\S+) not realised", text)
    assert sum(row[1] for row in rows.values()) == pytest.approx(net, abs=0.06), text
    assert start + net + (float(left[1]) if left else 0) == pytest.approx(end, abs=0.03), text
    return rows


def test_a_summary_with_open_lots_adds_up(tmp_path):
    events = one_trade()
    config = base_config()
    config["plugins"][0]["options"]["fee_per_unit"] = "2"
    data = write_events(tmp_path / "open.jsonl", events[:30])  # before its target
    done = pawl("backtest", "-c", write_config(tmp_path, config), "--data", data)
    assert adds_up(done.stdout)["open"] == (1, -0.2), done.stdout
    assert re.search(r"open +\S*[1-9]\S* not realised", done.stdout), done.stdout
    told = json.loads(pawl("backtest", "-c", tmp_path / "pawl.json", "--json", "--data",
                           data).stdout)["performance"]
    assert told["open"]["lots"] == 1 and told["open"]["fees"] == "0.2"


def test_lots_that_became_one_are_told_as_such():
    """Not as entries without a trade; what they paid is in the sum."""
    market = SOURCE / "config" / "demo" / "xauusd.generated.json"
    words = ("-c", SOURCE / "config" / "tranche.json", "--data", market)
    done = pawl("run", *words, "--until-end")
    assert done.returncode == 0 and "ended without a trade  MERGED" not in done.stdout
    merged = done.stdout.count("is part of lot ")
    assert merged > 0 and "(0 never filled, %d part of another now)" % merged in done.stdout
    assert adds_up(done.stdout)["MERGED"][0] == merged


@pytest.mark.parametrize("profile, what, kinds", [
    ("tranche", "tranche", ("created", "merged", "closed")),
    ("pyramid", "chain", ("created", "completed", "stopped"))])
def test_chains_and_tranches_are_counted(profile, what, kinds):
    market = SOURCE / "config" / "demo" / "xauusd.generated.json"
    done = pawl("backtest", "-c", SOURCE / "config" / (profile + ".json"), "--data", market,
                "--json", "--trace")
    *trace, summary = map(json.loads, done.stdout.splitlines())
    told = [event["type"] for event in trace]
    assert summary[what + "s"] == {kind: told.count(what + "." + kind) for kind in kinds}
    assert summary[what + "s"]["created"] > 0


def test_the_trace_comes_first_and_the_summary_last(trade):
    config, data = trade
    done = pawl("backtest", "-c", config, "--data", data, "--json", "--trace")
    assert done.returncode == 0 and done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    summary, trace = lines[-1], lines[:-1]
    assert all({"seq", "t", "type"} <= set(event) for event in trace)
    assert [event["seq"] for event in trace] == sorted(event["seq"] for event in trace)
    kinds = [event["type"] for event in trace]
    for kind in ("lot.opened", "order.submitted", "fill", "lot.protected", "exit.taken",
                 "lot.closed"):
        assert kind in kinds
    assert summary["lots_closed"] == 1 and summary["unprotected_ns"] == 0
    assert summary["fills"] == kinds.count("fill") and list(summary)[-1] == "timing"
    assert set(summary) >= set(
        "events quotes trades bars signals orders fills rejects refused lots_opened lots_closed "
        "stops_moved partial_exits unprotected_ns guarded_ns chains tranches gross_pnl fees "
        "net_pnl equity_start equity_end first_t last_t trace_hash performance timing".split())


def test_the_same_data_gives_the_same_run(trade):
    config, data = trade
    runs = [pawl("backtest", "-c", config, "--data", data, "--json", "--trace").stdout
            for _ in range(2)]
    first, second = ([json.loads(line) for line in run.splitlines()] for run in runs)
    for run in (first, second):
        del run[-1]["timing"]
    assert first == second


def test_out_keeps_database_trace_and_summary(trade, tmp_path):
    config, data = trade
    out = tmp_path / "kept"
    done = pawl("backtest", "-c", config, "--data", data, "--json", "--trace", "--out", out)
    assert done.returncode == 0
    *trace, summary = done.stdout.splitlines()
    assert (out / "trace.jsonl").read_text().splitlines() == trace
    assert json.loads((out / "summary.json").read_text()) == json.loads(summary)
    before = tree(out)
    again = pawl("backtest", "-c", config, "--data", data, "--out", out)
    assert again.returncode == 5 and "holds a run already" in again.stderr
    assert again.stdout == "" and tree(out) == before


def test_several_files_are_merged_by_time(tmp_path):
    config = write_config(tmp_path)
    events = one_trade()
    both = [write_events(tmp_path / name, events[first::2])
            for first, name in enumerate(("even.jsonl", "odd.jsonl"))]
    one = write_events(tmp_path / "one.jsonl", events)
    merged = json.loads(pawl("backtest", "-c", config, "--json", "--data", *both).stdout)
    whole = json.loads(pawl("backtest", "-c", config, "--json", "--data", one).stdout)
    assert merged["trace_hash"] == whole["trace_hash"] and merged["events"] == whole["events"]


def test_set_overrides_any_key(trade):
    config, data = trade
    told = json.loads(pawl("backtest", "-c", config, "--data", data, "--json",
                           "--set", "accounts.main.balance=500000",
                           "--set", "plugins.paper.options.fee_per_unit=10").stdout)
    assert told["equity_start"] == "500000" and told["fees"] == "2"
