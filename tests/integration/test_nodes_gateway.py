"""Two servers whose inboxes drain into a real object store, the gateway of Ceph, which is killed, too."""

import pytest

from support.s3.killer import killed_again_and_again
from test_nodes import balancer, bucket, nodes, test_whatever_is_killed_each_document_is_in_the_bucket_once  # noqa: F401

pytestmark = [pytest.mark.modes("many"), pytest.mark.xdist_group("gateway")]


@pytest.fixture
def store(gateway):
    return gateway


@pytest.fixture(autouse=True)
def killer(gateway, bucket, nodes):  # noqa: F811
    """Kills the gateway until the test drains what is left."""
    with killed_again_and_again(gateway) as killer:
        drain = nodes[0].drain

        def drain_undisturbed():
            killer.stop()
            return drain()

        nodes[0].drain = drain_undisturbed
        yield
