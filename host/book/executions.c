/*
 * Each execution counts once, without remembering all of them for ever.
 *
 * An execution is remembered as long as its order is in the book, so that whatever is told again
 * about an order we know is recognised by its id. One whose order has left the book (or was never
 * ours) is remembered until it is older than the account's mark: BOOK_EXECUTIONS_KEPT_NS before the
 * time up to which every execution of our orders is booked (kept.heard: a whole reconcile round).
 * Behind the mark nothing of ours can be new: what comes from there is known without a look. What
 * others traded and nobody told in time shows in the positions, and is a gap there.
 *
 * Both answers depend on the mark alone and never on what happens to be remembered still. After a
 * restart the mark is at most older, and what is newer than it is remembered again.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "book/executions.h"

#define LOOKS_MAX 16u /* of the oldest, between two turns */

struct execution {
    struct execution *next; /* the one booked or looked at after it */
    uint64_t order;         /* number; 0 = not ours */
    int64_t venue_time;     /* 0 = the venue does not say: not forgotten before its order */
    int64_t look_ns;        /* not before */
    uint32_t account;
    char id[]; /* ends with 0 */
};

static uint64_t key_of(uint32_t account, const char *id) {
    return hash_bytes(id, strlen(id), account);
}

static uint64_t home_of(const void *execution) {
    const struct execution *one = execution;
    return key_of(one->account, one->id);
}

static int64_t mark(const struct book *book, uint32_t account) {
    int64_t heard = book->accounts[account].kept.heard;
    return heard <= BOOK_EXECUTIONS_KEPT_NS ? 0 : heard - BOOK_EXECUTIONS_KEPT_NS;
}

bool book_execution_past(const struct book *book, uint32_t account, int64_t venue_time) {
    return venue_time > 0 && venue_time < mark(book, account);
}

bool book_execution_seen(const struct book *book, uint32_t account, const char *execution) {
    const struct execution *one;
    for (uint64_t key = key_of(account, execution);
         (one = table_get(&book->executions, key)) != NULL; key++)
        if (one->account == account && strcmp(one->id, execution) == 0) return true;
    return false;
}

static void append(struct book *book, struct execution *one, int64_t look_ns) {
    one->next = NULL;
    one->look_ns = look_ns;
    if (book->executions_last != NULL)
        book->executions_last->next = one;
    else
        book->executions_first = one;
    book->executions_last = one;
}

int book_execution_add(struct book *book, const struct pawl_rec_fill *fill) {
    if (book_execution_seen(book, fill->account, fill->execution)) return PAWL_OK;
    if (book->execution_count >= BOOK_EXECUTIONS_MAX) return PAWL_E_BUSY;
    size_t length = strnlen(fill->execution, sizeof fill->execution - 1);
    struct execution *one = mem_calloc(1, offsetof(struct execution, id) + length + 1);
    if (one == NULL) return PAWL_E_NOMEM;
    one->order = fill->order;
    one->account = fill->account;
    one->venue_time = fill->venue_time;
    memcpy(one->id, fill->execution, length);
    int rc = table_add_near(&book->executions, home_of(one), one);
    if (rc != PAWL_OK) {
        mem_free(one);
        return rc;
    }
    append(book, one, fill->booked + BOOK_EXECUTIONS_KEPT_NS);
    book->execution_count++;
    return PAWL_OK;
}

static void forget(struct book *book, struct execution *gone) {
    table_remove_near(&book->executions, gone, home_of);
    mem_free(gone);
    book->execution_count--;
}

/* The oldest first, a few at a time. What has to stay is looked at again later. */
void book_executions_evict(struct book *book) {
    for (uint32_t i = 0; i < LOOKS_MAX; i++) {
        struct execution *one = book->executions_first;
        if (one == NULL || one->look_ns > book_now(book)) return;
        book->executions_first = one->next;
        if (one->next == NULL) book->executions_last = NULL;
        bool known = one->order != 0 && book_order(book, one->order) != NULL;
        if (!known && book_execution_past(book, one->account, one->venue_time))
            forget(book, one);
        else
            append(book, one, book_now(book) + BOOK_EXECUTIONS_KEPT_NS / 4);
    }
}

void book_executions_done(struct book *book) {
    for (struct execution *one = book->executions_first, *next; one != NULL; one = next) {
        next = one->next;
        mem_free(one);
    }
    book->executions_first = book->executions_last = NULL;
    table_done(&book->executions);
}

void book_heard(struct book *book, uint32_t account, int64_t until_ns) {
    struct book_account *of = &book->accounts[account];
    if (until_ns <= of->kept.heard) return;
    of->kept.heard = until_ns;
    if (until_ns - of->stored_heard >= BOOK_HEARD_STORED_NS) book_keep_account(book, account);
}
