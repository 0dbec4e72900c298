/* Items into blocks, and the thread that writes them. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "record/block.h"

/* The thread looks by itself every RECORDING_FLUSH_MS; before that only when so many wait, since to
 * wake it costs more than a block does. */
#define WAKE_BLOCKS (RECORDING_BLOCKS_MAX / 4)

struct recording {
    pthread_mutex_t lock;
    pthread_cond_t work, room;
    pthread_t thread;
    struct block *blocks[RECORDING_BLOCKS_MAX];
    uint32_t first, ready; /* full ones; the one behind them takes items */
    uint64_t number;       /* of the next block that is closed */
    uint64_t items, bytes;
    struct item_cursor cursor;
    int fd;
    bool patient, closing, failed, running;
    struct pawl_err why;
};

static struct block *open_block(struct recording *recording) {
    uint32_t at = (recording->first + recording->ready) % RECORDING_BLOCKS_MAX;
    return recording->blocks[at];
}

/* With the lock. The first cause wins. */
static void fail(struct recording *recording, const char *text) {
    if (!recording->failed) pawl_fail(&recording->why, PAWL_E_IO, "%s", text);
    recording->failed = true;
    pthread_cond_broadcast(&recording->room);
}

/* With the lock: the open block is done, another one begins. False = there is none. */
static bool close_block(struct recording *recording) {
    if (recording->ready == RECORDING_BLOCKS_MAX - 1) return false;
    struct block *block = open_block(recording);
    block->number = recording->number++;
    recording->ready++;
    block = open_block(recording);
    block->used = 0;
    block->first_item = recording->items;
    item_begin(&recording->cursor);
    if (recording->ready == WAKE_BLOCKS) pthread_cond_signal(&recording->work);
    return true;
}

void recording_put(struct recording *recording, const struct item *item) {
    pthread_mutex_lock(&recording->lock);
    struct block *block = open_block(recording);
    while (!recording->failed && block->used >= RECORDING_BLOCK_BYTES) {
        if (!close_block(recording)) {
            if (!recording->patient)
                fail(recording, "the disk cannot follow");
            else
                pthread_cond_wait(&recording->room, &recording->lock);
        }
        block = open_block(recording);
    }
    if (!recording->failed && !recording->closing) {
        block->used += (uint32_t)item_write(&recording->cursor, item,
                                            block->bytes + RECORDING_BLOCK_HEAD_BYTES +
                                                block->used);
        recording->items++;
    }
    pthread_mutex_unlock(&recording->lock);
}

/* ---- the thread ---- */

static int write_all(int fd, const unsigned char *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        done += (size_t)n;
    }
    return 0;
}

/* With the lock, which is given up while the disk is asked. */
static void write_first(struct recording *recording) {
    struct block *block = recording->blocks[recording->first];
    size_t size = RECORDING_BLOCK_HEAD_BYTES + block->used;
    pthread_mutex_unlock(&recording->lock);
    block_seal(block);
    int why = write_all(recording->fd, block->bytes, size);
    pthread_mutex_lock(&recording->lock);
    if (why != 0) fail(recording, strerror(why));
    recording->bytes += size;
    recording->first = (recording->first + 1) % RECORDING_BLOCKS_MAX;
    recording->ready--;
    pthread_cond_signal(&recording->room);
}

/* With the lock. */
static void wait_for_work(struct recording *recording) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += RECORDING_FLUSH_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    bool late = pthread_cond_timedwait(&recording->work, &recording->lock, &until) == ETIMEDOUT;
    if (late && recording->ready == 0 && open_block(recording)->used > 0) close_block(recording);
}

static void *write_blocks(void *arg) {
    struct recording *recording = arg;
    pthread_mutex_lock(&recording->lock);
    while (!recording->failed && !(recording->closing && recording->ready == 0)) {
        if (recording->ready > 0)
            write_first(recording);
        else
            wait_for_work(recording);
    }
    pthread_mutex_unlock(&recording->lock);
    return NULL;
}

/* ---- opening and closing ---- */

static int start_thread(struct recording *recording, struct pawl_err *err) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&recording->lock, NULL);
    pthread_cond_init(&recording->work, &attributes);
    pthread_cond_init(&recording->room, &attributes);
    pthread_condattr_destroy(&attributes);
    int rc = pthread_create(&recording->thread, NULL, write_blocks, recording);
    recording->running = rc == 0;
    return rc == 0 ? PAWL_OK : pawl_fail(err, PAWL_E_IO, "no thread: %s", strerror(rc));
}

static int open_file(struct recording *recording, const char *path, struct pawl_err *err) {
    unsigned char head[RECORDING_HEAD_BYTES];
    recording->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (recording->fd < 0 && errno == EEXIST)
        return pawl_fail(err, PAWL_E_BUSY, "%s: is there already", path);
    if (recording->fd < 0) return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(errno));
    block_file_head(head);
    int why = write_all(recording->fd, head, sizeof head);
    recording->bytes = sizeof head;
    return why == 0 ? PAWL_OK : pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(why));
}

int recording_new(const char *path, bool patient, struct recording **ret, struct pawl_err *err) {
    struct recording *recording = mem_calloc(1, sizeof *recording);
    int rc = recording == NULL ? pawl_fail(err, PAWL_E_NOMEM, "no memory for a recording")
                               : PAWL_OK;
    if (recording != NULL) {
        recording->fd = -1;
        recording->patient = patient;
    }
    for (uint32_t i = 0; rc == PAWL_OK && i < RECORDING_BLOCKS_MAX; i++) {
        recording->blocks[i] = mem_calloc(1, sizeof *recording->blocks[i]);
        if (recording->blocks[i] == NULL)
            rc = pawl_fail(err, PAWL_E_NOMEM, "no memory for a recording");
    }
    if (rc == PAWL_OK) rc = open_file(recording, path, err);
    if (rc == PAWL_OK) rc = start_thread(recording, err);
    if (rc != PAWL_OK) {
        recording_free(recording);
        return rc;
    }
    *ret = recording;
    return PAWL_OK;
}

void recording_patient(struct recording *recording, bool patient) {
    pthread_mutex_lock(&recording->lock);
    recording->patient = patient;
    pthread_mutex_unlock(&recording->lock);
}

int recording_failed(struct recording *recording, struct pawl_err *err) {
    int rc = PAWL_OK;
    pthread_mutex_lock(&recording->lock);
    if (recording->failed) rc = pawl_fail(err, recording->why.rc, "%s", recording->why.text);
    pthread_mutex_unlock(&recording->lock);
    return rc;
}

void recording_give_up(struct recording *recording, const char *why) {
    pthread_mutex_lock(&recording->lock);
    fail(recording, why);
    pthread_mutex_unlock(&recording->lock);
}

uint64_t recording_bytes(struct recording *recording) {
    pthread_mutex_lock(&recording->lock);
    uint64_t bytes = recording->bytes;
    pthread_mutex_unlock(&recording->lock);
    return bytes;
}

void recording_finish(struct recording *recording) {
    if (!recording->running) return;
    pthread_mutex_lock(&recording->lock);
    while (!recording->failed && open_block(recording)->used > 0 && !close_block(recording))
        pthread_cond_wait(&recording->room, &recording->lock);
    recording->closing = true;
    pthread_cond_signal(&recording->work);
    pthread_mutex_unlock(&recording->lock);
    pthread_join(recording->thread, NULL);
    recording->running = false;
    if (close(recording->fd) != 0 && !recording->failed) fail(recording, strerror(errno));
    recording->fd = -1;
}

void recording_free(struct recording *recording) {
    if (recording == NULL) return;
    recording_finish(recording);
    if (recording->fd >= 0) close(recording->fd);
    for (uint32_t i = 0; i < RECORDING_BLOCKS_MAX; i++) mem_free(recording->blocks[i]);
    mem_free(recording);
}
