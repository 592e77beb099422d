#!/usr/bin/env bash
# tests/smoke/test_get_requests.sh [URL]
#
# Pages are shown, pictures and text are downloads, and what does not exist is 404. Without a URL it starts the release
# build. SMOKE_ROOT names the folder that is served, if it is at hand: then contents are compared byte for byte.
source "$(dirname "$0")/common.sh"

# Every kind of file that is asked for begins in its own way, which is what can be seen of it from afar.
expect_content() {
  if [[ ${SMOKE_ROOT-} ]]; then
    expect_same "$1" "$SMOKE_ROOT/$2"
    return
  fi
  local beginning
  beginning=$(head -c 200 "$work/content" | tr -d '\0' | tr '[:upper:]' '[:lower:]')
  case $2 in
    *.html) expect "$1" "$beginning" '*<html*' ;;
    *.png) expect "$1" "$beginning" '?png*' ;;
    *.txt) expect "$1" "$beginning" '[[:print:]]*' ;;
  esac
}

expect_page() {
  request "$1"
  expect "GET $1: status" "$status" 200
  expect "GET $1: Content-Type" "$(field Content-Type)" 'text/html*'
  expect_content "GET $1: content" "$2"
}

expect_download() {
  request "/$1"
  expect "GET /$1: status" "$status" 200
  expect "GET /$1: Content-Type" "$(field Content-Type)" application/octet-stream
  expect "GET /$1: Content-Disposition" "$(field Content-Disposition)" "attachment; filename=\"$1\""
  expect_content "GET /$1: content" "$1"
}

expect_page / index.html
expect_page /about.html about.html
expect_download logo.png
expect_download photo.png
expect_download sample.txt
request /nonexistent.png
expect "GET /nonexistent.png: status" "$status" 404
finish
