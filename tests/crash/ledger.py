"""What clients have sent and what the server has acknowledged, to be compared with what a crash has left."""

import hashlib
import json
import re
import threading
from dataclasses import dataclass

NAME = re.compile(r"upload_\d{8}_\d{6}_[a-z2-7]{26}\.json")


def digest(content):
    return hashlib.sha256(content).digest()


@dataclass(frozen=True)
class Damage:
    """What a crash has done: acknowledged documents that are not there, or not the same; files that nobody sent in full."""

    lost: list
    strays: list

    def __bool__(self):
        return bool(self.lost or self.strays)


class Ledger:
    """Filled by the clients, which survive the server. Thread: any."""

    def __init__(self):
        self._lock = threading.Lock()
        self._sent = set()
        self._acknowledged = {}

    def sending(self, content):
        """To be called before the first byte leaves: the server may store it even when no answer arrives."""
        with self._lock:
            self._sent.add(digest(content))

    def acknowledge(self, response, content):
        name = response["Location"].rpartition("/")[2]
        assert NAME.fullmatch(name), name
        with self._lock:
            assert name not in self._acknowledged, f"{name} was given twice"
            self._acknowledged[name] = digest(content)

    def __len__(self):
        with self._lock:
            return len(self._acknowledged)

    def forget(self):
        with self._lock:
            self._sent.clear()
            self._acknowledged.clear()

    def has_been_sent(self, wanted):
        with self._lock:
            return wanted in self._sent

    def compare(self, folder, *, moved_to=None, deleted=()):
        """Compare with the upload folder, hidden files included, but for the server's own folder. `moved_to`: where consumers
        have moved documents; `deleted`: names of those that they have read and deleted."""
        found = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".bobbin"}
        moved = {path.name: path.read_bytes() for path in moved_to.iterdir()} if moved_to else {}
        with self._lock:
            lost = [
                name
                for name, wanted in self._acknowledged.items()
                if name not in deleted and wanted not in [digest(place[name]) for place in (found, moved) if name in place]
            ]
            strays = [
                name
                for name, content in found.items()
                if not NAME.fullmatch(name) or digest(content) not in self._sent or not is_json(content)
            ]
        return Damage(lost, strays)

    def fetch(self, server):
        """The acknowledged documents that the server does not give out as they were sent."""
        with self._lock:
            acknowledged = dict(self._acknowledged)
        lost = []
        with server.connect() as connection:
            for name, wanted in acknowledged.items():
                response = connection.ask("GET", f"/uploads/{name}")
                if response.status != 200 or digest(response.content) != wanted:
                    lost.append(name)
        return lost


def is_json(content):
    try:
        json.loads(content)
        return True
    except ValueError:
        return False
