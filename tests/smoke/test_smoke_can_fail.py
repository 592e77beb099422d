"""Each check of the smoke tests fails where its behaviour is missing, and only there."""

import os
import pathlib
import shutil
import subprocess

import pytest

from faulty_server import faulty_server
from support.server import REPOSITORY

SMOKE = pathlib.Path(__file__).resolve().parent
SCRIPTS = ("test_get_requests.sh", "test_post_requests.sh", "test_security.sh", "test_concurrency.py")
GET, POST, SECURITY, CONCURRENCY = SCRIPTS
# Faults that show in something that never comes; seconds that are long enough to know that.
SILENT = {"serves one client at a time": "5", "logs nothing": "5"}
QUEUE_LINES = "Warning: Thread pool saturated, queuing connection\nConnection dequeued, assigned to Thread-1\n"

PAGES = ("/", "/about.html")
DOWNLOADS = ("/logo.png", "/photo.png", "/sample.txt")


def of(targets, *properties):
    return {f"GET {target}: {which}" for target in targets for which in properties}


def statuses(*requests):
    return {f"{request}: status" for request in requests}


ENCODED = ("GET /%2e%2e/etc/passwd", "GET /..%2f..%2fetc%2fpasswd", "GET /..%5c..%5cwindows")
ENCODED_TWICE = ("GET /%252e%252e/etc/passwd",)
RAW = ("GET /../etc/passwd", "GET /../../etc/passwd", "GET /./././../config")
ABSOLUTE = ("GET //etc/hosts",)
TOGETHER = "50 clients at the same time"
SLOW = "a client in the middle of its request holds up nobody"
TURN = "20 connections that wait have their turn"
UPLOADS = "10 uploads at the same time"
LOG = "the log tells of the queue"

# What a script finds missing in a server with that fault.
FAULTS = [
    (GET, "has no index", of(["/"], "status", "content")),
    (GET, "finds nothing", of([*PAGES, *DOWNLOADS], "status", "content") | of(DOWNLOADS, "Content-Type", "Content-Disposition")),
    (GET, "shows nothing", of(PAGES, "Content-Type")),
    (GET, "shows everything", of(DOWNLOADS, "Content-Type", "Content-Disposition")),
    (GET, "names no download", of(DOWNLOADS, "Content-Disposition")),
    (GET, "sends half", of([*PAGES, *DOWNLOADS], "content")),
    (GET, "answers 200 for what is missing", of(["/nonexistent.png"], "status")),
    (POST, "answers 200 to an upload", statuses("POST JSON")),
    (POST, "tells no path", {"POST JSON: filepath in the answer", "GET of the stored document: status",
                             "GET of the stored document: content"}),
    (POST, "stores nothing", {"GET of the stored document: status", "GET of the stored document: content"}),
    (POST, "stores its own form", {"GET of the stored document: content"}),
    (POST, "takes any Content-Type", statuses("POST text/plain", "POST without a Content-Type")),
    (POST, "takes any content", statuses("POST invalid JSON")),
    (SECURITY, "ignores traversal", statuses(*RAW, *ABSOLUTE, *ENCODED, *ENCODED_TWICE)),
    (SECURITY, "looks at paths as sent", statuses(*ENCODED, *ENCODED_TWICE)),
    (SECURITY, "decodes once", statuses(*ENCODED_TWICE)),
    (SECURITY, "takes absolute paths", statuses(*ABSOLUTE)),
    (SECURITY, "takes any Host", statuses("another Host")),
    (SECURITY, "needs no Host", statuses("no Host", "an empty Host")),
    (SECURITY, "refuses everything", statuses("the server's own Host", "PATCH /about.html")),
    (SECURITY, "allows any method", statuses("PATCH /about.html")),
    (CONCURRENCY, "serves one client at a time", {SLOW}),
    (CONCURRENCY, "turns clients away", {TOGETHER, TURN, UPLOADS}),
    (CONCURRENCY, "mixes up answers", {TOGETHER}),
    (CONCURRENCY, "gives one name to all", {UPLOADS}),
    (CONCURRENCY, "logs nothing", {LOG}),
]  # fmt: skip


@pytest.fixture
def root(scratch):
    return shutil.copytree(REPOSITORY / "resources", scratch / "resources")


@pytest.fixture
def run(scratch, root):
    """Run a script; returns its exit status and two sets of its checks: those that passed and those that failed."""

    def run_script(script, url, fault="", *, compare=True):
        log = scratch / "log"
        log.write_text("" if fault == "logs nothing" else QUEUE_LINES)
        environment = {**os.environ, "SMOKE_LOG": str(log), "SMOKE_PATIENCE": SILENT.get(fault, "60")}
        if compare:
            environment["SMOKE_ROOT"] = str(root)
        done = subprocess.run([SMOKE / script, url], env=environment, capture_output=True, text=True, check=False)
        assert not done.stderr
        *lines, count = done.stdout.splitlines()
        verdicts = [line.split(maxsplit=1) for line in lines]
        passed = {text for verdict, text in verdicts if verdict == "ok"}
        failed = {text.split(": expected")[0] if script != CONCURRENCY else text.split(":")[0]
                  for verdict, text in verdicts if verdict == "FAILED"}  # fmt: skip
        assert count == f"{len(lines)} checks, {len(failed)} failed"
        return done.returncode, passed, failed

    return run_script


@pytest.mark.parametrize("script", SCRIPTS)
def test_bobbin_passes(script, run, start_plain, root):
    server = start_plain("--port", "0", "--root", root)
    for compare in (True, False):
        status, passed, failed = run(script, f"http://{server.host}", compare=compare)
        assert (status, failed) == (0, set()) and passed


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_check_is_seen_to_fail(script, run, root):
    """A server without a fault passes, and no check is missing in FAULTS."""
    with faulty_server(root) as url:
        status, passed, failed = run(script, url)
    assert (status, failed) == (0, set())
    assert passed == set().union(*(missing for of_script, _, missing in FAULTS if of_script == script))


@pytest.mark.parametrize(("script", "fault", "missing"), FAULTS, ids=[fault for _, fault, _ in FAULTS])
def test_script_names_what_is_missing(script, fault, missing, run, root):
    with faulty_server(root, fault) as url:
        status, _, failed = run(script, url, fault)
    assert (status, failed) == (1, missing)


def test_contents_are_judged_from_afar(run, root):
    """Without the folder at hand a file is known by its beginning."""
    with faulty_server(root, "sends nothing") as url:
        status, _, failed = run(GET, url, compare=False)
    assert (status, failed) == (1, of([*PAGES, *DOWNLOADS], "content"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_server_fails(script, run):
    """A port that nobody listens on: 1 is reserved, and no user may bind it."""
    status, passed, failed = run(script, "http://127.0.0.1:1")
    assert status == 1 and failed and not passed - {LOG}
