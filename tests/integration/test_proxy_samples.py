"""docs/proxies.md: each sample runs as it stands there, but for ports and paths, in front of a server with the page's own
configuration. The client connects to the proxy from 127.0.0.9."""

import http.client
import http.server
import json
import subprocess
import threading
from dataclasses import dataclass

import pytest
import yaml

from support.pages import block, blocks
from support.proxies import NGINX_FRAME
from support.waiting import PATIENCE, eventually

HOST = "www.example.org"
CLIENT = "127.0.0.9"
UPSTREAM = "127.0.0.1:8080"
PAGE = "proxies.md"

CADDY = """
{
    admin off
    http_port {port}
    default_bind 127.0.0.1
}
SAMPLE
"""


@dataclass(frozen=True)
class Proxy:
    """A program, the sample for it, and how both are made to run beside other tests."""

    program: str
    language: str
    arguments: tuple
    listens: tuple  # what the sample says, and what stands in its place here
    around: str = "SAMPLE"
    unknown_host: int = 403  # bobbin's own answer
    unix: str = "unix:{path}"
    http2: tuple = ()  # what to replace, and by what
    checks_health: bool = True

    def configuration(self, upstream, change=()):
        sample = block(PAGE, self.language, UPSTREAM)
        for old, new in [self.listens, (UPSTREAM, upstream), *change]:
            assert old in sample
            sample = sample.replace(old, new)
        return self.around.replace("SAMPLE", sample)


PROXIES = [
    Proxy("nginx", "nginx", ("-c",), ("listen 80;", "listen 127.0.0.1:{port};"), NGINX_FRAME, checks_health=False),
    Proxy(
        "haproxy", "haproxy", ("-f",), ("bind :80 ", "bind 127.0.0.1:{port} "), unix="unix@{path}",
        http2=(" check ", " proto h2 check "),
    ),
    Proxy(
        "caddy", "caddyfile", ("run", "--adapter", "caddyfile", "--config"), (f"http://{HOST}", f"http://{HOST}"), CADDY,
        unknown_host=421, unix="unix/{path}", http2=("keepalive 20s", "versions h2c"),
    ),
]
EACH = pytest.mark.parametrize("proxy", PROXIES, ids=lambda proxy: proxy.program)


@pytest.fixture
def start_documented(start_plain, root, scratch):
    """Start a server with the configuration of the page. `change`: pairs of what stands there and what is to."""

    def start_with(*flags, change=()):
        text = block(PAGE, "toml", "allow_host")
        places = [("port = 8080", "port = 0"), ("/srv/www", str(root)), ("/var/lib/bobbin/uploads", f"{scratch}/documents")]
        for old, new in [*places, *change]:
            assert old in text
            text = text.replace(old, new)
        file = scratch / "bobbin.toml"
        file.write_text(text)
        return start_plain("--config", file, *flags, root=root)

    return start_with


class Client:
    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(CLIENT, 0))

    def ask(self, method="GET", target="/about.html", content=None, *, host=HOST, **fields):
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        if content is not None:
            fields["Content-Type"] = "application/json"
        self._connection.request(method, target, body=content, headers={"Host": host, **fields})
        answer = self._connection.getresponse()
        return answer, answer.read()


@EACH
def test_sample(start_documented, run_proxy, root, scratch, proxy):
    server = start_documented("--log-health", "on")
    port = run_proxy(proxy.program, proxy.configuration(f"127.0.0.1:{server.port}"), proxy.arguments)
    client = Client(port)
    answer, content = client.ask(X_Forwarded_For="198.51.100.1")
    assert (answer.status, content) == (200, (root / "about.html").read_bytes())
    again, content = client.ask(If_None_Match=answer.headers["ETag"])
    assert (again.status, content) == (304, b"")
    stored, _ = client.ask("POST", "/upload", b'{"a": 1}')
    assert stored.status == 201
    (document,) = (scratch / "documents").glob("upload_*.json")
    assert document.read_bytes() == b'{"a": 1}' and stored.headers["Location"] == f"/uploads/{document.name}"
    assert client.ask(target=stored.headers["Location"])[1] == b'{"a": 1}'
    refused, _ = client.ask(host="evil.example")
    assert refused.status == proxy.unknown_host
    # A proxy may ask over the connection of its check: then the line of the connection names the proxy alone.
    server.log.wait_for(rf"(Connection from|client:) {CLIENT} through 127\.0\.0\.1:\d+$")
    assert server.log.count("198.51.100.1") == 0, "what the client says of itself is not believed"
    if proxy.unknown_host == 403:
        server.log.wait_for(r"Host mismatch \(evil\.example\)")
    if proxy.checks_health:
        server.log.wait_for(r"Request: GET /readyz")
        assert server.log.count("Response: 503") == 0


@EACH
def test_sample_with_a_unix_socket(start_documented, run_proxy, root, scratch, proxy):
    path = scratch / "bobbin.sock"
    server = start_documented(
        change=[
            ('"127.0.0.1"\nport', f'["127.0.0.1", "unix:{path}"]\nport'),
            ('trusted_proxies = "127.0.0.1"', 'trusted_proxies = "unix"'),
        ]
    )
    port = run_proxy(proxy.program, proxy.configuration(proxy.unix.format(path=path)), proxy.arguments)
    answer, content = Client(port).ask()
    assert (answer.status, content) == (200, (root / "about.html").read_bytes())
    server.log.wait_for(rf"Connection from {CLIENT} through unix:\d+$")


@pytest.mark.parametrize("proxy", [proxy for proxy in PROXIES if proxy.http2], ids=lambda proxy: proxy.program)
def test_sample_with_http2_to_bobbin(start_documented, run_proxy, root, proxy):
    server = start_documented()
    port = run_proxy(
        proxy.program, proxy.configuration(f"127.0.0.1:{server.port}", [proxy.http2]), proxy.arguments
    )
    client = Client(port)
    answer, content = client.ask()
    assert (answer.status, content) == (200, (root / "about.html").read_bytes())
    assert client.ask("POST", "/upload", b"{}")[0].status == 201
    server.log.wait_for(r"Request: POST /upload HTTP/2")


def test_the_proxy_protocol(start_plain, run_proxy, root, scratch):
    """The backend of that section, behind the frontend of the sample for HAProxy."""
    text = block(PAGE, "toml", "proxy_protocol = true")
    for old, new in [("10.0.0.5", "127.0.0.1"), ("10.0.0.7", "127.0.0.1"), ("port = 8080", "port = 0")]:
        assert old in text
        text = text.replace(old, new)
    file = scratch / "bobbin.toml"
    file.write_text(f'root = "{root}"\nallow_host = "{HOST}"\n{text}')
    server = start_plain("--config", file, root=root)
    proxy = PROXIES[1]
    front = proxy.configuration(UPSTREAM).partition("\nbackend bobbin")[0] + "\n"
    backend = block(PAGE, "haproxy", "send-proxy-v2").replace("10.0.0.7:8080", f"127.0.0.1:{server.port}")
    port = run_proxy(proxy.program, front + backend, proxy.arguments)
    answer, content = Client(port).ask()
    assert (answer.status, content) == (200, (root / "about.html").read_bytes())
    server.log.wait_for(rf"Connection from {CLIENT}:\d+ through 127\.0\.0\.1:\d+$")


@EACH
def test_what_is_too_large(start_documented, run_proxy, scratch, proxy):
    server = start_documented()
    port = run_proxy(proxy.program, proxy.configuration(f"127.0.0.1:{server.port}"), proxy.arguments)
    large = scratch / "large.json"
    large.write_text(json.dumps("x" * 1_500_000))
    # The answer may come before all of it is sent, which curl reads in any case. Where a client expects 100, Caddy resets the
    # connection now and then.
    fields = ["-H", f"Host: {HOST}", "-H", "Content-Type: application/json", "-H", "Expect:", "--data-binary", f"@{large}"]
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *fields, f"http://127.0.0.1:{port}/upload"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "413"
    assert list((scratch / "documents").glob("upload_*.json")) == []


class Vanishing(http.server.ThreadingHTTPServer):
    """Answers every GET, and ends the connection when the content of a POST has come. `posts` counts these."""

    daemon_threads = True

    def __init__(self):
        self.posts = 0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                server.posts += 1
                self.close_connection = True

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def vanishing():
    with Vanishing() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@EACH
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "kept"])
def test_a_document_is_not_sent_twice(vanishing, run_proxy, proxy, is_first):
    """Nor with a key in its head, nor on a connection that was kept from a request before."""
    port = run_proxy(proxy.program, proxy.configuration(f"127.0.0.1:{vanishing.server_port}"), proxy.arguments)
    client = Client(port)
    if not is_first:
        for _ in range(3):
            assert client.ask()[0].status == 200
    try:
        assert client.ask("POST", "/upload", b"{}", Idempotency_Key="order-17")[0].status == 502
    except http.client.RemoteDisconnected:
        assert proxy.program == "haproxy" and not is_first
    eventually(lambda: vanishing.posts >= 1, "it has come once")
    assert vanishing.posts == 1


def test_the_sample_for_traefik_is_yaml():
    """Traefik is in no package of Debian 12."""
    static, dynamic = (yaml.safe_load(each) for each in blocks(PAGE, "yaml"))
    http_part = dynamic["http"]
    (router,) = http_part["routers"].values()
    assert router["entryPoints"] == list(static["entryPoints"])
    balancer = http_part["services"][router["service"]]["loadBalancer"]
    assert balancer["servers"] == [{"url": f"http://{UPSTREAM}"}]
    assert balancer["serversTransport"] in http_part["serversTransports"]
