"""A small server with the behaviours that the smoke tests look for, any of which can be taken away.

Each fault is a word that `FaultyServer` is given. A word that the server does not look at would leave it without a fault,
and the test that uses it fails.
"""

import json
import pathlib
import select
import socketserver
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

MEDIA_TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json"}
SHOWN_TYPES = MEDIA_TYPES | {".png": "image/png", ".txt": "text/plain"}
DOWNLOAD = "application/octet-stream"
ROOM = 8  # clients that a server which turns others away takes at the same time


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def has(self, fault):
        return fault in self.server.faults

    def answer(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.wait_until_all_are_accepted()
        refusal = self.refusal()
        if refusal:
            return self.reply(refusal)
        if self.command == "POST" and self.target == "/upload":
            return self.store(content)
        if self.command != "GET" and not self.has("allows any method"):
            return self.reply(405)
        return self.send_file()

    do_GET = do_POST = do_PATCH = answer

    @property
    def target(self):
        """As it was sent: `path` has lost what looks dangerous."""
        return self.requestline.split()[1]

    def refusal(self):
        """The status with which the request is refused, or 0."""
        if self.has("refuses everything"):
            return 403
        hosts = self.headers.get_all("Host", [""])
        if hosts == [""] and not self.has("needs no Host"):
            return 400
        if hosts not in ([""], [self.server.host]) and not self.has("takes any Host"):
            return 403
        return 403 if self.leads_out() and not self.has("ignores traversal") else 0

    def leads_out(self):
        path = self.target
        if not self.has("looks at paths as sent"):
            path = unquote(path if self.has("decodes once") else unquote(path))
        if path.startswith("//"):
            return not self.has("takes absolute paths")
        return "\\" in path or not {".", ".."}.isdisjoint(path.split("/"))

    def send_file(self):
        target = "/index.html" if self.target == "/" and not self.has("has no index") else self.target
        content = self.server.files.get(target)
        if content is None or self.has("finds nothing"):
            return self.reply(200 if self.has("answers 200 for what is missing") else 404)
        if self.has("sends half"):
            content = content[: len(content) // 2]
        if self.has("mixes up answers") and len(self.server.unanswered) > 1:
            content = self.server.files["/index.html"]
        if self.has("sends nothing"):
            content = b""
        types = SHOWN_TYPES if self.has("shows everything") else {} if self.has("shows nothing") else MEDIA_TYPES
        media_type = types.get(pathlib.Path(target).suffix, DOWNLOAD)
        download = media_type == DOWNLOAD and not self.has("names no download")
        return self.reply(200, content, media_type, attachment=target[1:] if download else "")

    def store(self, content):
        if self.headers.get("Content-Type") != "application/json" and not self.has("takes any Content-Type"):
            return self.reply(415)
        try:
            document = json.loads(content)
        except ValueError:
            document = None
        if document is None and not self.has("takes any content"):
            return self.reply(400)
        with self.server.lock:
            self.server.uploads += 0 if self.has("gives one name to all") else 1
            path = f"/uploads/{self.server.uploads}.json"
            if not self.has("stores nothing"):
                self.server.files[path] = json.dumps(document).encode() if self.has("stores its own form") else content
        told = {} if self.has("tells no path") else {"filepath": path}
        return self.reply(200 if self.has("answers 200 to an upload") else 201, json.dumps(told).encode())

    def reply(self, status, content=b"<html>a page of the server</html>", media_type="text/html", attachment=""):
        self.server.unanswered.discard(self.request)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        if attachment:
            self.send_header("Content-Disposition", f'attachment; filename="{attachment}"')
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_):
        pass


class FaultyServer(socketserver.TCPServer):
    """Serves the files of a folder from memory, one client after another."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, root, faults):
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.faults = faults
        self.files = {f"/{path.name}": path.read_bytes() for path in root.iterdir() if path.is_file()}
        self.lock = threading.Lock()
        self.uploads = 0
        self.unanswered = set()  # connections

    def verify_request(self, request, client_address):
        if len(self.unanswered) == ROOM and "turns clients away" in self.faults:
            return False
        self.unanswered.add(request)
        return True

    def shutdown_request(self, request):
        self.unanswered.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """Clients that leave in the middle are part of the tests."""

    def wait_until_all_are_accepted(self):
        """Here the others are not accepted before the one that is being served has its answer."""


class FaultyThreadingServer(socketserver.ThreadingMixIn, FaultyServer):
    daemon_threads = True

    def wait_until_all_are_accepted(self):
        """Clients that connected before one of them finished its request then count, in every run, as open at the same time."""
        while select.select([self.socket], [], [], 0)[0]:
            time.sleep(0.001)


@contextmanager
def faulty_server(root, *faults):
    """Its URL, while it runs."""
    kind = FaultyServer if "serves one client at a time" in faults else FaultyThreadingServer
    with kind(root, faults) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://{server.host}"
        finally:
            server.shutdown()
            thread.join()
