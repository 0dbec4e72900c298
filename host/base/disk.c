#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/disk_int.h"
#include "base/err.h"

int disk_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret,
              struct pawl_err *err) {
    if (strlen(path) > DISK_PATH_MAX)
        return pawl_fail(err, PAWL_E_RANGE, "a path of more than %u bytes: %.60s...",
                         DISK_PATH_MAX, path);
    return disk->ops->open(disk, path, flags, ret, err);
}

void disk_close(struct disk_file *file) {
    if (file != NULL) file->disk->ops->close(file);
}

int disk_read(struct disk_file *file, int64_t at, void *bytes, size_t size, size_t *ret_size,
              struct pawl_err *err) {
    return file->disk->ops->read(file, at, bytes, size, ret_size, err);
}

int disk_write(struct disk_file *file, int64_t at, const void *bytes, size_t size,
               struct pawl_err *err) {
    return file->disk->ops->write(file, at, bytes, size, err);
}

int disk_append(struct disk_file *file, const void *bytes, size_t size, struct pawl_err *err) {
    int64_t end;
    int rc = disk_size(file, &end, err);
    return rc != PAWL_OK ? rc : disk_write(file, end, bytes, size, err);
}

int disk_sync(struct disk_file *file, struct pawl_err *err) {
    return file->disk->ops->sync(file, err);
}

int disk_truncate(struct disk_file *file, int64_t size, struct pawl_err *err) {
    return file->disk->ops->truncate(file, size, err);
}

int disk_size(struct disk_file *file, int64_t *ret_size, struct pawl_err *err) {
    return file->disk->ops->size(file, ret_size, err);
}

int disk_rename(struct disk *disk, const char *from, const char *to, struct pawl_err *err) {
    if (strlen(to) > DISK_PATH_MAX)
        return pawl_fail(err, PAWL_E_RANGE, "a path of more than %u bytes: %.60s...",
                         DISK_PATH_MAX, to);
    return disk->ops->rename(disk, from, to, err);
}

int disk_remove(struct disk *disk, const char *path, struct pawl_err *err) {
    return disk->ops->remove(disk, path, err);
}

int disk_exists(struct disk *disk, const char *path, bool *ret, struct pawl_err *err) {
    return disk->ops->exists(disk, path, ret, err);
}

int disk_sync_names(struct disk *disk, const char *path, struct pawl_err *err) {
    return disk->ops->sync_names(disk, path, err);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int disk_list(struct disk *disk, const char *folder, int (*file)(void *arg, const char *name),
              void *arg, struct pawl_err *err) {
    char **names = NULL;
    uint32_t count = 0;
    int rc = disk->ops->list(disk, folder, &names, &count, err);
    if (rc == PAWL_OK && count > 0) qsort(names, count, sizeof *names, by_text);
    for (uint32_t i = 0; i < count; i++) {
        if (rc == PAWL_OK) rc = file(arg, names[i]);
        mem_free(names[i]);
    }
    mem_free(names);
    return rc;
}

void disk_free(struct disk *disk) {
    if (disk != NULL) disk->ops->free(disk);
}
