/*
 * bars.h - which bars the rules of a file need, found in its text. Internal to rules/.
 *
 * An indicator that is called with whole numbers, or with names of the rule's args, is kept from
 * the start, so that it has a past when it is first asked. What is worked out is kept from the
 * first question on; `bars` of the rule says it before.
 */
#ifndef RULES_BARS_H
#define RULES_BARS_H

#include <stddef.h>
#include <stdint.h>

struct ruleset;

/* For the rules from `first` on. */
void bars_find(struct ruleset *set, uint32_t first, const char *text, size_t length);

#endif
