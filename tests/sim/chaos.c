/*
 * chaos - a strategy that wants random things: it opens lots, changes its mind about them, and
 * closes them, at random moments. What it draws depends on its seed, the boot and what it sees.
 * It revives an exit that was given up, as anybody should who wants to be out.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pawl_num.h"
#include "pawl_services.h"

#define SYMBOLS_MAX 4u
#define LOTS_MAX 64u
#define KEY_ACT UINT64_C(1)
#define KEY_REVIVE (UINT64_C(1) << 56)

struct options {
    int64_t seed, quiet_at_ns, period_ns, lots_max, same_side_pct;
    uint8_t grow;
    char symbols[PAWL_OPT_TEXT_MAX + 1];
};

struct chaos {
    struct pawl_ctx *ctx;
    const struct pawl_book *book;
    const struct pawl_market *market;
    const struct pawl_timers *timers;
    struct options options;
    uint64_t rng;
    const struct pawl_instrument *symbols[SYMBOLS_MAX];
    uint32_t symbol_count;
};

#define FIELD(name) (uint32_t)offsetof(struct options, name)
static const struct pawl_option options[] = {
    {"seed", PAWL_OPT_INT, FIELD(seed), 0, INT64_MAX, "1", NULL, "Of its draws."},
    {"quiet_at", PAWL_OPT_INT, FIELD(quiet_at_ns), 0, INT64_MAX, "0", NULL,
     "UTC ns from when on it opens nothing and wants nothing new; 0 = never."},
    {"period", PAWL_OPT_DURATION, FIELD(period_ns), PAWL_MS, 3600 * PAWL_NS, "1s", NULL,
     "Mean time between two wishes."},
    {"lots_max", PAWL_OPT_INT, FIELD(lots_max), 1, LOTS_MAX, "4", NULL,
     "Lots of an instrument it has at once."},
    {"same_side_pct", PAWL_OPT_INT, FIELD(same_side_pct), 0, 100, "90", NULL,
     "How often a further lot of an instrument is of the side of the others, in percent."},
    {"grow", PAWL_OPT_BOOL, FIELD(grow), 0, 0, "true", NULL, "It adds to lots it has."},
    {"symbols", PAWL_OPT_TEXT, FIELD(symbols), 0, 0, "", NULL, "What it trades: A,B,C."},
    {NULL},
};

/* ---- draws ---- */

static uint64_t draw(struct chaos *self, uint64_t bound) {
    uint64_t z = self->rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % bound;
}

static int64_t between(struct chaos *self, int64_t low, int64_t high) {
    return low + (int64_t)draw(self, (uint64_t)(high - low + 1));
}

static bool chance(struct chaos *self, uint32_t percent) { return draw(self, 100) < percent; }

/* ---- what there is ---- */

static uint32_t lots_of(struct chaos *self, const struct pawl_instrument *in,
                        uint64_t out[LOTS_MAX], uint8_t *ret_side) {
    uint32_t count = 0;
    uint64_t after = 0;
    const struct pawl_rec_lot *lot;
    *ret_side = 0;
    while ((lot = self->book->lot_next(self->ctx, in->id, after)) != NULL && count < LOTS_MAX) {
        after = lot->id;
        if (*ret_side == 0) *ret_side = lot->side;
        if (lot->owner == self->ctx->component) out[count++] = lot->id;
    }
    return count;
}

static int64_t ticks(const struct pawl_instrument *in, int64_t count) {
    return in->tick.e8 * count;
}

/* Away from the price in favour of the side (count above 0), or against it. */
static struct pawl_price away(uint8_t side, struct pawl_price from,
                              const struct pawl_instrument *in, int64_t count) {
    if (side == PAWL_POSITION_SIDE_SHORT) count = -count;
    return (struct pawl_price){from.e8 + ticks(in, count)};
}

/* ---- wishes ---- */

static void wish_open(struct chaos *self, const struct pawl_instrument *in, uint8_t others_side) {
    const struct pawl_market_state *now = self->market->state(self->ctx, in->id);
    if (now == NULL || now->bid.e8 == 0) return;
    struct pawl_lot_spec spec = {.size = (uint32_t)sizeof spec, .instrument = in->id};
    struct pawl_err err = {0};
    uint64_t id;
    spec.side = (uint8_t)(1 + draw(self, 2));
    if (others_side != 0 && chance(self, (uint32_t)self->options.same_side_pct))
        spec.side = others_side;
    struct pawl_price here = spec.side == PAWL_POSITION_SIDE_LONG ? now->ask : now->bid;
    spec.entry_kind = PAWL_KIND_MARKET;
    if (chance(self, 35)) {
        spec.entry_kind = PAWL_KIND_LIMIT;
        spec.entry_price = away(spec.side, here, in, between(self, -12, 2));
        if (chance(self, 60)) spec.expires = self->ctx->host->now_ns(self->ctx) +
                                             between(self, 500, 20000) * PAWL_MS;
    } else if (chance(self, 15)) {
        spec.entry_kind = PAWL_KIND_STOP;
        spec.entry_price = away(spec.side, here, in, between(self, 1, 10));
    }
    struct pawl_price reference = spec.entry_kind == PAWL_KIND_MARKET ? here : spec.entry_price;
    spec.quantity.e8 = in->min_quantity.e8 + in->step.e8 * between(self, 0, 12);
    spec.stop = away(spec.side, reference, in, -between(self, 2, 60));
    if (chance(self, 60)) spec.target = away(spec.side, reference, in, between(self, 2, 80));
    if (chance(self, 25)) spec.target_mode = PAWL_LEVEL_MODE_WATCH;
    if (chance(self, 15)) {
        spec.after = PAWL_AFTER_KIND_POSITION_FLAT;
        if (chance(self, 50)) {
            const struct pawl_rec_lot *other = self->book->lot_next(self->ctx, in->id, 0);
            spec.after = PAWL_AFTER_KIND_LOT_CONCLUDED;
            spec.after_lot = other == NULL ? 0 : other->id;
        }
        spec.after_expires =
            self->ctx->host->now_ns(self->ctx) + between(self, 1000, 30000) * PAWL_MS;
    }
    self->book->open(self->ctx, &spec, &id, &err);
}

static void wish_exit(struct chaos *self, const struct pawl_rec_lot *lot,
                      const struct pawl_instrument *in, bool whole) {
    const struct pawl_market_state *now = self->market->state(self->ctx, in->id);
    struct pawl_exit_spec spec = {.size = (uint32_t)sizeof spec, .kind = PAWL_KIND_MARKET,
                                  .at_least = {PAWL_QTY_ALL}, .reason = "MANUAL"};
    struct pawl_err err = {0};
    if (!whole) {
        spec.at_least.e8 = lot->exited.e8 + in->step.e8 * between(self, 1, 6);
        if (lot->exit_at_least.e8 == PAWL_QTY_ALL) return;
    }
    if (chance(self, 15) && now != NULL && now->bid.e8 != 0) {
        spec.kind = PAWL_KIND_LIMIT;
        spec.price = away(lot->side, lot->side == PAWL_POSITION_SIDE_LONG ? now->bid : now->ask, in,
                          between(self, -6, 3));
    }
    self->book->exit(self->ctx, lot->id, &spec, &err);
}

static void wish_stop(struct chaos *self, const struct pawl_rec_lot *lot,
                      const struct pawl_instrument *in) {
    struct pawl_err err = {0};
    int64_t count = chance(self, 90) ? between(self, 1, 15) : between(self, -10, 0);
    self->book->stop(self->ctx, lot->id, away(lot->side, lot->stop, in, count), "chaos", &err);
}

static void wish_target(struct chaos *self, const struct pawl_rec_lot *lot,
                        const struct pawl_instrument *in) {
    const struct pawl_market_state *now = self->market->state(self->ctx, in->id);
    struct pawl_err err = {0};
    struct pawl_price price = {0};
    struct pawl_qty quantity = {PAWL_QTY_ALL};
    if (now == NULL || now->bid.e8 == 0) return;
    if (chance(self, 85)) price = away(lot->side, now->bid, in, between(self, 1, 40));
    if (chance(self, 50)) quantity.e8 = in->step.e8 * between(self, 1, 6);
    uint8_t mode = (uint8_t)draw(self, 3);
    self->book->set_target(self->ctx, lot->id, (uint32_t)draw(self, 3), price, quantity, mode,
                           &err);
}

static void wish_enter(struct chaos *self, const struct pawl_rec_lot *lot,
                       const struct pawl_instrument *in) {
    struct pawl_err err = {0};
    struct pawl_qty total = lot->enter_up_to;
    if (chance(self, 50) && self->options.grow)
        total.e8 += in->step.e8 * between(self, 1, 5);
    else
        total.e8 = (int64_t)draw(self, (uint64_t)total.e8 + 1);
    self->book->enter(self->ctx, lot->id, total, &err);
}

/* Growth that rests, on the losing side or where it fills at once. */
static void wish_add(struct chaos *self, const struct pawl_rec_lot *lot,
                     const struct pawl_instrument *in) {
    const struct pawl_market_state *now = self->market->state(self->ctx, in->id);
    struct pawl_err err = {0};
    struct pawl_qty total = {0};
    struct pawl_price price = {0};
    if (!self->options.grow || now == NULL || now->bid.e8 == 0) return;
    if (chance(self, 80)) {
        total.e8 = lot->added.e8 + in->step.e8 * between(self, 1, 6);
        price = away(lot->side, now->bid, in, between(self, -30, 3));
    }
    self->book->add(self->ctx, lot->id, total, price, &err);
}

static void act(struct chaos *self) {
    const struct pawl_instrument *in = self->symbols[draw(self, self->symbol_count)];
    uint64_t lots[LOTS_MAX];
    uint8_t side;
    uint32_t count = lots_of(self, in, lots, &side);
    if (count == 0 || (count < (uint64_t)self->options.lots_max && chance(self, 25))) {
        wish_open(self, in, side);
        return;
    }
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, lots[draw(self, count)]);
    if (lot == NULL) return;
    switch (draw(self, 14)) {
    case 12:
    case 13: wish_add(self, lot, in); break;
    case 0:
    case 1: wish_exit(self, lot, in, true); break;
    case 2:
    case 3: wish_exit(self, lot, in, false); break;
    case 4:
    case 5:
    case 6:
    case 7: wish_stop(self, lot, in); break;
    case 8:
    case 9: wish_target(self, lot, in); break;
    default: wish_enter(self, lot, in); break;
    }
}

/* An exit that was given up is wanted still. */
static void revive(struct chaos *self, uint64_t id) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    struct pawl_err err = {0};
    if (lot == NULL || lot->state == PAWL_LOT_STATE_CLOSED || !lot->exit_spent) return;
    struct pawl_exit_spec spec = {.size = (uint32_t)sizeof spec, .kind = PAWL_KIND_MARKET,
                                  .at_least = lot->exit_at_least, .reason = "MANUAL"};
    self->book->exit(self->ctx, id, &spec, &err);
}

/* ---- events ---- */

static void next_act(struct chaos *self) {
    int64_t wait_ns = 1 + (int64_t)draw(self, (uint64_t)self->options.period_ns * 2);
    self->timers->set(self->ctx, KEY_ACT, self->ctx->host->now_ns(self->ctx) + wait_ns);
}

static void on_restored(struct chaos *self, const struct pawl_ev_restored *event) {
    self->rng = (uint64_t)self->options.seed * 1000003u + event->boot;
    const struct pawl_rec_lot *lot = NULL;
    uint64_t after = 0;
    while ((lot = self->book->lot_next(self->ctx, 0, after)) != NULL) {
        after = lot->id;
        if (lot->owner == self->ctx->component && lot->exit_spent)
            self->timers->set(self->ctx, KEY_REVIVE | lot->id, event->head.time_ns + PAWL_NS);
    }
    next_act(self);
}

static void on_timer(struct chaos *self, const struct pawl_ev_timer *timer) {
    int64_t quiet_ns = self->options.quiet_at_ns;
    if (timer->head.cookie != KEY_ACT) {
        revive(self, timer->head.cookie & ~KEY_REVIVE);
        return;
    }
    if (quiet_ns != 0 && timer->head.time_ns >= quiet_ns) return;
    act(self);
    next_act(self);
}

static int on_event(void *object, const struct pawl_event *event) {
    struct chaos *self = object;
    switch (event->type) {
    case PAWL_EV_RESTORED: on_restored(self, (const void *)event); break;
    case PAWL_EV_TIMER: on_timer(self, (const void *)event); break;
    case PAWL_EV_WANT_SPENT: {
        const struct pawl_ev_want_spent *spent = (const void *)event;
        if (spent->role == PAWL_ROLE_EXIT)
            self->timers->set(self->ctx, KEY_REVIVE | spent->lot,
                              event->time_ns + between(self, 100, 5000) * PAWL_MS);
        break;
    }
    default: break;
    }
    return PAWL_OK;
}

/* ---- life ---- */

static void find_symbols(struct chaos *self) {
    char text[PAWL_OPT_TEXT_MAX + 1];
    memcpy(text, self->options.symbols, sizeof text);
    for (char *at = text; at != NULL && *at != '\0' && self->symbol_count < SYMBOLS_MAX;) {
        char *comma = strchr(at, ',');
        if (comma != NULL) *comma = '\0';
        const struct pawl_instrument *in = self->market->by_symbol(self->ctx, at);
        if (in != NULL) self->symbols[self->symbol_count++] = in;
        at = comma == NULL ? NULL : comma + 1;
    }
}

static int create(struct pawl_ctx *ctx, const void *filled, void **ret_self, struct pawl_err *err) {
    struct chaos *self = calloc(1, sizeof *self);
    (void)err;
    if (self == NULL) return PAWL_E_NOMEM;
    self->ctx = ctx;
    self->options = *(const struct options *)filled;
    self->book = ctx->host->service(ctx, PAWL_BOOK);
    self->market = ctx->host->service(ctx, PAWL_MARKET);
    self->timers = ctx->host->service(ctx, PAWL_TIMERS);
    find_symbols(self);
    if (self->symbol_count == 0) {
        free(self);
        return PAWL_E_CONFIG;
    }
    *ret_self = self;
    return PAWL_OK;
}

static const uint16_t listens[] = {0};
static const char *const needs[] = {PAWL_BOOK, PAWL_MARKET, PAWL_TIMERS, NULL};
static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "chaos",
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_STRATEGY,
    .options_size = sizeof(struct options),
    .options = options,
    .listens = listens,
    .needs = needs,
    .create = create,
    .destroy = free,
    .on_event = on_event,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);
const struct pawl_plugin *pawl_plugin_main(void) { return &plugin; }
