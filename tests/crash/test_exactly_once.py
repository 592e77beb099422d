"""`dedupe` of an inbox: clients that drop connections, send twice at once and try again until they have an answer, while the
server is killed or the power is cut. Each document is kept once, under one id, and each answer names that id."""

import contextlib
import hashlib
import json
import os
import queue
import random
import threading
import time

import pytest

from disk import FILE_SYSTEMS, Disk
from load import GONE, JSON, document, request_pieces
from records import FOLDERS, NAME, Workers, inbox_configuration, whole_record
from support.background import Background
from support.client import Connection
from support.waiting import eventually

ROUNDS = int(os.environ.get("BOBBIN_CRASH_ROUNDS", "6"))
CLIENTS = 6
MOST = 300  # new documents in a round


class Ledger:
    """Documents that are to be stored, each with a key of its own, and what has been answered to each. Thread: any."""

    def __init__(self):
        self._lock = threading.Lock()
        self._number = 0
        self._most = 0
        self.open = queue.SimpleQueue()  # sent, perhaps, but not answered
        self.contents = {}  # key → content
        self.answers = {}  # key → (id, sequence)

    def begin_round(self):
        self._most = self._number + MOST

    def next(self, chance):
        """The key of a document that nobody has been told to be stored: a new one, or one that is tried again. After MOST new
        ones one of all: the disk is small, however fast it is."""
        if chance.random() < 0.5:
            with contextlib.suppress(queue.Empty):
                return self.open.get_nowait()
        with self._lock:
            if self._number == self._most:
                return chance.choice(list(self.contents))
            self._number += 1
            key = f"k{self._number}"
            self.contents[key] = document(chance)
            return key

    def answered(self, key, response):
        assert response.status == 201, response
        answer = json.loads(response.content)
        known = (answer["id"], answer["sequence"])
        with self._lock:
            assert self.answers.setdefault(key, known) == known, "two answers to one key"


class RetryingClients(Background):
    def __init__(self, address, ledger):
        self._address = address
        self._ledger = ledger
        super().__init__([self._until_gone] * CLIENTS)

    def _until_gone(self):
        chance = random.Random()
        while not self.stopping.is_set():
            key = self._ledger.next(chance)
            try:
                self._send(key, chance)
            except GONE:
                self._ledger.open.put(key)
                return

    def _send(self, key, chance):
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(Connection(self._address)) for _ in range(chance.choice([1, 1, 1, 2]))]
            drops = chance.random() < 0.3
            for connection in connections:
                pieces = request_pieces(
                    chance, connection, self._ledger.contents[key], "/in/box", fields=[JSON, ("Idempotency-Key", key)]
                )
                if drops:
                    pieces = pieces[: chance.randrange(len(pieces) + 1)]
                connection.send_pieces(pieces)
            if drops:
                self._ledger.open.put(key)
                return
            for connection in connections:
                response = connection.receive()
                if response.status >= 500:  # the disk is gone, or something takes long
                    self._ledger.open.put(key)
                    return
                self._ledger.answered(key, response)


def start_inbox(start, folder, scratch):
    return start("--config", inbox_configuration(scratch, folder, 'dedupe = ["header:Idempotency-Key"]\n'))


def check(folder, server, ledger, *, may_repeat):
    """Every key is sent once more. Then each document is kept under one id, and where that was answered, under that one."""
    with server.connect() as connection:
        for key, content in ledger.contents.items():
            ledger.answered(key, connection.ask("POST", "/in/box", fields=[JSON, ("Idempotency-Key", key)], content=content))
    found = {}  # digest of the content → {id: names}
    for part in FOLDERS:
        for path in (folder / part).iterdir():
            record = whole_record(path.read_bytes())
            assert record, f"{part}/{path.name} is not whole"
            name = path.name.partition(".")[2] if part == "work" else path.name
            assert NAME.fullmatch(name)[1] == record["id"]
            names = found.setdefault(record["sha256"], {}).setdefault(record["id"], [])
            names.append(name)
            assert len(names) == 1 or name in may_repeat, names
    expected = {hashlib.sha256(content).hexdigest(): {ledger.answers[key][0]} for key, content in ledger.contents.items()}
    assert {digest: set(ids) for digest, ids in found.items()} == expected


@pytest.fixture(params=["kill", *FILE_SYSTEMS])
def disk(scratch, request):
    """One to cut the power of; nothing where the server is only killed."""
    if request.param == "kill":
        yield None
        return
    disk = Disk(scratch, kind=request.param)
    yield disk
    disk.close(lazily=True)


@pytest.mark.timeout(120 + 40 * ROUNDS)
def test_each_document_is_kept_once(start, scratch, disk):
    folder = (disk.path if disk else scratch) / "box"
    chance = random.Random()
    ledger = Ledger()
    taken = set()
    for number in range(ROUNDS):
        server = start_inbox(start, folder, scratch)
        target = len(ledger.answers) + chance.randrange(5, 60)
        ledger.begin_round()
        with Workers(folder, generation=number) as workers, RetryingClients(server.address, ledger):
            eventually(lambda: len(ledger.answers) >= target, "documents are acknowledged")
            if chance.random() < 0.5:
                time.sleep(1.2 * chance.random())  # perhaps behind a checkpoint
            if disk:
                disk.cut_power()
            time.sleep(chance.random() / 50)
            server.kill()
        assert not workers.partial
        taken |= workers.claimed
        if disk:
            disk.power_on()
    server = start_inbox(start, folder, scratch)
    check(folder, server, ledger, may_repeat=taken)
    server.kill()
    assert len(ledger.contents) >= 5 * ROUNDS


def test_the_check_notices_a_server_that_forgets_keys(start, scratch):
    """Without the files of keys and the journal, the same documents are stored under other ids."""
    folder = scratch / "box"
    ledger = Ledger()
    server = start_inbox(start, folder, scratch)
    chance = random.Random()
    ledger.begin_round()
    with server.connect() as connection:
        for _ in range(3):
            key = ledger.next(chance)
            fields = [JSON, ("Idempotency-Key", key)]
            ledger.answered(key, connection.ask("POST", "/in/box", fields=fields, content=ledger.contents[key]))
    server.stop()
    for part in ("journal", "keys"):
        for path in (folder / ".bobbin" / part).iterdir():
            path.unlink()
    server = start_inbox(start, folder, scratch)
    with pytest.raises(AssertionError):
        check(folder, server, ledger, may_repeat=set())


@pytest.mark.parametrize("kind", FILE_SYSTEMS)
def test_a_segment_of_the_journal_takes_no_more_of_the_disk_than_its_size(start, scratch, kind):
    """XFS reserves as much again for a file that grows, until it is closed."""
    disk = Disk(scratch, kind=kind)
    server = start_inbox(start, disk.path / "box", scratch)
    try:
        with server.connect() as connection:
            assert connection.ask("POST", "/in/box", fields=[JSON], content=b"{}").status == 201
        for segment in (disk.path / "box/.bobbin/journal").iterdir():
            status = segment.stat()
            assert 0 < status.st_blocks * 512 <= status.st_size + 64 * 1024
    finally:
        server.stop()
        disk.close()
