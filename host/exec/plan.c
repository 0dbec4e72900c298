/* One look at a lot: entries and the conclusion here; exits, stops and targets in their own files.
 */
#include <string.h>

#include "book/report.h"
#include "exec/steps.h"

#define ENTRY_WAIT_NS (PAWL_NS / 10)

struct leaves lot_leaves(const struct lot *lot) {
    struct leaves sum = {0};
    for (const struct order *order = lot->orders; order != NULL; order = order->next) {
        if (!order_is_live(order)) continue;
        int64_t leaves_e8 = order_leaves_e8(order);
        if (order->rec.op_unknown || order->rec.state == PAWL_ORDER_STATE_UNKNOWN) sum.unknown++;
        switch (order->rec.role) {
        case PAWL_ROLE_STOP: sum.stop_e8 += leaves_e8, sum.stops++; break;
        case PAWL_ROLE_TARGET: sum.target_e8 += leaves_e8, sum.targets++; break;
        case PAWL_ROLE_EXIT: sum.exit_e8 += leaves_e8, sum.exits++; break;
        default:
            if (order_is_add(order))
                sum.add_e8 += leaves_e8, sum.adds++;
            else
                sum.entry_e8 += leaves_e8, sum.entries++;
            break;
        }
    }
    return sum;
}

bool lot_is_closing(const struct lot *lot) {
    return (lot->rec.exit_at_least.e8 == PAWL_QTY_ALL && !lot->rec.exit_spent) ||
           (lot->rec.entered.e8 > 0 && lot_open_e8(lot) <= 0);
}

static void cancel_entries(struct exec *exec, struct lot *lot, const char *reason) {
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (role_is_entry(order->rec.role) && !order_is_add(order) && order_is_live(order))
            command_cancel(exec, order, reason);
    }
}

/* Cut the entry want to what is filled: nothing more is wanted in. */
static void cut_entry(struct exec *exec, struct lot *lot, const char *reason) {
    lot->rec.enter_up_to = lot->rec.entered;
    if (lot->rare->rec.reason[0] == '\0' && lot->rec.entered.e8 == 0)
        book_lot_text(exec->book, lot, LOT_REASON, reason);
    book_changed(exec->book, lot);
}

static bool others_flat(const struct exec *exec, const struct lot *lot) {
    const struct lot *one = exec->book->instruments[lot->rec.instrument].lots;
    for (; one != NULL; one = one->instrument_next) {
        if (one == lot || one->rec.account != lot->rec.account ||
            one->rec.state == PAWL_LOT_STATE_WAITING)
            continue;
        if (lot_open_e8(one) > 0 || lot_leaves(one).entries + lot_leaves(one).adds > 0)
            return false;
    }
    return true;
}

/* What its owner had there before has concluded: lots that are linked end together. */
static bool owner_flat(const struct exec *exec, const struct lot *lot) {
    const struct lot *one = exec->book->instruments[lot->rec.instrument].lots;
    for (; one != NULL && one != lot; one = one->instrument_next)
        if (one->rec.account == lot->rec.account && one->rec.owner == lot->rec.owner &&
            one->rec.state != PAWL_LOT_STATE_WAITING)
            return false;
    return true;
}

static bool may_leave_waiting(const struct exec *exec, const struct lot *lot) {
    switch (lot->rec.after) {
    case PAWL_AFTER_KIND_POSITION_FLAT: return others_flat(exec, lot);
    case PAWL_AFTER_KIND_OWNER_FLAT: return owner_flat(exec, lot);
    case PAWL_AFTER_KIND_LOT_CONCLUDED: {
        const struct lot *other = book_lot(exec->book, lot->rare->rec.after_lot);
        return other == NULL || other->rec.state == PAWL_LOT_STATE_CLOSED;
    }
    default: return true;
    }
}

/* False while the lot has to wait for another. */
static bool leave_waiting(struct exec *exec, struct lot *lot, bool up) {
    if (lot->rec.state != PAWL_LOT_STATE_WAITING) return true;
    if (lot->rec.enter_up_to.e8 == 0 || lot_is_closing(lot)) return true;
    if (up && may_leave_waiting(exec, lot)) {
        lot->rec.state = PAWL_LOT_STATE_ENTERING;
        if (lot->rec.entry_expires == 0)
            lot->rec.entry_expires = book_now(exec->book) + exec->set->entry_limit_expires_ns;
        book_changed(exec->book, lot);
        report_lot_changed(exec->book, lot, "no longer waiting");
        return true;
    }
    if (lot->rare->rec.after_expires != 0 && book_now(exec->book) >= lot->rare->rec.after_expires) {
        cut_entry(exec, lot, "EXPIRED");
        want_spent(exec, lot, PAWL_ROLE_MAIN, 0, PAWL_ERROR_CLASS_STATE, lot->rec.entry_gen,
                   "waited too long for the other lot");
        return true;
    }
    if (lot->rare->rec.after_expires != 0) exec_wake_lot(exec, lot, lot->rare->rec.after_expires);
    return false;
}

/* Where a ticket is a position of its own, a second entry order would be a second position, without
 * the stop of the first: a lot there has one. */
bool lot_is_complete_ticket(const struct exec *exec, const struct lot *lot) {
    if (exec_caps(exec, lot)->exit_bound != PAWL_EXIT_TICKET) return false;
    return lot->rec.entered.e8 > 0 || lot_leaves(lot).entries > 0;
}

/* What is still to be sent in, floored to the step; 0 when nothing is or may be. */
static int64_t entry_missing(struct exec *exec, struct lot *lot, const struct leaves *leaves) {
    const struct pawl_instrument *in = &exec->book->instruments[lot->rec.instrument].def;
    int64_t missing = lot->rec.enter_up_to.e8 - lot->rec.entered.e8 - leaves->entry_e8;
    int64_t add_e8 = lot->rare->rec.add_up_to.e8 - lot->rare->rec.added.e8;
    if (add_e8 < 0) add_e8 = 0;
    if (leaves->add_e8 > add_e8) missing -= leaves->add_e8 - add_e8; /* withdrawn, may fill yet */
    if (lot->rec.entry_spent || lot_is_closing(lot) || missing <= 0) return 0;
    if (pawl_round_to(missing, in->step.e8, PAWL_ROUND_DOWN, &missing) != PAWL_OK) return 0;
    if (missing < in->min_quantity.e8) return 0;
    return missing;
}

static void send_entry(struct exec *exec, struct lot *lot, int64_t quantity_e8) {
    char why[128];
    struct risk_ask ask = {.instrument = lot->rec.instrument,
                           .account = lot->rec.account,
                           .side = lot->rec.side,
                           .quantity = {quantity_e8},
                           .price = lot->rec.entry_price,
                           .stop = lot->rec.stop,
                           .lot = lot,
                           .count = 1,
                           .rests = lot->rec.entry_role == PAWL_ROLE_DOUBLEDOWN,
                           .ref = lot->rare->rec.ref};
    switch (risk_entry(exec, &ask, why)) {
    case RISK_WAIT: /* the broker's recovery looks at every lot anyway; the message rate refills */
        exec_wake_lot(exec, lot, book_now(exec->book) + ENTRY_WAIT_NS);
        return;
    case RISK_REFUSE:
        want_spent(exec, lot, PAWL_ROLE_MAIN, 0, PAWL_ERROR_CLASS_FATAL, lot->rec.entry_gen, why);
        cut_entry(exec, lot, "REFUSED");
        book_dirty(exec->book, lot);
        return;
    case RISK_PASS: break;
    }
    bool limit = lot->rec.entry_kind == PAWL_KIND_LIMIT;
    bool stop = lot->rec.entry_kind == PAWL_KIND_STOP;
    uint8_t role = lot->rec.entered.e8 == 0 ? PAWL_ROLE_MAIN : PAWL_ROLE_SCALE;
    struct order_terms terms = {.role = lot->rec.entry_role != 0 ? lot->rec.entry_role : role,
                                .kind = lot->rec.entry_kind,
                                .tif = lot->rec.entry_tif,
                                .trigger = PAWL_TRIGGER_SOURCE_ENTRY_SIDE,
                                .generation = lot->rec.entry_gen,
                                .quantity = {quantity_e8}};
    if (limit || stop) terms.expires = lot->rec.entry_expires;
    if (limit) terms.price = lot->rec.entry_price;
    if (stop) terms.stop_price = lot->rec.entry_price;
    command_submit(exec, lot, &terms);
}

/* A market order that was sent is beyond expiry; what could not be sent in time is given up. */
static bool may_expire(const struct lot *lot, const struct leaves *leaves, bool up) {
    if (leaves->entries == 0) return true;
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (role_is_entry(order->rec.role) && order->rec.kind == PAWL_KIND_MARKET &&
            !order_is_add(order) && order_is_live(order))
            return false;
    return up;
}

/* `up` = something can be sent. Entries do not wait for ever for a broker that is away. */
static void plan_entry(struct exec *exec, struct lot *lot, bool up) {
    if (!leave_waiting(exec, lot, up)) return;
    int64_t now = book_now(exec->book);
    struct leaves leaves = lot_leaves(lot);
    bool wanted = lot->rec.enter_up_to.e8 > lot->rec.entered.e8 && !lot->rec.entry_spent;
    if (wanted && lot->rec.entry_expires > now) exec_wake_lot(exec, lot, lot->rec.entry_expires);
    if (wanted && lot->rec.entry_expires != 0 && now >= lot->rec.entry_expires &&
        may_expire(lot, &leaves, up)) {
        want_spent(exec, lot, PAWL_ROLE_MAIN, 0, PAWL_ERROR_CLASS_STATE, lot->rec.entry_gen,
                   "expired");
        cut_entry(exec, lot, "EXPIRED");
    }
    if (lot_is_closing(lot) && lot->rec.enter_up_to.e8 != lot->rec.entered.e8 &&
        leaves.entries == 0)
        cut_entry(exec, lot, "CANCELLED");
    if (!up) return;
    int64_t room = lot->rec.enter_up_to.e8 - lot->rec.entered.e8;
    if (leaves.entries > 0 && (leaves.entry_e8 > room || lot_is_closing(lot))) {
        cancel_entries(exec, lot, "no longer wanted");
        return;
    }
    int64_t missing = entry_missing(exec, lot, &leaves);
    if (missing > 0 && lot_is_complete_ticket(exec, lot)) {
        want_spent(exec, lot, PAWL_ROLE_MAIN, 0, PAWL_ERROR_CLASS_STATE, lot->rec.entry_gen,
                   "the rest would be another position");
        cut_entry(exec, lot, "CANCELLED");
        return;
    }
    if (missing > 0 && lot->rec.state != PAWL_LOT_STATE_WAITING) {
        if (lot->rare->entry_retry_ns > now)
            exec_wake_lot(exec, lot, lot->rare->entry_retry_ns);
        else
            send_entry(exec, lot, missing);
    }
}

/* Nothing open, nothing wanted in: what still works is taken back, then the lot is history. */
void plan_conclusion(struct exec *exec, struct lot *lot) {
    if (lot_open_e8(lot) != 0) return;
    bool wants_in = lot->rec.enter_up_to.e8 > lot->rec.entered.e8 && !lot->rec.entry_spent &&
                    !lot_is_closing(lot);
    bool live = false;
    if (wants_in) return;
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (!order_is_live(order)) continue;
        live = true;
        if (!order->rec.attached || order_is_working(order))
            command_cancel(exec, order, "the lot is flat");
    }
    if (live) {
        live = false; /* what was never sent is gone at once */
        for (struct order *order = lot->orders; order != NULL; order = order->next)
            live |= order_is_live(order);
        if (live) return;
    }
    if (lot->rare->rec.reason[0] == '\0') book_lot_text(exec->book, lot, LOT_REASON, "CANCELLED");
    lot->rec.state = PAWL_LOT_STATE_CLOSED;
    RARE_SET(exec->book, lot, rec.closed, book_now(exec->book));
    guard_update(exec, lot);
    trail_update(exec, lot);
    plan_targets_off(exec, lot);
    book_changed(exec->book, lot);
    book_lot_close(exec->book, lot);
    report_lot_closed(exec->book, lot);
    /* Whoever waits for this looks again. */
    for (struct lot *other = exec->book->instruments[lot->rec.instrument].lots; other != NULL;
         other = other->instrument_next)
        if (other->rec.state == PAWL_LOT_STATE_WAITING) book_dirty(exec->book, other);
}

/* A cancel that was wanted while something else was in flight. */
static void pending_cancels(struct exec *exec, struct lot *lot) {
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (order->cancel_wanted && order->rec.op == PAWL_ORDER_OP_NONE)
            command_cancel(exec, order, "no longer wanted");
    }
}

void plan_lot(struct exec *exec, struct lot *lot) {
    if (lot->rec.state == PAWL_LOT_STATE_CLOSED) return;
    struct exec_broker *broker = exec_broker_of(exec, lot);
    bool closing = lot_is_closing(lot), told = lot->rec.state == PAWL_LOT_STATE_CLOSING;
    if (closing != told && (told || lot->rec.state == PAWL_LOT_STATE_OPEN)) {
        lot->rec.state = closing ? PAWL_LOT_STATE_CLOSING : PAWL_LOT_STATE_OPEN;
        book_changed(exec->book, lot);
        report_lot_changed(exec->book, lot, closing ? lot->rare->rec.reason : "the exit failed");
    }
    bool up = broker != NULL && broker->state != BROKER_DOWN;
    if (lot->rec.claimed && lot_open_e8(lot) <= 0) { /* all of it is out: nothing is claimed */
        lot->rec.claimed = 0;
        book_changed(exec->book, lot);
    }
    if (lot->rec.claimed) { /* an order for what is not there would be of somebody else's */
        guard_update(exec, lot);
        return;
    }
    if (up) pending_cancels(exec, lot);
    plan_entry(exec, lot, up);
    trail_update(exec, lot); /* the stop, before it is planned for */
    /* What an earlier process left at the venue is learnt first; only the guard does not wait. */
    bool known = up && broker->known;
    if (lot_open_e8(lot) > 0 && (known || (up && lot->exit_by_guard))) plan_exit(exec, lot);
    if (lot_open_e8(lot) > 0 && known) {
        plan_stop(exec, lot); /* before the targets: protection first */
        plan_targets(exec, lot);
    }
    if (up) plan_add(exec, lot);
    plan_conclusion(exec, lot);
    if (lot->rec.state != PAWL_LOT_STATE_CLOSED) guard_update(exec, lot);
}
