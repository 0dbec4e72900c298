"""An account's day begins at its reset time, in its zone; the base of its daily loss is stored."""

import contextlib
import json
import sqlite3

from pawl import base_config, entry, pawl, quote, write_config, write_events

DAY = 86400


def market(loss_at):
    """A lot that loses 50 from `loss_at` (seconds after Monday 09:00 UTC) on; entries before it,
    after it, and after the next 17:00 in New York, 22:00 UTC."""
    evening = 13 * 3600
    events = [quote(0, 2650.00), entry(1, "BUY", 2600, 2800, "held", "1"), quote(2, 2650.00)]
    events += [quote(loss_at - 1, 2650.00), quote(loss_at, 2649.50), quote(loss_at + 1, 2649.50)]
    for second, ref in ((loss_at + 2, "same_day"), (evening - 1, "before"), (evening + 2, "after")):
        events += [quote(second - 0.5, 2649.50), entry(second, "BUY", 2600, 2800, ref, "0.1"),
                   quote(second + 0.5, 2649.50)]
    return events


def config_with_loss(tmp_path, **more):
    config = base_config()
    config["accounts"]["main"]["reset_time"] = "17:00 America/New_York"
    config["plugins"][1]["options"] = {"single_chain": False} if more.get("several") else {}
    config["risk"] = {"daily_loss_max": "40"}
    config["host"]["data_dir"] = str(tmp_path / "state")
    return config


def trace(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def refusals(events):
    return [event["ref"] for event in events
            if event.get("type") == "risk.refused" and event["limit"] == "daily_loss"]


def two_components(config):
    """One of `linked` trades one lot a symbol: another asks for more."""
    config["plugins"].append({"name": "linked2", "so": "linked.so"})
    return config


def with_second(events):
    for event in events:
        if event["type"] == "entry" and event["ref"] != "held":
            event["via"] = "linked2"
    return events


def test_the_day_begins_at_the_reset_time_of_the_account(tmp_path):
    config = write_config(tmp_path, two_components(config_with_loss(tmp_path)))
    data = write_events(tmp_path / "day.jsonl", with_second(market(3600)))
    events = trace(pawl("backtest", "-c", config, "--data", data, "--trace"))
    assert refusals(events) == ["same_day", "before"]
    started = [event for event in events if event["type"] == "day.started"]
    assert [event["began"] for event in started] == ["2026-01-05T22:00:00Z"]
    assert [event["t"] for event in started] == ["2026-01-05T22:00:00Z"]


def test_the_base_of_the_day_is_that_before_a_restart(tmp_path):
    """The process ends behind the loss; the next one must not begin a day of its own."""
    config = write_config(tmp_path, two_components(config_with_loss(tmp_path)))
    all_events = with_second(market(3600))
    part = [event for event in all_events if event["type"] != "entry" or event["ref"] == "held"][:6]
    data = write_events(tmp_path / "day.jsonl", part)
    first = pawl("run", "-c", config, "--until-end", "--data", data)
    assert first.returncode == 0, first.stderr
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "pawl.db")) as database:
        day, equity = database.execute("SELECT day, day_equity FROM accounts").fetchone()
    assert equity == 100000 * 10 ** 8
    assert day == 1767564000 * 10 ** 9  # 2026-01-04T22:00:00Z
    rest = [event for event in all_events if event not in part]
    write_events(data, part + rest)
    second = pawl("run", "-c", config, "--until-end", "--json", "--data", data)
    events = trace(second)
    assert refusals(events) == ["same_day", "before"]


def test_a_zone_that_does_not_exist_is_told(tmp_path):
    config = config_with_loss(tmp_path)
    config["accounts"]["main"]["reset_time"] = "17:00 America/Nowhere"
    done = pawl("check", "-c", write_config(tmp_path, config))
    assert done.returncode != 0
    assert "accounts.main.reset_time" in done.stderr + done.stdout
