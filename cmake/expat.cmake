# expat::expat, for the lists that stores of objects answer with.
add_static_library(expat expat.h libexpat.a)
