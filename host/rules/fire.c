/* A condition held: what it asks for is carried out, told, and followed to its effect. */
#include <stdio.h>
#include <string.h>

#include "book/report.h"
#include "events/jsonout.h"
#include "events/reflect.h"
#include "pawl_num.h"
#include "rules/rules_int.h"

#define VALUES_MAX 3000u /* bytes of JSON in rule.fired; more is left out */

/* ---- rule.fired ---- */

static void write_look(struct jsonout *out, const struct rules *rules, const struct look *look) {
    char key[128];
    const char *symbol = rules->world.symbol(rules->world.arg, look->instrument);
    if (look->n != 0)
        snprintf(key, sizeof key, "%s(%s,%u,%u)", look->what, symbol, look->n, look->seconds);
    else
        snprintf(key, sizeof key, "%s(%s)", look->what, symbol);
    jsonout_key(out, key);
    if (look->none)
        jsonout_raw(out, "null", 4);
    else
        jsonout_e8(out, look->e8);
}

static void write_event_field(struct jsonout *out, const struct rules *rules,
                              const struct pawl_event *event, const struct pawl_field *f) {
    const char *at = (const char *)event + f->offset;
    int64_t wide = 0;
    uint32_t id;
    switch (f->kind) {
    case PAWL_F_PRICE:
    case PAWL_F_QTY:
    case PAWL_F_MONEY:
    case PAWL_F_RATIO:
        memcpy(&wide, at, sizeof wide);
        jsonout_key(out, f->name);
        jsonout_e8(out, wide);
        break;
    case PAWL_F_INSTRUMENT:
        memcpy(&id, at, sizeof id);
        if (id == 0) break;
        const char *symbol = rules->world.symbol(rules->world.arg, id);
        jsonout_key(out, "symbol");
        jsonout_text(out, symbol, strlen(symbol));
        break;
    case PAWL_F_ENUM: {
        const char *text = reflect_enum_text(f->enum_id, *(const uint8_t *)at);
        if (text[0] == '\0') break;
        jsonout_key(out, f->name);
        jsonout_text(out, text, strlen(text));
        break;
    }
    case PAWL_F_STR:
        if (at[0] == '\0') break;
        jsonout_key(out, f->name);
        jsonout_text(out, at, strnlen(at, f->size));
        break;
    default: break; /* what a person does not read */
    }
}

/* {"event":{...},"atr(X,14,60)":"1.5"}; nothing if it does not fit. */
static size_t write_values(const struct rules *rules, const struct pawl_event *event,
                           char buffer[VALUES_MAX]) {
    const struct looks *looks = &rules->set->looks;
    struct jsonout out;
    size_t length = 0;
    jsonout_begin(&out, buffer, VALUES_MAX);
    jsonout_open(&out, '{');
    jsonout_key(&out, "event");
    jsonout_open(&out, '{');
    for (const struct pawl_field *f = reflect_event(event->type)->fields; f->name != NULL; f++)
        write_event_field(&out, rules, event, f);
    jsonout_close(&out, '}');
    for (uint32_t i = 0; i < looks->count; i++) {
        bool before = false;
        for (uint32_t k = 0; k < i && !before; k++)
            before = memcmp(&looks->items[k], &looks->items[i], sizeof *looks->items) == 0;
        if (!before) write_look(&out, rules, &looks->items[i]);
    }
    jsonout_close(&out, '}');
    return jsonout_end(&out, &length) == PAWL_OK ? length : 0;
}

static void tell_fired(struct rules *rules, const struct rule *rule,
                       const struct pawl_event *event, const char *reason) {
    union {
        struct pawl_ev_rule_fired fired;
        char bytes[PAWL_EVENT_SIZE_MAX];
    } buffer;
    char values[VALUES_MAX];
    EVENT_INIT(buffer.fired, PAWL_EV_RULE_FIRED);
    TEXT_SET(buffer.fired.rule, rule->id);
    buffer.fired.instrument = event_subject(event);
    TEXT_SET(buffer.fired.on, reflect_event(rule->on)->name);
    TEXT_SET(buffer.fired.action, rule->does);
    TEXT_SET(buffer.fired.reason, reason);
    size_t length = write_values(rules, event, values), padded = (length + 7) / 8 * 8;
    buffer.fired.values.off = (uint32_t)sizeof buffer.fired;
    buffer.fired.values.len = (uint32_t)length;
    memset(buffer.bytes + sizeof buffer.fired, 0, padded);
    memcpy(buffer.bytes + sizeof buffer.fired, values, length);
    buffer.fired.head.size = (uint32_t)(sizeof buffer.fired + padded);
    rules->world.tell(rules->world.arg, &buffer.fired.head);
}

/* ---- carrying out ---- */

static void await(struct rules *rules, struct rule *rule, struct rule_count *count,
                  const struct action *action, uint64_t seq, uint64_t wants) {
    const struct pawl_ev_entry *entry = (const void *)&action->event;
    bool is_entry = action->event.head.type == PAWL_EV_ENTRY;
    struct pending *pending = &rules->pending[rules->pending_count++];
    *pending = (struct pending){.rule = rule, .count = count, .seq = seq, .wants = wants};
    pending->instrument = event_instrument(&action->event.head);
    pending->side = is_entry ? entry->side : 0;
    TEXT_SET(pending->ref, is_entry ? entry->ref : "");
    /* A signal is taken by whoever listens; there is nothing to follow. */
    pending->taken = action->event.head.type == PAWL_EV_SIGNAL;
    count->waits = rules->turn;
}

/* PAWL_OK, or the rule has failed. */
static int carry_out(struct rules *rules, struct rule *rule, struct rule_count *count,
                     struct action *action) {
    const struct rules_world *world = &rules->world;
    uint32_t instrument;
    switch (action->kind) {
    case ACTION_ALERT:
        world->tell(world->arg, &action->event.head);
        count_taken(rules, rule, count, action->event.alert.instrument);
        return PAWL_OK;
    case ACTION_HALT:
        world->halt(world->arg, rule->id);
        count_taken(rules, rule, count, 0);
        return PAWL_OK;
    case ACTION_REQUEST: break;
    }
    instrument = event_instrument(&action->event.head);
    uint64_t wants = world->wants(world->arg, instrument);
    uint64_t seq =
        rules->pending_count < RULES_PENDING_MAX ? world->ask(world->arg, &action->event.head) : 0;
    if (seq == 0) {
        rule_fail(rules, rule, "a turn has no room for more actions");
        return PAWL_E_BUSY;
    }
    await(rules, rule, count, action, seq, wants);
    return PAWL_OK;
}

/* More than a few times in one turn: what it does makes it fire. */
static bool feeds_on_itself(struct rules *rules, struct rule *rule) {
    if (rule->turn != rules->turn) rule->turn_fires = 0;
    rule->turn = rules->turn;
    if (++rule->turn_fires <= RULES_TURN_FIRES_MAX) return false;
    char message[160];
    snprintf(message, sizeof message, "%.60s:%u: it fired more than %u times in one turn",
             set_file_name(rules->set, rule), rule->line, RULES_TURN_FIRES_MAX);
    rule_fail(rules, rule, message);
    return true;
}

/* A limit of the risk gate's: it is no matter of the rule, and only a person lets it go on. */
static bool too_many_entries(struct rules *rules, struct rule *rule,
                             const struct action actions[RULE_ACTIONS_MAX]) {
    uint32_t entries = 0, instrument = 0;
    char message[160];
    for (uint32_t i = 0; i < rule->action_count; i++) {
        bool is_entry = actions[i].kind == ACTION_REQUEST &&
                        actions[i].event.head.type == PAWL_EV_ENTRY;
        if (!is_entry) continue;
        entries++;
        instrument = event_instrument(&actions[i].event.head);
    }
    if (entries_allow(rules, rule, entries, instrument)) return false;
    snprintf(message, sizeof message,
             "%.60s:%u: risk.rule_entries_max: %u entries today; it is off until it is switched on",
             set_file_name(rules->set, rule), rule->line,
             rules->world.entries_max(rules->world.arg));
    rule_fail(rules, rule, message);
    return true;
}

void rule_fire(struct rules *rules, struct rule *rule, struct rule_count *count,
               const struct pawl_event *event, const char *reason) {
    static struct action actions[RULE_ACTIONS_MAX]; /* loop thread only; large */
    struct pawl_err why = {0};
    if (feeds_on_itself(rules, rule)) return;
    for (uint32_t i = 0; i < rule->action_count; i++) {
        if (action_make(rules->set, rule, i, &actions[i], &why) != PAWL_OK) {
            rule_fail(rules, rule, why.text);
            return;
        }
    }
    if (too_many_entries(rules, rule, actions)) return;
    rule->known.fired++;
    known_store(rules, rule);
    tell_fired(rules, rule, event, reason);
    for (uint32_t i = 0; i < rule->action_count; i++)
        if (carry_out(rules, rule, count, &actions[i]) != PAWL_OK) return;
}

/* ---- what came of it ---- */

void pending_see(struct rules *rules, const struct pawl_event *event) {
    uint8_t family = (uint8_t)(event->type >> 8);
    if (family < 0x06) return;
    for (uint32_t i = 0; i < rules->pending_count; i++) {
        struct pending *pending = &rules->pending[i];
        if (event->cause != pending->seq) continue;
        if (family == 0x06 || family == 0x07)
            pending->taken = true;
        else
            pending->told = pending->told || event->type == PAWL_EV_ENTRY_IGNORED ||
                            event->type == PAWL_EV_RISK_REFUSED || event->type == PAWL_EV_ALERT;
    }
}

static void tell_ignored(struct rules *rules, const struct pending *pending) {
    struct pawl_ev_entry_ignored told;
    EVENT_INIT(told, PAWL_EV_ENTRY_IGNORED);
    told.instrument = pending->instrument;
    told.side = pending->side;
    TEXT_SET(told.ref, pending->ref);
    snprintf(told.reason, sizeof told.reason, "rule %s: nothing came of it", pending->rule->id);
    rules->world.tell(rules->world.arg, &told.head);
}

/* One after the other: several actions of one firing count once. */
bool rules_settle(struct rules *rules) {
    bool told = false;
    for (uint32_t i = 0; i < rules->pending_count; i++) {
        struct pending *pending = &rules->pending[i];
        struct rule_count *count = pending->count;
        if (!pending->taken &&
            rules->world.wants(rules->world.arg, pending->instrument) != pending->wants)
            pending->taken = true;
        if (pending->taken && pending->side != 0)
            entry_taken(rules, pending->rule, pending->instrument);
        if (pending->taken && count->waits == rules->turn) {
            count_taken(rules, pending->rule, count, pending->instrument);
            count->waits = 0;
        } else if (!pending->taken && !pending->told) {
            tell_ignored(rules, pending);
            told = true;
        }
    }
    for (uint32_t i = 0; i < rules->pending_count; i++) rules->pending[i].count->waits = 0;
    rules->pending_count = 0;
    rules->turn++;
    return told;
}
