/*
 * series.h - bars kept for those who ask, indicators over them, sums over sliding windows.
 *
 * What counts as a bar, where bars come from and what the indicators mean is said in
 * pawl_series.h, the same for plugins and rules. Owners are component ids, and those below. Fed
 * once with each market event, after the book.
 *
 *     series_keep(...)                what is wanted, while the owner starts
 *     series_settle(...)              all have asked: what nobody wants any more goes
 *     series_market(set, event)       each event of family 0x01
 *     series_store(set, store)        with the batch of the turn
 *
 * Cost    an instrument nothing is kept of: one load and a branch. Indicators are computed when
 *         asked for, O(n), and remembered until the next bar is finished.
 * Thread  loop only. Prices at 1e-8, int128 in between, no floating point.
 */
#ifndef SERIES_SERIES_H
#define SERIES_SERIES_H

#include <stdbool.h>

#include "pawl_event.h"
#include "pawl_schema.gen.h"
#include "series/calendar.h"
#include "store/store.h"

#define SERIES_MAX 16384u            /* in all */
#define SERIES_CLAIMS_MAX 160u       /* owners of one series or sum, staged ones included */
#define SERIES_SUMS_MAX 4096u        /* in all */
#define SERIES_SUM_ENTRIES_MAX 4096u /* of one sum; beyond it neighbours are joined */
#define SERIES_SUM_SECONDS_MAX 86400u

#define SERIES_OWNER_RULES 0u          /* what rules name */
#define SERIES_OWNER_ASKED 0x7fffffffu /* what their conditions asked for besides */
/* owner | SERIES_STAGED: who is tried beside that owner in a reload. Taken over, or unclaimed. */
#define SERIES_STAGED 0x80000000u

/* The visible head; only series_market() looks at it. */
struct series_set {
    uint8_t *wanted; /* by instrument: 1 = something is kept of it */
    uint32_t instruments;
};

/* calendars: where they stand, for a reload puts others there (running session bars keep their
 * end); NULL = every session is always open. The place outlives the set. */
int series_new(struct calendars *const *calendars, struct series_set **ret, struct pawl_err *err);
void series_free(struct series_set *set); /* accepts NULL */

/* ---- what is kept ---- */

int series_keep(struct series_set *set, uint32_t owner, uint32_t instrument, uint32_t seconds,
                uint32_t bars, struct pawl_err *err);
/* An owner is gone or will ask anew: forget what it asked for. Nothing is dropped yet. */
void series_unclaim(struct series_set *set, uint32_t owner);
/* What was staged for an owner is its own from now on, instead of what it had. Cannot fail. */
void series_take_over(struct series_set *set, uint32_t owner);
/* Drop what nobody claims, and bars beyond what is claimed, from memory and from the store. */
void series_settle(struct series_set *set);

/* ---- the market ---- */

void series_feed(struct series_set *set, const struct pawl_event *event);
static inline void series_market(struct series_set *set, const struct pawl_event *event) {
    /* `instrument` is the first field of every market event */
    uint32_t instrument = ((const struct pawl_ev_quote *)(const void *)event)->instrument;
    if (instrument < set->instruments && set->wanted[instrument]) series_feed(set, event);
}

/* ---- questions ---- */

enum series_what {
    SERIES_ATR = 1, /* price */
    SERIES_SMA,     /* price */
    SERIES_EMA,     /* price */
    SERIES_RSI,     /* 0 .. 100 */
    SERIES_VOLATILITY /* ratio */
};
/* How many bars must be kept for it. */
uint32_t series_bars_for(enum series_what what, uint32_t n);
/* PAWL_OK and the value at 1e-8; PAWL_E_NOTFOUND: not kept, or not enough bars yet; PAWL_E_INVAL n
 * is 0, or more than what is kept allows; PAWL_E_RANGE. */
int series_value(struct series_set *set, enum series_what what, uint32_t instrument,
                 uint32_t seconds, uint32_t n, int64_t now_ns, int64_t *ret_e8);
bool series_is_kept(struct series_set *set, uint32_t instrument, uint32_t seconds);
/* back 0 = the running bar, 1 = the last finished one. */
int series_bar(struct series_set *set, uint32_t instrument, uint32_t seconds, uint32_t back,
               int64_t now_ns, struct pawl_bar *ret);

/* ---- sums over a sliding window (now - seconds, now] ---- */

enum series_of { SERIES_QUANTITY = 1, SERIES_NOTIONAL /* price x quantity */, SERIES_COUNT };
struct series_sum {
    uint32_t instrument;
    uint32_t seconds;
    uint16_t event; /* PAWL_EV_TRADE or PAWL_EV_LIQUIDATION */
    uint8_t side;   /* of the event; 0 = any */
    uint8_t of;     /* enum series_of */
    uint32_t reserved;
};
int series_sum_keep(struct series_set *set, uint32_t owner, const struct series_sum *sum,
                    struct pawl_err *err);
/* At 1e-8 (a count of 3 is 3e8); 0 while nothing came. PAWL_E_NOTFOUND: not kept. */
int series_sum_at(struct series_set *set, const struct series_sum *sum, int64_t now_ns,
                  int64_t *ret_e8);

/* ---- the store ---- */

/* Records of types series, series_bar, sum, sum_entry: register is the store's, rows come from
 * store_load(). Before the first series_keep(). */
int series_restore(struct series_set *set, struct store *store, struct pawl_err *err);
/* Put what changed into this turn's batch; running bars only if `running`. */
int series_store(struct series_set *set, struct store *store, bool running);
bool series_has_changes(const struct series_set *set); /* a bar was finished, a sum grew ... */

#endif
