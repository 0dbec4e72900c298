"""What the end-to-end tests share: running the program, small configurations, small markets."""

import ctypes
import datetime
import hashlib
import json
import os
import pathlib
import signal
import subprocess

PROGRAM = os.path.abspath(os.environ.get("PAWL", "build/pawl"))
SOURCE = pathlib.Path(os.environ.get("PAWL_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
DEMO = SOURCE / "config" / "demo.json"
START = datetime.datetime(2026, 1, 5, 9, 0, 0)


def pawl(*words, timeout=60, cwd=None):
    """Runs a command to its end; nothing of it is looked at yet."""
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True,
                          timeout=timeout, cwd=cwd)


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def with_us():
    """Between fork and exec: it ends when the test does, however that ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(*words, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen([PROGRAM, *map(str, words)], preexec_fn=with_us, **options)


def base_config():
    return {
        "host": {"instance": 7, "log": {"level": "info"}},
        "plugins": [{"name": "paper", "options": {"personality": "ideal"}}, {"name": "linked"}],
        "accounts": {"main": {"broker": "paper", "currency": "USD", "balance": "100000",
                              "mode": "netting"}},
        "instruments": {"XAUUSD": {"account": "main"}},
    }


def write_config(folder, config=None, name="pawl.json"):
    path = folder / name
    path.write_text(json.dumps(config or base_config(), indent=1))
    return path


def stamp(seconds):
    moment = START + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (moment.microsecond // 1000)


def quote(seconds, bid, spread=0.2, symbol="XAUUSD"):
    return {"t": stamp(seconds), "type": "quote", "symbol": symbol, "bid": "%.2f" % bid,
            "ask": "%.2f" % (bid + spread)}


def entry(seconds, side, stop, target, ref, quantity="0.1", symbol="XAUUSD"):
    return {"t": stamp(seconds), "type": "entry", "symbol": symbol, "via": "linked", "side": side,
            "quantity": quantity, "stop": {"price": "%.2f" % stop},
            "target": {"price": "%.2f" % target}, "ref": ref}


def write_events(path, events):
    path.write_text("".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events))
    return path


def one_trade():
    """An entry, its protection, its target: a quote a second around each."""
    events = [quote(second, 2650.00) for second in range(0, 10)]
    events.append(entry(10, "BUY", 2645, 2660, "gold"))
    events += [quote(second, 2650.00) for second in range(11, 40)]
    events += [quote(second, 2661.00) for second in range(40, 60)]
    return events


def tree(folder):
    """Every file below with its hash, to show that nothing changed."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}
