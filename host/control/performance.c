/* performance.c - `transactions` and `performance`: what the stored lots can tell, by the
 * definitions of docs/operation.md. Doubles are for ratios only: nothing is decided by them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "book/money.h"
#include "control/control_int.h"
#include "control/put.h"
#include "pawl_num.h"

#define GROUPS_MAX 256u /* then "other" */
#define MINUTE_NS (60 * PAWL_NS)

static void put_ratio(struct jsonout *out, const char *key, double value) {
    char text[40];
    if (!isfinite(value)) {
        jsonout_key(out, key);
        jsonout_raw(out, "null", 4);
        return;
    }
    snprintf(text, sizeof text, "%.4f", value);
    put_text(out, key, text);
}

static bool was_traded(const struct pawl_rec_lot *lot) {
    return lot->entered.e8 > 0;
}

static const char *status_of(const struct pawl_rec_lot *lot) {
    if (lot->state != PAWL_LOT_STATE_CLOSED) return was_traded(lot) ? "OPEN" : "PENDING";
    if (!was_traded(lot)) return "CANCELLED";
    bool stopped = strcmp(lot->reason, "SL_HIT") == 0 && lot->stop_moves == 0;
    return stopped ? "STOPPED_OUT" : "CLOSED";
}

static const char *reason_of(const struct pawl_rec_lot *lot) {
    if (lot->state != PAWL_LOT_STATE_CLOSED) return "";
    if (strcmp(lot->reason, "SL_HIT") == 0 && lot->stop_moves > 0) return "TRAILING_STOP";
    return lot->reason;
}

/* Net of fees and of what was paid or got for holding. */
static int64_t net_e8(const struct pawl_rec_lot *lot) {
    return lot->profit.e8 - lot->fees.e8 + lot->cash_flow.e8;
}

/* Gross profit per unit in multiples of the initial risk, of the original quantity; NAN = no R. */
static double actual_rr(const struct lot *lot) {
    double entry = (double)lot_entry(lot).e8, exit = (double)lot_exit(lot).e8;
    double sign = lot->rec.side == PAWL_POSITION_SIDE_LONG ? 1 : -1;
    double risk = (double)lot->rec.r.e8 * (double)lot->rec.original.e8;
    return risk > 0 && exit > 0 ? sign * (exit - entry) * (double)lot->rec.exited.e8 / risk : NAN;
}

/* ---- transactions ---- */

static void put_transaction(struct jsonout *out, const struct host *host,
                            const struct pawl_rec_lot *rec) {
    struct lot_stored stored;
    const struct lot *lot = lot_stored(rec, &stored);
    bool closed = rec->state == PAWL_LOT_STATE_CLOSED, is_long = rec->side == 1;
    jsonout_open(out, '{');
    put_u64(out, "lot", rec->id);
    put_text(out, "ref", rec->ref);
    put_name(out, "symbol", host, NAME_INSTRUMENT, rec->instrument);
    put_name(out, "account", host, NAME_ACCOUNT, rec->account);
    put_text(out, "status", status_of(rec));
    put_text(out, "action", is_long ? "BUY" : "SELL");
    put_enum(out, "position_side", PAWL_ENUM_POSITION_SIDE, rec->side);
    put_e8(out, "quantity", rec->entered.e8);
    put_price(out, "entry_price", lot_entry(lot));
    put_time(out, "entry_time", rec->opened);
    put_price(out, "exit_price", lot_exit(lot));
    put_time(out, "exit_time", closed ? rec->closed : 0);
    put_text(out, "exit_reason", reason_of(rec));
    put_price(out, "stop_loss", rec->stop);
    put_price(out, "initial_stop", rec->initial_stop);
    put_e8(out, "pnl_usd", rec->profit.e8);
    put_e8(out, "realized_pnl", net_e8(rec));
    put_e8(out, "fees_paid", rec->fees.e8);
    put_e8(out, "cash_flow", rec->cash_flow.e8);
    if (closed && was_traded(rec)) {
        double entry = (double)lot_entry(lot).e8, exit = (double)lot_exit(lot).e8;
        put_ratio(out, "pnl_percentage", (is_long ? 1 : -1) * (exit - entry) / entry * 100);
        put_ratio(out, "actual_rr_ratio", actual_rr(lot));
        put_bool(out, "is_winning", net_e8(rec) > 0);
        put_u64(out, "trade_duration_minutes", (uint64_t)((rec->closed - rec->opened) / MINUTE_NS));
    }
    put_name(out, "strategy_used", host, NAME_COMPONENT, rec->owner);
    put_text(out, "profile", rec->profile);
    put_u64(out, "stop_moves", rec->stop_moves);
    jsonout_close(out, '}');
}

static int transactions_page(struct question *question, struct jsonout *out, struct pawl_err *err) {
    const struct store_page *page = &question->page;
    const struct pawl_rec_lot *rows = page->rows;
    (void)err;
    jsonout_key(out, "transactions");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < page->count; i++)
        put_transaction(out, question->control->host, &rows[i]);
    jsonout_close(out, ']');
    put_u64(out, "last", page->count > 0 ? rows[page->count - 1].id : 0);
    put_bool(out, "more", page->count == page->limit);
    return PAWL_OK;
}

/* The newest first; "after": those older than this lot. */
int answer_transactions(struct request *request, struct jsonout *out, struct pawl_err *err) {
    struct store_page page = {
        .table = "lots", .row_size = sizeof(struct pawl_rec_lot), .newest = true};
    uint64_t limit;
    int rc = request_u64(request, "after", 0, &page.after, err);
    if (rc == PAWL_OK) rc = request_u64(request, "limit", CONTROL_PAGE_MAX, &limit, err);
    if (rc == PAWL_OK && (limit == 0 || limit > CONTROL_PAGE_MAX))
        rc = pawl_fail(err, PAWL_E_INVAL, "limit: must be from 1 to %u", CONTROL_PAGE_MAX);
    if (rc != PAWL_OK) return rc;
    (void)out;
    page.limit = (uint32_t)limit;
    return question_ask(request, &page, transactions_page, NULL, err);
}

/* ---- performance ---- */

enum by { BY_ALL = 0, BY_SYMBOL, BY_ACCOUNT, BY_STRATEGY, BY_PROFILE, BY_REASON, BYS_ };
static const char *const by_texts[BYS_] = {"all",      "symbol",  "account",
                                           "strategy", "profile", "reason"};

struct group {
    char name[PAWL_SYMBOL_MAX + 40], currency[8];
    uint64_t trades, wins, losses, targets, stops, manual, rr_count;
    int64_t gross_e8, fees_e8, net_e8, win_e8, loss_e8, best_e8, worst_e8;
    double rr_sum, minutes;
};

struct performance {
    enum by by;
    bool overflow; /* a sum is out of range */
    uint32_t count;
    struct group groups[GROUPS_MAX];
};

static const char *name_of(const struct host *host, enum by by, const struct pawl_rec_lot *lot) {
    switch (by) {
    case BY_SYMBOL: return names_text(host->names, NAME_INSTRUMENT, lot->instrument);
    case BY_ACCOUNT: return names_text(host->names, NAME_ACCOUNT, lot->account);
    case BY_STRATEGY: return names_text(host->names, NAME_COMPONENT, lot->owner);
    case BY_PROFILE: return lot->profile[0] != '\0' ? lot->profile : "none";
    case BY_REASON: return reason_of(lot);
    default: return "all";
    }
}

/* Money of different currencies is never added up. */
static struct group *group_of(struct performance *sums, const struct host *host,
                              const struct pawl_rec_lot *lot) {
    const struct book *book = &host->book;
    const char *name = name_of(host, sums->by, lot);
    const char *currency =
        lot->account <= book->account_count ? book->accounts[lot->account].info.currency : "";
    for (uint32_t i = 0; i < sums->count; i++)
        if (strcmp(sums->groups[i].name, name) == 0 &&
            strcmp(sums->groups[i].currency, currency) == 0)
            return &sums->groups[i];
    if (sums->count == GROUPS_MAX) return &sums->groups[GROUPS_MAX - 1];
    struct group *fresh = &sums->groups[sums->count++];
    snprintf(fresh->name, sizeof fresh->name, "%s", sums->count == GROUPS_MAX ? "other" : name);
    snprintf(fresh->currency, sizeof fresh->currency, "%s", currency);
    return fresh;
}

static void sum(struct performance *sums, int64_t *to, int64_t e8) {
    if (pawl_add_i64(*to, e8, to) != PAWL_OK) sums->overflow = true;
}

static void add_lot(struct performance *sums, const struct host *host,
                    const struct pawl_rec_lot *rec) {
    bool merged = rec->merged_into != 0;
    if (rec->state != PAWL_LOT_STATE_CLOSED || (!merged && !was_traded(rec))) return;
    struct lot_stored stored;
    const struct lot *lot = lot_stored(rec, &stored);
    struct group *to = group_of(sums, host, rec);
    const char *reason = reason_of(rec);
    int64_t net = net_e8(rec);
    double rr = actual_rr(lot);
    sum(sums, &to->gross_e8, rec->profit.e8);
    sum(sums, &to->fees_e8, rec->fees.e8);
    sum(sums, &to->net_e8, net);
    if (merged) return; /* as a trade it goes on in another lot */
    to->trades++;
    to->wins += net > 0;
    to->losses += net < 0;
    sum(sums, net > 0 ? &to->win_e8 : &to->loss_e8, net);
    if (net > to->best_e8) to->best_e8 = net;
    if (net < to->worst_e8) to->worst_e8 = net;
    to->targets += strcmp(reason, "TP_HIT") == 0;
    to->stops += strcmp(reason, "SL_HIT") == 0 || strcmp(reason, "TRAILING_STOP") == 0;
    to->manual += strcmp(reason, "MANUAL") == 0;
    to->minutes += (double)((rec->closed - rec->opened) / MINUTE_NS);
    if (!isfinite(rr)) return;
    to->rr_sum += rr;
    to->rr_count++;
}

static void put_group(struct jsonout *out, const struct group *one) {
    double trades = (double)one->trades;
    jsonout_open(out, '{');
    put_text(out, "name", one->name);
    put_text(out, "currency", one->currency);
    put_u64(out, "total_trades", one->trades);
    put_u64(out, "winning_trades", one->wins);
    put_u64(out, "losing_trades", one->losses);
    put_ratio(out, "win_rate", (double)one->wins / trades * 100);
    put_e8(out, "gross_pnl", one->gross_e8);
    put_e8(out, "fees", one->fees_e8);
    put_e8(out, "total_pnl", one->net_e8);
    if (one->trades > 0) put_e8(out, "average_pnl", one->net_e8 / (int64_t)one->trades);
    if (one->wins > 0) put_e8(out, "average_win", one->win_e8 / (int64_t)one->wins);
    if (one->losses > 0) put_e8(out, "average_loss", one->loss_e8 / (int64_t)one->losses);
    if (one->wins > 0) put_e8(out, "largest_win", one->best_e8);
    if (one->losses > 0) put_e8(out, "largest_loss", one->worst_e8);
    put_ratio(out, "profit_factor",
              one->loss_e8 == 0 ? NAN : fabs((double)one->win_e8 / (double)one->loss_e8));
    put_ratio(out, "tp_rate", (double)one->targets / trades * 100);
    put_ratio(out, "sl_rate", (double)one->stops / trades * 100);
    put_ratio(out, "manual_rate", (double)one->manual / trades * 100);
    put_ratio(out, "average_actual_rr",
              one->rr_count == 0 ? NAN : one->rr_sum / (double)one->rr_count);
    put_ratio(out, "average_hold_minutes", one->minutes / trades);
    jsonout_close(out, '}');
}

static int performance_page(struct question *question, struct jsonout *out, struct pawl_err *err) {
    struct store_page *page = &question->page;
    struct performance *sums = question->state;
    const struct pawl_rec_lot *rows = page->rows;
    for (uint32_t i = 0; i < page->count; i++) add_lot(sums, question->control->host, &rows[i]);
    if (page->count == page->limit) {
        page->after = rows[page->count - 1].id;
        return QUESTION_MORE;
    }
    if (sums->overflow) return pawl_fail(err, PAWL_E_RANGE, "a sum is out of range");
    put_text(out, "by", by_texts[sums->by]);
    jsonout_key(out, "performance");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < sums->count; i++) put_group(out, &sums->groups[i]);
    jsonout_close(out, ']');
    return PAWL_OK;
}

int answer_performance(struct request *request, struct jsonout *out, struct pawl_err *err) {
    const struct store_page page = {
        .table = "lots", .row_size = sizeof(struct pawl_rec_lot), .limit = STORE_PAGE_ROWS_MAX};
    const char *by;
    int rc = request_text(request, "by", &by, err), which = BYS_;
    (void)out;
    if (rc != PAWL_OK) return rc;
    if (by[0] == '\0') which = BY_ALL;
    for (int i = 0; i < BYS_; i++)
        if (strcmp(by, by_texts[i]) == 0) which = i;
    if (which == BYS_)
        return pawl_fail(err, PAWL_E_INVAL,
                         "by: must be one of all, symbol, account, strategy, profile, reason");
    struct performance *sums = mem_calloc(1, sizeof *sums);
    if (sums == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    sums->by = (enum by)which;
    return question_ask(request, &page, performance_page, sums, err);
}
