"""An HTTP server to which records are forwarded: it does what a test tells it, and keeps what it got."""

import http.server
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Posted:
    """A request, as it came."""

    target: str
    fields: list  # (name in lower case, value), in order
    content: bytes

    def __getitem__(self, name):
        """The only value of this field."""
        (value,) = [value for each, value in self.fields if each == name.lower()]
        return value

    def has(self, name):
        return any(each == name.lower() for each, _ in self.fields)


@dataclass(frozen=True)
class Reply:
    status: int = 204
    fields: list = field(default_factory=list)
    content: bytes = b""


class Target:
    """Listens until the end of a `with` block. `answer(posted)` gives a Reply, or None to close the connection without one. It is
    called by the thread of the connection."""

    def __init__(self, answer=lambda posted: Reply(), *, port=0, tls=None):
        self.answer = answer
        self.posted = []
        self.connections = 0
        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler_class())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # of connections that break, as tests make them do
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def url(self, path="/events", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, posted):
        with self._lock:
            self.posted.append(posted)

    def _handler_class(self):
        target = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                with target._lock:
                    target.connections += 1
                super().setup()

            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                posted = Posted(self.path, [(name.lower(), value) for name, value in self.headers.items()], content)
                target._take(posted)
                reply = target.answer(posted)
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.fields:
                    self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(reply.content)))
                self.end_headers()
                self.wfile.write(reply.content)

            def log_message(self, *_):
                pass

        return Handler
