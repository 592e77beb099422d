#!/usr/bin/env python3
"""benchmarks/object_store.py [--binary build/release/bobbin] [--rounds 5] [--seconds 5] [--connections 8] [--only NAME...]

Documents of 1 KiB into the RADOS Gateway of Ceph on this machine, as root, in interleaved rounds; prints medians, and each as a
part of what a client makes that does nothing but put the same bytes with `If-None-Match: *`:

    put       that client
    target    an inbox with a target, with as many connections to the gateway and twice as many senders: 201 means that the
              gateway has the record
    keys      the same with an Idempotency-Key for each document

as a part of `get`:

    get       a client that does nothing but get the records of `target`, over eight connections
    pull      `bobbin inbox pull` of the same records into an inbox

and, as a part of `local`:

    local     an inbox with a folder, loaded by h2load
    spooled   the same with a target as well, while its records are moved

Needs the packages of packages/object-store.txt and h2load.
"""

import argparse
import http.client
import itertools
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests/integration"))

from support.inboxes import toml  # noqa: E402
from support.s3.client import Client, all_keys  # noqa: E402
from support.s3.gateway import Gateway  # noqa: E402
from support.server import Server  # noqa: E402
from support.site import write_site  # noqa: E402

DOCUMENT = json.dumps({"fill": "x" * 1000}).encode()
TYPE = {"Content-Type": "application/json"}
RATES = ["put", "target", "keys", "get", "pull", "local", "spooled"]
# What a rate is a part of, where that is not `put`.
BASES = {"get": "get", "pull": "get", "local": "local", "spooled": "local"}
TICKS = os.sysconf("SC_CLK_TCK")


def side_by_side(count, seconds, step):
    """Call `step(state)` again and again in `count` threads, each with its own `state` (a dict). Returns calls per second."""
    done = [0] * count
    end = time.monotonic() + seconds

    def run(index):
        state = {}
        while time.monotonic() < end:
            step(state)
            done[index] += 1

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - started)


def tree(process):
    """A process and those that descend from it."""
    found = [process]
    for child in pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split():
        found += tree(int(child))
    return found


def cpu_seconds(processes):
    total = 0
    for process in processes:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def private_bytes(processes):
    """Memory that these processes alone have."""
    total = 0
    for process in processes:
        for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith(("Private_Clean", "Private_Dirty")):
                total += int(line.split()[1]) * 1024
    return total


class Bench:
    def __init__(self, options, gateway, folder):
        self.options, self.gateway, self.folder = options, gateway, folder
        host, port = gateway.address
        self.environment = {
            "AWS_ACCESS_KEY_ID": gateway.credentials.access_key, "AWS_SECRET_ACCESS_KEY": gateway.credentials.secret,
            "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        }  # fmt: skip
        self.numbers = itertools.count()
        self.root = folder / "site"
        write_site(self.root)
        self.bucket = gateway.new_bucket()
        self.plain = self._start("plain", target=f"s3://{self.bucket}/plain")
        self.keyed = self._start("keyed", target=f"s3://{self.bucket}/keyed", dedupe=["header:Idempotency-Key"])
        self.local_server = self._start("local", dir=str(folder / "local"))
        self.spooled_server = self._start("spooled", dir=str(folder / "spooled"), target=f"s3://{self.bucket}/spooled")
        self.costs = {"target": [], "keys": []}

    def close(self):
        for server in (self.plain, self.keyed, self.local_server, self.spooled_server):
            server.kill()

    def _start(self, name, **keys):
        configuration = self.folder / f"{name}.toml"
        configuration.write_text(
            f'root = "{self.root}"\nport = 0\naccess_log = false\nkeep_alive_requests = 0\n'
            f"s3_connections = {self.options.connections}\n" + toml("inbox", {"name": "box", **keys})
        )
        server = Server(self.options.binary, ["--config", configuration], root=self.root, environment=self.environment)
        server.wait_until_started()
        return server

    def put(self):
        def step(state):
            client = state.setdefault("client", Client(self.gateway.address, self.gateway.credentials))
            answer = client.put(self.bucket, f"put/{next(self.numbers)}.json", DOCUMENT, ("If-None-Match", "*"))
            assert answer.status == 200, answer

        return side_by_side(self.options.connections, self.options.seconds, step)

    def _post(self, name, server, has_key):
        def step(state):
            connection = state.get("connection")
            if connection is None:
                connection = state["connection"] = http.client.HTTPConnection(*server.address)
            fields = TYPE | ({"Idempotency-Key": str(next(self.numbers))} if has_key else {})
            connection.request("POST", "/in/box", DOCUMENT, fields)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 201, answer.status

        processes = tree(server.process.pid)
        before = cpu_seconds(processes)
        rate = side_by_side(2 * self.options.connections, self.options.seconds, step)
        self.costs[name].append((cpu_seconds(processes) - before) / (rate * self.options.seconds))
        return rate

    def target(self):
        return self._post("target", self.plain, False)

    def keys(self):
        return self._post("keys", self.keyed, True)

    def get(self):
        """Of the records that are there, as many as can be had in the time."""
        client = Client(self.gateway.address, self.gateway.credentials)
        keys = itertools.cycle([key for key in all_keys(client, self.bucket, "plain/") if key.endswith(".json")])

        def step(state):
            client = state.setdefault("client", Client(self.gateway.address, self.gateway.credentials))
            assert client.get(self.bucket, next(keys)).status == 200

        return side_by_side(8, self.options.seconds, step)

    def pull(self):
        inbox = self.folder / f"pulled-{next(self.numbers)}"
        command = [self.options.binary, "inbox", "pull", inbox, "--from", f"s3://{self.bucket}/plain", "--until-empty"]
        started = time.monotonic()
        subprocess.run(command, env=os.environ | self.environment, check=True)
        taken = time.monotonic() - started
        return len(list((inbox / "new").iterdir())) / taken

    def local(self):
        return self._load(self.local_server)

    def spooled(self):
        """The same while the records are moved to the store."""
        return self._load(self.spooled_server)

    def _load(self, server):
        """Documents that h2load has stored per second."""
        document = self.folder / "document"
        document.write_bytes(DOCUMENT)
        command = ["h2load", "--h1", "-c", self.options.connections, "-D", int(self.options.seconds), "-d", document,
                   "-H", "content-type: application/json", "http://{}:{}/in/box".format(*server.address)]  # fmt: skip
        told = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout
        assert ", 0 4xx, 0 5xx" in told, told
        return float(re.search(r"([0-9.]+) req/s", told)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=REPOSITORY / "build/release/bobbin")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--only", nargs="+", choices=RATES, default=RATES, help="what is measured; pull needs target")
    options = parser.parse_args()
    os.environ["BOBBIN_BINARY"] = str(options.binary.resolve())  # for the support of tests
    with Gateway() as gateway, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        bench = Bench(options, gateway, pathlib.Path(folder))
        rates = {name: [] for name in options.only}
        for _ in range(options.rounds):
            for name, measured in rates.items():
                measured.append(getattr(bench, name)())
        print(f"{options.connections} connections, medians of {options.rounds} rounds")
        for name, measured in rates.items():
            rate = statistics.median(measured)
            base = statistics.median(rates.get(BASES.get(name, "put"), measured))
            cost = f"{statistics.median(bench.costs[name]) * 1000:.2f} ms CPU" if bench.costs.get(name) else ""
            print(f"{name:8} {rate:8.0f}/s {rate / base:6.2f}  {cost}")
        for name, server in (("target", bench.plain), ("keys", bench.keyed)):
            print(f"memory of {name}: {private_bytes(tree(server.process.pid)) / 1024 / 1024:.1f} MiB")
        bench.close()


if __name__ == "__main__":
    main()
