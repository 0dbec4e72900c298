/*
 * again.h - reloads as the runners do them: a line of a scenario, or a signal; the outcome is
 * logged. [loop, between turns]
 */
#ifndef DRIVE_AGAIN_H
#define DRIVE_AGAIN_H

#include "drive/data.h"
#include "reload/reload.h"

/* line: the scenario's object, or NULL: read the same file again. data may be NULL. A refused
 * reload is no error; a line that cannot be understood is, PAWL_E_DATA. */
int again(struct host *host, struct session *session, struct data *data, const char *line,
          const char *by, struct pawl_err *err);
/* The outcome into the log, line by line. */
void again_log(struct log *log, const struct reload_result *result, bool dry_run);

#endif
