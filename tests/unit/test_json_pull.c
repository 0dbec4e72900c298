/* pawl.json/1: what is JSON, what is not, what numbers and texts say, what is written. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_pull.h"

static int walk(const char *text, size_t len, uint32_t *ret_tokens) {
    struct pawl_json_reader r;
    struct pawl_json_token t;
    int rc;
    *ret_tokens = 0;
    json_begin(&r, text, len);
    while ((rc = json_next(&r, &t)) > 0) ++*ret_tokens;
    if (rc < 0) assert_int_equal(json_next(&r, &t), PAWL_E_DATA); /* and stays so */
    return rc;
}

static void test_what_is_json(void **state) {
    (void)state;
    static const char *const yes[] = {"1", "-0.5e+3", "\"\"", "true", "null", "[]", "{}",
        " [1, 2 ] ", "{\"a\":{\"b\":[{},[],\"x\\u0041\\n\"]},\"c\":false}", "[[[[]]]]",
        "\"\\ud83d\\ude00\"", "0"};
    static const char *const no[] = {"", " ", "[", "]", "{", "[1,]", "{\"a\":1,}", "{\"a\"}",
        "{a:1}", "01", "1.", ".5", "-", "1e", "+1", "tru", "truex", "nul", "\"", "\"\\x\"",
        "\"\\u12g4\"", "\"\n\"", "1 2", "[1 2]", "{\"a\":1 \"b\":2}", "[1}", "{]", "'a'",
        "\"a", "NaN",
        "Infinity", "{\"a\" 1}", "[,1]", "\"\\u00\"", "\"\\", "{,}", "--1"};
    uint32_t tokens;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (walk(yes[i], strlen(yes[i]), &tokens) != 0) fail_msg("refused: %s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (walk(no[i], strlen(no[i]), &tokens) != PAWL_E_DATA) fail_msg("taken: %s", no[i]);
    char deep[200];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    assert_int_equal(walk(deep, 200, &tokens), PAWL_E_DATA);
    assert_int_equal(walk(deep + 36, 128, &tokens), 0); /* 64 deep */
    assert_int_equal(tokens, 128);
}

/* Mutations of real messages: the same verdict as jansson's. */
static void test_against_jansson(void **state) {
    (void)state;
    static const char *const seeds[] = {
        "{\"e\":\"aggTrade\",\"E\":123456789,\"s\":\"BNBUSDT\",\"p\":\"0.001\",\"m\":true,"
        "\"x\":null}",
        "[1.5,-2e3,{\"a\":[]},\"te\\\"xt\\u0041\",{}]"};
    static const char alphabet[] = "{}[]\",:\\0123456789.eE+-truefalsn u\t\x01";
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 200000; round++) {
        char text[128];
        const char *seed = seeds[round & 1];
        size_t len = strlen(seed);
        memcpy(text, seed, len);
        for (int k = 0; k < 1 + round % 3; k++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            size_t at = random % len;
            if (random >> 60 < 4) len = at + 1;
            text[at] = alphabet[(random >> 20) % (sizeof alphabet - 1)];
        }
        uint32_t tokens;
        json_error_t error;
        int rc = walk(text, len, &tokens);
        json_t *other = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        /* jansson has limits of its own for what a number may be */
        bool number = other == NULL && json_error_code(&error) == json_error_numeric_overflow;
        if ((rc == 0) != (other != NULL) && !number &&
            (other != NULL || json_error_code(&error) != json_error_invalid_utf8))
            fail_msg("%.*s: %d, jansson says %s", (int)len, text, rc,
                     other == NULL ? error.text : "yes");
        json_decref(other);
    }
}

static struct pawl_json_token only(const char *text) {
    struct pawl_json_reader r;
    struct pawl_json_token t;
    json_begin(&r, text, strlen(text));
    assert_int_equal(json_next(&r, &t), 1);
    return t;
}

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t e8;
    } cases[] = {{"1", 0, 100000000}, {"\"0.00000001\"", 0, 1}, {"-12.5", 0, -1250000000},
        {"1e-8", 0, 1}, {"\"1E-8\"", 0, 1}, {"2.50e2", 0, 25000000000}, {"1e-9", PAWL_E_DATA, 0},
        {"0e-99", 0, 0}, {"\"\"", PAWL_E_DATA, 0}, {"\"1,5\"", PAWL_E_DATA, 0},
        {"\"+1\"", PAWL_E_DATA, 0}, {"1e99", PAWL_E_RANGE, 0}, {"\"0.100000000000\"", 0, 10000000},
        {"0.123456789", PAWL_E_DATA, 0}, {"92233720368.54775807", 0, INT64_MAX},
        {"92233720368.54775808", PAWL_E_RANGE, 0},
        {"9223372036854775807e-8", 0, 9223372036854775807}, {"true", PAWL_E_DATA, 0},
        {"123456789012345678901234567890123456789012e-30", PAWL_E_RANGE, 0},
        {"1000e-3", 0, 100000000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pawl_json_token t = only(cases[i].text);
        int64_t e8 = 0;
        int rc = json_e8(&t, &e8);
        if (rc != cases[i].rc || e8 != cases[i].e8)
            fail_msg("%s: %d, %lld", cases[i].text, rc, (long long)e8);
    }
    int64_t n;
    struct pawl_json_token t = only("\"-9223372036854775807\"");
    assert_int_equal(json_i64(&t, &n), PAWL_OK);
    assert_int_equal(n, -INT64_MAX);
    t = only("9223372036854775808");
    assert_int_equal(json_i64(&t, &n), PAWL_E_RANGE);
    t = only("1.0");
    assert_int_equal(json_i64(&t, &n), PAWL_E_DATA);
}

static void test_texts(void **state) {
    (void)state;
    char out[16];
    struct pawl_json_token t = only("\"a\\n\\u00e9\\ud83d\\ude00\\/\"");
    assert_int_equal(t.escaped, 1);
    assert_int_equal(json_text(&t, out, sizeof out), PAWL_OK);
    assert_string_equal(out, "a\n\xc3\xa9\xf0\x9f\x98\x80/");
    assert_int_equal(json_text(&t, out, 9), PAWL_E_RANGE);
    t = only("\"\\ud83d\"");
    assert_int_equal(json_text(&t, out, sizeof out), PAWL_E_DATA);
    t = only("\"\\ude00x\"");
    assert_int_equal(json_text(&t, out, sizeof out), PAWL_E_DATA);
    t = only("\"exactly15bytes.\"");
    assert_int_equal(json_text(&t, out, sizeof out), PAWL_OK);
    t = only("\"sixteen bytes...\"");
    assert_int_equal(json_text(&t, out, sizeof out), PAWL_E_RANGE);
}

static void test_skip(void **state) {
    (void)state;
    static const char text[] = "{\"a\":{\"x\":[1,{\"y\":2}]},\"b\":[],\"c\":3}";
    struct pawl_json_reader r;
    struct pawl_json_token t;
    json_begin(&r, text, sizeof text - 1);
    assert_int_equal(json_next(&r, &t), 1);
    assert_int_equal(json_next(&r, &t), 1);
    assert_true(pawl_json_key(&t, "a"));
    assert_int_equal(t.depth, 1);
    assert_int_equal(json_skip(&r), PAWL_OK);
    assert_int_equal(json_next(&r, &t), 1);
    assert_true(pawl_json_key(&t, "b"));
    assert_int_equal(json_skip(&r), PAWL_OK);
    assert_int_equal(json_next(&r, &t), 1);
    assert_true(pawl_json_key(&t, "c"));
    assert_int_equal(json_skip(&r), PAWL_OK); /* no container: nothing */
    assert_int_equal(json_next(&r, &t), 1);
    assert_int_equal(t.kind, PAWL_JSON_END);
    assert_int_equal(json_next(&r, &t), 0);
}

static void write_one(struct pawl_json_writer *w, char *out, size_t size) {
    json_write(w, out, size);
    json_open(w, NULL, '{');
    json_put_text(w, "t", "a\"\\\n\x01", 5);
    json_put_e8(w, "p", -150000000);
    json_open(w, "l", '[');
    json_put_i64(w, NULL, INT64_MIN);
    json_put_raw(w, NULL, "true", 4);
    json_close(w, ']');
    json_close(w, '}');
}

static void test_writer(void **state) {
    (void)state;
    static const char expected[] =
        "{\"t\":\"a\\\"\\\\\\u000a\\u0001\",\"p\":\"-1.5\",\"l\":[-9223372036854775808,true]}";
    struct pawl_json_writer w;
    char out[128];
    size_t len;
    write_one(&w, out, sizeof out);
    assert_int_equal(json_end(&w, &len), PAWL_OK);
    assert_int_equal(len, sizeof expected - 1);
    assert_string_equal(out, expected);
    for (size_t size = 0; size < sizeof expected; size++) { /* no byte behind the end */
        memset(out, '#', sizeof out);
        write_one(&w, out, size);
        assert_int_equal(json_end(&w, &len), PAWL_E_RANGE);
        assert_int_equal(out[size], '#');
    }
    json_write(&w, out, sizeof out);
    json_open(&w, NULL, '[');
    assert_int_equal(json_end(&w, &len), PAWL_E_STATE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_json), cmocka_unit_test(test_against_jansson),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_skip), cmocka_unit_test(test_writer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
