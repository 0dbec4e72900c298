/*
 * Growth that rests: a limit beside the entry, for as long as the lot is open. It is no part of
 * enter_up_to, so a lot can be scaled in at market while it rests; what it fills raises both.
 */
#include "exec/steps.h"

#define ADD_WAIT_NS (PAWL_NS / 10)

static void cancel_adds(struct exec *exec, struct lot *lot, const struct order *keep,
                        const char *reason) {
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (order_is_add(order) && order != keep && order_is_live(order))
            command_cancel(exec, order, reason);
    }
}

static struct order *newest(const struct lot *lot) {
    struct order *found = NULL;
    for (struct order *order = lot->orders; order != NULL; order = order->next)
        if (order_is_add(order) && order_is_live(order)) found = order;
    return found;
}

static void send_add(struct exec *exec, struct lot *lot, int64_t quantity_e8) {
    char why[128];
    struct risk_ask ask = {.instrument = lot->rec.instrument,
                           .account = lot->rec.account,
                           .side = lot->rec.side,
                           .quantity = {quantity_e8},
                           .price = lot->rare->rec.add_price,
                           .stop = lot->rec.stop,
                           .lot = lot,
                           .count = 1,
                           .rests = true,
                           .ref = lot->rare->rec.ref};
    switch (risk_entry(exec, &ask, why)) {
    case RISK_WAIT: exec_wake_lot(exec, lot, book_now(exec->book) + ADD_WAIT_NS); return;
    case RISK_REFUSE:
        want_spent(exec, lot, PAWL_ROLE_DOUBLEDOWN, 0, PAWL_ERROR_CLASS_FATAL, lot->rec.add_gen,
                   why);
        return;
    case RISK_PASS: break;
    }
    struct order_terms terms = {.role = PAWL_ROLE_DOUBLEDOWN,
                                .kind = PAWL_KIND_LIMIT,
                                .generation = lot->rec.add_gen,
                                .quantity = {quantity_e8},
                                .price = lot->rare->rec.add_price};
    command_submit(exec, lot, &terms);
}

/* What it may still fill, on the step; 0 = nothing is wanted. */
static int64_t wanted_now(const struct exec *exec, const struct lot *lot) {
    const struct pawl_instrument *in = &exec->book->instruments[lot->rec.instrument].def;
    int64_t left = lot->rare->rec.add_up_to.e8 - lot->rare->rec.added.e8;
    if (lot->rec.add_spent || lot_is_closing(lot) || lot_open_e8(lot) <= 0 || left <= 0) return 0;
    if (pawl_round_to(left, in->step.e8, PAWL_ROUND_DOWN, &left) != PAWL_OK) return 0;
    return left >= in->min_quantity.e8 ? left : 0;
}

/* Entries that are being taken back may fill yet, and would be too much beside it. */
static bool entries_go(const struct lot *lot) {
    int64_t room_e8 = lot->rec.enter_up_to.e8 - lot->rec.entered.e8;
    return lot_leaves(lot).entry_e8 > (room_e8 > 0 ? room_e8 : 0);
}

void plan_add(struct exec *exec, struct lot *lot) {
    if (lot->rec.add_gen == 0) return;
    int64_t wanted = wanted_now(exec, lot);
    struct order *order = newest(lot);
    if (wanted == 0) {
        cancel_adds(exec, lot, NULL, "no longer wanted");
        return;
    }
    if (order == NULL) {
        struct exec_broker *broker = exec_broker_of(exec, lot);
        if (broker == NULL || !broker->known) return; /* one may rest there from before */
        if (entries_go(lot)) return;
        if (lot->rare->add_retry_ns > book_now(exec->book))
            exec_wake_lot(exec, lot, lot->rare->add_retry_ns);
        else
            send_add(exec, lot, wanted);
        return;
    }
    cancel_adds(exec, lot, order, "replaced");
    if (order->rec.op != PAWL_ORDER_OP_NONE || order->rec.op_unknown || !order_is_working(order))
        return;
    struct pawl_price price = lot->rare->rec.add_price;
    if (order->rec.price.e8 == price.e8 && order_leaves_e8(order) == wanted) return;
    if (lot->rare->add_retry_ns > book_now(exec->book))
        exec_wake_lot(exec, lot, lot->rare->add_retry_ns);
    else if (exec_caps(exec, lot)->amend_limit)
        command_amend(exec, order, (struct pawl_qty){wanted + order->rec.filled.e8},
                      price, order->rec.stop_price);
    else
        command_cancel(exec, order, "replaced");
}
