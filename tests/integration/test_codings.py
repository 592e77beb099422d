"""Content codings of files: siblings that were prepared, and what the server codes itself (RFC 9110 §8.4, §12.5.3)."""

import concurrent.futures
import gzip
import os
import random
import subprocess

import pytest

from support.server import run_to_end
from support.validators import strong_etag
from support.waiting import eventually

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

BROWSER = "gzip, deflate, br, zstd"
TEXT = "".join(f"line {number * 7919 % 1000} of the script;\n" for number in range(400)).encode()


def accepting(codings, *others):
    return [("Accept-Encoding", codings), *others]


def values(response, name):
    return [value for field, value in response.fields if field.lower() == name.lower()]


def coding(response):
    return response.get("Content-Encoding")


def unzstd(data):
    return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout


def decoded(response):
    if coding(response) == "gzip":
        return gzip.decompress(response.content)
    if coding(response) == "zstd":
        return unzstd(response.content)
    return response.content


@pytest.fixture
def site(root):
    """`app.js` in all codings. The prepared ones hold other bytes, so that one sees which was given."""
    (root / "app.js").write_bytes(TEXT)
    (root / "app.js.br").write_bytes(b"brotli of app.js")
    (root / "app.js.zst").write_bytes(b"zstd of app.js")
    (root / "app.js.gz").write_bytes(gzip.compress(b"gzip of app.js"))
    (root / "live.js").write_bytes(TEXT)
    (root / "small.js").write_bytes(b"let a;")
    (root / "large.txt").write_bytes(TEXT * 200)
    return root


@pytest.fixture
def folder(start, site):
    return start("--profile", "folder")


# --- prepared siblings ---


def test_the_profile_decides(start, site):
    plain = start().get("/app.js", fields=accepting(BROWSER))
    assert coding(plain) is None and values(plain, "Vary") == [] and plain.content == TEXT
    prepared = start("--compress", "prepared")
    assert coding(prepared.get("/app.js", fields=accepting(BROWSER))) == "br"
    assert coding(prepared.get("/live.js", fields=accepting(BROWSER))) is None


@pytest.mark.parametrize(
    "codings, wanted",
    [
        (BROWSER, "br"),
        ("gzip, zstd", "zstd"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, *", "zstd"),
        ("identity, br;q=0.9", None),
        ("deflate", None),
        ("gzip;q=2", None),
        ("", None),
    ],
)
def test_the_client_chooses(start, site, codings, wanted):
    server = start("--compress", "prepared")
    for _ in range(3):  # read, kept, and given again
        response = server.get("/app.js", fields=accepting(codings))
        assert coding(response) == wanted and values(response, "Vary") == ["Accept-Encoding"]
        assert response["Content-Type"] == "text/javascript; charset=utf-8"
        assert {"br": b"brotli of app.js", "zstd": b"zstd of app.js", None: TEXT}.get(wanted, response.content) == response.content


def test_each_representation_has_a_tag_of_its_own(start, site):
    """Conditions and ranges never mix two codings."""
    server = start("--compress", "prepared")
    plain = strong_etag(server, "/app.js")

    def brotli(*others):
        return server.get("/app.js", fields=accepting("br", *others))

    tag = eventually(lambda: None if brotli()["ETag"].startswith("W/") else brotli()["ETag"], "the sibling has a strong ETag")
    assert tag != plain and server.get("/app.js.br")["ETag"] == tag
    for _ in range(2):
        unchanged = brotli(("If-None-Match", tag))
        assert unchanged.status == 304 and values(unchanged, "Vary") == ["Accept-Encoding"] and coding(unchanged) is None
        assert brotli(("If-None-Match", plain)).status == 200
        assert server.get("/app.js", fields=[("If-None-Match", tag)]).status == 200
        assert brotli(("If-Match", plain)).status == 412
        part = brotli(("Range", "bytes=0-5"), ("If-Range", tag))
        assert (part.status, part.content, coding(part)) == (206, b"brotli", "br")
        other = brotli(("Range", "bytes=0-5"), ("If-Range", plain))
        assert (other.status, other.content, coding(other)) == (200, b"brotli of app.js", "br")
    head = server.ask("HEAD", "/app.js", fields=accepting("br"))
    assert (head["Content-Length"], coding(head), head["ETag"]) == ("16", "br", tag)


def test_a_sibling_itself_is_an_ordinary_file(start, site):
    server = start("--compress", "prepared")
    for _ in range(2):
        response = server.get("/app.js.gz", fields=accepting(BROWSER))
        assert coding(response) is None and gzip.decompress(response.content) == b"gzip of app.js"
        assert coding(server.get("/app.js", fields=accepting("gzip"))) == "gzip"


def test_a_sibling_that_is_older_is_not_given(start, site):
    server = start("--compress", "prepared")
    assert coding(server.get("/app.js", fields=accepting("br"))) == "br"
    status = os.stat(site / "app.js")
    os.utime(site / "app.js.br", ns=(status.st_atime_ns, status.st_mtime_ns - 1))
    assert coding(server.get("/app.js", fields=accepting("br"))) is None
    os.utime(site / "app.js.br", ns=(status.st_atime_ns, status.st_mtime_ns))
    eventually(lambda: coding(server.get("/app.js", fields=accepting("br"))) == "br", "the sibling counts again")
    (site / "app.js").write_bytes(b"new")
    response = server.get("/app.js", fields=accepting("br"))
    assert coding(response) is None and response.content == b"new"


def test_siblings_come_and_go(start, site):
    server = start("--compress", "prepared")
    for _ in range(3):
        assert server.get("/live.js", fields=accepting("gzip")).content == TEXT
    (site / "live.js.gz").write_bytes(gzip.compress(b"prepared"))
    eventually(lambda: coding(server.get("/live.js", fields=accepting("gzip"))) == "gzip", "the new sibling is found")
    (site / "live.js.gz").unlink()
    response = server.get("/live.js", fields=accepting("gzip"))
    assert coding(response) is None and response.content == TEXT
    (site / "app.js").unlink()
    assert server.get("/app.js", fields=accepting("br")).status == 404, "a sibling alone is nothing"


def test_a_sibling_must_be_a_file_of_the_site(start, site):
    (site / "live.js.gz").symlink_to("/etc/passwd")
    (site / "live.js.br").mkdir()
    os.mkfifo(site / "live.js.zst")
    response = start("--compress", "prepared").get("/live.js", fields=accepting(BROWSER))
    assert coding(response) is None and response.content == TEXT


# --- coded by the server ---


@pytest.mark.parametrize("codings, wanted", [(BROWSER, "zstd"), ("gzip, br", "gzip")])
def test_compressible_files_are_coded(folder, site, codings, wanted):
    responses = [folder.get("/live.js", fields=accepting(codings)) for _ in range(3)]
    for response in responses:
        assert response.status == 200 and coding(response) == wanted and decoded(response) == TEXT
        assert len(response.content) < len(TEXT) // 3 and values(response, "Vary") == ["Accept-Encoding"]
        assert response["Content-Type"] == "text/javascript; charset=utf-8" and response["Cache-Control"] == "no-cache"
        assert response.get("Accept-Ranges") is None


@pytest.mark.parametrize("name", ["live.js", "large.txt"])
@pytest.mark.parametrize(
    "codings, wanted, is_prepared", [(BROWSER, "gzip", True), ("gzip;q=0.5, zstd", "zstd", False), ("gzip;q=0, zstd", "zstd", False)]
)
def test_what_is_prepared_goes_before_what_would_be_made(folder, site, name, codings, wanted, is_prepared):
    (site / f"{name}.gz").write_bytes(gzip.compress(b"prepared"))
    text = (site / name).read_bytes()
    strong_etag(folder, f"/{name}")
    for _ in range(4):  # read, kept, and given again
        response = folder.get(f"/{name}", fields=accepting(codings))
        assert coding(response) == wanted and decoded(response) == (b"prepared" if is_prepared else text)
        assert response.get("Accept-Ranges") == ("bytes" if is_prepared else None)


def test_a_coded_file_has_validators_of_its_own(folder, site):
    plain = strong_etag(folder, "/live.js")
    first = folder.get("/live.js", fields=accepting("gzip"))
    tag = first["ETag"]
    assert tag != plain and not tag.startswith("W/") and tag.startswith(plain[:-1])
    assert folder.get("/live.js", fields=accepting("zstd"))["ETag"] not in (plain, tag)
    for _ in range(3):
        again = folder.get("/live.js", fields=accepting("gzip"))
        assert (again["ETag"], again.content) == (tag, first.content)
        unchanged = folder.get("/live.js", fields=accepting("gzip", ("If-None-Match", tag)))
        assert unchanged.status == 304 and unchanged["ETag"] == tag and values(unchanged, "Vary") == ["Accept-Encoding"]
        assert folder.get("/live.js", fields=accepting("gzip", ("If-None-Match", plain))).status == 200
        assert folder.get("/live.js", fields=accepting("gzip", ("If-Match", plain))).status == 412
    assert folder.get("/live.js", fields=[("If-None-Match", tag)]).status == 200


def test_a_range_is_one_of_the_file_itself(folder, site):
    """What is coded while it is sent has no ranges, and a part of one representation is never given for another."""
    tag = folder.get("/live.js", fields=accepting("gzip"))["ETag"]
    part = folder.get("/live.js", fields=accepting("gzip", ("Range", "bytes=0-3")))
    assert (part.status, part.content, coding(part)) == (206, TEXT[:4], None)
    whole = folder.get("/live.js", fields=accepting("gzip", ("Range", "bytes=0-3"), ("If-Range", tag)))
    assert whole.status == 200 and decoded(whole) == TEXT


def test_what_is_not_worth_coding(folder, site):
    small = folder.get("/small.js", fields=accepting(BROWSER))
    assert coding(small) is None and values(small, "Vary") == ["Accept-Encoding"]
    for name in ("/logo.png", "/app.js.gz"):
        response = folder.get(name, fields=accepting(BROWSER))
        assert coding(response) is None and values(response, "Vary") == [], name
    nothing = folder.get("/live.js")
    assert coding(nothing) is None and values(nothing, "Vary") == ["Accept-Encoding"]


def test_identity_can_be_refused(folder, site):
    for _ in range(2):
        assert coding(folder.get("/live.js", fields=accepting("gzip, identity;q=0"))) == "gzip"
        none = folder.get("/small.js", fields=accepting("br, identity;q=0"))
        assert none.status == 406 and "Accept-Encoding" in ", ".join(values(none, "Vary"))
        assert folder.get("/live.js", fields=accepting("*;q=0")).status == 406


def test_large_files_are_coded_while_they_are_sent(folder, site):
    large = (site / "large.txt").read_bytes()
    strong_etag(folder, "/large.txt")
    for codings in ("gzip", "zstd"):
        responses = [folder.get("/large.txt", fields=accepting(codings)) for _ in range(2)]
        for response in responses:
            assert coding(response) == codings and decoded(response) == large
        assert responses[0].content == responses[1].content and responses[0]["ETag"] == responses[1]["ETag"]


def test_head_says_what_get_says(folder, site):
    for target in ("/live.js", "/large.txt"):
        strong_etag(folder, target)
        for _ in range(2):
            head = folder.ask("HEAD", target, fields=accepting("gzip"))
            got = folder.get(target, fields=accepting("gzip"))
            assert head.status == 200 and head.content == b""
            for name in ("Content-Type", "Content-Encoding", "ETag", "Last-Modified", "Vary", "Cache-Control"):
                assert values(head, name) == values(got, name), (target, name)


def test_a_change_is_seen_at_once(folder, site):
    for number in range(5):
        text = TEXT + b"version %d" % number
        (site / "live.js").write_bytes(text)
        for codings in ("gzip", "zstd", ""):
            for _ in range(2):
                assert decoded(folder.get("/live.js", fields=accepting(codings))) == text


def test_many_clients_at_once(folder, site):
    """Each gets the whole content, in the coding or as it is."""
    names = [f"/many-{number}.js" for number in range(8)]
    for name in names:
        (site / name[1:]).write_bytes(TEXT + name.encode())

    def ask(number):
        name = names[number % len(names)]
        return decoded(folder.get(name, fields=accepting("gzip"))) == TEXT + name.encode()

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(200)))


def test_without_a_cache_it_is_coded_each_time(start, site):
    server = start("--profile", "folder", "--cache-memory", "0")
    for _ in range(3):
        assert decoded(server.get("/live.js", fields=accepting("gzip"))) == TEXT


def test_what_cannot_be_made_smaller(folder, site):
    noise = random.Random(7).randbytes(5000).hex().encode()
    (site / "noise.txt").write_bytes(noise)
    for _ in range(2):
        assert decoded(folder.get("/noise.txt", fields=accepting("zstd"))) == noise


# --- other content ---


def test_a_file_that_is_stored_in_a_coding_says_so(start, root):
    """What a file is and how it is coded are told apart."""
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    (root / "drawing.svgz").write_bytes(gzip.compress(drawing))
    for server in (start(), start("--profile", "folder")):
        for codings in ("", BROWSER):
            response = server.get("/drawing.svgz", fields=accepting(codings))
            assert response["Content-Type"] == "image/svg+xml" and values(response, "Vary") == []
            assert coding(response) == "gzip" and decoded(response) == drawing
        head = server.ask("HEAD", "/drawing.svgz")
        assert (head["Content-Type"], coding(head)) == ("image/svg+xml", "gzip")
        assert start().get("/app.tar.gz").status == 404


def test_listings_are_coded_while_they_are_made(start, root):
    for number in range(2000):
        (root / f"entry-{number}.txt").write_bytes(b"")
    (root / "index.html").unlink()
    server = start("--profile", "folder", "--listing")
    plain = server.get("/?format=json")
    assert coding(plain) is None and "Accept-Encoding" in plain["Vary"]
    for codings in ("gzip", "zstd"):
        listed = server.get("/?format=json", fields=accepting(codings))
        assert coding(listed) == codings and decoded(listed) == plain.content and len(listed.content) < len(plain.content) // 4


# --- rules by path ---


@pytest.fixture
def ruled(start, site, scratch):
    """Start a server with these rules."""

    def start_with(rules, *flags):
        config = scratch / "bobbin.toml"
        config.write_text(rules)
        return start("--config", config, *flags)

    return start_with


def test_a_rule_decides_for_its_paths(ruled, site):
    (site / "lib").mkdir()
    (site / "lib/live.js").write_bytes(TEXT)
    server = ruled(
        """
        compress = "on"
        [[rule]]
        path = "/app.js"
        compress = "off"
        [[rule]]
        path = "/lib/**"
        compress = "prepared"
        """
    )
    for _ in range(3):  # read, kept, and given again
        for method in ("GET", "HEAD"):
            off = server.ask(method, "/app.js", fields=accepting(BROWSER))
            assert coding(off) is None and values(off, "Vary") == []
            assert server.ask(method, "/app.js", fields=accepting("identity;q=0")).status == 200
            prepared = server.ask(method, "/lib/live.js", fields=accepting(BROWSER))
            assert coding(prepared) is None and values(prepared, "Vary") == ["Accept-Encoding"]
            live = server.ask(method, "/live.js", fields=accepting("zstd"))
            assert coding(live) == "zstd" and values(live, "Vary") == ["Accept-Encoding"]
    tag = strong_etag(server, "/app.js")
    unchanged = server.get("/app.js", fields=accepting("br", ("If-None-Match", tag)))
    assert unchanged.status == 304 and values(unchanged, "Vary") == []


def test_the_last_rule_that_says_something_counts(ruled, site):
    server = ruled(
        """
        [[rule]]
        path = "*.js"
        compress = true
        [[rule]]
        path = "/app.js"
        compress = "prepared"
        cors = ["https://a.example"]
        [[rule]]
        path = "/small.*"
        compress = "off"
        [[rule]]
        path = "/**"
        method = "GET"
        set = "X-Rule: last"
        """
    )
    assert coding(server.get("/live.js", fields=accepting("gzip"))) == "gzip"
    for origin in ("https://a.example", "https://b.example", "https://a.example"):
        app = server.get("/app.js", fields=accepting(BROWSER, ("Origin", origin)))
        assert coding(app) == "br" and values(app, "Vary") == ["Accept-Encoding", "Origin"]
    assert values(server.get("/small.js", fields=accepting("gzip")), "Vary") == []
    assert values(server.get("/large.txt", fields=accepting("gzip")), "Vary") == [], "no rule is about it"


def test_one_file_under_two_paths_with_other_rules(ruled, site):
    (site / "index.html").write_bytes(TEXT)
    (site / "index.html.br").write_bytes(b"brotli of the page")
    server = ruled(
        """
        [[rule]]
        path = "/"
        compress = "prepared"
        """
    )
    for _ in range(3):
        home, page = (server.get(target, fields=accepting("br")) for target in ("/", "/index.html"))
        assert (coding(home), home.content, values(home, "Vary")) == ("br", b"brotli of the page", ["Accept-Encoding"])
        assert (coding(page), page.content, values(page, "Vary")) == (None, TEXT, [])
        home, page = (server.ask("HEAD", target, fields=accepting("br")) for target in ("/", "/index.html"))
        assert (coding(home), values(home, "Vary")) == ("br", ["Accept-Encoding"])
        assert (coding(page), values(page, "Vary")) == (None, [])


def test_a_listing_is_coded_as_its_rule_says(ruled, site):
    (site / "docs").mkdir()
    (site / "docs/a.txt").write_text("a")
    (site / "more").mkdir()
    server = ruled(
        """
        listing = true
        compress = "on"
        [[rule]]
        path = "/docs/**"
        compress = "off"
        """
    )
    plain, coded = (server.get(target, fields=accepting("gzip")) for target in ("/docs/", "/more/"))
    assert plain.status == coded.status == 200
    assert (coding(plain), values(plain, "Vary")) == (None, ["Accept"])
    assert (coding(coded), values(coded, "Vary")) == ("gzip", ["Accept, Accept-Encoding"])


def test_files_that_are_stored_in_a_coding(ruled, site):
    (site / "app.wasm.br").write_bytes(b"brotli of a module")
    (site / "logs").mkdir()
    (site / "logs/today.txt").write_bytes(gzip.compress(b"a line"))
    (site / "data.unknown.zst").write_bytes(b"zstd of something")
    (site / "plain.svgz").write_bytes(b"<svg/>")
    server = ruled(
        """
        profile = "folder"
        [[rule]]
        path = "*.wasm.br"
        content_coding = "br"
        [[rule]]
        path = "/logs/**"
        content_coding = "gzip"
        [[rule]]
        path = "*.zst"
        content_coding = "zstd"
        [[rule]]
        path = "*.svgz"
        content_coding = "identity"
        """
    )
    for _ in range(3):
        for method in ("GET", "HEAD"):
            for codings in ("", "br", "gzip", "identity"):
                module = server.ask(method, "/app.wasm.br", fields=accepting(codings))
                assert (module.status, coding(module), module["Content-Type"]) == (200, "br", "application/wasm")
                assert values(module, "Vary") == [] and values(module, "Content-Disposition") == []
            log = server.ask(method, "/logs/today.txt")
            assert (coding(log), log["Content-Type"]) == ("gzip", "text/plain; charset=utf-8")
            saved = server.ask(method, "/data.unknown.zst")
            assert (coding(saved), saved["Content-Disposition"]) == ("zstd", 'attachment; filename="data.unknown"')
            assert coding(server.ask(method, "/plain.svgz")) is None
    assert gzip.decompress(server.get("/logs/today.txt").content) == b"a line"
    tag = strong_etag(server, "/app.wasm.br")
    assert server.get("/app.wasm.br", fields=[("If-None-Match", tag)]).status == 304
    part = server.get("/app.wasm.br", fields=[("Range", "bytes=0-5")])
    assert (part.status, part.content, coding(part)) == (206, b"brotli", "br")
    beside = server.get("/app.js.br")
    assert coding(beside) is None, "no rule is about it"


def test_a_page_in_place_of_a_stored_file_is_not_called_coded(ruled, site):
    (site / "index.html").write_text("<p>app</p>")
    server = ruled(
        """
        spa = "on"
        [[rule]]
        path = "/data/**"
        content_coding = "gzip"
        """
    )
    page = server.get("/data/view", fields=[("Accept", "text/html")])
    assert (page.status, coding(page), page.content) == (200, None, b"<p>app</p>")


@pytest.mark.parametrize(
    "line, message",
    [
        ('compress = "some"', 'compress: "some" is not allowed; auto, off, prepared or on'),
        ('content_coding = "lzma"', 'content_coding: "lzma" is not allowed; auto, identity, gzip, zstd or br'),
    ],
)
@pytest.mark.modes("many")
def test_a_rule_that_names_no_coding_is_refused(binary, scratch, line, message):
    config = scratch / "bobbin.toml"
    config.write_text(f'[[rule]]\npath = "/x"\n{line}\n')
    result = run_to_end(binary, "--config", config, "--check-config")
    assert result.returncode == 78 and message in result.stderr, result.stderr
