"""Fixtures: a server to be killed, with the folder for its uploads anywhere."""

import os
import pathlib

import pytest

from support.server import REPOSITORY


@pytest.fixture(scope="session")
def nosync_binary():
    """The program built so that it skips every sync (preset nosync)."""
    path = pathlib.Path(os.environ.get("BOBBIN_NOSYNC_BINARY", REPOSITORY / "build/nosync/bobbin")).resolve()
    if not path.exists():
        pytest.skip(f"no program without syncs at {path}: cmake --preset nosync && cmake --build build/nosync --target bobbin")
    return path


@pytest.fixture(params=["files", "journal"])
def durability(request):
    """How an upload is made durable."""
    return request.param


@pytest.fixture
def start(start_plain, root, durability):
    """Start a server on a free port, with further flags. It may be killed."""

    def start_quietly(*flags, **options):
        return start_plain(
            "--port", "0", "--root", root, "--threads", "2", "--keep-alive-requests", "0", "--access-log", "off",
            "--durability", durability, *flags, root=root, **options,
        )  # fmt: skip

    return start_quietly
