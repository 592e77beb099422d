"""The static program for 64-bit ARM, under qemu-aarch64, which translates its instructions and hands its system calls to the
kernel of this machine.

So these tests show that it was compiled and linked for ARM as it should be. They do not show how it runs on ARM's own kernel:
qemu 7.2 knows neither Landlock nor seccomp nor openat2, so the program is not confined and takes the ways of an older kernel;
memory comes in pages of 4 KiB; and threads of x86-64 see each other's writes in a stricter order than those of ARM may.
"""

import re

import pytest

from elf import assert_has_its_debug_file, assert_needs_no_loader_and_no_library, readelf
from made import MADE
from support.certificates import make_certificate
from support.server import REPOSITORY, Server, run_to_end

PROGRAM = MADE / "arm64/bobbin"
EMULATOR = "qemu-aarch64"


@pytest.fixture
def serve(start_plain, root):
    def start(*flags, emulator=()):
        return start_plain(*emulator, PROGRAM, root, "--port", "0", *flags, program=EMULATOR, kind=Server, root=root)

    return start


def allowed_calls():
    """What src/os/call_filter.cpp allows, whole or for some arguments."""
    source = (REPOSITORY / "src/os/call_filter.cpp").read_text()
    return set(re.findall(r"SCMP_SYS\((\w+)\)", source.split("kForbidden")[0])) | {"clone", "prlimit64"}


def test_it_is_for_arm():
    assert re.search(r"Machine:\s+AArch64", readelf("--file-header", PROGRAM))


def test_it_needs_no_loader_and_no_library():
    assert_needs_no_loader_and_no_library(PROGRAM)


def test_its_debug_file_belongs_to_it():
    assert_has_its_debug_file(PROGRAM)


def test_it_leaves_out_what_the_other_one_does():
    assert run_to_end(EMULATOR, PROGRAM, "--version").stdout == run_to_end(MADE / "static/bobbin", "--version").stdout


def test_it_serves_files(serve, root):
    server = serve()
    for name in ["about.html", "big.png"]:
        assert server.get(f"/{name}").content == (root / name).read_bytes()


def test_it_serves_tls(serve, scratch, root):
    pair = make_certificate(scratch / "certificates")
    server = serve("--tls-certificate", pair.certificate, "--tls-key", pair.key)
    assert server.scheme == "https"
    assert server.get("/about.html").content == (root / "about.html").read_bytes()


def test_it_keeps_documents_when_it_is_killed(serve, scratch):
    documents = scratch / "documents"
    server = serve("--upload-dir", documents)
    created = server.upload(b'{"a": 1}')
    assert created.status == 201
    server.kill()
    server = serve("--upload-dir", documents)
    assert server.get(created["Location"]).content == b'{"a": 1}'


def test_it_calls_what_its_sandbox_would_allow(serve, scratch, root):
    """ARM's C library does with other calls what that of x86-64 does. qemu names them; where the program asks for its filter,
    which qemu refuses, it would be confined from then on."""
    trace = scratch / "trace"
    server = serve("--upload-dir", scratch / "documents", "--listing", "on", emulator=["-strace", "-D", trace])
    server.log.wait_for("Sandbox: none .seccomp is needed")
    (root / "folder").mkdir()
    assert [server.get(target).status for target in ["/big.png", "/folder/", "/missing"]] == [200, 200, 404]
    assert server.upload(b'{"a": 1}').status == 201
    server.stop()
    called = re.findall(r"^\d+ (\w+)\(", trace.read_text(), re.MULTILINE)
    confined = called[called.index("seccomp") + 1 :]
    assert {"openat", "exit_group"} <= set(confined)
    assert set(confined) <= allowed_calls()
