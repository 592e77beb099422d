"""A strict HTTP/1.1 client over a raw socket.

Ordinary clients normalise what they send and forgive what they receive. This one sends exactly the bytes it is given,
and accepts only what RFC 9112 allows a server to send: CRLF line ends, one Content-Length, no byte more than announced.
Every final response is also held to what CONTRACT §2 and §4 promise of all of them (see `check_response`).
"""

import email.utils
import os
import re
import select
import socket
from dataclasses import dataclass

from .tls import TlsSocket
from .waiting import PATIENCE

MAX_HEAD_BYTES = 64 * 1024
# How long a server may take to close a connection that it says it closes. It reads on for two seconds first. Well below the
# default keep-alive timeout of 30 s, so that an idle timeout does not pass for a close.
CLOSE_PATIENCE = 15.0
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ([\t \x21-\x7e\x80-\xff]*)")
VISIBLE = rb"[\x21-\x7e\x80-\xff]"
FIELD_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:" + VISIBLE + rb"(?:[\t \x21-\x7e\x80-\xff]*" + VISIBLE + rb")?)?)[ \t]*"
)
IMF_FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
FIELD_ORDER = [
    "Content-Type",
    "Content-Length",
    "Content-Disposition",
    "Content-Encoding",
    "ETag",
    "Last-Modified",
    "Accept-Ranges",
    "Date",
    "Server",
    "Connection",
    "Keep-Alive",
]


class Closed(AssertionError):
    """The server finished sending (FIN) where more was expected."""


class Reset(AssertionError):
    """The server reset the connection (RST): what it sent before may be lost."""


@dataclass(frozen=True)
class Response:
    """One response as received. `head` are its bytes up to and with the empty line."""

    status: int
    reason: str
    fields: tuple
    content: bytes
    head: bytes

    def get(self, name):
        """The value of a field that may occur once, or None."""
        values = [value for field, value in self.fields if field.lower() == name.lower()]
        assert len(values) <= 1, f"{name} occurs {len(values)} times: {self.fields}"
        return values[0] if values else None

    def __getitem__(self, name):
        value = self.get(name)
        assert value is not None, f"no field {name} in {self.fields}"
        return value

    @property
    def names(self):
        return [name for name, _ in self.fields]

    @property
    def keeps(self):
        """Whether the server says that it keeps the connection."""
        return self["Connection"].lower() == "keep-alive"

    @property
    def is_chunked(self):
        return self.get("Transfer-Encoding") is not None

    @property
    def text(self):
        return self.content.decode("utf-8")

    def __repr__(self):
        return f"<{self.status} {self.reason} {dict(self.fields)} {len(self.content)} bytes {self.content[:200]!r}>"


def parse_head(head):
    """Split a response head (with its empty line) into status, reason and fields, strictly."""
    assert head.endswith(b"\r\n\r\n"), head
    lines = head[:-4].split(b"\r\n")
    for line in lines:
        assert not re.search(rb"[\r\n\0]", line), f"bare CR, LF or NUL in {line!r}"
    start = STATUS_LINE.fullmatch(lines[0])
    assert start, f"malformed status line {lines[0]!r}"
    fields = []
    for line in lines[1:]:
        field = FIELD_LINE.fullmatch(line)
        assert field, f"malformed field line {line!r}"
        fields.append((field[1].decode("ascii"), field[2].decode("utf-8", "surrogateescape")))
    return int(start[1]), start[2].decode("ascii"), tuple(fields)


def parse_date(value):
    """Seconds since the epoch of an IMF-fixdate (RFC 9110 §5.6.7)."""
    assert IMF_FIXDATE.fullmatch(value), f"not an IMF-fixdate: {value!r}"
    return email.utils.parsedate_to_datetime(value).timestamp()


def check_response(response):
    """What holds for every final response (CONTRACT §2, §4)."""
    assert response.reason, "the reason phrase is missing"
    parse_date(response["Date"])
    if response.is_chunked:
        # Content that is made while it is sent: it has no length in front, and a tag only where a file is coded.
        assert response["Transfer-Encoding"] == "chunked"
        assert response.get("Content-Length") is None
        assert response.get("ETag") is None or response.get("Content-Encoding") is not None
    elif response.status in (204, 304):
        assert response.status == 304 or response.get("Content-Length") is None  # RFC 9110 §8.6
    else:
        assert re.fullmatch("[0-9]+", response["Content-Length"])
    assert response["Connection"] in ("keep-alive", "close")
    if not response.keeps:
        assert response.get("Keep-Alive") is None
    known = [name for name in response.names if name in FIELD_ORDER]
    assert known == sorted(known, key=FIELD_ORDER.index), f"fields out of order: {response.names}"


def compose(method, target, host, *, fields=(), content=None, version="HTTP/1.1"):
    """The bytes of a request. `host` None: no Host field. `content` None: none, and no Content-Length."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in fields]
    if content is not None:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + (content or b"")


def chunked(pieces, last=b"0\r\n\r\n"):
    """`pieces` in the chunked transfer coding (RFC 9112 §7.1)."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + last


class Connection:
    """A connection to the server, and the bytes received on it that nobody has asked for yet.

    `address` is a host and a port, or the path of a Unix socket: there the host is "localhost" unless another is given.
    `tls`: whether to secure it; a context of `ssl` says how. `preamble`: what is sent before that.
    """

    def __init__(
        self, address, *, host=None, receive_buffer=None, source=None, patience=PATIENCE, preamble=b"", tls=False
    ):
        self._buffer = bytearray()
        if isinstance(address, (str, os.PathLike)):
            self.host = host or "localhost"
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(patience)
            self.socket.connect(str(address))
            self.socket.sendall(preamble)
            if tls:
                self.socket = TlsSocket(self.socket, None if tls is True else tls)
            return
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.host = host or (
            f"[{address[0]}]:{address[1]}" if family == socket.AF_INET6 else f"{address[0]}:{address[1]}"
        )
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            if receive_buffer:  # Before connect: the window scale is agreed on in the handshake.
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.socket.settimeout(patience)
            if source:
                self.socket.bind((source, 0))
            self.socket.connect(address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.port = self.socket.getsockname()[1]
            self.socket.sendall(preamble)
            if tls:
                self.socket = TlsSocket(self.socket, None if tls is True else tls)
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def abort(self):
        """Close with a reset instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    # Sending

    def send(self, data):
        self.socket.sendall(data)

    def send_pieces(self, pieces):
        """Each piece in a segment of its own (TCP_NODELAY is on)."""
        for piece in pieces:
            self.socket.sendall(piece)

    def send_as_far_as_possible(self, data):
        """Send until the server no longer takes it. Returns whether it took all."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def request(self, method="GET", target="/", *, host=..., **rest):
        """The bytes of a request for this server; `host` replaces the right Host, None leaves it out."""
        return compose(method, target, self.host if host is ... else host, **rest)

    def ask(self, method="GET", target="/", **rest):
        """Send one request and receive its final response."""
        self.send(self.request(method, target, **rest))
        return self.receive(method)

    # Receiving

    def _fill(self):
        try:
            data = self.socket.recv(256 * 1024)
        except ConnectionResetError as error:
            raise Reset(f"reset after {bytes(self._buffer[-300:])!r}") from error
        except TimeoutError as error:
            so_far = bytes(self._buffer[-300:])
            raise AssertionError(f"still open, silent for {self.socket.gettimeout():.1f} s after {so_far!r}") from error
        if not data:
            raise Closed(f"closed after {bytes(self._buffer[-300:])!r}")
        self._buffer += data

    def has_input(self):
        """Whether something has arrived that nobody has received yet."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return bool(self._buffer or poll.poll(0))

    def receive_bytes(self, count):
        """Exactly `count` bytes."""
        while len(self._buffer) < count:
            self._fill()
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def receive_head(self):
        """The bytes of the next response head."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            assert len(self._buffer) < MAX_HEAD_BYTES, "a response head without end"
            self._fill()
        return self.receive_bytes(end + 4)

    def receive_interim(self):
        """An interim (1xx) response: it has no content."""
        head = self.receive_head()
        status, reason, fields = parse_head(head)
        assert 100 <= status < 200, head
        return Response(status, reason, fields, b"", head)

    def receive(self, method="GET"):
        """The next final response to a request with `method`, whole. An interim one in its place is a failure."""
        head = self.receive_head()
        status, reason, fields = parse_head(head)
        assert status >= 200, f"unexpected interim response {head!r}"
        response = Response(status, reason, fields, b"", head)
        check_response(response)
        if method != "HEAD" and status not in (204, 304):
            content = (
                self.receive_chunks()
                if response.is_chunked
                else self.receive_bytes(int(response["Content-Length"]))
            )
            response = Response(status, reason, fields, content, head)
        return response

    def receive_line(self):
        """The bytes up to the next CRLF, without it."""
        while (end := self._buffer.find(b"\r\n")) < 0:
            assert len(self._buffer) < MAX_HEAD_BYTES, "a line without end"
            self._fill()
        return self.receive_bytes(end + 2)[:-2]

    def receive_chunks(self):
        """The content of a response in the chunked coding (RFC 9112 §7.1), without extensions and trailers."""
        content = bytearray()
        while True:
            size = self.receive_line()
            assert re.fullmatch(rb"[0-9a-f]{1,16}", size), f"malformed chunk size {size!r}"
            content += self.receive_bytes(int(size, 16))
            assert self.receive_bytes(2) == b"\r\n"
            if int(size, 16) == 0:
                return bytes(content)

    def receive_to_end(self, patience=CLOSE_PATIENCE):
        """Every byte until the server closes, and whether it closed with a FIN (True) or a reset (False).

        `patience` is for each silence.
        """
        self.socket.settimeout(patience)
        try:
            while True:
                self._fill()
        except (Closed, Reset) as end:
            data = bytes(self._buffer)
            self._buffer.clear()
            return data, isinstance(end, Closed)

    # What the connection does afterwards

    def expect_closed(self, patience=CLOSE_PATIENCE):
        """The server has closed or closes now, with a FIN, and sends nothing more."""
        rest, finished = self.receive_to_end(patience)
        assert rest == b"", f"bytes after the last response: {rest[:300]!r}"
        assert finished, "closed by a reset"

    def expect_kept(self):
        """The connection still serves: another request is answered, and nothing came before its answer."""
        assert not self._buffer, f"bytes after the last response: {bytes(self._buffer[:300])!r}"
        response = self.ask("GET", "/about.html")
        assert response.status == 200, response

    def expect_as_said(self, response):
        """The socket does what the Connection field of `response` says."""
        if response.keeps:
            self.expect_kept()
        else:
            self.expect_closed()
