"""A client that is in no hurry: single requests whose answers are looked at, and connections that stay open and idle."""

import importlib.util
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import workloads
from processes import Failed
from workloads import Protocol

# More than this is not read: its length is enough.
READS_BYTES = 2 * workloads.MIB

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    status: int
    fields: dict[str, str]
    content: bytes
    length: int


def answer(status: int, fields: dict[str, str], read) -> Answer:
    """`read`: gives as many bytes of content as it is asked for."""
    length = 0 if status in (204, 304) else int(fields.get("content-length", -1))
    if length < 0:
        raise Failed(f"an answer with status {status} and no Content-Length")
    return Answer(status, fields, read(length) if length <= READS_BYTES else b"", length)


def missing_package(protocol: Protocol) -> str:
    """What Debian calls the library that this client needs and does not find; "" when it has all."""
    return "python3-h2" if protocol.http2 and importlib.util.find_spec("h2") is None else ""


def tls_context(protocol: Protocol) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2" if protocol.http2 else "http/1.1"])
    return context


def connect(port: int, protocol: Protocol, context: ssl.SSLContext | None) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
    if context is None:
        return connection
    secured = context.wrap_socket(connection)
    # A server of HTTP/1.1 alone may leave out what it chose.
    if (secured.selected_alpn_protocol() == "h2") != protocol.http2:
        secured.close()
        raise ValueError("the server chose another protocol than the one that was offered")
    return secured


def ask(port: int, protocol: Protocol, request: bytes) -> Answer:
    """Sends a request, as HTTP/1.1 writes it, on a connection of its own."""
    with kept_open(port, protocol, request, 1) as (_, first):
        return first


@contextmanager
def kept_open(port: int, protocol: Protocol, request: bytes, number: int) -> Iterator[tuple[list[socket.socket], Answer]]:
    """Connections that have had one answer each, and the first of these."""
    exchange = exchange_http2 if protocol.http2 else exchange_http1
    context = tls_context(protocol) if protocol.tls else None
    connections, answers = [], []
    try:
        try:
            for _ in range(number):
                connections.append(connect(port, protocol, context))
                answers.append(exchange(connections[-1], request))
        except (OSError, ValueError, LookupError) as error:
            raise Failed(f"no answer to a single request: {error}") from error
        yield connections, answers[0]
    finally:
        for connection in connections:
            connection.close()


def is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def exchange_http1(connection: socket.socket, request: bytes) -> Answer:
    connection.sendall(request)
    with connection.makefile("rb") as reader:
        status = int(reader.readline().split()[1])
        fields = {}
        while (line := reader.readline().decode("latin-1").strip()):
            name, value = line.split(":", 1)
            fields[name.lower()] = value.strip()
        return answer(status, fields, reader.read)


def exchange_http2(connection: socket.socket, request: bytes) -> Answer:
    """The first request of a connection. The library is looked for only now: the plan of a run is made without it."""
    import h2.connection
    import h2.events
    import h2.exceptions

    framing = h2.connection.H2Connection()
    framing.initiate_connection()
    framing.send_headers(1, fields_of_http2(request, isinstance(connection, ssl.SSLSocket)), end_stream=True)
    fields, content, ended = {}, bytearray(), False
    while not ended:
        connection.sendall(framing.data_to_send())
        if not (received := connection.recv(65_536)):
            raise ValueError("the server closed the connection")
        try:
            events = framing.receive_data(received)
        except h2.exceptions.H2Error as error:
            raise ValueError(f"the server breaks HTTP/2: {error}") from error
        for event in events:
            if isinstance(event, h2.events.ResponseReceived):
                fields = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h2.events.DataReceived):
                content += event.data
                framing.acknowledge_received_data(event.flow_controlled_length, 1)
            elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                raise ValueError(f"the server ended it with {event.error_code!r}")
            ended |= isinstance(event, h2.events.StreamEnded)
    connection.sendall(framing.data_to_send())
    return answer(int(fields[":status"]), fields, lambda length: bytes(content[:length]))


def fields_of_http2(request: bytes, tls: bool) -> list[tuple[str, str]]:
    method, path, *_ = request.decode().split(" ")
    fields = dict(workloads.field_lines(request))
    return [(":method", method), (":scheme", "https" if tls else "http"), (":path", path), (":authority", fields.pop("host")),
            *fields.items()]
