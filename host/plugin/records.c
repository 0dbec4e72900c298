/* pawl.records/1: a plugin's own records, in memory by key, written behind with the turn. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "plugin/descriptor.h"
#include "plugin/trial.h"

static struct record_rows *rows_of(struct pawl_ctx *ctx, uint16_t type) {
    struct instance *instance = instance_of(ctx);
    for (uint32_t i = 0; i < instance->record_type_count; i++)
        if (instance->records[i].type->id == type) return &instance->records[i];
    return NULL;
}

static bool is_history(const struct record_rows *rows) {
    return rows->type->durable == RECORD_HISTORY;
}

/* Keys are numbers of lots, mostly: where it would stand if they were evenly spread is near. Bounds
 * around it, so that a million rows are not searched through from the middle. */
static void near(const struct record_rows *rows, uint64_t key, uint32_t *low, uint32_t *high) {
    const uint64_t *keys = rows->keys;
    uint64_t span = rows->count == 0 ? 0 : keys[rows->count - 1] - keys[0];
    if (span == 0 || span > UINT32_MAX || key < keys[0] || key - keys[0] > span) return;
    uint32_t guess = (uint32_t)((key - keys[0]) * (rows->count - 1) / span), step = 1;
    if (keys[guess] < key) {
        *low = guess + 1;
        for (; *high - *low > step && keys[*low + step] < key; step *= 2) *low += step + 1;
        if (*high - *low > step) *high = *low + step;
    } else {
        *high = guess;
        for (; *high >= step && keys[*high - step] >= key; step *= 2) *high -= step;
        if (*high >= step) *low = *high - step + 1;
    }
}

/* Position of the first key at or above `key`. */
static uint32_t lower_bound(const struct record_rows *rows, uint64_t key) {
    uint32_t low = 0, high = rows->count;
    near(rows, key, &low, &high);
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

/* What was erased leaves its place empty, so that a million rows can go one by one; when half of
 * the places are empty the others close up. */
static void close_up(struct record_rows *rows) {
    uint32_t kept = 0;
    if (rows->count - rows->live <= rows->live) return;
    for (uint32_t at = 0; at < rows->count; at++) {
        if (rows->rows[at] == NULL) continue;
        rows->keys[kept] = rows->keys[at];
        rows->rows[kept++] = rows->rows[at];
    }
    rows->count = kept;
}

static bool drop(struct record_rows *rows, uint64_t key) {
    uint32_t at = lower_bound(rows, key);
    if (at == rows->count || rows->keys[at] != key || rows->rows[at] == NULL) return false;
    mem_free(rows->rows[at]);
    rows->rows[at] = NULL;
    rows->live--;
    close_up(rows);
    return true;
}

static int insert(struct record_rows *rows, const void *row) {
    uint64_t key;
    memcpy(&key, row, sizeof key);
    uint32_t at = lower_bound(rows, key);
    bool placed = at < rows->count && rows->keys[at] == key;
    if (placed && rows->rows[at] != NULL) {
        memcpy(rows->rows[at], row, rows->type->size);
        return PAWL_OK;
    }
    int rc = placed ? PAWL_OK : grow(rows);
    void *copy = rc == PAWL_OK ? mem_alloc(rows->type->size) : NULL;
    if (copy == NULL) return rc != PAWL_OK ? rc : PAWL_E_NOMEM;
    memcpy(copy, row, rows->type->size);
    rows->live++;
    if (placed) {
        rows->rows[at] = copy;
        return PAWL_OK;
    }
    memmove(rows->keys + at + 1, rows->keys + at, (rows->count - at) * sizeof *rows->keys);
    memmove(rows->rows + at + 1, rows->rows + at, (rows->count - at) * sizeof *rows->rows);
    rows->keys[at] = key;
    rows->rows[at] = copy;
    rows->count++;
    return PAWL_OK;
}

/* A disk that has failed is the host's matter, and when its thread found out is chance: the plugin
 * goes on with what is in memory, and what it is told does not depend on it. */
static int despite_disk(int rc) {
    return rc == PAWL_E_IO ? PAWL_OK : rc;
}

static int keep(struct instance *instance, const struct pawl_record_type *type, const void *row) {
    struct book *book = instance->services->book;
    book->plugin_changes = true;
    return despite_disk(store_put(book->store, type, row));
}

static int forget(struct instance *instance, const struct pawl_record_type *type, uint64_t key) {
    struct book *book = instance->services->book;
    book->plugin_changes = true;
    return despite_disk(store_erase(book->store, type, key));
}

/* What was noted begins with the type's id. */
struct noted_row {
    uint64_t type;
    unsigned char row[DESCRIPTOR_RECORD_MAX];
};
struct noted_key {
    uint16_t type;
    uint64_t key;
};

static int put_noted(struct instance *instance, const void *args, size_t size) {
    const struct noted_row *noted = args;
    (void)size;
    return keep(instance, rows_of(&instance->ctx, (uint16_t)noted->type)->type, noted->row);
}

static int erase_noted(struct instance *instance, const void *args, size_t size) {
    const struct noted_key *noted = args;
    (void)size;
    return forget(instance, rows_of(&instance->ctx, noted->type)->type, noted->key);
}

static int note_put(struct instance *instance, const struct pawl_record_type *type,
                    const void *row) {
    struct noted_row noted = {.type = type->id};
    memcpy(noted.row, row, type->size);
    return trial_defer(instance, put_noted, &noted,
                       offsetof(struct noted_row, row) + type->size);
}

static int note_erase(struct instance *instance, const struct pawl_record_type *type,
                      uint64_t key) {
    const struct noted_key noted = {.type = type->id, .key = key};
    return trial_defer(instance, erase_noted, &noted, sizeof noted);
}

static int records_put(struct pawl_ctx *ctx, uint16_t type, const void *row) {
    struct record_rows *rows = rows_of(ctx, type);
    uint64_t key = 0;
    if (rows == NULL || row == NULL) return PAWL_E_INVAL;
    memcpy(&key, row, sizeof key);
    if (key == 0) return PAWL_E_INVAL;
    int rc = trial_ready(instance_of(ctx), TRIAL_NOTED | TRIAL_IN_CREATE, NULL);
    if (rc != PAWL_OK) return rc;
    rc = is_history(rows) ? PAWL_OK : insert(rows, row);
    if (rc != PAWL_OK || !rows->type->durable) return rc;
    struct instance *instance = instance_of(ctx);
    return trial_is_on(instance) ? note_put(instance, rows->type, row)
                                 : keep(instance, rows->type, row);
}

static int records_erase(struct pawl_ctx *ctx, uint16_t type, uint64_t key) {
    struct record_rows *rows = rows_of(ctx, type);
    if (rows == NULL) return PAWL_E_INVAL;
    if (trial_ready(instance_of(ctx), TRIAL_NOTED | TRIAL_IN_CREATE, NULL) != PAWL_OK)
        return PAWL_E_STATE;
    if (!is_history(rows) && !drop(rows, key)) return PAWL_E_NOTFOUND;
    if (!rows->type->durable) return PAWL_OK;
    struct instance *instance = instance_of(ctx);
    return trial_is_on(instance) ? note_erase(instance, rows->type, key)
                                 : forget(instance, rows->type, key);
}

static const void *records_get(struct pawl_ctx *ctx, uint16_t type, uint64_t key) {
    const struct record_rows *rows = rows_of(ctx, type);
    if (rows == NULL) return NULL;
    uint32_t at = lower_bound(rows, key);
    return at < rows->count && rows->keys[at] == key ? rows->rows[at] : NULL;
}

static const void *records_next(struct pawl_ctx *ctx, uint16_t type, uint64_t after) {
    struct record_rows *rows = rows_of(ctx, type);
    if (rows == NULL || after == UINT64_MAX) return NULL;
    bool goes_on = rows->next_at < rows->count && rows->keys[rows->next_at] == after;
    uint32_t at = goes_on ? rows->next_at + 1 : lower_bound(rows, after + 1);
    while (at < rows->count && rows->rows[at] == NULL) at++;
    rows->next_at = at;
    return at < rows->count ? rows->rows[at] : NULL;
}

static void records_offer(struct pawl_ctx *ctx, const char *layout, const void *memory) {
    struct instance *instance = instance_of(ctx);
    bool fits = strnlen(layout, PAWL_LAYOUT_MAX + 1) <= PAWL_LAYOUT_MAX;
    instance->memory = fits ? memory : NULL;
    if (fits) strcpy(instance->layout, layout);
}

static const void *records_before(struct pawl_ctx *ctx, const char *layout) {
    const struct instance *before = instance_of(ctx)->before;
    bool same = before != NULL && before->memory != NULL && strcmp(before->layout, layout) == 0;
    return same ? before->memory : NULL;
}

const struct pawl_records records_table = {.size = (uint32_t)sizeof(struct pawl_records),
                                           .put = records_put,
                                           .erase = records_erase,
                                           .get = records_get,
                                           .next = records_next,
                                           .offer = records_offer,
                                           .before = records_before};

static int load_row(void *arg, const void *row, struct pawl_err *err) {
    int rc = insert(arg, row);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "a plugin's record: %s", pawl_rc_text(rc));
}

static int load_type(struct instance *instance, struct record_rows *rows, struct pawl_err *err) {
    struct store *store = instance->services->book->store;
    if (!rows->type->durable) return PAWL_OK;
    int rc = store_register(store, rows->type, err);
    if (rc != PAWL_OK || is_history(rows)) return rc;
    return store_load(store, rows->type, load_row, rows, err);
}

/* ---- from the instance before ---- */

/* Fields are append-only: what the old type has is where it was. */
static bool has_grown_from(const struct pawl_record_type *type,
                           const struct pawl_record_type *old) {
    const struct pawl_field *a = type->fields, *b = old->fields;
    if (type->size < old->size || type->durable != old->durable) return false;
    for (; b->name != NULL; a++, b++)
        if (a->name == NULL || strcmp(a->name, b->name) != 0 || a->kind != b->kind ||
            a->offset != b->offset || a->size != b->size)
            return b->kind == PAWL_F_PAD && b[1].name == NULL; /* fields may fill the old end */
    return true;
}

static int no_memory(struct pawl_err *err) {
    return pawl_fail(err, PAWL_E_NOMEM, "no memory for a plugin's records");
}

/* They come in order, so each goes behind the one before. */
static int copy_rows(struct record_rows *rows, const struct record_rows *old,
                     struct pawl_err *err) {
    if (old->live == 0) return PAWL_OK;
    rows->keys = mem_alloc(old->live * sizeof *rows->keys);
    rows->rows = mem_alloc(old->live * sizeof *rows->rows);
    if (rows->keys == NULL || rows->rows == NULL) return no_memory(err);
    rows->capacity = old->live;
    for (uint32_t i = 0; i < old->count; i++) {
        if (old->rows[i] == NULL) continue;
        char *row = mem_alloc(rows->type->size);
        if (row == NULL) return no_memory(err);
        memcpy(row, old->rows[i], old->type->size);
        memset(row + old->type->size, 0, rows->type->size - old->type->size);
        rows->keys[rows->count] = old->keys[i];
        rows->rows[rows->count++] = row;
        rows->live++;
    }
    return PAWL_OK;
}

static int copy_type(struct instance *instance, struct record_rows *rows,
                     const struct instance *old, struct pawl_err *err) {
    for (uint32_t i = 0; old != NULL && i < old->record_type_count; i++) {
        const struct record_rows *from = &old->records[i];
        if (strcmp(from->type->table, rows->type->table) != 0) continue;
        if (!has_grown_from(rows->type, from->type))
            return pawl_fail(err, PAWL_E_STATE,
                             "plugins.%s: record %s is not the one it was with fields added",
                             instance->name, rows->type->name);
        int rc = store_expect(instance->services->book->store, rows->type, err);
        return rc == PAWL_OK ? copy_rows(rows, from, err) : rc;
    }
    return load_type(instance, rows, err);
}

/* Two instances of one plugin share no rows: the one that is named like its plugin has the tables
 * as the plugin names them, another one's end in its name. */
static void name_table(const struct instance *instance, struct record_rows *rows,
                       const struct pawl_record_type *type) {
    rows->type = type;
    if (strcmp(instance->name, instance->plugin->name) == 0) return;
    rows->own = *type;
    snprintf(rows->own_table, sizeof rows->own_table, "%.63s_%s", type->table, instance->name);
    rows->own.table = rows->own_table;
    rows->type = &rows->own;
}

int records_load(struct instance *instance, const struct instance *old, struct pawl_err *err) {
    const struct pawl_record_type *type = instance->plugin->records;
    for (; type != NULL && type->name != NULL; type++) {
        if (instance->record_type_count == INSTANCE_RECORD_TYPES_MAX)
            return pawl_fail(err, PAWL_E_BUSY, "%s: more than %u record types", instance->name,
                             INSTANCE_RECORD_TYPES_MAX);
        struct record_rows *rows = &instance->records[instance->record_type_count++];
        name_table(instance, rows, type);
        int rc = copy_type(instance, rows, old, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

static const struct pawl_record_type *same_table(const struct instance *instance,
                                                 const char *table) {
    for (uint32_t i = 0; instance != NULL && i < instance->record_type_count; i++)
        if (strcmp(instance->records[i].type->table, table) == 0) return instance->records[i].type;
    return NULL;
}

void records_forget(struct instance *instance, const struct instance *other) {
    for (uint32_t i = 0; i < instance->record_type_count; i++) {
        const struct pawl_record_type *type = instance->records[i].type;
        store_forget(instance->services->book->store, type, same_table(other, type->table));
    }
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
