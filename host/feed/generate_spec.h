/* generate_spec.h - the specification of a made-up market (generate.h), read and checked. */
#ifndef FEED_GENERATE_SPEC_H
#define FEED_GENERATE_SPEC_H

#include "feed/generate.h"

#define GENERATE_DAY_MINUTES 1440
#define GENERATE_WEEK_MINUTES (7 * GENERATE_DAY_MINUTES)

struct generate_session {
    int from, to; /* minutes of the day; from > to passes midnight, equal = the whole day */
    int64_t quotes_per_minute, volatility_ppm, spread_ticks;
};

struct generate_spec {
    char symbol[FEED_TEXT_MAX + 1];
    uint64_t seed;
    int64_t start_ns;
    int64_t days;
    int64_t price_e8, tick_e8, size_e8;
    int week, opens,
        closes; /* week 1 = closed from `closes` to `opens`, minutes from Sunday 00:00 */
    int pause, pause_from, pause_to; /* pause 1 = closed daily between these */
    int64_t gap_ppm, trend_ppm;
    int64_t burst_per_day, burst_minutes, burst_factor; /* per_day 0 = none */
    size_t session_count;
    struct generate_session sessions[GENERATE_SESSIONS_MAX];
};

/* PAWL_E_IO or PAWL_E_CONFIG with "FILE: path.to.key: message". */
int generate_spec_read(const char *path, struct generate_spec *ret, struct pawl_err *err);

#endif
