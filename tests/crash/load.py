"""Clients that upload until they are told to stop, or the server is gone."""

import contextlib
import random
import threading

from support.client import Closed, Connection, Reset, chunked

JSON = ("Content-Type", "application/json")
GONE = (OSError, Closed, Reset)  # what a client meets when the server is killed


def document(chance):
    """A document like no other: mostly small, sometimes so large that it is written while it arrives."""
    size = chance.choice([10, 100, 1_000, 5_000, 20_000, chance.randrange(100_000, 400_000)])
    return b'{"id": "%032x", "text": "%b"}' % (chance.getrandbits(128), chance.randbytes(size // 2).hex().encode())


def cut(chance, data):
    borders = sorted(chance.randrange(len(data)) for _ in range(chance.choice([0, 0, 1, 3])))
    return [data[start:end] for start, end in zip([0, *borders], [*borders, len(data)], strict=True) if end > start]


def request_pieces(chance, connection, content):
    """One request for `content`, in one of the forms that a client may choose, in segments."""
    if chance.random() < 0.3:
        head = connection.request("POST", "/upload", fields=[JSON, ("Transfer-Encoding", "chunked")])
        return cut(chance, head + chunked(cut(chance, content)))
    return cut(chance, connection.request("POST", "/upload", fields=[JSON], content=content))


class UploadLoad:
    """`clients` threads that upload; a context manager. Whatever else than 201 is answered is counted and ends that client."""

    def __init__(self, address, ledger, *, clients=6, seed=0):
        self._address = address
        self._ledger = ledger
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._failures = []
        self.refused = []  # statuses
        threads = [(self._upload, (random.Random(f"{seed}-{number}"),)) for number in range(clients)]
        threads.append((self._stall, (random.Random(f"{seed}-stalled"),)))
        self._threads = [threading.Thread(target=self._guarded, args=(action, *arguments)) for action, arguments in threads]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def _guarded(self, action, chance):
        try:
            with contextlib.suppress(*GONE), Connection(self._address) as connection:
                action(connection, chance)
        except BaseException as failure:  # raised again by the thread that waits for us
            with self._lock:
                self._failures.append(failure)

    def _upload(self, connection, chance):
        while not self._stopping.is_set():
            content = document(chance)
            self._ledger.sending(content)
            connection.send_pieces(request_pieces(chance, connection, content))
            response = connection.receive()
            if response.status != 201:
                with self._lock:
                    self.refused.append(response.status)
                return
            self._ledger.acknowledge(response, content)

    def _stall(self, connection, chance):
        """Sends half of a large document, so that at every moment there is one that is only partly there."""
        content = b'{"id": "%032x", "text": "%b"}' % (chance.getrandbits(128), b"x" * 600_000)
        self._ledger.sending(content)
        request = connection.request("POST", "/upload", fields=[JSON], content=content)
        connection.send(request[: len(request) // 2])
        self._stopping.wait()
