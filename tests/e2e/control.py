"""A client of the control socket that can also be rude."""

import contextlib
import json
import os
import socket
import time

import pawl


class Client:
    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.received = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else json.dumps(data).encode() + b"\n")

    def line(self):
        """The next line; None where the host hung up."""
        while b"\n" not in self.received:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not more:
                return None
            self.received += more
        line, self.received = self.received.split(b"\n", 1)
        return json.loads(line)

    def ask(self, what, **members):
        self.send({"id": 1, "do": what, **members})
        return self.line()

    def close(self):
        self.socket.close()


def wait_for_socket(path, process, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            Client(path).close()
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("nobody listens at %s" % path)


class Host:
    """A host on recorded data that goes on slowly, or on the real clock."""

    def __init__(self, folder, events=None, speed="20", config=None, environment=None, words=()):
        config = config or pawl.base_config()
        config["host"].setdefault("data_dir", str(folder / "state"))
        if events is not None:
            config["feeds"] = [{"match": "slow.jsonl", "speed": speed}]
            pawl.write_events(folder / "slow.jsonl", events)
        self.config = pawl.write_config(folder, config)
        self.path = config["host"].get("control_socket",
                                       config["host"]["data_dir"] + "/control.sock")
        self.out = open(folder / "out.txt", "w+")
        self.err = open(folder / "err.txt", "w+")
        self.process = pawl.start("run", "-c", self.config, *words, stdout=self.out,
                                  stderr=self.err, env={**os.environ, **(environment or {})})
        wait_for_socket(self.path, self.process)

    def client(self, **options):
        return Client(self.path, **options)

    def ask(self, what, **members):
        client = self.client()
        try:
            return client.ask(what, **members)
        finally:
            client.close()

    def pawl(self, *words, **options):
        return pawl.pawl(*words, "-c", self.config, **options)

    def until(self, test, seconds=20):
        """Asks for the status until the test holds of it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.ask("status")
            if answer.get("ok") and test(answer):
                return answer
            time.sleep(0.05)
        raise AssertionError(answer)

    def log(self):
        return open(self.err.name).read()

    def lines(self):
        return open(self.out.name).read()

    def stop(self, seconds=20):
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(timeout=seconds)
        self.out.close()
        self.err.close()
        return code


def open_trade(lots=1, seconds=36000):
    events = [pawl.quote(second, 2650.00) for second in range(0, 10)]
    events.append(pawl.entry(10, "BUY", 2645, 2660, "gold"))
    return events + [pawl.quote(second, 2650.00 + second % 5 * 0.1)
                     for second in range(11, seconds)]


def protected(answer):
    return [lot["protection"] for lot in answer["lots"]] == ["resting"]
