"""Where the log goes besides a file: to the journal of systemd, to syslog; and messages apart from exchanges (`--error-log`)."""

import array
import json
import os
import re
import signal
import socket
import threading

import pytest

from support.server import Server, free_port, run_to_end
from support.waiting import PATIENCE, eventually

pytestmark = pytest.mark.modes("many")


class Daemon:
    """What takes datagrams of a log at a socket, in a thread of its own."""

    def __init__(self, address):
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(address if isinstance(address, tuple) else str(address))
        self.socket.settimeout(0.05)
        self.entries = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        while not self._ends.is_set():
            try:
                data, control, *_ = self.socket.recvmsg(1 << 20, socket.CMSG_SPACE(4))
            except TimeoutError:
                continue
            for _, _, passed in control:  # the content of a large one is in a file
                (number,) = array.array("i", passed[:4])
                with open(number, "rb") as file:
                    file.seek(0)
                    data = file.read()
            self.entries.append(data.decode())

    def stop(self):
        self._ends.set()
        self._thread.join()
        self.socket.close()

    def wait_for(self, pattern):
        def found():
            return [entry for entry in list(self.entries) if re.search(pattern, entry)]

        eventually(found, f"an entry with {pattern}")
        return found()[0]


@pytest.fixture
def listen():
    daemons = []

    def listen_at(address):
        daemons.append(Daemon(address))
        return daemons[-1]

    yield listen_at
    for daemon in daemons:
        daemon.stop()


@pytest.fixture
def start_at(binary, root):
    """Start a server whose log has no file; returns it once it listens."""
    servers = []

    def start(*flags):
        port = free_port()
        server = Server(binary, ["--port", port, "--root", root, *flags], root=root)
        servers.append(server)
        server.wait_until_listening(("127.0.0.1", port))
        return server

    yield start
    for server in servers:
        server.stop()


def fields_of(entry):
    """systemd, Native Journal Protocol: NAME=VALUE, a line each."""
    assert entry.endswith("\n")
    return dict(line.split("=", 1) for line in entry[:-1].split("\n"))


# The journal


def test_the_journal_has_fields(listen, start_at, scratch):
    journal = listen(scratch / "journal")
    server = start_at("--log-file", f"journald:{scratch}/journal", "--request-id", "on")
    fields = fields_of(journal.wait_for("BOBBIN_EVENT=server_started"))
    assert fields["MESSAGE"] == f"HTTP Server started on http://127.0.0.1:{server.port}"
    assert fields["PRIORITY"] == "6" and fields["SYSLOG_IDENTIFIER"] == "bobbin"
    assert server.get("/about.html", fields=[("User-Agent", "a\tb=c")]).status == 200
    fields = fields_of(journal.wait_for("BOBBIN_EVENT=exchange"))
    assert fields["BOBBIN_REQUEST"] == "GET /about.html HTTP/1.1"
    assert fields["BOBBIN_METHOD"] == "GET" and fields["BOBBIN_PROTOCOL"] == "HTTP/1.1"
    assert fields["BOBBIN_STATUS"] == "200" and fields["BOBBIN_CLIENT"].startswith("127.0.0.1:")
    assert fields["BOBBIN_USER_AGENT"] == r"a\x09b=c"
    assert re.fullmatch("[0-9a-f]{32}", fields["BOBBIN_REQUEST_ID"])
    size = (server.root / "about.html").stat().st_size
    assert fields["MESSAGE"] == f"GET /about.html HTTP/1.1: 200 OK, {size} bytes, client: {fields['BOBBIN_CLIENT']}"
    assert all(re.fullmatch("[A-Z][A-Z0-9_]*", name) for name in fields)


def test_warnings_have_their_priority(listen, start_at, scratch):
    journal = listen(scratch / "journal")
    server = start_at("--error-log", f"journald:{scratch}/journal", "--log-format", "common")
    server.get("/../etc/passwd")
    fields = fields_of(journal.wait_for("BOBBIN_EVENT=security_violation"))
    assert fields["PRIORITY"] == "4" and fields["BOBBIN_CLIENT"].startswith("127.0.0.1:")
    assert not [entry for entry in journal.entries if "BOBBIN_EVENT=exchange" in entry]


def test_a_journal_that_is_started_anew(listen, start_at, scratch):
    """What comes while it is away is lost and counted."""
    journal = listen(scratch / "journal")
    server = start_at("--log-file", f"journald:{scratch}/journal")
    journal.wait_for("server_started")
    journal.stop()
    (scratch / "journal").unlink()
    server.get("/lost")
    server.get("/lost")
    again = None

    def answered():
        nonlocal again
        if again is None:
            again = listen(scratch / "journal")
        server.get("/found")
        return any("/found" in entry for entry in again.entries)

    eventually(answered, "an exchange in the journal that was started anew")


def test_a_journal_that_does_not_read_holds_no_worker(start_at, scratch):
    path = scratch / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(path))
        server = start_at("--log-file", f"journald:{path}", "--log-format", "common")
        for _ in range(2000):
            assert server.get("/about.html").status == 200
        journal.settimeout(PATIENCE)
        told = 0
        while told < 2000:  # each is there, or is counted among those that found no room
            entry = journal.recv(1 << 16)
            told += b"BOBBIN_EVENT=exchange" in entry
            if dropped := re.search(rb"MESSAGE=Warning: (\d+) log lines dropped", entry):
                told += int(dropped[1])


# Syslog

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"
HEADER = rf"<(\d+)>1 {TIME} \S+ bobbin (\d+) (\S+) - (.*)"


def parts_of(entry):
    """RFC 5424 §6; structured data are "-"."""
    match = re.fullmatch(HEADER, entry)
    assert match, entry
    return match.groups()


@pytest.mark.parametrize("over", ["unix", "udp"])
def test_syslog(listen, start_at, scratch, over):
    syslog = listen(("127.0.0.1", 0) if over == "udp" else scratch / "log")
    place = f"udp://127.0.0.1:{syslog.socket.getsockname()[1]}" if over == "udp" else scratch / "log"
    server = start_at("--log-file", f"syslog:{place}")
    priority, process, _, text = parts_of(syslog.wait_for("server_started"))
    assert int(priority) == 3 * 8 + 6 and int(process) == server.process.pid
    assert text == f"HTTP Server started on http://127.0.0.1:{server.port}"
    server.get("/about.html")
    _, _, event, text = parts_of(syslog.wait_for("about.html"))
    assert event == "exchange" and re.match(r'127\.0\.0\.1 - - \[[^]]+\] "GET /about\.html HTTP/1\.1" 200 \d+ "-" ', text)


@pytest.mark.parametrize("over", ["unix", "udp"])
def test_a_socket_is_opened_anew(listen, start_at, scratch, over):
    syslog = listen(("127.0.0.1", 0) if over == "udp" else scratch / "log")
    place = f"udp://127.0.0.1:{syslog.socket.getsockname()[1]}" if over == "udp" else scratch / "log"
    server = start_at("--log-file", f"syslog:{place}")
    syslog.wait_for("server_started")
    server.signal(signal.SIGUSR1)
    server.get("/about.html")
    syslog.wait_for("about.html")
    server.stop()
    syslog.wait_for("Server stopped")
    assert not any("cannot reopen" in str(entry) for entry in syslog.entries)


def test_syslog_of_objects(listen, start_at, scratch):
    syslog = listen(scratch / "log")
    server = start_at("--log-file", f"syslog:{scratch}/log", "--log-format", "json")
    server.get("/about.html")
    assert json.loads(parts_of(syslog.wait_for("about.html"))[3])["status"] == 200
    assert json.loads(parts_of(syslog.wait_for("server_started"))[3])["event"] == "server_started"


# Places


@pytest.mark.parametrize("flag", ["--log-file", "--error-log"])
def test_a_socket_that_nobody_has(binary, root, scratch, flag):
    for check in [(), ("--check-config",)]:
        ended = run_to_end(binary, *check, "--root", root, "--port", 0, flag, f"journald:{scratch}/nothing")
        assert ended.returncode == 2
        assert f'{flag}: "journald:{scratch}/nothing" cannot be written; a daemon that takes entries at this socket' in ended.stderr


def test_a_place_that_is_none(binary, root):
    ended = run_to_end(binary, "--root", root, "--port", 0, "--log-file", "syslog:tcp://127.0.0.1:514")
    assert ended.returncode == 2 and "syslog:udp://ADDRESS:PORT" in ended.stderr


# The error log


def test_messages_apart_from_exchanges(start, scratch):
    errors, exchanges = scratch / "error.log", scratch / "access.log"
    server = start("--error-log", errors, "--log-file", exchanges, "--log-format", "combined", log_file=errors)
    assert server.get("/../etc/passwd").status == 403
    server.stop()
    assert "Security violation: Path traversal attempt" in errors.read_text()
    assert "Server stopped" in errors.read_text() and "HTTP/1.1" not in errors.read_text()
    assert re.fullmatch(r'127\.0\.0\.1 - - .* "GET /\.\./etc/passwd HTTP/1\.1" 403 .*\n', exchanges.read_text())
    assert oct(os.stat(errors).st_mode)[-3:] == "640"


def test_both_logs_are_opened_anew(start, scratch):
    errors, exchanges = scratch / "error.log", scratch / "access.log"
    server = start("--error-log", errors, "--log-file", exchanges, log_file=errors)
    for path in [errors, exchanges]:
        path.rename(f"{path}.1")
    server.signal(signal.SIGUSR1)
    eventually(lambda: errors.exists() and exchanges.exists(), "both files are opened again")
    server.get("/about.html")
    server.stop()
    assert "Server stopped" in errors.read_text() and "GET /about.html" in exchanges.read_text()


def test_an_error_log_that_is_the_log(start, scratch):
    path = scratch / "log"
    server = start("--error-log", path, "--log-file", path, log_file=path)
    server.get("/about.html")
    server.stop()
    assert "GET /about.html" in path.read_text() and path.read_text().count("Server stopped") == 1
