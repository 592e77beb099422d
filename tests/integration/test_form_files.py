"""`files` in `accept`: forms in parts that bring files (docs/inbox.md)."""

import base64
import hashlib
import json
import subprocess

import pytest

from support.client import chunked
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    check_accepted,
    check_problem,
    configuration,
    folder,
    names,
    only_record,
    post,
    start_inbox,
)

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

TYPE = "multipart/form-data; boundary=x"


def part(head, content):
    return b"--x\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + content + b"\r\n"


def send(server, *parts, **rest):
    return post(server, b"".join(parts) + b"--x--\r\n", content_type=TYPE, **rest)


def described(content, name, media_type=None):
    """What stands in the object for a file."""
    said = {"type": media_type} if media_type else {}
    return {
        "filename": name, **said, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "base64": base64.b64encode(content).decode(),
    }  # fmt: skip


EVERY_BYTE = bytes(range(256)) * 3


def test_a_file_stands_in_the_object(start_inbox, folder):
    server = start_inbox(accept=["files"])
    head = b'name="photo"; filename="caf\xc3\xa9 1.png"\r\nContent-Type: image/png'
    check_accepted(send(server, part(b"name=who", b"Ada"), part(head, EVERY_BYTE)))
    record, body = only_record(folder)
    assert json.loads(body) == {"who": "Ada", "photo": described(EVERY_BYTE, "café 1.png", "image/png")}
    assert record["request"]["form"] is True and record["sha256"] == hashlib.sha256(body).hexdigest()


def test_several_files_of_one_name_become_an_array(start_inbox, folder):
    server = start_inbox(accept=["files"])
    check_accepted(send(server, part(b"name=f; filename=a", b"1"), part(b"name=f; filename=b", b"")))
    assert json.loads(only_record(folder)[1]) == {"f": [described(b"1", "a"), described(b"", "b")]}


def test_where_no_file_was_chosen_stands_null(start_inbox, folder):
    """So browsers send an <input type="file"> that is empty (HTML Standard, §4.10.21.4)."""
    server = start_inbox(accept=["files"])
    head = b'name="f"; filename=""\r\nContent-Type: application/octet-stream'
    check_accepted(send(server, part(head, b"")))
    assert json.loads(only_record(folder)[1]) == {"f": None}


def test_a_form_without_files_is_as_ever(start_inbox, folder):
    server = start_inbox(accept=["files"])
    check_accepted(send(server, part(b"name=a", b"1"), part(b"name=a", b"2")))
    assert json.loads(only_record(folder)[1]) == {"a": ["1", "2"]}


def test_a_file_can_be_the_document(start_inbox, folder):
    server = start_inbox(accept=["files"], unwrap="payload")
    check_accepted(send(server, part(b'name="payload"; filename="a.json"', b'{"a": 1}')))
    assert only_record(folder)[1] == b'{"a": 1}'
    check_problem(send(server, part(b'name="payload"; filename="a.json"', b"\xff")), 400)


def test_without_the_option_files_are_refused(start_inbox, folder):
    response = send(start_inbox(accept=["multipart"]), part(b"name=f; filename=a", b"1"))
    assert "takes no files" in check_problem(response, 415)
    assert names(folder) == []


@pytest.mark.modes("many")
def test_curl_sends_files(start_inbox, folder, scratch):
    server = start_inbox(accept=["files"])
    (scratch / "data.bin").write_bytes(EVERY_BYTE)
    subprocess.run(
        ["curl", "-sSf", "-F", "note=see it", "-F", "f=@data.bin", "-F", "g=@data.bin;type=text/csv;filename=../x", f"http://{server.host}/in/box"],
        cwd=scratch, check=True, capture_output=True,
    )  # fmt: skip
    assert json.loads(only_record(folder)[1]) == {
        "note": "see it",
        "f": described(EVERY_BYTE, "data.bin", "application/octet-stream"),
        "g": described(EVERY_BYTE, "../x", "text/csv"),
    }


# Sizes: `max_size` is that of the content; what is made of it may be larger, up to 4 MiB.


@pytest.mark.modes("many")
def test_a_file_may_be_as_large_as_the_content(start_inbox, folder):
    server = start_inbox("--max-upload", "4MiB", accept=["files"], max_size="3MiB")
    content = EVERY_BYTE * 4000
    check_accepted(send(server, part(b"name=f; filename=a", content)))
    assert json.loads(only_record(folder)[1]) == {"f": described(content, "a")}
    assert send(server, part(b"name=f; filename=a", b"x" * (3 << 20))).status == 413


@pytest.mark.modes("many")
def test_what_would_become_too_large_is_refused(start_inbox, folder):
    server = start_inbox("--max-upload", "4MiB", accept=["files"], max_size="4MiB")
    detail = check_problem(send(server, part(b"name=f; filename=a", b"x" * (3 << 20))), 413)
    assert "4194304 bytes" in detail
    check_accepted(send(server, part(b"name=f; filename=a", b"x" * ((3 << 20) - 1000))))
    assert len(names(folder)) == 1


@pytest.mark.modes("many")
def test_a_small_form_needs_little_room(start_inbox, folder):
    server = start_inbox(accept=["files", "form"], max_bytes="64KiB", max_size="1MiB")
    check_accepted(send(server, part(b"name=f; filename=a", b"1")))
    check_accepted(post(server, b"a=b", content_type="application/x-www-form-urlencoded"))
    assert len(names(folder)) == 2


@pytest.mark.modes("many")
def test_the_largest_form_fits_into_the_least_memory(start_inbox, folder):
    server = start_inbox("--max-upload", "4MiB", "--upload-memory", "1MiB", accept=["files"], max_size="4MiB")
    content = part(b"name=f; filename=a", b"x" * ((3 << 20) - 1000)) + b"--x--\r\n"
    with server.connect() as connection:
        head = f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: {TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
        pieces = [content[at : at + 48_000] for at in range(0, len(content), 48_000)]
        connection.send(head.encode() + chunked(pieces))
        check_accepted(connection.receive("POST"))


@pytest.mark.modes("many")
def test_room_is_taken_for_what_it_becomes(start_inbox, folder):
    server = start_inbox("--max-upload", "4MiB", accept=["files"], max_bytes="5MiB")
    content = part(b"name=f; filename=a", b"x" * (2 << 20))
    check_accepted(send(server, content))
    check_problem(send(server, content), 507)
    assert len(names(folder)) == 1
