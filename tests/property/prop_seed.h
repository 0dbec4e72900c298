/* prop_seed.h - the seed of this run: PAWL_SEED, or the clock; printed, so that a failure
 * repeats. */
#ifndef PROP_SEED_H
#define PROP_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t prop_seed(const char *name) {
    const char *given = getenv("PAWL_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("%s: PAWL_SEED=%llu\n", name, (unsigned long long)seed);
    return seed;
}

#endif
