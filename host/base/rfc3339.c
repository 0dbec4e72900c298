#include "base/rfc3339.h"

#include <string.h>

#define DAY_S INT64_C(86400)
#define TIME_S_MAX (INT64_MAX / PAWL_NS)

/* Both conversions count years from March, so that the leap day is the last of its year. */
int64_t rfc3339_days(int64_t year, unsigned month, unsigned day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void rfc3339_civil(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static char *put_number(char *at, uint64_t value, unsigned digits) {
    for (unsigned i = digits; i > 0; i--, value /= 10) at[i - 1] = (char)('0' + value % 10);
    return at + digits;
}

size_t rfc3339_format(int64_t time_ns, int decimals, char out[RFC3339_SIZE]) {
    if (time_ns < 0) {
        time_ns = 0;
        decimals = 0;
    }
    int64_t second = time_ns / PAWL_NS, year;
    uint64_t fraction = (uint64_t)(time_ns % PAWL_NS);
    unsigned month, day, of_day = (unsigned)(second % DAY_S);
    rfc3339_civil(second / DAY_S, &year, &month, &day);
    if (decimals < 0)
        decimals = fraction == 0 ? 0 : fraction % 1000000 == 0 ? 3 : fraction % 1000 == 0 ? 6 : 9;
    char *at = put_number(out, (uint64_t)year, 4);
    *at++ = '-';
    at = put_number(at, month, 2);
    *at++ = '-';
    at = put_number(at, day, 2);
    *at++ = 'T';
    at = put_number(at, of_day / 3600, 2);
    *at++ = ':';
    at = put_number(at, of_day / 60 % 60, 2);
    *at++ = ':';
    at = put_number(at, of_day % 60, 2);
    if (decimals > 0) {
        *at++ = '.';
        for (int i = decimals; i < 9; i++) fraction /= 10;
        at = put_number(at, fraction, (unsigned)decimals);
    }
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - out);
}

struct reader {
    const char *at, *end;
};

/* Exactly `digits` digits; -1 if they are not there. */
static int64_t read_number(struct reader *r, int digits) {
    int64_t value = 0;
    if (r->end - r->at < digits) return -1;
    for (int i = 0; i < digits; i++, r->at++) {
        if (*r->at < '0' || *r->at > '9') return -1;
        value = value * 10 + (*r->at - '0');
    }
    return value;
}

static int read_char(struct reader *r, const char *accepted) {
    if (r->at == r->end || *r->at == '\0' || strchr(accepted, *r->at) == NULL) return 0;
    r->at++;
    return 1;
}

static int read_date(struct reader *r, int64_t *ret_days) {
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year = read_number(r, 4);
    if (year < 0 || !read_char(r, "-")) return PAWL_E_DATA;
    int64_t month = read_number(r, 2);
    if (month < 1 || month > 12 || !read_char(r, "-")) return PAWL_E_DATA;
    int64_t day = read_number(r, 2);
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > month_days[month - 1] + (month == 2 && leap)) return PAWL_E_DATA;
    *ret_days = rfc3339_days(year, (unsigned)month, (unsigned)day);
    return PAWL_OK;
}

static int read_clock(struct reader *r, int64_t *ret_s, int64_t *ret_fraction_ns) {
    int64_t hour = read_number(r, 2);
    if (hour < 0 || hour > 23 || !read_char(r, ":")) return PAWL_E_DATA;
    int64_t minute = read_number(r, 2);
    if (minute < 0 || minute > 59 || !read_char(r, ":")) return PAWL_E_DATA;
    int64_t second = read_number(r, 2), fraction = 0;
    if (second < 0 || second > 60) return PAWL_E_DATA;
    if (read_char(r, ".")) {
        int digits = 0;
        for (; digits < 9 && r->at < r->end && *r->at >= '0' && *r->at <= '9'; digits++)
            fraction = fraction * 10 + (*r->at++ - '0');
        if (digits == 0) return PAWL_E_DATA;
        for (; digits < 9; digits++) fraction *= 10;
    }
    *ret_s = hour * 3600 + minute * 60 + second;
    *ret_fraction_ns = second == 60 ? 0 : fraction;
    return PAWL_OK;
}

static int read_offset(struct reader *r, int64_t *ret_s) {
    *ret_s = 0;
    if (read_char(r, "Zz")) return PAWL_OK;
    int64_t sign = r->at < r->end && *r->at == '-' ? -1 : 1;
    if (!read_char(r, "+-")) return PAWL_E_DATA;
    int64_t hour = read_number(r, 2);
    if (hour < 0 || hour > 23 || !read_char(r, ":")) return PAWL_E_DATA;
    int64_t minute = read_number(r, 2);
    if (minute < 0 || minute > 59) return PAWL_E_DATA;
    *ret_s = sign * (hour * 3600 + minute * 60);
    return PAWL_OK;
}

int rfc3339_parse(const char *text, size_t len, int64_t *ret_ns) {
    struct reader r = {text, text + len};
    int64_t days, clock_s, fraction_ns, offset_s;
    if (read_date(&r, &days) != PAWL_OK || !read_char(&r, "Tt ") ||
        read_clock(&r, &clock_s, &fraction_ns) != PAWL_OK ||
        read_offset(&r, &offset_s) != PAWL_OK || r.at != r.end)
        return PAWL_E_DATA;
    int64_t second = days * DAY_S + clock_s - offset_s;
    if (second < 0 || second >= TIME_S_MAX) return PAWL_E_RANGE;
    *ret_ns = second * PAWL_NS + fraction_ns;
    return PAWL_OK;
}
