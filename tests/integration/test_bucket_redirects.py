"""Large objects of a bucket that clients get from the store themselves (docs/object-store.md, "Large objects")."""

import base64
import gzip
import os
import random
import re
import signal
import subprocess
import urllib.parse

import pytest

from support.explained import explain
from support.inboxes import toml
from support.s3 import faults
from support.s3.client import Client
from support.s3.wire import DOMAIN
from support.server import run_to_end
from support.waiting import PATIENCE, eventually
from test_authentication import basic, passwords  # noqa: F401
from test_bucket_sites import PREFIX, bucket, cache, fetches, metric, put, site, start_site  # noqa: F401
from test_drain import variables
from test_object_inbox import processes_of

pytestmark = pytest.mark.modes("many")

FROM = ("--s3-redirect-from", "1M")
LARGE = random.Random(2).randbytes(2_000_000)


@pytest.fixture
def large(put):  # noqa: F811
    put("large.iso", LARGE)
    return LARGE


def address_in(response):
    """The URL of a redirect to the store, taken apart, and its query."""
    assert response.status == 307, response
    url = urllib.parse.urlsplit(response["Location"])
    return url, dict(urllib.parse.parse_qsl(url.query, strict_parsing=True))


def follow(response, *fields, at=None):
    """What the store answers at the address of a redirect. `at`: where it listens, if that cannot be told from the address."""
    url, _ = address_in(response)
    at = at or (url.hostname, url.port)
    host = url.netloc
    with Client(at, None, host=host) as client:
        return client.send("GET", f"{url.path}?{url.query}", [("Host", host), *fields])


def curl(server, target, *flags):
    """Follow redirects as most clients do. Returns the status of the last answer, and its content."""
    shown = subprocess.run(
        ["curl", "-sS", "-L", "--path-as-is", "-w", "%{stderr}%{http_code}", *flags, f"http://{server.host}{target}"],
        capture_output=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    return int(shown.stderr), shown.stdout


# What is redirected


def test_a_client_gets_it_from_the_store(start_site, site, large, fetches):  # noqa: F811
    server = start_site(*FROM)
    assert curl(server, "/large.iso") == (200, large)
    assert curl(server, "/large.iso", "-r", "1000000-1000099") == (206, large[1_000_000:1_000_100])
    assert fetches() == 0, "nothing is fetched by the server"
    assert server.get("/about.html").content == site["about.html"], "what is smaller is given here"
    assert fetches() == fetches("about.html") == 1


def test_the_redirect(start_site, large):
    server = start_site(*FROM)
    response = server.get("/large.iso")
    url, query = address_in(response)
    assert response.content == b""
    assert response["Cache-Control"] == "no-store"
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "900")
    assert query["X-Amz-SignedHeaders"] == "host"
    assert "X-Amz-Security-Token" not in query
    assert server.get("/large.iso", fields=[("Range", "bytes=9999999-")]).status == 307, "ranges are for the store"


def test_the_size_decides(start_site, put):  # noqa: F811
    put("at.bin", b"x" * 1_048_576)
    put("below.bin", b"x" * 1_048_575)
    server = start_site(*FROM)
    assert server.get("/at.bin").status == 307
    assert server.get("/below.bin").content == b"x" * 1_048_575


def test_off_unless_it_is_given(start_site, large):
    assert start_site().get("/large.iso").content == large


def test_an_object_may_be_larger_than_the_cache(start_site, large, fetches):  # noqa: F811
    server = start_site(*FROM, "--s3-cache-size", "1M")
    assert curl(server, "/large.iso") == (200, large)
    assert fetches() == 0


def test_what_was_fetched_before_is_redirected_too(start_site, large):
    server = start_site()
    assert server.get("/large.iso").content == large
    server.stop()
    assert start_site(*FROM).get("/large.iso").status == 307


def test_names_with_special_characters(start_site, put, faulty_store):  # noqa: F811
    names = ["a b+c=d'(1)%2F~&?#\u00fc.iso", "docs/#1;$,@:!*[x].iso", "%2e%2e.iso"]
    for name in names:
        put(name, LARGE + name.encode())
    server = start_site(*FROM)
    for name in names:
        assert curl(server, "/" + urllib.parse.quote(name)) == (200, LARGE + name.encode())
        key = address_in(server.get("/" + urllib.parse.quote(name)))[0].path
        assert urllib.parse.unquote(key).endswith("/" + PREFIX + name)


def test_of_a_mount(start_plain, mode, faulty_store, bucket, large, cache, root, scratch):  # noqa: F811
    configuration = scratch / "bobbin.toml"
    configuration.write_text(
        f's3_cache = "{cache}"\ns3_redirect_from = "1M"\n'
        + toml("mount", {"path": "/files", "root": f"s3://{bucket}/{PREFIX}"})
    )
    (root / "large.txt").write_bytes(LARGE)
    server = start_plain("--port", "0", "--root", root, "--config", configuration, *mode.flags, root=root,
                         environment=variables(faulty_store))  # fmt: skip
    server.log.wait_for("is served as it is")
    eventually(lambda: server.get("/files/large.iso").status == 307, "its names are known")
    assert curl(server, "/files/large.iso") == (200, large)
    assert server.get("/large.txt").content == LARGE, "what lies in a folder is given"


def test_without_a_bucket_it_does_nothing(start, root):
    (root / "large.txt").write_bytes(LARGE)
    assert start(*FROM, root=root).get("/large.txt").content == LARGE


# What the store says of it


def test_the_store_says_what_would_be_said_here(start_site, put, large):  # noqa: F811
    put("page.html", b"<p>" + LARGE)
    put("f\u00fcr dich.iso", LARGE)
    server = start_site(*FROM, "--download", "iso")
    for target in ("/page.html", "/large.iso", "/f%C3%BCr%20dich.iso"):
        head = server.ask("HEAD", target)
        given = follow(server.get(target))
        assert given.status == 200
        assert given.field("Content-Type") == head["Content-Type"]
        assert given.field("Content-Disposition") == head.get("Content-Disposition")
        assert given.field("ETag") == head["ETag"], "so a client may compare them"
        assert given.field("Last-Modified") == head["Last-Modified"]
        assert len(given.content) == int(head["Content-Length"])
    assert server.ask("HEAD", "/large.iso")["Content-Disposition"].startswith("attachment")


def test_a_coded_sibling(start_site, put, fetches):  # noqa: F811
    text = base64.b64encode(LARGE)
    put("table.csv", text)
    put("table.csv.gz", gzip.compress(text, 1))
    server = start_site(*FROM, "--compress", "on")
    coded = server.get("/table.csv", fields=[("Accept-Encoding", "gzip")])
    assert address_in(coded)[0].path.endswith("/table.csv.gz")
    given = follow(coded)
    assert (given.field("Content-Encoding"), gzip.decompress(given.content)) == ("gzip", text)
    assert given.field("Content-Type") == server.ask("HEAD", "/table.csv")["Content-Type"]
    # It is not coded here, for which it would have to be here.
    assert address_in(server.get("/table.csv", fields=[("Accept-Encoding", "zstd")]))[0].path.endswith("/table.csv")
    assert fetches() == 0


def test_it_is_the_object_as_it_is_when_it_is_fetched(start_site, large, put):  # noqa: F811
    response = start_site(*FROM).get("/large.iso")
    put("large.iso", b"another")
    assert follow(response).content == b"another"


# What is decided here


@pytest.mark.parametrize("etag", ["file", "content"])
def test_head_and_conditions_are_answered_here(start_site, large, faulty_store, fetches, etag):  # noqa: F811
    server = start_site(*FROM, "--etag", etag)
    head = server.ask("HEAD", "/large.iso", fields=[("Want-Repr-Digest", "sha-256=10")])
    assert (head.status, head["Content-Length"], head["Accept-Ranges"]) == (200, str(len(large)), "bytes")
    same = server.get("/large.iso", fields=[("If-None-Match", head["ETag"])])
    assert (same.status, same["ETag"]) == (304, head["ETag"])
    assert server.get("/large.iso", fields=[("If-Modified-Since", head["Last-Modified"])]).status == 304
    assert server.get("/large.iso", fields=[("If-Match", '"another"')]).status == 412
    assert server.get("/none.iso").status == 404
    assert fetches() == 0
    # The store answers a condition that holds in the same way, since the tag is its own.
    response = server.get("/large.iso", fields=[("If-Match", head["ETag"])])
    assert follow(response, ("If-Match", head["ETag"])).status == 200
    assert follow(response, ("If-None-Match", head["ETag"])).status == 304


def test_who_may_not_gets_no_address(start_site, put, large, scratch, passwords):  # noqa: F811
    put(".hidden.iso", LARGE)
    put("open/large.iso", LARGE)
    configuration = scratch / "bobbin.toml"
    configuration.write_text(toml("rule", {"path": "/open/**", "open": True}))
    server = start_site(*FROM, "--password-file", passwords, "--config", configuration, listed=False)
    server.log.wait_for("is served as it is")
    refused = server.get("/large.iso")
    assert (refused.status, refused.get("Location")) == (401, None)
    me = basic("sha512")
    eventually(lambda: server.get("/large.iso", fields=me).status == 307, "its names are known")
    assert follow(server.get("/large.iso", fields=me)).content == large
    assert server.get("/.hidden.iso", fields=me).status == 404
    assert server.get("/open/large.iso").status == 307
    assert curl(server, "/large.iso", "-u", "sha512:secret") == (200, large)


def test_what_is_kept_for_long_is_not_the_address(start_site, large, put, scratch):  # noqa: F811
    put("small.iso", b"small")
    configuration = scratch / "bobbin.toml"
    configuration.write_text(
        toml("rule", {"path": "*.iso", "cache_control": "max-age=31536000, immutable"})
        + toml("rule", {"path": "/**", "cors": ["https://page.example"]})
    )
    server = start_site(*FROM, "--config", configuration, "--cache-control", "max-age=60")
    assert server.get("/small.iso")["Cache-Control"] == "max-age=31536000, immutable"
    response = server.get("/large.iso", fields=[("Origin", "https://page.example")])
    assert response["Cache-Control"] == "no-store"
    assert response["Access-Control-Allow-Origin"] == "https://page.example"


# The address


def test_it_expires(start_site, large, faulty_store):
    response = start_site(*FROM, "--s3-redirect-expiry", "1m").get("/large.iso")
    assert address_in(response)[1]["X-Amz-Expires"] == "60"
    faulty_store.clock = 50
    assert follow(response).status == 200
    faulty_store.clock = 70
    assert follow(response).status == 403


def test_it_is_good_for_one_object_as_it_was_signed(start_site, large, put):  # noqa: F811
    put("other.iso", LARGE)
    response = start_site(*FROM).get("/large.iso")
    at = address_in(response)[0]
    for changed in (at._replace(path=at.path.replace("large", "other")), at._replace(query=at.query.replace("=900", "=901")),
                    at._replace(query=at.query + "&versionId=1")):  # fmt: skip
        with Client((at.hostname, at.port), None) as client:
            assert client.send("GET", f"{changed.path}?{changed.query}", [("Host", at.netloc)]).status == 403
            assert client.send("PUT", f"{at.path}?{at.query}", [("Host", at.netloc)], b"x").status == 403


def test_clients_may_reach_the_store_elsewhere(start_site, large, faulty_store):
    address, port = faulty_store.address
    server = start_site(*FROM, "--s3-redirect-endpoint", f"http://LocalHost:{port}/".rstrip("/"))
    response = server.get("/large.iso")
    assert address_in(response)[0].netloc == f"localhost:{port}"
    assert follow(response).content == large
    assert faulty_store.requests[0].get("Host") == f"{address}:{port}", "the server itself goes on as before"


def test_the_bucket_in_the_host(start_site, large, faulty_store, bucket):  # noqa: F811
    port = faulty_store.address[1]
    endpoint = f"http://{DOMAIN}:{port}"
    server = start_site(*FROM, "--s3-endpoint", endpoint, "--s3-addressing", "host")
    url, _ = address_in(server.get("/large.iso"))
    assert (url.netloc, url.path) == (f"{bucket}.{DOMAIN}:{port}", f"/{PREFIX}large.iso")
    assert follow(server.get("/large.iso"), at=faulty_store.address).content == large


def test_temporary_credentials(start_site, large, faulty_store):
    credentials = faulty_store.add_key("temporary", token="a/token+of=time")
    environment = variables(faulty_store) | {
        "AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret,
        "AWS_SESSION_TOKEN": credentials.token,
    }  # fmt: skip
    response = start_site(*FROM, environment=environment).get("/large.iso")
    assert address_in(response)[1]["X-Amz-Security-Token"] == credentials.token
    assert follow(response).content == large
    faulty_store.revoke(credentials)
    assert follow(response).status == 403, "it ends with them"


def credentials_file(path, credentials):
    path.write_text(f"[default]\naws_access_key_id = {credentials.access_key}\naws_secret_access_key = {credentials.secret}\n")


def test_new_credentials_are_used_from_the_next_list_on(start_site, large, faulty_store, scratch):
    file = scratch / "credentials"
    credentials_file(file, faulty_store.credentials)
    server = start_site(*FROM, "--s3-credentials-file", file, refresh="1s")
    assert follow(server.get("/large.iso")).status == 200
    following = faulty_store.add_key("following")
    credentials_file(file, following)
    faulty_store.revoke(faulty_store.credentials)

    def key():
        return address_in(server.get("/large.iso"))[1]["X-Amz-Credential"].split("/")[0]

    eventually(lambda: key() == following.access_key, "the new key signs")
    assert follow(server.get("/large.iso")).status == 200


# What goes wrong


def test_without_credentials_it_is_a_503(start_site, large, faulty_store, scratch):
    file = scratch / "credentials"
    credentials_file(file, faulty_store.credentials)
    start_site(*FROM, "--s3-credentials-file", file).stop()
    file.unlink()
    server = start_site(*FROM, "--s3-credentials-file", file, listed=False)
    refused = server.get("/large.iso")
    assert refused.status == 503 and int(refused["Retry-After"]) > 0
    assert refused.get("Location") is None
    server.log.wait_for(re.escape("large.iso cannot be redirected to the object store: there are no credentials"))
    credentials_file(file, faulty_store.credentials)
    eventually(lambda: server.get("/large.iso").status == 307, "there are credentials")
    assert follow(server.get("/large.iso")).content == large


def test_the_store_is_not_asked(start_site, large, faulty_store):
    server = start_site(*FROM)
    before = len(faulty_store.requests)
    faulty_store.fail(faults.INTERNAL_ERROR, count=None)
    assert server.get("/large.iso").status == 307
    assert len(faulty_store.requests) == before


def test_a_fetch_that_takes_long_holds_up_no_redirect(start_site, site, large, faulty_store):  # noqa: F811
    server = start_site(*FROM, "--s3-connections", "1")
    stall = faulty_store.fail(faults.Stall(), key=PREFIX + "about.html")
    with server.connect() as waiting:
        waiting.send(waiting.request("GET", "/about.html"))
        stall.fault.wait_until_reached()
        assert follow(server.get("/large.iso")).content == large
        faulty_store.heal()


def test_killed_it_is_started_again(start_site, large):
    server = start_site(*FROM)
    for _ in range(3):
        os.kill(max(processes_of(server, "bobbin-agent")), signal.SIGKILL)
        response = server.get("/large.iso")
        assert response.status in (307, 503)
        eventually(lambda: server.get("/large.iso").status == 307, "it is redirected again")
    assert follow(server.get("/large.iso")).content == large


def test_an_address_that_cannot_be_is_refused_at_the_start(binary, faulty_store, bucket, cache):  # noqa: F811
    def refused(*flags):
        ended = run_to_end(binary, "--port", "0", "--root", f"s3://{bucket}/{PREFIX}", "--s3-cache", cache, *FROM, *flags,
                           environment=variables(faulty_store))  # fmt: skip
        assert ended.returncode == 2, ended
        return ended.stderr

    assert "--s3-redirect-endpoint" in refused("--s3-redirect-endpoint", "https://store.test/path")
    assert "no bucket can stand in front of http://[::1]:9" in refused(
        "--s3-redirect-endpoint", "http://[::1]:9", "--s3-addressing", "host"
    )
    assert "--s3-redirect-expiry" in refused("--s3-redirect-expiry", "8d")
    assert "--s3-redirect-expiry" in refused("--s3-redirect-expiry", "30s")


# What is said of it


@pytest.mark.parametrize("form", ["combined", "json"])
def test_no_log_has_the_address(start_site, large, form):
    server = start_site(*FROM, "--log-format", form, "--request-id", "on")
    response = server.get("/large.iso")
    query = address_in(response)[1]
    server.log.wait_for("large.iso")
    eventually(lambda: metric(server, "bobbin_bucket_redirects_total") == 1, "it is counted")
    server.stop()
    text = "\n".join(server.log.lines)
    assert "large.iso" in text and "307" in text
    for secret in (query["X-Amz-Signature"], "X-Amz-", query["X-Amz-Credential"].partition("/")[0]):
        assert secret not in text


def test_explain_says_why(binary, faulty_store, bucket, start_site, large, cache):  # noqa: F811
    start_site(*FROM).stop()
    flags = ("--root", f"s3://{bucket}/{PREFIX}", "--s3-cache", cache, *FROM)
    decisions, status, fields = explain(binary, "/large.iso", *flags)
    assert status == 307
    (why,) = [text for about, text in decisions if about == "redirect"]
    assert "--s3-redirect-from" in why and str(len(large)) in why
    # Nothing is signed for it.
    assert dict(fields)["Location"] == f"s3://{bucket}/{PREFIX}large.iso"
    assert explain(binary, "HEAD", "/large.iso", *flags)[1] == 200
