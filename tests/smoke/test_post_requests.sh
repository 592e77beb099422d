#!/usr/bin/env bash
# tests/smoke/test_post_requests.sh [URL]
#
# JSON that is sent to /upload is stored and can be fetched again byte for byte; anything else is refused. Without a URL
# it starts the release build. It leaves one small document on the server.
source "$(dirname "$0")/common.sh"

post() { request /upload --request POST "$@"; }

# Blanks, an escape and a number form that a program would change if it stored its own version of the document.
printf '{"name": "bobbin",\n  "price": 1.50e1, "note": "\\u00e9 \303\251", "tags": [ ]}\n' >"$work/document.json"
post --header 'Content-Type: application/json' --data-binary "@$work/document.json"
expect "POST JSON: status" "$status" 201
path=$(sed -n 's/.*"filepath": *"\([^"]*\)".*/\1/p' "$work/content")
expect "POST JSON: filepath in the answer" "$path" '/uploads/*.json'
request "${path:-/uploads/}"
expect "GET of the stored document: status" "$status" 200
expect_same "GET of the stored document: content" "$work/document.json"

post --header 'Content-Type: text/plain' --data 'plain text'
expect "POST text/plain: status" "$status" 415
post --header 'Content-Type:' --data '{"name": "bobbin"}'
expect "POST without a Content-Type: status" "$status" 415
post --header 'Content-Type: application/json' --data '{"name": bobbin}'
expect "POST invalid JSON: status" "$status" 400
finish
