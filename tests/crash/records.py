"""Records in the folder of an inbox, and consumers that claim and finish them."""

import contextlib
import functools
import hashlib
import json
import os
import random
import re

from support.background import Background

FOLDERS = ("new", "work", "done", "failed")
NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-([A-Za-z0-9_-]+)\.(json|jseq)")


# Each way of keeping records, and what the configuration says of it.
STORES = {"record": "", "segments": 'store = "segments"\nsegment_age = "1s"\n'}


def inbox_configuration(scratch, folder, keys=""):
    """A file for a server with the inbox `box` in this folder, and nothing else; returns its path."""
    path = scratch / "bobbin.toml"
    path.write_text(f'uploads = "off"\n[[inbox]]\nname = "box"\ndir = "{folder}"\n{keys}')
    return path


def whole_record(content):
    """The record in a file's bytes when all of them are there and its document is the one that it names; else None."""
    try:
        record = json.loads(content)
        start = content.index(b',"body":') + len(b',"body":')
        body = content[start : start + record["size"]]
        receipt = content[: start - len(b',"body":')] + b"}"
        end = b',"check":"%b"}\n' % hashlib.sha256(receipt).hexdigest()[:16].encode()
        is_whole = content[start + len(body) :] == end and hashlib.sha256(body).hexdigest() == record["sha256"]
        return record if is_whole else None
    except (ValueError, KeyError, TypeError):
        return None


def whole_records(content):
    """The records in a file's bytes, one alone or a JSON text sequence (RFC 7464) of them, when each is whole; else None."""
    if not content.startswith(b"\x1e"):
        record = whole_record(content)
        return record and [record]
    # U+001E stands in no JSON text.
    records = [whole_record(part) for part in content[1:].split(b"\x1e")]
    return records if all(records) else None


def knows_mounts(folder):
    """Whether the kernel gives mounts numbers of their own, by which a kill is told from a power cut."""
    return not any(b'"mount":0,' in path.read_bytes()[:4096] for path in (folder / ".bobbin/journal").glob("*.segment"))


class Workers(Background):
    """Consumers that claim records, look whether they are whole, and finish most of them. `claimed`: the
    names that were taken out of `new`; `twice`: those that were taken again; `partial`: those of records that were not whole."""

    def __init__(self, folder, *, count=2, generation=0):
        self._folder = folder
        self.claimed = set()
        self.partial = []
        self.twice = []
        super().__init__([functools.partial(self._consume, f"w{generation}-{n}") for n in range(count)])

    def _consume(self, consumer):
        chance = random.Random()
        while not self.stopping.wait(chance.random() / 100):
            try:
                for name in chance.sample(waiting := os.listdir(self._folder / "new"), min(3, len(waiting))):
                    with contextlib.suppress(FileNotFoundError):  # another one was quicker
                        self._take(chance, consumer, name)
            except FileNotFoundError:
                continue  # there is no folder yet
            except OSError:
                return  # the power has been cut

    def _take(self, chance, consumer, name):
        claimed = self._folder / "work" / f"{consumer}.{name}"
        os.rename(self._folder / "new" / name, claimed)
        with self.lock:
            if name in self.claimed:
                self.twice.append(name)
            self.claimed.add(name)
        if not whole_records(claimed.read_bytes()):
            self.partial.append(name)
        decision = chance.random()
        if decision < 0.8:  # else it stays claimed, as by a consumer that has died
            os.rename(claimed, self._folder / ("done" if decision < 0.6 else "failed") / name)
