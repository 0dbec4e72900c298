/*
 * budget.h - how much may be said, shared out by lane (pawl_budget.h). No clock is read: every call
 * is told the time, so a replay decides alike.
 *
 * A bucket counts in slots of a sixteenth of its window and never lets the last seventeen hold more
 * than its limit: so no span of the window's length ever does. Thread loop only.
 */
#ifndef NET_BUDGET_H
#define NET_BUDGET_H

#include <stdbool.h>

#include "pawl_budget.h"

#define BUDGET_NEVER INT64_MAX

struct budget;

int budget_new(struct budget **ret);
void budget_free(struct budget *budget); /* accepts NULL */

int budget_limit_check(int64_t limit, int64_t reserve, int64_t window_ns); /* or PAWL_E_INVAL */
uint32_t budget_find(const struct budget *budget, const char *name); /* the bucket; 0 = none */

/* The results are those of the service. */
int budget_limit(struct budget *budget, const char *name, int64_t limit, int64_t reserve,
                 int64_t window_ns, uint32_t *ret_bucket);
/* A bucket that an owner made on trial goes with it, unless it is kept. */
void budget_try(struct budget *budget, uint32_t bucket, uint32_t owner);
void budget_tried(struct budget *budget, uint32_t owner, bool keep);
int budget_ask(struct budget *budget, uint32_t owner, uint64_t key, uint32_t lane,
               const struct pawl_cost *costs, uint32_t count, int64_t now_ns);
void budget_withdraw(struct budget *budget, uint32_t owner, uint64_t key);
int budget_used(struct budget *budget, uint32_t bucket, int64_t units, int64_t now_ns);
int budget_hold(struct budget *budget, uint32_t bucket, uint32_t lane, int64_t for_ns,
                int64_t now_ns);
void budget_drop(struct budget *budget, uint32_t owner);

struct budget_word { /* to one that waited */
    uint32_t owner, lane;
    uint64_t key;
    bool refused; /* a limit was lowered below what it asked for */
};
/* The next of those that wait and may go now, and it is counted; or can never go. */
bool budget_pop(struct budget *budget, int64_t now_ns, struct budget_word *ret);
bool budget_ready(struct budget *budget, int64_t now_ns); /* budget_pop() would find one */
/* When to look again; BUDGET_NEVER = nobody waits. */
int64_t budget_due(const struct budget *budget, int64_t now_ns);

#endif
