"""What ./dev test prints at the end: each failed test with the end of its output, then the line

    N passed, N failed, N skipped

counted from the testlog.json that `meson test` left in build/test-NAME.json for each NAME. A build
that could not be made or run at all (--broken) counts as one failure.
"""

import argparse
import json
import sys

TAIL_LINES = 40
PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


def read_log(path):
    """One object a line, one line a test."""
    with open(path, encoding="utf-8", errors="replace") as log:
        return [json.loads(line) for line in log if line.strip()]


def tail(text):
    lines = (text or "").rstrip().splitlines()
    return "\n".join("    " + line for line in lines[-TAIL_LINES:])


def count(tests):
    """-> passed, failed, skipped; anything that is neither passed nor skipped has failed."""
    passed = sum(test["result"] in PASSED for test in tests)
    skipped = sum(test["result"] in SKIPPED for test in tests)
    return passed, len(tests) - passed - skipped, skipped


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="build")
    parser.add_argument("--broken", default="")
    parser.add_argument("--note", default="", help="a line for when something failed")
    parser.add_argument("builds", nargs="*")
    arguments = parser.parse_args()
    total = [0, len(arguments.broken.split()), 0]
    for build in arguments.builds:
        tests = read_log(f"{arguments.folder}/test-{build}.json")
        for test in tests:
            if test["result"] in PASSED | SKIPPED:
                continue
            print(f"\n{build}: {test['name']}: {test['result']} after {test['duration']:.1f} s")
            for stream in ("stdout", "stderr"):
                if test.get(stream):
                    print(tail(test[stream]))
        total = [a + b for a, b in zip(total, count(tests))]
    if total[1] and arguments.note:
        print(f"\n{arguments.note}")
    print("{} passed, {} failed, {} skipped".format(*total))
    return 0 if total[1] == 0 and total[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
