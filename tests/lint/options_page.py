"""docs/reference/options.md: the options of every plugin that comes with pawl, as built.

    options_page.py PAWL ROOT [--write]    without --write the page is compared
"""

import json
import os
import subprocess
import sys

PAGE = "docs/reference/options.md"
HEAD = """# Options of the plugins

Generated from the plugins themselves by `tests/lint/options_page.py`; do not edit. `pawl plugins`
prints the same of any plugin, `pawl check` tells what is wrong with a value.
"""


def plugins(pawl):
    done = subprocess.run([pawl, "plugins", "--json"], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    if found["refused"]:
        sys.exit("\n".join(found["refused"]))
    return sorted(found["plugins"], key=lambda one: one["plugin"])


def cell(text):
    return text.replace("|", " \\| ")


def page(found):
    lines = [HEAD]
    for one in found:
        lines.append(f"## {one['plugin']}\n")
        lines.append(f"A {one['kind']}; [more](../../plugins/{one['plugin']}/README.md).\n")
        if not one["options"]:
            lines.append("It has none.\n")
            continue
        lines += ["| option | values | default | |", "|---|---|---|---|"]
        for option in one["options"]:
            default = f"`{option['default']}`" if option["default"] else "empty"
            lines.append(f"| `{option['name']}` | {cell(option['values'])} | {default} | "
                         f"{cell(option['doc'])} |")
        lines.append("")
    return "\n".join(lines)


def main():
    pawl, root = sys.argv[1:3]
    path = os.path.join(root, PAGE)
    # Examples are built for tests only: what is installed is what has a page.
    wanted = page([one for one in plugins(pawl) if not one["plugin"].startswith("template")])
    if "--write" in sys.argv[3:]:
        with open(path, "w", encoding="utf-8") as file:
            file.write(wanted)
        return
    with open(path, encoding="utf-8") as file:
        if file.read() != wanted:
            sys.exit(f"{PAGE}:1: is stale; python3 tests/lint/options_page.py build/pawl . --write")


if __name__ == "__main__":
    main()
