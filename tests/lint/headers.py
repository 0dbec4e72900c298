"""Each header of api/ stands on its own, as strict C11 and as C++17.

    headers.py ROOT CLANG
"""

import os
import subprocess
import sys

import tree

WARNINGS = ["-Wall", "-Wextra", "-pedantic-errors", "-Werror", "-fsyntax-only"]
LANGUAGES = {"C11": ["-x", "c", "-std=c11"], "C++17": ["-x", "c++", "-std=c++17"]}


def compile_header(clang, folder, header, language):
    """What the compiler says, or nothing."""
    command = [clang, *LANGUAGES[language], *WARNINGS, "-I", folder, "-"]
    text = f'#include "{header}"\n#include "{header}"\nextern int end_of_unit;\n'
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def check(root, clang):
    folder = os.path.join(root, "api")
    for name in tree.files(root, ".h", folders=("api",)):
        for language in LANGUAGES:
            said = compile_header(clang, folder, os.path.relpath(name, "api"), language)
            if said:
                yield name, 1, f"as {language}:\n{said}"


if __name__ == "__main__":
    sys.exit(tree.report(check(sys.argv[1], sys.argv[2])))
