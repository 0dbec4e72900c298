/*
 * steps.h - the executor's own parts, seen only inside host/exec: commands and the outbox,
 * planning, the guard, look-ups, reconciling, reports. exec.h is what the rest of the host uses.
 * [loop]
 */
#ifndef EXEC_STEPS_H
#define EXEC_STEPS_H

#include "exec/exec.h"

/* ---- outbox.c ---- */
bool outbox_put(struct exec *exec, struct order *order, uint8_t op, bool protective);
void outbox_drop_broker(struct exec *exec, uint32_t broker);    /* never sent: certain */
bool outbox_drop_order(struct exec *exec, struct order *order); /* true = it was waiting */
bool outbox_release(struct exec *exec);                         /* true = something was published */

/* ---- commands.c ---- */
struct order_terms {
    uint8_t role, kind, tif, trigger, index;
    uint32_t generation;
    struct pawl_qty quantity;
    struct pawl_price price, stop_price;
    int64_t expires;
};
/* Make and queue an order; NULL and an alert when a limit forbids it. */
struct order *command_submit(struct exec *exec, struct lot *lot, const struct order_terms *terms);
void command_amend(struct exec *exec, struct order *order, struct pawl_qty quantity,
                   struct pawl_price price, struct pawl_price stop_price);
void command_cancel(struct exec *exec, struct order *order, const char *reason);
/* cookie 0: a look-up. */
void command_query(struct exec *exec, uint32_t broker, uint32_t account, uint8_t what,
                   const struct order *order, int64_t since, uint64_t cookie);
void command_publish(struct exec *exec, const struct outbox_entry *entry);
/* The amend in flight may still arrive until the venue has settled, even if the order shows
 * nothing of it: only the same terms may be asked for meanwhile. */
void amend_strays(struct exec *exec, struct order *order);
void order_end(struct exec *exec, struct order *order, uint8_t state, const char *reason);

/* ---- holders.c ---- */
/* By the profile as it is configured now; without one the caller holds all. */
void lot_hold(struct exec *exec, struct lot *lot, const char *profile, uint32_t caller);
void lot_held(struct exec *exec, const struct lot *lot); /* lot.assigned, to the new holders */

/* ---- planning: plan*.c ---- */
void plan_lot(struct exec *exec, struct lot *lot);
void plan_conclusion(struct exec *exec, struct lot *lot); /* closed, once nothing lives */
void plan_add(struct exec *exec, struct lot *lot);
void plan_exit(struct exec *exec, struct lot *lot);
void plan_stop(struct exec *exec, struct lot *lot);
void plan_targets(struct exec *exec, struct lot *lot);
void plan_targets_off(struct exec *exec, struct lot *lot); /* watch nothing of it any more */
void plan_target_fired(struct exec *exec, struct lot *lot, uint32_t index);
struct leaves { /* of a lot's live orders */
    int64_t entry_e8, add_e8, exit_e8, target_e8, stop_e8;
    uint32_t entries, adds, exits, targets, stops, unknown;
};
struct leaves lot_leaves(const struct lot *lot);
bool lot_is_closing(const struct lot *lot); /* wants everything out */
/* On ticket venues a lot is one position, which exists or is being opened: it cannot grow. */
bool lot_is_complete_ticket(const struct exec *exec, const struct lot *lot);
/* The venue shrinks and ends what hangs on the lot's position itself: a group, a ticket. */
bool lot_exits_are_bound(const struct exec *exec, const struct lot *lot);
/* What targets may still take out; those that rest and are bound shrink with the exit. */
int64_t targets_in_the_way(const struct lot *lot, bool bound);
/* Quantity wanted out now beyond what explicit exits may still fill; 0 or less = none. */
int64_t lot_exit_missing(const struct lot *lot, const struct leaves *leaves);
/* Some stops of the lot may both fill: nothing more may be sent out. */
bool lot_exits_blocked(const struct lot *lot, const struct leaves *leaves);

/* ---- trail.c ---- */
/* The venue trails the stop of this lot by itself from now on: an order of kind trailing. */
bool trail_is_native(const struct exec *exec, const struct lot *lot);
static inline bool order_trails(const struct order *order) { /* its level is the venue's */
    return order->rec.kind == PAWL_KIND_TRAILING;
}
/* The venue does not take a trailing order of this lot: the host moves a fixed stop from now on. */
void trail_refused(struct exec *exec, struct order *order, const char *message);
/* The venue's order is looser than the stop has become other than by what it has trailed itself. */
bool trail_is_behind(const struct lot *lot, const struct order *order);
/* What the venue trails is ahead of the lot's stop by less than a step. Before another order takes
 * its place the stop catches up, so that the level at the venue never goes back. */
void trail_catch_up(struct exec *exec, struct lot *lot);
/* A stop begins to work beside the one it replaces, which has trailed on meanwhile: catch up before
 * the older one goes. Call before the order's state is changed. */
void trail_beside(struct exec *exec, struct order *order);
/* Follow the price as it is now, and stand where the next step is worth taking. */
void trail_update(struct exec *exec, struct lot *lot);
void trail_crossed(struct exec *exec, struct lot *lot); /* the trigger fired */

/* ---- wants.c ---- */
/* The lot, if the caller holds its stop; else NULL and why. */
struct lot *want_stop_lot(struct exec *exec, uint32_t caller, uint64_t id, struct pawl_err *err);
/* A new stop that is on the tick; `initial`: it is what the lot starts with. */
void stop_move(struct exec *exec, struct lot *lot, struct pawl_price level, const char *reason,
               bool initial);

/* ---- guard.c ---- */
void guard_update(struct exec *exec, struct lot *lot); /* arm, re-arm or disarm; protection state */
/* Working stops at the venue cover the open quantity. */
bool guard_covered(const struct exec *exec, const struct lot *lot);
void guard_crossed(struct exec *exec, struct lot *lot);    /* the trigger fired */
void guard_grace_over(struct exec *exec, struct lot *lot); /* the timer fired */
/* The price is at or beyond the stop now. */
bool guard_beyond(const struct exec *exec, const struct lot *lot);

/* ---- gaps.c ---- */
/* Positions of a whole round against the lots; true if a gap needs another look. */
bool gaps_compare(struct exec *exec, struct exec_broker *broker);
/* Those that the newest round has not seen; or all of them: the next look is a first one. */
void gaps_forget(struct exec *exec, const struct exec_broker *broker, bool all);

/* ---- adopt.c: orders of ours that were never stored ---- */

/* NULL = not ours, or no lot to put it to. */
struct order *adopt_from_status(struct exec *exec, const struct pawl_ev_status *status);
struct order *adopt_from_execution(struct exec *exec, const struct pawl_ev_execution *report);
/* Known by its fills alone: its kind, its levels and what is left of it are not. */
static inline bool order_is_guessed(const struct order *order) {
    return order->rec.tif == 0;
}
/* Call before a fill of such an order is booked: it may be for all that its lot has left, so it is
 * not over with the fill, but unknown until the venue says what it is. */
void adopt_room(struct exec *exec, struct order *order, struct pawl_qty fill);
/* The venue has a stop at a level that was never stored: if it is tighter it is the lot's from now
 * on, since a restart must not slip back. Call before the order's own level is changed. */
void adopt_level(struct exec *exec, struct order *order, struct pawl_price level);

/* ---- lookup.c, reconcile.c ---- */
void lookup_begin(struct exec *exec, struct order *order, uint8_t op, const char *why);
void lookup_due(struct exec *exec, struct order *order);
void lookup_status(struct exec *exec, const struct pawl_ev_status *status);
/* True while the venue is asked where a trailing order of an open lot has ended: it knows better
 * than the host, which follows in steps, and hears fewer prices. */
bool lookup_level(struct exec *exec, struct order *order);
void reconcile_link(struct exec *exec, uint32_t component, bool up, const char *message);
void reconcile_round(struct exec *exec, struct exec_broker *broker);
/* What it has not asked for yet is not asked for any more. */
void reconcile_stop(struct exec_broker *broker);
/* Does this answer a question that was asked before the order's last request left? */
bool reconcile_is_stale(struct exec *exec, const struct order *order, uint64_t cookie);
/* The number of the running round that asked this and has missed no executions; 0 = none did. */
uint32_t reconcile_running(struct exec *exec, uint64_t cookie);
void reconcile_plan(struct exec *exec); /* asks, for who compares the answers */
bool trade_fills_now(const struct exec *exec, const struct lot *lot); /* merge.c */
void reconcile_due(struct exec *exec, uint32_t component);
void reconcile_position(struct exec *exec, const struct pawl_ev_position *position);
void reconcile_done(struct exec *exec, const struct pawl_event *event);

/* ---- reports.c ---- */
void report_event(struct exec *exec, const struct pawl_event *event);
/* A certain failure of an order's request: count it, plan the next try, or spend the want. */
void want_failed(struct exec *exec, struct order *order, uint8_t op, uint8_t class_,
                 const char *message);
/* The venue has ended an order, and nobody had asked for that. */
void want_taken(struct exec *exec, struct order *order);
void want_spent(struct exec *exec, struct lot *lot, uint8_t role, uint8_t index, uint8_t class_,
                uint32_t generation, const char *reason);

#endif
