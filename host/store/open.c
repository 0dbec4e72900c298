#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/metrics.h"
#include "base/oid.h"
#include "events/schema.gen.h"
#include "store/redo.h"
#include "store/store_int.h"
#include "store/vfs.h"

/* ---- the connection ---- */

static int wal_grew(void *arg, sqlite3 *db, const char *name, int frames) {
    struct store *store = arg;
    (void)db;
    (void)name;
    uint32_t more = (uint32_t)frames - store->wal_frames;
    store->wal_frames = (uint32_t)frames;
    atomic_fetch_add(&store->wal_bytes, (uint64_t)more * 4120); /* a page and its frame header */
    return SQLITE_OK;
}

static int connect_to(struct store *store, const char *path, int flags, struct pawl_err *err) {
    static const int on[] = {SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE};
    static const int off[] = {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
                              SQLITE_DBCONFIG_TRUSTED_SCHEMA};
    const char *vfs = store->vfs[0] == '\0' ? NULL : store->vfs;
    int code = sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_NOMUTEX, vfs);
    if (code != SQLITE_OK) {
        if (store->db == NULL) return pawl_fail(err, PAWL_E_NOMEM, "%s: out of memory", path);
        return sql_fail(store, "open", err);
    }
    sqlite3_extended_result_codes(store->db, 1);
    for (size_t i = 0; i < sizeof on / sizeof on[0]; i++)
        sqlite3_db_config(store->db, on[i], 1, NULL);
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++)
        sqlite3_db_config(store->db, off[i], 0, NULL);
    return sql_run(store,
                   "PRAGMA locking_mode=EXCLUSIVE;PRAGMA temp_store=MEMORY;"
                   "PRAGMA cell_size_check=ON;PRAGMA busy_timeout=0;",
                   err);
}

void store_disconnect(struct store *store, bool clean) {
    struct pawl_err ignored = {0};
    if (store->db == NULL) return;
    if (clean && writer_file(store, &ignored) != PAWL_OK) clean = false;
    for (uint32_t i = 0; i < store->shapes_count; i++) shape_unprepare(store->shapes[i]);
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    sqlite3_finalize(store->put_filed);
    store->begin = store->commit = store->put_filed = NULL;
    /* A checkpoint that fails leaves the log, which the next start reads. */
    if (clean && writer_checkpoint(store, &ignored) == PAWL_OK)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    int code = sqlite3_close(store->db);
    assert(code == SQLITE_OK); /* every statement was finalized */
    store->db = NULL;
    redo_close(store, clean);
}

/* ---- a new database ---- */

static int remove_if_there(struct store *store, const char *path, struct pawl_err *err) {
    bool there = false;
    int rc = disk_exists(store->disk, path, &there, err);
    return rc == PAWL_OK && there ? disk_remove(store->disk, path, err) : rc;
}

static int fill_new(struct store *store, const char *path, const struct store_migration *list,
                    uint32_t count, struct pawl_err *err) {
    char sql[64];
    int rc = connect_to(store, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (rc == PAWL_OK)
        rc = sql_run(store, store->durability == STORE_NONE ? "PRAGMA synchronous=OFF"
                                                            : "PRAGMA synchronous=FULL", err);
    if (rc == PAWL_OK) rc = sql_run(store, "BEGIN IMMEDIATE", err);
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d", STORE_APPLICATION_ID);
    if (rc == PAWL_OK) rc = sql_run(store, sql, err);
    if (rc == PAWL_OK) rc = store_migrate(store, list, count, 0, err);
    if (rc == PAWL_OK) rc = sql_run(store, "COMMIT", err);
    store_disconnect(store, false);
    return rc;
}

/* Made under another name and renamed, so that an empty or half-made file under the real name is
 * always an accident. */
static int create(struct store *store, const struct store_migration *list, uint32_t count,
                  struct pawl_err *err) {
    char path[STORE_PATH_MAX + 16], journal[STORE_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s.new", store->path);
    snprintf(journal, sizeof journal, "%s-journal", path);
    int rc = remove_if_there(store, path, err);
    if (rc == PAWL_OK) rc = remove_if_there(store, journal, err);
    if (rc == PAWL_OK) rc = fill_new(store, path, list, count, err);
    if (rc == PAWL_OK) rc = remove_if_there(store, journal, err);
    if (rc == PAWL_OK) rc = disk_rename(store->disk, path, store->path, err);
    if (rc == PAWL_OK && store->durability != STORE_NONE)
        rc = disk_sync_names(store->disk, store->path, err);
    return rc;
}

/* ---- is it whole, and is it ours? Nothing here writes; the first read takes the lock. ---- */

static int check_pages(struct store *store, struct pawl_err *err) {
    sqlite3_stmt *check = NULL;
    int rc = sql_prepare(store, "PRAGMA quick_check(1)", &check, err);
    if (rc != PAWL_OK) return rc;
    int step = sqlite3_step(check);
    const char *text = step == SQLITE_ROW ? (const char *)sqlite3_column_text(check, 0) : NULL;
    if (step != SQLITE_ROW || text == NULL)
        rc = sql_fail(store, "check", err);
    else if (strcmp(text, "ok") != 0)
        rc = sql_damaged(store, err, "damaged: %.100s", text);
    sqlite3_finalize(check);
    return rc;
}

static int check_version(struct store *store, uint32_t newest, int64_t *ret_version,
                         struct pawl_err *err) {
    int64_t id = 0, pages = 0;
    if (sqlite3_db_readonly(store->db, "main") == 1)
        return pawl_fail(err, PAWL_E_DENIED, "%s: the file is read-only", store->path);
    int rc = sql_integer(store, "PRAGMA page_count", &pages, err);
    if (rc == PAWL_OK) rc = sql_integer(store, "PRAGMA application_id", &id, err);
    if (rc == PAWL_OK) rc = sql_integer(store, "PRAGMA user_version", ret_version, err);
    if (rc != PAWL_OK) return rc;
    if (pages == 0) return sql_damaged(store, err, "the file is empty");
    if (id != STORE_APPLICATION_ID)
        return sql_damaged(store, err, "an SQLite database, but not one of pawl");
    if (*ret_version < 1) return sql_damaged(store, err, "damaged: it has no version");
    if (*ret_version > newest)
        return pawl_fail(err, PAWL_E_STATE,
                         "%s: version %lld was written by a newer pawl; this one knows up to %u. "
                         "Start that, or restore a backup (.bak-*)",
                         store->path, (long long)*ret_version, newest);
    return PAWL_OK;
}

int64_t store_check_of(int64_t number) {
    return number == 0 ? 0 : (int64_t)hash_u64((uint64_t)number);
}

static int read_boot(struct store *store, struct pawl_err *err) {
    sqlite3_stmt *select = NULL;
    int64_t boot = -1, check = 0;
    int rc = sql_prepare(store, "SELECT boot, boot_check FROM pawl_store WHERE id=1", &select, err);
    if (rc != PAWL_OK) return rc;
    int step = sqlite3_step(select);
    if (step == SQLITE_ROW) {
        boot = sqlite3_column_int64(select, 0);
        check = sqlite3_column_int64(select, 1);
    } else if (step != SQLITE_DONE) {
        rc = sql_fail(store, "boot", err);
    }
    sqlite3_finalize(select);
    if (rc != PAWL_OK) return rc;
    if (boot < 0 || check != store_check_of(boot))
        return sql_damaged(store, err, "damaged: its boot counter is not what was stored");
    if (boot >= (int64_t)OID_BOOT_MAX)
        return pawl_fail(err, PAWL_E_RANGE, "%s: the boot counter is used up; begin a new database",
                         store->path);
    store->boot = (uint32_t)boot + 1;
    return PAWL_OK;
}

/* ---- open ---- */

int store_shape_add(struct store *store, const struct pawl_record_type *type, struct shape **ret,
                    struct pawl_err *err) {
    struct shape *shape = NULL;
    int rc = shape_new(type, &shape, err);
    if (rc != PAWL_OK) return rc;
    for (uint32_t i = 0; i < store->shapes_count; i++) {
        if (!shape_equal(shape, store->shapes[i])) continue;
        shape_free(shape);
        store->shapes[i]->type = type;
        *ret = store->shapes[i];
        return PAWL_OK;
    }
    if (store->shapes_count == STORE_TYPES_MAX) {
        shape_free(shape);
        return pawl_fail(err, PAWL_E_BUSY, "record %.40s: more than %u record types", type->name,
                         STORE_TYPES_MAX);
    }
    store->shapes[store->shapes_count++] = shape;
    *ret = shape;
    return PAWL_OK;
}

/* Compare every host record with its table; *ret_grow = one has to be extended. */
static int check_tables(struct store *store, bool *ret_grow, struct pawl_err *err) {
    for (const struct pawl_record_type *type = schema_records; type->name != NULL; type++) {
        struct shape *shape;
        enum shape_fit fit;
        if (!type->durable) continue;
        int rc = store_shape_add(store, type, &shape, err);
        if (rc == PAWL_OK) rc = shape_compare(store, shape, &fit, err);
        if (rc != PAWL_OK) return rc;
        if (fit == SHAPE_GROWS) *ret_grow = true;
    }
    return PAWL_OK;
}

static int enter_wal(struct store *store, struct pawl_err *err) {
    sqlite3_stmt *mode = NULL;
    int rc = sql_prepare(store, "PRAGMA journal_mode=WAL", &mode, err);
    if (rc != PAWL_OK) return rc;
    int step = sqlite3_step(mode);
    const char *text = step == SQLITE_ROW ? (const char *)sqlite3_column_text(mode, 0) : NULL;
    bool is_wal = text != NULL && strcmp(text, "wal") == 0;
    /* It answers before it commits: only the second step says that it did. */
    if (step != SQLITE_ROW || sqlite3_step(mode) != SQLITE_DONE)
        rc = sql_fail(store, "journal_mode", err);
    else if (!is_wal)
        rc = pawl_fail(err, PAWL_E_IO, "%s: no write-ahead log is possible here", store->path);
    sqlite3_finalize(mode);
    if (rc == PAWL_OK)
        rc = sql_run(store, store->durability == STORE_NONE ? "PRAGMA synchronous=OFF"
                                                            : "PRAGMA synchronous=FULL", err);
    sqlite3_wal_hook(store->db, wal_grew, store);
    return rc;
}

/* One transaction: migrations, tables, the boot counter. */
static int bring_up(struct store *store, const struct store_migration *list, uint32_t count,
                    int64_t version, struct pawl_err *err) {
    char sql[200];
    int rc = sql_run(store, "BEGIN IMMEDIATE", err);
    if (rc == PAWL_OK) rc = store_migrate(store, list, count, version, err);
    for (uint32_t i = 0; rc == PAWL_OK && i < store->shapes_count; i++)
        rc = shape_adapt(store, store->shapes[i], err);
    snprintf(sql, sizeof sql,
             "UPDATE pawl_store SET boot=%u, boot_check=%lld, filed=0, filed_check=0 WHERE id=1",
             store->boot, (long long)store_check_of(store->boot));
    if (rc == PAWL_OK) rc = sql_run(store, sql, err);
    if (rc == PAWL_OK) rc = sql_run(store, "COMMIT", err);
    for (uint32_t i = 0; rc == PAWL_OK && i < store->shapes_count; i++)
        rc = shape_prepare(store, store->shapes[i], err);
    if (rc == PAWL_OK) rc = sql_prepare(store, "BEGIN IMMEDIATE", &store->begin, err);
    if (rc == PAWL_OK) rc = sql_prepare(store, "COMMIT", &store->commit, err);
    if (rc == PAWL_OK)
        rc = sql_prepare(store, "UPDATE pawl_store SET filed=?, filed_check=? WHERE id=1",
                         &store->put_filed, err);
    if (rc == PAWL_OK) rc = redo_open(store, err);
    if (rc == PAWL_OK && store->durability == STORE_PROCESS)
        rc = sql_run(store, "PRAGMA synchronous=NORMAL", err);
    return rc;
}

static int open_checked(struct store *store, const struct store_migration *list, uint32_t count,
                        struct pawl_err *err) {
    int64_t version = 0;
    bool grow = false;
    int rc = connect_to(store, store->path, SQLITE_OPEN_READWRITE, err);
    if (rc == PAWL_OK) rc = check_version(store, list[count - 1].version, &version, err);
    if (rc == PAWL_OK && store->durability == STORE_FULL) rc = wal_check(store, err);
    if (rc == PAWL_OK) rc = check_pages(store, err);
    if (rc == PAWL_OK) rc = read_boot(store, err);
    if (rc == PAWL_OK) rc = check_tables(store, &grow, err);
    if (rc == PAWL_OK && version >= STORE_REDO_VERSION) rc = redo_check(store, err);
    /* From here on the file is written. What a crash left in the log goes to the main file first:
     * it may never have been synced, and what this run decides rests on it. */
    if (rc == PAWL_OK) rc = enter_wal(store, err);
    if (rc == PAWL_OK) rc = writer_checkpoint(store, err);
    if (rc == PAWL_OK && version >= STORE_REDO_VERSION) rc = redo_recover(store, err);
    if (rc == PAWL_OK && (grow || version < list[count - 1].version))
        rc = store_backup(store, version, err);
    return rc == PAWL_OK ? bring_up(store, list, count, version, err) : rc;
}

/* What is under the name decides between a first start, a normal one and an accident. */
static int open_path(struct store *store, const struct store_migration *list, uint32_t count,
                     struct pawl_err *err) {
    char wal[STORE_PATH_MAX + 8], redo[REDO_PATH_SIZE];
    bool there = false, wal_there = false, redo_there = false;
    snprintf(wal, sizeof wal, "%s-wal", store->path);
    redo_path(store, redo);
    int rc = disk_exists(store->disk, store->path, &there, err);
    if (rc == PAWL_OK) rc = disk_exists(store->disk, wal, &wal_there, err);
    if (rc == PAWL_OK) rc = disk_exists(store->disk, redo, &redo_there, err);
    if (rc != PAWL_OK) return rc;
    if (!there && wal_there)
        return sql_damaged(store, err, "missing, but its -wal is there");
    if (!there && redo_there)
        return sql_damaged(store, err, "missing, but its -redo is there");
    if (!there) rc = create(store, list, count, err);
    if (rc == PAWL_OK) rc = open_checked(store, list, count, err);
    if (rc == PAWL_OK) return rc;
    store_disconnect(store, false);
    /* SQLite makes an empty log when it looks at a file; a refused one is left as it was. */
    if (there && !wal_there) remove_if_there(store, wal, NULL);
    return rc;
}

static int add_metrics(struct store *store, struct metrics *metrics, struct pawl_err *err) {
    if (metrics == NULL) return PAWL_OK;
    int rc = metrics_histogram(metrics, "pawl_store_commit_seconds", NULL,
                               "Time of a transaction, its sync included.", METRIC_NS,
                               &store->m_commit_ns, err);
    if (rc == PAWL_OK)
        rc = metrics_counter(metrics, "pawl_store_transactions_total", NULL,
                             "Transactions written.", METRIC_COUNT, &store->m_transactions, err);
    if (rc == PAWL_OK)
        rc = metrics_counter(metrics, "pawl_store_rows_total", NULL, "Rows written or erased.",
                             METRIC_COUNT, &store->m_rows, err);
    if (rc == PAWL_OK)
        rc = metrics_counter(metrics, "pawl_store_checkpoints_total", NULL,
                             "Times the log was moved into the main file.", METRIC_COUNT,
                             &store->m_checkpoints, err);
    return rc;
}

static int options_take(struct store *store, const struct store_options *options,
                        struct pawl_err *err) {
    if (options->path == NULL || options->path[0] == '\0' ||
        strlen(options->path) > STORE_PATH_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "store: the path must have 1 to %u bytes",
                         STORE_PATH_MAX);
    if (options->vfs != NULL && strlen(options->vfs) >= sizeof store->vfs)
        return pawl_fail(err, PAWL_E_INVAL, "store: no such VFS");
    memcpy(store->path, options->path, strlen(options->path) + 1);
    if (options->vfs != NULL) memcpy(store->vfs, options->vfs, strlen(options->vfs) + 1);
    store->durability = options->durability;
    store->threaded = options->threaded;
    store->held = options->held;
    store->wake = options->wake;
    store->wake_arg = options->wake_arg;
    store->disk = store_vfs_disk(options->vfs);
    if (store->disk != NULL) return PAWL_OK;
    store->disk_owned = true;
    return disk_posix_new(&store->disk, err);
}

/* What comes while the writer is at something is not copied as it grows, up to here. Memory that is
 * never touched costs nothing. */
#define QUEUE_BYTES_START (4u << 20)

static int reserve_queues(struct store *store, struct pawl_err *err) {
    struct batch *const queues[] = {&store->queued, &store->working, &store->here};
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++)
        if (batch_reserve(queues[i], QUEUE_BYTES_START) != PAWL_OK)
            return pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    return PAWL_OK;
}

int store_open_migrating(const struct store_options *options, const struct store_migration *list,
                         uint32_t count, struct store **ret, struct pawl_err *err) {
    struct store *store = mem_calloc(1, sizeof *store);
    if (store == NULL) return pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&store->db_lock, NULL);
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->redo_lock, NULL);
    pthread_cond_init(&store->to_writer, &monotonic);
    pthread_cond_init(&store->from_writer, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int rc = options_take(store, options, err);
    if (rc == PAWL_OK) rc = add_metrics(store, options->metrics, err);
    if (rc == PAWL_OK) rc = open_path(store, list, count, err);
    if (rc == PAWL_OK && store->threaded) rc = reserve_queues(store, err);
    if (rc == PAWL_OK && store->threaded) rc = writer_start(store, err);
    if (rc != PAWL_OK) {
        store_disconnect(store, false);
        store_free(store);
        return rc;
    }
    *ret = store;
    return PAWL_OK;
}

int store_open(const struct store_options *options, struct store **ret, struct pawl_err *err) {
    return store_open_migrating(options, store_migrations, store_migrations_count, ret, err);
}

void store_free(struct store *store) {
    for (uint32_t i = 0; i < store->shapes_count; i++) shape_free(store->shapes[i]);
    batch_done(&store->current);
    batch_done(&store->queued);
    batch_done(&store->working);
    batch_done(&store->here);
    batch_done(&store->filing);
    batch_done(&store->redo.unfiled);
    batch_done(&store->redo.bytes);
    if (store->disk_owned) disk_free(store->disk);
    pthread_cond_destroy(&store->from_writer);
    pthread_cond_destroy(&store->to_writer);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->redo_lock);
    pthread_mutex_destroy(&store->db_lock);
    mem_free(store);
}
