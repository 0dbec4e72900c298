/*
 * risk.h - the gate every entry passes, and the trading state. [loop]
 */
#ifndef EXEC_RISK_H
#define EXEC_RISK_H

#include "book/book.h"

struct exec;
struct exec_broker;

enum risk_answer { RISK_PASS = 1, RISK_WAIT, RISK_REFUSE };
struct risk_ask {
    uint32_t instrument, account;
    uint8_t side; /* position side */
    struct pawl_qty quantity;
    struct pawl_price price, stop; /* price 0 = market */
    const struct lot *lot;         /* NULL = not opened yet */
    uint32_t count; /* of such lots together; with `lot` 1 */
    bool rests;                    /* a limit that waits on the losing side: it has no collar */
    const char *ref;
};
/* PASS, or the refusal is reported (risk.refused) and *ret_why says it in a sentence. */
enum risk_answer risk_entry(struct exec *exec, const struct risk_ask *ask, char ret_why[128]);
enum risk_answer risk_message(struct exec *exec, struct exec_broker *broker); /* message rate */
void risk_stop_entries(struct exec *exec, const char *reason); /* for this process only */
/* An account's day began: what it has counts as its base. told = with an event. */
void risk_day(struct exec *exec, uint32_t account, int64_t began_ns, bool told);
void risk_day_equity(struct exec *exec, uint32_t account); /* once every open lot has a price */
void risk_set_state(struct exec *exec, uint8_t state, const char *reason);

#endif
