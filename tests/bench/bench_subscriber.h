/* The body of the subscribers of bench_bus, the same in and outside a shared object. */
#ifndef BENCH_SUBSCRIBER_H
#define BENCH_SUBSCRIBER_H

#include "pawl_schema.gen.h"

struct bench_subscriber {
    uint64_t events;
    int64_t bid_high;
};

void bench_on_event(void *self, const struct pawl_event *event);

static inline void bench_subscriber_body(void *self, const struct pawl_event *event) {
    struct bench_subscriber *s = self;
    const struct pawl_ev_quote *quote = (const void *)event;
    s->events++;
    if (quote->bid.e8 > s->bid_high) s->bid_high = quote->bid.e8;
}

#endif
