"""`--durability journal`: what tests/crash does not need to break anything for (docs/durability.md)."""

import hashlib
import json
import stat

import pytest

from support.server import run_to_end
from support.waiting import eventually

pytestmark = pytest.mark.modes("many")

LARGE = json.dumps({"text": "x" * 300_000}).encode()


def documents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".bobbin"}


def store(server, *contents):
    """Upload; return name → content."""
    stored = {}
    for content in contents:
        response = server.upload(content)
        assert response.status == 201, response
        stored[response["Location"].rpartition("/")[2]] = content
    return stored


def test_documents_are_there_with_the_answer(start_with_journal, folder):
    server = start_with_journal()
    stored = store(server, b"1", b'{"a": [true, null]}', LARGE)
    assert documents(folder) == stored
    for name, content in stored.items():
        assert server.get(f"/uploads/{name}").content == content


def test_nothing_is_lost_and_nothing_repeated_by_a_kill(start_with_journal, folder):
    server = start_with_journal()
    stored = store(server, b"1", LARGE, b"3")
    if b'"mount":0,' in (folder / ".bobbin/journal/0000000001.segment").read_bytes():
        pytest.skip("this kernel gives mounts no numbers of their own, so that a kill counts as a power cut")
    taken = next(iter(stored))
    (folder / taken).unlink()
    del stored[taken]
    server.kill()
    server = start_with_journal()
    assert documents(folder) == stored
    stored |= store(server, b"4")
    server.stop()
    start_with_journal()
    assert documents(folder) == stored


def test_what_is_missing_after_a_power_cut_is_published_again(start_with_journal, folder):
    """Another boot, as far as the journal knows. tests/crash cuts the power."""
    server = start_with_journal()
    stored = store(server, b'{"a": 1}', LARGE, b'{"b": 2}')
    server.kill()
    names = list(stored)
    (folder / names[0]).unlink()
    (folder / names[2]).write_bytes(b"")
    for segment in (folder / ".bobbin/journal").glob("*.segment"):
        assert b'"boot":"' in segment.read_bytes()
        end_with_another_boot(segment)
    server = start_with_journal()
    assert documents(folder) == stored
    server.log.wait_for("Recovery: 2 of the last 3 files")
    assert [path.read_bytes() for path in (folder / ".bobbin/replaced").iterdir()] == [b""]


def end_with_another_boot(segment):
    """Cut the segment off behind the first entry, and write that anew with another boot, then the others behind it."""
    entries = [entry for entry in segment.read_bytes().rstrip(b"\0").split(b"\x1e") if entry]
    written, previous = b"", None
    for entry in entries:
        receipt, body = entry[: entry.rindex(b',"check":"')], b""
        if b',"body":' in receipt:
            receipt, _, rest = receipt.partition(b',"body":')
            body = b',"body":' + rest
        head = json.loads(receipt + b"}")
        if "boot" in head:
            head["boot"] = "another"
        if previous:
            head["previous"] = previous
        receipt = json.dumps(head, separators=(",", ":")).encode()[:-1]
        previous = hashlib.sha256(receipt + b"}").hexdigest()
        written += b"\x1e" + receipt + body + b',"check":"' + previous[:16].encode() + b'"}\n'
    segment.write_bytes(written.ljust(segment.stat().st_size, b"\0"))


def test_the_journal_is_nobody_elses(start_with_journal, folder):
    server = start_with_journal("--profile", "folder", "--include-hidden", ".*", "--listing", "on")
    store(server, b"1")
    assert stat.S_IMODE((folder / ".bobbin").stat().st_mode) == 0o700
    for path in ("/uploads/.bobbin/", "/uploads/.bobbin/journal/0000000001.segment", "/.bobbin/"):
        assert server.get(path).status == 404


def test_a_store_without_a_journal_takes_over(start_with_journal, start, folder):
    server = start_with_journal()
    stored = store(server, b"1", LARGE)
    server.kill()
    server = start("--upload-dir", folder, "--durability", "files")
    assert documents(folder) == stored
    assert not (folder / ".bobbin/journal").exists()
    stored |= store(server, b"3")
    server.stop()
    start_with_journal()
    assert documents(folder) == stored


def test_a_successor_waits_and_goes_on(start_with_journal, folder):
    first = start_with_journal()
    stored = store(first, b"1")
    second = start_with_journal()
    assert second.upload(b"2").status == 503
    first.stop()
    eventually(lambda: second.upload(b"3").status == 201, "the successor takes uploads")
    assert stored.items() <= documents(folder).items()


def test_a_damaged_journal_refuses_the_start(start_with_journal, folder, binary, root):
    server = start_with_journal()
    store(server, b'{"a": 1}', b'{"a": 2}')
    server.kill()
    (segment,) = (folder / ".bobbin/journal").glob("*.segment")
    segment.write_bytes(segment.read_bytes().replace(b'{"a": 1}', b'{"a": 9}'))
    ended = run_to_end(binary, "--port", "0", "--root", root, "--upload-dir", folder, "--durability", "journal")
    assert ended.returncode == 2
    assert "the disk has lost the records 1 to 2" in ended.stdout and "--upload-dir" in ended.stderr
