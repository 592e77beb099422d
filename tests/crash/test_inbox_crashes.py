"""[[inbox]] under load, with consumers that claim records and finish them: the server is killed, or the power is cut. Every
document that was acknowledged is in `new`, or where its consumer has moved it.

The document of each client is unlike any other, so its digest in a record says which one it is.
"""

import contextlib
import hashlib
import json
import os
import random
import re
import threading
import time

import pytest

from disk import FILE_SYSTEMS, Disk
from load import JSON, InboxLoad, document, request_pieces
from records import FOLDERS, NAME, STORES, Workers, inbox_configuration, knows_mounts, whole_records
from support.waiting import eventually

CUTS = int(os.environ.get("BOBBIN_POWER_CUTS", "4"))
CLIENTS = 6
ROUNDS = int(os.environ.get("BOBBIN_CRASH_ROUNDS", "6"))


class Acknowledged:
    """What clients have sent, and the answers: id → (sequence, digest). Thread: any."""

    def __init__(self):
        self._lock = threading.Lock()
        self._sequences = set()
        self.sent = set()
        self.answers = {}

    def __len__(self):
        with self._lock:
            return len(self.answers)

    def sending(self, content):
        with self._lock:
            self.sent.add(hashlib.sha256(content).hexdigest())

    def acknowledge(self, response, content):
        answer = json.loads(response.content)
        digest = hashlib.sha256(content).hexdigest()
        with self._lock:
            assert answer["sha256"] == digest
            assert answer["id"] not in self.answers, "an id was given twice"
            assert answer["sequence"] not in self._sequences, "a sequence was given twice"
            self._sequences.add(answer["sequence"])
            self.answers[answer["id"]] = (answer["sequence"], digest)


class DocumentLoad(InboxLoad):
    def __init__(self, address, acknowledged):
        self._acknowledged = acknowledged
        super().__init__(address, clients=CLIENTS)

    def _post(self, connection, chance):
        content = document(chance)
        self._acknowledged.sending(content)
        connection.send_pieces(request_pieces(chance, connection, content, "/in/box"))
        response = connection.receive()
        self.check_stored(response)
        self._acknowledged.acknowledge(response, content)


def records_in(folder):
    """Each file of records: its folder, the name that it had in `new`, and its records."""
    for part in FOLDERS:
        for path in (folder / part).iterdir():
            name = path.name.partition(".")[2] if part == "work" else path.name
            records = whole_records(path.read_bytes())
            assert records, f"{part}/{path.name} is not whole"
            yield part, name, records


def check(folder, acknowledged, *, may_repeat=frozenset()):
    """Every acknowledged document is there; every file is whole, was sent, and stands once, but for names in `may_repeat`."""
    places = {}  # name → folders
    found = {}  # id → (sequence, digest)
    sequences = {}  # name → those in it
    for part, name, records in records_in(folder):
        assert NAME.fullmatch(name)[2] == "jseq" or [record["id"] for record in records] == [NAME.fullmatch(name)[1]], name
        for record in records:
            assert record["name"] == f"new/{name}"
            assert record["sha256"] in acknowledged.sent, f"nobody has sent what is in {part}/{name}"
            assert found.setdefault(record["id"], (record["sequence"], record["sha256"])) == (record["sequence"], record["sha256"])
        places.setdefault(name, []).append(part)
        sequences[name] = [record["sequence"] for record in records]
    lost = [answer for identifier, answer in acknowledged.answers.items() if found.get(identifier) != answer]
    assert not lost, f"{len(lost)} of {len(acknowledged.answers)} acknowledged documents are lost: {lost[:5]}"
    repeated = {name: parts for name, parts in places.items() if len(parts) > 1}
    assert repeated.keys() <= may_repeat, repeated
    in_order = [sequence for name in sorted(places) for sequence in sequences[name]]
    assert in_order == sorted(set(in_order)), "the order of the names is that of the sequence, each given once"
    return in_order


@pytest.fixture(params=["journal"])
def durability(request):
    return request.param


@pytest.fixture(params=STORES)
def start_inbox(start, scratch, request):
    """Start a server with an inbox in a folder, in each way of keeping records."""
    return lambda folder: start("--config", inbox_configuration(scratch, folder, STORES[request.param]))


def post(server, acknowledged):
    """Post once; returns the sequence of that document."""
    content = document(random.Random())
    acknowledged.sending(content)
    with server.connect() as connection:
        response = connection.ask("POST", "/in/box", fields=[JSON], content=content)
        assert response.status == 201, response
        acknowledged.acknowledge(response, content)
    return json.loads(response.content)["sequence"]


def last_sequence(server, acknowledged, folder):
    """Post once more; returns the sequence of that document, once it is in a file."""
    last = post(server, acknowledged)

    def is_in_a_file():
        with contextlib.suppress(FileNotFoundError):  # a consumer has just moved one
            return any(records[-1]["sequence"] == last for _, _, records in records_in(folder))

    eventually(is_in_a_file, "there is a file of it", every=0.1)
    return last


@pytest.mark.timeout(120 + 20 * ROUNDS)
def test_kill_under_load_of_an_inbox(start_inbox, scratch):
    """Nothing is lost, and what was taken does not come again: but for what was taken at the very moment of the kill, between
    its name and the note of it in the journal, which is one document of each client at most."""
    folder = scratch / "box"
    chance = random.Random()
    acknowledged = Acknowledged()
    server = start_inbox(folder)
    taken = set()
    for number in range(ROUNDS):
        target = len(acknowledged) + chance.randrange(5, 120)
        with Workers(folder, generation=number) as workers:
            with DocumentLoad(server.address, acknowledged):
                eventually(lambda: len(acknowledged) >= target, "documents are acknowledged")
                time.sleep(chance.random() / 50)  # any moment will do: the more different ones, the better
                server.kill()
            server = start_inbox(folder)
            after = last_sequence(server, acknowledged, folder)
        assert not workers.partial
        if knows_mounts(folder):
            assert len(workers.twice) <= CLIENTS and not workers.claimed & taken
        taken |= workers.claimed
        sequences = check(folder, acknowledged, may_repeat=taken)
        assert after == max(sequences)
    server.kill()
    assert len(acknowledged) >= 5 * ROUNDS


@pytest.fixture(params=FILE_SYSTEMS)
def disk(scratch, request):
    disk = Disk(scratch, kind=request.param)
    yield disk
    disk.close()


@pytest.fixture
def start_on_disk(start_inbox, disk):
    """Start a server whose inbox is on the disk. It is killed before the disk is unmounted."""
    servers = []

    def start_there():
        servers.append(start_inbox(disk.path / "box"))
        return servers[-1]

    yield start_there
    for server in servers:
        server.kill()


@pytest.mark.timeout(120 + 30 * CUTS)
def test_power_cut_under_load_of_an_inbox(start_on_disk, disk):
    """Nothing that was acknowledged is lost, and no consumer sees a part of a record. What was taken shortly before the cut may
    come again, under its own name."""
    folder = disk.path / "box"
    chance = random.Random()
    taken = set()
    acknowledged = Acknowledged()
    for number in range(CUTS):
        server = start_on_disk()
        target = len(acknowledged) + chance.randrange(1, 80)
        with Workers(folder, generation=number) as workers, DocumentLoad(server.address, acknowledged):
            eventually(lambda: len(acknowledged) >= target, "documents are acknowledged")
            time.sleep(chance.random() / 50)  # any moment will do
            disk.cut_power()
            time.sleep(chance.random() / 50)  # what is acknowledged with a dead disk counts as well
            server.kill()
        assert not workers.partial
        disk.power_on()
        taken |= workers.claimed
        server = start_on_disk()
        after = last_sequence(server, acknowledged, folder)
        sequences = check(folder, acknowledged, may_repeat=taken)
        assert after == max(sequences)
        server.kill()
    assert len(acknowledged) >= CUTS


def has_checkpoint(folder):
    """Whether the journal says that some document is on stable storage under its name."""
    segments = (folder / ".bobbin/journal").glob("*.segment")
    return any(re.search(rb'"kind":"checkpoint","through":[1-9]', segment.read_bytes()) for segment in segments)


def test_loss_is_detected_without_recovery(start_on_disk, disk):
    """Before a checkpoint the records are in the journal alone: the check finds that they are not in the folders."""
    folder = disk.path / "box"
    while True:
        acknowledged = Acknowledged()
        server = start_on_disk()
        for _ in range(3):
            post(server, acknowledged)
        disk.cut_power()
        server.kill()
        disk.power_on()
        if not has_checkpoint(folder):
            break
        disk.format()  # this machine was so slow that a second has passed: once more
    with pytest.raises((AssertionError, FileNotFoundError)):
        check(folder, acknowledged)
    server = start_on_disk()
    last_sequence(server, acknowledged, folder)
    check(folder, acknowledged)


@pytest.mark.parametrize("part", ["new/", "work/me.", "done/"])
@pytest.mark.parametrize("damage", ["whole", "emptied"])
def test_a_record_is_made_whole_where_its_consumer_has_moved_it(start, scratch, binary, part, damage):
    """A kill counts as a power cut in a mount namespace of the process's own. A consumer that takes up what it had claimed
    would lose a document for good if a damaged claim were left, and see it twice if the document came again in `new`."""
    if os.geteuid() != 0:
        pytest.skip("a mount namespace takes root")
    program = scratch / "in-a-namespace"
    program.write_text(f'#!/bin/sh\nexec unshare --mount --propagation slave {binary} "$@"\n')
    program.chmod(0o755)
    folder = scratch / "box"

    def start_there():
        return start("--config", inbox_configuration(scratch, folder), program=program)

    server = start_there()
    assert server.upload(b'{"a": 1}', target="/in/box").status == 201
    (name,) = os.listdir(folder / "new")
    record = (folder / "new" / name).read_bytes()
    moved = folder / (part + name)
    os.rename(folder / "new" / name, moved)
    if damage == "emptied":
        os.truncate(moved, 0)
    server.kill()

    start_there()
    assert {path.relative_to(folder): path.read_bytes() for path in folder.glob("[a-z]*/*")} == {moved.relative_to(folder): record}
    aside = [path.read_bytes() for path in (folder / ".bobbin").glob("replaced/*")]
    assert aside == ([b""] if damage == "emptied" else [])
