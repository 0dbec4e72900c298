#include "rules/action.h"

#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

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
    json_t *object; /* the action */
    json_t *hold;   /* owns every list and table in it until it is done: Lua may raise */
    bool open;      /* functions are left open: null */
    int event, context; /* arguments of functions */
    uint32_t n;
    struct pawl_err err;
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

/* (making, action, event, context) */
static int fill_object(lua_State *lua) {
    struct making *m = lua_touserdata(lua, 1);
    struct lua_json json = {.lua = lua, .hold = m->hold, .call = m->open ? left_open : called,
                            .arg = m};
    m->event = 3;
    m->context = 4;
    sandbox_push_shown(lua, 2);
    lua_json_fill(&json, lua_gettop(lua), m->object, "do", 0);
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
    const char *severity = json_string_value(json_object_get(m->object, "severity"));
    const char *message = json_string_value(json_object_get(m->object, "message"));
    const char *what = json_string_value(json_object_get(m->object, "what"));
    const char *symbol = json_string_value(json_object_get(m->object, "symbol"));
    int rc = only_keys(m->object, keys, err);
    if (rc != PAWL_OK) return rc;
    if (json_object_get(m->object, "message") == NULL)
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

/* What a rule may not ask for, and what stands for what it has not said. */
static int complete(struct making *m, const char *what, struct pawl_err *err) {
    json_t *object = m->object;
    const struct pawl_event *event = m->set->event;
    bool names_lot =
        json_object_get(object, "lot") != NULL || json_object_get(object, "ref") != NULL;
    if (json_object_get(object, "force") != NULL)
        return pawl_fail(err, PAWL_E_DATA, "act.force: a rule can only tighten a stop");
    if (json_object_get(object, "rule") != NULL || json_object_get(object, "t") != NULL)
        return pawl_fail(err, PAWL_E_DATA, "act: rule and t are not yours to say");
    if (json_object_get(object, "symbol") == NULL && !(names_lot && strcmp(what, "entry") != 0)) {
        const char *symbol = m->open ? NULL : set_subject(m->set, event);
        json_object_set_new(object, "symbol", symbol == NULL && m->open ? json_null()
                                              : symbol == NULL          ? NULL
                                                                        : json_string(symbol));
    }
    if (strcmp(what, "exit") == 0 && json_object_get(object, "reason") == NULL)
        json_object_set_new(object, "reason", json_string(m->rule->id));
    if (strcmp(what, "scale_in") == 0 && json_object_get(object, "reason") == NULL)
        json_object_set_new(object, "reason", json_string(m->rule->id));
    return PAWL_OK;
}

static int make_request(struct making *m, const char *what, struct action *ret,
                        struct pawl_err *err) {
    struct event_decode decode = m->set->decode;
    struct pawl_err why = {0};
    const struct rules_world *world = m->set->world;
    decode.type = what;
    decode.open = m->open;
    decode.now_ns = world != NULL ? world->now_ns(world->arg) : 1;
    if (decode.now_ns == 0) decode.now_ns = 1;
    int rc = complete(m, what, err);
    if (rc != PAWL_OK) return rc;
    rc = event_from_json(m->object, &decode, &ret->event, sizeof ret->event, &why);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "act: %.230s", why.text);
    if (ret->event.head.type == PAWL_EV_ENTRY)
        TEXT_SET(((struct pawl_ev_entry *)&ret->event)->rule, m->rule->id);
    return PAWL_OK;
}

static int from_object(struct making *m, struct action *ret, struct pawl_err *err) {
    static const char *const halt_keys[] = {"reason", NULL};
    char what[sizeof ret->what] = "";
    const char *said = json_string_value(json_object_get(m->object, "do"));
    if (said == NULL)
        return pawl_fail(err, PAWL_E_DATA, "act.do: missing, or no text: entry, exit, scale_in, "
                                           "stop, signal, alert or halt");
    snprintf(what, sizeof what, "%s", said);
    memcpy(ret->what, what, sizeof what);
    json_object_del(m->object, "do");
    if (strcmp(what, "alert") == 0) {
        ret->kind = ACTION_ALERT;
        return make_alert(m, ret, err);
    }
    if (strcmp(what, "halt") == 0) {
        ret->kind = ACTION_HALT;
        return only_keys(m->object, halt_keys, err);
    }
    ret->kind = ACTION_REQUEST;
    if (request_type(what) != PAWL_OK) return no_such_action(what, err);
    return make_request(m, what, ret, err);
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

static int begin(struct making *m, struct pawl_err *err) {
    m->object = json_object();
    m->hold = json_array();
    if (m->object != NULL && m->hold != NULL) return PAWL_OK;
    return pawl_fail(err, PAWL_E_NOMEM, "not enough memory");
}

static void end(struct making *m) {
    json_decref(m->object);
    json_decref(m->hold);
}

/* The action on top of the stack, its functions left open. */
static int check_one(struct making *m, struct pawl_err *err) {
    lua_State *lua = m->set->box->lua;
    struct action action;
    int rc = begin(m, err);
    if (rc == PAWL_OK) {
        lua_pushcfunction(lua, fill_object);
        lua_pushlightuserdata(lua, m);
        lua_pushvalue(lua, -3);
        if (lua_pcall(lua, 2, 0, 0) != LUA_OK)
            rc = pawl_fail(err, PAWL_E_DATA, "%.200s", lua_tostring(lua, -1));
        else
            rc = from_object(m, &action, err);
    }
    end(m);
    return rc;
}

int action_check(struct ruleset *set, int act, struct rule *rule, struct pawl_err *err) {
    lua_State *lua = set->box->lua;
    int top = lua_gettop(lua), rc = PAWL_OK;
    bool is_list = lua_rawgeti(lua, act, 1) == LUA_TTABLE;
    uint32_t count = is_list ? (uint32_t)lua_rawlen(lua, act) : 1;
    lua_pop(lua, 1);
    rule->action_count = count;
    if (count > RULE_ACTIONS_MAX)
        return pawl_fail(err, PAWL_E_DATA, "act: more than %u actions", RULE_ACTIONS_MAX);
    for (uint32_t n = 0; rc == PAWL_OK && n < rule->action_count; n++) {
        struct making m = {.set = set, .rule = rule, .open = true};
        if (!push_nth(lua, act, n))
            return pawl_fail(err, PAWL_E_DATA, "act[%u]: must be a table", n + 1);
        rc = check_one(&m, err);
        lua_settop(lua, top);
    }
    return rc;
}

static int make_nth(lua_State *lua) { /* (making) */
    struct making *m = lua_touserdata(lua, 1);
    const struct rule *rule = m->rule;
    lua_pushcfunction(lua, fill_object);
    lua_pushvalue(lua, 1);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->act_ref);
    push_nth(lua, lua_gettop(lua), m->n);
    lua_remove(lua, -2);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, view_of(m->set, rule->on)->shown_ref);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->context_ref);
    lua_call(lua, 4, 0);
    return 0;
}

int action_make(struct ruleset *set, const struct rule *rule, uint32_t n, struct action *ret,
                struct pawl_err *err) {
    lua_State *lua = set->box->lua;
    struct making m = {.set = set, .rule = rule, .n = n};
    struct pawl_err why = {0};
    int rc = begin(&m, err);
    if (rc == PAWL_OK) {
        lua_pushcfunction(lua, make_nth);
        lua_pushlightuserdata(lua, &m);
        rc = sandbox_call(set->box, 1, 0, RULES_STEPS_MAX, SANDBOX_TAKE_MAX);
        if (rc != PAWL_OK) {
            pawl_fail(err, rc, "%.240s", lua_tostring(lua, -1));
            lua_pop(lua, 1);
        } else if (from_object(&m, ret, &why) != PAWL_OK) {
            rc = pawl_fail(err, PAWL_E_REJECTED, "%.40s:%u: %.200s", set_file_name(set, rule),
                           rule->line, why.text);
        }
    }
    end(&m);
    return rc;
}
