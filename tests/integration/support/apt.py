"""The real apt in a private configuration: it neither reads nor changes anything of the system's, and needs no privilege.

It speaks to loopback only.
"""

import gzip
import os
import subprocess

from .site import noise

CONFIGURATION = """\
Dir "{folder}/";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trustedparts "/dev/null";
Dir::State::status "{folder}/status";
Dir::Log "{folder}";
APT::Architecture "all";
APT::Sandbox::User "";
Acquire::http::Proxy "DIRECT";
Acquire::Retries "0";
Acquire::Languages "none";
Debug::NoLocking "1";
"""


class Apt:
    """An apt of its own in `folder`, whose only source is the flat repository at `url`."""

    def __init__(self, folder, url):
        self.folder = folder
        for name in ["etc/apt", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial"]:
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "etc/apt/sources.list").write_text(f"deb [trusted=yes] {url} ./\n")
        (folder / "configuration").write_text(CONFIGURATION.format(folder=folder))

    @property
    def archives(self):
        return self.folder / "var/cache/apt/archives"

    def run(self, *arguments):
        """What it says. It must succeed, with no warning. (An index has one of several names: "Err" for the others is no failure.)"""
        environment = {
            "APT_CONFIG": str(self.folder / "configuration"), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        result = subprocess.run(
            ["apt-get", *arguments], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        said = result.stdout + result.stderr
        assert result.returncode == 0 and "\nW: " not in said and "\nE: " not in said, said
        return said


def build_package(folder, name, content):
    """A package with one file; returns the path of the .deb."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\nDescription: a test\n"
    )
    (tree / name).write_bytes(content)
    package = folder / f"{name}_1.0_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, package], check=True, capture_output=True)
    subprocess.run(["rm", "-r", tree], check=True)
    return package


def make_repository(folder):
    """A flat repository as dpkg-scanpackages(1) describes it: a small package, and one of some megabytes."""
    folder.mkdir()
    build_package(folder, "small", b"small\n")
    build_package(folder, "large", noise(3_000_000))
    index = subprocess.run(
        ["dpkg-scanpackages", "--multiversion", "."], cwd=folder, check=True, capture_output=True
    ).stdout
    (folder / "Packages").write_bytes(index)
    (folder / "Packages.gz").write_bytes(gzip.compress(index))
