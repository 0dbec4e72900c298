"""Running as a service: systemd's notifications, its watchdog, the journal, files, their modes."""

import json
import os
import signal
import socket
import stat
import subprocess
import time

import pytest

from control import Host, open_trade, protected
from pawl import SOURCE, base_config, start


class Systemd:
    """The socket of NOTIFY_SOCKET; what came so far, as a list of messages."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.messages = []

    def until(self, text, seconds=10):
        end = time.monotonic() + seconds
        while not any(text in message for message in self.messages):
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            self.messages.append(self.socket.recv(4096).decode())
        return [message for message in self.messages if text in message][-1]


@pytest.fixture(params=["path", "abstract"])
def systemd(request, tmp_path):
    name = str(tmp_path / "notify")
    if request.param == "path":
        one = Systemd(name)
        one.environment = {"NOTIFY_SOCKET": name}
    else:
        one = Systemd("\0" + name)
        one.environment = {"NOTIFY_SOCKET": "@" + name}
    yield one
    one.socket.close()


def test_ready_status_reload_stop(systemd, tmp_path):
    host = Host(tmp_path, open_trade(), environment=systemd.environment)
    assert "MAINPID=%d" % host.process.pid in systemd.until("READY=1")
    assert "ACTIVE, 1 open lot, 0 unprotected" in systemd.until("1 open lot,")
    systemd.messages.clear()
    host.process.send_signal(signal.SIGHUP)
    reloading = systemd.until("RELOADING=1")
    usec = int(reloading.split("MONOTONIC_USEC=")[1])
    assert abs(usec / 1e6 - time.monotonic()) < 5
    systemd.until("READY=1")
    systemd.messages.clear()
    host.pawl("reload")
    systemd.until("RELOADING=1")
    systemd.until("READY=1")
    host.pawl("halt")
    systemd.until("STATUS=HALTED")
    assert host.stop() == 0
    systemd.until("STOPPING=1")


def test_the_watchdog_is_fed_while_the_loop_turns(systemd, tmp_path):
    environment = {**systemd.environment, "WATCHDOG_USEC": "200000"}
    host = Host(tmp_path, open_trade(), environment=environment)
    systemd.until("READY=1")
    time.sleep(1)
    systemd.messages.clear()
    while True:
        try:
            systemd.socket.settimeout(0.01)
            systemd.messages.append(systemd.socket.recv(4096).decode())
        except (socket.timeout, BlockingIOError):
            break
    assert 5 <= systemd.messages.count("WATCHDOG=1") <= 15
    host.process.send_signal(signal.SIGSTOP)
    time.sleep(0.3)
    systemd.messages.clear()
    with pytest.raises(socket.timeout):
        systemd.until("WATCHDOG=1", seconds=0.5)
    host.process.send_signal(signal.SIGCONT)
    systemd.until("WATCHDOG=1")
    assert host.stop() == 0


def test_another_process_watchdog_is_not_fed(systemd, tmp_path):
    environment = {**systemd.environment, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}
    host = Host(tmp_path, open_trade(), environment=environment)
    systemd.until("READY=1")
    with pytest.raises(socket.timeout):
        systemd.until("WATCHDOG=1", seconds=0.5)
    assert host.stop() == 0


@pytest.mark.parametrize("name", ["relative", "@", "/nowhere/socket", "/" + "x" * 200])
def test_no_socket_to_notify_is_no_fault(name, tmp_path):
    host = Host(tmp_path, open_trade(), environment={"NOTIFY_SOCKET": name})
    host.until(protected)
    assert host.stop() == 0


# ---- the journal ----

def test_lines_for_the_journal_begin_with_their_level(tmp_path):
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    (tmp_path / "pawl.json").write_text(json.dumps(config))
    path = tmp_path / "journal"
    with open(path, "w") as journal:
        about = os.fstat(journal.fileno())
        environment = {**os.environ, "JOURNAL_STREAM": "%d:%d" % (about.st_dev, about.st_ino)}
        process = start("run", "-c", tmp_path / "pawl.json", stdout=subprocess.DEVNULL,
                        stderr=journal, env=environment)
        end = time.monotonic() + 10
        while "the clock is real" not in path.read_text() and time.monotonic() < end:
            time.sleep(0.05)
        process.terminate()
        assert process.wait(10) == 0
    lines = path.read_text().splitlines()
    assert lines and all(line.startswith("<6>") for line in lines)


# ---- files ----

def test_what_is_written_is_nobody_elses(tmp_path):
    os.umask(0o022)
    host = Host(tmp_path, open_trade())
    host.until(protected)
    state = tmp_path / "state"
    for path in state.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert (state / "pawl.lock").read_text() == "%d\n" % host.process.pid
    assert host.stop() == 0
    assert (state / "pawl.lock").read_text() == ""


def test_a_killed_host_leaves_no_lock(tmp_path):
    host = Host(tmp_path, open_trade())
    host.process.kill()
    host.process.wait()
    assert (tmp_path / "state" / "pawl.lock").read_text() == "%d\n" % host.process.pid
    again = Host(tmp_path, open_trade())
    again.until(protected)
    assert again.stop() == 0


def test_the_unit_file_is_understood():
    text = (SOURCE / "config" / "pawl.service").read_text()
    for line in ("Type=notify", "WatchdogSec=", "NoNewPrivileges=yes",
                 "ProtectSystem=strict", "MemoryDenyWriteExecute=yes", "LoadCredential=",
                 "LimitCORE=0", "SystemCallFilter="):
        assert line in text, line
