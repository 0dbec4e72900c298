/*
 * timefmt.h - times and durations as text.
 *
 * Times are int64_t nanoseconds since 1970-01-01 UTC. No locale, no time zone but the offset in the
 * text. [any] No state, no allocation.
 */
#ifndef EVENTS_TIMEFMT_H
#define EVENTS_TIMEFMT_H

#include "pawl_types.h"

#define TIMEFMT_MAX 40u /* bytes of a time or duration with its terminator */

/* RFC 3339: "2026-03-01T09:30:00Z", ".123456789" and "+02:00" allowed. Years 1970 to 2261.
 * PAWL_E_DATA if it is no such time. */
int timefmt_parse(const char *text, size_t len, int64_t *ret_ns);
/* RFC 3339 UTC with 0, 3, 6 or 9 decimals, as many as it takes; returns the length. Any int64_t. */
size_t timefmt_format(int64_t time_ns, char out[TIMEFMT_MAX]);

/* "250ms", "20s", "3m", "1h", "2d", "500us", "10ns": digits and one unit. PAWL_E_DATA if it is none,
 * PAWL_E_RANGE if it is too long. */
int timefmt_parse_duration(const char *text, size_t len, int64_t *ret_ns);
/* In the largest unit up to hours that is exact; returns the length. ns >= 0. */
size_t timefmt_format_duration(int64_t ns, char out[TIMEFMT_MAX]);

#endif
