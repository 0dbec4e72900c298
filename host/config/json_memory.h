/*
 * json_memory.h - jansson's memory through base/alloc.h, with a count of failures.
 *
 * jansson 2.14 loses a byte of a long token, without a word, when its buffer cannot grow. So
 * whoever reads JSON that matters compares the count before and after, and takes a change as
 * PAWL_E_NOMEM. [any] The hook is process-wide, as jansson's is; blocks made before it may be freed
 * after it.
 */
#ifndef CONFIG_JSON_MEMORY_H
#define CONFIG_JSON_MEMORY_H

#include <stdint.h>

void json_memory_use(void);
uint64_t json_memory_failures(void);

#endif
