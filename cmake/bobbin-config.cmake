# find_package(bobbin): bobbin::http, HTTP as a machine of bytes, and bobbin::server, threads and sockets around it.
include(CMakeFindDependencyMacro)
find_dependency(tl-expected)
find_dependency(fmt)
find_dependency(OpenSSL 3.0)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/nghttp2.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/bobbin-targets.cmake)
