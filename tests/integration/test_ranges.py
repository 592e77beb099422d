"""CONTRACT §2 (Accept-Ranges): range requests as in RFC 9110 §14, of a file with the eleven bytes `hello world`."""

import email.utils
import os
import re

import pytest

from support.client import parse_date
from support.validators import last_modified, strong_etag

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

CONTENT = b"hello world"


@pytest.fixture
def aged(start, aged_root, scratch):
    """A server for files whose last change is long past."""
    return start("--upload-dir", scratch, root=aged_root)


def get_range(server, value, target="/eleven.txt", **rest):
    return server.get(target, fields=[("Range", value), *rest.pop("fields", [])], **rest)


SINGLE = [
    ("bytes=0-4", 0, 4),
    ("bytes=0-0", 0, 0),
    ("bytes=6-", 6, 10),
    ("bytes=-5", 6, 10),
    ("bytes=-99", 0, 10),
    ("bytes=3-99", 3, 10),
    ("bytes=10-10", 10, 10),
    ("bytes=0-", 0, 10),
    ("BYTES=0-4", 0, 4),  # §14.1: range units are case-insensitive
    ("bytes=0-18446744073709551616", 0, 10),
    ("bytes=-18446744073709551616", 0, 10),
    ("bytes=0-4,", 0, 4),  # §5.6.1.2: empty list elements
    ("bytes= 0-4 ", 0, 4),
]


@pytest.mark.parametrize(("value", "first", "last"), SINGLE, ids=[case[0] for case in SINGLE])
def test_single_range(aged, value, first, last):
    """RFC 9110 §14.1.2, §15.3.7."""
    response = get_range(aged, value)
    if value in ("bytes=0-4,", "bytes= 0-4 ") and response.status == 200:
        return  # A server may ignore any Range (§14.2); whether these two are well-formed is a matter of taste.
    assert (response.status, response.reason) == (206, "Partial Content")
    assert response["Content-Range"] == f"bytes {first}-{last}/11"
    assert response.content == CONTENT[first : last + 1]
    assert response["ETag"] and response["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "value", ["bytes=11-", "bytes=11-12", "bytes=99-", "bytes=-0", "bytes=11-,12-", "bytes=99999999999999999999-"]
)
def test_unsatisfiable_range(aged, value):
    """RFC 9110 §14.1.2, §15.5.17: 416 says how long the representation is."""
    with aged.connect() as connection:
        response = connection.ask("GET", "/eleven.txt", fields=[("Range", value)])
        assert response.status == 416 and response["Content-Range"] == "bytes */11"
        connection.expect_as_said(response)


@pytest.mark.parametrize(
    "value",
    [
        "lines=0-4",
        "bytes",
        "bytes=",
        "bytes=a-b",
        "bytes=4-0",
        "bytes=0-4;",
        "bytes=0 - 4",
        "bytes=-",
        "bytes=--5",
        "0-4",
        "bytes=0-4,x",
        "bytes=+0-4",
        "bytes=0x0-4",
    ],
)
def test_ignored_range(aged, value):
    """RFC 9110 §14.2: an unknown unit or a malformed value: ignore the field."""
    response = get_range(aged, value)
    assert response.status == 200 and response.content == CONTENT
    assert response.get("Content-Range") is None


def parse_parts(response):
    """The parts of a multipart/byteranges content (RFC 9110 §14.6, RFC 2046 §5.1.1): [(first, last, total, content)]."""
    boundary = re.fullmatch(
        r'multipart/byteranges; *boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', response["Content-Type"]
    )[1].encode()
    content = response.content
    if not content.startswith(b"--" + boundary):
        assert content.startswith(b"\r\n--" + boundary)
        content = content[2:]
    end = content.find(b"\r\n--" + boundary + b"--")
    assert end >= 0 and content[end + 6 + len(boundary) :] in (b"", b"\r\n"), content[-80:]
    parts = []
    for part in (b"\r\n" + content[:end]).split(b"\r\n--" + boundary)[1:]:
        assert part.startswith(b"\r\n"), part[:80]
        head, data = part[2:].split(b"\r\n\r\n", 1)
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in head.decode().split("\r\n"))}
        assert fields["content-type"] == "application/octet-stream"
        first, last, total = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", fields["content-range"]).groups())
        assert len(data) == last - first + 1
        parts.append((first, last, total, data))
    return parts


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("bytes=0-1,4-5", [(0, 1), (4, 5)]),
        ("bytes=0-1, 4-5 ,-2", [(0, 1), (4, 5), (9, 10)]),
        ("bytes=8-,0-0", [(8, 10), (0, 0)]),
        ("bytes=0-1,20-30,4-5", [(0, 1), (4, 5)]),
    ],
)
def test_several_ranges(aged, value, parts):
    """RFC 9110 §14.6, §15.3.7.2: unsatisfiable ones are left out."""
    response = get_range(aged, value)
    assert response.status == 206 and response.get("Content-Range") is None
    assert sorted(parse_parts(response)) == sorted(
        (first, last, 11, CONTENT[first : last + 1]) for first, last in parts
    )


def test_one_of_several_is_satisfiable(aged):
    """RFC 9110 §15.3.7.2: a single part need not be a multipart."""
    response = get_range(aged, "bytes=20-30,0-4")
    assert response.status == 206
    if response["Content-Type"].startswith("multipart/"):
        assert parse_parts(response) == [(0, 4, 11, CONTENT[:5])]
    else:
        assert response["Content-Range"] == "bytes 0-4/11" and response.content == CONTENT[:5]


def test_several_ranges_of_a_large_file(aged):
    """Parts larger than any buffer, with the next answer in place after them."""
    content = (aged.root / "big.png").read_bytes()
    with aged.connect() as connection:
        response = connection.ask("GET", "/big.png", fields=[("Range", "bytes=0-599999,700000-1200000")])
        assert response.status == 206
        assert [part[3] for part in parse_parts(response)] == [content[:600_000], content[700_000:1_200_001]]
        connection.expect_kept()


@pytest.mark.parametrize(
    "value", ["bytes=" + ",".join(["0-"] * 1000), "bytes=" + ",".join(f"{i}-{i}" for i in range(0, 2000, 2))]
)
def test_many_ranges_cost_no_more_than_the_file(aged, value):
    """RFC 9110 §14.2, §17.15: many or overlapping ranges must not multiply the content."""
    response = get_range(aged, value, target="/photo.png")
    size = (aged.root / "photo.png").stat().st_size
    assert response.status in (200, 206, 416)
    assert len(response.content) <= 3 * size


def test_head_ignores_range(aged):
    """RFC 9110 §14.2: GET is the only method for which range handling is defined."""
    response = aged.ask("HEAD", "/eleven.txt", fields=[("Range", "bytes=0-4")])
    assert response.status == 200 and response["Content-Length"] == "11"


def test_range_of_an_empty_file(aged):
    """RFC 9110 §14.1.2: no byte range of nothing is satisfiable."""
    response = get_range(aged, "bytes=0-", target="/empty.txt")
    assert (response.status, response.content) == (200, b"") or response["Content-Range"] == "bytes */0"


def test_if_range_with_an_etag(aged):
    """RFC 9110 §13.1.5: strong comparison; otherwise the whole representation."""
    etag = strong_etag(aged, "/eleven.txt")
    assert get_range(aged, "bytes=0-4", fields=[("If-Range", etag)]).content == b"hello"
    for value in ['"other"', "W/" + etag, etag.strip('"'), "*"]:
        response = get_range(aged, "bytes=0-4", fields=[("If-Range", value)])
        assert response.status == 200 and response.content == CONTENT, value


def test_if_range_turns_416_into_200(aged):
    """RFC 9110 §14.2: If-Range is judged first."""
    assert get_range(aged, "bytes=99-", fields=[("If-Range", '"other"')]).status == 200


def test_if_range_with_a_date(aged):
    """RFC 9110 §13.1.5: an exact match, and only where the date is a strong validator (§8.8.2.2)."""
    strong_etag(aged, "/eleven.txt")
    date = last_modified(aged, "/eleven.txt")
    assert get_range(aged, "bytes=0-4", fields=[("If-Range", date)]).status in (200, 206)
    for seconds in (-1, 1):
        other = email.utils.formatdate(parse_date(date) + seconds, usegmt=True)
        assert get_range(aged, "bytes=0-4", fields=[("If-Range", other)]).status == 200


SET = 1_500_000_000


@pytest.fixture
def same_time_twice(scratch):
    """A root with a file whose time was set, as mirrors and images set it; another one takes its place under the same time."""
    root = scratch / "mirror"
    root.mkdir()
    for name, content in [("file.bin", b"a" * 1000), ("next", b"b" * 1000)]:
        (root / name).write_bytes(content)
        os.utime(root / name, (SET, SET))
    return root


def resume(server):
    """The second half, for a client that has the first and knows its date; the file is replaced in between."""
    date = last_modified(server, "/file.bin")
    assert parse_date(date) == SET
    (server.root / "next").rename(server.root / "file.bin")
    return get_range(server, "bytes=500-", target="/file.bin", fields=[("If-Range", date)])


def test_if_range_with_a_date_that_was_set(start, same_time_twice):
    """§2: the ctime does not lie in the second of the mtime: no strong validator, so the whole file, and no splice of two."""
    response = resume(start("--uploads", "off", root=same_time_twice))
    assert (response.status, response.content) == (200, b"b" * 1000)


def test_if_range_with_a_date_that_is_trusted(start, same_time_twice):
    """§2: --trust-mtime on, for mirrors whose files are never replaced under an old time."""
    response = resume(start("--uploads", "off", "--trust-mtime", "on", root=same_time_twice))
    assert (response.status, response.content) == (206, b"b" * 500)


def test_if_range_with_another_date_where_dates_are_trusted(start, same_time_twice):
    """RFC 9110 §13.1.5: the date must match exactly, a later one is none either."""
    server = start("--uploads", "off", "--trust-mtime", "on", root=same_time_twice)
    for seconds in (-1, 1):
        other = email.utils.formatdate(SET + seconds, usegmt=True)
        response = get_range(server, "bytes=500-", target="/file.bin", fields=[("If-Range", other)])
        assert (response.status, response.content) == (200, b"a" * 1000)


def test_if_modified_since_with_a_date_that_was_set(start, same_time_twice):
    """§2: trees made by rsync -a, cp -p or an image keep their 304s."""
    server = start("--uploads", "off", root=same_time_twice)
    date = last_modified(server, "/file.bin")
    assert server.get("/file.bin", fields=[("If-Modified-Since", date)]).status == 304


def test_if_range_with_a_weak_etag(server):
    """RFC 9110 §13.1.5: the server's own weak ETag does not match either."""
    (server.root / "young.txt").write_bytes(CONTENT)
    etag = server.get("/young.txt")["ETag"]
    response = get_range(server, "bytes=0-4", target="/young.txt", fields=[("If-Range", etag)])
    assert response.status == (200 if etag.startswith("W/") else 206)


def test_preconditions_go_before_range(aged):
    """RFC 9110 §13.2.2: step 5 comes last."""
    etag = strong_etag(aged, "/eleven.txt")
    assert get_range(aged, "bytes=0-4", fields=[("If-None-Match", etag)]).status == 304
    assert get_range(aged, "bytes=0-4", fields=[("If-Match", '"other"')]).status == 412


def test_range_of_a_missing_file(aged):
    """RFC 9110 §14.2: only for what would be a 200."""
    assert get_range(aged, "bytes=0-4", target="/missing.txt").status == 404


def test_range_beyond_four_gigabytes(server):
    """Positions are 64 bits wide (the file is sparse: it takes no space)."""
    size = 5 * (1 << 30)
    with open(server.root / "huge.txt", "wb") as file:
        file.truncate(size)
        file.seek(size - 4)
        file.write(b"tail")
    response = get_range(server, f"bytes={size - 6}-", target="/huge.txt")
    assert response.status == 206 and response.content == b"\0\0tail"
    assert response["Content-Range"] == f"bytes {size - 6}-{size - 1}/{size}"
    assert server.ask("HEAD", "/huge.txt")["Content-Length"] == str(size)


def test_a_download_in_pieces(aged):
    """What a download manager does: the pieces put together are the file."""
    content = (aged.root / "big.png").read_bytes()
    step = 300_000
    with aged.connect() as connection:
        pieces = [
            connection.ask("GET", "/big.png", fields=[("Range", f"bytes={start}-{start + step - 1}")]).content
            for start in range(0, len(content), step)
        ]
    assert b"".join(pieces) == content
