/* follow.c - stop and target of a trade follow its average entry; the lots of one trade share them.
 */
#include "parts.h"

static void add_lot(const struct pawl_rec_lot *lot, bool doubles, struct linked_sum *sum) {
    int64_t base_e8 = doubles ? 0 : lot->entered.e8 - lot->added.e8;
    sum->entered_e8 += lot->entered.e8;
    sum->open_e8 += lot->entered.e8 - lot->exited.e8;
    sum->value.e8 += lot->entry_value.e8;
    sum->base_e8 += base_e8;
    if (!doubles && (lot->state != PAWL_LOT_STATE_OPEN || lot->entered.e8 < lot->enter_up_to.e8))
        sum->is_complete = false;
}

void linked_sum(const struct linked_family *family, struct linked_sum *ret) {
    *ret = (struct linked_sum){.is_complete = true};
    add_lot(&family->leader.lot, false, ret);
    for (uint32_t i = 0; i < family->count; i++) {
        const struct linked_member *member = &family->members[i];
        if (!linked_is_same_trade(member)) continue;
        add_lot(&member->lot, member->row.link_type[0] == 'd', ret);
    }
    if (ret->entered_e8 <= 0 || family->leader.lot.exit_at_least.e8 == PAWL_QTY_ALL)
        ret->is_complete = false;
}

/* The stop from the average entry; 0 = it was asked as a price. */
static int stop_level(const struct linked_member *leader, const struct linked_sum *sum,
                      struct pawl_price tick, struct pawl_price *ret) {
    const struct linked_rec_link_group *row = &leader->row;
    struct pawl_qty quantity = {sum->entered_e8};
    enum pawl_round round = linked_round(row->side);
    int64_t sign = row->side == PAWL_POSITION_SIDE_LONG ? -1 : 1;
    ret->e8 = 0;
    if (row->stop_pct.e8 != 0)
        return linked_level(sum->value, quantity, linked_stop_factor_e8(row->side, row->stop_pct),
                            tick, round, ret);
    if (row->stop_distance.e8 == 0) return PAWL_OK;
    return linked_offset(sum->value, quantity, sign * row->stop_distance.e8, tick, round, ret);
}

static int target_level(const struct linked_member *leader, const struct linked_sum *sum,
                        struct pawl_price tick, struct pawl_price *ret) {
    const struct linked_rec_link_group *row = &leader->row;
    struct pawl_qty quantity = {sum->entered_e8};
    enum pawl_round round = linked_round(row->side);
    int64_t sign = row->side == PAWL_POSITION_SIDE_LONG ? 1 : -1;
    ret->e8 = 0;
    if (row->target_pct.e8 != 0)
        return linked_level(sum->value, quantity,
                            linked_target_factor_e8(row->side, row->target_pct), tick, round, ret);
    if (row->target_distance.e8 == 0) return PAWL_OK;
    return linked_offset(sum->value, quantity, sign * row->target_distance.e8, tick, round, ret);
}

/* Only a tighter stop is asked for: none of them ever loosens. */
static int move_stop(struct linked *self, const struct pawl_rec_lot *lot, struct pawl_price level,
                     const char *reason) {
    if (level.e8 <= 0 || lot->hold_stop != self->ctx->component || linked_is_closing(lot) ||
        !linked_is_tighter(lot->side, level, lot->stop))
        return PAWL_OK;
    return self->book->stop(self->ctx, lot->id, level, reason, NULL);
}

static int move_target(struct linked *self, const struct pawl_rec_lot *lot,
                       struct pawl_price level) {
    const struct pawl_rec_target *target = self->book->target(self->ctx, lot->id, 0);
    if (level.e8 <= 0 || lot->hold_targets != self->ctx->component || target == NULL ||
        target->price.e8 == 0 || target->filled.e8 != 0 || level.e8 == target->price.e8)
        return PAWL_OK;
    return self->book->set_target(self->ctx, lot->id, 0, level, (struct pawl_qty){PAWL_QTY_ALL},
                                  target->mode, NULL);
}

static int follow_entry(struct linked *self, const struct linked_family *family,
                        const struct linked_sum *sum) {
    const struct pawl_rec_lot *lot = &family->leader.lot;
    const struct pawl_instrument *in = self->market->instrument(self->ctx, lot->instrument);
    const char *reason = family->leader.row.followed.e8 == 0 ? "entry filled" : "scaled in";
    struct pawl_price stop, target;
    if (in == NULL) return PAWL_E_NOTFOUND;
    struct pawl_price tick = in->tick;
    int rc = stop_level(&family->leader, sum, tick, &stop);
    if (rc == PAWL_OK) rc = move_stop(self, lot, stop, reason);
    int other = target_level(&family->leader, sum, tick, &target);
    if (other == PAWL_OK) other = move_target(self, lot, target);
    for (uint32_t i = 0; i < family->count; i++) {
        if (!linked_is_same_trade(&family->members[i])) continue;
        rc = linked_first(rc, move_stop(self, &family->members[i].lot, stop, reason));
        other = linked_first(other, move_target(self, &family->members[i].lot, target));
    }
    return linked_first(rc, other);
}

/* Who moves the stop of one lot of a trade moves them all. */
static int share_stop(struct linked *self, const struct linked_family *family) {
    struct pawl_price tightest = family->leader.lot.stop;
    int rc = PAWL_OK;
    bool others = false;
    for (uint32_t i = 0; i < family->count; i++) {
        const struct pawl_rec_lot *lot = &family->members[i].lot;
        if (!linked_is_same_trade(&family->members[i])) continue;
        others = true;
        if (linked_is_tighter(lot->side, lot->stop, tightest)) tightest = lot->stop;
    }
    if (!others) return PAWL_OK;
    rc = move_stop(self, &family->leader.lot, tightest, "linked");
    for (uint32_t i = 0; i < family->count; i++)
        if (linked_is_same_trade(&family->members[i]))
            rc = linked_first(rc, move_stop(self, &family->members[i].lot, tightest, "linked"));
    return rc;
}

int linked_follow(struct linked *self, struct linked_family *family, bool *ret_changed) {
    struct linked_sum sum;
    struct linked_rec_link_group *row = &family->leader.row;
    linked_sum(family, &sum);
    if (!sum.is_complete || sum.base_e8 == row->followed.e8) return share_stop(self, family);
    int rc = follow_entry(self, family, &sum);
    /* Once is enough: if it failed, the levels there hold. */
    if (pawl_muldiv(sum.value.e8, PAWL_E8, sum.entered_e8, PAWL_ROUND_EVEN, &row->entry_price.e8) !=
        PAWL_OK)
        row->entry_price.e8 = 0;
    row->followed.e8 = sum.base_e8;
    *ret_changed = true;
    return rc;
}

int linked_trail_lot(struct linked *self, uint64_t id, struct pawl_ratio pct,
                     struct pawl_err *err) {
    const struct pawl_trail_spec spec = {.size = sizeof spec, .fraction = pct};
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    if (pct.e8 == 0 || lot == NULL || lot->hold_stop != self->ctx->component) return PAWL_OK;
    int rc = self->book->trail(self->ctx, id, &spec, err);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "the book refuses to trail (%d)", rc);
}

int linked_trail(struct linked *self, const struct linked_family *family, struct pawl_ratio pct,
                 struct pawl_err *err) {
    int rc = linked_trail_lot(self, family->leader.row.id, pct, err);
    for (uint32_t i = 0; i < family->count; i++)
        if (linked_is_same_trade(&family->members[i]))
            rc = linked_first(rc, linked_trail_lot(self, family->members[i].row.id, pct, err));
    return rc;
}
