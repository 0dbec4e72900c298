/* shape.h - a record type as columns: its statements, and rows in and out of SQL. */
#ifndef STORE_SHAPE_H
#define STORE_SHAPE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/table.h"
#include "store/store.h"

#define STORE_FIELDS_MAX 256u      /* of a record */
#define STORE_ROW_BYTES_MAX 16384u /* of a record's struct */
#define STORE_IDENT_MAX 63u        /* bytes of a table's or column's name */

struct shape_column {
    char name[STORE_IDENT_MAX + 1];
    uint16_t kind; /* enum pawl_field_kind */
    uint32_t offset, size;
    uint64_t name_hash;
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
    uint32_t texts_count;
    struct shape_text *texts;
    sqlite3_stmt *put, *erase;
    uint32_t table_columns; /* in the order they have in the table: */
    int16_t order[STORE_FIELDS_MAX + 1]; /* position in columns, or an enum shape_other */
    struct table newest; /* of the group being written: key -> its last change */
};
/* A column of the table that is none of the type's. One that came later has its default. */
enum shape_other { SHAPE_ROW_CHECK = -1, SHAPE_LATER_TEXT = -2, SHAPE_LATER_INTEGER = -3 };
struct shape_value {
    const char *text; /* NULL = an integer */
    int64_t integer;
};

int shape_new(const struct pawl_record_type *type, struct shape **ret, struct pawl_err *err);
void shape_free(struct shape *shape);
bool shape_equal(const struct shape *a, const struct shape *b);
int shape_prepare(struct store *store, struct shape *shape, struct pawl_err *err);
void shape_unprepare(struct shape *shape);
bool shape_column_is_text(const struct shape_column *column);
/* Every text ends within its field. */
bool shape_row_ok(const struct shape *shape, const void *row);
int shape_put(struct shape *shape, const void *row); /* SQLite's code */
int shape_erase(struct shape *shape, uint64_t key);
/* The table's columns; with its statements, and when another type has extended the table. */
int shape_learn_order(struct store *store, struct shape *shape, struct pawl_err *err);
/* What a row has in column i of the table. */
struct shape_value shape_value(const struct shape *shape, uint32_t i, const void *row);
int shape_load(struct store *store, const struct shape *shape,
               int (*row)(void *arg, const void *row, struct pawl_err *err), void *arg,
               struct pawl_err *err);

/* The same with what stands behind the table's name; NULL = all in key order. */
int shape_select(struct store *store, const struct shape *shape, const char *filter,
                 int (*row)(void *arg, const void *row, struct pawl_err *err), void *arg,
                 struct pawl_err *err);

#endif
