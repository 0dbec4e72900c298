/*
 * rng.h - repeatable random numbers: xoshiro256** seeded through splitmix64. Not for secrets.
 * [any] No state but the caller's.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *rng, uint64_t seed); /* every seed is good, 0 too */
/* A second generator for a part of the work, so that one part's draws do not shift another's. */
void rng_fork(const struct rng *rng, uint64_t part, struct rng *ret);
uint64_t rng_u64(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound); /* [0, bound), unbiased; bound > 0 */
int64_t rng_between(struct rng *rng, int64_t low, int64_t high);  /* both included; low <= high */
bool rng_chance(struct rng *rng, uint32_t in, uint32_t out_of);   /* true `in` times of `out_of` */

#endif
