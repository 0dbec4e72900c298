/* Stop and target of a tranche: fractions of its average, or of what its entry will pay. */
#include <string.h>

#include "tranche.h"

void tranche_percents(const struct tranche *self, const char *symbol, struct pawl_ratio *ret_tp,
                      struct pawl_ratio *ret_sl) {
    int64_t tp_e8 = self->options.tp_pct_e8, sl_e8 = self->options.sl_pct_e8;
    for (uint32_t i = 0; i < self->level_count; i++) {
        if (strcmp(self->levels[i].symbol, symbol) != 0) continue;
        tp_e8 = self->levels[i].tp_e8;
        sl_e8 = self->levels[i].sl_e8;
    }
    ret_tp->e8 = tp_e8 / 100;
    ret_sl->e8 = sl_e8 / 100;
}

int tranche_price(const struct pawl_instrument *in, uint8_t side, struct pawl_money cost,
                  struct pawl_qty quantity, int64_t fraction_e8, struct pawl_price *ret) {
    bool is_long = tranche_is_long(side);
    int64_t ticks;
    pawl_i128 level = (pawl_i128)cost.e8 * (is_long ? PAWL_E8 + fraction_e8
                                                    : PAWL_E8 - fraction_e8);
    int rc = pawl_div_i128(level, (pawl_i128)quantity.e8 * in->tick.e8,
                           is_long ? PAWL_ROUND_UP : PAWL_ROUND_DOWN, &ticks);
    if (rc != PAWL_OK || __builtin_mul_overflow(ticks, in->tick.e8, &ret->e8)) return PAWL_E_RANGE;
    return ret->e8 > 0 ? PAWL_OK : PAWL_E_RANGE;
}

static bool is_looser(uint8_t side, struct pawl_price stop, struct pawl_price than) {
    return tranche_is_long(side) ? stop.e8 < than.e8 : stop.e8 > than.e8;
}

/* Who has the stop of a tranche is who has that of its lots: one profile for all. */
static bool has_stop(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->first_lot);
    return lot != NULL && lot->hold_stop == self->ctx->component;
}

/* Where another component takes the exits, a target is its rival unless somebody asked for it. */
static bool has_target(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->first_lot);
    return row->target_pct.e8 > 0 && lot != NULL && lot->hold_targets == self->ctx->component &&
           (row->target_asked || lot->hold_reduce == self->ctx->component);
}

int tranche_levels(struct tranche *self, struct tranche_rec_position_tranche *row) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, row->instrument);
    struct pawl_price stop = {0}, before = row->stop;
    int rc = PAWL_OK;
    if (in == NULL || row->quantity.e8 <= 0) return PAWL_OK;
    row->target.e8 = 0;
    if (has_target(self, row) &&
        tranche_price(in, row->side, row->cost, row->quantity, row->target_pct.e8,
                      &row->target) != PAWL_OK)
        row->target.e8 = 0; /* a short one cannot win all of its price */
    if (rc == PAWL_OK && has_stop(self, row))
        rc = tranche_price(in, row->side, row->cost, row->quantity, -row->stop_pct.e8, &stop);
    if (rc != PAWL_OK) return rc;
    bool kept = row->frozen && before.e8 != 0 && is_looser(row->side, stop, before);
    row->stop = kept && stop.e8 != 0 ? before : stop;
    return PAWL_OK;
}

static int apply_stop(struct tranche *self, const struct tranche_rec_position_tranche *row,
                      uint64_t id) {
    struct pawl_err err = {0};
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    if (row->stop.e8 == 0 || lot->hold_stop != self->ctx->component ||
        lot->stop.e8 == row->stop.e8)
        return PAWL_OK;
    int rc = self->book->stop(self->ctx, id, row->stop, "tranche average", &err);
    return rc == PAWL_E_STATE ? PAWL_OK : rc; /* it has a tighter one, which stays */
}

static int apply_target(struct tranche *self, const struct tranche_rec_position_tranche *row,
                        uint64_t id) {
    const struct pawl_qty all = {PAWL_QTY_ALL};
    struct pawl_err err = {0};
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    if (lot->hold_targets != self->ctx->component || row->joining) return PAWL_OK;
    const struct pawl_rec_target *target = self->book->target(self->ctx, id, 0);
    int64_t now_e8 = target == NULL || target->spent ? 0 : target->price.e8;
    if (now_e8 == row->target.e8) return PAWL_OK;
    return self->book->set_target(self->ctx, id, 0, row->target, all, 0, &err);
}

int tranche_apply(struct tranche *self, uint64_t of) {
    struct tranche_rec_position_tranche row = tranche_row(self, of);
    int rc = PAWL_OK;
    struct tranche_rec_order_relationship one;
    for (uint64_t id = row.first_lot; (one = tranche_lot(self, id)).id != 0;) {
        uint64_t next = one.next_lot;
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
        if (lot != NULL && lot->state == PAWL_LOT_STATE_OPEN && lot->entered.e8 > lot->exited.e8) {
            rc = tranche_first(rc, apply_stop(self, &row, id));
            rc = tranche_first(rc, apply_target(self, &row, id));
        }
        id = next;
    }
    row.stale = 0;
    return rc == PAWL_OK ? tranche_put(self, &row) : rc;
}

int tranche_repair(struct tranche *self, uint64_t of) {
    struct tranche_rec_position_tranche row = tranche_row(self, of);
    struct tranche_rec_order_relationship one;
    int rc = PAWL_OK;
    for (uint64_t id = row.first_lot; (one = tranche_lot(self, id)).id != 0;) {
        uint64_t next = one.next_lot;
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
        bool open = lot != NULL && lot->state == PAWL_LOT_STATE_OPEN;
        const struct pawl_rec_target *target = self->book->target(self->ctx, id, 0);
        if (open && target != NULL && target->spent)
            rc = tranche_first(rc, apply_target(self, &row, id));
        id = next;
    }
    return rc;
}

/* ---- 1 R ---- */

/* Where 1 R is: twice the average less the stop, rounded to the far side; false = it has none. */
static bool r_level(const struct tranche_rec_position_tranche *row, struct pawl_price *ret) {
    enum pawl_round far = tranche_is_long(row->side) ? PAWL_ROUND_UP : PAWL_ROUND_DOWN;
    int64_t twice_e8;
    return row->stop.e8 != 0 && row->quantity.e8 > 0 &&
           pawl_muldiv(row->cost.e8, 2 * PAWL_E8, row->quantity.e8, far, &twice_e8) == PAWL_OK &&
           pawl_sub_i64(twice_e8, row->stop.e8, &ret->e8) == PAWL_OK && ret->e8 > 0;
}

int tranche_arm_r(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    uint64_t key = TRANCHE_KEY_TRANCHE(row->id);
    struct pawl_trigger_spec spec = {.size = (uint32_t)sizeof spec,
                                     .instrument = row->instrument,
                                     .source = PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                     .side = row->side,
                                     .cross = tranche_is_long(row->side) ? PAWL_CROSS_AT_OR_ABOVE
                                                                         : PAWL_CROSS_AT_OR_BELOW};
    if (row->frozen || !r_level(row, &spec.level)) {
        self->triggers->disarm(self->ctx, key);
        return PAWL_OK;
    }
    return self->triggers->arm(self->ctx, key, &spec);
}

int tranche_see_r(struct tranche *self, uint64_t id) {
    const struct tranche_rec_position_tranche row = tranche_row(self, id);
    struct pawl_price now = tranche_exit_price(self, row.instrument, row.side), level;
    if (row.frozen || now.e8 == 0 || !r_level(&row, &level) || is_looser(row.side, now, level))
        return PAWL_OK;
    return tranche_freeze(self, id);
}

int tranche_freeze(struct tranche *self, uint64_t id) {
    struct tranche_rec_position_tranche row = tranche_row(self, id);
    struct tranche_rec_order_relationship one;
    struct pawl_err err = {0};
    if (row.id == 0 || row.frozen) return PAWL_OK;
    int rc = PAWL_OK;
    for (uint64_t lot = row.first_lot; (one = tranche_lot(self, lot)).id != 0;) {
        uint64_t next = one.next_lot;
        const struct pawl_rec_lot *found = self->book->lot(self->ctx, lot);
        if (found != NULL && found->hold_stop == self->ctx->component && found->entered.e8 > 0)
            rc = tranche_first(rc, self->book->freeze(self->ctx, lot, &err));
        lot = next;
    }
    row.frozen = 1;
    return tranche_first(rc, tranche_put(self, &row));
}

/* ---- profit ---- */

struct pawl_price tranche_exit_price(struct tranche *self, uint32_t instrument, uint8_t side) {
    const struct pawl_market_state *now = self->market->state(self->ctx, instrument);
    if (now == NULL) return (struct pawl_price){0};
    return tranche_is_long(side) ? now->bid : now->ask;
}

int64_t tranche_leverage_e8(struct tranche *self, uint32_t account) {
    const struct pawl_account_info *info = self->market->account(self->ctx, account);
    bool margin = self->options.basis == TRANCHE_MARGIN;
    return margin && info != NULL && info->leverage.e8 > 0 ? info->leverage.e8 : PAWL_E8;
}

bool tranche_gains(struct tranche *self, const struct tranche_rec_position_tranche *row,
                   struct pawl_price now, int64_t bound_e8) {
    pawl_i128 worth = (pawl_i128)now.e8 * row->quantity.e8;
    pawl_i128 gain = worth - (pawl_i128)row->cost.e8 * PAWL_E8;
    int64_t leverage_e8 = tranche_leverage_e8(self, row->account);
    if (leverage_e8 != PAWL_E8 &&
        pawl_muldiv(bound_e8, PAWL_E8, leverage_e8, PAWL_ROUND_EVEN, &bound_e8) != PAWL_OK)
        return false;
    if (!tranche_is_long(row->side)) gain = -gain;
    return gain * 100 > (pawl_i128)row->cost.e8 * bound_e8; /* the bound is in percent */
}
