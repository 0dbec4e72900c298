/*
 * fill_part.h - inside the book: a fill's part of one lot, and gaps that a fill explains. [loop]
 */
#ifndef BOOK_FILL_PART_H
#define BOOK_FILL_PART_H

#include "book/book.h"

struct fill_part {
    struct lot *lot;
    uint8_t role;
    bool overrun;
    struct pawl_qty quantity;
    struct pawl_money fee;
};

/* ---- fill_part.c ---- */
void fill_write(struct book *book, const struct book_fill *fill, const struct fill_part *part);
/* Realised profit, into all sums it belongs to; one that would leave its range stays as it was. */
void fill_add_profit(struct book *book, struct lot *lot, int64_t profit_e8);
void fill_add_fee(struct book *book, struct lot *lot, struct pawl_money fee);
/* ---- fills.c ---- */
struct pawl_money fill_fee(const struct book_fill *fill, struct pawl_qty quantity);
int64_t fill_realised_e8(const struct book *book, const struct lot *lot); /* price currency */

/* ---- gap.c ---- */
#define BOOK_GAPS_MAX 256u /* not explained, the newest; an older one stays as it was booked */
/* What of this fill was booked as a gap already: its price and fee take the gap's place in the
 * lots that bore it. Returns how much. */
struct pawl_qty gap_explain(struct book *book, const struct book_fill *fill);

#endif
