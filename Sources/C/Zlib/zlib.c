#include "CZlib.h"

int zlib_start_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
int zlib_start_gunzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
