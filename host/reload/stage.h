/*
 * stage.h - everything a reload makes beside what runs, and how it is undone. Internal to reload/.
 *
 * Data (configuration, instruments, holders of lots) is put in place at once, with what it replaces
 * kept: nothing but what is staged looks at it before the swap or the undoing. [reload]
 */
#ifndef RELOAD_STAGE_H
#define RELOAD_STAGE_H

#include "reload/plan.h"

struct staged_caps {
    uint32_t account;
    struct pawl_broker_caps caps;
};

struct saved_lot { /* holders before */
    struct lot *lot;
    uint32_t owner, grow, reduce, stop, targets;
    struct pawl_qty enter_up_to, add_up_to;
    bool flatten;
};

struct saved_instrument {
    uint32_t id;
    struct pawl_instrument def;
    int64_t stale_after_ns;
    bool restricted;
};

struct stage {
    struct host *host;
    struct session *session; /* runs */
    struct session next;     /* beside it */
    const struct reload_request *request;
    struct reload_plan *plan;
    struct config_errors *errors;

    struct instance *instances[HOST_PLUGINS_MAX]; /* in the new order; kept ones are the old ones */
    uint32_t instance_count;
    struct staged_caps caps[CONFIG_ACCOUNTS_MAX];
    uint32_t caps_count;
    uint32_t names_before[NAME_SPACES_];

    /* data.c */
    bool data_applied;
    struct calendars *calendars; /* before; after the swap what is to be freed */
    bool calendars_applied;
    uint32_t instrument_count; /* before */
    struct saved_instrument *instruments;
    uint32_t saved_count;

    /* heirs.c */
    struct saved_lot *lots;
    uint32_t lot_count;

    void *parts[HOST_PARTS_MAX]; /* what each of host->parts staged */
    uint32_t part_count;
};

/* One fault in *errors; returns rc. */
int stage_fail(struct stage *stage, int rc, const char *path, const struct pawl_err *why);

int stage_all(struct stage *stage);   /* on failure, too, it has to be undone */
void stage_undo(struct stage *stage); /* in reverse; accepts a half-done one */
int stage_freeze(struct stage *stage);
void stage_swap(struct stage *stage, struct pawl_event *event); /* `reload`, the turn's input */
void stage_done(struct stage *stage); /* frees what is left, after undo or swap */

/* ---- data.c ---- */
int data_apply(struct stage *stage);
void data_undo(struct stage *stage);
void data_dirty(struct stage *stage); /* inside the swap: lots of changed instruments, again */

/* ---- heirs.c ---- */
int heirs_find(struct stage *stage); /* into the plan; without a word about a lot it is a fault */
int heirs_apply(struct stage *stage);
void heirs_undo(struct stage *stage);
void heirs_close(struct stage *stage); /* inside the swap: what is to be flattened */
/* The removed instance whose heir is this one; NULL = none. */
const struct instance *heirs_before(const struct stage *stage, const char *name);

#endif
