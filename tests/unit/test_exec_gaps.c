/* Positions that differ from the lots: since when, and in which size, before it is decided. */
#include "exec_venue.h"

/* A lot of two, with a stop that works and an amend of it that has no answer: no verdict, but for
 * what is missing long enough. */
static struct lot *lot_in_flight(struct kit *kit) {
    kit_wait(kit, PAWL_NS);
    kit->config.host.executor.guard_stale_ns = 3600 * PAWL_NS;
    kit->config.host.reconcile_seconds = 1;
    struct lot *lot = kit_lot(kit, 1, 2);
    kit_ready(kit, 1, 2);
    kit_accepted(kit, lot->orders);
    lot->orders->rec.op = PAWL_ORDER_OP_AMEND;
    lot->orders->rec.want_quantity = lot->orders->rec.quantity;
    return lot;
}

static int64_t rounds_until(struct kit *kit, const struct lot *lot, int64_t open, int64_t longs) {
    int64_t began_ns = book_now(&kit->book);
    for (int i = 0; i < 120 && lot_open_e8(lot) != open * KIT_E8; i++)
        kit_round(kit, longs, 0, 100);
    assert_int_equal(lot_open_e8(lot), open * KIT_E8);
    return book_now(&kit->book) - began_ns;
}

static void test_what_was_more_is_not_missing_yet(void **state) {
    struct kit *kit = *state;
    struct lot *lot = lot_in_flight(kit);
    for (int i = 0; i < 40; i++) kit_round(kit, 3, 0, 100);
    assert_int_equal(lot_open_e8(lot), 2 * KIT_E8);
    assert_in_range(rounds_until(kit, lot, 1, 1), 30 * PAWL_NS, 35 * PAWL_NS);
}

/* What is missing after some was taken off has its own time. */
static void test_what_goes_next_is_a_gap_of_its_own(void **state) {
    struct kit *kit = *state;
    struct lot *lot = lot_in_flight(kit);
    assert_in_range(rounds_until(kit, lot, 1, 1), 30 * PAWL_NS, 35 * PAWL_NS);
    assert_in_range(rounds_until(kit, lot, 0, 0), 29 * PAWL_NS, 35 * PAWL_NS);
}

static void test_a_venue_that_settles_late_has_its_time(void **state) {
    struct kit *kit = *state;
    kit->book.accounts[1].caps.settle_ns = 60 * PAWL_NS;
    struct lot *lot = lot_in_flight(kit);
    assert_in_range(rounds_until(kit, lot, 1, 1), 60 * PAWL_NS, 65 * PAWL_NS);
}

/* A price will come: nothing to tell, and it is booked then. */
static void test_without_a_price_it_waits_for_one(void **state) {
    struct kit *kit = *state;
    kit_wait(kit, PAWL_NS);
    kit->config.host.reconcile_seconds = 1;
    struct lot *lot = kit_lot(kit, 1, 2);
    kit_link(kit, 1, true);
    for (int i = 0; i < 5; i++) kit_round(kit, 1, 0, 100);
    assert_int_equal(lot_open_e8(lot), 2 * KIT_E8);
    assert_int_equal(kit->gap_alerts, 0);
    kit_quote(kit, 1, 100);
    rounds_until(kit, lot, 1, 1);
    assert_int_equal(lot->rec.exit_value.e8, 100 * KIT_E8);
}

/* Each side has its own size and time, though both are of one instrument. */
static void test_the_other_side_is_another_place(void **state) {
    struct kit *kit = *state;
    kit->book.accounts[1].info.hedging = 1;
    struct lot *lot = lot_in_flight(kit);
    lot->orders->rec.op = PAWL_ORDER_OP_NONE;
    struct lot *other = kit_lot(kit, 1, 2);
    other->rec.side = PAWL_POSITION_SIDE_SHORT;
    other->rec.stop.e8 = other->rec.initial_stop.e8 = 105 * KIT_E8;
    other->rec.stop_mode = PAWL_LEVEL_MODE_WATCH; /* nothing of it is in flight */
    kit_round(kit, 1, 0, 100);
    assert_int_equal(lot_open_e8(lot), 2 * KIT_E8);
    assert_int_equal(lot_open_e8(other), 2 * KIT_E8);
    kit_round(kit, 1, 0, 100);
    assert_int_equal(lot_open_e8(lot), KIT_E8);
    assert_int_equal(lot_open_e8(other), 0);
}

static void test_without_room_every_instrument_counts_as_one(void **state) {
    struct kit *kit = *state;
    assert_false(exec_instrument_has_gap(&kit->exec, 1));
    kit->exec.gap_count = EXEC_GAPS_MAX;
    assert_true(exec_instrument_has_gap(&kit->exec, 1));
    kit->exec.gap_count--;
    assert_false(exec_instrument_has_gap(&kit->exec, 1));
    kit->exec.gap_count = 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_setup, kit_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_more_is_not_missing_yet),
        TEST(test_what_goes_next_is_a_gap_of_its_own),
        TEST(test_a_venue_that_settles_late_has_its_time),
        TEST(test_without_a_price_it_waits_for_one),
        TEST(test_the_other_side_is_another_place),
        TEST(test_without_room_every_instrument_counts_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
