#include <stdio.h>
#include <string.h>

#include "book/book.h"
#include "book/market.h"
#include "book/money.h"

/* Account currency for 1.0 of the price currency, as a fraction: an inverse of its own would be
 * rounded, and the money by it once more. */
struct rate {
    int64_t times_e8, over_e8;
};
#define RATE_ONE (struct rate){PAWL_E8, PAWL_E8}

/* By a live quote of the pair: the bid of JPYUSD, or one over the ask of USDJPY. */
static bool live_rate(const struct book *book, const char *from, const char *to,
                      struct rate *ret) {
    char symbol[2 * 8];
    snprintf(symbol, sizeof symbol, "%.7s%.7s", from, to);
    uint32_t id = names_find(book->names, NAME_INSTRUMENT, symbol);
    if (id != 0 && id <= book->instrument_count && book->instruments[id].market.bid.e8 > 0) {
        *ret = (struct rate){book->instruments[id].market.bid.e8, PAWL_E8};
        return true;
    }
    snprintf(symbol, sizeof symbol, "%.7s%.7s", to, from);
    id = names_find(book->names, NAME_INSTRUMENT, symbol);
    if (id == 0 || id > book->instrument_count || book->instruments[id].market.ask.e8 <= 0)
        return false;
    *ret = (struct rate){PAWL_E8, book->instruments[id].market.ask.e8};
    return true;
}

/* The fixed pip value over what a pip is worth in the price currency. */
static struct rate fixed_rate(const struct pawl_instrument *in) {
    int64_t pip_e8;
    if (in->pip_size.e8 == 0 || in->pip_value_per_std_lot.e8 == 0 ||
        pawl_mul_e8(in->pip_size.e8, in->multiplier.e8, PAWL_ROUND_EVEN, &pip_e8) != PAWL_OK ||
        pip_e8 <= 0)
        return RATE_ONE;
    return (struct rate){in->pip_value_per_std_lot.e8, pip_e8};
}

static struct rate conversion(const struct book *book, uint32_t instrument, uint32_t account) {
    const struct pawl_instrument *in = &book->instruments[instrument].def;
    const struct pawl_account_info *acc = &book->accounts[account].info;
    struct rate rate;
    if (in->currency[0] == '\0' || strcmp(in->currency, acc->currency) == 0) return RATE_ONE;
    return live_rate(book, in->currency, acc->currency, &rate) ? rate : fixed_rate(in);
}

bool book_rate_is_fixed(const struct book *book, uint32_t instrument, uint32_t account) {
    const struct pawl_instrument *in = &book->instruments[instrument].def;
    const struct pawl_account_info *acc = &book->accounts[account].info;
    return in->currency[0] != '\0' && strcmp(in->currency, acc->currency) != 0 &&
           !live_rate(book, in->currency, acc->currency, &(struct rate){0});
}

int book_convert(const struct book *book, uint32_t instrument, uint32_t account,
                 struct pawl_money quote, struct pawl_money *ret) {
    struct rate rate = conversion(book, instrument, account);
    return pawl_muldiv(quote.e8, rate.times_e8, rate.over_e8, PAWL_ROUND_EVEN, &ret->e8);
}

int book_profit(const struct book *book, uint32_t instrument, uint32_t account, uint8_t side,
                struct pawl_price from, struct pawl_price to, struct pawl_qty quantity,
                struct pawl_money *ret) {
    struct pawl_money quote;
    int rc =
        pawl_profit(side, from, to, quantity, book->instruments[instrument].def.multiplier, &quote);
    return rc != PAWL_OK ? rc : book_convert(book, instrument, account, quote, ret);
}

static struct pawl_price average(struct pawl_money value, struct pawl_qty quantity) {
    struct pawl_price price = {0};
    if (quantity.e8 > 0 &&
        pawl_muldiv(value.e8, PAWL_E8, quantity.e8, PAWL_ROUND_EVEN, &price.e8) != PAWL_OK)
        price.e8 = 0;
    return price;
}

struct pawl_price lot_entry(const struct lot *lot) {
    return average(lot->rec.entry_value, lot->rec.entered);
}

struct pawl_money lot_cost_out(const struct lot *lot) {
    const struct pawl_common_lot *rec = &lot->rec;
    return pawl_cost_out(rec->entered, rec->exited, rec->entry_value, lot->rare->rec.grown_out,
                         lot->rare->rec.grown_cost);
}

struct pawl_money lot_cost_open(const struct lot *lot) {
    return (struct pawl_money){lot->rec.entry_value.e8 - lot_cost_out(lot).e8};
}

void book_before_growth(struct book *book, struct lot *lot) {
    if (lot->rec.exited.e8 == 0) return;
    struct pawl_money cost = lot_cost_out(lot);
    struct pawl_rare_lot *rare = &book_lot_rare(book, lot)->rec;
    rare->grown_cost = cost;
    rare->grown_out = lot->rec.exited;
}

struct pawl_price lot_cost(const struct lot *lot) {
    if (lot->rare->rec.grown_out.e8 == 0) return lot_entry(lot);
    return average(lot_cost_open(lot), (struct pawl_qty){lot_open_e8(lot)});
}

struct pawl_price lot_exit(const struct lot *lot) {
    return average(lot->rec.exit_value, lot->rec.exited);
}

void lot_set_r(struct lot *lot) {
    int64_t distance_e8 = lot_entry(lot).e8 - lot->rec.initial_stop.e8;
    lot->rec.r.e8 = distance_e8 < 0 ? -distance_e8 : distance_e8;
}

struct pawl_ratio lot_r_of(const struct lot *lot, struct pawl_price price) {
    struct pawl_ratio r = {0};
    int64_t distance;
    if (lot->rec.r.e8 <= 0 || pawl_sub_i64(price.e8, lot_entry(lot).e8, &distance) != PAWL_OK)
        return r;
    if (lot->rec.side == PAWL_POSITION_SIDE_SHORT) distance = -distance;
    if (pawl_muldiv(distance, PAWL_E8, lot->rec.r.e8, PAWL_ROUND_EVEN, &r.e8) != PAWL_OK) r.e8 = 0;
    return r;
}

bool book_priced(const struct book *book, uint32_t account) {
    for (const struct lot *lot = book->first_lot; lot != NULL; lot = lot->next)
        if (lot->rec.account == account && lot_open_e8(lot) != 0 &&
            market_price(book, lot->rec.instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, lot->rec.side)
                    .e8 == 0)
            return false;
    return true;
}

int book_equity(const struct book *book, uint32_t account, struct pawl_money *ret) {
    const struct book_account *acc = &book->accounts[account];
    int64_t sum = acc->info.balance.e8;
    if (pawl_add_i64(sum, acc->realised.e8, &sum) != PAWL_OK ||
        pawl_sub_i64(sum, acc->fees.e8, &sum) != PAWL_OK ||
        pawl_add_i64(sum, acc->cash_flow.e8, &sum) != PAWL_OK)
        return PAWL_E_RANGE;
    for (const struct lot *lot = book->first_lot; lot != NULL; lot = lot->next) {
        if (lot->rec.account != account || lot_open_e8(lot) == 0) continue;
        struct pawl_price now =
            market_price(book, lot->rec.instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, lot->rec.side);
        struct pawl_money open;
        if (now.e8 == 0) continue;
        int rc = book_profit(book, lot->rec.instrument, account, lot->rec.side, lot_cost(lot), now,
                             (struct pawl_qty){lot_open_e8(lot)}, &open);
        if (rc != PAWL_OK || pawl_add_i64(sum, open.e8, &sum) != PAWL_OK) return PAWL_E_RANGE;
    }
    ret->e8 = sum;
    return PAWL_OK;
}
