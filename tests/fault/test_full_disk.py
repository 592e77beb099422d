"""CONTRACT §3: no space → 507, on a real file system that is full. Needs root."""

import subprocess

import pytest

from disk import Disk
from stored import JSON, Uploads
from support.waiting import eventually, in_parallel

SMALL = b"[1]"
LARGE = b'"' + b"x" * 100_000 + b'"'
SIZES = {"files": 8 << 20, "journal": 40 << 20}  # a segment of the journal has 16 MiB
NO_BLOCKS = ((), LARGE)
NO_INODES = (("-N", "32"), SMALL)


@pytest.fixture(params=["files", "journal"])
def durability(request):
    return request.param


@pytest.fixture
def start_on_disk(scratch, start_plain, root, durability):
    """Start a server that keeps its uploads on a small disk. In `root` the folder is a link, for `Uploads.check` to look into."""
    disks = []

    def start(*mkfs_options):
        if not disks:
            disks.append(Disk(scratch, size_bytes=SIZES[durability], mkfs_options=mkfs_options))
            (root / "uploads").rmdir()
            (root / "uploads").symlink_to(disks[0].path / "uploads")
        server = start_plain(
            "--port", "0", "--root", root, "--upload-dir", disks[0].path / "uploads", "--durability", durability,
            "--keep-alive-requests", "0", root=root,
        )  # fmt: skip
        server.disk = disks[0]
        return server

    yield start
    for disk in disks:
        disk.close(lazily=True)  # the servers still run


def fill(uploads, content, connection=None):
    """Upload on one connection until there is no space; returns the connection."""
    connection = connection or uploads.server.connect()
    while True:
        response = uploads.note(connection.ask("POST", "/upload", fields=[JSON], content=content), content)
        if response.status != 201:
            assert response.status == 507
            return connection
        if not response.keeps:
            connection = uploads.server.connect()


@pytest.mark.parametrize("mkfs_options, content", [NO_BLOCKS, NO_INODES], ids=["blocks", "inodes"])
def test_full(start_on_disk, mkfs_options, content):
    """507 on a connection that is kept; what was acknowledged is there, nothing else is; with space again, uploads work again,
    also when the server was started on the full disk."""
    uploads = Uploads(start_on_disk(*mkfs_options))
    with fill(uploads, content) as connection:
        connection.expect_kept()
        # The file system may find some space when it has written what was only reserved.
        assert fill(uploads, content, connection) is connection, "it is refused again, and kept"
        uploads.check()

        freed = next(iter(uploads.acknowledged))
        del uploads.acknowledged[freed]
        (uploads.server.root / "uploads" / freed).unlink()
        # With a journal a large document has a hidden name, too, until the next checkpoint. One connection may not ask that often.
        eventually(lambda: uploads.upload(content).status == 201, "there is space again")
        uploads.check()

    with fill(uploads, content):
        pass
    uploads.server.stop()
    uploads.server = start_on_disk()
    with fill(uploads, content):
        uploads.check()


def test_filled_by_several(start_on_disk):
    """The space runs out with many uploads in hand: each is stored whole or refused whole."""
    uploads = Uploads(start_on_disk())

    def upload(index):
        content = b'{"number": %d, "text": "%b"}' % (index, LARGE[1:-1])
        return uploads.server.upload(content), content

    results = in_parallel(16, lambda first: [upload(index) for index in range(first, 480, 16)])
    for response, content in [result for part in results for result in part]:
        uploads.note(response, content)
        assert response.status in (201, 507)
    assert 0 < len(uploads.acknowledged) < 480
    uploads.check()


@pytest.mark.parametrize("durability", ["files"])  # a journal is a file open for writing, which the kernel respects
def test_disk_becomes_read_only(start_on_disk):
    """As ext4 does with itself after an error: 500, what is there is still served, and uploads work once it is writable again."""
    uploads = Uploads(start_on_disk())
    assert uploads.upload().status == 201
    subprocess.run(["mount", "-o", "remount,ro", uploads.server.disk.path], check=True)
    assert uploads.upload().status == 500
    uploads.check()
    subprocess.run(["mount", "-o", "remount,rw", uploads.server.disk.path], check=True)
    assert uploads.upload().status == 201
    uploads.check()
