#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/metrics.h"
#include "store/store_int.h"

/* When nothing has come for PAUSE_NS, what is in pawl_redo goes to its tables. A checkpoint costs a
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

static int keep_unfiled(struct store *store, const struct batch *group) {
    struct batch *unfiled = &store->unfiled;
    if (batch_reserve(unfiled, group->size) != PAWL_OK) return SQLITE_NOMEM;
    memcpy(unfiled->bytes + unfiled->size, group->bytes, group->size);
    unfiled->size += group->size;
    unfiled->turns++;
    return SQLITE_OK;
}

/* An allocation of our own leaves SQLite nothing to tell. */
static int write_failed(struct store *store, int code, struct pawl_err *err) {
    if (code == SQLITE_NOMEM)
        return pawl_fail(err, PAWL_E_NOMEM, "%s: write: out of memory", store->path);
    return sql_fail(store, "write", err);
}

int writer_file(struct store *store, struct pawl_err *err) {
    struct pawl_err why = {0};
    uint64_t rows = 0;
    if (store_failed(store, err) != PAWL_OK) return PAWL_E_IO;
    if (store->unfiled.size == 0) return PAWL_OK;
    int code = sql_step_done(store->begin);
    if (code == SQLITE_OK) code = to_tables(store, &store->unfiled, &rows);
    if (code == SQLITE_OK) code = sql_step_done(store->redo_clear);
    if (code == SQLITE_OK) code = sql_step_done(store->commit);
    if (code != SQLITE_OK) {
        write_failed(store, code, &why);
        writer_failed(store, &why);
        return pawl_fail(err, why.rc, "%s", why.text);
    }
    store->unfiled.size = store->unfiled.turns = 0;
    metric_add(store->m_transactions, 1);
    metric_add(store->m_rows, rows);
    return PAWL_OK;
}

/* As a row of pawl_redo, a transaction of its own; or to the tables, behind what waits for them. */
static int write_group(struct store *store, struct batch *group, uint64_t *ret_rows,
                       struct pawl_err *err) {
    bool redo = redo_takes(store, group);
    int rc = redo ? PAWL_OK : writer_file(store, err);
    if (rc != PAWL_OK) return rc;
    int code = redo ? keep_unfiled(store, group) : sql_step_done(store->begin);
    if (code == SQLITE_OK)
        code = redo ? redo_write(store, group) : to_tables(store, group, ret_rows);
    if (code == SQLITE_OK && !redo) code = sql_step_done(store->commit);
    return code == SQLITE_OK ? PAWL_OK : write_failed(store, code, err);
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

int writer_checkpoint(struct store *store, struct pawl_err *err) {
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    if (code != SQLITE_OK) return sql_fail(store, "checkpoint", err);
    store->wal_frames = 0;
    metric_add(store->m_checkpoints, 1);
    return PAWL_OK;
}

/* db_lock is held. */
static int apply(struct store *store, struct batch *group) {
    struct pawl_err err = {0};
    uint64_t rows = 0;
    int64_t began_ns = store->m_commit_ns == NULL ? 0 : monotonic_ns();
    if (atomic_load(&store->failed)) return PAWL_E_IO;
    if (group->size > 0) {
        int rc = store->expected > 0 ? adapt_expected(store, group, &err) : PAWL_OK;
        if (rc == PAWL_OK) write_group(store, group, &rows, &err);
    }
    if (err.rc != PAWL_OK) {
        writer_failed(store, &err);
        return PAWL_E_IO;
    }
    atomic_store(&store->durable_turn, group->last_turn);
    if (group->size > 0) {
        if (store->m_commit_ns != NULL)
            metric_observe(store->m_commit_ns, (uint64_t)(monotonic_ns() - began_ns));
        metric_add(store->m_transactions, 1);
        metric_add(store->m_rows, rows);
    }
    group->size = 0;
    group->turns = 0;
    return PAWL_OK;
}

/* The first transaction after a checkpoint syncs the log's header; nobody waits for this one. */
static int begin_log(struct store *store, struct pawl_err *err) {
    return store->durability == STORE_NONE ? PAWL_OK
                                           : sql_run(store, "UPDATE pawl_store SET id=id", err);
}

int writer_apply(struct store *store, struct batch *group) {
    pthread_mutex_lock(&store->db_lock);
    int rc = apply(store, group);
    pthread_mutex_unlock(&store->db_lock);
    return rc;
}

/* What is queued, if the writer is at nothing. What it took before must be written before, so that
 * db_lock is free does not suffice. */
static bool take_idle(struct store *store) {
    pthread_mutex_lock(&store->lock);
    bool idle = !store->writer_busy && !store->stop && redo_takes(store, &store->queued);
    if (idle) {
        struct batch group = store->queued;
        store->queued = store->here;
        store->here = group;
        store->pushed = false;
    }
    pthread_mutex_unlock(&store->lock);
    return idle;
}

bool writer_spare(struct store *store) {
    int64_t began_ns = monotonic_ns();
    if (began_ns < store->slow_until_ns || pthread_mutex_trylock(&store->db_lock) != 0)
        return false;
    bool syncs = store->wal_frames == 0; /* it begins the log */
    bool taken = !syncs && store->expected == 0 && !redo_is_full(store) && take_idle(store);
    if (taken) apply(store, &store->here);
    pthread_mutex_unlock(&store->db_lock);
    if (!taken) return false;
    int64_t now_ns = monotonic_ns();
    if (now_ns - began_ns > SLOW_NS) store->slow_until_ns = now_ns + SLOW_FOR_NS;
    pthread_mutex_lock(&store->lock);
    bool tell = !store->to_file;
    store->to_file = true;
    store->quiet_since_ns = now_ns;
    pthread_mutex_unlock(&store->lock);
    if (tell) pthread_cond_signal(&store->to_writer);
    return true;
}

bool writer_tidy(struct store *store, enum writer_quiet quiet) {
    uint32_t frames_max = quiet == WRITER_IDLE ? WAL_FRAMES_IDLE : WAL_FRAMES_MAX;
    struct pawl_err err = {0};
    if (atomic_load(&store->failed)) return false;
    pthread_mutex_lock(&store->db_lock);
    if (quiet != WRITER_BUSY || redo_is_full(store)) writer_file(store, NULL);
    bool checkpoint = store->wal_frames > frames_max && !atomic_load(&store->failed);
    if (checkpoint && writer_checkpoint(store, &err) == PAWL_OK) begin_log(store, &err);
    bool unfiled = store->unfiled.size > 0;
    pthread_mutex_unlock(&store->db_lock);
    if (err.rc != PAWL_OK) writer_failed(store, &err);
    return unfiled;
}

/* ---- the thread ---- */

/* Until there is work, an end, or nothing came for a while. */
static enum writer_quiet wait_for_work(struct store *store) {
    while (!store->pushed && store->pages == NULL && !store->stop) {
        int64_t until = store->quiet_since_ns + (store->to_file ? PAUSE_NS : IDLE_NS);
        struct timespec time = {.tv_sec = until / PAWL_NS, .tv_nsec = until % PAWL_NS};
        if (monotonic_ns() >= until) break;
        pthread_cond_timedwait(&store->to_writer, &store->lock, &time);
    }
    if (store->queued.turns > 0 || store->pages != NULL || store->stop) return WRITER_BUSY;
    return store->to_file ? WRITER_PAUSES : WRITER_IDLE;
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
        store->pushed = store->to_file = false;
        struct store_page *page = read_take(store);
        pthread_mutex_unlock(&store->lock);

        if (store->working.turns > 0) {
            writer_apply(store, &store->working);
            if (store->wake != NULL) store->wake(store->wake_arg);
        }
        store->working.size = 0;
        store->working.turns = 0;
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
