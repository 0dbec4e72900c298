/*
 * store_crash_kit.h - one run of a store on the disk in memory, and what must hold after it: the
 * rows are those of one turn, not older than the last one reported durable, and no boot repeats.
 */
#ifndef STORE_CRASH_KIT_H
#define STORE_CRASH_KIT_H

#include "store_disk.h"

#define TURNS 8u

/* PAWL_THOROUGH=N: N times as many draws of what a power cut leaves. */
static inline uint64_t seeds(uint64_t usual) {
    const char *times = getenv("PAWL_THOROUGH");
    return times == NULL ? usual : usual * strtoull(times, NULL, 10);
}

struct run {
    uint64_t durable; /* the last turn that was reported so */
    uint32_t boot;    /* 0 = it did not open */
    bool closed;      /* cleanly, as far as it knows */
};

/* Every third turn is more than goes beside: it goes to its tables at once. */
static inline int crash_turn(struct store *store, uint64_t t) {
    struct kit_row row = kit_row(t);
    int rc = PAWL_OK;
    for (uint32_t i = 0; rc == PAWL_OK && t % 3 == 0 && i < 500; i++)
        rc = store_put(store, &kit_type, &row);
    return rc == PAWL_OK ? kit_turn(store, t) : rc;
}

/* Start, go on from where the rows are, TURNS more turns, end; whatever fails ends it early. In the
 * middle the rows are read, so what waits goes to its tables. */
static inline struct run run_once(const char *path, enum store_durability durability,
                                  uint32_t *ret_boot) {
    struct run run = {0};
    struct store *store = NULL;
    struct kit_state got;
    if (kit_open(path, KIT_VFS, durability, false, &store, NULL) != PAWL_OK) return run;
    run.boot = store_boot(store);
    *ret_boot = run.boot; /* on the wire from here on */
    int rc = kit_load(store, &got, NULL);
    uint64_t first = got.turn + 1;
    for (uint64_t t = first; rc == PAWL_OK && t < first + TURNS; t++) {
        if (t == first + TURNS / 2) rc = kit_load(store, &got, NULL);
        if (rc == PAWL_OK) rc = crash_turn(store, t);
        if (rc == PAWL_OK) assert_int_equal(store_durable_turn(store), t);
    }
    run.durable = store_durable_turn(store);
    if (rc != PAWL_OK && rc != PAWL_E_BUSY) {
        struct pawl_err err = {0};
        if (store_failed(store, &err) != PAWL_OK) {
            assert_string_not_equal(err.text, "");
            assert_int_equal(kit_turn(store, 9999), PAWL_E_IO);
        }
        store_abandon(store);
        return run;
    }
    store_close(store);
    run.closed = true;
    return run;
}

static inline void check_after(const char *path, enum store_durability durability, uint64_t durable,
                        uint32_t boot, const char *what, uint64_t k) {
    struct store *store = NULL;
    struct pawl_err err = {0};
    if (kit_open(path, KIT_VFS, durability, false, &store, &err) != PAWL_OK)
        fail_msg("%s at %llu: does not open: %s", what, (unsigned long long)k, err.text);
    uint64_t turn = kit_assert_prefix(store);
    if (turn < durable)
        fail_msg("%s at %llu: turn %llu was durable, %llu is there", what, (unsigned long long)k,
                 (unsigned long long)durable, (unsigned long long)turn);
    if (store_boot(store) <= boot)
        fail_msg("%s at %llu: boot %u again", what, (unsigned long long)k, boot);
    store_close(store);
}

/* A database of TURNS turns, closed, as bytes: made once, put on the disk of each case. */
static uint8_t prepared[1u << 20];
static size_t prepared_size;

static inline struct run put_prepared(const char *path, uint32_t *ret_boot) {
    struct disk_file *file = NULL;
    if (prepared_size == 0) {
        uint32_t boot = 0;
        assert_true(run_once("prepared", STORE_FULL, &boot).closed);
        assert_int_equal(disk_open(disk, "prepared", 0, &file, NULL), PAWL_OK);
        assert_int_equal(disk_read(file, 0, prepared, sizeof prepared, &prepared_size, NULL), 0);
        assert_in_range(prepared_size, 1, sizeof prepared - 1);
        disk_close(file);
    }
    assert_int_equal(disk_open(disk, path, DISK_CREATE, &file, NULL), PAWL_OK);
    assert_int_equal(disk_write(file, 0, prepared, prepared_size, NULL), PAWL_OK);
    assert_int_equal(disk_sync(file, NULL), PAWL_OK);
    assert_int_equal(disk_sync_names(disk, path, NULL), PAWL_OK);
    disk_close(file);
    *ret_boot = 1;
    return (struct run){.durable = TURNS, .boot = 1, .closed = true};
}

/* A run with the fault at operation k, for every k there is. */
static inline void sweep(enum disk_fault fault, bool forever, uint32_t mask, bool from_nothing) {
    char path[32], what[64];
    snprintf(what, sizeof what, "fault %d%s%s", (int)fault, forever ? " for ever" : "",
             from_nothing ? " at the first start" : "");
    bool reached = true;
    for (uint64_t k = 1; reached; k++) {
        uint32_t boot = 0;
        struct run before = {0};
        snprintf(path, sizeof path, "d/%llu", (unsigned long long)k);
        if (!from_nothing) before = put_prepared(path, &boot);
        disk_mem_fail_at(disk, k, mask, fault, forever);
        struct run run = run_once(path, STORE_FULL, &boot);
        reached = disk_mem_ops(disk) >= k;
        disk_mem_crash(disk, DISK_PROCESS_DEATH, k);
        uint64_t durable = run.durable > before.durable ? run.durable : before.durable;
        check_after(path, STORE_FULL, durable, boot, what, k);
        disk_mem_crash(disk, DISK_PROCESS_DEATH, 0);
        tear_down(NULL);
        set_up(NULL);
    }
}

#endif
