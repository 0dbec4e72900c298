/* What becomes of the lots: a fill changes its tranche, and what follows from that is settled. */
#include <string.h>

#include "tranche.h"

/* ---- what a tranche holds ---- */

static int add_open(struct tranche *self, uint64_t id, int64_t *open_e8, int64_t *value_e8) {
    struct tranche_rec_order_relationship one;
    int rc = PAWL_OK;
    for (; (one = tranche_lot(self, id)).id != 0; id = one.next_lot) {
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
        if (lot == NULL || lot->entered.e8 <= lot->exited.e8) continue;
        rc = tranche_first(rc, pawl_add_i64(*open_e8, lot->entered.e8 - lot->exited.e8, open_e8));
        rc = tranche_first(rc, pawl_add_i64(*value_e8, pawl_lot_cost(lot).e8, value_e8));
    }
    return rc;
}

int tranche_sum(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t with) {
    int64_t open_e8 = 0, value_e8 = 0;
    int rc = add_open(self, row->first_lot, &open_e8, &value_e8);
    rc = tranche_first(rc, add_open(self, with, &open_e8, &value_e8));
    row->quantity.e8 = open_e8;
    row->cost.e8 = value_e8;
    if (rc != PAWL_OK || open_e8 == 0) return rc;
    row->status = PAWL_TRANCHE_STATUS_OPEN;
    return pawl_muldiv(value_e8, PAWL_E8, open_e8, PAWL_ROUND_EVEN, &row->entry.e8);
}

/* ---- fills ---- */

static struct pawl_price average(int64_t value_e8, int64_t quantity_e8) {
    struct pawl_price price = {0};
    if (quantity_e8 <= 0 ||
        pawl_muldiv(value_e8, PAWL_E8, quantity_e8, PAWL_ROUND_EVEN, &price.e8) != PAWL_OK)
        price.e8 = 0;
    return price;
}

static int came_in(struct tranche *self, struct tranche_rec_position_tranche *row,
                   const struct pawl_rec_lot *lot,
                   const struct tranche_rec_order_relationship *seen) {
    struct tranche_told told = {.act = PAWL_TRANCHE_ACT_ADDED,
                                .lot = lot->id,
                                .change = {lot->entered.e8 - seen->entered.e8},
                                .reason = "fill"};
    if (row->status == PAWL_TRANCHE_STATUS_PENDING) told.act = PAWL_TRANCHE_ACT_CREATED;
    told.price = average(lot->entry_value.e8 - seen->entry_value.e8, told.change.e8);
    row->stale = 1;
    int rc = tranche_see_r(self, row->id); /* what filled it may be 1 R of what was there */
    row->frozen = tranche_row(self, row->id).frozen;
    if (row->status == PAWL_TRANCHE_STATUS_OPEN && row->quantity.e8 == 0) {
        row->frozen = 0; /* all of it had gone: its stop was that of what went */
        row->stop.e8 = 0;
    }
    if (rc == PAWL_OK) rc = tranche_sum(self, row, 0);
    if (rc == PAWL_OK) rc = tranche_levels(self, row);
    if (rc == PAWL_OK) rc = tranche_tell(self, row, &told);
    return rc == PAWL_OK ? tranche_put(self, row) : rc;
}

static int went_out(struct tranche *self, struct tranche_rec_position_tranche *row,
                    const struct pawl_rec_lot *lot,
                    const struct tranche_rec_order_relationship *seen) {
    const struct tranche_told told = {
        .act = PAWL_TRANCHE_ACT_REDUCED,
        .lot = lot->id,
        .change = {lot->exited.e8 - seen->exited.e8},
        .price = average(lot->exit_value.e8 - seen->exit_value.e8,
                         lot->exited.e8 - seen->exited.e8),
        .profit = {lot->profit.e8 - seen->profit.e8},
        .reason = lot->reason};
    row->frozen = 1;
    int rc = pawl_add_i64(row->profit.e8, told.profit.e8, &row->profit.e8);
    if (rc == PAWL_OK) rc = tranche_sum(self, row, 0);
    if (rc == PAWL_OK) rc = tranche_tell(self, row, &told);
    return rc == PAWL_OK ? tranche_put(self, row) : rc;
}

/* What was seen is put when all that follows from it is done: after an error it is looked at again.
 */
static int look(struct tranche *self, struct tranche_rec_position_tranche *row,
                const struct pawl_rec_lot *lot) {
    struct tranche_rec_order_relationship seen = tranche_lot(self, lot->id);
    int rc = PAWL_OK;
    if (lot->entered.e8 > seen.entered.e8) {
        rc = came_in(self, row, lot, &seen);
        seen.entered = lot->entered;
        seen.entry_value = lot->entry_value;
        if (rc == PAWL_OK) rc = tranche_put_lot(self, &seen);
    }
    if (rc != PAWL_OK || lot->exited.e8 <= seen.exited.e8) return rc;
    rc = went_out(self, row, lot, &seen);
    seen.exited = lot->exited;
    seen.exit_value = lot->exit_value;
    seen.profit = lot->profit;
    return rc == PAWL_OK ? tranche_put_lot(self, &seen) : rc;
}

/* ---- the end of a lot, a tranche, a position ---- */

int tranche_forget(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    struct tranche_rec_tranche_position position = tranche_position(self, row->position);
    int rc = PAWL_OK;
    self->triggers->disarm(self->ctx, TRANCHE_KEY_TRANCHE(row->id));
    if (position.id != 0) {
        position.tranches--;
        rc = tranche_put_position(self, &position);
    }
    return tranche_first(rc, self->records->erase(self->ctx, TRANCHE_REC_POSITION_TRANCHE,
                                                  row->id));
}

/* With its last lot. What never filled never was. */
static int close_tranche(struct tranche *self, struct tranche_rec_position_tranche *row,
                         uint64_t lot, const char *reason) {
    const struct tranche_told told = {
        .act = PAWL_TRANCHE_ACT_CLOSED, .lot = lot, .profit = row->profit, .reason = reason};
    row->quantity.e8 = row->cost.e8 = 0;
    int rc = PAWL_OK;
    if (row->status == PAWL_TRANCHE_STATUS_OPEN) rc = tranche_tell(self, row, &told);
    if (rc == PAWL_OK) rc = tranche_unlink(self, row, lot);
    return rc == PAWL_OK ? tranche_forget(self, row) : rc;
}

static int drop(struct tranche *self, struct tranche_rec_position_tranche *row, uint64_t lot,
                const char *reason) {
    if (row->lots == 1) return close_tranche(self, row, lot, reason);
    int rc = tranche_unlink(self, row, lot);
    if (rc == PAWL_OK) rc = tranche_sum(self, row, 0);
    return rc == PAWL_OK ? tranche_put(self, row) : rc;
}

/* ---- lots that are given to us, or taken away ---- */

static bool is_ours(const struct tranche *self, const struct pawl_rec_lot *lot) {
    return lot->state != PAWL_LOT_STATE_CLOSED && lot->hold_grow == self->ctx->component &&
           lot->entered.e8 > lot->exited.e8;
}

/* A lot of another component, or one that a late fill has brought back: a tranche of its own, the
 * first one where there is none; where there is no room for another, part of the last. */
static int take(struct tranche *self, const struct pawl_rec_lot *given) {
    const struct pawl_rec_lot of = *given, *lot = &of;
    const struct tranche_rec_tranche_position found =
        tranche_find(self, lot->instrument, lot->account, lot->side);
    const struct pawl_instrument *in = self->market->instrument(self->ctx, lot->instrument);
    struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX], row = {0};
    struct tranche_rec_tranche_position position = {
        .instrument = lot->instrument, .account = lot->account, .side = lot->side};
    const uint64_t id = lot->id;
    uint32_t count = 0;
    if (in == NULL) return PAWL_OK;
    if (found.id != 0) {
        position = found;
        count = tranche_all(self, position.id, rows);
    }
    tranche_percents(self, in->symbol, &row.target_pct, &row.stop_pct);
    row.stop = lot->stop;
    row.frozen = 1; /* what it has as a stop is not given away */
    memcpy(row.profile, lot->profile, sizeof row.profile);
    memcpy(row.ref, lot->ref, sizeof row.ref);
    int rc;
    if (count > 0 && (count >= self->options.max_tranches || position.next >= TRANCHE_IDS_MAX)) {
        row = rows[count - 1];
        rc = tranche_link(self, &row, id);
        if (rc == PAWL_OK) rc = tranche_put(self, &row);
    } else {
        rc = tranche_begin(self, &position, &row, id);
    }
    return rc == PAWL_OK ? tranche_settle(self, row.position) : rc;
}

int tranche_on_assigned(struct tranche *self, uint64_t id) {
    const struct tranche_rec_order_relationship known = tranche_lot(self, id);
    const struct pawl_rec_lot *found = self->book->lot(self->ctx, id);
    if (found == NULL) return PAWL_OK;
    const struct pawl_rec_lot of = *found, *lot = &of;
    if (known.id == 0) return is_ours(self, lot) ? take(self, lot) : PAWL_OK;
    struct tranche_rec_position_tranche row = tranche_row(self, known.tranche);
    int rc = PAWL_OK;
    if (lot->hold_grow == self->ctx->component) {
        memcpy(row.profile, lot->profile, sizeof row.profile);
        row.stale = 1;
        rc = tranche_levels(self, &row);
        if (rc == PAWL_OK) rc = tranche_put(self, &row);
    }
    return rc == PAWL_OK ? tranche_settle(self, row.position) : rc;
}

int tranche_on_lot(struct tranche *self, uint64_t id) {
    const struct tranche_rec_order_relationship known = tranche_lot(self, id);
    if (known.id != 0) return tranche_settle(self, known.position);
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    /* It waited when it was given, or a late fill has brought it back. */
    return lot != NULL && is_ours(self, lot) ? take(self, lot) : PAWL_OK;
}

/* ---- settling ---- */

/* What the tranches hold is what the lots hold; that those are what the venue holds is looked after
 * by the host. */
static int check_sum(struct tranche *self, const struct tranche_rec_tranche_position *position) {
    struct tranche_rec_position_tranche row;
    const struct pawl_rec_lot *lot;
    int64_t rows_e8 = 0, lots_e8 = 0;
    for (uint64_t at = 0; (row = tranche_next(self, position->id, at)).id != 0; at = row.id)
        rows_e8 += row.quantity.e8;
    for (uint64_t id = 0;
         (lot = self->book->lot_next(self->ctx, position->instrument, id)) != NULL;) {
        int64_t open_e8 = lot->entered.e8 - lot->exited.e8;
        bool is_of = lot->account == position->account && lot->side == position->side;
        id = lot->id;
        if (is_of && open_e8 > 0 && tranche_lot(self, id).id != 0) lots_e8 += open_e8;
    }
    if (rows_e8 == lots_e8) return PAWL_OK;
    char have[PAWL_E8_TEXT_MAX], want[PAWL_E8_TEXT_MAX];
    pawl_format_e8(rows_e8, have);
    pawl_format_e8(lots_e8, want);
    self->ctx->host->log(self->ctx, PAWL_LOG_ERROR, "position %llu: the tranches hold %s, not %s",
                         (unsigned long long)position->id, have, want);
    return PAWL_E_DATA;
}

/* What its lots have come to since it was looked at. */
static int refresh(struct tranche *self, uint64_t id) {
    struct tranche_rec_order_relationship one;
    struct tranche_rec_position_tranche row = tranche_row(self, id);
    int rc = PAWL_OK;
    for (uint64_t at = row.first_lot; rc == PAWL_OK && (one = tranche_lot(self, at)).id != 0;) {
        const uint64_t of = at;
        at = one.next_lot;
        const struct pawl_rec_lot *found = self->book->lot(self->ctx, of);
        if (found == NULL) { /* it ended while nobody listened, long ago */
            rc = drop(self, &row, of, "the book has forgotten it");
            continue;
        }
        const struct pawl_rec_lot lot = *found;
        rc = look(self, &row, &lot);
        if (rc != PAWL_OK) continue;
        if (lot.state == PAWL_LOT_STATE_CLOSED)
            rc = drop(self, &row, of, lot.reason);
        else if (lot.hold_grow != self->ctx->component)
            rc = drop(self, &row, of, "given to another component");
    }
    return rc;
}

static int refresh_all(struct tranche *self, uint64_t position) {
    struct tranche_rec_position_tranche row;
    int rc = PAWL_OK;
    for (uint64_t at = 0; (row = tranche_next(self, position, at)).id != 0;) {
        at = row.id;
        rc = tranche_first(rc, refresh(self, at));
    }
    return rc;
}

static int join_all(struct tranche *self, uint64_t position, bool *ret_wait) {
    struct tranche_rec_position_tranche row;
    int rc = PAWL_OK;
    for (uint64_t at = 0; (row = tranche_next(self, position, at)).id != 0;) {
        at = row.id;
        rc = tranche_first(rc, tranche_join(self, at, ret_wait));
        row = tranche_row(self, at);
        if (row.id != 0 && row.stale) rc = tranche_first(rc, tranche_apply(self, at));
        row = tranche_row(self, at);
        if (row.id != 0) rc = tranche_first(rc, tranche_arm_r(self, &row));
    }
    return rc;
}

/* ---- clean-up ---- */

/* At whole multiples of the interval, so that nothing about it has to be kept. */
static int set_clean(struct tranche *self) {
    int64_t every = self->options.cleanup_seconds * PAWL_NS;
    int64_t due = (self->ctx->host->now_ns(self->ctx) / every + 1) * every;
    if (due == self->clean_due) return PAWL_OK;
    self->clean_due = due;
    return self->timers->set(self->ctx, TRANCHE_KEY_CLEANUP, due);
}

int tranche_clean(struct tranche *self) {
    const struct tranche_rec_tranche_position *position;
    const struct tranche_rec_position_tranche *row;
    int64_t number = self->clean_due / (self->options.cleanup_seconds * PAWL_NS);
    int64_t all = (self->options.orphan_seconds + self->options.cleanup_seconds - 1) /
                  self->options.cleanup_seconds;
    struct pawl_err err = {0};
    int rc = PAWL_OK;
    for (uint64_t id = 0; (position = self->records->next(self->ctx, TRANCHE_REC_TRANCHE_POSITION,
                                                          id)) != NULL;) {
        id = position->id;
        rc = tranche_first(rc, self->book->reconcile(self->ctx, position->account,
                                                     number % all == 0, &err));
    }
    for (uint64_t id = 0; (row = self->records->next(self->ctx, TRANCHE_REC_POSITION_TRANCHE,
                                                     id)) != NULL;) {
        id = row->id;
        rc = tranche_first(rc, tranche_repair(self, id));
    }
    self->clean_due = 0;
    bool any = self->records->next(self->ctx, TRANCHE_REC_TRANCHE_POSITION, 0) != NULL;
    return any ? tranche_first(rc, set_clean(self)) : rc;
}

/* ---- settling, in order ---- */

/* After a start or a reload: levels and timers anew. Nothing is merged in here, since what is asked
 * of the book while an instance is tried takes effect later. */
int tranche_restore(struct tranche *self, uint64_t id) {
    struct tranche_rec_position_tranche row;
    int64_t now = self->ctx->host->now_ns(self->ctx);
    int rc = tranche_arm_pairs(self, id);
    for (uint64_t at = 0; (row = tranche_next(self, id, at)).id != 0; at = row.id)
        rc = tranche_first(rc, tranche_arm_r(self, &row));
    rc = tranche_first(rc, set_clean(self));
    return tranche_first(rc, self->timers->set(self->ctx, TRANCHE_KEY_POSITION(id),
                                               now + TRANCHE_LOOK_NS));
}

int tranche_settle(struct tranche *self, uint64_t id) {
    const uint64_t key = TRANCHE_KEY_POSITION(id);
    bool wait = false;
    int rc = refresh_all(self, id);
    rc = tranche_first(rc, tranche_merge_wanted(self, id, &wait));
    rc = tranche_first(rc, tranche_merge_profitable(self, id, &wait));
    rc = tranche_first(rc, join_all(self, id, &wait));
    const struct tranche_rec_tranche_position position = tranche_position(self, id);
    if (position.id == 0) return rc;
    if (position.tranches == 0) {
        self->timers->clear(self->ctx, key);
        self->triggers->disarm(self->ctx, key);
        return tranche_first(rc,
                             self->records->erase(self->ctx, TRANCHE_REC_TRANCHE_POSITION, id));
    }
    rc = tranche_first(rc, check_sum(self, &position));
    if (self->clean_due == 0) rc = tranche_first(rc, set_clean(self));
    if (!wait && rc == PAWL_OK) {
        self->timers->clear(self->ctx, key);
        return rc;
    }
    int64_t due = self->ctx->host->now_ns(self->ctx) + (wait ? TRANCHE_LOOK_NS : TRANCHE_LATER_NS);
    return tranche_first(rc, self->timers->set(self->ctx, key, due));
}
