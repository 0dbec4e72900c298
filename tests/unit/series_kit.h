/* series_kit.h - a set of series that a test feeds, and what it must answer. */
#ifndef SERIES_KIT_H
#define SERIES_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "pawl_num.h"
#include "series/series.h"

#define T0 (INT64_C(1700000000) / 3600 * 3600 * PAWL_NS)
#define S PAWL_NS
#define EUR 3u
#define INIT(ev, type_)                                                                            \
    do {                                                                                           \
        memset(&(ev), 0, sizeof(ev));                                                              \
        (ev).head.size = (uint32_t)sizeof(ev);                                                     \
        (ev).head.type = (type_);                                                                  \
    } while (0)

static inline struct pawl_price price(int64_t units) {
    return (struct pawl_price){units * PAWL_E8};
}

static inline void trade(struct series_set *set, int64_t at, int64_t units, int64_t size) {
    struct pawl_ev_trade ev;
    INIT(ev, PAWL_EV_TRADE);
    ev.head.time_ns = at;
    ev.instrument = EUR;
    ev.price = price(units);
    ev.size.e8 = size * PAWL_E8;
    ev.side = PAWL_SIDE_BUY;
    series_market(set, &ev.head);
}

static inline void quote(struct series_set *set, int64_t at, int64_t bid, int64_t ask) {
    struct pawl_ev_quote ev;
    INIT(ev, PAWL_EV_QUOTE);
    ev.head.time_ns = at;
    ev.instrument = EUR;
    ev.bid = price(bid);
    ev.ask = price(ask);
    series_market(set, &ev.head);
}

static inline void bar(struct series_set *set, int64_t open_time, uint32_t seconds, int64_t open,
                       int64_t high, int64_t low, int64_t close, int64_t volume) {
    struct pawl_ev_bar ev;
    INIT(ev, PAWL_EV_BAR);
    ev.head.time_ns = open_time + seconds * S;
    ev.instrument = EUR;
    ev.seconds = seconds;
    ev.open_time = open_time;
    ev.open = price(open);
    ev.high = price(high);
    ev.low = price(low);
    ev.close = price(close);
    ev.volume.e8 = volume * PAWL_E8;
    series_market(set, &ev.head);
}

static inline void forced(struct series_set *set, int64_t at, uint8_t side, int64_t units,
                          int64_t size) {
    struct pawl_ev_liquidation ev;
    INIT(ev, PAWL_EV_LIQUIDATION);
    ev.head.time_ns = at;
    ev.instrument = EUR;
    ev.side = side;
    ev.price = price(units);
    ev.quantity.e8 = size * PAWL_E8;
    series_market(set, &ev.head);
}

static inline struct series_set *fresh(void) {
    struct series_set *set = NULL;
    struct pawl_err err = {0};
    assert_int_equal(series_new(NULL, &set, &err), PAWL_OK);
    return set;
}

static inline void keep(struct series_set *set, uint32_t owner, uint32_t seconds, uint32_t bars) {
    struct pawl_err err = {0};
    if (series_keep(set, owner, EUR, seconds, bars, &err) != PAWL_OK) fail_msg("%s", err.text);
}

static inline void expect(struct series_set *set, uint32_t seconds, uint32_t back, int64_t now,
                          int64_t open_time, int64_t open, int64_t high, int64_t low,
                          int64_t close, int64_t volume) {
    struct pawl_bar got;
    assert_int_equal(series_bar(set, EUR, seconds, back, now, &got), PAWL_OK);
    assert_int_equal(got.open_time, open_time);
    assert_int_equal(got.end_time, open_time + seconds * S);
    assert_int_equal(got.open.e8, open * PAWL_E8);
    assert_int_equal(got.high.e8, high * PAWL_E8);
    assert_int_equal(got.low.e8, low * PAWL_E8);
    assert_int_equal(got.close.e8, close * PAWL_E8);
    assert_int_equal(got.volume.e8, volume * PAWL_E8);
    assert_int_equal(got.finished, back > 0);
}

static inline bool none(struct series_set *set, uint32_t seconds, uint32_t back, int64_t now) {
    struct pawl_bar got;
    return series_bar(set, EUR, seconds, back, now, &got) == PAWL_E_NOTFOUND;
}

static inline int64_t sum_of(struct series_set *set, const struct series_sum *sum, int64_t now) {
    int64_t value = -1;
    assert_int_equal(series_sum_at(set, sum, now, &value), PAWL_OK);
    return value;
}

#endif
