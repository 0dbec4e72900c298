/* A stop was hit: the price has a while to come back before the chain ends. */
#include <string.h>

#include "pyramid.h"

static int64_t window_ns(struct pyramid *self, uint32_t instrument) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, instrument);
    int64_t minutes = self->options.recovery_window_minutes;
    for (uint32_t i = 0; in != NULL && i < self->window_count; i++)
        if (strcmp(self->windows[i].symbol, in->symbol) == 0) minutes = self->windows[i].minutes;
    return minutes * 60 * PAWL_NS;
}

int pyramid_arm_recovery(struct pyramid *self, const struct pyramid_rec_profit_chain *chain) {
    if (chain->recovering != 1) return PAWL_OK;
    const struct pawl_trigger_spec spec = {.size = (uint32_t)sizeof spec,
                                           .instrument = chain->instrument,
                                           .source = PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                           .side = chain->side,
                                           .cross = chain->side == PAWL_POSITION_SIDE_LONG
                                                        ? PAWL_CROSS_AT_OR_ABOVE
                                                        : PAWL_CROSS_AT_OR_BELOW,
                                           .level = chain->recovery_price};
    int rc = self->triggers->arm(self->ctx, PYRAMID_KEY_CHAIN(chain->id), &spec);
    if (rc != PAWL_OK) return rc; /* the window's last instant is inside */
    return self->timers->set(self->ctx, PYRAMID_KEY_CHAIN(chain->id), chain->recovery_until + 1);
}

void pyramid_disarm_recovery(struct pyramid *self, uint64_t chain) {
    self->triggers->disarm(self->ctx, PYRAMID_KEY_CHAIN(chain));
    self->timers->clear(self->ctx, PYRAMID_KEY_CHAIN(chain));
}

/* stop + threshold of (entry - stop), mirrored for a short; PAWL_E_RANGE. */
static int back_at(const struct pyramid *self, const struct pyramid_rec_profit_chain_order *order,
                   uint8_t side, struct pawl_price *ret) {
    int64_t way_e8, part_e8;
    bool is_long = side == PAWL_POSITION_SIDE_LONG;
    int rc = pawl_sub_i64(order->entry.e8, order->stop.e8, &way_e8);
    if (rc == PAWL_OK)
        rc = pawl_muldiv(way_e8, self->options.recovery_threshold_e8, 100 * PAWL_E8,
                         is_long ? PAWL_ROUND_UP : PAWL_ROUND_DOWN, &part_e8);
    return rc == PAWL_OK ? pawl_add_i64(order->stop.e8, part_e8, &ret->e8) : rc;
}

static int begin(struct pyramid *self, struct pyramid_rec_profit_chain *chain,
                 const struct pyramid_rec_profit_chain_order *order) {
    if (back_at(self, order, chain->side, &chain->recovery_price) != PAWL_OK)
        return pyramid_stop(self, chain, false, "the price to come back to is out of range");
    chain->status = PAWL_CHAIN_STATUS_RECOVERY_MODE;
    chain->recovering = 1;
    chain->recovery_attempts++;
    chain->recovery_stop = order->stop;
    chain->recovery_start = self->ctx->host->now_ns(self->ctx);
    chain->recovery_until = chain->recovery_start + window_ns(self, chain->instrument);
    int rc = pyramid_put(self, chain);
    if (rc == PAWL_OK) rc = pyramid_arm_recovery(self, chain);
    return rc == PAWL_OK
               ? pyramid_tell(self, PAWL_EV_CHAIN_RECOVERING, chain, 0, 0, "a stop was hit")
               : rc;
}

int pyramid_stop_hit(struct pyramid *self, struct pyramid_rec_profit_chain *chain,
                     const struct pyramid_rec_profit_chain_order *order) {
    if (chain->recovering == 1) return PAWL_OK; /* the same episode */
    if (!self->options.sl_hunt) return pyramid_stop(self, chain, false, "a stop was hit");
    if (chain->recovering == 2 || chain->recovery_attempts >= self->options.max_recoveries)
        return pyramid_stop(self, chain, false, "a stop was hit after a recovery");
    return begin(self, chain, order);
}

static bool waits(const struct pyramid_rec_profit_chain *chain,
                  const struct pyramid_rec_profit_chain_order *order) {
    return order->level == chain->level && order->status == PAWL_CHAIN_ORDER_STATUS_SL_HIT &&
           !order->replaced;
}

int pyramid_recover(struct pyramid *self, uint64_t id) {
    struct pyramid_rec_profit_chain chain = pyramid_chain(self, id);
    struct pyramid_rec_profit_chain_order old;
    if (chain.id == 0 || chain.recovering != 1) return PAWL_OK;
    uint64_t last = id << 8 | chain.order_count, at = 0;
    pyramid_disarm_recovery(self, id);
    chain.recovering = 2;
    while ((old = pyramid_next(self, id, at)).id != 0 && (at = old.id) <= last) {
        if (!waits(&chain, &old)) continue;
        const struct pyramid_place place = {old.level, old.index, 1};
        struct pawl_err err = {0};
        old.replaced = 1;
        old.status = PAWL_CHAIN_ORDER_STATUS_RECOVERED;
        int rc = pyramid_put_order(self, &old);
        if (rc == PAWL_OK) rc = pyramid_place(self, &chain, &place, &err);
        if (rc != PAWL_OK) return pyramid_stop(self, &chain, false, "a re-opening was refused");
    }
    return pyramid_put(self, &chain);
}

int pyramid_window_over(struct pyramid *self, uint64_t id) {
    struct pyramid_rec_profit_chain chain = pyramid_chain(self, id);
    if (chain.id == 0 || chain.recovering != 1) return PAWL_OK;
    return pyramid_stop(self, &chain, false, "the price did not come back in time");
}

int pyramid_recovered(struct pyramid *self, uint64_t id) {
    struct pyramid_rec_profit_chain chain = pyramid_chain(self, id);
    struct pyramid_rec_profit_chain_order order;
    uint32_t again = 0;
    if (chain.id == 0 || chain.recovering != 2) return PAWL_OK;
    for (uint64_t at = 0; (order = pyramid_next(self, id, at)).id != 0; at = order.id) {
        if (order.again && order.status == PAWL_CHAIN_ORDER_STATUS_PENDING) return PAWL_OK;
        again += order.again;
    }
    chain.recovering = 0;
    chain.status = PAWL_CHAIN_STATUS_ACTIVE;
    int rc = pyramid_put(self, &chain);
    return rc == PAWL_OK ? pyramid_tell(self, PAWL_EV_CHAIN_RECOVERED, &chain, again, 0,
                                        "what was stopped is in again")
                         : rc;
}
