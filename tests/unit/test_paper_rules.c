/* paper: each personality refuses, reduces and ends as its venue does. */
#include "paper_play.h"

#define RETRYABLE PAWL_ERROR_CLASS_RETRYABLE
#define CONFLICT PAWL_ERROR_CLASS_CONFLICT
#define STATE PAWL_ERROR_CLASS_STATE
#define FATAL PAWL_ERROR_CLASS_FATAL

enum { IDEAL, BINANCE, MT5, VENUES };
static const struct {
    const char *name;
    bool hedging;
} venues[VENUES] = {{"ideal", false}, {"binance_oneway", false}, {"mt5_hedging", true}};

/* A request after a long 1.00 at 100.02 (a ticket on MT5), and what each venue says; 0 = taken. */
struct refusal {
    const char *what;
    struct wish wish;
    int32_t codes[VENUES];
    uint8_t class_;
};

#define STOP_KIND .kind = PAWL_KIND_STOP
#define LIMIT_KIND .kind = PAWL_KIND_LIMIT

static const struct refusal refusals[] = {
    {"plain", {.side = BUY, .quantity = 100}, {0, 0, 0}, 0},
    {"trailing", {.side = SELL, .kind = PAWL_KIND_TRAILING, .quantity = 100, .stop = 9900},
     {4, -1102, 10035}, FATAL},
    {"unknown kind", {.side = BUY, .kind = 9, .quantity = 100}, {3, -1116, 10035}, FATAL},
    {"no side", {.side = 0, .quantity = 100}, {5, -1117, 10013}, FATAL},
    {"limit without a price", {.side = BUY, LIMIT_KIND, .quantity = 100}, {6, -4001, 10015}, FATAL},
    {"stop without a price", {.side = BUY, STOP_KIND, .quantity = 100}, {6, -4001, 10015}, FATAL},
    {"off the step", {.side = BUY, .quantity = 105}, {8, -4023, 10014}, FATAL},
    {"no quantity", {.side = BUY, .quantity = 0}, {9, -4004, 10014}, FATAL},
    {"too small", {.side = BUY, .quantity = 10}, {9, -4004, 10014}, FATAL},
    {"too large", {.side = BUY, .quantity = 100100}, {10, -4005, 10014}, FATAL},
    {"too little money", {.side = BUY, LIMIT_KIND, .quantity = 20, .price = 4000},
     {11, -4164, 0}, FATAL},
    {"too little money, but it reduces",
     {.side = SELL, LIMIT_KIND, .reduce = 1, .quantity = 100, .price = 10100}, {0, 0, 0}, 0},
    {"stop beyond the market",
     {.side = SELL, STOP_KIND, .reduce = 1, .quantity = 100, .stop = 10050},
     {0, -2021, 10016}, STATE},
    {"stop at the market", {.side = SELL, STOP_KIND, .reduce = 1, .quantity = 100, .stop = 10000},
     {0, -2021, 10016}, STATE},
    {"stop nearer than the venue takes it",
     {.side = SELL, STOP_KIND, .reduce = 1, .quantity = 100, .stop = 9997}, {0, 0, 10016}, STATE},
    {"reduces a side that is not there, now", {.side = BUY, .reduce = 1, .quantity = 100},
     {14, -2022, 10036}, STATE},
    {"reduces a side that is not there, later",
     {.side = BUY, STOP_KIND, .reduce = 1, .quantity = 100, .stop = 10100}, {14, 0, 10036}, STATE},
    {"closes more than there is", {.side = SELL, .reduce = 1, .quantity = 200},
     {0, 0, 10038}, STATE},
    {"a target for a part of it",
     {.side = SELL, LIMIT_KIND, .reduce = 1, .quantity = 50, .price = 10100}, {0, 0, 10038}, STATE},
    {"a target beyond the market",
     {.side = SELL, LIMIT_KIND, .reduce = 1, .quantity = 100, .price = 9900}, {0, 0, 10016}, STATE},
    {"a ticket that never was",
     {.side = SELL, .reduce = 1, .quantity = 100, .ticket = "T999"}, {0, 0, 10036}, STATE},
    {"no ticket", {.side = SELL, .reduce = 1, .quantity = 100, .ticket = ""}, {0, 0, 10036}, STATE},
};

static void requests_are_refused_with_the_venues_own_code(void **state) {
    (void)state;
    for (int v = 0; v < VENUES; v++)
        for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
            struct play p;
            char ticket[32] = "";
            play_init(&p, venues[v].name, venues[v].hedging);
            struct pawl_instrument *in = &p.fake.instruments[0];
            in->min_quantity.e8 = 20 * CENT;
            in->max_quantity.e8 = 1000 * PAWL_E8;
            in->min_notional.e8 = 10 * PAWL_E8;
            in->min_stop_distance.e8 = 5 * CENT;
            assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
            play_open(&p, BUY, 100, ticket);
            struct wish wish = refusals[i].wish;
            if (wish.reduce && wish.ticket == NULL && v == MT5) wish.ticket = ticket;
            play_submit(&p, wish);
            if (refusals[i].codes[v] != 0) {
                if (play_count(&p, PAWL_EV_REFUSED) == 0)
                    fail_msg("%s takes %s", venues[v].name, refusals[i].what);
                assert_refused(&p, refusals[i].codes[v], refusals[i].class_);
                assert_int_equal(play_paper(&p)->world->symbols[1]->count, 0);
            } else if (play_count(&p, PAWL_EV_ACCEPTED) != 1) {
                fail_msg("%s refuses %s: %s", venues[v].name, refusals[i].what,
                         SEEN(&p, refused, REFUSED, 0)->message);
            }
            play_done(&p);
        }
}

static void off_tick_prices_are_refused(void **state) {
    (void)state;
    static const int32_t codes[VENUES] = {7, -4014, 10015};
    for (int v = 0; v < VENUES; v++) {
        struct play p;
        play_init(&p, venues[v].name, venues[v].hedging);
        p.fake.instruments[0].tick.e8 = 5 * CENT;
        assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
        SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9903);
        assert_refused(&p, codes[v], FATAL);
        fake_clear(&p.fake);
        SUBMIT(&p, .side = BUY, STOP_KIND, .quantity = 100, .stop = 10103);
        assert_refused(&p, codes[v], FATAL);
        play_done(&p);
    }
}

/* An id in use; an id whose order has ended. */
static void a_client_id_is_unique_as_far_as_the_venue_says(void **state) {
    (void)state;
    static const struct {
        int32_t working, ended;
    } codes[VENUES] = {{12, 12}, {-4116, 0}, {0, 0}};
    for (int v = 0; v < VENUES; v++) {
        struct play p;
        char id[24];
        play_start(&p, venues[v].name, venues[v].hedging);
        play_quote(&p, 10000, 10002);
        SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9900);
        memcpy(id, p.id, sizeof id);
        fake_clear(&p.fake);
        SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9900, .id = id);
        if (codes[v].working != 0)
            assert_refused(&p, codes[v].working, CONFLICT);
        else
            assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1);
        play_cancel(&p, id);
        if (v == MT5) play_cancel(&p, id);
        fake_clear(&p.fake);
        SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9900, .id = id);
        if (codes[v].ended != 0)
            assert_refused(&p, codes[v].ended, CONFLICT);
        else
            assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1);
        play_done(&p);
    }
}

static void binance_keeps_ids_of_conditional_orders_apart(void **state) {
    (void)state;
    struct play p;
    char id[24];
    play_start(&p, "binance_oneway", false);
    play_quote(&p, 10000, 10002);
    SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9900);
    memcpy(id, p.id, sizeof id);
    SUBMIT(&p, .side = BUY, STOP_KIND, .quantity = 100, .stop = 10100, .id = id);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 2);
    play_done(&p);
}

static void orders_are_amended_in_place_where_the_venue_can(void **state) {
    (void)state;
    /* Code of: a limit's new price, a stop's new level, the same terms again, a market order. */
    static const int32_t codes[VENUES][4] = {
        {0, 0, 0, 21}, {0, -5025, -5027, -5025}, {0, 0, 0, 10013}};
    for (int v = 0; v < VENUES; v++) {
        struct play p;
        char limit[24];
        play_start(&p, venues[v].name, venues[v].hedging);
        play_quote(&p, 10000, 10002);
        SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9900);
        memcpy(limit, p.id, sizeof limit);
        fake_clear(&p.fake);
        play_amend(&p, limit, 150, 9910, 0);
        const struct pawl_ev_amended *amended = SEEN(&p, amended, AMENDED, 0);
        assert_int_equal(amended->quantity.e8, 150 * CENT);
        assert_int_equal(amended->price.e8, 9910 * CENT);
        fake_clear(&p.fake);
        play_amend(&p, limit, 150, 9910, 0);
        if (codes[v][2] != 0)
            assert_refused(&p, codes[v][2], STATE);
        else
            assert_int_equal(play_count(&p, PAWL_EV_AMENDED), 1);
        SUBMIT(&p, .side = BUY, STOP_KIND, .quantity = 100, .stop = 10100);
        fake_clear(&p.fake);
        play_amend(&p, p.id, 100, 0, 10150);
        if (codes[v][1] != 0)
            assert_refused(&p, codes[v][1], FATAL);
        else
            assert_int_equal(SEEN(&p, amended, AMENDED, 0)->stop_price.e8, 10150 * CENT);
        SUBMIT(&p, .side = BUY, .quantity = 100);
        fake_clear(&p.fake);
        play_amend(&p, p.id, 200, 0, 0);
        assert_refused(&p, codes[v][3], FATAL);
        play_done(&p);
    }
}

static void an_amend_is_checked_like_a_submit(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "mt5_hedging", true);
    play_quote(&p, 10000, 10002);
    SUBMIT(&p, .side = BUY, STOP_KIND, .quantity = 100, .stop = 10100);
    fake_clear(&p.fake);
    play_amend(&p, p.id, 100, 0, 9990);
    assert_refused(&p, 10016, STATE);
    fake_clear(&p.fake);
    play_amend(&p, p.id, 105, 0, 10100);
    assert_refused(&p, 10014, FATAL);
    play_done(&p);
}

static void an_amend_to_what_is_filled_ends_the_order(void **state) {
    (void)state;
    for (int v = 0; v < VENUES; v++) {
        struct play p;
        play_start(&p, venues[v].name, venues[v].hedging);
        play_quote(&p, 10000, 10002);
        FAULT(&p, .what = PAWL_FAULT_KIND_PARTIAL, .quantity = {40 * CENT});
        SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9900);
        play_quote(&p, 9890, 9892);
        assert_traded(&p, 9900, 40);
        fake_clear(&p.fake);
        play_amend(&p, p.id, 40, 9900, 0);
        assert_int_equal(SEEN(&p, ended, ENDED, 0)->state, PAWL_ORDER_STATE_CANCELLED);
        assert_int_equal(SEEN(&p, ended, ENDED, 0)->filled.e8, 40 * CENT);
        play_done(&p);
    }
}

static void what_does_not_work_cannot_be_amended_or_cancelled(void **state) {
    (void)state;
    static const int32_t codes[VENUES][2] = {{20, 23}, {-2013, -2011}, {10036, 10041}};
    for (int v = 0; v < VENUES; v++) {
        struct play p;
        play_start(&p, venues[v].name, venues[v].hedging);
        play_open(&p, BUY, 100, NULL);
        play_amend(&p, p.id, 200, 0, 0);
        assert_refused(&p, codes[v][0], STATE);
        fake_clear(&p.fake);
        play_cancel(&p, p.id);
        assert_refused(&p, codes[v][1], STATE);
        assert_int_equal(SEEN(&p, refused, REFUSED, 0)->head.cookie, 77);
        play_done(&p);
    }
}

static void conditional_orders_have_slots_on_binance(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "binance_oneway", false);
    play_quote(&p, 10000, 10002);
    for (int i = 0; i < 200; i++)
        SUBMIT(&p, .side = BUY, STOP_KIND, .quantity = 100, .stop = 10100 + i);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 200);
    SUBMIT(&p, .side = BUY, STOP_KIND, .quantity = 100, .stop = 10100);
    assert_refused(&p, -4045, RETRYABLE);
    play_done(&p);
}

static void caps_are_the_table_and_the_account_must_fit(void **state) {
    (void)state;
    static const struct {
        uint8_t exit_bound, amend_stop, holds_both, attached, dedupe;
        uint32_t slots;
    } expected[VENUES] = {{PAWL_EXIT_OCA, 1, 1, 0, PAWL_DEDUPE_ORDER_ID, 0},
                          {PAWL_EXIT_FLAG, 0, 1, 0, PAWL_DEDUPE_OPEN, 200},
                          {PAWL_EXIT_TICKET, 1, 0, 1, PAWL_DEDUPE_NONE, 0}};
    for (int v = 0; v < VENUES; v++) {
        struct play p;
        struct pawl_broker_caps caps;
        play_start(&p, venues[v].name, venues[v].hedging);
        assert_int_equal(p.fake.plugin->caps(p.fake.self, 1, &caps), PAWL_OK);
        assert_int_equal(caps.size, sizeof caps);
        assert_int_equal(caps.exit_bound, expected[v].exit_bound);
        assert_int_equal(caps.amend_stop, expected[v].amend_stop);
        assert_int_equal(caps.holds_both, expected[v].holds_both);
        assert_int_equal(caps.attached_stop, expected[v].attached);
        assert_int_equal(caps.dedupe, expected[v].dedupe);
        assert_int_equal(caps.stop_slots, expected[v].slots);
        assert_int_equal(caps.amend_limit, 1);
        assert_int_equal(caps.native_stop, 1);
        assert_true(caps.answer_ns >= PAWL_NS && caps.settle_ns > 0);
        assert_int_equal(p.fake.plugin->caps(p.fake.self, 2, &caps), PAWL_E_NOTFOUND);
        play_done(&p);
        if (v == IDEAL) continue; /* it takes either mode */
        play_start(&p, venues[v].name, !venues[v].hedging);
        assert_int_equal(p.fake.plugin->caps(p.fake.self, 1, &caps), PAWL_E_CONFIG);
        assert_non_null(strstr(p.fake.log_text, "account demo"));
        SUBMIT(&p, .side = BUY, .quantity = 100);
        assert_int_equal(play_count(&p, PAWL_EV_REFUSED), 1);
        play_done(&p);
    }
}

static void answers_may_take_as_long_as_the_latency(void **state) {
    (void)state;
    struct play p;
    struct pawl_broker_caps caps;
    play_init(&p, "ideal", false);
    fake_option(&p.fake, "latency_request", "2s");
    assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
    assert_int_equal(p.fake.plugin->caps(p.fake.self, 1, &caps), PAWL_OK);
    assert_true(caps.answer_ns > 8 * PAWL_NS);
    play_done(&p);
}

static void an_end_too_near_is_not_said_to_binance(void **state) {
    (void)state;
    static const struct {
        const char *venue;
        int64_t after_ns;
        bool ends;
    } cases[] = {{"ideal", 60 * PAWL_NS, true},
                 {"binance_oneway", 60 * PAWL_NS, false},
                 {"binance_oneway", 601 * PAWL_NS, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        play_start(&p, cases[i].venue, false);
        play_quote(&p, 10000, 10002);
        SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9900,
               .expires_ns = p.fake.now_ns + cases[i].after_ns);
        fake_clear(&p.fake);
        fake_advance(&p.fake, cases[i].after_ns - PAWL_NS);
        assert_nothing(&p);
        fake_advance(&p.fake, 2 * PAWL_NS);
        assert_int_equal(play_count(&p, PAWL_EV_ENDED), cases[i].ends);
        if (cases[i].ends)
            assert_int_equal(SEEN(&p, ended, ENDED, 0)->state, PAWL_ORDER_STATE_EXPIRED);
        play_done(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_refused_with_the_venues_own_code),
        cmocka_unit_test(off_tick_prices_are_refused),
        cmocka_unit_test(a_client_id_is_unique_as_far_as_the_venue_says),
        cmocka_unit_test(binance_keeps_ids_of_conditional_orders_apart),
        cmocka_unit_test(orders_are_amended_in_place_where_the_venue_can),
        cmocka_unit_test(an_amend_is_checked_like_a_submit),
        cmocka_unit_test(an_amend_to_what_is_filled_ends_the_order),
        cmocka_unit_test(what_does_not_work_cannot_be_amended_or_cancelled),
        cmocka_unit_test(conditional_orders_have_slots_on_binance),
        cmocka_unit_test(caps_are_the_table_and_the_account_must_fit),
        cmocka_unit_test(answers_may_take_as_long_as_the_latency),
        cmocka_unit_test(an_end_too_near_is_not_said_to_binance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
