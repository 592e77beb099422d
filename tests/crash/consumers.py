"""Jobs that take documents out of the upload folder while it is filled: they read, and then leave, move or delete what they
have read."""

import functools
import os
import random

from ledger import NAME, digest
from support.background import Background


class Consumers(Background):
    """`count` threads, which end when the disk does, and survive the server."""

    def __init__(self, folder, ledger, *, count=2, seed=0):
        self.moved_to = folder.parent / "taken"
        self.read = set()  # names of documents that were whole
        self.deleted = set()
        self.partial = []  # names whose content nobody has sent
        self._folder = folder
        self._ledger = ledger
        self.moved_to.mkdir(exist_ok=True)
        super().__init__([functools.partial(self._consume, random.Random(f"{seed}-{n}")) for n in range(count)])

    def _consume(self, chance):
        while not self.stopping.wait(chance.random() / 100):
            try:
                names = [name for name in os.listdir(self._folder) if NAME.fullmatch(name)]
            except OSError:  # there is no folder yet, or no disk any more
                continue
            for name in chance.sample(names, min(3, len(names))):
                try:
                    self._take(chance, name)
                except FileNotFoundError:
                    pass  # another consumer was quicker
                except OSError:
                    return  # the power has been cut

    def _take(self, chance, name):
        path = self._folder / name
        content = path.read_bytes()
        with self.lock:
            if not self._ledger.has_been_sent(digest(content)):
                self.partial.append(name)
            self.read.add(name)
        decision = chance.random()
        if decision < 0.2:
            with self.lock:
                self.deleted.add(name)  # before: a deletion that the power cut has made fail may be on the disk all the same
            path.unlink()
        elif decision < 0.5:
            path.rename(self.moved_to / name)
