/* store: what is waited for under `process` is written by whoever waits, when that makes nobody
 * wait. */
#include "store_disk.h"

#include <unistd.h>

#include "store/store_int.h"

static pthread_t loop;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint32_t wakes;
static _Atomic bool writer_writes;
static useconds_t loop_write_us; /* so long does a write of the loop take */

static void count_wake(void *arg) {
    (void)arg;
    ++wakes;
}

static void slow_loop(void *arg, enum disk_op op, const char *path) {
    (void)arg;
    (void)path;
    if (op == DISK_WRITE && pthread_equal(pthread_self(), loop)) usleep(loop_write_us);
}

/* The writer stops at its next write, and says so, until the gate opens. */
static void stop_writer(void *arg, enum disk_op op, const char *path) {
    (void)arg;
    (void)path;
    if (op != DISK_WRITE || pthread_equal(pthread_self(), loop)) return;
    writer_writes = true;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static struct store *must_open(enum store_durability durability) {
    struct store_options options = {.path = KIT_PATH, .vfs = KIT_VFS, .durability = durability,
                                    .threaded = true, .wake = count_wake};
    struct store *store = NULL;
    assert_int_equal(store_open(&options, &store, NULL), PAWL_OK);
    assert_int_equal(store_register(store, &kit_type, NULL), PAWL_OK);
    assert_int_equal(store_register(store, &kit_count_type, NULL), PAWL_OK);
    loop = pthread_self();
    wakes = 0;
    writer_writes = false;
    loop_write_us = 0;
    return store;
}

static uint32_t unfiled(struct store *store) {
    pthread_mutex_lock(&store->redo_lock);
    uint32_t turns = store->redo.unfiled.turns;
    pthread_mutex_unlock(&store->redo_lock);
    return turns;
}

static void turn_now(struct store *store, uint64_t t) {
    if (loop_write_us == 0) store->slow_until_ns = 0; /* this machine is slow, not the disk */
    int rc = kit_turn(store, t);
    while (rc == PAWL_E_BUSY) rc = store_commit(store, t);
    assert_int_equal(rc, PAWL_OK);
    store_push_now(store);
}

static void it_is_durable_when_the_call_returns(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    for (uint64_t t = 1; t <= 20; t++) {
        turn_now(store, t);
        assert_true(store_pushed(store));
        assert_int_equal(store_durable_turn(store), t);
    }
    assert_int_equal(wakes, 0);
    store_abandon(store);
    store = must_open(STORE_PROCESS);
    assert_int_equal(kit_assert_prefix(store), 20);
    store_close(store);
}

static void what_nobody_waited_for_goes_with_it(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    assert_int_equal(kit_turn(store, 1), PAWL_OK);
    turn_now(store, 2);
    assert_int_equal(store_durable_turn(store), 2);
    assert_int_equal(kit_assert_prefix(store), 2);
    store_close(store);
}

static void it_goes_to_its_tables_in_a_pause(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    for (uint64_t t = 1; t <= 3; t++) turn_now(store, t);
    for (int i = 0; i < 5000 && unfiled(store) > 0; i++) usleep(1000);
    assert_int_equal(unfiled(store), 0);
    store_abandon(store);
    store = must_open(STORE_PROCESS);
    assert_int_equal(kit_assert_prefix(store), 3);
    store_close(store);
}

static void much_of_it_goes_to_its_tables(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    uint64_t t = 1;
    for (; t <= 63; t++) turn_now(store, t);
    assert_in_range(unfiled(store), 0, 63);
    turn_now(store, t); /* the writer is told at once */
    for (int i = 0; i < 15 && unfiled(store) > 0; i++) usleep(1000);
    for (; t <= 20000; t++) turn_now(store, t); /* more than the file takes */
    assert_int_equal(store_flush(store, NULL), PAWL_OK);
    assert_int_equal(kit_assert_prefix(store), 20000);
    store_close(store);
}

static void under_full_only_the_writer_writes(void **state) {
    (void)state;
    struct store *store = must_open(STORE_FULL);
    disk_mem_watch(disk, stop_writer, NULL);
    pthread_mutex_lock(&gate);
    turn_now(store, 1);
    for (int i = 0; i < 5000 && !writer_writes; i++) usleep(1000);
    assert_true(writer_writes);
    assert_int_equal(store_durable_turn(store), 0);
    pthread_mutex_unlock(&gate);
    assert_int_equal(store_flush(store, NULL), PAWL_OK);
    assert_int_equal(store_durable_turn(store), 1);
    disk_mem_watch(disk, NULL, NULL);
    store_close(store);
}

static _Atomic uint32_t loop_syncs;

static void count_loop_syncs(void *arg, enum disk_op op, const char *path) {
    (void)arg;
    (void)path;
    loop_syncs += op == DISK_SYNC && pthread_equal(pthread_self(), loop);
}

static bool writer_is_busy(struct store *store) {
    pthread_mutex_lock(&store->lock);
    bool busy = store->writer_busy || store->queued.turns > 0;
    pthread_mutex_unlock(&store->lock);
    return busy;
}

static bool writer_is_writing(struct store *store) {
    pthread_mutex_lock(&store->lock);
    bool writing = store->writing;
    pthread_mutex_unlock(&store->lock);
    return writing;
}

/* Beyond several checkpoints. */
static void the_loop_never_syncs(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    uint64_t wal_bytes = store_bytes_written(store), by_loop = 0;
    disk_mem_watch(disk, count_loop_syncs, NULL);
    for (uint64_t t = 1; store_bytes_written(store) - wal_bytes < 20u << 20; t++) {
        turn_now(store, t);
        by_loop += store_durable_turn(store) == t;
        for (int i = 0; i < 5000 && writer_is_busy(store); i++) usleep(100);
        assert_int_equal(store_durable_turn(store), t);
    }
    assert_int_equal(loop_syncs, 0);
    assert_true(by_loop > 1000);
    disk_mem_watch(disk, NULL, NULL);
    store_close(store);
}

static void it_does_not_wait_for_the_writer_nor_overtake_it(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    disk_mem_watch(disk, stop_writer, NULL);
    pthread_mutex_lock(&gate);
    assert_int_equal(kit_turn(store, 1), PAWL_OK);
    store_push(store);
    for (int i = 0; i < 5000 && !writer_writes; i++) usleep(1000);
    assert_true(writer_writes);
    turn_now(store, 2); /* would wait for ever */
    assert_int_equal(store_durable_turn(store), 0);
    assert_true(store_pushed(store));
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < 5000 && store_durable_turn(store) < 2; i++) usleep(1000);
    assert_int_equal(store_durable_turn(store), 2);
    disk_mem_watch(disk, NULL, NULL);
    assert_int_equal(kit_assert_prefix(store), 2);
    store_close(store);
}

static void a_slow_disk_is_left_to_the_writer(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    disk_mem_watch(disk, slow_loop, NULL);
    loop_write_us = 15000;
    turn_now(store, 1);
    assert_int_equal(store_durable_turn(store), 1);
    assert_int_equal(wakes, 0);
    turn_now(store, 2);
    for (int i = 0; i < 5000 && wakes == 0; i++) usleep(1000);
    assert_int_equal(wakes, 1);
    assert_int_equal(store_durable_turn(store), 2);
    disk_mem_watch(disk, NULL, NULL);
    store_close(store);
}

static void a_failed_write_is_the_end(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    turn_now(store, 1);
    disk_mem_fail_at(disk, 1, DISK_MASK(DISK_WRITE), DISK_EIO, false);
    turn_now(store, 2);
    assert_int_equal(store_failed(store, NULL), PAWL_E_IO);
    assert_int_equal(store_durable_turn(store), 1);
    assert_int_equal(store_commit(store, 3), PAWL_E_IO);
    store_close(store);
    store = must_open(STORE_PROCESS);
    assert_in_range(kit_assert_prefix(store), 1, 2);
    store_close(store);
}

/* What the writer could not write is gone, so nothing behind it becomes durable. */
static void nothing_is_written_behind_a_failed_write(void **state) {
    (void)state;
    struct store *store = must_open(STORE_PROCESS);
    disk_mem_watch(disk, stop_writer, NULL);
    disk_mem_fail_at(disk, 1, DISK_MASK(DISK_WRITE), DISK_EIO, false);
    pthread_mutex_lock(&gate);
    assert_int_equal(kit_turn(store, 1), PAWL_OK);
    store_push(store);
    for (int i = 0; i < 5000 && !writer_writes; i++) usleep(1000);
    assert_true(writer_writes);
    assert_int_equal(kit_turn(store, 2), PAWL_OK);
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < 5000 && writer_is_writing(store); i++) usleep(1000);
    disk_mem_watch(disk, NULL, NULL);
    assert_int_equal(store_failed(store, NULL), PAWL_E_IO);
    store_push_now(store);
    assert_int_equal(store_durable_turn(store), 0);
    store_abandon(store);
    store = must_open(STORE_PROCESS);
    assert_int_equal(kit_assert_prefix(store), 0);
    store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_is_durable_when_the_call_returns),
        TEST(what_nobody_waited_for_goes_with_it),
        TEST(it_goes_to_its_tables_in_a_pause),
        TEST(much_of_it_goes_to_its_tables),
        TEST(under_full_only_the_writer_writes),
        TEST(the_loop_never_syncs),
        TEST(it_does_not_wait_for_the_writer_nor_overtake_it),
        TEST(a_slow_disk_is_left_to_the_writer),
        TEST(a_failed_write_is_the_end),
        TEST(nothing_is_written_behind_a_failed_write)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
