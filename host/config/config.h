/*
 * config.h - the configuration: one main JSON file, an optional folder of more, --set overrides.
 *
 * config_load() reads, merges and checks everything that can be checked without loading a plugin,
 * and reports every fault. Left to the caller: the options of plugins (config_plugin_options()),
 * that an account's broker is a broker, names that only a feed knows, time zones.
 *
 * Owner    struct config owns all text and JSON in it until config_free(), in the order written.
 * Units    amounts at 1e-8 in the scalars of pawl_types.h; *_ns nanoseconds. 0 of a limit = off.
 * Paths    relative ones are resolved against the folder of the main file; in --set, against ours.
 * [start, reload] Loop thread, no I/O but reading the files named.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "config/errors.h"
#include "config/grants.h"
#include "config/host.h"
#include "config/sessions.h"
#include "pawl_services.h"

#define CONFIG_TEXT_MAX 63u
#define CONFIG_ACCOUNTS_MAX 64u
#define CONFIG_INSTRUMENTS_MAX 4096u
#define CONFIG_FEEDS_MAX 256u
#define CONFIG_SCHEDULE_MAX 256u
#define CONFIG_PROFILES_MAX 64u
#define CONFIG_NAMES_MAX 1024u /* of a list of names: restricted, disabled */

#define CONFIG_KEEPER "keeper" /* a profile's holder: the host's own keeper */
#define CONFIG_OPENER "opener" /* a profile's holder: whoever opens the lot */

struct json_t; /* jansson's; include <jansson.h> to look inside */
enum config_mode { CONFIG_MODE_NETTING = 1, CONFIG_MODE_HEDGING };
enum config_stamp { CONFIG_STAMP_OPEN = 1, CONFIG_STAMP_CLOSE };
enum config_aspect { CONFIG_GROW = 0, CONFIG_REDUCE, CONFIG_STOP, CONFIG_TARGETS, CONFIG_ASPECTS_ };

struct config_plugin {
    char name[PAWL_NAME_MAX + 1];
    char so[CONFIG_PATH_MAX + 1]; /* full path of the file */
    const struct json_t *options; /* object or NULL; borrowed */
    struct config_grants grants;
};

struct config_account {
    char name[PAWL_NAME_MAX + 1];
    char broker[PAWL_NAME_MAX + 1]; /* a plugin of this configuration */
    char currency[8];
    struct pawl_money balance;
    struct pawl_ratio leverage;
    uint32_t mode;                      /* enum config_mode */
    int64_t reset_second;               /* of the local day, when the daily loss starts anew */
    char reset_tz[CONFIG_TEXT_MAX + 1]; /* time zone of that; "UTC" if not said */
};

struct config_instrument {
    struct pawl_instrument base; /* id and account are 0: the host gives them */
    char account[PAWL_NAME_MAX + 1];
    char name[CONFIG_TEXT_MAX + 1];
    char venue[32];
    char session[32]; /* a calendar of `sessions`; empty = always open */
    char pip_value_currency[8];
    uint8_t pip_value_fallback; /* 1 = pip value is a constant stand-in for a rate; warn once */
    char underlying[PAWL_SYMBOL_MAX + 1];
    char expiry[32];    /* "2026-12-18" */
    char right[8];      /* "call" "put" or empty */
    char exercise[16];  /* "american" "european" or empty */
    char contract[16];  /* "linear" "inverse" */
    char settlement[8]; /* currency; empty = the price currency */
    struct pawl_price strike;
    struct pawl_ratio leverage, maintenance_margin; /* 0 = the account's, not said */
};

struct config_feed {
    char match[CONFIG_PATH_MAX + 1]; /* file pattern; empty if it is a broker's */
    char broker[PAWL_NAME_MAX + 1];
    char symbol[PAWL_SYMBOL_MAX + 1]; /* empty = the file or broker says */
    char format[CONFIG_TEXT_MAX + 1]; /* empty = detected */
    char tz[CONFIG_TEXT_MAX + 1];     /* of stamps without one */
    struct pawl_ratio scale;          /* prices are multiplied by this; 0 = the format's own */
    struct pawl_price spread;         /* of trade-only data */
    struct pawl_ratio speed;          /* 1 = as recorded, 0 = as fast as it goes */
    int64_t bar_seconds;              /* 0 = the file's own, or its smallest step */
    int64_t back_max_ns;              /* how far time may step back */
    uint32_t stamp;                   /* enum config_stamp: what a bar's time means */
};

struct config_schedule {
    int64_t every_ns; /* 0 = once, at start_ns */
    int64_t start_ns; /* UTC; with `every` the first firing; 0 = one period after the start */
    int64_t count;    /* firings in all; 0 = no end */
    const struct json_t *entry; /* an `entry` event without t and type; borrowed */
};

struct config_profile {
    char name[PAWL_NAME_MAX + 1];
    char holder[CONFIG_ASPECTS_][PAWL_NAME_MAX + 1]; /* instance, CONFIG_KEEPER or CONFIG_OPENER */
};

struct config_risk { /* "risk"; SPEC part 3 */
    struct pawl_qty order_quantity_max;
    struct pawl_money order_notional_max;
    struct pawl_ratio collar_pct; /* fraction of the last good quote */
    int64_t message_rate_per_second;
    int64_t message_reserve; /* of that rate, kept for cancels and reductions */
    int64_t open_lots_max;
    int64_t rule_entries_max; /* of one rule in a trading day; 0 = no limit */
    struct pawl_money exposure_instrument_max, exposure_sector_max, exposure_account_max;
    struct pawl_money daily_loss_max;
    int64_t quote_stale_ns; /* a quote older than max(this, 1.5 bars) refuses entries */
    uint8_t allow_short;
    uint32_t restricted_count;
    char (*restricted)[PAWL_SYMBOL_MAX + 1];
};

struct config_rules {
    char dir[CONFIG_PATH_MAX + 1]; /* empty = no rules */
    uint32_t disabled_count;
    char (*disabled)[CONFIG_TEXT_MAX + 1];
};
struct config {
    char file[CONFIG_PATH_MAX + 1]; /* the main file, as given */
    char dir[CONFIG_PATH_MAX + 1];  /* its folder */
    struct config_host host;
    struct config_risk risk;
    struct config_rules rules;
    uint32_t plugin_count, account_count, instrument_count, feed_count, schedule_count,
        profile_count, session_count, secret_count;
    struct config_plugin *plugins;
    struct config_account *accounts;
    struct config_instrument *instruments;
    struct config_feed *feeds;
    struct config_schedule *schedule;
    struct config_profile *profiles;
    struct config_session *sessions; /* configured ones, then shipped ones that are named */
    struct config_secret *secrets;
    struct config_source *source; /* private: the JSON and which file said what */
};

/* sets: "PATH=VALUE" texts, applied in order. PAWL_OK; PAWL_E_NOMEM; or PAWL_E_CONFIG with the
 * faults in *errors and *ret NULL, or set to what could be read: good for config_plugin_options()
 * of plugins that have a name, so that their faults are told, too, and for nothing else. */
int config_load(const char *file, const char *const *sets, uint32_t set_count, struct config **ret,
                struct config_errors *errors) PAWL_MUST_CHECK;
void config_free(struct config *config);

/* Fill plugin `index`'s option struct of options_size bytes from its table (NULL = it has none;
 * then any option given is a fault). Faults are added with the file that said it and the path
 * "plugins[1].options.x". PAWL_E_CONFIG or PAWL_OK. */
int config_plugin_options(const struct config *config, uint32_t index,
                          const struct pawl_option *table, uint32_t options_size, void *ret_options,
                          struct config_errors *errors) PAWL_MUST_CHECK;

/* The merged JSON, overrides included; borrowed. For comparing two configurations. */
const struct json_t *config_json(const struct config *config);

/* The file that said what stands at this path ("accounts.main.broker"); else the main file. */
const char *config_file_of(const struct config *config, const char *path);

/* NULL if there is none. */
const struct config_plugin *config_plugin_find(const struct config *config, const char *name);
const struct config_account *config_account_find(const struct config *config, const char *name);
const struct config_instrument *config_instrument_find(const struct config *c, const char *symbol);
const struct config_secret *config_secret_find(const struct config *config, const char *name);
const struct config_profile *config_profile_find(const struct config *config, const char *name);

#endif
