/* Positions that exist at a venue and that no order of ours made become lots: asked for by a person
 * (adopt), or found by a round (gaps.c). */
#include <string.h>

#include "base/err.h"
#include "book/market.h"
#include "book/money.h"
#include "book/report.h"
#include "exec/steps.h"

#define DEFAULT_STOP_PARTS 50 /* of the entry: 2 % */

static bool is_long(const struct pawl_ev_adopt *ask) {
    return ask->side == PAWL_POSITION_SIDE_LONG;
}

/* a is on the losing side of b for this position. */
static bool is_behind(const struct pawl_ev_adopt *ask, struct pawl_price a, struct pawl_price b) {
    return is_long(ask) ? a.e8 < b.e8 : a.e8 > b.e8;
}

static int check_place(const struct exec *exec, const struct pawl_ev_adopt *ask, uint32_t account,
                       struct pawl_err *err) {
    const struct book *book = exec->book;
    if (ask->instrument == 0 || ask->instrument > book->instrument_count ||
        book->instruments[ask->instrument].def.id == 0)
        return pawl_fail(err, PAWL_E_INVAL, "the instrument is not configured");
    if (account == 0 || account > book->account_count || book->accounts[account].info.id == 0)
        return pawl_fail(err, PAWL_E_INVAL, "the instrument has no account");
    int rc = profile_check(exec, ask->profile, ask->via, err);
    if (rc != PAWL_OK) return rc;
    bool tickets = book->accounts[account].caps.exit_bound == PAWL_EXIT_TICKET;
    if (tickets != (ask->ticket[0] != '\0'))
        return pawl_fail(err, PAWL_E_INVAL,
                         tickets ? "positions have tickets there: which one is it?"
                                 : "positions have no tickets there");
    return PAWL_OK;
}

/* Beside the lots there are. */
static int check_lots(const struct exec *exec, const struct pawl_ev_adopt *ask, uint32_t account,
                      struct pawl_err *err) {
    const struct lot *same = book_lot_by_ref(exec->book, ask->ref);
    if (ask->ref[0] != '\0' && same != NULL)
        return pawl_fail(err, PAWL_E_STATE, "lot %llu has the name \"%s\" already",
                         (unsigned long long)same->rec.id, ask->ref);
    const struct lot *lot = exec->book->instruments[ask->instrument].lots;
    for (; lot != NULL; lot = lot->instrument_next) {
        if (lot->rec.account != account) continue;
        if (ask->ticket[0] != '\0' && strcmp(lot->rare->rec.ticket, ask->ticket) == 0)
            return pawl_fail(err, PAWL_E_STATE, "lot %llu is that ticket already",
                             (unsigned long long)lot->rec.id);
        if (!exec->book->accounts[account].info.hedging && lot->rec.side != ask->side)
            return pawl_fail(err, PAWL_E_STATE,
                             "lot %llu is on the other side: the account has one position",
                             (unsigned long long)lot->rec.id);
    }
    return PAWL_OK;
}

static int check_quantity(const struct pawl_ev_adopt *ask, const struct pawl_instrument *in,
                          struct adoption *ret, struct pawl_err *err) {
    int64_t rounded_e8, value_e8;
    char step[PAWL_E8_TEXT_MAX];
    ret->original = ask->original.e8 != 0 ? ask->original : ask->quantity;
    pawl_format_e8(in->step.e8, step);
    if (ask->quantity.e8 <= 0 || ask->price.e8 <= 0 ||
        pawl_round_to(ask->quantity.e8, in->step.e8, PAWL_ROUND_DOWN, &rounded_e8) != PAWL_OK ||
        rounded_e8 != ask->quantity.e8)
        return pawl_fail(err, PAWL_E_INVAL, "quantity: must be a multiple of the step %s", step);
    if (ret->original.e8 < ask->quantity.e8)
        return pawl_fail(err, PAWL_E_INVAL, "original: is less than the quantity");
    if (pawl_mul_e8(ask->price.e8, ret->original.e8, PAWL_ROUND_EVEN, &value_e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "quantity x price is out of range");
    return PAWL_OK;
}

static int round_level(const struct pawl_ev_adopt *ask, const struct pawl_instrument *in,
                       struct pawl_price from, struct pawl_price *ret, struct pawl_err *err) {
    if (pawl_round_to(from.e8, in->tick.e8, is_long(ask) ? PAWL_ROUND_UP : PAWL_ROUND_DOWN,
                      &ret->e8) == PAWL_OK)
        return PAWL_OK;
    return pawl_fail(err, PAWL_E_RANGE, "a level is out of range");
}

/* What the price has passed would close it at once. Where no price is known, a target lies on the
 * winning side of the entry. */
static int check_price(const struct exec *exec, const struct pawl_ev_adopt *ask,
                       const struct adoption *as, struct pawl_err *err) {
    struct pawl_price now =
        market_price(exec->book, ask->instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, ask->side);
    char level[PAWL_E8_TEXT_MAX], beside[PAWL_E8_TEXT_MAX];
    bool known = now.e8 != 0;
    pawl_format_e8(known ? now.e8 : ask->price.e8, beside);
    pawl_format_e8(as->stop.e8, level);
    if (known && !is_behind(ask, as->stop, now))
        return pawl_fail(err, PAWL_E_STATE,
                         "stop %s%s is crossed already, the price is %s: it would be closed at "
                         "once",
                         level, ask->stop.e8 == 0 ? " (2 % from the entry)" : "", beside);
    pawl_format_e8(as->target.e8, level);
    if (as->target.e8 == 0 || is_behind(ask, known ? now : ask->price, as->target)) return PAWL_OK;
    return known ? pawl_fail(err, PAWL_E_STATE,
                             "target %s is crossed already, the price is %s: it would be closed at "
                             "once",
                             level, beside)
                 : pawl_fail(err, PAWL_E_STATE,
                             "target %s is on the losing side of the entry %s, and the price of "
                             "now is not known here",
                             level, beside);
}

/* A stop that stands, one the market has passed, and one R cannot be counted from. */
static int check_levels(const struct exec *exec, const struct pawl_ev_adopt *ask,
                        const struct pawl_instrument *in, struct adoption *ret,
                        struct pawl_err *err) {
    int64_t part_e8 = ask->price.e8 / DEFAULT_STOP_PARTS;
    struct pawl_price stop = ask->stop;
    char level[PAWL_E8_TEXT_MAX], beside[PAWL_E8_TEXT_MAX];
    if (stop.e8 == 0) stop.e8 = is_long(ask) ? ask->price.e8 - part_e8 : ask->price.e8 + part_e8;
    struct pawl_price initial = ask->initial_stop.e8 != 0 ? ask->initial_stop : stop;
    int rc = round_level(ask, in, stop, &ret->stop, err);
    if (rc == PAWL_OK) rc = round_level(ask, in, initial, &ret->initial_stop, err);
    if (rc == PAWL_OK) rc = round_level(ask, in, ask->target, &ret->target, err);
    if (rc != PAWL_OK) return rc;
    pawl_format_e8(ret->stop.e8, level);
    pawl_format_e8(ask->price.e8, beside);
    if (!is_behind(ask, ret->initial_stop, ask->price))
        return pawl_fail(err, PAWL_E_INVAL,
                         "%s is not on the losing side of the entry %s: say %s, from which R is "
                         "counted",
                         ask->initial_stop.e8 != 0 ? "initial_stop" : "stop", beside,
                         ask->initial_stop.e8 != 0 ? "one that is" : "initial_stop");
    if (is_behind(ask, ret->stop, ret->initial_stop))
        return pawl_fail(err, PAWL_E_INVAL, "stop %s is looser than initial_stop", level);
    if (ret->target.e8 != 0 && !is_behind(ask, ret->stop, ret->target))
        return pawl_fail(err, PAWL_E_INVAL, "target is not beyond the stop %s", level);
    return check_price(exec, ask, ret, err);
}

int want_adopt_judge(const struct exec *exec, const struct pawl_ev_adopt *ask,
                     struct adoption *ret, struct pawl_err *err) {
    memset(ret, 0, sizeof *ret);
    if (exec->entries_stopped) /* its stop would outlive what is known of it */
        return pawl_fail(err, PAWL_E_STATE, "the process is stopping, or cannot store a new lot");
    ret->account = ask->account;
    if (ask->account == 0 && ask->instrument <= exec->book->instrument_count)
        ret->account = exec->book->instruments[ask->instrument].def.account;
    int rc = check_place(exec, ask, ret->account, err);
    if (rc == PAWL_OK) rc = check_lots(exec, ask, ret->account, err);
    if (rc != PAWL_OK) return rc;
    const struct pawl_instrument *in = &exec->book->instruments[ask->instrument].def;
    rc = check_quantity(ask, in, ret, err);
    return rc == PAWL_OK ? check_levels(exec, ask, in, ret, err) : rc;
}

/* What was taken out of it before is out at its entry: nothing is known of it. */
static void fill_lot(struct exec *exec, struct lot *lot, const struct pawl_ev_adopt *ask,
                     const struct adoption *as) {
    struct pawl_common_lot *rec = &lot->rec;
    int64_t now = book_now(exec->book);
    rec->instrument = ask->instrument;
    rec->account = as->account;
    rec->owner = ask->via;
    rec->side = ask->side;
    rec->state = PAWL_LOT_STATE_OPEN;
    rec->after = PAWL_AFTER_KIND_NOW;
    rec->entry_kind = rec->exit_kind = PAWL_KIND_MARKET;
    rec->entry_tif = PAWL_TIF_GTC;
    rec->stop_trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    rec->stop_mode = PAWL_LEVEL_MODE_REST;
    rec->ratchet = PAWL_RATCHET_STRICT;
    rec->protection = PAWL_PROTECTION_NONE;
    rec->entered = rec->enter_up_to = rec->original = as->original;
    rec->exited.e8 = as->original.e8 - ask->quantity.e8;
    pawl_mul_e8(ask->price.e8, rec->entered.e8, PAWL_ROUND_EVEN, &rec->entry_value.e8);
    pawl_mul_e8(ask->price.e8, rec->exited.e8, PAWL_ROUND_EVEN, &rec->exit_value.e8);
    rec->opened = ask->opened != 0 && ask->opened < now ? ask->opened : now;
    rec->stop = as->stop;
    rec->initial_stop = as->initial_stop;
    rec->stop_gen = 1;
    rec->r_frozen = rec->exited.e8 > 0;
    TEXT_SET(rec->profile, ask->profile);
    book_lot_text(exec->book, lot, LOT_REF, ask->ref);
    book_lot_text(exec->book, lot, LOT_TICKET, ask->ticket);
    lot_set_r(lot);
    lot_hold(exec, lot, rec->profile, rec->owner);
}

static void tell(struct exec *exec, const struct lot *lot) {
    struct pawl_ev_lot_adopted ev;
    report_lot_opened(exec->book, lot);
    EVENT_INIT(ev, PAWL_EV_LOT_ADOPTED);
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.account = lot->rec.account;
    ev.side = lot->rec.side;
    ev.quantity.e8 = lot_open_e8(lot);
    ev.original = lot->rec.original;
    ev.entry = lot_entry(lot);
    ev.stop = lot->rec.stop;
    ev.r = lot->rec.r;
    TEXT_SET(ev.profile, lot->rec.profile);
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    TEXT_SET(ev.ticket, lot->rare->rec.ticket);
    book_publish(exec->book, &ev.head);
    if ((lot->rec.hold_grow | lot->rec.hold_reduce | lot->rec.hold_stop |
         lot->rec.hold_targets) != 0)
        lot_held(exec, lot);
}

int want_adopt(struct exec *exec, const struct pawl_ev_adopt *ask, struct lot **ret,
               struct pawl_err *err) {
    struct adoption as;
    int rc = want_adopt_judge(exec, ask, &as, err);
    if (rc != PAWL_OK) return rc;
    struct lot *lot = book_lot_new(exec->book, err);
    if (lot == NULL) return PAWL_E_NOMEM;
    fill_lot(exec, lot, ask, &as);
    book_lot_link(exec->book, lot);
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    struct pawl_rec_target *target = as.target.e8 == 0 ? NULL : lot_target(lot, 0);
    if (target != NULL) {
        target->price = as.target;
        target->quantity.e8 = PAWL_QTY_ALL;
        target->generation = 1;
        target->mode = PAWL_LEVEL_MODE_REST;
        target->trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
        lot->targets_changed = true;
    }
    tell(exec, lot);
    *ret = lot;
    return PAWL_OK;
}
