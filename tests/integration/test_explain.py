"""`bobbin explain`: what would be answered to one request, and why (docs/explain.md)."""

import pytest

from support.certificates import make_certificate
from support.drawn import Drawn
from support.explained import check_drawn, explain
from support.server import run_to_end
from test_audit import snapshot
from test_authentication import HASHES, basic


@pytest.fixture
def explained(binary, root, scratch):
    """Explain a request to a server with these flags; returns the decisions by what they are about, the status and the
    fields."""

    def run(*arguments, config=None, flags=()):
        file = ()
        if config is not None:
            path = scratch / "bobbin.toml"
            path.write_text(config)
            file = ("--config", path)
        decisions, status, fields = explain(binary, *arguments, "--root", root, *file, *flags)
        by_subject = {}
        for about, text in decisions:
            by_subject.setdefault(about, []).append(text)
        return by_subject, status, dict(fields)

    return run


def test_a_file(explained, root):
    decisions, status, fields = explained("/about.html")
    assert status == 200 and fields["Content-Length"] == str((root / "about.html").stat().st_size)
    assert decisions == {
        "listener": ["http://127.0.0.1:8080"],
        "site": ["Default site, for the host localhost:8080: it is one of its names or addresses"],
        "path": ["/about.html"],
        "place": [f"the root {root}"],
        "file": [f"{root}/about.html: a file"],
        "type": ["text/html; charset=utf-8, shown"],
    }


def test_the_names_that_are_tried(explained, root):
    (root / "guide").mkdir()
    (root / "guide/index.html").write_text("guide")
    (root / "link").symlink_to("about.html")
    decisions, status, fields = explained("GET", "/guide", flags=("--clean-urls", "on"))
    assert (status, fields["Location"]) == (308, "/guide/")
    assert decisions["file"] == [f"{root}/guide: a folder", f"{root}/guide/index.html: a file"]
    assert decisions["redirect"] == ["its address ends in a slash"]
    decisions, status, _ = explained("HEAD", "/contact", flags=("--clean-urls", "on"))
    assert status == 200
    assert decisions["file"] == [f"{root}/contact: is not there", f"{root}/contact.html: a file"]
    decisions, status, _ = explained("/link", flags=("--follow-symlinks", "inside"))
    assert status == 200
    assert decisions["file"] == [f"{root}/link: a file, by a symbolic link: {root.resolve()}/about.html"]
    decisions, status, _ = explained("/.env")
    assert (status, decisions["file"]) == (404, ["names that begin with a dot are hidden"])


def test_rules_have_their_place(explained):
    config = """
[[rule]]
path = "/about*"
set = "A: 1"
[[rule]]
path = ["*.css", "*.html"]
method = "GET"
remove = "A"
[[rule]]
path = "/contact.html"
deny_client = "192.0.2.0/24"
"""
    decisions, _, fields = explained("/about.html", config=config)
    first, second = decisions["rule"]
    assert first.endswith("bobbin.toml:2:1: [[rule]] for /about*")
    assert second.endswith("bobbin.toml:5:1: [[rule]] for *.css, *.html (method GET)")
    assert "A" not in fields
    assert explained("/contact.html", config=config)[1] == 200
    decisions, status, _ = explained("/contact.html", "--from", "192.0.2.7", config=config)
    assert (status, decisions["access"]) == (403, ["the address 192.0.2.7 is denied"])


def test_sites(explained, scratch):
    (scratch / "other").mkdir()
    config = f"""
allow_host = "www.example.org"
[[site]]
names = ["*.example.net"]
root = "{scratch / "other"}"
"""
    decisions, _, _ = explained("http://a.example.net:8080/", config=config)
    assert decisions["site"] == [
        "Site *.example.net, for the host a.example.net:8080: a pattern of its names covers it"
    ]
    decisions, _, _ = explained("/", "-H", "Host: www.example.org", config=config)
    assert decisions["site"][0].startswith("Default site, www.example.org, for the host www.example.org:")
    decisions, status, _ = explained("http://evil.example/", config=config)
    assert status == 403 and "site" not in decisions
    assert decisions["log"] == ["Host mismatch (evil.example) (to allow it: --allow-host evil.example)"]


def test_redirects(explained):
    flags = ("--redirect", "/old/* /new/:splat", "--canonical-host", "example.org")
    decisions, status, fields = explained("http://example.org:8080/old/a?b=c", flags=flags)
    assert (status, fields["Location"]) == (301, "/new/a?b=c")
    assert decisions["redirect"] == ["the redirect from /old/*"]
    flags += ("--allow-host", "www.example.org")
    decisions, status, fields = explained("http://www.example.org:8080/", flags=flags)
    assert (status, fields["Location"]) == (308, "http://example.org:8080/")
    assert decisions["redirect"] == ["--canonical-host is example.org"]


def test_listeners_with_tls(explained, scratch, root):
    pair = make_certificate(scratch / "certificates", "localhost")
    config = f"""
[[listener]]
port = 8443
certificate = "{pair.certificate}"
key = "{pair.key}"
hsts = "max-age=60"
[[listener]]
port = 8080
redirect_to_https = true
"""
    decisions, status, fields = explained("https://localhost:8443/about.html", config=config)
    assert (status, fields["Strict-Transport-Security"]) == (200, "max-age=60")
    assert decisions["listener"] == ["https://127.0.0.1:8443"]
    decisions, status, fields = explained("http://localhost:8080/about.html", config=config)
    assert (status, fields["Location"]) == (308, "https://localhost:8443/about.html")
    assert decisions["redirect"] == ["this listener sends clients to https"]


def test_passwords(explained, scratch):
    users = scratch / "users"
    users.write_text(f"alice:{HASHES['bcrypt']}\n")
    flags = ("--password-file", users)
    decisions, status, _ = explained("/about.html", flags=flags)
    assert (status, decisions["access"]) == (401, ["a password or a token is asked for"])
    assert decisions["reason"] == ["You need to sign in to see this."]
    ((name, value),) = basic("alice")
    decisions, status, _ = explained("/about.html", "-H", f"{name}: {value}", flags=flags)
    assert (status, decisions["access"]) == (200, ["a password or a token is asked for", "let in as alice"])


def test_codings_conditions_and_ranges(explained, root):
    (root / "page.html").write_text("again and again. " * 500)
    (root / "page.html.br").write_bytes(b"coded")
    on = ("--compress", "on")
    decisions, _, fields = explained("/page.html", "-H", "Accept-Encoding: br", flags=on)
    assert (decisions["coding"], fields["Content-Encoding"]) == (["br, from a file that is there in it"], "br")
    decisions, _, fields = explained("/page.html", "-H", "Accept-Encoding: gzip", flags=on)
    assert (decisions["coding"], fields["Content-Encoding"]) == (["gzip, made by the server"], "gzip")
    decisions, status, _ = explained("/page.html", "-H", "Accept-Encoding: *;q=0", flags=on)
    assert status == 406
    assert decisions["coding"] == ["none that there is, and the client refuses the file as it is"]
    decisions, status, _ = explained("/page.html", "-H", "If-Match: \"other\"")
    assert status == 412 and decisions["condition"][0].startswith("fails: ETag is ")
    decisions, status, _ = explained("/page.html", "-H", "If-None-Match: *")
    assert status == 304 and decisions["condition"][0].startswith("the client has it already: ETag is ")
    for value, expected, text in [
        ("bytes=0-3", 206, "one part is given"),
        ("bytes=0-3, 6-8", 206, "several parts are given"),
        ("bytes=100000-", 416, "begins behind the end of the file"),
        ("lines=1", 200, "ignored: the whole file is given"),
    ]:
        decisions, status, _ = explained("/page.html", "-H", f"Range: {value}")
        assert (status, decisions["range"]) == (expected, [text])


def test_uploads(explained, scratch, root):
    folder = scratch / "inbox"
    folder.mkdir()
    flags = ("--uploads", "on", "--upload-dir", folder)
    json_type = ("-H", "Content-Type: application/json")
    before = snapshot(folder)
    decisions, status, fields = explained("POST", "/upload", *json_type, "-H", "Content-Length: 2", flags=flags)
    assert (status, fields, decisions["place"]) == (None, {}, [f"uploads, into {folder}"])
    _, status, _ = explained("POST", "/upload", "-H", "Content-Length: 2", flags=flags)
    assert status == 415
    _, status, _ = explained("POST", "/upload", *json_type, flags=flags)
    assert status == 411
    _, status, _ = explained("POST", "/upload", *json_type, "-H", "Content-Length: 99999999999", flags=flags)
    assert status == 413
    assert snapshot(folder) == before


def test_it_changes_nothing(explained, root):
    before = snapshot(root)
    for request in (["/"], ["POST", "/upload"], ["/uploads/"], ["/none"], ["/big.png"]):
        explained(*request)
    assert snapshot(root) == before


def test_as_text(binary, root):
    ended = run_to_end(binary, "explain", "/sample.txt\033[1m", "--root", root)
    assert ended.returncode == 0
    lines = ended.stdout.splitlines()
    assert lines[0] == "listener   http://127.0.0.1:8080"
    assert "HTTP/1.1 400 Bad Request" in lines and "\033" not in ended.stdout
    ended = run_to_end(binary, "explain", "/sample.txt", root)
    assert "place      the root " in ended.stdout and "HTTP/1.1 200 OK\nContent-Type: text/plain" in ended.stdout
    folder = root / "uploads"
    ended = run_to_end(binary, "explain", "POST", "/upload", "-H", "Content-Type: application/json", "-H",
                       "Content-Length: 2", "--root", root, "--upload-dir", folder)  # fmt: skip
    assert ended.stdout.endswith(
        "answer     the head is accepted, and the content of the request decides about the answer\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain"], "explain: a URL or a path is missing, as in: bobbin explain GET /index.html"),
        (["explain", "GET"], "explain: a URL or a path is missing, as in: bobbin explain GET /index.html"),
        (["explain", "G T", "/"], 'explain: "G T" is not allowed; a method and a URL are one word each'),
        (["explain", "/a b"], 'explain: "/a b" is not allowed; a method and a URL are one word each'),
        (["explain", "/", "-H", "nothing"], '-H: "nothing" is not allowed; Name: value, on one line'),
        (["explain", "/", "-H", "A: b\r\nC: d"], '-H: "A: b\\x0d\\x0aC: d" is not allowed; Name: value, on one line'),
        (["explain", "/", "--from", "here"], '--from: "here" is not allowed; an IPv4 or IPv6 address'),
        (["explain", "https://x/"], "explain: no listener answers https; --tls makes one do so"),
        (["-H", "A: b"], "-H: only allowed behind a command, as in: bobbin explain /index.html -H 'Accept: text/html'"),
        (["audit", "--from", "::1"], "--from: only allowed behind a command, as in: bobbin explain /index.html --from 192.0.2.1"),
        (["explain", "/", "--all"], "--all: only allowed behind a command, as in: bobbin audit --all"),
    ],
)  # fmt: skip
def test_what_is_not_understood(binary, root, arguments, message):
    ended = run_to_end(binary, *arguments, "--root", root)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", f"bobbin: {message}\n")


@pytest.mark.parametrize("seed", range(6))
def test_the_answer_is_the_one_of_the_server(binary, start_plain, scratch, seed):
    """tests/long draws many more."""
    drawn = Drawn(seed, scratch / "drawn")
    server = start_plain("--config", drawn.config, "--port", "0", "--root", drawn.root, root=drawn.root)
    check_drawn(binary, server, drawn, 50)
