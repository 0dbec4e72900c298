/* shape.h - a record type as columns: its statements, and rows in and out of SQL. */
#ifndef STORE_SHAPE_H
#define STORE_SHAPE_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/hash.h"
#include "base/table.h"
#include "store/store.h"

#define STORE_FIELDS_MAX 256u      /* of a record */
#define STORE_ROW_BYTES_MAX 16384u /* of a record's struct */
#define STORE_IDENT_MAX 63u        /* bytes of a table's or column's name */

struct shape_column {
    uint64_t name_hash;
    uint32_t offset, size;
    uint16_t kind; /* enum pawl_field_kind */
    char *name;    /* in the shape's names */
};
struct shape_text { /* a text column's place */
    uint32_t offset, size;
};
struct shape {
    char table[STORE_IDENT_MAX + 1];
    const struct pawl_record_type *type; /* as last registered: only its address is used */
    uint32_t row_size;
    uint32_t columns_count;
    struct shape_column *columns; /* [0] is the key */
    char (*names)[STORE_IDENT_MAX + 1];
    uint32_t texts_count;
    struct shape_text *texts;
    sqlite3_stmt *put, *erase;
    atomic_bool prepared; /* they are there, and so is the table; read without db_lock */
    struct table newest; /* of the group being written: key -> its last change */
};

int shape_new(const struct pawl_record_type *type, struct shape **ret, struct pawl_err *err);
void shape_free(struct shape *shape);
bool shape_equal(const struct shape *a, const struct shape *b);
int shape_prepare(struct store *store, struct shape *shape, struct pawl_err *err);
void shape_unprepare(struct shape *shape);
static inline bool shape_column_is_text(const struct shape_column *column) {
    return column->kind == PAWL_F_OID || column->kind == PAWL_F_STR;
}
/* SQLite finds damage in its own structure, not in a value. So each row carries a hash of its
 * values in the order of its type; fields that are zero or empty do not count, so that a type may
 * grow. */
void row_check_begin(struct hash *check, const char *table);
void row_check_integer(struct hash *check, uint64_t name_hash, int64_t value);
void row_check_text(struct hash *check, uint64_t name_hash, const char *text, size_t len);
/* Every text ends within its field. */
bool shape_row_ok(const struct shape *shape, const void *row);
int shape_put(struct shape *shape, const void *row); /* SQLite's code */
int shape_erase(struct shape *shape, uint64_t key);
int64_t shape_integer(const struct shape_column *column, const void *row);
int shape_load(struct store *store, const struct shape *shape,
               int (*row)(void *arg, const void *row, struct pawl_err *err), void *arg,
               struct pawl_err *err);

/* The same with what stands behind the table's name; NULL = all in key order. */
int shape_select(struct store *store, const struct shape *shape, const char *filter,
                 int (*row)(void *arg, const void *row, struct pawl_err *err), void *arg,
                 struct pawl_err *err);

#endif
