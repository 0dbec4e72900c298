/*
 * market.h - prices as the book knows them, and the levels they cross.
 *
 * A crossed quote is counted and moves nothing. Where an instrument has trades only, its sides are
 * the last trade less or plus half the declared spread; where quotes are live, bars and trades move
 * only `last`. [loop]
 */
#ifndef BOOK_MARKET_H
#define BOOK_MARKET_H

#include "book/book.h"

/* Apply a quote, trade, bar or mark: prices, then triggers. */
void book_market(struct book *book, const struct pawl_event *event);
/* Apply more of a bar's path, up to the next price that fires something; false = nothing is left.
 */
bool book_path_step(struct book *book);
/* The next level that fired; false = none now. */
bool book_take_hit(struct book *book, struct trigger_hit *ret);
/* The line (enum trigger_line) that a declared source reads for a position side. */
uint8_t market_line(uint8_t source, uint8_t position_side);
struct pawl_price market_price(const struct book *book, uint32_t instrument, uint8_t source,
                               uint8_t position_side); /* 0 = none yet */
/* When that price came, in this process; 0 = none yet. */
int64_t market_time(const struct book *book, uint32_t instrument, uint8_t source,
                    uint8_t position_side);
/* A price a new position of this side would pay; 0 = none or stale (ret_stale). */
struct pawl_price market_entry(const struct book *book, uint32_t instrument, uint8_t position_side,
                               bool *ret_stale);

#endif
