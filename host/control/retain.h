/*
 * retain.h - orders, fills and targets of trades that ended long ago leave the database
 * (host.retention).
 *
 * Lots stay for ever: they are the ledger that balances and performance are made of. A row goes
 * when it is older than the retention and neither its order nor its lot is in memory any more, so
 * nothing of it can be asked for again: the least retention is a week, and no venue tells an
 * execution later than a day. Numbers are never given twice: the counters are a record of their
 * own. Rows are looked at by pages, read beside the writer; a page's rows go in one batch.
 *
 * Thread loop only.
 */
#ifndef CONTROL_RETAIN_H
#define CONTROL_RETAIN_H

#include <stdatomic.h>
#include <stdbool.h>

#include "run/host.h"

#define RETAIN_PAGE_ROWS 256u
#define RETAIN_EVERY_NS (3600 * PAWL_NS) /* between two passes; or */
#define RETAIN_PARTS 7                   /* of the retention have gone by in the data */

struct retain {
    struct store_page page;
    atomic_bool ready;
    bool busy;               /* a page is asked for */
    uint32_t table;          /* of the pass; RETAIN_TABLES_ = none runs */
    uint64_t floor;          /* lowest number of an order that stays */
    uint64_t lot_floor;      /* and of a lot that has one */
    int64_t next_ns;         /* of the next pass, by the caller's clock */
    int64_t next_input_ns;   /* and by that of the inputs: played data may be faster */
    uint64_t erased;         /* rows, since the start */
    void (*wake)(void *arg); /* from the writer: retain_step() is due */
    void *wake_arg;
};

void retain_init(struct retain *retain, void (*wake)(void *arg), void *wake_arg);
void retain_done(struct retain *retain); /* the store is closed */
/* From time to time, and when woken. now_ns: of any clock that only rises. host not NULL. */
void retain_step(struct retain *retain, struct host *host, int64_t retention_ns, int64_t input_ns,
                 int64_t now_ns);

#endif
