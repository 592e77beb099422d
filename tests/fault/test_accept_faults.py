"""CONTRACT §5, §7 row 20: when the kernel gives no more connections."""

import errno
import itertools
import os
import resource
import signal
import time

import pytest

from faults import error_name
from support.clients import PATIENT_FLAGS, occupy, release
from support.waiting import eventually


OUT_OF_RESOURCES = [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS]
ABOUT_ONE_CONNECTION = [errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ENETDOWN]


@pytest.mark.parametrize("code", OUT_OF_RESOURCES, ids=error_name)
def test_out_of_resources(server, faults, code):
    """§5: accepting pauses without spinning, established clients are served, and who waited meanwhile is served afterwards."""
    established = server.connect()
    assert established.ask("GET", "/about.html").status == 200
    faults.fail("accept_socket", code)
    faults.count("wait_events")
    waiting = server.connect()
    waiting.send(waiting.request("GET", "/about.html"))

    cpu_before = server.cpu_seconds()
    end = time.monotonic() + 1
    requests = 0
    while time.monotonic() < end:
        assert established.ask("GET", "/contact.html").status == 200
        requests += 1
        time.sleep(0.1)
    # A loop that spins makes 100,000 rounds in this time. Ours pauses; the rest are our own requests.
    assert server.cpu_seconds() - cpu_before < 0.5
    assert 1 <= faults.failed("accept_socket") < 200
    assert faults.calls("wait_events") < 200 + 10 * requests
    server.log.wait_for("Cannot accept connections for a moment")

    faults.clear()
    assert waiting.receive().status == 200
    assert server.get("/about.html").status == 200


def test_the_spare_descriptor(server, faults):
    """With one descriptor kept in reserve, a client is told instead of left alone."""
    faults.fail("accept_socket", errno.EMFILE, limit=1)
    with server.connect() as connection:
        connection.send(connection.request("GET", "/about.html"))
        response = connection.receive()
        assert response.status == 503 and response["Retry-After"] == "5"
        connection.expect_closed()
    assert server.get("/about.html").status == 200


def be_told_to_come_again(connection):
    # A worker needs no descriptor to answer this: 503 is said by the one who accepts.
    response = connection.ask("OPTIONS", "*")
    assert response.status == 503 and response["Retry-After"] == "5"


@pytest.mark.parametrize("code", [errno.EAGAIN, errno.EINTR], ids=error_name)
def test_the_answer_to_a_rejected_client_leaves_in_pieces(start, faults, code):
    """§4: a socket may take as little as it likes, and nothing for a while: the answer is delivered whole."""
    server = start("--connections-per-thread", "1", "--queue", "0", *PATIENT_FLAGS)
    first = occupy(server)
    faults.shorten("send_bytes", 100)
    faults.fail("send_bytes", code, every=3)
    with server.connect() as surplus:
        be_told_to_come_again(surplus)
        surplus.expect_closed()
    assert faults.failed("send_bytes") > 1
    faults.clear()
    release(first)


def test_every_shortage_is_logged(server, faults):
    """docs/operating.md: the operator is told of the second one too."""
    for shortage in (1, 2):
        faults.fail("accept_socket", errno.EMFILE, limit=1)
        with server.connect() as connection:
            be_told_to_come_again(connection)
        assert server.get("/about.html").status == 200
        server.log.wait_for("Cannot accept connections for a moment", count=shortage)


def test_a_client_that_was_turned_away_does_not_keep_its_descriptor(server, faults):
    """§4: the server reads on briefly, whether or not the client closes."""
    server.get("/about.html")
    before = server.open_sockets()
    faults.fail("accept_socket", errno.EMFILE, limit=1)
    with server.connect() as connection:
        be_told_to_come_again(connection)
        eventually(lambda: server.open_sockets() <= before, "the server has closed its side")
        connection.expect_closed()


def use_up_descriptors(server):
    """The server's limit is as low as the next descriptor it would get."""
    server.wait_until_quiet()
    used = {int(name) for name in os.listdir(f"/proc/{server.process.pid}/fd")}
    lowest = next(number for number in itertools.count() if number not in used)
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (lowest, hard))


def give_descriptors(server):
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture
def short(server):
    """A server without a descriptor to spare but the one that is kept in reserve. One client is being served."""
    with server.connect() as established:
        assert established.ask("GET", "/about.html").status == 200
        use_up_descriptors(server)
        yield server
        give_descriptors(server)
        established.expect_kept()


def test_no_descriptor_left(short):
    """§5: the client is told, and once there are descriptors others are served."""
    with short.connect() as connection:
        be_told_to_come_again(connection)
        connection.expect_closed()
    give_descriptors(short)
    assert short.get("/about.html").status == 200


def test_the_next_client_is_told_too(short):
    """§5: also while the one before still holds the descriptor that was in reserve."""
    with short.connect() as first:
        be_told_to_come_again(first)
        with short.connect() as second:
            be_told_to_come_again(second)


def test_no_descriptor_left_for_the_second_time(short):
    """§5: the reserve is there again once it could be renewed."""
    with short.connect() as connection:
        be_told_to_come_again(connection)
    give_descriptors(short)
    with short.connect() as served:
        assert served.ask("GET", "/about.html").status == 200
        use_up_descriptors(short)
        with short.connect(patience=10) as connection:
            be_told_to_come_again(connection)


@pytest.mark.parametrize("code", ABOUT_ONE_CONNECTION, ids=error_name)
def test_connection_gone_before_it_was_accepted(server, faults, code):
    """accept(2): such an error is about that connection; the next one may be fine. No pause is called for."""
    for _ in range(10):
        faults.fail("accept_socket", code, limit=1, performs=True)
        with server.connect() as gone:
            assert gone.receive_to_end()[0] == b""
        assert faults.failed("accept_socket") == 1
        assert server.get("/about.html").status == 200
    assert server.log.count("Cannot accept connections") == 0


def test_new_connection_cannot_be_watched(server, faults):
    """No memory to wait for another socket: that connection ends, the server does not."""
    with server.connect() as established:
        for _ in range(2):  # the second answer shows that the socket is watched: the first may come before that
            assert established.ask("GET", "/about.html").status == 200
        faults.fail("watch_socket", errno.ENOMEM, limit=1)
        with server.connect() as refused:  # says nothing: a request that is there at once needs no watching
            received, _ = refused.receive_to_end()
            assert received == b"" or received.startswith(b"HTTP/1.1 503")
        assert faults.failed("watch_socket") == 1
        established.expect_kept()
    assert server.get("/about.html").status == 200


@pytest.mark.parametrize("leave", ["close", "abort"])
def test_clients_that_leave_the_queue(start, leave):
    """§5: the queue is full of clients that have left: the next one waits in their place instead of getting 503."""
    server = start("--connections-per-thread", "1", "--queue", "2", *PATIENT_FLAGS)
    first = occupy(server)
    before = server.open_sockets()
    gone = [server.connect() for _ in range(2)]
    eventually(lambda: server.open_sockets() == before + 2, "they wait in the queue")
    for connection in gone:
        getattr(connection, leave)()
    with server.connect() as third:
        third.send(third.request("GET", "/about.html", fields=[("Connection", "close")]))
        server.log.wait_for(r"Connection from 127\.0\.0\.1:\d+ has left the queue$", count=2)
        release(first)
        assert third.receive().status == 200
    assert server.log.count("Connection queue full") == 0


def test_a_client_that_has_finished_sending_stays_in_the_queue(start):
    """§5, RFC 9112 §9.6: whoever sends a request and its FIN still waits for the answer; the newcomer is the surplus."""
    server = start("--connections-per-thread", "1", "--queue", "1", *PATIENT_FLAGS)
    first = occupy(server)
    with server.connect() as waiting, server.connect() as surplus:
        waiting.send(waiting.request("GET", "/about.html"))
        waiting.finish_sending()
        eventually(lambda: server.log.count("queuing connection") == 1, "it waits")
        assert surplus.receive().status == 503
        release(first)
        assert waiting.receive().status == 200


def test_the_backlog_at_the_stop(start):
    """§1, §5: whom the kernel has connected before the stop is answered, however many there are."""
    server = start()
    server.signal(signal.SIGSTOP)
    clients = [server.connect() for _ in range(200)]
    for connection in clients:
        connection.send(connection.request("GET", "/about.html"))
    server.signal(signal.SIGTERM)
    server.signal(signal.SIGCONT)
    for connection in clients:
        response = connection.receive()
        assert response.status in (200, 503)
        connection.expect_closed()
    assert server.wait() == 0
