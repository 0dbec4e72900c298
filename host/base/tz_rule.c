#include "base/tz_rule.h"

#include <string.h>

#include "base/rfc3339.h"

#define HOURS_MAX 167

static int skip_name(const char **at) {
    const char *p = *at;
    size_t length = 0;
    if (*p == '<') {
        while (*p != '\0' && *p != '>') p++;
        if (*p != '>') return PAWL_E_DATA;
        *at = p + 1;
        return PAWL_OK;
    }
    for (; (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'); p++) length++;
    *at = p;
    return length >= 3 ? PAWL_OK : PAWL_E_DATA;
}

static int number(const char **at, int max, int *ret) {
    int value = 0, count = 0;
    for (; **at >= '0' && **at <= '9' && count < 4; (*at)++, count++)
        value = value * 10 + (**at - '0');
    if (count == 0 || value > max) return PAWL_E_DATA;
    *ret = value;
    return PAWL_OK;
}

/* [+-]hh[:mm[:ss]] */
static int hms(const char **at, int32_t *ret_s) {
    int part[3] = {0, 0, 0}, sign = 1;
    if (**at == '-' || **at == '+') sign = *(*at)++ == '-' ? -1 : 1;
    for (int i = 0; i < 3; i++) {
        if (i > 0) {
            if (**at != ':') break;
            (*at)++;
        }
        if (number(at, i == 0 ? HOURS_MAX : 59, &part[i]) != PAWL_OK) return PAWL_E_DATA;
    }
    *ret_s = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
    return PAWL_OK;
}

static int rule_day(const char **at, struct tz_rule_day *ret) {
    if (*(*at)++ != ',') return PAWL_E_DATA;
    ret->time_s = 7200;
    if (**at == 'M') {
        (*at)++;
        ret->kind = 'M';
        if (number(at, 12, &ret->month) != PAWL_OK || ret->month < 1 || *(*at)++ != '.' ||
            number(at, 5, &ret->week) != PAWL_OK || ret->week < 1 || *(*at)++ != '.' ||
            number(at, 6, &ret->day) != PAWL_OK)
            return PAWL_E_DATA;
    } else {
        ret->kind = **at == 'J' ? 'J' : 'n';
        *at += ret->kind == 'J';
        if (number(at, 365, &ret->day) != PAWL_OK || (ret->kind == 'J' && ret->day < 1))
            return PAWL_E_DATA;
    }
    if (**at != '/') return PAWL_OK;
    (*at)++;
    return hms(at, &ret->time_s);
}

int tz_rule_parse(const char *text, struct tz_rule *ret) {
    struct tz_rule rule;
    const char *p = text;
    int32_t west;
    memset(&rule, 0, sizeof rule);
    if (skip_name(&p) != PAWL_OK || hms(&p, &west) != PAWL_OK) return PAWL_E_DATA;
    rule.offset_s[0] = -west; /* the rule counts to the west */
    if (*p != '\0') {
        rule.summer = 1;
        rule.offset_s[1] = rule.offset_s[0] + 3600;
        if (skip_name(&p) != PAWL_OK) return PAWL_E_DATA;
        if (*p != ',') {
            if (hms(&p, &west) != PAWL_OK) return PAWL_E_DATA;
            rule.offset_s[1] = -west;
        }
        if (rule_day(&p, &rule.day[0]) != PAWL_OK || rule_day(&p, &rule.day[1]) != PAWL_OK)
            return PAWL_E_DATA;
    }
    if (*p != '\0') return PAWL_E_DATA;
    *ret = rule;
    return PAWL_OK;
}

static int64_t month_day(const struct tz_rule_day *day, int year) {
    int64_t first = rfc3339_days(year, (unsigned)day->month, 1);
    int64_t next = day->month == 12 ? rfc3339_days(year + 1, 1, 1)
                                    : rfc3339_days(year, (unsigned)day->month + 1, 1);
    int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday */
    int64_t found = first + (day->day - weekday + 7) % 7 + (day->week - 1) * 7;
    return found >= next ? found - 7 : found; /* week 5 means the last one */
}

int64_t tz_rule_change(const struct tz_rule *rule, int which, int year) {
    const struct tz_rule_day *day = &rule->day[which];
    int64_t days;
    if (day->kind == 'M') {
        days = month_day(day, year);
    } else {
        days = rfc3339_days(year, 1, 1) + day->day;
        int leap = rfc3339_days(year + 1, 1, 1) - rfc3339_days(year, 1, 1) == 366;
        if (day->kind == 'J') days -= !(leap && day->day >= 60);
    }
    return days * 86400 + day->time_s - rule->offset_s[which];
}
