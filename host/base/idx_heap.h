/*
 * idx_heap.h - a 4-ary heap of (rank, tag) whose members know where they are.
 *
 * A tag is a rising age above the number of the member's slot, so it orders equal ranks first in,
 * first out, and names one stay in the heap for ever. `at` is the caller's array, slot -> position;
 * one array may serve several heaps as long as a slot is in one of them at a time.
 *
 * Thread  none of its own; one thread at a time.
 * Cost    O(log n) for push and remove, O(1) for the first.
 */
#ifndef BASE_IDX_HEAP_H
#define BASE_IDX_HEAP_H

#include <stdbool.h>

#include "pawl_types.h"

#define IDX_SLOT_BITS 22u
#define IDX_SLOTS_MAX (1u << IDX_SLOT_BITS)
#define IDX_AGE_MAX ((UINT64_C(1) << (64u - IDX_SLOT_BITS)) - 1u)
#define IDX_NOWHERE UINT32_MAX

struct idx_node {
    int64_t rank; /* the smallest comes first */
    uint64_t tag;
};
struct idx_heap { /* zero it before use */
    struct idx_node *nodes;
    uint32_t count, room;
};

static inline uint64_t idx_tag(uint64_t age, uint32_t slot) { return age << IDX_SLOT_BITS | slot; }
static inline uint32_t idx_slot(uint64_t tag) { return (uint32_t)tag & (IDX_SLOTS_MAX - 1u); }
static inline uint64_t idx_age(uint64_t tag) { return tag >> IDX_SLOT_BITS; }

/* Make room for `count` nodes in all; PAWL_E_NOMEM leaves the heap as it was. */
int idx_heap_reserve(struct idx_heap *heap, uint32_t count) PAWL_MUST_CHECK;
void idx_heap_done(struct idx_heap *heap);
/* There must be room. */
void idx_heap_push(struct idx_heap *heap, uint32_t *at, struct idx_node node);
/* Give the node at a position another rank. */
void idx_heap_rerank(struct idx_heap *heap, uint32_t *at, uint32_t position, int64_t rank);
/* Take out the node at a position (0 = the first) and forget where it was. */
struct idx_node idx_heap_remove(struct idx_heap *heap, uint32_t *at, uint32_t position);

#endif
