/* A milestone is reached: the stop first, then one exit for all that was passed on the way. */
#include "rstop.h"

static bool has_reached(const struct rstop_rec_position_state *row, int64_t r_e8,
                        struct pawl_price price) {
    struct pawl_price level;
    if (rstop_level(row, r_e8, &level) != PAWL_OK) return false;
    return rstop_is_long(row) ? price.e8 >= level.e8 : price.e8 <= level.e8;
}

/* Distance or fraction of the trailing stop; false = it cannot be told, the table alone. */
static bool trail_distance(struct rstop *self, const struct rstop_rec_position_state *row,
                           struct pawl_trail_spec *ret) {
    struct pawl_price atr = {0};
    uint32_t seconds = (uint32_t)(self->options.atr_bar_ns / PAWL_NS);
    ret->fraction.e8 = self->options.trail_pct_e8;
    if (ret->fraction.e8 > 0) return true;
    if (self->options.trail_atr_e8 == 0)
        return pawl_mul_e8(row->r.e8, self->options.trail_r_e8, PAWL_ROUND_EVEN,
                           &ret->distance.e8) == PAWL_OK;
    return self->series->atr(self->ctx, row->instrument, seconds,
                             (uint32_t)self->options.atr_period, &atr) == PAWL_OK &&
           pawl_mul_e8(atr.e8, self->options.trail_atr_e8, PAWL_ROUND_EVEN, &ret->distance.e8) ==
               PAWL_OK;
}

void rstop_trail(struct rstop *self, const struct rstop_rec_position_state *row) {
    struct pawl_err err = {0};
    struct pawl_trail_spec trail = {.size = (uint32_t)sizeof trail};
    if (self->options.trail_from_e8 == 0 ||
        rstop_level(row, self->options.trail_from_e8, &trail.activation) != PAWL_OK ||
        !trail_distance(self, row, &trail))
        return;
    if (self->book->trail(self->ctx, row->id, &trail, &err) != PAWL_OK)
        self->ctx->host->log(self->ctx, PAWL_LOG_WARN, "lot %llu does not trail: %s",
                             (unsigned long long)row->id, err.text);
}

/* From here on R and the original quantity stand. */
static int freeze(struct rstop *self, struct rstop_rec_position_state *row) {
    struct pawl_err err = {0};
    int rc = self->book->freeze(self->ctx, row->id, &err);
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->id);
    if (rc != PAWL_OK || lot == NULL) return rc;
    row->frozen = 1;
    row->original = lot->original;
    rstop_trail(self, row); /* by ATR: as it is now */
    return PAWL_OK;
}

static int move_stop(struct rstop *self, const struct rstop_rec_position_state *row,
                     const struct rstop_row *to) {
    struct pawl_err err = {0};
    struct pawl_price level;
    if (rstop_level(row, to->stop_e8, &level) != PAWL_OK) return PAWL_OK;
    int rc = self->book->stop(self->ctx, row->id, level, to->reason, &err);
    return rc == PAWL_E_STATE ? PAWL_OK : rc; /* it stands tighter already */
}

/* What was asked out before, by anybody, and may still fill. */
static int64_t asked_out(struct rstop *self, const struct pawl_rec_lot *lot) {
    int64_t sum_e8 = lot->exited.e8;
    const struct pawl_rec_order *order;
    for (uint64_t id = 0; (order = self->book->order_next(self->ctx, lot->id, id)) != NULL;) {
        id = order->id;
        if (order->role == PAWL_ROLE_EXIT) sum_e8 += order->quantity.e8 - order->filled.e8;
    }
    return lot->exit_at_least.e8 > sum_e8 && !lot->exit_spent ? lot->exit_at_least.e8 : sum_e8;
}

static int ask_out(struct rstop *self, uint64_t lot, struct pawl_qty at_least) {
    const struct pawl_exit_spec spec = {.size = (uint32_t)sizeof spec,
                                        .kind = PAWL_KIND_MARKET,
                                        .at_least = at_least,
                                        .reason = "PARTIAL_EXITS"};
    struct pawl_err err = {0};
    int rc = self->book->exit(self->ctx, lot, &spec, &err);
    return rc == PAWL_E_STATE ? PAWL_OK : rc; /* it has concluded */
}

static int take_exit(struct rstop *self, struct rstop_rec_position_state *row, int64_t quantity_e8,
                     bool rest) {
    const struct pawl_rec_lot *found = self->book->lot(self->ctx, row->id);
    struct pawl_qty at_least = {PAWL_QTY_ALL};
    if (found == NULL || (quantity_e8 == 0 && !rest)) return PAWL_OK;
    const struct pawl_rec_lot lot = *found;
    if (!rest && (pawl_add_i64(asked_out(self, &lot), quantity_e8, &at_least.e8) != PAWL_OK ||
                  (at_least.e8 >= lot.entered.e8 && lot.enter_up_to.e8 <= lot.entered.e8)))
        at_least.e8 = PAWL_QTY_ALL;
    row->exit_want = at_least;
    return ask_out(self, row->id, at_least);
}

int rstop_exit_again(struct rstop *self, const struct rstop_rec_position_state *row) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->id);
    if (lot == NULL || row->exit_want.e8 == 0 || row->exit_want.e8 <= lot->exited.e8)
        return PAWL_OK;
    return ask_out(self, row->id, row->exit_want);
}

/* A share of the original quantity, floored to the step; 0 = it cannot be expressed. */
static int64_t share_of(struct rstop *self, const struct rstop_rec_position_state *row,
                        int64_t fraction_e8) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, row->instrument);
    int64_t quantity_e8;
    if (in == NULL ||
        pawl_mul_e8(row->original.e8, fraction_e8, PAWL_ROUND_DOWN, &quantity_e8) != PAWL_OK ||
        pawl_round_to(quantity_e8, in->step.e8, PAWL_ROUND_DOWN, &quantity_e8) != PAWL_OK)
        return 0;
    return quantity_e8 < in->min_quantity.e8 ? 0 : quantity_e8;
}

/* What the exits of the rows passed come to. */
static int64_t shares_of(struct rstop *self, const struct rstop_rec_position_state *row) {
    int64_t sum_e8 = 0;
    for (uint32_t i = row->without; i < row->passed && i < self->row_count; i++)
        if (self->rows[i].exit_e8 > 0) sum_e8 += share_of(self, row, self->rows[i].exit_e8);
    return sum_e8;
}

int rstop_grow(struct rstop *self, struct rstop_rec_position_state *row,
               const struct pawl_rec_lot *lot) {
    int64_t before_e8 = shares_of(self, row);
    row->original.e8 = lot->original.e8 + (lot->entered.e8 - row->entered.e8);
    int rc = take_exit(self, row, shares_of(self, row) - before_e8, false);
    int put_rc = rstop_put(self, row);
    return rc == PAWL_OK ? put_rc : rc;
}

int rstop_reach(struct rstop *self, struct rstop_rec_position_state *row, struct pawl_price price,
                bool exits) {
    uint32_t first = row->passed, count = first;
    int64_t out_e8 = 0;
    bool rest = false;
    while (count < self->row_count && has_reached(row, self->rows[count].r_e8, price)) count++;
    if (count == first) return PAWL_OK;
    int rc = row->frozen ? PAWL_OK : freeze(self, row);
    if (rc == PAWL_OK) rc = move_stop(self, row, &self->rows[count - 1]);
    for (uint32_t i = first; i < count; i++) {
        const struct rstop_row *at = &self->rows[i];
        uint8_t old = row->state;
        int64_t share_e8 = at->exit_e8 > 0 ? share_of(self, row, at->exit_e8) : 0;
        row->passed = (uint8_t)(i + 1);
        row->state = rstop_stage(self, row->passed);
        if (exits) out_e8 += share_e8;
        if (exits && at->rest) rest = true;
        if (exits && at->exit_e8 > 0 && share_e8 == 0) row->skipped++;
        if (exits && (share_e8 > 0 || at->rest)) row->exits++;
        if (row->state != old) {
            row->since = self->ctx->host->now_ns(self->ctx);
            rstop_tell(self, row, old, at->r_e8, price);
        }
    }
    if (!exits) row->without = row->passed;
    int exit_rc = take_exit(self, row, out_e8, rest);
    if (rc == PAWL_OK) rc = exit_rc;
    int put_rc = rstop_put(self, row);
    return rc == PAWL_OK ? put_rc : rc;
}
