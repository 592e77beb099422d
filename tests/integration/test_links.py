"""Which symbolic links are followed: --follow-symlinks (docs/contract.md §2)."""

import json
import os
import signal

import pytest

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

SECRET = b"outside of the root"


@pytest.fixture
def linked(root):
    """Links of every kind, by the path that each of them is asked for at."""
    (root / "folder").mkdir()
    (root / "folder/page.html").write_bytes(b"inside")
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "secret.html").write_bytes(SECRET)
    links = {
        "relative.html": "folder/page.html",
        "absolute.html": root / "folder/page.html",
        "absolute": root / "folder",
        "chain.html": "absolute/page.html",
        "out.html": "../outside/secret.html",
        "out": outside,
        "back.html": "../resources/folder/page.html",
        "proc.html": f"/proc/self/root{root}/folder/page.html",
        "dangling.html": root / "nothing.html",
    }
    for name, target in links.items():
        os.symlink(target, root / name)
    return root


INSIDE = ["/relative.html", "/absolute.html", "/absolute/page.html", "/chain.html"]
OUTSIDE = ["/out.html", "/out/secret.html"]


def assert_refused(server, targets):
    for target in targets:
        response = server.get(target)
        assert response.status == 403, target
        assert SECRET not in response.content


def assert_served(server, targets, content):
    for _ in range(3):  # opened, kept, and given again
        for target in targets:
            response = server.get(target)
            assert (response.status, response.content) == (200, content), target


def test_inside_is_the_default(linked, start):
    server = start()
    assert_served(server, INSIDE, b"inside")
    assert_refused(server, [*OUTSIDE, "/back.html", "/proc.html"])
    assert server.get("/dangling.html").status == 404
    server.log.wait_for(r"Security violation: Symbolic link leaves the root \(/out\.html\)")


def test_no_follows_none(linked, start):
    server = start("--follow-symlinks", "no")
    assert_served(server, ["/folder/page.html"], b"inside")
    assert_refused(server, [*INSIDE, *OUTSIDE, "/back.html", "/proc.html", "/dangling.html"])


def test_yes_follows_them_out(linked, start):
    server = start("--follow-symlinks", "yes")
    assert_served(server, [*INSIDE, "/back.html"], b"inside")
    assert_served(server, OUTSIDE, SECRET)
    assert_refused(server, ["/proc.html"])
    for target in ["/../outside/secret.html", "/%2e%2e/outside/secret.html", "/out/../outside/secret.html"]:
        assert server.get(target).status == 403, target


def test_an_absolute_link_that_changes_while_it_is_kept(linked, start):
    server = start()
    link = linked / "changing.html"
    for _ in range(5):
        os.symlink(linked / "folder/page.html", link)
        assert_served(server, ["/changing.html"], b"inside")
        link.unlink()
        os.symlink(linked.parent / "outside/secret.html", link)
        assert_refused(server, ["/changing.html"])
        link.unlink()


def test_what_is_listed_is_what_is_followed(linked, start):
    (linked / "index.html").unlink()
    listed = {}
    for policy in ["no", "inside", "yes"]:
        server = start("--follow-symlinks", policy, "--listing", "on", "--profile", "folder")
        names = {entry["name"] for entry in json.loads(server.get("/?format=json").content)}
        listed[policy] = names - {"uploads"}
    plain = {name for name in os.listdir(linked) if not (linked / name).is_symlink()} - {"uploads"}
    inside = {"relative.html", "absolute.html", "absolute", "chain.html"}
    assert listed == {
        "no": plain,
        "inside": plain | inside,
        "yes": plain | inside | {"out.html", "out", "back.html"},
    }


@pytest.mark.modes("many")
def test_each_site_has_its_own_and_a_reload_changes_it(linked, start_plain, scratch):
    config = scratch / "bobbin.toml"

    def write(policy):
        config.write_text(
            f'port = 0\nroot = "{linked}"\n[[site]]\nnames = "a.test"\nroot = "{linked}"\nfollow_symlinks = "{policy}"\n'
        )

    write("yes")
    server = start_plain("--config", config, root=linked)

    def statuses():
        return [server.get("/out.html", **rest).status for rest in ({"host": "a.test"}, {})]

    assert statuses() == [200, 403]
    write("no")
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded$")
    assert statuses() == [403, 403]
