#include "rules/test_api.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "base/rfc3339.h"
#include "book/report.h"
#include "events/reflect.h"
#include "events/timefmt.h"
#include "pawl_num.h"
#include "rules/lua_json.h"
#include "rules/push.h"

static struct test_run *run_of(lua_State *lua) { return sandbox_of(lua)->owner; }
static struct test_world *world_of(lua_State *lua) {
    if (run_of(lua)->world == NULL) luaL_error(lua, "t works inside of a test only");
    return run_of(lua)->world;
}

/* ---- values ---- */

static int64_t check_amount(lua_State *lua, int index, const char *what) {
    int64_t e8 = 0;
    if (!lua_isnumber(lua, index) || amount_from_lua(lua_tonumber(lua, index), &e8) != PAWL_OK)
        luaL_error(lua, "%s must be a number", what);
    return e8;
}

/* Of the table at `table`; 0 = absent. */
static int64_t amount_of(lua_State *lua, int table, const char *key) {
    int64_t e8 = 0;
    if (lua_getfield(lua, table, key) != LUA_TNIL) e8 = check_amount(lua, -1, key);
    lua_pop(lua, 1);
    return e8;
}

static void text_of(lua_State *lua, int table, const char *key, char *out, size_t size) {
    out[0] = '\0';
    if (lua_getfield(lua, table, key) == LUA_TSTRING)
        snprintf(out, size, "%s", lua_tostring(lua, -1));
    lua_pop(lua, 1);
}

static void only_keys(lua_State *lua, int table, const char *const *keys) {
    lua_pushnil(lua);
    while (lua_next(lua, table) != 0) {
        const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "?";
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0) i++;
        if (keys[i] == NULL) luaL_error(lua, "there is no \"%s\" to set", key);
        lua_pop(lua, 1);
    }
}

static struct test_instrument *check_instrument(lua_State *lua, int arg, uint32_t *ret_id) {
    struct test_world *world = world_of(lua);
    struct event_decode decode;
    test_world_decode(world->names, &decode);
    uint32_t id = decode.instrument(decode.self, luaL_checkstring(lua, arg));
    if (id == 0) luaL_error(lua, "more than %d symbols", (int)TEST_INSTRUMENTS_MAX);
    if (ret_id != NULL) *ret_id = id;
    return &world->instruments[id];
}

/* ---- the world ---- */

static uint8_t side_of(lua_State *lua, int table) {
    char text[16];
    text_of(lua, table, "side", text, sizeof text);
    uint8_t side = reflect_enum_value(PAWL_ENUM_POSITION_SIDE, text, strlen(text));
    if (side == 0) luaL_error(lua, "side must be LONG or SHORT");
    return side;
}

static int64_t since(lua_State *lua, int table) {
    return world_of(lua)->now_ns - amount_of(lua, table, "duration") * (PAWL_NS / PAWL_E8);
}

static int t_position(lua_State *lua) { /* (symbol, table or nil) */
    static const char *const keys[] = {"side", "quantity", "entry", "profit", "profit_pct",
                                       "r", "duration", "lots", NULL};
    struct test_instrument *of = check_instrument(lua, 1, NULL);
    memset(&of->position, 0, sizeof of->position);
    if (lua_isnoneornil(lua, 2)) return 0;
    luaL_checktype(lua, 2, LUA_TTABLE);
    only_keys(lua, 2, keys);
    of->position = (struct rules_position){.side = side_of(lua, 2),
                                           .lots = 1,
                                           .quantity = {amount_of(lua, 2, "quantity")},
                                           .entry = {amount_of(lua, 2, "entry")},
                                           .profit = {amount_of(lua, 2, "profit")},
                                           .profit_pct = {amount_of(lua, 2, "profit_pct")},
                                           .r = {amount_of(lua, 2, "r")},
                                           .since_ns = since(lua, 2)};
    int64_t lots = amount_of(lua, 2, "lots") / PAWL_E8;
    if (lots > 0) of->position.lots = (uint32_t)lots;
    return 0;
}

static int t_lot(lua_State *lua) { /* (symbol, table) */
    static const char *const keys[] = {"side", "quantity", "entry", "stop", "profit", "profit_pct",
                                       "r", "duration", "ref", "owner", NULL};
    struct test_instrument *of = check_instrument(lua, 1, NULL);
    luaL_checktype(lua, 2, LUA_TTABLE);
    only_keys(lua, 2, keys);
    if (of->lot_count == TEST_LOTS_MAX) return luaL_error(lua, "too many lots");
    uint32_t n = of->lot_count++;
    text_of(lua, 2, "ref", of->refs[n], sizeof of->refs[n]);
    text_of(lua, 2, "owner", of->owners[n], sizeof of->owners[n]);
    of->lots[n] = (struct rules_lot){.id = n + 1,
                                     .side = side_of(lua, 2),
                                     .quantity = {amount_of(lua, 2, "quantity")},
                                     .entry = {amount_of(lua, 2, "entry")},
                                     .stop = {amount_of(lua, 2, "stop")},
                                     .profit = {amount_of(lua, 2, "profit")},
                                     .profit_pct = {amount_of(lua, 2, "profit_pct")},
                                     .r = {amount_of(lua, 2, "r")},
                                     .since_ns = since(lua, 2),
                                     .ref = of->refs[n],
                                     .owner = of->owners[n]};
    return 0;
}

static int t_price(lua_State *lua) { /* (symbol, table) */
    static const char *const keys[] = {"bid", "ask", "last", "mark", NULL};
    struct test_instrument *of = check_instrument(lua, 1, NULL);
    luaL_checktype(lua, 2, LUA_TTABLE);
    only_keys(lua, 2, keys);
    of->price = (struct rules_price){.bid = {amount_of(lua, 2, "bid")},
                                     .ask = {amount_of(lua, 2, "ask")},
                                     .last = {amount_of(lua, 2, "last")},
                                     .mark = {amount_of(lua, 2, "mark")},
                                     .time_ns = world_of(lua)->now_ns};
    return 0;
}

static int t_indicator(lua_State *lua) { /* (symbol, n, seconds, value) */
    struct test_world *world = world_of(lua);
    uint32_t id;
    check_instrument(lua, 1, &id);
    if (world->value_count == TEST_VALUES_MAX) return luaL_error(lua, "too many values");
    world->values[world->value_count++] =
        (struct test_value){.what = (enum rules_indicator)lua_tointeger(lua, lua_upvalueindex(1)),
                            .instrument = id,
                            .n = (uint32_t)luaL_checkinteger(lua, 2),
                            .seconds = (uint32_t)luaL_checkinteger(lua, 3),
                            .e8 = check_amount(lua, 4, "the value")};
    return 0;
}

static int64_t from_now(lua_State *lua, int table, const char *key) {
    int64_t e8 = amount_of(lua, table, key);
    return e8 == 0 ? 0 : world_of(lua)->now_ns + e8 * (PAWL_NS / PAWL_E8);
}

static int t_session(lua_State *lua) { /* (symbol, { open, closes_in, opens_in }) */
    static const char *const keys[] = {"open", "closes_in", "opens_in", NULL};
    struct test_instrument *of = check_instrument(lua, 1, NULL);
    luaL_checktype(lua, 2, LUA_TTABLE);
    only_keys(lua, 2, keys);
    lua_getfield(lua, 2, "open");
    of->session = (struct pawl_session){.open = lua_toboolean(lua, -1) ? 1 : 0,
                                        .closes_at = from_now(lua, 2, "closes_in"),
                                        .opens_at = from_now(lua, 2, "opens_in")};
    return 0;
}

static int t_ignore(lua_State *lua) { /* (true or false): requests come to nothing */
    world_of(lua)->ignored = lua_toboolean(lua, 1);
    return 0;
}

/* ---- time ---- */

static int t_at(lua_State *lua) {
    size_t length;
    int64_t time_ns;
    const char *text = luaL_checklstring(lua, 1, &length);
    if (rfc3339_parse(text, length, &time_ns) != PAWL_OK)
        return luaL_error(lua, "a time such as \"2026-01-05T09:30:00Z\" is needed");
    if (time_ns < world_of(lua)->now_ns) return luaL_error(lua, "the clock only moves on");
    test_world_advance(world_of(lua), time_ns);
    return 0;
}

static int t_advance(lua_State *lua) {
    size_t length;
    int64_t span_ns;
    const char *text = luaL_checklstring(lua, 1, &length);
    if (timefmt_parse_duration(text, length, &span_ns) != PAWL_OK)
        return luaL_error(lua, "a duration such as \"3m\" is needed");
    test_world_advance(world_of(lua), world_of(lua)->now_ns + span_ns);
    return 0;
}

/* ---- events ---- */

/* A state event by its fields: only requests and market data come in as JSON. */
static void fill_field(lua_State *lua, struct pawl_event *event, const struct pawl_field *f,
                       struct names *names) {
    char *at = (char *)event + f->offset;
    struct event_decode decode;
    int64_t wide;
    size_t length = 0;
    const char *text = lua_type(lua, -1) == LUA_TSTRING ? lua_tolstring(lua, -1, &length) : "";
    test_world_decode(names, &decode);
    switch (f->kind) {
    case PAWL_F_PRICE:
    case PAWL_F_QTY:
    case PAWL_F_MONEY:
    case PAWL_F_RATIO:
        wide = check_amount(lua, -1, f->name);
        memcpy(at, &wide, sizeof wide);
        break;
    case PAWL_F_INSTRUMENT:
    case PAWL_F_ACCOUNT:
    case PAWL_F_COMPONENT: {
        uint32_t id = f->kind == PAWL_F_INSTRUMENT ? decode.instrument(names, text)
                      : f->kind == PAWL_F_ACCOUNT  ? decode.account(names, text)
                                                   : decode.component(names, text);
        memcpy(at, &id, sizeof id);
        break;
    }
    case PAWL_F_ENUM: *at = (char)reflect_enum_value(f->enum_id, text, length); break;
    case PAWL_F_OID:
    case PAWL_F_STR: text_copy(at, f->size, text); break;
    case PAWL_F_TIME: {
        lua_Number seconds = lua_tonumber(lua, -1);
        wide = (int64_t)(seconds * 1e9);
        memcpy(at, &wide, sizeof wide);
        break;
    }
    case PAWL_F_TEXT:
    case PAWL_F_JSON:
    case PAWL_F_PAD: break;
    default:
        wide = (int64_t)lua_tointeger(lua, -1);
        memcpy(at, &wide, f->size);
        break;
    }
}

static void fill_state(lua_State *lua, int table, const struct schema_event *type,
                       struct pawl_event *event, struct names *names) {
    memset(event, 0, type->size);
    event->size = type->size;
    event->type = type->id;
    lua_pushnil(lua);
    while (lua_next(lua, table) != 0) {
        const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "?";
        const struct pawl_field *f =
            reflect_field(type->fields, strcmp(key, "symbol") == 0 ? "instrument" : key);
        if (f != NULL)
            fill_field(lua, event, f, names);
        else if (strcmp(key, "type") != 0)
            luaL_error(lua, "%s has no field \"%s\"", type->name, key);
        lua_pop(lua, 1);
    }
}

struct feeding { /* an event from outside, through JSON, as outside of a test */
    json_t *object, *hold;
    int table;
};

static int fill_feeding(lua_State *lua) {
    struct feeding *feeding = lua_touserdata(lua, 2);
    struct lua_json json = {.lua = lua, .hold = feeding->hold};
    lua_json_fill(&json, 1, feeding->object, NULL, 0);
    return 0;
}

static void decode_input(lua_State *lua, int table, void *buffer, struct pawl_err *err) {
    struct test_world *world = world_of(lua);
    struct feeding feeding = {json_object(), json_array(), table};
    struct event_decode decode;
    test_world_decode(world->names, &decode);
    decode.now_ns = world->now_ns;
    lua_pushcfunction(lua, fill_feeding);
    lua_pushvalue(lua, table);
    lua_pushlightuserdata(lua, &feeding);
    if (feeding.object == NULL || feeding.hold == NULL || lua_pcall(lua, 2, 0, 0) != LUA_OK)
        snprintf(err->text, sizeof err->text, "%s",
                 feeding.hold != NULL ? lua_tostring(lua, -1) : "not enough memory");
    else
        (void)event_from_json(feeding.object, &decode, buffer, PAWL_EVENT_SIZE_MAX, err);
    json_decref(feeding.object);
    json_decref(feeding.hold);
}

static int t_feed(lua_State *lua) { /* (event) */
    union {
        struct pawl_event head;
        uint64_t bytes[PAWL_EVENT_SIZE_MAX / 8];
    } event;
    char name[48];
    struct pawl_err err = {0};
    luaL_checktype(lua, 1, LUA_TTABLE);
    text_of(lua, 1, "type", name, sizeof name);
    const struct schema_event *type = reflect_event_named(name);
    if (type == NULL) return luaL_error(lua, "there is no event \"%s\"", name);
    if (type->dir == SCHEMA_STATE)
        fill_state(lua, 1, type, &event.head, world_of(lua)->names);
    else
        decode_input(lua, 1, &event, &err);
    if (err.text[0] != '\0') return luaL_error(lua, "%s", err.text);
    test_world_feed(world_of(lua), &event.head);
    return 0;
}

/* ---- what must have come of it ---- */

/* What did happen, for messages. */
static const char *push_happened(lua_State *lua) {
    const struct test_world *world = world_of(lua);
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    for (uint32_t i = 0; i < world->asked_count; i++) {
        const struct test_asked *asked = &world->asked[i];
        bool more = asked->reason[0] != '\0' || asked->json[0] != '\0';
        lua_pushfstring(lua, "%s%s: %s%s%s%s", i > 0 ? "; " : "", asked->rule, asked->what,
                        more ? " " : "", asked->reason, asked->json);
        luaL_addvalue(&out);
    }
    if (world->asked_count == 0) luaL_addstring(&out, "nothing happened");
    luaL_pushresult(&out);
    return lua_tostring(lua, -1);
}

static bool same_json(const json_t *expected, const json_t *found) {
    const char *key;
    json_t *value;
    if (json_is_object(expected)) {
        json_object_foreach((json_t *)(uintptr_t)expected, key, value)
            if (!same_json(value, json_object_get(found, key))) return false;
        return json_is_object(found);
    }
    char text[32] = "";
    int64_t want, have;
    if (json_is_integer(expected))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(expected));
    const char *left = json_is_string(expected) ? json_string_value(expected) : text;
    const char *right = json_is_string(found) ? json_string_value(found) : NULL;
    if (right == NULL || left[0] == '\0') return json_equal(expected, found);
    if (strcmp(left, right) == 0) return true;
    return pawl_parse_e8(left, strlen(left), &want) == PAWL_OK &&
           pawl_parse_e8(right, strlen(right), &have) == PAWL_OK && want == have;
}

/* Is there a request of the rule with these keys? */
static bool asked_for(const struct test_world *world, const char *rule, json_t *expected) {
    const json_t *what = json_object_get(expected, "do");
    bool found = false;
    for (uint32_t i = 0; i < world->asked_count && !found; i++) {
        const struct test_asked *asked = &world->asked[i];
        if (strcmp(asked->rule, rule) != 0 || strcmp(asked->what, "fired") == 0) continue;
        if (what != NULL && strcmp(json_string_value(what), asked->what) != 0) continue;
        json_t *object = asked->json[0] != '\0'
                             ? json_loads(asked->json, 0, NULL)
                             : json_pack("{s:s}", "message", asked->reason);
        found = true;
        const char *key;
        json_t *value;
        json_object_foreach(expected, key, value)
            if (strcmp(key, "do") != 0 && !same_json(value, json_object_get(object, key)))
                found = false;
        json_decref(object);
    }
    return found;
}

static const struct test_asked *find(const struct test_world *world, const char *rule,
                                     const char *what) {
    for (uint32_t i = 0; i < world->asked_count; i++)
        if ((rule == NULL || strcmp(world->asked[i].rule, rule) == 0) &&
            strcmp(world->asked[i].what, what) == 0)
            return &world->asked[i];
    return NULL;
}

static int t_fired(lua_State *lua) { /* (id, action or nil, reason or nil) */
    const struct test_world *world = world_of(lua);
    const char *rule = luaL_checkstring(lua, 1);
    const struct test_asked *fired = find(world, rule, "fired");
    lua_settop(lua, 3);
    if (fired == NULL)
        return luaL_error(lua, "%s did not fire: %s", rule, push_happened(lua));
    if (lua_type(lua, 3) == LUA_TSTRING && strstr(fired->reason, lua_tostring(lua, 3)) == NULL)
        return luaL_error(lua, "%s fired because \"%s\"", rule, fired->reason);
    if (lua_isnil(lua, 2)) return 0;
    luaL_checktype(lua, 2, LUA_TTABLE);
    struct feeding expected = {json_object(), json_array(), 2};
    lua_pushcfunction(lua, fill_feeding);
    lua_pushvalue(lua, 2);
    lua_pushlightuserdata(lua, &expected);
    bool read = lua_pcall(lua, 2, 0, 0) == LUA_OK;
    bool ok = read && asked_for(world, rule, expected.object);
    json_decref(expected.object);
    json_decref(expected.hold);
    if (!read) return lua_error(lua);
    if (!ok) return luaL_error(lua, "%s did not ask for that: %s", rule, push_happened(lua));
    return 0;
}

static int t_not_fired(lua_State *lua) { /* (id or nil: none at all) */
    const char *rule = luaL_optstring(lua, 1, NULL);
    const struct test_world *world = world_of(lua);
    const struct test_asked *failed = find(world, rule, "failed");
    if (failed != NULL) return luaL_error(lua, "%s failed: %s", failed->rule, failed->reason);
    if (find(world, rule, "fired") != NULL)
        return luaL_error(lua, "it fired: %s", push_happened(lua));
    return 0;
}

static int t_failed(lua_State *lua) { /* (id, part of the message) */
    const char *rule = luaL_checkstring(lua, 1), *part = luaL_optstring(lua, 2, "");
    const struct test_asked *failed = find(world_of(lua), rule, "failed");
    if (failed == NULL) return luaL_error(lua, "%s did not fail: %s", rule, push_happened(lua));
    if (strstr(failed->reason, part) == NULL)
        return luaL_error(lua, "%s failed with \"%s\"", rule, failed->reason);
    return 0;
}

static int add_test(lua_State *lua) { /* test(name, function) */
    struct test_run *run = run_of(lua);
    luaL_checkstring(lua, 1);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    if (run->count == TESTS_MAX) return luaL_error(lua, "more than %d tests", (int)TESTS_MAX);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->tests_ref);
    lua_insert(lua, 1);
    lua_rawseti(lua, 1, 2 * (lua_Integer)run->count + 2);
    lua_rawseti(lua, 1, 2 * (lua_Integer)run->count + 1);
    run->count++;
    return 0;
}

void test_api_open(lua_State *lua) {
    static const char *const indicators[] = {NULL, "atr", "sma", "ema", "rsi", "volatility"};
    static const luaL_Reg functions[] = {
        {"position", t_position}, {"lot", t_lot},     {"price", t_price},
        {"session", t_session},   {"at", t_at},       {"advance", t_advance},
        {"feed", t_feed},         {"fired", t_fired}, {"not_fired", t_not_fired},
        {"failed", t_failed},     {"ignore", t_ignore}, {NULL, NULL}};
    struct test_run *run = run_of(lua);
    lua_newtable(lua);
    luaL_setfuncs(lua, functions, 0);
    for (int what = RULES_ATR; what <= RULES_VOLATILITY; what++) {
        lua_pushinteger(lua, what);
        lua_pushcclosure(lua, t_indicator, 1);
        lua_setfield(lua, -2, indicators[what]);
    }
    sandbox_show(lua, "t");
    run->api_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_newtable(lua);
    run->tests_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &sandbox_names);
    sandbox_push_shown(lua, -1);
    lua_pushcfunction(lua, add_test);
    lua_setfield(lua, -2, "test");
}
