/*
 * pawl_plugin.h - what a plugin says about itself, and the core table the host lends to it.
 *
 * A plugin is one shared object that exports exactly one symbol, pawl_plugin_main(), which returns
 * a constant descriptor. The descriptor is data first: identity, options, records, subscriptions
 * and services, so that the host knows and can print the whole wiring before any code of it runs.
 *
 * Phases   [create]  inside create(): may allocate and ask for services; may not publish.
 *          [event]   inside on_event(): everything.
 *          [any]     at any time on the loop thread. A plugin never runs on another thread.
 * Reload   A new instance is tried beside the one it replaces: create(), then `restored` with
 *          reload = 1. It has that one's records, durable and of the session. Timers, levels,
 *          records, wants and what it publishes are answered as ever and count from when it takes
 *          over, in their order, if all goes well; what it reads is as it was before. A lot opens
 *          later: PAWL_E_STATE. A result below 0 refuses, and the old instance runs on. What was
 *          not declared again is gone; one declared as it was keeps its place in line.
 * Rules    A plugin reads no clock, opens no file or socket, starts no thread, keeps no global, and
 *          links nothing but libc. Same events in, same calls out.
 * Lifetime Strings and tables of the descriptor live as long as the library is mapped.
 */
#ifndef PAWL_PLUGIN_H
#define PAWL_PLUGIN_H

#include "pawl_err.h"
#include "pawl_event.h"
#include "pawl_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_ABI_MAJOR 0u
#define PAWL_ABI_MINOR 1u
#define PAWL_ABI (PAWL_ABI_MAJOR << 16 | PAWL_ABI_MINOR)
/* The choices that change what bytes mean; compared as text. */
#define PAWL_ABI_SHAPE "pawl0 e8 utc-ns event48 le64"

#define PAWL_NAME_MAX 31u /* bytes of a plugin, instance, account or profile name */

struct pawl_broker_caps;
struct pawl_host;

/* One instance of a plugin. The host keeps more behind it. */
struct pawl_ctx {
    const struct pawl_host *host;
    const char *instance; /* "paper", for messages */
    uint32_t component;   /* durable id of this instance */
    uint32_t reserved;    /* 0 */
};

/* ---- options: validation, defaults, error messages and the reference page from one table ---- */

enum pawl_option_type {
    PAWL_OPT_BOOL = 1, /* uint8_t */
    PAWL_OPT_INT,      /* int64_t within [min, max] */
    PAWL_OPT_DECIMAL,  /* int64_t at 1e-8 within [min, max]; JSON string or integer */
    PAWL_OPT_DURATION, /* int64_t ns within [min, max]; JSON "250ms", "20s", "3m", "1h" */
    PAWL_OPT_ENUM,     /* uint32_t: 1 + position in `choices` */
    PAWL_OPT_TEXT      /* char[PAWL_OPT_TEXT_MAX + 1] */
};
#define PAWL_OPT_TEXT_MAX 127u

struct pawl_option {
    const char *name; /* NULL ends the table */
    enum pawl_option_type type;
    uint32_t offset;         /* of the field in the plugin's option struct */
    int64_t min, max;        /* INT, DECIMAL, DURATION; both 0 = no bounds */
    const char *default_;    /* as text: "true", "5", "0.03", "20s", a choice, or a text */
    const char *choices;     /* ENUM: "ideal|binance_oneway|..." */
    const char *doc;         /* one sentence with its unit */
};

/* ---- the descriptor ---- */

enum pawl_plugin_kind {
    PAWL_PLUGIN_KIND_BROKER = 1,
    PAWL_PLUGIN_KIND_STRATEGY,
    PAWL_PLUGIN_KIND_SERVICE
};

/* What a strategy does with lots, as its options stand. A profile that contradicts it is refused,
 * when the configuration is read and when a lot is opened or handed over. */
#define PAWL_ASPECT_BIT(aspect) ((uint8_t)(1u << ((aspect) - 1u))) /* of PAWL_ASPECT_* */
#define PAWL_ASPECTS_ALL 15u
struct pawl_aspects {
    uint8_t opens;    /* 1 = it opens lots */
    uint8_t keeps;    /* aspects of its own lots that nobody else may hold */
    uint8_t takes;    /* aspects it can hold of lots that others opened, */
    uint8_t together; /* and of these all or none */
    uint8_t parts;    /* 1 = it takes parts off lots that others opened */
    uint8_t whole;    /* 1 = nobody else may take parts off its own */
    uint8_t trails;   /* 1 = the stops it holds follow the price */
    uint8_t reserved; /* 0 */
};

struct pawl_plugin {
    uint32_t size;       /* sizeof(struct pawl_plugin) when it was compiled */
    uint32_t abi;        /* PAWL_ABI when it was compiled */
    const char *shape;   /* PAWL_ABI_SHAPE when it was compiled */
    const char *name;    /* [a-z][a-z0-9_]*, at most PAWL_NAME_MAX */
    const char *version; /* shown, not compared */
    uint32_t kind;       /* enum pawl_plugin_kind */
    uint32_t options_size;               /* bytes of its option struct; 0 = none */
    const struct pawl_option *options;   /* NULL = none */
    const struct pawl_record_type *records; /* its own records; ends with name NULL; NULL = none */
    const uint16_t *listens;             /* event types; ends with 0 */
    const char *const *needs;            /* services, "pawl.book/1"; ends with NULL */

    /* [create] `options` is a filled option struct, valid during the call only. */
    int (*create)(struct pawl_ctx *ctx, const void *options, void **ret_self, struct pawl_err *err);
    /* Never called while self is inside on_event. Accepts NULL. */
    void (*destroy)(void *self);
    /* [event] Addressed events (wakes; commands for brokers; `restored`) need no subscription.
     * A result below 0 is reported as an alert naming the plugin; the event counts as handled. */
    int (*on_event)(void *self, const struct pawl_event *event);
    /* Brokers only. [any] What the venue behind this account can do; constant while the
     * instance lives. */
    int (*caps)(void *self, uint32_t account, struct pawl_broker_caps *ret_caps);
    /* Strategies only. [any] `options` is a filled option struct; *ret is zeroed. NULL = it opens
     * lots and can hold anything. */
    void (*aspects)(const void *options, struct pawl_aspects *ret);
};

typedef const struct pawl_plugin *pawl_plugin_main_fn(void);

#define PAWL_PLUGIN_HEAD                                                                           \
    .size = (uint32_t)sizeof(struct pawl_plugin), .abi = PAWL_ABI, .shape = PAWL_ABI_SHAPE

/* A plugin's own record type; generated by schema/gen.lua from the plugin's schema.lua. */
struct pawl_field {
    const char *name; /* NULL ends the table */
    uint16_t kind;    /* enum pawl_field_kind */
    uint16_t enum_id; /* of the enum's table, for PAWL_F_ENUM */
    uint32_t offset;
    uint32_t size;
    const char *doc;
};
struct pawl_record_type {
    const char *name;  /* "link_group" */
    const char *table; /* SQLite table */
    uint16_t id;
    uint16_t durable; /* 1 durable, 0 session, 2 history: stored, and read by people only */
    uint32_t size;    /* sizeof the struct; its first member is the uint64_t key */
    const struct pawl_field *fields;
};
enum pawl_field_kind {
    PAWL_F_PRICE = 1, PAWL_F_QTY, PAWL_F_MONEY, PAWL_F_RATIO, PAWL_F_TIME,
    PAWL_F_U8, PAWL_F_U16, PAWL_F_U32, PAWL_F_U64, PAWL_F_I32, PAWL_F_I64,
    PAWL_F_INSTRUMENT, PAWL_F_ACCOUNT, PAWL_F_COMPONENT,
    PAWL_F_OID, PAWL_F_STR, PAWL_F_TEXT, PAWL_F_ENUM, PAWL_F_PAD, PAWL_F_JSON,
    PAWL_F_BYTES
};

/* ---- the core table ---- */

enum pawl_log_level { PAWL_LOG_ERROR = 1, PAWL_LOG_WARN, PAWL_LOG_INFO, PAWL_LOG_DEBUG };

struct pawl_host {
    uint32_t size; /* a host newer than the plugin may have a larger table */
    uint32_t abi;
    /* [event] Copies the event and queues it behind what is being delivered. size, type, target and
     * cookie are the caller's; the rest is filled in. PAWL_E_BUSY: the turn's limit is reached,
     * PAWL_E_DENIED: not a type this kind of plugin may publish, PAWL_E_STATE: not in an event. */
    int (*publish)(struct pawl_ctx *ctx, const struct pawl_event *event);
    /* [any] UTC ns; constant within a turn; in a replay the time of the event. */
    int64_t (*now_ns)(struct pawl_ctx *ctx);
    /* [any] One line, rate-limited, with the instance's name. */
    void (*log)(struct pawl_ctx *ctx, int level, const char *format, ...) PAWL_PRINTF(3, 4);
    /* [create] A table such as "pawl.book/1", which is there if `needs` lists it: else the plugin
     * would not be loaded. NULL if it does not. */
    const void *(*service)(struct pawl_ctx *ctx, const char *name);
};

#ifdef __cplusplus
}
#endif
#endif
