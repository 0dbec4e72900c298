#include "base/metrics.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/metrics_int.h"

int metrics_new(struct metrics **ret, struct pawl_err *err) {
    struct metrics *metrics = mem_calloc(1, sizeof *metrics);
    if (metrics == NULL) return pawl_fail(err, PAWL_E_NOMEM, "metrics: out of memory");
    *ret = metrics;
    return PAWL_OK;
}

void metrics_free(struct metrics *metrics) {
    if (metrics == NULL) return;
    for (uint32_t i = 0; i < metrics->count; i++) {
        mem_free(metrics->series[i]->buckets);
        mem_free(metrics->series[i]);
    }
    mem_free(metrics);
}

static int name_ok(const char *name) {
    if (strncmp(name, "pawl_", 5) != 0 || strlen(name) > METRICS_NAME_MAX) return 0;
    for (const char *p = name; *p != '\0'; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_')) return 0;
    return 1;
}

/* Registration is rare, so a walk will do. *ret_same_name = any series of that name. */
static struct metric *series_find(struct metrics *metrics, const char *name, const char *labels,
                                  struct metric **ret_same_name) {
    *ret_same_name = NULL;
    for (uint32_t i = 0; i < metrics->count; i++) {
        struct metric *metric = metrics->series[i];
        if (strcmp(metric->name, name) != 0) continue;
        *ret_same_name = metric;
        if (strcmp(metric->labels, labels) == 0) return metric;
    }
    return NULL;
}

static int series_new(struct metrics *metrics, const struct metric *like, const char *name,
                      const char *labels, struct metric **ret, struct pawl_err *err) {
    struct metric *same_name;
    if (labels == NULL) labels = "";
    if (!name_ok(name) || strlen(labels) > METRICS_LABELS_MAX || strchr(labels, '\n') != NULL)
        return pawl_fail(err, PAWL_E_INVAL, "metrics: bad name or labels: %.80s{%.80s}", name,
                         labels);
    struct metric *metric = series_find(metrics, name, labels, &same_name);
    if (same_name != NULL && (same_name->kind != like->kind || same_name->unit != like->unit))
        return pawl_fail(err, PAWL_E_INVAL, "metrics: %s is of another kind already", name);
    if (metric == NULL) {
        if (metrics->count >= METRICS_SERIES_MAX)
            return pawl_fail(err, PAWL_E_BUSY, "more than %u metric series", METRICS_SERIES_MAX);
        metric = mem_calloc(1, sizeof *metric);
        if (metric == NULL) return pawl_fail(err, PAWL_E_NOMEM, "metrics: out of memory");
        metric->kind = like->kind;
        metric->unit = like->unit;
        metric->help = same_name != NULL ? same_name->help : like->help;
        metric->first = same_name == NULL;
        memcpy(metric->name, name, strlen(name) + 1);
        memcpy(metric->labels, labels, strlen(labels) + 1);
        if (metric->kind == METRIC_HISTOGRAM) {
            metric->buckets = mem_calloc(HISTOGRAM_BUCKETS, sizeof *metric->buckets);
            if (metric->buckets == NULL) {
                mem_free(metric);
                return pawl_fail(err, PAWL_E_NOMEM, "metrics: out of memory");
            }
        }
        metrics->series[metrics->count++] = metric;
    }
    *ret = metric;
    return PAWL_OK;
}

int metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help,
                    enum metric_unit unit, struct metric **ret, struct pawl_err *err) {
    struct metric like = {.kind = METRIC_COUNTER, .unit = unit, .help = help};
    return series_new(metrics, &like, name, labels, ret, err);
}

int metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help,
                  enum metric_unit unit, struct metric **ret, struct pawl_err *err) {
    struct metric like = {.kind = METRIC_GAUGE, .unit = unit, .help = help};
    return series_new(metrics, &like, name, labels, ret, err);
}

int metrics_histogram(struct metrics *metrics, const char *name, const char *labels,
                      const char *help, enum metric_unit unit, struct metric **ret,
                      struct pawl_err *err) {
    struct metric like = {.kind = METRIC_HISTOGRAM, .unit = unit, .help = help};
    return series_new(metrics, &like, name, labels, ret, err);
}

/* One thread writes a series, so a load and a store do; readers see whole words. */
static void bump(_Atomic uint64_t *word, uint64_t n) {
    uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
    atomic_store_explicit(word, old + n, memory_order_relaxed);
}

uint64_t metric_peek(const _Atomic uint64_t *word) {
    return atomic_load_explicit(word, memory_order_relaxed);
}

void metric_add(struct metric *metric, uint64_t n) {
    if (metric == NULL) return;
    assert(metric->kind == METRIC_COUNTER);
    bump(&metric->value, n);
}

void metric_set(struct metric *metric, int64_t value) {
    if (metric == NULL) return;
    assert(metric->kind == METRIC_GAUGE);
    atomic_store_explicit(&metric->value, (uint64_t)value, memory_order_relaxed);
}

/* Values below 16 have a bucket each; above, the four bits after the leading one choose. */
uint32_t histogram_bucket(uint64_t value) {
    if (value < 16) return (uint32_t)value;
    uint32_t octave = 63u - (uint32_t)__builtin_clzll(value);
    return (octave - 3) * 16 + (uint32_t)(value >> (octave - 4) & 15);
}

uint64_t histogram_top(uint32_t bucket) {
    if (bucket < 16) return bucket;
    uint32_t octave = bucket / 16 + 3;
    uint64_t low = (UINT64_C(16) + bucket % 16) << (octave - 4);
    return low + ((UINT64_C(1) << (octave - 4)) - 1);
}

void metric_observe(struct metric *metric, uint64_t value) {
    if (metric == NULL) return;
    assert(metric->kind == METRIC_HISTOGRAM);
    bump(&metric->buckets[histogram_bucket(value)], 1);
    bump(&metric->sum, value);
    if (value > metric_peek(&metric->max))
        atomic_store_explicit(&metric->max, value, memory_order_relaxed);
    bump(&metric->value, 1);
}

int64_t metric_value(const struct metric *metric) {
    return metric == NULL ? 0 : (int64_t)metric_peek(&metric->value);
}

uint64_t metric_sum(const struct metric *metric) {
    return metric == NULL ? 0 : metric_peek(&metric->sum);
}

uint64_t metric_max(const struct metric *metric) {
    return metric == NULL ? 0 : metric_peek(&metric->max);
}

uint64_t metric_quantile(const struct metric *metric, uint32_t permille) {
    if (metric == NULL || metric->kind != METRIC_HISTOGRAM) return 0;
    uint64_t count = metric_peek(&metric->value), seen = 0;
    if (count == 0) return 0;
    uint64_t rank = count / 1000 * permille + (count % 1000 * permille + 999) / 1000;
    if (rank == 0) rank = 1;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += metric_peek(&metric->buckets[i]);
        if (seen < rank) continue;
        uint64_t top = histogram_top(i), max = metric_peek(&metric->max);
        return top < max ? top : max;
    }
    return metric_peek(&metric->max);
}
