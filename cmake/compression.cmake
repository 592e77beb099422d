# zlib::zlib and zstd::zstd, for content codings. The static libraries, so that the program needs nothing but glibc.
function(add_static_library target header library)
  find_path(${target}_INCLUDE_DIR ${header} REQUIRED)
  find_library(${target}_LIBRARY ${library} REQUIRED)
  mark_as_advanced(${target}_INCLUDE_DIR ${target}_LIBRARY)
  add_library(${target}::${target} STATIC IMPORTED)
  set_target_properties(${target}::${target} PROPERTIES IMPORTED_LOCATION ${${target}_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${${target}_INCLUDE_DIR})
endfunction()
add_static_library(zlib zlib.h libz.a)
add_static_library(zstd zstd.h libzstd.a)
