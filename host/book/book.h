/*
 * book.h - what is owned and what works: instruments, accounts, lots, orders, shares, fills.
 *
 * The book is the host's live state. Everything else changes it through the functions of this
 * layer, which mark what changed; book_store() puts the changed records into the turn's batch.
 * A lot is dirty when the executor must look at it again; the list of dirty lots is in
 * first-dirtied order, so the same events always lead to the same orders.
 *
 * Owner   the book owns lots and orders; pointers are valid until, between turns only, closed lots
 *         beyond BOOK_CLOSED_LOTS_KEPT are evicted, or filled entries where orders are very many.
 * Thread  loop only.
 */
#ifndef BOOK_BOOK_H
#define BOOK_BOOK_H

#include <stdbool.h>

#include "base/names.h"
#include "base/table.h"
#include "book/lot.h"
#include "bus/bus.h"
#include "bus/timers.h"
#include "pawl_num.h"
#include "pawl_services.h"
#include "store/store.h"
#include "trigger/trigger.h"

#define BOOK_LOTS_MAX 4000000u
#define BOOK_ORDERS_MAX 16000000u
#define BOOK_ORDERS_PER_LOT_MAX 64u /* live at once */
#define BOOK_CLOSED_LOTS_KEPT 4096u

struct book_instrument {
    struct pawl_instrument def; /* id 0 = not configured */
    struct pawl_market_state market;
    struct pawl_price half_spread; /* of trade-only feeds */
    uint64_t skipped;              /* quotes, trades and bars without a price that can be used */
    bool has_quotes;               /* quotes are live: trades and bars move nothing but `last` */
    struct pawl_rec_symbol kept;   /* kept.halted: no entries, something is unexplained */
    int64_t line_time[TRIGGER_LINES + 1]; /* of the last good price of each line; 0 = none */
    bool restricted;
    bool rate_told; /* that profits are converted by a fixed rate */
    struct lot *lots, *lots_last;
};

struct book_account {
    struct pawl_account_info info; /* id 0 = not configured */
    struct pawl_broker_caps caps;
    struct pawl_money realised, fees, cash_flow;
    struct pawl_rec_account kept;
    int64_t stored_heard; /* kept.heard as it is on the disk */
    int64_t day_began;    /* of the day whose timer has fired */
};

/* What is left of a bar's way through its prices: four a line, the last of each its close. */
struct book_piece {
    uint8_t line; /* enum trigger_line */
    struct pawl_price price;
};
struct book_path {
    uint32_t instrument, count, at;
    uint64_t age; /* levels armed later are tested against the close only */
    struct book_piece pieces[12];
};

/* What the run adds up; the summary prints it. */
struct book_totals {
    uint64_t orders, fills, rejects, refused, lots_opened, lots_closed, stops_moved, partial_exits;
    int64_t unprotected_ns, guarded_ns;
    struct pawl_money gross, fees;
};

struct book {
    struct bus *bus;
    struct store *store;
    struct names *names;
    struct triggers *triggers;
    struct timers *timers;
    struct book_instrument *instruments; /* by id, instrument_count + 1 of them */
    uint32_t instrument_count;
    struct book_account *accounts; /* by id, account_count + 1 of them */
    uint32_t account_count;
    struct pawl_rec_host host;
    bool host_changed;
    uint32_t boot, host_id;
    struct table lots, orders; /* by number */
    struct table order_ids;    /* by hash of the client id */
    struct table executions;   /* by hash of account and execution id */
    struct execution *executions_first, *executions_last; /* in the order they are looked at */
    uint32_t execution_count;
    struct ended_queue ended_new, ended_old; /* orders that have ended (ended.c) */
    struct lot *first_lot, *last_lot, *dirty, *dirty_last, *changed, *closed, *closed_last;
    struct order *changed_orders;
    uint32_t open_lots, closed_lots;
    struct book_totals totals;
    int64_t began_ns; /* when this process took over; totals count from there */
    struct book_path path;
    struct pawl_rec_fill *gaps; /* of BOOK_GAPS_MAX, oldest first (gap.c) */
    uint32_t gap_count;
    bool plugin_changes;  /* rows were put into the batch directly: a plugin's, book_keep()'s */
    bool store_refused;   /* a record did not fit the batch, or memory: it must not be released */
    struct lot_rare no_room; /* of lots there was no memory for */
    uint64_t events_lost; /* a turn beyond its limit; checked after every turn */
};

void book_init(struct book *book);
void book_done(struct book *book);

static inline int64_t book_now(const struct book *book) {
    return book->bus->now_ns;
}

/* ---- lots (lots.c) ---- */
struct lot *book_lot(const struct book *book, uint64_t id); /* closed ones, too; NULL = none */
struct lot *book_lot_by_ref(const struct book *book, const char *ref); /* newest not closed */
struct lot *book_lot_new(struct book *book, struct pawl_err *err);     /* with the next number */
struct lot *book_lot_restore(struct book *book, const struct pawl_rec_lot *rec,
                             struct pawl_err *err);
void book_lot_link(struct book *book, struct lot *lot); /* its instrument's list; rec is set */
void book_lot_close(struct book *book, struct lot *lot);
void book_lot_reopen(struct book *book, struct lot *lot); /* for a late fill; closes at market */
void book_evict(struct book *book);                       /* between turns */
struct pawl_rec_target *lot_target(struct lot *lot, uint32_t index); /* made; NULL = none */
static inline int64_t lot_open_e8(const struct lot *lot) {
    return lot->rec.entered.e8 - lot->rec.exited.e8;
}

/* ---- orders (orders.c) ---- */
struct order *book_order(const struct book *book, uint64_t number);
struct order *book_order_by_id(const struct book *book, const char *client_id);
struct order *book_order_new(struct book *book, struct lot *lot, struct pawl_err *err);
struct order *book_order_restore(struct book *book, const struct pawl_common_order *common,
                                 const struct pawl_rare_order *rare, struct pawl_err *err);
int book_order_index(struct book *book, struct order *order); /* once rec.order is set */
void book_order_move(struct order *order, struct lot *to); /* it belongs to that lot from now on */
bool order_is_live(const struct order *order);    /* may still fill: neither ended nor never sent */
bool order_is_working(const struct order *order); /* the venue confirmed it */
static inline int64_t order_leaves_e8(const struct order *order) {
    /* while an amend is in flight either quantity may be the true one: the larger */
    int64_t total = order->rec.quantity.e8;
    if (order->rec.op == PAWL_ORDER_OP_AMEND && order->rec.want_quantity.e8 > total)
        total = order->rec.want_quantity.e8;
    return total > order->rec.filled.e8 ? total - order->rec.filled.e8 : 0;
}
static inline bool role_is_entry(uint8_t role) {
    return role == PAWL_ROLE_MAIN || role == PAWL_ROLE_SCALE || role == PAWL_ROLE_DOUBLEDOWN;
}
/* It serves the lot's resting growth (add_up_to), not its entry. */
static inline bool order_is_add(const struct order *order) {
    return order->rec.role == PAWL_ROLE_DOUBLEDOWN &&
           order->lot->rec.entry_role != PAWL_ROLE_DOUBLEDOWN;
}

/* ---- changes (changes.c) ---- */
void book_dirty(struct book *book, struct lot *lot);   /* the executor must look again */
struct lot *book_next_dirty(struct book *book);        /* takes it off; NULL = none */
void book_changed(struct book *book, struct lot *lot); /* its record goes into the batch */
void book_order_changed(struct book *book, struct order *order);
void book_put(struct book *book, uint16_t record_id, const void *row); /* into this turn's batch */
int book_store(struct book *book); /* put all that changed; returns a store code */
bool book_has_changes(const struct book *book);

/* ---- what is kept of accounts and instruments (keep.c) ---- */
void book_keep_account(struct book *book, uint32_t account); /* its record into the batch */
/* Stop entries in it, over restarts, until it is resumed. Told once. */
void book_halt(struct book *book, uint32_t instrument, const char *reason);
bool book_resume(struct book *book, uint32_t instrument, const char *reason); /* false = it ran */

/* ---- fills (fills.c) ---- */
struct book_fill {       /* one report of a fill, checked */
    struct order *order; /* NULL = not ours */
    uint32_t account, instrument;
    uint8_t side;
    struct pawl_price price;
    struct pawl_qty quantity;
    struct pawl_money fee;
    int64_t venue_time;
    const char *execution, *ticket;
    bool is_gap;     /* the positions say so, no execution does */
    struct lot *lot; /* of a gap: whose it is; NULL = the oldest it can belong to */
};
/* PAWL_E_STATE seen before: nothing changes, PAWL_E_RANGE refused. */
int book_fill(struct book *book, const struct book_fill *fill);
/* Take a quantity off the lots of one side of an instrument, oldest first (ticket: that lot only);
 * returns what could not be placed. Used for fills without a known order and overruns. */
struct pawl_qty book_reduce(struct book *book, const struct book_fill *fill, uint8_t role,
                            struct lot *except, struct pawl_qty quantity);

/* ---- merging (merge.c) ---- */
#define BOOK_MERGES_MAX 64u /* of one lot, one after another */
/* What is open of `from`, and its live orders, become part of `into`. PAWL_E_RANGE: nothing did. */
int book_merge(struct book *book, struct lot *into, struct lot *from);
/* Whose fills a lot's are now: itself, or what it was merged into; NULL = evicted. */
struct lot *book_lot_heir(const struct book *book, struct lot *lot);

#endif
