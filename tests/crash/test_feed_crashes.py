"""The feed of an inbox when the power is cut: what a reader has seen is there afterwards, under the same sequence and with the same
digest. So a program on another machine never has a document that its sender would have to send again."""

import json
import os
import random
import time

import pytest

from disk import FILE_SYSTEMS, Disk
from records import FOLDERS, Workers, inbox_configuration, whole_record
from support.feeds import LINES, READER, Reader, read, sequences_shown, wait_until_shown, write_tokens
from support.waiting import eventually
from test_inbox_crashes import Acknowledged, DocumentLoad

CUTS = int(os.environ.get("BOBBIN_POWER_CUTS", "4"))


@pytest.fixture(params=["journal"])
def durability(request):
    return request.param


@pytest.fixture(params=FILE_SYSTEMS)
def disk(scratch, request):
    disk = Disk(scratch, kind=request.param)
    yield disk
    disk.close()


@pytest.fixture
def start_on_disk(start, disk, scratch):
    """Start a server whose inbox is on the disk. It is killed before the disk is unmounted."""
    readers = write_tokens(scratch / "readers", **{"reader-1": READER})
    configuration = inbox_configuration(scratch, disk.path / "box", f'feed_token_file = "{readers}"\n')
    servers = []

    def start_there(**options):
        servers.append(start("--config", configuration, **options))
        return servers[-1]

    yield start_there
    for server in servers:
        server.kill()


def records_in(folder):
    """sequence → (id, digest) of every whole record."""
    paths = [path for part in FOLDERS for path in (folder / part).iterdir()]
    found = [record for path in paths if (record := whole_record(path.read_bytes()))]
    return {record["sequence"]: (record["id"], record["sha256"]) for record in found}


def empty_done(folder, through):
    """Delete finished records through this sequence, as consumers do; returns them as records_in does."""
    removed = {}
    for path in [path for part in ("done", "failed") for path in (folder / part).iterdir()]:
        record = whole_record(path.read_bytes())
        if record and record["sequence"] <= through:
            removed[record["sequence"]] = (record["id"], record["sha256"])
            path.unlink()
    return removed


def check_seen(folder, seen, removed):
    """Everything that a reader has seen is there, or was removed, and it has seen each record once, in order."""
    sequences = [sequence for sequence, _, _ in seen]
    assert sequences == sorted(set(sequences))
    there = records_in(folder) | removed
    lost = [record for record in seen if there.get(record[0]) != (record[1], record[2])]
    assert not lost, f"{len(lost)} of {len(seen)} records that a reader has seen are not there: {lost[:5]}"


@pytest.mark.timeout(120 + 40 * CUTS)
def test_what_a_reader_has_seen_survives_a_power_cut(start_on_disk, disk):
    folder = disk.path / "box"
    chance = random.Random()
    acknowledged = Acknowledged()
    removed = {}
    server = start_on_disk()
    with Reader(lambda: server.address, chance) as reader:
        for number in range(CUTS):
            goal = len(reader) + chance.randrange(1, 60)
            with Workers(folder, generation=number), DocumentLoad(server.address, acknowledged):
                eventually(lambda: len(reader) >= goal, "the reader has seen records")
                time.sleep(chance.random() * chance.choice([0.02, 0.02, 1.1]))  # some of them before a checkpoint, and some behind it
                disk.cut_power()
                time.sleep(chance.random() / 50)
                server.kill()
            disk.power_on()
            server = start_on_disk()
            eventually(lambda: read(server, accept=LINES).status == 200, "the feed is there")
            with reader.lock:
                seen = list(reader.seen)
            check_seen(folder, seen, removed)
            removed |= empty_done(folder, seen[-1][0])
        last = max(records_in(folder))
        wait_until_shown(server, last)
        eventually(lambda: reader.sequences()[-1:] == [last], "the reader has seen all")
    check_seen(folder, reader.seen, removed)
    answers = dict((sequence, (identifier, digest)) for identifier, (sequence, digest) in acknowledged.answers.items())
    seen = {sequence: (identifier, digest) for sequence, identifier, digest in reader.seen}
    assert {sequence: seen.get(sequence) for sequence in answers} == answers, "and it has missed no acknowledged document"


def test_the_check_notices_a_server_that_does_not_sync(start_on_disk, disk, nosync_binary):
    """Its checkpoints come before the files are on the disk."""
    folder = disk.path / "box"
    acknowledged = Acknowledged()
    server = start_on_disk(program=nosync_binary)
    with Reader(lambda: server.address) as reader, DocumentLoad(server.address, acknowledged):
        eventually(lambda: len(reader) >= 5, "the reader has seen records")
        disk.cut_power()
        server.kill()
    disk.power_on()
    with pytest.raises((AssertionError, FileNotFoundError)):
        check_seen(folder, reader.seen, {})


def test_the_feed_goes_on_behind_the_last_sequence(start_on_disk, disk):
    """A reader that has seen the last record before the cut is shown the next one, and is not told that there is none."""
    server = start_on_disk()
    for number in (1, 2):
        assert server.upload(b'{"n": %d}' % number, target="/in/box").status == 201
    wait_until_shown(server, 2)
    disk.cut_power()
    server.kill()
    disk.power_on()
    server = start_on_disk()
    eventually(lambda: read(server, "?since=2").status == 200, "the feed is there")
    assert json.loads(server.upload(b'{"n": 3}', target="/in/box").content)["sequence"] == 3
    wait_until_shown(server, 3)
    assert sequences_shown(server, "?since=2") == [3]
