/*
 * fuzz.h - what the fuzz targets share. A target is one function; libFuzzer calls it with bytes it
 * invents (./dev fuzz), replay.c with the files of corpus/ (./dev test).
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A property that must hold for every input; unlike assert() it says so in a release as well. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Up to n bytes of the input as a number, little end first; what is not there is zero. */
static inline uint64_t fuzz_take(const uint8_t **bytes, size_t *len, size_t n) {
    uint64_t value = 0;
    for (size_t i = 0; i < n && *len > 0; i++, (*bytes)++, (*len)--)
        value |= (uint64_t)**bytes << (8 * i);
    return value;
}

#endif
