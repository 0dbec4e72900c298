/* pawl.budget/1: asked with the turn's time, woken by a timer of the host's own. */
#include <string.h>

#include "plugin/io.h"
#include "plugin/trial.h"

static struct io *io_of(struct pawl_ctx *ctx) {
    return instance_of(ctx)->services->io;
}

static int64_t now_of(struct pawl_ctx *ctx) {
    return instance_of(ctx)->services->book->bus->now_ns;
}

/* The host looks when something may be granted; it is the only timer of its kind. */
static int wake(struct pawl_ctx *ctx) {
    int64_t due = io_grant_due(io_of(ctx), now_of(ctx));
    struct timers *timers = instance_of(ctx)->services->book->timers;
    if (due == BUDGET_NEVER) return PAWL_OK;
    return timers_set(timers, 0, EXEC_KEY(EXEC_KEY_BUDGET, 0), due, NULL);
}

static bool in_event(struct pawl_ctx *ctx) {
    return trial_ready(instance_of(ctx), TRIAL_EVENT_ONLY, NULL) == PAWL_OK;
}

struct noted_limit {
    char name[PAWL_BUDGET_NAME_MAX + 1];
    int64_t units, reserve, window_ns;
};

/* A lower limit may have left somebody waiting who can never go: the host looks. */
static int set_limit(struct pawl_ctx *ctx, const char *name, int64_t units, int64_t reserve,
                     int64_t window_ns, uint32_t *ret_bucket) {
    int rc = budget_limit(io_of(ctx)->budget, name, units, reserve, window_ns, ret_bucket);
    return rc == PAWL_OK ? wake(ctx) : rc;
}

static int limit_noted(struct instance *instance, const void *args, size_t size) {
    const struct noted_limit *noted = args;
    uint32_t bucket;
    (void)size;
    budget_tried(io_of(&instance->ctx)->budget, instance->ctx.component, true);
    return set_limit(&instance->ctx, noted->name, noted->units, noted->reserve, noted->window_ns,
                     &bucket);
}

/* Somebody may be using it: as it is said it holds when the instance takes over. */
static int note_limit(struct instance *instance, const struct noted_limit *noted, uint32_t bucket,
                      uint32_t *ret_bucket) {
    int rc = budget_limit_check(noted->units, noted->reserve, noted->window_ns);
    if (rc == PAWL_OK) rc = trial_defer(instance, limit_noted, noted, sizeof *noted);
    if (rc == PAWL_OK) *ret_bucket = bucket;
    return rc;
}

static int limit(struct pawl_ctx *ctx, const char *name, int64_t units, int64_t reserve,
                 int64_t window_ns, uint32_t *ret_bucket) {
    struct budget *budget = io_of(ctx)->budget;
    bool tried = trial_is_on(instance_of(ctx));
    uint32_t bucket = tried ? budget_find(budget, name) : 0;
    if (bucket == 0) {
        int rc = set_limit(ctx, name, units, reserve, window_ns, &bucket);
        if (rc != PAWL_OK || !tried) {
            *ret_bucket = bucket;
            return rc;
        }
        budget_try(budget, bucket, ctx->component);
    }
    struct noted_limit noted = {.units = units, .reserve = reserve, .window_ns = window_ns};
    memcpy(noted.name, name, strlen(name));
    return note_limit(instance_of(ctx), &noted, bucket, ret_bucket);
}

static int ask(struct pawl_ctx *ctx, uint64_t key, uint32_t lane, const struct pawl_cost *costs,
               uint32_t count) {
    if (!in_event(ctx)) return PAWL_E_STATE;
    int rc = budget_ask(io_of(ctx)->budget, ctx->component, key, lane, costs, count, now_of(ctx));
    if (rc == PAWL_E_BUSY && wake(ctx) != PAWL_OK) {
        budget_withdraw(io_of(ctx)->budget, ctx->component, key);
        return PAWL_E_REJECTED;
    }
    return rc;
}

static void withdraw(struct pawl_ctx *ctx, uint64_t key) {
    if (in_event(ctx)) budget_withdraw(io_of(ctx)->budget, ctx->component, key);
}

static int used(struct pawl_ctx *ctx, uint32_t bucket, int64_t units) {
    if (!in_event(ctx)) return PAWL_E_STATE;
    return budget_used(io_of(ctx)->budget, bucket, units, now_of(ctx));
}

static int hold(struct pawl_ctx *ctx, uint32_t bucket, uint32_t lane, int64_t for_ns) {
    if (!in_event(ctx)) return PAWL_E_STATE;
    return budget_hold(io_of(ctx)->budget, bucket, lane, for_ns, now_of(ctx));
}

const struct pawl_budget budget_table = {.size = (uint32_t)sizeof(struct pawl_budget),
                                         .limit = limit,
                                         .ask = ask,
                                         .withdraw = withdraw,
                                         .used = used,
                                         .hold = hold};
