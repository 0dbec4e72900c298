/*
 * reload.h - another configuration, other plugins, other rules for a host that runs.
 *
 * reload_run() is a transaction in phases, one call between two turns:
 *
 *     read, plan     the configuration and its libraries; what differs, and whether it may
 *     stage, freeze  everything is made and tried beside what runs; all that can fail, fails here
 *     swap, retire   one turn, caused by the `reload` event; then the old parts are destroyed
 *
 * Until the swap a failure leaves no trace but the `reload` event and host->reload, which say why.
 * docs/reload.md is for users, docs/decisions/0007-reload.md says why it is so.
 *
 * Whoever holds a pointer into session->config takes it anew after a call that returned PAWL_OK.
 *
 * Thread loop only; never inside a turn, never from a plugin's stack.
 */
#ifndef RELOAD_RELOAD_H
#define RELOAD_RELOAD_H

#include <stdio.h>

#include "run/session.h"

#define RELOAD_NAMES_MAX CONFIG_PLUGINS_MAX
#define RELOAD_SETS_MAX 256u

struct json_t;
struct reload_plan; /* plan.h */

struct reload_request {
    const char *by;          /* "signal" "scenario" "control" "watch" */
    const char *file;        /* NULL = the file that runs; relative to its folder */
    const char *const *sets; /* overrides besides those of the command line */
    uint32_t set_count;
    const char *const *renew; /* instances made anew though nothing of them changed */
    uint32_t renew_count;
    const struct config_heir *heirs; /* before host.heirs of the configuration */
    uint32_t heir_count;
    bool dry_run; /* up to stage, and all of it undone */
};

struct reload_result {
    int rc;                    /* as reload_run() */
    bool changed;              /* there was something to do */
    uint32_t generation;       /* after it */
    int64_t pause_ns;          /* how long nothing else was done; for people only */
    struct reload_plan *plan;  /* NULL = it was not even read */
    struct config_errors errors; /* why not */
};

/* PAWL_OK done, or nothing to do; else it was refused and the host runs on as before: PAWL_E_CONFIG
 * (faults, plugins that cannot be loaded), PAWL_E_STATE (needs a restart, a lot would lose its
 * holder, a plugin refused), PAWL_E_BUSY (the disk is behind, a limit), PAWL_E_NOMEM, PAWL_E_IO.
 * *ret is set in any case but want of memory, then NULL. */
int reload_run(struct host *host, struct session *session, const struct reload_request *request,
               struct reload_result **ret);
void reload_result_free(struct reload_result *result); /* accepts NULL */

/* What it did, or would do, for a person: lines, the last one says the outcome. */
void reload_print(const struct reload_result *result, bool dry_run, FILE *out);
/* The same as an object; a new reference, NULL without memory. */
struct json_t *reload_json(const struct reload_result *result, bool dry_run);

/*
 * A request as an object: {"config": FILE, "set": ["PATH=VALUE"], "renew": [NAME], "heirs": {NAME:
 * TO}, "dry_run": true}, every key optional; `id`, `do`, `t` and `type` are passed over. What it
 * points to is the object's. PAWL_E_INVAL with the key and what is wrong.
 */
struct reload_asked {
    struct reload_request request;
    const char *sets[RELOAD_SETS_MAX], *renew[RELOAD_NAMES_MAX];
    struct config_heir heirs[RELOAD_NAMES_MAX];
};
int reload_asked_from_json(const struct json_t *object, const char *by, struct reload_asked *ret,
                           struct pawl_err *err);

#endif
