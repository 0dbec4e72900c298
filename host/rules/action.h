/*
 * action.h - what a rule asks for, as data: the keys of a request from outside (events/codec.h),
 * with functions for what is not known before. Internal to rules/.
 */
#ifndef RULES_ACTION_H
#define RULES_ACTION_H

#include "pawl_event.h"
#include "rules/set.h"

enum action_kind {
    ACTION_REQUEST = 1, /* an event: entry, exit, scale_in, stop, signal ... */
    ACTION_ALERT,
    ACTION_HALT
};

struct action_form { /* as its file says it */
    enum action_kind kind;
    char what[32];         /* "entry" */
    struct json_t *object; /* its keys but "do"; what follows from an event, as of the last one */
    struct json_t *open;   /* keys that functions say, or say a part of */
    bool subject;          /* the symbol in the object is that of the last event */
    struct pawl_event *made; /* for it, if nothing else follows from an event; else NULL */
};

struct action { /* ready to be carried out */
    enum action_kind kind;
    union {
        struct pawl_event head;
        struct pawl_ev_alert alert;
        uint64_t bytes[PAWL_EVENT_SIZE_MAX / 8];
    } event;
};

/* At load, table on the stack at `act`: keys and constants are checked and kept, functions are left
 * open. Makes the rule's actions. Raises: memory. */
int action_check(struct ruleset *set, int act, struct rule *rule, struct pawl_err *err);
void actions_free(struct rule *rule);
/* The n-th action (from 0) of the rule that runs, for the event it saw. Its functions, if it has
 * any, are called within a budget of their own. PAWL_E_REJECTED with "FILE:LINE: why". */
int action_make(struct ruleset *set, const struct rule *rule, uint32_t n, struct action *ret,
                struct pawl_err *err);

#endif
