"""Two servers that share an inbox in a real object store, the gateway of Ceph, which is killed, too."""

import pytest

from support.s3.killer import killed_again_and_again
from test_nodes import balancer  # noqa: F401
from test_shared_inbox import bucket, nodes, test_whatever_is_killed_each_key_is_in_the_bucket_once  # noqa: F401

pytestmark = [pytest.mark.modes("many"), pytest.mark.xdist_group("gateway")]


@pytest.fixture
def store(gateway):
    return gateway


@pytest.fixture
def leave_the_store_alone(gateway):
    with killed_again_and_again(gateway) as killer:
        yield killer.stop
