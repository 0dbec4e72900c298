#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/metrics.h"
#include "store/redo.h"
#include "store/store_int.h"

/* When nothing has come for PAUSE_NS, what is in no table yet goes there. A checkpoint costs a
 * few syncs: at once when the log is large, else when nothing has come for IDLE_NS. Until then the
 * log is read again at the next start, which takes milliseconds. */
#define PAUSE_NS (20 * PAWL_MS)
#define WAL_FRAMES_MAX 1024u
#define WAL_FRAMES_IDLE 64u
#define IDLE_NS (INT64_C(1) * PAWL_NS)
/* A write that took longer says that the disk is behind: then only the writer waits for it. */
#define SLOW_NS (10 * PAWL_MS)
#define SLOW_FOR_NS (INT64_C(10) * PAWL_NS)

static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * PAWL_NS + now.tv_nsec;
}

/* ---- batches ---- */

int batch_reserve(struct batch *batch, size_t more) {
    size_t needed = batch->size + more;
    if (needed <= batch->capacity) return PAWL_OK;
    size_t wanted = batch->capacity == 0 ? 4096 : batch->capacity;
    while (wanted < needed) wanted *= 2;
    uint8_t *bytes = mem_realloc(batch->bytes, wanted);
    if (bytes == NULL) return PAWL_E_NOMEM;
    batch->bytes = bytes;
    batch->capacity = wanted;
    return PAWL_OK;
}

void batch_done(struct batch *batch) {
    mem_free(batch->bytes);
    *batch = (struct batch){0};
}

struct change *batch_at(const struct batch *batch, size_t at) {
    return (struct change *)(void *)(batch->bytes + at);
}

/* ---- one transaction ---- */

/* Of several changes of a row only the last is written: turns that go together become visible
 * together. Without memory for the table they are simply all written. */
static void supersede(struct store *store, struct batch *group) {
    for (size_t at = 0; at < group->size; at += batch_at(group, at)->size) {
        struct change *change = batch_at(group, at);
        struct table *newest = &store->shapes[change->shape]->newest;
        struct change *before = table_get(newest, change->key);
        if (table_put(newest, change->key, change) == PAWL_OK && before != NULL)
            before->op = CHANGE_SUPERSEDED;
    }
    for (uint32_t i = 0; i < store->shapes_count; i++) table_clear(&store->shapes[i]->newest);
}

/* Types that a reload brought: their tables follow when the first row is there. */
static int adapt_expected(struct store *store, const struct batch *group, struct pawl_err *err) {
    int rc = PAWL_OK;
    for (size_t at = 0; rc == PAWL_OK && at < group->size; at += batch_at(group, at)->size) {
        struct shape *shape = store->shapes[batch_at(group, at)->shape];
        if (shape->put == NULL) rc = store_adapt(store, shape, err);
    }
    return rc;
}

static int to_tables(struct store *store, struct batch *group, uint64_t *ret_rows) {
    int code = SQLITE_OK;
    supersede(store, group);
    for (size_t at = 0; at < group->size && code == SQLITE_OK; at += batch_at(group, at)->size) {
        const struct change *change = batch_at(group, at);
        struct shape *shape = store->shapes[change->shape];
        if (change->op == CHANGE_SUPERSEDED) continue;
        ++*ret_rows;
        code = change->op == CHANGE_PUT ? shape_put(shape, change + 1)
                                        : shape_erase(shape, change->key);
    }
    return code;
}

/* An allocation of our own leaves SQLite nothing to tell. */
static int write_failed(struct store *store, int code, struct pawl_err *err) {
    if (code == SQLITE_NOMEM)
        return pawl_fail(err, PAWL_E_NOMEM, "%s: write: out of memory", store->path);
    return sql_fail(store, "write", err);
}

/* Each series of metrics is updated with redo_lock. */
static void count_transaction(struct store *store, uint64_t rows) {
    pthread_mutex_lock(&store->redo_lock);
    metric_add(store->m_transactions, 1);
    metric_add(store->m_rows, rows);
    pthread_mutex_unlock(&store->redo_lock);
}

static int put_filed(struct store *store, uint64_t number) {
    int code = sqlite3_bind_int64(store->put_filed, 1, (int64_t)number);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(store->put_filed, 2, store_check_of((int64_t)number));
    return code == SQLITE_OK ? sql_step_done(store->put_filed) : code;
}

/* With what was in no table yet. */
static int begin(struct store *store, uint64_t number, uint64_t *ret_rows) {
    int code = sql_step_done(store->begin);
    if (code == SQLITE_OK) code = to_tables(store, &store->filing, ret_rows);
    return code == SQLITE_OK && store->redo.file != NULL ? put_filed(store, number) : code;
}

int writer_file(struct store *store, struct pawl_err *err) {
    struct pawl_err why = {0};
    uint64_t rows = 0, number = 0;
    if (store_failed(store, err) != PAWL_OK) return PAWL_E_IO;
    pthread_mutex_lock(&store->redo_lock);
    bool any = store->redo.unfiled.size > 0;
    if (any) number = redo_take(store, false, &store->filing);
    pthread_mutex_unlock(&store->redo_lock);
    if (!any) return PAWL_OK;
    int code = begin(store, number, &rows);
    if (code == SQLITE_OK) code = sql_step_done(store->commit);
    if (code != SQLITE_OK) {
        write_failed(store, code, &why);
        writer_failed(store, &why);
        return pawl_fail(err, why.rc, "%s", why.text);
    }
    count_transaction(store, rows);
    return PAWL_OK;
}

int writer_begin(struct store *store, struct pawl_err *err) {
    uint64_t rows = 0;
    pthread_mutex_lock(&store->redo_lock);
    int code = begin(store, redo_take(store, true, &store->filing), &rows);
    metric_add(store->m_rows, rows);
    return code == SQLITE_OK ? PAWL_OK : write_failed(store, code, err);
}

int writer_end(struct store *store, int rc, struct pawl_err *err) {
    int code = rc == PAWL_OK ? sql_step_done(store->commit) : SQLITE_OK;
    pthread_mutex_unlock(&store->redo_lock);
    return code == SQLITE_OK ? rc : write_failed(store, code, err);
}

static void is_durable(struct store *store, const struct batch *group) {
    assert(group->last_turn >= atomic_load(&store->durable_turn));
    atomic_store(&store->durable_turn, group->last_turn);
}

/* redo_lock is held. */
static int write_redo(struct store *store, struct batch *group, bool *ret_room,
                      struct pawl_err *err) {
    int64_t began_ns = monotonic_ns();
    *ret_room = group->size == 0; /* of nothing, nothing is written */
    int rc = *ret_room ? PAWL_OK : redo_write(store, group, ret_room, err);
    if (rc != PAWL_OK || !*ret_room) return rc;
    is_durable(store, group);
    if (store->m_commit_ns != NULL)
        metric_observe(store->m_commit_ns, (uint64_t)(monotonic_ns() - began_ns));
    return PAWL_OK;
}

static int try_redo(struct store *store, struct batch *group, bool *ret_done,
                    struct pawl_err *err) {
    pthread_mutex_lock(&store->redo_lock);
    int rc = redo_takes(store, group) ? write_redo(store, group, ret_done, err) : PAWL_OK;
    pthread_mutex_unlock(&store->redo_lock);
    return rc;
}

static int write_tables(struct store *store, struct batch *group, struct pawl_err *err) {
    uint64_t rows = 0;
    int rc = writer_begin(store, err);
    int code = rc == PAWL_OK ? to_tables(store, group, &rows) : SQLITE_OK;
    if (code != SQLITE_OK) rc = write_failed(store, code, err);
    rc = writer_end(store, rc, err);
    if (rc != PAWL_OK) return rc;
    is_durable(store, group);
    count_transaction(store, rows);
    return PAWL_OK;
}

/* In one write beside; or to the tables, behind what waits for them. */
static int write_group(struct store *store, struct batch *group, struct pawl_err *err) {
    bool done = false;
    int rc = try_redo(store, group, &done, err);
    if (rc != PAWL_OK || done) return rc;
    rc = writer_file(store, err);
    if (rc == PAWL_OK) rc = try_redo(store, group, &done, err);
    return rc != PAWL_OK || done ? rc : write_tables(store, group, err);
}

void writer_failed(struct store *store, const struct pawl_err *err) {
    pthread_mutex_lock(&store->lock);
    if (store->failure.rc == PAWL_OK) { /* the first cause; readers look at it without the lock */
        store->failure = *err;
        store->failure.rc = PAWL_E_IO;
    }
    pthread_mutex_unlock(&store->lock);
    atomic_store(&store->failed, true);
    if (store->threaded && store->wake != NULL) store->wake(store->wake_arg);
}

/* SQLite does not sync the cut of the log. Unsynced, a power cut could put half a new header before
 * the old frames, and wal_check() would take that for damage. */
static int sync_log(struct store *store) {
    sqlite3_file *log = NULL;
    int code = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (code != SQLITE_OK || log == NULL || log->pMethods == NULL) return code;
    return log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
}

int writer_checkpoint(struct store *store, struct pawl_err *err) {
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (code != SQLITE_OK) return sql_fail(store, "checkpoint", err);
    if (store->durability == STORE_FULL && sync_log(store) != SQLITE_OK)
        return pawl_fail(err, PAWL_E_IO, "%s-wal: sync failed", store->path);
    store->wal_frames = 0;
    metric_add(store->m_checkpoints, 1);
    return PAWL_OK;
}

int writer_apply(struct store *store, struct batch *group) {
    struct pawl_err err = {0};
    int rc = PAWL_OK;
    if (atomic_load(&store->failed)) return PAWL_E_IO;
    pthread_mutex_lock(&store->db_lock);
    if (group->size > 0 && store->expected > 0) rc = adapt_expected(store, group, &err);
    if (group->size > 0 && rc == PAWL_OK) rc = write_group(store, group, &err);
    pthread_mutex_unlock(&store->db_lock);
    if (rc != PAWL_OK) {
        writer_failed(store, &err);
        return PAWL_E_IO;
    }
    if (group->size == 0) is_durable(store, group);
    group->size = 0;
    group->turns = 0;
    return PAWL_OK;
}

/* ---- by who waits ---- */

/* The writer makes those that a reload brought. */
static bool has_tables(const struct store *store, const struct batch *group) {
    for (size_t at = 0; at < group->size; at += batch_at(group, at)->size)
        if (!atomic_load(&store->shapes[batch_at(group, at)->shape]->prepared)) return false;
    return true;
}

/* What is queued, if nothing before it is still to be written, or never will be. */
static bool take_queued(struct store *store) {
    pthread_mutex_lock(&store->lock);
    bool takes = store->queued.turns > 0 && !store->writing && !store->stop &&
                 !atomic_load(&store->failed) && redo_takes(store, &store->queued) &&
                 has_tables(store, &store->queued);
    if (takes) {
        struct batch group = store->queued;
        store->queued = store->here;
        store->here = group;
    }
    pthread_mutex_unlock(&store->lock);
    return takes;
}

/* The writer has to file, now or in a pause. */
static void tell_writer(struct store *store, bool is_full, int64_t now_ns) {
    pthread_mutex_lock(&store->lock);
    bool tell = !store->to_file || (is_full && !store->is_full);
    store->to_file = true;
    store->is_full |= is_full;
    store->pushed &= store->queued.turns > 0;
    store->quiet_since_ns = now_ns;
    pthread_mutex_unlock(&store->lock);
    if (tell) pthread_cond_signal(&store->to_writer);
}

static void put_back(struct store *store) {
    pthread_mutex_lock(&store->lock);
    struct batch group = store->here;
    store->here = store->queued; /* empty: only the loop adds to it */
    store->queued = group;
    pthread_mutex_unlock(&store->lock);
}

bool writer_spare(struct store *store) {
    struct pawl_err err = {0};
    int64_t began_ns = monotonic_ns();
    bool room = false, is_full = false;
    if (began_ns < store->slow_until_ns || pthread_mutex_trylock(&store->redo_lock) != 0)
        return false;
    bool taken = take_queued(store);
    int rc = taken ? write_redo(store, &store->here, &room, &err) : PAWL_OK;
    if (room) is_full = redo_is_full(store);
    pthread_mutex_unlock(&store->redo_lock);
    if (!taken) return false;
    if (rc != PAWL_OK) writer_failed(store, &err);
    if (rc == PAWL_OK && !room) {
        put_back(store);
        return false;
    }
    store->here.size = store->here.turns = 0;
    int64_t now_ns = monotonic_ns();
    if (now_ns - began_ns > SLOW_NS) store->slow_until_ns = now_ns + SLOW_FOR_NS;
    tell_writer(store, is_full, now_ns);
    return true;
}

/* ---- what is due ---- */

bool writer_tidy(struct store *store, enum writer_quiet quiet) {
    uint32_t frames_max = quiet == WRITER_IDLE ? WAL_FRAMES_IDLE : WAL_FRAMES_MAX;
    struct pawl_err err = {0};
    if (atomic_load(&store->failed)) return false;
    pthread_mutex_lock(&store->db_lock);
    pthread_mutex_lock(&store->redo_lock);
    bool due = quiet != WRITER_BUSY || redo_is_full(store);
    pthread_mutex_unlock(&store->redo_lock);
    if (due) writer_file(store, NULL);
    bool checkpoint = store->wal_frames > frames_max && !atomic_load(&store->failed);
    if (checkpoint) writer_checkpoint(store, &err);
    pthread_mutex_lock(&store->redo_lock);
    bool unfiled = store->redo.unfiled.size > 0;
    pthread_mutex_unlock(&store->redo_lock);
    pthread_mutex_unlock(&store->db_lock);
    if (err.rc != PAWL_OK) writer_failed(store, &err);
    return unfiled;
}

/* ---- the thread ---- */

/* Until there is work, an end, or nothing came for a while. */
static enum writer_quiet wait_for_work(struct store *store) {
    while (!store->pushed && !store->is_full && store->pages == NULL && !store->stop) {
        int64_t until = store->quiet_since_ns + (store->to_file ? PAUSE_NS : IDLE_NS);
        struct timespec time = {.tv_sec = until / PAWL_NS, .tv_nsec = until % PAWL_NS};
        if (monotonic_ns() >= until) break;
        pthread_cond_timedwait(&store->to_writer, &store->lock, &time);
    }
    if (store->queued.turns > 0 || store->pages != NULL || store->stop) return WRITER_BUSY;
    return store->to_file ? WRITER_PAUSES : WRITER_IDLE;
}

static void write_working(struct store *store) {
    writer_apply(store, &store->working);
    store->working.size = store->working.turns = 0;
    pthread_mutex_lock(&store->lock);
    store->writing = false;
    pthread_mutex_unlock(&store->lock);
    if (store->wake != NULL) store->wake(store->wake_arg);
}

static void *writer_main(void *arg) {
    struct store *store = arg;
    pthread_mutex_lock(&store->lock);
    store->quiet_since_ns = monotonic_ns();
    for (;;) {
        enum writer_quiet quiet = wait_for_work(store);
        if (store->abandon || (store->stop && store->queued.turns == 0)) break;
        struct batch group = store->queued;
        store->queued = store->working;
        store->working = group;
        store->writer_busy = true;
        store->writing = group.turns > 0;
        store->pushed = store->to_file = store->is_full = false;
        struct store_page *page = read_take(store);
        pthread_mutex_unlock(&store->lock);

        if (store->writing) write_working(store);
        if (page != NULL) read_do(store, page);
        bool unfiled = writer_tidy(store, quiet);

        pthread_mutex_lock(&store->lock);
        store->to_file |= unfiled;
        store->quiet_since_ns = monotonic_ns();
        store->writer_busy = false;
        pthread_cond_broadcast(&store->from_writer);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

int writer_start(struct store *store, struct pawl_err *err) {
    sigset_t all, before;
    sigfillset(&all); /* signals are the loop's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(&store->thread, NULL, writer_main, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number != 0) return pawl_fail(err, PAWL_E_NOMEM, "store: no thread: %s", strerror(number));
    store->thread_runs = true;
    return PAWL_OK;
}

void writer_stop(struct store *store, bool abandon) {
    if (!store->thread_runs) return;
    pthread_mutex_lock(&store->lock);
    store->stop = true;
    store->abandon = abandon;
    pthread_cond_signal(&store->to_writer);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->thread, NULL);
    store->thread_runs = false;
    read_end(store);
}
