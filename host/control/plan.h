/* plan.h - what the venues say at this moment, asked only to be compared with the book: answers
 * change nothing. Private to host/control. */
#ifndef CONTROL_PLAN_H
#define CONTROL_PLAN_H

#include "control/control_int.h"

#define PLAN_ANSWERS_MAX 4096u /* of each kind */

struct plan {                 /* what the venues said so far */
    uint32_t number, missing; /* queries without an answer */
    int64_t until_ns;         /* uv_hrtime() */
    bool incomplete, moved;   /* moved: lots or orders changed since it was asked */
    bool filled;              /* something was filled since */
    uint32_t order_count, position_count, execution_count;
    struct pawl_ev_status orders[PLAN_ANSWERS_MAX];
    struct pawl_ev_position positions[PLAN_ANSWERS_MAX];
    struct pawl_ev_execution executions[PLAN_ANSWERS_MAX];
};

static inline struct plan *plan_of(const struct question *question) {
    return question->state;
}

/* Asks every venue; `answer` is called when all have answered, or have had time to. */
int plan_ask(struct request *request,
             int (*answer)(struct question *question, struct jsonout *out, struct pawl_err *err),
             struct pawl_err *err);
/* An order in it is on its way, or its fate is not known. */
bool plan_in_flight(const struct host *host, uint32_t account, uint32_t instrument);

#endif
