"""CONTRACT §5 (workers and the queue) and §7 rows 10, 11, 12, 20."""

import hashlib
import os
import re
import signal
import socket
import time

import pytest

from support.client import Closed, Reset
from support.clients import PATIENT_FLAGS, begin_download, occupy, release
from support.site import write_large
from support.waiting import eventually, in_parallel

# (threads, connections per thread): room for two connections each. The first is the seeds' server.
SHAPES = [(2, 1), (1, 2)]
CLOSE = ("Connection", "close")


@pytest.fixture(params=SHAPES, ids=["2 threads with 1", "1 thread with 2"])
def shape(request):
    return request.param


@pytest.fixture
def start_small(start, shape):
    """Start a server with room for two connections."""

    def start_with(*flags, **options):
        threads, capacity = shape
        return start("--threads", threads, "--connections-per-thread", capacity, *PATIENT_FLAGS, *flags, **options)

    return start_with


def connect_idle(server, count):
    """Persistent connections that have been answered: each is idle before the next."""
    idle = [server.connect() for _ in range(count)]
    for connection in idle:
        assert connection.ask().status == 200
        server.wait_until_quiet()
    return idle


def ask_later(server):
    """Connect and send a request; the server has accepted the connection when this returns."""
    before = server.open_sockets()
    connection = server.connect()
    connection.send(connection.request("GET", "/about.html", fields=[CLOSE]))
    eventually(lambda: server.open_sockets() > before, "the connection is accepted")
    return connection


# Row 10


@pytest.mark.semantics
def test_parallel_gets(start):
    """§7 row 10: 50 parallel GETs with 4 threads: all 200."""
    server = start("--threads", "4")
    content = (server.root / "photo.png").read_bytes()

    def one(_):
        response = server.get("/photo.png")
        return response.status == 200 and response.content == content

    assert all(in_parallel(50, one))


def test_parallel_downloads(server):
    """§7 row 10: 10 parallel downloads of a large file: all intact."""
    content = write_large(server.root / "large.png", 16 << 20)
    digest = hashlib.sha256(content).digest()
    assert in_parallel(10, lambda _: hashlib.sha256(server.get("/large.png").content).digest()) == [digest] * 10


# Rows 11 and 12


@pytest.mark.modes("many")
def test_surplus_clients_are_queued(start_small, shape):
    """§7 row 11, §6: 5 clients with room for 2: queued and dequeued, logged, none lost."""
    server = start_small()
    threads = shape[0]
    first = [occupy(server), occupy(server)]
    waiting = [ask_later(server) for _ in range(3)]
    server.log.wait_for(r"^\[.*\] Warning: Thread pool saturated, queuing connection$")
    server.log.wait_for(rf"^\[.*\] Thread pool status: {threads}/{threads} active$")
    assert server.log.count("Connection dequeued") == 0
    for connection in first:
        release(connection)
    for connection in waiting:
        assert connection.receive().status == 200
        connection.expect_closed()
    matches = server.log.wait_for(r"^\[.*\] Connection dequeued, assigned to Thread-(\d+)$", count=3)
    assert all(1 <= int(match[1]) <= threads for match in matches)
    if threads > 1:
        server.log.wait_for(rf"^\[.*\] Thread pool status: [0-{threads - 1}]/{threads} active$")


@pytest.mark.modes("many")
def test_the_oldest_is_served_first(start):
    """§5: it waits, oldest first."""
    server = start("--threads", "1", "--connections-per-thread", "1", *PATIENT_FLAGS)
    first = occupy(server)
    waiting = [ask_later(server) for _ in range(6)]
    release(first)
    for connection in waiting:
        assert connection.receive().status == 200
    order = [int(match[1]) for match in server.log.wait_for(r"Connection from 127\.0\.0\.1:(\d+)$", count=7)]
    assert order == [first.port, *(connection.port for connection in waiting)]


@pytest.mark.modes("many")
@pytest.mark.parametrize("speaks", [True, False], ids=["with a request", "silent"])
def test_full_queue(start_small, speaks):
    """§7 row 12: 10 clients, room for 2 and a queue of 1: 503 with Retry-After for the surplus, delivered whole."""
    server = start_small("--queue", "1")
    first = [occupy(server), occupy(server)]
    waiting = ask_later(server)
    for _ in range(7):
        with server.connect() as connection:
            if speaks:
                connection.send(connection.request("GET", "/about.html", fields=[("Cookie", "x" * 2000)]))
            response = connection.receive()
            assert (response.status, response.reason) == (503, "Service Unavailable")
            assert response["Retry-After"] == "5" and not response.keeps
            assert "<h1>503 Service Unavailable</h1>" in response.text
            connection.expect_closed()
            server.log.wait_for(
                rf"^\[.*\] Warning: Connection queue full, rejecting connection from 127\.0\.0\.1:{connection.port}$"
            )
    for connection in first:
        release(connection)
    assert waiting.receive().status == 200
    assert server.get().status == 200


@pytest.mark.modes("many")
def test_surplus_clients_that_come_together(start):
    """§4: none of many 503 is destroyed by a reset, though only a few of these connections can be kept open until their
    clients have closed: a request that has arrived is read before the close."""
    # An answer that does not fit into the client's socket is one that a reset destroys.
    name = "x" * 6000
    server = start("--threads", "1", "--connections-per-thread", "1", "--queue", "0", "--server-name", name,
                   *PATIENT_FLAGS, descriptors=256)  # fmt: skip
    first = occupy(server)
    server.wait_until_quiet()  # so that the worker has said that it has nobody idle
    server.signal(signal.SIGSTOP)
    surplus = [server.connect(receive_buffer=2304) for _ in range(100)]
    for connection in surplus:
        connection.send(connection.request("GET", "/about.html"))
    server.signal(signal.SIGCONT)
    server.log.wait_for("Connection queue full, rejecting connection", count=len(surplus))
    for connection in surplus:
        response = connection.receive()
        assert response.status == 503 and response["Server"] == name and name in response.text
        connection.expect_closed()
    release(first)


def test_connections_that_linger_are_few(start):
    """§4: after an error the server reads on briefly. Each such connection holds a descriptor, so there is a limit: 64 for a
    worker (docs/operating.md); beyond it the answer is still delivered whole."""
    server = start("--threads", "1", "--queue", "1024")
    server.get()
    before = server.open_sockets()
    lingering = [server.connect() for _ in range(200)]
    for connection in lingering:
        connection.send(b"nonsense\r\n\r\n")
        assert connection.receive().status == 400
    server.wait_until_quiet()
    assert server.open_sockets() <= before + 64
    for connection in lingering:
        connection.expect_closed()


@pytest.mark.modes("many")
def test_idle_connections_make_room(start_small):
    """§5: while connections wait, idle persistent connections are closed, oldest first."""
    server = start_small()
    idle = connect_idle(server, 2)
    with server.connect() as third:
        assert third.ask().status == 200
        idle[0].expect_closed()
        idle[1].expect_kept()
        server.wait_until_quiet()
        with server.connect() as fourth:
            assert fourth.ask().status == 200
            third.expect_closed()
            idle[1].expect_kept()


@pytest.mark.modes("many")
def test_only_a_request_makes_a_connection_young_again(start_small):
    """§5: oldest first, whatever else happens to its socket. An urgent byte (RFC 9293 §3.8.5) is no part of a request."""
    server = start_small()
    idle = connect_idle(server, 2)
    idle[0].socket.send(b"!", socket.MSG_OOB)
    server.wait_until_quiet()
    with server.connect() as third:
        assert third.ask().status == 200
        idle[1].expect_kept()
        idle[0].expect_closed()


@pytest.mark.modes("many")
def test_each_waiting_connection_closes_the_oldest(start):
    """§5: oldest first, whichever worker holds it, also when several arrive at once."""
    server = start("--threads", "2", "--connections-per-thread", "2", *PATIENT_FLAGS)
    idle = connect_idle(server, 3)
    busy = occupy(server)
    server.signal(signal.SIGSTOP)
    newcomers = [server.connect() for _ in range(2)]
    for connection in newcomers:
        connection.send(connection.request("GET", "/about.html")[:20])  # so that both keep a place
    server.signal(signal.SIGCONT)
    idle[0].expect_closed()
    idle[1].expect_closed()
    idle[2].expect_kept()
    for connection in newcomers:
        connection.send(connection.request("GET", "/about.html")[20:])
        assert connection.receive().status == 200
    release(busy)


@pytest.mark.modes("many")
def test_silent_connection_does_not_shield_others(start):
    """§5: the longest idle one may be spared since it has yet to speak; then another worker's makes room."""
    server = start("--threads", "2", "--connections-per-thread", "1", "--keep-alive-timeout", "1h", *PATIENT_FLAGS)
    silent = server.connect()
    server.wait_until_quiet()
    spoken = server.connect()
    assert spoken.ask().status == 200
    busy = occupy(server)
    spoken.expect_closed()
    with server.connect() as waiting:
        assert waiting.ask().status == 200  # in the place of the silent one, once its second is over
    silent.expect_closed()
    release(busy)


@pytest.mark.modes("many")
def test_idle_connections_make_room_without_a_queue(start_small):
    """§5, docs/operating.md: --queue 0 answers 503 only where no idle connection can make room."""
    server = start_small("--queue", "0", "--keep-alive-timeout", "1h")
    idle = connect_idle(server, 2)
    for _ in range(20):
        assert server.get("/about.html").status == 200
    idle[0].expect_closed()
    busy = [occupy(server), occupy(server)]
    server.wait_until_quiet()  # so that the workers have said that none is idle
    with server.connect() as surplus:
        assert surplus.receive().status == 503
    for connection in busy:
        release(connection)


@pytest.mark.modes("many")
def test_only_idle_connections_make_room(start_small):
    """§5: one that is in the middle of a request is not closed."""
    server = start_small()
    busy, idle = occupy(server), server.connect()
    assert idle.ask().status == 200
    server.wait_until_quiet()
    assert server.get().status == 200
    idle.expect_closed()
    release(busy)


def test_idle_clients_beyond_capacity(start):
    """§5: persistent clients that stay connected do not lock others out, however many."""
    server = start("--threads", "2")
    connections = [server.connect() for _ in range(10)]
    for connection in connections:
        assert connection.ask().status == 200
    assert server.get().status == 200


@pytest.mark.modes("capacity-1")
def test_client_that_leaves_the_queue(start):
    """§5: a queued connection may be gone when its turn comes."""
    server = start("--threads", "1", *PATIENT_FLAGS)
    first = occupy(server)
    for leave in ("close", "abort") * 3:
        getattr(ask_later(server), leave)()
    waiting = ask_later(server)
    release(first)
    assert waiting.receive().status == 200


@pytest.mark.modes("capacity-1")
@pytest.mark.parametrize("leave", ["after a request", "without a word"])
def test_clients_that_left_the_queue_hold_no_place(start, leave):
    """§5: --queue 2: two clients queue and leave, the third is queued in their place and served."""
    server = start("--threads", "1", "--queue", "2", *PATIENT_FLAGS)
    first = occupy(server)
    for _ in range(2):
        if leave == "after a request":
            ask_later(server).abort()
        else:
            before = server.open_sockets()
            silent = server.connect()
            eventually(lambda: server.open_sockets() > before, "the connection is accepted")
            silent.close()
    waiting = server.connect()
    waiting.send(waiting.request("GET", "/about.html", fields=[CLOSE]))
    server.wait_until_quiet()
    release(first)
    assert waiting.receive().status == 200


# Workers


def test_fixed_pool(start):
    """§5: a fixed pool of THREADS workers, created at start: load makes no more."""
    server = start("--threads", "3")
    before = server.threads()
    assert before >= 4  # three workers and the one that accepts
    assert all(response.status == 200 for response in in_parallel(30, lambda _: server.get("/big.png")))
    assert server.upload(b"{}").status == 201
    assert server.threads() <= before + 1  # what syncs uploads may start with the first one
    server.log.wait_for(r"\[Thread-\d+\] Request: POST")
    names = {int(match[1]) for match in server.log.wait_for(r"\[Thread-(\d+)\] Request: ", count=31)}
    assert names <= {1, 2, 3}


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="with one CPU a pool may prefer one worker")
def test_least_loaded_worker(start):
    """§5: a connection goes to the least-loaded worker that has room: two busy ones share two workers."""
    server = start("--threads", "2", *PATIENT_FLAGS)
    for connection in [occupy(server), occupy(server)]:
        release(connection)
    names = {match[1] for match in server.log.wait_for(r"\[Thread-(\d+)\] Request: POST /upload", count=2)}
    assert names == {"1", "2"}


def test_a_connection_stays_with_its_worker(start):
    """§5: it stays there for life, keep-alive included."""
    server = start("--threads", "4")
    connections = [server.connect() for _ in range(4)]
    for _ in range(10):
        for index, connection in enumerate(connections):
            assert connection.ask("GET", f"/missing-{index}").status == 404
    server.log.wait_for("Response: 404", count=40)
    for index in range(4):
        threads = {
            match[1] for match in server.log.wait_for(rf"\[(Thread-\d+)\] Request: GET /missing-{index} ", count=10)
        }
        assert len(threads) == 1


def test_long_downloads_hold_no_worker(start):
    """§5: slow clients never hold a worker (with one connection per thread they hold their own, and no other)."""
    server = start("--threads", "4", *PATIENT_FLAGS)
    content = write_large(server.root / "large.png", 8 << 20)
    slow = [begin_download(server, "/large.png")[0] for _ in range(3)]
    for _ in range(20):
        assert server.get("/about.html").status == 200
    for connection in slow:
        assert connection.receive_bytes(len(content)) == content


# Row 20


def succeed(server, target="/about.html"):
    """What a good client does: it comes again when it is asked to, or when its connection was closed without an answer."""

    def attempt():
        try:
            with server.connect() as connection:
                response = connection.ask("GET", target, fields=[CLOSE])
        except (Closed, Reset, ConnectionResetError, BrokenPipeError):
            return False
        assert response.status in (200, 503), response
        return response.status == 200

    eventually(attempt, "a good client succeeds", every=0.1)


@pytest.mark.parametrize("kind", ["silent", "persistent"])
def test_more_connections_than_descriptors(start, kind):
    """§7 row 20: `nofile` 256 and 500 connections: the good client still succeeds."""
    server = start("--keep-alive-timeout", "1s", "--head-timeout", "1s", descriptors=256)
    for _ in range(500):
        connection = server.connect()
        if kind == "persistent":
            connection.send(connection.request("HEAD", "/about.html"))
    for _ in range(5):
        succeed(server)
    assert server.process.poll() is None


def test_out_of_descriptors(start, sanitized):
    """§5, §7 row 20: accepting pauses without spinning, established clients are served, an existing file is never 404."""
    server = start("--threads", "20", *PATIENT_FLAGS, descriptors=256)
    established = [server.connect() for _ in range(20)]
    for connection in established:
        connection.send(connection.request("GET", "/photo.png", fields=[CLOSE])[:-2])
    upload_before = server.open_sockets()
    crowd = [server.connect() for _ in range(500)]
    eventually(lambda: server.open_sockets() > upload_before, "some of the crowd is accepted")

    def settled():
        before = server.cpu_seconds()
        time.sleep(1)  # measures how much the server works in a second; it waits for nothing
        return server.cpu_seconds() - before < 0.5

    eventually(settled, "the server does not spin", patience=20)
    for connection in established:
        connection.send(b"\r\n")
        response = connection.receive()
        assert response.status == 200 and response.content == (server.root / "photo.png").read_bytes()
    for connection in crowd:
        connection.close()
    succeed(server)


@pytest.mark.modes("many")
@pytest.mark.parametrize("kind", ["silent", "persistent"])
def test_twice_the_configured_connections(start, kind):
    """§7 row 20: twice the configured connections: the good client still succeeds."""
    server = start(
        "--threads",
        "2",
        "--connections-per-thread",
        "50",
        "--queue",
        "20",
        "--keep-alive-timeout",
        "1s",
        "--head-timeout",
        "1s",
    )
    for _ in range(200):
        connection = server.connect()
        if kind == "persistent":
            connection.send(connection.request("HEAD", "/about.html"))
    for _ in range(5):
        succeed(server)


def test_status_names_the_pool(start):
    """§6: every interval, `active/threads`."""
    server = start("--threads", "7", "--status-interval", "300ms")
    with server.connect() as connection:
        assert connection.ask("GET", "/").status == 200
        matches = server.log.wait_for(r"^\[[-0-9 :]+\] Thread pool status: (\d+)/(\d+) active$", count=3)
    assert {match[2] for match in matches} == {"7"} and all(0 <= int(match[1]) <= 7 for match in matches)
    assert re.search("status", server.log.lines[-1])


def test_an_answered_connection_gives_its_place_up(start_plain, root):
    """§5: who has been told `close` and does not close holds nobody up: the next one is served meanwhile."""
    flags = ("--threads", "1", "--connections-per-thread", "1", *PATIENT_FLAGS)
    server = start_plain("--port", 0, "--root", root, *flags, root=root)
    with server.connect() as first:
        fields = [("Content-Type", "application/json"), ("Content-Length", "3"), ("Expect", "100-continue")]
        first.send(first.request("POST", "/upload", fields=fields))
        assert first.receive_interim().status == 100
        waiting = ask_later(server)
        first.send(b"[1]")
        response = first.receive()
        assert response.status == 201 and response["Connection"] == "close"
        assert waiting.receive().status == 200
        server.log.wait_for(r"Response: 200 OK")
        lines = list(server.log.lines)
    served = next(index for index, line in enumerate(lines) if "Response: 200 OK" in line)
    assert not [line for line in lines[:served] if "Connection closed" in line]
