#include "events/timefmt.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define DAY_S INT64_C(86400)
#define YEAR_MIN 1970
#define YEAR_MAX 2261 /* 2262 does not end within int64_t */

/* Days since 1970-01-01 of a date in the Gregorian calendar; years begin in March inside, so that
 * the leap day is the last of its year. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day) {
    if (month <= 2) year--;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_of_days(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    *ret_month = shifted_month + (shifted_month < 10 ? 3 : -9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static int64_t days_in_month(int64_t year, int64_t month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Exactly n digits at *at, which moves behind them; -1 if they are not there. */
static int64_t take_digits(const char **at, const char *end, int n) {
    int64_t value = 0;
    if (end - *at < n) return -1;
    for (int i = 0; i < n; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    *at += n;
    return value;
}

static bool take_char(const char **at, const char *end, const char *any_of) {
    if (*at == end || **at == '\0' || strchr(any_of, **at) == NULL) return false;
    (*at)++;
    return true;
}

static int take_fraction(const char **at, const char *end, int64_t *ret_ns) {
    int64_t value = 0, scale = PAWL_NS;
    const char *start = *at;
    for (; *at != end && **at >= '0' && **at <= '9'; (*at)++) {
        if (scale == 1) return PAWL_E_DATA;
        value = value * 10 + (**at - '0');
        scale /= 10;
    }
    *ret_ns = value * scale;
    return *at == start ? PAWL_E_DATA : PAWL_OK;
}

static int take_offset(const char **at, const char *end, int64_t *ret_seconds) {
    *ret_seconds = 0;
    if (take_char(at, end, "Zz")) return PAWL_OK;
    bool minus = *at != end && **at == '-';
    if (!take_char(at, end, "+-")) return PAWL_E_DATA;
    int64_t hour = take_digits(at, end, 2);
    if (!take_char(at, end, ":")) return PAWL_E_DATA;
    int64_t minute = take_digits(at, end, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return PAWL_E_DATA;
    *ret_seconds = (minus ? -1 : 1) * (hour * 3600 + minute * 60);
    return PAWL_OK;
}

int timefmt_parse(const char *text, size_t len, int64_t *ret_ns) {
    const char *at = text, *end = text + len;
    int64_t fraction = 0, offset;
    int64_t year = take_digits(&at, end, 4);
    if (!take_char(&at, end, "-")) return PAWL_E_DATA;
    int64_t month = take_digits(&at, end, 2);
    if (!take_char(&at, end, "-")) return PAWL_E_DATA;
    int64_t day = take_digits(&at, end, 2);
    if (!take_char(&at, end, "Tt ")) return PAWL_E_DATA;
    int64_t hour = take_digits(&at, end, 2);
    if (!take_char(&at, end, ":")) return PAWL_E_DATA;
    int64_t minute = take_digits(&at, end, 2);
    if (!take_char(&at, end, ":")) return PAWL_E_DATA;
    int64_t second = take_digits(&at, end, 2);
    if (take_char(&at, end, ".") && take_fraction(&at, end, &fraction) != PAWL_OK) return PAWL_E_DATA;
    if (take_offset(&at, end, &offset) != PAWL_OK || at != end) return PAWL_E_DATA;
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return PAWL_E_DATA;
    int64_t seconds = days_of_date(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
    if (seconds < offset) return PAWL_E_DATA; /* before 1970 once in UTC */
    *ret_ns = (seconds - offset) * PAWL_NS + fraction;
    return PAWL_OK;
}

static char *put_digits(char *at, int64_t value, int n) {
    for (int i = n - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + n;
}

size_t timefmt_format(int64_t time_ns, char out[TIMEFMT_MAX]) {
    int64_t seconds = time_ns / PAWL_NS, fraction = time_ns % PAWL_NS;
    if (fraction < 0) {
        fraction += PAWL_NS;
        seconds--;
    }
    int64_t days = seconds / DAY_S, second = seconds % DAY_S;
    if (second < 0) {
        second += DAY_S;
        days--;
    }
    int64_t year, month, day;
    date_of_days(days, &year, &month, &day);
    char *at = put_digits(out, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at++ = 'T';
    at = put_digits(at, second / 3600, 2);
    *at++ = ':';
    at = put_digits(at, second / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, second % 60, 2);
    if (fraction != 0) {
        *at++ = '.';
        if (fraction % 1000000 == 0) at = put_digits(at, fraction / 1000000, 3);
        else if (fraction % 1000 == 0) at = put_digits(at, fraction / 1000, 6);
        else at = put_digits(at, fraction, 9);
    }
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - out);
}

static const struct {
    const char *name;
    int64_t ns;
} units[] = { /* largest first */
    {"d", DAY_S *PAWL_NS}, {"h", 3600 * PAWL_NS}, {"m", 60 * PAWL_NS}, {"s", PAWL_NS},
    {"ms", PAWL_MS},       {"us", 1000},          {"ns", 1},
};
#define UNIT_COUNT (sizeof units / sizeof units[0])

int timefmt_parse_duration(const char *text, size_t len, int64_t *ret_ns) {
    size_t at = 0;
    int64_t value = 0;
    bool overflow = false;
    for (; at < len && text[at] >= '0' && text[at] <= '9'; at++)
        overflow = overflow || __builtin_mul_overflow(value, (int64_t)10, &value) ||
                   __builtin_add_overflow(value, (int64_t)(text[at] - '0'), &value);
    if (at == 0) return PAWL_E_DATA;
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (strlen(units[i].name) != len - at || memcmp(text + at, units[i].name, len - at) != 0)
            continue;
        if (overflow || __builtin_mul_overflow(value, units[i].ns, &value)) return PAWL_E_RANGE;
        *ret_ns = value;
        return PAWL_OK;
    }
    return PAWL_E_DATA;
}

size_t timefmt_format_duration(int64_t ns, char out[TIMEFMT_MAX]) {
    assert(ns >= 0);
    size_t unit = 1; /* hours: a day in text reads like a calendar day */
    if (ns == 0) unit = 3;
    while (ns % units[unit].ns != 0) unit++;
    int64_t count = ns / units[unit].ns;
    int digits = 1;
    for (int64_t rest = count; rest > 9; rest /= 10) digits++;
    char *at = put_digits(out, count, digits);
    size_t name_length = strlen(units[unit].name);
    memcpy(at, units[unit].name, name_length + 1);
    return (size_t)(at - out) + name_length;
}
