/*
 * private_copy.h - the folder only we can write, and copies of files in it under names never used
 * before: NAME.PID.N.so. Copies of processes that are no more are removed.
 */
#ifndef PLUGIN_PRIVATE_COPY_H
#define PLUGIN_PRIVATE_COPY_H

#include "plugin/loader.h"

#define PRIVATE_NAME_MAX 127u /* bytes of the file name of a copy */
#define PRIVATE_PATH_MAX (LOADER_PATH_MAX + PRIVATE_NAME_MAX + 1)

struct private_folder {
    char path[LOADER_PATH_MAX + 1];
    bool temporary; /* removed at the end, unless another process still uses it */
};

/* parent: <parent>/.plugins is made; NULL = the user's temporary one. */
int private_folder_open(struct private_folder *folder, const char *parent, struct pawl_err *err);
void private_folder_done(struct private_folder *folder);

/* Copy the file; ret_fd is the copy, open for reading, ret_copy its path. The reason in err is
 * without the path. */
int private_copy(struct private_folder *folder, const char *path, const char *name,
                 char ret_copy[PRIVATE_PATH_MAX + 1], int *ret_fd, uint64_t *ret_size,
                 uint64_t *ret_hash, struct pawl_err *err) PAWL_MUST_CHECK;

#endif
