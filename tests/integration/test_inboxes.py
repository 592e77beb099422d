"""[[inbox]]: documents that are kept with their requests, and who may send them (docs/inbox.md)."""

import hashlib
import json
import os
import re
import signal
import stat
import time

import pytest

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support import webhooks
from support.client import chunked
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    FOLDERS,
    JSON,
    NAME,
    SECRET,
    TOKEN,
    check_accepted,
    check_problem,
    configuration,
    end_with_another_boot,
    folder,
    names,
    only_record,
    post,
    record_of,
    records,
    secret_file,
    start_inbox,
    token_file,
    toml,
)
from support.server import run_to_end
from support.waiting import eventually, in_parallel
from support.webhooks import sha256

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

def kept_fields(folder):
    return only_record(folder)[0]["request"]["fields"]


def now():
    return int(time.time())


# What is answered, and what is kept


def test_the_answer_names_the_record(start_inbox, folder):
    server = start_inbox()
    content = b'{"a": [1, true, null], "\xc3\xa4": 1.50}'
    response = post(server, content)
    answer = check_accepted(response)
    assert response["Content-Type"] == "application/json"
    assert list(answer) == ["status", "id", "sequence", "sha256"]
    assert (answer["status"], answer["sequence"], answer["sha256"]) == ("success", 1, sha256(content))
    (name,) = names(folder)
    assert NAME.fullmatch(name)[2] == answer["id"]


def test_the_record_says_what_was_received(start_inbox, folder):
    server = start_inbox()
    content = b' {"a":\t[1,\n2]}\r\n'
    before = time.gmtime(time.time() - 1)
    answer = check_accepted(post(server, content, target="/in/box?src=a%20b&c", fields=[("User-Agent", "kiosk/1")]))
    after = time.gmtime(time.time() + 1)
    record, body = only_record(folder)
    assert list(record) == [
        "bobbin", "epoch", "previous", "flushed", "sequence", "id", "inbox", "received", "name", "size", "sha256",
        "request", "file", "body", "check",
    ]  # fmt: skip
    assert body == content and record["size"] == len(content)
    assert {key: record[key] for key in ("bobbin", "sequence", "id", "inbox", "sha256", "file")} == {
        "bobbin": 1, "sequence": 1, "id": answer["id"], "inbox": "box", "sha256": answer["sha256"], "file": "record",
    }  # fmt: skip
    request = record["request"]
    assert (request["client"], request["method"], request["target"]) == ("127.0.0.1", "POST", "/in/box?src=a%20b&c")
    assert "user" not in request and "verified" not in request and "fields_cut" not in request
    received = time.strptime(record["received"][:19], "%Y-%m-%dT%H:%M:%S")
    assert before[:6] <= received[:6] <= after[:6]
    assert re.fullmatch(r"\.\d{6}Z", record["received"][19:])
    (name,) = names(folder)
    assert NAME.fullmatch(name)[1] == re.sub("[-:]", "", record["received"])
    assert record["name"].endswith(name)


def test_the_record_stands_so_in_the_journal(start_inbox, folder):
    server = start_inbox("--durability", "journal")
    for number in range(3):
        check_accepted(post(server, b'{"n": %d}' % number, fields=[("X-GitHub-Event", "push")]))
    segment = (folder / ".bobbin/journal/0000000001.segment").read_bytes()
    for name in names(folder):
        assert segment.count(b"\x1e" + (folder / "new" / name).read_bytes()) == 1


def test_the_check_is_that_of_the_receipt(start_inbox, folder):
    """A receipt is the record without its document: docs/durability.md."""
    server = start_inbox()
    check_accepted(post(server, b'{"check":"not mine","body":1}'))
    (path,) = (folder / "new").iterdir()
    receipt = path.read_bytes().partition(b',"body":')[0] + b"}"
    assert only_record(folder)[0]["check"] == hashlib.sha256(receipt).hexdigest()[:16]


@pytest.mark.parametrize("size", [10, 65_000, 65_536, 70_000, 1_000_000])
def test_documents_of_all_sizes_are_kept_whole(start_inbox, folder, size):
    server = start_inbox()
    content = b'{"text": "%b"}' % (b"x" * (size - 12))
    answer = check_accepted(post(server, content))
    record, body = only_record(folder)
    assert body == content and record["sha256"] == answer["sha256"] == sha256(content)


@pytest.mark.parametrize("status", ["200", "201", "202", "204"])
def test_the_status_can_be_chosen(start_inbox, folder, status):
    server = start_inbox(status=status)
    response = post(server)
    assert response.status == int(status)
    if status == "204":
        assert response.content == b""
    else:
        assert json.loads(response.content)["id"] == only_record(folder)[0]["id"]
    assert len(names(folder)) == 1


def test_sequence_and_names_increase_also_across_restarts(start_inbox, folder):
    sequences = []
    for round_number in range(3):
        server = start_inbox()
        sequences += [check_accepted(post(server))["sequence"] for _ in range(4)]
        if round_number == 1:
            server.kill()
        else:
            server.stop()
    assert sequences == list(range(1, 13))
    assert [record["sequence"] for record, _ in records(folder)] == sequences, "ls is the order of the sequence"
    assert len({record["epoch"] for record, _ in records(folder)}) == 1


def test_the_folders_are_nobody_elses(start_inbox, folder):
    server = start_inbox()
    check_accepted(post(server))
    for part in (*FOLDERS, ".bobbin"):
        assert stat.S_IMODE((folder / part).stat().st_mode) == 0o700, part


def test_the_folders_are_served_under_no_address(start_inbox, folder):
    server = start_inbox("--listing", "on", "--include-hidden", ".*")
    check_accepted(post(server))
    (name,) = names(folder)
    for target in ("/in/box/", f"/in/box/new/{name}", f"/new/{name}", f"/uploads/{name}", f"/inboxes/box/new/{name}"):
        assert server.get(target).status in (404, 405), target


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "APPLICATION/JSON", 'application/json; charset="utf-8"', "application/problem+json",
     "application/cloudevents+json; charset=UTF-8", "model/gltf+json"],
)  # fmt: skip
def test_types_of_json_are_taken(start_inbox, folder, content_type):
    server = start_inbox()
    check_accepted(post(server, content_type=content_type))
    assert kept_fields(folder) == [["content-type", content_type]]


def test_fields_that_events_need_are_kept_in_order(start_inbox, folder):
    server = start_inbox(keep=["x-device-*", "x-trace"])
    kept = [
        ("X-GitHub-Event", "push"), ("User-Agent", "a"), ("Origin", "http://{host}"), ("traceparent", "00-1-2-3"),
        ("Idempotency-Key", '"k"'), ("CE-Type", "a.b"), ("Webhook-Id", "m1"), ("Svix-Id", "m2"), ("X-Hub-Signature", "sha1=0"),
        ("X-Gitlab-Event", "Push Hook"), ("X-Shopify-Topic", "orders/create"), ("X-Slack-Retry-Num", "1"),
        ("Stripe-Something", "s"), ("X-Device-Id", "7"), ("x-trace", "t1"), ("X-DEVICE-NAME", 'a "quoted" \\ name'),
        ("X-Trace", "t2"), ("CE-Type", "second"),
    ]  # fmt: skip
    kept = [(name, value.replace("{host}", server.host)) for name, value in kept]
    other = [
        ("Cookie", "session=secret"), ("Authorization", "Bearer secret"), ("Proxy-Authorization", "Basic c2VjcmV0"),
        ("Accept", "*/*"), ("X-Other", "1"), ("X-Traces", "1"), ("Referer", "http://example.org/"),
    ]  # fmt: skip
    mixed = [field for pair in zip(kept, other) for field in pair] + kept[len(other) :]
    check_accepted(post(server, fields=mixed))
    assert kept_fields(folder) == [["content-type", "application/json"], *([name.lower(), value] for name, value in kept)]


def test_credentials_are_never_kept(start_inbox, folder, token_file):
    server = start_inbox(keep=["x-*", "a*", "c*", "p*"], token_file=token_file)
    secret = [("Authorization", f"Bearer {TOKEN}"), ("Cookie", "a=secret-1"), ("Proxy-Authorization", "Basic secret-2")]
    check_accepted(post(server, fields=[*secret, ("X-Anything", "1")]))
    fields = kept_fields(folder)
    assert ["x-anything", "1"] in fields
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert TOKEN.encode() not in content and b"secret-" not in content, path


def test_of_many_fields_only_8_kib_are_kept(start_inbox, folder):
    server = start_inbox(keep=["x-device-*"])
    sent = [(f"x-device-{number}", "v" * 400) for number in range(28)]
    check_accepted(post(server, fields=sent))
    request = only_record(folder)[0]["request"]
    assert request["fields_cut"] is True
    kept = request["fields"]
    assert kept == [["content-type", "application/json"], *(list(field) for field in sent)][: len(kept)]
    total = sum(len(name) + len(value) for name, value in kept)
    assert 6_000 < total <= 8_192


def test_values_that_are_no_utf8_leave_a_record_of_json(start_inbox, folder):
    server = start_inbox(keep=["x-device-*"])
    check_accepted(post(server, fields=[("X-Device-Name", "caf\udce9"), ("X-Device-Place", "Zürich")]))
    fields = dict(kept_fields(folder))
    assert fields["x-device-place"] == "Zürich" and fields["x-device-name"].startswith("caf")


# What is refused


@pytest.fixture
def refused(folder):
    """Afterwards nothing may be in the folders."""
    yield
    for part in FOLDERS:
        assert names(folder, part) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(start_inbox, refused, method):
    server = start_inbox()
    response = server.ask(method, "/in/box", content=b"{}" if method in ("PUT", "PATCH") else None, fields=[JSON])
    check_problem(response, 405)
    assert {word.strip() for word in response["Allow"].split(",")} == {"POST", "OPTIONS"}


def test_head_is_refused_without_content(start_inbox, refused):
    server = start_inbox()
    response = server.ask("HEAD", "/in/box")
    assert response.status == 405 and response.content == b"" and "POST" in response["Allow"]


def test_options_name_the_methods(start_inbox, refused):
    server = start_inbox()
    response = server.ask("OPTIONS", "/in/box")
    assert response.status == 204
    assert {word.strip() for word in response["Allow"].split(",")} == {"POST", "OPTIONS"}


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/json, text/plain", "json"],
)
def test_other_types_are_refused(start_inbox, refused, content_type):
    server = start_inbox()
    response = post(server, content_type=content_type)
    check_problem(response, 415)
    assert "application/json" in response["Accept-Post"]


@pytest.mark.parametrize("coding", ["deflate", "br", "gzip, gzip"])
def test_other_codings_are_refused_from_the_head(start_inbox, refused, coding):
    server = start_inbox()
    check_problem(post(server, fields=[("Content-Encoding", coding)]), 415)


def test_content_without_a_length_is_refused(start_inbox, refused):
    server = start_inbox()
    with server.connect() as connection:
        check_problem(connection.ask("POST", "/in/box", fields=[JSON]), 411)


def test_a_document_may_be_as_large_as_was_said(start_inbox, folder):
    server = start_inbox(max_size="1KiB")
    check_accepted(post(server, b'"%b"' % (b"x" * 1022)))
    check_problem(post(server, b'"%b"' % (b"x" * 1023)), 413)
    assert len(names(folder)) == 1


def test_a_chunked_document_that_is_too_large_is_refused(start_inbox, refused):
    server = start_inbox(max_size="1KiB")
    with server.connect() as connection:
        head = connection.request("POST", "/in/box", fields=[JSON, ("Transfer-Encoding", "chunked")])
        connection.send(head + chunked([b'"', b"x" * 600, b"x" * 600, b'"']))
        check_problem(connection.receive(), 413)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", r"line 1, column 1 \(byte 0\)"),
        (b'{"a": 1', r"line 1, column 8 \(byte 7\)"),
        (b'{\n "a": 1,\n}', r"line 3, column 1 \(byte 11\)"),
        (b"[1] [2]", r"line 1, column 5 \(byte 4\)"),
        (b"[NaN]", r"line 1, column 2 \(byte 1\)"),
        (b"[01]", r"line 1, column \d+ \(byte \d+\)"),
        (b"\xef\xbb\xbf{}", r"line 1, column 1 \(byte 0\)"),
        (b'["\xff"]', r"line 1, column 3 \(byte 2\)"),
        (b"{'a': 1}", r"line 1, column 2 \(byte 1\)"),
    ],
)
def test_what_is_not_json_is_refused_with_the_place(start_inbox, refused, content, place):
    server = start_inbox()
    detail = check_problem(post(server, content), 400)
    assert re.search(place, detail), detail


def test_a_token_is_asked_for(start_inbox, folder, token_file):
    server = start_inbox(token_file=token_file)
    wrong = [[], [("Authorization", "Bearer kiosk-token-4712")], [("Authorization", f"Basic {TOKEN}")], [("Authorization", "Bearer")],
             [("Authorization", "Bearer " + sha256(TOKEN.encode()))]]  # fmt: skip
    for fields in wrong:
        response = post(server, fields=fields)
        check_problem(response, 401)
        assert response["WWW-Authenticate"].startswith("Bearer")
    assert names(folder) == []
    check_accepted(post(server, fields=[("Authorization", f"Bearer {TOKEN}")]))
    assert only_record(folder)[0]["request"]["user"] == "kiosk-7"


def test_a_token_that_is_no_longer_in_the_file_is_refused(start_inbox, token_file, scratch):
    server = start_inbox(token_file=token_file)
    fields = [("Authorization", f"Bearer {TOKEN}")]
    check_accepted(post(server, fields=fields))
    (scratch / "tokens.new").write_text(f"kiosk-8:{sha256(b'another')}\n")
    (scratch / "tokens.new").replace(scratch / "tokens")
    eventually(lambda: post(server, fields=fields).status == 401, "the token is forgotten")
    check_accepted(post(server, fields=[("Authorization", "Bearer another")]))


# Who has signed it


CONTENT = b'{"event": "push", "n": 1}'
STANDARD_KEY = b"a key of 24 bytes or so."
WHSEC = b"whsec_" + webhooks.base64_of(STANDARD_KEY).encode()
ED25519 = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WHPK = b"whpk_" + webhooks.base64_of(ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).encode()


def standard_ed25519(content, at, message="msg_1"):
    signature = webhooks.base64_of(ED25519.sign(webhooks.standard_content(message, content, at)))
    return webhooks.standard_fields(f"v1a,{signature}", message, at)


# Name → scheme, secret, and the fields for some content at some time.
SIGNERS = {
    "github": ("github", SECRET, lambda content, at: webhooks.github(SECRET, content)),
    "shopify": ("shopify", SECRET, lambda content, at: webhooks.shopify(SECRET, content)),
    "stripe": ("stripe", SECRET, lambda content, at: webhooks.stripe(SECRET, content, at)),
    "slack": ("slack", SECRET, lambda content, at: webhooks.slack(SECRET, content, at)),
    "standard": ("standard", WHSEC, lambda content, at: webhooks.standard(STANDARD_KEY, content, at)),
    "svix": ("standard", WHSEC, lambda content, at: webhooks.standard(STANDARD_KEY, content, at, prefix="svix")),
    "ed25519": ("standard", WHPK, standard_ed25519),
}
WITH_TIME = ["stripe", "slack", "standard", "svix", "ed25519"]
every_signer = pytest.mark.parametrize("signer", SIGNERS)


@pytest.fixture
def start_signed(start_inbox, secret_file):
    def start_with(signer, *secrets, **keys):
        scheme, secret, _ = SIGNERS[signer]
        return start_inbox(verify=scheme, secret_file=secret_file(*(secrets or [secret])), **keys)

    return start_with


@every_signer
def test_a_signed_document_is_kept_with_its_proof(start_signed, folder, signer):
    server = start_signed(signer)
    scheme, _, sign = SIGNERS[signer]
    at = now()
    check_accepted(post(server, CONTENT, fields=sign(CONTENT, at)))
    record, body = only_record(folder)
    assert body == CONTENT
    verified = record["request"]["verified"]
    assert (verified["scheme"], verified["secret"]) == (scheme, 1)
    if signer in WITH_TIME:
        assert int(verified["timestamp"]) == at
    if scheme == "standard":
        assert verified["id"] == "msg_1"


@every_signer
def test_a_document_that_was_altered_is_refused(start_signed, refused, signer):
    server = start_signed(signer)
    fields = SIGNERS[signer][2](CONTENT, now())
    response = post(server, CONTENT.replace(b"1", b"2"), fields=fields)
    check_problem(response, 401)
    assert response["WWW-Authenticate"]
    server.log.wait_for("Security violation: Inbox box: mismatch")


@every_signer
def test_a_document_without_a_signature_is_refused(start_signed, refused, signer):
    server = start_signed(signer)
    check_problem(post(server, CONTENT), 401)
    server.log.wait_for("Security violation: Inbox box: ")


@pytest.mark.parametrize("signer", WITH_TIME)
def test_a_signature_is_good_for_the_tolerance(start_signed, folder, signer):
    """An hour, so that no test comes near its end by being slow."""
    server = start_signed(signer, tolerance="1h")
    for age, status in [(0, 201), (3000, 201), (-3000, 201), (4200, 401), (-4200, 401)]:
        assert post(server, CONTENT, fields=SIGNERS[signer][2](CONTENT, now() - age)).status == status, age
    assert len(names(folder)) == 3


@pytest.mark.parametrize("signer", ["stripe"])
def test_a_signature_is_good_for_five_minutes_unless_told_otherwise(start_signed, folder, signer):
    server = start_signed(signer)
    for age, status in [(200, 201), (400, 401)]:
        assert post(server, CONTENT, fields=SIGNERS[signer][2](CONTENT, now() - age)).status == status, age


@every_signer
def test_every_failure_has_the_same_answer(start_signed, refused, signer):
    server = start_signed(signer)
    good = SIGNERS[signer][2](CONTENT, now())
    others = [SIGNERS[signer][2](b"other", now()), [], good[:-1], [(name, "") for name, _ in good], [(name, "x" * 200) for name, _ in good],
              [*good, *good[-1:]] if signer in ("github", "shopify") else []]  # fmt: skip
    if signer in WITH_TIME:
        others += [SIGNERS[signer][2](CONTENT, now() - 10_000)]
    answers = {(answer.status, answer.reason, answer.content, answer["WWW-Authenticate"], *answer.names)
               for answer in (post(server, CONTENT, fields=fields) for fields in others)}  # fmt: skip
    assert len(answers) == 1 and next(iter(answers))[0] == 401


@every_signer
def test_authenticity_is_judged_before_json(start_signed, refused, signer):
    server = start_signed(signer)
    sign = SIGNERS[signer][2]
    broken = b'{"a": '
    check_problem(post(server, broken, fields=sign(CONTENT, now())), 401)
    check_problem(post(server, broken, fields=sign(broken, now())), 400)


@every_signer
def test_the_second_of_two_secrets_is_named(start_signed, folder, signer):
    scheme, secret, sign = SIGNERS[signer]
    other = b"the newest of the two secrets"
    if scheme == "standard":
        other = b"whsec_" + webhooks.base64_of(b"another key of 24 bytes.").encode()
    server = start_signed(signer, other, secret)
    check_accepted(post(server, CONTENT, fields=sign(CONTENT, now())))
    assert only_record(folder)[0]["request"]["verified"]["secret"] == 2


@every_signer
def test_signatures_hold_however_the_content_arrives(start_signed, folder, signer):
    server = start_signed(signer)
    fields = [JSON, *SIGNERS[signer][2](CONTENT, now())]
    with server.connect() as connection:
        request = connection.request("POST", "/in/box", fields=fields, content=CONTENT)
        connection.send_pieces([request[at : at + 1] for at in range(len(request))])
        check_accepted(connection.receive())
        head = connection.request("POST", "/in/box", fields=[*fields, ("Transfer-Encoding", "chunked")])
        connection.send(head + chunked([CONTENT[:1], CONTENT[1:9], CONTENT[9:]]))
        check_accepted(connection.receive())
    assert [body for _, body in records(folder)] == [CONTENT] * 2


def test_the_signature_that_github_has_published(start_inbox, secret_file, refused):
    """Its content is no JSON: 400 says that the signature was right, and one of another secret is answered 401."""
    server = start_inbox(verify="github", secret_file=secret_file(b"It's a Secret to Everybody"))
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    for value, status in [(signature, 400), (signature[:-1] + "8", 401), (signature.removeprefix("sha256="), 401)]:
        check_problem(post(server, b"Hello, World!", fields=[("X-Hub-Signature-256", value)]), status)


def test_one_right_signature_among_several_is_enough(start_signed, folder):
    server = start_signed("stripe")
    at = now()
    ((name, value),) = webhooks.stripe(SECRET, CONTENT, at)
    signature = value.partition(",")[2]
    check_accepted(post(server, CONTENT, fields=[(name, f"t={at},v1={'0' * 64},{signature},v0={'1' * 64}")]))
    check_problem(post(server, CONTENT, fields=[(name, f"t={at},{signature.replace('v1', 'v0')}")]), 401)
    assert len(names(folder)) == 1


def test_one_right_signature_among_several_of_the_standard_is_enough(start_signed, folder):
    server = start_signed("standard", WHPK, WHSEC)
    at = now()
    signature = dict(webhooks.standard(STANDARD_KEY, CONTENT, at))["webhook-signature"]
    wrong = "v1," + webhooks.base64_of(bytes(32))
    fields = webhooks.standard_fields(f"{wrong} v2,abc {signature}", "msg_1", at)
    check_accepted(post(server, CONTENT, fields=fields))
    assert only_record(folder)[0]["request"]["verified"]["secret"] == 2


def test_the_id_of_a_message_is_signed(start_signed, refused):
    server = start_signed("standard")
    fields = dict(webhooks.standard(STANDARD_KEY, CONTENT, now()))
    check_problem(post(server, CONTENT, fields=list({**fields, "webhook-id": "msg_2"}.items())), 401)


def test_the_token_of_gitlab_is_compared_and_not_kept(start_inbox, secret_file, folder):
    server = start_inbox(verify="gitlab", secret_file=secret_file(TOKEN.encode()), keep=["x-gitlab-token*"])
    for wrong in ([], [("X-Gitlab-Token", TOKEN + "1")], [("X-Gitlab-Token", TOKEN[:-1])], [("X-Gitlab-Token", "")]):
        check_problem(post(server, CONTENT, fields=wrong), 401)
    check_accepted(post(server, CONTENT, fields=[("X-Gitlab-Token", TOKEN), ("X-Gitlab-Event", "Push Hook")]))
    record, _ = only_record(folder)
    assert record["request"]["fields"] == [["content-type", "application/json"], ["x-gitlab-event", "Push Hook"]]
    assert TOKEN.encode() not in next((folder / "new").iterdir()).read_bytes()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize(("encoding", "encode"), [("hex", bytes.hex), ("base64", webhooks.base64_of)])
def test_a_signature_of_ones_own_kind(start_inbox, secret_file, folder, algorithm, encoding, encode):
    server = start_inbox(
        verify="hmac", secret_file=secret_file(SECRET), signature_field="X-Device-Signature", signature_prefix="s=",
        signature_algorithm=algorithm, signature_encoding=encoding,
    )  # fmt: skip
    value = encode(webhooks.mac(SECRET, CONTENT, algorithm).digest())
    check_accepted(post(server, CONTENT, fields=[("X-Device-Signature", "s=" + value)]))
    check_problem(post(server, CONTENT, fields=[("X-Device-Signature", value)]), 401)
    check_problem(post(server, CONTENT + b" ", fields=[("X-Device-Signature", "s=" + value)]), 401)
    assert only_record(folder)[0]["request"]["verified"]["scheme"] == "hmac"


def test_a_signature_of_ones_own_kind_can_have_a_time(start_inbox, secret_file, folder):
    server = start_inbox(
        verify="hmac", secret_file=secret_file(SECRET), signature_field="X-Signature", timestamp_field="X-Time",
        signed_bytes="v7:{timestamp}:{body}!", tolerance="5m",
    )  # fmt: skip

    def signed(at):
        code = webhooks.mac(SECRET, b"v7:%d:%b!" % (at, CONTENT)).hexdigest()
        return [("X-Time", str(at)), ("X-Signature", code)]

    check_problem(post(server, CONTENT, fields=signed(now() - 400)), 401)
    check_problem(post(server, CONTENT, fields=signed(now())[1:]), 401)
    check_problem(post(server, CONTENT, fields=[("X-Time", str(now() + 1)), signed(now())[1]]), 401)
    at = now()
    check_accepted(post(server, CONTENT, fields=signed(at)))
    assert int(only_record(folder)[0]["request"]["verified"]["timestamp"]) == at


def test_slacks_challenge_is_answered_and_not_kept(start_signed, refused):
    server = start_signed("slack")
    content = b'{"token": "t", "challenge": "3eZbrw1a\\u0041", "type": "url_verification"}'
    check_problem(post(server, content), 401)
    response = post(server, content, fields=webhooks.slack(SECRET, content, now()))
    assert (response.status, response.content) == (200, b"3eZbrw1aA")
    assert response["Content-Type"].startswith("text/plain")


def test_secrets_are_read_again(start_signed, secret_file):
    """When the file changes, and at SIGHUP."""
    server = start_signed("github")
    old, new = webhooks.github(SECRET, CONTENT), webhooks.github(b"the secret that comes next", CONTENT)
    assert [post(server, CONTENT, fields=fields).status for fields in (old, new)] == [201, 401]
    secret_file(b"the secret that comes next", SECRET)
    eventually(lambda: post(server, CONTENT, fields=new).status == 201, "the new secret is known")
    assert post(server, CONTENT, fields=old).status == 201
    secret_file(b"the secret that comes next")
    server.signal(signal.SIGHUP)
    eventually(lambda: post(server, CONTENT, fields=old).status == 401, "the old secret is forgotten")


def test_secrets_that_cannot_be_used_leave_the_old_ones(start_signed, secret_file):
    server = start_signed("github")
    secret_file(b"tiny-4711")
    server.signal(signal.SIGHUP)
    server.log.wait_for("(?i)error|refused|cannot be used")
    assert post(server, CONTENT, fields=webhooks.github(SECRET, CONTENT)).status == 201
    assert post(server, CONTENT, fields=webhooks.github(b"tiny-4711", CONTENT)).status == 401
    assert server.log.count("tiny-4711") == 0, "no secret in the log"


# Beside other things


def test_an_inbox_can_have_any_path(start_inbox, folder):
    server = start_inbox(path="/hooks/github")
    check_accepted(post(server, target="/hooks/github?a"))
    for target in ("/in/box", "/hooks/github/", "/hooks/github/x", "/hooks", "/HOOKS/github"):
        assert post(server, target=target).status in (404, 405), target
    assert len(names(folder)) == 1


def test_uploads_go_on_as_ever(start_inbox, folder):
    server = start_inbox()
    check_accepted(post(server))
    response = server.upload(b"[1]")
    assert response.status == 201
    assert list(json.loads(response.content))[:3] == ["status", "message", "filepath"]
    (name,) = server.uploads()
    assert response["Location"].endswith(f"/uploads/{name}")
    assert server.get(f"/uploads/{name}").content == b"[1]"
    assert check_accepted(post(server))["sequence"] == 2, "each folder counts for itself"


def test_inboxes_count_and_keep_for_themselves(start_inbox, folder, scratch):
    other = toml("inbox", {"name": "other", "dir": str(scratch / "inboxes/other")})
    server = start_inbox(tail=other)
    assert [check_accepted(post(server, target=target))["sequence"] for target in ("/in/box", "/in/other", "/in/box")] == [1, 1, 2]
    assert [record["inbox"] for record, _ in records(folder)] == ["box", "box"]
    assert [record["inbox"] for record, _ in records(scratch / "inboxes/other")] == ["other"]


def test_a_reload_adds_and_removes_inboxes(start_inbox, configuration, folder, scratch):
    server = start_inbox("--sandbox", "off")  # which grants no folder that it was not told of
    check_accepted(post(server))
    other = scratch / "inboxes/other"
    configuration(name="other", dir=str(other))
    server.signal(signal.SIGHUP)
    eventually(lambda: post(server, target="/in/other").status == 201, "the new inbox takes documents")
    assert post(server).status in (404, 405) and len(names(folder)) == 1
    configuration()
    server.signal(signal.SIGHUP)
    eventually(lambda: post(server).status == 201, "the first inbox is back")
    assert [record["sequence"] for record, _ in records(folder)] == [1, 2]


def test_a_reload_allows_larger_documents(start_inbox, configuration, folder):
    """The folder stays open, and takes what it is told to from then on."""
    server = start_inbox(max_size="1KiB")
    large = b'"%b"' % (b"x" * 300_000)
    check_problem(post(server, large), 413)
    configuration(max_size="512KiB")
    server.signal(signal.SIGHUP)
    eventually(lambda: post(server, large).status == 201, "larger documents are taken")
    check_accepted(post(server, large))
    assert [record["size"] for record, _ in records(folder)] == [len(large)] * 2


@pytest.mark.modes("many")
@pytest.mark.parametrize("store", ["record", "segments"])
def test_files_whose_records_have_left_the_journal_are_verified(start_inbox, binary, folder, store):
    for content in (b'{"n": 1}', b'{"n": 2}', b'{"n": 3}'):
        server = start_inbox(store=store)
        check_accepted(post(server, content))
        server.stop()
    start_inbox(store=store).stop()
    older = folder / "done" / names(folder)[0]
    (folder / "new" / older.name).rename(older)

    def verify():
        ended = run_to_end(binary, "inbox", "verify", folder, "--json")
        result = json.loads(ended.stdout)
        assert ended.returncode == (1 if result["findings"] else 0)
        return result

    result = verify()
    assert result["findings"] == [] and result["without_record"] == (3 if store == "segments" else 2), result
    content = older.read_bytes()
    for altered in (content.replace(b'"n": 1', b'"n": 7'), content[:-3], b"", b"\0" * len(content)):
        older.write_bytes(altered)
        (finding,) = verify()["findings"]
        (place,) = finding["places"]
        assert finding["finding"] == "damaged-record" and place.startswith(f"done/{older.name}: ")
    older.write_bytes((folder / "new" / names(folder)[0]).read_bytes())
    (finding,) = verify()["findings"]
    assert "stood under another name" in finding["places"][0]
    older.write_bytes(content)
    copy = folder / "failed" / older.name
    copy.write_bytes(b"damaged")
    (finding,) = verify()["findings"]
    assert finding["places"][0].startswith(f"failed/{older.name}: "), "each copy is read"
    copy.rename(copy.with_name(f"{older.name}.stderr"))
    (folder / "done" / ("a note that somebody has left here, with a name that is long enough" * 2)).mkdir()
    assert verify()["findings"] == [], "other files are nobody's business"


@pytest.mark.modes("many")  # no client of HTTP/2 here sends a field of this length
def test_a_long_target_is_cut_in_the_record(start_inbox, folder):
    """A record that no start could read again would take all that come behind it with it."""
    server = start_inbox("--max-head", "512KiB")
    check_accepted(post(server, target="/in/box?" + "q" * 200_000))
    server.kill()
    server = start_inbox("--max-head", "512KiB")
    check_accepted(post(server))
    (first, _), (second, _) = records(folder)
    assert first["request"]["target_cut"] is True and first["request"]["target"].startswith("/in/box?qqq")
    assert len(first["request"]["target"]) == 4096
    assert second["sequence"] == 2


def test_a_size_of_0_is_as_large_as_the_server_allows(start_inbox, folder):
    server = start_inbox("--max-upload", "8KiB", max_size="0")
    check_accepted(post(server, b'"%b"' % (b"x" * 8190)))
    check_problem(post(server, b'"%b"' % (b"x" * 8191)), 413)


def test_an_inbox_of_another_site(start_inbox, folder, scratch):
    (scratch / "shop").mkdir()
    site = f'[[site]]\nnames = ["shop.test"]\nroot = "{scratch}/shop"\n'
    inbox = toml("site.inbox", {"name": "orders", "dir": str(scratch / "inboxes/orders")})
    server = start_inbox(tail=site + inbox)
    check_accepted(post(server, target="/in/orders", host=f"shop.test:{server.port}"))
    assert post(server, target="/in/orders").status in (404, 405)
    assert post(server, host=f"shop.test:{server.port}").status in (404, 405)
    assert len(names(scratch / "inboxes/orders")) == 1 and names(folder) == []


def test_pipelined_requests_are_answered_in_order(start_inbox, folder):
    server = start_inbox()
    contents = [b'{"n": %d}' % number for number in range(20)]
    with server.connect() as connection:
        connection.send(b"".join(connection.request("POST", "/in/box", fields=[JSON], content=content) for content in contents))
        answers = [check_accepted(connection.receive()) for _ in contents]
    assert [answer["sequence"] for answer in answers] == list(range(1, 21))
    assert [body for _, body in records(folder)] == contents


def test_a_refusal_leaves_the_connection_and_what_follows(start_inbox, folder):
    server = start_inbox()
    with server.connect() as connection:
        good = connection.request("POST", "/in/box", fields=[JSON], content=b"[1]")
        bad = connection.request("POST", "/in/box", fields=[JSON], content=b"[1")
        connection.send(bad + good + bad + good)
        assert [connection.receive().status for _ in range(4)] == [400, 201, 400, 201]
    assert [record["sequence"] for record, _ in records(folder)] == [1, 2]


def test_a_client_that_leaves_has_stored_nothing(start_inbox, folder):
    server = start_inbox()
    with server.connect() as connection:
        request = connection.request("POST", "/in/box", fields=[JSON], content=b'{"text": "%b"}' % (b"x" * 200_000))
        connection.send(request[:150_000])
    assert check_accepted(post(server))["sequence"] == 1
    assert len(names(folder)) == 1


def test_a_client_that_expects_is_told_to_continue_or_refused(start_inbox, folder):
    server = start_inbox(max_size="1KiB")
    expect = [JSON, ("Expect", "100-continue")]
    with server.connect() as connection:
        request = connection.request("POST", "/in/box", fields=expect, content=b"[1]")
        connection.send(request[:-3])
        assert connection.receive_interim().status == 100
        connection.send(b"[1]")
        check_accepted(connection.receive())
    with server.connect() as connection:
        connection.send(connection.request("POST", "/in/box", fields=[*expect, ("Content-Length", "2000")]))
        check_problem(connection.receive(), 413)
    assert len(names(folder)) == 1


@pytest.mark.modes("many", "h2")
def test_64_clients_at_once_have_consecutive_sequences(start_inbox, folder):
    server = start_inbox()

    def client(number):
        return [check_accepted(post(server, b"[%d, %d]" % (number, turn))) for turn in range(5)]

    answers = [answer for answers in in_parallel(64, client) for answer in answers]
    assert sorted(answer["sequence"] for answer in answers) == list(range(1, 321))
    stored = records(folder)
    assert [record["sequence"] for record, _ in stored] == list(range(1, 321))
    assert {record["id"] for record, _ in stored} == {answer["id"] for answer in answers}
    of_id = {answer["id"]: answer for answer in answers}
    for record, body in stored:
        answer = of_id[record["id"]]
        assert (answer["sequence"], answer["sha256"]) == (record["sequence"], sha256(body))


@pytest.mark.modes("many")
def test_explain_names_the_inbox(binary, configuration, root):
    ended = run_to_end(binary, "explain", "POST", "/in/box", root, "--config", configuration())
    assert "inbox box" in ended.stdout, ended


# After the end of the server. tests/crash cuts the power.


@pytest.mark.modes("many")
def test_a_successor_waits_and_goes_on(start_inbox, folder):
    first = start_inbox()
    check_accepted(post(first))
    second = start_inbox()
    check_problem(post(second), 503)
    assert check_accepted(post(first))["sequence"] == 2
    first.stop()
    answer = eventually(lambda: (response := post(second)).status == 201 and response, "the successor takes documents")
    assert json.loads(answer.content)["sequence"] == 3
    assert [record["sequence"] for record, _ in records(folder)] == [1, 2, 3]


def claim(folder, name, consumer="me"):
    os.rename(folder / "new" / name, folder / "work" / f"{consumer}.{name}")


def finish(folder, name, place="done", consumer="me"):
    os.rename(folder / "work" / f"{consumer}.{name}", folder / place / name)


def fill_and_take(server, folder):
    """Eight documents, of which four are taken in four ways; returns the names of those that are left in new."""
    for number in range(8):
        check_accepted(post(server, b"[%d]" % number))
    stored = names(folder)
    for name in stored[:3]:
        claim(folder, name)
    finish(folder, stored[1], "done")
    finish(folder, stored[2], "failed")
    (folder / "new" / stored[3]).unlink()
    return stored


@pytest.mark.modes("many")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_nothing_is_lost_and_what_was_taken_does_not_come_again(start_inbox, folder, end):
    server = start_inbox("--durability", "journal")
    stored = fill_and_take(server, folder)
    before = {path: path.read_bytes() for part in FOLDERS for path in (folder / part).iterdir()}
    if end == "kill":
        if b'"mount":0,' in (folder / ".bobbin/journal/0000000001.segment").read_bytes():
            pytest.skip("this kernel gives mounts no numbers of their own, so that a kill counts as a power cut")
        server.kill()
    else:
        server.stop()
    server = start_inbox("--durability", "journal")
    assert check_accepted(post(server))["sequence"] == 9
    (new,) = set(names(folder)) - set(stored)
    assert new > stored[-1]
    (folder / "new" / new).unlink()
    assert {path: path.read_bytes() for part in FOLDERS for path in (folder / part).iterdir()} == before


@pytest.mark.modes("many")
def test_after_a_power_cut_everything_is_there_or_where_its_consumer_has_moved_it(start_inbox, folder):
    server = start_inbox("--durability", "journal")
    stored = fill_and_take(server, folder)
    server.kill()
    lost, partial = stored[4], stored[5]
    (folder / "new" / lost).unlink()
    (folder / "new" / partial).write_bytes(b"")
    (segment,) = (folder / ".bobbin/journal").glob("*.segment")
    end_with_another_boot(segment)
    server = start_inbox("--durability", "journal")
    eventually(lambda: post(server).status == 201, "the inbox takes documents again")
    # What was taken or deleted less than a second before the cut may come again, under its own name.
    assert set(stored[4:]) <= set(names(folder)[:-1]) <= set(stored)
    for name in names(folder)[:-1]:
        assert record_of(folder / "new" / name)[1] == b"[%d]" % stored.index(name)
    taken = {"work": f"me.{stored[0]}", "done": stored[1], "failed": stored[2]}
    for number, (part, name) in enumerate(taken.items()):
        assert names(folder, part) == [name]
        assert record_of(folder / part / name)[1] == b"[%d]" % number


# What refuses the start


def refusal(binary, configuration, root, *flags):
    ended = run_to_end(binary, "--config", configuration, "--port", "0", "--root", root, *flags)
    assert ended.returncode in (1, 2, 78), ended
    return ended.stderr


@pytest.fixture
def refuses(binary, configuration, root):
    """The start with an inbox of these keys is refused; returns the message, which says where and what."""

    def start(*flags, tail="", **keys):
        path = configuration(tail, **keys)
        message = refusal(binary, path, root, *flags)
        assert "[[inbox]]" in message or re.search(re.escape(f"{path}:") + r"\d+:\d+: ", message), message
        return message

    return start


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"name": None}, ["inbox", "name"]),
        ({"name": "Git Hub"}, ["name", "Git Hub"]),
        ({"name": "x" * 65}, ["name"]),
        ({"dir": None}, ["inbox", "dir"]),
        ({"path": "hooks"}, ["path", "hooks"]),
        ({"status": "203"}, ["status", "203"]),
        ({"verify": "gitbub"}, ["verify", "gitbub", "github"]),
        ({"verify": "github"}, ["verify", "secret_file"]),
        ({"max_size": "5MiB"}, ["max_size", "5MiB"]),
        ({"keep": ["authorization"]}, ["keep", "authorization"]),
        ({"keep": ["Cookie"]}, ["keep", "cookie"]),
        ({"color": "red"}, ["color"]),
        ({"path": "/upload"}, ["path", "/upload"]),
        ({"tolerance": "soon"}, ["tolerance", "soon"]),
    ],
)
def test_a_wrong_key_is_named(refuses, keys, words):
    message = refuses(**keys)
    assert not [word for word in words if word.lower() not in message.lower()], message


@pytest.mark.modes("many")
def test_wrong_secrets_are_named(refuses, secret_file, scratch, root):
    path = secret_file(b"short")
    message = refuses(verify="github", secret_file=path)
    assert "secret_file" in message and path in message and "b'short'" not in message and '"short"' not in message
    assert "verify" in refuses(secret_file=secret_file(SECRET))
    assert "missing-file" in refuses(verify="github", secret_file=str(scratch / "missing-file"))
    refuses(verify="github", secret_file=secret_file())
    refuses(verify="github", secret_file=secret_file(*(SECRET + b"%d" % number for number in range(5))))
    served = root / "secrets"
    served.write_bytes(SECRET + b"\n")
    assert str(served) in refuses(verify="github", secret_file=str(served))


@pytest.mark.modes("many")
def test_a_folder_that_is_served_is_refused(binary, configuration, root, scratch):
    (scratch / "mounted").mkdir()
    mount = f'[[mount]]\npath = "/more"\nroot = "{scratch}/mounted"\n'
    for folder in (root / "box", root, scratch / "mounted/box"):
        message = refusal(binary, configuration(mount, dir=str(folder)), root)
        assert "inbox" in message and "dir" in message and str(folder) in message, message
    assert not (root / "box").exists() and not (scratch / "mounted/box").exists()


@pytest.mark.modes("many")
def test_a_served_folder_above_that_a_link_leads_to_is_refused(binary, configuration, root, scratch):
    (scratch / "link").symlink_to(root)
    message = refusal(binary, configuration(dir=str(scratch / "link/box")), root)
    assert "inbox" in message and "dir" in message, message


@pytest.mark.modes("many")
def test_two_of_one_kind_are_refused(refuses, folder, scratch):
    def second(**keys):
        return toml("inbox", {"name": "two", "dir": str(scratch / "two"), **keys})

    assert "/in/box" in refuses(tail=second(path="/in/box"))
    assert str(folder) in refuses(tail=second(dir=str(folder)))
    assert str(folder) in refuses("--upload-dir", folder)


@pytest.mark.modes("many")
def test_a_check_of_the_configuration_makes_no_folder(binary, configuration, root, folder):
    ended = run_to_end(binary, "--config", configuration(), "--root", root, "--check-config")
    assert ended.returncode == 0, ended
    assert not folder.exists()


@pytest.mark.modes("many")
def test_a_document_cannot_be_larger_than_an_upload(refuses):
    message = refuses("--max-upload", "64KiB", max_size="128KiB")
    assert "max_size" in message and "max-upload" in message.replace("_", "-"), message


# An inbox that is disabled


def test_a_disabled_inbox_takes_nothing(start_inbox, folder):
    server = start_inbox(disabled=True, page="/send")
    server.log.wait_for("Path /in/box: inbox 'box' is disabled: requests are answered 410")
    check_problem(post(server), 410)
    check_problem(server.get("/in/box"), 410)
    assert server.get("/send").status == 404
    assert not folder.exists()


def test_a_reload_disables_and_enables(start_inbox, configuration, folder):
    server = start_inbox()
    check_accepted(post(server, b"1"))
    for disabled, status in ((True, 410), (False, 201)):
        configuration(disabled=disabled)
        server.signal(signal.SIGHUP)
        eventually(lambda status=status: post(server, b"2").status == status, "the reload")
    (first, *_) = names(folder)
    assert record_of(folder / "new" / first)[1] == b"1"
