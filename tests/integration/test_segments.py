"""`store = "segments"`: the records of an inbox in files that hold many of them (docs/inbox.md)."""

import json
import re
import shutil
import signal
import subprocess

import pytest

from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    check_accepted,
    configuration,
    folder,
    names,
    post,
    start_inbox,
)
from support.server import run_to_end
from support.waiting import eventually, in_parallel

SEGMENT = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[a-z2-7]{26}\.jseq")
AT_ONCE = {"store": "segments", "segment_age": "1s"}
MUCH_LATER = {"store": "segments", "segment_age": "1h"}


def records_of(path):
    """A JSON text sequence (RFC 7464): U+001E, a JSON text and a line feed, again and again."""
    content = path.read_bytes()
    assert content.startswith(b"\x1e") and content.endswith(b"}\n")
    return [json.loads(part) for part in content[1:].split(b"\x1e")]


def records(folder, part="new"):
    return [record for name in names(folder, part) for record in records_of(folder / part / name)]


@pytest.mark.semantics
@pytest.mark.http2
def test_documents_are_acknowledged_at_once_and_become_a_file_together(start_inbox, folder):
    server = start_inbox(**MUCH_LATER)
    answers = [check_accepted(post(server, b'{ "n": %d }' % number)) for number in range(5)]
    assert [answer["sequence"] for answer in answers] == [1, 2, 3, 4, 5]
    assert names(folder) == []
    server.stop()
    (name,) = names(folder)
    assert SEGMENT.fullmatch(name)
    assert [(record["sequence"], record["id"], record["sha256"]) for record in records(folder)] == [
        (answer["sequence"], answer["id"], answer["sha256"]) for answer in answers
    ]
    assert [record["body"] for record in records(folder)] == [{"n": number} for number in range(5)]
    assert {record["name"] for record in records(folder)} == {f"new/{name}"}


def test_content_that_is_no_json_stands_in_base64(start_inbox, folder):
    server = start_inbox(accept=["json", "any"], **MUCH_LATER)
    check_accepted(post(server, b"\x1e\n\xff", content_type="a/b"))
    check_accepted(post(server, b'{"n": 1}'))
    server.stop()
    assert [record.get("body64") for record in records(folder)] == ["Hgr/", None]
    assert records(folder)[1]["body"] == {"n": 1}


@pytest.mark.modes("many")
def test_a_file_comes_when_its_first_record_has_the_age(start_inbox, folder):
    server = start_inbox(**AT_ONCE)
    for number in range(3):
        check_accepted(post(server, b"%d" % number))
        eventually(lambda: [record["body"] for record in records(folder)] == [*range(number + 1)], "there is a file of it")
    assert len(names(folder)) == 3, "with nothing to keep there is no file"


@pytest.mark.modes("many")
@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq")
def test_jq_reads_a_file(start_inbox, folder):
    server = start_inbox(**MUCH_LATER)
    for number in range(3):
        check_accepted(post(server, b'{"n": %d}' % number))
    server.stop()
    (name,) = names(folder)
    told = subprocess.run(["jq", "--seq", "-c", ".body.n", folder / "new" / name], capture_output=True, text=True, check=True)
    assert told.stdout.replace("\x1e", "").split() == ["0", "1", "2"]


@pytest.mark.modes("many")
def test_what_was_acknowledged_survives_a_kill_before_its_file(start_inbox, folder):
    keys = {**MUCH_LATER, "dedupe": ["header:Idempotency-Key"]}
    server = start_inbox(**keys)
    fields = [("Idempotency-Key", "a")]
    first = check_accepted(post(server, b"1", fields=fields))
    answers = in_parallel(8, lambda client: [check_accepted(post(server, b"[%d]" % client)) for _ in range(20)])
    server.kill()
    assert names(folder) == []
    server = start_inbox(**keys)
    found = {record["id"]: record["sequence"] for record in records(folder)}
    assert found == {answer["id"]: answer["sequence"] for answer in [first, *sum(answers, [])]}
    again = post(server, b"1", fields=fields)
    assert again["Idempotent-Replayed"] == "true" and check_accepted(again) == first


@pytest.mark.modes("many")
def test_the_commands_take_a_file_as_they_take_a_record(start_inbox, folder, binary, scratch):
    def inbox(*words):
        ended = run_to_end(binary, "inbox", *words)
        assert (ended.returncode, ended.stderr) == (0, ""), ended
        return ended.stdout

    server = start_inbox(**AT_ONCE)
    for number in (1, 22):
        check_accepted(post(server, b"%d" % number))
    server.stop()
    (name,) = names(folder)
    (line,) = inbox("ls", folder, "--json").splitlines()
    told = json.loads(line)
    assert (told["file"], told["whole"], told["sequence"], told["records"], told["size"]) == (name, True, 1, 2, 3)
    assert inbox("ls", folder).split()[::3] == ["1", name]
    claim = inbox("next", folder).strip()
    assert claim == f"{folder}/work/consumer.{name}"
    inbox("fail", folder, f"work/consumer.{name}")
    inbox("replay", folder, "--failed")
    assert names(folder) == [name]
    assert "nothing is wrong" in inbox("verify", folder)


@pytest.mark.modes("many")
@pytest.mark.parametrize("change", [lambda text: text[:-3], lambda text: text + b"\x1e{}\n", lambda text: text.replace(b"22", b"23")])
def test_a_file_that_is_not_whole_is_given_to_nobody(start_inbox, folder, binary, change):
    server = start_inbox(**MUCH_LATER)
    for number in (1, 22):
        check_accepted(post(server, b"%d" % number))
    server.stop()
    (name,) = names(folder)
    path = folder / "new" / name
    path.write_bytes(change(path.read_bytes()))
    ended = run_to_end(binary, "inbox", "next", folder)
    assert ended.returncode != 0 and ended.stdout == ""
    assert f"new/{name} is left there, since the file is not whole: of its records the one at position" in ended.stderr


@pytest.mark.modes("many")
def test_verify_knows_what_has_no_file_yet(start_inbox, folder, binary):
    server = start_inbox(**MUCH_LATER)
    check_accepted(post(server))
    ended = run_to_end(binary, "inbox", "verify", folder)
    assert "1 without a name yet" in ended.stdout and "nothing is wrong" in ended.stdout


@pytest.mark.modes("many")
def test_a_reload_changes_the_age(start_inbox, configuration, folder):
    server = start_inbox(**MUCH_LATER)
    check_accepted(post(server))
    configuration(**AT_ONCE)
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: names(folder), "there is a file")


@pytest.mark.modes("many")
def test_a_reload_does_not_change_over(start_inbox, configuration, folder):
    server = start_inbox(**MUCH_LATER)
    check_accepted(post(server))
    configuration(store="record")
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for("its store cannot be changed by a reload: start the server anew")
    check_accepted(post(server))
    server.stop()
    assert len(records(folder)) == 2


@pytest.mark.modes("many")
def test_an_inbox_can_change_over(start_inbox, folder):
    """What one way of keeping has left in the journal is looked after by the other."""
    for store in ("segments", "record", "segments"):
        server = start_inbox(store=store)
        check_accepted(post(server, b'"%s"' % store.encode()))
        server.kill()
    server = start_inbox()
    bodies = []
    for name in names(folder):
        content = (folder / "new" / name).read_bytes()
        bodies += [json.loads(part)["body"] for part in content.removeprefix(b"\x1e").split(b"\x1e")]
    assert bodies == ["segments", "record", "segments"]


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    "keys, message",
    [
        ({"store": "files"}, 'store: "files" is not allowed; record or segments'),
        ({"store": "segments", "segment_age": "0"}, 'segment_age: "0" is not allowed; a time from 1s to 1h'),
        ({"segment_age": "2s"}, 'segment_age: it says nothing without store = "segments"'),
        ({"store": "segments", "feed_token_file": "tokens"}, 'feed_token_file: a feed needs a file of each record; store = "record" is needed'),
        ({"store": "segments", "max_documents": 5}, 'max_documents: a file has many records with store = "segments"; max_bytes is needed'),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(binary, configuration, root, keys, message):
    ended = run_to_end(binary, "--config", configuration(**keys), "--root", root, "--port", "0")
    assert ended.returncode in (2, 78) and message in ended.stderr, ended
