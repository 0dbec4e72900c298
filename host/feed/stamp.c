#include "feed/stamp.h"

#include "feed/scan.h"

#define STAMP_YEAR_MIN 1970
#define STAMP_YEAR_MAX 2200

int64_t stamp_days(int year, int month, int day) {
    int64_t y =
        month <= 2 ? year - 1 : year; /* a year that begins in March has its leap day last */
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int digits(const char **at, int count, int *ret) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = scan_digit((*at)[i]);
        if (digit > 9) return PAWL_E_DATA;
        value = value * 10 + (int)digit;
    }
    *at += count;
    *ret = value;
    return PAWL_OK;
}

static int date_ns(int year, int month, int day, int64_t *ret_ns) {
    static const int8_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) return PAWL_E_DATA;
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (month == 2 && leap)) return PAWL_E_DATA;
    if (year < STAMP_YEAR_MIN || year > STAMP_YEAR_MAX) return PAWL_E_RANGE;
    *ret_ns = stamp_days(year, month, day) * STAMP_DAY_NS;
    return PAWL_OK;
}

int stamp_date(const char **at, int64_t *ret_ns) {
    const char *p = *at;
    int year, month, day;
    if (digits(&p, 4, &year) != PAWL_OK || digits(&p, 2, &month) != PAWL_OK ||
        digits(&p, 2, &day) != PAWL_OK || scan_digit(*p) <= 9)
        return PAWL_E_DATA;
    int rc = date_ns(year, month, day, ret_ns);
    if (rc == PAWL_OK) *at = p;
    return rc;
}

/* ".123456789" after whole seconds; what is below a nanosecond is cut off. */
static int fraction(const char **at, int64_t unit_ns, int64_t *ret_ns) {
    const char *p = *at;
    int64_t ns = 0;
    if (*p != '.') {
        *ret_ns = 0;
        return PAWL_OK;
    }
    p++;
    if (scan_digit(*p) > 9) return PAWL_E_DATA;
    for (int64_t worth = unit_ns / 10; scan_digit(*p) <= 9; p++, worth /= 10)
        ns += worth * (int64_t)scan_digit(*p);
    *at = p;
    *ret_ns = ns;
    return PAWL_OK;
}

/* HH:MM[:SS[.f]] or HHMMSS. */
static int clock_ns(const char **at, int64_t *ret_ns) {
    const char *p = *at;
    int hour, minute, second = 0;
    int64_t part = 0;
    if (digits(&p, 2, &hour) != PAWL_OK) return PAWL_E_DATA;
    if (*p == ':') {
        p++;
        if (digits(&p, 2, &minute) != PAWL_OK) return PAWL_E_DATA;
        if (*p == ':') {
            p++;
            if (digits(&p, 2, &second) != PAWL_OK) return PAWL_E_DATA;
            if (fraction(&p, PAWL_NS, &part) != PAWL_OK) return PAWL_E_DATA;
        }
    } else if (digits(&p, 2, &minute) != PAWL_OK || digits(&p, 2, &second) != PAWL_OK) {
        return PAWL_E_DATA;
    }
    if (hour > 23 || minute > 59 || second > 59) return PAWL_E_DATA;
    *ret_ns = ((hour * INT64_C(60) + minute) * 60 + second) * PAWL_NS + part;
    *at = p;
    return PAWL_OK;
}

/* Z, +00:00, -0500 or +01 behind a time; *ret_utc stays 0 where there is none. */
static int zone(const char **at, int64_t *ns, int *ret_utc) {
    const char *p = *at;
    int hour, minute = 0;
    *ret_utc = 0;
    if (*p == 'Z' || *p == 'z') {
        *ret_utc = 1;
        *at = p + 1;
        return PAWL_OK;
    }
    if (*p != '+' && *p != '-') return PAWL_OK;
    int64_t sign = *p == '-' ? -1 : 1;
    p++;
    if (digits(&p, 2, &hour) != PAWL_OK) return PAWL_E_DATA;
    if (*p == ':') p++;
    if (scan_digit(*p) <= 9 && digits(&p, 2, &minute) != PAWL_OK) return PAWL_E_DATA;
    if (hour > 15 || minute > 59) return PAWL_E_DATA;
    *ns -= sign * (hour * INT64_C(60) + minute) * 60 * PAWL_NS;
    *ret_utc = 1;
    *at = p;
    return PAWL_OK;
}

static int epoch(const char **at, ptrdiff_t length, int64_t *ret_ns) {
    const char *p = *at;
    int64_t unit_ns = length <= 11 ? PAWL_NS : length <= 14 ? PAWL_MS : length <= 17 ? 1000 : 1;
    int64_t value = 0, part;
    if (length > 19) return PAWL_E_RANGE;
    for (; scan_digit(*p) <= 9; p++)
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_add_overflow(value, (int64_t)scan_digit(*p), &value))
            return PAWL_E_RANGE;
    if (fraction(&p, unit_ns, &part) != PAWL_OK) return PAWL_E_DATA;
    int64_t limit = stamp_days(STAMP_YEAR_MAX + 1, 1, 1) * STAMP_DAY_NS / unit_ns;
    if (value >= limit) return PAWL_E_RANGE;
    *ret_ns = value * unit_ns + part;
    *at = p;
    return PAWL_OK;
}

int stamp_scan(const char **at, int64_t *ret_ns, int *ret_utc) {
    const char *p = *at;
    int64_t ns, of_day = 0;
    int year, month, day, utc = 0, rc;
    while (scan_digit(*p) <= 9) p++;
    ptrdiff_t length = p - *at;
    p = *at;
    if (length == 0) return PAWL_E_DATA;
    if (length != 4 && length != 8) {
        if ((rc = epoch(&p, length, &ns)) != PAWL_OK) return rc;
        utc = 1;
    } else if (length == 8) {
        if ((rc = stamp_date(&p, &ns)) != PAWL_OK) return rc;
    } else {
        if (digits(&p, 4, &year) != PAWL_OK || *p++ != '-' || digits(&p, 2, &month) != PAWL_OK ||
            *p++ != '-' || digits(&p, 2, &day) != PAWL_OK)
            return PAWL_E_DATA;
        if ((rc = date_ns(year, month, day, &ns)) != PAWL_OK) return rc;
    }
    if (!utc && (*p == ' ' || *p == 'T') && scan_digit(p[1]) <= 9) {
        p++;
        if ((rc = clock_ns(&p, &of_day)) != PAWL_OK) return rc;
        if (*p == ' ' && (p[1] == '+' || p[1] == '-')) p++;
        if ((rc = zone(&p, &of_day, &utc)) != PAWL_OK) return rc;
    }
    *ret_ns = ns + of_day;
    *ret_utc = utc;
    *at = p;
    return PAWL_OK;
}
