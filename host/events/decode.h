/*
 * decode.h - one JSON value into one field; private to the input half of codec.h.
 */
#ifndef EVENTS_DECODE_H
#define EVENTS_DECODE_H

#include <stdbool.h>

#include "events/codec.h"
#include "events/input_table.h"
#include "events/reflect.h"

struct decode {
    const struct event_decode *env;
    const struct schema_event *type;
    char *buf;
    size_t max;
    uint32_t size; /* of the event so far: the struct, then what is in the tail */
    int64_t time_ns; /* the object's "t" */
    bool left_open;  /* a value is not known yet */
    /* By place in the type's table: what is given, and what must be in the objects that are. */
    const json_t *given[INPUT_KEYS_MAX];
    uint64_t required;
    struct pawl_err *err;
};

/* "entry.stop.pct: message"; key NULL = the event itself. Returns PAWL_E_DATA. */
int decode_fail(struct decode *d, const struct input_key *key, const char *format, ...)
    PAWL_PRINTF(3, 4);

int decode_value(struct decode *d, const struct input_key *key, const json_t *value);

#endif
