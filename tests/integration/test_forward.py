"""`bobbin inbox forward`: records are sent to another server (docs/inbox.md, "Forwarding")."""

import base64
import json
import random
import re
import signal
import ssl
import threading
import time

import pytest

from support import webhooks
from support.certificates import make_certificate
from support.inboxes import check_accepted, toml
from support.server import free_port, run_to_end
from support.targets import Reply, Target
from support.waiting import PATIENCE, eventually
from test_consumers import inbox, is_in, server, start_consumer, stop, store  # noqa: F401
from test_inboxes import configuration, folder, names, post, records, secret_file, start_inbox  # noqa: F401
from test_retries import LONG, pause_in

pytestmark = pytest.mark.modes("many")

KEY = b"a key of at least 24 bytes"
SECRET = b"whsec_" + base64.b64encode(KEY)
OTHER_KEY = b"another key of enough bytes"


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def forward(start_consumer):
    def start(target, *flags):
        return start_consumer("forward", "--to", target if isinstance(target, str) else target.url(), *flags)

    return start


def told_first(process):
    """What a forwarder says first."""
    line = process.stderr.readline()
    assert line.startswith("bobbin: inbox forward: ")
    return line.removeprefix("bobbin: inbox forward: ").rstrip("\n")


def ended(folder):
    """Where each record is that has ended. The others are moved while a test looks."""
    return {name: part for part in ("done", "failed") for name in names(folder, part)}


def wait_until_done(folder, count):
    eventually(lambda: list(ended(folder).values()) == ["done"] * count, f"all {count} are done")


def in_order(*replies):
    """Answers with these, one after the other, and then with 204."""
    rest = list(replies)
    return lambda posted: rest.pop(0) if rest else Reply()


# What is sent


def test_records_are_sent_in_order_over_one_connection(server, folder, forward):
    store(server, 20)
    with Target() as target:
        forwarder = forward(target)
        wait_until_done(folder, 20)
        store(server, 2, first=20)
        wait_until_done(folder, 22)
        assert stop(forwarder) == ""
    assert [posted.content for posted in target.posted] == [b'{"n": %d}' % n for n in range(22)]
    assert {posted.target for posted in target.posted} == {"/events"}
    assert target.connections == 1


DOCUMENTS = [
    b'{"n": 1e400, "m": 0.1000000000000000055511151231257827, "k": 12345678901234567890}',
    b' {\r\n\t"a" :\n[ ]\r\n} ',
    b'{"\\u00e4": "\\u00E4\\/\\n", "\xc3\xa4": "\xf0\x9f\xa7\xb5", "twice": 1, "twice": 2}',
    b"[]",
    b'"' + b"x" * 200_000 + b'"',
]


def test_the_document_is_sent_byte_for_byte(server, folder, forward):
    for document in DOCUMENTS:
        check_accepted(post(server, document))
    with Target() as target:
        forward(target)
        wait_until_done(folder, len(DOCUMENTS))
    assert [posted.content for posted in target.posted] == DOCUMENTS
    assert all(posted["Content-Length"] == str(len(posted.content)) for posted in target.posted)


def test_what_is_kept_in_base64_is_sent_as_it_came(start_inbox, folder, forward):
    every = bytes(range(256))
    server = start_inbox(accept=["json", "any"])
    for content in (every, b""):
        check_accepted(post(server, content, content_type="application/x-thing; v=1"))
    check_accepted(post(server, b"a,b", content_type=None))
    with Target() as target:
        forward(target)
        wait_until_done(folder, 3)
    assert [posted.content for posted in target.posted] == [every, b"", b"a,b"]
    assert [posted["Content-Type"] for posted in target.posted] == [
        "application/x-thing; v=1", "application/x-thing; v=1", "application/octet-stream",
    ]  # fmt: skip


def test_fields_that_are_sent(start_inbox, folder, forward):
    server = start_inbox(keep=["x-device-*"])
    answer = check_accepted(post(server, b"{}", content_type="application/vnd.a+json", fields=[
        ("User-Agent", "GitHub-Hookshot/1"), ("X-GitHub-Event", "push"), ("X-Hub-Signature-256", "sha256=00"),
        ("X-Device-Place", "hall 3"), ("X-Device-Empty", ""), ("ce-type", "a"), ("ce-type", "b"), ("Idempotency-Key", "theirs"),
        ("webhook-id", "theirs"), ("svix-id", "theirs"), ("Origin", "http://elsewhere.example"),
    ]))  # fmt: skip
    with Target() as target:
        before = int(time.time())
        forward(target)
        wait_until_done(folder, 1)
        (posted,) = target.posted
    fields = {}
    for name, value in posted.fields:
        fields.setdefault(name, []).append(value)
    assert before <= int(fields.pop("webhook-timestamp")[0]) <= time.time()
    assert re.fullmatch(r"bobbin/[0-9.]+", fields.pop("user-agent")[0])
    assert fields == {
        "host": [f"127.0.0.1:{target.port}"], "accept": ["*/*"], "content-length": ["2"],
        "content-type": ["application/vnd.a+json"], "idempotency-key": [answer["id"]], "webhook-id": [answer["id"]],
        "x-github-event": ["push"], "x-hub-signature-256": ["sha256=00"], "x-device-place": ["hall 3"], "x-device-empty": [""],
        "ce-type": ["a", "b"],
    }  # fmt: skip


def test_fields_of_the_operator(server, folder, scratch, forward):
    store(server, 1)
    file = scratch / "fields"
    file.write_text("# of the warehouse\nAuthorization: Bearer hush\n")
    with Target() as target:
        forward(target, "-H", "X-Place: hall 3", "-H", "X-Empty:", "--header-file", file)
        wait_until_done(folder, 1)
        (posted,) = target.posted
    assert (posted["Authorization"], posted["X-Place"], posted["X-Empty"]) == ("Bearer hush", "hall 3", "")


def test_requests_are_signed_with_each_secret(server, folder, secret_file, forward):
    store(server, 2)
    with Target() as target:
        forward(target, "--secret-file", secret_file(SECRET, b"whsec_" + base64.b64encode(OTHER_KEY)))
        wait_until_done(folder, 2)
    for posted in target.posted:
        expected = [
            dict(webhooks.standard(key, posted.content, int(posted["webhook-timestamp"]), message=posted["webhook-id"]))
            for key in (KEY, OTHER_KEY)
        ]
        assert posted["webhook-signature"] == " ".join(each["webhook-signature"] for each in expected)


def test_forms_and_lines_are_sent_as_what_became_of_them(start_inbox, folder, forward):
    server = start_inbox(accept=["form", "ndjson"])
    check_accepted(post(server, b"a=1", content_type="application/x-www-form-urlencoded"))
    check_accepted(post(server, b'{"n": 1}\n{"n": 2}\n', content_type="application/x-ndjson"))
    with Target() as target:
        forward(target)
        wait_until_done(folder, 3)
    assert [posted["Content-Type"] for posted in target.posted] == ["application/json"] * 3
    assert [json.loads(posted.content) for posted in target.posted] == [{"a": "1"}, {"n": 1}, {"n": 2}]


# What becomes of it


def test_what_a_server_cannot_take_now_is_sent_again(server, folder, forward):
    store(server, 2)
    first, _ = names(folder)
    with Target(in_order(Reply(503, content=b"Busy\n"))) as target:
        forwarder = forward(target, "--retry", f"1s,{LONG}")
        wait_until_done(folder, 2)
        told = stop(forwarder)
    assert [posted.content for posted in target.posted] == [b'{"n": 0}', b'{"n": 0}', b'{"n": 1}'], "in order"
    assert len({posted["webhook-id"] for posted in target.posted[:2]}) == 1
    assert told == (
        f'bobbin: inbox forward: work/forwarder.{first}: attempt 1 of 3: the server has answered 503 ("Busy"); again in 1 s\n'
    )


def test_without_a_schedule_there_is_the_one_of_standard_webhooks(server, forward):
    store(server, 1)
    with Target(lambda posted: Reply(500)) as target:
        told = told_first(forward(target))
    assert re.search(r": attempt 1 of 10: the server has answered 500; again in [45] s$", told), told


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_a_retry_after_makes_the_pause_longer(server, folder, forward, status):
    store(server, 1)
    with Target(lambda posted: Reply(status, [("Retry-After", "200")])) as target:
        told = told_first(forward(target, "--retry", "1s"))
    assert told.endswith(f"attempt 1 of 2: the server has answered {status}; again in 3 min 20 s"), told


def test_a_retry_after_is_a_date_or_a_day_at_most_and_never_makes_the_pause_shorter(server, folder, forward):
    store(server, 1)
    for value, schedule, least, most in [
        (time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 7200)), "1s", "1 h 5[89] min", "2 h"),
        ("999999999", "1s", "24 h", "24 h"),
        ("1", "1h", "5[4-9] min.*", "1 h.*"),
    ]:
        with Target(lambda posted, value=value: Reply(503, [("Retry-After", value)])) as target:
            forwarder = forward(target, "--retry", schedule)
            told = told_first(forwarder)
            assert re.search(f"; again in ({least}|{most})$", told), told
            stop(forwarder)


@pytest.mark.parametrize("status", [400, 410, 413, 422])
def test_what_a_server_will_never_take_goes_to_failed(server, folder, forward, status):
    store(server, 2)
    first, second = names(folder)
    with Target(in_order(Reply(status, content=b"No such \x1b[2Jplace"))) as target:
        told = told_first(forward(target))
        eventually(lambda: ended(folder) == {first: "failed", second: "done"}, "the next one follows")
    assert told == (
        f'failed/{first}: attempt 1 of 10: the server has answered {status} ("No such \\x1b[2Jplace"), '
        "which says that another attempt is of no use"
    )


def test_a_redirection_is_not_followed(server, folder, forward):
    store(server, 1)
    with Target() as other, Target(lambda posted: Reply(301, [("Location", other.url())])) as target:
        told = told_first(forward(target, "--retry", LONG))
        assert "the server has answered 301, and no redirection is followed; again in" in told
    assert other.connections == 0
    assert list(is_in(folder).values()) == ["work"]


def test_after_the_last_attempt_the_record_goes_to_failed(server, folder, forward):
    store(server, 2)
    first, second = names(folder)
    with Target(in_order(Reply(500), Reply(502))) as target:
        forwarder = forward(target, "--retry", "1s")
        eventually(lambda: ended(folder) == {first: "failed", second: "done"}, "it goes on")
        told = stop(forwarder).splitlines()
    assert told[1] == f"bobbin: inbox forward: failed/{first}: attempt 2 of 2: the server has answered 502"


def test_a_server_that_is_not_there_yet(server, folder, forward):
    store(server, 3)
    port = free_port()
    forwarder = forward(f"http://127.0.0.1:{port}/events", "--retry", "1s,1s,1s,1s,1s,1h")
    told = told_first(forwarder)
    assert f"attempt 1 of 7: there is no answer: Failed to connect to 127.0.0.1 port {port}" in told
    with Target(port=port) as target:
        wait_until_done(folder, 3)
    assert [posted.content for posted in target.posted] == [b'{"n": %d}' % n for n in range(3)]


def test_an_answer_that_never_comes(server, folder, forward):
    store(server, 1)
    over = threading.Event()
    with Target(lambda posted: over.wait(PATIENCE) and None) as target:
        told = told_first(forward(target, "--retry", LONG, "--timeout", "1s"))
        over.set()
    assert re.search("attempt 1 of 2: there is no answer: Operation timed out after [0-9]+ milliseconds", told), told


def test_a_connection_that_ends_without_an_answer(server, folder, forward):
    store(server, 1)
    with Target(in_order(None)) as target:
        told = told_first(forward(target, "--retry", f"1s,{LONG}"))
        assert "there is no answer: Empty reply from server; again in 1 s" in told
        wait_until_done(folder, 1)
    assert target.connections == 2


def test_a_kept_connection_that_ends_is_made_anew_at_once(server, folder, forward):
    """It may have been closed before the request came, so this is no attempt that has failed."""
    store(server, 2)
    with Target(in_order(Reply(), None)) as target:
        assert stop_when_done(forward(target, "--retry", LONG), folder, 2) == ""
    assert [posted.content for posted in target.posted] == [b'{"n": 0}', b'{"n": 1}', b'{"n": 1}']
    assert target.connections == 2


def test_a_connection_that_the_server_has_closed_meanwhile(server, folder, forward):
    with Target(lambda posted: Reply(204, [("Connection", "close")])) as target:
        store(server, 3)
        assert stop_when_done(forward(target), folder, 3) == ""
    assert target.connections == 3


def stop_when_done(forwarder, folder, count):
    wait_until_done(folder, count)
    return stop(forwarder)


def test_a_long_answer_is_read_in_part(server, folder, forward):
    store(server, 3)
    with Target(in_order(Reply(200, content=b"x" * 10_000_000), Reply(500, content=b"y" * 10_000_000))) as target:
        forwarder = forward(target, "--retry", "1s")
        wait_until_done(folder, 3)
        told = stop(forwarder)
    assert f'the server has answered 500 ("{"y" * 200}"); again in 1 s' in told


def test_a_head_that_is_too_long_is_no_answer(server, folder, forward):
    store(server, 1)
    with Target(lambda posted: Reply(200, [(f"X-{n}", "x" * 1000) for n in range(90)])) as target:
        told = told_first(forward(target, "--retry", LONG))
    assert "there is no answer: the head of its answer has more than 65536 bytes; again in" in told


# TLS


@pytest.fixture
def certificates(scratch):
    authority = make_certificate(scratch / "certificates", "authority")
    return authority, make_certificate(scratch / "certificates", "localhost", issuer=authority)


def tls_of(pair):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


def test_tls_with_an_authority_of_ones_own(server, folder, certificates, forward):
    authority, pair = certificates
    store(server, 3)
    with Target(tls=tls_of(pair)) as target:
        forward(target.url(host="localhost"), "--ca-file", authority.certificate)
        wait_until_done(folder, 3)
    assert (len(target.posted), target.connections) == (3, 1)


def test_tls_with_an_authority_that_is_not_trusted(server, folder, certificates, scratch, forward):
    other = make_certificate(scratch / "certificates", "other")
    store(server, 1)
    with Target(tls=tls_of(certificates[1])) as target:
        for flags in [("--ca-file", other.certificate), ()]:
            forwarder = forward(target.url(host="localhost"), "--retry", LONG, *flags)
            told = told_first(forwarder)
            assert "attempt 1 of 2: there is no answer: SSL certificate problem" in told
            stop(forwarder)
    assert target.posted == []


def test_tls_with_the_name_of_another_server(server, folder, certificates, forward):
    authority, pair = certificates
    store(server, 1)
    with Target(tls=tls_of(pair)) as target:
        told = told_first(forward(target, "--retry", LONG, "--ca-file", authority.certificate))
    assert "there is no answer: SSL: no alternative certificate subject name matches target host name '127.0.0.1'" in told
    assert target.posted == []


# Signals and kills


def test_a_signal_ends_a_pause(server, folder, forward):
    store(server, 2)
    first, second = names(folder)
    with Target(lambda posted: Reply(503)) as target:
        forwarder = forward(target, "--retry", LONG)
        told_first(forwarder)
        told = stop(forwarder)
    assert told == f"bobbin: inbox forward: new/{first} is given out again, since this worker was told to end\n"
    assert is_in(folder) == {first: "new", second: "new"}


def test_a_signal_lets_the_request_end(server, folder, forward):
    store(server, 2)
    first, second = names(folder)
    told_to_end = threading.Event()
    with Target(lambda posted: told_to_end.wait(PATIENCE) and Reply()) as target:
        forwarder = forward(target)
        eventually(lambda: target.posted, "it is asked")
        forwarder.send_signal(signal.SIGTERM)
        eventually(lambda: not is_pending(forwarder, signal.SIGTERM), "it knows")
        assert forwarder.poll() is None
        told_to_end.set()
        _, told = forwarder.communicate(timeout=PATIENCE)
    assert (forwarder.returncode, told) == (0, "")
    assert is_in(folder) == {first: "done", second: "new"}


def is_pending(process, number):
    """Whether it has been sent this signal, and has not taken it."""
    with open(f"/proc/{process.pid}/status") as status:
        (pending,) = re.findall(r"ShdPnd:\s+([0-9a-f]+)", status.read())
    return bool(int(pending, 16) & 1 << (number - 1))


def test_a_second_signal_breaks_the_request_off(server, folder, forward):
    store(server, 1)
    (record,) = names(folder)
    over = threading.Event()
    with Target(lambda posted: over.wait(PATIENCE) and None) as target:
        forwarder = forward(target)
        eventually(lambda: target.posted, "it is asked")
        for _ in range(2):
            eventually(lambda: not is_pending(forwarder, signal.SIGTERM), "it has taken the one before")
            forwarder.send_signal(signal.SIGTERM)
        _, told = forwarder.communicate(timeout=PATIENCE)
        over.set()
    assert forwarder.returncode == 0
    assert told == (
        f"bobbin: inbox forward: new/{record}: attempt 1 of 10: the request was broken off, since this worker was told to end at "
        "once\n"
    )
    assert is_in(folder) == {record: "new"}


def test_kills_lose_nothing_and_skip_nothing(server, folder, forward):
    """At least once, in order: a record is sent again at most where the kill came between its answer and its move."""
    count = 60
    ids = list(store(server, count))
    chance = random.Random(20261129)
    kills = 0
    most = 8  # as many are left whenever as many are waited for
    with Target() as target:
        while len(set(posted["webhook-id"] for posted in target.posted)) <= count - most:
            enough = len(target.posted) + chance.randrange(1, most)
            forwarder = forward(target)
            eventually(lambda: len(target.posted) >= enough, "it sends some")
            forwarder.kill()
            forwarder.wait(PATIENCE)
            kills += 1
        forward(target)
        wait_until_done(folder, count)
    sent = [posted["webhook-id"] for posted in target.posted]
    assert list(dict.fromkeys(sent)) == ids, "each, and first in the order in which they came"
    assert len(sent) <= count + kills
    assert sent == sorted(sent, key=ids.index), "what is sent again is sent before newer ones"


# Files with many records


@pytest.fixture
def segment(start_inbox, folder):
    """Store so many documents in one file; returns their ids."""

    def store_all(count, **keys):
        server = start_inbox(store="segments", segment_age="1h", **keys)
        ids = [check_accepted(post(server, b'{"n":  %d}' % n, fields=[("X-GitHub-Event", f"e{n}")]))["id"] for n in range(count)]
        server.stop()
        assert len(names(folder)) == 1
        return ids

    return store_all


def test_a_file_of_segments_is_sent_record_by_record(segment, folder, forward):
    ids = segment(30)
    with Target() as target:
        forwarder = forward(target)
        eventually(lambda: names(folder, "done"), "it is done")
        assert stop(forwarder) == ""
    assert [posted["webhook-id"] for posted in target.posted] == ids
    assert [posted.content for posted in target.posted] == [b'{"n":  %d}' % n for n in range(30)]
    assert [posted["X-GitHub-Event"] for posted in target.posted] == [f"e{n}" for n in range(30)]


def test_after_a_pause_a_file_goes_on_where_it_was(segment, folder, forward):
    ids = segment(4)
    (file,) = names(folder)
    with Target(in_order(Reply(), Reply(503), Reply(), Reply(503))) as target:
        forwarder = forward(target, "--retry", f"1s,{LONG}")
        eventually(lambda: names(folder, "done"), "it is done")
        told = stop(forwarder).splitlines()
    assert [posted["webhook-id"] for posted in target.posted] == [ids[0], ids[1], ids[1], ids[2], ids[2], ids[3]]
    assert told == [
        f"bobbin: inbox forward: work/forwarder.{file}, record {n + 1} ({ids[n]}): attempt 1 of 3: the server has answered 503; "
        "again in 1 s"
        for n in (1, 2)
    ]


def test_a_file_of_which_a_record_is_refused_ends_in_failed(segment, folder, forward):
    ids = segment(3)
    (file,) = names(folder)
    with Target(in_order(Reply(422))) as target:
        forwarder = forward(target)
        eventually(lambda: names(folder, "failed") == [file], "it has failed")
        told = stop(forwarder).splitlines()
    assert [posted["webhook-id"] for posted in target.posted] == ids, "the others are sent all the same"
    assert told == [
        f"bobbin: inbox forward: work/forwarder.{file}, record 1 ({ids[0]}): attempt 1 of 10: the server has answered 422, which "
        "says that another attempt is of no use",
        f"bobbin: inbox forward: failed/{file}: of its 3 records one has failed",
    ]


def test_a_file_that_was_sent_in_part_is_begun_again(segment, folder, forward):
    ids = segment(3)
    (file,) = names(folder)
    with Target(in_order(Reply(), Reply(503))) as target:
        forwarder = forward(target, "--retry", LONG)
        told_first(forwarder)
        assert stop(forwarder).endswith(f"new/{file} is given out again, since this worker was told to end\n")
        forward(target)
        eventually(lambda: names(folder, "done") == [file], "it is done")
    assert [posted["webhook-id"] for posted in target.posted] == [*ids[:2], *ids]


# From inbox to inbox


def test_another_inbox_keeps_each_record_once(start_inbox, folder, scratch, secret_file, forward):
    """The sender's signature is verified here, and ours there; whose answer gets lost for every third request."""
    github = scratch / "github.secret"
    github.write_bytes(b"a secret that is long enough\n")
    other = scratch / "other"
    tail = toml("inbox", {"name": "other", "dir": str(other), "verify": "standard", "secret_file": secret_file(SECRET),
                          "dedupe": ["sender"]})  # fmt: skip
    server = start_inbox("--keep-alive-requests", "0", tail=tail, verify="github", secret_file=str(github))
    contents = [b'{"n":%d, "e": 1e400}' % n for n in range(9)]
    for content in contents:
        fields = [("X-GitHub-Event", "push"), *webhooks.github(b"a secret that is long enough", content)]
        check_accepted(post(server, content, fields=fields))
    ids = [record["id"] for record, _ in records(folder)]

    def relay(posted, counted=iter(range(100))):
        fields = [pair for pair in posted.fields if pair[0] not in ("host", "content-length", "accept")]
        answer = server.ask("POST", "/in/other", fields=fields, content=posted.content)
        return Reply(answer.status, content=answer.content) if next(counted) % 3 else None

    with Target(relay) as target:
        forwarder = forward(target, "--secret-file", secret_file(SECRET), "--retry", ",".join(["1s"] * 9))
        wait_until_done(folder, 9)
        stop(forwarder)
    assert len(target.posted) > 9, "some were sent again"
    kept = records(other)
    assert [body for _, body in kept] == contents
    assert [record["request"]["verified"]["id"] for record, _ in kept] == ids
    for record, _ in kept:
        fields = dict(map(tuple, record["request"]["fields"]))
        assert fields["x-github-event"] == "push" and "x-hub-signature-256" in fields


def test_another_inbox_over_http2(start_inbox, folder, scratch, certificates, forward):
    """Chosen by ALPN, as curl does."""
    authority, pair = certificates
    other, port = scratch / "other", free_port()
    tail = toml("inbox", {"name": "other", "dir": str(other)}) + toml(
        "listener", {"port": port, "bind": "127.0.0.1", "tls": True, "certificate": str(pair.certificate), "key": str(pair.key)}
    )
    server = start_inbox("--log-format", "combined", tail=tail)
    store(server, 5)
    forward(f"https://localhost:{port}/in/other", "--ca-file", authority.certificate)
    wait_until_done(folder, 5)
    assert [body for _, body in records(other)] == [b'{"n": %d}' % n for n in range(5)]
    server.log.wait_for(r'"POST /in/other HTTP/2', count=5)


# Mistakes


@pytest.mark.parametrize(
    "flags, says",
    [
        ([], "inbox forward: --to is missing, as in: bobbin inbox forward"),
        (["--to", "http://user:hush@127.0.0.1/"], "--to: a user or a password is not allowed in the URL"),
        (["--to", "file:///etc/passwd"], '--to: "file:///etc/passwd" is not allowed; a URL under http or https'),
        (["--to", "http://127.0.0.1/", "-H", "Host: hush"], "-H: Host is a field of the connection"),
    ],
)
def test_mistakes_on_the_command_line(binary, scratch, flags, says):
    ended = run_to_end(binary, "inbox", "forward", "box", *flags, directory=scratch)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"bobbin: {says}") and ended.stderr.count("\n") == 1, ended.stderr
    assert "hush" not in ended.stderr


@pytest.mark.parametrize(
    "flag, content, says",
    [
        ("--secret-file", None, "cannot be read; open: No such file or directory"),
        ("--secret-file", b"hush, but not a secret", "cannot be used: line 1 must begin with whsec_"),
        ("--header-file", b"A: b\nhush", "cannot be used: line 2 is not allowed: a field is needed, Name: value"),
        ("--header-file", b"".join(b"A%d: hush\n" % n for n in range(21)), "21 fields are not allowed; at most 20 are"),
        ("--ca-file", b"hush", "cannot be used: it holds no certificate in PEM"),
    ],
)
def test_mistakes_in_files(server, folder, binary, scratch, flag, content, says):
    file = scratch / "named"
    if content is not None:
        file.write_bytes(content)
    ended = run_to_end(binary, "inbox", "forward", folder, "--to", "http://127.0.0.1/", flag, file)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("bobbin: inbox forward: ") and flag in ended.stderr and says in ended.stderr, ended.stderr
    assert "hush" not in ended.stderr
