/* disk_int.h - what the two kinds of disk have in common. */
#ifndef BASE_DISK_INT_H
#define BASE_DISK_INT_H

#include "base/disk.h"

struct disk_ops {
    int (*open)(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret,
                struct pawl_err *err);
    void (*close)(struct disk_file *file);
    int (*read)(struct disk_file *file, int64_t at, void *bytes, size_t size, size_t *ret_size,
                struct pawl_err *err);
    int (*write)(struct disk_file *file, int64_t at, const void *bytes, size_t size,
                 struct pawl_err *err);
    int (*sync)(struct disk_file *file, struct pawl_err *err);
    int (*truncate)(struct disk_file *file, int64_t size, struct pawl_err *err);
    int (*size)(struct disk_file *file, int64_t *ret_size, struct pawl_err *err);
    int (*rename)(struct disk *disk, const char *from, const char *to, struct pawl_err *err);
    int (*remove)(struct disk *disk, const char *path, struct pawl_err *err);
    int (*exists)(struct disk *disk, const char *path, bool *ret, struct pawl_err *err);
    int (*sync_names)(struct disk *disk, const char *path, struct pawl_err *err);
    int (*list)(struct disk *disk, const char *folder, char ***ret_names, uint32_t *ret_count,
                struct pawl_err *err);
    void (*free)(struct disk *disk);
};

struct disk { /* first member of each kind */
    const struct disk_ops *ops;
};
struct disk_file { /* likewise */
    struct disk *disk;
};

#define DISK_LIST_MAX 65536u /* names of one folder */

#endif
