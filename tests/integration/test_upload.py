"""CONTRACT §3 (POST /upload) and §7 row 5."""

import contextlib
import json
import os
import random
import re
import select
import signal
import subprocess
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.client import chunked
from support.waiting import eventually, in_parallel

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

NAME = r"upload_(\d{8}_\d{6})_([a-z2-7]{26})\.json"
CREATED = re.compile(
    r'\{"status": "success", "message": "File created successfully", "filepath": "(/uploads/' + NAME + r')"\}\n?'
)

JSON = ("Content-Type", "application/json")


def check_created(server, response, content):
    """A 201 as in §3, with the file it promises. Returns the file's path in the site."""
    assert (response.status, response.reason) == (201, "Created")
    assert response["Content-Type"].split(";")[0] == "application/json"
    created = CREATED.fullmatch(response.text)
    assert created, response.text
    assert response["Location"] == created[1]
    assert (server.root / created[1][1:]).read_bytes() == content
    return created[1]


def check_problem(response, status):
    """Problem details (RFC 9457) with their status."""
    assert response.status == status
    assert response["Content-Type"].split(";")[0] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["status"] == status and problem["title"]
    return problem


# Success


def test_upload(server):
    """§7 row 5, §3: 201, the body word by word, Location, and the bytes stored are the bytes received."""
    content = '{"name": "Zoë",\r\n  "list": [1, 2.50, -0]}'.encode()
    check_created(server, server.upload(content), content)
    assert len(server.uploads()) == 1


def test_upload_keeps_the_connection(server):
    """§5: a POST is an exchange like others."""
    with server.connect() as connection:
        for number in range(3):
            content = b"%d" % number
            response = connection.ask("POST", "/upload", fields=[JSON], content=content)
            check_created(server, response, content)
            assert response.keeps
        connection.expect_kept()
    assert len(server.uploads()) == 3


# fmt: off
VALID = [
    b"{}", b"[]", b"null", b"true", b"false", b"0", b"-0", b"1.5e+10", b"1E400", b'""', b'"text"', b" \t\r\n[1]\n",
    b'{"a":{"b":[]}}', b'"\\u00e9\\ud83e\\uddf5\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\u007f\u2028é🧵"'.encode(),
    b"123456789012345678901234567890.5", b"[" * 512 + b"]" * 512, b'{"a":' * 512 + b"1" + b"}" * 512, b'{"":0}',
    b"[1,[2,[3]],{}]",
]
# fmt: on


@pytest.mark.parametrize("content", VALID, ids=[ascii(case)[2:30] for case in VALID])
def test_valid_json(server, content):
    """§3: RFC 8259, any top-level value, depth up to 512."""
    check_created(server, server.upload(content), content)


# fmt: off
INVALID = [
    b"{invalid", b"{", b"[", b"]", b"}", b'"', b"nul", b"True", b"NaN", b"Infinity", b"-", b"+1", b"01", b"-01",
    b"1.", b".5", b"1e", b"0x10", b"[1,]", b"[,1]", b"[1 2]", b'{"a":1,}', b'{"a" 1}', b"{a:1}", b"{'a':1}", b'{"a"}',
    b'{"a":}', b"{1:2}", b"[1]]", b"{} {}", b"1 2", b'"\\x"', b'"\\u12"', b'"\\u12G4"', b'"tab\there"',
    b'"line\nbreak"', b'"\x00"', b"// comment\n1", b"[1] # end", b"/* */ 1", b"\xef\xbb\xbf{}", b'"\xff"', b'"\xc3"',
    b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf5\x80\x80\x80"', b'"\xf4\x90\x80\x80"', b"\xe9", "{}".encode("utf-16"),
    "{}".encode("utf-32-le"), b"[" * 513 + b"]" * 513, b"[" * 200_000, b" ", b"\n", b"\x0b1", b"\x001", b"1\x00",
    b"[1,\xc2\xa02]",
]
# fmt: on


@pytest.mark.parametrize("content", INVALID, ids=[ascii(case)[2:30] for case in INVALID])
def test_invalid_json(server, content):
    """§7 row 5, §3: 400 that says where and why; §4: the connection is kept; nothing is stored."""
    with server.connect() as connection:
        response = connection.ask("POST", "/upload", fields=[JSON], content=content)
        problem = check_problem(response, 400)
        assert re.search(r"\d", problem["detail"]) and re.search("[a-z]{3}", problem["detail"]), "where and why"
        assert response.keeps
        connection.expect_kept()
    assert server.uploads() == []


def test_empty_content(server):
    """§3: empty content → 400."""
    check_problem(server.upload(b""), 400)
    with server.connect() as connection:
        connection.send(
            connection.request("POST", "/upload", fields=[JSON, ("Transfer-Encoding", "chunked")]) + b"0\r\n\r\n"
        )
        response = connection.receive()
        check_problem(response, 400)
        connection.expect_as_said(response)
    assert server.uploads() == []


def test_name_in_local_time(start):
    """§3: the name carries the local time."""
    server = start(environment={"TZ": "TEST+07:00"})
    path = check_created(server, server.upload(b"1"), b"1")
    stamp = datetime.strptime(re.search(NAME, path)[1], "%Y%m%d_%H%M%S")
    there = datetime.now(timezone(timedelta(hours=-7))).replace(tzinfo=None)
    assert abs(there - stamp) < timedelta(minutes=5)


def test_names_do_not_repeat(server):
    """§3: 128 random bits: no two names share their random part."""
    with server.connect() as connection:
        locations = [connection.ask("POST", "/upload", fields=[JSON], content=b"1")["Location"] for _ in range(50)]
    assert len({re.search(NAME, location)[2] for location in locations}) == 50


def test_fetch_again(server):
    """§3: the stored document can be fetched again at its path as application/json; the folder is never listed."""
    content = b'{"again": true}'
    path = check_created(server, server.upload(content), content)
    response = server.get(path)
    assert response.status == 200 and response.content == content
    assert response["Content-Type"].split(";")[0] == "application/json"
    assert response.get("Content-Disposition") is None
    for target in ["/uploads/", "/uploads"]:
        listing = server.get(target)
        assert listing.status == 404 and b"upload_" not in listing.content


def test_fetching_can_be_turned_off(start):
    """§3: a setting turns this off."""
    server = start("--serve-uploads", "off")
    path = check_created(server, server.upload(b"1"), b"1")
    assert server.get(path).status in (403, 404)


def test_another_path(start):
    """§1: --upload-path."""
    server = start("--upload-path", "/api/documents")
    response = server.upload(b"[1]", target="/api/documents")
    check_created(server, response, b"[1]")
    assert server.upload(b"[1]").status == 404


def documents(folder):
    """What is in an upload folder, but for the folder that the server has for itself."""
    return [path for path in folder.iterdir() if path.name != ".bobbin"]


def test_another_folder(start, scratch):
    """§1: --upload-dir; §3: the document can still be fetched at its path."""
    folder = scratch / "elsewhere"
    folder.mkdir()
    server = start("--upload-dir", folder)
    response = server.upload(b"[1]")
    assert response.status == 201
    (stored,) = documents(folder)
    assert re.fullmatch(NAME, stored.name) and stored.read_bytes() == b"[1]"
    assert server.uploads() == []
    assert response["Location"].endswith("/" + stored.name)
    assert server.get(response["Location"]).content == b"[1]"


@pytest.mark.parametrize("name", ["{root}/inbox", "{root}//inbox", "{root}/./inbox/", "{link}/inbox", "{root}/folder/../inbox"])
@pytest.mark.parametrize("serves", [True, False], ids=["served", "hidden"])
def test_another_folder_in_the_root(start, root, scratch, name, serves):
    """§3: Location is the document's path, and a setting turns that off, by whatever name the folder is given."""
    (root / "folder").mkdir()
    (root / "inbox").mkdir()
    link = scratch / "link"
    link.symlink_to(root)
    folder = name.format(root=root, link=link)
    server = start("--upload-dir", folder, "--serve-uploads", "on" if serves else "off", root=root)
    response = server.upload(b"[1]")
    (stored,) = documents(root / "inbox")
    assert response.status == 201 and response["Location"] == f"/inbox/{stored.name}"
    assert server.get(response["Location"]).status == (200 if serves else 404)
    assert server.get(f"/uploads/{stored.name}").status == 404


def test_only_documents_are_served_from_another_folder(start, scratch):
    """docs/security.md: of a folder outside the root, nothing but documents."""
    folder = scratch / "elsewhere"
    (folder / "sub").mkdir(parents=True)
    for name in ["secret.txt", "index.html", "sub/x.html", "upload_20240315_123456_x.json"]:
        (folder / name).write_text("secret")
    server = start("--upload-dir", folder)
    assert server.get(server.upload(b"1")["Location"]).content == b"1"
    for name in ["", "secret.txt", "index.html", "sub/x.html", "upload_20240315_123456_x.json"]:
        assert server.get(f"/uploads/{name}").status == 404


def test_a_folder_that_hides_does_not_hide_its_documents(start, root):
    """§3: the document can be fetched again; §2: what begins with a dot cannot."""
    (root / ".inbox").mkdir()
    server = start("--upload-dir", root / ".inbox", root=root)
    location = server.upload(b"1")["Location"]
    assert location.startswith("/uploads/") and server.get(location).content == b"1"


def test_documents_are_served_whatever_types_the_site_serves(start):
    """§3: the stored document can be fetched again at its path; §2: the allow-list is the site's."""
    server = start("--allow-type", "html,txt")
    check_created(server, server.upload(b"1"), b"1")
    (server.root / "data.json").write_text("{}")
    (server.root / "uploads" / "data.json").write_text("{}")
    assert server.get("/data.json").status == 415
    assert server.get("/uploads/data.json").status == 415


def test_query_is_ignored(server):
    """§2: a query is ignored for the lookup."""
    check_created(server, server.upload(b"1", target="/upload?from=form"), b"1")


def test_parallel_uploads(server):
    """§7 row 10: 5 parallel POSTs make distinct files."""
    contents = [json.dumps({"client": index}).encode() for index in range(5)]
    paths = in_parallel(5, lambda index: check_created(server, server.upload(contents[index]), contents[index]))
    assert len(set(paths)) == 5 and len(server.uploads()) == 5


# Media types and codings


@pytest.mark.parametrize(
    "value",
    [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;charset=UTF-8",
        'application/json ; x="a;b"',
        "application/json;",
    ],
)
def test_accepted_content_type(server, value):
    """§3: parameters allowed, case ignored."""
    check_created(server, server.ask("POST", "/upload", fields=[("Content-Type", value)], content=b"1"), b"1")


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/json-patch+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "application/",
        "text/plain; a=application/json",
        "*/*",
        "application/json, text/plain",
        "application /json",
    ],
)
def test_other_content_type(server, value):
    """§7 row 5, §3: anything else or none → 415 with Accept-Post."""
    fields = [] if value is None else [("Content-Type", value)]
    with server.connect() as connection:
        response = connection.ask("POST", "/upload", fields=fields, content=b"{}")
        check_problem(response, 415)
        assert response["Accept-Post"] == "application/json"
        connection.expect_as_said(response)
    assert server.uploads() == []


def test_two_content_types(server):
    """RFC 9110 §8.3, §5.3: Content-Type is no list; two of them are no media type."""
    response = server.ask("POST", "/upload", fields=[JSON, ("Content-Type", "text/plain")], content=b"{}")
    assert response.status in (400, 415)
    assert server.uploads() == []


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity", "GZIP"])
def test_content_coding(server, coding):
    """§3: a content coding → 415 (RFC 9110 §15.5.16: with Accept-Encoding where this is the cause)."""
    with server.connect() as connection:
        response = connection.ask("POST", "/upload", fields=[JSON, ("Content-Encoding", coding)], content=b"{}")
        check_problem(response, 415)
        connection.expect_as_said(response)


def test_no_length(server):
    """§3: neither Content-Length nor chunked → 411."""
    with server.connect() as connection:
        response = connection.ask("POST", "/upload", fields=[JSON])
        check_problem(response, 411)
        connection.expect_as_said(response)


# Size


def test_limit(start):
    """§3: content as long as the limit is fine, one byte more is 413, and the connection closes."""
    server = start("--max-upload", "1000")
    content = b'"' + b"x" * 998 + b'"'
    check_created(server, server.upload(content), content)
    with server.connect() as connection:
        response = connection.ask("POST", "/upload", fields=[JSON], content=content + b" ")
        check_problem(response, 413)
        assert not response.keeps
        connection.expect_closed()
    assert len(server.uploads()) == 1


def test_default_limit(server):
    """§1: 1 MiB."""
    content = b'"' + b"x" * ((1 << 20) - 2) + b'"'
    check_created(server, server.upload(content), content)
    assert server.upload(content + b"\n").status == 413


def test_too_large_is_refused_before_the_content(server):
    """§3: before the content where it can be known."""
    with server.connect() as connection:
        connection.send(connection.request("POST", "/upload", fields=[JSON, ("Content-Length", "1048577")]))
        response = connection.receive()
        check_problem(response, 413)
        assert not response.keeps
        connection.expect_closed()


@pytest.mark.parametrize("length", ["9223372036854775807", "9223372036854775808", "18446744073709551616", "9" * 100])
def test_absurd_length(server, length):
    """RFC 9112 §6.3: no number of digits may wrap around to a small length."""
    with server.connect() as connection:
        connection.send(connection.request("POST", "/upload", fields=[JSON, ("Content-Length", length)]))
        response = connection.receive()
        assert response.status in (400, 413) and not response.keeps
        connection.expect_closed()


@pytest.mark.parametrize("one_chunk", [True, False], ids=["one chunk", "many chunks"])
def test_chunked_over_the_limit(start, one_chunk):
    """§3: over the limit → 413, also where the length is not announced."""
    server = start("--max-upload", "1000")
    data = b"[" + b" " * 2000
    content = chunked([data] if one_chunk else [data[start : start + 10] for start in range(0, len(data), 10)])
    with server.connect() as connection:
        head = connection.request("POST", "/upload", fields=[JSON, ("Transfer-Encoding", "chunked")])
        connection.send(head + content)
        response = connection.receive()
        check_problem(response, 413)
        assert not response.keeps
        connection.expect_closed()
    assert server.uploads() == []


def test_413_arrives_although_the_client_sends_on(server):
    """§4: a close after an error never destroys the answer by a reset."""
    with server.connect() as connection:
        connection.send(connection.request("POST", "/upload", fields=[JSON, ("Content-Length", "3000000")]))
        connection.send_as_far_as_possible(b"x" * 3_000_000)
        check_problem(connection.receive(), 413)


# Expect


def test_continue(server):
    """§3: Expect: 100-continue is answered once the head is acceptable."""
    with server.connect() as connection:
        content = b'{"patient": true}'
        request = connection.request("POST", "/upload", fields=[JSON, ("Expect", "100-Continue")], content=content)
        head, content = request[: -len(content)], request[-len(content) :]
        connection.send(head)
        interim = connection.receive_interim()
        assert (interim.status, interim.reason) == (100, "Continue")
        assert interim.get("Content-Length") is None
        connection.send(content)
        check_created(server, connection.receive(), content)
        connection.expect_kept()


def test_continue_with_chunks(server):
    """§3: the same without a length."""
    with server.connect() as connection:
        connection.send(
            connection.request(
                "POST", "/upload", fields=[JSON, ("Transfer-Encoding", "chunked"), ("Expect", "100-continue")]
            )
        )
        assert connection.receive_interim().status == 100
        connection.send(chunked([b"[1", b",2]"]))
        check_created(server, connection.receive(), b"[1,2]")


def test_continue_when_the_content_is_there_already(server):
    """RFC 9110 §10.1.1: the interim response may be left out then, and must come first if not."""
    with server.connect() as connection:
        connection.send(
            connection.request("POST", "/upload", fields=[JSON, ("Expect", "100-continue")], content=b"[1]")
        )
        head = connection.receive_head()
        if head.startswith(b"HTTP/1.1 100 "):
            check_created(server, connection.receive(), b"[1]")
        else:
            assert head.startswith(b"HTTP/1.1 201 ")


def test_no_continue_for_http_1_0(server):
    """RFC 9110 §10.1.1: ignore the expectation of an HTTP/1.0 client."""
    with server.connect() as connection:
        connection.send(
            connection.request(
                "POST", "/upload", fields=[JSON, ("Expect", "100-continue")], content=b"[1]", version="HTTP/1.0"
            )
        )
        check_created(server, connection.receive(), b"[1]")


@pytest.mark.parametrize(
    ("status", "target", "fields", "host"),
    [
        (415, "/upload", [("Content-Type", "text/plain"), ("Content-Length", "9")], ...),
        (415, "/upload", [JSON, ("Content-Encoding", "gzip"), ("Content-Length", "9")], ...),
        (413, "/upload", [JSON, ("Content-Length", "9999999")], ...),
        (404, "/elsewhere", [JSON, ("Content-Length", "9")], ...),
        (405, "/about.html", [JSON, ("Content-Length", "9")], ...),
        (403, "/upload", [JSON, ("Content-Length", "9")], "evil.com"),
        (403, "/../upload", [JSON, ("Content-Length", "9")], ...),
        (400, "/upload", [JSON, ("Content-Length", "9"), ("Transfer-Encoding", "chunked")], ...),
    ],
)
def test_no_continue_for_a_refused_head(server, status, target, fields, host):
    """§3: only once the head is acceptable; the refusal comes without waiting for the content, which then may not come."""
    with server.connect() as connection:
        connection.send(connection.request("POST", target, host=host, fields=[*fields, ("Expect", "100-continue")]))
        response = connection.receive()
        assert response.status == status
        if not response.keeps:
            connection.expect_closed()


@pytest.mark.parametrize("value", ["something", "100-continue, something", "200-ok", "100"])
def test_unknown_expectation(server, value):
    """§4: 417."""
    with server.connect() as connection:
        response = connection.ask("POST", "/upload", fields=[JSON, ("Expect", value)], content=b"[1]")
        assert response.status == 417
        connection.expect_as_said(response)
    assert server.uploads() == []


# Chunked


def chunked_head(connection):
    return connection.request("POST", "/upload", fields=[JSON, ("Transfer-Encoding", "chunked")])


GOOD_CHUNKS = {
    "one": (b"3\r\n[1]\r\n0\r\n\r\n", b"[1]"),
    "several": (b"1\r\n[\r\n1\r\n1\r\n1\r\n]\r\n0\r\n\r\n", b"[1]"),
    "sixteen is ten": (b'10\r\n"0123456789abcd"\r\n0\r\n\r\n', b'"0123456789abcd"'),
    "upper and lower case": (b'A\r\n"012345678\r\nb\r\n9abcdefghi"\r\n0\r\n\r\n', b'"0123456789abcdefghi"'),
    "leading zeros": (b"0003\r\n[1]\r\n000\r\n\r\n", b"[1]"),
    "extensions": (b'3;name=value;other="quoted;\\"text"\r\n[1]\r\n0;last\r\n\r\n', b"[1]"),
    "trailer section": (b"3\r\n[1]\r\n0\r\nChecksum: abc\r\nAnother: x\r\n\r\n", b"[1]"),
    "data that looks like chunks": (b'9\r\n"0\\r\\n\\r"\r\n0\r\n\r\n', b'"0\\r\\n\\r"'),
}


@pytest.mark.parametrize("case", GOOD_CHUNKS)
@pytest.mark.parametrize("segments", ["whole", "bytes"])
def test_chunked(server, case, segments):
    """RFC 9112 §7.1, in any segmentation; the next request is found where it begins."""
    raw, content = GOOD_CHUNKS[case]
    with server.connect() as connection:
        connection.send(chunked_head(connection))
        connection.send_pieces([raw] if segments == "whole" else [raw[index : index + 1] for index in range(len(raw))])
        check_created(server, connection.receive(), content)
        connection.expect_kept()


def test_chunked_split_at_every_byte(server):
    """§5: a body in any number of segments: two segments, every possible border, pipelined with the next request."""
    with server.connect() as connection:
        raw = chunked_head(connection) + GOOD_CHUNKS["extensions"][0] + connection.request("HEAD", "/about.html")
    for border in range(1, len(raw), 3):
        with server.connect() as connection:
            connection.send_pieces([raw[:border], raw[border:]])
            check_created(server, connection.receive(), b"[1]")
            assert connection.receive("HEAD").status == 200


BAD_CHUNKS = {
    "no size": b"\r\n[1]\r\n0\r\n\r\n",
    "no hex": b"x\r\n[1]\r\n0\r\n\r\n",
    "0x": b"0x3\r\n[1]\r\n0\r\n\r\n",
    "sign": b"+3\r\n[1]\r\n0\r\n\r\n",
    "negative": b"-3\r\n[1]\r\n0\r\n\r\n",
    "space before": b" 3\r\n[1]\r\n0\r\n\r\n",
    "underscore": b"0_3\r\n[1]\r\n0\r\n\r\n",
    "data too short": b"4\r\n[1]\r\n0\r\n\r\n",
    "data too long": b"2\r\n[1]\r\n0\r\n\r\n",
    "no CRLF after data": b"3\r\n[1]0\r\n\r\n",
    "LF after data": b"3\r\n[1]\n0\r\n\r\n",
    "LF after size": b"3\n[1]\r\n0\r\n\r\n",
    "CR after size": b"3\r[1]\r\n0\r\n\r\n",
    "overflow to 3": b"10000000000000003\r\n[1]\r\n0\r\n\r\n",
    "overflow to -1": b"ffffffffffffffff\r\n[1]\r\n0\r\n\r\n",
    "LF at the end": b"3\r\n[1]\r\n0\r\n\n",
    "no semicolon before extension": b"3 a\r\n[1]\r\n0\r\n\r\n",
    "NUL in extension": b"3;a=\0\r\n[1]\r\n0\r\n\r\n",
    "LF in extension": b"3;a\nb\r\n[1]\r\n0\r\n\r\n",
    "malformed trailer": b"3\r\n[1]\r\n0\r\nno colon\r\n\r\n",
    "bare LF in trailer": b"3\r\n[1]\r\n0\r\nA: b\nC: d\r\n\r\n",
}


@pytest.mark.parametrize("case", BAD_CHUNKS)
def test_bad_chunks(server, case):
    """§4: framing in doubt → 400 (or 413 for a size no one can mean), closed; nothing after it is taken for a request."""
    with server.connect() as connection:
        connection.send(chunked_head(connection) + BAD_CHUNKS[case] + connection.request("GET", "/about.html"))
        response = connection.receive()
        assert response.status in ((400, 413) if "overflow" in case else (400,))
        assert not response.keeps
        connection.expect_closed()
    assert server.uploads() == []


BAD_EXTENSIONS = ["5;", "5;=x", "5;a=", '5;a="x', "5;a b", '5;a="x"y', "5;a;", "5;a=b=c"]


@pytest.mark.parametrize("line", [*BAD_EXTENSIONS, "0;"])
def test_bad_chunk_extensions(server, line):
    """RFC 9112 §7.1.1: `;` a name, and perhaps `=` a token or a quoted string; anything else is 400 and closed."""
    body = f"{line}\r\n[123]\r\n0\r\n\r\n" if line.startswith("5") else f"5\r\n[123]\r\n{line}\r\n\r\n"
    with server.connect() as connection:
        connection.send(chunked_head(connection) + body.encode() + connection.request("GET", "/about.html"))
        response = connection.receive()
        assert response.status == 400 and not response.keeps
        connection.expect_closed()
    assert server.uploads() == []


@pytest.mark.parametrize("line", ["5;a", "5;a=b", '5;a="x;y\\"z"', "5 ; a = b", "5\t;\ta", "5;a;b=c", '5;a=""'])
def test_good_chunk_extensions(server, line):
    """RFC 9112 §7.1.1, with the white space that §5.6.3 of RFC 9110 makes recipients accept."""
    with server.connect() as connection:
        connection.send(chunked_head(connection) + f"{line}\r\n[123]\r\n0\r\n\r\n".encode())
        check_created(server, connection.receive(), b"[123]")


def test_endless_chunk_extension_and_trailer(server):
    """What is not content is limited too."""
    for start, piece in [(b"3;", b"x" * 4096), (b"3\r\n[1]\r\n0\r\n", b"Field: value\r\n" * 300)]:
        with server.connect() as connection:
            connection.send(chunked_head(connection) + start)
            for _ in range(200):
                if not connection.send_as_far_as_possible(piece):
                    break
            response = connection.receive()
            assert response.status in (400, 413, 431) and not response.keeps
    assert server.uploads() == []


def test_many_tiny_chunks(server):
    """One byte a chunk: content of 20,000 bytes."""
    content = b'"' + b"x" * 19_998 + b'"'
    with server.connect() as connection:
        connection.send(
            chunked_head(connection) + chunked([content[index : index + 1] for index in range(len(content))])
        )
        check_created(server, connection.receive(), content)


# The connection in mid-upload


def test_content_byte_by_byte(server):
    """§5: a body in any number of segments."""
    content = b'{"slowly": [1, 2, 3]}'
    with server.connect() as connection:
        request = connection.request("POST", "/upload", fields=[JSON], content=content)
        connection.send_pieces([request[index : index + 1] for index in range(len(request))])
        check_created(server, connection.receive(), content)


def test_nothing_is_visible_before_the_end(server):
    """§3: the name appears only once the content is whole; a client that leaves leaves nothing behind."""
    with server.connect() as connection:
        connection.send(
            connection.request("POST", "/upload", fields=[JSON, ("Content-Length", "500000")]) + b'"' + b"x" * 250_000
        )
        assert server.get("/about.html").status == 200
        assert [name for name in server.uploads() if name.startswith("upload_")] == []
    eventually(lambda: server.uploads() == [], "an abandoned upload has left nothing")
    check_created(server, server.upload(b"1"), b"1")
    assert len(server.uploads()) == 1


def test_client_that_finishes_sending_too_early(server):
    """RFC 9112 §8: an incomplete message is no request; it must not be stored."""
    with server.connect() as connection:
        connection.send(connection.request("POST", "/upload", fields=[JSON, ("Content-Length", "3")]) + b"1")
        connection.finish_sending()
        data, _ = connection.receive_to_end()
        assert data == b"" or data.startswith(b"HTTP/1.1 400 ")
    assert server.uploads() == []


# Elsewhere, and failures


def test_post_elsewhere(server):
    """§3: 405 with Allow where a file stands, else 404."""
    response = server.ask("POST", "/about.html", fields=[JSON], content=b"{}")
    assert response.status == 405 and response["Allow"] == "GET, HEAD, OPTIONS"
    assert server.ask("POST", "/elsewhere", fields=[JSON], content=b"{}").status == 404
    assert server.ask("POST", "/upload/", fields=[JSON], content=b"{}").status == 404
    assert server.uploads() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_on_the_upload_path(server, method):
    """§4: 405 with Allow, as problem details."""
    response = server.ask(method, "/upload", fields=[("Accept", "text/html")])
    check_problem(response, 405)
    assert "POST" in re.split(r",\s*", response["Allow"])


REFUSED_HEADS = {
    "two lengths": (400, "POST /upload HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n"),
    "length and coding": (
        400,
        "POST /upload HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    "no colon": (400, "POST /upload HTTP/1.1\r\nHost: {host}\r\nno colon\r\n\r\n"),
    "no host": (400, "POST /upload HTTP/1.1\r\nContent-Length: 3\r\n\r\n"),
    "long cookie": (431, "POST /upload HTTP/1.1\r\nHost: {host}\r\nCookie: " + "x" * 20_000 + "\r\n\r\n"),
    "long cookie without end": (431, "POST /upload HTTP/1.1\r\nHost: {host}\r\nCookie: " + "x" * 40_000),
    "transfer coding": (501, "POST /upload HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
    "version": (505, "POST /upload HTTP/2.0\r\nHost: {host}\r\nContent-Length: 3\r\n\r\n"),
}


@pytest.mark.parametrize("accept", ["", "Accept: application/json\r\n", "Accept: text/html\r\n"], ids=["", "json", "html"])
@pytest.mark.parametrize("case", REFUSED_HEADS)
def test_a_refused_head_is_a_problem_too(server, case, accept):
    """§4: problem details, as every error of the upload path."""
    status, head = REFUSED_HEADS[case]
    line, rest = head.split("\r\n", 1)
    with server.connect() as connection:
        connection.send_as_far_as_possible(server.fill(f"{line}\r\n{accept}{rest}".encode()))
        check_problem(connection.receive(), status)


@pytest.fixture
def without_uploads(start):
    return start("--uploads", "off")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_without_uploads_their_path_is_an_ordinary_one(without_uploads, method):
    """§1: --uploads off: what stands there, or 404, or 405: the same as anywhere else."""
    content = b"[1]" if method in ("POST", "PUT") else None
    for exists in (False, True):
        answers = []
        for name in ["upload", "ordinary"]:
            if exists:
                (without_uploads.root / name).write_bytes(b"a file")
            response = without_uploads.ask(method, f"/{name}", fields=[JSON], content=content)
            answers.append((response.status, response.get("Allow"), response.get("Content-Type")))
        assert answers[0] == answers[1]


def test_folder_removed_while_running(server):
    """§3: a failure to store → 500 or 503, and the server serves on."""
    (server.root / "uploads").rmdir()
    response = server.upload(b"{}")
    assert response.status in (500, 503) or (
        response.status == 201 and (server.root / response["Location"][1:]).exists()
    )
    assert server.get().status == 200


@pytest.fixture
def small_disk(scratch):
    """A file system of 256 KiB, where the machine lets us mount one."""
    path = scratch / "disk"
    path.mkdir()
    result = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "bobbin-test", path], capture_output=True, check=False
    )
    if result.returncode != 0:
        pytest.skip("mounting needs privileges: " + result.stderr.decode().strip())
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


def test_no_space(start, small_disk):
    """§3: no space → 507, kept; nothing partial remains; later uploads work."""
    server = start("--upload-dir", small_disk)
    too_much = b'"' + b"x" * 600_000 + b'"'
    with server.connect() as connection:
        for _ in range(2):
            response = connection.ask("POST", "/upload", fields=[JSON], content=too_much)
            check_problem(response, 507)
            assert response.keeps
        connection.expect_kept()
        assert os.listdir(small_disk) == []
        assert connection.ask("POST", "/upload", fields=[JSON], content=b"[1]").status == 201
    assert len(os.listdir(small_disk)) == 1


# Any document, any segmentation

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs"])),
    lambda children: st.lists(children)
    | st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"])), children),
    max_leaves=20,
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES, escape=st.booleans(), seed=st.integers(0, 2**32))
def test_any_document_in_any_pieces(server, value, escape, seed):
    """§3, §5: the bytes stored are the bytes received, however they were cut into chunks and segments."""
    content = json.dumps(value, ensure_ascii=escape).encode()
    chance = random.Random(seed)

    def cut(data):
        borders = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(6)))
        return [data[start:end] for start, end in zip([0, *borders], [*borders, len(data)], strict=True)]

    with server.connect() as connection:
        request = chunked_head(connection) + chunked(cut(content))
        connection.send_pieces(piece for piece in cut(request) if piece)
        check_created(server, connection.receive(), content)


# What all uploads may take together


def begin_upload(connection, announced, sent):
    """A part of an upload; its end stays away."""
    head = connection.request("POST", "/upload", fields=[JSON, ("Content-Length", str(announced))])
    connection.send_as_far_as_possible(head + b"[" + b" " * (sent - 1))


def answered(connections):
    """Those that have an answer by now."""
    readable, _, _ = select.select([connection.socket for connection in connections], [], [], 0)
    return [connection for connection in connections if connection.socket in readable]


@pytest.mark.modes("capacity-1", "many")  # whether there is an answer is seen at the socket, which also brings tickets of TLS
def test_the_memory_of_all_uploads_is_bounded(start):
    """§3: clients that send a part and stop do not take more than --upload-memory; whoever comes then is told to come again."""
    server = start("--threads", "50", "--upload-memory", "1MiB", "--max-upload", "64KiB")
    fits = 16  # of 64 KiB each
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(40)]
        for connection in connections:
            begin_upload(connection, 64 * 1024, 63 * 1024)
        eventually(lambda: len(answered(connections)) >= len(connections) - fits, "those that have no room are answered")
        server.wait_until_quiet()
        refused = answered(connections)
        assert len(refused) == len(connections) - fits
        for connection in refused:
            response = connection.receive()
            assert check_problem(response, 503)["detail"].startswith("Too many uploads are under way")
            assert response["Retry-After"] == "5" and not response.keeps
        check_problem(server.upload(b"[" + b" " * 60_000 + b"]"), 503)
    eventually(lambda: server.upload(b"[" + b" " * 60_000 + b"]").status == 201, "there is room again when they have left")


@pytest.mark.modes("capacity-1", "many")  # whether there is an answer is seen at the socket, which also brings tickets of TLS
def test_the_disk_of_unfinished_uploads_is_bounded(start):
    """§3: the same for what is on disk and not complete; small documents are stored all the same."""
    server = start("--max-upload", "2MiB", "--upload-disk", "3MiB")
    large = 2 << 20
    with server.connect() as first, server.connect() as second:
        begin_upload(first, large, large - 1)
        begin_upload(second, large, large - 1)
        eventually(lambda: answered([first, second]), "one of them has no room")
        (refused,) = answered([first, second])
        check_problem(refused.receive(), 503)
        assert server.upload(b"[1]").status == 201
        kept = first if refused is second else second
        kept.send(b"]")
        check_created(server, kept.receive(), b"[" + b" " * (large - 2) + b"]")
    document = b"[" + b" " * (large - 2) + b"]"
    eventually(lambda: server.upload(document).status == 201, "there is room again when they have left")


# A folder has one server


def test_a_second_server_on_the_same_folder(start):
    """§3: it serves files at once, stores nothing, removes nothing, and takes over when the first has ended."""
    first = start()
    second = start()
    assert second.get("/about.html").status == 200
    problem = check_problem(second.upload(b"[2]"), 503)
    assert "Another server stores documents in the same folder" in problem["detail"]
    second.log.wait_for(r"\[Uploads\] Warning: another server stores documents in '.*/resources/uploads'")
    name = check_created(first, first.upload(b"[1]"), b"[1]")
    assert second.get(name).content == b"[1]"
    first.stop()
    second.log.wait_for(r"\[Uploads\] The other server has given '.*/resources/uploads' up: uploads are taken$")
    check_created(second, second.upload(b"[2]"), b"[2]")
    assert len(second.uploads()) == 2


def test_documents_are_served_whatever_types_the_site_serves(start):
    """§3: as `application/json`."""
    server = start("--allow-type", "html")
    response = server.get(check_created(server, server.upload(b"[1]"), b"[1]"))
    assert (response.status, response["Content-Type"]) == (200, "application/json")


def test_a_folder_whose_name_must_be_encoded(start, root):
    """§3: `filepath` and Location are that path, as a URI has it (RFC 3986 §2.1)."""
    folder = root / "my uploads"
    folder.mkdir()
    response = start("--upload-dir", folder).upload(b"[1]")
    assert response["Location"].startswith("/my%20uploads/upload_")
    assert json.loads(response.content)["filepath"] == response["Location"]


def test_one_document_of_the_largest_size_always_fits(start):
    """§3: --upload-disk bounds all uploads under way together; --max-upload says what one may be."""
    content = b"[" + b" " * (1024 * 1024 - 2) + b"]"
    server = start("--upload-disk", "1KiB")
    assert server.upload(content).status == 201


def test_the_successor_of_a_server_that_was_killed(start):
    """§3: however the first has ended."""
    first = start()
    second = start()
    first.expected_status = -signal.SIGKILL
    first.process.kill()
    first.process.wait()
    second.log.wait_for("uploads are taken$")
    check_created(second, second.upload(b"[2]"), b"[2]")


def test_a_successor_started_while_its_predecessor_drains(start):
    """§1, §3: what the first has begun it finishes; then the second stores."""
    first = start()
    with first.connect() as connection:
        begin_upload(connection, 3, 2)
        first.wait_until_quiet()
        second = start()
        first.signal(signal.SIGTERM)
        first.log.wait_for("Shutting down server")
        check_problem(second.upload(b"[2]"), 503)
        connection.send(b"]")
        check_created(first, connection.receive(), b"[ ]")
    first.wait()
    eventually(lambda: second.upload(b"[2]").status == 201, "the second has taken over")


def test_servers_that_are_started_together(start, root):
    """§3: whatever an earlier run has left behind, all of them start, and one of them stores."""
    folder = root / "uploads"
    folder.mkdir(exist_ok=True)
    for number in range(200):
        (folder / (".bobbin-" + f"{number:03}".translate(str.maketrans("0189", "abcd")) + "a" * 23 + ".tmp")).touch()
    (folder / (".bobbin-" + "b" * 26 + ".tmp")).mkdir()
    servers = in_parallel(3, lambda _: start())
    statuses = sorted(server.upload(b"[1]").status for server in servers)
    assert statuses == [201, 503, 503]
    left = [path.name for path in folder.iterdir() if path.name.startswith(".bobbin-")]
    assert left == [".bobbin-" + "b" * 26 + ".tmp"]
