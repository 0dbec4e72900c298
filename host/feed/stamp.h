/*
 * stamp.h - times as the usual sources write them.
 *
 *   1725148800000            epoch: up to 11 digits seconds, 14 ms, 17 us, 19 ns; a fraction
 * follows the unit ("1626992741.06") 20140501 [HH:MM[:SS[.f]] | HHMMSS] 2014-05-01 [T|
 * HH:MM[:SS[.f]]] [Z | +00:00 | -0500]
 *
 * Years 1970 to 2200. Same rule as scan.h: one readable byte that is no digit behind the text.
 * [any] No state.
 */
#ifndef FEED_STAMP_H
#define FEED_STAMP_H

#include "pawl_types.h"

#define STAMP_DAY_NS (INT64_C(86400) * PAWL_NS)

/* Days since 1970-01-01 of a date of the Gregorian calendar; the date must be valid. */
int64_t stamp_days(int year, int month, int day);
/* Eight digits YYYYMMDD to nanoseconds. */
int stamp_date(const char **at, int64_t *ret_ns);
/* *ret_utc = 1: the text itself says the zone (or counts from the epoch); 0: *ret_ns is local. */
int stamp_scan(const char **at, int64_t *ret_ns, int *ret_utc);

#endif
