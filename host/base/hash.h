/*
 * hash.h - 64-bit hashes that are the same on every machine and in every run.
 *
 * struct hash is XXH64 in pieces: the result does not depend on how the bytes were cut. It tells
 * two traces apart; it is no protection against anybody who wants a collision. [any] No allocation.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash {
    uint64_t lane[4];
    uint64_t total; /* bytes so far */
    uint64_t seed;
    uint8_t part[32];
    uint32_t part_size;
    uint32_t reserved;
};

void hash_init(struct hash *hash, uint64_t seed);
void hash_add(struct hash *hash, const void *bytes, size_t size);
void hash_add_u64(struct hash *hash, uint64_t value); /* as 8 bytes, little-endian */
uint64_t hash_value(const struct hash *hash);         /* of all so far; more may be added */

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed);

/* A bijection that spreads consecutive numbers. */
static inline uint64_t hash_u64(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

#endif
