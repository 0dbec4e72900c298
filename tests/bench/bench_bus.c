/*
 * What the bus adds to the calls it makes: an event to 8 subscribers, each in a shared object of
 * its own, against 8 calls through pointers within this program.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "bench_subscriber.h"
#include "bus/bus.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof(a)[0]))
#define SUBSCRIBERS 8u

struct bench {
    struct bus *bus;
    struct bench_subscriber selves[SUBSCRIBERS];
    bus_handler *volatile fns[SUBSCRIBERS]; /* volatile: so that no call can be resolved early */
    void *libraries[SUBSCRIBERS];
    struct pawl_ev_quote quote;
    int64_t now_ns;
};

__attribute__((noinline)) static void on_event(void *self, const struct pawl_event *event) {
    bench_subscriber_body(self, event);
}

static void done(void *self) {
    struct bench *b = self;
    if (b == NULL) return;
    bus_free(b->bus);
    for (uint32_t i = 0; i < SUBSCRIBERS; i++)
        if (b->libraries[i] != NULL) dlclose(b->libraries[i]);
    free(b);
}

static bool load(struct bench *b, uint32_t i) {
    char path[1024];
    snprintf(path, sizeof path, "%s/bench_subscriber_%u.so", BENCH_SUBSCRIBERS_DIR, i);
    b->libraries[i] = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (b->libraries[i] == NULL) {
        fprintf(stderr, "bench: %s\n", dlerror());
        return false;
    }
    void *symbol = dlsym(b->libraries[i], "bench_on_event");
    bus_handler *fn = NULL;
    *(void **)&fn = symbol; /* POSIX's way to turn an object pointer into a function */
    b->fns[i] = fn;
    return symbol != NULL;
}

static int setup(void **ret, uint32_t subscribers, bool libraries) {
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL || bus_new(&b->bus, 1, NULL) < 0) {
        done(b);
        return -1;
    }
    b->quote = (struct pawl_ev_quote){
        .head = {.size = sizeof b->quote, .type = PAWL_EV_QUOTE}, .instrument = 1};
    for (uint32_t i = 0; i < SUBSCRIBERS; i++) {
        b->fns[i] = on_event;
        if (libraries && !load(b, i)) {
            done(b);
            return -1;
        }
    }
    for (uint32_t i = 0; i < subscribers; i++) {
        if (bus_subscribe(b->bus, PAWL_EV_QUOTE, b->fns[i], &b->selves[i], NULL) < 0) {
            done(b);
            return -1;
        }
    }
    *ret = b;
    return 0;
}
static int setup_calls(void **ret) { return setup(ret, 0, false); }
static int setup_none(void **ret) { return setup(ret, 0, true); }
static int setup_all(void **ret) { return setup(ret, SUBSCRIBERS, true); }

static void calls(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        b->quote.bid.e8 = (int64_t)i;
        for (uint32_t k = 0; k < SUBSCRIBERS; k++) b->fns[k](&b->selves[k], &b->quote.head);
    }
}

static void input(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        b->quote.bid.e8 = (int64_t)i;
        bus_input(b->bus, &b->quote.head, 1, ++b->now_ns);
    }
}

/* A subscriber that answers each timer with one quote. */
static void republish(void *self, const struct pawl_event *event) {
    struct bench *b = self;
    b->quote.bid.e8 = event->time_ns;
    if (bus_publish(b->bus, 1, &b->quote.head) < 0) abort();
}

static int setup_nested(void **ret) {
    if (setup_all(ret) < 0) return -1;
    struct bench *b = *ret;
    return bus_subscribe(b->bus, PAWL_EV_TIMER, republish, b, NULL);
}

static void nested(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_ev_timer timer = {.head = {.size = sizeof timer, .type = PAWL_EV_TIMER}};
        bus_input(b->bus, &timer.head, 0, ++b->now_ns);
    }
}

static const struct bench_case cases[] = {
    {"bus.calls_8", "8 calls through pointers in this program", 1000000, setup_calls, NULL, calls,
     done, NULL, false, 0, 0},
    {"bus.input_0", "a turn without subscribers", 1000000, setup_none, NULL, input, done, NULL,
     false, 0, 0},
    {"bus.input_8", "a turn of one event to 8 subscribers in shared objects", 1000000, setup_all,
     NULL, input, done, "bus.calls_8", true, 40, 16},
    {"bus.nested_8", "the same, published by a handler: copied, queued, delivered", 1000000,
     setup_nested, NULL, nested, done, "bus.input_8", true, 40, 16},
};
const struct bench_group bench_bus = {"bus", cases, COUNT(cases)};
