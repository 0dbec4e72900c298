/*
 * disk.h - the seam to files: the system's, or one in memory that can lose, tear and refuse writes.
 *
 * Errors  PAWL_E_NOTFOUND, PAWL_E_DENIED (no permission, read-only), PAWL_E_BUSY (no space left),
 *         PAWL_E_IO for everything else; the text is "PATH: what: why". After a failed write or
 *         sync what is on the disk is unknown; nothing is retried here.
 * Thread  POSIX: any. Memory: any, one call at a time (it locks).
 * Paths   are handed to the system as they are; the memory disk compares them as text.
 */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include <stdbool.h>

#include "pawl_types.h"

enum disk_op {
    DISK_OPEN = 1,
    DISK_READ,
    DISK_WRITE, /* append too */
    DISK_SYNC,  /* a file or a folder */
    DISK_TRUNCATE,
    DISK_RENAME,
    DISK_REMOVE,
    DISK_SIZE, /* "is it there" too */
    DISK_LIST,
    DISK_OPS_
};
#define DISK_MASK(op) (1u << (op))
#define DISK_MASK_ALL 0xffffffffu
/* What changes the disk. */
#define DISK_MASK_CHANGES                                                                          \
    (DISK_MASK(DISK_OPEN) | DISK_MASK(DISK_WRITE) | DISK_MASK(DISK_SYNC) |                         \
     DISK_MASK(DISK_TRUNCATE) | DISK_MASK(DISK_RENAME) | DISK_MASK(DISK_REMOVE))

#define DISK_PATH_MAX 1023u /* bytes */

enum disk_open_flags {
    DISK_CREATE = 1,    /* make it if it is not there, readable by the owner only */
    DISK_EXCLUSIVE = 2, /* with DISK_CREATE: fail with PAWL_E_DENIED if it is there */
    DISK_READ_ONLY = 4
};

struct disk; /* one of the two below */
struct disk_file;

int disk_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret,
              struct pawl_err *err);
void disk_close(struct disk_file *file); /* accepts NULL; syncs nothing */
/* *ret_size below size only at the end of the file. */
int disk_read(struct disk_file *file, int64_t at, void *bytes, size_t size, size_t *ret_size,
              struct pawl_err *err);
int disk_write(struct disk_file *file, int64_t at, const void *bytes, size_t size,
               struct pawl_err *err);
int disk_append(struct disk_file *file, const void *bytes, size_t size, struct pawl_err *err);
int disk_sync(struct disk_file *file, struct pawl_err *err); /* its bytes and size, not its name */
int disk_truncate(struct disk_file *file, int64_t size, struct pawl_err *err);
int disk_size(struct disk_file *file, int64_t *ret_size, struct pawl_err *err);

int disk_rename(struct disk *disk, const char *from, const char *to, struct pawl_err *err);
int disk_remove(struct disk *disk, const char *path, struct pawl_err *err);
int disk_exists(struct disk *disk, const char *path, bool *ret, struct pawl_err *err);
/* Make names given and taken in the folder of path durable. */
int disk_sync_names(struct disk *disk, const char *path, struct pawl_err *err);
/* Plain files of a folder by name, sorted; stops when `file` returns non-zero and returns that. */
int disk_list(struct disk *disk, const char *folder, int (*file)(void *arg, const char *name),
              void *arg, struct pawl_err *err);
void disk_free(struct disk *disk); /* every file is closed; accepts NULL */

int disk_posix_new(struct disk **ret, struct pawl_err *err);

/* ---- the disk in memory ---- */

#define DISK_MEM_FILES_MAX 256u
#define DISK_MEM_FILE_BYTES_MAX (INT64_C(1) << 30)
#define DISK_SECTOR 512u

int disk_mem_new(struct disk **ret, struct pawl_err *err);

enum disk_fault {
    DISK_DIE = 1, /* this and every later operation fails until a crash or disk_mem_revive() */
    DISK_EIO,   /* a failed sync forgets what it should have written: no later one writes it */
    DISK_ENOSPC,
    DISK_SHORT /* a write leaves its first half, then EIO; other operations: EIO */
};

/* The kth operation from now (1 = the next) of the kinds in mask meets the fault; with `forever`
 * every one after it too. k = 0: no fault. Replaces what was planned before. */
void disk_mem_fail_at(struct disk *disk, uint64_t k, uint32_t mask, enum disk_fault fault,
                      bool forever);
uint64_t disk_mem_ops(struct disk *disk); /* of the kinds in mask since disk_mem_fail_at() */
bool disk_mem_dead(struct disk *disk);
void disk_mem_revive(struct disk *disk);
/* Told before every operation; must not call the disk. op = NULL: nobody. */
void disk_mem_watch(struct disk *disk, void (*op)(void *arg, enum disk_op op, const char *path),
                    void *arg);

enum disk_crash {
    DISK_PROCESS_DEATH = 1, /* every write reached the system and stays */
    DISK_POWER_CUT          /* of what was not synced, a part chosen by the seed stays: each write
                               whole, not at all, or some of its sectors; of names, the first few */
};
/* Every open file is lost: calls on it fail with PAWL_E_STATE until it is closed. The disk lives
 * again and no fault is planned. */
void disk_mem_crash(struct disk *disk, enum disk_crash crash, uint64_t seed);

#endif
