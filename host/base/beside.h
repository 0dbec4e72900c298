/*
 * beside.h - what may take long at a disk, done on a thread beside: syncs, and the last close of a
 * file without a name, which gives its room back.
 *
 * Jobs are done in the order in which they were asked for. Without a thread each is done at once,
 * in the call.
 *
 * Thread  the owner's, for every call. It starts its own with the first job.
 * Owner   whoever makes it; it owns the files it was given.
 */
#ifndef BASE_BESIDE_H
#define BASE_BESIDE_H

#include "base/disk.h"

#define BESIDE_JOBS_MAX 64u /* waiting, or done and not asked about */

struct beside;

int beside_new(bool threaded, struct beside **ret, struct pawl_err *err);
/* What waits is done before it returns. Accepts NULL. */
void beside_free(struct beside *beside);

/* So many more can be asked for. Who asks for one without room is not kept waiting: a file is
 * closed in the call, and nothing is synced. */
bool beside_has_room(struct beside *beside, uint32_t jobs);
/* Sync the file's bytes, then close it; 0 = no room. */
uint64_t beside_sync(struct beside *beside, struct disk_file *file);
/* PAWL_E_BUSY: it is not done yet. Any other answer is given once. */
int beside_asked(struct beside *beside, uint64_t job, struct pawl_err *err);
/* Nobody will ask about it. Accepts 0. */
void beside_forget(struct beside *beside, uint64_t job);
/* Accepts NULL. */
void beside_close(struct beside *beside, struct disk_file *file);
/* As disk_sync_names(); a failure is not told. */
void beside_sync_names(struct beside *beside, struct disk *disk, const char *path);

#endif
