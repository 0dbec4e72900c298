/* The paper venue's trailing orders: quotes, trades, bars, a restart, and what each venue takes. */
#include "paper_play.h"

static const char *trail(struct play *play, uint8_t side, int64_t distance, int64_t fraction_e8,
                         int64_t from, int64_t stop) {
    struct pawl_ev_submit ev = {.head = {.size = sizeof ev, .type = PAWL_EV_SUBMIT,
                                         .target = FAKE_COMPONENT}};
    play_id(play, 5, PAWL_ROLE_STOP, play->id);
    memcpy(ev.order, play->id, sizeof ev.order);
    ev.account = ev.instrument = 1;
    ev.side = side;
    ev.role = PAWL_ROLE_STOP;
    ev.kind = PAWL_KIND_TRAILING;
    ev.reduce = 1;
    ev.position_side = side == SELL ? LONG_ : SHORT_;
    ev.quantity.e8 = 100 * CENT;
    ev.stop_price.e8 = stop * CENT;
    ev.trail_distance.e8 = distance * CENT;
    ev.trail_fraction.e8 = fraction_e8;
    ev.trail_activation.e8 = from * CENT;
    fake_send(&play->fake, &ev.head);
    fake_advance(&play->fake, TRIP);
    return play->id;
}

static int64_t level(struct play *play) {
    const struct paper_order *order = paper_order_find(play_paper(play)->world, play->id);
    assert_non_null(order);
    return order->stop_e8 / CENT;
}

static void bar(struct play *play, int64_t open, int64_t high, int64_t low, int64_t close) {
    fake_advance(&play->fake, 60 * PAWL_NS - play->fake.now_ns % (60 * PAWL_NS));
    const int64_t ohlc[4] = {open * CENT, high * CENT, low * CENT, close * CENT};
    fake_bar(&play->fake, 1, 60, ohlc, 0);
    fake_advance(&play->fake, TRIP);
}

static void it_follows_quotes(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    trail(&p, SELL, 100, 0, 0, 9850);
    assert_int_equal(level(&p), 9850); /* its own level counts from the beginning */
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002);
    assert_int_equal(level(&p), 9900);
    play_quote(&p, 10050, 10052);
    assert_int_equal(level(&p), 9950);
    play_quote(&p, 9951, 9953);
    assert_int_equal(level(&p), 9950); /* never back */
    assert_nothing(&p);
    play_amend(&p, p.id, 100, 0, 9900);
    assert_int_equal(level(&p), 9950);
    play_amend(&p, p.id, 50, 0, 0);
    fake_clear(&p.fake);
    play_quote(&p, 9949, 9951);
    assert_traded(&p, 9949, 50);
    play_done(&p);
}

static void short_positions_mirror_it_by_fractions(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, SELL, 100, NULL);
    trail(&p, BUY, 0, PAWL_E8 / 100, 0, 0);
    fake_clear(&p.fake);
    play_quote(&p, 9998, 10000);
    assert_int_equal(level(&p), 10100);
    play_quote(&p, 9898, 9901);
    assert_int_equal(level(&p), 10000); /* 10000.01, rounded towards the price: on the tick */
    play_quote(&p, 9997, 9999);
    assert_nothing(&p);
    play_quote(&p, 9998, 10000);
    assert_traded(&p, 10000, 100);
    play_done(&p);
}

static void it_sleeps_until_its_activation(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    trail(&p, SELL, 100, 0, 10100, 0);
    fake_clear(&p.fake);
    play_quote(&p, 9000, 9002);
    play_quote(&p, 10099, 10101);
    assert_nothing(&p);
    assert_int_equal(level(&p), 0);
    play_quote(&p, 10110, 10112);
    assert_int_equal(level(&p), 10010);
    play_quote(&p, 10010, 10012);
    assert_traded(&p, 10010, 100);
    play_done(&p);
}

static void bars_test_the_level_before_they_move_it(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    bar(&p, 10000, 10000, 10000, 10000);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    bar(&p, 10000, 10010, 9990, 10000);
    trail(&p, SELL, 100, 0, 0, 9850);
    fake_clear(&p.fake);
    /* the low comes first and is tested against the open's level; then the high moves it */
    bar(&p, 10000, 10080, 9910, 10000);
    assert_nothing(&p);
    assert_int_equal(level(&p), 9980);
    /* moved by this bar's high, tested against its close only */
    bar(&p, 10000, 10200, 9990, 10090);
    assert_traded(&p, 10090, 100);
    play_done(&p);
    play_start(&p, "ideal", false);
    bar(&p, 10000, 10000, 10000, 10000);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    bar(&p, 10000, 10010, 9990, 10000);
    trail(&p, SELL, 100, 0, 0, 9850);
    bar(&p, 10000, 10080, 9910, 10000);
    fake_clear(&p.fake);
    bar(&p, 10000, 10050, 9900, 9950); /* a level that was there before fills where it is */
    assert_traded(&p, 9980, 100);
    play_done(&p);
}

static void what_it_followed_outlives_the_host(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    trail(&p, SELL, 100, 0, 0, 0);
    play_quote(&p, 10200, 10202);
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    assert_int_equal(level(&p), 10100);
    fake_clear(&p.fake);
    play_quote(&p, 10100, 10102);
    assert_traded(&p, 10100, 100);
    play_done(&p);
}

static void venues_take_what_they_know(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    trail(&p, SELL, 0, 0, 0, 9900);
    assert_refused(&p, 4, PAWL_ERROR_CLASS_FATAL);
    fake_clear(&p.fake);
    trail(&p, SELL, 100, 1000000, 0, 0);
    assert_refused(&p, 4, PAWL_ERROR_CLASS_FATAL);
    play_done(&p);
    play_start(&p, "binance_oneway", false);
    play_open(&p, BUY, 100, NULL);
    trail(&p, SELL, 0, 1000000, 10100, 0); /* 1 % from 101.00 on */
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1);
    static const struct {
        int64_t distance, fraction_e8, stop;
    } bad[] = {{100, 0, 0}, {0, 1050000, 0}, {0, 20100000, 0}, {0, 1000000, 9900}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fake_clear(&p.fake);
        trail(&p, SELL, bad[i].distance, bad[i].fraction_e8, 0, bad[i].stop);
        assert_refused(&p, -1102, PAWL_ERROR_CLASS_FATAL);
    }
    play_done(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_quotes),
        cmocka_unit_test(short_positions_mirror_it_by_fractions),
        cmocka_unit_test(it_sleeps_until_its_activation),
        cmocka_unit_test(bars_test_the_level_before_they_move_it),
        cmocka_unit_test(what_it_followed_outlives_the_host),
        cmocka_unit_test(venues_take_what_they_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
