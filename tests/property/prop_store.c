/*
 * The store against a plain array: random changes, commits, restarts, crashes and faults in any
 * order; what is loaded is the array as it was after some commit, not older than the last durable.
 */
#include "../unit/store_kit.h"

#include "base/rng.h"
#include "prop_seed.h"

#define KEYS 40u
#define STATES 4096u /* commits of one life that are remembered */
#define LIVES 120u

struct model {
    uint64_t value[KEYS + 1]; /* time_ns of the row; 0 = not there */
};

static struct rng rng;
static struct disk *disk;
static struct model states[STATES]; /* [i] = after i commits of this life */

static struct kit_row row_of(uint64_t key, uint64_t value) {
    struct kit_row row = kit_row(value);
    row.id = key;
    row.time_ns = (int64_t)value;
    return row;
}

static int take(void *arg, const void *image, struct pawl_err *err) {
    struct model *model = arg;
    struct kit_row row;
    (void)err;
    memcpy(&row, image, sizeof row);
    assert_in_range(row.id, 1, KEYS);
    struct kit_row wanted = row_of(row.id, (uint64_t)row.time_ns);
    assert_memory_equal(&row, &wanted, sizeof row);
    model->value[row.id] = (uint64_t)row.time_ns;
    return PAWL_OK;
}

/* One turn of random changes; the model follows only if the store took them all. */
static int turn(struct store *store, struct model *model, uint64_t *value) {
    int rc = PAWL_OK;
    for (uint64_t n = rng_below(&rng, 6); n > 0 && rc == PAWL_OK; n--) {
        uint64_t key = 1 + rng_below(&rng, KEYS);
        if (rng_chance(&rng, 1, 4)) {
            rc = store_erase(store, &kit_type, key);
            model->value[key] = 0;
        } else {
            struct kit_row row = row_of(key, ++*value);
            rc = store_put(store, &kit_type, &row);
            model->value[key] = *value;
        }
    }
    return rc;
}

struct life {
    uint64_t commits, durable; /* since the load */
    bool ended_well;
};

static struct life live(struct store *store, struct model now, uint64_t *value) {
    struct life life = {0};
    uint64_t turns = rng_below(&rng, 200), number = 0;
    int rc = PAWL_OK;
    states[0] = now;
    while (rc == PAWL_OK && number < turns) {
        rc = turn(store, &now, value);
        if (rc != PAWL_OK) break;
        states[++number] = now;
        life.commits = number; /* taken or in doubt from here on */
        rc = store_commit(store, number);
        while (rc == PAWL_E_BUSY) rc = store_commit(store, number);
    }
    if (rng_chance(&rng, 1, 3)) store_flush(store, NULL);
    life.durable = store_durable_turn(store);
    assert_true(life.durable <= life.commits);
    if (rng_chance(&rng, 1, 2)) {
        life.ended_well = store_flush(store, NULL) == PAWL_OK;
        if (life.ended_well) life.durable = life.commits;
        store_close(store);
    } else {
        store_abandon(store);
    }
    return life;
}

static void whatever_happens_the_rows_are_those_of_one_commit(void **state) {
    (void)state;
    struct life life = {0};
    uint64_t value = 0;
    memset(states, 0, sizeof states);
    for (uint32_t i = 0; i < LIVES; i++) {
        bool threaded = rng_chance(&rng, 1, 2), fault = rng_chance(&rng, 1, 2);
        uint64_t k = 1 + (rng_chance(&rng, 1, 2) ? rng_below(&rng, 60) : rng_below(&rng, 600));
        enum disk_fault kind = (enum disk_fault)rng_between(&rng, DISK_DIE, DISK_SHORT);
        bool forever = rng_chance(&rng, 1, 2);
        if (fault) disk_mem_fail_at(disk, k, DISK_MASK_CHANGES, kind, forever);
        struct store *store = NULL;
        struct model got = {{0}};
        struct pawl_err err = {0};
        int rc = kit_open(KIT_PATH, KIT_VFS, STORE_FULL, threaded, &store, &err);
        if (rc == PAWL_OK) rc = store_load(store, &kit_type, take, &got, &err);
        if (rc == PAWL_OK) {
            uint64_t match = life.commits + 1;
            for (uint64_t c = life.durable; c <= life.commits; c++)
                if (memcmp(&got, &states[c], sizeof got) == 0) match = c;
            if (match > life.commits)
                fail_msg("life %u: not the rows of commit %llu to %llu", i,
                         (unsigned long long)life.durable, (unsigned long long)life.commits);
            life = live(store, got, &value);
        } else {
            store_abandon(store);
            if (!fault) fail_msg("life %u: %s", i, err.text);
        }
        if (rng_chance(&rng, 1, 2))
            disk_mem_crash(disk, DISK_POWER_CUT, rng_u64(&rng));
        else
            disk_mem_crash(disk, DISK_PROCESS_DEATH, 0);
    }
}

int main(void) {
    rng_init(&rng, prop_seed("store"));
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    assert_int_equal(store_vfs_new(disk, KIT_VFS, NULL), PAWL_OK);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_the_rows_are_those_of_one_commit),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    store_vfs_free(KIT_VFS);
    disk_free(disk);
    return failed;
}
