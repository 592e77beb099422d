"""`accept` with `ndjson` or `cloudevents-batch`: several documents in one request, of which all are kept or none (docs/inbox.md)."""

import gzip
import json

import pytest

from support import webhooks
from support.feeds import LINES, READER, read, records_of, wait_until_shown, write_tokens
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    SECRET,
    check_accepted,
    check_problem,
    configuration,
    end_with_another_boot,
    folder,
    names,
    post,
    secret_file,
    start_inbox,
)
from support.server import run_to_end
from support.webhooks import sha256

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

NDJSON = "application/x-ndjson"


def post_lines(server, *documents, **rest):
    return post(server, b"".join(document + b"\n" for document in documents), content_type=NDJSON, **rest)


def records(folder):
    return [json.loads((folder / "new" / name).read_text()) for name in names(folder)]


@pytest.mark.parametrize("content_type", [NDJSON, "application/ndjson; charset=utf-8", "application/jsonl"])
def test_each_line_is_a_record(start_inbox, folder, content_type):
    server = start_inbox(accept=["ndjson"])
    answer = check_accepted(post(server, b'{"n": 1}\n\n[2]\r\n"three"', content_type=content_type))
    assert answer == {"status": "success", "stored": 3, "repeated": 0, "first_sequence": 1, "last_sequence": 3}
    found = records(folder)
    assert [record["body"] for record in found] == [{"n": 1}, [2], "three"]
    assert [record["sha256"] for record in found] == [sha256(b'{"n": 1}'), sha256(b"[2]"), sha256(b'"three"')]
    assert [(record["sequence"], record["bundle"], record["bundled"]) for record in found] == [(1, 1, 3), (2, 1, 3), (3, 1, 3)]
    assert len({record["id"] for record in found}) == 3
    assert len({json.dumps(record["request"]) for record in found}) == 1


def test_other_types_are_as_before(start_inbox, folder):
    server = start_inbox(accept=["json", "ndjson"])
    assert check_accepted(post(server, b'{"n": 1}'))["sequence"] == 1
    assert post(server, b"1\n2\n").status == 400
    assert len(names(folder)) == 1


def test_without_the_option_lines_are_refused(start_inbox, folder):
    response = post_lines(start_inbox(), b"1", b"2")
    assert response.status == 415 and "ndjson" not in response["Accept-Post"]
    assert names(folder) == []


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b'{"n": 1}\n{"n": 2\n{"n": 3}\n', "line 2, column 8 (byte 16)"),
        (b'1\n"\xff"\n', "line 2, column 2 (byte 3)"),
        (b"1\n2\n3", None),
        (b"\n\r\n", "no document"),
    ],
)
def test_all_lines_are_kept_or_none(start_inbox, folder, content, sentence):
    server = start_inbox(accept=["ndjson"])
    response = post(server, content, content_type=NDJSON)
    if sentence:
        assert sentence in check_problem(response, 400)
    assert len(names(folder)) == (0 if sentence else 3)


def test_signatures_digests_and_codings_are_those_of_the_content(start_inbox, folder, secret_file):
    server = start_inbox(accept=["ndjson"], verify="github", secret_file=secret_file(SECRET))
    coded = gzip.compress(b'{"n": 1}\n{"n": 2}\n')
    fields = [*webhooks.github(SECRET, coded), ("Content-Encoding", "gzip")]
    assert check_accepted(post(server, coded, content_type=NDJSON, fields=fields))["stored"] == 2
    assert post(server, coded, content_type=NDJSON, fields=[("Content-Encoding", "gzip")]).status == 401
    assert [record["body"] for record in records(folder)] == [{"n": 1}, {"n": 2}]


def test_lines_that_come_again_are_kept_once(start_inbox, folder):
    server = start_inbox(accept=["ndjson"], dedupe="json:/id")
    check_accepted(post_lines(server, b'{"id": 1}', b'{"id": 2}'))
    answer = check_accepted(post_lines(server, b'{"id": 2}', b'{"id": 3}', b'{"id": 3}'))
    assert answer == {"status": "success", "stored": 1, "repeated": 2, "first_sequence": 3, "last_sequence": 3}
    response = post_lines(server, b'{"id": 3}', b'{"id": 1}')
    assert check_accepted(response) == {"status": "success", "stored": 0, "repeated": 2}
    assert response["Idempotent-Replayed"] == "true"
    assert [record["body"]["id"] for record in records(folder)] == [1, 2, 3]
    assert ["bundle" in record for record in records(folder)] == [True, True, False]


def test_each_line_takes_room(start_inbox, folder):
    server = start_inbox(accept=["ndjson"], max_documents=3)
    detail = check_problem(post_lines(server, b"1", b"2", b"3", b"4"), 413)
    assert "may ever hold" in detail, "to send it again later would not help"
    check_accepted(post_lines(server, b"1", b"2", b"3"))
    check_problem(post_lines(server, b"5"), 507)
    assert len(names(folder)) == 3


def test_a_bundle_is_not_too_large(start_inbox, folder):
    server = start_inbox(accept=["ndjson"])
    response = post(server, b"1\n" * 8000, content_type=NDJSON)
    assert "documents like these are taken at once" in check_problem(response, 413)
    assert names(folder) == []


@pytest.mark.modes("many")
def test_a_bundle_that_was_cut_off_is_not_there(start_inbox, folder, binary):
    """As after a power cut in the middle of a write: the records of a bundle that was not complete are nowhere."""
    server = start_inbox("--durability", "journal", accept=["ndjson"])
    check_accepted(post_lines(server, b'{"id": 1}', b'{"id": 2}'))
    check_accepted(post_lines(server, b'{"id": 3}', b'{"id": 4}', b'{"id": 5}'))
    server.kill()
    (segment,) = (folder / ".bobbin" / "journal").glob("*.segment")
    whole = segment.read_bytes()
    cut = whole.rindex(b"\x1e", 0, whole.index(b',"sequence":5,'))
    segment.write_bytes(whole[:cut].ljust(len(whole), b"\0"))
    end_with_another_boot(segment)
    for name in names(folder):
        (folder / "new" / name).unlink()

    verified = run_to_end(binary, "inbox", "verify", folder)
    assert "2 withdrawn" in verified.stdout, verified.stdout
    bodies = run_to_end(binary, "inbox", "cat", folder, "--bodies")
    assert [json.loads(body) for body in bodies.stdout.split("\x1e")[1:]] == [{"id": 1}, {"id": 2}]

    server = start_inbox("--durability", "journal", accept=["ndjson"])
    assert [record["body"]["id"] for record in records(folder)] == [1, 2]
    answer = check_accepted(post_lines(server, b'{"id": 3}', b'{"id": 4}', b'{"id": 5}'))
    assert (answer["stored"], answer["first_sequence"]) == (3, 5)
    assert [record["body"]["id"] for record in records(folder)] == [1, 2, 3, 4, 5]
    server.stop()
    assert run_to_end(binary, "inbox", "verify", folder).returncode == 0


BATCH = "application/cloudevents-batch+json"


def event(identifier, **members):
    return {"specversion": "1.0", "id": identifier, "source": "/test", "type": "t", **members}


def test_a_batch_of_cloud_events_is_a_record_for_each(start_inbox, folder):
    server = start_inbox(accept=["json", "cloudevents-batch"], dedupe="cloudevent")
    batch = [event("1", data={"n": [1]}), event("2")]
    answer = check_accepted(post(server, json.dumps(batch).encode(), content_type=BATCH))
    assert answer == {"status": "success", "stored": 2, "repeated": 0, "first_sequence": 1, "last_sequence": 2}
    assert [record["body"] for record in records(folder)] == batch
    single = post(server, json.dumps(batch[1]).encode(), content_type="application/cloudevents+json")
    assert check_accepted(single)["sequence"] == 2 and single["Idempotent-Replayed"] == "true"
    response = post(server, json.dumps([event("3"), 4]).encode(), content_type=BATCH)
    assert 'an event is an object, and begins with "{"' in check_problem(response, 400)
    assert len(names(folder)) == 2


def test_what_a_feed_gives_another_inbox_takes(start_inbox, folder, scratch):
    """The answer of a feed is a batch, which can be passed on as it is."""
    server = start_inbox(
        accept=["json", "cloudevents-batch"], feed_token_file=write_tokens(scratch / "readers", **{"reader-1": READER})
    )
    for number in range(3):
        answer = check_accepted(post(server, b'{"n": %d}' % number))
    wait_until_shown(server, answer["sequence"])
    batch = read(server, accept=BATCH).content
    assert check_accepted(post(server, batch, content_type=BATCH))["stored"] == 3
    assert [record["body"]["data"] for record in records(folder)[3:]] == [{"n": number} for number in range(3)]


def test_without_the_option_a_batch_is_one_document(start_inbox, folder):
    check_accepted(post(start_inbox(), json.dumps([event("1"), event("2")]).encode(), content_type=BATCH))
    assert len(names(folder)) == 1


def test_a_feed_shows_each_line(start_inbox, scratch):
    server = start_inbox(accept=["ndjson"], feed_token_file=write_tokens(scratch / "readers", **{"reader-1": READER}))
    answer = check_accepted(post_lines(server, b'{"n": 1}', b'{"n": 2}'))
    wait_until_shown(server, answer["last_sequence"])
    assert [record["body"]["n"] for record in records_of(read(server, accept=LINES).content)] == [1, 2]


def test_the_log_names_the_first_file(start_inbox, folder):
    server = start_inbox(accept=["ndjson"])
    check_accepted(post_lines(server, b"1", b"2", b"3"))
    server.log.wait_for(f"Created file: new/{names(folder)[0]} and 2 more")
