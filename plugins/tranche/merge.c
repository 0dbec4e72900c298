/* Tranches become one: two neighbours that are both in profit, or those that were chosen. */
#include <stdlib.h>
#include <string.h>

#include "tranche.h"

/* ---- one tranche out of two ---- */

static int move_lots(struct tranche *self, struct tranche_rec_position_tranche *into,
                     struct tranche_rec_position_tranche *from) {
    int rc = PAWL_OK;
    while (rc == PAWL_OK && from->first_lot != 0) {
        uint64_t id = from->first_lot;
        struct tranche_rec_order_relationship one = tranche_lot(self, id);
        rc = tranche_unlink(self, from, id);
        one.apart = 0;
        if (rc == PAWL_OK) rc = tranche_put_lot(self, &one);
        if (rc == PAWL_OK) rc = tranche_link(self, into, id);
    }
    return rc;
}

/* A stop that loosens no more is not passed by. */
static void keep_tighter(struct tranche_rec_position_tranche *into,
                         const struct tranche_rec_position_tranche *from) {
    if (!from->frozen || from->stop.e8 == 0) return;
    bool tighter = tranche_is_long(into->side) ? from->stop.e8 > into->stop.e8
                                               : from->stop.e8 < into->stop.e8;
    if (!into->frozen || tighter) into->stop = from->stop;
    into->frozen = 1;
}

/* `both`: what becomes of `into`. */
static int tell_merged(struct tranche *self, struct tranche_rec_position_tranche both,
                       const struct tranche_rec_position_tranche *from, const char *reason) {
    const struct tranche_told told = {.act = PAWL_TRANCHE_ACT_MERGED,
                                      .into = both.tranche_id,
                                      .change = from->quantity,
                                      .price = from->entry,
                                      .reason = reason};
    struct tranche_rec_position_tranche told_of = *from;
    int rc = tranche_sum(self, &both, from->first_lot);
    if (from->first_lot < both.first_lot) both.first_lot = from->first_lot;
    if (rc == PAWL_OK) rc = tranche_levels(self, &both);
    told_of.quantity = both.quantity;
    told_of.entry = both.entry;
    told_of.stop = both.stop;
    told_of.target = both.target;
    return rc == PAWL_OK ? tranche_tell(self, &told_of, &told) : rc;
}

int tranche_merge(struct tranche *self, uint64_t into_id, uint64_t from_id, const char *reason) {
    int rc = tranche_first(tranche_see_r(self, into_id), tranche_see_r(self, from_id));
    struct tranche_rec_position_tranche into = tranche_row(self, into_id);
    struct tranche_rec_position_tranche from = tranche_row(self, from_id);
    keep_tighter(&into, &from);
    into.target_asked |= from.target_asked;
    into.merge_into = 0;
    into.join_from = 0;
    into.stale = 1;
    if (rc == PAWL_OK) rc = pawl_add_i64(into.profit.e8, from.profit.e8, &into.profit.e8);
    if (rc == PAWL_OK) rc = tell_merged(self, into, &from, reason);
    if (rc == PAWL_OK) rc = move_lots(self, &into, &from);
    if (rc == PAWL_OK) rc = tranche_forget(self, &from);
    if (rc == PAWL_OK) rc = tranche_sum(self, &into, 0);
    if (rc == PAWL_OK) rc = tranche_levels(self, &into);
    return rc == PAWL_OK ? tranche_put(self, &into) : rc;
}

/* ---- that were asked for ---- */

int tranche_merge_wanted(struct tranche *self, uint64_t position, bool *ret_wait) {
    struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX];
    uint32_t count = tranche_all(self, position, rows);
    int rc = PAWL_OK;
    for (uint32_t i = 0; i < count && rc == PAWL_OK; i++) {
        if (rows[i].merge_into == 0) continue;
        uint64_t into = position << 16 | rows[i].merge_into;
        const struct tranche_rec_position_tranche to = tranche_row(self, into);
        /* It may have closed meanwhile, or an R stands. */
        if (to.id == 0 || !tranche_grows(self, &rows[i]) || !tranche_grows(self, &to)) {
            rows[i].merge_into = 0;
            rc = tranche_put(self, &rows[i]);
            continue;
        }
        if (tranche_is_quiet(self, &rows[i]) && tranche_is_quiet(self, &to))
            rc = tranche_merge(self, into, rows[i].id, "asked for");
        else
            *ret_wait = true;
    }
    return rc;
}

/* The rows of the ids in a JSON array, as bits, all of them where it is empty; PAWL_E_NOTFOUND. */
static int chosen(const char *text, const struct tranche_rec_position_tranche *rows, uint32_t count,
                  uint64_t *ret) {
    uint64_t bits = 0;
    for (const char *at = text; *at != '\0';) {
        char *end;
        at += strspn(at, "[], \t\"");
        if (*at == '\0') break;
        unsigned long id = strtoul(at, &end, 10);
        uint32_t i = 0;
        if (end == at) return PAWL_E_NOTFOUND;
        while (i < count && rows[i].tranche_id != id) i++;
        if (i == count) return PAWL_E_NOTFOUND;
        bits |= UINT64_C(1) << i;
        at = end;
    }
    *ret = bits != 0 ? bits : UINT64_MAX;
    return PAWL_OK;
}

/* One chosen tranche: its lots become one now, if they ever can. */
static int join_now(struct tranche *self, struct tranche_rec_position_tranche *row) {
    struct tranche_rec_order_relationship one;
    int rc = PAWL_OK;
    for (uint64_t id = row->first_lot; (one = tranche_lot(self, id)).id != 0;) {
        id = one.next_lot;
        one.apart = 0;
        rc = tranche_first(rc, tranche_put_lot(self, &one));
    }
    if (!row->joining) row->join_from = 0;
    return tranche_first(rc, tranche_put(self, row));
}

static int want_merge(struct tranche *self, uint64_t position,
                      const struct pawl_ev_consolidate *ask, const char *text) {
    struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX];
    const struct pawl_ev_entry about = {.instrument = ask->instrument};
    uint32_t count = tranche_all(self, position, rows), first = 0, others = 0;
    uint64_t bits;
    int rc = PAWL_OK;
    if (chosen(text, rows, count, &bits) != PAWL_OK)
        return pawl_entry_ignore(self->ctx, &about, "consolidate: there is no such tranche");
    for (uint32_t i = 0; i < count; i++)
        if ((bits >> i & 1) != 0 && !tranche_grows(self, &rows[i]))
            return pawl_entry_ignore(self->ctx, &about, "consolidate: tranche %u: its R stands",
                                     rows[i].tranche_id);
    while (first < count && (bits >> first & 1) == 0) first++;
    for (uint32_t i = first + 1; i < count && rc == PAWL_OK; i++) {
        if ((bits >> i & 1) == 0) continue;
        others++;
        rows[i].merge_into = rows[first].tranche_id + 1;
        rc = tranche_put(self, &rows[i]);
    }
    if (others == 0 && first < count) rc = join_now(self, &rows[first]);
    return rc == PAWL_OK ? tranche_settle(self, position) : rc;
}

int tranche_on_consolidate(struct tranche *self, const struct pawl_ev_consolidate *ask) {
    const struct tranche_rec_tranche_position *found;
    char text[PAWL_EVENT_SIZE_MAX + 1];
    int rc = pawl_event_text(&ask->head, ask->tranches, text);
    if (rc != PAWL_OK) return rc;
    for (uint64_t id = 0;
         (found = self->records->next(self->ctx, TRANCHE_REC_TRANCHE_POSITION, id)) != NULL;) {
        id = found->id;
        if (found->instrument != ask->instrument || (ask->side != 0 && found->side != ask->side))
            continue;
        rc = tranche_first(rc, want_merge(self, id, ask, text));
    }
    return rc;
}

/* ---- by themselves ---- */

static int64_t min_pnl_e8(const struct tranche *self) {
    return self->options.min_pnl_e8;
}

/* The first price at which the tranche gains more than the least. */
static int64_t gains_from_e8(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, row->instrument);
    int64_t fraction_e8;
    struct pawl_price level;
    if (in == NULL || row->quantity.e8 == 0 ||
        pawl_muldiv(min_pnl_e8(self), PAWL_E8, 100 * tranche_leverage_e8(self, row->account),
                    PAWL_ROUND_DOWN, &fraction_e8) != PAWL_OK ||
        tranche_price(in, row->side, row->cost, row->quantity, fraction_e8, &level) != PAWL_OK)
        return 0;
    if (!tranche_gains(self, row, level, min_pnl_e8(self)))
        level.e8 += tranche_is_long(row->side) ? in->tick.e8 : -in->tick.e8;
    return level.e8;
}

int tranche_arm_pairs(struct tranche *self, uint64_t position) {
    struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX];
    uint32_t count = self->options.merge ? tranche_all(self, position, rows) : 0;
    const uint64_t key = TRANCHE_KEY_POSITION(position);
    int64_t best_e8 = 0;
    if (count == 0) return PAWL_OK;
    bool is_long = tranche_is_long(rows[0].side);
    struct pawl_price now = tranche_exit_price(self, rows[0].instrument, rows[0].side);
    for (uint32_t i = 1; i < count; i++) {
        int64_t a = gains_from_e8(self, &rows[i - 1]), b = gains_from_e8(self, &rows[i]);
        int64_t both = is_long == (a > b) ? a : b;
        bool open = rows[i - 1].quantity.e8 > 0 && rows[i].quantity.e8 > 0 && a > 0 && b > 0;
        bool passed = now.e8 > 0 && (is_long ? both <= now.e8 : both >= now.e8);
        if (!open || passed) continue;
        if (best_e8 == 0 || (is_long ? both < best_e8 : both > best_e8)) best_e8 = both;
    }
    const struct pawl_trigger_spec spec = {.size = (uint32_t)sizeof spec,
                                           .instrument = rows[0].instrument,
                                           .source = PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                           .side = rows[0].side,
                                           .cross = is_long ? PAWL_CROSS_AT_OR_ABOVE
                                                            : PAWL_CROSS_AT_OR_BELOW,
                                           .level = {best_e8}};
    if (best_e8 != 0) return self->triggers->arm(self->ctx, key, &spec);
    self->triggers->disarm(self->ctx, key);
    return PAWL_OK;
}

static bool may_merge(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    return row->quantity.e8 > 0 && tranche_grows(self, row);
}

int tranche_merge_profitable(struct tranche *self, uint64_t position, bool *ret_wait) {
    struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX];
    uint32_t count = tranche_all(self, position, rows);
    struct pawl_price now = {0};
    int rc = PAWL_OK;
    if (!self->options.merge || count == 0) return PAWL_OK;
    now = tranche_exit_price(self, rows[0].instrument, rows[0].side);
    for (uint32_t i = 1; now.e8 > 0 && i < count && rc == PAWL_OK; i++) {
        if (!may_merge(self, &rows[i - 1]) || !may_merge(self, &rows[i]) ||
            !tranche_gains(self, &rows[i - 1], now, min_pnl_e8(self)) ||
            !tranche_gains(self, &rows[i], now, min_pnl_e8(self)))
            continue;
        if (!tranche_is_quiet(self, &rows[i - 1]) || !tranche_is_quiet(self, &rows[i])) {
            *ret_wait = true;
            continue;
        }
        rc = tranche_merge(self, rows[i - 1].id, rows[i].id, "both in profit");
        count = tranche_all(self, position, rows);
        i = 0;
    }
    return rc == PAWL_OK ? tranche_arm_pairs(self, position) : rc;
}

int tranche_merge_nearest(struct tranche *self, uint64_t position) {
    struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX];
    uint32_t count = tranche_all(self, position, rows), into = 0, from = 0;
    int64_t nearest_e8 = INT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = i + 1; j < count; j++) {
            int64_t way_e8 = rows[i].entry.e8 - rows[j].entry.e8;
            if (way_e8 < 0) way_e8 = -way_e8;
            if (way_e8 >= nearest_e8 || !may_merge(self, &rows[i]) || !may_merge(self, &rows[j]) ||
                !tranche_is_quiet(self, &rows[i]) || !tranche_is_quiet(self, &rows[j]))
                continue;
            nearest_e8 = way_e8;
            into = i;
            from = j;
        }
    }
    if (into == from) return PAWL_E_BUSY;
    int rc = tranche_merge(self, rows[into].id, rows[from].id, "room for another");
    return rc == PAWL_OK ? tranche_settle(self, position) : rc;
}
