/* How much may be said: windows, lanes, reserve, holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/budget.h"

#define MINUTE (60 * PAWL_NS)
#define START (1000000 * MINUTE)

static struct budget *fresh(uint32_t *bucket, int64_t limit, int64_t reserve) {
    struct budget *b;
    assert_int_equal(budget_new(&b), PAWL_OK);
    assert_int_equal(budget_limit(b, "weight", limit, reserve, MINUTE, bucket), PAWL_OK);
    return b;
}

static int ask(struct budget *b, uint64_t key, uint32_t lane, uint32_t bucket, uint32_t weight,
               int64_t now) {
    struct pawl_cost cost = {bucket, weight};
    return budget_ask(b, 1, key, lane, &cost, 1, now);
}

/* Random asking: no span of the window's length ever holds more than the limit. */
static void test_never_more_than_the_limit(void **state) {
    (void)state;
    enum { GIVEN_MAX = 20000 };
    static int64_t times[GIVEN_MAX];
    static uint32_t weights[GIVEN_MAX];
    uint32_t bucket, count = 0;
    struct budget *b = fresh(&bucket, 100, 10);
    uint64_t random = 1234567;
    int64_t now = START;
    for (uint64_t key = 1; key < 20000; key++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        now += (int64_t)(random >> 33) % (2 * PAWL_NS);
        uint32_t lane = 1 + (uint32_t)(random >> 20) % 3, weight = 1 + (uint32_t)(random >> 10) % 5;
        struct budget_word got;
        if (ask(b, key, lane, bucket, weight, now) == PAWL_OK) {
            times[count] = now;
            weights[count++] = weight;
        } else {
            budget_withdraw(b, 1, key);
        }
        assert_false(budget_pop(b, now, &got));
    }
    assert_true(count > 1000);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t sum = 0;
        for (uint32_t k = i; k < count && times[k] - times[i] < MINUTE; k++) sum += weights[k];
        assert_true(sum <= 100);
    }
    budget_free(b);
}

static void test_lanes_and_reserve(void **state) {
    (void)state;
    uint32_t bucket;
    struct budget_word got;
    struct budget *b = fresh(&bucket, 100, 20);
    assert_int_equal(ask(b, 1, PAWL_LANE_DATA, bucket, 40, START), PAWL_OK);
    assert_int_equal(ask(b, 2, PAWL_LANE_DATA, bucket, 1, START), PAWL_E_BUSY); /* half of 80 */
    assert_int_equal(ask(b, 3, PAWL_LANE_TRADE, bucket, 40, START), PAWL_OK);
    assert_int_equal(ask(b, 4, PAWL_LANE_TRADE, bucket, 1, START), PAWL_E_BUSY);
    assert_int_equal(ask(b, 5, PAWL_LANE_PROTECT, bucket, 20, START), PAWL_OK);
    assert_int_equal(ask(b, 6, PAWL_LANE_PROTECT, bucket, 1, START), PAWL_E_BUSY);
    assert_int_equal(ask(b, 6, PAWL_LANE_PROTECT, bucket, 1, START), PAWL_E_STATE);
    assert_int_equal(ask(b, 7, PAWL_LANE_DATA, bucket, 41, START), PAWL_E_RANGE);
    assert_int_equal(ask(b, 7, PAWL_LANE_DATA, bucket + 1, 1, START), PAWL_E_INVAL);
    /* a minute and a slot later all of it is free again: by lane, then age */
    int64_t now = START, due;
    while ((due = budget_due(b, now)) != BUDGET_NEVER && !budget_ready(b, due)) {
        assert_true(due > now && due <= START + 2 * MINUTE);
        now = due;
    }
    assert_true(due >= START + MINUTE && due <= START + MINUTE + MINUTE / 8);
    static const uint64_t order[] = {6, 4, 2};
    for (size_t i = 0; i < 3; i++) {
        assert_true(budget_pop(b, due, &got));
        assert_int_equal(got.key, order[i]);
    }
    assert_int_equal(budget_due(b, due), BUDGET_NEVER);
    budget_free(b);
}

/* A large one that waits is not overtaken for ever by small ones, and another bucket is not held
 * up. */
static void test_nothing_overtakes(void **state) {
    (void)state;
    uint32_t bucket, other;
    struct budget_word got;
    struct budget *b = fresh(&bucket, 100, 0);
    assert_int_equal(budget_limit(b, "other", 10, 0, PAWL_NS, &other), PAWL_OK);
    assert_int_equal(ask(b, 1, PAWL_LANE_TRADE, bucket, 60, START), PAWL_OK);
    assert_int_equal(ask(b, 2, PAWL_LANE_TRADE, bucket, 50, START), PAWL_E_BUSY);
    assert_int_equal(ask(b, 3, PAWL_LANE_TRADE, bucket, 1, START), PAWL_E_BUSY);
    assert_int_equal(ask(b, 4, PAWL_LANE_DATA, bucket, 1, START), PAWL_E_BUSY);
    assert_int_equal(ask(b, 5, PAWL_LANE_PROTECT, bucket, 1, START), PAWL_OK);
    assert_int_equal(ask(b, 6, PAWL_LANE_DATA, other, 1, START), PAWL_OK);
    assert_false(budget_pop(b, START, &got));
    budget_withdraw(b, 1, 2);
    assert_true(budget_pop(b, START, &got));
    assert_int_equal(got.key, 3);
    budget_drop(b, 1);
    assert_false(budget_ready(b, START + MINUTE * 5));
    budget_free(b);
}

static void test_what_the_venue_says(void **state) {
    (void)state;
    uint32_t bucket;
    struct budget_word got;
    struct budget *b = fresh(&bucket, 100, 20);
    assert_int_equal(ask(b, 1, PAWL_LANE_TRADE, bucket, 10, START), PAWL_OK);
    assert_int_equal(budget_used(b, bucket, 79, START), PAWL_OK); /* somebody else used 69 */
    assert_int_equal(ask(b, 2, PAWL_LANE_TRADE, bucket, 2, START), PAWL_E_BUSY);
    assert_int_equal(budget_used(b, bucket, 5, START), PAWL_OK); /* less is no news */
    assert_false(budget_ready(b, START));
    budget_withdraw(b, 1, 2);
    /* 429: only what protects goes on */
    assert_int_equal(budget_hold(b, bucket, PAWL_LANE_TRADE, 0, START + 2 * MINUTE), PAWL_OK);
    int64_t now = START + 2 * MINUTE;
    assert_int_equal(ask(b, 3, PAWL_LANE_PROTECT, bucket, 1, now), PAWL_OK);
    assert_int_equal(ask(b, 4, PAWL_LANE_TRADE, bucket, 1, now), PAWL_E_BUSY);
    assert_int_equal(budget_due(b, now), now + PAWL_NS);
    assert_true(budget_pop(b, now + PAWL_NS, &got));
    /* again: twice as long; said by the venue: as long as that, for all */
    assert_int_equal(budget_hold(b, bucket, PAWL_LANE_TRADE, 0, now + PAWL_NS), PAWL_OK);
    assert_int_equal(ask(b, 5, PAWL_LANE_TRADE, bucket, 1, now + PAWL_NS), PAWL_E_BUSY);
    assert_int_equal(budget_due(b, now + PAWL_NS), now + 3 * PAWL_NS);
    assert_int_equal(budget_hold(b, bucket, PAWL_LANE_PROTECT, 120 * PAWL_NS, now), PAWL_OK);
    assert_int_equal(ask(b, 6, PAWL_LANE_PROTECT, bucket, 1, now + 119 * PAWL_NS), PAWL_E_BUSY);
    assert_true(budget_pop(b, now + 120 * PAWL_NS, &got));
    assert_int_equal(got.key, 6);
    /* a new limit counts at once, and does not forget */
    assert_int_equal(budget_limit(b, "weight", 3, 0, MINUTE, &bucket), PAWL_OK);
    assert_int_equal(ask(b, 7, PAWL_LANE_PROTECT, bucket, 3, now + 120 * PAWL_NS), PAWL_E_BUSY);
    budget_free(b);
}

/* Who waits for more than a lowered limit ever gives is told, and holds nobody up. */
static void test_a_lowered_limit(void **state) {
    (void)state;
    uint32_t bucket;
    struct budget_word got;
    struct budget *b = fresh(&bucket, 100, 20);
    assert_int_equal(ask(b, 1, PAWL_LANE_TRADE, bucket, 80, START), PAWL_OK);
    assert_int_equal(ask(b, 2, PAWL_LANE_TRADE, bucket, 50, START), PAWL_E_BUSY);
    assert_int_equal(ask(b, 3, PAWL_LANE_TRADE, bucket, 30, START), PAWL_E_BUSY);
    assert_int_equal(ask(b, 4, PAWL_LANE_DATA, bucket, 20, START), PAWL_E_BUSY);
    assert_int_equal(budget_limit(b, "weight", 50, 20, MINUTE, &bucket), PAWL_OK);
    assert_int_equal(budget_due(b, START), START);
    assert_true(budget_pop(b, START, &got));
    assert_true(got.refused && got.key == 2 && got.owner == 1 && got.lane == PAWL_LANE_TRADE);
    assert_true(budget_pop(b, START, &got));
    assert_true(got.refused && got.key == 4 && got.lane == PAWL_LANE_DATA);
    assert_false(budget_pop(b, START, &got));
    assert_true(budget_pop(b, START + 2 * MINUTE, &got));
    assert_true(!got.refused && got.key == 3);
    assert_int_equal(ask(b, 5, PAWL_LANE_TRADE, bucket, 1, START + 2 * MINUTE), PAWL_E_BUSY);
    budget_free(b);
}

/* What a reload tried and refused leaves no bucket behind, however often; what it kept stays. */
static void test_buckets_on_trial(void **state) {
    (void)state;
    char name[32];
    uint32_t bucket, kept, used;
    struct budget *b = fresh(&used, 10, 1);
    for (uint32_t i = 0; i < 3 * PAWL_BUDGET_BUCKETS_MAX; i++) {
        snprintf(name, sizeof name, "tried/%u", i);
        assert_int_equal(budget_limit(b, name, 10, 1, MINUTE, &bucket), PAWL_OK);
        budget_try(b, bucket, 7);
        assert_int_equal(budget_find(b, name), bucket);
        budget_tried(b, 7, false);
        assert_int_equal(budget_find(b, name), 0);
        assert_int_equal(budget_find(b, ""), 0); /* what is free has no name to be found by */
        assert_true(budget_used(b, bucket, 1, START) < 0);
    }
    assert_int_equal(budget_limit(b, "kept", 10, 1, MINUTE, &kept), PAWL_OK);
    budget_try(b, kept, 7);
    budget_tried(b, 8, false);
    budget_tried(b, 7, true);
    budget_tried(b, 7, false);
    assert_int_equal(budget_find(b, "kept"), kept);
    assert_int_equal(budget_find(b, "weight"), used);
    assert_int_equal(ask(b, 1, PAWL_LANE_PROTECT, kept, 10, START), PAWL_OK);
    assert_int_equal(ask(b, 2, PAWL_LANE_PROTECT, used, 10, START), PAWL_OK);
    budget_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_more_than_the_limit), cmocka_unit_test(test_lanes_and_reserve),
        cmocka_unit_test(test_nothing_overtakes), cmocka_unit_test(test_what_the_venue_says),
        cmocka_unit_test(test_a_lowered_limit), cmocka_unit_test(test_buckets_on_trial)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
