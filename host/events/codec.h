/*
 * codec.h - events and records as JSON (FORMATS.md), one line an object.
 *
 * Out    `event_to_json` is the trace: seq, t, type, cause, then the fields in the schema's order.
 *        Amounts are decimal strings ("ALL" for PAWL_QTY_ALL), times RFC 3339 UTC, ids names
 *        (`instrument` under the key "symbol"), enums their text. Empty text, zero times, enums and
 *        ids are left out. An id without a name is written "#7". No newline, but a terminating NUL.
 * In     `event_from_json` reads what may come from outside: quote trade bar mark liquidation
 *        signal entry scale_in exit stop fault, in the nested shape of FORMATS. Every error is
 *        PAWL_E_DATA and names the field: `entry.via: unknown component "nobody"`.
 * [any] No state.
 */
#ifndef EVENTS_CODEC_H
#define EVENTS_CODEC_H

#include <jansson.h>
#include <stdbool.h>

#include "base/names.h"
#include "pawl_event.h"
#include "pawl_plugin.h"

/* A buffer that any event fits in: each of its bytes may need six in JSON. */
#define CODEC_LINE_MAX (6u * PAWL_EVENT_SIZE_MAX + 4096u)

/* ret_len excludes the NUL. PAWL_E_RANGE: it does not fit in max; PAWL_E_DATA: no valid event
 * (unknown type, wrong size, text outside its tail). names may be NULL. */
int event_to_json(const struct pawl_event *event, const struct names *names, char *out, size_t max,
                  size_t *ret_len);

/* The same event as event_from_json reads it; PAWL_E_INVAL for a type that cannot come in. */
int event_to_input(const struct pawl_event *event, const struct names *names, char *out, size_t max,
                   size_t *ret_len);

/* A record row; `row` is type->size bytes. Errors as above. */
int row_to_json(const struct pawl_record_type *type, const void *row, const struct names *names,
                char *out, size_t max, size_t *ret_len);

/* Who knows the names. Each returns 0 for a name it does not know; NULL knows none. */
struct event_decode {
    void *self; /* handed to the callbacks */
    uint32_t (*instrument)(void *self, const char *symbol);
    uint32_t (*account)(void *self, const char *name);
    uint32_t (*component)(void *self, const char *name);
    /* May this be asked for? PAWL_E_INVAL with a sentence; NULL = it may. */
    int (*judge)(void *self, const struct pawl_event *event, struct pawl_err *err);
    const char *type; /* of an object without "type"; NULL = it is required */
    int64_t now_ns;   /* time of an object without "t"; 0 = it is required */
    bool open;        /* null is a value not known yet: the key is checked, the event is no use */
    bool *timed;      /* set if more of the event than its time follows from now_ns; may be NULL */
};

/* Fill buf, aligned to 8 and at most max bytes of it, with an event: head.size, type and time_ns (a
 * bar's is its close), the rest of the head 0. On failure buf's content is undefined. */
int event_from_json(const json_t *object, const struct event_decode *env, void *buf, size_t max,
                    struct pawl_err *err);

#endif
