"""Fixtures of the integration tests: a root of its own for each test, and a server in each mode."""

import inspect
import pathlib
import shutil
import tempfile
import zlib
from dataclasses import dataclass

import pytest

from support.http2 import Http2Server
from support.s3.faulty import FaultyStore
from support.s3.gateway import Gateway, what_is_missing
from support.server import Server
from support.site import write_site


@dataclass(frozen=True)
class Mode:
    """A way to run the server that no client may be able to tell from another."""

    name: str
    flags: tuple
    server: type = Server


# Every test that talks HTTP runs in each of these. What HTTP means does not depend on the transport: tests marked
# `semantics` run over TLS, too. What messages mean does not depend on the version: those marked `http2` run over HTTP/2.
MODES = [
    Mode("capacity-1", ("--connections-per-thread", "1")),
    Mode("many", ()),
]
TLS = Mode("tls", ("--tls", "self-signed"))
# Here `get`, `ask` and `upload` of a server speak HTTP/2; a test that needs `connect`, and so the bytes of HTTP/1, is
# left out.
HTTP2 = Mode("h2", (), Http2Server)


def speaks_bytes(test):
    """Whether a test itself opens connections of HTTP/1."""
    return ".connect(" in inspect.getsource(test)


def modes_of(test):
    """The names in a marker `modes` count, where there is one."""
    modes = list(MODES)
    if test.get_closest_marker("semantics"):
        modes.append(TLS)
    named = test.get_closest_marker("modes")
    if named:
        return [mode for mode in modes if mode.name in named.args]
    if test.get_closest_marker("http2") and not speaks_bytes(test.function):
        modes.append(HTTP2)
    return modes


def pytest_addoption(parser):
    parser.addoption("--one-mode", action="store_true",
                     help="run each test in one of its modes, which is always the same, instead of in all of them")
    parser.addoption("--one-case", metavar="WORD",
                     help="run each test with one of its values, chosen by this word, instead of with all of them")


def pytest_collection_modifyitems(config, items):
    word = config.getoption("--one-case")
    if word is None:
        return
    cases = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {id(of_test[zlib.crc32(f"{word} {name}".encode()) % len(of_test)]) for name, of_test in cases.items()}
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
    items[:] = [item for item in items if id(item) in kept]


def pytest_generate_tests(metafunc):
    if "mode" in metafunc.fixturenames:
        modes = modes_of(metafunc.definition)
        if metafunc.config.getoption("--one-mode") and modes:
            modes = [modes[zlib.crc32(metafunc.definition.nodeid.encode()) % len(modes)]]
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
        return start_plain(*port, "--root", root, *mode.flags, *flags, root=root, kind=mode.server, **options)

    return start_in_mode


@pytest.fixture
def server(start):
    """A server with its defaults."""
    return start()


@pytest.fixture
def folder(scratch):
    """An empty folder for uploads, outside of the root."""
    path = scratch / "inbox"
    path.mkdir()
    return path


@pytest.fixture
def start_with_journal(start, folder):
    """Start a server that keeps a journal there."""
    return lambda *flags: start("--upload-dir", folder, "--durability", "journal", *flags)


@pytest.fixture
def faulty_store():
    """A store of objects in memory that fails on demand."""
    with FaultyStore() as store:
        yield store


@pytest.fixture(scope="session")
def gateway_of_the_run(request):
    """One real store of objects: it takes several seconds to start, and much memory. A file whose tests use it has the mark
    xdist_group("gateway"), by which `--dist loadgroup` runs them one after the other in one process."""
    reason = what_is_missing()
    options = request.config.option
    if not reason and hasattr(request.config, "workerinput") and not getattr(options, "loadgroup", False):
        reason = "each process would start a RADOS Gateway of its own: run this with -n 0, or with --dist loadgroup"
    if reason:
        pytest.skip(reason)
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def gateway(gateway_of_the_run):
    """A real store of objects (support/s3/gateway.py), of which everything runs again after the test."""
    yield gateway_of_the_run
    gateway_of_the_run.mend()
