/* log: one line a message, nothing forged, a flood counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/outlet.h"

static int64_t clock_ns = INT64_C(1767323045678000000); /* 2026-01-02T03:04:05.678Z */

static int64_t now(void *arg) {
    (void)arg;
    return clock_ns;
}

struct fixture {
    struct log *log;
    FILE *file;
};

static void start(struct fixture *f, bool json, uint32_t burst) {
    f->file = tmpfile();
    assert_non_null(f->file);
    struct log_options options = {.fd = fileno(f->file), .level = PAWL_LOG_INFO, .json = json,
                                  .burst = burst, .per_second = 10, .now_ns = now};
    assert_int_equal(log_new(&options, &f->log, NULL), PAWL_OK);
}

/* All that was written; valid until the next call. */
static const char *written(struct fixture *f) {
    static char text[65536];
    ssize_t n = pread(fileno(f->file), text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    return text;
}

static void stop(struct fixture *f) {
    log_free(f->log);
    fclose(f->file);
}

static int lines_of(const char *text) {
    int n = 0;
    for (; *text != '\0'; text++) n += *text == '\n';
    return n;
}

static void a_line_has_time_level_source_and_text(void **state) {
    (void)state;
    struct fixture f;
    start(&f, false, 100);
    log_write(f.log, PAWL_LOG_WARN, "paper", "%d orders", 3);
    log_write(f.log, PAWL_LOG_ERROR, "store", "x");
    log_write(f.log, PAWL_LOG_DEBUG, "paper", "not wanted");
    assert_string_equal(written(&f), "2026-01-02T03:04:05.678Z WARN  paper: 3 orders\n"
                                     "2026-01-02T03:04:05.678Z ERROR store: x\n");
    stop(&f);
    log_write(NULL, PAWL_LOG_ERROR, "nobody", "hears");
}

static void json_is_escaped(void **state) {
    (void)state;
    struct fixture f;
    start(&f, true, 100);
    log_write(f.log, PAWL_LOG_INFO, "a\"b",
              "q\" s\\ n\n e\x1b bad\xff euro\xe2\x82\xac cut\xe2\x82");
    assert_string_equal(
        written(&f), "{\"t\":\"2026-01-02T03:04:05.678Z\",\"level\":\"INFO\",\"source\":\"a\\\"b\","
                     "\"text\":\"q\\\" s\\\\ n\\u000a e\\u001b bad\\u00ff euro\xe2\x82\xac "
                     "cut\\u00e2\\u0082\"}\n");
    stop(&f);
}

static void text_cannot_forge_a_line(void **state) {
    (void)state;
    struct fixture f;
    start(&f, false, 100);
    log_write(f.log, PAWL_LOG_INFO, "venue", "ok\n2026-01-02T00:00:00.000Z ERROR host: forged\x7f");
    assert_int_equal(lines_of(written(&f)), 1);
    assert_non_null(strstr(written(&f), "ok\\x0a2026"));
    stop(&f);
}

static void long_text_is_cut_and_fits(void **state) {
    (void)state;
    static char text[5000];
    struct fixture f;
    start(&f, true, 100);
    memset(text, 1, sizeof text - 1);
    log_write(f.log, PAWL_LOG_INFO, text, "%s", text);
    const char *line = written(&f);
    assert_int_equal(lines_of(line), 1);
    assert_non_null(strstr(line, "\\u0001...\"}\n"));
    assert_in_range(strlen(line), OUTLET_PIECE_MAX - 32, OUTLET_PIECE_MAX);
    stop(&f);
}

static void a_flood_is_counted_and_told(void **state) {
    (void)state;
    struct fixture f;
    start(&f, false, 8);
    for (int i = 0; i < 100; i++) log_write(f.log, PAWL_LOG_INFO, "loud", "line %d", i);
    assert_int_equal(lines_of(written(&f)), 6); /* a quarter is kept for errors */
    assert_int_equal(log_dropped(f.log), 94);
    log_write(f.log, PAWL_LOG_INFO, "quiet", "other sources have their own bucket");
    assert_int_equal(lines_of(written(&f)), 7);
    log_write(f.log, PAWL_LOG_ERROR, "loud", "errors still pass");
    assert_non_null(
        strstr(written(&f), "WARN  loud: 94 messages dropped: more than 10 a second\n"));
    assert_non_null(strstr(written(&f), "ERROR loud: errors still pass\n"));
    clock_ns += PAWL_NS; /* 10 tokens would come, 8 fit */
    for (int i = 0; i < 100; i++) log_write(f.log, PAWL_LOG_INFO, "loud", "again %d", i);
    assert_int_equal(lines_of(written(&f)), 9 + 6);
    clock_ns -= 5 * PAWL_NS; /* a clock that steps back neither fills nor blocks for ever */
    log_write(f.log, PAWL_LOG_INFO, "loud", "still full");
    clock_ns += PAWL_NS;
    log_write(f.log, PAWL_LOG_INFO, "loud", "after the step");
    assert_non_null(strstr(written(&f), "after the step"));
    stop(&f);
}

static void more_sources_than_buckets_share_one(void **state) {
    (void)state;
    struct fixture f;
    start(&f, false, 4);
    for (int i = 0; i < 400; i++) {
        char source[16];
        snprintf(source, sizeof source, "s%d", i);
        log_write(f.log, PAWL_LOG_INFO, source, "x");
    }
    assert_int_equal(lines_of(written(&f)), (int)LOG_SOURCES_MAX + 3);
    stop(&f);
}

static void a_closed_descriptor_is_counted(void **state) {
    (void)state;
    struct log *log;
    struct log_options options = {.fd = -1, .level = PAWL_LOG_INFO, .now_ns = now};
    assert_int_equal(log_new(&options, &log, NULL), PAWL_OK);
    log_write(log, PAWL_LOG_ERROR, "x", "y");
    assert_int_equal(log_dropped(log), 1);
    log_free(log);
}

static void levels_have_names(void **state) {
    (void)state;
    assert_int_equal(log_level_parse("warn"), PAWL_LOG_WARN);
    assert_int_equal(log_level_parse("debug"), PAWL_LOG_DEBUG);
    assert_int_equal(log_level_parse(""), 0);
    assert_int_equal(log_level_parse("WARN"), 0);
    assert_string_equal(log_level_text(PAWL_LOG_ERROR), "ERROR");
    assert_string_equal(log_level_text(9), "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_source_and_text),
        cmocka_unit_test(json_is_escaped),
        cmocka_unit_test(text_cannot_forge_a_line),
        cmocka_unit_test(long_text_is_cut_and_fits),
        cmocka_unit_test(a_flood_is_counted_and_told),
        cmocka_unit_test(more_sources_than_buckets_share_one),
        cmocka_unit_test(a_closed_descriptor_is_counted),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
