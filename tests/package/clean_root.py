"""A Debian system in a folder, to install packages into."""

import pathlib
import subprocess

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "HOME": "/root"}


class CleanRoot:
    """A layer over `lower`, which stays as it is."""

    def __init__(self, lower, scratch):
        self._lower = lower
        self._layer = scratch / "layer"
        self.path = scratch / "root"

    def __enter__(self):
        for name in ["upper", "work"]:
            (self._layer / name).mkdir(parents=True)
        self.path.mkdir()
        layers = f"lowerdir={self._lower},upperdir={self._layer}/upper,workdir={self._layer}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.path], check=True)
        # systemd-tmpfiles does nothing without it.
        subprocess.run(["mount", "-t", "proc", "proc", self / "proc"], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self / "proc", self.path], check=True)

    def __truediv__(self, name):
        return self.path / str(name).lstrip("/")

    def run(self, *command):
        """Run a command in it that must succeed; returns what it prints, errors included."""
        done = subprocess.run(
            ["chroot", self.path, *map(str, command)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def install(self, deb):
        name = pathlib.Path("/var/cache/apt/archives") / deb.name
        (self / name).write_bytes(deb.read_bytes())
        return self.run("dpkg", "--install", name)
