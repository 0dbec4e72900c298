/* feed_kit.h - what a test reads next from a feed. */
#ifndef FEED_KIT_H
#define FEED_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "feed_fixture.h"

static inline struct feed_item next(struct feed *feed) {
    struct feed_item item;
    struct pawl_err err = {0};
    if (feed_next(feed, &item, &err) != PAWL_OK) fail_msg("%s", err.text);
    return item;
}

static inline const struct pawl_ev_quote *next_quote(struct feed *feed) {
    struct feed_item item = next(feed);
    assert_int_equal(item.kind, FEED_EVENT);
    assert_int_equal(item.event->type, PAWL_EV_QUOTE);
    assert_int_equal(item.event->size, sizeof(struct pawl_ev_quote));
    assert_int_equal(item.event->cookie, item.row);
    assert_int_equal(item.event->time_ns, item.time_ns);
    return (const struct pawl_ev_quote *)item.event;
}

static inline void end(struct feed *feed) {
    assert_int_equal(next(feed).kind, FEED_END);
    assert_int_equal(next(feed).kind, FEED_END);
    feed_free(feed);
}

#endif
