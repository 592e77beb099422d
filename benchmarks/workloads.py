"""What is asked of the servers: the workloads by name, their requests, and the files that are served.

The names W1 to W12 are those under which the peers were first measured; W16 to W18 came later. A growth is a row of workloads
that differ in one number.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# Seven digits that the load generator counts up.
NUMBER = "0000000"
PROBE_NUMBER = "9999999"
WARM_UP_NUMBER = 8_000_000

MANY_FILES = 5_000

# Before a growth is measured: enough for whatever a server keeps to be there, a third of a second or so.
WARM_UP_REQUESTS = 50_000

# What the floor program calls its only representation.
CONSTANT_TAG = '"0123456789abcdef"'

BOBBIN = ("bobbin",)
PEERS = ("nginx", "nginx-rw", "h2o", "lighttpd", "caddy")
EVERYONE = ("floor", *BOBBIN, *PEERS)


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    # load; steady: the load on connections that are there already, and memory with it; idle: memory of idle connections;
    # start: time from exec to the first answer
    kind: str = "load"
    path: str = "/1k.html"
    status: int = 200
    connections: int = 64
    room: int = 1024  # connections that the servers are configured for
    pipeline: int = 1
    close: bool = False  # a connection for every request
    conditional: bool = False  # If-None-Match with the server's own entity tag
    numbers: int = 1_000_000  # how many different names, where the path has a number
    upload_bytes: int = 0
    store: str = ""  # where uploads go: "memory" (tmpfs) or "disk"
    per_byte: bool = False  # bytes, not requests, are what counts
    most_requests: int = 0  # a bound besides the time; 0: none
    mode: str = ""  # the only mode that makes sense; "": any
    seconds: float = 2  # of load in each run, unless something else is asked for
    servers: tuple[str, ...] = EVERYONE

    @property
    def points(self) -> tuple["Workload", ...]:
        return (self,)

    @property
    def content_file(self) -> str:
        """The file below the root that a GET must answer with."""
        return self.path.replace(NUMBER, PROBE_NUMBER if self.upload_bytes else "0000000").lstrip("/")

    @property
    def files(self) -> int:
        """How many different files are asked for in turn; 0: always the same one."""
        return self.numbers if NUMBER in self.path else 0


@dataclass(frozen=True)
class Growth:
    """The same work for ever larger numbers of something. All points are measured in every round, so that the steps between
    them lie close together in time, as the servers do."""

    name: str
    title: str
    of: str  # what there is more and more of; an attribute of Workload
    points: tuple[Workload, ...]

    @property
    def servers(self) -> tuple[str, ...]:
        return self.points[0].servers

    @property
    def mode(self) -> str:
        return self.points[0].mode

    @property
    def seconds(self) -> float:
        return self.points[0].seconds

    def size(self, point: Workload) -> int:
        return getattr(point, self.of)


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("W1", "1 KiB, 64 connections"),
        Workload("W1s", "1 KiB, a single connection", connections=1),
        Workload("W2", "1 KiB, 1,000 connections", connections=1_000),
        Workload("W3", "16 KiB, 64 connections", path="/16k.html"),
        Workload("W4", "1 MiB, 64 connections", path="/1m.bin", per_byte=True),
        Workload("W5a", "1 GiB, 1 connection", path="/1g.bin", connections=1, per_byte=True),
        Workload("W5b", "1 GiB, 8 connections", path="/1g.bin", connections=8, per_byte=True),
        Workload("W6", "1 KiB, a connection for every request, 64 at a time", close=True),
        Workload("W7", "1 KiB, 16 requests pipelined, 64 connections", pipeline=16),
        Workload("W8", "304 Not Modified, 64 connections", status=304, conditional=True),
        Workload("W9", "404 Not Found, 64 connections (each server's own page)", path="/missing.html", status=404),
        Workload("W10a", "store 1 KiB of JSON on tmpfs, no syncing, 64 connections",
                 upload_bytes=KIB, store="memory", status=201, most_requests=200_000,
                 servers=("floor", "bobbin-nosync", "nginx", "nginx-rw", "lighttpd")),
        Workload("W10b", "store 256 KiB of JSON on tmpfs, no syncing, 64 connections",
                 upload_bytes=256 * KIB, store="memory", status=201, most_requests=6_000,
                 servers=("floor", "bobbin-nosync", "nginx", "nginx-rw", "lighttpd")),
        Workload("W10e", "store 1 KiB of JSON durably on disk, 64 connections (no peer syncs)",
                 upload_bytes=KIB, store="disk", status=201, most_requests=50_000, servers=("floor", "bobbin")),
        Workload("W10f", "store 256 KiB of JSON durably on disk, 64 connections (no peer syncs)",
                 upload_bytes=256 * KIB, store="disk", status=201, most_requests=1_000, servers=("floor", "bobbin")),
        Workload("W11", "idle connections: memory of each, and an active client meanwhile", kind="idle", connections=1),
        Workload("W12", "from exec to the first answer", kind="start"),
        Workload("W16", f"{MANY_FILES:,} files of 1 KiB in turn, 64 connections",
                 path=f"/many/{NUMBER}.html", numbers=MANY_FILES),
        Workload("W17", "1 KiB, 64 connections, with an access log",
                 servers=("bobbin", "bobbin-combined", "bobbin-transfer", "nginx", "nginx-log", "nginx-rw",
                          "nginx-rw-log", "h2o", "h2o-log", "lighttpd", "lighttpd-log")),
        Workload("W18", "1 KiB, 64 connections, 1, 2 and 10 threads on all CPUs", mode="free",
                 servers=("bobbin-1-thread", "bobbin-2-threads", "bobbin-10-threads", "nginx", "nginx-rw")),
    )
}


def steady(title: str, **differences: object) -> Workload:
    return Workload("", title, kind="steady", seconds=1, servers=("floor", "bobbin", "nginx", "nginx-rw"), **differences)


GROWTHS = {
    growth.name: growth
    for growth in (
        # All servers have room for the most connections at every point: it is the load that grows, not what they reserve.
        Growth("growth-connections", "1 KiB, from 1 to 10,000 connections", "connections",
               tuple(steady(f"{n:,} connections", connections=n, room=10_100) for n in (1, 10, 100, 1_000, 10_000))),
        Growth("growth-files", "from 10 to 100,000 files of 1 KiB in turn, 64 connections", "files",
               tuple(steady(f"{n:,} files", path=f"/many/{NUMBER}.html", numbers=n)
                     for n in (10, 100, 1_000, 10_000, 100_000))),
    )
}


def select(names: list[str]) -> list[Workload | Growth]:
    """By name, or by number for all that share it: W1 is W1 and W1s, not W10a; growth is both. None given: all but those."""
    known = WORKLOADS | GROWTHS
    chosen = []
    for name in names:
        matches = [one for one in known.values() if one.name == name or re.fullmatch(re.escape(name) + r"\D+", one.name)]
        if not matches:
            raise ValueError(f"no workload is called '{name}'; there are {' '.join(known)}")
        chosen += [one for one in matches if one not in chosen]
    return chosen or list(WORKLOADS.values())


def request(workload: Workload, port: int, upload_style: str, entity_tag: str = "") -> bytes:
    """The bytes of one request. `upload_style`: how this server takes uploads, "POST" or "PUT"."""
    method, path = "GET", workload.path
    fields = [f"Host: 127.0.0.1:{port}", "User-Agent: bench", "Accept: */*"]
    content = b""
    if workload.upload_bytes:
        method, path = (upload_style, "/upload" if upload_style == "POST" else f"/put/{NUMBER}.json")
        content = json_text(workload.upload_bytes)
        fields += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    if entity_tag:
        fields.append(f"If-None-Match: {entity_tag}")
    if workload.close:
        fields.append("Connection: close")
    return "\r\n".join([f"{method} {path} HTTP/1.1", *fields, "", ""]).encode() + content


def json_text(size: int) -> bytes:
    """A JSON document of exactly `size` bytes with strings, escapes, numbers, arrays and objects, as records have."""
    record = {"id": 1234567, "name": "Ada \u00c5ngstr\u00f6m", "note": "said \"no\"\n", "price": -12.5e3,
              "tags": ["a", "bc", "def"], "active": True, "parent": None}
    one = json.dumps(record, ensure_ascii=False).encode() + b","
    # Room for the brackets and for a string that fills the rest.
    count = max(0, (size - 16) // len(one))
    body = b"[" + one * count
    return body + b'"' + b"x" * (size - len(body) - 3) + b'"]'


def make_files(root: Path, chosen: Iterable[Workload]) -> None:
    """The files of all workloads, made once and kept. 1g.bin has holes: its pages come from the page cache like any other's,
    and should they be dropped no disk is read for them."""
    (root / "many").mkdir(parents=True, exist_ok=True)
    for name, size in {"1k.html": KIB, "16k.html": 16 * KIB, "1m.bin": MIB}.items():
        write_once(f"{root}/{name}", size)
    for number in range(max(workload.files for workload in chosen)):
        write_once(f"{root}/many/{number:07}.html", KIB)
    with (root / "1g.bin").open("ab") as file:
        file.truncate(GIB)


def write_once(path: str, size: int) -> None:
    """The size is looked at because a run may have been interrupted in mid-file."""
    try:
        if os.stat(path).st_size == size:
            return
    except FileNotFoundError:
        pass
    line = f"<p>{os.path.basename(path)} is one of the files that ./bench asks for.</p>\n".encode()
    with open(path, "wb", buffering=0) as file:
        file.write((line * (size // len(line) + 1))[:size])


def warm_page_cache(root: Path, workload: Workload) -> None:
    """Or the first server would read the files from disk for all others."""
    if workload.status != 200:
        return
    names = [f"many/{number:07}.html" for number in range(workload.files)] or [workload.content_file]
    buffer = bytearray(MIB)
    for name in names:
        with open(f"{root}/{name}", "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
