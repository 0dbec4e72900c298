/*
 * Numbers: what pawl_parse_e8() accepts has exactly the value an independent reader computes, is
 * printed and read back equal; products and divisions stay within half or one unit of the true
 * result.
 */
#include "fuzz.h"

#include "pawl_num.h"

enum verdict { VALID, MALFORMED, TOO_LARGE };

/* The decimal value by another road: split at the point, then digit by digit at full width. */
static enum verdict reference(const char *text, size_t len, pawl_i128 *ret) {
    size_t start = len > 0 && (text[0] == '-' || text[0] == '+');
    const char *point = memchr(text, '.', len);
    size_t whole_end = point != NULL ? (size_t)(point - text) : len;
    pawl_i128 value = 0;
    int digits = 0, large = 0;
    if (whole_end < start) return MALFORMED;
    for (size_t i = start; i < len; i++) {
        if (i == whole_end) continue;
        if (text[i] < '0' || text[i] > '9') return MALFORMED;
        digits++;
        if (i > whole_end && i - whole_end > 8) {
            if (text[i] != '0') return MALFORMED;
            continue;
        }
        if (value < ((pawl_i128)1 << 90)) value = value * 10 + (text[i] - '0');
        else large = 1;
    }
    if (digits == 0) return MALFORMED;
    size_t decimals = point != NULL ? len - whole_end - 1 : 0;
    for (; decimals < 8; decimals++) value *= 10;
    if (large || value > INT64_MAX) return TOO_LARGE;
    *ret = text[0] == '-' ? -value : value;
    return VALID;
}

static void check_text(const char *text, size_t len) {
    int64_t value = 42, again = 0;
    pawl_i128 expected = 0;
    enum verdict verdict = reference(text, len, &expected);
    int rc = pawl_parse_e8(text, len, &value);
    if (verdict == VALID) {
        HOLDS(rc == PAWL_OK && value == expected);
        char printed[PAWL_E8_TEXT_MAX];
        size_t printed_len = pawl_format_e8(value, printed);
        HOLDS(printed_len == strlen(printed) && printed_len < PAWL_E8_TEXT_MAX);
        HOLDS(pawl_parse_e8(printed, printed_len, &again) == PAWL_OK && again == value);
        return;
    }
    HOLDS(rc == PAWL_E_RANGE || rc == PAWL_E_DATA);
    /* Text that is both too large and malformed may be called either. */
    if (verdict == TOO_LARGE) HOLDS(rc == PAWL_E_RANGE);
    HOLDS(value == 42);
}

/* |result * d - a * b| is below |d|, at most half of it to nearest, on the side that was named. */
static void check_muldiv(int64_t a, int64_t b, int64_t d, enum pawl_round round) {
    int64_t result = 42;
    if (pawl_muldiv(a, b, d, round, &result) != PAWL_OK) {
        HOLDS(result == 42);
        return;
    }
    HOLDS(d != 0 && result != INT64_MIN);
    pawl_i128 product = (pawl_i128)a * b, divisor = d;
    if (divisor < 0) {
        divisor = -divisor;
        product = -product;
    }
    pawl_i128 over = result * divisor - product; /* above 0: rounded up */
    HOLDS(over > -divisor && over < divisor);
    switch (round) {
    case PAWL_ROUND_DOWN: HOLDS(over <= 0); break;
    case PAWL_ROUND_UP: HOLDS(over >= 0); break;
    case PAWL_ROUND_ZERO: HOLDS(product >= 0 ? over <= 0 : over >= 0); break;
    case PAWL_ROUND_EVEN:
        HOLDS(2 * over >= -divisor && 2 * over <= divisor);
        if (2 * over == divisor || 2 * over == -divisor) HOLDS((result & 1) == 0);
        break;
    }
}

static void check_round_to(int64_t value, int64_t step, enum pawl_round round) {
    int64_t result = 42;
    if (pawl_round_to(value, step, round, &result) != PAWL_OK) {
        HOLDS(result == 42);
        return;
    }
    pawl_i128 moved = (pawl_i128)result - value;
    HOLDS(step > 0 && result % step == 0 && moved > -(pawl_i128)step && moved < step);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len == 0) return 0;
    uint8_t what = *bytes++;
    len--;
    if (what & 0x80) {
        enum pawl_round round = (enum pawl_round)(1 + (what & 3));
        int64_t a = (int64_t)fuzz_take(&bytes, &len, 8), b = (int64_t)fuzz_take(&bytes, &len, 8);
        int64_t d = (int64_t)fuzz_take(&bytes, &len, 8);
        /* What comes from pawl_num.h is never INT64_MIN, and neither is what goes in. */
        if (a == INT64_MIN || b == INT64_MIN || d == INT64_MIN) return 0;
        check_muldiv(a, b, d, round);
        check_round_to(a, d, round);
        return 0;
    }
    check_text((const char *)bytes, len);
    return 0;
}
