"""`page` of an inbox: from which a person sends documents (docs/inbox.md). What its script does is in tests/long."""

import base64
import hashlib
import re
import signal

import pytest

from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    check_accepted,
    configuration,
    folder,
    names,
    post,
    start_inbox,
    token_file,
)
from support.server import run_to_end
from support.waiting import eventually

pytestmark = [pytest.mark.semantics, pytest.mark.http2]


def page_of(server, path="/send"):
    response = server.get(path)
    assert response.status == 200, response
    return response, response.content.decode()


def test_it_is_a_page_that_may_use_itself_and_nothing_else(start_inbox):
    response, page = page_of(start_inbox(page="/send"))
    assert response["Content-Type"] == "text/html; charset=utf-8" and response["Cache-Control"] == "no-cache"
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    for kind in ("style", "script"):
        (text,) = re.findall(f"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"; {kind}-src 'sha256-{digest}'; " in policy
    assert "http://" not in page and "https://" not in page and "//" not in re.sub(r"<script>.*</script>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize(
    "flags, said",
    [
        (("--profile", "folder"), "no-cache"),
        (("--profile", "folder", "--cache-control", "public, max-age=3600"), "public, max-age=3600"),
    ],
)
def test_how_long_it_is_kept_is_said_once(start_inbox, flags, said):
    server = start_inbox(*flags, page="/send")
    for method in ("GET", "HEAD"):
        response = server.ask(method, "/send")
        assert [value for name, value in response.fields if name.lower() == "cache-control"] == [said]


def test_it_says_where_what_and_how_much(start_inbox):
    _, page = page_of(start_inbox(page="/send", accept=["json", "ndjson", "any"], max_size="64KiB"))
    assert "<title>Send to box</title>" in page
    assert 'data-path="/in/box" data-takes="json lines any" data-largest="65536" data-most="64KiB"' in page
    assert "It takes JSON, lines of JSON (.ndjson) and any other file, at most 64KiB each." in page


def test_names_are_escaped(start_inbox):
    _, page = page_of(start_inbox(page="/send", path="/a&'b"))
    assert 'data-path="/a&amp;&#39;b"' in page


def test_the_inbox_itself_is_as_ever(start_inbox, folder):
    server = start_inbox(page="/send")
    check_accepted(post(server))
    assert server.get("/in/box").status == 405 and len(names(folder)) == 1


def test_methods(start_inbox, folder):
    server = start_inbox(page="/send")
    head = server.ask("HEAD", "/send")
    assert head.status == 200 and int(head["Content-Length"]) == len(page_of(server)[1].encode())
    for method, status in (("POST", 405), ("OPTIONS", 204)):
        response = post(server, target="/send") if method == "POST" else server.ask(method, "/send")
        assert response.status == status and response["Allow"] == "GET, HEAD, OPTIONS"
    assert names(folder) == []


def test_by_default_there_is_none(start_inbox):
    assert start_inbox().get("/send").status == 404


# Without a script


def test_a_form_can_do_without_a_script(start_inbox, folder):
    server = start_inbox(page="/send", accept=["json", "form"], unwrap="payload")
    _, page = page_of(server)
    assert '<form method="post" action="/in/box" enctype="application/x-www-form-urlencoded">' in page
    assert 'name="payload"></textarea>' in page and "<noscript>" not in page
    (form,) = re.findall("<form.*</form>", page, re.DOTALL)
    assert form.count(" name=") == 1, "so the form has one field"
    check_accepted(post(server, b"payload=%7B%22a%22%3A+1%7D", content_type="application/x-www-form-urlencoded"))


@pytest.mark.parametrize("accept", [["json", "multipart"], ["json", "files"]])
def test_a_form_in_parts_can_do_without_a_script(start_inbox, accept):
    _, page = page_of(start_inbox(page="/send", accept=accept, unwrap="payload"))
    assert 'enctype="multipart/form-data"' in page


@pytest.mark.parametrize("keys", [{}, {"accept": ["json", "form"]}])
def test_otherwise_it_says_that_it_needs_one(start_inbox, keys):
    _, page = page_of(start_inbox(page="/send", **keys))
    assert "<noscript><p>This page needs JavaScript, since this inbox takes no forms that hold a document." in page
    assert "<button disabled>Send" in page


def test_where_a_token_is_needed_it_is_asked_for(start_inbox, token_file):
    server = start_inbox(page="/send", token_file=token_file, accept=["json", "form"], unwrap="payload")
    _, page = page_of(server)
    assert '<input id="token" type="password" autocomplete="off">' in page
    assert "<noscript><p>This page needs JavaScript, since a form cannot send a token." in page


# Configuration


@pytest.mark.modes("many")
def test_a_reload_moves_it(start_inbox, configuration):
    server = start_inbox(page="/send")
    configuration(page="/elsewhere")
    server.signal(signal.SIGHUP)
    eventually(lambda: server.get("/elsewhere").status == 200, "it has moved")
    assert server.get("/send").status == 404


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    "keys, message",
    [
        ({"page": "send"}, 'page: "send" is not allowed; a path such as /send'),
        ({"page": "/a/../b"}, 'page: "/a/../b" is not allowed'),
        ({"page": "/in/box"}, "page: the site has something else at /in/box"),
        ({"page": "/upload"}, "page: the site has something else at /upload"),
        ({"page": "/send", "accept": ["form"]}, 'page: it could send nothing: "json", "ndjson", "cloudevents-batch" or "any"'),
    ],
)
def test_mistakes_refuse_the_start(binary, root, configuration, keys, message):
    end = run_to_end(binary, "--config", configuration(**keys), "--root", root, "--check-config")
    assert end.returncode in (2, 78) and message in end.stderr, end


@pytest.mark.modes("many")
def test_two_inboxes_cannot_have_one_page(binary, root, configuration, folder):
    other = f'[[inbox]]\nname = "other"\ndir = "{folder.parent / "other"}"\npage = "/send"\n'
    end = run_to_end(binary, "--config", configuration(other, page="/send"), "--root", root, "--check-config")
    assert end.returncode in (2, 78) and 'page: "/send" is that of' in end.stderr, end
