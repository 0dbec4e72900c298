"""Rude clients of the control socket: the host answers, counts, drops them, and trades on."""

import json
import os
import random
import resource
import socket
import time

import pytest

from control import Client, Host, open_trade, protected

SEED = int(os.environ.get("PAWL_SEED", "20260105"))


@pytest.fixture
def host(tmp_path):
    one = Host(tmp_path, open_trade(), speed="200")
    one.until(protected)
    yield one
    answer = one.ask("status")
    assert answer["ok"] and protected(answer)
    assert one.stop() == 0, one.log()


def memory(host):
    for line in open("/proc/%d/status" % host.process.pid):
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def test_half_lines_wait_and_cost_nothing(host):
    client = host.client()
    for piece in (b'{"id":', b'5,"do"', b':"lo', b'ts"}'):
        client.send(piece)
        time.sleep(0.05)
    assert host.ask("status")["ok"]
    client.send(b"\n")
    assert client.line()["id"] == 5
    client.send(b'{"do":"halt"')
    client.close()
    time.sleep(0.1)
    assert host.ask("status")["host"]["trading"] == "ACTIVE"


def test_a_line_of_a_megabyte(host):
    client = host.client()
    client.send(b"x" * (1 << 20))
    client.send(b"\n")
    assert client.line()["error"] == "the line is too long"
    client.send({"id": 2, "do": "lots"})
    assert client.line()["id"] == 2
    client.send(b'{"id":3,"do":"lots","pad":"' + b"y" * 70000 + b'"}\n{"id":4,"do":"lots"}\n')
    assert client.line()["ok"] is False
    assert client.line()["id"] == 4


def test_the_longest_line_is_taken(host):
    client = host.client()
    head, tail = b'{"id":1,"do":"lots","pad":"', b'"}\n'
    client.send(head + b"z" * (65536 - len(head) - len(tail)) + tail)
    assert client.line()["ok"]


def test_garbage_is_counted_then_dropped(host):
    before = host.ask("status")["control"]["faults"]
    client = host.client()
    lines = 0
    with pytest.raises((BrokenPipeError, ConnectionResetError, AssertionError)):
        for _ in range(1000):
            client.send(b"\x00\x01\x02 garbage\n")
            assert client.line() is not None
            lines += 1
    assert 95 <= lines <= 105
    after = host.ask("status")["control"]
    assert after["faults"] - before >= 100 and after["dropped"] >= 1


def test_random_bytes(host):
    chance = random.Random(SEED)
    for _ in range(40):
        client = host.client()
        data = bytes(chance.choice(b'{}[]":,\n\\x0123edo\xff ') for _ in range(3000))
        try:
            client.send(data + b"\n")
            client.socket.shutdown(socket.SHUT_WR)
            while client.line() is not None:
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass
        client.close()


def test_deep_json(host):
    client = host.client()
    client.send(b'{"do":' + b"[" * 30000 + b"]" * 30000 + b"}\n")
    assert client.line()["ok"] is False


def test_two_hundred_connections_leave_the_kill_switch_in_reach(host):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1024), hard))
    crowd = []
    while len(crowd) < 200:
        try:
            crowd.append(Client(host.path))
        except BlockingIOError:
            time.sleep(0.01)  # faster than it takes them
    assert host.pawl("halt").returncode == 0
    assert host.ask("status")["host"]["trading"] == "HALTED"
    assert host.ask("status")["control"]["clients"] <= 64
    assert host.pawl("resume").returncode == 0
    for client in crowd:
        client.close()
    time.sleep(0.2)
    assert host.ask("status")["control"]["clients"] < 5


def test_who_does_not_read_is_not_read(host):
    """Requests without end, no answer taken: the host stops reading, memory does not grow."""
    client = host.client(timeout=2)
    before = memory(host)
    request = b'{"do":"status"}\n' * 100
    with pytest.raises(socket.timeout):
        for _ in range(10000):
            client.send(request)
    assert host.ask("status")["ok"]
    assert memory(host) - before < 16000
    client.close()


def test_who_takes_nothing_is_dropped(host):
    client = host.client(timeout=2)
    with pytest.raises(socket.timeout):
        for _ in range(10000):
            client.send(b'{"do":"status"}\n' * 100)
    before = host.ask("status")["control"]["dropped"]
    end = time.monotonic() + 15
    while host.ask("status")["control"]["dropped"] == before and time.monotonic() < end:
        time.sleep(0.5)
    assert host.ask("status")["control"]["dropped"] == before + 1


def test_a_slow_follower_is_told_what_it_missed(tmp_path):
    """More happens than the host remembers while it does not read."""
    host = Host(tmp_path)
    slow = host.client()
    assert slow.ask("monitor")["ok"]
    time.sleep(0.2)
    busy = host.client()
    line = (json.dumps({"type": "exit", "ref": "none"}) + "\n").encode()
    for _ in range(700):
        busy.send(line * 100)
        for _ in range(100):
            assert busy.line()["ok"]
    kinds, last, missed = set(), 0, 0
    slow.socket.settimeout(3)
    while True:
        try:
            event = slow.line()
        except socket.timeout:
            break
        kinds.add(event["type"])
        if event["type"] == "missed":
            missed += 1
            assert event["after"] == last and event["before"] > last
        else:
            assert event["seq"] > last
            last = event["seq"]
    assert missed >= 1 and "alert" in kinds
    assert host.stop() == 0


def test_a_client_that_dies_while_the_database_is_asked(host):
    for _ in range(50):
        client = host.client()
        client.send(b'{"do":"records","type":"lots"}\n{"do":"records","type":"orders"}\n')
        client.close()
    assert host.ask("records", type="lots")["rows"][0]["ref"] == "gold"


def test_killed_at_any_moment_it_starts_again(tmp_path):
    chance = random.Random(SEED)
    for _ in range(5):
        host = Host(tmp_path, open_trade(), speed="50")
        client = host.client()
        client.ask("monitor", after=0)
        client.send(b'{"do":"records","type":"lots"}\n')
        time.sleep(chance.random() * 0.3)
        host.process.kill()
        host.process.wait()
    host = Host(tmp_path, open_trade(), speed="50")
    host.until(protected)
    assert host.stop() == 0
