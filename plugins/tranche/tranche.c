/*
 * tranche - a position in parts: an entry that comes at a loss of the last part begins a new one,
 * each with its own average, stop and target. README.md has the options and the states.
 */
#include "tranche.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name) (uint32_t)offsetof(struct tranche_options, name)
#define PERCENT_MAX (1000 * PAWL_E8)

static const struct pawl_option options[] = {
    {"enabled", PAWL_OPT_BOOL, FIELD(enabled), 0, 0, "true", NULL,
     "false = nothing is entered; what is open goes on."},
    {"tranche_pnl_increment_pct", PAWL_OPT_DECIMAL, FIELD(increment_e8), PAWL_E8 / 100,
     PERCENT_MAX, "5", NULL,
     "Loss of the last tranche from which an entry begins another one, in percent."},
    {"pnl_basis", PAWL_OPT_ENUM, FIELD(basis), 0, 0, "price", "price|margin",
     "Percent of the price, or of the margin: times the account's leverage."},
    {"max_tranches_per_symbol_side", PAWL_OPT_INT, FIELD(max_tranches), 1, TRANCHE_OF_POSITION_MAX,
     "5", NULL, "Open tranches a position may have."},
    {"at_max", PAWL_OPT_ENUM, FIELD(at_max), 0, 0, "add_to_last", "add_to_last|merge|refuse",
     "Where there is no room for another: into the last, the two nearest become one, or nothing."},
    {"tp_pct", PAWL_OPT_DECIMAL, FIELD(tp_pct_e8), 0, PERCENT_MAX, "1", NULL,
     "Target, in percent of the average; 0 = none."},
    {"sl_pct", PAWL_OPT_DECIMAL, FIELD(sl_pct_e8), PAWL_E8 / 100, 99 * PAWL_E8, "20", NULL,
     "Stop, in percent of the average; with leverage it has to be inside the liquidation price."},
    {"levels", PAWL_OPT_TEXT, FIELD(levels), 0, 0, "", NULL,
     "Others of an instrument as SYMBOL:TP:SL, such as BTCUSDT:1:5 ETHUSDT:0.8:4."},
    {"merge_profitable", PAWL_OPT_BOOL, FIELD(merge), 0, 0, "true", NULL,
     "Two neighbours that are both in profit become one."},
    {"min_pnl_pct", PAWL_OPT_DECIMAL, FIELD(min_pnl_e8), 0, PERCENT_MAX, "0", NULL,
     "Profit that both have to be above for that, in percent."},
    {"max_orders_per_tranche", PAWL_OPT_INT, FIELD(max_orders), 1, 32, "4", NULL,
     "Entry orders of a tranche at once; stops and targets do not count."},
    {"stale_limit_seconds", PAWL_OPT_INT, FIELD(stale_seconds), 1, 86400, "60", NULL,
     "How long a limit or stop entry rests that does not say it, in seconds."},
    {"tranche_ttls", PAWL_OPT_TEXT, FIELD(ttls), 0, 0, "", NULL,
     "Other times of a tranche as ID:SECONDS, such as 0:300 3:20."},
    {"orphan_grace_seconds", PAWL_OPT_INT, FIELD(orphan_seconds), 1, 86400, "60", NULL,
     "Age from which an order that protects nothing is taken for one, in seconds."},
    {"cleanup_interval_seconds", PAWL_OPT_INT, FIELD(cleanup_seconds), 1, 86400, "20", NULL,
     "How often the venue is asked what it holds, while there is a position, in seconds."},
    {"simulate_only", PAWL_OPT_BOOL, FIELD(simulate), 0, 0, "false", NULL,
     "Entries go to simulate_account instead of the instrument's."},
    {"simulate_account", PAWL_OPT_TEXT, FIELD(simulate_account), 0, 0, "paper", NULL,
     "Account of simulated tranches, at a paper broker."},
    {NULL},
};

static const uint16_t listens[] = {PAWL_EV_ENTRY,
                                   PAWL_EV_CONSOLIDATE,
                                   PAWL_EV_LOT_CHANGED,
                                   PAWL_EV_LOT_CLOSED,
                                   PAWL_EV_LOT_ASSIGNED,
                                   PAWL_EV_FILL,
                                   PAWL_EV_ORDER_SUBMITTED,
                                   PAWL_EV_ORDER_ACCEPTED,
                                   PAWL_EV_ORDER_FILLED,
                                   PAWL_EV_ORDER_CANCELLED,
                                   PAWL_EV_ORDER_REJECTED,
                                   PAWL_EV_ORDER_EXPIRED,
                                   PAWL_EV_ORDER_AMENDED,
                                   0};
static const char *const needs[] = {PAWL_BOOK,   PAWL_MARKET,   PAWL_RECORDS,
                                    PAWL_TIMERS, PAWL_TRIGGERS, NULL};

/* ---- lists in options ---- */

static int read_e8(const char **at, int64_t *ret) {
    size_t size = strcspn(*at, ": ");
    if (size == 0 || pawl_parse_e8(*at, size, ret) != PAWL_OK || *ret < 0) return PAWL_E_DATA;
    *at += size;
    return PAWL_OK;
}

static int read_levels(struct tranche *self, struct pawl_err *err) {
    for (const char *at = self->options.levels; *(at += strspn(at, " ")) != '\0';) {
        struct tranche_level *level = &self->levels[self->level_count];
        size_t size = strcspn(at, ": ");
        bool good = self->level_count < TRANCHE_LEVELS_MAX && size <= PAWL_SYMBOL_MAX &&
                    at[size] == ':';
        if (good) {
            memcpy(level->symbol, at, size);
            at += size + 1;
            good = read_e8(&at, &level->tp_e8) == PAWL_OK && *at++ == ':' &&
                   read_e8(&at, &level->sl_e8) == PAWL_OK && (*at == ' ' || *at == '\0') &&
                   level->sl_e8 > 0 && level->sl_e8 < 100 * PAWL_E8;
        }
        if (!good)
            return pawl_fail(err, PAWL_E_CONFIG, "levels: must be up to %u of SYMBOL:TP:SL",
                             TRANCHE_LEVELS_MAX);
        self->level_count++;
    }
    return PAWL_OK;
}

static int read_ttls(struct tranche *self, struct pawl_err *err) {
    for (const char *at = self->options.ttls; *(at += strspn(at, " ")) != '\0';) {
        char *end = NULL;
        unsigned long id = strtoul(at, &end, 10);
        long seconds = *end == ':' && end != at ? strtol(end + 1, &end, 10) : 0;
        if (self->ttl_count == TRANCHE_TTLS_MAX || id >= UINT16_MAX || seconds < 1 ||
            seconds > 86400 || (*end != ' ' && *end != '\0'))
            return pawl_fail(err, PAWL_E_CONFIG, "tranche_ttls: must be up to %u of ID:SECONDS",
                             TRANCHE_TTLS_MAX);
        self->ttls[self->ttl_count++] = (struct tranche_ttl){(uint32_t)id, seconds};
        at = end;
    }
    return PAWL_OK;
}

static int tranche_create(struct pawl_ctx *ctx, const void *filled, void **ret_self,
                          struct pawl_err *err) {
    struct tranche *self = calloc(1, sizeof *self);
    if (self == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory");
    self->ctx = ctx;
    self->options = *(const struct tranche_options *)filled;
    self->book = ctx->host->service(ctx, PAWL_BOOK);
    self->market = ctx->host->service(ctx, PAWL_MARKET);
    self->records = ctx->host->service(ctx, PAWL_RECORDS);
    self->timers = ctx->host->service(ctx, PAWL_TIMERS);
    self->triggers = ctx->host->service(ctx, PAWL_TRIGGERS);
    int rc = read_levels(self, err);
    if (rc == PAWL_OK) rc = read_ttls(self, err);
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

static void tranche_destroy(void *self) {
    free(self);
}

/* ---- events ---- */

static int on_restored(struct tranche *self) {
    const struct tranche_rec_tranche_position *position;
    int rc = PAWL_OK;
    for (uint64_t id = 0; (position = self->records->next(self->ctx, TRANCHE_REC_TRANCHE_POSITION,
                                                          id)) != NULL;) {
        id = position->id;
        rc = tranche_first(rc, tranche_restore(self, id));
    }
    return rc;
}

static int on_timer(struct tranche *self, uint64_t key) {
    return key == TRANCHE_KEY_CLEANUP ? tranche_clean(self) : tranche_settle(self, key >> 18);
}

static int on_trigger(struct tranche *self, uint64_t key) {
    return (key & 3) == 2 ? tranche_freeze(self, key >> 2) : tranche_settle(self, key >> 18);
}

static int tranche_on_event(void *object, const struct pawl_event *event) {
    struct tranche *self = object;
    self->cause = event->seq;
    switch (event->type) {
    case PAWL_EV_ENTRY: {
        const struct pawl_ev_entry *ask = (const void *)event;
        return ask->via == self->ctx->component ? tranche_on_entry(self, ask) : PAWL_OK;
    }
    case PAWL_EV_CONSOLIDATE: return tranche_on_consolidate(self, (const void *)event);
    case PAWL_EV_LOT_CHANGED:
        return tranche_on_lot(self, ((const struct pawl_ev_lot_changed *)event)->lot);
    case PAWL_EV_LOT_CLOSED:
        return tranche_on_lot(self, ((const struct pawl_ev_lot_closed *)event)->lot);
    case PAWL_EV_LOT_ASSIGNED:
        return tranche_on_assigned(self, ((const struct pawl_ev_lot_assigned *)event)->lot);
    case PAWL_EV_FILL: return tranche_on_fill(self, (const void *)event);
    case PAWL_EV_TIMER: return on_timer(self, event->cookie);
    case PAWL_EV_TRIGGER: return on_trigger(self, event->cookie);
    case PAWL_EV_RESTORED: return on_restored(self);
    default: return tranche_on_order(self, (const void *)event);
    }
}

/* Its lots grow by its own entries alone; one that is handed over gets a target of the tranche. */
static void tranche_aspects(const void *filled, struct pawl_aspects *ret) {
    (void)filled;
    ret->opens = 1;
    ret->keeps = PAWL_ASPECT_BIT(PAWL_ASPECT_GROW);
    ret->takes = PAWL_ASPECTS_ALL;
    ret->together = PAWL_ASPECT_BIT(PAWL_ASPECT_GROW) | PAWL_ASPECT_BIT(PAWL_ASPECT_TARGETS);
}

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "tranche",
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_STRATEGY,
    .options_size = sizeof(struct tranche_options),
    .options = options,
    .records = tranche_records,
    .listens = listens,
    .needs = needs,
    .create = tranche_create,
    .destroy = tranche_destroy,
    .on_event = tranche_on_event,
    .aspects = tranche_aspects,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);
const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
