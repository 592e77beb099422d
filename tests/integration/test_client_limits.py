"""How much one client may take: connections, requests and bytes by address."""

import pytest

from support.waiting import eventually
from test_proxies import CLIENT, TRUSTED, version_1

# Long enough that nothing is refilled while a test runs: 60 requests, and then one each second.
REQUESTS = ("--client-requests", "1", "--client-burst", "5m")
MOST = 300


def exhaust(connection, **fields):
    """Ask until the answer is 429. Returns it, and how many were answered before."""
    for count in range(2 * MOST):
        answer = connection.ask("GET", "/about.html", fields=list(fields.items()))
        if answer.status == 429:
            return answer, count
        assert answer.status == 200
    raise AssertionError("never refused")


def test_requests(start):
    server = start(*REQUESTS, "--keep-alive-requests", "0")
    with server.connect() as connection:
        answer, count = exhaust(connection)
        assert count >= MOST, "what refills while it runs comes on top"
        assert int(answer["Retry-After"]) >= 1
        assert answer["RateLimit-Policy"] == f'"requests";q={MOST};w={MOST}'
        assert answer["RateLimit"].startswith('"requests";r=0;t=')
        assert answer.keeps
        assert "429 Too Many Requests" in answer.text
    server.log.wait_for(r"Response: 429 Too Many Requests")


@pytest.mark.modes("many")
def test_clients_are_told_apart_behind_a_proxy(start):
    server = start(*REQUESTS, *TRUSTED, "--keep-alive-requests", "0")
    with server.connect() as connection:
        exhaust(connection, **{"X-Forwarded-For": CLIENT})
        fields = [("X-Forwarded-For", "198.51.100.1")]
        assert connection.ask("GET", "/", fields=fields).status == 200


@pytest.mark.modes("many")
def test_a_field_of_anybody_else_does_not_help(start):
    server = start(*REQUESTS, "--keep-alive-requests", "0")
    with server.connect() as connection:
        exhaust(connection)
        answers = [connection.ask("GET", "/", fields=[("X-Forwarded-For", f"198.51.100.{i}")]).status for i in range(9)]
        assert answers.count(429) >= 7


@pytest.mark.modes("many")
def test_exempt_clients(start):
    server = start(*REQUESTS, "--client-exempt", "127.0.0.0/8", "--keep-alive-requests", "0")
    with server.connect() as connection:
        assert all(connection.ask("GET", "/about.html").status == 200 for _ in range(MOST + 10))


@pytest.mark.modes("many")
def test_bytes(start):
    server = start("--client-bytes", "1000", "--client-burst", "1s")
    with server.connect() as connection:
        assert connection.ask("GET", "/big.png").content == (server.root / "big.png").read_bytes(), "it is not cut short"
        answer = connection.ask("GET", "/big.png")
        assert answer.status == 429
        assert 1 <= int(answer["Retry-After"]) <= 60
        assert answer["RateLimit-Policy"] == '"bytes";q=1000;w=1;qu="content-bytes"'


@pytest.mark.modes("many")
def test_connections(start):
    server = start("--client-connections", "3")
    held = [server.connect() for _ in range(3)]
    for connection in held:
        assert connection.ask("GET", "/").status == 200
    with server.connect() as surplus:
        surplus.send(surplus.request("GET", "/"))
        answer = surplus.receive()
        assert answer.status == 429 and "Retry-After" in answer.names and not answer.keeps
        surplus.expect_closed()
    server.log.wait_for(r"Warning: 127\.0\.0\.1 has as many connections as a client may, rejecting 127\.0\.0\.1:\d+")
    with server.connect(source="127.0.0.2") as other:
        assert other.ask("GET", "/").status == 200
    held.pop().close()

    def answered():
        with server.connect() as connection:
            connection.send(connection.request("GET", "/"))
            return connection.receive().status == 200

    eventually(answered, "a closed connection makes room")


@pytest.mark.modes("many")
def test_connections_of_a_queue_that_is_full_are_given_back(start):
    """What is rejected for another reason does not count for ever."""
    server = start("--threads", "1", "--connections-per-thread", "1", "--queue", "0", "--client-connections", "2")
    held = server.connect()
    held.send(held.request("POST", "/upload", fields=[("Content-Type", "application/json"), ("Content-Length", "3"), ("Expect", "100-continue")]))
    assert held.receive_interim().status == 100
    for _ in range(6):
        with server.connect() as connection:
            connection.send(connection.request("GET", "/"))
            assert connection.receive().status == 503
    held.send(b"[1]")
    assert held.receive().status == 201


@pytest.mark.modes("many")
def test_connections_of_proxies_are_not_counted(start):
    server = start("--client-connections", "1", *TRUSTED)
    held = [server.connect() for _ in range(5)]
    assert [connection.ask("GET", "/").status for connection in held] == 5 * [200]
    server = start("--client-connections", "1", "--proxy-protocol", "on", *TRUSTED)
    held = [server.connect() for _ in range(5)]
    for connection in held:
        connection.send(version_1() + connection.request("GET", "/"))
        assert connection.receive().status == 200
