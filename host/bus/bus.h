/*
 * bus.h - one ordered stream of events, run to completion in turns.
 *
 * A turn is one outside input and everything it causes. bus_input() gives the input its seq, hands
 * it to the host's own handler (the book), then to every subscriber in the order they were
 * attached, then to the last handler (the rules); what handlers publish queues behind it, first in
 * first out, and is delivered before bus_input() returns. Then `end_of_turn` runs (the executor
 * plans); what it publishes is delivered the same way, until nothing is left.
 *
 * Cause   an event published while another is being delivered answers that one; end_of_turn sets
 *         its own with bus_set_cause().
 * Owner   events are copied in; the one being delivered is valid until its handler returns.
 * Limits  BUS_TURN_EVENTS_MAX events a turn; past it publish answers PAWL_E_BUSY.
 * Thread  loop only.
 */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include <stdbool.h>

#include "pawl_event.h"

#define BUS_TYPES_MAX 0x1000u
#define BUS_SUBSCRIBERS_MAX 64u /* per type */
#define BUS_COMPONENTS_MAX 4096u
#define BUS_TURN_EVENTS_MAX 262144u
#define BUS_SEQ_BOOT_SHIFT 40

typedef void bus_handler(void *arg, const struct pawl_event *event);

struct bus_subscriber {
    bus_handler *fn;
    void *arg;
};

struct bus_list {
    uint32_t count;
    struct bus_subscriber *items;
};

struct bus_block;

struct bus {
    int64_t now_ns;         /* constant within a turn */
    uint64_t seq;           /* of the newest event */
    uint64_t turn;          /* seq of this turn's input; also names its store batch */
    uint64_t cause;         /* for what is published now */
    bool in_turn;
    uint32_t turn_events;
    bus_handler *first;     /* sees every event before the subscribers */
    void *first_arg;
    bus_handler *last; /* sees every event after them; NULL = nobody */
    void *last_arg;
    bool (*end_of_turn)(void *arg); /* true = it may have more to do after what it published */
    void *end_arg;
    struct bus_list lists[BUS_TYPES_MAX];
    struct bus_subscriber components[BUS_COMPONENTS_MAX]; /* for addressed events, by its id */
    struct bus_block *head, *tail; /* queue of this turn */
    uint64_t delivered;
};

int bus_new(struct bus **ret, uint32_t boot, struct pawl_err *err);
void bus_free(struct bus *bus);

/* Make a component reachable for addressed events; fn NULL detaches it everywhere. */
int bus_attach(struct bus *bus, uint32_t component, bus_handler *fn, void *arg,
               struct pawl_err *err);
/* Append a subscriber of a type; order of calls = order of delivery. */
int bus_subscribe(struct bus *bus, uint16_t type, bus_handler *fn, void *arg, struct pawl_err *err);

/* It subscribed to the type. */
bool bus_listens(const struct bus *bus, uint32_t component, uint16_t type);
/* Room for subscribers of a type, so that bus_subscribe() of it cannot fail for want of memory. */
int bus_reserve(struct bus *bus, uint16_t type, struct pawl_err *err);
/* Everybody off, to be lined up anew: reload. Between turns. */
void bus_clear(struct bus *bus);

/* Run one turn at now_ns. seq, time and source of `event` are filled in; `event` may be NULL: then
 * the turn is only end_of_turn (a command of the operator, a release of the outbox). */
void bus_input(struct bus *bus, struct pawl_event *event, uint32_t source, int64_t now_ns);

/* Queue a copy behind what is being delivered. Inside a turn only. */
int bus_publish(struct bus *bus, uint32_t source, const struct pawl_event *event);

static inline void bus_set_cause(struct bus *bus, uint64_t cause) { bus->cause = cause; }

#endif
