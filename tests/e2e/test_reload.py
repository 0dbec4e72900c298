"""SIGHUP to a process under load: what it takes over, and that what it refuses leaves no trace."""

import json
import os
import pathlib
import shutil
import signal
import threading
import time

import pytest

import pawl
from pawl import PROGRAM, base_config, entry, quote, start, write_config, write_events

BUILT = pathlib.Path(PROGRAM).resolve().parent / "tests"
REFUSED = "refused: running on the old configuration"
SECONDS = 20
ENTRY = entry(10, "BUY", 2645, 2660, "gold")


def needs_restart(config):
    config["host"]["durability"] = "none"


class Run:
    """A host on data that goes on for long, its words and its log kept while they come."""

    def __init__(self, folder, config):
        self.config = config
        self.path = write_config(folder, config)
        self.process = start("run", "-c", self.path, "--json", bufsize=1)
        self.said, self.log = [], []
        for stream, kept in ((self.process.stdout, self.said), (self.process.stderr, self.log)):
            threading.Thread(target=self._read, args=(stream, kept), daemon=True).start()

    @staticmethod
    def _read(stream, kept):
        for line in stream:
            kept.append(line)

    def wait(self, kept, text, after=0):
        """The first line with the text, from place `after`; its place."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for i, line in enumerate(kept[after:], after):
                if text in line:
                    return i
            assert self.process.poll() is None, "".join(self.log)
            time.sleep(0.01)
        raise AssertionError("no %r in:\n%s" % (text, "".join(kept[-20:] + self.log[-20:])))

    def hangup(self, outcome):
        """A signal, and what the log says about it."""
        after, told = len(self.log), len(self.said)
        self.process.send_signal(signal.SIGHUP)
        last = self.wait(self.log, outcome, after)
        self.wait(self.said, '"type":"reload"', told)
        return "".join(self.log[after:last + 1])

    def change(self, change):
        config = json.loads(json.dumps(self.config))
        change(config)
        self.path.write_text(json.dumps(config))

    def events(self, kind):
        return [one for one in map(json.loads, list(self.said)) if one["type"] == kind]

    def end(self):
        self.process.terminate()
        assert self.process.wait(SECONDS) == 0, "".join(self.log)


def install(folder, version):
    """As a package does: beside it, then renamed over it."""
    shutil.copy(BUILT / "plugins_reload" / f"turncoat_v{version}.so", folder / "new")
    os.replace(folder / "new", folder / "turncoat.so")


@pytest.fixture
def run(tmp_path):
    if not (BUILT / "plugins_reload" / "turncoat_v2.so").exists():
        pytest.skip("the plugins for this test are not built")
    install(tmp_path, 1)
    config = base_config()
    config["host"]["data_dir"] = str(tmp_path / "state")
    config["host"]["durability"] = "process"
    config["plugins"].append({"name": "turncoat", "so": str(tmp_path / "turncoat.so")})
    config["feeds"] = [{"match": "load.jsonl", "speed": "200"}]
    events = [quote(second, 2650.00) for second in range(0, 10)]
    events.append(ENTRY)
    events += [quote(second / 4, 2650.00) for second in range(44, 80000)]
    write_events(tmp_path / "load.jsonl", events)
    run = Run(tmp_path, config)
    run.folder = tmp_path
    run.wait(run.said, '"type":"lot.protected"')
    run.wait(run.said, "v1 quotes")
    yield run
    if run.process.poll() is None:
        run.end()


def numbers(run, what):
    """(version, number) of what the turncoat said, in order."""
    words = [one["reason"].split() for one in run.events("rule.ignored")]
    return [(word[0], int(word[2])) for word in words if word[1] == what]


def test_new_code_takes_over_and_goes_on_counting(run):
    install(run.folder, 2)
    log = run.hangup("done: generation 1")
    assert "turncoat: replaced (code" in log
    after = run.wait(run.said, "v2 quotes")
    run.wait(run.said, "v2 beats", after)
    install(run.folder, 1)
    shutil.copy(run.folder / "turncoat.so", run.folder / "kept.so")
    assert "is not the one it was with fields added" in run.hangup(REFUSED)
    run.wait(run.said, "v2 quotes", len(run.said))
    run.end()
    quotes, beats = numbers(run, "quotes"), numbers(run, "beats")
    assert {version for version, _ in quotes} == {"v1", "v2"} == {version for version, _ in beats}
    assert [number for _, number in quotes] == [10 * (i + 1) for i in range(len(quotes))]
    assert [number for _, number in beats] == [i + 1 for i in range(len(beats))]
    assert [one["result"] for one in run.events("reload")] == ["done", "refused"]


def test_the_same_once_more_is_nothing(run):
    assert "nothing has changed" in run.hangup("nothing has changed")
    assert [one["result"] for one in run.events("reload")] == ["unchanged"]


def bad_option(config):
    config["plugins"][2]["options"] = {"every": 0}


def unknown_key(config):
    config["risk"] = {"open_lots": 3}


def refuses(config):
    config["plugins"][2]["options"] = {"refuse": True}


def no_such_file(config):
    config["plugins"].append({"name": "nobody"})


def holder_gone(config):
    del config["plugins"][1]


def wrong_heir(config):
    del config["plugins"][1]
    config["host"]["heirs"] = {"linked": "paper"}


def instrument_gone(config):
    config["instruments"] = {"EURUSD": {"account": "main"}}


def account_more(config):
    config["accounts"]["second"] = dict(config["accounts"]["main"])
    config["instruments"]["XAUUSD"]["account"] = "main"


REFUSALS = [(bad_option, "plugins[2].options.every"), (unknown_key, "risk.open_lots"),
            (refuses, "it refuses what is stored"), (no_such_file, "nobody.so"),
            (needs_restart, "host.durability: needs a restart"),
            (holder_gone, "1 open lot would lose its holder (1 XAUUSD gold)"),
            (wrong_heir, "\"paper\" is no strategy"),
            (instrument_gone, "instruments.XAUUSD: lot 1 is open in it"),
            (account_more, "accounts.second: needs a restart")]


@pytest.mark.parametrize("change,reason", REFUSALS, ids=[one.__name__ for one, _ in REFUSALS])
def test_refused_whole_and_runs_on(run, change, reason):
    state = len(run.events("lot.changed")) + len(run.events("order.submitted"))
    run.change(change)
    assert reason in run.hangup(REFUSED)
    run.wait(run.said, "v1 quotes", len(run.said))
    run.change(lambda config: None)
    run.hangup("nothing has changed")
    run.wait(run.said, '"unchanged"')  # its log line may come to us before its event does
    assert [one["result"] for one in run.events("reload")] == ["refused", "unchanged"]
    assert len(run.events("lot.changed")) + len(run.events("order.submitted")) == state


def test_a_file_cut_short_is_refused(run):
    install(run.folder, 2)
    whole = (run.folder / "turncoat.so").read_bytes()
    (run.folder / "new").write_bytes(whole[:len(whole) // 2])
    os.replace(run.folder / "new", run.folder / "turncoat.so")
    assert "turncoat.so" in run.hangup(REFUSED)
    run.wait(run.said, "v1 quotes", len(run.said))


def test_limits_and_instruments_count_at_once(run):
    def change(config):
        config["risk"] = {"open_lots_max": 1}
        config["instruments"]["EURUSD"] = {"account": "main"}
        config["profiles"] = {"kept": {"stop": "keeper"}}
    run.change(change)
    log = run.hangup("done: generation 1")
    assert "risk.open_lots_max: not set -> 1" in log and "instruments.EURUSD" in log
    assert "turncoat" not in log


def test_a_removed_plugin_comes_back_with_its_records(run):
    run.wait(run.said, "v1 beats")
    run.change(lambda config: config["plugins"].pop())
    assert "turncoat: removed" in run.hangup("done: generation 1")
    silent = len(numbers(run, "beats"))
    time.sleep(0.3)
    run.change(lambda config: None)
    assert "turncoat: added" in run.hangup("done: generation 2")
    run.wait(run.said, "v1 beats", len(run.said))
    beats = [number for _, number in numbers(run, "beats")]
    assert beats == list(range(1, len(beats) + 1)) and len(beats) > silent


@pytest.mark.parametrize("heir", ["keep", "flatten", "linked2"])
def test_lots_of_a_removed_holder(run, heir):
    def change(config):
        del config["plugins"][1]
        config["host"]["heirs"] = {"linked": heir}
        if heir == "linked2":
            config["plugins"].append({"name": "linked2", "so": "linked.so"})
    run.change(change)
    assert f"1 of linked go to {heir}" in run.hangup("done: generation 1")
    if heir == "flatten":
        run.wait(run.said, '"type":"lot.closed"')
        assert run.events("lot.closed")[0]["reason"] == "REMOVED"
    else:
        time.sleep(0.5)
        assert run.events("lot.closed") == [] == run.events("order.cancelled")
    run.end()


def test_many_in_a_row_under_load(run):
    for i in range(1, 31):
        install(run.folder, 2)
        run.change(lambda config: config["plugins"][2].update(options={"every": i % 7 + 1}))
        run.hangup(f"done: generation {i}")
    run.end()
    beats = [number for _, number in numbers(run, "beats")]
    assert beats == list(range(1, len(beats) + 1))
    assert len(run.events("order.submitted")) == 3


@pytest.mark.parametrize("heir", ["nobody", "flatten", "linked2"])
def test_a_start_without_the_holder(run, heir):
    """What a reload refuses a start does: nothing said means that the keeper holds."""
    run.end()
    config = json.loads(json.dumps(run.config))
    config["plugins"][1] = {"name": "linked2", "so": "linked.so"}
    load = run.folder / "load.jsonl"  # its entry names the one who is gone
    load.write_text(load.read_text().replace(json.dumps(ENTRY, separators=(",", ":")),
                                             json.dumps(quote(10, 2650.00))))
    if heir != "nobody":
        config["host"]["heirs"] = {"linked": heir}
    again = Run(run.folder, config)
    again.wait(again.said, "v1 quotes")
    if heir == "flatten":
        again.wait(again.said, '"type":"lot.closed"')
    again.end()
    assert ("the keeper enforces" in "".join(again.log)) == (heir != "linked2")
    assert [one["reason"] for one in again.events("lot.closed")] == (
        ["REMOVED"] if heir == "flatten" else [])


def test_watched_folders_reload_by_themselves(run):
    run.change(lambda config: config["host"].update(watch=True))
    run.hangup("done: generation 1")
    install(run.folder, 2)
    run.wait(run.log, "done: generation 2")
    run.wait(run.said, "v2 quotes")
    (run.folder / "notes.txt").write_text("nothing of ours")
    run.path.write_text(json.dumps(run.config))
    run.hangup("done: generation 3")
    install(run.folder, 1)
    after = len(run.log)
    time.sleep(1.5)
    assert run.log[after:] == []
    assert [one["by"] for one in run.events("reload")] == ["signal", "watch", "signal"]
