"""Bundles under load: lines that came in one request, which a kill or a power cut must not take apart. Of every bundle all
records are there, or none; and all of one that was acknowledged.
"""

import contextlib
import json
import os
import random
import re
import threading
import time

import pytest

from disk import FILE_SYSTEMS, Disk
from load import InboxLoad
from records import FOLDERS, STORES, Workers, inbox_configuration, whole_records
from support.waiting import eventually

CUTS = int(os.environ.get("BOBBIN_POWER_CUTS", "4"))
CLIENTS = 4
LINES = ("Content-Type", "application/x-ndjson")


class BundleLoad(InboxLoad):
    def __init__(self, address, acknowledged):
        self._acknowledged = acknowledged
        super().__init__(address, clients=CLIENTS)

    def _post(self, connection, chance):
        name, lines = bundle(chance)
        self.check_stored(connection.ask("POST", "/in/box", fields=[LINES], content=lines))
        self._acknowledged.add(name)


def bundle(chance):
    name, size = "%032x" % chance.getrandbits(128), chance.choice([1, 2, 5, 40])
    filling = "x" * chance.choice([0, 100, 3000])
    lines = [json.dumps({"bundle": name, "n": n, "of": size, "x": filling}) + "\n" for n in range(size)]
    return name, "".join(lines).encode()


def check(folder, acknowledged):
    """Returns how many records there are."""
    found = {}  # name of the bundle → {number of the line: (sequence, what the record says of its bundle)}
    files = set()
    for part in FOLDERS:
        for path in (folder / part).iterdir():
            name = path.name.partition(".")[2] if part == "work" else path.name
            if name in files:
                continue  # it was published again after its consumer had taken it
            files.add(name)
            records = whole_records(path.read_bytes())
            assert records, f"{part}/{path.name} is not whole"
            for record in records:
                body = record["body"]
                lines = found.setdefault(body["bundle"], {})
                assert body["n"] not in lines, "a line is there twice"
                lines[body["n"]] = (record["sequence"], record.get("bundle", 0), record.get("bundled", 1), body["of"])
    for name, lines in found.items():
        size = next(iter(lines.values()))[3]
        assert sorted(lines) == list(range(size)), f"of {size} lines there are {sorted(lines)}"
        first = lines[0][0]
        expected = (first, size) if size > 1 else (0, 1)
        assert all(line[0] == first + n and line[1:3] == expected for n, line in lines.items()), lines
    lost = acknowledged - found.keys()
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged bundles are lost"
    return sum(len(lines) for lines in found.values())


class Acknowledged(set):
    """Thread: any."""

    def __init__(self):
        super().__init__()
        self._lock = threading.Lock()

    def add(self, name):
        with self._lock:
            super().add(name)


@pytest.fixture(params=STORES)
def start_inbox(start, scratch, request):
    """Start a server with an inbox in a folder, in each way of keeping records."""
    keys = 'accept = ["ndjson"]\n' + STORES[request.param]
    return lambda folder: start("--config", inbox_configuration(scratch, folder, keys))


@pytest.fixture(params=FILE_SYSTEMS)
def disk(scratch, request):
    disk = Disk(scratch, kind=request.param)
    yield disk
    disk.close()


def wait_for_files(server, folder, acknowledged):
    """Posts once more, and waits until that is in a file."""
    name, lines = bundle(random.Random())
    with server.connect() as connection:
        response = connection.ask("POST", "/in/box", fields=[LINES], content=lines)
        assert response.status == 201, response
    acknowledged.add(name)

    def is_in_a_file():
        with contextlib.suppress(FileNotFoundError):  # a consumer has just moved one
            return any(name.encode() in path.read_bytes() for part in FOLDERS for path in (folder / part).iterdir())

    eventually(is_in_a_file, "there is a file of it", every=0.1)


@pytest.mark.timeout(120 + 30 * CUTS)
def test_power_cut_under_load_of_bundles(start_inbox, disk):
    folder = disk.path / "box"
    chance = random.Random()
    acknowledged = Acknowledged()
    servers = []
    try:
        for number in range(CUTS):
            servers.append(start_inbox(folder))
            target = len(acknowledged) + chance.randrange(1, 30)
            with Workers(folder, generation=number), BundleLoad(servers[-1].address, acknowledged):
                eventually(lambda: len(acknowledged) >= target, "bundles are acknowledged")
                time.sleep(chance.random() / 50)  # any moment will do
                disk.cut_power()
                time.sleep(chance.random() / 50)
                servers[-1].kill()
            disk.power_on()
            servers.append(start_inbox(folder))
            wait_for_files(servers[-1], folder, acknowledged)
            check(folder, acknowledged)
            servers[-1].kill()
    finally:
        for server in servers:
            server.kill()
    assert len(acknowledged) >= CUTS


def test_kill_under_load_of_bundles(start_inbox, scratch):
    folder = scratch / "box"
    chance = random.Random()
    acknowledged = Acknowledged()
    for number in range(4):
        server = start_inbox(folder)
        target = len(acknowledged) + chance.randrange(5, 60)
        with Workers(folder, generation=number), BundleLoad(server.address, acknowledged):
            eventually(lambda: len(acknowledged) >= target, "bundles are acknowledged")
            time.sleep(chance.random() / 50)
            server.kill()
        server = start_inbox(folder)
        wait_for_files(server, folder, acknowledged)
        check(folder, acknowledged)
        server.kill()


def test_the_check_notices_half_a_bundle(start_inbox, scratch):
    """A line that is missing among those that came with it is found."""
    folder = scratch / "box"
    server = start_inbox(folder)
    lines = b"".join(json.dumps({"bundle": "a", "n": n, "of": 3, "x": ""}).encode() + b"\n" for n in range(3))
    with server.connect() as connection:
        assert connection.ask("POST", "/in/box", fields=[LINES], content=lines).status == 201
    server.stop()
    check(folder, acknowledged := Acknowledged())
    path = next(path for path in (folder / "new").iterdir() if b'"n": 1,' in path.read_bytes())
    text = path.read_bytes()
    if text.startswith(b"\x1e"):
        path.write_bytes(re.sub(rb'\x1e[^\x1e]*"n": 1[^\x1e]*', b"", text))
    else:
        path.unlink()
    with pytest.raises(AssertionError, match="of 3 lines"):
        check(folder, acknowledged)
