#include "bus/bus.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Queued events live in blocks that never move, so the event being delivered stays put while its
 * handlers publish. A turn's blocks are kept for the next turn. */
#define BLOCK_BYTES (64u * 1024u)

struct bus_block {
    struct bus_block *next;
    uint32_t used, read;
    _Alignas(16) unsigned char bytes[BLOCK_BYTES];
};
_Static_assert(BLOCK_BYTES >= PAWL_EVENT_SIZE_MAX, "an event fits a block");

int bus_new(struct bus **ret, uint32_t boot, struct pawl_err *err) {
    struct bus *bus = calloc(1, sizeof *bus);
    struct bus_block *block = calloc(1, sizeof *block);
    if (bus == NULL || block == NULL) {
        free(bus);
        free(block);
        return pawl_fail(err, PAWL_E_NOMEM, "event bus: out of memory");
    }
    bus->seq = (uint64_t)boot << BUS_SEQ_BOOT_SHIFT;
    bus->head = bus->tail = block;
    *ret = bus;
    return PAWL_OK;
}

void bus_free(struct bus *bus) {
    if (bus == NULL) return;
    for (struct bus_block *block = bus->head, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    for (uint32_t type = 0; type < BUS_TYPES_MAX; type++) free(bus->lists[type].items);
    free(bus);
}

int bus_attach(struct bus *bus, uint32_t component, bus_handler *fn, void *arg,
               struct pawl_err *err) {
    if (component == 0 || component >= BUS_COMPONENTS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "more than %u components", BUS_COMPONENTS_MAX - 1);
    bus->components[component] = (struct bus_subscriber){fn, arg};
    return PAWL_OK;
}

int bus_reserve(struct bus *bus, uint16_t type, struct pawl_err *err) {
    if (type == 0 || type >= BUS_TYPES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "event type 0x%04x does not exist", type);
    struct bus_list *list = &bus->lists[type];
    if (list->items == NULL) list->items = calloc(BUS_SUBSCRIBERS_MAX, sizeof *list->items);
    if (list->items == NULL) return pawl_fail(err, PAWL_E_NOMEM, "event bus: out of memory");
    return PAWL_OK;
}

void bus_clear(struct bus *bus) {
    assert(!bus->in_turn);
    for (uint32_t type = 0; type < BUS_TYPES_MAX; type++) bus->lists[type].count = 0;
    memset(bus->components, 0, sizeof bus->components);
}

int bus_subscribe(struct bus *bus, uint16_t type, bus_handler *fn, void *arg,
                  struct pawl_err *err) {
    int rc = bus_reserve(bus, type, err);
    if (rc != PAWL_OK) return rc;
    struct bus_list *list = &bus->lists[type];
    if (list->count == BUS_SUBSCRIBERS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "more than %u subscribers of one event type",
                         BUS_SUBSCRIBERS_MAX);
    list->items[list->count++] = (struct bus_subscriber){fn, arg};
    return PAWL_OK;
}

bool bus_listens(const struct bus *bus, uint32_t component, uint16_t type) {
    if (component >= BUS_COMPONENTS_MAX || type >= BUS_TYPES_MAX) return false;
    const struct bus_subscriber *self = &bus->components[component];
    const struct bus_list *list = &bus->lists[type];
    for (uint32_t i = 0; self->fn != NULL && i < list->count; i++)
        if (list->items[i].fn == self->fn && list->items[i].arg == self->arg) return true;
    return false;
}

static void deliver(struct bus *bus, const struct pawl_event *event) {
    bus->cause = event->seq;
    if (bus->first != NULL) bus->first(bus->first_arg, event);
    if (event->target != 0) {
        const struct bus_subscriber *one =
            event->target < BUS_COMPONENTS_MAX ? &bus->components[event->target] : NULL;
        if (one != NULL && one->fn != NULL) one->fn(one->arg, event);
    } else {
        const struct bus_list *list = &bus->lists[event->type];
        for (uint32_t i = 0; i < list->count; i++) list->items[i].fn(list->items[i].arg, event);
    }
    if (bus->last != NULL) bus->last(bus->last_arg, event);
    bus->delivered++;
}

static void drain(struct bus *bus) {
    for (;;) {
        struct bus_block *block = bus->head;
        if (block->read == block->used) {
            if (block == bus->tail) break;
            bus->head = block->next;
            block->used = block->read = 0; /* keep it behind the tail for reuse */
            block->next = bus->tail->next;
            bus->tail->next = block;
            continue;
        }
        const struct pawl_event *event = (const void *)(block->bytes + block->read);
        block->read += event->size;
        deliver(bus, event);
    }
    bus->tail->used = bus->tail->read = 0;
}

void bus_input(struct bus *bus, struct pawl_event *event, uint32_t source, int64_t now_ns) {
    assert(!bus->in_turn);
    assert(now_ns >= bus->now_ns);
    bus->in_turn = true;
    bus->now_ns = now_ns;
    bus->turn_events = 0;
    bus->turn = ++bus->seq;
    bus->cause = bus->turn;
    if (event != NULL) {
        assert(event->type < BUS_TYPES_MAX && event->size >= sizeof *event);
        event->seq = bus->turn;
        if (source == 0) event->cause = 0; /* else a component's, from an earlier turn */
        event->time_ns = now_ns;
        event->source = source;
        deliver(bus, event);
    }
    for (;;) {
        if (bus->head->read != bus->head->used || bus->head != bus->tail) drain(bus);
        if (bus->end_of_turn == NULL || !bus->end_of_turn(bus->end_arg)) {
            if (bus->head->read == bus->head->used && bus->head == bus->tail) break;
        }
    }
    bus->in_turn = false;
}

/* Room for `size` more bytes at the tail, in a kept or new block. */
static struct bus_block *room(struct bus *bus, uint32_t size) {
    struct bus_block *block = bus->tail;
    if (BLOCK_BYTES - block->used >= size) return block;
    struct bus_block *next = block->next;
    if (next == NULL) {
        next = calloc(1, sizeof *next);
        if (next == NULL) return NULL;
        block->next = next;
    }
    bus->tail = next;
    return next;
}

int bus_publish(struct bus *bus, uint32_t source, const struct pawl_event *event) {
    assert(bus->in_turn);
    if (event->size < sizeof *event || event->size > PAWL_EVENT_SIZE_MAX || event->size % 8 != 0 ||
        event->type == 0 || event->type >= BUS_TYPES_MAX)
        return PAWL_E_INVAL;
    if (bus->turn_events >= BUS_TURN_EVENTS_MAX) return PAWL_E_BUSY;
    struct bus_block *block = room(bus, event->size);
    if (block == NULL) return PAWL_E_NOMEM;
    struct pawl_event *copy = (void *)(block->bytes + block->used);
    memcpy(copy, event, event->size);
    block->used += event->size;
    copy->seq = ++bus->seq;
    copy->cause = bus->cause;
    copy->time_ns = bus->now_ns;
    copy->source = source;
    bus->turn_events++;
    return PAWL_OK;
}
