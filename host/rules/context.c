/* ctx: what a condition may ask. Every answer is remembered for `rule.fired`. */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "base/rfc3339.h"
#include "events/reflect.h"
#include "rules/push.h"
#include "rules/set.h"

#define DAY_S 86400
#define INDICATOR_BARS_MAX 1024

static struct ruleset *set_of(lua_State *lua) { return sandbox_of(lua)->owner; }

static const struct rules_world *world_of(lua_State *lua) {
    const struct ruleset *set = set_of(lua);
    if (set->world == NULL || set->running == NULL)
        luaL_error(lua, "ctx answers only while a condition or an action is evaluated");
    return set->world;
}

static void remember(lua_State *lua, const struct look *look) {
    struct looks *looks = &set_of(lua)->looks;
    if (looks->count < LOOKS_MAX) looks->items[looks->count++] = *look;
}

/* ---- arguments ---- */

/* A symbol, or nothing: the one the event is about. */
static uint32_t check_symbol(lua_State *lua, int arg) {
    const struct rules_world *world = world_of(lua);
    const struct ruleset *set = set_of(lua);
    if (lua_isnoneornil(lua, arg)) {
        uint32_t id = set->event->type == PAWL_EV_TIMER ? (uint32_t)set->event->cookie
                                                        : event_instrument(set->event);
        if (id == 0) luaL_error(lua, "a symbol is needed: the event has none");
        return id;
    }
    const char *symbol = luaL_checkstring(lua, arg);
    uint32_t id = world->instrument(world->arg, symbol);
    if (id == 0) luaL_error(lua, "unknown instrument \"%s\"", symbol);
    return id;
}

static uint8_t check_side(lua_State *lua, int arg) {
    if (lua_isnoneornil(lua, arg)) return 0;
    const char *side = luaL_checkstring(lua, arg);
    uint8_t value = reflect_enum_value(PAWL_ENUM_POSITION_SIDE, side, strlen(side));
    if (value == 0) luaL_error(lua, "a side is LONG or SHORT, not \"%s\"", side);
    return value;
}

/* ---- tables that are made once and filled anew ---- */

/* Pushes the table to fill, then the one to show (to a simple rule: the same). */
static void push_object(lua_State *lua, const char *what, lua_Integer key) {
    const struct ruleset *set = set_of(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, set->objects_ref);
    if (lua_rawgeti(lua, -1, key) == LUA_TNIL) {
        lua_pop(lua, 1);
        lua_newtable(lua);
        lua_newtable(lua); /* by which table.insert() knows that it is not the rule's */
        lua_setmetatable(lua, -2);
        sandbox_show(lua, what);
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, -3, key);
    }
    lua_remove(lua, -2);
    sandbox_push_shown(lua, -1);
    if (set->unveiled) {
        lua_replace(lua, -2);
        lua_pushvalue(lua, -1);
        return;
    }
    lua_insert(lua, -2);
}

static void set_e8(lua_State *lua, int table, const char *name, int64_t e8) {
    push_e8(lua, e8);
    lua_setfield(lua, table, name);
}

/* 0 is none. */
static void set_price(lua_State *lua, int table, const char *name, int64_t e8) {
    if (e8 != 0)
        push_e8(lua, e8);
    else
        lua_pushnil(lua);
    lua_setfield(lua, table, name);
}

static void set_seconds(lua_State *lua, int table, const char *name, int64_t from_ns,
                        int64_t to_ns) {
    if (from_ns != 0 && to_ns != 0)
        lua_pushnumber(lua, (double)(to_ns - from_ns) / 1e9);
    else
        lua_pushnil(lua);
    lua_setfield(lua, table, name);
}

enum { OBJECT_POSITION = 0, OBJECT_PRICE = 4, OBJECT_SESSION, OBJECTS_ = 8 };
#define OBJECT_KEY(instrument, what) ((lua_Integer)(instrument)*OBJECTS_ + (what))

/* ---- position, lots, price ---- */

static int ctx_position(lua_State *lua) {
    const struct rules_world *world = world_of(lua);
    struct rules_position now = {0};
    uint32_t instrument = check_symbol(lua, 1);
    uint8_t side = check_side(lua, 2);
    world->position(world->arg, instrument, side, &now);
    push_object(lua, "a position", OBJECT_KEY(instrument, OBJECT_POSITION + side));
    int table = lua_gettop(lua) - 1;
    push_enum(lua, set_of(lua), PAWL_ENUM_POSITION_SIDE, now.side);
    lua_setfield(lua, table, "side");
    lua_pushinteger(lua, now.lots);
    lua_setfield(lua, table, "lots");
    set_e8(lua, table, "quantity", now.quantity.e8);
    set_price(lua, table, "entry", now.entry.e8);
    set_e8(lua, table, "profit", now.profit.e8);
    set_e8(lua, table, "profit_pct", now.profit_pct.e8);
    set_e8(lua, table, "r", now.r.e8);
    lua_pushnumber(lua, now.since_ns != 0
                            ? (double)(world->now_ns(world->arg) - now.since_ns) / 1e9
                            : 0.0);
    lua_setfield(lua, table, "duration");
    int64_t signed_e8 = now.side == PAWL_POSITION_SIDE_SHORT ? -now.quantity.e8 : now.quantity.e8;
    remember(lua, &(struct look){.what = "position", .instrument = instrument, .e8 = signed_e8});
    if (now.side != 0)
        remember(lua, &(struct look){.what = "profit_pct", .instrument = instrument,
                                     .e8 = now.profit_pct.e8});
    return 1;
}

static void push_lot(lua_State *lua, const struct rules_lot *lot, int64_t now_ns) {
    lua_createtable(lua, 0, 11);
    int table = lua_gettop(lua);
    lua_pushinteger(lua, (lua_Integer)lot->id);
    lua_setfield(lua, table, "id");
    push_enum(lua, set_of(lua), PAWL_ENUM_POSITION_SIDE, lot->side);
    lua_setfield(lua, table, "side");
    set_e8(lua, table, "quantity", lot->quantity.e8);
    set_price(lua, table, "entry", lot->entry.e8);
    set_price(lua, table, "stop", lot->stop.e8);
    set_e8(lua, table, "profit", lot->profit.e8);
    set_e8(lua, table, "profit_pct", lot->profit_pct.e8);
    set_e8(lua, table, "r", lot->r.e8);
    set_seconds(lua, table, "duration", lot->since_ns, now_ns);
    lua_pushstring(lua, lot->ref);
    lua_setfield(lua, table, "ref");
    lua_pushstring(lua, lot->owner);
    lua_setfield(lua, table, "owner");
}

static int ctx_lots(lua_State *lua) {
    const struct rules_world *world = world_of(lua);
    uint32_t instrument = check_symbol(lua, 1);
    struct rules_lot lot = {0};
    lua_Integer count = 0;
    lua_newtable(lua);
    int list = lua_gettop(lua);
    while (world->lot_next(world->arg, instrument, lot.id, &lot)) {
        sandbox_spend(lua, 50);
        push_lot(lua, &lot, world->now_ns(world->arg));
        lua_rawseti(lua, list, ++count);
    }
    remember(lua, &(struct look){.what = "lots", .instrument = instrument,
                                 .e8 = (int64_t)count * PAWL_E8});
    return 1;
}

static int ctx_price(lua_State *lua) {
    const struct rules_world *world = world_of(lua);
    struct rules_price now = {0};
    uint32_t instrument = check_symbol(lua, 1);
    world->price(world->arg, instrument, &now);
    push_object(lua, "a price", OBJECT_KEY(instrument, OBJECT_PRICE));
    int table = lua_gettop(lua) - 1;
    set_price(lua, table, "bid", now.bid.e8);
    set_price(lua, table, "ask", now.ask.e8);
    set_price(lua, table, "last", now.last.e8);
    set_price(lua, table, "mark", now.mark.e8);
    set_seconds(lua, table, "age", now.time_ns, world->now_ns(world->arg));
    remember(lua, &(struct look){.what = "bid", .instrument = instrument, .e8 = now.bid.e8,
                                 .none = now.bid.e8 == 0});
    return 1;
}

/* ---- indicators and windows ---- */

static const char *const indicators[] = {NULL, "atr", "sma", "ema", "rsi", "volatility"};

static int ctx_indicator(lua_State *lua) { /* (symbol, n, seconds) */
    enum rules_indicator what = (enum rules_indicator)lua_tointeger(lua, lua_upvalueindex(1));
    const struct rules_world *world = world_of(lua);
    uint32_t instrument = check_symbol(lua, 1);
    lua_Integer n = luaL_checkinteger(lua, 2), seconds = luaL_checkinteger(lua, 3);
    int64_t e8 = 0;
    if (n < 1 || n > INDICATOR_BARS_MAX)
        return luaL_error(lua, "%s: bars must be from 1 to %d", indicators[what],
                          INDICATOR_BARS_MAX);
    if (seconds < 1 || seconds > (lua_Integer)PAWL_SERIES_SECONDS_MAX)
        return luaL_error(lua, "%s: seconds must be from 1 to %d", indicators[what],
                          (int)PAWL_SERIES_SECONDS_MAX);
    sandbox_spend(lua, 2 * n);
    int rc = world->indicator(world->arg, what, instrument, (uint32_t)n, (uint32_t)seconds, &e8);
    remember(lua, &(struct look){.what = indicators[what], .instrument = instrument,
                                 .n = (uint32_t)n, .seconds = (uint32_t)seconds, .e8 = e8,
                                 .none = rc != PAWL_OK});
    if (rc == PAWL_E_BUSY)
        return luaL_error(lua, "%s: bars of %d seconds are one series too many: name in `bars` "
                          "what is needed", indicators[what], (int)seconds);
    if (rc != PAWL_OK)
        lua_pushnil(lua);
    else
        push_e8(lua, e8);
    return 1;
}

static const struct rule_window_spec *find_window(lua_State *lua, const char *name) {
    const struct rule *rule = set_of(lua)->running;
    for (uint32_t i = 0; i < rule->window_count; i++)
        if (strcmp(rule->windows[i].name, name) == 0) return &rule->windows[i];
    luaL_error(lua, "the rule has no window \"%s\"", name);
    return NULL;
}

/* The side of the event, where it is one of those that are summed; else both. */
static uint8_t window_side(lua_State *lua, const struct rule_window_spec *spec) {
    const struct pawl_event *event = set_of(lua)->event;
    const struct schema_event *type = reflect_event(spec->event);
    if (lua_isnoneornil(lua, 3)) {
        if (event->type != spec->event) return 0;
        return *((const uint8_t *)event + reflect_field(type->fields, "side")->offset);
    }
    const char *side = luaL_checkstring(lua, 3);
    if (strcmp(side, "BOTH") == 0) return 0;
    uint8_t value = reflect_enum_value(reflect_field(type->fields, "side")->enum_id, side,
                                       strlen(side));
    if (value == 0) luaL_error(lua, "window: there is no side \"%s\"", side);
    return value;
}

static int ctx_window(lua_State *lua) { /* (name, symbol, side) */
    const struct rules_world *world = world_of(lua);
    const struct rule_window_spec *spec = find_window(lua, luaL_checkstring(lua, 1));
    struct rules_window window = {.instrument = check_symbol(lua, 2),
                                  .seconds = spec->seconds,
                                  .event = spec->event,
                                  .side = window_side(lua, spec),
                                  .of = spec->of};
    int64_t e8 = world->window(world->arg, &window);
    remember(lua, &(struct look){.what = spec->name, .instrument = window.instrument,
                                 .seconds = window.seconds, .e8 = e8});
    push_e8(lua, e8);
    return 1;
}

/* ---- time ---- */

static int ctx_session(lua_State *lua) {
    const struct rules_world *world = world_of(lua);
    struct pawl_session now = {0};
    uint32_t instrument = check_symbol(lua, 1);
    int64_t now_ns = world->now_ns(world->arg);
    world->session(world->arg, instrument, &now);
    push_object(lua, "a session", OBJECT_KEY(instrument, OBJECT_SESSION));
    int table = lua_gettop(lua) - 1;
    lua_pushboolean(lua, now.open != 0);
    lua_setfield(lua, table, "open");
    push_time(lua, now.opened_at);
    lua_setfield(lua, table, "opened_at");
    push_time(lua, now.closes_at);
    lua_setfield(lua, table, "closes_at");
    push_time(lua, now.opens_at);
    lua_setfield(lua, table, "opens_at");
    set_seconds(lua, table, "closes_in", now_ns, now.closes_at);
    set_seconds(lua, table, "opens_in", now_ns, now.opens_at);
    remember(lua, &(struct look){.what = "session_open", .instrument = instrument,
                                 .e8 = now.open != 0 ? PAWL_E8 : 0});
    return 1;
}

/* Local seconds since 1970 in the rule's zone, or in UTC. No file is read for it: the zone was,
 * when the rule was loaded. */
static int64_t local_s(lua_State *lua, int arg) {
    const struct rules_world *world = world_of(lua);
    const struct rule *rule = set_of(lua)->running;
    int64_t now_ns = world->now_ns(world->arg);
    const char *zone = luaL_optstring(lua, arg, rule->zone_name);
    bool is_utc = zone[0] == '\0' || strcmp(zone, "UTC") == 0;
    if (!is_utc && (rule->zone == NULL || strcmp(zone, rule->zone_name) != 0))
        luaL_error(lua, "\"%s\" is not the zone of the rule; say zone = \"%s\" in it", zone, zone);
    if (!is_utc) now_ns += tz_offset_ns(rule->zone, now_ns);
    return now_ns / PAWL_NS;
}

static int ctx_hour(lua_State *lua) {
    lua_pushinteger(lua, local_s(lua, 1) % DAY_S / 3600);
    return 1;
}

static int ctx_minute(lua_State *lua) {
    lua_pushinteger(lua, local_s(lua, 1) % 3600 / 60);
    return 1;
}

static int ctx_weekday(lua_State *lua) { /* 1 = Monday; 1970-01-01 was a Thursday */
    lua_pushinteger(lua, (local_s(lua, 1) / DAY_S + 3) % 7 + 1);
    return 1;
}

static int ctx_date(lua_State *lua) {
    char text[RFC3339_SIZE];
    rfc3339_format(local_s(lua, 1) * PAWL_NS, 0, text);
    lua_pushlstring(lua, text, 10);
    return 1;
}

static int64_t check_clock(lua_State *lua, int arg) {
    const char *text = luaL_checkstring(lua, arg);
    unsigned hour = 0, minute = 0;
    int end = 0;
    if (sscanf(text, "%2u:%2u%n", &hour, &minute, &end) != 2 || text[end] != '\0' || end != 5 ||
        hour > 24 || minute > 59)
        luaL_error(lua, "a time of day such as \"09:30\" is needed, not \"%s\"", text);
    return (int64_t)(hour * 60 + minute) * 60;
}

static int ctx_between(lua_State *lua) { /* (from, to, zone): from counts, to does not */
    int64_t from = check_clock(lua, 1), to = check_clock(lua, 2), now = local_s(lua, 3) % DAY_S;
    bool inside = from <= to ? now >= from && now < to : now >= from || now < to;
    lua_pushboolean(lua, inside);
    return 1;
}

/* ---- the table itself ---- */

static int make_name(lua_State *lua) { /* (table, name): what no table holds */
    const struct rules_world *world = world_of(lua);
    const char *name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?";
    if (strcmp(name, "now") == 0) {
        lua_pushnumber(lua, (double)world->now_ns(world->arg) / 1e9);
        return 1;
    }
    return luaL_error(lua, "ctx has no \"%s\"; it has position, lots, price, atr, sma, ema, rsi, "
                           "volatility, window, session, now, hour, minute, weekday, date, "
                           "between, args", name);
}

void context_open(lua_State *lua) {
    static const luaL_Reg functions[] = {
        {"position", ctx_position}, {"lots", ctx_lots},       {"price", ctx_price},
        {"window", ctx_window},     {"session", ctx_session}, {"hour", ctx_hour},
        {"minute", ctx_minute},     {"weekday", ctx_weekday}, {"date", ctx_date},
        {"between", ctx_between},   {NULL, NULL}};
    lua_newtable(lua);
    luaL_setfuncs(lua, functions, 0);
    for (int what = RULES_ATR; what <= RULES_VOLATILITY; what++) {
        lua_pushinteger(lua, what);
        lua_pushcclosure(lua, ctx_indicator, 1);
        lua_setfield(lua, -2, indicators[what]);
    }
    lua_newtable(lua);
    lua_pushcfunction(lua, make_name);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    set_of(lua)->shared_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_newtable(lua);
    set_of(lua)->objects_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_newtable(lua);
    set_of(lua)->texts_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
}

void context_make(lua_State *lua) { /* args; gives the table itself and the one to show */
    lua_createtable(lua, 0, 1);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "args");
    lua_createtable(lua, 0, 1);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, set_of(lua)->shared_ref);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_pushvalue(lua, -1);
    lua_insert(lua, -2);
    sandbox_show(lua, "ctx");
}
