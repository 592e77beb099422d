"""Inboxes with a folder and a target: a process beside the server moves their records (docs/object-store.md)."""

import json
import os
import re
import signal

import pytest

from support.inboxes import check_accepted, names, post
from support.s3 import faults
from support.waiting import eventually
from test_drain import variables
from test_inboxes import configuration, folder  # noqa: F401
from test_object_inbox import processes_of

pytestmark = pytest.mark.modes("many")

TARGET = "in/box"
PREFIX = "in/box/web1/"


@pytest.fixture
def bucket(faulty_store):
    return faulty_store.new_bucket()


@pytest.fixture
def start_spool(start, configuration, faulty_store, bucket):  # noqa: F811
    """Start a server with such an inbox."""

    def start_it(*flags):
        path = configuration(target=f"s3://{bucket}/{TARGET}")
        return start("--config", path, "--node", "web1", *flags, environment=variables(faulty_store))

    return start_it


@pytest.fixture
def in_store(faulty_store, bucket):
    """The content of each record, by its name."""

    def find():
        keys = [key for key in faulty_store.objects(bucket) if not key.startswith(PREFIX + ".")]
        return {key.removeprefix(PREFIX): faulty_store.read(bucket, key) for key in keys}

    return find


def moved(folder, count):  # noqa: F811
    eventually(lambda: len(names(folder, "done")) >= count, f"{count} are moved")


def test_records_are_moved_and_the_receipt_says_what_is_promised(start_spool, folder, in_store):  # noqa: F811
    server = start_spool()
    for n in range(20):
        assert check_accepted(post(server, b"%d" % n))["durability"] == "spooled"
    moved(folder, 20)
    assert in_store() == {name: (folder / "done" / name).read_bytes() for name in names(folder, "done")}
    assert [json.loads(content)["body"] for content in in_store().values()] == list(range(20))
    server.log.wait_for(re.escape("directory, and from there to s3://"))


def test_documents_are_taken_while_the_store_is_away(start_spool, folder, in_store, faulty_store):  # noqa: F811
    faulty_store.stop_listening()
    server = start_spool("--admin", "127.0.0.1:0")
    for n in range(5):
        check_accepted(post(server, b"%d" % n))
    server.log.wait_for(re.escape("its records wait to be moved to s3://"))
    faulty_store.listen()
    moved(folder, 5)
    assert len(in_store()) == 5


def test_what_an_operator_has_to_mend_is_told(start_spool, folder, in_store, faulty_store):  # noqa: F811
    server = start_spool()
    check_accepted(post(server, b"1"))
    moved(folder, 1)
    faulty_store.fail(faults.KEY_REVOKED, count=2)
    check_accepted(post(server, b"2"))
    server.log.wait_for(re.escape("the store has answered 403 InvalidAccessKeyId"))
    moved(folder, 2)


def test_whoever_moves_records_is_started_again_and_ends_with_the_server(start_spool, folder, in_store):  # noqa: F811
    server = start_spool()
    check_accepted(post(server, b"1"))
    moved(folder, 1)
    processes = processes_of(server, "bobbin-drainer")
    assert len(processes) == 2, "it, and the one that starts it again"
    os.kill(max(processes), signal.SIGKILL)
    check_accepted(post(server, b"2"))
    moved(folder, 2)
    processes = processes_of(server, "bobbin-drainer")
    server.kill()
    eventually(lambda: not any(os.path.exists(f"/proc/{each}/comm") for each in processes), "they have ended")
    assert len(in_store()) == 2


def test_a_restart_goes_on_with_what_is_left(start_spool, folder, in_store, faulty_store):  # noqa: F811
    faulty_store.fail(faults.SLOW_DOWN, count=None)
    server = start_spool()
    for n in range(5):
        check_accepted(post(server, b"%d" % n))
    server.log.wait_for(re.escape("503 SlowDown"))
    server.stop()
    faulty_store.heal()
    start_spool()
    moved(folder, 5)
    assert len(in_store()) == 5
