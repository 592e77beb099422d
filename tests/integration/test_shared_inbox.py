"""Two servers behind HAProxy that share an inbox in a bucket: docs/object-store.md, "Several nodes"."""

import collections
import http.client
import json
import random
import socket

import pytest

from support.background import Background
from support.inboxes import toml
from support.s3.fixtures import bucket  # noqa: F401
from support.server import Server, free_port
from support.site import write_site
from support.waiting import PATIENCE, eventually
from test_drain import variables
from test_nodes import ask, balancer  # noqa: F401

pytestmark = pytest.mark.modes("many")

PREFIX = "in/box/"


class Node:
    """A server at a port of its own, without a folder for documents. It can be killed and started again."""

    def __init__(self, binary, scratch, name, environment, target):
        self.folder = scratch / name
        self.root = self.folder / "site"
        write_site(self.root)
        self.port = free_port()
        configuration = self.folder / "bobbin.toml"
        configuration.write_text(
            f'root = "{self.root}"\nport = {self.port}\nhealth = true\nnode = "{name}"\ns3_timeout = "2s"\n'
            'allow_host = ["*"]\nkeep_alive_requests = 0\n'
            + toml("inbox", {"name": "box", "target": target, "dedupe": ["header:Idempotency-Key"]})
        )
        self._binary, self._configuration, self._environment = binary, configuration, environment
        self.start()

    def start(self):
        self.server = Server(self._binary, ["--config", self._configuration], root=self.root, directory=self.folder,
                             environment=self._environment)  # fmt: skip
        self.server.wait_until_started()

    def close(self):
        self.server.kill()


@pytest.fixture
def store(faulty_store):
    return faulty_store


@pytest.fixture
def nodes(binary, scratch, store, bucket):  # noqa: F811
    started = []
    for name in ("one", "other"):
        started.append(Node(binary, scratch, name, variables(store), f"s3://{bucket}/{PREFIX}"))
    yield started
    for node in started:
        node.close()


@pytest.fixture
def leave_the_store_alone():
    """To be called before the bucket is looked at: where the store is killed, too, that ends."""
    return lambda: None


class Senders(Background):
    """Send documents to the balancer, each with a key and again and again until it is acknowledged. Some hang up without
    waiting for their answer, and some send a document once more that was acknowledged."""

    def __init__(self, address, count=6):
        self._address = address
        self._sent = 0
        self.acknowledged = {}  # what each was answered
        super().__init__([self._send] * count)

    def _send(self):
        chance = random.Random()
        while not self.stopping.is_set():
            with self.lock:
                self._sent += 1
                number = self._sent
            while not self._is_acknowledged(number, chance):
                self.stopping.wait(0.02)
            if chance.random() < 0.2:
                self._is_acknowledged(number, chance)

    def _is_acknowledged(self, number, chance):
        content = b'{"n": %d}' % number
        if chance.random() < 0.1:
            self._send_and_hang_up(number, content)
        try:
            answer = ask_whole(self._address, number, content)
        except (http.client.HTTPException, OSError):
            return False
        assert answer[0] in (201, 502, 503, 504), answer
        if answer[0] != 201:
            return False
        receipt = json.loads(answer[1])
        with self.lock:
            before = self.acknowledged.setdefault(number, receipt)
        assert receipt == before, "it is answered as the first time"
        return True

    def _send_and_hang_up(self, number, content):
        try:
            with socket.create_connection(self._address, timeout=PATIENCE) as connection:
                connection.sendall(
                    b"POST /in/box HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Idempotency-Key: %d\r\nContent-Length: %d\r\n\r\n%b" % (number, len(content), content)
                )
        except OSError:
            pass


def ask_whole(address, number, content, target="/in/box"):
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
    try:
        fields = {"Content-Type": "application/json", "Idempotency-Key": str(number)}
        connection.request("POST", target, content, fields)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def records_of(store, bucket):  # noqa: F811
    """The records in the bucket, without tombstones."""
    keys = [key for key in store.objects(bucket) if not key.startswith(PREFIX + ".")]
    records = [json.loads(store.read(bucket, key)) for key in keys]
    return [record for record in records if "closed" not in record]


def test_whatever_is_killed_each_key_is_in_the_bucket_once(
    nodes, balancer, store, bucket, leave_the_store_alone  # noqa: F811
):
    chance = random.Random()
    with Senders(balancer) as senders:
        for _ in range(8):
            before = len(senders.acknowledged)
            eventually(lambda: len(senders.acknowledged) > before + 15, "documents are taken")
            node = chance.choice(nodes)
            node.server.kill()
            node.start()
    leave_the_store_alone()
    records = records_of(store, bucket)
    counts = collections.Counter(record["body"]["n"] for record in records)
    assert set(senders.acknowledged) == set(counts), "what was acknowledged is there, and nothing else"
    assert set(counts.values()) == {1}, "and nothing is there twice"
    found = {record["body"]["n"]: (record["id"], record["sequence"]) for record in records}
    for number, receipt in senders.acknowledged.items():
        assert found[number] == (receipt["id"], receipt["sequence"])


def test_both_nodes_have_streams_of_their_own(nodes, balancer, store, bucket):  # noqa: F811
    for number in range(40):
        assert ask(balancer, "POST", "/in/box", b"%d" % number, Content_Type="application/json").status == 201
    streams = {key.split("/")[2].split(".")[0] for key in store.objects(bucket) if not key.startswith(PREFIX + ".")}
    assert streams == {"one", "other"}
