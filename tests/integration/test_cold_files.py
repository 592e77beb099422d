"""Decision 12: files that are not in the page cache arrive as all others do. Where the file system keeps everything in
memory (tmpfs) these are downloads like any other; what a hanging disk does is in fault/test_hanging_disk.py."""

import os

import pytest

from support.site import noise, write_large
from support.waiting import in_parallel

pytestmark = pytest.mark.http2

SIZE = 5_000_000  # several times what is fetched at once, and no multiple of it


def forget(path):
    """Out of the page cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@pytest.fixture
def cold(server):
    """A server, a large and a small file of it, and their content."""
    large = write_large(server.root / "large.png", SIZE)
    small = noise(20_000, seed=5)
    (server.root / "small.png").write_bytes(small)
    for name in ["large.png", "small.png"]:
        forget(server.root / name)
    return server, large, small


def test_whole(cold):
    server, large, small = cold
    with server.connect() as connection:
        assert connection.ask("GET", "/small.png").content == small
        assert connection.ask("GET", "/large.png").content == large
        assert connection.ask("GET", "/small.png").content == small


def test_head_reads_nothing(cold):
    server, large, small = cold
    with server.connect() as connection:
        assert connection.ask("HEAD", "/small.png")["Content-Length"] == str(len(small))
        assert connection.ask("HEAD", "/large.png")["Content-Length"] == str(len(large))


@pytest.mark.parametrize("first, last", [(0, 0), (1_048_575, 1_048_576), (3_000_001, 4_999_999)])
def test_ranges(cold, first, last):
    server, large, _ = cold
    response = server.get("/large.png", fields=[("Range", f"bytes={first}-{last}")])
    assert (response.status, response.content) == (206, large[first : last + 1])


def test_pipelined(cold):
    server, large, small = cold
    with server.connect() as connection:
        names = ["/small.png", "/large.png", "/about.html", "/small.png"]
        connection.send(b"".join(connection.request("GET", name) for name in names))
        contents = [connection.receive().content for _ in names]
    assert (contents[0], contents[1], contents[3]) == (small, large, small)


def test_evicted_again_and_again(start):
    """While sixteen clients download: whatever is sent from the cache and whatever is fetched, every byte is right."""
    server = start("--threads", "16")
    content = write_large(server.root / "large.png", SIZE)

    def client_or_eviction(role):
        if role == 0:
            for _ in range(100):
                forget(server.root / "large.png")
            return
        for _ in range(3):
            assert server.get("/large.png").content == content

    in_parallel(17, client_or_eviction)
