"""`bobbin inbox pull`: the records of all nodes, out of an object store into one inbox (docs/object-store.md)."""

import datetime
import json
import random
import subprocess

import pytest

from support.s3 import faults
from support.s3.client import Client
from support.s3.faulty import FaultyStore
from support.server import clean_environment, run_to_end
from support.waiting import PATIENCE, eventually
from test_consumers import server, start_consumer, store  # noqa: F401
from test_drain import PREFIX, PROBE, drain, ended, files_of, stopped, variables  # noqa: F401
from test_inboxes import FOLDERS, configuration, folder, names, post, start_inbox  # noqa: F401

pytestmark = pytest.mark.modes("many")

EPOCH = "20261130T060000.123456Z-" + "a" * 26
STREAM = f"node-1.{EPOCH}/"
CURSORS = ".bobbin-pull/cursors"


def number(n):
    return f"{n:012d}.json"


def tombstone(n):
    return b'{"bobbin":1,"closed":"%s"}\n' % number(n).encode()


@pytest.fixture
def bucket(faulty_store):
    return faulty_store.new_bucket()


@pytest.fixture
def made(server, folder):  # noqa: F811
    """Make so many records, by a server. Returns their contents by their names, the oldest first."""

    def make(count):
        before = set(names(folder))
        store(server, count)
        return {name: (folder / "new" / name).read_bytes() for name in names(folder) if name not in before}

    return make


@pytest.fixture
def put(faulty_store, bucket):
    """Put objects into a folder below the prefix, as if another node had."""

    def put(place, objects):
        for name, content in objects.items():
            faulty_store.put(bucket, PREFIX + place + name, content)

    return put


@pytest.fixture
def put_numbers(put):
    """Put records into the stream, under these numbers."""

    def put_numbers(records, numbers, place=STREAM):
        put(place, {number(n): content for n, content in zip(numbers, records.values(), strict=True)})

    return put_numbers


@pytest.fixture
def inbox(scratch):
    """The inbox into which records are fetched; the command makes it."""
    return scratch / "pulled"


@pytest.fixture
def pull(binary, inbox, faulty_store, bucket):
    """Start the command; it is killed at the end of the test."""
    started = []

    def start(*flags, source=None, environment=None, into=None):
        words = [binary, "inbox", "pull", into or inbox, "--from", source or f"s3://{bucket}/{PREFIX}", *map(str, flags)]
        process = subprocess.Popen(words, env=environment or variables(faulty_store), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()


def fetched(inbox):
    """What is in `new`, by its name."""
    return files_of(inbox, "new") if (inbox / "new").exists() else {}


def lists(faulty_store, place):
    """The requests for a list of this folder."""
    return faulty_store.requests_of(method="GET", key="", when=lambda request: request.asked("prefix") == PREFIX + place)


def wait_for_lists(faulty_store, place, count):
    """Until the folder has been listed so often from now on."""
    before = len(lists(faulty_store, place))
    eventually(lambda: len(lists(faulty_store, place)) >= before + count, "the folder is listed again")


# What is fetched


def test_records_of_two_nodes_are_fetched_each_once(server, folder, drain, pull, inbox, faulty_store, bucket):  # noqa: F811
    store(server, 10)
    assert ended(drain("--until-empty", to=f"s3://{bucket}/{PREFIX}node-1")) == ""
    store(server, 10)
    assert ended(drain("--until-empty", to=f"s3://{bucket}/{PREFIX}node-2")) == ""
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == files_of(folder) and len(fetched(inbox)) == 20
    assert sorted(path.name for path in inbox.iterdir()) == sorted([".bobbin-pull", *FOLDERS])
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == files_of(folder)


def test_what_is_fetched_is_an_inbox(made, put, pull, inbox, binary):
    records = made(3)
    put("node-1/", records)
    assert ended(pull("--until-empty")) == ""
    listed = run_to_end(binary, "inbox", "ls", inbox, "--json").stdout.splitlines()
    assert [json.loads(line)["sequence"] for line in listed] == [1, 2, 3]
    for _ in records:
        claim = run_to_end(binary, "inbox", "next", inbox)
        assert run_to_end(binary, "inbox", "done", inbox, claim.stdout.strip()).returncode == 0
    assert files_of(inbox) == records
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == {} and files_of(inbox) == records


def test_it_goes_on_with_what_comes_and_with_new_folders(made, put, put_numbers, pull, inbox):
    pulling = pull()
    expected = {}
    for place in ("node-1/", "node-2/", "", STREAM, f"node-1.{EPOCH[:-1]}b/"):
        for numbers in ([1, 2], [3, 4]):
            records = made(2)
            if "." in place:
                put_numbers(records, numbers, place)
            else:
                put(place, records)
            expected |= records
            eventually(lambda: fetched(inbox) == expected, f"what is in {place or 'the prefix'} has come")
    assert stopped(pulling) == ""


def test_files_of_many_records(start_inbox, folder, drain, pull, inbox):  # noqa: F811
    server = start_inbox(store="segments", segment_age="1s")
    store(server, 30)
    eventually(lambda: names(folder, "new"), "the file is there")
    server.stop()
    assert ended(drain("--until-empty")) == ""
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == files_of(folder)
    assert all(name.endswith(".jseq") for name in fetched(inbox))


def test_what_is_none_of_ours_is_left(made, put, pull, inbox, faulty_store):
    records = made(6)
    each = [dict([item]) for item in records.items()]
    put("", {".bobbin-probe": b"bobbin\n", "README": b"?", **each[0]})
    put(".keys/", each[1])
    put("node-1/deeper/", each[2])
    put("node-1/", {"README": b"?", **each[3]})
    put("node 1/", each[4])
    put(STREAM, {number(1): each[5].popitem()[1], "README": b"?", number(0): b"?", "1.json": b"?"})
    assert ended(pull("--until-empty")) == ""
    assert list(fetched(inbox)) == [list(records)[index] for index in (0, 3, 5)]
    assert faulty_store.requests_of(key="*/README") == faulty_store.requests_of(key="*/.keys/*") == []


def test_a_prefix_may_be_left_out_or_be_odd(made, pull, scratch, faulty_store, bucket):
    for prefix in ("", "a=b&c/d+e/(1)/~*%2F,;:@"):
        records = made(2)
        for name, content in records.items():
            faulty_store.put(bucket, f"{prefix}/node/{name}".lstrip("/"), content)
        into = scratch / f"odd-{len(prefix)}"
        assert ended(pull("--until-empty", source=f"s3://{bucket}/{prefix}", into=into)) == ""
        assert fetched(into) == records


def test_an_older_name_in_a_folder_of_its_own_is_not_skipped(made, put, pull, inbox):
    """A node that comes back after days has its own cursor."""
    older, newer = made(3), made(3)
    put("node-2/", newer)
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == newer
    put("node-1/", older)
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == older | newer


@pytest.mark.parametrize("keys", [1, 2, 3])
def test_lists_in_many_pages(made, put, put_numbers, pull, inbox, faulty_store, keys):
    faulty_store.largest_page = keys
    records = [made(7) for _ in range(5)]
    put("", records[0])
    put("0-before/", records[1])
    put(f"{next(iter(records[0]))[:8]}zz/", records[2])  # behind names of records, and before whatever begins with a letter
    put("node/", records[3])
    put_numbers(records[4], range(1, 8))
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == {name: content for some in records for name, content in some.items()}


def test_a_folder_that_is_new_is_found_behind_many_names(made, put, pull, inbox, faulty_store):
    """Names of records directly below the prefix are passed over when folders are looked for."""
    faulty_store.largest_page = 2
    expected = made(9)
    put("", expected)
    pulling = pull()
    eventually(lambda: fetched(inbox) == expected, "they have come")
    for place in ("0-before/", "node/"):
        records = made(1)
        expected |= records
        put(place, records)
        eventually(lambda: fetched(inbox) == expected, f"what is in {place} has come")
    assert stopped(pulling) == ""


def test_each_record_is_fetched_once(made, put, put_numbers, pull, inbox, faulty_store):
    put("node/", made(5))
    put_numbers(made(5), range(1, 6))
    for _ in range(2):
        assert ended(pull("--until-empty")) == ""
    gets = [request.key for request in faulty_store.requests_of(method="GET", key="*.json")]
    assert len(gets) == len(set(gets)) == 10
    assert faulty_store.requests_of(method="PUT") == []


def test_a_stream_that_has_ended_is_looked_at_rarely(made, put, put_numbers, pull, inbox, faulty_store):
    latest = f"node-1.{EPOCH.replace('T06', 'T07')}/"
    for place in (STREAM, latest):
        put_numbers(made(1), [1], place)
    put("node-2/", made(1))
    assert ended(pull("--until-empty")) == ""
    location, *cursors = (inbox / CURSORS).read_text().splitlines()
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=61)
    aged = [json.dumps(json.loads(line) | {"taken": before.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}) for line in cursors]
    assert len(aged) == 3
    (inbox / CURSORS).write_text("\n".join([location, *aged]) + "\n")
    faulty_store.forget_requests()
    pulling = pull()
    for place in ("node-2/", latest):
        wait_for_lists(faulty_store, place, 3)
    assert len(lists(faulty_store, STREAM)) == 1
    assert stopped(pulling) == ""


# Streams


def test_records_of_a_stream_have_their_own_names(made, put_numbers, pull, inbox):
    records = made(12)
    put_numbers(records, range(1, 13))
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == records


def test_nothing_behind_a_missing_number_is_taken_before_it_comes(made, put, put_numbers, pull, inbox, faulty_store):
    records = made(4)
    some = list(records.values())
    put(STREAM, {number(1): some[0], number(3): some[2], number(4): some[3]})
    pulling = pull()
    wait_for_lists(faulty_store, STREAM, 3)
    assert list(fetched(inbox)) == list(records)[:1]
    put(STREAM, {number(2): some[1]})
    eventually(lambda: fetched(inbox) == records, "all have come")
    assert stopped(pulling) == ""
    assert faulty_store.requests_of(method="PUT") == []


def test_a_number_that_is_missing_for_long_is_closed(made, put, put_numbers, pull, inbox, faulty_store, bucket):
    records = made(3)
    put_numbers(records, [1, 4, 6])
    told = ended(pull("--until-empty", "--gap", "1s"))
    assert fetched(inbox) == records
    for n in (2, 3, 5):
        assert faulty_store.read(bucket, PREFIX + STREAM + number(n)) == tombstone(n)
        assert f"{STREAM}{number(n)} has been missing for 1 s or longer, and is closed" in told
    puts = faulty_store.requests_of(method="PUT", key="*/0*")
    assert {request.get("If-None-Match") for request in puts} == {"*"}
    with Client(faulty_store.address, faulty_store.credentials) as late:
        answer = late.put(bucket, PREFIX + STREAM + number(2), b"too late", ("If-None-Match", "*"))
    assert answer.status == 412
    assert faulty_store.read(bucket, PREFIX + STREAM + number(2)) == tombstone(2)


def test_numbers_are_missing_side_by_side(made, put_numbers, pull, inbox, faulty_store, bucket):
    """Each has been missing since a later one was there, and not since the one before was closed."""
    records = made(2)
    put_numbers(records, [1, 60])
    told = ended(pull("--until-empty", "--gap", "1s"))
    assert told.count("is closed") == 58
    closing = faulty_store.requests_of(method="PUT", key="*/0*")
    assert not any(lists(faulty_store, STREAM)[-1].time > request.time for request in closing[1:])
    assert fetched(inbox) == records


def test_the_end_of_a_stream_is_not_closed(made, put_numbers, pull, inbox, faulty_store):
    put_numbers(made(2), [1, 2])
    pulling = pull("--gap", "1s")
    eventually(lambda: len(fetched(inbox)) == 2, "both have come")
    wait_for_lists(faulty_store, STREAM, 3)
    assert stopped(pulling) == ""
    assert faulty_store.requests_of(method="PUT") == []


def test_a_record_that_comes_in_the_last_moment_is_taken(made, put, put_numbers, pull, inbox, faulty_store):
    records = made(3)
    some = list(records.values())
    put(STREAM, {number(1): some[0], number(3): some[2]})
    stall = faulty_store.fail(faults.Stall(), method="PUT", key="*/" + number(2))
    pulling = pull("--until-empty", "--gap", "1s")
    stall.fault.wait_until_reached()
    put(STREAM, {number(2): some[1]})
    stall.fault.release()
    assert ended(pulling) == ""
    assert fetched(inbox) == records


def test_a_tombstone_is_passed_over(made, put, put_numbers, pull, inbox):
    records = made(2)
    put_numbers(records, [2, 4])
    put(STREAM, {number(1): tombstone(1), number(3): b'{"bobbin":1,"closed":true,"why":"told so"}', number(5): tombstone(5)})
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == records


@pytest.mark.parametrize("fault", [faults.LoseAnswer(), faults.INTERNAL_ERROR], ids=["lost", "500"])
def test_closing_is_repeated(made, put_numbers, pull, inbox, faulty_store, bucket, fault):
    records = made(2)
    put_numbers(records, [1, 3])
    faulty_store.fail(fault, count=2, method="PUT", key="*/" + number(2))
    assert "attempt 1: " in ended(pull("--until-empty", "--gap", "1s"))
    assert fetched(inbox) == records
    assert faulty_store.read(bucket, PREFIX + STREAM + number(2)) == tombstone(2)


def test_a_store_that_replaces_objects_closes_nothing(made, put_numbers, pull, inbox, faulty_store, bucket):
    put_numbers(made(2), [1, 3])
    faulty_store.fail(faults.IgnoreIfNoneMatch(), count=None)
    assert "the store replaces objects" in ended(pull("--gap", "1s"), status=2)
    assert faulty_store.read(bucket, PREFIX + STREAM + number(2)) is None
    assert len(fetched(inbox)) == 1


def test_two_inboxes_have_the_same_records(made, put_numbers, pull, scratch, faulty_store, bucket):
    """Whoever closes a number, closes it for all."""
    records = made(3)
    put_numbers(records, [1, 3, 5])
    both = [pull("--until-empty", "--gap", "1s", into=scratch / name) for name in ("one", "two")]
    told = "".join(ended(process) for process in both)
    assert fetched(scratch / "one") == fetched(scratch / "two") == records
    assert told.count("is closed") == 2


# What goes wrong


def test_killed_at_any_moment_nothing_is_lost_or_doubled(made, put, put_numbers, pull, inbox, binary, faulty_store):
    expected = {}
    for place in ("", "node-1/", "node-2/"):
        records = made(40)
        put(place, records)
        expected |= records
    records = made(40)
    put_numbers(records, [*range(1, 11), *range(12, 42)])
    expected |= records
    chance = random.Random(7)
    for _ in range(12):
        pulling = pull("--gap", "1s")
        faulty_store.wait_for_requests(chance.randrange(1, 30))
        faulty_store.forget_requests()
        pulling.kill()
        pulling.wait(PATIENCE)
        for name in list(fetched(inbox))[:2]:  # a consumer, meanwhile
            (inbox / "new" / name).rename(inbox / "done" / name)
    ended(pull("--until-empty", "--gap", "1s"))
    assert not set(fetched(inbox)) & set(files_of(inbox)) and files_of(inbox)
    assert fetched(inbox) | files_of(inbox) == expected


def test_killed_before_it_could_note_how_far_it_has_come(made, put, pull, inbox, binary, faulty_store):
    """The records are there, in whatever folder, and are not put there again."""
    records = made(4)
    put("node/", records)
    stall = faulty_store.fail(faults.Stall(), key="*/" + list(records)[3])
    pulling = pull()
    stall.fault.wait_until_reached()
    eventually(lambda: len(fetched(inbox)) == 3, "three records in new")
    pulling.kill()
    pulling.wait(PATIENCE)
    assert "node/" not in (inbox / CURSORS).read_text() and len(fetched(inbox)) == 3
    first, second, third, _ = records
    claim = run_to_end(binary, "inbox", "next", inbox, "--as", "me").stdout.strip()
    assert claim.endswith(first)
    (inbox / "new" / second).rename(inbox / "failed" / second)
    faulty_store.heal()
    faulty_store.forget_requests()
    assert ended(pull("--until-empty")) == ""
    assert list(fetched(inbox)) == list(records)[2:] and names(inbox, "failed") == [second] and len(names(inbox, "work")) == 1
    assert len(faulty_store.requests_of(method="GET", key="*.json")) == 1


@pytest.mark.parametrize("fault", [
    faults.INTERNAL_ERROR, faults.SLOW_DOWN, faults.CutBeforePerforming(), faults.LoseAnswer(), faults.CutContent(),
    faults.ACCESS_DENIED, faults.Answers(429, "TooManyRequests"),
], ids=["500", "503", "cut", "lost", "half", "403", "429"])  # fmt: skip
@pytest.mark.parametrize("what", ["record", "number", "list", "folders"])
def test_what_may_pass_is_tried_again(made, put, put_numbers, pull, inbox, faulty_store, fault, what):
    records = made(2)
    put("node/", records)
    others = made(2)
    put_numbers(others, [1, 2])
    asked = {
        "record": {"key": "*/" + list(records)[1]},
        "number": {"key": "*/" + number(2)},
        "list": {"when": lambda request: request.asked("prefix") == PREFIX + "node/"},
        # The first is that of the start, at which a refusal ends the command.
        "folders": {"when": lambda request: request.asked("prefix") == PREFIX and faulty_store.requests_of(key=PROBE)},
    }[what]
    rule = faulty_store.fail(fault, count=2, method="GET", **asked)
    told = ended(pull("--until-empty"))
    assert rule.met == 2 and "attempt 1: " in told and "again in " in told
    assert fetched(inbox) == records | others


@pytest.mark.parametrize("place", ["node/", STREAM])
def test_what_is_listed_and_then_not_there(made, put, put_numbers, pull, inbox, faulty_store, bucket, place):
    """It is there after all, or somebody has removed it."""
    records = made(3)
    if place == STREAM:
        put_numbers(records, [1, 2, 3])
    else:
        put(place, records)
    second = PREFIX + place + (number(2) if place == STREAM else list(records)[1])
    faulty_store.fail(faults.Answers(404, "NoSuchKey"), key=second)
    assert f"attempt 1: the store said that {second} exists, and then that it does not" in ended(pull("--until-empty"))
    assert fetched(inbox) == records
    stall = faulty_store.fail(faults.Stall(), method="GET", key=second)
    for path in [*(inbox / "new").iterdir(), inbox / CURSORS]:
        path.unlink()
    pulling = pull("--until-empty", "--gap", "1s")
    stall.fault.wait_until_reached()
    faulty_store.remove(bucket, second)
    stall.fault.release()
    assert "exists, and then that it does not" in ended(pulling)
    assert list(fetched(inbox).values()) == [content for index, content in enumerate(records.values()) if index != 1]


def test_an_answer_that_is_no_list(made, put, pull, inbox, faulty_store):
    """A proxy's page, say."""
    records = made(1)
    put("node/", records)
    faulty_store.fail(faults.Answers(200, "Maintenance"), when=lambda request: request.asked("prefix") == PREFIX + "node/")
    assert "attempt 1: an answer 200 is no list of objects" in ended(pull("--until-empty"))
    assert fetched(inbox) == records


def test_a_store_that_is_away_is_waited_for(made, put, pull, inbox, faulty_store):
    records = made(3)
    put("node/", records)
    faulty_store.stop_listening()
    pulling = pull()
    assert "cannot be used: there is no answer" in pulling.stderr.readline()
    assert "attempt 1: there is no answer" in pulling.stderr.readline()
    faulty_store.listen()
    eventually(lambda: fetched(inbox) == records, "all have come")
    faulty_store.stop_listening()
    faulty_store.cut_connections()
    assert "attempt 1: there is no answer" in pulling.stderr.readline()
    more = made(2)
    put("node/", more)
    faulty_store.listen()
    eventually(lambda: fetched(inbox) == records | more, "all have come")
    stopped(pulling)


def test_one_object_that_cannot_be_read_holds_up_its_folder_alone(made, put, pull, inbox, faulty_store):
    stuck, others = made(3), made(3)
    put("node-1/", stuck)
    put("node-2/", others)
    rule = faulty_store.fail(faults.INTERNAL_ERROR, count=None, key="*/" + list(stuck)[1])
    pulling = pull()
    assert f"{PREFIX}node-1/: attempt 1: the store has answered 500" in pulling.stderr.readline()
    expected = dict([list(stuck.items())[0]]) | others
    eventually(lambda: fetched(inbox) == expected, "all others have come")
    assert rule.met
    faulty_store.heal()
    eventually(lambda: fetched(inbox) == stuck | others, "all have come")
    stopped(pulling)


@pytest.mark.parametrize("place", ["node-1/", STREAM])
def test_a_record_that_is_not_whole_holds_up_its_folder(made, put, put_numbers, pull, inbox, faulty_store, bucket, place):
    records, others = made(3), made(1)
    if place == STREAM:
        put_numbers(records, [1, 2, 3])
    else:
        put(place, records)
    put("node-2/", others)
    key = PREFIX + place + (number(2) if place == STREAM else list(records)[1])
    whole = faulty_store.read(bucket, key)
    for damaged, says in ((whole[:-3], "it is no record"), (whole.replace(b'"n": 1', b'"n": 7'), "it is no record"), (b"", "it is empty")):
        assert damaged != whole
        faulty_store.put(bucket, key, damaged)
        told = ended(pull("--until-empty"), status=1)
        assert f"{key} is not whole: {says}" in told and "holds up those behind it" in told
        assert fetched(inbox) == dict([list(records.items())[0]]) | others
    faulty_store.put(bucket, key, whole)
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == records | others


def test_a_numbered_record_of_no_inbox_is_not_taken(made, put, start_inbox, pull, inbox):
    """The name that it says it has is where it would be put."""
    records = made(1)
    [(name, content)] = records.items()
    put(STREAM, {number(1): content + b"\n"})
    assert "there is more in it than the record" in ended(pull("--until-empty"), status=1)
    assert fetched(inbox) == {}


def test_signals_end_it_at_once(made, put, pull, inbox, faulty_store):
    put("node/", made(3))
    stall = faulty_store.fail(faults.Stall(), count=None, key="*.json")
    pulling = pull()
    stall.fault.wait_until_reached()
    assert stopped(pulling) == ""
    faulty_store.heal()
    faulty_store.fail(faults.SLOW_DOWN, count=None, key="*.json")
    pulling = pull("--poll", "1h")
    assert "again in" in pulling.stderr.readline()
    stopped(pulling)
    assert fetched(inbox) == {}


# Who may


@pytest.mark.parametrize("fault, code", [
    (faults.ACCESS_DENIED, "403 AccessDenied"), (faults.KEY_REVOKED, "403"), (faults.NO_SUCH_BUCKET, "404 NoSuchBucket"),
], ids=["denied", "revoked", "bucket"])  # fmt: skip
@pytest.mark.parametrize("what", ["*", ""])
def test_what_an_operator_has_to_mend_is_told_at_the_start(made, put, pull, inbox, faulty_store, bucket, fault, code, what):
    """Whether objects may be listed, or whether they may be read."""
    put("node/", made(1))
    faulty_store.fail(fault, count=None, key="*.bobbin-probe" if what else "")
    assert f"s3://{bucket}/{PREFIX} cannot be used: the store has answered {code}" in ended(pull(), status=2)
    assert fetched(inbox) == {}


def test_a_source_that_was_mistyped_is_forgotten(made, put, pull, inbox, bucket):
    """An inbox has one source, but none before its first record."""
    records = made(1)
    put("node/", records)
    assert "404 NoSuchBucket" in ended(pull(source=f"s3://{bucket}x/{PREFIX}"), status=2)
    assert ended(pull("--until-empty", source=f"s3://{bucket}/nothing-there")) == ""
    assert ended(pull("--until-empty")) == "" and fetched(inbox) == records
    assert "need an inbox of their own" in ended(pull("--until-empty", source=f"s3://{bucket}/nothing-there"), status=2)


def test_wrong_credentials(pull, faulty_store):
    changes = {"AWS_SECRET_ACCESS_KEY": "wrong"}
    assert "403 SignatureDoesNotMatch" in ended(pull(environment=variables(faulty_store) | changes), status=2)
    changes = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": "/nowhere"}
    assert "there are no credentials" in ended(pull(environment=variables(faulty_store) | changes), status=2)


def test_a_clock_that_is_wrong_is_corrected(made, put, pull, inbox, faulty_store):
    records = made(2)
    put("node/", records)
    faulty_store.clock = 20 * 60
    assert ended(pull("--until-empty")) == ""
    refused = [request.connection for request in faulty_store.requests_of(when=lambda request: request.status == 403)]
    assert refused and len(refused) == len(set(refused)), "each connection learns it from one answer"
    assert fetched(inbox) == records


def test_another_location_is_refused(made, put, pull, inbox, faulty_store, bucket):
    records = made(1)
    put("node/", records)
    assert ended(pull("--until-empty")) == ""
    for source in (f"s3://{bucket}/other", f"s3://{faulty_store.new_bucket()}/{PREFIX}"):
        told = ended(pull("--until-empty", source=source), status=2)
        assert f"has the records of s3://{bucket}/{PREFIX}, and those of {source}" in told
    assert ended(pull("--until-empty")) == ""
    assert fetched(inbox) == records


def test_cursors_that_cannot_be_read_are_no_reason_to_begin_anew(made, put, pull, inbox):
    put("node/", made(1))
    assert ended(pull("--until-empty")) == ""
    (inbox / CURSORS).write_text("")
    assert "would be taken again" in ended(pull("--until-empty"), status=2)


def test_one_alone_puts_records_into_an_inbox(made, server, folder, pull, inbox, faulty_store):  # noqa: F811
    pulling = pull()
    wait_for_lists(faulty_store, "", 2)
    assert f'"{inbox}" is in use' in ended(pull(), status=2)
    assert f'"{folder}" is in use' in ended(pull(into=folder), status=2)
    assert stopped(pulling) == ""
    assert ended(pull("--until-empty")) == ""


def test_a_folder_that_cannot_be_made(pull, scratch):
    told = ended(pull(into=scratch / "missing" / "box"), status=2)
    assert "cannot be used as an inbox" in told


def test_over_another_region(made, pull, scratch):
    records = made(1)
    with FaultyStore(region="eu-north-7") as other:
        bucket = other.new_bucket()
        for name, content in records.items():
            other.put(bucket, "node/" + name, content)
        into, given = scratch / "far", variables(other)
        assert ended(pull("--until-empty", "--region", "eu-north-7", source=f"s3://{bucket}", environment=given, into=into)) == ""
        assert fetched(into) == records


def test_as_many_records_are_fetched_at_once_as_there_are_connections(made, put, pull, inbox, faulty_store):
    records = made(30)
    put("node/", records)
    stall = faulty_store.fail(faults.Stall(), key="*/node/*.json", count=None)
    pulling = pull("--until-empty", "--connections", "12")
    faulty_store.wait_for_requests(12, method="GET", key="*/node/*.json")
    assert fetched(inbox) == {}
    assert len({request.connection for request in faulty_store.requests_of(method="GET", key="*/node/*.json")}) == 12
    faulty_store.heal()
    assert ended(pulling) == "" and fetched(inbox) == records


@pytest.mark.parametrize("flags, says", [
    ((), "--from is missing"),
    (("--from", "http://127.0.0.1/"), "s3://BUCKET/PREFIX"),
    (("--from", "s3://bucket", "--poll", "0"), "a time from 1s to 1h"),
    (("--from", "s3://bucket", "--gap", "25h"), "a time from 1s to 24h"),
    (("--from", "s3://bucket", "--connections", "257"), "a whole number from 1 to 256"),
    (("--from", "s3://bucket", "--as", "me"), "--as: only allowed"),
    (("--from", "s3://bucket", "--ca-file", "/dev/null"), "no certificate"),
])  # fmt: skip
def test_words_that_are_not_allowed(binary, inbox, flags, says):
    at_once = subprocess.run([binary, "inbox", "pull", inbox, *flags], capture_output=True, text=True, env=clean_environment(),
                             timeout=PATIENCE)  # fmt: skip
    assert at_once.returncode == 2 and says in at_once.stderr, at_once
    assert not inbox.exists()
