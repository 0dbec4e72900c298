/* What of the executor no scenario reaches: a full outbox, two brokers that reconcile at once, an
 * order that is known by a fill alone. */
#include "exec_venue.h"

/* ---- a full outbox ---- */

static struct order *waiting(struct kit *kit, struct lot *lot, uint32_t count) {
    struct order *orders = calloc(count, sizeof *orders);
    for (uint32_t i = 0; i < count; i++) {
        orders[i].lot = lot;
        orders[i].rec.id = 1000 + i;
        orders[i].rec.account = lot->rec.account;
        orders[i].rec.state = PAWL_ORDER_STATE_ACCEPTED;
        snprintf(orders[i].rec.order, sizeof orders[i].rec.order, "o%u", i);
        assert_true(outbox_put(&kit->exec, &orders[i], PAWL_ORDER_OP_AMEND, i % 2 == 1));
    }
    return orders;
}

static void test_full_outbox(void **state) {
    struct kit *kit = *state;
    struct lot *lot = kit_lot(kit, 1, 2);
    kit_inside(kit, true);
    struct order *orders = waiting(kit, lot, EXEC_OUTBOX_MAX), more = orders[0];
    more.outbox_place = 0;
    assert_false(outbox_put(&kit->exec, &more, PAWL_ORDER_OP_AMEND, true));
    struct order_terms terms = {.role = PAWL_ROLE_EXIT, .kind = PAWL_KIND_MARKET};
    terms.quantity.e8 = KIT_E8;
    assert_null(command_submit(&kit->exec, lot, &terms)); /* told, and tried again later */
    assert_int_equal(lot->orders->rec.state, PAWL_ORDER_STATE_REJECTED);
    assert_true(lot->rare->exit_retry_ns > book_now(&kit->book));

    assert_true(outbox_drop_order(&kit->exec, &orders[10]));
    assert_false(outbox_drop_order(&kit->exec, &orders[10]));
    kit_inside(kit, false);
    kit->exec.release_protective = true; /* the disk stalls: every second one leaves */
    bus_input(kit->book.bus, NULL, 0, 0);
    assert_int_equal(kit->sent_count, EXEC_OUTBOX_MAX / 2);
    assert_true(outbox_put(&kit->exec, &more, PAWL_ORDER_OP_AMEND, true));
    uint64_t turn;
    assert_true(outbox_waiting(&kit->exec, &turn));
    assert_int_equal(turn, 1);

    kit->exec.release_turn = kit->book.bus->turn + 1;
    bus_input(kit->book.bus, NULL, 0, 0);
    assert_false(outbox_waiting(&kit->exec, &turn));
    assert_int_equal(kit->sent_count, EXEC_OUTBOX_MAX);
    for (uint32_t i = 0; i < EXEC_OUTBOX_MAX / 2 - 1; i++) { /* in their order, without the tenth */
        uint32_t wanted = 2 * (i < 5 ? i : i + 1);
        const char *left = kit->sent[EXEC_OUTBOX_MAX / 2 + i].amend.order;
        assert_string_equal(left, orders[wanted].rec.order);
    }
    for (uint32_t i = 0; i < EXEC_OUTBOX_MAX; i++) assert_int_equal(orders[i].outbox_place, 0);
    free(orders);
}

/* What its broker never got is certain when the connection goes; the other's stays. */
static void test_lost_connection_empties_its_part(void **state) {
    struct kit *kit = *state;
    struct lot *one = kit_lot(kit, 1, 2), *two = kit_lot(kit, 2, 2);
    kit_inside(kit, true);
    struct order_terms terms = {.role = PAWL_ROLE_EXIT, .kind = PAWL_KIND_MARKET};
    terms.quantity.e8 = KIT_E8;
    struct order *first = command_submit(&kit->exec, one, &terms);
    struct order *second = command_submit(&kit->exec, two, &terms);
    outbox_drop_broker(&kit->exec, 1);
    assert_int_equal(first->rec.state, PAWL_ORDER_STATE_CANCELLED);
    assert_int_equal(second->rec.state, PAWL_ORDER_STATE_INTENT);
    assert_true(outbox_drop_order(&kit->exec, second));
    kit_inside(kit, false);
    uint64_t turn;
    assert_false(outbox_waiting(&kit->exec, &turn));
}

/* ---- two brokers reconcile at once ---- */

static void test_two_rounds_at_once(void **state) {
    struct kit *kit = *state;
    struct lot *one = kit_lot(kit, 1, 2), *two = kit_lot(kit, 2, 1);
    kit_quote(kit, 1, 100);
    kit_quote(kit, 2, 100);
    kit_link(kit, 1, true);
    kit_link(kit, 2, true);
    const union kit_any *first = kit_answer(kit, 1);
    const union kit_any *second = kit_answer(kit, 2);
    kit_position(kit, first, 2);
    kit_position(kit, second, 1);
    kit_done(kit, second, true);
    assert_int_equal(exec_broker(&kit->exec, 2)->state, BROKER_READY);
    assert_int_equal(exec_broker(&kit->exec, 1)->state, BROKER_RECOVERING);
    kit_done(kit, first, true);
    assert_int_equal(exec_broker(&kit->exec, 1)->state, BROKER_READY);
    assert_false(exec_instrument_has_gap(&kit->exec, 1) || exec_instrument_has_gap(&kit->exec, 2));
    assert_int_equal(lot_open_e8(one), 2 * KIT_E8);
    assert_int_equal(lot_open_e8(two), KIT_E8);
    kit_done(kit, first, false); /* an answer that comes twice belongs to no round */
    assert_int_equal(exec_broker(&kit->exec, 1)->state, BROKER_READY);
}

static void test_a_failed_round_is_its_brokers_own(void **state) {
    struct kit *kit = *state;
    kit_lot(kit, 1, 2);
    kit_lot(kit, 2, 1);
    kit_link(kit, 1, true);
    kit_link(kit, 2, true);
    const union kit_any *first = kit_answer(kit, 1);
    const union kit_any *second = kit_answer(kit, 2);
    kit_position(kit, second, 1);
    kit_done(kit, first, false);
    kit_done(kit, second, true);
    assert_int_equal(exec_broker(&kit->exec, 1)->state, BROKER_RECOVERING);
    assert_int_equal(exec_broker(&kit->exec, 2)->state, BROKER_READY);
    assert_false(exec_instrument_has_gap(&kit->exec, 2));
    uint32_t before = kit->sent_count;
    kit_wait(kit, 2 * PAWL_NS); /* asked again */
    assert_non_null(kit_last(kit, PAWL_EV_QUERY, 1, before));
}

static void test_a_gap_outlasts_the_round_of_another(void **state) {
    struct kit *kit = *state;
    kit_lot(kit, 1, 2);
    kit_quote(kit, 1, 100);
    kit_link(kit, 1, true);
    kit_link(kit, 2, true);
    const union kit_any *first = kit_answer(kit, 1);
    const union kit_any *second = kit_answer(kit, 2);
    kit_done(kit, first, true); /* it holds nothing */
    assert_true(exec_instrument_has_gap(&kit->exec, 1));
    kit_done(kit, second, true);
    assert_true(exec_instrument_has_gap(&kit->exec, 1));
    assert_false(exec_instrument_has_gap(&kit->exec, 2));
}

/* Numbers of accounts are not given again: the 65th may be the second there is. */
static void test_a_gap_is_of_its_account_whatever_its_number(void **state) {
    struct kit *kit = *state;
    struct book_account *more = mem_realloc(kit->book.accounts, 66 * sizeof *more);
    assert_non_null(more);
    memset(more + KIT_BROKERS + 1, 0, (65 - KIT_BROKERS) * sizeof *more);
    more[65] = more[2];
    more[65].info.id = 65;
    memset(&more[2], 0, sizeof more[2]);
    kit->book.accounts = more;
    kit->book.account_count = 65;
    test_a_gap_outlasts_the_round_of_another(state);
}

/* ---- known by a fill alone ---- */

static void tell_fill(struct kit *kit, const char *id, int64_t tenths, const char *execution) {
    struct pawl_ev_execution ev;
    EVENT_INIT(ev, PAWL_EV_EXECUTION);
    TEXT_SET(ev.order, id);
    TEXT_SET(ev.execution, execution);
    ev.account = ev.instrument = 1;
    ev.side = PAWL_SIDE_SELL;
    ev.quantity.e8 = tenths * KIT_E8 / 10;
    ev.price.e8 = 96 * KIT_E8;
    kit_turn(kit, &ev.head, 1);
}

static void tell_status(struct kit *kit, const char *id, uint8_t told, int64_t tenths) {
    struct pawl_ev_status ev;
    EVENT_INIT(ev, PAWL_EV_STATUS);
    TEXT_SET(ev.order, id);
    ev.account = ev.instrument = ev.found = 1;
    ev.state = told;
    ev.side = PAWL_SIDE_SELL;
    ev.kind = PAWL_KIND_STOP;
    ev.quantity.e8 = 2 * KIT_E8;
    ev.filled.e8 = tenths * KIT_E8 / 10;
    ev.stop_price.e8 = 96 * KIT_E8;
    kit_turn(kit, &ev.head, 1);
}

static struct order *by_one_fill(struct kit *kit, struct lot *lot, char ret_id[24]) {
    struct oid_parts parts = {.host = kit->book.host_id,
                              .boot = kit->book.boot,
                              .lot = lot->rec.id,
                              .role = PAWL_ROLE_STOP,
                              .step = 77};
    assert_int_equal(oid_format(&parts, ret_id), PAWL_OK);
    tell_fill(kit, ret_id, 5, "E1");
    struct order *order = book_order_by_id(&kit->book, ret_id);
    assert_non_null(order);
    assert_true(order_is_live(order) && order->rec.op_unknown);
    const union kit_any *query = kit_last(kit, PAWL_EV_QUERY, 1, 0);
    assert_string_equal(query->query.order, ret_id);
    return order;
}

static void test_the_rest_of_a_recovered_order(void **state) {
    struct kit *kit = *state;
    struct lot *lot = kit_lot(kit, 1, 2);
    char id[24];
    kit_ready(kit, 1, 2);
    struct order *order = by_one_fill(kit, lot, id);
    tell_fill(kit, id, 5, "E2"); /* another one before the answer: still not over */
    assert_true(order_is_live(order) && order->rec.op_unknown);
    assert_int_equal(lot_open_e8(lot), KIT_E8);
    uint32_t before = kit->sent_count;
    tell_status(kit, id, PAWL_ORDER_STATE_PARTIALLY_FILLED, 10);
    assert_int_equal(order->rec.state, PAWL_ORDER_STATE_PARTIALLY_FILLED);
    assert_int_equal(order->rec.quantity.e8, 2 * KIT_E8);
    assert_int_equal(order->rec.kind, PAWL_KIND_STOP);
    assert_false(order->rec.op_unknown);
    assert_int_equal(lot->rec.stop.e8, 96 * KIT_E8); /* tighter than what was stored: kept */
    assert_null(kit_last(kit, PAWL_EV_SUBMIT, 1, before));
    assert_null(kit_last(kit, PAWL_EV_AMEND, 1, before));
}

static void test_a_recovered_order_that_is_over(void **state) {
    struct kit *kit = *state;
    struct lot *lot = kit_lot(kit, 1, 2);
    char id[24];
    kit_ready(kit, 1, 2);
    struct order *order = by_one_fill(kit, lot, id);
    for (uint32_t i = 2; i <= 4; i++) {
        char execution[8];
        snprintf(execution, sizeof execution, "E%u", i);
        tell_fill(kit, id, 5, execution);
    }
    tell_status(kit, id, PAWL_ORDER_STATE_FILLED, 20);
    assert_int_equal(order->rec.state, PAWL_ORDER_STATE_FILLED);
    assert_int_equal(lot_open_e8(lot), 0);
}

/* ---- few conditional orders ---- */

/* Without a slot the guard has a lot, and a slot that becomes free is taken. */
static void test_a_free_slot_is_taken(void **state) {
    struct kit *kit = *state;
    struct lot *lots[3];
    kit->book.accounts[1].caps.stop_slots = 2;
    for (int i = 0; i < 3; i++) lots[i] = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 6);
    assert_int_equal(kit_stops(kit, lots[0]) + kit_stops(kit, lots[1]), 2);
    assert_int_equal(kit_stops(kit, lots[2]), 0);
    assert_int_equal(lots[2]->rec.protection, PAWL_PROTECTION_GUARDED);
    kit_accepted(kit, lots[0]->orders);
    kit_accepted(kit, lots[1]->orders);
    tell_fill(kit, lots[0]->orders->rec.order, 20, "E1");
    kit_wait(kit, PAWL_NS);
    assert_int_equal(kit_stops(kit, lots[2]), 1);
}

/* An entry that waits for its level takes one of them, too. */
static void test_a_stop_entry_takes_a_slot(void **state) {
    struct kit *kit = *state;
    kit->book.accounts[1].caps.stop_slots = 1;
    struct lot *entering = kit_lot(kit, 1, 2), *open = kit_lot(kit, 1, 2);
    entering->rec.entered.e8 = entering->rec.entry_value.e8 = 0;
    entering->rec.state = PAWL_LOT_STATE_ENTERING;
    kit_inside(kit, true);
    struct order_terms terms = {.role = PAWL_ROLE_MAIN, .kind = PAWL_KIND_STOP};
    terms.quantity.e8 = 2 * KIT_E8;
    terms.stop_price.e8 = 110 * KIT_E8;
    assert_non_null(command_submit(&kit->exec, entering, &terms));
    kit_inside(kit, false);
    kit_ready(kit, 1, 2);
    assert_int_equal(kit_stops(kit, open), 0);
}

/* The venue counts them over all instruments of the account. */
static void test_slots_are_the_accounts(void **state) {
    struct kit *kit = *state;
    kit->book.accounts[1].caps.stop_slots = 1;
    struct lot *here = kit_lot(kit, 1, 2), *there = kit_lot(kit, 2, 2);
    there->rec.account = 1;
    kit_quote(kit, 2, 100);
    kit_ready(kit, 1, 2);
    assert_int_equal(kit_stops(kit, here), 1);
    assert_int_equal(kit_stops(kit, there), 0);
    there->rec.account = 2;
    book_dirty(&kit->book, there);
    kit_ready(kit, 2, 2);
    assert_int_equal(kit_stops(kit, there), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full_outbox, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_lost_connection_empties_its_part, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_two_rounds_at_once, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_round_is_its_brokers_own, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_gap_outlasts_the_round_of_another, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_gap_is_of_its_account_whatever_its_number,
                                        kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_the_rest_of_a_recovered_order, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_recovered_order_that_is_over, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_free_slot_is_taken, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_stop_entry_takes_a_slot, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_slots_are_the_accounts, kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
