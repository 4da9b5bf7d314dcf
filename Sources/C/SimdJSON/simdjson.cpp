#include "CSimdJSON.h"
#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>

struct sj_indexer {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  size_t capacity = 0;
};

extern "C" sj_indexer *sj_make(void) { return new (std::nothrow) sj_indexer(); }
extern "C" void sj_free(sj_indexer *indexer) { delete indexer; }

extern "C" int64_t sj_index(sj_indexer *indexer, const uint8_t *bytes, size_t count, const uint32_t **positions) {
  if (count == 0) return -1;
  if (count > indexer->capacity) {
    size_t wanted = indexer->capacity ? indexer->capacity : 64 * 1024;
    while (wanted < count) wanted *= 2;
    if (wanted > simdjson::SIMDJSON_MAXSIZE_BYTES) wanted = simdjson::SIMDJSON_MAXSIZE_BYTES;
    if (wanted < count) return -1;
    indexer->parser.reset();
    indexer->capacity = 0;
    auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1024, indexer->parser);
    if (error) return -2;
    indexer->capacity = wanted;
  }
  auto error = indexer->parser->stage1(bytes, count, simdjson::stage1_mode::regular);
  if (error) return error == simdjson::MEMALLOC ? -2 : -1;
  *positions = indexer->parser->structural_indexes.get();
  return indexer->parser->n_structural_indexes;
}

static inline bool hex(uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

extern "C" int sj_escapes_valid(const uint8_t *bytes, size_t count) {
  const uint8_t *p = bytes, *end = bytes + count;
  while (p < end && (p = static_cast<const uint8_t *>(memchr(p, '\\', end - p)))) {
    if (end - p < 2) return 0;
    switch (p[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
      p += 2;
      break;
    case 'u':
      if (end - p < 6 || !hex(p[2]) || !hex(p[3]) || !hex(p[4]) || !hex(p[5])) return 0;
      p += 6;
      break;
    default:
      return 0;
    }
    if (p >= end) break;
  }
  return 1;
}

extern "C" int sj_utf8_valid(const uint8_t *bytes, size_t count) {
  return simdjson::validate_utf8(reinterpret_cast<const char *>(bytes), count);
}
