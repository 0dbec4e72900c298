/*
 * redo.c - what was committed, in one write, until it is in its tables.
 *
 * A turn touches half a dozen tables, each a page of SQLite's log; whoever waits for it should wait
 * for one short write. So a small group of turns is written to PATH-redo first, which makes it
 * durable, and its changes are kept; the writer puts them into their tables when nothing waits, in
 * a transaction that says up to which group it has filed. What a crash left there the next start
 * puts into the tables first (redo_read.c).
 *
 * The file has two segments. While the groups of one are being filed the other is written, so
 * nobody waits for SQLite. A group is a head, and the changes in order, each
 *
 *   op  length and name of the table  erased: the key; put: the values, REDO_END
 *
 * A value is its kind, a hash of its column's name, and what it is; zero and empty ones are left
 * out. So no type has to be known to recover, and a row that was written before its table grew is
 * right after it. Groups are numbered from 1 in each boot; a head with another boot is nothing.
 * What goes to its tables without being here, a large group or a table that is made, has a number,
 * too: where a power cut took that, nothing behind it counts.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "store/redo.h"

#define REDO_GROUP_BYTES_MAX (64u << 10) /* a larger group goes to its tables at once */
#define REDO_BYTES_MAX (256u << 10)      /* then the tables are due, whoever waits */
#define REDO_GROUPS_MAX 64u
#define CHANGE_HEAD_MAX (2u + STORE_IDENT_MAX + 2 * VARINT_SIZE_MAX)
#define VALUE_HEAD_SIZE (1 + sizeof(uint64_t))

/* ---- changes as bytes; there is room ---- */

static uint8_t *add_varint(uint8_t *at, uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *add_text(uint8_t *at, const char *text, size_t len) {
    at = add_varint(at, len);
    memcpy(at, text, len);
    return at + len;
}

static uint8_t *add_head(uint8_t *at, enum redo_value kind, const struct shape_column *column) {
    *at++ = (uint8_t)kind;
    memcpy(at, &column->name_hash, sizeof column->name_hash);
    return at + sizeof column->name_hash;
}

static uint8_t *add_row(uint8_t *at, const struct shape *shape, const void *row) {
    for (uint32_t i = 0; i < shape->columns_count; i++) {
        const struct shape_column *column = &shape->columns[i];
        const char *text = (const char *)row + column->offset;
        if (shape_column_is_text(column)) {
            if (text[0] == '\0') continue;
            at = add_text(add_head(at, REDO_TEXT, column), text, strlen(text));
        } else {
            int64_t value = shape_integer(column, row);
            if (value == 0) continue;
            at = add_head(at, value > 0 ? REDO_POSITIVE : REDO_NEGATIVE, column);
            at = add_varint(at, value > 0 ? (uint64_t)value : ~(uint64_t)value);
        }
    }
    *at++ = REDO_END;
    return at;
}

static int add_change(const struct store *store, struct batch *to, const struct change *change) {
    const struct shape *shape = store->shapes[change->shape];
    size_t values =
        shape->columns_count * (VALUE_HEAD_SIZE + VARINT_SIZE_MAX) + shape->row_size + 1;
    int rc = batch_reserve(to, CHANGE_HEAD_MAX + values);
    if (rc != PAWL_OK) return rc;
    uint8_t *at = to->bytes + to->size;
    *at++ = (uint8_t)change->op;
    at = add_text(at, shape->table, strlen(shape->table));
    at = change->op == CHANGE_PUT ? add_row(at, shape, change + 1) : add_varint(at, change->key);
    to->size = (size_t)(at - to->bytes);
    return PAWL_OK;
}

static int add_group(const struct store *store, struct batch *to, const struct batch *group) {
    struct redo_head head = {.number = store->redo.number + 1, .boot = store->boot,
                             .synced = store->durability == STORE_FULL};
    to->size = 0;
    int rc = batch_reserve(to, sizeof head);
    to->size = sizeof head;
    for (size_t at = 0; rc == PAWL_OK && at < group->size; at += batch_at(group, at)->size)
        rc = add_change(store, to, batch_at(group, at));
    if (rc == PAWL_OK) rc = batch_reserve(to, REDO_ALIGN);
    if (rc != PAWL_OK) return rc;
    while (to->size % REDO_ALIGN != 0) to->bytes[to->size++] = 0; /* no change begins so */
    head.size = (uint32_t)to->size;
    memcpy(to->bytes, &head, sizeof head);
    head.check = redo_head_check(to->bytes, to->size);
    memcpy(to->bytes, &head, sizeof head);
    return PAWL_OK;
}

uint64_t redo_head_check(const void *group, size_t size) {
    const size_t skip = sizeof(uint64_t); /* the check itself */
    return hash_bytes((const uint8_t *)group + skip, size - skip, 0);
}

/* ---- while it runs ---- */

void redo_path(const struct store *store, char path[REDO_PATH_SIZE]) {
    snprintf(path, REDO_PATH_SIZE, "%s-redo", store->path);
}

int redo_open(struct store *store, struct pawl_err *err) {
    char path[REDO_PATH_SIZE];
    struct redo *redo = &store->redo;
    redo_path(store, path);
    redo->segment = 0;
    redo->at = 0;
    redo->number = 0;
    if (store->durability == STORE_NONE) return PAWL_OK;
    int rc = disk_open(store->disk, path, DISK_CREATE, &redo->file, err);
    if (rc == PAWL_OK) rc = disk_truncate(redo->file, 0, err);
    if (rc != PAWL_OK || store->durability != STORE_FULL) return rc;
    rc = disk_sync(redo->file, err);
    return rc == PAWL_OK ? disk_sync_names(store->disk, path, err) : rc;
}

void redo_close(struct store *store, bool done) {
    char path[REDO_PATH_SIZE];
    redo_path(store, path);
    if (store->redo.file != NULL) disk_close(store->redo.file);
    store->redo.file = NULL;
    if (done) disk_remove(store->disk, path, NULL);
}

bool redo_takes(const struct store *store, const struct batch *group) {
    return store->redo.file != NULL && group->size <= REDO_GROUP_BYTES_MAX;
}

bool redo_is_full(const struct store *store) {
    const struct batch *unfiled = &store->redo.unfiled;
    return unfiled->size >= REDO_BYTES_MAX || unfiled->turns >= REDO_GROUPS_MAX;
}

int redo_write(struct store *store, const struct batch *group, bool *ret_room,
               struct pawl_err *err) {
    struct redo *redo = &store->redo;
    struct batch *bytes = &redo->bytes, *unfiled = &redo->unfiled;
    int rc = add_group(store, bytes, group);
    if (rc == PAWL_OK) rc = batch_reserve(unfiled, group->size);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "%s: write: out of memory", store->path);
    *ret_room = bytes->size <= REDO_SEGMENT_BYTES - redo->at;
    if (!*ret_room) return PAWL_OK;
    int64_t at = (int64_t)redo->segment * REDO_SEGMENT_BYTES + redo->at;
    rc = disk_write(redo->file, at, bytes->bytes, bytes->size, err);
    if (rc == PAWL_OK && store->durability == STORE_FULL) rc = disk_sync(redo->file, err);
    if (rc != PAWL_OK) return rc;
    redo->at += (uint32_t)bytes->size;
    redo->number++;
    memcpy(unfiled->bytes + unfiled->size, group->bytes, group->size);
    unfiled->size += group->size;
    unfiled->turns++;
    atomic_fetch_add(&store->wal_bytes, bytes->size);
    return PAWL_OK;
}

uint64_t redo_take(struct store *store, bool more, struct batch *ret) {
    struct redo *redo = &store->redo;
    struct batch taken = redo->unfiled;
    redo->unfiled = *ret;
    redo->unfiled.size = redo->unfiled.turns = 0;
    *ret = taken;
    redo->segment ^= 1; /* what was there is filed */
    redo->at = 0;
    redo->number += more;
    return redo->number;
}
