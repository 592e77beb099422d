"""`accept` of an inbox: HTML forms, and plain text that holds JSON (docs/inbox.md)."""

import json
import time
from urllib.parse import quote, urlencode

import pytest

from support import webhooks
from support.client import chunked
from support.explained import explain
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    SECRET,
    TOKEN,
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
    token_file,
)
from support.server import run_to_end
from support.webhooks import sha256

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

FORM = "application/x-www-form-urlencoded"
BROWSER = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")


def send(server, content, **rest):
    """Send a form; `content` is what stands on the wire, or pairs of names and values."""
    content = content if isinstance(content, bytes) else urlencode(content).encode()
    return post(server, content, **{"content_type": FORM, **rest})


def bodies(folder):
    return [body for _, body in records(folder)]


# What becomes of a form


def test_a_form_is_kept_as_one_json_object(start_inbox, folder):
    server = start_inbox(accept=["form"])
    answer = check_accepted(send(server, [("name", "Ada Lovelace"), ("city", "Zürich"), ("note", "a&b=c+d %")]))
    record, body = only_record(folder)
    assert body.decode() == '{"name":"Ada Lovelace","city":"Zürich","note":"a&b=c+d %"}'
    assert answer["sha256"] == record["sha256"] == sha256(body)
    assert record["size"] == len(body)
    assert record["request"]["form"] is True
    assert ["content-type", FORM] in record["request"]["fields"]


def test_repeated_names_are_arrays(start_inbox, folder):
    server = start_inbox(accept=["form"])
    check_accepted(send(server, [("color", "red"), ("size", "L"), ("color", "blue")]))
    assert bodies(folder) == [b'{"color":["red","blue"],"size":"L"}']


def test_every_text_arrives_as_it_was(start_inbox, folder):
    server = start_inbox(accept=["form"])
    fields = {"".join(map(chr, range(0x80))): "\r\n\t\"\\\0", "": "", "ä€😀": "</script>", "__proto__": "x"}
    check_accepted(send(server, [*fields.items()]))
    assert json.loads(bodies(folder)[0]) == fields


def test_a_form_in_chunks_and_with_parameters_of_its_type(start_inbox, folder):
    server = start_inbox(accept=["form"])
    check_accepted(send(server, b"a=%41", content_type=f"{FORM.upper()}; charset=UTF-8"))
    check_accepted(send(server, b""))
    assert bodies(folder) == [b'{"a":"A"}', b"{}"]


@pytest.mark.modes("many")
def test_a_form_in_chunks_of_any_size(start_inbox, folder):
    server = start_inbox(accept=["form"])
    content = b"name=Ada%20Lovelace&%6eame=%C3%A4"
    for size in (1, 2, 3, 7):
        with server.connect() as connection:
            head = f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.send(head.encode() + chunked([content[at : at + size] for at in range(0, len(content), size)]))
            check_accepted(connection.receive("POST"))
    assert bodies(folder) == ['{"name":["Ada Lovelace","ä"]}'.encode()] * 4


@pytest.mark.parametrize("status", ["200", "202", "204"])
def test_without_redirect_a_form_is_answered_as_a_document(start_inbox, folder, status):
    server = start_inbox(accept=["form"], status=status)
    assert send(server, b"a=1").status == int(status)
    assert len(names(folder)) == 1


# The page behind it


@pytest.mark.parametrize("page", ["/thanks.html", "/thanks.html?from=form#top", "https://example.org/thanks"])
def test_a_browser_goes_on_to_a_page(start_inbox, folder, page):
    server = start_inbox(accept=["json", "form"], redirect=page, status="204")
    response = send(server, b"a=1", fields=[BROWSER])
    assert response.status == 303 and response["Location"] == page and response.content == b""
    assert bodies(folder) == [b'{"a":"1"}']
    assert post(server, b"[]").status == 204, "what is no form is answered as before"


def test_a_repetition_goes_on_to_the_page_too(start_inbox, folder):
    server = start_inbox(accept=["form"], redirect="/thanks.html", dedupe=["json:/id"])
    first, again = (send(server, b"id=7") for _ in range(2))
    assert first.status == again.status == 303
    assert again["Location"] == "/thanks.html" and again["Idempotent-Replayed"] == "true"
    assert len(names(folder)) == 1


def test_somebody_at_a_browser_reads_a_page_when_a_form_is_refused(start_inbox, folder):
    server = start_inbox(accept=["form"], redirect="/thanks.html")
    response = send(server, b"a=%FF", fields=[BROWSER])
    assert response.status == 400 and response["Content-Type"].startswith("text/html")
    assert b"UTF-8" in response.content
    check_problem(send(server, b"a=%FF"), 400)
    assert names(folder) == []


@pytest.mark.parametrize("keys, status", [({"disabled": True}, 410), ({"accept": ["form"]}, 415)])
def test_they_read_a_page_whatever_the_inbox_takes(start_inbox, keys, status):
    server = start_inbox(**keys)
    content_type = "multipart/form-data; boundary=x"
    response = post(server, b"--x--\r\n", content_type=content_type, fields=[BROWSER])
    assert response.status == status and response["Content-Type"].startswith("text/html"), response
    check_problem(post(server, b"--x--\r\n", content_type=content_type), status)
    check_problem(post(server, b"{}", content_type="application/json", fields=[BROWSER]), status)


# What is refused


@pytest.mark.parametrize(
    "content, words",
    [
        (b"a=b&c=%C3%28", ["UTF-8", "byte 9", "field 2"]),
        (b"a=\xff", ["UTF-8", "byte 2", "field 1"]),
        (b"&".join([b"a=1"] * 1001), ["1000 fields"]),
    ],
)
def test_a_form_that_cannot_be_kept_is_refused(start_inbox, folder, content, words):
    server = start_inbox(accept=["form"])
    with server.connect() as connection:  # which stays open
        response = connection.ask("POST", "/in/box", fields=[("Content-Type", FORM)], content=content)
        detail = check_problem(response, 400)
        assert all(word in detail for word in words), detail
        fine = connection.ask("POST", "/in/box", fields=[("Content-Type", FORM)], content=b"a")
        check_accepted(fine)
    assert bodies(folder) == [b'{"a":""}']


def test_the_size_is_that_of_the_content_and_of_the_document(start_inbox, folder):
    server = start_inbox(accept=["form"], max_size="1KiB")
    room = 1024 - len('{"a":""}')
    assert send(server, b"a=" + b"x" * room).status == 201
    check_problem(send(server, b"a=" + b"x" * (room + 1)), 413)
    check_problem(send(server, b"a=" + b"%00" * 200), 413)
    check_problem(send(server, b"&" * 1025), 413)
    assert send(server, b"a=" + b"%78" * 340).status == 201
    assert len(names(folder)) == 2


def test_nobody_is_asked_for_content_that_is_not_taken(start_inbox):
    """415 names what is taken (W3C LDP §7.1, Accept-Post)."""
    for accept, posts in (
        (None, "application/json"),
        (["form"], FORM),
        (["text", "json"], "application/json, text/plain"),
        (["json", "form", "text"], f"application/json, {FORM}, text/plain"),
    ):
        server = start_inbox(accept=accept)
        response = post(server, b"x", content_type="image/png")
        detail = check_problem(response, 415)
        assert response["Accept-Post"] == posts
        assert all(name in detail for name in posts.split(", ")), detail
        for taken in ("application/json", FORM, "text/plain"):
            expected = 201 if taken in posts.split(", ") else 415
            assert post(server, b"{}", content_type=taken).status == expected, (accept, taken)
        server.stop()


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "text/html", f"{FORM}x"])
def test_other_types_are_refused(start_inbox, folder, content_type):
    server = start_inbox(accept=["json", "form", "text"])
    check_problem(post(server, b"a=1", content_type=content_type), 415)
    assert names(folder) == []


# A field that holds the document


def test_a_field_may_hold_the_document(start_inbox, folder, secret_file):
    """GitHub's content type application/x-www-form-urlencoded; the signature is over the bytes received."""
    server = start_inbox(
        accept=["json", "form"], unwrap="payload", verify="github", secret_file=secret_file(SECRET), dedupe=["json:/id"]
    )
    document = b'{"id": 17, "zen": "\xc3\xa4 & b"}'
    content = b"payload=" + quote(document).encode()
    first, again = (send(server, content, fields=webhooks.github(SECRET, content)) for _ in range(2))
    assert check_accepted(first) == check_accepted(again)
    record, body = only_record(folder)
    assert body == document and record["request"]["form"] is True
    check_problem(send(server, content, fields=webhooks.github(SECRET, document)), 401)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"payload=%7B%22a%22%3A", ["field payload", "JSON", "line 1"]),
        (b"payload=", ["field payload", "JSON"]),
        (b"", ["payload", "none"]),
        (b"payload=1&payload=2", ["payload", "several"]),
        (b"payload=1&token=2", ["payload", "others"]),
        (b"body=1", ["payload", "others"]),
    ],
)
def test_a_form_without_the_document_is_refused(start_inbox, folder, content, words):
    server = start_inbox(accept=["form"], unwrap="payload")
    detail = check_problem(send(server, content), 400)
    assert all(word in detail for word in words), detail
    assert names(folder) == []


# Who has sent it


def test_a_signed_form(start_inbox, folder, secret_file):
    """Slack's commands are forms, signed as they are sent: https://api.slack.com/authentication/verifying-requests-from-slack"""
    server = start_inbox(accept=["form"], verify="slack", secret_file=secret_file(SECRET))
    content = b"command=%2Fweather&text=94070&channel_name=general"
    now = int(time.time())
    check_accepted(send(server, content, fields=webhooks.slack(SECRET, content, now)))
    assert bodies(folder) == [b'{"command":"/weather","text":"94070","channel_name":"general"}']
    altered = content.replace(b"94070", b"94071")
    check_problem(send(server, altered, fields=webhooks.slack(SECRET, content, now)), 401)
    same_but_in_bytes = content.replace(b"%2F", b"/")
    check_problem(send(server, same_but_in_bytes, fields=webhooks.slack(SECRET, content, now)), 401)
    broken = b"a=%FF"
    check_problem(send(server, broken), 401)
    check_problem(send(server, broken, fields=webhooks.slack(SECRET, broken, now)), 400)
    assert len(names(folder)) == 1


def test_a_form_with_a_token(start_inbox, folder, token_file):
    server = start_inbox(accept=["form"], token_file=token_file)
    assert send(server, b"a=1").status == 401
    check_accepted(send(server, b"a=1", fields=[("Authorization", f"Bearer {TOKEN}")]))
    assert only_record(folder)[0]["request"]["user"] == "kiosk-7"


@pytest.mark.parametrize("source", ["json:/order", "digest"])
def test_a_form_that_is_sent_again(start_inbox, folder, source):
    """The document is compared, however it was encoded."""
    server = start_inbox(accept=["form"], dedupe=[source])
    first = send(server, b"order=17&x=a+b")
    again = send(server, b"order=%31%37&x=a%20b")
    assert again.content == first.content and again["Idempotent-Replayed"] == "true"
    assert send(server, b"order=18&x=a+b").get("Idempotent-Replayed") is None
    assert len(names(folder)) == 2


# Text that holds JSON


def test_text_that_holds_json(start_inbox, folder):
    """As navigator.sendBeacon and Amazon SNS send it."""
    server = start_inbox(accept=["text"], dedupe=["json:/MessageId"])
    content = b'{"Type": "Notification", "MessageId": "22b8"}\n'
    first, again = (post(server, content, content_type="text/plain; charset=UTF-8") for _ in range(2))
    assert check_accepted(first) == check_accepted(again)
    record, body = only_record(folder)
    assert body == content and "form" not in record["request"]


def test_other_text_is_refused(start_inbox, folder):
    server = start_inbox(accept=["text"])
    for content in (b"", b"hello", b"a=1", b"\xef\xbb\xbf{}", b'"\xff"'):
        check_problem(post(server, content, content_type="text/plain"), 400)
    assert names(folder) == []


# Pages of other sites


@pytest.mark.parametrize("content_type", [FORM, "text/plain"])
def test_a_page_of_another_site_is_refused(start_inbox, folder, content_type):
    server = start_inbox(accept=["json", "form", "text"], origins=["https://partner.example"])
    ask = lambda *fields, **rest: post(server, b"{}", content_type=content_type, fields=fields, **rest).status  # noqa: E731
    own = f"{server.scheme}://{server.host}"
    assert ask() == 201, "no browser"
    assert ask(("Origin", own)) == 201
    assert ask(("Origin", "https://partner.example")) == 201
    assert ask(("Origin", "https://partner.example"), ("Sec-Fetch-Site", "cross-site")) == 201
    assert ask(("Origin", "null"), ("Sec-Fetch-Site", "same-origin")) == 201
    other_scheme = "http" if server.scheme == "https" else "https"
    for origin in ("https://evil.example", "null", f"{other_scheme}://{server.host}", f"{own}.evil.example", f"{own}1"):
        assert ask(("Origin", origin)) == 403, origin
    assert ask(("Sec-Fetch-Site", "cross-site")) == 403
    assert ask(("Origin", own), ("Sec-Fetch-Site", "cross-site")) == 403
    assert len(names(folder)) == 5
    server.log.wait_for("Security violation: Inbox box: .*origins of the inbox")


def test_a_page_of_another_site_may_ask_to_send_json(start_inbox, folder):
    """A browser asks first (Fetch Standard, "CORS-preflight fetch"), and is not allowed to: nothing needs refusing."""
    server = start_inbox(accept=["json", "form"])
    asked = server.ask(
        "OPTIONS", "/in/box", fields=[("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")]
    )
    assert asked.status == 204 and asked.get("Access-Control-Allow-Origin") is None


# The configuration


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    "keys, words",
    [
        ({"accept": ["xml"]}, ["accept", "json, form, multipart, files, ndjson, cloudevents-batch, text, reports or any"]),
        ({"redirect": "/x"}, ["redirect", '"form", "multipart" or "files" in accept']),
        ({"unwrap": "payload", "accept": ["text"]}, ["unwrap", '"form", "multipart" or "files" in accept']),
        ({"origins": ["https://example.org"]}, ["origins", '"form", "multipart", "files", "text", "reports" or "any" in accept']),
        ({"origins": ["https://example.org"], "accept": ["ndjson", "cloudevents-batch"]}, ["origins", "in accept"]),
        ({"accept": ["form"], "redirect": "thanks.html"}, ["redirect", "a path such as /thanks.html"]),
        ({"accept": ["form"], "redirect": "//evil.example"}, ["redirect"]),
        ({"accept": ["form"], "redirect": "/a b"}, ["redirect"]),
        ({"accept": ["form"], "redirect": "javascript:x"}, ["redirect"]),
        ({"accept": ["form"], "redirect": "/a\r\nX: y"}, ["redirect"]),
        ({"accept": ["form"], "origins": ["example.org"]}, ["origins", "https://example.org"]),
        ({"accept": ["form"], "origins": ["*"]}, ["origins"]),
        ({"accept": ["form"], "origins": ["https://example.org/page"]}, ["origins"]),
    ],
)
def test_a_mistake_refuses_the_start(binary, configuration, root, keys, words):
    ended = run_to_end(binary, "--config", configuration(**keys), "--port", "0", "--root", root)
    assert ended.returncode in (1, 2, 78), ended
    assert all(word in ended.stderr for word in words), ended.stderr


@pytest.mark.modes("many")
def test_explain_says_whether_a_form_is_taken(binary, configuration, root):
    path = configuration(accept=["form"])

    def status(*fields):
        flags = [word for field in fields for word in ("-H", field)]
        return explain(binary, "POST", "/in/box", root, "--config", path, *flags)[1]

    form = (f"Content-Type: {FORM}", "Content-Length: 3")
    assert status("Content-Type: application/json", "Content-Length: 3") == 415
    assert status(*form, "Origin: https://evil.example") == 403
    assert status(*form, "Content-Encoding: br") == 415
