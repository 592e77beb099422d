"""CONTRACT §3 and §7 rows 17, 18, with a journal: its calls fail, fall short or take their time (docs/durability.md)."""

import errno
import signal

import pytest

from faults import error_name
from stored import JSON, Uploads, document
from test_upload_faults import expect_silence

# The call, and what the upload that meets its failure is answered. A call that only costs space leaves the store open.
COSTS_ONE = [("open_unnamed", errno.ENOSPC, 507), ("open_unnamed", errno.EMFILE, 503), ("link_file", errno.EIO, 500),
             ("link_file", errno.EDQUOT, 507)]  # fmt: skip
CLOSES = [("sync_file", errno.EIO), ("sync_file", errno.ENOSPC)]


@pytest.fixture
def durability():
    return "journal"


@pytest.fixture
def started(start, faults):
    """A server whose journal has begun, with one document."""
    server = start()
    uploads = Uploads(server)
    assert uploads.upload().status == 201
    return uploads


@pytest.mark.parametrize("operation, code, status", COSTS_ONE, ids=error_name)
def test_a_failure_that_costs_one_upload(started, faults, operation, code, status):
    """The next document is stored; nothing is left of this one, also after a kill and the recovery."""
    faults.fail(operation, code, limit=1)
    assert started.upload().status == status
    assert started.upload().status == 201
    started.check()


@pytest.mark.parametrize("operation, code", CLOSES, ids=error_name)
def test_a_failed_flush_closes_the_store(started, faults, operation, code):
    """Nothing is known of what the disk has. GETs go on, and after a restart all acknowledged documents are there."""
    faults.fail(operation, code, limit=1)
    assert started.upload().status in (500, 507)
    assert started.upload().status == 503
    with faults.recording():
        assert started.upload().status == 503
    assert faults.events("write_file", "sync_file") == [], "nothing is written behind it"
    started.check()
    started.server.log.wait_for("Sync failed")


def test_a_failed_checkpoint_closes_the_store(start, faults):
    """What was acknowledged stands, and is written once more at the next start."""
    uploads = Uploads(start())
    faults.fail("sync_everything", errno.EIO, limit=1)
    assert uploads.upload().status == 201
    uploads.server.log.wait_for("Sync failed")
    assert uploads.upload().status == 503
    uploads.check()
    uploads.server.stop()
    uploads.server = start()
    uploads.check()
    assert uploads.upload().status == 201
    uploads.check()


@pytest.mark.parametrize("operation", ["sync_file", "sync_everything"])
def test_get_while_a_sync_waits(started, faults, operation):
    """Row 17: while a flush waits, one thread answers GETs, and no upload is acknowledged. The sync of a checkpoint holds up
    nobody."""
    server = started.server
    contents = [document(number) for number in range(100, 140)]
    connections = [server.connect() for _ in contents]
    with faults.held(operation):
        if operation == "sync_everything":
            faults.wait_until_held(operation)
        for connection, content in zip(connections, contents, strict=True):
            connection.send(connection.request("POST", "/upload", fields=[JSON], content=content))
        if operation == "sync_file":
            faults.wait_until_held(operation)
            expect_silence(connections)
        for _ in range(20):
            assert server.get("/photo.png").status == 200
        if operation == "sync_everything":
            for connection, content in zip(connections, contents, strict=True):
                assert started.note(connection.receive(), content).status == 201
    if operation == "sync_file":
        for connection, content in zip(connections, contents, strict=True):
            assert started.note(connection.receive(), content).status == 201
    started.check()


@pytest.mark.parametrize("operation", ["sync_file", "sync_everything"])
def test_stop_while_a_sync_waits(started, faults, operation):
    """§1: an upload in flight is finished and acknowledged before the server ends, and its checkpoint is made."""
    server = started.server
    with server.connect() as connection:
        with faults.held(operation):
            connection.send(connection.request("POST", "/upload", fields=[JSON], content=b"[1]"))
            faults.wait_until_held(operation)
            server.signal(signal.SIGTERM)
            server.log.wait_for("Shutting down server")
            assert server.process.poll() is None
        assert started.note(connection.receive(), b"[1]").status == 201
    assert server.wait() == 0
    assert len(started.acknowledged) == 2


def test_short_writes(start, faults):
    """The kernel takes 7 bytes at a time."""
    uploads = Uploads(start())
    faults.shorten("write_file", 1000)
    assert [uploads.upload().status for _ in range(3)] == [201] * 3
    uploads.check()


def test_order_of_calls(started, faults):
    """The record is flushed before the name is given, and the file itself is not synced before the answer."""
    with faults.held("sync_everything"):
        faults.wait_until_held("sync_everything")
        with faults.recording():
            assert started.upload().status == 201
        calls = [event.operation for event in faults.events()]
    storing = [call for call in calls if call in ("open_unnamed", "write_file", "sync_file", "link_file", "send_bytes")]
    # The file, the records; the flush; the name; the note that it was given, and the answer.
    assert storing[:5] == ["open_unnamed", "write_file", "write_file", "sync_file", "link_file"]
    assert storing.count("sync_file") == 1 and "sync_directory" not in calls
