/* disk: both kinds answer alike; the one in memory forgets and fails as asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/rng.h"

static struct disk_file *must_open(struct disk *disk, const char *path, unsigned flags) {
    struct disk_file *file = NULL;
    struct pawl_err err = {0};
    if (disk_open(disk, path, flags, &file, &err) != PAWL_OK) fail_msg("%s", err.text);
    return file;
}

/* The bytes of a file as text; valid until the next call. */
static const char *content(struct disk *disk, const char *path) {
    static char text[16384];
    size_t size = 0;
    struct disk_file *file = must_open(disk, path, DISK_READ_ONLY);
    assert_int_equal(disk_read(file, 0, text, sizeof text - 1, &size, NULL), PAWL_OK);
    text[size] = '\0';
    disk_close(file);
    return text;
}

static bool there(struct disk *disk, const char *path) {
    bool is = false;
    assert_int_equal(disk_exists(disk, path, &is, NULL), PAWL_OK);
    return is;
}

static int join(void *arg, const char *name) {
    strcat(arg, name);
    strcat(arg, " ");
    return 0;
}

static void one_disk_does(struct disk *disk, const char *folder) {
    char a[128], b[128], none[128], names[256] = "", bytes[16];
    struct pawl_err err = {0};
    size_t size = 0;
    int64_t length = 0;
    snprintf(a, sizeof a, "%s/a", folder);
    snprintf(b, sizeof b, "%s/b", folder);
    snprintf(none, sizeof none, "%s/none", folder);
    struct disk_file *file = NULL, *other = NULL;
    assert_int_equal(disk_open(disk, none, 0, &file, &err), PAWL_E_NOTFOUND);
    assert_non_null(strstr(err.text, none));
    assert_false(there(disk, a));
    file = must_open(disk, a, DISK_CREATE);
    assert_true(there(disk, a));
    assert_int_equal(disk_open(disk, a, DISK_CREATE | DISK_EXCLUSIVE, &other, NULL), PAWL_E_DENIED);
    assert_int_equal(disk_write(file, 0, "hello", 5, NULL), PAWL_OK);
    assert_int_equal(disk_append(file, " world", 6, NULL), PAWL_OK);
    assert_int_equal(disk_write(file, 1, "E", 1, NULL), PAWL_OK);
    assert_int_equal(disk_sync(file, NULL), PAWL_OK);
    assert_string_equal(content(disk, a), "hEllo world");
    assert_int_equal(disk_truncate(file, 3, NULL), PAWL_OK);
    assert_int_equal(disk_write(file, 5, "x", 1, NULL), PAWL_OK);
    assert_int_equal(disk_size(file, &length, NULL), PAWL_OK);
    assert_int_equal(length, 6);
    assert_int_equal(disk_read(file, 2, bytes, sizeof bytes, &size, NULL), PAWL_OK);
    assert_int_equal(size, 4);
    assert_memory_equal(bytes, "l\0\0x", 4);
    assert_int_equal(disk_read(file, 100, bytes, sizeof bytes, &size, NULL), PAWL_OK);
    assert_int_equal(size, 0);
    disk_close(must_open(disk, b, DISK_CREATE));
    assert_int_equal(disk_list(disk, folder, join, names, NULL), PAWL_OK);
    assert_string_equal(names, "a b ");
    assert_int_equal(disk_rename(disk, a, b, NULL), PAWL_OK);
    assert_false(there(disk, a));
    assert_int_equal(disk_sync_names(disk, b, NULL), PAWL_OK);
    assert_int_equal(disk_rename(disk, none, b, NULL), PAWL_E_NOTFOUND);
    /* A handle goes on under another name, and under none. */
    assert_int_equal(disk_write(file, 0, "H", 1, NULL), PAWL_OK);
    assert_memory_equal(content(disk, b), "HEl\0\0x", 6);
    assert_int_equal(disk_remove(disk, b, NULL), PAWL_OK);
    assert_int_equal(disk_remove(disk, b, NULL), PAWL_E_NOTFOUND);
    assert_int_equal(disk_write(file, 0, "J", 1, NULL), PAWL_OK);
    disk_close(file);
    disk_close(NULL);
    file = must_open(disk, a, DISK_CREATE);
    disk_close(file);
    file = must_open(disk, a, DISK_READ_ONLY);
    assert_true(disk_write(file, 0, "x", 1, NULL) < 0);
    disk_close(file);
    assert_int_equal(disk_remove(disk, a, NULL), PAWL_OK);
}

static void both_kinds_do_the_same(void **state) {
    (void)state;
    char folder[64] = "/tmp/pawl-disk-XXXXXX", long_path[DISK_PATH_MAX + 2];
    struct disk *disk;
    struct disk_file *file;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(disk_posix_new(&disk, NULL), PAWL_OK);
    one_disk_does(disk, folder);
    disk_free(disk);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    one_disk_does(disk, "folder");
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(disk_open(disk, long_path, DISK_CREATE, &file, NULL), PAWL_E_RANGE);
    disk_free(disk);
    disk_free(NULL);
}

static void files_have_a_limit_and_their_room_comes_back(void **state) {
    (void)state;
    struct disk *disk;
    struct disk_file *file;
    char path[32];
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < DISK_MEM_FILES_MAX; i++) {
            snprintf(path, sizeof path, "f%u", i);
            disk_close(must_open(disk, path, DISK_CREATE));
        }
        assert_int_equal(disk_open(disk, "more", DISK_CREATE, &file, NULL), PAWL_E_BUSY);
        for (uint32_t i = 0; i < DISK_MEM_FILES_MAX; i++) {
            snprintf(path, sizeof path, "f%u", i);
            assert_int_equal(disk_remove(disk, path, NULL), PAWL_OK);
        }
        assert_int_equal(disk_sync_names(disk, "x", NULL), PAWL_OK);
    }
    disk_free(disk);
}

static void a_dead_process_keeps_its_writes(void **state) {
    (void)state;
    struct disk *disk;
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    struct disk_file *file = must_open(disk, "a", DISK_CREATE);
    assert_int_equal(disk_append(file, "one", 3, NULL), PAWL_OK);
    disk_mem_crash(disk, DISK_PROCESS_DEATH, 1);
    assert_int_equal(disk_append(file, "two", 3, NULL), PAWL_E_STATE);
    disk_close(file);
    assert_string_equal(content(disk, "a"), "one");
    disk_free(disk);
}

static void a_power_cut_keeps_what_was_synced(void **state) {
    (void)state;
    bool lost = false, kept = false, torn = false;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct disk *disk;
        char bytes[2 * DISK_SECTOR + 1];
        assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
        struct disk_file *file = must_open(disk, "a", DISK_CREATE);
        memset(bytes, 'o', sizeof bytes);
        assert_int_equal(disk_write(file, 0, bytes, 2 * DISK_SECTOR, NULL), PAWL_OK);
        assert_int_equal(disk_sync(file, NULL), PAWL_OK);
        assert_int_equal(disk_sync_names(disk, "a", NULL), PAWL_OK);
        memset(bytes, 'n', sizeof bytes);
        assert_int_equal(disk_write(file, 0, bytes, 2 * DISK_SECTOR, NULL), PAWL_OK);
        disk_mem_crash(disk, DISK_POWER_CUT, seed);
        disk_close(file);
        const char *left = content(disk, "a");
        assert_int_equal(strlen(left), 2 * DISK_SECTOR);
        bool first = left[0] == 'n', second = left[DISK_SECTOR] == 'n';
        for (uint32_t i = 0; i < 2 * DISK_SECTOR; i++)
            assert_int_equal(left[i], (i < DISK_SECTOR ? first : second) ? 'n' : 'o');
        lost |= !first && !second;
        kept |= first && second;
        torn |= first != second;
        disk_free(disk);
    }
    assert_true(lost && kept && torn);
}

static void a_power_cut_may_take_names_that_were_not_synced(void **state) {
    (void)state;
    uint32_t outcomes[4] = {0};
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct disk *disk;
        assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
        disk_close(must_open(disk, "old", DISK_CREATE));
        assert_int_equal(disk_sync_names(disk, "old", NULL), PAWL_OK);
        disk_close(must_open(disk, "new", DISK_CREATE));
        assert_int_equal(disk_rename(disk, "old", "older", NULL), PAWL_OK);
        disk_mem_crash(disk, DISK_POWER_CUT, seed);
        assert_true(there(disk, "old") != there(disk, "older"));
        if (there(disk, "older")) assert_true(there(disk, "new")); /* in order */
        outcomes[there(disk, "new") + 2 * there(disk, "older")]++;
        disk_free(disk);
    }
    assert_true(outcomes[0] > 0 && outcomes[1] > 0 && outcomes[3] > 0);
}

static int three_writes(struct disk *disk) {
    struct disk_file *file;
    int ok = 0;
    if (disk_open(disk, "a", DISK_CREATE, &file, NULL) != PAWL_OK) return -1;
    for (int i = 0; i < 3; i++) ok += disk_append(file, "abcdef", 6, NULL) == PAWL_OK;
    disk_close(file);
    return ok;
}

static void faults_come_when_they_are_planned(void **state) {
    (void)state;
    static const struct {
        uint64_t k;
        enum disk_fault fault;
        bool forever;
        int ok;
        const char *left;
    } cases[] = {
        {0, DISK_EIO, false, 3, "abcdefabcdefabcdef"}, {1, DISK_EIO, false, 2, "abcdefabcdef"},
        {2, DISK_EIO, true, 1, "abcdef"},              {1, DISK_ENOSPC, true, 0, ""},
        {2, DISK_DIE, false, 1, "abcdef"},             {2, DISK_SHORT, false, 2, "abcdefabcabcdef"},
        {4, DISK_DIE, false, 3, "abcdefabcdefabcdef"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct disk *disk;
        assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
        disk_mem_fail_at(disk, cases[i].k, DISK_MASK(DISK_WRITE), cases[i].fault, cases[i].forever);
        assert_int_equal(three_writes(disk), cases[i].ok);
        if (!disk_mem_dead(disk)) assert_int_equal(disk_mem_ops(disk), 3);
        assert_int_equal(disk_mem_dead(disk), cases[i].fault == DISK_DIE && cases[i].k <= 3);
        disk_mem_revive(disk);
        disk_mem_fail_at(disk, 0, DISK_MASK_ALL, DISK_EIO, false);
        assert_string_equal(content(disk, "a"), cases[i].left);
        disk_free(disk);
    }
}

static void errors_say_what_failed(void **state) {
    (void)state;
    struct disk *disk;
    struct disk_file *file;
    struct pawl_err full = {0}, dead = {0};
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    disk_mem_fail_at(disk, 1, DISK_MASK(DISK_OPEN), DISK_ENOSPC, false);
    assert_int_equal(disk_open(disk, "a", DISK_CREATE, &file, &full), PAWL_E_BUSY);
    assert_string_equal(full.text, "a: open: No space left on device");
    disk_mem_fail_at(disk, 1, DISK_MASK_ALL, DISK_DIE, false);
    assert_int_equal(disk_open(disk, "a", DISK_CREATE, &file, &dead), PAWL_E_IO);
    assert_string_equal(dead.text, "a: open: the disk is dead");
    disk_free(disk);
}

static void seen(void *arg, enum disk_op op, const char *path) {
    assert_string_equal(path, "a");
    ((uint32_t *)arg)[op]++;
}

static void the_watcher_sees_every_operation(void **state) {
    (void)state;
    struct disk *disk;
    uint32_t ops[DISK_OPS_] = {0};
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    disk_mem_watch(disk, seen, ops);
    assert_int_equal(three_writes(disk), 3);
    assert_int_equal(ops[DISK_OPEN], 1);
    assert_int_equal(ops[DISK_WRITE], 3);
    assert_int_equal(ops[DISK_SIZE], 3);
    disk_free(disk);
}

static void no_allocation_leaves_a_half_done_write(void **state) {
    (void)state;
    bool failed = true;
    for (uint64_t k = 1; failed; k++) {
        struct disk *disk = NULL;
        struct disk_file *file = NULL;
        char expected[64] = "";
        assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
        mem_fail_at(k, false);
        failed = disk_open(disk, "a", DISK_CREATE, &file, NULL) != PAWL_OK;
        for (int i = 0; file != NULL && i < 3; i++) {
            if (disk_append(file, "ab", 2, NULL) == PAWL_OK)
                strcat(expected, "ab");
            else
                failed = true;
        }
        if (disk_rename(disk, "a", "b", NULL) == PAWL_OK) {
            if (disk_sync_names(disk, "b", NULL) != PAWL_OK) failed = true;
        } else {
            failed = true;
        }
        mem_fail_at(0, false);
        disk_close(file);
        if (there(disk, "b")) assert_string_equal(content(disk, "b"), expected);
        if (there(disk, "a")) assert_string_equal(content(disk, "a"), expected);
        disk_free(disk);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds_do_the_same),
        cmocka_unit_test(files_have_a_limit_and_their_room_comes_back),
        cmocka_unit_test(a_dead_process_keeps_its_writes),
        cmocka_unit_test(a_power_cut_keeps_what_was_synced),
        cmocka_unit_test(a_power_cut_may_take_names_that_were_not_synced),
        cmocka_unit_test(faults_come_when_they_are_planned),
        cmocka_unit_test(errors_say_what_failed),
        cmocka_unit_test(the_watcher_sees_every_operation),
        cmocka_unit_test(no_allocation_leaves_a_half_done_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
