/*
 * session.h - what every command that runs a host needs first: the configuration, its plugins
 * loaded, the log. Outlives restarts of the host. [start, reload]
 */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include "plugin/loader.h"
#include "run/host.h"

struct session {
    struct config *config;
    struct loader *loader;
    const struct pawl_plugin *plugins[HOST_PLUGINS_MAX]; /* in the configuration's order */
    const struct library *libraries[HOST_PLUGINS_MAX];    /* theirs */
    struct pawl_aspects aspects[HOST_PLUGINS_MAX];        /* what they do, by their options */
    const struct config_errors *told; /* while it is checked: what need not be told again */
    const char *const *sets; /* overrides of the configuration; the opener's */
    uint32_t set_count;
    struct log *log;
    struct disk *disk;
};

/* PAWL_E_CONFIG with every fault in *errors, a plugin that cannot be loaded included, or a code
 * with one line in *errors. log_fd -1 = no log. */
int session_open(const char *file, const char *const *sets, uint32_t set_count, int log_fd,
                 struct session **ret, struct config_errors *errors);
void session_close(struct session *session); /* accepts NULL */

/* Another configuration beside it, with the loader, log and disk of `session`: config, plugins and
 * libraries of *ret, which is the caller's until session_drop(). Errors as session_open(). [reload]
 */
int session_read(const struct session *session, const char *file, const char *const *sets,
                 uint32_t set_count, struct session *ret, struct config_errors *errors);
/* Its libraries and configuration; what it shares stays. */
void session_drop(struct session *other);

/* The rules of the session, compiled; faults as ruleset_load(). The caller frees them. */
struct ruleset;
int session_rules(const struct session *session, struct config_errors *errors,
                  struct ruleset **ret);

/* What only a start can tell: a host is started in a temporary folder and stopped again. */
int session_try(struct session *session, struct pawl_err *err);

/* ---- internal: session_profiles.c, session.c ---- */
uint32_t session_place(const struct session *session, const char *name); /* from 1; 0 = no plugin */
/* Adds a fault about one place of the configuration. */
void session_fault(const struct session *session, struct config_errors *errors, const char *format,
                   const char *name, const char *text);
void session_profiles(const struct session *session, struct config_errors *errors);
/* For struct event_decode, whose callbacks answer with places from 1. */
int session_judge_entry(void *self, const struct pawl_event *event, struct pawl_err *err);

/* A loader that knows what this host has; for session_open() and for looking at plugins. */
int session_loader(struct loader **ret, struct pawl_err *err);

#endif
