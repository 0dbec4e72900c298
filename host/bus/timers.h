/*
 * timers.h - who wants to be woken when. A timer is named by (owner, key) and due at a time of the
 * caller's clock, real or virtual; no clock is read here.
 *
 * Owner   heap object of the host; timers belong to an (owner, key) of the caller.
 * Thread  loop only.
 * Units   nanoseconds.
 */
#ifndef BUS_TIMERS_H
#define BUS_TIMERS_H

#include <stdbool.h>

#include "pawl_types.h"

#define TIMERS_MAX (1u << 20) /* set at once, in all */
#define TIMERS_NEVER INT64_MAX

struct timers;

int timers_new(struct timers **ret, struct pawl_err *err) PAWL_MUST_CHECK;
void timers_free(struct timers *t);

/* The same owner and key again replaces it. PAWL_E_BUSY: TIMERS_MAX are set; PAWL_E_NOMEM. On
 * failure nothing has changed. */
int timers_set(struct timers *t, uint32_t owner, uint64_t key, int64_t due_ns,
               struct pawl_err *err);
/* True if it was set. */
bool timers_clear(struct timers *t, uint32_t owner, uint64_t key);
/* Clear all of an owner; returns how many. */
uint32_t timers_drop_owner(struct timers *t, uint32_t owner);
/* Clear those of an owner that `keep` does not want. It may not touch the timers. O(all), for
 * reloads. */
uint32_t timers_drop_unless(struct timers *t, uint32_t owner,
                            bool (*keep)(void *arg, uint64_t key, int64_t due_ns), void *arg);
/* False if (owner, key) has none. */
bool timers_find(const struct timers *t, uint32_t owner, uint64_t key, int64_t *ret_due_ns);

/* When the first is due; TIMERS_NEVER if none is set. */
int64_t timers_next_due(const struct timers *t);
/* Take out the first that is due at now_ns; false if none is. By due time, then by when it was set.
 * A timer set for a time that is past is due at once, so the caller bounds its pops per turn. */
bool timers_pop(struct timers *t, int64_t now_ns, uint32_t *ret_owner, uint64_t *ret_key,
                int64_t *ret_due_ns);
uint32_t timers_count(const struct timers *t);

#endif
