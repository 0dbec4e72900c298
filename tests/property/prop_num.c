/*
 * Arithmetic of pawl_num.h against a second implementation: sign and magnitude in base 10 digits,
 * slow and with nothing in common with the first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "pawl_num.h"
#include "prop_seed.h"

#define DIGITS 48
#define ROUNDS 20000

struct decimal { /* digit[0] is the lowest */
    int negative;
    int8_t digit[DIGITS];
};

static struct rng rng;

static struct decimal decimal_of(int64_t value) {
    struct decimal d = {.negative = value < 0};
    for (int i = 0; i < 20; i++, value /= 10)
        d.digit[i] = (int8_t)(value < 0 ? -(value % 10) : value % 10);
    return d;
}

static int magnitude_compare(const struct decimal *a, const struct decimal *b) {
    for (int i = DIGITS - 1; i >= 0; i--)
        if (a->digit[i] != b->digit[i]) return a->digit[i] < b->digit[i] ? -1 : 1;
    return 0;
}

static int magnitude_is_zero(const struct decimal *a) {
    static const struct decimal zero;
    return magnitude_compare(a, &zero) == 0;
}

static void magnitude_add(struct decimal *a, const struct decimal *b) {
    int carry = 0;
    for (int i = 0; i < DIGITS; i++) {
        int sum = a->digit[i] + b->digit[i] + carry;
        carry = sum >= 10;
        a->digit[i] = (int8_t)(sum - 10 * carry);
    }
}

static void magnitude_sub(struct decimal *a, const struct decimal *b) { /* a >= b */
    int borrow = 0;
    for (int i = 0; i < DIGITS; i++) {
        int left = a->digit[i] - b->digit[i] - borrow;
        borrow = left < 0;
        a->digit[i] = (int8_t)(left + 10 * borrow);
    }
}

static struct decimal decimal_mul(const struct decimal *a, const struct decimal *b) {
    struct decimal r = {.negative = a->negative != b->negative};
    int column[DIGITS] = {0};
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < 20; j++) column[i + j] += a->digit[i] * b->digit[j];
    for (int i = 0, carry = 0; i < DIGITS; i++) {
        r.digit[i] = (int8_t)((column[i] + carry) % 10);
        carry = (column[i] + carry) / 10;
    }
    return r;
}

/* |n| / |d| by long division; *rest is what is left. */
static struct decimal magnitude_div(const struct decimal *n, const struct decimal *d,
                                    struct decimal *rest) {
    struct decimal q = {0};
    memset(rest, 0, sizeof *rest);
    for (int i = DIGITS - 1; i >= 0; i--) {
        memmove(rest->digit + 1, rest->digit, DIGITS - 1);
        rest->digit[0] = n->digit[i];
        while (magnitude_compare(rest, d) >= 0) {
            magnitude_sub(rest, d);
            q.digit[i]++;
        }
    }
    return q;
}

/* The value, or PAWL_E_RANGE beyond +-INT64_MAX. */
static int decimal_value(const struct decimal *d, int64_t *ret) {
    struct decimal limit = decimal_of(INT64_MAX);
    if (magnitude_compare(d, &limit) > 0) return PAWL_E_RANGE;
    int64_t value = 0;
    for (int i = 19; i >= 0; i--) value = value * 10 + d->digit[i];
    *ret = d->negative ? -value : value;
    return PAWL_OK;
}

static int reference_muldiv(int64_t a, int64_t b, int64_t c, enum pawl_round round, int64_t *ret) {
    static const struct decimal one = {.digit = {1}};
    struct decimal da = decimal_of(a), db = decimal_of(b), dc = decimal_of(c), rest;
    struct decimal n = decimal_mul(&da, &db);
    int negative = n.negative != dc.negative;
    struct decimal q = magnitude_div(&n, &dc, &rest);
    struct decimal twice = rest;
    magnitude_add(&twice, &rest);
    int half = magnitude_compare(&twice, &dc), odd = q.digit[0] % 2, away = 0;
    if (!magnitude_is_zero(&rest)) {
        if (round == PAWL_ROUND_DOWN) away = negative;
        if (round == PAWL_ROUND_UP) away = !negative;
        if (round == PAWL_ROUND_EVEN) away = half > 0 || (half == 0 && odd);
    }
    if (away) magnitude_add(&q, &one);
    q.negative = negative;
    return decimal_value(&q, ret);
}

/* Numbers of every size, and often near a power of ten or an end of the range. */
static int64_t number(void) {
    int64_t x = (int64_t)(rng_u64(&rng) >> rng_below(&rng, 64));
    if (rng_chance(&rng, 1, 8)) x = INT64_MAX - rng_between(&rng, 0, 3);
    if (rng_chance(&rng, 1, 4)) {
        x = 1;
        for (uint64_t i = rng_below(&rng, 19); i > 0; i--) x *= 10;
        x += rng_between(&rng, -1, 1);
    }
    if (x == INT64_MIN) x = 0;
    return rng_chance(&rng, 1, 2) ? x : -x;
}

static void products_and_quotients_agree(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t a = number(), b = number(), c = rng_chance(&rng, 1, 2) ? PAWL_E8 : number();
        if (c == 0) c = 1;
        for (enum pawl_round round = PAWL_ROUND_DOWN; round <= PAWL_ROUND_EVEN; round++) {
            int64_t got = 11, wanted = 11;
            int rc = pawl_muldiv(a, b, c, round, &got);
            assert_int_equal(rc, reference_muldiv(a, b, c, round, &wanted));
            assert_int_equal(got, wanted);
        }
    }
}

static void sums_agree(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t a = number(), b = number(), got = 11, wanted = 11;
        struct decimal da = decimal_of(a), db = decimal_of(b);
        if (da.negative == db.negative) {
            magnitude_add(&da, &db);
        } else if (magnitude_compare(&da, &db) >= 0) {
            magnitude_sub(&da, &db);
        } else {
            magnitude_sub(&db, &da);
            da = db;
        }
        int rc = decimal_value(&da, &wanted);
        assert_int_equal(pawl_add_i64(a, b, &got), rc);
        assert_int_equal(got, wanted);
        got = 11;
        assert_int_equal(pawl_sub_i64(a, -b, &got), rc);
        assert_int_equal(got, wanted);
    }
}

static void steps_divide_and_are_nearest(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t value = number(), step = number(), down = 0, up = 0, even = 0;
        if (step <= 0) step = 1 - (step + 1 > 0 ? 0 : step + 1);
        int rc_down = pawl_round_to(value, step, PAWL_ROUND_DOWN, &down);
        int rc_up = pawl_round_to(value, step, PAWL_ROUND_UP, &up);
        if (rc_down != PAWL_OK || rc_up != PAWL_OK) continue;
        assert_int_equal(down % step, 0);
        assert_int_equal(up % step, 0);
        assert_true(down <= value && value <= up);
        assert_true((pawl_i128)up - down == (value % step == 0 ? 0 : step));
        assert_int_equal(pawl_round_to(value, step, PAWL_ROUND_EVEN, &even), PAWL_OK);
        assert_true(even == down || even == up);
    }
}

static void text_comes_back(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t value = number(), back = 11;
        char text[PAWL_E8_TEXT_MAX];
        size_t len = pawl_format_e8(value, text);
        assert_int_equal(len, strlen(text));
        assert_int_equal(pawl_parse_e8(text, len, &back), PAWL_OK);
        assert_int_equal(back, value);
    }
}

/* Any bytes: an answer or a refusal, and no byte beyond len is looked at. */
static void any_bytes_are_read_or_refused(void **state) {
    (void)state;
    static const char likely[] = "0123456789.-+eE ,x";
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = rng_below(&rng, 40);
        char *text = malloc(len + 1); /* its own block, so that a sanitizer sees a step too far */
        assert_non_null(text);
        char *exact = realloc(text, len > 0 ? len : 1);
        assert_non_null(exact);
        for (size_t j = 0; j < len; j++) exact[j] = likely[rng_below(&rng, sizeof likely - 1)];
        int64_t value = 11;
        int rc = pawl_parse_e8(exact, len, &value);
        assert_true(rc == PAWL_OK || rc == PAWL_E_DATA || rc == PAWL_E_RANGE);
        if (rc != PAWL_OK) assert_int_equal(value, 11);
        free(exact);
    }
}

int main(void) {
    rng_init(&rng, prop_seed("num"));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_and_quotients_agree),
        cmocka_unit_test(sums_agree),
        cmocka_unit_test(steps_divide_and_are_nearest),
        cmocka_unit_test(text_comes_back),
        cmocka_unit_test(any_bytes_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
