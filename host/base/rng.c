#include "base/rng.h"

#include <assert.h>

static uint64_t splitmix(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, unsigned n) {
    return x << n | x >> (64 - n);
}

void rng_init(struct rng *rng, uint64_t seed) {
    for (int i = 0; i < 4; i++) rng->s[i] = splitmix(&seed);
}

void rng_fork(const struct rng *rng, uint64_t part, struct rng *ret) {
    uint64_t mixed = rng->s[0] ^ rotl(rng->s[2], 23);
    mixed ^= splitmix(&part);
    rng_init(ret, mixed);
}

uint64_t rng_u64(struct rng *rng) {
    uint64_t *s = rng->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound) {
    assert(bound > 0);
    uint64_t skip = -bound % bound, x; /* 2^64 mod bound: the draws that would favour low results */
    do x = rng_u64(rng);
    while (x < skip);
    return x % bound;
}

int64_t rng_between(struct rng *rng, int64_t low, int64_t high) {
    assert(low <= high);
    uint64_t span = (uint64_t)high - (uint64_t)low;
    uint64_t draw = span == UINT64_MAX ? rng_u64(rng) : rng_below(rng, span + 1);
    return (int64_t)((uint64_t)low + draw);
}

bool rng_chance(struct rng *rng, uint32_t in, uint32_t out_of) {
    return rng_below(rng, out_of) < in;
}
