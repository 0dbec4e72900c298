/* The disk of our machine and that of the venue's. When the process dies, neither takes another
 * byte from it; a power cut on our side takes nothing from the venue. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sim.h"
#include "store/vfs.h"

#define STORE_FILE "/d/pawl.db"

static uint64_t names_used; /* a VFS has one name for the whole process */

int sim_disks_init(struct sim_disks *disks, struct pawl_err *err) {
    *disks = (struct sim_disks){0};
    int rc = disk_mem_new(&disks->store, err);
    if (rc == PAWL_OK) rc = disk_mem_new(&disks->venue, err);
    snprintf(disks->vfs, sizeof disks->vfs, "sim-%" PRIu64, ++names_used);
    if (rc == PAWL_OK) rc = store_vfs_new(disks->store, disks->vfs, err);
    return rc;
}

void sim_disks_done(struct sim_disks *disks) {
    if (disks->vfs[0] != '\0') store_vfs_free(disks->vfs);
    disk_free(disks->store);
    disk_free(disks->venue);
}

/* Told before each operation of the disk that counts, with that disk locked: the other one dies in
 * the same moment. */
static void on_op(void *arg, enum disk_op op, const char *path) {
    struct sim_disks *disks = arg;
    (void)path;
    if (disks->left == 0 || (disks->mask & DISK_MASK(op)) == 0) return;
    if (--disks->left > 0) return;
    struct disk *other = disks->on_store ? disks->venue : disks->store;
    disk_mem_fail_at(other, 1, DISK_MASK_ALL, DISK_DIE, true);
}

void sim_disks_arm(struct sim_disks *disks, bool on_store, uint32_t k) {
    struct disk *disk = on_store ? disks->store : disks->venue;
    struct disk *other = on_store ? disks->venue : disks->store;
    disk_mem_watch(other, NULL, NULL);
    disk_mem_fail_at(other, 0, DISK_MASK_ALL, DISK_DIE, false);
    disks->left = k;
    disks->mask = DISK_MASK_CHANGES;
    if (!on_store) disks->mask &= ~DISK_MASK(DISK_OPEN); /* we open it to read */
    disks->on_store = on_store;
    disk_mem_watch(disk, on_op, disks);
    disk_mem_fail_at(disk, k, disks->mask, DISK_DIE, true);
}

void sim_disks_kill(struct sim_disks *disks) {
    disk_mem_fail_at(disks->store, 1, DISK_MASK_ALL, DISK_DIE, true);
    disk_mem_fail_at(disks->venue, 1, DISK_MASK_ALL, DISK_DIE, true);
}

bool sim_disks_dead(const struct sim_disks *disks) {
    return disk_mem_dead(disks->store) || disk_mem_dead(disks->venue);
}

void sim_disks_crash(struct sim_disks *disks, bool power_cut, uint64_t damage) {
    disks->left = 0;
    disk_mem_watch(disks->store, NULL, NULL);
    disk_mem_watch(disks->venue, NULL, NULL);
    disk_mem_crash(disks->store, power_cut ? DISK_POWER_CUT : DISK_PROCESS_DEATH, damage);
    disk_mem_crash(disks->venue, DISK_PROCESS_DEATH, damage);
}

/* ---- what a start now would find, read with SQLite ---- */

static int copy_file(struct disk *from, struct disk *to, const char *path, struct pawl_err *err) {
    struct disk_file *in = NULL, *out = NULL;
    bool there = false;
    int64_t size = 0;
    size_t got = 0;
    void *bytes = NULL;
    int rc = disk_exists(from, path, &there, err);
    if (rc != PAWL_OK || !there) return rc;
    rc = disk_open(from, path, DISK_READ_ONLY, &in, err);
    if (rc == PAWL_OK) rc = disk_size(in, &size, err);
    if (rc == PAWL_OK && (bytes = mem_alloc((size_t)size)) == NULL) rc = PAWL_E_NOMEM;
    if (rc == PAWL_OK) rc = disk_read(in, 0, bytes, (size_t)size, &got, err);
    if (rc == PAWL_OK) rc = disk_open(to, path, DISK_CREATE, &out, err);
    if (rc == PAWL_OK && got > 0) rc = disk_write(out, 0, bytes, got, err);
    disk_close(in);
    disk_close(out);
    mem_free(bytes);
    return rc;
}

int sim_copy_open(const struct sim_disks *disks, struct sim_copy *ret, struct pawl_err *err) {
    *ret = (struct sim_copy){0};
    snprintf(ret->vfs, sizeof ret->vfs, "copy-%" PRIu64, ++names_used);
    int rc = disk_mem_new(&ret->disk, err);
    if (rc == PAWL_OK) rc = store_vfs_new(ret->disk, ret->vfs, err);
    if (rc == PAWL_OK) rc = copy_file(disks->store, ret->disk, STORE_FILE, err);
    if (rc == PAWL_OK) rc = copy_file(disks->store, ret->disk, STORE_FILE "-wal", err);
    if (rc == PAWL_OK) rc = copy_file(disks->store, ret->disk, STORE_FILE "-redo", err);
    const struct store_options options = {
        .path = STORE_FILE, .vfs = ret->vfs, .durability = STORE_PROCESS};
    struct store *store = NULL;
    if (rc == PAWL_OK) rc = store_open(&options, &store, err); /* what waits goes to its tables */
    store_close(store);
    if (rc != PAWL_OK) return rc;
    int code = sqlite3_open_v2(STORE_FILE, &ret->db, SQLITE_OPEN_READWRITE, ret->vfs);
    if (code == SQLITE_OK)
        code = sqlite3_exec(ret->db, "PRAGMA locking_mode=EXCLUSIVE; SELECT count(*) FROM host",
                            NULL, NULL, NULL);
    if (code == SQLITE_OK) return PAWL_OK;
    return pawl_fail(err, PAWL_E_DATA, "SQLite cannot read the database: %s",
                     sqlite3_errmsg(ret->db));
}

void sim_copy_close(struct sim_copy *copy) {
    sqlite3_close(copy->db);
    if (copy->vfs[0] != '\0') store_vfs_free(copy->vfs);
    disk_free(copy->disk);
}
