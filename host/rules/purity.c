#include "rules/purity.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "rules/sandbox.h"

#if LUA_VERSION_NUM != 504
#error "the layout of bytecode is that of Lua 5.4"
#endif

#define HEADER_SIZE 31 /* of a dump */
#define OP_SETUPVAL 10u
#define OP_SETTABUP 15u
#define OP_SETFIELD 18u /* SETTABUP SETTABLE SETI SETFIELD */
#define OP_JMP 56u
#define OP_FORLOOP 73u
#define OP_TFORLOOP 77u /* FORLOOP FORPREP TFORPREP TFORCALL TFORLOOP */
#define OP_CLOSURE 79u
#define JUMP_ZERO 16777215u /* of a jump: what stands for no distance */
#define UPVALUES_MAX 256
#define DEPTH_MAX 32
#define TABLES_DEPTH_MAX 8
#define DUMP_MAX (1u << 20)

/* ---- bytecode ---- */

struct dump {
    unsigned char *bytes;
    size_t size, at;
    bool bad; /* not as expected */
    bool assigns;
    bool not_simple;
};

static int collect(lua_State *lua, const void *bytes, size_t size, void *arg) {
    struct dump *dump = arg;
    (void)lua;
    if (dump->size + size > DUMP_MAX) return 1;
    unsigned char *grown = mem_realloc(dump->bytes, dump->size + size + 1);
    if (grown == NULL) return 1;
    if (size > 0) memcpy(grown + dump->size, bytes, size);
    dump->bytes = grown;
    dump->size += size;
    return 0;
}

static const unsigned char *skip(struct dump *dump, size_t size) {
    static const unsigned char nothing[16];
    if (dump->bad || size > dump->size - dump->at) {
        dump->bad = true;
        return nothing;
    }
    dump->at += size;
    return dump->bytes + dump->at - size;
}

static size_t number(struct dump *dump) { /* 7 bits a byte, the last one has the highest set */
    size_t value = 0;
    for (int i = 0; i < 10; i++) {
        unsigned char byte = *skip(dump, 1);
        value = value << 7 | (byte & 0x7f);
        if ((byte & 0x80) != 0 || dump->bad) return value;
    }
    dump->bad = true;
    return 0;
}

static void text(struct dump *dump) {
    size_t size = number(dump);
    if (size > 0) skip(dump, size - 1);
}

static void constants(struct dump *dump) {
    for (size_t n = number(dump); n > 0 && !dump->bad; n--) {
        switch (*skip(dump, 1)) {
        case 0x03: /* integer */
        case 0x13: /* float */
            skip(dump, 8);
            break;
        case 0x04: /* texts, short and long */
        case 0x14: text(dump); break;
        default: break; /* nil, false, true */
        }
    }
}

static bool is_not_simple(const unsigned char *at) {
    unsigned op = at[0] & 0x7fu;
    if (op >= OP_SETTABUP && op <= OP_SETFIELD) return true;
    if ((op >= OP_FORLOOP && op <= OP_TFORLOOP) || op == OP_CLOSURE) return true;
    uint32_t word = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                    (uint32_t)at[3] << 24;
    return op == OP_JMP && word >> 7 < JUMP_ZERO;
}

/* outer: which upvalues of the enclosing function come from outside of the condition; NULL = this
 * is the condition, all of its do. */
static void function(struct dump *dump, const bool *outer, int depth) {
    bool outside[UPVALUES_MAX] = {false};
    if (depth > DEPTH_MAX) dump->bad = true;
    if (dump->bad) return;
    text(dump); /* source */
    number(dump);
    number(dump); /* lines */
    skip(dump, 3);
    size_t code_size = number(dump);
    if (code_size > DUMP_MAX) dump->bad = true;
    const unsigned char *code = skip(dump, dump->bad ? 0 : code_size * 4);
    constants(dump);
    for (size_t i = 0, n = number(dump); i < n && !dump->bad; i++) {
        const unsigned char *upvalue = skip(dump, 3);
        if (i < UPVALUES_MAX) outside[i] = outer == NULL || (upvalue[0] == 0 && outer[upvalue[1]]);
    }
    for (size_t i = 0; i < code_size && !dump->bad; i++) {
        const unsigned char *at = code + i * 4; /* op 7, A 8, k 1, B 8, C 8 bits */
        if ((at[0] & 0x7fu) == OP_SETUPVAL && outside[at[2]]) dump->assigns = true;
        if (is_not_simple(at)) dump->not_simple = true;
    }
    for (size_t n = number(dump); n > 0 && !dump->bad; n--) function(dump, outside, depth + 1);
    skip(dump, number(dump)); /* line info */
    for (size_t n = number(dump); n > 0 && !dump->bad; n--) {
        number(dump);
        number(dump);
    }
    for (size_t n = number(dump); n > 0 && !dump->bad; n--) {
        text(dump);
        number(dump);
        number(dump);
    }
    for (size_t n = number(dump); n > 0 && !dump->bad; n--) text(dump);
}

/* The function on top of the stack; it stays there. */
static bool assigns_outside(lua_State *lua, bool *ret_bad, bool *simple) {
    struct dump dump = {.bytes = NULL};
    dump.bad = lua_dump(lua, collect, &dump, 1) != 0;
    skip(&dump, HEADER_SIZE + 1);
    function(&dump, NULL, 0);
    mem_free(dump.bytes);
    *ret_bad = dump.bad || dump.at != dump.size;
    if (dump.not_simple) *simple = false;
    return dump.assigns;
}

/* ---- what it has captured ---- */

/* A function of Lua anywhere in the table on top of the stack, or too much in it to say. */
static bool has_functions(lua_State *lua, int depth) {
    int table = lua_gettop(lua);
    bool found = depth > TABLES_DEPTH_MAX;
    luaL_checkstack(lua, 6, "tables");
    lua_pushnil(lua);
    while (!found && lua_next(lua, table) != 0) {
        if (lua_type(lua, -1) == LUA_TTABLE) {
            sandbox_push_shown(lua, -1);
            found = has_functions(lua, depth + 1);
        } else {
            found = lua_isfunction(lua, -1) && !lua_iscfunction(lua, -1);
        }
        lua_settop(lua, table + 1);
    }
    lua_settop(lua, table);
    return found;
}

static int check(lua_State *lua, int function, int seen, int depth, bool *simple, char *why,
                 size_t size) {
    bool bad = false;
    int top = lua_gettop(lua);
    luaL_checkstack(lua, 10, "functions");
    lua_pushvalue(lua, function);
    bool known = lua_rawget(lua, seen) != LUA_TNIL;
    lua_settop(lua, top);
    if (known || lua_iscfunction(lua, function)) return PAWL_OK;
    lua_pushvalue(lua, function);
    lua_pushboolean(lua, 1);
    lua_rawset(lua, seen);
    lua_pushvalue(lua, function);
    bool assigns = assigns_outside(lua, &bad, simple);
    lua_settop(lua, top);
    if (assigns || bad || depth > DEPTH_MAX) {
        snprintf(why, size, "%s",
                 assigns ? "it assigns a local outside of itself; a rule keeps nothing from one "
                           "event to the next"
                         : "it is too large to look through");
        return PAWL_E_REJECTED;
    }
    for (int i = 1;; i++) {
        int rc = PAWL_OK;
        if (lua_getupvalue(lua, function, i) == NULL) return PAWL_OK;
        if (lua_isfunction(lua, -1)) {
            if (!lua_iscfunction(lua, -1)) *simple = false;
            rc = check(lua, lua_gettop(lua), seen, depth + 1, simple, why, size);
        } else if (lua_istable(lua, -1)) {
            sandbox_push_shown(lua, -1);
            if (*simple && has_functions(lua, 0)) *simple = false;
            lua_pop(lua, 1);
            if (!lua_getmetatable(lua, -1)) {
                sandbox_freeze(lua);
                lua_setupvalue(lua, function, i);
            }
        }
        lua_settop(lua, top);
        if (rc != PAWL_OK) return rc;
    }
}

int purity_check(lua_State *lua, int function, bool *ret_simple, char *why, size_t size) {
    function = lua_absindex(lua, function);
    lua_newtable(lua);
    *ret_simple = true;
    int rc = check(lua, function, lua_gettop(lua), 0, ret_simple, why, size);
    lua_settop(lua, function);
    return rc;
}
