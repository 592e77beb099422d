"""Fixtures of the integration tests: a root of its own for each test, and a server in each mode."""

import pathlib
import shutil
import tempfile
from dataclasses import dataclass

import pytest

from support.site import write_site


@dataclass(frozen=True)
class Mode:
    """A way to run the server that no client may be able to tell from another."""

    name: str
    flags: tuple


# Every test that talks HTTP runs in each of the first two. What HTTP means does not depend on the transport: the files
# that say so (`pytestmark = pytest.mark.semantics`) are run over the others, too.
MODES = [
    Mode("capacity-1", ("--connections-per-thread", "1")),
    Mode("many", ()),
]
TRANSPORTS = [
    Mode("tls", ("--tls", "self-signed")),
]


def pytest_generate_tests(metafunc):
    if "mode" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("modes")
        known = MODES + (TRANSPORTS if metafunc.definition.get_closest_marker("semantics") else [])
        modes = [mode for mode in known if not marker or mode.name in marker.args]
        metafunc.parametrize("mode", modes, ids=[mode.name for mode in modes])


@pytest.fixture
def root(scratch):
    """The site, in a folder named as the default root is."""
    path = scratch / "resources"
    write_site(path)
    return path


@pytest.fixture(scope="session")
def aged_root():
    """A site that no test changes. Its files grow old enough for strong validators (see `strong_etag`)."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="bobbin-aged-"))
    write_site(path / "resources")
    (path / "resources/eleven.txt").write_bytes(b"hello world")
    (path / "resources/empty.txt").write_bytes(b"")
    yield path / "resources"
    shutil.rmtree(path)


@pytest.fixture
def start(start_plain, root, mode):
    """Start a server in the current mode, on a free port, with further flags."""

    def start_in_mode(*flags, root=root, **options):
        port = () if "--port" in flags else ("--port", "0")
        return start_plain(*port, "--root", root, *mode.flags, *flags, root=root, **options)

    return start_in_mode


@pytest.fixture
def server(start):
    """A server with its defaults."""
    return start()
