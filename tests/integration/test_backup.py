"""docs/backup.md: its script copies an inbox while documents come in, and a server goes on with the copy."""

import contextlib
import hashlib
import json
import os
import re
import subprocess

import pytest

from disk import Disk
from load import InboxLoad, document, request_pieces
from records import FOLDERS, STORES, Workers, whole_records
from support.inboxes import JSON
from support.pages import block, page
from support.server import run_to_end
from support.waiting import eventually

pytestmark = pytest.mark.modes("many")
DOCUMENTS = 300  # that are acknowledged before a copy begins


class Load(InboxLoad):
    """Clients whose documents are acknowledged: by the SHA-256 of each."""

    def __init__(self, address, *, path="/in/box"):
        self._path = path
        self.acknowledged = {}
        super().__init__(address, clients=4)

    def _post(self, connection, chance):
        content = document(chance)
        connection.send_pieces(request_pieces(chance, connection, content, self._path))
        response = connection.receive()
        assert response.status == 201, response
        with self.lock:
            self.acknowledged[hashlib.sha256(content).hexdigest()] = json.loads(response.content)

    def so_far(self):
        with self.lock:
            return dict(self.acknowledged)

    def wait_for_more(self):
        """What was acknowledged, once there are many more documents than now."""
        wanted = len(self.so_far()) + DOCUMENTS
        return eventually(lambda: len(found := self.so_far()) >= wanted and found, "documents are acknowledged")


@pytest.fixture
def copy(binary, scratch):
    """The script of the page, which finds the program under its name."""
    programs = scratch / "programs"
    programs.mkdir()
    (programs / "bobbin").symlink_to(binary)
    script = programs / "copy-inbox"
    script.write_text(block("backup.md", "sh", "# copy-inbox INBOX COPY"))
    script.chmod(0o755)
    path = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}

    def run(*arguments):
        return subprocess.run([script, *arguments], capture_output=True, text=True, env=path, check=False)

    return run


@pytest.fixture
def start_inbox(start, scratch):
    """Start a server with an inbox `box` in this folder. No connection ends after a hundred requests, so that the clients
    need not connect anew."""

    def start_with(folder, keys=""):
        file = scratch / f"{folder.name}.toml"
        file.write_text(f'[[inbox]]\nname = "box"\ndir = "{folder}"\ndedupe = ["header:Idempotency-Key"]\n{keys}')
        return start("--config", file, "--uploads", "off", "--keep-alive-requests", "0", "--access-log", "off")

    return start_with


def records_of(folder):
    """Every record, however often it is there."""
    found = []
    for part in FOLDERS:
        for path in (folder / part).iterdir():
            records = whole_records(path.read_bytes())
            assert records, f"{path} is not whole"
            found += records
    return found


def check_once(folder, acknowledged):
    """Each of these is there, and nothing is there twice."""
    digests = [record["sha256"] for record in records_of(folder)]
    assert len(digests) == len(set(digests))
    assert set(acknowledged) <= set(digests)


def check_verified(binary, folder):
    verified = run_to_end(binary, "inbox", "verify", folder)
    assert verified.returncode == 0 and "nothing is wrong" in verified.stdout, verified.stdout + verified.stderr


def send(server, key, content=b'{"a": 1}'):
    return server.ask("POST", "/in/box", fields=[JSON, ("Idempotency-Key", key)], content=content)


@pytest.mark.parametrize("consumers", [0, 2])
def test_a_copy_while_documents_come(start_inbox, binary, copy, scratch, consumers):
    source, target = scratch / "inbox", scratch / "copy"
    server = start_inbox(source)
    workers = Workers(source, count=consumers) if consumers else contextlib.nullcontext()
    with Load(server.address) as load, workers:
        before = load.wait_for_more()
        copied = copy(source, target)
        after = load.so_far()
    assert copied.returncode == 0, copied.stdout + copied.stderr
    check_once(target, before)
    assert set(after) > set(before), "documents came meanwhile"
    server.stop()
    again = start_inbox(target)
    check_once(target, before)
    answer = json.loads(send(again, "the next").content)
    assert answer["sequence"] > max(each["sequence"] for each in before.values())
    again.stop()
    check_once(target, before)
    check_verified(binary, target)


def test_uploads_while_they_come(start, scratch):
    (command,) = [line for line in block("backup.md", "sh", "/srv/www/uploads/").splitlines() if line]
    source, target = scratch / "uploads", scratch / "copy"
    server = start("--upload-dir", source, "--keep-alive-requests", "0", "--access-log", "off")
    with Load(server.address, path="/upload") as load:
        before = load.wait_for_more()
        command = command.replace("/srv/www/uploads/", f"{source}/").replace("/backup/uploads/", f"{target}/")
        subprocess.run(command, shell=True, check=True)
    server.stop()
    again = start("--upload-dir", target)
    assert (target / ".bobbin").exists() is False
    kept = [hashlib.sha256(path.read_bytes()).hexdigest() for path in target.glob("upload_*.json")]
    assert len(kept) == len(set(kept)) and set(before) <= set(kept)
    for answer in list(before.values())[:3]:
        assert again.get(answer["filepath"]).status == 200
    assert again.upload(b"{}").status == 201


def test_an_inbox_moves_to_another_machine(start_inbox, binary, scratch):
    """The first pass beside the server, the second once it has ended; deleting what has moved."""
    source, target = scratch / "inbox", scratch / "moved"
    places = {"new-machine:/var/lib/bobbin/github/": f"{target}/", "/var/lib/bobbin/github/": f"{source}/"}
    documented = re.findall(r"`(rsync [^`]* new-machine:[^`]*)`", page("backup.md"))
    first, second = [[places.get(word, word) for word in command.split()] for command in documented]
    server = start_inbox(source)
    send(server, "early")
    with Load(server.address) as load, Workers(source):
        load.wait_for_more()
        assert subprocess.run(first, check=False).returncode in (0, 24)
    server.stop()
    subprocess.run(second, check=True)
    check_verified(binary, target)
    last = max(record["sequence"] for record in records_of(source))
    moved = start_inbox(target)
    check_once(target, load.acknowledged)
    assert json.loads(send(moved, "late").content)["sequence"] == last + 1
    assert send(moved, "early")["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("store", STORES)
def test_a_frozen_image(start_inbox, binary, scratch, store):
    """What a snapshot of LVM is: the file system is frozen, and its blocks are copied."""
    (scratch / "disk").mkdir()
    disk = Disk(scratch / "disk")
    copied = scratch / "copied"
    copied.mkdir()
    try:
        source = disk.path / "inbox"
        server = start_inbox(source, STORES[store])
        with Load(server.address) as load:
            before = load.wait_for_more()
            subprocess.run(["fsfreeze", "--freeze", disk.path], check=True)
            try:
                subprocess.run(["cp", scratch / "disk/disk.img", scratch / "copy.img"], check=True)
            finally:
                subprocess.run(["fsfreeze", "--unfreeze", disk.path], check=True)
        server.stop()
        subprocess.run(["mount", "-o", "loop", scratch / "copy.img", copied], check=True)
        try:
            again = start_inbox(copied / "inbox", STORES[store])
            again.stop()  # segments become files at the stop
            check_once(copied / "inbox", before)
            check_verified(binary, copied / "inbox")
        finally:
            subprocess.run(["umount", copied], check=True)
    finally:
        disk.close(lazily=True)


def test_without_the_journal_the_sequence_begins_anew(start_inbox, binary, copy, scratch):
    source, target = scratch / "inbox", scratch / "copy"
    server = start_inbox(source)
    assert [json.loads(send(server, key).content)["sequence"] for key in "ab"] == [1, 2]
    assert copy(source, target).returncode == 0
    subprocess.run(["rm", "-r", target / ".bobbin"], check=True)
    assert run_to_end(binary, "inbox", "verify", target).returncode == 2
    again = start_inbox(target)
    answer = send(again, "a")
    assert json.loads(answer.content)["sequence"] == 1 and answer.get("Idempotent-Replayed") is None
    again.stop()
    assert sorted(record["sequence"] for record in records_of(target)) == [1, 1, 2]
    check_verified(binary, target)


def test_an_old_journal_is_found(start_inbox, binary, copy, scratch):
    """What the page warns of. The start does not notice."""
    source, old, target = scratch / "inbox", scratch / "old", scratch / "copy"
    server = start_inbox(source)
    send(server, "a")
    assert copy(source, old).returncode == 0
    send(server, "b")
    assert copy(source, target).returncode == 0
    subprocess.run(["rsync", "-a", "--delete", "--checksum", f"{old}/.bobbin", f"{target}/"], check=True)
    verified = run_to_end(binary, "inbox", "verify", target, "--json")
    [found] = json.loads(verified.stdout)["findings"]
    assert verified.returncode == 1 and found["finding"] == "older-journal"
    assert [place.split("/")[0] for place in found["places"]] == ["new"]
    again = start_inbox(target)
    answer = send(again, "b")
    assert json.loads(answer.content)["sequence"] == 2 and answer.get("Idempotent-Replayed") is None
    again.stop()
    assert sorted(record["sequence"] for record in records_of(target)) == [1, 2, 2]
