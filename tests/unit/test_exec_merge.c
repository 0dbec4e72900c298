/* Lots that become one, lots that are tied, and a round that somebody asks for. */
#include "exec_venue.h"

#include "book/money.h"

#define ME 2u /* a component that holds everything */

static struct lot *make(struct kit *kit, int64_t quantity, int64_t stop) {
    struct lot *lot = kit_lot(kit, 1, quantity);
    lot->rec.hold_grow = lot->rec.hold_reduce = lot->rec.hold_stop = lot->rec.hold_targets = ME;
    lot->rec.ratchet = PAWL_RATCHET_RECOMPUTE;
    lot->rec.stop.e8 = lot->rec.initial_stop.e8 = stop * KIT_E8;
    lot_set_r(lot);
    return lot;
}

static int stop_to(struct kit *kit, struct lot *lot, int64_t price) {
    struct pawl_err err = {0};
    return want_stop(&kit->exec, ME, lot->rec.id, (struct pawl_price){price * KIT_E8}, "test",
                     false, &err);
}

static void test_two_lots_become_one(void **state) {
    struct kit *kit = *state;
    struct lot *into = make(kit, 2, 95), *from = make(kit, 3, 90);
    struct pawl_err err = {0};
    from->rec.entry_value.e8 = 3 * 95 * KIT_E8;
    kit_inside(kit, true);
    kit->book.bus->now_ns = PAWL_NS;
    assert_int_equal(stop_to(kit, into, 94), PAWL_E_STATE);
    assert_int_equal(want_merge(&kit->exec, 1, into->rec.id, from->rec.id, "", NULL),
                     PAWL_E_DENIED);
    assert_int_equal(want_merge(&kit->exec, ME, into->rec.id, from->rec.id, "test", &err), PAWL_OK);
    assert_int_equal(into->rec.entered.e8, 5 * KIT_E8);
    assert_int_equal(lot_entry(into).e8, 97 * KIT_E8);
    assert_int_equal(from->rec.state, PAWL_LOT_STATE_CLOSED);
    assert_string_equal(from->rare->rec.reason, "MERGED");
    assert_int_equal(stop_to(kit, into, 92), PAWL_OK); /* the average has changed by it */
    assert_int_equal(into->rec.r.e8, 5 * KIT_E8);
    kit_inside(kit, false);
    kit->book.bus->now_ns = 2 * PAWL_NS;
    kit_inside(kit, true);
    assert_int_equal(stop_to(kit, into, 91), PAWL_E_STATE);
    kit_inside(kit, false);
}

static void test_an_order_in_flight_is_waited_for(void **state) {
    struct kit *kit = *state;
    struct lot *into = make(kit, 2, 95), *from = make(kit, 3, 95);
    kit_inside(kit, true);
    struct order_terms terms = {.role = PAWL_ROLE_EXIT, .kind = PAWL_KIND_MARKET};
    terms.quantity.e8 = KIT_E8;
    assert_non_null(command_submit(&kit->exec, from, &terms));
    assert_int_equal(want_merge(&kit->exec, ME, into->rec.id, from->rec.id, "", NULL),
                     PAWL_E_BUSY);
    kit_inside(kit, false);
}

/* What a tie is for: the stop of one ticket follows an entry fill of another. */
static void test_tied_lots_share_their_fills(void **state) {
    struct kit *kit = *state;
    struct lot *one = make(kit, 2, 95), *two = make(kit, 2, 90), *other = make(kit, 2, 95);
    kit->book.accounts[1].caps.exit_bound = PAWL_EXIT_TICKET;
    kit->book.bus->now_ns = PAWL_NS;
    kit_inside(kit, true);
    two->rec.entered.e8 = 0;
    assert_int_equal(want_merge(&kit->exec, ME, one->rec.id, two->rec.id, "", NULL), PAWL_E_STATE);
    assert_int_equal(want_tie(&kit->exec, 1, two->rec.id, one->rec.id, NULL), PAWL_E_DENIED);
    assert_int_equal(want_tie(&kit->exec, ME, two->rec.id, one->rec.id, NULL), PAWL_OK);
    assert_int_equal(one->rare->rec.trade, one->rec.id);
    assert_int_equal(two->rare->rec.trade, one->rec.id);
    assert_int_equal(stop_to(kit, one, 94), PAWL_E_STATE); /* nothing has filled */
    two->rec.entered.e8 = 2 * KIT_E8;
    two->entry_fill_ns = PAWL_NS;
    assert_int_equal(stop_to(kit, other, 94), PAWL_E_STATE);
    assert_int_equal(stop_to(kit, one, 94), PAWL_OK);
    kit_inside(kit, false);
    kit->book.bus->now_ns = 2 * PAWL_NS;
    kit_inside(kit, true);
    assert_int_equal(stop_to(kit, one, 93), PAWL_E_STATE);
    /* A tie of two that are filled is a change of the average, for all of the trade. */
    assert_int_equal(want_tie(&kit->exec, ME, other->rec.id, two->rec.id, NULL), PAWL_OK);
    assert_int_equal(other->rare->rec.trade, one->rec.id);
    assert_int_equal(stop_to(kit, one, 93), PAWL_OK);
    one->rec.r_frozen = 1;
    assert_int_equal(stop_to(kit, one, 92), PAWL_E_STATE);
    kit_inside(kit, false);
}

static uint32_t asked(const struct kit *kit, uint32_t from, uint8_t what) {
    uint32_t count = 0;
    for (uint32_t i = from; i < kit->sent_count; i++)
        count += kit->sent[i].head.type == PAWL_EV_QUERY && kit->sent[i].query.what == what;
    return count;
}

static void test_a_round_that_is_asked_for(void **state) {
    struct kit *kit = *state;
    struct exec_broker *broker = exec_broker(&kit->exec, 1);
    kit_inside(kit, true);
    assert_int_equal(want_reconcile(&kit->exec, 9, false, NULL), PAWL_E_NOTFOUND);
    kit_inside(kit, false);
    broker->state = BROKER_READY;
    uint32_t before = kit->sent_count;
    kit_inside(kit, true);
    assert_int_equal(want_reconcile(&kit->exec, 1, false, NULL), PAWL_OK);
    kit_inside(kit, false);
    kit_wait(kit, PAWL_MS);
    assert_int_equal(asked(kit, before, PAWL_QUERY_WHAT_POSITIONS), 1);
    assert_int_equal(asked(kit, before, PAWL_QUERY_WHAT_ORDERS), 0);
    before = kit->sent_count;
    kit_inside(kit, true); /* one runs */
    assert_int_equal(want_reconcile(&kit->exec, 1, true, NULL), PAWL_OK);
    kit_inside(kit, false);
    kit_wait(kit, PAWL_MS);
    assert_int_equal(asked(kit, before, PAWL_QUERY_WHAT_POSITIONS), 0);
    broker->round_pending = 0;
    kit->exec.gaps[0].account = 1; /* one that was seen has its settling time */
    kit->exec.gap_count = 1;
    kit_inside(kit, true);
    assert_int_equal(want_reconcile(&kit->exec, 1, true, NULL), PAWL_OK);
    kit_inside(kit, false);
    kit_wait(kit, PAWL_MS);
    assert_int_equal(asked(kit, before, PAWL_QUERY_WHAT_POSITIONS), 0);
    kit->exec.gap_count = 0;
    kit_inside(kit, true);
    assert_int_equal(want_reconcile(&kit->exec, 1, true, NULL), PAWL_OK);
    kit_inside(kit, false);
    kit_wait(kit, PAWL_MS);
    assert_int_equal(asked(kit, before, PAWL_QUERY_WHAT_POSITIONS), 1);
    assert_int_equal(asked(kit, before, PAWL_QUERY_WHAT_ORDERS), 1);
}

static uint32_t orders_of_round(struct kit *kit) {
    struct exec_broker *broker = exec_broker(&kit->exec, 1);
    uint32_t before = kit->sent_count;
    broker->state = BROKER_READY;
    broker->round_pending = 0;
    kit_inside(kit, true);
    assert_int_equal(want_reconcile(&kit->exec, 1, false, NULL), PAWL_OK);
    kit_inside(kit, false);
    kit_wait(kit, PAWL_MS);
    return asked(kit, before, PAWL_QUERY_WHAT_ORDER);
}

#define PART 32u /* ROUND_PART_MAX */

/* Whoever asks often does not ask for each order each time; what is due anyway is looked at whole.
 */
static void test_a_round_that_is_asked_for_looks_at_some_orders(void **state) {
    struct kit *kit = *state;
    struct exec_broker *broker = exec_broker(&kit->exec, 1);
    for (uint32_t i = 0; i < PART + 8; i++) make(kit, 1, 95);
    kit_wait(kit, PAWL_NS);
    kit_ready(kit, 1, PART + 8);
    assert_int_equal(orders_of_round(kit), PART);
    assert_int_equal(orders_of_round(kit), 8);
    assert_int_equal(orders_of_round(kit), PART);
    broker->round_full = 0;
    assert_int_equal(orders_of_round(kit), PART + 8);
}

/* Answers what was sent since `from`, as a venue that holds 2. */
static void answer_round(struct kit *kit, uint32_t from, bool ok) {
    for (uint32_t i = from, end = kit->sent_count; i < end; i++) {
        const union kit_any *one = &kit->sent[i];
        if (one->head.type != PAWL_EV_QUERY || one->query.what == PAWL_QUERY_WHAT_POSITIONS)
            continue;
        kit_done(kit, one, ok);
    }
    const union kit_any *positions = kit_last(kit, PAWL_EV_QUERY, 1, from);
    assert_int_equal(positions->query.what, PAWL_QUERY_WHAT_POSITIONS);
    kit_position(kit, positions, 2);
    kit_done(kit, positions, ok);
}

/* A part of one is asked for; returns what had been sent before it. */
static uint32_t begin_part(struct kit *kit) {
    uint32_t from = kit->sent_count;
    kit_inside(kit, true);
    assert_int_equal(want_reconcile(&kit->exec, 1, false, NULL), PAWL_OK);
    kit_inside(kit, false);
    kit_wait(kit, PAWL_MS);
    assert_true(exec_broker(&kit->exec, 1)->round_in_part);
    return from;
}

/* The host's own round is due while a part runs: it comes when that has ended, and at once. A part
 * that ends before changes nothing about it, and one that fails is done over, whole. */
static void test_a_part_does_not_put_off_the_whole(void **state) {
    struct kit *kit = *state;
    struct exec_broker *broker = exec_broker(&kit->exec, 1);
    kit->config.host.reconcile_seconds = 30;
    kit_wait(kit, PAWL_NS);
    struct lot *lot = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 2);
    kit_accepted(kit, lot->orders);
    int64_t full = broker->round_full;
    assert_int_equal(full, book_now(&kit->book) + 30 * PAWL_NS);
    answer_round(kit, begin_part(kit), true);
    assert_int_equal(broker->round_full, full);
    kit_wait(kit, full - book_now(&kit->book) - PAWL_NS);
    uint32_t from = begin_part(kit), part = broker->round;
    kit_wait(kit, 2 * PAWL_NS);
    assert_int_equal(broker->round, part);
    answer_round(kit, from, true);
    from = kit->sent_count;
    kit_wait(kit, PAWL_MS);
    assert_int_equal(broker->round, part + 1);
    assert_false(broker->round_in_part);
    answer_round(kit, from, true);
    assert_in_range(broker->round_full, full + 31 * PAWL_NS, full + 32 * PAWL_NS);
    full = broker->round_full;
    answer_round(kit, begin_part(kit), false);
    part = broker->round;
    from = kit->sent_count;
    kit_wait(kit, PAWL_NS);
    assert_int_equal(broker->round, part + 1);
    assert_false(broker->round_in_part);
    answer_round(kit, from, true);
    assert_int_equal(broker->state, BROKER_READY);
    assert_int_equal(broker->round_full, book_now(&kit->book) + 30 * PAWL_NS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_round_that_is_asked_for_looks_at_some_orders,
                                        kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_part_does_not_put_off_the_whole, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_two_lots_become_one, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_an_order_in_flight_is_waited_for, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(test_tied_lots_share_their_fills, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(test_a_round_that_is_asked_for, kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
