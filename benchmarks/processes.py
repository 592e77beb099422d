"""A server while it runs: starting and ending it, and what the kernel counts for its whole process tree."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

START_SECONDS = 10
STOP_SECONDS = 10

MOST_BUSY_SECONDS = 120

# Below the ports that the kernel gives to clients, or a connection of the load could take one between two runs.
PORTS = itertools.cycle(range(20_000, 30_000))


class Failed(Exception):
    """A server or the load generator did not do what it should; the run does not count."""


def free_port() -> int:
    """Another one each time: the clients of the run before are in TIME_WAIT, and with 10,000 each there would soon be none left."""
    for port in itertools.islice(PORTS, 10_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failed("no free port")


@contextmanager
def running(command: list[str], address: int | Path, cpus: str, output: Path) -> Iterator[int]:
    """Yields the process id once the port, or the Unix socket, answers. taskset replaces itself by the server, so the id is the server's."""
    with output.open("wb") as log:
        process = subprocess.Popen(["taskset", "-c", cpus, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(process, address, output)
        yield process.pid
        if process.poll() is not None:
            raise Failed(f"the server ended in mid-run with {process.returncode}: {tail(output)}")
    finally:
        stop(process)


def wait_for(process: subprocess.Popen, address: int | Path, output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"the server did not start: {tail(output)}")
        if answers(address):
            return
        time.sleep(0.01)
    raise Failed("the server does not listen")


def answers(address: int | Path) -> bool:
    if isinstance(address, Path):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(address)) == 0
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", address)) == 0


@contextmanager
def busy_loops(number: int) -> Iterator[None]:
    """Programs that want a CPU each, all the time. They end by themselves, should nobody be left to end them."""
    loop = f"import time\nend = time.monotonic() + {MOST_BUSY_SECONDS}\nwhile time.monotonic() < end: pass"
    with ExitStack() as stack:
        for _ in range(number):
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", loop], stdin=subprocess.DEVNULL))
            stack.callback(process.kill)
        yield


def stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in reversed(tree(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def tail(output: Path) -> str:
    """The last thing that the server said."""
    return output.read_text(errors="replace").strip().rpartition("\n")[2][-300:]


def text_of(path: Path) -> str:
    """What the kernel says of a process, which may be gone by now."""
    try:
        return path.read_text()
    except OSError as error:
        raise Failed(f"the server, or a part of it, is gone: {error.strerror}") from error


def tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in text_of(task / "children").split():
            found += tree(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time, user and system, of the process tree. It is the sum that utime and stime in /proc/PID/stat share out, which
    are rounded to ticks of 10 ms: schedstat has it in nanoseconds. No server here ends threads in mid-run."""
    total = 0
    for process in tree(pid):
        for task in Path(f"/proc/{process}/task").glob("*"):
            total += int(text_of(task / "schedstat").split()[0])
    return total / 1e9


def pss_bytes(pid: int, kind: str = "Pss:") -> int:
    """Memory of the process tree, shared pages divided among those who share them. Pss_Anon: the part that is no file's."""
    total = 0
    for process in tree(pid):
        for line in text_of(Path(f"/proc/{process}/smaps_rollup")).splitlines():
            if line.startswith(kind):
                total += int(line.split()[1]) * 1024
    return total
