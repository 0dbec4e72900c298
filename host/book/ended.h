/*
 * ended.h - orders that have ended, and when they leave an open lot. [loop]
 */
#ifndef BOOK_ENDED_H
#define BOOK_ENDED_H

#include "book/book.h"

#define BOOK_ENDED_FIRST_NS (INT64_C(60) * PAWL_NS)   /* from the end to the first look, */
#define BOOK_ENDED_AGAIN_NS (INT64_C(3600) * PAWL_NS) /* and from one look to the next */
#define BOOK_ORDERS_KEPT 16384u /* beyond, entries that have filled do not stay */

/* It ended so long ago that nothing of it can be new: an open lot need not keep it. */
bool book_order_past(const struct book *book, const struct pawl_common_order *rec);
/* It was stored or restored: if it has ended it will be looked at. */
void book_ended_note(struct book *book, struct order *order);
void book_ended_evict(struct book *book); /* between turns */
void book_ended_done(struct book *book);
void book_order_free(struct order *order);
void book_order_drop(struct book *book, struct order *order); /* out of everything, and free it */

#endif
