"""From real sockets to the trace and back: TLS, WebSocket, REST, signatures, orders."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

import binance
import run
import standin

PROGRAM = run.PROGRAM
PLUGIN = str(run.PLUGINS / "binance_smoke.so")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return standin.make_certificates(folder, ["DNS:localhost"])


def configuration(folder, venue, authority, **changes):
    (folder / "secret").write_text(binance.SECRET + "\n")
    (folder / "secret").chmod(0o600)
    config = {
        "host": {"instance": 7, "log": {"level": "info"}, "data_dir": str(folder / "data"),
                 "shutdown_wait": "1s", "net": {"ca_file": str(authority)},
                 "executor": {"retry_delay": "100ms"}},
        "secrets": {"binance_key": "env:TEST_BINANCE_KEY", "binance_secret": "file:secret"},
        "plugins": [
            {"name": "binance", "so": PLUGIN,
             "options": {"rest_host": "localhost", "rest_port": venue.rest_port,
                         "stream_host": "localhost", "stream_port": venue.stream_port},
             "grants": {"net": ["localhost:*", "127.0.0.1:*"],
                        "secrets": ["binance_key", "binance_secret"]}},
            {"name": "linked", "options": {"take_profit_pct": "0"}}],
        "accounts": {"main": {"broker": "binance", "currency": "USDT", "balance": "100000",
                              "mode": "netting"}},
        "instruments": {"BTCUSDT": {"account": "main", "class": "crypto", "currency": "USDT",
                                    "tick": "0.10", "step": "0.001", "min_quantity": "0.001",
                                    "multiplier": "1"}},
        "schedule": [{"every": "1s", "count": 1, "entry": {
            "symbol": "BTCUSDT", "via": "linked", "side": "BUY", "quantity": "0.010",
            "stop": {"pct": "0.01"}, "ref": "smoke"}}],
    }
    for path, value in changes.items():
        at = config
        *way, last = path.split("__")
        for step in way:
            at = at[int(step) if step.isdigit() else step]
        at[last] = value
    path = folder / "pawl.json"
    path.write_text(json.dumps(config, indent=1))
    return path


class Run(run.Run):
    secrets = (binance.SECRET, binance.KEY)

    def __init__(self, config, *words):
        super().__init__(config, *words, environment={"TEST_BINANCE_KEY": binance.KEY})


def test_signal_to_fill_over_real_sockets(tmp_path, certificates):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        with Run(configuration(tmp_path, venue, authority)) as running:
            fill = running.wait(lambda: running.of("fill"))[0]
            assert fill["quantity"] == "0.01" and fill["price"] == "64000.2"
            # the guard watches: the venue's price falls through the stop, and the host exits
            venue.bid, venue.ask = "63000.10", "63000.20"
            running.wait(lambda: running.of("transaction.closed"))
            assert [fill["side"] for fill in running.of("fill")] == ["BUY", "SELL"]
        assert running.code == 0
        assert venue.complaints == []
        assert sorted(venue.orders.values()) == [1, 1]
        assert venue.opened == ["/public/ws/btcusdt@bookTicker"]
        assert venue.connections <= 2  # requests share what is kept


def test_a_recording_replays_with_nothing_outside(tmp_path, certificates):
    authority, *pair = certificates
    recording = tmp_path / "recording"
    with binance.Binance(*pair) as venue:
        venue.faults = ["close"]
        with Run(configuration(tmp_path, venue, authority), "--record", str(recording)) as running:
            running.wait(lambda: running.of("fill"), 30)
            venue.bid, venue.ask = "63000.10", "63000.20"
            running.wait(lambda: running.of("transaction.closed"))
        asked = len(venue.requests)
        environment = {name: value for name, value in os.environ.items()
                       if name != "TEST_BINANCE_KEY"}
        done = subprocess.run([PROGRAM, "replay", str(recording)], capture_output=True, text=True,
                              env=environment, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(venue.requests) == asked
    text = recording.read_bytes()
    assert binance.SECRET.encode() not in text and binance.KEY.encode() not in text


def test_connections_stay_over_a_reload(tmp_path, certificates):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        with Run(configuration(tmp_path, venue, authority, schedule=[])) as running:
            running.wait(lambda: "ready" in [event["state"] for event in running.of("connection")])
            for value in ("0.02", "0.03"):  # the strategy's options, then the broker's own
                changes = {"plugins__1__options__take_profit_pct": value}
                if value == "0.03":
                    changes["plugins__0__options__idle"] = "20s"
                configuration(tmp_path, venue, authority, schedule=[], **changes)
                before = len(running.of("reload"))
                running.process.send_signal(signal.SIGHUP)
                running.wait(lambda: len(running.of("reload")) > before)
            running.wait(lambda: len(venue.requests) == 4)  # the new one has asked for itself
            time.sleep(0.3)
            assert len(venue.opened) == 1 and len(venue.streams) == 1
            assert not [event for event in running.of("connection") if event["state"] == "down"]


def test_an_answer_that_is_lost_is_unknown_and_never_sent_again(tmp_path, certificates):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        venue.faults = ["close"]
        with Run(configuration(tmp_path, venue, authority)) as running:
            running.wait(lambda: running.of("order.unknown"))
            running.wait(lambda: running.of("fill"), 30)
        assert all(times == 1 for times in venue.orders.values())


def test_refusals(tmp_path, certificates):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        venue.faults = [(429, {"Retry-After": "1"}, '{"code":-1003,"msg":"Too many requests."}')]
        with Run(configuration(tmp_path, venue, authority)) as running:
            running.wait(lambda: running.of("order.rejected"))
            running.wait(lambda: running.of("fill"), 20)
        assert all(times == 1 for times in venue.orders.values())


def test_the_stream_comes_back(tmp_path, certificates):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        config = configuration(tmp_path, venue, authority, schedule=[])
        with Run(config) as running:
            for times in range(1, 4):
                running.wait(lambda: len(venue.streams) == 1 and len(venue.opened) == times)
                venue.call(venue.streams[0].close(1001, "going away"))
                running.wait(lambda: "".join(running.log).count("going away") >= times)
            states = [event["state"] for event in running.wait(
                lambda: len(running.of("connection")) >= 6 and running.of("connection"))]
            assert "down" in states and "ready" in states


@pytest.mark.parametrize("what", ["host", "authority"])
def test_nobody_is_trusted_without_a_certificate_for_him(tmp_path, certificates, what):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        config = configuration(tmp_path, venue, authority, schedule=[])
        if what == "host":  # 127.0.0.1 is not in the certificate
            config = configuration(tmp_path, venue, authority, schedule=[],
                                   plugins__0__options__rest_host="127.0.0.1")
        else:
            other = tmp_path / "other"
            other.mkdir()
            config = configuration(tmp_path, venue, standin.make_certificates(other, ["DNS:x"])[0],
                                   schedule=[])
        with Run(config) as running:
            running.wait(lambda: "TLS handshake" in "".join(running.log))
            text = "".join(running.log)
            assert ("mismatch" in text) if what == "host" else ("verif" in text or "issuer" in text
                                                                or "signed" in text)
        assert venue.requests == []


def test_what_is_not_granted_is_not_reached(tmp_path, certificates):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        config = configuration(tmp_path, venue, authority, schedule=[],
                               plugins__0__grants__net=["fapi.binance.com:443"])
        with Run(config) as running:
            running.wait(lambda: "grants.net does not name localhost" in "".join(running.log))
        assert venue.requests == [] and venue.connections == 0


def test_a_secret_that_others_may_read_is_refused(tmp_path, certificates):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        config = configuration(tmp_path, venue, authority)
        (tmp_path / "secret").chmod(0o644)
        done = subprocess.run([PROGRAM, "run", "-c", str(config)], capture_output=True, text=True,
                              env=dict(os.environ, TEST_BINANCE_KEY=binance.KEY), timeout=30)
        assert done.returncode == 3 and "secrets.binance_secret" in done.stderr
        assert binance.SECRET not in done.stdout + done.stderr


def test_a_backtest_reaches_nothing(tmp_path, certificates):
    authority, *pair = certificates
    with binance.Binance(*pair) as venue:
        config = configuration(tmp_path, venue, authority, schedule=[])
        data = pathlib.Path(tmp_path) / "quotes.jsonl"
        data.write_text("".join(json.dumps({"t": f"2026-01-05T09:00:{second:02}Z", "type": "quote",
                                            "symbol": "BTCUSDT", "bid": "1.00", "ask": "1.10"}) +
                                "\n" for second in range(10)))
        done = subprocess.run([PROGRAM, "backtest", "-c", str(config), "--data", str(data)],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        assert venue.requests == [] and venue.connections == 0
