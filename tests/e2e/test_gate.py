"""The risk gate: sessions, leverage."""

import json

import pytest

from pawl import base_config, entry, pawl, quote, write_config, write_events


def limits(tmp_path, config, events):
    """Names and limits of what the gate refused."""
    data = write_events(tmp_path / "data.jsonl", events)
    done = pawl("backtest", "-c", write_config(tmp_path, config), "--data", data, "--trace")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [(line["ref"], line["limit"]) for line in lines if line.get("type") == "risk.refused"]


@pytest.mark.parametrize("side,stop,target,refused", [
    ("BUY", 2386.00, 2800, False),  # 2650.2 / 10 = 265.02: liquidated at 2385.18
    ("BUY", 2385.00, 2800, True),
    ("SELL", 2914.00, 2500, False),  # 2650 + 265
    ("SELL", 2916.00, 2500, True),
])
def test_a_stop_beyond_the_liquidation_is_refused(tmp_path, side, stop, target, refused):
    config = base_config()
    config["accounts"]["main"]["leverage"] = "10"
    events = [quote(0, 2650.00), entry(1, side, stop, target, "A"), quote(2, 2650.00)]
    assert limits(tmp_path, config, events) == ([("A", "liquidation")] if refused else [])


def test_the_instruments_leverage_and_margin_count_first(tmp_path):
    config = base_config()
    config["accounts"]["main"]["leverage"] = "100"
    config["instruments"]["XAUUSD"].update(leverage="10", maintenance_margin="0.02")
    events = [quote(0, 2650.00), entry(1, "BUY", 2400, 2800, "A"), quote(2, 2650.00),
              quote(3, 2650.00), entry(4, "BUY", 2440, 2800, "B"), quote(5, 2650.00)]
    assert limits(tmp_path, config, events) == [("A", "liquidation")]


def test_nothing_is_entered_while_the_session_is_closed(tmp_path):
    config = base_config()
    config["sessions"] = {"morning": {"tz": "UTC", "hours": ["mon-fri 09:00-09:30"]}}
    config["instruments"]["XAUUSD"]["session"] = "morning"
    late = 31 * 60
    events = [quote(0, 2650.00), entry(1, "BUY", 2600, 2800, "open"), quote(2, 2650.00),
              {"t": quote(60, 1)["t"], "type": "exit", "ref": "open"}, quote(61, 2650.00),
              quote(late, 2650.00), entry(late + 1, "BUY", 2600, 2800, "closed"),
              quote(late + 2, 2650.00)]
    assert limits(tmp_path, config, events) == [("closed", "session")]
