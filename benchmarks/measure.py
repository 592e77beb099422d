"""One measurement: a fresh server, one careful request, a warm-up, then the load, and what both cost."""

import json
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import databases
import h2load
import processes
import workloads
from h2load import H2load
from load import Load, Report, probe
from processes import Failed
from servers import BENCH_FOLDER, PROGRAMS, Server, Setup
from workloads import Workload

Sample = dict[str, float]

ROOT = BENCH_FOLDER / "root"
TMPFS = Path("/dev/shm")

STARTS_PER_ROUND = 10

# A hand-over of a cache line takes about 60 ns between CPUs that share a last-level cache, and 190 between others.
NEAR_NANOSECONDS = 100
PLACEMENT_TRIES = 15

# What other programs may take of the CPUs before and after a run that waits for a disk. Whoever is woken while both CPUs are taken waits
# for the scheduler's next tick, which is 40 times as long as a flush may be.
QUIET_SHARE = 0.55  # of two CPUs, one is free

# How often, in all runs together, a second is waited for free CPUs.
quiet_tries = iter(range(600))


@dataclass(frozen=True)
class Mode:
    """Who runs where. With one CPU the CPU time of a request is least disturbed by whatever else the machine does."""

    name: str
    server_cpus: str
    load_cpus: str
    threads: int

    @property
    def two_cpus(self) -> bool:
        return self.name != "one"


def mode_named(name: str) -> Mode:
    cpus = sorted(os.sched_getaffinity(0))
    if name == "one":
        return Mode(name, str(cpus[0]), str(cpus[0]), 1)
    if len(cpus) < 2:
        raise ValueError(f"mode {name} needs two CPUs")
    if name == "two":
        return Mode(name, str(cpus[0]), str(cpus[1]), 1)
    both = f"{cpus[0]},{cpus[1]}"
    return Mode(name, both, both, 2)


def descriptor_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def raise_descriptor_limit() -> None:
    """For this process and all that it starts."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor_limit(), descriptor_limit()))


def idle_connections(workload: Workload) -> int:
    """lighttpd takes half as many connections as it may have descriptors."""
    return min(workload.idle_connections, descriptor_limit() // 2 - 100)


def obstacle(workload: Workload) -> str:
    """Why this machine does not allow so many connections, or has nothing to load the servers with; "" when it does. Servers want
    descriptors besides: nginx a quarter of its connections free, bobbin a reserve for files."""
    if workload.protocol != workloads.HTTP1 and (package := h2load.missing_package(workload.protocol)):
        return f"needs what Debian's package {package} has (packages/bench.txt)"
    descriptors = workload.connections * 3 // 2 + 1000
    if descriptors > descriptor_limit():
        return f"needs {descriptors:,} descriptors, and the hard limit (ulimit -Hn) is {descriptor_limit():,}"
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    if workload.connections > last - first:
        return f"needs as many ports, and net.ipv4.ip_local_port_range has {last - first + 1:,}"
    return ""


@contextmanager
def folders(store: str) -> Iterator[tuple[Path, Path]]:
    """A folder for the server and one for uploads, which is the place where they may matter: tmpfs or the disk."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=BENCH_FOLDER))
    kept = store == "disk"
    uploads = Path(tempfile.mkdtemp(prefix="bobbin-bench-", dir=TMPFS)) if store == "memory" else folder / "store"
    (uploads / "put").mkdir(parents=True, exist_ok=True)
    try:
        yield folder, uploads
    finally:
        # ext4 without a journal passes over inodes that were freed in the last minute or five, one by one, when it makes a
        # file, which costs up to ten times as much. So those on disk stay until the last workload is done.
        if store == "memory":
            shutil.rmtree(uploads, ignore_errors=True)
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers() -> None:
    for folder in BENCH_FOLDER.glob("run-*"):
        shutil.rmtree(folder, ignore_errors=True)


def placement(mode: Mode) -> float:
    """Nanoseconds for a cache line between the two CPUs; 0 in mode one, where it means nothing."""
    if not mode.two_cpus:
        return 0
    pair = sorted({*mode.server_cpus.split(","), *mode.load_cpus.split(",")})
    return float(subprocess.check_output([PROGRAMS / "benchmarks/bench_placement", *pair]))


def wait_for_near_placement(mode: Mode) -> None:
    for _ in range(PLACEMENT_TRIES):
        if placement(mode) <= NEAR_NANOSECONDS:
            return
        time.sleep(1)


def share_of_others() -> float:
    """Of the time of all CPUs, for a moment in which nothing of ours runs."""
    def ticks() -> tuple[int, int]:
        user, nice, system, idle, waiting, *rest = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
        busy = user + nice + system + sum(rest)
        return busy, busy + idle + waiting

    busy, total = ticks()
    time.sleep(0.3)
    busy_then, total_then = ticks()
    return (busy_then - busy) / max(1, total_then - total)


def wait_for_quiet_cpus() -> None:
    for _ in quiet_tries:
        if share_of_others() <= QUIET_SHARE:
            return
        time.sleep(1)


def measure(server: Server, workload: Workload, mode: Mode, seconds: float) -> Sample:
    """Raises Failed when the server does not answer as it must."""
    with folders(workload.store) as (folder, store):
        port = processes.free_port()
        setup = Setup(folder=folder, root=ROOT, store=store, port=port, threads=server.threads or mode.threads,
                      descriptors=descriptor_limit(), workload=workload,
                      connections=idle_connections(workload) + 16 if workload.kind == "idle" else workload.room,
                      request_bytes=request_bytes(server, workload, port))
        command = server.command(setup)
        if workload.kind == "start":
            return measure_start(command, setup, mode)
        if workload.store == "disk":
            os.sync()  # what the run before has left to write, or this one would wait for it
        if workload.waits_for_disk:
            wait_for_quiet_cpus()
            return run_on(server, setup, command, mode, seconds) | {"others_share": share_of_others()}
        wait_for_near_placement(mode)
        return run_on(server, setup, command, mode, seconds) | {"placement_ns": placement(mode)}


def run_on(server: Server, setup: Setup, command: list[str], mode: Mode, seconds: float) -> Sample:
    workload = setup.workload
    with processes.running(command, server.address(setup), mode.server_cpus, setup.folder / "output") as pid:
        server.prepare(setup)
        load = load_on(server, setup, mode)
        with processes.busy_loops(workload.busy_loops):
            return MEASUREMENTS[workload.kind](load, pid, seconds)


def load_on(server: Server, setup: Setup, mode: Mode) -> Load | H2load:
    if server.speech:
        return databases.load_on(server, setup, mode.load_cpus)
    request, length = probe(setup.port, setup.workload, ROOT, server)
    generator = Load if setup.workload.protocol == workloads.HTTP1 else H2load
    return generator(setup.port, setup.workload, request, length, mode.load_cpus, setup.folder)


def request_bytes(server: Server, workload: Workload, port: int) -> int:
    """How long every request will be: all that the floor program knows of it."""
    _, validator = workloads.CONDITIONS.get(workload.condition, ("", ""))
    return len(workloads.request(workload, port, server.upload_style, validator))


def measure_load(load: Load | H2load, pid: int, seconds: float) -> Sample:
    load.warm_up(min(0.3, seconds))
    with load.ready(seconds) as run:
        return cost_of(run, load.workload, pid)


def measure_steady(load: Load, pid: int, seconds: float) -> Sample:
    warm_up = max(workloads.WARM_UP_REQUESTS, load.workload.files)
    with load.kept(seconds, **{"warm-up": warm_up}) as load_again:
        return cost_of(load_again, load.workload, pid) | {"pss_mb": processes.pss_bytes(pid) / 1e6,
                                                          "own_bytes": processes.pss_bytes(pid, "Pss_Anon:")}


def measure_intake(load: Load, pid: int, seconds: float) -> Sample:
    """On connections that are kept: a server may have a process for each, whose CPU time would be gone with it."""
    with load.kept(seconds, requests=load.workload.most_requests, **{"warm-up": workloads.WARM_UP_DOCUMENTS}) as load_again:
        return cost_of(load_again, load.workload, pid)


def cost_of(run: Callable[[], Report], workload: Workload, pid: int) -> Sample:
    before = processes.cpu_seconds(pid)
    result = run()
    cpu = processes.cpu_seconds(pid) - before
    uploaded = result["requests"] * workload.upload_bytes
    content = result["content_bytes"] + uploaded
    sample = {"rate": result["requests"] / result["seconds"], "cpu_us": cpu * 1e6 / result["requests"],
              "mb_per_s": content / 1e6 / result["seconds"], "p50": result["p50_us"], "p99": result["p99_us"],
              "p999": result["p999_us"]}
    if content:
        sample["cpu_s_per_gb"] = cpu / (content / 1e9)
    return sample


def measure_idle(load: Load | H2load, pid: int, seconds: float) -> Sample:
    """The first half of the connections fills the buffers that a server has once, however many connections there are. What one
    connection costs is the growth with the second half."""
    load.warm_up(min(0.3, seconds))
    alone = load.measure(seconds)
    before = processes.pss_bytes(pid)
    connections = idle_connections(load.workload)
    second_half = connections // 2
    with load.kept(seconds, connections=connections - second_half):
        with_half = processes.pss_bytes(pid)
        with load.kept(seconds, connections=second_half):
            during = processes.pss_bytes(pid)
            active = load.measure(seconds)
    return {"pss_per_connection": (during - with_half) / second_half, "pss_before_mb": before / 1e6,
            "pss_during_mb": during / 1e6, "p50": active["p50_us"], "p99": active["p99_us"],
            "p50_alone": alone["p50_us"], "p99_alone": alone["p99_us"]}


MEASUREMENTS = {"load": measure_load, "steady": measure_steady, "intake": measure_intake, "idle": measure_idle}


def measure_start(command: list[str], setup: Setup, mode: Mode) -> Sample:
    request_file = setup.folder / "request"
    request_file.write_bytes(workloads.request(setup.workload, setup.port, workloads.POST))
    done = subprocess.run(
        ["taskset", "-c", mode.server_cpus, PROGRAMS / "benchmarks/bench_start", "--port", str(setup.port),
         "--request", request_file, "--runs", str(STARTS_PER_ROUND), "--", *command],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(done.stderr.strip())
    times = json.loads(done.stdout)
    return {"start_ms": statistics.median(times) / 1e3, "fastest_ms": min(times) / 1e3}
