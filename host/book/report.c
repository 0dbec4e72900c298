#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "book/book.h"
#include "book/money.h"
#include "book/report.h"

void text_copy(char *out, size_t size, const char *text) {
    size_t length = text == NULL ? 0 : strnlen(text, size - 1);
    if (length > 0) memmove(out, text, length);
    memset(out + length, 0, size - length);
}

void book_publish(struct book *book, struct pawl_event *event) {
    if (bus_publish(book->bus, 0, event) != PAWL_OK) book->events_lost++;
}

void report_lot_opened(struct book *book, const struct lot *lot) {
    struct pawl_ev_lot_opened ev;
    EVENT_INIT(ev, PAWL_EV_LOT_OPENED);
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.account = lot->rec.account;
    ev.side = lot->rec.side;
    ev.after = lot->rec.after;
    ev.quantity = lot->rec.enter_up_to;
    ev.initial_stop = lot->rec.initial_stop;
    if (lot->targets != NULL) ev.target = lot->targets[0].price;
    ev.owner = lot->rec.owner;
    TEXT_SET(ev.profile, lot->rec.profile);
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    book->totals.lots_opened++;
    book_publish(book, &ev.head);
}

void report_lot_changed(struct book *book, const struct lot *lot, const char *reason) {
    struct pawl_ev_lot_changed ev;
    EVENT_INIT(ev, PAWL_EV_LOT_CHANGED);
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.side = lot->rec.side;
    ev.state = lot->rec.state;
    ev.quantity.e8 = lot_open_e8(lot);
    ev.entry = lot_entry(lot);
    ev.stop = lot->rec.stop;
    ev.r = lot->rec.r;
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    TEXT_SET(ev.reason, reason);
    book_publish(book, &ev.head);
}

static void report_transaction_closed(struct book *book, const struct lot *lot) {
    struct pawl_ev_transaction_closed ev;
    EVENT_INIT(ev, PAWL_EV_TRANSACTION_CLOSED);
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.side = lot->rec.side;
    ev.quantity = lot->rec.entered;
    ev.entry = lot_entry(lot);
    ev.exit = lot_exit(lot);
    ev.pnl = lot->rec.profit;
    ev.realized.e8 = lot->rec.profit.e8 - lot->rec.fees.e8;
    TEXT_SET(ev.reason, lot->rare->rec.reason);
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    book_publish(book, &ev.head);
}

void report_lot_closed(struct book *book, const struct lot *lot) {
    struct pawl_ev_lot_closed ev;
    EVENT_INIT(ev, PAWL_EV_LOT_CLOSED);
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.account = lot->rec.account;
    ev.side = lot->rec.side;
    ev.quantity = lot->rec.entered;
    ev.entry = lot_entry(lot);
    ev.exit = lot_exit(lot);
    ev.profit = lot->rec.profit;
    ev.fees = lot->rec.fees;
    TEXT_SET(ev.profile, lot->rec.profile);
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    TEXT_SET(ev.reason, lot->rare->rec.reason);
    book->totals.lots_closed++;
    book_publish(book, &ev.head);
    if (lot->rec.entered.e8 > 0) report_transaction_closed(book, lot);
}

void report_order(struct book *book, uint16_t type, const struct order *order, uint8_t op,
                  const char *reason) {
    struct pawl_ev_order_state ev;
    EVENT_INIT(ev, type);
    TEXT_SET(ev.order, order->rec.order);
    ev.lot = order->rec.lot;
    ev.instrument = order->rec.instrument;
    ev.account = order->rec.account;
    ev.side = order->rec.side;
    ev.role = order->rec.role;
    ev.kind = order->rec.kind;
    ev.op = op;
    ev.quantity = order->rec.quantity;
    ev.filled = order->rec.filled;
    ev.leaves.e8 = order_is_live(order) ? order_leaves_e8(order) : 0;
    ev.price = order->rec.price;
    ev.stop_price = order->rec.stop_price;
    ev.code = order->rec.code;
    TEXT_SET(ev.venue_order, order->rec.venue_order);
    if (order->lot != NULL) TEXT_SET(ev.ref, order->lot->rare->rec.ref);
    TEXT_SET(ev.reason, reason);
    if (type == PAWL_EV_ORDER_SUBMITTED) book->totals.orders++;
    if (type == PAWL_EV_ORDER_REJECTED) book->totals.rejects++;
    book_publish(book, &ev.head);
}

void report_alert(struct book *book, const char *what, uint8_t severity, const struct lot *lot,
                  const struct order *order, const char *format, ...) {
    struct pawl_ev_alert ev;
    EVENT_INIT(ev, PAWL_EV_ALERT);
    TEXT_SET(ev.what, what);
    ev.severity = severity;
    if (lot != NULL) {
        ev.lot = lot->rec.id;
        ev.instrument = lot->rec.instrument;
        TEXT_SET(ev.ref, lot->rare->rec.ref);
    }
    if (order != NULL) TEXT_SET(ev.order, order->rec.order);
    va_list args;
    va_start(args, format);
    vsnprintf(ev.message, sizeof ev.message, format, args);
    va_end(args);
    book_publish(book, &ev.head);
}

void report_conflict(struct book *book, const char *what, const struct lot *lot,
                     const struct order *order, const char *resolution, const char *format, ...) {
    struct pawl_ev_conflict ev;
    EVENT_INIT(ev, PAWL_EV_CONFLICT);
    TEXT_SET(ev.what, what);
    if (lot != NULL) {
        ev.lot = lot->rec.id;
        ev.instrument = lot->rec.instrument;
    }
    if (order != NULL) TEXT_SET(ev.order, order->rec.order);
    TEXT_SET(ev.resolution, resolution);
    va_list args;
    va_start(args, format);
    vsnprintf(ev.message, sizeof ev.message, format, args);
    va_end(args);
    book_publish(book, &ev.head);
}

void report_refused(struct book *book, uint32_t instrument, const struct lot *lot,
                    const char *limit, const char *ref, const char *message) {
    struct pawl_ev_risk_refused ev;
    EVENT_INIT(ev, PAWL_EV_RISK_REFUSED);
    ev.lot = lot == NULL ? 0 : lot->rec.id;
    ev.instrument = instrument;
    TEXT_SET(ev.limit, limit);
    TEXT_SET(ev.ref, ref);
    TEXT_SET(ev.message, message);
    book->totals.refused++;
    book_publish(book, &ev.head);
}
