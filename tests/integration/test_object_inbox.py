"""Inboxes with a target: records are objects of a bucket, on however many nodes (docs/object-store.md)."""

import hashlib
import json
import os
import re
import signal
import ssl
import time

import pytest

from support.certificates import make_certificate
from support.inboxes import JSON, check_accepted, check_problem, post, toml
from support.s3 import faults
from support.s3.faulty import FaultyStore
from support.server import run_to_end
from support.upgrades import start as start_upgradable  # noqa: F401
from support.waiting import eventually
from test_drain import variables

pytestmark = pytest.mark.modes("many")

PREFIX = "in/box/"
KEY = "Idempotency-Key"


@pytest.fixture
def bucket(faulty_store):
    return faulty_store.new_bucket()


@pytest.fixture
def configuration(scratch, bucket):
    """Write a configuration with one inbox whose records are objects; None leaves a key out."""

    def write(flat="", tail="", **keys):
        keys = {"name": "box", "target": f"s3://{bucket}/{PREFIX}", **keys}
        path = scratch / "bobbin.toml"
        path.write_text(flat + toml("inbox", {key: value for key, value in keys.items() if value is not None}) + tail)
        return path

    return write


@pytest.fixture
def start_inbox(start, configuration, faulty_store):
    """Start a server with such an inbox."""

    def start_it(*flags, environment=None, flat="", **keys):
        flags = ("--node", "web1", *flags) if "--node" not in flags else flags
        return start("--config", configuration(flat, **keys), *flags, environment=environment or variables(faulty_store))

    return start_it


@pytest.fixture
def in_store(faulty_store, bucket):
    """The content of each record, by its key, in the order of the keys; without what is hidden."""

    def find():
        keys = [key for key in faulty_store.objects(bucket) if not key.startswith(PREFIX + ".")]
        return {key: faulty_store.read(bucket, key) for key in keys}

    return find


def bodies(objects):
    """The documents of records, without tombstones."""
    records = [json.loads(content) for content in objects.values()]
    return [record["body"] for record in records if "closed" not in record]


# What is kept


def test_a_record_is_in_the_bucket_when_its_document_is_acknowledged(start_inbox, in_store, folder):
    server = start_inbox(keep=["x-*"])
    response = post(server, b'{"a": 1}', fields=[("X-Event", "push")])
    receipt = check_accepted(response)
    ((key, content),) = in_store().items()
    assert re.fullmatch(PREFIX + r"web1\.\d{8}T\d{6}\.\d{6}Z-[a-z2-7]{26}/000000000001\.json", key)
    record = json.loads(content)
    assert receipt == {"status": "success", "id": record["id"], "sequence": 1, "durability": "object",
                       "sha256": hashlib.sha256(b'{"a": 1}').hexdigest()}  # fmt: skip
    assert record["body"] == {"a": 1} and record["inbox"] == "box" and record["file"] == "record"
    assert ["x-event", "push"] in record["request"]["fields"]
    assert b'"body":{"a": 1}' in content, "the document is as it came"
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z-[a-z2-7]{26}\.json", record["name"])
    server.log.wait_for(re.escape("records into the bucket of s3://"))
    server.log.wait_for(re.escape(key.removeprefix(PREFIX)))


def test_documents_that_come_together_are_all_there(start_inbox, in_store):
    server = start_inbox()
    connections = [server.connect() for _ in range(50)]
    for n, connection in enumerate(connections):
        connection.send(connection.request("POST", "/in/box", fields=[JSON], content=b"%d" % n))
    for connection in connections:
        check_accepted(connection.receive("POST"))
    assert sorted(bodies(in_store())) == list(range(50))
    assert [key[-17:] for key in in_store()] == [f"{n:012}.json" for n in range(1, 51)]


def test_a_document_that_is_none_leaves_nothing(start_inbox, in_store):
    server = start_inbox()
    check_problem(post(server, b"{"), 400)
    check_problem(post(server, b"{}", content_type="text/plain"), 415)
    assert in_store() == {}


def test_a_large_document_is_one_object(start_inbox, in_store):
    server = start_inbox("--max-upload", "4M", max_size="3M")
    document = json.dumps("x" * 2_900_000).encode()
    check_accepted(post(server, document))
    assert bodies(in_store()) == [json.loads(document)]


def test_other_content_is_kept_in_base64(start_inbox, in_store):
    server = start_inbox(accept=["any"])
    check_accepted(post(server, b"\0\xff", content_type="application/octet-stream"))
    ((_, content),) = in_store().items()
    assert json.loads(content)["body64"] == "AP8="


# Keys


def test_a_key_is_stored_once_on_all_nodes(start_inbox, in_store, faulty_store):
    nodes = [start_inbox("--node", f"web{n}", dedupe=["header:" + KEY]) for n in (1, 2)]
    receipt = check_accepted(post(nodes[0], b'{"a": 1}', fields=[(KEY, "k")]))
    for node in nodes:
        again = post(node, b'{"a": 1}', fields=[(KEY, "k")])
        assert check_accepted(again) == receipt
        assert again["Idempotent-Replayed"] == "true"
        check_problem(post(node, b'{"a": 2}', fields=[(KEY, "k")]), 422)
    assert bodies(in_store()) == [{"a": 1}]


def test_a_document_whose_node_died_in_the_middle_is_stored_once_by_another(start_inbox, in_store, faulty_store):
    nodes = [start_inbox("--node", f"web{n}", dedupe=["header:" + KEY]) for n in (1, 2)]
    stall = faults.Stall()
    faulty_store.fail(stall, method="PUT", key=PREFIX + "web1.*")
    with nodes[0].connect() as connection:
        connection.send(connection.request("POST", "/in/box", fields=[JSON, (KEY, "k")], content=b"{}"))
        stall.wait_until_reached()
        nodes[0].kill()
        receipt = check_accepted(post(nodes[1], b"{}", fields=[(KEY, "k")]))
    stall.release()
    eventually(lambda: len(in_store()) == 1, "the late request of the dead node finds the record there")
    assert check_accepted(post(nodes[1], b"{}", fields=[(KEY, "k")])) == receipt
    assert bodies(in_store()) == [{}]


# What goes wrong


@pytest.mark.parametrize("fault", [faults.SLOW_DOWN, faults.INTERNAL_ERROR, faults.CONFLICT, faults.LoseAnswer(),
                                   faults.CutBeforePerforming()],
                         ids=["slow_down", "error", "conflict", "answer_lost", "cut"])  # fmt: skip
def test_what_may_pass_is_tried_again(start_inbox, in_store, faulty_store, fault):
    server = start_inbox(dedupe=["header:" + KEY])
    faulty_store.fail(fault, count=2, method="PUT")
    check_accepted(post(server, b"1"))
    faulty_store.fail(fault, count=2, method="PUT")
    check_accepted(post(server, b"2", fields=[(KEY, "k")]))
    assert bodies(in_store()) == [1, 2]


def test_a_store_that_does_not_answer_is_a_503_and_files_are_served(start_inbox, in_store, faulty_store):
    server = start_inbox("--commit-timeout", "1s", "--health", "on")
    check_accepted(post(server, b"1"))
    faulty_store.fail(faults.SLOW_DOWN, count=None)
    eventually(lambda: server.ask("GET", "/readyz").status == 503 or post(server, b"2").status != 503 and None,
               "it is not ready")  # fmt: skip
    response = post(server, b"3")
    assert "does not answer" in check_problem(response, 503) and response["Retry-After"]
    assert server.ask("GET", "/about.html").status == 200
    server.log.wait_for(re.escape("the store has answered 503 SlowDown"))
    faulty_store.heal()
    eventually(lambda: server.ask("GET", "/readyz").status == 200, "it is ready again")
    server.log.wait_for(re.escape("takes documents: the object store answers"))
    check_accepted(post(server, b"4"))
    assert {1, 4} <= set(bodies(in_store())), "what was answered 503 may be there, or not"


@pytest.mark.parametrize("fault", [faults.NO_SUCH_BUCKET, faults.KEY_REVOKED, faults.ACCESS_DENIED],
                         ids=["bucket_gone", "key_revoked", "denied"])  # fmt: skip
def test_what_an_operator_has_to_mend_is_told_and_waited_for(start_inbox, in_store, faulty_store, fault):
    server = start_inbox("--health", "on")
    check_accepted(post(server, b"1"))
    faulty_store.fail(fault, count=None)
    check_problem(post(server, b"2"), 503)
    server.log.wait_for(re.escape(f"the store has answered {fault.status} {fault.code}"))
    assert server.ask("GET", "/readyz").status == 503
    faulty_store.heal()
    eventually(lambda: server.ask("GET", "/readyz").status == 200, "it is ready again")
    check_accepted(post(server, b"3"))
    assert bodies(in_store()) == [1, 3]


def test_a_clock_that_is_wrong_by_20_minutes_is_corrected(start_inbox, in_store, faulty_store):
    faulty_store.clock = 20 * 60
    server = start_inbox()
    check_accepted(post(server, b"1"))
    faulty_store.clock = -20 * 60
    check_accepted(post(server, b"2"))
    assert bodies(in_store()) == [1, 2]


def test_a_number_that_failed_is_closed_so_that_readers_go_on(start_inbox, in_store, faulty_store):
    server = start_inbox("--commit-timeout", "500ms")
    faulty_store.fail(faults.SLOW_DOWN, count=None, key=PREFIX + "web1.*/000000000001.json")
    assert post(server, b"1").status == 503
    faulty_store.heal()
    eventually(lambda: post(server, b"2").status == 201, "the next one is taken")
    eventually(lambda: [key[-17:] for key in in_store()][:2] == ["000000000001.json", "000000000002.json"], "it is closed")
    assert json.loads(next(iter(in_store().values()))) == {"bobbin": 1, "closed": "000000000001.json"}


def test_slow_requests_do_not_hold_up_files(start_inbox, faulty_store):
    server = start_inbox("--s3-connections", "2", "--threads", "2")
    stall = faults.Stall()
    faulty_store.fail(stall, count=None, method="PUT", key=PREFIX + "web1.*")
    connections = [server.connect() for _ in range(6)]
    for connection in connections:
        connection.send(connection.request("POST", "/in/box", fields=[JSON], content=b"{}"))
    for _ in range(2):
        stall.wait_until_reached()
    assert server.ask("GET", "/about.html").status == 200
    stall.release()
    for connection in connections:
        check_accepted(connection.receive("POST"))


def test_the_process_that_talks_to_the_store_is_started_again(start_inbox, in_store):
    server = start_inbox()
    check_accepted(post(server, b"1"))
    agents = processes_of(server, "bobbin-agent")
    assert len(agents) == 2, "it, and the one that starts it again"
    os.kill(max(agents), signal.SIGKILL)
    eventually(lambda: post(server, b"2").status == 201, "documents are stored")
    assert set(processes_of(server, "bobbin-agent")) != set(agents)
    assert 1 in bodies(in_store()) and 2 in bodies(in_store())


def test_when_nothing_is_left_to_start_it_again_the_log_says_what_helps(start_inbox):
    server = start_inbox("--commit-timeout", "1s")
    for agent in sorted(processes_of(server, "bobbin-agent")):  # the one that starts it again goes first
        os.kill(agent, signal.SIGKILL)
    check_problem(post(server, b"1"), 503)
    server.log.wait_for("cannot be reached: .*; bobbin upgrade, or a restart, starts another one")


def test_nothing_of_it_is_left_when_the_server_has_ended(start_inbox):
    server = start_inbox()
    agents = processes_of(server, "bobbin-agent")
    server.kill()
    eventually(lambda: not any(os.path.exists(f"/proc/{agent}/comm") for agent in agents), "they have ended")


def test_it_may_read_little_and_the_server_never_has_the_secret(start_inbox, faulty_store, scratch, mode):
    secret = faulty_store.credentials.secret
    file = scratch / "credentials"
    file.write_text(f"[default]\naws_access_key_id = {faulty_store.credentials.access_key}\naws_secret_access_key = {secret}\n")
    environment = variables(faulty_store)
    del environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    server = start_inbox("--s3-credentials-file", file, environment=environment)
    check_accepted(post(server, b"1"))
    assert server.log.count(re.escape(secret)) == 0
    for agent in processes_of(server, "bobbin-agent"):
        descriptors = [os.readlink(f"/proc/{agent}/fd/{fd}") for fd in os.listdir(f"/proc/{agent}/fd")]
        assert not any("bobbin.toml" in each or each == str(scratch) for each in descriptors)


def test_a_secret_of_the_environment_is_forgotten_by_the_server(start_inbox, faulty_store):
    server = start_inbox()
    check_accepted(post(server, b"1"))

    def has_secret(process):
        return faulty_store.credentials.secret.encode() in open(f"/proc/{process}/environ", "rb").read()

    assert not has_secret(server.process.pid)
    assert all(has_secret(agent) for agent in processes_of(server, "bobbin-agent"))


def processes_of(server, name):
    """The processes of this name that the server has started, and those that these have."""
    children = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = open(f"/proc/{entry}/stat").read()
        except OSError:
            continue
        command, rest = re.fullmatch(r"\d+ \((.*)\) (.*)", fields.strip(), re.DOTALL).groups()
        children.setdefault(int(rest.split()[1]), []).append((int(entry), command))
    found, parents = [], [server.process.pid]
    while parents:
        for process, command in children.get(parents.pop(), []):
            if command == name:
                found.append(process)
            parents.append(process)
    return found


# The start


def refused_start(server_or_run):
    assert server_or_run.returncode == 2, server_or_run
    return server_or_run.stderr


@pytest.fixture
def run(binary, configuration, root, faulty_store):
    """Run a server that is expected not to start; returns what it says."""

    def run_it(*flags, environment=None, **keys):
        ended = run_to_end(binary, "--port", "0", "--root", root, "--config", configuration(**keys), *flags,
                           environment=environment or variables(faulty_store))  # fmt: skip
        assert ended.returncode in (2, 78), ended
        return ended.stderr

    return run_it


def test_a_store_that_replaces_objects_is_refused(run, faulty_store):
    faulty_store.fail(faults.IgnoreIfNoneMatch(), count=None, method="PUT")
    assert "target" in (said := run()) and "the store replaces objects, so a record could be lost" in said


def test_wrong_credentials_and_a_missing_bucket_are_told_at_the_start(run, faulty_store):
    wrong = variables(faulty_store, AWS_SECRET_ACCESS_KEY="wrong")
    assert "403 SignatureDoesNotMatch" in run(environment=wrong)
    assert "404 NoSuchBucket" in run(target="s3://nowhere/in")
    without = variables(faulty_store, HOME="/nonexistent")
    del without["AWS_ACCESS_KEY_ID"], without["AWS_SECRET_ACCESS_KEY"]
    assert "there are no credentials" in (said := run(environment=without)) and "--s3-credentials-file" in said


def test_doctor_looks_whether_the_target_can_be_used(binary, configuration, root, faulty_store, scratch):
    def told(**others):
        command = ("doctor", "--root", root, "--config", configuration(), "--port", "0")
        return run_to_end(binary, *command, environment=variables(faulty_store, **others))

    fine = told()
    assert re.search(r"fine +inbox box: s3://.* can be read", fine.stdout), fine
    wrong = told(AWS_SECRET_ACCESS_KEY="wrong")
    assert wrong.returncode == 1 and re.search(r"problem +inbox box: s3://.* 403 SignatureDoesNotMatch", wrong.stdout)
    assert faulty_store.requests_of(method="PUT") == [], "nothing is changed"


def test_a_store_that_is_not_there_yet_is_waited_for(start_inbox, in_store, faulty_store):
    faulty_store.stop_listening()
    server = start_inbox("--health", "on")
    assert server.ask("GET", "/readyz").status == 503
    server.log.wait_for(re.escape("takes no documents until the object store answers"))
    check_problem(post(server, b"1"), 503)
    faulty_store.listen()
    eventually(lambda: server.ask("GET", "/readyz").status == 200, "it is ready")
    check_accepted(post(server, b"2"))
    assert bodies(in_store()) == [2]


@pytest.mark.parametrize("keys, fault", [
    ({"store": "segments"}, "store: it is not allowed with a target and no dir"),
    ({"max_documents": 1}, "max_documents: it is not allowed with a target and no dir"),
    ({"on_invalid": "quarantine"}, "on_invalid: it is not allowed with a target and no dir"),
    ({"accept": ["ndjson"]}, 'accept: "ndjson" is not allowed with a target and no dir'),
    ({"target": "archive/in"}, "target"),
    ({"target": None}, "dir is missing"),
])  # fmt: skip
def test_what_does_not_go_with_a_target_is_refused(run, keys, fault):
    assert fault in run(**keys)


def test_a_target_belongs_to_one_inbox(run, bucket):
    other = toml("inbox", {"name": "other", "target": f"s3://{bucket}/{PREFIX[:-1]}"})
    assert "target:" in (said := run(tail=other)) and "each needs its own" in said


def test_a_reload_cannot_add_a_target_and_says_so(start_inbox, configuration, bucket):
    server = start_inbox()
    path = configuration()
    path.write_text(path.read_text() + toml("inbox", {"name": "other", "target": f"s3://{bucket}/other"}))
    server.signal(signal.SIGHUP)
    server.log.wait_for("cannot be added by a reload")
    check_accepted(post(server, b"1"))


def test_a_reload_keeps_the_stream(start_inbox, configuration, in_store):
    server = start_inbox()
    check_accepted(post(server, b"1"))
    configuration(status="200")
    server.signal(signal.SIGHUP)
    eventually(lambda: post(server, b"2").status == 200, "the new configuration holds")
    assert len({key.split("/")[2] for key in in_store()}) == 1


def test_tls_and_an_authority_of_its_own(start_inbox, scratch, bucket, in_store):
    made = make_certificate(scratch, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with FaultyStore(context=context) as store:
        flags = ("--s3-ca-file", made.certificate, "--s3-endpoint", f"https://localhost:{store.address[1]}")
        server = start_inbox(*flags, environment=variables(store), target=f"s3://{store.new_bucket()}/in")
        check_accepted(post(server, b"1"))


def test_after_an_upgrade_the_new_process_has_the_inbox(start_upgradable, configuration, faulty_store, in_store):
    server = start_upgradable("--config", configuration(), environment=variables(faulty_store))
    check_accepted(post(server, b"1"))
    server.upgrade()
    server.wait_for_the_first()
    check_accepted(post(server, b"2"))
    assert sorted(bodies(in_store())) == [1, 2]
    assert len({key.split("/")[2] for key in in_store()}) == 2, "each process has a stream of its own"
