/* Rules of the clock: one timer of the host's for all of them, so that priority holds among those
 * that are due together. */
#include <stdio.h>
#include <string.h>

#include "book/report.h"
#include "rules/rules_int.h"

#define DAY_NS (86400 * PAWL_NS)
#define DAYS_MAX 3 /* within which a time of day comes round, over changes of the clocks */

static int64_t floor_div(int64_t n, int64_t d) { return n / d - (n % d < 0); }

/* A period is counted from 1970, so that a restart shifts nothing. */
static int64_t next_of(const struct rule *rule, int64_t after_ns) {
    if (!rule->daily) return (floor_div(after_ns, rule->every_ns) + 1) * rule->every_ns;
    int64_t local = after_ns + (rule->zone != NULL ? tz_offset_ns(rule->zone, after_ns) : 0);
    int64_t day = floor_div(local, DAY_NS) - 1;
    for (int i = 0; i < DAYS_MAX + 1; i++) {
        int64_t wanted = (day + i) * DAY_NS + rule->at_ns, utc = wanted;
        int rc = rule->zone != NULL ? tz_to_utc(rule->zone, wanted, INT64_MIN, &utc) : PAWL_OK;
        if (rc == PAWL_OK && utc > after_ns) return utc; /* skipped by the clocks: not that day */
    }
    return INT64_MAX;
}

void timers_wake(struct rules *rules) {
    const struct rule_list *list = &rules->set->by_type[PAWL_EV_TIMER];
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->rules[i]->due_ns < next) next = list->rules[i]->due_ns;
    if (next != INT64_MAX) rules->world.wake(rules->world.arg, next);
}

static bool same_schedule(const struct rule *a, const struct rule *b) {
    return a->key == b->key && a->daily == b->daily && a->every_ns == b->every_ns &&
           a->at_ns == b->at_ns && strcmp(a->zone_name, b->zone_name) == 0;
}

/* What is due at this moment and was not asked yet must not be passed over. */
void timers_begin(struct rules *rules, const struct ruleset *before, int64_t now_ns) {
    const struct rule_list *list = &rules->set->by_type[PAWL_EV_TIMER], *old = NULL;
    if (before != NULL) old = &before->by_type[PAWL_EV_TIMER];
    for (uint32_t i = 0; i < list->count; i++) {
        struct rule *rule = list->rules[i];
        rule->due_ns = 0;
        for (uint32_t k = 0; old != NULL && k < old->count; k++)
            if (same_schedule(old->rules[k], rule)) rule->due_ns = old->rules[k]->due_ns;
        if (rule->due_ns == 0) rule->due_ns = next_of(rule, now_ns);
    }
    timers_wake(rules);
}

/* Once for each of its symbols, or once for none. */
static void ask(struct rules *rules, struct rule *rule, struct pawl_ev_timer *event) {
    uint32_t count = rule->each_symbol ? rules->world.instrument_count(rules->world.arg)
                                       : rule->symbol_count;
    if (count == 0 && !rule->each_symbol) {
        event->head.cookie = 0;
        rule_evaluate(rules, rule, &event->head, 0);
    }
    for (uint32_t i = 0; i < count && !rule->off; i++) {
        uint32_t id = i + 1;
        if (!rule->each_symbol) id = rule->instruments != NULL ? rule->instruments[i] : 0;
        event->head.cookie = id;
        bool is_there = id != 0 && rules->world.symbol(rules->world.arg, id)[0] != '\0';
        if (is_there) rule_evaluate(rules, rule, &event->head, id);
    }
}

void rules_timer(struct rules *rules, const struct pawl_event *timer) {
    const struct rule_list *list = &rules->set->by_type[PAWL_EV_TIMER];
    int64_t now_ns = timer->time_ns;
    struct pawl_ev_timer event;
    EVENT_INIT(event, PAWL_EV_TIMER);
    event.head.seq = timer->seq;
    event.head.cause = timer->cause;
    event.head.time_ns = now_ns;
    for (uint32_t i = 0; i < list->count; i++) {
        struct rule *rule = list->rules[i];
        if (rule->due_ns > now_ns) continue;
        event.due = rule->due_ns;
        rule->due_ns = next_of(rule, now_ns); /* what was missed is passed over */
        if (!rule->off) ask(rules, rule, &event);
    }
    timers_wake(rules);
}
