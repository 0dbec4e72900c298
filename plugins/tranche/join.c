/* The lots of a tranche become one, where the venue does not keep them apart. */
#include "tranche.h"

bool tranche_lot_waits(const struct pawl_rec_lot *lot) {
    return lot->state != PAWL_LOT_STATE_CLOSED && lot->enter_up_to.e8 > lot->entered.e8 &&
           !lot->entry_spent;
}

static bool is_closing(const struct pawl_rec_lot *lot) {
    return lot->exit_at_least.e8 > lot->exited.e8 && !lot->exit_spent;
}

/* Nothing in flight, nothing coming in, nothing going out but by its stop and target. */
static bool is_quiet(struct tranche *self, uint64_t of) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, of);
    const struct pawl_rec_order *order;
    if (lot == NULL || lot->state != PAWL_LOT_STATE_OPEN || tranche_lot_waits(lot) ||
        is_closing(lot))
        return false;
    for (uint64_t id = 0; (order = self->book->order_next(self->ctx, of, id)) != NULL;) {
        id = order->id;
        if (order->op != PAWL_ORDER_OP_NONE || order->op_unknown ||
            (order->role != PAWL_ROLE_STOP && order->role != PAWL_ROLE_TARGET))
            return false;
    }
    return true;
}

bool tranche_is_quiet(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    struct tranche_rec_order_relationship one;
    if (row->status != PAWL_TRANCHE_STATUS_OPEN || row->joining) return false;
    for (uint64_t id = row->first_lot; (one = tranche_lot(self, id)).id != 0; id = one.next_lot)
        if (!is_quiet(self, id)) return false;
    return true;
}

/* Another component goes by the R of the lot, and it stands: it neither grows nor merges. */
static bool r_stands(const struct tranche *self, const struct pawl_rec_lot *lot) {
    return lot->r_frozen && lot->hold_stop != self->ctx->component;
}

bool tranche_grows(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    struct tranche_rec_order_relationship one;
    for (uint64_t id = row->first_lot; (one = tranche_lot(self, id)).id != 0; id = one.next_lot) {
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
        if (lot != NULL && r_stands(self, lot)) return false;
    }
    return true;
}

/* ---- one lot out of two ---- */

static bool may_join(struct tranche *self, uint64_t id) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    return lot != NULL && lot->state == PAWL_LOT_STATE_OPEN && !tranche_lot_waits(lot) &&
           !is_closing(lot) && !r_stands(self, lot) && lot->entered.e8 > lot->exited.e8;
}

/* A target that rests has to be gone before. True if one is still there. */
static bool withdraw_target(struct tranche *self, uint64_t lot) {
    const struct pawl_rec_order *order;
    struct pawl_err err = {0};
    bool live = false;
    for (uint64_t id = 0; (order = self->book->order_next(self->ctx, lot, id)) != NULL;) {
        id = order->id;
        live |= order->role == PAWL_ROLE_TARGET;
    }
    const struct pawl_rec_target *target = self->book->target(self->ctx, lot, 0);
    if (live && target != NULL && target->price.e8 != 0)
        self->book->set_target(self->ctx, lot, 0, (struct pawl_price){0},
                               (struct pawl_qty){PAWL_QTY_ALL}, 0, &err);
    return live;
}

/* The next lot that can become part of the first; 0 = none. */
static uint64_t candidate(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    struct tranche_rec_order_relationship one = tranche_lot(self, row->first_lot);
    if (one.id == 0 || !may_join(self, row->first_lot)) return 0;
    for (uint64_t id = one.next_lot; (one = tranche_lot(self, id)).id != 0; id = one.next_lot)
        if (!one.apart && may_join(self, id)) return id;
    return 0;
}

/* Both are one now: what was seen of the first is what it is. */
static int joined(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t from) {
    int rc = tranche_unlink(self, row, from);
    struct tranche_rec_order_relationship one = tranche_lot(self, row->first_lot);
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->first_lot);
    if (rc != PAWL_OK || one.id == 0 || lot == NULL) return rc;
    one.entered = lot->entered;
    one.entry_value = lot->entry_value;
    rc = tranche_put_lot(self, &one);
    if (rc == PAWL_OK) rc = tranche_sum(self, row, 0);
    if (rc == PAWL_OK) rc = tranche_levels(self, row);
    row->joining = 0;
    row->join_from = 0;
    row->stale = 1;
    return rc == PAWL_OK ? tranche_put(self, row) : rc;
}

/* Not now: it has its targets back. */
static int give_up(struct tranche *self, struct tranche_rec_position_tranche *row, int64_t again) {
    row->joining = 0;
    row->join_from = again;
    row->stale = 1;
    return tranche_put(self, row);
}

static int keep_apart(struct tranche *self, uint64_t lot) {
    struct tranche_rec_order_relationship one = tranche_lot(self, lot);
    one.apart = 1;
    return tranche_put_lot(self, &one);
}

static int begin_join(struct tranche *self, struct tranche_rec_position_tranche *row, int64_t now) {
    row->joining = 1;
    row->join_from = now + TRANCHE_JOIN_NS;
    return tranche_put(self, row);
}

/* One step with `other`; PAWL_E_BUSY = wait. */
static int step(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t other,
                int64_t now) {
    struct pawl_err err = {0};
    if (!row->joining && (!is_quiet(self, row->first_lot) || !is_quiet(self, other)))
        return PAWL_E_BUSY; /* its target stays as long as it is no use to withdraw it */
    int rc = row->joining ? PAWL_OK : begin_join(self, row, now);
    if (rc != PAWL_OK) return rc;
    bool live = withdraw_target(self, row->first_lot);
    live |= withdraw_target(self, other);
    if (live) return PAWL_E_BUSY;
    rc = self->book->merge(self->ctx, row->first_lot, other, "same tranche", &err);
    if (rc == PAWL_OK) return joined(self, row, other);
    if (rc == PAWL_E_BUSY) return rc;
    rc = keep_apart(self, other); /* the venue, or an R that stands, keeps them apart */
    return rc == PAWL_OK ? give_up(self, row, 0) : rc;
}

bool tranche_lots_grow(struct tranche *self, uint32_t account) {
    const struct pawl_account_info *info = self->market->account(self->ctx, account);
    return info != NULL && info->lots_grow != 0;
}

int tranche_join(struct tranche *self, uint64_t id, bool *ret_wait) {
    int64_t now = self->ctx->host->now_ns(self->ctx);
    for (uint32_t i = 0; i < TRANCHE_OF_POSITION_MAX; i++) {
        struct tranche_rec_position_tranche row = tranche_row(self, id);
        if (row.id == 0) return PAWL_OK;
        uint64_t other = tranche_lots_grow(self, row.account) ? candidate(self, &row) : 0;
        if (other == 0) return row.joining ? give_up(self, &row, 0) : PAWL_OK;
        if (row.joining && now >= row.join_from)
            return give_up(self, &row, now + TRANCHE_LATER_NS);
        if (!row.joining && now < row.join_from) {
            *ret_wait = true;
            return PAWL_OK;
        }
        int rc = step(self, &row, other, now);
        if (rc == PAWL_E_BUSY) {
            *ret_wait = true;
            return PAWL_OK;
        }
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}
