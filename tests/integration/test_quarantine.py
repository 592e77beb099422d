"""`on_invalid = "quarantine"`: content that is authentic and no document is kept as it came (docs/inbox.md)."""

import base64
import gzip
import hashlib
import json
import signal

import pytest

from support import webhooks
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    FOLDERS,
    SECRET,
    check_accepted,
    check_problem,
    configuration,
    folder,
    names,
    post,
    records,
    secret_file,
    start_inbox,
)
from support.server import run_to_end
from support.waiting import eventually

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

FORM = "application/x-www-form-urlencoded"
INVALID = b'{\n  "a": 1,\n}\n'  # no member follows the comma


@pytest.fixture
def quarantine(folder):
    return folder / "quarantine"


@pytest.fixture
def start_keeping(start_inbox):
    """Start a server whose inbox keeps what is no document, and has these keys besides."""
    return lambda *flags, **keys: start_inbox(*flags, on_invalid="quarantine", **keys)


def kept(quarantine):
    """The only record in quarantine, and the content as it came."""
    (name,) = names(quarantine)
    text = (quarantine / "new" / name).read_text()
    record = json.loads(text)
    assert "body" not in record
    content = base64.b64decode(record["body64"], validate=True)
    assert (record["size"], record["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    return record, content


def check_nothing_is_there(*folders):
    for each in folders:
        assert [names(each, part) for part in FOLDERS] == [[]] * len(FOLDERS)


def test_it_is_kept_as_it_came_and_answered_as_a_document_is(start_keeping, folder, quarantine):
    server = start_keeping()
    answer = check_accepted(post(server, INVALID, fields=[("X-GitHub-Event", "push")]))
    record, content = kept(quarantine)
    assert content == INVALID
    assert "line 3, column 1" in answer["detail"] and record["request"]["invalid"] == answer["detail"]
    assert answer == {
        "status": "quarantined",
        "id": record["id"],
        "sequence": 1,
        "sha256": record["sha256"],
        "detail": answer["detail"],
    }
    assert ["x-github-event", "push"] in record["request"]["fields"]
    assert record["inbox"] == "box"
    check_nothing_is_there(folder)


def test_documents_are_counted_without_it(start_keeping, folder, quarantine):
    server = start_keeping()
    assert [check_accepted(post(server, content))["sequence"] for content in (b"1", INVALID, b"2", INVALID)] == [1, 1, 2, 2]
    assert len(names(folder)) == len(names(quarantine)) == 2
    assert all("invalid" not in record["request"] for record, _ in records(folder))


def test_by_default_it_is_refused(start_inbox, folder, quarantine):
    check_problem(post(start_inbox(), INVALID), 400)
    check_nothing_is_there(folder)
    assert not quarantine.exists()


@pytest.mark.parametrize("status", ["200", "202", "204"])
def test_the_status_is_that_of_documents(start_keeping, quarantine, status):
    response = post(start_keeping(status=status), INVALID)
    assert response.status == int(status) and (response.content == b"") == (status == "204")
    assert kept(quarantine)[1] == INVALID


def test_the_log_says_why(start_keeping):
    server = start_keeping()
    post(server, INVALID)
    server.log.wait_for("Error: Inbox box: kept in quarantine: The content is not valid JSON")


# What it is kept of


def multipart(content, disposition):
    return b"--x\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + content + b"\r\n--x--\r\n"


FAULTS = {
    "nothing": ("application/json", b"", {}),
    "no UTF-8": ("application/json", b'"\xff"', {}),
    "every byte": ("application/json", bytes(range(256)), {}),
    "text": ("text/plain", b"no json", {"accept": ["text"]}),
    "form": (FORM, b"a=%ff", {"accept": ["form"]}),
    "form without the field": (FORM, b"other=1", {"accept": ["form"], "unwrap": "payload"}),
    "field that is no JSON": (FORM, b"payload=%7B", {"accept": ["form"], "unwrap": "payload"}),
    "file": ("multipart/form-data; boundary=x", multipart(b"P", b'form-data; name="f"; filename="a.png"'), {"accept": ["multipart"]}),
    "parts": ("multipart/form-data; boundary=x", b"--y\r\n", {"accept": ["multipart"]}),
    "lines": ("application/x-ndjson", b'{"a": 1}\n{"a": \n', {"accept": ["ndjson"]}),
    "no lines": ("application/x-ndjson", b"\n", {"accept": ["ndjson"]}),
    "batch": ("application/cloudevents-batch+json", b"{}", {"accept": ["cloudevents-batch"]}),
    "no key": ("application/json", b"{}", {"dedupe": ["json:/id"], "dedupe_required": True}),
}


@pytest.mark.parametrize("content_type, content, keys", FAULTS.values(), ids=FAULTS)
def test_faults(start_keeping, folder, quarantine, content_type, content, keys):
    server = start_keeping(**keys)
    answer = check_accepted(post(server, content, content_type=content_type))
    assert answer["status"] == "quarantined"
    record, found = kept(quarantine)
    assert found == content and record["request"]["invalid"] == answer["detail"]
    assert ["content-type", content_type] in record["request"]["fields"]
    check_nothing_is_there(folder)


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"no gzip", "is not valid gzip"),
        (gzip.compress(b"{}", mtime=0)[:-1], "ends before"),
        (gzip.compress(b"{", mtime=0), "not valid JSON"),
    ],
    ids=["no gzip", "cut", "no JSON"],
)
def test_coded_content_stays_coded(start_keeping, quarantine, content, reason):
    server = start_keeping(codings=["gzip"])
    answer = check_accepted(post(server, content, fields=[("Content-Encoding", "gzip")]))
    record, found = kept(quarantine)
    assert found == content and record["request"]["coding"] == "gzip" and reason in answer["detail"]


def test_a_browser_is_sent_on_as_ever(start_keeping, quarantine):
    server = start_keeping(accept=["form"], redirect="/thanks.html")
    response = post(server, b"a=%ff", content_type=FORM)
    assert (response.status, response["Location"]) == (303, "/thanks.html")
    assert kept(quarantine)[1] == b"a=%ff"
    server.log.wait_for("Error: Inbox box: kept in quarantine: The form is not UTF-8")


@pytest.mark.parametrize("size", [65536, 1024 * 1024])
def test_large_content_is_kept(start_keeping, quarantine, size):
    content = b"x" * size
    check_accepted(post(start_keeping(max_size="1MiB"), content))
    assert kept(quarantine)[1] == content


# What it is not kept of


def test_only_what_is_authentic(start_keeping, folder, quarantine, secret_file):
    server = start_keeping(verify="github", secret_file=secret_file(SECRET))
    check_problem(post(server, INVALID), 401)
    forged = [("X-Hub-Signature-256", "sha256=" + "0" * 64)]
    check_problem(post(server, INVALID, fields=forged), 401)
    check_nothing_is_there(folder, quarantine)
    check_accepted(post(server, INVALID, fields=webhooks.github(SECRET, INVALID)))
    record, content = kept(quarantine)
    assert content == INVALID and record["request"]["verified"] == {"scheme": "github", "secret": 1}


def test_only_what_arrived_whole(start_keeping, folder, quarantine):
    server = start_keeping()
    digest = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
    check_problem(post(server, INVALID, fields=[("Content-Digest", f"sha-256=:{digest}:")]), 400)
    check_nothing_is_there(folder, quarantine)


def test_only_what_is_of_a_type_and_a_size_that_are_taken(start_keeping, folder, quarantine):
    server = start_keeping(max_size="1KiB")
    assert post(server, INVALID, content_type="image/png").status == 415
    assert post(server, INVALID, fields=[("Content-Encoding", "br")]).status == 415
    assert post(server, b"x" * 1025).status == 413
    check_nothing_is_there(folder, quarantine)


def test_other_content_under_a_key_is_refused_as_ever(start_keeping, folder, quarantine):
    server = start_keeping(dedupe=["header:Idempotency-Key"])
    key = [("Idempotency-Key", "a")]
    check_accepted(post(server, b"1", fields=key))
    check_problem(post(server, b"2", fields=key), 422)
    check_nothing_is_there(quarantine)


# The inbox that it is


def test_it_has_as_much_room_as_the_inbox(start_keeping, folder, quarantine):
    server = start_keeping(max_documents=1)
    check_accepted(post(server, INVALID))
    check_problem(post(server, INVALID), 507)
    check_accepted(post(server, b"1"))
    check_problem(post(server, b"2"), 507)
    assert len(names(folder)) == len(names(quarantine)) == 1
    server.log.wait_for("Inbox box/quarantine: as many records wait")


def test_it_survives_kills(start_keeping, configuration, start, quarantine):
    server = start_keeping()
    check_accepted(post(server, INVALID))
    server.kill()
    server = start("--config", configuration(on_invalid="quarantine"))
    assert check_accepted(post(server, b"["))["sequence"] == 2
    assert [json.loads((quarantine / "new" / name).read_text())["sequence"] for name in names(quarantine)] == [1, 2]


def test_files_of_segments_have_none_of_it(start_keeping, folder, quarantine):
    server = start_keeping(store="segments", segment_age="1s")
    check_accepted(post(server, b'"document"'))
    check_accepted(post(server, INVALID))
    eventually(lambda: names(folder), "the segment is there")
    (name,) = names(folder)
    assert b"document" in (folder / "new" / name).read_bytes() and kept(quarantine)[1] == INVALID


@pytest.mark.modes("many")
def test_commands_work_on_it_and_the_inbox(start_keeping, binary, folder, quarantine):
    server = start_keeping()
    check_accepted(post(server, b"1"))
    check_accepted(post(server, INVALID))

    def inbox(command, directory, *arguments):
        ended = run_to_end(binary, "inbox", command, directory, *arguments)
        assert (ended.returncode, ended.stderr) == (0, ""), ended
        return ended.stdout

    assert inbox("ls", quarantine).count("\n") == inbox("ls", folder).count("\n") == 1
    claim = inbox("next", quarantine).strip()
    assert json.loads((folder.parent.parent / claim).read_text())["request"]["invalid"]
    inbox("done", quarantine, claim)
    assert len(names(quarantine, "done")) == 1
    server.stop()
    for directory in (folder, quarantine):
        assert "nothing is wrong" in inbox("verify", directory)
    assert base64.b64decode(json.loads(inbox("cat", quarantine, "--bodies").lstrip("\x1e"))) == INVALID


@pytest.mark.modes("many")
def test_a_reload_begins_and_ends_it(start_inbox, configuration, quarantine):
    server = start_inbox()
    assert post(server, INVALID).status == 400
    configuration(on_invalid="quarantine")
    server.signal(signal.SIGHUP)
    eventually(lambda: post(server, INVALID).status == 201, "it is kept")
    configuration()
    server.signal(signal.SIGHUP)
    eventually(lambda: post(server, INVALID).status == 400, "it is refused")
    assert names(quarantine)


@pytest.mark.modes("many")
def test_another_server_may_have_it(start_inbox, configuration, start, folder, quarantine):
    """It is opened by a reload, when another server stores there, which has the inbox open, too."""
    first = start_inbox()
    second = start("--config", configuration(on_invalid="quarantine"))
    first.signal(signal.SIGHUP)
    first.log.wait_for("another server stores documents in '.*/quarantine'")
    check_problem(post(first, INVALID), 503)
    check_accepted(post(first, b"1"))
    assert not names(quarantine)
    first.kill()
    eventually(lambda: post(second, INVALID).status == 201, "the second has taken over the inbox")
    assert kept(quarantine)[0]["sequence"] == 1


@pytest.mark.modes("many")
@pytest.mark.parametrize("part", ["quarantine", "new"])
def test_a_folder_of_it_that_is_served_refuses_the_start(binary, root, configuration, folder, part):
    folder.mkdir()
    (folder / part).symlink_to(root)
    end = run_to_end(binary, "--config", configuration(on_invalid="quarantine"), "--root", root, "--check-config")
    assert end.returncode in (2, 78) and "lies where clients could fetch it" in end.stderr, end


@pytest.mark.modes("many")
def test_a_place_that_cannot_be_used_is_found_before_the_start(binary, root, configuration, folder):
    folder.mkdir()
    (folder / "quarantine").write_text("")
    end = run_to_end(binary, "--config", configuration(on_invalid="quarantine"), "--root", root, "--check-config")
    assert end.returncode in (2, 78) and "quarantine" in end.stderr, end


@pytest.mark.modes("many")
def test_a_mistake_refuses_the_start(binary, root, configuration):
    end = run_to_end(binary, "--config", configuration(on_invalid="keep"), "--root", root, "--check-config")
    assert end.returncode == 78, end
    assert 'on_invalid: "keep" is not allowed; reject or quarantine' in end.stderr
