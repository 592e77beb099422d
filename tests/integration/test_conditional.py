"""CONTRACT §2: conditional requests as in RFC 9110 §13."""

import email.utils
import os

import pytest

from support.client import parse_date
from support.validators import last_modified, strong_etag

pytestmark = [pytest.mark.semantics, pytest.mark.http2]


@pytest.fixture
def aged(start, aged_root, scratch):
    """A server for files whose last change is long past."""
    return start("--upload-dir", scratch, root=aged_root)


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def test_if_none_match(aged):
    """RFC 9110 §13.1.2: weak comparison, lists, `*`."""
    etag = strong_etag(aged, "/about.html")
    for value in [etag, "W/" + etag, f'"other", {etag}', f'"a,b" ,{etag}', "*", f'W/"x",W/{etag}']:
        response = aged.get("/about.html", fields=[("If-None-Match", value)])
        assert response.status == 304, value
        assert response["ETag"] == etag
        assert response.content == b""
    for value in ['"other"', 'W/"other"', etag.strip('"'), etag[:-1], f'"{etag}']:
        assert aged.get("/about.html", fields=[("If-None-Match", value)]).status == 200, value


def test_the_tag_depends_on_the_seed_and_outlives_a_restart(start, aged_root, scratch):
    """§2: under a seed from the site's configuration, the same after a restart."""

    def tag_with(*flags):
        return strong_etag(start("--upload-dir", scratch, *flags, root=aged_root), "/about.html")

    assert tag_with() == tag_with()
    assert tag_with("--etag-seed", "a secret") == tag_with("--etag-seed", "a secret")
    assert len({tag_with(), tag_with("--etag-seed", "a secret"), tag_with("--etag-seed", "another")}) == 3


def test_if_none_match_in_two_lines(aged):
    """RFC 9110 §5.3: several lines of a list are one list."""
    etag = strong_etag(aged, "/about.html")
    fields = [("If-None-Match", '"other"'), ("If-None-Match", etag)]
    assert aged.get("/about.html", fields=fields).status == 304


def test_304_keeps_the_connection(aged):
    """RFC 9112 §6.3: a 304 has no content; the next answer follows its head."""
    with aged.connect() as connection:
        etag = connection.ask("GET", "/big.png")["ETag"]
        for method in ["GET", "HEAD"]:
            response = connection.ask(method, "/big.png", fields=[("If-None-Match", etag)])
            assert response.status == 304 and response.keeps
            assert response.get("Content-Length") in (None, str((aged.root / "big.png").stat().st_size))
        connection.expect_kept()


def test_if_modified_since(aged):
    """RFC 9110 §13.1.3: whole seconds; the three date formats of §5.6.7; anything else is ignored."""
    date = last_modified(aged, "/about.html")
    seconds = parse_date(date)
    broken = email.utils.parsedate_to_datetime(date)
    obsolete = [broken.strftime("%A, %d-%b-%y %H:%M:%S GMT"), broken.strftime("%a %b %e %H:%M:%S %Y")]
    for value in [date, http_date(seconds + 1), *obsolete]:
        response = aged.get("/about.html", fields=[("If-Modified-Since", value)])
        assert response.status == 304 and response.content == b"", value
    for value in [http_date(seconds - 1), "yesterday", "", date + "x", date.replace("GMT", "CET")]:
        assert aged.get("/about.html", fields=[("If-Modified-Since", value)]).status == 200, value


def test_if_none_match_goes_before_if_modified_since(aged):
    """RFC 9110 §13.2.2 steps 3 and 4."""
    date, etag = last_modified(aged, "/about.html"), strong_etag(aged, "/about.html")
    assert aged.get("/about.html", fields=[("If-None-Match", '"other"'), ("If-Modified-Since", date)]).status == 200
    assert aged.get("/about.html", fields=[("If-None-Match", etag), ("If-Modified-Since", http_date(0))]).status == 304


def test_if_match(aged):
    """RFC 9110 §13.1.1: strong comparison."""
    etag = strong_etag(aged, "/about.html")
    for value in [etag, "*", f'"other", {etag}']:
        assert aged.get("/about.html", fields=[("If-Match", value)]).status == 200, value
    for value in ['"other"', "W/" + etag]:
        assert aged.get("/about.html", fields=[("If-Match", value)]).status == 412, value


def test_if_unmodified_since(aged):
    """RFC 9110 §13.1.4; If-Match goes before it (§13.2.2)."""
    date, etag = last_modified(aged, "/about.html"), strong_etag(aged, "/about.html")
    earlier = http_date(parse_date(date) - 1)
    assert aged.get("/about.html", fields=[("If-Unmodified-Since", date)]).status == 200
    assert aged.get("/about.html", fields=[("If-Unmodified-Since", earlier)]).status == 412
    assert aged.get("/about.html", fields=[("If-Unmodified-Since", "never")]).status == 200
    assert aged.get("/about.html", fields=[("If-Match", etag), ("If-Unmodified-Since", earlier)]).status == 200


def test_412_is_an_answer_like_others(aged):
    """RFC 9110 §13.2.1: nothing about a failed precondition puts framing in doubt."""
    with aged.connect() as connection:
        response = connection.ask("GET", "/about.html", fields=[("If-Match", '"other"')])
        assert response.status == 412 and "412" in response.text
        connection.expect_as_said(response)


@pytest.mark.parametrize("name", ["If-None-Match", "If-Match"])
def test_preconditions_do_not_hide_a_missing_file(aged, name):
    """RFC 9110 §13.2.1: ignored when the answer without them would not be a 2xx or 412."""
    assert aged.get("/missing", fields=[(name, "*")]).status == 404


def test_validators_agree(aged):
    """RFC 9110 §8.8.3: one representation, one ETag, on GET, HEAD and 304."""
    etag = strong_etag(aged, "/logo.png")
    assert aged.ask("HEAD", "/logo.png")["ETag"] == etag
    assert aged.get("/logo.png")["ETag"] == etag
    assert strong_etag(aged, "/photo.png") != etag


def test_an_edit_that_restores_the_time_changes_the_etag(server):
    """§2: ctime cannot be set back by a user, so such an edit gives no false 304."""
    path = server.root / "about.html"
    before = server.get("/about.html")
    status = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = server.get("/about.html", fields=[("If-None-Match", before["ETag"])])
    if before["ETag"].startswith("W/") and after.status == 304:
        pytest.fail("a weak ETag covered two different contents")
    assert after.status == 200 and after.content == content[::-1]
    assert after["ETag"].removeprefix("W/") != before["ETag"].removeprefix("W/")
    assert after["Last-Modified"] == before["Last-Modified"]


def test_a_replaced_file_changes_the_etag(server):
    """§2: the inode is part of the ETag, so a file renamed into place is another."""
    path, other = server.root / "about.html", server.root / "other.html"
    before = server.get("/about.html")["ETag"]
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.rename(path)
    assert server.get("/about.html", fields=[("If-None-Match", before)]).status == 200


def test_weak_while_young(server):
    """§2: weak while ctime is too recent to tell two writes apart, strong later, and different after a change."""
    path = server.root / "young.html"
    path.write_bytes(b"first")
    etag = strong_etag(server, "/young.html")
    path.write_bytes(b"second")
    assert server.get("/young.html")["ETag"] != etag
