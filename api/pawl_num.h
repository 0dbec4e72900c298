/*
 * pawl_num.h - exact arithmetic on the scalars of pawl_types.h.
 *
 * Every function returns PAWL_OK or PAWL_E_RANGE and leaves *ret untouched on failure. Products go
 * through 128 bits. Where a result must be rounded the name of the direction is an argument.
 * INT64_MIN is no number: no function gives it, so -x is safe for every x that came from here.
 * [any] No state, no allocation, any thread.
 */
#ifndef PAWL_NUM_H
#define PAWL_NUM_H

#include <limits.h>
#include <string.h>

#include "pawl_types.h"

enum pawl_round {
    PAWL_ROUND_DOWN = 1, /* toward minus infinity */
    PAWL_ROUND_UP,       /* toward plus infinity */
    PAWL_ROUND_ZERO,     /* toward zero */
    PAWL_ROUND_EVEN      /* to nearest, ties to even */
};

__extension__ typedef __int128 pawl_i128;

static inline int pawl_add_i64(int64_t a, int64_t b, int64_t *ret) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum == INT64_MIN) return PAWL_E_RANGE;
    *ret = sum;
    return PAWL_OK;
}

static inline int pawl_sub_i64(int64_t a, int64_t b, int64_t *ret) {
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference) || difference == INT64_MIN) return PAWL_E_RANGE;
    *ret = difference;
    return PAWL_OK;
}

/* n / d with the given rounding; d = 0 is out of range. Both within +-2^126. */
static inline int pawl_div_i128(pawl_i128 n, pawl_i128 d, enum pawl_round round, int64_t *ret) {
    if (d == 0) return PAWL_E_RANGE;
    if (d < 0) {
        n = -n;
        d = -d;
    }
    pawl_i128 q = n / d;
    pawl_i128 r = n % d; /* sign of n */
    if (r != 0) {
        pawl_i128 twice = (r < 0 ? -r : r) * 2;
        int away = 0;
        switch (round) {
        case PAWL_ROUND_DOWN: away = r < 0; break;
        case PAWL_ROUND_UP: away = r > 0; break;
        case PAWL_ROUND_ZERO: break;
        case PAWL_ROUND_EVEN: away = twice > d || (twice == d && (q & 1) != 0); break;
        }
        if (away) q += n < 0 ? -1 : 1;
    }
    if (q > INT64_MAX || q <= INT64_MIN) return PAWL_E_RANGE;
    *ret = (int64_t)q;
    return PAWL_OK;
}

/* a * b / d through 128 bits; the common product of two e8 numbers has d = PAWL_E8. */
static inline int pawl_muldiv(int64_t a, int64_t b, int64_t d, enum pawl_round round,
                              int64_t *ret) {
    return pawl_div_i128((pawl_i128)a * b, d, round, ret);
}

static inline int pawl_mul_e8(int64_t a, int64_t b, enum pawl_round round, int64_t *ret) {
    return pawl_muldiv(a, b, PAWL_E8, round, ret);
}

/* The multiple of step (above 0) next to value in the given direction. */
static inline int pawl_round_to(int64_t value, int64_t step, enum pawl_round round, int64_t *ret) {
    int64_t n;
    if (step <= 0 || pawl_div_i128(value, step, round, &n) != PAWL_OK) return PAWL_E_RANGE;
    pawl_i128 product = (pawl_i128)n * step;
    if (product > INT64_MAX || product <= INT64_MIN) return PAWL_E_RANGE;
    *ret = (int64_t)product;
    return PAWL_OK;
}

/* Signed profit in quote currency: (to - from) * quantity * multiplier; a long's is positive when
 * the price rises. side is PAWL_LONG (1) or PAWL_SHORT (2). Rounded to nearest, ties to even:
 * quantity x multiplier first, then the product with the difference. */
static inline int pawl_profit(int side, struct pawl_price from, struct pawl_price to,
                              struct pawl_qty quantity, struct pawl_ratio multiplier,
                              struct pawl_money *ret) {
    int64_t per_unit, difference, money;
    if (pawl_sub_i64(to.e8, from.e8, &difference) != PAWL_OK) return PAWL_E_RANGE;
    if (side == 2) difference = -difference;
    if (pawl_mul_e8(quantity.e8, multiplier.e8, PAWL_ROUND_EVEN, &per_unit) != PAWL_OK ||
        pawl_mul_e8(difference, per_unit, PAWL_ROUND_EVEN, &money) != PAWL_OK)
        return PAWL_E_RANGE;
    ret->e8 = money;
    return PAWL_OK;
}

/* Decimal text of exactly `len` bytes ("-12.5", no exponent, no blanks, at most 8 decimals; more
 * are refused unless they are zeros). PAWL_E_DATA when it is no number, PAWL_E_RANGE when too
 * large. */
static inline int pawl_parse_e8(const char *text, size_t len, int64_t *ret) {
    size_t at = 0;
    int negative = 0, digits = 0, decimals = -1;
    uint64_t value = 0;
    if (at < len && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
    for (; at < len; at++) {
        char c = text[at];
        if (c == '.') {
            if (decimals >= 0) return PAWL_E_DATA;
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9') return PAWL_E_DATA;
        digits++;
        if (decimals >= 8) {
            if (c != '0') return PAWL_E_DATA;
            continue;
        }
        if (decimals >= 0) decimals++;
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
            return PAWL_E_RANGE;
    }
    if (digits == 0) return PAWL_E_DATA;
    for (int i = decimals < 0 ? 0 : decimals; i < 8; i++)
        if (__builtin_mul_overflow(value, (uint64_t)10, &value)) return PAWL_E_RANGE;
    if (value > (uint64_t)INT64_MAX) return PAWL_E_RANGE;
    *ret = negative ? -(int64_t)value : (int64_t)value;
    return PAWL_OK;
}

#define PAWL_E8_TEXT_MAX 24u /* bytes pawl_format_e8 may write, terminator included */

/* Shortest exact decimal ("1.5", "-0.00000001", "100"); returns its length. */
static inline size_t pawl_format_e8(int64_t value, char out[PAWL_E8_TEXT_MAX]) {
    char reversed[PAWL_E8_TEXT_MAX];
    uint64_t magnitude = value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value;
    uint64_t whole = magnitude / (uint64_t)PAWL_E8, fraction = magnitude % (uint64_t)PAWL_E8;
    size_t n = 0, length = 0;
    if (fraction != 0) {
        int digit = 0, seen = 0;
        for (; digit < 8; digit++) {
            uint64_t d = fraction % 10;
            fraction /= 10;
            if (d == 0 && !seen) continue;
            seen = 1;
            reversed[n++] = (char)('0' + d);
        }
        reversed[n++] = '.';
    }
    do {
        reversed[n++] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole != 0);
    if (value < 0) reversed[n++] = '-';
    while (n > 0) out[length++] = reversed[--n];
    out[length] = '\0';
    return length;
}

#endif
