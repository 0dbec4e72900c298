/*
 * reader.h - fills the batches of the sources, on a thread of its own or when asked.
 *
 * A lane is a source with a ring of batches: the reader fills ahead, the loop thread takes. What
 * comes out does not depend on who filled it or when. A lane holds memory only from its first use
 * to its end, so many files that follow one another cost no more than one.
 *
 * Thread: every call on the loop thread.
 */
#ifndef FEED_READER_H
#define FEED_READER_H

#include "feed/source.h"

#define LANE_BATCHES 4u

struct lane {
    struct source source;
    struct batch *ring[LANE_BATCHES];
    uint64_t filled, taken; /* batches ever; guarded by the reader's mutex in a shared lane */
    int shared;             /* the thread fills it */
    int started, complete;  /* complete: its last batch is filled */
    /* Loop thread only. */
    struct batch *batch; /* being read */
    uint8_t *at, *end;
    int64_t time_ns; /* key of the merge: time of the entry at `at` */
    int over;
};

struct reader;

/* `lanes` outlive the reader. threaded = 0: everything on the loop thread. */
int reader_new(struct lane *lanes, size_t count, int threaded, struct reader **ret,
               struct pawl_err *err);
/* Ends the thread. Accepts NULL. The lanes are the caller's to give back. */
void reader_free(struct reader *reader);

/* Gives back the lane's batch and takes the next one, starting the source at its first; waits for
 * the thread where it must. At the end of the source: lane->over, and its memory is given back. */
int reader_take(struct reader *reader, struct lane *lane, struct pawl_err *err);
void lane_done(struct lane *lane); /* after reader_free, or when it is over */

#endif
