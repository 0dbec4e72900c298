/*
 * What a tick costs with many levels resting, what a hit costs, what moving a level costs.
 * Levels are armed in a scattered order, so that neighbours in price are strangers in memory.
 */
#include <stdlib.h>

#include "bench.h"
#include "bus/timers.h"
#include "trigger/trigger.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof(a)[0]))
#define EUR 3u
#define PRICES 4096u /* a power of two */
#define MILLION (1u << 20)
#define SCATTER UINT64_C(0x9e3779b1) /* odd: times it, modulo a power of two, is a permutation */
#define MIDDLE ((int64_t)MILLION * 4)

struct bench {
    struct triggers *t;
    struct timers *timers;
    uint64_t levels; /* a power of two, or 1 */
    uint64_t at;     /* the next to be changed */
    uint64_t hits;
    int64_t prices[PRICES];
};

static struct trigger_spec spec_of(uint64_t key, uint64_t step, uint64_t levels) {
    int64_t distance = 10 + (int64_t)((step * SCATTER) & (levels - 1));
    bool up = step % 2 == 0;
    return (struct trigger_spec){
        .key = key,
        .owner = 1,
        .instrument = EUR,
        .level = {up ? MIDDLE + distance : MIDDLE - distance},
        .line = TRIGGER_BID,
        .cross = up ? TRIGGER_AT_OR_ABOVE : TRIGGER_AT_OR_BELOW,
    };
}

static void done(void *self) {
    struct bench *b = self;
    if (b == NULL) return;
    triggers_free(b->t);
    timers_free(b->timers);
    free(b);
}

static struct bench *fresh(uint64_t levels) {
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL || triggers_new(&b->t, NULL) < 0 || timers_new(&b->timers, NULL) < 0) {
        done(b);
        return NULL;
    }
    b->levels = levels;
    for (uint32_t i = 0; i < PRICES; i++) b->prices[i] = MIDDLE + (int64_t)(i * SCATTER % 19) - 9;
    triggers_price(b->t, EUR, TRIGGER_BID, (struct pawl_price){MIDDLE});
    return b;
}

static int setup_levels(void **ret, uint64_t levels) {
    struct bench *b = fresh(levels);
    if (b == NULL) return -1;
    for (uint64_t key = 0; key < levels; key++) {
        struct trigger_spec spec = spec_of(key, key, levels);
        if (triggers_arm(b->t, &spec, NULL) < 0) {
            done(b);
            return -1;
        }
    }
    *ret = b;
    return 0;
}
static int setup_1(void **ret) { return setup_levels(ret, 1); }
static int setup_1k(void **ret) { return setup_levels(ret, 1024); }
static int setup_1m(void **ret) { return setup_levels(ret, MILLION); }

/* The loop of the idle cases without the index. */
static void loop(void *self, uint64_t ops) {
    struct bench *b = self;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ops; i++) {
        sum += (uint64_t)b->prices[i % PRICES];
        bench_keep(sum);
    }
}

static void idle(void *self, uint64_t ops) {
    struct bench *b = self;
    uint64_t hits = 0;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_price price = {b->prices[i % PRICES]};
        hits += triggers_price(b->t, EUR, TRIGGER_BID, price);
        bench_keep(hits);
    }
}

/* All levels above, one at each price: the price rises through some, then falls back and they are
 * armed again. */
#define HITS_1K 512u
#define HITS_1M 65536u

static struct trigger_spec stair(uint64_t step, uint64_t levels) {
    return (struct trigger_spec){
        .key = (step * SCATTER) & (levels - 1),
        .owner = 1,
        .instrument = EUR,
        .level = {MIDDLE + 1 + (int64_t)step},
        .line = TRIGGER_BID,
        .cross = TRIGGER_AT_OR_ABOVE,
    };
}

static int setup_stairs(void **ret, uint64_t levels) {
    struct bench *b = fresh(levels);
    if (b == NULL) return -1;
    for (uint64_t i = 0; i < levels; i++) {
        struct trigger_spec spec = stair((i * 5) & (levels - 1), levels);
        if (triggers_arm(b->t, &spec, NULL) < 0) {
            done(b);
            return -1;
        }
    }
    *ret = b;
    return 0;
}
static int setup_stairs_1k(void **ret) { return setup_stairs(ret, 1024); }
static int setup_stairs_1m(void **ret) { return setup_stairs(ret, MILLION); }

static void prepare_stairs(void *self) {
    struct bench *b = self;
    triggers_price(b->t, EUR, TRIGGER_BID, (struct pawl_price){MIDDLE});
    for (uint64_t i = 0; i < b->hits; i++) {
        struct trigger_spec spec = stair((i * 5) & (b->hits - 1), b->levels);
        if (triggers_arm(b->t, &spec, NULL) < 0) abort();
    }
    b->hits = 0;
}

__attribute__((noinline)) static void handler(void *self, const struct trigger_hit *hit) {
    struct bench *b = self;
    b->hits++;
    bench_keep(hit->spec.key);
}

static void hit(void *self, uint64_t ops) {
    struct bench *b = self;
    void (*volatile fn)(void *, const struct trigger_hit *) = handler;
    for (uint64_t i = 0; i < ops; i++) {
        struct trigger_hit hit_now;
        triggers_turn(b->t);
        triggers_price(b->t, EUR, TRIGGER_BID, (struct pawl_price){MIDDLE + 1 + (int64_t)i});
        while (triggers_take(b->t, &hit_now)) fn(b, &hit_now);
    }
    if (b->hits != ops) abort();
}

static void gap(void *self, uint64_t ops) {
    struct bench *b = self;
    struct trigger_hit hit_now;
    triggers_price(b->t, EUR, TRIGGER_BID, (struct pawl_price){MIDDLE + (int64_t)ops});
    while (triggers_pending(b->t)) {
        triggers_turn(b->t);
        while (triggers_take(b->t, &hit_now)) handler(b, &hit_now);
    }
    if (b->hits != ops) abort();
}

/* Keys in an order far from that of their arming. */
static void arm_disarm(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t key = (b->at++ * SCATTER) & (b->levels - 1);
        struct trigger_spec spec = spec_of(key, b->at, b->levels);
        if (!triggers_disarm(b->t, 1, key) || triggers_arm(b->t, &spec, NULL) < 0) abort();
    }
}

static void rearm(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t key = (b->at++ * SCATTER) & (b->levels - 1);
        struct trigger_spec spec = spec_of(key, b->at, b->levels);
        if (triggers_arm(b->t, &spec, NULL) < 0) abort();
    }
}

/* Trailing levels below and above the price, by distances and fractions, armed while it wandered:
 * several bests, as in life. */
static int setup_trailing(void **ret) {
    struct bench *b = fresh(MILLION);
    if (b == NULL) return -1;
    for (uint64_t key = 0; key < MILLION; key++) {
        struct trigger_spec spec = spec_of(key, key, MILLION);
        int64_t by = MILLION + (int64_t)((key * SCATTER) & (MILLION - 1));
        if (key % 3 == 0)
            spec.fraction.e8 = 30000000 + by % 20000000;
        else
            spec.distance.e8 = by;
        if (key % 4096 == 0)
            triggers_price(b->t, EUR, TRIGGER_BID,
                           (struct pawl_price){MIDDLE + (int64_t)(key / 4096 % 64)});
        if (triggers_arm(b->t, &spec, NULL) < 0) {
            done(b);
            return -1;
        }
    }
    /* beyond the walk of idle(), so that no price of it is a new best */
    triggers_price(b->t, EUR, TRIGGER_BID, (struct pawl_price){MIDDLE + 64});
    triggers_price(b->t, EUR, TRIGGER_BID, (struct pawl_price){MIDDLE - 30});
    *ret = b;
    return 0;
}

static void new_best(void *self, uint64_t ops) {
    struct bench *b = self;
    uint64_t hits = 0;
    for (uint64_t i = 0; i < ops; i++) {
        int64_t price = MIDDLE + 65 + (int64_t)b->hits++;
        hits += triggers_price(b->t, EUR, TRIGGER_BID, (struct pawl_price){price});
        bench_keep(hits);
    }
}

#define TIMERS 16384u

static int setup_timers(void **ret) {
    struct bench *b = fresh(1);
    if (b == NULL) return -1;
    for (uint64_t key = 0; key < TIMERS; key++) {
        if (timers_set(b->timers, 1, key, (int64_t)(key * SCATTER % 100000), NULL) < 0) {
            done(b);
            return -1;
        }
    }
    *ret = b;
    return 0;
}

static void timers_turnover(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        uint32_t owner = 0;
        uint64_t key = 0;
        int64_t due_ns = 0;
        if (!timers_pop(b->timers, INT64_MAX, &owner, &key, &due_ns)) abort();
        due_ns += (int64_t)(++b->at * SCATTER % 100000);
        if (timers_set(b->timers, owner, key, due_ns, NULL) < 0) abort();
    }
}

static const struct bench_case cases[] = {
    {"trigger.loop", "the loop of the idle cases alone", 4000000, setup_1, NULL, loop, done,
     NULL, false, 0, 0},
    {"trigger.idle_1", "a tick that crosses nothing, 1 level resting", 4000000, setup_1, NULL,
     idle, done, "trigger.loop", false, 20, 5},
    {"trigger.idle_1m", "the same with 1 M levels resting on the line", 4000000, setup_1m, NULL,
     idle, done, "trigger.idle_1", true, 5, 0},
    {"trigger.hit_1k", "a tick that hits one of 1,024 levels, taken and handed to a handler",
     HITS_1K, setup_stairs_1k, prepare_stairs, hit, done, NULL, false, 250, 100},
    {"trigger.hit_1m", "the same of 1 M levels", HITS_1M, setup_stairs_1m, prepare_stairs, hit,
     done, "trigger.hit_1k", false, 250, 100},
    {"trigger.gap_1m", "one of 65,536 hits of a single price among 1 M levels", HITS_1M,
     setup_stairs_1m, prepare_stairs, gap, done, NULL, false, 250, 100},
    {"trigger.arm_1k", "disarm and arm a level among 1,024", 100000, setup_1k, NULL, arm_disarm,
     done, NULL, false, 0, 0},
    {"trigger.arm_1m", "disarm and arm a level among 1 M, at random", 100000, setup_1m, NULL,
     arm_disarm, done, "trigger.arm_1k", false, 0, 0},
    {"trigger.rearm_1m", "move a level among 1 M, at random", 100000, setup_1m, NULL, rearm, done,
     "trigger.arm_1m", false, 0, 0},
    {"trigger.trail_idle_1m", "a tick that is no new best of 1 M trailing levels", 4000000,
     setup_trailing, NULL, idle, done, "trigger.idle_1", false, 5, 0},
    {"trigger.trail_best_1m", "a tick that is a new best of the half of them that trail upwards",
     20000, setup_trailing, NULL, new_best, done, NULL, false, 1000, 0},
    {"timers.turnover_16k", "pop the first of 16,384 timers and set it anew", 100000,
     setup_timers, NULL, timers_turnover, done, NULL, false, 0, 0},
};
const struct bench_group bench_trigger = {"trigger", cases, COUNT(cases)};
