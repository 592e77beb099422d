"""CONTRACT §4 (Host, checked on every request) and §7 row 8."""

import itertools
import os
import re
import socket

import pytest

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

HOSTS = {
    # value ({port} is ours): status
    "127.0.0.1:{port}": 200,
    "localhost:{port}": 200,
    "LOCALHOST:{port}": 200,
    "LocalHost:{port}": 200,
    "localhost.:{port}": 200,
    "[::1]:{port}": 200,
    "evil.com": 403,
    "evil.com:{port}": 403,
    "localhost": 403,
    "127.0.0.1": 403,
    "localhost:1": 403,
    "localhost:{port}0": 400,
    "localhost..:{port}": 403,
    "localhost.evil.com:{port}": 403,
    "evil.localhost:{port}": 403,
    "xlocalhost:{port}": 403,
    "localhostx:{port}": 403,
    "127.0.0.2:{port}": 403,
    "127.1:{port}": 403,
    "2130706433:{port}": 403,
    "0.0.0.0:{port}": 403,
    "[::2]:{port}": 403,
    "localhost:{port}@evil.com": 400,
    "user@localhost:{port}": 400,
    "localhost:{port}, evil.com": 400,
    "localhost:{port}/": 400,
    "http://localhost:{port}": 400,
    "localhost :{port}": 400,
    "localhost:": 403,
    "localhost:http": 400,
    ":{port}": 400,
    "[::1": 400,
    "foo:bar": 400,
    "a:b:{port}": 400,
    "%zz": 400,
    "[1:2:3]": 400,
    "[::1%lo]:{port}": 400,
    "[v1.a]:{port}": 403,
    "*": 403,
    "": 400,
}


@pytest.mark.parametrize("host", HOSTS)
def test_host(server, host):
    """§7 row 8: ours 200, others 403, malformed 400; a refusal closes."""
    with server.connect() as connection:
        response = connection.ask("GET", "/", host=host.replace("{port}", str(server.port)))
        assert response.status == HOSTS[host]
        if response.status == 200:
            connection.expect_kept()
        else:
            assert not response.keeps
            connection.expect_closed()


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_no_host(server, version, method):
    """§7 row 8: none → 400; HTTP/1.0 needs Host too, where hosts are checked."""
    with server.connect() as connection:
        response = connection.ask(method, "/", host=None, version=version)
        assert response.status == 400 and not response.keeps
        connection.expect_closed()


@pytest.mark.parametrize("second", ["{host}", "evil.com", ""])
def test_two_hosts(server, second):
    """§7 row 8: two → 400, also when they agree."""
    for order in itertools.permutations([server.host, second.replace("{host}", server.host)]):
        with server.connect() as connection:
            response = connection.ask("GET", "/", host=None, fields=[("Host", value) for value in order])
            assert response.status == 400 and not response.keeps
            connection.expect_closed()


@pytest.mark.modes("capacity-1", "many", "tls")  # of the bytes of HTTP/1
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize("target", ["/", "/missing", "/upload", "*"])
def test_host_is_checked_for_every_request(server, method, target):
    """§4: whatever the method and target (a `*` is for OPTIONS only: 400 otherwise)."""
    expected = (403,) if target != "*" or method == "OPTIONS" else (400, 403)
    response = server.ask(method, target, host="evil.com", fields=[("Content-Type", "application/json")], content=b"{}")
    assert response.status in expected
    assert server.uploads() == []


def test_host_is_checked_again(server):
    """§4: on every request of a connection, not on the first alone."""
    with server.connect() as connection:
        assert connection.ask().status == 200
        response = connection.ask("GET", "/", host="evil.com")
        assert response.status == 403 and not response.keeps
        connection.expect_closed()


@pytest.mark.modes("capacity-1", "many", "tls")  # of the bytes of HTTP/1
@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("{scheme}://{host}/about.html", "{host}", 200),
        ("{scheme}://{host}/about.html", "evil.com", 200),
        ("{SCHEME}://LOCALHOST:{port}/about.html", "{host}", 200),
        ("{scheme}://evil.com/about.html", "{host}", 403),
        ("{scheme}://evil.com:{port}/about.html", "{host}", 403),
        ("{scheme}://localhost/about.html", "{host}", 403),
        ("{scheme}://{host}/about.html", None, 400),
        ("{scheme}:///about.html", "{host}", 400),
        ("{other_scheme}://{host}/about.html", "{host}", 421),
        ("{other_scheme}://evil.com:{port}/about.html", "{host}", 403),
        ("{scheme}://{host}/../about.html", "{host}", 403),
    ],
)
def test_absolute_form(server, target, host, status):
    """§4: an absolute-form target decides over the field (RFC 9112 §3.2.2), which must be there all the same (§3.2)."""

    def fill(text):
        return text and server.fill(text.encode()).decode()

    response = server.get(fill(target), host=fill(host))
    assert response.status == status
    if status == 200:
        assert response.content == (server.root / "about.html").read_bytes()


@pytest.mark.modes("capacity-1", "many", "tls")  # of the bytes of HTTP/1
def test_absolute_form_without_a_path(server):
    """RFC 9112 §3.2.2, RFC 9110 §4.2.3: an empty path means `/`."""
    for target in [f"{server.scheme}://{server.host}", f"{server.scheme}://{server.host}?query"]:
        assert server.get(target).content == (server.root / "index.html").read_bytes(), target


MALFORMED_HOSTS = ["foo:bar", "[::1", "a:b:80", ":80", "%zz", "[1:2:3]", "[::1%lo]", "[::1]x", "a b", "a,b", "a/b", "u@a"]


@pytest.mark.modes("capacity-1", "many", "tls")  # of the bytes of HTTP/1
@pytest.mark.parametrize("allowed", [(), ("--allow-host", "*")], ids=["ours only", "*"])
def test_malformed_host(start, allowed):
    """RFC 9112 §3.2: what is no `uri-host [":" port]` is 400, whoever may be named; in an absolute-form target too."""
    server = start(*allowed)
    wrong = []
    for host in MALFORMED_HOSTS:
        if server.get(host=host).status != 400:
            wrong.append(host)
        if " " not in host and "/" not in host and server.get(f"{server.scheme}://{host}/").status != 400:
            wrong.append(f"{server.scheme}://{host}/")
    assert wrong == []


@pytest.mark.parametrize("host", ["a%20b", "~_-.!$&'()*+;=", "[v1.x]", "[::ffff:1.2.3.4]:80", "localhost:"])
def test_strange_but_well_formed_host(start, host):
    """RFC 3986 §3.2.2: whatever a uri-host may hold, an IPvFuture and an empty port included, is not malformed."""
    assert start("--allow-host", "*").get(host=host).status == 200


@pytest.mark.parametrize("host", ["example.org", "example.org:9", "localhost:9000", "[2001:db8::1]:80"])
def test_the_log_says_how_to_allow_a_host(server, host):
    """§2: the operator is told which option helps, the client is not."""
    response = server.get(host=host)
    assert response.status == 403 and "allow" not in response.text.replace("allowed", "")
    server.log.wait_for(rf"{re.escape(host)}.*\(to allow it: --allow-host {re.escape(host)}\)$")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_host_in_http_1_0(start, method):
    """§2: HTTP/1.0 knows no Host; where none is checked it is not missed. HTTP/1.1 demands it all the same."""
    server = start("--allow-host", "*")
    with server.connect() as connection:
        response = connection.ask(method, "/about.html", host=None, version="HTTP/1.0")
        assert response.status == 200
        connection.expect_closed()
    assert server.get(host=None).status == 400


# Other names


@pytest.mark.parametrize(
    ("allowed", "statuses"),
    [
        (
            "example.org",
            {
                "example.org:{port}": 200,
                "example.org": 200,
                "EXAMPLE.org.": 200,
                "example.org:9": 403,
                "www.example.org": 403,
            },
        ),
        ("example.org:9", {"example.org:9": 200, "example.org": 403, "example.org:{port}": 403}),
        ("example.org:*", {"example.org:9": 200, "example.org": 200, "example.org:{port}": 200, "other.org:9": 403}),
        ("*", {"anything.example": 200, "evil.com:1": 200}),
    ],
    ids=["NAME", "NAME:PORT", "NAME:*", "*"],
)
def test_allow_host(start, allowed, statuses):
    """§1: --allow-host; the built-in names stay."""
    server = start("--allow-host", allowed)
    for host, status in statuses.items():
        assert server.get(host=host.replace("{port}", str(server.port))).status == status, host
    assert server.get(host=f"localhost:{server.port}").status == 200


def test_allow_host_is_repeatable(start):
    """§1: repeatable."""
    server = start("--allow-host", "one.example", "--allow-host", "two.example:9")
    for host, status in [("one.example", 200), ("two.example:9", 200), ("three.example", 403)]:
        assert server.get(host=host).status == status


@pytest.mark.modes("capacity-1", "many", "tls")  # of the bytes of HTTP/1
def test_no_check_still_needs_a_host(start):
    """§4: none, several and empty are malformed, whoever may be named."""
    server = start("--allow-host", "*")
    assert server.get(host=None).status == 400
    assert server.get(host="").status == 400
    assert server.get(host=None, fields=[("Host", "a"), ("Host", "b")]).status == 400


def test_wildcard_address(start):
    """§4: bound to a wildcard, ours are the loopback names and the address at which the connection arrived."""
    server = start("--bind", "0.0.0.0")
    cases = [
        ("127.0.0.2", 200),
        ("127.0.0.1", 200),
        ("localhost", 200),
        ("[::1]", 200),
        ("127.0.0.3", 403),
        ("evil.com", 403),
    ]
    for name, status in cases:
        with server.connect(address="127.0.0.2") as connection:
            assert connection.ask("GET", "/", host=f"{name}:{server.port}").status == status, name


def test_the_port_of_the_scheme_may_be_left_out(start, mode):
    """§4: the built-in names do without a port when ours is 80, and 443 with TLS."""
    port = 443 if mode.name == "tls" else 80
    address = f"127.80.{os.getpid() % 250}.{os.getpid() // 250 % 250 + 1}"
    try:
        socket.create_server((address, port)).close()
    except OSError as error:
        pytest.skip(f"cannot use port {port}: {error}")
    server = start("--bind", address, "--port", port)
    for host, status in [
        (address, 200),
        ("localhost", 200),
        (f"localhost:{port}", 200),
        ("localhost:8080", 403),
        ("evil.com", 403),
    ]:
        assert server.get(host=host).status == status, host
