"""docs/operating.md, systemd: the unit's system call filter lets bobbin do all that it does."""

import pathlib
import shutil
import signal

import pytest

SANDBOX = pathlib.Path(__file__).parent / "support/sandbox.py"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd tells which calls its groups hold")
def test_system_call_filter_of_the_unit(start_plain, binary, root, scratch, sanitized):
    if sanitized:
        pytest.skip("a sanitizer makes calls of its own")
    log = scratch / "bobbin.log"
    server = start_plain(
        SANDBOX, binary, "--port", 0, "--root", root, "--log-file", log, program="/usr/bin/python3", root=root, log_file=log
    )
    assert server.get("/about.html").content == (root / "about.html").read_bytes()
    assert server.get("/big.png").content == (root / "big.png").read_bytes()
    created = server.upload(b'{"a": 1}')
    assert created.status == 201 and server.get(created["Location"]).content == b'{"a": 1}'
    assert server.get("/nothing").status == 404
    server.signal(signal.SIGUSR1)  # the log is opened anew
    assert server.get("/").status == 200
