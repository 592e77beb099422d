# shellcheck shell=bash
# Shared by the top-level scripts, which source it first: strict mode, the repository root as the working
# directory, and the few words they have in common.
set -euo pipefail
script=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The comment at the top of a script is its help text.
show_help() { sed -n '2,${/^#/!q;s/^# \{0,1\}//p}' "$script"; }

say() { printf '%s\n' "$*" >&2; }
usage_error() { say "$0: $* ($0 -h explains)"; exit 2; }

# bootstrap LIST...: installs the packages of packages/LIST.txt that are missing.
bootstrap() { scripts/bootstrap.sh "$@"; }

# configure PRESET: only the first time. Afterwards ninja runs cmake again by itself whenever it must.
# build.ninja is the last file that cmake writes, so a configuration that was cut short starts over.
configure() {
  [[ -f build/$1/build.ninja ]] && return
  mkdir -p "build/$1"
  flock "build/$1/.lock" cmake --preset "$1" >&2
}

# build PRESET [TARGET...]: progress on stderr, and nothing at all when everything is up to date. The lock is there
# because two ninja processes in one directory would overwrite each other's results.
build() {
  local preset=$1
  shift
  configure "$preset"
  flock "build/$preset/.lock" ninja -C "build/$preset" -j "$(nproc)" -k 0 "$@" 2>&1 |
    sed -u -e '/^ninja: Entering directory/d' -e '/Re-checking globbed directories/d' \
           -e '/^ninja: no work to do/d' -e '/^[0-9]* warnings\? generated/d' >&2
}
