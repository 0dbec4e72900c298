/*
 * measure.h - the host's metrics: what is counted as it happens, and what is looked up when
 * somebody asks. Names are in docs/operation.md. Thread loop only.
 */
#ifndef CONTROL_MEASURE_H
#define CONTROL_MEASURE_H

#include "base/metrics.h"
#include "bus/bus.h"

#define MEASURE_ALERTS_MAX 64u /* kinds of alerts told apart; the rest is "other" */

struct host;

struct measure {
    struct metrics *registry;
    uint64_t events[BUS_TYPES_MAX]; /* by type */
    struct metric *series[BUS_TYPES_MAX];
    uint64_t shown[BUS_TYPES_MAX]; /* of events[], already in its series */
    struct metric *retries, *stop_updates, *partial_exits, *conflicts, *release_latency;
    uint32_t alert_count;
    struct {
        char what[32];
        struct metric *metric;
    } alerts[MEASURE_ALERTS_MAX];
};

int measure_init(struct measure *measure, struct pawl_err *err);
void measure_done(struct measure *measure);
void measure_event(struct measure *measure, const struct host *host,
                   const struct pawl_event *event);
/* New plugins get a series of their own. Cheap; from time to time. */
void measure_plugins(struct measure *measure, struct host *host);
/* Everything that is looked up: before the text is made. */
void measure_collect(struct measure *measure, struct host *host, int64_t uptime_ns);

#endif
