"""What is asked of the servers: the workloads by name, their requests, and the files that are served.

The names W1 to W12 are those under which the peers were first measured; W16 to W20 came later, and W13 and W14 with TLS and HTTP/2.
A growth is a row of workloads that differ in one number.
"""

import gzip
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# Seven digits that the load generator counts up. No other place in a head may look like them.
NUMBER = "0000000"
PROBE_NUMBER = "9999999"
WARM_UP_NUMBER = 8_000_000

MANY_FILES = 5_000
MORE_FILES = 100_000

# Servers treat a file that has just changed with care, and its validators as weak.
SETTLE_SECONDS = 5

# Before a growth is measured: enough for whatever a server keeps to be there, a third of a second or so.
WARM_UP_REQUESTS = 50_000
WARM_UP_DOCUMENTS = 500

# What the floor program calls its only representation.
CONSTANT_TAG = '"0123456789abcdef"'
CONSTANT_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"

# The field of a condition, the field of an answer that has its value, and that value of the floor program.
CONDITIONS = {"If-None-Match": ("etag", CONSTANT_TAG), "If-Modified-Since": ("last-modified", CONSTANT_DATE)}

BOBBIN = ("bobbin",)
PEERS = ("nginx", "nginx-rw", "h2o", "lighttpd", "caddy")
EVERYONE = ("floor", *BOBBIN, *PEERS)


@dataclass(frozen=True)
class Protocol:
    """What client and server speak."""

    name: str
    tls: bool = False
    http2: bool = False


# The client offers one version, one cipher and one group, so that all servers do the same work.
TLS_GROUP, TLS_CIPHER = "X25519", "TLS_AES_128_GCM_SHA256"
OVER_TLS = f"TLS 1.3 ({TLS_CIPHER}, {TLS_GROUP}, a P-256 certificate)"

HTTP1 = Protocol("HTTP/1.1")
HTTP1_TLS = Protocol(f"HTTP/1.1 over {OVER_TLS}", tls=True)
HTTP2 = Protocol("HTTP/2 in clear text with prior knowledge", http2=True)
HTTP2_TLS = Protocol(f"HTTP/2 over {OVER_TLS}", tls=True, http2=True)

# Those that are set up for TLS and HTTP/2.
WITH_TLS = ("bobbin", "nginx", "nginx-rw", "h2o", "lighttpd")


@dataclass(frozen=True)
class UploadStyle:
    """How a server takes documents."""

    method: str
    path: str
    fields: Callable[[bytes], list[str]] = lambda content: []  # further ones, which the document decides


POST = UploadStyle("POST", "/upload")
PUT = UploadStyle("PUT", f"/put/{NUMBER}.json")


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    # load; steady: the load on connections that are there already, and memory with it; intake: the same with documents that
    # differ and must be on the disk, without the memory; idle: memory of idle connections; start: time from exec to the first answer
    kind: str = "load"
    protocol: Protocol = HTTP1
    path: str = "/1k.html"
    status: int = 200
    connections: int = 64
    room: int = 1024  # connections that the servers are configured for
    pipeline: int = 1  # requests that a connection has under way at once; with HTTP/2 each is a stream
    idle_connections: int = 10_000  # as many as the system allows, where they are what is measured
    close: bool = False  # a connection for every request
    condition: str = ""  # If-None-Match or If-Modified-Since, with what the server itself said of the file
    browser: bool = False  # a head as a browser sends it and a proxy passes it on
    # What has a head of its own, by one number in it: every "request" (X-Request-Id), every "connection" (Cookie), or ""
    own_head: str = ""
    numbers: int = 1_000_000  # how many different numbers, where the request has one
    by_popularity: bool = False  # the numbers come at random, by Zipf's law, instead of in turn
    prepared: bool = False  # the file lies beside itself in gzip, and the client gets that
    upload_bytes: int = 0
    store: str = ""  # where uploads go: "memory" (tmpfs) or "disk"
    busy_loops: int = 0  # programs that want a CPU all the time, beside server and load
    per_byte: bool = False  # bytes, not requests, are what counts
    most_requests: int = 0  # a bound besides the time; 0: none
    mode: str = ""  # the only mode that makes sense; "": any
    seconds: float = 2  # of load in each run, unless something else is asked for
    servers: tuple[str, ...] = EVERYONE
    reference: tuple[str, ...] = ("nginx", "nginx-rw")  # the cheaper one of these is what all are compared with
    floor: str = ""  # whose rate and latency are compared with as well
    rival: str = ""  # whose rate is compared with as well

    @property
    def points(self) -> tuple["Workload", ...]:
        return (self,)

    @property
    def waits_for_disk(self) -> bool:
        """Then it matters whether the CPUs are free, and little how near they are to each other."""
        return self.kind == "intake"

    @property
    def content_file(self) -> str:
        """The file below the root that a GET must answer with."""
        name = self.path.replace(NUMBER, PROBE_NUMBER if self.upload_bytes else "0000000").lstrip("/")
        return f"{name}.gz" if self.prepared else name

    @property
    def files(self) -> int:
        """How many different files are asked for; 0: always the same one."""
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
        Workload("W8", "304 Not Modified, 64 connections", status=304, condition="If-None-Match"),
        Workload("W8b", "304 Not Modified by date, 64 connections", status=304, condition="If-Modified-Since"),
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
        Workload("W13", "1 KiB over TLS, 64 connections", protocol=HTTP1_TLS, servers=WITH_TLS),
        Workload("W13h", "a full TLS handshake for every request, 64 at a time", protocol=HTTP1_TLS, close=True, servers=WITH_TLS),
        Workload("W13g", "1 GiB over TLS, one download", protocol=HTTP1_TLS, path="/1g.bin", connections=1, per_byte=True,
                 most_requests=1, servers=WITH_TLS),
        Workload("W13i", "idle connections with TLS: memory of each, and an active client meanwhile", protocol=HTTP1_TLS,
                 kind="idle", connections=1, idle_connections=2_000, servers=WITH_TLS),
        Workload("W14", "1 KiB over HTTP/2 in clear text, 64 connections with 16 streams each", protocol=HTTP2, pipeline=16,
                 servers=WITH_TLS),
        Workload("W14s", "1 KiB over HTTP/2 with TLS, 64 connections with 16 streams each", protocol=HTTP2_TLS, pipeline=16,
                 servers=WITH_TLS),
        Workload("W14i", "idle connections of HTTP/2 with TLS: memory of each, and an active client meanwhile",
                 protocol=HTTP2_TLS, kind="idle", connections=1, idle_connections=2_000, servers=WITH_TLS),
        Workload("W16", f"{MANY_FILES:,} files of 1 KiB in turn, 64 connections",
                 path=f"/many/{NUMBER}.html", numbers=MANY_FILES),
        Workload("W16b", f"{MORE_FILES:,} files of 1 KiB in turn, 64 connections",
                 path=f"/many/{NUMBER}.html", numbers=MORE_FILES,
                 # lighttpd keeps a descriptor for each file that it has sent in the last seconds, and answers 403 without one.
                 servers=tuple(name for name in EVERYONE if name != "lighttpd")),
        Workload("W16z", f"{MORE_FILES:,} files of 1 KiB by popularity (Zipf), 64 connections",
                 path=f"/many/{NUMBER}.html", numbers=MORE_FILES, by_popularity=True,
                 servers=tuple(name for name in EVERYONE if name != "lighttpd")),
        Workload("W17", "1 KiB, 64 connections, with an access log",
                 servers=("bobbin", "bobbin-combined", "bobbin-transfer", "nginx", "nginx-log", "nginx-rw",
                          "nginx-rw-log", "h2o", "h2o-log", "lighttpd", "lighttpd-log")),
        Workload("W18", "1 KiB, 64 connections, 1, 2 and 10 threads on all CPUs", mode="free",
                 servers=("bobbin-1-thread", "bobbin-2-threads", "bobbin-10-threads", "nginx", "nginx-rw")),
        Workload("W19", "1 KiB, 64 connections, a browser's head with its own X-Request-Id in every request",
                 browser=True, own_head="request", numbers=WARM_UP_NUMBER),
        Workload("W19i", "1 KiB, 64 connections, the same head of a browser in every request", browser=True),
        Workload("W21", "16 KiB of text, prepared in gzip, 64 connections, a browser's head", path="/coded/16k.html", browser=True,
                 prepared=True, servers=("floor", "bobbin", "nginx", "nginx-rw", "h2o", "caddy")),
        Workload("W20", "1 KiB, 1,000 connections, each repeats a browser's head with its own Cookie",
                 connections=1_000, browser=True, own_head="connection"),
    )
}


# The names of intake.py. A queue of the database's own, without a look at the document, is the rival.
WITH_INTAKE = ("floor-segments", "floor-files", "bobbin-journal", "bobbin-files", "bobbin-inbox", "bobbin-signed", "bobbin-segments",
               "postgresql", "redis")


def intake(name: str, title: str, connections: int, **differences: object) -> Workload:
    return Workload(name, f"1 KiB of JSON durably on disk, {title}", kind="intake", connections=connections, upload_bytes=KIB, store="disk",
                    status=201, most_requests=50_000, mode="free", servers=WITH_INTAKE, reference=("postgresql",), floor="floor-files",
                    rival="redis", **differences)


# No part of a run of all workloads: they need databases.
INTAKES = {
    workload.name: workload
    for workload in (
        intake("W22c1", "1 client", 1),
        *(intake(f"W22c{n}", f"{n} clients", n) for n in (4, 16, 64, 256)),
        intake("W22b", "64 clients, two busy loops beside them", 64, busy_loops=2),
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
    """By name, or by number for all that share it: W1 is W1 and W1s, not W10a; W22 is W22c1 and all the others, growth is both.
    None given: all but those."""
    known = WORKLOADS | INTAKES | GROWTHS
    chosen = []
    for name in names:
        matches = [one for one in known.values() if one.name == name or re.fullmatch(re.escape(name) + r"\D.*", one.name)]
        if not matches:
            raise ValueError(f"no workload is called '{name}'; there are {' '.join(known)}")
        chosen += [one for one in matches if one not in chosen]
    return chosen or list(WORKLOADS.values())


def request(workload: Workload, port: int, upload_style: UploadStyle, validator: str = "") -> bytes:
    """The bytes of one request. `validator`: the value for the workload's condition; without one the request has no condition."""
    method, path = "GET", workload.path
    fields = [f"Host: 127.0.0.1:{port}"]
    fields += browser_fields(workload.own_head) if workload.browser else ["User-Agent: bench", "Accept: */*"]
    content = b""
    if workload.upload_bytes:
        method, path = upload_style.method, upload_style.path
        content = (intake_document if workload.kind == "intake" else json_text)(workload.upload_bytes)
        fields += upload_style.fields(content)
        fields += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    if validator:
        fields.append(f"{workload.condition}: {validator}")
    if workload.close:
        fields.append("Connection: close")
    return "\r\n".join([f"{method} {path} HTTP/1.1", *fields, "", ""]).encode() + content


def field_lines(request_head: bytes) -> list[tuple[str, str]]:
    """The fields of a request, with names in lowercase."""
    lines = request_head.decode().partition("\r\n\r\n")[0].split("\r\n")[1:]
    return [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]


def browser_fields(own_head: str) -> list[str]:
    """What Chromium sends behind Host when a page is opened, and the request's id, which a proxy adds."""
    session = NUMBER if own_head == "connection" else "4302958"
    request_id = NUMBER if own_head == "request" else "8c51e09"
    return [
        'sec-ch-ua: "Chromium";v="142", "Not_A Brand";v="99"',
        "sec-ch-ua-mobile: ?0",
        'sec-ch-ua-platform: "Linux"',
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
        f"Cookie: _ga=GA1.1.1849135063.1795738512; theme=dark; session=b7Xq2mVtLw9cKeRz{session}Jd5HsYuN",
        f"X-Request-Id: 3f9a1c7be2d84065a91be7d42{request_id}",
    ]


def json_text(size: int) -> bytes:
    """A JSON document of exactly `size` bytes with strings, escapes, numbers, arrays and objects, as records have."""
    record = {"id": 1234567, "name": "Ada \u00c5ngstr\u00f6m", "note": "said \"no\"\n", "price": -12.5e3,
              "tags": ["a", "bc", "def"], "active": True, "parent": None}
    one = json.dumps(record, ensure_ascii=False).encode() + b","
    # Room for the brackets and for a string that fills the rest.
    count = max(0, (size - 16) // len(one))
    body = b"[" + one * count
    return body + b'"' + b"x" * (size - len(body) - 3) + b'"]'


def intake_document(size: int) -> bytes:
    """A JSON document of exactly `size` bytes with a number of its own."""
    begin = b'{"delivery": "' + NUMBER.encode() + b'", "records": '
    return begin + json_text(size - len(begin) - 1) + b"}"


def make_files(root: Path, chosen: Iterable[Workload]) -> None:
    """The files of all workloads, made once and kept. 1g.bin has holes: its pages come from the page cache like any other's,
    and should they be dropped no disk is read for them."""
    (root / "many").mkdir(parents=True, exist_ok=True)
    sizes = {"1k.html": KIB, "16k.html": 16 * KIB, "1m.bin": MIB}
    sizes |= {f"many/{number:07}.html": KIB for number in range(max(workload.files for workload in chosen))}
    written = [name for name, size in sizes.items() if write_once(f"{root}/{name}", size)]
    written += write_prepared(root / "coded/16k.html", 16 * KIB)
    with (root / "1g.bin").open("ab") as file:
        file.truncate(GIB)
    if written:
        time.sleep(SETTLE_SECONDS)


def write_once(path: str, size: int) -> bool:
    """Whether it had to be written. The size is looked at because a run may have been interrupted in mid-file."""
    try:
        if os.stat(path).st_size == size:
            return False
    except FileNotFoundError:
        pass
    line = f"<p>{os.path.basename(path)} is one of the files that ./bench asks for.</p>\n".encode()
    with open(path, "wb", buffering=0) as file:
        file.write((line * (size // len(line) + 1))[:size])
    return True


def write_prepared(path: Path, size: int) -> list[str]:
    """Text that becomes about a quarter in gzip, as pages do, and beside it the same in gzip."""
    if path.exists() and path.stat().st_size == size:
        return []
    path.parent.mkdir(exist_ok=True)
    draw = random.Random(16)
    words = ["".join(draw.choices("etaoinshrdlucmfw", k=draw.randint(2, 9))) for _ in range(300)]
    text = "<p>" + " ".join(draw.choices(words, k=size)) + "</p>"
    path.write_text(text[:size])
    Path(f"{path}.gz").write_bytes(gzip.compress(text[:size].encode(), 9, mtime=0))
    return [path.name]


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
