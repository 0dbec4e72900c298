#include "feed/generate.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/rng.h"
#include "feed/generate_spec.h"
#include "feed/stamp.h"
#include "pawl_num.h"

#define MINUTE_NS (INT64_C(60) * PAWL_NS)
#define PPM INT64_C(1000000)
#define BELL_PART 1000  /* a bell curve is the sum of four draws within +-BELL_PART */
#define BELL_SIGMA 1155 /* its standard deviation */
#define LONG_PAUSE_MINUTES 720
#define CALM_MINUTES 60 /* after an opening spreads are wide for so long */

struct generator {
    struct generate_spec spec;
    struct rng rng;
    int64_t minute, minute_count; /* from the start */
    int64_t mid_e8;
    int64_t closed_minutes, open_minutes; /* in a row, until now */
    int64_t trend_minutes, burst_minutes; /* left */
    int trend;                            /* -1, 0, 1 */
    const struct generate_session *session;
    /* Of the minute in progress. */
    int64_t quotes, quote; /* how many; the next one */
    int64_t root100;       /* 100 x square root of quotes */
};

void generator_free(struct generator *generator) {
    mem_free(generator);
}

int generator_new(const char *path, struct generator **ret, struct pawl_err *err) {
    struct generator *g = mem_calloc(1, sizeof *g);
    if (g == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    int rc = generate_spec_read(path, &g->spec, err);
    if (rc != PAWL_OK) {
        generator_free(g);
        return rc;
    }
    rng_init(&g->rng, g->spec.seed);
    g->minute_count = g->spec.days * GENERATE_DAY_MINUTES;
    g->mid_e8 = g->spec.price_e8;
    *ret = g;
    return PAWL_OK;
}

const char *generator_symbol(const struct generator *generator) {
    return generator->spec.symbol;
}

static int64_t square_root(int64_t n) {
    int64_t root = 0;
    for (int64_t bit = INT64_C(1) << 31; bit > 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= n) root += bit;
    return root;
}

/* value x times / of, toward zero; the limits of the specification keep it in range. */
static int64_t part(int64_t value, int64_t times, int64_t of) {
    int64_t result = 0;
    int rc = pawl_muldiv(value, times, of, PAWL_ROUND_ZERO, &result);
    assert(rc == PAWL_OK);
    (void)rc;
    return result;
}

static int between(int64_t at, int64_t from, int64_t to) {
    return from <= to ? at >= from && at < to : at >= from || at < to;
}

static const struct generate_session *session_at(const struct generator *g, int64_t minute) {
    const struct generate_spec *spec = &g->spec;
    int64_t days = spec->start_ns / STAMP_DAY_NS + minute / GENERATE_DAY_MINUTES;
    int64_t of_day = minute % GENERATE_DAY_MINUTES;
    int64_t of_week =
        (days + 4) % 7 * GENERATE_DAY_MINUTES + of_day; /* 1970-01-01 was a Thursday */
    if (spec->week && between(of_week, spec->closes, spec->opens)) return NULL;
    if (spec->pause && between(of_day, spec->pause_from, spec->pause_to)) return NULL;
    for (size_t i = 0; i < spec->session_count; i++) {
        const struct generate_session *session = &spec->sessions[i];
        int whole_day = session->from == session->to;
        if (whole_day || between(of_day, session->from, session->to)) return session;
    }
    return NULL;
}

static void move(struct generator *g, int64_t by_e8) {
    int64_t low = g->spec.price_e8 / 8, high = g->spec.price_e8 * 8;
    g->mid_e8 += by_e8;
    if (g->mid_e8 < low) g->mid_e8 = low;
    if (g->mid_e8 > high) g->mid_e8 = high;
}

static void open_market(struct generator *g) {
    int64_t gap_ppm =
        g->closed_minutes >= LONG_PAUSE_MINUTES ? g->spec.gap_ppm : g->spec.gap_ppm / 5;
    if (g->minute > g->closed_minutes) /* not at the very first opening */
        move(g, part(g->mid_e8, rng_between(&g->rng, -gap_ppm, gap_ppm), PPM));
    g->closed_minutes = 0;
    g->open_minutes = 0;
}

/* Goes to the next minute with quotes; 0 = there is none. */
static int next_minute(struct generator *g) {
    const struct generate_spec *spec = &g->spec;
    for (; g->minute < g->minute_count; g->minute++) {
        g->session = session_at(g, g->minute);
        if (g->session != NULL) break;
        g->closed_minutes++;
    }
    if (g->minute >= g->minute_count) return 0;
    if (g->closed_minutes > 0) open_market(g);
    if (g->trend_minutes-- <= 0) {
        g->trend_minutes = rng_between(&g->rng, 30, 240);
        g->trend = (int)rng_between(&g->rng, -1, 1);
    }
    if (g->burst_minutes > 0)
        g->burst_minutes--;
    else if (spec->burst_per_day > 0 &&
             rng_chance(&g->rng, (uint32_t)spec->burst_per_day, GENERATE_DAY_MINUTES))
        g->burst_minutes = spec->burst_minutes;
    g->quotes = part(g->session->quotes_per_minute, rng_between(&g->rng, 50, 150), 100);
    if (g->quotes < 1) g->quotes = 1;
    g->root100 = square_root(g->quotes * 10000);
    g->quote = 0;
    g->open_minutes++;
    return 1;
}

static void step(struct generator *g) {
    int64_t bell = 0;
    int64_t ppm = g->session->volatility_ppm * (g->burst_minutes > 0 ? g->spec.burst_factor : 1);
    for (int i = 0; i < 4; i++) bell += rng_between(&g->rng, -BELL_PART, BELL_PART);
    int64_t of_minute = part(g->mid_e8, ppm, PPM);
    int64_t by = part(of_minute, bell * 100, BELL_SIGMA * g->root100);
    if (g->trend != 0) by += part(g->mid_e8, g->trend * g->spec.trend_ppm, PPM * g->quotes);
    move(g, by);
}

static int64_t spread_ticks(struct generator *g) {
    int64_t base = g->session->spread_ticks, draw = rng_between(&g->rng, 0, 999);
    int64_t ticks = draw < 700 ? base : draw < 930 ? base + 1 : draw < 990 ? base + 2 : base * 2;
    if (g->open_minutes <= CALM_MINUTES / 4)
        ticks *= 3;
    else if (g->open_minutes <= CALM_MINUTES)
        ticks += base;
    if (g->burst_minutes > 0) ticks += base * (g->spec.burst_factor - 1) / 2;
    return ticks;
}

int generator_next(struct generator *g, struct pawl_ev_quote *ret) {
    if (g->quote == g->quotes) {
        if (g->quotes > 0) g->minute++;
        if (!next_minute(g)) {
            g->quote = g->quotes = 0;
            return 0;
        }
    }
    int64_t slot_ns = MINUTE_NS / g->quotes;
    int64_t time_ns = g->spec.start_ns + g->minute * MINUTE_NS + g->quote * slot_ns +
                      rng_between(&g->rng, 0, slot_ns / PAWL_MS - 1) * PAWL_MS;
    g->quote++;
    step(g);
    int64_t spread_e8 = spread_ticks(g) * g->spec.tick_e8, bid_e8 = 0;
    int rc = pawl_round_to(g->mid_e8 - spread_e8 / 2, g->spec.tick_e8, PAWL_ROUND_DOWN, &bid_e8);
    assert(rc == PAWL_OK && bid_e8 > 0);
    (void)rc;
    memset(ret, 0, sizeof *ret);
    ret->head.size = sizeof *ret;
    ret->head.type = PAWL_EV_QUOTE;
    ret->head.time_ns = ret->venue_time = time_ns;
    ret->bid.e8 = bid_e8;
    ret->ask.e8 = bid_e8 + spread_e8;
    if (g->spec.size_e8 > 0) {
        ret->bid_size.e8 = part(g->spec.size_e8, rng_between(&g->rng, 1, 100), 100);
        ret->ask_size.e8 = part(g->spec.size_e8, rng_between(&g->rng, 1, 100), 100);
    }
    return 1;
}
