/* feed: the recorded files, against the counts of their README and sums made by another program.
 * Skipped where the data is not there (PAWL_TEST_DATA, else ../shared/data beside the project). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feed_fixture.h"

static const struct recorded {
    const char *name, *symbol, *tz;
    uint16_t type;
    uint32_t seconds; /* of a bar */
    uint64_t rows, suspicious, crossed, locked;
    int64_t first_ns, last_ns; /* arrivals */
    /* Sums modulo 2^64: of the arrivals; of bid, price or open + 3 high + 5 low + 7 close; of ask,
     * size or volume. */
    uint64_t times, prices, others;
} files[] = {
    {"lean/xauusd_oanda_quotes_20140501-20140509.csv.zst", NULL, NULL, PAWL_EV_QUOTE, 0, 1312635, 0,
     0, 0, 1398902400043142000, 1399669198844513000, 0xdfab53eca691f810, 0x25c94dacf556de0,
     0x25cbebbfb869820},
    {"lean/eurusd_fxcm_quotes_20140501-20140509.csv.zst", NULL, "-05:00", PAWL_EV_QUOTE, 0, 675401,
     0, 69354, 82118, 1398920401787000000, 1399669151407000000, 0x799e8706a29e5400, 0x554264862760,
     0x5542a60d3d40},
    {"lean/spy_trades_20131007-20131011.csv.zst", NULL, "America/New_York", PAWL_EV_TRADE, 0,
     1887450, 10, 0, 0, 1381132800464000000, 1381535972543000000, 0x2f9d58f797547e80,
     0x7035f50d89fc80, 0x105270db834b000},
    {"bars/filusdt_binance_usdm_1m_202409.csv.zst", NULL, NULL, PAWL_EV_BAR, 60, 43200, 0, 0, 0,
     1725148860000000000, 1727740800000000000, 0x1ef3da0d91210000, 0xe56ecc22dc80,
     0x13609a2a05b6700},
    {"lean/spy_minute_trade_20131004-20131011.csv.zst", NULL, "America/New_York", PAWL_EV_BAR, 60,
     4839, 0, 0, 0, 1380874020000000000, 1381536000000000000, 0x56ba997d7aed4000, 0x49c34d88a0900,
     0x120ca7585f3ca00},
    {"bars/eurusd_histdata_m1_201701.csv.zst", NULL, NULL, PAWL_EV_BAR, 60, 31500, 0, 0, 0,
     1483340460000000000, 1485925140000000000, 0x203d9a6accd34800, 0x30b73ccbddf0, 0x0},
    {"bars/btcusdt_bybit_1m_20250530-20250629.csv.zst", NULL, NULL, PAWL_EV_BAR, 60, 43200, 0, 0, 0,
     1748623200000000000, 1751215140000000000, 0x184c8d80846f0000, 0x652c4d30b071b000,
     0xd898ef4057c0},
    {"bars/spy_1m_202507.csv.zst", NULL, "America/New_York", PAWL_EV_BAR, 60, 19953, 0, 0, 0,
     1751356860000000000, 1753920060000000000, 0xcadc4ee15e9c2800, 0x4720db46454cd0,
     0x20821351d69d700},
    {"lean/spy_daily_19980102-20210331.csv.zst", NULL, "America/New_York", PAWL_EV_BAR, 86400, 5849,
     0, 0, 0, 883803600000000000, 1617249600000000000, 0x8780fc7e2ea02000, 0x5719c6bda78b0,
     0xd730b1792f649100},
    {"bars/goog_daily_2004-2013.csv", NULL, NULL, PAWL_EV_BAR, 86400, 2148, 0, 0, 0,
     1092960000000000000, 1362182400000000000, 0xee2ad3ea48ab0000, 0x5cc342cd3d880,
     0x10743c6382d97000},
};
#define FILES_COUNT (sizeof files / sizeof files[0])

struct sums {
    uint64_t times, prices, others;
};

static void add(struct sums *sums, const struct pawl_event *event) {
    sums->times += (uint64_t)event->time_ns;
    if (event->type == PAWL_EV_QUOTE) {
        const struct pawl_ev_quote *quote = (const struct pawl_ev_quote *)event;
        sums->prices += (uint64_t)quote->bid.e8;
        sums->others += (uint64_t)quote->ask.e8;
    } else if (event->type == PAWL_EV_TRADE) {
        const struct pawl_ev_trade *trade = (const struct pawl_ev_trade *)event;
        sums->prices += (uint64_t)trade->price.e8;
        sums->others += (uint64_t)trade->size.e8;
    } else {
        const struct pawl_ev_bar *bar = (const struct pawl_ev_bar *)event;
        sums->prices +=
            (uint64_t)(bar->open.e8 + 3 * bar->high.e8 + 5 * bar->low.e8 + 7 * bar->close.e8);
        sums->others += (uint64_t)bar->volume.e8;
    }
}

static void check(const struct recorded *file, const char *path) {
    struct feed_options options = fixture_options();
    struct pawl_err err = {0};
    struct feed_counts counts;
    struct feed_item item;
    struct feed *feed = NULL;
    struct sums sums = {0};
    int64_t first_ns = 0, last_ns = 0;
    options.tz = file->tz;
    if (feed_open(&path, 1, &options, &feed, &err) != PAWL_OK) fail_msg("%s", err.text);
    for (;;) {
        if (feed_next(feed, &item, &err) != PAWL_OK) fail_msg("%s", err.text);
        if (item.kind == FEED_END) break;
        assert_int_equal(item.event->type, file->type);
        add(&sums, item.event);
        if (first_ns == 0) first_ns = item.time_ns;
        last_ns = item.time_ns;
    }
    feed_get_counts(feed, &counts);
    assert_int_equal(feed_source_at(feed, 0)->bar_seconds, file->seconds);
    feed_free(feed);
    assert_int_equal(counts.rows, file->rows);
    assert_int_equal(counts.quotes + counts.trades + counts.bars, file->rows);
    assert_int_equal(counts.suspicious, file->suspicious);
    assert_int_equal(counts.crossed, file->crossed);
    assert_int_equal(counts.locked, file->locked);
    assert_int_equal(counts.bad, 0);
    assert_int_equal(first_ns, file->first_ns);
    assert_int_equal(last_ns, file->last_ns);
    assert_true(sums.times == file->times);
    assert_true(sums.prices == file->prices);
    assert_true(sums.others == file->others);
}

static void recorded_files_are_read_to_the_last_digit(void **state) {
    size_t missing = 0;
    (void)state;
    for (size_t i = 0; i < FILES_COUNT; i++) {
        char path[FIXTURE_PATH_MAX];
        if (fixture_data(files[i].name, path) != NULL)
            check(&files[i], path);
        else
            missing++;
    }
    print_message("%zu of %zu recorded files; %zu skipped\n", FILES_COUNT - missing, FILES_COUNT,
                  missing);
    if (missing == FILES_COUNT) skip();
}

/* Gold in UTC and the euro in UTC-05:00, each by its rule: one stream in order of time. */
static void two_zones_merge_into_one_order(void **state) {
    const struct feed_rule rules[] = {{.match = "eurusd_fxcm*", .tz = "-05:00"}};
    char path[2][FIXTURE_PATH_MAX];
    struct feed_options options = fixture_options();
    struct pawl_err err = {0};
    struct feed *feed = NULL;
    (void)state;
    const char *paths[] = {fixture_data(files[0].name, path[0]),
                           fixture_data(files[1].name, path[1])};
    if (paths[0] == NULL || paths[1] == NULL) skip();
    options.rules = rules;
    options.rule_count = 1;
    if (feed_open(paths, 2, &options, &feed, &err) != PAWL_OK) fail_msg("%s", err.text);
    struct fixture_digest digest = fixture_digest_of(feed, 0, &err);
    assert_int_equal(digest.rc, PAWL_OK);
    assert_int_equal(digest.rows, 1312635 + 675401);
    assert_int_equal(digest.first_ns, files[0].first_ns);
    assert_int_equal(digest.last_ns, files[0].last_ns);
    feed_free(feed);
}

/* Each row of AIG offers one side only. */
static void one_sided_quotes_are_refused(void **state) {
    char path[FIXTURE_PATH_MAX];
    struct feed_options options = fixture_options();
    struct pawl_err err = {0};
    struct feed *feed = NULL;
    (void)state;
    const char *p = fixture_data("lean/aig_quotes_20131007-20131011.csv.zst", path);
    if (p == NULL) skip();
    options.symbol = "SPY";
    options.tz = "America/New_York";
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_E_DATA);
    assert_non_null(strstr(err.text, ".csv.zst:2: one-sided quote: bid is 0 or empty"));
}

/* A file that runs from the newest row to the oldest is no recording of events. */
static void a_descending_file_is_refused(void **state) {
    char path[FIXTURE_PATH_MAX];
    struct feed_options options = fixture_options();
    struct pawl_err err = {0};
    struct feed *feed = NULL;
    (void)state;
    const char *p = fixture_data("bars/aapl_1m_20190211-20190215.csv", path);
    if (p == NULL) skip();
    assert_int_equal(feed_open(&p, 1, &options, &feed, &err), PAWL_OK);
    struct fixture_digest digest = fixture_digest_of(feed, 0, &err);
    assert_int_equal(digest.rc, PAWL_E_DATA);
    assert_int_equal(digest.rows, 1);
    assert_non_null(strstr(err.text, ".csv:3: time goes back by 60 s"));
    feed_free(feed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_files_are_read_to_the_last_digit),
        cmocka_unit_test(two_zones_merge_into_one_order),
        cmocka_unit_test(one_sided_quotes_are_refused),
        cmocka_unit_test(a_descending_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
