"""The static program: it starts where there is nothing else, and says what it cannot do."""

import os
import re
import shutil
import stat

import pytest

from elf import assert_has_its_debug_file, assert_needs_no_loader_and_no_library
from made import MADE
from support.server import Server, run_to_end

PROGRAM = MADE / "static/bobbin"


@pytest.fixture
def empty_root(scratch, root):
    """A folder that holds the program, a site and nothing else."""
    folder = scratch / "empty"
    folder.mkdir()
    shutil.copy(PROGRAM, folder)
    root.rename(folder / "site")
    return folder


@pytest.fixture
def serve(start_plain, empty_root):
    def start(*flags):
        command = [empty_root, "/bobbin", "/site", "--port", "0", *flags]
        return start_plain(*command, program="/usr/sbin/chroot", kind=Server, root=empty_root / "site")

    return start


def test_it_needs_no_loader_and_no_library():
    assert_needs_no_loader_and_no_library(PROGRAM)


def test_it_serves_in_an_empty_root(serve, empty_root):
    server = serve()
    assert server.get("/about.html").content == (empty_root / "site/about.html").read_bytes()


def test_it_serves_tls_in_an_empty_root(serve, empty_root):
    server = serve("--tls", "self-signed")
    assert server.scheme == "https"
    assert server.get("/about.html").content == (empty_root / "site/about.html").read_bytes()


def test_it_keeps_documents_in_an_empty_root(serve, empty_root):
    server = serve("--upload-dir", "/documents")
    created = server.upload(b'{"a": 1}')
    assert created.status == 201 and server.get(created["Location"]).content == b'{"a": 1}'
    assert len(list((empty_root / "documents").glob("upload_*.json"))) == 1


def test_it_finds_users_in_files_alone(serve, empty_root):
    """What /etc/nsswitch.conf names besides would have to be loaded."""
    (empty_root / "etc").mkdir()
    (empty_root / "etc/passwd").write_text("keeper:x:1234:1235::/:/none\n")
    (empty_root / "etc/group").write_text("keepers:x:1236:\n")
    (empty_root / "etc/nsswitch.conf").write_text("passwd: systemd files\ngroup: systemd files\n")
    serve("--bind", "127.0.0.1", "--bind", "unix:/socket", "--socket-owner", "keeper:keepers")
    status = os.stat(empty_root / "socket")
    assert stat.S_ISSOCK(status.st_mode) and (status.st_uid, status.st_gid) == (1234, 1236)


def test_it_names_what_is_left_out():
    said = run_to_end(PROGRAM, "--version").stdout
    assert re.match(r"bobbin \d+\.\d+\.\d+\nLinked statically\.", said)
    assert "bobbin inbox forward" in said and "--socket-owner" in said


def test_it_says_that_it_cannot_forward(scratch):
    for name in ["", "new", "work", "done", "failed"]:
        (scratch / "inbox" / name).mkdir()
    result = run_to_end(PROGRAM, "inbox", "forward", scratch / "inbox", "--to", "http://127.0.0.1:1/")
    assert result.returncode != 0
    assert "this program is linked statically and cannot load libcurl" in result.stderr


def test_its_debug_file_belongs_to_it():
    assert_has_its_debug_file(PROGRAM)
