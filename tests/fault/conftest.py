"""Fixtures: the faults, and a server that suffers them."""

import errno

import pytest

from faults import Faults


@pytest.fixture
def faults(shim, scratch):
    return Faults(shim, scratch / "faults")


@pytest.fixture
def durability():
    """How uploads are made durable. Most of these tests are about the calls for one file; a module or a test may have another."""
    return "files"


@pytest.fixture
def after_sync_failure():
    """What becomes of a store whose disk has failed. Most of these tests look at what is left, and nothing is to change it."""
    return "stop"


@pytest.fixture
def start(start_plain, root, faults, durability, after_sync_failure):
    """Start a server with one thread that suffers the faults, on a free port, with further flags."""

    def start_with_faults(*flags, environment=None, **options):
        return start_plain(
            "--port", "0", "--root", root, "--threads", "1", "--durability", durability,
            "--after-sync-failure", after_sync_failure, *flags, root=root,
            environment={**faults.environment, **(environment or {})}, **options,
        )  # fmt: skip

    yield start_with_faults
    faults.clear()  # before the servers are stopped, so that none hangs in a call that waits


@pytest.fixture
def server(start):
    """It reads its files for every request: no answer is given again without."""
    return start("--cache-memory", "0")


@pytest.fixture(params=["unnamed", "named"])
def staging(request, faults):
    """Each of the two ways to keep an upload before it has its name (DirectoryFolder::Staging): a server started from now on
    finds the file system with or without O_TMPFILE."""
    if request.param == "named":
        faults.fail("open_unnamed", errno.EOPNOTSUPP)
    return request.param
