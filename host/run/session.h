/*
 * session.h - what every command that runs a host needs first: the configuration, its plugins
 * loaded, the log. Outlives restarts of the host. [start]
 */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include "plugin/loader.h"
#include "run/host.h"

struct session {
    struct config *config;
    struct loader *loader;
    const struct pawl_plugin *plugins[HOST_PLUGINS_MAX];
    struct log *log;
    struct disk *disk;
};

/* PAWL_E_CONFIG with every fault in *errors, or a code with one line in *errors. */
int session_open(const char *file, const char *const *sets, uint32_t set_count, int log_fd,
                 struct session **ret, struct config_errors *errors);
void session_close(struct session *session); /* accepts NULL */

#endif
