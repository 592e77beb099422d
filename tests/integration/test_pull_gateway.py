"""`bobbin inbox pull` out of a real object store, the gateway of Ceph; what it does not do on demand is in test_pull.py."""

import pytest

from support.s3.client import Client
from support.waiting import PATIENCE, eventually
from test_consumers import server, start_consumer, store  # noqa: F401
from test_drain import PREFIX, drain, ended, files_of, stopped, variables  # noqa: F401
from test_inboxes import configuration, folder, names, post, start_inbox  # noqa: F401
from test_pull import STREAM, fetched, inbox, made, number, pull, put, put_numbers, tombstone  # noqa: F401
from test_pull import test_a_prefix_may_be_left_out_or_be_odd, test_wrong_credentials  # noqa: F401

pytestmark = [pytest.mark.modes("many"), pytest.mark.xdist_group("gateway")]


@pytest.fixture
def faulty_store(gateway):
    """The store out of which `pull` fetches records."""
    return gateway


@pytest.fixture
def bucket(gateway):
    return gateway.new_bucket()


def test_records_are_fetched(server, folder, drain, pull, inbox, bucket):  # noqa: F811
    store(server, 30)
    assert post(server, b'"' + b"x" * 900_000 + b'"').status == 201
    for node in ("", "/node-2"):
        assert ended(drain("--until-empty", to=f"s3://{bucket}/{PREFIX}".rstrip("/") + node)) == ""
        store(server, 10)
    ended(drain("--until-empty", to=f"s3://{bucket}/{PREFIX}node-1"))
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == files_of(folder) and len(fetched(inbox)) == 51


def test_a_stream_with_a_number_that_comes_late_and_one_that_does_not(made, put, pull, inbox, gateway, bucket):  # noqa: F811
    records = made(4)
    first, second, fourth, fifth = records.values()
    put(STREAM, {number(1): first, number(4): fourth})
    pulling = pull("--gap", "5s")
    eventually(lambda: len(fetched(inbox)) == 1, "the first has come")
    put(STREAM, {number(2): second, number(5): fifth})
    eventually(lambda: fetched(inbox) == records, "all have come")
    assert gateway.read(bucket, PREFIX + STREAM + number(3)) == tombstone(3)
    with Client(gateway.address, gateway.credentials) as late:
        assert late.put(bucket, PREFIX + STREAM + number(3), b"too late", ("If-None-Match", "*")).status == 412
    assert gateway.read(bucket, PREFIX + STREAM + number(2)) == second
    assert f"{number(3)} has been missing" in stopped(pulling)


def test_killed_again_and_again_nothing_is_lost_or_doubled(made, put, put_numbers, pull, inbox):  # noqa: F811
    expected = {}
    for place in ("", "node-1/"):
        records = made(20)
        put(place, records)
        expected |= records
    records = made(20)
    put_numbers(records, range(1, 21))
    expected |= records
    for count in (1, 10, 11, 45):
        pulling = pull()
        eventually(lambda: len(fetched(inbox)) >= count, f"{count} have come")  # noqa: B023
        pulling.kill()
        pulling.wait(PATIENCE)
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == expected


def test_the_gateway_is_killed_and_comes_back(made, put, pull, inbox, gateway):  # noqa: F811
    records, more = made(20), made(20)
    put("node-1/", records)
    pulling = pull()
    eventually(lambda: fetched(inbox) == records, "they have come")
    gateway.kill()
    assert "there is no answer" in pulling.stderr.readline()
    gateway.restart()
    put("node-2/", more)
    eventually(lambda: fetched(inbox) == records | more, "all have come")
    stopped(pulling)
