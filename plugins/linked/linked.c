/*
 * linked - one trade per symbol and account: entry with stop and target, reversal on the opposite
 * wish, a fresh start when the trade has concluded. README.md has the options and the states.
 */
#include "linked.h"

#include <stdlib.h>

#define PCT_MAX_E8 (PAWL_E8 - 1)        /* a fraction: 3 instead of 0.03 is refused */
#define QUANTITY_MAX_E8 (1000000000 * PAWL_E8)
#define EXPIRES_MIN_NS PAWL_NS
#define EXPIRES_MAX_NS (7 * 86400 * PAWL_NS)

#define FIELD(name) (uint32_t)offsetof(struct linked_options, name)

static const struct pawl_option options[] = {
    {"stop_loss_pct", PAWL_OPT_DECIMAL, FIELD(stop_loss_pct_e8), 0, PCT_MAX_E8, "0.03", NULL,
     "Stop of an entry that names none, as a fraction of its price; 0 = such an entry is refused."},
    {"take_profit_pct", PAWL_OPT_DECIMAL, FIELD(take_profit_pct_e8), 0, PCT_MAX_E8, "0.08", NULL,
     "Target of an entry that names none, as a fraction of its price; 0 = no target."},
    {"target_mode", PAWL_OPT_ENUM, FIELD(target_mode), 0, 0, "rest", "rest|watch",
     "Where targets are kept: resting at the venue, or watched by the host."},
    {"entry_expires", PAWL_OPT_DURATION, FIELD(entry_expires_ns), EXPIRES_MIN_NS, EXPIRES_MAX_NS,
     "60s", NULL, "How long a limit or stop entry that names no end stays wanted."},
    {"reversal", PAWL_OPT_BOOL, FIELD(reversal), 0, 0, "true", NULL,
     "An opposite wish closes the trade and enters the other way; false = it is ignored."},
    {"reversal_expires", PAWL_OPT_DURATION, FIELD(reversal_expires_ns), EXPIRES_MIN_NS,
     EXPIRES_MAX_NS, "60s", NULL, "How long the new entry of a reversal waits for the close."},
    {"allow_short", PAWL_OPT_BOOL, FIELD(allow_short), 0, 0, "true", NULL,
     "SELL and SHORT enter short; false = they only close a long."},
    {"signal_quantity", PAWL_OPT_DECIMAL, FIELD(signal_quantity_e8), 0, QUANTITY_MAX_E8, "0", NULL,
     "Quantity, in the venue's lots, entered on a signal; 0 = signals are not traded."},
    {"signal_confidence_above", PAWL_OPT_DECIMAL, FIELD(signal_confidence_above_e8), 0, PAWL_E8,
     "0.8", NULL, "A signal counts when its confidence is strictly above this; 0 to 1."},
    {NULL},
};

static const uint16_t listens[] = {PAWL_EV_ENTRY, PAWL_EV_SIGNAL, PAWL_EV_LOT_CHANGED,
                                   PAWL_EV_LOT_CLOSED, 0};
static const char *const needs[] = {PAWL_BOOK, PAWL_MARKET, PAWL_RECORDS, NULL};

static int linked_create(struct pawl_ctx *ctx, const void *filled, void **ret_self,
                         struct pawl_err *err) {
    struct linked *self = calloc(1, sizeof *self);
    if (self == NULL) return linked_fail(err, PAWL_E_NOMEM, "no memory");
    self->ctx = ctx;
    self->options = *(const struct linked_options *)filled;
    self->book = ctx->host->service(ctx, PAWL_BOOK);
    self->market = ctx->host->service(ctx, PAWL_MARKET);
    self->records = ctx->host->service(ctx, PAWL_RECORDS);
    if (self->book == NULL || self->market == NULL || self->records == NULL) {
        free(self);
        return linked_fail(err, PAWL_E_CONFIG, "needs %s, %s and %s", PAWL_BOOK, PAWL_MARKET,
                           PAWL_RECORDS);
    }
    *ret_self = self;
    return PAWL_OK;
}

static void linked_destroy(void *self) { free(self); }

static int linked_on_event(void *object, const struct pawl_event *event) {
    struct linked *self = object;
    switch (event->type) {
    case PAWL_EV_ENTRY: return linked_on_entry(self, (const void *)event);
    case PAWL_EV_SIGNAL: return linked_on_signal(self, (const void *)event);
    case PAWL_EV_WANT_SPENT: return linked_on_want_spent(self, (const void *)event);
    case PAWL_EV_LOT_CHANGED:
        return linked_settle(self, ((const struct pawl_ev_lot_changed *)event)->instrument);
    case PAWL_EV_LOT_CLOSED: return linked_on_closed(self, (const void *)event);
    case PAWL_EV_RESTORED: return linked_restore(self);
    default: return PAWL_OK;
    }
}

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "linked",
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_STRATEGY,
    .options_size = sizeof(struct linked_options),
    .options = options,
    .records = linked_records,
    .listens = listens,
    .needs = needs,
    .create = linked_create,
    .destroy = linked_destroy,
    .on_event = linked_on_event,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);
const struct pawl_plugin *pawl_plugin_main(void) { return &plugin; }
