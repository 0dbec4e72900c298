/* plural.h - "1 lot", "2 lots": the end of a counted word. [any] */
#ifndef BASE_PLURAL_H
#define BASE_PLURAL_H

#include <stdint.h>

static inline const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

#endif
