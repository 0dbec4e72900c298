/* book: each execution counts once and is not remembered for ever; lots and orders that are history
 * leave; a halt lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "book/ended.h"
#include "book/executions.h"
#include "book/money.h"
#include "book/report.h"

#define DAY_NS (INT64_C(86400) * PAWL_NS)
#define HALF (PAWL_E8 / 2)
#define BEGIN_NS (INT64_C(1700000000) * PAWL_NS)

struct kit {
    struct book book;
    char folder[64];
    void (*fn)(struct kit *kit); /* the turn's only step */
    int64_t now_ns;
    /* of the step */
    struct lot *lot;
    struct order *order;
    const char *execution;
    int64_t venue_time, quantity_e8, price_e8; /* price 0 = 100 */
    bool is_gap;
    uint8_t side;
    int rc;
};

static bool step(void *arg) {
    struct kit *kit = arg;
    void (*fn)(struct kit *kit) = kit->fn;
    kit->fn = NULL;
    if (fn == NULL) return false;
    fn(kit);
    return true;
}

/* A turn as the host has it: the step, the batch, what is history goes. */
static void turn(struct kit *kit, void (*fn)(struct kit *kit)) {
    struct bus *bus = kit->book.bus;
    kit->fn = fn;
    bus_input(bus, NULL, 0, kit->now_ns);
    while (book_next_dirty(&kit->book) != NULL) continue;
    assert_int_equal(book_store(&kit->book), PAWL_OK);
    assert_int_equal(store_commit(kit->book.store, bus->turn), PAWL_OK);
    assert_int_equal(kit->book.events_lost, 0);
    book_evict(&kit->book);
}

static void begin(struct kit *kit) {
    char path[96];
    struct book *book = &kit->book;
    memset(kit, 0, sizeof *kit);
    snprintf(kit->folder, sizeof kit->folder, "/tmp/book-XXXXXX");
    assert_non_null(mkdtemp(kit->folder));
    snprintf(path, sizeof path, "%s/pawl.db", kit->folder);
    struct store_options options = {.path = path, .durability = STORE_NONE};
    assert_int_equal(store_open(&options, &book->store, NULL), PAWL_OK);
    assert_int_equal(names_new(&book->names, NULL), PAWL_OK);
    assert_int_equal(bus_new(&book->bus, 1, NULL), PAWL_OK);
    assert_int_equal(triggers_new(&book->triggers, NULL), PAWL_OK);
    assert_int_equal(timers_new(&book->timers, NULL), PAWL_OK);
    book_init(book);
    book->instrument_count = book->account_count = 1;
    book->instruments = calloc(2, sizeof *book->instruments);
    book->accounts = calloc(2, sizeof *book->accounts);
    book->instruments[1].def.id = book->accounts[1].info.id = 1;
    book->instruments[1].def.multiplier.e8 = PAWL_E8;
    book->bus->end_of_turn = step;
    book->bus->end_arg = kit;
    kit->now_ns = BEGIN_NS;
}

static void end(struct kit *kit) {
    char command[96];
    struct book *book = &kit->book;
    store_abandon(book->store);
    bus_free(book->bus);
    triggers_free(book->triggers);
    timers_free(book->timers);
    names_free(book->names);
    book_done(book);
    snprintf(command, sizeof command, "rm -r %s", kit->folder);
    assert_int_equal(system(command), 0);
}

/* ---- steps ---- */

static void open_lot(struct kit *kit) {
    kit->lot = book_lot_new(&kit->book, NULL);
    kit->lot->rec.instrument = kit->lot->rec.account = 1;
    kit->lot->rec.side = PAWL_POSITION_SIDE_LONG;
    kit->lot->rec.state = PAWL_LOT_STATE_OPEN;
    book_lot_link(&kit->book, kit->lot);
    book_changed(&kit->book, kit->lot);
}

static void add_order(struct kit *kit, uint8_t role) {
    kit->order = book_order_new(&kit->book, kit->lot, NULL);
    kit->order->rec.role = role;
    kit->order->rec.state = PAWL_ORDER_STATE_ACCEPTED;
    kit->order->rec.quantity.e8 = PAWL_E8;
    snprintf(kit->order->rec.order, sizeof kit->order->rec.order, "o%llu",
             (unsigned long long)kit->order->rec.id);
    assert_int_equal(book_order_index(&kit->book, kit->order), PAWL_OK);
    book_order_changed(&kit->book, kit->order);
}

static void add_entry(struct kit *kit) {
    add_order(kit, PAWL_ROLE_MAIN);
}

static void add_stop(struct kit *kit) {
    add_order(kit, PAWL_ROLE_STOP);
    assert_int_equal(
        book_order_share(&kit->book, kit->order, kit->lot, (struct pawl_qty){PAWL_E8}), PAWL_OK);
}

static void fill(struct kit *kit) {
    struct book_fill fill = {.order = kit->order,
                             .account = 1,
                             .instrument = 1,
                             .side = kit->side,
                             .price = {kit->price_e8 != 0 ? kit->price_e8 : 100 * PAWL_E8},
                             .is_gap = kit->is_gap,
                             .quantity = {kit->quantity_e8},
                             .venue_time = kit->venue_time,
                             .execution = kit->execution,
                             .ticket = ""};
    kit->rc = book_fill(&kit->book, &fill);
}

static void close_lot(struct kit *kit) {
    kit->lot->rec.state = PAWL_LOT_STATE_CLOSED;
    RARE_SET(&kit->book, kit->lot, rec.closed, book_now(&kit->book));
    book_changed(&kit->book, kit->lot);
    book_lot_close(&kit->book, kit->lot);
}

static void reopen_lot(struct kit *kit) {
    book_lot_reopen(&kit->book, kit->lot);
    book_changed(&kit->book, kit->lot);
}

static void cancel(struct kit *kit) {
    kit->order->rec.state = PAWL_ORDER_STATE_CANCELLED;
    kit->order->rec.ended = book_now(&kit->book);
    book_order_changed(&kit->book, kit->order);
}

static void works_again(struct kit *kit) {
    kit->order->rec.state = PAWL_ORDER_STATE_ACCEPTED;
    kit->order->rec.ended = 0;
    book_order_changed(&kit->book, kit->order);
}

static void heard(struct kit *kit) {
    book_heard(&kit->book, 1, book_now(&kit->book));
}

static void nothing(struct kit *kit) {
    (void)kit;
}

static void halt(struct kit *kit) {
    book_halt(&kit->book, 1, "why");
}

static void resume(struct kit *kit) {
    kit->rc = book_resume(&kit->book, 1, "seen");
}

static int traded(struct kit *kit, struct order *order, uint8_t side, const char *execution,
                  int64_t venue_time, int64_t quantity_e8) {
    kit->order = order;
    kit->side = side;
    kit->execution = execution;
    kit->venue_time = venue_time;
    kit->quantity_e8 = quantity_e8;
    turn(kit, fill);
    return kit->rc;
}

/* One whole trade: in, out, concluded. */
static void trade(struct kit *kit, uint64_t number) {
    char in[32], out[32];
    snprintf(in, sizeof in, "in%llu", (unsigned long long)number);
    snprintf(out, sizeof out, "out%llu", (unsigned long long)number);
    turn(kit, open_lot);
    turn(kit, add_entry);
    assert_int_equal(traded(kit, kit->order, PAWL_SIDE_BUY, in, kit->now_ns, PAWL_E8), PAWL_OK);
    turn(kit, add_stop);
    assert_int_equal(traded(kit, kit->order, PAWL_SIDE_SELL, out, kit->now_ns, PAWL_E8), PAWL_OK);
    turn(kit, close_lot);
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
        cmocka_unit_test(ended_orders_of_an_open_lot_leave_too),
        cmocka_unit_test(entries_that_have_filled_leave_where_there_are_many),
        cmocka_unit_test(an_order_that_has_ended_and_works_again_stays),
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
