"""A disk that has failed at a sync, and stores again (docs/durability.md): the store proves itself and takes documents, nothing that
was refused comes, and nothing that was acknowledged goes."""

import errno
import subprocess

import pytest

from faults import error_name
from stored import Uploads
from support.waiting import eventually


@pytest.fixture(params=["files", "journal"])
def durability(request):
    return request.param


@pytest.fixture
def after_sync_failure(request):
    return getattr(request, "param", "reopen")


def wait_until_taken(uploads):
    eventually(lambda: uploads.upload().status == 201, "uploads are taken again")


def expect_whole(uploads, binary, durability):
    uploads.check()
    if durability == "journal":
        folder = uploads.server.root / "uploads"
        verified = subprocess.run([binary, "inbox", "verify", folder], capture_output=True, text=True, check=False)
        assert verified.returncode == 0, verified.stdout


# What closes a store of either kind.
CLOSING = [
    ("files", "sync_file", errno.EIO), ("files", "sync_directory", errno.EIO), ("files", "sync_directory", errno.ENOSPC),
    ("journal", "sync_file", errno.EIO), ("journal", "sync_file", errno.ENOSPC),
]  # fmt: skip


@pytest.mark.parametrize("durability, operation, code", CLOSING, indirect=["durability"], ids=error_name)
def test_after_a_failed_sync(binary, start, faults, durability, operation, code):
    uploads = Uploads(start())
    assert uploads.upload().status == 201
    faults.fail(operation, code, limit=1)
    assert uploads.upload().status in (500, 507)
    uploads.server.log.wait_for("Sync failed .*until the disk has proved that it stores again")
    wait_until_taken(uploads)
    uploads.server.log.wait_for("stores again: what was written to it was read back")
    assert uploads.upload().status == 201
    expect_whole(uploads, binary, durability)
    uploads.server.kill()
    uploads.server = start()
    expect_whole(uploads, binary, durability)
    assert uploads.upload().status == 201
    expect_whole(uploads, binary, durability)


@pytest.mark.parametrize("durability", ["journal"], indirect=True)
def test_after_a_failed_checkpoint(binary, start, faults, durability):
    """The documents behind it are written once more, since their files may only look whole."""
    uploads = Uploads(start())
    faults.fail("sync_everything", errno.EIO, limit=1)
    assert uploads.upload().status == 201
    uploads.server.log.wait_for("Sync failed")
    with faults.recording():
        uploads.server.log.wait_for("1 of the last 1 files .* was written again")
    assert faults.events("write_file") and not faults.events("open_unnamed"), "in place, and not in another file"
    wait_until_taken(uploads)
    expect_whole(uploads, binary, durability)


def test_a_disk_that_still_fails(start, faults):
    uploads = Uploads(start())
    assert uploads.upload().status == 201
    faults.fail("sync_file", errno.EIO)
    assert uploads.upload().status == 500
    uploads.server.log.wait_for("The disk of .* does not store: .*Input/output error. It is tried again in 10 s")
    assert uploads.upload().status == 503
    uploads.check()


@pytest.mark.parametrize("durability", ["journal"], indirect=True)
def test_a_full_disk(binary, start, faults, durability):
    """507 for as long as there is no space, however long that is."""
    uploads = Uploads(start())
    assert uploads.upload().status == 201
    faults.fail("sync_file", errno.ENOSPC)
    assert uploads.upload().status == 507
    uploads.server.log.wait_for("No document can be stored in .* until there is space")
    assert uploads.upload().status == 507
    faults.clear()
    wait_until_taken(uploads)
    assert uploads.server.log.count("until there is space") == 1
    expect_whole(uploads, binary, durability)


@pytest.mark.parametrize("after_sync_failure", ["exit"], indirect=True)
def test_exit(start, faults):
    """A service manager is to start it again: the status says that it was the disk (EX_IOERR of sysexits.h)."""
    uploads = Uploads(start())
    assert uploads.upload().status == 201
    faults.fail("sync_file", errno.EIO, limit=1)
    assert uploads.upload().status == 500
    uploads.server.expected_status = 74
    assert uploads.server.wait() == 74
    uploads.server.errors.wait_for("--after-sync-failure is exit")
    uploads.server = start()
    uploads.check()
    assert uploads.upload().status == 201
