/* What must not be forgotten of accounts and instruments beside lots and orders. */
#include <string.h>

#include "book/book.h"
#include "book/report.h"

void book_keep_account(struct book *book, uint32_t account) {
    struct book_account *of = &book->accounts[account];
    of->kept.id = account;
    of->stored_heard = of->kept.heard;
    book->plugin_changes = true;
    book_put(book, PAWL_REC_ACCOUNT, &of->kept);
}

static void set_halted(struct book *book, uint32_t instrument, bool halted, const char *reason) {
    struct pawl_rec_symbol *kept = &book->instruments[instrument].kept;
    struct pawl_ev_symbol_changed ev;
    kept->id = instrument;
    kept->halted = halted;
    kept->since = book_now(book);
    memset(kept->reason, 0, sizeof kept->reason);
    TEXT_SET(kept->reason, reason);
    book->plugin_changes = true;
    book_put(book, PAWL_REC_SYMBOL, kept);
    EVENT_INIT(ev, PAWL_EV_SYMBOL_CHANGED);
    ev.instrument = instrument;
    ev.halted = halted;
    TEXT_SET(ev.reason, reason);
    book_publish(book, &ev.head);
}

void book_halt(struct book *book, uint32_t instrument, const char *reason) {
    if (!book->instruments[instrument].kept.halted) set_halted(book, instrument, true, reason);
}

bool book_resume(struct book *book, uint32_t instrument, const char *reason) {
    if (!book->instruments[instrument].kept.halted) return false;
    set_halted(book, instrument, false, reason);
    return true;
}
