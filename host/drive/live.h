/*
 * live.h - `pawl run`: the host on an event loop until it is told to stop.
 *
 * Two kinds of clock. With recorded data (options, or the files that `feeds[].match` of the
 * configuration names) time is the data's: a row is taken only when no command waits for the disk,
 * so that a process killed at any moment plays to the same end when it is started again. Without
 * data time is the system's, and brokers bring what happens.
 *
 * SIGTERM, SIGINT  nothing new is entered; answers still on their way are awaited, at most
 *                  host.shutdown_wait; then everything is flushed. Protection stays where it rests.
 *                  A second one does not wait.
 * SIGHUP           a reload: the configuration, plugins and rules are read again and take over as a
 *                  whole, or are refused and nothing has happened; what it was is logged.
 * A failed disk    opens nothing new; protection goes on from memory. The run then ends as failed.
 *
 * Thread loop only. [start]
 */
#ifndef DRIVE_LIVE_H
#define DRIVE_LIVE_H

#include <glob.h>
#include <stdio.h>

#include "drive/data.h"
#include "run/session.h"
#include "drive/summary.h"

/* The files that exist for the configuration's feeds: `match` seen from its folder. */
struct live_files {
    glob_t found;
    uint32_t count;
    bool any;
};
int live_files(const struct config *config, struct live_files *ret, struct pawl_err *err);
void live_files_done(struct live_files *files);

struct live_options {
    struct data_options data; /* path_count 0 = the system's clock */
    const char *const *sets;     /* for reading the configuration again */
    uint32_t set_count;
    bool until_end;              /* end with the data, after a tail for answers */
    bool json;                   /* state events as JSON lines, not as text */
    bool plain;                  /* lines only, on a terminal too */
    int out_fd;                  /* they go here; with the system's clock, never waited for */
    const char *record;          /* file; NULL = none */
    const char *version;         /* of this pawl, for it */
};

struct live_result {
    struct summary summary;
    double wall_seconds;
    bool at_end; /* it played its data to the end */
};

/* PAWL_E_CONFIG, PAWL_E_BUSY (another process has the data folder), PAWL_E_DATA, PAWL_E_IO. */
int live_run(struct session *session, const struct live_options *options,
             struct live_result *ret_result, struct pawl_err *err);

#endif
