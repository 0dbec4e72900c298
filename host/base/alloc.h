/*
 * alloc.h - the one way host code takes memory, so that a test can make any allocation fail.
 *
 * Every result may be NULL: the caller returns PAWL_E_NOMEM and leaves things as they were.
 * [any thread]
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size); /* contents undefined; size 0 gives a block of 1 */
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *block, size_t size); /* on failure the old block stands */
char *mem_strdup(const char *text);
void mem_free(void *block); /* accepts NULL */

/* Tests: the nth allocation from now fails (1 = the next), and with `forever` all after it.
 * 0 = none fails. Counting starts anew with each call. */
void mem_fail_at(uint64_t nth, bool forever);
uint64_t mem_fail_count(void); /* allocations asked for since mem_fail_at(nth above 0) */

#endif
