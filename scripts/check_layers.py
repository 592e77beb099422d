#!/usr/bin/python3
"""Holds every #include in src/ to the layers: the add_room table of CMakeLists.txt is the only list of them.

A room may include itself and the rooms it DEPENDS on; a room may depend only on rooms declared above it; the headers of
the operating system belong to src/os, those of OpenSSL to src/net/tls and src/crypto, those of nghttp2 to src/http/http2,
those of libcurl to src/http_client, those of expat to src/object_store; http, json and signatures are pure
(no thread, no stream, no reading of a clock).
Unit tests may use whatever helps them to test.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOM = re.compile(r"^add_room\(\s*(\w+)((?:[^()]|\n)*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SYSTEM = re.compile(r"(unistd|fcntl|netdb|poll|dirent|pthread|sched)\.h|(sys|netinet|arpa|net|linux)/.*")
PURE_ROOMS = {"http", "json", "signatures"}
IMPURE = re.compile(r"thread|mutex|condition_variable|future|fstream|iostream|filesystem")
# Headers of a library that few folders alone may see.
KEPT_IN = {
    re.compile(r"nghttp2/.*"): ["src/http/http2"],
    re.compile(r"openssl/.*"): ["src/net/tls", "src/crypto"],
    re.compile(r"crypt\.h"): ["src/auth"],
    re.compile(r"curl/.*"): ["src/http_client"],
    re.compile(r"expat.*\.h"): ["src/object_store"],
    re.compile(r"dlfcn\.h"): ["src/os"],
}
# Headers that no file may see, and why.
FORBIDDEN = {"fmt/chrono.h": "it writes moments in the local time zone; base/utc_time.h writes them in UTC"}
CLOCK_READING = re.compile(r"_clock::now\(|\bclock_gettime\(|\btime\((nullptr|NULL|0)\)")


def declared_rooms(cmake: str) -> dict[str, list[str]]:
    """Room → the rooms it may use, in the order of declaration."""
    rooms = {}
    for name, arguments in ROOM.findall(cmake):
        keyword, rooms[name] = "", []
        for word in arguments.split():
            if word in ("DEPENDS", "LIBRARIES"):
                keyword = word
            elif keyword == "DEPENDS":
                rooms[name].append(word)
    return rooms


def faults_of_table(rooms: dict[str, list[str]]):
    above = set()
    for room, depends in rooms.items():
        for other in depends:
            if other not in above:
                yield f"CMakeLists.txt: {room} depends on {other}, which is not declared above it"
        above.add(room)


def faults_of_library(path: Path, line: str):
    """What others do with such a library goes through the folder that sees it."""
    match = INCLUDE.match(line)
    if match and match.group(2) in FORBIDDEN:
        yield f"<{match.group(2)}>: {FORBIDDEN[match.group(2)]}"
    for header, folders in KEPT_IN.items():
        is_here = any(path.is_relative_to(ROOT / folder) for folder in folders)
        if match and header.fullmatch(match.group(2)) and not is_here:
            yield f"<{match.group(2)}>: only {' and '.join(folders)} may include it"


def faults_of_line(room: str, line: str, rooms: dict[str, list[str]]):
    if match := INCLUDE.match(line):
        quote, header = match.groups()
        other = header.split("/")[0]
        if quote == '"' and other not in rooms:
            yield f'"{header}": not "room/file.h"'
        elif quote == '"' and other != room and other not in rooms[room]:
            yield f'"{header}": {room} may not use {other}'
        elif quote == "<" and room != "os" and SYSTEM.fullmatch(header):
            yield f"<{header}>: only src/os may include it"
        elif quote == "<" and room in PURE_ROOMS and IMPURE.fullmatch(header):
            yield f"<{header}>: {room} is pure"
    elif room in PURE_ROOMS and CLOCK_READING.search(line):
        yield f"{room} is pure: time is passed in, not read"


def main() -> int:
    rooms = declared_rooms((ROOT / "CMakeLists.txt").read_text())
    if not rooms:
        sys.exit("CMakeLists.txt: found no add_room()")
    faults = list(faults_of_table(rooms))
    files = sorted(path for path in (ROOT / "src").rglob("*") if path.suffix in (".h", ".cpp"))
    for path in files:
        room = path.relative_to(ROOT / "src").parts[0]
        if room not in rooms:
            faults.append(f"{path.relative_to(ROOT)}: {room} is not a room of CMakeLists.txt")
            continue
        if path.name.endswith("_test.cpp") or path.name.startswith("test_"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = [*faults_of_line(room, line, rooms), *faults_of_library(path, line)]
            faults += [f"{path.relative_to(ROOT)}:{number}: {fault}" for fault in found]
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    print(f"layers: {len(files)} files in {len(rooms)} rooms, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
