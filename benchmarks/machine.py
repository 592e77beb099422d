"""Where and with what was measured: for the head of a results file. Nothing that names the machine or its folders."""

import os
import platform
import re
import shutil
import socket
import subprocess
from pathlib import Path

import h2load
from measure import BENCH_FOLDER
from servers import PROGRAMS, REPOSITORY, Server


def output_of(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def processor() -> str:
    match = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match.group(1) if match else platform.machine()


def memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def congestion_control() -> str:
    """What a connection over loopback gets, whoever decides it: the system, the namespace or the route."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as connection:
            return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()


def system_call_ns() -> str:
    return output_of(str(PROGRAMS / "benchmarks/bench_syscall"))


def file_system() -> str:
    """An ext4 without its journal has no commits of it to wait for, which makes syncs of new files cheaper than most people's."""
    kind = output_of("findmnt", "-n", "-o", "FSTYPE", "--target", str(BENCH_FOLDER))
    device = os.stat(BENCH_FOLDER).st_dev
    name = os.path.basename(os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"))
    has_journal = any(Path("/proc/fs/jbd2").glob(f"{name}-*"))
    return kind if has_journal or kind not in ("ext3", "ext4") else f"{kind} without a journal"


def built_from() -> str:
    if "BOBBIN_BINARY" in os.environ:
        return "the program that BOBBIN_BINARY named"
    commit = output_of("git", "-C", str(REPOSITORY), "rev-parse", "--short", "HEAD")
    changed = output_of("git", "-C", str(REPOSITORY), "status", "--porcelain", "--untracked-files=no")
    return commit + (" with local changes" if changed else "")


def versions(servers: list[Server]) -> list[str]:
    """One for each family, the first line that has a number in it; of bobbin also what it was built from."""
    commands = {server.family: server.version for server in servers if server.version}
    found = []
    for family, command in commands.items():
        first = next((line for line in output_of(*command).splitlines() if re.search(r"\d", line)), "unknown")
        found.append(f"{family}: {first}" + (f" ({built_from()})" if family == "bobbin" else ""))
    return found


def versions_of_generator() -> list[str]:
    """Of h2load, and of the library that does TLS for it and for the servers of the system."""
    programs = {"load": h2load.VERSION, "TLS": ("openssl", "version")}
    return [f"{name}: {output_of(*command)}" for name, command in programs.items() if shutil.which(command[0])]


def description(servers: list[Server]) -> list[str]:
    busy = os.getloadavg()[0]
    return [
        f"{len(os.sched_getaffinity(0))} CPUs, {processor()}, {memory_gib():.0f} GiB",
        f"Linux {platform.release().split('-')[0]}, TCP congestion control {congestion_control()}",
        f"an empty system call (getppid) takes {system_call_ns()} ns",
        f"files on {file_system()}, uploads on tmpfs where not said otherwise",
        f"load average before the first run {busy:.1f}",
        *versions(servers),
    ]
