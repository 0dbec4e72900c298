#include <string.h>

#include "book/book.h"
#include "book/executions.h"
#include "book/fill_part.h"
#include "book/money.h"
#include "book/report.h"
#include "events/reflect.h"

#define FOREIGN_SKEW_NS PAWL_NS /* between the venue's clock and ours */

/* ---- one part of a fill, to one lot ---- */

/* Realised profit in price currency: it follows from the sums, so it is exact when the lot is flat.
 */
int64_t fill_realised_e8(const struct book *book, const struct lot *lot) {
    int64_t gain_e8, quote_e8;
    if (lot->rec.exited.e8 == 0) return 0;
    gain_e8 = lot->rec.exit_value.e8 - lot_cost_out(lot).e8;
    if (lot->rec.side == PAWL_POSITION_SIDE_SHORT) gain_e8 = -gain_e8;
    if (pawl_mul_e8(gain_e8, book->instruments[lot->rec.instrument].def.multiplier.e8,
                    PAWL_ROUND_EVEN, &quote_e8) != PAWL_OK)
        return 0;
    return quote_e8;
}

static void enter(struct book *book, const struct book_fill *fill, const struct fill_part *part,
                  int64_t value_e8) {
    struct lot *lot = part->lot;
    bool first = lot->rec.entered.e8 == 0;
    book_before_growth(book, lot);
    lot->rec.entered.e8 += part->quantity.e8;
    lot->rec.entry_value.e8 += value_e8;
    if (fill->order != NULL && order_is_add(fill->order)) {
        /* What was wanted of it leaves the entry as it was; the rest came too late to be taken back
         * and counts as entry. */
        int64_t wanted_e8 = lot->rare->rec.add_up_to.e8 - lot->rare->rec.added.e8;
        if (wanted_e8 > part->quantity.e8) wanted_e8 = part->quantity.e8;
        book_lot_rare(book, lot)->rec.added.e8 += part->quantity.e8;
        if (wanted_e8 > 0) lot->rec.enter_up_to.e8 += wanted_e8;
    }
    lot->entry_fill_ns = book_now(book);
    if (first) {
        lot->rec.opened = book_now(book);
        struct pawl_ev_transaction_opened ev;
        EVENT_INIT(ev, PAWL_EV_TRANSACTION_OPENED);
        ev.lot = lot->rec.id;
        ev.instrument = lot->rec.instrument;
        ev.side = lot->rec.side;
        ev.quantity = part->quantity;
        ev.price = fill->price;
        TEXT_SET(ev.ref, lot->rare->rec.ref);
        book_publish(book, &ev.head);
    }
    if (!lot->rec.r_frozen) {
        lot_set_r(lot);
        lot->rec.original = lot->rec.entered;
    }
    if (lot->rec.state == PAWL_LOT_STATE_ENTERING || lot->rec.state == PAWL_LOT_STATE_WAITING)
        lot->rec.state = PAWL_LOT_STATE_OPEN;
}

static void target_progress(const struct book_fill *fill, const struct fill_part *part) {
    struct lot *lot = part->lot;
    if (part->role != PAWL_ROLE_TARGET || lot->targets == NULL || fill->order == NULL ||
        fill->order->lot != lot)
        return;
    lot->targets[fill->order->rec.index].filled.e8 += part->quantity.e8;
    lot->targets_changed = true;
}

static void tell_fixed_rate(struct book *book, struct lot *lot) {
    struct book_instrument *in = &book->instruments[lot->rec.instrument];
    if (in->rate_told || !book_rate_is_fixed(book, lot->rec.instrument, lot->rec.account)) return;
    in->rate_told = true;
    report_alert(book, "fixed_rate", PAWL_SEVERITY_WARNING, lot, NULL,
                 "%s is not quoted in %s and no rate is known: profits use a fixed one",
                 in->def.symbol, book->accounts[lot->rec.account].info.currency);
}

/* By us, or by a venue that trails it itself. */
static bool stop_moved(const struct lot *lot, const struct order *order) {
    return lot->rec.stop_moves > 0 || (order != NULL && order->rec.kind == PAWL_KIND_TRAILING);
}

static void leave(struct book *book, const struct book_fill *fill, const struct fill_part *part,
                  int64_t value_e8) {
    struct lot *lot = part->lot;
    struct pawl_money before = {fill_realised_e8(book, lot)}, gained = {0};
    lot->rec.exited.e8 += part->quantity.e8;
    lot->rec.exit_value.e8 += value_e8;
    lot->rec.r_frozen = 1;
    target_progress(fill, part);
    tell_fixed_rate(book, lot);
    pawl_sub_i64(fill_realised_e8(book, lot), before.e8, &gained.e8);
    struct pawl_ev_exit_taken ev;
    EVENT_INIT(ev, PAWL_EV_EXIT_TAKEN);
    if (book_convert(book, lot->rec.instrument, lot->rec.account, gained, &ev.profit) != PAWL_OK)
        ev.profit = gained; /* else at the rate of this fill */
    fill_add_profit(book, lot, ev.profit.e8);
    if (lot_open_e8(lot) > 0) book->totals.partial_exits++;
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.role = part->role;
    ev.r = lot_r_of(lot, fill->price);
    ev.quantity = part->quantity;
    ev.price = fill->price;
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    if (part->role == PAWL_ROLE_TARGET)
        book_lot_text(book, lot, LOT_REASON, "TP_HIT");
    else if (part->role == PAWL_ROLE_STOP)
        book_lot_text(book, lot, LOT_REASON,
                      stop_moved(lot, fill->order) ? "TRAILING_STOP" : "SL_HIT");
    else if (fill->order == NULL)
        book_lot_text(book, lot, LOT_REASON, "EXTERNAL");
    TEXT_SET(ev.reason, lot->rare->rec.reason);
    book_publish(book, &ev.head);
}

static void apply(struct book *book, const struct book_fill *fill, const struct fill_part *part) {
    struct lot *lot = part->lot;
    if (lot->rec.state == PAWL_LOT_STATE_CLOSED) book_lot_reopen(book, lot);
    int64_t value_e8 = 0;
    if (pawl_mul_e8(fill->price.e8, part->quantity.e8, PAWL_ROUND_EVEN, &value_e8) != PAWL_OK)
        return; /* book_fill() has checked the whole */
    if (role_is_entry(part->role))
        enter(book, fill, part, value_e8);
    else
        leave(book, fill, part, value_e8);
    fill_add_fee(book, lot, part->fee);
    fill_write(book, fill, part);
    book_changed(book, lot);
    book_dirty(book, lot);
    report_lot_changed(book, lot, "fill");
}

/* ---- whole fills ---- */

/* What of the fee goes with `quantity` of it. */
struct pawl_money fill_fee(const struct book_fill *fill, struct pawl_qty quantity) {
    struct pawl_money fee = fill->fee;
    if (quantity.e8 != fill->quantity.e8)
        pawl_muldiv(fill->fee.e8, quantity.e8, fill->quantity.e8, PAWL_ROUND_EVEN, &fee.e8);
    return fee;
}

/* It traded before the lot was filled at all: told late, it is not of this lot. What positions say
 * is of now, and a lot that was taken over by another clock may be opened later than that. */
static bool is_before(const struct book_fill *fill, const struct lot *lot) {
    return fill->order == NULL && !fill->is_gap && fill->venue_time > 0 &&
           fill->venue_time < lot->rec.opened - FOREIGN_SKEW_NS;
}

static void tell_reduced(struct book *book, const struct book_fill *fill, struct lot *lot) {
    if (fill->order != NULL)
        report_alert(book, "lot_overrun", PAWL_SEVERITY_WARNING, lot, fill->order,
                     "more than the order's share at the venue came off this lot, the oldest it "
                     "can belong to");
    else if (fill->lot != NULL)
        report_alert(book, "not_held", PAWL_SEVERITY_WARNING, lot, NULL,
                     "it was taken over, and the venue does not hold it: that is out at its entry");
    else
        report_alert(book, "external_fill", PAWL_SEVERITY_WARNING, lot, NULL,
                     "a fill not ours at the venue came off this lot, the oldest it can belong to");
}

struct pawl_qty book_reduce(struct book *book, const struct book_fill *fill, uint8_t role,
                            struct lot *except, struct pawl_qty quantity) {
    uint8_t side =
        fill->side == PAWL_SIDE_SELL ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
    struct lot *lot = book->instruments[fill->instrument].lots;
    for (struct lot *next; lot != NULL && quantity.e8 > 0; lot = next) {
        next = lot->instrument_next;
        if (lot == except || lot->rec.side != side || lot->rec.account != fill->account ||
            lot_open_e8(lot) <= 0)
            continue;
        if (is_before(fill, lot) || (fill->lot != NULL && lot != fill->lot)) continue;
        if (fill->ticket[0] != '\0' && strcmp(lot->rare->rec.ticket, fill->ticket) != 0) continue;
        int64_t take = lot_open_e8(lot) < quantity.e8 ? lot_open_e8(lot) : quantity.e8;
        struct fill_part part = {.lot = lot,
                            .role = role,
                            .overrun = fill->order != NULL,
                            .quantity = {take},
                            .fee = fill_fee(fill, (struct pawl_qty){take})};
        quantity.e8 -= take;
        apply(book, fill, &part);
        tell_reduced(book, fill, lot);
    }
    return quantity;
}

/* Its lot's part, which is all that is open of it; the surplus to siblings, oldest first. */
static struct pawl_qty leave_by_share(struct book *book, const struct book_fill *fill,
                                      struct pawl_qty left) {
    struct order *order = fill->order;
    struct lot *lot = book_lot_heir(book, order->lot);
    int64_t open_e8 = lot == NULL ? 0 : lot_open_e8(lot);
    int64_t take_e8 = open_e8 < left.e8 ? open_e8 : left.e8;
    if (take_e8 > 0) {
        struct fill_part part = {.lot = lot,
                                 .role = order->rec.role,
                                 .quantity = {take_e8},
                                 .fee = fill_fee(fill, (struct pawl_qty){take_e8})};
        order->share_filled.e8 += take_e8;
        left.e8 -= take_e8;
        apply(book, fill, &part);
    }
    return left.e8 > 0 ? book_reduce(book, fill, order->rec.role, order->lot, left) : left;
}

static void order_progress(struct book *book, struct order *order, struct pawl_qty quantity) {
    order->rec.filled.e8 += quantity.e8;
    book_order_changed(book, order);
    if (!order_is_live(order)) {
        report_alert(book, "fill_after_end", PAWL_SEVERITY_WARNING, order->lot, order,
                     "a fill came after the order had ended; it is booked");
        return;
    }
    bool whole = order_leaves_e8(order) == 0; /* an amend upwards may be true already */
    order->rec.state = whole ? PAWL_ORDER_STATE_FILLED : PAWL_ORDER_STATE_PARTIALLY_FILLED;
    if (whole) {
        order->rec.ended = book_now(book);
        order->rec.op = PAWL_ORDER_OP_NONE;
        order->rec.op_unknown = 0;
    } else if (order->rec.op == PAWL_ORDER_OP_SUBMIT) {
        order->rec.op = PAWL_ORDER_OP_NONE; /* a fill is better evidence than an answer */
        order->rec.op_unknown = 0;
    }
    report_order(book, whole ? PAWL_EV_ORDER_FILLED : PAWL_EV_ORDER_PARTIALLY_FILLED, order,
                 PAWL_ORDER_OP_NONE, "");
}

/* No sum this fill goes into may leave its range: then it is refused as a whole, and told. */
static bool fits(const struct book *book, const struct book_fill *fill, int64_t value_e8) {
    const struct book_account *account = &book->accounts[fill->account];
    int64_t unused;
    bool good = pawl_add_i64(account->fees.e8, fill->fee.e8, &unused) == PAWL_OK &&
                pawl_add_i64(book->totals.fees.e8, fill->fee.e8, &unused) == PAWL_OK;
    if (fill->order == NULL) return good;
    struct lot *heir = book_lot_heir(book, fill->order->lot);
    const struct pawl_common_lot *rec = heir != NULL ? &heir->rec : &fill->order->lot->rec;
    return good && pawl_add_i64(rec->entered.e8, fill->quantity.e8, &unused) == PAWL_OK &&
           pawl_add_i64(rec->enter_up_to.e8, fill->quantity.e8, &unused) == PAWL_OK &&
           pawl_add_i64(rec->entry_value.e8, value_e8, &unused) == PAWL_OK &&
           pawl_add_i64(rec->exit_value.e8, value_e8, &unused) == PAWL_OK &&
           pawl_add_i64(rec->fees.e8, fill->fee.e8, &unused) == PAWL_OK &&
           pawl_add_i64(fill->order->rec.filled.e8, fill->quantity.e8, &unused) == PAWL_OK;
}

static bool is_seen(const struct book *book, const struct book_fill *fill) {
    return (fill->order == NULL && book_execution_past(book, fill->account, fill->venue_time)) ||
           book_execution_seen(book, fill->account, fill->execution);
}

static int remember(struct book *book, const struct book_fill *fill) {
    struct pawl_rec_fill rec = {.order = fill->order == NULL ? 0 : fill->order->rec.id,
                                .account = fill->account,
                                .venue_time = fill->venue_time,
                                .booked = book_now(book)};
    TEXT_SET(rec.execution, fill->execution);
    return book_execution_add(book, &rec);
}

int book_fill(struct book *book, const struct book_fill *fill) {
    int64_t value_e8 = 0;
    if (fill->quantity.e8 <= 0 || fill->price.e8 <= 0 || fill->execution[0] == '\0' ||
        pawl_mul_e8(fill->price.e8, fill->quantity.e8, PAWL_ROUND_EVEN, &value_e8) != PAWL_OK)
        return PAWL_E_RANGE;
    if (is_seen(book, fill)) return PAWL_E_STATE;
    if (!fits(book, fill, value_e8)) return PAWL_E_RANGE;
    int rc = remember(book, fill);
    if (rc != PAWL_OK) return rc;
    struct order *order = fill->order;
    struct pawl_qty left = {0};
    bool reduces = order == NULL || !role_is_entry(order->rec.role);
    if (reduces) left.e8 = fill->quantity.e8 - gap_explain(book, fill).e8;
    if (order == NULL) {
        left = book_reduce(book, fill, PAWL_ROLE_EXIT, NULL, left);
    } else {
        order_progress(book, order, fill->quantity);
        if (role_is_entry(order->rec.role)) {
            struct lot *heir = book_lot_heir(book, order->lot);
            struct fill_part part = {.lot = heir != NULL ? heir : order->lot,
                                .role = order->rec.role,
                                .quantity = fill->quantity,
                                .fee = fill->fee};
            if (fill->ticket[0] != '\0') book_lot_text(book, order->lot, LOT_TICKET, fill->ticket);
            apply(book, fill, &part);
        } else {
            left = leave_by_share(book, fill, left);
        }
        book_dirty(book, order->lot);
    }
    if (left.e8 > 0) {
        book_halt(book, fill->instrument, "a fill belongs to no lot");
        report_alert(book, "unattributed", PAWL_SEVERITY_CRITICAL, NULL, order,
                     "a fill of %s belongs to no lot; entries in it are stopped",
                     book->instruments[fill->instrument].def.symbol);
    }
    return PAWL_OK;
}
