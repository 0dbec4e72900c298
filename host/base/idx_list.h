/*
 * idx_list.h - nodes of (rank, tag) in order, whose first is taken off cheaply however many there
 * are: what comes next lies beside it in memory.
 *
 * Blocks of nodes, the smallest node at the end of the last block, and above them one array that
 * says which block a node belongs to. Taking the first off moves nothing; adding and removing moves
 * at most a block, and rarely the array. Two neighbours that fit into one block well become one.
 *
 * Thread  none of its own; one thread at a time.
 * Cost    first and pop: one or two cache lines; add and remove: O(log n) to find, then a block.
 */
#ifndef BASE_IDX_LIST_H
#define BASE_IDX_LIST_H

#include "base/idx_heap.h"

#define IDX_BLOCK_NODES 128u

struct idx_block {
    uint32_t number; /* its nodes begin at number * IDX_BLOCK_NODES */
    uint32_t count;
};
struct idx_list { /* zero it before use */
    struct idx_node *nodes;
    struct idx_node *least;   /* by place: the block is at or above it, all behind is below */
    struct idx_block *blocks; /* by place; behind blocks_count those not in use */
    uint32_t blocks_count, blocks_room;
    uint32_t count; /* nodes */
};

#define IDX_LIST_ANY UINT32_MAX
/* Make room for `more` nodes than there are, for so many calls of add (IDX_LIST_ANY: however many,
 * with removals between them). PAWL_E_NOMEM leaves the list as it was. */
int idx_list_reserve(struct idx_list *list, uint32_t more, uint32_t adds) PAWL_MUST_CHECK;
void idx_list_done(struct idx_list *list);
/* There must be room. */
void idx_list_add(struct idx_list *list, struct idx_node node);
/* It must be there. */
void idx_list_remove(struct idx_list *list, struct idx_node node);
uint64_t idx_list_bytes(const struct idx_list *list);

/* The smallest and, at lower addresses, those that follow it in its block. There must be one. */
static inline const struct idx_node *idx_list_first(const struct idx_list *list) {
    const struct idx_block *block = &list->blocks[list->blocks_count - 1u];
    return &list->nodes[(size_t)block->number * IDX_BLOCK_NODES + block->count - 1u];
}
/* How many lie there, the first included. */
static inline uint32_t idx_list_near(const struct idx_list *list) {
    return list->blocks[list->blocks_count - 1u].count;
}
/* Take the first off. */
void idx_list_pop(struct idx_list *list);

#endif
