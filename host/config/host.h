/*
 * host.h - the "host" part of the configuration: its own folders, limits, log and executor, and who
 * inherits the lots of a plugin that is gone.
 *
 * Owner, units and paths as in config.h, which includes this.
 */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H

#include "pawl_plugin.h"

#define CONFIG_PATH_MAX 1023u
#define CONFIG_PLUGINS_MAX 64u

#define CONFIG_HEIR_KEEP "keep"       /* the keeper enforces the last stops and targets */
#define CONFIG_HEIR_FLATTEN "flatten" /* the lots are closed */

enum config_durability { CONFIG_DURABILITY_FULL = 1, CONFIG_DURABILITY_PROCESS,
                         CONFIG_DURABILITY_NONE };
enum config_log_format { CONFIG_LOG_HUMAN = 1, CONFIG_LOG_JSON };
enum config_foreign { CONFIG_FOREIGN_ADOPT = 1, CONFIG_FOREIGN_IGNORE, CONFIG_FOREIGN_HALT_SYMBOL };

struct config_executor {            /* "host.executor" */
    int64_t retry_tries;            /* further attempts after the first */
    int64_t retry_delay_ns;         /* before the first further one; doubles */
    int64_t entry_limit_expires_ns; /* of entries that name no expiry themselves */
    int64_t guard_grace_ns;         /* price beyond a resting stop for this long: the guard exits */
    int64_t guard_stale_ns;         /* a price older than this and 1.5 bars arms and fires none */
    int64_t guard_cancel_wait_ns;   /* wait for a cancel before it exits a shared position */
    int64_t answer_wait_ns;    /* no answer for this long = unknown; 0 = as the broker says */
    int64_t protect_wait_ns;   /* protective orders wait this long for a stalled disk */
    int64_t breaker_failures, breaker_seconds; /* exhausted operations open it; half-open after */
    uint32_t foreign;          /* enum config_foreign */
    uint8_t close_unprotected; /* 1 = close a lot whose protection cannot be placed */
};

struct config_heir {             /* what becomes of the lots of a plugin that is gone */
    char name[PAWL_NAME_MAX + 1]; /* that plugin */
    char to[PAWL_NAME_MAX + 1];   /* another strategy, CONFIG_HEIR_KEEP or CONFIG_HEIR_FLATTEN */
};

struct config_host { /* "host" */
    char instance[PAWL_NAME_MAX + 1];
    int64_t instance_id; /* 0..32767, of client order ids; from the name unless given */
    char data_dir[CONFIG_PATH_MAX + 1];
    uint8_t data_dir_given; /* 0 = the default is used */
    char plugin_dir[CONFIG_PATH_MAX + 1];       /* as configured, or where this build has them */
    char control_socket[CONFIG_PATH_MAX + 1];   /* default data_dir/control.sock */
    uint8_t control_socket_given;
    char instruments_file[CONFIG_PATH_MAX + 1]; /* the shipped table in use; empty = none found */
    char sessions_file[CONFIG_PATH_MAX + 1]; /* the shipped calendars; empty = none found */
    int64_t reconcile_seconds, shutdown_wait_ns;
    int64_t retention_ns; /* of orders and fills of trades that ended; 0 = for ever */
    uint32_t log_level;  /* enum pawl_log_level */
    uint32_t log_format; /* enum config_log_format */
    uint32_t durability; /* enum config_durability */
    char net_ca_file[CONFIG_PATH_MAX + 1]; /* certificates to trust; empty = the system's */
    uint8_t watch;       /* 1 = a changed file of a plugin or rule reloads */
    uint32_t heir_count;
    struct config_heir heirs[CONFIG_PLUGINS_MAX];
    struct config_executor executor;
};

#endif
