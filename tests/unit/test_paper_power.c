/* paper and the files the host lends it: a disk that forgets what was not synced, and one that does
 * not answer. */
#include "paper_play.h"

#include <pthread.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/disk_int.h"
#include "book/book.h"
#include "bus/bus.h"
#include "plugin/instance.h"

#define CUTS 800u /* a world is written anew, from its first byte on, within that many writes */
#define WORLD "/d/paper.world.jsonl"
#define NEXT "/d/paper.world.next.jsonl"
#define FILE_MAX ((size_t)1 << 17)

/* The tables of the fake and of the real host find what is theirs behind the same ctx. */
static struct instance real;
static struct services services;
static struct book book;
static struct bus bus = {.in_turn = true};

/* What a new file begins with: when it was synced, when it was given the name, and when that was
 * synced, too. */
struct bytes {
    char *at;
    size_t size;
};
static struct bytes synced, named, sure;

static struct bytes file_bytes(const char *path, size_t most) {
    struct bytes bytes = {malloc(most), 0};
    struct disk_file *file = NULL;
    assert_non_null(bytes.at);
    if (disk_open(services.disk, path, DISK_READ_ONLY, &file, NULL) != PAWL_OK) return bytes;
    assert_int_equal(disk_read(file, 0, bytes.at, most, &bytes.size, NULL), PAWL_OK);
    disk_close(file);
    return bytes;
}

static void become(struct bytes *bytes, struct bytes other) {
    free(bytes->at);
    *bytes = other;
}

static struct bytes copy_of(struct bytes bytes) {
    struct bytes copy = {malloc(bytes.size + 1), bytes.size};
    assert_non_null(copy.at);
    if (bytes.size > 0) memcpy(copy.at, bytes.at, bytes.size);
    return copy;
}

static bool begins_with(struct bytes file, struct bytes with) {
    return file.size >= with.size &&
           (with.size == 0 || memcmp(file.at, with.at, with.size) == 0);
}

static int lend_append(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                       struct pawl_err *err) {
    (void)ctx;
    return files_table.append(&real.ctx, name, bytes, len, err);
}
static int lend_replace(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                        struct pawl_err *err) {
    (void)ctx;
    return files_table.replace(&real.ctx, name, bytes, len, err);
}
static int64_t lend_read(struct pawl_ctx *ctx, const char *name, uint64_t offset, void *bytes,
                         size_t max, struct pawl_err *err) {
    (void)ctx;
    return files_table.read(&real.ctx, name, offset, bytes, max, err);
}
static int lend_rename(struct pawl_ctx *ctx, const char *from, const char *to,
                       struct pawl_err *err) {
    (void)ctx;
    become(&named, copy_of(synced));
    int rc = files_table.rename(&real.ctx, from, to, err);
    if (rc == PAWL_OK && !disk_mem_dead(services.disk)) become(&sure, copy_of(named));
    return rc;
}
static int64_t lend_length(struct pawl_ctx *ctx, const char *name, struct pawl_err *err) {
    (void)ctx;
    return files_table.length(&real.ctx, name, err);
}
static int lend_truncate(struct pawl_ctx *ctx, const char *name, uint64_t size,
                         struct pawl_err *err) {
    (void)ctx;
    return files_table.truncate(&real.ctx, name, size, err);
}
static int lend_sync(struct pawl_ctx *ctx, const char *name, struct pawl_err *err) {
    (void)ctx;
    int rc = files_table.sync(&real.ctx, name, err);
    if (rc == PAWL_E_BUSY && !disk_mem_dead(services.disk))
        become(&synced, file_bytes(NEXT, FILE_MAX));
    return rc;
}
static const struct pawl_files files = {.size = sizeof files,
                                        .append = lend_append,
                                        .replace = lend_replace,
                                        .read = lend_read,
                                        .rename = lend_rename,
                                        .length = lend_length,
                                        .truncate = lend_truncate,
                                        .sync = lend_sync};

static void plug_in(struct disk *disk, bool threaded) {
    book.bus = &bus;
    services = (struct services){
        .disk = disk, .durable = true, .data_dir = "/d", .book = &book};
    assert_int_equal(beside_new(threaded, &services.beside, NULL), PAWL_OK);
    real = (struct instance){.services = &services, .name = "paper", .created = true};
}

static void unplug(void) {
    disk_close(real.append_file);
    beside_free(services.beside);
}

static void play_until_dead(struct play *p) {
    for (uint32_t i = 0; i < 400 && !disk_mem_dead(services.disk); i++) {
        SUBMIT(p, .side = BUY, .quantity = 100);
        play_quote(p, 10000, 10002);
        fake_clear(&p->fake);
    }
}

/* It begins as it was synced. It goes on from there, or from a later point; or a hole that the cut
 * has left among the newest lines is named. */
static void begin_again(struct play *p) {
    struct bytes file = file_bytes(WORLD, FILE_MAX);
    assert_true(begins_with(file, sure) || begins_with(file, named));
    free(file.at);
    int rc = fake_start(&p->fake, pawl_plugin_main());
    if (rc != PAWL_OK) {
        assert_int_equal(rc, PAWL_E_DATA);
        assert_non_null(strstr(p->fake.err.text, "world.jsonl:"));
        assert_null(strstr(p->fake.err.text, "not all of it reached the disk"));
        return;
    }
    const struct paper_world *world = play_paper(p)->world;
    int64_t position = 0;
    for (uint32_t i = 0; i < world->execution_count; i++)
        position += paper_execution_at(world, i)->quantity_e8 / CENT;
    assert_int_equal(play_position(p), position);
    assert_int_equal(world->execution_count, world->last_execution);
}

static void forget_all(void) {
    become(&synced, (struct bytes){0});
    become(&named, (struct bytes){0});
    become(&sure, (struct bytes){0});
}

static void what_was_written_anew_outlives_a_power_cut(void **state) {
    (void)state;
    uint32_t anew = 0, lived = 0;
    for (uint32_t cut = 1; cut <= CUTS; cut++) {
        struct play p;
        struct disk *disk;
        bool threaded = cut % 16 == 0; /* when its jobs are done is then nobody's to say */
        assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
        plug_in(disk, threaded);
        play_init(&p, "ideal", false);
        fake_service(&p.fake, PAWL_FILES, &files);
        fake_option(&p.fake, "compact_bytes", "4096");
        disk_mem_fail_at(disk, cut, DISK_MASK_CHANGES & ~DISK_MASK(DISK_OPEN), DISK_DIE, true);
        if (fake_start(&p.fake, pawl_plugin_main()) == PAWL_OK) play_until_dead(&p);
        assert_true(disk_mem_dead(disk));
        fake_stop(&p.fake);
        unplug();
        anew += sure.size > 0;
        if (threaded) forget_all();
        disk_mem_crash(disk, DISK_POWER_CUT, cut);
        plug_in(disk, false);
        begin_again(&p);
        lived += p.fake.self != NULL;
        play_done(&p);
        unplug();
        disk_free(disk);
        forget_all();
    }
    assert_true(anew > CUTS / 2);
    assert_true(lived > CUTS / 2);
}

/* ---- a disk that does not answer ---- */

static pthread_mutex_t stall = PTHREAD_MUTEX_INITIALIZER;
static const struct disk_ops *quick;

static int slow_sync(struct disk_file *file, struct pawl_err *err) {
    pthread_mutex_lock(&stall);
    pthread_mutex_unlock(&stall);
    return quick->sync(file, err);
}

static int replace_with(const char *text) {
    return files_table.replace(&real.ctx, "state", text, strlen(text), NULL);
}

static char state_is(void) {
    char one = 0;
    assert_int_equal(files_table.read(&real.ctx, "state", 0, &one, 1, NULL), 1);
    return one;
}

static void a_disk_that_stalls_refuses_and_nothing_is_done(void **state) {
    (void)state;
    struct disk *disk;
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    plug_in(disk, true);
    quick = disk->ops;
    struct disk_ops slow = *quick;
    slow.sync = slow_sync;
    disk->ops = &slow;
    pthread_mutex_lock(&stall);
    alarm(60); /* who waits here waits for ever */
    int rc = PAWL_OK;
    uint32_t replaced = 0;
    for (char text[] = "A"; (rc = replace_with(text)) == PAWL_OK; text[0]++) replaced++;
    assert_int_equal(rc, PAWL_E_BUSY);
    assert_in_range(replaced, 8, BESIDE_JOBS_MAX);
    assert_int_equal(state_is(), 'A' + (int)replaced - 1);
    while ((rc = files_table.rename(&real.ctx, "state", "state", NULL)) == PAWL_OK) continue;
    assert_int_equal(rc, PAWL_E_BUSY);
    assert_int_equal(files_table.append(&real.ctx, "state", "x", 1, NULL), PAWL_OK);
    assert_int_equal(files_table.sync(&real.ctx, "state", NULL), PAWL_E_BUSY);
    pthread_mutex_unlock(&stall);
    while (files_table.sync(&real.ctx, "state", NULL) == PAWL_E_BUSY) usleep(1000);
    while (replace_with("z") == PAWL_E_BUSY) usleep(1000);
    alarm(0);
    assert_int_equal(state_is(), 'z');
    unplug();
    disk_free(disk);
}

/* All that it takes has room, or nothing is done: after a power cut a name that was not synced is
 * that of the file before. */
static void what_takes_more_than_there_is_room_for_is_refused(void **state) {
    (void)state;
    struct disk *disk;
    struct disk_file *file;
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    plug_in(disk, true);
    while (replace_with("a") == PAWL_E_BUSY) usleep(1000);
    while (!beside_has_room(services.beside, BESIDE_JOBS_MAX)) usleep(1000);
    quick = disk->ops;
    struct disk_ops slow = *quick;
    slow.sync = slow_sync;
    disk->ops = &slow;
    pthread_mutex_lock(&stall);
    alarm(60);
    for (uint32_t room = BESIDE_JOBS_MAX; room > 0; room--) {
        if (!beside_has_room(services.beside, 3)) assert_int_equal(replace_with("b"), PAWL_E_BUSY);
        if (!beside_has_room(services.beside, 2))
            assert_int_equal(files_table.rename(&real.ctx, "state", "other", NULL), PAWL_E_BUSY);
        assert_int_equal(disk_open(disk, "/d/x", DISK_CREATE, &file, NULL), PAWL_OK);
        assert_true(beside_sync(services.beside, file) > 0);
    }
    assert_int_equal(state_is(), 'a');
    pthread_mutex_unlock(&stall);
    alarm(0);
    unplug();
    disk_free(disk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_anew_outlives_a_power_cut),
        cmocka_unit_test(a_disk_that_stalls_refuses_and_nothing_is_done),
        cmocka_unit_test(what_takes_more_than_there_is_room_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
