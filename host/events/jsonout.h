/*
 * jsonout.h - writing JSON into a buffer of the caller, fast and never beyond its end.
 *
 * Keys and values are put in order; commas come by themselves. Text that is not UTF-8 is written
 * with U+FFFD in place of each bad byte, so that a line is always valid JSON. What does not fit is
 * remembered and reported once, by jsonout_end. [any] No allocation.
 */
#ifndef EVENTS_JSONOUT_H
#define EVENTS_JSONOUT_H

#include <stdbool.h>

#include "pawl_types.h"

struct jsonout {
    char *start, *at, *end; /* end: one byte is kept for the NUL */
    bool full, comma;       /* comma: one is due before the next value or key */
};

void jsonout_begin(struct jsonout *out, char *buffer, size_t max); /* max > 0 */
/* Terminates. PAWL_OK with the length, or PAWL_E_RANGE. */
int jsonout_end(struct jsonout *out, size_t *ret_len);

void jsonout_open(struct jsonout *out, char bracket); /* '{' or '[' */
void jsonout_close(struct jsonout *out, char bracket);
void jsonout_key(struct jsonout *out, const char *key); /* a plain name: nothing in it to escape */
void jsonout_text(struct jsonout *out, const char *text, size_t len);
/* Any bytes: each is one character, those above 126 as \u00XX. */
void jsonout_bytes(struct jsonout *out, const void *data, size_t len);
void jsonout_u64(struct jsonout *out, uint64_t value);
void jsonout_i64(struct jsonout *out, int64_t value);
void jsonout_bool(struct jsonout *out, bool value);
void jsonout_e8(struct jsonout *out, int64_t e8);        /* "1.5" */
void jsonout_time(struct jsonout *out, int64_t time_ns); /* "2026-03-01T09:30:00Z" */
void jsonout_raw(struct jsonout *out, const char *json, size_t len); /* a whole value */

#endif
