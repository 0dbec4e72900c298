"""`pawl adopt` and `migrate`: positions that exist get a holder and a stop."""

import json
import random
import signal
import sqlite3
import subprocess
import time

import pytest

import pawl as program
from control import Host, protected
from pawl import base_config, pawl, quote, tree, write_config, write_events

HEAD = "symbol,side,quantity,price,stop,target,profile,ref\n"


def config_of(folder, **paper):
    config = base_config()
    config["host"]["data_dir"] = str(folder / "state")
    config["plugins"] += [{"name": "rstop"}]
    config["plugins"][0]["options"].update(paper)
    config["profiles"] = {"r": {"grow": "opener", "reduce": "rstop", "stop": "rstop",
                                "targets": "opener"}}
    return config


def file_of(folder, *rows, head=HEAD):
    path = folder / "positions.csv"
    path.write_text(head + "".join(row + "\n" for row in rows))
    return path


def bought_outside(quantity="0.5", price="2650"):
    return {"type": "fault", "what": "position_change", "symbol": "XAUUSD", "quantity": quantity,
            "price": price}


@pytest.fixture
def host(tmp_path):
    """Half a lot of gold is at the venue, and nobody here knows of it."""
    one = Host(tmp_path, [quote(second, 2650.00) for second in range(36000)],
               config=config_of(tmp_path))
    one.until(lambda answer: answer["brokers"][0]["link"] == "ready")
    client = one.client()
    client.send(bought_outside())
    assert client.line()["ok"]
    yield one
    assert one.stop() == 0, one.log()


def lots_of(host):
    return host.ask("status")["lots"]


# ---- a host that runs ----

def test_a_position_gets_a_holder_and_a_stop(host, tmp_path):
    rows = file_of(tmp_path, "XAUUSD,LONG,0.3,2645.5,2640,2700,r,swing",
                   "XAUUSD,buy,0.2,2640,,,,")
    done = host.pawl("adopt", rows, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "dry run, nothing was done: 2 positions taken over" in done.stdout
    assert lots_of(host) == []
    done = host.pawl("adopt", rows)
    assert done.returncode == 0, done.stderr
    swing, other = lots_of(host)
    assert (swing["ref"], swing["quantity"], swing["entry"]) == ("swing", "0.3", "2645.5")
    assert swing["stop"] == "2640" and swing["targets"][0]["price"] == "2700"
    assert swing["protection"] == "resting" and swing["profile"] == "r"
    assert other["stop"] == "2587.2" and other["protection"] == "resting"  # 2 %
    host.until(protected_all)
    states = host.ask("records", type="position_states")["rows"]
    assert [row["id"] for row in states] == [swing["lot"]]
    done = host.pawl("reconcile", "--plan")
    assert "the venue and the book agree" in done.stdout, done.stdout
    story = host.pawl("explain", "swing").stdout
    assert "request: adopt LONG 0.3" in story and "taken over: LONG 0.3" in story, story


def protected_all(answer):
    return all(lot["protection"] == "resting" for lot in answer["lots"])


def test_twice_is_once(host, tmp_path):
    rows = file_of(tmp_path, "XAUUSD,LONG,0.3,2645.5,2640,2700,r,", "XAUUSD,LONG,0.1,2640,,,,",
                   "XAUUSD,LONG,0.1,2640,,,,")
    assert host.pawl("adopt", rows).returncode == 0
    before = lots_of(host)
    done = host.pawl("adopt", rows)
    assert done.returncode == 0 and "3 are so already" in done.stdout, done.stdout
    assert "  2700  r " in done.stdout  # the target of the first one
    assert [lot["lot"] for lot in lots_of(host)] == [lot["lot"] for lot in before]


def test_more_than_the_venue_holds_is_refused(host, tmp_path):
    rows = file_of(tmp_path, "XAUUSD,LONG,0.3,2645,2640,,,a", "XAUUSD,LONG,0.3,2645,2640,,,b",
                   "XAUUSD,SHORT,0.1,2655,2660,,,c")
    done = host.pawl("adopt", rows)
    assert done.returncode == 5 and lots_of(host) == []
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"{rows}:3: quantity: the venue holds 0.2 of it")
    assert lines[1].startswith(f"{rows}:4: side: both sides")
    assert lines[2] == "pawl: nothing was done"


def test_every_fault_of_the_file_at_once(host, tmp_path):
    rows = file_of(tmp_path, "XAUUSD,LONG,0.1,2645,2640,,,a", "GOLD,LONG,0.1,2645,2640,,,b",
                   "XAUUSD,UP,0.1,2645,2640,,,c", "XAUUSD,LONG,0.1,2645,2655,,,d",
                   "XAUUSD,LONG,0.1,2645", "XAUUSD,LONG,0.001,2645,2640,,,e",
                   "XAUUSD,LONG,0.1,2645,2640,,none,f", "XAUUSD,LONG,0.1,2660,2655,,,g")
    done = host.pawl("adopt", rows)
    assert done.returncode == 5 and done.stdout == "" and lots_of(host) == []
    told = {int(line[len(str(rows)) + 1:].split(":")[0]): line.split(": ", 1)[1]
            for line in done.stderr.splitlines() if line.startswith(str(rows))}
    assert sorted(told) == [3, 4, 5, 6, 7, 8, 9], done.stderr
    assert "GOLD" in told[3] and "side: " in told[4] and "losing side" in told[5]
    assert "columns" in told[6] and "multiple of the step" in told[7]
    assert 'profile "none" is not configured' in told[8] and "is crossed already" in told[9]


@pytest.mark.parametrize("row, fault", [
    ("LONG,0.1,2645,2640,2642", "target 2642 is crossed already, the price is 2650"),
    ("LONG,0.1,2655,2640,2652", None),  # less lost than at the entry
    ("SHORT,0.1,2655,2660,2652", "target 2652 is crossed already, the price is 2650.2"),
    ("SHORT,0.1,2645,2660,2649", None)])
def test_a_target_the_price_has_passed_is_a_fault(row, fault, tmp_path):
    one = Host(tmp_path, [quote(second, 2650.00) for second in range(36000)],
               config=config_of(tmp_path))
    one.until(lambda answer: answer["brokers"][0]["link"] == "ready")
    client = one.client()
    client.send(bought_outside("-0.5" if row.startswith("SHORT") else "0.5"))
    assert client.line()["ok"]
    done = one.pawl("adopt", file_of(tmp_path, f"XAUUSD,{row},,f"), "--dry-run")
    assert one.stop() == 0
    assert done.returncode == (5 if fault else 0), done.stderr
    assert fault is None or fault in done.stderr


@pytest.mark.parametrize("row", ["LONG,0.1,2645,2640,2642", "SHORT,0.1,2645,2650,2649"])
def test_a_target_behind_the_entry_where_no_price_is_known(row, tmp_path):
    """Beside a row that cannot be read: all of the file is judged."""
    rows = file_of(tmp_path, "XAUUSD,LONG,0.1", f"XAUUSD,{row},,f")
    done = pawl("adopt", rows, "-c", write_config(tmp_path, config_of(tmp_path)))
    assert done.returncode == 5
    assert f"{rows}:2: has not as many columns" in done.stderr
    assert f"{rows}:3: target" in done.stderr and "losing side of the entry 2645" in done.stderr


def test_too_many_rows_for_one_request(host, tmp_path):
    rows = file_of(tmp_path, *[f"XAUUSD,LONG,0.01,{2600 + n},2500,,r,p{n}" for n in range(700)])
    done = host.pawl("adopt", rows)
    assert done.returncode == 1 and "split the file" in done.stderr and lots_of(host) == []


def test_lots_of_another_component_are_assigned(host, tmp_path):
    client = host.client()
    client.send({"type": "entry", "symbol": "XAUUSD", "via": "linked", "side": "BUY",
                 "quantity": "0.1", "ref": "own", "stop": {"price": "2640"}})
    assert client.line()["ok"]
    host.until(protected)
    rows = file_of(tmp_path, "own,r", head="lot,profile\n")
    done = host.pawl("adopt", rows)
    assert done.returncode == 0 and "1 lot given another profile" in done.stdout, done.stderr
    assert lots_of(host)[0]["profile"] == "r"
    assert len(host.ask("records", type="position_states")["rows"]) == 1
    assert "1 is so already" in host.pawl("adopt", rows).stdout
    rows = file_of(tmp_path, "own,r,0.1", head="lot,profile,quantity\n")
    done = host.pawl("adopt", rows)
    assert done.returncode == 5 and f"{rows}:2: a row with `lot`" in done.stderr


def test_what_the_venue_holds(host):
    done = host.pawl("adopt", "--venue", "--profile", "r", "--dry-run", "--json")
    [row] = json.loads(done.stdout)["rows"]
    assert (row["what"], row["quantity"], row["price"], row["stop"]) == (
        "adopt", "0.5", "2650", "2597")
    done = host.pawl("adopt", "--venue", "--profile", "r")
    assert done.returncode == 0, done.stderr
    [lot] = lots_of(host)
    assert lot["profile"] == "r" and lot["protection"] == "resting"
    assert "there is nothing to do" in host.pawl("adopt", "--venue").stdout


def test_migrate(host):
    assert host.pawl("adopt", "--venue").returncode == 0
    assert lots_of(host)[0].get("profile", "") == ""
    client = host.client()
    client.send(bought_outside("0.2", "2651"))
    assert client.line()["ok"]
    assert host.pawl("migrate", "--from-positions").returncode == 2
    done = host.pawl("migrate", "--from-positions", "--profile", "r")
    assert done.returncode == 0, done.stderr
    assert "1 position taken over, 1 lot given another profile" in done.stdout
    assert [(lot["quantity"], lot["profile"]) for lot in lots_of(host)] == [("0.5", "r"),
                                                                           ("0.2", "r")]
    assert "there is nothing to do" in host.pawl("migrate", "--from-positions", "--profile",
                                                 "r").stdout


def test_migrate_to_tranches(tmp_path):
    """A position that nobody follows is the first tranche, number 0."""
    config = config_of(tmp_path)
    config["plugins"].append({"name": "tranche"})
    config["profiles"]["parts"] = dict.fromkeys(("grow", "reduce", "stop", "targets"), "tranche")
    host = Host(tmp_path, [quote(second, 2650.00) for second in range(36000)], config=config)
    host.until(lambda answer: answer["brokers"][0]["link"] == "ready")
    client = host.client()
    client.send(bought_outside())
    assert client.line()["ok"]
    done = host.pawl("migrate", "--from-positions", "--profile", "parts")
    assert done.returncode == 0, done.stderr
    [row] = host.ask("records", type="position_tranches")["rows"]
    assert (row["tranche_id"], row["quantity"], row["entry"]) == (0, "0.5", "2650")
    assert "there is nothing to do" in host.pawl("migrate", "--from-positions", "--profile",
                                                 "parts").stdout
    assert host.stop() == 0


def test_what_is_claimed_and_not_there_goes_again(host):
    """Sent as an event nothing is asked before: the round that follows finds out."""
    client = host.client()
    client.send({"type": "adopt", "symbol": "XAUUSD", "side": "LONG", "quantity": "0.7",
                 "price": "2650", "stop": "2640", "ref": "wish"})
    assert client.line()["ok"]
    answer = host.until(lambda answer: [lot["quantity"] for lot in answer["lots"]] == ["0.5"])
    assert answer["lots"][0]["ref"] == "wish"


# ---- an instance that does not run ----

def test_usage(tmp_path):
    assert pawl("adopt").returncode == 2
    assert pawl("adopt", "a.csv", "--venue").returncode == 2
    config = write_config(tmp_path, config_of(tmp_path))
    done = pawl("adopt", tmp_path / "none.csv", "-c", config)
    assert done.returncode == 1 and "none.csv: No such file" in done.stderr
    done = pawl("adopt", "--venue", "-c", config)
    assert done.returncode == 4 and "name a file" in done.stderr
    done = pawl("adopt", file_of(tmp_path), "-c", config)
    assert done.returncode == 1 and "has no position in it" in done.stderr
    bad = file_of(tmp_path, head="symbol,colour,side,side\n")
    done = pawl("adopt", bad, "-c", config)
    assert done.returncode == 5
    assert f"{bad}:1: there is no such column: colour; there are: symbol, " in done.stderr
    assert "stands there twice: side" in done.stderr
    assert not (tmp_path / "state").exists()


def test_a_stopped_instance(tmp_path):
    """Bought while it ran, taken over while it is stopped, protected when it runs again."""
    events = [quote(second, 2650.00) for second in range(36000)]
    host = Host(tmp_path, events, config=config_of(tmp_path))
    host.until(lambda answer: answer["brokers"][0]["link"] == "ready")
    client = host.client()
    client.send(bought_outside())
    assert client.line()["ok"]
    assert host.stop() == 0
    rows = file_of(tmp_path, "XAUUSD,LONG,0.5,2645.5,2640,,r,swing")
    before = tree(tmp_path / "state")
    done = pawl("adopt", rows, "-c", host.config, "--dry-run")
    assert done.returncode == 0 and "dry run" in done.stdout, done.stderr
    assert tree(tmp_path / "state") == before
    done = pawl("adopt", rows, "-c", host.config)
    assert done.returncode == 0 and "its next start compares" in done.stdout, done.stderr
    assert "1 is so already" in pawl("adopt", rows, "-c", host.config).stdout
    again = Host(tmp_path, events, config=config_of(tmp_path))
    answer = again.until(protected)
    assert answer["lots"][0]["ref"] == "swing" and answer["lots"][0]["stop"] == "2640"
    assert "the venue and the book agree" in again.pawl("reconcile", "--plan").stdout
    assert again.stop() == 0


def adopted(folder):
    base = sqlite3.connect(f"file:{folder / 'state' / 'pawl.db'}?mode=ro", uri=True)
    try:
        return base.execute("SELECT ref, entered - exited, stop, cause FROM lots").fetchall()
    except sqlite3.OperationalError:  # it was killed before there was a table
        return []
    finally:
        base.close()


def test_killed_in_the_middle_and_done_again(tmp_path):
    count = 120
    config = write_config(tmp_path, config_of(tmp_path))
    rows = file_of(tmp_path, *[f"XAUUSD,LONG,0.1,{2600 + n},2500,,r,p{n}" for n in range(count)])
    dice, seen = random.Random(4), set()
    for _ in range(30):
        process = subprocess.Popen([program.PROGRAM, "adopt", rows, "-c", config],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(dice.uniform(0.05, 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if (tmp_path / "state" / "pawl.db").exists():
            lots = adopted(tmp_path)
            seen.add(len(lots))
            assert all(lot[1] > 0 and lot[2] > 0 and lot[3] > 0 for lot in lots)
    done = pawl("adopt", rows, "-c", config)
    assert done.returncode == 0, done.stderr
    refs = [lot[0] for lot in adopted(tmp_path)]
    assert sorted(refs) == sorted(f"p{n}" for n in range(count))
    assert f"{count} are so already" in pawl("adopt", rows, "-c", config).stdout
    print(f"killed with {sorted(seen)} of {count} taken over")


def test_somebody_has_the_data_folder(tmp_path):
    config = config_of(tmp_path)
    host = Host(tmp_path, [quote(second, 2650.00) for second in range(36000)], config=config)
    other = dict(config, host=dict(config["host"], control_socket=str(tmp_path / "other.sock")))
    path = write_config(tmp_path, other, "other.json")
    done = pawl("adopt", file_of(tmp_path, "XAUUSD,LONG,0.5,2645.5,2640,,r,swing"), "-c", path)
    assert done.returncode == 1 and f"pid {host.process.pid} has it" in done.stderr
    assert host.stop() == 0


def test_before_the_first_start(tmp_path):
    config = write_config(tmp_path, config_of(tmp_path))
    rows = file_of(tmp_path, "XAUUSD,LONG,0.5,2645.5,,,,swing")
    assert pawl("adopt", rows, "-c", config).returncode == 0
    assert [lot[:1] for lot in adopted(tmp_path)] == [("swing",)]
    data = write_events(tmp_path / "data.jsonl", [quote(0, 2650.00)])
    assert pawl("check", "-c", config).returncode == 0 and data.exists()


# ---- by itself ----

@pytest.mark.parametrize("price,becomes", [("2650", "adopted"), ("2720", "unattributed")])
def test_a_foreign_position_is_adopted_unless_its_stop_is_crossed(tmp_path, price, becomes):
    config = config_of(tmp_path)
    config["host"]["executor"] = {"foreign": "adopt"}
    config["host"]["reconcile_seconds"] = 5
    host = Host(tmp_path, [quote(second, 2650.00) for second in range(36000)], config=config)
    host.until(lambda answer: answer["brokers"][0]["link"] == "ready")
    client = host.client()
    client.send(bought_outside(price=price))
    assert client.line()["ok"]
    answer = host.until(lambda answer: any(alert["what"] == becomes for alert in answer["alerts"]))
    host.pawl("reconcile")
    if becomes == "adopted":
        answer = host.until(protected)
        assert answer["lots"][0]["stop"] == "2597" and answer["lots"][0]["initial_stop"] == "2597"
    else:
        assert answer["lots"] == [] and answer["halted_symbols"][0]["symbol"] == "XAUUSD"
    assert host.stop() == 0


# ---- what the venue does not hold ----


def stopped_with(folder, personality, *faults):
    """An instance that has run, whose venue holds what the faults say."""
    config = config_of(folder, personality=personality)
    if personality == "mt5_hedging":
        config["accounts"]["main"]["mode"] = "hedging"
    events = [quote(second, 2650.00) for second in range(36000)]
    host = Host(folder, events, config=config)
    host.until(lambda answer: answer["brokers"][0]["link"] == "ready")
    client = host.client()
    for fault in faults:
        client.send(fault)
        assert client.line()["ok"]
    assert host.stop() == 0
    return config, events, host.config


def kept(folder, query):
    base = sqlite3.connect(f"file:{folder / 'state' / 'pawl.db'}?mode=ro", uri=True)
    try:
        return base.execute(query).fetchall()
    finally:
        base.close()


def alerts_named(host, what):
    return [line for line in host.lines().splitlines() if what in line]


@pytest.mark.parametrize("ran_before", [True, False])
@pytest.mark.parametrize("personality", ["ideal", "binance_oneway", "mt5_hedging"])
def test_what_the_venue_never_held(tmp_path, personality, ran_before):
    """No order goes out for it, one alert says so, and it is out at its entry."""
    if ran_before:
        config, events, path = stopped_with(tmp_path, personality)
    else:
        config = config_of(tmp_path, personality=personality)
        if personality == "mt5_hedging":
            config["accounts"]["main"]["mode"] = "hedging"
        events = [quote(second, 2650.00) for second in range(36000)]
        path = write_config(tmp_path, config)
    ticket = ",ticket" if personality == "mt5_hedging" else ""
    rows = file_of(tmp_path, "XAUUSD,LONG,0.5,2645.5,2640,2660,r,ghost" + (",77" if ticket else ""),
                   head=HEAD.strip() + ticket + "\n")
    done = pawl("adopt", rows, "-c", path)
    assert done.returncode == 0, done.stderr
    host = Host(tmp_path, events, config=config)
    answer = host.until(lambda answer: answer["lots"] == [] and
                        answer["brokers"][0]["link"] == "ready")
    assert answer["halted_symbols"] == []
    time.sleep(1)  # 20 s of the venue's
    assert host.stop() == 0
    assert kept(tmp_path, "SELECT count(*) FROM orders") == [(0,)]
    assert kept(tmp_path, "SELECT profit, reason FROM lots") == [(0, "EXTERNAL")]
    for what in ("CRITICAL", "nothing to reduce", "belongs to no lot"):
        assert alerts_named(host, what) == [], host.lines()
    assert len(alerts_named(host, "the venue holds 0 of it")) == 1, host.lines()


@pytest.mark.parametrize("personality", ["ideal", "binance_oneway"])
def test_what_the_venue_holds_in_part(tmp_path, personality):
    """The rows above have it first; what is left of the last one is protected."""
    config, events, path = stopped_with(tmp_path, personality, bought_outside("0.5"))
    rows = file_of(tmp_path, "XAUUSD,LONG,0.3,2645.5,2640,,r,first",
                   "XAUUSD,LONG,0.4,2645.5,2640,,r,second")
    assert pawl("adopt", rows, "-c", path).returncode == 0
    host = Host(tmp_path, events, config=config)
    host.until(lambda answer: [lot["quantity"] for lot in answer["lots"]] == ["0.3", "0.2"] and
               protected_all(answer))
    assert "the venue and the book agree" in host.pawl("reconcile", "--plan").stdout
    assert host.stop() == 0
    assert len(alerts_named(host, "the venue holds 0.5 of it")) == 1, host.lines()
    lines = host.lines()  # the first one does not wait for the verdict about the other
    assert lines.index("first       protected") < lines.index("second      exit"), lines
