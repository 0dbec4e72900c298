/*
 * Times and durations as text: what is read is printed and read back equal, and lies where the
 * calendar of another rule puts it.
 */
#include "fuzz.h"

#include "base/rfc3339.h"
#include "events/timefmt.h"

#define DAY_NS (INT64_C(86400) * PAWL_NS)

/* Days since 1970-01-01 by counting years and months one by one. */
static int64_t days_counted(int64_t year, unsigned month, unsigned day) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = (int64_t)day - 1;
    for (int64_t y = 1970; y < year; y++)
        days += y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 366 : 365;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    for (unsigned m = 1; m < month; m++) days += lengths[m - 1] + (m == 2 && leap);
    return days;
}

static void check_time(const char *text, size_t len) {
    int64_t time_ns = 42, again = 0, year;
    unsigned month, day;
    int rc = rfc3339_parse(text, len, &time_ns);
    HOLDS(rc == PAWL_OK || rc == PAWL_E_DATA || rc == PAWL_E_RANGE);
    if (rc != PAWL_OK) {
        HOLDS(time_ns == 42);
        return;
    }
    HOLDS(time_ns >= 0);
    char printed[RFC3339_SIZE];
    size_t printed_len = rfc3339_format(time_ns, -1, printed);
    HOLDS(printed_len == strlen(printed) && printed_len < sizeof printed);
    HOLDS(rfc3339_parse(printed, printed_len, &again) == PAWL_OK && again == time_ns);
    rfc3339_civil(time_ns / DAY_NS, &year, &month, &day);
    HOLDS(days_counted(year, month, day) == time_ns / DAY_NS);
    HOLDS(rfc3339_days(year, month, day) == time_ns / DAY_NS);
}

static void check_duration(const char *text, size_t len) {
    int64_t ns = 42, again = 0;
    int rc = timefmt_parse_duration(text, len, &ns);
    HOLDS(rc == PAWL_OK || rc == PAWL_E_DATA || rc == PAWL_E_RANGE);
    if (rc != PAWL_OK) {
        HOLDS(ns == 42);
        return;
    }
    HOLDS(ns >= 0);
    char printed[TIMEFMT_MAX];
    size_t printed_len = timefmt_format_duration(ns, printed);
    HOLDS(printed_len == strlen(printed) && printed_len < sizeof printed);
    HOLDS(timefmt_parse_duration(printed, printed_len, &again) == PAWL_OK && again == ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    check_time((const char *)bytes, len);
    check_duration((const char *)bytes, len);
    return 0;
}
