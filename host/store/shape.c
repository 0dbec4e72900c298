#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "store/store_int.h"

/* ---- from a record type to columns ---- */

static bool ident_ok(const char *name) {
    size_t len = strnlen(name, STORE_IDENT_MAX + 1);
    if (len == 0 || len > STORE_IDENT_MAX || name[0] < 'a' || name[0] > 'z') return false;
    for (size_t i = 0; i < len; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
              name[i] == '_'))
            return false;
    return true;
}

/* Bytes the field must have in the struct; 0 = any above 1. */
static uint32_t kind_size(uint16_t kind) {
    switch (kind) {
    case PAWL_F_U8: case PAWL_F_ENUM: return 1;
    case PAWL_F_U16: return 2;
    case PAWL_F_U32: case PAWL_F_I32: case PAWL_F_INSTRUMENT: case PAWL_F_ACCOUNT:
    case PAWL_F_COMPONENT: return 4;
    case PAWL_F_OID: case PAWL_F_STR: return 0;
    default: return 8;
    }
}

static int column_from(const struct pawl_record_type *type, const struct pawl_field *field,
                       struct shape_column *ret, struct pawl_err *err) {
    uint32_t size = kind_size(field->kind);
    if (!ident_ok(field->name) || strcmp(field->name, "row_check") == 0)
        return pawl_fail(err, PAWL_E_INVAL, "record %.40s: \"%.60s\" cannot be a column",
                         type->name, field->name);
    if (field->kind < PAWL_F_PRICE || field->kind >= PAWL_F_PAD || field->kind == PAWL_F_TEXT ||
        (size != 0 ? field->size != size : field->size < 2) || field->offset > type->size ||
        field->size > type->size - field->offset)
        return pawl_fail(err, PAWL_E_INVAL, "record %.40s: field %s has a wrong kind or size",
                         type->name, field->name);
    ret->kind = field->kind;
    ret->offset = field->offset;
    ret->size = field->size;
    memcpy(ret->name, field->name, strlen(field->name) + 1);
    ret->name_hash = hash_bytes(field->name, strlen(field->name), 0);
    return PAWL_OK;
}

static int columns_from(const struct pawl_record_type *type, struct shape *shape,
                        struct pawl_err *err) {
    uint32_t count = 0;
    while (type->fields[count].name != NULL)
        if (++count > STORE_FIELDS_MAX)
            return pawl_fail(err, PAWL_E_INVAL, "record %.40s: more than %u fields", type->name,
                             STORE_FIELDS_MAX);
    shape->columns = mem_calloc(count, sizeof *shape->columns);
    shape->names = mem_calloc(count, sizeof *shape->names);
    if (shape->columns == NULL || shape->names == NULL)
        return pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    for (uint32_t i = 0; i < count; i++) {
        if (type->fields[i].kind == PAWL_F_PAD) continue;
        struct shape_column *column = &shape->columns[shape->columns_count];
        column->name = shape->names[shape->columns_count];
        int rc = column_from(type, &type->fields[i], column, err);
        if (rc != PAWL_OK) return rc;
        for (uint32_t j = 0; j < shape->columns_count; j++)
            if (strcmp(shape->columns[j].name, column->name) == 0)
                return pawl_fail(err, PAWL_E_INVAL, "record %.40s: field %s twice", type->name,
                                 column->name);
        shape->texts_count += shape_column_is_text(column);
        shape->columns_count++;
    }
    if (shape->columns_count == 0 || shape->columns[0].kind != PAWL_F_U64 ||
        shape->columns[0].offset != 0)
        return pawl_fail(err, PAWL_E_INVAL, "record %.40s: the first field must be its u64 key",
                         type->name);
    return PAWL_OK;
}

static int texts_from(struct shape *shape, struct pawl_err *err) {
    uint32_t at = 0;
    shape->texts = mem_calloc(shape->texts_count + 1, sizeof *shape->texts);
    if (shape->texts == NULL) return pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    for (uint32_t i = 0; i < shape->columns_count; i++)
        if (shape_column_is_text(&shape->columns[i]))
            shape->texts[at++] = (struct shape_text){shape->columns[i].offset,
                                                     shape->columns[i].size};
    return PAWL_OK;
}

int shape_new(const struct pawl_record_type *type, struct shape **ret, struct pawl_err *err) {
    if (type->name == NULL || type->table == NULL || type->fields == NULL ||
        !ident_ok(type->table) || strncmp(type->table, "sqlite_", 7) == 0 ||
        strncmp(type->table, "pawl_", 5) == 0)
        return pawl_fail(err, PAWL_E_INVAL, "record %.40s: \"%.60s\" cannot be a table",
                         type->name == NULL ? "?" : type->name,
                         type->table == NULL ? "" : type->table);
    if (type->size < 8 || type->size % 8 != 0 || type->size > STORE_ROW_BYTES_MAX)
        return pawl_fail(err, PAWL_E_INVAL,
                         "record %.40s: its size %u is not a multiple of 8 up to %u", type->name,
                         type->size, STORE_ROW_BYTES_MAX);
    struct shape *shape = mem_calloc(1, sizeof *shape);
    if (shape == NULL) return pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    shape->type = type;
    shape->row_size = type->size;
    memcpy(shape->table, type->table, strlen(type->table) + 1);
    table_init(&shape->newest, 1u << 24);
    int rc = columns_from(type, shape, err);
    if (rc == PAWL_OK) rc = texts_from(shape, err);
    if (rc != PAWL_OK) {
        shape_free(shape);
        return rc;
    }
    *ret = shape;
    return PAWL_OK;
}

void shape_free(struct shape *shape) {
    if (shape == NULL) return;
    shape_unprepare(shape);
    table_done(&shape->newest);
    mem_free(shape->columns);
    mem_free(shape->names);
    mem_free(shape->texts);
    mem_free(shape);
}

bool shape_equal(const struct shape *a, const struct shape *b) {
    if (strcmp(a->table, b->table) != 0 || a->row_size != b->row_size ||
        a->columns_count != b->columns_count)
        return false;
    for (uint32_t i = 0; i < a->columns_count; i++) {
        const struct shape_column *x = &a->columns[i], *y = &b->columns[i];
        if (strcmp(x->name, y->name) != 0 || x->kind != y->kind || x->offset != y->offset ||
            x->size != y->size)
            return false;
    }
    return true;
}

/* ---- values ---- */

int64_t shape_integer(const struct shape_column *column, const void *row) {
    const uint8_t *at = (const uint8_t *)row + column->offset;
    uint16_t two;
    uint32_t four;
    int32_t four_signed;
    int64_t eight;
    switch (column->size) {
    case 1: return *at;
    case 2: memcpy(&two, at, 2); return two;
    case 4:
        memcpy(&four, at, 4);
        memcpy(&four_signed, at, 4);
        return column->kind == PAWL_F_I32 ? (int64_t)four_signed : (int64_t)four;
    default: memcpy(&eight, at, 8); return eight;
    }
}

static bool column_set_integer(const struct shape_column *column, uint8_t *row, int64_t value) {
    uint8_t *at = row + column->offset;
    int64_t low = column->kind == PAWL_F_I32 ? INT32_MIN : 0;
    int64_t high = column->size == 1 ? UINT8_MAX : column->size == 2 ? UINT16_MAX
                   : column->kind == PAWL_F_I32 ? INT32_MAX : UINT32_MAX;
    if (column->size < 8 && (value < low || value > high)) return false;
    if (column->size == 1) *at = (uint8_t)value;
    if (column->size == 2) memcpy(at, &(uint16_t){(uint16_t)value}, 2);
    if (column->size == 4) memcpy(at, &(uint32_t){(uint32_t)value}, 4);
    if (column->size == 8) memcpy(at, &value, 8);
    return true;
}

bool shape_row_ok(const struct shape *shape, const void *row) {
    for (uint32_t i = 0; i < shape->texts_count; i++)
        if (memchr((const char *)row + shape->texts[i].offset, '\0', shape->texts[i].size) == NULL)
            return false;
    return true;
}

void row_check_begin(struct hash *check, const char *table) {
    hash_init(check, 0);
    hash_add(check, table, strlen(table));
}

void row_check_integer(struct hash *check, uint64_t name_hash, int64_t value) {
    if (value == 0) return;
    hash_add_u64(check, name_hash);
    hash_add_u64(check, (uint64_t)value);
}

void row_check_text(struct hash *check, uint64_t name_hash, const char *text, size_t len) {
    if (len == 0) return;
    hash_add_u64(check, name_hash);
    hash_add(check, text, len);
    hash_add(check, "", 1);
}

static int64_t row_check(const struct shape *shape, const uint8_t *row) {
    struct hash check;
    row_check_begin(&check, shape->table);
    for (uint32_t i = 0; i < shape->columns_count; i++) {
        const struct shape_column *column = &shape->columns[i];
        const char *text = (const char *)row + column->offset;
        if (shape_column_is_text(column))
            row_check_text(&check, column->name_hash, text, strlen(text));
        else
            row_check_integer(&check, column->name_hash, shape_integer(column, row));
    }
    return (int64_t)hash_value(&check);
}

/* ---- statements ---- */

static void add_columns(struct sql_text *sql, const struct shape *shape) {
    for (uint32_t i = 0; i < shape->columns_count; i++)
        sql_add(sql, "\"%s\",", shape->columns[i].name);
    sql_add(sql, "row_check");
}

int shape_prepare(struct store *store, struct shape *shape, struct pawl_err *err) {
    char *bytes = mem_alloc(STORE_SQL_MAX);
    if (bytes == NULL) return pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    struct sql_text sql = {.bytes = bytes, .capacity = STORE_SQL_MAX};
    sql_add(&sql, "REPLACE INTO \"%s\"(", shape->table);
    add_columns(&sql, shape);
    sql_add(&sql, ")VALUES(");
    for (uint32_t i = 0; i < shape->columns_count; i++) sql_add(&sql, "?,");
    sql_add(&sql, "?)");
    int rc = sql.overflow ? pawl_fail(err, PAWL_E_INVAL, "record %s: too many fields", shape->table)
                          : sql_prepare(store, bytes, &shape->put, err);
    sql.size = 0;
    sql_add(&sql, "DELETE FROM \"%s\" WHERE \"%s\"=?", shape->table, shape->columns[0].name);
    if (rc == PAWL_OK) rc = sql_prepare(store, bytes, &shape->erase, err);
    mem_free(bytes);
    if (rc != PAWL_OK) shape_unprepare(shape);
    atomic_store(&shape->prepared, rc == PAWL_OK);
    return rc;
}

void shape_unprepare(struct shape *shape) {
    sqlite3_finalize(shape->put);
    sqlite3_finalize(shape->erase);
    shape->put = shape->erase = NULL;
    atomic_store(&shape->prepared, false);
}

int shape_put(struct shape *shape, const void *row) {
    int rc = SQLITE_OK, at = 0;
    for (uint32_t i = 0; i < shape->columns_count && rc == SQLITE_OK; i++) {
        const struct shape_column *column = &shape->columns[i];
        at = (int)i + 1;
        if (shape_column_is_text(column))
            rc = sqlite3_bind_text(shape->put, at, (const char *)row + column->offset, -1,
                                   SQLITE_STATIC);
        else
            rc = sqlite3_bind_int64(shape->put, at, shape_integer(column, row));
    }
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(shape->put, at + 1, row_check(shape, row));
    return rc == SQLITE_OK ? sql_step_done(shape->put) : rc;
}

int shape_erase(struct shape *shape, uint64_t key) {
    int rc = sqlite3_bind_int64(shape->erase, 1, (int64_t)key);
    return rc == SQLITE_OK ? sql_step_done(shape->erase) : rc;
}

/* ---- reading ---- */

static int bad_row(struct store *store, const struct shape *shape, sqlite3_stmt *select,
                   const char *column, struct pawl_err *err) {
    return sql_damaged(store, err, "table %s, row %lld, %s: not what was stored", shape->table,
                       (long long)sqlite3_column_int64(select, 0), column);
}

static int row_read(struct store *store, const struct shape *shape, sqlite3_stmt *select,
                    uint8_t *row, struct pawl_err *err) {
    memset(row, 0, shape->row_size);
    for (uint32_t i = 0; i < shape->columns_count; i++) {
        const struct shape_column *column = &shape->columns[i];
        int type = sqlite3_column_type(select, (int)i);
        if (shape_column_is_text(column)) {
            const void *text = type == SQLITE_TEXT ? sqlite3_column_text(select, (int)i) : NULL;
            int len = sqlite3_column_bytes(select, (int)i);
            if (text == NULL || (uint32_t)len >= column->size ||
                memchr(text, 0, (size_t)len) != NULL)
                return bad_row(store, shape, select, column->name, err);
            memcpy(row + column->offset, text, (size_t)len);
        } else if (type != SQLITE_INTEGER ||
                   !column_set_integer(column, row, sqlite3_column_int64(select, (int)i))) {
            return bad_row(store, shape, select, column->name, err);
        }
    }
    int check = (int)shape->columns_count;
    if (sqlite3_column_int64(select, 0) <= 0 ||
        sqlite3_column_type(select, check) != SQLITE_INTEGER ||
        sqlite3_column_int64(select, check) != row_check(shape, row))
        return bad_row(store, shape, select, "row_check", err);
    return PAWL_OK;
}

int shape_load(struct store *store, const struct shape *shape,
               int (*row)(void *arg, const void *row, struct pawl_err *err), void *arg,
               struct pawl_err *err) {
    return shape_select(store, shape, NULL, row, arg, err);
}

int shape_select(struct store *store, const struct shape *shape, const char *filter,
                 int (*row)(void *arg, const void *row, struct pawl_err *err), void *arg,
                 struct pawl_err *err) {
    sqlite3_stmt *select = NULL;
    int step = SQLITE_DONE;
    char *bytes = mem_alloc(STORE_SQL_MAX);
    uint8_t *image = mem_alloc(shape->row_size);
    struct sql_text sql = {.bytes = bytes, .capacity = STORE_SQL_MAX};
    int rc = bytes == NULL || image == NULL
                 ? pawl_fail(err, PAWL_E_NOMEM, "store: out of memory") : PAWL_OK;
    if (rc == PAWL_OK) {
        sql_add(&sql, "SELECT ");
        add_columns(&sql, shape);
        sql_add(&sql, " FROM \"%s\"", shape->table);
        if (filter != NULL)
            sql_add(&sql, "%s", filter);
        else
            sql_add(&sql, " ORDER BY \"%s\"", shape->columns[0].name);
        rc = sql_prepare(store, bytes, &select, err);
    }
    while (rc == PAWL_OK && (step = sqlite3_step(select)) == SQLITE_ROW) {
        rc = row_read(store, shape, select, image, err);
        if (rc == PAWL_OK) rc = row(arg, image, err);
    }
    if (rc == PAWL_OK && step != SQLITE_DONE) rc = sql_fail(store, shape->table, err);
    sqlite3_finalize(select);
    mem_free(image);
    mem_free(bytes);
    return rc;
}
