"""The real apt against a folder that is served as it is: `bobbin DIR`.

apt asks for `/./Packages`, resumes a download with Range and If-Range with a date, and refreshes its index with
If-Modified-Since.
"""

import os
import subprocess

import pytest

from support.apt import Apt, make_repository
from support.validators import last_modified
from support.waiting import eventually


LARGE = "large_1.0_all.deb"


@pytest.fixture(params=["made here", "copied with rsync -a"])
def repository(request, scratch):
    """The folder, and whether its files have the times of their making."""
    folder = scratch / "repository"
    make_repository(folder)
    if request.param == "made here":
        return folder, True
    # As mirrors are made: the times are those of the original, and not the ones at which the copies were.
    for path in folder.iterdir():
        os.utime(path, (1_500_000_000, 1_500_000_000))
    copy = scratch / "copy"
    subprocess.run(["rsync", "-a", f"{folder}/", copy], check=True)
    return copy, False


@pytest.fixture
def served(start_plain, mode, repository):
    folder, _ = repository
    return start_plain(folder, "0", *mode.flags, root=folder)


@pytest.fixture
def apt(served, scratch):
    """An apt that has read the index once."""
    folder = scratch / "apt"
    folder.mkdir()
    apt = Apt(folder, f"http://127.0.0.1:{served.port}")
    assert "Get:" in apt.run("update")
    return apt


def test_update_says_hit(served, apt):
    """The second time nothing is transferred."""
    assert "Hit:" in apt.run("update")
    served.log.wait_for(r"Response: 304 Not Modified")


@pytest.mark.parametrize("name", ["small", "large"])
def test_download(served, apt, name):
    apt.run("download", name)
    file = f"{name}_1.0_all.deb"
    assert (apt.folder / file).read_bytes() == (served.root / file).read_bytes()


def test_resumed_download(served, apt, repository):
    """What is there already is not fetched again, where the date shows that it belongs to the same file."""
    content = (served.root / LARGE).read_bytes()
    partial = apt.archives / "partial" / LARGE
    partial.write_bytes(content[:1_000_000])
    times = (served.root / LARGE).stat()
    os.utime(partial, (times.st_mtime, times.st_mtime))  # as apt leaves it: the time that the server named
    date = ("If-Range", last_modified(served, f"/{LARGE}"))
    _, times_are_true = repository
    if times_are_true:
        # RFC 9110 §8.8.2.2: once the second is over in which the file was made.
        part = ("Range", "bytes=9-")
        eventually(lambda: served.get(f"/{LARGE}", fields=[part, date]).status == 206, "the date is trusted", every=0.1)
    apt.run("install", "--download-only", "--yes", "large")
    assert (apt.archives / LARGE).read_bytes() == content
    if times_are_true:
        served.log.wait_for(rf"Response: 206 Partial Content \({len(content) - 1_000_000} bytes transferred\)")
