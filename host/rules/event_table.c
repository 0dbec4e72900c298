/* An event as a table: made once for each type, filled with what differs from the last one. */
#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "events/input_table.h"
#include "events/reflect.h"
#include "rules/push.h"
#include "rules/set.h"

/* Kept in the table; times, long texts and JSON are made when they are asked for. */
static bool is_stored(const struct pawl_field *field) {
    switch (field->kind) {
    case PAWL_F_TIME:
    case PAWL_F_TEXT:
    case PAWL_F_JSON:
    case PAWL_F_PAD: return false;
    default: return true;
    }
}

static const char *name_of(const struct pawl_field *field) {
    return strcmp(field->name, "instrument") == 0 ? "symbol" : field->name;
}

/* ---- what is made when it is asked for ---- */

/* "source" of a signal, where its field is "origin": names of the formats count, too. */
static const struct pawl_field *find_field(uint16_t type, const char *name) {
    const struct schema_event *schema = reflect_event(type);
    for (const struct pawl_field *f = schema->fields; f->name != NULL; f++)
        if (strcmp(name_of(f), name) == 0) return f;
    const struct input_type *input = input_type_of(type);
    const struct input_key *k = input != NULL ? input->keys : NULL;
    for (; k != NULL && k->key != NULL; k++)
        if (k->parent == NULL && strcmp(k->key, name) == 0)
            return reflect_field(schema->fields, k->field);
    return NULL;
}

static int no_such_field(lua_State *lua, uint16_t type, const char *name) {
    const struct schema_event *schema = reflect_event(type);
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    luaL_addstring(&out, schema->name);
    luaL_addstring(&out, " has no field \"");
    luaL_addstring(&out, name);
    luaL_addstring(&out, "\"; it has type, t");
    for (const struct pawl_field *f = schema->fields; f->name != NULL; f++) {
        if (f->kind == PAWL_F_PAD) continue;
        luaL_addstring(&out, ", ");
        luaL_addstring(&out, name_of(f));
    }
    luaL_pushresult(&out);
    return luaL_error(lua, "%s", lua_tostring(lua, -1));
}

static int make_field(lua_State *lua) { /* (table, name) */
    struct ruleset *set = sandbox_of(lua)->owner;
    const struct event_view *view = lua_touserdata(lua, lua_upvalueindex(1));
    if (lua_type(lua, 2) != LUA_TSTRING) return 0;
    const char *name = lua_tostring(lua, 2);
    const struct pawl_event *event = set->event;
    if (strcmp(name, "type") == 0) {
        lua_pushstring(lua, reflect_event(view->type)->name);
        return 1;
    }
    const struct pawl_field *field = find_field(view->type, name);
    bool symbol_of_timer = view->type == PAWL_EV_TIMER && strcmp(name, "symbol") == 0;
    if (field == NULL && strcmp(name, "t") != 0 && !symbol_of_timer)
        return no_such_field(lua, view->type, name);
    if (event == NULL || event->type != view->type) return 0;
    if (strcmp(name, "t") == 0)
        push_time(lua, event->time_ns);
    else if (symbol_of_timer)
        push_symbol(lua, set, (uint32_t)event->cookie);
    else
        push_field(lua, set, event, field);
    return 1;
}

/* ---- the table ---- */

static int make_tables(lua_State *lua) {
    struct event_view *view = lua_touserdata(lua, 1);
    lua_createtable(lua, 0, 16); /* hidden */
    lua_createtable(lua, 0, 1);
    lua_pushlightuserdata(lua, view);
    lua_pushcclosure(lua, make_field, 1);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_pushvalue(lua, -1);
    view->hidden_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    sandbox_show(lua, "the event");
    view->shown_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

int view_make(struct ruleset *set, uint16_t type, struct pawl_err *err) {
    lua_State *lua = set->box->lua;
    const struct schema_event *schema = reflect_event(type);
    struct event_view *view = &set->views[set->view_count];
    if (set->view_of[type] != 0) return PAWL_OK;
    *view = (struct event_view){.type = type, .size = schema->size};
    set->view_of[type] = (uint16_t)++set->view_count;
    uint32_t count = 1;
    for (const struct pawl_field *f = schema->fields; f->name != NULL; f++) count++;
    view->last = mem_calloc(1, schema->size);
    view->fields = mem_calloc(count, sizeof *view->fields);
    if (view->last == NULL || view->fields == NULL)
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
    for (const struct pawl_field *f = schema->fields; f->name != NULL; f++) {
        if (is_stored(f)) view->fields[view->field_count++] = f;
        if (f->kind == PAWL_F_INSTRUMENT && strcmp(f->name, "instrument") == 0)
            view->instrument_offset = f->offset;
    }
    lua_pushcfunction(lua, make_tables);
    lua_pushlightuserdata(lua, view);
    if (sandbox_call(set->box, 1, 0, RULES_LOAD_STEPS_MAX, SANDBOX_LOAD_TAKE_MAX) == PAWL_OK)
        return PAWL_OK;
    lua_pop(lua, 1);
    return pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
}

struct event_view *view_of(struct ruleset *set, uint16_t type) {
    uint16_t at = set->view_of[type];
    return at == 0 ? NULL : &set->views[at - 1];
}

static int fill_all(lua_State *lua) {
    struct ruleset *set = sandbox_of(lua)->owner;
    const struct event_view *view = lua_touserdata(lua, 1);
    const struct pawl_event *event = lua_touserdata(lua, 2);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, view->hidden_ref);
    for (uint32_t i = 0; i < view->field_count; i++) {
        push_field(lua, set, event, view->fields[i]);
        lua_setfield(lua, 3, name_of(view->fields[i]));
    }
    return 0;
}

static inline bool is_same(const unsigned char *a, const unsigned char *b, uint32_t size) {
    uint64_t left, right;
    if (size != sizeof left) return memcmp(a, b, size) == 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left == right;
}

/* What takes no memory is done at once; else all of it, protected. */
static bool fill_quickly(struct ruleset *set, const struct event_view *view,
                         const struct pawl_event *event) {
    lua_State *lua = set->box->lua;
    const unsigned char *now = (const void *)event, *last = view->last;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, view->hidden_ref);
    for (uint32_t i = 0; i < view->field_count; i++) {
        const struct pawl_field *f = view->fields[i];
        if (is_same(now + f->offset, last + f->offset, f->size)) continue;
        if (!push_quickly(lua, set, event, view->last, f)) {
            lua_pop(lua, 1);
            return false;
        }
        lua_setfield(lua, -2, name_of(f));
    }
    lua_pop(lua, 1);
    return true;
}

int view_fill(struct ruleset *set, struct event_view *view, const struct pawl_event *event) {
    lua_State *lua = set->box->lua;
    int rc = PAWL_OK;
    if (!view->filled || !fill_quickly(set, view, event)) {
        lua_pushcfunction(lua, fill_all);
        lua_pushlightuserdata(lua, view);
        lua_pushlightuserdata(lua, (void *)(uintptr_t)event);
        rc = sandbox_call(set->box, 2, 0, RULES_STEPS_MAX, SANDBOX_TAKE_MAX);
        if (rc != PAWL_OK) lua_pop(lua, 1);
    }
    view->filled = rc == PAWL_OK;
    memcpy(view->last, event, view->size);
    return rc;
}
