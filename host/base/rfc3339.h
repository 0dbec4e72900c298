/*
 * rfc3339.h - times as text, UTC: "2026-01-02T03:04:05.678Z". Years 1970 to 2261, no leap seconds
 * (":60" is read as the first instant of the next minute). [any] No state, no locale, no time zone
 * tables.
 */
#ifndef BASE_RFC3339_H
#define BASE_RFC3339_H

#include "pawl_types.h"

#define RFC3339_SIZE 32u /* bytes rfc3339_format may write, terminator included */

/* decimals 0, 3, 6 or 9 are written always, cut not rounded; -1 = as many of these as needed.
 * Returns the length. A negative time is written as 1970-01-01T00:00:00Z. */
size_t rfc3339_format(int64_t time_ns, int decimals, char out[RFC3339_SIZE]);
/* Exactly `len` bytes: "T", "t" or " " between date and time, 0 to 9 decimals, then Z, z or an
 * offset +hh:mm. PAWL_E_DATA when it is no time, PAWL_E_RANGE when it is outside. */
int rfc3339_parse(const char *text, size_t len, int64_t *ret_ns);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. Month and day from 1. */
int64_t rfc3339_days(int64_t year, unsigned month, unsigned day);
void rfc3339_civil(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);

#endif
