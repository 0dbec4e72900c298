/*
 * metrics.h - counters, gauges and histograms, shown in the Prometheus text format.
 *
 * A series is registered once by name and labels and then updated through its pointer, which is
 * valid until metrics_free(); registering the same again gives the same pointer. Histograms are
 * log-linear: 16 buckets to a power of two, so a quantile is within 6.3 % of the truth; the text
 * shows one bucket per power of four.
 *
 * Thread each series is updated by one thread; any thread may read. Registration: loop only.
 * Names  begin with "pawl_"; counters end in "_total", times in "_seconds" (values are given in
 *        ns).
 * Every update accepts a NULL series: it does nothing.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "pawl_types.h"

#define METRICS_SERIES_MAX 1024u
#define METRICS_NAME_MAX 63u
#define METRICS_LABELS_MAX 95u

struct metrics;
struct metric;

enum metric_unit { METRIC_COUNT = 1, METRIC_NS }; /* METRIC_NS: ns in, seconds in the text */

int metrics_new(struct metrics **ret, struct pawl_err *err);
void metrics_free(struct metrics *metrics);

/* labels: as in the text, `type="fill",side="BUY"`; NULL or "" = none. help: one sentence, a
 * literal. PAWL_E_BUSY when the table is full, PAWL_E_INVAL for a bad name or one of another
 * kind. */
int metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help,
                    enum metric_unit unit, struct metric **ret, struct pawl_err *err);
int metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help,
                  enum metric_unit unit, struct metric **ret, struct pawl_err *err);
int metrics_histogram(struct metrics *metrics, const char *name, const char *labels,
                      const char *help, enum metric_unit unit, struct metric **ret,
                      struct pawl_err *err);

void metric_add(struct metric *metric, uint64_t n);         /* counter */
void metric_set(struct metric *metric, int64_t value);      /* gauge */
void metric_observe(struct metric *metric, uint64_t value); /* histogram */

int64_t metric_value(const struct metric *metric);           /* counter, gauge; histogram: count */
uint64_t metric_sum(const struct metric *metric);            /* histogram */
uint64_t metric_max(const struct metric *metric);            /* histogram; 0 = nothing observed */
/* Histogram: upper bound of the bucket that holds this part of the values; 500 = median. */
uint64_t metric_quantile(const struct metric *metric, uint32_t permille);

/* Write all series, grouped by name in the order of registration. Stops when out returns non-zero
 * and returns that. */
int metrics_dump(const struct metrics *metrics, int (*out)(void *arg, const char *text, size_t len),
                 void *arg);

#endif
