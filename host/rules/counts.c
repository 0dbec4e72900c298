/* Cooldowns, daily limits, switches and failures: the records behind a rule. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "book/report.h"
#include "events/reflect.h"
#include "rules/rules_int.h"

/* Keys of rows: above 0 and within what the store takes. */
static uint64_t count_key(const struct rule *rule, uint32_t instrument) {
    uint64_t of = rule->per_symbol ? instrument : 0;
    return of == 0 ? rule->key : hash_u64(rule->key ^ hash_u64(of)) >> 1 | 1;
}

static struct rule_count *count_new(struct rules *rules, const struct pawl_rec_rule_count *rec) {
    struct rule_count *count = mem_calloc(1, sizeof *count);
    if (count == NULL) return NULL;
    count->rec = *rec;
    if (table_put(&rules->counts, rec->id, count) == PAWL_OK) return count;
    mem_free(count);
    return NULL;
}

struct rule_count *count_of(struct rules *rules, struct rule *rule, uint32_t instrument) {
    if (!rule->per_symbol && rule->count != NULL) return rule->count;
    uint64_t key = count_key(rule, instrument);
    struct rule_count *count = table_get(&rules->counts, key);
    if (count == NULL) {
        struct pawl_rec_rule_count rec = {.id = key, .rule = rule->key};
        if (rule->per_symbol) rec.instrument = instrument;
        count = count_new(rules, &rec);
    }
    if (!rule->per_symbol) rule->count = count;
    return count;
}

bool count_allows(struct rules *rules, const struct rule *rule, struct rule_count *count,
                  uint32_t instrument) {
    if (count == NULL || count->waits == rules->turn) return false;
    if (count->rec.last == 0) return true;
    if (rule->cooldown_ns != 0 &&
        rules->world.now_ns(rules->world.arg) - count->rec.last < rule->cooldown_ns)
        return false;
    if (rule->max_per_day == 0 || count->rec.count < rule->max_per_day) return true;
    return rules->world.day(rules->world.arg, instrument) != count->rec.day;
}

void count_taken(struct rules *rules, struct rule *rule, struct rule_count *count,
                 uint32_t instrument) {
    int64_t day = rules->world.day(rules->world.arg, instrument);
    if (count->rec.day != day) count->rec.count = 0;
    count->rec.day = day;
    count->rec.count++;
    count->rec.last = rules->world.now_ns(rules->world.arg);
    rules->world.put(rules->world.arg, PAWL_REC_RULE_COUNT, &count->rec);
    rule->known.taken++;
    known_store(rules, rule);
}

/* Entries of a rule, of all its symbols: a row beside those of its own limits. An operator who
 * switches it on begins that one anew, too. */
static struct rule_count *entries_of(struct rules *rules, const struct rule *rule) {
    const struct pawl_rec_rule_count rec = {
        .id = hash_u64(rule->key ^ hash_u64(UINT64_MAX)) >> 1 | 1, .rule = rule->key};
    struct rule_count *count = table_get(&rules->counts, rec.id);
    return count != NULL ? count : count_new(rules, &rec);
}

bool entries_allow(struct rules *rules, const struct rule *rule, uint32_t more,
                   uint32_t instrument) {
    uint32_t max = rules->world.entries_max(rules->world.arg);
    if (max == 0 || more == 0) return true;
    const struct rule_count *count = entries_of(rules, rule);
    if (count == NULL) return false;
    bool today = count->rec.day == rules->world.day(rules->world.arg, instrument);
    for (uint32_t i = 0; i < rules->pending_count; i++)
        more += rules->pending[i].rule == rule && rules->pending[i].side != 0;
    return (today ? count->rec.count : 0) + more <= max;
}

void entry_taken(struct rules *rules, const struct rule *rule, uint32_t instrument) {
    struct rule_count *count = entries_of(rules, rule);
    int64_t day = rules->world.day(rules->world.arg, instrument);
    if (count == NULL) return;
    if (count->rec.day != day) count->rec.count = 0;
    count->rec.day = day;
    count->rec.count++;
    count->rec.last = rules->world.now_ns(rules->world.arg);
    rules->world.put(rules->world.arg, PAWL_REC_RULE_COUNT, &count->rec);
}

int rules_restore_count(struct rules *rules, const struct pawl_rec_rule_count *row,
                        struct pawl_err *err) {
    return count_new(rules, row) != NULL ? PAWL_OK
                                         : pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
}

/* ---- what is known of a rule ---- */

int rules_restore_known(struct rules *rules, const struct pawl_rec_rule *row,
                        struct pawl_err *err) {
    struct pawl_rec_rule *copy = mem_calloc(1, sizeof *copy);
    if (copy != NULL) *copy = *row;
    if (copy != NULL && table_put(&rules->known, row->id, copy) == PAWL_OK) return PAWL_OK;
    mem_free(copy);
    return pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
}

static void update_off(struct rule *rule) {
    bool on = rule->known.switch_ == 1 || (rule->known.switch_ == 0 && rule->enabled);
    rule->off = !on || rule->known.failed != 0;
}

/* Another file is another chance. */
void known_attach(struct rules *rules, struct rule *rule) {
    const struct pawl_rec_rule *known = table_get(&rules->known, rule->key);
    uint64_t source = rules->set->files[rule->file].hash >> 1;
    if (known != NULL) rule->known = *known;
    rule->known.id = rule->key;
    TEXT_SET(rule->known.rule, rule->id);
    if (rule->known.failed != 0 && rule->known.source != source) {
        rule->known.failed = 0;
        rule->known.message[0] = '\0';
    }
    rule->known.source = source;
    update_off(rule);
}

void known_store(struct rules *rules, const struct rule *rule) {
    struct pawl_rec_rule *known = table_get(&rules->known, rule->key);
    if (known != NULL)
        *known = rule->known;
    else
        (void)rules_restore_known(rules, &rule->known, NULL);
    rules->world.put(rules->world.arg, PAWL_REC_RULE, &rule->known);
}

static void forget_limits(struct rules *rules, const struct rule *rule) {
    uint32_t at = 0;
    uint64_t key;
    void *value;
    while (table_next(&rules->counts, &at, &key, &value)) {
        struct rule_count *count = value;
        if (count->rec.rule != rule->key || (count->rec.last == 0 && count->rec.count == 0))
            continue;
        count->rec.last = 0;
        count->rec.count = 0;
        rules->world.put(rules->world.arg, PAWL_REC_RULE_COUNT, &count->rec);
    }
}

void known_switch(struct rules *rules, const struct pawl_ev_rule_switch *event) {
    struct rule *rule = NULL;
    for (uint32_t i = 0; i < rules->set->rule_count && rule == NULL; i++)
        if (strncmp(rules->set->rules[i].id, event->rule, sizeof event->rule) == 0)
            rule = &rules->set->rules[i];
    if (rule == NULL) {
        struct pawl_ev_alert alert;
        EVENT_INIT(alert, PAWL_EV_ALERT);
        alert.severity = PAWL_SEVERITY_WARNING;
        TEXT_SET(alert.what, "refused");
        snprintf(alert.message, sizeof alert.message, "there is no rule \"%.31s\"", event->rule);
        rules->world.tell(rules->world.arg, &alert.head);
        return;
    }
    rule->known.switch_ = event->on != 0 ? 1 : 2;
    rule->known.failed = 0;
    rule->known.message[0] = '\0';
    update_off(rule);
    known_store(rules, rule);
    if (event->on != 0) forget_limits(rules, rule);
    struct pawl_ev_rule_switched told;
    EVENT_INIT(told, PAWL_EV_RULE_SWITCHED);
    TEXT_SET(told.rule, rule->id);
    told.on = event->on != 0;
    rules->world.tell(rules->world.arg, &told.head);
    timers_wake(rules);
}

void rule_fail(struct rules *rules, struct rule *rule, const char *message) {
    struct pawl_ev_rule_failed told;
    EVENT_INIT(told, PAWL_EV_RULE_FAILED);
    TEXT_SET(told.rule, rule->id);
    if (rules->set->event != NULL && rules->set->event->type != PAWL_EV_TIMER)
        told.instrument = event_instrument(rules->set->event);
    TEXT_SET(told.on, reflect_event(rule->on)->name);
    TEXT_SET(told.message, message);
    rule->known.failed = 1;
    rule->known.failed_at = rules->world.now_ns(rules->world.arg);
    TEXT_SET(rule->known.message, message);
    update_off(rule);
    known_store(rules, rule);
    rules->world.tell(rules->world.arg, &told.head);
}
