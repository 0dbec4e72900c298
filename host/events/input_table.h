/*
 * input_table.h - the shape of the events that may come in (FORMATS.md): which key of the JSON
 * object is which field, and what is allowed there. One table for reading, writing and errors.
 * Private to codec.h's two halves.
 */
#ifndef EVENTS_INPUT_TABLE_H
#define EVENTS_INPUT_TABLE_H

#include <stdint.h>

enum input_rule {
    INPUT_REQUIRED = 1 << 0,
    INPUT_POSITIVE = 1 << 1,     /* above 0 */
    INPUT_NOT_NEGATIVE = 1 << 2, /* 0 or above */
    INPUT_FRACTION = 1 << 3,     /* above 0 and below 1: 0.03 = 3 %; refuses the percentage */
    INPUT_CONFIDENCE = 1 << 4,   /* 0 to 1; a JSON real is allowed, it is nobody's amount */
    INPUT_DURATION = 1 << 5,     /* an i64 given as "250ms" */
    INPUT_DEADLINE = 1 << 6,     /* a time, or a duration from the event's own time */
    INPUT_FLAG = 1 << 7,         /* a u8 given as true or false */
    INPUT_TRUE = 1 << 8,         /* a u8 that can only be asked for: true */
    INPUT_TAGS = 1 << 9,         /* an object with the known identity tags only */
    INPUT_NUMBERS = 1 << 10      /* an array of whole numbers */
};

struct input_key {
    /* Object it is in; NULL = the event's own. "legs[0]" is the first object of the array
     * "legs". */
    const char *parent;
    const char *key;    /* NULL ends the table */
    const char *field;  /* of the schema */
    uint16_t rules;
};

#define INPUT_KEYS_MAX 64 /* of one type */

struct input_type {
    uint16_t type;
    const struct input_key *keys;
};

#define INPUT_LEGS_MAX 4u

/* NULL = does not come from outside. */
const struct input_type *input_type_of(uint16_t event_type);

/* Names a tag may have; ends with NULL. */
extern const char *const input_tags[];

#endif
