"""Reloads, roots that a deployment switches, sites by Host, and the two profiles (docs/contract.md §0, §1, §3)."""

import pathlib
import signal
import threading

import pytest

from support.waiting import eventually

RELOADED = "Configuration reloaded$"


def write_release(folder, name):
    """A release: two files that say which one they belong to."""
    release = folder / name
    release.mkdir()
    for file in ["a.css", "b.css"]:
        (release / file).write_text(f"{file} of {name}")
    return release


def switch(link, target):
    """As deployments do it: the new link takes the old one's place in one step."""
    new = link.with_name("next")
    new.symlink_to(target)
    new.rename(link)


@pytest.mark.modes("many")
def test_no_request_fails_while_the_server_reloads_and_its_root_is_switched(start_plain, scratch, sanitized):
    """200 reloads and 200 switches under the load of 8 connections: every answer is whole, and from one release."""
    releases = [write_release(scratch, name) for name in ["one", "two"]]
    link = scratch / "site"
    link.symlink_to(releases[0])
    server = start_plain(link, 0, "--keep-alive-requests", 0, "--access-log", "off", root=link)
    over = threading.Event()
    wrong = []

    def load():
        with server.connect() as connection:
            while not over.is_set():
                for file in ["a.css", "b.css"]:
                    response = connection.ask("GET", f"/{file}")
                    if response.status != 200 or response.content.decode() not in (f"{file} of one", f"{file} of two"):
                        wrong.append((response.status, response.content))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for number in range(40 if sanitized else 200):
            switch(link, releases[(number + 1) % 2])
            server.signal(signal.SIGHUP)
            server.log.wait_for(RELOADED, count=number + 1)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert server.get("/a.css").content == b"a.css of one"


@pytest.mark.modes("many")
def test_a_root_that_leads_elsewhere_is_followed(start_plain, scratch):
    """§1 --follow-root: within a second, and without a signal. While it leads nowhere the old one is served."""
    link = scratch / "site"
    link.symlink_to(write_release(scratch, "one"))
    server = start_plain(link, 0, root=link)
    assert server.get("/a.css").content == b"a.css of one"
    link.unlink()
    server.log.wait_for("Warning: The root .* leads nowhere any more")
    assert server.get("/a.css").content == b"a.css of one"
    link.symlink_to(write_release(scratch, "two"))
    eventually(lambda: server.get("/a.css").content == b"a.css of two", "the new root is served")
    switch(link, write_release(scratch, "three"))
    eventually(lambda: server.get("/a.css").content == b"a.css of three", "and the one after it")
    server.log.wait_for("leads to another directory, which is served from now on", count=2)
    assert server.log.count("leads to the served directory again") == 0


@pytest.mark.modes("many")
def test_a_root_that_is_not_followed(start_plain, scratch):
    """§1 --follow-root off: the log says that the root has moved, and a reload changes over."""
    link = scratch / "site"
    link.symlink_to(write_release(scratch, "one"))
    server = start_plain(link, 0, "--follow-root", "off", root=link)
    switch(link, write_release(scratch, "two"))
    server.log.wait_for("The root .* leads to another directory; SIGHUP changes over to it")
    assert server.get("/a.css").content == b"a.css of one"
    server.signal(signal.SIGHUP)
    server.log.wait_for(RELOADED)
    assert server.get("/a.css").content == b"a.css of two"


@pytest.mark.modes("many")
def test_a_root_on_another_device_is_another_root(start_plain, scratch):
    """§1 --follow-root: numbers of files are those of one device."""
    one, two = pathlib.Path("/proc"), pathlib.Path("/sys")
    if one.stat().st_ino != two.stat().st_ino:
        pytest.skip("no two directories of the same number")
    link = scratch / "site"
    link.symlink_to(one)
    server = start_plain(link, 0, "--sandbox-path", two, root=link)
    switch(link, two)
    server.log.wait_for("The root .* leads to another directory, which is served from now on")


@pytest.mark.modes("many")
def test_what_lies_beside_documents_follows_the_root(start_plain, scratch):
    """§1, §3: what is no document beneath the path of the uploads is the site's."""
    documents = scratch / "documents"
    documents.mkdir()
    for name in ["one", "two"]:
        (write_release(scratch, name) / "uploads").mkdir()
        (scratch / name / "uploads/about.css").write_text(name)
    link = scratch / "site"
    link.symlink_to(scratch / "one")
    server = start_plain(link, 0, "--upload-dir", documents, root=link)
    assert server.get("/uploads/about.css").content == b"one"
    switch(link, scratch / "two")
    eventually(lambda: server.get("/a.css").content == b"a.css of two", "the new root is served")
    assert server.get("/uploads/about.css").content == b"two"


@pytest.mark.modes("many")
def test_a_reload_without_uploads_gives_the_folder_up(start_plain, root, scratch):
    """§3: another server takes it over at once."""
    file = scratch / "bobbin.toml"
    file.write_text(f'root = "{root}"\nport = 0\nuploads = "on"\n')
    first = start_plain("-c", file, root=root)
    second = start_plain("--root", root, "--port", 0, root=root)
    assert second.upload(b"[1]").status == 503
    file.write_text(f'root = "{root}"\nport = 0\nuploads = "off"\n')
    first.signal(signal.SIGHUP)
    first.log.wait_for(RELOADED)
    second.log.wait_for("uploads are taken$")
    assert second.upload(b"[1]").status == 201


@pytest.mark.modes("many")
def test_a_reload_warns_as_a_start_does(start_plain, root, scratch):
    """§1: an unknown BOBBIN_ variable is a warning; and of what only an upgrade or a restart can change the reload says so."""
    file = scratch / "bobbin.toml"
    file.write_text(f'root = "{root}"\nport = 0\n')
    server = start_plain("-c", file, root=root, environment={"BOBBIN_NO_SUCH_OPTION": "1"})
    server.log.wait_for("BOBBIN_NO_SUCH_OPTION")
    file.write_text(f'root = "{root}"\nport = 1\n')
    server.signal(signal.SIGHUP)
    server.log.wait_for("BOBBIN_NO_SUCH_OPTION", count=2)
    server.log.wait_for("Warning: only an upgrade or a restart can change the addresses and ports of the listeners")


@pytest.mark.modes("many")
def test_a_bad_configuration_changes_nothing(start_plain, root, scratch):
    """§3: a reload is checked completely before anything changes; a wish that needs a restart is named."""
    file = scratch / "bobbin.toml"
    file.write_text(f'root = "{root}"\nport = 0\nheader = "X-Release: 1"\n')
    server = start_plain("-c", file, root=root)
    assert server.get()["X-Release"] == "1"
    file.write_text('root = "/not/there"\n')
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload refused, everything stays as it was: .*/not/there")
    file.write_text("treads = 3\n")
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload refused, everything stays as it was: .*bobbin.toml:1:1: treads: no such key")
    assert server.log.count("was: bobbin: ") == 0, "the name of the program belongs in front of messages of a start"
    assert server.get()["X-Release"] == "1"
    plain = f'root = "{root}"\nport = 0\n'
    file.write_text(plain + 'allow_certificate = "any"\n')
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload refused, everything stays as it was: --allow-certificate: no listener asks clients for certificates")
    (root / "users").write_text("")
    file.write_text(plain + f'password_file = "{root / "users"}"\n')
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload refused, everything stays as it was: --password-file: .* lies where clients could fetch it")
    # A listener with TLS is for the next start, and so nothing of it is wrong.
    secured = f'{plain}header = "X-Release: 1b"\n[[listener]]\nport = 1\ntls = "self-signed"\nclient_certificates = "auto"\n'
    file.write_text(secured)
    server.signal(signal.SIGHUP)
    server.log.wait_for("Warning: only an upgrade or a restart can change the addresses and ports of the listeners")
    assert server.get()["X-Release"] == "1b"
    file.write_text(f'root = "{root}"\nport = 0\nthreads = 3\nheader = "X-Release: 2"\n')
    server.signal(signal.SIGHUP)
    server.log.wait_for("Warning: only an upgrade or a restart can change --threads")
    assert server.get()["X-Release"] == "2"


@pytest.mark.modes("many")
def test_an_upload_folder_outlives_reloads(start_plain, root):
    """§1: the upload folder is opened once; what was stored is served after a reload too."""
    server = start_plain("--root", root, "--port", 0, root=root)
    first = server.upload(b"[1]")
    server.signal(signal.SIGHUP)
    server.log.wait_for(RELOADED)
    assert server.get(first["Location"]).content == b"[1]"
    assert server.upload(b"[2]").status == 201


@pytest.mark.modes("many")
def test_sites_are_chosen_by_host(start_plain, scratch):
    """§1: exact names before patterns; a name that nobody owns is 403. Fields are the site's own."""
    folders = {name: write_release(scratch, name) for name in ["shop", "wild"]}
    file = scratch / "bobbin.toml"
    file.write_text(
        "port = 0\n"
        f'[[site]]\nnames = ["shop.example"]\nroot = "{folders["shop"]}"\nheader = "X-Site: shop"\n'
        f'[[site]]\nnames = ["*.example"]\nroot = "{folders["wild"]}"\n'
    )
    server = start_plain("-c", file, root=folders["shop"])
    shop = server.get("/a.css", host="shop.example")
    assert (shop.content, shop["X-Site"]) == (b"a.css of shop", "shop")
    wild = server.get("/a.css", host="other.example")
    assert (wild.content, wild.get("X-Site")) == (b"a.css of wild", None)
    assert server.get("/a.css", host="example.org").status == 403
    assert server.get("/a.css").status == 403, "where sites are named, the address is none of their names"


@pytest.mark.modes("many")
def test_the_profile_folder(start_plain, root):
    """§0: `bobbin DIR`: files are shown, `./` and `//` are understood, nothing is uploaded, pages are revalidated."""
    (root / "uploads").mkdir(exist_ok=True)
    server = start_plain(root, 0, root=root)
    text = server.get("/sample.txt")
    assert (text["Content-Type"], text.get("Content-Disposition")) == ("text/plain; charset=utf-8", None)
    assert text["Cache-Control"] == "no-cache"
    for target in ["/./sample.txt", "//sample.txt"]:
        assert server.get(target).content == text.content, target
    missing = server.get("/nothing.html")
    assert (missing.status, missing["Cache-Control"]) == (404, "no-store")
    assert server.upload(b"{}").status == 404
    assert server.get("//etc/hosts").status == 403


@pytest.mark.modes("many")
def test_the_profile_classic(start_plain, root):
    """§0: the seeds' form is the demonstration that they describe."""
    server = start_plain("--root", root, "--port", 0, root=root)
    text = server.get("/sample.txt")
    assert text["Content-Disposition"] == 'attachment; filename="sample.txt"'
    assert text.get("Cache-Control") is None
    assert server.get("/./sample.txt").status == 403
    assert server.upload(b"{}").status == 201
