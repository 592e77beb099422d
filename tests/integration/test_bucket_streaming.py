"""An object of a bucket is given to its clients while it is fetched (docs/object-store.md, "What is fetched when")."""

import base64
import gzip
import hashlib
import os
import random
import signal

import pytest

from support.client import Closed, Reset, parse_head
from support.http2 import Http2Server, StreamReset
from support.s3 import faults
from support.waiting import eventually
from test_bucket_sites import PREFIX, SOON, bucket, cache, fetches, metric, open_files, put, start_site, tree_of, whole_files  # noqa: F401
from test_object_inbox import processes_of

# ruff: noqa: F811
pytestmark = pytest.mark.modes("many")

LARGE = random.Random(2).randbytes(3_000_000)
HALF = len(LARGE) // 2  # so much of it is sent before a store stalls, or cuts
TEXT = b"0123456789abcde\n" * 200_000


class Http1Transfer:
    """An answer that is received bit by bit."""

    def __init__(self, server, target, fields):
        self._connection = server.connect()
        self._connection.send(self._connection.request("GET", target, fields=fields))
        self._left = None

    def head(self):
        """The status; the fields, in lower case, are `fields` then."""
        status, _, fields = parse_head(self._connection.receive_head())
        self.fields = {name.lower(): value for name, value in fields}
        self._left = int(self.fields["content-length"])
        return status

    def take(self, count):
        taken = self._connection.receive_bytes(count)
        self._left -= count
        return taken

    def rest(self):
        """What follows. None: the answer was cut before its end."""
        try:
            return self.take(self._left)
        except (Closed, Reset):
            return None

    def leave(self):
        self._connection.abort()


class Http2Transfer:
    """The same on a stream of HTTP/2."""

    def __init__(self, server, target, fields):
        self._connection = server.connect_http2()
        self._stream = self._connection.send_head("GET", target, fields=fields)
        self._taken = 0

    def _wait_for(self, condition):
        response = self._connection.responses[self._stream]
        while not condition(response):
            if response["reset"] is not None:
                raise StreamReset(response["reset"])
            assert self._connection.take(), "the connection was closed, and not the stream"
        return response

    def head(self):
        response = self._wait_for(lambda response: response["fields"] is not None)
        self.fields = {name.decode(): value.decode() for name, value in response["fields"]}
        return int(self.fields[":status"])

    def take(self, count):
        response = self._wait_for(lambda response: len(response["content"]) >= self._taken + count)
        self._taken += count
        return response["content"][self._taken - count : self._taken]

    def rest(self):
        try:
            return self._wait_for(lambda response: response["ended"])["content"][self._taken :]
        except StreamReset:
            return None

    def leave(self):
        self._connection.close()


@pytest.fixture(params=["plain", "tls", "h2"])
def start_wire(request, start_site):
    """A server as `start_site` starts it, which is asked over each wire."""

    def start_it(*flags, **options):
        if request.param == "h2":
            options["kind"] = Http2Server
        server = start_site(*flags, *(("--tls", "self-signed") if request.param == "tls" else ()), **options)
        server.begin = lambda target, *fields: (Http2Transfer if request.param == "h2" else Http1Transfer)(server, target, fields)
        return server

    return start_it


@pytest.fixture
def start(start_site):
    def start_it(*flags, **options):
        server = start_site(*flags, **options)
        server.begin = lambda target, *fields: Http1Transfer(server, target, fields)
        return server

    return start_it


@pytest.fixture(autouse=True)
def objects(put):
    put("large.bin", LARGE)
    put("large.css", TEXT)
    put("small.bin", LARGE[:200_000])


@pytest.fixture
def stall(faulty_store):
    """The store sends a half of the object and waits to be released."""
    stall = faults.Stall(moment=faults.WITHIN_ANSWER)
    faulty_store.fail(stall, key=PREFIX + "large.*")
    return stall


def cut(faulty_store, stall):
    """The store sends nothing more of what waits."""
    faulty_store.cut_connections()
    stall.release()


def incoming(cache):
    return os.listdir(tree_of(cache).parent / "incoming")


# What clients get


def test_what_has_come_is_given_before_the_rest_is_sent(start_wire, stall, fetches):
    server = start_wire()
    head = server.ask("HEAD", "/large.bin")
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200
    assert transfer.take(HALF) == LARGE[:HALF]
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges"):
        assert transfer.fields[name.lower()] == head[name], name
    stall.release()
    assert transfer.rest() == LARGE[HALF:]
    whole = server.get("/large.bin")
    assert (whole.content, whole["ETag"], fetches()) == (LARGE, head["ETag"], 1)


def test_others_join_each_where_he_is(start_wire, stall, fetches):
    server = start_wire()
    first = server.begin("/large.bin")
    assert first.head() == 200 and first.take(100_000) == LARGE[:100_000]
    others = [server.begin("/large.bin") for _ in range(5)]
    for other in others:
        assert other.head() == 200 and other.take(HALF) == LARGE[:HALF]
    stall.release()
    assert [other.rest() for other in others] == [LARGE[HALF:]] * 5
    assert first.rest() == LARGE[100_000:]
    assert fetches() == 1


def test_a_range_waits_for_its_part_alone(start_wire, stall, fetches):
    server = start_wire()
    late = server.begin("/large.bin", ("Range", f"bytes={HALF + 10}-{HALF + 1009}"))
    last = server.begin("/large.bin", ("Range", "bytes=-500"))
    stall.wait_until_reached()
    across = server.begin("/large.bin", ("Range", f"bytes={HALF - 10}-{HALF + 9}"))
    assert across.head() == 206 and across.take(10) == LARGE[HALF - 10 : HALF]
    part = server.get("/large.bin", fields=[("Range", "bytes=1000-1099")])
    assert (part.status, part.content) == (206, LARGE[1000:1100])
    assert part["Content-Range"] == f"bytes 1000-1099/{len(LARGE)}"
    several = server.get("/large.bin", fields=[("Range", "bytes=0-9,500000-500009")])
    assert several.status == 206 and several["Content-Type"].startswith("multipart/byteranges")
    assert LARGE[:10] in several.content and LARGE[500_000:500_010] in several.content
    assert server.get("/large.bin", fields=[("Range", f"bytes={len(LARGE)}-")]).status == 416
    stall.release()
    assert across.rest() == LARGE[HALF : HALF + 10]
    assert late.head() == 206 and late.rest() == LARGE[HALF + 10 : HALF + 1010]
    assert last.head() == 206 and last.rest() == LARGE[-500:]
    assert fetches() == 1


def test_conditions_are_those_of_the_whole(start, stall):
    server = start()
    before = server.ask("HEAD", "/large.bin")
    first = server.begin("/large.bin")
    assert first.head() == 200 and first.take(HALF)
    head = server.ask("HEAD", "/large.bin")
    assert (head.status, head["ETag"], head["Content-Length"]) == (200, before["ETag"], str(len(LARGE)))
    assert server.get("/large.bin", fields=[("If-None-Match", head["ETag"])]).status == 304
    assert server.get("/large.bin", fields=[("If-Match", '"other"')]).status == 412
    with_range = [("Range", "bytes=0-9"), ("If-Range", head["ETag"])]
    assert server.get("/large.bin", fields=with_range).content == LARGE[:10]
    other = server.begin("/large.bin", ("Range", "bytes=0-9"), ("If-Range", '"other"'))
    assert other.head() == 200 and other.take(HALF) == LARGE[:HALF]
    stall.release()
    assert other.rest() == LARGE[HALF:]


def test_what_was_given_meanwhile_is_in_the_cache_then(start, stall, cache, fetches):
    server = start()
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(HALF)
    assert whole_files(cache) == set() and len(incoming(cache)) == 1
    stall.release()
    assert transfer.rest() is not None
    eventually(lambda: whole_files(cache) == {"large.bin"}, "it is kept")
    assert (tree_of(cache) / "large.bin").read_bytes() == LARGE and incoming(cache) == []
    assert server.get("/large.bin").content == LARGE
    assert fetches() == 1


def test_a_client_that_leaves_cancels_nothing(start_wire, stall, fetches):
    server = start_wire()
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(1000) == LARGE[:1000]
    transfer.leave()
    stall.release()
    eventually(lambda: metric(server, "bobbin_bucket_fetches_total") == 1, "it was fetched all the same")
    assert server.get("/large.bin").content == LARGE
    assert fetches() == 1


def test_a_slow_client_holds_up_nobody(start, stall):
    server = start()
    slow = server.begin("/large.bin")
    assert slow.head() == 200
    other = server.begin("/large.bin")
    assert other.head() == 200 and other.take(HALF) == LARGE[:HALF]
    stall.release()
    assert other.rest() == LARGE[HALF:]
    assert slow.rest() == LARGE


def test_the_server_may_only_read_what_it_gives(start, stall, cache):
    server = start()
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(HALF)
    (name,) = incoming(cache)
    assert [mode for place, mode in open_files(server) if place.endswith("/incoming/" + name)] == [os.O_RDONLY]
    stall.release()
    assert transfer.rest() == LARGE[HALF:]


# What waits for all of it


def test_what_is_made_from_all_of_it_waits_for_all_of_it(start, faulty_store, stall):
    server = start("--compress", "on", "--checksums", "on")
    asked = {
        "coded": server.begin("/large.css", ("Accept-Encoding", "gzip")),
        "digest": server.begin("/large.css", ("Want-Repr-Digest", "sha-256=1")),
        "checksum": server.begin("/large.css.sha256"),
    }
    stall.wait_until_reached()
    plain = server.begin("/large.css")
    assert plain.head() == 200 and plain.take(HALF) == TEXT[:HALF]
    cut(faulty_store, stall)
    assert {name: each.head() for name, each in asked.items()} == dict.fromkeys(asked, 503)
    assert plain.rest() is None
    eventually(lambda: server.get("/large.css").status == 200, "it is fetched then")
    coded = server.get("/large.css", fields=[("Accept-Encoding", "gzip")])
    assert gzip.decompress(coded.content) == TEXT
    digest = hashlib.sha256(TEXT).digest()
    with_digest = server.get("/large.css", fields=[("Want-Repr-Digest", "sha-256=1")])
    assert base64.b64encode(digest).decode() in with_digest["Repr-Digest"]
    assert server.get("/large.css.sha256").content.decode().split()[0] == digest.hex()


def test_tags_of_content_wait_for_all_of_it(start, faulty_store, stall):
    server = start("--etag", "content")
    transfer = server.begin("/large.bin")
    stall.wait_until_reached()
    cut(faulty_store, stall)
    assert transfer.head() == 503


@pytest.mark.parametrize("fault", [faults.CutContent(), faults.ShortContent()], ids=["cut", "short"])
def test_a_small_object_is_given_when_it_is_there(start, faulty_store, fault):
    server = start()
    faulty_store.fail(fault, key=PREFIX + "small.bin")
    assert server.get("/small.bin").status == 503
    eventually(lambda: server.get("/small.bin").content == LARGE[:200_000], "it is fetched then")


def test_nothing_is_given_of_another_version(start, faulty_store):
    server = start()
    faulty_store.fail(faults.WrongETag(), key=PREFIX + "large.bin")
    assert server.get("/large.bin").status == 503


# What goes wrong


def test_nobody_takes_for_whole_what_was_cut(start_wire, faulty_store, stall, fetches, cache):
    server = start_wire()
    before = server.ask("HEAD", "/large.bin")["ETag"]
    asked = [
        server.begin("/large.bin"),
        server.begin("/large.bin", ("Range", "bytes=10-")),
        server.begin("/large.bin", ("Range", f"bytes=0-{HALF + 10}")),
        server.begin("/large.bin", ("Range", "bytes=0-9,-10")),
    ]
    late = server.begin("/large.bin", ("Range", "bytes=-10"))
    assert [each.head() for each in asked] == [200, 206, 206, 206]
    stall.wait_until_reached()
    cut(faulty_store, stall)
    assert [each.rest() for each in asked] == [None] * 4
    assert late.head() == 503
    eventually(lambda: server.get("/large.bin").status == 200, "it is fetched anew")
    again = server.get("/large.bin")
    assert (again.content, again["ETag"], fetches()) == (LARGE, before, 2)
    eventually(lambda: incoming(cache) == [], "nothing is left over")


def test_content_that_ends_too_soon_is_cut(start, faulty_store):
    server = start()
    faulty_store.fail(faults.ShortContent(), key=PREFIX + "large.bin")
    transfer = server.begin("/large.bin")
    # Who comes when the fetch has failed already gets no beginning.
    head = transfer.head()
    assert head == 503 or (head, transfer.rest()) == (200, None)
    server.log.wait_for("large.bin cannot be served: the store has sent 1500000 of 3000000 bytes")
    eventually(lambda: server.get("/large.bin").status == 200, "it is fetched then")


def test_an_object_that_changes_while_it_is_given(start, stall, put, fetches):
    server = start(refresh=SOON)
    before = server.ask("HEAD", "/large.bin")["ETag"]
    old = server.begin("/large.bin")
    assert old.head() == 200 and old.take(1000) == LARGE[:1000]
    changed = bytes(reversed(LARGE))
    put("large.bin", changed)
    eventually(lambda: server.ask("HEAD", "/large.bin")["ETag"] != before, "the list shows it")
    new = server.begin("/large.bin")
    part = server.begin("/large.bin", ("Range", "bytes=0-9"), ("If-Range", before))
    stall.release()
    assert old.rest() == LARGE[1000:]
    assert new.head() == 200 and new.fields["etag"] != before and new.rest() == changed
    assert part.head() == 200 and part.rest() == changed
    assert fetches("large.bin") == 2


def test_the_agent_is_killed(start_wire, stall, faulty_store):
    server = start_wire()
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(HALF) == LARGE[:HALF]
    os.kill(max(processes_of(server, "bobbin-agent")), signal.SIGKILL)
    assert transfer.rest() is None
    stall.release()
    eventually(lambda: server.get("/large.bin").status == 200, "it is fetched by the next one")
    assert server.get("/large.bin").content == LARGE


def test_a_store_that_stalls_ends_with_a_cut(start_wire, stall):
    server = start_wire("--s3-timeout", "1s")
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(HALF) == LARGE[:HALF]
    assert transfer.rest() is None
    stall.release()
    eventually(lambda: server.get("/large.bin").status == 200, "it is fetched then")


def test_an_agent_that_hangs_ends_with_a_cut(start_wire, stall):
    server = start_wire("--stall-timeout", "1s")
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(HALF) == LARGE[:HALF]
    agent = max(processes_of(server, "bobbin-agent"))
    os.kill(agent, signal.SIGSTOP)
    try:
        assert transfer.rest() is None
    finally:
        os.kill(agent, signal.SIGCONT)


def test_a_fetch_may_take_longer_than_a_request(start, faulty_store):
    class TwoPauses(faults.Stall):
        """Neither is as long as --s3-timeout, but together they are longer."""

        def before_performing(self, request):
            self._wait()

    server = start("--s3-timeout", "6s")
    faulty_store.fail(TwoPauses(seconds=3.2, moment=faults.WITHIN_ANSWER), key=PREFIX + "large.bin")
    assert server.get("/large.bin").content == LARGE


# The end of the server


def test_what_is_being_given_is_given_to_its_end(start, stall):
    server = start()
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(HALF) == LARGE[:HALF]
    server.signal(signal.SIGTERM)
    server.log.wait_for("Shutting down")
    stall.release()
    assert transfer.rest() == LARGE[HALF:]
    assert server.wait() == 0


def test_a_stop_does_not_wait_for_what_nobody_wants(start, stall):
    server = start("--s3-timeout", "10m")
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(1000) == LARGE[:1000]
    server.signal(signal.SIGTERM)
    server.log.wait_for("Shutting down")
    transfer.leave()
    assert server.wait() == 0


def test_a_stop_cuts_what_does_not_come(start, stall):
    server = start("--grace-period", "1s")
    transfer = server.begin("/large.bin")
    assert transfer.head() == 200 and transfer.take(HALF) == LARGE[:HALF]
    server.signal(signal.SIGTERM)
    assert transfer.rest() is None
    server.expected_status = 3
    assert server.wait() == server.expected_status
