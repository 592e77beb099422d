"""CONTRACT §5 (persistent connections, pipelining, segmentation) and §7 row 9."""

import signal

import pytest

from support.clients import PATIENT_FLAGS
from support.site import write_large
from support.waiting import in_parallel

pytestmark = pytest.mark.semantics


# Persistence


def test_a_stray_line_end_does_not_cost_the_answer(start):
    """RFC 9112 §9.6: what a client sends behind its last request is read, since a reset would destroy what it has yet to read."""
    server = start(*PATIENT_FLAGS)
    content = write_large(server.root / "large.bin", 8 << 20)
    with server.connect(receive_buffer=4096) as connection:
        connection.send(connection.request("GET", "/large.bin", fields=[("Connection", "close")]))
        assert connection.receive_head().startswith(b"HTTP/1.1 200 ")
        connection.send(b"\r\n")
        assert connection.receive_bytes(len(content)) == content
        connection.expect_closed()


UNREAD = {
    # name: (fields of the last request, what comes with it, what comes after its answer has left)
    "content": ([("Content-Length", "300000")], b"", b"x" * 300_000),
    "the rest of a content": ([("Content-Length", "300000")], b"x" * 1000, b"x" * 299_000),
    "chunked content": ([("Transfer-Encoding", "chunked")], b"", b"493e0\r\n" + b"x" * 300_000),
    "a line end": ([], b"\r\n", b"\r\n"),
    "another request": ([], b"GET / HTTP/1.1\r\n", b"Host: x\r\n\r\n"),
}


@pytest.mark.parametrize("case", UNREAD)
def test_what_follows_a_last_request_does_not_destroy_its_answer(server, case):
    """§4, RFC 9112 §9.6: also behind `Connection: close` the server reads on briefly before it closes."""
    fields, at_once, later = UNREAD[case]
    content = (server.root / "photo.png").read_bytes()
    with server.connect(receive_buffer=4096) as connection:  # most of the answer waits in the server's socket
        request = connection.request("GET", "/photo.png", fields=[("Connection", "close"), *fields])
        connection.send(request + at_once)
        server.log.wait_for(r"Response: 200 OK")  # the last byte has been handed over
        assert connection.send_as_far_as_possible(later), "reset"
        response = connection.receive()
        assert response.content == content and not response.keeps
        connection.expect_closed()


@pytest.mark.parametrize(("size", "keeps"), [(256 * 1024, True), (256 * 1024 + 1, False)])
@pytest.mark.parametrize(("method", "target", "status"), [("GET", "/about.html", 200), ("POST", "/missing", 404)])
def test_how_much_content_behind_an_early_answer_is_read(server, method, target, status, size, keeps):
    """§4: kept when the content has been read, else closed. It is read when it is no more than 256 KiB."""
    with server.connect() as connection:
        connection.send(connection.request(method, target, fields=[("Content-Length", str(size))]))
        connection.send_as_far_as_possible(b"x" * size)
        response = connection.receive()
        assert (response.status, response.keeps) == (status, keeps)
        connection.expect_as_said(response)


def test_three_requests_on_one_connection(server):
    """§7 row 9: 3 GETs: same socket."""
    with server.connect() as connection:
        for target, name in [("/", "index.html"), ("/logo.png", "logo.png"), ("/about.html", "about.html")]:
            response = connection.ask("GET", target)
            assert response.content == (server.root / name).read_bytes()
            assert response.keeps
        connection.expect_kept()


def test_the_hundredth_answer_closes(server):
    """§7 row 9, §2, §5: Keep-Alive counts down what is left; the 100th answer says close and the connection does."""
    with server.connect() as connection:
        for left in range(99, 0, -1):
            assert connection.ask("HEAD", "/about.html")["Keep-Alive"] == f"timeout=30, max={left}"
        last = connection.ask("HEAD", "/about.html")
        assert last.status == 200 and not last.keeps
        connection.expect_closed()


def test_errors_count_as_requests(start):
    """§2: every answer that keeps the connection."""
    server = start("--keep-alive-requests", "3")
    with server.connect() as connection:
        assert connection.ask("GET", "/missing")["Keep-Alive"] == "timeout=30, max=2"
        assert connection.ask("OPTIONS", "/about.html")["Keep-Alive"] == "timeout=30, max=1"
        assert not connection.ask("GET", "/missing").keeps
        connection.expect_closed()


def test_one_request_per_connection(start):
    """§1: --keep-alive-requests 1."""
    server = start("--keep-alive-requests", "1")
    with server.connect() as connection:
        assert not connection.ask().keeps
        connection.expect_closed()


def test_no_limit_of_requests(start):
    """§1: 0 = no limit."""
    server = start("--keep-alive-requests", "0")
    with server.connect() as connection:
        for _ in range(250):
            assert connection.ask("HEAD", "/about.html").keeps
        connection.expect_kept()


def test_keep_alive_time_is_announced(start):
    """§2: timeout is the configured idle time."""
    server = start("--keep-alive-timeout", "17s")
    with server.connect() as connection:
        assert connection.ask()["Keep-Alive"] == "timeout=17, max=99"


@pytest.mark.parametrize(
    ("version", "value", "keeps"),
    [
        ("HTTP/1.1", None, True),
        ("HTTP/1.1", "keep-alive", True),
        ("HTTP/1.1", "close", False),
        ("HTTP/1.1", "Close", False),
        ("HTTP/1.1", "upgrade, close", False),
        ("HTTP/1.1", "keep-alive, close", False),
        ("HTTP/1.1", ",close ,", False),
        ("HTTP/1.1", "closed", True),
        ("HTTP/1.0", None, False),
        ("HTTP/1.0", "keep-alive", True),
        ("HTTP/1.0", "Keep-Alive", True),
        ("HTTP/1.0", "close", False),
        ("HTTP/1.0", "keep-alive, close", False),
        ("HTTP/1.2", None, True),
    ],
)
def test_connection_field(server, version, value, keeps):
    """§7 row 9, §5: RFC 9112 §9.3; the answer says what the socket then does."""
    with server.connect() as connection:
        fields = [("Connection", value)] if value is not None else []
        response = connection.ask("GET", "/about.html", version=version, fields=fields)
        assert response.status == 200 and response.keeps == keeps
        connection.expect_as_said(response)


def test_connection_field_in_two_lines(server):
    """RFC 9110 §5.3: several lines of a list are one list."""
    with server.connect() as connection:
        response = connection.ask("GET", "/", fields=[("Connection", "keep-alive"), ("Connection", "close")])
        assert not response.keeps
        connection.expect_closed()


# Pipelining


def test_pipelining(server):
    """§5: pipelined requests are all answered, in order: 20 in one write, of every kind."""
    plan = [
        ("GET", "/", 200),
        ("HEAD", "/big.png", 200),
        ("GET", "/missing", 404),
        ("GET", "/logo.png", 200),
        ("OPTIONS", "*", 204),
        ("POST", "/upload", 201),
        ("GET", "/photo.png", 200),
        ("PUT", "/about.html", 405),
        ("GET", "/big.png", 200),
        ("GET", "/contact.html", 200),
    ] * 2
    names = {"/": "index.html"}
    with server.connect() as connection:
        requests = b""
        for method, target, _ in plan:
            fields, content = ([("Content-Type", "application/json")], b'{"n": 1}') if method == "POST" else ([], None)
            requests += connection.request(method, target, fields=fields, content=content)
        connection.send(requests)
        for method, target, status in plan:
            response = connection.receive(method)
            assert response.status == status and response.keeps, (method, target)
            if method == "GET" and status == 200:
                assert response.content == (server.root / names.get(target, target[1:])).read_bytes()
        connection.expect_kept()
    assert len(server.uploads()) == 2


def test_thousands_of_pipelined_requests(start):
    """§5: all answered, though their connection is made to let others go first again and again."""
    # Nothing else than its turn may wake the connection.
    deadlines = [f"--{name}=1h" for name in ["head-timeout", "keep-alive-timeout", "stall-timeout", "minimum-rate-grace"]]
    server = start("--keep-alive-requests", "0", *deadlines)
    count = 5000
    with server.connect() as connection:
        connection.send(connection.request("HEAD", "/about.html") * count)
        for _ in range(count):
            assert connection.receive("HEAD").status == 200


def test_pipelining_stops_at_an_error(server):
    """§4: what follows a request that closes is not answered."""
    with server.connect() as connection:
        good = connection.request("GET", "/about.html")
        connection.send(good * 3 + connection.request("GET", "/../x") + good * 3)
        assert [connection.receive().status for _ in range(4)] == [200, 200, 200, 403]
        connection.expect_closed()


def test_pipelining_stops_at_close(server):
    """RFC 9112 §9.6: nothing after the response that says close."""
    with server.connect() as connection:
        good = connection.request("GET", "/about.html")
        connection.send(good + connection.request("GET", "/", fields=[("Connection", "close")]) + good * 5)
        assert connection.receive().keeps
        assert not connection.receive().keeps
        connection.expect_closed()


def test_pipelining_beyond_the_limit(server):
    """§5: 150 in one write: 100 answers, the last says close, and none is lost in a reset."""
    with server.connect() as connection:
        connection.send(connection.request("GET", "/about.html") * 150)
        answers = [connection.receive() for _ in range(100)]
        assert all(answer.status == 200 for answer in answers)
        assert [answer.keeps for answer in answers] == [True] * 99 + [False]
        connection.expect_closed()


def test_pipelining_without_reading(server):
    """§5: the answers are larger than all buffers together, and the client reads only when it has sent everything."""
    with server.connect(receive_buffer=8192) as connection:
        connection.send(connection.request("GET", "/big.png") * 12)
        content = (server.root / "big.png").read_bytes()
        for _ in range(12):
            assert connection.receive().content == content
        connection.expect_kept()


def test_deep_pipelining(start):
    """§5: more requests than any buffer holds, sent while the answers are read."""
    server = start("--keep-alive-requests", "0")
    count = 3000
    with server.connect() as connection:
        request = connection.request("GET", "/contact.html")
        content = (server.root / "contact.html").read_bytes()

        def send_or_receive(role):
            if role == 0:
                connection.send(request * count)
            else:
                for _ in range(count):
                    assert connection.receive().content == content

        in_parallel(2, send_or_receive)
        connection.expect_kept()


# Segmentation


def test_head_byte_by_byte(server):
    """§5: a head that arrives a byte at a time works."""
    with server.connect() as connection:
        request = connection.request("GET", "/logo.png", fields=[("Accept", "*/*")])
        connection.send_pieces(request[index : index + 1] for index in range(len(request)))
        assert connection.receive().content == (server.root / "logo.png").read_bytes()
        connection.expect_kept()


def test_split_at_every_byte(start):
    """§5: two requests, cut in two at every possible place."""
    server = start("--keep-alive-requests", "0")
    with server.connect() as connection:
        content = b'{"cut": "anywhere"}'
        requests = connection.request("POST", "/upload", fields=[("Content-Type", "application/json")], content=content)
        requests += connection.request("GET", "/about.html")
        for border in range(1, len(requests)):
            connection.send_pieces([requests[:border], requests[border:]])
            assert connection.receive().status == 201
            assert connection.receive().status == 200


def test_empty_lines_between_requests(server):
    """RFC 9112 §2.2: an empty line before a request line is ignored."""
    with server.connect() as connection:
        connection.send(
            b"\r\n" + connection.request("GET", "/about.html") + b"\r\n" + connection.request("GET", "/about.html")
        )
        assert [connection.receive().status for _ in range(2)] == [200, 200]


# Ends


def test_client_that_finishes_sending(server):
    """RFC 9112 §9.6: a client that has sent all it wants is still answered, wholly."""
    with server.connect() as connection:
        connection.send(connection.request("GET", "/big.png") * 3)
        connection.finish_sending()
        for _ in range(3):
            assert connection.receive().content == (server.root / "big.png").read_bytes()
        connection.expect_closed()


@pytest.mark.parametrize("speaks_before", [False, True], ids=["new", "persistent"])
def test_a_request_and_the_end_that_come_together(start, speaks_before):
    """RFC 9112 §9.6: the answer, then the end: no more requests can come, so nothing is waited for."""
    server = start("--keep-alive-timeout", "1h", *PATIENT_FLAGS)
    with server.connect() as connection:
        if speaks_before:
            assert connection.ask().status == 200
            server.wait_until_quiet()
        server.signal(signal.SIGSTOP)
        connection.send(connection.request("GET", "/about.html"))
        connection.finish_sending()
        server.signal(signal.SIGCONT)
        assert connection.receive().status == 200
        connection.expect_closed()


def test_client_that_finishes_in_mid_head(server):
    """RFC 9112 §8: an incomplete request is not carried out."""
    with server.connect() as connection:
        connection.send(b"GET /about.html HTTP/1.1\r\nHost: ")
        connection.finish_sending()
        data, finished = connection.receive_to_end()
        assert finished and (data == b"" or data.startswith(b"HTTP/1.1 400 "))


def test_client_that_says_nothing(start):
    """A connection that closes without a request gets no answer, and is closed at once rather than when its time is over."""
    with start(*PATIENT_FLAGS).connect() as connection:
        connection.finish_sending()
        connection.expect_closed()


def test_clients_that_leave(server):
    """Clients may go at any moment, with a FIN or a reset; the others are served."""
    write_large(server.root / "large.png", 8 << 20)
    for cut in (0, 10, None):
        for leave in ("close", "abort"):
            for _ in range(10):
                connection = server.connect(receive_buffer=4096)
                connection.send(connection.request("GET", "/large.png")[:cut])
                if cut is None:
                    connection.receive_head()
                getattr(connection, leave)()
    assert server.get().status == 200


def test_slow_reader(server):
    """§5: a client that reads in small sips gets every byte."""
    content = write_large(server.root / "large.png", 6 << 20)
    with server.connect(receive_buffer=4096) as connection:
        connection.send(connection.request("GET", "/large.png"))
        connection.receive_head()
        received = b"".join(
            connection.receive_bytes(min(50_000, len(content) - start)) for start in range(0, len(content), 50_000)
        )
        assert received == content
        connection.expect_kept()


def test_many_connections_one_after_the_other(server):
    """No connection leaves anything behind: descriptors end where they began."""
    server.get()
    before = server.open_sockets()
    for _ in range(300):
        with server.connect() as connection:
            assert connection.ask("HEAD", "/").status == 200
    assert server.get().status == 200
    assert server.open_sockets() <= before + 11  # ten threads may each still hold one that is about to be closed


@pytest.mark.modes("many")
def test_idle_connections_hold_no_worker(start):
    """§5: with 1 thread and 1,000 idle connections a new request is answered."""
    server = start("--threads", "1")
    for _ in range(1000):
        server.connect()
    with server.connect() as connection:
        assert connection.ask().status == 200
        connection.expect_kept()


@pytest.mark.modes("many")
def test_idle_connection_costs_less_than_256_bytes(start, sanitized):
    """§5: of the server's own memory, measured where only the number of connections grows: what a worker has once, such as
    its buffers and its part of the log, is there before."""
    if sanitized:
        pytest.skip("a sanitizer needs memory of its own")
    server = start("--threads", "1", "--connections-per-thread", "4096", "--access-log", "off",
                   "--keep-alive-timeout", "1h", *PATIENT_FLAGS)  # fmt: skip

    def open_idle(count):
        for _ in range(count):
            assert server.connect().ask().status == 200
        server.wait_until_quiet()
        return server.anonymous_bytes()

    with_some = open_idle(1000)
    assert open_idle(2000) - with_some < 2000 * 256
