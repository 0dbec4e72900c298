/* options: a struct is filled from its table, every fault is named, an unsound table is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "config/field.h"
#include "config/options.h"
#include "config/secret.h"
#include "pawl_num.h"

struct options {
    uint8_t on;
    int64_t count, ratio, wait, free;
    uint32_t mode;
    char text[PAWL_OPT_TEXT_MAX + 1];
    uint8_t hunt;
};
#define AT(member) offsetof(struct options, member)

static const struct pawl_option table[] = {
    {"enabled", PAWL_OPT_BOOL, AT(on), 0, 0, "true", NULL, "Whether it works."},
    {"max_level", PAWL_OPT_INT, AT(count), 1, 9, "4", NULL, "Levels."},
    {"stop_loss_pct", PAWL_OPT_DECIMAL, AT(ratio), 1, PAWL_E8 - 1, "0.03", NULL, "A fraction."},
    {"cleanup", PAWL_OPT_DURATION, AT(wait), PAWL_NS, 3600 * PAWL_NS, "20s", NULL, "A while."},
    {"bias", PAWL_OPT_DECIMAL, AT(free), 0, 0, "-1.5", NULL, "Anything."},
    {"mode", PAWL_OPT_ENUM, AT(mode), 0, 0, "netting", "hedging|netting", "How."},
    {"label", PAWL_OPT_TEXT, AT(text), 0, 0, "", NULL, "For people."},
    {"sl_hunt.enabled", PAWL_OPT_BOOL, AT(hunt), 0, 0, "true", NULL, "Whether it hunts."},
    {.name = NULL}};

static struct config_errors errors;

static int fill(const char *text, struct options *ret) {
    memset(&errors, 0, sizeof errors);
    memset(ret, 0xee, sizeof *ret);
    json_error_t error;
    json_t *json = text == NULL ? NULL : json_loads(text, JSON_DECODE_ANY, &error);
    int rc =
        options_fill(table, sizeof *ret, json, "pawl.json", "plugins[1].options", ret, &errors);
    json_decref(json);
    return rc;
}

static void absent_options_have_their_defaults(void **state) {
    (void)state;
    struct options o;
    assert_int_equal(fill(NULL, &o), PAWL_OK);
    assert_int_equal(o.on, 1);
    assert_int_equal(o.count, 4);
    assert_int_equal(o.ratio, 3000000);
    assert_int_equal(o.wait, 20 * PAWL_NS);
    assert_int_equal(o.free, -150000000);
    assert_int_equal(o.mode, 2);
    assert_string_equal(o.text, "");
    assert_int_equal(o.hunt, 1);
}

static void given_options_are_converted(void **state) {
    (void)state;
    struct options o;
    assert_int_equal(
        fill("{\"enabled\": false, \"max_level\": 9, \"stop_loss_pct\": \"0.99999999\","
             " \"cleanup\": \"1h\", \"bias\": -3, \"mode\": \"hedging\","
             " \"label\": \"Grüße\", \"sl_hunt\": {\"enabled\": false}}",
             &o),
        PAWL_OK);
    assert_int_equal(o.on, 0);
    assert_int_equal(o.count, 9);
    assert_int_equal(o.ratio, PAWL_E8 - 1);
    assert_int_equal(o.wait, 3600 * PAWL_NS);
    assert_int_equal(o.free, -3 * PAWL_E8);
    assert_int_equal(o.mode, 1);
    assert_string_equal(o.text, "Grüße");
    assert_int_equal(o.hunt, 0);
}

static void every_fault_is_named(void **state) {
    (void)state;
    struct options o;
    const char *expected[] = {
        "pawl.json: plugins[1].options.enabled: must be true or false, not a number",
        "pawl.json: plugins[1].options.max_level: must be from 1 to 9, not 10",
        "pawl.json: plugins[1].options.stop_loss_pct: must be above 0 and below 1, not 3",
        "pawl.json: plugins[1].options.cleanup: must be from 1s to 1h, not 250ms",
        "pawl.json: plugins[1].options.bias: must be text when it has a fraction, as in \"0.5\"",
        "pawl.json: plugins[1].options.mode: must be one of hedging, netting, not \"neting\"; did "
        "you "
        "mean \"netting\"?",
        "pawl.json: plugins[1].options.label: must be text, not null",
        "pawl.json: plugins[1].options.sl_hunt.enable: unknown key; did you mean \"enabled\"?",
        "pawl.json: plugins[1].options.stop_los_pct: unknown key; did you mean \"stop_loss_pct\"?",
    };
    assert_int_equal(fill("{\"enabled\": 1, \"max_level\": 10, \"stop_loss_pct\": 3,"
                          " \"cleanup\": \"250ms\", \"bias\": 0.1, \"mode\": \"neting\","
                          " \"label\": null, \"sl_hunt\": {\"enable\": 1}, \"stop_los_pct\": 1}",
                          &o),
                     PAWL_E_CONFIG);
    assert_int_equal(errors.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < errors.count; i++) assert_string_equal(errors.line[i], expected[i]);
    assert_int_equal(fill("{\"sl_hunt\": 5}", &o), PAWL_E_CONFIG);
    assert_string_equal(errors.line[0], "pawl.json: plugins[1].options.sl_hunt: must be an object");
    assert_int_equal(fill("[1]", &o), PAWL_E_CONFIG);
    assert_string_equal(errors.line[0], "pawl.json: plugins[1].options: must be an object");
    assert_int_equal(fill("{\"sl_hunt.enabled\": true}", &o), PAWL_E_CONFIG);
    assert_int_equal(errors.count, 1);
}

static void durations_are_read_and_written(void **state) {
    (void)state;
    const struct {
        const char *text;
        int64_t ns;
    } good[] = {{"250ms", 250 * PAWL_MS},
                {"20s", 20 * PAWL_NS},
                {"3m", 180 * PAWL_NS},
                {"1h", 3600 * PAWL_NS},
                {"1d", 86400 * PAWL_NS},
                {"0s", 0},
                {"7us", 7000},
                {"9223372036854775807ns", INT64_MAX}};
    const char *bad[] = {"", "s", "5", "-1s", "1.5s", "1 s", "1S", "1sec", "ms", "+1s", "0x1s"};
    int64_t ns;
    char text[DURATION_TEXT_MAX];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(duration_parse(good[i].text, &ns), PAWL_OK);
        assert_int_equal(ns, good[i].ns);
        duration_format(ns, text);
        assert_string_equal(text, good[i].text);
    }
    assert_int_equal(duration_parse("0", &ns), PAWL_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(duration_parse(bad[i], &ns), PAWL_E_DATA);
    assert_int_equal(duration_parse("99999999999999999999ns", &ns), PAWL_E_RANGE);
    assert_int_equal(duration_parse("106752d", &ns), PAWL_E_RANGE);
}

static void whole_numbers_reach_both_ends(void **state) {
    (void)state;
    int64_t value;
    char message[FIELD_MESSAGE_MAX + 1];
    const struct field field = {.name = "x", .type = FIELD_INT};
    assert_int_equal(field_from_text(&field, "-9223372036854775808", &value, message), PAWL_OK);
    assert_true(value == INT64_MIN);
    assert_int_equal(field_from_text(&field, "9223372036854775807", &value, message), PAWL_OK);
    assert_true(value == INT64_MAX);
    const char *bad[] = {
        "9223372036854775808", "-9223372036854775809", "", "-", "1.0", "1e3", " 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(field_from_text(&field, bad[i], &value, message), PAWL_E_CONFIG);
}

static void unsound(const struct pawl_option *one, uint32_t size, const char *expected) {
    struct pawl_err err = {.rc = PAWL_OK};
    assert_int_equal(options_check(one, size, &err), PAWL_E_CONFIG);
    assert_string_equal(err.text, expected);
}

static const struct {
    struct pawl_option row[3];
    uint32_t size;
    const char *expected;
} unsound_cases[] = {
    {{{"Name", PAWL_OPT_BOOL, 0, 0, 0, "true", NULL, "d"}},
     8,
     "option Name: a name is of a-z, 0-9, _ and single dots"},
    {{{"a..b", PAWL_OPT_BOOL, 0, 0, 0, "true", NULL, "d"}},
     8,
     "option a..b: a name is of a-z, 0-9, _ and single dots"},
    {{{"a", 0, 0, 0, 0, "true", NULL, "d"}}, 8, "option a: unknown type 0"},
    {{{"a", PAWL_OPT_INT, 8, 0, 0, "1", NULL, "d"}},
     8,
     "option a: bytes 8 to 16 are outside the 8 of the options"},
    {{{"a", PAWL_OPT_INT, 4294967295u, 0, 0, "1", NULL, "d"}},
     8,
     "option a: bytes 4294967295 to 4294967303 are outside the 8 of the options"},
    {{{"a", PAWL_OPT_INT, 4, 0, 0, "1", NULL, "d"}}, 16, "option a: offset 4 is not aligned"},
    {{{"a", PAWL_OPT_INT, 0, 5, 4, "5", NULL, "d"}},
     8,
     "option a: its least value is above its largest"},
    {{{"a", PAWL_OPT_INT, 0, 0, 4, "5", NULL, "d"}},
     8,
     "option a: its default must be from 0 to 4, not 5"},
    {{{"a", PAWL_OPT_INT, 0, 0, 0, "x", NULL, "d"}},
     8,
     "option a: its default must be a whole number, not text"},
    {{{"a", PAWL_OPT_INT, 0, 0, 0, NULL, NULL, "d"}}, 8, "option a: has no default"},
    {{{"a", PAWL_OPT_INT, 0, 0, 0, "1", NULL, ""}},
     8,
     "option a: has no sentence of documentation"},
    {{{"a", PAWL_OPT_ENUM, 0, 0, 0, "x", NULL, "d"}},
     8,
     "option a: its choices must read \"a|b|c\""},
    {{{"a", PAWL_OPT_ENUM, 0, 0, 0, "x", "y||x", "d"}},
     8,
     "option a: its choices must read \"a|b|c\""},
    {{{"a", PAWL_OPT_ENUM, 0, 0, 0, "x", "y|z", "d"}},
     8,
     "option a: its default must be one of y, z, not \"x\""},
    {{{"a", PAWL_OPT_INT, 0, 0, 0, "1", NULL, "d"}, {"a", PAWL_OPT_INT, 8, 0, 0, "1", NULL, "d"}},
     16,
     "option a: is there twice"},
    {{{"a", PAWL_OPT_INT, 0, 0, 0, "1", NULL, "d"},
      {"b", PAWL_OPT_BOOL, 7, 0, 0, "true", NULL, "d"}},
     16,
     "options a and b: share bytes"},
    {{{"a", PAWL_OPT_INT, 0, 0, 0, "1", NULL, "d"}, {"a.b", PAWL_OPT_INT, 8, 0, 0, "1", NULL, "d"}},
     16,
     "options a and a.b: a value cannot be an object, too"},
};

static void unsound_tables_are_refused(void **state) {
    (void)state;
    struct pawl_err err = {.rc = PAWL_OK};
    assert_int_equal(options_check(table, sizeof(struct options), &err), PAWL_OK);
    assert_int_equal(options_check(NULL, 0, &err), PAWL_OK);
    for (size_t i = 0; i < sizeof unsound_cases / sizeof unsound_cases[0]; i++)
        unsound(unsound_cases[i].row, unsound_cases[i].size, unsound_cases[i].expected);
    unsound(NULL, OPTIONS_SIZE_MAX + 1, "options of 65537 bytes; at most 65536");
}

static void a_table_is_printed_for_people(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    options_print(table, "  ", out);
    fclose(out);
    assert_string_equal(text,
                        "  enabled (true or false, default true): Whether it works.\n"
                        "  max_level (whole number 1 to 9, default 4): Levels.\n"
                        "  stop_loss_pct (decimal above 0 and below 1, default 0.03): A fraction.\n"
                        "  cleanup (duration 1s to 1h, default 20s): A while.\n"
                        "  bias (decimal, default -1.5): Anything.\n"
                        "  mode (hedging|netting, default netting): How.\n"
                        "  label (text, default empty): For people.\n"
                        "  sl_hunt.enabled (true or false, default true): Whether it hunts.\n");
    free(text);
}

static void references_to_secrets_have_a_form(void **state) {
    (void)state;
    const char *good[] = {
        "env:API_KEY", "env:_x1", "file:/a/b",    "file:x", "credential:binance.key-1",
        "plain text",  "",        "environment:x"};
    const char *bad[] = {"env:",  "env:1X",      "env:A B",       "env:A-B",
                         "file:", "credential:", "credential:.x", "credential:a/b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) assert_null(secret_fault(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_non_null(secret_fault(bad[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_options_have_their_defaults),
        cmocka_unit_test(given_options_are_converted),
        cmocka_unit_test(every_fault_is_named),
        cmocka_unit_test(durations_are_read_and_written),
        cmocka_unit_test(whole_numbers_reach_both_ends),
        cmocka_unit_test(unsound_tables_are_refused),
        cmocka_unit_test(a_table_is_printed_for_people),
        cmocka_unit_test(references_to_secrets_have_a_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
