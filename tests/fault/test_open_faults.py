"""CONTRACT §1 and §2: opening files where the kernel does not help, and what must never be opened."""

import contextlib
import errno
import os
import pathlib
import subprocess

import pytest

from faults import error_name
from support.site import site_files
from support.waiting import eventually

SITE = site_files()
REFUSE_CALL = pathlib.Path(__file__).with_name("refuse_call.py")


@pytest.fixture(params=[errno.ENOSYS, errno.EPERM], ids=error_name)
def server_without_openat2(request, start_plain, binary, root, sanitized):
    """One under a filter that refuses openat2: with ENOSYS as an old kernel does, with EPERM as old sandboxes do."""
    if sanitized:
        pytest.skip("a sanitizer makes calls of its own")
    return start_plain(
        REFUSE_CALL, "openat2", request.param, binary, "--port", 0, "--root", root, program="/usr/bin/python3", root=root
    )


def test_without_openat2(server_without_openat2):
    """§1: what is served is served all the same: files, folders, uploads; what is not there is 404; a warning says so."""
    server = server_without_openat2
    server.log.wait_for("Warning: openat2 is not available .*: no symbolic link is followed$")
    folder = server.root / "folder"
    folder.mkdir()
    (folder / "index.html").write_bytes(b"the index")
    for name, content in SITE.items():
        response = server.get(f"/{name}")
        assert (response.status, response.content) == (200, content), name
    assert server.get("/folder/").content == b"the index"
    assert server.get("/folder").status == 308
    assert server.get("/folder/nothing.html").status == 404
    assert server.get("/about.html/x").status == 404
    created = server.upload(b'{"a": 1}')
    assert created.status == 201 and server.get(created["Location"]).content == b'{"a": 1}'


def test_without_openat2_no_link_is_followed(server_without_openat2, scratch):
    """§1: without the kernel's fence no symbolic link is followed at all, whether it leaves the root or not."""
    server = server_without_openat2
    (scratch / "secret").write_bytes(b"secret")
    (server.root / "folder").mkdir()
    (server.root / "folder/page.html").write_bytes(b"a page")
    (server.root / "out.html").symlink_to(scratch / "secret")
    (server.root / "up").symlink_to("..")
    (server.root / "in.html").symlink_to("about.html")
    (server.root / "way").symlink_to("folder")
    for target in ["/out.html", "/up/secret", "/in.html", "/way/page.html"]:
        for _ in range(3):  # a cached answer is no way around either
            assert server.get(target).status == 403, target
    assert server.get("/folder/page.html").content == b"a page"


@contextlib.contextmanager
def writer_of(fifo):
    """A process that waits for a reader of the FIFO, to write to it."""
    script = 'echo ready; printf content > "$1"'
    with subprocess.Popen(["sh", "-c", script, "sh", fifo], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout.readline() == b"ready\n"
            stat = pathlib.Path(f"/proc/{writer.pid}/stat")
            eventually(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "S", "the writer waits for a reader")
            yield writer
        finally:
            writer.kill()


@pytest.mark.parametrize("lacks", ["nothing", "openat2", "proc"])
def test_a_fifo_is_never_opened(start, faults, lacks):
    """To open a FIFO releases the writer that waits for its reader, and the writer dies of SIGPIPE when it writes."""
    if lacks == "openat2":
        faults.fail("open_beneath", errno.ENOSYS)
    if lacks == "proc":
        faults.fail("open_proc", errno.ENOENT)
    server = start()
    fifo = server.root / "pipe.txt"
    os.mkfifo(fifo)
    with writer_of(fifo) as writer:
        for _ in range(20):  # a writer that has been released needs a moment to die of it
            for target in ["/pipe.txt", "/pipe.txt/"]:
                assert server.get(target).status == 404
        assert writer.poll() is None
        assert fifo.read_bytes() == b"content"
        assert writer.wait() == 0


def test_without_proc(start, faults):
    """Where /proc is not mounted, a file that was looked at cannot be opened by its descriptor: its path is walked again."""
    faults.fail("open_proc", errno.ENOENT)
    server = start("--cache-memory", "0")
    for name, content in SITE.items():
        response = server.get(f"/{name}")
        assert (response.status, response.content) == (200, content), name
    assert server.get("/nothing.html").status == 404
    assert faults.failed("open_proc") > 0
