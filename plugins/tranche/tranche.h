/*
 * tranche.h - inside of the tranche plugin: a position in parts, each with its own average, stop
 * and target.
 *
 * An entry is a lot; a tranche is a list of lots, which become one as soon as the venue lets them.
 * What a tranche holds is read from its lots, so between two events nothing is kept but rows.
 */
#ifndef TRANCHE_H
#define TRANCHE_H

#include <stdbool.h>

#include "pawl_num.h"
#include "pawl_services.h"
#include "pawl_strategy.h"
#include "tranche_schema.gen.h"

#define TRANCHE_OF_POSITION_MAX 64u
#define TRANCHE_IDS_MAX UINT16_MAX /* tranches a position ever has */
#define TRANCHE_LEVELS_MAX 8u
#define TRANCHE_TTLS_MAX 8u
#define TRANCHE_LOOK_NS PAWL_NS         /* until what waits for an answer is looked at again */
#define TRANCHE_JOIN_NS (10 * PAWL_NS)  /* lots of a tranche may take to become one */
#define TRANCHE_LATER_NS (60 * PAWL_NS) /* until that, or what failed, is tried again */

enum tranche_basis { TRANCHE_PRICE = 1, TRANCHE_MARGIN };
enum tranche_at_max { TRANCHE_ADD_TO_LAST = 1, TRANCHE_MERGE, TRANCHE_REFUSE };

struct tranche_options {
    int64_t increment_e8, max_tranches;
    int64_t tp_pct_e8, sl_pct_e8, min_pnl_e8;
    int64_t max_orders, stale_seconds, orphan_seconds, cleanup_seconds;
    uint32_t basis, at_max;
    uint8_t enabled, merge, simulate;
    uint8_t reserved[5];
    char levels[PAWL_OPT_TEXT_MAX + 1];
    char ttls[PAWL_OPT_TEXT_MAX + 1];
    char simulate_account[PAWL_OPT_TEXT_MAX + 1];
};

struct tranche_level { /* of one instrument, in percent */
    char symbol[PAWL_SYMBOL_MAX + 1];
    int64_t tp_e8, sl_e8;
};

struct tranche_ttl {
    uint32_t tranche;
    int64_t seconds;
};

struct tranche {
    struct pawl_ctx *ctx;
    const struct pawl_book *book;
    const struct pawl_market *market;
    const struct pawl_records *records;
    const struct pawl_timers *timers;
    const struct pawl_triggers *triggers;
    struct tranche_options options;
    uint64_t cause;     /* seq of the event that is handled */
    int64_t clean_due;  /* of the timer that is set; 0 = none */
    uint32_t level_count, ttl_count;
    struct tranche_level levels[TRANCHE_LEVELS_MAX];
    struct tranche_ttl ttls[TRANCHE_TTLS_MAX];
};

/* Timers and levels: one of each position, one level of each tranche. */
#define TRANCHE_KEY_POSITION(position) ((position) << 18 | 1)
#define TRANCHE_KEY_TRANCHE(row) ((row) << 2 | 2)
#define TRANCHE_KEY_CLEANUP UINT64_C(3)

/* ---- row.c: rows, events, histories; what is read is a copy, its id 0 = there is none ---- */
struct tranche_rec_tranche_position tranche_position(struct tranche *self, uint64_t id);
struct tranche_rec_tranche_position tranche_find(struct tranche *self, uint32_t instrument,
                                                 uint32_t account, uint8_t side);
struct tranche_rec_position_tranche tranche_row(struct tranche *self, uint64_t id);
/* The tranche of the position with the smallest row above `after`. */
struct tranche_rec_position_tranche tranche_next(struct tranche *self, uint64_t position,
                                                 uint64_t after);
/* Into `rows`, by id; how many. */
uint32_t tranche_all(struct tranche *self, uint64_t position,
                     struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX]);
struct tranche_rec_order_relationship tranche_lot(struct tranche *self, uint64_t lot);
int tranche_put_position(struct tranche *self, struct tranche_rec_tranche_position *position);
int tranche_put(struct tranche *self, struct tranche_rec_position_tranche *row);
int tranche_put_lot(struct tranche *self, struct tranche_rec_order_relationship *lot);
/* Lots in and out of the list of a tranche; the row is changed and not put. */
int tranche_link(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t lot);
int tranche_unlink(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t lot);
struct tranche_told { /* one event, and its row in the history */
    uint8_t act; /* PAWL_TRANCHE_ACT_* */
    uint32_t into;
    uint64_t lot;
    struct pawl_qty change;
    struct pawl_price price;
    struct pawl_money profit;
    const char *reason;
};
/* Before what it tells of is put: what could not be told is done later. */
int tranche_tell(struct tranche *self, const struct tranche_rec_position_tranche *row,
                 const struct tranche_told *told);
int tranche_on_fill(struct tranche *self, const struct pawl_ev_fill *event);
int tranche_on_order(struct tranche *self, const struct pawl_ev_order_state *event);

/* ---- size.c: how much an entry is ---- */
int tranche_size(struct tranche *self, const struct pawl_ev_entry *ask, uint32_t account,
                 struct pawl_price price, struct pawl_price stop, struct pawl_qty *ret,
                 struct pawl_err *err);

/* ---- entry.c: an entry and its tranche ---- */
int tranche_on_entry(struct tranche *self, const struct pawl_ev_entry *ask);
/* A new tranche of the position; 0 in `position->id` = its first lot makes the position. */
int tranche_begin(struct tranche *self, struct tranche_rec_tranche_position *position,
                  struct tranche_rec_position_tranche *row, uint64_t lot);

/* ---- follow.c: what becomes of the lots ---- */
int tranche_on_lot(struct tranche *self, uint64_t lot);
int tranche_on_assigned(struct tranche *self, uint64_t lot);
int tranche_restore(struct tranche *self, uint64_t position);
int tranche_clean(struct tranche *self); /* ask what the venue holds; anew what was given up */
/* Quantity and average of what is open of a tranche, from its lots, and from those `with` is the
 * first of; 0 = its own. */
int tranche_sum(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t with);
/* It has no lots any more, and that has been told. */
int tranche_forget(struct tranche *self, const struct tranche_rec_position_tranche *row);
/* After anything of it has changed: merges, joins, levels of the price; the end. */
int tranche_settle(struct tranche *self, uint64_t position);

/* ---- levels.c: stop and target ---- */
void tranche_percents(const struct tranche *self, const char *symbol, struct pawl_ratio *ret_tp,
                      struct pawl_ratio *ret_sl);
/* A price better (+) or worse (-) than the average of a cost by a fraction, on the tick: a target
 * away from it, a stop tighter. */
int tranche_price(const struct pawl_instrument *in, uint8_t side, struct pawl_money cost,
                  struct pawl_qty quantity, int64_t fraction_e8, struct pawl_price *ret);
/* Stop and target from the average, after an entry fill or a merge. */
int tranche_levels(struct tranche *self, struct tranche_rec_position_tranche *row);
/* What its lots want is what the tranche says. */
int tranche_apply(struct tranche *self, uint64_t row);
/* A target that the venue did not take is wanted anew. */
int tranche_repair(struct tranche *self, uint64_t row);
int tranche_arm_r(struct tranche *self, const struct tranche_rec_position_tranche *row);
int tranche_freeze(struct tranche *self, uint64_t row); /* 1 R was seen */
/* The same if the price stands there, heard of or not: before the average changes. */
int tranche_see_r(struct tranche *self, uint64_t row);
struct pawl_price tranche_exit_price(struct tranche *self, uint32_t instrument, uint8_t side);
/* Profit at a price in percent of the average (times leverage, by option) is above a bound; a loss
 * is below 0. */
bool tranche_gains(struct tranche *self, const struct tranche_rec_position_tranche *row,
                   struct pawl_price now, int64_t bound_e8);
/* False: the venue keeps each lot a position of its own. */
bool tranche_lots_grow(struct tranche *self, uint32_t account);
int64_t tranche_leverage_e8(struct tranche *self, uint32_t account);

/* ---- join.c: the lots of a tranche become one ---- */
bool tranche_lot_waits(const struct pawl_rec_lot *lot); /* an entry of it is not complete */
bool tranche_is_quiet(struct tranche *self, const struct tranche_rec_position_tranche *row);
/* False: another component goes by the R of a lot of it, and that stands. */
bool tranche_grows(struct tranche *self, const struct tranche_rec_position_tranche *row);
int tranche_join(struct tranche *self, uint64_t row, bool *ret_wait);

/* ---- merge.c: tranches become one ---- */
int tranche_merge(struct tranche *self, uint64_t into, uint64_t from, const char *reason);
int tranche_merge_wanted(struct tranche *self, uint64_t position, bool *ret_wait);
int tranche_merge_profitable(struct tranche *self, uint64_t position, bool *ret_wait);
int tranche_arm_pairs(struct tranche *self, uint64_t position);
/* The two with the nearest averages; PAWL_E_BUSY = none of them can be merged now. */
int tranche_merge_nearest(struct tranche *self, uint64_t position);
int tranche_on_consolidate(struct tranche *self, const struct pawl_ev_consolidate *ask);

static inline bool tranche_is_long(uint8_t side) {
    return side == PAWL_POSITION_SIDE_LONG;
}
static inline int tranche_first(int rc, int next) {
    return rc != PAWL_OK ? rc : next;
}

#endif
