"""Malformed configuration, plugins, data and databases: one line, the right code, no change."""

import contextlib
import json
import os
import shutil
import sqlite3

import pytest

from pawl import (base_config, one_trade, pawl, quote, stamp, tree, write_config, write_events)

# ---- configuration ----

BROKEN_CONFIGS = {
    "no JSON": ("{ \"host\": ", ":1: "),
    "no object": ("[]", ""),
    "unknown section": ({"colour": {}}, "colour: unknown key"),
    "unknown key": ({"host": {"instance": 1, "speed": 2}}, "host.speed: unknown key"),
    "unknown choice": ({"host": {"durability": "maybe"}}, "host.durability: must be one of"),
    "a plugin that is not there": (
        {"plugins": [{"name": "nobody"}]}, "no such file; `pawl plugins` lists what there is"),
    "an option there is not": (
        {"plugins": [{"name": "paper", "options": {"persona": "ideal"}}]},
        "plugins[0].options.persona: unknown key"),
    "an option out of range": (
        {"plugins": [{"name": "paper"}, {"name": "linked", "options": {"stop_loss_pct": "3"}}]},
        "plugins[1].options.stop_loss_pct: "),
    "a venue there is not": (
        {"plugins": [{"name": "paper", "options": {"personality": "mt5_netting"}},
                     {"name": "linked"}]},
        "plugins[0].options.personality: must be one of ideal, binance_oneway, mt5_hedging"),
    "a broker that is none": (
        {"accounts": {"main": {"broker": "linked", "currency": "USD", "balance": "1",
                               "mode": "netting"}}},
        "accounts.main.broker: names a plugin that is no broker"),
    "a mode the venue has not": (
        {"plugins": [{"name": "paper", "options": {"personality": "mt5_hedging"}},
                     {"name": "linked"}]},
        "accounts.main: broker \"paper\" cannot serve it"),
    "an entry with a side there is not": (
        {"schedule": [{"every": "1h", "entry": {"symbol": "XAUUSD", "via": "linked",
                                                "side": "UP", "quantity": "1"}}]},
        "schedule[0]: entry.side: \"UP\" is none of"),
    "an entry through a broker": (
        {"schedule": [{"every": "1h", "entry": {"symbol": "XAUUSD", "via": "paper",
                                                "side": "BUY", "quantity": "1"}}]},
        "schedule[0].entry.via: names a plugin that is no strategy"),
    "a time zone there is not": (
        {"feeds": [{"match": "*.csv", "tz": "Mars/Base"}]}, "feeds[0].tz: "),
    "an unknown format": (
        {"feeds": [{"match": "*.csv", "format": "cvs"}]}, "feeds[0].format: no such format"),
}


@pytest.mark.parametrize("case", BROKEN_CONFIGS)
@pytest.mark.parametrize("command", ["check", "run", "backtest"])
def test_a_broken_configuration(case, command, tmp_path):
    content, message = BROKEN_CONFIGS[case]
    path = tmp_path / "bad.json"
    if isinstance(content, dict):
        content = json.dumps({**base_config(), **content})
    path.write_text(content)
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    state = ["--set", "host.data_dir=%s" % (tmp_path / "state")] if command == "run" else []
    before = tree(tmp_path)
    done = pawl(command, "-c", path, *state, *(["--data", data] if command != "check" else []))
    assert done.returncode == 3
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert any(line.startswith(str(path)) and message in line for line in lines), done.stderr
    assert {name: value for name, value in tree(tmp_path).items()
            if not name.startswith("state")} == before


def test_every_fault_is_told_not_only_the_first(tmp_path):
    config = base_config()
    config["host"]["colour"] = 1
    config["accounts"]["main"]["mode"] = "both"
    config["plugins"][1]["options"] = {"reversal": "perhaps"}
    done = pawl("check", "-c", write_config(tmp_path, config))
    assert done.returncode == 3
    assert "host.colour" in done.stderr and "accounts.main.mode" in done.stderr
    config["host"].pop("colour")
    config["accounts"]["main"]["mode"] = "netting"
    config["plugins"][0]["options"]["seed"] = "x"
    told = json.loads(pawl("check", "-c", write_config(tmp_path, config), "--json").stdout)
    assert not told["ok"] and len(told["faults"]) == 2


def several_faults(folder):
    """One of each stage of reading: values, options, what plugins do, zones, rules."""
    (folder / "rules").mkdir()
    (folder / "rules" / "a.lua").write_text(
        "return { id = 'a', on = 'quote', act = { ['do'] = 'alert', message = 'x' } }\n")
    config = base_config()
    config["plugins"] += [{"name": "rstop"}, {"name": "pyramid", "options": {"colour": "red"}}]
    config["instruments"]["XAUUSD"]["profile"] = "p"
    config["profiles"] = {"p": {"stop": "rstop"}, "q": {"stop": "nobody"}}
    config["host"]["colour"] = 1
    config["accounts"]["two"] = {**config["accounts"]["main"], "broker": "linked"}
    config["feeds"] = [{"match": "*.csv", "tz": "Mars/Base"}]
    entry = {"symbol": "XAUUSD", "via": "linked", "side": "BUY", "quantity": "1"}
    config["schedule"] = [{"every": "1h", "entry": {**entry, **more}}
                          for more in ({}, {}, {"side": "UP"}, {"symbol": "ZZZ"})]
    config["rules"] = {"dir": "rules"}
    return write_config(folder, config)


def test_one_run_tells_the_faults_of_all_stages_once(tmp_path):
    done = pawl("check", "-c", several_faults(tmp_path))
    assert done.returncode == 3
    wanted = ["host.colour: ", "profiles.q.stop: ", "profiles.p.stop: rstop holds stop but not",
              "plugins[3].options.colour: ", "accounts.two.broker: names a plugin that is no",
              "feeds[0].tz: ", "schedule[2]: entry.side: ", "schedule[3].entry.symbol: ",
              "rules/a.lua:1: "]
    lines = done.stderr.splitlines()
    assert [sum(one in line for line in lines) for one in wanted] == [1] * len(wanted), done.stderr
    assert len(lines) == len(wanted), done.stderr


def test_no_configuration_at_all(tmp_path):
    done = pawl("check", "-c", tmp_path / "nothing.json")
    assert done.returncode == 3 and "no such file" in done.stderr
    assert done.stderr.count("\n") == 1


def test_faults_of_overrides_say_so(tmp_path):
    done = pawl("check", "-c", write_config(tmp_path), "--set", "host.durability=maybe")
    assert done.returncode == 3 and done.stderr.startswith("--set: host.durability: ")


@pytest.mark.parametrize("words, fault", [
    ("rules.dir=nix", "--set: rules.dir: nix: "),
    ("nix.foo=1", "--set: nix: unknown key"),
    ("instruments.ZZZ.account=main", "--set: instruments.ZZZ.tick: required"),
    ("plugins.linked.so=nix.so", "--set: plugins[1]: "),
    ("accounts.main.mode=hedging", "--set: accounts.main: broker \"paper\" cannot serve"),
    ("plugins.paper.options.personality=mt5_hedging", "FILE: accounts.main: broker \"paper\"")])
def test_who_said_it(words, fault, tmp_path):
    config = base_config()
    config["plugins"][0]["options"]["personality"] = "binance_oneway"
    path = write_config(tmp_path, config)
    done = pawl("check", "-c", path, "--set", words)
    assert done.returncode == 3
    assert done.stderr.startswith(fault.replace("FILE", str(path))), done.stderr


# ---- plugins ----

def plugin_file(name):
    listed = json.loads(pawl("plugins", "--json").stdout)["plugins"]
    return next(one["name"] for one in listed if one["plugin"] == name)


def no_library(folder):
    (folder / "x.so").write_text("#!/bin/sh\n")


def empty(folder):
    (folder / "x.so").write_bytes(b"")


def cut(folder):
    with open(plugin_file("linked"), "rb") as whole:
        (folder / "x.so").write_bytes(whole.read(4096))


def foreign(folder):
    with open("/proc/self/maps") as maps:
        libc = next(line.split()[-1] for line in maps if "libc" in line and ".so" in line)
    shutil.copy(libc, folder / "x.so")


def folder_in_its_place(folder):
    (folder / "x.so").mkdir()


@pytest.mark.parametrize("make", [no_library, empty, cut, foreign, folder_in_its_place])
def test_a_plugin_that_cannot_be_loaded(make, tmp_path):
    make(tmp_path)
    config = base_config()
    config["plugins"][1] = {"name": "linked", "so": str(tmp_path / "x.so")}
    path = write_config(tmp_path, config)
    done = pawl("check", "-c", path)
    assert done.returncode == 3
    assert done.stderr.startswith("%s: plugins[1]: %s: " % (path, tmp_path / "x.so"))
    assert done.stderr.count("\n") == 1


# ---- data ----

GOOD = json.dumps(quote(0, 2650))
HEADER = "time,bid,ask\n2026-01-05 09:00:00,2650.00,2650.20\n"
BROKEN_DATA = {
    "cut in the middle": ("x.jsonl", GOOD + "\n{\"t\":\"2026", ":2: "),
    "an unknown type": ("x.jsonl", GOOD + "\n" + json.dumps({"t": stamp(1), "type": "joy"}),
                        ":2: "),
    "an unknown key": ("x.jsonl", json.dumps({**quote(0, 2650), "colour": 1}), ":1: "),
    "a price that is no number": (
        "x.jsonl", GOOD + "\n" + json.dumps({**quote(1, 2650), "bid": "x"}), ":2: "),
    "time that steps back": (
        "x.jsonl", json.dumps(quote(5, 2650)) + "\n" + json.dumps(quote(1, 2650)), ":2: "),
    "a component there is not": (
        "x.jsonl", json.dumps({"t": stamp(0), "type": "entry", "symbol": "XAUUSD", "via": "me",
                               "side": "BUY", "quantity": "1"}), ":1: "),
    "no number in a column": ("xauusd.csv", HEADER + "2026-01-05 09:00:01,x,2\n", ":3: "),
    "a column too few": ("xauusd.csv", HEADER + "2026-01-05 09:00:01,2\n", ":3: "),
    "a negative price": ("xauusd.csv", HEADER + "2026-01-05 09:00:01,-2650,2650.2\n", ":3: "),
    "a date there is not": ("xauusd.csv", HEADER + "2026-02-30 09:00:01,2650,2650.2\n", ":3: "),
    "nothing": ("xauusd.csv", "", ":1: "),
    "a header only": ("xauusd.csv", "time,bid,ask\n", ":1: "),
    "unknown columns": ("xauusd.csv", "a,b\n1,2\n", ":1: "),
    "a name of no instrument": ("other.csv", HEADER, ": "),
}


@pytest.mark.parametrize("case", BROKEN_DATA)
@pytest.mark.parametrize("command", ["run", "backtest"])
def test_broken_data(case, command, tmp_path):
    name, content, place = BROKEN_DATA[case]
    data = tmp_path / name
    data.write_text(content)
    done = pawl(command, "-c", write_config(tmp_path), "--data", data,
                *(["--until-end", "--set", "host.log.level=error"] if command == "run" else []))
    assert done.returncode == 1
    assert done.stderr.startswith(str(data) + place), done.stderr
    assert done.stderr.count("\n") == 1


def test_data_that_is_not_there(tmp_path):
    done = pawl("backtest", "-c", write_config(tmp_path), "--data", tmp_path / "nothing.csv")
    assert done.returncode == 1 and done.stderr.startswith(str(tmp_path / "nothing.csv") + ": ")


def test_bad_rows_may_be_skipped_and_are_told(tmp_path):
    data = tmp_path / "xauusd.csv"
    data.write_text(HEADER + "2026-01-05 09:00:01,x,2\n2026-01-05 09:00:02,2650.00,2650.20\n")
    done = pawl("backtest", "-c", write_config(tmp_path), "--data", data, "--skip-bad-rows",
                "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["quotes"] == 2
    assert "%s:3: " % data in done.stderr


# ---- the database ----

def garbage(database):
    database.write_bytes(b"this was never a database, whatever its name says\n" * 100)


def cut_short(database):
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2 + 100])


def overwritten(database):
    content = bytearray(database.read_bytes())
    content[4096:4096 + 2048] = b"\xa5" * 2048
    database.write_bytes(content)


def of_another_program(database):
    database.unlink()
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("CREATE TABLE songs(title TEXT)")
        other.execute("INSERT INTO songs VALUES ('Gaudeamus')")
        other.commit()


def from_the_future(database):
    with contextlib.closing(sqlite3.connect(database)) as ours:
        version = ours.execute("PRAGMA user_version").fetchone()[0]
        ours.execute("PRAGMA user_version = %d" % (version + 1000))


@pytest.mark.parametrize("damage", [garbage, cut_short, overwritten, of_another_program,
                                    from_the_future])
def test_a_database_that_cannot_be_read(damage, tmp_path):
    state = tmp_path / "state"
    config = base_config()
    config["host"]["data_dir"] = str(state)
    words = ["run", "-c", write_config(tmp_path, config), "--until-end", "--data",
             write_events(tmp_path / "trade.jsonl", one_trade())]
    assert pawl(*words).returncode == 0
    database = state / "pawl.db"
    for name in list(os.listdir(state)):
        if name.startswith("pawl.db-"):
            (state / name).unlink()
    damage(database)
    before = tree(state)
    done = pawl(*words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(str(database) + ": "), done.stderr
    assert done.stderr.count("\n") == 1
    assert tree(state) == before


def test_other_data_than_was_played(tmp_path):
    config = base_config()
    config["host"].update(data_dir=str(tmp_path / "state"), log={"level": "error"})
    path = write_config(tmp_path, config)
    whole = write_events(tmp_path / "whole.jsonl", one_trade())
    part = write_events(tmp_path / "part.jsonl", one_trade()[:5])
    assert pawl("run", "-c", path, "--until-end", "--data", whole).returncode == 0
    done = pawl("run", "-c", path, "--until-end", "--data", part)
    assert done.returncode == 1 and "the data has fewer" in done.stderr
