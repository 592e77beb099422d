# libcurl::headers, for what src/http_client loads when the program runs. Nothing is linked: the server does without it.
find_path(LIBCURL_INCLUDE_DIR curl/curl.h REQUIRED)
mark_as_advanced(LIBCURL_INCLUDE_DIR)
add_library(libcurl::headers INTERFACE IMPORTED)
target_include_directories(libcurl::headers SYSTEM INTERFACE ${LIBCURL_INCLUDE_DIR})
