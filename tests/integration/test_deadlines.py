"""CONTRACT §4 (408), §5 (idle connections) and §7 rows 9 and 13.

The limits are set short by flags; what the tests wait for is what reaching them causes.
"""

import select
import time

import pytest

from support.clients import JSON, begin_download
from support.site import write_large
from support.waiting import eventually, in_parallel

pytestmark = pytest.mark.semantics

SHORT = "300ms"
LONG = "120s"


def check_timeout(connection):
    """408, whole, and then the end."""
    response = connection.receive()
    assert (response.status, response.reason) == (408, "Request Timeout")
    assert not response.keeps
    connection.expect_closed()
    return response


def dribble(connection, data):
    """Send a byte every 50 ms until the server answers or closes."""
    for index in range(len(data)):
        readable, _, _ = select.select([connection.socket], [], [], 0.05)
        if readable or not connection.send_as_far_as_possible(data[index : index + 1]):
            return
    pytest.fail("the server has waited for it all")


# Heads


def test_unfinished_head(start):
    """§4: head too slow → 408, closed."""
    server = start("--head-timeout", SHORT, "--keep-alive-timeout", LONG)
    for part in [
        b"G",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nField: val",
    ]:
        with server.connect() as connection:
            connection.send(server.fill(part))
            response = check_timeout(connection)
            assert "<h1>408 Request Timeout</h1>" in response.text


@pytest.mark.modes("capacity-1", "many")  # whether there is an answer is seen at the socket, which also brings tickets of TLS
def test_head_deadline_is_absolute(start):
    """§4: bytes that keep coming do not extend it."""
    server = start("--head-timeout", SHORT, "--keep-alive-timeout", LONG)
    with server.connect() as connection:
        dribble(connection, connection.request("GET", "/", fields=[("Field", "x" * 10_000)]))
        check_timeout(connection)


def test_second_head_has_a_deadline_too(start):
    """§4: on every request of a connection."""
    server = start("--head-timeout", SHORT, "--keep-alive-timeout", LONG)
    with server.connect() as connection:
        request = connection.request("GET", "/about.html")
        connection.send(request + request[:20])
        assert connection.receive().status == 200
        check_timeout(connection)


# Silence


def test_idle_connection(start):
    """§7 row 9, §5: idle → closed, without an answer that nobody asked for; §6: `Connection timeout`."""
    server = start("--keep-alive-timeout", SHORT)
    with server.connect() as connection:
        assert connection.ask().status == 200
        connection.expect_closed()
    server.log.wait_for(r"\[Thread-\d+\] Connection timeout")


def test_a_timeout_names_its_client(start):
    """§4: every line about a connection can be attributed."""
    server = start("--keep-alive-timeout", SHORT)
    with server.connect() as connection:
        assert connection.ask().status == 200
        connection.expect_closed()
    line = server.log.wait_for(r"Connection timeout.*")[0][0]
    assert f"127.0.0.1:{connection.port}" in line


def test_connection_that_never_speaks(start):
    """§5: closed as an idle one is."""
    server = start("--keep-alive-timeout", SHORT, "--head-timeout", SHORT)
    with server.connect() as connection:
        connection.expect_closed()


def test_the_idle_timeout_is_for_clients_that_have_spoken(start):
    """§5: a new connection has the time that a head may take (a second connection is the clock)."""
    server = start("--keep-alive-timeout", SHORT, "--head-timeout", LONG)
    with server.connect() as silent, server.connect() as clock:
        assert clock.ask().status == 200
        clock.expect_closed()
        assert silent.ask().status == 200


@pytest.mark.parametrize("sends", [b"", b"\r\n"], ids=["nothing", "an empty line"])
def test_the_first_request_has_the_time_of_a_head(start, sends):
    """§2: from the moment a worker takes the connection; when nothing of a request came it is closed without an answer."""
    server = start("--keep-alive-timeout", LONG, "--head-timeout", SHORT)
    with server.connect() as connection:
        connection.send(sends)
        connection.expect_closed(patience=5)


def test_the_announced_timeout_can_be_trusted(start):
    """§2: a client that sends again just before the announced time is over is not met by a close: there is a second more."""
    server = start("--keep-alive-timeout", "1s")
    with server.connect() as connection:
        connection.send(connection.request())
        asked = time.monotonic()
        assert connection.receive()["Keep-Alive"].startswith("timeout=1,")
        connection.expect_closed()
        assert time.monotonic() - asked >= 2


def test_sending_is_not_idle(start):
    """§5: the idle time does not run while an answer is being sent (a second connection is the clock)."""
    server = start("--keep-alive-timeout", SHORT, "--stall-timeout", LONG)
    content = write_large(server.root / "large.png", 8 << 20)
    connection, length = begin_download(server, "/large.png")
    with server.connect() as clock:
        assert clock.ask().status == 200
        clock.expect_closed()
    assert connection.receive_bytes(length) == content


# Content


@pytest.fixture
def impatient(start):
    """A server that gives content little time."""
    return start("--minimum-rate", "500", "--minimum-rate-grace", SHORT)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_unfinished_content(impatient, framing):
    """§4: content slower than the minimum rate after the grace → 408, closed, nothing stored."""
    with impatient.connect() as connection:
        field = ("Content-Length", "1000") if framing == "length" else ("Transfer-Encoding", "chunked")
        connection.send(
            connection.request("POST", "/upload", fields=[JSON, field]) + b'3e8\r\n["x'[5 * (framing == "length") :]
        )
        response = check_timeout(connection)
        assert response["Content-Type"].split(";")[0] == "application/problem+json"
    assert impatient.uploads() == []


def test_dribbled_content(impatient):
    """§4: 20 bytes a second are less than 500."""
    with impatient.connect() as connection:
        connection.send(connection.request("POST", "/upload", fields=[JSON, ("Content-Length", "100000")]))
        dribble(connection, b"[" + b" " * 10_000)
        check_timeout(connection)
    assert impatient.uploads() == []


def test_content_that_never_follows_a_continue(impatient):
    """§4: also where the server has said 100 Continue."""
    with impatient.connect() as connection:
        connection.send(
            connection.request("POST", "/upload", fields=[JSON, ("Content-Length", "9"), ("Expect", "100-continue")])
        )
        assert connection.receive_interim().status == 100
        check_timeout(connection)


@pytest.mark.modes("many")
def test_what_came_early_buys_no_time(start):
    """§2: the credit for early bytes is at most the grace: 3 MB at once, then a trickle, is too slow for 100,000 B/s."""
    server = start("--max-upload", "16MiB", "--minimum-rate", "100000", "--minimum-rate-grace", SHORT)
    with server.connect() as connection:
        fields = [JSON, ("Content-Length", "10000000"), ("Expect", "100-continue")]
        connection.send(connection.request("POST", "/upload", fields=fields))
        assert connection.receive_interim().status == 100
        connection.send(b'"' + b"x" * 3_000_000)
        dribble(connection, b"x" * 200)  # for ten seconds, a third of what 3 MB are worth
        check_timeout(connection)
    assert server.uploads() == []


def test_no_grace_is_not_no_time(start):
    """§4: a client that has said what it will send and waits for 100 Continue is slow only when it does not send then."""
    server = start("--minimum-rate-grace", "0")
    for _ in range(3):
        with server.connect() as connection:
            fields = [JSON, ("Content-Length", "3"), ("Expect", "100-continue")]
            connection.send(connection.request("POST", "/upload", fields=fields))
            assert connection.receive_interim().status == 100
            # As long as a packet may take to the client and back. Nothing comes meanwhile.
            assert select.select([connection.socket], [], [], 0.3)[0] == []
            connection.send(b"[1]")
            assert connection.receive().status == 201


# Receivers


def test_reader_that_stops(start):
    """§5: a client that reads no more is let go; what it has is less than was announced."""
    server = start("--stall-timeout", SHORT, "--minimum-rate-grace", SHORT)
    write_large(server.root / "large.png", 16 << 20)
    before = server.open_sockets()
    connection, length = begin_download(server, "/large.png", receive_buffer=4096)
    eventually(lambda: server.open_sockets() <= before, "the connection is given up")
    rest, _ = connection.receive_to_end()
    assert len(rest) < length
    assert server.get().status == 200


@pytest.mark.modes("many")
def test_reader_that_takes_nothing(start):
    """§2: progress is what the peer's TCP has acknowledged. One stall timeout without any is enough, not two."""
    server = start("--stall-timeout", "6s")
    write_large(server.root / "large.png", 20 << 20)
    before = server.open_sockets()
    with server.connect() as connection:
        connection.send(connection.request("GET", "/large.png"))
        server.wait_until_quiet()
        eventually(lambda: server.open_sockets() <= before, "the connection is given up", patience=10)


# Row 13


@pytest.mark.modes("many")
def test_slow_clients_harm_nobody(start):
    """§7 row 13: 10 slow clients with 1 thread: others are unharmed while the slow ones are still being waited for."""
    server = start("--threads", "1", "--head-timeout", LONG, "--minimum-rate-grace", LONG)
    slow = [server.connect() for _ in range(10)]
    requests = [connection.request("GET", "/about.html") for connection in slow]
    for connection, request in zip(slow, requests, strict=True):
        connection.send(request[:-5])
    for _ in range(20):
        assert server.get("/logo.png").status == 200
    for connection, request in zip(slow, requests, strict=True):
        connection.send(request[-5:])
        assert connection.receive().status == 200


def test_slow_clients_get_408(start):
    """§7 row 13: 10 slow clients with 1 thread: the slow ones get 408, others their answer."""
    server = start("--threads", "1", "--head-timeout", SHORT)
    slow = [server.connect() for _ in range(10)]
    for connection in slow:
        connection.send(b"GET / HTTP/1.1\r\n")

    def client(index):
        if index == len(slow):
            assert server.get().status == 200
        else:
            with slow[index]:
                check_timeout(slow[index])

    in_parallel(len(slow) + 1, client)
