/* One table of a rule file becomes a rule, or faults with file and line. */
#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "config/report.h"
#include "events/reflect.h"
#include "events/timefmt.h"
#include "rules/action.h"
#include "rules/purity.h"
#include "rules/set.h"
#include "series/series.h"

#define DAY_NS (86400 * PAWL_NS)
#define ARGS_DEPTH_MAX 16

struct spec { /* being read */
    struct ruleset *set;
    lua_State *lua;
    int table;
    struct rule *rule;
};

static void fault(const struct spec *spec, const char *format, ...) PAWL_PRINTF(2, 3);
static void fault(const struct spec *spec, const char *format, ...) {
    const struct rule_file *file = &spec->set->files[spec->rule->file];
    char where[RULES_PATH_MAX + 32], text[CONFIG_ERROR_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(where, sizeof where, "%s:%u", file->path, spec->rule->line);
    config_errors_add(spec->set->errors, where, NULL, "rule %s: %s",
                      spec->rule->id[0] != '\0' ? spec->rule->id : "without id", text);
}

/* ---- values ---- */

/* The value of a key on the stack; its type. */
static int get(const struct spec *spec, const char *key) {
    lua_pushstring(spec->lua, key);
    return lua_rawget(spec->lua, spec->table);
}

/* A text into out; false = absent, or told as a fault. */
static bool get_text(const struct spec *spec, const char *key, char *out, size_t size) {
    int type = get(spec, key);
    size_t length = 0;
    const char *text = type == LUA_TSTRING ? lua_tolstring(spec->lua, -1, &length) : "";
    if (type == LUA_TNIL) return false;
    if (type != LUA_TSTRING)
        fault(spec, "%s must be a text, not a %s", key, lua_typename(spec->lua, type));
    else if (length == 0 || length >= size || strlen(text) != length)
        fault(spec, "%s must be a text of 1 to %zu bytes", key, size - 1);
    else
        memcpy(out, text, length + 1);
    return type == LUA_TSTRING && length > 0 && length < size;
}

static bool get_integer(const struct spec *spec, const char *key, int64_t min, int64_t max,
                        int64_t *ret) {
    int type = get(spec, key), is_integer = 0;
    if (type == LUA_TNIL) return false;
    lua_Integer value = type == LUA_TNUMBER ? lua_tointegerx(spec->lua, -1, &is_integer) : 0;
    if (!is_integer || value < min || value > max) {
        fault(spec, "%s must be a whole number from %lld to %lld", key, (long long)min,
              (long long)max);
        return false;
    }
    *ret = value;
    return true;
}

static bool get_duration(const struct spec *spec, const char *key, int64_t *ret) {
    char text[32];
    if (!get_text(spec, key, text, sizeof text)) return false;
    if (timefmt_parse_duration(text, strlen(text), ret) == PAWL_OK && *ret > 0) return true;
    fault(spec, "%s must be a duration such as \"3m\", not \"%s\"", key, text);
    return false;
}

/* ---- parts ---- */

static bool is_id(const char *text) {
    size_t ok = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    return text[ok] == '\0';
}

static void read_id(const struct spec *spec) {
    struct rule *rule = spec->rule;
    char id[RULES_ID_MAX + 1] = "";
    if (!get_text(spec, "id", id, sizeof id)) {
        if (get(spec, "id") == LUA_TNIL) fault(spec, "id is missing");
        return;
    }
    if (!is_id(id)) {
        fault(spec, "id \"%s\" may have letters, digits, _ . and - only", id);
        return;
    }
    for (const struct rule *other = spec->set->rules; other < rule; other++)
        if (strcmp(other->id, id) == 0)
            fault(spec, "id \"%s\" is taken by %s:%u", id, spec->set->files[other->file].path,
                  other->line);
    memcpy(rule->id, id, sizeof id);
    rule->key = hash_bytes(id, strlen(id), 0) >> 1 | 1;
    if (!get_text(spec, "name", rule->name, sizeof rule->name))
        memcpy(rule->name, rule->id, sizeof rule->id);
}

static void no_such_event(const struct spec *spec, const char *name) {
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; i < SCHEMA_EVENT_COUNT; i++)
        if (schema_events[i].dir == SCHEMA_IN || schema_events[i].dir == SCHEMA_STATE)
            nearest_offer(&nearest, schema_events[i].name);
    if (nearest.best != NULL)
        fault(spec, "on: there is no event \"%s\"; did you mean %s?", name, nearest.best);
    else
        fault(spec, "on: there is no event \"%s\" that a rule can see", name);
}

static void read_on(const struct spec *spec) {
    char on[48];
    if (!get_text(spec, "on", on, sizeof on)) {
        if (get(spec, "on") == LUA_TNIL) fault(spec, "on is missing: the type of the event");
        return;
    }
    const struct schema_event *type = reflect_event_named(on);
    bool visible = type != NULL && (type->id == PAWL_EV_TIMER || type->dir == SCHEMA_IN ||
                                    type->dir == SCHEMA_STATE);
    if (!visible || type->id == PAWL_EV_RESTORED || type->id == PAWL_EV_RULE_SWITCH)
        no_such_event(spec, on);
    else
        spec->rule->on = type->id;
}

static void add_symbol(const struct spec *spec, const char *symbol) {
    struct rule *rule = spec->rule;
    const struct event_decode *decode = &spec->set->decode;
    if (rule->symbol_count == RULE_SYMBOLS_MAX) {
        fault(spec, "symbols: more than %u", RULE_SYMBOLS_MAX);
        return;
    }
    if (strlen(symbol) > PAWL_SYMBOL_MAX ||
        decode->instrument == NULL || decode->instrument(decode->self, symbol) == 0) {
        fault(spec, "symbols: unknown instrument \"%.63s\"", symbol);
        return;
    }
    snprintf(rule->symbols[rule->symbol_count++], sizeof *rule->symbols, "%s", symbol);
}

static void read_symbols(const struct spec *spec) {
    lua_State *lua = spec->lua;
    int type = get(spec, "symbols");
    if (type == LUA_TNIL) return;
    size_t count = type == LUA_TTABLE ? (size_t)lua_rawlen(lua, -1) : 1;
    if (count == 0 || count > RULE_SYMBOLS_MAX || (type != LUA_TTABLE && type != LUA_TSTRING)) {
        fault(spec, "symbols must be a list of 1 to %u symbols", RULE_SYMBOLS_MAX);
        return;
    }
    if (type == LUA_TSTRING && strcmp(lua_tostring(lua, -1), "*") == 0) {
        spec->rule->each_symbol = true;
        return;
    }
    spec->rule->symbols = mem_calloc(count, sizeof *spec->rule->symbols);
    if (spec->rule->symbols == NULL) luaL_error(lua, "not enough memory");
    if (type == LUA_TSTRING) {
        add_symbol(spec, lua_tostring(lua, -1));
        return;
    }
    int list = lua_gettop(lua);
    for (size_t i = 1; i <= count; i++) {
        if (lua_rawgeti(lua, list, (lua_Integer)i) == LUA_TSTRING)
            add_symbol(spec, lua_tostring(lua, -1));
        else
            fault(spec, "symbols[%zu] must be a text", i);
        lua_pop(lua, 1);
    }
}

static void read_limits(const struct spec *spec) {
    struct rule *rule = spec->rule;
    int64_t number;
    char per[16];
    if (get_integer(spec, "priority", INT32_MIN, INT32_MAX, &number))
        rule->priority = (int32_t)number;
    if (get_integer(spec, "max_per_day", 1, UINT32_MAX, &number))
        rule->max_per_day = (uint32_t)number;
    (void)get_duration(spec, "cooldown", &rule->cooldown_ns);
    rule->enabled = true;
    int type = get(spec, "enabled");
    if (type == LUA_TBOOLEAN)
        rule->enabled = lua_toboolean(spec->lua, -1);
    else if (type != LUA_TNIL)
        fault(spec, "enabled must be true or false");
    if (!get_text(spec, "per", per, sizeof per)) return;
    rule->per_symbol = strcmp(per, "symbol") == 0;
    if (!rule->per_symbol && strcmp(per, "rule") != 0)
        fault(spec, "per must be \"rule\" or \"symbol\", not \"%s\"", per);
}

static bool parse_clock(const char *text, int64_t *ret_ns) {
    unsigned hour = 0, minute = 0, second = 0;
    int end = 0;
    bool ok = sscanf(text, "%2u:%2u%n", &hour, &minute, &end) == 2 && end == 5;
    if (ok && text[5] != '\0')
        ok = sscanf(text + 5, ":%2u%n", &second, &end) == 1 && end == 3 && text[8] == '\0';
    if (!ok || hour > 23 || minute > 59 || second > 59) return false;
    *ret_ns = (int64_t)(hour * 3600 + minute * 60 + second) * PAWL_NS;
    return true;
}

static void read_timer(const struct spec *spec) {
    struct rule *rule = spec->rule;
    char at[16], zone[TZ_NAME_MAX + 1];
    struct pawl_err why = {0};
    bool every = get_duration(spec, "every", &rule->every_ns);
    rule->daily = get_text(spec, "at", at, sizeof at);
    if (rule->daily && !parse_clock(at, &rule->at_ns))
        fault(spec, "at must be a time of day such as \"15:59\", not \"%s\"", at);
    if (get_text(spec, "zone", zone, sizeof zone)) {
        snprintf(rule->zone_name, sizeof rule->zone_name, "%s", zone);
        if (tz_new(zone, NULL, &rule->zone, &why) != PAWL_OK) fault(spec, "zone: %s", why.text);
    }
    if (rule->on == PAWL_EV_TIMER && every == rule->daily)
        fault(spec, "a timer rule has either every (\"5m\") or at (\"15:59\")");
    if (rule->on != PAWL_EV_TIMER && (every || rule->daily))
        fault(spec, "every and at go with on = \"timer\"");
    if (every && rule->every_ns < PAWL_NS) fault(spec, "every must be at least 1s");
    if (every && rule->every_ns > DAY_NS) fault(spec, "every must be at most 24h");
}

/* ---- windows and bars ---- */

static bool text_at(const struct spec *spec, int table, const char *key, char *out, size_t size) {
    lua_pushstring(spec->lua, key);
    bool ok = lua_rawget(spec->lua, table) == LUA_TSTRING;
    if (ok) snprintf(out, size, "%s", lua_tostring(spec->lua, -1));
    lua_pop(spec->lua, 1);
    return ok;
}

static uint8_t sum_of(const char *text) {
    static const struct {
        const char *text;
        uint8_t of;
    } sums[] = {{"quantity", SERIES_QUANTITY},         {"size", SERIES_QUANTITY},
                {"price * quantity", SERIES_NOTIONAL}, {"quantity * price", SERIES_NOTIONAL},
                {"price * size", SERIES_NOTIONAL},     {"size * price", SERIES_NOTIONAL},
                {"count", SERIES_COUNT}};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        if (strcmp(sums[i].text, text) == 0) return sums[i].of;
    return 0;
}

static void read_window(const struct spec *spec, const char *name, int table) {
    struct rule *rule = spec->rule;
    struct rule_window_spec *window = &rule->windows[rule->window_count];
    char on[32] = "", sum[32] = "";
    if (rule->window_count == RULE_WINDOWS_MAX || strlen(name) >= sizeof window->name) {
        fault(spec, "windows: at most %u, with names of at most %zu bytes", RULE_WINDOWS_MAX,
              sizeof window->name - 1);
        return;
    }
    snprintf(window->name, sizeof window->name, "%s", name);
    (void)text_at(spec, table, "on", on, sizeof on);
    (void)text_at(spec, table, "sum", sum, sizeof sum);
    const struct schema_event *type = reflect_event_named(on);
    window->event = type != NULL ? type->id : 0;
    window->of = sum_of(sum);
    lua_pushliteral(spec->lua, "seconds");
    lua_rawget(spec->lua, table);
    int is_integer;
    lua_Integer seconds = lua_tointegerx(spec->lua, -1, &is_integer);
    lua_pop(spec->lua, 1);
    if (window->event != PAWL_EV_TRADE && window->event != PAWL_EV_LIQUIDATION)
        fault(spec, "windows.%s.on must be \"trade\" or \"liquidation\"", name);
    else if (window->of == 0)
        fault(spec, "windows.%s.sum must be \"quantity\", \"price * quantity\" or \"count\"", name);
    else if (!is_integer || seconds < 1 || seconds > SERIES_SUM_SECONDS_MAX)
        fault(spec, "windows.%s.seconds must be from 1 to %u", name, SERIES_SUM_SECONDS_MAX);
    else
        window->seconds = (uint32_t)seconds;
    rule->window_count++;
}

static void read_windows(const struct spec *spec) {
    lua_State *lua = spec->lua;
    int type = get(spec, "windows"), windows = lua_gettop(lua);
    if (type == LUA_TNIL) return;
    if (type != LUA_TTABLE) {
        fault(spec, "windows must be a table of tables");
        return;
    }
    lua_pushnil(lua);
    while (lua_next(lua, windows) != 0) {
        if (lua_type(lua, -2) == LUA_TSTRING && lua_istable(lua, -1))
            read_window(spec, lua_tostring(lua, -2), lua_gettop(lua));
        else
            fault(spec, "windows must be a table of tables");
        lua_settop(lua, windows + 1);
    }
}

static void read_bars(const struct spec *spec) {
    lua_State *lua = spec->lua;
    struct rule *rule = spec->rule;
    int type = get(spec, "bars"), bars = lua_gettop(lua);
    if (type == LUA_TNIL) return;
    if (type != LUA_TTABLE) {
        fault(spec, "bars must be a table: { [SECONDS] = COUNT }");
        return;
    }
    lua_pushnil(lua);
    while (lua_next(lua, bars) != 0) {
        int is_seconds, is_count;
        lua_Integer seconds = lua_tointegerx(lua, -2, &is_seconds);
        lua_Integer count = lua_tointegerx(lua, -1, &is_count);
        lua_pop(lua, 1);
        bool ok = is_seconds && is_count && seconds > 0 && seconds <= PAWL_SERIES_SECONDS_MAX &&
                  count > 0 && count <= PAWL_SERIES_BARS_MAX;
        if (!ok || rule->bars_count == RULE_BARS_MAX)
            fault(spec, "bars: [SECONDS] = COUNT with 1 to %u seconds and 1 to %u bars, at most %u",
                  PAWL_SERIES_SECONDS_MAX, PAWL_SERIES_BARS_MAX, RULE_BARS_MAX);
        else
            rule->bars[rule->bars_count++] =
                (struct rule_bars_spec){RULES_SMA, (uint32_t)count, (uint32_t)seconds};
    }
}

/* ---- condition, arguments, action ---- */

static bool is_data(lua_State *lua, int depth) {
    int table = lua_gettop(lua);
    luaL_checkstack(lua, 4, "args");
    if (depth > ARGS_DEPTH_MAX) return false;
    lua_pushnil(lua);
    while (lua_next(lua, table) != 0) {
        int type = lua_type(lua, -1);
        bool ok = type == LUA_TTABLE ? lua_getmetatable(lua, -1) || is_data(lua, depth + 1)
                                     : type != LUA_TFUNCTION;
        lua_settop(lua, table + 1);
        if (!ok) return false;
    }
    return true;
}

static int no_such_arg(lua_State *lua) { /* (args, name) */
    if (lua_type(lua, 2) != LUA_TSTRING) return 0; /* the end of a list */
    return luaL_error(lua, "args has no \"%s\"", lua_tostring(lua, 2));
}

/* The table on the stack: a slip of the pen is an error and not nil. */
static void name_what_is_missing(lua_State *lua) {
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, no_such_arg);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

static void read_args(const struct spec *spec) {
    lua_State *lua = spec->lua;
    int type = get(spec, "args");
    if (type != LUA_TNIL && (type != LUA_TTABLE || !is_data(lua, 0))) {
        fault(spec, "args must be a table of numbers, texts, booleans and such tables");
        lua_settop(lua, spec->table);
        type = LUA_TNIL;
    }
    if (type == LUA_TNIL) {
        lua_settop(lua, spec->table);
        lua_newtable(lua);
    }
    if (!lua_getmetatable(lua, -1)) sandbox_freeze(lua); /* shared between rules: frozen before */
    else lua_pop(lua, 1);
    sandbox_push_shown(lua, -1);
    name_what_is_missing(lua);
    spec->rule->args_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    context_make(lua);
    spec->rule->context_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    spec->rule->context_hidden_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
}

static void read_when(const struct spec *spec) {
    lua_State *lua = spec->lua;
    char why[160];
    if (get(spec, "when") != LUA_TFUNCTION) {
        fault(spec, "when must be a function(event, ctx) that returns true or false, and why");
        return;
    }
    if (purity_check(lua, -1, &spec->rule->simple, why, sizeof why) != PAWL_OK)
        fault(spec, "when: %s", why);
    spec->rule->when_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
}

static void read_act(const struct spec *spec) {
    lua_State *lua = spec->lua;
    struct pawl_err why = {0};
    if (get(spec, "act") != LUA_TTABLE) {
        fault(spec, "act must be a table such as { do = \"entry\", ... }, or a list of them");
        return;
    }
    if (action_check(spec->set, lua_gettop(lua), spec->rule, &why) != PAWL_OK)
        fault(spec, "%s", why.text);
    spec->rule->act_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
}

static void read_keys(const struct spec *spec) {
    static const char *const keys[] = {
        "id",      "name", "on",    "symbols", "priority", "cooldown", "max_per_day", "per",
        "enabled", "args", "every", "at",      "zone",     "windows",  "bars",        "when",
        "act",     "doc",  NULL};
    lua_State *lua = spec->lua;
    lua_pushnil(lua);
    while (lua_next(lua, spec->table) != 0) {
        lua_pop(lua, 1);
        const char *key = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
        struct nearest nearest = {.wanted = key};
        bool known = false;
        for (size_t i = 0; key != NULL && keys[i] != NULL && !known; i++) {
            known = strcmp(keys[i], key) == 0;
            nearest_offer(&nearest, keys[i]);
        }
        if (key == NULL)
            fault(spec, "a rule is a table with names, not a list");
        else if (!known && nearest.best != NULL)
            fault(spec, "unknown key \"%.40s\"; did you mean %s?", key, nearest.best);
        else if (!known)
            fault(spec, "unknown key \"%.40s\"", key);
    }
}

/* The line of the condition stands for the rule: tables have none. */
static void read_line(const struct spec *spec) {
    lua_Debug info;
    spec->rule->line = 1;
    if (get(spec, "when") == LUA_TFUNCTION && lua_getinfo(spec->lua, ">S", &info) != 0)
        spec->rule->line = (uint32_t)info.linedefined;
    lua_settop(spec->lua, spec->table);
}

void spec_read(struct ruleset *set, int table) {
    static void (*const parts[])(const struct spec *) = {
        read_id,   read_keys,    read_on,   read_symbols, read_limits, read_timer,
        read_args, read_windows, read_bars, read_when,    read_act};
    struct rule *rule = &set->rules[set->rule_count];
    struct spec spec = {.set = set, .lua = set->box->lua, .table = table, .rule = rule};
    *rule = (struct rule){.file = set->loading,
                          .when_ref = LUA_NOREF,
                          .args_ref = LUA_NOREF,
                          .context_ref = LUA_NOREF,
                          .act_ref = LUA_NOREF};
    set->rule_count++; /* from here on ruleset_free() looks after it */
    luaL_checkstack(spec.lua, 20, "rule");
    read_line(&spec);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        parts[i](&spec);
        lua_settop(spec.lua, table);
    }
}
