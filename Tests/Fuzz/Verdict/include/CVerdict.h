// simdjson's own parser, as the judge of ours.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// 0 where simdjson's DOM parser takes the bytes, 1 where it refuses a number for its size or an unpaired surrogate, and 2
/// where it refuses them for anything else.
int verdict(const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif
