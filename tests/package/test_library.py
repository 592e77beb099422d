"""find_package(bobbin): the programs in examples/, built with what is installed, do what they say."""

import re
import signal
import subprocess

import pytest

from made import MADE
from support.client import Connection
from support.server import REPOSITORY
from support.waiting import PATIENCE

EXAMPLES = REPOSITORY / "build/examples"


def answers(sent):
    return subprocess.run([EXAMPLES / "answer_input"], input=sent, capture_output=True, check=True, timeout=PATIENCE).stdout


def test_the_machine_answers_what_stands_on_its_input():
    """Two requests on one connection: RFC 9112 §9.3.2."""
    received = answers(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert re.findall(rb"Hello, (\S+)\n", received) == [b"/a", b"/b"]


def test_the_machine_refuses_what_is_no_request():
    """RFC 9112 §3.2: a request without Host is answered 400."""
    assert answers(b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.fixture
def hello_server():
    process = subprocess.Popen([EXAMPLES / "hello_server"], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


def test_the_server_serves_and_stops(hello_server):
    port = int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", hello_server.stdout.readline())[1])
    with Connection(("127.0.0.1", port)) as connection:
        for target in ["/first", "/second"]:
            assert connection.ask("GET", target).text == f"Hello, {target}\n"
    hello_server.send_signal(signal.SIGTERM)
    assert hello_server.wait(PATIENCE) == 0


def test_no_header_of_tests_is_installed():
    headers = list((MADE / "library/include/bobbin").rglob("*.h"))
    assert len(headers) > 50
    assert not [path for path in headers if path.name.startswith("test_") or "gtest" in path.read_text()]


def test_another_version_is_not_found(scratch):
    """cmake(1): a package of version 0.1 is none for those who ask for 0.2."""
    (scratch / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(other LANGUAGES CXX)\nfind_package(bobbin 0.2 REQUIRED)\n"
    )
    command = ["cmake", "-S", scratch, "-B", scratch / "build", f"-DCMAKE_PREFIX_PATH={MADE}/library"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "bobbin" in done.stderr
