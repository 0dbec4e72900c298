/*
 * trigger: random sequences against a reference that lists every hit of a price at once, sorts the
 * list by its definition, and checks each again when it is handed out.
 *
 *   test_trigger_random [SEED [SEQUENCES]]
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "trigger/trigger.h"

#define KEYS 24u /* per owner: few, so that keys are often armed again */
#define OWNERS 3u
#define INSTRUMENTS 2u
#define STEPS 160u
#define HITS_MAX 4096u

struct entry {
    bool armed;
    struct trigger_spec spec;
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
    } lines[INSTRUMENTS + 1][TRIGGER_LINES + 1];
    struct hit hits[HITS_MAX];
    uint32_t hits_first, hits_end;
    uint64_t age;
};

static uint64_t seed = UINT64_C(0x7061776c);
static uint64_t sequences = 3000;

static bool reached(const struct trigger_spec *spec, int64_t price) {
    return spec->cross == TRIGGER_AT_OR_ABOVE ? price >= spec->level.e8 : price <= spec->level.e8;
}

static int by_distance_then_age(const void *left, const void *right) {
    const struct hit *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return a->age < b->age ? -1 : a->age > b->age;
}

static void model_price(struct model *m, uint32_t instrument, uint32_t line, int64_t price) {
    uint32_t first = m->hits_end;
    bool had = m->lines[instrument][line].has;
    int64_t old = m->lines[instrument][line].price;
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        for (uint32_t key = 0; key < KEYS; key++) {
            const struct entry *e = &m->entries[owner][key];
            if (!e->armed || e->spec.instrument != instrument || e->spec.line != line ||
                !reached(&e->spec, price))
                continue;
            assert_true(m->hits_end < HITS_MAX);
            int64_t distance = !had || reached(&e->spec, old) ? 0 : llabs(e->spec.level.e8 - old);
            m->hits[m->hits_end++] = (struct hit){e->spec, e->age, price, distance};
        }
    }
    qsort(&m->hits[first], m->hits_end - first, sizeof m->hits[0], by_distance_then_age);
    m->lines[instrument][line].has = true;
    m->lines[instrument][line].price = price;
}

/* The next hit that is still armed as it was when the price came; NULL = none. */
static const struct hit *model_next(struct model *m) {
    for (; m->hits_first < m->hits_end; m->hits_first++) {
        const struct hit *hit = &m->hits[m->hits_first];
        const struct entry *e = &m->entries[hit->spec.owner][hit->spec.key];
        if (e->armed && e->age == hit->age) return hit;
    }
    m->hits_first = m->hits_end = 0;
    return NULL;
}

static void arm(struct model *m, struct triggers *t, struct rng *rng) {
    struct trigger_spec spec = {
        .key = rng_below(rng, KEYS),
        .owner = (uint32_t)rng_below(rng, OWNERS),
        .instrument = (uint32_t)rng_below(rng, INSTRUMENTS) + 1u,
        .level = {rng_between(rng, 80, 120)},
        .line = (uint8_t)(rng_below(rng, TRIGGER_LINES) + 1u),
        .cross = rng_chance(rng, 1, 2) ? TRIGGER_AT_OR_ABOVE : TRIGGER_AT_OR_BELOW,
    };
    m->entries[spec.owner][spec.key] = (struct entry){true, spec, ++m->age};
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
}

static void disarm(struct model *m, struct triggers *t, struct rng *rng) {
    uint32_t owner = (uint32_t)rng_below(rng, OWNERS);
    uint64_t key = rng_below(rng, KEYS);
    assert_int_equal(triggers_disarm(t, owner, key), m->entries[owner][key].armed);
    m->entries[owner][key].armed = false;
}

static void drop(struct model *m, struct triggers *t, uint32_t owner) {
    uint32_t count = 0;
    for (uint32_t key = 0; key < KEYS; key++) {
        count += m->entries[owner][key].armed;
        m->entries[owner][key].armed = false;
    }
    assert_int_equal(triggers_drop_owner(t, owner), count);
}

static void change(struct model *m, struct triggers *t, struct rng *rng) {
    uint64_t what = rng_below(rng, 100);
    if (what < 65)
        arm(m, t, rng);
    else if (what < 98)
        disarm(m, t, rng);
    else
        drop(m, t, (uint32_t)rng_below(rng, OWNERS));
}

/* Take all hits, with changes between them as handlers make them. */
static void drain(struct model *m, struct triggers *t, struct rng *rng, bool busy) {
    triggers_turn(t);
    for (;;) {
        struct trigger_hit got;
        const struct hit *want = model_next(m);
        if (rng_chance(rng, 1, 8)) assert_int_equal(triggers_pending(t), want != NULL);
        bool have = triggers_take(t, &got);
        assert_int_equal(have, want != NULL);
        if (want == NULL) break;
        assert_int_equal(got.spec.owner, want->spec.owner);
        assert_int_equal(got.spec.key, want->spec.key);
        assert_int_equal(got.spec.instrument, want->spec.instrument);
        assert_int_equal(got.spec.line, want->spec.line);
        assert_int_equal(got.spec.cross, want->spec.cross);
        assert_int_equal(got.spec.level.e8, want->spec.level.e8);
        assert_int_equal(got.price.e8, want->price);
        assert_int_equal(got.age, want->age);
        m->entries[want->spec.owner][want->spec.key].armed = false;
        m->hits_first++;
        while (busy && rng_chance(rng, 1, 2)) change(m, t, rng);
        triggers_turn(t);
    }
}

static void quote(struct model *m, struct triggers *t, struct rng *rng, int64_t *walk) {
    uint32_t instrument = (uint32_t)rng_below(rng, INSTRUMENTS) + 1u;
    *walk += rng_chance(rng, 1, 6) ? rng_between(rng, -20, 20) : rng_between(rng, -2, 2);
    if (*walk < 75 || *walk > 125) *walk = 100;
    for (uint32_t line = TRIGGER_BID; line <= TRIGGER_MARK; line++) {
        if (rng_chance(rng, 1, 3)) continue;
        int64_t price = *walk + rng_between(rng, 0, 2);
        model_price(m, instrument, line, price);
        triggers_price(t, instrument, (enum trigger_line)line, (struct pawl_price){price});
    }
}

static void sequence(uint64_t number) {
    static struct model m;
    struct triggers *t = NULL;
    struct rng rng, base;
    rng_init(&base, seed);
    rng_fork(&base, number, &rng);
    m = (struct model){0};
    assert_int_equal(triggers_new(&t, NULL), PAWL_OK);
    int64_t walk = 100;
    bool busy = rng_chance(&rng, 1, 2);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint64_t changes = rng_below(&rng, 4);
        for (uint64_t i = 0; i < changes; i++) change(&m, t, &rng);
        quote(&m, t, &rng, &walk);
        drain(&m, t, &rng, busy);
        uint32_t armed = 0;
        for (uint32_t i = 0; i < OWNERS * KEYS; i++) {
            const struct entry *e = &m.entries[i / KEYS][i % KEYS];
            struct trigger_spec found;
            armed += e->armed;
            assert_int_equal(triggers_find(t, i / KEYS, i % KEYS, &found), e->armed);
            if (e->armed) assert_int_equal(found.level.e8, e->spec.level.e8);
        }
        assert_int_equal(triggers_count(t), armed);
    }
    triggers_free(t);
}

static void the_index_does_what_the_reference_does(void **state) {
    (void)state;
    for (uint64_t number = 0; number < sequences; number++) sequence(number);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_index_does_what_the_reference_does)};
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) sequences = strtoull(argv[2], NULL, 0);
    printf("seed 0x%llx, %llu sequences\n", (unsigned long long)seed,
           (unsigned long long)sequences);
    fflush(stdout);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
