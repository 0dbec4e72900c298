/* What bars cost a trade: where nobody keeps any, with one series, with four; and a value asked
 * for at every trade. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "series/series.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof(a)[0]))
#define EUR 3u
#define TRADES 4096u /* a power of two */
#define BARS 64u

struct bench {
    struct series_set *set;
    int64_t now_ns;
    struct pawl_ev_trade trades[TRADES];
};

static void done(void *self) {
    struct bench *b = self;
    if (b == NULL) return;
    series_free(b->set);
    free(b);
}

static int setup(void **ret, uint32_t instrument, uint32_t series) {
    static const uint32_t lengths[] = {60, 300, 900, 3600};
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL || series_new(NULL, &b->set, NULL) < 0) {
        done(b);
        return -1;
    }
    for (uint32_t i = 0; i < series; i++)
        if (series_keep(b->set, 1, instrument, lengths[i], BARS, NULL) < 0) return -1;
    for (uint32_t i = 0; i < TRADES; i++) {
        struct pawl_ev_trade *trade = &b->trades[i];
        trade->head.size = (uint32_t)sizeof *trade;
        trade->head.type = PAWL_EV_TRADE;
        trade->instrument = EUR;
        trade->price.e8 = (1000 + (int64_t)(i * 2654435761u % 97)) * PAWL_E8;
        trade->size.e8 = PAWL_E8;
    }
    b->now_ns = INT64_C(1700000000) * PAWL_NS;
    *ret = b;
    return 0;
}
static int setup_none(void **ret) { return setup(ret, EUR + 1u, 1); }
static int setup_one(void **ret) { return setup(ret, EUR, 1); }
static int setup_four(void **ret) { return setup(ret, EUR, 4); }

/* A hundred trades a second: one in 6,000 begins a bar of a minute. */
static void trade(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_ev_trade *event = &b->trades[i % TRADES];
        event->head.time_ns = b->now_ns += PAWL_NS / 100;
        series_market(b->set, &event->head);
        bench_keep((uint64_t)event->head.time_ns);
    }
}

static void trade_and_ask(void *self, uint64_t ops) {
    struct bench *b = self;
    int64_t value = 0;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_ev_trade *event = &b->trades[i % TRADES];
        event->head.time_ns = b->now_ns += PAWL_NS / 100;
        series_market(b->set, &event->head);
        (void)series_value(b->set, SERIES_ATR, EUR, 60, 14, b->now_ns, &value);
        bench_keep((uint64_t)value);
    }
}

static const struct bench_case cases[] = {
    {"series.none", "a trade of an instrument of which nothing is kept", 4000000, setup_none, NULL,
     trade, done, NULL, false, 10, 0},
    {"series.one", "a trade into one series", 1000000, setup_one, NULL, trade, done, "series.none",
     false, 60, 10},
    {"series.four", "a trade into four series", 500000, setup_four, NULL, trade, done,
     "series.one", false, 200, 0},
    {"series.atr", "a trade into one series, and its ATR asked for", 500000, setup_one, NULL,
     trade_and_ask, done, "series.one", false, 120, 30},
};
const struct bench_group bench_series = {"series", cases, COUNT(cases)};
