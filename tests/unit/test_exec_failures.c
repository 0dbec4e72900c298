/* The executor when answers are late, lost or wrong: nothing that was wanted is given up for them,
 * nothing is sent twice, and the guard still stands behind it. */
#include "exec_venue.h"

static void want_out(struct kit *kit, struct lot *lot, uint8_t kind, int64_t price) {
    struct pawl_exit_spec spec = {.size = sizeof spec,
                                  .kind = kind,
                                  .at_least = {PAWL_QTY_ALL},
                                  .price = {price * KIT_E8},
                                  .reason = "MANUAL"};
    kit_inside(kit, true);
    assert_int_equal(want_exit(&kit->exec, kit->exec.operator_id, lot->rec.id, &spec, NULL),
                     PAWL_OK);
    kit_inside(kit, false);
    kit_turn(kit, NULL, 0);
}

/* An open lot whose stop works at the venue. */
static struct lot *protected_lot(struct kit *kit) {
    kit_wait(kit, PAWL_NS);
    kit->config.host.executor.guard_stale_ns = 60 * PAWL_NS;
    struct lot *lot = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 2);
    assert_int_equal(lot->orders->rec.role, PAWL_ROLE_STOP);
    kit_accepted(kit, lot->orders);
    assert_int_equal(lot->rec.protection, PAWL_PROTECTION_RESTING);
    return lot;
}

static const struct pawl_ev_submit *exit_sent(const struct kit *kit, uint8_t kind, uint32_t from) {
    for (uint32_t i = kit->sent_count; i > from; i--) {
        const union kit_any *one = &kit->sent[i - 1];
        if (one->head.type == PAWL_EV_SUBMIT && one->submit.role == PAWL_ROLE_EXIT &&
            one->submit.kind == kind)
            return &one->submit;
    }
    return NULL;
}

/* A limit far away is no exit that closes the lot while the venue's stop fails. */
static void test_a_resting_exit_does_not_hold_the_guard(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    want_out(kit, lot, PAWL_KIND_LIMIT, 110);
    assert_non_null(exit_sent(kit, PAWL_KIND_LIMIT, 0));
    kit_accepted(kit, lot->orders_last);
    kit_quote(kit, 1, 94); /* the stop at 95 does not fire */
    kit_wait(kit, 5 * PAWL_NS);
    assert_true(lot->exit_by_guard);
    assert_int_equal(lot->rec.exit_kind, PAWL_KIND_MARKET);
}

/* The refusal of what was wanted before says nothing about what is wanted now. */
static void test_an_old_refusal_does_not_spend_a_new_want(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    want_out(kit, lot, PAWL_KIND_LIMIT, 110);
    const struct order *limit = lot->orders_last;
    want_out(kit, lot, PAWL_KIND_MARKET, 0);
    uint32_t before = kit->sent_count;
    kit_refused(kit, limit->rec.order, PAWL_ORDER_OP_SUBMIT, PAWL_ERROR_CLASS_FATAL);
    assert_false(lot->rec.exit_spent);
    const struct pawl_ev_submit *next = exit_sent(kit, PAWL_KIND_MARKET, before);
    assert_non_null(next);
    assert_int_equal(next->quantity.e8, 2 * KIT_E8);
    kit_refused(kit, next->order, PAWL_ORDER_OP_SUBMIT, PAWL_ERROR_CLASS_FATAL);
    assert_true(lot->rec.exit_spent);
}

/* The refusal of the second of two same amends comes while its cancel is under way: the answer to
 * that is waited for still. */
static void test_an_old_refusal_leaves_the_answer_that_is_awaited(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    struct order *stop = lot->orders;
    kit_move_stop(kit, lot, 97);
    assert_int_equal(stop->rec.op, PAWL_ORDER_OP_AMEND);
    kit_wait(kit, PAWL_NS); /* no answer: unknown */
    assert_true(stop->rec.op_unknown);
    kit_status(kit, stop, PAWL_ORDER_STATE_ACCEPTED, 0); /* without effect: once more the same */
    assert_int_equal(stop->rec.op, PAWL_ORDER_OP_AMEND);
    kit_amended(kit, stop);
    kit_inside(kit, true);
    command_cancel(&kit->exec, stop, "test");
    kit_inside(kit, false);
    kit_turn(kit, NULL, 0);
    assert_int_equal(stop->rec.op, PAWL_ORDER_OP_CANCEL);
    kit_refused(kit, stop->rec.order, PAWL_ORDER_OP_AMEND, PAWL_ERROR_CLASS_RETRYABLE);
    kit_wait(kit, 2 * PAWL_NS);
    assert_true(stop->rec.op_unknown); /* and so it is asked about */
}

/* Whatever comes late about the submit: it works. */
static void test_a_working_order_is_not_unmade(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    kit_refused(kit, lot->orders->rec.order, PAWL_ORDER_OP_SUBMIT, PAWL_ERROR_CLASS_UNKNOWN);
    assert_int_equal(lot->orders->rec.state, PAWL_ORDER_STATE_ACCEPTED);
    assert_false(lot->orders->rec.op_unknown);
    assert_int_equal(lot->rec.protection, PAWL_PROTECTION_RESTING);
}

/* Answers the rounds since `from`: `order` is not known; ok = the executions are complete. */
static void answer_round(struct kit *kit, const struct order *order, uint32_t from, bool ok) {
    uint32_t count = kit->sent_count;
    for (uint32_t i = from; i < count; i++) {
        const union kit_any *one = &kit->sent[i];
        if (one->head.type != PAWL_EV_QUERY ||
            EXEC_KEY_WHAT(one->head.cookie) != EXEC_KEY_ROUND)
            continue;
        bool its = one->query.what == PAWL_QUERY_WHAT_ORDER &&
                   strcmp(one->query.order, order->rec.order) == 0;
        if (its) kit_status(kit, order, 0, one->head.cookie);
        if (one->query.what == PAWL_QUERY_WHAT_POSITIONS) kit_position(kit, one, 2);
        kit_done(kit, one, ok || one->query.what != PAWL_QUERY_WHAT_EXECUTIONS);
    }
}

/* Twice "never seen" is not enough: what it did may be among executions nobody has asked for since.
 */
static void test_absence_is_believed_after_a_whole_round(void **state) {
    struct kit *kit = *state;
    kit_wait(kit, PAWL_NS);
    struct lot *lot = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 2);
    struct order *stop = lot->orders;
    uint64_t cookie = EXEC_KEY(EXEC_KEY_LOOKUP, UINT32_MAX); /* a question after the order */
    kit_wait(kit, PAWL_NS + PAWL_NS / 10); /* no answer, and settled */
    assert_true(stop->rec.op_unknown);
    uint32_t before = kit->sent_count;
    kit_status(kit, stop, 0, cookie);
    kit_status(kit, stop, 0, cookie); /* asked before the round began */
    assert_int_equal(stop->rec.state, PAWL_ORDER_STATE_UNKNOWN);
    answer_round(kit, stop, before, false);
    assert_int_equal(stop->rec.state, PAWL_ORDER_STATE_UNKNOWN);
    before = kit->sent_count;
    kit_wait(kit, PAWL_NS);
    answer_round(kit, stop, before, true);
    assert_int_equal(stop->rec.state, PAWL_ORDER_STATE_REJECTED);
    kit_wait(kit, PAWL_NS);
    assert_ptr_not_equal(lot->orders_last, stop);
    assert_int_equal(lot->orders_last->rec.role, PAWL_ROLE_STOP);
}

/* A venue that takes each stop back at once: the first is replaced at once, the others at a pace
 * that it bears, and the guard has the lot. */
static void test_stops_that_are_taken_back(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    uint32_t before = kit->sent_count, stops = 0;
    for (int i = 0; i < 50; i++) {
        struct order *stop = lot->orders_last;
        kit_wait(kit, PAWL_NS / 50);
        if (!order_is_live(stop)) continue;
        kit_accepted(kit, stop);
        kit_ended(kit, stop);
    }
    for (uint32_t i = before; i < kit->sent_count; i++)
        stops += kit->sent[i].head.type == PAWL_EV_SUBMIT;
    assert_in_range(stops, 2, 11); /* a tenth of a second apart in this configuration */
    assert_int_equal(lot->rec.protection, PAWL_PROTECTION_GUARDED);
    kit_wait(kit, PAWL_NS);
    kit_accepted(kit, lot->orders_last);
    assert_int_equal(lot->rec.protection, PAWL_PROTECTION_RESTING);
}

/* Whoever holds the stop from now on wants it where the price has been: the venue has no stop
 * there, so there is no next price and no grace to wait for. */
static void test_a_stop_that_is_crossed_when_it_is_set(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    kit_quote(kit, 1, 96);
    kit_move_stop(kit, lot, 97);
    assert_true(lot->exit_by_guard);
    assert_int_equal(lot->orders->rec.op, PAWL_ORDER_OP_CANCEL); /* it goes first */
    kit_ended(kit, lot->orders);
    assert_non_null(exit_sent(kit, PAWL_KIND_MARKET, 0));
}

/* One that is under way to that level is what fires there. */
static void test_a_stop_that_is_crossed_on_its_way(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    kit_quote(kit, 1, 98);
    kit_move_stop(kit, lot, 97);
    assert_int_equal(lot->orders->rec.op, PAWL_ORDER_OP_AMEND);
    kit_quote(kit, 1, 96);
    assert_false(lot->exit_by_guard);
    kit_amended(kit, lot->orders);
    assert_false(lot->exit_by_guard);
    kit_wait(kit, 2 * PAWL_NS);
    assert_true(lot->exit_by_guard);
}

static void rest_target(struct kit *kit, const struct lot *lot) {
    kit_inside(kit, true);
    assert_int_equal(want_target(&kit->exec, kit->exec.operator_id, lot->rec.id, 0,
                                 (struct pawl_price){110 * KIT_E8},
                                 (struct pawl_qty){PAWL_QTY_ALL}, PAWL_LEVEL_MODE_REST, NULL),
                     PAWL_OK);
    kit_inside(kit, false);
    kit_turn(kit, NULL, 0);
}

/* A venue that ends each target at midnight, or one that takes it back at once. */
static void test_targets_that_are_taken_back(void **state) {
    struct kit *kit = *state;
    kit->book.accounts[1].caps.exit_bound = PAWL_EXIT_OCA;
    struct lot *lot = protected_lot(kit);
    kit->config.host.executor.guard_stale_ns = 365 * 86400 * PAWL_NS;
    rest_target(kit, lot);
    for (int i = 0; i < 20; i++) { /* they rest for an hour each time */
        struct order *target = lot->orders_last;
        assert_true(target->rec.role == PAWL_ROLE_TARGET && order_is_live(target));
        kit_accepted(kit, target);
        kit->book.bus->now_ns += 3600 * PAWL_NS;
        kit_ended(kit, target);
        kit_wait(kit, PAWL_NS);
    }
    assert_int_equal(lot->targets[0].spent, 0);
    for (int i = 0; i < 5 && lot->targets[0].spent == 0; i++) {
        kit_accepted(kit, lot->orders_last);
        kit_ended(kit, lot->orders_last);
        kit_wait(kit, 2 * PAWL_NS);
    }
    assert_int_equal(lot->targets[0].spent, 1);
}

/* Not again before its time, whatever else the lot does meanwhile. */
static void test_a_target_that_is_refused_for_now_waits(void **state) {
    struct kit *kit = *state;
    kit->book.accounts[1].caps.exit_bound = PAWL_EXIT_OCA;
    struct lot *lot = protected_lot(kit);
    rest_target(kit, lot);
    assert_int_equal(lot->orders_last->rec.role, PAWL_ROLE_TARGET);
    uint32_t before = kit->sent_count;
    kit_refused(kit, lot->orders_last->rec.order, PAWL_ORDER_OP_SUBMIT,
                PAWL_ERROR_CLASS_RETRYABLE);
    book_dirty(&kit->book, lot);
    kit_turn(kit, NULL, 0);
    assert_null(kit_last(kit, PAWL_EV_SUBMIT, 1, before));
    kit_wait(kit, 2 * kit->exec.set->retry_delay_ns);
    const union kit_any *again = kit_last(kit, PAWL_EV_SUBMIT, 1, before);
    assert_non_null(again);
    assert_int_equal(again->submit.role, PAWL_ROLE_TARGET);
}

/* What is wanted anew does not wait for what was refused before. */
static void test_a_new_want_goes_at_once(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    kit_move_stop(kit, lot, 96);
    kit_refused(kit, lot->orders->rec.order, PAWL_ORDER_OP_AMEND, PAWL_ERROR_CLASS_RETRYABLE);
    uint32_t before = kit->sent_count;
    kit_turn(kit, NULL, 0);
    assert_null(kit_last(kit, PAWL_EV_AMEND, 1, before));
    kit_move_stop(kit, lot, 97);
    assert_non_null(kit_last(kit, PAWL_EV_AMEND, 1, before));
    kit_amended(kit, lot->orders);
    want_out(kit, lot, PAWL_KIND_MARKET, 0);
    const struct pawl_ev_submit *exit = exit_sent(kit, PAWL_KIND_MARKET, 0);
    assert_non_null(exit);
    before = kit->sent_count;
    kit_refused(kit, exit->order, PAWL_ORDER_OP_SUBMIT, PAWL_ERROR_CLASS_RETRYABLE);
    assert_null(exit_sent(kit, PAWL_KIND_MARKET, before));
    want_out(kit, lot, PAWL_KIND_MARKET, 0);
    assert_non_null(exit_sent(kit, PAWL_KIND_MARKET, before));
}

/* Half a second, and twice as long each time, up to half a minute. */
static void test_questions_without_an_answer_become_rarer(void **state) {
    struct kit *kit = *state;
    struct lot *lot = protected_lot(kit);
    uint32_t before = kit->sent_count, asked = 0;
    kit_move_stop(kit, lot, 97);
    kit_wait(kit, 120 * PAWL_NS);
    for (uint32_t i = before; i < kit->sent_count; i++)
        asked += kit->sent[i].head.type == PAWL_EV_QUERY &&
                 EXEC_KEY_WHAT(kit->sent[i].head.cookie) == EXEC_KEY_LOOKUP;
    assert_in_range(asked, 8, 10);
}

/* ---- positions that differ ---- */

/* Each difference is looked at twice, also where another one was seen before it, or where it has
 * changed meanwhile: what changes is under way. */
static void test_each_difference_is_looked_at_twice(void **state) {
    struct kit *kit = *state;
    kit->config.host.executor.foreign = CONFIG_FOREIGN_ADOPT;
    struct lot *lot = protected_lot(kit);
    kit->book.accounts[1].info.hedging = 1;
    kit->config.host.reconcile_seconds = 1;
    kit_round(kit, 1, 0, 100);
    kit_round(kit, 2, 1, 100); /* the long was a fill on its way, the short is new */
    assert_int_equal(kit->book.open_lots, 1);
    kit_round(kit, 2, 2, 100);
    assert_int_equal(kit->book.open_lots, 1);
    assert_true(exec_has_gap(&kit->exec, 1));
    assert_false(exec_has_gap(&kit->exec, 2));
    kit_round(kit, 2, 2, 100);
    assert_int_equal(kit->book.open_lots, 2);
    assert_int_equal(lot_open_e8(kit->book.last_lot), 2 * KIT_E8);
    assert_int_equal(lot_open_e8(lot), 2 * KIT_E8);
}

/* A venue that does not say at which price a position came about. */
static void test_what_has_no_price_is_adopted_at_the_market(void **state) {
    struct kit *kit = *state;
    kit->config.host.executor.foreign = CONFIG_FOREIGN_ADOPT;
    protected_lot(kit);
    kit->config.host.reconcile_seconds = 1;
    kit_round(kit, 3, 0, 0);
    kit_round(kit, 3, 0, 0);
    assert_int_equal(kit->book.open_lots, 2);
    assert_int_equal(lot_open_e8(kit->book.last_lot), KIT_E8);
    assert_int_equal(kit->book.last_lot->rec.stop.e8, 98 * KIT_E8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_resting_exit_does_not_hold_the_guard, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_an_old_refusal_does_not_spend_a_new_want, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_an_old_refusal_leaves_the_answer_that_is_awaited,
                                        kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_working_order_is_not_unmade, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_absence_is_believed_after_a_whole_round, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_stops_that_are_taken_back, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_stop_that_is_crossed_when_it_is_set, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_stop_that_is_crossed_on_its_way, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_targets_that_are_taken_back, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_target_that_is_refused_for_now_waits, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_new_want_goes_at_once, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_questions_without_an_answer_become_rarer, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_each_difference_is_looked_at_twice, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_what_has_no_price_is_adopted_at_the_market,
                                        kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
