/* Its descriptor has members this host does not know. */
#define NAME "larger_table"
#define MORE .size = sizeof(struct pawl_plugin) + 16
#include "fixture.h"
