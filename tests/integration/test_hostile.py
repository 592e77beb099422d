"""CONTRACT §7 row 19: crowds that mean no good, and bytes that mean nothing.

BOBBIN_SCALE sets the size of the crowds: 1 is the contract's (2,000 dribble, 500 read at a crawl, 10,000 are idle, 64
push 1 MiB heads), which needs 14,000 descriptors on each side. The default is a tenth, so that the suite stays quick.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.client import Closed
from support.clients import JSON, PATIENT_FLAGS
from support.site import write_large
from support.waiting import eventually, in_parallel

SCALE = float(os.environ.get("BOBBIN_SCALE", "0.1"))
DRIBBLERS, CRAWLERS, IDLE = (int(count * SCALE) for count in (2000, 500, 10_000))
BIG_HEADS = max(16, int(64 * SCALE))
ROUNDS = 10
MEMORY_SLACK = 16 << 20


def try_to_send(connection, data):
    connection.socket.setblocking(False)
    try:
        connection.socket.send(data)
    except (BlockingIOError, BrokenPipeError, ConnectionResetError):
        pass  # The server may have had enough of it.


def push_big_head(server):
    """A head of 1 MiB: refused, whole."""
    with server.connect() as connection:
        connection.send_as_far_as_possible(b"GET / HTTP/1.1\r\nHost: x\r\nField: " + b"x" * (1 << 20))
        return connection.receive().status


def good_requests(server, persistent):
    """A good client: pages, pictures and an upload, on an old connection and on new ones."""
    for name in ["about.html", "big.png"]:
        response = persistent.ask("GET", "/" + name)
        assert response.status == 200 and response.content == (server.root / name).read_bytes()
    assert server.get("/logo.png").content == (server.root / "logo.png").read_bytes()
    assert server.upload(b"[1]").status == 201


@pytest.mark.semantics
@pytest.mark.modes("many", "tls")
@pytest.mark.timeout(900)
def test_crowds(start, sanitized):
    """Row 19: a good client's requests all succeed, memory returns to where it was."""
    server = start("--threads", "2", "--connections-per-thread", "8192", "--keep-alive-requests", "0", *PATIENT_FLAGS)
    write_large(server.root / "large.png", 4 << 20)
    with server.connect() as persistent:
        good_requests(server, persistent)
        in_parallel(4, lambda _: push_big_head(server))
        memory, sockets = server.resident_bytes(), server.open_sockets()

        idle = [server.connect(source=f"127.0.1.{index % 200 + 1}") for index in range(IDLE)]
        crawlers = [server.connect(receive_buffer=2048) for _ in range(CRAWLERS)]
        for connection in crawlers:
            connection.send(connection.request("GET", "/large.png"))
        dribblers = []
        for index in range(DRIBBLERS):
            connection = server.connect()
            head = connection.request("GET", "/", fields=[("Field", "x" * 100)])
            body = connection.request("POST", "/upload", fields=[JSON, ("Content-Length", "5000")])
            connection.send(head[:20] if index % 2 else body)
            dribblers.append(connection)

        for _ in range(ROUNDS):
            for connection in dribblers:
                try_to_send(connection, b"x")
            for connection in crawlers:
                assert connection.receive_bytes(100)
            good_requests(server, persistent)
        assert set(in_parallel(BIG_HEADS, lambda _: push_big_head(server))) <= {414, 431}
        good_requests(server, persistent)

        for connection in idle + crawlers + dribblers:
            connection.close()
        eventually(lambda: server.open_sockets() <= sockets, "every connection of the crowd is gone")
        good_requests(server, persistent)
    if not sanitized:  # whose allocators keep freed memory back on purpose
        eventually(lambda: server.resident_bytes() <= memory + MEMORY_SLACK, "memory is where it was", patience=20)


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    "interval",
    ["500ms", "0"],
)
def test_memory_of_a_crowd_is_given_back(start, sanitized, interval):
    """Row 19: what many clients needed at once does not stay with the allocator when they have gone, whatever is logged."""
    server = start("--status-interval", interval, *PATIENT_FLAGS)
    memory = server.resident_bytes()
    begun = [server.connect() for _ in range(600)]
    for connection in begun:
        fields = [JSON, ("Content-Length", "60000")]
        connection.send(connection.request("POST", "/upload", fields=fields) + b'"' + b"x" * 50_000)
    if not sanitized:  # whose allocators keep freed memory back on purpose
        eventually(lambda: server.resident_bytes() > memory + (20 << 20), "what has arrived is kept")
    for connection in begun:
        connection.close()
    if not sanitized:
        eventually(lambda: server.resident_bytes() < memory + (10 << 20), "the memory has been given back", patience=20)


def test_connections_opened_and_closed(server):
    """Row 19, in small: port scanners and health checks."""
    for index in range(500):
        connection = server.connect()
        if index % 3 == 0:
            connection.abort()
        else:
            connection.close()
    assert server.get().status == 200


# Bytes that mean nothing

JSON_HEAD = b"POST /upload HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
SEEDS = [
    b'GET /about.html HTTP/1.1\r\nHost: {host}\r\nRange: bytes=0-4,6-\r\nIf-None-Match: "x"\r\n\r\n',
    b"GET http://{host}/logo.png?x=%20 HTTP/1.1\r\nHost: {host}\r\nAccept: application/json;q=0.5, */*\r\n\r\n",
    JSON_HEAD + b'Content-Length: 8\r\n\r\n{"a": 1}',
    JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n4;x=y\r\n[1,2\r\n1\r\n]\r\n0\r\nA: b\r\n\r\n",
]
# fmt: off
PIECES = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b",", b"%2e", b"..", b"/", b"chunked", b"9999999999999999999", b"-1",
    b"\xff", b"\"", b";", b"HTTP/1.1", b"x" * 5000,
]
# fmt: on


def mutate(seed):
    """A few requests in a row with a few changes in them."""
    chance = random.Random(seed)
    data = bytearray(b"".join(chance.choice(SEEDS) for _ in range(chance.randrange(1, 4))))
    for _ in range(chance.randrange(1, 6)):
        where = chance.randrange(len(data) + 1)
        change = chance.randrange(4)
        if change == 0:
            data[where:where] = chance.choice(PIECES)
        elif change == 1:
            del data[where : where + chance.randrange(1, 20)]
        elif change == 2 and where < len(data):
            data[where] = chance.randrange(256)
        else:
            data[where : where + 3] = chance.choice(PIECES)
    return bytes(data)


@settings(
    max_examples=600, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**64))
def test_any_bytes(server, seed):
    """§4: whatever comes, what goes back is a row of whole, well-formed answers, and then the end."""
    with server.connect() as connection:
        connection.send_as_far_as_possible(server.fill(mutate(seed)))
        try:
            connection.finish_sending()
        except OSError:
            pass  # already refused and closed
        try:
            while connection.receive().keeps:
                pass
        except Closed as end:
            assert str(end) == "closed after b''"
            return
        connection.expect_closed()


def test_still_alive_after_noise(server):
    """§4: bytes of no protocol at all."""
    chance = random.Random(4)
    for _ in range(100):
        with server.connect() as connection:
            connection.send_as_far_as_possible(chance.randbytes(chance.randrange(1, 30_000)))
    assert server.get().status == 200
