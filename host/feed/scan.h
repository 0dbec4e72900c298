/*
 * scan.h - numbers out of text, fast.
 *
 * Every scanner takes a pointer into a line, moves it behind what it read, and relies on the line
 * being followed by one readable byte that is no digit (bytes.h sees to that), so no length is
 * checked byte by byte. 0 = read; PAWL_E_DATA = no number there; PAWL_E_RANGE = too large.
 */
#ifndef FEED_SCAN_H
#define FEED_SCAN_H

#include "pawl_types.h"

#define SCAN_POW10_MAX 18

extern const int64_t scan_pow10[SCAN_POW10_MAX + 1];

/* Signs, exponents, more decimals than fit (rounded to nearest, ties to even), many digits. */
int scan_decimal_slow(const char **at, int shift, int64_t *ret);

static inline unsigned scan_digit(char c) {
    return (unsigned)(unsigned char)c - (unsigned)'0';
}

/* The number at *at times 10^shift; shift 8 gives the scalars of pawl_types.h. */
static inline int scan_decimal(const char **at, int shift, int64_t *ret) {
    const char *p = *at;
    const char *first = p;
    uint64_t value = 0;
    unsigned digit;
    ptrdiff_t digits;
    int decimals = 0;
    while ((digit = scan_digit(*p)) <= 9) {
        value = value * 10 + digit; /* may wrap; then there are too many digits */
        p++;
    }
    digits = p - first;
    if (*p == '.') {
        const char *dot = ++p;
        while ((digit = scan_digit(*p)) <= 9) {
            value = value * 10 + digit;
            p++;
        }
        digits += p - dot;
        decimals = p - dot > 64 ? 64 : (int)(p - dot);
    }
    int up = shift - decimals;
    int64_t scaled;
    if (digits == 0 || digits > 18 || up < 0 || *p == 'e' || *p == 'E' ||
        __builtin_mul_overflow((int64_t)value, scan_pow10[up], &scaled))
        return scan_decimal_slow(at, shift, ret);
    *ret = scaled;
    *at = p;
    return PAWL_OK;
}

/* Digits only, at most 18. */
static inline int scan_integer(const char **at, int64_t *ret) {
    const char *p = *at;
    uint64_t value = 0;
    unsigned digit;
    while ((digit = scan_digit(*p)) <= 9) {
        value = value * 10 + digit;
        p++;
    }
    if (p == *at) return PAWL_E_DATA;
    if (p - *at > 18) return PAWL_E_RANGE;
    *ret = (int64_t)value;
    *at = p;
    return PAWL_OK;
}

#endif
