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
    assert_int_equal(number(store, "SELECT count(*) FROM pawl_redo"), 2);
    assert_int_equal(number(store, "SELECT count(*) FROM kits"), 0);
    store_abandon(store);

    store = kit_must_open(KIT_PATH, KIT_VFS, STORE_PROCESS, false);
    assert_int_equal(number(store, "SELECT count(*) FROM pawl_redo"), 0);
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
    assert_int_equal(number(store, "SELECT count(*) FROM pawl_redo"), 1);
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

/* ---- limits ---- */

static void much_goes_to_its_tables(void **state) {
    (void)state;
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_PROCESS, false);
    for (uint64_t t = 1; t <= 65; t++) assert_int_equal(kit_turn(store, t), PAWL_OK);
    assert_int_equal(number(store, "SELECT turn FROM kit_counts"), 64);
    assert_int_equal(number(store, "SELECT count(*) FROM pawl_redo"), 1);
    struct kit_row row = kit_row(66);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(store_put(store, &kit_type, &row), PAWL_OK);
    assert_int_equal(store_commit(store, 66), PAWL_OK); /* all of it, what waited first */
    assert_int_equal(number(store, "SELECT turn FROM kit_counts"), 65);
    assert_int_equal(number(store, "SELECT count(*) FROM pawl_redo"), 0);
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
        TEST(much_goes_to_its_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
