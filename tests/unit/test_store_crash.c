/* store: deaths and power cuts at any operation, and processes that are really killed. */
#include "store_crash_kit.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/rng.h"
#include "store/store_int.h"

static void a_death_at_any_operation_loses_nothing_durable(void **state) {
    (void)state;
    sweep(DISK_DIE, true, DISK_MASK_ALL, false);
    sweep(DISK_DIE, true, DISK_MASK_ALL, true);
}

/* The lights go out at operation k; what was not synced is lost, torn or kept as the seed says. */
static void a_power_cut_at_any_operation_loses_nothing_durable(void **state) {
    (void)state;
    for (int from_nothing = 0; from_nothing <= 1; from_nothing++) {
        bool reached = true;
        for (uint64_t k = 1; reached; k++) {
            for (uint64_t seed = 0; seed < seeds(2); seed++) {
                uint32_t boot = 0;
                struct run before = {0};
                if (!from_nothing) before = put_prepared("d/db", &boot);
                disk_mem_fail_at(disk, k, DISK_MASK_CHANGES, DISK_DIE, true);
                struct run run = run_once("d/db", STORE_FULL, &boot);
                reached = disk_mem_ops(disk) >= k;
                disk_mem_crash(disk, DISK_POWER_CUT, k * 100 + seed);
                uint64_t durable = run.durable > before.durable ? run.durable : before.durable;
                check_after("d/db", STORE_FULL, durable, boot, "power cut", k * 100 + seed);
                tear_down(NULL);
                set_up(NULL);
            }
        }
    }
}

/* Were the log not cut, frames of the log before would stand behind those that are written now. */
static void a_power_cut_after_a_checkpoint_loses_nothing_durable(void **state) {
    (void)state;
    bool reached = true;
    for (uint64_t k = 1; reached; k++) {
        for (uint64_t seed = 0; seed < seeds(8); seed++) {
            uint32_t boot = 1;
            int rc = PAWL_OK;
            struct store *store = kit_must_open("d/db", KIT_VFS, STORE_FULL, false);
            assert_int_equal(writer_checkpoint(store, NULL), PAWL_OK); /* tables were made */
            for (uint64_t t = 1; t <= 12; t++) assert_int_equal(crash_turn(store, t), PAWL_OK);
            assert_int_equal(writer_checkpoint(store, NULL), PAWL_OK);
            for (uint64_t i = 0; i <= seed % 3; i++) /* by so many frames it is shifted */
                assert_int_equal(sql_run(store, "UPDATE pawl_store SET id=id", NULL), PAWL_OK);
            disk_mem_fail_at(disk, k, DISK_MASK_CHANGES, DISK_DIE, true);
            for (uint64_t t = 13; rc == PAWL_OK && t <= 18; t++) rc = crash_turn(store, t);
            uint64_t durable = store_durable_turn(store);
            store_abandon(store);
            reached = disk_mem_ops(disk) >= k;
            disk_mem_crash(disk, DISK_POWER_CUT, k * 100 + seed);
            check_after("d/db", STORE_FULL, durable, boot, "power cut", k * 100 + seed);
            tear_down(NULL);
            set_up(NULL);
        }
    }
}

/* `process`: a power cut may take the last turns, but never leaves something else than a prefix. */
static void a_power_cut_under_process_leaves_a_prefix(void **state) {
    (void)state;
    for (int from_nothing = 0; from_nothing <= 1; from_nothing++) {
        bool reached = true;
        for (uint64_t k = 1; reached; k++) {
            for (uint64_t seed = 0; seed < seeds(4); seed++) {
                uint32_t boot = 0;
                if (!from_nothing) put_prepared("d/db", &boot);
                disk_mem_fail_at(disk, k, DISK_MASK_CHANGES, DISK_DIE, true);
                run_once("d/db", STORE_PROCESS, &boot);
                reached = disk_mem_ops(disk) >= k;
                disk_mem_crash(disk, DISK_POWER_CUT, k * 100 + seed);
                check_after("d/db", STORE_PROCESS, 0, boot, "power cut", k * 100 + seed);
                tear_down(NULL);
                set_up(NULL);
            }
        }
    }
}

static void a_death_under_process_loses_nothing_durable(void **state) {
    (void)state;
    bool reached = true;
    for (uint64_t k = 1; reached; k++) {
        uint32_t boot = 0;
        disk_mem_fail_at(disk, k, DISK_MASK_CHANGES, DISK_DIE, true);
        struct run run = run_once("d/db", STORE_PROCESS, &boot);
        reached = disk_mem_ops(disk) >= k;
        disk_mem_crash(disk, DISK_PROCESS_DEATH, k);
        check_after("d/db", STORE_PROCESS, run.durable, boot, "death", k);
        tear_down(NULL);
        set_up(NULL);
    }
}

/* Many crashes of one database in a row, the writer on its own thread. */
static void crash_after_crash_of_one_database(void **state) {
    (void)state;
    struct rng rng;
    uint64_t durable = 0;
    uint32_t boot = 0;
    rng_init(&rng, 11);
    for (int round = 0; round < 150; round++) {
        struct store *store = NULL;
        struct kit_state got;
        disk_mem_fail_at(disk, 1 + rng_below(&rng, 400), DISK_MASK_CHANGES, DISK_DIE, true);
        if (kit_open("d/db", KIT_VFS, STORE_FULL, true, &store, NULL) == PAWL_OK) {
            assert_true(store_boot(store) > boot);
            boot = store_boot(store);
            if (kit_load(store, &got, NULL) == PAWL_OK) {
                assert_true(got.turn >= durable);
                for (uint64_t t = got.turn + 1; t < got.turn + 60; t++)
                    if (kit_turn(store, t) != PAWL_OK) break;
            }
            if (rng_chance(&rng, 1, 2)) store_flush(store, NULL);
            uint64_t reported = store_durable_turn(store);
            if (reported > durable) durable = reported;
            if (rng_chance(&rng, 1, 3))
                store_close(store);
            else
                store_abandon(store);
        }
        bool power = rng_chance(&rng, 1, 2);
        disk_mem_crash(disk, power ? DISK_POWER_CUT : DISK_PROCESS_DEATH, rng_u64(&rng));
        check_after("d/db", STORE_FULL, durable, boot, "round", (uint64_t)round);
        boot++;
    }
    assert_true(durable > 500);
}

/* ---- real processes, really killed ---- */

enum how { ALONE, BY_WRITER, NOW, HOWS_ };

static void child(const char *path, int to_parent, enum how how) {
    enum store_durability durability = how == NOW ? STORE_PROCESS : STORE_FULL;
    struct store *store = NULL;
    struct kit_state got;
    uint64_t told = 0;
    if (kit_open(path, NULL, durability, how != ALONE, &store, NULL) != PAWL_OK) _exit(9);
    if (kit_load(store, &got, NULL) != PAWL_OK) _exit(8);
    for (uint64_t t = got.turn + 1; t < got.turn + 100000; t++) {
        int rc = kit_turn(store, t);
        while (rc == PAWL_E_BUSY) rc = store_commit(store, t);
        if (rc != PAWL_OK) _exit(7);
        if (how == NOW) store_push_now(store);
        uint64_t durable = store_durable_turn(store);
        if (durable == told) continue;
        told = durable;
        if (write(to_parent, &told, sizeof told) != sizeof told) _exit(6);
    }
    _exit(0);
}

static void a_killed_process_loses_nothing_durable(void **state) {
    (void)state;
    char folder[64], path[96];
    struct rng rng;
    uint64_t durable = 0;
    rng_init(&rng, 13);
    kit_folder(folder);
    snprintf(path, sizeof path, "%s/pawl.db", folder);
    for (int kills = 0; kills < 100; kills++) {
        int pipes[2];
        uint64_t told;
        assert_int_equal(pipe(pipes), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            close(pipes[0]);
            child(path, pipes[1], (enum how)(kills % HOWS_));
        }
        close(pipes[1]);
        /* Every second one may live until it has something to lose. */
        if (kills % 4 >= 2 && read(pipes[0], &told, sizeof told) == sizeof told && told > durable)
            durable = told;
        usleep((useconds_t)rng_below(&rng, 10000));
        kill(pid, SIGKILL);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFSIGNALED(status)) fail_msg("the child ended with %d", WEXITSTATUS(status));
        while (read(pipes[0], &told, sizeof told) == sizeof told)
            if (told > durable) durable = told;
        close(pipes[0]);
    }
    struct store *store = kit_must_open(path, NULL, STORE_FULL, false);
    assert_true(kit_assert_prefix(store) >= durable);
    store_close(store);
    assert_true(durable > 0);
    kit_remove_folder(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        /* First, while this process is small: it is copied a hundred times. */
        cmocka_unit_test(a_killed_process_loses_nothing_durable),
        TEST(a_death_at_any_operation_loses_nothing_durable),
        TEST(a_power_cut_at_any_operation_loses_nothing_durable),
        TEST(a_power_cut_after_a_checkpoint_loses_nothing_durable),
        TEST(a_power_cut_under_process_leaves_a_prefix),
        TEST(a_death_under_process_loses_nothing_durable),
        TEST(crash_after_crash_of_one_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
