#include "feed/scan.h"

#include "pawl_num.h"

#define SLOW_DIGITS_MAX                                                                            \
    36 /* significant digits kept; 10^36 fits 128 bits with room for one more                      \
        */
#define SLOW_TEXT_MAX 4096 /* digits looked at */
#define SLOW_EXPONENT_MAX 99

const int64_t scan_pow10[SCAN_POW10_MAX + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

/* value x 10^up, rounded to nearest where digits fall off, ties to even. */
static int scale_to_i64(pawl_i128 value, int up, int64_t *ret) {
    for (; up > 0 && value != 0; up--) {
        if (value > INT64_MAX) return PAWL_E_RANGE;
        value *= 10;
    }
    int sticky = 0; /* something below the digit that rounds */
    for (; up < -1 && value != 0; up++) {
        sticky |= value % 10 != 0;
        value /= 10;
    }
    if (up == -1) {
        int last = (int)(value % 10);
        value /= 10;
        if (last > 5 || (last == 5 && (sticky || (value & 1) != 0))) value++;
    }
    if (value > INT64_MAX) return PAWL_E_RANGE;
    *ret = (int64_t)value;
    return PAWL_OK;
}

static int scan_exponent(const char **at, int *ret) {
    const char *p = *at;
    int negative = 0, value = 0;
    if (*p == '-' || *p == '+') negative = *p++ == '-';
    if (scan_digit(*p) > 9) return PAWL_E_DATA;
    for (; scan_digit(*p) <= 9; p++)
        if (value <= SLOW_EXPONENT_MAX) value = value * 10 + (int)scan_digit(*p);
    if (value > SLOW_EXPONENT_MAX) return PAWL_E_RANGE;
    *ret = negative ? -value : value;
    *at = p;
    return PAWL_OK;
}

int scan_decimal_slow(const char **at, int shift, int64_t *ret) {
    const char *p = *at;
    pawl_i128 value = 0;
    int negative = 0, seen = 0, kept = 0, decimals = 0, point = 0, exponent = 0, rc;
    int64_t scaled;
    if (*p == '-' || *p == '+') negative = *p++ == '-';
    for (;; p++) {
        unsigned digit = scan_digit(*p);
        if (*p == '.' && !point) {
            point = 1;
            continue;
        }
        if (digit > 9) break;
        if (++seen > SLOW_TEXT_MAX) return PAWL_E_RANGE;
        if (kept < SLOW_DIGITS_MAX) {
            value = value * 10 + (pawl_i128)digit;
            kept += value != 0;
            decimals += point;
        } else if (!point) {
            return PAWL_E_RANGE;
        }
    }
    if (seen == 0) return PAWL_E_DATA;
    if (*p == 'e' || *p == 'E') {
        p++;
        if ((rc = scan_exponent(&p, &exponent)) != PAWL_OK) return rc;
    }
    if ((rc = scale_to_i64(value, shift - decimals + exponent, &scaled)) != PAWL_OK) return rc;
    *ret = negative ? -scaled : scaled;
    *at = p;
    return PAWL_OK;
}
