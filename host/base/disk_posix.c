/* disk_posix.c - the system's files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk_int.h"
#include "base/err.h"

#define INTERRUPTED_MAX 100 /* signals one call may meet before it counts as failed */

struct posix_file {
    struct disk_file base;
    int fd;
    char path[]; /* for messages */
};

static int fail_errno(struct pawl_err *err, const char *path, const char *what, int number) {
    int rc = PAWL_E_IO;
    char why[96];
    switch (number) {
    case ENOENT: case ENOTDIR: rc = PAWL_E_NOTFOUND; break;
    case EACCES: case EPERM: case EROFS: case EEXIST: case EISDIR: rc = PAWL_E_DENIED; break;
    case ENOSPC: case EDQUOT: case EFBIG: case EMFILE: case ENFILE: rc = PAWL_E_BUSY; break;
    case ENOMEM: rc = PAWL_E_NOMEM; break;
    default: break;
    }
    /* The GNU form returns the text; it may or may not be in the buffer. */
    return pawl_fail(err, rc, "%s: %s: %s", path, what, strerror_r(number, why, sizeof why));
}

static int posix_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret,
                      struct pawl_err *err) {
    int how = O_CLOEXEC | O_NOCTTY | (flags & DISK_READ_ONLY ? O_RDONLY : O_RDWR);
    if (flags & DISK_CREATE) how |= O_CREAT | (flags & DISK_EXCLUSIVE ? O_EXCL : 0);
    size_t size = strlen(path) + 1;
    struct posix_file *file = mem_alloc(sizeof *file + size);
    if (file == NULL) return pawl_fail(err, PAWL_E_NOMEM, "%s: out of memory", path);
    file->base.disk = disk;
    memcpy(file->path, path, size);
    for (int i = 0; i < INTERRUPTED_MAX; i++) {
        file->fd = open(path, how, 0600);
        if (file->fd >= 0 || errno != EINTR) break;
    }
    if (file->fd < 0) {
        int number = errno;
        mem_free(file);
        return fail_errno(err, path, "open", number);
    }
    *ret = &file->base;
    return PAWL_OK;
}

static void posix_close(struct disk_file *base) {
    struct posix_file *file = (struct posix_file *)base;
    close(file->fd);
    mem_free(file);
}

static int posix_read(struct disk_file *base, int64_t at, void *bytes, size_t size,
                      size_t *ret_size, struct pawl_err *err) {
    struct posix_file *file = (struct posix_file *)base;
    size_t done = 0;
    int interrupted = 0;
    while (done < size) {
        ssize_t n = pread(file->fd, (char *)bytes + done, size - done, at + (int64_t)done);
        if (n == 0) break;
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR || ++interrupted > INTERRUPTED_MAX)
            return fail_errno(err, file->path, "read", errno);
    }
    *ret_size = done;
    return PAWL_OK;
}

static int posix_write(struct disk_file *base, int64_t at, const void *bytes, size_t size,
                       struct pawl_err *err) {
    struct posix_file *file = (struct posix_file *)base;
    size_t done = 0;
    int interrupted = 0;
    while (done < size) {
        ssize_t n = pwrite(file->fd, (const char *)bytes + done, size - done, at + (int64_t)done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR || ++interrupted > INTERRUPTED_MAX)
            return fail_errno(err, file->path, "write", n == 0 ? ENOSPC : errno);
    }
    return PAWL_OK;
}

static int posix_sync(struct disk_file *base, struct pawl_err *err) {
    struct posix_file *file = (struct posix_file *)base;
    /* Not again after an error: the system may have forgotten what it could not write. */
    return fdatasync(file->fd) == 0 ? PAWL_OK : fail_errno(err, file->path, "sync", errno);
}

static int posix_truncate(struct disk_file *base, int64_t size, struct pawl_err *err) {
    struct posix_file *file = (struct posix_file *)base;
    return ftruncate(file->fd, size) == 0 ? PAWL_OK
                                          : fail_errno(err, file->path, "truncate", errno);
}

static int posix_size(struct disk_file *base, int64_t *ret_size, struct pawl_err *err) {
    struct posix_file *file = (struct posix_file *)base;
    struct stat about;
    if (fstat(file->fd, &about) != 0) return fail_errno(err, file->path, "size", errno);
    *ret_size = about.st_size;
    return PAWL_OK;
}

static int posix_rename(struct disk *disk, const char *from, const char *to, struct pawl_err *err) {
    (void)disk;
    return rename(from, to) == 0 ? PAWL_OK : fail_errno(err, from, "rename", errno);
}

static int posix_remove(struct disk *disk, const char *path, struct pawl_err *err) {
    (void)disk;
    return unlink(path) == 0 ? PAWL_OK : fail_errno(err, path, "remove", errno);
}

static int posix_exists(struct disk *disk, const char *path, bool *ret, struct pawl_err *err) {
    struct stat about;
    (void)disk;
    *ret = stat(path, &about) == 0;
    if (*ret || errno == ENOENT || errno == ENOTDIR) return PAWL_OK;
    return fail_errno(err, path, "look", errno);
}

static int posix_sync_names(struct disk *disk, const char *path, struct pawl_err *err) {
    char folder[DISK_PATH_MAX + 1];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    (void)disk;
    if (len > DISK_PATH_MAX) return pawl_fail(err, PAWL_E_RANGE, "%.60s...: path too long", path);
    memcpy(folder, path, len);
    folder[len] = '\0';
    if (len == 0) memcpy(folder, slash == NULL ? "." : "/", 2);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(err, folder, "open", errno);
    int rc = fsync(fd) == 0 ? PAWL_OK : fail_errno(err, folder, "sync", errno);
    close(fd);
    return rc;
}

static int names_add(char ***names, uint32_t *count, uint32_t *capacity, const char *name) {
    if (*count == *capacity) {
        uint32_t wanted = *capacity == 0 ? 32 : *capacity * 2;
        char **bigger = mem_realloc(*names, wanted * sizeof **names);
        if (bigger == NULL) return PAWL_E_NOMEM;
        *names = bigger;
        *capacity = wanted;
    }
    char *copy = mem_strdup(name);
    if (copy == NULL) return PAWL_E_NOMEM;
    (*names)[(*count)++] = copy;
    return PAWL_OK;
}

static int posix_list(struct disk *disk, const char *folder, char ***ret_names, uint32_t *ret_count,
                      struct pawl_err *err) {
    uint32_t capacity = 0;
    struct dirent *entry;
    int rc = PAWL_OK;
    (void)disk;
    DIR *dir = opendir(folder);
    if (dir == NULL) return fail_errno(err, folder, "list", errno);
    while (rc == PAWL_OK && (errno = 0, entry = readdir(dir)) != NULL) {
        struct stat about;
        if (fstatat(dirfd(dir), entry->d_name, &about, 0) != 0 || !S_ISREG(about.st_mode)) continue;
        if (*ret_count >= DISK_LIST_MAX)
            rc = pawl_fail(err, PAWL_E_BUSY, "%s: more than %u files", folder, DISK_LIST_MAX);
        else if (names_add(ret_names, ret_count, &capacity, entry->d_name) != PAWL_OK)
            rc = pawl_fail(err, PAWL_E_NOMEM, "%s: out of memory", folder);
    }
    if (rc == PAWL_OK && errno != 0) rc = fail_errno(err, folder, "list", errno);
    closedir(dir);
    return rc;
}

static void posix_free(struct disk *disk) {
    mem_free(disk);
}

static const struct disk_ops posix_ops = {
    .open = posix_open, .close = posix_close, .read = posix_read, .write = posix_write,
    .sync = posix_sync, .truncate = posix_truncate, .size = posix_size, .rename = posix_rename,
    .remove = posix_remove, .exists = posix_exists, .sync_names = posix_sync_names,
    .list = posix_list, .free = posix_free,
};

int disk_posix_new(struct disk **ret, struct pawl_err *err) {
    struct disk *disk = mem_alloc(sizeof *disk);
    if (disk == NULL) return pawl_fail(err, PAWL_E_NOMEM, "disk: out of memory");
    disk->ops = &posix_ops;
    *ret = disk;
    return PAWL_OK;
}
