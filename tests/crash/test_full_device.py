"""A device that really fails: a file system in a sparse file, whose own file system is full. The kernel finds out when it
writes pages back, long after they were written, and tells each file's failure to whoever syncs that file next. The store closes,
and opens again once there is space (docs/durability.md, "When a sync fails")."""

import os
import subprocess

import pytest

from disk import skip_unless_possible
from ledger import Ledger
from load import JSON
from support.waiting import eventually

MIB = 1 << 20


@pytest.fixture
def device(scratch):
    """The place of a file system that is larger than what is beneath it. It has no journal of its own, which would end with the
    first failure."""
    skip_unless_possible()
    beneath, path = scratch / "beneath", scratch / "disk"
    image = beneath / "disk.img"
    mounts = [
        ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", beneath],
        ["mkfs.ext4", "-q", "-F", "-O", "^has_journal", image, "400M"],
        ["mount", "-t", "ext4", "-o", "loop", image, path],
    ]
    for directory in (beneath, path):
        directory.mkdir()
    try:
        for command in mounts:
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode != 0:
                pytest.skip("a disk image cannot be mounted here: " + result.stderr.strip())
        yield path
    finally:
        for directory in (path, beneath):
            subprocess.run(["umount", "--lazy", directory], capture_output=True, check=False)


def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\xff" * MIB)
        except OSError:
            return


@pytest.mark.timeout(300)
@pytest.mark.parametrize("durability", ["journal"], indirect=True)
def test_the_store_opens_when_there_is_space(start, device):
    folder = device / "uploads"
    server = start("--upload-dir", folder)
    ledger = Ledger()
    number = 0

    def upload():
        nonlocal number
        number += 1
        content = b'{"n": %d, "text": "%b"}' % (number, b"y" * 50_000)
        ledger.sending(content)
        with server.connect() as connection:
            response = connection.ask("POST", "/upload", fields=[JSON], content=content)
        if response.status == 201:
            ledger.acknowledge(response, content)
        return response.status

    assert upload() == 201
    filler = device.parent / "beneath/filler"
    fill(filler)
    statuses = set()
    for _ in range(1500):
        statuses.add(upload())
        if server.log.count("Sync failed|until there is space"):
            break
    assert statuses <= {201, 500, 503, 507}
    server.log.wait_for("Sync failed|until there is space")
    before = len(ledger)
    os.unlink(filler)
    eventually(lambda: upload() == 201, "uploads are taken again")
    assert len(ledger) > before
    assert not ledger.compare(folder)
    server.kill()
    server = start("--upload-dir", folder)
    assert not ledger.compare(folder)
