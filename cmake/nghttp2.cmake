# nghttp2::nghttp2, the framing of HTTP/2.
add_static_library(nghttp2 nghttp2/nghttp2.h libnghttp2.a)
