"""Sites whose files are objects of a real object store, the gateway of Ceph; what it does not do on demand is in
test_bucket_sites.py."""

import pytest

from support.waiting import eventually
from test_bucket_sites import bucket, cache, put, site, start_site  # noqa: F401
from test_bucket_sites import test_an_answer_never_mixes_two_versions, test_it_is_served_as_a_folder_is  # noqa: F401
from test_bucket_sites import test_ranges, test_tags_of_content_are_those_of_a_folder  # noqa: F401

pytestmark = [pytest.mark.modes("many"), pytest.mark.xdist_group("gateway")]


@pytest.fixture
def faulty_store(gateway):
    """The store that has the objects."""
    return gateway


def test_new_changed_and_removed_objects_are_seen(start_site, site, put, gateway, bucket):  # noqa: F811
    server = start_site(refresh="1s")
    assert server.get("/about.html").content == site["about.html"]
    put("about.html", "new")
    put("new.html", "there")
    gateway.remove(bucket, "www/empty.txt")
    eventually(lambda: server.get("/about.html").content == b"new", "the new version")
    eventually(lambda: server.get("/new.html").status == 200, "the new object")
    eventually(lambda: server.get("/empty.txt").status == 404, "the removed one")


def test_the_gateway_is_killed_and_comes_back(start_site, site, gateway):  # noqa: F811
    server = start_site("--s3-timeout", "2s")
    assert server.get("/about.html").content == site["about.html"]
    gateway.kill()
    assert server.get("/about.html").content == site["about.html"]
    assert server.get("/large.bin").status == 503
    gateway.restart()
    eventually(lambda: server.get("/large.bin").content == site["large.bin"], "it is fetched")
