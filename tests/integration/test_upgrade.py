"""Upgrades without a restart: SIGUSR2 starts the program anew, and nobody who asks notices (docs/operating.md)."""

import contextlib
import fcntl
import json
import os
import pathlib
import random
import re
import signal
import socket
import stat
import threading

import pytest

from support.background import Background
from support.client import Connection, chunked
from support.clients import PATIENT_FLAGS, begin_download, occupy
from support.feeds import LINES, READER, Reader, Stream, next_of, reading_fields, wait_until_shown, write_tokens
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    JSON,
    check_accepted,
    configuration,
    folder,
    names,
    post,
    records,
    start_inbox,
)
from support.server import accepts, free_port, has_ipv6, run_to_end
from support.site import write_large
from support.upgrades import (  # noqa: F401 (fixtures are used by name)
    BEGUN,
    FAILED,
    HANDED_OVER,
    TAKEN_OVER,
    Notified,
    PatientHttp2Connection,
    Upgradable,
    is_alive,
    launcher_of,
    parent_of,
    place,
    processes_of,
    start,
    start_installed,
    wait_for_the_fake,
    wait_until_ended,
    wake,
)
from support.waiting import eventually, in_parallel
from test_unix_sockets import ACTIVATOR

pytestmark = pytest.mark.modes("many")

RELOADED = "Configuration reloaded$"
LARGE = 8 << 20
NDJSON = ("Content-Type", "application/x-ndjson")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become another user")


@pytest.fixture
def file(scratch):
    return scratch / "bobbin.toml"


@pytest.fixture
def write(file, root):
    """Write a configuration anew, with these keys besides the root; text that is no key goes behind them."""

    def write_anew(tail="", **keys):
        keys = {"root": str(root), **keys}
        file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()) + tail)
        return file

    return write_anew


@pytest.fixture
def start_configured(start_plain, write, root):
    """Start a server with such a configuration, and nothing in the command line that could stand against it."""

    def start_with(tail="", flags=(), options=(), **keys):
        return start_plain(
            "--config", write(tail, **{"port": 0, **keys}), *flags, root=root, kind=Upgradable, **dict(options)
        )

    return start_with


@pytest.fixture
def pid_file(scratch):
    return scratch / "bobbin.pid"


def release_of(response):
    return response["X-Release"]


def uploaded(server):
    """The documents in the folder of uploads, sorted."""
    return sorted((server.root / "uploads" / name).read_bytes() for name in server.uploads())


def check_whole(binary, folder):
    """`bobbin inbox verify` finds nothing, where there is a journal in which it could."""
    if not (folder / ".bobbin/journal").exists():
        return
    verified = run_to_end(binary, "inbox", "verify", folder)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def begin_upload(connection, content, sent, *, target="/upload", fields=(JSON,)):
    """Send the head of an upload and the first `sent` bytes of its content; what is left is returned."""
    head = connection.request("POST", target, fields=[*fields, ("Content-Length", str(len(content)))])
    connection.send(head + content[:sent])
    return content[sent:]


def check_is_the_last(connection, response):
    """The answer says that it is the last one; or, where it was begun just as the process was told, the one after it does."""
    if response.keeps:
        response = connection.ask("GET", "/about.html")
        assert response.status == 200
    assert not response.keeps
    connection.expect_closed()


def text_of(size):
    return b'{"text": "%b"}' % (b"x" * (size - 12))


def variables_of(number):
    return set(pathlib.Path(f"/proc/{number}/environ").read_bytes().split(b"\0"))


# The new process


def test_another_process_serves(start):
    server = start()
    old = server.now
    assert server.get("/about.html").status == 200
    new = server.upgrade()
    assert new != old and is_alive(new)
    match = server.log.wait_for(TAKEN_OVER)[0]
    assert (int(match[1]), int(match[2])) == (new, 1)
    assert server.wait_for_the_first() == 0
    assert server.get("/about.html").content == (server.root / "about.html").read_bytes()
    assert server.upload(b"[1]").status == 201


def test_each_process_counts_for_itself(start):
    """The log has the totals of both, and each says that it has stopped."""
    server = start()
    server.get("/about.html")
    server.upload(b"[1]")
    server.upgrade()
    server.wait_for_the_first()
    totals = server.log.wait_for(
        r"Totals: (\d+) responses \(2xx (\d+), .*\); connections: (\d+) served, 0 rejected, 0 drained, 0 cut; "
        r"documents: (\d+) stored$"
    )
    assert totals[0].groups() == ("2", "2", "2", "1")
    server.log.wait_for("Server stopped$")
    server.get("/about.html")
    server.stop()
    assert server.log.count("Server stopped$") == 2
    totals = [line for line in server.log.lines if "Totals: " in line]
    assert len(totals) == 2 and "Totals: 1 responses (2xx 1, " in totals[1] and totals[1].endswith("documents: 0 stored")


def test_the_new_process_is_as_the_old_one_was_started(start, scratch):
    """The same arguments, directory and environment."""
    (scratch / "elsewhere").mkdir()
    server = start("--threads", "3", directory=scratch / "elsewhere", environment={"SOME_VARIABLE": "of the start"})
    old = server.now
    arguments = pathlib.Path(f"/proc/{old}/cmdline").read_bytes()
    variables = variables_of(old)
    new = server.upgrade()
    assert pathlib.Path(f"/proc/{new}/cmdline").read_bytes() == arguments
    assert pathlib.Path(f"/proc/{new}/cwd").resolve() == scratch / "elsewhere"
    assert b"SOME_VARIABLE=of the start" in variables_of(new)
    assert variables <= variables_of(new)
    server.log.wait_for("Thread pool size: 3$", 2)


def test_the_program_that_is_installed_now_runs(start_installed, place):
    server = start_installed()
    inode = place.install_copy()
    assert os.stat(f"/proc/{server.now}/exe").st_ino != inode
    new = server.upgrade()
    assert os.stat(f"/proc/{new}/exe").st_ino == inode
    assert server.get().status == 200


def test_a_script_may_stand_in_the_place_of_the_program(start_installed, place, binary):
    """One that starts the program with another option, for example."""
    server = start_installed()
    place.install_script(f'#!/bin/sh\nexec {binary} "$@" --header "X-Release: 2"\n')
    server.upgrade()
    assert release_of(server.get()) == "2"


@pytest.mark.parametrize("kind", ["in PATH", "relative"])
def test_the_program_is_found_as_it_was_at_the_start(start, place, scratch, kind):
    environment = {"PATH": f"{scratch / 'bin'}:{os.environ['PATH']}"} if kind == "in PATH" else None
    program = "bobbin" if kind == "in PATH" else "bin/bobbin"
    server = start(program=program, environment=environment)
    inode = place.install_copy()
    new = server.upgrade()
    assert os.stat(f"/proc/{new}/exe").st_ino == inode
    assert server.get().status == 200


def test_many_upgrades_one_after_the_other(start):
    server = start()
    numbers = [server.now]
    for number in range(4):
        assert server.upload(b"[%d]" % number).status == 201
        numbers.append(server.upgrade())
        assert server.get().status == 200
    assert len(set(numbers)) == 5
    for number in numbers[:-1]:
        wait_until_ended(number)
    assert server.upload(b"[4]").status == 201
    assert uploaded(server) == [b"[%d]" % number for number in range(5)]


def test_processes_that_have_ended_leave_nothing(start, scratch, binary, pid_file):
    path = scratch / "bobbin.sock"
    server = start("--bind", "127.0.0.1", "--bind", f"unix:{path}", "--pid-file", pid_file)
    server.upgrade()
    server.wait_for_the_first()
    assert path.exists() and pid_file.exists()
    processes = processes_of(scratch)
    assert len(processes) == 2 and server.now in processes and launcher_of(server.now) in processes
    server.stop()
    assert not path.exists() and not pid_file.exists()
    assert processes_of(scratch) == {}
    check_whole(binary, server.root / "uploads")


def test_the_old_process_may_be_killed_after_the_upgrade(start):
    """It finishes what it has begun, and nothing else depends on it."""
    server = start(*PATIENT_FLAGS)
    busy = occupy(server)
    server.upgrade()
    assert server.process.poll() is None
    server.kill()
    busy.close()
    for number in range(3):
        assert server.upload(b"[%d]" % number).status == 201
    assert server.get().status == 200
    server.upgrade()
    assert uploaded(server) == [b"[0]", b"[1]", b"[2]"]
    assert server.upload(b"[3]").status == 201


# Who asks at that time


def test_nobody_is_refused(start):
    """Connections are made all the time, before, during and after five upgrades, and each is answered."""
    server = start("--access-log", "off")
    counts = {"answers": 0, "documents": 0}

    class Clients(Background):
        def __init__(self):
            super().__init__([self._read, self._read, self._upload, self._upload])

        def _count(self, name):
            with self.lock:
                counts[name] += 1

        def _read(self):
            while not self.stopping.is_set():
                with Connection(server.address) as connection:
                    response = connection.ask("GET", "/about.html", fields=[("Connection", "close")])
                    assert response.status == 200
                    connection.expect_closed()
                self._count("answers")

        def _upload(self):
            own = random.Random()
            while not self.stopping.is_set():
                with Connection(server.address) as connection:
                    content = b'"%032x"' % own.getrandbits(128)
                    fields = [JSON, ("Connection", "close")]
                    response = connection.ask("POST", "/upload", fields=fields, content=content)
                    assert response.status == 201, response
                    assert (server.root / response["Location"][1:]).read_bytes() == content
                self._count("documents")

    with Clients():
        for _ in range(5):
            before = dict(counts)
            server.upgrade()
            eventually(lambda: all(counts[name] > before[name] for name in counts), "the clients have gone on")
    contents = uploaded(server)
    assert len(contents) == len(set(contents)) == counts["documents"]


def test_downloads_complete(start):
    server = start("--threads", "4")
    content = write_large(server.root / "large.png", LARGE)
    downloads = [begin_download(server, "/large.png")[0] for _ in range(10)]
    server.upgrade()
    match = server.log.wait_for(HANDED_OVER)[0]
    assert int(match[2]) == 10
    assert server.get("/about.html").status == 200
    for connection in downloads:
        assert connection.receive_bytes(len(content)) == content
        connection.close()
    assert server.wait_for_the_first() == 0


@pytest.mark.modes("many", "capacity-1")
def test_idle_connections_get_one_more_answer(start):
    """It says that it is the last; until then they are left alone, and so are those on which nothing was ever asked."""
    server = start(*PATIENT_FLAGS, "--threads", "4", "--keep-alive-timeout", "120s")
    idle, silent = server.connect(), server.connect()
    assert idle.ask("GET", "/about.html").keeps
    server.upgrade()
    for _ in range(20):
        assert server.get("/about.html").status == 200
    for connection in (idle, silent):
        assert not connection.has_input()
        response = connection.ask("GET", "/about.html")
        assert response.status == 200 and not response.keeps
        connection.expect_closed()
    assert server.wait_for_the_first() == 0


def test_a_connection_that_asks_all_the_time_moves_on(start):
    """What a kept connection sends is answered until an answer says that it was the last."""
    server = start("--keep-alive-requests", "0", "--access-log", "off")
    old = server.now
    with server.connect() as connection:
        server.begin_upgrade()
        while (response := connection.ask("GET", "/about.html")).keeps:
            assert response.status == 200
        assert response.status == 200
        connection.expect_closed()
    assert server.finish_upgrade() != old
    with server.connect() as connection:
        assert connection.ask("GET", "/about.html").keeps


def test_requests_behind_a_download_are_answered(start):
    """Those that have arrived, as at a stop, and the last answer says that it is the last."""
    server = start(*PATIENT_FLAGS)
    content = write_large(server.root / "large.png", LARGE)
    with server.connect(receive_buffer=4096) as connection:
        connection.send(connection.request("GET", "/large.png") + 3 * connection.request("GET", "/about.html"))
        assert b"\r\nConnection: keep-alive\r\n" in connection.receive_head()
        server.upgrade()
        assert connection.receive_bytes(len(content)) == content
        answers = [connection.receive()]
        while answers[-1].keeps:
            answers.append(connection.receive())
        assert all(response.status == 200 for response in answers)
        connection.expect_closed()
    assert len(answers) == 3, "each of them has arrived long before"
    assert server.wait_for_the_first() == 0


def test_half_a_head_is_half_a_request(start):
    """A request whose head is on its way is answered by whoever has the connection."""
    server = start(*PATIENT_FLAGS)
    with server.connect() as connection:
        request = connection.request("GET", "/about.html")
        connection.send(request[:20])
        server.upgrade()
        connection.send(request[20:])
        response = connection.receive()
        assert response.status == 200
        check_is_the_last(connection, response)


def test_many_idle_connections(start):
    server = start("--threads", "2", "--keep-alive-timeout", "120s", "--access-log", "off")
    connections = [server.connect() for _ in range(100)]
    for connection in connections:
        assert connection.ask("GET", "/about.html").keeps
    server.upgrade()
    assert int(server.log.wait_for(HANDED_OVER)[0][2]) == 100
    assert server.get("/about.html").status == 200
    for connection in connections:
        while (response := connection.ask("GET", "/about.html")).keeps:
            assert response.status == 200  # begun a moment before
        assert response.status == 200
    assert server.wait_for_the_first() == 0


def test_after_the_grace_period_connections_are_ended(start):
    """As at a stop: idle ones are closed, although nobody has asked anything."""
    server = start(*PATIENT_FLAGS, "--keep-alive-timeout", "120s", "--grace-period", "1s")
    with server.connect() as idle, server.connect() as silent:
        assert idle.ask("GET", "/about.html").keeps
        server.upgrade()
        idle.expect_closed()
        silent.expect_closed()
    assert server.wait_for_the_first() == 0
    assert server.get("/about.html").status == 200


def test_a_download_that_lasts_too_long_ends_with_the_grace_period(start):
    """It is cut off, as at a stop, and the new process goes on."""
    server = start(*PATIENT_FLAGS, "--grace-period", "1s")
    content = write_large(server.root / "large.png", LARGE)
    connection, _ = begin_download(server, "/large.png", receive_buffer=4096)
    server.upgrade()
    status = server.wait_for_the_first()
    server.expected_status = status
    rest, _ = connection.receive_to_end()
    assert len(rest) < len(content)
    assert server.get("/about.html").status == 200
    assert status in (0, 3), "3 is that of a stop that is forced"


def test_http2(start):
    """Streams that are open get their answers, and the connection is told to end."""
    server = start(*PATIENT_FLAGS)
    content = write_large(server.root / "large.png", LARGE)
    document = text_of(100_000)
    with PatientHttp2Connection(server.address, server.host) as connection:
        assert connection.ask("GET", "/about.html").status == 200
        fields = [JSON, ("content-length", str(len(document)))]
        upload = connection.send_head("POST", "/upload", fields=fields, ends=False)
        connection.send_content(upload, document[:1000], ends=False)
        download = connection.send_head("GET", "/large.png")
        server.upgrade()
        connection.send_content(upload, document[1000:])
        assert connection.receive(download).content == content
        assert connection.receive(upload, "POST").status == 201
        connection.receive_to_end()
        assert connection.farewells and connection.farewells[-1][1] == 0, "it was told to go (NO_ERROR)"
    assert server.wait_for_the_first() == 0
    assert uploaded(server) == [document]
    with PatientHttp2Connection(server.address, server.host) as connection:
        assert connection.ask("GET", "/about.html").status == 200


def test_an_idle_http2_connection(start):
    """What it asks next is answered, whatever it is told of streams that come later."""
    server = start(*PATIENT_FLAGS, "--keep-alive-timeout", "120s", "--grace-period", "5s")
    with PatientHttp2Connection(server.address, server.host) as connection:
        assert connection.ask("GET", "/about.html").status == 200
        server.upgrade()
        assert connection.receive(connection.send_head("GET", "/about.html")).status == 200
        connection.receive_to_end()
        assert connection.farewells and all(code == 0 for _, code in connection.farewells)
    assert server.wait_for_the_first() == 0


def test_tls(start):
    server = start(*PATIENT_FLAGS, "--tls", "self-signed")
    content = write_large(server.root / "large.png", LARGE)
    idle = server.connect()
    assert idle.ask("GET", "/about.html").keeps
    download, _ = begin_download(server, "/large.png")
    slow = server.connect()
    rest = begin_upload(slow, text_of(100_000), 10_000)
    server.upgrade()
    slow.send(rest)
    assert slow.receive().status == 201
    last = idle.ask("GET", "/about.html")
    assert last.status == 200 and not last.keeps
    idle.expect_closed()
    assert download.receive_bytes(len(content)) == content
    download.close()
    slow.expect_closed()
    assert server.wait_for_the_first() == 0
    assert server.get("/about.html").status == 200
    assert uploaded(server) == [text_of(100_000)]


# Documents


@pytest.mark.parametrize("durability", ["files", "journal"])
def test_uploads_before_and_after(start, binary, durability):
    server = start("--durability", durability)
    locations = []
    for number in range(3):
        response = server.upload(b"[%d]" % number)
        assert response.status == 201
        locations.append(response["Location"])
        server.upgrade()
    assert server.upload(b"[3]").status == 201
    for number, location in enumerate(locations):
        assert server.get(location).content == b"[%d]" % number
    assert uploaded(server) == [b"[%d]" % number for number in range(4)]
    server.stop()
    check_whole(binary, server.root / "uploads")


@pytest.mark.parametrize("durability", ["files", "journal"])
@pytest.mark.parametrize("size", [20, 5_000, 65_536, 70_000, 900_000])
def test_an_upload_that_has_begun_is_stored_once(start, binary, size, durability):
    """What the old process still receives is stored by the new one, and answered on the old connection."""
    server = start(*PATIENT_FLAGS, "--durability", durability)
    content = text_of(size)
    with server.connect() as connection:
        rest = begin_upload(connection, content, size // 2)
        server.upgrade()
        connection.send(rest)
        response = connection.receive()
        assert response.status == 201
        check_is_the_last(connection, response)
    assert server.wait_for_the_first() == 0
    assert uploaded(server) == [content]
    assert server.get(response["Location"]).content == content
    server.stop()
    check_whole(binary, server.root / "uploads")


@pytest.mark.parametrize("size", [20, 70_000])
def test_an_upload_whose_content_comes_afterwards(start, size):
    """The head is there, the client was told to go on, and nothing else has come."""
    server = start(*PATIENT_FLAGS)
    content = text_of(size)
    with server.connect() as connection:
        fields = [JSON, ("Content-Length", str(size)), ("Expect", "100-continue")]
        connection.send(connection.request("POST", "/upload", fields=fields))
        assert connection.receive_interim().status == 100
        server.upgrade()
        connection.send(content)
        response = connection.receive()
        assert response.status == 201
        check_is_the_last(connection, response)
    assert uploaded(server) == [content]


def test_an_upload_on_an_idle_connection(start):
    """It begins after the upgrade, and the old process still has the connection."""
    server = start(*PATIENT_FLAGS, "--keep-alive-timeout", "120s")
    first, second, third = server.connect(), server.connect(), server.connect()
    for connection in (first, second, third):
        assert connection.ask("GET", "/about.html").keeps
    server.upgrade()
    for connection, content in [(first, b"[1]"), (second, text_of(200_000)), (third, b'[1, "')]:
        response = connection.ask("POST", "/upload", fields=[JSON], content=content)
        assert response.status == (400 if connection is third else 201)
        check_is_the_last(connection, response)
    assert server.wait_for_the_first() == 0
    assert uploaded(server) == sorted([b"[1]", text_of(200_000)])


def test_an_upload_in_chunks(start):
    server = start(*PATIENT_FLAGS)
    pieces = [b'{"text": "', b"x" * 50_000, b"y" * 50_000, b'"}']
    with server.connect() as connection:
        sent = chunked(pieces)
        connection.send(connection.request("POST", "/upload", fields=[JSON, ("Transfer-Encoding", "chunked")]) + sent[:40])
        server.upgrade()
        connection.send(sent[40:])
        assert connection.receive().status == 201
    assert uploaded(server) == [b"".join(pieces)]


def test_many_uploads_that_have_begun(start, binary):
    server = start(*PATIENT_FLAGS, "--access-log", "off")
    contents = [b'{"number": %d, "text": "%b"}' % (number, b"x" * (number * 2_500)) for number in range(60)]
    connections = [server.connect() for _ in contents]
    rests = [
        begin_upload(connection, content, len(content) // 3)
        for connection, content in zip(connections, contents, strict=True)
    ]
    server.upgrade()
    for connection, rest in zip(connections, rests, strict=True):
        connection.send(rest)
    statuses = [connection.receive().status for connection in connections]
    assert statuses == [201] * len(contents)
    assert server.wait_for_the_first() == 0
    assert uploaded(server) == sorted(contents)
    server.stop()
    check_whole(binary, server.root / "uploads")


def test_an_upload_that_outlasts_two_upgrades(start, binary):
    """The process that it is sent to is not the one that takes it, nor the one after that."""
    server = start(*PATIENT_FLAGS)
    content = text_of(100_000)
    with server.connect() as connection:
        rest = begin_upload(connection, content, 10_000)
        server.upgrade()
        server.upgrade()
        connection.send(rest)
        assert connection.receive().status == 201
    assert server.wait_for_the_first() == 0
    assert uploaded(server) == [content]
    assert server.upload(b"[1]").status == 201
    server.stop()
    check_whole(binary, server.root / "uploads")


def test_an_upload_that_is_given_up_leaves_nothing(start, binary):
    server = start(*PATIENT_FLAGS)
    connection = server.connect()
    begin_upload(connection, text_of(200_000), 100_000)
    server.upgrade()
    connection.abort()
    assert server.wait_for_the_first() == 0
    assert uploaded(server) == []
    server.stop()
    check_whole(binary, server.root / "uploads")


@pytest.mark.parametrize("durability", ["files", "journal"])
@pytest.mark.parametrize("size", [20, 5_000, 70_000, 900_000])
def test_an_upload_to_an_inbox(start_inbox, folder, binary, size, durability):
    server = start_inbox(*PATIENT_FLAGS, "--durability", durability)
    before = check_accepted(post(server, b"[1]"))
    content = text_of(size)
    with server.connect() as connection:
        rest = begin_upload(connection, content, size // 2, target="/in/box?source=slow")
        server.upgrade()
        after = check_accepted(post(server, b"[2]"))
        connection.send(rest)
        response = connection.receive()
        answer = check_accepted(response)
        check_is_the_last(connection, response)
    assert server.wait_for_the_first() == 0
    found = {record["id"]: (record, body) for record, body in records(folder)}
    assert [before["sequence"], after["sequence"], answer["sequence"]] == [1, 2, 3]
    assert {key: body for key, (_, body) in found.items()} == {
        before["id"]: b"[1]", after["id"]: b"[2]", answer["id"]: content,
    }  # fmt: skip
    record = found[answer["id"]][0]
    assert record["sha256"] == answer["sha256"] and record["request"]["client"] == "127.0.0.1"
    assert record["request"]["target"] == "/in/box?source=slow"
    assert record["request"]["fields"] == [["content-type", "application/json"]]
    server.stop()
    check_whole(binary, folder)


@pytest.mark.parametrize("size", [10, 80_000])
def test_lines_to_an_inbox(start_inbox, folder, binary, size):
    """A bundle is kept as one: all of its documents, once, and together."""
    server = start_inbox(*PATIENT_FLAGS, accept=["json", "ndjson"])
    lines = [b'{"n": %d, "text": "%b"}' % (number, b"x" * size) for number in range(5)]
    content = b"\n".join(lines) + b"\n"
    with server.connect() as connection:
        rest = begin_upload(connection, content, len(content) // 2, target="/in/box", fields=[NDJSON])
        server.upgrade()
        check_accepted(post(server, b"[1]"))
        connection.send(rest)
        answer = check_accepted(connection.receive())
    assert (answer["stored"], answer["first_sequence"], answer["last_sequence"]) == (5, 2, 6)
    assert [body for _, body in records(folder)] == [b"[1]", *lines]
    assert server.wait_for_the_first() == 0
    server.stop()
    check_whole(binary, folder)


@pytest.mark.parametrize("kind", ["any", "form with a file", "quarantine"])
def test_what_else_an_inbox_takes(start_inbox, folder, binary, kind):
    """It is kept by the new process as the old one would have kept it."""
    content, content_type, keys = {
        "any": (bytes(range(256)) * 300, "image/x", {"accept": ["any"]}),
        "form with a file": (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' + b"y" * 80_000 + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x", {"accept": ["files"]},
        ),
        "quarantine": (b'{"a": 1, ' + b" " * 80_000 + b"}", "application/json", {"on_invalid": "quarantine"}),
    }[kind]  # fmt: skip
    server = start_inbox(*PATIENT_FLAGS, **keys)
    expected = check_accepted(post(server, content, content_type=content_type))
    with server.connect() as connection:
        rest = begin_upload(connection, content, 40_000, target="/in/box", fields=[("Content-Type", content_type)])
        server.upgrade()
        connection.send(rest)
        answer = check_accepted(connection.receive())
    assert {key: answer[key] for key in answer if key not in ("id", "sequence")} == {
        key: expected[key] for key in expected if key not in ("id", "sequence")
    }
    assert answer["sequence"] == 2 and answer["id"] != expected["id"]
    place_of_records = folder / "quarantine" if kind == "quarantine" else folder
    found = [json.loads((place_of_records / "new" / name).read_text()) for name in names(place_of_records)]
    assert [record["id"] for record in found] == [expected["id"], answer["id"]]
    first, second = [{key: record[key] for key in ("size", "sha256", "request")} for record in found]
    assert first == second
    server.stop()
    check_whole(binary, folder)


def test_an_inbox_that_keeps_segments(start_inbox, folder, binary):
    server = start_inbox(*PATIENT_FLAGS, store="segments", segment_age="1s")
    check_accepted(post(server, b"[1]"))
    with server.connect() as connection:
        rest = begin_upload(connection, b"[1, 2]", 3, target="/in/box")
        server.upgrade()
        check_accepted(post(server, b"[2]"))
        connection.send(rest)
        check_accepted(connection.receive())
    server.stop()
    check_whole(binary, folder)
    found = [json.loads(text) for name in names(folder) for text in (folder / "new" / name).read_bytes().split(b"\x1e")[1:]]
    assert [(record["sequence"], record["body"]) for record in found] == [(1, [1]), (2, [2]), (3, [1, 2])]


@pytest.mark.parametrize("content", [b'{"a": 1,}', b'{"a": ' + b" " * 80_000 + b"}"])
def test_what_is_no_document_is_refused_as_ever(start, content):
    server = start(*PATIENT_FLAGS)
    with server.connect() as connection:
        rest = begin_upload(connection, content, 5)
        server.upgrade()
        connection.send(rest)
        assert connection.receive().status == 400
    assert uploaded(server) == []


def test_a_repetition_is_recognised_after_the_upgrade(start_inbox, folder):
    """Whichever process has stored the first, and whichever is asked the second time."""
    server = start_inbox(*PATIENT_FLAGS, dedupe=["header:Idempotency-Key"])

    def fields(key):
        return [JSON, ("Idempotency-Key", key)]

    def ask(connection, key):
        return connection.ask("POST", "/in/box", fields=fields(key), content=b'{"n": 1}')

    first = check_accepted(post(server, b'{"n": 1}', fields=fields("a")[1:]))
    kept, slow = server.connect(), server.connect()
    assert kept.ask("GET", "/about.html").keeps
    rest = begin_upload(slow, b'{"n": 1}', 3, target="/in/box", fields=fields("b"))
    server.upgrade()
    for connection in (server.connect(), kept):
        again = ask(connection, "a")
        assert check_accepted(again)["id"] == first["id"] and again["Idempotent-Replayed"] == "true"
    slow.send(rest)
    second = slow.receive()
    assert check_accepted(second)["id"] != first["id"] and second.get("Idempotent-Replayed") is None
    again = ask(server.connect(), "b")
    assert check_accepted(again)["id"] == check_accepted(second)["id"] and again["Idempotent-Replayed"] == "true"
    assert len(names(folder)) == 2


def test_the_same_key_at_both_processes_at_once(start_inbox, folder):
    """A sender that is impatient repeats its document, while the first is still on its way through the old process."""
    server = start_inbox(*PATIENT_FLAGS, dedupe=["header:Idempotency-Key"])
    contents = [text_of(1_000), text_of(100_000)] * 5
    slow = [server.connect() for _ in contents]
    rests = [
        begin_upload(connection, content, 500, target="/in/box", fields=[JSON, ("Idempotency-Key", f"key-{index}")])
        for index, (connection, content) in enumerate(zip(slow, contents, strict=True))
    ]
    server.upgrade()

    def finish(index):
        if index < len(slow):
            slow[index].send(rests[index])
            return slow[index].receive()
        index -= len(slow)
        return post(server, contents[index], fields=[("Idempotency-Key", f"key-{index}")])

    answers = [check_accepted(response) for response in in_parallel(2 * len(slow), finish)]
    for index in range(len(slow)):
        assert answers[index]["id"] == answers[index + len(slow)]["id"]
    assert len(names(folder)) == len(slow)


# Readers of a feed


@pytest.fixture
def start_feed(start_inbox, scratch):
    tokens = write_tokens(scratch / "readers", **{"reader-1": READER})
    return lambda *flags, **keys: start_inbox(*flags, feed_token_file=tokens, **keys)


def test_a_reader_that_waits_goes_on_at_the_new_process(start_feed):
    server = start_feed(*PATIENT_FLAGS)
    post(server, b'{"n": 1}')
    wait_until_shown(server, 1)
    with server.connect() as waiting, server.connect() as streaming:
        stream = Stream(streaming, "?since=0")
        assert stream.receive()[0] == 1
        waiting.send(waiting.request("GET", "/in/box?since=1&wait=60", fields=reading_fields(LINES)))
        server.upgrade()
        response = waiting.receive()
        assert response.status == 200 and response.content == b""
        assert next_of(response)[1] == 1
        assert not response.keeps
        waiting.expect_closed()
        assert stream.receive_to_end() == []
        # What it was told at the beginning of its stream holds for one more request.
        assert not streaming.ask("GET", "/about.html").keeps
        streaming.expect_closed()
    assert server.wait_for_the_first() == 0
    with server.connect() as waiting, server.connect() as streaming:
        wait_until_shown(server, 1)
        stream = Stream(streaming, last_event_id=1)
        waiting.send(waiting.request("GET", "/in/box?since=1&wait=60", fields=reading_fields(LINES)))
        post(server, b'{"n": 2}')
        assert stream.receive()[0] == 2
        assert [json.loads(line)["sequence"] for line in waiting.receive().content.splitlines()] == [2]


def test_readers_miss_nothing_and_get_nothing_twice(start_feed, folder, binary):
    """While documents come, and the server is upgraded again and again."""
    server = start_feed("--keep-alive-requests", "0", "--access-log", "off")
    posted = {}

    class Posters(Background):
        def __init__(self):
            super().__init__([self._post] * 3)

        def _post(self):
            own = random.Random()
            while not self.stopping.is_set():
                with Connection(server.address) as connection:
                    response = None
                    while not self.stopping.is_set() and (response is None or response.keeps):
                        content = b'{"id": "%032x"}' % own.getrandbits(128)
                        response = connection.ask("POST", "/in/box", fields=[JSON], content=content)
                        answer = check_accepted(response)
                        with self.lock:
                            assert answer["sequence"] not in posted
                            posted[answer["sequence"]] = (answer["id"], answer["sha256"])

    chance = random.Random()
    readers = [Reader(lambda: server.address), *(Reader(lambda: server.address, random.Random(chance.random())) for _ in range(2))]
    with contextlib.ExitStack() as stack:
        for reader in readers:
            stack.enter_context(reader)
        with Posters():
            for _ in range(4):
                seen = [len(reader) for reader in readers]
                server.upgrade()
                eventually(lambda: all(len(r) > s for r, s in zip(readers, seen, strict=True)), "all readers have gone on")
        eventually(lambda: all(len(reader) >= len(posted) for reader in readers), "all readers have read everything")
    for reader in readers:
        assert reader.sequences() == list(range(1, len(posted) + 1))
        assert {sequence: (identifier, digest) for sequence, identifier, digest in reader.seen} == posted
    server.stop()
    check_whole(binary, folder)


# Options that change


def test_every_option_may_change(start_configured, write):
    server = start_configured(threads=2, header="X-Release: 1")
    assert release_of(server.get()) == "1"
    server.log.wait_for("Thread pool size: 2$")
    write(port=0, threads=5, header="X-Release: 2")
    server.upgrade()
    server.log.wait_for("Thread pool size: 5$")
    assert release_of(server.get()) == "2"


def test_the_configuration_is_that_of_the_new_process_alone(start_configured, write):
    """Until the end the old one answers as it was told."""
    server = start_configured(header="X-Release: 1", keep_alive_timeout="120s")
    with server.connect() as connection:
        assert release_of(connection.ask("GET", "/about.html")) == "1"
        write(port=0, header="X-Release: 2")
        server.upgrade()
        assert release_of(server.get()) == "2"
        assert release_of(connection.ask("GET", "/about.html")) == "1"


def test_addresses_that_come_and_go(start_configured, write, scratch):
    """One stays, one goes with the old process, and one comes."""
    port, other = free_port(), free_port("127.0.0.2")
    gone, come = scratch / "gone.sock", scratch / "come.sock"
    tail = '[[listener]]\nport = %d\nbind = "127.0.0.2"\n' % other
    server = start_configured(tail, port=port, bind=["127.0.0.1", f"unix:{gone}"])
    assert accepts(("127.0.0.2", other)) and accepts(gone)
    write(port=port, bind=["127.0.0.1", "::1", f"unix:{come}"] if has_ipv6() else ["127.0.0.1", f"unix:{come}"])
    server.upgrade()
    assert server.wait_for_the_first() == 0
    assert int(server.log.wait_for(TAKEN_OVER)[0][2]) == 1
    with Connection(("127.0.0.1", port)) as connection:
        assert connection.ask("GET", "/about.html").status == 200
    with Connection(come) as connection:
        assert connection.ask("GET", "/about.html").status == 200
    if has_ipv6():
        with Connection(("::1", port)) as connection:
            assert connection.ask("GET", "/about.html").status == 200
    assert not accepts(("127.0.0.2", other))
    with pytest.raises(OSError):
        Connection(gone)
    server.stop()
    assert not come.exists() and not gone.exists()


def test_an_address_that_cannot_be_bound(start_configured, write):
    """The upgrade fails, and the old process has all that it had."""
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        server = start_configured(header="X-Release: 1")
        write(f'[[listener]]\nport = {port}\nbind = "127.0.0.2"\n', port=0, header="X-Release: 2")
        server.fail_to_upgrade("127.0.0.2")
        assert release_of(server.get()) == "1"
        assert server.upload(b"[1]").status == 201
    server.upgrade()
    assert release_of(server.get()) == "2"
    assert accepts(("127.0.0.2", port))


def test_the_port_is_kept_where_any_will_do(start_plain, root, scratch):
    """Each address that was bound to a port of its own."""
    tail = "".join(f'[[listener]]\nport = 0\nbind = "127.0.0.{number}"\n' for number in (2, 3))
    configuration = scratch / "bobbin.toml"
    configuration.write_text(f'root = "{root}"\nport = 0\nbind = "127.0.0.1"\nadmin = "127.0.0.4:0"\n{tail}')
    server = start_plain("--config", configuration, root=root, kind=Upgradable)
    addresses = [
        (match[1], int(match[2])) for match in server.log.wait_for(r"started on http://(127\.0\.0\.\d):(\d+)$", 3)
    ]
    match = server.log.wait_for(r"Admin: http://(127\.0\.0\.4):([0-9]+)")[0]
    admin = (match[1], int(match[2]))
    for _ in range(2):
        server.upgrade()
        assert int(server.log.wait_for(TAKEN_OVER, server._upgrades)[-1][2]) == 4
        for address in addresses:
            with Connection(address) as connection:
                assert connection.ask("GET", "/about.html").status == 200
        with Connection(admin) as connection:
            assert connection.ask("GET", "/status.json").status == 200


def test_unix_sockets_stay_where_they_are(start, scratch):
    path, admin = scratch / "bobbin.sock", scratch / "admin.sock"
    server = start(
        "--bind", "127.0.0.1", "--bind", f"unix:{path}", "--admin", f"unix:{admin}", "--keep-alive-timeout", "120s"
    )
    before = (path.stat().st_ino, admin.stat().st_ino, stat.S_IMODE(path.stat().st_mode))
    with Connection(path) as connection:
        assert connection.ask("GET", "/about.html").keeps
        server.upgrade()
        response = connection.ask("GET", "/about.html")
        assert response.status == 200
        check_is_the_last(connection, response)
    assert server.wait_for_the_first() == 0
    assert (path.stat().st_ino, admin.stat().st_ino, stat.S_IMODE(path.stat().st_mode)) == before
    with Connection(path) as connection:
        assert connection.ask("GET", "/about.html").status == 200
    with Connection(admin) as connection:
        assert connection.ask("GET", "/healthz").status == 200
    server.upgrade()
    with Connection(path) as connection:
        assert connection.ask("GET", "/about.html").status == 200


def test_sockets_of_a_service_manager(start_plain, root, binary, scratch):
    """They are known by their names also in the process to which the service manager has passed nothing."""
    path = scratch / "bobbin.sock"
    server = start_plain(
        "-c", ACTIVATOR, "web:local:web", f"tcp,unix:{path},tcp", binary, "--bind", "fd:web", "--bind", "fd:local", "--root", root,
        program="/usr/bin/python3", root=root, kind=Upgradable,
    )  # fmt: skip
    ports = [int(match[1]) for match in server.log.wait_for(r"started on http://127\.0\.0\.1:(\d+) \(fd:web\)$", 2)]
    for upgrades in (1, 2):
        server.upgrade()
        for port in ports:
            with Connection(("127.0.0.1", port)) as connection:
                assert connection.ask("GET", "/about.html").status == 200
        with Connection(path) as connection:
            assert connection.ask("GET", "/about.html").status == 200
        server.log.wait_for(r"started on http://127\.0\.0\.1:\d+ \(fd:web\)$", 2 * (upgrades + 1))
    assert int(server.log.wait_for(TAKEN_OVER, 2)[-1][2]) == 3
    server.stop()
    assert path.exists(), "the file is the service manager's"


def test_a_root_that_the_sandbox_refuses_to_a_reload(start_configured, write, sanitized, tmp_path_factory):
    if sanitized:
        pytest.skip("a sanitizer looks at its own process in ways that the sandbox does not allow")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "site"
    elsewhere.mkdir()
    (elsewhere / "index.html").write_text("elsewhere")
    server = start_configured(uploads="off")
    write(root=str(elsewhere), port=0, uploads="off")
    server.tell(signal.SIGHUP)
    server.log.wait_for("Reload refused, everything stays as it was: the sandbox does not let ")
    assert server.get("/index.html").content != b"elsewhere"
    server.upgrade()
    assert server.get("/index.html").content == b"elsewhere"


def test_the_new_process_is_in_the_sandbox_as_well(start, sanitized):
    if sanitized:
        pytest.skip("a sanitizer looks at its own process in ways that the sandbox does not allow")
    server = start("--sandbox", "required")
    for _ in range(2):
        server.upgrade()
        for thread in os.listdir(f"/proc/{server.now}/task"):
            status = pathlib.Path(f"/proc/{server.now}/task/{thread}/status").read_text()
            assert "\nSeccomp:\t2\n" in status and "\nNoNewPrivs:\t1\n" in status
    server.log.wait_for("Sandbox: files, connections and system calls$", 3)


@as_root
def test_a_server_that_has_become_another_user(start, root, scratch):
    """The new process becomes this user, too; what only root may bind it has from the old one."""
    for path in (scratch, *scratch.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    scratch.chmod(0o711)
    server = start("--user", "nobody", "--uploads", "off")
    for _ in range(2):
        server.upgrade()
        for thread in os.listdir(f"/proc/{server.now}/task"):
            status = pathlib.Path(f"/proc/{server.now}/task/{thread}/status").read_text()
            assert set(re.search(r"^Uid:\t(.*)$", status, re.MULTILINE)[1].split()) == {"65534"}
            assert int(re.search(r"^CapEff:\t(.*)$", status, re.MULTILINE)[1], 16) == 0
        assert server.get("/index.html").status == 200
    server.wait_for_the_first()
    eventually(lambda: len(processes_of(scratch)) == 2, "the processes before have ended")
    assert set(processes_of(scratch)) == {server.now, launcher_of(server.now)}


@as_root
def test_a_port_below_1024_and_another_user(start, root, scratch):
    for path in (scratch, *scratch.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    scratch.chmod(0o711)
    for port in range(1023, 900, -1):
        if not accepts(("127.0.0.9", port)):
            break
    server = start("--user", "nobody", "--uploads", "off", "--port", str(port), "--bind", "127.0.0.9")
    server.upgrade()
    assert server.wait_for_the_first() == 0
    assert server.get("/index.html").status == 200


# Upgrades that fail


def check_serves_on(server):
    """As before: the same process, and everything that it does."""
    assert is_alive(server.now)
    count = len(server.uploads())
    assert server.get("/about.html").status == 200
    assert server.upload(b'["afterwards"]').status == 201
    assert len(server.uploads()) == count + 1


def check_may_be_upgraded_now(server):
    server.upgrade()
    check_serves_on(server)


def test_a_configuration_that_is_wrong(start_configured, write, file):
    server = start_configured(header="X-Release: 1")
    for wrong in ["treads = 3\n", 'root = "/not/there"\n', "not a line of TOML\n"]:
        file.write_text(wrong)
        server.fail_to_upgrade()
        check_serves_on(server)
    file.unlink()
    server.fail_to_upgrade()
    check_serves_on(server)
    assert release_of(server.get()) == "1"
    write(port=0, header="X-Release: 2")
    check_may_be_upgraded_now(server)
    assert release_of(server.get()) == "2"


def test_the_log_says_what_is_wrong_in_the_configuration(start_configured, file):
    server = start_configured()
    file.write_text("treads = 3\n")
    server.fail_to_upgrade()
    server.log.wait_for("Upgrade failed, this process serves on: .*treads: no such key")


@pytest.mark.parametrize("kind", ["gone", "not executable", "no program", "another one"])
def test_a_program_that_cannot_be_started(start_installed, place, kind):
    server = start_installed()
    if kind == "gone":
        place.path.unlink()
    elif kind == "another one":
        place.install_script("#!/bin/sh\nexec /bin/false\n")
    else:
        place.install_script("no program\n", 0o644 if kind == "not executable" else 0o755)
    server.fail_to_upgrade()
    check_serves_on(server)
    place.restore()
    check_may_be_upgraded_now(server)


@pytest.mark.parametrize(
    "acts",
    [
        ["sys.exit(0)"],
        ["sys.exit(9)"],
        ["os.kill(os.getpid(), signal.SIGKILL)"],
        ["channel.close()", "wait()"],
        ["greet()", "sys.exit(0)"],
        ["greet()", "channel.close()", "wait()"],
        ["say('garbage')", "wait_for_the_end()"],
        ["greet()", "say('garbage')", "wait_for_the_end()"],
        ["greet()", "channel.send(bytes(range(256)))", "wait_for_the_end()"],
        ["greet()", "say('x' * 60000)", "wait_for_the_end()"],
        ["greet()", "say('prepared 7')", "wait_for_the_end()"],
        ["greet()", "say('prepared -1')", "wait_for_the_end()"],
        ["greet()", "say('prepared 0 0')", "wait_for_the_end()"],
        ["greet()", "say('prepared 99999999999999999999')", "wait_for_the_end()"],
        ["greet()", "say(f'serving {os.getpid()}')", "wait_for_the_end()"],
        ["greet()", "say('outcome 1 0 0 0 ')", "wait_for_the_end()"],
        ["take_over()", "sys.exit(0)"],
        ["take_over()", "say('garbage')", "wait_for_the_end()"],
        ["take_over()", "say('serving')", "wait_for_the_end()"],
        ["take_over()", "say('serving x')", "wait_for_the_end()"],
        ["take_over()", "prepare()", "wait_for_the_end()"],
        ["take_over()", "say('outcome 1 0 0 0 ')", "wait_for_the_end()"],
        ["take_over()", "say('failed at the last moment')", "wait_for_the_end()"],
    ],
    ids=" ".join,
)
def test_a_new_program_that_does_not_do_its_part(start_installed, place, acts):
    """Whatever it does instead, the old process serves on, and the next upgrade is possible."""
    server = start_installed()
    place.install_fake(*acts)
    server.fail_to_upgrade()
    check_serves_on(server)
    place.restore()
    check_may_be_upgraded_now(server)


def test_the_new_program_says_why(start_installed, place):
    server = start_installed()
    place.install_fake("greet()", "say('failed because I say so')")
    assert "because I say so" in server.fail_to_upgrade()
    check_serves_on(server)


def test_what_the_new_program_says_stays_on_its_line(start_installed, place):
    """It is not trusted to write into the log."""
    server = start_installed()
    place.install_fake("greet()", r"say('failed one\nTWO \x1b[31m')")
    server.fail_to_upgrade()
    check_serves_on(server)
    assert not any(line.startswith("TWO") or "\x1b" in line for line in server.log.lines)


# The server waits for a minute, and for ten seconds while nobody stores.
TAKES_LONG = pytest.mark.skipif("BOBBIN_LONG" not in os.environ, reason="./test long runs it")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "acts",
    [
        pytest.param([], id="at once", marks=TAKES_LONG),
        pytest.param(["greet()"], id="before it is prepared", marks=TAKES_LONG),
        pytest.param(["take_over()"], id="before it serves"),
    ],
)
def test_a_new_program_that_says_nothing(start_installed, place, acts):
    """It is given up some day, and ended."""
    server = start_installed()
    place.install_fake(*acts, "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    answers = in_parallel(2, lambda number: server.upload(b"[%d]" % number) if number else server.get("/about.html"))
    assert [response.status for response in answers] == [200, 201]
    server.log.wait_for(FAILED, patience=400)
    server._failures += 1
    wait_until_ended(fake)
    check_serves_on(server)
    place.restore()
    check_may_be_upgraded_now(server)


def test_the_protocol(start_installed, place, scratch):
    """What a new program is told of the sockets, and what of a document."""
    path = scratch / "bobbin.sock"
    server = start_installed(*PATIENT_FLAGS, "--bind", "127.0.0.1", "--bind", f"unix:{path}")
    place.install_fake("take_over()", "serve()", "take_document()", "answer('0 0 0 ')", "wait_for_the_end()")
    with server.connect() as connection:
        content = text_of(1_000)
        rest = begin_upload(connection, content, 10)
        fake = server.upgrade()
        received = [match[1] for match in server.log.wait_for("^Fake: received (.*)$", 5)]
        assert received[0] == "hello 1" and received[3:] == ["all", "released"]
        assert all(text.startswith("listener ") for text in received[1:3]) and received[1] != received[2]
        connection.send(rest)
        number, device, inode, size = map(int, server.log.wait_for(r"^Fake: received document (\d+) (\d+) (\d+) (\d+)$")[0].groups())
        assert size == len(content)
        said = server.log.wait_for(r"^Fake: content has device (\d+) inode (\d+) size (\d+)$")[0]
        assert int(said[3]) == size
        assert connection.receive().status == 503
    assert server.wait_for_the_first() == 0
    server.log.wait_for("^Fake: the channel has ended$")
    wait_until_ended(fake)
    assert uploaded(server) == []


def test_a_document_that_the_new_process_does_not_answer(start_installed, place):
    """Nobody knows what has become of it, so the client is not told that it is stored."""
    server = start_installed(*PATIENT_FLAGS)
    place.install_fake("take_over()", "serve()", "take_document()")
    with server.connect() as connection, server.connect() as other:
        rest = begin_upload(connection, text_of(100_000), 10)
        rest_of_other = begin_upload(other, b"[1]", 1)
        server.upgrade()
        connection.send(rest)
        assert 500 <= connection.receive().status <= 599
        other.send(rest_of_other)
        assert 500 <= other.receive().status <= 599, "there is nobody who could store it"
    assert server.wait_for_the_first() == 0


@pytest.mark.parametrize("text", ["", "x", "1", "0 0 0", "99 0 0 ", "-1 -1 -1 ", "0 0 0 " + 50_000 * "x"])
def test_an_outcome_that_means_nothing(start_installed, place, text):
    server = start_installed(*PATIENT_FLAGS, "--commit-timeout", "2s")
    place.install_fake("take_over()", "serve()", "take_document()", f"answer({text!r})", "wait_for_the_end()")
    with server.connect() as connection:
        rest = begin_upload(connection, b"[1]", 1)
        server.upgrade()
        connection.send(rest)
        assert 500 <= connection.receive().status <= 599
    assert server.wait_for_the_first() == 0


def test_outcomes_for_documents_that_nobody_has_sent(start_installed, place):
    server = start_installed(*PATIENT_FLAGS, "--commit-timeout", "2s")
    place.install_fake("take_over()", "serve()", "wait()", "say('outcome 4711 0 0 0 ')", "say('garbage')", "wait_for_the_end()")
    with server.connect() as connection:
        rest = begin_upload(connection, b"[1]", 1)
        wake(server.upgrade())
        connection.send(rest)
        assert 500 <= connection.receive().status <= 599
    assert server.wait_for_the_first() == 0


# While an upgrade is under way


@pytest.mark.parametrize("durability", ["files", "journal"])
@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("size", [20, 100_000])
def test_uploads_wait_while_the_folder_is_nobodys(start_installed, place, size, before, durability):
    """They are not refused: whoever serves in the end stores them. Everything else is answered as ever."""
    server = start_installed(*PATIENT_FLAGS, "--durability", durability)
    for _ in range(before):
        assert server.upload(text_of(size)).status == 201
    place.install_fake("take_over()", "wait()")
    earlier = server.connect()
    rest = begin_upload(earlier, text_of(size), 10)
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    earlier.send(rest)
    uploads = [server.connect() for _ in range(3)]
    for connection in uploads:
        connection.send(connection.request("POST", "/upload", fields=[JSON], content=text_of(size)))
    for _ in range(20):
        assert server.get("/about.html").status == 200
    assert not any(connection.has_input() for connection in (earlier, *uploads))
    assert uploaded(server) == [text_of(size)] * before
    wake(fake)
    server.wait_until_failed()
    assert [connection.receive().status for connection in (earlier, *uploads)] == [201] * 4
    assert uploaded(server) == [text_of(size)] * (4 + before)
    check_serves_on(server)
    place.restore()
    check_may_be_upgraded_now(server)


@pytest.mark.parametrize("before", [0, 1])
def test_inboxes_wait_too(folder, place, configuration, start, binary, before):  # noqa: F811
    server = start("--config", configuration(), *PATIENT_FLAGS, program=place.path)
    for _ in range(before):
        check_accepted(post(server, b"[0]"))
    place.install_fake("take_over()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    connections = [server.connect() for _ in range(5)]
    for number, connection in enumerate(connections):
        connection.send(connection.request("POST", "/in/box", fields=[JSON], content=b"[%d]" % number))
    for _ in range(20):
        assert server.get("/about.html").status == 200
    assert not any(connection.has_input() for connection in connections) and len(records(folder)) == before
    wake(fake)
    server.wait_until_failed()
    for connection in connections:
        check_accepted(connection.receive())
    assert sorted(body for _, body in records(folder)) == sorted([b"[0]"] * before + [b"[%d]" % number for number in range(5)])
    server.stop()
    check_whole(binary, folder)


def test_documents_can_be_read_while_the_folder_is_nobodys(start_installed, place):
    server = start_installed()
    location = server.upload(b"[1]")["Location"]
    place.install_fake("take_over()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    assert server.get(location).content == b"[1]"
    wake(fake)
    server.wait_until_failed()


def test_the_folder_is_unlocked_for_the_new_process(start_installed, place, binary, root):
    """It is at rest, so that whoever reads it finds it whole, and the old process takes it back at once."""
    server = start_installed()
    assert server.upload(b"[1]").status == 201
    place.install_fake("take_over()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    check_whole(binary, root / "uploads")
    wake(fake)
    server.wait_until_failed()
    check_serves_on(server)


def test_a_folder_that_was_in_use_is_taken_back(start_installed, place):
    """After each of several upgrades that fail at the last moment, uploads are stored, and none is refused."""
    server = start_installed()
    place.install_fake("take_over()")
    for _ in range(5):
        check_serves_on(server)
        server.fail_to_upgrade()
    check_serves_on(server)


def test_a_second_signal_is_a_line_in_the_log(start_installed, place):
    server = start_installed()
    place.install_fake("greet()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    for count in (1, 2):
        server.tell(signal.SIGUSR2)
        server.log.wait_for("SIGUSR2: an upgrade is under way already", count)
    assert server.log.count(BEGUN) == 1
    wake(fake)
    server.wait_until_failed()
    check_serves_on(server)


def test_a_reload_is_a_line_in_the_log(start_plain, write, place, root):
    server = start_plain(
        "--config", write(port=0, header="X-Release: 1"), root=root, kind=Upgradable, program=place.path
    )
    place.install_fake("greet()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    write(port=0, header="X-Release: 2")
    server.tell(signal.SIGHUP)
    server.log.wait_for("SIGHUP")
    assert release_of(server.get()) == "1" and server.log.count(RELOADED) == 0
    wake(fake)
    server.wait_until_failed()
    assert release_of(server.get()) == "1"
    server.tell(signal.SIGHUP)
    server.log.wait_for(RELOADED)
    assert release_of(server.get()) == "2"


@pytest.mark.parametrize("number", [signal.SIGUSR2, signal.SIGHUP], ids=["SIGUSR2", "SIGHUP"])
def test_a_process_that_only_finishes_begins_nothing(start_configured, write, number):
    server = start_configured(flags=PATIENT_FLAGS, header="X-Release: 1")
    busy = occupy(server)
    write(port=0, header="X-Release: 2")
    server.upgrade()
    write(port=0, header="X-Release: 3")
    for _ in range(5):
        server.process.send_signal(number)
    for _ in range(20):
        assert release_of(server.get()) == "2"
    assert release_of(busy_answer(busy)) == "1"
    assert server.wait_for_the_first() == 0
    assert server.log.count(BEGUN) == 1 and server.log.count(RELOADED) == 0
    assert release_of(server.get()) == "2"


def busy_answer(connection):
    connection.send(b"[1]")
    response = connection.receive()
    assert response.status == 201 and not response.keeps
    return response


def test_a_process_that_only_finishes_may_be_stopped(start):
    """Then idle connections are closed at once, and the new process goes on."""
    server = start(*PATIENT_FLAGS, "--keep-alive-timeout", "120s")
    with server.connect() as idle:
        assert idle.ask("GET", "/about.html").keeps
        server.upgrade()
        server.process.send_signal(signal.SIGTERM)
        idle.expect_closed()
    assert server.wait_for_the_first() == 0
    assert server.upload(b"[1]").status == 201


def test_many_signals_at_once(start):
    """They begin one upgrade or some, one after the other, and in the end one process serves."""
    server = start()
    for _ in range(50):
        with contextlib.suppress(ProcessLookupError):
            server.process.send_signal(signal.SIGUSR2)
    assert server.wait_for_the_first() == 0
    server.finish_upgrade()
    assert server.log.count(HANDED_OVER) == 1 and server.log.count(FAILED) == 0
    assert server.upload(b"[1]").status == 201


def test_a_log_file_goes_on(start, scratch):
    path = scratch / "bobbin.log"
    server = start("--log-file", path, log_file=path)
    assert server.get().status == 200
    server.tell(signal.SIGUSR2)
    match = eventually(lambda: re.search(HANDED_OVER, path.read_text(), re.MULTILINE), "the log says so")
    server.now = int(match[1])
    assert server.get().status == 200
    server.stop()
    text = path.read_text()
    assert text.count("Server stopped\n") == 2 and text.count("HTTP Server started on ") == 2
    assert re.search(TAKEN_OVER, text, re.MULTILINE)


@pytest.mark.parametrize("acts", [["wait_for_the_end()"], ["greet()", "wait_for_the_end()"], ["take_over()", "wait_for_the_end()"],
                                  ["greet()", "wait()"]], ids=" ".join)  # fmt: skip
def test_a_stop_ends_both(start_installed, place, acts):
    """Nobody serves afterwards, whatever the new process was about to do."""
    server = start_installed()
    place.install_fake(*acts)
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    server.tell(signal.SIGTERM)
    assert server.wait_for_the_first() == 0
    wait_until_ended(fake)
    assert not accepts(server.address)


@pytest.mark.parametrize("moment", ["with the signal", BEGUN, "HTTP Server started on ", HANDED_OVER])
def test_a_stop_at_any_moment(start, scratch, moment, pid_file):
    """Whichever process serves then, the service ends when each that the pid file has named was told to."""
    server = start("--pid-file", pid_file)
    seen = server.log.count(moment)
    server.tell(signal.SIGUSR2)
    if moment != "with the signal":
        server.log.wait_for(moment, seen + 1)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_for_the_first() == 0
    if server.log.count(HANDED_OVER):
        server.now = int(server.log.wait_for(HANDED_OVER)[0][1])
        assert server.get().status == 200
    else:
        eventually(lambda: processes_of(scratch) == {}, "the new process has ended, too")
        assert not accepts(server.address) and not pid_file.exists()


def test_the_process_is_killed_during_an_upgrade(start_installed, place, scratch):
    """The program that was to follow learns of it, and so does the launcher."""
    server = start_installed()
    place.install_fake("greet()", "wait_for_the_end()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    server.kill()
    wait_until_ended(fake)
    eventually(lambda: processes_of(scratch) == {}, "nothing is left")


# The launcher


def test_the_launcher_ends_with_the_server(start, scratch):
    server = start()
    launcher = eventually(lambda: launcher_of(server.now), "there is a launcher")
    server.kill()
    wait_until_ended(launcher)
    server = start()
    launcher = launcher_of(server.now)
    server.upgrade()
    assert server.wait_for_the_first() == 0
    wait_until_ended(launcher)
    launcher = launcher_of(server.now)
    os.kill(server.now, signal.SIGKILL)
    wait_until_ended(launcher)


def test_without_its_launcher_a_server_serves_on(start):
    server = start()
    os.kill(launcher_of(server.now), signal.SIGKILL)
    eventually(lambda: launcher_of(server.now) is None, "the launcher is gone")
    check_serves_on(server)
    server.tell(signal.SIGUSR2)
    server.wait_until_failed()
    check_serves_on(server)


def test_signals_for_the_whole_group_end_the_server_the_orderly_way(start):
    """As a terminal sends them: the launcher is not the first to go, and nothing is logged as a fault."""
    server = start(before=os.setsid)
    assert server.get().status == 200
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.wait_for_the_first() == 0
    server.log.wait_for("Server stopped$")


def test_the_launcher_holds_nothing_of_the_server(start):
    """No socket that listens and no folder: a port is free as soon as the server has ended."""
    server = start()
    launcher = launcher_of(server.now)
    found = [os.readlink(f"/proc/{launcher}/fd/{name}") for name in os.listdir(f"/proc/{launcher}/fd")]
    own = {os.readlink(f"/proc/{server.now}/fd/{name}") for name in os.listdir(f"/proc/{server.now}/fd")}
    inodes = {re.search(r"\[(\d+)\]", link)[1] for link in own if link.startswith("socket:")}
    for text in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = text.split()
        if words[1].endswith(f":{server.port:04X}") and words[3] == "0A":
            assert words[9] in inodes
            assert f"socket:[{words[9]}]" not in found
    assert not any(link.startswith(str(server.root)) for link in found)


def test_the_new_process_is_a_child_of_nobody_here(start):
    """Not of the launcher, which ends with the old process."""
    server = start()
    launcher = launcher_of(server.now)
    server.upgrade()
    server.wait_for_the_first()
    wait_until_ended(launcher)
    assert parent_of(server.now) not in (server.process.pid, launcher)


def test_nothing_is_handed_on_that_is_not_needed(start):
    """After a few upgrades a process has as many descriptors open as after the first."""
    server = start()
    counts = []
    for _ in range(4):
        server.upgrade()
        wait_until_ended(server.process.pid)
        assert server.get().status == 200
        counts.append(descriptors_of(server))
    assert counts[1] == counts[2] == counts[3]


def descriptors_of(server):
    """How many there are once the number does not change any more."""
    counts = []

    def is_steady():
        counts.append(len(os.listdir(f"/proc/{server.now}/fd")))
        return len(counts) >= 50 and len(set(counts[-50:])) == 1

    eventually(is_steady, "the number of descriptors is steady")
    return counts[-1]


# The pid file, and the command that uses it


def is_locked(path):
    with open(path) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True


def test_the_pid_file_names_who_serves(start, pid_file):
    server = start("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    for _ in range(3):
        assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)
        with open(pid_file) as held:  # so that its inode is not used again
            server.upgrade()
            eventually(lambda: pid_file.read_text() == f"{server.now}\n", "it names the new process")
            assert pid_file.stat().st_ino != os.fstat(held.fileno()).st_ino
    server.stop()
    assert not pid_file.exists()


def test_the_old_process_leaves_the_pid_file_of_the_new_one(start, pid_file):
    server = start("--pid-file", pid_file, *PATIENT_FLAGS)
    busy = occupy(server)
    server.upgrade()
    busy.close()
    assert server.wait_for_the_first() == 0
    assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)


def test_a_pid_file_is_removed_after_a_failed_upgrade_as_well(start_installed, place, pid_file):
    server = start_installed("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    place.install_fake("take_over()")
    server.fail_to_upgrade()
    assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)
    server.stop()
    assert not pid_file.exists()


@pytest.mark.parametrize("named_by", ["flag", "file", "variable"])
def test_the_command_upgrades(start_configured, binary, scratch, pid_file, file, named_by):
    server = start_configured(pid_file=str(pid_file))
    eventually(pid_file.exists, "it is there")
    arguments = {"flag": ("--pid-file", pid_file), "file": ("--config", file), "variable": ()}[named_by]
    environment = {"BOBBIN_PID_FILE": str(pid_file)} if named_by == "variable" else None
    for _ in range(2):
        old = server.now
        ended = run_to_end(binary, "upgrade", *arguments, environment=environment)
        assert (ended.returncode, ended.stderr) == (0, "")
        server.finish_upgrade()
        assert ended.stdout == f"Process {server.now} serves in place of process {old}\n"
        assert pid_file.read_text() == f"{server.now}\n"
    assert server.get().status == 200


def test_the_command_says_that_an_upgrade_has_failed(start_configured, binary, pid_file, write, file):
    server = start_configured(pid_file=str(pid_file))
    eventually(pid_file.exists, "it is there")
    with open(pid_file) as held:
        file.write_text("treads = 3\n")
        ended = run_to_end(binary, "upgrade", "--pid-file", pid_file)
        assert (ended.returncode, ended.stdout) == (1, "") and ended.stderr.startswith("bobbin: upgrade: ")
        assert str(server.now) in ended.stderr
        server.wait_until_failed()
        assert pid_file.stat().st_ino != os.fstat(held.fileno()).st_ino, "it is written anew"
    assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)
    check_serves_on(server)
    write(port=0, pid_file=str(pid_file))
    ended = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert ended.returncode == 0
    server.finish_upgrade()


def test_the_command_says_when_there_is_no_launcher(start, binary, pid_file):
    server = start("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    os.kill(launcher_of(server.now), signal.SIGKILL)
    eventually(lambda: launcher_of(server.now) is None, "the launcher is gone")
    ended = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert (ended.returncode, ended.stdout) == (1, "") and ended.stderr
    check_serves_on(server)


def test_the_command_says_when_the_server_dies_meanwhile(start_installed, place, binary, pid_file):
    server = start_installed("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    place.install_fake("greet()", "wait_for_the_end()")
    killer = threading.Thread(target=lambda: (wait_for_the_fake(server), server.kill()))
    killer.start()
    ended = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    killer.join()
    assert (ended.returncode, ended.stdout) == (1, "") and ended.stderr


def test_the_command_needs_a_server(binary, scratch, pid_file, start):
    missing = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert missing.returncode == 2 and str(pid_file) in missing.stderr
    pid_file.write_text(f"{os.getpid()}\n")  # alive, and no server: the file is not locked
    stale = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert stale.returncode == 2 and str(pid_file) in stale.stderr
    pid_file.unlink()
    unknown = run_to_end(binary, "upgrade")
    assert unknown.returncode == 2 and "--pid-file" in unknown.stderr
    server = start("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    server.kill()
    left = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert left.returncode == 2 and str(pid_file) in left.stderr
    server = start("--pid-file", pid_file)
    eventually(lambda: is_locked(pid_file), "it is written anew")
    assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)


@pytest.mark.parametrize("content", ["", "\n", "x\n", "-1\n", "0\n", "99999999999999999999\n"])
def test_a_pid_file_that_names_nobody(binary, pid_file, content):
    """Although somebody has its lock, nobody is sent a signal."""
    pid_file.write_text(content)
    with open(pid_file) as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        wrong = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert wrong.returncode == 2 and str(pid_file) in wrong.stderr


# What a service manager is told


@pytest.fixture(params=["path", "abstract"])
def manager(request, scratch):
    address = str(scratch / "notify") if request.param == "path" else f"@bobbin-test-{os.getpid()}-{random.getrandbits(64):x}"
    with Notified(address) as notified:
        yield notified


def test_a_service_manager_is_told(start, manager):
    server = start("--uploads", "off", environment={"NOTIFY_SOCKET": manager.address})
    assert manager.wait_for("READY=1")[0] == server.now
    server.tell(signal.SIGHUP)
    number, line = manager.wait_for("MONOTONIC_USEC=")
    assert number == server.now and re.fullmatch(r"MONOTONIC_USEC=\d+", line)
    assert manager.received[-1][1][0] == "RELOADING=1"
    manager.wait_for("READY=1", server.now)
    old = server.now
    new = server.upgrade()
    assert manager.wait_for("MAINPID=")[1] == f"MAINPID={new}"
    assert server.wait_for_the_first() == 0
    assert "STOPPING=1" not in manager.lines(), "the service does not stop"
    server.tell(signal.SIGHUP)
    manager.wait_for("RELOADING=1", new)
    manager.wait_for("READY=1", new)
    server.tell(signal.SIGTERM)
    manager.wait_for("STOPPING=1", new)
    assert [number for number, lines in manager.received if "STOPPING=1" in lines] == [new], f"and not of {old}"


def test_a_reload_that_is_refused_ends_as_well(start_configured, manager, file):
    """Or the service manager would wait for it."""
    server = start_configured(options={"environment": {"NOTIFY_SOCKET": manager.address}})
    manager.wait_for("READY=1")
    file.write_text("treads = 3\n")
    server.tell(signal.SIGHUP)
    manager.wait_for("RELOADING=1")
    manager.wait_for("READY=1")
    server.log.wait_for("Reload refused")


def test_a_failed_upgrade_changes_nothing_for_the_service_manager(start_installed, place, manager):
    server = start_installed(environment={"NOTIFY_SOCKET": manager.address})
    manager.wait_for("READY=1")
    place.install_fake("take_over()")
    server.fail_to_upgrade()
    check_serves_on(server)
    server.tell(signal.SIGTERM)
    manager.wait_for("STOPPING=1", server.now)
    assert not any(line.startswith("MAINPID=") and line != f"MAINPID={server.now}" for line in manager.lines())


# Sets WATCHDOG_PID to its own number, as a service manager does, and becomes bobbin.
WATCHED = """
import os, sys
os.environ["WATCHDOG_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("names_the_process", [True, False])
def test_the_watchdog(start_plain, root, binary, manager, names_the_process):
    environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "3000000"}
    program, words = ("/usr/bin/python3", ["-c", WATCHED, binary]) if names_the_process else (binary, [])
    server = start_plain(*words, "--root", root, "--port", 0, root=root, kind=Upgradable, program=program, environment=environment)
    for _ in range(3):
        manager.wait_for("WATCHDOG=1", server.now)
    for _ in range(2):
        server.upgrade()
        for _ in range(3):
            manager.wait_for("WATCHDOG=1", server.now)


def test_a_watchdog_of_another_process(start, manager):
    """It is nothing to this one."""
    environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}
    server = start(*PATIENT_FLAGS, "--status-interval", "3s", environment=environment)
    manager.wait_for("READY=1")
    busy = occupy(server)  # so that there is something to tell every three seconds
    server.log.wait_for("Thread pool status: ", 2)
    busy.close()
    server.tell(signal.SIGTERM)
    manager.wait_for("STOPPING=1")
    assert "WATCHDOG=1" not in manager.lines()
