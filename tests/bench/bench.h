/*
 * bench.h - the harness of the benchmarks. The cases of a group are run in turn, repetition by
 * repetition, so that what disturbs the machine disturbs all of them; the figure is the median.
 * Times depend on the machine: only ratios and differences within one run say much.
 *
 * A new group: one bench_<name>.c that defines `const struct bench_group bench_<name>`, one line in
 * bench.c and one in meson.build.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

struct bench_case {
    const char *name; /* "trigger.idle_1m" */
    const char *doc;  /* what one operation is */
    uint64_t ops;     /* operations of one repetition; about 10 ms of them */
    int (*setup)(void **ret_self);         /* once; below 0 = the case is left out; NULL = none */
    void (*prepare)(void *self);           /* before each repetition, not timed; NULL = none */
    void (*run)(void *self, uint64_t ops); /* timed */
    void (*done)(void *self);              /* accepts NULL; NULL = none */
    const char *against; /* an earlier case of the group to compare with; NULL = none */
    bool difference;     /* limit and goal are for the difference to `against`, not the time */
    double limit_ns;     /* of one operation; 0 = none */
    double goal_ns;      /* 0 = none */
    double (*value)(void *self); /* the figure, where it is not the time; asked after run */
    const char *unit;            /* of it and its limits; NULL = ns */
};

struct bench_group {
    const char *name;
    const struct bench_case *cases;
    uint32_t count; /* at most BENCH_CASES_MAX */
    bool by_name;   /* takes minutes: runs when it is named */
};
#define BENCH_CASES_MAX 32u

extern const struct bench_group bench_num, bench_trigger, bench_bus, bench_feed, bench_replay,
    bench_rules, bench_series;
extern const struct bench_group bench_net, bench_json;
extern const struct bench_group bench_reload, bench_lots, bench_chains, bench_tranches, bench_live;

/* A port of the loopback that nobody has just now; 0 = none. */
uint16_t bench_free_port(void);

/* Makes the compiler believe a result is used. */
static inline void bench_keep(uint64_t value) { __asm__ volatile("" : : "r"(value) : "memory"); }

#endif
