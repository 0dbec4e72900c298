/* The sandbox: what is not there, what ends, and what is the same in every run. No test here looks
 * at a clock but to say that an attack has ended at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rules/sandbox.h"

#define STEPS 50000
#define ENDED_SECONDS_MAX 5.0 /* on the slowest machine, with sanitizers */

static struct sandbox *box;

static int start(void **state) {
    (void)state;
    return sandbox_new(NULL, &box, NULL);
}
static int stop(void **state) {
    (void)state;
    sandbox_free(box);
    return 0;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What `text` returns as text, or its error. */
static int run_text(const char *text, char out[256]) {
    int rc = sandbox_load(box, "=t.lua", text, strlen(text));
    if (rc == PAWL_OK) rc = sandbox_call(box, 0, 1, STEPS, SANDBOX_TAKE_MAX);
    const char *said = lua_tostring(box->lua, -1);
    snprintf(out, 256, "%s", said != NULL ? said : lua_typename(box->lua, lua_type(box->lua, -1)));
    lua_settop(box->lua, 0);
    return rc;
}

static void gives(const char *text, const char *expected) {
    char out[256];
    int rc = run_text(text, out);
    if (rc != PAWL_OK || strcmp(out, expected) != 0)
        fail_msg("%s\n gave %s, not %s", text, out, expected);
}

static void fails(const char *text, const char *expected) {
    char out[256];
    int rc = run_text(text, out);
    if (rc == PAWL_OK || strstr(out, expected) == NULL)
        fail_msg("%s\n gave %d %s, not an error with \"%s\"", text, rc, out, expected);
}

/* It ends, with an error, and the state is good for the next call. */
static void ends(const char *text) {
    char out[256];
    double before = now();
    int rc = run_text(text, out);
    double seconds = now() - before;
    if (rc == PAWL_OK) fail_msg("%s\n was not stopped: %s", text, out);
    if (seconds > ENDED_SECONDS_MAX) fail_msg("%s\n took %.1f s", text, seconds);
    lua_gc(box->lua, LUA_GCCOLLECT);
    assert_true(box->used < SANDBOX_MEMORY_MAX / 8);
    gives("return 6 * 7", "42");
}

static void what_is_not_there(void **state) {
    static const char *const names[] = {
        "xpcall", "setmetatable", "getmetatable", "collectgarbage", "debug", "load", "loadstring",
        "loadfile", "dofile", "require", "package", "io", "os", "coroutine", "rawset", "rawget",
        "rawequal", "rawlen", "print", "warn", "utf8", "_G", "_VERSION", "string.dump",
        "string.match", "string.gmatch", "string.gsub", "string.pack", "string.unpack",
        "table.move", "table.pack", "math.random", "math.randomseed", "math.exp", "math.sin"};
    char text[96];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(text, sizeof text, "return tostring(%s)", names[i]);
        gives(text, "nil");
    }
    gives("return tostring((''):len())", "0");
    gives("return tostring((''):upper() .. ('a'):upper())", "A");
    gives("return tostring((''):rep(3) == '')", "true");
    gives("return tostring(('').match) .. tostring((''):lower().gsub)", "nilnil");
}

static void nothing_can_be_changed(void **state) {
    (void)state;
    fails("x = 1", "a global cannot be changed (\"x\")");
    fails("_ENV.x = 1", "a global cannot be changed");
    fails("math.max = nil", "math cannot be changed");
    fails("string.upper = 1", "string cannot be changed");
    fails("table.insert(string, 1)", "what is shown to a rule cannot be changed");
    fails("local s = 'x' s.y = 1", "attempt to index a string value");
    gives("_ENV = { } return 'own names are their own matter'",
          "own names are their own matter");
    fails("return '10' + 1", "arithmetic on a string value");
}

static void loops_end(void **state) {
    (void)state;
    ends("while true do end");
    ends("repeat until false");
    ends("::a:: goto a");
    ends("local function f() return f() end return f()");
    ends("local function f() return 1 + f() end return f()");
    ends("pcall(function() while true do end end) return 1");
    ends("while true do pcall(function() while true do end end) end");
    ends("local function f() pcall(f) pcall(f) end f()");
    ends("while true do pcall(error, 'x') end");
    ends("while true do pcall(pcall, pcall, error) end");
    ends("local t = {} for i = 1, 200 do t[i] = i end "
         "table.sort(t, function(a, b) return true end) return 1 "
         ".. 1 while true do end");
    ends("local t = {3, 1, 2} table.sort(t, function() while true do end end)");
    ends("for i = 1, math.huge do end");
}

static void c_loops_end(void **state) {
    (void)state;
    ends("return ('x'):rep(1e9)");
    ends("return ('x'):rep(1e10, 'y')");
    ends("for i = 1, 1e9 do local s = ('x'):rep(30000) end");
    ends("local t = {} for i = 1, 3000 do t[i] = i end "
         "for i = 1, 1e9 do table.insert(t, 1, i) end");
    ends("local t = {} for i = 1, 3000 do t[i] = i end while true do table.sort(t) end");
    ends("local t = {} for i = 1, 3000 do t[i] = 'x' end while true do table.concat(t) end");
    ends("local t = {} for i = 0, 61 do t[1 << i] = 1 end table.insert(t, 1, 2) table.remove(t, 1) "
         "while true do table.concat(t, '', 1, 1 << 61) end");
    ends("local t = {} for i = 1, 2000 do t[i] = i end while true do for k in pairs(t) do end end");
    ends("local t = {} for i = 1, 2000 do t[i] = i end while true do next(t) end");
    ends("return table.unpack({}, 1, 1e8)");
    ends("return table.unpack({}, 1, 1e6)");
    ends("return select('#', table.unpack({}, 1, 200000))");
    ends("local s = ('a'):rep(30000) local u = ('a'):rep(29999) .. 'a' "
         "while true do local x = s == u end");
    ends("local s = ('a'):rep(30000) while true do s:find('b') end");
    ends("local s = ('a'):rep(30000) while true do s:upper() end");
    ends("local s = ('%d'):rep(10000) return s:format()");
}

static void memory_ends(void **state) {
    (void)state;
    ends("local s = 'x' while true do s = s .. s end");
    ends("local t = {} local i = 0 while true do i = i + 1 t[i] = i end");
    ends("local t = {} for i = 1, 1e9 do t[i] = {} end");
    ends("local t = {} while true do t = {t} end");
    ends("local t = {} for i = 1, 1e9 do t[i] = function() return i end end");
    ends("local t = {} for i = 1, 1e9 do t['k' .. i] = i end");
    ends("local s = ('x'):rep(20000) while true do pcall(function() s = s .. 'y' end) end");
}

/* Attacks that elsewhere went past a hook that counts instructions: each ends at once, here because
 * what it needs is not there or has an end of its own. */
static void what_gets_past_a_hook(void **state) {
    (void)state;
    ends("xpcall(error, function() while true do end end)");
    ends("setmetatable({}, { __gc = function() while true do end end })");
    ends("local m = getmetatable('') m.__gc = function() while true do end end");
    ends("coroutine.wrap(function() while true do end end)()");
    ends("load('\\27Lua')()");
    ends("('x'):rep(3000):match(('.-'):rep(9) .. 'b')");
    ends("('x'):gsub('x', function() while true do end end)");
    ends("table.move({}, 1, 2e10, 2)");
    ends("return ('%99999d'):format(1)");
    ends("return table.unpack({}, math.mininteger, math.maxinteger)");
    ends("return table.unpack({}, 0, (1 << 31) - 1)");
    ends("return table.concat({}, 'x', 1, 1 << 62)");
    ends("for i = 1, 1e10 do local s = (''):rep(1e10) end");
    gives("return tostring((('x'):rep(3000)):find(('a?'):rep(28) .. ('a'):rep(28)))", "nil");
    gives("return tostring((('x'):rep(3000)):find('.-.-.-b'))", "nil");
    gives("return tostring((''):rep(1e10) == '')", "true");
}

/* The reader of texts has ends, too. */
static void texts_that_are_too_deep(void **state) {
    static char text[200000];
    static const char *const opening[] = {"(", "{", "not ", "- ", "function() return ", "do ",
                                          "'' .. "};
    (void)state;
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++) {
        size_t length = strlen(opening[i]), at = 0;
        bool is_block = opening[i][0] == 'd';
        if (!is_block) at += (size_t)snprintf(text, sizeof text, "return ");
        while (at + length < sizeof text) {
            memcpy(text + at, opening[i], length);
            at += length;
        }
        double before = now();
        assert_int_not_equal(sandbox_load(box, "=t.lua", text, at), PAWL_OK);
        assert_true(now() - before < ENDED_SECONDS_MAX);
        lua_settop(box->lua, 0);
        gives("return 6 * 7", "42");
    }
}

static void bytecode_is_refused(void **state) {
    (void)state;
    assert_int_not_equal(sandbox_load(box, "=t", "\x1bLua\x54\0", 6), PAWL_OK);
    assert_non_null(strstr(lua_tostring(box->lua, -1), "attempt to load a binary chunk"));
    lua_settop(box->lua, 0);
}

static void errors_are_texts(void **state) {
    (void)state;
    fails("error({})", "the error is a table, not a text");
    fails("error()", "the error is a nil, not a text");
    fails("error('why')", "t.lua:1: why");
    fails("\n\nlocal x = nil\nreturn x.y", "t.lua:4: attempt to index a nil value (local 'x')");
    fails("return 1 +", "t.lua:1: unexpected symbol near <eof>");
}

static void order_is_the_same_in_every_run(void **state) {
    (void)state;
    gives("local s = '' for k, v in pairs({b = 1, a = 2, [2] = 3, [1] = 4, [true] = 5, [0.5] = 6, "
          "c = 7}) do s = s .. tostring(k) .. v end return s",
          "0.5614" "23" "a2b1c7true5");
    gives("local s, k, v = '' repeat k, v = next({z = 1, y = 2, x = 3}, k) "
          "s = s .. tostring(k) until k == nil return s", "xyznil");
    fails("for k in pairs({[{}] = 1}) do end", "a key that is a table has no order");
    gives("return tostring({}) .. tostring(tostring)", "tablefunction");
    gives("return ('%s %s %d'):format({}, 'x', 3)", "table x 3");
    fails("return ('%p'):format({})", "'%p' is not available");
}

static void found_texts(void **state) {
    (void)state;
    gives("local a, b = ('hello'):find('l') return a .. ' ' .. b", "3 3");
    gives("return tostring(('hello'):find('.'))", "nil");
    gives("return tostring(('a.b'):find('.', 2))", "2");
    gives("return tostring((''):find(''))", "1");
    gives("return tostring(('abc'):find('c', -1))", "3");
    gives("return tostring(('abc'):find('a', 9))", "nil");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_there, start, stop),
        cmocka_unit_test_setup_teardown(nothing_can_be_changed, start, stop),
        cmocka_unit_test_setup_teardown(loops_end, start, stop),
        cmocka_unit_test_setup_teardown(c_loops_end, start, stop),
        cmocka_unit_test_setup_teardown(memory_ends, start, stop),
        cmocka_unit_test_setup_teardown(what_gets_past_a_hook, start, stop),
        cmocka_unit_test_setup_teardown(texts_that_are_too_deep, start, stop),
        cmocka_unit_test_setup_teardown(bytecode_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(errors_are_texts, start, stop),
        cmocka_unit_test_setup_teardown(order_is_the_same_in_every_run, start, stop),
        cmocka_unit_test_setup_teardown(found_texts, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
