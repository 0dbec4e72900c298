/* feed: the order of several files, going forward to a row, compressed files, one cut short. */
#include "feed_kit.h"

static void equal_times_keep_the_order_of_the_files(void **state) {
    static const char *const texts[] = {"time,bid,ask\n10,1,9\n10,2,9\n30,3,9\n",
                                        "time,bid,ask\n10,4,9\n20,5,9\n30,6,9\n",
                                        "time,bid,ask\n5,7,9\n30,8,9\n"};
    static const int order[] = {7, 1, 2, 4, 5, 3, 6, 8};
    char path[3][FIXTURE_PATH_MAX];
    const char *paths[3];
    struct feed_options options = fixture_options();
    struct feed *feed = NULL;
    (void)state;
    options.symbol = "SPY";
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%d.csv", i);
        paths[i] = fixture_path(name, path[i]);
        fixture_write(paths[i], texts[i], strlen(texts[i]));
    }
    assert_int_equal(feed_open(paths, 3, &options, &feed, NULL), PAWL_OK);
    for (int i = 0; i < 8; i++) assert_int_equal(next_quote(feed)->bid.e8, order[i] * PAWL_E8);
    end(feed);
}

/* Text of many rows: quotes at irregular times. */
static char *many_rows(size_t count, uint64_t seed, size_t *ret_size) {
    char *text = malloc(count * 64 + 64);
    if (text == NULL) abort();
    size_t at = (size_t)sprintf(text, "date,ms,bid,ask\n");
    uint64_t ms = 0;
    for (size_t i = 0; i < count; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ms += 1 + (seed >> 33 & 511);
        at += (size_t)sprintf(text + at, "20140501,%llu.%u,1.3%04u,1.39%03u\n",
                              (unsigned long long)ms, (unsigned)(seed >> 40 & 7),
                              (unsigned)(seed >> 20 & 4095), (unsigned)(seed >> 50 & 511));
    }
    *ret_size = at;
    return text;
}

static struct fixture_digest digest_of(const char *const *paths, size_t count, uint64_t skip) {
    struct feed_options options = fixture_options();
    struct pawl_err err = {0};
    struct feed *feed = NULL;
    options.symbol = "EURUSD";
    if (feed_open(paths, count, &options, &feed, &err) != PAWL_OK) fail_msg("%s", err.text);
    struct fixture_digest digest = fixture_digest_of(feed, skip, &err);
    if (digest.rc != PAWL_OK) fail_msg("%s", err.text);
    feed_free(feed);
    return digest;
}

static void compression_changes_nothing(void **state) {
    static const char *const names[] = {"a.csv", "a.csv.gz", "a.csv.zst", "a.csv.xz", "a.zip"};
    size_t size;
    char *text = many_rows(20000, 1, &size), path[5][FIXTURE_PATH_MAX];
    struct fixture_digest plain = {0};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        const char *p = fixture_path(names[i], path[i]);
        fixture_pack(p, text, size);
        struct fixture_digest digest = digest_of(&p, 1, 0);
        if (i == 0) plain = digest;
        assert_int_equal(digest.rows, 20000);
        assert_true(digest.hash == plain.hash);
    }
    free(text);
}

static void going_forward_ends_where_reading_does(void **state) {
    static const uint64_t rows[] = {1, 2, 681, 682, 683, 9000, 17999};
    char path[2][FIXTURE_PATH_MAX];
    const char *paths[2];
    struct feed_options options = fixture_options();
    struct pawl_err err = {0};
    struct feed_item item, skipped;
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t size;
        char *text = many_rows(9000, (uint64_t)i + 7, &size);
        paths[i] = fixture_path(i == 0 ? "s0.csv.zst" : "s1.csv.gz", path[i]);
        fixture_pack(paths[i], text, size);
        free(text);
    }
    options.symbol = "EURUSD";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct feed *read = NULL, *skip = NULL;
        assert_int_equal(feed_open(paths, 2, &options, &read, &err), PAWL_OK);
        assert_int_equal(feed_open(paths, 2, &options, &skip, &err), PAWL_OK);
        for (uint64_t row = 0; row < rows[i]; row++)
            assert_int_equal(feed_next(read, &item, &err), PAWL_OK);
        assert_int_equal(feed_skip_to(skip, rows[i], &err), PAWL_OK);
        assert_int_equal(feed_next(read, &item, &err), PAWL_OK);
        assert_int_equal(feed_next(skip, &skipped, &err), PAWL_OK);
        assert_int_equal(item.row, rows[i] + 1);
        assert_int_equal(skipped.row, item.row);
        assert_memory_equal(skipped.event, item.event, item.event->size);
        assert_int_equal(feed_skip_to(skip, rows[i], NULL), PAWL_E_STATE);
        assert_int_equal(feed_skip_to(skip, 18001, NULL), PAWL_E_NOTFOUND);
        feed_free(read);
        feed_free(skip);
    }
}

static void a_file_cut_short_gives_its_rows_first(void **state) {
    static const char *const names[] = {"c.csv.gz", "c.csv.zst", "c.csv.xz"};
    size_t size;
    char *text = many_rows(40000, 3, &size);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char path[FIXTURE_PATH_MAX];
        struct feed_options options = fixture_options();
        struct pawl_err err = {0};
        struct feed *feed = NULL;
        const char *p = fixture_path(names[i], path);
        fixture_pack(p, text, size);
        FILE *file = fopen(p, "r+b");
        fseek(file, 0, SEEK_END);
        assert_int_equal(ftruncate(fileno(file), ftell(file) * 2 / 3), 0);
        fclose(file);
        options.symbol = "EURUSD";
        options.bad_rows = FEED_BAD_SKIP; /* this is no bad row */
        assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_OK);
        struct fixture_digest digest = fixture_digest_of(feed, 0, &err);
        assert_int_equal(digest.rc, PAWL_E_DATA);
        assert_in_range(digest.rows, 1000, 39000);
        assert_non_null(strstr(err.text, ": cannot be read on: "));
        feed_free(feed);
    }
    free(text);
}

static void an_array_is_a_feed(void **state) {
    struct pawl_ev_quote quotes[3] = {0};
    struct feed *feed = NULL;
    (void)state;
    for (int i = 0; i < 3; i++) {
        quotes[i].head =
            (struct pawl_event){.size = sizeof quotes[i], .type = PAWL_EV_QUOTE, .time_ns = i + 1};
        quotes[i].bid.e8 = quotes[i].ask.e8 = i + 1;
    }
    assert_int_equal(feed_from_array(&quotes[0].head, 3, &feed, NULL), PAWL_OK);
    assert_int_equal(feed_skip_to(feed, 1, NULL), PAWL_OK);
    assert_int_equal(next_quote(feed)->bid.e8, 2);
    assert_ptr_equal(next_quote(feed), &quotes[2]);
    assert_int_equal(quotes[2].head.cookie, 3);
    end(feed);
}

/* Whatever allocation fails, the feed says so and gives everything back. */
static void no_memory_is_an_error_and_no_more(void **state) {
    static const char reload[] = "{\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"reload\"}\n";
    static const char quotes[] = "time,bid,ask\n2014-05-01 10:00,1,9\n2014-05-01 10:01,2,9\n";
    char path[3][FIXTURE_PATH_MAX], source[FIXTURE_PATH_MAX];
    const char *paths[] = {fixture_path("eurusd_mem.csv", path[0]),
                           fixture_path("n.jsonl", path[1]),
                           fixture_source("config/demo/xauusd.generated.json", source)};
    struct feed_options options = fixture_options();
    int rc = PAWL_E_NOMEM;
    uint64_t failures = 0;
    (void)state;
    options.tz = "America/New_York";
    fixture_write(path[0], quotes, strlen(quotes));
    fixture_write(path[1], reload, strlen(reload));
    for (uint64_t nth = 1; rc != PAWL_OK && nth < 1000; nth++) {
        struct feed *feed = NULL;
        struct pawl_err err = {0};
        struct feed_item item = {.kind = FEED_EVENT};
        mem_fail_at(nth, false);
        rc = feed_open(paths, 3, &options, &feed, &err);
        for (int i = 0; rc == PAWL_OK && i < 100; i++) rc = feed_next(feed, &item, &err);
        mem_fail_at(0, false);
        assert_true(rc == PAWL_OK || rc == PAWL_E_NOMEM);
        assert_int_equal(err.rc, rc);
        failures += rc != PAWL_OK;
        feed_free(feed);
    }
    assert_int_equal(rc, PAWL_OK);
    assert_true(failures > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_times_keep_the_order_of_the_files),
        cmocka_unit_test(compression_changes_nothing),
        cmocka_unit_test(going_forward_ends_where_reading_does),
        cmocka_unit_test(a_file_cut_short_gives_its_rows_first),
        cmocka_unit_test(an_array_is_a_feed),
        cmocka_unit_test(no_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove_folder);
}
