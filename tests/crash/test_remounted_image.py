"""Issue 7, fault 2: an image is unmounted and another one mounted in its place, on the same device. The file in it has the
same inode, size and times: nothing but the mount tells that it is another one."""

import shutil
import subprocess

import pytest

from disk import skip_unless_possible
from support.waiting import eventually

OLD, NEW = b"version one\n", b"version two\n"


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.strip()


class Images:
    """Two images that differ in the content of one file and in their UUID."""

    def __init__(self, directory):
        self.mounted_at = directory / "root" / "mounted"
        self.mounted_at.mkdir(parents=True)
        self._images = [directory / "old.img", directory / "new.img"]
        self._device = None
        old, new = self._images
        old.write_bytes(bytes(8 << 20))
        run("mkfs.ext4", "-q", "-F", "-O", "^has_journal,^metadata_csum", old)
        self.mount(0, "rw")
        (self.mounted_at / "page.html").write_bytes(OLD)
        self.unmount()
        content = old.read_bytes()
        assert content.count(OLD) == 1
        new.write_bytes(content.replace(OLD, NEW))
        run("tune2fs", "-U", "random", new)

    def mount(self, number, mode="ro"):
        image = self._images[number]
        if self._device is None:
            self._device = run("losetup", "--find", "--show", image)
        else:
            run("losetup", self._device, image)
        run("mount", "-o", mode, self._device, self.mounted_at)

    def unmount(self):
        run("umount", self.mounted_at)
        run("losetup", "--detach", self._device)

    def status(self):
        status = (self.mounted_at / "page.html").stat()
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@pytest.fixture
def images(tmp_path):
    skip_unless_possible()
    if not shutil.which("tune2fs"):
        pytest.skip("tune2fs is not installed")
    try:
        images = Images(tmp_path)
        images.mount(0)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"a disk image cannot be mounted here: {error.stderr.strip()}")
    yield images
    images.unmount()


def test_another_image_in_the_same_place(start_plain, images):
    root = images.mounted_at.parent
    server = start_plain("--port", "0", "--root", root, "--threads", "1", "--uploads", "off", root=root)
    target = "/mounted/page.html"
    eventually(lambda: not server.get(target)["ETag"].startswith("W/"), "its tag is strong")
    for _ in range(5):
        old = server.get(target)
        assert old.content == OLD
    before = images.status()
    images.unmount()
    images.mount(1)
    assert images.status() == before, "the two files cannot be told apart by these"
    new = server.get(target)
    assert new.content == NEW
    assert new["ETag"] != old["ETag"]
    conditional = server.get(target, fields=[("If-None-Match", old["ETag"])])
    assert (conditional.status, conditional.content) == (200, NEW)
