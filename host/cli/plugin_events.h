/*
 * plugin_events.h - random events of every kind that may come from outside, for trying a plugin:
 * prices that wander, and requests that make sense, do not, or are in bad taste. Each is one the
 * host would take from a file. Repeatable by its seed.
 */
#ifndef CLI_PLUGIN_EVENTS_H
#define CLI_PLUGIN_EVENTS_H

#include <jansson.h>

#include "base/rng.h"
#include "pawl_types.h"

#define PLUGIN_EVENTS_SYMBOLS 2u

struct plugin_events {
    struct rng rng;
    const char *via;                          /* who is asked to open lots */
    int64_t price_e8[PLUGIN_EVENTS_SYMBOLS];  /* of each instrument */
    uint32_t refs;                            /* names given to lots so far */
};

extern const char *const plugin_events_symbols[PLUGIN_EVENTS_SYMBOLS];

void plugin_events_init(struct plugin_events *events, uint64_t seed, const char *via);
/* How long until the next one, in ns. */
int64_t plugin_events_wait(struct plugin_events *events);
/* An object as in a data file, without "t"; a new reference, NULL = no memory. */
json_t *plugin_events_next(struct plugin_events *events);

#endif
