/*
 * report.h - state events: what the trace, the live stream and `explain` are made of.
 *
 * Inside a turn only. An event that does not fit the turn any more is counted (events_lost) and
 * ends the run: it means that something feeds on itself. [loop]
 */
#ifndef BOOK_REPORT_H
#define BOOK_REPORT_H

#include "book/book.h"

void report_lot_opened(struct book *book, const struct lot *lot);
void report_lot_changed(struct book *book, const struct lot *lot, const char *reason);
void report_lot_closed(struct book *book, const struct lot *lot);
void report_order(struct book *book, uint16_t type, const struct order *order, uint8_t op,
                  const char *reason);
void report_alert(struct book *book, const char *what, uint8_t severity, const struct lot *lot,
                  const struct order *order, const char *format, ...) PAWL_PRINTF(6, 7);
void report_conflict(struct book *book, const char *what, const struct lot *lot,
                     const struct order *order, const char *resolution, const char *format, ...)
    PAWL_PRINTF(6, 7);
void report_refused(struct book *book, uint32_t instrument, const struct lot *lot,
                    const char *limit, const char *ref, const char *message);
void book_publish(struct book *book,
                  struct pawl_event *event); /* from the host; never lost silently */
/* A zeroed event with its header set; for stack structs. */
#define EVENT_INIT(ev, ev_type)                                                                    \
    do {                                                                                           \
        memset(&(ev), 0, sizeof(ev));                                                              \
        (ev).head.size = (uint32_t)sizeof(ev);                                                     \
        (ev).head.type = (ev_type);                                                                \
    } while (0)
/* Copy text into a fixed array of an event or record, cut at its size, always terminated. */
#define TEXT_SET(field, value) text_copy((field), sizeof(field), (value))
void text_copy(char *out, size_t size, const char *text);

#endif
