#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "store/store_int.h"

/* How to restore fits every damaged database: the newest backup, or nothing. */
#define HOW_TO_RESTORE                                                                             \
    "Nothing was changed. Move it, its -wal and its -redo away, copy the newest .bak-* to its name"

int sql_damaged(struct store *store, struct pawl_err *err, const char *format, ...) {
    char why[160];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return pawl_fail(err, PAWL_E_DATA, "%s: %s. %s", store->path, why, HOW_TO_RESTORE);
}

int sql_fail(struct store *store, const char *what, struct pawl_err *err) {
    int code = sqlite3_extended_errcode(store->db) & 0xff;
    const char *text = sqlite3_errmsg(store->db);
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return pawl_fail(err, PAWL_E_BUSY, "%s: in use by another process", store->path);
    case SQLITE_ERROR: /* our statements are right, so the tables are not */
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return sql_damaged(store, err, "%s: %s", what, text);
    case SQLITE_NOMEM:
        return pawl_fail(err, PAWL_E_NOMEM, "%s: %s: out of memory", store->path, what);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return pawl_fail(err, PAWL_E_DENIED, "%s: %s: %s", store->path, what, text);
    case SQLITE_CANTOPEN:
        return pawl_fail(err, PAWL_E_DENIED, "%s: %s: the file or its -wal cannot be opened",
                         store->path, what);
    default:
        return pawl_fail(err, PAWL_E_IO, "%s: %s: %s", store->path, what, text);
    }
}

int sql_run(struct store *store, const char *sql, struct pawl_err *err) {
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK) return PAWL_OK;
    return sql_fail(store, sql, err);
}

int sql_prepare(struct store *store, const char *sql, sqlite3_stmt **ret, struct pawl_err *err) {
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) == SQLITE_OK)
        return PAWL_OK;
    return sql_fail(store, sql, err);
}

int sql_integer(struct store *store, const char *sql, int64_t *ret, struct pawl_err *err) {
    sqlite3_stmt *statement = NULL;
    int rc = sql_prepare(store, sql, &statement, err);
    if (rc != PAWL_OK) return rc;
    int step = sqlite3_step(statement);
    if (step == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    else if (step == SQLITE_DONE)
        rc = pawl_fail(err, PAWL_E_NOTFOUND, "%s: %s: no row", store->path, sql);
    else
        rc = sql_fail(store, sql, err);
    sqlite3_finalize(statement);
    return rc;
}

int sql_step_done(sqlite3_stmt *statement) {
    int step = sqlite3_step(statement);
    int reset = sqlite3_reset(statement);
    if (step == SQLITE_DONE || step == SQLITE_ROW) return SQLITE_OK;
    return reset != SQLITE_OK ? reset : step;
}

void sql_add(struct sql_text *text, const char *format, ...) {
    va_list args;
    if (text->overflow) return;
    va_start(args, format);
    int len = vsnprintf(text->bytes + text->size, text->capacity - text->size, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= text->capacity - text->size)
        text->overflow = true;
    else
        text->size += (size_t)len;
}
