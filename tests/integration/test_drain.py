"""`bobbin inbox drain`: records are moved into an object store (docs/object-store.md)."""

import json
import pathlib
import re
import signal
import ssl
import subprocess

import pytest

from support.certificates import make_certificate
from support.s3 import faults
from support.s3.faulty import FaultyStore
from support.server import clean_environment, run_to_end
from support.waiting import PATIENCE, eventually
from test_consumers import server, start_consumer, store  # noqa: F401
from test_inboxes import FOLDERS, configuration, folder, names, post, records, start_inbox  # noqa: F401

pytestmark = pytest.mark.modes("many")

PREFIX = "in/github/"
PROBE = PREFIX + ".bobbin-probe"


def variables(store, **others):
    """The environment of a command that uses the store."""
    credentials = store.credentials
    host, port = store.address
    return clean_environment() | {
        "AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret,
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}", "AWS_REGION": credentials.region,
    } | ({"AWS_SESSION_TOKEN": credentials.token} if credentials.token else {}) | others  # fmt: skip


@pytest.fixture
def bucket(faulty_store):
    return faulty_store.new_bucket()


@pytest.fixture
def drain(start_consumer, faulty_store, bucket):
    """Start the command; it is killed at the end of the test."""

    def start(*flags, to=None, environment=None):
        target = to or f"s3://{bucket}/{PREFIX}"
        return start_consumer("drain", "--to", target, *flags, environment=environment or variables(faulty_store))

    return start


def ended(process, status=0):
    """What a command has told that has come to its end."""
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == status, told
    return told


def stopped(process):
    process.send_signal(signal.SIGTERM)
    return ended(process)


def files_of(folder, part="done"):
    """The content of each file there, by its name."""
    return {name: (folder / part / name).read_bytes() for name in names(folder, part)}


def in_store(faulty_store, bucket):
    """The content of each object, by its name, without the probe."""
    keys = [key for key in faulty_store.objects(bucket) if key != PROBE]
    assert all(key.startswith(PREFIX) for key in keys)
    return {key.removeprefix(PREFIX): faulty_store.read(bucket, key) for key in keys}


# What is moved


def test_each_record_becomes_an_object_of_its_name_in_order(server, folder, drain, faulty_store, bucket):
    store(server, 20)
    whole = files_of(folder, "new")
    assert ended(drain("--until-empty")) == ""
    assert in_store(faulty_store, bucket) == whole == files_of(folder)
    assert names(folder, "new") == names(folder, "work") == []
    puts = [request for request in faulty_store.requests_of(method="PUT") if request.key != PROBE]
    assert [request.key for request in puts] == [PREFIX + name for name in sorted(whole)]
    assert {request.get("If-None-Match") for request in puts} == {"*"}
    assert {request.get("Content-Type") for request in puts} == {"application/json"}
    assert faulty_store.connections_accepted == 1


def test_it_goes_on_with_what_comes(server, folder, drain, faulty_store, bucket):
    draining = drain()
    faulty_store.wait_for_requests(2, key=PROBE, answered=True)
    store(server, 3)
    eventually(lambda: len(names(folder, "done")) == 3, "all are moved")
    store(server, 2, first=3)
    eventually(lambda: len(names(folder, "done")) == 5, "those that came later, too")
    assert stopped(draining) == ""
    assert in_store(faulty_store, bucket) == files_of(folder)


def test_a_file_of_many_records_becomes_one_object(start_inbox, folder, drain, faulty_store, bucket):
    server = start_inbox(store="segments", segment_age="1s")
    ids = store(server, 30)
    eventually(lambda: names(folder, "new"), "the file is there")
    server.stop()
    assert ended(drain("--until-empty")) == ""
    objects = in_store(faulty_store, bucket)
    assert objects == files_of(folder)
    kept = [json.loads(text) for content in objects.values() for text in content.split(b"\x1e") if text]
    assert [entry["id"] for entry in kept if "id" in entry] == list(ids)
    assert all(name.endswith(".jseq") for name in objects)
    put = faulty_store.requests_of(method="PUT", key=PREFIX + next(iter(objects)))[0]
    assert put.get("Content-Type") == "application/json-seq"


def test_large_and_odd_documents(server, folder, drain, faulty_store, bucket):
    for document in (b'"' + b"x" * 900_000 + b'"', b'{"\xc3\xa4": "\\u00e4\\/"}', b"[]"):
        assert post(server, document).status == 201
    assert ended(drain("--until-empty")) == ""
    assert in_store(faulty_store, bucket) == files_of(folder)


def test_what_is_read_back_can_be_taken_out_of_an_inbox(server, folder, drain, faulty_store, bucket, binary, scratch):
    store(server, 3)
    assert ended(drain("--until-empty")) == ""
    again = scratch / "again"
    for part in FOLDERS:
        (again / part).mkdir(parents=True)
    for name, content in in_store(faulty_store, bucket).items():
        (again / "new" / name).write_bytes(content)
    listed = run_to_end(binary, "inbox", "ls", again, "--json").stdout.splitlines()
    assert [json.loads(line)["sequence"] for line in listed] == [1, 2, 3]
    for _ in range(3):
        assert run_to_end(binary, "inbox", "next", again).returncode == 0, "each is whole"


def test_two_drainers_share_the_records(server, folder, drain, faulty_store, bucket):
    """While one is held up, the other goes on."""
    store(server, 40)
    stall = faulty_store.fail(faults.Stall(), method="PUT", key=PREFIX + "2*")
    both = [drain("--until-empty", "--as", name) for name in ("one", "two")]
    eventually(lambda: len(names(folder, "done")) == 39, "all others are moved")
    stall.fault.release()
    told = [process.communicate(timeout=PATIENCE)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1], told  # the first to end saw what the other had claimed
    assert len(files_of(folder)) == 40
    assert in_store(faulty_store, bucket) == files_of(folder)


@pytest.mark.parametrize("to", ["", "/", "/a=b&c/d+e/(1)", "/a/b/", "/a~b*c%2Fd'e!f,g;h@i:j?k#l"])
def test_where_objects_are_put(server, folder, drain, faulty_store, bucket, to):
    store(server, 1)
    assert ended(drain("--until-empty", to=f"s3://{bucket}{to}")) == ""
    prefix = to.strip("/") + "/" if to.strip("/") else ""
    assert set(faulty_store.objects(bucket)) == {prefix + name for name in [".bobbin-probe", *names(folder, "done")]}


def test_a_bucket_in_front_of_the_name_of_the_store(server, folder, drain, faulty_store, bucket):
    """Names below localhost lead to this machine, whoever resolves them (RFC 6761 §6.3), as libcurl does by itself."""
    store(server, 1)
    endpoint = f"http://s3.localhost:{faulty_store.address[1]}"
    assert ended(drain("--until-empty", "--endpoint", endpoint, "--addressing", "host")) == ""
    assert in_store(faulty_store, bucket) == files_of(folder)
    assert faulty_store.requests_of(method="PUT")[0].get("Host").startswith(f"{bucket}.s3.localhost:")


def test_over_tls_with_an_authority_of_its_own(server, folder, drain, scratch):
    certificate = make_certificate(scratch, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    with FaultyStore(context=context) as secure:
        bucket = secure.new_bucket()
        store(server, 1)
        flags = ("--endpoint", f"https://localhost:{secure.address[1]}", "--until-empty")
        told = drain(*flags, to=f"s3://{bucket}", environment=variables(secure))
        assert "certificate" in told.stderr.readline()
        told.send_signal(signal.SIGTERM)
        told.communicate(timeout=PATIENCE)
        assert ended(drain(*flags, "--ca-file", certificate.certificate, to=f"s3://{bucket}", environment=variables(secure))) == ""
        assert set(secure.objects(bucket)) == {".bobbin-probe", *names(folder, "done")}


# What goes wrong


@pytest.mark.parametrize("fault", [
    faults.INTERNAL_ERROR, faults.SLOW_DOWN, faults.CONFLICT, faults.CutBeforeContent(), faults.CutBeforePerforming(),
    faults.LoseAnswer(), faults.Answers(400, "RequestTimeout"), faults.Answers(400, "XAmzContentSHA256Mismatch"),
    faults.Answers(429, "TooManyRequests"), faults.NOT_IMPLEMENTED,
], ids=["500", "503", "409", "cut-early", "cut-late", "lost", "timeout", "changed", "429", "501"])  # fmt: skip
def test_what_may_pass_is_tried_again(server, folder, drain, faulty_store, bucket, fault):
    store(server, 2)
    faulty_store.fail(fault, count=2, method="PUT", key=PREFIX + "2*")
    told = ended(drain("--until-empty"))
    assert in_store(faulty_store, bucket) == files_of(folder)
    assert len(files_of(folder)) == 2
    assert re.search(r"work/drainer\.2.*: attempt 1: .*; again in ", told)
    assert names(folder, "failed") == []


def test_an_object_that_is_there_already_is_compared(server, folder, drain, faulty_store, bucket):
    store(server, 2)
    first, second = names(folder, "new")
    whole = files_of(folder, "new")
    faulty_store.put(bucket, PREFIX + first, whole[first])
    faulty_store.put(bucket, PREFIX + second, b"something else")
    told = ended(drain("--until-empty"))
    assert names(folder, "done") == [first] and names(folder, "failed") == [second]
    assert "holds something else" in told
    assert faulty_store.read(bucket, PREFIX + second) == b"something else"


def test_a_longer_object_is_something_else(server, folder, drain, faulty_store, bucket):
    store(server, 1)
    [(name, content)] = files_of(folder, "new").items()
    faulty_store.put(bucket, PREFIX + name, content + b"\n")
    assert "holds something else" in ended(drain("--until-empty"))
    assert names(folder, "failed") == [name]


def test_what_can_never_be_stored_goes_to_failed(server, folder, drain, faulty_store, bucket):
    store(server, 2)
    first, second = names(folder, "new")
    faulty_store.fail(faults.Answers(400, "EntityTooLarge"), key=PREFIX + first)
    told = ended(drain("--until-empty"))
    assert names(folder, "failed") == [first] and names(folder, "done") == [second]
    assert "of no use" in told


def test_a_200_that_is_not_of_the_store_takes_no_record(server, folder, drain, faulty_store, bucket):
    """A proxy's page, say: an answer of a store has an ETag."""
    store(server, 1)
    faulty_store.fail(faults.Answers(200, "Maintenance"), count=2, key=PREFIX + "2*")
    assert "attempt 2: an answer 200 has no ETag" in ended(drain("--until-empty"))
    assert in_store(faulty_store, bucket) == files_of(folder)
    assert len(files_of(folder)) == 1


def test_a_record_that_another_program_has_damaged_is_left(server, folder, drain, faulty_store, bucket):
    store(server, 2)
    first, second = names(folder, "new")
    (folder / "new" / first).write_bytes(b"{}\n")
    told = ended(drain("--until-empty"), status=1)
    assert "is not whole" in told and "files are left: 1 in new, 0 in work" in told
    assert names(folder, "new") == [first] and names(folder, "done") == [second]
    assert set(in_store(faulty_store, bucket)) == {second}


def test_a_store_that_is_away_is_waited_for(server, folder, drain, faulty_store, bucket):
    store(server, 3)
    faulty_store.stop_listening()
    draining = drain()
    assert "cannot be used: there is no answer" in draining.stderr.readline()
    assert "attempt 1: there is no answer" in draining.stderr.readline()
    faulty_store.listen()
    eventually(lambda: len(names(folder, "done")) == 3, "all are moved")
    stopped(draining)
    assert in_store(faulty_store, bucket) == files_of(folder)


def test_a_stalled_store_is_given_up_after_the_timeout(server, folder, drain, faulty_store, bucket):
    store(server, 1)
    faulty_store.fail(faults.Stall(), key=PREFIX + "2*")
    told = ended(drain("--until-empty", "--timeout", "1s"))
    assert "attempt 1: there is no answer" in told
    assert in_store(faulty_store, bucket) == files_of(folder)
    assert len(files_of(folder)) == 1


def test_a_clock_that_is_wrong_is_corrected(server, folder, drain, faulty_store, bucket):
    store(server, 2)
    for offset in (20 * 60, -20 * 60):
        faulty_store.clock = offset
        assert ended(drain("--until-empty")) == ""
        assert len(faulty_store.requests_of(when=lambda request: request.status == 403)) == 1
        faulty_store.forget_requests()
        store(server, 2)
    assert len(files_of(folder)) == 4


def test_killed_at_any_moment_nothing_is_lost_or_doubled(server, folder, drain, faulty_store, bucket):
    store(server, 30)
    whole = files_of(folder, "new")
    for count in (1, 4, 9):
        draining = drain()
        faulty_store.wait_for_requests(count, method="PUT", key=PREFIX + "2*")
        faulty_store.forget_requests()
        draining.kill()
        draining.wait(PATIENCE)
    ended(drain("--until-empty"))
    assert in_store(faulty_store, bucket) == files_of(folder) == whole


def test_killed_behind_the_store(server, folder, drain, faulty_store, bucket):
    """The store has the object, and nobody has moved the record."""
    store(server, 1)
    stall = faulty_store.fail(faults.Stall(moment=faults.AFTER_PERFORMING), key=PREFIX + "2*")
    draining = drain()
    stall.fault.wait_until_reached()
    draining.kill()
    draining.wait(PATIENCE)
    assert len(in_store(faulty_store, bucket)) == 1 and len(names(folder, "work")) == 1
    faulty_store.heal()
    assert "its consumer was interrupted" in ended(drain("--until-empty"))
    assert in_store(faulty_store, bucket) == files_of(folder)
    assert [request.status for request in faulty_store.requests_of(method="PUT", key=PREFIX + "2*")][-1] == 412


def test_the_first_signal_lets_the_request_end_and_the_second_does_not(server, folder, drain, faulty_store, bucket):
    store(server, 2)
    stall = faulty_store.fail(faults.Stall(), key=PREFIX + "2*")
    draining = drain()
    stall.fault.wait_until_reached()
    draining.send_signal(signal.SIGTERM)
    stall.fault.release()
    assert ended(draining) == ""
    assert len(names(folder, "done")) == 1 and len(names(folder, "new")) == 1
    stall = faulty_store.fail(faults.Stall(), key=PREFIX + "2*")
    draining = drain()
    stall.fault.wait_until_reached()
    draining.send_signal(signal.SIGTERM)
    draining.send_signal(signal.SIGINT)
    assert "broken off" in ended(draining)
    assert len(names(folder, "new")) == 1 and names(folder, "failed") == []


# Who may


def test_a_store_that_replaces_objects_is_refused(server, folder, drain, faulty_store, bucket):
    store(server, 1)
    faulty_store.fail(faults.IgnoreIfNoneMatch(), count=None)
    told = ended(drain(), status=2)
    assert "the store replaces objects" in told and PROBE in told
    assert len(names(folder, "new")) == 1
    assert in_store(faulty_store, bucket) == {}


@pytest.mark.parametrize("fault", [faults.NOT_IMPLEMENTED, faults.Answers(413, "EntityTooLarge"), faults.Answers(413, "A")],
                         ids=["501", "too-large", "413"])  # fmt: skip
def test_a_probe_that_is_refused_moves_no_record(server, folder, drain, faulty_store, bucket, fault):
    store(server, 2)
    faulty_store.fail(fault, count=None, key=PROBE)
    assert "cannot be used: the store has answered" in ended(drain(), status=2)
    faulty_store.heal()
    faulty_store.stop_listening()
    draining = drain()
    assert "it is tried again" in draining.stderr.readline()
    faulty_store.fail(fault, count=None, key=PROBE)
    faulty_store.listen()
    eventually(lambda: faulty_store.requests_of(key=PROBE), "the probe is refused")
    stopped(draining)
    assert len(names(folder, "new")) == 2 and names(folder, "failed") == names(folder, "done") == []
    assert in_store(faulty_store, bucket) == {}


def test_a_store_that_has_not_what_it_says_is_refused(server, folder, drain, faulty_store, bucket):
    store(server, 1)
    faulty_store.fail(faults.Answers(412, "PreconditionFailed"), count=None, method="PUT")
    assert "has not what was put there" in ended(drain(), status=2)
    assert len(names(folder, "new")) == 1


def test_signals_end_the_probe(server, folder, drain, faulty_store, bucket):
    store(server, 1)
    stall = faulty_store.fail(faults.Stall(), key=PROBE)
    draining = drain()
    stall.fault.wait_until_reached()
    draining.send_signal(signal.SIGTERM)
    draining.send_signal(signal.SIGINT)
    ended(draining)
    assert len(names(folder, "new")) == 1


def test_a_signal_ends_a_pause(server, folder, drain, faulty_store, bucket):
    store(server, 1)
    faulty_store.fail(faults.SLOW_DOWN, count=None, key=PREFIX + "2*")
    draining = drain()
    for _ in range(3):
        assert "again in" in draining.stderr.readline()
    stopped(draining)
    assert len(names(folder, "new")) == 1 and names(folder, "failed") == []


def test_a_store_is_proven_when_it_answers(server, folder, drain, faulty_store, bucket):
    """One that was away at the start, and replaces objects."""
    store(server, 1)
    faulty_store.stop_listening()
    draining = drain()
    assert "it is tried again" in draining.stderr.readline()
    faulty_store.fail(faults.IgnoreIfNoneMatch(), count=None)
    faulty_store.listen()
    assert "the store replaces objects" in ended(draining, status=2)
    assert len(names(folder, "new")) == 1
    assert in_store(faulty_store, bucket) == {}


def test_the_probe_is_left_and_proves_again(server, folder, drain, faulty_store, bucket):
    for want in ([200, 412, 200], [412, 200], [412, 200]):
        faulty_store.forget_requests()
        assert ended(drain("--until-empty")) == ""
        assert [request.status for request in faulty_store.requests_of(key=PROBE)] == want


@pytest.mark.parametrize("fault, code", [
    (faults.ACCESS_DENIED, "403 AccessDenied"), (faults.KEY_REVOKED, "403"), (faults.NO_SUCH_BUCKET, "404 NoSuchBucket"),
], ids=["denied", "revoked", "bucket"])  # fmt: skip
def test_what_an_operator_has_to_mend_is_told_at_the_start_and_waited_for_later(server, folder, drain, faulty_store, bucket,
                                                                                  fault, code):
    store(server, 2)
    rule = faulty_store.fail(fault, count=None)
    told = ended(drain(), status=2)
    assert f"s3://{bucket}/{PREFIX} cannot be used: the store has answered {code}" in told
    faulty_store.heal()
    faulty_store.fail(fault, count=2, key=PREFIX + "2*")
    told = ended(drain("--until-empty"))
    assert f"attempt 1: the store has answered {code}" in told
    assert len(in_store(faulty_store, bucket)) == 2
    assert rule.met


@pytest.mark.parametrize("end", ["revoke", "suspend"])
def test_credentials_of_a_file_are_read_again_when_they_are_refused(server, folder, drain, faulty_store, bucket, scratch, end):
    old, new = faulty_store.credentials, faulty_store.add_key("new")
    environment = {name: value for name, value in variables(faulty_store).items()
                   if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}  # fmt: skip
    path = scratch / "credentials"

    def write(credentials, profile="default"):
        path.write_text(f"[{profile}]\naws_access_key_id = {credentials.access_key}\n"
                        f"aws_secret_access_key = {credentials.secret}\n")  # fmt: skip

    write(old)
    draining = drain("--credentials-file", path, environment=environment)
    store(server, 1)
    eventually(lambda: len(names(folder, "done")) == 1, "the first is moved")
    write(new)
    getattr(faulty_store, end)(old)
    store(server, 1, first=1)
    eventually(lambda: len(names(folder, "done")) == 2, "the second is moved")
    assert stopped(draining) == ""
    for extra in ({"AWS_SHARED_CREDENTIALS_FILE": str(path)}, {"AWS_SHARED_CREDENTIALS_FILE": str(path), "AWS_PROFILE": "other"}):
        write(new, extra.get("AWS_PROFILE", "default"))
        store(server, 1, first=9)
        assert ended(drain("--until-empty", environment=environment | extra)) == ""
    assert len(files_of(folder)) == 4
    path.write_text("[default]\naws_access_key_id = only\n")
    told = ended(drain(environment=environment | {"AWS_SHARED_CREDENTIALS_FILE": str(path)}), status=2)
    assert "aws_secret_access_key" in told and "--credentials-file" in told


def test_no_secret_is_told_or_shown(server, folder, drain, faulty_store, bucket, scratch):
    store(server, 1)
    secret = faulty_store.credentials.secret
    path = scratch / "credentials"
    path.write_text(f"[default]\naws_access_key_id = wrong\naws_secret_access_key = {secret}\n")
    stall = faulty_store.fail(faults.Stall(moment=faults.BEFORE_CONTENT))
    draining = drain("--credentials-file", path)
    stall.fault.wait_until_reached()
    for file in ("cmdline", "environ"):
        shown = pathlib.Path(f"/proc/{draining.pid}/{file}").read_bytes()
        assert (secret.encode() in shown) == (file == "environ")  # of which nobody but this user sees anything
    stall.fault.release()
    assert secret not in ended(draining, status=2)
    path.write_text(f"[default]\naws_secret_access_key = {secret}\n")
    assert secret not in ended(drain("--credentials-file", path), status=2)
    changes = {"AWS_SECRET_ACCESS_KEY": secret + " \t" + secret}
    assert secret not in ended(drain(environment=variables(faulty_store, **changes)), status=2)


def test_the_token_of_temporary_credentials_is_sent(server, folder, drain, faulty_store, bucket):
    ended(drain("--until-empty", environment=variables(faulty_store, AWS_SESSION_TOKEN="a/token+of=time")))
    assert {request.get("x-amz-security-token") for request in faulty_store.requests} == {"a/token+of=time"}


def test_line_feeds_behind_credentials_do_not_count(server, folder, drain, faulty_store, bucket):
    """As secrets of Kubernetes often have them."""
    given = variables(faulty_store)
    names_of_both = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    assert ended(drain("--until-empty", environment=given | {name: given[name] + "\n" for name in names_of_both})) == ""


@pytest.mark.parametrize("source", ["--region", "AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_is_what_requests_are_signed_for(server, folder, drain, source):
    store(server, 1)
    with FaultyStore(region="eu-north-7") as other:
        bucket = other.new_bucket()
        given = variables(other)
        del given["AWS_REGION"]
        told = ended(drain(to=f"s3://{bucket}", environment=given), status=2)
        assert "cannot be used" in told
        flags = (source, "eu-north-7") if source.startswith("--") else ()
        changes = {} if flags else {source: "eu-north-7"}
        assert ended(drain("--until-empty", *flags, to=f"s3://{bucket}", environment=given | changes)) == ""
        assert len(other.objects(bucket)) == 2


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.1", "127.0.0.1"])
def test_where_the_store_is(server, folder, drain, faulty_store, bucket, variable, host):
    """Whatever libcurl makes of the name, what is signed is what is sent."""
    given = variables(faulty_store)
    del given["AWS_ENDPOINT_URL_S3"]
    given[variable] = f"http://{host}:{faulty_store.address[1]}/"
    assert ended(drain("--until-empty", environment=given)) == ""


@pytest.mark.parametrize("changes, says", [
    ({"AWS_SECRET_ACCESS_KEY": ""}, "belong together"),
    ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": "/nowhere"}, "/nowhere/.aws/credentials"),
    ({"AWS_ENDPOINT_URL_S3": "store.example.org"}, "AWS_ENDPOINT_URL_S3: \"store.example.org\" is not allowed"),
    ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1/a/path"}, "without a path"),
    ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1?x"}, "without a path"),
    ({"AWS_ENDPOINT_URL_S3": "", "AWS_ENDPOINT_URL": "http://a b"}, "AWS_ENDPOINT_URL: "),
    ({"AWS_REGION": "eu central 1"}, "AWS_REGION: \"eu central 1\" is not allowed"),
    ({"AWS_REGION": "us-east-1\r\nX-Evil: 1"}, "such as eu-central-1"),
    ({"AWS_ACCESS_KEY_ID": "a b"}, "printable ASCII"),
    ({"AWS_SECRET_ACCESS_KEY": "a\nb"}, "printable ASCII"),
])  # fmt: skip
def test_an_environment_that_cannot_be_used(folder, server, drain, faulty_store, changes, says):
    assert says in ended(drain(environment=variables(faulty_store) | changes), status=2)
    assert faulty_store.requests == []


@pytest.mark.parametrize("flags, says", [
    (("--to", "http://127.0.0.1/"), "s3://BUCKET/PREFIX"),
    (("--to", "s3://Bucket/"), "where BUCKET has 3 to 63 of a-z, 0-9, - and ."),
    (("--to", "s3://bucket/../a"), "s3://BUCKET/PREFIX"),
    ((), "--to is missing"),
    (("--to", "s3://bucket", "--endpoint", "https://a/b"), "without a path"),
    (("--to", "s3://bucket", "--endpoint", "ftp://a"), "under http or https"),
    (("--to", "s3://bucket", "--addressing", "both"), "path or host"),
    (("--to", "s3://bucket", "--region", "Mars"), "such as eu-central-1"),
    (("--to", "s3://bucket", "--retry", "1s"), "--retry: only allowed"),
    (("--to", "s3://bucket", "--endpoint", "http://[::1]:9", "--addressing", "host"), "use path"),
    (("--to", "s3://bucket", "--credentials-file", ""), "the name of a file"),
    (("--to", "s3://bucket", "--ca-file", "/dev/null"), "no certificate"),
])  # fmt: skip
def test_words_that_are_not_allowed(binary, folder, server, flags, says):
    ended_at_once = subprocess.run([binary, "inbox", "drain", folder, *flags], capture_output=True, text=True,
                                   env=clean_environment(), timeout=PATIENCE)  # fmt: skip
    assert ended_at_once.returncode == 2 and says in ended_at_once.stderr, ended_at_once


def test_only_drain_takes_its_flags(binary, folder, server):
    for flag in (["--endpoint", "https://a"], ["--until-empty"], ["--region", "a"], ["--addressing", "path"],
                 ["--credentials-file", "a"]):  # fmt: skip
        ended_at_once = subprocess.run([binary, "inbox", "ls", folder, *flag], capture_output=True, text=True,
                                       env=clean_environment(), timeout=PATIENCE)  # fmt: skip
        assert ended_at_once.returncode == 2 and "bobbin inbox drain" in ended_at_once.stderr
