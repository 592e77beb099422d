"""CONTRACT §2 (GET, HEAD, OPTIONS) and §7 rows 1–4."""

import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

import pytest

from support.client import FIELD_ORDER, parse_date
from support.lease import Lease
from support.opens import Opens
from support.server import run_to_end
from support.validators import strong_etag
from support.waiting import eventually

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

ATTACHMENTS = {"logo.png", "photo.png", "photo.jpg", "sample.txt", "big.png"}


def quote(name):
    return "/" + urllib.parse.quote(name)


def shape(response):
    """Status and fields without Date, which may differ between two answers."""
    return response.status, [(name, value) for name, value in response.fields if name != "Date"]


def known(response):
    """The names of the fields that the contract puts in order."""
    return [name for name in response.names if name in FIELD_ORDER]


# What a file is served as


@pytest.mark.parametrize(
    ("target", "name"), [("/", "index.html"), ("/about.html", "about.html"), ("/contact.html", "contact.html")]
)
def test_pages(server, target, name):
    """§7 row 1: 200 HTML, bytes identical, no Content-Disposition."""
    response = server.get(target)
    assert (response.status, response.reason) == (200, "OK")
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response.get("Content-Disposition") is None
    assert response.content == (server.root / name).read_bytes()


@pytest.mark.parametrize("name", sorted(ATTACHMENTS))
def test_downloads(server, name):
    """§7 row 2: octet-stream, attachment, checksum identical."""
    response = server.get("/" + name)
    assert response.status == 200
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert hashlib.sha256(response.content).digest() == hashlib.sha256((server.root / name).read_bytes()).digest()


@pytest.mark.parametrize("name", ["LOGO.PNG", "Photo.JpEg", "notes.TXT"])
def test_extension_ignores_case(server, name):
    """§2: matching ignores case."""
    (server.root / name).write_bytes(b"content of " + name.encode())
    response = server.get("/" + name)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_html_extension_ignores_case(server):
    """§2: matching ignores case."""
    (server.root / "LOUD.HTML").write_bytes(b"<h1>LOUD</h1>")
    response = server.get("/LOUD.HTML")
    assert response["Content-Type"] == "text/html; charset=utf-8" and response.get("Content-Disposition") is None


MEDIA_TYPES = {
    # extension: the types that IANA's registry and RFC 9239 (JavaScript) allow
    "css": {"text/css"},
    "js": {"text/javascript"},
    "mjs": {"text/javascript"},
    "json": {"application/json"},
    "svg": {"image/svg+xml"},
    "gif": {"image/gif"},
    "webp": {"image/webp"},
    "pdf": {"application/pdf"},
    "xml": {"application/xml", "text/xml"},
    "mp4": {"video/mp4"},
    "mp3": {"audio/mpeg"},
    "woff2": {"font/woff2"},
    "wasm": {"application/wasm"},
    "csv": {"text/csv"},
}


@pytest.mark.parametrize("extension", MEDIA_TYPES)
def test_other_types_are_shown(server, extension):
    """§2: every other type is served with its registered media type and shown."""
    (server.root / f"file.{extension}").write_bytes(b"anything")
    response = server.get(f"/file.{extension}")
    assert response.status == 200 and response.content == b"anything"
    assert response["Content-Type"].split(";")[0] in MEDIA_TYPES[extension]
    assert response.get("Content-Disposition") is None


def test_more_media_types(start, scratch):
    """§2: registered media types, also those that the system's table adds (--mime-types)."""
    (scratch / "mime.types").write_text("# comment\napplication/x-bobbin  bobbin reel\n")
    server = start("--mime-types", scratch / "mime.types")
    (server.root / "thread.reel").write_bytes(b"x")
    assert server.get("/thread.reel")["Content-Type"] == "application/x-bobbin"


@pytest.mark.parametrize("name", ["data.xyzzy", "README", "archive.", "photo.png.xyzzy"])
def test_unknown_extension_downloads(server, name):
    """§2: an unknown extension downloads."""
    (server.root / name).write_bytes(b"anything")
    response = server.get("/" + name)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_download_list_is_configurable(start):
    """§2: the list is configurable."""
    server = start("--download", "css")
    (server.root / "style.css").write_bytes(b"p {}")
    response = server.get("/style.css")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="style.css"'
    assert server.get("/").get("Content-Disposition") is None


def test_allow_list(start):
    """§2: an allow-list answers 415 for anything not on it; a missing file is 404 before any judgement of its type."""
    server = start("--allow-type", "html", "--allow-type", "png")
    (server.root / "style.css").write_bytes(b"p {}")
    assert server.get("/").status == 200
    assert server.get("/logo.png").status == 200
    for target in ["/style.css", "/sample.txt"]:
        assert server.get(target).status == 415, target
    for target in ["/missing.css", "/missing.exe", "/missing"]:
        assert server.get(target).status == 404, target


def test_empty_file(server):
    """RFC 9110 §8.6: a representation of no bytes has Content-Length 0."""
    (server.root / "empty.html").write_bytes(b"")
    response = server.get("/empty.html")
    assert response.status == 200 and response["Content-Length"] == "0" and response.content == b""


def test_fields_of_a_200(server):
    """§2: the fields in their order, and the values that are fixed."""
    with server.connect() as connection:
        before = int(time.time())
        response = connection.ask("GET", "/photo.png")
        after = time.time()
    assert known(response) == [name for name in FIELD_ORDER if name != "Content-Encoding"]
    assert response["Content-Length"] == str((server.root / "photo.png").stat().st_size)
    assert before <= parse_date(response["Date"]) <= after
    assert response["Server"] == "Multi-threaded HTTP Server"
    assert response["Connection"] == "keep-alive"
    assert response["Keep-Alive"] == "timeout=30, max=99"
    assert response["Accept-Ranges"] == "bytes"
    assert re.fullmatch(r'(W/)?"[\x21\x23-\x7e]+"', response["ETag"])
    assert parse_date(response["Last-Modified"]) == int((server.root / "photo.png").stat().st_mtime)


@pytest.mark.modes("capacity-1", "many", "tls")  # HTTP/2 has no such fields
def test_fields_of_a_closing_200(server):
    """§2: Keep-Alive only on an answer that keeps the connection; a page has no Content-Disposition."""
    response = server.get("/about.html")
    assert known(response) == [name for name in FIELD_ORDER if name not in ("Content-Disposition", "Content-Encoding", "Keep-Alive")]
    assert response["Connection"] == "close"


def test_modification_time_in_the_future(server):
    """RFC 9110 §8.8.2.1: a Last-Modified later than the message's Date is not sent as such."""
    os.utime(server.root / "about.html", (time.time() + 86400,) * 2)
    response = server.get("/about.html")
    assert response.status == 200
    if response.get("Last-Modified"):
        assert parse_date(response["Last-Modified"]) <= parse_date(response["Date"])


@pytest.mark.parametrize("seconds", [0, 1, 315_532_799, 10_413_792_000, 15_032_385_535], ids=["epoch", "1", "1979", "2300", "2446"])
def test_modification_times_that_mean_nothing(server, seconds):
    """§2: before 1980 or more than a day ahead: no Last-Modified, and no condition by date holds."""
    os.utime(server.root / "about.html", (seconds, seconds))
    content = (server.root / "about.html").read_bytes()
    with server.connect() as connection:
        assert connection.ask("GET", "/about.html").get("Last-Modified") is None
        for date in ["Thu, 01 Jan 1970 00:00:01 GMT", "Fri, 01 Jan 2021 00:00:00 GMT", "Fri, 01 Jan 2300 00:00:00 GMT"]:
            response = connection.ask("GET", "/about.html", fields=[("If-Modified-Since", date)])
            assert (response.status, response.content) == (200, content), date
            fields = [("Range", "bytes=0-3"), ("If-Range", date)]
            assert connection.ask("GET", "/about.html", fields=fields).status == 200, date


def test_server_field_is_configurable(start):
    """§2: Server is configurable, also in error pages."""
    server = start("--server-name", "Spindle")
    assert server.get()["Server"] == "Spindle"
    missing = server.get("/missing")
    assert missing["Server"] == "Spindle" and "<em>Spindle</em>" in missing.text


def test_server_field_can_be_off(start):
    """§2: Server can be off."""
    server = start("--server-name", "")
    assert server.get().get("Server") is None
    assert server.get("/missing").get("Server") is None


def test_new_and_changed_files_are_served_at_once(server):
    """No answer from before: each is the file as it is now, also after an edit that keeps size and time."""
    path = server.root / "news.html"
    with server.connect() as connection:
        assert connection.ask("GET", "/news.html").status == 404
        path.write_bytes(b"first")
        assert connection.ask("GET", "/news.html").content == b"first"
        times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
        path.write_bytes(b"other")
        os.utime(path, ns=times)
        assert connection.ask("GET", "/news.html").content == b"other"
        replacement = server.root / "replacement"
        replacement.write_bytes(b"third")
        replacement.rename(path)
        assert connection.ask("GET", "/news.html").content == b"third"
        path.unlink()
        assert connection.ask("GET", "/news.html").status == 404


# HEAD and OPTIONS


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ("/", []),
        ("/big.png", []),
        ("/missing", []),
        ("/missing", [("Accept", "application/json")]),
        ("/folder", []),
        ("/.hidden", []),
        ("/about.html", [("If-None-Match", "*")]),
        ("/about.html", [("If-Match", '"other"')]),
        ("/../x", []),
        ("/upload", []),
    ],
)
def test_head_equals_get(server, target, fields):
    """§2: HEAD answers exactly as GET without content."""
    (server.root / "folder").mkdir()
    (server.root / "folder/index.html").write_bytes(b"inside")
    for page in ["/", "/big.png", "/about.html"]:
        strong_etag(server, page)  # while a file is young, each answer has an ETag of its own
    get, head = (server.ask(method, target, fields=fields) for method in ["GET", "HEAD"])
    assert shape(head) == shape(get)
    assert head.content == b""


def test_head_keeps_the_connection(server):
    """RFC 9112 §6.3: a response to HEAD ends with its head, whatever its Content-Length."""
    with server.connect() as connection:
        assert connection.ask("HEAD", "/big.png").status == 200
        connection.expect_kept()


@pytest.mark.parametrize(
    ("target", "methods"),
    [("/about.html", {"GET", "HEAD", "OPTIONS"}), ("*", {"GET", "HEAD", "OPTIONS"}), ("/upload", {"POST", "OPTIONS"})],
)
def test_options(server, target, methods):
    """§2: OPTIONS answers 204 with Allow; `OPTIONS *` too."""
    with server.connect() as connection:
        response = connection.ask("OPTIONS", target)
        assert response.status == 204
        assert methods <= set(re.split(r",\s*", response["Allow"]))
        connection.expect_as_said(response)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("content", [None, b"", b'{"some": "content"}'], ids=["no content", "empty", "content"])
def test_other_methods_on_a_file(server, method, content):
    """§7 row 4: 405 with Allow; §4: kept when the content has been read, else closed."""
    before = (server.root / "about.html").read_bytes()
    with server.connect() as connection:
        response = connection.ask(method, "/about.html", content=content)
        assert (response.status, response.reason) == (405, "Method Not Allowed")
        assert response["Allow"] == "GET, HEAD, OPTIONS"
        if not content:
            assert response.keeps
        connection.expect_as_said(response)
    assert (server.root / "about.html").read_bytes() == before


# Directories, queries, names


def test_directory(server):
    """§2: a directory is its index.html, with 308 to the name with `/`."""
    (server.root / "folder").mkdir()
    (server.root / "folder/index.html").write_bytes(b"inside")
    assert server.get("/folder/").content == b"inside"
    redirect = server.get("/folder")
    assert redirect.status == 308 and redirect["Location"] == "/folder/"
    with_query = server.get("/folder?page=2")
    assert with_query.status == 308 and with_query["Location"] in ("/folder/", "/folder/?page=2")


def test_directory_redirect_stays_here(server):
    """The Location is encoded again: no byte of a name can end the field, and no name leads to another site."""
    for name in ["two words", "é", "a?b", "100%", "line\r\nX-Evil: 1", "evil.com"]:
        (server.root / name).mkdir()
        (server.root / name / "index.html").write_bytes(b"inside")
        redirect = server.get(quote(name))
        assert redirect.status == 308 and redirect.get("X-Evil") is None, name
        assert re.fullmatch(r"/[\x21-\x7e]+", redirect["Location"]) and not redirect["Location"].startswith("//")
        assert server.get(redirect["Location"]).content == b"inside", name


def test_directory_without_index(server):
    """§2: else 404, and never a listing."""
    (server.root / "folder").mkdir()
    (server.root / "folder/secret-name.txt").write_bytes(b"x")
    for target in ["/folder/", "/folder"]:
        response = server.get(target)
        assert response.status == 404 and b"secret-name" not in response.content


def test_directory_whose_index_is_a_directory(server):
    """§2: else 404."""
    (server.root / "folder/index.html").mkdir(parents=True)
    assert server.get("/folder/").status == 404


def test_file_is_no_directory(server):
    """A file has nothing below it."""
    for target in ["/about.html/", "/about.html/more", "/about.html/index.html"]:
        assert server.get(target).status == 404, target


@pytest.mark.parametrize("target", ["/?x=1", "/?", "/?a=/../../etc/passwd", "/?%zz", "/?x=//y"])
def test_query_is_ignored(server, target):
    """§2: a query is ignored for the lookup, whatever is in it."""
    response = server.get(target)
    if "%zz" in target and response.status == 400:
        return  # Refusing a malformed query is as good as ignoring it (RFC 3986 §2.1).
    assert response.status == 200 and response.content == (server.root / "index.html").read_bytes()


def test_a_question_mark_in_a_name(server):
    """A percent-encoded `?` belongs to the path (RFC 3986 §2.2)."""
    (server.root / "what?.html").write_bytes(b"asked")
    assert server.get("/what%3F.html").content == b"asked"
    assert server.get("/what?.html").status == 404


@pytest.mark.parametrize(
    "target", ["/.hidden", "/.git/config", "/folder/.secret.txt", "/%2ehidden", "/%2Egit/config", "/.hidden?x"]
)
def test_dotfiles(server, target):
    """§2: dotfiles → 404."""
    for name in [".hidden", ".git/config", "folder/.secret.txt"]:
        path = server.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"secret")
    response = server.get(target)
    assert response.status == 404 and b"secret" not in response.content


def test_things_that_are_no_files(server):
    """A pipe or a socket in the root has no content to serve, and opening it must not wait for a writer."""
    os.mkfifo(server.root / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(server.root / "socket.txt"))
        for target in ["/pipe.txt", "/socket.txt"]:
            assert server.get(target).status in (403, 404), target
    assert server.get().status == 200


def test_a_pipe_is_not_opened(server):
    """Opening one releases a writer that waits for its reader; looking at it is enough. Devices are no different."""
    pipe = server.root / "pipe.txt"
    os.mkfifo(pipe)
    with Opens(pipe) as opens:
        for method in ["GET", "HEAD", "OPTIONS"]:
            assert server.ask(method, "/pipe.txt").status in (403, 404)
        assert opens.count() == 0


# It takes a moment to give the file up, as one does that has to write something back.
LEASE_HOLDER = """
import fcntl, signal, sys


file = open(sys.argv[1], "r+b")
signal.signal(signal.SIGIO, lambda *_: signal.setitimer(signal.ITIMER_REAL, 0.3))
signal.signal(signal.SIGALRM, lambda *_: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK))
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lease_is_waited_for(server):
    """§5: an existing file is served. Whoever holds a lease (fcntl(2), as Samba does) gives it up when it is asked to."""
    holder = subprocess.Popen(
        [sys.executable, "-c", LEASE_HOLDER, server.root / "about.html"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout.readline() == b"held\n"
        response = server.get("/about.html")
        assert (response.status, response.content) == (200, (server.root / "about.html").read_bytes())
        holder.stdin.close()


@pytest.mark.modes("many")
def test_a_lease_holds_up_no_worker(start):
    """§2: whoever asks for another file does not wait, not even on the only worker; pipelined requests keep their order."""
    server = start("--threads", "1")
    with Lease(server.root / "about.html") as lease:
        waiting = server.connect()
        waiting.send(waiting.request("GET", "/about.html") + waiting.request("GET", "/contact.html"))
        lease.wait_until_asked()
        assert server.get("/contact.html").status == 200
        assert server.ask("OPTIONS", "/about.html").status == 204
        lease.give_up()
        assert waiting.receive().content == (server.root / "about.html").read_bytes()
        assert waiting.receive().content == (server.root / "contact.html").read_bytes()
        waiting.expect_kept()


@pytest.mark.parametrize("target", ["/about.html", "/big.png"])
@pytest.mark.parametrize("condition", ["none", "range", "matching", "failing"])
def test_a_file_is_answered_after_a_lease_as_before(server, target, condition):
    """RFC 9110 §13, §14: conditions and ranges are those of the request, whenever it is answered."""
    fields = {
        "none": [],
        "range": [("Range", "bytes=2-70000")],
        "matching": [("If-None-Match", strong_etag(server, target))],
        "failing": [("If-Match", '"another"')],
    }[condition]
    before = server.get(target, fields=fields)
    with Lease(server.root / target[1:]) as lease:
        waiting = server.connect()
        # One that the cache cannot answer, so that the file has to be opened.
        waiting.send(waiting.request("GET", target, fields=fields, content=b"x"))
        lease.wait_until_asked()
        lease.give_up()
        after = waiting.receive()
    hop_by_hop = ("Date", "Connection", "Keep-Alive")
    assert [field for field in after.fields if field[0] not in hop_by_hop] == [
        field for field in before.fields if field[0] not in hop_by_hop
    ]
    assert (after.status, after.content) == (before.status, before.content)


def test_a_stop_waits_for_a_lease(server):
    """§5: responses in flight complete."""
    with Lease(server.root / "about.html") as lease:
        waiting = server.connect()
        waiting.send(waiting.request("GET", "/about.html"))
        lease.wait_until_asked()
        server.signal(signal.SIGTERM)
        server.log.wait_for("Shutting down server")
        lease.give_up()
        assert waiting.receive().content == (server.root / "about.html").read_bytes()
        waiting.expect_closed()
    assert server.wait() == 0


def test_names_are_case_sensitive_and_plus_is_plus(server):
    """The lookup takes names as they are: `+` means a space in forms only."""
    (server.root / "a b.html").write_bytes(b"space")
    assert server.get("/ABOUT.html").status == 404
    assert server.get("/a+b.html").status == 404
    assert server.get("/a%20b.html").content == b"space"


# fmt: off
NAMES = [
    "two words.txt", "naïve €.txt", "semi;colon.txt", 'a "quoted" name.txt', "100%.txt", "it's.txt",
    "comma, here.txt", "(paren).txt", "a=b&c.txt", "日本語.png", "%41.txt", "tab\there.txt", "line\r\nX-Evil: 1.txt",
    "bell\x07.txt", "~tilde.txt", "plus+.txt", "*star.txt", "emoji 🧵.txt", "x" * 200 + ".txt",
]
# fmt: on


def disposition_name(value):
    """The file name that a browser takes from Content-Disposition (RFC 6266 §4.3): filename* before filename."""
    match = re.fullmatch(r'attachment((?:; *filename\*?=(?:"(?:[^"\\]|\\.)*"|[^";\s]+))+)', value)
    assert match, value
    parameters = dict(re.findall(r'; *(filename\*?)=("(?:[^"\\]|\\.)*"|[^";\s]+)', match[1]))
    if "filename*" in parameters:
        assert re.fullmatch(
            r"UTF-8''(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+", parameters["filename*"]
        ), value  # RFC 8187 §3.2
        return urllib.parse.unquote(parameters["filename*"][len("UTF-8''") :])
    assert all(ord(character) < 128 for character in value), value
    plain = parameters["filename"]
    return re.sub(r"\\(.)", r"\1", plain[1:-1]) if plain.startswith('"') else plain


@pytest.mark.parametrize("name", NAMES, ids=[ascii(name)[1:-1][:30] for name in NAMES])
def test_name_of_a_download(server, name):
    """§2: names in Content-Disposition are correct for quotes, spaces and UTF-8, and no byte can end the field."""
    (server.root / name).write_bytes(b"content")
    response = server.get(quote(name))
    assert response.get("X-Evil") is None
    assert response.status == 200 and response.content == b"content"
    shown = disposition_name(response["Content-Disposition"])
    if re.search(r"[\0-\x1f\x7f]", name):
        assert not re.search(r"[\0-\x1f\x7f]", shown) or shown == name
    else:
        assert shown == name


def test_name_that_is_not_utf8(server):
    """§2: such a name has no correct form; the answer must still be well-formed."""
    path = os.path.join(os.fsencode(server.root), b"caf\xe9.txt")
    with open(path, "wb") as file:
        file.write(b"latin")
    response = server.get("/caf%e9.txt")
    assert response.status in (200, 400, 404)
    if response.status == 200:
        assert response.content == b"latin"
        assert all(ord(character) < 128 for character in response["Content-Disposition"])


@pytest.mark.parametrize("target", ["/%zz", "/%4", "/%", "/about%2", "/about.html%", "/%u0041", "/%-1"])
def test_bad_percent_encoding(server, target):
    """§4: bad percent-encoding → 400, closed."""
    with server.connect() as connection:
        response = connection.ask("GET", target)
        assert response.status == 400 and not response.keeps
        connection.expect_closed()


# Error pages


def test_missing_file(server):
    """§7 row 3, §4: the page of an error names the status and the server."""
    with server.connect() as connection:
        response = connection.ask("GET", "/nonexistent.png")
        assert (response.status, response.reason) == (404, "Not Found")
        assert response["Content-Type"] == "text/html; charset=utf-8"
        assert response.get("Content-Disposition") is None
        assert "404 Not Found" in re.search("<title>(.*)</title>", response.text)[1]
        assert "<h1>404 Not Found</h1>" in response.text
        assert "<em>Multi-threaded HTTP Server</em>" in response.text
        assert re.search(r"<p>[^<]{10,}\.</p>", response.text), "one sentence that helps"
        assert response.keeps
        connection.expect_kept()


def test_error_page_does_not_echo_the_target(server):
    """Nothing that a client sends becomes part of a page."""
    response = server.get("/%3Cscript%3Ealert(1)%3C/script%3E")
    assert response.status == 404 and b"<script>" not in response.content


def test_help_for_the_flags_used_here(binary):
    """§2: the settings that these tests rely on are documented by --help."""
    text = run_to_end(binary, "--help").stdout
    for flag in ["--download", "--allow-type", "--server-name"]:
        assert flag in text


def test_fields_of_the_operator(start):
    """docs/operating.md: `--header` is added to every answer that is no error, remembered ones and 304 included."""
    fields = ["Cache-Control: max-age=60, public", "Access-Control-Allow-Origin: *"]
    server = start("--header", fields[0], "--header", fields[1])

    def added(response):
        return [f"{name}: {value}" for name, value in response.fields if f"{name}: {value}" in fields]

    (server.root / "pages").mkdir()
    (server.root / "pages" / "index.html").write_text("pages")
    strong_etag(server, "/about.html")
    with server.connect() as connection:
        for _ in range(3):
            response = connection.ask("GET", "/about.html")
            assert response.status == 200 and added(response) == fields
        etag = response["ETag"]
        for method, target, sent, status in [
            ("HEAD", "/about.html", [], 200),
            ("GET", "/about.html", [("If-None-Match", etag)], 304),
            ("GET", "/about.html", [("Range", "bytes=0-3")], 206),
            ("GET", "/pages", [], 308),
            ("OPTIONS", "/upload", [], 204),
        ]:
            response = connection.ask(method, target, fields=sent)
            assert response.status == status and added(response) == fields, (method, target)
        assert added(connection.ask("GET", "/nothing.html")) == []
    assert added(server.upload(b"1")) == fields
    assert added(server.upload(b"x")) == []


def test_the_date_is_that_of_the_answer(start):
    """RFC 9110 §6.6.1: on one connection too."""
    with start("--keep-alive-requests", "0").connect() as connection:
        first = connection.ask("HEAD")["Date"]
        eventually(lambda: connection.ask("HEAD")["Date"] != first, "the clock goes on")
