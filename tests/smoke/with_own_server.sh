#!/usr/bin/env bash
# tests/smoke/with_own_server.sh TEST [OPTION...]
#
# Starts bobbin with these options on a port that is free and with a copy of resources/, runs TEST with its URL, and
# stops it. TEST finds the folder that is served in SMOKE_ROOT and the log in SMOKE_LOG. BOBBIN_BINARY names another
# program than build/release/bobbin.
source "$(dirname "$0")/../../scripts/common.sh"

if (($# == 0)) || [[ $1 == -h || $1 == --help ]]; then
  show_help
  exit
fi

binary=${BOBBIN_BINARY:-build/release/bobbin}
# They would be read by the server as its configuration.
unset "${!BOBBIN_@}"
folder=$(mktemp -d)
export SMOKE_ROOT=$folder/resources SMOKE_LOG=$folder/log
cp -R resources "$SMOKE_ROOT"
: >"$SMOKE_LOG"

"$binary" --port 0 --root "$SMOKE_ROOT" "${@:2}" >>"$SMOKE_LOG" 2>&1 </dev/null &
server=$!
stop() {
  kill "$server" 2>/dev/null || true
  wait "$server" || true
  rm -rf "$folder"
}
trap stop EXIT

started_url() { sed -n 's/.*HTTP Server started on \(http[^ ]*\).*/\1/p' "$SMOKE_LOG"; }
until [[ $(started_url) ]]; do
  if ! kill -0 "$server" 2>/dev/null || ((SECONDS > 60)); then
    say "The server did not start:"
    cat "$SMOKE_LOG" >&2
    exit 1
  fi
  sleep 0.02
done
"$1" "$(started_url)"
