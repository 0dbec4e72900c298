/* paper: the connection to the venue: latency, faults, queries. */
#include "paper_play.h"

static void answers_take_the_latency_there_and_back(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_quote(&p, 10000, 10002);
    play_send_submit(&p, (struct wish){.side = BUY, .quantity = 100});
    fake_advance(&p.fake, 19 * PAWL_MS);
    assert_null(paper_order_find(play_paper(&p)->world, p.id));
    fake_advance(&p.fake, 1 * PAWL_MS);
    assert_non_null(paper_order_find(play_paper(&p)->world, p.id));
    fake_advance(&p.fake, 19 * PAWL_MS);
    assert_nothing(&p);
    fake_advance(&p.fake, 1 * PAWL_MS);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1);
    play_done(&p);
}

static void messages_never_overtake_each_other(void **state) {
    (void)state;
    struct play p;
    char ids[20][24];
    play_init(&p, "ideal", false);
    fake_option(&p.fake, "latency_jitter", "200ms");
    assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002);
    for (int i = 0; i < 20; i++) {
        play_send_submit(&p, (struct wish){.side = BUY, .quantity = 100});
        memcpy(ids[i], p.id, sizeof ids[i]);
        fake_advance(&p.fake, PAWL_MS);
    }
    fake_advance(&p.fake, 2 * PAWL_NS);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 20);
    for (uint32_t i = 0; i < 20; i++)
        assert_string_equal(SEEN(&p, accepted, ACCEPTED, i)->order, ids[i]);
    play_done(&p);
}

static void too_many_requests_under_way_are_refused_as_retryable(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    for (uint32_t i = 0; i < PAPER_REQUESTS_MAX + 1; i++)
        play_send_submit(&p, (struct wish){.side = BUY, .kind = PAWL_KIND_LIMIT, .price = 9000,
                                           .quantity = 100});
    fake_advance(&p.fake, TRIP);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), PAPER_REQUESTS_MAX);
    assert_refused(&p, 26, PAWL_ERROR_CLASS_RETRYABLE);
    play_done(&p);
}

/* ---- faults ---- */

static void a_reject_strikes_what_it_names_as_often_as_it_says(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "binance_oneway", false);
    play_open(&p, BUY, 100, NULL);
    FAULT(&p, .what = PAWL_FAULT_KIND_REJECT, .role = PAWL_ROLE_STOP, .count = 2, .code = -1008,
          .class_ = PAWL_ERROR_CLASS_RETRYABLE);
    SUBMIT(&p, .side = BUY, .quantity = 100); /* another role */
    assert_int_equal(play_count(&p, PAWL_EV_REFUSED), 0);
    for (int i = 0; i < 3; i++) {
        fake_clear(&p.fake);
        SUBMIT(&p, .side = SELL, .role = PAWL_ROLE_STOP, .kind = PAWL_KIND_STOP, .reduce = 1,
               .quantity = 100, .stop = 9900);
        if (i < 2)
            assert_refused(&p, -1008, PAWL_ERROR_CLASS_RETRYABLE);
        else
            assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1);
    }
    fake_clear(&p.fake);
    FAULT(&p, .what = PAWL_FAULT_KIND_REJECT, .op = PAWL_ORDER_OP_CANCEL);
    play_cancel(&p, p.id);
    assert_refused(&p, -2010, PAWL_ERROR_CLASS_FATAL);
    assert_int_equal(SEEN(&p, refused, REFUSED, 0)->op, PAWL_ORDER_OP_CANCEL);
    fake_clear(&p.fake);
    FAULT(&p, .what = PAWL_FAULT_KIND_REJECT, .lot = 6); /* ours are of lot 5 */
    SUBMIT(&p, .side = BUY, .quantity = 100);
    assert_int_equal(play_count(&p, PAWL_EV_REFUSED), 0);
    FAULT(&p, .what = PAWL_FAULT_KIND_REJECT, .lot = 5, .instrument = 1);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    assert_refused(&p, -2010, PAWL_ERROR_CLASS_FATAL);
    play_done(&p);
}

static void a_dropped_request_never_arrives_and_a_dropped_reply_took_effect(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_quote(&p, 10000, 10002);
    for (int lost = 0; lost < 2; lost++) {
        FAULT(&p, .what = lost ? PAWL_FAULT_KIND_DROP_REPLY : PAWL_FAULT_KIND_DROP_REQUEST);
        SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9900);
        fake_advance(&p.fake, PAWL_NS);
        assert_nothing(&p);
        play_query(&p, PAWL_QUERY_WHAT_ORDER, p.id);
        assert_int_equal(SEEN(&p, status, STATUS, 0)->found, lost);
        fake_clear(&p.fake);
    }
    FAULT(&p, .what = PAWL_FAULT_KIND_DROP_REPLY, .op = PAWL_ORDER_OP_AMEND);
    play_amend(&p, p.id, 100, 9950, 0);
    FAULT(&p, .what = PAWL_FAULT_KIND_DROP_REPLY, .op = PAWL_ORDER_OP_CANCEL);
    play_cancel(&p, p.id);
    assert_nothing(&p);
    play_query(&p, PAWL_QUERY_WHAT_ORDER, p.id);
    assert_int_equal(SEEN(&p, status, STATUS, 0)->state, PAWL_ORDER_STATE_CANCELLED);
    assert_int_equal(SEEN(&p, status, STATUS, 0)->price.e8, 9950 * CENT);
    play_done(&p);
}

static void fills_come_twice_late_or_in_part(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_quote(&p, 10000, 10002);
    FAULT(&p, .what = PAWL_FAULT_KIND_DUPLICATE_FILL);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 2);
    assert_string_equal(SEEN(&p, execution, EXECUTION, 0)->execution,
                        SEEN(&p, execution, EXECUTION, 1)->execution);
    assert_int_equal(play_position(&p), 100);

    FAULT(&p, .what = PAWL_FAULT_KIND_PARTIAL, .quantity = {30 * CENT});
    FAULT(&p, .what = PAWL_FAULT_KIND_LATE_FILL, .delay = PAWL_NS);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002);
    assert_nothing(&p);
    play_cancel(&p, p.id); /* its answer comes before the fill */
    assert_int_equal(SEEN(&p, ended, ENDED, 0)->filled.e8, 30 * CENT);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 0);
    fake_advance(&p.fake, PAWL_NS);
    assert_traded(&p, 10002, 30);
    assert_int_equal(play_position(&p), 130);
    play_done(&p);
}

static void a_delayed_request_holds_up_those_behind_it(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    FAULT(&p, .what = PAWL_FAULT_KIND_DELAY, .delay = PAWL_NS);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9900);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9900);
    assert_nothing(&p);
    fake_advance(&p.fake, PAWL_NS);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 2);
    play_done(&p);
}

static void while_disconnected_nothing_is_answered_and_the_venue_goes_on(void **state) {
    (void)state;
    struct play p;
    char stop[24];
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    memcpy(stop, p.id, sizeof stop);
    fake_clear(&p.fake);
    play_send_submit(&p, (struct wish){.side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100,
                                       .price = 9000}); /* on the wire: it arrives */
    FAULT(&p, .what = PAWL_FAULT_KIND_DISCONNECT);
    assert_int_equal(SEEN(&p, link, LINK, 0)->up, 0);
    char on_the_wire[24];
    memcpy(on_the_wire, p.id, sizeof on_the_wire);
    SUBMIT(&p, .side = BUY, .quantity = 100); /* sent into nothing */
    play_quote(&p, 9890, 9892);
    play_query(&p, PAWL_QUERY_WHAT_ORDERS, NULL);
    assert_int_equal(play_count(&p, 0), 1);
    assert_int_equal(play_position(&p), 0); /* the stop did its work */
    FAULT(&p, .what = PAWL_FAULT_KIND_RECONNECT);
    assert_int_equal(SEEN(&p, link, LINK, 1)->up, 1);
    fake_clear(&p.fake);
    play_query(&p, PAWL_QUERY_WHAT_EXECUTIONS, NULL);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 2);
    assert_string_equal(SEEN(&p, execution, EXECUTION, 1)->order, stop);
    play_query(&p, PAWL_QUERY_WHAT_ORDERS, NULL);
    assert_int_equal(play_count(&p, PAWL_EV_STATUS), 1);
    assert_string_equal(SEEN(&p, status, STATUS, 0)->order, on_the_wire);
    play_done(&p);
}

static void a_disconnection_may_end_by_itself_even_over_a_restart(void **state) {
    (void)state;
    for (int restart = 0; restart < 3; restart++) {
        struct play p;
        play_start(&p, "ideal", false);
        FAULT(&p, .what = PAWL_FAULT_KIND_DISCONNECT, .delay = 10 * PAWL_NS);
        fake_clear(&p.fake);
        if (restart == 1) { /* while it lasts */
            assert_int_equal(fake_restart(&p.fake), PAWL_OK);
            assert_int_equal(SEEN(&p, link, LINK, 0)->up, 0);
            fake_clear(&p.fake);
        }
        if (restart == 2) { /* after its end */
            fake_stop(&p.fake);
            fake_advance(&p.fake, 11 * PAWL_NS);
            assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
        } else {
            fake_advance(&p.fake, 9 * PAWL_NS);
            assert_nothing(&p);
            fake_advance(&p.fake, 1 * PAWL_NS);
        }
        assert_int_equal(play_count(&p, PAWL_EV_LINK), 1);
        assert_int_equal(SEEN(&p, link, LINK, 0)->up, 1);
        play_done(&p);
    }
}

static void somebody_else_may_trade_at_the_venue(void **state) {
    (void)state;
    static const struct {
        const char *venue;
        bool hedging;
        int64_t quantity, price, traded, position;
        uint32_t executions;
    } cases[] = {
        {"ideal", false, -40, 0, 10000, 60, 1},
        {"ideal", false, 50, 0, 10002, 150, 1},
        {"ideal", false, -150, 9990, 9990, -50, 2},
        {"binance_oneway", false, -100, 0, 10000, 0, 1},
        {"mt5_hedging", true, -40, 0, 10000, 60, 1},
        {"mt5_hedging", true, 50, 0, 10002, 150, 1},
        {"mt5_hedging", true, -130, 0, 10000, -30, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        play_start(&p, cases[i].venue, cases[i].hedging);
        play_open(&p, BUY, 100, NULL);
        FAULT(&p, .what = PAWL_FAULT_KIND_POSITION_CHANGE, .instrument = 1,
              .quantity = {cases[i].quantity * CENT}, .price = {cases[i].price * CENT});
        fake_advance(&p.fake, TRIP);
        assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), cases[i].executions);
        const struct pawl_ev_execution *fill = SEEN(&p, execution, EXECUTION, 0);
        assert_string_equal(fill->order, "");
        assert_int_equal(fill->price.e8, cases[i].traded * CENT);
        assert_int_equal(play_position(&p), cases[i].position);
        play_done(&p);
    }
}

static void the_venue_ends_orders_of_its_own_accord(void **state) {
    (void)state;
    static const uint8_t kinds[] = {PAWL_FAULT_KIND_EXPIRE, PAWL_FAULT_KIND_VENUE_CANCEL};
    for (int i = 0; i < 2; i++) {
        struct play p;
        play_start(&p, "ideal", false);
        play_open(&p, BUY, 100, NULL);
        SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9900);
        SUBMIT(&p, .side = SELL, .role = PAWL_ROLE_STOP, .kind = PAWL_KIND_STOP, .reduce = 1,
               .quantity = 100, .stop = 9900);
        fake_clear(&p.fake);
        FAULT(&p, .what = kinds[i], .role = PAWL_ROLE_STOP, .lot = 5);
        fake_advance(&p.fake, TRIP);
        const struct pawl_ev_ended *ended = SEEN(&p, ended, ENDED, 0);
        assert_string_equal(ended->order, p.id);
        assert_int_equal(ended->state,
                         i == 0 ? PAWL_ORDER_STATE_EXPIRED : PAWL_ORDER_STATE_CANCELLED);
        assert_int_equal(play_count(&p, PAWL_EV_ENDED), 1);
        play_done(&p);
    }
}

static void chance_refuses_and_splits_the_same_way_for_the_same_seed(void **state) {
    (void)state;
    char text[2][4096];
    for (int run = 0; run < 2; run++) {
        struct play p;
        uint32_t refused = 0, partial = 0;
        play_init(&p, "ideal", false);
        fake_option(&p.fake, "seed", "42");
        fake_option(&p.fake, "reject_probability", "0.3");
        fake_option(&p.fake, "partial_fill_probability", "0.3");
        assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
        size_t at = 0;
        for (int i = 0; i < 100; i++) {
            fake_clear(&p.fake);
            SUBMIT(&p, .side = BUY, .quantity = 1000);
            play_quote(&p, 10000, 10002);
            refused += play_count(&p, PAWL_EV_REFUSED);
            for (uint32_t n = 0; n < play_count(&p, PAWL_EV_EXECUTION); n++)
                partial += SEEN(&p, execution, EXECUTION, n)->quantity.e8 != 10 * PAWL_E8;
            at += (size_t)snprintf(text[run] + at, sizeof text[run] - at, "%u %lld ", refused,
                                   (long long)play_position(&p));
        }
        assert_in_range(refused, 15, 50);
        assert_in_range(partial, 15, 120);
        play_done(&p);
    }
    assert_string_equal(text[0], text[1]);
}

/* ---- queries ---- */

static void each_query_is_answered_in_full(void **state) {
    (void)state;
    struct play p;
    char filled[24];
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    memcpy(filled, p.id, sizeof filled);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    fake_clear(&p.fake);
    play_query(&p, PAWL_QUERY_WHAT_ORDER, filled);
    assert_int_equal(SEEN(&p, status, STATUS, 0)->state, PAWL_ORDER_STATE_FILLED);
    assert_int_equal(SEEN(&p, status, STATUS, 0)->filled.e8, PAWL_E8);
    assert_int_equal(SEEN(&p, status, STATUS, 0)->head.cookie, 99);
    assert_string_equal(SEEN(&p, status, STATUS, 0)->venue_order, "V1");
    fake_clear(&p.fake);
    play_query(&p, PAWL_QUERY_WHAT_ORDER, "p00100010000005100990");
    assert_int_equal(SEEN(&p, status, STATUS, 0)->found, 0);
    assert_string_equal(SEEN(&p, status, STATUS, 0)->order, "p00100010000005100990");
    fake_clear(&p.fake);
    play_query(&p, PAWL_QUERY_WHAT_ORDERS, NULL);
    assert_int_equal(play_count(&p, PAWL_EV_STATUS), 1);
    assert_string_equal(SEEN(&p, status, STATUS, 0)->order, p.id);
    play_query(&p, PAWL_QUERY_WHAT_POSITIONS, NULL);
    assert_int_equal(SEEN(&p, position, POSITION, 0)->side, LONG_);
    assert_int_equal(SEEN(&p, position, POSITION, 0)->price.e8, 10002 * CENT);
    play_query(&p, PAWL_QUERY_WHAT_EXECUTIONS, NULL);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 1);
    assert_int_equal(play_count(&p, PAWL_EV_QUERY_DONE), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(SEEN(&p, query_done, QUERY_DONE, i)->ok, 1);
        assert_int_equal(SEEN(&p, query_done, QUERY_DONE, i)->head.cookie, 99);
    }
    play_done(&p);
}

static void executions_are_told_from_the_time_asked_for(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    fake_advance(&p.fake, PAWL_NS);
    int64_t since_ns = p.fake.now_ns;
    play_open(&p, BUY, 100, NULL);
    struct pawl_ev_query query = {.head = {.size = sizeof query, .type = PAWL_EV_QUERY},
                                  .what = PAWL_QUERY_WHAT_EXECUTIONS, .since = since_ns};
    fake_send(&p.fake, &query.head);
    fake_advance(&p.fake, TRIP);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 1);
    assert_true(SEEN(&p, execution, EXECUTION, 0)->venue_time >= since_ns);
    play_done(&p);
}

static void the_descriptor_is_complete(void **state) {
    (void)state;
    const struct pawl_plugin *plugin = pawl_plugin_main();
    assert_int_equal(plugin->abi, PAWL_ABI);
    assert_string_equal(plugin->shape, PAWL_ABI_SHAPE);
    assert_int_equal(plugin->kind, PAWL_PLUGIN_KIND_BROKER);
    for (const struct pawl_option *o = plugin->options; o->name != NULL; o++) {
        assert_non_null(o->default_);
        assert_non_null(o->doc);
        assert_true(o->offset < plugin->options_size);
    }
    plugin->destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_take_the_latency_there_and_back),
        cmocka_unit_test(messages_never_overtake_each_other),
        cmocka_unit_test(too_many_requests_under_way_are_refused_as_retryable),
        cmocka_unit_test(a_reject_strikes_what_it_names_as_often_as_it_says),
        cmocka_unit_test(a_dropped_request_never_arrives_and_a_dropped_reply_took_effect),
        cmocka_unit_test(fills_come_twice_late_or_in_part),
        cmocka_unit_test(a_delayed_request_holds_up_those_behind_it),
        cmocka_unit_test(while_disconnected_nothing_is_answered_and_the_venue_goes_on),
        cmocka_unit_test(a_disconnection_may_end_by_itself_even_over_a_restart),
        cmocka_unit_test(somebody_else_may_trade_at_the_venue),
        cmocka_unit_test(the_venue_ends_orders_of_its_own_accord),
        cmocka_unit_test(chance_refuses_and_splits_the_same_way_for_the_same_seed),
        cmocka_unit_test(each_query_is_answered_in_full),
        cmocka_unit_test(executions_are_told_from_the_time_asked_for),
        cmocka_unit_test(the_descriptor_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
