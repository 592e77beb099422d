"""The server under test as a process: start, observe, stop."""

import functools
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

from .client import Connection
from .waiting import PATIENCE, eventually

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
STARTED = re.compile(r"HTTP Server started on https?://(\[[0-9a-f:.]+\]|[0-9.]+):([0-9]+)")
# Output that no healthy run produces: a failed assertion, an escaped exception, a sanitizer's finding.
FAULT = re.compile(r"assertion|ASSERT|terminate called|Sanitizer|runtime error:|WARNING: ThreadSan", re.IGNORECASE)
TIMESTAMP = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "


def binary_path():
    return pathlib.Path(os.environ.get("BOBBIN_BINARY", REPOSITORY / "build/release/bobbin")).resolve()


def is_sanitized(binary):
    """Whether the binary is a sanitizer build, in which memory and descriptors are not what they are in a real one."""
    content = binary.read_bytes()
    return b"__asan_init" in content or b"__tsan_init" in content


@functools.cache
def outside_of_the_sandbox():
    """The sanitizers look at their own process in ways that the sandbox does not allow."""
    return {"BOBBIN_SANDBOX": "off"} if is_sanitized(binary_path()) else {}


def clean_environment(extra=None):
    """The caller's environment without the server's own variables and those of AWS, so that no setting leaks into a test; and
    in a time zone that is not that of Greenwich, so that a test would notice where one is taken for the other. Whoever has no
    credentials asks no metadata service, which would be another machine."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BOBBIN_", "AWS_"))}
    return {**environment, "AWS_EC2_METADATA_DISABLED": "true", "TZ": "TEST-05:30", **outside_of_the_sandbox(), **(extra or {})}


def run_to_end(binary, *arguments, environment=None, directory=None):
    """Run the program where it is expected to end by itself."""
    return subprocess.run(
        [binary, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=directory,
        env=clean_environment(environment),
        stdin=subprocess.DEVNULL,
        check=False,
    )


def free_port(address="127.0.0.1"):
    """A port that was free a moment ago; for the few tests that need the same one at two addresses or twice."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def has_ipv6():
    """Whether the machine has a loopback address of IPv6."""
    try:
        free_port("::1")
        return True
    except OSError:
        return False


def accepts(address):
    """Whether something accepts connections there. A listener that is closed meanwhile resets what it has not accepted."""
    try:
        Connection(address).close()
        return True
    except (ConnectionRefusedError, ConnectionResetError):
        return False


class Log:
    """The lines of an output stream, collected by a thread from the moment the process starts."""

    def __init__(self, stream):
        self._stream = stream
        self._flowing = threading.Event()
        self._flowing.set()
        self._changed = threading.Condition()
        self._lines = []
        self._ended = False
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        rest = b""
        while True:
            self._flowing.wait()
            data = os.read(self._stream.fileno(), 65536)
            *lines, rest = (rest + data).split(b"\n")
            if not data and rest:
                lines.append(rest)
            with self._changed:
                self._lines += [line.decode("utf-8", "surrogateescape") for line in lines]
                self._ended = not data
                self._changed.notify_all()
            if not data:
                return

    def pause(self):
        """Stop reading: the pipe fills up, as with a terminal that is scrolled back."""
        self._flowing.clear()

    def resume(self):
        self._flowing.set()

    @property
    def lines(self):
        with self._changed:
            return list(self._lines)

    @property
    def ended(self):
        with self._changed:
            return self._ended

    def wait_for(self, pattern, count=1, patience=PATIENCE):
        """Wait for `count` lines in which `pattern` is found; return the matches."""
        expression = re.compile(pattern)

        def found():
            return [match for line in self._lines if (match := expression.search(line))]

        with self._changed:
            self._changed.wait_for(lambda: len(found()) >= count or self._ended, patience)
            matches = found()
            assert len(matches) >= count, f"{len(matches)} of {count} lines with {pattern!r} in:\n" + "\n".join(
                self._lines[-60:]
            )
            return matches

    def count(self, pattern):
        return sum(1 for line in self.lines if re.search(pattern, line))

    def join(self):
        self.resume()
        self._thread.join(PATIENCE)
        self._stream.close()


class Server:
    """One running server. Made by the `start` fixture, which also stops it and checks how it ended."""

    def __init__(self, binary, arguments, *, root, directory=None, environment=None, descriptors=None, before=None):
        self.root = root
        self.expected_status = 0
        self.scheme = "http"
        limit = ["prlimit", f"--nofile={descriptors}", "--"] if descriptors else []
        self.process = subprocess.Popen(
            [*limit, str(binary), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=directory,
            env=clean_environment(environment),
            preexec_fn=before,
        )
        self.log = Log(self.process.stdout)
        self.errors = Log(self.process.stderr)
        self._connections = []

    def wait_until_started(self, log_file=None):
        """Wait for the line that names the address, and remember it."""

        def started():
            lines = self.log.lines + (log_file.read_text().splitlines() if log_file and log_file.exists() else [])
            matches = [match for line in lines if (match := STARTED.search(line))]
            assert matches or self.process.poll() is None, "ended at start:\n" + "\n".join(lines + self.errors.lines)
            return matches

        first = eventually(started, "the server has started")[0]
        self.scheme = "https" if "https://" in first[0] else "http"
        self._set_address((first[1].strip("[]"), int(first[2])))

    def wait_until_listening(self, address):
        """For a server that is told to say nothing."""
        eventually(lambda: accepts(address), "the server listens")
        self._set_address(address)

    def _set_address(self, address):
        self.address = address
        self.port = address[1]
        self.host = f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"

    # Talking to it

    def connect(self, *, address=None, **options):
        """A new connection; closed at the end of the test at the latest."""
        options.setdefault("tls", self.scheme == "https")
        connection = Connection((address or self.address[0], self.port), **options)
        self._connections.append(connection)
        return connection

    def ask(self, method="GET", target="/", *, fields=(), **rest):
        """One request on a connection of its own, which the server must close after answering."""
        with self.connect() as connection:
            response = connection.ask(method, target, fields=[*fields, ("Connection", "close")], **rest)
            assert not response.keeps
            connection.expect_closed()
            return response

    def get(self, target="/", **rest):
        return self.ask("GET", target, **rest)

    def upload(self, content, *, fields=(), target="/upload"):
        return self.ask("POST", target, fields=[("Content-Type", "application/json"), *fields], content=content)

    def fill(self, raw):
        """`raw` with {host}, {port}, {scheme} and {SCHEME} replaced by this server's, and {other_scheme} by the other one."""
        values = {
            "host": self.host,
            "port": str(self.port),
            "scheme": self.scheme,
            "SCHEME": self.scheme.upper(),
            "other_scheme": "http" if self.scheme == "https" else "https",
        }
        for name, value in values.items():
            raw = raw.replace(b"{%b}" % name.encode(), value.encode())
        return raw

    def uploads(self):
        """Names in the upload folder, hidden ones included, but for the folder that the server has for itself."""
        return sorted(path.name for path in (self.root / "uploads").iterdir() if path.name != ".bobbin")

    # Observing it

    def _proc(self, name):
        return pathlib.Path(f"/proc/{self.process.pid}/{name}").read_text()

    def cpu_seconds(self):
        ticks = self._proc("stat").rsplit(")", 1)[1].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        return int(re.search(r"VmRSS:\s+(\d+) kB", self._proc("status"))[1]) * 1024

    def anonymous_bytes(self):
        """Resident memory that is no file's."""
        return int(re.search(r"RssAnon:\s+(\d+) kB", self._proc("status"))[1]) * 1024

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def wait_until_quiet(self):
        """Wait until every thread sleeps: what the last answer was followed by inside the server has happened."""

        def quiet():
            tasks = os.listdir(f"/proc/{self.process.pid}/task")
            return all(self._proc(f"task/{task}/stat").rsplit(")", 1)[1].split()[0] == "S" for task in tasks)

        eventually(quiet, "every thread sleeps")

    def descriptor_limits(self):
        """(soft, hard)"""
        soft, hard = re.search(r"Max open files\s+(\d+)\s+(\d+)", self._proc("limits")).groups()
        return int(soft), int(hard)

    def open_sockets(self):
        folder = f"/proc/{self.process.pid}/fd"
        return sum(1 for name in os.listdir(folder) if _link(f"{folder}/{name}").startswith("socket:"))

    # Ending it

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Wait for the process to end; returns its exit status."""
        status = self.process.wait(PATIENCE)
        self.log.join()
        self.errors.join()
        return status

    def kill(self):
        """End it as a crash does, if it still runs."""
        if self.process.poll() is None:
            self.expected_status = -signal.SIGKILL
            self.process.kill()
            self.process.wait()

    def stop(self):
        """End it the orderly way, if it still runs, and check that this is how it ended."""
        for connection in self._connections:
            connection.close()
        try:
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
                self.log.resume()
            status = self.wait()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        output = "\n".join(self.log.lines[-20:] + self.errors.lines)
        assert status == self.expected_status, f"exit status {status}:\n{output}"
        faults = [line for line in self.errors.lines if FAULT.search(line)]
        assert not faults, "\n".join(self.errors.lines)


def _link(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""
