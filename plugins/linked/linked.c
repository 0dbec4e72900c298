/*
 * linked - one trade per symbol and account: entry with stop and target, reversal on the opposite
 * wish, a fresh start when the trade has concluded. README.md has the options and the states.
 */
#include <stdlib.h>

#include "parts.h"

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
    {"use_atr", PAWL_OPT_BOOL, FIELD(use_atr), 0, 0, "false", NULL,
     "Stop and target of an entry that names none come from ATR instead of the fractions."},
    {"atr_stop_multiplier", PAWL_OPT_DECIMAL, FIELD(atr_stop_e8), PAWL_E8 / 100, 1000 * PAWL_E8,
     "6.0", NULL, "Distance of an ATR stop from the entry, in multiples of ATR."},
    {"atr_target_multiplier", PAWL_OPT_DECIMAL, FIELD(atr_target_e8), PAWL_E8 / 100, 1000 * PAWL_E8,
     "4.0", NULL, "Distance of an ATR target from the entry, in multiples of ATR."},
    {"atr_period", PAWL_OPT_INT, FIELD(atr_period), 1, 500, "14", NULL,
     "True ranges in the mean that is ATR."},
    {"atr_bar", PAWL_OPT_DURATION, FIELD(atr_bar_ns), PAWL_NS, 86400 * PAWL_NS, "60s", NULL,
     "Length of the bars of ATR; the feed has bars of it, or what they can be built from."},
    {"target_mode", PAWL_OPT_ENUM, FIELD(target_mode), 0, 0, "rest", "rest|watch",
     "Where targets are kept: resting at the venue, or watched by the host."},
    {"trailing_stop_pct", PAWL_OPT_DECIMAL, FIELD(trailing_stop_pct_e8), 0, PCT_MAX_E8, "0", NULL,
     "The stop trails the price by this fraction of it; 0 = only if an entry asks for it."},
    {"entry_expires", PAWL_OPT_DURATION, FIELD(entry_expires_ns), EXPIRES_MIN_NS, EXPIRES_MAX_NS,
     "60s", NULL, "How long a limit or stop entry that names no end stays wanted."},
    {"reversal", PAWL_OPT_BOOL, FIELD(reversal), 0, 0, "true", NULL,
     "An opposite wish closes the trade and enters the other way; false = it is ignored."},
    {"reversal_expires", PAWL_OPT_DURATION, FIELD(reversal_expires_ns), EXPIRES_MIN_NS,
     EXPIRES_MAX_NS, "60s", NULL, "How long the new entry of a reversal waits for the close."},
    {"allow_short", PAWL_OPT_BOOL, FIELD(allow_short), 0, 0, "true", NULL,
     "SELL and SHORT enter short; false = they only close a long."},
    {"scale_quantity", PAWL_OPT_DECIMAL, FIELD(scale_quantity_e8), 0, QUANTITY_MAX_E8, "0", NULL,
     "Added once to a trade that has trigger_profit_pct; 0 = nothing is added by itself."},
    {"trigger_profit_pct", PAWL_OPT_DECIMAL, FIELD(trigger_profit_pct_e8), 1, PCT_MAX_E8, "0.02",
     NULL, "Profit, as a fraction of the average entry, from which a trade may be scaled in."},
    {"more_scales", PAWL_OPT_TEXT, FIELD(more_scales), 0, 0, "", NULL,
     "Further scale-ins as FRACTION:QUANTITY, such as 0.05:25 0.08:10; each once per lot."},
    {"double_down", PAWL_OPT_BOOL, FIELD(double_down), 0, 0, "false", NULL,
     "A limit at half the distance to the stop rests as long as the trade."},
    {"double_down_size", PAWL_OPT_DECIMAL, FIELD(double_down_size_e8), PAWL_E8 / 100,
     100 * PAWL_E8, "1.0", NULL, "Its quantity, in multiples of the entry."},
    {"session_end", PAWL_OPT_BOOL, FIELD(session_end), 0, 0, "false", NULL,
     "Trades are closed before their instrument's session ends, and none is entered after that."},
    {"session_end_lead", PAWL_OPT_DURATION, FIELD(session_end_lead_ns), 0, 86400 * PAWL_NS, "60s",
     NULL, "How long before the end of the session."},
    {"max_hold_minutes", PAWL_OPT_INT, FIELD(max_hold_minutes), 0, 10000000, "0", NULL,
     "How long a trade is held from its first fill, in minutes; 0 = no limit."},
    {"leg_stop_pct", PAWL_OPT_DECIMAL, FIELD(leg_stop_pct_e8), PAWL_E8 / 1000, PCT_MAX_E8, "0.2",
     NULL, "Far stop of each leg of a group, as a fraction of its price."},
    {"group_check", PAWL_OPT_DURATION, FIELD(group_check_ns), PAWL_MS, 3600 * PAWL_NS, "1s", NULL,
     "How often profit and loss of a group of legs are looked at."},
    {"signal_quantity", PAWL_OPT_DECIMAL, FIELD(signal_quantity_e8), 0, QUANTITY_MAX_E8, "0", NULL,
     "Quantity, in the venue's lots, entered on a signal; 0 = signals are not traded."},
    {"signal_confidence_above", PAWL_OPT_DECIMAL, FIELD(signal_confidence_above_e8), 0, PAWL_E8,
     "0.8", NULL, "A signal counts when its confidence is strictly above this; 0 to 1."},
    {NULL},
};

static const uint16_t listens[] = {PAWL_EV_ENTRY,       PAWL_EV_SIGNAL,     PAWL_EV_SCALE_IN,
                                   PAWL_EV_LOT_CHANGED, PAWL_EV_LOT_CLOSED, PAWL_EV_STOP_MOVED,
                                   PAWL_EV_ORDER_SUBMITTED, PAWL_EV_RELOAD, 0};
static const char *const needs[] = {PAWL_BOOK,     PAWL_MARKET, PAWL_RECORDS, PAWL_TIMERS,
                                    PAWL_TRIGGERS, PAWL_SERIES, NULL};

static int linked_create(struct pawl_ctx *ctx, const void *filled, void **ret_self,
                         struct pawl_err *err) {
    struct linked *self = calloc(1, sizeof *self);
    if (self == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory");
    self->ctx = ctx;
    self->options = *(const struct linked_options *)filled;
    self->book = ctx->host->service(ctx, PAWL_BOOK);
    self->market = ctx->host->service(ctx, PAWL_MARKET);
    self->records = ctx->host->service(ctx, PAWL_RECORDS);
    self->timers = ctx->host->service(ctx, PAWL_TIMERS);
    self->triggers = ctx->host->service(ctx, PAWL_TRIGGERS);
    self->series = ctx->host->service(ctx, PAWL_SERIES);
    int rc = linked_read_scales(self, err);
    if (rc != PAWL_OK) {
        free(self);
        return rc;
    }
    *ret_self = self;
    return PAWL_OK;
}

static void linked_destroy(void *self) { free(self); }

/* Nobody knows what will be traded with an ATR stop: it is known of every instrument, also of one
 * that a reload has brought. */
static void keep_bars(struct linked *self) {
    uint32_t seconds = (uint32_t)(self->options.atr_bar_ns / PAWL_NS);
    for (uint32_t id = 0;;) {
        struct pawl_err err = {0};
        const struct pawl_instrument *in = self->market->next(self->ctx, id);
        if (in == NULL) return;
        id = in->id;
        if (self->series->keep(self->ctx, id, seconds, (uint32_t)self->options.atr_period + 1,
                               &err) != PAWL_OK)
            self->ctx->host->log(self->ctx, PAWL_LOG_WARN, "%s: no ATR: %s", in->symbol, err.text);
    }
}

static int on_restored(struct linked *self) {
    keep_bars(self);
    return linked_restore(self);
}

static int linked_on_event(void *object, const struct pawl_event *event) {
    struct linked *self = object;
    switch (event->type) {
    case PAWL_EV_ENTRY: return linked_on_entry(self, (const void *)event);
    case PAWL_EV_SIGNAL: return linked_on_signal(self, (const void *)event);
    case PAWL_EV_WANT_SPENT: return linked_on_want_spent(self, (const void *)event);
    case PAWL_EV_SCALE_IN: return linked_on_scale_in(self, (const void *)event);
    case PAWL_EV_TIMER: return linked_on_timer(self, (const void *)event);
    case PAWL_EV_TRIGGER: return linked_on_trigger(self, (const void *)event);
    case PAWL_EV_LOT_CHANGED:
        return linked_settle(self, ((const struct pawl_ev_lot_changed *)event)->instrument);
    case PAWL_EV_STOP_MOVED:
        return linked_on_lot(self, ((const struct pawl_ev_stop_moved *)event)->lot);
    case PAWL_EV_ORDER_SUBMITTED:
        return linked_on_lot(self, ((const struct pawl_ev_order_state *)event)->lot);
    case PAWL_EV_LOT_CLOSED: return linked_on_closed(self, (const void *)event);
    case PAWL_EV_RESTORED: return on_restored(self);
    case PAWL_EV_RELOAD: keep_bars(self); return PAWL_OK;
    default: return PAWL_OK;
    }
}

/* It looks after its own lots only, and leaves alone what a profile gives away. */
static void linked_aspects(const void *filled, struct pawl_aspects *ret) {
    ret->opens = 1;
    ret->trails = ((const struct linked_options *)filled)->trailing_stop_pct_e8 > 0;
}

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "linked",
    .version = "0.2.0",
    .kind = PAWL_PLUGIN_KIND_STRATEGY,
    .options_size = sizeof(struct linked_options),
    .options = options,
    .records = linked_records,
    .listens = listens,
    .needs = needs,
    .create = linked_create,
    .destroy = linked_destroy,
    .on_event = linked_on_event,
    .aspects = linked_aspects,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);
const struct pawl_plugin *pawl_plugin_main(void) { return &plugin; }
