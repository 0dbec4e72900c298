#include "store/vfs.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/rng.h"

#define VFS_SECTOR 4096 /* what SQLite assumes of the system's files too */

struct vfs_file;

struct vfs {
    sqlite3_vfs base; /* first */
    struct disk *disk;
    pthread_mutex_t lock; /* guards open[] and temporary */
    struct vfs_file *open[STORE_VFS_FILES_MAX];
    uint32_t temporary;
    char name[STORE_VFS_NAME_MAX + 1];
};

struct vfs_file {
    sqlite3_file base; /* first */
    struct vfs *vfs;
    struct disk_file *file;
    int lock;       /* SQLITE_LOCK_* this connection holds */
    int new_name;   /* 1 = its name may not have been synced yet */
    int drop_after; /* 1 = removed when closed */
    char path[DISK_PATH_MAX + 1];
};

static struct vfs *vfs_of(sqlite3_vfs *base) {
    return (struct vfs *)base;
}

static struct vfs_file *file_of(sqlite3_file *base) {
    return (struct vfs_file *)base;
}

/* ---- files ---- */

static int file_close(sqlite3_file *base) {
    struct vfs_file *file = file_of(base);
    struct vfs *vfs = file->vfs;
    pthread_mutex_lock(&vfs->lock);
    for (uint32_t i = 0; i < STORE_VFS_FILES_MAX; i++)
        if (vfs->open[i] == file) vfs->open[i] = NULL;
    pthread_mutex_unlock(&vfs->lock);
    disk_close(file->file);
    if (file->drop_after) disk_remove(vfs->disk, file->path, NULL);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *bytes, int size, sqlite3_int64 at) {
    size_t done = 0;
    if (disk_read(file_of(base)->file, at, bytes, (size_t)size, &done, NULL) != PAWL_OK)
        return SQLITE_IOERR_READ;
    if (done == (size_t)size) return SQLITE_OK;
    memset((char *)bytes + done, 0, (size_t)size - done);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 at) {
    int rc = disk_write(file_of(base)->file, at, bytes, (size_t)size, NULL);
    return rc == PAWL_OK ? SQLITE_OK : rc == PAWL_E_BUSY ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    return disk_truncate(file_of(base)->file, size, NULL) == PAWL_OK ? SQLITE_OK
                                                                     : SQLITE_IOERR_TRUNCATE;
}

static int file_sync(sqlite3_file *base, int flags) {
    struct vfs_file *file = file_of(base);
    (void)flags;
    if (disk_sync(file->file, NULL) != PAWL_OK) return SQLITE_IOERR_FSYNC;
    if (!file->new_name) return SQLITE_OK;
    if (disk_sync_names(file->vfs->disk, file->path, NULL) != PAWL_OK)
        return SQLITE_IOERR_DIR_FSYNC;
    file->new_name = 0;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret) {
    int64_t size;
    if (disk_size(file_of(base)->file, &size, NULL) != PAWL_OK) return SQLITE_IOERR_FSTAT;
    *ret = size;
    return SQLITE_OK;
}

/* Stricter than SQLite asks: whoever reads first has the file to itself. */
static int file_lock(sqlite3_file *base, int lock) {
    struct vfs_file *file = file_of(base);
    struct vfs *vfs = file->vfs;
    int rc = SQLITE_OK;
    pthread_mutex_lock(&vfs->lock);
    for (uint32_t i = 0; i < STORE_VFS_FILES_MAX; i++) {
        const struct vfs_file *other = vfs->open[i];
        if (other != NULL && other != file && other->lock > SQLITE_LOCK_NONE &&
            strcmp(other->path, file->path) == 0)
            rc = SQLITE_BUSY;
    }
    if (rc == SQLITE_OK && lock > file->lock) file->lock = lock;
    pthread_mutex_unlock(&vfs->lock);
    return rc;
}

static int file_unlock(sqlite3_file *base, int lock) {
    struct vfs_file *file = file_of(base);
    pthread_mutex_lock(&file->vfs->lock);
    if (lock < file->lock) file->lock = lock;
    pthread_mutex_unlock(&file->vfs->lock);
    return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *base, int *ret) {
    *ret = file_of(base)->lock >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *arg) {
    (void)base;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base) {
    (void)base;
    return VFS_SECTOR;
}

static int file_traits(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
};

/* ---- the file system ---- */

static int vfs_open(sqlite3_vfs *base, const char *path, sqlite3_file *ret, int flags,
                    int *ret_flags) {
    struct vfs *vfs = vfs_of(base);
    struct vfs_file *file = file_of(ret);
    memset(file, 0, sizeof *file); /* no methods: SQLite closes only what was opened */
    pthread_mutex_lock(&vfs->lock);
    uint32_t slot = 0;
    while (slot < STORE_VFS_FILES_MAX && vfs->open[slot] != NULL) slot++;
    if (path == NULL)
        snprintf(file->path, sizeof file->path, "pawl-temporary-%u", ++vfs->temporary);
    else
        snprintf(file->path, sizeof file->path, "%s", path);
    if (slot < STORE_VFS_FILES_MAX) vfs->open[slot] = file;
    pthread_mutex_unlock(&vfs->lock);
    if (slot == STORE_VFS_FILES_MAX) return SQLITE_CANTOPEN;

    unsigned how = 0;
    if (flags & SQLITE_OPEN_CREATE) how |= DISK_CREATE;
    if (flags & SQLITE_OPEN_EXCLUSIVE) how |= DISK_EXCLUSIVE;
    if (flags & SQLITE_OPEN_READONLY) how |= DISK_READ_ONLY;
    if (disk_open(vfs->disk, file->path, how, &file->file, NULL) != PAWL_OK) {
        pthread_mutex_lock(&vfs->lock);
        vfs->open[slot] = NULL;
        pthread_mutex_unlock(&vfs->lock);
        return SQLITE_CANTOPEN;
    }
    file->vfs = vfs;
    file->lock = SQLITE_LOCK_NONE;
    /* Also where it was there: whoever made it may have died before its name was synced. */
    file->new_name = (flags & SQLITE_OPEN_CREATE) != 0;
    file->drop_after = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    file->base.pMethods = &file_methods;
    if (ret_flags != NULL) *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *path, int sync_names) {
    struct disk *disk = vfs_of(base)->disk;
    int rc = disk_remove(disk, path, NULL);
    if (rc == PAWL_E_NOTFOUND) return SQLITE_IOERR_DELETE_NOENT;
    if (rc != PAWL_OK) return SQLITE_IOERR_DELETE;
    if (sync_names && disk_sync_names(disk, path, NULL) != PAWL_OK) return SQLITE_IOERR_DIR_FSYNC;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *base, const char *path, int flags, int *ret) {
    struct disk *disk = vfs_of(base)->disk;
    bool there = false;
    *ret = 0;
    if (disk_exists(disk, path, &there, NULL) != PAWL_OK) return SQLITE_IOERR_ACCESS;
    if (there && flags == SQLITE_ACCESS_EXISTS) {
        /* As the system's VFS does: an empty journal counts as none. */
        struct disk_file *file;
        int64_t size = 0;
        if (disk_open(disk, path, DISK_READ_ONLY, &file, NULL) != PAWL_OK)
            return SQLITE_IOERR_ACCESS;
        int rc = disk_size(file, &size, NULL);
        disk_close(file);
        if (rc != PAWL_OK) return SQLITE_IOERR_ACCESS;
        there = size > 0;
    }
    *ret = there;
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *base, const char *path, int size, char *ret) {
    (void)base;
    int len = snprintf(ret, (size_t)size, "%s", path);
    return len >= 0 && len < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* Repeatable: SQLite wants salts, not secrets. */
static int vfs_random(sqlite3_vfs *base, int size, char *bytes) {
    struct rng rng;
    (void)base;
    rng_init(&rng, 1);
    for (int i = 0; i < size; i++) bytes[i] = (char)rng_u64(&rng);
    return size;
}

static int vfs_sleep(sqlite3_vfs *base, int microseconds) {
    (void)base;
    return microseconds; /* nobody else can hold a lock that is worth waiting for */
}

static int vfs_time(sqlite3_vfs *base, sqlite3_int64 *ret) {
    (void)base;
    *ret = INT64_C(210866760000000); /* 1970 in Julian milliseconds; the store asks for no dates */
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *base, int size, char *text) {
    (void)base;
    if (size > 0) text[0] = '\0';
    return 0;
}

/* ---- registration ---- */

static const sqlite3_vfs vfs_methods = {
    .iVersion = 2,
    .szOsFile = (int)sizeof(struct vfs_file),
    .mxPathname = (int)DISK_PATH_MAX,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_random,
    .xSleep = vfs_sleep,
    .xCurrentTimeInt64 = vfs_time,
    .xGetLastError = vfs_last_error,
};

int store_vfs_new(struct disk *disk, const char *name, struct pawl_err *err) {
    if (name[0] == '\0' || strlen(name) > STORE_VFS_NAME_MAX || sqlite3_vfs_find(name) != NULL)
        return pawl_fail(err, PAWL_E_INVAL, "store: \"%.40s\" cannot name another VFS", name);
    struct vfs *vfs = mem_calloc(1, sizeof *vfs);
    if (vfs == NULL) return pawl_fail(err, PAWL_E_NOMEM, "store: out of memory");
    vfs->base = vfs_methods;
    vfs->disk = disk;
    memcpy(vfs->name, name, strlen(name) + 1);
    vfs->base.zName = vfs->name;
    pthread_mutex_init(&vfs->lock, NULL);
    if (sqlite3_vfs_register(&vfs->base, 0) != SQLITE_OK) {
        pthread_mutex_destroy(&vfs->lock);
        mem_free(vfs);
        return pawl_fail(err, PAWL_E_NOMEM, "store: SQLite did not take the VFS %s", name);
    }
    return PAWL_OK;
}

void store_vfs_free(const char *name) {
    sqlite3_vfs *base = sqlite3_vfs_find(name);
    if (base == NULL || base->xOpen != vfs_open) return;
    struct vfs *vfs = vfs_of(base);
    for (uint32_t i = 0; i < STORE_VFS_FILES_MAX; i++) assert(vfs->open[i] == NULL);
    sqlite3_vfs_unregister(base);
    pthread_mutex_destroy(&vfs->lock);
    mem_free(vfs);
}

struct disk *store_vfs_disk(const char *name) {
    sqlite3_vfs *base = name == NULL ? NULL : sqlite3_vfs_find(name);
    return base == NULL || base->xOpen != vfs_open ? NULL : vfs_of(base)->disk;
}
