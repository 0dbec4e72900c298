/* An entry: the tranche it belongs to is chosen when it is placed, and it is a lot of that one. */
#include <stdio.h>
#include <string.h>

#include "tranche.h"

struct place { /* what an entry comes to */
    const struct pawl_instrument *in;
    uint32_t account;
    uint8_t side, kind;
    struct pawl_price price; /* expected: its own, or the side of the quote it takes */
    struct pawl_ratio tp, sl;
    bool target_asked;
    char tags[PAWL_EVENT_SIZE_MAX + 1];
};

/* ---- what is asked ---- */

static const char *why_not(const struct tranche *self, const struct pawl_ev_entry *ask) {
    if (!self->options.enabled) return "tranche is switched off";
    if (ask->leg_count != 0 || ask->link_to[0] != '\0') return "a tranche has no legs and no links";
    if (ask->stop_price.e8 != 0 || ask->target_price.e8 != 0 || ask->stop_atr || ask->target_atr)
        return "stop and target follow the average: say them as pct";
    if (ask->trailing_stop_pct.e8 != 0 || ask->close_at != 0 || ask->max_hold_minutes != 0)
        return "a tranche does not trail and has no time limit";
    if (ask->stop_pct.e8 < 0 || ask->stop_pct.e8 >= PAWL_E8 || ask->target_pct.e8 < 0 ||
        ask->target_pct.e8 >= PAWL_E8)
        return "stop and target are fractions below 1";
    if (ask->quantity.e8 < 0 || ask->allocation.e8 < 0 || ask->risk_pct.e8 < 0)
        return "a quantity is not below 0";
    return NULL;
}

static uint32_t account_of(struct tranche *self, const struct pawl_ev_entry *ask) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, ask->instrument);
    if (!self->options.simulate)
        return ask->account != 0 || in == NULL ? ask->account : in->account;
    const struct pawl_account_info *account =
        self->market->account_by_name(self->ctx, self->options.simulate_account);
    return account == NULL ? 0 : account->id;
}

static int read_place(struct tranche *self, const struct pawl_ev_entry *ask, struct place *place,
                      struct pawl_err *err) {
    place->in = self->market->instrument(self->ctx, ask->instrument);
    place->account = account_of(self, ask);
    const struct pawl_market_state *now = self->market->state(self->ctx, ask->instrument);
    place->side =
        ask->side == PAWL_SIDE_BUY ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
    place->kind = ask->order_kind == 0 ? PAWL_KIND_MARKET : ask->order_kind;
    place->price = ask->order_price;
    if (place->in == NULL) return pawl_fail(err, PAWL_E_INVAL, "no such instrument");
    if (place->account == 0) return pawl_fail(err, PAWL_E_INVAL, "no such account");
    if (place->kind == PAWL_KIND_MARKET && now != NULL)
        place->price = tranche_is_long(place->side) ? now->ask : now->bid;
    if (place->price.e8 <= 0) return pawl_fail(err, PAWL_E_INVAL, "no price to enter at");
    tranche_percents(self, place->in->symbol, &place->tp, &place->sl);
    place->target_asked = ask->target_pct.e8 != 0;
    if (ask->target_pct.e8 != 0) place->tp = ask->target_pct;
    if (ask->stop_pct.e8 != 0) place->sl = ask->stop_pct;
    int rc = pawl_event_text(&ask->head, ask->tags, place->tags);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "its tags are malformed");
}

/* ---- which tranche ---- */

static uint32_t orders_of(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    struct tranche_rec_order_relationship one;
    uint32_t count = 0;
    for (uint64_t id = row->first_lot; (one = tranche_lot(self, id)).id != 0;) {
        uint64_t next = one.next_lot;
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
        count += lot != NULL && tranche_lot_waits(lot);
        id = next;
    }
    return count;
}

/* May the entry go into this tranche, such as it is? */
static int check_room(struct tranche *self, const struct pawl_ev_entry *ask,
                      const struct tranche_rec_position_tranche *row, struct pawl_err *err) {
    if (!tranche_grows(self, row))
        return pawl_fail(err, PAWL_E_STATE, "tranche %u: its R stands, it grows no more",
                         row->tranche_id);
    if (orders_of(self, row) >= self->options.max_orders)
        return pawl_fail(err, PAWL_E_BUSY, "tranche %u has %d orders, the most there may be",
                         row->tranche_id, (int)self->options.max_orders);
    if (ask->profile[0] != '\0' && strcmp(ask->profile, row->profile) != 0)
        return pawl_fail(err, PAWL_E_INVAL, "tranche %u has another profile", row->tranche_id);
    return PAWL_OK;
}

/* The row of the tranche it goes into, 0 = a new one; PAWL_E_* with a sentence. */
static int choose(struct tranche *self, const struct pawl_ev_entry *ask, uint64_t position,
                  uint64_t *ret_row, struct pawl_err *err) {
    struct tranche_rec_position_tranche rows[TRANCHE_OF_POSITION_MAX];
    uint32_t count = position == 0 ? 0 : tranche_all(self, position, rows);
    *ret_row = 0;
    if (count == 0) return PAWL_OK;
    const struct tranche_rec_position_tranche *last = &rows[count - 1];
    struct pawl_price now = tranche_exit_price(self, last->instrument, last->side);
    bool lost = last->quantity.e8 > 0 && now.e8 > 0 && /* what has not filled has no average */
                !tranche_gains(self, last, now, -self->options.increment_e8);
    if (lost && count < self->options.max_tranches) return PAWL_OK;
    if (lost && self->options.at_max == TRANCHE_REFUSE)
        return pawl_fail(err, PAWL_E_BUSY, "there are %u tranches, the most there may be", count);
    if (lost && self->options.at_max == TRANCHE_MERGE) {
        int rc = tranche_merge_nearest(self, position);
        return rc == PAWL_E_BUSY
                   ? pawl_fail(err, rc, "there are %u tranches, none can be merged now", count)
                   : rc;
    }
    *ret_row = last->id;
    return check_room(self, ask, last, err);
}

/* ---- placing it ---- */

static int64_t expires(struct tranche *self, const struct pawl_ev_entry *ask,
                       const struct place *place, uint32_t tranche) {
    int64_t seconds = self->options.stale_seconds;
    if (ask->expires != 0 || place->kind == PAWL_KIND_MARKET) return ask->expires;
    for (uint32_t i = 0; i < self->ttl_count; i++)
        if (self->ttls[i].tranche == tranche) seconds = self->ttls[i].seconds;
    return self->ctx->host->now_ns(self->ctx) + seconds * PAWL_NS;
}

static int open_lot(struct tranche *self, const struct pawl_ev_entry *ask,
                    const struct place *place, const struct tranche_rec_position_tranche *row,
                    uint64_t *ret_lot, struct pawl_err *err) {
    struct pawl_lot_spec spec = {.size = (uint32_t)sizeof spec,
                                 .instrument = ask->instrument,
                                 .account = place->account,
                                 .side = place->side,
                                 .entry_kind = place->kind,
                                 .entry_price = ask->order_price,
                                 .expires = expires(self, ask, place, row->tranche_id),
                                 .profile = row->profile[0] != '\0' ? row->profile : NULL,
                                 .ref = ask->ref[0] != '\0' ? ask->ref : NULL,
                                 .tags = place->tags[0] != '\0' ? place->tags : NULL,
                                 .ratchet = PAWL_RATCHET_RECOMPUTE};
    int rc = tranche_price(place->in, place->side, (struct pawl_money){place->price.e8},
                           (struct pawl_qty){PAWL_E8}, -row->stop_pct.e8, &spec.stop);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "the stop is no price");
    rc = tranche_size(self, ask, place->account, place->price, spec.stop, &spec.quantity, err);
    if (rc == PAWL_OK) rc = self->book->open(self->ctx, &spec, ret_lot, err);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "the book refuses it (%d)", rc);
}

int tranche_begin(struct tranche *self, struct tranche_rec_tranche_position *position,
                  struct tranche_rec_position_tranche *row, uint64_t lot) {
    int64_t now = self->ctx->host->now_ns(self->ctx);
    if (position->next >= TRANCHE_IDS_MAX) return PAWL_E_BUSY;
    if (position->id == 0) {
        position->id = lot;
        position->created = now;
    }
    row->position = position->id;
    row->tranche_id = position->next++;
    row->id = row->position << 16 | (row->tranche_id + 1);
    row->instrument = position->instrument;
    row->account = position->account;
    row->side = position->side;
    row->status = PAWL_TRANCHE_STATUS_PENDING;
    row->created = now;
    position->tranches++;
    int rc = tranche_put_position(self, position);
    if (rc == PAWL_OK) rc = tranche_link(self, row, lot);
    return rc == PAWL_OK ? tranche_put(self, row) : rc;
}

static int begin_new(struct tranche *self, const struct pawl_ev_entry *ask,
                     const struct place *place, uint64_t known, struct pawl_err *err) {
    const struct tranche_rec_tranche_position found = tranche_position(self, known);
    struct tranche_rec_tranche_position position = {.instrument = ask->instrument,
                                                    .account = place->account,
                                                    .side = place->side};
    struct tranche_rec_position_tranche row = {.stop_pct = place->sl,
                                               .target_pct = place->tp,
                                               .target_asked = place->target_asked};
    uint64_t lot;
    if (found.id != 0) position = found;
    if (position.next >= TRANCHE_IDS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "the position has had %u tranches", position.next);
    row.tranche_id = position.next;
    memcpy(row.profile, ask->profile, sizeof row.profile);
    memcpy(row.ref, ask->ref, sizeof row.ref);
    int rc = open_lot(self, ask, place, &row, &lot, err);
    return rc == PAWL_OK ? tranche_begin(self, &position, &row, lot) : rc;
}

static int add_to(struct tranche *self, const struct pawl_ev_entry *ask, const struct place *place,
                  uint64_t id, struct pawl_err *err) {
    struct tranche_rec_position_tranche row = tranche_row(self, id);
    uint64_t lot;
    int rc = open_lot(self, ask, place, &row, &lot, err);
    if (rc == PAWL_OK) rc = tranche_link(self, &row, lot);
    return rc == PAWL_OK ? tranche_put(self, &row) : rc;
}

int tranche_on_entry(struct tranche *self, const struct pawl_ev_entry *ask) {
    struct place place = {0};
    struct pawl_err err = {0};
    uint64_t position = 0, row = 0;
    const char *why = why_not(self, ask);
    if (why != NULL) return pawl_entry_ignore(self->ctx, ask, "%s", why);
    int rc = read_place(self, ask, &place, &err);
    if (rc == PAWL_OK) {
        const struct tranche_rec_tranche_position known =
            tranche_find(self, ask->instrument, place.account, place.side);
        if (known.id != 0) position = known.id;
        rc = choose(self, ask, position, &row, &err);
    }
    if (rc == PAWL_OK)
        rc = row == 0 ? begin_new(self, ask, &place, position, &err)
                      : add_to(self, ask, &place, row, &err);
    /* An error without a sentence is no refusal: there may be a lot. */
    return err.rc == PAWL_OK ? rc : pawl_entry_ignore(self->ctx, ask, "%s", err.text);
}
