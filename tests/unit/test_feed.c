/* feed: formats, the order of the merge, controls, zones, going forward to a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "feed_fixture.h"

#define S(x) ((x)*PAWL_NS)

static struct feed *open_text(const char *name, const char *text,
                              const struct feed_options *options) {
    char path[FIXTURE_PATH_MAX];
    struct feed_options standard = fixture_options();
    struct pawl_err err = {0};
    struct feed *feed = NULL;
    const char *p = fixture_path(name, path);
    fixture_write(path, text, strlen(text));
    if (feed_open(&p, 1, options != NULL ? options : &standard, &feed, &err) != PAWL_OK)
        fail_msg("%s", err.text);
    return feed;
}

static struct feed_item next(struct feed *feed) {
    struct feed_item item;
    struct pawl_err err = {0};
    if (feed_next(feed, &item, &err) != PAWL_OK) fail_msg("%s", err.text);
    return item;
}

static const struct pawl_ev_quote *next_quote(struct feed *feed) {
    struct feed_item item = next(feed);
    assert_int_equal(item.kind, FEED_EVENT);
    assert_int_equal(item.event->type, PAWL_EV_QUOTE);
    assert_int_equal(item.event->size, sizeof(struct pawl_ev_quote));
    assert_int_equal(item.event->cookie, item.row);
    assert_int_equal(item.event->time_ns, item.time_ns);
    return (const struct pawl_ev_quote *)item.event;
}

static const struct pawl_ev_trade *next_trade(struct feed *feed) {
    struct feed_item item = next(feed);
    assert_int_equal(item.kind, FEED_EVENT);
    assert_int_equal(item.event->type, PAWL_EV_TRADE);
    return (const struct pawl_ev_trade *)item.event;
}

static const struct pawl_ev_bar *next_bar(struct feed *feed) {
    struct feed_item item = next(feed);
    assert_int_equal(item.kind, FEED_EVENT);
    assert_int_equal(item.event->type, PAWL_EV_BAR);
    return (const struct pawl_ev_bar *)item.event;
}

static void end(struct feed *feed) {
    assert_int_equal(next(feed).kind, FEED_END);
    assert_int_equal(next(feed).kind, FEED_END);
    feed_free(feed);
}

/* ---- formats ---- */

static void quotes_by_the_names_of_their_columns(void **state) {
    (void)state;
    struct feed *feed = open_text("eurusd.csv",
                                  "\xef\xbb\xbfTime,Junk,Ask_Price,Bid,bid_size\r\n"
                                  "2014-05-01 10:00:00+00:00,x,1.5,1.4,7\r\n"
                                  "2014-05-01 10:00:00+00:00,,1.5,1.4,",
                                  NULL);
    const struct pawl_ev_quote *quote = next_quote(feed);
    assert_int_equal(quote->instrument, EURUSD);
    assert_int_equal(quote->bid.e8, 140000000);
    assert_int_equal(quote->ask.e8, 150000000);
    assert_int_equal(quote->bid_size.e8, 700000000);
    assert_int_equal(quote->ask_size.e8, 0);
    assert_int_equal(quote->venue_time, S(1398938400));
    assert_int_equal(quote->head.cookie, 1);
    assert_int_equal(next_quote(feed)->bid_size.e8, 0);
    assert_string_equal(feed_source_at(feed, 0)->format, "csv");
    assert_int_equal(feed_source_at(feed, 0)->trades_only, 0);
    end(feed);
}

static void lean_trades_leave_out_the_suspicious(void **state) {
    struct feed_counts counts;
    (void)state;
    struct feed *feed = open_text("spy_x.csv",
                                  "20131007,14400464,1674100,100,P,20002000,0\n"
                                  "20131007,14400465,9999999,1,P,0,1\n"
                                  "20131007,14400465.25,1674100,1400,P,20002000,0\n",
                                  NULL);
    assert_string_equal(feed_source_at(feed, 0)->format, "lean_trade");
    assert_int_equal(feed_source_at(feed, 0)->trades_only, 1);
    const struct pawl_ev_trade *trade = next_trade(feed);
    assert_int_equal(trade->price.e8, 16741000000);
    assert_int_equal(trade->size.e8, 10000000000);
    assert_int_equal(trade->side, 0);
    assert_int_equal(next_trade(feed)->venue_time, S(1381104000) + 14400465250000);
    feed_get_counts(feed, &counts);
    assert_int_equal(counts.suspicious, 1);
    assert_int_equal(counts.trades, 2);
    assert_int_equal(counts.bad, 0);
    end(feed);
}

#define KLINE(open, close) open ",3.5,3.7,3.4,3.6,10.5," close ",1,2,3,4,0\n"

static void klines_arrive_at_their_close(void **state) {
    static const char *const texts[] = {
        KLINE("1725148800000", "1725148859999"), /* ms, us; with and without a header */
        KLINE("1725148800000000", "1725148859999999"),
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
        "taker_buy_quote_volume,ignore\n" KLINE("1725148800000", "1725148859999"),
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct feed *feed = open_text("FILUSDT-1m-2024-09.csv", texts[i], NULL);
        assert_string_equal(feed_source_at(feed, 0)->format, i < 2 ? "binance_klines" : "csv");
        assert_int_equal(feed_source_at(feed, 0)->bar_seconds, 60);
        const struct pawl_ev_bar *bar = next_bar(feed);
        assert_int_equal(bar->instrument, FILUSDT);
        assert_int_equal(bar->open_time, S(1725148800));
        assert_int_equal(bar->seconds, 60);
        assert_int_equal(bar->head.time_ns, S(1725148860));
        assert_int_equal(bar->high.e8, 370000000);
        assert_int_equal(bar->volume.e8, 1050000000);
        end(feed);
    }
}

static void binance_trades_know_the_aggressor(void **state) {
    static const struct {
        const char *text, *format;
    } files[] = {
        {"1,2.5,4,10,1725148800001,true\n2,2.6,4,10,1725148800002,false\n", "binance_trades"},
        {"1,2.5,4,10,1725148800001,True,True\n2,2.6,4,10,1725148800002,False,True\n",
         "binance_trades"},
        {"1,2.5,4,8,9,1725148800001,true\n2,2.6,4,10,11,1725148800002,false\n",
         "binance_aggtrades"},
        {"1,2.5,4,8,9,1725148800001000,True,True\n2,2.6,4,10,11,1725148800002000,False,True\n",
         "binance_aggtrades"},
        {"id,price,qty,quote_qty,time,is_buyer_maker\n1,2.5,4,10,1725148800001,true\n"
         "2,2.6,4,10,1725148800002,false\n",
         "csv"},
        {"agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
         "1,2.5,4,8,9,1725148800001,true\n2,2.6,4,10,11,1725148800002,false\n",
         "csv"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct feed *feed = open_text("btcusdt.csv", files[i].text, NULL);
        assert_string_equal(feed_source_at(feed, 0)->format, files[i].format);
        const struct pawl_ev_trade *trade = next_trade(feed);
        assert_int_equal(trade->instrument, BTCUSDT);
        assert_int_equal(trade->side, PAWL_SIDE_SELL);
        assert_int_equal(trade->price.e8, 250000000);
        assert_int_equal(trade->size.e8, 400000000);
        assert_int_equal(trade->head.time_ns, S(1725148800) + 1000000);
        assert_int_equal(next_trade(feed)->side, PAWL_SIDE_BUY);
        end(feed);
    }
}

static void histdata_is_five_hours_behind(void **state) {
    (void)state;
    struct feed *feed = open_text("eurusd_h.csv",
                                  "20170102 020000;1.05155;1.05197;1.05155;1.0519;0\n"
                                  "20170102 020300;1.05209;1.05209;1.05177;1.05179;0\n"
                                  "20170102 020400;1.05209;1.05209;1.05177;1.05179;0\n",
                                  NULL);
    assert_int_equal(feed_source_at(feed, 0)->bar_seconds, 60); /* the smallest step */
    const struct pawl_ev_bar *bar = next_bar(feed);
    assert_int_equal(bar->open_time, S(1483322400 + 5 * 3600));
    assert_int_equal(bar->head.time_ns, S(1483322400 + 5 * 3600 + 60));
    feed_free(feed);
}

static void a_symbol_column_names_each_row(void **state) {
    (void)state;
    struct feed *feed =
        open_text("tardis.csv",
                  "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,"
                  "bid_price,bid_amount\n"
                  "b,BTCUSDT,1582329601096000,1582329603502092,0.84,9682,9681.92,0.67\n"
                  "b,ethusdt,1582329601096000,1582329603502093,0.84,9682,9681.92,0.67\n",
                  NULL);
    const struct pawl_ev_quote *quote = next_quote(feed);
    assert_int_equal(quote->instrument, BTCUSDT);
    assert_int_equal(quote->venue_time, 1582329601096000000);
    assert_int_equal(quote->head.time_ns, 1582329603502092000);
    assert_int_equal(next_quote(feed)->instrument, ETHUSDT);
    end(feed);
}

/* ---- names and rules ---- */

static void the_file_name_tells_the_symbol(void **state) {
    static const struct {
        const char *name;
        uint32_t instrument; /* 0 = refused */
    } names[] = {
        {"eurusd_fxcm_quotes.csv", EURUSD},
        {"EURUSD2014.csv", EURUSD},
        {"eur.csv", EUR},
        {"btcusdt-trades.csv", BTCUSDT},
        {"btcusd.csv", BTCUSD},
        {"btcusdc.csv", 0},
        {"my_eurusd.csv", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[FIXTURE_PATH_MAX];
        struct feed_options options = fixture_options();
        struct feed *feed = NULL;
        const char *p = fixture_path(names[i].name, path);
        fixture_write(path, "time,bid,ask\n1,2,3\n", 19);
        int rc = feed_open(&p, 1, &options, &feed, NULL);
        assert_int_equal(rc, names[i].instrument != 0 ? PAWL_OK : PAWL_E_CONFIG);
        if (rc == PAWL_OK)
            assert_int_equal(feed_source_at(feed, 0)->instrument, names[i].instrument);
        feed_free(feed);
    }
}

static void the_first_rule_that_matches_counts(void **state) {
    const struct feed_rule rules[] = {
        {.match = "*.nothing", .symbol = "SPY"},
        {.match = "quotes_*.csv",
         .symbol = "XAUUSD",
         .tz = "-05:00",
         .scale = {PAWL_E8 / 100},
         .spread = {5},
         .speed = {7}},
        {.match = "*", .symbol = "SPY"},
    };
    struct feed_options options = fixture_options();
    (void)state;
    options.rules = rules;
    options.rule_count = 3;
    struct feed *feed =
        open_text("quotes_a.csv", "time,bid,ask\n20140501 07:30,129155,129160.5\n", &options);
    const struct feed_source *source = feed_source_at(feed, 0);
    assert_int_equal(source->instrument, XAUUSD);
    assert_int_equal(source->spread.e8, 5);
    assert_int_equal(source->speed.e8, 7);
    const struct pawl_ev_quote *quote = next_quote(feed);
    assert_int_equal(quote->bid.e8, 129155000000);
    assert_int_equal(quote->ask.e8, 129160500000);
    assert_int_equal(quote->venue_time, S(1398929400 + 5 * 3600));
    end(feed);
}

static void a_bar_may_be_stamped_at_its_close(void **state) {
    const struct feed_rule rule = {.match = "*",
                                   .symbol = "SPY",
                                   .stamp = FEED_STAMP_CLOSE,
                                   .bar_seconds = 300,
                                   .tz = "America/New_York"};
    struct feed_options options = fixture_options();
    (void)state;
    options.rules = &rule;
    options.rule_count = 1;
    struct feed *feed = open_text("x.csv",
                                  "date,Open,High,Low,Close\n2014-03-07 09:35:00,1,2,1,2\n"
                                  "2014-03-10 09:35:00,1,2,1,2\n",
                                  &options);
    const struct pawl_ev_bar *bar = next_bar(feed);
    assert_int_equal(bar->open_time, S(1394202600)); /* winter: 14:30 UTC */
    assert_int_equal(bar->head.time_ns, S(1394202900));
    assert_int_equal(bar->seconds, 300);
    assert_int_equal(next_bar(feed)->open_time, S(1394458200)); /* summer: 13:30 UTC */
    end(feed);
}

static void the_hour_passed_twice_goes_on(void **state) {
    static const char text[] = "time,bid,ask\n2013-11-03 00:59:59,1,2\n2013-11-03 01:00:00,1,2\n"
                               "2013-11-03 01:59:59,1,2\n2013-11-03 01:00:00,1,2\n"
                               "2013-11-03 01:59:59,1,2\n2013-11-03 02:00:00,1,2\n";
    static const int64_t expected[] = {1383454799, 1383454800, 1383458399,
                                       1383458400, 1383461999, 1383462000};
    struct feed_options options = fixture_options();
    (void)state;
    options.tz = "America/New_York";
    struct feed *feed = open_text("eurusd.csv", text, &options);
    for (size_t i = 0; i < 6; i++) assert_int_equal(next_quote(feed)->venue_time, S(expected[i]));
    end(feed);
}

static void a_step_back_within_the_tolerance_arrives_with_the_row_before(void **state) {
    const struct feed_rule rule = {.match = "*", .symbol = "SPY", .back_max_ns = 2 * PAWL_NS};
    struct feed_options options = fixture_options();
    struct feed_item item;
    struct pawl_err err = {0};
    (void)state;
    options.rules = &rule;
    options.rule_count = 1;
    struct feed *feed = open_text("a.csv",
                                  "time,price,size\n1000000010,1,1\n1000000008,1,1\n"
                                  "1000000009,1,1\n1000000007,1,1\n",
                                  &options);
    for (int i = 0; i < 3; i++) assert_int_equal(next(feed).time_ns, S(1000000010));
    assert_int_equal(feed_next(feed, &item, &err), PAWL_E_DATA);
    assert_non_null(strstr(err.text, "a.csv:5: time goes back by 3 s"));
    feed_free(feed);
}

/* ---- JSON Lines ---- */

#define AT(s) "\"t\":\"2026-03-01T09:30:" s "Z\""

static void a_scenario_carries_events_and_controls(void **state) {
    static const char text[] = "{" AT(
        "00") ",\"type\":\"quote\",\"symbol\":\"EURUSD\",\"bid\":\"1.1\",\"ask\":\"1.2\"}\n"
              "{" AT("00") ",\"type\":\"signal\",\"symbol\":\"eurusd\",\"signal\":\"BUY\","
                           "\"confidence\":\"0.9\"}\n"
                           "{\"type\":\"reload\"}\n\n"
                           "{" AT("01") ",\"type\":\"restart\"}\n"
                                        "{" AT("30") ",\"type\":\"advance\"}\n"
                                                     "{" AT("00") ",\"type\":\"bar\",\"symbol\":"
                                                                  "\"EURUSD\",\"seconds\":60,"
                                                                  "\"open\":\"1\",\"high\":\"1\","
                                                                  "\"low\":\"1\",\"close\":\"1\","
                                                                  "\"volume\":\"0\"}";
    static const enum feed_kind kinds[] = {FEED_EVENT,   FEED_EVENT,   FEED_RELOAD,
                                           FEED_RESTART, FEED_ADVANCE, FEED_EVENT};
    static const int64_t times[] = {0, 0, 0, 1, 30, 60};
    struct feed_counts counts;
    (void)state;
    struct feed *feed = open_text("scenario.jsonl", text, NULL);
    for (uint64_t i = 0; i < 6; i++) {
        struct feed_item item = next(feed);
        assert_int_equal(item.kind, kinds[i]);
        assert_int_equal(item.time_ns, S(1772357400 + times[i]));
        assert_int_equal(item.row, i + 1);
        if (item.event != NULL) assert_int_equal(item.event->cookie, i + 1);
    }
    feed_get_counts(feed, &counts);
    assert_int_equal(counts.rows, 6);
    assert_int_equal(counts.quotes, 1);
    assert_int_equal(counts.bars, 1);
    assert_int_equal(counts.others, 1);
    assert_int_equal(counts.controls, 3);
    end(feed);
}

/* ---- the merge ---- */

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
    static const char reload[] = "{" AT("00") ",\"type\":\"reload\"}\n";
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
        cmocka_unit_test(quotes_by_the_names_of_their_columns),
        cmocka_unit_test(lean_trades_leave_out_the_suspicious),
        cmocka_unit_test(klines_arrive_at_their_close),
        cmocka_unit_test(binance_trades_know_the_aggressor),
        cmocka_unit_test(histdata_is_five_hours_behind),
        cmocka_unit_test(a_symbol_column_names_each_row),
        cmocka_unit_test(the_file_name_tells_the_symbol),
        cmocka_unit_test(the_first_rule_that_matches_counts),
        cmocka_unit_test(a_bar_may_be_stamped_at_its_close),
        cmocka_unit_test(the_hour_passed_twice_goes_on),
        cmocka_unit_test(a_step_back_within_the_tolerance_arrives_with_the_row_before),
        cmocka_unit_test(a_scenario_carries_events_and_controls),
        cmocka_unit_test(equal_times_keep_the_order_of_the_files),
        cmocka_unit_test(compression_changes_nothing),
        cmocka_unit_test(going_forward_ends_where_reading_does),
        cmocka_unit_test(a_file_cut_short_gives_its_rows_first),
        cmocka_unit_test(an_array_is_a_feed),
        cmocka_unit_test(no_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove_folder);
}
