/*
 * reflect.h - looking things up in the generated description of events, records and enums.
 * [any] No state, no allocation; what is returned is constant.
 */
#ifndef EVENTS_REFLECT_H
#define EVENTS_REFLECT_H

#include "events/schema.gen.h"

/* NULL = no such type. Names are those of JSON: "lot.opened". */
const struct schema_event *reflect_event(uint16_t type);
const struct schema_event *reflect_event_named(const char *name);

/* The host's own records only; a plugin's are in its descriptor. NULL = none. */
const struct pawl_record_type *reflect_record(uint16_t id);
const struct pawl_record_type *reflect_record_table(const char *table);

/* NULL = no such field. */
const struct pawl_field *reflect_field(const struct pawl_field *fields, const char *name);

const struct schema_enum *reflect_enum(uint16_t enum_id); /* NULL = none */
/* "BUY"; "" for 0 and for a value the enum has not. */
const char *reflect_enum_text(uint16_t enum_id, uint8_t value);
/* The value of a text, whatever its case; 0 = none. Sides have synonyms: buy, long, bull, bullish,
 * b and sell, short, bear, bearish, s; a signal keeps SHORT apart from SELL. */
uint8_t reflect_enum_value(uint16_t enum_id, const char *text, size_t len);
/* "BUY, SELL" for messages; cut to fit. */
void reflect_enum_choices(uint16_t enum_id, char *out, size_t max);

/* PAWL_OK if the event is of a known type, its size fits type and limit, and its texts lie within
 * its tail; else PAWL_E_DATA. `bytes` is what the memory holds. */
int reflect_event_check(const struct pawl_event *event, size_t bytes);

#endif
