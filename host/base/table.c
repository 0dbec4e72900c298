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

/* The slot of key, or the free one where it would go. The table is never full. */
static uint32_t slot_of(const struct table_slot *slots, uint32_t slots_count, uint64_t key) {
    uint32_t mask = slots_count - 1, i = (uint32_t)hash_u64(key) & mask;
    while (slots[i].value != NULL && slots[i].key != key) i = (i + 1) & mask;
    return i;
}

static int table_grow(struct table *table) {
    uint32_t wanted = table->slots_count == 0 ? TABLE_SLOTS_MIN : table->slots_count * 2;
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
    /* At most two thirds full, so that a probe stays short. */
    if (table->count + 1 > table->slots_count / 3 * 2) {
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
    uint32_t mask = table->slots_count - 1;
    uint32_t hole = slot_of(table->slots, table->slots_count, key);
    void *value = table->slots[hole].value;
    if (value == NULL) return NULL;
    /* Close the gap: move back each later entry of the run whose home is not beyond the hole. */
    for (uint32_t i = (hole + 1) & mask; table->slots[i].value != NULL; i = (i + 1) & mask) {
        uint32_t home = (uint32_t)hash_u64(table->slots[i].key) & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
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
