#include "base/beside.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

enum job_state { JOB_FREE, JOB_WAITS, JOB_RUNS, JOB_DONE };

struct job {
    enum job_state state;
    bool sync, asked_for; /* asked_for: somebody will ask how it ended */
    uint64_t number;
    struct disk_file *file; /* NULL: the names in the folder of `path` */
    struct disk *disk;
    struct pawl_err err;
    char path[DISK_PATH_MAX + 1];
};

struct beside {
    bool threaded, running, closing;
    uint64_t last, next; /* job numbers: given last, and the next to be done */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work; /* there is a job, or the end */
    struct job jobs[BESIDE_JOBS_MAX];
};

static void job_do(struct job *job) {
    if (job->file == NULL)
        disk_sync_names(job->disk, job->path, &job->err);
    else if (job->sync)
        disk_sync(job->file, &job->err);
    disk_close(job->file);
}

static struct job *job_numbered(struct beside *beside, uint64_t number) {
    for (uint32_t i = 0; number != 0 && i < BESIDE_JOBS_MAX; i++)
        if (beside->jobs[i].state != JOB_FREE && beside->jobs[i].number == number)
            return &beside->jobs[i];
    return NULL;
}

static void job_ended(struct job *job) {
    job->state = job->asked_for ? JOB_DONE : JOB_FREE;
}

static void *work(void *arg) {
    struct beside *beside = arg;
    pthread_mutex_lock(&beside->lock);
    for (;;) {
        struct job *job = job_numbered(beside, beside->next);
        if (job == NULL && beside->closing) break;
        if (job == NULL) {
            pthread_cond_wait(&beside->work, &beside->lock);
            continue;
        }
        job->state = JOB_RUNS;
        pthread_mutex_unlock(&beside->lock);
        job_do(job);
        pthread_mutex_lock(&beside->lock);
        job_ended(job);
        beside->next++;
    }
    pthread_mutex_unlock(&beside->lock);
    return NULL;
}

int beside_new(bool threaded, struct beside **ret, struct pawl_err *err) {
    struct beside *beside = mem_calloc(1, sizeof *beside);
    if (beside == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for a disk's jobs");
    beside->threaded = threaded;
    beside->next = 1;
    pthread_mutex_init(&beside->lock, NULL);
    pthread_cond_init(&beside->work, NULL);
    *ret = beside;
    return PAWL_OK;
}

void beside_free(struct beside *beside) {
    if (beside == NULL) return;
    pthread_mutex_lock(&beside->lock);
    beside->closing = true;
    pthread_cond_signal(&beside->work);
    pthread_mutex_unlock(&beside->lock);
    if (beside->running) pthread_join(beside->thread, NULL);
    pthread_mutex_destroy(&beside->lock);
    pthread_cond_destroy(&beside->work);
    mem_free(beside);
}

static struct job *job_free(struct beside *beside) {
    for (uint32_t i = 0; i < BESIDE_JOBS_MAX; i++)
        if (beside->jobs[i].state == JOB_FREE) return &beside->jobs[i];
    return NULL;
}

bool beside_has_room(struct beside *beside, uint32_t jobs) {
    uint32_t room = 0;
    pthread_mutex_lock(&beside->lock);
    for (uint32_t i = 0; i < BESIDE_JOBS_MAX; i++) room += beside->jobs[i].state == JOB_FREE;
    pthread_mutex_unlock(&beside->lock);
    return room >= jobs;
}

/* Its number; 0 = nobody asks, or there was no room and it was not done. */
static uint64_t ask(struct beside *beside, const struct job *what) {
    pthread_mutex_lock(&beside->lock);
    if (beside->threaded && !beside->running)
        beside->running = pthread_create(&beside->thread, NULL, work, beside) == 0;
    struct job *job = job_free(beside);
    if (job == NULL) {
        pthread_mutex_unlock(&beside->lock);
        disk_close(what->file);
        return 0;
    }
    *job = *what;
    job->state = JOB_WAITS;
    job->number = ++beside->last;
    uint64_t number = job->asked_for ? job->number : 0;
    if (!beside->running) {
        job_do(job);
        job_ended(job);
        beside->next = beside->last + 1;
    }
    pthread_cond_signal(&beside->work);
    pthread_mutex_unlock(&beside->lock);
    return number;
}

uint64_t beside_sync(struct beside *beside, struct disk_file *file) {
    return ask(beside, &(struct job){.file = file, .sync = true, .asked_for = true});
}

void beside_close(struct beside *beside, struct disk_file *file) {
    if (file != NULL) ask(beside, &(struct job){.file = file});
}

void beside_sync_names(struct beside *beside, struct disk *disk, const char *path) {
    struct job job = {.disk = disk};
    snprintf(job.path, sizeof job.path, "%s", path);
    ask(beside, &job);
}

int beside_asked(struct beside *beside, uint64_t number, struct pawl_err *err) {
    int rc = PAWL_E_NOTFOUND;
    pthread_mutex_lock(&beside->lock);
    struct job *job = job_numbered(beside, number);
    if (job != NULL) rc = job->state == JOB_DONE ? job->err.rc : PAWL_E_BUSY;
    if (job != NULL && job->state == JOB_DONE) {
        if (rc != PAWL_OK) pawl_fail(err, rc, "%s", job->err.text);
        job->state = JOB_FREE;
    }
    pthread_mutex_unlock(&beside->lock);
    return rc;
}

void beside_forget(struct beside *beside, uint64_t number) {
    pthread_mutex_lock(&beside->lock);
    struct job *job = job_numbered(beside, number);
    if (job != NULL && job->state == JOB_DONE) job->state = JOB_FREE;
    if (job != NULL) job->asked_for = false;
    pthread_mutex_unlock(&beside->lock);
}
