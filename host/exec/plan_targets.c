/* Profit levels: resting where the venue binds them to the lot, else watched by a trigger. */
#include "book/market.h"
#include "book/report.h"
#include "exec/steps.h"

static bool rests(const struct exec *exec, const struct lot *lot,
                  const struct pawl_rec_target *target) {
    uint8_t bound = exec_caps(exec, lot)->exit_bound;
    if (target->mode != PAWL_LEVEL_MODE_REST || target->spent) return false;
    if (bound == PAWL_EXIT_OCA) return true;
    if (bound != PAWL_EXIT_TICKET || target->quantity.e8 != PAWL_QTY_ALL) return false;
    for (uint32_t i = 0; i < PAWL_TARGETS_MAX; i++) /* a ticket holds one target, for all of it */
        if (lot->targets[i].price.e8 != 0 && i != target->index) return false;
    return true;
}

/* 0 where less than a step is left. */
static int64_t on_step(const struct exec *exec, const struct lot *lot, int64_t quantity_e8) {
    const struct pawl_instrument *in = &exec->book->instruments[lot->rec.instrument].def;
    int64_t rounded_e8 = 0;
    if (quantity_e8 <= 0 ||
        pawl_round_to(quantity_e8, in->step.e8, PAWL_ROUND_DOWN, &rounded_e8) != PAWL_OK)
        return 0;
    return rounded_e8;
}

/* What of the lot this level may still take. */
static int64_t target_quantity(const struct exec *exec, const struct lot *lot,
                               const struct pawl_rec_target *target) {
    int64_t left = target->quantity.e8 == PAWL_QTY_ALL ? lot_open_e8(lot)
                                                       : target->quantity.e8 - target->filled.e8;
    if (left > lot_open_e8(lot)) left = lot_open_e8(lot);
    return on_step(exec, lot, left);
}

static int64_t leaves_of(const struct lot *lot, uint32_t index, struct order **ret_working,
                         bool *ret_in_flight) {
    int64_t sum = 0;
    *ret_working = NULL;
    *ret_in_flight = false;
    for (struct order *order = lot->orders; order != NULL; order = order->next) {
        if (order->rec.role != PAWL_ROLE_TARGET || order->rec.index != index ||
            !order_is_live(order))
            continue;
        sum += order_leaves_e8(order);
        if (order->rec.op == PAWL_ORDER_OP_NONE && order_is_working(order))
            *ret_working = order;
        else
            *ret_in_flight = true;
    }
    return sum;
}

static void watch(struct exec *exec, struct lot *lot, const struct pawl_rec_target *target,
                  bool on) {
    uint64_t key = EXEC_KEY(EXEC_KEY_TARGET, lot->rec.id << 2 | target->index);
    if (!on) {
        triggers_disarm(exec->book->triggers, 0, key);
        return;
    }
    bool is_long = lot->rec.side == PAWL_POSITION_SIDE_LONG;
    struct trigger_spec spec = {.key = key,
                                .instrument = lot->rec.instrument,
                                .level = target->price,
                                .line = market_line(target->trigger, lot->rec.side),
                                .cross = is_long ? TRIGGER_AT_OR_ABOVE : TRIGGER_AT_OR_BELOW};
    struct trigger_spec armed;
    if (triggers_find(exec->book->triggers, 0, key, &armed) && armed.level.e8 == spec.level.e8)
        return;
    if (triggers_arm(exec->book->triggers, &spec, NULL) != PAWL_OK)
        report_alert(exec->book, "not_armed", PAWL_SEVERITY_CRITICAL, lot, NULL,
                     "its target cannot be watched: too many levels");
}

static void submit_target(struct exec *exec, struct lot *lot, const struct pawl_rec_target *target,
                          int64_t quantity_e8, bool rest) {
    struct order_terms terms = {.role = PAWL_ROLE_TARGET,
                                .kind = rest ? PAWL_KIND_LIMIT : PAWL_KIND_MARKET,
                                .index = target->index,
                                .generation = target->generation,
                                .quantity = {quantity_e8}};
    if (rest) terms.price = target->price;
    command_submit(exec, lot, &terms);
}

static void plan_resting(struct exec *exec, struct lot *lot, struct pawl_rec_target *target) {
    struct order *working;
    bool in_flight;
    leaves_of(lot, target->index, &working, &in_flight);
    int64_t wanted = target_quantity(exec, lot, target);
    bool ticket = exec_caps(exec, lot)->exit_bound == PAWL_EXIT_TICKET;
    if (in_flight || wanted == 0) return;
    if (working == NULL) {
        submit_target(exec, lot, target, wanted, true);
        return;
    }
    int64_t left = working->rec.quantity.e8 - working->rec.filled.e8;
    if (working->rec.price.e8 == target->price.e8 && (ticket || left == wanted)) return;
    if (!ticket && working->rec.price.e8 == target->price.e8 && left > wanted) {
        int64_t now =
            book_now(exec->book); /* the group's other order filled: the venue shrinks it */
        if (lot->rare->group_wait_ns == 0) RARE_SET(exec->book, lot, group_wait_ns, now + PAWL_NS);
        if (now < lot->rare->group_wait_ns) {
            exec_wake_at(exec, EXEC_KEY_GROUP, lot->rec.id, lot->rare->group_wait_ns);
            return;
        }
    }
    if (exec_caps(exec, lot)->amend_limit) {
        struct pawl_qty total = {wanted + working->rec.filled.e8};
        command_amend(exec, working, total, target->price, working->rec.stop_price);
    } else {
        command_cancel(exec, working, "replaced");
    }
}

/* A ticket takes no target that the price has reached, or is about to: it is watched instead. One
 * that rests there already is the venue's matter. */
static bool reached(const struct exec *exec, const struct lot *lot,
                    const struct pawl_rec_target *target) {
    const struct pawl_instrument *in = &exec->book->instruments[lot->rec.instrument].def;
    struct pawl_price now = market_price(exec->book, lot->rec.instrument,
                                         PAWL_TRIGGER_SOURCE_EXIT_SIDE, lot->rec.side);
    struct order *working;
    bool in_flight;
    if (exec_caps(exec, lot)->exit_bound != PAWL_EXIT_TICKET || now.e8 == 0) return false;
    leaves_of(lot, target->index, &working, &in_flight);
    if (in_flight || (working != NULL && working->rec.price.e8 == target->price.e8)) return false;
    int64_t way_e8 = lot->rec.side == PAWL_POSITION_SIDE_LONG ? target->price.e8 - now.e8
                                                              : now.e8 - target->price.e8;
    return way_e8 <= 0 || way_e8 < in->min_stop_distance.e8;
}

static void cancel_resting(struct exec *exec, struct lot *lot, uint32_t index) {
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (order->rec.role == PAWL_ROLE_TARGET && order->rec.index == index &&
            order->rec.kind == PAWL_KIND_LIMIT && order_is_live(order))
            command_cancel(exec, order, "no longer wanted");
    }
}

/* A watched level was touched: send what it still has to take, as far as nothing else may take it.
 */
static void plan_fired(struct exec *exec, struct lot *lot, struct pawl_rec_target *target) {
    struct leaves leaves = lot_leaves(lot);
    struct order *working;
    bool in_flight;
    int64_t mine = leaves_of(lot, target->index, &working, &in_flight);
    int64_t wanted = target_quantity(exec, lot, target) - mine;
    int64_t exits = lot_exit_missing(lot, &leaves); /* they go first */
    int64_t room = lot_open_e8(lot) - leaves.exit_e8 - (exits > 0 ? exits : 0) -
                   targets_in_the_way(lot, lot_exits_are_bound(exec, lot));
    wanted = on_step(exec, lot, wanted < room ? wanted : room);
    if (wanted == 0 || lot_exits_blocked(lot, &leaves)) return;
    submit_target(exec, lot, target, wanted, false);
}

void plan_targets(struct exec *exec, struct lot *lot) {
    if (lot->targets == NULL) return;
    for (uint32_t i = 0; i < PAWL_TARGETS_MAX; i++) {
        struct pawl_rec_target *target = &lot->targets[i];
        if (target->generation == 0) continue;
        bool wanted = target->price.e8 != 0 && !target->spent && !lot_is_closing(lot);
        if (!wanted) {
            watch(exec, lot, target, false);
            cancel_resting(exec, lot, i);
            continue;
        }
        if (lot->rare->target_retry_ns > book_now(exec->book)) {
            exec_wake_lot(exec, lot, lot->rare->target_retry_ns);
        } else if (target->fired) {
            plan_fired(exec, lot, target);
        } else if (rests(exec, lot, target) && !reached(exec, lot, target)) {
            watch(exec, lot, target, false);
            plan_resting(exec, lot, target);
        } else {
            cancel_resting(exec, lot, i);
            watch(exec, lot, target, true);
        }
    }
}

void plan_target_fired(struct exec *exec, struct lot *lot, uint32_t index) {
    if (lot->targets == NULL || index >= PAWL_TARGETS_MAX) return;
    struct pawl_rec_target *target = &lot->targets[index];
    if (target->price.e8 == 0 || lot_open_e8(lot) <= 0) return;
    target->fired = 1;
    lot->targets_changed = true;
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
}

void plan_targets_off(struct exec *exec, struct lot *lot) {
    if (lot->targets == NULL) return;
    for (uint32_t i = 0; i < PAWL_TARGETS_MAX; i++) watch(exec, lot, &lot->targets[i], false);
}
