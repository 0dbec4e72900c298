/* Two lots become one: quantity, cost, R, orders and their shares go over; what is under way
 * refuses; fills that come late, and a restart, find the lot that took over. */
#include "events/reflect.h"
#include "exec_venue.h"

/* Two longs of 2 at 100 and 3 at 90, each with its stop at the venue. */
static void two_lots(struct kit *kit, struct lot *ret[2]) {
    kit_wait(kit, PAWL_NS);
    kit->book.accounts[1].caps.holds_both = 1;
    ret[0] = kit_lot(kit, 1, 2);
    ret[1] = kit_lot(kit, 1, 3);
    for (int i = 0; i < 2; i++) ret[i]->rec.ratchet = PAWL_RATCHET_RECOMPUTE;
    ret[1]->rec.entry_value.e8 = 270 * KIT_E8;
    ret[1]->rec.stop.e8 = ret[1]->rec.initial_stop.e8 = 80 * KIT_E8;
    kit_ready(kit, 1, 5);
    for (int i = 0; i < 2; i++) kit_accepted(kit, ret[i]->orders);
}

static int merge(struct kit *kit, const struct lot *into, const struct lot *from) {
    kit_inside(kit, true);
    int rc =
        want_merge(&kit->exec, kit->exec.operator_id, into->rec.id, from->rec.id, "test", NULL);
    kit_inside(kit, false);
    return rc;
}

static void plan(struct kit *kit) {
    kit_turn(kit, NULL, 0);
}

static void sold(struct kit *kit, const struct order *order, int64_t tenths,
                 const char *execution) {
    struct pawl_ev_execution ev;
    EVENT_INIT(ev, PAWL_EV_EXECUTION);
    TEXT_SET(ev.order, order->rec.order);
    TEXT_SET(ev.execution, execution);
    ev.account = ev.instrument = 1;
    ev.side = PAWL_SIDE_SELL;
    ev.quantity.e8 = tenths * KIT_E8 / 10;
    ev.price.e8 = 94 * KIT_E8;
    kit_turn(kit, &ev.head, 1);
}

static void test_quantity_cost_and_r_go_over(void **state) {
    struct kit *kit = *state;
    struct lot *lots[2];
    two_lots(kit, lots);
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_OK);
    struct pawl_common_lot *into = &lots[0]->rec, *from = &lots[1]->rec;
    assert_int_equal(lot_open_e8(lots[0]), 5 * KIT_E8);
    assert_int_equal(into->enter_up_to.e8, 5 * KIT_E8);
    assert_int_equal(into->entry_value.e8, 470 * KIT_E8);
    assert_int_equal(into->original.e8, 5 * KIT_E8);
    assert_int_equal(into->r.e8, KIT_E8); /* from 94 to the initial stop, 95 */
    assert_int_equal(into->stop.e8, 95 * KIT_E8);
    assert_int_equal(lot_open_e8(lots[1]), 0);
    assert_int_equal(from->entry_value.e8, 0);
    assert_int_equal(from->state, PAWL_LOT_STATE_CLOSED);
    assert_int_equal(lots[1]->rare->rec.merged_into, into->id);
    assert_string_equal(lots[1]->rare->rec.reason, "MERGED");
    assert_int_equal(kit->book.open_lots, 1);
}

/* What was out before stays where it was, with its profit. */
static void test_what_is_out_stays(void **state) {
    struct kit *kit = *state;
    struct lot *lots[2];
    two_lots(kit, lots);
    sold(kit, lots[1]->orders, 10, "E1"); /* 1 of 3 */
    lots[1]->rec.r_frozen = 0;
    int64_t profit_e8 = lots[1]->rec.profit.e8;
    assert_int_equal(profit_e8, 4 * KIT_E8);
    plan(kit);
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_OK);
    assert_int_equal(lot_open_e8(lots[0]), 4 * KIT_E8);
    assert_int_equal(lots[0]->rec.entry_value.e8, 380 * KIT_E8);
    assert_int_equal(lots[1]->rec.entered.e8, KIT_E8);
    assert_int_equal(lots[1]->rec.entry_value.e8, 90 * KIT_E8);
    assert_int_equal(lots[1]->rec.profit.e8, profit_e8);
    assert_int_equal(lots[0]->rec.profit.e8, 0);
}

/* Both stops are the lot's now; one of them grows to the whole, the other goes after that. */
static void test_one_stop_is_left(void **state) {
    struct kit *kit = *state;
    struct lot *lots[2];
    two_lots(kit, lots);
    struct order *first = lots[0]->orders, *second = lots[1]->orders;
    uint32_t before = kit->sent_count;
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_OK);
    assert_ptr_equal(second->lot, lots[0]);
    assert_int_equal(second->rec.lot, lots[0]->rec.id);
    assert_int_equal(second->rec.lot, lots[0]->rec.id);
    assert_null(lots[1]->orders);
    assert_true(guard_covered(&kit->exec, lots[0]));
    plan(kit);
    const union kit_any *amend = kit_last(kit, PAWL_EV_AMEND, 1, before);
    assert_non_null(amend);
    assert_int_equal(amend->amend.quantity.e8, 5 * KIT_E8);
    assert_int_equal(amend->amend.stop_price.e8, 95 * KIT_E8);
    assert_null(kit_last(kit, PAWL_EV_CANCEL, 1, before)); /* not before it is done */
    struct order *kept = strcmp(amend->amend.order, first->rec.order) == 0 ? first : second;
    kit_amended(kit, kept);
    assert_non_null(kit_last(kit, PAWL_EV_CANCEL, 1, before));
    assert_int_equal(lots[0]->rec.protection, PAWL_PROTECTION_RESTING);
}

/* Orders of a lot are looked through by number, and a restart has them so, too. */
static void test_orders_that_go_over_stand_where_their_numbers_say(void **state) {
    struct kit *kit = *state;
    struct lot *lots[2];
    two_lots(kit, lots);
    struct order *first = lots[0]->orders, *second = lots[1]->orders;
    assert_int_equal(merge(kit, lots[1], lots[0]), PAWL_OK);
    assert_ptr_equal(lots[1]->orders, first);
    assert_ptr_equal(first->next, second);
    assert_ptr_equal(second->previous, first);
    assert_ptr_equal(lots[1]->orders_last, second);
    assert_null(lots[0]->orders);
    assert_null(lots[0]->orders_last);
}

static void test_what_is_under_way_refuses(void **state) {
    struct kit *kit = *state;
    struct lot *lots[2];
    two_lots(kit, lots);
    struct order *stop = lots[1]->orders;
    stop->rec.op = PAWL_ORDER_OP_AMEND;
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_E_BUSY);
    stop->rec.op = PAWL_ORDER_OP_NONE;
    stop->rec.op_unknown = 1;
    assert_int_equal(merge(kit, lots[1], lots[0]), PAWL_E_BUSY);
    stop->rec.op_unknown = 0;
    stop->rec.role = PAWL_ROLE_TARGET;
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_E_BUSY);
    stop->rec.role = PAWL_ROLE_STOP;
    lots[1]->rec.enter_up_to.e8 += KIT_E8;
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_E_BUSY);
    lots[1]->rec.enter_up_to.e8 -= KIT_E8;
    book_lot_rare(&kit->book, lots[1])->rec.add_up_to.e8 = KIT_E8;
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_E_BUSY);
    book_lot_rare(&kit->book, lots[1])->rec.add_up_to.e8 = 0;
    assert_int_equal(merge(kit, lots[0], lots[0]), PAWL_E_NOTFOUND);
    lots[1]->rec.ratchet = PAWL_RATCHET_STRICT;
    lots[1]->rec.r_frozen = 1;
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_E_STATE);
    lots[1]->rec.r_frozen = 0;
    kit->book.accounts[1].caps.exit_bound = PAWL_EXIT_TICKET;
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_E_STATE);
    assert_int_equal(lot_open_e8(lots[1]), 3 * KIT_E8);
    kit->book.accounts[1].caps.exit_bound = PAWL_EXIT_FLAG;
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_OK);
}

/* Wanted out, and only not sent yet: what a merge forgot nobody would close. */
static void test_an_exit_that_is_wanted_refuses(void **state) {
    struct kit *kit = *state;
    struct lot *lots[2];
    two_lots(kit, lots);
    lots[1]->rec.exit_at_least.e8 = KIT_E8; /* a part; it waits for its next try */
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_E_BUSY);
    assert_int_equal(merge(kit, lots[1], lots[0]), PAWL_E_BUSY);
    lots[1]->rec.exit_at_least.e8 = 0;
    kit_inside(kit, true);
    want_close(&kit->exec, lots[1], "SESSION_END"); /* in this turn; nothing is planned yet */
    int rc = want_merge(&kit->exec, kit->exec.operator_id, lots[0]->rec.id, lots[1]->rec.id, "test",
                        NULL);
    kit_inside(kit, false);
    assert_int_equal(rc, PAWL_E_STATE);
}

/* Levels of the host's that only this lot had are gone with it. */
static void test_no_level_is_left_behind(void **state) {
    struct kit *kit = *state;
    struct lot *lots[2];
    struct trigger_spec found;
    two_lots(kit, lots);
    struct pawl_trail_spec spec = {.size = sizeof spec, .distance = {25 * KIT_E8}};
    kit_inside(kit, true);
    assert_int_equal(want_trail(&kit->exec, kit->exec.operator_id, lots[1]->rec.id, &spec, NULL),
                     PAWL_OK);
    kit_inside(kit, false);
    plan(kit);
    uint64_t key = EXEC_KEY(EXEC_KEY_TRAIL, lots[1]->rec.id);
    assert_true(triggers_find(kit->book.triggers, 0, key, &found));
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_OK);
    assert_false(triggers_find(kit->book.triggers, 0, key, &found));
    key = EXEC_KEY(EXEC_KEY_GUARD, lots[1]->rec.id);
    assert_false(triggers_find(kit->book.triggers, 0, key, &found));
}

/* The stop of the lot that went had filled before its cancel got there. */
static void test_a_late_fill_finds_the_heir(void **state) {
    struct kit *kit = *state;
    struct lot *lots[2];
    two_lots(kit, lots);
    struct order *late = lots[1]->orders;
    kit_inside(kit, true);
    order_end(&kit->exec, late, PAWL_ORDER_STATE_CANCELLED, "replaced"); /* stays with its lot */
    kit_inside(kit, false);
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_OK);
    assert_ptr_equal(late->lot, lots[1]);
    sold(kit, late, 30, "E1");
    assert_int_equal(lot_open_e8(lots[0]), 2 * KIT_E8);
    assert_int_equal(lots[0]->rec.exited.e8, 3 * KIT_E8);
    assert_int_equal(lots[1]->rec.state, PAWL_LOT_STATE_CLOSED);
    assert_int_equal(lot_open_e8(lots[1]), 0);
}

/* ---- a restart ---- */

static int lot_row(void *arg, const void *row, struct pawl_err *err) {
    return book_lot_restore(arg, row, err) == NULL ? PAWL_E_DATA : PAWL_OK;
}

static int order_row(void *arg, const void *row, struct pawl_err *err) {
    struct pawl_common_order common;
    struct pawl_rare_order rare;
    pawl_part_order(row, &common, &rare);
    return book_order_restore(arg, &common, &rare, err) == NULL ? PAWL_E_DATA : PAWL_OK;
}

static void test_a_restart_finds_one_lot(void **state) {
    struct kit *kit = *state, *again;
    struct lot *lots[2];
    void *fresh;
    two_lots(kit, lots);
    assert_int_equal(merge(kit, lots[0], lots[1]), PAWL_OK);
    assert_int_equal(book_store(&kit->book), PAWL_OK);
    assert_int_equal(store_commit(kit->book.store, 1), PAWL_OK);
    assert_int_equal(store_flush(kit->book.store, NULL), PAWL_OK);
    kit_setup(&fresh);
    again = fresh;
    struct book *book = &again->book;
    store_close(book->store);
    book->store = kit->book.store;
    assert_int_equal(store_load(book->store, reflect_record(PAWL_REC_LOT), lot_row, book, NULL),
                     PAWL_OK);
    assert_int_equal(store_load(book->store, reflect_record(PAWL_REC_ORDER), order_row, book, NULL),
                     PAWL_OK);
    struct lot *into = book_lot(book, lots[0]->rec.id), *from = book_lot(book, lots[1]->rec.id);
    assert_int_equal(book->open_lots, 1);
    assert_int_equal(lot_open_e8(into), 5 * KIT_E8);
    assert_ptr_equal(book_lot_heir(book, from), into);
    assert_non_null(into->orders);
    assert_non_null(into->orders->next);
    assert_null(from->orders);
    assert_int_equal(into->orders_last->rec.lot, into->rec.id);
    struct order *late = into->orders_last;
    sold(again, late, 30, "E1");
    assert_int_equal(lot_open_e8(into), 2 * KIT_E8);
    book->store = NULL;
    kit_teardown(&fresh);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quantity_cost_and_r_go_over, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_out_stays, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_one_stop_is_left, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_under_way_refuses, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_orders_that_go_over_stand_where_their_numbers_say,
                                        kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_an_exit_that_is_wanted_refuses, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_no_level_is_left_behind, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_late_fill_finds_the_heir, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_restart_finds_one_lot, kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
