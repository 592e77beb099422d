#!/usr/bin/env bash
# tests/smoke/test_security.sh [URL]
#
# Paths that lead out of the folder are refused, in every spelling; so are requests with no Host or somebody else's, and
# methods that change files. Without a URL it starts the release build.
source "$(dirname "$0")/common.sh"

traversals=(
  /../etc/passwd /../../etc/passwd /./././../config //etc/hosts
  /%2e%2e/etc/passwd /..%2f..%2fetc%2fpasswd '/..%5c..%5cwindows' /%252e%252e/etc/passwd
)
for target in "${traversals[@]}"; do
  request "$target"
  expect "GET $target: status" "$status" 403
done

request /
expect "the server's own Host: status" "$status" 200
request / --header 'Host: evil.example'
expect "another Host: status" "$status" '@(400|403)'
request / --header 'Host;'
expect "an empty Host: status" "$status" '@(400|403)'
request / --header 'Host:'
expect "no Host: status" "$status" '@(400|403)'

request /about.html --request PATCH
expect "PATCH /about.html: status" "$status" 405
finish
