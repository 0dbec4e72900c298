/* row.c - link groups: the rows, and the lots behind them. */
#include <stdio.h>
#include <string.h>

#include "parts.h"

const struct linked_rec_link_group *linked_row(struct linked *self, uint64_t lot) {
    return self->records->get(self->ctx, LINKED_REC_LINK_GROUP, lot);
}

int linked_put(struct linked *self, const struct linked_rec_link_group *row) {
    return self->records->put(self->ctx, LINKED_REC_LINK_GROUP, row);
}

int linked_count_member(struct linked *self, uint64_t leader) {
    const struct linked_rec_link_group *found = linked_row(self, leader);
    if (found == NULL) return PAWL_E_NOTFOUND;
    struct linked_rec_link_group row = *found;
    row.members++;
    return linked_put(self, &row);
}

int linked_group_make(struct linked *self, uint64_t lot, const struct linked_plan *plan,
                      const struct linked_place *place) {
    const struct pawl_rec_lot *now = self->book->lot(self->ctx, lot);
    struct linked_member made = {
        .row = {.id = lot,
                .instrument = plan->instrument->id,
                .side = plan->side,
                .status = now != NULL ? now->state : PAWL_LOT_STATE_ENTERING,
                .quantity = plan->quantity,
                .stop_price = plan->stop_price,
                .stop_pct = plan->stop_pct,
                .stop_distance = plan->stop_distance,
                .atr_stop_multiplier = {plan->stop_distance.e8 != 0 ? self->options.atr_stop_e8
                                                                    : 0},
                .target_price = plan->target_price,
                .target_pct = plan->target_pct,
                .target_distance = plan->target_distance,
                .trailing_stop_pct = plan->trailing_pct,
                .close_at = plan->close_at,
                .max_hold_minutes = plan->max_hold_minutes,
                .reverses = now != NULL ? now->after_lot : 0,
                .leader = place->leader}};
    if (now != NULL) made.lot = *now;
    if (place->link_type != NULL)
        snprintf(made.row.link_type, sizeof made.row.link_type, "%s", place->link_type);
    int rc = linked_put(self, &made.row);
    if (rc == PAWL_OK && place->leader != 0) rc = linked_count_member(self, place->leader);
    if (rc == PAWL_OK && place->leader == 0) linked_set_timers(self, &made);
    return rc;
}

bool linked_family(struct linked *self, uint64_t leader, struct linked_family *ret) {
    const struct linked_rec_link_group *row = linked_row(self, leader);
    ret->count = 0;
    ret->is_open = false;
    if (row == NULL) return false;
    ret->leader.row = *row;
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, leader);
    if (lot != NULL) {
        ret->leader.lot = *lot;
        ret->is_open = lot->state != PAWL_LOT_STATE_CLOSED;
    }
    for (uint64_t at = 0; ret->leader.row.members > 0;) {
        row = self->records->next(self->ctx, LINKED_REC_LINK_GROUP, at);
        if (row == NULL) break;
        at = row->id;
        if (row->leader != leader || ret->count == LINKED_MEMBERS_MAX) continue;
        struct linked_member *member = &ret->members[ret->count];
        member->row = *row;
        lot = self->book->lot(self->ctx, at);
        if (lot == NULL || lot->state == PAWL_LOT_STATE_CLOSED) continue;
        member->lot = *lot;
        ret->count++;
    }
    return true;
}

bool linked_is_same_trade(const struct linked_member *member) {
    return strcmp(member->row.link_type, "scale") == 0 ||
           strcmp(member->row.link_type, "doubledown") == 0;
}

/* Fills of a running entry included: the executor takes back what has not filled. */
int linked_close(struct linked *self, const struct pawl_rec_lot *lot, const char *reason,
                 struct pawl_err *err) {
    const struct pawl_exit_spec spec = {.size = sizeof spec,
                                        .kind = PAWL_KIND_MARKET,
                                        .at_least = {PAWL_QTY_ALL},
                                        .reason = reason};
    if (linked_is_closing(lot)) return PAWL_OK;
    int rc = self->book->exit(self->ctx, lot->id, &spec, err);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "the book refuses it (%d)", rc);
}

int linked_cut(struct linked *self, const struct pawl_rec_lot *lot, struct pawl_err *err) {
    if (lot->enter_up_to.e8 <= lot->entered.e8 || lot->hold_grow != self->ctx->component)
        return PAWL_OK;
    int rc = self->book->enter(self->ctx, lot->id, lot->entered, err);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "the book refuses it (%d)", rc);
}

int linked_end(struct linked *self, uint64_t leader, const char *reason) {
    struct linked_family family;
    if (!linked_family(self, leader, &family)) return PAWL_OK;
    family.leader.row.ended = 1;
    snprintf(family.leader.row.end_reason, sizeof family.leader.row.end_reason, "%s", reason);
    int rc = linked_put(self, &family.leader.row);
    if (family.is_open)
        rc = linked_first(rc, linked_close(self, &family.leader.lot, reason, NULL));
    for (uint32_t i = 0; i < family.count; i++)
        rc = linked_first(rc, linked_close(self, &family.members[i].lot, reason, NULL));
    return rc;
}
