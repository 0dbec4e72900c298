"""What an author of plugins has: an installed pawl, `plugins new`, `plugins check`, the wiring."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

import pawl
from pawl import PROGRAM, SOURCE, base_config, write_config

BUILT = pathlib.Path(PROGRAM).resolve().parent
BROKEN = BUILT / "tests" / "plugins_broken"
KINDS = ("strategy", "broker", "service")
OWN = ("PAWL_PLUGINS", "PAWL_INSTRUMENTS", "PAWL_SESSIONS", "PAWL_TEMPLATES")
CLANG = shutil.which("clang")


# ---- an installed pawl ----

class Installed:
    """What `meson install` put into a folder, and only that."""

    def __init__(self, folder):
        self.top = folder
        subprocess.run(["meson", "install", "-C", BUILT, "--no-rebuild", "--quiet", "--destdir",
                        str(folder)], check=True, capture_output=True)
        self.pc = next(folder.rglob("pawl.pc"))
        # A build folder older than the option `pkgconfig.relocatable` says its prefix.
        text = self.pc.read_text()
        said = re.match(r"prefix=(.*)", text).group(1)
        self.relocatable = said.startswith("${pcfiledir}")
        if not self.relocatable:
            self.pc.write_text(text.replace(f"prefix={said}", f"prefix={folder}{said}", 1))
        self.env = {key: value for key, value in os.environ.items() if key not in OWN}
        self.env["PKG_CONFIG_PATH"] = str(self.pc.parent)
        self.program = self.variable("program")

    def variable(self, name):
        return subprocess.run(["pkg-config", f"--variable={name}", "pawl"], check=True, text=True,
                              capture_output=True, env=self.env).stdout.strip()

    def run(self, *words, cwd=None, timeout=240):
        return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              env=self.env, cwd=cwd, timeout=timeout)

    def pawl(self, *words, cwd=None):
        return self.run(self.program, *words, cwd=cwd)

    def new(self, folder, name, kind):
        done = self.pawl("plugins", "new", name, "--kind", kind, "--dir", folder)
        assert done.returncode == 0, done.stderr
        return folder / name

    def build(self, project):
        for words in (("setup", "build"), ("compile", "-C", "build")):
            done = self.run("meson", *words, cwd=project)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "warning:" not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def projects(installed, tmp_path_factory):
    """One of each kind, built."""
    folder = tmp_path_factory.mktemp("projects")
    made = {kind: installed.new(folder, f"my_{kind}", kind) for kind in KINDS}
    for project in made.values():
        installed.build(project)
    return made


def test_the_installed_program_finds_its_own(installed, tmp_path):
    done = installed.pawl("plugins", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert str(installed.top) in done.stdout and "broker paper" in done.stdout
    assert "template" not in done.stdout
    path = write_config(tmp_path)  # XAUUSD comes from the shipped table
    done = installed.pawl("check", "-c", path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_pkg_config_says(installed):
    told = json.loads(installed.pawl("version", "--json").stdout)
    assert installed.variable("abi") == told["abi"]
    for name in ("plugindir", "schemadir", "sdkdir", "scriptdir"):
        assert pathlib.Path(installed.variable(name)).is_dir()
    flags = installed.run("pkg-config", "--cflags", "pawl").stdout.split()
    include = pathlib.Path([flag[2:] for flag in flags if flag.startswith("-I")][0])
    assert {path.name for path in include.iterdir()} == {
        path.name for path in (SOURCE / "api").glob("*.h")}


def test_the_manual_knows_every_command(installed):
    page = next(installed.top.rglob("pawl.1")).read_text()
    for command in re.findall(r"^  (\w+) ", pawl.pawl("--help").stdout, re.M):
        assert re.search(rf"\b{command}\b", page), command


def test_the_documents_are_there(installed):
    pages = {path.name for path in installed.top.rglob("*.md")}
    assert {"plugin-guide.md", "plugins.md", "events.md", "options.md"} <= pages


# ---- a project of one's own ----

@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_project_builds_and_passes_its_tests(installed, projects, kind):
    done = installed.run("meson", "test", "-C", "build", "--print-errorlogs", cwd=projects[kind])
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Ok:\s+2\b", done.stdout)
    for path in projects[kind].rglob("*"):
        if path.is_file() and "build" not in path.parts:
            assert "template" not in path.read_text(), path


def test_a_broken_scenario_is_told(installed, projects):
    expected = projects["strategy"] / "scenario.expect"
    text = expected.read_text()
    expected.write_text(text.replace('"reason":"BREAK_EVEN"', '"reason":"NONE"'))
    done = installed.run("meson", "test", "-C", "build", "--print-errorlogs",
                         cwd=projects["strategy"])
    expected.write_text(text)
    assert done.returncode != 0 and "scenario.expect:7: not in the trace" in done.stdout


def test_all_three_together(installed, projects, tmp_path):
    config = json.loads((projects["broker"] / "pawl.json").read_text())
    config["plugins"] = [{"name": f"my_{kind}", "so": str(projects[kind] / "build" /
                                                          f"my_{kind}.so")} for kind in KINDS]
    config["schedule"] = []
    path = write_config(tmp_path, config)
    assert installed.pawl("check", "-c", path).returncode == 0
    out = tmp_path / "out"
    config["plugins"][0]["options"] = {"range": "1m", "hold": "10m", "quantity": "10"}
    done = installed.pawl("backtest", "-c", write_config(tmp_path, config), "--data",
                          projects["strategy"] / "scenario.jsonl", "--json", "--out", out)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["lots_closed"] == 2
    assert (out / "my_service.lots.csv").read_text().count("\n") == 2


def test_a_running_host_takes_over_what_was_compiled_anew(installed, tmp_path):
    project = installed.new(tmp_path, "nimble", "strategy")
    installed.build(project)
    log = tmp_path / "log"
    with open(log, "w", encoding="utf-8") as file:
        host = subprocess.Popen([installed.program, "run", "-c", "pawl.json"], cwd=project,
                                env=installed.env, stdout=file, stderr=file)
    try:
        until(log, "bought 10", host)
        source = project / "nimble.c"
        source.write_text(source.read_text().replace('"BREAK_EVEN"', '"NO_LOSS"'))
        assert installed.run("meson", "compile", "-C", "build", cwd=project).returncode == 0
        host.send_signal(signal.SIGHUP)
        until(log, "reload: done: generation 1", host)
        assert "nimble: replaced" in log.read_text()
        source.write_text(source.read_text().replace("create(struct", "created(struct"))
        assert installed.run("meson", "compile", "-C", "build", cwd=project).returncode != 0
        host.send_signal(signal.SIGHUP)
        until(log, "generation 1", host)
        assert host.poll() is None
    finally:
        host.terminate()
        host.wait(timeout=20)


def until(log, text, host, seconds=60):
    end = time.monotonic() + seconds
    while text not in log.read_text():
        assert host.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.1)


# ---- names and folders ----

@pytest.mark.parametrize("name", ["", "Big", "9lives", "_x", "a-b", "a/b", "../up", "über", "test",
                                  "paper", "linked", "pawlette", "template", "x" * 21])
def test_names_that_cannot_be(tmp_path, name):
    done = pawl.pawl("plugins", "new", name, "--dir", tmp_path)
    assert done.returncode == 2 and "name" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_longest_name(installed, tmp_path):
    installed.build(installed.new(tmp_path, "x" * 20, "broker"))


def test_nothing_is_overwritten(tmp_path):
    assert pawl.pawl("plugins", "new", "mine", cwd=tmp_path).returncode == 0
    (tmp_path / "mine" / "mine.c").write_text("precious\n")
    (tmp_path / "file").write_text("precious\n")
    for name in ("mine", "file"):
        done = pawl.pawl("plugins", "new", name, cwd=tmp_path)
        assert done.returncode == 5 and "is there already" in done.stderr
    assert (tmp_path / "mine" / "mine.c").read_text() == "precious\n"


def test_a_folder_that_is_not_there_and_usage(tmp_path):
    assert pawl.pawl("plugins", "new", "x", "--dir", tmp_path / "no").returncode == 1
    for words in (("new",), ("new", "a", "b"), ("new", "a", "--kind", "toy"), ("check",), ("old",),
                  ("--kind", "broker"), ("--seed", "3"), ("check", "x.so", "--seed", "-1"),
                  ("--graph", "--format", "svg")):
        assert pawl.pawl("plugins", *words, cwd=tmp_path).returncode == 2, words
    assert list(tmp_path.iterdir()) == []


# ---- plugins check ----

REFUSED = {
    "no_symbol": "exports no pawl_plugin_main",
    "missing_symbol": "bus_publish",
    "null_descriptor": "pawl_plugin_main returns NULL",
    "larger_table": "for a newer host",
    "wrong_abi": "is built for interface",
    "wrong_shape": "has the shape",
    "wrong_name": 'calls itself "whole"',
    "bad_option": "option x: its default must be from 0 to 4, not 5",
    "duplicate_records": "records one and two have the same id",
    "unknown_event": "listens to event 0xfff0",
    "unknown_service": 'needs the service "pawl.telepathy/1"',
    "init_fails": "x must be a prime, and 5 is too small",
    "refuses_restore": "refuses_restore could not handle restored",
    "crashes": "in quote, turn ",
    "hangs": "it did not come back within 5 s from: quote",
    "answers_errors": "answers_errors could not handle trade",
    "forgetful": "led to something else the second time",
    "reads_clock": "calls time: a plugin that reads a clock",
    "always_due": "timers are set so that they are always due",
    "several_faults": "option x: its default",
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_broken_plugin_is_refused_with_a_reason(name):
    done = pawl.pawl("plugins", "check", BROKEN / f"{name}.so", "--json")
    assert done.returncode == 5, done.stdout
    [one] = json.loads(done.stdout)["checked"]
    assert not one["ok"] and any(REFUSED[name] in fault for fault in one["faults"]), one["faults"]


def test_every_fault_is_told():
    [one] = json.loads(pawl.pawl("plugins", "check", BROKEN / "several_faults.so",
                                 "--json").stdout)["checked"]
    assert len(one["faults"]) == 3


@pytest.mark.parametrize("name", ["whole", "smaller_table", "records_one"])
def test_what_is_whole_passes(name):
    done = pawl.pawl("plugins", "check", BROKEN / f"{name}.so")
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith("ok") and "  tried " in done.stdout


def test_every_plugin_of_ours_passes():
    paths = sorted((BUILT / "plugins").glob("*.so"))
    done = pawl.pawl("plugins", "check", *paths, "--json", timeout=240)
    assert done.returncode == 0, done.stdout
    checked = {one["plugin"]: one for one in json.loads(done.stdout)["checked"]}
    assert {"paper", "linked", "template", "template_broker", "template_service"} <= set(checked)
    assert not any(one["faults"] + one["warnings"] for one in checked.values())
    assert checked["linked"]["tried"]["fills"] > 0
    assert checked["template"]["records"][0]["name"] == "range"


@pytest.mark.parametrize("seed", ["2", "3", "18446744073709551615"])
def test_other_events(seed):
    paths = [BUILT / "plugins" / f"{name}.so" for name in ("linked", "template_broker", "template")]
    done = pawl.pawl("plugins", "check", *paths, "--seed", seed, timeout=240)
    assert done.returncode == 0, done.stdout


def test_a_broker_that_does_not_say_what_it_answers(tmp_path):
    """Each `status` without the cookie of its query: what is unknown would stay so."""
    source = SOURCE / "plugins" / "template_broker"
    text = (source / "template_broker.c").read_text()
    said = "    event->cookie = broker->cookie;\n"
    assert said in text
    (tmp_path / "mute.c").write_text(text.replace(
        said, "    event->cookie = event->type == PAWL_EV_STATUS ? 0 : broker->cookie;\n"))
    library = tmp_path / "template_broker.so"
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-shared", "-fPIC",
                    "-fvisibility=hidden", f"-I{SOURCE / 'api'}", f"-I{source}", "-o", library,
                    tmp_path / "mute.c", source / "venue.c"], check=True)
    done = pawl.pawl("plugins", "check", library)
    assert done.returncode == 5, done.stdout
    assert "fault      template_broker answers a query without its cookie" in done.stdout


def test_what_it_needs_can_be_given():
    set_ = "plugins.linked.options.use_atr=true"
    linked = BUILT / "plugins" / "linked.so"
    assert pawl.pawl("plugins", "check", linked, "--set", set_).returncode == 0
    done = pawl.pawl("plugins", "check", linked, "--set", "plugins.linked.options.no_such=1")
    assert done.returncode == 5 and "no_such" in done.stdout


def test_files_that_are_no_plugins(tmp_path):
    (tmp_path / "text.so").write_text("not a library\n")
    (tmp_path / "empty.so").write_text("")
    (tmp_path / "folder.so").mkdir()
    whole = (BROKEN / "whole.so").read_bytes()
    (tmp_path / "whole.so").write_bytes(whole[:len(whole) // 2])
    (tmp_path / "name.txt").write_bytes(whole)
    for name in ("text.so", "empty.so", "folder.so", "whole.so", "name.txt", "nowhere.so"):
        done = pawl.pawl("plugins", "check", tmp_path / name)
        assert done.returncode == 5 and "  fault " in done.stdout, (name, done.stdout)


def test_damaged_tables_of_names_are_no_harm(tmp_path):
    """Of one that is refused for what it says: it is read and loaded, but not tried."""
    whole = (BROKEN / "wrong_name.so").read_bytes()
    sections, paths = int.from_bytes(whole[40:48], "little"), []
    for at in range(sections, len(whole), 61):
        bad = bytearray(whole)
        bad[at:at + 8] = b"\xff" * len(bad[at:at + 8])
        paths.append(tmp_path / str(at) / "wrong_name.so")
        paths[-1].parent.mkdir()
        paths[-1].write_bytes(bad)
    done = pawl.pawl("plugins", "check", *paths, "--json")
    assert done.returncode == 5, done.stderr
    checked = json.loads(done.stdout)["checked"]
    assert len(checked) == len(paths) > 20
    faults = [fault for one in checked for fault in one["faults"]]
    assert not [fault for fault in faults if "it died" in fault or "it ended" in fault], faults


def test_it_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pawl.pawl("plugins", "check", BUILT / "plugins" / "linked.so")
    pawl.pawl("plugins", "check", BROKEN / "crashes.so")
    pawl.pawl("plugins", "check", BROKEN / "whole.so")  # takes away what the crash left
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# ---- C++ ----

@pytest.mark.skipif(CLANG is None, reason="no compiler for C++ without its library")
def test_a_plugin_in_cpp(tmp_path):
    path = tmp_path / "cpp_plugin.so"
    source = SOURCE / "tests" / "plugins_broken" / "cpp_plugin.cc"
    subprocess.run([CLANG, "-x", "c++", "-std=c++20", "-fno-exceptions", "-fno-rtti", "-shared",
                    "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror",
                    "-Wno-missing-field-initializers", "-I", SOURCE / "api", "-o", path, source],
                   check=True)
    done = pawl.pawl("plugins", "check", path)
    assert done.returncode == 0, done.stdout


# ---- the wiring ----

def test_the_wiring_in_words_and_for_graphviz(tmp_path):
    config = base_config()
    config["plugins"].append({"name": "lots", "so": "template_service.so"})
    path = write_config(tmp_path, config)
    words = pawl.pawl("plugins", "-c", path, "--graph", "--format", "text").stdout
    assert re.search(r"^  lot\.closed +linked lots$", words, re.M)
    assert re.search(r"^  pawl\.files/1 +paper lots$", words, re.M)
    assert re.search(r"^  lots +service: looks on", words, re.M)
    dot = pawl.pawl("plugins", "-c", path, "--graph").stdout
    assert '"linked" -> executor [label="wants of lots"]' in dot
    assert '"lots" -> "data folder" [dir=both, label="pawl.files/1"]' in dot
    assert dot.count("{") == dot.count("}") == 1
    assert dot == pawl.pawl("plugins", "-c", path, "--graph", "--format", "dot").stdout
