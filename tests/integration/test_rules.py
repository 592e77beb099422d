"""Rules by path: [[rule]] of the default site, [[site.rule]] of others."""

import json

import pytest

from support.server import run_to_end
from support.validators import strong_etag
from test_authentication import HASHES, basic

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

USERS = f"alice:{HASHES['bcrypt']}\n"
ALICE = basic("alice")


@pytest.fixture
def ruled(start, scratch, root):
    """Start a server with these rules, each a dictionary of its keys."""
    (root / "assets").mkdir()
    (root / "assets/app.js").write_text("let a;")
    (root / "assets/deep").mkdir()
    (root / "assets/deep/app.css").write_text("a{}")
    (root / "assets/page.html").write_text("<p>page</p>")

    def start_with(*rules, keys=(), flags=()):
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys]
        for rule in rules:
            lines += ["[[rule]]", *(f"{key} = {json.dumps(value)}" for key, value in rule.items())]
        config = scratch / "bobbin.toml"
        config.write_text("\n".join(lines) + "\n")
        return start("--config", config, *flags)

    return start_with


def values(response, name):
    return [value for field, value in response.fields if field.lower() == name.lower()]


def test_fields_are_merged_in_order(ruled):
    server = ruled(
        {"path": "/**", "set": ["A: 1", "B: 1"]},
        {"path": "/assets/**", "set": ["a: 2"], "add": ["B: 2"]},
        {"path": ["*.css", "*.png"], "remove": ["B"], "cache_control": "no-store"},
    )
    for _ in range(3):  # made, kept, and given again
        about = server.get("/about.html")
        assert (values(about, "A"), values(about, "B"), values(about, "Cache-Control")) == (["1"], ["1"], [])
        script = server.get("/assets/app.js")
        assert (values(script, "A"), values(script, "B")) == (["2"], ["1", "2"])
        style = server.get("/assets/deep/app.css")
        assert (values(style, "A"), values(style, "B"), values(style, "Cache-Control")) == (["2"], [], ["no-store"])
    for target in ("/none", "/assets/none.css"):
        missing = server.get(target)
        assert missing.status == 404 and values(missing, "A") == []


def test_one_file_under_two_paths(ruled):
    """What is kept of a file under one path is not given under another one that other rules are about."""
    server = ruled({"path": "/", "set": ["Home: yes"]}, {"path": "*.html", "set": ["Page: yes"]})
    for _ in range(3):
        home, page = server.get("/"), server.get("/index.html")
        assert home.content == page.content
        assert (values(home, "Home"), values(home, "Page")) == (["yes"], [])
        assert (values(page, "Home"), values(page, "Page")) == ([], ["yes"])


def test_errors_and_statuses(ruled):
    server = ruled(
        {"path": "/assets/**", "errors": True, "set": ["Always: 1"]},
        {"path": "/**", "status": ["404"], "set": ["Missing: 1"]},
        {"path": "/**", "status": "4xx", "set": ["Client-Error: 1"]},
    )
    for _ in range(3):
        missing, elsewhere = server.get("/assets/none"), server.get("/none")
        assert [values(missing, name) for name in ("Always", "Missing", "Client-Error")] == [["1"]] * 3
        assert [values(elsewhere, name) for name in ("Always", "Missing", "Client-Error")] == [[], ["1"], ["1"]]
        found = server.get("/assets/app.js")
        assert [values(found, name) for name in ("Always", "Missing", "Client-Error")] == [["1"], [], []]
    assert values(server.ask("PUT", "/assets/app.js"), "Client-Error") == ["1"]


def test_methods(ruled):
    server = ruled({"path": "/**", "method": "GET", "set": ["Read: 1"]}, {"path": "/upload", "method": "POST", "set": ["Write: 1"]})
    assert values(server.get("/about.html"), "Read") == ["1"]
    assert values(server.ask("HEAD", "/about.html"), "Read") == ["1"]
    stored = server.upload(b"{}")
    assert (values(stored, "Read"), values(stored, "Write")) == ([], ["1"])


def test_not_modified_and_ranges_have_the_fields_too(ruled):
    server = ruled({"path": "/assets/**", "cache_control": "max-age=60"})
    tag = strong_etag(server, "/assets/app.js")
    for _ in range(2):
        again = server.get("/assets/app.js", fields=[("If-None-Match", tag)])
        assert again.status == 304 and again["Cache-Control"] == "max-age=60"
    part = server.get("/assets/app.js", fields=[("Range", "bytes=0-1")])
    assert part.status == 206 and part["Cache-Control"] == "max-age=60"


def test_immutable(ruled, root):
    server = ruled({"path": "/assets/deep/**", "cache_control": "no-cache"}, flags=("--immutable", "/assets/**,*.woff2"))
    assert server.get("/assets/app.js")["Cache-Control"] == "public, max-age=31536000, immutable"
    assert server.get("/assets/deep/app.css")["Cache-Control"] == "no-cache", "a rule goes before it"
    assert values(server.get("/about.html"), "Cache-Control") == []
    assert values(server.get("/assets/none"), "Cache-Control") == []


def test_download_or_show(ruled):
    server = ruled({"path": "/assets/**", "download": True}, {"path": "*.png", "download": False})
    for _ in range(3):
        script = server.get("/assets/app.js")
        assert script["Content-Disposition"] == 'attachment; filename="app.js"'
        assert script["Content-Type"] == "application/octet-stream"
        picture = server.get("/big.png")
        assert values(picture, "Content-Disposition") == [] and picture["Content-Type"] == "image/png"


ORIGIN = "https://app.example"


def test_other_sites_may_read(ruled):
    server = ruled({"path": "/assets/**", "cors": [ORIGIN, "https://other.example"]}, {"path": "/about.html", "cors": "*"})
    for _ in range(3):
        for origin in (ORIGIN, "https://other.example"):
            answer = server.get("/assets/app.js", fields=[("Origin", origin)])
            assert answer["Access-Control-Allow-Origin"] == origin
            assert "Origin" in values(answer, "Vary")
        for fields in ([("Origin", "https://evil.example")], []):
            answer = server.get("/assets/app.js", fields=fields)
            assert values(answer, "Access-Control-Allow-Origin") == [] and "Origin" in values(answer, "Vary")
        missing = server.get("/assets/none", fields=[("Origin", ORIGIN)])
        assert missing.status == 404 and missing["Access-Control-Allow-Origin"] == ORIGIN
        assert server.get("/about.html", fields=[("Origin", ORIGIN)])["Access-Control-Allow-Origin"] == "*"
        assert values(server.get("/", fields=[("Origin", ORIGIN)]), "Access-Control-Allow-Origin") == []


def test_preflights(ruled, scratch):
    (scratch / "users").write_text(USERS)
    server = ruled({"path": "/upload", "cors": ORIGIN}, keys=[("password_file", str(scratch / "users"))])
    asking = [("Origin", ORIGIN), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,authorization")]
    answer = server.ask("OPTIONS", "/upload", fields=asking)
    assert answer.status == 204
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    assert answer["Access-Control-Allow-Headers"] == "content-type,authorization"
    assert "POST" in answer["Access-Control-Allow-Methods"]
    evil = server.ask("OPTIONS", "/upload", fields=[("Origin", "https://evil.example"), *asking[1:]])
    assert values(evil, "Access-Control-Allow-Origin") == [] and values(evil, "Access-Control-Allow-Methods") == []
    assert server.ask("OPTIONS", "/about.html", fields=asking).status == 401
    assert server.upload(b"{}", fields=[("Origin", ORIGIN)]).status == 401
    stored = server.upload(b"{}", fields=[("Origin", ORIGIN), *ALICE])
    assert stored.status == 201 and stored["Access-Control-Allow-Origin"] == ORIGIN


def test_who_may_by_path(ruled, scratch):
    (scratch / "users").write_text(USERS)
    users = str(scratch / "users")
    server = ruled({"path": ["/assets/**", "/upload"], "password_file": users})
    assert server.get("/about.html").status == 200
    assert server.get("/assets/app.js").status == 401
    assert server.get("/assets/none").status == 401, "who may not ask does not learn what is there"
    assert server.get("/assets/app.js", fields=ALICE).status == 200
    assert server.upload(b"{}").status == 401
    assert server.upload(b"{}", fields=ALICE).status == 201


def test_an_exception_of_the_site(ruled, scratch):
    (scratch / "users").write_text(USERS)
    server = ruled({"path": "/assets/**", "open": True}, keys=[("password_file", str(scratch / "users"))])
    assert server.get("/about.html").status == 401
    assert server.get("/assets/app.js").status == 200
    for target in ("/assets/../about.html", "/assets/%2e%2e/about.html", "//assets/app.js", "/assets//../about.html", "/%61ssets/app.js"):
        assert "About" not in server.get(target).text


def test_clients_by_path(ruled):
    server = ruled({"path": "/assets/**", "deny_client": "127.0.0.0/8"})
    assert server.get("/about.html").status == 200
    assert server.get("/assets/app.js").status == 403
    server = ruled({"path": "/assets/**", "allow_client": "127.0.0.0/8"}, keys=[("deny_client", "127.0.0.0/8")])
    assert server.get("/about.html").status == 403
    assert server.get("/assets/app.js").status == 200


@pytest.mark.modes("many")
def test_files_of_rules_are_followed(ruled, scratch):
    (scratch / "users").write_text(USERS)
    server = ruled({"path": "/assets/**", "password_file": str(scratch / "users")})
    assert server.get("/assets/app.js", fields=ALICE).status == 200
    (scratch / "users").write_text(USERS.replace("alice", "bob"))
    server.log.wait_for("Passwords, tokens, redirects or error pages have changed and are in use")
    assert server.get("/assets/app.js", fields=ALICE).status == 401


@pytest.mark.modes("many")
def test_rules_of_sites(start, scratch, root):
    config = scratch / "bobbin.toml"
    config.write_text(
        f"""
[[site]]
names = ["a.example:*"]
root = "{root}"

[[site.rule]]
path = "/**"
set = "Site: a"

[[site]]
names = ["b.example:*"]
root = "{root}"
"""
    )
    server = start("--config", config)
    assert server.get("/about.html", host="a.example")["Site"] == "a"
    assert values(server.get("/about.html", host="b.example"), "Site") == []
    assert values(server.get("/about.html"), "Site") == []


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[rule]]\npath = "/"\n' * 48, "48 rules are too many for one site; 47 are allowed"),
        ('[[rule]]\npath = "/"\ncache_control = "no-store"\n' * 24, "48 rules are too many for one site"),
        ('[[rule]]\npath = "/"\ncors = [' + '"http://a",' * 65_536 + "]\n", "65536 origins are too many for one rule"),
    ],
    ids=["rules", "rules that count twice", "origins"],
)
def test_too_many(binary, scratch, root, text, words):
    config = scratch / "bobbin.toml"
    config.write_text(text)
    ended = run_to_end(binary, "--root", root, "--config", config, "--check-config")
    assert ended.returncode == 2 and words in ended.stderr


@pytest.mark.modes("many")
def test_as_many_as_are_allowed(binary, scratch, root):
    config = scratch / "bobbin.toml"
    config.write_text('[[rule]]\npath = "/"\n' * 47)
    assert run_to_end(binary, "--root", root, "--config", config, "--check-config").returncode == 0


DOCUMENT = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def test_documents_have_fields_that_protect_them(start, root):
    server = start()
    for target in ("/", "/about.html", "/none"):
        response = server.get(target, fields=[("Accept", "text/html")])
        assert values(response, "X-Content-Type-Options") == ["nosniff"]
        for name, value in DOCUMENT.items():
            assert values(response, name) == [value], (target, name)
    style = server.get("/logo.png")
    assert values(style, "X-Content-Type-Options") == ["nosniff"]
    assert all(values(style, name) == [] for name in DOCUMENT)


def test_each_of_these_fields_can_be_removed_or_replaced(ruled, start):
    server = ruled(
        {"path": "/about.html", "remove": ["X-Content-Type-Options", "Referrer-Policy"]},
        {"path": "/contact.html", "set": ["Content-Security-Policy: default-src 'self'"]},
        flags=("--header", "Referrer-Policy: no-referrer"),
    )
    about = server.get("/about.html")
    assert values(about, "X-Content-Type-Options") == values(about, "Referrer-Policy") == []
    contact = server.get("/contact.html")
    assert values(contact, "Content-Security-Policy") == ["default-src 'self'"]
    assert values(contact, "Referrer-Policy") == ["no-referrer"]
    plain = start("--security-headers", "off").get("/about.html")
    assert values(plain, "X-Content-Type-Options") == [] and all(values(plain, name) == [] for name in DOCUMENT)
