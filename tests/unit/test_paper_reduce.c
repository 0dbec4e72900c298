/* paper: what becomes of reducing orders when their position shrinks, and what a ticket holds. */
#include "paper_play.h"

#define CONFLICT PAWL_ERROR_CLASS_CONFLICT
#define STATE PAWL_ERROR_CLASS_STATE
#define FATAL PAWL_ERROR_CLASS_FATAL
#define STOP_KIND .kind = PAWL_KIND_STOP
#define LIMIT_KIND .kind = PAWL_KIND_LIMIT

/* ---- reducing orders when their position shrinks ---- */

static void reduce_only_is_cut_to_the_position_and_never_flips_it(void **state) {
    (void)state;
    static const char *const venues[] = {"ideal", "binance_oneway"};
    for (int v = 0; v < 2; v++) {
        struct play p;
        play_start(&p, venues[v], false);
        play_open(&p, BUY, 100, NULL);
        SUBMIT(&p, .side = SELL, .reduce = 1, .quantity = 300);
        fake_clear(&p.fake);
        play_quote(&p, 10000, 10002);
        assert_traded(&p, 10000, 100);
        assert_int_equal(SEEN(&p, ended, ENDED, 0)->state, PAWL_ORDER_STATE_EXPIRED);
        assert_int_equal(SEEN(&p, ended, ENDED, 0)->filled.e8, 100 * CENT);
        assert_int_equal(play_position(&p), 0);
        play_done(&p);
    }
}

static void on_a_flat_binance_position_limits_end_and_stops_end_when_they_trigger(void **state) {
    (void)state;
    struct play p;
    char stop[24];
    play_start(&p, "binance_oneway", false);
    play_open(&p, BUY, 100, NULL);
    SUBMIT(&p, .side = SELL, STOP_KIND, .reduce = 1, .quantity = 100, .stop = 9900);
    memcpy(stop, p.id, sizeof stop);
    SUBMIT(&p, .side = SELL, LIMIT_KIND, .reduce = 1, .quantity = 100, .price = 10100);
    SUBMIT(&p, .side = SELL, .reduce = 1, .quantity = 100);
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002);
    assert_int_equal(play_count(&p, PAWL_EV_ENDED), 1); /* the limit */
    assert_int_equal(play_paper(&p)->world->symbols[1]->count, 1);
    fake_clear(&p.fake);
    play_quote(&p, 9890, 9892);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 0);
    assert_string_equal(SEEN(&p, ended, ENDED, 0)->order, stop);
    assert_int_equal(SEEN(&p, ended, ENDED, 0)->state, PAWL_ORDER_STATE_EXPIRED);
    play_done(&p);
}

static void an_oca_group_shrinks_with_its_lot(void **state) {
    (void)state;
    struct play p;
    char stop[24], target[24];
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 300, NULL); /* two lots: group 1 has 2.00, group 2 has 1.00 */
    SUBMIT(&p, .side = SELL, STOP_KIND, .reduce = 1, .quantity = 200, .stop = 9900, .group = 1);
    memcpy(stop, p.id, sizeof stop);
    SUBMIT(&p, .side = SELL, LIMIT_KIND, .reduce = 1, .quantity = 50, .price = 10100, .group = 1);
    SUBMIT(&p, .side = SELL, LIMIT_KIND, .reduce = 1, .quantity = 50, .price = 10200, .group = 1);
    memcpy(target, p.id, sizeof target);
    SUBMIT(&p, .side = SELL, STOP_KIND, .reduce = 1, .quantity = 100, .stop = 9800, .group = 2);
    fake_clear(&p.fake);
    play_quote(&p, 10110, 10112);
    assert_traded(&p, 10100, 50);
    assert_int_equal(play_count(&p, PAWL_EV_AMENDED), 1); /* the other target still fits */
    assert_string_equal(SEEN(&p, amended, AMENDED, 0)->order, stop);
    assert_int_equal(SEEN(&p, amended, AMENDED, 0)->quantity.e8, 150 * CENT);
    assert_int_equal(SEEN(&p, amended, AMENDED, 0)->stop_price.e8, 9900 * CENT);
    fake_clear(&p.fake);
    play_quote(&p, 9890, 9892);
    assert_traded(&p, 9890, 150);
    assert_int_equal(play_count(&p, PAWL_EV_ENDED), 1);
    assert_string_equal(SEEN(&p, ended, ENDED, 0)->order, target);
    assert_int_equal(play_position(&p), 100);
    play_done(&p);
}

static void a_partly_filled_stop_keeps_the_targets_that_still_fit(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 200, NULL);
    SUBMIT(&p, .side = SELL, STOP_KIND, .reduce = 1, .quantity = 200, .stop = 9900, .group = 1,
           .role = PAWL_ROLE_STOP);
    SUBMIT(&p, .side = SELL, LIMIT_KIND, .reduce = 1, .quantity = 80, .price = 10100, .group = 1);
    FAULT(&p, .what = PAWL_FAULT_KIND_PARTIAL, .quantity = {130 * CENT});
    fake_clear(&p.fake);
    play_quote(&p, 9890, 9892);
    assert_traded(&p, 9890, 130);
    assert_int_equal(SEEN(&p, amended, AMENDED, 0)->quantity.e8, 70 * CENT);
    fake_clear(&p.fake);
    play_quote(&p, 9880, 9882); /* the rest of the stop goes on at the market */
    assert_traded(&p, 9880, 70);
    assert_int_equal(play_count(&p, PAWL_EV_ENDED), 1);
    play_done(&p);
}

static void both_sides_are_held_apart_on_a_hedging_account(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", true);
    play_open(&p, BUY, 200, NULL);
    play_open(&p, SELL, 100, NULL);
    assert_int_equal(play_paper(&p)->world->position_count, 2);
    SUBMIT(&p, .side = SELL, .reduce = 1, .quantity = 300, .position_side = LONG_);
    play_quote(&p, 10000, 10002);
    assert_traded(&p, 10000, 200); /* cut to the long position */
    assert_int_equal(play_position(&p), -100);
    play_done(&p);
}

/* ---- tickets ---- */

static void each_entry_makes_a_ticket_that_its_exits_name(void **state) {
    (void)state;
    struct play p;
    char first[32], second[32];
    play_start(&p, "mt5_hedging", true);
    play_open(&p, BUY, 100, first);
    play_open(&p, BUY, 200, second);
    assert_string_not_equal(first, second);
    SUBMIT(&p, .side = SELL, .reduce = 1, .quantity = 50, .ticket = second);
    assert_string_equal(SEEN(&p, accepted, ACCEPTED, 0)->ticket, second);
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002);
    assert_string_equal(SEEN(&p, execution, EXECUTION, 0)->ticket, second);
    fake_clear(&p.fake);
    play_query(&p, PAWL_QUERY_WHAT_POSITIONS, NULL);
    assert_int_equal(play_count(&p, PAWL_EV_POSITION), 2);
    assert_string_equal(SEEN(&p, position, POSITION, 1)->ticket, second);
    assert_int_equal(SEEN(&p, position, POSITION, 1)->quantity.e8, 150 * CENT);
    play_done(&p);
}

static void an_attached_stop_wakes_with_the_first_fill_and_follows_its_ticket(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "mt5_hedging", true);
    play_quote(&p, 10000, 10002);
    FAULT(&p, .what = PAWL_FAULT_KIND_PARTIAL, .quantity = {30 * CENT});
    SUBMIT(&p, .side = BUY, .quantity = 100, .attached = 9900);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1); /* the entry alone */
    char ticket[32];
    memcpy(ticket, SEEN(&p, accepted, ACCEPTED, 0)->ticket, sizeof ticket);
    play_query(&p, PAWL_QUERY_WHAT_ORDERS, NULL);
    assert_int_equal(play_count(&p, PAWL_EV_STATUS), 1);
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002);
    assert_traded(&p, 10002, 30);
    const struct pawl_ev_accepted *stop = SEEN(&p, accepted, ACCEPTED, 0);
    assert_string_equal(stop->ticket, ticket);
    char stop_id[24];
    memcpy(stop_id, stop->order, sizeof stop_id);
    assert_string_equal(SEEN(&p, amended, AMENDED, 0)->order, stop_id); /* it covers that part */
    assert_int_equal(SEEN(&p, amended, AMENDED, 0)->quantity.e8, 30 * CENT);
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002); /* the rest */
    assert_traded(&p, 10002, 70);
    assert_string_equal(SEEN(&p, amended, AMENDED, 0)->order, stop_id);
    assert_int_equal(SEEN(&p, amended, AMENDED, 0)->quantity.e8, 100 * CENT);
    SUBMIT(&p, .side = SELL, .reduce = 1, .quantity = 40, .ticket = ticket);
    fake_clear(&p.fake);
    play_quote(&p, 10000, 10002); /* a partial close */
    assert_int_equal(SEEN(&p, amended, AMENDED, 0)->quantity.e8, 60 * CENT);
    fake_clear(&p.fake);
    play_amend(&p, stop_id, 60, 0, 9950);
    assert_int_equal(SEEN(&p, amended, AMENDED, 0)->stop_price.e8, 9950 * CENT);
    fake_clear(&p.fake);
    play_quote(&p, 9940, 9942);
    assert_traded(&p, 9940, 60);
    assert_string_equal(SEEN(&p, execution, EXECUTION, 0)->order, stop_id);
    assert_int_equal(play_position(&p), 0);
    play_done(&p);
}

static void an_attached_stop_ends_with_an_entry_that_never_filled(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "mt5_hedging", true);
    play_quote(&p, 10000, 10002);
    SUBMIT(&p, .side = BUY, LIMIT_KIND, .quantity = 100, .price = 9900, .attached = 9800);
    fake_clear(&p.fake);
    play_cancel(&p, p.id);
    assert_int_equal(play_count(&p, PAWL_EV_ENDED), 2);
    assert_int_equal(play_paper(&p)->world->symbols[1]->count, 0);
    play_done(&p);
}

static void a_bad_attached_stop_refuses_the_entry(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "mt5_hedging", true);
    play_quote(&p, 10000, 10002);
    SUBMIT(&p, .side = BUY, .quantity = 100, .attached = 10050);
    assert_refused(&p, 10016, STATE);
    assert_int_equal(play_paper(&p)->world->symbols[1]->count, 0);
    play_done(&p);
}

static void a_ticket_has_one_stop_and_one_target_for_all_of_it(void **state) {
    (void)state;
    struct play p;
    char ticket[32], target[24];
    play_start(&p, "mt5_hedging", true);
    play_open(&p, SELL, 100, ticket);
    SUBMIT(&p, .side = BUY, STOP_KIND, .reduce = 1, .quantity = 60, .stop = 10100,
           .ticket = ticket);
    assert_int_equal(SEEN(&p, amended, AMENDED, 0)->quantity.e8, 100 * CENT); /* all of it */
    SUBMIT(&p, .side = BUY, LIMIT_KIND, .reduce = 1, .quantity = 100, .price = 9900,
           .ticket = ticket);
    memcpy(target, p.id, sizeof target);
    fake_clear(&p.fake);
    SUBMIT(&p, .side = BUY, STOP_KIND, .reduce = 1, .quantity = 100, .stop = 10200,
           .ticket = ticket);
    assert_refused(&p, 10013, CONFLICT);
    fake_clear(&p.fake);
    SUBMIT(&p, .side = BUY, LIMIT_KIND, .reduce = 1, .quantity = 100, .price = 9800,
           .ticket = ticket);
    assert_refused(&p, 10013, CONFLICT);
    fake_clear(&p.fake);
    play_quote(&p, 10110, 10112); /* the stop takes the target with it */
    assert_traded(&p, 10112, 100);
    assert_string_equal(SEEN(&p, ended, ENDED, 0)->order, target);
    play_done(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reduce_only_is_cut_to_the_position_and_never_flips_it),
        cmocka_unit_test(on_a_flat_binance_position_limits_end_and_stops_end_when_they_trigger),
        cmocka_unit_test(an_oca_group_shrinks_with_its_lot),
        cmocka_unit_test(a_partly_filled_stop_keeps_the_targets_that_still_fit),
        cmocka_unit_test(both_sides_are_held_apart_on_a_hedging_account),
        cmocka_unit_test(each_entry_makes_a_ticket_that_its_exits_name),
        cmocka_unit_test(an_attached_stop_wakes_with_the_first_fill_and_follows_its_ticket),
        cmocka_unit_test(an_attached_stop_ends_with_an_entry_that_never_filled),
        cmocka_unit_test(a_bad_attached_stop_refuses_the_entry),
        cmocka_unit_test(a_ticket_has_one_stop_and_one_target_for_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
