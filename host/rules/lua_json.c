#include "rules/lua_json.h"

#include <lauxlib.h>

#include "pawl_num.h"
#include "rules/push.h"
#include "rules/sandbox.h"

#define DEPTH_MAX 8
#define TEXT_BYTES_MAX 1024u

static json_t *number_json(lua_State *lua, int index) {
    char text[PAWL_E8_TEXT_MAX];
    int64_t e8;
    if (lua_isinteger(lua, index)) return json_integer(lua_tointeger(lua, index));
    int rc = amount_from_lua(lua_tonumber(lua, index), &e8);
    if (rc != PAWL_OK)
        luaL_error(lua, rc == PAWL_E_RANGE ? "a number is out of range" : "a number is no number");
    pawl_format_e8(e8, text);
    return json_string(text);
}

/* A list where there is an element 1; else an object. */
static json_t *table_json(struct lua_json *self, int index, int depth) {
    lua_State *lua = self->lua;
    if (depth > DEPTH_MAX) luaL_error(lua, "tables are nested too deep");
    luaL_checkstack(lua, 8, "tables");
    sandbox_push_shown(lua, index);
    int table = lua_gettop(lua);
    bool is_list = lua_rawlen(lua, table) > 0;
    json_t *result = is_list ? json_array() : json_object();
    if (json_array_append_new(self->hold, result) != 0) luaL_error(lua, "not enough memory");
    if (is_list) {
        for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(lua, table); i++) {
            sandbox_spend(lua, 8);
            lua_rawgeti(lua, table, i);
            json_array_append_new(result, lua_json_value(self, lua_gettop(lua), depth + 1));
            lua_pop(lua, 1);
        }
    } else {
        lua_json_fill(self, table, result, NULL, depth + 1);
    }
    lua_settop(lua, table - 1);
    return json_incref(result);
}

json_t *lua_json_value(struct lua_json *self, int index, int depth) {
    lua_State *lua = self->lua;
    switch (lua_type(lua, index)) {
    case LUA_TSTRING:
        if (lua_rawlen(lua, index) > TEXT_BYTES_MAX) luaL_error(lua, "a text is too long");
        return json_stringn_nocheck(lua_tostring(lua, index), lua_rawlen(lua, index));
    case LUA_TNUMBER: return number_json(lua, index);
    case LUA_TBOOLEAN: return json_boolean(lua_toboolean(lua, index));
    case LUA_TTABLE: return table_json(self, index, depth);
    case LUA_TFUNCTION:
        if (self->call != NULL) return self->call(self->arg, self, index, depth);
        break;
    default: break;
    }
    luaL_error(lua, "a %s is no value", luaL_typename(lua, index));
    return NULL;
}

void lua_json_fill(struct lua_json *self, int table, json_t *object, const char *first,
                   int depth) {
    lua_State *lua = self->lua;
    lua_pushnil(lua);
    while (lua_next(lua, table) != 0) {
        sandbox_spend(lua, 8);
        const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : NULL;
        if (key == NULL && first != NULL && lua_tointeger(lua, -2) == 1) key = first;
        if (key == NULL) luaL_error(lua, "a table is either a list or has names");
        json_t *value = lua_json_value(self, lua_gettop(lua), depth);
        if (value != NULL && json_object_set_new(object, key, value) != 0)
            luaL_error(lua, "not enough memory");
        lua_pop(lua, 1);
    }
}
