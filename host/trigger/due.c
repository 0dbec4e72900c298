#include "trigger/due.h"

#include <assert.h>

#include "base/alloc.h"

#define ROOM_MIN 16u

void due_done(struct due *due) {
    mem_free(due->nodes);
    *due = (struct due){0};
}

void due_compact(struct due *due, uint32_t *at) {
    uint32_t kept = 0, fires = 0;
    for (uint32_t i = due->head; i < due->end; i++) {
        if (due->nodes[i].tag == 0) continue;
        if (i < due->fires_end) fires++;
        at[idx_slot(due->nodes[i].tag)] = kept;
        due->nodes[kept++] = due->nodes[i];
    }
    assert(kept == due->live);
    due->head = 0;
    due->fires_end = fires;
    due->end = kept;
}

int due_reserve(struct due *due, uint32_t *at) {
    if (due->end < due->room) return PAWL_OK;
    if (due->live < due->room / 2u) {
        due_compact(due, at); /* arming and disarming without a price must not grow it */
        return PAWL_OK;
    }
    uint32_t room = due->room == 0 ? ROOM_MIN : due->room * 2u;
    struct idx_node *nodes = mem_realloc(due->nodes, (size_t)room * sizeof *nodes);
    if (nodes == NULL) return PAWL_E_NOMEM;
    due->nodes = nodes;
    due->room = room;
    return PAWL_OK;
}

void due_push(struct due *due, uint32_t *at, struct idx_node node) {
    assert(due->end < due->room);
    at[idx_slot(node.tag)] = due->end;
    due->nodes[due->end++] = node;
    due->live++;
}

void due_leave(struct due *due, uint32_t *at, uint32_t position) {
    assert(position >= due->head && position < due->end && due->live > 0);
    at[idx_slot(due->nodes[position].tag)] = IDX_NOWHERE;
    due->nodes[position].tag = 0;
    due->live--;
}

bool due_fires(struct due *due) {
    while (due->head < due->fires_end && due->nodes[due->head].tag == 0) due->head++;
    return due->head < due->fires_end;
}

struct idx_node due_pop(struct due *due, uint32_t *at) {
    struct idx_node node = due->nodes[due->head];
    due_leave(due, at, due->head);
    due->head++;
    return node;
}
