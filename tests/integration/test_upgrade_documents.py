"""What becomes of documents, and of readers of a feed, while a process takes over (docs/upgrade.md)."""

import contextlib
import json
import random

import pytest

from support.background import Background
from support.client import Connection, chunked
from support.clients import PATIENT_FLAGS
from support.feeds import (
    LINES,
    READER,
    Reader,
    Stream,
    next_of,
    reading_fields,
    wait_until_shown,
    write_tokens,
)
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
from support.upgrades import (  # noqa: F401 (fixtures are used by name)
    begin_upload,
    check_is_the_last,
    check_whole,
    file,
    start,
    text_of,
    uploaded,
)
from support.waiting import eventually, in_parallel

pytestmark = pytest.mark.modes("many")

NDJSON = ("Content-Type", "application/x-ndjson")


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
