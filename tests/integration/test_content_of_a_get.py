"""RFC 9110 §9.3.1, RFC 9112 §6.3: content that a request does not need is content all the same, and never the next request.

The same bytes are sent again and again: an answer that is reused must not forget that content follows the head.
"""

import pytest

from support.client import chunked
from support.site import site_files
from support.validators import strong_etag
from support.waiting import in_parallel

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

ROUNDS = 4
PIPELINED = 5
LAST = "/contact.html"
SMUGGLED = "/sample.txt"


@pytest.fixture
def aged(start, aged_root):
    """A server whose one worker answers every connection, and may reuse its answers."""
    server = start("--threads", "1", "--keep-alive-requests", "0", root=aged_root)
    strong_etag(server, "/about.html")
    return server


def carrier(connection, case, tag):
    """(method, head of a request without its framing, the status of its answer)"""
    method, target, fields, status = {
        "a page": ("GET", "/about.html", [], 200),
        "head": ("HEAD", "/about.html", [], 200),
        "missing": ("GET", "/missing", [], 404),
        "not modified": ("GET", "/about.html", [("If-None-Match", tag)], 304),
        "part": ("GET", "/about.html", [("Range", "bytes=0-9")], 206),
        "options": ("OPTIONS", "/about.html", [], 204),
        "refused method": ("PUT", "/about.html", [], 405),
    }[case]
    return method, connection.request(method, target, fields=fields)[:-2], status


CASES = ["a page", "head", "missing", "not modified", "part", "options", "refused method"]


def framed(head, content, framing):
    if framing == "length":
        return head + b"Content-Length: %d\r\n\r\n" % len(content) + content
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked([content[:7], content[7:]])


def contents(connection, head):
    """What looks like a request: another one, several, the carrier itself, and the beginning of one."""
    smuggled = connection.request("GET", SMUGGLED)
    return {"a request": smuggled, "three": smuggled * 3, "itself": head + b"\r\n", "a beginning": smuggled[:-9]}


def expect_answers(connection, method, status, pipelined):
    """An answer to each, then that to the last request; or fewer, when one says that it is the last."""
    first = None
    for number in range(pipelined):
        response = connection.receive(method)
        assert response.status == status, (number, response)
        first = first or response
        assert response.content == first.content and response.get("ETag") == first.get("ETag")
        if not response.keeps:
            connection.expect_closed()
            return
    last = connection.receive()
    assert last.status == 200 and last.content == site_files()["contact.html"] and not last.keeps, last
    connection.expect_closed()


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("pipelined", [1, PIPELINED], ids=["one by one", "pipelined"])
def test_content_is_never_the_next_request(aged, case, framing, pipelined):
    """As many answers as requests, each the right one, however often the same bytes come."""
    tag = aged.get("/about.html")["ETag"]
    with aged.connect() as connection:
        kinds = contents(connection, carrier(connection, case, tag)[1]).keys()
    for kind in [kind for kind in kinds for _ in range(ROUNDS)]:
        with aged.connect() as connection:
            method, head, status = carrier(connection, case, tag)
            request = framed(head, contents(connection, head)[kind], framing)
            last = connection.request("GET", LAST, fields=[("Connection", "close")])
            connection.send(request * pipelined + last)
            expect_answers(connection, method, status, pipelined)


@pytest.mark.parametrize("case", ["a page", "missing", "not modified"])
def test_head_with_and_without_content(aged, case):
    """The answer to a head without content is no answer to the same head with a Content-Length, nor the other way round."""
    tag = aged.get("/about.html")["ETag"]
    with aged.connect() as connection:
        method, head, status = carrier(connection, case, tag)
        smuggled = connection.request("GET", SMUGGLED)
        for _ in range(ROUNDS):
            for request in [head + b"\r\n", framed(head, smuggled, "length"), framed(head, b"", "length")]:
                connection.send(request)
                assert connection.receive(method).status == status
        connection.expect_kept()


@pytest.mark.modes("many")
def test_content_in_pieces_on_several_connections(aged):
    """What one connection has asked is reused for the others, with the content still on its way."""

    def client(_):
        with aged.connect() as connection:
            for _ in range(ROUNDS):
                _, head, _ = carrier(connection, "a page", "")
                smuggled = connection.request("GET", SMUGGLED)
                request = framed(head, smuggled, "length")
                end = len(request) - len(smuggled)
                connection.send_pieces([request[:end], smuggled[:20], smuggled[20:]])
                assert len(connection.receive().content) == (aged.root / "about.html").stat().st_size
            connection.expect_kept()

    in_parallel(6, client)
