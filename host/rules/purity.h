/*
 * purity.h - a condition keeps nothing from one event to the next. Internal to rules/.
 *
 * Tables a function has captured are frozen in place, functions it has captured are looked at in
 * turn, and an assignment to a captured local is found in its bytecode. So what it answers follows
 * from its arguments alone, and a restart or reload changes nothing.
 */
#ifndef RULES_PURITY_H
#define RULES_PURITY_H

#include <stddef.h>

struct lua_State;

/* PAWL_OK, or PAWL_E_REJECTED with a sentence in why. May raise: memory. */
int purity_check(struct lua_State *lua, int function, char *why, size_t size);

#endif
