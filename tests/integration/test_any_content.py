"""`accept` of an inbox: content of any type, and the reports of browsers (docs/inbox.md)."""

import base64
import gzip
import json
import subprocess

import pytest

from support import webhooks
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    SECRET,
    check_accepted,
    check_problem,
    configuration,
    end_with_another_boot,
    folder,
    names,
    only_record,
    post,
    secret_file,
    start_inbox,
)
from support.server import run_to_end
from support.waiting import eventually
from support.webhooks import sha256

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

EVERY_BYTE = bytes(range(256))


def contents(folder, part="new"):
    """Records whose documents stand in base64, and these."""
    found = [json.loads((folder / part / name).read_text()) for name in names(folder, part)]
    return [(record, base64.b64decode(record["body64"], validate=True)) for record in found]


# Any


@pytest.mark.parametrize("content_type", ["image/png", "text/csv", "application/json", "x", None])
def test_content_of_any_type_is_kept_as_it_is(start_inbox, folder, content_type):
    server = start_inbox(accept=["any"])
    answer = check_accepted(post(server, EVERY_BYTE, content_type=content_type))
    ((record, content),) = contents(folder)
    assert content == EVERY_BYTE and record["size"] == len(EVERY_BYTE)
    assert answer["sha256"] == record["sha256"] == sha256(EVERY_BYTE)
    assert list(record)[-2:] == ["body64", "check"] and "body" not in record
    types = [value for name, value in record["request"]["fields"] if name == "content-type"]
    assert types == ([content_type] if content_type else [])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1024 * 1024])
def test_content_of_any_size(start_inbox, folder, size):
    server = start_inbox(accept=["any"])
    content = (EVERY_BYTE * (size // 256 + 1))[:size]
    check_accepted(post(server, content, content_type="application/octet-stream"))
    ((record, kept),) = contents(folder)
    assert kept == content and record["size"] == size


@pytest.mark.modes("many")
def test_the_largest_content_fits_into_the_journal(start_inbox, folder):
    server = start_inbox("--max-upload", "4MiB", "--durability", "journal", accept=["any"])
    content = EVERY_BYTE * (4 * 1024 * 4)
    for _ in range(5):
        check_accepted(post(server, content, content_type="a/b"))
    assert [kept == content for _, kept in contents(folder)] == [True] * 5
    check_problem(post(server, content + b"x", content_type="a/b"), 413)


def test_types_that_are_named_are_read_as_before(start_inbox, folder):
    server = start_inbox(accept=["json", "any"])
    check_problem(post(server, b"no JSON"), 400)
    check_accepted(post(server, b'{"a": 1}'))
    assert only_record(folder)[1] == b'{"a": 1}'
    check_accepted(post(server, b"no JSON", content_type="text/csv"))
    assert len(names(folder)) == 2


def test_signatures_and_codings_are_as_before(start_inbox, folder, secret_file):
    server = start_inbox(accept=["any"], verify="github", secret_file=secret_file(SECRET))
    coded = gzip.compress(EVERY_BYTE)
    fields = [("Content-Encoding", "gzip"), *webhooks.github(SECRET, coded)]
    check_accepted(post(server, coded, content_type="a/b", fields=fields))
    check_problem(post(server, coded, content_type="a/b", fields=webhooks.github(SECRET, EVERY_BYTE)), 401)
    ((record, content),) = contents(folder)
    assert content == EVERY_BYTE and record["request"]["coding"] == "gzip"


@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/form-data; boundary=b", "x"])
def test_a_foreign_page_is_refused_where_browsers_do_not_ask(start_inbox, folder, content_type):
    server = start_inbox(accept=["any"], origins=["https://good.example"])
    for origin, status in (("https://evil.example", 403), ("null", 403), ("https://good.example", 201)):
        assert post(server, b"x", content_type=content_type, fields=[("Origin", origin)]).status == status
    assert post(server, b"x", content_type="image/png", fields=[("Origin", "https://evil.example")]).status == 201
    assert len(names(folder)) == 2


@pytest.mark.modes("many")
def test_commands_read_such_records(start_inbox, folder, binary):
    server = start_inbox("--durability", "journal", accept=["any"])
    check_accepted(post(server, EVERY_BYTE, content_type="a/b"))
    check_accepted(post(server, b"", content_type="a/b"))

    def run(*words):
        return subprocess.run([binary, "inbox", *words], capture_output=True, timeout=30)

    assert run("verify", folder).returncode == 0
    documents = run("cat", folder, "--bodies").stdout.split(b"\x1e")[1:]
    assert [base64.b64decode(json.loads(text)) for text in documents] == [EVERY_BYTE, b""]
    claimed = run("next", folder, "--as", "me").stdout.decode().strip()
    assert base64.b64decode(json.loads(open(claimed).read())["body64"]) == EVERY_BYTE
    assert run("done", folder, claimed).returncode == 0
    # What is damaged is not given out.
    (name,) = names(folder)
    path = folder / "new" / name
    path.write_bytes(path.read_bytes().replace(b'"body64":""', b'"body64":"AA=="'))
    assert run("next", folder).returncode == 1


@pytest.mark.modes("many")
def test_what_is_missing_after_a_power_cut_is_published_again(start_inbox, folder):
    """Another boot, as far as the journal knows. tests/crash cuts the power."""
    server = start_inbox("--durability", "journal", accept=["any"])
    stored = [EVERY_BYTE, b"", b"x"]
    for content in stored:
        check_accepted(post(server, content, content_type="a/b"))
    server.kill()
    first, _, third = names(folder)
    (folder / "new" / first).unlink()
    (folder / "new" / third).write_bytes(b"")
    for segment in (folder / ".bobbin/journal").glob("*.segment"):
        end_with_another_boot(segment)
    server = start_inbox("--durability", "journal", accept=["any"])
    eventually(lambda: post(server, b"", content_type="a/b").status == 201, "the inbox takes documents again")
    assert [content for _, content in contents(folder)] == [*stored, b""]


# Reports


@pytest.mark.parametrize("content_type", ["application/reports+json", "application/csp-report"])
def test_reports_of_browsers_are_answered_without_content(start_inbox, folder, content_type):
    server = start_inbox(accept=["reports"])
    report = b'[{"type":"csp-violation","age":10,"url":"https://example.org/","body":{}}]'
    response = post(server, report, content_type=content_type)
    assert response.status == 204 and response.content == b""
    assert only_record(folder)[1] == report
    assert "is not valid JSON" in check_problem(post(server, b"{", content_type=content_type), 400)
    refused = post(server, report)
    check_problem(refused, 415)
    assert refused["Accept-Post"] == "application/reports+json, application/csp-report"


def test_a_status_holds_for_reports_too(start_inbox):
    server = start_inbox(accept=["json", "reports"], status="202")
    assert post(server, b"[]", content_type="application/csp-report").status == 202
    assert post(server, b"[]").status == 202


def test_documents_beside_reports_are_answered_as_before(start_inbox):
    server = start_inbox(accept=["json", "reports"])
    assert post(server, b"[]", content_type="application/reports+json").status == 204
    assert post(server, b"[]").status == 201


def test_a_report_of_a_policy_of_another_page_is_refused(start_inbox, folder):
    """CSP Level 3 §5.3: it is sent without asking. Other reports are asked for first (Reporting API §3.4)."""
    server = start_inbox(accept=["reports"], origins=["https://good.example"])
    for origin, policy, other in (("https://evil.example", 403, 204), ("https://good.example", 204, 204)):
        fields = [("Origin", origin)]
        assert post(server, b"[]", content_type="application/csp-report", fields=fields).status == policy
        assert post(server, b"[]", content_type="application/reports+json", fields=fields).status == other
    assert len(names(folder)) == 3


@pytest.mark.modes("many")
def test_an_unknown_type_is_refused_at_the_start(binary, configuration, root):
    ended = run_to_end(binary, "--config", configuration(accept=["json", "xml"]), "--port", "0", "--root", root)
    assert ended.returncode in (1, 2, 78), ended
    assert 'accept: "xml" is not allowed; json, form, multipart, files, ndjson, cloudevents-batch, text, reports or any' in ended.stderr
