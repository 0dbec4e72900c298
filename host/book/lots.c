#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "book/ended.h"
#include "book/executions.h"
#include "book/report.h"

void book_init(struct book *book) {
    table_init(&book->lots, BOOK_LOTS_MAX);
    table_init(&book->orders, BOOK_ORDERS_MAX);
    table_init(&book->order_ids, BOOK_ORDERS_MAX);
    table_init(&book->executions, BOOK_EXECUTIONS_MAX);
    book->host = (struct pawl_rec_host){.id = 1,
                                        .next_lot = 1,
                                        .next_order = 1,
                                        .next_fill = 1,
                                        .trading = PAWL_TRADING_STATE_ACTIVE};
}

static const struct lot_rare nothing_rare; /* of all that have none */

static void lot_free(struct lot *lot) {
    for (struct order *order = lot->orders, *next; order != NULL; order = next) {
        next = order->next;
        book_order_free(order);
    }
    if (lot->rare != &nothing_rare) mem_free((void *)lot->rare);
    mem_free(lot->targets);
    mem_free(lot);
}

void book_done(struct book *book) {
    for (struct lot *lot = book->first_lot, *next; lot != NULL; lot = next) {
        next = lot->next;
        lot_free(lot);
    }
    for (struct lot *lot = book->closed, *next; lot != NULL; lot = next) {
        next = lot->next;
        lot_free(lot);
    }
    table_done(&book->lots);
    table_done(&book->orders);
    table_done(&book->order_ids);
    book_ended_done(book);
    book_executions_done(book);
    mem_free(book->gaps);
    mem_free(book->instruments);
    mem_free(book->accounts);
}

struct lot *book_lot(const struct book *book, uint64_t id) {
    return table_get(&book->lots, id);
}

struct lot *book_lot_by_ref(const struct book *book, const char *ref) {
    struct lot *newest = NULL;
    for (struct lot *lot = book->last_lot; lot != NULL && newest == NULL; lot = lot->previous)
        if (strcmp(lot->rare->rec.ref, ref) == 0) newest = lot;
    return newest;
}

struct lot_rare *book_lot_rare(struct book *book, struct lot *lot) {
    if (lot->rare == &nothing_rare) {
        struct lot_rare *own = mem_calloc(1, sizeof *own);
        if (own == NULL) {
            book->store_refused = true;
            return &book->no_room;
        }
        lot->rare = own;
    }
    return (struct lot_rare *)lot->rare;
}

void book_lot_text(struct book *book, struct lot *lot, enum lot_text which, const char *text) {
    const struct pawl_rare_lot *now = &lot->rare->rec;
    const char *is = which == LOT_REF ? now->ref : which == LOT_TICKET ? now->ticket : now->reason;
    if (strcmp(is, text == NULL ? "" : text) == 0) return;
    struct pawl_rare_lot *rec = &book_lot_rare(book, lot)->rec;
    if (which == LOT_REF)
        TEXT_SET(rec->ref, text);
    else if (which == LOT_TICKET)
        TEXT_SET(rec->ticket, text);
    else
        TEXT_SET(rec->reason, text);
}

void book_lot_row(const struct lot *lot, struct pawl_rec_lot *ret) {
    pawl_join_lot(&lot->rec, &lot->rare->rec, ret);
}

static struct lot *lot_insert(struct book *book, uint64_t id) {
    struct lot *lot = mem_calloc(1, sizeof *lot);
    if (lot == NULL) return NULL;
    lot->rec.id = id;
    lot->rare = &nothing_rare;
    if (table_put(&book->lots, id, lot) != PAWL_OK) {
        mem_free(lot);
        return NULL;
    }
    return lot;
}

/* Lists are by id; a lot that is opened again has an old one. */
static void lot_insert_open(struct book *book, struct lot *lot) {
    struct lot *before = book->last_lot;
    while (before != NULL && before->rec.id > lot->rec.id) before = before->previous;
    struct lot *after = before == NULL ? book->first_lot : before->next;
    lot->previous = before;
    lot->next = after;
    if (before != NULL)
        before->next = lot;
    else
        book->first_lot = lot;
    if (after != NULL)
        after->previous = lot;
    else
        book->last_lot = lot;
    book->open_lots++;
}

struct lot *book_lot_new(struct book *book, struct pawl_err *err) {
    if (book->open_lots >= BOOK_LOTS_MAX) {
        pawl_fail(err, PAWL_E_BUSY, "more than %u open lots", BOOK_LOTS_MAX);
        return NULL;
    }
    struct lot *lot = lot_insert(book, book->host.next_lot);
    if (lot == NULL) {
        pawl_fail(err, PAWL_E_NOMEM, "no memory for another lot");
        return NULL;
    }
    book->host.next_lot++;
    book->host_changed = true;
    lot->rec.created = book_now(book);
    lot->rec.protection_since = book_now(book);
    lot->rec.cause = book->bus->cause;
    lot->born = book->bus->turn;
    lot_insert_open(book, lot);
    return lot;
}

void book_lot_link(struct book *book, struct lot *lot) {
    struct book_instrument *in = &book->instruments[lot->rec.instrument];
    struct lot *before = in->lots_last;
    while (before != NULL && before->rec.id > lot->rec.id) before = before->instrument_previous;
    struct lot *after = before == NULL ? in->lots : before->instrument_next;
    lot->instrument_previous = before;
    lot->instrument_next = after;
    if (before != NULL)
        before->instrument_next = lot;
    else
        in->lots = lot;
    if (after != NULL)
        after->instrument_previous = lot;
    else
        in->lots_last = lot;
}

static void keep_closed(struct book *book, struct lot *lot) {
    lot->next = NULL;
    if (book->closed_last != NULL)
        book->closed_last->next = lot;
    else
        book->closed = lot;
    book->closed_last = lot;
    book->closed_lots++;
}

struct lot *book_lot_restore(struct book *book, const struct pawl_rec_lot *rec,
                             struct pawl_err *err) {
    if (rec->instrument == 0 || rec->instrument > book->instrument_count || rec->account == 0 ||
        rec->account > book->account_count) {
        pawl_fail(err, PAWL_E_DATA, "lot %llu: its instrument or account is not known",
                  (unsigned long long)rec->id);
        return NULL;
    }
    bool configured =
        book->instruments[rec->instrument].def.id != 0 && book->accounts[rec->account].info.id != 0;
    if (rec->state != PAWL_LOT_STATE_CLOSED && !configured) {
        pawl_fail(
            err, PAWL_E_CONFIG,
            "lot %llu is open, but its instrument %s or account %s is not configured any more",
            (unsigned long long)rec->id, names_text(book->names, NAME_INSTRUMENT, rec->instrument),
            names_text(book->names, NAME_ACCOUNT, rec->account));
        return NULL;
    }
    struct lot *lot = lot_insert(book, rec->id);
    if (lot == NULL) {
        pawl_fail(err, PAWL_E_NOMEM, "no memory for lot %llu", (unsigned long long)rec->id);
        return NULL;
    }
    struct lot_rare rare = {0};
    pawl_part_lot(rec, &lot->rec, &rare.rec);
    if (memcmp(&rare, &nothing_rare, sizeof rare) != 0) *book_lot_rare(book, lot) = rare;
    if (book->store_refused) {
        table_remove(&book->lots, rec->id);
        lot_free(lot);
        pawl_fail(err, PAWL_E_NOMEM, "no memory for lot %llu", (unsigned long long)rec->id);
        return NULL;
    }
    if (rec->state == PAWL_LOT_STATE_CLOSED) {
        keep_closed(book, lot);
    } else {
        lot_insert_open(book, lot);
        book_lot_link(book, lot);
    }
    return lot;
}

void book_lot_close(struct book *book, struct lot *lot) {
    struct book_instrument *in = &book->instruments[lot->rec.instrument];
    if (lot->previous != NULL)
        lot->previous->next = lot->next;
    else
        book->first_lot = lot->next;
    if (lot->next != NULL)
        lot->next->previous = lot->previous;
    else
        book->last_lot = lot->previous;
    if (lot->instrument_previous != NULL)
        lot->instrument_previous->instrument_next = lot->instrument_next;
    else
        in->lots = lot->instrument_next;
    if (lot->instrument_next != NULL)
        lot->instrument_next->instrument_previous = lot->instrument_previous;
    else
        in->lots_last = lot->instrument_previous;
    lot->next = lot->previous = lot->instrument_next = lot->instrument_previous = NULL;
    book->open_lots--;
    keep_closed(book, lot);
}

/* A fill came after the conclusion: nobody counts on this lot any more, so it is protected, and
 * closed at market. */
void book_lot_reopen(struct book *book, struct lot *lot) {
    struct lot **link = &book->closed, *last = NULL;
    while (*link != lot) {
        last = *link;
        link = &(*link)->next;
    }
    *link = lot->next;
    if (book->closed_last == lot) book->closed_last = last;
    lot->next = NULL;
    book->closed_lots--;
    lot->rec.state = PAWL_LOT_STATE_OPEN;
    RARE_SET(book, lot, rec.closed, 0);
    lot->rec.exit_at_least.e8 = PAWL_QTY_ALL;
    lot->rec.exit_spent = 0;
    lot->rec.exit_tries = 0;
    lot->rec.exit_gen++;
    lot->rec.exit_kind = PAWL_KIND_MARKET;
    lot->rec.protection_since = book_now(book);
    lot_insert_open(book, lot);
    book_lot_link(book, lot);
    report_alert(book, "reopened", PAWL_SEVERITY_CRITICAL, lot, NULL,
                 "something of it lives at the venue after its conclusion; it is closed");
}

/* An order of a closed lot that was found at the venue and is being cancelled. */
static bool has_live(const struct lot *lot) {
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order_is_live(order)) return true;
    return false;
}

static void evict_lot(struct book *book, struct lot *lot) {
    while (lot->orders != NULL) book_order_drop(book, lot->orders);
    table_remove(&book->lots, lot->rec.id);
    lot_free(lot);
}

static void evict_lots(struct book *book) {
    uint32_t looks = book->closed_lots;
    for (; book->closed_lots > BOOK_CLOSED_LOTS_KEPT && looks > 0; looks--) {
        struct lot *lot = book->closed;
        book->closed = lot->next;
        if (book->closed == NULL) book->closed_last = NULL;
        book->closed_lots--;
        if (lot->dirty || lot->changed || has_live(lot)) /* something points to it still */
            keep_closed(book, lot);
        else
            evict_lot(book, lot);
    }
}

void book_evict(struct book *book) {
    evict_lots(book);
    book_executions_evict(book);
    book_ended_evict(book);
}

struct pawl_rec_target *lot_target(struct lot *lot, uint32_t index) {
    if (index >= PAWL_TARGETS_MAX) return NULL;
    if (lot->targets == NULL) {
        lot->targets = mem_calloc(PAWL_TARGETS_MAX, sizeof *lot->targets);
        if (lot->targets == NULL) return NULL;
        for (uint32_t i = 0; i < PAWL_TARGETS_MAX; i++)
            lot->targets[i] = (struct pawl_rec_target){
                .id = lot->rec.id << 8 | (i + 1), .lot = lot->rec.id, .index = (uint8_t)i};
    }
    return &lot->targets[index];
}
