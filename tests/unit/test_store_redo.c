/* store: what was committed and is in no table yet outlives a crash, whatever its table became. */
#include "store_disk.h"

#include <sqlite3.h>

#include "store/store_int.h"

static int64_t number(struct store *store, const char *sql) {
    int64_t n = -1;
    assert_int_equal(sql_integer(store, sql, &n, NULL), PAWL_OK);
    return n;
}

static int take_row(void *arg, const void *row, struct pawl_err *err) {
    struct kit_row *to = arg;
    struct kit_row one;
    (void)err;
    memcpy(&one, row, sizeof one);
    if (one.id <= 3) to[one.id] = one;
    return PAWL_OK;
}

static void every_value_comes_back_after_a_crash(void **state) {
    (void)state;
    const struct kit_row in[3] = {
        {.id = 1, .price = {INT64_MAX}, .time_ns = INT64_MIN, .code = INT32_MIN,
         .small = UINT16_MAX, .side = UINT8_MAX, .flag = 1,
         .order = "01234567890123456789012", .text = "\xc3\xa4 \"quoted\"\n"},
        {.id = 2, .price = {-1}, .time_ns = 1, .code = -1},
        {.id = 3}};
    struct kit_row out[4] = {{0}};
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_PROCESS, false);
    for (size_t i = 0; i < 3; i++) assert_int_equal(store_put(store, &kit_type, &in[i]), PAWL_OK);
    assert_int_equal(store_commit(store, 1), PAWL_OK);
    assert_int_equal(store_erase(store, &kit_type, 3), PAWL_OK);
    assert_int_equal(store_commit(store, 2), PAWL_OK);
    assert_int_equal(store->redo.unfiled.turns, 2);
    assert_int_equal(number(store, "SELECT count(*) FROM kits"), 0);
    store_abandon(store);

    store = kit_must_open(KIT_PATH, KIT_VFS, STORE_PROCESS, false);
    assert_int_equal(store->redo.unfiled.turns, 0);
    assert_int_equal(store_load(store, &kit_type, take_row, out, NULL), PAWL_OK);
    assert_memory_equal(&out[1], &in[0], sizeof in[0]);
    assert_memory_equal(&out[2], &in[1], sizeof in[1]);
    assert_int_equal(out[3].id, 0); /* erased */
    store_close(store);
}

/* Nobody has to know the type: its table is there. */
static void rows_of_a_plugin_that_is_gone_stay(void **state) {
    (void)state;
    const struct store_options options = {
        .path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL};
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(kit_turn(store, 4), PAWL_OK);
    store_abandon(store);
    assert_int_equal(store_open(&options, &store, NULL), PAWL_OK);
    assert_int_equal(number(store, "SELECT turn FROM kit_counts"), 4);
    store_close(store);
    store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(number(store, "SELECT turn FROM kit_counts"), 4);
    store_close(store);
}

/* ---- a table that grows meanwhile ---- */

struct grown {
    struct kit_count old;
    int64_t more;
    char note[16];
};
static const struct pawl_field grown_fields[] = {
    {"id", PAWL_F_U64, 0, offsetof(struct grown, old.id), 8, ""},
    {"turn", PAWL_F_U64, 0, offsetof(struct grown, old.turn), 8, ""},
    {"more", PAWL_F_MONEY, 0, offsetof(struct grown, more), 8, ""},
    {"note", PAWL_F_STR, 0, offsetof(struct grown, note), 16, ""},
    {NULL, 0, 0, 0, 0, NULL}};
static const struct pawl_record_type grown_type = {
    "kit_count", "kit_counts", 901, 1, sizeof(struct grown), grown_fields};

static int take_grown(void *arg, const void *row, struct pawl_err *err) {
    struct grown one;
    (void)err;
    memcpy(&one, row, sizeof one);
    assert_in_range(one.old.id, 1, 3);
    memcpy((struct grown *)arg + one.old.id, &one, sizeof one);
    return PAWL_OK;
}

static void rows_before_and_after_a_table_grew_are_right(void **state) {
    (void)state;
    const struct kit_count before = {.id = 1, .turn = 1}, late = {.id = 3, .turn = 3};
    const struct grown after = {.old = {.id = 2, .turn = 2}, .more = -5, .note = "grown"};
    struct grown got[4] = {{{0}, 0, ""}};
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(store_put(store, &kit_count_type, &before), PAWL_OK);
    assert_int_equal(store_commit(store, 1), PAWL_OK);
    assert_int_equal(store_expect(store, &grown_type, NULL), PAWL_OK);
    assert_int_equal(store_put(store, &grown_type, &after), PAWL_OK);
    assert_int_equal(store_put(store, &kit_count_type, &late), PAWL_OK); /* by who goes */
    assert_int_equal(store_commit(store, 2), PAWL_OK);
    assert_int_equal(store->redo.unfiled.turns, 1);
    store_abandon(store);

    store = NULL;
    const struct store_options options = {
        .path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL};
    assert_int_equal(store_open(&options, &store, NULL), PAWL_OK);
    assert_int_equal(store_register(store, &grown_type, NULL), PAWL_OK);
    assert_int_equal(store_load(store, &grown_type, take_grown, got, NULL), PAWL_OK);
    assert_int_equal(got[1].old.turn, 1);
    assert_memory_equal(&got[2], &after, sizeof after);
    assert_int_equal(got[3].old.turn, 3);
    assert_string_equal(got[3].note, "");
    store_close(store);
}

/* A page of the grown type is asked for after a write has failed: the table stays as it is, since
 * what a start will find beside has its columns. */
static void a_failed_store_changes_no_table(void **state) {
    for (uint64_t k = 1; k < 12; k++) {
        for (int fault = DISK_EIO; fault <= DISK_SHORT; fault++) {
            struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
            const struct store_page page = {
                .limit = 9, .table = "kit_counts", .row_size = sizeof(struct grown)};
            assert_int_equal(kit_turn(store, 1), PAWL_OK);
            assert_int_equal(store_expect(store, &grown_type, NULL), PAWL_OK);
            disk_mem_fail_at(disk, k, DISK_MASK_CHANGES, (enum disk_fault)fault, false);
            int rc = kit_turn(store, 2);
            disk_mem_fail_at(disk, 0, DISK_MASK_ALL, DISK_EIO, false);
            const char *rows = keys_of(store, page);
            if (rc != PAWL_OK) assert_non_null(strstr(rows, KIT_PATH)); /* why */
            else assert_string_equal(rows, "1");
            store_abandon(store);
            if (rc != PAWL_OK) {
                store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
                assert_in_range(kit_assert_prefix(store), 1, 2);
                store_close(store);
            }
            tear_down(state);
            set_up(state);
        }
    }
}

/* ---- memory ---- */

static sqlite3_mem_methods usual;
static uint32_t allocations_left; /* 0 = no end */
static bool refused;

static bool refuse(void) {
    refused |= allocations_left == 1;
    return allocations_left > 0 && --allocations_left == 0;
}
static void *allocate(int size) { return refuse() ? NULL : usual.xMalloc(size); }
static void *extend(void *bytes, int size) { return refuse() ? NULL : usual.xRealloc(bytes, size); }

struct other {
    uint64_t id, turn;
};
static const struct pawl_record_type other_type = {
    "other", "others", 902, 1, sizeof(struct other), kit_count_fields};

/* Its table is made when a page is asked for; whatever fails there, the next start works. */
static void a_table_made_without_memory_harms_nothing(void **state) {
    refused = true;
    for (uint32_t k = 1; refused; k++) {
        const struct store_page page = {
            .limit = 9, .table = "others", .row_size = sizeof(struct other)};
        struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
        assert_int_equal(store_expect(store, &other_type, NULL), PAWL_OK);
        refused = false;
        allocations_left = k;
        keys_of(store, page);
        allocations_left = 0;
        const struct other row = {1, 5};
        if (store_put(store, &other_type, &row) == PAWL_OK) store_commit(store, 1);
        store_abandon(store);
        store_close(kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false));
        tear_down(state);
        set_up(state);
    }
}

/* ---- another version ---- */

static void what_waits_is_older_than_a_migration(void **state) {
    (void)state;
    const struct store_migration list[] = {
        store_migrations[0], store_migrations[1], store_migrations[2],
        {4, "ALTER TABLE kit_counts RENAME TO kit_numbers"}};
    const struct store_options options = {
        .path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL};
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(kit_turn(store, 6), PAWL_OK);
    store_abandon(store);
    assert_int_equal(store_open_migrating(&options, list, 4, &store, NULL), PAWL_OK);
    assert_int_equal(number(store, "SELECT turn FROM kit_numbers"), 6);
    store_close(store);
}

/* ---- damage and torn ends ---- */

#define GROUPS 6u
#define REDO_PATH KIT_PATH "-redo"

static uint8_t bytes[1 << 20];

static size_t image_of(const char *path) {
    struct disk_file *file = NULL;
    size_t size = 0;
    assert_int_equal(disk_open(disk, path, DISK_READ_ONLY, &file, NULL), PAWL_OK);
    assert_int_equal(disk_read(file, 0, bytes, sizeof bytes, &size, NULL), PAWL_OK);
    disk_close(file);
    return size;
}

static void put_image(size_t size) {
    struct disk_file *file = NULL;
    assert_int_equal(disk_open(disk, REDO_PATH, DISK_CREATE, &file, NULL), PAWL_OK);
    assert_int_equal(disk_truncate(file, 0, NULL), PAWL_OK);
    assert_int_equal(disk_write(file, 0, bytes, size, NULL), PAWL_OK);
    disk_close(file);
}

/* GROUPS turns that are in no table; where the last one begins. */
static size_t leave_groups(enum store_durability durability) {
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, durability, false);
    size_t last = 0;
    for (uint64_t t = 1; t <= GROUPS; t++) {
        last = store->redo.at;
        assert_int_equal(kit_turn(store, t), PAWL_OK);
    }
    assert_int_equal(store->redo.unfiled.turns, GROUPS);
    store_abandon(store);
    return last;
}

/* Opens with what is in `bytes`; what the rows are of, or UINT64_MAX: refused. */
static uint64_t turn_with(enum store_durability durability, size_t size) {
    struct store *store = NULL;
    struct pawl_err err = {0};
    put_image(size);
    if (kit_open(KIT_PATH, KIT_VFS, durability, false, &store, &err) != PAWL_OK) {
        assert_non_null(strstr(err.text, "its -redo"));
        return UINT64_MAX;
    }
    uint64_t turn = kit_assert_prefix(store);
    store_abandon(store);
    return turn;
}

/* In the last group damage and a torn end look alike, so that one may be lost. */
static void a_flipped_bit_is_never_believed(void **state) {
    size_t size = 1, last;
    for (size_t at = 0; at < size; at += 5) {
        last = leave_groups(STORE_FULL);
        size = image_of(REDO_PATH);
        bytes[at] ^= 0x10;
        uint64_t turn = turn_with(STORE_FULL, size);
        if (at < last ? turn != UINT64_MAX : turn != GROUPS - 1 && turn != GROUPS)
            fail_msg("byte %zu: turn %llu", at, (unsigned long long)turn);
        tear_down(state);
        set_up(state);
    }
}

/* Under `process` nothing was synced: whatever a power cut takes, a prefix is left. */
static void a_group_that_is_torn_ends_what_counts(void **state) {
    size_t size = 1;
    for (size_t at = 0; at < size; at += 37) {
        leave_groups(STORE_PROCESS);
        size = image_of(REDO_PATH);
        bytes[at] ^= 0x10;
        assert_in_range(turn_with(STORE_PROCESS, size), 0, GROUPS);
        tear_down(state);
        set_up(state);
    }
}

static void a_file_cut_anywhere_gives_a_prefix(void **state) {
    size_t size = 1;
    uint64_t before = 0;
    for (size_t cut = 0; cut <= size; cut += 11) {
        leave_groups(STORE_FULL);
        size = image_of(REDO_PATH);
        uint64_t turn = turn_with(STORE_FULL, cut);
        assert_in_range(turn, before, GROUPS);
        before = turn;
        tear_down(state);
        set_up(state);
    }
    assert_true(before >= GROUPS - 1);
}

static void what_an_earlier_boot_left_is_nothing(void **state) {
    (void)state;
    leave_groups(STORE_FULL);
    size_t size = image_of(REDO_PATH);
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(kit_turn(store, GROUPS + 1), PAWL_OK);
    store_close(store);
    assert_int_equal(turn_with(STORE_FULL, size), GROUPS + 1);
}

static void a_redo_without_its_database_is_refused(void **state) {
    (void)state;
    struct store *store = NULL;
    struct pawl_err err = {0};
    leave_groups(STORE_FULL);
    assert_int_equal(disk_remove(disk, KIT_PATH, NULL), PAWL_OK);
    assert_int_equal(disk_remove(disk, KIT_PATH "-wal", NULL), PAWL_OK);
    assert_int_equal(kit_open(KIT_PATH, KIT_VFS, STORE_FULL, false, &store, &err), PAWL_E_DATA);
    assert_non_null(strstr(err.text, "missing, but its -redo is there"));
}

static void a_clean_end_leaves_no_file(void **state) {
    (void)state;
    bool there = true;
    store_close(kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false));
    assert_int_equal(disk_exists(disk, REDO_PATH, &there, NULL), PAWL_OK);
    assert_false(there);
}

/* ---- limits ---- */

/* Nor one that a crash left before this run, which did not need it. */
static void a_clean_end_without_durability_leaves_no_file(void **state) {
    (void)state;
    bool there = false;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_PROCESS, false);
    for (uint64_t t = 1; t <= 3; t++) assert_int_equal(kit_turn(store, t), PAWL_OK);
    store_abandon(store);
    store = kit_must_open(KIT_PATH, KIT_VFS, STORE_NONE, false);
    assert_int_equal(kit_assert_prefix(store), 3);
    store_close(store);
    assert_int_equal(disk_exists(disk, REDO_PATH, &there, NULL), PAWL_OK);
    assert_false(there);
}

static void many_turns_wake_the_writer(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_PROCESS, true);
    uint64_t t = 0;
    do assert_int_equal(kit_turn(store, ++t), PAWL_OK);
    while (!store_pushed(store) && t < 1000);
    assert_in_range(t, 2, 999);
    store_close(store);
}

static void much_goes_to_its_tables(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_PROCESS, false);
    for (uint64_t t = 1; t <= 65; t++) assert_int_equal(kit_turn(store, t), PAWL_OK);
    assert_int_equal(number(store, "SELECT turn FROM kit_counts"), 64);
    assert_int_equal(store->redo.unfiled.turns, 1);
    struct kit_row row = kit_row(66);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(store_put(store, &kit_type, &row), PAWL_OK);
    assert_int_equal(store_commit(store, 66), PAWL_OK); /* all of it, what waited first */
    assert_int_equal(number(store, "SELECT turn FROM kit_counts"), 65);
    assert_int_equal(store->redo.unfiled.turns, 0);
    store_abandon(store);
    store = kit_must_open(KIT_PATH, KIT_VFS, STORE_PROCESS, false);
    assert_int_equal(number(store, "SELECT time FROM kits WHERE text='turn 66'"), 66);
    store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_value_comes_back_after_a_crash),
        TEST(rows_of_a_plugin_that_is_gone_stay),
        TEST(rows_before_and_after_a_table_grew_are_right),
        TEST(a_failed_store_changes_no_table),
        TEST(a_table_made_without_memory_harms_nothing),
        TEST(what_waits_is_older_than_a_migration),
        TEST(a_flipped_bit_is_never_believed),
        TEST(a_group_that_is_torn_ends_what_counts),
        TEST(a_file_cut_anywhere_gives_a_prefix),
        TEST(what_an_earlier_boot_left_is_nothing),
        TEST(a_redo_without_its_database_is_refused),
        TEST(a_clean_end_leaves_no_file),
        TEST(a_clean_end_without_durability_leaves_no_file),
        TEST(many_turns_wake_the_writer),
        TEST(much_goes_to_its_tables)};
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
    sqlite3_mem_methods methods = usual;
    methods.xMalloc = allocate;
    methods.xRealloc = extend;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
