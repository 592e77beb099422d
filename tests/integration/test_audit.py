"""`bobbin audit`: what would be served, and what of it should be looked at (docs/audit.md)."""

import hashlib
import json
import os
import socket
import stat

import pytest

from support.server import run_to_end
from test_authentication import HASHES

KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def audit(binary, root, scratch):
    """Run an audit of the root with these flags; returns the exit status and the report."""

    def run(*flags, root=root):
        where = () if root is None else ("--root", root)
        ended = run_to_end(binary, "audit", *where, "--json", "--all", *flags)
        assert ended.returncode in (0, 1) and ended.stderr == "", ended
        report = json.loads(ended.stdout)
        assert report["flagged"] == sum(len(site["flags"]) for site in report["sites"])
        assert ended.returncode == (1 if report["flagged"] else 0)
        return report

    return run


def flags(report, site=0):
    return {(found["flag"], found["url"]) for found in report["sites"][site]["flags"]}


def urls(report, site=0):
    return {each["url"]: each for each in report["sites"][site]["urls"]}


def write(root, names, content="x"):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def snapshot(path):
    """Everything beneath, with what a change of any kind would change."""
    return {
        str(each): (each.lstat().st_ino, each.lstat().st_mtime_ns, each.lstat().st_ctime_ns, each.lstat().st_mode)
        for each in [path, *sorted(path.rglob("*"))]
    }


def test_a_clean_site(audit, root):
    report = audit()
    assert report["flagged"] == 0
    (site,) = report["sites"]
    assert set(urls(report)) == {f"/{name.name}" for name in root.iterdir() if name.is_file()}
    assert site["everybody"]["files"] == len(site["urls"])
    assert site["everybody"]["bytes"] == sum(name.stat().st_size for name in root.iterdir() if name.is_file())
    assert site["everybody"]["by_type"]["text/html"]["files"] == 3
    assert site["restricted"]["files"] == 0 and site["listed_folders"] == 0


def test_everything_that_is_flagged(audit, root):
    write(root, [".env", ".git/HEAD", "CVS/Root", "dump.sql", "page.html~", "x.orig", "#x#", "backup.zip", "app.js.map"])
    write(root, ["index.php", "id_rsa"])
    write(root, ["tls/server.pem", "looks-harmless.txt"], KEY)
    (root / "harmless.bin").write_bytes(b"SQLite format 3\0 and so on")
    (root / "open.txt").write_text("x")
    os.chmod(root / "open.txt", 0o666)
    (root / "open").mkdir()
    os.chmod(root / "open", 0o777)
    (root / "out.txt").symlink_to("/etc/passwd")
    visible = {
        ("version-control", "/CVS/Root"),
        ("database", "/dump.sql"),
        ("database", "/harmless.bin"),
        ("leaving", "/page.html~"),
        ("leaving", "/x.orig"),
        ("leaving", "/%23x%23"),
        ("archive", "/backup.zip"),
        ("source-map", "/app.js.map"),
        ("script-source", "/index.php"),
        ("private-key", "/id_rsa"),
        ("private-key", "/tls/server.pem"),
        ("private-key", "/looks-harmless.txt"),
        ("world-writable", "/open.txt"),
        ("world-writable", "/open"),
        ("link-refused", "/out.txt"),
    }
    report = audit()
    assert flags(report) == visible
    assert report["sites"][0]["not_served"] == {"hidden (names that begin with a dot)": 2}
    for found in report["sites"][0]["flags"]:
        assert found["reason"].endswith(".") and found["remedy"] and found["file"].startswith(str(root))
    included = audit("--include-hidden", ".*")
    assert flags(included) == visible | {("configuration", "/.env"), ("version-control", "/.git/HEAD")}


def test_links(audit, root):
    (root / "folder").mkdir()
    write(root, ["folder/a.css"])
    (root / "folder/up").symlink_to("..")
    (root / "alias").symlink_to("folder")
    (root / "absolute.css").symlink_to(root / "folder/a.css")
    (root / "dangling").symlink_to("nothing")
    (root / "out").symlink_to("/etc")
    (root / "outer.txt").symlink_to("/etc/hostname")
    inside = audit()
    assert {"/folder/a.css", "/absolute.css"} <= set(urls(inside))
    assert flags(inside) == {("link-refused", "/out"), ("link-refused", "/outer.txt")}
    assert inside["sites"][0]["not_served"] == {"links that lead nowhere": 1}
    notes = {found["url"]: found["note"] for found in inside["sites"][0]["flags"]}
    assert notes == {"/out": "-> /etc", "/outer.txt": "-> /etc/hostname"}

    none = audit("--follow-symlinks", "no")
    assert {url for flag, url in flags(none)} == {
        "/folder/up",
        "/alias",
        "/absolute.css",
        "/dangling",
        "/out",
        "/outer.txt",
    }
    (root / "out").unlink()
    followed = audit("--follow-symlinks", "yes")
    assert ("link-out", "/outer.txt") in flags(followed) and "/outer.txt" in urls(followed)
    assert ("link-out", "/absolute.css") not in flags(followed)


def test_uploads_that_everybody_can_fetch(audit, start_plain, root, scratch):
    server = start_plain("--root", root, "--port", "0", root=root)
    for number in range(3):
        assert server.upload(json.dumps(number).encode()).status == 201
    report = audit()
    assert flags(report) == {("open-uploads", "/uploads")}
    assert report["sites"][0]["flags"][0]["note"] == "3 documents"
    assert audit("--serve-uploads", "off")["flagged"] == 0
    users = scratch / "users"
    users.write_text(f"alice:{HASHES['bcrypt']}\n")
    restricted = audit("--password-file", users)
    assert restricted["flagged"] == 0
    assert restricted["sites"][0]["everybody"]["files"] == 0
    assert restricted["sites"][0]["restricted"]["files"] == 3 + 8
    assert all(each["restricted"] for each in restricted["sites"][0]["urls"])


def test_files_that_the_configuration_names(audit, root, scratch):
    config = root / "bobbin.toml"
    for name in ("key", "credentials", "secret"):
        (scratch / name).write_text("not in the form of a key")
        (root / f"{name}.txt").hardlink_to(scratch / name)
    (root / "access.txt").write_text("")
    config.write_text(
        f'log_file = "{root / "access.txt"}"\ns3_credentials_file = "{scratch / "credentials"}"\n'
        f'[[listener]]\nport = 1\ncertificate = "x"\nkey = "{scratch / "key"}"\n'
        f'[[inbox]]\nname = "a"\ndir = "{scratch / "in"}"\nverify = "github"\nsecret_file = "{scratch / "secret"}"\n'
    )
    report = audit("--config", config)
    notes = {found["url"]: found["note"] for found in report["sites"][0]["flags"] if found["flag"] == "secret-file"}
    assert notes == {
        "/bobbin.toml": "--config",
        "/key.txt": "--tls-key",
        "/credentials.txt": "--s3-credentials-file",
        "/secret.txt": f'{config}:7:1: [[inbox]] "a": secret_file',
        "/access.txt": "--log-file",
    }


def test_a_key_in_the_root_is_said_as_at_the_start(binary, root):
    (root / "key.pem").write_text("x")
    ended = run_to_end(binary, "audit", root, "--tls-certificate", "x", "--tls-key", root / "key.pem")
    assert ended.returncode == 2 and f'--tls-key: "{root}/key.pem" lies where clients could fetch it' in ended.stderr


def test_rules_redirects_and_types(audit, root):
    write(root, ["old.html", "a.css", "secret/a.html", "secret/open.html"])
    config = root.parent / "bobbin.toml"
    (root.parent / "users").write_text(f"alice:{HASHES['bcrypt']}\n")
    config.write_text(
        'redirect = "/old.html /about.html"\nallow_type = ["html"]\n'
        f'[[rule]]\npath = "/secret/**"\npassword_file = "{root.parent / "users"}"\n'
        '[[rule]]\npath = "/secret/open.html"\nopen = true\n'
    )
    report = audit("--config", config)
    found = urls(report)
    assert {url: each["restricted"] for url, each in found.items()} == {
        "/index.html": False,
        "/about.html": False,
        "/contact.html": False,
        "/secret/a.html": True,
        "/secret/open.html": False,
    }
    assert report["sites"][0]["not_served"] == {
        "a redirect stands in their place": 1,
        "their type is not allowed": 6,
    }


def test_sites_mounts_and_listings(audit, root, scratch):
    write(scratch, ["manual/index.html", "manual/deep/a.css", "resources/docs/hidden.css", "shop/a.css", "shop/shop.zip"])
    config = scratch / "bobbin.toml"
    config.write_text(
        f'root = "{root}"\n[[mount]]\npath = "/docs"\nroot = "{scratch / "manual"}"\n'
        f'[[site]]\nnames = ["shop.test", "*.shop.test"]\nroot = "{scratch / "shop"}"\nlisting = true\n'
    )
    report = audit("--config", config, root=None)
    shop, default = report["sites"]
    assert (shop["site"], default["site"]) == ("Site shop.test, *.shop.test", "Default site")
    assert set(urls(report, 0)) == {"/a.css", "/shop.zip"}
    assert shop["listed_folders"] == 1 and default["listed_folders"] == 0
    assert flags(report, 0) == {("archive", "/shop.zip")}
    assert {"/docs/index.html", "/docs/deep/a.css"} <= set(urls(report, 1))
    assert "/docs/hidden.css" not in urls(report, 1)
    assert {folder["url"] for folder in default["folders"]} == {"/", "/docs/"}


@pytest.mark.modes("many")
def test_says_what_the_server_does(audit, start, root, scratch):
    """Every URL of the report is answered as it says, and no other file is served."""
    write(root, ["a b/ü.css", "100%.txt", "back\\slash.txt", "%2e%2e/x.txt", ".hidden/x.css", "deep/index.html", "deep/a.js"])
    write(root, ["about/index.html", "x.unknown", "#y?z.html", ".well-known/security.txt", "noindex/.env", ".shown/x.css"])
    (root / "link.css").symlink_to("a b/ü.css")
    (root / "to-folder").symlink_to(root / "deep")
    (root / "out.css").symlink_to(scratch / "outside.css")
    write(scratch, ["outside.css", "mounted/m.css", "mounted/index.html"])
    config = scratch / "bobbin.toml"
    config.write_text(f'[[mount]]\npath = "/deep/mount"\nroot = "{scratch / "mounted"}"\n')
    options = ("--config", config, "--include-hidden", ".shown", "--clean-urls", "--allow-type", "html,css,js,txt,png")
    report = audit(*options)
    server = start(*options)
    found = urls(report)
    for url, each in found.items():
        answer = server.get(url)
        assert answer.status == 200, url
        assert (len(answer.content), answer["Content-Type"].split(";")[0]) == (each["bytes"], each["type"]), url
    places = {root: "", scratch / "mounted": "/deep/mount"}
    known = set()
    for folder, prefix in places.items():
        for path in folder.rglob("*"):
            if path.is_file():
                url = prefix + "/" + "/".join(percent(part) for part in path.relative_to(folder).parts)
                known.add(url)
                assert (server.get(url).status == 200) == (url in found), url
    assert set(found) <= known | {"/to-folder/index.html", "/to-folder/a.js"}


def percent(text):
    return "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 or chr(byte) in "-._~!$&'()*+,;=:@" else f"%{byte:02X}"
        for byte in os.fsencode(text)
    )


def test_changes_nothing_and_opens_no_port(audit, binary, root, scratch):
    write(root, ["a/b/c.css", ".git/HEAD"])
    os.utime(root / "a/b/c.css", ns=(0, 0))
    before = snapshot(root)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        report = audit("--port", taken.getsockname()[1], "--uploads", "on", "--upload-dir", scratch / "not-there")
    assert report["flagged"] == 0
    assert snapshot(root) == before and not (scratch / "not-there").exists()


def test_what_cannot_be_read(audit, binary, root):
    if os.geteuid() == 0:
        pytest.skip("to root nothing is forbidden")
    write(root, ["closed.css", "closed/a.css"])
    os.chmod(root / "closed.css", 0)
    os.chmod(root / "closed", 0)
    try:
        assert flags(audit()) == {("unreadable", "/closed.css"), ("unreadable", "/closed")}
    finally:
        os.chmod(root / "closed", stat.S_IRWXU)


def test_the_report_for_people(binary, root):
    write(root, [f"{number}.bak" for number in range(25)])
    (root / "esc\x1b[31m.css").write_text("x")
    os.chmod(root / "esc\x1b[31m.css", 0o666)
    ended = run_to_end(binary, "audit", root)
    assert ended.returncode == 1
    assert "\x1b" not in ended.stdout and "esc\\x1b[31m.css" in ended.stdout
    assert "! What editors and people have left behind (25)" in ended.stdout
    assert "and 5 more; --all shows them" in ended.stdout and ended.stdout.endswith("\n26 flagged.\n")
    assert "/24.bak" in run_to_end(binary, "audit", "--all", root).stdout


def test_bad_usage(binary, root, scratch):
    def refusal(*arguments):
        ended = run_to_end(binary, *arguments)
        assert ended.returncode == 2 and ended.stdout == ""
        return ended.stderr

    assert "--json: only allowed behind a command, as in: bobbin audit --json" in refusal(root, "--json")
    assert "--all: only allowed behind a command" in refusal("--all")
    assert '"nowhere" is no port, no command and no directory' in refusal("audit", "nowhere")
    assert "--treads: no such option; did you mean --threads?" in refusal("audit", "--treads", "3")
    assert f'"{scratch / "nowhere"}" cannot be served' in refusal("audit", "--root", scratch / "nowhere")


def test_a_report_is_the_same_each_time(audit, root):
    write(root, [f"{hashlib.sha256(bytes([number])).hexdigest()}/x.bak" for number in range(30)])
    assert audit() == audit()
