/* ended: orders that have ended leave an open lot when nothing of them can be new. */
#include "book_kit.h"

static void works_again(struct kit *kit) {
    kit->order->rec.state = PAWL_ORDER_STATE_ACCEPTED;
    kit->order->rec.ended = 0;
    book_order_changed(&kit->book, kit->order);
}

static void ended_orders_of_an_open_lot_leave_too(void **state) {
    (void)state;
    struct kit kit;
    uint32_t most = 0;
    begin(&kit);
    turn(&kit, open_lot);
    for (int i = 0; i < 5000; i++) { /* a stop replaced every ten minutes, for a month */
        turn(&kit, add_stop);
        turn(&kit, cancel);
        kit.now_ns += 600 * PAWL_NS;
        turn(&kit, heard);
        if (kit.book.orders.count > most) most = kit.book.orders.count;
    }
    assert_true(most < 3 * 144);
    uint32_t listed = 0;
    for (struct order *order = kit.lot->orders; order != NULL; order = order->next) listed++;
    assert_int_equal(listed, kit.book.orders.count);
    assert_ptr_equal(kit.lot->orders_last, kit.order);
    end(&kit);
}

static void open_filled(struct kit *kit) {
    open_lot(kit);
    add_entry(kit);
    fill(kit);
}

static void open_half_filled(struct kit *kit) {
    kit->quantity_e8 = HALF;
    open_filled(kit);
    kit->quantity_e8 = PAWL_E8;
}

static void fill_now(struct kit *kit, uint64_t number, void (*fn)(struct kit *kit)) {
    char execution[32];
    snprintf(execution, sizeof execution, "in%llu", (unsigned long long)number);
    kit->order = NULL;
    kit->side = PAWL_SIDE_BUY;
    kit->execution = execution;
    kit->venue_time = kit->now_ns;
    turn(kit, fn);
    assert_int_equal(kit->rc, PAWL_OK);
}

/* As if the host had gone on for as long as a look at every lot takes. */
static void look_at_all(struct kit *kit) {
    for (uint32_t i = 0; i < kit->book.open_lots / 16 + 2; i++) turn(kit, nothing);
}

static uint32_t orders_of_lots(const struct book *book) {
    uint32_t count = 0;
    for (const struct lot *lot = book->first_lot; lot != NULL; lot = lot->next)
        for (const struct order *order = lot->orders; order != NULL; order = order->next) {
            assert_ptr_equal(order->lot, lot);
            assert_ptr_equal(book_order(book, order->rec.id), order);
            assert_ptr_equal(book_order_by_id(book, order->rec.order), order);
            count++;
        }
    return count;
}

/* Many open lots: entries that filled a while ago leave, and only as many as there are too many. */
static void entries_that_have_filled_leave_where_there_are_many(void **state) {
    (void)state;
    struct kit kit;
    struct book *book = &kit.book;
    const uint32_t more = 1000, young = 50;
    begin(&kit);
    kit.quantity_e8 = PAWL_E8;
    fill_now(&kit, 0, open_half_filled); /* the oldest still works */
    struct lot *half = kit.lot;
    for (uint32_t i = 1; i < BOOK_ORDERS_KEPT + more; i++) fill_now(&kit, i, open_filled);
    const int64_t then_ns = kit.now_ns;
    kit.now_ns += BOOK_ENDED_FIRST_NS - PAWL_NS; /* they filled just now */
    look_at_all(&kit);
    assert_int_equal(book->orders.count, BOOK_ORDERS_KEPT + more);
    kit.now_ns += PAWL_NS;
    for (uint32_t i = 0; i < young; i++) fill_now(&kit, BOOK_ORDERS_KEPT + more + i, open_filled);
    struct lot *last = kit.lot;
    look_at_all(&kit);
    assert_int_equal(book->orders.count, BOOK_ORDERS_KEPT);
    assert_int_equal(book->order_ids.count, BOOK_ORDERS_KEPT);
    assert_int_equal(orders_of_lots(book), BOOK_ORDERS_KEPT);
    assert_non_null(half->orders);
    assert_null(half->next->orders);
    assert_non_null(last->orders);
    for (const struct lot *lot = half->next; lot != NULL; lot = lot->next) {
        assert_int_equal(lot_open_e8(lot), PAWL_E8);
        assert_int_equal(lot_entry(lot).e8, 100 * PAWL_E8);
    }
    /* A fill that is told again counts once all the same, under its order's name or without it. */
    assert_int_equal(book->execution_count, BOOK_ORDERS_KEPT + more + young);
    assert_int_equal(traded(&kit, NULL, PAWL_SIDE_BUY, "in1", then_ns, PAWL_E8), PAWL_E_STATE);
    assert_int_equal(traded(&kit, half->orders, PAWL_SIDE_BUY, "in0", then_ns, HALF),
                     PAWL_E_STATE);
    assert_int_equal(traded(&kit, half->orders, PAWL_SIDE_BUY, "rest", then_ns, HALF), PAWL_OK);
    assert_int_equal(lot_open_e8(half), PAWL_E8);
    /* Lots go out like any others, one whose entry has left, and one whose entry waits. */
    struct lot *const out[] = {half->next, last};
    for (int i = 0; i < 2; i++) {
        kit.lot = out[i];
        turn(&kit, add_stop);
        assert_int_equal(traded(&kit, kit.order, PAWL_SIDE_SELL, i == 0 ? "out0" : "out1",
                                kit.now_ns, PAWL_E8),
                         PAWL_OK);
        assert_int_equal(lot_open_e8(kit.lot), 0);
        turn(&kit, close_lot);
    }
    kit.now_ns += BOOK_ENDED_FIRST_NS;
    look_at_all(&kit);
    assert_int_equal(book->closed_lots, 2);
    assert_int_equal(book->orders.count, BOOK_ORDERS_KEPT);
    assert_int_equal(orders_of_lots(book), BOOK_ORDERS_KEPT - 3); /* theirs stay with them */
    end(&kit);
}

static void an_order_that_has_ended_and_works_again_stays(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    turn(&kit, open_lot);
    turn(&kit, add_stop);
    turn(&kit, cancel);
    turn(&kit, works_again);
    kit.now_ns += 2 * DAY_NS;
    turn(&kit, heard);
    turn(&kit, nothing);
    assert_ptr_equal(kit.lot->orders, kit.order);
    end(&kit);
}

/* So long after its end that nothing of it can be new, with as many turns as looks need. */
static void days_later(struct kit *kit) {
    kit->now_ns += 2 * DAY_NS;
    turn(kit, heard);
    for (uint32_t i = 0; i < 64; i++) turn(kit, nothing);
}

static void what_points_to_an_ended_order_keeps_it(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    turn(&kit, open_lot);
    turn(&kit, add_entry);
    struct order *entry = kit.order;
    turn(&kit, cancel);
    turn(&kit, add_stop);
    struct order *stop = kit.order;
    stop->rec.attached = 1;
    entry->attached = stop;
    turn(&kit, cancel);
    turn(&kit, add_stop);
    kit.order->outbox_place = 1; /* a cancel of it waits for the disk */
    turn(&kit, cancel);
    days_later(&kit);
    assert_int_equal(kit.book.orders.count, 3);
    kit.order->outbox_place = 0;
    days_later(&kit);
    assert_int_equal(kit.book.orders.count, 2);
    assert_ptr_equal(kit.lot->orders, entry);
    assert_ptr_equal(kit.lot->orders_last, stop);
    end(&kit);
}

/* It stands in one place of a queue, however often it is stored; again after it has left that. */
static void an_order_is_looked_at_once_for_each_end(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    turn(&kit, open_lot);
    turn(&kit, add_stop);
    for (int i = 0; i < 5; i++) turn(&kit, cancel);
    assert_int_equal(kit.book.ended_new.count, 1);
    turn(&kit, works_again);
    days_later(&kit);
    assert_int_equal(kit.book.ended_new.count + kit.book.ended_old.count, 0);
    turn(&kit, cancel);
    assert_int_equal(kit.book.ended_new.count, 1);
    days_later(&kit);
    assert_null(kit.lot->orders);
    end(&kit);
}

static void a_queue_that_grows_loses_nobody(void **state) {
    (void)state;
    const uint32_t orders[] = {20, 40, 40}; /* the first ones have left their places by then */
    struct kit kit;
    begin(&kit);
    turn(&kit, open_lot);
    for (int n = 0; n < 3; n++) {
        for (uint32_t i = 0; i < orders[n]; i++) {
            turn(&kit, add_stop);
            turn(&kit, cancel);
        }
        kit.now_ns += BOOK_ENDED_FIRST_NS / 2;
    }
    assert_int_equal(kit.book.ended_new.count, 80);
    assert_int_equal(kit.book.ended_old.count, 20);
    for (int i = 0; i < 8; i++) turn(&kit, nothing); /* those of half a minute ago come first */
    assert_int_equal(kit.book.ended_new.count, 40);
    assert_int_equal(kit.book.ended_old.count, 60);
    days_later(&kit);
    assert_null(kit.lot->orders);
    end(&kit);
}

/* As it was stored, what few have included; and it leaves like any other. */
static void a_restored_order_is_whole_and_leaves(void **state) {
    (void)state;
    struct kit kit;
    begin(&kit);
    turn(&kit, open_lot);
    const struct pawl_rec_order row = {.id = 7,
                                       .lot = kit.lot->rec.id,
                                       .account = 1,
                                       .instrument = 1,
                                       .state = PAWL_ORDER_STATE_CANCELLED,
                                       .order = "seven",
                                       .ended = kit.now_ns,
                                       .trail_distance = {3 * PAWL_E8},
                                       .reason = "why"};
    struct pawl_common_order common;
    struct pawl_rare_order rare;
    struct pawl_rec_order again;
    pawl_part_order(&row, &common, &rare);
    const struct order *order = book_order_restore(&kit.book, &common, &rare, NULL);
    assert_non_null(order);
    pawl_join_order(&order->rec, order->rare, &again);
    assert_memory_equal(&again, &row, sizeof row);
    days_later(&kit);
    assert_null(kit.lot->orders);
    end(&kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ended_orders_of_an_open_lot_leave_too),
        cmocka_unit_test(entries_that_have_filled_leave_where_there_are_many),
        cmocka_unit_test(an_order_that_has_ended_and_works_again_stays),
        cmocka_unit_test(what_points_to_an_ended_order_keeps_it),
        cmocka_unit_test(an_order_is_looked_at_once_for_each_end),
        cmocka_unit_test(a_queue_that_grows_loses_nobody),
        cmocka_unit_test(a_restored_order_is_whole_and_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
