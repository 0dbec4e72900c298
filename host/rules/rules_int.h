/*
 * rules_int.h - what the parts of rules.h share. Internal to rules/.
 */
#ifndef RULES_RULES_INT_H
#define RULES_RULES_INT_H

#include "base/table.h"
#include "rules/action.h"
#include "rules/set.h"

struct rule_count {
    struct pawl_rec_rule_count rec;
    uint64_t waits; /* turn in which an action of it awaits its effect; 0 = none */
};

struct pending { /* an action of this turn */
    struct rule *rule;
    struct rule_count *count;
    uint64_t seq;   /* of its request */
    uint64_t wants; /* what the wants added up to before it */
    uint32_t instrument;
    uint8_t side; /* of an entry */
    bool taken, told; /* told: somebody said why nothing came of it */
    char ref[32];
};

struct rules {
    struct rules_world world;
    struct ruleset *set; /* never NULL once something was swapped in */
    struct table known;  /* key of a rule -> struct pawl_rec_rule, heap */
    struct table counts; /* key of rule and instrument -> struct rule_count, heap */
    uint32_t pending_count;
    struct pending pending[RULES_PENDING_MAX];
    uint64_t turn; /* counts turns in which something happened; for turn_fires and waits */
    bool begun;
};

/* ---- counts.c: cooldowns, daily limits, switches: what the store keeps ---- */
/* NULL = no room: then the rule is as if it were cooling down. */
struct rule_count *count_of(struct rules *rules, struct rule *rule, uint32_t instrument);
/* May the rule act now? Neither cooling down, nor at its limit, nor awaiting an effect. */
bool count_allows(struct rules *rules, const struct rule *rule, struct rule_count *count,
                  uint32_t instrument);
void count_taken(struct rules *rules, struct rule *rule, struct rule_count *count,
                 uint32_t instrument);
/* May the rule make so many entries more today (risk.rule_entries_max)? */
bool entries_allow(struct rules *rules, const struct rule *rule, uint32_t more,
                   uint32_t instrument);
void entry_taken(struct rules *rules, const struct rule *rule, uint32_t instrument);
void known_attach(struct rules *rules, struct rule *rule); /* what is known of it into the rule */
void known_store(struct rules *rules, const struct rule *rule);
void known_switch(struct rules *rules, const struct pawl_ev_rule_switch *event);
/* The rule is off and told. message: "FILE:LINE: why". */
void rule_fail(struct rules *rules, struct rule *rule, const char *message);

/* ---- fire.c: a condition held ---- */
void rule_fire(struct rules *rules, struct rule *rule, struct rule_count *count,
               const struct pawl_event *event, const char *reason);
void pending_see(struct rules *rules, const struct pawl_event *event); /* is it an answer? */

/* ---- timers.c ---- */
/* `before`: what ran until now, NULL = nothing; equal schedules go on from there. */
void timers_begin(struct rules *rules, const struct ruleset *before, int64_t now_ns);
void timers_wake(struct rules *rules); /* asks for the next turn */

/* ---- rules.c ---- */
void rule_evaluate(struct rules *rules, struct rule *rule, const struct pawl_event *event,
                   uint32_t instrument);

#endif
