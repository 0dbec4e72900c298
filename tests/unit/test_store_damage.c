/*
 * store: a database that cannot be read is refused with a sentence and left byte for byte as it
 * was; a changed byte is either refused or changes nothing.
 */
#include "store_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/hash.h"
#include "base/oid.h"
#include "base/rng.h"

#define TURNS 40u
#define FILE_MAX (4u << 20)

/* ---- files as bytes ---- */

struct image {
    uint8_t *bytes;
    size_t size;
};

static struct image image_of(const char *path) {
    struct image image = {.bytes = malloc(FILE_MAX)};
    struct disk_file *file = NULL;
    assert_non_null(image.bytes);
    assert_int_equal(disk_open(disk, path, DISK_READ_ONLY, &file, NULL), PAWL_OK);
    assert_int_equal(disk_read(file, 0, image.bytes, FILE_MAX, &image.size, NULL), PAWL_OK);
    disk_close(file);
    return image;
}

static void put_image(const char *path, const void *bytes, size_t size) {
    struct disk_file *file = NULL;
    assert_int_equal(disk_open(disk, path, DISK_CREATE, &file, NULL), PAWL_OK);
    assert_int_equal(disk_truncate(file, 0, NULL), PAWL_OK);
    assert_int_equal(disk_write(file, 0, bytes, size, NULL), PAWL_OK);
    assert_int_equal(disk_sync(file, NULL), PAWL_OK);
    disk_close(file);
}

static uint64_t hash_of(const char *path) {
    struct image image = image_of(path);
    uint64_t hash = hash_bytes(image.bytes, image.size, 0);
    free(image.bytes);
    return hash;
}

static void remove_if_there(const char *path) {
    disk_remove(disk, path, NULL);
}

/* A database after TURNS turns, closed, or abandoned with a log beside it that has them all. */
static void make_database(bool closed) {
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    for (uint64_t t = 1; t <= TURNS; t++) {
        struct kit_state got;
        assert_int_equal(kit_turn(store, t), PAWL_OK);
        assert_int_equal(kit_load(store, &got, NULL), PAWL_OK); /* so it goes to its tables */
    }
    if (closed)
        store_close(store);
    else
        store_abandon(store);
}

static void refused_and_untouched(const char *name, int rc_wanted, const char *sentence) {
    struct store *store = NULL;
    struct pawl_err err = {0};
    uint64_t before = hash_of(KIT_PATH);
    int rc = kit_open(KIT_PATH, KIT_VFS, STORE_FULL, false, &store, &err);
    if (rc != rc_wanted) fail_msg("%s: result %d: %s", name, rc, err.text);
    if (strncmp(err.text, KIT_PATH ": ", strlen(KIT_PATH) + 2) != 0 ||
        strstr(err.text, sentence) == NULL)
        fail_msg("%s: says: %s", name, err.text);
    assert_int_equal(hash_of(KIT_PATH), before);
}

/* ---- the table of accidents ---- */

static void run_sql(const char *sql) {
    sqlite3 *db;
    char *text = NULL;
    assert_int_equal(sqlite3_open_v2(KIT_PATH, &db, SQLITE_OPEN_READWRITE, KIT_VFS), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK) fail_msg("%s: %s", sql, text);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void every_accident_is_refused(void **state) {
    (void)state;
    static const char garbage[4096] = "this is not a database, but a text that someone copied here";
    make_database(true);
    struct image whole = image_of(KIT_PATH);
    static const struct {
        const char *name;
        size_t size; /* of what is left; SIZE_MAX = all */
        const char *sql;
        int rc;
        const char *sentence;
    } cases[] = {
        {"empty", 0, NULL, PAWL_E_DATA, "empty"},
        {"one byte", 1, NULL, PAWL_E_DATA, "not a database"},
        {"half a header", 50, NULL, PAWL_E_DATA, ". Nothing was changed. "},
        {"one page", 4096, NULL, PAWL_E_DATA, "malformed"},
        {"a page and a half", 6000, NULL, PAWL_E_DATA, "malformed"},
        {"older pawl", SIZE_MAX, "PRAGMA user_version=0", PAWL_E_DATA, "it has no version"},
        {"newer pawl", SIZE_MAX, "PRAGMA user_version=9", PAWL_E_STATE, "written by a newer pawl"},
        {"another program's", SIZE_MAX, "PRAGMA application_id=7", PAWL_E_DATA, "not one of pawl"},
        {"no boot", SIZE_MAX, "DELETE FROM pawl_store", PAWL_E_DATA, "boot counter"},
        {"boot put back", SIZE_MAX, "UPDATE pawl_store SET boot=boot-1", PAWL_E_DATA,
         "boot counter"},
        {"no store table", SIZE_MAX, "DROP TABLE pawl_store", PAWL_E_DATA, "pawl_store"},
        {"newer column", SIZE_MAX, "ALTER TABLE lots ADD COLUMN newer INTEGER", PAWL_E_STATE,
         "table lots has a column \"newer\" that this version does not know"},
        {"column of another type", SIZE_MAX,
         "DROP TABLE shares; CREATE TABLE shares(id INTEGER PRIMARY KEY, \"order\" TEXT)",
         PAWL_E_DATA, "table shares, column order"},
        {"filed put back", SIZE_MAX, "UPDATE pawl_store SET filed=filed+1", PAWL_E_DATA,
         "how far it was filed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = cases[i].size == SIZE_MAX ? whole.size : cases[i].size;
        put_image(KIT_PATH, whole.bytes, size);
        remove_if_there(KIT_PATH "-wal");
        if (cases[i].sql != NULL) run_sql(cases[i].sql);
        remove_if_there(KIT_PATH "-wal");
        refused_and_untouched(cases[i].name, cases[i].rc, cases[i].sentence);
        bool there = true;
        assert_int_equal(disk_exists(disk, KIT_PATH "-wal", &there, NULL), PAWL_OK);
        assert_false(there);
    }
    put_image(KIT_PATH, garbage, sizeof garbage);
    refused_and_untouched("text", PAWL_E_DATA, "not a database");
    put_image(KIT_PATH, whole.bytes, whole.size); /* and the way back */
    struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
    assert_int_equal(kit_assert_prefix(store), TURNS);
    store_close(store);
    free(whole.bytes);
}

static void a_boot_counter_ends(void **state) {
    (void)state;
    char sql[128];
    make_database(true);
    for (uint64_t boot = OID_BOOT_MAX - 1; boot <= OID_BOOT_MAX; boot++) {
        snprintf(sql, sizeof sql, "UPDATE pawl_store SET boot=%llu, boot_check=%lld",
                 (unsigned long long)boot, (long long)hash_u64(boot));
        run_sql(sql);
        if (boot == OID_BOOT_MAX) {
            refused_and_untouched("used up", PAWL_E_RANGE, "the boot counter is used up");
        } else {
            struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
            assert_int_equal(store_boot(store), OID_BOOT_MAX);
            store_close(store);
        }
    }
}

static void a_log_without_its_database_is_refused(void **state) {
    (void)state;
    struct store *store = NULL;
    struct pawl_err err = {0};
    make_database(false);
    uint64_t before = hash_of(KIT_PATH "-wal");
    assert_int_equal(disk_remove(disk, KIT_PATH, NULL), PAWL_OK);
    assert_int_equal(kit_open(KIT_PATH, KIT_VFS, STORE_FULL, false, &store, &err), PAWL_E_DATA);
    assert_non_null(strstr(err.text, "missing, but its -wal is there"));
    assert_int_equal(hash_of(KIT_PATH "-wal"), before);
}

/* Of a plugin that is not loaded, so nobody reads its rows: the start still says so. */
static void damage_in_a_table_nobody_loads_is_refused(void **state) {
    (void)state;
    struct store_options options = {.path = KIT_PATH, .vfs = KIT_VFS, .durability = STORE_FULL};
    struct store *store = NULL;
    struct pawl_err err = {0};
    make_database(true);
    struct image whole = image_of(KIT_PATH);
    for (size_t at = 0; at + 24 < whole.size; at++)
        if (memcmp(whole.bytes + at, "turn 40", 7) == 0)
            memset(whole.bytes + at / 4096 * 4096, 7, 64);
    put_image(KIT_PATH, whole.bytes, whole.size);
    assert_int_equal(store_open(&options, &store, &err), PAWL_E_DATA);
    assert_non_null(strstr(err.text, ": damaged: "));
    free(whole.bytes);
}

/* ---- one changed byte ---- */

/* True: it opened and the rows were right. False: it was refused. */
static bool survives(const char *what, size_t at) {
    struct store *store = NULL;
    struct pawl_err err = {0};
    struct kit_state got, wanted = kit_expect(TURNS);
    int rc = kit_open(KIT_PATH, KIT_VFS, STORE_FULL, false, &store, &err);
    if (rc == PAWL_OK) rc = kit_load(store, &got, &err);
    if (rc == PAWL_OK) {
        if (got.turn != TURNS || memcmp(got.row, wanted.row, sizeof wanted.row) != 0)
            fail_msg("%s, byte %zu: wrong rows were believed (turn %llu)", what, at,
                     (unsigned long long)got.turn);
        assert_true(store_boot(store) >= 2);
    } else if (err.text[0] == '\0') {
        fail_msg("%s, byte %zu: refused without a word", what, at);
    }
    store_abandon(store);
    return rc == PAWL_OK;
}

/* PAWL_THOROUGH: every byte instead of some. */
static size_t stride(size_t usual, size_t thorough) {
    return getenv("PAWL_THOROUGH") == NULL ? usual : thorough;
}

static void a_flipped_bit_in_the_file_is_never_believed(void **state) {
    (void)state;
    uint32_t refused = 0, fine = 0;
    struct rng rng;
    rng_init(&rng, 5);
    make_database(true);
    struct image whole = image_of(KIT_PATH);
    for (size_t at = 0; at < whole.size; at += stride(61, 1)) {
        uint8_t right = whole.bytes[at];
        whole.bytes[at] ^= (uint8_t)(1u << rng_below(&rng, 8));
        put_image(KIT_PATH, whole.bytes, whole.size);
        remove_if_there(KIT_PATH "-wal");
        if (survives(KIT_PATH, at))
            fine++;
        else
            refused++;
        whole.bytes[at] = right;
    }
    assert_true(refused > 0 && fine > 0);
    free(whole.bytes);
}

/* In the last transaction of a log damage and a torn end look alike; what it filed is beside. */
static void a_flipped_bit_in_the_log_is_never_believed(void **state) {
    (void)state;
    struct kit_state got;
    make_database(false);
    struct image main_file = image_of(KIT_PATH), log = image_of(KIT_PATH "-wal");
    struct image redo = image_of(KIT_PATH "-redo");
    uint32_t refused = 0;
    for (size_t at = 0; at < log.size; at += stride(977, 1)) {
        struct store *store = NULL;
        struct pawl_err err = {0};
        log.bytes[at] ^= 0x10;
        put_image(KIT_PATH, main_file.bytes, main_file.size);
        put_image(KIT_PATH "-wal", log.bytes, log.size);
        put_image(KIT_PATH "-redo", redo.bytes, redo.size);
        int rc = kit_open(KIT_PATH, KIT_VFS, STORE_FULL, false, &store, &err);
        if (rc == PAWL_OK) rc = kit_load(store, &got, &err);
        if (rc != PAWL_OK) {
            refused++;
            assert_non_null(strstr(err.text, "-wal is damaged"));
        } else if (got.turn != TURNS) {
            fail_msg("byte %zu of the log: turn %llu was believed", at,
                     (unsigned long long)got.turn);
        }
        store_abandon(store);
        log.bytes[at] ^= 0x10;
    }
    assert_true(refused > 0);
    free(main_file.bytes);
    free(log.bytes);
    free(redo.bytes);
}

/* A log that ends anywhere is the torn end of a crash: its whole transactions count. */
static void a_log_cut_anywhere_gives_a_prefix(void **state) {
    (void)state;
    make_database(false);
    struct image main_file = image_of(KIT_PATH), log = image_of(KIT_PATH "-wal");
    uint64_t before = 0;
    for (size_t size = 0; size <= log.size; size += stride(509, 61)) {
        put_image(KIT_PATH, main_file.bytes, main_file.size);
        put_image(KIT_PATH "-wal", log.bytes, size);
        remove_if_there(KIT_PATH "-redo");
        struct store *store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
        uint64_t turn = kit_assert_prefix(store);
        assert_true(turn >= before);
        before = turn;
        store_abandon(store);
    }
    assert_true(before >= TURNS - 2);
    free(main_file.bytes);
    free(log.bytes);
}

/* ---- rows that someone edited ---- */

static void an_edited_row_is_refused(void **state) {
    (void)state;
    static const char *const edits[] = {
        "UPDATE kits SET price=price+1 WHERE id=4", "UPDATE kits SET text='other' WHERE id=4",
        "UPDATE kits SET side=300 WHERE id=4",      "UPDATE kits SET text=5 WHERE id=4",
        "UPDATE kits SET code='x' WHERE id=4",      "UPDATE kits SET id=-4 WHERE id=4",
        "UPDATE kits SET text=hex(zeroblob(64)) WHERE id=4",
    };
    make_database(true);
    struct image whole = image_of(KIT_PATH);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct store *store;
        struct kit_state got;
        struct pawl_err err = {0};
        put_image(KIT_PATH, whole.bytes, whole.size);
        run_sql(edits[i]);
        store = kit_must_open(KIT_PATH, KIT_VFS, STORE_FULL, false);
        assert_int_equal(kit_load(store, &got, &err), PAWL_E_DATA);
        if (strstr(err.text, "table kits, row ") == NULL) fail_msg("%s", err.text);
        store_close(store);
    }
    free(whole.bytes);
}

/* ---- the real disk: other processes, permissions ---- */

static void one_process_at_a_time(void **state) {
    (void)state;
    char folder[64], path[96];
    int go[2];
    kit_folder(folder);
    snprintf(path, sizeof path, "%s/pawl.db", folder);
    struct store *store = kit_must_open(path, NULL, STORE_FULL, true);
    assert_int_equal(kit_turn(store, 1), PAWL_OK);
    assert_int_equal(store_flush(store, NULL), PAWL_OK);
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct store *other = NULL;
        struct pawl_err err = {0};
        int rc = kit_open(path, NULL, STORE_FULL, false, &other, &err);
        _exit(rc == PAWL_E_BUSY && strstr(err.text, "in use by another process") != NULL ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(kit_turn(store, 2), PAWL_OK);
    assert_int_equal(store_flush(store, NULL), PAWL_OK);
    struct store *second = NULL;
    assert_int_equal(kit_open(path, NULL, STORE_FULL, false, &second, NULL), PAWL_E_BUSY);
    assert_int_equal(kit_turn(store, 3), PAWL_OK);
    store_close(store);
    store = kit_must_open(path, NULL, STORE_FULL, false);
    assert_int_equal(kit_assert_prefix(store), 3);
    store_close(store);
    kit_remove_folder(folder);
}

/* As somebody who may read but not write; root may do everything, so it becomes nobody. */
static int open_as_nobody(const char *path) {
    pid_t pid = fork();
    if (pid == 0) {
        struct store *store = NULL;
        struct pawl_err err = {0};
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
        int rc = kit_open(path, NULL, STORE_FULL, false, &store, &err);
        if (rc != PAWL_E_DENIED || strncmp(err.text, path, strlen(path)) != 0) {
            fprintf(stderr, "result %d: %s\n", rc, err.text);
            _exit(1);
        }
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_file_one_may_not_write_is_refused(void **state) {
    (void)state;
    char folder[64], path[96];
    kit_folder(folder);
    snprintf(path, sizeof path, "%s/pawl.db", folder);
    store_close(kit_must_open(path, NULL, STORE_FULL, false));
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(open_as_nobody(path), 0);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(open_as_nobody(path), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    kit_remove_folder(folder);
}

static void a_missing_folder_is_named(void **state) {
    (void)state;
    struct store *store = NULL;
    struct pawl_err err = {0};
    assert_true(kit_open("/nowhere/at/all/pawl.db", NULL, STORE_FULL, false, &store, &err) < 0);
    assert_non_null(strstr(err.text, "/nowhere/at/all/pawl.db"));
    err = (struct pawl_err){0};
    assert_int_equal(kit_open("", NULL, STORE_FULL, false, &store, &err), PAWL_E_INVAL);
    err = (struct pawl_err){0};
    assert_true(kit_open("x", "no such vfs", STORE_FULL, false, &store, &err) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_accident_is_refused),
        TEST(a_boot_counter_ends),
        TEST(a_log_without_its_database_is_refused),
        TEST(damage_in_a_table_nobody_loads_is_refused),
        TEST(a_flipped_bit_in_the_file_is_never_believed),
        TEST(a_flipped_bit_in_the_log_is_never_believed),
        TEST(a_log_cut_anywhere_gives_a_prefix),
        TEST(an_edited_row_is_refused),
        cmocka_unit_test(one_process_at_a_time),
        cmocka_unit_test(a_file_one_may_not_write_is_refused),
        cmocka_unit_test(a_missing_folder_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
