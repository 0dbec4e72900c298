#include "rules/rules.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "events/reflect.h"
#include "rules/rules_int.h"

#define REASON_MAX 128u

int rules_new(const struct rules_world *world, struct rules **ret, struct pawl_err *err) {
    struct rules *rules = mem_calloc(1, sizeof *rules);
    if (rules == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
    rules->world = *world;
    rules->turn = 1;
    table_init(&rules->known, RULES_COUNTS_MAX);
    table_init(&rules->counts, RULES_COUNTS_MAX);
    *ret = rules;
    return PAWL_OK;
}

static void table_release(struct table *table) {
    uint32_t at = 0;
    uint64_t key;
    void *value;
    while (table_next(table, &at, &key, &value)) mem_free(value);
    table_done(table);
}

void rules_free(struct rules *rules) {
    if (rules == NULL) return;
    ruleset_free(rules->set);
    table_release(&rules->known);
    table_release(&rules->counts);
    mem_free(rules);
}

/* ---- a set takes over ---- */

static int claim_windows(struct rules *rules, const struct rule *rule, uint32_t instrument,
                         struct pawl_err *err) {
    for (uint32_t i = 0; i < rule->window_count; i++)
        for (uint8_t side = 0; side <= 2; side++) {
            const struct rule_window_spec *spec = &rule->windows[i];
            const struct rules_window window = {.instrument = instrument,
                                                .seconds = spec->seconds,
                                                .event = spec->event,
                                                .side = side,
                                                .of = spec->of};
            int rc = rules->world.keep_window(rules->world.arg, &window, err);
            if (rc != PAWL_OK) return rc;
        }
    return PAWL_OK;
}

static int claim_instrument(struct rules *rules, const struct rule *rule, uint32_t instrument,
                            struct pawl_err *err) {
    int rc = claim_windows(rules, rule, instrument, err);
    for (uint32_t i = 0; rc == PAWL_OK && i < rule->bars_count; i++) {
        const struct rule_bars_spec *spec = &rule->bars[i];
        rc = rules->world.keep_bars(rules->world.arg, spec->what, instrument, spec->n,
                                    spec->seconds, err);
    }
    return rc;
}

int rules_claim(struct rules *rules, const struct ruleset *set, struct pawl_err *err) {
    const struct rules_world *world = &rules->world;
    int rc = PAWL_OK;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = &set->rules[i];
        if (rule->window_count == 0 && rule->bars_count == 0) continue;
        uint32_t count = rule->symbol_count != 0 ? rule->symbol_count
                                                 : world->instrument_count(world->arg);
        for (uint32_t k = 0; rc == PAWL_OK && k < count; k++) {
            uint32_t id = rule->symbol_count != 0
                              ? world->instrument(world->arg, rule->symbols[k])
                              : k + 1;
            struct pawl_err why = {0};
            if (id != 0) rc = claim_instrument(rules, rule, id, &why);
            if (rc != PAWL_OK)
                pawl_fail(err, rc, "%.60s:%u: rule %s: %.120s", set_file_name(set, rule),
                          rule->line, rule->id, why.text);
        }
    }
    return rc;
}

/* Symbols are known by id from here on; where there is no memory for that, by none. */
static void resolve(struct rules *rules, struct rule *rule) {
    rule->instruments = mem_calloc(rule->symbol_count + 1, sizeof *rule->instruments);
    for (uint32_t i = 0; rule->instruments != NULL && i < rule->symbol_count; i++)
        rule->instruments[i] = rules->world.instrument(rules->world.arg, rule->symbols[i]);
}

void rules_swap(struct rules *rules, struct ruleset *set) {
    struct ruleset *before = rules->set;
    rules->set = set;
    rules->pending_count = 0;
    set->world = &rules->world;
    set->decode = rules->world.decode;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        resolve(rules, &set->rules[i]);
        known_attach(rules, &set->rules[i]);
    }
    if (rules->begun) timers_begin(rules, before, rules->world.now_ns(rules->world.arg));
    ruleset_free(before);
}

void rules_begin(struct rules *rules, int64_t now_ns) {
    rules->begun = true;
    if (rules->set != NULL) timers_begin(rules, NULL, now_ns);
}

const struct ruleset *rules_set(const struct rules *rules) { return rules->set; }

bool rules_listen(const struct rules *rules) {
    return rules->set != NULL;
}

/* ---- asking ---- */

static bool means(const struct rule *rule, uint32_t instrument) {
    if (rule->symbol_count == 0) return true;
    for (uint32_t i = 0; rule->instruments != NULL && i < rule->symbol_count; i++)
        if (rule->instruments[i] == instrument && instrument != 0) return true;
    return false;
}

/* What the condition answered, popped; 1 = yes, 0 = no, below 0 = it answered neither. */
static int answer(lua_State *lua, char reason[REASON_MAX]) {
    int verdict = lua_isboolean(lua, -2) || lua_isnil(lua, -2) ? lua_toboolean(lua, -2)
                                                               : PAWL_E_DATA;
    reason[0] = '\0';
    if (verdict == 1 && lua_type(lua, -1) == LUA_TSTRING)
        snprintf(reason, REASON_MAX, "%s", lua_tostring(lua, -1));
    if (verdict < 0) snprintf(reason, REASON_MAX, "%s", luaL_typename(lua, -2));
    lua_pop(lua, 2);
    return verdict;
}

static int ask(struct ruleset *set, const struct rule *rule, const struct event_view *view,
               char reason[REASON_MAX]) {
    lua_State *lua = set->box->lua;
    int rc;
    set->unveiled = rule->simple;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->when_ref);
    if (rule->simple) {
        lua_rawgeti(lua, LUA_REGISTRYINDEX, view->hidden_ref);
        lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->context_hidden_ref);
        rc = sandbox_call_simple(set->box, 2, 2, RULES_STEPS_MAX, SANDBOX_TAKE_MAX);
    } else {
        lua_rawgeti(lua, LUA_REGISTRYINDEX, view->shown_ref);
        lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->context_ref);
        rc = sandbox_call(set->box, 2, 2, RULES_STEPS_MAX, SANDBOX_TAKE_MAX);
    }
    set->unveiled = false;
    return rc == PAWL_OK ? answer(lua, reason) : rc;
}

/* The text on the stack says where; where Lua could not, it is put in front. */
static void fail_with_text(struct rules *rules, struct rule *rule) {
    lua_State *lua = rules->set->box->lua;
    char message[256];
    const char *text = lua_tostring(lua, -1), *file = set_file_name(rules->set, rule);
    if (strncmp(text, file, strlen(file)) == 0)
        snprintf(message, sizeof message, "%s", text);
    else
        snprintf(message, sizeof message, "%.60s:%u: %.160s", file, rule->line, text);
    lua_pop(lua, 1);
    rule_fail(rules, rule, message);
}

/* The view shows the event already. */
static void evaluate(struct rules *rules, struct rule *rule, const struct event_view *view,
                     const struct pawl_event *event, uint32_t instrument) {
    struct ruleset *set = rules->set;
    char reason[REASON_MAX], message[256];
    struct rule_count *count = count_of(rules, rule, instrument);
    if (!count_allows(rules, rule, count, instrument)) return;
    set->running = rule;
    set->looks.count = 0;
    int verdict = ask(set, rule, view, reason);
    if (verdict == 1) {
        rule_fire(rules, rule, count, event, reason);
    } else if (verdict == PAWL_E_DATA) {
        snprintf(message, sizeof message, "%.60s:%u: when must return true or false, not a %s",
                 set_file_name(set, rule), rule->line, reason);
        rule_fail(rules, rule, message);
    } else if (verdict < 0) {
        fail_with_text(rules, rule);
    }
    set->running = NULL;
}

void rule_evaluate(struct rules *rules, struct rule *rule, const struct pawl_event *event,
                   uint32_t instrument) {
    struct event_view *view = view_of(rules->set, event->type);
    rules->set->event = event;
    if (view_fill(rules->set, view, event) == PAWL_OK)
        evaluate(rules, rule, view, event, instrument);
    rules->set->event = NULL;
}

void rules_event(struct rules *rules, const struct pawl_event *event) {
    struct ruleset *set = rules->set;
    if (rules->pending_count > 0) pending_see(rules, event);
    if (event->type == PAWL_EV_RULE_SWITCH) known_switch(rules, (const void *)event);
    const struct rule_list *list = &set->by_type[event->type];
    if (list->count == 0 || event->type == PAWL_EV_TIMER) return;
    struct event_view *view = view_of(set, event->type);
    uint32_t instrument = 0;
    bool filled = false;
    if (view->instrument_offset != 0)
        memcpy(&instrument, (const char *)event + view->instrument_offset, sizeof instrument);
    set->event = event;
    for (uint32_t i = 0; i < list->count; i++) {
        struct rule *rule = list->rules[i];
        if (rule->off || !means(rule, instrument)) continue;
        if (!filled && view_fill(set, view, event) != PAWL_OK) break;
        filled = true;
        evaluate(rules, rule, view, event, instrument);
    }
    set->event = NULL;
}

/* ---- looking ---- */

static int64_t newest(const struct rules *rules, const struct rule *rule) {
    int64_t last = 0;
    uint32_t at = 0;
    uint64_t key;
    void *value;
    while (table_next(&rules->counts, &at, &key, &value)) {
        const struct rule_count *count = value;
        if (count->rec.rule == rule->key && count->rec.last > last) last = count->rec.last;
    }
    return last;
}

bool rules_info(const struct rules *rules, const struct ruleset *set, uint32_t i,
                struct rules_info *ret) {
    if (set == NULL) set = rules->set;
    if (set == NULL || i >= set->rule_count) return false;
    const struct rule *rule = &set->rules[i];
    *ret = (struct rules_info){.id = rule->id,
                               .name = rule->name,
                               .file = set->files[rule->file].path,
                               .on = reflect_event(rule->on)->name,
                               .line = rule->line,
                               .priority = rule->priority,
                               .off = rules != NULL ? rule->off : !rule->enabled,
                               .failed = rule->known.failed != 0,
                               .switched = rule->known.switch_,
                               .failure = rule->known.message,
                               .fired = rule->known.fired,
                               .taken = rule->known.taken,
                               .last_ns = rules != NULL ? newest(rules, rule) : 0};
    return true;
}
