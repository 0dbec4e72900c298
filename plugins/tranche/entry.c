/* An entry: the tranche it belongs to is chosen when it is placed, and it is a lot of that one. */
#include <stdarg.h>
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

int tranche_ignore(struct tranche *self, const struct pawl_ev_entry *ask, const char *format, ...) {
    struct pawl_ev_entry_ignored event = {
        .head = {.size = (uint32_t)sizeof event, .type = PAWL_EV_ENTRY_IGNORED},
        .instrument = ask->instrument,
        .component = self->ctx->component,
        .side = ask->side};
    va_list args;
    va_start(args, format);
    vsnprintf(event.reason, sizeof event.reason, format, args);
    va_end(args);
    memcpy(event.ref, ask->ref, sizeof event.ref);
    self->ctx->host->log(self->ctx, PAWL_LOG_INFO, "an entry is ignored: %s", event.reason);
    return self->ctx->host->publish(self->ctx, &event.head);
}

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
    const struct pawl_account_info *account;
    if (!self->options.simulate)
        return ask->account != 0 || in == NULL ? ask->account : in->account;
    for (uint32_t id = 1; (account = self->market->account(self->ctx, id)) != NULL; id++)
        if (strcmp(account->name, self->options.simulate_account) == 0) return id;
    return 0;
}

static int read_place(struct tranche *self, const struct pawl_ev_entry *ask, struct place *place,
                      struct pawl_err *err) {
    const struct pawl_market_state *now = self->market->state(self->ctx, ask->instrument);
    place->in = self->market->instrument(self->ctx, ask->instrument);
    place->account = account_of(self, ask);
    place->side =
        ask->side == PAWL_SIDE_BUY ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
    place->kind = ask->order_kind == 0 ? PAWL_KIND_MARKET : ask->order_kind;
    place->price = ask->order_price;
    if (place->in == NULL) return tranche_fail(err, PAWL_E_INVAL, "no such instrument");
    if (place->account == 0) return tranche_fail(err, PAWL_E_INVAL, "no such account");
    if (place->kind == PAWL_KIND_MARKET && now != NULL)
        place->price = tranche_is_long(place->side) ? now->ask : now->bid;
    if (place->price.e8 <= 0) return tranche_fail(err, PAWL_E_INVAL, "no price to enter at");
    tranche_percents(self, place->in->symbol, &place->tp, &place->sl);
    place->target_asked = ask->target_pct.e8 != 0;
    if (ask->target_pct.e8 != 0) place->tp = ask->target_pct;
    if (ask->stop_pct.e8 != 0) place->sl = ask->stop_pct;
    if (ask->tags.len == 0) return PAWL_OK;
    if (ask->head.size > PAWL_EVENT_SIZE_MAX || ask->tags.off > ask->head.size ||
        ask->tags.len > ask->head.size - ask->tags.off)
        return tranche_fail(err, PAWL_E_DATA, "its tags are malformed");
    memcpy(place->tags, (const char *)ask + ask->tags.off, ask->tags.len);
    return PAWL_OK;
}

/* ---- which tranche ---- */

static uint32_t orders_of(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    const struct tranche_rec_order_relationship *one;
    uint32_t count = 0;
    for (uint64_t id = row->first_lot; (one = tranche_lot(self, id)) != NULL;) {
        uint64_t next = one->next_lot;
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
        count += lot != NULL && tranche_lot_waits(lot);
        id = next;
    }
    return count;
}

/* R stands, and another component goes by it: the tranche does not grow. */
static bool is_held(struct tranche *self, const struct tranche_rec_position_tranche *row) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->first_lot);
    return lot != NULL && lot->hold_stop != self->ctx->component && lot->r_frozen;
}

/* May the entry go into this tranche, such as it is? */
static int check_room(struct tranche *self, const struct pawl_ev_entry *ask,
                      const struct tranche_rec_position_tranche *row, struct pawl_err *err) {
    if (is_held(self, row))
        return tranche_fail(err, PAWL_E_STATE, "tranche %u: its R stands, it grows no more",
                            row->tranche_id);
    if (orders_of(self, row) >= self->options.max_orders)
        return tranche_fail(err, PAWL_E_BUSY, "tranche %u has %d orders, the most there may be",
                            row->tranche_id, (int)self->options.max_orders);
    if (ask->profile[0] != '\0' && strcmp(ask->profile, row->profile) != 0)
        return tranche_fail(err, PAWL_E_INVAL, "tranche %u has another profile", row->tranche_id);
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
        return tranche_fail(err, PAWL_E_BUSY, "there are %u tranches, the most there may be",
                            count);
    if (lost && self->options.at_max == TRANCHE_MERGE) {
        int rc = tranche_merge_nearest(self, position);
        return rc == PAWL_E_BUSY
                   ? tranche_fail(err, rc, "there are %u tranches, none can be merged now", count)
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
    if (rc != PAWL_OK) return tranche_fail(err, rc, "the stop is no price");
    rc = tranche_size(self, ask, place->account, place->price, spec.stop, &spec.quantity, err);
    if (rc == PAWL_OK) rc = self->book->open(self->ctx, &spec, ret_lot, err);
    return rc == PAWL_OK ? rc : tranche_fail(err, rc, "the book refuses it (%d)", rc);
}

int tranche_begin(struct tranche *self, struct tranche_rec_tranche_position *position,
                  struct tranche_rec_position_tranche *row, uint64_t lot) {
    int64_t now = self->ctx->host->now_ns(self->ctx);
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
    const struct tranche_rec_tranche_position *found = tranche_position(self, known);
    struct tranche_rec_tranche_position position = {.instrument = ask->instrument,
                                                    .account = place->account,
                                                    .side = place->side};
    struct tranche_rec_position_tranche row = {.stop_pct = place->sl,
                                               .target_pct = place->tp,
                                               .target_asked = place->target_asked};
    uint64_t lot;
    if (found != NULL) position = *found;
    if (position.next >= UINT16_MAX)
        return tranche_fail(err, PAWL_E_BUSY, "the position has had %u tranches", position.next);
    row.tranche_id = position.next;
    memcpy(row.profile, ask->profile, sizeof row.profile);
    memcpy(row.ref, ask->ref, sizeof row.ref);
    int rc = open_lot(self, ask, place, &row, &lot, err);
    return rc == PAWL_OK ? tranche_begin(self, &position, &row, lot) : rc;
}

static int add_to(struct tranche *self, const struct pawl_ev_entry *ask, const struct place *place,
                  uint64_t id, struct pawl_err *err) {
    struct tranche_rec_position_tranche row = *tranche_row(self, id);
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
    if (why != NULL) return tranche_ignore(self, ask, "%s", why);
    int rc = read_place(self, ask, &place, &err);
    if (rc == PAWL_OK) {
        const struct tranche_rec_tranche_position *known =
            tranche_find(self, ask->instrument, place.account, place.side);
        if (known != NULL) position = known->id;
        rc = choose(self, ask, position, &row, &err);
    }
    if (rc == PAWL_OK)
        rc = row == 0 ? begin_new(self, ask, &place, position, &err)
                      : add_to(self, ask, &place, row, &err);
    return rc == PAWL_OK ? rc : tranche_ignore(self, ask, "%s", err.text);
}
