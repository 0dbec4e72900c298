/*
 * narrate.h - what happens, as lines for people: one for each thing a trader would want to hear,
 * none per quote.
 *
 *   2024-01-08 09:00:00  XAUUSD  long-1    opened LONG 0.50, stop 2040.10, target 2052.00
 *
 * Prices have the instrument's decimals, money two. [loop] Writes to a FILE of the caller.
 */
#ifndef DRIVE_NARRATE_H
#define DRIVE_NARRATE_H

#include <stdio.h>

#include "book/book.h"

#define NARRATE_LINE_MAX 1024u /* several times of what any event has to say */

struct narrator { /* zero it, then set out */
    FILE *out;
    struct pawl_money net; /* profit less fees of the lots closed so far */
    char refusal[128];     /* the last one told: its requester repeats it */
    size_t length;         /* of the line that is being made */
    char line[NARRATE_LINE_MAX];
};

/* book says names, ticks and currencies. Events nobody wants to read are passed over. */
void narrate(struct narrator *narrator, const struct book *book, const struct pawl_event *event);

#endif
