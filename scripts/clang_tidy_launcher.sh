#!/usr/bin/env bash
# scripts/clang_tidy_launcher.sh COMPILER ARGUMENT... -c FILE: reads FILE with clang-tidy, and compiles it when nothing was
# found. The preset `tidy` names it as its compiler launcher, because CMake runs its own clang-tidy on no files that are
# compiled together.
set -euo pipefail
file=${!#}
if [[ $file == *.cxx || $file == *.cpp ]]; then clang-tidy-19 --quiet --use-color=0 "$file" -- "${@:2}"; fi
exec "$@"
