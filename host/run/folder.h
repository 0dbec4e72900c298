/* folder.h - the folders a run writes into. Errors name the path. [start, stop] */
#ifndef RUN_FOLDER_H
#define RUN_FOLDER_H

#include "config/config.h"

int folder_make(const char *path, struct pawl_err *err); /* with its parents, mode 0700 */
/* `wanted` made if missing, or a fresh temporary folder; its path in `out`. Temporary ones of
 * processes that were killed are removed. */
int folder_for_run(const char *wanted, char *out, size_t size, struct pawl_err *err);
/* The files of a folder, not what is in folders of it, nor copies made before a migration. Nothing
 * where there is none. */
int folder_copy(const char *from, const char *to, struct pawl_err *err);
void folder_remove(const char *path); /* a temporary one, with what is in it; two levels */

#endif
