# zlib::zlib and zstd::zstd, for content codings.
add_static_library(zlib zlib.h libz.a)
add_static_library(zstd zstd.h libzstd.a)
