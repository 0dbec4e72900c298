/*
 * trial.h - an instance that is tried beside the one it would replace, without a trace.
 *
 * While it is on trial it reads everything as it is and writes nothing. Its records are a copy of
 * its own. Timers and levels are noted; of a key the last word counts. Every other call with an
 * effect is judged as ever and noted with trial_defer(). trial_take_over() carries it all out,
 * inside a turn; instance_free() forgets it.
 *
 * A timer or level declared as the one before it had it keeps its place in line; one that is not
 * declared again is dropped. What acts outside the host (sockets, requests) is refused. Bars are
 * kept at once, but for the one on trial (SERIES_STAGED).
 *
 * Thread loop only. [reload]
 */
#ifndef PLUGIN_TRIAL_H
#define PLUGIN_TRIAL_H

#include "plugin/instance.h"

#define TRIAL_BYTES_MAX (256u << 20) /* of all that is noted */

/* When a call with an effect may be made: while an event is handled, and as these say. */
enum trial_when {
    TRIAL_EVENT_ONLY = 0,
    TRIAL_NOTED = 1,    /* on trial, too: the caller sees to it that it counts later */
    TRIAL_IN_CREATE = 2 /* inside create(), too */
};
/* The one question that every such call asks first: PAWL_OK, or PAWL_E_STATE with a sentence. */
int trial_ready(const struct instance *instance, unsigned when, struct pawl_err *err);

/* Carries out one noted call; below 0 is told as a failure of the plugin. */
typedef int trial_fn(struct instance *instance, const void *args, size_t size);

/* Before create(). PAWL_E_NOMEM. */
int trial_begin(struct instance *instance, struct pawl_err *err);
static inline bool trial_is_on(const struct instance *instance) {
    return instance->trial != NULL;
}
/* args are copied. PAWL_E_BUSY, PAWL_E_NOMEM. */
int trial_defer(struct instance *instance, trial_fn *fn, const void *args, size_t size);
int trial_timer(struct instance *instance, uint64_t key, int64_t due_ns);
int trial_timer_clear(struct instance *instance, uint64_t key);
int trial_level(struct instance *instance, const struct trigger_spec *spec);
int trial_level_clear(struct instance *instance, uint64_t key);

/* Inside a turn. What fails now is an alert; the instance is on trial no more. */
void trial_take_over(struct instance *instance);
void trial_free(struct trial *trial); /* accepts NULL */

#endif
