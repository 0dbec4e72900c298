/* Exits that somebody wants now: partial or whole, at market or a limit. */
#include "exec/steps.h"

bool lot_exits_blocked(const struct lot *lot, const struct leaves *leaves) {
    /* While an old and a new stop both live either may fill: one more exit could be one too many.
     */
    return leaves->stops > 1 && leaves->stop_e8 > lot_open_e8(lot);
}

static void cancel_role(struct exec *exec, struct lot *lot, uint8_t role, const char *reason) {
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (order->rec.role == role && order_is_live(order)) command_cancel(exec, order, reason);
    }
}

bool lot_exits_are_bound(const struct exec *exec, const struct lot *lot) {
    uint8_t bound = exec_caps(exec, lot)->exit_bound;
    return bound == PAWL_EXIT_OCA || bound == PAWL_EXIT_TICKET;
}

int64_t lot_exit_missing(const struct lot *lot, const struct leaves *leaves) {
    if (lot->rec.exit_spent) return 0;
    int64_t total =
        lot->rec.exit_at_least.e8 == PAWL_QTY_ALL || lot->rec.exit_at_least.e8 > lot->rec.entered.e8
            ? lot->rec.entered.e8
            : lot->rec.exit_at_least.e8;
    return total - lot->rec.exited.e8 - leaves->exit_e8;
}

/* The guard leaves a shared net position only when the venue's stop is out of the way, or did not
 * answer in time; a stop that fires beside the exit would come off other lots. A group is no help:
 * when the exit gets there the stop may have filled, and the group be over. */
static bool guard_must_wait(struct exec *exec, struct lot *lot, const struct leaves *leaves) {
    if (!lot->exit_by_guard || leaves->stops == 0 ||
        exec_caps(exec, lot)->exit_bound == PAWL_EXIT_TICKET)
        return false;
    int64_t now = book_now(exec->book);
    if (lot->rare->guard_cancel_ns == 0) {
        RARE_SET(exec->book, lot, guard_cancel_ns, now);
        cancel_role(exec, lot, PAWL_ROLE_STOP, "the guard exits");
    }
    int64_t until = lot->rare->guard_cancel_ns + exec->set->guard_cancel_wait_ns;
    if (now >= until) return false;
    exec_wake_lot(exec, lot, until);
    return true;
}

/* Where resting exits lock their quantity, the stop shrinks first; the guard covers the gap. */
static bool shrink_first(struct exec *exec, struct lot *lot, const struct leaves *leaves,
                         int64_t quantity_e8) {
    if (!exec_caps(exec, lot)->reserves_quantity) return false;
    int64_t over = leaves->stop_e8 + leaves->target_e8 + quantity_e8 - lot_open_e8(lot);
    if (over <= 0) return false;
    if (leaves->targets > 0) {
        cancel_role(exec, lot, PAWL_ROLE_TARGET, "its quantity is needed for an exit");
        return true;
    }
    for (struct order *order = lot->orders; order != NULL; order = order->next) {
        if (order->rec.role != PAWL_ROLE_STOP || !order_is_working(order)) continue;
        if (order->rec.op != PAWL_ORDER_OP_NONE) return true;
        int64_t left = order->rec.quantity.e8 - over;
        if (exec_caps(exec, lot)->amend_stop && left > order->rec.filled.e8)
            command_amend(exec, order, (struct pawl_qty){left}, order->rec.price,
                          order->rec.stop_price);
        else
            command_cancel(exec, order, "its quantity is needed for an exit");
    }
    return true;
}

int64_t targets_in_the_way(const struct lot *lot, bool bound) {
    int64_t sum = 0;
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order->rec.role == PAWL_ROLE_TARGET && order_is_live(order) &&
            !(bound && order->rec.kind == PAWL_KIND_LIMIT))
            sum += order_leaves_e8(order);
    return sum;
}

/* What waits for the disk while a stop fills would be too much: it never leaves. */
static void drop_surplus(struct exec *exec, struct lot *lot) {
    bool bound = lot_exits_are_bound(exec, lot);
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (lot_leaves(lot).exit_e8 + targets_in_the_way(lot, bound) <= lot_open_e8(lot)) return;
        bool exits = order->rec.role == PAWL_ROLE_EXIT ||
                     (order->rec.role == PAWL_ROLE_TARGET && order->rec.kind == PAWL_KIND_MARKET);
        if (exits && order->rec.state == PAWL_ORDER_STATE_INTENT)
            command_cancel(exec, order, "its quantity is gone");
    }
}

/* A resting limit that is wanted at another price now, or at market, goes first; true = there is
 * one. */
static bool replace_limits(struct exec *exec, struct lot *lot) {
    bool one_lives = false;
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (order->rec.role != PAWL_ROLE_EXIT || order->rec.kind != PAWL_KIND_LIMIT ||
            !order_is_live(order))
            continue;
        if (lot->rec.exit_kind == PAWL_KIND_LIMIT &&
            lot->rare->rec.exit_price.e8 == order->rec.price.e8)
            continue;
        command_cancel(exec, order, "wanted otherwise");
        one_lives |= order_is_live(order);
    }
    return one_lives;
}

void plan_exit(struct exec *exec, struct lot *lot) {
    drop_surplus(exec, lot);
    if (replace_limits(exec, lot)) return;
    struct leaves leaves = lot_leaves(lot);
    int64_t missing = lot_exit_missing(lot, &leaves);
    if (missing <= 0) return;
    if (lot->rare->exit_retry_ns > book_now(exec->book)) {
        exec_wake_lot(exec, lot, lot->rare->exit_retry_ns);
        return;
    }
    bool bound = lot_exits_are_bound(exec, lot);
    int64_t free_e8 = lot_open_e8(lot) - leaves.exit_e8 - targets_in_the_way(lot, bound);
    if (free_e8 < missing && !bound && leaves.targets > 0) { /* they hold what is wanted out */
        cancel_role(exec, lot, PAWL_ROLE_TARGET, "an exit goes first");
        leaves = lot_leaves(lot);
        if (leaves.targets > 0) return;
        free_e8 = lot_open_e8(lot) - leaves.exit_e8;
    }
    if (missing > free_e8) missing = free_e8;
    const struct pawl_instrument *in = &exec->book->instruments[lot->rec.instrument].def;
    if (missing <= 0 || pawl_round_to(missing, in->step.e8, PAWL_ROUND_DOWN, &missing) != PAWL_OK ||
        missing <= 0)
        return;
    if (guard_must_wait(exec, lot, &leaves)) return;
    if (!lot->exit_by_guard && lot_exits_blocked(lot, &leaves)) return;
    if (shrink_first(exec, lot, &leaves, missing)) return;
    struct order_terms terms = {.role = PAWL_ROLE_EXIT,
                                .kind = lot->rec.exit_kind,
                                .generation = lot->rec.exit_gen,
                                .quantity = {missing}};
    if (terms.kind == PAWL_KIND_LIMIT) terms.price = lot->rare->rec.exit_price;
    command_submit(exec, lot, &terms);
}
