"""What every lint here shares: the files of the tree, and how violations are reported.

A lint is a program that takes the root of the tree, prints one line `FILE:LINE: message` for each
violation and exits with 1 if there was any. It reads files only: no version control, no network.
"""

import os
import re
import sys

FOLDERS = ("api", "host", "plugins", "scripts", "config", "tests", "docs", ".ci")
SKIPPED_FOLDERS = {"__pycache__", ".pytest_cache", ".hypothesis"}


def files(root, *suffixes, folders=FOLDERS):
    """Paths relative to root, sorted; of the top level only files, of the rest only `folders`."""
    found = [name for name in os.listdir(root) if os.path.isfile(os.path.join(root, name))]
    for folder in folders:
        for path, names, leaves in os.walk(os.path.join(root, folder)):
            names[:] = [name for name in names if name not in SKIPPED_FOLDERS]
            found += [os.path.relpath(os.path.join(path, leaf), root) for leaf in leaves]
    return sorted(name for name in found if not suffixes or name.endswith(suffixes))


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_only(text):
    """C text with comments and literals blanked out; lines and columns stay where they are."""
    return _TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


class Exceptions:
    """The list of deliberate exceptions: `RULE SUBJECT REASON...` a line, `#` starts a comment.

    SUBJECT is a path, or path:function. One that no longer excuses anything is itself a violation.
    """

    def __init__(self, root, name):
        self.name = name
        self.unused = {}
        if not os.path.exists(os.path.join(root, name)):
            return
        for number, line in enumerate(read(root, name).splitlines(), 1):
            words = line.split(None, 2)
            if words and not line.startswith("#"):
                self.unused[tuple(words[:2])] = number if len(words) == 3 else -number
        self.known = dict(self.unused)

    def excuse(self, rule, subject):
        self.unused.pop((rule, subject), None)
        return getattr(self, "known", {}).get((rule, subject), 0) > 0

    def violations(self, rules):
        for (rule, subject), number in self.unused.items():
            if rule in rules:
                what = "has no reason" if number < 0 else "excuses nothing any more"
                yield self.name, abs(number), f"the exception '{rule} {subject}' {what}"


def report(violations):
    """Print them; the exit code."""
    count = 0
    for name, line, message in violations:
        print(f"{name}:{line}: {message}")
        count += 1
    return 1 if count else 0


def main(check):
    """Run check(root) -> violations for the root named on the command line."""
    sys.exit(report(check(sys.argv[1] if len(sys.argv) > 1 else ".")))
