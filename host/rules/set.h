/*
 * set.h - rules as they were compiled from one folder; nothing in it changes while they run but
 * what is said here. Internal to rules/.
 */
#ifndef RULES_SET_H
#define RULES_SET_H

#include "base/tz.h"
#include "pawl_market.h"
#include "config/errors.h"
#include "rules/rules.h"
#include "rules/sandbox.h"
#include "rules/world.h"

#define RULE_NAME_MAX 63u
#define RULE_ACTIONS_MAX 8u
#define RULE_SYMBOLS_MAX 256u
#define RULE_WINDOWS_MAX 8u
#define RULE_BARS_MAX 32u
#define RULES_FILE_MAX (256u << 10)
#define RULES_PATH_MAX 1023u
#define RULES_TYPES_MAX 0x1000u
#define RULES_STEPS_MAX 50000        /* instructions of one evaluation */
#define RULES_LOAD_STEPS_MAX 1000000 /* of a file's text, once */

struct rule_window_spec {
    char name[32];
    uint16_t event;
    uint8_t of; /* enum series_of */
    uint32_t seconds;
};

struct rule_bars_spec { /* bars that an indicator of this rule needs */
    enum rules_indicator what;
    uint32_t n, seconds;
};

struct rule_count; /* counts.h */
struct action_form;

struct rule {
    char id[RULES_ID_MAX + 1];
    char name[RULE_NAME_MAX + 1];
    uint32_t file, line; /* of the condition */
    uint64_t key;        /* of its id, for records */
    uint16_t on;         /* PAWL_EV_TIMER for timer rules */
    bool enabled;        /* by its file and the configuration */
    bool simple;         /* purity.h: needs neither the hook nor veils */
    bool per_symbol;     /* cooldown and daily limit are counted for each */
    int32_t priority;
    uint32_t max_per_day; /* 0 = no limit */
    int64_t cooldown_ns;
    uint32_t symbol_count; /* 0 = all */
    bool each_symbol;      /* "*": a timer rule is asked once for each instrument */
    char (*symbols)[PAWL_SYMBOL_MAX + 1];
    uint32_t window_count, bars_count, action_count;
    struct action_form *actions; /* action.h */
    char does[32];               /* "exit,alert": all of them, cut to fit */
    struct rule_window_spec windows[RULE_WINDOWS_MAX];
    struct rule_bars_spec bars[RULE_BARS_MAX];
    int64_t every_ns, at_ns; /* timer rules: period; else the local time of day */
    bool daily;              /* at_ns counts */
    struct tz *zone; /* of at_ns and the helpers of time; NULL = UTC */
    char zone_name[TZ_NAME_MAX + 1];
    int when_ref, context_ref, act_ref, args_ref; /* of the Lua state */
    int context_hidden_ref;
    /* ---- while it runs ---- */
    bool off;            /* disabled, switched off or failed: not looked at */
    uint32_t *instruments; /* of symbols */
    int64_t due_ns;      /* timer rules: the next time */
    struct rule_count *count; /* not per symbol; NULL = nothing was taken yet */
    uint64_t turn;       /* in which it last fired */
    uint32_t turn_fires;
    struct pawl_rec_rule known;
};

struct rule_file {
    char path[RULES_PATH_MAX + 1]; /* as shown */
    uint64_t hash;
    char *text;
    size_t length;
};

/* The table that shows events of one type, filled anew for each. */
struct event_view {
    uint16_t type;
    int shown_ref, hidden_ref;
    uint32_t size;                   /* bytes of `last` */
    uint32_t instrument_offset;      /* of the event; 0 = it has none */
    uint32_t field_count;            /* kept in the table */
    const struct pawl_field **fields;
    uint8_t *last; /* the event that is in it */
    bool filled;
};

struct rule_list { /* rules of one event type, in the order they are asked */
    uint32_t count;
    struct rule **rules;
};

#define LOOKS_MAX 16u
struct look { /* an answer that a condition was given */
    const char *what;
    uint32_t instrument, n, seconds;
    int64_t e8;
    bool none;
};
struct looks {
    uint32_t count;
    struct look items[LOOKS_MAX];
};

struct ruleset {
    struct sandbox *box;
    uint32_t file_count;
    struct rule_file *files;
    uint32_t rule_count;
    struct rule *rules;        /* by file, then place */
    struct rule_list *by_type; /* RULES_TYPES_MAX, NULL without rules */
    struct rule **ordered;     /* by priority */
    struct rule **lists;       /* room of by_type */
    struct event_view *views;
    uint32_t view_count;
    uint16_t *view_of; /* by type: 1 + position in views; 0 = none */
    int shared_ref;    /* what every context shows */
    int objects_ref; /* tables that were shown once, by what and instrument */
    int texts_ref;   /* symbols by id, enums below 0 */
    /* ---- while they run ---- */
    const struct rules_world *world; /* NULL while loading */
    const struct rule *running;
    const struct pawl_event *event; /* that the running rule sees */
    bool unveiled;                  /* the running rule is simple: it gets tables themselves */
    struct looks looks;             /* what it looked up */
    struct event_decode decode;     /* names: of the configuration, then of the host */
    struct config_errors *errors; /* while loading */
    uint32_t loading;             /* the file */
};

/* ---- event_table.c ---- */
int view_make(struct ruleset *set, uint16_t type, struct pawl_err *err);
/* The view shows this event; its table is pushed. PAWL_E_NOMEM. */
int view_fill(struct ruleset *set, struct event_view *view, const struct pawl_event *event);
struct event_view *view_of(struct ruleset *set, uint16_t type); /* NULL = no rule listens */

/* ---- spec.c: one table of a file becomes a rule ---- */
void spec_read(struct ruleset *set, int table);

/* ---- context.c: ctx ---- */
void context_open(struct lua_State *lua); /* the shared part; raises */
/* args on the stack become the rule's ctx: the table itself, and the one to show; raises */
void context_make(struct lua_State *lua);

/* ---- load.c ---- */
const char *set_file_name(const struct ruleset *set, const struct rule *rule); /* without folder */
uint32_t event_instrument(const struct pawl_event *event); /* 0 = none */
uint32_t event_subject(const struct pawl_event *event);    /* of a timer: what it is asked for */
/* Symbol that an event is about; NULL = none. */
const char *set_subject(const struct ruleset *set, const struct pawl_event *event);

#endif
