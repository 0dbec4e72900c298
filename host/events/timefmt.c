#include "events/timefmt.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY_S INT64_C(86400)

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
    int n = snprintf(out, TIMEFMT_MAX, "%lld%s", (long long)(ns / units[unit].ns),
                     units[unit].name);
    return (size_t)n;
}
