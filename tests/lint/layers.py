"""Who may include whom.

api/ includes the C library and itself. host/ is a stack of layers: a file includes api/, its own
folder and the folders below it. plugins/<name>/ include api/, their own folder and those parts of
the C library that neither read a clock nor touch a file, socket or thread. A library's header is
included where that library is wrapped and nowhere else.
"""

import os
import re

import tree

# Layers from the bottom; folders on one line stand side by side and do not see each other.
LAYERS = (
    ("base",), ("events",), ("store", "config", "net"), ("bus", "trigger", "series"), ("book",),
    ("exec",), ("plugin",), ("feed", "rules"), ("run",), ("reload", "record"), ("control",),
    ("drive",), ("cli",),
)
LEVEL = {folder: level for level, row in enumerate(LAYERS) for folder in row}

# Folders, or single files. `pawl version` says which version of each library it was built with.
VERSION = "host/cli/cmd_version.c"
LIBRARIES = {
    "uv.h": ("host/net", "host/control", "host/drive", "host/cli"),
    "sqlite3.h": ("host/store", VERSION),
    "jansson.h": ("host/events", "host/config", "host/feed", "host/rules", "host/run",
                  "host/reload", "host/record", "host/control", "host/drive", "host/cli"),
    "archive.h": ("host/feed", VERSION),
    "archive_entry.h": ("host/feed",),
    "dlfcn.h": ("host/plugin",),
    **{f"openssl/{name}.h": ("host/net",) for name in "err evp hmac pem ssl x509v3".split()},
    **{name: ("host/net",) for name in ("netdb.h", "netinet/in.h", "netinet/tcp.h",
                                        "arpa/inet.h")},
    "elf.h": ("host/plugin",),
    "lua.h": ("host/rules", VERSION),
    "lauxlib.h": ("host/rules",),
    "lualib.h": ("host/rules",),
}

PURE = {f"{name}.h" for name in (
    "assert ctype errno inttypes limits stdalign stdarg stdbool stddef stdint stdio stdlib "
    "stdnoreturn string strings").split()}
SYSTEM = PURE | {f"{name}.h" for name in (
    "dirent endian fcntl fnmatch getopt glob libgen locale math poll pthread sched semaphore "
    "setjmp signal spawn stdatomic sysexits syslog termios time unistd wchar sys/eventfd "
    "sys/file sys/ioctl sys/mman sys/random sys/resource sys/socket sys/stat sys/statvfs "
    "sys/syscall sys/time sys/timex sys/types sys/uio sys/un sys/wait malloc execinfo").split()}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.M)


def resolve(root, name, header):
    """The file that a quoted include means, as a path from the root, or None."""
    for folder in (os.path.dirname(name), "host", "api"):
        path = os.path.normpath(os.path.join(folder, header))
        if os.path.isfile(os.path.join(root, path)):
            return path
    return None


def quoted(name, target):
    """Why `name` may not include the file `target`, or None."""
    top, folder = (name.split("/") + [""])[:2]
    target_top, target_folder = (target.split("/") + [""])[:2]
    if target_top == "api":
        return None
    if top != target_top:
        return f"{top}/ may not include {target}"
    if folder == target_folder:
        return None
    if top == "plugins":
        return f"plugin {folder} may not include another plugin's {target}"
    if folder not in LEVEL or target_folder not in LEVEL:
        return f"{folder} or {target_folder} is no known layer"
    if LEVEL[target_folder] >= LEVEL[folder]:
        return f"layer {folder} may not include {target}: it is not below"
    return None


def angle(name, header):
    """Why `name` may not include <header>, or None."""
    folder = "/".join(name.split("/")[:2])
    if header in LIBRARIES:
        if folder in LIBRARIES[header] or name in LIBRARIES[header]:
            return None
        return f"<{header}> belongs to {' '.join(LIBRARIES[header])}"
    if name.startswith("host/"):
        return None if header in SYSTEM else f"<{header}> is on no list in tests/lint/layers.py"
    return None if header in PURE else f"<{header}> may not be used in {folder}"


def check(root):
    for name in tree.files(root, ".c", ".h", folders=("api", "host", "plugins")):
        text = tree.read(root, name)
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            if match.group(2):
                reason = angle(name, match.group(2))
            else:
                target = resolve(root, name, match.group(1))
                reason = quoted(name, target) if target else f"no such file: {match.group(1)}"
            if reason:
                yield name, line, reason


if __name__ == "__main__":
    tree.main(check)
