"""Folders without an index, under `--listing on`: what is shown, in which form, and what walks it."""

import html.parser
import json
import os
import shutil
import subprocess
import urllib.parse

import pytest

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

NAMES = ["a b.txt", "a:b.txt", "<b>&'\"", "100%.txt", "?q#f", "ümlaut ✓.md", "-dash", "~tilde", "b9.iso", "b10.iso"]


class Page(html.parser.HTMLParser):
    """The entries of a page: what is shown of each, by the address it leads to."""

    def __init__(self, text):
        super().__init__()
        self.entries = {}
        self._href = None
        self._in_entries = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "tbody":
            self._in_entries = ("id", "entries") in attributes
        if tag == "a" and self._in_entries:
            self._href = dict(attributes)["href"]
            self.entries[self._href] = ""

    def handle_endtag(self, tag):
        if tag == "a":
            self._href = None

    def handle_data(self, data):
        if self._href is not None:
            self.entries[self._href] += data


def page(server, target, **rest):
    response = server.get(target, **rest)
    assert response.status == 200 and response["Content-Type"] == "text/html; charset=utf-8", response
    return Page(response.text)


def entries(server, target, **rest):
    response = server.get(target, **rest)
    assert response.status == 200 and response["Content-Type"] == "application/json", response
    return json.loads(response.content)


@pytest.fixture
def folder(root):
    """A folder with names that mean something in HTML, in an address or in a shell."""
    path = root / "folder"
    path.mkdir()
    for name in NAMES:
        (path / name).write_bytes(name.encode())
    (path / "sub dir").mkdir()
    (path / "sub dir/inner.txt").write_bytes(b"inner")
    (path / ".hidden").write_bytes(b"x")
    os.mkfifo(path / "fifo")
    (path / "out").symlink_to("/etc/passwd")
    (path / "inside").symlink_to("b9.iso")
    with open(os.fsencode(path) + b"/latin\xe9", "wb") as file:
        file.write(b"latin")
    return path


@pytest.fixture
def server(start, folder):
    return start("--listing", "on")


def test_every_entry_leads_to_what_it_names(server, folder):
    """Whatever bytes a name has; and nothing is shown that is not served."""
    listed = page(server, "/folder/").entries
    expected = {*NAMES, "sub dir/", "inside", "latin\ufffd"}
    assert set(listed.values()) == expected
    for href, shown in listed.items():
        address = urllib.parse.urljoin("http://host/folder/", href)
        assert address.startswith("http://host/folder/"), href
        answer = server.get(address.removeprefix("http://host"))
        assert answer.status == 200, href
        if shown in NAMES:
            assert answer.content == shown.encode()
        if shown.startswith("latin"):
            assert answer.content == b"latin"
    assert page(server, "/folder/sub%20dir/").entries == {"inner.txt": "inner.txt"}


def test_fields(server):
    """No validator that could lie, no range, and a form that depends on Accept."""
    response = server.get("/folder/", fields=[("Range", "bytes=0-9"), ("If-None-Match", '"x"')])
    assert response.status == 200
    assert response["Cache-Control"] == "no-cache" and response["Vary"] == "Accept"
    for name in ["ETag", "Last-Modified", "Accept-Ranges", "Content-Length"]:
        assert response.get(name) is None, name
    assert "default-src 'none'" in response["Content-Security-Policy"]
    head = server.ask("HEAD", "/folder/")
    assert head.status == 200 and head.content == b""
    date = {"Date"}
    assert [f for f in head.fields if f[0] not in date] == [
        f for f in server.get("/folder/").fields if f[0] not in date
    ]


def test_conditions(server):
    """RFC 9110 §13.1: there is a folder, and it has no tag and no date."""
    for fields, status in [
        (("If-None-Match", "*"), 304),
        (("If-Match", "*"), 200),
        (("If-Match", '"x"'), 412),
        (("If-Modified-Since", "Sun, 22 Nov 2065 01:15:29 GMT"), 200),
        (("If-Unmodified-Since", "Sun, 22 Nov 2015 01:15:29 GMT"), 200),
    ]:
        assert server.get("/folder/", fields=[fields]).status == status, fields


def test_methods(server):
    assert server.ask("OPTIONS", "/folder/")["Allow"] == "GET, HEAD, OPTIONS"
    for method in ["POST", "PUT", "DELETE"]:
        response = server.ask(method, "/folder/", content=b"")
        assert response.status == 405 and response["Allow"] == "GET, HEAD, OPTIONS", method


def test_name_without_slash(server):
    response = server.get("/folder/sub%20dir?sort=size")
    assert response.status == 308 and response["Location"] == "/folder/sub%20dir/?sort=size"


def test_json(server, folder):
    """By Accept or by the query; with the keys of nginx's autoindex_format json, and an address."""
    by_accept = entries(server, "/folder/", fields=[("Accept", "application/json")])
    assert by_accept == entries(server, "/folder/?format=json")
    assert page(server, "/folder/?format=html", fields=[("Accept", "application/json")]).entries
    first = by_accept[0]
    assert first["name"] == "sub dir" and first["type"] == "directory" and first["href"] == "sub%20dir/"
    assert "size" not in first
    found = {entry["name"]: entry for entry in by_accept[1:]}
    for name in NAMES:
        assert found[name]["size"] == len(name.encode()) and found[name]["type"] == "file"
        assert urllib.parse.unquote(found[name]["href"]) == name
        assert server.get(f"/folder/{found[name]['href']}")["Last-Modified"] == found[name]["mtime"]
    assert entries(server, "/folder/sub%20dir/?format=json")[0]["name"] == "inner.txt"


def test_order(server, folder):
    """Folders first; names as people read them; ties by name."""
    (folder / "b9.iso").write_bytes(b"9" * 500)
    os.utime(folder / "b10.iso", (1_500_000_000, 1_500_000_000))

    def names(query):
        return [entry["name"] for entry in entries(server, f"/folder/?format=json{query}")]

    ascending = names("")
    assert ascending == names("&sort=name&order=asc") and ascending[0] == "sub dir"
    assert ascending.index("b9.iso") < ascending.index("b10.iso")
    assert names("&order=desc") == ["sub dir", *ascending[:0:-1]]
    assert names("&sort=size")[-1] in ("b9.iso", "inside") and names("&sort=size&order=desc")[1] in ("b9.iso", "inside")
    assert names("&sort=time")[1] == "b10.iso" and names("&sort=time&order=desc")[-1] == "b10.iso"
    assert sorted(names("&sort=time")) == sorted(ascending)


def test_off_by_default(start, folder):
    server = start()
    for target in ["/folder/", "/folder"]:
        assert server.get(target).status == 404


def test_uploads_are_never_listed(server, root):
    """Neither by their own name nor by that of a link."""
    assert server.upload(b"1").status == 201
    (root / "alias").symlink_to("uploads")
    (root / "upload").write_bytes(b"behind the endpoint")
    (root / "index.html").unlink()
    listed = page(server, "/").entries
    assert "folder/" in listed
    assert not {"uploads/", "alias/", "upload"} & set(listed)
    for target in ["/uploads/", "/uploads", "/alias/", "/alias"]:
        answer = server.get(target)
        assert answer.status == 404 and b"upload_" not in answer.content, target


def test_types_that_are_not_allowed(start, folder):
    server = start("--listing", "on", "--allow-type", "iso")
    assert set(page(server, "/folder/").entries) == {"sub%20dir/", "b9.iso", "b10.iso"}
    assert server.get("/folder/a%20b.txt").status == 415


def test_index_goes_first(server, folder):
    (folder / "index.html").write_bytes(b"index")
    assert server.get("/folder/").content == b"index"


def test_readme(start, folder):
    """As text, whatever it says; and only where it is asked for."""
    (folder / "README.md").write_bytes(b"# <Title>\n")
    assert b"Title" not in start("--listing", "on").get("/folder/").content
    server = start("--listing", "on", "--listing-readme", "on")
    assert "<pre># &lt;Title&gt;\n</pre>" in server.get("/folder/").text
    assert page(server, "/folder/").entries.keys() >= {"README.md", "b9.iso"}


def test_operators_cache_control(start, folder):
    """There is one such field, and it is the operator's."""
    assert start("--listing", "on", "--cache-control", "max-age=60").get("/folder/")["Cache-Control"] == "max-age=60"


def test_http_1_0(start, folder):
    """An answer without a known length ends with its connection."""
    server = start("--listing", "on")
    with server.connect() as connection:
        connection.send(connection.request(target="/folder/?format=json", version="HTTP/1.0"))
        head, _, content = connection.receive_to_end()[0].partition(b"\r\n\r\n")
    assert b"\r\nTransfer-Encoding" not in head and b"\r\nConnection: close" in head
    assert len(json.loads(content)) == len(NAMES) + 3


def test_large_folder(server, folder, sanitized):
    """Every entry once and in order, with connections that stay."""
    large = folder / "large"
    large.mkdir()
    count = 3_000 if sanitized else 12_000
    for number in range(count):
        (large / f"file-{number}.txt").touch()
    for query in ["", "&sort=size", "&sort=time&order=desc"]:
        names = [entry["name"] for entry in entries(server, f"/folder/large/?format=json{query}")]
        assert len(names) == len(set(names)) == count, query
    assert names and entries(server, "/folder/large/?format=json")[10]["name"] == "file-10.txt"
    assert len(page(server, "/folder/large/").entries) == count


@pytest.mark.modes("many")
def test_folder_replaced_while_it_is_listed(start, folder):
    """The answer is cut short: a client must not take half of one folder for the whole of another."""
    server = start("--listing", "on", "--port", "0")
    large = folder / "large"
    large.mkdir()
    for number in range(60_000):
        os.close(os.open(large / f"file-{number:060}.txt", os.O_CREAT))
    with server.connect(receive_buffer=4096) as connection:
        connection.send(connection.request(target="/folder/large/"))
        assert connection.receive_head().startswith(b"HTTP/1.1 200 ")
        large.rename(folder / "moved")
        large.mkdir()
        received, _ = connection.receive_to_end()
    assert not received.endswith(b"\r\n0\r\n\r\n") and b"</html>" not in received
    server.log.wait_for("another folder has taken its place")


@pytest.mark.modes("many")
def test_client_that_leaves(start, folder, sanitized):
    """Its listing ends, and the server goes on."""
    server = start("--listing", "on")
    large = folder / "large"
    large.mkdir()
    count = 5_000 if sanitized else 20_000
    for number in range(count):
        os.close(os.open(large / f"file-{number:060}.txt", os.O_CREAT))
    for _ in range(5):
        with server.connect(receive_buffer=4096) as connection:
            connection.send(connection.request(target="/folder/large/"))
            connection.receive_head()
            connection.abort()
    assert len(entries(server, "/folder/large/?format=json")) == count


# ---- programs that walk it ----

# They do not trust a certificate that signs itself, and speak no HTTP/2 without TLS.
OVER_PLAIN_HTTP_1 = pytest.mark.modes("capacity-1", "many")


def program(name):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed: see packages/test.txt")
    return path


def run(*command, cwd):
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), "LC_ALL": "C.UTF-8", "no_proxy": "*"}
    result = subprocess.run(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def tree(folder):
    """Path → content of every file."""
    folder = os.fsencode(folder)
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


@pytest.fixture
def mirror(root):
    """A folder as mirrors have them, and what a copy of it must hold."""
    path = root / "mirror"
    for name in ["pool/a/first 1.0.deb", "pool/b/second:1.deb", "dists/stable/Release", "ümlaut/ü.txt", "100% & <b>.txt"]:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(name.encode() * 50)
    expected = tree(path)
    (path / ".hidden").write_bytes(b"x")
    (path / "out").symlink_to("/etc/passwd")
    return path, expected


@pytest.fixture
def mirrored(start_plain, mode, mirror, root):
    return start_plain(root, "0", *mode.flags, "--listing", "on", root=root)


@OVER_PLAIN_HTTP_1
def test_wget(mirrored, mirror, scratch):
    """Each page is fetched once: nothing leads to it in another order."""
    target = scratch / "copy"
    target.mkdir()
    run(
        program("wget"), "-q", "--no-config", "-r", "-np", "-nH", "--cut-dirs=1", f"http://127.0.0.1:{mirrored.port}/mirror/",
        cwd=target,
    )  # fmt: skip
    found = tree(target)
    pages = [name for name in found if os.path.basename(name) == b"index.html"]
    assert len(pages) == 7
    assert {name: content for name, content in found.items() if name not in pages} == mirror[1]


@OVER_PLAIN_HTTP_1
def test_rclone(mirrored, mirror, scratch):
    target = scratch / "copy"
    url = f"http://127.0.0.1:{mirrored.port}/mirror/"
    run(program("rclone"), "--config", "/dev/null", "copy", "--http-url", url, ":http:", str(target), cwd=scratch)
    assert tree(target) == mirror[1]


@OVER_PLAIN_HTTP_1
def test_lftp(mirrored, mirror, scratch):
    target = scratch / "copy"
    url = f"http://127.0.0.1:{mirrored.port}/mirror/"
    script = f"set net:max-retries 2; set cmd:fail-exit yes; open {url}; mirror . {target}"
    run(program("lftp"), "--norc", "-c", script, cwd=scratch)
    assert tree(target) == mirror[1]
