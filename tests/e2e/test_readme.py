"""What README.md and the pages of the plugins show is what the program says, in that order."""

import json
import shlex

import pytest

from pawl import DEMO, SOURCE, pawl

PAGES = sorted(SOURCE.glob("plugins/*/README.md"))
STATES = {"pyramid": ("chain_status", "chain_order_status"), "rstop": ("rstop_stage",),
          "tranche": ("tranche_status",)}


def blocks(page):
    return [block.strip("\n").splitlines() for block in page.read_text().split("```")[1::2]]


def missing(shown, stdout):
    lines = iter(stdout.splitlines())
    return [line for line in shown if line != "..." and line not in lines]


def test_what_the_readme_shows_of_the_demonstration_is_so():
    done = pawl("run", "-c", DEMO, "--until-end")
    assert done.returncode == 0
    shown = [line for block in blocks(SOURCE / "README.md") for line in block]
    assert shown and missing(shown, done.stdout) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_worked_example_of_a_plugin_is_so(page):
    for command, *shown in blocks(page):
        if command.startswith("$ build/pawl "):
            done = pawl(*shlex.split(command)[2:], cwd=SOURCE)
            assert done.returncode == 0, done.stderr
            assert shown and missing(shown, done.stdout) == []


@pytest.mark.parametrize("plugin", STATES)
def test_the_picture_of_a_component_has_each_of_its_states(plugin):
    enums = json.loads((SOURCE / "api/schema/schema.json").read_text())["enums"]
    drawn = ["\n".join(block) for block in blocks(SOURCE / "plugins" / plugin / "README.md")]
    words = {word for picture in drawn if "▼" in picture for word in picture.split()}
    for enum in enums:
        if enum["name"] in STATES[plugin]:
            assert enum["values"].keys() <= words


def test_the_commands_of_the_readme_exist():
    words = [line.split() for line in (SOURCE / "README.md").read_text().splitlines()
             if line.startswith("    build/pawl ")]
    known = pawl("--help").stdout
    assert words
    for line in words:
        assert f"\n  {line[1]} " in known
        told = pawl(line[1], "--help").stdout
        for option in (word for word in line if word.startswith("--")):
            assert option in told
