/* paper: when orders fill and at what price, on quotes, trades, marks and bars. */
#include "paper_play.h"

static void a_market_order_fills_at_the_next_quote(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_quote(&p, 10000, 10002);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 0);
    play_quote(&p, 10010, 10012);
    assert_traded(&p, 10012, 100);
    assert_int_equal(play_position(&p), 100);
    play_done(&p);
}

static void no_order_matches_the_event_that_caused_it(void **state) {
    (void)state;
    struct play p;
    play_init(&p, "ideal", false);
    fake_option(&p.fake, "latency_request", "0ms");
    fake_option(&p.fake, "latency_reply", "0ms");
    assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
    fake_quote(&p.fake, 1, 10000 * CENT, 10002 * CENT, 0);
    play_send_submit(&p, (struct wish){.side = BUY, .quantity = 100});
    fake_advance(&p.fake, 0);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 0);
    play_done(&p);
}

static void a_stop_fills_at_the_quote_that_triggers_it(void **state) {
    (void)state;
    static const struct {
        uint8_t opens, trigger;
        int64_t stop, quiet_bid, quiet_ask, bid, ask, price;
    } cases[] = {
        {BUY, PAWL_TRIGGER_SOURCE_EXIT_SIDE, 9900, 9901, 9902, 9900, 9903, 9900},
        {BUY, PAWL_TRIGGER_SOURCE_EXIT_SIDE, 9900, 9901, 9902, 9700, 9705, 9700}, /* a gap */
        {BUY, PAWL_TRIGGER_SOURCE_ENTRY_SIDE, 9900, 9890, 9901, 9890, 9900, 9890},
        {SELL, PAWL_TRIGGER_SOURCE_EXIT_SIDE, 10100, 10098, 10099, 10090, 10100, 10100},
        {SELL, PAWL_TRIGGER_SOURCE_EXIT_SIDE, 10100, 10098, 10099, 10390, 10400, 10400},
        {SELL, PAWL_TRIGGER_SOURCE_ENTRY_SIDE, 10100, 10099, 10150, 10100, 10150, 10150},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        play_start(&p, "ideal", false);
        play_open(&p, cases[i].opens, 100, NULL);
        SUBMIT(&p, .side = cases[i].opens == BUY ? SELL : BUY, .kind = PAWL_KIND_STOP, .reduce = 1,
               .role = PAWL_ROLE_STOP, .quantity = 100, .stop = cases[i].stop,
               .trigger = cases[i].trigger);
        fake_clear(&p.fake);
        play_quote(&p, cases[i].quiet_bid, cases[i].quiet_ask);
        assert_nothing(&p);
        play_quote(&p, cases[i].bid, cases[i].ask);
        assert_traded(&p, cases[i].price, 100);
        assert_int_equal(play_position(&p), 0);
        play_done(&p);
    }
}

static void a_resting_limit_fills_at_its_price_once_traded_through(void **state) {
    (void)state;
    static const struct {
        const char *limit_fill;
        uint8_t side;
        int64_t limit, bid, ask;
        bool fills;
    } cases[] = {
        {"through", BUY, 9900, 9890, 9900, false}, {"through", BUY, 9900, 9890, 9899, true},
        {"touch", BUY, 9900, 9890, 9900, true},    {"touch", BUY, 9900, 9890, 9901, false},
        {"through", SELL, 10100, 10100, 10105, false}, {"through", SELL, 10100, 10300, 10305, true},
        {"touch", SELL, 10100, 10100, 10105, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        play_init(&p, "ideal", false);
        fake_option(&p.fake, "limit_fill", cases[i].limit_fill);
        assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
        play_quote(&p, 10000, 10002);
        SUBMIT(&p, .side = cases[i].side, .kind = PAWL_KIND_LIMIT, .quantity = 100,
               .price = cases[i].limit);
        fake_clear(&p.fake);
        play_quote(&p, cases[i].bid, cases[i].ask);
        if (cases[i].fills)
            assert_traded(&p, cases[i].limit, 100);
        else
            assert_nothing(&p);
        play_done(&p);
    }
}

static void a_limit_beyond_the_market_takes_the_next_quote_or_rests(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_quote(&p, 10000, 10002);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 10010);
    play_quote(&p, 10003, 10005);
    assert_traded(&p, 10005, 100);
    fake_clear(&p.fake);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 10010);
    play_quote(&p, 10018, 10020); /* the market went away */
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 0);
    play_quote(&p, 9998, 10000);
    assert_traded(&p, 10010, 100);
    play_done(&p);
}

static void crossed_and_one_sided_quotes_do_nothing_and_locked_ones_count(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    fake_clear(&p.fake);
    play_quote(&p, 9800, 9700);
    play_quote(&p, 0, 9700);
    play_quote(&p, 9800, 0);
    assert_nothing(&p);
    play_quote(&p, 9800, 9800);
    assert_traded(&p, 9800, 100);
    play_done(&p);
}

static void a_stop_limit_fills_within_its_limit_only(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 200, NULL);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP_LIMIT, .reduce = 1, .quantity = 100,
           .stop = 9900, .price = 9890);
    fake_clear(&p.fake);
    play_quote(&p, 9895, 9897);
    assert_traded(&p, 9895, 100);
    fake_clear(&p.fake);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP_LIMIT, .reduce = 1, .quantity = 100,
           .stop = 9890, .price = 9880);
    fake_clear(&p.fake);
    play_quote(&p, 9850, 9852); /* triggered below its limit: it rests */
    assert_nothing(&p);
    play_quote(&p, 9881, 9883);
    assert_traded(&p, 9880, 100);
    play_done(&p);
}

static void ioc_and_fok_end_at_the_first_quote(void **state) {
    (void)state;
    static const struct {
        uint8_t tif;
        int64_t limit, partial, traded, filled;
    } cases[] = {
        {PAWL_TIF_IOC, 9900, 0, 0, 0},      /* not marketable */
        {PAWL_TIF_IOC, 10010, 40, 40, 40},  /* the rest is cancelled */
        {PAWL_TIF_FOK, 9900, 0, 0, 0},
        {PAWL_TIF_FOK, 10010, 40, 0, 0},    /* all or nothing */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        play_start(&p, "ideal", false);
        play_quote(&p, 10000, 10002);
        if (cases[i].partial != 0)
            FAULT(&p, .what = PAWL_FAULT_KIND_PARTIAL, .quantity = {cases[i].partial * CENT});
        SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = cases[i].limit,
               .tif = cases[i].tif);
        fake_clear(&p.fake);
        play_quote(&p, 10000, 10002);
        assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), cases[i].traded != 0);
        const struct pawl_ev_ended *ended = SEEN(&p, ended, ENDED, 0);
        assert_int_equal(ended->state, PAWL_ORDER_STATE_EXPIRED);
        assert_int_equal(ended->filled.e8 / CENT, cases[i].filled);
        play_done(&p);
    }
}

static void stops_go_before_limits_and_the_first_crossed_before_the_others(void **state) {
    (void)state;
    struct play p;
    char first[24], second[24];
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 300, NULL);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9950);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9800);
    memcpy(second, p.id, sizeof second);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    memcpy(first, p.id, sizeof first);
    fake_clear(&p.fake);
    play_quote(&p, 9790, 9792);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 3);
    assert_string_equal(SEEN(&p, execution, EXECUTION, 0)->order, first);
    assert_string_equal(SEEN(&p, execution, EXECUTION, 1)->order, second);
    assert_int_equal(SEEN(&p, execution, EXECUTION, 2)->price.e8, 9950 * CENT);
    play_done(&p);
}

static void trades_move_both_sides_where_there_are_no_quotes(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    p.fake.half_spread[0].e8 = 5 * CENT;
    fake_trade(&p.fake, 1, 10000 * CENT, 0);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    fake_clear(&p.fake);
    fake_trade(&p.fake, 1, 10010 * CENT, 0);
    fake_advance(&p.fake, TRIP);
    assert_traded(&p, 10015, 100); /* half the spread above the trade */
    fake_clear(&p.fake);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9995);
    fake_clear(&p.fake);
    fake_trade(&p.fake, 1, 10001 * CENT, 0);
    fake_advance(&p.fake, TRIP);
    assert_nothing(&p);
    fake_trade(&p.fake, 1, 10000 * CENT, 0); /* bid 99.95 */
    fake_advance(&p.fake, TRIP);
    assert_traded(&p, 9995, 100);
    play_done(&p);
}

static void last_and_mark_trigger_where_asked_and_fill_at_the_quote(void **state) {
    (void)state;
    static const uint8_t sources[] = {PAWL_TRIGGER_SOURCE_LAST, PAWL_TRIGGER_SOURCE_MARK};
    for (size_t i = 0; i < 2; i++) {
        struct play p;
        play_start(&p, "ideal", false);
        play_open(&p, BUY, 100, NULL);
        SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100,
               .stop = 9900, .trigger = sources[i]);
        fake_clear(&p.fake);
        play_quote(&p, 9850, 9852); /* the exit side does not count */
        assert_nothing(&p);
        if (i == 0)
            fake_mark(&p.fake, 1, 9890 * CENT, 0); /* neither does the other source */
        else
            fake_trade(&p.fake, 1, 9890 * CENT, 0);
        fake_advance(&p.fake, TRIP);
        assert_nothing(&p);
        if (i == 0)
            fake_trade(&p.fake, 1, 9900 * CENT, 0);
        else
            fake_mark(&p.fake, 1, 9900 * CENT, 0);
        fake_advance(&p.fake, TRIP);
        assert_traded(&p, 9850, 100);
        play_done(&p);
    }
}

/* ---- bars ---- */

#define MINUTE (60 * PAWL_NS)

/* A bar of the minute that ends when it is sent; what happened is told a little later. */
static void bar(struct play *p, int64_t open, int64_t high, int64_t low, int64_t close) {
    int64_t past_ns = p->fake.now_ns % MINUTE;
    fake_advance(&p->fake, MINUTE - past_ns);
    fake_bar(&p->fake, 1, 60, (int64_t[4]){open * CENT, high * CENT, low * CENT, close * CENT}, 0);
    fake_advance(&p->fake, TRIP);
}

static void a_market_order_fills_at_the_next_bars_open(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    bar(&p, 10000, 10010, 9990, 10005);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    fake_clear(&p.fake);
    bar(&p, 10007, 10010, 9990, 10000);
    assert_traded(&p, 10007, 100);
    assert_int_equal(SEEN(&p, execution, EXECUTION, 0)->venue_time % MINUTE, 0);
    assert_int_equal(SEEN(&p, execution, EXECUTION, 0)->venue_time, FAKE_START_NS + MINUTE);
    play_done(&p);
}

static void what_arrives_inside_a_bar_sees_its_close_only(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    bar(&p, 10000, 10010, 9990, 10000);
    fake_advance(&p.fake, 30 * PAWL_NS);
    SUBMIT(&p, .side = BUY, .quantity = 100); /* a market order: the next open */
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9950);
    fake_clear(&p.fake);
    bar(&p, 10000, 10010, 9900, 9960); /* the low does not count, the close is above */
    assert_nothing(&p);
    bar(&p, 9970, 9980, 9960, 9965);
    assert_traded(&p, 9970, 100);
    play_done(&p);
}

static void open_long(struct play *p) {
    play_start(p, "ideal", false);
    bar(p, 10000, 10010, 9990, 10000);
    SUBMIT(p, .side = BUY, .quantity = 100);
    bar(p, 10000, 10010, 9990, 10000);
    SUBMIT(p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .role = PAWL_ROLE_STOP,
           .quantity = 100, .stop = 9900, .group = 5);
    SUBMIT(p, .side = SELL, .kind = PAWL_KIND_LIMIT, .reduce = 1, .role = PAWL_ROLE_TARGET,
           .quantity = 100, .price = 10100, .group = 5);
    fake_clear(&p->fake);
}

static void on_bars_stops_and_limits_fill_at_their_level_or_at_the_open_beyond(void **state) {
    (void)state;
    static const struct {
        int64_t ohlc[4], price; /* price 0 = nothing */
    } cases[] = {
        {{10000, 10050, 9950, 10000}, 0},
        {{10000, 10050, 9900, 10000}, 9900},   /* touching fires a stop */
        {{10000, 10100, 9950, 10000}, 0},      /* touching fills no limit */
        {{10000, 10101, 9950, 10000}, 10100},
        {{10000, 10150, 9850, 10000}, 9900},   /* both inside: the stop comes first */
        {{9880, 9990, 9870, 9900}, 9880},      /* the open is beyond the stop */
        {{10120, 10150, 10110, 10120}, 10120}, /* the open is better than the limit */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        const int64_t *at = cases[i].ohlc;
        open_long(&p);
        bar(&p, at[0], at[1], at[2], at[3]);
        if (cases[i].price == 0) {
            assert_nothing(&p);
        } else {
            assert_traded(&p, cases[i].price, 100);
            assert_int_equal(play_count(&p, PAWL_EV_ENDED), 1); /* the other of the group */
            assert_int_equal(play_position(&p), 0);
        }
        play_done(&p);
    }
}

static void inside_a_bar_the_nearer_level_goes_first(void **state) {
    (void)state;
    struct play p;
    char far[24], near[24];
    play_start(&p, "ideal", false);
    bar(&p, 10000, 10010, 9990, 10000);
    SUBMIT(&p, .side = BUY, .quantity = 200);
    bar(&p, 10000, 10010, 9990, 10000);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    memcpy(far, p.id, sizeof far);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9950);
    memcpy(near, p.id, sizeof near);
    fake_clear(&p.fake);
    bar(&p, 10000, 10010, 9850, 10000);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 2);
    assert_string_equal(SEEN(&p, execution, EXECUTION, 0)->order, near);
    assert_string_equal(SEEN(&p, execution, EXECUTION, 1)->order, far);
    play_done(&p);
}

static void shorts_see_the_high_first(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    bar(&p, 10000, 10010, 9990, 10000);
    SUBMIT(&p, .side = SELL, .quantity = 100);
    bar(&p, 10000, 10010, 9990, 10000);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .reduce = 1, .quantity = 100, .price = 9900,
           .group = 5);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 10100,
           .group = 5);
    fake_clear(&p.fake);
    bar(&p, 10000, 10150, 9850, 10000);
    assert_traded(&p, 10100, 100);
    play_done(&p);
}

static void bars_pay_half_the_spread(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    p.fake.half_spread[0].e8 = 5 * CENT;
    bar(&p, 10000, 10010, 9990, 10000);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    fake_clear(&p.fake);
    bar(&p, 10000, 10010, 9990, 10000);
    assert_traded(&p, 10005, 100);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    fake_clear(&p.fake);
    bar(&p, 10000, 10010, 9906, 10000); /* bid 99.01 */
    assert_nothing(&p);
    bar(&p, 10000, 10010, 9905, 10000);
    assert_traded(&p, 9900, 100);
    play_done(&p);
}

static void bars_do_nothing_where_finer_prices_were_seen(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    fake_clear(&p.fake);
    bar(&p, 10000, 10010, 9000, 9500);
    assert_nothing(&p);
    play_done(&p);
}

static void a_stop_born_in_a_bar_with_its_entry_sees_what_comes_after(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "mt5_hedging", true);
    bar(&p, 10000, 10010, 9990, 10000);
    SUBMIT(&p, .side = BUY, .quantity = 100, .attached = 9900); /* fills at the open */
    bar(&p, 10000, 10010, 9890, 10000);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 2);
    assert_int_equal(SEEN(&p, execution, EXECUTION, 1)->price.e8, 9900 * CENT);
    fake_clear(&p.fake);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9950,
           .attached = 9900); /* fills inside: the stop is tested at the close */
    bar(&p, 10000, 10010, 9800, 9901);
    assert_traded(&p, 9950, 100);
    assert_int_equal(play_position(&p), 100);
    fake_clear(&p.fake);
    bar(&p, 9901, 9950, 9900, 9940);
    assert_traded(&p, 9900, 100);
    play_done(&p);
}

/* ---- costs ---- */

static void fees_and_slippage_cost_what_the_options_say(void **state) {
    (void)state;
    struct play p;
    play_init(&p, "ideal", false);
    p.fake.instruments[0].multiplier.e8 = 10 * PAWL_E8;
    fake_option(&p.fake, "fee_rate", "0.001");
    fake_option(&p.fake, "fee_per_unit", "0.5");
    fake_option(&p.fake, "slippage_ticks", "3");
    assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
    play_quote(&p, 10000, 10002);
    SUBMIT(&p, .side = BUY, .quantity = 200);
    play_quote(&p, 10000, 10002);
    assert_traded(&p, 10005, 200);
    /* 100.05 x 2 x 10 x 0.001 + 2 x 0.5 */
    assert_int_equal(SEEN(&p, execution, EXECUTION, 0)->fee.e8, 2001 * PAWL_E8 / 1000 + PAWL_E8);
    fake_clear(&p.fake);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 10001, .reduce = 1);
    fake_clear(&p.fake);
    play_quote(&p, 10010, 10012); /* a resting limit slips nothing */
    assert_traded(&p, 10001, 100);
    play_done(&p);
}

static void a_quiet_quote_changes_nothing_and_writes_nothing(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    fake_clear(&p.fake);
    size_t len = fake_file(&p.fake, "world.jsonl")->len;
    uint64_t points = play_paper(&p)->point;
    for (int i = 0; i < 1000; i++) play_quote(&p, 9901 + i % 50, 9903 + i % 50);
    assert_nothing(&p);
    assert_int_equal(fake_file(&p.fake, "world.jsonl")->len, len);
    assert_int_equal(play_paper(&p)->point, points); /* not even looked at */
    play_done(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_market_order_fills_at_the_next_quote),
        cmocka_unit_test(no_order_matches_the_event_that_caused_it),
        cmocka_unit_test(a_stop_fills_at_the_quote_that_triggers_it),
        cmocka_unit_test(a_resting_limit_fills_at_its_price_once_traded_through),
        cmocka_unit_test(a_limit_beyond_the_market_takes_the_next_quote_or_rests),
        cmocka_unit_test(crossed_and_one_sided_quotes_do_nothing_and_locked_ones_count),
        cmocka_unit_test(a_stop_limit_fills_within_its_limit_only),
        cmocka_unit_test(ioc_and_fok_end_at_the_first_quote),
        cmocka_unit_test(stops_go_before_limits_and_the_first_crossed_before_the_others),
        cmocka_unit_test(trades_move_both_sides_where_there_are_no_quotes),
        cmocka_unit_test(last_and_mark_trigger_where_asked_and_fill_at_the_quote),
        cmocka_unit_test(a_market_order_fills_at_the_next_bars_open),
        cmocka_unit_test(what_arrives_inside_a_bar_sees_its_close_only),
        cmocka_unit_test(on_bars_stops_and_limits_fill_at_their_level_or_at_the_open_beyond),
        cmocka_unit_test(inside_a_bar_the_nearer_level_goes_first),
        cmocka_unit_test(shorts_see_the_high_first),
        cmocka_unit_test(bars_pay_half_the_spread),
        cmocka_unit_test(bars_do_nothing_where_finer_prices_were_seen),
        cmocka_unit_test(a_stop_born_in_a_bar_with_its_entry_sees_what_comes_after),
        cmocka_unit_test(fees_and_slippage_cost_what_the_options_say),
        cmocka_unit_test(a_quiet_quote_changes_nothing_and_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
