// The inner loop of MinHash, in C so that the compiler uses the widest registers of the machine it runs on.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { minhash_permutations = 128 };

// least[p] = the least of least[p] and multiplier[p] * value + addend[p], modulo 2^32, over all values.
void minhash_add(
    const uint32_t *values, size_t count, const uint32_t *multiplier, const uint32_t *addend, uint32_t *least);
