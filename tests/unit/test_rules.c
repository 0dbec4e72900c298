/* Rules: what a file may say, who is asked and in which order, what counts as done, what a failing
 * one does to others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "events/reflect.h"
#include "rules/push.h"
#include "rules_kit.h"

static struct kit kit;

static int start(void **state) {
    (void)state;
    kit_begin(&kit);
    return 0;
}
static int stop(void **state) {
    (void)state;
    kit_end(&kit);
    return 0;
}

#define ALERT "act = { do = 'alert', message = 'm' } "
#define YES "when = function(event, ctx) return true, 'yes' end, " ALERT

/* ---- loading ---- */

/* The file's one fault is `message`, with this line. */
static void refused(const char *text, const char *message) {
    struct ruleset *set = NULL;
    kit_write(&kit, "r.lua", text);
    int rc = kit_load(&kit, &set);
    if (rc == PAWL_OK) {
        ruleset_free(set);
        fail_msg("not refused: %s", text);
    }
    assert_int_equal(rc, PAWL_E_CONFIG);
    for (uint32_t i = 0; i < config_errors_lines(&kit.errors); i++)
        if (strstr(kit.errors.line[i], message) != NULL) return;
    fail_msg("%s\n is refused with\n %s\n not with\n %s", text, kit.errors.line[0], message);
}

static void faults_have_file_and_line(void **state) {
    (void)state;
    refused("return {", "r.lua:1: unexpected symbol near <eof>");
    refused("\nlocal x = nil\nreturn x.y", "r.lua:3: attempt to index a nil value");
    refused("return 1", "r.lua: the file must return a rule or a list of rules, not a number");
    refused("return { 1 }", "entry 1 of the list is a number, not a rule");
    refused("return {\n id = 'a',\n on = 'trade', " YES ", cooldwon = '1s' }",
            "r.lua:3: rule a: unknown key \"cooldwon\"; did you mean cooldown?");
    refused("return { on = 'trade', " YES "}", "rule without id: id is missing");
    refused("return { id = 'a b', on = 'trade', " YES "}", "letters, digits, _ . and - only");
    refused("return { { id = 'a', on = 'trade', " YES "}, { id = 'a', on = 'bar', " YES "} }",
            "id \"a\" is taken by");
    refused("return { id = 'a', " YES "}", "on is missing");
    refused("return { id = 'a', on = 'trde', " YES "}", "no event \"trde\"; did you mean trade?");
    refused("return { id = 'a', on = 'submit', " YES "}", "no event \"submit\"");
    refused("return { id = 'a', on = 'trade', cooldown = 3, " YES "}",
            "cooldown must be a text, not a number");
    refused("return { id = 'a', on = 'trade', cooldown = '3 minutes', " YES "}",
            "must be a duration such as \"3m\"");
    refused("return { id = 'a', on = 'trade', max_per_day = 0, " YES "}",
            "max_per_day must be a whole number");
    refused("return { id = 'a', on = 'trade', priority = 1.5, " YES "}",
            "priority must be a whole number");
    refused("return { id = 'a', on = 'trade', enabled = 1, " YES "}",
            "enabled must be true or false");
    refused("return { id = 'a', on = 'trade', symbols = {}, " YES "}",
            "symbols must be a list");
    refused("return { id = 'a', on = 'trade', args = { f = print or tostring }, " YES "}",
            "args must be a table of numbers");
    refused("return { id = 'a', on = 'timer', " YES "}", "either every (\"5m\") or at (\"15:59\")");
    refused("return { id = 'a', on = 'timer', every = '5m', at = '15:59', " YES "}",
            "either every");
    refused("return { id = 'a', on = 'timer', at = '25:00', " YES "}", "must be a time of day");
    refused("return { id = 'a', on = 'timer', at = '15:59', zone = 'Mars/Base', " YES "}", "zone:");
    refused("return { id = 'a', on = 'trade', every = '5m', " YES "}", "go with on = \"timer\"");
    refused("return { id = 'a', on = 'trade', windows = { w = { on = 'quote', sum = 'count', "
            "seconds = 5 } }, " YES "}",
            "windows.w.on must be \"trade\" or \"liquidation\"");
    refused("return { id = 'a', on = 'trade', windows = { w = { on = 'trade', sum = 'profit', "
            "seconds = 5 } }, " YES "}",
            "windows.w.sum must be");
    refused("return { id = 'a', on = 'trade', when = true, " ALERT "}", "when must be a function");
}

static void actions_are_checked_when_loaded(void **state) {
#define ACT(act)                                                                                   \
    "return { id = 'a', on = 'trade', when = function() return true end, act = " act " }"
    (void)state;
    refused(ACT("1"), "act must be a table");
    refused(ACT("{}"), "act.do: missing");
    refused(ACT("{ do = 'entyr' }"), "no action \"entyr\", did you mean entry");
    refused(ACT("{ do = 'entry', via = 'linked', side = 'BUY' }"), "exactly one of quantity");
    refused(ACT("{ do = 'entry', via = 'linked', side = 'UP', quantity = 1 }"), "entry.side");
    refused(ACT("{ do = 'entry', via = 'linked', side = 'BUY', quantity = 1, stop = { pct = 3 } }"),
            "must be a fraction above 0 and below 1");
    refused(ACT("{ do = 'entry', via = 'linked', side = 'BUY', quantity = 1, sotp = { pct = 1 }}"),
            "entry.sotp: unknown key");
    refused(ACT("{ do = 'entry', via = 'linked', side = 'BUY', quantity = 0/0 }"),
            "a number is no number");
    refused(ACT("{ do = 'entry', via = 'linked', side = 'BUY', quantity = function() return 1 end, "
                "stop = { pct = 3 } }"),
            "must be a fraction");
    refused(ACT("{ do = 'stop', ref = 'x', price = 5, force = true }"),
            "a rule can only tighten a stop");
    refused(ACT("{ do = 'stop', ref = 'x', price = 5, force = function() end }"),
            "a rule can only tighten a stop");
    refused(ACT("{ do = 'exit', t = function() end }"), "rule and t are not yours to say");
    refused(ACT("{ do = 'alert' }"), "act.message: missing");
    refused(ACT("{ do = 'alert', message = 'x', colour = 'red' }"), "act.colour: unknown key");
    refused(ACT("{ { do = 'alert', message = 'x' }, 5 }"), "act[2]: must be a table");
    refused(ACT("{ do = 'exit', symbol = { } }"), "exit.symbol");
}

static void a_condition_keeps_nothing(void **state) {
    (void)state;
    refused("local n = 0 return { id = 'a', on = 'trade', when = function() n = n + 1 return true "
            "end, " ALERT "}",
            "it assigns a local outside of itself");
    refused("local n = 0 local function f() n = n + 1 end return { id = 'a', on = 'trade', "
            "when = function() f() return true end, " ALERT "}",
            "it assigns a local outside of itself");
    refused("local n = 0 return { id = 'a', on = 'trade', when = function() "
            "local function g() n = 1 end g() return true end, " ALERT "}",
            "it assigns a local outside of itself");
    kit_run_text(&kit, "local seen, sum = {}, 0 for i = 1, 3 do sum = sum + i end\n"
                       "return { id = 'a', on = 'trade', when = function(e)\n"
                       "  local count = 0 local function inc() count = count + 1 end inc()\n"
                       "  if sum ~= 6 or count ~= 1 then return false end\n"
                       "  seen[e.symbol] = true return true end, " ALERT "}");
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:failed");
    assert_non_null(strstr(kit.world->asked[0].reason, "r.lua:5: args cannot be changed (\"X\")"));
}

static void do_may_be_written_as_it_is(void **state) {
    (void)state;
    kit_run_text(&kit, "-- do = 1 in a comment\nlocal s = 'do = 2' local l = [==[ do = 3 ]==]\n"
                       "for i = 1, 2 do local x = i end\n"
                       "return { id = 'a', on = 'trade', when = function(e)\n"
                       "  return s == 'do = 2' and l:len() == 8, 'yes' end,\n"
                       "  act = { do\n = 'alert', message = 'm' } }");
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:alert");
}

/* ---- asking ---- */

static void by_priority_then_file_then_place(void **state) {
    (void)state;
    kit_write(&kit, "b.lua", "return { { id = 'b1', on = 'trade', " YES "}, "
                             "{ id = 'b2', on = 'trade', priority = 5, " YES "} }");
    kit_write(&kit, "a.lua", "return { { id = 'a1', on = 'trade', " YES "}, "
                             "{ id = 'a2', on = 'trade', priority = -1, " YES "}, "
                             "{ id = 'a3', on = 'trade', " YES "} }");
    kit_run(&kit);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "b2:fired b2:alert a1:fired a1:alert a3:fired a3:alert b1:fired b1:alert "
                    "a2:fired a2:alert");
}

static void timers_by_priority_too(void **state) {
    (void)state;
    kit_run_text(&kit,
                 "return { { id = 'low', on = 'timer', every = '1m', " YES "}, "
                 "{ id = 'high', on = 'timer', every = '2m', priority = 9, " YES "}, "
                 "{ id = 'late', on = 'timer', at = '07:03', zone = 'America/New_York', " YES
                 "} }");
    test_world_advance(kit.world, TEST_START_NS + 60 * PAWL_NS);
    KIT_ASKED(&kit, "low:fired low:alert");
    test_world_advance(kit.world, TEST_START_NS + 120 * PAWL_NS);
    KIT_ASKED(&kit, "high:fired high:alert low:fired low:alert");
    test_world_advance(kit.world, TEST_START_NS + 180 * PAWL_NS);
    KIT_ASKED(&kit, "low:fired low:alert late:fired late:alert");
}

static void only_its_symbols(void **state) {
    (void)state;
    kit_run_text(&kit, "return { id = 'a', on = 'trade', symbols = { 'X', 'Y' }, " YES "}");
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:alert");
    kit_trade(&kit, "Z", PAWL_E8);
    KIT_ASKED(&kit, "");
}

static void an_amount_is_what_it_says(void **state) {
    (void)state;
    kit_run_text(&kit, "return { id = 'a', on = 'trade', "
                       "when = function(e) return e.price > 0.8 end, "
                       "act = { do = 'entry', via = 'linked', side = 'BUY', "
                       "quantity = function(e) return e.size end, "
                       "stop = { price = function(e) return e.price end } } }");
    kit_trade(&kit, "X", 80000000);
    KIT_ASKED(&kit, "");
    kit_trade(&kit, "X", 80000001);
    KIT_ASKED(&kit, "a:fired a:entry");
    assert_non_null(strstr(kit.world->asked[1].json, "\"stop\":{\"price\":\"0.80000001\"}"));
    kit_trade(&kit, "X", INT64_C(6710886399999999));
    assert_non_null(strstr(kit.world->asked[1].json, "\"price\":\"67108863.99999999\""));
}

/* What docs/decisions/0008 says of numbers: below 2^26, where doubles lie closer together than
 * 1e-8, nothing is lost on the way, and an amount is the number that its decimal is in Lua. */
static void amounts_come_back_as_they_went(void **state) {
    char text[PAWL_E8_TEXT_MAX];
    int64_t back;
    struct rng rng;
    (void)state;
    rng_init(&rng, 8);
    for (int i = 0; i < 300000; i++) {
        int64_t e8 = (int64_t)(rng_u64(&rng) % (UINT64_C(67108864) * PAWL_E8) >> i % 50);
        if (i % 2 == 1) e8 = -e8;
        double number = (double)e8 / (double)PAWL_E8;
        pawl_format_e8(e8, text);
        assert_true(strtod(text, NULL) == number);
        assert_int_equal(amount_from_lua(number, &back), PAWL_OK);
        assert_int_equal(back, e8);
    }
    for (int i = 0; i < 100000; i++) { /* 15 digits, 0 to 6 of them behind the point */
        int64_t unit = 100, digits = (int64_t)(rng_u64(&rng) % UINT64_C(1000000000000000));
        for (int k = i % 7; k > 0; k--) unit *= 10;
        if (digits > INT64_C(9000000000000000000) / unit) continue;
        double number = e8_to_lua(digits * unit);
        pawl_format_e8(digits * unit, text);
        assert_true(strtod(text, NULL) == number);
        assert_int_equal(amount_from_lua(number, &back), PAWL_OK);
        assert_int_equal(back, digits * unit);
    }
    assert_int_equal(amount_from_lua(123456789.1, &back), PAWL_OK);
    assert_int_equal(back, INT64_C(12345678910000000));
    assert_int_equal(amount_from_lua(0.1 + 0.2, &back), PAWL_OK);
    assert_int_equal(back, 30000000);
    assert_int_equal(amount_from_lua(1e300, &back), PAWL_E_RANGE);
    assert_int_equal(amount_from_lua(1.0 / 0.0, &back), PAWL_E_DATA);
}

/* ---- what counts ---- */

#define ENTRY "when = function() return true end, act = { do = 'entry', via = 'linked', " \
              "side = 'BUY', quantity = 1 } "

static void taken_not_asked(void **state) {
    (void)state;
    kit_run_text(&kit,
                 "return { id = 'a', on = 'trade', cooldown = '1m', max_per_day = 2, " ENTRY "}");
    kit.world->ignored = true;
    for (int i = 0; i < 5; i++) {
        kit_trade(&kit, "X", PAWL_E8);
        KIT_ASKED(&kit, "a:fired a:entry");
    }
    kit.world->ignored = false;
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:entry");
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, ""); /* cooling down */
    test_world_advance(kit.world, kit.world->now_ns + 60 * PAWL_NS);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:entry");
    test_world_advance(kit.world, kit.world->now_ns + 60 * PAWL_NS);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, ""); /* twice today */
    test_world_advance(kit.world, TEST_START_NS + 43200 * PAWL_NS);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:entry");
}

/* What a function said of one event, or left out, is not there with the next one. */
static void an_action_begins_anew(void **state) {
#define WANTED "\"via\":\"linked\",\"side\":\"BUY\",\"quantity\":\"1\","
    static const char *const symbols[] = {"X", "X", "Y"};
    static const char *const expected[] = {
        "\"symbol\":\"X\"," WANTED "\"order\":{\"type\":\"limit\",\"price\":\"1\"},"
        "\"stop\":{\"price\":\"0.5\"}}",
        "\"symbol\":\"Z\"," WANTED "\"ref\":\"two\",\"order\":{\"type\":\"market\"},"
        "\"stop\":{\"price\":\"1\"}}",
        "\"symbol\":\"Y\"," WANTED "\"order\":{\"type\":\"limit\",\"price\":\"3\"},"
        "\"stop\":{\"price\":\"1.5\"}}"};
    (void)state;
    kit_run_text(&kit,
                 "local function second(e) return e.price == 2 end\n"
                 "return { id = 'a', on = 'trade', when = function() return true end, act = {\n"
                 "  do = 'entry', via = 'linked', side = 'BUY', quantity = 1,\n"
                 "  symbol = function(e) if second(e) then return 'Z' end end,\n"
                 "  ref = function(e) if second(e) then return 'two' end end,\n"
                 "  order = function(e) if second(e) then return nil end\n"
                 "    return { type = 'limit', price = e.price } end,\n"
                 "  stop = { price = function(e) return e.price / 2 end } } }");
    for (int i = 0; i < 3; i++) {
        kit_trade(&kit, symbols[i], (i + 1) * PAWL_E8);
        KIT_ASKED(&kit, "a:fired a:entry");
        assert_string_equal(strstr(kit.world->asked[1].json, "\"symbol\""), expected[i]);
    }
}

/* The same action as before is not made anew, but its symbol and its deadlines are its own. */
static void an_action_without_functions(void **state) {
#define FIXED(more) \
    "return { id = 'a', on = 'trade', when = function() return true end, act = { do = 'entry', " \
    "via = 'linked', side = 'BUY', quantity = 1 " more " } }"
    static const char *const symbols[] = {"X", "Y", "Y", "X"};
    char wanted[64];
    (void)state;
    for (int timed = 0; timed < 2; timed++) {
        kit_run_text(&kit, timed ? FIXED(", expires = '1m'") : FIXED(""));
        for (int i = 0; i < 4; i++) {
            test_world_advance(kit.world, kit.world->now_ns + PAWL_NS);
            kit_trade(&kit, symbols[i], PAWL_E8);
            KIT_ASKED(&kit, "a:fired a:entry");
            snprintf(wanted, sizeof wanted, "\"symbol\":\"%s\"", symbols[i]);
            assert_non_null(strstr(kit.world->asked[1].json, wanted));
            snprintf(wanted, sizeof wanted, "\"expires\":\"2026-01-05T12:01:%02dZ\"", 5 + i);
            assert_int_equal(strstr(kit.world->asked[1].json, wanted) != NULL, timed);
        }
    }
}

static void legs_may_be_a_function(void **state) {
    (void)state;
    kit_run_text(&kit, "return { id = 'a', on = 'trade', when = function() return true end,\n"
                       "  act = {\n"
                       "  do = 'entry', via = 'linked', side = 'BUY', quantity = 1,\n"
                       "  legs = function() return { { symbol = 'X', side = 'BUY', ratio = 1 },\n"
                       "    { symbol = 'Y', side = 'SELL', ratio = 2 } } end } }");
    kit_trade(&kit, "Y", PAWL_E8);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:entry");
    assert_non_null(strstr(kit.world->asked[1].json, "\"ratio\":\"2\""));
}

static void switched(const char *rule, bool on) {
    struct pawl_ev_rule_switch event;
    EVENT_INIT(event, PAWL_EV_RULE_SWITCH);
    TEXT_SET(event.rule, rule);
    event.on = on;
    test_world_feed(kit.world, &event.head);
}

static void an_operator_switches(void **state) {
    (void)state;
    kit_run_text(&kit, "return { { id = 'a', on = 'trade', max_per_day = 1, " ENTRY "}, "
                       "{ id = 'b', on = 'trade', enabled = false, " YES "} }");
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:entry");
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "");
    switched("a", true); /* forgets the day's count */
    switched("b", true);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:entry b:fired b:alert");
    switched("b", false);
    kit_run(&kit); /* and a reload changes nothing of it */
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "");
    switched("nobody", true);
    assert_string_equal(kit.world->asked[0].what, "alert");
    assert_string_equal(kit.world->asked[0].reason, "there is no rule \"nobody\"");
}

static void counts_survive_a_reload(void **state) {
    static const char text[] = "return { id = 'a', on = 'trade', cooldown = '1m', " ENTRY "}";
    (void)state;
    kit_run_text(&kit, text);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:entry");
    kit_run_text(&kit, text);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "");
}

/* The risk gate's limit holds for all symbols of a rule, and only a person lifts it. */
static void entries_of_a_day(void **state) {
    static const char text[] = "return { id = 'a', on = 'trade', per = 'symbol', " ENTRY "}";
    (void)state;
    kit_run_text(&kit, text);
    kit.world->entries_max = 3;
    kit.world->ignored = true; /* what was not taken does not count */
    for (int i = 0; i < 5; i++) kit_trade(&kit, "X", PAWL_E8);
    kit.world->ignored = false;
    kit_trade(&kit, "X", PAWL_E8);
    kit_trade(&kit, "Y", PAWL_E8);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "a:fired a:entry");
    kit_run_text(&kit, text);
    kit_trade(&kit, "Y", PAWL_E8);
    KIT_ASKED(&kit, "a:failed");
    assert_non_null(strstr(kit.world->asked[0].reason, "r.lua:1: risk.rule_entries_max: 3 entries "
                                                       "today; it is off until it is switched on"));
    test_world_advance(kit.world, TEST_START_NS + 2 * 86400 * PAWL_NS);
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, ""); /* another day alone is not enough */
    switched("a", true);
    for (int i = 0; i < 3; i++) {
        kit_trade(&kit, "X", PAWL_E8);
        KIT_ASKED(&kit, "a:fired a:entry");
    }
    test_world_advance(kit.world, TEST_START_NS + 3 * 86400 * PAWL_NS);
    kit_trade(&kit, "X", PAWL_E8); /* each day has its own */
    KIT_ASKED(&kit, "a:fired a:entry");
}

/* ---- failing ---- */

static void a_failing_rule_is_off_alone(void **state) {
    (void)state;
    kit_run_text(&kit, "return { { id = 'bad', on = 'trade', priority = 1,\n"
                       "when = function(e) return e.prcie > 1 end, " ALERT "}, "
                       "{ id = 'good', on = 'trade', " YES "} }");
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "bad:failed good:fired good:alert");
    assert_non_null(strstr(kit.world->asked[0].reason,
                           "r.lua:2: trade has no field \"prcie\"; it has type, t, symbol"));
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "good:fired good:alert");
    kit_run(&kit); /* the same file: it stays off */
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "good:fired good:alert");
    kit_run_text(&kit, "return { { id = 'bad', on = 'trade', priority = 1, " YES "}, "
                       "{ id = 'good', on = 'trade', " YES "} }");
    kit_trade(&kit, "X", PAWL_E8);
    KIT_ASKED(&kit, "bad:fired bad:alert good:fired good:alert");
}

/* Every attack as a condition, and as a value of an action: off, told, and the others go on. */
static void attacks_fail_alone(void **state) {
    static const char *const attacks[] = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "local function f() return 1 + f() end f()",
        "local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "return ('x'):rep(1e9)",
        "e.price = 5",
        "ctx.position = nil",
        "ctx.args.x = 1",
        "return ctx.args.y",
        "return ctx.positon()",
        "return 5",
        "return e",
        "error()",
        "error({})",
        "return ctx.atr(e.symbol, 0, 60)",
        "return ctx.atr(e.symbol, 1e6, 60)",
        "return ctx.position('NO' .. ('x'):rep(200))",
        "return ctx.window('none') > 1",
        "return ctx.hour('Europe/Berlin') > 1",
        "return ctx.between('9', '10')",
        "for k in pairs(ctx) do local x = nil .. k end",
        "return (function(f) return f(f) end)(function(f) return f(f) end)",
        "table.insert(e, 1)",
        "table.insert(ctx, 1)",
        "table.insert(ctx.position(e.symbol), 1)",
        "table.remove(ctx.price(), 1)",
        "table.sort(ctx.args)",
    };
    char text[1024];
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        for (int as_value = 0; as_value < 2; as_value++) {
            if (as_value && strncmp(attacks[i], "return 5", 8) == 0) continue;
            if (as_value && strncmp(attacks[i], "return e", 8) == 0) continue;
            snprintf(text, sizeof text,
                     "return { { id = 'bad', on = 'trade', priority = 1, "
                     "when = function(e, ctx) %s return true end, "
                     "act = { do = 'alert', message = function(e, ctx) %s return 'm' end } }, "
                     "{ id = 'good', on = 'trade', " YES "} } -- %zu %d",
                     as_value ? "" : "do", as_value ? "do" : "", i, as_value);
            char *first = strstr(text, "do return true"), *second = strstr(text, "do return 'm'");
            char full[2048];
            const char *at = as_value ? second : first;
            assert_non_null(at);
            snprintf(full, sizeof full, "%.*sdo %s end%s", (int)(at - text), text, attacks[i],
                     at + 2);
            kit_run_text(&kit, full);
            kit_trade(&kit, "X", PAWL_E8);
            char asked[1024];
            if (strstr(kit_asked(&kit, asked), "bad:failed good:fired good:alert") == NULL)
                fail_msg("%s led to %s (%s)", attacks[i], asked, kit.world->asked[0].reason);
        }
}

static void a_rule_that_feeds_on_itself_is_stopped(void **state) {
    (void)state;
    kit_run_text(&kit, "return { id = 'a', on = 'lot.opened', " ENTRY "}");
    struct pawl_ev_lot_opened opened;
    EVENT_INIT(opened, PAWL_EV_LOT_OPENED);
    names_intern(kit.names, NAME_INSTRUMENT, "X", &opened.instrument, NULL, NULL);
    test_world_feed(kit.world, &opened.head);
    assert_true(kit.world->asked_count < 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faults_have_file_and_line, start, stop),
        cmocka_unit_test_setup_teardown(actions_are_checked_when_loaded, start, stop),
        cmocka_unit_test_setup_teardown(an_action_begins_anew, start, stop),
        cmocka_unit_test_setup_teardown(legs_may_be_a_function, start, stop),
        cmocka_unit_test_setup_teardown(an_action_without_functions, start, stop),
        cmocka_unit_test_setup_teardown(a_condition_keeps_nothing, start, stop),
        cmocka_unit_test_setup_teardown(do_may_be_written_as_it_is, start, stop),
        cmocka_unit_test_setup_teardown(by_priority_then_file_then_place, start, stop),
        cmocka_unit_test_setup_teardown(timers_by_priority_too, start, stop),
        cmocka_unit_test_setup_teardown(only_its_symbols, start, stop),
        cmocka_unit_test_setup_teardown(an_amount_is_what_it_says, start, stop),
        cmocka_unit_test(amounts_come_back_as_they_went),
        cmocka_unit_test_setup_teardown(taken_not_asked, start, stop),
        cmocka_unit_test_setup_teardown(an_operator_switches, start, stop),
        cmocka_unit_test_setup_teardown(counts_survive_a_reload, start, stop),
        cmocka_unit_test_setup_teardown(entries_of_a_day, start, stop),
        cmocka_unit_test_setup_teardown(a_failing_rule_is_off_alone, start, stop),
        cmocka_unit_test_setup_teardown(attacks_fail_alone, start, stop),
        cmocka_unit_test_setup_teardown(a_rule_that_feeds_on_itself_is_stopped, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
