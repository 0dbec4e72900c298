/* feed: the made-up market: the same bytes everywhere, its hours, its spreads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feed/generate.h"
#include "feed/stamp.h"
#include "feed_fixture.h"

#define DEMO "config/demo/xauusd.generated.json"

static struct feed *open_one(const char *path, struct pawl_err *err) {
    struct feed_options options = fixture_options();
    struct feed *feed = NULL;
    return feed_open(&path, 1, &options, &feed, err) == PAWL_OK ? feed : NULL;
}

/* The digest was taken once with gcc and once with clang. Who changes the generator changes it. */
static void the_demonstration_is_the_same_everywhere(void **state) {
    char path[FIXTURE_PATH_MAX];
    struct pawl_err err = {0};
    (void)state;
    struct feed *feed = open_one(fixture_source(DEMO, path), &err);
    if (feed == NULL) fail_msg("%s", err.text);
    struct fixture_digest digest = fixture_digest_of(feed, 0, &err);
    assert_int_equal(digest.rc, PAWL_OK);
    print_message("%llu quotes, digest %016llx\n", (unsigned long long)digest.rows,
                  (unsigned long long)digest.hash);
    assert_int_equal(digest.counts.quotes, digest.rows);
    assert_int_equal(digest.counts.crossed + digest.counts.locked, 0);
    assert_string_equal(feed_source_at(feed, 0)->format, "generated");
    assert_int_equal(feed_source_at(feed, 0)->instrument, XAUUSD);
    assert_int_equal(digest.rows, 345269);
    assert_true(digest.hash == UINT64_C(0x310bd0c8487b2e42));
    feed_free(feed);
}

static void it_keeps_hours_and_widens_at_the_opening(void **state) {
    char path[FIXTURE_PATH_MAX];
    struct pawl_err err = {0};
    struct feed_item item;
    int64_t last_ns = 0, weekend_ns = 0, pauses = 0, day_one = 0;
    int64_t opening_sum = 0, opening_count = 0, noon_sum = 0, noon_count = 0;
    (void)state;
    struct feed *feed = open_one(fixture_source(DEMO, path), &err);
    if (feed == NULL) fail_msg("%s", err.text);
    while (feed_next(feed, &item, &err) == PAWL_OK && item.kind != FEED_END) {
        const struct pawl_ev_quote *quote = (const struct pawl_ev_quote *)item.event;
        int64_t day = item.time_ns / STAMP_DAY_NS,
                minute = item.time_ns % STAMP_DAY_NS / (60 * PAWL_NS);
        int64_t weekday = (day + 4) % 7, spread = quote->ask.e8 - quote->bid.e8;
        assert_true(minute / 60 != 22 && weekday != 6);
        assert_true(weekday != 0 || minute >= 23 * 60);
        assert_true(spread > 0 && quote->bid.e8 % 1000000 == 0 && spread % 1000000 == 0);
        assert_true(quote->bid_size.e8 > 0 && quote->bid_size.e8 <= 10 * PAWL_E8);
        if (last_ns != 0 && item.time_ns - last_ns > 40 * 3600 * PAWL_NS)
            weekend_ns = item.time_ns - last_ns;
        if (last_ns != 0 && item.time_ns - last_ns > 3000 * PAWL_NS) pauses++;
        if (minute >= 23 * 60 && minute < 23 * 60 + 15) opening_sum += spread, opening_count++;
        if (minute >= 14 * 60 && minute < 15 * 60) noon_sum += spread, noon_count++;
        if (day_one == 0) day_one = day;
        last_ns = item.time_ns;
    }
    assert_int_equal(day_one * STAMP_DAY_NS, INT64_C(1704585600) * PAWL_NS);
    assert_true(weekend_ns > 48 * 3600 * PAWL_NS && weekend_ns < 50 * 3600 * PAWL_NS);
    assert_int_equal(pauses, 7); /* six nights and a weekend */
    assert_true(opening_count > 0 && noon_count > 0);
    assert_true(opening_sum / opening_count > 2 * (noon_sum / noon_count));
    feed_free(feed);
}

#define SPEC(days, rest)                                                                           \
    "{\"generated\":\"no market data\",\"symbol\":\"EURUSD\",\"seed\":1,\"start\":\"2024-01-01\"," \
    "\"days\":" days ",\"price\":\"1.1\",\"tick\":\"0.00001\"" rest "}"
#define SESSION                                                                                    \
    "\"sessions\":[{\"from\":\"00:00\",\"to\":\"00:00\",\"quotes_per_minute\":5,"                  \
    "\"volatility_ppm\":20,\"spread\":8}]"

static const struct {
    const char *text, *error;
} bad[] = {
    {"{", ":1: "},
    {"[]", ": not a JSON object"},
    {"{}", ": generated: must be a text that says that this is no market data"},
    {SPEC("1", ""), ": sessions: must be a list of 1 to 16 sessions"},
    {SPEC("0", "," SESSION), ": days: must be a whole number from 1 to 3660"},
    {SPEC("\"1\"", "," SESSION), ": days: must be a whole number from 1 to 3660"},
    {SPEC("1", ",\"colour\":1," SESSION), ": colour: unknown key"},
    {SPEC("1", ",\"week\":{\"opens\":\"Sun 25:00\"}," SESSION),
     ": week.opens: must be a day and a time, \"Sun 23:00\""},
    {SPEC("1", ",\"break\":{\"from\":\"22\"}," SESSION),
     ": break.from: must be a time of day, \"HH:MM\""},
    {SPEC("1", ",\"burst\":{\"per_day\":1,\"minutes\":1,\"factor\":21}," SESSION),
     ": burst.factor: must be a whole number from 1 to 20"},
    {SPEC("1", ",\"sessions\":[{\"from\":\"00:00\",\"to\":\"01:00\",\"quotes_per_minute\":601}]"),
     ": sessions[0].quotes_per_minute: must be a whole number from 1 to 600"},
    {SPEC("1", ",\"sessions\":[{\"from\":\"00:00\",\"to\":\"01:00\",\"quotes_per_minute\":6,"
               "\"volatility_ppm\":1,\"spread\":1000}]"),
     ": price: is too small for these spreads"},
    {SPEC("1", ",\"size\":10," SESSION),
     ": size: must be a decimal string within its range, like \"0.01\""},
    {SPEC("1", ",\"week\":{\"opens\":\"Sat 00:00\",\"closes\":\"Sun 00:00\"}," SESSION),
     ":1: no quotes come of it"},
};

static void a_wrong_specification_is_named_by_its_path(void **state) {
    char path[FIXTURE_PATH_MAX];
    (void)state;
    fixture_path("spec.generated.json", path);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pawl_err err = {0};
        fixture_write(path, bad[i].text, strlen(bad[i].text));
        assert_null(open_one(path, &err));
        assert_memory_equal(err.text, path, strlen(path));
        if (strncmp(err.text + strlen(path), bad[i].error, strlen(bad[i].error)) != 0)
            fail_msg("%s\nnot: %s", err.text, bad[i].error);
    }
}

static void the_widest_market_stays_in_range(void **state) {
    static const char text[] =
        "{\"generated\":\"no market data\",\"symbol\":\"EURUSD\",\"seed\":9007199254740992,"
        "\"start\":\"2199-01-01\",\"days\":3,\"price\":\"10000000\",\"tick\":\"1\",\"gap_ppm\":"
        "100000,"
        "\"trend_ppm\":100000,\"size\":\"10000000\",\"break\":{\"from\":\"12:00\",\"to\":\"00:00\"}"
        ","
        "\"burst\":{\"per_day\":1440,\"minutes\":1440,\"factor\":20},\"sessions\":[{\"from\":\"00:"
        "00\","
        "\"to\":\"00:00\",\"quotes_per_minute\":600,\"volatility_ppm\":100000,\"spread\":10000}]}";
    char path[FIXTURE_PATH_MAX];
    struct pawl_err err = {0};
    (void)state;
    fixture_write(fixture_path("wide.generated.json", path), text, strlen(text));
    struct feed *feed = open_one(path, &err);
    if (feed == NULL) fail_msg("%s", err.text);
    struct fixture_digest digest = fixture_digest_of(feed, 0, &err);
    assert_int_equal(digest.rc, PAWL_OK);
    assert_true(digest.rows > 500000);
    feed_free(feed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demonstration_is_the_same_everywhere),
        cmocka_unit_test(it_keeps_hours_and_widens_at_the_opening),
        cmocka_unit_test(a_wrong_specification_is_named_by_its_path),
        cmocka_unit_test(the_widest_market_stays_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove_folder);
}
