#include "base/idx_list.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "pawl_num.h"

/* Neighbours of together at most so many become one block: then two always hold more, which bounds
 * the number of blocks, and a block just split is not joined again at once. */
#define JOIN_MAX (IDX_BLOCK_NODES * 3u / 4u)
#define CACHED_BLOCKS 64u /* so many are likely to be in the cache */

static struct idx_node *nodes_of(const struct idx_list *list, uint32_t place) {
    return &list->nodes[(size_t)list->blocks[place].number * IDX_BLOCK_NODES];
}

int idx_list_reserve(struct idx_list *list, uint32_t more, uint32_t adds) {
    /* each may split a block, but neighbours hold more than JOIN_MAX, and one is being split */
    uint32_t need = (list->count + more) / (JOIN_MAX / 2u) + 2u;
    if (adds < need - list->blocks_count) need = list->blocks_count + adds;
    if (list->count + more <= IDX_BLOCK_NODES) need = 1;
    if (need <= list->blocks_room) return PAWL_OK;
    uint32_t room = list->blocks_room + list->blocks_room / 4u;
    if (room < need) room = need;
    void *memory = mem_realloc(list->nodes, (size_t)room * IDX_BLOCK_NODES * sizeof *list->nodes);
    if (memory == NULL) return PAWL_E_NOMEM;
    list->nodes = memory;
    memory = mem_realloc(list->least, (size_t)room * sizeof *list->least);
    if (memory == NULL) return PAWL_E_NOMEM;
    list->least = memory;
    memory = mem_realloc(list->blocks, (size_t)room * sizeof *list->blocks);
    if (memory == NULL) return PAWL_E_NOMEM;
    list->blocks = memory;
    for (uint32_t i = list->blocks_room; i < room; i++)
        list->blocks[i] = (struct idx_block){.number = i};
    list->blocks_room = room;
    return PAWL_OK;
}

void idx_list_done(struct idx_list *list) {
    mem_free(list->nodes);
    mem_free(list->least);
    mem_free(list->blocks);
    *list = (struct idx_list){0};
}

uint64_t idx_list_bytes(const struct idx_list *list) {
    return (uint64_t)list->blocks_room *
           (IDX_BLOCK_NODES * sizeof *list->nodes + sizeof *list->least + sizeof *list->blocks);
}

/* ---- finding; no branch depends on what is compared, since no guess would be right ---- */

static pawl_i128 order_of(const struct idx_node *node) {
    return (pawl_i128)node->rank * ((pawl_i128)1 << 64) + (pawl_i128)node->tag;
}

/* How many of `count` descending nodes are above this one. */
static uint32_t above(const struct idx_node *nodes, uint32_t count, const struct idx_node *node) {
    const struct idx_node *from = nodes;
    pawl_i128 order = order_of(node);
    for (; count > 1; count -= count / 2u)
        from += order_of(&from[count / 2u - 1u]) > order ? count / 2u : 0u;
    return (uint32_t)(from - nodes) + (count == 1 && order_of(from) > order);
}

/* All at once, since the search that follows would wait for them one by one. */
static void fetch(const struct idx_node *nodes, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 4) __builtin_prefetch(&nodes[i], 1);
}

/* The place of the block it belongs to. */
static uint32_t place_of(const struct idx_list *list, const struct idx_node *node) {
    return above(list->least, list->blocks_count - 1u, node);
}

/* ---- blocks ---- */

/* Move the places from `from` on by one, to or from `from` + 1. */
static void places_open(struct idx_list *list, uint32_t from) {
    size_t count = list->blocks_count - from;
    memmove(&list->least[from + 1u], &list->least[from], count * sizeof *list->least);
    memmove(&list->blocks[from + 1u], &list->blocks[from], count * sizeof *list->blocks);
    list->blocks_count++;
}
static void places_close(struct idx_list *list, uint32_t from) {
    size_t count = list->blocks_count - from - 1u;
    memmove(&list->least[from], &list->least[from + 1u], count * sizeof *list->least);
    memmove(&list->blocks[from], &list->blocks[from + 1u], count * sizeof *list->blocks);
    list->blocks_count--;
}

/* Make one of a block and the next, if there is one and they are small. */
static void join(struct idx_list *list, uint32_t place) {
    if (place + 1u >= list->blocks_count) return;
    struct idx_block *block = &list->blocks[place], next = block[1];
    if (block->count + next.count > JOIN_MAX && block->count > 0 && next.count > 0) return;
    memcpy(nodes_of(list, place) + block->count, nodes_of(list, place + 1u),
           next.count * sizeof *list->nodes);
    block->count += next.count;
    list->least[place] = list->least[place + 1u];
    places_close(list, place + 1u);
    list->blocks[list->blocks_count] = next;
}

/* The lower part of a full block becomes one of its own: half of it, but next to nothing on the
 * side of a node that goes to its edge, as more may follow there. */
static void split(struct idx_list *list, uint32_t place, const struct idx_node *node) {
    uint32_t at = above(nodes_of(list, place), IDX_BLOCK_NODES, node), keep = IDX_BLOCK_NODES / 2u;
    if (at == 0) keep = IDX_BLOCK_NODES / 8u;
    if (at == IDX_BLOCK_NODES) keep = IDX_BLOCK_NODES - IDX_BLOCK_NODES / 8u;
    assert(list->blocks_count < list->blocks_room);
    uint32_t number = list->blocks[list->blocks_count].number;
    places_open(list, place);
    struct idx_node *nodes = nodes_of(list, place);
    list->blocks[place].count = keep;
    list->least[place] = nodes[keep - 1u];
    list->blocks[place + 1u] = (struct idx_block){number, IDX_BLOCK_NODES - keep};
    memcpy(nodes_of(list, place + 1u), &nodes[keep], (IDX_BLOCK_NODES - keep) * sizeof *nodes);
    join(list, place + 1u);
    if (place > 0) join(list, place - 1u);
}

void idx_list_add(struct idx_list *list, struct idx_node node) {
    assert(list->blocks_room > 0);
    if (list->blocks_count == 0) list->blocks[list->blocks_count++].count = 0;
    uint32_t place = place_of(list, &node);
    while (list->blocks[place].count == IDX_BLOCK_NODES) {
        split(list, place, &node);
        place = place_of(list, &node);
    }
    struct idx_block *block = &list->blocks[place];
    struct idx_node *nodes = nodes_of(list, place);
    if (list->blocks_count > CACHED_BLOCKS) fetch(nodes, block->count);
    uint32_t at = above(nodes, block->count, &node);
    memmove(&nodes[at + 1u], &nodes[at], (block->count - at) * sizeof *nodes);
    nodes[at] = node;
    block->count++;
    list->count++;
}

void idx_list_remove(struct idx_list *list, struct idx_node node) {
    assert(list->count > 0);
    uint32_t place = place_of(list, &node);
    struct idx_block *block = &list->blocks[place];
    struct idx_node *nodes = nodes_of(list, place);
    if (list->blocks_count > CACHED_BLOCKS) fetch(nodes, block->count);
    uint32_t at = above(nodes, block->count, &node);
    assert(at < block->count && nodes[at].tag == node.tag);
    memmove(&nodes[at], &nodes[at + 1u], (block->count - at - 1u) * sizeof *nodes);
    block->count--;
    list->count--;
    join(list, place);
    if (place > 0) join(list, place - 1u);
}

void idx_list_pop(struct idx_list *list) {
    assert(list->count > 0);
    uint32_t last = list->blocks_count - 1u;
    list->blocks[last].count--;
    list->count--;
    if (last > 0) join(list, last - 1u);
}
