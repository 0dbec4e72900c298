/*
 * rules.h - rules of users: a condition in Lua, an action as data (docs/rules.md).
 *
 *     ruleset_load()                  compile a folder, tell every fault; nothing runs yet
 *     rules_new(), rules_restore_*()  what the store knows of rules
 *     rules_swap()                    these rules from now on; counts and switches stay
 *     rules_event()                   after the book and all components saw an event
 *     rules_timer()                   in the turn of the timer that was asked for
 *     rules_settle()                  at the end of a turn, when nothing is left to do
 *
 * A rule that fails is off, alone, and told (`rule.failed`); nothing here fails a turn.
 * Thread loop only. Owner: a ruleset belongs to its rules once it was swapped in.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdbool.h>

#include "config/errors.h"
#include "rules/world.h"

#define RULES_MAX 1024u
#define RULES_FILES_MAX 256u
#define RULES_ID_MAX 31u
#define RULES_PENDING_MAX 256u     /* actions of a turn that await their effect */
#define RULES_TURN_FIRES_MAX 64u   /* of one rule; more feeds on itself */
#define RULES_COUNTS_MAX 65536u    /* rules x symbols that are counted apart */

struct rules;
struct ruleset;

struct rules_source {
    const char *dir;  /* "" = no rules */
    const char *only; /* this file of it, "buy.lua"; NULL = all */
    const char *(*disabled)(void *arg, uint32_t i); /* ids; NULL past the last; may be NULL */
    void *arg;
    const char *config_file;    /* for faults about `rules.dir`, `.disabled` */
    struct event_decode decode; /* the names there are */
};

/* PAWL_OK with a set (empty where there is no folder), or PAWL_E_CONFIG with every fault added:
 * "FILE:LINE: rule ID: why"; PAWL_E_NOMEM. */
int ruleset_load(const struct rules_source *source, struct config_errors *errors,
                 struct ruleset **ret);
void ruleset_free(struct ruleset *set); /* accepts NULL */
/* "rules: 1 file changed, 2 new, 0 gone; 7 rules"; "" where all files are the same. */
void ruleset_difference(const struct ruleset *old, const struct ruleset *new, char *out,
                        size_t size);

int rules_new(const struct rules_world *world, struct rules **ret, struct pawl_err *err);
void rules_free(struct rules *rules); /* accepts NULL */
int rules_restore_known(struct rules *rules, const struct pawl_rec_rule *row, struct pawl_err *err);
int rules_restore_count(struct rules *rules, const struct pawl_rec_rule_count *row,
                        struct pawl_err *err);

/* What only a running host can refuse: bars and windows to keep. Before rules_swap(). */
int rules_claim(struct rules *rules, const struct ruleset *set, struct pawl_err *err);
/* Takes the set over and frees the one before. Between turns. */
void rules_swap(struct rules *rules, struct ruleset *set);
/* The clock runs from here: timers are set. */
void rules_begin(struct rules *rules, int64_t now_ns);

/* True = some rule or pending action may care for events; else the two below need not be called. */
bool rules_listen(const struct rules *rules);
void rules_event(struct rules *rules, const struct pawl_event *event);
void rules_timer(struct rules *rules, const struct pawl_event *timer);
/* True = something was published. */
bool rules_settle(struct rules *rules);

/* ---- looking at rules ---- */

struct rules_info {
    const char *id, *name, *file, *on;
    uint32_t line;
    int32_t priority;
    bool off;           /* for any reason */
    bool failed;
    uint8_t switched;   /* 0 no, 1 on, 2 off, by an operator */
    const char *failure;
    uint64_t fired, taken;
    int64_t last_ns;    /* of an action taken; per symbol: the newest; 0 = never */
};
/* In the order of files; false past the last. rules may be NULL: as loaded. */
bool rules_info(const struct rules *rules, const struct ruleset *set, uint32_t i,
                struct rules_info *ret);
const struct ruleset *rules_set(const struct rules *rules);

#endif
