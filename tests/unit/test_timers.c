/*
 * timers: they come due in order of time, then in the order they were set; also at random, against
 * a reference that searches a list.
 *
 *   test_timers [SEED [SEQUENCES]]
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "bus/timers.h"

#define OWNERS 3u
#define KEYS 40u
#define STEPS 300u

static uint64_t seed = UINT64_C(0x74696d65);
static uint64_t sequences = 1500;

static struct timers *fresh(void) {
    struct timers *t = NULL;
    assert_int_equal(timers_new(&t, NULL), PAWL_OK);
    return t;
}

static uint64_t pop(struct timers *t, int64_t now_ns) {
    uint32_t owner;
    uint64_t key;
    int64_t due_ns;
    return timers_pop(t, now_ns, &owner, &key, &due_ns) ? key : 0;
}

static void come_due_by_time_then_by_when_they_were_set(void **state) {
    (void)state;
    struct timers *t = fresh();
    assert_int_equal(timers_next_due(t), TIMERS_NEVER);
    assert_int_equal(timers_set(t, 1, 11, 300, NULL), PAWL_OK);
    assert_int_equal(timers_set(t, 2, 12, 100, NULL), PAWL_OK);
    assert_int_equal(timers_set(t, 1, 13, 100, NULL), PAWL_OK);
    assert_int_equal(timers_set(t, 2, 14, -5, NULL), PAWL_OK);
    assert_int_equal(timers_next_due(t), -5);
    assert_int_equal(pop(t, -6), 0);
    assert_int_equal(pop(t, 100), 14);
    assert_int_equal(pop(t, 100), 12);
    assert_int_equal(pop(t, 100), 13);
    assert_int_equal(pop(t, 100), 0);
    assert_int_equal(timers_next_due(t), 300);
    assert_int_equal(pop(t, 1000), 11);
    assert_int_equal(timers_count(t), 0);
    timers_free(t);
}

static void setting_again_replaces(void **state) {
    (void)state;
    struct timers *t = fresh();
    assert_int_equal(timers_set(t, 1, 1, 100, NULL), PAWL_OK);
    assert_int_equal(timers_set(t, 1, 2, 100, NULL), PAWL_OK);
    assert_int_equal(timers_set(t, 1, 1, 100, NULL), PAWL_OK);
    assert_int_equal(timers_count(t), 2);
    assert_int_equal(pop(t, 100), 2);
    assert_int_equal(pop(t, 100), 1);
    assert_int_equal(pop(t, 100), 0);
    timers_free(t);
}

static void clear_and_drop_take_out(void **state) {
    (void)state;
    struct timers *t = fresh();
    for (uint64_t key = 1; key <= 50; key++) {
        assert_int_equal(timers_set(t, 1, key, (int64_t)(key * 7 % 50), NULL), PAWL_OK);
        assert_int_equal(timers_set(t, 2, key, (int64_t)(key * 11 % 50), NULL), PAWL_OK);
    }
    assert_true(timers_clear(t, 1, 5));
    assert_false(timers_clear(t, 1, 5));
    assert_false(timers_clear(t, 3, 5));
    assert_int_equal(timers_drop_owner(t, 2), 50);
    assert_int_equal(timers_count(t), 49);
    for (int i = 0; i < 49; i++) assert_int_not_equal(pop(t, 50), 0);
    assert_int_equal(pop(t, 50), 0);
    timers_free(t);
}

static void without_memory_or_past_the_limit_nothing_changes(void **state) {
    (void)state;
    struct timers *t = fresh();
    for (uint64_t key = 1; key <= 100; key++) {
        for (uint64_t nth = 1;; nth++) {
            mem_fail_at(nth, false);
            int rc = timers_set(t, 1, key, 5, NULL);
            mem_fail_at(0, false);
            if (rc == PAWL_OK) break;
            assert_int_equal(rc, PAWL_E_NOMEM);
            assert_int_equal(timers_count(t), key - 1);
        }
    }
    for (uint64_t key = 101; key <= TIMERS_MAX; key++)
        assert_int_equal(timers_set(t, 1, key, 5, NULL), PAWL_OK);
    struct pawl_err err = {0};
    assert_int_equal(timers_set(t, 2, 1, 5, &err), PAWL_E_BUSY);
    assert_string_equal(err.text, "timers: 1048576 are set, the limit");
    assert_int_equal(timers_set(t, 1, 1, 4, NULL), PAWL_OK);
    assert_int_equal(pop(t, 4), 1);
    assert_int_equal(timers_set(t, 2, 1, 5, NULL), PAWL_OK);
    assert_int_equal(timers_count(t), TIMERS_MAX);
    timers_free(t);
    mem_fail_at(1, false);
    assert_int_equal(timers_new(&t, NULL), PAWL_E_NOMEM);
    mem_fail_at(0, false);
    timers_free(NULL);
}

struct model {
    struct {
        bool set;
        int64_t due_ns;
        uint64_t age;
    } timers[OWNERS][KEYS];
    uint64_t age;
};

/* Owner * KEYS + key of the first one due; -1 = none. */
static int model_first(const struct model *m) {
    int first = -1;
    for (uint32_t i = 0; i < OWNERS * KEYS; i++) {
        if (!m->timers[i / KEYS][i % KEYS].set) continue;
        if (first < 0) {
            first = (int)i;
            continue;
        }
        uint32_t f = (uint32_t)first;
        int64_t due_ns = m->timers[i / KEYS][i % KEYS].due_ns;
        int64_t best_ns = m->timers[f / KEYS][f % KEYS].due_ns;
        if (due_ns < best_ns ||
            (due_ns == best_ns &&
             m->timers[i / KEYS][i % KEYS].age < m->timers[f / KEYS][f % KEYS].age))
            first = (int)i;
    }
    return first;
}

static void pop_all(struct model *m, struct timers *t, int64_t now_ns) {
    for (;;) {
        uint32_t owner = 0;
        uint64_t key = 0;
        int64_t due_ns = 0;
        int first = model_first(m);
        uint32_t f = (uint32_t)first;
        assert_int_equal(timers_next_due(t), first < 0 ? TIMERS_NEVER
                                                       : m->timers[f / KEYS][f % KEYS].due_ns);
        bool want = first >= 0 && m->timers[f / KEYS][f % KEYS].due_ns <= now_ns;
        assert_int_equal(timers_pop(t, now_ns, &owner, &key, &due_ns), want);
        if (!want) return;
        assert_int_equal(owner * KEYS + key, f);
        assert_int_equal(due_ns, m->timers[owner][key].due_ns);
        m->timers[owner][key].set = false;
    }
}

static void sequence(uint64_t number) {
    static struct model m;
    struct rng rng, base;
    rng_init(&base, seed);
    rng_fork(&base, number, &rng);
    m = (struct model){0};
    struct timers *t = fresh();
    int64_t now_ns = 0;
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t owner = (uint32_t)rng_below(&rng, OWNERS);
        uint64_t key = rng_below(&rng, KEYS);
        uint64_t what = rng_below(&rng, 100);
        if (what < 60) {
            m.timers[owner][key].set = true;
            m.timers[owner][key].due_ns = now_ns + rng_between(&rng, -3, 20);
            m.timers[owner][key].age = ++m.age;
            assert_int_equal(timers_set(t, owner, key, m.timers[owner][key].due_ns, NULL), PAWL_OK);
        } else if (what < 80) {
            assert_int_equal(timers_clear(t, owner, key), m.timers[owner][key].set);
            m.timers[owner][key].set = false;
        } else if (what < 99) {
            now_ns += rng_between(&rng, 0, 5);
            pop_all(&m, t, now_ns);
        } else {
            timers_drop_owner(t, owner);
            for (uint32_t i = 0; i < KEYS; i++) m.timers[owner][i].set = false;
        }
    }
    pop_all(&m, t, INT64_MAX);
    assert_int_equal(timers_count(t), 0);
    timers_free(t);
}

static void they_do_what_the_reference_does(void **state) {
    (void)state;
    for (uint64_t number = 0; number < sequences; number++) sequence(number);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_due_by_time_then_by_when_they_were_set),
        cmocka_unit_test(setting_again_replaces),
        cmocka_unit_test(clear_and_drop_take_out),
        cmocka_unit_test(without_memory_or_past_the_limit_nothing_changes),
        cmocka_unit_test(they_do_what_the_reference_does),
    };
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) sequences = strtoull(argv[2], NULL, 0);
    printf("seed 0x%llx, %llu sequences\n", (unsigned long long)seed,
           (unsigned long long)sequences);
    fflush(stdout);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
