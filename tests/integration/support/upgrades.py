"""Servers that are upgraded without a restart: who serves now, who is left, and programs that take the place of the new one.

The root of such a server lies in the folder of its test, by which its processes are known. The process that follows a server is nobody's child but init's, so its end is seen in /proc alone.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket

import pytest
from hyperframe.frame import GoAwayFrame

from .http2 import Http2Connection
from .inboxes import JSON
from .server import Server, run_to_end
from .waiting import PATIENCE, eventually

BEGUN = "Upgrade: the program is started anew$"
FAILED = "Upgrade failed, this process serves on: "
HANDED_OVER = r"Upgrade: process (\d+) serves now, and this one finishes what it has begun \((\d+) connections?\)$"
TAKEN_OVER = r"Upgrade: this is process (\d+), and takes over (\d+) listening sockets?$"
LAUNCHER = "bobbin-launcher"


def is_alive(number):
    """Whether there is such a process that has not ended. Process 1 may leave those that have ended as they are."""
    try:
        state = pathlib.Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until_ended(number):
    eventually(lambda: not is_alive(number), f"the process {number} has ended")


def parent_of(number):
    return int(pathlib.Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[1])


def processes_of(scratch):
    """The processes that have this folder of a test in their command line, and live: number and name."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (path / "cmdline").read_bytes()
            if os.fsencode(scratch) in words and b"pytest" not in words and is_alive(path.name):
                found[int(path.name)] = (path / "comm").read_text().strip()
    return found


def launcher_of(number):
    """The number of the launcher beside this server."""
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (path / "comm").read_text().strip() == LAUNCHER and parent_of(path.name) == number and is_alive(path.name):
                return int(path.name)
    return None


class Upgradable(Server):
    """A server that other processes follow. `now` is the number of the one that serves."""

    def __init__(self, binary, arguments, *, root, **rest):
        self._scratch = root.parent
        super().__init__(binary, arguments, root=root, **rest)
        self.now = self.process.pid
        self._upgrades = 0
        self._failures = 0

    def tell(self, number):
        """Send a signal to the process that serves."""
        os.kill(self.now, number)

    def begin_upgrade(self):
        """Send the signal, and wait until the program is started anew."""
        begun = self.log.count(BEGUN)
        self.tell(signal.SIGUSR2)
        self.log.wait_for(BEGUN, begun + 1)

    def finish_upgrade(self):
        """Wait until the new process serves. Returns its number."""
        self._upgrades += 1
        self.now = int(self.log.wait_for(HANDED_OVER, self._upgrades)[self._upgrades - 1][1])
        return self.now

    def upgrade(self):
        self.begin_upgrade()
        return self.finish_upgrade()

    def wait_until_failed(self, reason=""):
        """Wait until an upgrade has failed, and that for this reason."""
        self._failures += 1
        match = self.log.wait_for(FAILED + "(.*)", self._failures)[self._failures - 1]
        assert re.search(reason, match[1]), f"failed for another reason: {match[0]}"
        return match[1]

    def fail_to_upgrade(self, reason=""):
        self.begin_upgrade()
        return self.wait_until_failed(reason)

    def wait_for_the_first(self):
        """Wait for the end of the process that was started first; returns its exit status."""
        return self.process.wait(PATIENCE)

    def _others(self):
        others = processes_of(self._scratch)
        return [number for number, name in others.items() if name != LAUNCHER and number != self.process.pid]

    def _end_the_others(self):
        told = set()

        def have_ended():
            others = self._others()
            for number in set(others) - told:
                told.add(number)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGTERM)
            return not others

        eventually(have_ended, "the processes that followed have ended")

    def stop(self):
        """End whoever serves and whoever still finishes something, and check that nothing is left of them."""
        self.log.resume()
        for connection in self._connections:
            connection.close()
        try:
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            self._end_the_others()
            super().stop()
            eventually(lambda: not processes_of(self._scratch), "no process is left, no launcher either")
        finally:
            for number in processes_of(self._scratch):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


@pytest.fixture
def start(start_plain, root, mode, scratch):
    """Start a server in the current mode, on a free port, with further flags; it may be upgraded."""
    assert mode.server is Server

    def start_in_mode(*flags, root=root, **options):
        port = () if "--port" in flags else ("--port", "0")
        return start_plain(*port, "--root", root, *mode.flags, *flags, root=root, kind=Upgradable, **options)

    return start_in_mode


class PatientHttp2Connection(Http2Connection):
    """One that goes on after a farewell, as RFC 9113 §6.8 has it; python3-h2 takes the first one for the last word."""

    def __init__(self, address, host):
        super().__init__(address, host)
        self.h2._frame_dispatch_table[GoAwayFrame] = self._note

    def _note(self, frame):
        self.farewells.append((frame.last_stream_id, frame.error_code))
        return [], []


class Place:
    """Where a program is installed: others take its place in one step, as a package manager does it."""

    def __init__(self, folder, binary):
        folder.mkdir()
        self.path = folder / "bobbin"
        self._binary = binary
        self.restore()

    def restore(self):
        """Install the program under test."""
        new = self.path.with_name("new")
        try:
            os.link(self._binary, new)
        except OSError:
            shutil.copy2(self._binary, new)
        new.replace(self.path)
        # Where both are one file under two names, rename(2) does nothing.
        new.unlink(missing_ok=True)

    def install_copy(self):
        """Install the program under test as another file; returns its inode."""
        new = self.path.with_name("new")
        shutil.copy2(self._binary, new)
        new.replace(self.path)
        return self.path.stat().st_ino

    def install_script(self, text, mode=0o755):
        new = self.path.with_name("new")
        new.write_text(text)
        new.chmod(mode)
        new.replace(self.path)

    def install_fake(self, *acts):
        """Install a program that does these acts of `FAKE`, one after the other, and ends."""
        self.install_script(FAKE + "\n".join(acts) + "\n")


@pytest.fixture
def place(scratch, binary):
    return Place(scratch / "bin", binary)


@pytest.fixture
def start_installed(start, place):
    """Start a server from its place, in which other programs may be installed."""
    return lambda *flags, **options: start(*flags, program=place.path, **options)


# A program that is started as the new one: it speaks with the old one as the test wants. It takes its tasks from what stands
# behind this text. What it prints stands in the server's log.
FAKE = """#!/usr/bin/python3
import os, signal, socket, sys

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
channel = socket.socket(fileno=int(os.environ["PREDECESSOR_FD"]))
listeners = []
documents = []

def tell(text):
    os.write(1, f"Fake: {text}\\n".encode())  # at once, since others write there, too

def say(text):
    channel.send(text.encode())

def receive():
    data, descriptors, _, _ = socket.recv_fds(channel, 65536, 16)
    if not data:
        tell("the channel has ended")
        sys.exit(0)
    text = data.decode()
    tell("received " + text)
    return text, descriptors

def expect(word):
    text, descriptors = receive()
    if text.split()[0] != word:
        tell("expected " + word)
        sys.exit(1)
    return text, descriptors

def greet():
    text, _ = expect("hello")
    if text != "hello 1":
        tell("what a greeting")
        sys.exit(1)
    while True:
        text, descriptors = receive()
        if text == "all":
            break
        if not text.startswith("listener ") or len(descriptors) != 1:
            tell("no listener")
            sys.exit(1)
        listeners.append(socket.socket(fileno=descriptors[0]))
        if not listeners[-1].getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            tell("it does not listen")
            sys.exit(1)

def prepare():
    say("prepared " + " ".join(str(index) for index in range(len(listeners))))

def take_over():
    greet()
    prepare()
    expect("released")

def wait():
    "Until SIGUSR1 comes."
    tell(f"process {os.getpid()} waits")
    signal.sigwait([signal.SIGUSR1])

def wait_for_the_end():
    tell(f"process {os.getpid()} waits")
    while True:
        receive()

def serve():
    say(f"serving {os.getpid()}")

def take_document():
    text, descriptors = expect("document")
    if len(descriptors) != 2:
        tell("two descriptors are needed")
        sys.exit(1)
    documents.append(text.split()[1])
    status = os.fstat(descriptors[0])
    tell(f"content has device {status.st_dev} inode {status.st_ino} size {status.st_size}")

def answer(text):
    say(f"outcome {documents.pop(0)} {text}")

"""


def wait_for_the_fake(server, count=1):
    """Wait until it waits; returns its number."""
    return int(server.log.wait_for(r"^Fake: process (\d+) waits$", count)[count - 1][1])


def wake(number):
    os.kill(number, signal.SIGUSR1)


class Notified:
    """The socket of a service manager, to which a server tells how it is (sd_notify(3)). Who has sent a message is known."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.settimeout(PATIENCE)
        self.address = address
        self.received = []  # (number of the process, lines)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def receive(self):
        data, ancillary, _, _ = self.socket.recvmsg(65536, 1024)
        (number,) = [
            int.from_bytes(content[:4], "little") for _, kind, content in ancillary if kind == socket.SCM_CREDENTIALS
        ]
        message = (number, data.decode().split("\n"))
        self.received.append(message)
        return message

    def wait_for(self, start, sender=None):
        """The next message with a line that starts so, of this process; returns its number and the line."""
        while True:
            number, lines = self.receive()
            for line in lines:
                if line.startswith(start) and sender in (None, number):
                    return number, line

    def lines(self):
        return [line for _, lines in self.received for line in lines]


# What tests of upgrades have in common


@pytest.fixture
def file(scratch):
    return scratch / "bobbin.toml"


@pytest.fixture
def write(file, root):
    """Write a configuration anew, with these keys besides the root; text that is no key goes behind them."""

    def write_anew(tail="", **keys):
        keys = {"root": str(root), **keys}
        file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()) + tail)
        return file

    return write_anew


@pytest.fixture
def start_configured(start_plain, write, root):
    """Start a server with such a configuration, and nothing in the command line that could stand against it."""

    def start_with(tail="", flags=(), options=(), **keys):
        return start_plain(
            "--config", write(tail, **{"port": 0, **keys}), *flags, root=root, kind=Upgradable, **dict(options)
        )

    return start_with


@pytest.fixture
def pid_file(scratch):
    return scratch / "bobbin.pid"


def release_of(response):
    return response["X-Release"]


def uploaded(server):
    """The documents in the folder of uploads, sorted."""
    return sorted((server.root / "uploads" / name).read_bytes() for name in server.uploads())


def check_whole(binary, folder):
    """`bobbin inbox verify` finds nothing, where there is a journal in which it could."""
    if not (folder / ".bobbin/journal").exists():
        return
    verified = run_to_end(binary, "inbox", "verify", folder)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def begin_upload(connection, content, sent, *, target="/upload", fields=(JSON,)):
    """Send the head of an upload and the first `sent` bytes of its content; what is left is returned."""
    head = connection.request("POST", target, fields=[*fields, ("Content-Length", str(len(content)))])
    connection.send(head + content[:sent])
    return content[sent:]


def check_is_the_last(connection, response):
    """The answer says that it is the last one; or, where it was begun just as the process was told, the one after it does."""
    if response.keeps:
        response = connection.ask("GET", "/about.html")
        assert response.status == 200
    assert not response.keeps
    connection.expect_closed()


def text_of(size):
    return b'{"text": "%b"}' % (b"x" * (size - 12))


def check_serves_on(server):
    """As before: the same process, and everything that it does."""
    assert is_alive(server.now)
    count = len(server.uploads())
    assert server.get("/about.html").status == 200
    assert server.upload(b'["afterwards"]').status == 201
    assert len(server.uploads()) == count + 1


def check_may_be_upgraded_now(server):
    server.upgrade()
    check_serves_on(server)
