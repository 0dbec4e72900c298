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
 *   op  length and name of the table  erased: the key; put: the values, REDO_END
 *
 * A value is its kind, a hash of its column's name, and what it is; zero and empty ones are left
 * out. So no type has to be known to recover, and a row that was written before its table grew is
 * right after it.
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

enum redo_value { REDO_END, REDO_POSITIVE, REDO_NEGATIVE, REDO_TEXT };
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

/* A table as it is now, and a statement that puts a row into it. */
struct redo_table {
    char name[STORE_IDENT_MAX + 1];
    uint64_t columns[STORE_FIELDS_MAX + 1]; /* hashes of their names */
    int count, check;                       /* check: the column of the row's check */
    sqlite3_stmt *put;
};

/* Nothing in any column. */
static int bind_nothing(struct redo_table *table, int column, const char *name, const char *type) {
    table->columns[column] = hash_bytes(name, strlen(name), 0);
    if (strcmp(name, "row_check") == 0) table->check = column;
    return strcmp(type, "TEXT") == 0
               ? sqlite3_bind_text(table->put, column + 1, "", 0, SQLITE_STATIC)
               : sqlite3_bind_int64(table->put, column + 1, 0);
}

static int look_at_table(struct store *store, struct redo_table *table, struct pawl_err *err) {
    char sql[2 * STORE_FIELDS_MAX + STORE_IDENT_MAX + 64];
    struct sql_text text = {.bytes = sql, .capacity = sizeof sql};
    sqlite3_stmt *select = NULL;
    sql_add(&text, "SELECT * FROM \"%s\" LIMIT 0", table->name);
    int rc = sql_prepare(store, sql, &select, err);
    table->count = rc == PAWL_OK ? sqlite3_column_count(select) : 0;
    if (rc == PAWL_OK && table->count > (int)STORE_FIELDS_MAX + 1)
        rc = sql_damaged(store, err, "table %s has more columns than any type", table->name);
    text.size = 0;
    sql_add(&text, "REPLACE INTO \"%s\" VALUES(?", table->name);
    for (int i = 1; i < table->count; i++) sql_add(&text, ",?");
    sql_add(&text, ")");
    if (rc == PAWL_OK) rc = sql_prepare(store, sql, &table->put, err);
    for (int i = 0; rc == PAWL_OK && i < table->count; i++) {
        const char *name = sqlite3_column_name(select, i);
        const char *type = sqlite3_column_decltype(select, i);
        if (name == NULL || type == NULL)
            rc = pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
        else if (bind_nothing(table, i, name, type) != SQLITE_OK)
            rc = sql_fail(store, "redo", err);
    }
    sqlite3_finalize(select);
    return rc;
}

static int bind_value(struct redo_reader *from, struct redo_table *table, uint8_t kind,
                      struct hash *check) {
    uint64_t name = 0;
    int column = 0;
    if (from->end - from->at < (ptrdiff_t)sizeof name || kind > REDO_TEXT) {
        from->bad = true;
        return SQLITE_OK;
    }
    memcpy(&name, from->at, sizeof name);
    from->at += sizeof name;
    while (column < table->count && table->columns[column] != name) column++;
    from->bad |= column == table->count;
    if (kind == REDO_TEXT) {
        size_t len;
        const char *text = take_text(from, &len);
        if (from->bad) return SQLITE_OK;
        row_check_text(check, name, text, len);
        return sqlite3_bind_text(table->put, column + 1, text, (int)len, SQLITE_STATIC);
    }
    uint64_t value = take_varint(from);
    if (from->bad) return SQLITE_OK;
    int64_t integer = kind == REDO_POSITIVE ? (int64_t)value : (int64_t)~value;
    row_check_integer(check, name, integer);
    return sqlite3_bind_int64(table->put, column + 1, integer);
}

static int bind_row(struct store *store, struct redo_reader *from, struct redo_table *table,
                    struct pawl_err *err) {
    struct hash check;
    uint8_t kind = REDO_END;
    int code = SQLITE_OK, rc = look_at_table(store, table, err);
    if (rc != PAWL_OK) return rc;
    row_check_begin(&check, table->name);
    do {
        from->bad |= from->at == from->end;
        kind = from->bad ? (uint8_t)REDO_END : *from->at++;
        if (kind != REDO_END) code = bind_value(from, table, kind, &check);
    } while (kind != REDO_END && code == SQLITE_OK && !from->bad);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(table->put, table->check + 1, (int64_t)hash_value(&check));
    return code == SQLITE_OK ? PAWL_OK : sql_fail(store, "redo", err);
}

/* table->put: the statement of the change, with its values. */
static int change_read(struct store *store, struct redo_reader *from, struct redo_table *table,
                       struct pawl_err *err) {
    char sql[STORE_IDENT_MAX + 64];
    size_t len;
    uint8_t op = *from->at++;
    const char *name = take_text(from, &len);
    if (from->bad || len == 0 || len > STORE_IDENT_MAX || (op != CHANGE_PUT && op != CHANGE_ERASE))
        return sql_damaged(store, err, "table pawl_redo: not what was stored");
    memcpy(table->name, name, len);
    table->name[len] = '\0';
    if (op == CHANGE_PUT) return bind_row(store, from, table, err);
    snprintf(sql, sizeof sql, "DELETE FROM \"%s\" WHERE rowid=%llu", table->name,
             (unsigned long long)take_varint(from));
    return sql_prepare(store, sql, &table->put, err);
}

static int group_apply(struct store *store, struct redo_reader *from, struct pawl_err *err) {
    int rc = PAWL_OK;
    while (rc == PAWL_OK && from->at < from->end) {
        struct redo_table table = {.count = 0};
        rc = change_read(store, from, &table, err);
        if (rc == PAWL_OK && from->bad)
            rc = sql_damaged(store, err, "table pawl_redo: not what was stored");
        if (rc == PAWL_OK && sql_step_done(table.put) != SQLITE_OK)
            rc = sql_fail(store, "redo", err);
        sqlite3_finalize(table.put);
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
