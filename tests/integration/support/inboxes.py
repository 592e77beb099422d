"""Servers with an inbox `box` (docs/inbox.md): their configuration, requests, and what is in the folder."""

import hashlib
import json
import re

import pytest

from support.webhooks import sha256

JSON = ("Content-Type", "application/json")
NAME = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)-([A-Za-z0-9_-]+)\.json")
FOLDERS = ("new", "work", "done", "failed")
SECRET = b"a secret that is long enough"
TOKEN = "kiosk-token-4711"  # gitlab's, and of bearers


def toml(table, keys):
    return "\n".join([f"[[{table}]]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]) + "\n"


@pytest.fixture
def folder(scratch):
    """The folder of the inbox `box`; the server makes it."""
    return scratch / "inboxes/box"


@pytest.fixture
def configuration(scratch, folder):
    """Write a configuration with one inbox of these keys; None leaves one out."""
    folder.parent.mkdir()

    def write(tail="", **keys):
        keys = {"name": "box", "dir": str(folder), **keys}
        path = scratch / "bobbin.toml"
        path.write_text(toml("inbox", {key: value for key, value in keys.items() if value is not None}) + tail)
        return path

    return write


@pytest.fixture
def start_inbox(start, configuration):
    """Start a server with such an inbox."""
    return lambda *flags, tail="", **keys: start("--config", configuration(tail, **keys), *flags)


@pytest.fixture
def secret_file(scratch):
    """Write secrets, the newest first; returns the path."""

    def write(*secrets):
        path = scratch / "secrets"
        new = scratch / "secrets.new"
        new.write_bytes(b"\n".join([b"# newest first", *secrets]) + b"\n")
        new.chmod(0o600)
        new.replace(path)  # as one step, since the server may read it at any moment
        return str(path)

    return write


@pytest.fixture
def token_file(scratch):
    path = scratch / "tokens"
    path.write_text(f"kiosk-7:{sha256(TOKEN.encode())}\n")
    path.chmod(0o600)
    return str(path)


def post(server, content=b"{}", *, target="/in/box", fields=(), content_type="application/json", **rest):
    types = [("Content-Type", content_type)] if content_type else []
    return server.ask("POST", target, fields=[*types, *fields], content=content, **rest)


def names(folder, part="new"):
    return sorted(path.name for path in (folder / part).iterdir())


def record_of(path):
    """The record in a file, and its document as bytes: the last member but one, `size` bytes long."""
    text = path.read_bytes()
    assert text.endswith(b"}\n")
    record = json.loads(text)
    after = text.index(b',"file":"record","body":') + len(b',"file":"record","body":')
    body = text[after : after + record["size"]]
    assert re.fullmatch(rb',"check":"[0-9a-f]+"\}\n', text[after + record["size"] :]), text[-200:]
    return record, body


def records(folder, part="new"):
    return [record_of(folder / part / name) for name in names(folder, part)]


def only_record(folder):
    (found,) = records(folder)
    return found


def check_problem(response, status):
    """A problem document (RFC 9457) for this status; returns its detail."""
    assert response.status == status, response
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["status"] == status and problem["title"]
    return problem["detail"]


def check_accepted(response, status=201):
    assert response.status == status, response
    return json.loads(response.content)


def end_with_another_boot(segment):
    """As after a power cut: write the segment anew, with another boot, and without checkpoints behind documents."""
    written, previous = b"", None
    for entry in [entry for entry in segment.read_bytes().rstrip(b"\0").split(b"\x1e") if entry]:
        receipt, body = entry[: entry.rindex(b',"check":"')], b""
        if found := re.search(rb',"body(64)?":', receipt):
            receipt, body = receipt[: found.start()], receipt[found.start() :]
        head = json.loads(receipt + b"}")
        if head.get("kind") == "checkpoint" and head["through"] > 0:
            continue
        if "boot" in head:
            head["boot"] = "another"
        if previous:
            head["previous"] = previous
        receipt = json.dumps(head, separators=(",", ":")).encode()[:-1]
        previous = hashlib.sha256(receipt + b"}").hexdigest()
        written += b"\x1e" + receipt + body + b',"check":"' + previous[:16].encode() + b'"}\n'
    segment.write_bytes(written.ljust(segment.stat().st_size, b"\0"))
