"""TLS over a socket whose calls fail, fall short or are interrupted."""

import errno
import socket
import ssl

import pytest

from faults import error_name
from support.tls import TlsSocket

NAMES = ("about.html", "sample.txt", "big.png")


@pytest.fixture
def server(start):
    return start("--tls", "self-signed", "--cache-memory", "0")


def check_whole(server, *names):
    for name in names:
        assert server.get(f"/{name}").content == (server.root / name).read_bytes(), name


@pytest.mark.parametrize("code", [errno.EINTR, errno.EAGAIN], ids=error_name)
def test_short_and_interrupted_sends(server, faults, code):
    """Of the handshake as of content: what the kernel has not taken is sent later, once and in order."""
    faults.shorten("send_bytes", 1_000)
    faults.fail("send_bytes", code, every=3)
    check_whole(server, *NAMES)
    assert faults.failed("send_bytes") > 100


def test_short_and_interrupted_receives(server, faults):
    faults.shorten("receive_bytes", 1)
    faults.fail("receive_bytes", errno.EINTR, every=2)
    check_whole(server, "about.html")
    response = server.upload(b"[" + b" " * 3_000 + b"]")
    assert response.status == 201
    assert faults.failed("receive_bytes") > 1_000


@pytest.mark.parametrize("operation", ["send_bytes", "receive_bytes"])
@pytest.mark.parametrize("code", [errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT, errno.ENOBUFS], ids=error_name)
def test_connection_breaks(server, faults, operation, code):
    """It ends that connection and no other, behind the handshake and during it."""
    with server.connect() as other:
        assert other.ask("GET", "/about.html").status == 200
        with server.connect() as broken:
            assert broken.ask("GET", "/about.html").status == 200
            faults.fail(operation, code, limit=1)
            broken.send_as_far_as_possible(broken.request("GET", "/about.html"))
            with pytest.raises((ConnectionResetError, ssl.SSLError)):
                while broken.socket.recv(1000):
                    pass
            assert faults.failed(operation) == 1
        faults.fail(operation, code, limit=1)
        with socket.create_connection(server.address) as raw, pytest.raises((OSError, ssl.SSLError)):
            TlsSocket(raw).recv(1)
        other.expect_kept()
    check_whole(server, "about.html")


def test_a_connection_that_cannot_be_watched(server, faults):
    faults.fail("watch_socket", errno.ENOMEM, limit=1)
    with socket.create_connection(server.address) as raw, pytest.raises((OSError, ssl.SSLError)):
        TlsSocket(raw).recv(1)
    server.log.wait_for("Cannot watch a connection: epoll_ctl")
    check_whole(server, "about.html")
