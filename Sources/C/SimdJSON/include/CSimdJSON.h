// simdjson's first stage behind a C interface: where the structure of a JSON text is, found 64 bytes at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sj_indexer sj_indexer;

/// Makes an indexer for the processor at hand, or NULL when memory is short. One thread at a time may use it.
sj_indexer *sj_make(void);
void sj_free(sj_indexer *);

/// Finds the structural characters of `bytes[0..<count]`: `{ } [ ] : ,`, opening quotes and the first byte of each other
/// scalar, outside strings. Also checks UTF-8, unclosed strings and raw control characters in strings.
/// Returns how many there are, their positions in `*positions` (valid until the next call), or -1 when the text can't be JSON,
/// -2 when memory is short. `count` must be less than 4 GiB.
int64_t sj_index(sj_indexer *, const uint8_t *bytes, size_t count, const uint32_t **positions);

/// True when every escape in the inside of a JSON string is one that RFC 8259 knows.
int sj_escapes_valid(const uint8_t *bytes, size_t count);

/// True when the bytes are UTF-8.
int sj_utf8_valid(const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif
