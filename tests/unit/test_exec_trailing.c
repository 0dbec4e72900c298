/* Stops that the venue trails: what it is told, and what is asked of it when one has ended. */
#include "exec_venue.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static struct lot *trailing(struct kit *kit) {
    kit_wait(kit, PAWL_NS); /* what is sent has a time */
    struct pawl_broker_caps *caps = &kit->book.accounts[1].caps;
    caps->exit_bound = PAWL_EXIT_OCA;
    caps->native_trailing = caps->holds_both = 1;
    struct lot *lot = kit_lot(kit, 1, 2);
    struct pawl_trail_spec spec = {.size = sizeof spec, .distance = {4 * KIT_E8},
                                   .step = {KIT_E8}};
    assert_int_equal(want_trail(&kit->exec, kit->exec.operator_id, lot->rec.id, &spec, NULL),
                     PAWL_OK);
    kit_ready(kit, 1, 2);
    return lot;
}

/* The stop of the order that was sent last since `from`. */
static int64_t submitted_at(const struct kit *kit, uint32_t from) {
    const union kit_any *submit = kit_last(kit, PAWL_EV_SUBMIT, 1, from);
    assert_non_null(submit);
    return submit->submit.stop_price.e8;
}

/* What the price alone does to the stop the venue does by itself; what somebody wants, it is told.
 */
static void test_a_trailing_order_is_tightened(void **state) {
    struct kit *kit = *state;
    struct lot *lot = trailing(kit);
    struct order *order = lot->orders;
    assert_int_equal(order->rec.kind, PAWL_KIND_TRAILING);
    assert_int_equal(order->rec.stop_price.e8, 96 * KIT_E8);
    kit_accepted(kit, order);
    uint32_t before = kit->sent_count;
    kit_quote(kit, 1, 103);
    assert_int_equal(lot->rec.stop.e8, 99 * KIT_E8);
    assert_int_equal(kit->sent_count, before);
    kit_move_stop(kit, lot, 101);
    const union kit_any *amend = kit_last(kit, PAWL_EV_AMEND, 1, before);
    assert_non_null(amend);
    assert_int_equal(amend->amend.stop_price.e8, 101 * KIT_E8);
    kit_quote(kit, 1, 107); /* while it is on its way: the venue trails on */
    kit_amended_to(kit, order, 10300);
    assert_int_equal(lot->rec.stop.e8, 103 * KIT_E8);
    assert_null(kit_last(kit, PAWL_EV_AMEND, 1, (uint32_t)(amend - kit->sent) + 1));
    assert_int_equal(kit_stops(kit, lot), 1);
}

/* A best price that came before the order was there is nothing it has seen. */
static void test_a_trailing_order_learns_what_it_missed(void **state) {
    struct kit *kit = *state;
    struct lot *lot = trailing(kit);
    uint32_t before = kit->sent_count;
    kit_quote(kit, 1, 103);
    assert_null(kit_last(kit, PAWL_EV_AMEND, 1, before));
    kit_accepted(kit, lot->orders);
    const union kit_any *amend = kit_last(kit, PAWL_EV_AMEND, 1, before);
    assert_non_null(amend);
    assert_int_equal(amend->amend.stop_price.e8, 99 * KIT_E8);
}

/* What replaces it begins to work where the old one has trailed to, before that one goes. */
static void test_a_replaced_trailing_order_catches_up(void **state) {
    struct kit *kit = *state;
    struct lot *lot = trailing(kit);
    struct order *old = lot->orders;
    kit_accepted(kit, old);
    struct pawl_trail_spec spec = {.size = sizeof spec, .distance = {3 * KIT_E8},
                                   .step = {2 * KIT_E8}};
    kit_inside(kit, true);
    assert_int_equal(want_trail(&kit->exec, kit->exec.operator_id, lot->rec.id, &spec, NULL),
                     PAWL_OK);
    kit_inside(kit, false);
    kit_quote(kit, 1, 102);
    struct order *order = lot->orders_last;
    assert_ptr_not_equal(order, old);
    assert_int_equal(order->rec.stop_price.e8, 99 * KIT_E8);
    uint32_t before = kit->sent_count;
    kit_quote(kit, 1, 103); /* less than a step, and before the new one is there */
    assert_int_equal(lot->rec.stop.e8, 99 * KIT_E8);
    kit_accepted(kit, order);
    const union kit_any *amend = kit_last(kit, PAWL_EV_AMEND, 1, before);
    assert_non_null(amend);
    assert_string_equal(amend->amend.order, order->rec.order);
    assert_int_equal(amend->amend.stop_price.e8, 100 * KIT_E8);
    assert_null(kit_last(kit, PAWL_EV_CANCEL, 1, before));
    kit_amended_to(kit, order, 10000);
    assert_non_null(kit_last(kit, PAWL_EV_CANCEL, 1, before));
}

/* The venue refuses to trail on, so the host does, with an order beside the one that leaves. While
 * its cancel is on its way that one trails as before: the other takes over at its exact level. */
static void test_a_trailing_order_leaves_where_it_was(void **state) {
    struct kit *kit = *state;
    struct lot *lot = trailing(kit);
    struct order *old = lot->orders;
    kit_accepted(kit, old);
    book_lot_rare(&kit->book, lot)->rec.trail_step.e8 = 2 * KIT_E8;
    kit_move_stop(kit, lot, 97);
    kit_refused(kit, old->rec.order, PAWL_ORDER_OP_AMEND, PAWL_ERROR_CLASS_FATAL);
    struct order *order = lot->orders_last;
    assert_ptr_not_equal(order, old);
    assert_int_equal(order->rec.kind, PAWL_KIND_STOP);
    kit_accepted(kit, order);
    assert_int_equal(old->rec.op, PAWL_ORDER_OP_CANCEL);
    kit_quote(kit, 1, 103);
    assert_int_equal(lot->rec.stop.e8, 99 * KIT_E8);
    kit_quote(kit, 1, 104); /* less than a step */
    assert_int_equal(lot->rec.stop.e8, 99 * KIT_E8);
    uint32_t before = kit->sent_count;
    kit_ended(kit, old);
    assert_int_equal(lot->rec.stop.e8, 100 * KIT_E8);
    const union kit_any *amend = kit_last(kit, PAWL_EV_AMEND, 1, before);
    assert_non_null(amend);
    assert_string_equal(amend->amend.order, order->rec.order);
    assert_int_equal(amend->amend.stop_price.e8, 100 * KIT_E8);
}

static void want_distance(struct kit *kit, const struct lot *lot, int64_t distance) {
    struct pawl_trail_spec spec = {.size = sizeof spec, .distance = {distance * KIT_E8},
                                   .step = {KIT_E8}};
    assert_int_equal(want_trail(&kit->exec, kit->exec.operator_id, lot->rec.id, &spec, NULL),
                     PAWL_OK);
}

/* What is wanted now follows the prices from now on: an older best is of the want before. */
static void test_a_new_want_forgets_the_best(void **state) {
    struct kit *kit = *state;
    struct lot *lot = trailing(kit);
    kit_accepted(kit, lot->orders);
    kit_quote(kit, 1, 120);
    kit_quote(kit, 1, 117);
    assert_int_equal(lot->rec.stop.e8, 116 * KIT_E8);
    kit_inside(kit, true);
    want_distance(kit, lot, 1);
    want_distance(kit, lot, 2); /* in the same turn */
    kit_inside(kit, false);
    kit_turn(kit, NULL, 0);
    assert_int_equal(lot->rec.stop.e8, 116 * KIT_E8);
    assert_false(lot->exit_by_guard);
    kit_inside(kit, true);
    want_distance(kit, lot, 1);
    kit_inside(kit, false);
    kit_quote(kit, 1, 118);
    assert_int_equal(lot->rec.stop.e8, 117 * KIT_E8);
}

static void tell_ended_at(struct kit *kit, const struct order *order, uint8_t state,
                          int64_t stop_cents) {
    struct pawl_ev_status ev;
    EVENT_INIT(ev, PAWL_EV_STATUS);
    TEXT_SET(ev.order, order->rec.order);
    ev.account = order->rec.account;
    ev.instrument = order->rec.instrument;
    ev.found = state != 0;
    ev.state = state;
    ev.quantity = order->rec.quantity;
    ev.filled = order->rec.filled;
    ev.stop_price.e8 = stop_cents * (KIT_E8 / 100);
    kit_turn(kit, &ev.head, 1);
}

static const struct pawl_ev_query *asked_about(const struct kit *kit, const struct order *order,
                                               uint32_t from) {
    const union kit_any *query = kit_last(kit, PAWL_EV_QUERY, 1, from);
    bool same = query != NULL && query->query.what == PAWL_QUERY_WHAT_ORDER &&
                strcmp(query->query.order, order->rec.order) == 0;
    return same ? &query->query : NULL;
}

/* Where it ended only the venue knows; what comes after it begins there, and not before. */
static void test_a_trailing_order_that_ended_is_asked_about(void **state) {
    struct kit *kit = *state;
    struct lot *lot = trailing(kit);
    struct order *old = lot->orders;
    kit_accepted(kit, old);
    uint32_t before = kit->sent_count;
    kit_ended(kit, old);
    assert_non_null(asked_about(kit, old, before));
    assert_null(kit_last(kit, PAWL_EV_SUBMIT, 1, before));
    assert_int_equal(lot->rec.protection, PAWL_PROTECTION_GUARDED);
    tell_ended_at(kit, old, PAWL_ORDER_STATE_ACCEPTED, 9610); /* said before it ended */
    assert_null(kit_last(kit, PAWL_EV_SUBMIT, 1, before));
    tell_ended_at(kit, old, PAWL_ORDER_STATE_CANCELLED, 9650);
    assert_int_equal(submitted_at(kit, before), 9650 * (KIT_E8 / 100));
    before = kit->sent_count;
    kit_accepted(kit, lot->orders_last);
    kit_wait(kit, 10 * PAWL_NS);
    assert_null(asked_about(kit, old, before)); /* it is known */
}

/* One that filled, in a lot that has grown since, or in an earlier process: nobody has heard. */
static void test_a_trailing_order_that_filled_is_asked_about(void **state) {
    struct kit *kit = *state;
    struct lot *lot = trailing(kit);
    struct order *old = lot->orders;
    kit_accepted(kit, old);
    old->rec.state = PAWL_ORDER_STATE_FILLED;
    old->rec.filled = old->rec.quantity;
    uint32_t before = kit->sent_count;
    book_dirty(&kit->book, lot);
    kit_turn(kit, NULL, 0);
    assert_non_null(asked_about(kit, old, before));
    tell_ended_at(kit, old, PAWL_ORDER_STATE_FILLED, 9700);
    assert_int_equal(submitted_at(kit, before), 97 * KIT_E8);
    assert_int_equal(lot->rec.stop.e8, 97 * KIT_E8);
}

/* A venue that does not know any more, or does not answer: the last step has to do. */
static void test_a_trailing_order_nobody_remembers(void **state) {
    struct kit *kit = *state;
    struct lot *lot = trailing(kit);
    struct order *old = lot->orders;
    kit_accepted(kit, old);
    uint32_t before = kit->sent_count;
    kit_ended(kit, old);
    tell_ended_at(kit, old, 0, 0);
    assert_int_equal(submitted_at(kit, before), 96 * KIT_E8);
    old = lot->orders_last;
    kit_accepted(kit, old);
    before = kit->sent_count;
    kit_ended(kit, old);
    kit_wait(kit, 3 * PAWL_NS);
    assert_null(kit_last(kit, PAWL_EV_SUBMIT, 1, before));
    kit_wait(kit, PAWL_NS);
    assert_non_null(kit_last(kit, PAWL_EV_SUBMIT, 1, before));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_trailing_order_is_tightened),
        TEST(test_a_trailing_order_learns_what_it_missed),
        TEST(test_a_replaced_trailing_order_catches_up),
        TEST(test_a_trailing_order_leaves_where_it_was),
        TEST(test_a_new_want_forgets_the_best),
        TEST(test_a_trailing_order_that_ended_is_asked_about),
        TEST(test_a_trailing_order_that_filled_is_asked_about),
        TEST(test_a_trailing_order_nobody_remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
