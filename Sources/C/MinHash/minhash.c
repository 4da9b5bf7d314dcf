#include "CMinHash.h"

#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
void minhash_add(
    const uint32_t *values, size_t count, const uint32_t *multiplier, const uint32_t *addend, uint32_t *least) {
    // 16 permutations at a time stay in registers while all values pass.
    for (size_t first = 0; first < minhash_permutations; first += 16) {
        uint32_t best[16], a[16], b[16];
        for (int p = 0; p < 16; p++) {
            best[p] = least[first + p];
            a[p] = multiplier[first + p];
            b[p] = addend[first + p];
        }
        for (size_t i = 0; i < count; i++) {
#pragma clang loop vectorize(enable) unroll(full)
            for (int p = 0; p < 16; p++) {
                uint32_t image = a[p] * values[i] + b[p];
                best[p] = image < best[p] ? image : best[p];
            }
        }
        for (int p = 0; p < 16; p++) least[first + p] = best[p];
    }
}
