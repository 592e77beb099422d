"""`--etag content`: entity tags that are the same wherever the same bytes lie (docs/operating.md, "Several machines")."""

import gzip
import os
import shutil

import pytest

from support.server import run_to_end
from support.validators import strong_etag
from support.waiting import eventually

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

CONTENT = bytes(range(256)) * 4096
SCRIPT = b"let a = 1;\n" * 500
GZIP = [("Accept-Encoding", "gzip")]


def write_site(folder, first, second):
    """The same content, written in another order and with other times, so that nothing but the content is the same."""
    folder.mkdir()
    for name in (first, second):
        (folder / name).write_bytes(SCRIPT if name.endswith(".js") else CONTENT)
    (folder / "app.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (folder / "empty.txt").write_bytes(b"")
    return folder


@pytest.fixture
def two(start, scratch):
    """Two servers of the same content."""
    one = write_site(scratch / "one", "disk.iso", "app.js")
    other = write_site(scratch / "other", "app.js", "disk.iso")
    os.utime(other / "app.js", (1e9, 1e9))
    os.utime(other / "disk.iso", (1.1e9, 1.1e9))
    return [start("--etag", "content", root=folder) for folder in (one, other)]


def tags(server, target, **rest):
    """What it answers at first, and then again and again."""
    return {server.get(target, **rest)["ETag"] for _ in range(4)}


@pytest.mark.parametrize("target", ["/disk.iso", "/app.js", "/empty.txt"])
def test_the_same_content_has_the_same_tag(two, target):
    one, other = (tags(server, target) for server in two)
    assert one == other and len(one) == 1
    assert next(iter(one)).startswith('"')


def test_other_content_has_another_tag(two):
    server = two[0]
    assert len({server.get(target)["ETag"] for target in ("/disk.iso", "/app.js", "/app.js.gz", "/empty.txt")}) == 4


def test_what_one_has_given_the_other_knows(two):
    one, other = two
    tag = one.get("/disk.iso")["ETag"]
    assert other.get("/disk.iso", fields=[("If-None-Match", tag)]).status == 304
    part = other.get("/disk.iso", fields=[("If-Range", tag), ("Range", "bytes=1000-1999")])
    assert (part.status, part.content) == (206, CONTENT[1000:2000])
    assert other.get("/disk.iso", fields=[("If-Match", '"other"')]).status == 412
    assert other.ask("HEAD", "/disk.iso")["ETag"] == tag


def test_a_copy_and_a_link_have_the_tag_of_the_original(start, root):
    (root / "a.bin").write_bytes(CONTENT)
    shutil.copy(root / "a.bin", root / "b.bin")
    os.link(root / "a.bin", root / "c.bin")
    server = start("--etag", "content")
    tag = server.get("/a.bin")["ETag"]
    assert {server.get(f"/{name}.bin")["ETag"] for name in "abc"} == {tag}
    os.utime(root / "a.bin")
    eventually(lambda: server.get("/a.bin")["ETag"] == tag, "times do not count")


def test_a_change_is_seen(start, root):
    server = start("--etag", "content")
    seen = set()
    for number in range(4):
        content = b"content %d" % number
        (root / "a.txt").write_bytes(content)
        response = server.get("/a.txt")
        assert response.content == content
        strong_etag(server, "/a.txt")
        response = server.get("/a.txt")
        assert response.content == content and response["ETag"] not in seen
        seen.add(response["ETag"])
    (root / "a.txt").write_bytes(b"content 0")
    eventually(lambda: server.get("/a.txt")["ETag"] in seen, "what was there before has its tag again")


@pytest.mark.parametrize("flags", [("--compress", "prepared"), ("--compress", "on")])
def test_codings_have_tags_of_their_own_and_the_same_everywhere(start, scratch, flags):
    servers = [start("--etag", "content", *flags, root=write_site(scratch / name, *order))
               for name, order in (("one", ("disk.iso", "app.js")), ("other", ("app.js", "disk.iso")))]  # fmt: skip
    coded = [tags(server, "/app.js", fields=GZIP) for server in servers]
    plain = [tags(server, "/app.js") for server in servers]
    assert coded[0] == coded[1] and plain[0] == plain[1]
    assert len(coded[0]) == len(plain[0]) == 1 and coded[0] != plain[0]
    assert servers[0].get("/app.js", fields=GZIP)["Content-Encoding"] == "gzip"
    assert servers[1].get("/app.js", fields=[*GZIP, ("If-None-Match", next(iter(coded[0])))]).status == 304


def test_what_the_server_codes_itself(start, scratch):
    servers = []
    for name in ("one", "other"):
        folder = scratch / name
        folder.mkdir()
        (folder / "app.js").write_bytes(SCRIPT)
        servers.append(start("--etag", "content", "--compress", "on", root=folder))
    coded = [tags(server, "/app.js", fields=GZIP) for server in servers]
    assert coded[0] == coded[1] and len(coded[0]) == 1
    assert servers[0].get("/app.js", fields=GZIP)["Content-Encoding"] == "gzip"
    assert coded[0] != tags(servers[0], "/app.js")


def test_with_checksums(two, start, root):
    (root / "a.bin").write_bytes(CONTENT)
    shutil.copy(root / "a.bin", root / "b.bin")
    server = start("--etag", "content", "--checksums")
    first = server.get("/a.bin.sha256")["ETag"]
    assert first == server.get("/b.bin.sha256")["ETag"]
    assert first != server.get("/a.bin")["ETag"]
    wanted = server.get("/a.bin", fields=[("Want-Repr-Digest", "sha-256=10")])
    assert wanted["ETag"] == server.get("/a.bin")["ETag"] and wanted["Repr-Digest"]


def test_another_seed_is_another_tag(start, root):
    (root / "a.bin").write_bytes(CONTENT)
    given = {seed: start("--etag", "content", "--etag-seed", seed).get("/a.bin")["ETag"] for seed in ("", "a", "b")}
    assert len(set(given.values())) == 3


def test_folders_pages_and_what_is_missing(start, root):
    server = start("--etag", "content")
    assert server.get("/").content == (root / "index.html").read_bytes()
    assert server.get("/").get("ETag") == server.get("/index.html").get("ETag")
    assert server.get("/nothing").status == 404


def test_the_audit_reads_no_content_and_finds_the_same(binary, root):
    told = [run_to_end(binary, "audit", root, "--etag", etag, "--json", "--all").stdout for etag in ("file", "content")]
    assert told[0] == told[1] and "index.html" in told[0]
