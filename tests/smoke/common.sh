# shellcheck shell=bash
# Shared by the smoke tests that are shell scripts, which source it first: where the server is, one request at a time
# with curl, and one line for each check.
source "$(dirname "$0")/../../scripts/common.sh"

if [[ ${1-} == -h || ${1-} == --help ]]; then
  show_help
  exit
fi
if (($# == 0)); then exec tests/smoke/with_own_server.sh "$script"; fi
if (($# > 1)) || [[ $1 != http*://* ]]; then usage_error "the one argument is the server's URL, such as http://127.0.0.1:8080"; fi

url=${1%/}
checks=0
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# request TARGET [CURL-OPTION...]: the target is sent as it is written. Leaves the status in $status, the head and the
# content of the answer in files of $work.
request() {
  : >"$work/head"
  : >"$work/content"
  status=$(curl -q --silent --globoff --path-as-is --noproxy '*' --max-time "${SMOKE_PATIENCE:-20}" \
    --dump-header "$work/head" --output "$work/content" --write-out '%{http_code}' "${@:2}" "$url$1") ||
    status="no whole answer (curl ended with $?)"
}

# field NAME: the value of that field of the answer.
field() { sed -n "s/^$1:[[:space:]]*\([^[:cntrl:]]*\).*/\1/Ip" "$work/head"; }

# expect WHAT GOT PATTERN: one check. The pattern is one of the shell's, such as @(400|403).
expect() {
  checks=$((checks + 1))
  # shellcheck disable=SC2053  # the pattern is meant as one
  if [[ $2 == $3 ]]; then
    printf 'ok      %s\n' "$1"
  else
    failures=$((failures + 1))
    printf "FAILED  %s: expected '%s', got '%s'\n" "$1" "$3" "$2"
  fi
}

# expect_same WHAT FILE: one check, that the content of the answer is that of the file, byte for byte.
expect_same() {
  local difference
  difference=$(cmp "$2" "$work/content" 2>&1) || true
  expect "$1" "${difference:-the same bytes}" "the same bytes"
}

finish() {
  printf '%d checks, %d failed\n' "$checks" "$failures"
  exit $((failures > 0))
}
