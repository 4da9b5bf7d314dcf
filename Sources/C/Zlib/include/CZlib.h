// zlib, with the calls that are macros in its header.
#pragma once
#include <zlib.h>

/// deflateInit2 for a gzip stream. The corresponding C macro is `deflateInit2`.
int zlib_start_gzip(z_stream *stream, int level);
/// inflateInit2 for a gzip stream. The corresponding C macro is `inflateInit2`.
int zlib_start_gunzip(z_stream *stream);
