#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "store/store_int.h"

/* Numbered, never changed once released. Tables of records are not here: they follow their types.
 * What a crash left beside is in the tables when a migration begins. */
const struct store_migration store_migrations[] = {
    {1, "CREATE TABLE pawl_store(id INTEGER PRIMARY KEY, boot INTEGER NOT NULL,"
        " boot_check INTEGER NOT NULL);"
        "INSERT INTO pawl_store VALUES(1, 0, 0);"},
    {2, "CREATE TABLE pawl_redo(id INTEGER PRIMARY KEY, changes BLOB NOT NULL);"},
    {3, "DROP TABLE pawl_redo;" /* never released with anything in it */
        "ALTER TABLE pawl_store ADD COLUMN filed INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE pawl_store ADD COLUMN filed_check INTEGER NOT NULL DEFAULT 0;"},
};
const uint32_t store_migrations_count = sizeof store_migrations / sizeof store_migrations[0];

int store_migrate(struct store *store, const struct store_migration *list, uint32_t count,
                  int64_t version, struct pawl_err *err) {
    char sql[64];
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].version <= version) continue;
        int rc = sql_run(store, list[i].sql, err);
        snprintf(sql, sizeof sql, "PRAGMA user_version=%u", list[i].version);
        if (rc == PAWL_OK) rc = sql_run(store, sql, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

/* ---- tables of records ---- */

static const char *column_type(const struct shape_column *column) {
    return shape_column_is_text(column) ? "TEXT" : "INTEGER";
}

/* 1 there, 0 not there, negative: failed. column NULL = the table itself. */
static int look_for(struct store *store, const char *table, const char *column,
                    const char **ret_type, int *ret_key, struct pawl_err *err) {
    int rc = sqlite3_table_column_metadata(store->db, NULL, table, column, ret_type, NULL, NULL,
                                           ret_key, NULL);
    if (rc == SQLITE_OK) return 1;
    return (rc & 0xff) == SQLITE_ERROR ? 0 : sql_fail(store, table, err);
}

/* Every column the table has is one of ours. */
static int known_columns(struct store *store, const struct shape *shape, struct pawl_err *err) {
    char sql[STORE_IDENT_MAX + 32];
    sqlite3_stmt *select = NULL;
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" LIMIT 0", shape->table);
    int rc = sql_prepare(store, sql, &select, err);
    int count = rc == PAWL_OK ? sqlite3_column_count(select) : 0;
    for (int i = 0; i < count && rc == PAWL_OK; i++) {
        const char *name = sqlite3_column_name(select, i);
        bool known = name != NULL && strcmp(name, "row_check") == 0;
        for (uint32_t j = 0; j < shape->columns_count && name != NULL && !known; j++)
            known = strcmp(shape->columns[j].name, name) == 0;
        if (!known)
            rc = pawl_fail(err, PAWL_E_STATE,
                           "%s: table %s has a column \"%.40s\" that this version does not know: "
                           "it was written by a newer one. Start that, or restore a backup "
                           "(.bak-*)",
                           store->path, shape->table, name == NULL ? "?" : name);
    }
    sqlite3_finalize(select);
    return rc;
}

int shape_compare(struct store *store, const struct shape *shape, enum shape_fit *ret,
                  struct pawl_err *err) {
    const char *type = NULL;
    int key = 0;
    int there = look_for(store, shape->table, NULL, NULL, NULL, err);
    if (there < 0) return there;
    *ret = there ? SHAPE_FITS : SHAPE_NEW;
    if (!there) return PAWL_OK;
    int rc = known_columns(store, shape, err);
    if (rc != PAWL_OK) return rc;
    for (uint32_t i = 0; i < shape->columns_count; i++) {
        const struct shape_column *column = &shape->columns[i];
        there = look_for(store, shape->table, column->name, &type, &key, err);
        if (there < 0) return there;
        if (!there && i > 0)
            *ret = SHAPE_GROWS;
        else if (!there || strcmp(type, column_type(column)) != 0 || (key != 0) != (i == 0))
            return sql_damaged(store, err, "table %s, column %s: not of the type it was made with",
                               shape->table, column->name);
    }
    there = look_for(store, shape->table, "row_check", &type, &key, err);
    if (there < 0) return there;
    if (!there) return sql_damaged(store, err, "table %s has no row_check", shape->table);
    return PAWL_OK;
}

static int table_make(struct store *store, const struct shape *shape, struct pawl_err *err) {
    char *bytes = mem_alloc(STORE_SQL_MAX);
    if (bytes == NULL) return pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    struct sql_text sql = {.bytes = bytes, .capacity = STORE_SQL_MAX};
    sql_add(&sql, "CREATE TABLE \"%s\"(\"%s\" INTEGER PRIMARY KEY", shape->table,
            shape->columns[0].name);
    for (uint32_t i = 1; i < shape->columns_count; i++)
        sql_add(&sql, ",\"%s\" %s NOT NULL", shape->columns[i].name,
                column_type(&shape->columns[i]));
    sql_add(&sql, ",row_check INTEGER NOT NULL)");
    int rc = sql.overflow ? pawl_fail(err, PAWL_E_INVAL, "record %s: too many fields", shape->table)
                          : sql_run(store, bytes, err);
    mem_free(bytes);
    return rc;
}

int shape_adapt(struct store *store, const struct shape *shape, struct pawl_err *err) {
    char sql[2 * STORE_IDENT_MAX + 80];
    int there = look_for(store, shape->table, NULL, NULL, NULL, err);
    if (there < 0) return there;
    if (!there) return table_make(store, shape, err);
    for (uint32_t i = 1; i < shape->columns_count; i++) {
        const struct shape_column *column = &shape->columns[i];
        there = look_for(store, shape->table, column->name, NULL, NULL, err);
        if (there < 0) return there;
        if (there) continue;
        snprintf(sql, sizeof sql, "ALTER TABLE \"%s\" ADD COLUMN \"%s\" %s NOT NULL DEFAULT %s",
                 shape->table, column->name, column_type(column),
                 shape_column_is_text(column) ? "''" : "0");
        int rc = sql_run(store, sql, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

/* ---- the copy made before the file's tables change ---- */

static int copy_into(struct store *store, const char *path, struct pawl_err *err) {
    sqlite3_stmt *vacuum = NULL;
    int rc = sql_prepare(store, "VACUUM INTO ?", &vacuum, err);
    if (rc != PAWL_OK) return rc;
    if (sqlite3_bind_text(vacuum, 1, path, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(vacuum) != SQLITE_DONE)
        rc = sql_fail(store, "backup", err);
    sqlite3_finalize(vacuum);
    return rc;
}

static int sync_file(struct store *store, const char *path, struct pawl_err *err) {
    struct disk_file *file;
    int rc = disk_open(store->disk, path, 0, &file, err);
    if (rc != PAWL_OK) return rc;
    rc = disk_sync(file, err);
    disk_close(file);
    return rc;
}

/* Copied under another name first: a name that ends in a number is a whole backup. */
int store_backup(struct store *store, int64_t version, struct pawl_err *err) {
    char part[STORE_PATH_MAX + 48], path[STORE_PATH_MAX + 48];
    bool there = true;
    if (store->backed_up) return PAWL_OK;
    snprintf(part, sizeof part, "%s.bak-part", store->path);
    int rc = disk_exists(store->disk, part, &there, err);
    if (rc == PAWL_OK && there) rc = disk_remove(store->disk, part, err);
    there = true;
    for (uint32_t n = 1; rc == PAWL_OK && there; n++) {
        if (n > STORE_BACKUPS_MAX)
            return pawl_fail(err, PAWL_E_BUSY, "%s: more than %u backups beside it", store->path,
                             STORE_BACKUPS_MAX);
        snprintf(path, sizeof path, "%s.bak-%lld-%u", store->path, (long long)version, n);
        rc = disk_exists(store->disk, path, &there, err);
    }
    if (rc == PAWL_OK) rc = copy_into(store, part, err);
    if (rc == PAWL_OK && store->durability != STORE_NONE) rc = sync_file(store, part, err);
    if (rc == PAWL_OK) rc = disk_rename(store->disk, part, path, err);
    if (rc == PAWL_OK && store->durability != STORE_NONE)
        rc = disk_sync_names(store->disk, path, err);
    if (rc == PAWL_OK) store->backed_up = true;
    return rc;
}
