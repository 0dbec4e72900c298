"""The house style that a machine can see; docs/style.md says why.

Every text file: no tab, no blank at the end of a line, no marker of unfinished work.
C, Lua, Python, sh: at most 100 columns. C: files of 600 lines, headers of 200, functions of 60;
no `typedef struct`, goto forward only, and no floating point type where orders are decided.
Generated files (*.gen.*) are measured by their generator's test only.
"""

import re

import tree

COLUMNS_MAX = 100
FILE_LINES_MAX = 600
HEADER_LINES_MAX = 200
FUNCTION_LINES_MAX = 60
EXACT_FOLDERS = ("host/book/", "host/exec/", "host/trigger/", "plugins/")
EXCEPTIONS = "tests/lint/exceptions.txt"
RULES = {"file-length", "function-length", "floating-point", "columns"}

TEXT = (".c", ".h", ".lua", ".py", ".sh", ".md", ".json", ".jsonl", ".build", ".txt", ".yml",
        "/dev", ".ci/run")
CODE = (".c", ".h", ".lua", ".py", ".sh", "/dev", ".ci/run")
MARKERS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
TYPEDEF = re.compile(r"\btypedef\s+(?:struct|union)\s*\w*\s*\{|\btypedef\s+(?:struct|union)\s+\w+"
                     r"\s+\w+\s*;")
FLOATING = re.compile(r"\b(?:float|double|long\s+double|_Complex|strtod|atof)\b")
SIGNATURE = re.compile(r"^[A-Za-z_][^;{}=]*?\b(\w+)\s*\([^;{}]*\)\s*\{[^\n]*$", re.M)
LABEL = re.compile(r"^\s*(\w+)\s*:(?!:)", re.M)
GOTO = re.compile(r"\bgoto\s+(\w+)\s*;")
NO_LABELS = {"default", "case", "public"}


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def is_kind(name, suffixes):
    return ("/" + name).endswith(suffixes)


def lines(name, text, exceptions):
    wide_allowed = ".gen." in name or not is_kind(name, CODE)
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line:
            yield name, number, "a tab"
        if line != line.rstrip() and not name.endswith((".json", ".jsonl")):
            yield name, number, "blanks at the end of the line"
        if len(line) > COLUMNS_MAX and not wide_allowed:
            if not exceptions.excuse("columns", name):
                yield name, number, f"{len(line)} columns, at most {COLUMNS_MAX}"
        if MARKERS.search(line):
            yield name, number, "a marker of unfinished work"


def functions(code):
    """(name, first line, last line, body) of each function; its end is a brace in column 1."""
    at = 0
    while match := SIGNATURE.search(code, at):
        one_line = match.group().rstrip().endswith("}")
        end = match.end() if one_line else code.find("\n}", match.end())
        if end < 0:
            return
        first = line_of(code, match.start())
        yield match.group(1), first, line_of(code, end) + (not one_line), code[match.start():end]
        at = end + 1


def c_file(name, text, exceptions):
    code = tree.code_only(text)
    limit = HEADER_LINES_MAX if name.endswith(".h") else FILE_LINES_MAX
    count = text.count("\n")
    if count > limit and not exceptions.excuse("file-length", name):
        yield name, count, f"{count} lines, at most {limit}"
    for match in TYPEDEF.finditer(code):
        yield name, line_of(code, match.start()), "a typedef of a struct"
    if name.startswith(EXACT_FOLDERS):
        for match in FLOATING.finditer(code):
            if not exceptions.excuse("floating-point", name):
                yield name, line_of(code, match.start()), f"floating point: {match.group()}"
    for function, first, last, body in functions(code):
        length = last - first + 1
        if length > FUNCTION_LINES_MAX:
            if not exceptions.excuse("function-length", f"{name}:{function}"):
                yield (name, first,
                       f"{function}() has {length} lines, at most {FUNCTION_LINES_MAX}")
        labels = {match.group(1): match.start() for match in LABEL.finditer(body)
                  if match.group(1) not in NO_LABELS}
        for match in GOTO.finditer(body):
            if labels.get(match.group(1), len(body)) < match.start():
                yield name, first + body.count("\n", 0, match.start()), "goto goes backward"


def check(root):
    exceptions = tree.Exceptions(root, EXCEPTIONS)
    for name in tree.files(root):
        if not is_kind(name, TEXT):
            continue
        text = tree.read(root, name)
        yield from lines(name, text, exceptions)
        if text and not text.endswith("\n"):
            yield name, text.count("\n") + 1, "the last line does not end"
        if name.endswith((".c", ".h")) and ".gen." not in name:
            yield from c_file(name, text, exceptions)
    yield from exceptions.violations(RULES)


if __name__ == "__main__":
    tree.main(check)
