"""HTTP/2, in clear text with prior knowledge (RFC 9113 §3.3) where nothing else is said: what it does with connections, streams and windows."""

import json
import signal
import socket
import struct
import subprocess

import h2.errors
import h2.settings
import pytest

from support.clients import JSON, PATIENT_FLAGS
from support.http2 import Http2Server, StreamReset
from support.waiting import eventually

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ENHANCE_YOUR_CALM = h2.errors.ErrorCodes.ENHANCE_YOUR_CALM
NO_ERROR = h2.errors.ErrorCodes.NO_ERROR


@pytest.fixture
def start_http2(start_plain, root):
    def start(*flags, **options):
        return start_plain("--port", "0", "--root", root, *flags, root=root, kind=Http2Server, **options)

    return start


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def curl(server, *arguments):
    command = ["curl", "--silent", "--show-error", "--max-time", "30", "--http2-prior-knowledge", *arguments]
    return subprocess.run([*command], capture_output=True, check=True, timeout=40).stdout


def test_curl(start_http2):
    server = start_http2()
    base = f"http://{server.host}"
    assert curl(server, f"{base}/about.html") == (server.root / "about.html").read_bytes()
    head = curl(server, "--head", f"{base}/logo.png").decode()
    assert head.startswith("HTTP/2 200") and "content-length: " in head
    answer = curl(server, "--header", "Content-Type: application/json", "--data-binary", '{"a": 1}', f"{base}/upload")
    assert json.loads(answer)["status"] == "success"
    server.log.wait_for(r"Request: POST /upload HTTP/2\.0")


def curl_over_tls(server, *arguments):
    """The head and the version of HTTP that was spoken, by the choice of ALPN."""
    command = ["curl", "--silent", "--show-error", "--insecure", "--max-time", "30", "--http2", "--head"]
    command += [*arguments, "--write-out", "version %{http_version}", f"https://{server.host}/logo.png"]
    return subprocess.run(command, capture_output=True, check=True, timeout=40, text=True).stdout


def test_over_tls(start_plain, root):
    """RFC 9113 §3.2: ALPN chooses it; what the listener has for every answer comes with it too."""
    server = start_plain("--port", "0", "--root", root, "--tls", "self-signed", "--hsts", "max-age=60", root=root)
    head = curl_over_tls(server)
    assert head.startswith("HTTP/2 200") and head.endswith("version 2")
    assert "\nstrict-transport-security: max-age=60\n" in head
    assert curl_over_tls(server, "--http1.1").endswith("version 1.1")
    many = [f"https://{server.host}/{name}" for name in ("about.html", "big.png", "about.html", "missing")]
    command = ["curl", "--silent", "--insecure", "--max-time", "60", "--http2", "--parallel", *many]
    expected = 2 * (root / "about.html").stat().st_size + (root / "big.png").stat().st_size
    assert len(subprocess.run(command, capture_output=True, check=True, timeout=70).stdout) > expected
    server.log.wait_for(r"Request: GET /missing HTTP/2\.0")


def test_over_tls_when_it_is_off(start_plain, root):
    server = start_plain("--port", "0", "--root", root, "--tls", "self-signed", "--http2", "off", root=root)
    assert curl_over_tls(server).endswith("version 1.1")


def test_the_log_names_the_protocol(start_http2):
    server = start_http2("--log-format", "common")
    assert server.get("/about.html").status == 200
    server.log.wait_for(r'"GET /about\.html HTTP/2\.0" 200 ')


def test_http1_is_spoken_beside_it(start_http2):
    server = start_http2()
    with server.connect_http2() as other, server.connect() as connection:
        assert other.ask("GET", "/about.html").status == 200
        assert connection.ask("GET", "/about.html").status == 200
        assert other.ask("GET", "/about.html").status == 200


def test_off(start_http2):
    server = start_http2("--http2", "off")
    with server.connect() as connection:
        connection.send(PREFACE)
        assert connection.receive().status == 505


def test_the_preface_in_pieces(start_http2):
    server = start_http2()
    with server.connect() as connection:
        connection.send_pieces([bytes([byte]) for byte in PREFACE + frame(4, 0, 0)])
        # SETTINGS with our limits, then a WINDOW_UPDATE.
        assert connection.receive_bytes(9)[3] == 4


def test_many_streams(start_http2):
    """Large and small ones side by side arrive whole."""
    server = start_http2()
    large = bytes(range(256)) * 4096
    (server.root / "large.png").write_bytes(large)
    with server.connect_http2() as connection:
        targets = ["/large.png", "/about.html"] * 16
        streams = [connection.send_head("GET", target) for target in targets]
        for stream, target in zip(streams, targets):
            assert connection.receive(stream).content == (server.root / target[1:]).read_bytes()


def test_uploads_side_by_side(start_http2):
    server = start_http2()
    contents = [json.dumps({"number": number, "text": "x" * 100_000}).encode() for number in range(8)]
    with server.connect_http2() as connection:
        streams = [
            connection.send_head("POST", "/upload", fields=[JSON, ("Content-Length", str(len(content)))], ends=False)
            for content in contents
        ]
        for stream, content in zip(streams, contents):
            connection.send_content(stream, content)
        names = [json.loads(connection.receive(stream).content)["filepath"] for stream in streams]
    stored = [(server.root / "uploads" / name.rsplit("/", 1)[1]).read_bytes() for name in names]
    assert stored == contents


def test_a_stream_that_is_not_taken_holds_nobody_up(start_http2):
    """Its window is closed; the others go on."""
    server = start_http2()
    (server.root / "large.png").write_bytes(bytes(5_000_000))
    with server.connect_http2() as connection:
        connection.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
        connection.h2.increment_flow_control_window(1_000_000)
        connection.flush()
        held = connection.send_head("GET", "/large.png")
        for _ in range(20):
            stream = connection.send_head("GET", "/about.html")
            connection.h2.increment_flow_control_window(100_000, stream)
            connection.flush()
            assert connection.receive(stream).status == 200
        assert connection.responses[held]["content"] == b""


def test_a_file_that_is_truncated_resets_its_stream_alone(start_http2):
    server = start_http2(*PATIENT_FLAGS)
    path = server.root / "large.png"
    path.write_bytes(bytes(5_000_000))
    with server.connect_http2() as connection:
        stream = connection.send_head("GET", "/large.png")
        while not connection.responses[stream]["content"]:
            connection.take()
        path.write_bytes(b"")
        with pytest.raises(StreamReset):
            connection.receive(stream)
        assert connection.ask("GET", "/about.html").status == 200
    server.log.wait_for("Cannot send all of large.png")


def test_expect_continue(start_http2):
    server = start_http2()
    with server.connect_http2() as connection:
        fields = [JSON, ("Content-Length", "3"), ("Expect", "100-continue")]
        stream = connection.send_head("POST", "/upload", fields=fields, ends=False)
        while not connection.responses[stream]["interim"]:
            connection.take()
        assert connection.responses[stream]["interim"] == [100]
        connection.send_content(stream, b"[1]")
        assert connection.receive(stream).status == 201


def test_content_that_is_too_large(start_http2):
    """RFC 9113 §8.1: the answer, then for a while what the client still sends, then RST_STREAM with NO_ERROR."""
    server = start_http2("--max-upload", "1000")
    with server.connect_http2() as connection:
        stream = connection.send_head("POST", "/upload", fields=[JSON, ("Content-Length", "100000")], ends=False)
        assert connection.receive(stream).status == 413
        while connection.responses[stream]["reset"] is None:
            connection.take()
        assert connection.responses[stream]["reset"] == NO_ERROR
        assert connection.ask("GET", "/about.html").status == 200


def test_requests_in_flight_end_when_the_server_stops(start_http2):
    server = start_http2(*PATIENT_FLAGS)
    with server.connect_http2() as connection:
        stream = connection.send_head("POST", "/upload", fields=[JSON, ("Content-Length", "3")], ends=False)
        assert connection.ask("GET", "/about.html").status == 200
        server.signal(signal.SIGTERM)
        while not connection.farewells:
            connection.take()
        assert connection.farewells[0] == (2**31 - 1, NO_ERROR)
        # python3-h2 takes the first farewell for the last word: the rest is sent as bytes.
        connection.socket.sendall(frame(0, 1, stream, b"[1]"))
        connection.socket.settimeout(10)
        received = b""
        while data := connection.socket.recv(65536):
            received += data
        assert b"File created successfully" in received
    assert server.wait() == 0


def test_the_last_request_of_a_connection(start_http2):
    server = start_http2("--http2-requests", "2")
    with server.connect_http2() as connection:
        for _ in range(2):
            assert connection.ask("GET", "/about.html").status == 200
        connection.receive_to_end()
        assert connection.farewells[-1] == (3, NO_ERROR)


def test_an_idle_connection_is_closed(start_http2):
    server = start_http2("--keep-alive-timeout", "100ms")
    with server.connect_http2() as connection:
        assert connection.ask("GET", "/about.html").status == 200
        connection.receive_to_end()
        assert connection.farewells == [(1, NO_ERROR)]


FLOODS = {
    "pings": frame(6, 0, 0, bytes(8)) * 3000,
    "settings": frame(4, 0, 0) * 3000,
    "priorities": frame(2, 0, 1, bytes(5)) * 3000,
    "resets": b"".join(
        frame(1, 4, stream, b"\x82\x86\x84\x01\x01a") + frame(3, 0, stream, bytes(4)) for stream in range(1, 3000, 2)
    ),
    "continuations": frame(1, 1, 1, b"\x82\x86\x84") + frame(9, 0, 1) * 3000,
    "head_size": frame(1, 5, 1, b"\x82\x86\x84\x40\x01x\x7f\xa1\x1e" + b"y" * 4000 + b"\xbe" * 12000),
}


@pytest.mark.parametrize("limit", FLOODS)
def test_floods(start_http2, limit):
    """The connection ends with ENHANCE_YOUR_CALM, the log names client and cause, and others notice nothing."""
    server = start_http2("--keep-alive-requests", "0")
    with server.connect_http2() as good, server.connect() as connection:
        assert good.ask("GET", "/about.html").status == 200
        connection.send_as_far_as_possible(PREFACE + frame(4, 0, 0) + FLOODS[limit])
        received, _ = connection.receive_to_end()
        assert b"\0\0\0\x0b" in received, "GOAWAY with ENHANCE_YOUR_CALM"
        line = rf"Security violation: HTTP/2 limit exceeded \({limit}\), client: 127\.0\.0\.1:{connection.port}"
        server.log.wait_for(line)
        assert server.log.count("HTTP/2 limit exceeded") == 1
        assert good.ask("GET", "/about.html").status == 200
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_a_client_that_takes_nothing(start_http2):
    """What waits for it is bounded, and so is what is read from it."""
    server = start_http2("--keep-alive-requests", "0", *PATIENT_FLAGS)
    (server.root / "large.png").write_bytes(bytes(50_000_000))
    assert server.get("/about.html").status == 200
    before = server.resident_bytes()
    with server.connect(receive_buffer=16 * 1024) as connection:
        settings = struct.pack(">HI", 4, 2**31 - 1)
        requests = b"".join(
            frame(1, 5, stream, b"\x82\x86\x44\x0a/large.png\x01" + bytes([len(server.host)]) + server.host.encode())
            for stream in range(1, 201, 2)
        )
        connection.send(PREFACE + frame(4, 0, 0, settings) + frame(8, 0, 0, struct.pack(">I", 2**30)) + requests)
        server.wait_until_quiet()
        assert server.resident_bytes() - before < 16 * 1024 * 1024
        assert server.get("/about.html").status == 200


def test_what_is_no_http2_behind_the_preface(start_http2):
    server = start_http2()
    with server.connect() as connection:
        connection.send(PREFACE + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        received, _ = connection.receive_to_end()
        assert b"HTTP/1.1" not in received
    assert eventually(lambda: server.get("/about.html").status == 200, "the server goes on")


def test_a_connection_that_is_reset(start_http2):
    server = start_http2()
    for _ in range(20):
        connection = server.connect_http2()
        connection.send_head("GET", "/photo.jpg")
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert server.get("/about.html").status == 200
