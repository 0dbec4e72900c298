/* fake_book_int.h - shared by the two halves of the fake host. */
#ifndef FAKE_BOOK_INT_H
#define FAKE_BOOK_INT_H

#include "fake_book.h"

extern const struct pawl_book fake_book_service;
extern const struct pawl_timers fake_timers_service;
extern const struct pawl_triggers fake_triggers_service;
extern const struct pawl_series fake_series_service;

/* Every call into the host begins with this: it takes back what was lent. */
struct fake *fake_of(struct pawl_ctx *ctx);
/* A copy that lives until the next call into the host, so that a sanitizer sees one kept longer. */
const void *fake_lend(const void *from, size_t size);
/* A timer or trigger is gone when its event is there, though a restart set it anew. */
void fake_forget_wake(struct fake *fake, const struct pawl_event *event);
void fake_note(struct fake *fake, const char *format, ...) PAWL_PRINTF(2, 3);

#endif
