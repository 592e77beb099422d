"""Asking: one careful request to see that the answer is right, then our own load generator."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import workloads
from client import ask
from processes import Failed
from servers import PROGRAMS, Server
from workloads import Workload

Report = dict[str, float]

# For a server that is so slow that it cannot be asked for every file.
MOST_WARM_UP_SECONDS = 20

# The digits of a number that an answer may have, and that grows.
LONGEST_SEQUENCE = 7


def probe(port: int, workload: Workload, root: Path, server: Server) -> tuple[bytes, int]:
    """The request to load the server with and the length of its answer, once one answer has been seen to be right."""
    is_floor = server.family == "floor"  # which knows one request and one answer
    request = workloads.request(workload, port, server.upload_style)
    if workload.condition:
        field, constant = workloads.CONDITIONS[workload.condition]
        validator = constant if is_floor else ask(port, workload.protocol, request).fields.get(field, "")
        request = workloads.request(workload, port, server.upload_style, validator)
    asked = request.replace(workloads.NUMBER.encode(), workloads.PROBE_NUMBER.encode(), 1) if b"/put/" in request else request
    first = ask(port, workload.protocol, asked)
    if first.status != workload.status:
        raise Failed(f"status {first.status} instead of {workload.status}")
    if workload.status == 200:
        file = root / workload.content_file
        if first.length != file.stat().st_size:
            raise Failed(f"{first.length} bytes of content instead of {file.stat().st_size}")
        if not is_floor and first.content and first.content != file.read_bytes():
            raise Failed("the content is not that of the file")
    return request, first.length


@dataclass(frozen=True)
class Target:
    """A load on one server: everything but how long."""

    port: int
    workload: Workload
    request: bytes
    length: int
    cpus: str
    folder: Path


class Load(Target):
    """From bench_load, which speaks HTTP/1.1 in clear text."""

    def command(self, seconds: float, **options) -> list[str]:
        settings = self.settings() | {"seconds": seconds} | options
        words = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
        return ["taskset", "-c", self.cpus, str(PROGRAMS / "benchmarks/bench_load"), *words]

    def settings(self) -> dict[str, object]:
        request_file = self.folder / "request"
        request_file.write_bytes(self.request)
        settings = {"port": self.port, "request": request_file, "connections": self.workload.connections,
                    "pipeline": self.workload.pipeline, "close": int(self.workload.close),
                    "status": self.workload.status, "length": self.length}
        if self.workload.kind == "intake":
            settings["longer"] = LONGEST_SEQUENCE
        # An entity tag that looks like the number must stay as it is.
        if (number_at := self.number_at()) >= 0 and not self.workload.condition:
            settings |= {"number-at": number_at, "number-by": "popularity" if self.workload.by_popularity else self.workload.own_head or "request",
                         "numbers": self.workload.numbers}
        return settings

    def number_at(self) -> int:
        """In the head; where documents must differ, anywhere."""
        end = len(self.request) if self.workload.kind == "intake" else self.request.index(b"\r\n\r\n")
        return self.request.find(workloads.NUMBER.encode(), 0, end)

    def run(self, seconds: float, **options) -> Report:
        done = subprocess.run(self.command(seconds, **options), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(done.stderr.strip() or f"the load generator ended with {done.returncode}")
        return json.loads(done.stdout)

    def warm_up(self, seconds: float) -> None:
        """Caches filled, memory taken; where many files are asked for, each at least twice. What must not come again in the
        load, the names of uploads and the ids of requests, gets numbers of its own."""
        if self.workload.upload_bytes:
            self.run(seconds, first=workloads.WARM_UP_NUMBER, requests=200)
        elif self.workload.own_head == "request":
            self.run(seconds, first=workloads.WARM_UP_NUMBER)
        elif self.run(seconds)["requests"] < 2 * self.workload.files:
            self.run(MOST_WARM_UP_SECONDS, requests=2 * self.workload.files)

    @contextmanager
    def ready(self, seconds: float) -> Iterator[Callable[[], Report]]:
        yield partial(self.measure, seconds)

    def measure(self, seconds: float) -> Report:
        limit = {"requests": self.workload.most_requests} if self.workload.most_requests else {}
        return self.run(seconds, **limit)

    @contextmanager
    def kept(self, seconds: float, **options) -> Iterator[Callable[[], Report]]:
        """Connections that stay open meanwhile, all of which have had an answer. What it yields runs a load on them."""
        with subprocess.Popen(self.command(seconds, hold=1, **options), bufsize=0, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as generator:

            def report() -> Report:
                if not (line := generator.stdout.readline()):
                    raise Failed(generator.stderr.read().decode().strip() or "the load generator ended")
                return json.loads(line)

            def load() -> Report:
                with suppress(BrokenPipeError):  # report() then says why
                    generator.stdin.write(b"\n")
                return report()

            try:
                report()
                yield load
                generator.stdin.close()
                if closed := report()["closed"]:
                    raise Failed(f"{closed} connections were closed meanwhile")
            finally:
                generator.kill()
