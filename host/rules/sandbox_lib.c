/* The names a rule may use, and tables that can be read only. */
#include "rules/sandbox.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

#define FREEZE_DEPTH_MAX 16
#define TEXT_MAX ((size_t)SANDBOX_BLOCK_MAX / 2) /* of what rep and format make */

/* ---- tables that are shown, not given ---- */

static int refuse_write(lua_State *lua) {
    const char *what = lua_tostring(lua, lua_upvalueindex(1));
    if (lua_type(lua, 2) == LUA_TSTRING)
        return luaL_error(lua, "%s cannot be changed (\"%s\")", what, lua_tostring(lua, 2));
    return luaL_error(lua, "%s cannot be changed", what);
}

static int shown_length(lua_State *lua) {
    lua_pushinteger(lua, (lua_Integer)lua_rawlen(lua, lua_upvalueindex(1)));
    return 1;
}

void sandbox_show(lua_State *lua, const char *what) {
    luaL_checkstack(lua, 6, "tables");
    lua_newtable(lua);              /* hidden, shown */
    lua_createtable(lua, 0, 4);     /* its metatable */
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, refuse_write, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_pushvalue(lua, -3);
    lua_pushcclosure(lua, shown_length, 1);
    lua_setfield(lua, -2, "__len");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
    lua_remove(lua, -2);
}

void sandbox_push_shown(lua_State *lua, int index) {
    index = lua_absindex(lua, index);
    luaL_checktype(lua, index, LUA_TTABLE);
    if (!lua_getmetatable(lua, index)) {
        lua_pushvalue(lua, index);
        return;
    }
    lua_pushliteral(lua, "__index");
    lua_rawget(lua, -2);
    lua_remove(lua, -2);
    if (lua_istable(lua, -1)) return;
    lua_pop(lua, 1); /* it is the one that is shown */
    lua_pushvalue(lua, index);
}

static void freeze(lua_State *lua, int depth) {
    int table = lua_gettop(lua);
    luaL_checkstack(lua, 8, "tables");
    if (depth > FREEZE_DEPTH_MAX) luaL_error(lua, "tables are nested too deep");
    lua_pushnil(lua);
    while (lua_next(lua, table) != 0) {
        sandbox_spend(lua, 1);
        if (lua_type(lua, -1) == LUA_TTABLE && !lua_getmetatable(lua, -1)) {
            freeze(lua, depth + 1);
            lua_pushvalue(lua, -2);
            lua_insert(lua, -2);
            lua_rawset(lua, table); /* an existing key: the walk goes on */
        } else {
            lua_settop(lua, table + 1);
        }
    }
    sandbox_show(lua, "args");
}

void sandbox_freeze(lua_State *lua) { freeze(lua, 0); }

/* ---- an order that is the same in every run ---- */

static int rank(lua_State *lua, int index) {
    int type = lua_type(lua, index);
    return type == LUA_TNUMBER ? 0 : type == LUA_TSTRING ? 1 : type == LUA_TBOOLEAN ? 2 : 3;
}

/* Keys in the order of pairs(): numbers, texts, booleans. */
static bool key_less(lua_State *lua, int left, int right) {
    int a = rank(lua, left), b = rank(lua, right);
    if (a != b) return a < b;
    if (a == 0) return lua_compare(lua, left, right, LUA_OPLT) != 0;
    if (a == 2) return lua_toboolean(lua, left) < lua_toboolean(lua, right);
    size_t left_len, right_len;
    const char *l = lua_tolstring(lua, left, &left_len), *r = lua_tolstring(lua, right, &right_len);
    int order = memcmp(l, r, left_len < right_len ? left_len : right_len);
    return order != 0 ? order < 0 : left_len < right_len;
}

static int compare_keys(lua_State *lua) {
    sandbox_spend(lua, 1);
    lua_pushboolean(lua, key_less(lua, 1, 2));
    return 1;
}

static int next_pair(lua_State *lua) { /* upvalues: table, its sorted keys, how many were given */
    lua_Integer at = lua_tointeger(lua, lua_upvalueindex(3)) + 1;
    sandbox_spend(lua, 1);
    lua_pushinteger(lua, at);
    lua_replace(lua, lua_upvalueindex(3));
    if (lua_rawgeti(lua, lua_upvalueindex(2), at) == LUA_TNIL) return 1;
    lua_pushvalue(lua, -1);
    lua_rawget(lua, lua_upvalueindex(1));
    return 2;
}

static int lib_pairs(lua_State *lua) {
    luaL_checkany(lua, 1);
    sandbox_push_shown(lua, 1);
    lua_replace(lua, 1);
    lua_settop(lua, 1);
    lua_newtable(lua);
    lua_Integer count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, 1) != 0) {
        sandbox_spend(lua, 2);
        lua_pop(lua, 1);
        if (rank(lua, -1) == 3)
            return luaL_error(lua, "pairs: a key that is a %s has no order",
                              luaL_typename(lua, -1));
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, 2, ++count);
    }
    lua_getfield(lua, LUA_REGISTRYINDEX, "sort");
    lua_pushvalue(lua, 2);
    lua_pushcfunction(lua, compare_keys);
    lua_call(lua, 2, 0);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_pair, 3);
    return 1;
}

/* The key that follows in that order. Slow for a walk, which pairs() is for. */
static int lib_next(lua_State *lua) {
    luaL_checkany(lua, 1);
    lua_settop(lua, 2);
    sandbox_push_shown(lua, 1);
    lua_replace(lua, 1);
    lua_pushnil(lua); /* 3: the best so far */
    lua_pushnil(lua);
    while (lua_next(lua, 1) != 0) {
        sandbox_spend(lua, 2);
        lua_pop(lua, 1);
        if (rank(lua, 4) == 3)
            return luaL_error(lua, "next: a key that is a %s has no order", luaL_typename(lua, 4));
        if ((lua_isnil(lua, 2) || key_less(lua, 2, 4)) &&
            (lua_isnil(lua, 3) || key_less(lua, 4, 3))) {
            lua_pushvalue(lua, 4);
            lua_replace(lua, 3);
        }
    }
    lua_settop(lua, 3);
    if (lua_isnil(lua, 3)) return 1;
    lua_pushvalue(lua, 3);
    lua_rawget(lua, 1);
    return 2;
}

/* ---- texts ---- */

/* A table or function has no text that is the same in the next run. */
static void push_text(lua_State *lua, int index) {
    int type = lua_type(lua, index);
    if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN || type == LUA_TNIL)
        luaL_tolstring(lua, index, NULL);
    else
        lua_pushstring(lua, lua_typename(lua, type));
}

static int lib_tostring(lua_State *lua) {
    luaL_checkany(lua, 1);
    push_text(lua, 1);
    return 1;
}

static int lib_rep(lua_State *lua) {
    size_t length, between;
    const char *text = luaL_checklstring(lua, 1, &length);
    lua_Integer times = luaL_checkinteger(lua, 2);
    const char *join = luaL_optlstring(lua, 3, "", &between);
    luaL_Buffer out;
    if (times <= 0 || length + between == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if ((size_t)times > TEXT_MAX / (length + between))
        return luaL_error(lua, "rep: a text of more than %d bytes", (int)TEXT_MAX);
    sandbox_spend(lua, times);
    luaL_buffinit(lua, &out);
    for (lua_Integer i = 0; i < times; i++) {
        if (i > 0) luaL_addlstring(&out, join, between);
        luaL_addlstring(&out, text, length);
    }
    luaL_pushresult(&out);
    return 1;
}

/* Plain text only: a pattern can take for ever. */
static int lib_find(lua_State *lua) {
    size_t length, wanted_length;
    const char *text = luaL_checklstring(lua, 1, &length);
    const char *wanted = luaL_checklstring(lua, 2, &wanted_length);
    lua_Integer from = luaL_optinteger(lua, 3, 1);
    if (from < 0) from = (lua_Integer)length + from + 1;
    if (from < 1) from = 1;
    sandbox_spend(lua, (int64_t)(length / 8));
    for (size_t at = (size_t)from - 1; wanted_length <= length && at <= length - wanted_length;
         at++) {
        sandbox_spend(lua, (int64_t)(wanted_length / 64));
        if (memcmp(text + at, wanted, wanted_length) != 0) continue;
        lua_pushinteger(lua, (lua_Integer)at + 1);
        lua_pushinteger(lua, (lua_Integer)(at + wanted_length));
        return 2;
    }
    lua_pushnil(lua);
    return 1;
}

/* string.format itself, with texts in place of what would show an address; %p, %a and %q are left
 * out. */
static int lib_format(lua_State *lua) {
    size_t length;
    const char *format = luaL_checklstring(lua, 1, &length);
    int top = lua_gettop(lua);
    sandbox_spend(lua, (int64_t)length);
    for (size_t i = 0; i < length; i++) {
        if (format[i] != '%') continue;
        if (format[i + 1] == '%') {
            i++;
            continue;
        }
        i += 1 + strspn(format + i + 1, "-+ #0123456789.");
        if (i >= length || strchr("cdeEfgGiosuxX", format[i]) == NULL)
            return luaL_error(lua, "format: '%%%c' is not available", format[i]);
    }
    for (int i = 2; i <= top; i++) {
        if (lua_type(lua, i) != LUA_TTABLE && lua_type(lua, i) != LUA_TFUNCTION) continue;
        push_text(lua, i);
        lua_replace(lua, i);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, top, 1);
    return 1;
}

/* ---- functions of Lua's whose loops are charged ---- */

static int charged(lua_State *lua) { /* upvalues: function, instructions an element, writes? */
    int64_t each = lua_tointeger(lua, lua_upvalueindex(2)), count = 1;
    if (lua_toboolean(lua, lua_upvalueindex(3)) && lua_type(lua, 1) == LUA_TTABLE &&
        lua_getmetatable(lua, 1)) /* only what is shown has one */
        return luaL_error(lua, "what is shown to a rule cannot be changed");
    if (lua_type(lua, 1) == LUA_TTABLE) count += luaL_len(lua, 1);
    if (lua_type(lua, 1) == LUA_TSTRING) count += (int64_t)lua_rawlen(lua, 1) / 64;
    sandbox_spend(lua, count < INT64_MAX / 64 ? count * each : INT64_MAX);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

/* From the library on top of the stack into the table below it: as it is (each 0), or charged. */
static void take(lua_State *lua, const char *name, int each) {
    static const char *const writing[] = {"insert", "remove", "sort"};
    lua_getfield(lua, -1, name);
    if (each > 0) {
        bool writes = false;
        for (size_t i = 0; i < sizeof writing / sizeof *writing; i++)
            writes = writes || strcmp(writing[i], name) == 0;
        lua_pushinteger(lua, each);
        lua_pushboolean(lua, writes);
        lua_pushcclosure(lua, charged, 3);
    }
    lua_setfield(lua, -3, name);
}

static void set_function(lua_State *lua, const char *name, lua_CFunction function) {
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, name);
}

static void open_math(lua_State *lua) {
    static const char *const names[] = {"abs",  "ceil",       "floor",      "fmod",
                                        "huge", "max",        "maxinteger", "min",
                                        "mininteger", "modf", "pi",         "sqrt",
                                        "tointeger",  "type", "ult",        NULL};
    lua_newtable(lua);
    lua_pushcfunction(lua, luaopen_math);
    lua_call(lua, 0, 1);
    for (size_t i = 0; names[i] != NULL; i++) take(lua, names[i], 0);
    lua_pop(lua, 1);
    sandbox_show(lua, "math");
}

static void open_table(lua_State *lua) {
    lua_newtable(lua);
    lua_pushcfunction(lua, luaopen_table);
    lua_call(lua, 0, 1);
    static const char *const names[] = {"concat", "insert", "remove", "unpack", NULL};
    for (size_t i = 0; names[i] != NULL; i++) take(lua, names[i], 1);
    take(lua, "sort", 16);
    lua_getfield(lua, -2, "sort");
    lua_setfield(lua, LUA_REGISTRYINDEX, "sort");
    lua_pop(lua, 1);
    sandbox_show(lua, "table");
}

static void open_string(lua_State *lua) {
    static const char *const names[] = {"byte", "char", "len", "lower", "reverse", "sub", "upper",
                                        NULL};
    lua_newtable(lua);
    lua_pushcfunction(lua, luaopen_string); /* gives texts a metatable; replaced below */
    lua_call(lua, 0, 1);
    for (size_t i = 0; names[i] != NULL; i++) take(lua, names[i], 1);
    lua_getfield(lua, -1, "format");
    lua_pushcclosure(lua, lib_format, 1);
    lua_setfield(lua, -3, "format");
    lua_pop(lua, 1);
    set_function(lua, "rep", lib_rep);
    set_function(lua, "find", lib_find);
    lua_pushliteral(lua, "");
    lua_newtable(lua);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
    lua_pop(lua, 1);
    sandbox_show(lua, "string");
}

const char sandbox_names = 0;

void sandbox_open_lib(lua_State *lua) {
    static const char *const names[] = {"assert", "error",    "ipairs", "pcall",
                                        "select", "tonumber", "type",   NULL};
    lua_newtable(lua); /* what every file sees */
    lua_pushcfunction(lua, luaopen_base);
    lua_call(lua, 0, 1);
    for (size_t i = 0; names[i] != NULL; i++) take(lua, names[i], 0);
    lua_pop(lua, 1);
    set_function(lua, "pairs", lib_pairs);
    set_function(lua, "next", lib_next);
    set_function(lua, "tostring", lib_tostring);
    open_math(lua);
    lua_setfield(lua, -2, "math");
    open_table(lua);
    lua_setfield(lua, -2, "table");
    open_string(lua);
    lua_setfield(lua, -2, "string");
    sandbox_show(lua, "a global");
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &sandbox_names);
    /* luaopen_base() has filled the state's own globals: nothing must find those. */
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}
