"""CONTRACT §3 and §7 rows 17, 18: uploads while system calls fail, fall short or take their time."""

import errno
import os
import select
import signal
import threading

import pytest

from faults import error_name
from stored import JSON, Uploads, document
from support.client import chunked
from support.server import run_to_end
from support.waiting import in_parallel

# How a failure of a call that stores is answered, by errno.
STATUS = {
    errno.EIO: 500, errno.EROFS: 500, errno.EACCES: 500, errno.ENOSPC: 507, errno.EDQUOT: 507,
    errno.EMFILE: 503, errno.ENFILE: 503, errno.ENOMEM: 503,
}  # fmt: skip
# The calls that make a document, in each way of staging.
STORING = {"unnamed": ["open_unnamed", "write_file", "link_file"], "named": ["open_named", "write_file", "rename_file"]}


@pytest.mark.parametrize("code", STATUS, ids=error_name)
@pytest.mark.parametrize("step", range(3))
def test_every_third_call_fails(start, faults, staging, step, code):
    """Row 18: 5xx and not 201, nothing partial, and the uploads in between and afterwards work."""
    uploads = Uploads(start())
    operation = STORING[staging][step]
    faults.fail(operation, code, every=3)
    assert [uploads.upload().status for _ in range(9)] == [201, 201, STATUS[code]] * 3
    assert faults.failed(operation) == 3
    uploads.check()
    faults.clear()
    assert uploads.upload().status == 201
    uploads.check()


@pytest.mark.parametrize("step", range(3))
def test_failure_under_parallel_uploads(start, faults, staging, step):
    """Row 18, with a batch in hand: a failure concerns the one upload that met it."""
    uploads = Uploads(start())
    operation = STORING[staging][step]
    faults.fail(operation, errno.EIO, every=4)
    contents = [document(number) for number in range(32)]
    responses = in_parallel(32, lambda index: uploads.server.upload(contents[index]))
    for response, content in zip(responses, contents, strict=True):
        uploads.note(response, content)
    assert sorted(response.status for response in responses) == [201] * 24 + [500] * 8
    uploads.check()


def test_large_document_fails_in_its_middle(start, faults, staging):
    """Row 18: a document that is written while it arrives; the second piece cannot be."""
    uploads = Uploads(start())
    faults.fail("write_file", errno.EIO, every=2, limit=1)
    large = b'"' + b"x" * 600_000 + b'"'
    assert uploads.upload(large).status == 500
    assert faults.failed("write_file") == 1
    uploads.check()
    assert uploads.upload(large).status == 201
    uploads.check()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT], ids=error_name)
@pytest.mark.parametrize("step", range(3))
def test_no_space_keeps_the_connection(start, faults, staging, step, code):
    """§3, §4: 507, and the same connection can try again."""
    uploads = Uploads(start())
    operation = STORING[staging][step]
    faults.fail(operation, code, limit=2)
    with uploads.server.connect() as connection:
        for expected in [507, 507, 201]:
            response = connection.ask("POST", "/upload", fields=[JSON], content=b"[1]")
            assert response.status == expected and response.keeps
            uploads.note(response, b"[1]")
        connection.expect_kept()
    uploads.check()


# The name


def test_taken_name(start, faults, staging):
    """Row 18: a taken name means another name, not a failure."""
    uploads = Uploads(start())
    operation = STORING[staging][2]
    faults.fail(operation, errno.EEXIST, limit=3)
    with faults.recording():
        assert uploads.upload().status == 201
    tried = [event.text for event in faults.events(operation)]
    assert len(tried) == len(set(tried)) == 4
    uploads.check()


def test_every_name_is_taken(start, faults, staging):
    """A file system that calls every name taken does not hold the server for ever, and nobody's file is removed."""
    uploads = Uploads(start())
    assert uploads.upload().status == 201
    faults.fail(STORING[staging][2], errno.EEXIST)
    with faults.recording():
        assert uploads.upload().status == 500
    # In the named way, the temporary is the one file that is removed.
    removed = [event.text for event in faults.events("unlink_file")]
    assert not [name for name in removed if name.startswith("upload_")]
    uploads.check()


def test_lost_answer_of_the_link(start, faults, staging):
    """The name was given, but the call reports a failure, as a network file system may: not acknowledged, so not there."""
    uploads = Uploads(start())
    faults.fail(STORING[staging][2], errno.EIO, performs=True, limit=1)
    assert uploads.upload().status == 500
    uploads.check()
    assert uploads.upload().status == 201
    uploads.check()


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EPERM], ids=error_name)
def test_link_without_privilege(start, faults, code):
    """linkat(2) with AT_EMPTY_PATH wants a capability on older kernels: the other way to name an unnamed file is taken."""
    uploads = Uploads(start())
    faults.fail("link_file", code, limit=1)
    assert uploads.upload().status == 201
    assert faults.calls("link_file") == 2
    uploads.check()


@pytest.mark.parametrize("staging", ["named"], indirect=True)
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS], ids=error_name)
def test_rename_that_cannot_refuse_to_replace(start, faults, staging, code):
    """A file system without RENAME_NOREPLACE: a hard link refuses a taken name just as well."""
    uploads = Uploads(start())
    faults.fail("rename_file", code)
    faults.fail("link_file", errno.EEXIST, limit=1)
    assert uploads.upload().status == 201
    assert faults.calls("link_file") == 2
    uploads.check()


@pytest.mark.parametrize("staging", ["named"], indirect=True)
def test_temporary_that_cannot_be_removed(start, faults, staging):
    """§1: what could not be removed is removed at the next start."""
    server = start()
    faults.fail("rename_file", errno.EIO)
    faults.fail("unlink_file", errno.EIO)
    assert server.upload(b"[1]").status == 500
    assert len(server.uploads()) == 1
    server.stop()
    faults.clear()
    assert Uploads(start()).server.uploads() == []


# A failed sync


CLOSING = [
    ("sync_file", errno.EIO), ("sync_directory", errno.EIO), ("sync_directory", errno.ENOSPC), ("sync_directory", errno.EDQUOT),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "code"), CLOSING)
def test_failed_sync(start, faults, staging, operation, code):
    """§3: that upload is not acknowledged; no further one is accepted until a restart (--after-sync-failure stop), and the log says so; a sync is never
    tried again, for it could succeed without the data."""
    server = start()
    uploads = Uploads(server)
    assert uploads.upload().status == 201

    faults.fail(operation, code, limit=1)
    assert uploads.upload().status == STATUS[code]
    assert faults.calls(operation) == 1
    uploads.check()

    syncs = [faults.calls("sync_file"), faults.calls("sync_directory")]
    for _ in range(3):
        response = uploads.upload()
        assert response.status == 503 and response["Retry-After"] == "5"
    assert [faults.calls("sync_file"), faults.calls("sync_directory")] == syncs
    uploads.check()
    assert server.get("/about.html").status == 200
    server.log.wait_for("Sync failed .*uploads are refused until the server is restarted")
    assert server.log.count("Sync failed") == 1

    server.stop()
    uploads.server = start()
    assert uploads.upload().status == 201
    uploads.check()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT], ids=error_name)
def test_no_space_found_by_the_sync(start, faults, staging, code):
    """§3: its pages may have been dropped, so that document is refused; the device is well, so the next one is stored."""
    server = start()
    uploads = Uploads(server)
    faults.fail("sync_file", code, limit=1)
    with server.connect() as connection:
        for expected in [507, 201]:
            response = connection.ask("POST", "/upload", fields=[JSON], content=b"[1]")
            assert response.status == expected and response.keeps
            uploads.note(response, b"[1]")
    assert faults.calls("sync_file") == 2
    assert server.log.count("Sync failed") == 0
    uploads.check()


@pytest.mark.parametrize("operation", ["sync_file", "sync_directory"])
def test_failed_sync_among_others(start, faults, staging, operation):
    """One sync of many fails: who was acknowledged has a document, who was not has none."""
    server = start()
    uploads = Uploads(server)
    contents = [document(number) for number in range(12)]
    connections = [server.connect() for _ in contents]
    with faults.held(operation):
        for connection, content in zip(connections, contents, strict=True):
            connection.send(connection.request("POST", "/upload", fields=[JSON], content=content))
        # Files are synced side by side, the directory by one thread alone.
        faults.wait_until_held(operation, len(contents) if operation == "sync_file" else 1)
        faults.fail(operation, errno.EIO, limit=1)
    statuses = set()
    for connection, content in zip(connections, contents, strict=True):
        statuses.add(uploads.note(connection.receive(), content).status)
    assert statuses <= {201, 500, 503} and 500 in statuses
    uploads.check()
    assert uploads.upload().status == 503


def test_failed_directory_sync_and_removal(start, faults):
    """The name cannot be taken back: the upload is still refused, and the log names the file."""
    server = start()
    faults.fail("sync_directory", errno.EIO)
    faults.fail("unlink_file", errno.EIO)
    assert server.upload(b"[1]").status == 500
    [name] = server.uploads()
    server.log.wait_for(f"{name} could not be removed")


@pytest.mark.parametrize("exists", [False, True], ids=["made", "found"])
def test_the_folder_and_its_name_are_synced_at_start(start, faults, scratch, exists):
    """§3: 201 means that the document is on stable storage, and so is every folder on the way to it. A folder that is there
    may have been made by a run that was killed before it came to syncing it."""
    above = scratch / "above"
    above.mkdir()
    folder = above / "documents"
    if exists:
        folder.mkdir()
    with faults.recording():
        start("--upload-dir", folder)
    synced = {event.inode for event in faults.events("sync_directory") if event.error == 0}
    assert {above.stat().st_ino, folder.stat().st_ino} <= synced


def test_sync_fails_at_start(binary, root, faults):
    """A folder that cannot be synced is found before anything is promised."""
    faults.fail("sync_directory", errno.EIO)
    result = run_to_end(binary, "--port", 0, "--root", root, environment=faults.environment)
    assert result.returncode != 0
    assert "--upload-dir" in result.stderr and len(result.stderr.splitlines()) == 1
    assert "Server started" not in result.stdout


# A slow sync


def expect_silence(connections):
    """None of them has been sent anything so far."""
    assert select.select([connection.socket for connection in connections], [], [], 0)[0] == []


@pytest.mark.parametrize("operation", ["sync_file", "sync_directory"])
def test_get_while_syncs_wait(start, faults, staging, operation):
    """Row 17: while every sync waits, one thread answers GETs, and no upload is acknowledged before its sync returns."""
    server = start()
    uploads = Uploads(server)
    contents = [document(number) for number in range(40)]  # more than are synced at a time
    connections = [server.connect() for _ in contents]
    with faults.held(operation):
        for connection, content in zip(connections, contents, strict=True):
            connection.send(connection.request("POST", "/upload", fields=[JSON], content=content))
        faults.wait_until_held(operation)
        with server.connect() as other:
            for _ in range(50):
                assert other.ask("GET", "/photo.png").status == 200
        for _ in range(20):
            assert server.get("/big.png").status == 200
        expect_silence(connections)
        if operation == "sync_file":
            assert not [name for name in server.uploads() if name.startswith("upload_")]
    for connection, content in zip(connections, contents, strict=True):
        assert uploads.note(connection.receive(), content).status == 201
    uploads.check()


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_disk_that_hangs_while_a_large_upload_arrives(start, faults, staging, coding):
    """§1: whatever its size, an upload is not written by the one worker there is: others are answered meanwhile."""
    server = start()
    uploads = Uploads(server)
    large = b'"' + b"x" * 900_000 + b'"'
    pieces = [large[at : at + 10_000] for at in range(0, len(large), 10_000)]
    with server.connect() as connection:
        with faults.held("write_file"):
            if coding == "length":
                sent = connection.request("POST", "/upload", fields=[JSON], content=large)
            else:
                sent = connection.request("POST", "/upload", fields=[JSON, ("Transfer-Encoding", "chunked")])
                sent += chunked(pieces)
            sender = threading.Thread(target=connection.send, args=(sent,))  # the server does not take all of it yet
            sender.start()
            faults.wait_until_held("write_file")
            for _ in range(20):
                assert server.get("/photo.png").status == 200
            expect_silence([connection])
        sender.join()
        assert uploads.note(connection.receive(), large).status == 201
    uploads.check()


def test_stop_while_a_sync_waits(start, faults, staging):
    """§1: an upload in flight is finished, and acknowledged, before the server ends."""
    server = start()
    with server.connect() as connection:
        with faults.held("sync_file"):
            connection.send(connection.request("POST", "/upload", fields=[JSON], content=b"[1]"))
            faults.wait_until_held("sync_file")
            server.signal(signal.SIGTERM)
            server.log.wait_for("Shutting down server")
            expect_silence([connection])
        assert connection.receive().status == 201
    assert server.wait() == 0
    [name] = server.uploads()
    assert (server.root / "uploads" / name).read_bytes() == b"[1]"


def test_forced_stop_while_a_sync_hangs(start, faults):
    """§1: a second SIGINT forces, even when only the disk is waited for: its client has had its 503 already."""
    server = start("--commit-timeout", "50ms")
    with server.connect() as connection, faults.held("sync_file"):
        connection.send(connection.request("POST", "/upload", fields=[JSON], content=b"[1]"))
        faults.wait_until_held("sync_file")
        assert connection.receive().status == 503
        connection.close()
        server.expected_status = 3
        server.signal(signal.SIGTERM)
        server.log.wait_for("Shutting down server")
        server.signal(signal.SIGINT)
        assert server.wait() == 3
    assert server.uploads() == []


@pytest.mark.parametrize("operation", ["write_file", "sync_file", "sync_directory"])
def test_killed_while_a_call_waits(start, faults, staging, operation):
    """Row 15, at the very moments that matter: not a partial document, and after a restart no temporary."""
    server = start()
    with server.connect() as connection, faults.held(operation):
        connection.send(connection.request("POST", "/upload", fields=[JSON], content=b"[1]"))
        faults.wait_until_held(operation)
        server.expected_status = -signal.SIGKILL
        server.process.kill()
        server.process.wait()
    documents = [name for name in server.uploads() if name.startswith("upload_")]
    assert len(documents) == (1 if operation == "sync_directory" else 0)  # published, though not acknowledged
    faults.clear()
    server = start()
    assert server.uploads() == documents
    assert [(server.root / "uploads" / name).read_bytes() for name in documents] == [b"[1]"] * len(documents)


@pytest.mark.parametrize("stops", [False, True], ids=["", "and the server stops"])
def test_client_that_leaves_while_its_document_is_stored(start, faults, stops):
    """§6: one block per exchange: who asked for what, and how it ended, though nobody was there to be told."""
    server = start()
    with faults.held("sync_file"):
        with server.connect() as connection:
            connection.send(connection.request("POST", "/upload", fields=[JSON], content=b"[1]"))
            faults.wait_until_held("sync_file")
            connection.abort()
        if stops:
            server.signal(signal.SIGTERM)
            server.log.wait_for("Shutting down server")
    server.log.wait_for(r"Created file: upload_.*\.json")
    server.log.wait_for(r"Response: 201 Created \(0 bytes transferred\)")
    assert len(server.uploads()) == 1


def test_sync_slower_than_the_commit_timeout(start, faults):
    """The client is not left waiting: 503. A slow sync is no failed one: later uploads are accepted."""
    server = start("--commit-timeout", "50ms")
    with server.connect() as connection, faults.held("sync_file"):
        connection.send(connection.request("POST", "/upload", fields=[JSON], content=b"[1]"))
        faults.wait_until_held("sync_file")
        response = connection.receive()
        assert response.status == 503 and response["Retry-After"] and not response.keeps
        connection.expect_closed()
    # With so short a limit another one may come too late as well, but never because uploads were closed.
    server.log.wait_for("Response: 503")
    assert "restarted" not in server.upload(b"[2]").text
    # What is on disk after all does not go unmentioned.
    server.log.wait_for(r"Created file: upload_.*\.json \(the client had left\)$")


# No more threads


def test_no_thread_for_uploads(start, faults):
    """§1: a system without a thread to spare costs an upload, not the server; once there is one, uploads work."""
    uploads = Uploads(start())
    faults.fail("create_thread", errno.EAGAIN)
    response = uploads.upload()
    assert response.status == 503 and response["Retry-After"] == "5"
    assert uploads.server.get("/about.html").status == 200
    faults.clear()
    assert uploads.upload().status == 201
    uploads.check()


def test_one_thread_for_all_uploads(start, faults, staging):
    """What many threads would have done side by side, the only one does by itself."""
    uploads = Uploads(start())
    assert uploads.upload().status == 201
    faults.fail("create_thread", errno.EAGAIN)
    contents = [document(number) for number in range(24)]
    responses = in_parallel(24, lambda index: uploads.server.upload(contents[index]))
    for response, content in zip(responses, contents, strict=True):
        assert uploads.note(response, content).status == 201
    assert faults.failed("create_thread") > 0
    faults.clear()
    uploads.check()


def test_client_leaves_while_its_sync_waits(start, faults):
    """An answer to nobody is dropped, and meets no other client."""
    server = start()
    gone = server.connect()
    with faults.held("sync_file"):
        gone.send(gone.request("POST", "/upload", fields=[JSON], content=b"[1]"))
        faults.wait_until_held("sync_file")
        gone.abort()
        with server.connect() as other:
            assert other.ask("GET", "/about.html").status == 200
            with server.connect() as uploading:
                uploading.send(uploading.request("POST", "/upload", fields=[JSON], content=b"[2]"))
                faults.wait_until_held("sync_file", 2)
                expect_silence([other, uploading])
                faults.release("sync_file")
                response = uploading.receive()
                assert response.status == 201
                assert (server.root / response["Location"][1:]).read_bytes() == b"[2]"
            other.expect_kept()


# The order of things


@pytest.mark.parametrize("content", [b"[1]", b'"' + b"x" * 600_000 + b'"'], ids=["small", "large"])
def test_order_of_calls(start, faults, staging, content):
    """§3: 201 means content, name and directory are on stable storage; the name appears only once the content is whole and
    synced. Each step has ended before the next begins."""
    server = start()
    with faults.recording():
        response = server.upload(content)
    assert response.status == 201
    name = os.path.basename(response["Location"])
    inode = (server.root / "uploads" / name).stat().st_ino
    directory = (server.root / "uploads").stat().st_ino

    def of_file(operation):
        return [event for event in faults.events(operation) if event.inode == inode]

    published = [event for event in faults.events(STORING[staging][2]) if event.text == name[:40]]
    if staging == "unnamed":
        assert [event.inode for event in published] == [inode]
    steps = [
        of_file("write_file"),
        of_file("sync_file"),
        published,
        [event for event in faults.events("sync_directory") if event.inode == directory],
        [event for event in faults.events("send_bytes") if event.text.startswith("HTTP/1.1 201")],
    ]
    assert [len(step) for step in steps[1:]] == [1, 1, 1, 1] and steps[0]
    assert not [event for step in steps for event in step if event.error]
    for earlier, later in zip(steps, steps[1:], strict=False):
        assert max(event.ended for event in earlier) < min(event.begun for event in later)


# Calls that do less than they were asked to


def test_short_and_interrupted_writes(start, faults, staging):
    """write(2) may take fewer bytes than offered, or be interrupted."""
    uploads = Uploads(start())
    faults.shorten("write_file", 7)
    faults.fail("write_file", errno.EINTR, every=5)
    assert uploads.upload(document(2_000)).status == 201
    assert faults.failed("write_file") > 100
    uploads.check()


@pytest.mark.parametrize("operation", ["open_unnamed", "sync_file", "sync_directory"])
def test_interrupted_calls(start, faults, operation):
    """EINTR is no failure."""
    uploads = Uploads(start())
    faults.fail(operation, errno.EINTR, limit=2)
    assert uploads.upload().status == 201
    assert faults.failed(operation) == 2
    uploads.check()


def test_content_that_arrives_by_the_byte(start, faults):
    """recv(2) may return a byte at a time, be interrupted, or have nothing although it was announced."""
    uploads = Uploads(start())
    faults.shorten("receive_bytes", 1)
    for code in [errno.EINTR, errno.EAGAIN]:
        faults.fail("receive_bytes", code, every=3)
        assert uploads.upload(document(500)).status == 201
    uploads.check()
