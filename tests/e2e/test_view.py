"""The live view of `pawl run`, on a terminal of our own."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

from control import open_trade
from pawl import DEMO, base_config, start, with_us, write_config, write_events


class Terminal:
    """A program on a terminal; what it shows, as rows, by the few sequences it may use."""

    def __init__(self, *words, columns=100, rows=24, term="xterm"):
        self.columns, self.rows = columns, rows
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.process = start(*words, stdin=slave, stdout=slave, stderr=slave, text=False,
                             start_new_session=True, env={**os.environ, "TERM": term})
        self.slave = slave
        self.raw = b""
        self.frames = 0

    def read(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                self.raw += os.read(self.master, 65536)
            elif self.process.poll() is not None:
                break
        return self.raw

    def until(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in "\n".join(self.screen()) and time.monotonic() < end:
            self.read(0.1)
        assert text in "\n".join(self.screen()), self.screen()

    def screen(self):
        """All rows ever, scrolled ones too; the cursor's row is where the panel begins."""
        lines, row, column = [""], 0, 0
        for token in re.findall(r"\x1b\[\d*[A-Za-z]|\r|\n|[^\x1b\r\n]+",
                                self.raw.decode(errors="replace")):
            if token == "\r":
                column = 0
            elif token == "\n":
                row += 1
                if row == len(lines):
                    lines.append("")
            elif token == "\x1b[J":
                lines[row] = lines[row][:column]
                del lines[row + 1:]
            elif token.endswith("A") and token.startswith("\x1b["):
                row -= int(token[2:-1])
            elif token.startswith("\x1b"):
                raise AssertionError("an unknown sequence: %r" % token)
            else:
                line = lines[row].ljust(column)
                lines[row] = line[:column] + token + line[column + len(token):]
                column += len(token)
        return lines

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.read(5)
        code = self.process.wait(10)
        self.read(0.2)
        assert termios.tcgetattr(self.slave) == self.before
        os.close(self.slave)
        os.close(self.master)
        return code


@pytest.fixture
def config(tmp_path):
    one = base_config()
    one["host"]["data_dir"] = str(tmp_path / "state")
    one["feeds"] = [{"match": "slow.jsonl", "speed": "20"}]
    write_events(tmp_path / "slow.jsonl", open_trade())
    return write_config(tmp_path, one)


def test_a_killed_test_leaves_nothing(config):
    code = ("import sys, time; sys.path.insert(0, sys.argv[1]); import test_view; "
            "print(test_view.Terminal('run', '-c', sys.argv[2]).process.pid, flush=True); "
            "time.sleep(60)")
    child = subprocess.Popen([sys.executable, "-c", code, os.path.dirname(__file__), str(config)],
                             stdout=subprocess.PIPE, preexec_fn=with_us)
    pid = int(child.stdout.readline())
    child.kill()
    child.wait()

    def lives():
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii") as file:
                return file.read().rsplit(")", 1)[1].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False
    end = time.monotonic() + 10
    while lives() and time.monotonic() < end:
        time.sleep(0.05)
    assert not lives()


def test_what_is_shown(config):
    terminal = Terminal("run", "-c", config)
    terminal.until("resting")
    rows = terminal.screen()
    panel = [row for row in rows if row.startswith(("7  ACTIVE", "equity", "gold  ", "lot  "))]
    assert len(panel) == 4, rows
    assert "UTC" in panel[0] and "events" in panel[0]
    assert "1 lot open, 0 unprotected  2 orders  0 closed  0 alerts" in panel[1]
    assert panel[3].split()[:3] == ["gold", "XAUUSD", "LONG"] and "2645" in panel[3]
    assert any("protected: a stop for 0.10 rests at 2645.00" in row for row in rows)
    assert max(map(len, panel)) < 100
    assert terminal.stop() == 0
    rows = terminal.screen()
    assert not any(row.startswith(("equity", "7  ACTIVE")) for row in rows)
    assert any("protected: a stop" in row for row in rows)


def test_at_most_five_times_a_second(config):
    terminal = Terminal("run", "-c", config)
    terminal.until("resting")
    before = terminal.raw.count(b"\x1b[J")
    terminal.read(2)
    assert terminal.raw.count(b"\x1b[J") - before <= 11
    assert terminal.stop(signal.SIGINT) == 0


@pytest.mark.parametrize("columns,rows", [(60, 24), (100, 12), (200, 60)])
def test_it_fits(columns, rows, config):
    terminal = Terminal("run", "-c", config, columns=columns, rows=rows)
    terminal.until("equity")
    terminal.read(1)
    ups = [int(one) for one in re.findall(rb"\x1b\[(\d+)A", terminal.raw)]
    assert ups and max(ups) < rows
    assert all(len(row) < columns for row in terminal.screen() if row.startswith("equity"))
    assert terminal.stop() == 0


@pytest.mark.parametrize("columns,rows,term,words", [
    (30, 24, "xterm", ()), (100, 8, "xterm", ()), (100, 24, "dumb", ()),
    (100, 24, "xterm", ("--plain",))])
def test_plain_lines(columns, rows, term, words, config):
    terminal = Terminal("run", "-c", config, *words, columns=columns, rows=rows, term=term)
    terminal.until("protected: a stop")
    assert b"\x1b[J" not in terminal.raw and "equity" not in "".join(terminal.screen())
    assert terminal.stop() == 0


def test_the_demonstration_leaves_its_lines_and_the_summary():
    terminal = Terminal("run", "-c", DEMO, "--until-end", "--plain")
    plain = terminal.read(60).decode()
    assert terminal.process.wait(10) == 0
    terminal = Terminal("run", "-c", DEMO, "--until-end")
    terminal.read(60)
    assert terminal.process.wait(10) == 0
    shown = [row for row in terminal.screen() if row.strip()]
    told = [row for row in plain.replace("\r", "").split("\n") if row.strip()]
    took = re.compile(r"in [0-9.]+ s$")
    assert [took.sub("", row) for row in shown] == [took.sub("", row) for row in told]
