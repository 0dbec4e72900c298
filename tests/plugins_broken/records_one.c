/* Good by itself, but records_one and records_two have one record id between them. */
#include <stddef.h>

#include "pawl_plugin.h"

static const struct pawl_field fields[] = {{"id", PAWL_F_U64, 0, 0, 8, "Key."}, {.name = NULL}};
static const struct pawl_record_type records[] = {{"one", "ones", 0x1f1, 1, 8, fields},
                                                  {.name = NULL}};

#define NAME "records_one"
#define MORE .records = records
#include "fixture.h"
