"""A server while it runs: starting and ending it, and what the kernel counts for its whole process tree."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 10
STOP_SECONDS = 10


class Failed(Exception):
    """A server or the load generator did not do what it should; the run does not count."""


def free_port() -> int:
    """Below the ports that the kernel gives to clients, or a connection of the load could take it between two runs."""
    for port in range(20_000, 30_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failed("no free port")


@contextmanager
def running(command: list[str], port: int, cpus: str, output: Path) -> Iterator[int]:
    """Yields the process id once the port answers. taskset replaces itself by the server, so the id is the server's."""
    with output.open("wb") as log:
        process = subprocess.Popen(["taskset", "-c", cpus, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(process, port, output)
        yield process.pid
        if process.poll() is not None:
            raise Failed(f"the server ended in mid-run with {process.returncode}: {tail(output)}")
    finally:
        stop(process)


def wait_for(process: subprocess.Popen, port: int, output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"the server did not start: {tail(output)}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise Failed("the server does not listen")


def stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in reversed(tree(process.pid)):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def tail(output: Path) -> str:
    """The last thing that the server said."""
    return output.read_text(errors="replace").strip().rpartition("\n")[2][-300:]


def tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time, user and system, of the process tree. It is the sum that utime and stime in /proc/PID/stat share out, which
    are rounded to ticks of 10 ms: schedstat has it in nanoseconds. No server here ends threads in mid-run."""
    total = 0
    for process in tree(pid):
        for task in Path(f"/proc/{process}/task").glob("*"):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def pss_bytes(pid: int) -> int:
    """Memory of the process tree, shared pages divided among those who share them."""
    total = 0
    for process in tree(pid):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total
