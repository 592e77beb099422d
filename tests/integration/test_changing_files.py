"""CONTRACT §7 row 16: a file that changes while it is being sent never makes a wrong body that looks whole."""

import os

import pytest

from support.clients import PATIENT_FLAGS, begin_download
from support.site import noise, write_large
from support.waiting import in_parallel

pytestmark = pytest.mark.http2

SIZE = 64 << 20  # more than all socket buffers together, so that most of it is still to be read when it changes
NAME = "large.png"


@pytest.fixture
def download(start):
    """A server, and a download of a large file that has begun: (server, connection, path, content, what came so far)."""
    server = start(*PATIENT_FLAGS)
    path = server.root / NAME
    content = write_large(path, SIZE)
    connection, length = begin_download(server, "/" + NAME)
    assert length == SIZE
    return server, connection, path, content, connection.receive_bytes(1 << 20)


def expect_old_content_whole(download):
    """Every byte of what the file was, and the connection serves on."""
    _, connection, _, content, begin = download
    assert begin + connection.receive_bytes(SIZE - len(begin)) == content
    connection.expect_kept()


def expect_cut_short(download):
    """Fewer bytes than announced, then the end: the client cannot take it for the whole. The operator is told, and the server
    lives."""
    server, connection, _, _, begin = download
    rest, _ = connection.receive_to_end()
    assert len(begin) + len(rest) < SIZE
    server.log.wait_for(rf"Error: Cannot send all of {NAME}: it (has changed|is shorter than when it was opened)")
    assert server.get("/about.html").status == 200


def test_replaced_by_rename(download):
    """Row 16: the old content, whole; the next request gets the new."""
    server, _, path, content, _ = download
    new = path.with_name("new.png")
    new.write_bytes(b"new content")
    new.rename(path)
    expect_old_content_whole(download)
    assert server.get("/" + NAME).content == b"new content"


def test_deleted(download):
    """Row 16: the old content, whole; the next request finds nothing."""
    server, _, path, _, _ = download
    path.unlink()
    expect_old_content_whole(download)
    assert server.get("/" + NAME).status == 404


@pytest.mark.parametrize("left", [0, 1 << 20, 32 << 20, SIZE - 1])
def test_truncated(download, left):
    """Row 16: cut short and closed."""
    server, _, path, _, _ = download
    os.truncate(path, left)
    expect_cut_short(download)
    response = server.ask("HEAD", "/" + NAME)
    assert response.status == 200 and response["Content-Length"] == str(left)


@pytest.mark.parametrize("keep_time", [False, True], ids=["", "time restored"])
@pytest.mark.parametrize("offset", [0, 40 << 20, SIZE - 10])
def test_overwritten_in_place(download, offset, keep_time):
    """Row 16: cut short before the last bytes, wherever the change is and whatever the times say afterwards."""
    _, _, path, _, _ = download
    status = path.stat()
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(noise(10, seed=77))
    if keep_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    expect_cut_short(download)


def test_rewritten_from_the_start(download):
    """Row 16: as an editor or `cp` does it: truncated, then written again at the same length."""
    _, _, path, content, _ = download
    with open(path, "wb") as file:
        file.write(bytes(reversed(content)))
    expect_cut_short(download)


def test_appended_to(download):
    """What was announced is what is sent, or less; never bytes of another state."""
    _, connection, path, content, begin = download
    with open(path, "ab") as file:
        file.write(b"more")
    rest, _ = _receive_up_to(connection, SIZE - len(begin))
    assert content.startswith(begin + rest)


def _receive_up_to(connection, count):
    """`count` bytes, or what comes until the end."""
    try:
        return connection.receive_bytes(count), True
    except AssertionError:
        return connection.receive_to_end()


def test_replaced_many_times_under_load(start):
    """Every body is one version from its first byte to its last."""
    server = start()
    path = server.root / "versions.html"
    versions = [bytes([65 + index]) * 200_000 for index in range(20)]
    path.write_bytes(versions[0])

    def client_or_writer(role):
        if role == 0:
            for version in versions * 3:
                new = path.with_name("versions.new")
                new.write_bytes(version)
                new.rename(path)
            return
        with server.connect() as connection:
            for _ in range(60):
                assert connection.ask("GET", "/versions.html").content in versions

    in_parallel(5, client_or_writer)
