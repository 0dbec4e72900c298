/* Which lots are protected, and from when on: those that give it both their stop and reduce. */
#include <stdlib.h>

#include "rstop.h"

struct rstop_rec_position_state rstop_row_of(struct rstop *self, uint64_t lot) {
    const struct rstop_rec_position_state *found =
        self->records->get(self->ctx, RSTOP_REC_POSITION_STATE, lot);
    return found != NULL ? *found : (struct rstop_rec_position_state){0};
}

int rstop_put(struct rstop *self, const struct rstop_rec_position_state *row) {
    return self->records->put(self->ctx, RSTOP_REC_POSITION_STATE, row);
}

int rstop_drop(struct rstop *self, uint64_t lot) {
    if (rstop_row_of(self, lot).id == 0) return PAWL_OK;
    self->triggers->disarm(self->ctx, lot);
    self->timers->clear(self->ctx, lot);
    return self->records->erase(self->ctx, RSTOP_REC_POSITION_STATE, lot);
}

/* The next milestone is a price level of the host: prices between two of them cost nothing. */
int rstop_arm(struct rstop *self, const struct rstop_rec_position_state *row) {
    struct pawl_trigger_spec spec = {.size = (uint32_t)sizeof spec,
                                     .instrument = row->instrument,
                                     .source = PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                     .side = row->side,
                                     .cross = rstop_is_long(row) ? PAWL_CROSS_AT_OR_ABOVE
                                                                 : PAWL_CROSS_AT_OR_BELOW};
    self->triggers->disarm(self->ctx, row->id);
    if (row->passed >= self->row_count || row->r.e8 <= 0) return PAWL_OK;
    if (rstop_level(row, self->rows[row->passed].r_e8, &spec.level) != PAWL_OK)
        return PAWL_OK; /* a price that cannot be */
    return self->triggers->arm(self->ctx, row->id, &spec);
}

static bool is_ours(const struct rstop *self, const struct pawl_rec_lot *lot) {
    return lot->state != PAWL_LOT_STATE_CLOSED && lot->hold_stop == self->ctx->component &&
           lot->hold_reduce == self->ctx->component && lot->entered.e8 > lot->exited.e8;
}

/* The stop stands where the price was when it was filled, or beyond: nothing can be protected. */
static bool is_wrong(const struct pawl_rec_lot *lot, int64_t entry_e8) {
    return lot->side == PAWL_POSITION_SIDE_LONG ? lot->initial_stop.e8 >= entry_e8
                                                : lot->initial_stop.e8 <= entry_e8;
}

static int close_wrong(struct rstop *self, const struct pawl_rec_lot *lot) {
    const struct pawl_exit_spec spec = {.size = (uint32_t)sizeof spec,
                                        .kind = PAWL_KIND_MARKET,
                                        .at_least = {PAWL_QTY_ALL},
                                        .reason = "SL_HIT"};
    struct pawl_err err = {0};
    self->ctx->host->log(self->ctx, PAWL_LOG_WARN,
                         "lot %llu: its stop is on the wrong side of its fill; it is closed",
                         (unsigned long long)lot->id);
    return self->book->exit(self->ctx, lot->id, &spec, &err);
}

static struct pawl_price exit_price(struct rstop *self, const struct pawl_rec_lot *lot) {
    const struct pawl_market_state *market = self->market->state(self->ctx, lot->instrument);
    if (market == NULL) return (struct pawl_price){0};
    return lot->side == PAWL_POSITION_SIDE_LONG ? market->bid : market->ask;
}

/* Taken over with a profit already: the stop that belongs to it at once, the exits it has passed
 * only if that is asked for. */
static int take_over(struct rstop *self, struct rstop_rec_position_state *row,
                     struct pawl_price now) {
    row->taken_over = now.e8 <= 0; /* the first price tells */
    if (row->taken_over) return rstop_put(self, row);
    return rstop_reach(self, row, now, self->options.catch_up != 0);
}

/* What the levels are counted from. The exact distance to the stop, unless R was fixed before. */
static void count_from(struct rstop_rec_position_state *row, const struct pawl_rec_lot *lot,
                       int64_t entry_e8) {
    int64_t apart_e8 = entry_e8 - lot->initial_stop.e8;
    row->entry.e8 = entry_e8;
    row->r = lot->r;
    row->value = lot->entry_value;
    row->entered = lot->entered;
    row->initial_stop.e8 = 0;
    if (llabs(llabs(apart_e8) - lot->r.e8) <= 1)
        row->initial_stop = lot->initial_stop;
}

static int begin(struct rstop *self, const struct pawl_rec_lot *lot, int64_t entry_e8) {
    struct rstop_rec_position_state row = {.id = lot->id,
                                           .instrument = lot->instrument,
                                           .side = lot->side,
                                           .state = PAWL_RSTOP_STAGE_INITIAL_RISK,
                                           .since = self->ctx->host->now_ns(self->ctx)};
    bool adopted = lot->entry_gen == 0; /* no entry of ours: it may have any profit */
    bool fresh = lot->opened == row.since && lot->exited.e8 == 0 && !adopted;
    if (lot->r.e8 <= 0 || is_wrong(lot, entry_e8)) return close_wrong(self, lot);
    count_from(&row, lot, entry_e8);
    int rc = rstop_put(self, &row);
    rstop_trail(self, &row);
    if (rc == PAWL_OK && !fresh) rc = take_over(self, &row, exit_price(self, lot));
    return rc == PAWL_OK ? rstop_arm(self, &row) : rc;
}

static int follow(struct rstop *self, struct rstop_rec_position_state row,
                  const struct pawl_rec_lot *lot, int64_t entry_e8) {
    if (row.frozen && row.original.e8 == lot->original.e8 + lot->entered.e8 - row.entered.e8)
        return PAWL_OK;
    if (row.frozen) return rstop_grow(self, &row, lot);
    if (row.value.e8 == lot->entry_value.e8 && row.r.e8 == lot->r.e8) return PAWL_OK;
    count_from(&row, lot, entry_e8);
    int rc = rstop_put(self, &row);
    rstop_trail(self, &row);
    return rc == PAWL_OK ? rstop_arm(self, &row) : rc;
}

int rstop_look(struct rstop *self, uint64_t id) {
    const struct pawl_rec_lot *found = self->book->lot(self->ctx, id);
    int64_t entry_e8;
    if (found == NULL || !is_ours(self, found)) return rstop_drop(self, id);
    const struct pawl_rec_lot lot = *found;
    if (lot.exit_at_least.e8 == PAWL_QTY_ALL && lot.exit_spent == 0) return PAWL_OK; /* it goes */
    if (pawl_muldiv(lot.entry_value.e8, PAWL_E8, lot.entered.e8, PAWL_ROUND_EVEN, &entry_e8) !=
        PAWL_OK)
        return PAWL_OK;
    const struct rstop_rec_position_state known = rstop_row_of(self, id);
    return known.id == 0 ? begin(self, &lot, entry_e8) : follow(self, known, &lot, entry_e8);
}

int rstop_look_at_all(struct rstop *self) {
    const struct pawl_rec_lot *lot;
    int rc = PAWL_OK;
    for (uint64_t id = 0; (lot = self->book->lot_next(self->ctx, 0, id)) != NULL;) {
        id = lot->id;
        const struct rstop_rec_position_state row = rstop_row_of(self, id);
        int one = row.id != 0 ? rstop_arm(self, &row) : PAWL_OK;
        if (one == PAWL_OK) one = rstop_look(self, id);
        if (rc == PAWL_OK) rc = one;
    }
    return rc;
}
