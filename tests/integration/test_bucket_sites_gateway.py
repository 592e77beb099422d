"""Sites whose files are objects of a real object store, the gateway of Ceph; what it does not do on demand is in
test_bucket_sites.py."""

from dataclasses import replace

import pytest

from support.waiting import eventually
from test_bucket_sites import bucket, cache, put, site, start_site  # noqa: F401
from test_bucket_sites import test_an_answer_never_mixes_two_versions, test_it_is_served_as_a_folder_is  # noqa: F401
from test_bucket_redirects import FROM, curl, follow, large  # noqa: F401
from test_bucket_redirects import test_names_with_special_characters, test_the_store_says_what_would_be_said_here  # noqa: F401
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


def test_a_client_gets_large_objects_from_the_gateway(start_site, site, large, cache):  # noqa: F811
    server = start_site(*FROM, "--s3-redirect-expiry", "1m")
    assert curl(server, "/large.iso") == (200, large)
    assert curl(server, "/large.iso", "-r", "1000000-1000099") == (206, large[1_000_000:1_000_100])
    assert server.get("/about.html").content == site["about.html"]
    response = server.get("/large.iso")
    assert follow(response, ("If-None-Match", server.ask("HEAD", "/large.iso")["ETag"])).status == 304
    longer = [(name, value.replace("X-Amz-Expires=60", "X-Amz-Expires=61")) for name, value in response.fields]
    assert follow(replace(response, fields=longer)).status == 403
    (tree,) = cache.glob("*/tree")
    assert (tree / "large.iso").stat().st_blocks == 0, "it takes no room in the cache"
