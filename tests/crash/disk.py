"""A disk whose power can be cut: an ext4 file system in a file, on a loop device."""

import fcntl
import os
import shutil
import struct
import subprocess

import pytest

# <linux/ext4.h>: _IOR('X', 125, __u32), and what it is asked to do: stop at once, without even flushing the journal.
EXT4_IOC_SHUTDOWN = 0x8004587D
EXT4_GOING_FLAGS_NOLOGFLUSH = 2


def skip_unless_possible():
    if os.geteuid() != 0:
        pytest.skip("mounting a disk image takes root")
    if not os.path.exists("/dev/loop-control"):
        pytest.skip("there are no loop devices here")
    if not shutil.which("mkfs.ext4"):
        pytest.skip("mkfs.ext4 is not installed")


class Disk:
    """Mounted at `path` from creation until `close`, except while it is `remount`ed."""

    def __init__(self, directory, *, size_bytes=64 << 20, mkfs_options=()):
        skip_unless_possible()
        self.path = directory / "disk"
        self._image = directory / "disk.img"
        self._size_bytes = size_bytes
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
        subprocess.run(["mkfs.ext4", "-q", "-F", *self._mkfs_options, self._image], check=True)
        self._mount()

    def _mount(self):
        # Nothing reaches the disk by itself within the commit interval: only what somebody syncs.
        result = subprocess.run(
            ["mount", "-t", "ext4", "-o", "loop,commit=300", self._image, self.path], capture_output=True, text=True, check=False
        )
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
            fcntl.ioctl(directory, EXT4_IOC_SHUTDOWN, struct.pack("I", EXT4_GOING_FLAGS_NOLOGFLUSH))
        except OSError as error:
            pytest.skip(f"this kernel cannot shut down an ext4 file system: {error}")
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
