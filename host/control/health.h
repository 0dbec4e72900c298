/*
 * health.h - while a host runs: systemd is told how it goes, at once and from time to time, by a
 * timer of the loop, so that a loop that hangs falls silent. Thread loop only.
 */
#ifndef CONTROL_HEALTH_H
#define CONTROL_HEALTH_H

#include <uv.h>

#include "control/notify.h"
#include "run/host.h"

struct health {
    struct notify notify;
    uv_timer_t timer;
    struct host *const *host; /* where the caller keeps it; NULL there between two */
    char said[256];           /* the last STATUS */
};

void health_open(struct health *health, uv_loop_t *loop, struct host *const *host);
void health_ready(struct health *health); /* it runs; the timer starts */
void health_reloading(struct health *health);
void health_reloaded(struct health *health);
void health_stopping(struct health *health);
/* Before the loop is closed; accepts a zeroed one. */
void health_close(struct health *health);

#endif
