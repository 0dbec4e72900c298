/* trigger: a level fires once, on the first price at or beyond it, in a defined order. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/names.h"
#include "pawl_services.h"
#include "trigger/trigger.h"

#define OWNER 7u
#define EUR 3u
#define UP TRIGGER_AT_OR_ABOVE
#define DOWN TRIGGER_AT_OR_BELOW

PAWL_STATIC_ASSERT((int)TRIGGER_AT_OR_ABOVE == (int)PAWL_CROSS_AT_OR_ABOVE, "same numbers");
PAWL_STATIC_ASSERT((int)TRIGGER_AT_OR_BELOW == (int)PAWL_CROSS_AT_OR_BELOW, "same numbers");

static struct pawl_price at(int64_t whole) { return (struct pawl_price){whole * PAWL_E8}; }

static struct triggers *fresh(void) {
    struct triggers *t = NULL;
    struct pawl_err err = {0};
    assert_int_equal(triggers_new(&t, &err), PAWL_OK);
    return t;
}

static void arm_on(struct triggers *t, uint64_t key, enum trigger_line line,
                   enum trigger_cross cross, int64_t level) {
    struct pawl_err err = {0};
    struct trigger_spec spec = {.key = key,
                                .owner = OWNER,
                                .instrument = EUR,
                                .level = at(level),
                                .line = (uint8_t)line,
                                .cross = (uint8_t)cross};
    assert_int_equal(triggers_arm(t, &spec, &err), PAWL_OK);
}

static void arm(struct triggers *t, uint64_t key, enum trigger_cross cross, int64_t level) {
    arm_on(t, key, TRIGGER_BID, cross, level);
}

static bool bid(struct triggers *t, int64_t price) {
    return triggers_price(t, EUR, TRIGGER_BID, at(price));
}

/* The key of the next hit; 0 = none. */
static uint64_t take(struct triggers *t) {
    struct trigger_hit hit;
    return triggers_take(t, &hit) ? hit.spec.key : 0;
}

static void fires_once_at_or_beyond(void **state) {
    (void)state;
    struct triggers *t = fresh();
    bid(t, 100);
    arm(t, 1, UP, 105);
    arm(t, 2, DOWN, 95);
    assert_false(bid(t, 104));
    assert_true(bid(t, 105));
    struct trigger_hit hit;
    assert_true(triggers_take(t, &hit));
    assert_int_equal(hit.spec.key, 1);
    assert_int_equal(hit.spec.owner, OWNER);
    assert_int_equal(hit.spec.instrument, EUR);
    assert_int_equal(hit.spec.level.e8, 105 * PAWL_E8);
    assert_int_equal(hit.spec.line, TRIGGER_BID);
    assert_int_equal(hit.spec.cross, UP);
    assert_int_equal(hit.price.e8, 105 * PAWL_E8);
    assert_false(triggers_take(t, &hit));
    assert_false(bid(t, 106));
    assert_true(bid(t, 90));
    assert_int_equal(take(t), 2);
    assert_int_equal(triggers_count(t), 0);
    triggers_free(t);
}

static void a_gap_fires_nearest_to_the_old_price_first_then_oldest(void **state) {
    (void)state;
    struct triggers *t = fresh();
    bid(t, 100);
    arm(t, 1, DOWN, 90);
    arm(t, 2, DOWN, 95);
    arm(t, 3, DOWN, 90);
    arm(t, 4, DOWN, 97);
    arm(t, 5, UP, 101);
    bid(t, 80);
    assert_int_equal(take(t), 4);
    assert_int_equal(take(t), 2);
    assert_int_equal(take(t), 1);
    assert_int_equal(take(t), 3);
    assert_int_equal(take(t), 0);
    bid(t, 200);
    assert_int_equal(take(t), 5);
    triggers_free(t);
}

static void a_level_already_beyond_fires_on_the_next_price_and_not_before(void **state) {
    (void)state;
    struct triggers *t = fresh();
    bid(t, 100);
    arm(t, 1, UP, 90);
    arm(t, 2, DOWN, 99);
    arm(t, 3, UP, 95);
    arm(t, 4, UP, 100);
    assert_int_equal(take(t), 0);
    assert_true(bid(t, 98)); /* those that stood beyond, by age; then the one crossed now */
    assert_int_equal(take(t), 1);
    assert_int_equal(take(t), 3);
    assert_int_equal(take(t), 2);
    assert_int_equal(take(t), 0);
    assert_true(bid(t, 100)); /* 4 was due, but the price had gone back */
    assert_int_equal(take(t), 4);
    triggers_free(t);
}

static void without_a_price_levels_wait_and_say_so(void **state) {
    (void)state;
    struct triggers *t = fresh();
    assert_false(triggers_has_feed(t, EUR, TRIGGER_BID));
    arm(t, 1, UP, 105);
    arm(t, 2, UP, 100);
    arm(t, 3, DOWN, 110);
    assert_false(triggers_has_feed(t, EUR, TRIGGER_BID));
    triggers_price(t, EUR, TRIGGER_ASK, at(500));
    assert_false(triggers_has_feed(t, EUR, TRIGGER_BID));
    assert_false(triggers_pending(t));
    bid(t, 103);
    assert_true(triggers_has_feed(t, EUR, TRIGGER_BID));
    assert_int_equal(take(t), 2);
    assert_int_equal(take(t), 3);
    assert_int_equal(take(t), 0);
    assert_int_equal(triggers_count(t), 1);
    triggers_free(t);
}

static void lines_fire_in_the_order_their_prices_came(void **state) {
    (void)state;
    struct triggers *t = fresh();
    for (int line = TRIGGER_BID; line <= TRIGGER_MARK; line++)
        triggers_price(t, EUR, (enum trigger_line)line, at(100));
    for (int line = TRIGGER_MARK; line >= TRIGGER_BID; line--)
        arm_on(t, (uint64_t)line, (enum trigger_line)line, UP, 101);
    for (int line = TRIGGER_BID; line <= TRIGGER_MARK; line++)
        assert_true(triggers_price(t, EUR, (enum trigger_line)line, at(102)));
    for (uint64_t key = TRIGGER_BID; key <= TRIGGER_MARK; key++) assert_int_equal(take(t), key);
    assert_false(triggers_pending(t));
    triggers_free(t);
}

static void a_hit_disarmed_or_armed_anew_before_its_turn_does_not_fire(void **state) {
    (void)state;
    struct triggers *t = fresh();
    bid(t, 100);
    for (uint64_t key = 1; key <= 4; key++) arm(t, key, DOWN, 100 - (int64_t)key);
    bid(t, 90);
    assert_int_equal(take(t), 1);
    assert_true(triggers_disarm(t, OWNER, 2));
    assert_false(triggers_disarm(t, OWNER, 2));
    arm(t, 3, DOWN, 97); /* beyond already: fires on the next price */
    assert_int_equal(take(t), 4);
    assert_int_equal(take(t), 0);
    assert_true(bid(t, 90));
    assert_int_equal(take(t), 3);
    assert_int_equal(take(t), 0);
    triggers_free(t);
}

static void arming_again_replaces_and_is_the_youngest(void **state) {
    (void)state;
    struct triggers *t = fresh();
    bid(t, 100);
    arm(t, 1, UP, 110);
    arm(t, 2, UP, 105);
    uint64_t age = triggers_age(t);
    arm(t, 1, UP, 105);
    assert_int_equal(triggers_count(t), 2);
    assert_true(triggers_age(t) > age);
    struct trigger_spec spec;
    assert_true(triggers_find(t, OWNER, 1, &spec));
    assert_int_equal(spec.level.e8, 105 * PAWL_E8);
    bid(t, 120);
    struct trigger_hit hit;
    assert_true(triggers_take(t, &hit));
    assert_int_equal(hit.spec.key, 2);
    assert_int_equal(hit.age, age);
    assert_true(triggers_take(t, &hit));
    assert_int_equal(hit.spec.key, 1);
    assert_int_equal(hit.age, triggers_age(t));
    assert_false(triggers_find(t, OWNER, 1, &spec));
    triggers_free(t);
}

static void a_turn_hands_out_its_share_and_the_rest_stays_pending(void **state) {
    (void)state;
    struct triggers *t = fresh();
    bid(t, 100);
    for (uint64_t key = 1; key <= TRIGGER_FIRES_PER_TURN_MAX + 2u; key++) arm(t, key, UP, 101);
    triggers_turn(t);
    bid(t, 102);
    for (uint64_t key = 1; key <= TRIGGER_FIRES_PER_TURN_MAX; key++)
        assert_int_equal(take(t), key);
    assert_int_equal(take(t), 0);
    assert_true(triggers_pending(t));
    triggers_turn(t);
    assert_int_equal(take(t), TRIGGER_FIRES_PER_TURN_MAX + 1u);
    assert_true(triggers_disarm(t, OWNER, TRIGGER_FIRES_PER_TURN_MAX + 2u));
    assert_false(triggers_pending(t));
    triggers_free(t);
}

static void the_last_hit_may_be_the_last_of_the_turns_share(void **state) {
    (void)state;
    struct triggers *t = fresh();
    bid(t, 100);
    for (uint64_t key = 1; key <= TRIGGER_FIRES_PER_TURN_MAX; key++) arm(t, key, UP, 101);
    bid(t, 102);
    while (take(t) != 0) continue;
    assert_int_equal(triggers_count(t), 0);
    assert_false(bid(t, 103));
    triggers_free(t);
}

static void an_owner_is_dropped_whole(void **state) {
    (void)state;
    struct triggers *t = fresh();
    struct pawl_err err = {0};
    bid(t, 100);
    for (uint64_t key = 1; key <= 100; key++) {
        arm(t, key, key % 2 ? UP : DOWN, 60 + (int64_t)key);
        struct trigger_spec other = {.key = key,
                                     .owner = OWNER + 1,
                                     .instrument = EUR,
                                     .level = at(110),
                                     .line = TRIGGER_BID,
                                     .cross = UP};
        assert_int_equal(triggers_arm(t, &other, &err), PAWL_OK);
    }
    assert_int_equal(triggers_drop_owner(t, OWNER), 100);
    assert_int_equal(triggers_drop_owner(t, OWNER), 0);
    assert_int_equal(triggers_count(t), 100);
    assert_false(bid(t, 1));
    assert_true(bid(t, 1000));
    triggers_free(t);
}

static void extreme_levels_and_prices_are_only_numbers(void **state) {
    (void)state;
    struct triggers *t = fresh();
    struct pawl_err err = {0};
    const int64_t levels[] = {INT64_MIN, INT64_MAX, -1, 0};
    triggers_price(t, EUR, TRIGGER_LAST, (struct pawl_price){5});
    for (uint64_t i = 0; i < 8; i++) {
        struct trigger_spec spec = {.key = i + 1,
                                    .owner = OWNER,
                                    .instrument = EUR,
                                    .level = {levels[i / 2]},
                                    .line = TRIGGER_LAST,
                                    .cross = i % 2 ? DOWN : UP};
        assert_int_equal(triggers_arm(t, &spec, &err), PAWL_OK);
    }
    triggers_price(t, EUR, TRIGGER_LAST, (struct pawl_price){INT64_MIN});
    const uint64_t down[] = {1, 4, 8, 6, 2, 0}; /* 1 and 4 stood beyond already */
    for (uint32_t i = 0; i < 6; i++) assert_int_equal(take(t), down[i]);
    triggers_price(t, EUR, TRIGGER_LAST, (struct pawl_price){INT64_MAX});
    const uint64_t up[] = {5, 7, 3, 0};
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(take(t), up[i]);
    assert_int_equal(triggers_count(t), 0);
    triggers_free(t);
}

static void refuses_what_is_out_of_range(void **state) {
    (void)state;
    struct triggers *t = fresh();
    const struct trigger_spec good = {
        .key = 1, .owner = OWNER, .instrument = NAMES_MAX, .line = TRIGGER_BID, .cross = UP};
    struct trigger_spec bad[5] = {good, good, good, good, good};
    bad[0].instrument = 0;
    bad[1].instrument = NAMES_MAX + 1u;
    bad[2].line = 0;
    bad[3].line = TRIGGER_MARK + 1;
    bad[4].cross = 3;
    for (int i = 0; i < 5; i++) {
        struct pawl_err err = {0};
        assert_int_equal(triggers_arm(t, &bad[i], &err), PAWL_E_INVAL);
        assert_int_not_equal(err.text[0], 0);
    }
    assert_int_equal(triggers_arm(t, &good, NULL), PAWL_OK);
    assert_int_equal(triggers_count(t), 1);
    triggers_free(t);
}

/* Every allocation of an arm is made to fail in turn: nothing changed, and the next try works. */
static void an_arm_without_memory_changes_nothing(void **state) {
    (void)state;
    uint32_t failures = 0;
    struct triggers *t = fresh();
    for (uint64_t key = 1; key <= 200; key++) {
        struct trigger_spec spec = {.key = key,
                                    .owner = OWNER,
                                    .instrument = EUR + (uint32_t)key,
                                    .level = at(5),
                                    .line = TRIGGER_BID,
                                    .cross = key % 2 ? UP : DOWN};
        if (key % 3 == 0) spec.instrument = EUR;
        for (uint64_t nth = 1;; nth++) {
            struct pawl_err err = {0};
            mem_fail_at(nth, false);
            int rc = triggers_arm(t, &spec, &err);
            mem_fail_at(0, false);
            if (rc == PAWL_OK) break;
            assert_int_equal(rc, PAWL_E_NOMEM);
            assert_int_equal(triggers_count(t), key - 1);
            failures++;
        }
        if (key == 100) bid(t, 3);
        while (take(t) != 0) continue;
        while (triggers_count(t) < key) {
            struct trigger_spec filler = spec;
            filler.key = 1000 + key + triggers_count(t);
            assert_int_equal(triggers_arm(t, &filler, NULL), PAWL_OK);
        }
    }
    assert_true(failures > 20);
    triggers_free(t);
    mem_fail_at(1, false);
    assert_int_equal(triggers_new(&t, NULL), PAWL_E_NOMEM);
    mem_fail_at(0, false);
    triggers_free(NULL);
}

/* Levels that come and go while no price comes, before the first price and while hits wait. */
static void what_left_before_a_price_came_takes_no_room(void **state) {
    (void)state;
    struct triggers *t = fresh();
    for (uint64_t key = 1; key <= 20; key++) arm(t, key, UP, 101);
    uint64_t bytes = triggers_bytes(t);
    for (uint64_t i = 0; i < 10000; i++) {
        arm(t, 1000 + i, DOWN, 99);
        if (i >= 3) assert_true(triggers_disarm(t, OWNER, 1000 + i - 3));
    }
    assert_true(triggers_bytes(t) <= bytes + 4096);
    bid(t, 102); /* the 20 are due and fire; the last 3 do not */
    for (uint64_t key = 1; key <= 5; key++) assert_int_equal(take(t), key);
    for (uint64_t i = 0; i < 10000; i++) {
        arm(t, 1000 + i, UP, 102); /* for the next price */
        if (i >= 2) assert_true(triggers_disarm(t, OWNER, 1000 + i - 2));
        if (i == 5000) assert_true(triggers_disarm(t, OWNER, 7));
        if (i == 9000) assert_int_equal(take(t), 6);
    }
    assert_true(triggers_bytes(t) <= bytes + 4096);
    for (uint64_t key = 8; key <= 20; key++) assert_int_equal(take(t), key);
    assert_int_equal(take(t), 0);
    bid(t, 102);
    assert_int_equal(take(t), 1000 + 9998);
    assert_int_equal(take(t), 1000 + 9999);
    assert_int_equal(take(t), 0);
    assert_int_equal(triggers_count(t), 0);
    triggers_free(t);
}

static void a_million_levels_cost_at_most_80_bytes_each_and_four_are_the_limit(void **state) {
    (void)state;
    struct triggers *t = fresh();
    struct trigger_spec spec;
    struct pawl_err err = {0};
    bid(t, TRIGGERS_MAX);
    for (uint64_t key = 1; key <= TRIGGERS_MAX; key++) {
        int64_t distance = key % 2 ? (int64_t)key : -(int64_t)key;
        arm(t, key, key % 2 ? UP : DOWN, (int64_t)TRIGGERS_MAX + distance);
        if (key == 1u << 20) assert_true(triggers_bytes(t) <= 80u << 20);
    }
    assert_true(triggers_find(t, OWNER, 1, &spec));
    spec.owner++;
    assert_int_equal(triggers_arm(t, &spec, &err), PAWL_E_BUSY);
    assert_string_equal(err.text, "triggers: 4194304 are armed, the limit");
    spec.owner--;
    assert_int_equal(triggers_arm(t, &spec, NULL), PAWL_OK);
    assert_false(bid(t, TRIGGERS_MAX));
    triggers_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_once_at_or_beyond),
        cmocka_unit_test(a_gap_fires_nearest_to_the_old_price_first_then_oldest),
        cmocka_unit_test(a_level_already_beyond_fires_on_the_next_price_and_not_before),
        cmocka_unit_test(without_a_price_levels_wait_and_say_so),
        cmocka_unit_test(lines_fire_in_the_order_their_prices_came),
        cmocka_unit_test(a_hit_disarmed_or_armed_anew_before_its_turn_does_not_fire),
        cmocka_unit_test(arming_again_replaces_and_is_the_youngest),
        cmocka_unit_test(a_turn_hands_out_its_share_and_the_rest_stays_pending),
        cmocka_unit_test(the_last_hit_may_be_the_last_of_the_turns_share),
        cmocka_unit_test(an_owner_is_dropped_whole),
        cmocka_unit_test(extreme_levels_and_prices_are_only_numbers),
        cmocka_unit_test(refuses_what_is_out_of_range),
        cmocka_unit_test(an_arm_without_memory_changes_nothing),
        cmocka_unit_test(what_left_before_a_price_came_takes_no_room),
        cmocka_unit_test(a_million_levels_cost_at_most_80_bytes_each_and_four_are_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
