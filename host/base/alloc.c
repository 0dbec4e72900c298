#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Process-wide on purpose: it stands for the machine's memory. Off, it costs one relaxed load. */
static atomic_uint_fast64_t fail_at;
static atomic_uint_fast64_t asked;
static atomic_bool fail_forever;

static bool mem_fails(void) {
    uint64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (at == 0) return false;
    uint64_t n = atomic_fetch_add(&asked, 1) + 1;
    return n == at || (n > at && atomic_load(&fail_forever));
}

void *mem_alloc(size_t size) {
    return mem_fails() ? NULL : malloc(size == 0 ? 1 : size);
}

void *mem_calloc(size_t count, size_t size) {
    if (mem_fails()) return NULL;
    return count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size);
}

void *mem_realloc(void *block, size_t size) {
    return mem_fails() ? NULL : realloc(block, size == 0 ? 1 : size);
}

char *mem_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = mem_alloc(size);
    if (copy != NULL) memcpy(copy, text, size);
    return copy;
}

void mem_free(void *block) {
    free(block);
}

void mem_fail_at(uint64_t nth, bool forever) {
    atomic_store(&asked, 0);
    atomic_store(&fail_forever, forever);
    atomic_store(&fail_at, nth);
}

uint64_t mem_fail_count(void) {
    return atomic_load(&asked);
}
