/*
 * timefmt.h - durations as text; times are base/rfc3339.h's.
 * [any] No state, no allocation.
 */
#ifndef EVENTS_TIMEFMT_H
#define EVENTS_TIMEFMT_H

#include "pawl_types.h"

#define TIMEFMT_MAX 40u /* bytes of a duration with its terminator */

/* "250ms", "20s", "3m", "1h", "2d", "500us", "10ns": digits and one unit. PAWL_E_DATA if it is
 * none, PAWL_E_RANGE if it is too long. */
int timefmt_parse_duration(const char *text, size_t len, int64_t *ret_ns);
/* In the largest unit up to hours that is exact; returns the length. ns >= 0. */
size_t timefmt_format_duration(int64_t ns, char out[TIMEFMT_MAX]);

#endif
