/* feed: formats, names and rules, controls, zones. */
#include "feed_kit.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove_folder);
}
