"""The program at work; its trace and log are read as they come."""

import ctypes
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

PROGRAM = os.path.abspath(os.environ.get("PAWL", "build/pawl"))
PLUGINS = pathlib.Path(os.environ.get("PAWL_VENUES", "build/tests/venues")).resolve()


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def with_us():
    """Between fork and exec: it ends when the test does, however that ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Run:
    secrets = ()  # none of these may be in anything it says

    def __init__(self, config, *words, environment=None):
        self.process = subprocess.Popen([PROGRAM, "run", "-c", str(config), "--json", *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=dict(os.environ, **(environment or {})),
                                        preexec_fn=with_us)
        self.events, self.log = [], []
        pairs = ((self.process.stdout, self._event), (self.process.stderr, self.log.append))
        self.readers = [threading.Thread(target=self._read, args=pair) for pair in pairs]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, take):
        for line in stream:
            take(line)

    def _event(self, line):
        if line.startswith("{"):
            self.events.append(json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.code = self.process.wait(20)
        for reader in self.readers:
            reader.join(10)
        text = "".join(self.log) + json.dumps(self.events)
        assert not [secret for secret in self.secrets if secret in text]

    def wait(self, what, seconds=15):
        until = time.time() + seconds
        while time.time() < until:
            found = what()
            if found:
                return found
            assert self.process.poll() is None, "".join(self.log)
            time.sleep(0.02)
        raise AssertionError("did not happen; log:\n" + "".join(self.log) + "\n".join(
            map(json.dumps, self.events)))

    def of(self, kind):
        return [event for event in self.events if event.get("type") == kind]

    def resident_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
