/* series_int.h - what the parts of host/series share. [loop] */
#ifndef SERIES_SERIES_INT_H
#define SERIES_SERIES_INT_H

#include "pawl_num.h"
#include "series/series.h"

#define SERIES_MEMOS 8u

/* Where bars come from; the greater the better. Bars of s seconds: SOURCE_BARS + s. */
enum series_source { SOURCE_NONE = 0, SOURCE_QUOTES, SOURCE_TRADES, SOURCE_BARS };

struct claim {
    uint32_t owner;
    uint32_t bars; /* sums: 0 */
};
struct claims {
    struct claim *items;
    uint32_t count;
};

struct memo { /* a value, good until the next bar is finished */
    uint64_t bars; /* number of finished bars it was reckoned from; 0 = free */
    uint32_t what, n;
    int64_t value_e8;
    int rc;
};

struct one { /* a series */
    struct pawl_rec_series rec; /* the running bar is in it */
    struct pawl_bar *ring;      /* bar number n is at n % room; `room` is a power of two */
    uint32_t room;
    uint64_t stored; /* bars up to this number are in the store */
    uint64_t from;   /* the oldest bar that was kept without a hole up to now */
    struct claims claims;
    struct one *next;         /* of its instrument */
    struct one *changed_next; /* of those with something to store */
    bool changed, finished;   /* anything; a bar */
    uint32_t memo_at;
    struct memo memos[SERIES_MEMOS];
};

struct entry {
    int64_t time_ns;
    int64_t value_e8;
};
struct sum {
    struct pawl_rec_sum rec; /* entries rec.first .. rec.first + rec.count - 1 */
    struct entry *ring;      /* entry number n is at n % room; `room` is a power of two */
    uint32_t room;
    uint64_t stored, stored_first; /* entries in [stored_first, stored) are in the store */
    pawl_i128 total;
    struct claims claims;
    struct sum *next; /* of its instrument */
    struct sum *changed_next;
    bool changed;
};

struct set {
    struct series_set head;
    struct calendars *const *calendars; /* NULL = always open */
    struct one **first; /* by instrument */
    struct sum **sums;  /* by instrument */
    uint32_t series_count, sum_count;
    uint64_t last_id; /* of series and sums */
    struct one *changed;
    struct sum *changed_sums;
    struct store *store; /* to erase from; NULL = there is none */
    struct one **by_id;  /* while rows are read: sorted */
    struct sum **sums_by_id;
    bool finished;       /* a bar was finished, or something was made */
};

static inline struct set *set_of(struct series_set *set) {
    return (struct set *)set;
}

/* ---- series.c ---- */
struct one *series_find(struct set *set, uint32_t instrument, uint32_t seconds);
void series_changed(struct set *set, struct one *one, bool finished);
int series_room(struct one *one, uint32_t bars); /* make the ring at least this long */
int series_of(struct set *set, uint32_t instrument); /* room in the tables by instrument */
struct one *series_add(struct set *set, const struct pawl_rec_series *rec); /* NULL = no memory */
int claim_add(struct claims *claims, uint32_t owner, uint32_t bars);
/* Bar number n; it must be kept. */
static inline const struct pawl_bar *series_at(const struct one *one, uint64_t n) {
    return &one->ring[n % one->room];
}
/* How many finished bars can be looked at: the same before and after a restart. */
static inline uint32_t series_have(const struct one *one) {
    uint64_t have = one->rec.count + 1u - one->from;
    return have < one->rec.bars ? (uint32_t)have : one->rec.bars;
}

/* ---- bars.c ---- */
/* The running bar is over if `now` is past its end. */
void series_roll(struct set *set, struct one *one, int64_t now_ns);
void series_finish(struct set *set, struct one *one);

/* ---- sums.c ---- */
struct sum *sum_find(struct set *set, const struct series_sum *sum);
struct sum *sum_add(struct set *set, const struct pawl_rec_sum *rec);
int sum_room(struct sum *sum, uint32_t entries);
void sum_changed(struct set *set, struct sum *sum);
void sums_feed(struct set *set, const struct pawl_event *event);

/* ---- rows.c: erase what is no longer kept ---- */
void rows_drop_series(struct set *set, const struct one *one);
void rows_drop_sum(struct set *set, const struct sum *sum);
void rows_drop_bars(struct set *set, const struct one *one, uint64_t first, uint64_t end);

#endif
