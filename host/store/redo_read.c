/* redo_read.c - what a crash left in PATH-redo goes to its tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "store/redo.h"

/* ---- changes from bytes ---- */

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
        return sql_damaged(store, err, "its -redo: not what was stored");
    memcpy(table->name, name, len);
    table->name[len] = '\0';
    if (op == CHANGE_PUT) return bind_row(store, from, table, err);
    snprintf(sql, sizeof sql, "DELETE FROM \"%s\" WHERE rowid=%llu", table->name,
             (unsigned long long)take_varint(from));
    return sql_prepare(store, sql, &table->put, err);
}

static int group_apply(struct store *store, struct redo_reader *from, struct pawl_err *err) {
    int rc = PAWL_OK;
    while (rc == PAWL_OK && from->at < from->end && *from->at != 0) {
        struct redo_table table = {.count = 0};
        rc = change_read(store, from, &table, err);
        if (rc == PAWL_OK && from->bad)
            rc = sql_damaged(store, err, "its -redo: not what was stored");
        if (rc == PAWL_OK && sql_step_done(table.put) != SQLITE_OK)
            rc = sql_fail(store, "redo", err);
        sqlite3_finalize(table.put);
    }
    return rc;
}

/* ---- the groups of the file ---- */

struct found {
    uint64_t number;
    uint32_t at, size;
    bool synced;
};
struct redo_file {
    uint8_t *bytes;
    size_t size;
    struct found *groups; /* those that are not filed, in order and without a gap */
    uint32_t count;
};

static void file_done(struct redo_file *file) {
    mem_free(file->bytes);
    mem_free(file->groups);
}

static int file_read(struct store *store, struct redo_file *ret, struct pawl_err *err) {
    char path[REDO_PATH_SIZE];
    struct disk_file *file;
    bool there = false;
    int64_t size = 0;
    redo_path(store, path);
    int rc = disk_exists(store->disk, path, &there, err);
    if (rc != PAWL_OK || !there) return rc;
    rc = disk_open(store->disk, path, DISK_READ_ONLY, &file, err);
    if (rc != PAWL_OK) return rc;
    rc = disk_size(file, &size, err);
    if (size > 2 * (int64_t)REDO_SEGMENT_BYTES) size = 2 * (int64_t)REDO_SEGMENT_BYTES;
    ret->bytes = mem_alloc((size_t)size + 1);
    ret->groups = mem_calloc((size_t)size / sizeof(struct redo_head) + 1, sizeof *ret->groups);
    if (rc == PAWL_OK && (ret->bytes == NULL || ret->groups == NULL))
        rc = pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    if (rc == PAWL_OK) rc = disk_read(file, 0, ret->bytes, (size_t)size, &ret->size, err);
    disk_close(file);
    return rc;
}

/* Of the boot that crashed: what was there before is filed. */
static bool group_at(const struct store *store, const struct redo_file *file, size_t at,
                     struct found *ret) {
    struct redo_head head;
    memcpy(&head, file->bytes + at, sizeof head);
    if (head.boot != store->boot - 1 || head.number == 0 || head.size <= sizeof head ||
        head.size > file->size - at || head.size % REDO_ALIGN != 0 ||
        head.check != redo_head_check(file->bytes + at, head.size))
        return false;
    *ret = (struct found){head.number, (uint32_t)at, head.size, head.synced != 0};
    return true;
}

static int by_number(const void *left, const void *right) {
    const struct found *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int read_filed(struct store *store, int64_t *ret, struct pawl_err *err) {
    int64_t check = 0;
    int rc = sql_integer(store, "SELECT filed FROM pawl_store WHERE id=1", ret, err);
    if (rc == PAWL_OK)
        rc = sql_integer(store, "SELECT filed_check FROM pawl_store WHERE id=1", &check, err);
    if (rc == PAWL_OK && (*ret < 0 || check != store_check_of(*ret)))
        rc = sql_damaged(store, err, "damaged: how far it was filed is not what was stored");
    return rc;
}

/* A group that is missing was torn by a power cut, and what was written after it does not count;
 * unless that was begun after the missing one was synced. */
static int in_order(struct store *store, struct redo_file *file, uint32_t found, int64_t filed,
                    struct pawl_err *err) {
    uint64_t next = (uint64_t)filed + 1;
    for (uint32_t i = 0; i < found; i++) {
        if (file->groups[i].number < next) continue;
        if (file->groups[i].number > next) {
            if (!file->groups[i].synced) break;
            return sql_damaged(store, err, "its -redo is damaged: group %llu",
                               (unsigned long long)next);
        }
        file->groups[file->count++] = file->groups[i];
        next++;
    }
    return PAWL_OK;
}

static int file_find(struct store *store, struct redo_file *ret, struct pawl_err *err) {
    int64_t filed = 0;
    uint32_t found = 0;
    *ret = (struct redo_file){.count = 0};
    int rc = read_filed(store, &filed, err);
    if (rc == PAWL_OK) rc = file_read(store, ret, err);
    if (rc != PAWL_OK || ret->size == 0) return rc;
    for (size_t at = 0; at + sizeof(struct redo_head) <= ret->size;)
        at += group_at(store, ret, at, &ret->groups[found]) ? ret->groups[found++].size
                                                            : REDO_ALIGN;
    qsort(ret->groups, found, sizeof *ret->groups, by_number);
    return in_order(store, ret, found, filed, err);
}

int redo_check(struct store *store, struct pawl_err *err) {
    struct redo_file file;
    int rc = file_find(store, &file, err);
    file_done(&file);
    return rc;
}

static int put_filed(struct store *store, uint64_t number, struct pawl_err *err) {
    char sql[160];
    snprintf(sql, sizeof sql, "UPDATE pawl_store SET filed=%llu, filed_check=%lld WHERE id=1",
             (unsigned long long)number, (long long)store_check_of((int64_t)number));
    return sql_run(store, sql, err);
}

int redo_recover(struct store *store, struct pawl_err *err) {
    struct redo_file file;
    int rc = file_find(store, &file, err);
    if (rc == PAWL_OK && file.count > 0) {
        rc = sql_run(store, "BEGIN IMMEDIATE", err);
        for (uint32_t i = 0; rc == PAWL_OK && i < file.count; i++) {
            const uint8_t *group = file.bytes + file.groups[i].at;
            struct redo_reader from = {group + sizeof(struct redo_head),
                                       group + file.groups[i].size, false};
            rc = group_apply(store, &from, err);
        }
        if (rc == PAWL_OK) rc = put_filed(store, file.groups[file.count - 1].number, err);
        if (rc == PAWL_OK) rc = sql_run(store, "COMMIT", err);
    }
    file_done(&file);
    return rc;
}
