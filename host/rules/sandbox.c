#include "rules/sandbox.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"

struct sandbox *sandbox_of(lua_State *lua) {
    return *(struct sandbox **)lua_getextraspace(lua);
}

/* ---- limits ---- */

static void on_steps(lua_State *lua, lua_Debug *unused) {
    struct sandbox *box = sandbox_of(lua);
    (void)unused;
    box->left -= SANDBOX_STEPS;
    if (box->left > 0 && box->over == NULL) return;
    if (box->over == NULL) box->over = "it ran too long";
    lua_sethook(lua, on_steps, LUA_MASKCOUNT, 1); /* no pcall() may go on */
    luaL_error(lua, "%s", box->over);
}

static void go_over(struct sandbox *box, const char *why) {
    if (box->over == NULL) box->over = why;
    box->hooked = true;
    lua_sethook(box->lua, on_steps, LUA_MASKCOUNT, 1);
}

void sandbox_spend(lua_State *lua, int64_t n) {
    struct sandbox *box = sandbox_of(lua);
    if (n < box->left) {
        box->left -= n > 0 ? n : 0;
        return;
    }
    go_over(box, "it ran too long");
    luaL_error(lua, "%s", box->over);
}

static bool may_take(struct sandbox *box, size_t old, size_t size) {
    if (size > SANDBOX_BLOCK_MAX) return false;
    if (size > old && box->used + (size - old) > SANDBOX_MEMORY_MAX) return false;
    if (box->taken_max == 0) return true;
    box->taken += size;
    if (box->taken <= box->taken_max) return true;
    go_over(box, "it took too much memory");
    return false;
}

static void *take(void *arg, void *block, size_t old, size_t size) {
    struct sandbox *box = arg;
    if (block == NULL) old = 0; /* then it says what the block is for */
    if (size == 0) {
        box->used -= old;
        mem_free(block);
        return NULL;
    }
    if (size > old && !may_take(box, old, size)) return NULL;
    void *result = mem_realloc(block, size);
    if (result == NULL) return size <= old ? block : NULL; /* to shrink may not fail */
    box->used = box->used - old + size;
    return result;
}

/* ---- entry ---- */

/* Reached only if something is called without sandbox_call(). */
static int on_panic(lua_State *lua) {
    const char *text = lua_tostring(lua, -1);
    fprintf(stderr, "rules: an error outside of a protected call: %s\n", text != NULL ? text : "?");
    abort();
}

static int open_lib(lua_State *lua) {
    sandbox_open_lib(lua);
    return 0;
}

int sandbox_new(void *owner, struct sandbox **ret, struct pawl_err *err) {
    struct sandbox *box = mem_calloc(1, sizeof *box);
    if (box != NULL) box->lua = lua_newstate(take, box);
    if (box == NULL || box->lua == NULL) {
        mem_free(box);
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
    }
    box->owner = owner;
    lua_atpanic(box->lua, on_panic);
    *(struct sandbox **)lua_getextraspace(box->lua) = box;
    lua_pushcfunction(box->lua, open_lib);
    if (sandbox_call(box, 0, 0, 1000000, SANDBOX_LOAD_TAKE_MAX) != PAWL_OK) {
        sandbox_free(box);
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
    }
    *ret = box;
    return PAWL_OK;
}

void sandbox_free(struct sandbox *box) {
    if (box == NULL) return;
    box->taken_max = 0;
    lua_close(box->lua);
    mem_free(box);
}

int sandbox_load(struct sandbox *box, const char *name, const char *text, size_t length) {
    box->taken = 0;
    box->taken_max = SANDBOX_LOAD_TAKE_MAX;
    int status = luaL_loadbufferx(box->lua, text, length, name, "t");
    box->taken_max = 0;
    if (status != LUA_OK) return PAWL_E_REJECTED;
    lua_rawgetp(box->lua, LUA_REGISTRYINDEX, &sandbox_names);
    lua_setupvalue(box->lua, -2, 1); /* _ENV */
    return PAWL_OK;
}

/* A text for whatever was raised, on top of the stack; where memory is out, Lua's own for that. */
static int as_text(lua_State *lua) {
    const struct sandbox *box = sandbox_of(lua);
    if (lua_gettop(lua) == 0)
        lua_pushstring(lua, box->over);
    else if (lua_type(lua, 1) != LUA_TSTRING)
        lua_pushfstring(lua, "the error is a %s, not a text", luaL_typename(lua, 1));
    return 1;
}

static void unhook(struct sandbox *box) {
    if (box->hooked) lua_sethook(box->lua, NULL, 0, 0);
    box->hooked = false;
}

static int call(struct sandbox *box, int args, int results, int64_t instructions,
                size_t take_max) {
    lua_State *lua = box->lua;
    box->left = instructions;
    box->taken = 0;
    box->taken_max = take_max;
    box->over = NULL;
    int status = lua_pcall(lua, args, results, 0);
    box->taken_max = 0;
    if (status == LUA_OK && box->over == NULL) return PAWL_OK;
    unhook(box);
    if (status == LUA_OK) lua_pop(lua, results); /* over in its very last instruction */
    if (status == LUA_OK || lua_type(lua, -1) != LUA_TSTRING) {
        lua_pushcfunction(lua, as_text);
        if (status != LUA_OK) lua_insert(lua, -2);
        (void)lua_pcall(lua, status != LUA_OK ? 1 : 0, 1, 0);
    }
    return PAWL_E_REJECTED;
}

int sandbox_call(struct sandbox *box, int args, int results, int64_t instructions,
                 size_t take_max) {
    box->hooked = true;
    lua_sethook(box->lua, on_steps, LUA_MASKCOUNT, SANDBOX_STEPS); /* counts from 0 */
    return call(box, args, results, instructions, take_max);
}

int sandbox_call_simple(struct sandbox *box, int args, int results, int64_t instructions,
                        size_t take_max) {
    unhook(box);
    return call(box, args, results, instructions, take_max);
}
