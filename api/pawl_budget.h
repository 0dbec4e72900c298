/*
 * pawl_budget.h - pawl.budget/1: how much a venue lets us say, shared out by what it is for.
 *
 * A bucket holds at most `limit` units in any span of `window_ns`. Buckets are named, and instances
 * that use the same name share one: two connections from one address are one customer. A message
 * asks before it is built and signed, so that its time stamp is fresh when it leaves.
 *
 * Lanes   protect may use all of a bucket; trade all but the reserve; data half of what trade may.
 *         What waits is granted by lane, then by age; within a lane nothing overtakes.
 * Clock   the host's: the same in a backtest, and in a replay the recorded one.
 */
#ifndef PAWL_BUDGET_H
#define PAWL_BUDGET_H

#include "pawl_plugin.h"
#include "pawl_schema.gen.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_BUDGET "pawl.budget/1"

#define PAWL_BUDGET_BUCKETS_MAX 64u
#define PAWL_BUDGET_COSTS_MAX 4u    /* buckets one message is counted in */
#define PAWL_BUDGET_WAITING_MAX 1024u /* messages of all instances that wait */
#define PAWL_BUDGET_NAME_MAX 63u
#define PAWL_BUDGET_WINDOW_MAX (86400 * PAWL_NS)

struct pawl_cost {
    uint32_t bucket; /* from limit() */
    uint32_t weight;
};

struct pawl_budget {
    uint32_t size;
    uint32_t reserved;
    /* [any] The bucket of this name; the latest limit holds. reserve: units only `protect` may use.
     * What waits for more than a lower limit ever gives is told by budget_refused. PAWL_E_INVAL;
     * PAWL_E_BUSY: too many buckets. */
    int (*limit)(struct pawl_ctx *ctx, const char *name, int64_t limit, int64_t reserve,
                 int64_t window_ns, uint32_t *ret_bucket);
    /* [event] May a message of this lane (enum pawl_lane) leave? PAWL_OK: now, and it is counted.
     * PAWL_E_BUSY: not now; budget_granted with this key comes when it may, and it is counted then,
     * or budget_refused.
     * PAWL_E_RANGE: more than a bucket ever gives this lane. PAWL_E_STATE: the key waits already.
     * PAWL_E_REJECTED: too many wait. */
    int (*ask)(struct pawl_ctx *ctx, uint64_t key, uint32_t lane, const struct pawl_cost *costs,
               uint32_t count);
    /* [event] It is not wanted any more. */
    void (*withdraw)(struct pawl_ctx *ctx, uint64_t key);
    /* [event] The venue says this many units of the running window are used: counts if it is more
     * than we know of, as when another program uses the same address. */
    int (*used)(struct pawl_ctx *ctx, uint32_t bucket, int64_t units);
    /* [event] The venue refused for being asked too much (429, 418): nothing of the lanes from
     * `lane` on (protect = all) until for_ns from now. 0 = the host's own back-off: 1 s, doubled by
     * each call up to 5 min, and forgotten after 10 min without one. */
    int (*hold)(struct pawl_ctx *ctx, uint32_t bucket, uint32_t lane, int64_t for_ns);
};

#ifdef __cplusplus
}
#endif
#endif
