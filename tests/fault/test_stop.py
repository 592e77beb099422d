"""CONTRACT §5, docs/operating.md: at the stop, what has arrived is answered, though no worker has looked at it yet."""

import contextlib
import signal

from stored import JSON
from support.server import accepts
from support.waiting import eventually

FORCED = 3


@contextlib.contextmanager
def stop_before_the_worker_looks(server, faults):
    """What the block sends arrives while the only worker is busy, and the stop begins before it comes to that."""
    with server.connect() as busy:
        assert busy.ask("GET", "/about.html").status == 200
        with faults.held("receive_bytes"):
            busy.send(busy.request("GET", "/about.html"))
            faults.wait_until_held("receive_bytes")
            yield
            server.signal(signal.SIGTERM)
            server.log.wait_for("Shutting down server")
            eventually(lambda: not accepts(server.address), "the listening socket is closed")
        assert busy.receive().status == 200
        busy.expect_closed()


def connect_idle(server, count):
    connections = [server.connect() for _ in range(count)]
    for connection in connections:
        assert connection.ask("GET", "/about.html").status == 200
    return connections


def test_requests_on_idle_connections(start, faults):
    server = start()
    idle = connect_idle(server, 4)
    with stop_before_the_worker_looks(server, faults):
        for connection in idle:
            connection.send(connection.request("GET", "/contact.html"))
    for connection in idle:
        assert connection.receive().status == 200
        connection.expect_closed()
    assert server.wait() == 0


def test_pipelined_requests_on_idle_connections(start, faults):
    """§2: all that have arrived are answered, and only the last answer says that it is the last."""
    server = start()
    idle = connect_idle(server, 2)
    with stop_before_the_worker_looks(server, faults):
        for connection in idle:
            connection.send(connection.request("GET", "/contact.html") * 5)
    for connection in idle:
        assert [connection.receive().keeps for _ in range(5)] == [True] * 4 + [False]
        connection.expect_closed()
    assert server.wait() == 0


def test_a_forced_stop_leaves_nothing_out_of_the_log(start, faults):
    """§6: one block per exchange, whatever ended it."""
    server = start("--grace-period", "120s")
    server.expected_status = FORCED
    with server.connect() as connection, faults.held("sync_file"):
        connection.send(connection.request("POST", "/upload", fields=[JSON], content=b"[1]"))
        faults.wait_until_held("sync_file")
        server.signal(signal.SIGTERM)
        server.log.wait_for("Shutting down server")
        server.signal(signal.SIGINT)
        assert server.wait() == FORCED
    assert server.log.count(r"Request: POST /upload HTTP/1\.1$") == 1
