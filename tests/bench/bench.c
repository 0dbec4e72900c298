/*
 * bench - how long the small things take.
 *
 *   bench [--json] [--check] [--cpu] [--repetitions N] [NAME...]
 *   bench --once OPS NAME
 *
 * NAME is the beginning of a case's name. --check: exit 1 where a limit is not kept. --cpu counts
 * the time this thread had a processor, for a machine that others use, too. --once runs OPS
 * operations of one case, without a clock, for tools that count (count_guard.py).
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPETITIONS_DEFAULT 11u
#define REPETITIONS_MAX 1001u
#define GROUPS_COUNT (sizeof groups / sizeof groups[0])

static const struct bench_group *const groups[] = {
    &bench_num,
    &bench_trigger,
    &bench_bus,
    &bench_feed, &bench_replay, &bench_rules, &bench_series,
    &bench_net, &bench_json,
    &bench_reload, &bench_lots, &bench_chains, &bench_tranches, &bench_live,
};

struct options {
    bool json, check;
    uint32_t repetitions;
    char **names;
    int names_count;
};

struct figure {
    bool there;
    double median_ns, least_ns, most_ns; /* of one operation */
};

static clockid_t clock_used = CLOCK_MONOTONIC;

static double now_ns(void) {
    struct timespec t;
    clock_gettime(clock_used, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *left, const void *right) {
    const double *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static bool chosen(const struct options *o, const char *name, bool by_name) {
    for (int i = 0; i < o->names_count; i++)
        if (strncmp(name, o->names[i], strlen(o->names[i])) == 0) return true;
    return o->names_count == 0 && !by_name;
}

/* A case that another, chosen one is compared with is run too. */
static bool wanted(const struct options *o, const struct bench_group *g, uint32_t of) {
    for (uint32_t i = 0; i < g->count; i++) {
        const struct bench_case *c = &g->cases[i];
        if (chosen(o, c->name, g->by_name) &&
            (i == of || (c->against != NULL && strcmp(c->against, g->cases[of].name) == 0)))
            return true;
    }
    return false;
}

/* The part that is timed and counted; callgrind finds it by its name. */
__attribute__((noinline)) void bench_counted(const struct bench_case *c, void *self, uint64_t ops);
void bench_counted(const struct bench_case *c, void *self, uint64_t ops) { c->run(self, ops); }

static double once(const struct bench_case *c, void *self) {
    if (c->prepare != NULL) c->prepare(self);
    double start_ns = now_ns();
    bench_counted(c, self, c->ops);
    double time_ns = now_ns() - start_ns;
    return c->value != NULL ? c->value(self) : time_ns / (double)c->ops;
}

/* Warm up once, then take the repetitions in turn. */
static void measure(const struct options *o, const struct bench_group *g, struct figure *ret) {
    static double times[BENCH_CASES_MAX][REPETITIONS_MAX];
    void *selves[BENCH_CASES_MAX] = {0};
    for (uint32_t i = 0; i < g->count; i++) {
        const struct bench_case *c = &g->cases[i];
        ret[i].there = wanted(o, g, i) && (c->setup == NULL || c->setup(&selves[i]) >= 0);
        if (ret[i].there) once(c, selves[i]);
    }
    for (uint32_t r = 0; r < o->repetitions; r++)
        for (uint32_t i = 0; i < g->count; i++)
            if (ret[i].there) times[i][r] = once(&g->cases[i], selves[i]);
    for (uint32_t i = 0; i < g->count; i++) {
        if (ret[i].there) {
            qsort(times[i], o->repetitions, sizeof times[i][0], by_value);
            ret[i].median_ns = times[i][o->repetitions / 2];
            ret[i].least_ns = times[i][0];
            ret[i].most_ns = times[i][o->repetitions - 1];
        }
        if (g->cases[i].done != NULL) g->cases[i].done(selves[i]);
    }
}

static const struct figure *find(const struct bench_group *g, const struct figure *figures,
                                 const char *name) {
    for (uint32_t i = 0; name != NULL && i < g->count; i++)
        if (figures[i].there && strcmp(g->cases[i].name, name) == 0) return &figures[i];
    return NULL;
}

static bool limit_kept(const struct bench_case *c, const struct figure *f,
                       const struct figure *base) {
    double judged_ns = f->median_ns - (c->difference && base != NULL ? base->median_ns : 0);
    return c->limit_ns <= 0 || judged_ns <= c->limit_ns;
}

static void print_text(const struct bench_case *c, const struct figure *f,
                       const struct figure *base) {
    const char *unit = c->unit == NULL ? "ns" : c->unit;
    printf("%-24s %9.2f %s (%.2f - %.2f)", c->name, f->median_ns, unit, f->least_ns, f->most_ns);
    if (c->value == NULL) printf(" %8.2f M/s", 1e3 / f->median_ns);
    if (base != NULL)
        printf("  x%.2f %+.2f %s to %s", f->median_ns / base->median_ns,
               f->median_ns - base->median_ns, unit, c->against);
    if (c->limit_ns > 0)
        printf("  [%slimit %g%s]", c->difference ? "difference, " : "", c->limit_ns,
               limit_kept(c, f, base) ? "" : ", NOT KEPT");
    if (c->goal_ns > 0) printf("  [goal %g]", c->goal_ns);
    printf("\n%24s   %s\n", "", c->doc);
}

static void print_json(const struct bench_case *c, const struct figure *f,
                       const struct figure *base, bool first) {
    printf("%s\n{\"name\":\"%s\",\"doc\":\"%s\",\"ops\":%llu,\"median_ns\":%.3f,\"least_ns\":%.3f,"
           "\"most_ns\":%.3f",
           first ? "" : ",", c->name, c->doc, (unsigned long long)c->ops, f->median_ns,
           f->least_ns, f->most_ns);
    if (base != NULL)
        printf(",\"against\":\"%s\",\"ratio\":%.3f,\"difference_ns\":%.3f", c->against,
               f->median_ns / base->median_ns, f->median_ns - base->median_ns);
    if (c->unit != NULL) printf(",\"unit\":\"%s\"", c->unit);
    if (c->limit_ns > 0) printf(",\"limit_ns\":%g", c->limit_ns);
    if (c->goal_ns > 0) printf(",\"goal_ns\":%g", c->goal_ns);
    printf(",\"kept\":%s}", limit_kept(c, f, base) ? "true" : "false");
}

static bool parse(int argc, char **argv, struct options *ret) {
    *ret = (struct options){.repetitions = REPETITIONS_DEFAULT, .names = argv};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            ret->json = true;
        } else if (strcmp(argv[i], "--check") == 0) {
            ret->check = true;
        } else if (strcmp(argv[i], "--cpu") == 0) {
            clock_used = CLOCK_THREAD_CPUTIME_ID;
        } else if (strcmp(argv[i], "--repetitions") == 0 && i + 1 < argc) {
            unsigned long n = strtoul(argv[++i], NULL, 10);
            if (n == 0 || n > REPETITIONS_MAX) return false;
            ret->repetitions = (uint32_t)n;
        } else if (argv[i][0] == '-') {
            return false;
        } else {
            ret->names[ret->names_count++] = argv[i];
        }
    }
    return true;
}

static int run_once(const char *name, uint64_t ops) {
    for (size_t i = 0; i < GROUPS_COUNT; i++) {
        for (uint32_t k = 0; k < groups[i]->count; k++) {
            const struct bench_case *c = &groups[i]->cases[k];
            void *self = NULL;
            if (strcmp(c->name, name) != 0) continue;
            if (c->setup != NULL && c->setup(&self) < 0) return 1;
            if (c->prepare != NULL) c->prepare(self);
            bench_counted(c, self, ops);
            if (c->done != NULL) c->done(self);
            return 0;
        }
    }
    fprintf(stderr, "bench: no case %s\n", name);
    return 1;
}

int main(int argc, char **argv) {
    struct options o;
    if (argc == 4 && strcmp(argv[1], "--once") == 0)
        return run_once(argv[3], strtoull(argv[2], NULL, 10));
    if (!parse(argc, argv, &o)) {
        fprintf(stderr, "usage: bench [--json] [--check] [--cpu] [--repetitions N] [NAME...]\n");
        return 2;
    }
    bool kept = true, first = true;
    if (o.json) printf("{\"repetitions\":%u,\"cases\":[", o.repetitions);
    for (size_t i = 0; i < GROUPS_COUNT; i++) {
        const struct bench_group *g = groups[i];
        struct figure figures[BENCH_CASES_MAX] = {0};
        measure(&o, g, figures);
        for (uint32_t k = 0; k < g->count; k++) {
            if (!figures[k].there) continue;
            const struct figure *base = find(g, figures, g->cases[k].against);
            if (o.json)
                print_json(&g->cases[k], &figures[k], base, first);
            else
                print_text(&g->cases[k], &figures[k], base);
            kept = limit_kept(&g->cases[k], &figures[k], base) && kept;
            first = false;
        }
        fflush(stdout);
    }
    if (o.json) printf("\n]}\n");
    if (first) {
        fprintf(stderr, "bench: no such case\n");
        return 1;
    }
    return o.check && !kept ? 1 : 0;
}
