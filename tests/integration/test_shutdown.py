"""CONTRACT §1 and §5 (orderly stop) and §7 row 14."""

import signal
import socket

import pytest

from support.client import Closed, Reset
from support.clients import PATIENT_FLAGS, begin_download, occupy, release
from support.site import write_large
from support.waiting import eventually

FORCED = 3


def begin_stop(server, number=signal.SIGTERM):
    server.signal(number)
    server.log.wait_for(r"Shutting down server\.\.\.$")


def test_downloads_complete(start):
    """§7 row 14: SIGTERM during 20 downloads: all complete, exit 0."""
    server = start("--threads", "20")
    content = write_large(server.root / "large.png", 8 << 20)
    downloads = [begin_download(server, "/large.png")[0] for _ in range(20)]
    begin_stop(server)
    for connection in downloads:
        assert connection.receive_bytes(len(content)) == content
        connection.expect_closed()
    assert server.wait() == 0
    assert server.log.lines[-1].endswith("Server stopped")


def test_idle_connections_close_at_once(start):
    """§5: while a response in flight still keeps the server alive."""
    server = start(*PATIENT_FLAGS)
    content = write_large(server.root / "large.png", 8 << 20)
    silent = server.connect()
    idle = server.connect()
    assert idle.ask().status == 200
    download, _ = begin_download(server, "/large.png")
    begin_stop(server)
    idle.expect_closed()
    silent.expect_closed()
    assert server.process.poll() is None
    assert download.receive_bytes(len(content)) == content
    assert server.wait() == 0


def test_requests_behind_a_download_are_answered(start):
    """docs/operating.md: requests that have arrived are answered, and the last answer says that it is the last."""
    server = start(*PATIENT_FLAGS)
    content = write_large(server.root / "large.png", 8 << 20)
    with server.connect(receive_buffer=4096) as connection:
        connection.send(connection.request("GET", "/large.png") + connection.request("GET", "/about.html"))
        assert b"\r\nConnection: keep-alive\r\n" in connection.receive_head()
        begin_stop(server)
        assert connection.receive_bytes(len(content)) == content
        response = connection.receive()
        assert response.status == 200 and not response.keeps
        connection.expect_closed()
    assert server.wait() == 0


def test_no_new_connections(start):
    """§1: accept no more."""
    server = start(*PATIENT_FLAGS)
    busy = occupy(server)
    begin_stop(server)

    def refused():
        try:
            with server.connect() as connection:
                return connection.ask().status == 503
        except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, Closed, Reset):
            return True

    eventually(refused, "new connections are refused")
    release(busy)
    assert server.wait() == 0


def test_connections_that_the_kernel_has_accepted(start):
    """docs/operating.md: they are taken before the listening sockets close: each is answered, with its page or with 503."""
    server = start("--threads", "2")
    server.signal(signal.SIGSTOP)
    waiting = [server.connect() for _ in range(300)]  # more than are accepted in one go
    for connection in waiting:
        connection.send(connection.request("GET", "/about.html"))
    server.signal(signal.SIGTERM)
    server.signal(signal.SIGCONT)
    for connection in waiting:
        assert connection.receive().status in (200, 503)
        connection.expect_closed()
    assert server.wait() == 0


def test_upload_in_flight_completes(start):
    """§1: finish what is in flight: a 201 is a 201 also now, and says close."""
    server = start(*PATIENT_FLAGS)
    with server.connect() as connection:
        fields = [("Content-Type", "application/json"), ("Content-Length", "3"), ("Expect", "100-continue")]
        connection.send(connection.request("POST", "/upload", fields=fields))
        assert connection.receive_interim().status == 100
        begin_stop(server)
        connection.send(b"[1]")
        response = connection.receive()
        assert response.status == 201 and not response.keeps
        connection.expect_closed()
    assert server.wait() == 0
    assert (server.root / response["Location"][1:]).read_bytes() == b"[1]"


def test_pipelined_requests_behind_one_in_flight(start):
    """§1, RFC 9112 §9.6: what is answered is answered whole; the last answer is followed by the end."""
    server = start(*PATIENT_FLAGS)
    content = write_large(server.root / "large.png", 8 << 20)
    with server.connect(receive_buffer=32 * 1024) as connection:
        connection.send(connection.request("GET", "/large.png") + connection.request("GET", "/about.html") * 3)
        head = connection.receive_head()
        assert head.startswith(b"HTTP/1.1 200 ")
        begin_stop(server)
        assert connection.receive_bytes(len(content)) == content
        try:
            while (response := connection.receive()).keeps:
                assert response.status == 200
        except Closed:
            pass
        connection.expect_closed()
    assert server.wait() == 0


@pytest.mark.modes("many")
def test_all_requests_that_have_arrived_are_answered(start):
    """§5: also when more of them have arrived than the kernel tells of at once."""
    server = start("--threads", "1", "--connections-per-thread", "300", *PATIENT_FLAGS)
    connections = [server.connect() for _ in range(300)]
    for connection in connections:
        assert connection.ask("HEAD").status == 200
    server.signal(signal.SIGSTOP)
    for connection in connections:
        connection.send(connection.request("HEAD"))
    server.signal(signal.SIGTERM)
    server.signal(signal.SIGCONT)
    for connection in connections:
        assert connection.receive("HEAD").status == 200
        connection.expect_closed()
    assert server.wait() == 0


def test_a_reload_while_stopping_is_ignored(start):
    """§1: and a second SIGTERM forces nothing."""
    server = start(*PATIENT_FLAGS)
    busy = occupy(server)
    begin_stop(server)
    server.signal(signal.SIGHUP)
    server.signal(signal.SIGTERM)
    server.signal(signal.SIGUSR2)
    server.log.wait_for("SIGUSR2")
    release(busy)
    assert server.wait() == 0
    assert server.log.count("reloaded") == 0


@pytest.mark.modes("many")
def test_queued_connections(start):
    """§4, §5: a connection that waits when the stop begins is answered: by its page, or by 503 (draining)."""
    server = start("--threads", "1", "--connections-per-thread", "1", *PATIENT_FLAGS)
    busy = occupy(server)
    before = server.open_sockets()
    waiting = [server.connect() for _ in range(3)]
    for connection in waiting:
        connection.send(connection.request("GET", "/about.html"))
    eventually(lambda: server.open_sockets() >= before + 3, "they are accepted")
    begin_stop(server)
    release(busy)
    for connection in waiting:
        response = connection.receive()
        assert response.status == 200 or (response.status == 503 and response["Retry-After"] == "5")
        assert not response.keeps
        connection.expect_closed()
    assert server.wait() == 0


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_second_sigint_forces(start, first):
    """§1: a second SIGINT forces: exit 3, without waiting for anybody."""
    server = start(*PATIENT_FLAGS, "--grace-period", "120s")
    server.expected_status = FORCED
    occupy(server)
    begin_stop(server, signal.SIGINT if first == signal.SIGINT else first)
    server.signal(signal.SIGINT)
    if first == signal.SIGTERM and not _ends(server):
        server.signal(signal.SIGINT)  # where a SIGTERM does not count as the first
    assert server.wait() == FORCED


def _ends(server):
    try:
        server.process.wait(2)
        return True
    except Exception:  # noqa: BLE001 - only TimeoutExpired comes here
        return False


def test_grace_period(start):
    """§1: within the grace period; then the stop is forced: exit 3."""
    server = start(*PATIENT_FLAGS, "--grace-period", "300ms")
    server.expected_status = FORCED
    write_large(server.root / "large.png", 16 << 20)
    connection, length = begin_download(server, "/large.png", receive_buffer=4096)
    begin_stop(server)
    assert server.wait() == FORCED
    rest, _ = connection.receive_to_end()
    assert len(rest) < length


def test_the_port_is_free_again(start):
    """An orderly stop leaves nothing in the way of the next start."""
    server = start()
    with server.connect() as connection:
        assert connection.ask().status == 200
        server.signal(signal.SIGTERM)
        connection.expect_closed()
        assert server.wait() == 0
    again = start("--port", str(server.port))
    assert again.get().status == 200


def test_stop_while_clients_come(start):
    """§1: a stop in the middle of busy traffic: each client gets a whole answer or none."""
    server = start()
    whole = 0
    for number in range(200):
        if number == 50:
            server.signal(signal.SIGTERM)
        try:
            with server.connect() as connection:
                assert connection.ask("GET", "/photo.png").status in (200, 503)
                whole += 1
        except Closed as end:
            assert "closed after b''" in str(end)
        except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, Reset):
            pass
    assert whole >= 50
    assert server.wait() == 0


def test_sigpipe_and_sighup_do_no_harm(start):
    """A client that closes early costs nobody else: no signal ends the server."""
    server = start()
    write_large(server.root / "large.png", 4 << 20)
    for _ in range(5):
        connection, _ = begin_download(server, "/large.png")
        connection.socket.shutdown(socket.SHUT_RDWR)
        connection.close()
    assert server.get().status == 200
