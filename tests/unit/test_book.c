/* book: each execution counts once and is not remembered for ever; lots and orders that are history
 * leave; a halt lasts. */
#include "book_kit.h"

/* ---- steps ---- */

static void reopen_lot(struct kit *kit) {
    book_lot_reopen(&kit->book, kit->lot);
    book_changed(&kit->book, kit->lot);
}

static void halt(struct kit *kit) {
    book_halt(&kit->book, 1, "why");
}

static void resume(struct kit *kit) {
    kit->rc = book_resume(&kit->book, 1, "seen");
}

/* ---- tests ---- */

static void count_out_of_range(void *arg, const struct pawl_event *event) {
    const struct pawl_ev_alert *alert = (const void *)event;
    int *count = arg;
    *count += event->type == PAWL_EV_ALERT && strcmp(alert->what, "out_of_range") == 0;
}

/* The account has earned almost all that fits into a sum: the trade counts, and it is told. */
static void a_sum_that_leaves_its_range_is_told(void **state) {
    struct kit kit;
    int told = 0;
    (void)state;
    begin(&kit);
    kit.book.bus->first = count_out_of_range;
    kit.book.bus->first_arg = &told;
    trade(&kit, 1);
    assert_int_equal(told, 0);
    kit.book.accounts[1].realised.e8 = INT64_MAX - 10;
    turn(&kit, open_lot);
    turn(&kit, add_entry);
    assert_int_equal(traded(&kit, kit.order, PAWL_SIDE_BUY, "in", kit.now_ns, PAWL_E8), PAWL_OK);
    turn(&kit, add_stop);
    kit.price_e8 = 101 * PAWL_E8;
    assert_int_equal(traded(&kit, kit.order, PAWL_SIDE_SELL, "out", kit.now_ns, PAWL_E8), PAWL_OK);
    assert_int_equal(told, 1);
    assert_int_equal(kit.lot->rec.profit.e8, PAWL_E8);
    assert_int_equal(kit.book.accounts[1].realised.e8, INT64_MAX - 10);
    end(&kit);
}

static void executions_of_a_year_need_no_more_memory_than_those_kept(void **state) {
    (void)state;
    struct kit kit;
    const uint32_t per_day = 30;
    uint32_t most = 0;
    begin(&kit);
    for (uint64_t number = 0; number < 365 * per_day; number++) {
        trade(&kit, number);
        kit.now_ns += DAY_NS / per_day;
        turn(&kit, heard);
        if (kit.book.execution_count > most) most = kit.book.execution_count;
    }
    uint32_t kept = BOOK_CLOSED_LOTS_KEPT * 2;
    assert_true(most <= kept + 4 * 2 * per_day);
    assert_int_equal(kit.book.closed_lots, BOOK_CLOSED_LOTS_KEPT);
    assert_int_equal(kit.book.orders.count, kept);
    assert_int_equal(kit.book.order_ids.count, kept);
    end(&kit);
}

static void a_duplicate_of_a_forgotten_execution_changes_nothing(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    for (uint64_t number = 0; number <= BOOK_CLOSED_LOTS_KEPT + 10; number++) trade(&kit, number);
    int64_t then_ns = kit.now_ns;
    turn(&kit, open_lot);
    turn(&kit, add_entry);
    struct lot *other = kit.lot;
    assert_int_equal(traded(&kit, kit.order, PAWL_SIDE_BUY, "other", then_ns, HALF), PAWL_OK);
    kit.now_ns += 3 * DAY_NS;
    turn(&kit, heard);
    for (int i = 0; i < 2000; i++) turn(&kit, nothing);
    assert_null(book_lot(&kit.book, 1));
    assert_false(book_execution_seen(&kit.book, 1, "out0"));
    assert_int_equal(traded(&kit, NULL, PAWL_SIDE_SELL, "out0", then_ns, PAWL_E8), PAWL_E_STATE);
    assert_int_equal(lot_open_e8(other), HALF);
    /* of an order that still works it is known by its id, however old */
    assert_true(book_execution_seen(&kit.book, 1, "other"));
    assert_int_equal(
        traded(&kit, other->orders, PAWL_SIDE_BUY, "other", then_ns, HALF), PAWL_E_STATE);
    assert_int_equal(lot_open_e8(other), HALF);
    /* and one that was never heard of is not lost for its age */
    assert_int_equal(
        traded(&kit, other->orders, PAWL_SIDE_BUY, "late", then_ns, HALF), PAWL_OK);
    assert_int_equal(lot_open_e8(other), PAWL_E8);
    end(&kit);
}

static void what_was_not_asked_for_is_not_taken_for_old(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    turn(&kit, open_lot);
    turn(&kit, add_entry);
    assert_int_equal(traded(&kit, kit.order, PAWL_SIDE_BUY, "in", kit.now_ns, PAWL_E8), PAWL_OK);
    turn(&kit, heard);
    int64_t down_ns = kit.now_ns + PAWL_NS;
    kit.now_ns += 5 * DAY_NS; /* nobody was there; the first round has not ended */
    turn(&kit, nothing);
    assert_int_equal(traded(&kit, NULL, PAWL_SIDE_SELL, "by hand", down_ns, PAWL_E8), PAWL_OK);
    assert_int_equal(lot_open_e8(kit.lot), 0);
    assert_int_equal(traded(&kit, NULL, PAWL_SIDE_SELL, "by hand", down_ns, PAWL_E8), PAWL_E_STATE);
    end(&kit);
}

/* Without memory for what few lots have, the turn is not released: what it wrote went nowhere. */
static void without_memory_for_what_is_rare_the_turn_is_refused(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    turn(&kit, open_lot);
    mem_fail_at(1, false);
    book_lot_text(&kit.book, kit.lot, LOT_REF, "gold");
    mem_fail_at(0, false);
    assert_true(kit.book.store_refused);
    assert_string_equal(kit.lot->rare->rec.ref, "");
    end(&kit);
}

static void an_order_that_works_after_the_conclusion_keeps_only_its_own_lot(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    turn(&kit, open_lot);
    turn(&kit, add_stop);
    turn(&kit, close_lot);
    struct lot *kept = kit.lot;
    for (uint64_t number = 0; number < BOOK_CLOSED_LOTS_KEPT + 100; number++) trade(&kit, number);
    assert_ptr_equal(book_lot(&kit.book, 1), kept);
    assert_int_equal(kit.book.closed_lots, BOOK_CLOSED_LOTS_KEPT);
    end(&kit);
}

/* A lot of one unit with its stop. */
static struct order *open_one(struct kit *kit) {
    turn(kit, open_lot);
    turn(kit, add_entry);
    assert_int_equal(traded(kit, kit->order, PAWL_SIDE_BUY, "in", kit->now_ns, PAWL_E8), PAWL_OK);
    turn(kit, add_stop);
    return kit->order;
}

static void book_gap(struct kit *kit, const char *name) {
    kit->is_gap = true;
    kit->now_ns += PAWL_NS;
    assert_int_equal(traded(kit, NULL, PAWL_SIDE_SELL, name, kit->now_ns, HALF), PAWL_OK);
    kit->is_gap = false;
}

static void a_gap_and_the_fill_behind_it_count_once(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    struct order *stop = open_one(&kit);
    book_gap(&kit, "gap-1");
    assert_int_equal(lot_open_e8(kit.lot), HALF);
    int64_t traded_ns = kit.now_ns - PAWL_NS / 2;
    kit.price_e8 = 90 * PAWL_E8; /* the gap was taken for 100 */
    kit.now_ns += PAWL_NS;
    assert_int_equal(traded(&kit, stop, PAWL_SIDE_SELL, "out", traded_ns, PAWL_E8), PAWL_OK);
    assert_int_equal(lot_open_e8(kit.lot), 0);
    assert_int_equal(kit.lot->rec.exit_value.e8, 90 * PAWL_E8);
    assert_int_equal(kit.lot->rec.profit.e8, -10 * PAWL_E8);
    assert_int_equal(kit.book.accounts[1].realised.e8, -10 * PAWL_E8);
    end(&kit);
}

static void a_fill_after_a_gap_is_another_one(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    struct order *stop = open_one(&kit);
    book_gap(&kit, "gap-1");
    kit.now_ns += PAWL_NS;
    assert_int_equal(traded(&kit, stop, PAWL_SIDE_SELL, "out", kit.now_ns, HALF), PAWL_OK);
    assert_int_equal(lot_open_e8(kit.lot), 0);
    end(&kit);
}

static void a_gap_is_explained_no_more_than_whole(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    struct order *stop = open_one(&kit);
    book_gap(&kit, "gap-1");
    int64_t traded_ns = kit.now_ns - PAWL_NS / 2;
    assert_int_equal(traded(&kit, NULL, PAWL_SIDE_SELL, "foreign", traded_ns, HALF), PAWL_OK);
    assert_int_equal(lot_open_e8(kit.lot), HALF);
    assert_int_equal(traded(&kit, stop, PAWL_SIDE_SELL, "out", traded_ns, HALF), PAWL_OK);
    assert_int_equal(lot_open_e8(kit.lot), 0);
    assert_int_equal(kit.book.gap_count, 0);
    end(&kit);
}

static void a_reopened_lot_stands_where_its_number_says(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    for (int i = 0; i < 3; i++) turn(&kit, open_lot);
    for (uint64_t id = 1; id <= 3; id++) {
        kit.lot = book_lot(&kit.book, id);
        turn(&kit, close_lot);
        turn(&kit, reopen_lot);
        uint64_t expected = 1;
        for (struct lot *lot = kit.book.first_lot; lot != NULL; lot = lot->next, expected++) {
            assert_int_equal(lot->rec.id, expected);
            assert_true(lot->next == NULL || lot->next->previous == lot);
        }
        assert_int_equal(expected, 4);
        expected = 1;
        for (struct lot *lot = kit.book.instruments[1].lots; lot != NULL;
             lot = lot->instrument_next)
            assert_int_equal(lot->rec.id, expected++);
        assert_int_equal(expected, 4);
        assert_int_equal(kit.book.last_lot->rec.id, 3);
        assert_int_equal(kit.book.instruments[1].lots_last->rec.id, 3);
    }
    end(&kit);
}

static void a_halt_is_told_once_and_lasts_until_it_is_resumed(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    turn(&kit, halt);
    uint64_t seq = kit.book.bus->seq;
    assert_true(kit.book.instruments[1].kept.halted);
    turn(&kit, halt);
    assert_true(kit.book.bus->seq <= seq + 1); /* the turn's own number at most */
    assert_string_equal(kit.book.instruments[1].kept.reason, "why");
    turn(&kit, resume);
    assert_true(kit.rc);
    assert_false(kit.book.instruments[1].kept.halted);
    turn(&kit, resume);
    assert_false(kit.rc);
    end(&kit);
}

/* By a pair quoted the other way round: divided once, not by an inverse that is rounded first. */
static void a_pair_quoted_the_other_way_round_is_divided_by(void **state) {
    (void)state;
    struct kit kit;
    struct pawl_money money;
    uint32_t id = 0;
    begin(&kit);
    struct book *book = &kit.book;
    assert_int_equal(names_intern(book->names, NAME_INSTRUMENT, "USDJPY", &id, NULL, NULL), 0);
    assert_int_equal(id, 1);
    struct pawl_instrument *in = &book->instruments[1].def;
    strcpy(in->currency, "JPY");
    strcpy(book->accounts[1].info.currency, "USD");
    book->instruments[1].market.ask.e8 = 157 * PAWL_E8;
    /* 1 / 157 is 0.00636943 at 1e-8: a million would be worth 13 cents more */
    assert_int_equal(book_convert(book, 1, 1, (struct pawl_money){157000000 * PAWL_E8}, &money),
                     PAWL_OK);
    assert_int_equal(money.e8, 1000000 * PAWL_E8);
    book->instruments[1].market.ask.e8 = 0; /* the fixed pip value: 6.37 USD for 1000 JPY */
    in->pip_size.e8 = PAWL_E8 / 100;
    in->multiplier.e8 = 100000 * PAWL_E8;
    in->pip_value_per_std_lot.e8 = 637 * PAWL_E8 / 100;
    assert_true(book_rate_is_fixed(book, 1, 1));
    assert_int_equal(book_convert(book, 1, 1, (struct pawl_money){1000 * PAWL_E8}, &money),
                     PAWL_OK);
    assert_int_equal(money.e8, 637 * PAWL_E8 / 100);
    end(&kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(executions_of_a_year_need_no_more_memory_than_those_kept),
        cmocka_unit_test(a_sum_that_leaves_its_range_is_told),
        cmocka_unit_test(a_duplicate_of_a_forgotten_execution_changes_nothing),
        cmocka_unit_test(what_was_not_asked_for_is_not_taken_for_old),
        cmocka_unit_test(without_memory_for_what_is_rare_the_turn_is_refused),
        cmocka_unit_test(an_order_that_works_after_the_conclusion_keeps_only_its_own_lot),
        cmocka_unit_test(a_gap_and_the_fill_behind_it_count_once),
        cmocka_unit_test(a_fill_after_a_gap_is_another_one),
        cmocka_unit_test(a_gap_is_explained_no_more_than_whole),
        cmocka_unit_test(a_reopened_lot_stands_where_its_number_says),
        cmocka_unit_test(a_pair_quoted_the_other_way_round_is_divided_by),
        cmocka_unit_test(a_halt_is_told_once_and_lasts_until_it_is_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
