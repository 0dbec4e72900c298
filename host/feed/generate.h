/*
 * generate.h - a made-up market: quotes from a seed, for demonstrations and tests.
 *
 * The specification is a small JSON file whose name ends in .generated.json and which says so
 * itself:
 *
 *   generated    text that states that this is no market data; required
 *   symbol       instrument
 *   seed         0 .. 2^53
 *   start        "2024-01-07", first day (UTC)
 *   days         1 .. 3660 calendar days
 *   price, tick  decimal strings
 *   week         {"opens": "Sun 23:00", "closes": "Fri 22:00"} UTC; left out = never closed
 *   break        {"from": "22:00", "to": "23:00"} daily, UTC; left out = none
 *   gap_ppm      largest jump over a weekend, millionths of the price (default 0); a fifth over a
 * break sessions     list of {"name", "from", "to", "quotes_per_minute" 1 .. 600, "volatility_ppm"
 * of a minute, "spread" in ticks}; a time of day in none of them has no quotes trend_ppm    drift
 * of a minute in a trend (default 0); trends last 30 to 240 minutes burst        {"per_day",
 * "minutes", "factor"}: news, volatility and spread times factor size         largest quantity at
 * bid and ask, decimal string (default "0" = not said)
 *
 * Integer arithmetic only: the same file gives the same quotes with every compiler and machine.
 * Thread: any one at a time.
 */
#ifndef FEED_GENERATE_H
#define FEED_GENERATE_H

#include "feed/feed.h"
#include "pawl_schema.gen.h"

#define GENERATE_SESSIONS_MAX 16u
#define GENERATE_DAYS_MAX 3660u
#define GENERATE_FILE_MAX (64u << 10)
#define GENERATE_SUFFIX ".generated.json"

struct generator;

/* PAWL_E_IO or PAWL_E_CONFIG with "FILE: path.to.key: message". */
int generator_new(const char *path, struct generator **ret, struct pawl_err *err);
void generator_free(struct generator *generator); /* accepts NULL */
const char *generator_symbol(const struct generator *generator);
/* 1 = a quote (all but instrument and cookie is set), 0 = the end. */
int generator_next(struct generator *generator, struct pawl_ev_quote *ret);

#endif
