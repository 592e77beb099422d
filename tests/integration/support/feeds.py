"""Readers of the feed of an inbox `box` (docs/inbox.md)."""

import contextlib
import json
import re

from .background import Background
from .client import Closed, Connection, Reset
from .waiting import eventually
from .webhooks import sha256

READER = "reader-token-0815"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
EVENTS = "text/event-stream"
SEQUENCE = "application/json-seq"
GONE = (OSError, Closed, Reset)  # what a reader meets when the server is killed
NEXT = re.compile(r'<(/in/box\?since=(\d+)&[^>]*)>; rel="next"')


def write_tokens(path, **names):
    """A file of tokens, each under a name; returns its path."""
    new = path.with_name(path.name + ".new")
    new.write_text("".join(f"{name}:{sha256(token.encode())}\n" for name, token in names.items()))
    new.chmod(0o600)
    new.replace(path)  # as one step, since the server may read it at any moment
    return str(path)


def reading_fields(accept=None, token=READER, fields=()):
    accepted = [("Accept", accept)] if accept else []
    proof = [("Authorization", f"Bearer {token}")] if token else []
    return [*accepted, *proof, *fields]


def read(server, query="", accept=None, *, token=READER, method="GET", fields=()):
    return server.ask(method, f"/in/box{query}", fields=reading_fields(accept, token, fields))


def next_of(response):
    """The target with which a reader goes on, and the sequence in it."""
    link = NEXT.fullmatch(response["Link"])
    assert link, response
    return link[1], int(link[2])


def records_of(lines):
    return [json.loads(line) for line in lines.decode().splitlines()]


def sequences_shown(server, query="?limit=1000"):
    response = read(server, query, LINES)
    assert response.status == 200, response
    return [record["sequence"] for record in records_of(response.content)]


def wait_until_shown(server, sequence):
    """Until a checkpoint is behind this record."""

    def is_shown():
        response = read(server, f"?since={sequence}", LINES)
        assert response.status in (200, 409, 503), response
        return response.status == 200

    eventually(is_shown, f"the record {sequence} is shown")


class NotThereYet(AssertionError):
    """It is not known yet which records are there (503)."""


class Stream:
    """An event stream that is being received (HTML §9.2.6)."""

    def __init__(self, connection, query="", *, last_event_id=None, token=READER):
        fields = [("Last-Event-ID", str(last_event_id))] if last_event_id is not None else []
        connection.send(connection.request("GET", f"/in/box{query}", fields=reading_fields(EVENTS, token, fields)))
        self.head = connection.receive_head()
        if self.head.startswith(b"HTTP/1.1 503 "):
            raise NotThereYet(self.head)
        assert self.head.startswith(b"HTTP/1.1 200 ") and b"\r\nContent-Type: text/event-stream\r\n" in self.head, self.head
        self._connection = connection
        self._text = ""
        self.ended = False
        self.comments = 0

    def _fill(self):
        size = int(self._connection.receive_line(), 16)
        self._text += self._connection.receive_bytes(size).decode()
        assert self._connection.receive_bytes(2) == b"\r\n"
        self.ended = size == 0

    def receive(self):
        """The next event: its id, and its data. None: the stream has ended."""
        while True:
            while "\n\n" not in self._text:
                if self.ended:
                    assert self._text == "", "an event is cut off"
                    return None
                self._fill()
            block, _, self._text = self._text.partition("\n\n")
            fields = [line.partition(":")[::2] for line in block.split("\n")]
            self.comments += sum(name == "" for name, _ in fields)
            data = [value.removeprefix(" ") for name, value in fields if name == "data"]
            if data:
                (identifier,) = [value.removeprefix(" ") for name, value in fields if name == "id"]
                return int(identifier), "\n".join(data)

    def receive_to_end(self):
        events = []
        while (event := self.receive()) is not None:
            events.append(event)
        return events


class Reader(Background):
    """A program that reads all records, and goes on where it was whenever it is interrupted. `address()`: of the server now.
    `seen`: the sequence, id and digest of each record, in the order received. `chance` decides how it reads, and when it is
    interrupted; None: it reads lines, and is never interrupted."""

    def __init__(self, address, chance=None):
        self._address = address
        self._chance = chance
        self._last = 0
        self.seen = []
        self.interruptions = 0
        super().__init__([self._read])

    def _read(self):
        while not self.stopping.is_set():
            with contextlib.suppress(*GONE, NotThereYet), Connection(self._address()) as connection:
                self._read_on(connection)
            self.stopping.wait(0.01)

    def _read_on(self, connection):
        while not self.stopping.is_set():
            if self.interruptions and self._chance.random() < 0.3:
                self._read_stream(connection)
                return
            limit = self._chance.choice([1, 2, 7, 100]) if self._chance else 100
            target = f"/in/box?since={self._last}&limit={limit}&wait=1"
            connection.send(connection.request("GET", target, fields=reading_fields(LINES)))
            if self._chance and (self.interruptions == 0 or self._chance.random() < 0.2):
                self.interruptions += 1
                return  # it has not seen the answer
            response = connection.receive()
            if response.status == 503:
                return
            assert response.status == 200, response
            for line in response.content.splitlines():
                self._take(json.loads(line))
            self._last = next_of(response)[1]

    def _read_stream(self, connection):
        stream = Stream(connection, f"?since={self._last}")
        connection.socket.settimeout(1)
        for _ in range(self._chance.randrange(1, 10)):
            try:
                event = stream.receive()
            except AssertionError as error:
                if isinstance(error, (Closed, Reset)) or "silent for" in str(error):
                    return
                raise
            if event is None:
                return
            self._take(json.loads(event[1]))
            self._last = event[0]
        self.interruptions += 1

    def _take(self, record):
        with self.lock:
            self.seen.append((record["sequence"], record["id"], record["sha256"]))

    def __len__(self):
        with self.lock:
            return len(self.seen)

    def sequences(self):
        with self.lock:
            return [sequence for sequence, _, _ in self.seen]
