/*
 * plan.h - what differs between two configurations with their loaded plugins. Pure: nothing is
 * changed and no code of a plugin runs. [reload]
 */
#ifndef RELOAD_PLAN_H
#define RELOAD_PLAN_H

#include "reload/reload.h"

#define PLAN_PATH_MAX 127u
#define PLAN_VALUE_MAX 79u
#define PLAN_CHANGES_MAX 256u /* kept one by one; the rest is counted */
#define PLAN_LOTS_SHOWN_MAX 8u

enum plan_action { PLAN_KEEP = 1, PLAN_REPLACE, PLAN_ADD, PLAN_REMOVE };

struct plan_plugin {
    char name[PAWL_NAME_MAX + 1];
    enum plan_action action;
    bool code, options, asked; /* why it is replaced */
    uint64_t old_hash, new_hash;
    char old_version[32], new_version[32];
    uint32_t old_index, new_index; /* in the configurations */
};

struct plan_change {
    char path[PLAN_PATH_MAX + 1];
    char old_value[PLAN_VALUE_MAX + 1], new_value[PLAN_VALUE_MAX + 1]; /* JSON; empty = not there */
    bool live;
};

struct plan_orphan { /* a plugin that is gone and whose lots are still open */
    char name[PAWL_NAME_MAX + 1];
    char heir[PAWL_NAME_MAX + 1]; /* empty = nothing was said */
    uint32_t component, lots;
    char shown[256]; /* some of them, as text */
};

struct reload_plan {
    uint32_t plugin_count, change_count, changes_more, orphan_count;
    uint32_t added, replaced, removed, restarts; /* restarts: fields that need one */
    char notes[HOST_PARTS_MAX][HOST_PART_NOTE_MAX + 1]; /* of parts that differ */
    bool reordered;   /* the same plugins in another order */
    bool instruments; /* some instrument is new, gone or different */
    struct plan_plugin plugins[2 * CONFIG_PLUGINS_MAX]; /* the new order, then what is removed */
    struct plan_change changes[PLAN_CHANGES_MAX];
    struct plan_orphan orphans[CONFIG_PLUGINS_MAX];
};

/* Faults (needs a restart, a plugin of another kind) go to *errors. PAWL_E_STATE then; the plan is
 * whole in any case but PAWL_E_NOMEM. */
int plan_make(const struct session *old, const struct session *next,
              const struct reload_request *request, struct reload_plan **ret,
              struct config_errors *errors);
bool plan_is_empty(const struct reload_plan *plan);
const struct plan_plugin *plan_plugin_of(const struct reload_plan *plan, const char *name);

/* ---- fields.c ---- */
/* Adds each field that differs; what needs a restart is a fault. */
void fields_compare(const struct config *old, const struct config *next, struct reload_plan *plan,
                    struct config_errors *errors);
/* "live", "needs restart"; NULL = the table does not know the field. */
const char *fields_kind(const char *path);

#endif
