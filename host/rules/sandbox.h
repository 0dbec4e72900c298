/*
 * sandbox.h - a Lua state that can do nothing but compute, and not for long.
 *
 * Names are a whitelist (sandbox_lib.c): no files, clock, random numbers, addresses, metatables,
 * coroutines, patterns, loading of code. What is left has no order or value that differs between
 * two runs. All entry is through sandbox_call(), which cannot fail otherwise than by its result.
 *
 * Limits   instructions of a call: counted by the hook, and C functions charge their loops
 *          (sandbox_spend). Once over, every further instruction raises, so no pcall swallows it.
 *          memory: of the whole state, of one block (so one instruction cannot compare or copy
 *          much), and taken by one call (so copies of large strings end, too).
 * Owner    a heap object. [loop] No clock is read, nothing is random.
 */
#ifndef RULES_SANDBOX_H
#define RULES_SANDBOX_H

#include <stdbool.h>

#include "pawl_types.h"

#define SANDBOX_MEMORY_MAX (16u << 20)    /* bytes of a state */
#define SANDBOX_BLOCK_MAX (64u << 10)     /* bytes of one string or table part */
#define SANDBOX_TAKE_MAX (4u << 20)       /* bytes that one call may allocate, freed ones too */
#define SANDBOX_LOAD_TAKE_MAX (16u << 20) /* the same while a file is loaded */
#define SANDBOX_STEPS 1000                /* instructions between two looks at the budget */

struct lua_State;

struct sandbox {
    struct lua_State *lua;
    void *owner;      /* whose C functions these are */
    size_t used;      /* bytes */
    size_t taken;     /* bytes allocated by this call */
    size_t taken_max; /* 0 = nothing runs: no limit */
    int64_t left;     /* instructions */
    const char *over; /* the limit that ended this call, as a sentence; NULL = none */
    bool hooked;
};

int sandbox_new(void *owner, struct sandbox **ret, struct pawl_err *err);
void sandbox_free(struct sandbox *box); /* accepts NULL */

/* Compile text (never bytecode); the function is left on the stack with a fresh set of names.
 * name: "@FILE" as shown in messages. Not PAWL_OK: the reason is on the stack instead. */
int sandbox_load(struct sandbox *box, const char *name, const char *text, size_t length);
/* lua_pcall() within a budget; PAWL_OK, or PAWL_E_REJECTED with a text on the stack in place of
 * results: "FILE:LINE: why". */
int sandbox_call(struct sandbox *box, int args, int results, int64_t instructions,
                 size_t take_max);
/* The same for a function that cannot run long by itself: its instructions are not counted, what
 * its calls charge is. */
int sandbox_call_simple(struct sandbox *box, int args, int results, int64_t instructions,
                        size_t take_max);
/* From a C function: its work counts like n instructions. Raises when there are none left. */
void sandbox_spend(struct lua_State *lua, int64_t n);
struct sandbox *sandbox_of(struct lua_State *lua);

/* ---- sandbox_lib.c ---- */
void sandbox_open_lib(struct lua_State *lua); /* raises: memory */
extern const char sandbox_names; /* its address is the key of the names in the registry */
/* The table on the stack becomes one that cannot be written, and so do those in it. */
void sandbox_freeze(struct lua_State *lua);
/* An empty table that shows the one on the stack and refuses writing; what names it in the message.
 * Pops it. */
void sandbox_show(struct lua_State *lua, const char *what);
/* The table itself, or the one that is shown, on the stack: for reading. Raises if it is none. */
void sandbox_push_shown(struct lua_State *lua, int index);

#endif
