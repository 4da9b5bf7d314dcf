#include "CVerdict.h"
#include <simdjson.h>

extern "C" int verdict(const uint8_t *bytes, size_t count) {
  static simdjson::dom::parser parser;
  switch (parser.parse(reinterpret_cast<const char *>(bytes), count).error()) {
  case simdjson::SUCCESS: return 0;
  case simdjson::NUMBER_ERROR:
  case simdjson::STRING_ERROR: return 1;
  default: return 2;
  }
}
