/*
 * pawl_event.h - the header of every event. An event is flat bytes: this header, a fixed part
 * (pawl_schema.gen.h), and a tail for long text addressed by (offset, length). No pointers, so
 * copying, queueing, storing and replaying an event are the same memcpy of `size` bytes.
 */
#ifndef PAWL_EVENT_H
#define PAWL_EVENT_H

#include <string.h>

#include "pawl_types.h"

#define PAWL_EVENT_SIZE_MAX 4096u

struct pawl_event {
    uint32_t size;   /* bytes, this header and the tail included; a multiple of 8 */
    uint16_t type;   /* enum pawl_event_type */
    uint16_t flags;  /* 0 */
    uint64_t seq;    /* boot << 40 | n, given by the bus; 0 before it is published */
    uint64_t cause;  /* seq of the event this answers; 0 = the outside world */
    int64_t time_ns; /* host clock when it was published, UTC */
    uint32_t source; /* component that published it, given by the bus; 0 = the host */
    uint32_t target; /* component it is addressed to; 0 = every subscriber */
    uint64_t cookie; /* the caller's own number, returned in the answer; on market data the row of
                        its feed, counted from 1 and equal in every replay */
};
PAWL_STATIC_ASSERT(sizeof(struct pawl_event) == 48, "the event header is frozen");

/* A text of the event's tail, terminated; PAWL_E_DATA = it does not lie inside. [any] Pure. */
static inline int pawl_event_text(const struct pawl_event *event, struct pawl_text text,
                                  char ret[PAWL_EVENT_SIZE_MAX + 1]) {
    if (event->size > PAWL_EVENT_SIZE_MAX || text.off > event->size ||
        text.len > event->size - text.off)
        return PAWL_E_DATA;
    memcpy(ret, (const char *)event + text.off, text.len);
    ret[text.len] = '\0';
    return PAWL_OK;
}

#endif
