/*
 * pyramid - profit booking chains: one order, and each time a level has booked, twice as many.
 * README.md has the options and the states.
 */
#include "pyramid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name) (uint32_t)offsetof(struct pyramid_options, name)
#define MONEY_MAX_E8 (1000000 * PAWL_E8)
#define MONEY_MIN_E8 (PAWL_E8 / 100)

static const struct pawl_option options[] = {
    {"enabled", PAWL_OPT_BOOL, FIELD(enabled), 0, 0, "true", NULL,
     "false = no chain begins; those that run go on."},
    {"min_profit_target", PAWL_OPT_DECIMAL, FIELD(min_profit_target_e8), MONEY_MIN_E8,
     MONEY_MAX_E8, "7.0", NULL, "Profit at which an order books, in account currency."},
    {"max_level", PAWL_OPT_INT, FIELD(max_level), 0, PYRAMID_LEVELS_MAX - 1, "4", NULL,
     "The last level, from 0."},
    {"orders_per_level", PAWL_OPT_TEXT, FIELD(orders_per_level), 0, 0, "1 2 4 8 16", NULL,
     "How many orders each level has; the first has one."},
    {"fixed_risk_per_order", PAWL_OPT_DECIMAL, FIELD(fixed_risk_e8), MONEY_MIN_E8, MONEY_MAX_E8,
     "10.0", NULL, "What an order loses at its stop, in account currency."},
    {"target_mode", PAWL_OPT_ENUM, FIELD(target_mode), 0, 0, "watch", "watch|venue",
     "Targets: the price is watched and the order closed at market, or a limit rests."},
    {"on_stop", PAWL_OPT_ENUM, FIELD(on_stop), 0, 0, "run_off", "run_off|close",
     "What a chain that stops does with its open orders."},
    {"sl_hunt", PAWL_OPT_BOOL, FIELD(sl_hunt), 0, 0, "true", NULL,
     "A stop that was hit may be recovered."},
    {"max_recoveries", PAWL_OPT_INT, FIELD(max_recoveries), 0, 100, "1", NULL,
     "Recovery episodes a chain may have."},
    {"recovery_threshold_percent", PAWL_OPT_DECIMAL, FIELD(recovery_threshold_e8), PAWL_E8,
     100 * PAWL_E8, "70", NULL,
     "How far back from stop to entry the price has to come, in percent."},
    {"recovery_window_minutes", PAWL_OPT_INT, FIELD(recovery_window_minutes), 1, 10080, "20", NULL,
     "How long it may take, in minutes."},
    {"recovery_windows", PAWL_OPT_TEXT, FIELD(windows), 0, 0, "", NULL,
     "Other windows as SYMBOL:MINUTES, such as XAUUSD:30 EURUSD:15."},
    {"recovery_risk_factor", PAWL_OPT_DECIMAL, FIELD(recovery_factor_e8), PAWL_E8 / 100,
     10 * PAWL_E8, "1.0", NULL, "Risk of an order that is placed again, of the fixed risk."},
    {"simulate_orders", PAWL_OPT_BOOL, FIELD(simulate), 0, 0, "false", NULL,
     "Chains trade on simulate_account instead of the instrument's."},
    {"simulate_account", PAWL_OPT_TEXT, FIELD(simulate_account), 0, 0, "paper", NULL,
     "Account of simulated chains, at a paper broker."},
    {NULL},
};

static const uint16_t listens[] = {PAWL_EV_ENTRY,        PAWL_EV_SIGNAL, PAWL_EV_LOT_CHANGED,
                                   PAWL_EV_LOT_ASSIGNED, PAWL_EV_LOT_CLOSED, 0};
static const char *const needs[] = {PAWL_BOOK,   PAWL_MARKET,   PAWL_RECORDS,
                                    PAWL_TIMERS, PAWL_TRIGGERS, NULL};

static int read_orders(struct pyramid *self, struct pawl_err *err) {
    const char *text = self->options.orders_per_level;
    uint32_t count = 0;
    for (; *(text += strspn(text, " ")) != '\0'; count++) {
        char *end;
        unsigned long orders = strtoul(text, &end, 10);
        if (end == text || (*end != ' ' && *end != '\0') || orders == 0 ||
            orders > PYRAMID_ORDERS_MAX || count == PYRAMID_LEVELS_MAX ||
            (count == 0 && orders != 1))
            return pawl_fail(err, PAWL_E_CONFIG,
                             "orders_per_level: must be up to %u numbers up to %u, the first 1",
                             PYRAMID_LEVELS_MAX, PYRAMID_ORDERS_MAX);
        self->orders[count] = (uint32_t)orders;
        text = end;
    }
    if (count > self->options.max_level) return PAWL_OK;
    return pawl_fail(err, PAWL_E_CONFIG, "orders_per_level: has %u levels, max_level is %d", count,
                     (int)self->options.max_level);
}

static int read_windows(struct pyramid *self, struct pawl_err *err) {
    const char *text = self->options.windows;
    for (; *(text += strspn(text, " ")) != '\0'; self->window_count++) {
        struct pyramid_window *window = &self->windows[self->window_count];
        size_t size = strcspn(text, ": ");
        char *end = NULL;
        if (self->window_count < PYRAMID_WINDOWS_MAX && size <= PAWL_SYMBOL_MAX &&
            text[size] == ':') {
            memcpy(window->symbol, text, size);
            window->minutes = strtol(text + size + 1, &end, 10);
        }
        if (end == NULL || (*end != ' ' && *end != '\0') || window->minutes < 1 ||
            window->minutes > 10080)
            return pawl_fail(err, PAWL_E_CONFIG,
                             "recovery_windows: must be up to %u of SYMBOL:MINUTES",
                             PYRAMID_WINDOWS_MAX);
        text = end;
    }
    return PAWL_OK;
}

static int pyramid_create(struct pawl_ctx *ctx, const void *filled, void **ret_self,
                          struct pawl_err *err) {
    struct pyramid *self = calloc(1, sizeof *self);
    if (self == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory");
    self->ctx = ctx;
    self->options = *(const struct pyramid_options *)filled;
    self->book = ctx->host->service(ctx, PAWL_BOOK);
    self->market = ctx->host->service(ctx, PAWL_MARKET);
    self->records = ctx->host->service(ctx, PAWL_RECORDS);
    self->timers = ctx->host->service(ctx, PAWL_TIMERS);
    self->triggers = ctx->host->service(ctx, PAWL_TRIGGERS);
    int rc = read_orders(self, err);
    if (rc == PAWL_OK) rc = read_windows(self, err);
    if (rc == PAWL_OK && self->options.simulate &&
        self->market->account_by_name(ctx, self->options.simulate_account) == NULL)
        rc = pawl_fail(err, PAWL_E_CONFIG, "simulate_account: there is no account \"%s\"",
                       self->options.simulate_account);
    if (rc != PAWL_OK) {
        free(self);
        return rc;
    }
    *ret_self = self;
    return PAWL_OK;
}

static void pyramid_destroy(void *self) {
    free(self);
}

static int restore_chain(struct pyramid *self, uint64_t chain) {
    const struct pyramid_rec_profit_chain of = pyramid_chain(self, chain);
    struct pyramid_rec_profit_chain_order order;
    int rc = pyramid_know_running(self, &of);
    for (uint64_t at = 0; rc == PAWL_OK && (order = pyramid_next(self, chain, at)).id != 0;) {
        at = order.id;
        if (!pyramid_is_open(&order)) continue;
        rc = pyramid_know_lot(self, &order);
        if (rc == PAWL_OK) rc = pyramid_arm(self, &order);
        if (rc == PAWL_OK && order.status == PAWL_CHAIN_ORDER_STATUS_CLOSING)
            rc = self->timers->set(self->ctx, PYRAMID_KEY_LOT(order.lot),
                                   self->ctx->host->now_ns(self->ctx) + PYRAMID_RETRY_NS);
    }
    if (rc != PAWL_OK) return rc;
    return of.recovering == 1 ? pyramid_arm_recovery(self, &of) : pyramid_look_again(self, chain);
}

static int on_restored(struct pyramid *self) {
    const struct pyramid_rec_profit_chain *chain;
    int rc = PAWL_OK;
    self->ended_count = 0;
    for (uint64_t id = 0;
         rc == PAWL_OK &&
         (chain = self->records->next(self->ctx, PYRAMID_REC_PROFIT_CHAIN, id)) != NULL;) {
        id = chain->id;
        if (pyramid_has_ended(chain))
            self->ended_count++;
        else
            rc = restore_chain(self, id);
    }
    return rc;
}

static int on_changed(struct pyramid *self, uint64_t lot) {
    const struct pawl_rec_lot *found = self->book->lot(self->ctx, lot);
    return found == NULL ? PAWL_OK : pyramid_filled(self, found);
}

/* The window of an episode is over, or it is time to look again. */
static int on_timer(struct pyramid *self, uint64_t key) {
    uint64_t chain = key >> 1;
    if ((key & 1) == 0) return pyramid_exit_again(self, key >> 1);
    const struct pyramid_rec_profit_chain found = pyramid_chain(self, chain);
    if (found.id == 0) return PAWL_OK;
    return found.recovering == 1 ? pyramid_window_over(self, chain) : pyramid_decide(self, chain);
}

static int on_trigger(struct pyramid *self, uint64_t key) {
    return (key & 1) != 0 ? pyramid_recover(self, key >> 1) : pyramid_book(self, key >> 1);
}

static int pyramid_on_event(void *object, const struct pawl_event *event) {
    struct pyramid *self = object;
    switch (event->type) {
    case PAWL_EV_ENTRY: return pyramid_on_entry(self, (const void *)event);
    case PAWL_EV_SIGNAL: return pyramid_on_signal(self, (const void *)event);
    case PAWL_EV_LOT_CHANGED:
        return on_changed(self, ((const struct pawl_ev_lot_changed *)event)->lot);
    case PAWL_EV_LOT_ASSIGNED:
        return pyramid_on_assigned(self, ((const struct pawl_ev_lot_assigned *)event)->lot);
    case PAWL_EV_LOT_CLOSED: return pyramid_on_closed(self, (const void *)event);
    case PAWL_EV_TRIGGER: return on_trigger(self, event->cookie);
    case PAWL_EV_TIMER: return on_timer(self, event->cookie);
    case PAWL_EV_WANT_SPENT: return pyramid_on_spent(self, (const void *)event);
    case PAWL_EV_RESTORED: return on_restored(self);
    default: return PAWL_OK;
    }
}

/* A lot that is handed over begins a chain: it has to be able to book it, and to let nothing more
 * in. An order of a chain books as a whole. */
static void pyramid_aspects(const void *filled, struct pawl_aspects *ret) {
    const struct pyramid_options *set = filled;
    const uint8_t grow = PAWL_ASPECT_BIT(PAWL_ASPECT_GROW),
                  targets = PAWL_ASPECT_BIT(PAWL_ASPECT_TARGETS);
    ret->opens = ret->whole = 1;
    ret->takes = PAWL_ASPECTS_ALL;
    ret->together = (uint8_t)(grow | targets | PAWL_ASPECT_BIT(PAWL_ASPECT_REDUCE));
    ret->keeps = set->target_mode == PYRAMID_VENUE ? (uint8_t)(grow | targets) : grow;
}

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "pyramid",
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_STRATEGY,
    .options_size = sizeof(struct pyramid_options),
    .options = options,
    .records = pyramid_records,
    .listens = listens,
    .needs = needs,
    .create = pyramid_create,
    .destroy = pyramid_destroy,
    .on_event = pyramid_on_event,
    .aspects = pyramid_aspects,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);
const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
