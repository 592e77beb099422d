"""`codings` of an inbox: documents that are sent in gzip or zstd (docs/inbox.md)."""

import gzip
import subprocess
import zlib

import pytest

from support import webhooks
from support.client import chunked
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    JSON,
    SECRET,
    check_accepted,
    check_problem,
    configuration,
    folder,
    names,
    only_record,
    post,
    records,
    secret_file,
    start_inbox,
)
from support.server import run_to_end
from support.waiting import in_parallel
from support.webhooks import sha256

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

DOCUMENT = b'{"name": "Ada", "numbers": [1, 2, 3]}'


def zstd(content, *flags):
    return subprocess.run(["zstd", "-qc", *flags], input=content, capture_output=True, check=True).stdout


CODERS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "zstd": zstd}
CODINGS = pytest.mark.parametrize("coding", ["gzip", "zstd"])


def send(server, content, coding, *, fields=(), **rest):
    return post(server, content, fields=[("Content-Encoding", coding), *fields], **rest)


def in_pieces(server, content, coding, size):
    head = (
        f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\n"
        f"Content-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    with server.connect() as connection:
        connection.send(head.encode() + chunked([content[at : at + size] for at in range(0, len(content), size)]))
        return connection.receive("POST")


# What is kept


@pytest.mark.parametrize("coding", [*CODERS, "GZIP"])
def test_what_a_content_stands_for_is_kept(start_inbox, folder, coding):
    server = start_inbox()
    content = CODERS[coding.lower()](DOCUMENT)
    answer = check_accepted(send(server, content, coding))
    record, body = only_record(folder)
    assert body == DOCUMENT and record["size"] == len(DOCUMENT)
    assert answer["sha256"] == record["sha256"] == sha256(DOCUMENT)
    assert record["request"]["coding"] == coding.lower().removeprefix("x-")


def test_identity_is_no_coding(start_inbox, folder):
    server = start_inbox()
    check_accepted(send(server, DOCUMENT, "identity"))
    record, body = only_record(folder)
    assert body == DOCUMENT and "coding" not in record["request"]


@CODINGS
def test_several_members_or_frames_are_one_content(start_inbox, folder, coding):
    """RFC 1952 §2.2, RFC 8878 §3.1"""
    server = start_inbox()
    parts = [CODERS[coding](part) for part in (b"", DOCUMENT[:10], b"", DOCUMENT[10:], b"")]
    check_accepted(send(server, b"".join(parts), coding))
    assert only_record(folder)[1] == DOCUMENT


@CODINGS
@pytest.mark.modes("many")
def test_pieces_of_any_size(start_inbox, folder, coding):
    server = start_inbox()
    content = CODERS[coding](DOCUMENT)
    for size in (1, 2, 7, len(content)):
        check_accepted(in_pieces(server, content, coding, size))
    assert [body for _, body in records(folder)] == [DOCUMENT] * 4


@CODINGS
def test_a_large_document_is_decoded_in_turns(start_inbox, folder, coding):
    server = start_inbox()
    document = b"[" + b",".join(b"%d" % (number * 7919 % 100003) for number in range(150_000)) + b"]"
    assert len(document) < 1024 * 1024
    check_accepted(send(server, CODERS[coding](document), coding))
    assert only_record(folder)[1] == document


@CODINGS
def test_a_signature_is_over_the_bytes_as_received(start_inbox, folder, secret_file, coding):
    server = start_inbox(verify="github", secret_file=secret_file(SECRET))
    content = CODERS[coding](DOCUMENT)
    check_accepted(send(server, content, coding, fields=webhooks.github(SECRET, content)))
    check_problem(send(server, content, coding, fields=webhooks.github(SECRET, DOCUMENT)), 401)
    check_problem(send(server, content[:-1], coding, fields=webhooks.github(SECRET, DOCUMENT)), 401)
    assert only_record(folder)[1] == DOCUMENT


def test_a_form_may_be_coded(start_inbox, folder):
    server = start_inbox(accept=["form"])
    form = "application/x-www-form-urlencoded"
    check_accepted(send(server, gzip.compress(b"a=1&b=%C3%A4"), "gzip", content_type=form))
    record, body = only_record(folder)
    assert body == '{"a":"1","b":"ä"}'.encode()
    assert (record["request"]["form"], record["request"]["coding"]) == (True, "gzip")


def test_a_repetition_is_recognised_in_any_coding(start_inbox, folder):
    server = start_inbox(dedupe=["digest"])
    plain = post(server, DOCUMENT)
    for coding, code in CODERS.items():
        again = send(server, code(DOCUMENT), coding)
        assert again["Idempotent-Replayed"] == "true" and again.content == plain.content
    assert len(names(folder)) == 1


# What is refused


@CODINGS
def test_what_is_not_whole_is_refused(start_inbox, folder, coding):
    server = start_inbox()
    content = CODERS[coding](DOCUMENT)
    damaged = content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]
    with server.connect() as connection:  # which stays open
        for wrong, words in (
            (content[:-1], "ends before"),
            (content[:3], "ends before"),
            (b"", "ends before"),
            (content + b"\n", "behind the end"),
            (content + DOCUMENT, "behind the end"),
            (DOCUMENT, f"not valid {coding}"),
            (damaged, f"not valid {coding}"),
        ):
            fields = [JSON, ("Content-Encoding", coding)]
            response = connection.ask("POST", "/in/box", fields=fields, content=wrong)
            assert words in check_problem(response, 400), (wrong, response)
        assert "is not valid JSON" in check_problem(
            connection.ask("POST", "/in/box", fields=fields, content=CODERS[coding](b'{"a":}')), 400
        )
        check_accepted(connection.ask("POST", "/in/box", fields=fields, content=content))
    assert only_record(folder)[1] == DOCUMENT


def test_a_large_window_is_refused(start_inbox, folder):
    """RFC 9659: 8 MiB at most."""
    server = start_inbox()
    check_accepted(send(server, zstd(DOCUMENT, "--no-content-size", "--long=23"), "zstd"))
    for log in ("24", "27"):
        detail = check_problem(send(server, zstd(DOCUMENT, "--no-content-size", f"--long={log}"), "zstd"), 400)
        assert "8 MiB" in detail and "9659" in detail
    assert len(names(folder)) == 1


@CODINGS
def test_the_size_is_that_of_the_content_and_of_the_document(start_inbox, folder, coding):
    server = start_inbox(max_size="1KiB")
    code = CODERS[coding]
    check_accepted(send(server, code(b'"' + b"x" * 1022 + b'"'), coding))
    check_problem(send(server, code(b'"' + b"x" * 1023 + b'"'), coding), 413)
    empty = code(b"")
    coded = code(b"{}") + empty * ((1024 - len(code(b"{}"))) // len(empty))
    check_accepted(send(server, coded, coding))
    check_problem(send(server, coded + empty, coding), 413)
    assert check_problem(in_pieces(server, coded + empty, coding, 100), 413)
    assert len(names(folder)) == 2


def bomb(coding, size):
    if coding == "zstd":
        return zstd(bytes(size), "-19")
    coder = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    return b"".join(coder.compress(zeros) for _ in range(size >> 20)) + coder.flush()


def peak_bytes(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


@CODINGS
def test_a_bomb_costs_no_more_than_a_document(start_inbox, folder, coding):
    server = start_inbox()
    content = bomb(coding, 256 << 20)
    assert len(content) < 1024 * 1024
    check_accepted(post(server, b"{}"))
    before = peak_bytes(server)
    responses = in_parallel(8, lambda _: send(server, content, coding))
    assert {response.status for response in responses} == {413}
    # 1 MiB of a document and 1 MiB of a window each, besides what a server takes for eight connections.
    assert peak_bytes(server) - before < 64 << 20
    assert len(names(folder)) == 1
    assert not list(folder.glob(".bobbin/tmp/*"))


@pytest.mark.parametrize(
    "keys, taken",
    [({}, "gzip, zstd"), ({"codings": ["zstd"]}, "zstd"), ({"codings": ["gzip"]}, "gzip"), ({"codings": []}, "identity")],
)
def test_other_codings_are_refused(start_inbox, folder, keys, taken):
    """RFC 9110 §12.5.3 and §15.5.16"""
    server = start_inbox(**keys)
    for coding in ("gzip", "zstd"):
        expected = 201 if coding in taken else 415
        assert send(server, CODERS[coding](b"{}"), coding).status == expected
    for coding in ("br", "deflate", "compress", "gzip, zstd", "gzip, gzip", "gzip;q=1"):
        response = send(server, b"{}", coding)
        check_problem(response, 415)
        assert response["Accept-Encoding"] == taken and response.get("Accept-Post") is None
    response = post(server, b"{}", fields=[("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")])
    check_problem(response, 415)


def test_uploads_are_not_coded(start):
    server = start()
    response = server.upload(gzip.compress(DOCUMENT), fields=[("Content-Encoding", "gzip")])
    check_problem(response, 415)
    assert response["Accept-Encoding"] == "identity"


@pytest.mark.modes("many")
def test_a_coding_that_is_not_decoded_is_refused_at_the_start(binary, configuration, root):
    ended = run_to_end(binary, "--config", configuration(codings=["gzip", "br"]), "--port", "0", "--root", root)
    assert ended.returncode in (1, 2, 78), ended
    assert 'codings: "br" is not allowed; gzip or zstd' in ended.stderr
