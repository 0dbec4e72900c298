/* Wrong in three ways at once: each is told. */
#include <stdint.h>

#include "pawl_plugin.h"

static const struct pawl_option bad[] = {{"x", PAWL_OPT_INT, 0, 0, 4, "5", NULL, "Any number."},
                                         {.name = NULL}};
static const uint16_t listens[] = {0xfff0, 0};
static const char *const needs[] = {"pawl.telepathy/1", 0};

#define NAME "several_faults"
#define MORE .options = bad, .listens = listens, .needs = needs
#include "fixture.h"
