/*
 * trigger.h - the price-trigger index: who wants to know when a price crosses a level.
 *
 * Four price lines per instrument, two ordered lists per line. A price between the next level above
 * and the next level below costs two comparisons however many levels rest; a hit costs O(log n).
 *
 * A level fires on the first price at or beyond it that is applied after it was armed, also if the
 * price stood beyond it already. Then it is gone. Order of fires: the order in which prices were
 * applied (callers apply bid, ask, last, mark); on one line the level crossed first, which is the
 * one nearest to the old price, where levels that stood beyond already, or had no old price, count
 * as crossed at once; then age. Nothing depends on addresses or on the order of a hash.
 *
 * How to use it, for each good quote (not crossed, zero or stale: that is the caller's rule):
 *
 *     triggers_turn(t);
 *     triggers_price(t, instrument, TRIGGER_BID, bid);
 *     triggers_price(t, instrument, TRIGGER_ASK, ask);
 *     while (triggers_take(t, &hit)) publish and deliver it and all it causes;
 *     while (triggers_pending(t)) { a further turn; triggers_turn(t); take again }
 *
 * Trailing levels fire like the others, where they stand when the price comes. A price that is no
 * new best for any of them costs nothing; a new best costs the same for a million as for one
 * (trail.h). Of several at one distance the oldest is the nearest. What has no price to begin with,
 * or has one that was reached already, waits for the next price.
 *
 * Hits stay in the index until they are taken, so one that is disarmed or armed anew before its
 * turn comes does not fire, and applying a price needs no memory and cannot fail. What is armed by
 * a handler waits for the next price.
 *
 * Owner   heap object of the host; levels belong to an (owner, key) of the caller.
 * Thread  loop only.
 * Units   prices at 1e-8.
 */
#ifndef TRIGGER_TRIGGER_H
#define TRIGGER_TRIGGER_H

#include <stdbool.h>

#include "pawl_types.h"

#define TRIGGERS_MAX (4u << 20)         /* armed levels in all */
#define TRIGGER_FIRES_PER_TURN_MAX 256u /* hits handed out between two triggers_turn() */

/* In the order of simultaneous fires. */
enum trigger_line { TRIGGER_BID = 1, TRIGGER_ASK, TRIGGER_LAST, TRIGGER_MARK };
#define TRIGGER_LINES 4u

/* The values of enum pawl_cross. */
enum trigger_cross { TRIGGER_AT_OR_ABOVE = 1, TRIGGER_AT_OR_BELOW };

struct trigger_spec {
    uint64_t key;        /* with owner: whose level it is */
    uint32_t owner;      /* component id */
    uint32_t instrument; /* 1 .. NAMES_MAX */
    struct pawl_price level;
    uint8_t line;  /* enum trigger_line */
    uint8_t cross; /* enum trigger_cross */
    uint8_t reserved[6];
    /* A trailing level: one of the first two is above 0, and `level` is not looked at. It stands
     * this far from the best price since it was armed: below the highest (cross at or below), or
     * above the lowest. */
    struct pawl_price distance;
    struct pawl_ratio fraction;   /* of the best price */
    struct pawl_price activation; /* it trails once this price was reached; 0 = at once */
    struct pawl_price extreme;    /* best price so far, from an earlier arming; 0 = none */
};

struct trigger_hit {
    struct trigger_spec spec; /* of a trailing one: level and extreme as they were */
    struct pawl_price price;  /* that crossed the level */
    uint64_t age;            /* number of its arming, rising and never reused */
};

/* The visible head; the rest is trigger.c's. Only the functions below touch it. */
struct trigger_gate {
    int64_t below, above; /* a price strictly between fires nothing; below INT64_MAX: look closer */
    int64_t price;        /* last price applied */
    int64_t has_price;    /* 0 until the first */
};
struct triggers {
    struct trigger_gate *gates; /* TRIGGER_LINES for each instrument from 0 */
    uint32_t instruments;       /* for which there are gates */
    uint32_t wave_first;        /* line whose hits wait; TRIGGER_NO_LINE = none */
};
#define TRIGGER_NO_LINE UINT32_MAX

int triggers_new(struct triggers **ret, struct pawl_err *err) PAWL_MUST_CHECK;
void triggers_free(struct triggers *t);

/* Replaces what the same owner and key had armed, and is then the youngest. On failure nothing has
 * changed. PAWL_E_INVAL a field is out of range, PAWL_E_BUSY TRIGGERS_MAX are armed, PAWL_E_NOMEM.
 * A level on a line that never had a price is kept and waits for the first; triggers_has_feed()
 * tells the caller, who reports it as not armed without its feed. */
int triggers_arm(struct triggers *t, const struct trigger_spec *spec, struct pawl_err *err);
/* True if it was armed. */
bool triggers_disarm(struct triggers *t, uint32_t owner, uint64_t key);
/* Disarm all of an owner; returns how many. O(all levels): for reloads. */
uint32_t triggers_drop_owner(struct triggers *t, uint32_t owner);
/* Disarm those of an owner that `keep` does not want. It may not touch the index. */
uint32_t triggers_drop_unless(struct triggers *t, uint32_t owner,
                              bool (*keep)(void *arg, uint64_t key), void *arg);

/* While quiet, prices are a guess at the way between two known ones (inside a bar): a trailing
 * level that is armed meanwhile begins with the first price after it. */
void triggers_quiet(struct triggers *t, bool quiet);

/* What (owner, key) has armed, a trailing one with its level and extreme of now (0 = none yet);
 * false if nothing. */
bool triggers_find(const struct triggers *t, uint32_t owner, uint64_t key,
                   struct trigger_spec *ret);
/* True once the line has had a price. */
bool triggers_has_feed(const struct triggers *t, uint32_t instrument, enum trigger_line line);
uint32_t triggers_count(const struct triggers *t);
/* Age of the newest arming: a hit with a greater one was armed after this call. */
uint64_t triggers_age(const struct triggers *t);
/* Bytes held for all levels, for the metrics. */
uint64_t triggers_bytes(const struct triggers *t);

/* A new turn: TRIGGER_FIRES_PER_TURN_MAX more hits may be taken. */
void triggers_turn(struct triggers *t);
/* The next hit, taken out of the index; false if there is none or this turn has had its share. Take
 * the next one when everything this one caused has been delivered. */
bool triggers_take_waiting(struct triggers *t, struct trigger_hit *ret);
static inline bool triggers_take(struct triggers *t, struct trigger_hit *ret) {
    return t->wave_first != TRIGGER_NO_LINE && triggers_take_waiting(t, ret);
}
/* True if hits wait to be taken, whatever the turn's share. A line whose hits wait must not be
 * given a newer price. */
bool triggers_pending_waiting(struct triggers *t);
static inline bool triggers_pending(struct triggers *t) {
    return t->wave_first != TRIGGER_NO_LINE && triggers_pending_waiting(t);
}

/* The part of triggers_price() that is not inlined. */
bool triggers_cross(struct triggers *t, uint32_t instrument, enum trigger_line line,
                    struct pawl_price price);

/* The last price applied, pieces of a bar's way included; 0 = none yet. */
static inline struct pawl_price triggers_last(const struct triggers *t, uint32_t instrument,
                                              enum trigger_line line) {
    struct pawl_price price = {0};
    if (instrument < t->instruments)
        price.e8 = t->gates[(size_t)instrument * TRIGGER_LINES + (size_t)line - 1].price;
    return price;
}

/* Apply a price. True if it crossed something on this line. */
static inline bool triggers_price(struct triggers *t, uint32_t instrument, enum trigger_line line,
                                  struct pawl_price price) {
    if (instrument < t->instruments) {
        struct trigger_gate *gate =
            &t->gates[(size_t)instrument * TRIGGER_LINES + (size_t)line - 1];
        if (price.e8 > gate->below && price.e8 < gate->above) {
            gate->price = price.e8;
            return false;
        }
    }
    return triggers_cross(t, instrument, line, price);
}

#endif
