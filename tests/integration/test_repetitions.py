"""`dedupe` of an inbox: a document that is sent again is answered as the first time, and kept once (docs/inbox.md)."""

import json
import signal
import threading

import pytest

from support import webhooks
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    SECRET,
    TOKEN,
    check_accepted,
    check_problem,
    configuration,
    folder,
    names,
    only_record,
    post,
    records,
    secret_file,
    start_inbox,
    token_file,
)
from support.server import run_to_end
from support.waiting import eventually, in_parallel

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

KEY = "Idempotency-Key"


def keyed(value, name=KEY):
    return [(name, value)]


def is_replayed(response):
    return response.get("Idempotent-Replayed") == "true"


def check_repeated(first, again, status=201):
    """The answer is that of the first time, and says that it is."""
    assert again.status == first.status == status
    assert again.content == first.content
    assert not is_replayed(first) and is_replayed(again)


def test_without_dedupe_a_key_says_nothing(start_inbox, folder):
    server = start_inbox()
    for _ in range(2):
        assert not is_replayed(post(server, fields=keyed("a")))
    assert len(names(folder)) == 2


def test_a_repetition_gets_the_first_answer(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    first = post(server, b'{"a": 1}', fields=keyed("a"))
    for _ in range(3):
        check_repeated(first, post(server, b'{"a": 1}', fields=keyed("a")))
    other = post(server, b'{"a": 1}', fields=keyed("b"))
    assert check_accepted(other)["sequence"] == 2
    assert not is_replayed(post(server, b'{"a": 1}'))
    assert [body for _, body in records(folder)] == [b'{"a": 1}'] * 3


@pytest.mark.parametrize("status", ["200", "202", "204"])
def test_the_status_is_that_of_the_inbox(start_inbox, folder, status):
    server = start_inbox(dedupe=["header:Idempotency-Key"], status=status)
    check_repeated(post(server, fields=keyed("a")), post(server, fields=keyed("a")), int(status))
    assert len(names(folder)) == 1


def test_the_name_of_a_field_has_no_case_and_its_value_has(start_inbox, folder):
    server = start_inbox(dedupe=["header:IDEMPOTENCY-KEY"])
    first = post(server, fields=keyed("a", "idempotency-key"))
    check_repeated(first, post(server, fields=keyed("a", "Idempotency-Key")))
    assert not is_replayed(post(server, fields=keyed("A")))


def test_the_record_has_the_key(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    post(server, fields=keyed("a"))
    record, _ = only_record(folder)
    assert len(record["key"]) == 64 and "conflict" not in record
    assert ["idempotency-key", "a"] in record["request"]["fields"]


def test_a_kill_and_a_stop_change_nothing(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    first = post(server, fields=keyed("a"))
    for end in ("kill", "stop", "kill"):
        getattr(server, end)()
        server = start_inbox(dedupe=["header:Idempotency-Key"])
        check_repeated(first, post(server, fields=keyed("a")))
    assert len(names(folder)) == 1


def test_what_a_consumer_has_taken_is_still_known(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    first = post(server, fields=keyed("a"))
    (folder / "new" / names(folder)[0]).unlink()
    check_repeated(first, post(server, fields=keyed("a")))
    assert names(folder) == []


def test_a_key_outlives_the_journal(start_inbox, folder):
    """Segments are taken out of the journal; what has been acknowledged is known for the whole window all the same."""
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    first = post(server, fields=keyed("a"))
    server.stop()
    for segment in (folder / ".bobbin/journal").iterdir():
        segment.unlink()
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    check_repeated(first, post(server, fields=keyed("a")))


def test_keys_are_nobody_elses_business(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    post(server, fields=keyed("a"))
    keys = folder / ".bobbin/keys"
    eventually(lambda: keys.is_dir() and any(keys.iterdir()), "the key is written")
    assert keys.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys.iterdir())


# Other content


def test_other_content_under_an_idempotency_key_is_refused(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    post(server, b"1", fields=keyed("a"))
    check_problem(post(server, b"2", fields=keyed("a")), 422)
    assert [body for _, body in records(folder)] == [b"1"]


def test_other_content_under_the_id_of_a_webhook_is_kept_and_marked(start_inbox, folder):
    server = start_inbox(dedupe=["header:X-Id"])
    first = post(server, b"1", fields=keyed("a", "X-Id"))
    assert not is_replayed(post(server, b"2", fields=keyed("a", "X-Id")))
    check_repeated(first, post(server, b"1", fields=keyed("a", "X-Id")))
    (one, _), (two, body) = records(folder)
    assert body == b"2" and two["conflict"] is True and two["key"] == one["key"]


@pytest.mark.parametrize("decision", ["refuse", "store", "ignore"])
@pytest.mark.parametrize("source", ["header:Idempotency-Key", "json:/id"])
def test_the_operator_decides_about_other_content(start_inbox, folder, decision, source):
    server = start_inbox(dedupe=[source], dedupe_conflict=decision)
    first = post(server, b'{"id": 1, "n": 1}', fields=keyed("a"))
    again = post(server, b'{"id": 1, "n": 2}', fields=keyed("a"))
    if decision == "refuse":
        check_problem(again, 422)
    elif decision == "ignore":
        check_repeated(first, again)
    else:
        assert check_accepted(again)["sequence"] == 2
    assert len(names(folder)) == (2 if decision == "store" else 1)


# Where the key stands


def test_a_member_of_the_document(start_inbox, folder):
    server = start_inbox(dedupe=["json:/event/id"])
    first = post(server, b'{"event": {"id": "e1"}}')
    check_repeated(first, post(server, b'{"event": {"id": "e1"}}'))
    for other in (b'{"event": {"id": "e2"}}', b'{"event": {}}', b'{"event": {}}', b"[]"):
        assert not is_replayed(post(server, other))


def test_a_member_far_into_a_large_document(start_inbox, folder):
    server = start_inbox(dedupe=["json:/z/0"])
    content = json.dumps({"a": "x" * 200_000, "z": ["id"]}).encode()
    first = post(server, content)
    check_repeated(first, post(server, content))


def test_the_digest_of_the_document(start_inbox, folder):
    server = start_inbox(dedupe=["digest"])
    first = post(server, b"[1]", fields=keyed("a"))
    check_repeated(first, post(server, b"[1]", fields=keyed("b")))
    assert not is_replayed(post(server, b"[1 ]"))


def test_a_cloud_event_in_both_of_its_forms(start_inbox, folder):
    """CloudEvents 1.0: source and id together identify an event. HTTP binding §3.1, §3.2."""
    server = start_inbox(dedupe=["cloudevent"])
    event = {"specversion": "1.0", "id": "1", "source": "/a", "type": "t"}
    structured = json.dumps(event).encode()
    first = post(server, structured, content_type="application/cloudevents+json")
    check_repeated(first, post(server, structured, content_type="application/cloudevents+json"))
    binary = [("ce-specversion", "1.0"), ("ce-id", "2"), ("ce-source", "/a"), ("ce-type", "t")]
    first = post(server, b"{}", fields=binary)
    check_repeated(first, post(server, b"{}", fields=binary))
    assert not is_replayed(post(server, b"{}", fields=[*binary[:2], ("ce-source", "/b"), binary[3]]))


def test_the_first_that_is_there_counts(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key", "json:/id"])
    first = post(server, b'{"id": 1}', fields=keyed("a"))
    check_repeated(first, post(server, b'{"id": 1}', fields=keyed("a")))
    assert not is_replayed(post(server, b'{"id": 1}', fields=keyed("b")))
    first = post(server, b'{"id": 1}')
    check_repeated(first, post(server, b'{"id": 1}'))


def test_a_field_that_is_sent_twice_is_refused(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    assert KEY.lower() in check_problem(post(server, fields=[*keyed("a"), *keyed("a")]), 400)
    assert names(folder) == []


def test_a_key_may_be_required(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key", "json:/id"], dedupe_required=True)
    detail = check_problem(post(server), 400)
    assert "header:idempotency-key" in detail and "json:/id" in detail
    assert names(folder) == []
    check_accepted(post(server, b'{"id": 1}'))


@pytest.mark.modes("many")
def test_users_do_not_share_keys(start_inbox, folder, scratch):
    tokens = scratch / "two.tokens"
    tokens.write_text("".join(f"{name}:{webhooks.sha256(name.encode())}\n" for name in ("one", "two")))
    server = start_inbox(dedupe=["header:Idempotency-Key"], token_file=str(tokens))
    ask = lambda user: post(server, fields=[*keyed("a"), ("Authorization", f"Bearer {user}")])  # noqa: E731
    first = ask("one")
    assert not is_replayed(ask("two"))
    check_repeated(first, ask("one"))


def test_what_is_refused_leaves_no_key(start_inbox, folder, secret_file):
    """A forger must not be able to take a key, nor a mistake to spoil it."""
    server = start_inbox(dedupe=["sender"], verify="github", secret_file=secret_file(SECRET))
    content = b'{"a": 1}'
    delivery = [("X-GitHub-Delivery", "d1")]
    signed = [*webhooks.github(SECRET, content), *delivery]
    check_problem(post(server, b'{"a": 2}', fields=signed), 401)
    broken = b'{"a": '
    check_problem(post(server, broken, fields=[*webhooks.github(SECRET, broken), *delivery]), 400)
    first = post(server, content, fields=signed)
    check_repeated(first, post(server, content, fields=signed))
    assert len(names(folder)) == 1


# At the same time


@pytest.mark.modes("many", "capacity-1")
def test_of_many_at_once_one_is_kept(start_inbox, folder):
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    answers = []
    lock = threading.Lock()

    def send():
        for number in range(10):
            answer = post(server, b"[1]", fields=keyed(f"k{number}"))
            with lock:
                answers.append((number, answer.status, answer.content))

    in_parallel(8, lambda _: send())
    assert {status for _, status, _ in answers} == {201}
    assert len(answers) == 80 and len(set(answers)) == 10
    assert len(names(folder)) == 10


@pytest.mark.modes("many")
def test_a_client_that_is_cut_off_at_any_byte_and_tries_again(start_inbox, folder):
    """However much of a request arrives, and however little of the answer: the document is there once."""
    server = start_inbox(dedupe=["header:Idempotency-Key"])
    content = b'{"document": 1}'
    for cut in range(0, 190, 3):
        request = (
            f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: k{cut}\r\nContent-Length: {len(content)}\r\n\r\n"
        ).encode() + content
        with server.connect() as connection:
            connection.send(request[:cut])
        with server.connect() as connection:
            connection.send(request)  # nobody reads the answer
        response = post(server, content, fields=keyed(f"k{cut}"))
        assert response.status == 201
    eventually(lambda: len(names(folder)) == len(range(0, 190, 3)), "each document is there once")
    keys = [record["key"] for record, _ in records(folder)]
    assert len(set(keys)) == len(keys)


# Configuration


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    "keys, message",
    [
        ({"dedupe": ["x"]}, 'dedupe: "x" is not allowed; sender, header:NAME, json:/POINTER (RFC 6901), cloudevent or digest'),
        ({"dedupe": ["json:id"]}, 'dedupe: "json:id" is not allowed'),
        ({"dedupe": ["sender"]}, 'dedupe: "sender" needs verify'),
        ({"dedupe_required": True}, "dedupe_required: it says nothing without dedupe"),
        ({"dedupe_conflict": "refuse"}, "dedupe_conflict: it says nothing without dedupe"),
        ({"dedupe": ["digest"], "dedupe_conflict": "x"}, 'dedupe_conflict: "x" is not allowed; refuse, store or ignore'),
        ({"dedupe": ["digest"], "dedupe_window": "0s"}, "dedupe_window"),
        ({"dedupe": [f"header:x{n}" for n in range(9)]}, "dedupe: 9 of them are too many; at most 8"),
    ],
)
def test_mistakes_refuse_the_start(binary, root, mode, configuration, keys, message):
    end = run_to_end(binary, "--config", configuration(**keys), "--root", root, "--check-config")
    assert end.returncode in (2, 78), end
    assert message in end.stderr, end.stderr


@pytest.mark.modes("many")
def test_a_reload_takes_up_other_keys(start_inbox, configuration, folder):
    server = start_inbox()
    post(server, fields=keyed("a"))
    configuration(dedupe=["header:Idempotency-Key"])
    server.signal(signal.SIGHUP)
    eventually(lambda: is_replayed(post(server, fields=keyed("a"))), "keys are compared")
    configuration(dedupe=["header:Idempotency-Key"], dedupe_window="1s")
    server.signal(signal.SIGHUP)
    eventually(lambda: not is_replayed(post(server, fields=keyed("a"))), "the window is over")
