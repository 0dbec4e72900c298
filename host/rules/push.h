/*
 * push.h - values of the host as values of Lua. Internal to rules/. [loop]
 *
 * Amounts become the double nearest to the decimal, times seconds since 1970, names and enums
 * texts; what is none (an enum or id 0, a time 0) becomes nil.
 */
#ifndef RULES_PUSH_H
#define RULES_PUSH_H

#include <lua.h>
#include <stdbool.h>

#include "pawl_num.h"
#include "pawl_plugin.h"

struct ruleset;

/* Correctly rounded up to 2^53 e8 and beyond it up to 15 digits, so equal to the literal of the
 * same decimal; below 2^26 (67 million), and beyond it up to 15 digits, amount_from_lua() gives it
 * back. */
#define EXACT_MAX (INT64_C(1) << 53)
static inline double e8_to_lua(int64_t e8) {
    double unit = (double)PAWL_E8;
    for (; (e8 > EXACT_MAX || e8 < -EXACT_MAX) && e8 % 10 == 0 && unit > 1; e8 /= 10) unit /= 10;
    return (double)e8 / unit;
}
static inline void push_e8(lua_State *lua, int64_t e8) { lua_pushnumber(lua, e8_to_lua(e8)); }
void push_time(lua_State *lua, int64_t time_ns);
void push_symbol(lua_State *lua, struct ruleset *set, uint32_t instrument); /* may raise */
void push_enum(lua_State *lua, struct ruleset *set, uint16_t enum_id, uint8_t value);
void push_field(lua_State *lua, struct ruleset *set, const struct pawl_event *event,
                const struct pawl_field *field); /* may raise */
/* The same without taking memory; false = that is not possible, nothing was pushed. */
bool push_quickly(lua_State *lua, struct ruleset *set, const struct pawl_event *event,
                  const void *last, const struct pawl_field *field);
/* A number as the amount it is nearest to; PAWL_E_RANGE, PAWL_E_DATA (not finite). */
int amount_from_lua(double number, int64_t *ret_e8);

#endif
