/*
 * trigger: trailing levels. By hand, and random sequences of fixed and trailing levels against a
 * scan that looks at each of them at every price.
 *
 *   test_trigger_trailing [SEED [SEQUENCES]]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "pawl_num.h"
#include "trigger/trigger.h"

#define KEYS 24u
#define OWNERS 2u
#define STEPS 160u
#define HITS_MAX 4096u
#define UNIT PAWL_E8 /* prices around 100: fractions of them never meet by rounding */

enum state { FIXED, WAITS, SLEEPS, TRAILS };

struct entry {
    bool armed;
    enum state state;
    struct trigger_spec spec;
    int64_t best;
    uint64_t age;
};
struct hit {
    struct trigger_spec spec;
    uint64_t age;
    int64_t price, distance;
};
struct model {
    struct entry entries[OWNERS][KEYS];
    struct {
        bool has;
        int64_t price;
    } lines[TRIGGER_LINES + 1];
    struct hit hits[HITS_MAX];
    uint32_t first, end;
    uint64_t age, fired;
    bool quiet;
};

static uint64_t seed = UINT64_C(0x747261696c);
static uint64_t sequences = 2000;

static bool reached(uint8_t cross, int64_t level, int64_t price) {
    return cross == TRIGGER_AT_OR_ABOVE ? price >= level : price <= level;
}

static int64_t better(uint8_t cross, int64_t a, int64_t b) {
    if (a == 0) return b;
    return (cross == TRIGGER_AT_OR_BELOW) == (a > b) ? a : b;
}

static int64_t level_of(const struct entry *e) {
    int64_t by = e->spec.distance.e8;
    if (e->state == FIXED) return e->spec.level.e8;
    if (by == 0)
        by = (int64_t)((pawl_i128)e->best * e->spec.fraction.e8 / PAWL_E8);
    return e->spec.cross == TRIGGER_AT_OR_BELOW ? e->best - by : e->best + by;
}

/* A level without a place meets a price; true = it fires. */
static bool meets(struct entry *e, int64_t price) {
    uint8_t cross = e->spec.cross;
    uint8_t other = cross == TRIGGER_AT_OR_BELOW ? TRIGGER_AT_OR_ABOVE : TRIGGER_AT_OR_BELOW;
    int64_t from = e->spec.activation.e8;
    if (from != 0 && e->spec.extreme.e8 == 0 && !reached(other, from, price)) {
        e->state = SLEEPS;
        return false;
    }
    e->state = WAITS;
    if (e->best != 0 && reached(cross, level_of(e), price)) return true;
    e->best = better(cross, e->best, price);
    e->state = TRAILS;
    return false;
}

static int by_distance_then_age(const void *left, const void *right) {
    const struct hit *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return a->age < b->age ? -1 : a->age > b->age;
}

static void push(struct model *m, const struct entry *e, int64_t price, int64_t distance) {
    assert_true(m->end < HITS_MAX);
    struct hit *hit = &m->hits[m->end++];
    *hit = (struct hit){e->spec, e->age, price, distance};
    hit->spec.level.e8 = level_of(e);
    hit->spec.extreme.e8 = e->state == FIXED ? 0 : e->best;
}

static void model_price(struct model *m, uint32_t line, int64_t price) {
    uint32_t first = m->end;
    bool had = m->lines[line].has;
    int64_t old = m->lines[line].price;
    for (uint32_t i = 0; i < OWNERS * KEYS; i++) {
        struct entry *e = &m->entries[i / KEYS][i % KEYS];
        if (!e->armed || e->spec.line != line) continue;
        if (e->state == SLEEPS || (e->state == WAITS && !m->quiet)) {
            if (meets(e, price)) push(m, e, price, 0);
            continue;
        }
        if (e->state == WAITS) continue;
        if (e->state == TRAILS) e->best = better(e->spec.cross, e->best, price);
        int64_t level = level_of(e);
        if (!reached(e->spec.cross, level, price)) continue;
        bool stood = !had || reached(e->spec.cross, level, old);
        push(m, e, price, stood ? 0 : llabs(level - old));
    }
    qsort(&m->hits[first], m->end - first, sizeof m->hits[0], by_distance_then_age);
    m->lines[line].has = true;
    m->lines[line].price = price;
}

static const struct hit *model_next(struct model *m) {
    for (; m->first < m->end; m->first++) {
        const struct hit *hit = &m->hits[m->first];
        const struct entry *e = &m->entries[hit->spec.owner][hit->spec.key];
        if (e->armed && e->age == hit->age) return hit;
    }
    m->first = m->end = 0;
    return NULL;
}

static int64_t some_price(struct rng *rng) {
    return rng_between(rng, 90 * 4, 110 * 4) * (UNIT / 4);
}

static void arm(struct model *m, struct triggers *t, struct rng *rng) {
    static const int64_t fractions[] = {1000000, 2000000, 5000000, 5000001};
    struct trigger_spec spec = {
        .key = rng_below(rng, KEYS),
        .owner = (uint32_t)rng_below(rng, OWNERS),
        .instrument = 1,
        .line = (uint8_t)(rng_below(rng, 2) + TRIGGER_BID),
        .cross = rng_chance(rng, 1, 2) ? TRIGGER_AT_OR_ABOVE : TRIGGER_AT_OR_BELOW,
    };
    if (rng_chance(rng, 1, 4))
        spec.level.e8 = some_price(rng);
    else if (rng_chance(rng, 1, 2))
        spec.distance.e8 = rng_between(rng, 1, 24) * (UNIT / 4);
    else
        spec.fraction.e8 = fractions[rng_below(rng, 4)];
    if (spec.level.e8 == 0 && rng_chance(rng, 1, 3)) spec.activation.e8 = some_price(rng);
    if (spec.level.e8 == 0 && rng_chance(rng, 1, 5)) spec.extreme.e8 = some_price(rng);
    struct entry *e = &m->entries[spec.owner][spec.key];
    *e = (struct entry){true, FIXED, spec, spec.extreme.e8, ++m->age};
    if (spec.level.e8 == 0) {
        e->state = WAITS;
        if (m->lines[spec.line].has && !m->quiet) (void)meets(e, m->lines[spec.line].price);
    }
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
}

static void change(struct model *m, struct triggers *t, struct rng *rng) {
    uint32_t owner = (uint32_t)rng_below(rng, OWNERS);
    uint64_t key = rng_below(rng, KEYS), what = rng_below(rng, 100);
    if (what < 65) {
        arm(m, t, rng);
    } else if (what < 99) {
        assert_int_equal(triggers_disarm(t, owner, key), m->entries[owner][key].armed);
        m->entries[owner][key].armed = false;
    } else {
        uint32_t count = 0;
        for (key = 0; key < KEYS; key++) {
            count += m->entries[owner][key].armed;
            m->entries[owner][key].armed = false;
        }
        assert_int_equal(triggers_drop_owner(t, owner), count);
    }
}

static void same_spec(const struct trigger_spec *got, const struct trigger_spec *want) {
    assert_int_equal(got->owner, want->owner);
    assert_int_equal(got->key, want->key);
    assert_int_equal(got->line, want->line);
    assert_int_equal(got->cross, want->cross);
    assert_int_equal(got->distance.e8, want->distance.e8);
    assert_int_equal(got->fraction.e8, want->fraction.e8);
    assert_int_equal(got->level.e8, want->level.e8);
    assert_int_equal(got->extreme.e8, want->extreme.e8);
}

static void drain(struct model *m, struct triggers *t, struct rng *rng, bool busy) {
    for (;;) {
        struct trigger_hit got;
        const struct hit *want = model_next(m);
        triggers_turn(t);
        bool have = triggers_take(t, &got);
        assert_int_equal(have, want != NULL);
        if (want == NULL) break;
        same_spec(&got.spec, &want->spec);
        assert_int_equal(got.price.e8, want->price);
        assert_int_equal(got.age, want->age);
        m->entries[want->spec.owner][want->spec.key].armed = false;
        m->first++;
        m->fired++;
        while (busy && rng_chance(rng, 1, 2)) change(m, t, rng);
    }
    for (uint32_t i = 0; i < OWNERS * KEYS; i++) {
        const struct entry *e = &m->entries[i / KEYS][i % KEYS];
        struct trigger_spec found, want = e->spec;
        assert_int_equal(triggers_find(t, i / KEYS, i % KEYS, &found), e->armed);
        if (!e->armed) continue;
        if (e->state != FIXED) {
            want.extreme.e8 = e->state == SLEEPS ? 0 : e->best;
            want.level.e8 = want.extreme.e8 == 0 ? 0 : level_of(e);
        }
        same_spec(&found, &want);
    }
}

static uint64_t sequence(uint64_t number) {
    static struct model m;
    struct triggers *t = NULL;
    struct rng rng, base;
    rng_init(&base, seed);
    rng_fork(&base, number, &rng);
    m = (struct model){0};
    assert_int_equal(triggers_new(&t, NULL), PAWL_OK);
    int64_t walk = 400;
    bool busy = rng_chance(&rng, 1, 2), quiets = rng_chance(&rng, 1, 3);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint64_t changes = rng_below(&rng, 4);
        for (uint64_t i = 0; i < changes; i++) change(&m, t, &rng);
        walk += rng_chance(&rng, 1, 6) ? rng_between(&rng, -20, 20) : rng_between(&rng, -3, 3);
        if (walk < 360 || walk > 440) walk = 400;
        m.quiet = quiets && rng_chance(&rng, 1, 2);
        triggers_quiet(t, m.quiet);
        for (uint32_t line = TRIGGER_BID; line <= TRIGGER_ASK; line++) {
            int64_t price = (walk + rng_between(&rng, 0, 2)) * (UNIT / 4);
            if (rng_chance(&rng, 1, 3)) continue;
            model_price(&m, line, price);
            triggers_price(t, 1, (enum trigger_line)line, (struct pawl_price){price});
        }
        drain(&m, t, &rng, busy);
    }
    triggers_free(t);
    return m.fired;
}

static void the_index_does_what_a_scan_does(void **state) {
    uint64_t fired = 0;
    (void)state;
    for (uint64_t number = 0; number < sequences; number++) fired += sequence(number);
    assert_true(fired > sequences * 10);
}

/* ---- by hand ---- */

static struct triggers *fresh(int64_t bid) {
    struct triggers *t = NULL;
    assert_int_equal(triggers_new(&t, NULL), PAWL_OK);
    if (bid > 0) triggers_price(t, 1, TRIGGER_BID, (struct pawl_price){bid * UNIT});
    return t;
}

static struct trigger_spec below(uint64_t key, int64_t distance) {
    return (struct trigger_spec){.key = key,
                                 .owner = 1,
                                 .instrument = 1,
                                 .line = TRIGGER_BID,
                                 .cross = TRIGGER_AT_OR_BELOW,
                                 .distance = {distance * UNIT}};
}

static bool bid(struct triggers *t, int64_t price, struct trigger_hit *ret) {
    triggers_turn(t);
    triggers_price(t, 1, TRIGGER_BID, (struct pawl_price){price * UNIT});
    return triggers_take(t, ret);
}

static void it_follows_the_best_and_never_comes_back(void **state) {
    struct triggers *t = fresh(100);
    struct trigger_spec spec = below(7, 5), found;
    struct trigger_hit hit;
    (void)state;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
    assert_false(bid(t, 96, &hit));
    assert_false(bid(t, 120, &hit));
    assert_false(bid(t, 116, &hit));
    assert_true(triggers_find(t, 1, 7, &found));
    assert_int_equal(found.level.e8, 115 * UNIT);
    assert_int_equal(found.extreme.e8, 120 * UNIT);
    assert_true(bid(t, 115, &hit));
    assert_int_equal(hit.spec.level.e8, 115 * UNIT);
    assert_int_equal(hit.spec.extreme.e8, 120 * UNIT);
    assert_false(bid(t, 1, &hit));
    triggers_free(t);
}

static void it_begins_where_it_is_told(void **state) {
    struct triggers *t = fresh(100);
    struct trigger_spec spec = below(7, 5);
    struct trigger_hit hit;
    (void)state;
    spec.activation.e8 = 110 * UNIT;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
    assert_false(bid(t, 50, &hit));
    assert_false(bid(t, 112, &hit));
    assert_true(bid(t, 107, &hit));
    assert_int_equal(hit.spec.extreme.e8, 112 * UNIT);
    /* what an earlier arming had seen counts; a level reached already fires at the next price */
    spec.extreme.e8 = 130 * UNIT;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
    assert_true(bid(t, 108, &hit));
    assert_int_equal(hit.spec.level.e8, 125 * UNIT);
    /* without a price it waits */
    triggers_free(t);
    t = fresh(0);
    spec = below(7, 5);
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
    assert_false(bid(t, 100, &hit));
    assert_true(bid(t, 95, &hit));
    triggers_free(t);
}

static void nonsense_is_refused(void **state) {
    struct triggers *t = fresh(100);
    struct trigger_spec spec = below(7, -1);
    (void)state;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_E_INVAL);
    spec = below(7, 1);
    spec.fraction.e8 = 1;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_E_INVAL);
    spec = below(7, 0);
    spec.fraction.e8 = PAWL_E8;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_E_INVAL);
    spec = below(7, 1);
    spec.activation.e8 = -1;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_E_INVAL);
    assert_int_equal(triggers_count(t), 0);
    /* the ends of the numbers */
    spec = below(7, 0);
    spec.distance.e8 = INT64_MAX;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
    spec.cross = TRIGGER_AT_OR_ABOVE;
    spec.key = 8;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
    struct trigger_hit hit;
    assert_false(bid(t, 1, &hit));
    assert_false(bid(t, 1000000, &hit));
    triggers_free(t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_the_best_and_never_comes_back),
        cmocka_unit_test(it_begins_where_it_is_told),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(the_index_does_what_a_scan_does),
    };
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) sequences = strtoull(argv[2], NULL, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
