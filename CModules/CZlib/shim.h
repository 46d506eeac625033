#include <zlib.h>

// What zlib offers as macros, which Swift doesn't see. A negative window is a stream without a header (raw deflate).
static inline int coppice_deflate_begin(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY);
}
static inline int coppice_inflate_begin(z_stream *stream, int window_bits) {
    return inflateInit2(stream, -window_bits);
}
