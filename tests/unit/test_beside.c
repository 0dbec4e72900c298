/* beside: what takes long at a disk is done in order, and how a sync ended is told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/beside.h"
#include "base/disk_int.h"

static struct disk_file *file_of(struct disk *disk, const char *path, const char *text) {
    struct disk_file *file = NULL;
    assert_int_equal(disk_open(disk, path, DISK_CREATE, &file, NULL), PAWL_OK);
    assert_int_equal(disk_append(file, text, strlen(text), NULL), PAWL_OK);
    return file;
}

static int answer(struct beside *beside, uint64_t job, struct pawl_err *err) {
    int rc;
    while ((rc = beside_asked(beside, job, err)) == PAWL_E_BUSY) usleep(1000);
    return rc;
}

static void what_was_synced_outlives_a_power_cut(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 64; seed++) { /* what is not synced may stay, so many cuts */
        bool threaded = seed % 2 == 1;
        struct disk *disk;
        struct beside *beside;
        char text[8] = "";
        size_t size = 0;
        bool there = false;
        assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
        assert_int_equal(beside_new(threaded, &beside, NULL), PAWL_OK);
        uint64_t job = beside_sync(beside, file_of(disk, "/d/next", "whole"));
        assert_int_equal(answer(beside, job, NULL), PAWL_OK);
        assert_int_equal(beside_asked(beside, job, NULL), PAWL_E_NOTFOUND); /* it was told */
        assert_int_equal(disk_rename(disk, "/d/next", "/d/file", NULL), PAWL_OK);
        beside_sync_names(beside, disk, "/d/file");
        beside_free(beside); /* what waits is done */
        disk_mem_crash(disk, DISK_POWER_CUT, seed);
        assert_int_equal(disk_exists(disk, "/d/file", &there, NULL), PAWL_OK);
        assert_true(there);
        struct disk_file *file = NULL;
        assert_int_equal(disk_open(disk, "/d/file", DISK_READ_ONLY, &file, NULL), PAWL_OK);
        assert_int_equal(disk_read(file, 0, text, sizeof text, &size, NULL), PAWL_OK);
        assert_int_equal(size, 5);
        assert_memory_equal(text, "whole", 5);
        disk_close(file);
        disk_free(disk);
    }
}

static void a_sync_that_failed_says_why(void **state) {
    (void)state;
    struct disk *disk;
    struct beside *beside;
    struct pawl_err err = {0};
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    assert_int_equal(beside_new(true, &beside, NULL), PAWL_OK);
    struct disk_file *file = file_of(disk, "/d/a", "x");
    disk_mem_fail_at(disk, 1, DISK_MASK(DISK_SYNC), DISK_EIO, false);
    uint64_t job = beside_sync(beside, file);
    assert_int_equal(answer(beside, job, &err), PAWL_E_IO);
    assert_non_null(strstr(err.text, "/d/a"));
    beside_forget(beside, beside_sync(beside, file_of(disk, "/d/a", "y")));
    beside_free(beside);
    disk_free(disk);
}

/* A disk that does not answer: its syncs come back when the test lets them. */
static pthread_mutex_t stall = PTHREAD_MUTEX_INITIALIZER;
static const struct disk_ops *quick;

static int slow_sync(struct disk_file *file, struct pawl_err *err) {
    pthread_mutex_lock(&stall);
    pthread_mutex_unlock(&stall);
    return quick->sync(file, err);
}

static void nobody_waits_for_a_disk_that_stalls(void **state) {
    (void)state;
    struct disk *disk;
    struct beside *beside;
    uint64_t jobs[BESIDE_JOBS_MAX];
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    assert_int_equal(beside_new(true, &beside, NULL), PAWL_OK);
    quick = disk->ops;
    struct disk_ops slow = *quick;
    slow.sync = slow_sync;
    disk->ops = &slow;
    pthread_mutex_lock(&stall);
    alarm(60); /* whoever waits here waits for ever */
    for (uint32_t i = 0; i < BESIDE_JOBS_MAX; i++) {
        assert_true(beside_has_room(beside, BESIDE_JOBS_MAX - i));
        assert_false(beside_has_room(beside, BESIDE_JOBS_MAX - i + 1));
        jobs[i] = beside_sync(beside, file_of(disk, "/d/a", "x"));
        assert_true(jobs[i] > 0);
    }
    assert_false(beside_has_room(beside, 1));
    assert_int_equal(beside_sync(beside, file_of(disk, "/d/a", "x")), 0);
    beside_close(beside, file_of(disk, "/d/a", "x"));
    beside_sync_names(beside, disk, "/d/a");
    assert_int_equal(beside_asked(beside, jobs[0], NULL), PAWL_E_BUSY);
    for (uint32_t i = 1; i < BESIDE_JOBS_MAX; i++) beside_forget(beside, jobs[i]);
    pthread_mutex_unlock(&stall);
    assert_int_equal(answer(beside, jobs[0], NULL), PAWL_OK);
    while (!beside_has_room(beside, BESIDE_JOBS_MAX)) usleep(1000);
    alarm(0);
    beside_free(beside);
    disk_free(disk);
}

static void results_nobody_has_asked_about_stay(void **state) {
    (void)state;
    struct disk *disk;
    struct beside *beside;
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    assert_int_equal(beside_new(true, &beside, NULL), PAWL_OK);
    for (uint32_t i = 0; i < 5 * BESIDE_JOBS_MAX; i++)
        beside_close(beside, file_of(disk, "/d/a", "x"));
    beside_close(beside, NULL);
    while (!beside_has_room(beside, BESIDE_JOBS_MAX)) usleep(1000);
    uint64_t jobs[BESIDE_JOBS_MAX];
    for (uint32_t i = 0; i < BESIDE_JOBS_MAX; i++) {
        jobs[i] = beside_sync(beside, file_of(disk, "/d/a", "x"));
        assert_true(jobs[i] > 0);
    }
    while (beside_asked(beside, jobs[BESIDE_JOBS_MAX - 1], NULL) == PAWL_E_BUSY) usleep(1000);
    for (uint32_t i = 0; i + 1 < BESIDE_JOBS_MAX; i++)
        assert_int_equal(beside_asked(beside, jobs[i], NULL), PAWL_OK);
    beside_free(beside);
    disk_free(disk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_synced_outlives_a_power_cut),
        cmocka_unit_test(a_sync_that_failed_says_why),
        cmocka_unit_test(nobody_waits_for_a_disk_that_stalls),
        cmocka_unit_test(results_nobody_has_asked_about_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
