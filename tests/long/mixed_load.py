#!/usr/bin/python3
"""Mixed load with kill -9 every few seconds, for as long as you like.

    cmake --build build/release --target bobbin && tests/long/mixed_load.py --minutes 30

Clients upload, read files, send slowly, and leave in the middle of things, while the server is killed and started again.
After each restart every acknowledged document is compared, byte for byte, and the folder is searched for what nobody sent in
full. Whenever the documents exceed --megabytes, the folder is emptied. Ends with a line of counts; exit status 1 when
anything was lost, partial or wrong. Only loopback is used.
"""

import argparse
import collections
import contextlib
import functools
import pathlib
import random
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "crash")]

from ledger import Ledger  # noqa: E402
from load import GONE, UploadLoad  # noqa: E402
from support.background import Background  # noqa: E402
from support.client import Connection  # noqa: E402
from support.server import Server, binary_path  # noqa: E402
from support.site import site_files, write_site  # noqa: E402

SITE = site_files()


class Readers(Background):
    """Clients that read, dawdle and leave."""

    def __init__(self, address, chance):
        self._address = address
        self.counts = {"reads": 0, "slow clients": 0, "clients that left": 0}
        self.failures = []
        actions = [self._read] * 3 + [self._dawdle] * 4 + [self._leave]
        chances = [random.Random(chance.random()) for _ in actions]
        super().__init__([functools.partial(self._repeat, *pair) for pair in zip(actions, chances, strict=True)])

    def _repeat(self, action, chance):
        try:
            with contextlib.suppress(*GONE):
                while not self.stopping.is_set():
                    with Connection(self._address) as connection:
                        action(connection, chance)
        except Exception as failure:  # told in the summary
            self.failures.append(repr(failure))

    def _count(self, name):
        with self.lock:
            self.counts[name] += 1

    def _read(self, connection, chance):
        for _ in range(50):
            if self.stopping.is_set():
                return
            name = chance.choice(list(SITE))
            response = connection.ask("GET", f"/{name}")
            assert (response.status, response.content) == (200, SITE[name]), f"{name}: {response}"
            self._count("reads")

    def _dawdle(self, connection, chance):
        """Sends a request by the byte."""
        for byte in connection.request("GET", "/about.html"):
            if self.stopping.wait(chance.random() / 50):
                return
            connection.send(bytes([byte]))
        assert connection.receive().status == 200
        self._count("slow clients")

    def _leave(self, connection, chance):
        """Leaves with a large answer on its way."""
        connection.send(connection.request("GET", "/big.png"))
        connection.receive_bytes(chance.randrange(1, 100_000))
        connection.abort()
        self._count("clients that left")
        self.stopping.wait(0.05)


def start(root):
    flags = ["--port", "0", "--root", root, "--threads", "2", "--keep-alive-requests", "0", "--access-log", "off"]
    server = Server(binary_path(), flags, root=root)
    server.wait_until_started()
    return server


def documents(folder):
    return [path for path in folder.iterdir() if path.name != ".bobbin"]


def size_bytes(folder):
    return sum(path.stat().st_size for path in documents(folder))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seconds-between-kills", type=float, default=5, help="on average")
    parser.add_argument("--megabytes", type=int, default=300, help="of documents that may gather")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    return parser.parse_args()


def soak(options, root, totals):
    """Rounds of load, kill, restart and comparison. Yields what went wrong."""
    chance = random.Random(options.seed)
    folder = root / "uploads"
    ledger = Ledger()
    end = time.monotonic() + options.minutes * 60
    server = start(root)
    while time.monotonic() < end:
        before = len(ledger)
        with Readers(server.address, chance) as readers, UploadLoad(server.address, ledger, seed=chance.random()) as uploads:
            time.sleep(min(chance.uniform(0, 2 * options.seconds_between_kills), max(0, end - time.monotonic())))
            server.kill()
            server.stop()
        totals.update({**readers.counts, "documents": len(ledger) - before, "kills": 1})
        yield from readers.failures
        if uploads.refused:
            yield f"uploads were refused: {uploads.refused}"

        server = start(root)
        if damage := ledger.compare(folder):
            yield f"after kill {totals['kills']}: {damage}"
        if size_bytes(folder) > options.megabytes << 20:
            for path in documents(folder):
                path.unlink()
            ledger.forget()
    if lost := ledger.fetch(server):
        yield f"not given out as sent: {lost}"
    server.stop()


def main():
    options = arguments()
    print(f"seed {options.seed}", flush=True)
    totals = collections.Counter()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="bobbin-soak-") as scratch:
        root = pathlib.Path(scratch) / "resources"
        write_site(root)
        for failure in soak(options, root, totals):
            failures += 1
            print(failure, flush=True)
    print(", ".join(f"{count} {name}" for name, count in totals.items()) + f": {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
