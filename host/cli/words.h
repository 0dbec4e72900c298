/* words.h - JSON of the control socket as short text for people. Each returns `out`. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <jansson.h>
#include <stddef.h>

#include "pawl_types.h"

#define WORD_MAX 64u

/* A decimal with exactly so many places, the last one rounded; "" if it is none. */
const char *word_fixed(const json_t *object, const char *key, int places, int sign,
                       char out[WORD_MAX]);
/* A decimal as it is; "" = absent. */
const char *word_of(const json_t *object, const char *key, char out[WORD_MAX]);
/* Places behind the point of a decimal text. */
int word_places(const char *decimal);
/* "2 d 3 h", "14 min", "3.2 s" */
const char *word_span(double seconds, char out[WORD_MAX]);
/* "12.3 GB" */
const char *word_bytes(double bytes, char out[WORD_MAX]);
/* "2026-01-05 09:00:10" of an RFC 3339 time; "" = absent. */
const char *word_time(const json_t *object, const char *key, char out[WORD_MAX]);
/* Name of the lot it is about, else "lot 12"; "" = about none. */
const char *word_lot(const json_t *object, char out[WORD_MAX]);

#endif
