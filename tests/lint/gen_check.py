"""The schema's generator: what it writes is in the tree, and what it must refuse it refuses.

usage: gen_check.py ROOT LUA [COMPILER]
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT, LUA, COMPILER = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
GENERATOR = os.path.join(ROOT, "api/schema/gen.lua")
LOCK = "api/schema/schema.lock"

SCHEMA = """
enum "colour" { "A colour.", { "red", 1 }, { "green", 2 } }
event "ping" { id = 0x0101, dir = "in", doc = "A ping.",
  { "instrument", "instrument", "Which." }, { "hue", "colour", "Which." },
  { "price", "price", "Price." }, { "class", "str16", "A keyword." } }
event "pong_a" { id = 0x0601, dir = "state", name = "pong.a", struct = "pong", doc = "First.",
  { "lot", "u64", "Lot." } }
event "pong_b" { id = 0x0602, dir = "state", name = "pong.b", struct = "pong", doc = "Second.",
  { "lot", "u64", "Lot." } }
record "thing" { id = 1, class = "durable", table = "things", doc = "A thing.",
  { "id", "u64", "The key." }, { "name", "str32", "Its name." }, { "size", "qty", "How much." } }
"""
PLUGIN = """
record "note" { id = 0x101, class = "session", table = "notes", owner = "toy", doc = "A note.",
  { "id", "u64", "The key." }, { "hue", "colour", "Its colour." } }
"""


class Generated(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        for name in ("api/schema", "host/events", "docs/reference", "plugins/toy", "plugins/bare",
                     "scripts/stubs"):
            os.makedirs(os.path.join(self.folder.name, name))
        self.write("api/schema/schema.lua", SCHEMA)
        self.write("plugins/toy/schema.lua", PLUGIN)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        with open(os.path.join(self.folder.name, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.folder.name, name), encoding="utf-8") as file:
            return file.read()

    def run_generator(self, *arguments):
        return subprocess.run([LUA, GENERATOR, "--root", self.folder.name, *arguments],
                              capture_output=True, text=True, check=False)

    def writes(self, *arguments):
        ran = self.run_generator(*arguments)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        return ran.stdout.split()

    def change(self, old, new, name="api/schema/schema.lua"):
        text = self.read(name)
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def refuses(self, message, *arguments):
        before = self.read(LOCK) if os.path.exists(os.path.join(self.folder.name, LOCK)) else None
        ran = self.run_generator(*arguments)
        self.assertEqual(ran.returncode, 1, ran.stdout)
        self.assertIn(message, ran.stderr)
        if before is not None:
            self.assertEqual(self.read(LOCK), before)

    def test_twice_is_once(self):
        self.assertEqual(len(self.writes()), 11)
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.run_generator("--check").returncode, 0)

    def test_check_names_what_is_stale_and_writes_nothing(self):
        self.writes()
        self.change("A ping.", "A louder ping.")
        self.write("docs/reference/records.md", "by hand\n")
        ran = self.run_generator("--check")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("api/pawl_schema.gen.h is stale", ran.stderr)
        self.assertIn("docs/reference/records.md is stale", ran.stderr)
        self.assertNotIn("schema.lock", ran.stderr)
        self.assertEqual(self.read("docs/reference/records.md"), "by hand\n")

    def test_what_is_written(self):
        self.writes()
        header = self.read("api/pawl_schema.gen.h")
        for line in ("PAWL_COLOUR_GREEN = 2,", "PAWL_EV_PING = 0x0101,", "char class_[16];",
                     "uint8_t pad_0[3];", "PAWL_REC_THING = 1,", "struct pawl_ev_pong {"):
            self.assertIn(line, header)
        self.assertNotIn("struct pawl_ev_pong_a", header)
        schema = json.loads(self.read("api/schema/schema.json"))
        ping = schema["events"][0]
        self.assertEqual([field["offset"] for field in ping["fields"]], [48, 52, 56, 64])
        self.assertEqual(ping["size"], 80)
        sql = self.read("docs/reference/schema.sql")
        self.assertIn('"size" INTEGER NOT NULL, -- qty x 1e-8', sql)
        self.assertNotIn("notes", sql)
        self.assertIn("toy_records[]", self.read("plugins/toy/toy_schema.gen.h"))
        self.assertIn("event ping 257 80 instrument:instrument@48", self.read(LOCK))
        self.assertIn("record toy.note 257 16 id:u64@0 hue:colour@8", self.read(LOCK))

    def test_what_is_rare_is_apart_and_only_in_the_host(self):
        self.writes()
        self.assertNotIn("thing", self.read("host/events/rare.gen.h"))
        self.change('"Its name." }', '"Its name.", rare = true }')
        self.assertEqual(self.writes(), ["host/events/rare.gen.h"])
        rare = self.read("host/events/rare.gen.h")
        self.assertIn("struct pawl_rare_thing {\n    char name[32];", rare)
        self.assertIn("memcpy(ret->name, rare->name, sizeof ret->name);", rare)
        self.assertIn("ret->size = common->size;", rare)
        self.change('"Its colour." }', '"Its colour.", rare = true }', "plugins/toy/schema.lua")
        self.refuses("record note.hue: rare is for the host's records")

    def test_a_part_is_read_where_it_is_named(self):
        self.writes()
        head, records = SCHEMA.split('record "thing"')
        self.write("api/schema/schema.lua", head + 'part "records"\n')
        self.write("api/schema/records.lua", 'record "thing"' + records)
        self.assertEqual(self.writes(), [])
        self.write("plugins/toy/schema.lua", 'part "records"\n')
        self.refuses("'part'")
        self.write("api/schema/schema.lua", head + 'part "lost"\n')
        self.refuses("api/schema/lost.lua")

    def test_an_appended_field_needs_minor(self):
        self.writes()
        self.change('"A keyword." }', '"A keyword." }, { "more", "u32", "More." }')
        self.refuses("event ping: more:u32@80 is new; say --minor")
        self.refuses("event ping: more:u32@80 is new; say --minor", "--check")
        self.assertIn(LOCK, self.writes("--minor"))
        self.assertEqual(self.writes(), [])

    def test_an_appended_enum_value_needs_minor_and_a_new_event_nothing(self):
        self.writes()
        self.change('{ "green", 2 }', '{ "green", 2 }, { "blue", 3 }')
        self.refuses("enum colour: blue=3 is new; say --minor")
        self.writes("--minor")
        self.change('record "thing"', 'event "pang" { id = 0x0603, dir = "state", doc = "New.",\n'
                    '  { "lot", "u64", "Lot." } }\nrecord "thing"')
        self.writes()

    def test_what_moves_changes_or_goes_needs_major(self):
        cases = ((('{ "hue", "colour", "Which." },', ""), "event ping: hue:colour@52 became price"),
                 (('{ "price", "price"', '{ "price", "qty"'), "price:price@56 became price:qty@56"),
                 (('{ "hue", "colour"', '{ "tint", "colour"'), "hue:colour@52 became tint"),
                 (("id = 0x0101", "id = 0x0102"), "event ping: id 257 became 258"),
                 (('{ "red", 1 }, { "green", 2 }', '{ "red", 2 }, { "green", 1 }'),
                  "enum colour: red=1 became red=2"),
                 (('name = "pong.b"', 'name = "pong.c"'), "event pong.b is gone"))
        for (old, new), message in cases:
            with self.subTest(message):
                self.write("api/schema/schema.lua", SCHEMA)
                self.writes("--major")
                self.change(old, new)
                self.refuses(message)
                self.refuses(message, "--minor")
                self.writes("--major")

    def test_what_makes_no_sense_is_refused(self):
        ping = 'event "ping" { id = 0x0101'
        cases = ((('"price", "price"', '"price", "float"'), "event ping.price: unknown type float"),
                 (('"str16"', '"str15"'), "event ping.class: unknown type str15"),
                 (("id = 0x0602", "id = 0x0101"), "id 0x0101 is that of ping"),
                 (('name = "pong.b"', 'name = "pong.a"'), "event pong_b: the name is taken"),
                 (('struct = "pong", doc = "Second.",\n  { "lot", "u64"',
                   'struct = "pong", doc = "Second.",\n  { "lot", "u32"'), "differs from pong_a's"),
                 (('dir = "in"', 'dir = "out"'), "event ping: unknown dir out"),
                 (('doc = "A ping."', 'doc = "A ping"'), "does not end with a full stop"),
                 (('{ "hue", "colour"', '{ "price", "colour"'),
                  "event ping.price: the name is taken"),
                 (('{ "hue", "colour"', '{ "cause", "colour"'), "is a key of every event"),
                 (('{ "name", "str32"', '{ "name", "text"'), "text is for events only"),
                 (('{ "id", "u64", "The key." }, ', ""), "its first field is its key, a u64"),
                 (("{ \"green\", 2 }", "{ \"green\", 1 }"), "green = 1 is there twice"),
                 (("{ \"green\", 2 }", "{ \"green\", 256 }"), "green is not within 1 .. 255"),
                 (("id = 1,", "id = 0x100,"), "ids below 0x100 are the host's"),
                 ((ping, "nonsense()\n" + ping), "nonsense"))
        for (old, new), message in cases:
            with self.subTest(message):
                self.write("api/schema/schema.lua", SCHEMA)
                self.change(old, new)
                self.refuses(message)
        self.write("api/schema/schema.lua", SCHEMA)
        self.change('owner = "toy"', 'owner = "other"', "plugins/toy/schema.lua")
        self.refuses("record note: its owner is not toy")

    @unittest.skipUnless(COMPILER, "no compiler")
    def test_no_padding_is_hidden(self):
        self.writes()
        for root in (self.folder.name, ROOT):
            source = os.path.join(self.folder.name, "a.c")
            with open(source, "w", encoding="utf-8") as file:
                file.write('#include "pawl_schema.gen.h"\n')
            command = [COMPILER, "-std=c11", "-Wpadded", "-Wall", "-Werror", "-fsyntax-only"]
            folders = ["-I", os.path.join(root, "api"), "-I", os.path.join(ROOT, "api")]
            ran = subprocess.run([*command, *folders, source], capture_output=True, text=True,
                                 check=False)
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))


class Tree(unittest.TestCase):
    def test_what_is_checked_in_is_what_the_schema_says(self):
        ran = subprocess.run([LUA, GENERATOR, "--root", ROOT, "--check"], capture_output=True,
                             text=True, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
