#!/usr/bin/python3
"""Compare the instructions that small operations take with the checked-in table.

usage: count_guard.py BENCH TABLE BUILD [--update]

Counts come from callgrind, so they do not depend on how busy the machine is, but they do on the
compiler: BUILD ("gcc 12 x86_64 -O2") must be what the table was made with. More than TOLERANCE
above the table fails; --update writes the table anew. Exit 77 = skipped.
"""
import re
import shutil
import subprocess
import sys
import tempfile

TOLERANCE = 0.10
SKIPPED = 77
TIMEOUT_SECONDS = 120


def instructions(bench, name, ops):
    """Instructions of one operation."""
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/out"
        subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no",
             "--toggle-collect=bench_counted", "--callgrind-out-file=" + out,
             bench, "--once", str(ops), name],
            check=True, timeout=TIMEOUT_SECONDS, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        with open(out, encoding="utf-8") as file:
            found = re.search(r"^(?:totals|summary): (\d+)", file.read(), re.MULTILINE)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{name}: callgrind counted nothing")
    return int(found[1]) / ops


def read(table):
    """The build of the table and its rows (name, ops, instructions)."""
    build, rows = "", []
    with open(table, encoding="utf-8") as file:
        for line in file:
            if line.startswith("build "):
                build = line[len("build "):].strip()
            elif line.strip() and not line.startswith("#"):
                name, ops, count = line.split()
                rows.append((name, int(ops), float(count)))
    return build, rows


def update(table, build, counts):
    """Write the new numbers, leaving comments and order alone."""
    with open(table, encoding="utf-8") as file:
        lines = file.readlines()
    with open(table, "w", encoding="utf-8") as file:
        for line in lines:
            if line.startswith("build "):
                line = f"build {build}\n"
            elif line.strip() and not line.startswith("#"):
                name, ops, _ = line.split()
                line = f"{name} {ops} {counts[name]:.1f}\n"
            file.write(line)


def main(arguments):
    """Returns the exit code."""
    writes = "--update" in arguments
    bench, table, build = [a for a in arguments if a != "--update"]
    made_with, rows = read(table)
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return SKIPPED
    if build != made_with and not writes:
        print(f"skipped: the table is of {made_with}, this is {build}")
        return SKIPPED
    worse, counts = [], {}
    for name, ops, expected in rows:
        counts[name] = instructions(bench, name, ops)
        ratio = counts[name] / expected if expected else 1
        note = ""
        if ratio > 1 + TOLERANCE:
            note = "  MORE"
            worse.append(name)
        elif ratio < 1 - TOLERANCE:
            note = "  fewer: --update makes it the new measure"
        print(f"{name:24} {counts[name]:10.1f} instructions, table {expected:10.1f}{note}")
    if writes:
        update(table, build, counts)
        return 0
    if worse:
        print(f"{table}: more instructions than before: {', '.join(worse)}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
