/* metrics_int.h - what metrics.c and metrics_dump.c share. */
#ifndef BASE_METRICS_INT_H
#define BASE_METRICS_INT_H

#include "base/metrics.h"

enum metric_kind { METRIC_COUNTER = 1, METRIC_GAUGE, METRIC_HISTOGRAM };

#define HISTOGRAM_BUCKETS (61u * 16u) /* 16 small values and 60 octaves of 16 */

struct metric {
    enum metric_kind kind;
    enum metric_unit unit;
    int first; /* 1 = the first series of its name */
    const char *help;
    char name[METRICS_NAME_MAX + 1];
    char labels[METRICS_LABELS_MAX + 1];
    _Atomic uint64_t value; /* histogram: how many values */
    _Atomic uint64_t sum, max;
    _Atomic uint64_t *buckets;
};

struct metrics {
    struct metric *series[METRICS_SERIES_MAX];
    uint32_t count;
};

uint64_t metric_peek(const _Atomic uint64_t *word);
uint32_t histogram_bucket(uint64_t value);
uint64_t histogram_top(uint32_t bucket); /* largest value of a bucket */

#endif
