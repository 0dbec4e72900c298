/*
 * book_world.h - the world of rules in a host: book, executor, series, sessions. [loop]
 */
#ifndef RULES_BOOK_WORLD_H
#define RULES_BOOK_WORLD_H

#include "exec/exec.h"
#include "rules/world.h"
#include "series/series.h"

#define RULES_ASKED_SERIES_MAX 256u /* until the rules change */

struct rules_host { /* outlives the rules */
    struct book *book;
    struct exec *exec;
    struct series_set *series;
    struct calendars *const *calendars; /* a reload puts others in their place */
    struct event_decode decode;
    uint32_t asked_series; /* of SERIES_OWNER_ASKED */
    uint64_t fired;        /* the last rule.fired: what it asks for follows from it */
};

/* Rules keep what they name on trial (rules_claim) until one of these says what became of it. */
void rules_keep_staged(struct rules_host *host, bool changed); /* changed: forget what was asked */
void rules_drop_staged(struct rules_host *host);

void rules_book_world(struct rules_host *host, struct rules_world *ret);

#endif
