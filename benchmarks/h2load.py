"""The load generator for what ours does not speak, TLS and HTTP/2: nghttp2's h2load."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import client
import workloads
from load import Report, Target
from processes import Failed

PACKAGE = "nghttp2-client"
VERSION = ("h2load", "--version")

# Long enough to tell how many requests a second of load will be.
TRIAL_SECONDS = 0.2

# h2load goes on for ever when a server leaves one answer out.
MOST_SECONDS = 120


def missing_package(protocol: workloads.Protocol) -> str:
    """What Debian calls the package without which this protocol cannot be loaded; "" when there is all."""
    return client.missing_package(protocol) if shutil.which("h2load") else PACKAGE


class H2load(Target):
    """A number of requests, since h2load counts the bytes of all its answers exactly only then. The first tenth of them is left
    out: the connections are opened meanwhile."""

    @property
    def log(self) -> Path:
        return self.folder / "h2load.log"

    def command(self, requests: int) -> list[str]:
        protocol = self.workload.protocol
        scheme = "https" if protocol.tls else "http"
        fields = workloads.field_lines(self.request)
        return ["taskset", "-c", self.cpus, "h2load", f"--requests={requests}",
                f"--clients={min(self.workload.connections, requests)}",
                f"--max-concurrent-streams={self.workload.pipeline}", f"--log-file={self.log}",
                f"--tls13-ciphers={workloads.TLS_CIPHER}", f"--groups={workloads.TLS_GROUP}", *([] if protocol.http2 else ["--h1"]),
                *(f"--header={name}: {value}" for name, value in fields if name != "host"),
                f"{scheme}://127.0.0.1:{self.port}{self.workload.path}"]

    @contextmanager
    def run(self, requests: int) -> Iterator[Callable[[], Report]]:
        """Yields when the first tenth is over. What it yields waits for the rest, and judges all of it."""
        self.log.unlink(missing_ok=True)
        left_out = requests // 10
        with subprocess.Popen(self.command(requests), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as generator:
            limit = threading.Timer(MOST_SECONDS, generator.kill)
            limit.start()
            said = []

            def read_until(line: str) -> None:
                while (read := generator.stdout.readline()) and read.rstrip() != line:
                    said.append(read)

            def report() -> Report:
                read_until("")  # behind the progress
                text = "".join(said) + generator.communicate()[0]
                self.judge(text, requests)
                return self.report(left_out) | {"content_bytes": (requests - left_out) * self.length}

            try:
                if left_out:
                    read_until("progress: 10% done")
                yield report
            finally:
                limit.cancel()
                generator.kill()

    def judge(self, said: str, requests: int) -> None:
        """Every answer must have the status, and all together the length."""
        protocol = self.workload.protocol
        spoken = "http/1.1" if not protocol.http2 else "h2" if protocol.tls else "h2c"
        wanted = {"requests": f"{requests} total, {requests} started, {requests} done, {requests} succeeded, 0 failed, 0 errored, 0 timeout",
                  "status codes": f"{requests} 2xx, 0 3xx, 0 4xx, 0 5xx", "traffic": f"({requests * self.length}) data",
                  "Application protocol": spoken}
        if protocol.tls:
            wanted |= {"TLS Protocol": "TLSv1.3", "Cipher": workloads.TLS_CIPHER, "Server Temp Key": workloads.TLS_GROUP}
        found = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
        for name, words in wanted.items():
            if words not in found.get(name, ""):
                raise Failed(f"h2load says '{name}: {found.get(name, 'nothing')}' instead of '{words}'")

    def report(self, left_out: int) -> Report:
        """From h2load's log: start in microseconds, status, microseconds until the end of the answer; in the order of the ends."""
        lines = [line.split("\t") for line in self.log.read_text().splitlines()]
        ends = [int(start) + int(duration) for start, _, duration in lines]
        begin = ends[left_out - 1] if left_out else int(lines[0][0])
        durations = sorted(int(duration) for _, _, duration in lines[left_out:])
        return {"requests": len(durations), "seconds": (max(ends) - begin) / 1e6} | {
            key: durations[min(int(len(durations) * share), len(durations) - 1)]
            for key, share in (("p50_us", 0.5), ("p99_us", 0.99), ("p999_us", 0.999))}

    def requests_in(self, seconds: float) -> int:
        """How many requests take about so long, which is found out by asking for more and more."""
        if self.workload.most_requests:
            return self.workload.most_requests
        fewest = 10 * self.workload.connections * self.workload.pipeline
        requests = fewest
        while True:
            with self.run(requests) as rest:
                report = rest()
            if report["seconds"] >= TRIAL_SECONDS:
                tenths = max(fewest // 10, int(report["requests"] / report["seconds"] * seconds / 9))
                return 10 * tenths  # or h2load would not speak of the first tenth
            requests *= 4

    def warm_up(self, seconds: float) -> None:
        with self.run(self.requests_in(seconds)) as rest:
            rest()

    @contextmanager
    def ready(self, seconds: float) -> Iterator[Callable[[], Report]]:
        with self.run(self.requests_in(seconds)) as rest:
            yield rest

    def measure(self, seconds: float) -> Report:
        with self.ready(seconds) as rest:
            return rest()

    @contextmanager
    def kept(self, _: float, connections: int) -> Iterator[None]:
        """Connections that stay open and idle meanwhile, all of which have had an answer."""
        with client.kept_open(self.port, self.workload.protocol, self.request, connections) as (opened, _):
            yield
            if closed := sum(client.is_closed(connection) for connection in opened):
                raise Failed(f"{closed} connections were closed meanwhile")
