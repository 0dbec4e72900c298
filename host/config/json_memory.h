/*
 * json_memory.h - jansson on memory that may run out.
 *
 * jansson 2.14 does not look whether the buffer of a token could grow: it loses bytes or reads
 * past the end. So a text is parsed in a guard that leaves jansson at the first allocation that
 * fails and frees what it had taken. Elsewhere it may lose a member without a word; so whoever
 * changes JSON compares json_memory_failures() before and after, and takes a change as
 * PAWL_E_NOMEM.
 *
 * json_memory_use() routes jansson through base/alloc.h for the whole process; blocks made before
 * it may be freed after it. [any thread]
 */
#ifndef CONFIG_JSON_MEMORY_H
#define CONFIG_JSON_MEMORY_H

#include <jansson.h>

#include "pawl_types.h"

void json_memory_use(void);
uint64_t json_memory_failures(void);

/* json_loadb: PAWL_OK with *ret, PAWL_E_DATA with *ret_error, or PAWL_E_NOMEM. */
int json_memory_load(const char *bytes, size_t size, size_t flags, json_t **ret,
                     json_error_t *ret_error) PAWL_MUST_CHECK;

#endif
