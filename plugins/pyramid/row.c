/* The rows of a chain, and what is told of it. */
#include <stdio.h>
#include <string.h>

#include "pyramid.h"

struct pyramid_rec_profit_chain pyramid_chain(struct pyramid *self, uint64_t chain) {
    const struct pyramid_rec_profit_chain *found =
        self->records->get(self->ctx, PYRAMID_REC_PROFIT_CHAIN, chain);
    return found != NULL ? *found : (struct pyramid_rec_profit_chain){0};
}

static uint64_t running_key(uint32_t instrument, uint64_t chain) {
    return (uint64_t)instrument << 40 | chain; /* a lot's id has 35 bits */
}

struct pyramid_rec_profit_chain pyramid_running(struct pyramid *self, uint32_t instrument,
                                                uint64_t after) {
    const struct pyramid_rec_running_chain *next =
        self->records->next(self->ctx, PYRAMID_REC_RUNNING_CHAIN, running_key(instrument, after));
    bool is_of = next != NULL && next->id >> 40 == instrument;
    return is_of ? pyramid_chain(self, next->chain) : (struct pyramid_rec_profit_chain){0};
}

int pyramid_know_running(struct pyramid *self, const struct pyramid_rec_profit_chain *chain) {
    const struct pyramid_rec_running_chain known = {.id = running_key(chain->instrument, chain->id),
                                                    .chain = chain->id};
    return self->records->put(self->ctx, PYRAMID_REC_RUNNING_CHAIN, &known);
}

struct pyramid_rec_profit_chain_order pyramid_order(struct pyramid *self, uint64_t order) {
    const struct pyramid_rec_profit_chain_order *found =
        self->records->get(self->ctx, PYRAMID_REC_PROFIT_CHAIN_ORDER, order);
    return found != NULL ? *found : (struct pyramid_rec_profit_chain_order){0};
}

struct pyramid_rec_profit_chain_order pyramid_next(struct pyramid *self, uint64_t chain,
                                                   uint64_t after) {
    if (after == 0) after = chain << 8;
    const struct pyramid_rec_profit_chain_order *found =
        self->records->next(self->ctx, PYRAMID_REC_PROFIT_CHAIN_ORDER, after);
    bool is_of = found != NULL && found->chain == chain;
    return is_of ? *found : (struct pyramid_rec_profit_chain_order){0};
}

struct pyramid_rec_profit_chain_order pyramid_of_lot(struct pyramid *self, uint64_t lot) {
    const struct pyramid_rec_chain_lot *found =
        self->records->get(self->ctx, PYRAMID_REC_CHAIN_LOT, lot);
    return pyramid_order(self, found != NULL ? found->order : 0);
}

int pyramid_put(struct pyramid *self, struct pyramid_rec_profit_chain *chain) {
    chain->updated = self->ctx->host->now_ns(self->ctx);
    return self->records->put(self->ctx, PYRAMID_REC_PROFIT_CHAIN, chain);
}

int pyramid_put_order(struct pyramid *self, const struct pyramid_rec_profit_chain_order *order) {
    return self->records->put(self->ctx, PYRAMID_REC_PROFIT_CHAIN_ORDER, order);
}

int pyramid_know_lot(struct pyramid *self, const struct pyramid_rec_profit_chain_order *order) {
    const struct pyramid_rec_chain_lot known = {.id = order->lot, .order = order->id};
    return self->records->put(self->ctx, PYRAMID_REC_CHAIN_LOT, &known);
}

static struct pawl_money next_risk(struct pyramid *self,
                                   const struct pyramid_rec_profit_chain *chain) {
    struct pawl_money risk = {0};
    if (chain->level < chain->max_level && !pyramid_has_ended(chain) &&
        chain->status != PAWL_CHAIN_STATUS_STOPPING)
        risk.e8 = self->options.fixed_risk_e8 * self->orders[chain->level + 1];
    return risk;
}

int pyramid_tell(struct pyramid *self, uint16_t type,
                 const struct pyramid_rec_profit_chain *chain, uint32_t orders, uint32_t shortfall,
                 const char *reason) {
    struct pawl_ev_chain event = {.head = {.size = (uint32_t)sizeof event, .type = type},
                                  .instrument = chain->instrument,
                                  .side = chain->side,
                                  .status = chain->status,
                                  .level = chain->level,
                                  .orders = orders,
                                  .shortfall = shortfall,
                                  .booked = chain->booked,
                                  .net = chain->net,
                                  .next_risk = next_risk(self, chain)};
    if (chain->recovering == 1) {
        event.price = chain->recovery_price;
        event.until = chain->recovery_until;
    }
    memcpy(event.chain, chain->name, sizeof event.chain);
    memcpy(event.ref, chain->ref, sizeof event.ref);
    snprintf(event.reason, sizeof event.reason, "%s", reason);
    return self->ctx->host->publish(self->ctx, &event.head);
}

/* The oldest that has ended goes, with its orders. */
static int forget_oldest(struct pyramid *self) {
    const struct pyramid_rec_profit_chain *chain;
    struct pyramid_rec_profit_chain_order order;
    uint64_t id = 0;
    do {
        chain = self->records->next(self->ctx, PYRAMID_REC_PROFIT_CHAIN, id);
        if (chain == NULL) return PAWL_OK;
        id = chain->id;
    } while (!pyramid_has_ended(chain));
    while ((order = pyramid_next(self, id, 0)).id != 0) {
        self->records->erase(self->ctx, PYRAMID_REC_CHAIN_LOT, order.lot);
        int rc = self->records->erase(self->ctx, PYRAMID_REC_PROFIT_CHAIN_ORDER, order.id);
        if (rc != PAWL_OK) return rc;
    }
    self->ended_count--;
    return self->records->erase(self->ctx, PYRAMID_REC_PROFIT_CHAIN, id);
}

int pyramid_end(struct pyramid *self, struct pyramid_rec_profit_chain *chain, uint8_t status,
                uint16_t type, const char *reason) {
    chain->status = status;
    chain->recovering = 0;
    pyramid_disarm_recovery(self, chain->id);
    self->records->erase(self->ctx, PYRAMID_REC_RUNNING_CHAIN,
                         running_key(chain->instrument, chain->id));
    int rc = pyramid_put(self, chain);
    if (rc == PAWL_OK) rc = pyramid_tell(self, type, chain, 0, 0, reason);
    if (rc == PAWL_OK && ++self->ended_count > PYRAMID_ENDED_KEPT) rc = forget_oldest(self);
    return rc;
}
