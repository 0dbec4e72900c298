/* Lots that were taken over on somebody's word: nothing is sent for them before the venue has shown
 * that it holds them, and what it does not hold comes off them first. */
#include "book/executions.h"
#include "exec_venue.h"

static struct lot *claim(struct kit *kit, int64_t quantity, int64_t stop) {
    struct pawl_ev_adopt ev;
    EVENT_INIT(ev, PAWL_EV_ADOPT);
    ev.instrument = ev.account = 1;
    ev.side = PAWL_POSITION_SIDE_LONG;
    ev.quantity.e8 = quantity * KIT_E8;
    ev.price.e8 = 100 * KIT_E8;
    ev.stop.e8 = stop * KIT_E8;
    kit_turn(kit, &ev.head, 0);
    struct lot *lot = kit->book.last_lot;
    assert_non_null(lot);
    assert_int_equal(lot_open_e8(lot), quantity * KIT_E8);
    return lot;
}

static void begin(struct kit *kit) {
    kit_wait(kit, PAWL_NS);
    kit->config.host.executor.guard_stale_ns = 3600 * PAWL_NS;
    kit->config.host.reconcile_seconds = 1;
}

static uint32_t submits(const struct kit *kit) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < kit->sent_count; i++)
        count += kit->sent[i].head.type == PAWL_EV_SUBMIT;
    return count;
}

/* No room to remember executions: told once, tried again with each round. */
static void test_what_cannot_be_booked_is_told(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *lot = claim(kit, 2, 95);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    uint32_t remembered = kit->book.execution_count;
    kit->book.execution_count = BOOK_EXECUTIONS_MAX;
    for (int i = 0; i < 4; i++) kit_round(kit, 0, 0, 100);
    assert_int_equal(kit->gap_alerts, 2); /* what is missing, and that it cannot be booked */
    assert_int_equal(lot_open_e8(lot), 2 * KIT_E8);
    for (int i = 0; i < 4; i++) kit_round(kit, 1, 0, 100); /* in this size, too */
    assert_int_equal(kit->gap_alerts, 4);
    kit->book.execution_count = remembered;
    kit_round(kit, 1, 0, 100);
    assert_int_equal(kit->gap_alerts, 4);
    assert_int_equal(lot_open_e8(lot), KIT_E8);
}

/* The venue is away for long, the stop is crossed meanwhile, the operator wants it out. */
static void test_nothing_is_sent_while_the_venue_is_away(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *lot = claim(kit, 2, 95);
    kit_quote(kit, 1, 94);
    kit_wait(kit, 600 * PAWL_NS);
    assert_int_equal(lot->rec.exit_at_least.e8, 0);
    assert_int_equal(lot->rec.protection, PAWL_PROTECTION_NAKED);
    kit_link(kit, 1, true);
    kit_wait(kit, PAWL_NS); /* asked, and not answered yet */
    assert_int_equal(submits(kit), 0);
    exec_broker(&kit->exec, 1)->round_pending = 0;
    kit_quote(kit, 1, 94);
    kit_inside(kit, true);
    reconcile_round(&kit->exec, exec_broker(&kit->exec, 1));
    kit_inside(kit, false);
    kit_turn(kit, NULL, 0);
    const union kit_any *positions = kit_answer(kit, 1);
    kit_position(kit, positions, 2);
    assert_int_equal(submits(kit), 0);
    kit_done(kit, positions, true); /* it is there, beyond its stop: out, on the price as it is */
    assert_int_equal(submits(kit), 1);
    const union kit_any *exit = kit_last(kit, PAWL_EV_SUBMIT, 1, 0);
    assert_int_equal(exit->submit.role, PAWL_ROLE_EXIT);
    assert_int_equal(exit->submit.quantity.e8, 2 * KIT_E8);
}

static void test_what_is_not_held_goes(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *lot = claim(kit, 2, 95);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    kit_round(kit, 0, 0, 100);
    assert_int_equal(lot_open_e8(lot), 2 * KIT_E8);
    assert_int_equal(kit->gap_alerts, 1);
    kit_round(kit, 0, 0, 100);
    assert_int_equal(lot->rec.state, PAWL_LOT_STATE_CLOSED);
    assert_int_equal(lot->rec.profit.e8, 0);
    assert_int_equal(submits(kit), 0);
    kit_round(kit, 0, 0, 100);
    assert_int_equal(kit->gap_alerts, 1);
    assert_int_equal(exec_broker(&kit->exec, 1)->state, BROKER_READY);
    kit_wait(kit, 5 * PAWL_NS);
    assert_false(exec_has_gap(&kit->exec, 1));
}

/* A fill of the position that is on its way changes the size: told again, and waited for again. */
static void test_one_alert_a_change(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *lot = claim(kit, 3, 95);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    kit_round(kit, 0, 0, 100);
    kit_round(kit, 1, 0, 100);
    assert_int_equal(kit->gap_alerts, 2);
    assert_int_equal(lot_open_e8(lot), 3 * KIT_E8);
    kit_round(kit, 1, 0, 100);
    assert_int_equal(kit->gap_alerts, 2);
    assert_int_equal(lot_open_e8(lot), KIT_E8);
    const union kit_any *stop = kit_last(kit, PAWL_EV_SUBMIT, 1, 0);
    assert_non_null(stop);
    assert_int_equal(stop->submit.role, PAWL_ROLE_STOP);
    assert_int_equal(stop->submit.quantity.e8, KIT_E8);
    assert_int_equal(submits(kit), 1);
}

/* What the venue holds is the first one's, which does not wait for the verdict about the other. */
static void test_the_first_comes_first(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *first = claim(kit, 1, 95), *second = claim(kit, 2, 95);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    kit_round(kit, 2, 0, 100);
    assert_int_equal(submits(kit), 1);
    assert_non_null(first->orders);
    kit_accepted(kit, first->orders);
    assert_null(second->orders);
    kit_round(kit, 2, 0, 100);
    assert_int_equal(lot_open_e8(second), KIT_E8);
    assert_non_null(second->orders);
    assert_int_equal(kit->gap_alerts, 1);
}

/* The first one is not all there: a later one that would be gets nothing of it. */
static void test_a_later_one_is_not_covered_before_the_first(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *first = claim(kit, 2, 95), *second = claim(kit, 1, 95);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    kit_round(kit, 1, 0, 100);
    assert_int_equal(submits(kit), 0);
    kit_round(kit, 1, 0, 100);
    assert_int_equal(lot_open_e8(first), KIT_E8);
    assert_int_equal(second->rec.state, PAWL_LOT_STATE_CLOSED);
    assert_int_equal(submits(kit), 1);
}

/* The venue holds all of it, and something of another lot has no answer: believed after a time, and
 * nothing is told meanwhile. */
static void test_what_is_held_is_believed_whatever_is_in_flight(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *own = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 2);
    kit_accepted(kit, own->orders);
    struct lot *lot = claim(kit, 1, 95);
    own->orders->rec.op = PAWL_ORDER_OP_AMEND;
    own->orders->rec.want_quantity = own->orders->rec.quantity;
    int64_t began_ns = book_now(&kit->book);
    for (int i = 0; i < 60 && lot->rec.claimed; i++) kit_round(kit, 3 + i % 2, 0, 100);
    assert_in_range(book_now(&kit->book) - began_ns, 30 * PAWL_NS, 35 * PAWL_NS);
    assert_int_equal(lot_open_e8(lot), KIT_E8);
    assert_int_equal(kit->gap_alerts, 0);
    assert_non_null(lot->orders);
}

/* What was bought here is not what is missing, and does not put the verdict off for ever. */
static void test_what_is_in_flight_puts_it_off_for_a_time(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *own = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 2);
    kit_accepted(kit, own->orders);
    kit->book.accounts[1].caps.exit_bound = PAWL_EXIT_FLAG;
    struct lot *first = claim(kit, 1, 95), *second = claim(kit, 1, 95);
    own->orders->rec.op = PAWL_ORDER_OP_AMEND; /* and no answer to it */
    own->orders->rec.want_quantity = own->orders->rec.quantity;
    int64_t began_ns = book_now(&kit->book);
    for (int i = 0; i < 60 && second->rec.state != PAWL_LOT_STATE_CLOSED; i++)
        kit_round(kit, 3, 0, 100);
    assert_in_range(book_now(&kit->book) - began_ns, 30 * PAWL_NS, 35 * PAWL_NS);
    assert_int_equal(second->rec.state, PAWL_LOT_STATE_CLOSED);
    assert_int_equal(lot_open_e8(own), 2 * KIT_E8);
    assert_int_equal(lot_open_e8(first), KIT_E8);
    assert_int_equal(kit->gap_alerts, 1);
    const union kit_any *stop = kit_last(kit, PAWL_EV_SUBMIT, 1, 0);
    assert_int_equal(stop->submit.role, PAWL_ROLE_STOP);
    assert_int_equal(stop->submit.quantity.e8, KIT_E8);
}

/* An amend without an answer, and a venue that tells another size in each round. */
static void test_sizes_that_change_do_not_put_it_off_for_ever(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *own = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 2);
    kit_accepted(kit, own->orders);
    kit->book.accounts[1].caps.exit_bound = PAWL_EXIT_FLAG;
    struct lot *lot = claim(kit, 3, 95);
    own->orders->rec.op = PAWL_ORDER_OP_AMEND;
    own->orders->rec.want_quantity = own->orders->rec.quantity;
    int64_t began_ns = book_now(&kit->book);
    uint32_t rounds = 0;
    for (; rounds < 60 && lot->rec.claimed; rounds++) kit_round(kit, 3 + rounds % 2, 0, 100);
    assert_in_range(book_now(&kit->book) - began_ns, 30 * PAWL_NS, 35 * PAWL_NS);
    assert_int_equal(lot_open_e8(own), 2 * KIT_E8);
    assert_int_equal(lot_open_e8(lot), (3 + (rounds - 1) % 2) * KIT_E8 - 2 * KIT_E8);
    assert_int_equal(kit->gap_alerts, rounds - 1);
}

/* What was seen before the connection was lost is no look at what is there after it. */
static void test_a_lost_connection_is_no_look(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *lot = claim(kit, 3, 95);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    kit_round(kit, 2, 0, 100);
    kit_link(kit, 1, false);
    assert_false(exec_has_gap(&kit->exec, 1));
    kit_wait(kit, 600 * PAWL_NS);
    uint32_t before = kit->sent_count;
    kit_link(kit, 1, true);
    const union kit_any *positions = NULL;
    for (uint32_t i = before; i < kit->sent_count; i++)
        if (kit->sent[i].query.what == PAWL_QUERY_WHAT_POSITIONS)
            positions = &kit->sent[i];
        else
            kit_done(kit, &kit->sent[i], true);
    assert_non_null(positions);
    kit_tell_side(kit, positions, PAWL_POSITION_SIDE_LONG, 1, 100);
    kit_done(kit, positions, true);
    assert_int_equal(lot_open_e8(lot), 3 * KIT_E8);
    kit_round(kit, 1, 0, 100);
    assert_int_equal(lot_open_e8(lot), KIT_E8);
}

/* Two rounds at once are no proof: the time a report may take has to be over. */
static void test_the_settling_time_has_to_be_over(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *lot = claim(kit, 2, 95);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    kit_round(kit, 0, 0, 100);
    kit_inside(kit, true);
    reconcile_round(&kit->exec, exec_broker(&kit->exec, 1));
    kit_inside(kit, false);
    kit_turn(kit, NULL, 0);
    kit_done(kit, kit_answer(kit, 1), true);
    assert_int_equal(lot_open_e8(lot), 2 * KIT_E8);
    kit_round(kit, 0, 0, 100);
    assert_int_equal(lot->rec.state, PAWL_LOT_STATE_CLOSED);
}

/* The round that runs goes on, and what an earlier process left is learnt first. */
static void test_a_claim_during_recovery(void **state) {
    struct kit *kit = *state;
    begin(kit);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    struct exec_broker *broker = exec_broker(&kit->exec, 1);
    uint32_t round = broker->round;
    struct lot *lot = claim(kit, 2, 95);
    kit_wait(kit, PAWL_NS);
    assert_int_equal(broker->round, round);
    assert_false(broker->known);
    const union kit_any *positions = kit_answer(kit, 1);
    kit_position(kit, positions, 2);
    kit_done(kit, positions, true);
    assert_int_equal(broker->state, BROKER_READY);
    assert_int_equal(submits(kit), 1);
    assert_int_equal(lot_open_e8(lot), 2 * KIT_E8);
}

/* The venue tells the execution before the first look. */
static void test_closed_by_hand_before_the_first_look(void **state) {
    struct kit *kit = *state;
    begin(kit);
    struct lot *lot = claim(kit, 2, 95);
    kit_quote(kit, 1, 100);
    struct pawl_ev_execution ev;
    EVENT_INIT(ev, PAWL_EV_EXECUTION);
    ev.account = ev.instrument = 1;
    ev.side = PAWL_SIDE_SELL;
    ev.quantity.e8 = 2 * KIT_E8;
    ev.price.e8 = 101 * KIT_E8;
    ev.venue_time = book_now(&kit->book);
    TEXT_SET(ev.execution, "by-hand");
    kit_link(kit, 1, true);
    kit_turn(kit, &ev.head, 1);
    assert_int_equal(lot_open_e8(lot), 0);
    for (int i = 0; i < 5; i++) kit_round(kit, 0, 0, 100);
    kit_wait(kit, 600 * PAWL_NS);
    assert_int_equal(lot->rec.state, PAWL_LOT_STATE_CLOSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_cannot_be_booked_is_told, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_closed_by_hand_before_the_first_look, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_sent_while_the_venue_is_away, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_held_goes, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_one_alert_a_change, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_the_first_comes_first, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_later_one_is_not_covered_before_the_first,
                                        kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_held_is_believed_whatever_is_in_flight,
                                        kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_in_flight_puts_it_off_for_a_time, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_sizes_that_change_do_not_put_it_off_for_ever,
                                        kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_lost_connection_is_no_look, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_the_settling_time_has_to_be_over, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_claim_during_recovery, kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
