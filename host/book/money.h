/*
 * money.h - profit, averages and equity of lots, in account currency.
 *
 * Exact but for one rounding to 1e-8 where a price is an average or a rate is applied. A price
 * currency that is not the account's is converted by a live quote of the pair, else by the
 * instrument table's fixed pip value. Errors are PAWL_E_RANGE. [loop]
 */
#ifndef BOOK_MONEY_H
#define BOOK_MONEY_H

#include "book/book.h"

/* Signed profit in account currency of `quantity` from `from` to `to`. */
int book_profit(const struct book *book, uint32_t instrument, uint32_t account, uint8_t side,
                struct pawl_price from, struct pawl_price to, struct pawl_qty quantity,
                struct pawl_money *ret);
/* True where no live rate is known and the table's fixed pip value (or 1) stands in for it. */
bool book_rate_is_fixed(const struct book *book, uint32_t instrument, uint32_t account);
/* Quote-currency money into account currency. */
int book_convert(const struct book *book, uint32_t instrument, uint32_t account,
                 struct pawl_money quote, struct pawl_money *ret);
struct pawl_price lot_entry(const struct lot *lot); /* average; 0 before a fill */
struct pawl_price lot_cost(const struct lot *lot); /* average of what is open */
struct pawl_money lot_cost_out(const struct lot *lot);  /* of what has gone out */
struct pawl_money lot_cost_open(const struct lot *lot);
/* Before an entry is added: what was booked stays booked, the new average is of the rest. */
void book_before_growth(struct book *book, struct lot *lot);
struct pawl_price lot_exit(const struct lot *lot);  /* average; 0 before an exit */
void lot_set_r(struct lot *lot); /* |average entry - initial stop| */
struct pawl_ratio lot_r_of(const struct lot *lot,
                           struct pawl_price price); /* profit in R; 0 = no R */
/* Every open lot of the account has a price, so that book_equity() leaves nothing out. */
bool book_priced(const struct book *book, uint32_t account);
int book_equity(const struct book *book, uint32_t account, struct pawl_money *ret);

#endif
