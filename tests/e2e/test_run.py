"""`pawl run` as a process: signals, a second instance, going on where it ended."""

import contextlib
import datetime
import fcntl
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from control import Client, Host, open_trade, protected, wait_for_socket
from pawl import (DEMO, PROGRAM, START, base_config, entry, one_trade, pawl, quote, stamp, start,
                  tree, with_us, write_config, write_events)


def wait_for_line(process, text, seconds=20):
    """Reads stdout up to the first line with this text. A process that says nothing is killed."""
    watch = threading.Timer(seconds, process.kill)
    watch.start()
    try:
        for line in process.stdout:
            if text in line:
                return line
    finally:
        watch.cancel()
    raise AssertionError("no line with %r\n%s" % (text, process.stderr.read()))


def finish(process, seconds=20):
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def open_trade():
    """A lot that stays open, then quotes for a long while."""
    events = [quote(second, 2650.00) for second in range(0, 10)]
    events.append(entry(10, "BUY", 2645, 2660, "gold"))
    return events + [quote(second, 2650.00) for second in range(11, 3600)]


@pytest.fixture
def slow(tmp_path):
    """A configuration that plays its data at ten times its pace, state kept in a folder."""
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    config["feeds"] = [{"match": "slow.jsonl", "speed": "30"}]
    write_events(tmp_path / "slow.jsonl", open_trade())
    return write_config(tmp_path, config)


def rows(folder, query):
    address = "file:%s?mode=ro" % (folder / "pawl.db")
    with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
        return database.execute(query).fetchall()


# ---- lines ----

def test_lines_for_people(tmp_path):
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    done = pawl("run", "-c", write_config(tmp_path), "--until-end", "--data", data)
    assert done.returncode == 0
    lines = [line for line in done.stdout.splitlines() if "gold" in line]
    assert [line.split("gold", 1)[1].split()[0] for line in lines] == [
        "wants", "bought", "protected:", "target:", "closed"]
    assert lines[0].startswith("2026-01-05 09:00:10  XAUUSD   gold ")
    assert "wants LONG 0.10, stop 2645.00, target 2660.00" in lines[0]
    assert "closed by TP_HIT: +98.00 USD" in lines[-1]
    assert "1 opened, 1 closed (0 never filled), 0 open" in done.stdout


def test_lines_for_programs(tmp_path):
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    done = pawl("run", "-c", write_config(tmp_path), "--until-end", "--json", "--data", data)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["lots_closed"] == 1 and lines[-1]["unprotected_ns"] == 0
    assert "lot.protected" in [line["type"] for line in lines[:-1]]


def test_a_run_is_a_backtest_that_waits_for_the_disk(tmp_path):
    config = write_config(tmp_path)
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    live = json.loads(pawl("run", "-c", config, "--until-end", "--json", "--data", data)
                      .stdout.splitlines()[-1])
    replayed = json.loads(pawl("backtest", "-c", config, "--json", "--data", data).stdout)
    for key in ("events", "orders", "fills", "lots_opened", "lots_closed", "net_pnl", "equity_end"):
        assert live[key] == replayed[key]


def test_the_demonstration_ends_well():
    done = pawl("run", "-c", DEMO, "--until-end", "--json")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0 and done.stderr == ""
    assert summary["lots_closed"] > 20 and summary["unprotected_ns"] == 0
    assert set(summary["performance"]["by"]["reason"]) >= {"TP_HIT", "SL_HIT", "REVERSAL"}
    assert set(summary["performance"]["by"]["symbol"]) == {"XAUUSD", "EURUSD"}
    assert summary["alerts"] == 0 and summary["rejects"] == 0


def test_until_end_needs_data(tmp_path):
    done = pawl("run", "-c", write_config(tmp_path), "--until-end")
    assert done.returncode == 3 and "--until-end needs data" in done.stderr


# ---- signals ----

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_protection_and_loses_nothing(number, slow, tmp_path):
    process = start("run", "-c", slow)
    wait_for_line(process, "protected:")
    asked = time.monotonic()
    process.send_signal(number)
    code, _, err = finish(process)
    assert code == 0, err
    assert time.monotonic() - asked < 5
    assert "nothing new is entered" in err and "stopped with 1 open lot" in err
    state = tmp_path / "state"
    assert rows(state, "SELECT count(*) FROM lots WHERE closed = 0") == [(1,)]
    working = [json.loads(line) for line in (state / "paper.world.jsonl").read_text().splitlines()]
    stops = {line["n"]: line for line in working if line["k"] == "order" and line["role"] == "stop"}
    for line in working:
        if line["k"] == "change" and line["n"] in stops:
            stops[line["n"]].update(line)
    assert [one["state"] for one in stops.values()] == ["accepted"]


def test_a_world_file_that_is_empty_is_refused(tmp_path):
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    words = ["run", "-c", write_config(tmp_path, config), "--until-end", "--data",
             write_events(tmp_path / "trade.jsonl", one_trade())]
    assert pawl(*words).returncode == 0
    world = tmp_path / "state" / "paper.world.jsonl"
    world.write_text("")
    done = pawl(*words)
    assert done.returncode == 1 and "world.jsonl: is empty" in done.stderr, done.stderr
    assert "paper" in done.stderr and world.read_text() == ""
    world.unlink()  # somebody wants a new world
    assert pawl(*words).returncode == 0


def test_the_end_of_data_waits_for_a_signal(tmp_path):
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    process = start("run", "-c", write_config(tmp_path), "--data", data)
    wait_for_line(process, "closed by TP_HIT")
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    code, _, err = finish(process)
    assert code == 0 and "the data has ended" in err


def test_no_data_runs_on_the_real_clock(tmp_path):
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    process = start("run", "-c", write_config(tmp_path, config))
    wait_for_line(process, "ready")
    process.terminate()
    code, _, err = finish(process)
    assert code == 0 and "the clock is real" in err


def test_without_standard_files_it_runs(tmp_path):
    """Their numbers are not given to something that is opened later."""
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    words = [PROGRAM, "run", "-c", write_config(tmp_path, config)]
    process = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *map(str, words)],
                               preexec_fn=with_us)
    wait_for_socket(tmp_path / "state" / "control.sock", process)
    for number in range(3):
        assert os.readlink("/proc/%d/fd/%d" % (process.pid, number)) == "/dev/null"
    process.terminate()
    assert process.wait(timeout=20) == 0


def test_what_an_earlier_run_left_is_told(tmp_path):
    first = Host(tmp_path, open_trade())
    first.until(protected)
    assert "earlier run" not in first.log()
    first.process.kill()
    first.process.wait()
    second = Host(tmp_path, open_trade())
    second.until(protected)
    assert "after an earlier run that was cut off: 1 open lot\n" in second.log(), second.log()
    assert second.stop() == 0
    third = Host(tmp_path, open_trade())
    third.until(protected)
    assert "after an earlier run: 1 open lot\n" in third.log(), third.log()
    assert third.stop() == 0


def test_a_stop_that_sleeps_is_not_waited_for(tmp_path):
    """Where a stop travels with its entry there is no answer about it before the entry fills."""
    config = base_config()
    config["plugins"][0]["options"]["personality"] = "mt5_hedging"
    config["accounts"]["main"]["mode"] = "hedging"
    config["host"]["data_dir"] = str(tmp_path / "state")
    began = int((datetime.datetime.utcnow() - START).total_seconds()) - 10
    far = dict(entry(began + 1, "BUY", 2595, 2660, "far"), order={"type": "limit", "price": "2600"})
    data = write_events(tmp_path / "far.jsonl", [quote(began, 2650), far, quote(began + 2, 2650)])
    path = write_config(tmp_path, config)
    assert pawl("run", "-c", path, "--data", data, "--until-end").returncode == 0
    process = start("run", "-c", path)
    wait_for_line(process, "ready")
    asked = time.monotonic()
    process.terminate()
    code, _, err = finish(process)
    assert code == 0 and "stopped with 1 open lot" in err, err
    assert time.monotonic() - asked < 2


# ---- a disk that fails ----

def test_a_failed_database_stops_entries_not_protection(tmp_path):
    """Once the first trade is protected the database may not grow; the venue's file may."""
    host = Host(tmp_path)
    send = host.client()

    def tell(**event):
        send.send(event)
        assert send.line() is not None

    def prices_until(bid, test):
        def one_more(answer):
            tell(type="quote", symbol="XAUUSD", bid="%.2f" % bid, ask="%.2f" % (bid + 0.2))
            return test(answer)
        host.until(one_more)

    def enter(ref, stop, target):
        tell(type="entry", symbol="XAUUSD", via="linked", side="BUY", quantity="0.1", ref=ref,
             stop={"price": stop}, target={"price": target})

    prices_until(2650, lambda answer: answer["brokers"][0]["link"] == "ready")
    enter("first", "2645", "2660")
    prices_until(2650, protected)
    wal = tmp_path / "state" / "pawl.db-wal"
    host.until(lambda answer: wal.stat().st_size > 32768)  # filed a little later
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (32768, 32768))
    prices_until(2661, lambda answer: answer["lots"] == [])
    assert "first       closed by TP_HIT" in host.lines()
    host.until(lambda answer: "halted now: the database cannot be written" in host.lines())
    enter("second", "2650", "2670")
    host.until(lambda answer: "second      refused by trading_state" in host.lines())
    assert host.stop() == 1
    assert "the database cannot be written" in host.log()
    assert "stopped with 0 open lots" in host.log()
    again = Host(tmp_path)  # asks the venue what it missed
    again.until(lambda answer: answer["lots"] == [] and answer["brokers"][0]["link"] == "ready")
    assert again.stop() == 0
    assert rows(tmp_path / "state", "SELECT reason FROM lots WHERE ref = 'first'") == [("TP_HIT",)]


# ---- the data folder ----

def test_a_second_instance_is_refused(slow, tmp_path):
    process = start("run", "-c", slow)
    wait_for_line(process, "protected:")
    second = pawl("run", "-c", slow)
    assert second.returncode == 5
    assert "in use by another process" in second.stderr
    assert second.stderr.startswith(str(tmp_path / "state"))
    assert process.poll() is None
    process.terminate()
    assert finish(process)[0] == 0


def test_a_run_goes_on_where_it_ended(tmp_path):
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    path = write_config(tmp_path, config)
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    words = ["run", "-c", path, "--until-end", "--json", "--data", data]
    first = json.loads(pawl(*words).stdout.splitlines()[-1])
    again = pawl(*words)
    assert again.returncode == 0
    second = json.loads(again.stdout.splitlines()[-1])
    assert second["quotes"] == 0 and second["orders"] == 0 and second["fills"] == 0
    assert second["equity_end"] == first["equity_end"]


def test_more_closed_lots_than_are_kept(tmp_path):
    """Closed lots beyond 4096 leave memory; a start after that knows them no worse than before."""
    config = base_config()
    config["host"].update(data_dir=str(tmp_path / "state"), durability="none")
    path, count = write_config(tmp_path, config), 4200
    events = [quote(0, 2650)]
    for at in range(1, 10 * count, 10):
        events += [entry(at, "BUY", 2645, 2660, "lot%d" % at), quote(at + 1, 2650)]
        events.append({"t": stamp(at + 3), "type": "exit", "ref": "lot%d" % at})
        events += [quote(at + 4, 2650), quote(at + 6, 2650)]
    end = 10 * count
    more = [quote(end, 2650), entry(end + 1, "BUY", 2645, 2660, "last"), quote(end + 2, 2650),
            quote(end + 20, 2661), quote(end + 21, 2661)]
    many = write_events(tmp_path / "many.jsonl", events)
    last = write_events(tmp_path / "more.jsonl", more)
    first = pawl("run", "-c", path, "--until-end", "--json", "--data", many)
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout.splitlines()[-1])
    assert (told["lots_closed"], told["fills"]) == (count, 2 * count)
    second = pawl("run", "-c", path, "--until-end", "--json", "--data", many, last)
    assert second.returncode == 0, second.stderr
    after = json.loads(second.stdout.splitlines()[-1])
    assert (after["lots_closed"], after["fills"], after["alerts"]) == (1, 2, 0)
    assert float(after["equity_start"]) == float(told["equity_end"])
    gained = float(after["equity_end"]) - float(told["equity_end"])
    assert abs(gained - float(after["net_pnl"])) < 1e-6
    assert rows(tmp_path / "state", "SELECT count(*) FROM lots") == [(count + 1,)]


@pytest.mark.parametrize("gone", ["instrument", "account"])
def test_an_open_lot_keeps_what_it_is_of(gone, tmp_path):
    """A start without the instrument or the account of an open lot is refused; nothing is lost."""
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    data = write_events(tmp_path / "open.jsonl", open_trade()[:30])
    words = ["--until-end", "--data", data]
    assert pawl("run", "-c", write_config(tmp_path, config), *words).returncode == 0
    other = json.loads(json.dumps(config))
    if gone == "account":
        other["accounts"] = {"other": config["accounts"]["main"]}
    other["instruments"] = {"XAUUSD" if gone == "account" else "EURUSD":
                            {"account": "other" if gone == "account" else "main"}}
    done = pawl("run", "-c", write_config(tmp_path, other, "other.json"), *words)
    assert done.returncode == 3
    assert "lot 1 is open, but its instrument XAUUSD or account main" in done.stderr
    again = pawl("run", "-c", tmp_path / "pawl.json", *words)
    assert again.returncode == 0, again.stderr
    assert rows(tmp_path / "state", "SELECT count(*) FROM lots WHERE closed = 0") == [(1,)]


def test_a_replay_without_a_data_folder_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    path = write_config(tmp_path)
    for command in (["run", "-c", path, "--until-end", "--data", data],
                    ["backtest", "-c", path, "--data", data], ["check", "-c", path]):
        assert pawl(*command, cwd=tmp_path).returncode == 0
        assert os.listdir(tmp_path / "t") == []
    assert sorted(tree(tmp_path)) == ["pawl.json", "trade.jsonl"]


# ---- temporary folders ----

def test_the_folder_of_a_killed_process_goes_with_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    config = base_config()
    config["feeds"] = [{"match": "slow.jsonl", "speed": "30"}]
    write_events(tmp_path / "slow.jsonl", open_trade())
    path = write_config(tmp_path, config)
    killed, running = start("run", "-c", path), start("run", "-c", path)
    wait_for_line(killed, "gold")
    wait_for_line(running, "gold")
    folders = set(tmp_path.glob("pawl-??????"))
    assert len(folders) == 2
    killed.kill()
    killed.communicate()
    for folder in folders:
        os.utime(folder, (time.time() - 120, time.time() - 120))
    data = write_events(tmp_path / "trade.jsonl", one_trade())
    assert pawl("backtest", "-c", path, "--data", data).returncode == 0
    left = set(tmp_path.glob("pawl-??????"))
    assert len(left) == 1 and left < folders  # that of the one which runs
    running.send_signal(signal.SIGTERM)
    assert finish(running)[0] == 0
    assert not list(tmp_path.glob("pawl-??????"))


# ---- the summary is of this run ----

def test_the_summary_after_a_restart_counts_this_run_only(tmp_path):
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    path = write_config(tmp_path, config)
    data = tmp_path / "trade.jsonl"
    first_events = one_trade()
    write_events(data, first_events)
    first = json.loads(pawl("run", "-c", path, "--until-end", "--json",
                            "--data", data).stdout.splitlines()[-1])
    write_events(data, first_events + [quote(3600, 2661.0), dict(quote(3601, 2661.0), ask="2650"),
                                       dict(quote(3602, 2661.0), bid="0")])
    second = json.loads(pawl("run", "-c", path, "--until-end", "--json",
                             "--data", data).stdout.splitlines()[-1])
    assert first["guarded_ns"] > 0 and first["equity_start"] == "100000"
    assert second["guarded_ns"] == 0 and second["fills"] == 0
    assert second["equity_start"] == first["equity_end"] == second["equity_end"]
    assert second["crossed"] == 1 and second["skipped"] == 1


def test_a_reader_who_does_not_read_holds_nobody_up(tmp_path):
    """stdout and stderr are pipes that are full; it is told what to do and ends, and what was said
    comes when somebody reads."""
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    for end in (out_end, err_end):
        fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 4096)
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    process = start("run", "-c", write_config(tmp_path, config), stdout=out_end, stderr=err_end)
    os.close(out_end)
    os.close(err_end)
    try:
        wait_for_socket(tmp_path / "state" / "control.sock", process)
        client = Client(tmp_path / "state" / "control.sock")
        for _ in range(100):
            assert client.ask("halt")["ok"] and client.ask("resume")["ok"]
            assert client.ask("reload")["ok"]
        client.close()
        assert os.read(out, 65536).count(b"trading is ") < 100
        said = threading.Thread(target=lambda: lines.extend(os.fdopen(out)))
        lines = []
        said.start()
        process.terminate()
        assert process.wait(timeout=20) == 0
        said.join()
        assert "pawl is stopping" in lines[-1] and len(lines) > 100
    finally:
        process.kill()
        os.close(err)


def test_lines_nobody_read_are_counted_at_the_end(tmp_path):
    out, out_end = os.pipe()
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    with open(tmp_path / "err.txt", "w") as err:
        process = start("run", "-c", write_config(tmp_path, config), stdout=out_end, stderr=err)
    os.close(out_end)
    wait_for_socket(tmp_path / "state" / "control.sock", process)
    client = Client(tmp_path / "state" / "control.sock")
    for _ in range(120):
        client.send(b'{"do":"halt"}\n{"do":"resume"}\n' * 100)
        assert all(client.line()["ok"] for _ in range(200))
    process.terminate()
    assert process.wait(timeout=20) == 0
    os.close(out)
    last = (tmp_path / "err.txt").read_text().splitlines()[-1]
    assert re.search(r"stdout did not take what it was told: \d+ lines left out$", last), last
