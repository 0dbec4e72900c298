/*
 * lot.h - a lot and an order in memory: the stored record, and what a restart may lose.
 * Owned by the book; changed through book.h. [loop]
 */
#ifndef BOOK_LOT_H
#define BOOK_LOT_H

#include <stdbool.h>

#include "pawl_services.h"

struct lot;

struct order {
    struct pawl_rec_order rec;
    struct lot *lot;               /* the only one, or the first share's */
    struct order *next, *previous; /* of the lot, oldest first */
    struct order *changed_next;
    struct order *attached; /* the stop that travels with this entry */
    uint32_t share_count;
    struct pawl_rec_share *shares; /* NULL for entries */
    int64_t cancel_retry_ns;       /* a refused cancel is not asked again before; 0 = now */
    uint8_t cancel_tries;
    int64_t op_sent_ns;            /* when its request in flight left; 0 = in an earlier process */
    uint64_t op_asked;             /* questions up to this one were asked before it left */
    int64_t amend_strays_ns;       /* an amend without effect (rec.want_*) may arrive until then */
    uint64_t id_key;
    uint32_t lookups;
    int64_t level_due_ns; /* where it ended is asked again then */
    uint8_t level_asks;
    bool level_told; /* kind trailing: the venue has said where it ended, or will not */
    uint32_t outbox_place; /* of its request that waits for the disk, + 1; 0 = none does */
    bool changed;
    bool ended_noted; /* it is in a queue of ended.c */
    bool cancel_wanted; /* cancelled as soon as nothing is in flight about it */
    uint32_t absent_round; /* the venue said it never saw it; this round may confirm it; 0 = no */
};

struct lot {
    struct pawl_rec_lot rec;
    struct pawl_rec_target *targets; /* PAWL_TARGETS_MAX, NULL until the first is set */
    struct order *orders, *orders_last;
    struct lot *next, *previous;                       /* all not closed, by id */
    struct lot *instrument_next, *instrument_previous; /* of its instrument, not closed, by id */
    struct lot *dirty_next, *changed_next;
    struct lot *closed_next; /* of those kept for late fills */
    uint64_t dirty_cause;
    uint64_t born; /* the turn that made it; 0 = in an earlier process */
    int64_t entry_retry_ns, exit_retry_ns, stop_retry_ns, target_retry_ns; /* not before; 0 = now */
    int64_t add_retry_ns;
    int64_t entry_fill_ns;   /* of its newest entry fill in this process */
    int64_t wake_ns;         /* when its retry timer is set; 0 = it is not */
    int64_t guard_hit_ns;    /* when the stop level was crossed; 0 = not */
    int64_t guard_level_e8;  /* the level the guard's trigger is armed at; 0 = not armed */
    bool trail_best_kept;    /* a level of the host's knows its best price exactly */
    bool trail_by_host;      /* the venue has refused to trail it */
    int64_t trail_least_e8;  /* the venue's trailing order is at least there only if it is told */
    int64_t trail_level_e8;  /* a price there is worth a step of the stop; 0 = not armed */
    int64_t guard_cancel_ns; /* when the guard asked for the stop's cancel; 0 = not */
    int64_t stop_taken_ns;   /* when the venue last took a stop back by itself; 0 = it has not */
    int64_t group_wait_ns;   /* the venue may shrink the group itself until then; 0 = not waiting */
    bool dirty, changed, targets_changed, protected_once, exit_by_guard;
};

#endif
