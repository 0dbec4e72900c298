/* plan.c - an entry request in numbers: reference price, protection, expiry. Sends nothing. */
#include <stdio.h>

#include "parts.h"

int linked_level(struct pawl_money value, struct pawl_qty quantity, int64_t factor_e8,
                 struct pawl_price tick, enum pawl_round round, struct pawl_price *ret) {
    int64_t ticks, level_e8;
    int rc = pawl_div_i128((pawl_i128)value.e8 * factor_e8, (pawl_i128)quantity.e8 * tick.e8, round,
                           &ticks);
    if (rc != PAWL_OK) return rc;
    if (__builtin_mul_overflow(ticks, tick.e8, &level_e8)) return PAWL_E_RANGE;
    ret->e8 = level_e8;
    return PAWL_OK;
}

int linked_offset(struct pawl_money value, struct pawl_qty quantity, int64_t distance_e8,
                  struct pawl_price tick, enum pawl_round round, struct pawl_price *ret) {
    int64_t ticks, level_e8;
    pawl_i128 sum = (pawl_i128)value.e8 * PAWL_E8 + (pawl_i128)distance_e8 * quantity.e8;
    int rc = pawl_div_i128(sum, (pawl_i128)quantity.e8 * tick.e8, round, &ticks);
    if (rc != PAWL_OK) return rc;
    if (__builtin_mul_overflow(ticks, tick.e8, &level_e8)) return PAWL_E_RANGE;
    ret->e8 = level_e8;
    return PAWL_OK;
}

static int range(struct pawl_err *err) {
    return pawl_fail(err, PAWL_E_RANGE, "the prices are out of range");
}

static bool is_long(const struct linked_plan *plan) {
    return plan->side == PAWL_POSITION_SIDE_LONG;
}

/* Amounts that are not said are 0; a fraction of 1 or more is a percentage by mistake. */
static int check_amounts(const struct pawl_ev_entry *ask, struct pawl_err *err) {
    const struct {
        const char *name;
        int64_t value_e8;
        bool is_fraction;
    } amounts[] = {
        {"quantity", ask->quantity.e8, false},         {"allocation", ask->allocation.e8, false},
        {"risk_pct", ask->risk_pct.e8, true},          {"order price", ask->order_price.e8, false},
        {"stop price", ask->stop_price.e8, false},     {"stop pct", ask->stop_pct.e8, true},
        {"target price", ask->target_price.e8, false}, {"target pct", ask->target_pct.e8, true},
        {"trailing_stop_pct", ask->trailing_stop_pct.e8, true},
    };
    char text[PAWL_E8_TEXT_MAX];
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        pawl_format_e8(amounts[i].value_e8, text);
        if (amounts[i].value_e8 < 0)
            return pawl_fail(err, PAWL_E_INVAL, "%s %s is below 0", amounts[i].name, text);
        if (amounts[i].is_fraction && amounts[i].value_e8 >= PAWL_E8)
            return pawl_fail(err, PAWL_E_INVAL, "%s %s is not a fraction below 1", amounts[i].name,
                             text);
    }
    return PAWL_OK;
}

/* What the entry is expected to pay: its own price, else the side of the quote it takes. A limit is
 * rounded so that it pays no more than asked, a stop so that it is not touched early. */
static int set_reference(struct linked *self, const struct pawl_ev_entry *ask,
                         struct linked_plan *plan, struct pawl_err *err) {
    char text[PAWL_E8_TEXT_MAX];
    plan->kind = ask->order_kind == 0 ? PAWL_KIND_MARKET : ask->order_kind;
    if (plan->kind == PAWL_KIND_MARKET) {
        const struct pawl_market_state *now = self->market->state(self->ctx, ask->instrument);
        if (ask->order_price.e8 != 0) {
            pawl_format_e8(ask->order_price.e8, text);
            return pawl_fail(err, PAWL_E_INVAL, "a market entry takes no order price (%s)", text);
        }
        if (now != NULL) plan->reference = is_long(plan) ? now->ask : now->bid;
        if (plan->reference.e8 <= 0)
            return pawl_fail(err, PAWL_E_INVAL, "no quote for %s", plan->instrument->symbol);
        return PAWL_OK;
    }
    if (plan->kind != PAWL_KIND_LIMIT && plan->kind != PAWL_KIND_STOP)
        return pawl_fail(err, PAWL_E_INVAL, "an entry is market, limit or stop");
    if (ask->order_price.e8 == 0)
        return pawl_fail(err, PAWL_E_INVAL, "a limit or stop entry needs an order price");
    bool down = is_long(plan) == (plan->kind == PAWL_KIND_LIMIT);
    if (pawl_round_to(ask->order_price.e8, plan->instrument->tick.e8,
                      down ? PAWL_ROUND_DOWN : PAWL_ROUND_UP, &plan->entry_price.e8) != PAWL_OK)
        return range(err);
    if (plan->entry_price.e8 <= 0)
        return pawl_fail(err, PAWL_E_INVAL, "the order price is below one tick");
    plan->reference = plan->entry_price;
    return PAWL_OK;
}

/* The price a stop must keep clear of: the worse of what the entry pays and what an exit would get
 * now. A stop entry fills at a market that is not there yet, so only its own price counts. */
static struct pawl_price stop_bound(struct linked *self, const struct linked_plan *plan) {
    struct pawl_price bound = plan->reference;
    const struct pawl_market_state *now = self->market->state(self->ctx, plan->instrument->id);
    if (plan->kind == PAWL_KIND_STOP || now == NULL || now->bid.e8 <= 0) return bound;
    if (is_long(plan) && now->bid.e8 < bound.e8) bound = now->bid;
    if (!is_long(plan) && now->ask.e8 > bound.e8) bound = now->ask;
    return bound;
}

/* `level` must lie below the bound (or above it) by at least the minimum stop distance. */
static int check_level(const struct linked_plan *plan, const char *name, bool below,
                       struct pawl_price level, struct pawl_price bound, struct pawl_err *err) {
    char level_text[PAWL_E8_TEXT_MAX], bound_text[PAWL_E8_TEXT_MAX], far_text[PAWL_E8_TEXT_MAX];
    int64_t distance_e8;
    pawl_format_e8(level.e8, level_text);
    pawl_format_e8(bound.e8, bound_text);
    if (level.e8 <= 0)
        return pawl_fail(err, PAWL_E_INVAL, "%s %s is not above 0", name, level_text);
    if (below ? level.e8 >= bound.e8 : level.e8 <= bound.e8)
        return pawl_fail(err, PAWL_E_INVAL, "%s %s is not %s %s", name, level_text,
                         below ? "below" : "above", bound_text);
    if (pawl_sub_i64(below ? bound.e8 : level.e8, below ? level.e8 : bound.e8, &distance_e8) !=
        PAWL_OK)
        return range(err);
    if (distance_e8 < plan->instrument->min_stop_distance.e8) {
        pawl_format_e8(plan->instrument->min_stop_distance.e8, far_text);
        return pawl_fail(err, PAWL_E_INVAL, "%s %s is nearer to %s than %s", name, level_text,
                         bound_text, far_text);
    }
    return PAWL_OK;
}

/* A multiple of the ATR. */
static int atr_distance(struct linked *self, const struct linked_plan *plan, const char *what,
                        int64_t multiplier_e8, struct pawl_price *ret, struct pawl_err *err) {
    uint32_t seconds = (uint32_t)(self->options.atr_bar_ns / PAWL_NS);
    struct pawl_price atr;
    if (self->series == NULL ||
        self->series->atr(self->ctx, plan->instrument->id, seconds,
                          (uint32_t)self->options.atr_period, &atr) != PAWL_OK)
        return pawl_fail(err, PAWL_E_INVAL, "no %s: the ATR of %s is not known", what,
                         plan->instrument->symbol);
    if (pawl_mul_e8(atr.e8, multiplier_e8, PAWL_ROUND_EVEN, &ret->e8) != PAWL_OK)
        return range(err);
    if (ret->e8 <= 0)
        return pawl_fail(err, PAWL_E_INVAL, "no %s: the ATR of %s is 0", what,
                         plan->instrument->symbol);
    return PAWL_OK;
}

static bool asks_atr(const struct linked *self, uint8_t asked, struct pawl_ratio pct) {
    return asked != 0 || (self->options.use_atr && pct.e8 == 0);
}

/* Explicit price, then ATR if asked for, then fraction. */
static int set_stop(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *plan,
                    struct pawl_err *err) {
    struct pawl_price tick = plan->instrument->tick;
    enum pawl_round round = linked_round(plan->side);
    if (ask->stop_price.e8 != 0) {
        if (pawl_round_to(ask->stop_price.e8, tick.e8, round, &plan->stop.e8) != PAWL_OK)
            return range(err);
        plan->stop_price = plan->stop;
    } else if (asks_atr(self, ask->stop_atr, ask->stop_pct)) {
        int rc = atr_distance(self, plan, "stop", self->options.atr_stop_e8, &plan->stop_distance,
                              err);
        if (rc != PAWL_OK) return rc;
        int64_t away_e8 = is_long(plan) ? -plan->stop_distance.e8 : plan->stop_distance.e8;
        if (linked_offset((struct pawl_money){plan->reference.e8}, (struct pawl_qty){PAWL_E8},
                          away_e8, tick, round, &plan->stop) != PAWL_OK)
            return range(err);
    } else {
        plan->stop_pct.e8 =
            ask->stop_pct.e8 != 0 ? ask->stop_pct.e8 : self->options.stop_loss_pct_e8;
        if (plan->stop_pct.e8 == 0)
            return pawl_fail(err, PAWL_E_INVAL, "no stop: none is asked, stop_loss_pct is 0");
        if (linked_level((struct pawl_money){plan->reference.e8}, (struct pawl_qty){PAWL_E8},
                         linked_stop_factor_e8(plan->side, plan->stop_pct), tick, round,
                         &plan->stop) != PAWL_OK)
            return range(err);
    }
    return check_level(plan, "stop", is_long(plan), plan->stop, stop_bound(self, plan), err);
}

static int set_target(struct linked *self, const struct pawl_ev_entry *ask,
                      struct linked_plan *plan, struct pawl_err *err) {
    struct pawl_price tick = plan->instrument->tick;
    enum pawl_round round = linked_round(plan->side);
    if (ask->target_price.e8 != 0) {
        if (pawl_round_to(ask->target_price.e8, tick.e8, round, &plan->target.e8) != PAWL_OK)
            return range(err);
        plan->target_price = plan->target;
    } else if (asks_atr(self, ask->target_atr, ask->target_pct)) {
        int rc = atr_distance(self, plan, "target", self->options.atr_target_e8,
                              &plan->target_distance, err);
        if (rc != PAWL_OK) return rc;
        int64_t away_e8 = is_long(plan) ? plan->target_distance.e8 : -plan->target_distance.e8;
        plan->target_by_default = ask->target_atr == 0;
        if (linked_offset((struct pawl_money){plan->reference.e8}, (struct pawl_qty){PAWL_E8},
                          away_e8, tick, round, &plan->target) != PAWL_OK)
            return range(err);
    } else {
        plan->target_by_default = ask->target_pct.e8 == 0;
        plan->target_pct.e8 =
            ask->target_pct.e8 != 0 ? ask->target_pct.e8 : self->options.take_profit_pct_e8;
        if (plan->target_pct.e8 == 0) return PAWL_OK;
        if (linked_level((struct pawl_money){plan->reference.e8}, (struct pawl_qty){PAWL_E8},
                         linked_target_factor_e8(plan->side, plan->target_pct), tick, round,
                         &plan->target) != PAWL_OK)
            return range(err);
    }
    return check_level(plan, "target", !is_long(plan), plan->target, plan->reference, err);
}

static int set_expiry(struct linked *self, const struct pawl_ev_entry *ask,
                      struct linked_plan *plan, struct pawl_err *err) {
    int64_t now = self->ctx->host->now_ns(self->ctx);
    if (ask->expires != 0 && ask->expires <= now)
        return pawl_fail(err, PAWL_E_INVAL, "the entry has expired");
    plan->expires = ask->expires;
    if (ask->expires != 0 || plan->kind == PAWL_KIND_MARKET) return PAWL_OK;
    if (pawl_add_i64(now, self->options.entry_expires_ns, &plan->expires) != PAWL_OK)
        return range(err);
    return PAWL_OK;
}

/* How it ends beside stop and target. */
static int set_ends(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *plan,
                    struct pawl_err *err) {
    plan->trailing_pct = ask->trailing_stop_pct;
    if (plan->trailing_pct.e8 == 0) plan->trailing_pct.e8 = self->options.trailing_stop_pct_e8;
    plan->close_at = ask->close_at;
    if (ask->close_at != 0 && ask->close_at <= self->ctx->host->now_ns(self->ctx))
        return pawl_fail(err, PAWL_E_INVAL, "close_at is past");
    plan->max_hold_minutes = ask->max_hold_minutes;
    if (plan->max_hold_minutes == 0)
        plan->max_hold_minutes = (uint32_t)self->options.max_hold_minutes;
    return PAWL_OK;
}

int linked_plan(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *ret_plan,
                struct pawl_err *err) {
    struct linked_plan plan = {.side = linked_side(ask->side)};
    if (ask->side != PAWL_SIDE_BUY && ask->side != PAWL_SIDE_SELL)
        return pawl_fail(err, PAWL_E_INVAL, "an entry is BUY or SELL");
    plan.instrument = self->market->instrument(self->ctx, ask->instrument);
    if (plan.instrument == NULL) return pawl_fail(err, PAWL_E_INVAL, "the instrument is not known");
    plan.account = ask->account != 0 ? ask->account : plan.instrument->account;
    int rc = check_amounts(ask, err);
    if (rc == PAWL_OK) rc = set_reference(self, ask, &plan, err);
    if (rc == PAWL_OK) rc = set_stop(self, ask, &plan, err);
    if (rc == PAWL_OK) rc = set_target(self, ask, &plan, err);
    if (rc == PAWL_OK) rc = linked_size(self, ask, &plan, err);
    if (rc == PAWL_OK) rc = set_expiry(self, ask, &plan, err);
    if (rc == PAWL_OK) rc = set_ends(self, ask, &plan, err);
    if (rc == PAWL_OK) *ret_plan = plan;
    return rc;
}
