/* The protective stop at the venue: one working order for the whole open quantity at the wanted
 * price, reached by amend where the venue can, by new-before-cancel where both may rest, else by
 * cancel-then-new with the guard over the gap. */
#include "exec/steps.h"

#define SLOT_LOOK_NS PAWL_NS

struct stops {
    struct order *match; /* working, as wanted */
    struct order *other; /* newest working, not as wanted */
    uint32_t working, in_flight;
};

static bool stop_wanted(const struct exec *exec, const struct lot *lot) {
    return lot_open_e8(lot) > 0 && lot->rec.stop.e8 > 0 && exec_caps(exec, lot)->native_stop &&
           lot->rec.stop_mode == PAWL_LEVEL_MODE_REST && lot->rare->guard_cancel_ns == 0;
}

/* Quantity the stop should have; where resting exits lock it, what is going out is left free. */
static int64_t stop_quantity(const struct exec *exec, const struct lot *lot) {
    int64_t open = lot_open_e8(lot);
    if (!exec_caps(exec, lot)->reserves_quantity) return open;
    struct leaves leaves = lot_leaves(lot);
    open -= leaves.exit_e8 + leaves.target_e8;
    return open > 0 ? open : 0;
}

/* A stop of the venue's that trails as wanted, or a plain one. */
static bool right_kind(const struct exec *exec, const struct lot *lot, const struct order *order) {
    if (!trail_is_native(exec, lot)) return !order_trails(order);
    const struct pawl_rare_lot *wanted = &lot->rare->rec;
    return order_trails(order) && order->rare->trail_distance.e8 == wanted->trail_distance.e8 &&
           order->rare->trail_fraction.e8 == wanted->trail_fraction.e8;
}

/* One that trails is ahead of the lot's stop, unless the stop was moved by others. */
static bool right_level(const struct lot *lot, const struct order *order) {
    if (order_trails(order)) return !trail_is_behind(lot, order);
    return order->rec.stop_price.e8 == lot->rec.stop.e8;
}

static bool as_wanted(const struct exec *exec, const struct lot *lot, const struct order *order,
                      int64_t quantity_e8) {
    if (!right_kind(exec, lot, order) || !right_level(lot, order)) return false;
    if (exec_caps(exec, lot)->exit_bound == PAWL_EXIT_TICKET) return true; /* follows its ticket */
    return order->rec.quantity.e8 - order->rec.filled.e8 == quantity_e8;
}

static struct stops look(const struct exec *exec, const struct lot *lot, int64_t quantity_e8) {
    struct stops seen = {0};
    for (struct order *order = lot->orders; order != NULL; order = order->next) {
        if (order->rec.role != PAWL_ROLE_STOP || !order_is_live(order)) continue;
        if (order->rec.op != PAWL_ORDER_OP_NONE || order->rec.op_unknown ||
            !order_is_working(order)) {
            seen.in_flight++;
            continue;
        }
        seen.working++;
        if (seen.match == NULL && as_wanted(exec, lot, order, quantity_e8))
            seen.match = order;
        else
            seen.other = order;
    }
    return seen;
}

static void cancel_others(struct exec *exec, struct lot *lot, const struct order *keep) {
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (order->rec.role != PAWL_ROLE_STOP || order == keep || !order_is_live(order)) continue;
        if (order->rec.op == PAWL_ORDER_OP_NONE)
            command_cancel(exec, order, keep != NULL ? "replaced" : "no longer wanted");
    }
}

/* An OCA venue shrinks the rest of the group by itself; it gets a second before we do it. */
static bool venue_shrinks(struct exec *exec, struct lot *lot, const struct order *order,
                          int64_t quantity_e8) {
    if (exec_caps(exec, lot)->exit_bound != PAWL_EXIT_OCA) return false;
    if (!right_kind(exec, lot, order) || !right_level(lot, order) ||
        order->rec.quantity.e8 - order->rec.filled.e8 < quantity_e8)
        return false;
    int64_t now = book_now(exec->book);
    if (lot->rare->group_wait_ns == 0) RARE_SET(exec->book, lot, group_wait_ns, now + PAWL_NS);
    if (now >= lot->rare->group_wait_ns) return false;
    exec_wake_at(exec, EXEC_KEY_GROUP, lot->rec.id, lot->rare->group_wait_ns);
    return true;
}

static uint32_t conditional_orders(const struct lot *lot) {
    uint32_t count = 0;
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        count += order_is_live(order) &&
                 (order->rec.role == PAWL_ROLE_STOP || order->rec.kind >= PAWL_KIND_STOP);
    return count;
}

/* The venue holds a limited number of conditional orders of an account: beyond it the guard has the
 * lot, until one of them is over. */
static bool slots_full(struct exec *exec, struct lot *lot) {
    uint32_t slots = exec_caps(exec, lot)->stop_slots, used = 0;
    if (slots == 0) return false;
    for (const struct lot *one = exec->book->first_lot; one != NULL && used < slots;
         one = one->next)
        if (one->rec.account == lot->rec.account) used += conditional_orders(one);
    if (used < slots) return false;
    exec_wake_lot(exec, lot, book_now(exec->book) + SLOT_LOOK_NS);
    return true;
}

static void submit_stop(struct exec *exec, struct lot *lot, int64_t quantity_e8) {
    trail_catch_up(exec, lot);
    struct order_terms terms = {.role = PAWL_ROLE_STOP,
                                .kind = trail_is_native(exec, lot) ? PAWL_KIND_TRAILING
                                                                   : PAWL_KIND_STOP,
                                .trigger = lot->rec.stop_trigger,
                                .generation = lot->rec.stop_gen,
                                .quantity = {quantity_e8},
                                .stop_price = lot->rec.stop};
    command_submit(exec, lot, &terms);
}

/* What follows a trailing order does not begin behind it. */
static bool levels_awaited(struct exec *exec, struct lot *lot) {
    bool awaited = false;
    for (struct order *order = lot->orders; order != NULL; order = order->next)
        awaited |= lookup_level(exec, order);
    return awaited;
}

void plan_stop(struct exec *exec, struct lot *lot) {
    int64_t quantity_e8 = stop_quantity(exec, lot);
    struct stops seen = look(exec, lot, quantity_e8);
    if (!stop_wanted(exec, lot) || quantity_e8 == 0) {
        if (seen.working > 0) cancel_others(exec, lot, NULL);
        return;
    }
    bool awaited = levels_awaited(exec, lot);
    if (seen.match != NULL) {
        RARE_SET(exec->book, lot, group_wait_ns, 0);
        if (seen.working > 1) cancel_others(exec, lot, seen.match);
        return;
    }
    if (seen.in_flight > 0) return; /* no second stop until there is evidence about the first */
    if (awaited && seen.other == NULL) return; /* the guard has the lot */
    if (lot->rare->stop_retry_ns > book_now(exec->book)) {
        exec_wake_lot(exec, lot, lot->rare->stop_retry_ns);
        return;
    }
    if (guard_beyond(exec, lot)) return; /* would fire at once: the guard decides */
    const struct pawl_broker_caps *caps = exec_caps(exec, lot);
    if (seen.other == NULL && slots_full(exec, lot)) return;
    if (seen.other == NULL) {
        submit_stop(exec, lot, quantity_e8);
    } else if (venue_shrinks(exec, lot, seen.other, quantity_e8)) {
        return;
    } else if (caps->amend_stop && right_kind(exec, lot, seen.other)) {
        struct pawl_qty total = {quantity_e8 + seen.other->rec.filled.e8};
        if (order_trails(seen.other)) trail_catch_up(exec, lot);
        command_amend(exec, seen.other, total, seen.other->rec.price, lot->rec.stop);
    } else if (caps->holds_both && seen.working > 1) {
        cancel_others(exec, lot, seen.other); /* wanted anew while both work: the older one first */
    } else if (caps->holds_both && !slots_full(exec, lot)) {
        submit_stop(exec, lot, quantity_e8); /* the old one goes when this one works */
    } else {
        cancel_others(exec, lot, NULL); /* the guard is armed; the new one follows the answer */
    }
}
