"""Two servers whose inboxes drain into a real object store, the gateway of Ceph, which is killed, too."""

import threading

import pytest

from test_nodes import balancer, bucket, nodes, test_whatever_is_killed_each_document_is_in_the_bucket_once  # noqa: F401

pytestmark = [pytest.mark.modes("many"), pytest.mark.xdist_group("gateway")]


@pytest.fixture
def store(gateway):
    return gateway


@pytest.fixture(autouse=True)
def killer(gateway, bucket, nodes):  # noqa: F811
    """Kills the gateway again and again, until the test looks into the bucket."""
    stopping = threading.Event()
    kills = []

    def kill_again_and_again():
        while not stopping.wait(1):
            gateway.kill()
            gateway.restart()
            kills.append(True)

    thread = threading.Thread(target=kill_again_and_again)
    thread.start()
    drain = nodes[0].drain

    def drain_undisturbed():
        stopping.set()
        thread.join()
        assert kills
        return drain()

    nodes[0].drain = drain_undisturbed
    yield
    stopping.set()
    thread.join()
