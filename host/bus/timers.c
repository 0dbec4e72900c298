#include "bus/timers.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/idx_heap.h"
#include "base/slots.h"

struct timers {
    struct slots slots;
    struct idx_heap heap; /* rank = due time */
    uint32_t *at;         /* slot -> position in the heap */
    uint32_t at_room;
    uint64_t age; /* of the newest */
};

int timers_new(struct timers **ret, struct pawl_err *err) {
    struct timers *t = mem_calloc(1, sizeof *t);
    if (t == NULL) return pawl_fail(err, PAWL_E_NOMEM, "timers: out of memory");
    slots_init(&t->slots, TIMERS_MAX);
    *ret = t;
    return PAWL_OK;
}

void timers_free(struct timers *t) {
    if (t == NULL) return;
    slots_done(&t->slots);
    idx_heap_done(&t->heap);
    mem_free(t->at);
    mem_free(t);
}

/* Make room for one timer more, in all three arrays. */
static int reserve(struct timers *t) {
    int rc = slots_reserve(&t->slots);
    if (rc != PAWL_OK) return rc;
    if (t->at_room < t->slots.room) {
        uint32_t *at = mem_realloc(t->at, (size_t)t->slots.room * sizeof *at);
        if (at == NULL) return PAWL_E_NOMEM;
        for (uint32_t i = t->at_room; i < t->slots.room; i++) at[i] = IDX_NOWHERE;
        t->at = at;
        t->at_room = t->slots.room;
    }
    return idx_heap_reserve(&t->heap, t->heap.count + 1u);
}

int timers_set(struct timers *t, uint32_t owner, uint64_t key, int64_t due_ns,
               struct pawl_err *err) {
    if (t->age == IDX_AGE_MAX) return pawl_fail(err, PAWL_E_BUSY, "timers: set too often");
    uint32_t slot = slots_find(&t->slots, owner, key);
    if (slot == SLOTS_NONE) {
        int rc = reserve(t);
        if (rc == PAWL_E_BUSY)
            return pawl_fail(err, rc, "timers: %u are set, the limit", TIMERS_MAX);
        if (rc != PAWL_OK) return pawl_fail(err, rc, "timers: out of memory");
        slot = slots_add(&t->slots, owner, key);
    } else {
        idx_heap_remove(&t->heap, t->at, t->at[slot]);
    }
    struct idx_node node = {.rank = due_ns, .tag = idx_tag(++t->age, slot)};
    idx_heap_push(&t->heap, t->at, node);
    return PAWL_OK;
}

static void drop(struct timers *t, uint32_t slot) {
    idx_heap_remove(&t->heap, t->at, t->at[slot]);
    slots_remove(&t->slots, slot);
}

bool timers_clear(struct timers *t, uint32_t owner, uint64_t key) {
    uint32_t slot = slots_find(&t->slots, owner, key);
    if (slot == SLOTS_NONE) return false;
    drop(t, slot);
    return true;
}

uint32_t timers_drop_unless(struct timers *t, uint32_t owner,
                            bool (*keep)(void *arg, uint64_t key, int64_t due_ns), void *arg) {
    uint32_t dropped = 0;
    for (uint32_t slot = 0; slot < t->slots.used; slot++) {
        const struct slot *item = &t->slots.items[slot];
        if (t->at[slot] == IDX_NOWHERE || item->owner != owner) continue;
        if (keep != NULL && keep(arg, item->key, t->heap.nodes[t->at[slot]].rank)) continue;
        drop(t, slot);
        dropped++;
    }
    return dropped;
}

uint32_t timers_drop_owner(struct timers *t, uint32_t owner) {
    return timers_drop_unless(t, owner, NULL, NULL);
}

bool timers_find(const struct timers *t, uint32_t owner, uint64_t key, int64_t *ret_due_ns) {
    uint32_t slot = slots_find(&t->slots, owner, key);
    if (slot == SLOTS_NONE) return false;
    *ret_due_ns = t->heap.nodes[t->at[slot]].rank;
    return true;
}

int64_t timers_next_due(const struct timers *t) {
    return t->heap.count == 0 ? TIMERS_NEVER : t->heap.nodes[0].rank;
}

bool timers_pop(struct timers *t, int64_t now_ns, uint32_t *ret_owner, uint64_t *ret_key,
                int64_t *ret_due_ns) {
    if (t->heap.count == 0 || t->heap.nodes[0].rank > now_ns) return false;
    const struct slot *item = &t->slots.items[idx_slot(t->heap.nodes[0].tag)];
    *ret_owner = item->owner;
    *ret_key = item->key;
    *ret_due_ns = t->heap.nodes[0].rank;
    drop(t, idx_slot(t->heap.nodes[0].tag));
    return true;
}

uint32_t timers_count(const struct timers *t) { return t->slots.count; }
