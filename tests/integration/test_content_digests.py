"""Content-Digest and Repr-Digest of what is posted (RFC 9530): docs/inbox.md."""

import base64
import gzip
import hashlib

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
    secret_file,
    start_inbox,
)

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

DOCUMENT = b'{"hello": "world"}\n'
# RFC 9530 §2 and appendix B.
SHA256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
SHA512 = "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:"
OTHER256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"  # without the line feed
OTHER512 = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
FIELDS = pytest.mark.parametrize("field", ["Content-Digest", "Repr-Digest"])


def of(content, algorithm="sha256"):
    digest = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
    return f"{algorithm[:3]}-{algorithm[3:]}=:{digest}:"


@FIELDS
@pytest.mark.parametrize(
    "value", [SHA256, SHA512, f"{SHA256}, {SHA512}", f"md5=:AAAA:,{SHA256};a=1", "sha=:AAAA:", f"{OTHER256}, {SHA256}"]
)
def test_what_has_the_digest_that_is_named_is_kept(start_inbox, folder, field, value):
    server = start_inbox()
    response = post(server, DOCUMENT, fields=[(field, value)])
    check_accepted(response)
    assert only_record(folder)[1] == DOCUMENT
    assert response.get("Repr-Digest") is None, "it would be that of the answer"


@FIELDS
@pytest.mark.parametrize(
    "value, algorithm",
    [(OTHER256, "sha-256"), (OTHER512, "sha-512"), (f"{SHA256}, {OTHER512}", "sha-512"), (f"{SHA256}, {OTHER256}", "sha-256")],
)
def test_what_has_another_digest_is_refused(start_inbox, folder, field, value, algorithm):
    server = start_inbox()
    with server.connect() as connection:  # which stays open
        response = connection.ask("POST", "/in/box", fields=[JSON, (field, value)], content=DOCUMENT)
        detail = check_problem(response, 400)
        assert algorithm in detail and field in detail
        check_accepted(connection.ask("POST", "/in/box", fields=[JSON, (field, SHA256)], content=DOCUMENT))
    assert len(names(folder)) == 1


def test_both_fields_have_to_be_right(start_inbox, folder):
    server = start_inbox()
    fields = [("Content-Digest", SHA256), ("Repr-Digest", OTHER512)]
    assert "Repr-Digest" in check_problem(post(server, DOCUMENT, fields=fields), 400)
    check_accepted(post(server, DOCUMENT, fields=[("Content-Digest", SHA256), ("Repr-Digest", SHA512)]))
    assert len(names(folder)) == 1


@FIELDS
@pytest.mark.parametrize("value", ["sha-256", "sha-256=abc", SHA256 + ",", "SHA-256=:AAAA:", "sha-256=:AAAA:", "x"])
def test_a_malformed_field_is_refused_from_the_head_alone(start_inbox, folder, field, value):
    server = start_inbox()
    with server.connect() as connection:
        head = (
            f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: 19\r\nExpect: 100-continue\r\n{field}: {value}\r\n\r\n"
        )
        connection.send(head.encode())
        response = connection.receive("POST")
        assert field in check_problem(response, 400)
        assert response["Want-Content-Digest"] == "sha-256=10, sha-512=9"
    assert names(folder) == []


@FIELDS
def test_a_digest_is_over_the_bytes_as_received(start_inbox, folder, field):
    """RFC 9530 §2, §3: the content coding belongs to the content, and to the representation."""
    server = start_inbox(accept=["json", "form"])
    coded = gzip.compress(DOCUMENT)
    encoding = ("Content-Encoding", "gzip")
    check_accepted(post(server, coded, fields=[encoding, (field, of(coded))]))
    check_problem(post(server, coded, fields=[encoding, (field, of(DOCUMENT))]), 400)
    form = dict(content_type="application/x-www-form-urlencoded")
    check_accepted(post(server, b"a=1", fields=[(field, of(b"a=1", "sha512"))], **form))
    check_problem(post(server, b"a=1", fields=[(field, of(b'{"a":"1"}'))], **form), 400)
    assert len(names(folder)) == 2


@pytest.mark.modes("many")
def test_the_transfer_coding_is_not_covered(start_inbox, folder):
    server = start_inbox()
    head = (
        f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\n"
        f"Transfer-Encoding: chunked\r\nContent-Digest: {SHA256}\r\n\r\n"
    )
    with server.connect() as connection:
        for size in (1, 5):
            pieces = [DOCUMENT[at : at + size] for at in range(0, len(DOCUMENT), size)]
            connection.send(head.encode() + chunked(pieces))
            check_accepted(connection.receive("POST"))


@pytest.mark.modes("many")
def test_a_digest_in_a_trailer_is_passed_over(start_inbox, folder):
    """RFC 9110 §6.5.1: trailer fields are dropped."""
    server = start_inbox()
    head = f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as connection:
        connection.send(head.encode() + b"2\r\n{}\r\n0\r\nContent-Digest: " + SHA256.encode() + b"\r\n\r\n")
        check_accepted(connection.receive("POST"))


def test_authenticity_is_judged_first(start_inbox, folder, secret_file):
    server = start_inbox(verify="github", secret_file=secret_file(SECRET))
    wrong = ("Content-Digest", OTHER256)
    check_problem(post(server, DOCUMENT, fields=[*webhooks.github(SECRET, b"{}"), wrong]), 401)
    check_problem(post(server, DOCUMENT, fields=[*webhooks.github(SECRET, DOCUMENT), wrong]), 400)
    check_accepted(post(server, DOCUMENT, fields=[*webhooks.github(SECRET, DOCUMENT), ("Content-Digest", SHA256)]))
    assert len(names(folder)) == 1


@FIELDS
def test_uploads_are_compared_too(start, field):
    server = start()
    assert server.upload(DOCUMENT, fields=[(field, f"{SHA256}, {SHA512}")]).status == 201
    assert "sha-512" in check_problem(server.upload(DOCUMENT, fields=[(field, OTHER512)]), 400)
    assert field in check_problem(server.upload(DOCUMENT, fields=[(field, "x")]), 400)
    assert len(server.uploads()) == 1
