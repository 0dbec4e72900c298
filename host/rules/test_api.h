/*
 * test_api.h - what a rule's test can do: `t` of test(name, function(t) ... end). Internal to
 * rules/.
 */
#ifndef RULES_TEST_API_H
#define RULES_TEST_API_H

#include "rules/sandbox.h"
#include "rules/test_world.h"

#define TEST_STEPS_MAX 5000000 /* instructions of one test */
#define TESTS_MAX 1000u        /* in one file */
#define TEST_START_NS (INT64_C(1767614400) * PAWL_NS) /* 2026-01-05T12:00:00Z, a Monday */

struct test_run {
    struct sandbox *box;
    struct names *names;
    struct test_world *world; /* of the test that runs */
    uint32_t count;           /* of test(): in the table below */
    int tests_ref, api_ref;   /* { name, function, name, function ... }; t */
};

void test_api_open(struct lua_State *lua); /* raises; owner is the struct test_run */

#endif
