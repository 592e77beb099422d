"""The Debian package: installed, upgraded, removed and purged in a system of its own."""

import re
import subprocess

import pytest

from support.server import Server

CONFIGURATION = "/etc/bobbin/bobbin.toml"
UNIT = "lib/systemd/system/bobbin.service"


@pytest.fixture
def installed(clean_root, deb):
    clean_root.install(deb)
    return clean_root


@pytest.fixture
def newer(deb, scratch):
    """The package of a version that comes after this one, with another configuration."""
    folder = scratch / "newer"
    subprocess.run(["dpkg-deb", "--raw-extract", deb, folder], check=True)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", "Version: 99.0", control.read_text(), flags=re.MULTILINE))
    with open(folder / CONFIGURATION.lstrip("/"), "a") as configuration:
        configuration.write("# A newer one.\n")
    file = scratch / "bobbin_99.0_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", folder, file], check=True, stdout=subprocess.DEVNULL)
    return file


@pytest.fixture
def serve(start_plain):
    """Start what the unit starts, as the user of the unit. The port is another one, since others may use that."""

    def start(root):
        unit = (root / UNIT).read_text()
        command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1].split()
        user = re.search(r"^User=(.*)$", unit, re.MULTILINE)[1]
        identity = [f"--reuid={user}", f"--regid={user}", "--init-groups", "--bounding-set=-all", "--no-new-privs"]
        return start_plain(
            root.path, "setpriv", *identity, *command, program="/usr/sbin/chroot", kind=Server, root=root.path,
            environment={"BOBBIN_PORT": "0"},
        )  # fmt: skip

    return start


def test_the_service_serves_what_the_package_brings(installed, serve):
    server = serve(installed)
    answer = server.get("/")
    assert answer.status == 200 and "bobbin serves" in answer.text
    assert re.search(r"^Uid:\s+0\s", server._proc("status"), re.MULTILINE) is None


def test_the_service_is_enabled_and_its_user_is_there(installed):
    assert (installed / "etc/systemd/system/multi-user.target.wants/bobbin.service").is_symlink()
    passwd = next(line for line in (installed / "etc/passwd").read_text().splitlines() if line.startswith("bobbin:"))
    assert passwd.endswith(":/var/lib/bobbin:/usr/sbin/nologin")
    for folder in ["/var/lib/bobbin", "/var/cache/bobbin", "/var/log/bobbin"]:
        assert installed.run("stat", "-c", "%U:%G %a", folder) == "bobbin:bobbin 750\n"


def test_the_unit_is_one_for_systemd(installed):
    assert installed.run("systemd-analyze", "verify", "--man=no", "/" + UNIT) == ""


def test_the_log_rotation_is_one_for_logrotate(installed):
    assert "error" not in installed.run("logrotate", "--debug", "/etc/logrotate.d/bobbin")


def test_documents_go_where_the_configuration_proposes(installed, serve):
    configuration = installed / CONFIGURATION
    configuration.write_text(re.sub(r"^#(uploads|upload_dir)", r"\1", configuration.read_text(), flags=re.MULTILINE))
    server = serve(installed)
    created = server.upload(b'{"a": 1}')
    assert created.status == 201
    assert server.get(created["Location"]).content == b'{"a": 1}'
    assert [path.read_bytes() for path in (installed / "var/lib/bobbin/uploads").glob("upload_*.json")] == [b'{"a": 1}']


def test_texts_and_completions_are_where_their_programs_look(installed):
    for name in [
        "usr/share/man/man1/bobbin.1.gz",
        "usr/share/bash-completion/completions/bobbin",
        "usr/share/zsh/vendor-completions/_bobbin",
        "usr/share/fish/vendor_completions.d/bobbin.fish",
    ]:
        assert (installed / name).stat().st_size > 1000, name
    assert "bobbin serves" not in (installed / CONFIGURATION).read_text()


def test_an_upgrade_keeps_what_the_operator_has(installed, newer, serve):
    configuration = installed / CONFIGURATION
    own = configuration.read_text() + "# Mine.\n"
    configuration.write_text(own)
    document = installed / "var/lib/bobbin/uploads/upload_x.json"
    document.parent.mkdir()
    document.write_text("{}")
    before = installed.run("id", "-u", "bobbin")
    (installed / newer.name).write_bytes(newer.read_bytes())
    installed.run("dpkg", "--force-confold", "--install", "/" + newer.name)
    assert configuration.read_text() == own
    assert document.read_text() == "{}"
    assert installed.run("id", "-u", "bobbin") == before
    assert (installed / "etc/systemd/system/multi-user.target.wants/bobbin.service").is_symlink()
    assert serve(installed).get("/").status == 200


def test_an_upgrade_brings_a_configuration_that_nobody_has_changed(installed, newer):
    installed.install(newer)
    assert "# A newer one." in (installed / CONFIGURATION).read_text()


def test_a_service_that_is_switched_off_stays_off_behind_an_upgrade(installed, newer):
    installed.run("systemctl", "disable", "bobbin.service")
    installed.install(newer)
    assert not (installed / "etc/systemd/system/multi-user.target.wants/bobbin.service").is_symlink()


def test_what_is_removed_leaves_its_configuration(installed):
    installed.run("dpkg", "--remove", "bobbin")
    assert not (installed / "usr/bin/bobbin").exists() and not (installed / UNIT).exists()
    assert (installed / CONFIGURATION).exists()


def test_what_is_purged_leaves_nothing(installed):
    (installed / "var/log/bobbin/bobbin.log").write_text("a line\n")
    (installed / "var/cache/bobbin/content").write_text("fetched")
    said = installed.run("dpkg", "--purge", "bobbin")
    assert "holds documents" not in said
    left = installed.run("find", "/", "-xdev", "-name", "*bobbin*", "-not", "-path", "/proc/*", "-not", "-path", "/sys/*").split()
    assert [name for name in left if not name.startswith("/var/cache/apt/")] == []


def test_what_is_purged_leaves_documents(installed):
    document = installed / "var/lib/bobbin/uploads/upload_x.json"
    document.parent.mkdir()
    document.write_text("{}")
    said = installed.run("dpkg", "--purge", "bobbin")
    assert "bobbin: /var/lib/bobbin holds documents and is left" in said
    assert document.read_text() == "{}"
