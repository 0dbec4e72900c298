/* pawl_num.h: exact, checked, rounding as named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pawl_num.h"

#define E8(x) (INT64_C(x) * PAWL_E8)

static void sums_are_checked_at_both_ends(void **state) {
    (void)state;
    int64_t r = 7;
    assert_int_equal(pawl_add_i64(INT64_MAX - 1, 1, &r), PAWL_OK);
    assert_int_equal(r, INT64_MAX);
    r = 7;
    assert_int_equal(pawl_add_i64(INT64_MAX, 1, &r), PAWL_E_RANGE);
    assert_int_equal(pawl_add_i64(-INT64_MAX, -1, &r), PAWL_E_RANGE);
    assert_int_equal(pawl_sub_i64(-INT64_MAX, 1, &r), PAWL_E_RANGE);
    assert_int_equal(pawl_sub_i64(0, INT64_MIN, &r), PAWL_E_RANGE);
    assert_int_equal(r, 7);
}

static void division_rounds_as_named(void **state) {
    (void)state;
    static const struct {
        int64_t n, d, down, up, zero, even;
    } cases[] = {
        {7, 2, 3, 4, 3, 4},      {-7, 2, -4, -3, -3, -4}, {5, 2, 2, 3, 2, 2},
        {-5, 2, -3, -2, -2, -2}, {1, 3, 0, 1, 0, 0},      {-1, 3, -1, 0, 0, 0},
        {2, 3, 0, 1, 0, 1},      {-2, 3, -1, 0, 0, -1},   {6, 3, 2, 2, 2, 2},
        {7, -2, -4, -3, -3, -4}, {-7, -2, 3, 4, 3, 4},    {0, 9, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t r;
        assert_int_equal(pawl_div_i128(cases[i].n, cases[i].d, PAWL_ROUND_DOWN, &r), PAWL_OK);
        assert_int_equal(r, cases[i].down);
        assert_int_equal(pawl_div_i128(cases[i].n, cases[i].d, PAWL_ROUND_UP, &r), PAWL_OK);
        assert_int_equal(r, cases[i].up);
        assert_int_equal(pawl_div_i128(cases[i].n, cases[i].d, PAWL_ROUND_ZERO, &r), PAWL_OK);
        assert_int_equal(r, cases[i].zero);
        assert_int_equal(pawl_div_i128(cases[i].n, cases[i].d, PAWL_ROUND_EVEN, &r), PAWL_OK);
        assert_int_equal(r, cases[i].even);
    }
    int64_t r;
    assert_int_equal(pawl_div_i128(1, 0, PAWL_ROUND_ZERO, &r), PAWL_E_RANGE);
}

static void rounding_to_a_step_stays_in_range(void **state) {
    (void)state;
    int64_t r;
    assert_int_equal(pawl_round_to(12345, 100, PAWL_ROUND_DOWN, &r), PAWL_OK);
    assert_int_equal(r, 12300);
    assert_int_equal(pawl_round_to(-12345, 100, PAWL_ROUND_DOWN, &r), PAWL_OK);
    assert_int_equal(r, -12400);
    assert_int_equal(pawl_round_to(12350, 100, PAWL_ROUND_EVEN, &r), PAWL_OK);
    assert_int_equal(r, 12400);
    assert_int_equal(pawl_round_to(INT64_MAX, 1000, PAWL_ROUND_UP, &r), PAWL_E_RANGE);
    assert_int_equal(pawl_round_to(5, 0, PAWL_ROUND_UP, &r), PAWL_E_RANGE);
    assert_int_equal(pawl_round_to(5, -5, PAWL_ROUND_UP, &r), PAWL_E_RANGE);
}

static void profit_has_the_sign_of_the_side(void **state) {
    (void)state;
    struct pawl_price from = {E8(100)}, to = {E8(101)};
    struct pawl_qty two = {E8(2)};
    struct pawl_ratio ten = {E8(10)};
    struct pawl_money m;
    assert_int_equal(pawl_profit(1, from, to, two, ten, &m), PAWL_OK);
    assert_int_equal(m.e8, E8(20));
    assert_int_equal(pawl_profit(2, from, to, two, ten, &m), PAWL_OK);
    assert_int_equal(m.e8, -E8(20));
    struct pawl_price far = {INT64_MAX};
    assert_int_equal(pawl_profit(2, from, far, two, ten, &m), PAWL_E_RANGE);
}

static void text_is_read_exactly_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t value;
    } cases[] = {
        {"0", PAWL_OK, 0},
        {"-0", PAWL_OK, 0},
        {"12.5", PAWL_OK, 1250000000},
        {"-12.5", PAWL_OK, -1250000000},
        {"+1", PAWL_OK, E8(1)},
        {".5", PAWL_OK, 50000000},
        {"5.", PAWL_OK, E8(5)},
        {"0.00000001", PAWL_OK, 1},
        {"0.000000010", PAWL_OK, 1},
        {"0.000000011", PAWL_E_DATA, 0},
        {"00012", PAWL_OK, E8(12)},
        {"92233720368.54775807", PAWL_OK, INT64_MAX},
        {"-92233720368.54775807", PAWL_OK, -INT64_MAX},
        {"92233720368.54775808", PAWL_E_RANGE, 0},
        {"-92233720368.54775808", PAWL_E_RANGE, 0},
        {"99999999999999999999999", PAWL_E_RANGE, 0},
        {"", PAWL_E_DATA, 0},
        {"-", PAWL_E_DATA, 0},
        {".", PAWL_E_DATA, 0},
        {"1e5", PAWL_E_DATA, 0},
        {"1.2.3", PAWL_E_DATA, 0},
        {" 1", PAWL_E_DATA, 0},
        {"1 ", PAWL_E_DATA, 0},
        {"--1", PAWL_E_DATA, 0},
        {"0x10", PAWL_E_DATA, 0},
        {"nan", PAWL_E_DATA, 0},
        {"1,5", PAWL_E_DATA, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t r = 7;
        int rc = pawl_parse_e8(cases[i].text, strlen(cases[i].text), &r);
        if (rc != cases[i].rc) fail_msg("%s gives %d", cases[i].text, rc);
        assert_int_equal(r, rc == PAWL_OK ? cases[i].value : 7);
    }
}

static void text_written_is_the_shortest(void **state) {
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0.00000001"},
        {-1, "-0.00000001"},
        {150000000, "1.5"},
        {E8(100), "100"},
        {-E8(100), "-100"},
        {100000010, "1.0000001"},
        {INT64_MAX, "92233720368.54775807"},
        {INT64_MIN, "-92233720368.54775808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[PAWL_E8_TEXT_MAX];
        assert_int_equal(pawl_format_e8(cases[i].value, out), strlen(cases[i].text));
        assert_string_equal(out, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_checked_at_both_ends),
        cmocka_unit_test(division_rounds_as_named),
        cmocka_unit_test(rounding_to_a_step_stays_in_range),
        cmocka_unit_test(profit_has_the_sign_of_the_side),
        cmocka_unit_test(text_is_read_exactly_or_refused),
        cmocka_unit_test(text_written_is_the_shortest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
