/*
 * Orders of ours that the book does not know: sent while the disk stood still, by a process that
 * ended before they were stored. The id says whose they are; from then on they are orders like any
 * other, so what is too many is cancelled and what fills is booked to the right lot.
 */
#include "base/oid.h"
#include "book/report.h"
#include "exec/steps.h"

static struct order *make(struct exec *exec, const char *id, uint32_t instrument, uint8_t side,
                          struct pawl_qty quantity) {
    struct book *book = exec->book;
    struct oid_parts parts;
    struct pawl_err err = {0};
    if (oid_parse(id, &parts) != PAWL_OK || parts.host != book->host_id) return NULL;
    struct lot *lot = book_lot_heir(book, book_lot(book, parts.lot));
    if (lot == NULL || lot->rec.instrument != instrument || parts.role < PAWL_ROLE_MAIN ||
        parts.role > PAWL_ROLE_EXIT)
        return NULL;
    struct order *order = book_order_new(book, lot, &err);
    if (order == NULL) return NULL;
    TEXT_SET(order->rec.order, id);
    order->rec.boot = parts.boot;
    order->rec.role = parts.role;
    order->rec.side = side;
    order->rec.quantity = quantity;
    order->rec.created = lot->rec.created; /* its fills are not older than that */
    order->rec.sent = lot->rec.created;
    order->rec.reduce = !role_is_entry(parts.role);
    if (order->rec.reduce && exec_caps(exec, lot)->exit_bound == PAWL_EXIT_OCA)
        order->rec.group = lot->rec.id;
    order->rec.tif = PAWL_TIF_GTC;
    order->rec.trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    order->rec.state = PAWL_ORDER_STATE_ACCEPTED;
    if (book_order_index(book, order) != PAWL_OK) return NULL;
    book_order_changed(book, order);
    if (lot->rec.state == PAWL_LOT_STATE_CLOSED)
        book_lot_reopen(book, lot); /* it ends again properly */
    book_dirty(book, lot);
    report_alert(book, "order_recovered", PAWL_SEVERITY_WARNING, lot, order,
                 "the venue has an order of this lot that was never stored; it is taken over");
    return order;
}

void adopt_level(struct exec *exec, struct order *order, struct pawl_price level) {
    struct lot *lot = order->lot;
    struct pawl_err looser = {0};
    bool known =
        order->rec.stop_price.e8 == level.e8 ||
        (order->rec.op == PAWL_ORDER_OP_AMEND && order->rec.want_stop_price.e8 == level.e8);
    if (order->rec.role != PAWL_ROLE_STOP || level.e8 <= 0 || known ||
        lot->rec.state == PAWL_LOT_STATE_CLOSED)
        return;
    want_stop(exec, exec->operator_id, lot->rec.id, level, "found at the venue", false, &looser);
}

struct order *adopt_from_status(struct exec *exec, const struct pawl_ev_status *status) {
    bool works = status->state == PAWL_ORDER_STATE_ACCEPTED ||
                 status->state == PAWL_ORDER_STATE_PARTIALLY_FILLED;
    if (!status->found || !works) return NULL;
    struct order *order =
        make(exec, status->order, status->instrument, status->side, status->quantity);
    if (order == NULL) return NULL;
    adopt_level(exec, order, status->stop_price);
    order->rec.kind = status->kind;
    order->rec.price = status->price;
    order->rec.stop_price = status->stop_price;
    return order;
}

struct order *adopt_from_execution(struct exec *exec, const struct pawl_ev_execution *report) {
    struct order *order =
        make(exec, report->order, report->instrument, report->side, report->quantity);
    if (order == NULL) return NULL;
    order->rec.kind = PAWL_KIND_MARKET;
    order->rec.tif = 0; /* order_is_guessed() */
    return order;
}

void adopt_room(struct exec *exec, struct order *order, struct pawl_qty fill) {
    struct lot *lot = order->lot;
    const struct pawl_instrument *in = &exec->book->instruments[order->rec.instrument].def;
    int64_t rest = order->rec.reduce     ? lot_open_e8(lot)
                   : order_is_add(order) ? lot->rare->rec.add_up_to.e8 - lot->rare->rec.added.e8
                                         : lot->rec.enter_up_to.e8 - lot->rec.entered.e8;
    rest = rest - fill.e8 > in->step.e8 ? rest - fill.e8 : in->step.e8;
    int64_t total;
    if (!order_is_guessed(order) || !order_is_live(order) ||
        pawl_add_i64(order->rec.filled.e8, fill.e8, &total) != PAWL_OK ||
        pawl_add_i64(total, rest, &total) != PAWL_OK)
        return;
    order->rec.quantity.e8 = total;
    order->rec.op_unknown = 1;
    book_order_changed(exec->book, order);
}
