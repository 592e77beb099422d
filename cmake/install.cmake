# What `cmake --install` puts where. Components: `program`, with its texts; `service`, for a service manager and logrotate.
include(GNUInstallDirs)
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(made ${PROJECT_BINARY_DIR}/installed)

install(TARGETS bobbin RUNTIME COMPONENT program)

# install_printed(NAME FOLDER ARGUMENT...): installs what the program prints, when it is installed.
function(install_printed name folder)
  install(CODE "
    file(MAKE_DIRECTORY \"${made}\")
    execute_process(COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} \"$<TARGET_FILE:bobbin>\" ${ARGN}
                    OUTPUT_FILE \"${made}/${name}\" COMMAND_ERROR_IS_FATAL ANY)"
          COMPONENT program)
  install(FILES ${made}/${name} DESTINATION ${folder} COMPONENT program)
endfunction()
install_printed(bobbin.1 ${CMAKE_INSTALL_MANDIR}/man1 --help-man)
install_printed(bobbin ${CMAKE_INSTALL_DATADIR}/bash-completion/completions --completions bash)
install_printed(_bobbin ${CMAKE_INSTALL_DATADIR}/zsh/site-functions --completions zsh)
install_printed(bobbin.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d --completions fish)

install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(FILES ${packaging}/bobbin.toml DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

# The unit names the program where it is installed, which `cmake --install --prefix` decides.
install(CODE "
  set(PROGRAM \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/bobbin\")
  configure_file(\"${packaging}/bobbin.service.in\" \"${made}/bobbin.service\" @ONLY)"
        COMPONENT service)
install(FILES ${made}/bobbin.service DESTINATION lib/systemd/system COMPONENT service)
install(FILES ${packaging}/bobbin.sysusers DESTINATION lib/sysusers.d RENAME bobbin.conf COMPONENT service)
install(FILES ${packaging}/bobbin.tmpfiles DESTINATION lib/tmpfiles.d RENAME bobbin.conf COMPONENT service)
install(FILES ${packaging}/bobbin.logrotate DESTINATION ${CMAKE_INSTALL_DATADIR}/bobbin/logrotate.d RENAME bobbin
        COMPONENT service)
install(FILES ${packaging}/welcome.html DESTINATION ${CMAKE_INSTALL_DATADIR}/bobbin/site RENAME index.html
        COMPONENT service)
