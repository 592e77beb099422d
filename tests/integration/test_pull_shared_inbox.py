"""A feed over nodes that share an inbox in a bucket: `bobbin inbox pull` beside servers, all of which are killed at random."""

import collections
import json
import random
import subprocess

import pytest

from support.s3.fixtures import bucket  # noqa: F401
from support.server import clean_environment, run_to_end
from support.waiting import PATIENCE, eventually
from test_drain import variables
from test_inboxes import names
from test_nodes import balancer  # noqa: F401
from test_shared_inbox import PREFIX, Senders, leave_the_store_alone, nodes, records_of  # noqa: F401

pytestmark = pytest.mark.modes("many")


@pytest.fixture
def store(faulty_store):
    return faulty_store


class Puller:
    """The command that fetches the records. It can be killed and started again."""

    def __init__(self, binary, folder, store, bucket):  # noqa: F811
        self.folder = folder
        self._words = [binary, "inbox", "pull", folder, "--from", f"s3://{bucket}/{PREFIX}", "--gap", "2s"]
        self._environment = clean_environment() | variables(store)
        self.start()

    def start(self):
        self._process = subprocess.Popen(self._words, env=self._environment, stdin=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)  # fmt: skip

    def kill(self):
        self._process.kill()
        self._process.wait(PATIENCE)

    def to_the_end(self):
        """Until nothing is left."""
        return subprocess.run([*self._words, "--until-empty"], env=self._environment, capture_output=True, text=True,
                              timeout=PATIENCE)  # fmt: skip

    def fetched(self):
        """The records, in the order of their names."""
        return [json.loads((self.folder / "new" / name).read_text()) for name in names(self.folder)]


@pytest.fixture
def puller(binary, scratch, store, bucket):  # noqa: F811
    puller = Puller(binary, scratch / "pulled", store, bucket)
    yield puller
    puller.kill()


def test_whatever_is_killed_each_record_is_fetched_once(
    nodes, balancer, puller, binary, store, bucket, leave_the_store_alone  # noqa: F811
):
    chance = random.Random()
    with Senders(balancer) as senders:
        for _ in range(8):
            before = len(senders.acknowledged)
            eventually(lambda: len(senders.acknowledged) > before + 15, "documents are taken")  # noqa: B023
            node = chance.choice(nodes)
            node.server.kill()
            puller.kill()
            puller.start()
            node.start()
    leave_the_store_alone()
    puller.kill()
    ended = puller.to_the_end()
    assert ended.returncode == 0, ended.stderr
    fetched = puller.fetched()
    counts = collections.Counter(record["body"]["n"] for record in fetched)
    assert set(counts) == set(senders.acknowledged), "what was acknowledged is there, and nothing else"
    assert set(counts.values()) == {1}, "and nothing is there twice"
    key = lambda record: (record["epoch"], record["sequence"])  # noqa: E731
    assert sorted(fetched, key=key) == sorted(records_of(store, bucket), key=key)
    listed = run_to_end(binary, "inbox", "ls", puller.folder, "--json").stdout.splitlines()
    assert len(listed) == len(fetched) and all(json.loads(line)["whole"] for line in listed)
