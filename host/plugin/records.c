/* pawl.records/1: a plugin's own records, in memory by key, written behind with the turn. */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "plugin/instance.h"

static struct record_rows *rows_of(struct pawl_ctx *ctx, uint16_t type) {
    struct instance *instance = instance_of(ctx);
    for (uint32_t i = 0; i < instance->record_type_count; i++)
        if (instance->records[i].type->id == type) return &instance->records[i];
    return NULL;
}

/* Position of the first key at or above `key`. */
static uint32_t lower_bound(const struct record_rows *rows, uint64_t key) {
    uint32_t low = 0, high = rows->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int grow(struct record_rows *rows) {
    if (rows->count < rows->capacity) return PAWL_OK;
    if (rows->capacity >= INSTANCE_RECORD_ROWS_MAX) return PAWL_E_BUSY;
    uint32_t capacity = rows->capacity == 0 ? 16 : rows->capacity * 2;
    uint64_t *keys = mem_realloc(rows->keys, capacity * sizeof *keys);
    if (keys == NULL) return PAWL_E_NOMEM;
    rows->keys = keys;
    void **values = mem_realloc(rows->rows, capacity * sizeof *values);
    if (values == NULL) return PAWL_E_NOMEM;
    rows->rows = values;
    rows->capacity = capacity;
    return PAWL_OK;
}

static int insert(struct record_rows *rows, const void *row) {
    uint64_t key;
    memcpy(&key, row, sizeof key);
    uint32_t at = lower_bound(rows, key);
    if (at < rows->count && rows->keys[at] == key) {
        memcpy(rows->rows[at], row, rows->type->size);
        return PAWL_OK;
    }
    int rc = grow(rows);
    void *copy = rc == PAWL_OK ? mem_alloc(rows->type->size) : NULL;
    if (copy == NULL) return rc != PAWL_OK ? rc : PAWL_E_NOMEM;
    memcpy(copy, row, rows->type->size);
    memmove(rows->keys + at + 1, rows->keys + at, (rows->count - at) * sizeof *rows->keys);
    memmove(rows->rows + at + 1, rows->rows + at, (rows->count - at) * sizeof *rows->rows);
    rows->keys[at] = key;
    rows->rows[at] = copy;
    rows->count++;
    return PAWL_OK;
}

static int records_put(struct pawl_ctx *ctx, uint16_t type, const void *row) {
    struct record_rows *rows = rows_of(ctx, type);
    uint64_t key = 0;
    if (rows == NULL || row == NULL) return PAWL_E_INVAL;
    memcpy(&key, row, sizeof key);
    if (key == 0) return PAWL_E_INVAL;
    int rc = insert(rows, row);
    if (rc != PAWL_OK || !rows->type->durable) return rc;
    struct book *book = instance_of(ctx)->services->book;
    book->plugin_changes = true;
    return store_put(book->store, rows->type, row);
}

static int records_erase(struct pawl_ctx *ctx, uint16_t type, uint64_t key) {
    struct record_rows *rows = rows_of(ctx, type);
    if (rows == NULL) return PAWL_E_INVAL;
    uint32_t at = lower_bound(rows, key);
    if (at == rows->count || rows->keys[at] != key) return PAWL_E_NOTFOUND;
    mem_free(rows->rows[at]);
    rows->count--;
    memmove(rows->keys + at, rows->keys + at + 1, (rows->count - at) * sizeof *rows->keys);
    memmove(rows->rows + at, rows->rows + at + 1, (rows->count - at) * sizeof *rows->rows);
    if (!rows->type->durable) return PAWL_OK;
    struct book *book = instance_of(ctx)->services->book;
    book->plugin_changes = true;
    return store_erase(book->store, rows->type, key);
}

static const void *records_get(struct pawl_ctx *ctx, uint16_t type, uint64_t key) {
    const struct record_rows *rows = rows_of(ctx, type);
    if (rows == NULL) return NULL;
    uint32_t at = lower_bound(rows, key);
    return at < rows->count && rows->keys[at] == key ? rows->rows[at] : NULL;
}

static const void *records_next(struct pawl_ctx *ctx, uint16_t type, uint64_t after) {
    const struct record_rows *rows = rows_of(ctx, type);
    if (rows == NULL || after == UINT64_MAX) return NULL;
    uint32_t at = lower_bound(rows, after + 1);
    return at < rows->count ? rows->rows[at] : NULL;
}

const struct pawl_records records_table = {.size = (uint32_t)sizeof(struct pawl_records),
                                           .put = records_put,
                                           .erase = records_erase,
                                           .get = records_get,
                                           .next = records_next};

static int load_row(void *arg, const void *row, struct pawl_err *err) {
    int rc = insert(arg, row);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "a plugin's record: %s", pawl_rc_text(rc));
}

int records_load(struct instance *instance, struct pawl_err *err) {
    const struct pawl_record_type *type = instance->plugin->records;
    for (; type != NULL && type->name != NULL; type++) {
        if (instance->record_type_count == INSTANCE_RECORD_TYPES_MAX)
            return pawl_fail(err, PAWL_E_BUSY, "%s: more than %u record types", instance->name,
                             INSTANCE_RECORD_TYPES_MAX);
        struct record_rows *rows = &instance->records[instance->record_type_count++];
        rows->type = type;
        if (!type->durable) continue;
        struct store *store = instance->services->book->store;
        int rc = store_register(store, type, err);
        if (rc == PAWL_OK) rc = store_load(store, type, load_row, rows, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

void records_done(struct instance *instance) {
    for (uint32_t i = 0; i < instance->record_type_count; i++) {
        struct record_rows *rows = &instance->records[i];
        for (uint32_t at = 0; at < rows->count; at++) mem_free(rows->rows[at]);
        mem_free(rows->rows);
        mem_free(rows->keys);
    }
    instance->record_type_count = 0;
}
