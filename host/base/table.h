/*
 * table.h - two open-addressing hash maps: u64 -> pointer, and text -> u32.
 *
 * Order  iteration follows the hash of the keys and the history of calls, never an address: the
 *        same calls give the same order in every run. Whoever needs a meaningful order sorts.
 * Limits named at init; a full map answers PAWL_E_BUSY. Memory grows by a third or a half, of
 *        texts by doubling.
 * Thread none of its own; one thread at a time.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>

#include "pawl_types.h"

struct table_slot {
    uint64_t key;
    void *value; /* NULL = free */
};
struct table {
    struct table_slot *slots; /* NULL until the first put */
    uint32_t slots_count;     /* a power of two, or one and a half of one, or 0 */
    uint32_t count;
    uint32_t entries_max;
};

void table_init(struct table *table, uint32_t entries_max); /* entries_max <= 2^30 */
void table_done(struct table *table);                       /* values are the caller's */
void table_clear(struct table *table);                      /* keeps its memory */
/* Set key to value (not NULL), replacing what was there. */
int table_put(struct table *table, uint64_t key, void *value);
void *table_get(const struct table *table, uint64_t key);  /* NULL = none */
void *table_remove(struct table *table, uint64_t key);     /* the value it had; NULL = none */
/* Values kept under a hash, their home: where that key is taken they get the next free one. Look
 * for one from its home on until there is none. What stood behind a removed one because of it
 * moves up; `home` is that of a value. */
int table_add_near(struct table *table, uint64_t home, void *value);
void table_remove_near(struct table *table, const void *value,
                       uint64_t (*home)(const void *value));
/* Walk: *at = 0 at first; false at the end. The table must not change meanwhile. */
bool table_next(const struct table *table, uint32_t *at, uint64_t *ret_key, void **ret_value);

struct text_slot {
    const char *text; /* the table's own copy; NULL = free */
    uint32_t value;
    uint32_t len;
};
struct text_table {
    struct text_slot *slots;
    uint32_t slots_count;
    uint32_t count;
    uint32_t entries_max;
    uint32_t text_max; /* bytes of a text */
};

void text_table_init(struct text_table *table, uint32_t entries_max, uint32_t text_max);
void text_table_done(struct text_table *table);
/* Set text to value. *ret_text (may be NULL) = the table's copy, valid until it is removed or the
 * table done. PAWL_E_RANGE: text longer than text_max. */
int text_table_put(struct text_table *table, const char *text, uint32_t value,
                   const char **ret_text);
/* False = not there; *ret_value untouched. */
bool text_table_get(const struct text_table *table, const char *text, uint32_t *ret_value);
bool text_table_find(const struct text_table *table, const char *text, size_t len,
                     uint32_t *ret_value); /* text need not be terminated */
bool text_table_remove(struct text_table *table, const char *text);
bool text_table_next(const struct text_table *table, uint32_t *at, const char **ret_text,
                     uint32_t *ret_value);

#endif
