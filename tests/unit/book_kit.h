/*
 * book_kit.h - the book with a real bus and store. A test gives each turn its only step.
 */
#ifndef BOOK_KIT_H
#define BOOK_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
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

static inline bool step(void *arg) {
    struct kit *kit = arg;
    void (*fn)(struct kit *kit) = kit->fn;
    kit->fn = NULL;
    if (fn == NULL) return false;
    fn(kit);
    return true;
}

/* A turn as the host has it: the step, the batch, what is history goes. */
static inline void turn(struct kit *kit, void (*fn)(struct kit *kit)) {
    struct bus *bus = kit->book.bus;
    kit->fn = fn;
    bus_input(bus, NULL, 0, kit->now_ns);
    while (book_next_dirty(&kit->book) != NULL) continue;
    assert_int_equal(book_store(&kit->book), PAWL_OK);
    assert_int_equal(store_commit(kit->book.store, bus->turn), PAWL_OK);
    assert_int_equal(kit->book.events_lost, 0);
    book_evict(&kit->book);
}

static inline void begin(struct kit *kit) {
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

static inline void end(struct kit *kit) {
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

static inline void open_lot(struct kit *kit) {
    kit->lot = book_lot_new(&kit->book, NULL);
    kit->lot->rec.instrument = kit->lot->rec.account = 1;
    kit->lot->rec.side = PAWL_POSITION_SIDE_LONG;
    kit->lot->rec.state = PAWL_LOT_STATE_OPEN;
    book_lot_link(&kit->book, kit->lot);
    book_changed(&kit->book, kit->lot);
}

static inline void add_order(struct kit *kit, uint8_t role) {
    kit->order = book_order_new(&kit->book, kit->lot, NULL);
    kit->order->rec.role = role;
    kit->order->rec.state = PAWL_ORDER_STATE_ACCEPTED;
    kit->order->rec.quantity.e8 = PAWL_E8;
    snprintf(kit->order->rec.order, sizeof kit->order->rec.order, "o%llu",
             (unsigned long long)kit->order->rec.id);
    assert_int_equal(book_order_index(&kit->book, kit->order), PAWL_OK);
    book_order_changed(&kit->book, kit->order);
}

static inline void add_entry(struct kit *kit) {
    add_order(kit, PAWL_ROLE_MAIN);
}

static inline void add_stop(struct kit *kit) {
    add_order(kit, PAWL_ROLE_STOP);
}

static inline void fill(struct kit *kit) {
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

static inline void close_lot(struct kit *kit) {
    kit->lot->rec.state = PAWL_LOT_STATE_CLOSED;
    RARE_SET(&kit->book, kit->lot, rec.closed, book_now(&kit->book));
    book_changed(&kit->book, kit->lot);
    book_lot_close(&kit->book, kit->lot);
}

static inline void cancel(struct kit *kit) {
    kit->order->rec.state = PAWL_ORDER_STATE_CANCELLED;
    kit->order->rec.ended = book_now(&kit->book);
    book_order_changed(&kit->book, kit->order);
}

static inline void heard(struct kit *kit) {
    book_heard(&kit->book, 1, book_now(&kit->book));
}

static inline void nothing(struct kit *kit) {
    (void)kit;
}

static inline int traded(struct kit *kit, struct order *order, uint8_t side, const char *execution,
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
static inline void trade(struct kit *kit, uint64_t number) {
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

#endif
