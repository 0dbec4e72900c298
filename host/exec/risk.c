/*
 * The risk gate: nothing is entered without it, and nothing that protects or reduces passes through
 * it. Each limit has its own name in the refusal. Exposure is worst case: open quantities, what
 * working and unknown orders may still fill, and the entry asked for.
 */
#include <stdio.h>
#include <string.h>

#include "book/market.h"
#include "book/money.h"
#include "book/report.h"
#include "exec/steps.h"
#include "series/calendar.h"

#define DAY_EQUITY_LOOK_NS PAWL_NS /* after a restart prices have to come first */

struct check {
    const char *limit;
    enum risk_answer (*fn)(struct exec *exec, const struct risk_ask *ask, char why[128]);
};

static const struct pawl_instrument *instrument(const struct exec *exec, uint32_t id) {
    return &exec->book->instruments[id].def;
}

static struct pawl_price reference(const struct exec *exec, const struct risk_ask *ask,
                                   bool *ret_stale) {
    return market_entry(exec->book, ask->instrument, ask->side, ret_stale);
}

/* Value in account currency; saturates, so that an absurd order fails its limit. */
static int64_t notional_e8(const struct exec *exec, uint32_t id, uint32_t account,
                           struct pawl_price price, int64_t quantity_e8) {
    int64_t units_e8, value_e8;
    struct pawl_money money;
    if (pawl_mul_e8(quantity_e8, instrument(exec, id)->multiplier.e8, PAWL_ROUND_UP, &units_e8) !=
            PAWL_OK ||
        pawl_mul_e8(units_e8, price.e8, PAWL_ROUND_UP, &value_e8) != PAWL_OK ||
        book_convert(exec->book, id, account, (struct pawl_money){value_e8}, &money) != PAWL_OK)
        return INT64_MAX;
    return money.e8;
}

static void numbers(char why[128], const char *what, int64_t is_e8, int64_t limit_e8) {
    char is[PAWL_E8_TEXT_MAX], limit[PAWL_E8_TEXT_MAX];
    pawl_format_e8(is_e8, is);
    pawl_format_e8(limit_e8, limit);
    snprintf(why, 128, "%s %s, limit %s", what, is, limit);
}

/* While the host stops, a lot that is there already waits for the next start; none is opened. */
static enum risk_answer trading_state(struct exec *exec, const struct risk_ask *ask,
                                      char why[128]) {
    if (exec->entries_stopped) {
        snprintf(why, 128, "the host is stopping, or its database failed");
        return ask->lot != NULL ? RISK_WAIT : RISK_REFUSE;
    }
    if (exec->book->host.trading == PAWL_TRADING_STATE_ACTIVE) return RISK_PASS;
    snprintf(why, 128, "trading is %s",
             exec->book->host.trading == PAWL_TRADING_STATE_HALTED ? "halted" : "reducing only");
    return RISK_REFUSE;
}

static enum risk_answer symbol(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    const struct book_instrument *in = &exec->book->instruments[ask->instrument];
    if (!in->kept.halted && exec_instrument_has_gap(exec, ask->instrument)) return RISK_WAIT;
    if (!in->kept.halted && !in->restricted) return RISK_PASS;
    snprintf(why, 128, "%s is %s", in->def.symbol,
             in->restricted ? "on the restricted list"
                            : "halted: something at the venue is unexplained");
    return RISK_REFUSE;
}

static enum risk_answer session(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    if (exec->calendars == NULL ||
        sessions_open(*exec->calendars, ask->instrument, book_now(exec->book)))
        return RISK_PASS;
    snprintf(why, 128, "the session %s of %s is closed",
             sessions_name(*exec->calendars, ask->instrument),
             instrument(exec, ask->instrument)->symbol);
    return RISK_REFUSE;
}

static enum risk_answer short_side(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    if (ask->side == PAWL_POSITION_SIDE_LONG || exec->risk->allow_short) return RISK_PASS;
    snprintf(why, 128, "short positions are not allowed");
    return RISK_REFUSE;
}

static enum risk_answer quantity(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    const struct pawl_instrument *in = instrument(exec, ask->instrument);
    int64_t max_e8 = exec->risk->order_quantity_max.e8;
    if (in->max_quantity.e8 > 0 && (max_e8 == 0 || in->max_quantity.e8 < max_e8))
        max_e8 = in->max_quantity.e8;
    if (max_e8 > 0 && ask->quantity.e8 > max_e8) {
        numbers(why, "quantity", ask->quantity.e8, max_e8);
        return RISK_REFUSE;
    }
    if (ask->quantity.e8 < in->min_quantity.e8 || ask->quantity.e8 <= 0) {
        numbers(why, "quantity", ask->quantity.e8, in->min_quantity.e8);
        return RISK_REFUSE;
    }
    return RISK_PASS;
}

static enum risk_answer stale(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    bool is_stale;
    struct pawl_price now = reference(exec, ask, &is_stale);
    if (now.e8 > 0 && !is_stale) return RISK_PASS;
    if (now.e8 == 0 && ask->lot != NULL) return RISK_WAIT; /* restarted: prices are not durable */
    snprintf(why, 128, now.e8 == 0 ? "no quote yet" : "the last good quote is too old");
    return RISK_REFUSE;
}

/* The market went beyond the stop while the entry waited: it would be closed as soon as it is in.
 */
static enum risk_answer overtaken(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    if (ask->lot == NULL || ask->price.e8 != 0 || !guard_beyond(exec, ask->lot)) return RISK_PASS;
    snprintf(why, 128, "the price is beyond the stop already");
    return RISK_REFUSE;
}

/* Where the venue would close a position of this leverage by itself, of its own margin alone: the
 * entry less 1 / leverage, plus the maintenance margin. A stop beyond that protects nothing. */
static enum risk_answer liquidation(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    bool is_stale, is_long = ask->side == PAWL_POSITION_SIDE_LONG;
    const struct config_instrument *of =
        config_instrument_find(exec->config, instrument(exec, ask->instrument)->symbol);
    struct pawl_price price = ask->price.e8 > 0 ? ask->price : reference(exec, ask, &is_stale);
    int64_t leverage_e8 = exec->book->accounts[ask->account].info.leverage.e8, part_e8, way_e8;
    if (of != NULL && of->leverage.e8 > 0) leverage_e8 = of->leverage.e8;
    if (leverage_e8 <= PAWL_E8 || ask->stop.e8 <= 0) return RISK_PASS;
    if (pawl_muldiv(PAWL_E8, PAWL_E8, leverage_e8, PAWL_ROUND_DOWN, &part_e8) != PAWL_OK ||
        pawl_mul_e8(price.e8, part_e8 - (of == NULL ? 0 : of->maintenance_margin.e8),
                    PAWL_ROUND_DOWN, &way_e8) != PAWL_OK)
        return RISK_REFUSE;
    int64_t level_e8 = is_long ? price.e8 - way_e8 : price.e8 + way_e8;
    if (is_long ? ask->stop.e8 > level_e8 : ask->stop.e8 < level_e8) return RISK_PASS;
    numbers(why, "stop beyond the estimated liquidation:", ask->stop.e8, level_e8);
    return RISK_REFUSE;
}

static enum risk_answer notional(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    bool is_stale;
    struct pawl_price price = ask->price.e8 > 0 ? ask->price : reference(exec, ask, &is_stale);
    int64_t value_e8 = notional_e8(exec, ask->instrument, ask->account, price, ask->quantity.e8);
    int64_t min_e8 = instrument(exec, ask->instrument)->min_notional.e8;
    int64_t max_e8 = exec->risk->order_notional_max.e8;
    if (value_e8 < min_e8) {
        numbers(why, "notional", value_e8, min_e8);
        return RISK_REFUSE;
    }
    if (max_e8 > 0 && value_e8 > max_e8) {
        numbers(why, "notional", value_e8, max_e8);
        return RISK_REFUSE;
    }
    return RISK_PASS;
}

static enum risk_answer collar(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    bool is_stale;
    struct pawl_price now = reference(exec, ask, &is_stale);
    int64_t band_e8, away_e8 = ask->price.e8 - now.e8;
    if (ask->price.e8 == 0 || exec->risk->collar_pct.e8 == 0 || ask->rests) return RISK_PASS;
    if (pawl_mul_e8(now.e8, exec->risk->collar_pct.e8, PAWL_ROUND_DOWN, &band_e8) != PAWL_OK)
        return RISK_REFUSE;
    if (away_e8 < 0) away_e8 = -away_e8;
    if (away_e8 <= band_e8) return RISK_PASS;
    numbers(why, "distance from the quote", away_e8, band_e8);
    return RISK_REFUSE;
}

static enum risk_answer opposite_side(struct exec *exec, const struct risk_ask *ask,
                                      char why[128]) {
    if (exec->book->accounts[ask->account].info.hedging) return RISK_PASS;
    const struct lot *lot = exec->book->instruments[ask->instrument].lots;
    for (; lot != NULL; lot = lot->instrument_next) {
        if (lot == ask->lot || lot->rec.account != ask->account || lot->rec.side == ask->side ||
            lot->rec.state == PAWL_LOT_STATE_WAITING)
            continue;
        if (lot_open_e8(lot) == 0 && lot_leaves(lot).entries + lot_leaves(lot).adds == 0 &&
            lot->rec.enter_up_to.e8 <= lot->rec.entered.e8)
            continue;
        snprintf(why, 128, "lot %llu holds the other side of %s", (unsigned long long)lot->rec.id,
                 instrument(exec, ask->instrument)->symbol);
        return RISK_REFUSE;
    }
    return RISK_PASS;
}

static enum risk_answer open_lots(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    int64_t max = exec->risk->open_lots_max;
    if (ask->lot != NULL || max == 0 || exec->book->open_lots + ask->count <= max) return RISK_PASS;
    snprintf(why, 128, "open lots: %u, limit %lld", exec->book->open_lots, (long long)max);
    return RISK_REFUSE;
}

/* Worst case of one lot: what is open, and what its entries may still fill. What the lot that asks
 * still wants is what it asks for. */
static int64_t lot_exposure_e8(const struct exec *exec, const struct lot *lot, bool asks) {
    int64_t quantity_e8 = lot_open_e8(lot);
    int64_t wanted_e8 = lot->rec.enter_up_to.e8 - lot->rec.entered.e8;
    if (asks || lot->rec.entry_spent) wanted_e8 = 0;
    struct leaves working = lot_leaves(lot);
    int64_t add_e8 = lot->rare->rec.add_up_to.e8 - lot->rare->rec.added.e8;
    if (asks || lot->rec.add_spent) add_e8 = 0;
    quantity_e8 += working.entry_e8 > wanted_e8 ? working.entry_e8 : wanted_e8;
    quantity_e8 += working.add_e8 > add_e8 ? working.add_e8 : add_e8;
    if (quantity_e8 <= 0) return 0;
    struct pawl_price price =
        market_price(exec->book, lot->rec.instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, lot->rec.side);
    if (price.e8 == 0) price = lot_entry(lot);
    return notional_e8(exec, lot->rec.instrument, lot->rec.account, price, quantity_e8);
}

static enum risk_answer exposure(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    const struct config_risk *risk = exec->risk;
    if (risk->exposure_instrument_max.e8 == 0 && risk->exposure_sector_max.e8 == 0 &&
        risk->exposure_account_max.e8 == 0)
        return RISK_PASS;
    bool is_stale;
    struct pawl_price price = ask->price.e8 > 0 ? ask->price : reference(exec, ask, &is_stale);
    int64_t one = notional_e8(exec, ask->instrument, ask->account, price, ask->quantity.e8);
    pawl_i128 all = (pawl_i128)one * ask->count;
    pawl_i128 by_instrument = all, by_sector = all, by_account = all;
    const char *sector = instrument(exec, ask->instrument)->sector;
    for (const struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        if (lot->rec.account != ask->account) continue;
        int64_t value = lot_exposure_e8(exec, lot, lot == ask->lot);
        by_account += value;
        if (lot->rec.instrument == ask->instrument) by_instrument += value;
        if (strcmp(instrument(exec, lot->rec.instrument)->sector, sector) == 0) by_sector += value;
    }
    const struct {
        const char *name;
        pawl_i128 is;
        int64_t max;
    } sums[] = {{"exposure of the instrument", by_instrument, risk->exposure_instrument_max.e8},
                {"exposure of the sector", by_sector, risk->exposure_sector_max.e8},
                {"exposure of the account", by_account, risk->exposure_account_max.e8}};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        if (sums[i].max > 0 && sums[i].is > sums[i].max) {
            numbers(why, sums[i].name, sums[i].is > INT64_MAX ? INT64_MAX : (int64_t)sums[i].is,
                    sums[i].max);
            return RISK_REFUSE;
        }
    return RISK_PASS;
}

/* Net realised and unrealised since the account's day began. */
static enum risk_answer daily_loss(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    const struct book_account *account = &exec->book->accounts[ask->account];
    struct pawl_money equity;
    int64_t max_e8 = exec->risk->daily_loss_max.e8, lost_e8;
    if (max_e8 == 0) return RISK_PASS;
    if (!account->kept.day_known || !book_priced(exec->book, ask->account)) {
        snprintf(why, 128, "the day's loss is not known: an open lot has no price yet");
        return ask->lot != NULL ? RISK_WAIT : RISK_REFUSE;
    }
    if (book_equity(exec->book, ask->account, &equity) != PAWL_OK ||
        pawl_sub_i64(account->kept.day_equity.e8, equity.e8, &lost_e8) != PAWL_OK) {
        snprintf(why, 128, "the day's loss is out of range");
        return RISK_REFUSE;
    }
    if (lost_e8 < max_e8) return RISK_PASS;
    numbers(why, "lost today", lost_e8, max_e8);
    return RISK_REFUSE;
}

static bool take_base(struct exec *exec, uint32_t id) {
    struct pawl_rec_account *kept = &exec->book->accounts[id].kept;
    if (!book_priced(exec->book, id) ||
        book_equity(exec->book, id, &kept->day_equity) != PAWL_OK)
        return false;
    kept->day_known = 1;
    return true;
}

static void tell_day(struct exec *exec, uint32_t id, struct pawl_money before) {
    const struct pawl_rec_account *kept = &exec->book->accounts[id].kept;
    struct pawl_ev_day_started ev;
    EVENT_INIT(ev, PAWL_EV_DAY_STARTED);
    ev.account = id;
    ev.equity = kept->day_equity;
    ev.before = before;
    ev.began = kept->day;
    book_publish(exec->book, &ev.head);
}

void risk_day(struct exec *exec, uint32_t id, int64_t began_ns, bool told) {
    struct pawl_rec_account *kept = &exec->book->accounts[id].kept;
    struct pawl_money before = kept->day_equity;
    kept->day = began_ns;
    kept->day_known = 0;
    if (!take_base(exec, id))
        exec_wake_at(exec, EXEC_KEY_DAY_EQUITY, id, book_now(exec->book) + DAY_EQUITY_LOOK_NS);
    else if (told)
        tell_day(exec, id, before);
    book_keep_account(exec->book, id);
}

void risk_day_equity(struct exec *exec, uint32_t id) {
    struct pawl_money before = exec->book->accounts[id].kept.day_equity;
    if (exec->book->accounts[id].kept.day_known) return;
    if (!take_base(exec, id)) {
        exec_wake_at(exec, EXEC_KEY_DAY_EQUITY, id, book_now(exec->book) + DAY_EQUITY_LOOK_NS);
        return;
    }
    book_keep_account(exec->book, id);
    tell_day(exec, id, before);
}

static enum risk_answer broker_ready(struct exec *exec, const struct risk_ask *ask, char why[128]) {
    struct exec_broker *broker = exec_broker(exec, exec->book->accounts[ask->account].info.broker);
    if (broker == NULL) {
        snprintf(why, 128, "the account has no broker");
        return RISK_REFUSE;
    }
    if (ask->lot == NULL) return RISK_PASS; /* it waits as a lot */
    if (broker->state != BROKER_READY) return RISK_WAIT;
    if (broker->breaker_until == 0) return RISK_PASS;
    if (book_now(exec->book) < broker->breaker_until) return RISK_WAIT;
    broker->breaker_until = 0; /* half open: the next exhausted operation opens it again */
    broker->exhausted =
        exec->set->breaker_failures > 0 ? (uint32_t)exec->set->breaker_failures - 1 : 0;
    return RISK_PASS;
}

enum risk_answer risk_message(struct exec *exec, struct exec_broker *broker) {
    int64_t rate = exec->risk->message_rate_per_second - exec->risk->message_reserve;
    int64_t now = book_now(exec->book);
    if (exec->risk->message_rate_per_second == 0) return RISK_PASS;
    if (rate < 1) rate = 1;
    int64_t since_ns = now - broker->tokens_at;
    if (since_ns > PAWL_NS || broker->tokens_at == 0) since_ns = PAWL_NS;
    broker->tokens_e8 += since_ns / 10 * rate; /* ns to 1e-8 */
    if (broker->tokens_e8 > rate * PAWL_E8) broker->tokens_e8 = rate * PAWL_E8;
    broker->tokens_at = now;
    if (broker->tokens_e8 < PAWL_E8) return RISK_WAIT;
    broker->tokens_e8 -= PAWL_E8;
    return RISK_PASS;
}

enum risk_answer risk_entry(struct exec *exec, const struct risk_ask *ask, char ret_why[128]) {
    static const struct check checks[] = {{"trading_state", trading_state},
                                          {"broker", broker_ready},
                                          {"symbol", symbol},
                                          {"session", session},
                                          {"allow_short", short_side},
                                          {"quantity", quantity},
                                          {"stale_quote", stale},
                                          {"stop", overtaken},
                                          {"liquidation", liquidation},
                                          {"notional", notional},
                                          {"collar", collar},
                                          {"opposite_side", opposite_side},
                                          {"open_lots", open_lots},
                                          {"exposure", exposure},
                                          {"daily_loss", daily_loss}};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        ret_why[0] = '\0';
        enum risk_answer answer = checks[i].fn(exec, ask, ret_why);
        if (answer == RISK_PASS) continue;
        if (answer == RISK_REFUSE)
            report_refused(exec->book, ask->instrument, ask->lot, checks[i].limit, ask->ref,
                           ret_why);
        return answer;
    }
    struct exec_broker *broker = exec_broker(exec, exec->book->accounts[ask->account].info.broker);
    return ask->lot == NULL ? RISK_PASS : risk_message(exec, broker);
}

static void tell_state(struct exec *exec, uint8_t state, const char *reason) {
    struct pawl_ev_state_changed ev;
    EVENT_INIT(ev, PAWL_EV_STATE_CHANGED);
    ev.old = exec->book->host.trading;
    ev.new_ = state;
    TEXT_SET(ev.reason, reason);
    book_publish(exec->book, &ev.head);
}

void risk_stop_entries(struct exec *exec, const char *reason) {
    exec->entries_stopped = true;
    tell_state(exec, PAWL_TRADING_STATE_HALTED, reason);
}

void risk_set_state(struct exec *exec, uint8_t state, const char *reason) {
    if (exec->book->host.trading == state) return;
    tell_state(exec, state, reason);
    exec->book->host.trading = state;
    exec->book->host_changed = true;
}
