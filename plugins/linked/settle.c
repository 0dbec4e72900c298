/*
 * settle.c - rows follow their lots.
 *
 * Nothing here reacts to "what happened": linked_settle() looks at what the book says now and does
 * what is missing. So a lost, repeated or late event, a reload and a restart all come to the same.
 */
#include <stdio.h>
#include <string.h>

#include "parts.h"

/* A lot of ours whose row is not known keeps the levels it has. */
static struct linked_rec_link_group row_from(struct linked *self, const struct pawl_rec_lot *lot) {
    const struct pawl_rec_target *target = self->book->target(self->ctx, lot->id, 0);
    struct linked_rec_link_group row = {.id = lot->id,
                                        .instrument = lot->instrument,
                                        .side = lot->side,
                                        .quantity = lot->enter_up_to,
                                        .stop_price = lot->stop,
                                        .doubled = 1,
                                        .reverses = lot->after_lot};
    if (target != NULL) row.target_price = target->price;
    return row;
}

/* The close a waiting lot counts on has failed: something is open and nothing takes it out. */
static bool close_failed(struct linked *self, const struct pawl_rec_lot *waiting) {
    const struct pawl_rec_lot *old = self->book->lot(self->ctx, waiting->after_lot);
    return old != NULL && old->state != PAWL_LOT_STATE_CLOSED && !linked_is_closing(old) &&
           old->entered.e8 > old->exited.e8;
}

static int settle_waiting(struct linked *self, const struct pawl_rec_lot *lot) {
    if ((lot->after != PAWL_AFTER_KIND_LOT_CONCLUDED && lot->after != PAWL_AFTER_KIND_OWNER_FLAT) ||
        lot->enter_up_to.e8 == 0 || !close_failed(self, lot))
        return PAWL_OK;
    int rc = linked_cut(self, lot, NULL);
    if (rc != PAWL_OK) return rc;
    return linked_ignore(self, lot->instrument, linked_order_side(lot->side), lot->ref,
                         "lot %llu did not close, lot %llu withdrawn",
                         (unsigned long long)lot->after_lot, (unsigned long long)lot->id);
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

/* The newest order of each kind; true = one is new. */
static bool note_orders(struct linked *self, uint64_t lot, struct linked_rec_link_group *row) {
    char *places[] = {NULL,       row->main,       row->stop, row->target,
                      row->scale, row->doubledown, NULL};
    bool changed = false;
    for (uint64_t at = 0;;) {
        const struct pawl_rec_order *order = self->book->order_next(self->ctx, lot, at);
        if (order == NULL) return changed;
        at = order->id;
        char *place = order->role < sizeof places / sizeof *places ? places[order->role] : NULL;
        if (place == NULL || strcmp(place, order->order) == 0) continue;
        memcpy(place, order->order, sizeof row->main);
        changed = true;
    }
}

/* ---- one lot ---- */

static int settle_lot(struct linked *self, const struct pawl_rec_lot *lot) {
    const struct linked_rec_link_group *known = linked_row(self, lot->id);
    struct linked_member one = {.row = known != NULL ? *known : row_from(self, lot), .lot = *lot};
    bool moved = known == NULL || known->status != lot->state;
    int rc = PAWL_OK;
    one.row.status = lot->state;
    if (lot->entry_spent != 0)
        rc = linked_cut(self, lot, NULL);
    else if (lot->state == PAWL_LOT_STATE_WAITING)
        rc = settle_waiting(self, lot);
    rc = linked_first(rc, revive_target(self, lot));
    if ((moved || self->declaring) && one.row.leader == 0) linked_set_timers(self, &one);
    bool changed = note_orders(self, lot->id, &one.row);
    return moved || changed ? linked_first(rc, linked_put(self, &one.row)) : rc;
}

/* ---- a lot and what is linked to it ---- */

static bool has_entered(const struct linked_member *one) { return one->lot.entered.e8 > 0; }

static bool is_oco(const struct linked_member *member) {
    return strcmp(member->row.link_type, "oco") == 0;
}

/* A trade of its own from now on. */
static int promote(struct linked *self, struct linked_member *member) {
    member->row.leader = 0;
    member->row.link_type[0] = '\0';
    linked_set_timers(self, member);
    return linked_put(self, &member->row);
}

/* One cancels the other: the first that fills stays. */
static int settle_oco(struct linked *self, struct linked_family *family, uint64_t *ret_winner) {
    struct linked_member *winner = has_entered(&family->leader) ? &family->leader : NULL;
    bool any = false;
    int rc = PAWL_OK;
    for (uint32_t i = 0; i < family->count; i++) {
        if (!is_oco(&family->members[i])) continue;
        any = true;
        if (winner == NULL && has_entered(&family->members[i])) winner = &family->members[i];
    }
    if (!any || winner == NULL) return PAWL_OK;
    if (winner != &family->leader) {
        *ret_winner = winner->row.id;
        rc = linked_first(promote(self, winner),
                          linked_close(self, &family->leader.lot, "OCO", NULL));
    }
    for (uint32_t i = 0; i < family->count; i++)
        if (is_oco(&family->members[i]) && &family->members[i] != winner)
            rc = linked_first(rc, linked_close(self, &family->members[i].lot, "OCO", NULL));
    return rc;
}

/* The trade is over, or about to be: what hangs on it goes, too. */
static int settle_end(struct linked *self, const struct linked_family *family) {
    const struct pawl_rec_lot *lot = &family->leader.lot;
    const char *reason = family->leader.row.end_reason;
    int rc = PAWL_OK;
    bool is_over = family->leader.row.ended != 0 || linked_is_closing(lot);
    if (!is_over) return PAWL_OK;
    if (reason[0] == '\0') reason = lot->reason[0] != '\0' ? lot->reason : "LINKED";
    if (family->leader.row.ended != 0 && lot->exit_spent == 0)
        rc = linked_close(self, lot, reason, NULL);
    for (uint32_t i = 0; i < family->count; i++)
        if (!is_oco(&family->members[i]) && family->members[i].lot.exit_spent == 0)
            rc = linked_first(rc, linked_close(self, &family->members[i].lot, reason, NULL));
    return rc;
}

static int settle_leader(struct linked *self, uint64_t leader) {
    struct linked_family family;
    bool changed = false;
    if (!linked_family(self, leader, &family)) return PAWL_OK;
    if (!family.is_open) return PAWL_OK; /* lot.closed is on its way */
    if (family.leader.row.ended != 0 || linked_is_closing(&family.leader.lot))
        return settle_end(self, &family);
    if (family.leader.row.leg_count != 0) return linked_settle_legs(self, &family);
    uint64_t winner = 0;
    int rc = family.count > 0 ? settle_oco(self, &family, &winner) : PAWL_OK;
    if (winner != 0) { /* it is the trade now; what hung on the other goes with that */
        rc = linked_first(rc, settle_leader(self, leader));
        return linked_first(rc, settle_leader(self, winner));
    }
    rc = linked_first(rc, linked_follow(self, &family, &changed));
    rc = linked_first(rc, linked_double_down(self, &family, &changed));
    linked_arm_scales(self, &family, &changed);
    return changed ? linked_first(rc, linked_put(self, &family.leader.row)) : rc;
}

/* The lot as it is now, and the trade it belongs to. */
static int settle_one(struct linked *self, uint64_t id) {
    const struct pawl_rec_lot *now = self->book->lot(self->ctx, id);
    if (now == NULL || now->state == PAWL_LOT_STATE_CLOSED) return PAWL_OK;
    struct pawl_rec_lot lot = *now;
    int rc = settle_lot(self, &lot);
    const struct linked_rec_link_group *row = linked_row(self, id);
    uint64_t leader = row == NULL || row->leader == 0 ? id : row->leader;
    return linked_first(rc, settle_leader(self, leader));
}

int linked_settle(struct linked *self, uint32_t instrument) {
    int failed = PAWL_OK;
    for (uint64_t at = 0;;) {
        const struct pawl_rec_lot *next = self->book->lot_next(self->ctx, instrument, at);
        if (next == NULL) return failed;
        at = next->id;
        if (next->owner == self->ctx->component)
            failed = linked_first(failed, settle_one(self, at));
    }
}

int linked_on_lot(struct linked *self, uint64_t id) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    if (lot == NULL || lot->owner != self->ctx->component) return PAWL_OK;
    return settle_one(self, id);
}

/* ---- the end of a lot ---- */

/* Lots of one trade have the same levels: what took out one takes out the others by itself. */
static bool by_level(const char *reason) {
    return strcmp(reason, "SL_HIT") == 0 || strcmp(reason, "TP_HIT") == 0 ||
           strcmp(reason, "TRAILING_STOP") == 0;
}

/* What is left goes on together, under the first of it. */
static int pass_on(struct linked *self, struct linked_member *member, uint64_t *heir) {
    if (*heir == 0) {
        *heir = member->row.id;
        return promote(self, member);
    }
    member->row.leader = *heir;
    return linked_first(linked_put(self, &member->row), linked_count_member(self, *heir));
}

/* Nothing is added to the rest of a trade. */
static void rest_of_trade(struct linked_member *member) {
    member->row.doubled = 1;
    member->row.scale_count = LINKED_SCALES_MAX;
    member->row.followed.e8 = member->lot.entered.e8;
}

/* Of one that others are linked to: they go; those that only competed with it stay. */
static int leader_gone(struct linked *self, uint64_t leader, bool had_fills) {
    struct linked_family family;
    uint64_t heir = 0;
    int rc = PAWL_OK;
    if (!linked_family(self, leader, &family)) return rc;
    const char *reason = family.leader.row.end_reason;
    if (reason[0] == '\0') reason = family.leader.lot.reason;
    if (reason[0] == '\0') reason = "LINKED";
    for (uint32_t i = 0; i < family.count; i++) {
        struct linked_member *member = &family.members[i];
        bool is_rest = linked_is_same_trade(member) && has_entered(member) && by_level(reason);
        if (is_rest) rest_of_trade(member);
        if (is_rest || (is_oco(member) && !had_fills))
            rc = linked_first(rc, pass_on(self, member, &heir));
        else
            rc = linked_first(rc, linked_close(self, &member->lot, reason, NULL));
    }
    return rc;
}

/* Of one that is linked: it takes its trade with it, or a group that is not whole any more. */
static int member_gone(struct linked *self, const struct linked_rec_link_group *row,
                       const char *reason, bool had_fills) {
    struct linked_member member = {.row = *row};
    bool is_leg = strcmp(row->link_type, "leg") == 0;
    if (is_leg) return linked_end(self, row->leader, had_fills ? "LEG_CLOSED" : "UNWIND");
    if (!linked_is_same_trade(&member) || !had_fills || by_level(reason)) return PAWL_OK;
    return linked_end(self, row->leader, reason);
}

static int conclude(struct linked *self, uint64_t id, const char *reason, bool had_fills) {
    const struct linked_rec_link_group *found = linked_row(self, id);
    if (found == NULL) return PAWL_OK;
    struct linked_rec_link_group row = *found;
    int rc = row.leader == 0 ? PAWL_OK : member_gone(self, &row, reason, had_fills);
    if (row.members > 0) rc = linked_first(rc, leader_gone(self, id, had_fills));
    linked_clear_timers(self, id);
    linked_disarm_scales(self, id);
    return linked_first(rc, self->records->erase(self->ctx, LINKED_REC_LINK_GROUP, id));
}

static int conclude_lot(struct linked *self, const struct pawl_rec_lot *lot) {
    struct pawl_rec_lot copy = *lot;
    return conclude(self, copy.id, copy.reason, copy.entered.e8 > 0);
}

int linked_on_closed(struct linked *self, const struct pawl_ev_lot_closed *closed) {
    int rc = conclude(self, closed->lot, closed->reason, closed->quantity.e8 > 0);
    return linked_first(rc, linked_settle(self, closed->instrument));
}

int linked_on_want_spent(struct linked *self, const struct pawl_ev_want_spent *spent) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, spent->lot);
    if (lot == NULL || lot->owner != self->ctx->component || lot->state == PAWL_LOT_STATE_CLOSED)
        return PAWL_OK;
    struct pawl_rec_lot copy = *lot;
    int rc = PAWL_OK;
    if (spent->generation == copy.entry_gen && copy.entry_spent != 0)
        rc = linked_cut(self, &copy, NULL);
    return linked_first(rc, linked_settle(self, copy.instrument));
}

/* What fails here is no reason not to start: it is tried again with the next event. */
int linked_restore(struct linked *self) {
    int rc = PAWL_OK;
    for (uint64_t at = 0;;) {
        const struct linked_rec_link_group *row =
            self->records->next(self->ctx, LINKED_REC_LINK_GROUP, at);
        if (row == NULL) break;
        at = row->id;
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, at);
        if (lot == NULL || lot->owner != self->ctx->component)
            rc = linked_first(rc, self->records->erase(self->ctx, LINKED_REC_LINK_GROUP, at));
        else if (lot->state == PAWL_LOT_STATE_CLOSED)
            rc = linked_first(rc, conclude_lot(self, lot));
    }
    self->declaring = true;
    rc = linked_first(rc, linked_settle(self, 0));
    self->declaring = false;
    if (rc != PAWL_OK)
        self->ctx->host->log(self->ctx, PAWL_LOG_WARN, "a lot could not be settled at the start");
    return PAWL_OK;
}
