#include <string.h>

#include "book/executions.h"
#include "book/fill_part.h"
#include "book/report.h"

void fill_write(struct book *book, const struct book_fill *fill, const struct fill_part *part) {
    struct pawl_rec_fill rec = {.id = book->host.next_fill++,
                                .order = fill->order == NULL ? 0 : fill->order->rec.id,
                                .lot = part->lot->rec.id,
                                .instrument = fill->instrument,
                                .account = fill->account,
                                .side = fill->side,
                                .role = part->role,
                                .overrun = part->overrun,
                                .quantity = part->quantity,
                                .price = fill->price,
                                .fee = part->fee,
                                .venue_time = fill->venue_time,
                                .booked = book_now(book),
                                .cause = book->bus->cause};
    TEXT_SET(rec.execution, fill->execution);
    /* What was only said to be there is not what a fill has taken. */
    if (fill->is_gap && fill->lot == NULL) rec.unexplained = rec.quantity;
    book_gap_note(book, &rec);
    book->host_changed = true;
    book_put(book, PAWL_REC_FILL, &rec);
    struct pawl_ev_fill ev;
    EVENT_INIT(ev, PAWL_EV_FILL);
    ev.fill = rec.id;
    if (fill->order != NULL) TEXT_SET(ev.order, fill->order->rec.order);
    ev.lot = rec.lot;
    ev.instrument = rec.instrument;
    ev.account = rec.account;
    ev.side = rec.side;
    ev.role = rec.role;
    ev.overrun = rec.overrun;
    ev.quantity = rec.quantity;
    ev.price = rec.price;
    ev.fee = rec.fee;
    ev.venue_time = rec.venue_time;
    TEXT_SET(ev.execution, fill->execution);
    TEXT_SET(ev.ref, part->lot->rare->rec.ref);
    book->totals.fills++;
    book_publish(book, &ev.head);
}

/* To three sums. The fill is true whatever becomes of them, so what does not fit is told. */
static void add(struct book *book, struct lot *lot, struct pawl_money *const sums[3],
                int64_t more_e8) {
    bool fits = true;
    for (int i = 0; i < 3; i++) fits &= pawl_add_i64(sums[i]->e8, more_e8, &sums[i]->e8) == PAWL_OK;
    if (!fits)
        report_alert(book, "out_of_range", PAWL_SEVERITY_CRITICAL, lot, NULL,
                     "a sum of profits or fees would leave its range, and is wrong from now on");
}

void fill_add_profit(struct book *book, struct lot *lot, int64_t profit_e8) {
    struct pawl_money *const sums[3] = {
        &lot->rec.profit, &book->accounts[lot->rec.account].realised, &book->totals.gross};
    add(book, lot, sums, profit_e8);
}

void fill_add_fee(struct book *book, struct lot *lot, struct pawl_money fee) {
    struct pawl_money *const sums[3] = {
        &lot->rec.fees, &book->accounts[lot->rec.account].fees, &book->totals.fees};
    add(book, lot, sums, fee.e8);
}
