# add_static_library(NAME HEADER LIBRARY): the target NAME::NAME. The static library, so that the program needs nothing but glibc.
function(add_static_library target header library)
  find_path(${target}_INCLUDE_DIR ${header} REQUIRED)
  find_library(${target}_LIBRARY ${library} REQUIRED)
  mark_as_advanced(${target}_INCLUDE_DIR ${target}_LIBRARY)
  add_library(${target}::${target} STATIC IMPORTED)
  set_target_properties(${target}::${target} PROPERTIES IMPORTED_LOCATION ${${target}_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${${target}_INCLUDE_DIR})
endfunction()
