"""Clients that upload until they are told to stop, or the server is gone."""

import contextlib
import functools
import random

from support.background import Background
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


def request_pieces(chance, connection, content, target="/upload", *, fields=(JSON,)):
    """One request for `content`, in one of the forms that a client may choose, in segments."""
    if chance.random() < 0.3:
        head = connection.request("POST", target, fields=[*fields, ("Transfer-Encoding", "chunked")])
        return cut(chance, head + chunked(cut(chance, content)))
    return cut(chance, connection.request("POST", target, fields=fields, content=content))


class InboxLoad(Background):
    """`clients` threads that post to the inbox `box` again and again, until they are told to stop or the server is gone; what
    they post is `_post`'s of a subclass."""

    def __init__(self, address, *, clients):
        self._address = address
        super().__init__([self._until_gone] * clients)

    def _until_gone(self):
        chance = random.Random()
        with contextlib.suppress(*GONE), Connection(self._address) as connection:
            while not self.stopping.is_set():
                self._post(connection, chance)

    def _post(self, connection, chance):
        raise NotImplementedError

    @staticmethod
    def check_stored(response):
        """After a cut the server may notice that its disk is dead, and say so. It has acknowledged nothing then."""
        if response.status != 201:
            assert response.status >= 500, response
            raise OSError("the disk is gone")


class UploadLoad(Background):
    """`clients` threads that upload; a context manager. Whatever else than 201 is answered is counted and ends that client."""

    def __init__(self, address, ledger, *, clients=6, seed=0):
        self._address = address
        self._ledger = ledger
        self.refused = []  # statuses
        roles = [(self._upload, random.Random(f"{seed}-{number}")) for number in range(clients)]
        roles.append((self._stall, random.Random(f"{seed}-stalled")))
        super().__init__([functools.partial(self._until_gone, *role) for role in roles])

    def _until_gone(self, role, chance):
        with contextlib.suppress(*GONE), Connection(self._address) as connection:
            role(connection, chance)

    def _upload(self, connection, chance):
        while not self.stopping.is_set():
            content = document(chance)
            self._ledger.sending(content)
            connection.send_pieces(request_pieces(chance, connection, content))
            response = connection.receive()
            if response.status != 201:
                with self.lock:
                    self.refused.append(response.status)
                return
            self._ledger.acknowledge(response, content)

    def _stall(self, connection, chance):
        """Sends half of a large document, so that at every moment there is one that is only partly there."""
        content = b'{"id": "%032x", "text": "%b"}' % (chance.getrandbits(128), b"x" * 600_000)
        self._ledger.sending(content)
        request = connection.request("POST", "/upload", fields=[JSON], content=content)
        connection.send(request[: len(request) // 2])
        self.stopping.wait()
