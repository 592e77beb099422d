"""CONTRACT §4: malformed and unacceptable requests; what may be smuggled (RFC 9112 §11.2) must not be."""

import json
import re

import pytest

from support.waiting import in_parallel

pytestmark = [pytest.mark.semantics, pytest.mark.http2]


def head(*lines):
    """A request head; {host} stands for the server's own Host value."""
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


HOST = "Host: {host}"
SMUGGLED = head("GET /about.html HTTP/1.1", HOST)  # follows each case; must never be answered after a refusal

MALFORMED = {
    # Framing in doubt (RFC 9112 §6.1, §6.3)
    "length and coding": head("POST /upload HTTP/1.1", HOST, "Content-Length: 5", "Transfer-Encoding: chunked")
    + b"0\r\n\r\n",
    "coding and length": head("POST /upload HTTP/1.1", HOST, "Transfer-Encoding: chunked", "Content-Length: 5")
    + b"0\r\n\r\n",
    "length 0 and coding": head("GET / HTTP/1.1", HOST, "Content-Length: 0", "Transfer-Encoding: chunked")
    + b"0\r\n\r\n",
    "two lengths": head("POST /upload HTTP/1.1", HOST, "Content-Length: 5", "Content-Length: 6") + b"12345",
    "two lengths in a list": head("POST /upload HTTP/1.1", HOST, "Content-Length: 5, 6") + b"12345",
    "length with sign": head("POST /upload HTTP/1.1", HOST, "Content-Length: +5") + b"12345",
    "negative length": head("POST /upload HTTP/1.1", HOST, "Content-Length: -5"),
    "hexadecimal length": head("POST /upload HTTP/1.1", HOST, "Content-Length: 0x5") + b"12345",
    "empty length": head("POST /upload HTTP/1.1", HOST, "Content-Length:"),
    "length of two numbers": head("POST /upload HTTP/1.1", HOST, "Content-Length: 5 5") + b"12345",
    "length with a fraction": head("POST /upload HTTP/1.1", HOST, "Content-Length: 5.0") + b"12345",
    "length in other digits": head("POST /upload HTTP/1.1", HOST, "Content-Length: \u0665") + b"12345",
    "length of GET is judged too": head("GET / HTTP/1.1", HOST, "Content-Length: x"),
    "chunked is not last": head("POST /upload HTTP/1.1", HOST, "Transfer-Encoding: chunked, gzip") + b"0\r\n\r\n",
    "chunked twice": head("POST /upload HTTP/1.1", HOST, "Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
    "chunked in two lines": head(
        "POST /upload HTTP/1.1", HOST, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"
    )
    + b"0\r\n\r\n",
    "chunked in HTTP/1.0": head("POST /upload HTTP/1.0", HOST, "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "empty coding": head("POST /upload HTTP/1.1", HOST, "Transfer-Encoding:") + b"0\r\n\r\n",
    # Field lines (RFC 9112 §5, RFC 9110 §5.5)
    "space before colon": head("GET / HTTP/1.1", HOST, "Transfer-Encoding : chunked") + b"0\r\n\r\n",
    "space before the Host's colon": head("GET / HTTP/1.1", "Host : {host}"),
    "tab before colon": head("GET / HTTP/1.1", HOST, "Content-Length\t: 5") + b"12345",
    "obs-fold": head("GET / HTTP/1.1", HOST, "Field: value", " folded"),
    "obs-fold with tab": head("GET / HTTP/1.1", HOST, "Transfer-Encoding:", "\tchunked") + b"0\r\n\r\n",
    "fold before the first field": head("GET / HTTP/1.1", " " + HOST),
    "no colon": head("GET / HTTP/1.1", HOST, "nonsense"),
    "empty name": head("GET / HTTP/1.1", HOST, ": value"),
    "space in a name": head("GET / HTTP/1.1", HOST, "Two Words: value"),
    "name that is no token": head("GET / HTTP/1.1", HOST, "Na(me): value"),
    "name beyond ASCII": head("GET / HTTP/1.1", HOST, "Näme: value"),
    "NUL in a value": head("GET / HTTP/1.1", HOST, "Field: a\0b"),
    "NUL in a name": head("GET / HTTP/1.1", HOST, "Fie\0ld: value"),
    "bare LF ends every line": b"GET / HTTP/1.1\nHost: {host}\n\n",
    "bare LF ends one line": b"GET / HTTP/1.1\r\nHost: {host}\nField: value\r\n\r\n",
    "bare LF ends the head": b"GET / HTTP/1.1\r\nHost: {host}\r\n\n",
    "bare LF in a value": b"GET / HTTP/1.1\r\nHost: {host}\r\nField: a\nContent-Length: 5\r\n\r\n",
    "bare CR in a value": b"GET / HTTP/1.1\r\nHost: {host}\r\nField: a\rb\r\n\r\n",
    "bare CR ends a line": b"GET / HTTP/1.1\rHost: {host}\r\n\r\n",
    "CR CR LF": b"GET / HTTP/1.1\r\nHost: {host}\r\r\n\r\n",
    # Request line (RFC 9112 §3)
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "words": b"hello there general\r\n\r\n",
    "no version": head("GET /", HOST),
    "no target": head("GET HTTP/1.1", HOST),
    "two spaces": head("GET  / HTTP/1.1", HOST),
    "space at the end": head("GET / HTTP/1.1 ", HOST),
    "space at the front": head(" GET / HTTP/1.1", HOST),
    "tab": head("GET\t/\tHTTP/1.1", HOST),
    "space in the target": head("GET /two words.txt HTTP/1.1", HOST),
    "lower-case version": head("GET / http/1.1", HOST),
    "version with one number": head("GET / HTTP/1", HOST),
    "version with a long number": head("GET / HTTP/1.10", HOST),
    "version with a long major": head("GET / HTTP/11.1", HOST),
    "version with no number": head("GET / HTTP/x.y", HOST),
    "version of another protocol": head("GET / ICY/1.1", HOST),
    "method that is no token": head("G(T / HTTP/1.1", HOST),
    "relative target": head("GET about.html HTTP/1.1", HOST),
    "asterisk for GET": head("GET * HTTP/1.1", HOST),
    "NUL in the request line": head("GET /\0 HTTP/1.1", HOST),
    "fragment": head("GET /about.html#top HTTP/1.1", HOST),
}


@pytest.mark.parametrize(
    ("request_line", "reason"),
    [
        (b"asdf\r\n", "space, a target, one space and the version"),
        (b"GET /\r\n", "space, a target, one space and the version"),
        (b"GET /a b HTTP/1.1\r\n", "end with the version"),
        (b"GET / HTTP/1.1\n", "end with CR LF"),
        (b"(GET) / HTTP/1.1\r\n", "begin with a method"),
    ],
)
def test_refusal_names_what_is_wrong(server, request_line, reason):
    """§4: one sentence that helps."""
    with server.connect() as connection:
        connection.send(request_line + b"\r\n")
        response = connection.receive()
        assert response.status == 400 and reason in response.text


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(server, case):
    """§4: 400, closed, and one answer only: what follows is not taken for a request."""
    with server.connect() as connection:
        connection.send(server.fill(MALFORMED[case] + SMUGGLED))
        response = connection.receive()
        allowed = (400, 403) if case == "NUL in the request line" else (400,)
        assert response.status in allowed and not response.keeps, response
        connection.expect_closed()
    assert server.uploads() == []


FRAMING_IN_DOUBT = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: x",
]


@pytest.mark.parametrize("framing", FRAMING_IN_DOUBT)
@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("GET /missing HTTP/1.1", "{host}"),
        ("BREW / HTTP/1.1", "{host}"),
        ("GET / HTTP/1.1", "evil.com"),
        ("GET /../etc/passwd HTTP/1.1", "{host}"),
        ("DELETE /about.html HTTP/1.1", "{host}"),
        ("POST /elsewhere HTTP/1.1", "{host}"),
        ("POST /upload HTTP/1.1", "{host}"),
    ],
)
def test_framing_is_judged_first(server, framing, line, host):
    """§4: before method, Host, path or type: a 404 never answers a message whose end is in doubt."""
    with server.connect() as connection:
        connection.send(server.fill(head(line, f"Host: {host}", "Content-Type: text/plain", framing) + SMUGGLED))
        response = connection.receive()
        assert response.status == 400 and not response.keeps
        connection.expect_closed()


def test_same_length_twice(server):
    """RFC 9112 §6.3: equal lengths may be refused or taken as one; never as none."""
    with server.connect() as connection:
        content = b"GET /contact.html HTTP/1.1\r\nHost: x\r\n\r\n"
        lines = head("GET / HTTP/1.1", HOST, f"Content-Length: {len(content)}", f"Content-Length: {len(content)}")
        connection.send(server.fill(lines) + content)
        response = connection.receive()
        assert response.status in (200, 400)
        connection.expect_as_said(response)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("form", ["length", "chunked"])
def test_content_where_it_has_no_meaning(server, method, form):
    """RFC 9110 §9.3.1: content of a GET is read as content, so that it cannot become the next request."""
    with server.connect() as connection:
        content = connection.request("GET", "/contact.html")
        if form == "length":
            connection.send(connection.request(method, "/", content=content))
        else:
            connection.send(connection.request(method, "/", fields=[("Transfer-Encoding", "chunked")]))
            connection.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content))
        response = connection.receive(method)
        assert response.status in (200, 204, 400, 413)
        connection.expect_as_said(response)


OTHER_REFUSALS = {
    # name: (request, statuses)
    "unknown method": (head("BREW / HTTP/1.1", HOST), (501,)),
    "methods are case-sensitive": (head("get / HTTP/1.1", HOST), (501,)),
    "unknown method on a missing file": (head("BREW /missing HTTP/1.1", HOST), (501,)),
    "unknown transfer coding": (
        head("POST /upload HTTP/1.1", HOST, "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
        (501,),
    ),
    "transfer coding with a strange name": (
        head("POST /upload HTTP/1.1", HOST, "Transfer-Encoding: xchunked") + b"0\r\n\r\n",
        (400, 501),
    ),
    "chunked and more": (head("POST /upload HTTP/1.1", HOST, "Transfer-Encoding: chunkedx") + b"0\r\n\r\n", (400, 501)),
    "identity": (head("POST /upload HTTP/1.1", HOST, "Transfer-Encoding: identity") + b"0\r\n\r\n", (400, 501)),
    "HTTP/2.0": (head("GET / HTTP/2.0", HOST), (505,)),
    "HTTP/0.9 by name": (head("GET / HTTP/0.9", HOST), (505,)),
    "HTTP/3.1": (head("GET / HTTP/3.1", HOST), (505,)),
    "HTTP/2 preface, not at the front": (b"\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (505,)),
    "long target": (head("GET /" + "x" * 20_000 + " HTTP/1.1", HOST), (414,)),
    "long target without end": (b"GET /" + b"x" * 40_000, (414,)),
    "long field": (head("GET / HTTP/1.1", HOST, "Field: " + "x" * 20_000), (431,)),
    "long field without end": (b"GET / HTTP/1.1\r\nField: " + b"x" * 40_000, (431,)),
    "long name": (head("GET / HTTP/1.1", HOST, "x" * 20_000 + ": value"), (431,)),
    "many fields": (head("GET / HTTP/1.1", HOST, *["Field: value"] * 2_000), (431,)),
    "long query": (head("GET /?" + "x" * 20_000 + " HTTP/1.1", HOST), (414,)),
}


@pytest.mark.parametrize("case", OTHER_REFUSALS)
def test_other_refusals(server, case):
    """§4: 414, 431, 501, 505: closed."""
    raw, statuses = OTHER_REFUSALS[case]
    with server.connect() as connection:
        connection.send(server.fill(raw))
        response = connection.receive()
        assert response.status in statuses and not response.keeps, response
        connection.expect_closed()


@pytest.mark.parametrize("raw", [head("X" * 20_000 + " / HTTP/1.1", HOST), b"X" * 40_000], ids=["whole", "without end"])
def test_long_method(server, raw):
    """RFC 9112 §3: a method longer than any that we know: 501."""
    with server.connect() as connection:
        connection.send_as_far_as_possible(server.fill(raw))
        response = connection.receive()
        assert response.status == 501 and not response.keeps


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_method_on_a_missing_file(server, method):
    """RFC 9110 §15.5.6: no method that writes is allowed anywhere, and a name that could be made is no exception."""
    response = server.ask(method, "/missing.txt", content=b"x" if method != "DELETE" else None)
    assert response.status == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("line", ["TRACE / HTTP/1.1", "CONNECT {host} HTTP/1.1", "PROPFIND / HTTP/1.1"])
def test_methods_of_no_use_here(server, line):
    """RFC 9110 §9.1: a registered method that we do not serve is 405 or 501; TRACE must not echo."""
    with server.connect() as connection:
        connection.send(server.fill(head(line, HOST, "Cookie: secret")))
        response = connection.receive()
        assert response.status in (405, 501, 400) and b"secret" not in response.content
        connection.expect_as_said(response)


def test_limit_of_the_head(start):
    """§1: --max-head is for request line and fields together: just below it is served, above it is refused."""
    server = start("--max-head", "1024")
    line, host = "GET /about.html HTTP/1.1", f"Host: {server.host}"
    used = len(head(line, host, "Field: "))
    with server.connect() as connection:
        connection.send(head(line, host, "Field: " + "x" * (1024 - used)))
        assert connection.receive().status == 200
        connection.send(head(line, host, "Field: " + "x" * (1025 - used)))
        response = connection.receive()
        assert response.status == 431 and not response.keeps
        connection.expect_closed()


def test_default_limit_of_the_head(server):
    """§1: 16 KiB."""
    with server.connect() as connection:
        for size, status in [(16_000, 200), (17_000, 431)]:
            response = connection.ask("GET", "/about.html", fields=[("Field", "x" * (size - 100))])
            assert response.status == status
        connection.expect_closed()


ACCEPTABLE = {
    "minor version beyond ours": head("GET / HTTP/1.2", HOST),
    "empty line first": b"\r\n" + head("GET / HTTP/1.1", HOST),
    "white space around values": head("GET / HTTP/1.1", "Host:\t {host} \t", "Field:"),
    "no space after the colon": head("GET / HTTP/1.1", "Host:{host}"),
    "names in any case": head("GET / HTTP/1.1", "hOST: {host}", "CONNECTION: keep-alive"),
    "bytes beyond ASCII in a value": head("GET / HTTP/1.1", HOST, "Field: Zoë"),
    "every token character in a name": head("GET / HTTP/1.1", HOST, "!#$%&'*+-.^_`|~09azAZ: value"),
    "unknown fields": head(
        "GET / HTTP/1.1",
        HOST,
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
        "Connection: Upgrade, HTTP2-Settings",
    ),
    "absolute form": head("GET {scheme}://{host}/ HTTP/1.1", HOST),
    "TE": head("GET / HTTP/1.1", HOST, "TE: trailers", "Connection: TE"),
}


@pytest.mark.parametrize("case", ACCEPTABLE)
def test_acceptable(server, case):
    """RFC 9110 §2.5, §5.6.3; RFC 9112 §2.2, §5: what looks odd and is right."""
    with server.connect() as connection:
        connection.send(server.fill(ACCEPTABLE[case]))
        response = connection.receive()
        assert response.status == 200 and response.content == (server.root / "index.html").read_bytes()
        assert response.keeps
        connection.expect_kept()


# The form of an error


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json", "application/problem+json"),
        ("application/problem+json", "application/problem+json"),
        ("application/json, text/html;q=0.5", "application/problem+json"),
        ("application/json;q=0.1, text/html", "text/html"),
        ("application/json, */*;q=0.1", "application/problem+json"),
        ("nonsense;;;q=,", "text/html"),
    ],
)
@pytest.mark.parametrize("case", ["404", "405", "403"])
def test_form_of_an_error(server, accept, media_type, case):
    """§4: a page, or problem details when the client prefers JSON (RFC 9110 §12.5.1, RFC 9457)."""
    fields = [("Accept", accept)] if accept else []
    method, target, title = {
        "404": ("GET", "/missing", "Not Found"),
        "405": ("PUT", "/about.html", "Method Not Allowed"),
        "403": ("GET", "/../x", "Forbidden"),
    }[case]
    response = server.ask(method, target, fields=fields)
    assert response.status == int(case)
    assert response["Content-Type"].split(";")[0] == media_type
    if media_type == "text/html":
        assert f"<h1>{case} {title}</h1>" in response.text and "<em>Multi-threaded HTTP Server</em>" in response.text
    else:
        problem = json.loads(response.content)
        assert problem["status"] == int(case) and problem["title"] == title


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (head("GET / HTTP/1.1"), 400),
        (head("GET / HTTP/1.1", "Host: evil.com"), 403),
        (head("BREW / HTTP/1.1", HOST), 501),
        (head("GET / HTTP/2.0", HOST), 505),
        (head("GET /" + "x" * 20_000 + " HTTP/1.1", HOST), 414),
        (head("GET / HTTP/1.1", HOST, "Field: " + "x" * 20_000), 431),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_every_error_has_a_page(server, raw, status):
    """§4: title, heading, a sentence, the server's name."""
    with server.connect() as connection:
        connection.send(server.fill(raw))
        response = connection.receive()
        heading = f"{status} {response.reason}"
        assert response.status == status and response["Server"] == "Multi-threaded HTTP Server"
        assert re.search(f"<title>[^<]*{heading}[^<]*</title>", response.text)
        assert f"<h1>{heading}</h1>" in response.text
        assert re.search(r"<p>[^<]{10,}\.</p>", response.text)
        assert "<em>Multi-threaded HTTP Server</em>" in response.text


def test_a_page_asks_for_nothing_else(server):
    """A browser that is shown an error does not come back for an icon that is not there."""
    for response in [server.get("/missing"), server.get("/../x")]:
        assert '<link rel="icon" href="data:,">' in response.text


@pytest.mark.parametrize(
    "lines",
    [
        ["/ HTTP/1.1"],
        ["/ HTTP/1.1", HOST, HOST],
        ["/ HTTP/1.1", "Host: evil.com"],
        ["/../x HTTP/1.1", HOST],
        ["/%zz HTTP/1.1", HOST],
        ["/ HTTP/1.1", HOST, "Content-Length: 5", "Content-Length: 6"],
        ["/ HTTP/1.1", HOST, "Transfer-Encoding: gzip, chunked"],
        ["/ HTTP/1.1", HOST, "no colon"],
        ["/ HTTP/2.0", HOST],
        ["/ HTTP/1.1", HOST, "Field: " + "x" * 20_000],
        ["/" + "x" * 20_000 + " HTTP/1.1", HOST],
    ],
    ids=lambda lines: " ".join(lines)[:40],
)
def test_refused_head_request_has_no_content(server, lines):
    """RFC 9110 §9.3.2: no content in an answer to HEAD, whatever else is wrong with the request."""
    with server.connect() as connection:
        connection.send(server.fill(head("HEAD " + lines[0], *lines[1:])))
        response = connection.receive("HEAD")
        assert response.status >= 400 and not response.keeps
        connection.expect_closed()


# A close after an error


@pytest.mark.parametrize("case", ["malformed", "evil host", "too large", "traversal"])
def test_answer_survives_what_the_client_still_sends(server, case):
    """§4: the server shuts down writing and reads on briefly, so that no reset destroys the answer."""
    request = {
        "malformed": b"nonsense\r\n\r\n",
        "evil host": b"POST /upload HTTP/1.1\r\nHost: evil.com\r\nContent-Length: 400000\r\n\r\n",
        "too large": server.fill(
            head("POST /upload HTTP/1.1", HOST, "Content-Type: application/json", "Content-Length: 99999999")
        ),
        "traversal": server.fill(b"GET /../x HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    }[case]

    def one_client(_):
        with server.connect() as connection:
            connection.send_as_far_as_possible(request + b"x" * 400_000)
            return connection.receive().status

    expected = {"malformed": 400, "evil host": 403, "too large": 413, "traversal": 403}[case]
    assert in_parallel(8, one_client) == [expected] * 8
