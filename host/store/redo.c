/*
 * redo.c - what was committed, as one row, until it is in its tables.
 *
 * A turn touches half a dozen tables, each a page of the log; whoever waits for it should wait for
 * one. So a small group of turns becomes a row of pawl_redo, which makes it durable, and its
 * changes are kept; the writer puts them into their tables when nothing waits, in a transaction
 * that empties pawl_redo. What a crash left there the next start puts into the tables first.
 *
 * A row's bytes: an 8-byte hash of the rest, then the changes in order, each
 *
 *   op  length and name of the table  erased: the key; put: how many values, and the values
 *
 * in the order of the table's columns, which do not change while anything is here.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "store/store_int.h"

#define REDO_GROUP_BYTES_MAX (64u << 10) /* a larger group goes to its tables at once */
#define REDO_BYTES_MAX (256u << 10)      /* then the tables are due, whoever waits */
#define REDO_GROUPS_MAX 64u
#define VARINT_SIZE_MAX 10u
#define CHANGE_HEAD_MAX (2u + STORE_IDENT_MAX + 2 * VARINT_SIZE_MAX)

enum redo_value { REDO_ZERO, REDO_POSITIVE, REDO_NEGATIVE, REDO_TEXT };

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

static uint8_t *add_integer(uint8_t *at, int64_t value) {
    *at++ = value == 0 ? REDO_ZERO : value > 0 ? REDO_POSITIVE : REDO_NEGATIVE;
    if (value == 0) return at;
    return add_varint(at, value > 0 ? (uint64_t)value : ~(uint64_t)value);
}

static uint8_t *add_row(uint8_t *at, const struct shape *shape, const void *row) {
    at = add_varint(at, shape->table_columns);
    for (uint32_t i = 0; i < shape->table_columns; i++) {
        struct shape_value value = shape_value(shape, i, row);
        if (value.text == NULL) {
            at = add_integer(at, value.integer);
        } else {
            *at++ = REDO_TEXT;
            at = add_text(at, value.text, strlen(value.text));
        }
    }
    return at;
}

static int add_change(const struct store *store, struct batch *to, const struct change *change) {
    const struct shape *shape = store->shapes[change->shape];
    size_t values = (size_t)shape->table_columns * (1 + VARINT_SIZE_MAX) + shape->row_size;
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
    uint64_t check = 0;
    to->size = 0;
    int rc = batch_reserve(to, sizeof check);
    to->size = sizeof check;
    for (size_t at = 0; rc == PAWL_OK && at < group->size; at += batch_at(group, at)->size)
        rc = add_change(store, to, batch_at(group, at));
    if (rc != PAWL_OK) return rc;
    check = hash_bytes(to->bytes + sizeof check, to->size - sizeof check, 0);
    memcpy(to->bytes, &check, sizeof check);
    return PAWL_OK;
}

/* ---- while it runs ---- */

bool redo_takes(const struct store *store, const struct batch *group) {
    return store->durability != STORE_NONE && group->size <= REDO_GROUP_BYTES_MAX;
}

bool redo_is_full(const struct store *store) {
    return store->unfiled.size >= REDO_BYTES_MAX || store->unfiled.turns >= REDO_GROUPS_MAX;
}

int redo_write(struct store *store, const struct batch *group) {
    struct batch *bytes = &store->redo_bytes;
    int code = add_group(store, bytes, group) == PAWL_OK ? SQLITE_OK : SQLITE_NOMEM;
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob64(store->redo_put, 1, bytes->bytes, bytes->size, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sql_step_done(store->redo_put);
    return code;
}

/* ---- at start ---- */

struct redo_reader {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t take_varint(struct redo_reader *from) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < VARINT_SIZE_MAX && from->at < from->end; i++) {
        uint8_t byte = *from->at++;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) return value;
    }
    from->bad = true;
    return 0;
}

static const char *take_text(struct redo_reader *from, size_t *ret_len) {
    uint64_t len = take_varint(from);
    const char *text = (const char *)from->at;
    from->bad |= len > (uint64_t)(from->end - from->at);
    *ret_len = from->bad ? 0 : (size_t)len;
    from->at += *ret_len;
    return text;
}

static int bind_value(struct redo_reader *from, sqlite3_stmt *put, int column) {
    size_t len;
    uint8_t kind = from->at < from->end ? *from->at++ : UINT8_MAX;
    const char *text;
    switch (kind) {
    case REDO_ZERO: return sqlite3_bind_int64(put, column, 0);
    case REDO_POSITIVE: return sqlite3_bind_int64(put, column, (int64_t)take_varint(from));
    case REDO_NEGATIVE: return sqlite3_bind_int64(put, column, (int64_t)~take_varint(from));
    case REDO_TEXT:
        text = take_text(from, &len);
        return sqlite3_bind_text(put, column, text, (int)len, SQLITE_STATIC);
    default: from->bad = true; return SQLITE_OK;
    }
}

/* The statement of the change, with its values. */
static int change_read(struct store *store, struct redo_reader *from, sqlite3_stmt **ret,
                       struct pawl_err *err) {
    char table[STORE_IDENT_MAX + 1], sql[2 * STORE_FIELDS_MAX + STORE_IDENT_MAX + 64];
    struct sql_text text = {.bytes = sql, .capacity = sizeof sql};
    size_t len;
    uint8_t op = *from->at++;
    const char *name = take_text(from, &len);
    uint64_t number = take_varint(from); /* the key, or how many values */
    bool put = op == CHANGE_PUT && number > 0 && number <= STORE_FIELDS_MAX + 1;
    if (from->bad || len == 0 || len > STORE_IDENT_MAX || (!put && op != CHANGE_ERASE))
        return sql_damaged(store, err, "table pawl_redo: not what was stored");
    memcpy(table, name, len);
    table[len] = '\0';
    if (op == CHANGE_ERASE) {
        sql_add(&text, "DELETE FROM \"%s\" WHERE rowid=%llu", table, (unsigned long long)number);
        return sql_prepare(store, sql, ret, err);
    }
    sql_add(&text, "REPLACE INTO \"%s\" VALUES(?", table);
    for (uint64_t i = 1; i < number; i++) sql_add(&text, ",?");
    sql_add(&text, ")");
    int rc = sql_prepare(store, sql, ret, err);
    for (int i = 1; rc == PAWL_OK && i <= (int)number; i++)
        if (bind_value(from, *ret, i) != SQLITE_OK) rc = sql_fail(store, "redo", err);
    return rc;
}

static int group_apply(struct store *store, struct redo_reader *from, struct pawl_err *err) {
    int rc = PAWL_OK;
    while (rc == PAWL_OK && from->at < from->end) {
        sqlite3_stmt *statement = NULL;
        rc = change_read(store, from, &statement, err);
        if (rc == PAWL_OK && from->bad)
            rc = sql_damaged(store, err, "table pawl_redo: not what was stored");
        if (rc == PAWL_OK && sql_step_done(statement) != SQLITE_OK)
            rc = sql_fail(store, "redo", err);
        sqlite3_finalize(statement);
    }
    return rc;
}

static int group_read(struct store *store, sqlite3_stmt *select, bool apply,
                      struct pawl_err *err) {
    uint64_t check = 0;
    const uint8_t *bytes = sqlite3_column_blob(select, 0);
    size_t size = (size_t)sqlite3_column_bytes(select, 0);
    if (size >= sizeof check) memcpy(&check, bytes, sizeof check);
    if (size <= sizeof check ||
        check != hash_bytes(bytes + sizeof check, size - sizeof check, 0))
        return sql_damaged(store, err, "table pawl_redo: not what was stored");
    struct redo_reader from = {bytes + sizeof check, bytes + size, false};
    return apply ? group_apply(store, &from, err) : PAWL_OK;
}

static int every_group(struct store *store, bool apply, struct pawl_err *err) {
    sqlite3_stmt *select = NULL;
    int step = SQLITE_DONE;
    int rc = sql_prepare(store, "SELECT changes FROM pawl_redo ORDER BY id", &select, err);
    while (rc == PAWL_OK && (step = sqlite3_step(select)) == SQLITE_ROW)
        rc = group_read(store, select, apply, err);
    if (rc == PAWL_OK && step != SQLITE_DONE) rc = sql_fail(store, "pawl_redo", err);
    sqlite3_finalize(select);
    return rc;
}

int redo_check(struct store *store, struct pawl_err *err) {
    return every_group(store, false, err);
}

int redo_recover(struct store *store, struct pawl_err *err) {
    int rc = every_group(store, true, err);
    return rc == PAWL_OK ? sql_run(store, "DELETE FROM pawl_redo", err) : rc;
}
