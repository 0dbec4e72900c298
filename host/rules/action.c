#include "rules/action.h"

#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "book/report.h"
#include "config/report.h"
#include "events/reflect.h"
#include "rules/lua_json.h"

/* Requests a rule may make, where this build knows them. */
static const char *const requests[] = {"entry",  "exit",        "scale_in", "stop",
                                       "signal", "consolidate", NULL};

struct making {
    struct ruleset *set;
    const struct rule *rule;
    struct action_form *form;
    json_t *hold; /* owns every list and table from Lua until all is done: Lua may raise */
    bool open;    /* functions are left open: null */
    int event, context; /* arguments of functions */
};

/* ---- a table as JSON ---- */

static json_t *left_open(void *arg, struct lua_json *self, int index, int depth) {
    (void)arg, (void)self, (void)index, (void)depth;
    return json_null();
}

/* NULL = the function said nothing: the key is left out. */
static json_t *called(void *arg, struct lua_json *self, int index, int depth) {
    const struct making *m = arg;
    lua_State *lua = self->lua;
    luaL_checkstack(lua, 4, "act");
    lua_pushvalue(lua, index);
    lua_pushvalue(lua, m->event);
    lua_pushvalue(lua, m->context);
    lua_call(lua, 2, 1);
    if (lua_isfunction(lua, -1)) luaL_error(lua, "act: a function gave a function");
    json_t *value = NULL;
    if (!lua_isnil(lua, -1)) value = lua_json_value(self, lua_gettop(lua), depth + 1);
    lua_pop(lua, 1);
    return value;
}

/* (making, action) */
static int fill_form(lua_State *lua) {
    const struct making *m = lua_touserdata(lua, 1);
    struct lua_json json = {.lua = lua, .hold = m->hold, .call = left_open};
    sandbox_push_shown(lua, 2);
    lua_json_fill(&json, lua_gettop(lua), m->form->object, "do", 0);
    return 0;
}

/* ---- from JSON to what is done ---- */

static int request_type(const char *what) {
    for (size_t i = 0; requests[i] != NULL; i++)
        if (strcmp(requests[i], what) == 0 && reflect_event_named(what) != NULL) return PAWL_OK;
    return PAWL_E_NOTFOUND;
}

static int no_such_action(const char *what, struct pawl_err *err) {
    struct nearest nearest = {.wanted = what};
    for (size_t i = 0; requests[i] != NULL; i++)
        if (reflect_event_named(requests[i]) != NULL) nearest_offer(&nearest, requests[i]);
    nearest_offer(&nearest, "alert");
    nearest_offer(&nearest, "halt");
    return pawl_fail(err, PAWL_E_DATA,
                     "act.do: there is no action \"%.40s\"%s%s; there are entry, exit, scale_in, "
                     "stop, signal, alert, halt",
                     what, nearest.best != NULL ? ", did you mean " : "",
                     nearest.best != NULL ? nearest.best : "");
}

static int only_keys(const json_t *object, const char *const *keys, struct pawl_err *err) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0) i++;
        if (keys[i] == NULL) return pawl_fail(err, PAWL_E_DATA, "act.%.40s: unknown key", key);
        if (!json_is_string(value) && !json_is_null(value))
            return pawl_fail(err, PAWL_E_DATA, "act.%.40s: must be a text", key);
    }
    return PAWL_OK;
}

static int make_alert(struct making *m, struct action *ret, struct pawl_err *err) {
    static const char *const keys[] = {"message", "severity", "what", "symbol", NULL};
    const char *severity = json_string_value(json_object_get(m->form->object, "severity"));
    const char *message = json_string_value(json_object_get(m->form->object, "message"));
    const char *what = json_string_value(json_object_get(m->form->object, "what"));
    const char *symbol = json_string_value(json_object_get(m->form->object, "symbol"));
    int rc = only_keys(m->form->object, keys, err);
    if (rc != PAWL_OK) return rc;
    if (json_object_get(m->form->object, "message") == NULL)
        return pawl_fail(err, PAWL_E_DATA, "act.message: missing");
    EVENT_INIT(ret->event.alert, PAWL_EV_ALERT);
    ret->event.alert.severity = PAWL_SEVERITY_WARNING;
    if (severity != NULL)
        ret->event.alert.severity =
            reflect_enum_value(PAWL_ENUM_SEVERITY, severity, strlen(severity));
    if (ret->event.alert.severity == 0)
        return pawl_fail(err, PAWL_E_DATA, "act.severity: must be info, warning or critical");
    if (symbol != NULL && m->set->decode.instrument != NULL)
        ret->event.alert.instrument = m->set->decode.instrument(m->set->decode.self, symbol);
    TEXT_SET(ret->event.alert.what, what != NULL ? what : "rule");
    TEXT_SET(ret->event.alert.message, message);
    return PAWL_OK;
}

/* What stands for what the rule has not said. */
static void complete(struct making *m, const char *what) {
    json_t *object = m->form->object;
    const struct pawl_event *event = m->set->event;
    bool names_lot =
        json_object_get(object, "lot") != NULL || json_object_get(object, "ref") != NULL;
    m->form->subject = json_object_get(object, "symbol") == NULL &&
                       !(names_lot && strcmp(what, "entry") != 0);
    if (m->form->subject) {
        const char *symbol = m->open ? NULL : set_subject(m->set, event);
        json_object_set_new(object, "symbol", symbol == NULL && m->open ? json_null()
                                              : symbol == NULL          ? NULL
                                                                        : json_string(symbol));
    }
    bool reasons = strcmp(what, "exit") == 0 || strcmp(what, "scale_in") == 0;
    if (reasons && json_object_get(object, "reason") == NULL)
        json_object_set_new(object, "reason", json_string(m->rule->id));
}

static int64_t now_of(const struct ruleset *set) {
    int64_t now_ns = set->world != NULL ? set->world->now_ns(set->world->arg) : 1;
    return now_ns == 0 ? 1 : now_ns;
}

/* The last one, if all but its time would be the same again. */
static bool make_again(const struct making *m, struct action *ret) {
    const struct pawl_event *made = m->form->made;
    bool same = made != NULL && (!m->form->subject ||
                                 event_instrument(made) == event_subject(m->set->event));
    if (!same) return false;
    memcpy(&ret->event, made, made->size);
    ret->event.head.time_ns = now_of(m->set);
    return true;
}

static void keep_made(const struct making *m, const struct action *ret) {
    mem_free(m->form->made);
    m->form->made = mem_alloc(ret->event.head.size); /* without memory it is made each time */
    if (m->form->made != NULL) memcpy(m->form->made, &ret->event, ret->event.head.size);
}

static int make_request(struct making *m, const char *what, struct action *ret,
                        struct pawl_err *err) {
    struct event_decode decode = m->set->decode;
    struct pawl_err why = {0};
    bool timed = false;
    decode.type = what;
    decode.open = m->open;
    decode.timed = &timed;
    decode.now_ns = now_of(m->set);
    complete(m, what);
    int rc = event_from_json(m->form->object, &decode, &ret->event, sizeof ret->event, &why);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "act: %.230s", why.text);
    if (ret->event.head.type == PAWL_EV_ENTRY)
        TEXT_SET(((struct pawl_ev_entry *)&ret->event)->rule, m->rule->id);
    if (!m->open && !timed && json_array_size(m->form->open) == 0) keep_made(m, ret);
    return PAWL_OK;
}

static int make(struct making *m, struct action *ret, struct pawl_err *err) {
    static const char *const halt_keys[] = {"reason", NULL};
    switch (m->form->kind) {
    case ACTION_ALERT: return make_alert(m, ret, err);
    case ACTION_HALT: return only_keys(m->form->object, halt_keys, err);
    case ACTION_REQUEST: break;
    }
    return make_request(m, m->form->what, ret, err);
}

/* ---- at load ---- */

/* What it does, and that it asks for nothing a rule may not ask for. */
static int read_what(struct action_form *form, struct pawl_err *err) {
    const char *said = json_string_value(json_object_get(form->object, "do"));
    if (said == NULL)
        return pawl_fail(err, PAWL_E_DATA, "act.do: missing, or no text: entry, exit, scale_in, "
                                           "stop, signal, alert or halt");
    snprintf(form->what, sizeof form->what, "%s", said);
    json_object_del(form->object, "do");
    form->kind = strcmp(form->what, "alert") == 0  ? ACTION_ALERT
                 : strcmp(form->what, "halt") == 0 ? ACTION_HALT
                                                   : ACTION_REQUEST;
    if (form->kind != ACTION_REQUEST) return PAWL_OK;
    if (request_type(form->what) != PAWL_OK) return no_such_action(form->what, err);
    if (json_object_get(form->object, "force") != NULL)
        return pawl_fail(err, PAWL_E_DATA, "act.force: a rule can only tighten a stop");
    if (json_object_get(form->object, "rule") != NULL || json_object_get(form->object, "t") != NULL)
        return pawl_fail(err, PAWL_E_DATA, "act: rule and t are not yours to say");
    return PAWL_OK;
}

static bool is_open(const json_t *value) {
    const char *key;
    json_t *item;
    size_t i;
    bool open = json_is_null(value);
    json_object_foreach((json_t *)(uintptr_t)value, key, item) open = open || is_open(item);
    json_array_foreach(value, i, item) open = open || is_open(item);
    return open;
}

/* What functions say, or say a part of, is asked for each time. */
static int leave_out_open(struct action_form *form, struct pawl_err *err) {
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(form->object, next, key, value) {
        bool asked = !form->subject || strcmp(key, "symbol") != 0;
        if (!is_open(value)) continue;
        if (asked && json_array_append_new(form->open, json_string(key)) != 0)
            return pawl_fail(err, PAWL_E_NOMEM, "not enough memory");
        json_object_del(form->object, key);
    }
    return PAWL_OK;
}

/* ---- both ways in ---- */

/* The n-th action of the table on the stack at `act`, pushed; it is the table itself, or in it. */
static bool push_nth(lua_State *lua, int act, uint32_t n) {
    act = lua_absindex(lua, act);
    sandbox_push_shown(lua, act);
    bool is_one = lua_rawgeti(lua, -1, 1) != LUA_TTABLE; /* { "entry", ... } is one, too */
    lua_pop(lua, 1);
    if (is_one) return n == 0;
    bool there = lua_rawgeti(lua, -1, (lua_Integer)n + 1) == LUA_TTABLE;
    lua_remove(lua, -2);
    return there;
}

/* The action on top of the stack, its functions left open. */
static int check_one(struct making *m, struct pawl_err *err) {
    lua_State *lua = m->set->box->lua;
    struct action action;
    int rc = PAWL_OK;
    m->form->object = json_object();
    m->form->open = json_array();
    m->hold = json_array();
    if (m->form->object == NULL || m->form->open == NULL || m->hold == NULL)
        rc = pawl_fail(err, PAWL_E_NOMEM, "not enough memory");
    if (rc == PAWL_OK) {
        lua_pushcfunction(lua, fill_form);
        lua_pushlightuserdata(lua, m);
        lua_pushvalue(lua, -3);
        if (lua_pcall(lua, 2, 0, 0) != LUA_OK)
            rc = pawl_fail(err, PAWL_E_DATA, "%.200s", lua_tostring(lua, -1));
    }
    if (rc == PAWL_OK) rc = read_what(m->form, err);
    if (rc == PAWL_OK) rc = make(m, &action, err);
    if (rc == PAWL_OK) rc = leave_out_open(m->form, err);
    json_decref(m->hold);
    return rc;
}

int action_check(struct ruleset *set, int act, struct rule *rule, struct pawl_err *err) {
    lua_State *lua = set->box->lua;
    int top = lua_gettop(lua), rc = PAWL_OK;
    bool is_list = lua_rawgeti(lua, act, 1) == LUA_TTABLE;
    uint32_t count = is_list ? (uint32_t)lua_rawlen(lua, act) : 1;
    lua_pop(lua, 1);
    if (count > RULE_ACTIONS_MAX)
        return pawl_fail(err, PAWL_E_DATA, "act: more than %u actions", RULE_ACTIONS_MAX);
    rule->actions = mem_calloc(count, sizeof *rule->actions);
    if (rule->actions == NULL) return pawl_fail(err, PAWL_E_NOMEM, "not enough memory");
    rule->action_count = count;
    for (uint32_t n = 0; rc == PAWL_OK && n < count; n++) {
        struct making m = {.set = set, .rule = rule, .form = &rule->actions[n], .open = true};
        if (!push_nth(lua, act, n))
            return pawl_fail(err, PAWL_E_DATA, "act[%u]: must be a table", n + 1);
        rc = check_one(&m, err);
        lua_settop(lua, top);
        size_t used = strlen(rule->does);
        snprintf(rule->does + used, sizeof rule->does - used, "%s%s", n > 0 ? "," : "",
                 m.form->what);
    }
    return rc;
}

void actions_free(struct rule *rule) {
    for (uint32_t i = 0; i < rule->action_count; i++) {
        json_decref(rule->actions[i].object);
        json_decref(rule->actions[i].open);
        mem_free(rule->actions[i].made);
    }
    mem_free(rule->actions);
}

/* ---- when it is carried out ---- */

static int ask_open(lua_State *lua) { /* (making) */
    struct making *m = lua_touserdata(lua, 1);
    const struct rule *rule = m->rule;
    struct lua_json json = {.lua = lua, .hold = m->hold, .call = called, .arg = m};
    const json_t *key;
    size_t i;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, view_of(m->set, rule->on)->shown_ref);
    m->event = lua_gettop(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->context_ref);
    m->context = lua_gettop(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->act_ref);
    push_nth(lua, lua_gettop(lua), (uint32_t)(m->form - rule->actions));
    sandbox_push_shown(lua, lua_gettop(lua));
    int act = lua_gettop(lua);
    json_array_foreach(m->form->open, i, key) {
        sandbox_spend(lua, 8);
        lua_getfield(lua, act, json_string_value(key));
        json_t *value = lua_json_value(&json, lua_gettop(lua), 0);
        if (value != NULL &&
            json_object_set_new(m->form->object, json_string_value(key), value) != 0)
            luaL_error(lua, "not enough memory");
        lua_pop(lua, 1);
    }
    return 0;
}

/* What followed from the last event. */
static void forget(struct action_form *form) {
    const json_t *key;
    size_t i;
    if (form->subject) json_object_del(form->object, "symbol");
    json_array_foreach(form->open, i, key) json_object_del(form->object, json_string_value(key));
    form->subject = false;
}

static int fill_open(struct making *m, struct pawl_err *err) {
    lua_State *lua = m->set->box->lua;
    m->hold = json_array();
    if (m->hold == NULL) return pawl_fail(err, PAWL_E_NOMEM, "not enough memory");
    lua_pushcfunction(lua, ask_open);
    lua_pushlightuserdata(lua, m);
    int rc = sandbox_call(m->set->box, 1, 0, RULES_STEPS_MAX, SANDBOX_TAKE_MAX);
    if (rc != PAWL_OK) {
        pawl_fail(err, rc, "%.240s", lua_tostring(lua, -1));
        lua_pop(lua, 1);
    }
    json_decref(m->hold);
    return rc;
}

int action_make(struct ruleset *set, const struct rule *rule, uint32_t n, struct action *ret,
                struct pawl_err *err) {
    struct making m = {.set = set, .rule = rule, .form = &rule->actions[n]};
    struct pawl_err why = {0};
    ret->kind = m.form->kind;
    if (make_again(&m, ret)) return PAWL_OK;
    forget(m.form);
    int rc = json_array_size(m.form->open) > 0 ? fill_open(&m, err) : PAWL_OK;
    if (rc == PAWL_OK && make(&m, ret, &why) != PAWL_OK)
        rc = pawl_fail(err, PAWL_E_REJECTED, "%.40s:%u: %.200s", set_file_name(set, rule),
                       rule->line, why.text);
    return rc;
}
