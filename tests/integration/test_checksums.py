"""Repr-Digest (RFC 9530) when it is asked for, and NAME.sha256 under `--checksums`."""

import base64
import gzip
import hashlib
import subprocess

import pytest

from support.validators import strong_etag

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

WANTED = [("Want-Repr-Digest", "sha-512=3, sha-256=10, unixsum=0")]
CONTENT = bytes(range(256)) * 4096  # 1 MiB


def digest_of(content):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


@pytest.fixture
def site(root):
    (root / "disk.iso").write_bytes(CONTENT)
    (root / "app.js").write_text("let a;\n" * 500)
    (root / "empty.bin").write_bytes(b"")
    return root


def test_a_digest_is_given_to_those_who_want_it(start, site):
    server = start()
    for _ in range(3):
        assert server.get("/disk.iso", fields=WANTED)["Repr-Digest"] == digest_of(CONTENT)
        assert server.get("/empty.bin", fields=WANTED)["Repr-Digest"] == digest_of(b"")
        assert server.get("/disk.iso").get("Repr-Digest") is None
    head = server.ask("HEAD", "/disk.iso", fields=WANTED)
    assert head["Repr-Digest"] == digest_of(CONTENT)
    part = server.get("/disk.iso", fields=[*WANTED, ("Range", "bytes=0-9")])
    assert part.status == 206 and part["Repr-Digest"] == digest_of(CONTENT), "of the whole representation"


@pytest.mark.parametrize("wish", ["sha-256=0", "sha-256=00", "sha-512=9", "sha-256", "sha-256=x", "=", ""])
def test_other_wishes_are_passed_over(start, site, wish):
    response = start().get("/disk.iso", fields=[("Want-Repr-Digest", wish)])
    assert response.status == 200 and response.get("Repr-Digest") is None


def test_it_is_the_digest_of_what_is_there_now(start, site):
    server = start()
    for number in range(4):
        content = CONTENT + b"%d" % number
        (site / "disk.iso").write_bytes(content)
        response = server.get("/disk.iso", fields=WANTED)
        assert response.content == content and response.get("Repr-Digest") in (digest_of(content), None)
        strong_etag(server, "/disk.iso")
        assert server.get("/disk.iso", fields=WANTED)["Repr-Digest"] == digest_of(content)


def test_it_is_one_of_the_representation_that_is_given(start, site):
    server = start("--profile", "folder")
    for codings in ("", "gzip"):
        response = server.get("/app.js", fields=[*WANTED, ("Accept-Encoding", codings)])
        assert response["Repr-Digest"] == digest_of(response.content)
    (site / "app.js.gz").write_bytes(gzip.compress(b"prepared"))
    strong_etag(server, "/app.js.gz")
    response = server.get("/app.js", fields=[*WANTED, ("Accept-Encoding", "gzip")])
    if response.get("Content-Encoding") == "gzip":
        assert response.content == (site / "app.js.gz").read_bytes()
    assert response["Repr-Digest"] == digest_of(response.content)


def test_checksum_files(start, site, scratch):
    (site / "sub dir").mkdir()
    (site / "sub dir/a b.txt").write_bytes(b"hello")
    server = start("--checksums")
    for _ in range(2):
        response = server.get("/disk.iso.sha256")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response.text == f"{hashlib.sha256(CONTENT).hexdigest()}  disk.iso\n"
        assert server.ask("HEAD", "/disk.iso.sha256")["Content-Length"] == str(len(response.text))
    (scratch / "SHA256SUMS").write_text(server.get("/sub%20dir/a%20b.txt.sha256").text)
    subprocess.run(["sha256sum", "-c", scratch / "SHA256SUMS"], cwd=site / "sub dir", check=True)
    tag = strong_etag(server, "/disk.iso.sha256")
    assert server.get("/disk.iso.sha256", fields=[("If-None-Match", tag)]).status == 304


def test_what_has_no_checksum(start, site):
    (site / ".secret").write_bytes(b"x")
    (site / "sub").mkdir()
    (site / "disk.iso.sha256").write_text("what lies there goes first")
    server = start("--checksums")
    assert server.get("/disk.iso.sha256").text == "what lies there goes first"
    for target in ("/none.sha256", "/.secret.sha256", "/sub.sha256", "/sub/.sha256", "/.sha256"):
        assert server.get(target).status == 404, target
    assert server.ask("POST", "/app.js.sha256", content=b"").status in (404, 405)
    assert start().get("/app.js.sha256").status == 404
