"""CONTRACT §3: 201 means that content, name and directory are on stable storage. So the power may fail right after it.

The power is cut by shutting down the file system without flushing its journal: what had not been written to the disk is
gone. The checks that must find a loss prove that the others would.
"""

import errno
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from consumers import Consumers
from disk import FILE_SYSTEMS, Disk
from faults import Faults
from ledger import Ledger
from load import JSON, UploadLoad, document
from support.server import run_to_end
from support.waiting import eventually

CUTS = int(os.environ.get("BOBBIN_POWER_CUTS", "6"))


@pytest.fixture(params=FILE_SYSTEMS)
def file_system(request):
    return request.param


@pytest.fixture
def disk(scratch, file_system):
    disk = Disk(scratch, kind=file_system)
    yield disk
    disk.close()


@pytest.fixture
def start_on_disk(start, disk):
    """Start a server that keeps its uploads on the disk. It is killed before the disk is unmounted."""
    servers = []

    def start_there(**options):
        server = start("--upload-dir", disk.path / "uploads", **options)
        servers.append(server)
        return server

    yield start_there
    for server in servers:
        server.kill()


def cut_power(disk, server):
    """The power fails, and comes back."""
    disk.cut_power()
    server.kill()
    disk.power_on()


@pytest.mark.timeout(120 + 20 * CUTS)
def test_power_cut_under_upload_load(request, start_on_disk, disk, durability, scratch, sanitized):
    """Every document that was answered 201 is there byte for byte, unless a consumer has read it whole and deleted it. No
    partial one is seen, before the cut or after the restart; none that the journal does not know; and no temporary. In both ways
    to keep a document before it has its name; from the folder's creation on, and in one that has suffered cuts before."""
    folder = disk.path / "uploads"
    chance = random.Random()
    total = 0
    environments = [{}]
    if not sanitized:
        faults = Faults(request.getfixturevalue("shim"), scratch / "faults")
        faults.fail("open_unnamed", errno.EOPNOTSUPP)  # a file system without O_TMPFILE
        environments.append(faults.environment)
    deleted = set()
    for number in range(CUTS):
        if number % 3 == 0:
            disk.format()
            ledger = Ledger()
            deleted = set()
        environment = environments[number % len(environments)]
        server = start_on_disk(environment=environment)
        target = len(ledger) + chance.randrange(1, 80)
        with (
            Consumers(folder, ledger, seed=chance.random()) as consumers,
            UploadLoad(server.address, ledger, seed=chance.random()) as load,
        ):
            eventually(lambda: len(ledger) >= target or load.refused, "uploads are acknowledged")
            assert not load.refused
            time.sleep(chance.random() / 50)  # any moment will do: the more different ones, the better
            disk.cut_power()
            time.sleep(chance.random() / 50)  # the server goes on with a dead disk: what it acknowledges now counts as well
            server.kill()
        assert not consumers.partial
        disk.power_on()
        if durability == "journal":
            assert not unrecorded(folder, consumers.read)

        server = start_on_disk(environment=environment)
        deleted |= consumers.deleted
        damage = ledger.compare(folder, moved_to=consumers.moved_to, deleted=deleted)
        assert not damage, f"cut {number} after {len(ledger)} acknowledged documents: {damage}"
        server.kill()
        total += len(ledger)
    assert total >= CUTS


def unrecorded(folder, names):
    """The names that the journal does not have; all of its segments must be there."""
    segments = [path.read_bytes() for path in sorted((folder / ".bobbin/journal").glob("*.segment"))]
    if not segments or b'"kind":"segment","segment":1,' not in segments[0]:
        return []
    return [name for name in names if not any(b'"name":"%b"' % name.encode() in segment for segment in segments)]


def upload_some(server, ledger):
    """A few documents one after the other, so that no later sync takes an earlier document along."""
    chance = random.Random(1)
    with server.connect() as connection:
        for _ in range(3):
            content = document(chance)
            ledger.sending(content)
            response = connection.ask("POST", "/upload", fields=[JSON], content=content)
            assert response.status == 201
            ledger.acknowledge(response, content)


def damage_after(start_on_disk, disk, server, ledger):
    """What a power cut now leaves, once the server has recovered."""
    cut_power(disk, server)
    start_on_disk().kill()
    return ledger.compare(disk.path / "uploads")


def test_nothing_is_lost_when_everything_is_synced(start_on_disk, disk):
    """What the checks below do, without what they leave out."""
    ledger = Ledger()
    server = start_on_disk()
    upload_some(server, ledger)
    assert not damage_after(start_on_disk, disk, server, ledger)


def test_loss_is_detected_without_any_sync(start_on_disk, disk, nosync_binary):
    """The check finds the losses of a program that never syncs."""
    ledger = Ledger()
    server = start_on_disk(program=nosync_binary)
    # The folder itself is not what this is about, and without it there would be nothing to look into.
    folder = os.open(disk.path, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    upload_some(server, ledger)
    assert len(damage_after(start_on_disk, disk, server, ledger).lost) == len(ledger)


@pytest.mark.parametrize("durability", ["journal"])
def test_a_journal_that_was_not_flushed_is_found_damaged(start_on_disk, disk, shim, scratch, binary):
    """The check finds the loss, and so does the program: it does not go on with such a journal."""
    faults = Faults(shim, scratch / "faults")
    ledger = Ledger()
    server = start_on_disk(environment=faults.environment)
    faults.pretend("sync_file")
    upload_some(server, ledger)
    cut_power(disk, server)
    assert ledger.compare(disk.path / "uploads").lost
    verified = run_to_end(binary, "inbox", "verify", disk.path / "uploads")
    assert verified.returncode == 1 and "does not begin as a segment does" in verified.stdout, verified.stdout


@pytest.mark.parametrize(("durability", "skipped"), [("files", "sync_file"), ("files", "sync_directory")])
def test_loss_is_detected_without_one_of_the_syncs(start_on_disk, disk, shim, scratch, skipped):
    """The sync of files or of their names alone is not enough: the check finds the loss when one of them does nothing."""
    faults = Faults(shim, scratch / "faults")
    ledger = Ledger()
    server = start_on_disk(environment=faults.environment)
    faults.pretend(skipped)
    upload_some(server, ledger)
    assert damage_after(start_on_disk, disk, server, ledger).lost


@pytest.mark.parametrize(("durability", "held"), [("files", "sync_directory"), ("files", "sync_file"), ("journal", "sync_file")])
def test_no_answer_relies_on_a_sync_behind_which_the_file_system_has_stopped(start_on_disk, disk, shim, scratch, held):
    """XFS reports success for the sync of a directory when its journal has failed, and the names are gone."""
    faults = Faults(shim, scratch / "faults")
    ledger = Ledger()
    server = start_on_disk(environment=faults.environment)
    upload_some(server, ledger)
    content = b'{"n": 1}'
    ledger.sending(content)
    with ThreadPoolExecutor(1) as executor, faults.held(held):
        answer = executor.submit(server.upload, content)
        faults.wait_until_held(held)
        disk.cut_power()
        faults.release(held)
        assert answer.result().status == 500
    server.kill()
    disk.power_on()
    start_on_disk().kill()
    assert not ledger.compare(disk.path / "uploads")


def has_checkpoint(folder, through):
    """Whether the journal says that everything through this sequence is on stable storage."""
    segments = (folder / ".bobbin/journal").glob("*.segment")
    return any(b'"kind":"checkpoint","through":%d,' % through in segment.read_bytes() for segment in segments)


@pytest.mark.parametrize("durability", ["journal"])
@pytest.mark.parametrize("skipped", [False, True])
def test_a_checkpoint_syncs_what_it_stands_for(start_on_disk, disk, shim, scratch, skipped):
    """What has been checkpointed is not published again: so the check finds the loss when its sync does nothing."""
    faults = Faults(shim, scratch / "faults")
    ledger = Ledger()
    server = start_on_disk(environment=faults.environment)
    if skipped:
        faults.pretend("sync_everything")
    upload_some(server, ledger)
    eventually(lambda: has_checkpoint(disk.path / "uploads", 3), "a checkpoint is recorded")
    assert bool(damage_after(start_on_disk, disk, server, ledger).lost) == skipped


@pytest.mark.parametrize("durability", ["journal"])
def test_loss_is_detected_without_recovery(start_on_disk, disk):
    """Before a checkpoint the files are in the journal alone."""
    ledger = Ledger()
    server = start_on_disk()
    upload_some(server, ledger)
    cut_power(disk, server)
    assert len(ledger.compare(disk.path / "uploads").lost) == len(ledger)
