/*
 * The host guard and the protection state of lots.
 *
 * A trigger stands at the stop level of every open lot; it costs nothing until the price gets
 * there. When it is crossed the guard exits at once where no stop at the venue covers the quantity
 * there, else only if the price still stands beyond the level after the grace: then the venue's
 * stop has failed.
 */
#include "book/market.h"
#include "book/report.h"
#include "exec/steps.h"

#define NAKED_LOOK_NS (PAWL_NS / 10) /* the first price arms the guard, and tells nobody */
#define CLAIM_LOOK_NS PAWL_NS        /* a venue that answers has been compared with it by then */
#define STALE_LOOK_NS PAWL_NS        /* so does the first after a pause; a market may be closed */

bool guard_covered(const struct exec *exec, const struct lot *lot) {
    int64_t sum = 0;
    for (const struct order *order = lot->orders; order != NULL; order = order->next) {
        if (order->rec.role != PAWL_ROLE_STOP || !order_is_working(order) ||
            order->rec.op_unknown || order->rec.op == PAWL_ORDER_OP_CANCEL)
            continue;
        if (exec_caps(exec, lot)->exit_bound == PAWL_EXIT_TICKET) return true;
        sum += order->rec.quantity.e8 - order->rec.filled.e8;
    }
    return sum >= lot_open_e8(lot);
}

/* One of the venue's stops fires no later than the lot's stop says, or will when a request about it
 * has arrived. */
static bool stands_there(const struct lot *lot) {
    bool is_long = lot->rec.side == PAWL_POSITION_SIDE_LONG;
    int64_t stop = lot->rec.stop.e8;
    for (const struct order *order = lot->orders; order != NULL; order = order->next) {
        int64_t level = order->rec.stop_price.e8, wanted = order->rec.want_stop_price.e8;
        if (order->rec.role != PAWL_ROLE_STOP || !order_is_live(order)) continue;
        if (order->rec.op == PAWL_ORDER_OP_AMEND && (is_long ? wanted > level : wanted < level))
            level = wanted;
        if (order_trails(order) || (is_long ? level >= stop : level <= stop)) return true;
    }
    return false;
}

/* Until when the last price of the stop's line is good enough to act on; 0 = there is none. */
static int64_t fresh_until(const struct exec *exec, const struct lot *lot) {
    const struct book_instrument *in = &exec->book->instruments[lot->rec.instrument];
    int64_t came_ns =
        market_time(exec->book, lot->rec.instrument, lot->rec.stop_trigger, lot->rec.side);
    int64_t good_ns = exec->set->guard_stale_ns;
    if (good_ns < in->market.stale_after_ns) good_ns = in->market.stale_after_ns;
    return came_ns == 0 ? 0 : came_ns + good_ns;
}

static bool is_fresh(const struct exec *exec, const struct lot *lot) {
    return fresh_until(exec, lot) >= book_now(exec->book);
}

bool guard_beyond(const struct exec *exec, const struct lot *lot) {
    struct pawl_price now =
        market_price(exec->book, lot->rec.instrument, lot->rec.stop_trigger, lot->rec.side);
    if (now.e8 == 0 || lot->rec.stop.e8 == 0) return false;
    return lot->rec.side == PAWL_POSITION_SIDE_LONG ? now.e8 <= lot->rec.stop.e8
                                                    : now.e8 >= lot->rec.stop.e8;
}

/* Level of the newest stop that works at the venue. */
static struct pawl_price working_stop(const struct lot *lot) {
    struct pawl_price level = lot->rec.stop;
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order->rec.role == PAWL_ROLE_STOP && order_is_working(order))
            level = order->rec.stop_price;
    return level;
}

/* Of the spell that runs, what fell into the life of this process. */
static int64_t spell_here(const struct exec *exec, const struct lot *lot) {
    int64_t since = lot->rec.protection_since;
    return book_now(exec->book) - (since > exec->book->began_ns ? since : exec->book->began_ns);
}

static void set_protection(struct exec *exec, struct lot *lot, uint8_t state) {
    if (lot->rec.protection == state) return;
    int64_t now = book_now(exec->book), spell = now - lot->rec.protection_since;
    int64_t here = spell_here(exec, lot);
    if (lot->rec.protection == PAWL_PROTECTION_NAKED) {
        lot->rec.naked_ns += spell;
        exec->book->totals.unprotected_ns += here;
    } else if (lot->rec.protection == PAWL_PROTECTION_GUARDED) {
        lot->rec.guarded_ns += spell;
        exec->book->totals.guarded_ns += here;
    }
    struct pawl_ev_protection_state ev;
    EVENT_INIT(ev, PAWL_EV_PROTECTION_STATE);
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.old = lot->rec.protection;
    ev.new_ = state;
    ev.quantity.e8 = lot_open_e8(lot);
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    lot->rec.protection = state;
    lot->rec.protection_since = now;
    book_changed(exec->book, lot);
    book_publish(exec->book, &ev.head);
    if (state == PAWL_PROTECTION_NAKED && lot->rec.claimed)
        report_alert(exec->book, "naked", PAWL_SEVERITY_WARNING, lot, NULL,
                     "nothing is sent for it before the venue has been compared with it");
    else if (state == PAWL_PROTECTION_NAKED)
        report_alert(exec->book, "naked", PAWL_SEVERITY_CRITICAL, lot, NULL,
                     "no stop works at the venue and %s",
                     fresh_until(exec, lot) == 0 ? "no price feed arms the guard"
                                                 : "the last price is too old to guard by");
    if (state == PAWL_PROTECTION_RESTING && !lot->protected_once) {
        struct pawl_ev_lot_protected done;
        EVENT_INIT(done, PAWL_EV_LOT_PROTECTED);
        lot->protected_once = true;
        done.lot = lot->rec.id;
        done.instrument = lot->rec.instrument;
        done.quantity.e8 = lot_open_e8(lot);
        done.stop = working_stop(lot); /* an amend to the wanted one may be on its way */
        TEXT_SET(done.ref, lot->rare->rec.ref);
        book_publish(exec->book, &done.head);
    }
}

void guard_finish_times(struct exec *exec) {
    for (struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        int64_t spell = spell_here(exec, lot);
        if (lot->rec.protection == PAWL_PROTECTION_NAKED)
            exec->book->totals.unprotected_ns += spell;
        else if (lot->rec.protection == PAWL_PROTECTION_GUARDED)
            exec->book->totals.guarded_ns += spell;
    }
}

static void arm(struct exec *exec, struct lot *lot) {
    bool wanted = lot_open_e8(lot) > 0 && lot->rec.stop.e8 > 0 && !lot->rec.claimed;
    uint64_t key = EXEC_KEY(EXEC_KEY_GUARD, lot->rec.id);
    if (!wanted) {
        triggers_disarm(exec->book->triggers, 0, key);
        timers_clear(exec->book->timers, 0, key);
        lot->guard_level_e8 = 0;
        RARE_SET(exec->book, lot, guard_hit_ns, 0);
        return;
    }
    if (lot->guard_level_e8 == lot->rec.stop.e8) return;
    struct trigger_spec spec = {.key = key,
                                .instrument = lot->rec.instrument,
                                .level = lot->rec.stop,
                                .line = market_line(lot->rec.stop_trigger, lot->rec.side),
                                .cross = lot->rec.side == PAWL_POSITION_SIDE_LONG
                                             ? TRIGGER_AT_OR_BELOW
                                             : TRIGGER_AT_OR_ABOVE};
    if (triggers_arm(exec->book->triggers, &spec, NULL) != PAWL_OK) {
        report_alert(exec->book, "not_armed", PAWL_SEVERITY_CRITICAL, lot, NULL,
                     "its stop level cannot be watched: too many levels");
        return;
    }
    lot->guard_level_e8 = lot->rec.stop.e8;
    RARE_SET(exec->book, lot, guard_hit_ns, 0);
    timers_clear(exec->book->timers, 0, key);
}

/* A market exit for all of it works at the venue: whatever the price does, nobody could do more. */
static bool is_going(const struct lot *lot) {
    int64_t sum_e8 = 0;
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order->rec.role == PAWL_ROLE_EXIT && order->rec.kind == PAWL_KIND_MARKET &&
            order->rec.op == PAWL_ORDER_OP_NONE && order_is_working(order))
            sum_e8 += order_leaves_e8(order);
    return sum_e8 >= lot_open_e8(lot);
}

/* The guard stands at the stop, or it was crossed and is acted upon. */
static bool is_watched(const struct lot *lot) {
    return lot->guard_level_e8 != 0 || lot->rare->guard_hit_ns != 0;
}

void guard_update(struct exec *exec, struct lot *lot) {
    arm(exec, lot);
    uint8_t state = PAWL_PROTECTION_NONE;
    if (lot->rec.claimed) { /* the round that compares it looks at it again */
        int64_t due_ns = lot->rec.created + CLAIM_LOOK_NS;
        if (book_now(exec->book) < due_ns)
            exec_wake_lot(exec, lot, due_ns);
        else
            set_protection(exec, lot, PAWL_PROTECTION_NAKED);
        return;
    }
    if (lot_open_e8(lot) > 0) {
        if (guard_covered(exec, lot))
            state = PAWL_PROTECTION_RESTING;
        else if ((is_watched(lot) && is_fresh(exec, lot)) || is_going(lot))
            state = PAWL_PROTECTION_GUARDED;
        else
            state = PAWL_PROTECTION_NAKED;
    }
    set_protection(exec, lot, state);
    bool stale = !is_fresh(exec, lot);
    if (state == PAWL_PROTECTION_NAKED || (state == PAWL_PROTECTION_GUARDED && stale))
        exec_wake_lot(exec, lot,
                      book_now(exec->book) +
                          (fresh_until(exec, lot) == 0 ? NAKED_LOOK_NS : STALE_LOOK_NS));
    else if (state == PAWL_PROTECTION_GUARDED)
        exec_wake_lot(exec, lot, fresh_until(exec, lot) + 1);
    bool venue_has_it = state != PAWL_PROTECTION_GUARDED && stands_there(lot);
    if (state == PAWL_PROTECTION_NONE || venue_has_it || stale || !guard_beyond(exec, lot)) return;
    /* Nothing at the venue covers it and the price stands beyond the level: there is no next price
     * to wait for, and no grace to give. */
    if (lot->rare->guard_hit_ns == 0)
        guard_crossed(exec, lot);
    else
        guard_grace_over(exec, lot);
}

static void act(struct exec *exec, struct lot *lot) {
    if (lot->rec.exit_at_least.e8 == PAWL_QTY_ALL && lot->exit_by_guard) return;
    report_alert(exec->book, "guard_fired", PAWL_SEVERITY_CRITICAL, lot, NULL,
                 "the stop level is crossed and no stop at the venue closed it: exit at market");
    lot->exit_by_guard = true;
    lot->rec.exit_spent = 0;
    lot->rec.exit_tries = 0;
    want_close(exec, lot, lot->rec.stop_moves > 0 ? "TRAILING_STOP" : "SL_HIT");
}

/* An exit for all of it is on its way; a limit may rest for ever. */
static bool market_exit_works(const struct lot *lot) {
    return lot->rec.state == PAWL_LOT_STATE_CLOSING && lot->rec.exit_kind == PAWL_KIND_MARKET &&
           lot_leaves(lot).exits > 0;
}

void guard_crossed(struct exec *exec, struct lot *lot) {
    if (lot_open_e8(lot) <= 0) return;
    RARE_SET(exec->book, lot, guard_hit_ns, book_now(exec->book));
    if (market_exit_works(lot)) {
        exec_wake_at(exec, EXEC_KEY_GUARD, lot->rec.id,
                     lot->rare->guard_hit_ns + exec->set->guard_grace_ns);
        return;
    }
    if (!guard_covered(exec, lot) || !stands_there(lot)) {
        act(exec, lot);
        return;
    }
    exec_wake_at(exec, EXEC_KEY_GUARD, lot->rec.id,
                 lot->rare->guard_hit_ns + exec->set->guard_grace_ns);
}

void guard_grace_over(struct exec *exec, struct lot *lot) {
    if (lot_open_e8(lot) <= 0 || lot->rare->guard_hit_ns == 0) return;
    if (market_exit_works(lot)) {
        exec_wake_at(exec, EXEC_KEY_GUARD, lot->rec.id,
                     book_now(exec->book) + exec->set->guard_grace_ns);
        return;
    }
    if (guard_beyond(exec, lot) && !is_fresh(exec, lot)) { /* nobody knows where it stands now */
        exec_wake_at(exec, EXEC_KEY_GUARD, lot->rec.id, book_now(exec->book) + STALE_LOOK_NS);
        return;
    }
    if (guard_beyond(exec, lot)) {
        act(exec, lot);
        return;
    }
    lot->guard_level_e8 = 0; /* the price came back: stand there again */
    RARE_SET(exec->book, lot, guard_hit_ns, 0);
    book_dirty(exec->book, lot);
}
