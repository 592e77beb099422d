# seccomp::seccomp, for the filter of system calls.
add_static_library(seccomp seccomp.h libseccomp.a)
