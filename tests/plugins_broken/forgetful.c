/* Keeps count in a global: the second of two equal runs begins where the first one ended. */
#include <stdint.h>

static const uint16_t listens[] = {0x0101, 0};

#define NAME "forgetful"
#define MORE .listens = listens
#define OWN_CREATE
#define OWN_EVENT
#include "fixture.h"

static uint32_t count;

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
    struct pawl_ev_entry_ignored told = {.head = {.size = sizeof told,
                                                  .type = PAWL_EV_ENTRY_IGNORED}};
    if (event->type != PAWL_EV_QUOTE || ++count % 700 != 0) return PAWL_OK;
    return ctx->host->publish(ctx, &told.head);
}
