"""Each lint finds what it is there for: violations planted in a throw-away tree. And the script
behind the README's commands keeps its manners."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import closing_line  # noqa: E402
import decisions  # noqa: E402
import exports  # noqa: E402
import headers  # noqa: E402
import layers  # noqa: E402
import links  # noqa: E402
import tidy  # noqa: E402
import tree  # noqa: E402


class Planted(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = self.folder.name

    def tearDown(self):
        self.folder.cleanup()

    def plant(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def expect(self, check, *expected):
        """The check finds exactly these: (file, line, part of the message)."""
        found = list(check(self.root))
        self.assertEqual([one[:2] for one in found], [one[:2] for one in expected], found)
        for one, wanted in zip(found, expected):
            self.assertIn(wanted[2], one[2])


class Tidy(Planted):
    def test_clean_file_passes(self):
        self.plant("host/book/a.c", "/* why */\nint a(int b) {\n    return b;\n}\n")
        self.expect(tidy.check)

    def test_tab_trailing_blank_wide_line_and_missing_newline(self):
        self.plant("host/base/a.c", "\tint a;\nint b; \n/* " + "x" * 100 + " */\nint c;")
        self.expect(tidy.check, ("host/base/a.c", 1, "a tab"), ("host/base/a.c", 2, "blanks"),
                    ("host/base/a.c", 3, "106 columns"), ("host/base/a.c", 4, "does not end"))

    def test_columns_are_characters_not_bytes_and_generated_files_are_free(self):
        self.plant("host/base/a.c", "/* " + "é" * 94 + " */\n")
        self.plant("host/base/a.gen.h", "/* " + "x" * 200 + " */\n")
        self.expect(tidy.check)

    def test_marker_of_unfinished_work(self):
        self.plant("docs/a.md", "see TO" + "DO list\n")
        self.plant("host/base/a.c", "/* FIX" + "ME */\nchar name[] = \"aXXXXXX\";\n")
        self.expect(tidy.check, ("docs/a.md", 1, "unfinished"),
                    ("host/base/a.c", 1, "unfinished"))

    def test_length_of_files_headers_and_functions(self):
        self.plant("host/base/a.c", "int a;\n" * 601)
        self.plant("host/base/a.h", "int a;\n" * 201)
        self.plant("host/base/b.c", "static int long_one(int a,\n    int b) {\n"
                   + "    a = b;\n" * 58 + "}\nint just(void) {\n" + "    go();\n" * 58 + "}\n")
        self.expect(tidy.check, ("host/base/a.c", 601, "601 lines"),
                    ("host/base/a.h", 201, "201 lines"), ("host/base/b.c", 1, "long_one() has 61"))

    def test_one_line_function_does_not_swallow_the_next(self):
        self.plant("host/base/a.h", "static inline int a(void) { return 1; }\n" + "int b;\n" * 70
                   + "static inline int c(void) {\n    return 2;\n}\n")
        self.expect(tidy.check)

    def test_typedef_of_struct_but_not_of_function(self):
        self.plant("host/base/a.h", "typedef struct a {\n    int b;\n} a_t;\n"
                   "typedef struct b b_t;\ntypedef const struct c *c_fn(void);\n"
                   "/* typedef struct d d_t; */\n")
        self.expect(tidy.check, ("host/base/a.h", 1, "typedef"), ("host/base/a.h", 4, "typedef"))

    def test_floating_point_only_where_orders_are_decided(self):
        text = "double a;\n/* a double */\nconst char *b = \"float\";\n"
        self.plant("host/exec/a.c", text)
        self.plant("plugins/x/a.c", text)
        self.plant("host/feed/a.c", text)
        self.expect(tidy.check, ("host/exec/a.c", 1, "double"), ("plugins/x/a.c", 1, "double"))

    def test_goto_backward(self):
        self.plant("host/base/a.c", "int a(int b) {\nagain:\n    if (b) goto done;\n"
                   "    goto again;\ndone:\n    return b;\n}\n")
        self.expect(tidy.check, ("host/base/a.c", 4, "backward"))

    def test_exceptions_excuse_need_a_reason_and_go_stale(self):
        self.plant("host/book/a.c", "double a;\n")
        self.plant("host/book/b.c", "double a;\n")
        self.plant(tidy.EXCEPTIONS, "# comment\nfloating-point host/book/a.c statistics only\n"
                   "floating-point host/book/b.c\ncolumns host/book/a.c once it was wide\n")
        self.expect(tidy.check, ("host/book/b.c", 1, "double"),
                    (tidy.EXCEPTIONS, 4, "excuses nothing"))


class Layers(Planted):
    def setUp(self):
        super().setUp()
        for name in ("api/pawl_types.h", "host/base/err.h", "host/store/store.h", "host/book/b.h",
                     "host/config/config.h", "plugins/one/one.h"):
            self.plant(name, "")

    def test_downward_own_folder_and_api_pass(self):
        self.plant("host/book/a.c", '#include "book/b.h"\n#include "b.h"\n#include "base/err.h"\n'
                   '#include "store/store.h"\n#include "pawl_types.h"\n#include <stdio.h>\n')
        self.plant("plugins/one/a.c", '#include "one.h"\n#include "pawl_types.h"\n')
        self.expect(layers.check)

    def test_upward_and_sideways(self):
        self.plant("host/base/a.c", '\n#include "book/b.h"\n')
        self.plant("host/store/a.c", '#include "config/config.h"\n')
        self.expect(layers.check, ("host/base/a.c", 2, "layer base may not include host/book/b.h"),
                    ("host/store/a.c", 1, "layer store"))

    def test_plugins_see_neither_host_nor_each_other_nor_the_clock(self):
        self.plant("plugins/two/a.c", '#include "../../host/base/err.h"\n#include "../one/one.h"\n'
                   "#include <time.h>\n#include <uv.h>\n")
        self.expect(layers.check, ("plugins/two/a.c", 1, "plugins/ may not include host/base"),
                    ("plugins/two/a.c", 2, "another plugin's"), ("plugins/two/a.c", 3, "<time.h>"),
                    ("plugins/two/a.c", 4, "<uv.h> belongs to"))

    def test_api_is_plain_c(self):
        self.plant("api/a.h", '#include "base/err.h"\n#include <unistd.h>\n')
        self.expect(layers.check, ("api/a.h", 1, "api/ may not include host/base/err.h"),
                    ("api/a.h", 2, "<unistd.h>"))

    def test_libraries_are_wrapped_in_one_place(self):
        self.plant("host/store/a.c", "#include <sqlite3.h>\n")
        self.plant("host/book/a.c", "#include <sqlite3.h>\n#include <zlib.h>\n")
        self.expect(layers.check, ("host/book/a.c", 1, "<sqlite3.h> belongs to host/store"),
                    ("host/book/a.c", 2, "on no list"))

    def test_missing_file(self):
        self.plant("host/book/a.c", '#include "nowhere.h"\n')
        self.expect(layers.check, ("host/book/a.c", 1, "no such file"))


class Links(Planted):
    def test_good_links(self):
        self.plant("docs/a.md", "# The Title, here\n[b](b.md) [up](../README.md#x-y)\n"
                   "[self](#the-title-here) [out](https://example.org/x) `[no](link.md)`\n"
                   "```\n[not](a-link.md)\n```\n")
        self.plant("docs/b.md", "")
        self.plant("README.md", "## X `y`\n")
        self.expect(links.check)

    def test_broken_links(self):
        self.plant("docs/a.md", "# A\n[b](b.md)\n[c](#c)\n[d](../../d.md)\n")
        self.expect(links.check, ("docs/a.md", 2, "leads nowhere"),
                    ("docs/a.md", 3, "no such heading"), ("docs/a.md", 4, "out of the tree"))


class Decisions(Planted):
    def test_in_order(self):
        self.plant("docs/decisions/0001-a.md", "# A\n")
        self.plant("docs/decisions/0002-b-c.md", "# B\n")
        self.expect(decisions.check)

    def test_gap_double_name_and_title(self):
        self.plant("docs/decisions/0001-a.md", "# A\n")
        self.plant("docs/decisions/0001-b.md", "# B\n")
        self.plant("docs/decisions/0003-c.md", "no title\n")
        self.plant("docs/decisions/4-d.md", "# D\n")
        self.expect(decisions.check, ("docs/decisions/0001-b.md", 1, "next number is 0002"),
                    ("docs/decisions/0003-c.md", 1, "next number is 0002"),
                    ("docs/decisions/0003-c.md", 1, "title"),
                    ("docs/decisions/4-d.md", 1, "is not named"))


class Exports(unittest.TestCase):
    GOOD = ("1: 00000000 0 FUNC    GLOBAL DEFAULT  UND malloc@GLIBC_2.2.5 (2)\n"
            "2: 00000000 0 NOTYPE  WEAK   DEFAULT  UND __gmon_start__\n"
            "3: 00001119 6 FUNC    GLOBAL DEFAULT   12 pawl_plugin_main\n"
            " 0x00000001 (NEEDED)             Shared library: [libc.so.6]\n")

    def messages(self, text):
        return [one[2] for one in exports.violations("x.so", text)]

    def test_exactly_one_symbol(self):
        self.assertEqual(self.messages(self.GOOD), [])
        self.assertIn("does not export", self.messages("")[0])
        helper = "4: 00001129 6 FUNC    GLOBAL DEFAULT   12 helper\n"
        self.assertEqual(len(self.messages(self.GOOD + helper)), 1)
        self.assertIn("exports helper", self.messages(self.GOOD + helper)[0])

    def test_nothing_but_the_c_library(self):
        needs = "4: 00000000 0 FUNC    GLOBAL DEFAULT  UND book_open\n"
        links = " 0x00000001 (NEEDED)             Shared library: [libuv.so.1]\n"
        self.assertIn("needs book_open", self.messages(self.GOOD + needs)[0])
        self.assertIn("links libuv.so.1", self.messages(self.GOOD + links)[0])


class Headers(Planted):
    def test_header_that_does_not_stand_alone_or_is_not_strict(self):
        clang = "/usr/bin/clang"
        if not os.path.exists(clang):
            self.skipTest("no clang")
        self.plant("api/good.h", "#ifndef GOOD_H\n#define GOOD_H\nstruct g { int a; };\n#endif\n")
        self.plant("api/bad.h", "#ifndef BAD_H\n#define BAD_H\nstruct bad { size_t a; };\n#endif\n")
        self.plant("api/new.h", "#ifndef NEW_H\n#define NEW_H\nstruct s { int new; };\n#endif\n")
        self.plant("api/gnu.h", "#ifndef GNU_H\n#define GNU_H\nstruct gnu {};\n#endif\n")
        found = {(name, said.split(":")[0]) for name, _, said in headers.check(self.root, clang)}
        self.assertEqual(found, {("api/bad.h", "as C11"), ("api/bad.h", "as C++17"),
                                 ("api/new.h", "as C++17"), ("api/gnu.h", "as C11")})


class ClosingLine(Planted):
    def close(self, results, *arguments):
        """-> the last line and the exit code for tests that ended with these results."""
        self.plant("test-asan.json", "".join(json.dumps(
            {"name": name, "result": result, "duration": 0.1, "stdout": "said\n" * 99}) + "\n"
            for name, result in results))
        done = subprocess.run([sys.executable, closing_line.__file__, "--folder", self.root,
                               *arguments, "asan"], capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines(), done.returncode

    def test_counts_and_exit_code(self):
        self.assertEqual(self.close([("a", "OK"), ("b", "SKIP")]),
                         (["1 passed, 0 failed, 1 skipped"], 0))
        self.assertEqual(self.close([("a", "SKIP")]), (["0 passed, 0 failed, 1 skipped"], 1))
        self.assertEqual(self.close([("a", "OK")], "--broken", " clang plain"),
                         (["1 passed, 2 failed, 0 skipped"], 1))

    def test_what_failed_is_shown_with_the_end_of_its_output(self):
        lines, code = self.close([("a", "OK"), ("b", "TIMEOUT"), ("c", "ERROR")])
        self.assertEqual((lines[-1], code), ("1 passed, 2 failed, 0 skipped", 1))
        self.assertIn("asan: b: TIMEOUT after 0.1 s", lines)
        self.assertEqual(lines.count("    said"), 2 * closing_line.TAIL_LINES)


class Dev(unittest.TestCase):
    def dev(self, *arguments):
        done = subprocess.run([os.path.join(TOP, "dev"), *arguments], cwd="/",
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_help_and_wrong_usage(self):
        code, out, err = self.dev("--help")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("usage: ./dev COMMAND", out)
        self.assertEqual(self.dev(), (2, "", out))
        code, out, err = self.dev("nonsense")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("'nonsense'", err)
        self.assertEqual(self.dev("fuzz", "soon")[0], 2)


class Tree(unittest.TestCase):
    def test_code_only_keeps_lines_and_columns(self):
        text = 'a /* " */ "/* b */" c // d\n\'"\' e /* f\n */ g\n'
        code = tree.code_only(text)
        self.assertEqual(len(code), len(text))
        self.assertEqual(code.split(), ["a", "c", "e", "g"])


if __name__ == "__main__":
    unittest.main(verbosity=0)
