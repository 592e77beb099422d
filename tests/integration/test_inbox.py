"""`bobbin inbox`: an operator's own look at the journal of an upload folder (docs/durability.md)."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

import pytest

from support.server import clean_environment, run_to_end
from support.waiting import eventually
from test_audit import snapshot
from test_journal import LARGE, store

pytestmark = pytest.mark.modes("many")

SEGMENT_BYTES = 16 * 1024 * 1024
NAME = "upload_20261128_120000_" + "a" * 26 + ".json"


@pytest.fixture
def verify(binary, folder):
    """Verify; returns the exit status, the JSON and the ids of what is wrong."""

    def run(path=folder):
        ended = run_to_end(binary, "inbox", "verify", path, "--json")
        assert ended.stderr == "" and ended.returncode in (0, 1), ended
        result = json.loads(ended.stdout)
        assert ended.returncode == (1 if result["findings"] else 0)
        text = run_to_end(binary, "inbox", "verify", path)
        assert text.returncode == ended.returncode
        assert ("nothing is wrong" in text.stdout) == (ended.returncode == 0)
        return result, [finding["finding"] for finding in result["findings"]]

    return run


@pytest.fixture
def cat(binary, folder):
    def run(*flags, path=folder, status=0):
        ended = subprocess.run(
            [binary, "inbox", "cat", path, *flags],
            capture_output=True, timeout=60, env=clean_environment(),
        )
        assert ended.returncode == status, ended
        return ended.stdout

    return run


def texts(sequence):
    """The texts of a JSON text sequence (RFC 7464)."""
    assert sequence == b"" or (sequence[:1] == b"\x1e" and sequence.endswith(b"\n"))
    return [text[:-1] for text in sequence.split(b"\x1e")[1:]]


def receipt_of(entry):
    """What the digests are digests of, and the document."""
    receipt, _, check = entry.rpartition(b',"check":"')
    body = None
    if b',"body":' in receipt:
        receipt, _, body = receipt.partition(b',"body":')
    receipt += b"}"
    assert check == hashlib.sha256(receipt).hexdigest()[:16].encode() + b'"}'
    return receipt, body


def check_chain(entries, previous=None):
    """A reader of its own. Returns the records with their documents, and the digest of the last receipt."""
    records = []
    for entry in entries:
        json.loads(entry)
        receipt, body = receipt_of(entry)
        head = json.loads(receipt)
        assert previous is None or head["previous"] == previous
        previous = hashlib.sha256(receipt).hexdigest()
        if "sequence" in head:
            assert body is None or (hashlib.sha256(body).hexdigest(), len(body)) == (head["sha256"], head["size"])
            records.append((head, body))
    return records, previous


def segments(folder):
    return sorted((folder / ".bobbin/journal").glob("*.segment"))


def in_segments(folder, *counts):
    """Write the journal anew, as one of several segments with so many records each. Nothing behind the last record."""
    (segment,) = segments(folder)
    entries = texts(segment.read_bytes().rstrip(b"\0"))
    begin = json.loads(entries[0])
    records = [entry for entry in entries if b'"sequence":' in entry.partition(b',"body":')[0]]
    previous, flushed, written = begin["previous"], 0, 0

    def entry(head, body=b""):
        nonlocal previous
        head |= {"previous": previous, "flushed": flushed}
        receipt = json.dumps(head, separators=(",", ":")).encode()[:-1]
        previous = hashlib.sha256(receipt + b"}").hexdigest()
        return b"\x1e" + receipt + body + b',"check":"' + previous[:16].encode() + b'"}\n'

    for number, count in enumerate(counts, 1):
        del begin["check"]
        text = entry(begin | {"segment": number, "first": written + 1, "kind": "segment"})
        begin["check"] = ""
        for record in records[written : written + count]:
            receipt, body = receipt_of(record)
            text += entry(json.loads(receipt), b"" if body is None else b',"body":' + body)
        written += count
        flushed = written
        segment.with_name(f"{number:010}.segment").write_bytes(text.ljust(SEGMENT_BYTES, b"\0"))
    return segments(folder)


def alter(path, old, new):
    content = path.read_bytes()
    assert content.count(old) == 1 and len(old) == len(new)
    path.write_bytes(content.replace(old, new))


def test_a_whole_journal(start_with_journal, folder, verify, cat):
    server = start_with_journal()
    stored = store(server, b'{"a": 1}', b'{\n "b": [2]\n}', LARGE)
    result, wrong = verify()
    assert wrong == []
    assert [record["state"] for record in result["records"]] == ["as-stored"] * 3
    assert {record["name"]: record["sha256"] for record in result["records"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in stored.items()
    }
    server.stop()
    before = snapshot(folder)
    result, wrong = verify()
    assert wrong == [] and snapshot(folder) == before
    assert (result["checkpoint"], result["behind_checkpoint"], result["chain_holds"]) == (3, 0, True)

    printed = cat()
    assert printed == segments(folder)[0].read_bytes().rstrip(b"\0")
    records, last = check_chain(texts(printed), "0" * 64)
    assert [body for _, body in records] == [b'{"a": 1}', b'{\n "b": [2]\n}', None]
    receipts = texts(cat("--receipts"))
    assert [receipt_of(entry)[0] for entry in texts(printed)] == receipts
    assert hashlib.sha256(receipts[-1]).hexdigest() == last
    assert texts(cat("--bodies")) == [b'{"a": 1}', b'{\n "b": [2]\n}', LARGE]
    assert texts(cat("--bodies", "--from", "2")) == [b'{\n "b": [2]\n}', LARGE]
    assert cat("--from", "4") == b""


@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq")
def test_jq_reads_it(start_with_journal, cat):
    store(start_with_journal(), b'{"a": 1}', b'{\n "a": [2]\n}')
    for flags, question, answer in [
        ((), "select(.sequence) | .body.a", [1, [2]]),
        (("--receipts",), "select(.sequence) | .sequence", [1, 2]),
        (("--bodies",), ".a", [1, [2]]),
    ]:
        ended = subprocess.run(
            ["jq", "--seq", "-c", question], input=cat(*flags), capture_output=True, timeout=60, check=True
        )
        assert [json.loads(text) for text in texts(ended.stdout)] == answer


def test_a_reader_that_has_had_enough(start_with_journal, binary, folder):
    server = start_with_journal()
    store(server, *[b'"' + b"x" * 60_000 + b'"'] * 5)  # more than a pipe holds
    ours = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": clean_environment()}
    for restore_signals in (True, False):  # SIGPIPE ends it, or is ignored
        with subprocess.Popen(
            [binary, "inbox", "cat", folder], restore_signals=restore_signals, **ours
        ) as process:
            assert process.stdout.read(1) == b"\x1e"
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(timeout=60) in (0, -signal.SIGPIPE)


def test_files_and_their_records(start_with_journal, folder, verify, binary):
    (folder / NAME).write_bytes(b"{}")  # older than the journal
    server = start_with_journal()
    altered, taken, kept = store(server, b'{"n": 1}', b'{"n": 2}', b'{"n": 3}')
    server.stop()
    content = (folder / altered).read_bytes()
    (folder / altered).write_bytes(b'{"n": 9}')
    (folder / taken).unlink()
    result, wrong = verify()
    assert wrong == ["different"]
    assert result["findings"][0]["places"] == [f"{altered} (record 1)"]
    assert [record["state"] for record in result["records"]] == ["different", "missing", "as-stored"]
    assert result["without_record"] == 1
    (folder / altered).write_bytes(content)
    result, wrong = verify()
    assert wrong == []
    text = run_to_end(binary, "inbox", "verify", folder).stdout
    assert "2 as stored, 1 missing (taken by a consumer, or lost: a journal cannot tell)" in text
    assert "1 document without a record here" in text
    (folder / kept).unlink()
    os.mkfifo(folder / kept)
    assert verify()[1] == ["unreadable"]


def test_a_copy_in_a_backup(start_with_journal, folder, scratch, verify):
    server = start_with_journal()
    store(server, b"1", LARGE)
    shutil.copytree(folder, scratch / "copy")
    server.stop()
    shutil.rmtree(folder)
    result, wrong = verify(scratch / "copy")
    assert wrong == [] and len(result["records"]) == 2


def test_altered_bytes(start_with_journal, folder, verify, cat):
    server = start_with_journal()
    store(server, b'{"n": 1}', b'{"n": 2}', b'{"n": 3}')
    server.stop()
    (segment,) = segments(folder)
    whole = segment.read_bytes()
    for old, new, damage in [
        (b'{"n": 2}', b'{"n": 9}', {"first": 2, "last": 3}),
        (b'"sequence":1,', b'"sequence":7,', {"first": 1, "last": 3}),
    ]:
        alter(segment, old, new)
        result, wrong = verify()
        assert wrong == ["damage"] and result["damage"] == [damage] and not result["chain_holds"]
        assert len(texts(cat("--bodies", status=1))) == damage["first"] - 1
        segment.write_bytes(whole)
    alter(segment, b'"segment":1,', b'"segment":7,')
    assert verify()[1] == ["headless-segment"]


def test_segments_that_are_cut_removed_or_exchanged(start_with_journal, folder, verify, scratch):
    server = start_with_journal()
    store(server, *[b'{"n": %d}' % number for number in range(1, 7)])
    server.stop()
    one, two, three = in_segments(folder, 1, 2, 3)
    result, wrong = verify()
    assert wrong == [] and [segment["entries"] for segment in result["segments"]] == [2, 3, 4]
    whole = two.read_bytes()

    two.write_bytes(whole[: whole.index(b'{"n": 3}')])
    result, wrong = verify()
    assert wrong == ["damage", "gap", "cut-segment"] and result["damage"] == [{"first": 3, "last": 3}]

    two.rename(scratch / "away")
    result, wrong = verify()
    assert wrong == ["damage", "gap"] and result["damage"] == [{"first": 2, "last": 3}]

    two.write_bytes(whole)
    assert verify()[1] == []
    for first, second in [(one, two), (two, three)]:
        pair = first.read_bytes(), second.read_bytes()
        first.write_bytes(pair[1])
        second.write_bytes(pair[0])
        assert verify()[1].count("misnamed-segment") == 2
        first.write_bytes(pair[0])
        second.write_bytes(pair[1])
    assert verify()[1] == []

    three.write_bytes(three.read_bytes().rstrip(b"\0")[:-300])  # its last record, behind which there is nothing
    assert verify()[1] == ["cut-segment"]


def test_after_a_kill_and_what_the_next_start_does(start_with_journal, folder, verify):
    server = start_with_journal()
    (name,) = store(server, b"1")
    server.kill()
    result, wrong = verify()
    assert wrong == []
    assert (result["checkpoint"], result["behind_checkpoint"]) in [(0, 1), (1, 0)]  # it may have been made
    start_with_journal()
    result, wrong = verify()
    assert wrong == [] and result["checkpoint"] == 1
    assert (folder / name).read_bytes() == b"1"


@pytest.mark.timeout(180)
def test_while_a_server_is_at_work(start_with_journal, folder, verify, cat):
    """Half-written batches and segments that are taken out are not taken for damage."""
    server = start_with_journal()
    stop = threading.Event()
    counts = [0, 0, 0, 0]

    def load(number):
        while not stop.is_set():
            counts[number] += len(store(server, b'"' + b"x" * (1 + counts[number] * 997 % 50_000) + b'"'))

    threads = [threading.Thread(target=load, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: sum(counts) > 0, "the journal has begun")
        last_segment = 0
        while last_segment < 3:
            before = sum(counts)
            result, wrong = verify()
            assert wrong == [], result["findings"]
            check_chain(texts(cat()))
            eventually(lambda before=before: sum(counts) > before, "documents are stored meanwhile")
            last_segment = result["segments"][-1]["segment"]
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("command", ["verify", "cat"])
def test_hostile_folders(binary, scratch, command):
    def message_of(path):
        ended = run_to_end(binary, "inbox", command, path)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.startswith(f"bobbin: inbox {command}: ") and ended.stderr.count("\n") == 1
        return ended.stderr

    assert "an existing upload folder is needed" in message_of(scratch / "nowhere")
    (scratch / "file").write_text("")
    assert "an existing upload folder is needed" in message_of(scratch / "file")
    os.mkfifo(scratch / "fifo")
    assert "an existing upload folder is needed" in message_of(scratch / "fifo")
    assert "there is no journal" in message_of(scratch)
    (scratch / "real/journal").mkdir(parents=True)
    (scratch / ".bobbin").symlink_to("real")
    assert "no symbolic link is followed" in message_of(scratch)
    (scratch / ".bobbin").unlink()
    (scratch / ".bobbin").mkdir()
    (scratch / ".bobbin/journal").write_text("")
    assert "a folder is needed" in message_of(scratch)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_of_somebody_else(binary, scratch):
    (scratch / ".bobbin/journal").mkdir(parents=True)
    (scratch / ".bobbin").chmod(0)
    ended = run_to_end(binary, "inbox", "verify", scratch)
    (scratch / ".bobbin").chmod(0o700)
    assert ended.returncode == 2 and "run this as the user of the server" in ended.stderr


def test_hostile_segments_never_hang(start_with_journal, folder, verify, scratch):
    server = start_with_journal()
    store(server, b"1")
    server.stop()
    journal = folder / ".bobbin/journal"
    os.mkfifo(journal / "0000000002.segment")
    (scratch / "outside").write_text("secret")
    (journal / "0000000003.segment").symlink_to(scratch / "outside")
    (journal / "0000000004.segment").mkdir()
    with open(journal / "0000000005.segment", "wb") as huge:
        huge.truncate(1 << 40)
    (journal / "\x1b[2Jnote").write_text("")
    result, wrong = verify()
    assert wrong == ["unreadable-segment"] * 4
    assert len(result["records"]) == 1 and len(result["notes"]) == 1


# ---- prove ----


def scratch_folders(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".bobbin-prove-")]


def test_prove(binary, folder):
    ended = run_to_end(binary, "inbox", "prove", folder, "--documents", "50", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    proof = json.loads(ended.stdout)
    assert proof["kept"] and proof["chain_holds"] and len(proof["rounds"]) == 5
    assert all(kept["acknowledged"] > 0 and not kept["missing"] for kept in proof["rounds"])
    assert proof["flush"]["flushes"] == 200 and proof["flush"]["median_us"] <= proof["flush"]["p99_us"]
    assert list(folder.iterdir()) == []
    text = run_to_end(binary, "inbox", "prove", folder, "--documents", "5").stdout
    assert "no acknowledged document was lost to a kill" in text and "A kill is not a power cut" in text
    kinds = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=True).stdout
    if "ext" in kinds:
        assert proof["file_system"]["type"].startswith("ext") and proof["file_system"]["trusted"]


def test_prove_in_memory_says_so(binary):
    memory = pathlib.Path("/dev/shm")
    mounts = pathlib.Path("/proc/self/mounts").read_text()
    if not re.search(r"^\S+ /dev/shm tmpfs ", mounts, re.MULTILINE) or not os.access(memory, os.W_OK):
        pytest.skip("there is no tmpfs at /dev/shm")
    ended = run_to_end(binary, "inbox", "prove", memory, "--documents", "5")
    assert ended.returncode == 0 and "a power cut takes everything" in ended.stdout


def test_prove_beside_a_server(start_with_journal, folder, binary):
    server = start_with_journal()
    stored = store(server, b"1")
    assert run_to_end(binary, "inbox", "prove", folder, "--documents", "5").returncode == 0
    assert {path.name for path in folder.iterdir()} == {".bobbin", *stored}
    assert server.upload(b"2").status == 201


def test_prove_needs_a_folder(binary, scratch):
    (scratch / "file").write_text("")
    for name in ("nowhere", "file"):
        ended = run_to_end(binary, "inbox", "prove", scratch / name)
        assert ended.returncode == 2 and "an existing folder is needed" in ended.stderr


def start_proof(binary, folder, *flags):
    return subprocess.Popen(
        [binary, "inbox", "prove", folder, *flags],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(),
    )


def test_an_interrupted_proof_cleans_up(binary, folder):
    with start_proof(binary, folder, "--documents", "1000000") as process:
        eventually(lambda: scratch_folders(folder), "it has begun")
        process.send_signal(signal.SIGTERM)
        message = process.stderr.read()
        assert process.wait(timeout=60) == 2 and b"interrupted" in message
    assert list(folder.iterdir()) == []


@pytest.fixture
def acknowledged(binary, folder, scratch):
    """Stored by a process that was killed: the list that it has printed."""
    lines = []
    with start_proof(binary, folder, "--until-killed") as process:
        while len(lines) < 120:
            lines.append(process.stdout.readline())
        process.kill()
        lines += process.stdout.readlines()
    path = scratch / "acknowledged"
    path.write_bytes(b"".join(lines))
    return path


def check(binary, folder, path):
    ended = run_to_end(binary, "inbox", "prove", folder, "--check", path, "--json")
    assert ended.stderr == ""
    return ended.returncode, json.loads(ended.stdout)


def test_what_was_acknowledged_is_there_after_a_kill(binary, folder, acknowledged):
    lines = [line for line in acknowledged.read_text().splitlines(keepends=True) if line.endswith("\n")]
    # Others can check it as well: it is a list of sha256sum(1), whose names start in the folder.
    acknowledged.write_text("".join(lines))
    subprocess.run(["sha256sum", "--quiet", "-c", acknowledged], cwd=folder, check=True)
    status, kept = check(binary, folder, acknowledged)
    assert status == 0 and kept == {"kept": True, "acknowledged": len(lines), "missing": [], "different": []}
    assert scratch_folders(folder) == []
    status, kept = check(binary, folder, acknowledged)
    assert status == 1 and len(kept["missing"]) == len(lines), "they are no longer there"


def test_a_loss_is_found(binary, folder, acknowledged):
    places = [line.split()[1] for line in acknowledged.read_text().splitlines()[:2]]
    (folder / places[0]).unlink()
    (folder / places[1]).write_bytes(b"{}")
    for segment in (folder / places[0]).parent.glob(".bobbin/journal/*"):
        segment.unlink()  # from which they would be published again
    status, kept = check(binary, folder, acknowledged)
    assert status == 1 and (kept["missing"], kept["different"]) == ([places[0]], [places[1]])
    assert len(scratch_folders(folder)) == 1, "it is to be looked at"
    ended = run_to_end(binary, "inbox", "prove", folder, "--check", acknowledged)
    assert ended.returncode == 1 and "something was lost" in ended.stdout and places[0] in ended.stdout


def test_a_bad_list_is_refused(binary, folder, scratch):
    for content, message in [
        ("a" * 64 + "  ../../etc/passwd\n", "line 1"),
        ("\n", "line 1"),
    ]:
        (scratch / "list").write_text(content)
        ended = run_to_end(binary, "inbox", "prove", folder, "--check", scratch / "list")
        assert (ended.returncode, ended.stdout) == (2, "") and message in ended.stderr
    ended = run_to_end(binary, "inbox", "prove", folder, "--check", scratch / "nothing")
    assert ended.returncode == 2 and "cannot be read" in ended.stderr
