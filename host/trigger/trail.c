#include "trigger/trail.h"

#include <assert.h>

#include "base/alloc.h"
#include "pawl_num.h"

#define ROOM_MIN 16u

void trails_done(struct trails *trails) {
    mem_free(trails->items);
    mem_free(trails->piles);
    mem_free(trails->pile_at);
    *trails = (struct trails){0};
}

int trails_reserve(struct trails *t, uint32_t slots_room) {
    if (t->room < slots_room) {
        struct trail *items = mem_realloc(t->items, (size_t)slots_room * sizeof *items);
        if (items == NULL) return PAWL_E_NOMEM;
        t->items = items;
        t->room = slots_room;
    }
    if (t->piles_count < t->piles_room) return PAWL_OK;
    uint32_t room = t->piles_room == 0 ? ROOM_MIN : t->piles_room * 2u;
    struct pile *piles = mem_realloc(t->piles, (size_t)room * sizeof *piles);
    if (piles == NULL) return PAWL_E_NOMEM;
    t->piles = piles;
    uint32_t *at = mem_realloc(t->pile_at, (size_t)room * sizeof *at);
    if (at == NULL) return PAWL_E_NOMEM;
    t->pile_at = at;
    t->piles_room = room;
    return PAWL_OK;
}

int64_t trail_level(const struct trail *trail, int64_t best, uint32_t below) {
    int64_t by = trail->by, level;
    if (trail->fraction != 0 &&
        (pawl_mul_e8(best, trail->by, PAWL_ROUND_DOWN, &by) != PAWL_OK || by < 1))
        by = 1;
    if (below) return pawl_sub_i64(best, by, &level) == PAWL_OK ? level : INT64_MIN + 1;
    return pawl_add_i64(best, by, &level) == PAWL_OK ? level : INT64_MAX;
}

uint32_t pile_new(struct trails *t, int64_t best) {
    uint32_t pile = t->piles_free;
    if (t->piles_count < t->piles_used) {
        t->piles_free = t->piles[pile].next_free;
    } else {
        pile = t->piles_used++;
        assert(pile < t->piles_room);
    }
    t->piles_count++;
    t->piles[pile] = (struct pile){.best = best, .root = TRAIL_NONE};
    t->pile_at[pile] = IDX_NOWHERE;
    return pile;
}

void pile_free(struct trails *t, uint32_t pile) {
    t->piles[pile].next_free = t->piles_free;
    t->piles_free = pile;
    t->piles_count--;
}

/* ---- the pairing heap ---- */

/* Two roots become one; either may be NONE. */
static uint32_t meld(struct trail *items, uint32_t a, uint32_t b) {
    if (a == TRAIL_NONE) return b;
    if (b == TRAIL_NONE) return a;
    if (trail_nearer(&items[b], &items[a])) {
        uint32_t other = a;
        a = b;
        b = other;
    }
    items[b].previous = a;
    items[b].next = items[a].child;
    if (items[a].child != TRAIL_NONE) items[items[a].child].previous = b;
    items[a].child = b;
    items[a].next = items[a].previous = TRAIL_NONE;
    return a;
}

/* The children of a slot as one heap: in pairs from the left, then together from the right. */
static uint32_t children(struct trail *items, uint32_t slot) {
    uint32_t first = items[slot].child, pairs = TRAIL_NONE, all = TRAIL_NONE;
    items[slot].child = TRAIL_NONE;
    while (first != TRAIL_NONE) {
        uint32_t a = first, b = items[a].next;
        first = b == TRAIL_NONE ? TRAIL_NONE : items[b].next;
        items[a].next = items[a].previous = TRAIL_NONE;
        if (b != TRAIL_NONE) items[b].next = items[b].previous = TRAIL_NONE;
        a = meld(items, a, b);
        items[a].next = pairs;
        pairs = a;
    }
    while (pairs != TRAIL_NONE) {
        uint32_t one = pairs;
        pairs = items[one].next;
        items[one].next = TRAIL_NONE;
        all = meld(items, all, one);
    }
    return all;
}

static void set_root(struct trails *t, uint32_t pile, uint32_t root) {
    t->piles[pile].root = root;
    if (root == TRAIL_NONE) return;
    t->items[root].previous = TRAIL_NONE;
    t->items[root].next = pile;
}

void pile_add(struct trails *t, uint32_t pile, uint32_t root) {
    uint32_t old = t->piles[pile].root;
    if (old != TRAIL_NONE) t->items[old].next = TRAIL_NONE;
    t->items[root].next = t->items[root].previous = TRAIL_NONE;
    set_root(t, pile, meld(t->items, old, root));
}

void pile_remove(struct trails *t, uint32_t slot) {
    struct trail *items = t->items, *gone = &items[slot];
    if (trail_is_root(t, slot)) {
        uint32_t pile = gone->next;
        set_root(t, pile, children(items, slot));
        return;
    }
    /* what hung below it takes its place: nothing in it is nearer than its parent */
    uint32_t previous = gone->previous, next = gone->next;
    uint32_t heir = children(items, slot), link = heir != TRAIL_NONE ? heir : next;
    if (heir != TRAIL_NONE) {
        items[heir].previous = previous;
        items[heir].next = next;
    }
    if (next != TRAIL_NONE) items[next].previous = heir != TRAIL_NONE ? heir : previous;
    if (items[previous].child == slot)
        items[previous].child = link;
    else
        items[previous].next = link;
}

uint32_t pile_of(const struct trails *t, uint32_t slot) {
    while (!trail_is_root(t, slot)) slot = t->items[slot].previous;
    return t->items[slot].next;
}
