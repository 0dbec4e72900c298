/*
 * lock.h - one host to a data folder: DATA_DIR/pawl.lock is locked while it runs and says its pid.
 *
 * The kernel drops the lock with the process, however that ends, so the file may stay behind. The
 * database is locked besides; this lock is taken first and can say who holds it. [start]
 */
#ifndef CONTROL_LOCK_H
#define CONTROL_LOCK_H

#include "pawl_types.h"

/* PAWL_E_BUSY: another process has it; the message says which. PAWL_E_IO. */
int lock_take(const char *data_dir, int *ret_fd, struct pawl_err *err);
void lock_drop(int fd); /* accepts -1 */
/* The pid in the file if somebody holds the lock; 0 = nobody, or it cannot be said. */
int64_t lock_holder(const char *data_dir);

#endif
