/*
 * vfs.h - SQLite's files on the disk seam.
 *
 * One process, one connection to a file at a time; there is no shared memory, so a WAL database
 * works in exclusive locking mode only, which is what the store uses. Any number may be registered,
 * each under its own name. Call from one thread; the files may then be used from any.
 */
#ifndef STORE_VFS_H
#define STORE_VFS_H

#include "base/disk.h"

#define STORE_VFS_NAME_MAX 31u
#define STORE_VFS_FILES_MAX 64u /* open at once */

/* The disk must outlive the name; no file is open when the name is given back. */
int store_vfs_new(struct disk *disk, const char *name, struct pawl_err *err);
void store_vfs_free(const char *name); /* an unknown name does nothing */
/* The disk behind a name; NULL if the name is none of ours. */
struct disk *store_vfs_disk(const char *name);

#endif
