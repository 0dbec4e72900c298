/*
 * group.c - link groups follow their lots.
 *
 * Nothing here reacts to "what happened": linked_settle() looks at what the book says now and does
 * what is missing. So a lost, repeated or late event, a reload and a restart all come to the same.
 */
#include "linked.h"

static const struct linked_rec_link_group *group_of(struct linked *self, uint64_t lot) {
    return self->records->get(self->ctx, LINKED_REC_LINK_GROUP, lot);
}

static int group_put(struct linked *self, const struct linked_rec_link_group *group) {
    return self->records->put(self->ctx, LINKED_REC_LINK_GROUP, group);
}

int linked_group_make(struct linked *self, uint64_t lot, const struct linked_plan *plan) {
    const struct pawl_rec_lot *now = self->book->lot(self->ctx, lot);
    struct linked_rec_link_group group = {
        .id = lot,
        .instrument = plan->instrument->id,
        .side = plan->side,
        .status = now != NULL ? now->state : PAWL_LOT_STATE_ENTERING,
        .quantity = plan->quantity,
        .stop_price = plan->stop_price,
        .stop_pct = plan->stop_pct,
        .target_price = plan->target_price,
        .target_pct = plan->target_pct,
        .reverses = now != NULL ? now->after_lot : 0};
    return group_put(self, &group);
}

/* A lot of ours whose group is not known keeps the levels it has. */
static struct linked_rec_link_group group_from(struct linked *self,
                                               const struct pawl_rec_lot *lot) {
    const struct pawl_rec_target *target = self->book->target(self->ctx, lot->id, 0);
    struct linked_rec_link_group group = {.id = lot->id,
                                          .instrument = lot->instrument,
                                          .side = lot->side,
                                          .quantity = lot->enter_up_to,
                                          .stop_price = lot->stop,
                                          .reverses = lot->after_lot};
    if (target != NULL) group.target_price = target->price;
    return group;
}

int linked_cut(struct linked *self, const struct pawl_rec_lot *lot, struct pawl_err *err) {
    if (lot->enter_up_to.e8 <= lot->entered.e8 || lot->hold_grow != self->ctx->component)
        return PAWL_OK;
    int rc = self->book->enter(self->ctx, lot->id, lot->entered, err);
    return rc == PAWL_OK ? rc : linked_fail(err, rc, "the book refuses it (%d)", rc);
}

static int drop(struct linked *self, uint64_t lot) {
    if (group_of(self, lot) == NULL) return PAWL_OK;
    return self->records->erase(self->ctx, LINKED_REC_LINK_GROUP, lot);
}

/* The close a waiting lot counts on has failed: something is open and nothing takes it out. */
static bool close_failed(struct linked *self, const struct pawl_rec_lot *waiting) {
    const struct pawl_rec_lot *old = self->book->lot(self->ctx, waiting->after_lot);
    return old != NULL && old->state != PAWL_LOT_STATE_CLOSED && !linked_is_closing(old) &&
           old->entered.e8 > old->exited.e8;
}

static int settle_waiting(struct linked *self, const struct pawl_rec_lot *lot) {
    if (lot->after != PAWL_AFTER_KIND_LOT_CONCLUDED || lot->enter_up_to.e8 == 0 ||
        !close_failed(self, lot))
        return PAWL_OK;
    int rc = linked_cut(self, lot, NULL);
    if (rc != PAWL_OK) return rc;
    return linked_ignore(
        self, lot->instrument,
        lot->side == PAWL_POSITION_SIDE_LONG ? PAWL_SIDE_BUY : PAWL_SIDE_SELL, lot->ref,
        "lot %llu did not close, lot %llu withdrawn", (unsigned long long)lot->after_lot,
        (unsigned long long)lot->id);
}

static int first_of(int rc, int next) { return rc != PAWL_OK ? rc : next; }

/* Levels by fraction follow the average of the entry fills: the stop only if that is tighter. */
static int follow_with_stop(struct linked *self, const struct pawl_rec_lot *lot,
                            struct pawl_ratio pct, struct pawl_price tick) {
    struct pawl_price level;
    if (pct.e8 == 0 || lot->hold_stop != self->ctx->component) return PAWL_OK;
    int rc = linked_level(lot->entry_value, lot->entered, linked_stop_factor_e8(lot->side, pct),
                          tick, linked_round(lot->side), &level);
    if (rc != PAWL_OK) return rc;
    bool is_tighter = lot->side == PAWL_POSITION_SIDE_LONG ? level.e8 > lot->stop.e8
                                                           : level.e8 < lot->stop.e8;
    return is_tighter ? self->book->stop(self->ctx, lot->id, level, "entry filled", NULL) : PAWL_OK;
}

static int follow_with_target(struct linked *self, const struct pawl_rec_lot *lot,
                              struct pawl_ratio pct, struct pawl_price tick) {
    struct pawl_price level;
    const struct pawl_rec_target *target = self->book->target(self->ctx, lot->id, 0);
    if (pct.e8 == 0 || lot->hold_targets != self->ctx->component || target == NULL ||
        target->price.e8 == 0 || target->filled.e8 != 0)
        return PAWL_OK;
    int rc = linked_level(lot->entry_value, lot->entered, linked_target_factor_e8(lot->side, pct),
                          tick, linked_round(lot->side), &level);
    if (rc != PAWL_OK || level.e8 <= 0 || level.e8 == target->price.e8) return rc;
    return self->book->set_target(self->ctx, lot->id, 0, level, (struct pawl_qty){PAWL_QTY_ALL},
                                  target->mode, NULL);
}

static int follow_entry(struct linked *self, const struct pawl_rec_lot *lot,
                        const struct linked_rec_link_group *group) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, lot->instrument);
    if (in == NULL) return PAWL_E_NOTFOUND;
    int rc = follow_with_stop(self, lot, group->stop_pct, in->tick);
    return first_of(rc, follow_with_target(self, lot, group->target_pct, in->tick));
}

/* A resting target that the venue will not have any more is watched instead. */
static int revive_target(struct linked *self, const struct pawl_rec_lot *lot) {
    const struct pawl_rec_target *target = self->book->target(self->ctx, lot->id, 0);
    if (lot->state != PAWL_LOT_STATE_OPEN || lot->exit_at_least.e8 == PAWL_QTY_ALL ||
        lot->hold_targets != self->ctx->component || target == NULL || target->spent == 0 ||
        target->price.e8 == 0 || target->mode == PAWL_LEVEL_MODE_WATCH)
        return PAWL_OK;
    struct pawl_rec_target copy = *target;
    return self->book->set_target(self->ctx, lot->id, 0, copy.price, copy.quantity,
                                  PAWL_LEVEL_MODE_WATCH, NULL);
}

/* The average to set the levels from; 0 = the entry goes on, or all of it is to go out. */
static struct pawl_price complete_entry(const struct pawl_rec_lot *lot) {
    struct pawl_price average = {0};
    if (lot->state != PAWL_LOT_STATE_OPEN || lot->exit_at_least.e8 == PAWL_QTY_ALL ||
        lot->entered.e8 <= 0 || lot->entered.e8 < lot->enter_up_to.e8 ||
        pawl_muldiv(lot->entry_value.e8, PAWL_E8, lot->entered.e8, PAWL_ROUND_EVEN, &average.e8) !=
            PAWL_OK)
        average.e8 = 0;
    return average;
}

static int settle_lot(struct linked *self, const struct pawl_rec_lot *lot) {
    const struct linked_rec_link_group *known = group_of(self, lot->id);
    struct linked_rec_link_group group = known != NULL ? *known : group_from(self, lot);
    bool changed = known == NULL || known->status != lot->state;
    struct pawl_price entry = complete_entry(lot);
    int rc = PAWL_OK;
    group.status = lot->state;
    if (lot->entry_spent != 0)
        rc = linked_cut(self, lot, NULL);
    else if (lot->state == PAWL_LOT_STATE_WAITING)
        rc = settle_waiting(self, lot);
    if (entry.e8 != 0 && entry.e8 != group.entry_price.e8) {
        rc = first_of(rc, follow_entry(self, lot, &group));
        group.entry_price = entry; /* once is enough: if it failed, the first levels hold */
        changed = true;
    }
    rc = first_of(rc, revive_target(self, lot));
    const struct pawl_rec_lot *now = self->book->lot(self->ctx, lot->id);
    if (!changed || now == NULL || now->state == PAWL_LOT_STATE_CLOSED)
        return rc; /* of a closed one lot.closed is on its way */
    return first_of(rc, group_put(self, &group));
}

int linked_settle(struct linked *self, uint32_t instrument) {
    int failed = PAWL_OK;
    for (uint64_t at = 0;;) {
        const struct pawl_rec_lot *next = self->book->lot_next(self->ctx, instrument, at);
        if (next == NULL) return failed;
        at = next->id;
        if (next->owner != self->ctx->component) continue;
        struct pawl_rec_lot lot = *next;
        failed = first_of(failed, settle_lot(self, &lot));
    }
}

int linked_restore(struct linked *self) {
    for (uint64_t at = 0;;) {
        const struct linked_rec_link_group *group =
            self->records->next(self->ctx, LINKED_REC_LINK_GROUP, at);
        if (group == NULL) break;
        at = group->id;
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, at);
        bool gone = lot == NULL || lot->state == PAWL_LOT_STATE_CLOSED ||
                    lot->owner != self->ctx->component;
        int rc = gone ? drop(self, at) : PAWL_OK;
        if (rc != PAWL_OK) return rc;
    }
    return linked_settle(self, 0);
}

int linked_on_want_spent(struct linked *self, const struct pawl_ev_want_spent *spent) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, spent->lot);
    if (lot == NULL || lot->owner != self->ctx->component || lot->state == PAWL_LOT_STATE_CLOSED)
        return PAWL_OK;
    struct pawl_rec_lot copy = *lot;
    int rc = PAWL_OK;
    if (spent->role == PAWL_ROLE_MAIN && spent->generation == copy.entry_gen)
        rc = linked_cut(self, &copy, NULL);
    return first_of(rc, linked_settle(self, copy.instrument));
}

int linked_on_closed(struct linked *self, const struct pawl_ev_lot_closed *closed) {
    int rc = drop(self, closed->lot);
    return first_of(rc, linked_settle(self, closed->instrument));
}
