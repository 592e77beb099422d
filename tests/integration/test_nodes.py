"""Two servers behind HAProxy, whose inboxes drain into one bucket: what docs/operating.md says of several machines."""

import collections
import http.client
import json
import random
import subprocess

import pytest

from support.background import Background
from support.inboxes import toml
from support.proxies import HAPROXY, proxies
from support.s3.fixtures import bucket  # noqa: F401
from support.server import Server, free_port
from support.site import write_site
from support.waiting import PATIENCE, eventually
from test_drain import variables

pytestmark = pytest.mark.modes("many")

OPTIONS = """
    option redispatch
    option httpchk GET /readyz
    http-check send hdr Host localhost
    default-server check inter 100ms fall 1 rise 1
    balance roundrobin
"""
PREFIX = "in/box/"


class Node:
    """A server at a port of its own, its inbox, and the command that drains it. Each can be killed and started again."""

    def __init__(self, binary, scratch, name, environment, target):
        self.folder = scratch / name
        self.root = self.folder / "site"
        write_site(self.root)
        self.inbox = self.folder / "box"
        self.port = free_port()
        configuration = self.folder / "bobbin.toml"
        configuration.write_text(
            f'root = "{self.root}"\nport = {self.port}\netag = "content"\nhealth = true\n'
            f'allow_host = ["*"]\nkeep_alive_requests = 0\n' + toml("inbox", {"name": "box", "dir": str(self.inbox)})
        )
        self._binary = binary
        self._configuration = configuration
        self._drain = [binary, "inbox", "drain", self.inbox, "--to", target]
        self._environment = environment
        self.start()
        self.start_to_drain()

    def start(self):
        self.server = Server(self._binary, ["--config", self._configuration], root=self.root, directory=self.folder)
        self.server.wait_until_started()

    def start_to_drain(self):
        self.drainer = subprocess.Popen(self._drain, env=self._environment, stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)  # fmt: skip

    def drain(self):
        """Until nothing is left."""
        return subprocess.run([*self._drain, "--until-empty"], env=self._environment, capture_output=True, text=True,
                              timeout=PATIENCE)  # fmt: skip

    def kill_drainer(self):
        self.drainer.kill()
        self.drainer.wait(PATIENCE)

    def close(self):
        self.kill_drainer()
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
def balancer(nodes, scratch):
    """The address of HAProxy in front of both, which has found both ready."""
    servers = "\n    ".join(f"server node{node.port} 127.0.0.1:{node.port}" for node in nodes)
    configuration = HAPROXY.replace("{options}", OPTIONS).replace("server bobbin {server}", servers)
    with proxies(scratch) as run:
        yield "127.0.0.1", run("haproxy", configuration, ["-db", "-f"])


def ask(address, method, target, content=None, **fields):
    """One request on a connection of its own. HAProxy takes fields of connections away, so this is no client of bobbin's."""
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
    try:
        connection.request(method, target, content, {name.replace("_", "-"): value for name, value in fields.items()})
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def documents_of(store, bucket):
    """How often each document is in the bucket."""
    counts = collections.Counter()
    for key in store.objects(bucket):
        if not key.endswith(".bobbin-probe"):
            counts[json.loads(store.read(bucket, key))["body"]["n"]] += 1
    return counts


class Senders(Background):
    """Send documents to the balancer, each once, whatever becomes of it, and remember what was answered 201."""

    def __init__(self, address):
        self._address = address
        self._sent = 0
        self.acknowledged = set()
        super().__init__([self._send] * 4)

    def _send(self):
        while not self.stopping.wait(0.005):
            with self.lock:
                self._sent += 1
                number = self._sent
            try:
                answer = ask(self._address, "POST", "/in/box", b'{"n": %d}' % number, Content_Type="application/json")
            except (http.client.HTTPException, OSError):
                continue
            assert answer.status in (201, 502, 503, 504), answer.status
            if answer.status == 201:
                with self.lock:
                    self.acknowledged.add(number)


def test_whatever_is_killed_each_document_is_in_the_bucket_once(nodes, balancer, store, bucket):  # noqa: F811
    chance = random.Random()
    with Senders(balancer) as senders:
        for _ in range(8):
            before = len(senders.acknowledged)
            eventually(lambda: len(senders.acknowledged) > before + 20, "documents are taken")
            node = chance.choice(nodes)
            if chance.random() < 0.5:
                node.server.kill()
                node.start()
            else:
                node.kill_drainer()
                node.start_to_drain()
    for node in nodes:
        node.kill_drainer()
        node.server.stop()
        drained = node.drain()
        assert drained.returncode == 0, drained.stderr
    found = documents_of(store, bucket)
    assert senders.acknowledged <= set(found), "what was acknowledged is there"
    assert set(found.values()) == {1}, "and nothing is there twice"


def test_a_client_does_not_notice_which_node_it_asks(nodes, balancer):
    eventually(lambda: ask(balancer, "GET", "/about.html").status == 200, "a node is ready")
    tag = ask(balancer, "GET", "/about.html").getheader("ETag")
    asked = [node.server.log.count("GET /about.html") for node in nodes]
    again = [ask(balancer, "GET", "/about.html", If_None_Match=tag) for _ in range(6)]
    assert {(answer.status, answer.getheader("ETag")) for answer in again} == {(304, tag)}
    eventually(lambda: all(node.server.log.count("GET /about.html") > before for node, before in zip(nodes, asked)),
               "both have answered")  # fmt: skip
    nodes[0].server.stop()
    assert {ask(balancer, "GET", "/about.html", If_None_Match=tag).status for _ in range(6)} == {304}
    nodes[0].start()
