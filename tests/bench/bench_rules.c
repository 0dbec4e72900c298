/*
 * What it takes to ask a rule about a quote, budget and all: the table of the event filled once,
 * then each rule. The floor is the same condition as a function of Lua called with plain arguments,
 * without a budget.
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "book/report.h"
#include "rules/test_api.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof(a)[0]))

struct bench {
    struct names *names;
    struct test_world *world;
    struct pawl_ev_quote quote;
    lua_State *lua; /* of the floor */
};

static void done(void *self) {
    struct bench *b = self;
    if (b == NULL) return;
    test_world_free(b->world);
    names_free(b->names);
    if (b->lua != NULL) lua_close(b->lua);
    free(b);
}

#define RULE(id, condition)                                                                        \
    "{ id = '" id "', on = 'quote', when = function(event, ctx) return " condition " end, "        \
    "act = { ['do'] = 'alert', message = 'm' } }, "
#define ONE "event.bid > 1e6"
#define FIVE                                                                                       \
    "event.symbol == 'X' and event.bid > 1 and event.ask > 2 and event.bid_size >= 0 and "         \
    "event.ask - event.bid > 1e6"

static int load(struct bench *b, const char *text) {
    char dir[] = "/tmp/pawl-bench-XXXXXX", path[64];
    struct ruleset *set = NULL;
    struct rules_source source = {.dir = dir};
    struct config_errors *errors = calloc(1, sizeof *errors);
    if (errors == NULL || mkdtemp(dir) == NULL || names_new(&b->names, NULL) != PAWL_OK) return -1;
    snprintf(path, sizeof path, "%s/r.lua", dir);
    FILE *out = fopen(path, "w");
    if (out == NULL) return -1;
    fputs(text, out);
    fclose(out);
    test_world_decode(b->names, &source.decode);
    int rc = ruleset_load(&source, errors, &set);
    if (rc != PAWL_OK) fprintf(stderr, "bench: %s\n", errors->line[0]);
    free(errors);
    unlink(path);
    rmdir(dir);
    return rc == PAWL_OK ? test_world_new(set, b->names, TEST_START_NS, &b->world, NULL) : rc;
}

static int setup(void **ret, const char *text) {
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL || load(b, text) != PAWL_OK) {
        done(b);
        return -1;
    }
    EVENT_INIT(b->quote, PAWL_EV_QUOTE);
    names_intern(b->names, NAME_INSTRUMENT, "X", &b->quote.instrument, NULL, NULL);
    b->quote.bid.e8 = 100 * PAWL_E8;
    b->quote.ask.e8 = 101 * PAWL_E8;
    *ret = b;
    return 0;
}

static int setup_one(void **ret) { return setup(ret, "return { " RULE("a", ONE) "}"); }
static int setup_five(void **ret) { return setup(ret, "return { " RULE("a", FIVE) "}"); }
static int setup_ten(void **ret) {
    return setup(ret, "return { " RULE("a", FIVE) RULE("b", FIVE) RULE("c", FIVE) RULE("d", FIVE)
                          RULE("e", FIVE) RULE("f", FIVE) RULE("g", FIVE) RULE("h", FIVE)
                              RULE("i", FIVE) RULE("j", FIVE) "}");
}
static int setup_position(void **ret) {
    return setup(ret, "return { " RULE("a", "ctx.position('X').profit_pct > 0.02") "}");
}

static void run(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        b->quote.bid.e8 += 1000 + (int64_t)(i & 1);
        b->quote.ask.e8 += 1000 + (int64_t)(i & 1);
        rules_event(b->world->rules, &b->quote.head);
    }
}

static void run_ten(void *self, uint64_t ops) { run(self, ops / 10); }

static int setup_floor(void **ret) {
    static const char text[] = "return function(symbol, bid, ask, bid_size) "
                               "return symbol == 'X' and bid > 1 and ask > 2 and bid_size >= 0 and "
                               "ask - bid > 1e6 end";
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL || (b->lua = luaL_newstate()) == NULL || luaL_dostring(b->lua, text) != LUA_OK) {
        done(b);
        return -1;
    }
    lua_pushliteral(b->lua, "X");
    *ret = b;
    return 0;
}

static void run_floor(void *self, uint64_t ops) {
    struct bench *b = self;
    for (uint64_t i = 0; i < ops; i++) {
        lua_pushvalue(b->lua, 1);
        lua_pushvalue(b->lua, 2);
        lua_pushnumber(b->lua, 100.0 + (double)i);
        lua_pushnumber(b->lua, 101.0 + (double)i);
        lua_pushnumber(b->lua, 1.0);
        if (lua_pcall(b->lua, 4, 1, 0) != LUA_OK) abort();
        bench_keep((uint64_t)lua_toboolean(b->lua, -1));
        lua_pop(b->lua, 1);
    }
}

static const struct bench_case cases[] = {
    {.name = "rules.floor", .doc = "five terms, plain arguments, lua_pcall alone", .ops = 100000,
     .setup = setup_floor, .run = run_floor, .done = done},
    {.name = "rules.one", .doc = "a rule that looks at one field of a new quote", .ops = 100000,
     .setup = setup_one, .run = run, .done = done, .against = "rules.floor", .limit_ns = 150,
     .goal_ns = 60},
    {.name = "rules.five", .doc = "a rule that looks at five fields of a new quote", .ops = 100000,
     .setup = setup_five, .run = run, .done = done, .against = "rules.floor", .limit_ns = 300},
    {.name = "rules.ten", .doc = "one of ten rules that look at five fields", .ops = 100000,
     .setup = setup_ten, .run = run_ten, .done = done, .against = "rules.floor", .limit_ns = 150,
     .goal_ns = 60},
    {.name = "rules.position", .doc = "a rule that asks for its position", .ops = 50000,
     .setup = setup_position, .run = run, .done = done, .limit_ns = 1000},
};

const struct bench_group bench_rules = {"rules", cases, COUNT(cases)};
