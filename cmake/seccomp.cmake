# seccomp::seccomp, for the filter of system calls. The static library, so that the program needs nothing but glibc.
add_static_library(seccomp seccomp.h libseccomp.a)
