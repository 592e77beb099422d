"""Sites whose files are the objects of a bucket (docs/object-store.md, "A site from a bucket")."""

import contextlib
import gzip
import hashlib
import os
import random
import re
import shutil
import signal
import stat

import pytest

from support.client import Closed, Reset
from support.inboxes import toml
from support.s3 import faults
from support.s3.faulty import FaultyStore
from support.server import run_to_end
from support.upgrades import Upgradable
from support.waiting import eventually, in_parallel
from test_drain import variables
from test_monitoring import Admin
from test_object_inbox import processes_of

pytestmark = pytest.mark.modes("many")

PREFIX = "www/"
SOON = "100ms"  # between two lists
NEVER = "24h"


@pytest.fixture
def bucket(faulty_store):
    return faulty_store.new_bucket()


@pytest.fixture
def put(faulty_store, bucket):
    """Store an object of the site, as whoever publishes it does."""

    def put_it(name, content):
        faulty_store.put(bucket, PREFIX + name, content if isinstance(content, bytes) else content.encode())

    return put_it


@pytest.fixture
def site(put):
    """What the site has at first, by name."""
    content = {
        "index.html": b"<h1>home</h1>",
        "about.html": b"<h1>about</h1>",
        "docs/index.html": b"<h1>docs</h1>",
        "docs/a b.txt": b"a blank",
        "\u00fc.txt": b"umlaut",
        "empty.txt": b"",
        "large.bin": random.Random(1).randbytes(3_000_000),
    }
    for name, each in content.items():
        put(name, each)
    return content


@pytest.fixture
def cache(scratch):
    return scratch / "cache"


@pytest.fixture
def start_site(start_plain, mode, faulty_store, bucket, cache):
    """Start a server whose root is the bucket; `listed`: wait until it serves it."""

    def start_it(*flags, listed=True, location=None, environment=None, refresh=NEVER, kind=mode.server):
        location = location or f"s3://{bucket}/{PREFIX}"
        server = start_plain("--port", "0", "--root", location, "--s3-cache", cache, "--s3-refresh", refresh,
                             "--admin", "127.0.0.1:0", *mode.flags, *flags, root=cache, kind=kind, environment=environment or variables(faulty_store))  # fmt: skip
        if listed:
            server.log.wait_for("is served as it is: it was listed")
            eventually(lambda: server.get("/none-of-this-name").status == 404, "its names are known")
        return server

    return start_it


@pytest.fixture
def fetches(faulty_store):
    """How often the content of an object was asked for, of all by default."""

    def count(name="*"):
        return len(faulty_store.requests_of(method="GET", key=PREFIX + name, when=lambda request: request.get("If-Match")))

    return count


def metric(server, name, **labels):
    """The value of the only series of this name that has these labels."""
    found = [
        value for (each, own), value in Admin(server).metrics().items() if each == name and labels.items() <= dict(own).items()
    ]
    assert len(found) == 1, found
    return found[0]


def open_files(server):
    """Where the descriptors of the server lead, and whether they are for reading, for writing, or both."""
    found = []
    for number in os.listdir(f"/proc/{server.process.pid}/fd"):
        try:
            place = os.readlink(f"/proc/{server.process.pid}/fd/{number}")
            with open(f"/proc/{server.process.pid}/fdinfo/{number}") as file:
                flags = re.search(r"flags:\s+(\d+)", file.read())[1]
        except OSError:  # it has been closed meanwhile
            continue
        found.append((place, int(flags, 8) & os.O_ACCMODE))
    return found


def lists(faulty_store):
    return faulty_store.requests_of(method="GET", when=lambda request: request.asked("list-type") == "2")


def wait_for_a_list(faulty_store):
    """Until one has been answered that was asked for from now on, and is seen."""
    before = len(lists(faulty_store))
    eventually(lambda: len(lists(faulty_store)) >= before + 2, "it was listed again")


# What is served


def test_it_is_served_as_a_folder_is(start_site, site):
    server = start_site()
    assert server.get("/").content == site["index.html"]
    assert server.get("/about.html").content == site["about.html"]
    assert server.get("/docs/").content == site["docs/index.html"]
    assert server.get("/docs/a%20b.txt").content == site["docs/a b.txt"]
    assert server.get("/%C3%BC.txt").content == site["\u00fc.txt"]
    assert server.get("/empty.txt").content == b""
    assert server.get("/large.bin").content == site["large.bin"]
    assert server.get("/none").status == 404
    assert server.get("/docs").status == 308
    assert server.get("/..%2findex.html").status == 403


def test_an_object_is_fetched_once_and_others_are_not(start_site, site, fetches):
    server = start_site()
    assert fetches() == 0, "names need no content"
    for _ in range(3):
        assert server.get("/large.bin").content == site["large.bin"]
    assert (fetches("large.bin"), fetches()) == (1, 1)


def test_head_404_and_304_fetch_nothing(start_site, site, fetches):
    server = start_site()
    head = server.ask("HEAD", "/large.bin")
    assert (head.status, head["Content-Length"]) == (200, str(len(site["large.bin"])))
    assert server.get("/large.bin", fields=[("If-None-Match", head["ETag"])]).status == 304
    assert server.get("/none").status == 404
    assert fetches() == 0
    assert server.get("/large.bin")["ETag"] == head["ETag"]


def test_ranges(start_site, site):
    server = start_site()
    large = site["large.bin"]
    for first, last in [(0, 99), (2_000_000, 2_000_099), (2_999_990, 2_999_999)]:
        part = server.get("/large.bin", fields=[("Range", f"bytes={first}-{last}")])
        assert (part.status, part.content) == (206, large[first : last + 1])
        assert part["Content-Range"] == f"bytes {first}-{last}/{len(large)}"
    assert server.get("/large.bin", fields=[("Range", "bytes=3000000-")]).status == 416


def test_two_servers_agree_on_entity_tags_and_a_restart_keeps_them(start_site, site, cache, fetches):
    first = start_site()
    tag = first.get("/about.html")["ETag"]
    assert tag.startswith('"'), "it is strong"
    first.stop()
    again = start_site()
    assert again.get("/about.html", fields=[("If-None-Match", tag)]).status == 304
    assert again.get("/about.html").content == site["about.html"]
    assert fetches() == 1, "the cache has outlived the restart"
    again.stop()
    shutil.rmtree(cache)
    assert start_site().get("/about.html", fields=[("If-None-Match", tag)]).status == 304


def test_tags_of_content_are_those_of_a_folder(start_site, start, site, scratch):
    folder = scratch / "folder"
    folder.mkdir()
    (folder / "about.html").write_bytes(site["about.html"])
    of_folder = start("--etag", "content", root=folder)
    eventually(lambda: of_folder.get("/about.html")["ETag"].startswith('"'), "its tag is strong")
    of_bucket = start_site("--etag", "content")
    assert of_bucket.get("/about.html")["ETag"] == of_folder.get("/about.html")["ETag"]


def test_listing_shows_sizes_and_folders(start_site, site, fetches):
    server = start_site("--listing", "on", "--index", "none.html")
    listed = server.get("/", fields=[("Accept", "application/json")])
    assert listed.status == 200
    text = listed.content.decode()
    for name in ("about.html", "docs", "large.bin"):
        assert name in text
    assert str(len(site["large.bin"])) in text
    assert fetches() == 0


def test_precompressed_siblings_are_served(start_site, put, fetches):
    text = b"body { color: red }\n" * 100
    put("a.css", text)
    put("a.css.gz", gzip.compress(text))
    server = start_site("--compress", "prepared")
    coded = server.get("/a.css", fields=[("Accept-Encoding", "gzip")])
    assert coded["Content-Encoding"] == "gzip" and gzip.decompress(coded.content) == text
    assert (fetches("a.css.gz"), fetches("a.css")) == (1, 0)
    assert server.get("/a.css").content == text


def test_compression_of_what_was_fetched(start_site, put):
    text = b"body { color: red }\n" * 1000
    put("a.css", text)
    server = start_site("--compress", "on")
    coded = server.get("/a.css", fields=[("Accept-Encoding", "gzip")])
    assert coded["Content-Encoding"] == "gzip" and gzip.decompress(coded.content) == text


def test_clean_urls_spa_and_hidden_names(start_site, put, site):
    put(".secret", b"hidden")
    put(".well-known/security.txt", b"well known")
    server = start_site("--clean-urls", "on", "--spa", "index.html")
    assert server.get("/about").content == site["about.html"]
    assert server.get("/.secret").status == 404
    assert server.get("/.well-known/security.txt").content == b"well known"
    shown = server.get("/app/route", fields=[("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")])
    assert (shown.status, shown.content) == (200, site["index.html"])


def test_checksums_are_those_of_the_content(start_site, site):
    server = start_site("--checksums", "on")
    digest = hashlib.sha256(site["large.bin"]).hexdigest()
    assert server.get("/large.bin.sha256").content.decode().split() == [digest, "large.bin"]


def test_an_error_page_of_the_bucket_is_used_once_it_is_there(start_site, site, put):
    put("404.html", b"<h1>nothing of this name</h1>")
    server = start_site("--error-page", "404=404.html")
    eventually(lambda: b"nothing of this name" in server.get("/none").content, "the page is in use")
    assert server.get("/none").status == 404


def test_a_mount_and_a_site_of_their_own(start_plain, mode, faulty_store, bucket, put, site, cache, root, scratch):
    other = faulty_store.new_bucket()
    faulty_store.put(other, "a.txt", b"of the other bucket")
    configuration = scratch / "bobbin.toml"
    configuration.write_text(
        f's3_cache = "{cache}"\n'
        + toml("mount", {"path": "/files", "root": f"s3://{bucket}/{PREFIX}docs"})
        + toml("site", {"names": ["other.test"], "root": f"s3://{other}"})
    )
    server = start_plain("--port", "0", "--root", root, "--config", configuration, *mode.flags, root=root,
                         environment=variables(faulty_store))  # fmt: skip
    server.log.wait_for("is served as it is", count=2)
    assert server.get("/about.html").status == 200, "of the folder"
    eventually(lambda: server.get("/files/a%20b.txt").content == site["docs/a b.txt"], "of the mount")
    eventually(lambda: server.ask("GET", "/a.txt", host="other.test").content == b"of the other bucket", "of the site")


def test_many_clients_make_one_fetch(start_site, site, faulty_store, fetches):
    server = start_site()
    stall = faults.Stall()
    faulty_store.fail(stall, key=PREFIX + "large.bin")
    connections = [server.connect() for _ in range(30)]
    for connection in connections:
        connection.send(connection.request("GET", "/large.bin"))
    stall.wait_until_reached()
    assert server.get("/about.html").content == site["about.html"], "others do not wait"
    stall.release()
    for connection in connections:
        assert connection.receive().content == site["large.bin"]
    assert fetches("large.bin") == 1


def test_a_client_that_leaves_cancels_nothing(start_site, site, faulty_store, fetches):
    server = start_site()
    stall = faults.Stall()
    faulty_store.fail(stall, key=PREFIX + "large.bin")
    with server.connect() as connection:
        connection.send(connection.request("GET", "/large.bin"))
        stall.wait_until_reached()
    stall.release()
    eventually(lambda: metric(server, "bobbin_bucket_fetches_total") == 1, "it was fetched all the same")
    assert server.get("/large.bin").content == site["large.bin"]
    assert fetches() == 1


# What changes


def test_new_changed_and_removed_objects_are_seen(start_site, site, put, faulty_store, bucket):
    server = start_site(refresh=SOON)
    assert server.get("/about.html").content == site["about.html"]
    before = server.ask("HEAD", "/about.html")["ETag"]
    put("about.html", b"<h1>changed</h1>")
    put("new/page.html", b"<h1>new</h1>")
    faulty_store.remove(bucket, PREFIX + "docs/a b.txt")
    eventually(lambda: server.get("/about.html").content == b"<h1>changed</h1>", "the new content")
    assert server.ask("HEAD", "/about.html")["ETag"] != before
    assert server.get("/about.html", fields=[("If-None-Match", before)]).status == 200
    eventually(lambda: server.get("/new/page.html").content == b"<h1>new</h1>", "the new object")
    eventually(lambda: server.get("/docs/a%20b.txt").status == 404, "the removed one")


def test_an_object_that_has_changed_since_the_list_is_fetched_as_it_is(start_site, site, put, faulty_store, bucket):
    server = start_site()
    put("large.bin", b"another content")
    assert server.get("/large.bin").content == b"another content"
    faulty_store.remove(bucket, PREFIX + "about.html")
    assert server.get("/about.html").status == 404


def test_an_answer_never_mixes_two_versions(start_site, put):
    old, new = (bytes([value]) * 20_000_000 for value in (1, 2))
    put("large.bin", old)
    server = start_site(refresh=SOON)
    assert server.get("/large.bin").content == old
    with server.connect(receive_buffer=65536) as connection:
        connection.send(connection.request("GET", "/large.bin"))
        connection.receive_head()
        put("large.bin", new)
        eventually(lambda: server.get("/large.bin").content[:1] == b"\2", "others get the new version")
        assert connection.receive_bytes(len(old)) == old


# What goes wrong with the store


@pytest.mark.parametrize("fault", [faults.SLOW_DOWN, faults.INTERNAL_ERROR, faults.ACCESS_DENIED, faults.WrongETag(),
                                   faults.CutBeforePerforming()],
                         ids=["slow_down", "error", "denied", "wrong_tag", "no_answer"])  # fmt: skip
def test_nothing_wrong_is_served(start_site, site, faulty_store, fault):
    server = start_site()
    rule = faulty_store.fail(fault, count=None, key=PREFIX + "large.bin")
    refused = server.get("/large.bin")
    assert refused.status == 503 and int(refused["Retry-After"]) > 0
    server.log.wait_for("large.bin cannot be served")
    assert rule.met > 0
    assert server.ask("HEAD", "/large.bin").status == 200
    assert server.get("/about.html").content == site["about.html"]
    faulty_store.heal()
    eventually(lambda: server.get("/large.bin").status == 200, "it is fetched then")
    assert server.get("/large.bin").content == site["large.bin"]


def test_what_was_fetched_is_served_while_the_store_is_away(start_site, site, faulty_store):
    server = start_site(refresh=SOON)
    assert server.get("/about.html").content == site["about.html"]
    faulty_store.stop_listening()
    faulty_store.cut_connections()
    server.log.wait_for("cannot be listed: there is no answer")
    eventually(lambda: metric(server, "bobbin_bucket_state", state="unreachable") == 1, "its state")
    assert server.get("/about.html").content == site["about.html"]
    assert server.get("/none").status == 404
    assert server.get("/large.bin").status == 503
    assert server.ask("HEAD", "/large.bin").status == 200
    faulty_store.listen()
    server.log.wait_for("is served as it is: it was listed", count=2)
    eventually(lambda: server.get("/large.bin").content == site["large.bin"], "it is fetched then")


def test_a_store_that_is_too_slow_is_a_503(start_site, site, faulty_store):
    server = start_site("--s3-timeout", "1s")
    stall = faults.Stall()
    faulty_store.fail(stall, key=PREFIX + "large.bin")
    assert server.get("/large.bin").status == 503
    stall.release()
    eventually(lambda: server.get("/large.bin").content == site["large.bin"], "it is fetched then")


def test_before_the_first_list_everything_is_a_503(start_site, site, faulty_store):
    faulty_store.stop_listening()
    server = start_site("--health", "on", listed=False)
    for path in ("/", "/about.html", "/none"):
        refused = server.get(path)
        assert refused.status == 503 and int(refused["Retry-After"]) > 0
    not_ready = server.get("/readyz")
    assert not_ready.status == 503
    faulty_store.listen()
    eventually(lambda: server.get("/readyz").status == 200, "it is ready")
    assert server.get("/about.html").content == site["about.html"]
    assert server.get("/none").status == 404


def test_a_tree_of_an_earlier_run_is_served_at_once(start_site, site, faulty_store):
    first = start_site("--health", "on")
    assert first.get("/about.html").content == site["about.html"]
    first.stop()
    faulty_store.stop_listening()
    server = start_site("--health", "on", listed=False)
    assert server.get("/about.html").content == site["about.html"]
    assert server.get("/none").status == 404
    assert server.get("/large.bin").status == 503
    assert server.get("/readyz").status == 200


def test_a_list_that_breaks_off_removes_nothing(start_site, site, faulty_store):
    faulty_store.largest_page = 2
    server = start_site(refresh=SOON)
    later = faulty_store.fail(faults.INTERNAL_ERROR, count=None, when=lambda request: request.asked("continuation-token"))
    eventually(lambda: later.met >= 3, "lists break off")
    assert server.get("/large.bin").content == site["large.bin"]
    faulty_store.heal()
    wait_for_a_list(faulty_store)
    assert server.get("/about.html").content == site["about.html"]


# The cache


def tree_of(cache):
    (location,) = cache.iterdir()
    return location / "tree"


def is_whole(path):
    return bool(path.stat().st_mode & stat.S_ISVTX)


def whole_files(cache):
    tree = tree_of(cache)
    return {path.name for path in tree.rglob("*") if path.is_file() and is_whole(path)}


def test_placeholders_take_no_space_and_a_copy_is_never_content(start_site, site, cache, scratch):
    server = start_site()
    large = tree_of(cache) / "large.bin"
    assert (large.stat().st_size, large.stat().st_blocks) == (3_000_000, 0)
    assert server.get("/about.html").status == 200
    assert whole_files(cache) == {"about.html"}
    server.stop()
    copy = scratch / "copy"
    # Neither modes nor attributes, as many tools copy.
    shutil.copytree(cache, copy, copy_function=shutil.copyfile)
    shutil.rmtree(cache)
    copy.rename(cache)
    assert whole_files(cache) == set()
    again = start_site()
    for name in ("about.html", "large.bin"):
        assert again.get("/" + name).content == site[name]


def test_content_beyond_the_bound_goes_and_comes_back(start_site, put, cache, fetches):
    content = {f"{n}.bin": bytes([n]) * 300_000 for n in range(8)}
    for name, each in content.items():
        put(name, each)
    server = start_site("--s3-cache-size", "1M")
    for name, each in content.items():
        assert server.get("/" + name).content == each
        assert sum((tree_of(cache) / whole).stat().st_size for whole in whole_files(cache)) <= 1 << 20
    eventually(lambda: "7.bin" in whole_files(cache), "it is kept")
    assert "0.bin" not in whole_files(cache)
    assert fetches() == 8
    assert server.get("/7.bin").content == content["7.bin"]
    assert fetches() == 8
    assert server.get("/0.bin").content == content["0.bin"]
    assert fetches("0.bin") == 2
    eventually(lambda: metric(server, "bobbin_bucket_cached_bytes") <= 1 << 20, "the metric says so")


def test_an_object_that_is_larger_than_the_cache_is_a_503(start_site, site, fetches):
    server = start_site("--s3-cache-size", "1M")
    assert server.get("/large.bin").status == 503
    server.log.wait_for(re.escape("large.bin cannot be served: it has 3000000 bytes, and the whole cache may have 1048576"))
    assert fetches() == 0
    assert server.get("/about.html").content == site["about.html"]


def test_content_is_dropped_while_it_is_sent(start_site, put, cache):
    content = {f"{n}.bin": bytes([n]) * 900_000 for n in range(2)}
    for name, each in content.items():
        put(name, each)
    server = start_site("--s3-cache-size", "1M")
    assert server.get("/0.bin").content == content["0.bin"]
    eventually(lambda: whole_files(cache) == {"0.bin"}, "it is kept")
    with server.connect(receive_buffer=8192) as connection:
        connection.send(connection.request("GET", "/0.bin"))
        connection.receive_head()
        assert server.get("/1.bin").content == content["1.bin"]
        eventually(lambda: whole_files(cache) == {"1.bin"}, "the other has its place")
        assert connection.receive_bytes(900_000) == content["0.bin"]


@pytest.mark.parametrize("victim", ["agent", "server"])
def test_killed_at_any_moment_it_serves_no_wrong_bytes(start_site, put, cache, faulty_store, victim):
    chance = random.Random(7)
    content = {f"{n}.bin": chance.randbytes(400_000) for n in range(12)}
    for name, each in content.items():
        put(name, each)
    server = start_site()
    for turn in range(4):
        moment = chance.choice([faults.BEFORE_PERFORMING, faults.AFTER_PERFORMING, faults.WITHIN_ANSWER])
        stall = faults.Stall(moment=moment)
        faulty_store.fail(stall, key=PREFIX + "*")
        names = sorted(content)[turn::4]  # none of which anybody has asked for before
        connections = [server.connect() for _ in names]
        for name, connection in zip(names, connections):
            connection.send(connection.request("GET", "/" + name))
        stall.wait_until_reached()
        if victim == "agent":
            os.kill(max(processes_of(server, "bobbin-agent")), signal.SIGKILL)
            stall.release()
            for name, connection in zip(names, connections):
                # One that has begun is cut.
                with contextlib.suppress(Closed, Reset):
                    response = connection.receive()
                    assert response.status == 503 or response.content == content[name]
        else:
            agents = processes_of(server, "bobbin-agent")
            server.kill()
            stall.release()
            eventually(lambda: not any(os.path.exists(f"/proc/{agent}/comm") for agent in agents), "they have ended")
            server = start_site()
        faulty_store.heal()
        name = chance.choice(names)
        eventually(lambda: server.get("/" + name).status == 200, "it serves")
        assert server.get("/" + name).content == content[name]
    for name in content:
        eventually(lambda: server.get("/" + name).status == 200, "it serves")
        assert server.get("/" + name).content == content[name]
    for name in whole_files(cache):
        assert (tree_of(cache) / name).read_bytes() == content[name]
    eventually(lambda: not os.listdir(tree_of(cache).parent / "incoming"), "nothing is left over")


def test_names_that_no_file_can_have_are_left_out_and_told_once(start_site, site, put, faulty_store):
    for name in ("a//b", "../up", "x/../y", "folder/", "about.html/below", "n" * 256):
        put(name, b"never served")
    server = start_site(refresh=SOON)
    server.log.wait_for("6 objects are not served, since no file can have such a name")
    wait_for_a_list(faulty_store)
    assert server.log.count("are not served") == 1
    # A folder goes before a file of its name.
    assert server.get("/about.html/below").content == b"never served"
    assert server.get("/about.html").status in (308, 404)
    assert server.get("/docs/").content == site["docs/index.html"]


# The start, and reloads


@pytest.fixture
def refused(binary, faulty_store, bucket, cache):
    def run(*flags, root=None, environment=None):
        ended = run_to_end(binary, "--port", "0", "--root", root or f"s3://{bucket}/{PREFIX}", *flags,
                           environment=environment or variables(faulty_store))  # fmt: skip
        assert ended.returncode == 2, ended
        return ended.stderr

    return run


def test_what_cannot_be_is_refused_at_the_start(refused, cache, scratch):
    assert "--s3-cache" in refused()
    assert "is no location" in refused("--s3-cache", cache, root="s3://UPPER/x")
    said = refused("--s3-cache", cache, "--uploads", "on")
    assert "--uploads: on is not possible below the root" in said
    (scratch / "file").write_text("")
    assert "--s3-cache:" in refused("--s3-cache", scratch / "file")
    assert not cache.exists()
    (scratch / "bobbin.toml").write_text(toml("mount", {"path": "/files", "root": str(scratch)}))
    assert "lie in each other" in refused("--s3-cache", cache, "--config", scratch / "bobbin.toml")


def test_uploads_go_where_they_are_told(start_site, site, folder):
    server = start_site("--upload-dir", folder)
    assert server.upload(b'{"a": 1}').status == 201
    assert [name for name in os.listdir(folder) if name.endswith(".json")]


def test_without_an_upload_folder_none_are_taken(start_site, site, put):
    put("uploads/a.txt", b"of the bucket")
    server = start_site()
    assert server.upload(b"{}").status in (404, 405)
    assert server.get("/uploads/a.txt").content == b"of the bucket"


def test_a_reload_cannot_add_a_bucket_and_says_so(start_plain, mode, root, faulty_store, bucket, site, scratch, cache):
    configuration = scratch / "bobbin.toml"
    configuration.write_text(f's3_cache = "{cache}"\n')
    server = start_plain("--port", "0", "--root", root, "--config", configuration, *mode.flags, root=root,
                         environment=variables(faulty_store))  # fmt: skip
    configuration.write_text(configuration.read_text() + toml("mount", {"path": "/b", "root": f"s3://{bucket}/{PREFIX}"}))
    server.signal(signal.SIGHUP)
    server.log.wait_for("cannot be added by a reload")
    assert server.get("/about.html").status == 200


def test_a_reload_keeps_what_was_fetched(start_site, site, fetches):
    server = start_site("--header", "X-A: 1")
    assert server.get("/about.html").content == site["about.html"]
    server.signal(signal.SIGHUP)
    server.log.wait_for("onfiguration reloaded|configuration has been|Reload")
    assert server.get("/about.html").content == site["about.html"]
    assert fetches() == 1


def test_an_upgrade_keeps_what_was_fetched_and_adds_buckets(start_site, site, put, faulty_store, bucket, fetches, scratch):
    other = faulty_store.new_bucket()
    faulty_store.put(other, "a.txt", b"of the other bucket")
    configuration = scratch / "bobbin.toml"
    configuration.write_text("")
    server = start_site("--config", configuration, refresh=SOON, kind=Upgradable)
    assert server.get("/about.html").content == site["about.html"]
    configuration.write_text(toml("mount", {"path": "/other", "root": f"s3://{other}"}))
    server.upgrade()
    assert server.get("/about.html").content == site["about.html"]
    assert fetches() == 1
    assert server.get("/large.bin").content == site["large.bin"]
    eventually(lambda: server.get("/other/a.txt").content == b"of the other bucket", "of the new mount")
    server.wait_for_the_first()
    put("new.txt", b"later")
    eventually(lambda: server.get("/new.txt").content == b"later", "the new process lists the bucket")


def test_check_needs_no_store(binary, faulty_store, bucket, cache):
    ended = run_to_end(binary, "--check-config", "--root", f"s3://{bucket}/{PREFIX}", "--s3-cache", cache)
    assert ended.returncode == 0, ended
    assert faulty_store.requests == []


def test_the_server_may_only_read_the_cache(start_site, site, cache, sanitized):
    if sanitized:
        pytest.skip("the sanitizers look at their own process in ways that the sandbox does not allow")
    server = start_site("--sandbox", "auto")
    (line,) = server.log.wait_for("Sandbox: (.*)")
    if "files" not in line[1]:
        pytest.skip("this kernel confines no files")
    # What the agent may do shows in what it has done; the descriptors of the server are for reading.
    assert server.get("/large.bin").content == site["large.bin"]
    modes = [mode for place, mode in open_files(server) if place.startswith(str(cache))]
    assert set(modes) == {os.O_RDONLY}


def test_a_key_that_may_not_list_is_told(start_site, site, faulty_store):
    faulty_store.fail(faults.ACCESS_DENIED, count=None)
    server = start_site(listed=False)
    server.log.wait_for("cannot be listed: the store has answered 403 AccessDenied; requests are answered 503 until it can")
    assert server.get("/about.html").status == 503


def test_over_a_real_connection_of_tls(start_site, scratch):
    import ssl

    from support.certificates import make_certificate

    made = make_certificate(scratch, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with FaultyStore(context=context) as store:
        bucket = store.new_bucket()
        store.put(bucket, "a.txt", b"over TLS")
        flags = ("--s3-ca-file", made.certificate, "--s3-endpoint", f"https://localhost:{store.address[1]}")
        server = start_site(*flags, environment=variables(store), location=f"s3://{bucket}")
        assert server.get("/a.txt").content == b"over TLS"
        server.stop()


def test_requests_that_come_together_are_all_answered(start_site, put):
    content = {f"{n}.txt": b"%d" % n for n in range(60)}
    for name, each in content.items():
        put(name, each)
    server = start_site("--s3-connections", "2")
    names = sorted(content)
    answers = in_parallel(20, lambda n: [server.get("/" + name).content for name in names[n::20]])
    for n, given in enumerate(answers):
        assert given == [content[name] for name in names[n::20]]


def test_doctor_lists_the_bucket_of_a_root(binary, put, faulty_store, bucket, cache):
    def told(where=bucket, **others):
        command = ("doctor", "--port", "0", "--s3-cache", cache, "--root", f"s3://{where}/{PREFIX}")
        return run_to_end(binary, *command, environment=variables(faulty_store, **others))

    empty = told()
    assert empty.returncode == 0
    assert re.search(rf"advice +root s3://{bucket}/{PREFIX}: .* has no object there, so everything is a 404", empty.stdout), empty
    put("index.html", b"1")
    faulty_store.forget_requests()
    fine = told()
    assert re.search(rf"fine +root s3://{bucket}/{PREFIX}: the bucket can be listed, and has objects there", fine.stdout), fine
    assert [request.method for request in faulty_store.requests] == ["GET"] and len(lists(faulty_store)) == 1, "one page"
    wrong = told(AWS_SECRET_ACCESS_KEY="wrong")
    assert wrong.returncode == 1
    assert re.search("problem +root s3://.*: the bucket cannot be listed: .* 403 SignatureDoesNotMatch", wrong.stdout)
    assert "404 NoSuchBucket" in told("nowhere").stdout


def test_doctor_lists_the_buckets_of_mounts(binary, faulty_store, bucket, cache, root, scratch):
    other = faulty_store.new_bucket()
    faulty_store.put(other, "a", b"1")
    path = scratch / "bobbin.toml"
    path.write_text(f's3_cache = "{cache}"\nroot = "{root}"\n[[mount]]\npath = "/a"\nroot = "s3://{bucket}"\n'
                    f'[[mount]]\npath = "/b"\nroot = "s3://{other}"\n')  # fmt: skip
    told = run_to_end(binary, "doctor", "--port", "0", "--config", path, environment=variables(faulty_store)).stdout
    assert re.search(f"advice +root s3://{bucket}/: ", told) and re.search(f"fine +root s3://{other}/: ", told), told
