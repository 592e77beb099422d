"""CONTRACT §4 (403) and §7 rows 6 and 7: nothing outside the root is ever served."""

import os

import pytest

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

SECRET = b"this is outside of the root"

# fmt: off
REFUSED = [
    # §7 row 6
    "/../etc/passwd", "/../../x", "//etc/hosts", "/./././../config", "/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd",
    "/..%5c..%5cx", "/%252e%252e/x",
    # A `.` or `..` segment anywhere
    "/..", "/.", "/./", "/../", "/about.html/..", "/folder/../about.html", "/folder/./page.html", "/folder/..",
    "/folder/.",
    # percent-encoded once, in part, in either case
    "/%2e", "/%2E%2E/", "/.%2e/x", "/%2e./x", "/folder/%2e%2e/about.html", "/folder%2f..%2fabout.html", "/%2e%2e%2fx",
    # percent-encoded twice
    "/%252e/x", "/%252e%252e%252fx", "/..%252fx", "/folder/%252E%252E/x", "/%25%32%65%25%32%65/x",
    # an empty inner segment
    "//", "//about.html", "/folder//page.html", "/folder//", "///", "/folder/%2fpage.html", "/folder%2f%2fpage.html",
    # a backslash
    "/..\\..\\x", "/folder\\page.html", "/folder%5cpage.html", "/folder%5Cpage.html", "/folder%255cpage.html", "/\\",
    # NUL
    "/%00", "/about.html%00", "/about.html%00.png", "/%2500", "/about.html%2500.png", "/..%00/x",
]
# fmt: on


@pytest.fixture
def surroundings(root):
    """Things around the root and in it that a wrong path would reach."""
    (root / "folder").mkdir()
    (root / "folder/page.html").write_bytes(b"inside")
    (root.parent / "config").write_bytes(SECRET)
    (root.parent / "x").write_bytes(SECRET)
    sibling = root.with_name(root.name + "-old")
    sibling.mkdir()
    (sibling / "secret.html").write_bytes(SECRET)


@pytest.mark.parametrize("target", REFUSED)
def test_refused_path(surroundings, server, target):
    """§7 row 6: 403, closed."""
    with server.connect() as connection:
        connection.send(connection.request("GET", target) + connection.request("GET", "/about.html"))
        response = connection.receive()
        assert response.status == 403 and not response.keeps
        assert SECRET not in response.content
        connection.expect_closed()


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize("target", ["/../x", "/%2e%2e/upload", "//upload"])
def test_refused_path_with_other_methods(surroundings, server, method, target):
    """§4: the path is refused whatever the method."""
    response = server.ask(method, target, fields=[("Content-Type", "application/json")], content=b"{}")
    assert response.status == 403
    assert server.uploads() == []


# fmt: off
NEVER_OUTSIDE = [
    "/..;/x", "/...//x", "/%c0%ae%c0%ae/x", "/%c0%ae%c0%ae%c0%afx", "/%uff0e%uff0e/x", "/%ef%bc%8e%ef%bc%8e/x",
    "/..%ef%bc%8fx", "/%e0%80%ae%e0%80%ae/x", "/..%01/x", "/~root/x", "/%2e%2e%3bx", "/..%20/x", "/.%20./x",
    "/%25%5c..%25%5c..%25%5cx", "/proc/self/root/etc/passwd", "/etc/passwd", "/resources-old/secret.html",
    "/..%2fresources-old%2fsecret.html", "/../resources-old/secret.html", "/x%2f..%2f..%2fx", "/C:/x",
    "/%2fetc%2fpasswd",
]
# fmt: on


@pytest.mark.parametrize("target", NEVER_OUTSIDE)
def test_never_outside(surroundings, server, target):
    """§7 rows 6, 7: other spellings: refused or missing, never the content of anything outside."""
    response = server.get(target)
    assert response.status in (400, 403, 404)
    assert SECRET not in response.content and b"root:" not in response.content


@pytest.mark.parametrize("target", ["/folder/page.html", "/folder%2fpage.html", "/f%6flder/p%61ge.html"])
def test_encoded_names_inside(surroundings, server, target):
    """RFC 3986 §6.2.2.2: an encoded letter is that letter; an encoded slash separates or names nothing."""
    response = server.get(target)
    assert (response.status, response.content) == (200, b"inside") or (
        "%2f" in target and response.status in (403, 404)
    )


def test_dots_in_names(server):
    """Only whole segments of one or two dots are refused."""
    for name in ["a..b.html", "a.html..", "two..dots", "a..."]:
        (server.root / name).write_bytes(b"dots")
        assert server.get("/" + name).status == 200, name
    for target in ["/...", "/..a", "/.a"]:  # dotfiles (§2)
        assert server.get(target).status == 404, target


# Links


def test_links_out_of_the_root(surroundings, server):
    """§7 row 7: a link out of the root → 403, to a file or through a directory, relative or absolute."""
    root = server.root
    links = {
        "relative.html": "../config",
        "absolute.html": str(root.parent / "config"),
        "etc": "/etc",
        "up": "..",
        "sibling": "../resources-old",
        "folder/deep.html": "../../config",
        "proc": "/proc/self/root",
        "chain.html": "relative.html",
    }
    for name, target in links.items():
        os.symlink(target, root / name)
    for target in [
        "/relative.html",
        "/absolute.html",
        "/etc/passwd",
        "/up/config",
        "/sibling/secret.html",
        "/folder/deep.html",
        "/proc/etc/passwd",
        "/chain.html",
    ]:
        with server.connect() as connection:
            response = connection.ask("GET", target)
            assert response.status == 403 and not response.keeps, target
            assert SECRET not in response.content
            connection.expect_closed()


def test_links_inside_the_root(surroundings, server):
    """§7 row 7: a link inside it → 200, typed by the name that was asked for."""
    os.symlink("about.html", server.root / "link.html")
    os.symlink("folder", server.root / "linked")
    os.symlink("../logo.png", server.root / "folder/logo.png")
    assert server.get("/link.html").content == (server.root / "about.html").read_bytes()
    assert server.get("/linked/page.html").content == b"inside"
    assert server.get("/folder/logo.png").content == (server.root / "logo.png").read_bytes()


def test_links_to_nothing(server):
    """A dangling link is a missing file; a loop must end."""
    os.symlink("missing", server.root / "dangling.html")
    os.symlink("loop.html", server.root / "loop.html")
    assert server.get("/dangling.html").status == 404
    assert server.get("/loop.html").status in (403, 404)


def test_link_that_changes_between_two_requests(surroundings, server):
    """§2: decided on the very descriptor that is served, each time."""
    link = server.root / "link.html"
    with server.connect() as connection:
        for _ in range(20):
            os.symlink("about.html", link)
            assert connection.ask("GET", "/link.html").status == 200
            link.unlink()
            os.symlink("../config", link)
            with server.connect() as other:
                assert other.ask("GET", "/link.html").status == 403
            link.unlink()
