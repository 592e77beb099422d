"""CONTRACT §6: the log."""

import json
import re
import signal

import pytest

from support.client import compose
from support.server import TIMESTAMP, Server, free_port
from support.waiting import eventually, in_parallel


def thread_lines(server):
    """The log's lines about exchanges, without their timestamps."""
    return [
        re.sub("^" + TIMESTAMP, "", line) for line in server.log.lines if re.match(TIMESTAMP + r"\[Thread-\d+\] ", line)
    ]


def expect_block(server, *lines):
    """Exactly these lines about exchanges follow each other in the log, once the last of them is there."""
    server.log.wait_for(r"\] " + re.escape(lines[-1]) + "$")
    tagged, logged = [f"[Thread-1] {line}" for line in lines], thread_lines(server)
    start = logged.index(tagged[0])
    assert logged[start : start + len(tagged)] == tagged


@pytest.fixture
def single(start):
    """One worker, so that every line is Thread-1's."""
    return start("--threads", "1")


# Format `transfer`


def test_blocks_of_a_connection(single):
    """§6: one block per exchange, which names its client in the first line or the last; the count at the end."""
    connection = single.connect()
    sizes = {name: (single.root / name).stat().st_size for name in ["index.html", "logo.png"]}
    assert connection.ask("GET", "/").status == 200
    expect_block(
        single,
        f"Connection from 127.0.0.1:{connection.port}",
        "Request: GET / HTTP/1.1",
        f"Host validation: {single.host} ✓",
        f"Sending HTML file: index.html ({sizes['index.html']} bytes)",
        f"Response: 200 OK ({sizes['index.html']} bytes transferred)",
        "Connection: keep-alive",
    )
    assert connection.ask("GET", "/logo.png?x=1", host=f"localhost:{single.port}").status == 200
    missing = connection.ask("GET", "/missing")
    connection.close()
    single.log.wait_for("requests served")
    assert thread_lines(single)[6:] == [
        "[Thread-1] Request: GET /logo.png?x=1 HTTP/1.1",
        f"[Thread-1] Host validation: localhost:{single.port} ✓",
        f"[Thread-1] Sending binary file: logo.png ({sizes['logo.png']} bytes)",
        f"[Thread-1] Response: 200 OK ({sizes['logo.png']} bytes transferred)",
        f"[Thread-1] Connection: keep-alive, client: 127.0.0.1:{connection.port}",
        "[Thread-1] Request: GET /missing HTTP/1.1",
        f"[Thread-1] Host validation: {single.host} ✓",
        f"[Thread-1] Response: 404 Not Found ({len(missing.content)} bytes transferred)",
        f"[Thread-1] Connection: keep-alive, client: 127.0.0.1:{connection.port}",
        f"[Thread-1] Connection closed (3 requests served), client: 127.0.0.1:{connection.port}",
    ]


def test_block_of_an_upload(single):
    """§6: `Created file: <name>`."""
    response = single.upload(b'{"a": 1}')
    expect_block(
        single,
        "Request: POST /upload HTTP/1.1",
        f"Host validation: {single.host} ✓",
        "Created file: " + response["Location"].rsplit("/", 1)[1],
        f"Response: 201 Created ({len(response.content)} bytes transferred)",
        "Connection: close",
    )


def test_head_transfers_nothing(single):
    """§6: the bytes counted are the content's that were transferred."""
    single.ask("HEAD", "/big.png")
    single.log.wait_for(r"Response: 200 OK \(0 bytes transferred\)$")


def test_cut_download_says_what_was_transferred(single):
    """§6: of a client that leaves in the middle, fewer bytes than the file has, and the connection's end."""
    with open(single.root / "huge.bin", "wb") as file:
        file.truncate(64 << 20)
    with single.connect(receive_buffer=4096) as connection:
        connection.send(connection.request("GET", "/huge.bin"))
        connection.receive_head()
        connection.abort()
    match = single.log.wait_for(r"Response: 200 OK \((\d+) bytes transferred\)$")[0]
    assert int(match[1]) < 64 << 20
    expect_block(single, "Sending binary file: huge.bin (67108864 bytes)", match[0].split("] ")[-1], "Connection: close")


UNFINISHED = {
    "content": "POST /upload HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[1,",
    "head": "GET /about.html HTTP/1.1\r\nHost:",
}


@pytest.mark.parametrize("begun", UNFINISHED.values(), ids=UNFINISHED)
@pytest.mark.parametrize("leave", ["abort", "finish_sending"])
def test_cut_off_requests_are_logged(single, begun, leave):
    """§6: one block per exchange, also when a client breaks off or leaves in the middle of its request."""
    with single.connect() as connection:
        connection.send(begun.format(f"127.0.0.1:{single.port}").encode())
        single.wait_until_quiet()
        getattr(connection, leave)()
        single.log.wait_for(rf"Request: {re.escape(begun.splitlines()[0])}$")
        transferred = "0" if leave == "abort" else r"[1-9]\d+"
        single.log.wait_for(rf"Response: 400 Bad Request \({transferred} bytes transferred\)$")


def test_violations(single):
    """§6: `Host validation: evil.com ✗` and the three violations."""
    single.get(host="evil.com")
    single.log.wait_for(r"^\[[-0-9: ]+\] \[Thread-1\] Host validation: evil\.com ✗$")
    single.log.wait_for(r"^\[[-0-9: ]+\] (\[Thread-1\] )?Security violation: Host mismatch \(evil\.com\)( |$)")
    single.get(host=None)
    single.log.wait_for(r"^\[[-0-9: ]+\] (\[Thread-1\] )?Security violation: Missing Host header$")
    single.get("/../etc/passwd")
    single.log.wait_for(
        r"^\[[-0-9: ]+\] (\[Thread-1\] )?Security violation: Path traversal attempt \(/\.\./etc/passwd\)$"
    )
    single.log.wait_for(r"Response: 403 Forbidden \(\d+ bytes transferred\)$", count=2)
    single.log.wait_for(r"Response: 400 Bad Request \(\d+ bytes transferred\)$")
    single.log.wait_for(r"Connection: close$", count=3)


@pytest.mark.parametrize("log_format", ["transfer", "common", "combined", "json"])
def test_a_violation_is_logged_once(start, log_format):
    """§6: in the exchange's block, or in a line of its own where the format has no place for it."""
    server = start("--log-format", log_format)
    violations = {
        "Host mismatch (evil.com)": {"host": "evil.com"},
        "Missing Host header": {"host": None},
        "Path traversal attempt (/../etc/passwd)": {"target": "/../etc/passwd"},
    }
    for request in violations.values():
        assert server.get(**request).status in (400, 403)
    server.stop()
    for violation in violations:
        assert server.log.count(re.escape(violation)) == 1, server.log.lines


def test_an_upload_is_logged_once(single):
    """§6: `Created file:` stands in the block of the exchange, and a line about a client that has left is for one that has."""
    names = [single.upload(b"[1]")["Location"].rsplit("/", 1)[1] for _ in range(5)]
    single.stop()
    for name in names:
        assert single.log.count(name) == 1, single.log.lines


def test_malformed_requests_are_logged(single):
    """§6: one block per exchange, also where there was no request to speak of."""
    with single.connect() as connection:
        connection.send(b"nonsense\r\n\r\n")
        assert connection.receive().status == 400
    single.log.wait_for(rf"Connection from 127\.0\.0\.1:{connection.port}$")
    single.log.wait_for(r"Response: 400 Bad Request \(\d+ bytes transferred\)$")


def test_every_line_has_a_timestamp(server):
    """§6: the format of a line."""
    server.get()
    server.upload(b"{}")
    server.stop()
    assert all(re.match(TIMESTAMP, line) for line in server.log.lines), server.log.lines


def test_lines_never_interleave(start):
    """§6: each block in one piece: 20 clients at once, each with requests that only it makes."""
    clients, requests = 20, 25
    server = start("--threads", clients)  # nobody waits in the queue, so nobody is closed to make room

    def one(client):
        with server.connect() as connection:
            for number in range(requests):
                assert connection.ask("GET", f"/missing-{client}-{number}").status == 404

    in_parallel(clients, one)
    server.log.wait_for("Request: GET /missing", count=clients * requests)
    server.stop()
    lines = [re.sub("^" + TIMESTAMP, "", line) for line in server.log.lines]
    seen = set()
    for index, line in enumerate(lines):
        if match := re.fullmatch(r"(\[Thread-\d+\]) Request: GET (/missing-\d+-\d+) HTTP/1\.1", line):
            seen.add(match[2])
            thread = re.escape(match[1])
            assert re.fullmatch(thread + r" Host validation: 127\.0\.0\.1:\d+ ✓", lines[index + 1])
            assert re.fullmatch(thread + r" Response: 404 Not Found \(\d+ bytes transferred\)", lines[index + 2])
            client = r"127\.0\.0\.1:\d+"
            if match[2].endswith("-0"):
                assert re.fullmatch(thread + " Connection: keep-alive", lines[index + 3])
                assert re.fullmatch(thread + " Connection from " + client, lines[index - 1])
            else:
                assert re.fullmatch(thread + " Connection: keep-alive, client: " + client, lines[index + 3])
    assert len(seen) == clients * requests


# Bytes from a client

EVIL_REQUESTS = [
    b"GET /\x1b[31m HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: evil\x1b[2J.com\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: evil\xff\xfe.com\r\n\r\n",
    b"GET /\xe2\x80\xae HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET /\x9b31m HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET /\x7f\x08\x08 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET /../a\x07b HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"G\x00T / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    b'GET /"quoted" HTTP/1.1\r\nHost: {host}\r\nUser-Agent: "a\x1b" \xff\\\r\nReferer: "\x01\r\n\r\n',
    b"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: \x1b]0;owned\x07\r\n\r\n",
    b"GET /\n[2024-01-01 HTTP/1.1\r\nHost: {host}\r\n\r\n",
]


@pytest.mark.parametrize("log_format", ["transfer", "common", "combined", "json"])
def test_bytes_from_a_client_are_escaped(start, log_format):
    """§6: no control byte and no malformed UTF-8 from a client reaches the log, in any format."""
    server = start("--log-format", log_format)
    for raw in EVIL_REQUESTS:
        with server.connect() as connection:
            connection.send(server.fill(raw))
            assert connection.receive().status in (200, 400, 403, 404)
    server.get("/%0a%1b[31m[2024-01-01 00:00:00]%0d".replace(" ", "%20"))
    server.get("/the-end")
    server.log.wait_for("/the-end")
    for line in server.log.lines:
        assert not re.search("[\0-\x1f\x7f\x80-\x9f\u202e\udc80-\udcff]", line), ascii(line)
        if log_format == "json":
            json.loads(line)
        if log_format == "transfer":
            assert re.match(TIMESTAMP, line), line


HUGE_REQUESTS = {
    "user agent": b"GET /end HTTP/1.1\r\nHost: {host}\r\nUser-Agent: " + b"\x80" * 60_000 + b"\r\n\r\n",
    "referer": b"GET /end HTTP/1.1\r\nHost: {host}\r\nReferer: " + b"\\" * 900_000 + b"\r\n\r\n",
    "target": b"GET /end" + b"x" * 900_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "violation": b"GET /end/../" + b"\xff" * 300_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "host": b"GET /end HTTP/1.1\r\nHost: " + b"h" * 900_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("log_format", ["transfer", "common", "combined", "json"])
@pytest.mark.parametrize("raw", HUGE_REQUESTS.values(), ids=HUGE_REQUESTS)
def test_no_text_keeps_an_exchange_out_of_the_log(start, log_format, raw):
    """§6: however long a client's texts are, and however much longer they become by being escaped."""
    server = start("--log-format", log_format, "--max-head", "1MiB")
    with server.connect() as connection:
        connection.send(server.fill(raw))
        status = connection.receive().status
    server.stop()
    assert server.log.count("dropped") == 0
    assert server.log.count("GET /end") == 1
    assert server.log.count(rf"Response: {status} |\" {status} |\"status\":{status},") == 1


# Other formats

COMMON = r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}\] "%s" %d (\d+|-)'


def test_common(start):
    """§6: one line per exchange in the Common Log Format."""
    server = start("--log-format", "common")
    size = (server.root / "about.html").stat().st_size
    server.get("/about.html?q=1")
    match = server.log.wait_for("^" + COMMON % (r"GET /about\.html\?q=1 HTTP/1\.1", 200) + "$")[0]
    assert match[1] == str(size)
    server.get("/missing")
    server.log.wait_for("^" + COMMON % (r"GET /missing HTTP/1\.1", 404) + "$")
    assert server.log.count("Request:|Host validation|Response:") == 0


def test_combined(start):
    """§6: the same with Referer and User-Agent."""
    server = start("--log-format", "combined")
    server.get("/about.html", fields=[("Referer", "http://here/"), ("User-Agent", 'Loom "2"')])
    line = server.log.wait_for("^" + COMMON % (r"GET /about\.html HTTP/1\.1", 200) + ' "(.*)" "(.*)"$')[0]
    assert line[2] == "http://here/"
    assert re.fullmatch(r'Loom (\\"|\\x22)2(\\"|\\x22)', line[3])
    server.get("/contact.html")
    server.log.wait_for("^" + COMMON % (r"GET /contact\.html HTTP/1\.1", 200) + ' "-" "-"$')


def test_json(start):
    """§6: one JSON object per exchange."""
    server = start("--log-format", "json")
    server.get("/about.html", fields=[("User-Agent", 'Loom "2" é')])
    server.log.wait_for("about.html")
    (line,) = [line for line in server.log.lines if "about.html" in line]
    entry = json.loads(line)
    assert 200 in entry.values() and (server.root / "about.html").stat().st_size in entry.values()
    assert any("/about.html" in str(value) for value in entry.values())
    assert any("GET" in str(value) for value in entry.values())


def test_every_line_is_an_object(start):
    """§6: in `json` messages are objects too, and say which connection and which exchange they are about."""
    server = start("--log-format", "json", "--log-level", "debug")
    with server.connect() as connection:
        connection.ask("GET", "/")
        assert connection.ask("GET", "/missing").status == 404
    server.stop()
    entries = [json.loads(line) for line in server.log.lines]
    assert all({"time", "message"} <= entry.keys() or {"time", "status"} <= entry.keys() for entry in entries)
    messages = [entry for entry in entries if "message" in entry]
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", entry["event"]) for entry in messages)
    assert {"level": "info", "event": "server_started", "message": f"HTTP Server started on http://127.0.0.1:{server.port}"}.items() <= entries[0].items()
    first, second = [entry for entry in entries if "status" in entry]
    why = next(entry for entry in entries if entry.get("message", "").startswith("Answered 404"))
    assert first["connection_id"] == second["connection_id"] == why["connection_id"]
    assert (first["exchange_id"], second["exchange_id"], why["exchange_id"]) == (1, 2, 2)
    assert why["client"] == f"127.0.0.1:{connection.port}"
    assert (why["level"], why["event"]) == ("debug", "request_answered")
    assert messages[-1]["event"] == "server_stopped"


@pytest.mark.parametrize("log_format", ["common", "combined", "json"])
def test_an_upload_names_its_document_in_every_format(start, log_format):
    """§6: `Created file: <name>`, or the field `created`."""
    server = start("--log-format", log_format)
    name = server.upload(b"[1]")["Location"].rsplit("/", 1)[1]
    server.stop()
    (line,) = [line for line in server.log.lines if name in line]
    if log_format == "json":
        entry = json.loads(line)
        assert entry["created"] == name and entry["status"] == 201
    else:
        assert re.search(rf"Created file: {name}, client: 127\.0\.0\.1:\d+$", line)


def test_one_line_per_exchange(start):
    """§6: `common` writes exactly one line for each of many exchanges."""
    server = start("--log-format", "common")

    def one(client):
        with server.connect() as connection:
            for number in range(20):
                connection.ask("HEAD", f"/missing-{client}-{number}")

    in_parallel(10, one)
    server.log.wait_for("HEAD /missing", count=200)
    server.stop()
    targets = [match[1] for line in server.log.lines if (match := re.search(r'"HEAD (\S+) HTTP/1\.1" 404 ', line))]
    assert len(targets) == len(set(targets)) == 200


# Where and how much


def test_access_log_off(start):
    """§6: --access-log off: no exchanges, but what the server has to say of itself."""
    server = start("--access-log", "off")
    for _ in range(5):
        assert server.get().status == 200
    server.stop()
    assert server.log.count("Request:|Response:|Connection from") == 0
    assert server.log.count("Server stopped") == 1


def test_log_file_and_rotation(start, scratch):
    """§6: --log-file; SIGUSR1 reopens it, so that a renamed file can be put away; no line is lost."""
    path = scratch / "server.log"
    server = start("--log-file", path, log_file=path)
    server.get("/before")
    eventually(lambda: "GET /before" in path.read_text(), "the exchange is in the file")
    old = scratch / "server.log.1"
    path.rename(old)
    server.signal(signal.SIGUSR1)
    eventually(path.exists, "the file is opened again")
    server.get("/after")
    eventually(lambda: "GET /after" in path.read_text(), "the next exchange is in the new file")
    assert "GET /before" in old.read_text() and "GET /after" not in old.read_text()
    server.stop()
    assert "Server stopped" in path.read_text()


def test_log_file_is_appended_to(start, scratch):
    """§6: a restart keeps what was logged."""
    path = scratch / "server.log"
    path.write_text("from before\n")
    start("--log-file", path, log_file=path)
    assert path.read_text().startswith("from before\n")


def test_log_level(binary, root):
    """§6: --log-level error: nothing of what goes well, not even the start."""
    port = free_port()
    flags = ["--port", port, "--root", root, "--log-level", "error", "--status-interval", "50ms"]
    server = Server(binary, flags, root=root)
    try:
        server.wait_until_listening(("127.0.0.1", port))
        for _ in range(20):
            assert server.get().status == 200
    finally:
        server.stop()
    assert [line for line in server.log.lines if "[Thread-" not in line] == []  # exchanges are --access-log's matter


def test_debug_says_why(start):
    """docs/operating.md: at `debug`, the sentence that the client of an error was shown, remembered or not."""
    server = start("--log-level", "debug")
    for count in [1, 2]:
        assert server.get("/nothing.txt").status == 404
        server.log.wait_for(r"\[Thread-\d+\] Answered 404: There is no file at this address, client: 127\.0\.0\.1:\d+$", count=count)
    server.upload(b"[1,]")
    server.log.wait_for(r"Answered 400: .*line 1, column 4")
    quiet = start()
    assert quiet.get("/nothing.txt").status == 404
    quiet.stop()
    assert quiet.log.count("Answered") == 0


def test_json_says_why(start):
    server = start("--log-format", "json")
    server.get("/nothing.txt")
    line = server.log.wait_for(r'^\{.*"status":404.*\}$')[0][0]
    assert json.loads(line)["detail"] == "There is no file at this address."


def test_status_line(start):
    """§6: the status of the pool at every interval while there are connections, and once when the last has gone."""
    server = start("--status-interval", "300ms")
    with server.connect() as connection:
        assert connection.ask("GET", "/").status == 200
        server.log.wait_for("^" + TIMESTAMP + r"Thread pool status: 1/10 active$", count=2)
    server.log.wait_for("^" + TIMESTAMP + r"Thread pool status: 0/10 active$")


def test_totals_at_the_stop(start):
    """Every exchange is counted once, however it ended, and each document; with and without the access log."""
    server = start("--access-log", "off", "--keep-alive-timeout", "300ms")
    with server.connect() as connection:
        assert connection.ask("GET", "/about.html").status == 200
        assert connection.ask("GET", "/about.html", fields=[("If-None-Match", "*")]).status == 304
        assert connection.ask("GET", "/missing").status == 404
        connection.expect_closed()
    assert server.upload(b"[1]").status == 201
    assert server.upload(b"[1").status == 400
    assert server.get("/about.html", host="evil.example").status == 403
    with server.connect() as connection:
        connection.send(connection.request("GET", "/about.html")[:10])
        server.wait_until_quiet()
        connection.abort()
    server.stop()
    # How many of the connections were still open then depends on when the server has heard that they were closed.
    server.log.wait_for(
        r"Totals: 7 responses \(2xx 2, 3xx 1, 4xx 4, 5xx 0\); "
        r"connections: 5 served, 0 rejected, \d drained, 0 cut; documents: 1 stored$"
    )


def test_a_reader_that_stops_holds_nobody_up(start):
    """§6: writing never blocks a worker; what is dropped is counted, and the count is logged."""
    server = start("--keep-alive-requests", "0")
    server.log.wait_for("Press Ctrl")
    server.log.pause()
    count, batch = 6_000, 200
    with server.connect() as connection:
        request = connection.request("HEAD", "/missing-" + "x" * 1000)
        for _ in range(count // batch):
            connection.send(request * batch)
            for _ in range(batch):
                assert connection.receive("HEAD").status == 404
    assert server.log.count("/missing") < count
    server.log.resume()
    server.log.wait_for(r"(?i)\d+ .*(dropped|lost)|(dropped|lost).* \d+")
    server.get("/the-end")
    server.log.wait_for("/the-end")


def test_every_line_is_written_or_counted(start):
    """§6: what is dropped is counted, up to the stop: a burst, its report, and at once another burst and the stop."""
    server = start("--keep-alive-requests", "0", "--log-format", "common")
    server.log.wait_for("Press Ctrl")
    dropped = r"(\d+) log lines dropped"
    asked, batch = 0, 200

    def ask_until_lines_are_dropped(connection):
        nonlocal asked
        request = connection.request("HEAD", "/missing-" + "x" * 2000)
        for _ in range(10):
            connection.send(request * batch)
            for _ in range(batch):
                assert connection.receive("HEAD").status == 404
            asked += batch

    with server.connect() as connection:
        server.log.pause()
        ask_until_lines_are_dropped(connection)
        server.log.resume()
        server.log.wait_for(dropped)
        server.log.pause()
        ask_until_lines_are_dropped(connection)
        # Before the stop: that gives up what a reader who has stopped reading does not take within 2 s.
        server.log.resume()
        server.signal(signal.SIGTERM)
        connection.expect_closed()
    assert server.wait() == 0
    assert len(server.log.wait_for(dropped)) >= 2
    lost = sum(int(match[1]) for match in server.log.wait_for(dropped))
    assert server.log.count('"HEAD /missing') + lost == asked


def test_host_of_an_absolute_target_is_the_one_validated(single):
    """§4, §6: what decides is what the log shows."""
    with single.connect() as connection:
        connection.send(compose("GET", "http://evil.com/", single.host))
        assert connection.receive().status == 403
    single.log.wait_for(r"Host validation: evil\.com ✗$")
