/* A broker that answers each price with one a little above and one a little below. */
#include <stdint.h>

static const uint16_t listens[] = {0x0101, 0};

#define NAME "echoes"
#define MORE .kind = PAWL_PLUGIN_KIND_BROKER, .caps = caps, .listens = listens
#define OWN_CREATE
#define OWN_EVENT
#include "pawl_broker.h"
static int caps(void *self, uint32_t account, struct pawl_broker_caps *ret);
#include "fixture.h"

struct self {
    struct pawl_ctx *ctx;
};

static int create(struct pawl_ctx *ctx, const void *given, void **ret_self, struct pawl_err *err) {
    struct self *self = malloc(sizeof *self);
    (void)given;
    (void)err;
    if (self == NULL) return PAWL_E_NOMEM;
    self->ctx = ctx;
    *ret_self = self;
    return PAWL_OK;
}

static int caps(void *self, uint32_t account, struct pawl_broker_caps *ret) {
    (void)self, (void)account, (void)ret;
    return PAWL_OK;
}

static int on_event(void *object, const struct pawl_event *event) {
    struct self *self = object;
    struct pawl_ev_quote quote;
    if (event->type != PAWL_EV_QUOTE) return PAWL_OK;
    quote = *(const struct pawl_ev_quote *)(const void *)event;
    quote.bid.e8++;
    quote.ask.e8++;
    int rc = self->ctx->host->publish(self->ctx, &quote.head);
    quote.bid.e8 -= 2;
    quote.ask.e8 -= 2;
    return rc == PAWL_OK ? self->ctx->host->publish(self->ctx, &quote.head) : rc;
}
