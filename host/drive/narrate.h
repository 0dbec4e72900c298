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

#include <stdbool.h>
#include <stdio.h>

#include "base/rfc3339.h"
#include "book/book.h"

#define NARRATE_LINE_MAX 1024u /* several times of what any event has to say */
#define NARRATE_RULES_MAX 64u /* whose refusals are known at once; of others each is told */
#define NARRATE_ASKS_MAX 16u  /* held back at once */
#define NARRATE_AGAIN_NS (60 * PAWL_NS)

struct narrated_rule { /* what was told of it when its entry came to nothing */
    char rule[32], why[64];
    int64_t told_ns;
    uint64_t unsaid; /* how often since then */
};

enum narrated { NARRATED_NOT_YET, NARRATED, NARRATED_NEVER };

struct narrated_ask {
    struct pawl_ev_rule_fired fired;
    enum narrated told; /* never: its refusal is not told, either */
};

struct narrator { /* zero it, then set out */
    FILE *out;
    struct pawl_money net; /* profit less fees of the lots closed so far */
    char refusal[128];     /* the last one told: its requester repeats it */
    int64_t second;        /* that `time` says */
    char time[RFC3339_SIZE];
    size_t length; /* of the line that is being made */
    char line[NARRATE_LINE_MAX];
    /* A rule whose condition stays true asks at every price: the same refusal is told once a
     * minute. So what asks for an entry is held back until it is known what comes of it. */
    struct narrated_ask asks[NARRATE_ASKS_MAX]; /* of one turn */
    uint32_t ask_count;
    uint64_t asks_turn;
    struct narrated_rule rules[NARRATE_RULES_MAX];
};

/* book says names, ticks and currencies. Events nobody wants to read are passed over. */
void narrate(struct narrator *narrator, const struct book *book, const struct pawl_event *event);

#endif
