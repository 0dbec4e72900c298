#include "rules/bars.h"

#include <ctype.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

#include "rules/set.h"

#define CALL_MAX 256 /* bytes between the brackets of a call that is looked at */

static const char *const names[] = {NULL, "atr", "sma", "ema", "rsi", "volatility"};

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* The number that this part of a call stands for, in the rule; 0 = not known. */
static uint32_t number_of(struct ruleset *set, const struct rule *rule, const char *part,
                          size_t length) {
    char text[64];
    while (length > 0 && isspace((unsigned char)*part)) part++, length--;
    while (length > 0 && isspace((unsigned char)part[length - 1])) length--;
    if (length == 0 || length >= sizeof text) return 0;
    memcpy(text, part, length);
    text[length] = '\0';
    if (strspn(text, "0123456789") == length) {
        unsigned long number = strtoul(text, NULL, 10);
        return number <= UINT32_MAX ? (uint32_t)number : 0;
    }
    const char *dot = strrchr(text, '.');
    if (dot == NULL || (size_t)(dot - text) < 4 || strncmp(dot - 4, "args", 4) != 0) return 0;
    lua_State *lua = set->box->lua;
    int top = lua_gettop(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->args_ref);
    lua_pushstring(lua, dot + 1); /* short, and the state has room: it has just been loaded */
    lua_rawget(lua, -2);
    int is_integer = 0;
    lua_Integer number = lua_tointegerx(lua, -1, &is_integer);
    lua_settop(lua, top);
    return is_integer && number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static void add(struct ruleset *set, uint32_t first, enum rules_indicator what,
                const char *const parts[2], const size_t lengths[2]) {
    for (uint32_t i = first; i < set->rule_count; i++) {
        struct rule *rule = &set->rules[i];
        struct rule_bars_spec spec = {what, number_of(set, rule, parts[0], lengths[0]),
                                      number_of(set, rule, parts[1], lengths[1])};
        bool known = spec.n == 0 || spec.seconds == 0;
        for (uint32_t k = 0; k < rule->bars_count && !known; k++)
            known = memcmp(&rule->bars[k], &spec, sizeof spec) == 0;
        if (!known && rule->bars_count < RULE_BARS_MAX) rule->bars[rule->bars_count++] = spec;
    }
}

/* The last two of the parts between brackets, `at` behind the opening one. */
static void look_at_call(struct ruleset *set, uint32_t first, enum rules_indicator what,
                         const char *at, const char *end) {
    const char *starts[4] = {at};
    int commas = 0, depth = 0;
    const char *p = at;
    for (; p < end && p - at < CALL_MAX && !(depth == 0 && *p == ')'); p++) {
        if (*p == '(' || *p == '[' || *p == '{') depth++;
        if (*p == ')' || *p == ']' || *p == '}') depth--;
        if (*p != ',' || depth != 0) continue;
        if (++commas > 2) return;
        starts[commas] = p + 1;
    }
    if (commas != 2 || p >= end || *p != ')') return;
    const char *const parts[2] = {starts[1], starts[2]};
    const size_t lengths[2] = {(size_t)(starts[2] - 1 - starts[1]), (size_t)(p - starts[2])};
    add(set, first, what, parts, lengths);
}

void bars_find(struct ruleset *set, uint32_t first, const char *text, size_t length) {
    const char *end = text + length;
    for (const char *p = text; p < end; p++) {
        if (!is_word(*p) || (p > text && is_word(p[-1]))) continue;
        for (int what = RULES_ATR; what <= RULES_VOLATILITY; what++) {
            size_t size = strlen(names[what]);
            if ((size_t)(end - p) <= size || strncmp(p, names[what], size) != 0) continue;
            const char *at = p + size;
            while (at < end && isspace((unsigned char)*at)) at++;
            if (at < end && *at == '(')
                look_at_call(set, first, (enum rules_indicator)what, at + 1, end);
        }
    }
}
