"""CONTRACT §5 and §7 row 18: reading files and talking to clients while system calls fail or fall short."""

import errno
import time

import pytest

from faults import error_name
from support.site import site_files
from support.waiting import eventually

SITE = site_files()


def check_whole(server, *names):
    for name in names or SITE:
        response = server.get(f"/{name}")
        assert (response.status, response.content) == (200, SITE[name]), name


@pytest.mark.parametrize(
    "code, status",
    [(errno.EMFILE, 503), (errno.ENFILE, 503), (errno.ENOMEM, 503), (errno.EAGAIN, 503), (errno.EIO, 500), (errno.EACCES, 403)],
    ids=error_name,
)
def test_open_fails(server, faults, code, status):
    """§5: an existing file is never 404 for want of resources."""
    faults.fail("open_beneath", code)
    response = server.get("/about.html")
    assert response.status == status
    assert (response.get("Retry-After") is not None) == (status == 503)
    server.log.wait_for(r"Error: Cannot serve /about\.html: openat2: \w+")
    faults.clear()
    check_whole(server, "about.html")


@pytest.mark.parametrize("target", ["/about.html", "/folder/page.html"])
def test_a_cached_file_is_not_opened(start, faults, target):
    """Decision 14: a look is enough while its path is as it was; when a folder on it has changed, the kernel walks it again."""
    server = start()
    folder = server.root / "folder"
    folder.mkdir()
    (folder / "page.html").write_bytes(b"a page")

    def opens_in_ten_requests():
        faults.count("open_beneath")
        for _ in range(10):
            server.get(target)
        return faults.calls("open_beneath")

    eventually(lambda: opens_in_ten_requests() == 0, "it is cached, and its folders are old enough")
    (server.root / "another.txt").write_text("another")
    if target != "/about.html":
        assert opens_in_ten_requests() > 0
    eventually(lambda: opens_in_ten_requests() == 0, "its path is known again")


def test_a_tag_is_as_old_as_the_look(server, faults):
    """RFC 9110 §8.8.1: a strong tag is for a file that was old when it was looked at, however late the look came back: until
    then it could change once more within the same tick of the file system's clock."""
    path = server.root / "about.html"
    with server.connect() as connection:
        with faults.held("status_file"):
            connection.send(connection.request("GET", "/about.html"))
            faults.wait_until_held("status_file")
            path.write_bytes(b"young")
            eventually(lambda: time.time() > path.stat().st_mtime + 0.1, "it is old now")
        response = connection.receive()
    assert response.content == b"young"
    assert response["ETag"].startswith("W/")


def test_a_path_through_a_young_folder_is_not_trusted(start, faults, scratch):
    """§2: what leaves the root by a link is 403. A folder's time says nothing of a second change that bears the same time: the
    folder that is looked at now and moved out a moment later looks the same."""
    faults.keep_whole_seconds()
    server = start()
    folder, outside = server.root / "folder", scratch / "outside"
    folder.mkdir()
    (folder / "page.html").write_bytes(b"in the root")
    eventually(lambda: not server.get("/folder/page.html")["ETag"].startswith("W/"), "the file is old", every=0.1)
    for _ in range(3):  # one would do, were it not for the moment in which the second changes
        (server.root / "file").write_bytes(b"")
        for _ in range(3):
            assert server.get("/folder/page.html").content == b"in the root"
        # As many names and folders as before: nothing but its time could tell that the root has changed.
        folder.rename(outside)
        folder.symlink_to(outside)
        (server.root / "file").unlink()
        (server.root / "another").mkdir()
        assert server.get("/folder/page.html").status == 403
        (server.root / "another").rmdir()
        folder.unlink()
        outside.rename(folder)


def test_every_third_open_fails(server, faults):
    """Row 18: a failure concerns the request that met it."""
    faults.fail("open_beneath", errno.EMFILE, every=3)
    names = [f"file-{number}.html" for number in range(9)]
    for name in names:
        (server.root / name).write_bytes(b"a page")
    statuses = [server.get("/" + name).status for name in names]
    assert set(statuses) == {200, 503} and statuses.count(503) == faults.failed("open_beneath")
    faults.clear()
    check_whole(server)


@pytest.mark.parametrize("code", [errno.EAGAIN, errno.EINTR], ids=error_name)
def test_open_is_tried_again(server, faults, code):
    """openat2(2): EAGAIN when the kernel could not vouch for a walk because something was renamed meanwhile."""
    faults.fail("open_beneath", code, limit=3)
    check_whole(server, "about.html")
    assert faults.failed("open_beneath") == 3


@pytest.mark.parametrize("operation", ["status_file", "read_cached"])
def test_read_fails(server, faults, operation):
    """An error of the medium is 500, never a wrong or empty body."""
    faults.fail(operation, errno.EIO)
    assert server.get("/about.html").status == 500
    assert faults.failed(operation) >= 1
    faults.clear()
    check_whole(server, "about.html")


def test_short_and_interrupted_reads(server, faults):
    """preadv2(2) may return fewer bytes than asked for, or be interrupted."""
    faults.shorten("read_cached", 11)
    faults.fail("read_cached", errno.EINTR, every=4)
    check_whole(server, "about.html", "sample.txt", "logo.png")
    assert faults.failed("read_cached") > 10


def test_file_ends_too_early(server, faults):
    """The file became shorter between fstat and the read: what is sent is never filled up with something else."""
    faults.pretend("read_cached")
    response = server.get("/about.html")
    assert response.status >= 500 or (response.status, response.content) == (200, SITE["about.html"])


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOMEM, errno.EINVAL, errno.EOVERFLOW], ids=error_name)
def test_a_file_that_the_kernel_cannot_send_is_read(server, faults, code):
    """Whatever keeps sendfile(2) from it, if it is not the socket: reading shows whether the file is at fault."""
    faults.fail("send_file", code, every=2, limit=1)
    check_whole(server, "big.png")
    assert faults.failed("send_file") == 1


def test_a_file_ends_in_the_middle(server, faults):
    """Row 16: cut short and closed, so that no client takes a part for the whole."""
    faults.fail("send_file", 0, every=2, limit=1)
    with server.connect() as connection:
        connection.send(connection.request("GET", "/big.png"))
        assert b"\r\nContent-Length: %d\r\n" % len(SITE["big.png"]) in connection.receive_head()
        received, _ = connection.receive_to_end()
    assert faults.failed("send_file") == 1
    server.log.wait_for(r"Error: Cannot send all of big\.png: it is shorter than")
    assert len(received) < len(SITE["big.png"]) and SITE["big.png"].startswith(received)
    faults.clear()
    check_whole(server, "big.png")


def test_short_and_interrupted_sends(server, faults):
    """A socket may take fewer bytes than offered, none although it was announced, or the call may be interrupted."""
    faults.shorten("send_file", 5_000)
    faults.shorten("send_bytes", 100)
    for code in [errno.EINTR, errno.EAGAIN]:
        faults.fail("send_file", code, every=3)
        faults.fail("send_bytes", code, every=3)
        check_whole(server, "about.html", "sample.txt", "big.png")
        assert faults.failed("send_file") > 10 and faults.failed("send_bytes") > 1


@pytest.mark.parametrize("operation", ["send_bytes", "receive_bytes"])
@pytest.mark.parametrize("code", [errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT, errno.ENOBUFS], ids=error_name)
def test_connection_breaks(server, faults, operation, code):
    """It ends that connection and no other."""
    with server.connect() as other, server.connect() as broken:
        assert other.ask("GET", "/about.html").status == 200
        faults.fail(operation, code, limit=1)
        broken.send_as_far_as_possible(broken.request("GET", "/about.html"))
        received, _ = broken.receive_to_end()
        assert received == b""
        assert faults.failed(operation) == 1
        other.expect_kept()
    check_whole(server, "about.html")


def test_interrupted_waiting(server, faults):
    """A signal may interrupt the wait for readiness."""
    faults.fail("wait_events", errno.EINTR, every=2)
    check_whole(server)
    assert faults.failed("wait_events") > 1
