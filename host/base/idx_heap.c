#include "base/idx_heap.h"

#include <assert.h>

#include "base/alloc.h"

#define CHILDREN 4u
#define ROOM_MIN 16u

static bool before(const struct idx_node *a, const struct idx_node *b) {
    return a->rank < b->rank || (a->rank == b->rank && a->tag < b->tag);
}

int idx_heap_reserve(struct idx_heap *heap, uint32_t count) {
    if (count <= heap->room) return PAWL_OK;
    uint32_t room = heap->room == 0 ? ROOM_MIN : heap->room;
    while (room < count) room *= 2u;
    struct idx_node *nodes = mem_realloc(heap->nodes, (size_t)room * sizeof *nodes);
    if (nodes == NULL) return PAWL_E_NOMEM;
    heap->nodes = nodes;
    heap->room = room;
    return PAWL_OK;
}

void idx_heap_done(struct idx_heap *heap) {
    mem_free(heap->nodes);
    *heap = (struct idx_heap){0};
}

static void put(struct idx_heap *heap, uint32_t *at, uint32_t position, struct idx_node node) {
    heap->nodes[position] = node;
    at[idx_slot(node.tag)] = position;
}

/* Put the node at `hole` or above it, wherever order wants it. */
static void rise(struct idx_heap *heap, uint32_t *at, uint32_t hole, struct idx_node node) {
    while (hole > 0) {
        uint32_t parent = (hole - 1u) / CHILDREN;
        if (!before(&node, &heap->nodes[parent])) break;
        put(heap, at, hole, heap->nodes[parent]);
        hole = parent;
    }
    put(heap, at, hole, node);
}

/* Put the node at `hole` or below it. */
static void sink(struct idx_heap *heap, uint32_t *at, uint32_t hole, struct idx_node node) {
    for (;;) {
        uint32_t child = hole * CHILDREN + 1u;
        if (child >= heap->count) break;
        uint32_t end = child + CHILDREN < heap->count ? child + CHILDREN : heap->count;
        uint32_t least = child;
        while (++child < end)
            if (before(&heap->nodes[child], &heap->nodes[least])) least = child;
        if (!before(&heap->nodes[least], &node)) break;
        put(heap, at, hole, heap->nodes[least]);
        hole = least;
    }
    put(heap, at, hole, node);
}

void idx_heap_push(struct idx_heap *heap, uint32_t *at, struct idx_node node) {
    assert(heap->count < heap->room);
    rise(heap, at, heap->count++, node);
}

void idx_heap_rerank(struct idx_heap *heap, uint32_t *at, uint32_t position, int64_t rank) {
    assert(position < heap->count);
    struct idx_node node = heap->nodes[position];
    int64_t old = node.rank;
    node.rank = rank;
    if (rank < old)
        rise(heap, at, position, node);
    else
        sink(heap, at, position, node);
}

struct idx_node idx_heap_remove(struct idx_heap *heap, uint32_t *at, uint32_t position) {
    assert(position < heap->count);
    struct idx_node gone = heap->nodes[position];
    struct idx_node last = heap->nodes[--heap->count];
    at[idx_slot(gone.tag)] = IDX_NOWHERE;
    if (position == heap->count) return gone;
    if (before(&last, &gone))
        rise(heap, at, position, last);
    else
        sink(heap, at, position, last);
    return gone;
}
