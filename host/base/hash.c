#include "base/hash.h"

#include <endian.h>
#include <string.h>

#define P1 UINT64_C(0x9e3779b185ebca87)
#define P2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define P3 UINT64_C(0x165667b19e3779f9)
#define P4 UINT64_C(0x85ebca77c2b2ae63)
#define P5 UINT64_C(0x27d4eb2f165667c5)

static uint64_t rotl(uint64_t x, unsigned n) {
    return x << n | x >> (64 - n);
}

static uint32_t read_le32(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return le32toh(value);
}

static uint64_t read_le64(const uint8_t *p) {
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return le64toh(value);
}

static void write_le64(uint8_t *p, uint64_t value) {
    value = htole64(value);
    memcpy(p, &value, sizeof value);
}

static uint64_t round1(uint64_t lane, uint64_t input) {
    return rotl(lane + input * P2, 31) * P1;
}

static void eat_stripe(uint64_t lane[4], const uint8_t *p) {
    for (int i = 0; i < 4; i++) lane[i] = round1(lane[i], read_le64(p + 8 * i));
}

void hash_init(struct hash *hash, uint64_t seed) {
    memset(hash, 0, sizeof *hash);
    hash->seed = seed;
    hash->lane[0] = seed + P1 + P2;
    hash->lane[1] = seed + P2;
    hash->lane[2] = seed;
    hash->lane[3] = seed - P1;
}

void hash_add(struct hash *hash, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    if (size == 0) return;
    hash->total += size;
    if (hash->part_size > 0) {
        size_t room = sizeof hash->part - hash->part_size;
        size_t take = size < room ? size : room;
        memcpy(hash->part + hash->part_size, p, take);
        hash->part_size += (uint32_t)take;
        p += take;
        size -= take;
        if (hash->part_size < sizeof hash->part) return;
        eat_stripe(hash->lane, hash->part);
        hash->part_size = 0;
    }
    for (; size >= sizeof hash->part; p += 32, size -= 32) eat_stripe(hash->lane, p);
    memcpy(hash->part, p, size);
    hash->part_size = (uint32_t)size;
}

void hash_add_u64(struct hash *hash, uint64_t value) {
    if (hash->part_size > sizeof hash->part - sizeof value) {
        uint8_t bytes[sizeof value];
        write_le64(bytes, value);
        hash_add(hash, bytes, sizeof bytes);
        return;
    }
    write_le64(hash->part + hash->part_size, value);
    hash->part_size += (uint32_t)sizeof value;
    hash->total += sizeof value;
    if (hash->part_size < sizeof hash->part) return;
    eat_stripe(hash->lane, hash->part);
    hash->part_size = 0;
}

uint64_t hash_value(const struct hash *hash) {
    const uint64_t *lane = hash->lane;
    uint64_t h = hash->seed + P5;
    if (hash->total >= sizeof hash->part) {
        h = rotl(lane[0], 1) + rotl(lane[1], 7) + rotl(lane[2], 12) + rotl(lane[3], 18);
        for (int i = 0; i < 4; i++) h = (h ^ round1(0, lane[i])) * P1 + P4;
    }
    h += hash->total;
    const uint8_t *p = hash->part;
    uint32_t left = hash->part_size;
    for (; left >= 8; p += 8, left -= 8) h = rotl(h ^ round1(0, read_le64(p)), 27) * P1 + P4;
    if (left >= 4) {
        h = rotl(h ^ read_le32(p) * P1, 23) * P2 + P3;
        p += 4;
        left -= 4;
    }
    for (; left > 0; p++, left--) h = rotl(h ^ *p * P5, 11) * P1;
    h = (h ^ (h >> 33)) * P2;
    h = (h ^ (h >> 29)) * P3;
    return h ^ (h >> 32);
}

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed) {
    struct hash hash;
    hash_init(&hash, seed);
    hash_add(&hash, bytes, size);
    return hash_value(&hash);
}
