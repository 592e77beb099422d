"""`bobbin inbox drain` into a real object store, the gateway of Ceph; what it does not do on demand is in test_drain.py."""

import pytest

from support.waiting import eventually
from test_consumers import server, start_consumer, store  # noqa: F401
from test_drain import PROBE, drain, ended, files_of, in_store, stopped, variables  # noqa: F401
from test_drain import test_an_object_that_is_there_already_is_compared  # noqa: F401
from test_inboxes import configuration, folder, names, post, records, start_inbox  # noqa: F401

pytestmark = [pytest.mark.modes("many"), pytest.mark.xdist_group("gateway")]


@pytest.fixture
def faulty_store(gateway):
    """The store into which `drain` moves records."""
    return gateway


@pytest.fixture
def bucket(gateway):
    return gateway.new_bucket()


def wait_until_done(folder, count):
    eventually(lambda: len(names(folder, "done")) >= count, f"{count} are moved")


def test_records_are_moved(server, folder, drain, gateway, bucket):
    store(server, 50)
    assert post(server, b'"' + b"x" * 900_000 + b'"').status == 201
    whole = files_of(folder, "new")
    assert ended(drain("--until-empty")) == ""
    assert in_store(gateway, bucket) == files_of(folder) == whole
    assert gateway.read(bucket, PROBE) == b"bobbin\n"


def test_killed_again_and_again_nothing_is_lost_or_doubled(server, folder, drain, gateway, bucket):
    store(server, 60)
    whole = files_of(folder, "new")
    for count in (1, 10, 11, 30):
        draining = drain()
        wait_until_done(folder, count)
        draining.kill()
        draining.wait()
    ended(drain("--until-empty"))
    assert in_store(gateway, bucket) == files_of(folder) == whole


def test_the_gateway_is_killed_and_comes_back(server, folder, drain, gateway, bucket):
    store(server, 60)
    whole = files_of(folder, "new")
    draining = drain()
    wait_until_done(folder, 10)
    gateway.kill()
    assert "there is no answer" in draining.stderr.readline()
    gateway.restart()
    wait_until_done(folder, 60)
    stopped(draining)
    assert in_store(gateway, bucket) == files_of(folder) == whole


def test_what_the_store_has_taken_outlives_its_disk_daemon(server, folder, drain, gateway, bucket):
    store(server, 60)
    whole = files_of(folder, "new")
    draining = drain("--timeout", "2s")
    wait_until_done(folder, 10)
    gateway.kill_osd()
    assert "there is no answer" in draining.stderr.readline()
    before = set(names(folder, "done"))
    gateway.restart_osd()
    wait_until_done(folder, 60)
    stopped(draining)
    assert in_store(gateway, bucket) == files_of(folder) == whole
    assert before < set(whole)


def test_a_user_who_is_suspended_and_enabled(server, folder, drain, gateway, bucket):
    store(server, 1)
    draining = drain()
    wait_until_done(folder, 1)
    gateway.suspend(gateway.credentials)
    try:
        store(server, 2, first=1)
        assert "the store has answered 403 UserSuspended" in draining.stderr.readline()
        told = ended(drain("--as", "other"), status=2)
        assert "403 UserSuspended" in told
    finally:
        gateway.enable(gateway.credentials)
    wait_until_done(folder, 3)
    stopped(draining)
    assert in_store(gateway, bucket) == files_of(folder)


def test_a_bucket_that_is_missing(server, folder, drain, gateway):
    store(server, 1)
    assert "404 NoSuchBucket" in ended(drain(to="s3://no-such-bucket/in"), status=2)
    assert len(names(folder, "new")) == 1
