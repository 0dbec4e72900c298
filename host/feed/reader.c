#include "feed/reader.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>

#include "base/alloc.h"
#include "base/err.h"

struct reader {
    struct lane *lanes;
    size_t count;
    int threaded, running, stop;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t work;  /* a batch became free, or stop */
    pthread_cond_t ready; /* a batch was filled */
};

void lane_done(struct lane *lane) {
    source_stop(&lane->source);
    for (size_t i = 0; i < LANE_BATCHES; i++) {
        mem_free(lane->ring[i]);
        lane->ring[i] = NULL;
    }
    lane->batch = NULL;
    lane->at = lane->end = NULL;
}

/* The shared lane with a free batch that has the fewest ahead; NULL = nothing to do. */
static struct lane *hungriest(struct reader *reader) {
    struct lane *best = NULL;
    for (size_t i = 0; i < reader->count; i++) {
        struct lane *lane = &reader->lanes[i];
        uint64_t ahead = lane->filled - lane->taken;
        if (!lane->started || !lane->shared || lane->complete || ahead == LANE_BATCHES) continue;
        if (best == NULL || ahead < best->filled - best->taken) best = lane;
    }
    return best;
}

static void *run(void *arg) {
    struct reader *reader = arg;
    pthread_mutex_lock(&reader->mutex);
    while (!reader->stop) {
        struct lane *lane = hungriest(reader);
        if (lane == NULL) {
            pthread_cond_wait(&reader->work, &reader->mutex);
            continue;
        }
        struct batch *batch = lane->ring[lane->filled % LANE_BATCHES];
        pthread_mutex_unlock(&reader->mutex);
        source_fill(&lane->source, batch);
        pthread_mutex_lock(&reader->mutex);
        lane->filled++;
        lane->complete = batch->last;
        pthread_cond_signal(&reader->ready);
    }
    pthread_mutex_unlock(&reader->mutex);
    return NULL;
}

int reader_new(struct lane *lanes, size_t count, int threaded, struct reader **ret,
               struct pawl_err *err) {
    struct reader *reader = mem_calloc(1, sizeof *reader);
    if (reader == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    reader->lanes = lanes;
    reader->count = count;
    reader->threaded = threaded;
    pthread_mutex_init(&reader->mutex, NULL);
    pthread_cond_init(&reader->work, NULL);
    pthread_cond_init(&reader->ready, NULL);
    *ret = reader;
    return PAWL_OK;
}

void reader_free(struct reader *reader) {
    if (reader == NULL) return;
    if (reader->running) {
        pthread_mutex_lock(&reader->mutex);
        reader->stop = 1;
        pthread_cond_signal(&reader->work);
        pthread_mutex_unlock(&reader->mutex);
        pthread_join(reader->thread, NULL);
    }
    pthread_cond_destroy(&reader->ready);
    pthread_cond_destroy(&reader->work);
    pthread_mutex_destroy(&reader->mutex);
    mem_free(reader);
}

/* Signals stay with the loop thread. Where no thread can be had, the loop thread reads. */
static void start_thread(struct reader *reader) {
    sigset_t all, before;
    if (!reader->threaded || reader->running) return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&reader->thread, NULL, run, reader) == 0)
        reader->running = 1;
    else
        reader->threaded = 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int start(struct reader *reader, struct lane *lane, struct pawl_err *err) {
    if (!lane->source.on_loop) start_thread(reader);
    int shared = reader->running && !lane->source.on_loop;
    for (size_t i = 0; i < (shared ? LANE_BATCHES : 1u); i++)
        if ((lane->ring[i] = mem_alloc(sizeof *lane->ring[i])) == NULL)
            return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    int rc = source_start(&lane->source, err);
    if (rc != PAWL_OK) return rc;
    pthread_mutex_lock(&reader->mutex);
    lane->shared = shared;
    lane->started = 1;
    pthread_cond_signal(&reader->work);
    pthread_mutex_unlock(&reader->mutex);
    return PAWL_OK;
}

static struct batch *take_shared(struct reader *reader, struct lane *lane) {
    struct batch *batch = NULL;
    pthread_mutex_lock(&reader->mutex);
    if (lane->batch != NULL) {
        lane->taken++;
        pthread_cond_signal(&reader->work);
    }
    while (lane->filled == lane->taken && !lane->complete)
        pthread_cond_wait(&reader->ready, &reader->mutex);
    if (lane->filled != lane->taken) batch = lane->ring[lane->taken % LANE_BATCHES];
    pthread_mutex_unlock(&reader->mutex);
    return batch;
}

int reader_take(struct reader *reader, struct lane *lane, struct pawl_err *err) {
    assert(!lane->over);
    if (!lane->started) {
        int rc = start(reader, lane, err);
        if (rc != PAWL_OK) return rc;
    }
    if (lane->shared) {
        lane->batch = take_shared(reader, lane);
    } else if (lane->complete) {
        lane->batch = NULL;
    } else {
        lane->batch = lane->ring[0];
        source_fill(&lane->source, lane->batch);
        lane->complete = lane->batch->last;
    }
    if (lane->batch == NULL) {
        lane->over = 1;
        lane_done(lane);
        return PAWL_OK;
    }
    lane->at = lane->batch->bytes;
    lane->end = lane->batch->bytes + lane->batch->used;
    return PAWL_OK;
}
