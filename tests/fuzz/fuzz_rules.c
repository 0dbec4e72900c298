/*
 * Text of a rule file: whatever it is, reading and running it ends within its budget, and leaves a
 * state in which the next text runs. Its functions are looked at as those of a rule are.
 */
#include "fuzz.h"

#include <lauxlib.h>
#include <lua.h>

#include "base/alloc.h"
#include "rules/purity.h"
#include "rules/sandbox.h"
#include "rules/spelling.h"

#define STEPS 20000
#define TEXT_MAX 8192u

static int look(lua_State *lua) { /* (what the text gave) */
    char why[160];
    bool simple;
    if (lua_isfunction(lua, 1) && !lua_iscfunction(lua, 1))
        (void)purity_check(lua, 1, &simple, why, sizeof why);
    return 0;
}

static int run(struct sandbox *box, const char *text, size_t length) {
    int rc = sandbox_load(box, "=fuzz", text, length);
    if (rc == PAWL_OK) rc = sandbox_call(box, 0, 1, STEPS, SANDBOX_TAKE_MAX);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const char sum[] = "return 6 * 7";
    struct sandbox *box;
    size_t length = 0;
    if (len > TEXT_MAX || sandbox_new(NULL, &box, NULL) != PAWL_OK) return 0;
    char *text = spelling_read((const char *)bytes, len, &length);
    HOLDS(text != NULL && length >= len);
    if (run(box, text, length) == PAWL_OK) {
        lua_pushcfunction(box->lua, look);
        lua_insert(box->lua, -2);
        (void)sandbox_call(box, 1, 0, STEPS, SANDBOX_TAKE_MAX);
    }
    lua_settop(box->lua, 0);
    lua_gc(box->lua, LUA_GCCOLLECT);
    HOLDS(run(box, sum, sizeof sum - 1) == PAWL_OK && lua_tointeger(box->lua, -1) == 42);
    mem_free(text);
    sandbox_free(box);
    return 0;
}
