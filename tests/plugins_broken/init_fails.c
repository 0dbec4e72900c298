/* create() refuses, with a sentence. */
#define NAME "init_fails"
#define OWN_CREATE
#include "fixture.h"
#include <stdio.h>

static int create(struct pawl_ctx *ctx, const void *given, void **ret_self, struct pawl_err *err) {
    (void)ctx;
    (void)given;
    (void)ret_self;
    err->rc = PAWL_E_CONFIG;
    snprintf(err->text, sizeof err->text, "x must be a prime, and 5 is too small");
    return PAWL_E_CONFIG;
}
