/*
 * purity.h - a condition keeps nothing from one event to the next. Internal to rules/.
 *
 * Tables a function has captured are frozen in place, functions it has captured are looked at in
 * turn, and an assignment to a captured local is found in its bytecode. So what it answers follows
 * from its arguments alone, and a restart or reload changes nothing.
 *
 * The same look finds simple ones: nothing is written into a table, nothing jumps back, and no
 * function of Lua can be reached. Such a condition is over after as many instructions as it has,
 * and cannot change what it is shown: it is asked without the hook and without veils.
 */
#ifndef RULES_PURITY_H
#define RULES_PURITY_H

#include <stdbool.h>
#include <stddef.h>

struct lua_State;

/* PAWL_OK, or PAWL_E_REJECTED with a sentence in why. May raise: memory. */
int purity_check(struct lua_State *lua, int function, bool *ret_simple, char *why, size_t size);

#endif
