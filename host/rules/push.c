#include "rules/push.h"

#include <jansson.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events/reflect.h"
#include "rules/set.h"

#define JSON_DEPTH_MAX 16
#define SPARSE_FROM 67108864.0 /* 2^26: from here doubles are farther apart than 1e-8 */

void push_time(lua_State *lua, int64_t time_ns) {
    if (time_ns == 0)
        lua_pushnil(lua);
    else
        lua_pushnumber(lua, (double)time_ns / 1e9);
}

/* Texts that were shown once are kept in arrays, so that showing them again takes no memory. */
static bool push_kept(lua_State *lua, const struct ruleset *set, lua_Integer key) {
    lua_rawgeti(lua, LUA_REGISTRYINDEX, set->texts_ref);
    bool there = lua_rawgeti(lua, -1, key) == LUA_TSTRING;
    lua_remove(lua, -2);
    if (!there) lua_pop(lua, 1);
    return there;
}

static void keep(lua_State *lua, const struct ruleset *set, lua_Integer key, const char *text) {
    lua_pushstring(lua, text);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, set->texts_ref);
    lua_pushvalue(lua, -2);
    lua_rawseti(lua, -2, key);
    lua_pop(lua, 1);
}

#define SYMBOL_KEY(id) ((lua_Integer)(id))
#define ENUM_KEY(id, value) (-1 - ((lua_Integer)(id)*256 + (value)))

void push_symbol(lua_State *lua, struct ruleset *set, uint32_t instrument) {
    if (instrument == 0) {
        lua_pushnil(lua);
        return;
    }
    if (push_kept(lua, set, SYMBOL_KEY(instrument))) return;
    const struct rules_world *world = set->world;
    keep(lua, set, SYMBOL_KEY(instrument),
         world != NULL ? world->symbol(world->arg, instrument) : "");
}

void push_enum(lua_State *lua, struct ruleset *set, uint16_t enum_id, uint8_t value) {
    const char *text = reflect_enum_text(enum_id, value);
    if (text[0] == '\0')
        lua_pushnil(lua);
    else if (!push_kept(lua, set, ENUM_KEY(enum_id, value)))
        keep(lua, set, ENUM_KEY(enum_id, value), text);
}

static void push_json(lua_State *lua, const json_t *value, int depth) {
    const char *key;
    json_t *member;
    size_t i;
    luaL_checkstack(lua, 4, "JSON");
    if (depth > JSON_DEPTH_MAX) luaL_error(lua, "JSON is nested too deep");
    switch (json_typeof(value)) {
    case JSON_STRING:
        lua_pushlstring(lua, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER: lua_pushinteger(lua, (lua_Integer)json_integer_value(value)); break;
    case JSON_REAL: lua_pushnumber(lua, json_real_value(value)); break;
    case JSON_TRUE:
    case JSON_FALSE: lua_pushboolean(lua, json_is_true(value)); break;
    case JSON_NULL: lua_pushnil(lua); break;
    case JSON_ARRAY:
        lua_newtable(lua);
        json_array_foreach(value, i, member) {
            push_json(lua, member, depth + 1);
            lua_rawseti(lua, -2, (lua_Integer)i + 1);
        }
        break;
    case JSON_OBJECT:
        lua_newtable(lua);
        json_object_foreach((json_t *)(uintptr_t)value, key, member) {
            push_json(lua, member, depth + 1);
            lua_setfield(lua, -2, key);
        }
        break;
    }
}

/* The parsed value hangs in *hold until all of it is pushed: pushing may raise. */
static int push_held_json(lua_State *lua) {
    push_json(lua, lua_touserdata(lua, 1), 0);
    return 1;
}

static void push_json_text(lua_State *lua, const char *text, size_t length) {
    json_t *value = length > 0 ? json_loadb(text, length, JSON_DECODE_ANY, NULL) : NULL;
    if (value == NULL) {
        lua_pushnil(lua);
        return;
    }
    lua_pushcfunction(lua, push_held_json);
    lua_pushlightuserdata(lua, value);
    int status = lua_pcall(lua, 1, 1, 0);
    json_decref(value);
    if (status != LUA_OK) lua_error(lua);
}

static void push_text(lua_State *lua, const struct pawl_event *event, const struct pawl_field *f) {
    struct pawl_text text;
    memcpy(&text, (const char *)event + f->offset, sizeof text);
    if (text.off > event->size || text.len > event->size - text.off) text = (struct pawl_text){0};
    if (f->kind == PAWL_F_JSON)
        push_json_text(lua, (const char *)event + text.off, text.len);
    else
        lua_pushlstring(lua, (const char *)event + text.off, text.len);
}

/* Amounts and plain numbers; false = something else. */
static bool push_number(lua_State *lua, const void *at, const struct pawl_field *f) {
    int64_t wide = 0;
    int32_t narrow;
    switch (f->kind) {
    case PAWL_F_PRICE:
    case PAWL_F_QTY:
    case PAWL_F_MONEY:
    case PAWL_F_RATIO:
        memcpy(&wide, at, sizeof wide);
        push_e8(lua, wide);
        return true;
    case PAWL_F_I32:
        memcpy(&narrow, at, sizeof narrow);
        lua_pushinteger(lua, narrow);
        return true;
    case PAWL_F_U8:
    case PAWL_F_U16:
    case PAWL_F_U32:
    case PAWL_F_U64:
    case PAWL_F_I64:
        memcpy(&wide, at, f->size); /* le64: PAWL_ABI_SHAPE */
        lua_pushinteger(lua, wide);
        return true;
    default: return false;
    }
}

static uint32_t id_at(const void *at) {
    uint32_t id;
    memcpy(&id, at, sizeof id);
    return id;
}

static void push_name(lua_State *lua, struct ruleset *set, uint32_t id, uint16_t kind) {
    const struct rules_world *world = set->world;
    const char *text = "";
    if (id != 0 && world != NULL)
        text = kind == PAWL_F_ACCOUNT ? world->account(world->arg, id)
                                      : world->component(world->arg, id);
    if (text[0] == '\0')
        lua_pushnil(lua);
    else
        lua_pushstring(lua, text);
}

void push_field(lua_State *lua, struct ruleset *set, const struct pawl_event *event,
                const struct pawl_field *f) {
    const char *at = (const char *)event + f->offset;
    int64_t time_ns;
    if (push_number(lua, at, f)) return;
    switch (f->kind) {
    case PAWL_F_TIME:
        memcpy(&time_ns, at, sizeof time_ns);
        push_time(lua, time_ns);
        break;
    case PAWL_F_INSTRUMENT: push_symbol(lua, set, id_at(at)); break;
    case PAWL_F_ACCOUNT:
    case PAWL_F_COMPONENT: push_name(lua, set, id_at(at), f->kind); break;
    case PAWL_F_OID:
    case PAWL_F_STR: lua_pushlstring(lua, at, strnlen(at, f->size)); break;
    case PAWL_F_ENUM: push_enum(lua, set, f->enum_id, *(const uint8_t *)at); break;
    case PAWL_F_TEXT:
    case PAWL_F_JSON: push_text(lua, event, f); break;
    default: lua_pushnil(lua); break;
    }
}

/* A field that was nil needs room in its table again: that takes memory. */
bool push_quickly(lua_State *lua, struct ruleset *set, const struct pawl_event *event,
                  const void *last, const struct pawl_field *f) {
    const char *at = (const char *)event + f->offset, *before = (const char *)last + f->offset;
    if (push_number(lua, at, f)) return true;
    if (f->kind == PAWL_F_INSTRUMENT && id_at(at) != 0 && id_at(before) != 0)
        return push_kept(lua, set, SYMBOL_KEY(id_at(at)));
    if (f->kind == PAWL_F_ENUM && *at != 0 && *before != 0)
        return push_kept(lua, set, ENUM_KEY(f->enum_id, *(const uint8_t *)at));
    return false;
}

int amount_from_lua(double number, int64_t *ret_e8) {
    char text[64];
    if (!isfinite(number)) return PAWL_E_DATA;
    if (number > 1e11 || number < -1e11) return PAWL_E_RANGE;
    int length = snprintf(text, sizeof text, "%.8f", number); /* exact, then rounded once */
    if (fabs(number) >= SPARSE_FROM) { /* a decimal of 15 digits is that decimal all the same */
        char short_text[32];
        int short_length = snprintf(short_text, sizeof short_text, "%.15g", number);
        if (strtod(short_text, NULL) == number &&
            pawl_parse_e8(short_text, (size_t)short_length, ret_e8) == PAWL_OK)
            return PAWL_OK;
    }
    return pawl_parse_e8(text, (size_t)length, ret_e8);
}
