/*
 * market_queue.h - market data that brokers publish: not part of the turn that brought it, but an
 * input of its own after it, in order. A turn that brings more than fits is conflated: of each
 * instrument and kind the extremes and the last are kept, so that no level is missed.
 *
 * Thread loop only. Owner: the host.
 */
#ifndef PLUGIN_MARKET_QUEUE_H
#define PLUGIN_MARKET_QUEUE_H

#include <stdbool.h>

#include "pawl_schema.gen.h"

#define MARKET_QUEUE_MAX 4096u
#define MARKET_EVENT_MAX 128u /* bytes of any event of the market */
#define MARKET_KEPT_MAX 256u  /* instruments and kinds that are conflated at a time */
#define MARKET_ROLES 5u

union market_event {
    struct pawl_event head;
    unsigned char bytes[MARKET_EVENT_MAX];
};

struct market_kept { /* low and high of the bid, of the ask, and the last; equal ones share */
    uint32_t instrument, source;
    uint16_t type;
    uint64_t number[MARKET_ROLES]; /* when it arrived; 0 = none */
    union market_event event[MARKET_ROLES];
};

struct market_queue {
    uint32_t first, count, kept_count;
    uint64_t arrived;   /* since it was made */
    uint64_t conflated; /* events beyond the queue, since the last look */
    uint64_t lost;      /* of them without a place, since the last look */
    union market_event events[MARKET_QUEUE_MAX];
    struct market_kept kept[MARKET_KEPT_MAX];
};

/* PAWL_E_INVAL: larger than any event of the market. head.source and head.cause are kept. */
int market_queue_push(struct market_queue *queue, const struct pawl_event *event);
bool market_queue_pop(struct market_queue *queue, union market_event *ret);
static inline bool market_queue_is_empty(const struct market_queue *queue) {
    return queue->count == 0 && queue->kept_count == 0;
}

#endif
