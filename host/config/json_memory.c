#include "config/json_memory.h"

#include <jansson.h>
#include <stdatomic.h>

#include "base/alloc.h"

static atomic_uint_fast64_t failures;

static void *json_alloc(size_t size) {
    void *block = mem_alloc(size);
    if (block == NULL) atomic_fetch_add(&failures, 1);
    return block;
}

void json_memory_use(void) {
    json_set_alloc_funcs(json_alloc, mem_free);
}

uint64_t json_memory_failures(void) {
    return atomic_load(&failures);
}
