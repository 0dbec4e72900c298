"""docs/decisions/NNNN-title.md are numbered from 0001 without gaps or doubles and have a title."""

import os
import re

import tree

FOLDER = "docs/decisions"
NAME = re.compile(r"^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md$")


def check(root):
    path = os.path.join(root, FOLDER)
    names = sorted(os.listdir(path)) if os.path.isdir(path) else []
    expected = 1
    for name in names:
        if name == "README.md":
            continue
        match = NAME.match(name)
        if not match:
            yield f"{FOLDER}/{name}", 1, "is not named NNNN-lower-case-title.md"
            continue
        if int(match.group(1)) != expected:
            yield f"{FOLDER}/{name}", 1, f"the next number is {expected:04}"
        expected = int(match.group(1)) + 1
        if not re.match(r"# \S", tree.read(root, f"{FOLDER}/{name}")):
            yield f"{FOLDER}/{name}", 1, "does not begin with a title"


if __name__ == "__main__":
    tree.main(check)
