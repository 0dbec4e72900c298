/*
 * adopt.h - positions that exist get a lot, lots get a holder: `adopt`, `migrate`.
 *
 * A row is an event as it would come from outside, of type adopt or assign; an adopt row has a ref.
 * All rows are judged first. Only if none has a fault they happen, each as an input of its own, so
 * each is whole or has not been. A row whose lot is there already, by its ref, does nothing: what a
 * killed process left undone is done by doing all of it again. [loop, between turns]
 */
#ifndef CONTROL_ADOPT_H
#define CONTROL_ADOPT_H

#include <jansson.h>

#include "events/jsonout.h"
#include "run/session.h"

#define ADOPT_ROWS_MAX 4096u

struct adopt_venue { /* what the venues hold at this moment */
    const struct pawl_ev_position *positions;
    uint32_t count;
};

/* Members `rows` (row, what, its levels, lot, or fault), `faults`, `done`. venue NULL: nobody was
 * asked, so the next round compares. plan: nothing is done. */
int adopt_rows(struct host *host, const json_t *rows, const struct adopt_venue *venue, bool plan,
               int64_t now_ns, struct jsonout *out, struct pawl_err *err);

/* On the data folder of an instance that does not run: a host is started there without its brokers,
 * the rows are its inputs, and it is stopped; with `plan` on a copy. *ret is the caller's.
 * PAWL_E_BUSY: it runs. */
int adopt_offline(struct session *session, const json_t *rows, bool plan, json_t **ret,
                  struct pawl_err *err);

#endif
