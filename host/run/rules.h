/*
 * rules.h - the rules of a host: where they come from, and when in a turn they are asked. [loop]
 */
#ifndef RUN_RULES_H
#define RUN_RULES_H

#include "rules/rules.h"

struct host;
struct config;

/* Compile the rules of a configuration with these names; faults as ruleset_load(). [start, reload]
 */
int host_rules_load(const struct config *config, const struct event_decode *decode,
                    struct config_errors *errors, struct ruleset **ret);
/* At start, after the book is restored: load, keep what they need, take over; and declare the part
 * that a reload replaces. */
int host_rules_start(struct host *host, struct pawl_err *err);
/* From now on these rules; between turns. Takes the set over. */
void host_rules_swap(struct host *host, struct ruleset *set);

#endif
