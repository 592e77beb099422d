"""Fixtures that every suite shares: the binary, a scratch directory, and servers that are stopped and checked at the end."""

import pathlib
import resource
import shutil
import signal
import tempfile

import pytest

from faults import build_shim
from support.proxies import proxies
from support.server import Server, binary_path, is_sanitized
from support.site import write_site


def pytest_configure(config):
    # Tests with thousands of clients need a descriptor for each.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # A server ignores SIGHUP when its parent does, as under nohup. A signal that is caught here is not ignored there.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture(scope="session")
def binary():
    path = binary_path()
    if not path.exists():
        pytest.exit(f"no server to test at {path}: build it, or name another with BOBBIN_BINARY", 2)
    return path


@pytest.fixture(scope="session")
def sanitized(binary):
    return is_sanitized(binary)


@pytest.fixture
def scratch():
    """An empty directory, removed after the test: the files are large, so pytest's kept ones would fill the disk."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="bobbin-test-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def root(scratch):
    """The site, in a folder named as the default root is."""
    path = scratch / "resources"
    write_site(path)
    return path


@pytest.fixture(scope="session")
def shim(tmp_path_factory, sanitized):
    """The library that makes system calls fail: see fault/faults.py."""
    if sanitized:
        pytest.skip("a sanitizer's runtime must be the first library, so nothing can be preloaded")
    return build_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def start_plain(binary, scratch):
    """Start a server with exactly these arguments."""
    servers = []

    def start(*arguments, root=None, log_file=None, program=binary, kind=Server, **options):
        server = kind(program, arguments, root=root, directory=options.pop("directory", scratch), **options)
        servers.append(server)
        server.wait_until_started(log_file)
        return server

    yield start
    failures = []
    for server in servers:
        try:
            server.stop()
        except AssertionError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


@pytest.fixture
def run_proxy(scratch):
    """Run nginx or HAProxy: see support/proxies.py."""
    with proxies(scratch) as run:
        yield run
