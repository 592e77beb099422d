"""CONTRACT §7 row 15, call by call: the server is killed, or the power is cut, before and after each system call that stores
something; or that call fails. Nothing acknowledged is lost, and nothing else is left, wherever that happens."""

import contextlib
import errno
import hashlib
import json
import os
import pathlib
import random
import signal
from dataclasses import dataclass

import pytest

from disk import Disk
from faults import STORING, Faults
from ledger import Ledger
from load import GONE, JSON
from records import STORES, inbox_configuration, whole_records
from support.server import Server
from support.waiting import eventually

# How many of the points of each scenario are tried, drawn at random; "all" of them in ./test long.
POINTS = os.environ.get("BOBBIN_CRASH_POINTS", "2")
SMALL, LARGE = 100, 200_000
SEGMENT_BYTES = 16 << 20

@dataclass(frozen=True)
class Event:
    """What happens at a call: the process is killed before or after it, when the power has been `cut`; or the call fails, and
    the power is cut in the end."""

    after: bool = False
    cuts: bool = False
    error: int = 0


EVENTS = {
    "kill-before": Event(),
    "kill-after": Event(after=True),
    "cut-before": Event(cuts=True),
    "cut-after": Event(after=True, cuts=True),
    "no-space": Event(error=errno.ENOSPC),
    "io-error": Event(error=errno.EIO),
}


class Stage:
    """A disk of its own, and a server that may die at any moment."""

    def __init__(self, disk, root, faults, binary):
        self.disk = disk
        self.faults = faults
        self.server = None
        self.servers = []
        self._binary = binary
        self._root = root
        self._number = 0

    def start(self):
        """False: it has ended before it was ready."""
        self.server = Server(
            self._binary,
            ["--port", "0", "--root", self._root, "--threads", "1", "--keep-alive-requests", "0", "--access-log", "off",
             *self.flags()],
            root=self._root, environment=self.faults.environment,
        )  # fmt: skip
        self.servers.append(self.server)
        try:
            self.server.wait_until_started()
            return True
        except AssertionError:
            return False

    def upload(self, size, count=1):
        """Send documents one after the other, as long as there is a server."""
        with contextlib.suppress(*GONE), self.server.connect() as connection:
            for _ in range(count):
                self._number += 1
                content = b'{"n": %d, "text": "%b"}' % (self._number, b"x" * size)
                response = self.send(connection, content)
                assert response.status in (201, 500, 503, 507), response

    def stop(self):
        self.server.process.terminate()
        self.server.process.wait()

    def kill(self):
        """Whoever still runs, so that nobody uses the disk any more."""
        for server in self.servers:
            server.process.kill()
            server.process.wait()
            server.log.join()
            server.errors.join()
        self.servers.clear()

    def has_crashed(self):
        return any(server.process.poll() == -signal.SIGKILL for server in self.servers)

    def cut_power(self):
        self.disk.cut_power()
        self.kill()
        self.disk.power_on()


class UploadStage(Stage):
    def __init__(self, disk, root, faults, binary, durability):
        super().__init__(disk, root, faults, binary)
        self.folder = disk.path / "uploads"
        self.ledger = Ledger()
        self._durability = durability

    def flags(self):
        return ["--durability", self._durability, "--upload-dir", self.folder]

    def send(self, connection, content):
        self.ledger.sending(content)
        response = connection.ask("POST", "/upload", fields=[JSON], content=content)
        if response.status == 201:
            self.ledger.acknowledge(response, content)
        return response

    def acknowledged(self):
        return len(self.ledger)

    def damage(self):
        return self.ledger.compare(self.folder)

    damage_when_stopped = damage


class InboxStage(Stage):
    """Each document has a key. Files of records, of their keys and of the journal are written."""

    def __init__(self, disk, root, faults, binary, layout):
        super().__init__(disk, root, faults, binary)
        self.folder = disk.path / "box"
        self._layout = layout
        self._contents = {}  # key → content
        self._answers = {}  # key → (id, sequence)

    def flags(self):
        keys = 'dedupe = ["header:Idempotency-Key"]\n' + STORES[self._layout]
        return ["--config", inbox_configuration(pathlib.Path(self._root).parent, self.folder, keys)]

    def send(self, connection, content):
        key = f"k{self._number}"
        self._contents[key] = content
        return self._send_with(connection, key)

    def _send_with(self, connection, key):
        fields = [JSON, ("Idempotency-Key", key)]
        response = connection.ask("POST", "/in/box", fields=fields, content=self._contents[key])
        if response.status == 201:
            answer = json.loads(response.content)
            known = (answer["id"], answer["sequence"])
            assert self._answers.setdefault(key, known) == known, "two answers to one key"
        return response

    def acknowledged(self):
        return len(self._answers)

    def damage(self):
        """Each of them is known: it gets its first answer again."""
        lost = []
        with self.server.connect() as connection:
            for key in list(self._answers):
                response = self._send_with(connection, key)
                if response["Idempotent-Replayed"] != "true":
                    lost.append((key, response))
        return lost

    def damage_when_stopped(self):
        """Every file is whole, and each that was acknowledged is in one of them, once."""
        found = []
        for path in (self.folder / "new").iterdir():
            records = whole_records(path.read_bytes())
            assert records, f"{path.name} is not whole"
            found += [(record["id"], record["sequence"], record["sha256"]) for record in records]
        assert len(set(found)) == len(found) == len({sequence for _, sequence, _ in found}), found
        expected = {
            (*answer, hashlib.sha256(self._contents[key]).hexdigest()) for key, answer in self._answers.items()
        }
        sent = {hashlib.sha256(content).hexdigest() for content in self._contents.values()}
        return (expected - set(found)) | {record for record in found if record[2] not in sent}


STAGES = {"files": UploadStage, "journal": UploadStage, "record": InboxStage, "segments": InboxStage}


# Each has a part that prepares, and one in which the server crashes.


def nothing(stage):
    assert stage.start()


def first_start_to_second(stage):
    for _ in range(2):
        if not stage.start():
            return
        stage.upload(SMALL)
        stage.upload(LARGE)
        stage.upload(SMALL, count=2)
        stage.stop()
        if stage.has_crashed():
            return


def unfinished_documents(stage):
    assert stage.start()
    stage.upload(SMALL)
    stage.upload(LARGE)
    stage.upload(SMALL)
    stage.cut_power()


def recovery(stage):
    if stage.start():
        stage.upload(SMALL)
        stage.stop()


def segment_that_is_nearly_full(stage):
    assert stage.start()
    stage.upload(SMALL)  # with which the journal begins
    segment = stage.folder / ".bobbin/journal/0000000001.segment"
    while (room := SEGMENT_BYTES - len(segment.read_bytes().rstrip(b"\0"))) > 70_000:
        stage.upload(60_000, count=max(1, room // 61_000 - 2))


def next_segment(stage):
    stage.upload(60_000, count=3)
    stage.stop()
    if not stage.has_crashed() and stage.start():
        stage.upload(SMALL)
        stage.stop()


def documents_and_a_flush_to_fail(stage):
    assert stage.start()
    stage.upload(SMALL, count=2)
    stage.upload(LARGE)
    stage.faults.fail("sync_file", errno.EIO, limit=1)


def reopening(stage):
    """A flush fails, and the store proves itself."""
    stage.upload(SMALL)
    server = stage.server
    eventually(
        lambda: server.process.poll() is not None or server.log.count("stores again: |does not store|until there is space"),
        "the store has proved itself, or not",
    )
    stage.upload(SMALL)
    stage.stop()


def hand_over(stage):
    """A successor waits for the folder while its predecessor stops. Whoever is hit, the other one goes on."""
    predecessor = stage.server
    if not stage.start():
        return
    successor = stage.server
    stage.server = predecessor
    stage.upload(SMALL, count=2)
    stage.stop()
    stage.server = successor
    said = r"uploads are taken|No document can be stored"
    eventually(
        lambda: successor.process.poll() is not None or successor.log.count(said) + successor.errors.count(said),
        "the successor has the folder",
    )
    stage.upload(SMALL)
    stage.stop()


def empty(_):
    pass


SCENARIOS = {
    ("files", "start"): (empty, first_start_to_second),
    ("journal", "start"): (empty, first_start_to_second),
    ("journal", "recovery"): (unfinished_documents, recovery),
    ("journal", "hand-over"): (nothing, hand_over),
    ("journal", "reopening"): (documents_and_a_flush_to_fail, reopening),
    ("journal", "segment"): (segment_that_is_nearly_full, next_segment),
    ("record", "start"): (empty, first_start_to_second),
    ("record", "recovery"): (unfinished_documents, recovery),
    ("record", "reopening"): (documents_and_a_flush_to_fail, reopening),
    ("segments", "start"): (empty, first_start_to_second),
    ("segments", "recovery"): (unfinished_documents, recovery),
    ("segments", "reopening"): (documents_and_a_flush_to_fail, reopening),
}


@pytest.fixture
def disk(scratch):
    disk = Disk(scratch)
    yield disk
    disk.close(lazily=True)


def points_of(faults):
    """The numbers of the calls that store; of more than two alike in a row, such as those that fill a segment with zeros, the
    first and the last."""
    calls = [(event.operation, event.inode) for event in faults.events(*STORING)]
    return [
        index + 1
        for index, call in enumerate(calls)
        if call[0] != "write_file" or calls[index - 1 : index] != [call] or calls[index + 1 : index + 2] != [call]
    ]


def drawn(points):
    return points if POINTS == "all" else sorted(random.sample(points, min(len(points), int(POINTS))))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids="-".join)
def test_at_every_call_that_stores(binary, shim, scratch, root, disk, scenario, event):
    kind = scenario[0]
    prepare, act = SCENARIOS[scenario]

    def begin():
        disk.format()
        stage = STAGES[kind](disk, root, Faults(shim, scratch / "faults"), binary, kind)
        prepare(stage)
        return stage

    def check(stage, point):
        assert stage.start(), "\n".join(stage.server.errors.lines)
        damage = stage.damage()
        before = stage.acknowledged()
        assert not damage, f"point {point}, after {before} acknowledged documents: {damage}"
        stage.upload(SMALL)
        assert stage.acknowledged() == before + 1
        stage.stop()
        assert stage.server.process.returncode == 0
        stage.kill()
        damage = stage.damage_when_stopped()
        assert not damage, f"point {point}, when it has stopped: {damage}"

    stage = begin()
    with stage.faults.recording():
        act(stage)
    points = points_of(stage.faults)
    assert len(points) > 10
    stage.kill()
    check(stage, None)
    for point in drawn(points):
        stage = begin()
        stage.faults.crash_at(point, after=event.after, error=event.error, disk=disk.path if event.cuts else None)
        act(stage)
        stage.faults.clear()
        if event.error:
            disk.cut_power()
        has_lost_power = event.error or (event.cuts and stage.has_crashed())
        stage.kill()
        if has_lost_power:
            disk.power_on()
        check(stage, point)
