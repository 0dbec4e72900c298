/*
 * executions.h - which executions are booked, and which are too old to be new. [loop]
 */
#ifndef BOOK_EXECUTIONS_H
#define BOOK_EXECUTIONS_H

#include "book/book.h"

#define BOOK_EXECUTIONS_MAX 16000000u /* remembered at once */
#define BOOK_EXECUTIONS_KEPT_NS (INT64_C(86400) * PAWL_NS) /* no venue tells one later than this */
#define BOOK_HEARD_STORED_NS (INT64_C(3600) * PAWL_NS) /* heard runs so far ahead of the disk */

bool book_execution_seen(const struct book *book, uint32_t account, const char *execution);
/* So old that it was booked long ago; of an order that is not in the book, or none of ours. */
bool book_execution_past(const struct book *book, uint32_t account, int64_t venue_time);
int book_execution_add(struct book *book, const struct pawl_rec_fill *fill); /* keys and times */
/* Remembers a gap until it is explained, other fills are passed over; also at restore. */
void book_gap_note(struct book *book, const struct pawl_rec_fill *fill);
void book_executions_evict(struct book *book);
void book_executions_done(struct book *book);
/* The venue has told every execution of our orders up to then. */
void book_heard(struct book *book, uint32_t account, int64_t until_ns);

#endif
