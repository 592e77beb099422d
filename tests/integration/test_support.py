"""The strict client itself: what it must refuse. Without this, a test that passes could mean that nobody looked."""

import socket
import threading

import pytest

from support.client import CLOSE_PATIENCE, Closed, Connection, Reset

DATE = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + DATE + b"Connection: keep-alive\r\n\r\nhi"


def canned(data, reset=False, stays=False):
    """A connection to a peer that sends `data` and closes, with a FIN or a reset, or stays until we close."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener:
            peer, _ = listener.accept()
            peer.sendall(data)
            if reset:
                peer.recv(1)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            if stays:
                peer.recv(1)
            peer.close()

    threading.Thread(target=serve, daemon=True).start()
    return Connection(listener.getsockname(), patience=10)


def test_good_response():
    with canned(GOOD + GOOD) as connection:
        for _ in range(2):
            response = connection.receive()
            assert (response.status, response.reason, response.content, response.keeps) == (200, "OK", b"hi", True)
        connection.expect_closed()


BAD = {
    "bare LF": GOOD.replace(b"\r\n", b"\n", 1),
    "LF in a field": GOOD.replace(b"GMT", b"G\nT"),
    "version": GOOD.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "no reason": GOOD.replace(b"200 OK", b"200 "),
    "space before colon": GOOD.replace(b"Date:", b"Date :"),
    "two lengths": GOOD.replace(b"Content-Length: 2\r\n", b"Content-Length: 2\r\n" * 2),
    "no length": GOOD.replace(b"Content-Length: 2\r\n", b""),
    "no date": GOOD.replace(DATE, b""),
    "date format": GOOD.replace(b"Sun, 06 Nov 1994", b"Sunday, 06-Nov-94"),
    "no connection": GOOD.replace(b"Connection: keep-alive\r\n", b""),
    "order": GOOD.replace(DATE, b"")
    .replace(b"Connection", DATE + b"Connection")
    .replace(b"Content-Length: 2\r\n", b"")
    .replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n"),
    "chunked": GOOD.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
    "length on 204": GOOD.replace(b"200 OK", b"204 No Content"),
    "interim": b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD,
    "cut short": GOOD[:-1],
    "keep-alive on a closing one": GOOD.replace(
        b"Connection: keep-alive", b"Connection: close\r\nKeep-Alive: timeout=5"
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_response(case):
    assert BAD[case] != GOOD
    with canned(BAD[case]) as connection, pytest.raises(AssertionError):
        connection.receive()


def test_bytes_after_a_response_are_seen():
    with canned(GOOD + b"x") as connection:
        connection.receive()
        with pytest.raises(AssertionError, match="bytes after"):
            connection.expect_closed()


def test_an_open_connection_is_not_a_closed_one():
    """What closes when it has been idle for long enough has not been closed after its answer."""
    assert CLOSE_PATIENCE < 30  # the default keep-alive timeout
    with canned(GOOD, stays=True) as connection:
        connection.receive()
        with pytest.raises(AssertionError, match="still open"):
            connection.expect_closed(patience=0.1)


def test_fin_and_reset_are_told_apart():
    with canned(b"") as connection, pytest.raises(Closed):
        connection.receive()
    with canned(GOOD, reset=True) as connection:
        connection.receive()
        connection.send(b"x")
        with pytest.raises(Reset):
            connection.receive()
    with canned(GOOD, reset=True) as connection:
        connection.receive()
        connection.send(b"x")
        with pytest.raises(AssertionError, match="reset"):
            connection.expect_closed()
