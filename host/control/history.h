/*
 * history.h - what happened lately, in memory: every event but market data, and of that what led
 * to something. For `explain` and `monitor`.
 *
 * A ring of bytes with an index by seq; the oldest go first. Memory is touched as it fills.
 * Thread loop only. Owner: what is returned is valid until the next event is kept.
 */
#ifndef CONTROL_HISTORY_H
#define CONTROL_HISTORY_H

#include <stdbool.h>

#include "pawl_event.h"

#define HISTORY_BYTES (16u << 20)
#define HISTORY_EVENTS 131072u

struct history_entry {
    uint64_t seq, at; /* at: bytes written before it, ever */
};

struct history {
    unsigned char *bytes;
    struct history_entry *index;    /* ring of HISTORY_EVENTS */
    uint64_t written;               /* bytes, ever */
    uint64_t first, next;           /* numbers of the oldest entry and of the next one */
    uint64_t lost_seq;              /* newest that was let go */
    const struct pawl_event *input; /* of the turn input_turn; valid within it only */
    uint64_t input_turn;
};

int history_init(struct history *history, struct pawl_err *err);
void history_done(struct history *history);

/* turn: the bus's. Events come in the order of their seq. */
void history_add(struct history *history, uint64_t turn, const struct pawl_event *event);
/* NULL = not here, or no more. */
const struct pawl_event *history_find(const struct history *history, uint64_t seq);
/* The oldest after this seq; NULL = none. */
const struct pawl_event *history_after(const struct history *history, uint64_t seq);
/* By number: first <= number < next. */
const struct pawl_event *history_at(const struct history *history, uint64_t number);

#endif
