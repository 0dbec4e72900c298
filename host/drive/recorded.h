/* recorded.h - what a recording needs to know of reloads. [loop] */
#ifndef DRIVE_RECORDED_H
#define DRIVE_RECORDED_H

#include "record/record.h"

/* As record_new(), with reloads. path NULL = no recording: *ret is NULL. */
int recorded_new(const char *path, bool patient, const struct session *session, const char *folder,
                 const char *version, struct record **ret, struct pawl_err *err);
/* Say it once, in the log and as an alert of the host, if the recording has failed. */
void recorded_watch(struct record *record, struct host *host);

#endif
