#include "base/slots.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"

#define ROOM_MIN 16u

static uint32_t *bucket_of(const struct slots *slots, uint32_t owner, uint64_t key) {
    uint64_t hash = hash_u64(key ^ ((uint64_t)owner * UINT64_C(0x9e3779b97f4a7c15)));
    return &slots->buckets[hash & (slots->buckets_count - 1u)];
}

void slots_init(struct slots *slots, uint32_t limit) {
    *slots = (struct slots){.free = SLOTS_NONE, .limit = limit};
}

void slots_done(struct slots *slots) {
    mem_free(slots->items);
    mem_free(slots->buckets);
    slots_init(slots, slots->limit);
}

uint32_t slots_find(const struct slots *slots, uint32_t owner, uint64_t key) {
    if (slots->count == 0) return SLOTS_NONE;
    uint32_t slot = *bucket_of(slots, owner, key);
    while (slot != SLOTS_NONE) {
        const struct slot *item = &slots->items[slot];
        if (item->key == key && item->owner == owner) break;
        slot = item->next;
    }
    return slot;
}

/* Twice as many buckets, or the first ones; chains are taken over from their heads. */
static int more_buckets(struct slots *slots) {
    uint32_t old_count = slots->buckets_count;
    uint32_t count = old_count == 0 ? ROOM_MIN : old_count * 2u;
    uint32_t *buckets = mem_alloc((size_t)count * sizeof *buckets);
    if (buckets == NULL) return PAWL_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) buckets[i] = SLOTS_NONE;
    uint32_t *old = slots->buckets;
    slots->buckets = buckets;
    slots->buckets_count = count;
    for (uint32_t i = 0; i < old_count; i++) {
        for (uint32_t slot = old[i], next; slot != SLOTS_NONE; slot = next) {
            struct slot *item = &slots->items[slot];
            uint32_t *bucket = bucket_of(slots, item->owner, item->key);
            next = item->next;
            item->next = *bucket;
            *bucket = slot;
        }
    }
    mem_free(old);
    return PAWL_OK;
}

int slots_reserve(struct slots *slots) {
    if (slots->count >= slots->limit) return PAWL_E_BUSY;
    if (slots->free == SLOTS_NONE && slots->used == slots->room) {
        uint32_t room = slots->room == 0 ? ROOM_MIN : slots->room * 2u;
        if (room > slots->limit) room = slots->limit;
        struct slot *items = mem_realloc(slots->items, (size_t)room * sizeof *items);
        if (items == NULL) return PAWL_E_NOMEM;
        slots->items = items;
        slots->room = room;
    }
    return slots->count < slots->buckets_count ? PAWL_OK : more_buckets(slots);
}

uint32_t slots_add(struct slots *slots, uint32_t owner, uint64_t key) {
    assert(slots->count < slots->buckets_count);
    uint32_t slot = slots->free;
    if (slot != SLOTS_NONE) {
        slots->free = slots->items[slot].next;
    } else {
        assert(slots->used < slots->room);
        slot = slots->used++;
    }
    uint32_t *bucket = bucket_of(slots, owner, key);
    slots->items[slot] = (struct slot){.key = key, .owner = owner, .next = *bucket};
    *bucket = slot;
    slots->count++;
    return slot;
}

void slots_fetch_bucket(const struct slots *slots, uint32_t slot) {
    __builtin_prefetch(bucket_of(slots, slots->items[slot].owner, slots->items[slot].key), 1);
}

void slots_remove(struct slots *slots, uint32_t slot) {
    assert(slot < slots->used);
    struct slot *item = &slots->items[slot];
    uint32_t *link = bucket_of(slots, item->owner, item->key);
    while (*link != slot) {
        assert(*link != SLOTS_NONE);
        link = &slots->items[*link].next;
    }
    *link = item->next;
    item->owner = SLOTS_NONE;
    item->next = slots->free;
    slots->free = slot;
    slots->count--;
}
