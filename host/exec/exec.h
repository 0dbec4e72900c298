/*
 * exec.h - the executor: makes the venue agree with what the lots want.
 *
 * At the end of each turn every dirty lot is compared with its orders, and at most one step of each
 * kind is taken: an entry, an exit, a stop, the targets, the conclusion. What to do follows from
 * the broker's capabilities, never from its name. A request whose outcome is not known blocks its
 * intent until there is evidence.
 *
 * Steps wait for nothing: each looks at the book as it is, does what can be done now, and is called
 * again when something about the lot changes.
 * Thread loop only. Owner: everything here belongs to struct exec; lots and orders to the book.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include "base/rng.h"
#include "book/book.h"
#include "config/config.h"
#include "config/profile.h"
#include "exec/risk.h"
#include "exec/round.h"

#define EXEC_BROKERS_MAX 64u
#define EXEC_OUTBOX_MAX 65536u /* commands waiting for the disk */
#define EXEC_STALL_CRITICAL_NS PAWL_NS /* a disk that has not answered for so long */

/* Keys of the host's own timers and triggers (owner 0): what << 56 | number. */
enum exec_key {
    EXEC_KEY_ANSWER = 1, /* order: its answer is late */
    EXEC_KEY_LOOKUP,     /* order: ask again */
    EXEC_KEY_RETRY,      /* lot: look again (retry, expiry, waiting) */
    EXEC_KEY_GUARD,      /* lot: the stop level (trigger) or its grace (timer) */
    EXEC_KEY_TARGET,     /* lot << 2 | index: a watched level (trigger) */
    EXEC_KEY_ROUND,      /* broker component: reconcile */
    EXEC_KEY_GROUP,      /* lot: the venue had time to shrink a group itself */
    EXEC_KEY_SCHEDULE,   /* the host's schedules; exec ignores them */
    EXEC_KEY_DAY,        /* account: its trading day begins */
    EXEC_KEY_DAY_EQUITY, /* account: an open lot had no price when it began */
    EXEC_KEY_RULES,      /* 0: timer rules; exec ignores them */
    EXEC_KEY_TRAIL,      /* lot: a price worth the next step of its stop (trigger) */
    EXEC_KEY_BEST,       /* lot: keeps the best price of what the venue trails; never fires */
    EXEC_KEY_BUDGET = 32, /* something may be granted; exec ignores it */
    EXEC_KEY_PLAN /* in cookies: what is asked only to be compared; answers change nothing */
};
#define EXEC_KEY(what, number) ((uint64_t)(what) << 56 | (uint64_t)(number))
#define EXEC_KEY_WHAT(key) ((enum exec_key)((key) >> 56))
#define EXEC_KEY_NUMBER(key) ((key)&UINT64_C(0xffffffffffffff))

/* What a person may order of the whole host; works when every plugin is broken. */
enum exec_command {
    EXEC_COMMAND_NONE = 0,
    EXEC_COMMAND_STOP_ENTRIES, /* until the process ends */
    EXEC_COMMAND_HALT,         /* until resumed, over restarts */
    EXEC_COMMAND_RESUME,
    EXEC_COMMAND_FLATTEN,   /* halt, and close every lot whole */
    EXEC_COMMAND_RECONCILE, /* a round with every broker now */
    EXEC_COMMAND_PLAN       /* ask what a round would, and act on nothing of it */
};

enum broker_state { BROKER_DOWN = 1, BROKER_RECOVERING, BROKER_READY };

struct exec_broker {
    uint32_t component;
    enum broker_state state;
    uint32_t round;         /* number of the reconcile round, in its queries' cookies */
    uint64_t round_asked;   /* number of its first question */
    uint32_t round_pending; /* answers missing in it */
    uint64_t *round_orders; /* numbers of those it asks for; NULL = all have been asked for */
    uint32_t round_count, round_at, round_skip; /* how many, the next, those of parts before */
    int64_t round_began, round_full; /* of this one; when the next full one is due */
    bool round_failed, round_all;    /* incomplete; the next asks for unknown orders, too */
    bool round_wished, round_in_part; /* the next one may be, this one is in part */
    bool round_asks_all, cookie_told, known; /* this one does; no_cookie; been through a round */
    uint32_t exhausted;    /* operations in a row that used up their tries */
    int64_t breaker_until; /* entries wait; 0 = closed */
    int64_t tokens_e8, tokens_at; /* message rate, of entries */
};

struct outbox_entry {
    uint64_t turn, cause;
    struct order *order; /* NULL = a hole: it left, or was dropped */
    uint32_t broker;
    uint8_t op;         /* PAWL_ORDER_OP_* */
    uint8_t protective; /* a stalled disk may not hold it for long */
};

struct exec {
    struct book *book;
    const struct config_executor *set;
    const struct config_risk *risk;
    const struct config *config; /* profiles */
    struct profile_parts parts;  /* what components do; find NULL = not known */
    struct calendars *const *calendars; /* the host's, replaced by a reload; NULL = always open */
    struct rng rng;              /* jitter of retries */
    struct exec_broker brokers[EXEC_BROKERS_MAX];
    uint32_t broker_count;
    struct outbox_entry *outbox; /* ring of EXEC_OUTBOX_MAX */
    uint32_t outbox_first, outbox_count; /* holes included; the first is none */
    uint64_t release_turn;     /* commands of turns up to this may go */
    uint64_t stored_turn;      /* the latest of these so far: what it made is durable */
    bool release_protective;   /* the disk stalls: protective ones may go now */
    uint64_t stall_turn;       /* stored_turn at the last command that left before its record, */
    int64_t stall_ns;          /* and when the first one did while that stood */
    bool release_without_disk; /* it failed for good: entries that wait for it are dropped */
    enum exec_command command; /* carried out at the end of this turn */
    const char *command_reason;
    const char *stop_entries; /* why, at the end of this turn; NULL = not */
    bool entries_stopped; /* until the process ends: it is stopping, or the disk failed */
    bool restoring; /* not everybody knows yet what was restored: nothing is planned */
    bool trial; /* wants are judged and answered, and nothing of them is applied: reload */
    struct round_position *positions; /* of the round that runs, EXEC_ROUND_POSITIONS_MAX */
    uint32_t position_count;
    uint64_t questions;    /* asked so far: the number of the last one */
    struct round_gap gaps[EXEC_GAPS_MAX];
    uint32_t gap_count;
    uint32_t plan_number;  /* of the last EXEC_COMMAND_PLAN, in its queries' cookies */
    uint32_t plan_queries; /* how many it asked */
    uint32_t operator_id; /* the host's own component id: its timers, the operator's requests */
};

int exec_init(struct exec *exec, struct book *book, const struct config *config,
              struct pawl_err *err);
void exec_done(struct exec *exec);
int exec_add_broker(struct exec *exec, uint32_t component, struct pawl_err *err);
/* No account is its any more. */
void exec_drop_broker(struct exec *exec, uint32_t component);
/* Another configuration counts from now; it outlives the executor or the next call. */
void exec_configure(struct exec *exec, const struct config *config);
/* After restore: every live order's outcome is unknown until it has been looked up. */
void exec_restored(struct exec *exec);
/* The bus's first handler calls this for reports, wakes of the host and operator requests. */
void exec_event(struct exec *exec, const struct pawl_event *event);
/* The bus's end_of_turn. */
bool exec_end_of_turn(void *arg);

struct exec_broker *exec_broker(struct exec *exec, uint32_t component); /* NULL = no broker */
struct exec_broker *exec_broker_of(struct exec *exec, const struct lot *lot);
/* A position differed from the lots in the newest round: the next decides, entries in it wait. */
bool exec_has_gap(const struct exec *exec, uint32_t broker);
bool exec_instrument_has_gap(const struct exec *exec, uint32_t instrument);
static inline const struct pawl_broker_caps *exec_caps(const struct exec *exec,
                                                       const struct lot *lot) {
    return &exec->book->accounts[lot->rec.account].caps;
}
/* A stop attached to an entry that may still fill: the venue has no such order yet, so there is no
 * answer to wait for and nothing to ask. */
bool exec_order_sleeps(const struct exec *exec, const struct order *order);
/* Look at the lot again at the earliest of the times asked for. */
void exec_wake_lot(struct exec *exec, struct lot *lot, int64_t due_ns);
void exec_wake_at(struct exec *exec, enum exec_key what, uint64_t number, int64_t due_ns);

/* Turn of the oldest command that waits for the disk; false = none waits. */
bool outbox_waiting(const struct exec *exec, uint64_t *ret_turn);
/* Add the running spells of protection to the totals, at the end of a run. */
void guard_finish_times(struct exec *exec);

/* ---- wants.c: what components ask (pawl.book/1) ---- */
int want_open(struct exec *exec, uint32_t caller, const struct pawl_lot_spec *spec,
              uint64_t *ret_lot, struct pawl_err *err);
int want_may_open(struct exec *exec, uint32_t caller, const struct pawl_lot_spec *spec,
                  uint32_t count, struct pawl_err *err);
int want_enter(struct exec *exec, uint32_t caller, uint64_t lot, struct pawl_qty total,
               struct pawl_err *err);
int want_add(struct exec *exec, uint32_t caller, uint64_t lot, struct pawl_qty total,
             struct pawl_price price, struct pawl_err *err);
int want_exit(struct exec *exec, uint32_t caller, uint64_t lot, const struct pawl_exit_spec *spec,
              struct pawl_err *err);
int want_stop(struct exec *exec, uint32_t caller, uint64_t lot, struct pawl_price price,
              const char *reason, bool force, struct pawl_err *err);
int want_trail(struct exec *exec, uint32_t caller, uint64_t lot,
               const struct pawl_trail_spec *spec, struct pawl_err *err);
int want_target(struct exec *exec, uint32_t caller, uint64_t lot, uint32_t index,
                struct pawl_price price, struct pawl_qty quantity, uint8_t mode,
                struct pawl_err *err);
int want_freeze(struct exec *exec, uint32_t caller, uint64_t lot, struct pawl_err *err);
int want_merge(struct exec *exec, uint32_t caller, uint64_t into, uint64_t from, const char *reason,
               struct pawl_err *err);
/* Does the profile agree with what the opener (0 = nobody) and its holders do? PAWL_E_INVAL. */
int profile_check(const struct exec *exec, const char *profile, uint32_t opener,
                  struct pawl_err *err);
int want_tie(struct exec *exec, uint32_t caller, uint64_t lot, uint64_t to, struct pawl_err *err);
int want_reconcile(struct exec *exec, uint32_t account, bool all, struct pawl_err *err);
int want_assign(struct exec *exec, uint64_t lot, const char *profile, struct pawl_err *err);
/* takeover.c: a position that exists becomes a lot */
struct adoption { /* as it would be: on the tick, with what was not said */
    uint32_t account;
    struct pawl_qty original;
    struct pawl_price stop, initial_stop, target;
};
/* Nothing is done. What the venue holds is not looked at: that is for the next round. */
int want_adopt_judge(const struct exec *exec, const struct pawl_ev_adopt *ask,
                     struct adoption *ret, struct pawl_err *err);
int want_adopt(struct exec *exec, const struct pawl_ev_adopt *ask, struct lot **ret,
               struct pawl_err *err);
void want_close(struct exec *exec, struct lot *lot, const char *reason);

/* ---- operator.c ---- */
void operator_event(struct exec *exec, const struct pawl_event *event); /* exit, stop, scale_in */
void operator_command(struct exec *exec);                               /* exec->command */
#endif
