"""Upgrades and reloads under mixed load, for BOBBIN_MINUTES: 2 unless set. Nobody who asks may notice anything.

Clients do as RFC 9112 §9.3.1 has it: where a connection that has served before ends before a single byte of an answer has come,
what may be asked twice is asked again on a new one. That is counted, and printed with everything else.
"""

import collections
import hashlib
import os
import random
import re
import signal
import subprocess
import time

import pytest

from support.background import Background
from support.client import Closed, Connection, Reset
from support.inboxes import JSON, record_of, toml
from support.server import run_to_end
from support.site import noise, site_files
from support.upgrades import Upgradable, place  # noqa: F401 (fixtures are used by name)
from support.waiting import PATIENCE, eventually

SITE = site_files()
RELOADED = "Configuration reloaded$"
MINUTES_OF_A_ROUND = 2
RELOADS, UPGRADES = 20, 5  # in each round, and one program that takes the place of the other
DOWNLOAD = noise(20_000_000, seed=77)
SECONDS_OF_A_DOWNLOAD = (20, 30)
PIECES_OF_A_DOWNLOAD = 200


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Kept(Connection):
    """A connection that is used again and again."""

    def wait_for_an_answer(self):
        """Until its first byte is there."""
        if not self._buffer:
            self._fill()


class Client:
    """Asks on one connection as long as it is kept, and then on the next one."""

    def __init__(self, address, count):
        self._address = address
        self._count = count
        self._connection = None
        self._was_used = False

    def ask(self, method, target, **rest):
        """May be sent twice. The final response."""
        while True:
            if self._connection is None:
                self._connection = Kept(self._address)
                self._was_used = False
            try:
                self._connection.send(self._connection.request(method, target, **rest))
                self._connection.wait_for_an_answer()
            except (Closed, Reset, BrokenPipeError, ConnectionResetError):
                if not self._was_used:
                    raise
                self._count(f"{method} sent again")
                self.close()
                continue
            response = self._connection.receive(method)
            self._was_used = True
            if not response.keeps:
                self._connection.expect_closed()
                self.close()
            return response

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Clients(Background):
    """All of them, until they are told to stop; each ends what it has begun."""

    def __init__(self, address):
        self._address = address
        self.counts = collections.Counter()
        self.documents = {}  # name of the file: digest
        self.records = {}  # id: digest
        super().__init__([self._read] * 4 + [self._download] * 3 + [self._upload] * 3 + [self._post] * 3)

    def _count(self, name):
        with self.lock:
            self.counts[name] += 1

    def _read(self):
        chance = random.Random()
        client = Client(self._address, self._count)
        while not self.stopping.wait(chance.random() / 50):
            name = chance.choice(list(SITE))
            response = client.ask("GET", f"/{name}", fields=[("X-Number", f"{chance.getrandbits(128):x}")])
            assert (response.status, response.content) == (200, SITE[name]), f"{name}: {response}"
            self._count("requests")
        client.close()

    def _download(self):
        chance = random.Random()
        while not self.stopping.is_set():
            pause = chance.uniform(*SECONDS_OF_A_DOWNLOAD) / PIECES_OF_A_DOWNLOAD
            with Connection(self._address, receive_buffer=64 * 1024) as connection:
                connection.send(connection.request("GET", "/download.bin"))
                head = connection.receive_head()
                assert head.startswith(b"HTTP/1.1 200 "), head
                received = hashlib.sha256()
                for _ in range(PIECES_OF_A_DOWNLOAD):
                    received.update(connection.receive_bytes(len(DOWNLOAD) // PIECES_OF_A_DOWNLOAD))
                    time.sleep(pause)  # a slow reader, until the end
                assert received.hexdigest() == digest(DOWNLOAD)
            self._count("downloads")

    @staticmethod
    def _document(chance):
        size = chance.choice([10, 200, 3_000, 20_000, chance.randrange(66_000, 200_000)])
        return b'{"id": "%032x", "text": "%b"}' % (chance.getrandbits(128), chance.randbytes(size // 2).hex().encode())

    def _upload(self):
        """On a connection of its own each, since nobody would know whether it was stored; now and then slowly."""
        chance = random.Random()
        while not self.stopping.wait(chance.random() / 20):
            content = self._document(chance)
            with Connection(self._address) as connection:
                request = connection.request("POST", "/upload", fields=[JSON], content=content)
                cut = chance.randrange(1, len(request))
                connection.send(request[:cut])
                if chance.random() < 0.1:
                    time.sleep(chance.random())
                connection.send(request[cut:])
                response = connection.receive()
            assert response.status == 201, response
            name = response["Location"].rpartition("/")[2]
            with self.lock:
                assert name not in self.documents, f"{name} was given twice"
                self.documents[name] = digest(content)
            self._count("documents of uploads")

    def _post(self):
        """To an inbox that recognises what is sent twice."""
        chance = random.Random()
        client = Client(self._address, self._count)
        while not self.stopping.wait(chance.random() / 20):
            content = self._document(chance)
            fields = [JSON, ("Idempotency-Key", f"{chance.getrandbits(128):x}")]
            response = client.ask("POST", "/in/box", fields=fields, content=content)
            assert response.status == 201, response
            identifier = re.search(rb'"id":"([^"]+)"', response.content)[1].decode()
            with self.lock:
                assert identifier not in self.records, f"{identifier} was given twice"
                self.records[identifier] = digest(content)
            self._count("documents of the inbox")
        client.close()


class ManyRequests:
    """Requests for one file as fast as the machine allows, by wrk, on connections that are kept. wrk connects anew where an
    answer says that a connection ends, and counts everything else as an error."""

    CONNECTIONS = 16

    def __init__(self, address):
        self._command = ["wrk", "-t1", f"-c{self.CONNECTIONS}", "-d1h", f"http://{address[0]}:{address[1]}/about.html"]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def end(self):
        """How many were answered; each with 2xx, and none was lost."""
        self._process.send_signal(signal.SIGINT)
        told, _ = self._process.communicate(timeout=PATIENCE)
        assert "Socket errors" not in told and "Non-2xx" not in told, told
        return int(re.search(r"(\d+) requests in ", told)[1])


def check_documents(server, clients):
    """Each is there, once, and as it was sent, and nothing else is."""
    found = {name: digest((server.root / "uploads" / name).read_bytes()) for name in server.uploads()}
    assert found == clients.documents


def check_records(folder, clients):
    found = collections.Counter()
    for path in (folder / "new").iterdir():
        record, body = record_of(path)
        found[record["id"]] += 1
        assert clients.records.get(record["id"]) == digest(body), record["id"]
    assert set(found) == set(clients.records) and set(found.values()) <= {1}


@pytest.mark.timeout(0)
def test_nobody_notices_an_upgrade(start_plain, root, scratch, place, binary):  # noqa: F811
    minutes = float(os.environ.get("BOBBIN_MINUTES", "2"))
    (root / "download.bin").write_bytes(DOWNLOAD)
    folder = scratch / "box"
    inbox = toml("inbox", {"name": "box", "dir": str(folder), "dedupe": ["header:Idempotency-Key"]})
    configuration = scratch / "bobbin.toml"
    configuration.write_text(
        f'root = "{root}"\nport = 0\naccess_log = false\ngrace_period = "5m"\nthreads = 4\nuploads = "on"\n' + inbox
    )
    server = start_plain("--config", configuration, root=root, program=place.path, kind=Upgradable)
    chance = random.Random()
    rounds = max(1, round(minutes / MINUTES_OF_A_ROUND))
    pause = minutes * 60 / rounds / (RELOADS + UPGRADES + 1)
    done = collections.Counter()
    with Clients(server.address) as clients, ManyRequests(server.address) as many:
        for _ in range(rounds):
            events = ["reload"] * RELOADS + ["upgrade"] * (UPGRADES - 1)
            chance.shuffle(events)
            for event in [*events, "program", "upgrade"]:
                clients.stopping.wait(chance.uniform(0, 2 * pause))
                assert not clients._raised, clients._raised
                if event == "reload":
                    server.tell(signal.SIGHUP)
                    server.log.wait_for(RELOADED, done["reload"] + 1)
                elif event == "upgrade":
                    server.upgrade()
                else:
                    inode = place.install_copy()
                done[event] += 1
            assert os.stat(f"/proc/{server.now}/exe").st_ino == inode
            before = clients.counts.copy()
            eventually(
                lambda: all(clients.counts[name] > before[name] + 20 for name in clients.counts if "document" in name),
                "the last process stores documents, too",
            )
        requests = many.end()
    assert server.wait_for_the_first() == 0
    check_documents(server, clients)
    check_records(folder, clients)
    server.stop()
    totals = [line for line in server.log.lines if "Totals: " in line]
    print()
    print(f"{dict(done)}, {dict(clients.counts)}, {requests} requests of wrk")
    print("\n".join(line[line.index("Totals: ") :] for line in totals))
    assert len(totals) == done["upgrade"] + 1
    assert all(" 5xx 0)" in line and " 0 rejected, " in line and " 0 cut;" in line for line in totals)
    for verified in (folder, root / "uploads"):
        if (verified / ".bobbin/journal").exists():
            ended = run_to_end(binary, "inbox", "verify", verified)
            assert ended.returncode == 0, ended.stdout + ended.stderr
