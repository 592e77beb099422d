#!/usr/bin/env bash
# scripts/clang_tidy_launcher.sh COMPILER ARGUMENT... -o OBJECT -c FILE: reads FILE with clang-tidy, which tells the warnings of
# the compiler, too. Of the compiler itself only what FILE includes is wanted, by which ninja knows when to read it again; the
# object is empty. The preset `tidy` names this as its compiler launcher, because CMake runs its own clang-tidy on no files that
# are compiled together.
set -euo pipefail
file=${!#}
clang-tidy-19 --quiet --use-color=0 "$file" -- "${@:2}"
object=${*: -3:1}
"$@" -E
: >"$object"
