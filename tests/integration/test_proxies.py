"""Who the client is behind a proxy: fields that are believed, the PROXY protocol, and the real nginx and HAProxy."""

import http.client
import json
import os
import signal
import socket
import struct

import pytest

from support.client import Connection
from support.proxies import HAPROXY, NGINX
from support.server import accepts, free_port, run_to_end
from support.waiting import PATIENCE, eventually

CLIENT = "203.0.113.7"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
TRUSTED = ("--trusted-proxies", "127.0.0.1,unix")


def version_1(client=CLIENT, port=4711):
    return f"PROXY TCP4 {client} 192.0.2.1 {port} 443\r\n".encode()


def version_2(client=CLIENT, port=4711, command=0x21, rest=b""):
    addresses = socket.inet_aton(client) + socket.inet_aton("192.0.2.1") + struct.pack(">HH", port, 443)
    return SIGNATURE + struct.pack(">BBH", command, 0x11, len(addresses + rest)) + addresses + rest


def last_exchange(server):
    return [json.loads(line) for line in server.log.lines if '"status"' in line][-1]


@pytest.fixture
def ask(start):
    """Start a server with these flags that logs JSON; returns what asks it and gives the answer and its log entry."""

    def start_with(*flags):
        server = start(*flags, "--log-format", "json")

        def ask_once(fields, **rest):
            count = server.log.count('"status"')
            answer = server.ask(fields=fields, **rest)
            server.log.wait_for('"status"', count + 1)
            return answer, last_exchange(server)

        return ask_once

    return start_with


# Fields


@pytest.mark.http2
def test_the_client_of_a_trusted_proxy(ask):
    """JSON has both, the client without a port and the proxy with one."""
    _, entry = ask(*TRUSTED)([("X-Forwarded-For", f"1.1.1.1, {CLIENT}")])
    assert entry["client"] == CLIENT and entry["peer"].startswith("127.0.0.1:")


def test_a_field_of_anybody_else_changes_nothing(ask):
    fields = [("X-Forwarded-For", CLIENT), ("X-Real-IP", CLIENT), ("Forwarded", f"for={CLIENT};host=evil")]
    for flags in [(), ("--trusted-proxies", "10.0.0.0/8", "--client-host-from", "Forwarded")]:
        answer, entry = ask(*flags)(fields)
        assert answer.status == 200
        assert entry["client"].startswith("127.0.0.1:") and "peer" not in entry


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    ("field", "value"),
    [("X-Forwarded-For", CLIENT), ("Forwarded", f'for="{CLIENT}:80";proto=https'), ("X-Real-IP", CLIENT)],
)
def test_one_field_is_believed(ask, field, value):
    others = [(name, "9.9.9.9") for name in ("X-Forwarded-For", "X-Real-IP") if name != field]
    _, entry = ask(*TRUSTED, "--client-address-from", field)([*others, (field, value)])
    assert entry["client"] in (CLIENT, f"{CLIENT}:80")


@pytest.mark.modes("many")
def test_the_formats_of_the_log(start):
    server = start(*TRUSTED)
    server.ask(fields=[("X-Forwarded-For", CLIENT)])
    server.log.wait_for(rf"Connection from {CLIENT} through 127\.0\.0\.1:\d+$")
    server = start(*TRUSTED, "--log-format", "common")
    server.ask(fields=[("X-Forwarded-For", CLIENT)])
    server.log.wait_for(rf"^{CLIENT} - - \[")


@pytest.mark.modes("many")
def test_the_host_that_a_proxy_names_is_checked_like_any_other(ask):
    asks = ask(*TRUSTED, "--client-host-from", "X-Forwarded-Host", "--allow-host", "example.org")
    for host, status in [("example.org", 200), ("evil.com", 403), ("a b", 400)]:
        answer, entry = asks([("X-Forwarded-Host", host)])
        assert answer.status == status
    assert asks([])[0].status == 200
    answer, _ = ask(*TRUSTED, "--allow-host", "example.org")([("X-Forwarded-Host", "evil.com")])
    assert answer.status == 200, "it was not named"


@pytest.mark.modes("many")
def test_the_scheme_that_a_proxy_names(ask):
    """421: this connection is not secured, but that of the client to the proxy is."""
    target = "https://example.org/"
    flags = (*TRUSTED, "--allow-host", "example.org:*")
    believing = ask(*flags, "--client-proto-from", "X-Forwarded-Proto")
    assert believing([("X-Forwarded-Proto", "https")], target=target)[0].status == 200
    assert believing([("X-Forwarded-Proto", "http")], target=target)[0].status == 421
    assert ask(*flags)([("X-Forwarded-Proto", "https")], target=target)[0].status == 421


@pytest.mark.modes("many")
def test_a_unix_socket_can_be_trusted(start, scratch):
    path = scratch / "s"
    server = start(*TRUSTED, "--bind", "127.0.0.1", "--bind", f"unix:{path}")
    with Connection(path) as connection:
        assert connection.ask("GET", "/", fields=[("X-Forwarded-For", CLIENT)]).status == 200
    server.log.wait_for(rf"Connection from {CLIENT} through unix:\d+$")


@pytest.mark.modes("many")
def test_a_reload_changes_who_is_trusted(start_plain, root, scratch):
    configuration = scratch / "bobbin.toml"
    text = f'port = 0\nroot = "{root}"\nlog_format = "common"\n'
    configuration.write_text(text)
    server = start_plain("--config", configuration, root=root)
    server.ask(fields=[("X-Forwarded-For", CLIENT)])
    server.log.wait_for(r"^127\.0\.0\.1 - - \[")
    configuration.write_text(text + 'trusted_proxies = ["127.0.0.1", "::1"]\n')
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    server.ask(fields=[("X-Forwarded-For", CLIENT)])
    server.log.wait_for(rf"^{CLIENT} - - \[")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trusted-proxies", "10.0.0.1/8"], "bits behind the prefix are 0"),
        (["--trusted-proxies", "proxy.example.org"], "an address, a network such as 10.0.0.0/8"),
        (["--client-address-from", "X-Client-IP"], "X-Forwarded-For, Forwarded or X-Real-IP"),
        (["--proxy-protocol", "on", "--port", "0"], "--proxy-protocol: "),
        (["--proxy-protocol", "on", "--check-config"], "is not possible without --trusted-proxies"),
    ],
)
def test_refused_configurations(binary, root, arguments, message):
    refused = run_to_end(binary, *arguments, "--root", root)
    assert refused.returncode == 2 and message in refused.stderr


# The PROXY protocol


@pytest.fixture
def proxied(start):
    return start("--proxy-protocol", "on", *TRUSTED)


@pytest.mark.parametrize("header", [version_1(), version_2(), version_2(rest=b"\x01\0\x02h2")])
def test_proxy_header(proxied, header):
    with proxied.connect() as connection:
        connection.send(header + connection.request("GET", "/about.html"))
        assert connection.receive().content == (proxied.root / "about.html").read_bytes()
        assert connection.ask("GET", "/about.html").status == 200
    proxied.log.wait_for(rf"Connection from {CLIENT}:4711 through 127\.0\.0\.1:\d+$")
    proxied.log.wait_for(rf"Connection: keep-alive, client: {CLIENT}:4711 through 127\.0\.0\.1:\d+$")
    proxied.log.wait_for(rf"Connection closed \(2 requests served\), client: {CLIENT}:4711 through 127\.0\.0\.1:\d+$")


@pytest.mark.parametrize("header", [version_1(), version_2()])
def test_proxy_header_byte_by_byte(proxied, header):
    with proxied.connect() as connection:
        connection.send_pieces([header[i : i + 1] for i in range(len(header))])
        assert connection.ask("GET", "/").status == 200


@pytest.mark.modes("many")
@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", version_2(command=0x20), SIGNATURE + b"\x21\0\0\0"])
def test_a_header_that_names_nobody_leaves_the_sockets_address(proxied, header):
    with proxied.connect() as connection:
        connection.send(header + connection.request("GET", "/"))
        assert connection.receive().status == 200
    proxied.log.wait_for(rf"Connection from 127\.0\.0\.1:{connection.port} through 127\.0\.0\.1:\d+$")


def test_host_is_that_of_the_socket_never_one_that_is_claimed(proxied):
    for host, status in [(proxied.host, 200), ("192.0.2.1:443", 403), (f"192.0.2.1:{proxied.port}", 403)]:
        with proxied.connect() as connection:
            connection.send(version_1() + connection.request("GET", "/", host=host))
            assert connection.receive().status == status


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "the connection begins with something else"),
        (b"PROXY TCP4 1.2.3.4\r\n", "its addresses are malformed"),
        (version_2(rest=b"\x03\0\x04abcd"), "its checksum is wrong"),
        (SIGNATURE + b"\x21\x11\xff\xff", "it is longer than 4112 bytes"),
    ],
)
def test_anything_else_is_closed_without_an_answer(proxied, sent, reason):
    with proxied.connect() as connection:
        connection.send(sent)
        received, _ = connection.receive_to_end()
        assert received == b""
    proxied.log.wait_for(f"PROXY header refused: {reason}, client: 127")


@pytest.mark.modes("many")
def test_the_header_must_come_within_the_head_timeout(start):
    server = start("--proxy-protocol", "on", *TRUSTED, "--head-timeout", "500ms")
    with server.connect() as silent, server.connect() as slow:
        slow.send(version_1()[:20])
        for connection in (silent, slow):
            assert connection.receive_to_end()[0] == b""
    server.log.wait_for("Connection timeout", 2)


@pytest.mark.modes("many")
def test_only_trusted_proxies_may_connect(start):
    server = start("--proxy-protocol", "on", "--trusted-proxies", "127.0.0.2")
    with server.connect() as connection:
        connection.send_as_far_as_possible(version_1() + connection.request("GET", "/"))
        assert connection.receive_to_end()[0] == b""
    server.log.wait_for(r"Warning: 127\.0\.0\.1:\d+ is none of --trusted-proxies, closing its connection")
    with server.connect(source="127.0.0.2") as connection:
        connection.send(version_1() + connection.request("GET", "/"))
        assert connection.receive().status == 200


@pytest.mark.modes("many")
def test_a_health_check_without_a_byte_is_no_fault(proxied):
    with proxied.connect() as connection:
        connection.finish_sending()
        connection.expect_closed()
    proxied.log.wait_for(r"Connection closed \(0 requests served\)")
    assert proxied.log.count("refused") == 0


@pytest.mark.modes("many")
def test_a_proxy_behind_a_proxy(start):
    """The header names the next proxy, which is trusted too and sets the field."""
    server = start("--proxy-protocol", "on", "--trusted-proxies", "127.0.0.1,10.0.0.0/8")
    with server.connect() as connection:
        connection.send(version_1("10.0.0.9") + connection.request("GET", "/", fields=[("X-Forwarded-For", CLIENT)]))
        assert connection.receive().status == 200
        connection.send(connection.request("GET", "/"))
        assert connection.receive().status == 200
    server.log.wait_for(rf"Connection from {CLIENT} through 127\.0\.0\.1:\d+$")
    server.log.wait_for(r"Connection: keep-alive, client: 10\.0\.0\.9:4711 through 127\.0\.0\.1:\d+$")


@pytest.mark.modes("many")
def test_a_listener_of_its_own(start_plain, root, scratch):
    """Only the listener that says so wants the header."""
    plain, proxied = free_port(), free_port()
    configuration = scratch / "bobbin.toml"
    configuration.write_text(
        f'root = "{root}"\ntrusted_proxies = "127.0.0.1"\n[[listener]]\nport = {plain}\n'
        f"[[listener]]\nport = {proxied}\nproxy_protocol = true\n"
    )
    server = start_plain("--config", configuration, root=root)
    eventually(lambda: accepts(("127.0.0.1", plain)), "the first one listens")
    with Connection(("127.0.0.1", plain)) as connection:
        assert connection.ask("GET", "/").status == 200
    with Connection(("127.0.0.1", proxied)) as connection:
        connection.send(version_1() + connection.request("GET", "/"))
        assert connection.receive().status == 200
    server.log.wait_for(rf"Connection from {CLIENT}:4711")


# The real ones. The client connects to the proxy from 127.0.0.9.


def ask_through(port, host, content, **fields):
    """Two requests on one connection. The strict client of the other tests would hold the proxy to our contract."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=("127.0.0.9", 0))
    for _ in range(2):
        client.request("GET", "/about.html", headers={"Host": host, **fields})
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, content)
    client.close()


@pytest.mark.modes("many")
@pytest.mark.parametrize("send", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"])
def test_haproxy_with_the_proxy_protocol(proxied, run_proxy, send):
    text = HAPROXY.format(
        port="{port}", options="unique-id-format %[uuid()]" if "unique" in send else "",
        server=f"127.0.0.1:{proxied.port} {send} check",
    )
    if "unique" in send:  # it is a property of the frontend
        text = text.replace("    unique-id-format %[uuid()]\n", "").replace(
            "    default_backend", "    unique-id-format %[uuid()]\n    default_backend"
        )
    port = run_proxy("haproxy", text, ["-f"])
    ask_through(port, proxied.host, (proxied.root / "about.html").read_bytes())
    proxied.log.wait_for(r"Connection from 127\.0\.0\.9:\d+ through 127\.0\.0\.1:\d+$")
    assert proxied.log.count("refused") == 0, "nor do its health checks fail"


@pytest.mark.modes("many")
@pytest.mark.parametrize("send", ["send-proxy", "send-proxy-v2"])
def test_haproxy_with_the_proxy_protocol_and_tls(start, run_proxy, send):
    """It sends the header in front of the handshake, with its health checks too."""
    server = start("--proxy-protocol", "on", *TRUSTED, "--tls", "self-signed")
    text = HAPROXY.format(
        port="{port}", options="", server=f"127.0.0.1:{server.port} ssl verify none {send} check"
    )
    port = run_proxy("haproxy", text, ["-f"])
    ask_through(port, server.host, (server.root / "about.html").read_bytes())
    server.log.wait_for(r"Connection from 127\.0\.0\.9:\d+ through 127\.0\.0\.1:\d+$")
    assert server.log.count("refused") == 0 and server.log.count("TLS failed") == 0


@pytest.mark.modes("many")
def test_haproxy_with_a_field_over_a_unix_socket(start, run_proxy, scratch):
    path = scratch / "bobbin.sock"
    server = start(*TRUSTED, "--bind", "127.0.0.1", "--bind", f"unix:{path}", "--socket-mode", "0666")
    text = HAPROXY.format(port="{port}", options="option forwardfor", server=f"unix@{path}")
    port = run_proxy("haproxy", text, ["-f"])
    ask_through(port, "localhost", (server.root / "about.html").read_bytes())
    server.log.wait_for(r"Connection from 127\.0\.0\.9 through unix:\d+$")


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("X-Forwarded-For", "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"),
        ("X-Real-IP", "proxy_set_header X-Real-IP $remote_addr;"),
        ("Forwarded", 'proxy_set_header Forwarded "$http_forwarded, for=$remote_addr;proto=$scheme";'),
    ],
)
def test_nginx_over_a_unix_socket(start, run_proxy, scratch, field, line):
    """What the client has put into the field itself is not believed."""
    path = scratch / "bobbin.sock"
    server = start(
        *TRUSTED, "--bind", "127.0.0.1", "--bind", f"unix:{path}", "--socket-mode", "0666", "--client-address-from", field
    )
    text = NGINX.replace("UPSTREAM", f"unix:{path}").replace("FIELD", line)
    port = run_proxy("nginx", text, ["-c"])
    ask_through(port, "localhost", (server.root / "about.html").read_bytes(), **{field: 'for="1.1.1.1"'})
    matches = server.log.wait_for(r"(?:Connection from|client:) (\S+) through unix:\d+$", 2)
    assert [match[1] for match in matches[:2]] == ["127.0.0.9", "127.0.0.9"]


@pytest.mark.modes("many")
def test_nginx_with_the_proxy_protocol(proxied, run_proxy):
    """The stream module passes connections on without looking into them."""
    if not os.path.exists("/usr/lib/nginx/modules/ngx_stream_module.so"):
        pytest.skip("nginx has no stream module here: libnginx-mod-stream is in packages/test.txt")
    text = (
        "load_module /usr/lib/nginx/modules/ngx_stream_module.so; daemon off; master_process off;"
        "pid {scratch}/nginx.pid; error_log stderr; events {}"
        "stream { server { listen 127.0.0.1:{port}; proxy_protocol on; proxy_pass 127.0.0.1:UPSTREAM; } }"
    ).replace("UPSTREAM", str(proxied.port))
    port = run_proxy("nginx", text, ["-c"])
    ask_through(port, proxied.host, (proxied.root / "about.html").read_bytes())
    proxied.log.wait_for(r"Connection from 127\.0\.0\.9:\d+ through 127\.0\.0\.1:\d+$")
