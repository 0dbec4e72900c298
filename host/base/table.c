#include "base/table.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

#define TABLE_SLOTS_MIN 16u
#define TABLE_ENTRIES_LIMIT (1u << 30)

void table_init(struct table *table, uint32_t entries_max) {
    assert(entries_max > 0 && entries_max <= TABLE_ENTRIES_LIMIT);
    *table = (struct table){.entries_max = entries_max};
}

void table_done(struct table *table) {
    if (table == NULL) return;
    mem_free(table->slots);
    table->slots = NULL;
    table->slots_count = table->count = 0;
}

void table_clear(struct table *table) {
    if (table->count > 0) memset(table->slots, 0, table->slots_count * sizeof *table->slots);
    table->count = 0;
}

static uint32_t home_of(uint32_t slots_count, uint64_t key) {
    return (uint32_t)((uint64_t)(uint32_t)hash_u64(key) * slots_count >> 32);
}

static uint32_t after(uint32_t slots_count, uint32_t i) { return i + 1 < slots_count ? i + 1 : 0; }

/* How far `to` is behind `from`, on their way around. */
static uint32_t distance(uint32_t slots_count, uint32_t from, uint32_t to) {
    return to >= from ? to - from : to + slots_count - from;
}

/* The slot of key, or the free one where it would go. The table is never full. */
static uint32_t slot_of(const struct table_slot *slots, uint32_t slots_count, uint64_t key) {
    uint32_t i = home_of(slots_count, key);
    while (slots[i].value != NULL && slots[i].key != key) i = after(slots_count, i);
    return i;
}

/* 16, 24, 32, 48: when it has grown it is about half full. */
static uint32_t next_size(uint32_t slots_count) {
    if (slots_count == 0) return TABLE_SLOTS_MIN;
    return (slots_count & (slots_count - 1)) == 0 ? slots_count / 2 * 3 : slots_count / 3 * 4;
}

static int table_grow(struct table *table) {
    uint32_t wanted = next_size(table->slots_count);
    struct table_slot *slots = mem_calloc(wanted, sizeof *slots);
    if (slots == NULL) return PAWL_E_NOMEM;
    for (uint32_t i = 0; i < table->slots_count; i++)
        if (table->slots[i].value != NULL)
            slots[slot_of(slots, wanted, table->slots[i].key)] = table->slots[i];
    mem_free(table->slots);
    table->slots = slots;
    table->slots_count = wanted;
    return PAWL_OK;
}

int table_put(struct table *table, uint64_t key, void *value) {
    assert(value != NULL);
    if (table->slots_count > 0) {
        struct table_slot *slot = &table->slots[slot_of(table->slots, table->slots_count, key)];
        if (slot->value != NULL) {
            slot->value = value;
            return PAWL_OK;
        }
    }
    if (table->count >= table->entries_max) return PAWL_E_BUSY;
    /* At most seven tenths full, so that a probe stays short. */
    if ((table->count + 1) * UINT64_C(10) > table->slots_count * UINT64_C(7)) {
        int rc = table_grow(table);
        if (rc != PAWL_OK) return rc;
    }
    table->slots[slot_of(table->slots, table->slots_count, key)] =
        (struct table_slot){.key = key, .value = value};
    table->count++;
    return PAWL_OK;
}

void *table_get(const struct table *table, uint64_t key) {
    if (table->count == 0) return NULL;
    return table->slots[slot_of(table->slots, table->slots_count, key)].value;
}

void *table_remove(struct table *table, uint64_t key) {
    if (table->count == 0) return NULL;
    uint32_t count = table->slots_count, hole = slot_of(table->slots, count, key);
    void *value = table->slots[hole].value;
    if (value == NULL) return NULL;
    /* Close the gap: move back each later entry of the run whose home is not beyond the hole. */
    for (uint32_t i = after(count, hole); table->slots[i].value != NULL; i = after(count, i)) {
        uint32_t home = home_of(count, table->slots[i].key);
        if (distance(count, home, i) >= distance(count, hole, i)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole].value = NULL;
    table->count--;
    return value;
}

int table_add_near(struct table *table, uint64_t home, void *value) {
    uint64_t key = home;
    while (table_get(table, key) != NULL) key++;
    return table_put(table, key, value);
}

void table_remove_near(struct table *table, const void *value,
                       uint64_t (*home)(const void *value)) {
    uint64_t hole = home(value);
    for (const void *at; (at = table_get(table, hole)) != value; hole++)
        if (at == NULL) return; /* it is not there */
    table_remove(table, hole);
    void *next;
    for (uint64_t key = hole + 1; (next = table_get(table, key)) != NULL; key++) {
        if (key - home(next) < key - hole) continue; /* not because of the hole */
        table_remove(table, key);
        table_put(table, hole, next); /* replaces what was removed: cannot fail */
        hole = key;
    }
}

bool table_next(const struct table *table, uint32_t *at, uint64_t *ret_key, void **ret_value) {
    for (uint32_t i = *at; i < table->slots_count; i++) {
        if (table->slots[i].value == NULL) continue;
        *at = i + 1;
        if (ret_key != NULL) *ret_key = table->slots[i].key;
        if (ret_value != NULL) *ret_value = table->slots[i].value;
        return true;
    }
    return false;
}
