/* An order of a chain is a lot: how far its stop and target are, and how it is opened. */
#include <stdio.h>
#include <string.h>

#include "pyramid.h"

int pyramid_distance(struct pyramid *self, uint32_t instrument, uint32_t account,
                     struct pawl_qty quantity, struct pawl_money money, enum pawl_round round,
                     struct pawl_price *ret) {
    const struct pawl_price one = {PAWL_E8};
    struct pawl_money unit;
    int rc = self->market->value(self->ctx, instrument, account, one, quantity, &unit);
    if (rc == PAWL_OK) rc = pawl_muldiv(money.e8, PAWL_E8, unit.e8, round, &ret->e8);
    return rc == PAWL_OK && ret->e8 <= 0 ? PAWL_E_RANGE : rc;
}

/* A price of `from`, better (+) or worse (-) for the side by a distance, on the tick. */
static int level(const struct pawl_instrument *in, uint8_t side, struct pawl_price from,
                 int64_t better_e8, struct pawl_price *ret) {
    bool is_long = side == PAWL_POSITION_SIDE_LONG;
    int64_t sum_e8;
    int rc = is_long ? pawl_add_i64(from.e8, better_e8, &sum_e8)
                     : pawl_sub_i64(from.e8, better_e8, &sum_e8);
    if (rc != PAWL_OK) return rc;
    return pawl_round_to(sum_e8, in->tick.e8, is_long ? PAWL_ROUND_UP : PAWL_ROUND_DOWN, &ret->e8);
}

static struct pawl_money risk_of(const struct pyramid *self, bool again) {
    struct pawl_money risk = {self->options.fixed_risk_e8};
    if (again) pawl_mul_e8(risk.e8, self->options.recovery_factor_e8, PAWL_ROUND_DOWN, &risk.e8);
    return risk;
}

/* The stop as the price stands now; it is set anew from what the entry pays. */
static int first_stop(struct pyramid *self, const struct pyramid_rec_profit_chain *chain,
                      bool again, struct pawl_price *ret, struct pawl_err *err) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, chain->instrument);
    const struct pawl_market_state *now = self->market->state(self->ctx, chain->instrument);
    struct pawl_price distance, from = {0};
    char far[PAWL_E8_TEXT_MAX], least[PAWL_E8_TEXT_MAX];
    if (now != NULL) from = chain->side == PAWL_POSITION_SIDE_LONG ? now->ask : now->bid;
    if (in == NULL || from.e8 <= 0) return pawl_fail(err, PAWL_E_STATE, "no price yet");
    if (pyramid_distance(self, chain->instrument, chain->account, chain->initial_lot,
                         risk_of(self, again), PAWL_ROUND_DOWN, &distance) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the risk is no distance at this quantity");
    if (distance.e8 < in->min_stop_distance.e8) {
        pawl_format_e8(distance.e8, far);
        pawl_format_e8(in->min_stop_distance.e8, least);
        return pawl_fail(err, PAWL_E_INVAL,
                         "the stop would be %s away, %s is the least: too much would be risked",
                         far, least);
    }
    if (level(in, chain->side, from, -distance.e8, ret) != PAWL_OK || ret->e8 <= 0)
        return pawl_fail(err, PAWL_E_RANGE, "the stop is no price");
    return PAWL_OK;
}

int pyramid_first_stop(struct pyramid *self, const struct pyramid_rec_profit_chain *chain,
                       struct pawl_price *ret, struct pawl_err *err) {
    return first_stop(self, chain, false, ret, err);
}

static int add_row(struct pyramid *self, struct pyramid_rec_profit_chain *chain,
                   const struct pyramid_place *place, uint64_t lot, uint8_t status) {
    const struct pyramid_rec_profit_chain_order order = {.id = chain->id << 8 |
                                                               ++chain->order_count,
                                                         .chain = chain->id,
                                                         .lot = lot,
                                                         .level = place->level,
                                                         .index = place->index,
                                                         .again = place->again,
                                                         .status = status,
                                                         .lot_size = chain->initial_lot};
    int rc = pyramid_put_order(self, &order);
    if (rc == PAWL_OK && lot != 0) rc = pyramid_know_lot(self, &order);
    return rc == PAWL_OK ? pyramid_put(self, chain) : rc;
}

int pyramid_place(struct pyramid *self, struct pyramid_rec_profit_chain *chain,
                  const struct pyramid_place *place, struct pawl_err *err) {
    char ref[sizeof chain->ref];
    struct pawl_lot_spec spec = {.size = (uint32_t)sizeof spec,
                                 .instrument = chain->instrument,
                                 .account = chain->account,
                                 .side = chain->side,
                                 .entry_kind = PAWL_KIND_MARKET,
                                 .quantity = chain->initial_lot,
                                 .profile = chain->profile,
                                 .ref = ref,
                                 .ratchet = PAWL_RATCHET_RECOMPUTE};
    uint64_t lot = 0;
    snprintf(ref, sizeof ref, "%.21s_L%u_%u%s", chain->name, place->level % 10u,
             place->index % 100u, place->again ? "r" : "");
    if (chain->order_count >= PYRAMID_CHAIN_ORDERS)
        return pawl_fail(err, PAWL_E_BUSY, "the chain has had %u orders", PYRAMID_CHAIN_ORDERS);
    int rc = first_stop(self, chain, place->again != 0, &spec.stop, err);
    if (rc == PAWL_OK) rc = self->book->open(self->ctx, &spec, &lot, err);
    uint8_t status =
        rc == PAWL_OK ? PAWL_CHAIN_ORDER_STATUS_PENDING : PAWL_CHAIN_ORDER_STATUS_FAILED;
    int row_rc = add_row(self, chain, place, lot, status);
    return rc == PAWL_OK ? row_rc : rc;
}

/* The holder of an aspect may be another component: then it is its business. */
static int mine(int rc) {
    return rc == PAWL_E_DENIED || rc == PAWL_E_STATE ? PAWL_OK : rc;
}

static int set_levels(struct pyramid *self, const struct pyramid_rec_profit_chain *chain,
                      const struct pawl_rec_lot *lot,
                      struct pyramid_rec_profit_chain_order *order) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, chain->instrument);
    const struct pawl_money profit = {self->options.min_profit_target_e8};
    struct pawl_price up, down;
    struct pawl_err err = {0};
    int rc = pyramid_distance(self, chain->instrument, chain->account, lot->entered, profit,
                              PAWL_ROUND_UP, &up);
    if (rc == PAWL_OK)
        rc = pyramid_distance(self, chain->instrument, chain->account, lot->entered,
                              risk_of(self, order->again != 0), PAWL_ROUND_DOWN, &down);
    if (in == NULL) return PAWL_OK;
    if (rc == PAWL_OK) rc = level(in, chain->side, order->entry, up.e8, &order->target);
    if (rc == PAWL_OK) rc = level(in, chain->side, order->entry, -down.e8, &order->stop);
    if (rc != PAWL_OK) return rc;
    if (lot->hold_stop != self->ctx->component)
        order->stop = lot->stop; /* another one moves it, from where it was opened */
    else
        rc = mine(self->book->stop(self->ctx, lot->id, order->stop, "fixed risk", &err));
    if (rc != PAWL_OK || self->options.target_mode != PYRAMID_VENUE) return rc;
    return mine(self->book->set_target(self->ctx, lot->id, 0, order->target,
                                       (struct pawl_qty){PAWL_QTY_ALL}, PAWL_LEVEL_MODE_REST,
                                       &err));
}

int pyramid_arm(struct pyramid *self, const struct pyramid_rec_profit_chain_order *order) {
    const struct pyramid_rec_profit_chain chain = pyramid_chain(self, order->chain);
    if (chain.id == 0 || order->status != PAWL_CHAIN_ORDER_STATUS_ACTIVE ||
        order->target.e8 <= 0 || self->options.target_mode == PYRAMID_VENUE)
        return PAWL_OK;
    const struct pawl_trigger_spec spec = {.size = (uint32_t)sizeof spec,
                                           .instrument = chain.instrument,
                                           .source = PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                           .side = chain.side,
                                           .cross = chain.side == PAWL_POSITION_SIDE_LONG
                                                        ? PAWL_CROSS_AT_OR_ABOVE
                                                        : PAWL_CROSS_AT_OR_BELOW,
                                           .level = order->target};
    return self->triggers->arm(self->ctx, PYRAMID_KEY_LOT(order->lot), &spec);
}

int pyramid_filled(struct pyramid *self, const struct pawl_rec_lot *found) {
    const struct pawl_rec_lot lot = *found;
    struct pyramid_rec_profit_chain_order order = pyramid_of_lot(self, lot.id);
    int64_t entry_e8;
    if (order.id == 0 || lot.entered.e8 == 0 ||
        order.status > PAWL_CHAIN_ORDER_STATUS_CLOSING ||
        pawl_muldiv(lot.entry_value.e8, PAWL_E8, lot.entered.e8, PAWL_ROUND_EVEN, &entry_e8) !=
            PAWL_OK)
        return PAWL_OK;
    if (order.entry.e8 == entry_e8 && order.lot_size.e8 == lot.entered.e8) return PAWL_OK;
    struct pyramid_rec_profit_chain chain = pyramid_chain(self, order.chain);
    bool first = order.status == PAWL_CHAIN_ORDER_STATUS_PENDING;
    order.entry.e8 = entry_e8;
    order.lot_size = lot.entered;
    if (order.status != PAWL_CHAIN_ORDER_STATUS_CLOSING) /* else more came in while it goes out */
        order.status = PAWL_CHAIN_ORDER_STATUS_ACTIVE;
    int rc = set_levels(self, &chain, &lot, &order);
    if (rc == PAWL_OK) rc = pyramid_put_order(self, &order);
    if (rc == PAWL_OK) rc = pyramid_arm(self, &order);
    if (rc == PAWL_OK && chain.initial_entry.e8 == 0) {
        chain.initial_entry = order.entry;
        rc = pyramid_put(self, &chain);
    }
    return rc == PAWL_OK && first ? pyramid_recovered(self, chain.id) : rc;
}

static int ask_out(struct pyramid *self, uint64_t lot) {
    const struct pawl_exit_spec spec = {.size = (uint32_t)sizeof spec,
                                        .kind = PAWL_KIND_MARKET,
                                        .at_least = {PAWL_QTY_ALL},
                                        .reason = "PROFIT_BOOKED"};
    struct pawl_err err = {0};
    return mine(self->book->exit(self->ctx, lot, &spec, &err));
}

int pyramid_book(struct pyramid *self, uint64_t lot) {
    struct pyramid_rec_profit_chain_order order = pyramid_of_lot(self, lot);
    if (order.id == 0 || order.status != PAWL_CHAIN_ORDER_STATUS_ACTIVE) return PAWL_OK;
    order.status = PAWL_CHAIN_ORDER_STATUS_CLOSING;
    int rc = pyramid_put_order(self, &order);
    return rc == PAWL_OK ? ask_out(self, lot) : rc;
}

int pyramid_on_spent(struct pyramid *self, const struct pawl_ev_want_spent *event) {
    const struct pyramid_rec_profit_chain_order order = pyramid_of_lot(self, event->lot);
    if (event->role != PAWL_ROLE_EXIT || order.id == 0 || !pyramid_is_open(&order)) return PAWL_OK;
    return self->timers->set(self->ctx, PYRAMID_KEY_LOT(event->lot),
                             self->ctx->host->now_ns(self->ctx) + PYRAMID_RETRY_NS);
}

int pyramid_exit_again(struct pyramid *self, uint64_t lot) {
    const struct pyramid_rec_profit_chain_order order = pyramid_of_lot(self, lot);
    const struct pyramid_rec_profit_chain chain = pyramid_chain(self, order.chain);
    if (order.id == 0 || chain.id == 0 || !pyramid_is_open(&order)) return PAWL_OK;
    bool wanted = order.status == PAWL_CHAIN_ORDER_STATUS_CLOSING || chain.closing;
    return wanted ? ask_out(self, lot) : PAWL_OK;
}
