"""The feed of an inbox: readers on other machines, who miss nothing and get nothing twice (docs/inbox.md)."""

import base64
import hashlib
import json
import os
import random
import re
import signal
import threading
import time

import pytest

from support.background import Background
from support.feeds import (
    BATCH,
    EVENTS,
    LINES,
    READER,
    SEQUENCE,
    Reader,
    Stream,
    next_of,
    read,
    reading_fields,
    records_of,
    sequences_shown,
    wait_until_shown,
    write_tokens,
)
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    TOKEN,
    check_accepted,
    check_problem,
    configuration,
    folder,
    names,
    post,
    start_inbox,
    token_file,
)
from support.server import run_to_end
from support.waiting import eventually, in_parallel

pytestmark = [pytest.mark.semantics, pytest.mark.http2]


@pytest.fixture
def reader_file(scratch):
    return write_tokens(scratch / "readers", **{"reader-1": READER})


@pytest.fixture
def start_feed(start_inbox, reader_file):
    """Start a server with an inbox and its feed."""
    return lambda *flags, tail="", **keys: start_inbox(*flags, tail=tail, feed_token_file=reader_file, **keys)


def post_all(server, *contents):
    """Returns the answers, once the records are shown."""
    answers = [check_accepted(post(server, content)) for content in contents]
    wait_until_shown(server, answers[-1]["sequence"])
    return answers


def post_numbers(server, count):
    return post_all(server, *[b'{"n": %d}' % number for number in range(1, count + 1)])


def move(folder, sequence, source, target, prefix=""):
    name = names(folder, source)[sequence - 1]
    os.rename(folder / source / name, folder / target / (prefix + name))


# Who may read


def test_without_the_option_nobody_reads(start_inbox):
    server = start_inbox()
    response = read(server)
    assert response.status == 405 and "GET" not in response["Allow"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_readers_need_a_token_of_their_own(start_feed, token_file, method):
    server = start_feed(token_file=token_file)
    bearer = [("Authorization", f"Bearer {TOKEN}")]
    assert post(server, fields=bearer).status == 201
    eventually(lambda: read(server).status == 200, "the feed is there")
    for token in (None, "wrong", TOKEN):
        response = read(server, token=token, method=method)
        assert response.status == 401 and response["WWW-Authenticate"].startswith("Bearer "), token
    assert read(server, method=method).status == 200


def test_a_reader_may_not_post(start_feed, token_file, folder):
    server = start_feed(token_file=token_file)
    assert post(server, fields=[("Authorization", f"Bearer {READER}")]).status == 401
    assert names(folder) == []


@pytest.mark.modes("many")
def test_no_rule_opens_a_feed_to_everybody(start_feed):
    server = start_feed(tail='[[rule]]\npath = "/**"\nopen = true\n')
    assert read(server, token=None).status == 401
    assert post(server).status == 201


@pytest.mark.modes("many")
def test_a_reader_that_is_locked_out_is_shown_nothing_more(start_feed, reader_file, scratch):
    server = start_feed()
    post_numbers(server, 1)
    with server.connect() as connection:
        stream = Stream(connection)
        assert stream.receive()[0] == 1
        write_tokens(scratch / "readers", another="another-token-1234")
        assert stream.receive_to_end() == []
    assert read(server).status == 401
    assert read(server, token="another-token-1234").status == 200


# What is shown


def test_records_are_shown_in_their_order(start_feed, folder):
    server = start_feed()
    answers = post_numbers(server, 5)
    events = json.loads(read(server, accept=BATCH).content)
    assert [int(event["sequence"]) for event in events] == [1, 2, 3, 4, 5]
    assert [event["id"] for event in events] == [answer["id"] for answer in answers]
    assert [event["data"] for event in events] == [{"n": number} for number in range(1, 6)]


def test_readers_follow_the_link_to_the_next_records(start_feed):
    server = start_feed()
    post_numbers(server, 5)
    seen = []
    target = "/in/box?since=1&limit=2"
    for expected in (3, 5, 5):
        response = server.ask("GET", target, fields=reading_fields(LINES))
        seen += [record["sequence"] for record in records_of(response.content)]
        target, since = next_of(response)
        assert since == expected
    assert seen == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "flags, tail",
    [
        (("--profile", "folder"), ""),
        (("--cache-control", "public, max-age=3600"), ""),
        (("--header", "CDN-Cache-Control: max-age=60"), '[[rule]]\npath = "/in/*"\ncache_control = "public, max-age=60"\n'),
    ],
)
def test_nobody_keeps_an_answer_whatever_the_site_says(start_feed, flags, tail):
    """RFC 9111 §5.2.2.5"""
    server = start_feed(*flags, tail=tail)
    post_numbers(server, 1)
    for query in ("?limit=1", "?since=1"):
        for method in ("GET", "HEAD"):
            response = read(server, query, method=method)
            said = [(name.lower(), value) for name, value in response.fields if name.lower().endswith("cache-control")]
            assert response.status == 200 and said == [("cache-control", "no-store")], (method, query)
    with server.connect() as connection:
        lines = Stream(connection).head.lower().split(b"\r\n")
        assert [line for line in lines if b"cache-control:" in line] == [b"cache-control: no-store"]


@pytest.mark.parametrize("accept", [None, "*/*", BATCH])
def test_the_form_is_a_batch_of_cloud_events(start_feed, accept):
    """CloudEvents 1.0, json-format.md: what an event needs, and of which kinds its attributes are."""
    server = start_feed()
    (answer,) = post_all(server, b'{"a":\n[1.50]}')
    response = read(server, accept=accept)
    assert response.status == 200 and response["Content-Type"] == BATCH
    assert response["Cache-Control"] == "no-store" and "Accept" in response["Vary"]
    (event,) = json.loads(response.content)
    time_text = event.pop("time")
    assert abs(time.mktime(time.strptime(time_text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone - time.time()) < 100
    assert event == {
        "specversion": "1.0", "id": answer["id"], "source": "/in/box", "type": "bobbin.document",
        "sequence": "00000000000000000001", "datacontenttype": "application/json", "data": {"a": [1.5]},
    }  # fmt: skip


def test_events_say_of_which_type_their_content_is(start_feed):
    """json-format.md §3.1.1: binary content is in `data_base64`."""
    server = start_feed(accept=["json", "any"])
    content = bytes(range(256))
    check_accepted(post(server, content, content_type='image/x; name="a"'))
    post_all(server, b'{"n": 1}')
    events = json.loads(read(server, accept=BATCH).content)
    assert [event.get("datacontenttype") for event in events] == ['image/x; name="a"', "application/json"]
    assert base64.b64decode(events[0]["data_base64"], validate=True) == content and "data" not in events[0]
    assert events[1]["data"] == {"n": 1} and "data_base64" not in events[1]
    first, _ = records_of(read(server, accept=LINES).content)
    assert base64.b64decode(first["body64"], validate=True) == content


def test_the_form_is_a_line_for_each_record(start_feed, folder):
    server = start_feed()
    post_all(server, b'{"a": 1}', b'{"b":\r\n2}')
    response = read(server, accept=LINES)
    assert response["Content-Type"] == LINES
    first, second = [(folder / "new" / name).read_bytes() for name in names(folder)]
    assert response.content == first + second.replace(b"\r\n", b"  ")


def test_the_form_is_a_text_sequence_byte_for_byte(start_feed, folder):
    server = start_feed()
    post_all(server, b'{"a": 1}', b'{"b":\r\n2}')
    response = read(server, accept=SEQUENCE)
    assert response["Content-Type"] == SEQUENCE
    assert response.content == b"".join(b"\x1e" + (folder / "new" / name).read_bytes() for name in names(folder))


def test_other_forms_are_refused(start_feed):
    server = start_feed()
    eventually(lambda: read(server).status == 200, "the feed is there")
    assert EVENTS in check_problem(read(server, accept="text/html"), 406)


@pytest.mark.parametrize(
    "query,allowed",
    [("?limit=0", "from 1 to 1000"), ("?limit=1001", "from 1 to 1000"), ("?wait=61", "from 0 to 60"), ("?since=x", "whole number"),
     ("?from=1", "since, limit and wait"), ("?since=1&since=1", "once")],
)  # fmt: skip
def test_bad_parameters_are_told_what_is_allowed(start_feed, query, allowed):
    server = start_feed()
    assert allowed in check_problem(read(server, query), 400)


def test_a_sequence_beyond_the_end_is_refused(start_feed):
    """A journal that has begun anew would leave a reader waiting for ever."""
    server = start_feed()
    post_numbers(server, 2)
    assert read(server, "?since=2").status == 200
    assert "the last one is 2" in check_problem(read(server, "?since=3"), 409)


def test_a_head_is_answered_without_records(start_feed):
    server = start_feed()
    post_numbers(server, 2)
    response = read(server, "?limit=1&wait=60", method="HEAD")
    assert response.status == 200 and response.content == b"" and next_of(response)[1] == 1


def test_the_methods_are_told(start_feed):
    server = start_feed()
    for method, status in (("OPTIONS", 204), ("DELETE", 405)):
        response = server.ask(method, "/in/box")
        assert response.status == status and response["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_records_are_shown_wherever_a_consumer_moves_them(start_feed, folder):
    server = start_feed()
    post_numbers(server, 4)
    move(folder, 1, "new", "work", "me.")
    move(folder, 1, "new", "done")
    move(folder, 1, "new", "failed")
    assert sequences_shown(server) == [1, 2, 3, 4]
    server.stop()
    server = start_feed()
    wait_until_shown(server, 4)
    assert sequences_shown(server) == [1, 2, 3, 4]


def test_what_a_consumer_has_deleted_is_shown_no_more(start_feed, folder):
    server = start_feed()
    post_numbers(server, 4)
    for sequence in (3, 2):
        (folder / "new" / names(folder)[sequence - 1]).unlink()
    assert sequences_shown(server) == [1, 4]
    response = read(server, "?since=1&limit=1", LINES)
    assert response.status == 200 and [record["sequence"] for record in records_of(response.content)] == [4]
    server.stop()
    server = start_feed()
    wait_until_shown(server, 4)
    assert sequences_shown(server) == [1, 4]


def test_an_answer_has_four_mebibytes_and_one_record_at_least(start_feed):
    server = start_feed("--max-upload", "4MiB")
    post_all(server, *[b'"%b"' % (b"x" * 3_000_000)] * 2, b"1")
    response = read(server, "?limit=1000", LINES)
    assert [record["sequence"] for record in records_of(response.content)] == [1] and next_of(response)[1] == 1
    assert sequences_shown(server, "?since=1") == [2, 3]


# Waiting


def test_a_reader_waits_for_the_next_record(start_feed):
    server = start_feed()
    post_numbers(server, 1)

    # The document comes while the reader waits, or before it asks: any moment will do.
    actions = [lambda: read(server, "?since=1&wait=60", LINES), lambda: post(server, b'{"n": 2}')]
    answers = in_parallel(2, lambda number: actions[number]())
    assert [record["sequence"] for record in records_of(answers[0].content)] == [2]
    assert next_of(answers[0]) == ("/in/box?since=2&limit=100&wait=60", 2)


def test_a_reader_waits_no_longer_than_it_wants(start_feed):
    server = start_feed()
    post_numbers(server, 1)
    begin = time.monotonic()
    response = read(server, "?since=1&wait=1s")
    assert time.monotonic() - begin >= 1
    assert json.loads(response.content) == [] and next_of(response) == ("/in/box?since=1&limit=100&wait=1", 1)


@pytest.mark.modes("many")
def test_a_reader_that_waits_and_leaves_is_forgotten(start_feed):
    """At the end of its wait at the latest."""
    server = start_feed("--keep-alive-requests", "0")
    post_numbers(server, 1)
    connections = [server.connect() for _ in range(20)]
    for connection in connections:
        connection.send(connection.request("GET", "/in/box?since=1&wait=2", fields=reading_fields(LINES)))
    eventually(lambda: server.open_sockets() >= 20, "all are connected")
    for connection in connections:
        connection.abort()
    eventually(lambda: server.open_sockets() < 20, "they have gone")
    post_numbers(server, 1)


@pytest.mark.modes("many")
def test_500_readers_wait_for_one_document(start_feed):
    """Each costs a connection, and neither a thread nor a worker."""
    server = start_feed("--threads", "2", "--access-log", "off")
    post_numbers(server, 1)
    polls = [server.connect() for _ in range(250)]
    for connection in polls:
        connection.send(connection.request("GET", "/in/box?since=1&wait=60", fields=reading_fields(LINES)))
    streams = [Stream(server.connect(), "?since=1") for _ in range(250)]
    threads = server.threads()
    assert post(server, b'{"n": 2}').status == 201
    for connection in polls:
        assert [record["sequence"] for record in records_of(connection.receive().content)] == [2]
    for stream in streams:
        assert stream.receive()[0] == 2
    assert server.threads() <= threads + 4


# Event streams


@pytest.mark.modes("many", "tls")
def test_a_stream_gives_every_record_that_comes(start_feed, folder):
    server = start_feed()
    post_numbers(server, 2)
    with server.connect() as connection:
        stream = Stream(connection, "?since=1")
        assert stream.receive()[0] == 2
        for number in (3, 4):
            post(server, b'{"n":\n%d}' % number)
            sequence, data = stream.receive()
            assert sequence == number
            assert data.encode() + b"\n" == (folder / "new" / names(folder)[number - 1]).read_bytes()


@pytest.mark.modes("many", "capacity-1")
def test_a_stream_goes_on_behind_the_last_event(start_feed):
    """HTML §9.2.4: a browser asks for the same URL again, and names the last event."""
    server = start_feed()
    post_numbers(server, 3)
    with server.connect() as connection:
        assert Stream(connection, "?since=0", last_event_id=2).receive()[0] == 3


@pytest.mark.modes("many")
def test_a_stream_says_something_now_and_then(start_feed):
    """At least twice in the time after which a source counts as stalled, so it is never cut."""
    server = start_feed("--stall-timeout", "3s")
    post_numbers(server, 1)
    with server.connect() as connection:
        stream = Stream(connection, "?since=1")
        poster = threading.Timer(8, post, (server, b'{"n": 2}'))
        poster.start()
        assert stream.receive()[0] == 2
        poster.join()
        assert stream.comments >= 2


# Interruptions


@pytest.mark.modes("many")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_readers_miss_nothing_and_get_nothing_twice(start_feed, folder, end):
    """While documents come, consumers move them, readers are interrupted and go on, and the server is started again."""
    chance = random.Random()
    server = start_feed("--keep-alive-requests", "0")
    posted = {}
    latest = 0

    class Posters(Background):
        def __init__(self):
            super().__init__([self._post] * 3)

        def _post(self):
            own = random.Random()
            with server.connect() as connection:
                while not self.stopping.is_set():
                    content = b'{"id": "%032x"}' % own.getrandbits(128)
                    answer = check_accepted(connection.ask("POST", "/in/box", fields=[("Content-Type", "application/json")], content=content))
                    with self.lock:
                        posted[answer["sequence"]] = (answer["id"], answer["sha256"])

    class Consumers(Background):
        def __init__(self):
            super().__init__([self._consume] * 2)

        def _consume(self):
            own = random.Random()
            me = f"w{own.getrandbits(32)}"
            while not self.stopping.wait(0.005):
                for name in names(folder)[:20]:
                    try:
                        os.rename(folder / "new" / name, folder / "work" / f"{me}.{name}")
                    except FileNotFoundError:
                        continue
                    target = own.choice(["done", "failed", "new"])
                    os.rename(folder / "work" / f"{me}.{name}", folder / target / name)

    with Reader(lambda: server.address, chance) as reader, Reader(lambda: server.address) as steady, Consumers():
        for _ in range(3):
            with Posters():
                goal = len(posted) + 60
                eventually(lambda: len(posted) >= goal, "documents are posted")
            latest = max(posted)
            if end == "kill":
                server.kill()
            else:
                server.stop()
            server = start_feed("--keep-alive-requests", "0")
        eventually(lambda: len(reader) >= latest and len(steady) >= latest, "readers have seen all")
    for each in (reader, steady):
        assert each.sequences() == list(range(1, latest + 1))
        seen = {sequence: (identifier, digest) for sequence, identifier, digest in each.seen}
        assert {sequence: seen[sequence] for sequence in posted} == posted
    assert reader.interruptions > 0


@pytest.mark.modes("many")
def test_readers_do_not_hold_up_a_stop(start_feed):
    server = start_feed()
    post_numbers(server, 1)
    with server.connect() as waiting, server.connect() as streaming:
        waiting.send(waiting.request("GET", "/in/box?since=1&wait=60", fields=reading_fields(LINES)))
        stream = Stream(streaming, "?since=1")
        begin = time.monotonic()
        server.signal(signal.SIGTERM)
        response = waiting.receive()
        assert response.status == 200 and response.content == b"" and next_of(response)[1] == 1
        assert stream.receive_to_end() == []
        assert time.monotonic() - begin < 20
    server.stop()


@pytest.mark.modes("many")
def test_a_reload_has_readers_ask_again(start_feed):
    server = start_feed()
    post_numbers(server, 1)
    with server.connect() as waiting, server.connect() as streaming:
        waiting.send(waiting.request("GET", "/in/box?since=1&wait=60", fields=reading_fields(LINES)))
        stream = Stream(streaming, "?since=1")
        server.signal(signal.SIGHUP)
        assert stream.receive_to_end() == []
        assert waiting.receive().status == 200
    assert sequences_shown(server) == [1]


@pytest.mark.modes("many")
def test_a_feed_can_be_turned_on_while_the_server_runs(start_inbox, configuration, reader_file):
    server = start_inbox()
    for number in range(3):
        check_accepted(post(server, b'{"n": %d}' % number))
    configuration(feed_token_file=reader_file)
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    wait_until_shown(server, 3)
    assert sequences_shown(server) == [1, 2, 3]
    post_numbers(server, 1)
    assert sequences_shown(server) == [1, 2, 3, 4]


@pytest.mark.modes("many")
def test_the_start_does_not_wait_for_the_index(start_feed, folder, sanitized):
    """Meanwhile readers are told to come again."""
    server = start_feed()
    post_numbers(server, 1)
    server.stop()
    (name,) = names(folder)
    record = (folder / "new" / name).read_bytes()
    for number in range(5_000 if sanitized else 20_000):  # copies of one record, which are shown once
        (folder / "done" / f"20200101T000000.{number:06}Z-{'a' * 26}.json").write_bytes(record)
    server = start_feed()
    statuses = set()

    def is_there():
        response = read(server, accept=LINES)
        statuses.add(response.status)
        assert response.status == 200 or (response.status == 503 and response["Retry-After"] == "1"), response
        return response.status == 200

    eventually(is_there, "the feed is there", every=0)
    assert sequences_shown(server) == [1]


@pytest.mark.modes("many")
def test_a_journal_that_begins_anew_is_noticed(start_feed, folder):
    server = start_feed()
    post_numbers(server, 3)
    server.stop()
    for path in (folder / ".bobbin/journal").iterdir():
        path.unlink()
    (folder / ".bobbin/journal").rmdir()
    server = start_feed()
    eventually(lambda: read(server).status == 200, "the feed is there")
    assert read(server, "?since=3").status == 409
    post_numbers(server, 1)
    assert sequences_shown(server) == [1], "those of the other journal are shown no more"
    server.stop()
    server = start_feed()
    wait_until_shown(server, 1)
    assert sequences_shown(server) == [1]


# What is told of it


@pytest.mark.modes("many")
def test_the_start_says_that_there_is_a_feed(start_feed, reader_file):
    server = start_feed()
    server.log.wait_for(re.escape(f"with a feed for tokens of '{reader_file}'"))


@pytest.mark.modes("many")
def test_explain_and_check_config_know_the_feed(binary, configuration, reader_file, folder):
    path = configuration(feed_token_file=reader_file)
    assert run_to_end(binary, "--config", path, "--check-config").returncode == 0
    ended = run_to_end(binary, "explain", "/in/box?since=1", "-H", f"Authorization: Bearer {READER}", "--config", path)
    assert "the records of the inbox box" in ended.stdout and "200 OK" in ended.stdout, ended
    assert "401 Unauthorized" in run_to_end(binary, "explain", "/in/box", "--config", path).stdout
    assert not folder.exists()


@pytest.mark.modes("many")
def test_a_broken_file_of_tokens_refuses_the_start(binary, configuration, scratch):
    (scratch / "readers").write_text("reader-1:abc\n")
    ended = run_to_end(binary, "--config", configuration(feed_token_file=str(scratch / "readers")), "--check-config")
    assert ended.returncode != 0 and "no SHA-256" in ended.stderr, ended


@pytest.mark.modes("many")
def test_a_file_of_tokens_may_not_be_served(binary, configuration, root):
    path = write_tokens(root / "readers", **{"reader-1": READER})
    ended = run_to_end(binary, "--root", root, "--config", configuration(feed_token_file=path), "--check-config")
    assert ended.returncode != 0 and "lies where clients could fetch it" in ended.stderr, ended


@pytest.mark.modes("many")
def test_a_record_that_is_damaged_is_left_out_and_the_log_says_so(start_feed, folder):
    server = start_feed()
    post_numbers(server, 3)
    path = folder / "new" / names(folder)[1]
    path.write_bytes(path.read_bytes().replace(b'"n": 2', b'"n": 7'))
    assert sequences_shown(server) == [1, 3]
    server.log.wait_for("leaves out the record 2")
    assert hashlib.sha256(b'{"n": 7}').hexdigest() not in read(server, accept=LINES).text
