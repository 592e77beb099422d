"""Several folders under one site: [[mount]] of the default site, [[site.mount]] of others (docs/sites.md)."""

import hashlib
import json
import signal
import urllib.parse

import pytest

from support.server import run_to_end
from support.waiting import eventually
from test_authentication import HASHES, basic
from test_reload import switch

pytestmark = [pytest.mark.semantics, pytest.mark.http2]


@pytest.fixture
def folders(scratch, root):
    """A root whose `docs` is hidden by a mount, and folders to mount."""
    contents = {
        "resources/docs/index.html": b"hidden by the mount",
        "resources/docs/only-in-root.html": b"hidden, too",
        "manual/index.html": b"the manual",
        "manual/page.css": b"a {}",
        "manual/deep/file.css": b"deep {}",
        "manual/api/index.html": b"hidden by the mount further down",
        "api/index.html": b"the interface",
        "empty/file.css": b"b {}",
    }
    for name, content in contents.items():
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return scratch


@pytest.fixture
def mounted(start, scratch, folders):
    """Start a server with these mounts, by path, and further keys."""

    def start_with(mounts=None, keys="", flags=(), **rest):
        mounts = mounts or {"/docs": folders / "manual", "/docs/api": folders / "api"}
        config = scratch / "bobbin.toml"
        lines = [keys]
        for path, folder in mounts.items():
            lines += ["[[mount]]", f"path = {json.dumps(path)}", f"root = {json.dumps(str(folder))}"]
        config.write_text("\n".join(lines) + "\n")
        return start("--config", config, *flags, **rest)

    return start_with


def content(server, target, **rest):
    response = server.get(target, **rest)
    return response.content if response.status == 200 else response.status


def listed(server, target):
    response = server.get(target, fields=[("Accept", "application/json")])
    assert response.status == 200, response
    return [entry["href"] for entry in json.loads(response.content)]


def test_the_longest_path_wins_and_hides_what_lies_there(mounted):
    server = mounted()
    for _ in range(3):  # opened, kept, and given again
        assert content(server, "/docs/") == b"the manual"
        assert content(server, "/docs/page.css") == b"a {}"
        assert content(server, "/docs/deep/file.css") == b"deep {}"
        assert content(server, "/docs/api/") == b"the interface"
        assert content(server, "/docs/only-in-root.html") == 404
        assert content(server, "/docsx/page.css") == 404
        assert content(server, "/about.html") == (server.root / "about.html").read_bytes()
    for name in ["/docs", "/docs/api"]:
        response = server.get(name + "?a=b")
        assert (response.status, response["Location"]) == (308, name + "/?a=b")
    assert server.ask("DELETE", "/docs/page.css").status == 405
    assert server.ask("POST", "/docs/page.css").status == 405


def test_a_mount_in_a_folder_that_the_root_does_not_have(mounted, folders):
    server = mounted({"/a/b/c": folders / "empty"})
    assert content(server, "/a/b/c/file.css") == b"b {}"
    assert [content(server, target) for target in ["/a", "/a/", "/a/b/", "/a/b/c/"]] == [404] * 4
    assert server.get("/a/b/c").status == 404, "no redirect leads to a 404"


def test_each_mount_is_its_own_fence(mounted, folders):
    (folders / "manual/out.css").symlink_to(folders / "empty/file.css")
    (folders / "manual/to-root.css").symlink_to(folders / "resources/about.html")
    (folders / "manual/inside.css").symlink_to(folders / "manual/page.css")
    (folders / "resources/into-mount.css").symlink_to(folders / "manual/page.css")
    (folders / "manual/.secret").write_bytes(b"x")
    server = mounted()
    assert content(server, "/docs/inside.css") == b"a {}"
    for target in ["/docs/out.css", "/docs/to-root.css", "/into-mount.css"]:
        assert server.get(target).status == 403, target
    assert server.get("/docs/.secret").status == 404
    for target in ["/docs/../about.html", "/docs/%2e%2e/about.html", "/docs/..%2fabout.html"]:
        assert server.get(target).status == 403, target


def test_listings_show_mounts_and_work_in_them(mounted, folders):
    mounts = {
        "/docs": folders / "manual",
        "/docs/api": folders / "api",
        "/docs/empty": folders / "empty",
        "/empty": folders / "empty",
    }
    (folders / "resources/index.html").unlink()
    (folders / "manual/index.html").unlink()
    (folders / "resources/zeta").mkdir()
    server = mounted(mounts, keys='listing = true\nprofile = "folder"')
    top = listed(server, "/")
    assert top[:3] == ["docs/", "empty/", "uploads/"] and "zeta/" in top and top.count("docs/") == 1
    assert listed(server, "/docs/") == ["api/", "deep/", "empty/", "page.css"]
    assert listed(server, "/empty/") == ["file.css"]
    assert listed(server, "/docs/deep/") == ["file.css"]
    page = server.get("/docs/empty/").text
    assert 'href="../"' in page and "/docs/empty/ on " in page
    for name in ["/docs", "/docs/empty", "/empty", "/docs/deep"]:
        assert server.get(name)["Location"] == name + "/"

    def walk(target):
        for href in listed(server, target):
            address = urllib.parse.urljoin(target, href)
            if href.endswith("/"):
                if server.get(address)["Content-Type"].startswith("text/html"):
                    continue  # its index, which is shown instead
                walk(address)
            else:
                assert server.get(address).status == 200, address

    walk("/")


def test_rules_and_passwords_go_by_the_path_in_the_site(mounted, folders, scratch):
    (scratch / "users").write_text(f"alice:{HASHES['bcrypt']}\n")
    config = scratch / "bobbin.toml"
    server = mounted(
        keys=f'[[rule]]\npath = "/docs/**"\npassword_file = "{scratch / "users"}"\nset = "X-Rule: docs"\n'
        '[[rule]]\npath = "/docs/api/**"\nopen = true\n'
    )
    assert config.exists()
    assert server.get("/docs/page.css").status == 401
    signed_in = server.get("/docs/page.css", fields=basic("alice"))
    assert (signed_in.content, signed_in["X-Rule"]) == (b"a {}", "docs")
    assert content(server, "/docs/api/") == b"the interface"


def test_uploads_are_those_of_the_site(mounted, folders):
    server = mounted({"/uploads/manual": folders / "manual"})
    stored = server.upload(b"[1]")
    assert stored.status == 201
    assert content(server, stored["Location"]) == b"[1]"
    assert content(server, "/uploads/manual/page.css") == b"a {}"


@pytest.mark.parametrize(
    "mounts, keys, complaint",
    [
        ({"/a": "nowhere"}, "", '[[mount]] "/a": root: "{scratch}/nowhere" cannot be served; an existing directory is'),
        ({"/upload": "manual"}, "", '[[mount]] "/upload": path: uploads have this path; another one is needed'),
        ({"/uploads": "manual"}, "", '[[mount]] "/uploads": path: uploads have this path; another one is needed'),
        ({"/all": "."}, "", '[[mount]] "/all": root: the folder of uploads, "{scratch}/resources/uploads", lies in'),
        ({"/u": "resources/uploads"}, "", '[[mount]] "/u": root: the folder of uploads, "{scratch}/resources/uploads"'),
        ({"/m": "manual"}, 'password_file = "{scratch}/manual/users"', "--password-file: "),
    ],
)
@pytest.mark.modes("many")
def test_what_cannot_be_mounted(mode, folders, scratch, binary, mounts, keys, complaint):
    (folders / "manual/users").write_text("")
    config = scratch / "bobbin.toml"
    text = keys.replace("{scratch}", str(scratch)) + "\nport = 0\n"
    for path, folder in mounts.items():
        text += f'[[mount]]\npath = "{path}"\nroot = "{scratch / folder}"\n'
    config.write_text(text)
    for check in [[], ["--check-config"]]:
        ended = run_to_end(binary, "--root", scratch / "resources", "--config", config, *check)
        assert ended.returncode == 2 and complaint.replace("{scratch}", str(scratch)) in ended.stderr, ended.stderr


@pytest.mark.modes("many")
def test_two_mounts_at_one_path(mode, folders, scratch, binary):
    config = scratch / "bobbin.toml"
    mount = f'[[site.mount]]\npath = "/a"\nroot = "{folders / "manual"}"\n'
    config.write_text(f'[[site]]\nnames = "a.test"\nroot = "{folders / "api"}"\n' + 2 * mount)
    ended = run_to_end(binary, "--config", config)
    assert ended.returncode == 2 and '[[site.mount]] "/a": path: another mount of the site has this path' in ended.stderr


@pytest.mark.modes("many")
def test_a_mount_is_followed_as_the_root_is(mounted, folders, scratch):
    for name in ["one", "two", "three"]:
        (scratch / name).mkdir()
        (scratch / name / "a.css").write_text(name)
    link = scratch / "current"
    link.symlink_to("one")
    server = mounted({"/docs": link, "/fixed": folders / "manual"})
    assert content(server, "/docs/a.css") == b"one"
    switch(link, "two")
    server.log.wait_for(rf"The root '{link}' leads to another directory, which is served from now on")
    eventually(lambda: content(server, "/docs/a.css") == b"two", "the second folder")

    # One that leads nowhere does not keep others from being followed.
    (folders / "manual").rename(scratch / "moved")
    server.log.wait_for(rf"Warning: The root '{folders / 'manual'}' leads nowhere any more")
    switch(link, "three")
    eventually(lambda: content(server, "/docs/a.css") == b"three", "the third folder")
    assert content(server, "/fixed/page.css") == b"a {}"


@pytest.mark.modes("many")
def test_each_site_has_its_own_and_a_reload_changes_them(start_plain, folders, scratch):
    config = scratch / "bobbin.toml"
    site = f'[[site]]\nnames = "a.test"\nroot = "{folders / "api"}"\n'

    def mount(folder):
        return f'[[site.mount]]\npath = "/m"\nroot = "{folders / folder}"\n'

    keys = f'port = 0\nroot = "{folders / "resources"}"\n'
    config.write_text(keys + site + mount("manual"))
    server = start_plain("--config", config, root=folders / "resources")
    server.log.wait_for(r"Path /m: serving files from '.*/manual' directory")
    assert content(server, "/m/page.css", host="a.test") == b"a {}"
    assert content(server, "/m/page.css") == 404
    config.write_text(keys + site + mount("empty"))
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded$")
    assert content(server, "/m/file.css", host="a.test") == b"b {}"
    assert content(server, "/m/page.css", host="a.test") == 404


def test_an_app_answers_in_a_mount_as_in_a_folder(mounted, folders):
    server = mounted(keys='spa = "about.html"\nprofile = "folder"')
    navigation = {"fields": [("Accept", "text/html")]}
    page = (server.root / "about.html").read_bytes()
    assert content(server, "/docs/nothing", **navigation) == page
    assert content(server, "/docs/nothing.js", **navigation) == 404
    assert content(server, "/docs/page.css", **navigation) == b"a {}"


def test_checksums_and_codings_in_a_mount(mounted, folders):
    (folders / "manual/large.css").write_bytes(b"a {}\n" * 1000)
    server = mounted(keys='checksums = true\nprofile = "folder"')
    digest = hashlib.sha256(b"a {}").hexdigest()
    assert content(server, "/docs/page.css.sha256") == f"{digest}  page.css\n".encode()
    coded = server.get("/docs/large.css", fields=[("Accept-Encoding", "gzip")])
    assert (coded.status, coded["Content-Encoding"]) == (200, "gzip")
