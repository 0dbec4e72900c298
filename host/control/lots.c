/* lots.c - open lots and live orders as rows, by pages. */
#include "base/err.h"
#include "book/market.h"
#include "book/money.h"
#include "control/control_int.h"
#include "control/put.h"

bool lot_open_profit(const struct host *host, const struct lot *lot, struct pawl_price *ret_price,
                     struct pawl_money *ret_profit) {
    struct pawl_price price = market_price(&host->book, lot->rec.instrument,
                                           PAWL_TRIGGER_SOURCE_EXIT_SIDE, lot->rec.side);
    *ret_price = price;
    if (price.e8 == 0 || lot_open_e8(lot) <= 0) return false;
    return book_profit(&host->book, lot->rec.instrument, lot->rec.account, lot->rec.side,
                       lot_cost(lot), price, (struct pawl_qty){lot_open_e8(lot)},
                       ret_profit) == PAWL_OK;
}

static void put_targets(struct jsonout *out, const struct lot *lot) {
    bool any = false;
    for (uint32_t i = 0; lot->targets != NULL && i < PAWL_TARGETS_MAX; i++) {
        const struct pawl_rec_target *target = &lot->targets[i];
        if (target->price.e8 == 0) continue;
        if (!any) {
            jsonout_key(out, "targets");
            jsonout_open(out, '[');
        }
        any = true;
        jsonout_open(out, '{');
        put_price(out, "price", target->price);
        put_e8(out, "quantity", target->quantity.e8);
        if (target->filled.e8 != 0) put_e8(out, "filled", target->filled.e8);
        put_enum(out, "mode", PAWL_ENUM_LEVEL_MODE, target->mode);
        jsonout_close(out, '}');
    }
    if (any) jsonout_close(out, ']');
}

void put_lot(struct jsonout *out, const struct host *host, const struct lot *lot) {
    const struct pawl_common_lot *rec = &lot->rec;
    struct pawl_price price;
    struct pawl_money profit;
    jsonout_open(out, '{');
    put_u64(out, "lot", rec->id);
    put_text(out, "ref", lot->rare->rec.ref);
    put_name(out, "symbol", host, NAME_INSTRUMENT, rec->instrument);
    put_name(out, "account", host, NAME_ACCOUNT, rec->account);
    put_enum(out, "side", PAWL_ENUM_POSITION_SIDE, rec->side);
    put_enum(out, "state", PAWL_ENUM_LOT_STATE, rec->state);
    put_e8(out, "quantity", lot_open_e8(lot));
    put_e8(out, "enter_up_to", rec->enter_up_to.e8);
    put_price(out, "entry", lot_entry(lot));
    bool priced = lot_open_profit(host, lot, &price, &profit);
    put_price(out, "price", price);
    put_price(out, "stop", rec->stop);
    put_price(out, "initial_stop", rec->initial_stop);
    if (priced) put_e8(out, "r", lot_r_of(lot, price).e8);
    if (priced) put_e8(out, "pnl", profit.e8);
    put_e8(out, "realised", rec->profit.e8);
    put_e8(out, "fees", rec->fees.e8);
    put_enum(out, "protection", PAWL_ENUM_PROTECTION, rec->protection);
    put_time(out, "protection_since", rec->protection_since);
    put_targets(out, lot);
    put_name(out, "owner", host, NAME_COMPONENT, rec->owner);
    put_text(out, "profile", rec->profile);
    put_time(out, "created", rec->created);
    put_time(out, "opened", rec->opened);
    put_text(out, "reason", lot->rare->rec.reason);
    jsonout_close(out, '}');
}

void put_order(struct jsonout *out, const struct host *host, const struct order *order) {
    const struct pawl_common_order *rec = &order->rec;
    jsonout_open(out, '{');
    put_u64(out, "id", rec->id);
    put_text(out, "order", rec->order);
    put_u64(out, "lot", order->lot->rec.id);
    put_text(out, "ref", order->lot->rare->rec.ref);
    put_name(out, "symbol", host, NAME_INSTRUMENT, rec->instrument);
    put_enum(out, "role", PAWL_ENUM_ROLE, rec->role);
    put_enum(out, "kind", PAWL_ENUM_KIND, rec->kind);
    put_enum(out, "side", PAWL_ENUM_SIDE, rec->side);
    put_enum(out, "state", PAWL_ENUM_ORDER_STATE, rec->state);
    if (rec->op != PAWL_ORDER_OP_NONE) put_enum(out, "waits_for", PAWL_ENUM_ORDER_OP, rec->op);
    if (rec->op_unknown) put_bool(out, "unknown", true);
    put_e8(out, "quantity", rec->quantity.e8);
    put_e8(out, "filled", rec->filled.e8);
    put_price(out, "price", rec->price);
    put_price(out, "stop_price", rec->stop_price);
    put_text(out, "venue_order", rec->venue_order);
    put_time(out, "created", rec->created);
    put_time(out, "sent", rec->sent);
    put_text(out, "reason", order->rare->reason);
    jsonout_close(out, '}');
}

bool put_lots(struct jsonout *out, const struct host *host, uint64_t after, uint64_t limit) {
    const struct lot *lot = host->book.first_lot;
    jsonout_key(out, "lots");
    jsonout_open(out, '[');
    for (; lot != NULL; lot = lot->next) {
        if (lot->rec.id <= after) continue;
        if (limit-- == 0) break;
        put_lot(out, host, lot);
    }
    jsonout_close(out, ']');
    return lot == NULL;
}

/* In the order of lots, then of their orders; `after` names an order. */
bool put_orders(struct jsonout *out, const struct host *host, uint64_t after, uint64_t limit) {
    const struct order *last = after == 0 ? NULL : book_order(&host->book, after);
    uint64_t lot_id = last == NULL ? 0 : last->lot->rec.id;
    bool whole = true;
    jsonout_key(out, "orders");
    jsonout_open(out, '[');
    for (const struct lot *lot = host->book.first_lot; whole && lot != NULL; lot = lot->next) {
        if (lot->rec.id < lot_id) continue;
        for (const struct order *order = lot->orders; order != NULL; order = order->next) {
            bool told = lot->rec.id == lot_id && order->rec.id <= after;
            if (told || !order_is_live(order)) continue;
            if (limit-- == 0) {
                whole = false;
                break;
            }
            put_order(out, host, order);
        }
    }
    jsonout_close(out, ']');
    return whole;
}

static int page(struct request *request, uint64_t *ret_after, uint64_t *ret_limit,
                struct pawl_err *err) {
    int rc = request_u64(request, "after", 0, ret_after, err);
    if (rc == PAWL_OK) rc = request_u64(request, "limit", CONTROL_PAGE_MAX, ret_limit, err);
    if (rc == PAWL_OK && (*ret_limit == 0 || *ret_limit > CONTROL_PAGE_MAX))
        rc = pawl_fail(err, PAWL_E_INVAL, "limit: must be from 1 to %u", CONTROL_PAGE_MAX);
    return rc;
}

int answer_lots(struct request *request, struct jsonout *out, struct pawl_err *err) {
    uint64_t after, limit;
    int rc = page(request, &after, &limit, err);
    if (rc == PAWL_OK) put_bool(out, "more", !put_lots(out, request->control->host, after, limit));
    return rc;
}

int answer_orders(struct request *request, struct jsonout *out, struct pawl_err *err) {
    uint64_t after, limit;
    int rc = page(request, &after, &limit, err);
    if (rc == PAWL_OK)
        put_bool(out, "more", !put_orders(out, request->control->host, after, limit));
    return rc;
}
