/* sentence.h - an event as JSON in words: for `monitor` and `explain`. */
#ifndef CLI_SENTENCE_H
#define CLI_SENTENCE_H

#include <jansson.h>
#include <stddef.h>

#define SENTENCE_MAX 512u

/* What happened, without time, symbol and name of the lot. An event it has no words for is its
 * type with its fields. Returns `out`. */
const char *sentence(const json_t *event, char out[SENTENCE_MAX]);

const char *sentence_time(const json_t *event, char out[32]); /* "2026-01-05 09:00:10.000" */

#endif
