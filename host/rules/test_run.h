/*
 * test_run.h - `pawl rules test`: NAME_test.lua beside NAME.lua says what the rules of NAME.lua do
 * when something is fed to them (docs/rules.md). No host, no store: a made-up world. [start]
 */
#ifndef RULES_TEST_RUN_H
#define RULES_TEST_RUN_H

#include "rules/rules.h"

struct rules_test_result {
    const char *file; /* of the test */
    const char *name; /* of the test; "" = the file as a whole */
    const char *fault; /* NULL = passed */
};

struct rules_test_totals {
    uint32_t files, passed, failed, untested; /* untested: rule files without a test */
};

/* Every NAME_test.lua of the folder, by name. PAWL_E_CONFIG: the folder cannot be read. told is
 * called for each test. */
int rules_test(const char *dir, void (*told)(void *arg, const struct rules_test_result *result),
               void *arg, struct rules_test_totals *ret, struct pawl_err *err);

#endif
