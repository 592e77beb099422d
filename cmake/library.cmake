# The component `library` of `cmake --install`: rooms that other programs can use, with find_package(bobbin). A program of
# another compiler cannot link what is prepared for optimisation at link time, so it is the preset `library` that makes it.
include(CMakePackageConfigHelpers)
set(library_rooms base os observe http net limits server)
set(library_folder ${CMAKE_INSTALL_LIBDIR}/cmake/bobbin)

foreach(room ${library_rooms})
  set_target_properties(${room} PROPERTIES OUTPUT_NAME bobbin_${room})
  install(DIRECTORY src/${room} DESTINATION include/bobbin COMPONENT library
          FILES_MATCHING PATTERN "*.h" PATTERN "test_*" EXCLUDE PATTERN "session_driver.h" EXCLUDE PATTERN "guarded_text.h" EXCLUDE)
endforeach()
target_compile_features(base PUBLIC cxx_std_20)

install(TARGETS ${library_rooms} EXPORT bobbin COMPONENT library INCLUDES DESTINATION include/bobbin)
install(EXPORT bobbin NAMESPACE bobbin:: FILE bobbin-targets.cmake DESTINATION ${library_folder} COMPONENT library)
write_basic_package_version_file(bobbin-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/bobbin-config.cmake cmake/static_library.cmake cmake/nghttp2.cmake cmake/seccomp.cmake ${PROJECT_BINARY_DIR}/bobbin-config-version.cmake
        DESTINATION ${library_folder} COMPONENT library)
