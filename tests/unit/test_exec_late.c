/* A venue that is slow, one that holds two targets of a lot, a disk that stalls. */
#include "exec_venue.h"

static const union kit_any *question(const struct kit *kit, uint32_t from) {
    const union kit_any *query = kit_last(kit, PAWL_EV_QUERY, 1, from);
    assert_non_null(query);
    assert_int_equal(query->query.what, PAWL_QUERY_WHAT_ORDER);
    return query;
}

static void tell_status(struct kit *kit, const struct order *order, uint64_t cookie, int64_t stop) {
    struct pawl_ev_status ev;
    EVENT_INIT(ev, PAWL_EV_STATUS);
    ev.head.cookie = cookie;
    TEXT_SET(ev.order, order->rec.order);
    ev.account = ev.instrument = 1;
    ev.found = 1;
    ev.state = PAWL_ORDER_STATE_ACCEPTED;
    ev.quantity = order->rec.quantity;
    ev.stop_price.e8 = stop * KIT_E8;
    kit_turn(kit, &ev.head, 1);
}

/* The first amend is asked about; its answer comes when a second is under way, and says nothing of
 * that one: another amend could pass it by, and be undone by it. */
static void test_an_old_answer_is_no_evidence(void **state) {
    struct kit *kit = *state;
    kit_wait(kit, PAWL_NS);
    struct lot *lot = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 2);
    struct order *order = lot->orders;
    kit_accepted(kit, order);
    kit_move_stop(kit, lot, 96);
    uint32_t before = kit->sent_count;
    kit_wait(kit, PAWL_NS);
    assert_int_equal(order->rec.op_unknown, 1);
    uint64_t first = question(kit, before)->head.cookie;
    struct pawl_ev_amended late; /* it had arrived after all */
    EVENT_INIT(late, PAWL_EV_AMENDED);
    TEXT_SET(late.order, order->rec.order);
    late.quantity = order->rec.want_quantity;
    late.stop_price = order->rec.want_stop_price;
    kit_turn(kit, &late.head, 1);
    assert_int_equal(order->rec.op, PAWL_ORDER_OP_NONE);

    kit_move_stop(kit, lot, 97);
    before = kit->sent_count;
    kit_wait(kit, PAWL_NS);
    assert_int_equal(order->rec.op_unknown, 1);
    uint64_t second = question(kit, before)->head.cookie;
    tell_status(kit, order, first, 95);
    assert_int_equal(order->rec.op, PAWL_ORDER_OP_AMEND);
    assert_int_equal(order->rec.op_unknown, 1);
    assert_int_equal(order->rec.stop_price.e8, 96 * KIT_E8);
    tell_status(kit, order, second, 97);
    assert_int_equal(order->rec.op, PAWL_ORDER_OP_NONE);
    assert_int_equal(order->rec.stop_price.e8, 97 * KIT_E8);
    tell_status(kit, order, first, 95); /* nothing is under way: old all the same */
    assert_int_equal(order->rec.stop_price.e8, 97 * KIT_E8);
}

/* A target that rests for all of the lot is in a group with the rest, which shrinks with it. */
static void test_a_watched_target_beside_a_resting_one(void **state) {
    struct kit *kit = *state;
    kit->book.accounts[1].caps.exit_bound = PAWL_EXIT_OCA;
    struct lot *lot = kit_lot(kit, 1, 2);
    kit_inside(kit, true);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(want_target(&kit->exec, kit->exec.operator_id, lot->rec.id, i,
                                     (struct pawl_price){(i == 0 ? 110 : 105) * KIT_E8},
                                     (struct pawl_qty){i == 0 ? PAWL_QTY_ALL : KIT_E8},
                                     i == 0 ? PAWL_LEVEL_MODE_REST : PAWL_LEVEL_MODE_WATCH, NULL),
                         PAWL_OK);
    kit_inside(kit, false);
    kit_ready(kit, 1, 2);
    for (struct order *order = lot->orders; order != NULL; order = order->next)
        kit_accepted(kit, order);
    uint32_t before = kit->sent_count;
    kit_quote(kit, 1, 106);
    kit_turn(kit, NULL, 0);
    const union kit_any *exit = kit_last(kit, PAWL_EV_SUBMIT, 1, before);
    assert_non_null(exit);
    assert_int_equal(exit->submit.role, PAWL_ROLE_TARGET);
    assert_int_equal(exit->submit.kind, PAWL_KIND_MARKET);
    assert_int_equal(exit->submit.quantity.e8, KIT_E8);
}

/* The disk stalls. A stop may leave, but not of a lot that a crash would make unknown. */
static void test_nothing_leaves_early_of_a_lot_that_is_not_stored(void **state) {
    struct kit *kit = *state;
    struct lot *stored = kit_lot(kit, 1, 2), *adopted = kit_lot(kit, 2, 2);
    struct order_terms terms = {.role = PAWL_ROLE_STOP, .kind = PAWL_KIND_STOP};
    terms.quantity.e8 = 2 * KIT_E8;
    terms.stop_price.e8 = 95 * KIT_E8;
    kit_inside(kit, true);
    adopted->born = kit->book.bus->turn;
    assert_non_null(command_submit(&kit->exec, stored, &terms));
    assert_non_null(command_submit(&kit->exec, adopted, &terms));
    kit_inside(kit, false);
    kit->exec.release_protective = true;
    bus_input(kit->book.bus, NULL, 0, 0);
    assert_non_null(kit_last(kit, PAWL_EV_SUBMIT, 1, 0));
    assert_null(kit_last(kit, PAWL_EV_SUBMIT, 2, 0));
    kit->exec.release_turn = adopted->born; /* the disk is back */
    bus_input(kit->book.bus, NULL, 0, 0);
    assert_non_null(kit_last(kit, PAWL_EV_SUBMIT, 2, 0));
}

static struct pawl_ev_alert heard;

static void hear(void *arg, const struct pawl_event *event) {
    if (event->type == PAWL_EV_ALERT) memcpy(&heard, event, sizeof heard);
    kit_first(arg, event);
}

/* A stop, asked for at this moment, and a disk that does not answer in time; how loud that is. */
static uint8_t stall(struct kit *kit, uint32_t account, uint8_t role) {
    struct order_terms terms = {.role = role, .kind = PAWL_KIND_STOP};
    struct lot *lot = kit_lot(kit, account, 2);
    terms.quantity.e8 = 2 * KIT_E8;
    terms.stop_price.e8 = 95 * KIT_E8;
    memset(&heard, 0, sizeof heard);
    lot->born = 0; /* the disk knows it */
    kit_inside(kit, true);
    assert_non_null(command_submit(&kit->exec, lot, &terms));
    kit_inside(kit, false);
    kit->exec.release_protective = true;
    bus_input(kit->book.bus, NULL, 0, kit->book.bus->now_ns);
    assert_string_equal(heard.what, "disk_stalled");
    return heard.severity;
}

static void test_a_stall_is_critical_once_it_lasts(void **state) {
    struct kit *kit = *state;
    kit->book.bus->first = hear;
    kit->book.bus->now_ns = INT64_C(1767604211020000000);
    assert_int_equal(stall(kit, 1, PAWL_ROLE_STOP), PAWL_SEVERITY_WARNING);
    assert_non_null(strstr(heard.message, "has been slow since 09:10:11.020Z"));
    kit->book.bus->now_ns += PAWL_NS;
    assert_int_equal(stall(kit, 2, PAWL_ROLE_STOP), PAWL_SEVERITY_CRITICAL);
    assert_non_null(strstr(heard.message, "has been slow since 09:10:11.020Z"));
    kit_inside(kit, true);
    struct order_terms entry = {.role = PAWL_ROLE_MAIN, .kind = PAWL_KIND_MARKET};
    entry.quantity.e8 = KIT_E8;
    assert_non_null(command_submit(&kit->exec, kit_lot(kit, 1, 2), &entry)); /* it waits */
    kit_inside(kit, false);
    kit->exec.release_turn = kit->book.bus->turn; /* the disk is back */
    bus_input(kit->book.bus, NULL, 0, kit->book.bus->now_ns);
    assert_int_equal(stall(kit, 2, PAWL_ROLE_STOP), PAWL_SEVERITY_WARNING);
}

/* It will never be stored: the guard has the lot, and the runner has nothing to wait for. */
static void test_without_a_disk_what_is_held_is_dropped(void **state) {
    struct kit *kit = *state;
    struct lot *adopted = kit_lot(kit, 1, 2);
    struct order_terms terms = {.role = PAWL_ROLE_STOP, .kind = PAWL_KIND_STOP};
    terms.quantity.e8 = 2 * KIT_E8;
    terms.stop_price.e8 = 95 * KIT_E8;
    kit_inside(kit, true);
    adopted->born = kit->book.bus->turn;
    assert_non_null(command_submit(&kit->exec, adopted, &terms));
    terms.role = PAWL_ROLE_EXIT;
    terms.kind = PAWL_KIND_MARKET;
    assert_non_null(command_submit(&kit->exec, adopted, &terms));
    kit_inside(kit, false);
    kit->exec.release_without_disk = kit->exec.release_protective = true;
    bus_input(kit->book.bus, NULL, 0, 0);
    uint64_t turn;
    assert_false(outbox_waiting(&kit->exec, &turn));
    const union kit_any *sent = kit_last(kit, PAWL_EV_SUBMIT, 1, 0);
    assert_non_null(sent); /* what closes at once leaves nothing behind */
    assert_int_equal(sent->submit.role, PAWL_ROLE_EXIT);
    assert_true(adopted->rare->stop_retry_ns > book_now(&kit->book));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_old_answer_is_no_evidence, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_watched_target_beside_a_resting_one, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_leaves_early_of_a_lot_that_is_not_stored,
                                        kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_stall_is_critical_once_it_lasts, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_without_a_disk_what_is_held_is_dropped, kit_setup,
                                        kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
