/* Each timer sets the next one for the same moment. */
#include "pawl_services.h"

static const char *const needs[] = {PAWL_TIMERS, NULL};

#define NAME "always_due"
#define MORE .needs = needs
#define OWN_CREATE
#define OWN_EVENT
#include "fixture.h"

static int create(struct pawl_ctx *ctx, const void *given, void **ret_self, struct pawl_err *err) {
    struct pawl_ctx **self = malloc(sizeof *self);
    (void)given;
    (void)err;
    if (self == NULL) return PAWL_E_NOMEM;
    *self = ctx;
    *ret_self = self;
    return PAWL_OK;
}

static int on_event(void *self, const struct pawl_event *event) {
    struct pawl_ctx *ctx = *(struct pawl_ctx **)self;
    const struct pawl_timers *timers = ctx->host->service(ctx, PAWL_TIMERS);
    return timers->set(ctx, 1, event->time_ns);
}
