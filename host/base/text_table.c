#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/table.h"

#define TEXT_TABLE_SLOTS_MIN 16u

void text_table_init(struct text_table *table, uint32_t entries_max, uint32_t text_max) {
    assert(entries_max > 0 && entries_max <= 1u << 30 && text_max > 0);
    *table = (struct text_table){.entries_max = entries_max, .text_max = text_max};
}

void text_table_done(struct text_table *table) {
    if (table == NULL) return;
    for (uint32_t i = 0; i < table->slots_count; i++) mem_free((void *)table->slots[i].text);
    mem_free(table->slots);
    table->slots = NULL;
    table->slots_count = table->count = 0;
}

static uint32_t home_of(const char *text, size_t len, uint32_t slots_count) {
    return (uint32_t)hash_bytes(text, len, 0) & (slots_count - 1);
}

static uint32_t slot_of(const struct text_slot *slots, uint32_t slots_count, const char *text,
                        size_t len) {
    uint32_t i = home_of(text, len, slots_count);
    while (slots[i].text != NULL &&
           (slots[i].len != len || memcmp(slots[i].text, text, len) != 0))
        i = (i + 1) & (slots_count - 1);
    return i;
}

static int text_table_grow(struct text_table *table) {
    uint32_t wanted = table->slots_count == 0 ? TEXT_TABLE_SLOTS_MIN : table->slots_count * 2;
    struct text_slot *slots = mem_calloc(wanted, sizeof *slots);
    if (slots == NULL) return PAWL_E_NOMEM;
    for (uint32_t i = 0; i < table->slots_count; i++) {
        const struct text_slot *slot = &table->slots[i];
        if (slot->text != NULL) slots[slot_of(slots, wanted, slot->text, slot->len)] = *slot;
    }
    mem_free(table->slots);
    table->slots = slots;
    table->slots_count = wanted;
    return PAWL_OK;
}

int text_table_put(struct text_table *table, const char *text, uint32_t value,
                   const char **ret_text) {
    size_t len = strlen(text);
    if (len > table->text_max) return PAWL_E_RANGE;
    if (table->slots_count > 0) {
        struct text_slot *slot =
            &table->slots[slot_of(table->slots, table->slots_count, text, len)];
        if (slot->text != NULL) {
            slot->value = value;
            if (ret_text != NULL) *ret_text = slot->text;
            return PAWL_OK;
        }
    }
    if (table->count >= table->entries_max) return PAWL_E_BUSY;
    if (table->count + 1 > table->slots_count / 3 * 2) {
        int rc = text_table_grow(table);
        if (rc != PAWL_OK) return rc;
    }
    char *copy = mem_strdup(text);
    if (copy == NULL) return PAWL_E_NOMEM;
    table->slots[slot_of(table->slots, table->slots_count, text, len)] =
        (struct text_slot){.text = copy, .value = value, .len = (uint32_t)len};
    table->count++;
    if (ret_text != NULL) *ret_text = copy;
    return PAWL_OK;
}

bool text_table_find(const struct text_table *table, const char *text, size_t len,
                     uint32_t *ret_value) {
    if (table->count == 0 || len > table->text_max) return false;
    const struct text_slot *slot =
        &table->slots[slot_of(table->slots, table->slots_count, text, len)];
    if (slot->text == NULL) return false;
    *ret_value = slot->value;
    return true;
}

bool text_table_get(const struct text_table *table, const char *text, uint32_t *ret_value) {
    return text_table_find(table, text, strlen(text), ret_value);
}

bool text_table_remove(struct text_table *table, const char *text) {
    size_t len = strlen(text);
    if (table->count == 0 || len > table->text_max) return false;
    uint32_t mask = table->slots_count - 1;
    uint32_t hole = slot_of(table->slots, table->slots_count, text, len);
    if (table->slots[hole].text == NULL) return false;
    mem_free((void *)table->slots[hole].text);
    /* Close the gap: move back each later entry of the run whose home is not beyond the hole. */
    for (uint32_t i = (hole + 1) & mask; table->slots[i].text != NULL; i = (i + 1) & mask) {
        uint32_t home = home_of(table->slots[i].text, table->slots[i].len, table->slots_count);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole].text = NULL;
    table->count--;
    return true;
}

bool text_table_next(const struct text_table *table, uint32_t *at, const char **ret_text,
                     uint32_t *ret_value) {
    for (uint32_t i = *at; i < table->slots_count; i++) {
        if (table->slots[i].text == NULL) continue;
        *at = i + 1;
        if (ret_text != NULL) *ret_text = table->slots[i].text;
        if (ret_value != NULL) *ret_value = table->slots[i].value;
        return true;
    }
    return false;
}
