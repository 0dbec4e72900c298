/*
 * lua_json.h - tables of Lua as JSON. Internal to rules/. Raises on what is no value.
 */
#ifndef RULES_LUA_JSON_H
#define RULES_LUA_JSON_H

#include <jansson.h>
#include <lua.h>

struct lua_json {
    lua_State *lua;
    json_t *hold; /* owns every list and table until all is done: Lua may raise at any time */
    /* What a function stands for; a new reference, NULL = the key is left out. NULL = refused. */
    json_t *(*call)(void *arg, struct lua_json *self, int index, int depth);
    void *arg;
};

/* A new reference; NULL = a function said nothing. Numbers that are not whole become decimal texts
 * of 8 places. */
json_t *lua_json_value(struct lua_json *self, int index, int depth);
/* The keys of the table one by one into an object that the caller owns. An element 1 that is a text
 * is the key `first`; NULL = there may be none. */
void lua_json_fill(struct lua_json *self, int table, json_t *object, const char *first,
                   int depth);

#endif
