/* The course of a chain: it begins with one order, a level that has booked brings the next one,
 * and it ends at the top, or where something went wrong. */
#include <stdio.h>
#include <string.h>

#include "pyramid.h"

struct level { /* the orders of a chain's level */
    uint32_t open, booked, lost, failed;
};

/* A stop that stands in profit books it; what a person or the venue closed does not. */
static bool has_booked(const struct pyramid_rec_profit_chain_order *order) {
    return order->status == PAWL_CHAIN_ORDER_STATUS_TARGET_HIT;
}

static struct level look(struct pyramid *self, const struct pyramid_rec_profit_chain *chain) {
    struct level sum = {0};
    struct pyramid_rec_profit_chain_order order;
    for (uint64_t at = 0; (order = pyramid_next(self, chain->id, at)).id != 0; at = order.id) {
        if (pyramid_is_open(&order)) sum.open++;
        if (order.level != chain->level) continue;
        sum.booked += has_booked(&order);
        sum.failed += order.status == PAWL_CHAIN_ORDER_STATUS_FAILED;
        sum.lost += order.profit.e8 < 0 && !order.replaced;
    }
    return sum;
}

/* ---- the beginning ---- */

static int begin(struct pyramid *self, struct pyramid_rec_profit_chain *chain) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, chain->instrument);
    snprintf(chain->name, sizeof chain->name, "PB_%s_%08x", in != NULL ? in->symbol : "",
             (unsigned)(chain->id & 0xffffffff));
    chain->status = PAWL_CHAIN_STATUS_ACTIVE;
    chain->max_level = (uint8_t)self->options.max_level;
    snprintf(chain->strategy, sizeof chain->strategy, "%s", self->ctx->instance);
    chain->created = self->ctx->host->now_ns(self->ctx);
    int rc = pyramid_know_running(self, chain);
    return rc == PAWL_OK ? pyramid_put(self, chain) : rc;
}

static int add_first(struct pyramid *self, struct pyramid_rec_profit_chain *chain) {
    const struct pyramid_rec_profit_chain_order order = {.id = chain->id << 8 | 1,
                                                         .chain = chain->id,
                                                         .lot = chain->id,
                                                         .status =
                                                             PAWL_CHAIN_ORDER_STATUS_PENDING};
    chain->order_count = 1;
    int rc = begin(self, chain);
    if (rc == PAWL_OK) rc = pyramid_put_order(self, &order);
    if (rc == PAWL_OK) rc = pyramid_know_lot(self, &order);
    return rc == PAWL_OK ? pyramid_tell(self, PAWL_EV_CHAIN_CREATED, chain, 1, 0, "") : rc;
}

static uint32_t account_of(struct pyramid *self, const struct pawl_ev_entry *ask) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, ask->instrument);
    if (!self->options.simulate)
        return ask->account != 0 || in == NULL ? ask->account : in->account;
    const struct pawl_account_info *account =
        self->market->account_by_name(self->ctx, self->options.simulate_account);
    return account == NULL ? 0 : account->id;
}

/* Chains of the other side go; true = one of this side runs already, or is on its way. */
static bool make_room(struct pyramid *self, const struct pawl_ev_entry *ask, uint32_t account,
                      uint8_t side, bool *ret_wait, char name[48]) {
    struct pyramid_rec_profit_chain chain;
    *ret_wait = false;
    for (uint64_t id = 0; (chain = pyramid_running(self, ask->instrument, id)).id != 0;) {
        id = chain.id;
        if (chain.account != account) continue;
        if (chain.side == side && chain.closing == 0) {
            memcpy(name, chain.name, sizeof chain.name);
            return false;
        }
        if (chain.side != side && chain.closing == 0)
            pyramid_stop(self, &chain, true, "REVERSAL");
        *ret_wait = true;
    }
    return true;
}

static const char *why_not(const struct pyramid *self, const struct pawl_ev_entry *ask) {
    if (!self->options.enabled) return "pyramid is switched off";
    if (ask->quantity.e8 <= 0) return "a chain needs the quantity of its orders";
    if (ask->order_kind > PAWL_KIND_MARKET) return "a chain begins with a market order";
    if (ask->stop_price.e8 != 0 || ask->stop_pct.e8 != 0 || ask->stop_atr || ask->target_atr ||
        ask->target_price.e8 != 0 || ask->target_pct.e8 != 0)
        return "a chain sets stop and target itself, by money";
    return NULL;
}

int pyramid_on_entry(struct pyramid *self, const struct pawl_ev_entry *ask) {
    struct pyramid_rec_profit_chain chain = {.instrument = ask->instrument};
    struct pawl_err err = {0};
    char running[48], tags[PAWL_EVENT_SIZE_MAX + 1];
    bool wait;
    chain.side = ask->side == PAWL_SIDE_BUY ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
    chain.account = account_of(self, ask);
    chain.initial_lot = ask->quantity;
    memcpy(chain.ref, ask->ref, sizeof chain.ref);
    memcpy(chain.profile, ask->profile, sizeof chain.profile);
    const char *why = why_not(self, ask);
    if (why != NULL) return pawl_entry_ignore(self->ctx, ask, "%s", why);
    if (pawl_event_text(&ask->head, ask->tags, tags) != PAWL_OK)
        return pawl_entry_ignore(self->ctx, ask, "its tags are malformed");
    if (chain.account == 0) return pawl_entry_ignore(self->ctx, ask, "no such account");
    if (!make_room(self, ask, chain.account, chain.side, &wait, running))
        return pawl_entry_ignore(self->ctx, ask, "%s is running", running);
    struct pawl_lot_spec spec = {.size = (uint32_t)sizeof spec,
                                 .instrument = chain.instrument,
                                 .account = chain.account,
                                 .side = chain.side,
                                 .entry_kind = PAWL_KIND_MARKET,
                                 .after = wait ? PAWL_AFTER_KIND_POSITION_FLAT : 0,
                                 .quantity = chain.initial_lot,
                                 .expires = ask->expires,
                                 .profile = chain.profile,
                                 .ref = chain.ref,
                                 .tags = tags[0] != '\0' ? tags : NULL,
                                 .ratchet = PAWL_RATCHET_RECOMPUTE};
    int rc = pyramid_first_stop(self, &chain, &spec.stop, &err);
    if (rc == PAWL_OK) rc = self->book->open(self->ctx, &spec, &chain.id, &err);
    return rc == PAWL_OK ? add_first(self, &chain)
                         : pawl_entry_ignore(self->ctx, ask, "%s", err.text);
}

/* A lot of another component was given to us: a chain begins with it. */
int pyramid_on_assigned(struct pyramid *self, uint64_t id) {
    bool known = pyramid_of_lot(self, id).id != 0;
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    if (known || lot == NULL || lot->hold_grow != self->ctx->component ||
        lot->hold_targets != self->ctx->component || lot->entered.e8 <= lot->exited.e8)
        return PAWL_OK;
    struct pyramid_rec_profit_chain chain = {.id = id,
                                             .instrument = lot->instrument,
                                             .account = lot->account,
                                             .side = lot->side,
                                             .initial_lot = {lot->entered.e8 - lot->exited.e8}};
    memcpy(chain.ref, lot->ref, sizeof chain.ref);
    memcpy(chain.profile, lot->profile, sizeof chain.profile);
    int rc = add_first(self, &chain);
    lot = self->book->lot(self->ctx, id);
    return rc == PAWL_OK && lot != NULL ? pyramid_filled(self, lot) : rc;
}

int pyramid_on_signal(struct pyramid *self, const struct pawl_ev_signal *signal) {
    struct pyramid_rec_profit_chain chain;
    uint8_t against = signal->signal == PAWL_SIGNAL_KIND_BUY ? PAWL_POSITION_SIDE_SHORT
                                                             : PAWL_POSITION_SIDE_LONG;
    int rc = PAWL_OK;
    if (signal->signal == PAWL_SIGNAL_KIND_NEUTRAL) return PAWL_OK;
    for (uint64_t id = 0; (chain = pyramid_running(self, signal->instrument, id)).id != 0;) {
        id = chain.id;
        if (chain.side != against || chain.closing) continue;
        int one = pyramid_stop(self, &chain, true, "REVERSAL");
        if (rc == PAWL_OK) rc = one;
    }
    return rc;
}

/* ---- the next level ---- */

int pyramid_look_again(struct pyramid *self, uint64_t chain) {
    return self->timers->set(self->ctx, PYRAMID_KEY_CHAIN(chain),
                             self->ctx->host->now_ns(self->ctx) + PYRAMID_LOOK_NS);
}

static int advance(struct pyramid *self, struct pyramid_rec_profit_chain *chain) {
    uint32_t wanted = self->orders[chain->level + 1], placed = 0;
    struct pawl_err err = {0};
    struct pawl_lot_spec spec = {.size = (uint32_t)sizeof spec,
                                 .instrument = chain->instrument,
                                 .account = chain->account,
                                 .side = chain->side,
                                 .entry_kind = PAWL_KIND_MARKET,
                                 .quantity = chain->initial_lot,
                                 .profile = chain->profile};
    int rc = pyramid_first_stop(self, chain, &spec.stop, &err);
    if (rc == PAWL_E_STATE) return pyramid_look_again(self, chain->id);
    if (rc == PAWL_OK) rc = self->book->may_open(self->ctx, &spec, wanted, &err);
    if (rc != PAWL_OK) return pyramid_stop(self, chain, false, err.text);
    chain->level++;
    for (uint32_t i = 0; i < wanted; i++) {
        const struct pyramid_place place = {chain->level, (uint8_t)i, 0};
        struct pawl_err one = {0};
        placed += pyramid_place(self, chain, &place, &one) == PAWL_OK;
    }
    rc = pyramid_put(self, chain);
    if (rc == PAWL_OK)
        rc = pyramid_tell(self, PAWL_EV_CHAIN_ADVANCED, chain, placed, wanted - placed,
                          placed == wanted ? "" : "not all of them could be placed");
    return rc == PAWL_OK && placed == 0
               ? pyramid_stop(self, chain, false, "nothing could be placed at this level")
               : rc;
}

static int finish_level(struct pyramid *self, struct pyramid_rec_profit_chain *chain,
                        const struct level *level) {
    if (level->lost > 0)
        return pyramid_stop(self, chain, false, "a loss at this level");
    if (level->booked == 0)
        return pyramid_stop(self, chain, false, "the level emptied without a profit booked");
    chain->loss_flags &= ~(1u << chain->level);
    if (chain->level >= chain->max_level)
        return pyramid_end(self, chain, PAWL_CHAIN_STATUS_COMPLETED, PAWL_EV_CHAIN_COMPLETED,
                           "the top level has booked");
    return advance(self, chain);
}

int pyramid_decide(struct pyramid *self, uint64_t id) {
    struct pyramid_rec_profit_chain chain = pyramid_chain(self, id);
    if (chain.id == 0 || pyramid_has_ended(&chain)) return PAWL_OK;
    struct level level = look(self, &chain);
    if (level.open > 0) return PAWL_OK;
    if (chain.status == PAWL_CHAIN_STATUS_STOPPING)
        return pyramid_end(self, &chain, PAWL_CHAIN_STATUS_STOPPED, PAWL_EV_CHAIN_STOPPED,
                           chain.stop_reason);
    if (chain.recovering != 0) return PAWL_OK;
    return finish_level(self, &chain, &level);
}

/* ---- the end ---- */

static int let_go(struct pyramid *self, const struct pyramid_rec_profit_chain_order *order,
                  bool close, const char *reason) {
    const struct pawl_exit_spec spec = {.size = (uint32_t)sizeof spec,
                                        .kind = PAWL_KIND_MARKET,
                                        .at_least = {PAWL_QTY_ALL},
                                        .reason = reason};
    struct pawl_err err = {0};
    int rc = PAWL_OK;
    if (order->status == PAWL_CHAIN_ORDER_STATUS_PENDING)
        rc = self->book->enter(self->ctx, order->lot, (struct pawl_qty){0}, &err);
    if (close) rc = self->book->exit(self->ctx, order->lot, &spec, &err);
    return rc == PAWL_E_STATE || rc == PAWL_E_DENIED || rc == PAWL_E_NOTFOUND ? PAWL_OK : rc;
}

int pyramid_stop(struct pyramid *self, struct pyramid_rec_profit_chain *chain, bool close,
                 const char *reason) {
    struct pyramid_rec_profit_chain_order one;
    bool reversal = strcmp(reason, "REVERSAL") == 0;
    int rc = PAWL_OK;
    close |= self->options.on_stop == PYRAMID_CLOSE;
    chain->status = PAWL_CHAIN_STATUS_STOPPING;
    chain->recovering = 0;
    chain->closing |= close;
    snprintf(chain->stop_reason, sizeof chain->stop_reason, "%s", reason);
    pyramid_disarm_recovery(self, chain->id);
    rc = pyramid_put(self, chain);
    if (rc == PAWL_OK) rc = pyramid_tell(self, PAWL_EV_CHAIN_STOPPING, chain, 0, 0, reason);
    for (uint64_t at = 0; (one = pyramid_next(self, chain->id, at)).id != 0;) {
        at = one.id;
        int gone = PAWL_OK;
        if (pyramid_is_open(&one))
            gone = let_go(self, &one, close, reversal ? "REVERSAL" : "CHAIN_STOPPED");
        if (rc == PAWL_OK) rc = gone; /* the others go all the same */
    }
    return rc == PAWL_OK ? pyramid_decide(self, chain->id) : rc;
}

static bool is_stop(const char *reason) {
    return strcmp(reason, "SL_HIT") == 0 || strcmp(reason, "TRAILING_STOP") == 0;
}

static bool is_target(const char *reason) {
    return strcmp(reason, "TP_HIT") == 0 || strcmp(reason, "PROFIT_BOOKED") == 0 ||
           strcmp(reason, "PARTIAL_EXITS") == 0;
}

static uint8_t closed_as(const struct pawl_ev_lot_closed *event) {
    if (event->quantity.e8 == 0) return PAWL_CHAIN_ORDER_STATUS_FAILED;
    if (event->profit.e8 < 0)
        return is_stop(event->reason) ? PAWL_CHAIN_ORDER_STATUS_SL_HIT
                                      : PAWL_CHAIN_ORDER_STATUS_CLOSED;
    return is_target(event->reason) || is_stop(event->reason) ? PAWL_CHAIN_ORDER_STATUS_TARGET_HIT
                                                              : PAWL_CHAIN_ORDER_STATUS_CLOSED;
}

static int count_up(struct pyramid *self, struct pyramid_rec_profit_chain *chain,
                    const struct pyramid_rec_profit_chain_order *order) {
    int rc = pawl_add_i64(chain->net.e8, order->profit.e8, &chain->net.e8);
    if (rc == PAWL_OK && order->profit.e8 >= 0)
        rc = pawl_add_i64(chain->booked.e8, order->profit.e8, &chain->booked.e8);
    if (order->profit.e8 < 0) chain->loss_flags |= 1u << order->level;
    return rc == PAWL_OK ? pyramid_put(self, chain) : rc;
}

int pyramid_on_closed(struct pyramid *self, const struct pawl_ev_lot_closed *event) {
    struct pyramid_rec_profit_chain_order order = pyramid_of_lot(self, event->lot);
    if (order.id == 0 || !pyramid_is_open(&order)) return PAWL_OK;
    struct pyramid_rec_profit_chain chain = pyramid_chain(self, order.chain);
    self->triggers->disarm(self->ctx, PYRAMID_KEY_LOT(order.lot));
    order.status = closed_as(event);
    order.profit = event->profit;
    order.hit_price = event->exit;
    if (order.entry.e8 == 0) order.entry = event->entry; /* in and out before it was looked at */
    order.hit_time = self->ctx->host->now_ns(self->ctx);
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, order.lot);
    if (lot != NULL && lot->stop.e8 > 0) order.stop = lot->stop; /* it may have been tighter */
    if (order.status == PAWL_CHAIN_ORDER_STATUS_SL_HIT) order.stop_time = order.hit_time;
    int rc = pyramid_put_order(self, &order);
    if (rc == PAWL_OK) rc = count_up(self, &chain, &order);
    bool runs = chain.status == PAWL_CHAIN_STATUS_ACTIVE ||
                chain.status == PAWL_CHAIN_STATUS_RECOVERY_MODE;
    if (rc == PAWL_OK && runs && order.status == PAWL_CHAIN_ORDER_STATUS_SL_HIT)
        rc = pyramid_stop_hit(self, &chain, &order);
    else if (rc == PAWL_OK && runs && order.profit.e8 < 0)
        rc = pyramid_stop(self, &chain, false, "a loss without a stop");
    else if (rc == PAWL_OK && runs && order.again &&
             order.status == PAWL_CHAIN_ORDER_STATUS_FAILED)
        rc = pyramid_stop(self, &chain, false, "a re-opening was refused");
    if (rc == PAWL_OK && order.again) rc = pyramid_recovered(self, chain.id);
    return rc == PAWL_OK ? pyramid_decide(self, chain.id) : rc;
}
