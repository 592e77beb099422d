#!/usr/bin/env bash
# The tasks of a client in ../../README.md, with curl.
set -euo pipefail
base=$1 protocol=$2 ca=$3 root=$4
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
case $protocol in
  h2) version=--http2 ;;
  *) version=--http1.1 ;;
esac
ask() { curl -sS --max-time 60 "$version" --cacert "$ca" "$@"; }
same() { [[ $1 == "$2" ]] || { echo "$1 is not $2" >&2; exit 1; }; }
digest() { sha256sum "$1" | cut -d' ' -f1; }

same "$(ask -o "$scratch/about" -w '%{http_code}' "$base/about.html")" 200
cmp "$scratch/about" "$root/about.html"
echo "ok get"

etag=$(ask -o /dev/null -w '%header{etag}' "$base/about.html")
same "$(ask -o /dev/null -w '%{http_code}' -H "If-None-Match: $etag" "$base/about.html")" 304
echo "ok revalidation"

echo '{"from":"curl"}' > "$scratch/document"
same "$(ask -D "$scratch/head" -o /dev/null -w '%{http_code}' --json "@$scratch/document" "$base/upload")" 201
location=$(sed -n 's/^[Ll]ocation: \(.*\)\r$/\1/p' "$scratch/head")
ask "$base$location" | cmp - "$scratch/document"
echo "ok upload"

ask -o "$scratch/large" "$base/large.bin"
same "$(digest "$scratch/large")" "$(digest "$root/large.bin")"
echo "ok large"

same "$(ask -o "$scratch/range" -w '%{http_code}' -r 1000-1999 "$base/large.bin")" 206
cmp "$scratch/range" <(tail -c +1001 "$root/large.bin" | head -c 1000)
echo "ok range"

# One curl is one client: it keeps its connections from one address to the next.
same "$(ask -o /dev/null -w '%{http_code}\n' "$base/about.html?[1-250]" | sort | uniq -c | tr -s ' ')" " 250 200"
echo "ok many"

{ printf '['; head -c 5000000 /dev/zero | tr '\0' ' '; printf ']'; } > "$scratch/too-large"
same "$(ask -o "$scratch/answer" -w '%{http_code}' --json "@$scratch/too-large" "$base/upload")" 413
grep -q 413 "$scratch/answer"
echo "ok refusal"
