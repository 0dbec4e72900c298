/*
 * lot.h - a lot and an order in memory: the stored record, and what a restart may lose. What is
 * empty in most of them lies apart (`rare`), all zero in one place for all that have none of it.
 * Owned by the book; changed through book.h. [loop]
 */
#ifndef BOOK_LOT_H
#define BOOK_LOT_H

#include <stdbool.h>
#include <string.h>

#include "events/rare.gen.h"
#include "pawl_services.h"

struct lot;

struct order {
    struct pawl_common_order rec;
    const struct pawl_rare_order *rare; /* of the record, too; changed by book_order_rare() */
    struct lot *lot;
    struct order *next, *previous;      /* of the lot, oldest first */
    struct order *changed_next;
    struct order *attached;       /* the stop that travels with this entry */
    struct pawl_qty share_filled; /* of an exit: what its lot took of its fills */
    int64_t cancel_retry_ns;      /* a refused cancel is not asked again before; 0 = now */
    int64_t op_sent_ns;           /* when its request in flight left; 0 = in an earlier process */
    uint64_t op_asked;            /* questions up to this one were asked before it left */
    int64_t amend_strays_ns;      /* an amend without effect (rec.want_*) may arrive until then */
    int64_t level_due_ns;         /* where it ended is asked again then */
    uint32_t outbox_place;        /* of its request that waits for the disk, + 1; 0 = none does */
    uint32_t absent_round; /* the venue said it never saw it; this round may confirm it; 0 = no */
    uint8_t cancel_tries;
    uint8_t lookups; /* they become rarer up to a limit */
    uint8_t level_asks;
    bool level_told; /* kind trailing: the venue has said where it ended, or will not */
    bool changed;
    bool ended_noted;   /* it is in a queue of ended.c */
    bool cancel_wanted; /* cancelled as soon as nothing is in flight about it */
};

struct pawl_rare_order *book_order_rare(struct order *order); /* to write; NULL = no memory */
void book_order_reason(struct order *order, const char *reason); /* the last word about it */

/* A ring, first in, first out (ended.c). */
struct ended_queue {
    struct ended_order *items;
    uint32_t first, count, room;
};

/* What most lots do not have, all zero: stored, and what a restart may lose. Times are those before
 * which something is not done again; 0 = now. */
struct lot_rare {
    struct pawl_rare_lot rec;
    int64_t entry_retry_ns, exit_retry_ns, stop_retry_ns, target_retry_ns, add_retry_ns;
    int64_t guard_hit_ns;    /* when the stop level was crossed; 0 = not */
    int64_t guard_cancel_ns; /* when the guard asked for the stop's cancel; 0 = not */
    int64_t stop_taken_ns;   /* when the venue last took a stop back by itself; 0 = it has not */
    int64_t group_wait_ns;   /* the venue may shrink the group itself until then; 0 = not waiting */
    int64_t trail_level_e8;  /* a price there is worth a step of the stop; 0 = not armed */
};

struct lot {
    struct pawl_common_lot rec;
    const struct lot_rare *rare; /* changed by book_lot_rare() */
    struct pawl_rec_target *targets; /* PAWL_TARGETS_MAX, NULL until the first is set */
    struct order *orders, *orders_last;
    struct lot *next, *previous; /* all not closed, by id; `next` of a closed one: book.closed */
    struct lot *instrument_next, *instrument_previous; /* of its instrument, not closed, by id */
    struct lot *dirty_next, *changed_next;
    uint64_t dirty_cause;
    uint64_t born;          /* the turn that made it; 0 = in an earlier process */
    int64_t entry_fill_ns;  /* of its newest entry fill in this process */
    int64_t wake_ns;        /* when its retry timer is set; 0 = it is not */
    int64_t guard_level_e8; /* the level the guard's trigger is armed at; 0 = not armed */
    int64_t trail_least_e8; /* the venue's trailing order is at least there only if it is told */
    bool trail_best_kept;   /* a level of the host's knows its best price exactly */
    bool trail_by_host;     /* the venue has refused to trail it */
    bool dirty, changed, targets_changed, protected_once, exit_by_guard;
};

struct lot_stored { /* one that is not in the book, to be looked at */
    struct lot lot;
    struct lot_rare rare;
};
static inline const struct lot *lot_stored(const struct pawl_rec_lot *row, struct lot_stored *ret) {
    memset(ret, 0, sizeof *ret);
    pawl_part_lot(row, &ret->lot.rec, &ret->rare.rec);
    ret->lot.rare = &ret->rare;
    return &ret->lot;
}

/* To write what is rare. Without memory it is written to nowhere, and the turn is not released. */
struct book;
struct lot_rare *book_lot_rare(struct book *book, struct lot *lot);
/* Set a time or an amount, or a text; one that is so already needs no memory. */
#define RARE_SET(book, lot, field, value)                                                          \
    do {                                                                                           \
        int64_t rare_value = (value);                                                              \
        if ((lot)->rare->field != rare_value) book_lot_rare(book, lot)->field = rare_value;        \
    } while (0)
void book_lot_row(const struct lot *lot, struct pawl_rec_lot *ret); /* as it is stored */
enum lot_text { LOT_REF, LOT_TICKET, LOT_REASON };
void book_lot_text(struct book *book, struct lot *lot, enum lot_text which, const char *text);

#endif
