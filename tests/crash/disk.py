"""A disk whose power can be cut: a file system, ext4 or xfs, in a file on a loop device."""

import fcntl
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass

import pytest

# EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32), and what it is asked to do: stop at once, without even
# flushing the journal.
SHUTDOWN = 0x8004587D
WITHOUT_FLUSHING = 2


@dataclass(frozen=True)
class FileSystem:
    """How a file system is made, and mounted so that little reaches the disk by itself: only what somebody syncs."""

    name: str
    size_bytes: int
    make: list
    options: str


FILE_SYSTEMS = {
    "ext4": FileSystem("ext4", 256 << 20, ["mkfs.ext4", "-q", "-F"], "loop,commit=300"),
    "xfs": FileSystem("xfs", 320 << 20, ["mkfs.xfs", "-q", "-f"], "loop,nouuid"),  # mkfs.xfs makes none below 300 MiB
}


def skip_unless_possible(program="mkfs.ext4"):
    if os.geteuid() != 0:
        pytest.skip("mounting a disk image takes root")
    if not os.path.exists("/dev/loop-control"):
        pytest.skip("there are no loop devices here")
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


class Disk:
    """Mounted at `path` from creation until `close`, except while it is `remount`ed."""

    def __init__(self, directory, *, kind="ext4", size_bytes=None, mkfs_options=()):
        self._system = FILE_SYSTEMS[kind]
        skip_unless_possible(self._system.make[0])
        self.path = directory / "disk"
        self._image = directory / "disk.img"
        self._size_bytes = size_bytes or self._system.size_bytes
        self._mkfs_options = mkfs_options
        self._is_mounted = False
        self.path.mkdir()
        self.format()

    def format(self):
        """An empty file system, mounted."""
        self._unmount()
        self._image.unlink(missing_ok=True)
        with open(self._image, "wb") as image:
            image.truncate(self._size_bytes)
        subprocess.run([*self._system.make, *self._mkfs_options, self._image], check=True)
        self._mount()

    def _mount(self):
        command = ["mount", "-t", self._system.name, "-o", self._system.options, self._image, self.path]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            pytest.skip("a disk image cannot be mounted here: " + result.stderr.strip())
        self._is_mounted = True

    def _unmount(self, *options):
        if self._is_mounted:
            subprocess.run(["umount", *options, self.path], check=True)
            self._is_mounted = False

    def cut_power(self):
        """From now on nothing reaches the disk any more, and all that has not reached it is lost: every call fails."""
        directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(directory, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
        except OSError as error:
            pytest.skip(f"this kernel cannot shut down a file system: {error}")
        finally:
            os.close(directory)

    def power_on(self):
        """After `cut_power`, when nobody uses it any more: mounted again, its journal replayed."""
        self._unmount()
        self._mount()

    def close(self, *, lazily=False):
        """`lazily`: whoever still uses it may finish."""
        self._unmount(*(["--lazy"] if lazily else []))
        self._image.unlink(missing_ok=True)
