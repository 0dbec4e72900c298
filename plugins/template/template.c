/*
 * template - buys the break of a range: a small strategy to begin from.
 *
 * For `range` it watches an instrument's prices. When that time is over it waits until the ask
 * reaches the highest it saw, and opens a lot there: stop at the lowest bid, target at `reward`
 * times the risk. When the price has gone `break_even` times the risk, the stop moves to the entry;
 * after `hold` the lot is closed whatever the price. Then it begins anew.
 *
 * What to see here:
 *   - a strategy never sends an order. It opens a lot, says what it wants of it, and the host makes
 *     the venue agree: sends, retries, protects, looks up what is unknown;
 *   - it does not look at every price: it asks to be told when a level is crossed (triggers) or a
 *     time has come (timers);
 *   - it is crash-only. All it must not forget is in the book and in its records; timers and
 *     triggers are declared anew on `restored`, after a start, a crash and a reload alike. Between
 *     two events it holds nothing but its options.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pawl_num.h"
#include "pawl_services.h"
#include "template_schema.gen.h"

/* ---- options: validated and filled in by the host ---- */

struct options {
    int64_t range_ns, hold_ns;
    int64_t quantity_e8, reward_e8, break_even_e8;
    char symbol[PAWL_OPT_TEXT_MAX + 1];
};

#define FIELD(name) (uint32_t)offsetof(struct options, name)

static const struct pawl_option options[] = {
    {"symbol", PAWL_OPT_TEXT, FIELD(symbol), 0, 0, "", NULL,
     "The instrument to trade; empty = every one."},
    {"range", PAWL_OPT_DURATION, FIELD(range_ns), PAWL_NS, 86400 * PAWL_NS, "5m", NULL,
     "How long a range is watched."},
    {"quantity", PAWL_OPT_DECIMAL, FIELD(quantity_e8), 1, 1000000 * PAWL_E8, "1", NULL,
     "How much to buy, in the venue's units; rounded down to its step."},
    {"reward", PAWL_OPT_DECIMAL, FIELD(reward_e8), PAWL_E8 / 10, 100 * PAWL_E8, "2", NULL,
     "Distance of the target, in multiples of the risk."},
    {"break_even", PAWL_OPT_DECIMAL, FIELD(break_even_e8), 0, 100 * PAWL_E8, "1", NULL,
     "Profit at which the stop moves to the entry, in multiples of the risk; 0 = never."},
    {"hold", PAWL_OPT_DURATION, FIELD(hold_ns), PAWL_NS, 7 * 86400 * PAWL_NS, "1h", NULL,
     "How long a lot is held at most, from its first fill."},
    {NULL},
};

/* ---- what it works with ---- */

struct strategy {
    struct pawl_ctx *ctx;
    const struct pawl_market *market;
    const struct pawl_book *book;
    const struct pawl_records *records;
    const struct pawl_timers *timers;
    const struct pawl_triggers *triggers;
    struct options options;
};

/* A timer or trigger comes back with the number it was set with: what for, and which instrument. */
enum key { KEY_RANGE_ENDS = 1, KEY_HOLD_ENDS, KEY_BREAK_OUT, KEY_BREAK_EVEN };
#define KEY(what, instrument) ((uint64_t)(instrument) << 8 | (uint64_t)(what))
#define KEY_WHAT(key) ((enum key)((key) & 0xffu))
#define KEY_INSTRUMENT(key) ((uint32_t)((key) >> 8))

/* A copy, because what a service returns is good until the next call into the host only. */
static bool find(struct strategy *self, uint32_t instrument, struct template_rec_range *ret) {
    const void *row = self->records->get(self->ctx, TEMPLATE_REC_RANGE, instrument);
    if (row != NULL) memcpy(ret, row, sizeof *ret);
    return row != NULL;
}

static int keep(struct strategy *self, const struct template_rec_range *row) {
    return self->records->put(self->ctx, TEMPLATE_REC_RANGE, row);
}

/* ---- from a range to a lot ---- */

static int arm(struct strategy *self, enum key what, uint32_t instrument, uint8_t source,
               struct pawl_price level) {
    const struct pawl_trigger_spec spec = {.size = (uint32_t)sizeof spec,
                                           .instrument = instrument,
                                           .source = source,
                                           .side = PAWL_POSITION_SIDE_LONG,
                                           .cross = PAWL_CROSS_AT_OR_ABOVE,
                                           .level = level};
    return self->triggers->arm(self->ctx, KEY(what, instrument), &spec);
}

static int on_quote(struct strategy *self, const struct pawl_ev_quote *quote) {
    const struct pawl_market_state *now = self->market->state(self->ctx, quote->instrument);
    const struct pawl_instrument *in = self->market->instrument(self->ctx, quote->instrument);
    struct template_rec_range row;
    if (in == NULL || now == NULL || now->bid.e8 <= 0) return PAWL_OK; /* no good price yet */
    if (self->options.symbol[0] != '\0' && strcmp(in->symbol, self->options.symbol) != 0)
        return PAWL_OK;
    struct pawl_price bid = now->bid, ask = now->ask;
    if (!find(self, quote->instrument, &row)) { /* a new range */
        row = (struct template_rec_range){.id = quote->instrument, .high = ask, .low = bid};
        row.ends = quote->head.time_ns + self->options.range_ns;
        int rc = self->timers->set(self->ctx, KEY(KEY_RANGE_ENDS, row.id), row.ends);
        return rc != PAWL_OK ? rc : keep(self, &row);
    }
    bool watching = row.lot == 0 && quote->head.time_ns < row.ends;
    if (!watching || (ask.e8 <= row.high.e8 && bid.e8 >= row.low.e8)) return PAWL_OK;
    if (ask.e8 > row.high.e8) row.high = ask;
    if (bid.e8 < row.low.e8) row.low = bid;
    return keep(self, &row);
}

/* Prices lie on the instrument's tick, quantities on its step: all of it exact, nothing is a
 * floating point number. */
static int make_spec(struct strategy *self, const struct template_rec_range *row,
                     struct pawl_lot_spec *ret, struct pawl_err *err) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, (uint32_t)row->id);
    const struct pawl_market_state *now = self->market->state(self->ctx, (uint32_t)row->id);
    struct pawl_lot_spec spec = {.size = (uint32_t)sizeof spec,
                                 .instrument = (uint32_t)row->id,
                                 .side = PAWL_POSITION_SIDE_LONG,
                                 .entry_kind = PAWL_KIND_MARKET};
    int64_t risk_e8, reward_e8, target_e8;
    if (in == NULL || now == NULL) return pawl_fail(err, PAWL_E_NOTFOUND, "the instrument is gone");
    if (pawl_round_to(self->options.quantity_e8, in->step.e8, PAWL_ROUND_DOWN,
                      &spec.quantity.e8) != PAWL_OK ||
        pawl_round_to(row->low.e8, in->tick.e8, PAWL_ROUND_DOWN, &spec.stop.e8) != PAWL_OK ||
        pawl_sub_i64(now->ask.e8, spec.stop.e8, &risk_e8) != PAWL_OK ||
        pawl_mul_e8(risk_e8, self->options.reward_e8, PAWL_ROUND_UP, &reward_e8) != PAWL_OK ||
        pawl_add_i64(now->ask.e8, reward_e8, &target_e8) != PAWL_OK ||
        pawl_round_to(target_e8, in->tick.e8, PAWL_ROUND_UP, &spec.target.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the prices are out of range");
    *ret = spec;
    return PAWL_OK;
}

/* What the risk gate or the book refuses is told, and the next range begins. */
static int break_out(struct strategy *self, struct template_rec_range *row) {
    struct pawl_err err = {0};
    struct pawl_lot_spec spec;
    int rc = make_spec(self, row, &spec, &err);
    if (rc == PAWL_OK) rc = self->book->open(self->ctx, &spec, &row->lot, &err);
    if (rc == PAWL_OK) return keep(self, row);
    self->ctx->host->log(self->ctx, PAWL_LOG_WARN, "no lot: %s", err.text);
    return self->records->erase(self->ctx, TEMPLATE_REC_RANGE, row->id);
}

/* ---- the lot ---- */

/* It has its entry, or some of it: say when to be woken. The same key again replaces. */
static int follow(struct strategy *self, const struct template_rec_range *row,
                  const struct pawl_rec_lot *lot) {
    struct pawl_price entry, level;
    int64_t ahead_e8, opened = lot->opened;
    if (lot->entered.e8 <= 0) return PAWL_OK;
    if (pawl_muldiv(lot->entry_value.e8, PAWL_E8, lot->entered.e8, PAWL_ROUND_UP, &entry.e8) !=
            PAWL_OK ||
        pawl_mul_e8(lot->r.e8, self->options.break_even_e8, PAWL_ROUND_UP, &ahead_e8) != PAWL_OK ||
        pawl_add_i64(entry.e8, ahead_e8, &level.e8) != PAWL_OK)
        return PAWL_E_RANGE;
    int rc = PAWL_OK; /* lot is not to be used behind the first call */
    if (!row->moved && ahead_e8 > 0)
        rc = arm(self, KEY_BREAK_EVEN, (uint32_t)row->id, PAWL_TRIGGER_SOURCE_EXIT_SIDE, level);
    if (rc != PAWL_OK) return rc;
    return self->timers->set(self->ctx, KEY(KEY_HOLD_ENDS, row->id),
                             opened + self->options.hold_ns);
}

static int break_even(struct strategy *self, struct template_rec_range *row) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, (uint32_t)row->id);
    struct pawl_price entry;
    struct pawl_err err = {0};
    if (in == NULL) return PAWL_OK;
    const struct pawl_price tick = in->tick; /* what is lent is good until the next call */
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->lot);
    if (lot == NULL || lot->entered.e8 <= 0) return PAWL_OK;
    if (pawl_muldiv(lot->entry_value.e8, PAWL_E8, lot->entered.e8, PAWL_ROUND_DOWN, &entry.e8) !=
            PAWL_OK ||
        pawl_round_to(entry.e8, tick.e8, PAWL_ROUND_DOWN, &entry.e8) != PAWL_OK)
        return PAWL_E_RANGE;
    /* Stops only tighten: the host refuses a looser one, and that is nothing to worry about. */
    int rc = self->book->stop(self->ctx, row->lot, entry, "BREAK_EVEN", &err);
    if (rc != PAWL_OK && rc != PAWL_E_STATE) return rc;
    row->moved = 1;
    return keep(self, row);
}

static int close_lot(struct strategy *self, const struct template_rec_range *row) {
    const struct pawl_exit_spec spec = {.size = (uint32_t)sizeof spec,
                                        .kind = PAWL_KIND_MARKET,
                                        .at_least = {PAWL_QTY_ALL},
                                        .reason = "TIME"};
    struct pawl_err err = {0};
    int rc = self->book->exit(self->ctx, row->lot, &spec, &err);
    return rc == PAWL_E_STATE ? PAWL_OK : rc; /* it is closing already */
}

static int on_lot_changed(struct strategy *self, const struct pawl_ev_lot_changed *changed) {
    struct template_rec_range row;
    if (!find(self, changed->instrument, &row) || row.lot != changed->lot) return PAWL_OK;
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row.lot);
    return lot != NULL && lot->state == PAWL_LOT_STATE_OPEN ? follow(self, &row, lot) : PAWL_OK;
}

static int on_lot_closed(struct strategy *self, const struct pawl_ev_lot_closed *closed) {
    struct template_rec_range row;
    if (!find(self, closed->instrument, &row) || row.lot != closed->lot) return PAWL_OK;
    self->triggers->disarm(self->ctx, KEY(KEY_BREAK_EVEN, row.id));
    self->timers->clear(self->ctx, KEY(KEY_HOLD_ENDS, row.id));
    return self->records->erase(self->ctx, TEMPLATE_REC_RANGE, row.id);
}

/* The entry will not come, or not whole: want no more than there is. With nothing the lot ends. */
static int on_want_spent(struct strategy *self, const struct pawl_ev_want_spent *spent) {
    struct pawl_err err = {0};
    if (spent->role != PAWL_ROLE_MAIN) return PAWL_OK;
    int rc = self->book->enter(self->ctx, spent->lot, (struct pawl_qty){0}, &err);
    return rc == PAWL_E_STATE ? PAWL_OK : rc;
}

/* ---- wakes ---- */

static int on_timer(struct strategy *self, uint64_t key) {
    struct template_rec_range row;
    if (!find(self, KEY_INSTRUMENT(key), &row)) return PAWL_OK;
    if (KEY_WHAT(key) == KEY_HOLD_ENDS) return row.lot != 0 ? close_lot(self, &row) : PAWL_OK;
    if (row.lot != 0) return PAWL_OK;
    return arm(self, KEY_BREAK_OUT, (uint32_t)row.id, PAWL_TRIGGER_SOURCE_ENTRY_SIDE, row.high);
}

static int on_trigger(struct strategy *self, uint64_t key) {
    struct template_rec_range row;
    if (!find(self, KEY_INSTRUMENT(key), &row)) return PAWL_OK;
    if (KEY_WHAT(key) == KEY_BREAK_EVEN) return row.lot != 0 ? break_even(self, &row) : PAWL_OK;
    return row.lot == 0 ? break_out(self, &row) : PAWL_OK;
}

/* ---- a start, a restart after a crash, a reload: all the same ---- */

static int resume(struct strategy *self, struct template_rec_range *row) {
    if (row->lot == 0) {
        if (row->ends > self->ctx->host->now_ns(self->ctx))
            return self->timers->set(self->ctx, KEY(KEY_RANGE_ENDS, row->id), row->ends);
        return arm(self, KEY_BREAK_OUT, (uint32_t)row->id, PAWL_TRIGGER_SOURCE_ENTRY_SIDE,
                   row->high);
    }
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->lot);
    if (lot == NULL || lot->state == PAWL_LOT_STATE_CLOSED)
        return self->records->erase(self->ctx, TEMPLATE_REC_RANGE, row->id);
    return lot->state == PAWL_LOT_STATE_OPEN ? follow(self, row, lot) : PAWL_OK;
}

static int on_restored(struct strategy *self) {
    struct template_rec_range row = {.id = 0};
    for (const void *next;
         (next = self->records->next(self->ctx, TEMPLATE_REC_RANGE, row.id)) != NULL;) {
        memcpy(&row, next, sizeof row);
        int rc = resume(self, &row);
        if (rc != PAWL_OK) return rc; /* a reload is refused with this */
    }
    return PAWL_OK;
}

/* ---- what the host calls ---- */

static int on_event(void *object, const struct pawl_event *event) {
    struct strategy *self = object;
    switch (event->type) {
    case PAWL_EV_QUOTE: return on_quote(self, (const void *)event);
    case PAWL_EV_LOT_CHANGED: return on_lot_changed(self, (const void *)event);
    case PAWL_EV_LOT_CLOSED: return on_lot_closed(self, (const void *)event);
    case PAWL_EV_WANT_SPENT: return on_want_spent(self, (const void *)event);
    case PAWL_EV_TIMER: return on_timer(self, event->cookie);
    case PAWL_EV_TRIGGER: return on_trigger(self, event->cookie);
    case PAWL_EV_RESTORED: return on_restored(self);
    default: return PAWL_OK;
    }
}

static int create(struct pawl_ctx *ctx, const void *filled, void **ret_self,
                  struct pawl_err *err) {
    struct strategy *self = calloc(1, sizeof *self);
    if (self == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    self->ctx = ctx;
    self->options = *(const struct options *)filled;
    self->market = ctx->host->service(ctx, PAWL_MARKET);
    self->book = ctx->host->service(ctx, PAWL_BOOK);
    self->records = ctx->host->service(ctx, PAWL_RECORDS);
    self->timers = ctx->host->service(ctx, PAWL_TIMERS);
    self->triggers = ctx->host->service(ctx, PAWL_TRIGGERS);
    *ret_self = self;
    return PAWL_OK;
}

static void destroy(void *self) {
    free(self); /* timers, triggers, lots and rows are the host's */
}

/* What it wants to hear. Timers, triggers, want_spent and restored are addressed to it: they need
 * no subscription. */
static const uint16_t listens[] = {PAWL_EV_QUOTE, PAWL_EV_LOT_CHANGED, PAWL_EV_LOT_CLOSED, 0};
static const char *const needs[] = {PAWL_MARKET, PAWL_BOOK,     PAWL_RECORDS,
                                    PAWL_TIMERS, PAWL_TRIGGERS, NULL};

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "template", /* as its file: template.so */
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_STRATEGY,
    .options_size = sizeof(struct options),
    .options = options,
    .records = template_records,
    .listens = listens,
    .needs = needs,
    .create = create,
    .destroy = destroy,
    .on_event = on_event,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
