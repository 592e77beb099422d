# nghttp2::nghttp2, the framing of HTTP/2. The static library, so that the program needs nothing but glibc.
find_path(NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h REQUIRED)
find_library(NGHTTP2_LIBRARY libnghttp2.a REQUIRED)
mark_as_advanced(NGHTTP2_INCLUDE_DIR NGHTTP2_LIBRARY)
add_library(nghttp2::nghttp2 STATIC IMPORTED)
set_target_properties(nghttp2::nghttp2 PROPERTIES IMPORTED_LOCATION ${NGHTTP2_LIBRARY}
                      INTERFACE_INCLUDE_DIRECTORIES ${NGHTTP2_INCLUDE_DIR})
