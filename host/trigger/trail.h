/*
 * trail.h - trailing levels that share their best price so far. Internal to host/trigger.
 *
 * All levels of a line that trail in one direction and have seen the same best price are one pile:
 * a pairing heap by distance. Only the pile's nearest level stands in the line's list of levels. A
 * new best price passes over the piles whose best it beats and makes one of them, whatever their
 * sizes; a pile of fractions and one of distances are kept apart, since their order differs. So a
 * level costs nothing until it is the nearest of its pile.
 *
 * Thread  none of its own; one thread at a time.
 */
#ifndef TRIGGER_TRAIL_H
#define TRIGGER_TRAIL_H

#include "base/idx_heap.h"

#define TRAIL_NONE UINT32_MAX

struct trail { /* of a slot */
    uint64_t age;
    int64_t by;         /* distance, or fraction of the best price, at 1e-8; above 0 */
    int64_t best;       /* outside a pile: best price so far; 0 = none */
    int64_t activation; /* trails from this price on; 0 = at once */
    uint32_t child, next, previous; /* slots; of a root: NONE, its pile, NONE */
    uint32_t fraction;              /* 1 = by is one */
};
struct pile {
    int64_t best;
    uint32_t root; /* slot */
    uint32_t next_free;
};
struct trails { /* zero it before use */
    struct trail *items; /* by slot */
    uint32_t room;
    struct pile *piles;
    uint32_t *pile_at; /* by pile: its place in its heap of best prices */
    uint32_t piles_room, piles_used, piles_count, piles_free;
    uint64_t pile_age;
};

void trails_done(struct trails *trails);
/* Room for a slot below slots_room, and for one more pile. PAWL_E_NOMEM changes nothing. */
int trails_reserve(struct trails *trails, uint32_t slots_room) PAWL_MUST_CHECK;

/* The level `by` away from a best price: below it, or above. Never the best price itself; beyond
 * the range of numbers it is their end. */
int64_t trail_level(const struct trail *trail, int64_t best, uint32_t below);

/* Of one pile: the first is reached before the second. */
static inline bool trail_nearer(const struct trail *a, const struct trail *b) {
    return a->by < b->by || (a->by == b->by && a->age < b->age);
}

uint32_t pile_new(struct trails *trails, int64_t best); /* empty; there must be room */
void pile_free(struct trails *trails, uint32_t pile);
/* Add a slot, or all of another pile's; the nearest is then the root. */
void pile_add(struct trails *trails, uint32_t pile, uint32_t root);
/* Take out any slot of a pile; its root may then be another one, or TRAIL_NONE. */
void pile_remove(struct trails *trails, uint32_t slot);
/* The pile a slot is in. O(its depth). */
uint32_t pile_of(const struct trails *trails, uint32_t slot);
static inline bool trail_is_root(const struct trails *trails, uint32_t slot) {
    return trails->items[slot].previous == TRAIL_NONE;
}

#endif
