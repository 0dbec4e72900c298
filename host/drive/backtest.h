/*
 * backtest.h - the production host on a virtual clock over recorded events.
 *
 * The store is a temporary database that counts as written at once; timers fire at their due time
 * between the rows of the feed; after the last row the clock goes on for a while, so that answers
 * on their way arrive. `restart` rows stop the host and restore it from the store. [loop]
 */
#ifndef DRIVE_BACKTEST_H
#define DRIVE_BACKTEST_H

#include <stdio.h>

#include "drive/data.h"
#include "run/session.h"
#include "drive/summary.h"

struct backtest_options {
    struct data_options data;
    FILE *trace;         /* NULL = none */
    FILE *trace_copy;    /* the same once more; NULL = none */
    const char *out_dir; /* keeps database, trace and summary; NULL = a temporary folder, removed */
    bool progress;       /* on stderr */
    const char *record;  /* file; NULL = none */
    const char *version; /* of this pawl, for it */
};

int backtest_run(struct session *session, const struct backtest_options *options,
                 struct summary *ret_summary, double *ret_wall_seconds, struct pawl_err *err);

#endif
