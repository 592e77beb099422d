"""Inboxes with a target in a real object store, the gateway of Ceph; what that does not do on demand is in test_object_inbox.py."""

import pytest

from support.inboxes import check_accepted, check_problem, post
from support.waiting import eventually
from test_object_inbox import KEY, bodies, configuration, in_store, start_inbox  # noqa: F401
from test_object_inbox import test_a_key_is_stored_once_on_all_nodes, test_a_large_document_is_one_object  # noqa: F401
from test_object_inbox import test_a_record_is_in_the_bucket_when_its_document_is_acknowledged  # noqa: F401

pytestmark = [pytest.mark.modes("many"), pytest.mark.xdist_group("gateway")]


@pytest.fixture
def faulty_store(gateway):
    """The store that has the records."""
    return gateway


@pytest.fixture
def bucket(gateway):
    return gateway.new_bucket()


def test_what_was_acknowledged_is_there_when_the_disk_daemon_is_killed(start_inbox, in_store, gateway):  # noqa: F811
    server = start_inbox("--s3-timeout", "2s", "--commit-timeout", "5s", dedupe=["header:" + KEY])
    for n in range(20):
        check_accepted(post(server, b"%d" % n, fields=[(KEY, str(n))]))
    gateway.kill_osd()
    check_problem(post(server, b"20", fields=[(KEY, "20")]), 503)
    gateway.restart_osd()
    eventually(lambda: post(server, b"20", fields=[(KEY, "20")]).status == 201, "it is taken when it comes again")
    assert sorted(bodies(in_store())) == list(range(21))


def test_a_suspended_user_and_back(start_inbox, in_store, gateway):  # noqa: F811
    server = start_inbox("--health", "on")
    check_accepted(post(server, b"1"))
    gateway.suspend(gateway.credentials)
    try:
        eventually(lambda: post(server, b"2").status == 503, "it is refused")
        eventually(lambda: server.ask("GET", "/readyz").status == 503, "it is not ready")
    finally:
        gateway.enable(gateway.credentials)
    eventually(lambda: post(server, b"3").status == 201, "it is taken again")
    assert {1, 3} <= set(bodies(in_store()))
