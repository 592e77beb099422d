"""`multipart` in `accept`: forms in parts (RFC 7578), without files (docs/inbox.md)."""

import json
import subprocess

import pytest

from support import webhooks
from support.client import chunked
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
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

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

TYPE = "multipart/form-data; boundary=AaB03x"


def part(name, value, more=""):
    return b'--AaB03x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (
        name.encode(), more.encode(), value.encode()
    )  # fmt: skip


def form(*fields):
    return b"".join(part(name, value) for name, value in fields) + b"--AaB03x--\r\n"


def send(server, content, **rest):
    return post(server, content, **{"content_type": TYPE, **rest})


def test_the_parts_become_one_object(start_inbox, folder):
    server = start_inbox(accept=["multipart"])
    content = form(("name", "Ada Lovelace"), ("topic", "a"), ("topic", "b"), ("note", "one\r\ntwo & 100 %\0"), ("ä", "€"))
    check_accepted(send(server, content))
    record, body = only_record(folder)
    assert json.loads(body) == {"name": "Ada Lovelace", "topic": ["a", "b"], "note": "one\r\ntwo & 100 %\0", "ä": "€"}
    assert record["request"]["form"] is True and record["size"] == len(body)


@pytest.mark.modes("many")
def test_a_form_in_chunks_of_any_size(start_inbox, folder):
    server = start_inbox(accept=["multipart"])
    content = form(("a", "b"), ("c", ""))
    for size in (1, 2, 7):
        with server.connect() as connection:
            head = f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: {TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.send(head.encode() + chunked([content[at : at + size] for at in range(0, len(content), size)]))
            check_accepted(connection.receive("POST"))
    assert [body for _, body in records(folder)] == [b'{"a":"b","c":""}'] * 3


@pytest.mark.modes("many")
def test_what_curl_sends_is_read(start_inbox, folder):
    server = start_inbox(accept=["multipart"])
    fields = {"name": "Ada", "a b": 'x "y" ; z', "lines": "1\n2"}
    words = [word for name, value in fields.items() for word in ("--form-string", f"{name}={value}")]
    url = f"http://{server.host}/in/box"
    done = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *words, url], capture_output=True, timeout=30)
    assert done.stdout == b"201", done
    assert json.loads(only_record(folder)[1]) == fields


def test_a_browser_goes_on_to_a_page(start_inbox, folder):
    server = start_inbox(accept=["multipart"], redirect="/thanks.html")
    response = send(server, form(("a", "1")))
    assert response.status == 303 and response["Location"] == "/thanks.html"
    refused = send(server, b"a=1", fields=[("Accept", "text/html")])
    assert refused.status == 400 and refused["Content-Type"].startswith("text/html")
    assert len(names(folder)) == 1


def test_a_part_may_hold_the_document(start_inbox, folder, secret_file):
    server = start_inbox(accept=["multipart"], unwrap="payload", verify="github", secret_file=secret_file(SECRET))
    content = form(("payload", '{"id": 17}'))
    check_accepted(send(server, content, fields=webhooks.github(SECRET, content)))
    assert only_record(folder)[1] == b'{"id": 17}'
    more = form(("payload", "{}"), ("other", ""))
    assert "one field, payload" in check_problem(send(server, more, fields=webhooks.github(SECRET, more)), 400)


@pytest.mark.parametrize("more", ['; filename="x.png"', '; filename=""', "; filename*=UTF-8''x"])
def test_files_are_refused(start_inbox, folder, more):
    server = start_inbox(accept=["json", "multipart"])
    content = part("a", "b") + part("f", "content", more) + b"--AaB03x--\r\n"
    detail = check_problem(send(server, content), 415)
    assert "This inbox takes no files" in detail and "part 2" in detail
    assert names(folder) == []


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "no boundary"),
        (form(("a", "b"))[:-6], "no boundary behind it"),
        (b"--AaB03x\r\n\r\nb\r\n--AaB03x--", "does not say its name"),
        (form(("a", "b")).replace(b"b\r\n", b"\xff\r\n"), "not UTF-8"),
        (b"".join([part("a", "b")] * 1001) + b"--AaB03x--", "1000 parts"),
    ],
)
def test_what_is_malformed_is_refused(start_inbox, folder, content, words):
    server = start_inbox(accept=["multipart"])
    assert words in check_problem(send(server, content), 400)
    assert names(folder) == []


@pytest.mark.parametrize("parameters", ["", '; boundary=""', '; boundary="a "', f"; boundary={'x' * 71}"])
def test_without_a_boundary_it_is_refused_from_the_head(start_inbox, parameters):
    server = start_inbox(accept=["multipart"])
    response = post(server, form(("a", "b")), content_type=f"multipart/form-data{parameters}")
    assert "boundary" in check_problem(response, 400)


def test_pages_of_other_sites_may_not_send_it(start_inbox):
    server = start_inbox(accept=["multipart"])
    check_problem(send(server, form(("a", "b")), fields=[("Origin", "https://evil.example")]), 403)


def test_the_size_is_that_of_the_content_and_of_the_document(start_inbox, folder):
    server = start_inbox(accept=["multipart"], max_size="1KiB")
    room = 1024 - len(form(("a", "")))
    check_accepted(send(server, form(("a", "x" * room))))
    check_problem(send(server, form(("a", "x" * (room + 1)))), 413)
    assert "As JSON" in check_problem(send(server, form(("a", "\1" * 200))), 413)
    assert len(names(folder)) == 1
