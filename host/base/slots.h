/*
 * slots.h - (owner, key) -> a small number, dense from 0 and reused, to index the caller's arrays.
 *
 * Chained hashing in arrays, so that removing leaves nothing behind. The number a pair gets depends
 * only on the history of calls.
 *
 * Thread  none of its own; one thread at a time.
 */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stdbool.h>

#include "pawl_types.h"

#define SLOTS_NONE UINT32_MAX

struct slot {
    uint64_t key;
    uint32_t owner; /* SLOTS_NONE: not in use, so no owner may have that number */
    uint32_t next; /* in its bucket, or of the free ones; SLOTS_NONE ends */
};
struct slots {
    struct slot *items;
    uint32_t *buckets;
    uint32_t room;          /* of items */
    uint32_t used;          /* items ever in use: numbers are below this */
    uint32_t count;         /* in use now */
    uint32_t free;          /* first free one below used */
    uint32_t buckets_count; /* a power of two, or 0 */
    uint32_t limit;
};

void slots_init(struct slots *slots, uint32_t limit); /* limit <= 2^30 */
void slots_done(struct slots *slots);
/* SLOTS_NONE if it is not there. */
uint32_t slots_find(const struct slots *slots, uint32_t owner, uint64_t key);
/* Make sure one more can be added; afterwards room says how long the caller's arrays must be.
 * PAWL_E_BUSY: the limit is reached; PAWL_E_NOMEM. What is there stays as it is. */
int slots_reserve(struct slots *slots) PAWL_MUST_CHECK;
/* Add a pair that is not there; one more must be reserved. */
uint32_t slots_add(struct slots *slots, uint32_t owner, uint64_t key);
void slots_remove(struct slots *slots, uint32_t slot);
/* Fetch what removing it will look at: first its pair, and when that is there its bucket. */
static inline void slots_fetch_pair(const struct slots *slots, uint32_t slot) {
    __builtin_prefetch(&slots->items[slot], 1);
}
void slots_fetch_bucket(const struct slots *slots, uint32_t slot);

#endif
