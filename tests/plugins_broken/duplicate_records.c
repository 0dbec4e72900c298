/* Two record types with one id. */
#include <stddef.h>

#include "pawl_plugin.h"

static const struct pawl_field fields[] = {{"id", PAWL_F_U64, 0, 0, 8, "Key."}, {.name = NULL}};
static const struct pawl_record_type records[] = {
    {"one", "ones", 0x1f0, 1, 8, fields}, {"two", "twos", 0x1f0, 1, 8, fields}, {.name = NULL}};

#define NAME "duplicate_records"
#define MORE .records = records
#include "fixture.h"
