/* Two lots become one, on the word of who may let both grow. It is a matter of the book alone; the
 * venue's stops follow by the next plan. */
#include "base/err.h"
#include "book/money.h"
#include "book/report.h"
#include "exec/steps.h"

static bool is_quiet(const struct lot *lot) {
    struct leaves leaves = lot_leaves(lot);
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order_is_live(order) && (order->rec.role != PAWL_ROLE_STOP ||
                                     order->rec.op != PAWL_ORDER_OP_NONE || order->rec.op_unknown ||
                                     !order_is_working(order)))
            return false;
    return (lot->rec.enter_up_to.e8 <= lot->rec.entered.e8 || lot->rec.entry_spent) &&
           (lot->rare->rec.add_up_to.e8 <= lot->rare->rec.added.e8 || lot->rec.add_spent) &&
           lot_exit_missing(lot, &leaves) <= 0; /* an order that is only not sent yet */
}

static int check_one(struct exec *exec, const struct lot *lot, uint32_t caller,
                     struct pawl_err *err) {
    unsigned long long id = (unsigned long long)lot->rec.id;
    if (caller != lot->rec.hold_grow && caller != exec->operator_id)
        return pawl_fail(err, PAWL_E_DENIED, "the caller does not hold the grow aspect of lot %llu",
                         id);
    if (lot->rec.state != PAWL_LOT_STATE_OPEN || lot_open_e8(lot) <= 0 || lot_is_closing(lot))
        return pawl_fail(err, PAWL_E_STATE, "lot %llu is not open", id);
    if (lot->rec.r_frozen && lot->rec.ratchet == PAWL_RATCHET_STRICT)
        return pawl_fail(err, PAWL_E_STATE, "lot %llu has reached its first milestone or exit", id);
    if (lot->rec.claimed)
        return pawl_fail(err, PAWL_E_BUSY, "the venue has not been compared with lot %llu yet", id);
    if (!is_quiet(lot))
        return pawl_fail(err, PAWL_E_BUSY, "an order of lot %llu besides its stop is live", id);
    return PAWL_OK;
}

static void report_merged(struct exec *exec, const struct lot *into, const struct lot *from,
                          struct pawl_qty quantity, const char *reason) {
    struct pawl_ev_lot_merged ev;
    EVENT_INIT(ev, PAWL_EV_LOT_MERGED);
    ev.lot = from->rec.id;
    ev.into = into->rec.id;
    ev.instrument = into->rec.instrument;
    ev.side = into->rec.side;
    ev.quantity = quantity;
    ev.entry = lot_entry(into);
    TEXT_SET(ev.ref, into->rare->rec.ref);
    TEXT_SET(ev.reason, reason);
    book_publish(exec->book, &ev.head);
}

/* ---- lots that stay apart ---- */

static bool fills_now(const struct exec *exec, const struct lot *lot) {
    return lot->entry_fill_ns != 0 && lot->entry_fill_ns == book_now(exec->book);
}

bool trade_fills_now(const struct exec *exec, const struct lot *lot) {
    if (fills_now(exec, lot) || lot->rare->rec.trade == 0) return fills_now(exec, lot);
    const struct lot *one = exec->book->instruments[lot->rec.instrument].lots;
    for (; one != NULL; one = one->instrument_next)
        if (one->rare->rec.trade == lot->rare->rec.trade && fills_now(exec, one)) return true;
    return false;
}

static int check_pair(const struct lot *a, const struct lot *b, struct pawl_err *err) {
    if (a->rec.instrument == b->rec.instrument && a->rec.account == b->rec.account &&
        a->rec.side == b->rec.side)
        return PAWL_OK;
    return pawl_fail(err, PAWL_E_INVAL, "lots %llu and %llu differ in instrument, account or side",
                     (unsigned long long)a->rec.id, (unsigned long long)b->rec.id);
}

/* All of the trade that `lot` was of are of the other's. */
static void move_trade(struct exec *exec, struct lot *lot, uint64_t trade) {
    uint64_t before = lot->rare->rec.trade;
    struct lot *one = exec->book->instruments[lot->rec.instrument].lots;
    for (; one != NULL; one = one->instrument_next) {
        if (one != lot && (before == 0 || one->rare->rec.trade != before)) continue;
        book_lot_rare(exec->book, one)->rec.trade = trade;
        book_changed(exec->book, one);
    }
}

int want_tie(struct exec *exec, uint32_t caller, uint64_t id, uint64_t to_id,
             struct pawl_err *err) {
    struct lot *lot = book_lot(exec->book, id), *to = book_lot(exec->book, to_id);
    if (lot == NULL || to == NULL || lot == to || lot->rec.state == PAWL_LOT_STATE_CLOSED ||
        to->rec.state == PAWL_LOT_STATE_CLOSED)
        return pawl_fail(err, PAWL_E_NOTFOUND, "lots %llu and %llu are not two open lots",
                         (unsigned long long)id, (unsigned long long)to_id);
    int rc = check_pair(lot, to, err);
    if (rc != PAWL_OK) return rc;
    if ((caller != lot->rec.hold_grow || caller != to->rec.hold_grow) &&
        caller != exec->operator_id)
        return pawl_fail(err, PAWL_E_DENIED, "the caller does not hold the grow aspect of both");
    if (exec->trial ||
        (lot->rare->rec.trade != 0 && lot->rare->rec.trade == to->rare->rec.trade))
        return PAWL_OK;
    if (to->rare->rec.trade == 0) {
        book_lot_rare(exec->book, to)->rec.trade = to->rec.id;
        book_changed(exec->book, to);
    }
    move_trade(exec, lot, to->rare->rec.trade);
    if (lot->rec.entered.e8 > 0 && to->rec.entered.e8 > 0)
        lot->entry_fill_ns = book_now(exec->book);
    return PAWL_OK;
}

/* ---- lots that become one ---- */

int want_merge(struct exec *exec, uint32_t caller, uint64_t into_id, uint64_t from_id,
               const char *reason, struct pawl_err *err) {
    struct lot *into = book_lot(exec->book, into_id), *from = book_lot(exec->book, from_id);
    if (into == NULL || from == NULL || into == from)
        return pawl_fail(err, PAWL_E_NOTFOUND, "lots %llu and %llu are not two lots",
                         (unsigned long long)into_id, (unsigned long long)from_id);
    int rc = check_pair(into, from, err);
    if (rc != PAWL_OK) return rc;
    if (exec_caps(exec, into)->exit_bound == PAWL_EXIT_TICKET)
        return pawl_fail(err, PAWL_E_STATE, "each lot is a position of its own at this venue");
    rc = check_one(exec, into, caller, err);
    if (rc == PAWL_OK) rc = check_one(exec, from, caller, err);
    if (rc != PAWL_OK) return rc;
    if (exec->trial) return PAWL_OK;
    struct pawl_qty quantity = {lot_open_e8(from)};
    if (book_merge(exec->book, into, from) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the sums of both lots are out of range");
    book_lot_text(exec->book, from, LOT_REASON, "MERGED");
    report_merged(exec, into, from, quantity, reason);
    report_lot_changed(exec->book, into, "merged");
    plan_conclusion(exec, from);
    return PAWL_OK;
}
