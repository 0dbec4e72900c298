/* Built when the descriptor had no caps(): still good. */
#define NAME "smaller_table"
#define MORE .size = offsetof(struct pawl_plugin, caps)
#include "fixture.h"
