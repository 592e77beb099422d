"""What joins lines of the log to requests: the ids of requests, and traces; and how few lines there are (`--log-sample`)."""

import json
import re

import pytest

from support.server import run_to_end
from test_proxies import TRUSTED, last_exchange

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

MADE = "[0-9a-f]{32}"
# https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def ask(start):
    """Start a server with these flags that logs JSON; returns what asks it and gives the answer and its log entry."""

    def start_with(*flags):
        server = start(*flags, "--log-format", "json")

        def ask_once(fields=(), **rest):
            count = server.log.count('"status"')
            answer = server.ask(fields=fields, **rest)
            server.log.wait_for('"status"', count + 1)
            return answer, last_exchange(server)

        return ask_once

    return start_with


def test_requests_have_no_ids_unless_asked_for(ask):
    answer, entry = ask(*TRUSTED)([("X-Request-ID", "of-the-proxy")])
    assert "request_id" not in entry and "X-Request-ID" not in answer.fields


def test_each_answer_names_its_id(ask):
    """From the disk, from the cache, an error, an upload: the same as in the log, and never the same twice."""
    once = ask("--request-id", "on", "--request-id-field", "X-Request-ID")
    requests = [{}, {}, {"target": "/nothing"}, {"method": "POST", "target": "/upload", "content": b"1"}, {"method": "BREW"}]
    ids = []
    for request in requests:
        if "content" in request:
            request["fields"] = [("Content-Type", "application/json")]
        answer, entry = once(**request)
        assert re.fullmatch(MADE, entry["request_id"])
        assert answer["X-Request-ID"] == entry["request_id"]
        ids.append(entry["request_id"])
    assert len(set(ids)) == len(requests)


def test_the_log_alone_has_the_id(ask):
    answer, entry = ask("--request-id", "on")()
    assert re.fullmatch(MADE, entry["request_id"])
    assert "X-Request-ID" not in answer.fields


@pytest.mark.parametrize(
    ("flags", "fields", "taken"),
    [
        (TRUSTED, [("X-Request-ID", "a-b_c.d:1")], "a-b_c.d:1"),
        (TRUSTED, [("x-request-id", "a" * 128)], "a" * 128),
        (TRUSTED, [("X-Request-ID", "a" * 129)], None),
        (TRUSTED, [("X-Request-ID", "")], None),
        (TRUSTED, [("X-Request-ID", 'a","b')], None),
        (TRUSTED, [("X-Request-ID", "a"), ("X-Request-ID", "b")], None),
        (TRUSTED, [("X-Trace", "a")], None),
        (TRUSTED + ("--request-id-field", "X-Trace"), [("X-Trace", "a"), ("X-Request-ID", "b")], "a"),
        ((), [("X-Request-ID", "a")], None),
        (("--trusted-proxies", "10.0.0.0/8"), [("X-Request-ID", "a")], None),
    ],
)
def test_whose_id_is_taken(ask, flags, fields, taken):
    """That of a trusted proxy, when it is well-formed; from everybody else a client could choose it."""
    _, entry = ask("--request-id", "on", *flags)(fields)
    assert entry["request_id"] == taken if taken else re.fullmatch(MADE, entry["request_id"])


@pytest.mark.modes("many")
def test_a_request_that_cannot_be_read_has_an_id(start):
    server = start("--request-id", "on", "--request-id-field", "X-Request-ID", "--log-format", "json")
    with server.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nno field\r\n\r\n")
        answer = connection.receive()
    assert answer.status == 400
    server.log.wait_for('"status"')
    assert answer["X-Request-ID"] == last_exchange(server)["request_id"]


@pytest.mark.modes("many")
def test_a_block_names_the_id(start):
    server = start("--request-id", "on", "--request-id-field", "X-Request-ID")
    answer = server.ask()
    server.log.wait_for(r"\] Request id: " + answer["X-Request-ID"] + "$")


@pytest.mark.modes("many")
def test_a_field_of_ours_is_refused(binary, root):
    refused = run_to_end(binary, "--request-id-field", "Content-Length", "--root", root)
    assert refused.returncode == 2 and "--request-id-field" in refused.stderr


def test_the_trace_of_the_client(ask):
    """W3C Trace Context §3.2: what is malformed is ignored."""
    once = ask()
    _, entry = once([("traceparent", TRACEPARENT)])
    assert entry["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736" and entry["span_id"] == "00f067aa0ba902b7"
    for fields in [[], [("traceparent", TRACEPARENT.upper())], [("traceparent", TRACEPARENT)] * 2]:
        _, entry = once(fields)
        assert not {"trace_id", "span_id"} & entry.keys(), fields


def test_protocol_and_tls(ask, mode):
    _, entry = ask()()
    assert entry["protocol"] == ("HTTP/2" if mode.name == "h2" else "HTTP/1.1")
    assert entry.get("tls") == ("TLSv1.3" if mode.name == "tls" else None)


def test_the_log_says_why_a_request_was_refused(ask):
    _, entry = ask()(target="/nothing")
    assert entry["status"] == 404 and entry["detail"] and "refused" not in entry
    _, entry = ask()(method="BREW")
    assert entry["status"] == 501 and entry["detail"] and entry["refused"] == "method"


@pytest.mark.modes("many")
def test_a_sample_of_what_has_succeeded(start):
    server = start("--log-format", "json", "--log-sample", "4", "--threads", "1")
    for _ in range(8):
        assert server.ask().status == 200
        assert server.ask(target="/nothing").status == 404
    server.stop()
    entries = [json.loads(line) for line in server.log.lines if '"status"' in line]
    assert [entry["status"] for entry in entries] == [200, 404, 404, 404, 404] * 2
    assert [entry.get("sample") for entry in entries] == [4, None, None, None, None] * 2
