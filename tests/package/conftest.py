"""Fixtures of the tests of what ./package makes. They need root, for chroot(2) and mounts."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from clean_root import CleanRoot
from made import MADE

# What the package depends on, and what maintainer scripts call.
INCLUDED = "libssl3,media-types,systemd,procps,logrotate"


@pytest.fixture(scope="session")
def deb():
    (file,) = (MADE / "deb").glob("bobbin_*.deb")
    return file


@pytest.fixture(scope="session")
def debian():
    """The folder of a Debian system in which nothing of ours has been installed. Tests do not change it. To make one takes a
    minute; BOBBIN_DEBIAN names one that was made before."""
    if "BOBBIN_DEBIAN" in os.environ:
        yield pathlib.Path(os.environ["BOBBIN_DEBIAN"])
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bobbin-debian-"))
    made = folder / "root"
    subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", f"--include={INCLUDED}", "bookworm", made], check=True)
    yield made
    shutil.rmtree(folder)


@pytest.fixture
def clean_root(debian, scratch):
    """Such a system to change: what a test writes goes to a layer of its own."""
    with CleanRoot(debian, scratch) as root:
        yield root
