"""Each plugin exports exactly one symbol, links the C library only and needs nothing of the host.

    exports.py READELF PLUGIN.so...
"""

import os
import re
import subprocess
import sys

import tree

ENTRY = "pawl_plugin_main"
# What a linker or a sanitizer puts into every shared object, and from where.
TOOLCHAIN = ("_init", "_fini", "_edata", "_end", "__bss_start", "__asan_", "__odr_asan", "__ubsan_")
LIBRARIES = ("libc.so.", "ld-linux", "libasan.so.", "libubsan.so.", "libgcc_s.so.")
SYMBOL = re.compile(r"^\s*\d+: \S+\s+\d+ \w+\s+(GLOBAL|WEAK)\s+\w+\s+(\w+) (\S+)", re.M)
NEEDED = re.compile(r"\(NEEDED\).*\[(\S+)\]")


def violations(name, text):
    """What is wrong with the plugin of which `readelf` says `text`."""
    symbols = SYMBOL.findall(text)
    exported = [symbol for _, section, symbol in symbols
                if section != "UND" and not symbol.startswith(TOOLCHAIN)]
    if ENTRY not in exported:
        yield name, 0, f"does not export {ENTRY}"
    for symbol in exported:
        if symbol != ENTRY:
            yield name, 0, f"exports {symbol}; only {ENTRY} is allowed"
    libraries = NEEDED.findall(text)
    for library in libraries:
        if not library.startswith(LIBRARIES):
            yield name, 0, f"links {library}"
    # Names of the C library carry its version, unless a sanitizer has taken them over.
    if any(library.startswith("libasan") for library in libraries):
        return
    for binding, section, symbol in symbols:
        if section == "UND" and binding == "GLOBAL" and "@" not in symbol:
            yield name, 0, f"needs {symbol}, which is not of the C library"


def check(readelf, paths):
    for path in paths:
        text = subprocess.run([readelf, "--wide", "--dyn-syms", "--dynamic", path], check=True,
                              capture_output=True, text=True).stdout
        yield from violations(os.path.basename(path), text)


if __name__ == "__main__":
    sys.exit(tree.report(check(sys.argv[1], sys.argv[2:])))
