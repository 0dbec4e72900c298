/* What components ask of a lot: checked, applied to the book at once; orders follow at the end of
 * the turn. */
#include <string.h>

#include "base/err.h"
#include "book/market.h"
#include "book/money.h"
#include "book/report.h"
#include "exec/steps.h"

static struct lot *find(struct exec *exec, uint64_t id, struct pawl_err *err) {
    struct lot *lot = book_lot(exec->book, id);
    if (lot == NULL) {
        pawl_fail(err, PAWL_E_NOTFOUND, "there is no lot %llu", (unsigned long long)id);
        return NULL;
    }
    if (lot->rec.state == PAWL_LOT_STATE_CLOSED) {
        pawl_fail(err, PAWL_E_STATE, "lot %llu is closed", (unsigned long long)id);
        return NULL;
    }
    return lot;
}

static int deny(struct exec *exec, const struct lot *lot, uint32_t caller, const char *aspect,
                uint32_t holder, struct pawl_err *err) {
    const char *who = names_text(exec->book->names, NAME_COMPONENT, caller);
    const char *owns =
        holder == 0 ? "keeper" : names_text(exec->book->names, NAME_COMPONENT, holder);
    if (!exec->trial)
        report_conflict(exec->book, "concurrent_modification", lot, NULL, "refused",
                        "%s does not hold the %s aspect, %s does", who, aspect, owns);
    return pawl_fail(err, PAWL_E_DENIED, "%s does not hold the %s aspect of lot %llu, %s does", who,
                     aspect, (unsigned long long)lot->rec.id, owns);
}

static bool is_operator(const struct exec *exec, uint32_t caller) {
    return caller == exec->operator_id;
}

/* ---- open ---- */

/* Plugins built before it existed send a shorter spec. */
static uint8_t entry_role(const struct pawl_lot_spec *spec) {
    return spec->size < sizeof *spec ? 0 : spec->entry_role;
}

static uint8_t ratchet_of(const struct pawl_lot_spec *spec) {
    return spec->size < sizeof *spec || spec->ratchet == 0 ? PAWL_RATCHET_STRICT : spec->ratchet;
}

/* The one it names, else the instrument's; "" = the opener holds everything. */
static const char *profile_of(const struct exec *exec, const struct pawl_lot_spec *spec) {
    bool says = spec->profile != NULL && spec->profile[0] != '\0';
    return says ? spec->profile : exec->book->instruments[spec->instrument].def.profile;
}

static int check_spec(struct exec *exec, const struct pawl_lot_spec *spec, uint32_t account,
                      struct pawl_err *err) {
    struct book *book = exec->book;
    if (spec->size < PAWL_LOT_SPEC_SIZE_MIN)
        return pawl_fail(err, PAWL_E_ABI, "lot spec is too small");
    if (entry_role(spec) != 0 && !role_is_entry(entry_role(spec)))
        return pawl_fail(err, PAWL_E_INVAL, "role %u is none of an entry", entry_role(spec));
    if (spec->instrument == 0 || spec->instrument > book->instrument_count ||
        book->instruments[spec->instrument].def.id == 0)
        return pawl_fail(err, PAWL_E_INVAL, "instrument %u is not configured", spec->instrument);
    if (account == 0 || account > book->account_count || book->accounts[account].info.id == 0)
        return pawl_fail(err, PAWL_E_INVAL, "the instrument has no account");
    if (spec->side != PAWL_POSITION_SIDE_LONG && spec->side != PAWL_POSITION_SIDE_SHORT)
        return pawl_fail(err, PAWL_E_INVAL, "side %u is neither LONG nor SHORT", spec->side);
    if (spec->entry_kind != PAWL_KIND_MARKET && spec->entry_kind != PAWL_KIND_LIMIT &&
        spec->entry_kind != PAWL_KIND_STOP)
        return pawl_fail(err, PAWL_E_INVAL, "an entry is a market, limit or stop order");
    if (spec->entry_kind != PAWL_KIND_MARKET && spec->entry_price.e8 <= 0)
        return pawl_fail(err, PAWL_E_INVAL, "a limit or stop entry needs its price");
    const struct lot *other = book_lot(book, spec->after_lot);
    if (spec->after == PAWL_AFTER_KIND_LOT_CONCLUDED &&
        (other == NULL || other->rec.instrument != spec->instrument))
        return pawl_fail(err, PAWL_E_INVAL, "the lot to wait for is none of the same instrument");
    return PAWL_OK;
}

/* The stop stands on the losing side of the entry, the target on the winning one, and no closer
 * than the venue allows. A level on the right side is rounded: the stop tighter, the target away.
 */
static int check_levels(struct exec *exec, const struct pawl_lot_spec *spec,
                        struct pawl_price *stop, struct pawl_price *target, struct pawl_err *err) {
    const struct pawl_instrument *in = &exec->book->instruments[spec->instrument].def;
    bool is_long = spec->side == PAWL_POSITION_SIDE_LONG, is_stale;
    struct pawl_price entry =
        spec->entry_kind == PAWL_KIND_MARKET
            ? market_entry(exec->book, spec->instrument, spec->side, &is_stale)
            : spec->entry_price;
    if (spec->stop.e8 <= 0)
        return pawl_fail(err, PAWL_E_INVAL, "an entry carries its initial stop");
    if (pawl_round_to(spec->stop.e8, in->tick.e8, is_long ? PAWL_ROUND_UP : PAWL_ROUND_DOWN,
                      &stop->e8) != PAWL_OK ||
        pawl_round_to(spec->target.e8, in->tick.e8, is_long ? PAWL_ROUND_UP : PAWL_ROUND_DOWN,
                      &target->e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "stop or target is out of range");
    if (entry.e8 == 0) return PAWL_OK; /* no price yet: the gate refuses it as such */
    int64_t risk_e8 = is_long ? entry.e8 - stop->e8 : stop->e8 - entry.e8;
    int64_t gain_e8 = is_long ? target->e8 - entry.e8 : entry.e8 - target->e8;
    char a[PAWL_E8_TEXT_MAX], b[PAWL_E8_TEXT_MAX];
    pawl_format_e8(entry.e8, b);
    if (risk_e8 <= 0 || risk_e8 < in->min_stop_distance.e8) {
        pawl_format_e8(stop->e8, a);
        return pawl_fail(err, PAWL_E_INVAL, "stop %s is on the wrong side of %s or too close to it",
                         a, b);
    }
    if (target->e8 != 0 && gain_e8 <= 0) {
        pawl_format_e8(target->e8, a);
        return pawl_fail(err, PAWL_E_INVAL, "target %s is on the wrong side of %s", a, b);
    }
    return PAWL_OK;
}

static void fill_entry(struct exec *exec, struct lot *lot, const struct pawl_lot_spec *spec,
                       int64_t quantity_e8) {
    int64_t now = book_now(exec->book);
    struct pawl_common_lot *rec = &lot->rec;
    rec->entry_kind = spec->entry_kind;
    rec->entry_tif = PAWL_TIF_GTC;
    rec->entry_gen = 1;
    rec->enter_up_to.e8 = quantity_e8;
    rec->entry_price = spec->entry_price;
    rec->entry_role = entry_role(spec);
    rec->entry_expires = spec->expires == PAWL_EXPIRES_NEVER ? 0 : spec->expires;
    if (spec->expires == 0 &&
        (spec->entry_kind != PAWL_KIND_MARKET || spec->after <= PAWL_AFTER_KIND_NOW))
        rec->entry_expires = now + exec->set->entry_limit_expires_ns;
    rec->after = spec->after != 0 ? spec->after : PAWL_AFTER_KIND_NOW;
    if (spec->after_lot != 0) book_lot_rare(exec->book, lot)->rec.after_lot = spec->after_lot;
    rec->state = PAWL_LOT_STATE_ENTERING;
    if (rec->after != PAWL_AFTER_KIND_NOW) {
        rec->state = PAWL_LOT_STATE_WAITING;
        RARE_SET(exec->book, lot, rec.after_expires,
                 spec->after_expires != 0 ? spec->after_expires : now + 60 * PAWL_NS);
    }
    rec->exit_kind = PAWL_KIND_MARKET;
    rec->stop_trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    rec->stop_mode = PAWL_LEVEL_MODE_REST;
    rec->stop_gen = 1;
    rec->ratchet = ratchet_of(spec);
    rec->protection = PAWL_PROTECTION_NONE;
}

/* Tags become rows of their own: {"bot_id":"b1", ...}, already checked when the event was read. */
static void keep_tags(struct exec *exec, const struct lot *lot, const char *tags) {
    uint64_t n = 0;
    while (tags != NULL && (tags = strchr(tags, '"')) != NULL && n < 8) {
        const char *name = tags + 1, *name_end = strchr(name, '"');
        const char *value = name_end == NULL ? NULL : strchr(name_end + 1, '"');
        const char *end = value == NULL ? NULL : strchr(value + 1, '"');
        if (end == NULL) return;
        struct pawl_rec_lot_tag rec = {.id = lot->rec.id << 8 | ++n, .lot = lot->rec.id};
        size_t name_len = (size_t)(name_end - name), value_len = (size_t)(end - value - 1);
        if (name_len < sizeof rec.name && value_len < sizeof rec.value) {
            memcpy(rec.name, name, name_len);
            memcpy(rec.value, value + 1, value_len);
            book_put(exec->book, PAWL_REC_LOT_TAG, &rec);
        }
        tags = end + 1;
    }
}

struct opening { /* a spec that was judged, in the venue's units */
    uint32_t account;
    struct pawl_price stop, target;
    int64_t quantity_e8;
};

/* What the spec says and what the gate says, for `count` lots like it. */
static int judge(struct exec *exec, uint32_t caller, const struct pawl_lot_spec *spec,
                 uint32_t count, struct opening *ret, struct pawl_err *err) {
    struct book *book = exec->book;
    char why[128];
    *ret = (struct opening){.account = spec->account};
    if (ret->account == 0 && spec->instrument <= book->instrument_count)
        ret->account = book->instruments[spec->instrument].def.account;
    int rc = check_spec(exec, spec, ret->account, err);
    if (rc == PAWL_OK) rc = profile_check(exec, profile_of(exec, spec), caller, err);
    if (rc == PAWL_OK) rc = check_levels(exec, spec, &ret->stop, &ret->target, err);
    if (rc != PAWL_OK) return rc;
    const struct pawl_instrument *in = &book->instruments[spec->instrument].def;
    if (pawl_round_to(spec->quantity.e8, in->step.e8, PAWL_ROUND_DOWN, &ret->quantity_e8) !=
        PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "quantity is out of range");
    struct risk_ask ask = {.instrument = spec->instrument,
                           .account = ret->account,
                           .side = spec->side,
                           .quantity = {ret->quantity_e8},
                           .price = spec->entry_price,
                           .stop = ret->stop,
                           .rests = entry_role(spec) == PAWL_ROLE_DOUBLEDOWN,
                           .count = count,
                           .ref = spec->ref};
    bool waits = spec->after > PAWL_AFTER_KIND_NOW; /* the gate asks again when it enters */
    if (!waits && risk_entry(exec, &ask, why) != RISK_PASS)
        return pawl_fail(err, PAWL_E_REJECTED, "%s", why[0] != '\0' ? why : "entries have to wait");
    if (waits && ret->quantity_e8 < in->min_quantity.e8)
        return pawl_fail(err, PAWL_E_INVAL, "quantity is below the minimum");
    return PAWL_OK;
}

int want_may_open(struct exec *exec, uint32_t caller, const struct pawl_lot_spec *spec,
                  uint32_t count, struct pawl_err *err) {
    struct opening unused;
    if (exec->trial) return pawl_fail(err, PAWL_E_STATE, "no lot opens before it has taken over");
    if (count == 0) return pawl_fail(err, PAWL_E_INVAL, "no lot is asked for");
    return judge(exec, caller, spec, count, &unused, err);
}

int want_open(struct exec *exec, uint32_t caller, const struct pawl_lot_spec *spec,
              uint64_t *ret_lot, struct pawl_err *err) {
    struct book *book = exec->book;
    struct opening opening;
    if (exec->trial) return pawl_fail(err, PAWL_E_STATE, "no lot opens before it has taken over");
    int rc = judge(exec, caller, spec, 1, &opening, err);
    if (rc != PAWL_OK) return rc;
    struct lot *lot = book_lot_new(book, err);
    if (lot == NULL) return err != NULL ? err->rc : PAWL_E_NOMEM;
    lot->rec.instrument = spec->instrument;
    lot->rec.account = opening.account;
    lot->rec.owner = caller;
    lot->rec.side = spec->side;
    lot->rec.stop = lot->rec.initial_stop = opening.stop;
    TEXT_SET(lot->rec.profile, profile_of(exec, spec));
    book_lot_text(exec->book, lot, LOT_REF, spec->ref);
    lot_hold(exec, lot, lot->rec.profile, caller);
    fill_entry(exec, lot, spec, opening.quantity_e8);
    keep_tags(exec, lot, spec->tags);
    book_lot_link(book, lot);
    book_changed(book, lot);
    book_dirty(book, lot);
    if (opening.target.e8 != 0) {
        struct pawl_rec_target *first = lot_target(lot, 0);
        if (first != NULL) {
            first->price = opening.target;
            first->quantity.e8 = PAWL_QTY_ALL;
            first->generation = 1;
            first->mode = spec->target_mode != 0 ? spec->target_mode : PAWL_LEVEL_MODE_REST;
            first->trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
            lot->targets_changed = true;
        }
    }
    report_lot_opened(book, lot);
    *ret_lot = lot->rec.id;
    return PAWL_OK;
}

/* ---- grow and reduce ---- */

int want_enter(struct exec *exec, uint32_t caller, uint64_t id, struct pawl_qty total,
               struct pawl_err *err) {
    struct lot *lot = find(exec, id, err);
    if (lot == NULL) return err != NULL && err->rc != PAWL_OK ? err->rc : PAWL_E_NOTFOUND;
    if (caller != lot->rec.hold_grow && !is_operator(exec, caller))
        return deny(exec, lot, caller, "grow", lot->rec.hold_grow, err);
    if (total.e8 < 0) return pawl_fail(err, PAWL_E_INVAL, "a negative quantity");
    if (total.e8 > lot->rec.enter_up_to.e8) {
        if (lot_is_closing(lot)) return pawl_fail(err, PAWL_E_STATE, "the lot is closing");
        if (lot_is_complete_ticket(exec, lot))
            return pawl_fail(err, PAWL_E_STATE,
                             "the venue would open another position for it: open another lot");
    }
    if (exec->trial) return PAWL_OK;
    if (total.e8 > lot->rec.enter_up_to.e8) {
        lot->rec.entry_spent = 0;
        lot->rec.entry_tries = 0;
        lot->rec.entry_expires = book_now(exec->book) + exec->set->entry_limit_expires_ns;
        lot->rec.entry_kind = PAWL_KIND_MARKET;
        lot->rec.entry_price.e8 = 0;
    }
    lot->rec.enter_up_to = total.e8 > lot->rec.entered.e8 ? total : lot->rec.entered;
    lot->rec.entry_gen++;
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    return PAWL_OK;
}

int want_add(struct exec *exec, uint32_t caller, uint64_t id, struct pawl_qty total,
             struct pawl_price price, struct pawl_err *err) {
    struct lot *lot = find(exec, id, err);
    if (lot == NULL) return err != NULL && err->rc != PAWL_OK ? err->rc : PAWL_E_NOTFOUND;
    if (caller != lot->rec.hold_grow && !is_operator(exec, caller))
        return deny(exec, lot, caller, "grow", lot->rec.hold_grow, err);
    const struct pawl_instrument *in = &exec->book->instruments[lot->rec.instrument].def;
    bool is_long = lot->rec.side == PAWL_POSITION_SIDE_LONG;
    struct pawl_qty quantity;
    struct pawl_price level;
    if (total.e8 < 0 || (total.e8 > 0 && price.e8 <= 0) ||
        pawl_round_to(total.e8, in->step.e8, PAWL_ROUND_DOWN, &quantity.e8) != PAWL_OK ||
        pawl_round_to(price.e8, in->tick.e8, is_long ? PAWL_ROUND_DOWN : PAWL_ROUND_UP,
                      &level.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_INVAL, "growth is a quantity and the price of its limit");
    if (total.e8 > 0 && lot_is_complete_ticket(exec, lot))
        return pawl_fail(err, PAWL_E_STATE,
                         "the venue would open another position for it: open another lot");
    if (total.e8 > 0 && (lot->rec.state != PAWL_LOT_STATE_OPEN || lot_is_closing(lot)))
        return pawl_fail(err, PAWL_E_STATE, "only an open lot can grow");
    if (exec->trial) return PAWL_OK;
    RARE_SET(exec->book, lot, rec.add_up_to.e8, quantity.e8);
    RARE_SET(exec->book, lot, rec.add_price.e8, level.e8);
    lot->rec.add_gen++;
    lot->rec.add_spent = lot->rec.add_tries = 0;
    RARE_SET(exec->book, lot, add_retry_ns, 0);
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    return PAWL_OK;
}

/* Less than a step could never be sent, and would stand in the way of what takes the rest. */
static int64_t exit_on_step(const struct exec *exec, const struct lot *lot, int64_t at_least_e8) {
    int64_t step_e8 = exec->book->instruments[lot->rec.instrument].def.step.e8;
    int64_t more_e8 = at_least_e8 - lot->rec.exited.e8;
    if (more_e8 <= 0 || pawl_round_to(more_e8, step_e8, PAWL_ROUND_DOWN, &more_e8) != PAWL_OK)
        more_e8 = 0;
    return lot->rec.exited.e8 + more_e8;
}

int want_exit(struct exec *exec, uint32_t caller, uint64_t id, const struct pawl_exit_spec *spec,
              struct pawl_err *err) {
    struct lot *lot = find(exec, id, err);
    if (lot == NULL) return err != NULL && err->rc != PAWL_OK ? err->rc : PAWL_E_NOTFOUND;
    bool whole = spec->at_least.e8 == PAWL_QTY_ALL;
    bool may = caller == lot->rec.hold_reduce || is_operator(exec, caller) ||
               (whole && caller == lot->rec.owner);
    if (!may) return deny(exec, lot, caller, "reduce", lot->rec.hold_reduce, err);
    if (spec->kind != PAWL_KIND_MARKET && spec->kind != PAWL_KIND_LIMIT)
        return pawl_fail(err, PAWL_E_INVAL, "an exit is a market or limit order");
    if (spec->kind == PAWL_KIND_LIMIT && spec->price.e8 <= 0)
        return pawl_fail(err, PAWL_E_INVAL, "a limit exit needs its price");
    if (spec->kind == PAWL_KIND_LIMIT && exec_caps(exec, lot)->exit_bound == PAWL_EXIT_TICKET)
        return pawl_fail(err, PAWL_E_INVAL,
                         "a resting exit is the position's target there: set a target");
    bool closing = lot->rec.exit_at_least.e8 == PAWL_QTY_ALL && !lot->rec.exit_spent;
    if (closing && (!whole || lot->exit_by_guard)) return PAWL_OK; /* it all goes already */
    if (exec->trial) return PAWL_OK;
    struct pawl_qty at_least = {whole ? PAWL_QTY_ALL : exit_on_step(exec, lot, spec->at_least.e8)};
    if (at_least.e8 > lot->rec.exit_at_least.e8) lot->rec.exit_at_least = at_least;
    lot->rec.exit_kind = spec->kind;
    RARE_SET(exec->book, lot, rec.exit_price.e8, spec->price.e8);
    lot->rec.exit_gen++;
    lot->rec.exit_spent = 0;
    lot->rec.exit_tries = 0;
    RARE_SET(exec->book, lot, exit_retry_ns, 0);
    if (whole || lot->rare->rec.reason[0] == '\0')
        book_lot_text(exec->book, lot, LOT_REASON, spec->reason);
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    return PAWL_OK;
}

void want_close(struct exec *exec, struct lot *lot, const char *reason) {
    lot->rec.exit_at_least.e8 = PAWL_QTY_ALL;
    lot->rec.exit_kind = PAWL_KIND_MARKET;
    lot->rec.exit_gen++;
    lot->rec.exit_spent = 0;
    lot->rec.exit_tries = 0;
    RARE_SET(exec->book, lot, exit_retry_ns, 0);
    book_lot_text(exec->book, lot, LOT_REASON, reason);
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
}

/* ---- stop and targets ---- */

/* A stop that is set in the moment of an entry's fill, from its price, is what the lot starts with;
 * only later ones are moves. */
static bool is_initial_stop(const struct exec *exec, const struct lot *lot) {
    return !lot->rec.r_frozen && trade_fills_now(exec, lot) &&
           (lot->rec.stop_moves == 0 || lot->rec.ratchet == PAWL_RATCHET_RECOMPUTE);
}

struct lot *want_stop_lot(struct exec *exec, uint32_t caller, uint64_t id, struct pawl_err *err) {
    struct lot *lot = find(exec, id, err);
    if (lot == NULL || caller == lot->rec.hold_stop || is_operator(exec, caller)) return lot;
    deny(exec, lot, caller, "stop", lot->rec.hold_stop, err);
    return NULL;
}

void stop_move(struct exec *exec, struct lot *lot, struct pawl_price level, const char *reason,
               bool initial) {
    struct pawl_ev_stop_moved ev;
    EVENT_INIT(ev, PAWL_EV_STOP_MOVED);
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.old = lot->rec.stop;
    ev.new_ = level;
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    TEXT_SET(ev.reason, reason);
    lot->rec.stop = level;
    lot->trail_least_e8 = level.e8;
    lot->rec.stop_gen++;
    lot->rec.stop_tries = 0;
    if (initial) {
        lot->rec.initial_stop = level;
        lot_set_r(lot);
    } else {
        lot->rec.stop_moves++;
        exec->book->totals.stops_moved++;
    }
    ev.r = lot_r_of(lot, level);
    RARE_SET(exec->book, lot, stop_retry_ns, 0);
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    book_publish(exec->book, &ev.head);
}

int want_stop(struct exec *exec, uint32_t caller, uint64_t id, struct pawl_price price,
              const char *reason, bool force, struct pawl_err *err) {
    struct lot *lot = find(exec, id, err);
    if (lot == NULL) return err != NULL && err->rc != PAWL_OK ? err->rc : PAWL_E_NOTFOUND;
    if (caller != lot->rec.hold_stop && !is_operator(exec, caller))
        return deny(exec, lot, caller, "stop", lot->rec.hold_stop, err);
    const struct pawl_instrument *in = &exec->book->instruments[lot->rec.instrument].def;
    bool is_long = lot->rec.side == PAWL_POSITION_SIDE_LONG;
    struct pawl_price level;
    if (price.e8 <= 0 ||
        pawl_round_to(price.e8, in->tick.e8, is_long ? PAWL_ROUND_UP : PAWL_ROUND_DOWN,
                      &level.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_INVAL, "the stop is not a price");
    if (level.e8 == lot->rec.stop.e8) return PAWL_OK;
    bool looser = is_long ? level.e8 < lot->rec.stop.e8 : level.e8 > lot->rec.stop.e8;
    bool follows = lot->rec.ratchet == PAWL_RATCHET_RECOMPUTE && is_initial_stop(exec, lot);
    if (looser && lot->rec.stop.e8 != 0 && !force && !follows)
        return pawl_fail(err, PAWL_E_STATE, "a stop only tightens");
    if (exec->trial) return PAWL_OK;
    stop_move(exec, lot, level, reason, is_initial_stop(exec, lot));
    return PAWL_OK;
}

int want_target(struct exec *exec, uint32_t caller, uint64_t id, uint32_t index,
                struct pawl_price price, struct pawl_qty quantity, uint8_t mode,
                struct pawl_err *err) {
    struct lot *lot = find(exec, id, err);
    if (lot == NULL) return err != NULL && err->rc != PAWL_OK ? err->rc : PAWL_E_NOTFOUND;
    if (caller != lot->rec.hold_targets && !is_operator(exec, caller))
        return deny(exec, lot, caller, "targets", lot->rec.hold_targets, err);
    if (index >= PAWL_TARGETS_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "a lot has %u targets at most", PAWL_TARGETS_MAX);
    const struct pawl_instrument *in = &exec->book->instruments[lot->rec.instrument].def;
    bool is_long = lot->rec.side == PAWL_POSITION_SIDE_LONG;
    struct pawl_price level;
    if (price.e8 < 0 || (price.e8 > 0 && quantity.e8 <= 0) ||
        pawl_round_to(price.e8, in->tick.e8, is_long ? PAWL_ROUND_UP : PAWL_ROUND_DOWN,
                      &level.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_INVAL, "the target is not a price and a quantity");
    if (exec->trial) return PAWL_OK;
    struct pawl_rec_target *target = lot_target(lot, index);
    if (target == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for a target");
    target->price = level;
    target->quantity = quantity;
    target->mode = mode != 0 ? mode : PAWL_LEVEL_MODE_REST;
    target->trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    target->generation++;
    target->fired = target->spent = target->tries = 0;
    target->filled.e8 = 0;
    RARE_SET(exec->book, lot, target_retry_ns, 0);
    lot->targets_changed = true;
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    return PAWL_OK;
}
