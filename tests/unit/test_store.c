/* store: what is put is loaded again, in order, whatever the durability and the thread. */
#include "store_disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "events/schema.gen.h"
#include "store/store_int.h"

static void rows_come_back_for_every_durability(void **state) {
    (void)state;
    for (int durability = STORE_FULL; durability <= STORE_NONE; durability++) {
        for (int threaded = 0; threaded <= 1; threaded++) {
            char path[64];
            snprintf(path, sizeof path, "db-%d-%d", durability, threaded);
            struct store *store =
                kit_must_open(path, KIT_VFS, (enum store_durability)durability, threaded);
            assert_int_equal(store_boot(store), 1);
            assert_int_equal(kit_assert_prefix(store), 0);
            for (uint64_t t = 1; t <= 300; t++) {
                assert_int_equal(kit_turn(store, t), PAWL_OK);
                if (!threaded) assert_int_equal(store_durable_turn(store), t);
            }
            assert_int_equal(store_flush(store, NULL), PAWL_OK);
            assert_int_equal(store_durable_turn(store), 300);
            assert_true(store_bytes_written(store) > 0);
            assert_int_equal(kit_assert_prefix(store), 300);
            store_close(store);
            store = kit_must_open(path, KIT_VFS, (enum store_durability)durability, threaded);
            assert_int_equal(store_boot(store), 2);
            assert_int_equal(kit_assert_prefix(store), 300);
            store_close(store);
        }
    }
}

static void rows_come_back_from_the_real_disk(void **state) {
    (void)state;
    char folder[64], path[96], wal[104];
    struct stat about;
    kit_folder(folder);
    snprintf(path, sizeof path, "%s/pawl.db", folder);
    snprintf(wal, sizeof wal, "%s-wal", path);
    for (uint64_t run = 0; run < 3; run++) {
        struct store *store = kit_must_open(path, NULL, STORE_FULL, run % 2 == 1);
        assert_int_equal(store_boot(store), run + 1);
        assert_int_equal(kit_assert_prefix(store), run * 50);
        for (uint64_t t = run * 50 + 1; t <= run * 50 + 50; t++)
            assert_int_equal(kit_turn(store, t), PAWL_OK);
        assert_int_equal(stat(wal, &about), 0);
        store_close(store);
        assert_int_equal(stat(wal, &about), -1); /* one file after a clean end */
        assert_int_equal(stat(path, &about), 0);
    }
    kit_remove_folder(folder);
}

/* ---- pages ---- */

static void pages_are_read_beside_the_writer(void **state) {
    (void)state;
    for (int threaded = 0; threaded <= 1; threaded++) {
        struct store *store =
            kit_must_open(threaded ? "pages-1" : "pages-0", KIT_VFS, STORE_FULL, threaded);
        for (uint64_t id = 1; id <= 5; id++) {
            struct kit_row row = {.id = id, .code = (int32_t)(id % 2)};
            assert_int_equal(store_put(store, &kit_type, &row), PAWL_OK);
            assert_int_equal(store_commit(store, id), PAWL_OK);
        }
        assert_string_equal(keys_of(store, (struct store_page){.limit = 3}), "1 2 3");
        assert_string_equal(keys_of(store, (struct store_page){.limit = 3, .after = 3}), "4 5");
        assert_string_equal(keys_of(store, (struct store_page){.limit = 2, .newest = true}),
                            "5 4");
        assert_string_equal(
            keys_of(store, (struct store_page){.limit = 9, .newest = true, .after = 3}), "2 1");
        assert_string_equal(
            keys_of(store, (struct store_page){.limit = 9, .column = "code", .value = 1}),
            "1 3 5");
        assert_string_equal(
            keys_of(store, (struct store_page){.limit = 9, .column = "text", .value = 1}),
            "table kits: no such number: text");
        assert_string_equal(keys_of(store, (struct store_page){.limit = 9, .table = "none"}),
                            "there is no table none");
        struct store_page none = {.limit = 0};
        assert_int_equal(store_read(store, &none), PAWL_E_INVAL);
        store_close(store);
    }
}

static void extreme_values_come_back(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    struct kit_row in[2] = {{.id = 1,
                             .price = {INT64_MAX},
                             .time_ns = INT64_MIN,
                             .code = INT32_MIN,
                             .small = UINT16_MAX,
                             .side = UINT8_MAX,
                             .flag = 1},
                            {.id = KIT_KEYS, .price = {-INT64_MAX}, .code = INT32_MAX}};
    memset(in[0].text, 'x', sizeof in[0].text - 1);
    memset(in[0].order, 'o', sizeof in[0].order - 1);
    snprintf(in[1].text, sizeof in[1].text, "quote ' \" semicolon ; \xe2\x82\xac \xff");
    assert_int_equal(store_put(store, &kit_type, &in[1]), PAWL_OK);
    assert_int_equal(store_put(store, &kit_type, &in[0]), PAWL_OK);
    assert_int_equal(store_commit(store, 1), PAWL_OK);
    struct kit_state got;
    assert_int_equal(kit_load(store, &got, NULL), PAWL_OK);
    assert_memory_equal(&got.row[1], &in[0], sizeof in[0]);
    assert_memory_equal(&got.row[KIT_KEYS], &in[1], sizeof in[1]);
    store_close(store);
}

static void bad_rows_are_refused(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    struct kit_row row = kit_row(1);
    static const struct pawl_record_type unknown = {"x", "x", 1, 1, 16, kit_count_fields};
    row.id = 0;
    assert_int_equal(store_put(store, &kit_type, &row), PAWL_E_INVAL);
    row.id = UINT64_MAX;
    assert_int_equal(store_put(store, &kit_type, &row), PAWL_E_INVAL);
    assert_int_equal(store_erase(store, &kit_type, 0), PAWL_E_INVAL);
    row = kit_row(1);
    memset(row.text, 'x', sizeof row.text);
    assert_int_equal(store_put(store, &kit_type, &row), PAWL_E_INVAL);
    assert_int_equal(store_put(store, &unknown, &row), PAWL_E_INVAL);
    assert_int_equal(store_commit(store, 1), PAWL_OK);
    assert_int_equal(kit_assert_prefix(store), 0);
    store_close(store);
}

static void session_types_are_never_stored(void **state) {
    (void)state;
    static const struct pawl_record_type session = {"s", "s", 1, 0, 16, kit_count_fields};
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    struct kit_count row = {1, 2};
    assert_int_equal(store_register(store, &session, NULL), PAWL_OK);
    assert_int_equal(store_put(store, &session, &row), PAWL_OK);
    assert_int_equal(store_erase(store, &session, 1), PAWL_OK);
    assert_int_equal(store_load(store, &session, NULL, NULL, NULL), PAWL_OK);
    store_close(store);
}

/* Of the types themselves: what cannot be a table or a column is refused with its name. */
static void bad_types_are_refused(void **state) {
    (void)state;
    static const struct pawl_field no_key[] = {{"id", PAWL_F_U32, 0, 0, 4, ""}, {0}};
    static const struct pawl_field twice[] = {{"id", PAWL_F_U64, 0, 0, 8, ""},
                                              {"a", PAWL_F_U64, 0, 8, 8, ""},
                                              {"a", PAWL_F_U64, 0, 8, 8, ""},
                                              {0}};
    static const struct pawl_field beyond[] = {
        {"id", PAWL_F_U64, 0, 0, 8, ""}, {"a", PAWL_F_U64, 0, 12, 8, ""}, {0}};
    static const struct pawl_field inject[] = {
        {"id", PAWL_F_U64, 0, 0, 8, ""}, {"a\";DROP", PAWL_F_U64, 0, 8, 8, ""}, {0}};
    static const struct pawl_field wrong_size[] = {
        {"id", PAWL_F_U64, 0, 0, 8, ""}, {"a", PAWL_F_U32, 0, 8, 8, ""}, {0}};
    static const struct pawl_field reserved[] = {
        {"id", PAWL_F_U64, 0, 0, 8, ""}, {"row_check", PAWL_F_U64, 0, 8, 8, ""}, {0}};
    static const struct pawl_record_type bad[] = {
        {"a", "sqlite_master", 1, 1, 16, kit_count_fields},
        {"b", "pawl_store", 1, 1, 16, kit_count_fields},
        {"c", "Upper", 1, 1, 16, kit_count_fields},
        {"d", "", 1, 1, 16, kit_count_fields},
        {"e", "ok", 1, 1, 12, kit_count_fields},
        {"f", "ok", 1, 1, 16, no_key},
        {"g", "ok", 1, 1, 16, twice},
        {"h", "ok", 1, 1, 16, beyond},
        {"i", "ok", 1, 1, 16, inject},
        {"j", "ok", 1, 1, 16, wrong_size},
        {"k", "ok", 1, 1, 16, reserved},
        {"l", NULL, 1, 1, 16, kit_count_fields}};
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pawl_err err = {0};
        if (store_register(store, &bad[i], &err) != PAWL_E_INVAL) fail_msg("took %s", bad[i].name);
        assert_non_null(strstr(err.text, "record "));
    }
    assert_int_equal(kit_turn(store, 1), PAWL_OK); /* the store is none the worse */
    store_close(store);
}

static void uncommitted_changes_are_not_written(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    struct kit_row row = kit_row(2);
    assert_int_equal(kit_turn(store, 1), PAWL_OK);
    assert_int_equal(store_put(store, &kit_type, &row), PAWL_OK);
    store_close(store);
    store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(kit_assert_prefix(store), 1);
    store_close(store);
}

static void an_empty_turn_completes_after_those_before(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, true);
    for (uint64_t t = 1; t <= 50; t++) {
        assert_int_equal(kit_turn(store, 2 * t), PAWL_OK);
        assert_int_equal(store_commit(store, 2 * t + 1), PAWL_OK);
    }
    assert_int_equal(store_flush(store, NULL), PAWL_OK);
    assert_int_equal(store_durable_turn(store), 101);
    store_close(store);
}

/* The last change of a row wins, however many went into one transaction. */
static void changes_of_one_row_keep_their_order(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_NONE, false);
    for (uint64_t t = 1; t <= 40; t++) {
        struct kit_row row = kit_row(t);
        row.id = 3;
        assert_int_equal(store_put(store, &kit_type, &row), PAWL_OK);
        if (t % 4 == 0) assert_int_equal(store_erase(store, &kit_type, 3), PAWL_OK);
        if (t == 40) assert_int_equal(store_put(store, &kit_type, &row), PAWL_OK);
        assert_int_equal(store_commit(store, t), PAWL_OK);
    }
    struct kit_state got;
    assert_int_equal(kit_load(store, &got, NULL), PAWL_OK);
    assert_int_equal(got.rows, 1);
    assert_int_equal(got.row[3].time_ns, 40);
    store_close(store);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void hold_the_writer(void *arg) {
    (void)arg;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void a_full_queue_refuses_and_loses_nothing(void **state) {
    (void)state;
    struct store_options options = {.path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL,
                                    .threaded = true, .wake = hold_the_writer};
    struct store *store = NULL;
    assert_int_equal(store_open(&options, &store, NULL), PAWL_OK);
    assert_int_equal(store_register(store, &kit_type, NULL), PAWL_OK);
    assert_int_equal(store_register(store, &kit_count_type, NULL), PAWL_OK);
    pthread_mutex_lock(&gate);
    uint64_t t = 1;
    int rc = PAWL_OK;
    while (rc == PAWL_OK && t < 3 * STORE_QUEUE_BATCHES_MAX) {
        rc = kit_turn(store, t);
        if (rc == PAWL_OK) t++;
    }
    assert_int_equal(rc, PAWL_E_BUSY);
    pthread_mutex_unlock(&gate);
    while ((rc = store_commit(store, t)) == PAWL_E_BUSY) {
    }
    assert_int_equal(rc, PAWL_OK);
    assert_int_equal(store_flush(store, NULL), PAWL_OK);
    assert_int_equal(store_durable_turn(store), t);
    assert_int_equal(kit_assert_prefix(store), t);
    store_close(store);
}

static void one_batch_has_a_limit(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    struct kit_row row = kit_row(1);
    int rc = PAWL_OK;
    uint32_t n = 0;
    for (; rc == PAWL_OK && n < 1000000; n++) {
        row.id = n + 1;
        rc = store_put(store, &kit_type, &row);
    }
    assert_int_equal(rc, PAWL_E_BUSY);
    assert_in_range(n, 60000, 200000);
    assert_int_equal(store_commit(store, 1), PAWL_OK);
    store_close(store);
}

static _Atomic uint32_t wakes;

static void count_wake(void *arg) {
    ++*(_Atomic uint32_t *)arg;
}

static void completion_is_told_from_the_writer(void **state) {
    (void)state;
    struct metrics *metrics;
    assert_int_equal(metrics_new(&metrics, NULL), PAWL_OK);
    struct store_options options = {.path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL,
                                    .threaded = true, .wake = count_wake, .wake_arg = &wakes,
                                    .metrics = metrics};
    struct store *store = NULL;
    assert_int_equal(store_open(&options, &store, NULL), PAWL_OK);
    assert_int_equal(store_commit(store, 7), PAWL_OK);
    assert_false(store_pushed(store));
    store_push(store);
    assert_true(store_pushed(store));
    for (int i = 0; i < 5000 && wakes == 0; i++) usleep(1000);
    assert_int_equal(wakes, 1);
    assert_int_equal(store_durable_turn(store), 7);
    store_close(store);
    metrics_free(metrics);
}

/* Fail the 1st, 2nd, 3rd ... allocation: an error that says so, nothing half done, no leak. */
static void every_allocation_may_fail(void **state) {
    (void)state;
    bool failed = true;
    uint64_t durable = 0;
    store_close(kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false));
    for (uint64_t k = 1; failed; k++) {
        struct store *store = NULL;
        struct pawl_err err = {0};
        mem_fail_at(k, false);
        failed = kit_open(KIT_PATH, KIT_VFS, STORE_FULL, false, &store, &err) != PAWL_OK;
        if (failed && err.text[0] == '\0') fail_msg("allocation %u: no text", (unsigned)k);
        struct kit_state got;
        if (!failed) failed = kit_load(store, &got, NULL) != PAWL_OK;
        for (uint64_t t = durable + 1; !failed && t <= durable + 3; t++) {
            int rc = kit_turn(store, t);
            if (rc == PAWL_OK) continue;
            failed = true;
            assert_true(rc == PAWL_E_NOMEM || rc == PAWL_E_IO);
        }
        if (store != NULL && store_durable_turn(store) > durable)
            durable = store_durable_turn(store);
        mem_fail_at(0, false);
        store_close(store);
        store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
        assert_int_equal(kit_assert_prefix(store), durable);
        store_close(store);
    }
}

static void the_logs_stay_short(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    static const char *const logs[] = {KIT_PATH "-wal", KIT_PATH "-redo"};
    for (uint64_t t = 1; t <= 30000; t++) assert_int_equal(kit_turn(store, t), PAWL_OK);
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        struct disk_file *log;
        int64_t size = 0;
        assert_int_equal(disk_open(disk, logs[i], DISK_READ_ONLY, &log, NULL), PAWL_OK);
        assert_int_equal(disk_size(log, &size, NULL), PAWL_OK);
        disk_close(log);
        assert_in_range(size, 0, 5 << 20);
    }
    assert_true(store_bytes_written(store) > (5 << 20));
    store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_come_back_for_every_durability),
        cmocka_unit_test(rows_come_back_from_the_real_disk),
        TEST(pages_are_read_beside_the_writer),
        TEST(extreme_values_come_back),
        TEST(bad_rows_are_refused),
        TEST(session_types_are_never_stored),
        TEST(bad_types_are_refused),
        TEST(uncommitted_changes_are_not_written),
        TEST(an_empty_turn_completes_after_those_before),
        TEST(changes_of_one_row_keep_their_order),
        TEST(a_full_queue_refuses_and_loses_nothing),
        TEST(one_batch_has_a_limit),
        TEST(completion_is_told_from_the_writer),
        TEST(every_allocation_may_fail),
        TEST(the_logs_stay_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
