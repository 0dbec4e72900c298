/* store: types that grow, numbered migrations, the host's own records. */
#include "store_disk.h"

#include "events/schema.gen.h"
#include "store/store_int.h"

/* ---- types that grow ---- */

struct grown {
    struct kit_count old;
    int64_t more;
    char note[32];
};
static const struct pawl_field grown_fields[] = {
    {"id", PAWL_F_U64, 0, 0, 8, ""},
    {"turn", PAWL_F_U64, 0, 8, 8, ""},
    {"more", PAWL_F_MONEY, 0, offsetof(struct grown, more), 8, ""},
    {"note", PAWL_F_STR, 0, offsetof(struct grown, note), 32, ""},
    {NULL, 0, 0, 0, 0, NULL}};
static const struct pawl_record_type grown_type = {"kit_count", "kit_counts", 901, 1,
                                                   sizeof(struct grown), grown_fields};

static int take_grown(void *arg, const void *row, struct pawl_err *err) {
    (void)err;
    memcpy(arg, row, sizeof(struct grown));
    return PAWL_OK;
}

static int count_backups(void *arg, const char *name) {
    *(int *)arg += strncmp(name, "pawl.db.bak-3-", 14) == 0;
    return 0;
}

static void a_type_may_grow_and_never_shrink(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(kit_turn(store, 9), PAWL_OK);
    assert_int_equal(store_expect(store, &grown_type, NULL), PAWL_OK); /* never used: no trace */
    store_close(store);

    struct store_options options = {.path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL};
    struct grown row;
    struct pawl_err err = {0};
    int backups = 0;
    assert_int_equal(store_open(&options, &store, NULL), PAWL_OK);
    assert_int_equal(store_register(store, &grown_type, NULL), PAWL_OK);
    assert_int_equal(store_load(store, &grown_type, take_grown, &row, NULL), PAWL_OK);
    assert_int_equal(row.old.turn, 9);
    assert_int_equal(row.more, 0);
    assert_string_equal(row.note, "");
    row.more = -5;
    strcpy(row.note, "grown");
    assert_int_equal(store_put(store, &grown_type, &row), PAWL_OK);
    assert_int_equal(store_commit(store, 10), PAWL_OK);
    assert_int_equal(store_register(store, &kit_count_type, &err), PAWL_E_STATE);
    assert_non_null(strstr(err.text, "table kit_counts has a column \"more\""));
    assert_int_equal(disk_list(disk, "data", count_backups, &backups, NULL), PAWL_OK);
    assert_int_equal(backups, 1);
    store_close(store);

    assert_int_equal(store_open(&options, &store, NULL), PAWL_OK);
    assert_int_equal(store_register(store, &grown_type, NULL), PAWL_OK);
    memset(&row, 0, sizeof row);
    assert_int_equal(store_load(store, &grown_type, take_grown, &row, NULL), PAWL_OK);
    assert_int_equal(row.more, -5);
    assert_string_equal(row.note, "grown");
    store_close(store);

    /* The backup is a whole database of the time before. */
    store = kit_must_open("data/pawl.db.bak-3-1", KIT_VFS, STORE_FULL, false);
    struct kit_state got;
    assert_int_equal(kit_load(store, &got, NULL), PAWL_OK);
    assert_int_equal(got.turn, 9);
    store_close(store);
}

static void a_reloaded_plugin_registers_again(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, true);
    struct pawl_record_type copy = kit_count_type; /* the same type at another address */
    struct kit_count count = {.id = 1, .turn = 4};
    struct kit_state got;
    assert_int_equal(kit_turn(store, 3), PAWL_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(store_register(store, &copy, NULL), PAWL_OK);
        assert_int_equal(store_register(store, &kit_count_type, NULL), PAWL_OK);
    }
    assert_int_equal(store_register(store, &copy, NULL), PAWL_OK);
    assert_int_equal(store_put(store, &kit_count_type, &count), PAWL_OK); /* the old instance */
    assert_int_equal(store_commit(store, 4), PAWL_OK);
    assert_int_equal(kit_load(store, &got, NULL), PAWL_OK);
    assert_int_equal(got.turn, 4);
    /* It has grown: pages hold rows of the shape it has now. */
    const struct grown row = {.old = {.id = 1, .turn = 5}, .more = -5};
    assert_int_equal(store_expect(store, &grown_type, NULL), PAWL_OK);
    assert_int_equal(store_put(store, &grown_type, &row), PAWL_OK);
    assert_int_equal(store_commit(store, 5), PAWL_OK);
    const struct store_page page = {
        .limit = 9, .table = "kit_counts", .row_size = sizeof(struct grown)};
    assert_string_equal(keys_of(store, page), "1");
    store_close(store);
}

/* ---- numbered migrations ---- */

static void migrations_run_once_with_a_backup_first(void **state) {
    (void)state;
    const struct store_migration list[] = {store_migrations[0], store_migrations[1],
                                           store_migrations[2],
                                           {4, "CREATE TABLE extra(x);INSERT INTO extra VALUES(1)"},
                                           {5, "INSERT INTO extra VALUES(2)"}};
    struct store_options options = {.path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL};
    struct pawl_err err = {0};
    int backups = 0;
    int64_t n = 0;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(kit_turn(store, 5), PAWL_OK);
    store_close(store);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_open_migrating(&options, list, 5, &store, NULL), PAWL_OK);
        assert_int_equal(sql_integer(store, "SELECT sum(x) FROM extra", &n, NULL), PAWL_OK);
        assert_int_equal(n, 3);
        store_close(store);
    }
    assert_int_equal(disk_list(disk, "data", count_backups, &backups, NULL), PAWL_OK);
    assert_int_equal(backups, 1);
    assert_int_equal(store_open(&options, &store, &err), PAWL_E_STATE);
    assert_non_null(strstr(err.text, "version 5 was written by a newer pawl"));
}

static void a_migration_that_fails_leaves_everything(void **state) {
    (void)state;
    const struct store_migration list[] = {
        store_migrations[0], store_migrations[1], store_migrations[2],
        {4, "CREATE TABLE extra(x); INSERT INTO nowhere VALUES(1)"}};
    struct store_options options = {.path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL};
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    for (uint64_t t = 1; t <= 5; t++) assert_int_equal(kit_turn(store, t), PAWL_OK);
    store_close(store);
    struct pawl_err err = {0};
    assert_int_equal(store_open_migrating(&options, list, 4, &store, &err), PAWL_E_DATA);
    store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(kit_assert_prefix(store), 5);
    store_close(store);
}

/* ---- the host's own records, from the schema ---- */

static int take_lot(void *arg, const void *row, struct pawl_err *err) {
    (void)err;
    memcpy(arg, row, sizeof(struct pawl_rec_lot));
    return PAWL_OK;
}

static void host_records_are_registered_at_open(void **state) {
    (void)state;
    const struct pawl_record_type *lot_type = &schema_records[PAWL_REC_LOT - 1];
    struct pawl_rec_lot in = {.id = 42, .instrument = 3, .stop = {INT64_C(9500000000)}, .side = 2};
    struct pawl_rec_lot out;
    struct store_options options = {.path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_PROCESS};
    struct store *store = NULL;
    strcpy(in.ref, "chain-1");
    assert_string_equal(lot_type->name, "lot");
    for (int run = 0; run < 2; run++) {
        assert_int_equal(store_open(&options, &store, NULL), PAWL_OK);
        if (run == 0) {
            assert_int_equal(store_put(store, lot_type, &in), PAWL_OK);
            assert_int_equal(store_commit(store, 1), PAWL_OK);
        }
        memset(&out, 0xff, sizeof out);
        assert_int_equal(store_load(store, lot_type, take_lot, &out, NULL), PAWL_OK);
        assert_memory_equal(&in, &out, sizeof in);
        store_close(store);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_type_may_grow_and_never_shrink),
        TEST(a_reloaded_plugin_registers_again),
        TEST(migrations_run_once_with_a_backup_first),
        TEST(a_migration_that_fails_leaves_everything),
        TEST(host_records_are_registered_at_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
