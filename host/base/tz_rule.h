/* tz_rule.h - the rule for the far future at the end of a zone file ("EST5EDT,M3.2.0,M11.1.0"). */
#ifndef BASE_TZ_RULE_H
#define BASE_TZ_RULE_H

#include "pawl_types.h"

struct tz_rule {
    int32_t offset_s[2]; /* east of UTC: standard, summer */
    int summer;          /* 1 = there is a summer time, and both days below count */
    struct tz_rule_day {
        char kind; /* 'M' month, week, day of week; 'J' day 1-365 without 29 February; 'n' 0-365 */
        int month, week, day;
        int32_t time_s; /* local time of the change */
    } day[2];           /* summer begins, summer ends */
};

/* PAWL_E_DATA where it is no such rule. */
int tz_rule_parse(const char *text, struct tz_rule *ret);
/* When summer begins (which 0) or ends (1) in `year`, UTC seconds. */
int64_t tz_rule_change(const struct tz_rule *rule, int which, int year);

#endif
