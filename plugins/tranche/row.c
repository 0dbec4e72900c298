/* The rows of a position, and what is told of it. */
#include <stdio.h>
#include <string.h>

#include "tranche.h"

struct tranche_rec_tranche_position tranche_position(struct tranche *self, uint64_t id) {
    const struct tranche_rec_tranche_position *found =
        self->records->get(self->ctx, TRANCHE_REC_TRANCHE_POSITION, id);
    return found != NULL ? *found : (struct tranche_rec_tranche_position){0};
}

struct tranche_rec_tranche_position tranche_find(struct tranche *self, uint32_t instrument,
                                                 uint32_t account, uint8_t side) {
    const struct tranche_rec_tranche_position *found;
    uint64_t id = 0;
    while ((found = self->records->next(self->ctx, TRANCHE_REC_TRANCHE_POSITION, id)) != NULL) {
        id = found->id;
        if (found->instrument == instrument && found->account == account && found->side == side)
            return *found;
    }
    return (struct tranche_rec_tranche_position){0};
}

struct tranche_rec_position_tranche tranche_row(struct tranche *self, uint64_t id) {
    const struct tranche_rec_position_tranche *found =
        self->records->get(self->ctx, TRANCHE_REC_POSITION_TRANCHE, id);
    return found != NULL ? *found : (struct tranche_rec_position_tranche){0};
}

struct tranche_rec_position_tranche tranche_next(struct tranche *self, uint64_t position,
                                                 uint64_t after) {
    if (after == 0) after = position << 16;
    const struct tranche_rec_position_tranche *found =
        self->records->next(self->ctx, TRANCHE_REC_POSITION_TRANCHE, after);
    bool is_of = found != NULL && found->position == position;
    return is_of ? *found : (struct tranche_rec_position_tranche){0};
}

uint32_t tranche_all(struct tranche *self, uint64_t position,
                     struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX]) {
    struct tranche_rec_position_tranche row;
    uint32_t count = 0;
    for (uint64_t at = 0;
         count < TRANCHE_OF_POSITION_MAX && (row = tranche_next(self, position, at)).id != 0;) {
        at = row.id;
        rows[count++] = row;
    }
    return count;
}

struct tranche_rec_order_relationship tranche_lot(struct tranche *self, uint64_t lot) {
    const struct tranche_rec_order_relationship *found =
        self->records->get(self->ctx, TRANCHE_REC_ORDER_RELATIONSHIP, lot);
    return found != NULL ? *found : (struct tranche_rec_order_relationship){0};
}

int tranche_put_position(struct tranche *self, struct tranche_rec_tranche_position *position) {
    position->cause = self->cause;
    return self->records->put(self->ctx, TRANCHE_REC_TRANCHE_POSITION, position);
}

int tranche_put(struct tranche *self, struct tranche_rec_position_tranche *row) {
    row->updated = self->ctx->host->now_ns(self->ctx);
    row->cause = self->cause;
    return self->records->put(self->ctx, TRANCHE_REC_POSITION_TRANCHE, row);
}

int tranche_put_lot(struct tranche *self, struct tranche_rec_order_relationship *lot) {
    lot->cause = self->cause;
    return self->records->put(self->ctx, TRANCHE_REC_ORDER_RELATIONSHIP, lot);
}

/* ---- the list of a tranche's lots ---- */

/* Whatever precedes `lot` points past it. */
static int relink(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t lot,
                  uint64_t next) {
    struct tranche_rec_order_relationship at;
    if (row->first_lot == lot) {
        row->first_lot = next;
        return PAWL_OK;
    }
    for (uint64_t id = row->first_lot; (at = tranche_lot(self, id)).id != 0; id = at.next_lot) {
        if (at.next_lot != lot) continue;
        at.next_lot = next;
        return tranche_put_lot(self, &at);
    }
    return PAWL_E_NOTFOUND;
}

/* Oldest first. */
int tranche_link(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t lot) {
    struct tranche_rec_order_relationship at = tranche_lot(self, row->first_lot);
    struct tranche_rec_order_relationship one = tranche_lot(self, lot);
    uint64_t next = row->first_lot;
    one.id = lot;
    if (at.id == 0 || lot < next) {
        row->first_lot = lot;
    } else {
        while ((next = at.next_lot) != 0 && next < lot) at = tranche_lot(self, next);
        at.next_lot = lot;
        int rc = tranche_put_lot(self, &at);
        if (rc != PAWL_OK) return rc;
    }
    one.next_lot = next;
    one.position = row->position;
    one.tranche = row->id;
    one.tranche_id = row->tranche_id;
    row->lots++;
    int rc = tranche_put_lot(self, &one);
    if (rc != PAWL_OK || row->lots == 1 || tranche_lots_grow(self, row->account)) return rc;
    struct pawl_err err = {0};
    uint64_t to = row->first_lot != lot ? row->first_lot : next;
    rc = self->book->tie(self->ctx, lot, to, &err);
    return rc == PAWL_E_NOTFOUND ? PAWL_OK : rc; /* one of them has closed in this very turn */
}

int tranche_unlink(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t lot) {
    const struct tranche_rec_order_relationship one = tranche_lot(self, lot);
    if (one.id == 0 || one.tranche != row->id) return PAWL_E_NOTFOUND;
    int rc = relink(self, row, lot, one.next_lot);
    if (rc == PAWL_OK)
        rc = self->records->erase(self->ctx, TRANCHE_REC_ORDER_RELATIONSHIP, lot);
    row->lots--;
    return rc;
}

/* ---- what is told ---- */

static int publish(struct tranche *self, const struct tranche_rec_position_tranche *row,
                   const struct tranche_told *told, uint32_t open) {
    struct pawl_ev_tranche event = {
        .head = {.size = (uint32_t)sizeof event,
                 .type = (uint16_t)(PAWL_EV_TRANCHE_CREATED + told->act - 1)},
        .position = row->position,
        .instrument = row->instrument,
        .account = row->account,
        .side = row->side,
        .tranche = row->tranche_id,
        .into = told->into,
        .lot = told->lot,
        .change = told->change,
        .price = told->price,
        .quantity = row->quantity,
        .entry = row->entry,
        .stop = row->stop,
        .target = row->target,
        .profit = told->profit,
        .open = open};
    memcpy(event.ref, row->ref, sizeof event.ref);
    snprintf(event.reason, sizeof event.reason, "%s", told->reason);
    return self->ctx->host->publish(self->ctx, &event.head);
}

int tranche_tell(struct tranche *self, const struct tranche_rec_position_tranche *row,
                 const struct tranche_told *told) {
    struct tranche_rec_tranche_position position = tranche_position(self, row->position);
    bool is_end = told->act == PAWL_TRANCHE_ACT_MERGED || told->act == PAWL_TRANCHE_ACT_CLOSED;
    if (position.id == 0) return PAWL_E_NOTFOUND;
    position.changes++;
    struct tranche_rec_tranche_change change = {.id = row->position << 24 |
                                                      (position.changes & 0xffffff),
                                                .position = row->position,
                                                .tranche_id = row->tranche_id,
                                                .into = told->into,
                                                .act = told->act,
                                                .instrument = row->instrument,
                                                .side = row->side,
                                                .lot = told->lot,
                                                .change = told->change,
                                                .price = told->price,
                                                .quantity = row->quantity,
                                                .entry = row->entry,
                                                .profit = told->profit,
                                                .time = self->ctx->host->now_ns(self->ctx),
                                                .cause = self->cause};
    snprintf(change.reason, sizeof change.reason, "%s", told->reason);
    int rc = publish(self, row, told, position.tranches - is_end);
    if (rc == PAWL_OK) rc = tranche_put_position(self, &position);
    return rc == PAWL_OK ? self->records->put(self->ctx, TRANCHE_REC_TRANCHE_CHANGE, &change) : rc;
}

int tranche_on_fill(struct tranche *self, const struct pawl_ev_fill *event) {
    const struct tranche_rec_order_relationship lot = tranche_lot(self, event->lot);
    struct tranche_rec_trade trade = {.id = event->fill,
                                      .lot = event->lot,
                                      .position = lot.position,
                                      .tranche_id = lot.id == 0 ? -1 : (int32_t)lot.tranche_id,
                                      .instrument = event->instrument,
                                      .account = event->account,
                                      .side = event->side,
                                      .role = event->role,
                                      .quantity = event->quantity,
                                      .price = event->price,
                                      .fee = event->fee,
                                      .time = event->venue_time,
                                      .cause = self->cause};
    memcpy(trade.order, event->order, sizeof trade.order);
    memcpy(trade.execution, event->execution, sizeof trade.execution);
    return self->records->put(self->ctx, TRANCHE_REC_TRADE, &trade);
}

/* Which orders a lot has; and a merge may have waited for this answer. */
int tranche_on_order(struct tranche *self, const struct pawl_ev_order_state *event) {
    struct tranche_rec_order_relationship lot = tranche_lot(self, event->lot);
    if (lot.id == 0) return PAWL_OK;
    char *order = event->role == PAWL_ROLE_STOP     ? lot.sl_order
                  : event->role == PAWL_ROLE_TARGET ? lot.tp_order
                  : event->role == PAWL_ROLE_EXIT   ? NULL
                                                    : lot.entry_order;
    int rc = PAWL_OK;
    if (order != NULL && event->head.type == PAWL_EV_ORDER_SUBMITTED) {
        memcpy(order, event->order, sizeof lot.entry_order);
        rc = tranche_put_lot(self, &lot);
    }
    return rc == PAWL_OK ? tranche_settle(self, lot.position) : rc;
}
