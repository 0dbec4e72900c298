#include "store/store.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "store/store_int.h"

/* Without a thread and without durability, this much goes into one transaction. */
#define GROUP_TURNS_MAX 1024u
#define GROUP_BYTES_MAX (1u << 20)
/* With a thread: so many wait for the caller to wake it. */
#define UNPUSHED_TURNS_MAX 64u

uint32_t store_boot(const struct store *store) {
    return store->boot;
}

uint64_t store_durable_turn(struct store *store) {
    return atomic_load(&store->durable_turn);
}

uint64_t store_bytes_written(const struct store *store) {
    return atomic_load(&store->wal_bytes);
}

int store_failed(const struct store *store, struct pawl_err *err) {
    if (!atomic_load(&store->failed)) return PAWL_OK;
    /* Written once, before `failed` was set. */
    return pawl_fail(err, PAWL_E_IO, "%s", store->failure.text);
}

/* ---- types ---- */

/* A plugin that was reloaded has its own copy of an unchanged type, so the address may be new. */
static bool same_layout(const struct shape *shape, const struct pawl_record_type *type) {
    uint32_t count = 0;
    if (strcmp(shape->table, type->table) != 0 || shape->row_size != type->size) return false;
    for (const struct pawl_field *field = type->fields; field->name != NULL; field++)
        count += field->kind != PAWL_F_PAD;
    return count == shape->columns_count;
}

static void forget_found(struct store *store) {
    memset(store->found, 0, sizeof store->found);
}

/* Position of the type's shape; STORE_TYPES_MAX = not registered. */
static uint32_t shape_of(struct store *store, const struct pawl_record_type *type) {
    struct shape_found *seen =
        &store->found[(uintptr_t)type / sizeof *type % (sizeof store->found / sizeof *seen)];
    if (seen->type == type) return seen->shape;
    uint32_t found = 0;
    while (found < store->shapes_count && store->shapes[found]->type != type) found++;
    if (found == store->shapes_count) {
        found = 0;
        while (found < store->shapes_count && !same_layout(store->shapes[found], type)) found++;
    }
    if (found == store->shapes_count) return STORE_TYPES_MAX;
    *seen = (struct shape_found){type, found};
    return found;
}

int store_adapt(struct store *store, struct shape *shape, struct pawl_err *err) {
    enum shape_fit fit;
    int64_t version = 0;
    int rc = shape_compare(store, shape, &fit, err);
    if (rc == PAWL_OK && fit != SHAPE_FITS) rc = writer_file(store, err);
    if (rc == PAWL_OK && fit == SHAPE_GROWS) {
        rc = sql_integer(store, "PRAGMA user_version", &version, err);
        if (rc == PAWL_OK) rc = store_backup(store, version, err);
    }
    if (rc == PAWL_OK && fit != SHAPE_FITS) {
        rc = writer_begin(store, err);
        if (rc == PAWL_OK) rc = shape_adapt(store, shape, err);
        rc = writer_end(store, rc, err);
        if (rc != PAWL_OK) {
            struct pawl_err cause = {0};
            pawl_fail(&cause, PAWL_E_IO, "%s: table %s could not be made", store->path,
                      shape->table);
            writer_failed(store, err != NULL ? err : &cause);
        }
    }
    return rc == PAWL_OK && shape->put == NULL ? shape_prepare(store, shape, err) : rc;
}

/* The shape of a type that was registered, wherever it stood in memory; NULL = none. */
static struct shape *known_shape(struct store *store, const struct pawl_record_type *type) {
    struct shape *shape = NULL, *found = NULL;
    if (shape_new(type, &shape, NULL) != PAWL_OK) return NULL;
    for (uint32_t i = 0; i < store->shapes_count && found == NULL; i++)
        if (shape_equal(shape, store->shapes[i])) found = store->shapes[i];
    shape_free(shape);
    return found;
}

bool store_knows(struct store *store, const struct pawl_record_type *type) {
    return !type->durable || known_shape(store, type) != NULL;
}

void store_forget(struct store *store, const struct pawl_record_type *type,
                  const struct pawl_record_type *other) {
    forget_found(store);
    for (uint32_t i = 0; i < store->shapes_count; i++)
        if (store->shapes[i]->type == type)
            store->shapes[i]->type =
                other != NULL && same_layout(store->shapes[i], other) ? other : NULL;
}

int store_expect(struct store *store, const struct pawl_record_type *type, struct pawl_err *err) {
    if (!type->durable) return PAWL_OK;
    struct shape *shape = known_shape(store, type);
    int rc = PAWL_OK;
    forget_found(store);
    if (shape != NULL) {
        shape->type = type;
        return rc;
    }
    pthread_mutex_lock(&store->db_lock);
    rc = store_shape_add(store, type, &shape, err);
    store->expected += rc == PAWL_OK;
    pthread_mutex_unlock(&store->db_lock);
    return rc;
}

int store_register(struct store *store, const struct pawl_record_type *type, struct pawl_err *err) {
    uint32_t before = store->shapes_count;
    if (!type->durable) return PAWL_OK;
    struct shape *shape = known_shape(store, type);
    forget_found(store);
    if (shape != NULL) shape->type = type;
    if (shape != NULL && atomic_load(&shape->prepared)) return PAWL_OK;
    int rc = store_flush(store, err);
    if (rc != PAWL_OK) return rc;
    pthread_mutex_lock(&store->db_lock);
    if (shape == NULL) rc = store_shape_add(store, type, &shape, err);
    if (rc == PAWL_OK) rc = store_adapt(store, shape, err);
    if (rc != PAWL_OK && store->shapes_count > before)
        shape_free(store->shapes[--store->shapes_count]);
    pthread_mutex_unlock(&store->db_lock);
    return rc;
}

int store_load(struct store *store, const struct pawl_record_type *type,
               int (*row)(void *arg, const void *row, struct pawl_err *err), void *arg,
               struct pawl_err *err) {
    if (!type->durable) return PAWL_OK;
    int rc = store_flush(store, err);
    if (rc != PAWL_OK) return rc;
    uint32_t index = shape_of(store, type);
    if (index == STORE_TYPES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "record %s is not registered", type->name);
    pthread_mutex_lock(&store->db_lock);
    rc = writer_file(store, err);
    if (rc == PAWL_OK) rc = shape_load(store, store->shapes[index], row, arg, err);
    pthread_mutex_unlock(&store->db_lock);
    return rc;
}

/* ---- collect and hand over ---- */

static int add_change(struct store *store, uint32_t shape, enum change_op op, uint64_t key,
                      const void *row, uint32_t row_size) {
    struct change change = {.size = (uint32_t)sizeof change + row_size, .shape = (uint16_t)shape,
                            .op = (uint16_t)op, .key = key};
    struct batch *batch = &store->current;
    if (atomic_load_explicit(&store->failed, memory_order_relaxed)) return PAWL_E_IO;
    if (batch->size + change.size > STORE_BATCH_BYTES_MAX) return PAWL_E_BUSY;
    int rc = batch_reserve(batch, change.size);
    if (rc != PAWL_OK) return rc;
    memcpy(batch->bytes + batch->size, &change, sizeof change);
    if (row_size > 0) memcpy(batch->bytes + batch->size + sizeof change, row, row_size);
    batch->size += change.size;
    return PAWL_OK;
}

int store_put(struct store *store, const struct pawl_record_type *type, const void *row) {
    uint64_t key;
    if (!type->durable) return PAWL_OK;
    uint32_t index = shape_of(store, type);
    if (index == STORE_TYPES_MAX) return PAWL_E_INVAL;
    const struct shape *shape = store->shapes[index];
    memcpy(&key, row, sizeof key);
    if (key == 0 || key > INT64_MAX || !shape_row_ok(shape, row)) return PAWL_E_INVAL;
    return add_change(store, index, CHANGE_PUT, key, row, shape->row_size);
}

int store_erase(struct store *store, const struct pawl_record_type *type, uint64_t key) {
    if (!type->durable) return PAWL_OK;
    uint32_t index = shape_of(store, type);
    if (index == STORE_TYPES_MAX || key == 0 || key > INT64_MAX) return PAWL_E_INVAL;
    return add_change(store, index, CHANGE_ERASE, key, NULL, 0);
}

size_t store_mark(const struct store *store) {
    return store->current.size;
}

void store_rewind(struct store *store, size_t mark) {
    assert(mark <= store->current.size);
    store->current.size = mark;
}

/* Move what was collected behind what is queued; all or nothing. */
static int enqueue(struct store *store, uint64_t turn) {
    struct batch *queued = &store->queued, *current = &store->current;
    assert(queued->turns == 0 || turn >= queued->last_turn);
    if (queued->turns >= STORE_QUEUE_BATCHES_MAX ||
        (queued->turns > 0 && queued->size + current->size > STORE_QUEUE_BYTES_MAX))
        return PAWL_E_BUSY;
    int rc = batch_reserve(queued, current->size);
    if (rc != PAWL_OK) return rc;
    if (current->size > 0) memcpy(queued->bytes + queued->size, current->bytes, current->size);
    queued->size += current->size;
    queued->turns++;
    queued->last_turn = turn;
    current->size = 0;
    return PAWL_OK;
}

static int write_queued(struct store *store) {
    int rc = store->queued.turns == 0 ? PAWL_OK : writer_apply(store, &store->queued);
    if (rc == PAWL_OK) writer_tidy(store, WRITER_BUSY);
    return rc;
}

int store_commit(struct store *store, uint64_t turn) {
    if (atomic_load(&store->failed)) return PAWL_E_IO;
    if (store->threaded) {
        pthread_mutex_lock(&store->lock);
        int rc = enqueue(store, turn);
        uint32_t turns = store->queued.turns;
        pthread_mutex_unlock(&store->lock);
        store->unpushed |= rc == PAWL_OK;
        if (turns >= UNPUSHED_TURNS_MAX) store_push(store);
        return rc;
    }
    int rc = enqueue(store, turn);
    if (rc != PAWL_OK || store->held) return rc;
    if (store->durability == STORE_NONE) {
        atomic_store(&store->durable_turn, turn);
        if (store->queued.turns < GROUP_TURNS_MAX && store->queued.size < GROUP_BYTES_MAX)
            return PAWL_OK;
    }
    return write_queued(store);
}

bool store_pushed(const struct store *store) {
    return !store->unpushed;
}

void store_push(struct store *store) {
    if (!store->unpushed) return;
    store->unpushed = false;
    pthread_mutex_lock(&store->lock);
    store->pushed = true;
    pthread_mutex_unlock(&store->lock);
    /* Without the lock, or the writer would wake up only to wait for it. */
    pthread_cond_signal(&store->to_writer);
}

void store_push_now(struct store *store) {
    bool may = store->threaded && store->durability == STORE_PROCESS && store->unpushed;
    if (may && writer_spare(store))
        store->unpushed = false;
    else
        store_push(store);
}

int store_flush(struct store *store, struct pawl_err *err) {
    store_push(store);
    if (store->threaded) {
        pthread_mutex_lock(&store->lock);
        while ((store->queued.turns > 0 || store->writer_busy) && store->thread_runs)
            pthread_cond_wait(&store->from_writer, &store->lock);
        pthread_mutex_unlock(&store->lock);
    } else if (!atomic_load(&store->failed)) {
        write_queued(store);
    }
    return store_failed(store, err);
}

void store_close(struct store *store) {
    if (store == NULL) return;
    store_flush(store, NULL);
    writer_stop(store, false);
    store_disconnect(store, !atomic_load(&store->failed));
    store_free(store);
}

void store_abandon(struct store *store) {
    if (store == NULL) return;
    writer_stop(store, true);
    store_disconnect(store, false);
    store_free(store);
}
