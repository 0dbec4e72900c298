"""Each plugin exports exactly one symbol and asks for none of another's.

    exports.py NM PLUGIN.so...
"""

import os
import subprocess
import sys

import tree

ENTRY = "pawl_plugin_main"
# What a linker or a sanitizer puts into every shared object.
TOOLCHAIN = ("_init", "_fini", "_edata", "_end", "__bss_start", "__asan_", "__odr_asan", "__ubsan_")
# The rest of what a plugin needs comes from the C library, whose names are versioned.
WEAK_OR_TOOLCHAIN = ("__asan_", "__ubsan_", "__cxa_finalize", "__gmon_start__", "_ITM_", "__gcov_",
                     "__sanitizer_", "__stack_chk_fail")


def symbols(nm, path, which):
    lines = subprocess.run([nm, "-D", "--format=posix", which, path], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in lines]


def violations(name, defined, undefined):
    own = [symbol for symbol in defined if not symbol.startswith(TOOLCHAIN)]
    if ENTRY not in own:
        yield name, 0, f"does not export {ENTRY}"
    for symbol in own:
        if symbol != ENTRY:
            yield name, 0, f"exports {symbol}; only {ENTRY} is allowed"
    for symbol in undefined:
        if "@" not in symbol and not symbol.startswith(WEAK_OR_TOOLCHAIN):
            yield name, 0, f"needs {symbol}, which is not of the C library"


def check(nm, paths):
    for path in paths:
        yield from violations(os.path.basename(path), symbols(nm, path, "--defined-only"),
                              symbols(nm, path, "--undefined-only"))


if __name__ == "__main__":
    sys.exit(tree.report(check(sys.argv[1], sys.argv[2:])))
