"""The same requests over HTTP/2 with prior knowledge (RFC 9113 §3.3), by a client that has nothing of ours in it.

It sends what it is told, malformed or not: python3-h2 would mend or refuse it.
"""

import http
import re
import socket

import h2.config
import h2.connection
import h2.events
import h2.settings

from .client import FIELD_ORDER, Response, parse_date
from .server import Server
from .waiting import PATIENCE

CONFIG = h2.config.H2Configuration(
    client_side=True,
    header_encoding=None,
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
    validate_inbound_headers=True,
)
SPELLED = {name.lower(): name for name in FIELD_ORDER}


class StreamReset(AssertionError):
    """The server has reset the stream."""

    def __init__(self, code):
        super().__init__(f"stream reset with code {code}")
        self.code = code


class Http2Connection:
    """One connection, on which requests are asked one after the other or many at once."""

    def __init__(self, address, host):
        self.host = host
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.h2 = h2.connection.H2Connection(CONFIG)
        self.h2.initiate_connection()
        self.responses = {}
        self.farewells = []
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def send_head(self, method="GET", target="/", *, host=..., fields=(), ends=True):
        """Begins a request. Returns its stream."""
        head = [(":method", method), (":scheme", "http")]
        host = self.host if host is ... else host
        if host is not None:
            head.append((":authority", host))
        head.append((":path", target))
        # White space around a value is HTTP/1's, no part of the value (RFC 9113 §8.2.1).
        head += [(name.lower(), value.strip(" \t")) for name, value in fields if name.lower() != "connection"]
        encoded = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in head]
        stream = self.h2.get_next_available_stream_id()
        self.responses[stream] = {"interim": [], "fields": None, "content": b"", "ended": False, "reset": None}
        self.h2.send_headers(stream, encoded, end_stream=ends)
        self.flush()
        return stream

    def send_content(self, stream, content, ends=True):
        """As the windows allow; the server may answer and reset the stream before all is sent."""
        response = self.responses[stream]
        while content and response["reset"] is None and not response["ended"]:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(content))
            if room == 0:
                self.take()
                continue
            self.h2.send_data(stream, content[:room])
            self.flush()
            content = content[room:]
        if ends and response["reset"] is None and not response["ended"]:
            self.h2.end_stream(stream)
            self.flush()

    def take(self):
        """Receives once, and notes what has come. False: the server has closed."""
        data = self.socket.recv(256 * 1024)
        if not data:
            return False
        for event in self.h2.receive_data(data):
            response = self.responses.get(getattr(event, "stream_id", None))
            if isinstance(event, h2.events.InformationalResponseReceived):
                response["interim"].append(int(dict(event.headers)[b":status"]))
            elif isinstance(event, h2.events.ResponseReceived):
                response["fields"] = event.headers
            elif isinstance(event, h2.events.DataReceived):
                response["content"] += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                response["ended"] = True
            elif isinstance(event, h2.events.StreamReset):
                response["reset"] = event.error_code
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.farewells.append((event.last_stream_id, event.error_code))
        self.flush()
        return True

    def receive(self, stream, method="GET"):
        """The final response on this stream, whole."""
        response = self.responses[stream]
        while not response["ended"]:
            if response["reset"] is not None:
                raise StreamReset(response["reset"])
            assert self.take(), f"closed while a response was awaited, {self.farewells}"
        return as_response(response, method)

    def receive_to_end(self):
        """Until the server closes."""
        while self.take():
            pass

    def ask(self, method="GET", target="/", *, host=..., fields=(), content=None):
        names = [name.lower() for name, _ in fields]
        if content is not None and "content-length" not in names:
            fields = [*fields, ("content-length", str(len(content)))]
        stream = self.send_head(method, target, host=host, fields=fields, ends=content is None)
        if content is not None:
            self.send_content(stream, content)
        return self.receive(stream, method)


def as_response(received, method):
    """As tests know it from HTTP/1: names of known fields are spelled as there."""
    fields = [(name.decode("ascii"), value.decode("utf-8", "surrogateescape")) for name, value in received["fields"]]
    assert fields[0][0] == ":status", fields
    status = int(fields[0][1])
    named = tuple((SPELLED.get(name, name), value) for name, value in fields[1:])
    response = Response(status, http.HTTPStatus(status).phrase, named, received["content"], b"")
    parse_date(response["Date"])
    for name in ("Transfer-Encoding", "Connection", "Keep-Alive"):
        assert response.get(name) is None, f"{name} concerns HTTP/1 alone"
    # Content that is made while it is sent has no length in front, and a tag only where a file is coded.
    has_length = response.get("Content-Length") is not None
    is_made = status == 200 and (response.get("ETag") is None or response.get("Content-Encoding") is not None)
    if status not in (204, 304) and not is_made:
        assert has_length
    assert not has_length or re.fullmatch("[0-9]+", response["Content-Length"])
    if method == "HEAD" or status in (204, 304):
        assert response.content == b""
    elif has_length:
        assert len(response.content) == int(response["Content-Length"])
    known = [name for name in response.names if name in FIELD_ORDER]
    assert known == sorted(known, key=FIELD_ORDER.index), f"fields out of order: {response.names}"
    return response


class Http2Server(Server):
    """A server that is asked over HTTP/2. `connect` still gives a connection of HTTP/1."""

    def connect_http2(self):
        connection = Http2Connection(self.address, self.host)
        self._connections.append(connection)
        return connection

    def ask(self, method="GET", target="/", **rest):
        """One request on a connection of its own."""
        with self.connect_http2() as connection:
            return connection.ask(method, target, **rest)
