/* feed: every fault of a file is told with its line, and can be skipped instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feed_fixture.h"

#define HEADER "date,ms,bid,ask\n"
#define LINE_MAX_TEXT 400

/* Opens and reads to the end; err says what stopped it. */
static int read_all(const char *path, const struct feed_options *options, struct feed_counts *ret,
                    struct pawl_err *err) {
    struct feed *feed = NULL;
    int rc = feed_open(&path, 1, options, &feed, err);
    if (rc != PAWL_OK) return rc;
    struct fixture_digest digest = fixture_digest_of(feed, 0, err);
    if (digest.rc != PAWL_OK) { /* it stays so */
        struct feed_item item;
        struct pawl_err again = {0};
        assert_int_equal(feed_next(feed, &item, &again), digest.rc);
        assert_string_equal(again.text, err->text);
    }
    if (ret != NULL) *ret = digest.counts;
    feed_free(feed);
    return digest.rc;
}

/* tests/feed_bad/expected.txt: NAME | message. */
static void every_file_fails_with_its_message(void **state) {
    char list_path[FIXTURE_PATH_MAX], path[FIXTURE_PATH_MAX + LINE_MAX_TEXT], line[LINE_MAX_TEXT];
    struct feed_options options = fixture_options();
    int checked = 0, failed = 0;
    (void)state;
    options.symbol = "EURUSD";
    FILE *list = fopen(fixture_source("tests/feed_bad/expected.txt", list_path), "r");
    assert_non_null(list);
    while (fgets(line, sizeof line, list) != NULL) {
        char *bar = strstr(line, " | ");
        if (line[0] == '#' || bar == NULL) continue;
        line[strcspn(line, "\n")] = '\0';
        *bar = '\0';
        const char *expected = bar + 3;
        int begins = expected[0] == '*';
        struct pawl_err err = {0};
        snprintf(path, sizeof path, "%.*s%s", (int)(strlen(list_path) - strlen("expected.txt")),
                 list_path, line);
        int rc = read_all(path, &options, NULL, &err);
        const char *said = err.text + strlen(path);
        int same = begins ? strncmp(said, expected + 1, strlen(expected + 1)) == 0
                          : strcmp(said, expected) == 0;
        if (rc == PAWL_OK || strncmp(err.text, path, strlen(path)) != 0 || !same) {
            print_message("%s: rc %d\n  said     %s\n  expected %s\n", line, rc, err.text,
                          expected);
            failed++;
        }
        checked++;
    }
    fclose(list);
    print_message("%d files\n", checked);
    assert_int_equal(failed, 0);
    assert_true(checked > 50);
}

struct remarks {
    int count;
    char first[600], last[600];
};

static void remark(void *self, const char *text) {
    struct remarks *remarks = self;
    if (remarks->count++ == 0) snprintf(remarks->first, sizeof remarks->first, "%s", text);
    snprintf(remarks->last, sizeof remarks->last, "%s", text);
}

static uint32_t always_eurusd(void *self, const char *symbol) {
    (void)self;
    return strcmp(symbol, "EURUSD") == 0 ? EURUSD : 0;
}

static void skipped_rows_are_counted_and_the_first_of_them_told(void **state) {
    char path[FIXTURE_PATH_MAX], text[4096] = HEADER, expected[600];
    struct remarks remarks = {0};
    struct feed_options options = {.self = &remarks,
                                   .instrument = always_eurusd,
                                   .remark = remark,
                                   .symbol = "EURUSD",
                                   .bad_rows = FEED_BAD_SKIP};
    struct feed_counts counts;
    struct pawl_err err = {0};
    (void)state;
    strcat(text,
           "20140501,1,1.5,1.6\n20140501,2,x,1.6\n20140501,3,1.5,1.4\n20140501,2.5,1.5,1.6\n");
    for (int i = 0; i < 30; i++) strcat(text, "20140501,4,0,1.6\n");
    strcat(text, "20140501,5,1.5,1.5\n");
    fixture_write(fixture_path("bad.csv", path), text, strlen(text));
    assert_int_equal(read_all(path, &options, &counts, &err), PAWL_OK);
    assert_int_equal(counts.rows, 3);
    assert_int_equal(counts.quotes, 3);
    assert_int_equal(counts.crossed, 1);
    assert_int_equal(counts.locked, 1);
    assert_int_equal(counts.bad, 32);
    assert_int_equal(counts.one_sided, 30);
    assert_int_equal(remarks.count, FEED_BAD_SHOWN_MAX + 1);
    snprintf(expected, sizeof expected, "%s:3: bid: not a number: 'x'; row skipped", path);
    assert_string_equal(remarks.first, expected);
    snprintf(expected, sizeof expected, "%s: 32 rows skipped in all", path);
    assert_string_equal(remarks.last, expected);
}

static void a_line_may_be_long_but_not_longer(void **state) {
    static char text[FEED_LINE_MAX * 12];
    char path[FIXTURE_PATH_MAX], expected[600];
    struct feed_options options = fixture_options();
    (void)state;
    options.symbol = "EURUSD";
    for (int over = 0; over < 2; over++) /* exactly the limit; one byte more */
        for (size_t lines = 1; lines < 10; lines += 8) {
            struct feed_counts counts;
            struct pawl_err err = {0};
            size_t at = (size_t)sprintf(text, HEADER "20140501,1,1.5,1.6\n");
            size_t row = FEED_LINE_MAX * lines + (size_t)over;
            memset(text + at, ' ', row);
            memcpy(text + at, "20140501,2,1.5,1.6", 18);
            text[at + row] = '\n';
            strcpy(text + at + row + 1, "20140501,3,1.5,1.6\n");
            fixture_write(fixture_path("long.csv", path), text, strlen(text));
            options.bad_rows = FEED_BAD_FATAL;
            int rc = read_all(path, &options, &counts, &err);
            int fits = !over && lines == 1;
            assert_int_equal(rc, fits ? PAWL_OK : PAWL_E_DATA);
            snprintf(expected, sizeof expected, "%s:3: longer than 65536 bytes", path);
            if (!fits) assert_string_equal(err.text, expected);
            options.bad_rows = FEED_BAD_SKIP;
            assert_int_equal(read_all(path, &options, &counts, &err), PAWL_OK);
            assert_int_equal(counts.quotes, fits ? 3 : 2);
        }
}

/* 64 MiB without a line end in a few kilobytes: refused at the limit of a line, or passed over. */
static void a_bomb_is_one_long_line(void **state) {
    static const size_t size = 64u << 20;
    char path[FIXTURE_PATH_MAX], expected[600];
    char *text = malloc(size);
    (void)state;
    assert_non_null(text);
    memset(text, 'a', size);
    memcpy(text, HEADER, strlen(HEADER));
    fixture_pack(fixture_path("bomb.csv.zst", path), text, size);
    free(text);
    struct feed_options options = fixture_options();
    struct feed_counts counts;
    struct pawl_err err = {0};
    options.symbol = "EURUSD";
    assert_int_equal(read_all(path, &options, NULL, &err), PAWL_E_DATA);
    snprintf(expected, sizeof expected, "%s:2: longer than 65536 bytes", path);
    assert_string_equal(err.text, expected);
    options.bad_rows = FEED_BAD_SKIP;
    assert_int_equal(read_all(path, &options, &counts, &err), PAWL_OK);
    assert_int_equal(counts.bad, 1);
}

static void what_cannot_be_opened_is_named(void **state) {
    char path[FIXTURE_PATH_MAX];
    struct feed_options options = fixture_options();
    struct feed *feed = NULL;
    const char *p = "/nowhere/eurusd.csv";
    struct pawl_err err = {0};
    (void)state;
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_E_IO);
    assert_string_equal(err.text, "/nowhere/eurusd.csv: No such file or directory");
    p = "/tmp";
    err = (struct pawl_err){0};
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_E_IO);
    assert_string_equal(err.text, "/tmp: not a regular file");
    err = (struct pawl_err){0};
    assert_int_equal(feed_open(&p, 0, &options, &feed, &err), PAWL_E_INVAL);
    p = fixture_path("quotes.csv", path);
    fixture_write(path, HEADER "20140501,1,1,2\n", 31);
    err = (struct pawl_err){0};
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_E_CONFIG);
    assert_non_null(strstr(err.text, "its name begins with no configured symbol"));
    options.symbol = "NOSUCH";
    err = (struct pawl_err){0};
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_E_CONFIG);
    assert_non_null(strstr(err.text, ": no such instrument: 'NOSUCH'"));
    options.symbol = "EURUSD";
    options.format = "excel";
    err = (struct pawl_err){0};
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_E_CONFIG);
    assert_non_null(strstr(err.text, ": no such format: 'excel'"));
    options.format = "binance_klines";
    err = (struct pawl_err){0};
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_OK); /* the header says it all */
    feed_free(feed);
    feed = NULL;
    options.format = "";
    options.tz = "Mars/Olympus";
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_E_CONFIG);
    assert_non_null(strstr(err.text, "time zone Mars/Olympus: "));
    assert_null(feed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_fails_with_its_message),
        cmocka_unit_test(skipped_rows_are_counted_and_the_first_of_them_told),
        cmocka_unit_test(a_line_may_be_long_but_not_longer),
        cmocka_unit_test(a_bomb_is_one_long_line),
        cmocka_unit_test(what_cannot_be_opened_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove_folder);
}
