/* metrics_dump.c - the Prometheus text format, version 0.0.4. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/metrics_int.h"

struct dump {
    int (*out)(void *arg, const char *text, size_t len);
    void *arg;
    int rc;
};

static void dump_line(struct dump *dump, const char *format, ...) PAWL_PRINTF(2, 3);
static void dump_line(struct dump *dump, const char *format, ...) {
    char line[512];
    va_list args;
    if (dump->rc != 0) return;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0) return;
    dump->rc =
        dump->out(dump->arg, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

/* ns as seconds, exactly; counts as they are. */
static const char *number(enum metric_unit unit, int negative, uint64_t value, char out[40]) {
    const char *sign = negative ? "-" : "";
    if (unit == METRIC_NS)
        snprintf(out, 40, "%s%" PRIu64 ".%09" PRIu64, sign, value / (uint64_t)PAWL_NS,
                 value % (uint64_t)PAWL_NS);
    else
        snprintf(out, 40, "%s%" PRIu64, sign, value);
    return out;
}

static void dump_value(struct dump *dump, const struct metric *metric) {
    char text[40];
    uint64_t value = metric_peek(&metric->value);
    int negative = metric->kind == METRIC_GAUGE && (int64_t)value < 0;
    if (negative) value = 0 - value;
    number(metric->unit, negative, value, text);
    if (metric->labels[0] != '\0')
        dump_line(dump, "%s{%s} %s\n", metric->name, metric->labels, text);
    else
        dump_line(dump, "%s %s\n", metric->name, text);
}

/* Buckets at 4^n - 1: 1 us to 69 s for times, 1 to 1 M for counts. */
static void dump_histogram(struct dump *dump, const struct metric *metric) {
    char text[40];
    const char *comma = metric->labels[0] != '\0' ? "," : "";
    uint32_t bit = metric->unit == METRIC_NS ? 10 : 0,
             bit_last = metric->unit == METRIC_NS ? 36 : 20;
    uint64_t seen = 0;
    uint32_t bucket = 0;
    for (; bit <= bit_last; bit += 2) {
        uint64_t top = UINT64_C(1) << bit;
        /* The bucket that begins at top is counted above it. */
        uint32_t end = histogram_bucket(top);
        for (; bucket < end; bucket++) seen += metric_peek(&metric->buckets[bucket]);
        dump_line(dump, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", metric->name, metric->labels,
                  comma, number(metric->unit, 0, top - 1, text), seen);
    }
    for (; bucket < HISTOGRAM_BUCKETS; bucket++) seen += metric_peek(&metric->buckets[bucket]);
    dump_line(dump, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", metric->name, metric->labels, comma,
              seen);
    const char *open = comma[0] != '\0' ? "{" : "", *close = comma[0] != '\0' ? "}" : "";
    dump_line(dump, "%s_sum%s%s%s %s\n", metric->name, open, metric->labels, close,
              number(metric->unit, 0, metric_peek(&metric->sum), text));
    dump_line(dump, "%s_count%s%s%s %" PRIu64 "\n", metric->name, open, metric->labels, close,
              seen);
}

int metrics_dump(const struct metrics *metrics, int (*out)(void *arg, const char *text, size_t len),
                 void *arg) {
    static const char *const kinds[] = {"", "counter", "gauge", "histogram"};
    struct dump dump = {.out = out, .arg = arg};
    for (uint32_t i = 0; i < metrics->count; i++) {
        const struct metric *first = metrics->series[i];
        if (!first->first) continue;
        dump_line(&dump, "# HELP %s %s\n# TYPE %s %s\n", first->name, first->help, first->name,
                  kinds[first->kind]);
        for (uint32_t j = i; j < metrics->count; j++) {
            const struct metric *metric = metrics->series[j];
            if (strcmp(metric->name, first->name) != 0) continue;
            if (metric->kind == METRIC_HISTOGRAM)
                dump_histogram(&dump, metric);
            else
                dump_value(&dump, metric);
        }
    }
    return dump.rc;
}
