"""What README.md shows is what the program says, in that order."""

from pawl import DEMO, SOURCE, pawl


def shown():
    text = (SOURCE / "README.md").read_text()
    blocks = text.split("```")[1::2]
    return [line for block in blocks for line in block.strip("\n").splitlines() if line != "..."]


def test_what_the_readme_shows_of_the_demonstration_is_so():
    done = pawl("run", "-c", DEMO, "--until-end")
    assert done.returncode == 0
    lines = iter(done.stdout.splitlines())
    missing = [line for line in shown() if line not in lines]
    assert shown() and missing == []


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
