"""The stand-in for a store of objects fails as it is told to, and counts what it was asked."""

import http.client
import socket
import ssl
from dataclasses import replace

import pytest

from support.background import Background
from support.certificates import make_certificate
from support.s3.client import Client, all_keys
from support.s3.faults import (
    AFTER_PERFORMING, BEFORE_CONTENT, BEFORE_PERFORMING, CONFLICT, INTERNAL_ERROR, KEY_REVOKED, NO_SUCH_BUCKET, SLOW_DOWN,
    WITHIN_ANSWER, Answers, CutBeforeContent, CutBeforePerforming, CutContent, IgnoreIfNoneMatch, LoseAnswer, OtherContent,
    ShortContent, Stall, WrongETag,
)
from support.s3.faulty import FaultyStore
from support.s3.fixtures import bucket, client  # noqa: F401
from support.tls import client_context
from support.waiting import eventually

ONCE = ("If-None-Match", "*")
CUT = (OSError, http.client.HTTPException)


@pytest.fixture
def store(faulty_store):
    return faulty_store


def statuses(store):
    return [request.status for request in store.requests]


@pytest.mark.parametrize("fault, status, code", [
    (INTERNAL_ERROR, 500, "InternalError"),
    (SLOW_DOWN, 503, "SlowDown"),
    (CONFLICT, 409, "ConditionalRequestConflict"),
    (KEY_REVOKED, 403, "InvalidAccessKeyId"),
    (NO_SUCH_BUCKET, 404, "NoSuchBucket"),
])
def test_errors(store, bucket, client, fault, status, code):
    """Twice, only for what matches; nothing is done, and the connection stays open."""
    rule = store.fail(fault, count=2, method="PUT", key="a/*")
    assert client.put(bucket, "b", b"1").status == 200
    for _ in range(2):
        answer = client.put(bucket, "a/b", b"1")
        assert (answer.status, answer.code) == (status, code)
    assert store.objects(bucket) == ["b"]
    assert client.put(bucket, "a/b", b"1").status == 200
    assert rule.met == 2 and statuses(store) == [200, status, status, 200]
    assert store.connections_accepted == 1


@pytest.mark.parametrize("fault, performed", [
    (CutBeforeContent(), False),
    (CutBeforePerforming(), False),
    (LoseAnswer(), True),
])
def test_cut_connections(store, bucket, client, fault, performed):
    store.fail(fault)
    with pytest.raises(CUT):
        client.put(bucket, "a", b"1", ONCE)
    assert store.objects(bucket) == (["a"] if performed else [])
    assert client.put(bucket, "a", b"1", ONCE).status == (412 if performed else 200)
    assert [request.connection for request in store.requests] == [1, 2]
    assert statuses(store)[0] is None


def test_errors_that_close(store, bucket, client):
    store.fail(Answers(500, "InternalError", closes=True))
    assert client.put(bucket, "a", b"1").field("Connection") == "close"
    assert client.socket is None
    store.fail(Answers(503, "SlowDown", at_once=True))
    answer = client.put(bucket, "a", b"1")
    assert (answer.code, answer.field("Connection")) == ("SlowDown", "close")
    store.fail(Answers(503, "SlowDown", at_once=True))
    assert client.get(bucket, "a").field("Connection") == "Keep-Alive"
    assert [request.content for request in store.requests] == [b"1", b"", b""]


def test_a_refusal_is_lost_as_well(store, bucket, client):
    store.put(bucket, "a", b"1")
    store.fail(LoseAnswer())
    with pytest.raises(CUT):
        client.put(bucket, "a", b"2", ONCE)
    assert store.read(bucket, "a") == b"1"


def test_rules_are_applied_in_their_order(store, bucket, client):
    parts = store.fail(INTERNAL_ERROR, count=None, when=lambda request: request.asked("partNumber"))
    store.fail(SLOW_DOWN, count=2, bucket=bucket)
    assert client.put(bucket, "a", b"1", query=[("partNumber", "1"), ("uploadId", "x")]).code == "InternalError"
    assert [client.get(bucket, "a").code for _ in range(3)] == ["SlowDown", "SlowDown", "NoSuchKey"]
    assert parts.met == 1 and len(store.requests_of(method="GET", key="a")) == 3
    store.heal()
    assert client.put(bucket, "a", b"1", query=[("partNumber", "1"), ("uploadId", "x")]).code == "NoSuchUpload"


def test_answers_that_are_wrong(store, bucket, client):
    client.put(bucket, "a", b"0123456789")
    right = client.get(bucket, "a")
    store.fail(WrongETag())
    assert client.get(bucket, "a").etag != right.etag
    store.fail(ShortContent())
    assert client.get(bucket, "a").content == b"01234"
    store.fail(OtherContent())
    assert client.get(bucket, "a").content == b"1123456789"
    store.fail(CutContent())
    with pytest.raises(Exception, match="5 bytes read, 5 more expected"):
        client.get(bucket, "a")
    assert (client.get(bucket, "a").etag, client.get(bucket, "a").content) == (right.etag, right.content)


def test_a_store_that_cannot_create_once(store, bucket, client):
    store.fail(IgnoreIfNoneMatch(), count=None)
    assert [client.put(bucket, "a", content, ONCE).status for content in (b"1", b"2")] == [200, 200]
    assert store.read(bucket, "a") == b"2"
    assert store.requests[0].get("if-none-match") == "*"
    store.heal()
    assert client.put(bucket, "a", b"3", ONCE).status == 412


@pytest.mark.parametrize("moment", [BEFORE_CONTENT, BEFORE_PERFORMING, AFTER_PERFORMING, WITHIN_ANSWER])
def test_stalls(store, bucket, client, moment):
    """A request waits until it is released, and others meanwhile do not."""
    stall = Stall(moment=moment)
    store.put(bucket, "a", b"0123456789")
    store.fail(stall, key="a")
    answers = []
    with Background([lambda: answers.append(client.get(bucket, "a"))]):
        stall.wait_until_reached()
        with Client(store.address, store.credentials) as other:
            assert other.get(bucket, "b").code == "NoSuchKey"
        assert answers == []
        stall.release()
    assert answers[0].content == b"0123456789"


def test_pages_may_be_smaller_than_was_asked_for(store, bucket, client):
    for key in ("a", "b/1", "b/2", "c"):
        store.put(bucket, key, b"1")
    store.largest_page = 2
    page = client.list(bucket, max_keys=3)
    assert (page.texts("Contents/Key"), page.text("IsTruncated")) == (["a", "b/1"], "true")
    assert all_keys(client, bucket) == ["a", "b/1", "b/2", "c"]


def test_a_stall_ends_by_itself(store, bucket, client):
    store.fail(Stall(0.01))
    assert client.put(bucket, "a", b"1").status == 200


def test_closing_releases_what_waits():
    store = FaultyStore()
    bucket, stall = store.new_bucket(), Stall()
    store.fail(stall)
    with Client(store.address, store.credentials) as client:

        def ask():
            try:
                assert client.get(bucket, "a").code == "NoSuchKey"
            except CUT:
                pass  # the end came before the answer

        with Background([ask]):
            stall.wait_until_reached()
            store.close()


def test_refused_connections(store, bucket, client):
    store.stop_listening()
    with pytest.raises(ConnectionRefusedError):
        client.put(bucket, "a", b"1")
    store.listen()
    assert client.put(bucket, "a", b"1").status == 200


def test_idle_connections_that_are_cut(store, bucket, client):
    client.put(bucket, "a", b"1")
    assert store.open_connections == 1
    store.cut_connections()
    eventually(lambda: store.open_connections == 0, "the connection has been closed")
    with pytest.raises(CUT):
        client.put(bucket, "b", b"1")
    assert store.objects(bucket) == ["a"]


def test_the_clock(store, bucket, client):
    store.clock = 16 * 60
    answer = client.get(bucket, "a")
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")
    client.clock = store.clock
    assert client.get(bucket, "a").code == "NoSuchKey"


def test_temporary_credentials(store, bucket, client):
    issued, others = store.issue_key(60), store.issue_key(60)
    assert issued.token != others.token

    def code(*tokens):
        fields = [("x-amz-security-token", token) for token in tokens]
        return client.get(bucket, "a", *fields, credentials=issued).code

    assert code(issued.token) == "NoSuchKey"
    assert code() == code(others.token) == "InvalidToken"
    store.clock = 61
    assert code(issued.token) == "ExpiredToken"


def test_a_store_of_one_region():
    with FaultyStore(region="eu-central-1") as store:
        bucket = store.new_bucket()
        with Client(store.address, store.credentials) as client:
            assert client.list(bucket).status == 200
            answer = client.request("GET", bucket, credentials=replace(store.credentials, region="us-east-1"))
            assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")


def test_tls(scratch):
    pair = make_certificate(scratch, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with FaultyStore(context=context) as store:
        bucket = store.new_bucket()
        with Client(store.address, store.credentials, context=client_context()) as client:
            assert client.put(bucket, "a", b"1").status == 200
            store.fail(LoseAnswer())
            with pytest.raises(CUT):
                client.put(bucket, "b", b"1")
        assert store.objects(bucket) == ["a", "b"]


def test_waiting_for_requests(store, bucket, client):
    with Background([lambda: client.put(bucket, "a", b"1")]):
        request, = store.wait_for_requests(method="PUT", key="a", answered=True)
    assert (request.status, request.content, request.user) == (200, b"1", "first")


def test_a_head_that_is_no_http_is_told_at_the_end():
    store = FaultyStore()
    with socket.create_connection(store.address) as connection:
        connection.sendall(b"GET\r\n\r\n")
        assert connection.recv(100) == b""
    with pytest.raises(AssertionError, match="no request of HTTP: GET"):
        store.close()
