/*
 * book.h - what is owned and what works: instruments, accounts, lots, orders, shares, fills.
 *
 * The book is the host's live state. Everything else changes it through the functions of this
 * layer, which mark what changed; book_store() puts the changed records into the turn's batch.
 * A lot is dirty when the executor must look at it again; the list of dirty lots is in first-dirtied
 * order, so the same events always lead to the same orders.
 *
 * Owner   the book owns lots and orders; pointers are valid until the lot is evicted, which happens
 *         only between turns, to closed lots, oldest first, beyond BOOK_CLOSED_LOTS_KEPT.
 * Thread  loop only.
 */
#ifndef BOOK_BOOK_H
#define BOOK_BOOK_H

#include <stdbool.h>

#include "base/names.h"
#include "base/table.h"
#include "bus/bus.h"
#include "bus/timers.h"
#include "pawl_num.h"
#include "pawl_services.h"
#include "store/store.h"
#include "trigger/trigger.h"

#define BOOK_LOTS_MAX 4000000u
#define BOOK_ORDERS_MAX 16000000u
#define BOOK_EXECUTIONS_MAX 16000000u
#define BOOK_ORDERS_PER_LOT_MAX 64u /* live at once */
#define BOOK_CLOSED_LOTS_KEPT 4096u
#define BOOK_ORDER_SHARES_MAX 16u

struct lot;

struct order {
    struct pawl_rec_order rec;
    struct lot *lot; /* the only one, or the first share's */
    struct order *next, *previous; /* of the lot, oldest first */
    struct order *changed_next;
    struct order *attached; /* the stop that travels with this entry */
    uint32_t share_count;
    struct pawl_rec_share *shares; /* NULL for entries */
    int64_t retry_ns; /* next look-up while unknown; 0 = none planned */
    uint64_t id_key;
    uint32_t lookups;
    bool changed;
    bool cancel_wanted; /* cancelled as soon as nothing is in flight about it */
    bool absent;        /* the venue said it never saw it; to be confirmed */
};

struct lot {
    struct pawl_rec_lot rec;
    struct pawl_rec_target *targets; /* PAWL_TARGETS_MAX, NULL until the first is set */
    struct order *orders, *orders_last;
    struct lot *next, *previous;                       /* all not closed, by id */
    struct lot *instrument_next, *instrument_previous; /* of its instrument, not closed, by id */
    struct lot *dirty_next, *changed_next;
    struct lot *closed_next; /* of those kept for late fills */
    uint64_t dirty_cause;
    int64_t entry_retry_ns, exit_retry_ns, stop_retry_ns, target_retry_ns; /* not before; 0 = now */
    int64_t guard_hit_ns;   /* when the stop level was crossed; 0 = not */
    int64_t guard_level_e8; /* the level the guard's trigger is armed at; 0 = not armed */
    int64_t guard_cancel_ns; /* when the guard asked for the stop's cancel; 0 = not */
    int64_t group_wait_ns;  /* the venue may shrink the group itself until then; 0 = not waiting */
    bool dirty, changed, targets_changed, guard_fired, protected_once, exit_by_guard;
};

struct book_instrument {
    struct pawl_instrument def; /* id 0 = not configured */
    struct pawl_market_state market;
    struct pawl_price half_spread; /* of trade-only feeds */
    bool has_quotes;               /* quotes are live: trades and bars move nothing but `last` */
    bool halted;                   /* no entries: something at the venue is unexplained */
    bool restricted;
    bool rate_told; /* that profits are converted by a fixed rate */
    bool gap; /* a position differed in the last reconcile round: entries wait */
    struct lot *lots, *lots_last;
};

struct book_account {
    struct pawl_account_info info; /* id 0 = not configured */
    struct pawl_broker_caps caps;
    struct pawl_money realised, fees, cash_flow;
    struct pawl_money day_equity; /* when this day's loss began to count */
    int64_t day, reset_second;
    bool ready; /* connected and reconciled: entries may go */
    bool up;    /* connected */
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
    struct lot *first_lot, *last_lot;
    struct lot *dirty, *dirty_last, *changed, *closed, *closed_last;
    struct order *changed_orders;
    uint32_t open_lots, closed_lots;
    struct book_totals totals;
    struct book_path path;
    bool plugin_changes; /* a plugin put records into the batch */
    bool store_refused;   /* a record did not fit the batch; the turn must not be released */
    uint64_t events_lost; /* a turn beyond its limit; checked after every turn */
};

void book_init(struct book *book);
void book_done(struct book *book);

static inline int64_t book_now(const struct book *book) { return book->bus->now_ns; }

/* ---- lots (lots.c) ---- */
struct lot *book_lot(const struct book *book, uint64_t id); /* closed ones too while kept; NULL = none */
struct lot *book_lot_by_ref(const struct book *book, const char *ref); /* newest not closed */
struct lot *book_lot_new(struct book *book, struct pawl_err *err);     /* with the next number */
struct lot *book_lot_restore(struct book *book, const struct pawl_rec_lot *rec, struct pawl_err *err);
int book_lot_link(struct book *book, struct lot *lot); /* into its instrument's list, once rec is set */
void book_lot_close(struct book *book, struct lot *lot);
void book_lot_reopen(struct book *book, struct lot *lot); /* a fill came late; closes it at market */
void book_evict(struct book *book); /* between turns */
struct pawl_rec_target *lot_target(struct lot *lot, uint32_t index); /* makes it; NULL = no memory */
static inline int64_t lot_open_e8(const struct lot *lot) {
    return lot->rec.entered.e8 - lot->rec.exited.e8;
}

/* ---- orders (orders.c) ---- */
struct order *book_order(const struct book *book, uint64_t number);
struct order *book_order_by_id(const struct book *book, const char *client_id);
struct order *book_order_new(struct book *book, struct lot *lot, struct pawl_err *err);
struct order *book_order_restore(struct book *book, const struct pawl_rec_order *rec,
                                 struct pawl_err *err);
int book_order_share(struct book *book, struct order *order, struct lot *lot, struct pawl_qty quantity);
int book_order_index(struct book *book, struct order *order); /* once rec.order is set */
void book_order_unindex(struct book *book, struct order *order);
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

/* ---- changes (changes.c) ---- */
void book_dirty(struct book *book, struct lot *lot);     /* the executor must look again */
struct lot *book_next_dirty(struct book *book);          /* takes it off; NULL = none */
void book_changed(struct book *book, struct lot *lot);   /* its record goes into the batch */
void book_order_changed(struct book *book, struct order *order);
void book_put(struct book *book, uint16_t record_id, const void *row); /* into this turn's batch */
int book_store(struct book *book);                       /* put all that changed; returns a store code */
bool book_has_changes(const struct book *book);

/* ---- fills (fills.c) ---- */
struct book_fill { /* one report of a fill, checked */
    struct order *order; /* NULL = not ours */
    uint32_t account, instrument;
    uint8_t side;
    struct pawl_price price;
    struct pawl_qty quantity;
    struct pawl_money fee;
    int64_t venue_time;
    const char *execution, *ticket;
};
/* Book it once: PAWL_OK booked, PAWL_E_STATE seen before (nothing changes), PAWL_E_RANGE refused. */
int book_fill(struct book *book, const struct book_fill *fill);
bool book_execution_seen(const struct book *book, uint32_t account, const char *execution);
int book_execution_add(struct book *book, uint32_t account, const char *execution);
/* Take a quantity off the lots of one side of an instrument, oldest first (ticket: that lot only);
 * returns what could not be placed. Used for fills without a known order and overruns. */
struct pawl_qty book_reduce(struct book *book, const struct book_fill *fill, uint8_t role,
                            struct lot *except, struct pawl_qty quantity);

/* ---- money (money.c) ---- */
/* Signed profit in account currency of `quantity` from `from` to `to`. */
int book_profit(const struct book *book, uint32_t instrument, uint32_t account, uint8_t side,
                struct pawl_price from, struct pawl_price to, struct pawl_qty quantity,
                struct pawl_money *ret);
/* True where no live rate is known and the table's fixed pip value (or 1) stands in for it. */
bool book_rate_is_fixed(const struct book *book, uint32_t instrument, uint32_t account);
/* Quote-currency money into account currency. */
int book_convert(const struct book *book, uint32_t instrument, uint32_t account,
                 struct pawl_money quote, struct pawl_money *ret);
struct pawl_price lot_entry(const struct lot *lot);        /* average; 0 before a fill */
struct pawl_price lot_exit(const struct lot *lot);         /* average; 0 before an exit */
struct pawl_ratio lot_r_of(const struct lot *lot, struct pawl_price price); /* profit in R; 0 = no R */
int book_equity(const struct book *book, uint32_t account, struct pawl_money *ret);

/* ---- market (market.c) ---- */
/* Apply a quote, trade, bar or mark: prices, then triggers. */
void book_market(struct book *book, const struct pawl_event *event);
/* Apply more of a bar's path, up to the next price that fires something; false = nothing is left. */
bool book_path_step(struct book *book);
/* The next level that fired; false = none now. */
bool book_take_hit(struct book *book, struct trigger_hit *ret);
/* The line (enum trigger_line) that a declared source reads for a position side. */
uint8_t market_line(uint8_t source, uint8_t position_side);
struct pawl_price market_price(const struct book *book, uint32_t instrument, uint8_t source,
                               uint8_t position_side); /* 0 = none yet */
/* A price a new position of this side would pay; 0 = none or stale (ret_stale). */
struct pawl_price market_entry(const struct book *book, uint32_t instrument, uint8_t position_side,
                               bool *ret_stale);

/* ---- state events (report.c) ---- */
void report_lot_opened(struct book *book, const struct lot *lot);
void report_lot_changed(struct book *book, const struct lot *lot, const char *reason);
void report_lot_closed(struct book *book, const struct lot *lot);
void report_order(struct book *book, uint16_t type, const struct order *order, uint8_t op,
                  const char *reason);
void report_alert(struct book *book, const char *what, uint8_t severity, const struct lot *lot,
                  const struct order *order, const char *format, ...) PAWL_PRINTF(6, 7);
void report_conflict(struct book *book, const char *what, const struct lot *lot,
                     const struct order *order, const char *resolution, const char *format, ...)
    PAWL_PRINTF(6, 7);
void report_refused(struct book *book, uint32_t instrument, const struct lot *lot, const char *limit,
                    const char *ref, const char *message);
void book_publish(struct book *book, struct pawl_event *event); /* from the host; never lost silently */
/* A zeroed event with its header set; for stack structs. */
#define EVENT_INIT(ev, ev_type)                                                                    \
    do {                                                                                           \
        memset(&(ev), 0, sizeof(ev));                                                              \
        (ev).head.size = (uint32_t)sizeof(ev);                                                     \
        (ev).head.type = (ev_type);                                                                \
    } while (0)
/* Copy text into a fixed array of an event or record, cut at its size, always terminated. */
#define TEXT_SET(field, value) text_copy((field), sizeof(field), (value))
void text_copy(char *out, size_t size, const char *text);

#endif
