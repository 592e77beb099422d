"""Programs that people use, against the server as it is by default. tests/README.md says what each of them does."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from support.proxies import HAPROXY, NGINX
from support.server import clean_environment

CLIENTS = pathlib.Path(__file__).parent / "clients"
TASKS = ["get", "revalidation", "upload", "large", "range", "many", "refusal"]
HTTP1, HTTP2 = "http/1.1", "h2"

# How each is started, and what it speaks.
PROGRAMS = {
    "curl": (["bash", CLIENTS / "with_curl.sh"], [HTTP1, HTTP2]),
    "httpx": (["/usr/bin/python3", CLIENTS / "with_httpx.py"], [HTTP1, HTTP2]),
    "requests": (["/usr/bin/python3", CLIENTS / "with_requests.py"], [HTTP1]),
    "aiohttp": (["/usr/bin/python3", CLIENTS / "with_aiohttp.py"], [HTTP1]),
    "fetch": (["node", CLIENTS / "with_fetch.mjs"], [HTTP1]),
    "node-http2": (["node", CLIENTS / "with_node_http2.mjs"], [HTTP2]),
    "go": (["go", "run", CLIENTS / "with_go.go"], [HTTP1, HTTP2]),
    "java": (["java", CLIENTS / "WithJava.java"], [HTTP1, HTTP2]),
}
CASES = [
    pytest.param(name, transport, protocol, id=f"{name}-{protocol}-{transport}")
    for name, (_, protocols) in PROGRAMS.items()
    for transport, protocol in [("clear", HTTP1), ("tls", HTTP1), ("tls", HTTP2)]
    if protocol in protocols
]


def run(command, *arguments, environment=None):
    """What the program prints."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed and could not be: it is in packages/long.txt")
    completed = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, timeout=250,
        env=clean_environment(environment), check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def run_client(name, base, protocol, ca, root):
    command, _ = PROGRAMS[name]
    environment = {
        "NODE_EXTRA_CA_CERTS": str(ca),
        "REQUESTS_CA_BUNDLE": str(ca),  # where it is set, requests looks at nothing else
        "GOCACHE": os.environ.get("GOCACHE", f"{tempfile.gettempdir()}/bobbin-go"),
    }
    printed = run(command, base, protocol, ca, root, environment=environment)
    assert re.findall(r"^ok (\S+)$", printed, re.MULTILINE) == TASKS


def exchanges(server):
    return [json.loads(line) for line in server.log.lines if '"status"' in line]


def spoken_with(server):
    """The versions of HTTP in which it was asked."""
    return {entry["request"].rsplit(" ", 1)[1] for entry in exchanges(server)}


@pytest.fixture
def start(start_plain, root, certificate):
    """Start a server with its log as JSON, at a port of its own; over TLS with the certificate for localhost."""

    def start_at(transport, *flags):
        tls = ["--tls-certificate", certificate.certificate, "--tls-key", certificate.key] if transport == "tls" else []
        return start_plain("--root", root, "--port", "0", "--log-format", "json", *tls, *flags, root=root)

    return start_at


@pytest.mark.parametrize(("name", "transport", "protocol"), CASES)
def test_client(start, root, authority, name, transport, protocol):
    server = start(transport)
    run_client(name, f"{server.scheme}://localhost:{server.port}", protocol, authority.certificate, root)
    server.log.wait_for('"status":413')
    assert spoken_with(server) == {"HTTP/2.0" if protocol == HTTP2 else "HTTP/1.1"}
    assert {entry["status"] for entry in exchanges(server)} == {200, 201, 206, 304, 413}


def test_java_offers_an_upgrade_in_clear_text(start, root, authority):
    """RFC 9110 §7.8: a server may pass it over, and answers as if it had not been there."""
    server = start("clear")
    run_client("java", f"http://localhost:{server.port}", "upgrade", authority.certificate, root)


@pytest.mark.parametrize("transport", ["clear", "tls"])
def test_nghttp(start, root, transport):
    """Over TLS, and in clear text with prior knowledge; a page of several files is fetched with what it names."""
    server = start(transport)
    base = f"{server.scheme}://localhost:{server.port}"
    for path, times in [("/about.html", 300), ("/large.bin", 3)]:
        printed = run(["nghttp", "--no-verify-peer", "-ns", "-m", str(times)], base + path)
        assert len(re.findall(rf" 200 +\S+ {path}$", printed, re.MULTILINE)) == times, printed
    document = root / "document.json"
    document.write_text('{"from":"nghttp"}')
    printed = run(["nghttp", "--no-verify-peer", "-v", "-H", "content-type: application/json", "-d", document], f"{base}/upload")
    assert ":status: 201" in printed


@pytest.mark.parametrize("transport", ["clear", "tls"])
def test_h2load(start, transport):
    server = start(transport, "--access-log", "off")
    printed = run(["h2load", "-n", "20000", "-c", "20", "-m", "16"], f"{server.scheme}://localhost:{server.port}/about.html")
    assert re.search(r"20000 total, 20000 started, 20000 done, 20000 succeeded, 0 failed, 0 errored, 0 timeout", printed), printed


# Behind a proxy. What the proxy speaks with bobbin is in the log; what the client speaks with it is HTTP/1.1.


@pytest.mark.parametrize("client", ["curl", "go"])
@pytest.mark.parametrize(
    ("transport", "options", "protocol"),
    [
        ("clear", "", "HTTP/1.1"),
        ("clear", "proto h2", "HTTP/2.0"),
        ("tls", "ssl verify required ca-file {ca} alpn http/1.1", "HTTP/1.1"),
        ("tls", "ssl verify required ca-file {ca} alpn h2", "HTTP/2.0"),
    ],
)
def test_haproxy_in_front(start, run_proxy, root, authority, client, transport, options, protocol):
    server = start(transport, "--allow-host", "localhost:*")
    upstream = f"127.0.0.1:{server.port} {options.format(ca=authority.certificate)}"
    if transport == "tls":
        upstream += " verifyhost localhost"
    port = run_proxy("haproxy", HAPROXY.format(port="{port}", options="", server=upstream), ["-f"])
    run_client(client, f"http://localhost:{port}", HTTP1, authority.certificate, root)
    assert spoken_with(server) == {protocol}


@pytest.mark.parametrize("client", ["curl", "go"])
@pytest.mark.parametrize("transport", ["clear", "tls"])
def test_nginx_in_front(start, run_proxy, root, authority, client, transport):
    server = start(transport, "--allow-host", "localhost:*")
    text = NGINX.replace("UPSTREAM", f"127.0.0.1:{server.port}").replace("FIELD", "client_max_body_size 0;")
    if transport == "tls":
        text = text.replace("http://bobbin;", "https://bobbin;").replace(
            "client_max_body_size",
            f"proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_trusted_certificate {authority.certificate};"
            " client_max_body_size",
        )
    port = run_proxy("nginx", text, ["-c"])
    run_client(client, f"http://localhost:{port}", HTTP1, authority.certificate, root)
