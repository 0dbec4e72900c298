/* The default of an option is outside its range. */
#include "pawl_plugin.h"

static const struct pawl_option bad[] = {{"x", PAWL_OPT_INT, 0, 0, 4, "5", NULL, "Any number."},
                                         {.name = NULL}};

#define NAME "bad_option"
#define MORE .options = bad
#include "fixture.h"
