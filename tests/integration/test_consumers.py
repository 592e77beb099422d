"""`bobbin inbox ls`, `next`, `work`, `done`, `fail`, `replay`, `reclaim`: consumers of an inbox (docs/inbox.md)."""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import threading

import pytest

from support.server import clean_environment, run_to_end
from support.waiting import PATIENCE, eventually, in_parallel
from test_inboxes import FOLDERS, configuration, folder, names, post, record_of, start_inbox  # noqa: F401

pytestmark = pytest.mark.modes("many")

RECORD_CHARACTERS = len("20261128T133608.020353Z-" + "a" * 26 + ".json")
CLAIM = "work/NAME.RECORD"


@pytest.fixture
def server(start_inbox):
    return start_inbox("--keep-alive-requests", "0")


@pytest.fixture
def inbox(binary, folder):
    """Run a command of inbox on the folder; returns its output. It must end with this status, and with nothing on standard
    error but what is named."""

    def run(command, *arguments, status=0, says=None):
        ended = run_to_end(binary, "inbox", command, folder, *arguments)
        assert ended.returncode == status, ended
        if says is None:
            assert ended.stderr == ""
        else:
            assert ended.stderr.startswith(f"bobbin: inbox {command}: ") and says in ended.stderr, ended
        return ended.stdout

    return run


@pytest.fixture
def start_consumer(binary, folder):
    """Start a command of inbox that goes on for a while; it is killed at the end of the test."""
    started = []

    def start(command, *arguments, environment=None):
        process = subprocess.Popen(
            [binary, "inbox", command, folder, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment or clean_environment(),
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture
def script(scratch):
    """Write the program `command`, in shell; returns its path. `$0.log` is a file for what it has to tell."""

    def write(text):
        path = scratch / "command"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o700)
        return path

    return write


def store(server, count, first=0):
    """Store so many documents, one after the other; returns the names of their records, in order of their sequence."""
    return {json.loads(post(server, b'{"n": %d}' % n).content)["id"]: n for n in range(first, first + count)}


def is_in(folder):
    """Where each record is, by its name in `new`. Nothing may be in two folders."""

    def places():
        return [(name[-RECORD_CHARACTERS:], part) for part in FOLDERS for name in names(folder, part)]

    # A record that is moved while the folders are listed is seen in both; two equal lists are those of one moment.
    listed = places()
    while (again := places()) != listed:
        listed = again
    found = {}
    for record, part in listed:
        assert record not in found, (record, part, found[record])
        found[record] = part
    return found


def ids_of(records):
    return {re.search(r"Z-([a-z2-7]{26})\.json$", record)[1] for record in records}


def kind_of(descriptor):
    try:
        return os.readlink(descriptor)
    except FileNotFoundError:  # it has been closed meanwhile
        return ""


def has_open(process, kind):
    """Whether the process has a descriptor of this kind, such as `signalfd`."""
    return any(kind in kind_of(descriptor) for descriptor in pathlib.Path(f"/proc/{process.pid}/fd").iterdir())


def stop(process):
    """Ask a worker to end; returns what it has told."""
    eventually(lambda: has_open(process, "signalfd"), "it takes signals")
    process.send_signal(signal.SIGTERM)
    output, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and output == "", told
    return told


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


# ls


def test_ls_shows_each_record_the_oldest_first(server, folder, inbox):
    assert inbox("ls") == ""
    store(server, 12)
    rows = [line.split() for line in inbox("ls").splitlines()]
    records = [record_of(folder / "new" / name)[0] for name in names(folder)]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 13)]
    assert rows == [
        [str(record["sequence"]), record["received"], str(record["size"]), name]
        for record, name in zip(records, names(folder), strict=True)
    ]
    for part in ("work", "done", "failed"):
        assert inbox("ls", "--in", part) == ""
    claimed = inbox("next", "--as", "me").strip()
    (line,) = inbox("ls", "--in", "work", "--json").splitlines()
    told = json.loads(line)
    assert told["whole"] is True and told["consumer"] == "me" and told["file"] == os.path.basename(claimed)
    assert {key: told[key] for key in ("sequence", "id", "received", "size", "sha256")} == {
        key: records[0][key] for key in ("sequence", "id", "received", "size", "sha256")
    }


# next, done, fail


def test_next_claims_the_oldest_and_done_ends_it(server, folder, inbox):
    store(server, 2)
    first, second = names(folder)
    path = inbox("next", "--as", "deploy")
    assert path == f"{folder}/work/deploy.{first}\n"
    assert record_of(pathlib.Path(path.strip()))[0]["body"] == {"n": 0}
    assert inbox("next") == f"{folder}/work/consumer.{second}\n"
    assert inbox("next", status=1) == "", "there is none, and nothing is said"
    inbox("done", path.strip())
    inbox("fail", f"work/consumer.{second}")
    assert is_in(folder) == {first: "done", second: "failed"}
    inbox("done", path.strip(), status=1, says=f"deploy.{first} is not there; the record is in done/{first}")


def test_done_takes_several_and_goes_on_behind_a_mistake(server, folder, inbox):
    store(server, 3)
    paths = [inbox("next").strip() for _ in range(3)]
    inbox("done", paths[0], "new/x", paths[1], paths[2], status=1, says=CLAIM)
    assert set(is_in(folder).values()) == {"done"}


def test_each_record_is_claimed_by_exactly_one(server, folder, inbox, binary):
    stored = store(server, 60)

    def claim_all(index):
        claimed = []
        while True:
            ended = run_to_end(binary, "inbox", "next", folder, "--as", f"consumer-{index}")
            assert ended.stderr == "" and ended.returncode in (0, 1), ended
            if ended.returncode == 1:
                return claimed
            claimed.append(ended.stdout.strip())

    claimed = sum(in_parallel(6, claim_all), [])
    assert len(claimed) == len(set(claimed)) == 60
    assert ids_of(claimed) == set(stored) and set(is_in(folder).values()) == {"work"}


def test_next_waits_for_a_document(server, folder, start_consumer):
    waiting = start_consumer("next", "--as", "me", "--wait", "1h")
    eventually(lambda: has_open(waiting, "inotify"), "next watches the folder")
    assert waiting.poll() is None
    store(server, 1)
    output, told = waiting.communicate(timeout=PATIENCE)
    (name,) = names(folder, "work")
    assert (waiting.returncode, output, told) == (0, f"{folder}/work/{name}\n", "")


def test_next_waits_no_longer_than_it_is_told(server, inbox):
    assert inbox("next", "--wait", "50ms", status=1) == ""


def test_a_claim_of_which_nobody_was_told_is_given_back(server, folder, binary):
    store(server, 1)
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run([binary, "inbox", "next", folder], stdout=writer, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
    os.close(writer)
    assert ended.returncode == 2 and b"the output cannot be written" in ended.stderr
    assert set(is_in(folder).values()) == {"new"}


def test_what_is_not_whole_stays_in_new(server, folder, inbox):
    store(server, 3)
    first, second, third = names(folder)
    whole = (folder / "new" / first).read_bytes()
    for broken in (whole[:-10], b"", b"\0" * len(whole), whole.replace(b'"n": 0', b'"n": 1')):
        (folder / "new" / first).write_bytes(broken)
        path = inbox("next", says=f"new/{first} is left there, since the file is not whole: ").strip()
        assert path.endswith(second)
        os.rename(path, folder / "new" / second)
    assert (folder / "new" / first).read_bytes() == broken
    inbox("ls", says=f"new/{first} is not whole")
    (folder / "new" / first).write_bytes(whole)
    assert inbox("next").strip().endswith(first)
    (folder / "new" / second).unlink()
    (folder / "new" / second).symlink_to(folder / "work" / f"consumer.{first}")
    assert inbox("next", says=f"new/{second} is left there: it is no regular file").strip().endswith(third)


def test_other_names_are_never_touched(server, folder, inbox, script, start_consumer):
    """Neither names that nobody can print, nor links, nor folders."""
    store(server, 1)
    (record,) = names(folder)
    odd = [b"README", b".hidden", b"\xff\n.json", b"a b." + record.encode(), b"\x1b[31m." + record.encode(),
           b"-rf", record.encode() + b"~", b"me.x" + record.encode()]  # fmt: skip
    for part in FOLDERS:
        for name in odd:
            with open(os.path.join(os.fsencode(folder / part), name), "wb") as file:
                file.write(b"untouched")
    path = inbox("next").strip()
    for arguments in (["ls"], ["ls", "--in", "work"], ["ls", "--in", "done"]):
        assert len(inbox(*arguments).splitlines()) == (1 if arguments[-1] == "work" else 0)
    inbox("reclaim", "--older", "0")
    path = inbox("next").strip()
    inbox("done", path)
    inbox("replay", "--done")
    worker = start_consumer("work", "--", script(""))
    eventually(lambda: (folder / "done" / record).exists(), "the record is done")
    assert stop(worker) == ""
    for part in FOLDERS:
        found = set(os.listdir(os.fsencode(folder / part)))
        assert found - {record.encode()} == set(odd), part
        for name in odd:
            with open(os.path.join(os.fsencode(folder / part), name), "rb") as file:
                assert file.read() == b"untouched"


def test_a_claim_that_is_there_already(server, folder, inbox):
    """A power cut can leave a record in `new` and in `work`."""
    store(server, 1)
    (record,) = names(folder)
    path = inbox("next", "--as", "me").strip()
    (folder / "new" / record).write_bytes(pathlib.Path(path).read_bytes())
    inbox("next", "--as", "me", status=1, says=f"new/{record} is left there, since work/me.{record} has not been ended")
    other = inbox("next", "--as", "other").strip()
    inbox("done", path)
    inbox("done", other)
    assert is_in(folder) == {record: "done"}, "it is the same in both"


def test_done_replaces_nothing(server, folder, inbox):
    store(server, 1)
    (record,) = names(folder)
    path = inbox("next").strip()
    (folder / "done" / record).write_bytes(b"another")
    for command in ("done", "done"):
        inbox(command, path, status=1, says=f"work/consumer.{record} cannot be moved to done/{record}")
    assert (folder / "done" / record).read_bytes() == b"another"
    assert record_of(pathlib.Path(path))[1] == b'{"n": 0}'
    inbox("fail", path)


# replay, reclaim


def test_replay_gives_out_again(server, folder, inbox):
    store(server, 4)
    records = names(folder)
    paths = [inbox("next").strip() for _ in records]
    inbox("done", *paths[:2])
    inbox("fail", *paths[2:])
    assert inbox("replay", records[0], f"failed/{records[3]}").splitlines() == [records[0], records[3]]
    assert names(folder) == [records[0], records[3]]
    assert inbox("replay", "--failed") == records[2] + "\n"
    assert inbox("replay", "--done") == records[1] + "\n"
    assert names(folder) == records
    assert inbox("replay", "--done") == ""
    inbox("replay", records[0], status=1, says=f"the record is in new/{records[0]}")


def test_reclaim_takes_back_what_is_old_enough(server, folder, scratch, inbox, start_consumer, script):
    store(server, 2)
    first, second = names(folder)
    inbox("next", "--as", "gone")
    worker = start_consumer("work", "--as", "living", "--", script('echo $$ > "$0.log"; exec sleep 1000'))
    (command,) = eventually(lambda: lines(scratch / "command.log"), "the worker has claimed the other one")
    assert inbox("reclaim", "--older", "15m") == ""
    assert inbox("reclaim", "--older", "0") == f"gone.{first}\n", "not that of the living one"
    assert is_in(folder)[first] == "new" and is_in(folder)[second] == "work"
    worker.kill()
    worker.wait(PATIENCE)
    os.kill(int(command), signal.SIGKILL)
    assert inbox("reclaim", "--older", "0") == f"living.{second}\n"


# work


def test_work_gives_each_record_to_the_command(server, folder, scratch, script, start_consumer):
    """Its path as the last argument, itself as standard input, in the order of arrival."""
    stored = store(server, 20)
    command = script('[ "$1 $2" = "a b" ] || exit 9\ncmp -s - "$3" || exit 8\necho "$3" >> "$0.log"\n')
    worker = start_consumer("work", "--as", "me", "--", command, "a", "b")
    eventually(lambda: len(names(folder, "done")) == 20, "all are done")
    store(server, 5, first=20)
    eventually(lambda: len(names(folder, "done")) == 25, "those that came later, too")
    assert stop(worker) == ""
    assert lines(scratch / "command.log") == [f"{folder}/work/me.{name}" for name in names(folder, "done")]
    assert set(stored) < ids_of(names(folder, "done"))


def test_work_tells_what_has_failed(server, folder, script, start_consumer):
    store(server, 3)
    first, second, third = names(folder)
    command = script('case "$1" in *%s) exit 3 ;; *%s) kill -s ABRT $$ ;; esac\n' % (first, second))
    worker = start_consumer("work", "--", command)
    eventually(lambda: is_in(folder)[third] == "done", "the last one is done")
    told = stop(worker).splitlines()
    assert is_in(folder) == {first: "failed", second: "failed", third: "done"}
    assert told[0] == f"bobbin: inbox work: failed/{first}: the command has ended with the exit status 3"
    assert told[1].startswith(f"bobbin: inbox work: failed/{second}: signal 6 has ended the command")


def test_work_ends_after_the_current_command(server, folder, scratch, script, start_consumer):
    os.mkfifo(scratch / "fifo")
    store(server, 2)
    first, second = names(folder)
    worker = start_consumer("work", "--", script(f'read word < {scratch}/fifo; echo "$word" >> "$0.log"\n'))
    with open(scratch / "fifo", "w", encoding="ascii") as fifo:  # returns when the command has opened it
        worker.send_signal(signal.SIGTERM)
        # It takes the signal from its queue; nothing but that shows that it has arrived.
        eventually(lambda: not is_pending(worker, signal.SIGTERM), "the signal has arrived")
        assert worker.poll() is None and is_in(folder)[first] == "work"
        fifo.write("let go\n")
    assert worker.wait(PATIENCE) == 0
    assert is_in(folder) == {first: "done", second: "new"}
    assert lines(scratch / "command.log") == ["let go"]


def is_pending(process, number):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        mask = int(re.search(r"^ShdPnd:\s*([0-9a-f]+)$", status.read(), re.MULTILINE)[1], 16)
    return bool(mask >> (number - 1) & 1)


def test_a_second_signal_interrupts_the_command(server, folder, scratch, script, start_consumer):
    store(server, 1)
    (record,) = names(folder)
    worker = start_consumer("work", "--", script('touch "$0.log"; exec sleep 1000\n'))
    eventually((scratch / "command.log").exists, "the command runs")
    for _ in range(2):
        worker.send_signal(signal.SIGINT)
        eventually(lambda: worker.poll() is not None or not is_pending(worker, signal.SIGINT), "the signal has arrived")
    output, told = worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 0 and output == ""
    assert told.startswith(f"bobbin: inbox work: new/{record}: signal 15 has ended the command")
    assert is_in(folder) == {record: "new"}


@pytest.mark.parametrize("idle", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_work_ends_where_there_is_nothing_to_do(server, script, start_consumer, idle):
    worker = start_consumer("work", "--", script(""))
    eventually(lambda: has_open(worker, "signalfd"), "it takes signals")
    worker.send_signal(idle)
    assert worker.communicate(timeout=PATIENCE) == ("", "") and worker.returncode == 0


def test_a_command_that_cannot_be_started_costs_no_record(server, folder, scratch, inbox, script):
    store(server, 1)
    (record,) = names(folder)
    for missing in ("no-such-command-anywhere", scratch / "missing"):
        inbox("work", "--", missing, status=2, says="a program that can be run is needed: No such file or directory")
    forbidden = script("")
    forbidden.chmod(0o600)
    inbox("work", "--", forbidden, status=2, says="a program that can be run is needed: Permission denied")
    forbidden.write_bytes(b"what no kernel runs")
    forbidden.chmod(0o700)
    inbox("work", "--", forbidden, status=2, says=f"cannot be started, and new/{record} is given out again")
    assert is_in(folder) == {record: "new"}


def test_many_workers_of_one_name_share_the_records(server, folder, scratch, script, start_consumer):
    """A worker takes back what an interrupted one of its name has left, and not what a living one is at."""
    command = script('echo "$1" >> "$0.log"\n')
    workers = [start_consumer("work", "--", command) for _ in range(4)]
    stored = store(server, 100)
    workers += [start_consumer("work", "--", command) for _ in range(2)]
    eventually(lambda: len(names(folder, "done")) == 100, "all are done")
    for worker in workers:
        assert stop(worker) == ""
    handled = lines(scratch / "command.log")
    assert len(handled) == len(set(handled)) == 100
    assert ids_of(handled) == set(stored)


class Sender:
    """Stores documents until it is stopped, and waits while many are new: how fast the disk is against the start of a
    command must not decide how long the consumers need for what is left."""

    MANY = 100

    def __init__(self, server, folder):
        self.stored = {}
        self._server = server
        self._folder = folder
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self):
        while not self._stopped.is_set():
            if len(names(self._folder)) >= self.MANY:
                self._stopped.wait(0.01)
            else:
                self.stored |= store(self._server, 1, first=len(self.stored))

    def stop(self):
        self._stopped.set()
        self._thread.join()


@pytest.mark.parametrize("consumers", [1, 3])
def test_nothing_is_lost_when_workers_are_killed(server, folder, scratch, script, start_consumer, consumers):
    """kill -9 at any moment while documents arrive: each is handled, and it is always in one of the folders."""
    drawn = random.Random(consumers)
    command = script('echo "$1" >> "$0.log"\ncase "$1" in *[a-f].json) exit 1 ;; esac\n')
    sender = Sender(server, folder)
    try:
        for _ in range(25):
            before = set(sender.stored)
            workers = [start_consumer("work", "--as", f"w{n}", "--", command) for n in range(consumers)]
            done = len(names(folder, "done"))
            # A while that is drawn: from the start of the program to some records later.
            wait = threading.Event()
            wait.wait(drawn.random() * 0.15)
            for worker in workers:
                worker.kill()
            for worker in workers:
                worker.wait()
            assert before <= ids_of(is_in(folder)) and done <= len(names(folder, "done"))
    finally:
        sender.stop()
    workers = [start_consumer("work", "--as", f"w{n}", "--", command) for n in range(consumers)]
    eventually(lambda: names(folder) == names(folder, "work") == [], "all are handled")
    for worker in workers:
        stop(worker)
    where = is_in(folder)
    assert ids_of(where) == set(sender.stored)
    assert ids_of(lines(scratch / "command.log")) == set(sender.stored), "none was skipped"
    assert {part for record, part in where.items() if re.search(r"[a-f]\.json$", record)} <= {"failed"}
    assert {part for record, part in where.items() if re.search(r"[^a-f]\.json$", record)} <= {"done"}


def test_consumers_change_nothing_but_names(server, folder, inbox, script, start_consumer):
    store(server, 3)
    before = {record: (folder / "new" / record).stat() for record in names(folder)}
    inbox("done", inbox("next").strip())
    worker = start_consumer("work", "--", script(""))
    eventually(lambda: len(names(folder, "done")) == 3, "all are done")
    stop(worker)
    for record, old in before.items():
        new = (folder / "done" / record).stat()
        assert (new.st_ino, new.st_mtime_ns, new.st_mode, new.st_nlink) == (old.st_ino, old.st_mtime_ns, old.st_mode, 1)
    assert sorted(path.name for path in folder.iterdir()) == sorted([".bobbin", *FOLDERS])


def test_consumers_need_no_server(server, folder, inbox):
    store(server, 1)
    server.stop()
    inbox("done", inbox("next").strip())
    assert set(is_in(folder).values()) == {"done"}


# Mistakes

MISTAKES = [
    (["inbox", "next"], "inbox next: the folder of the inbox is missing, as in: bobbin inbox next inboxes/github"),
    (["inbox", "take", "box"], "is no command; ls, next, work, forward, drain, pull, done, fail, replay, reclaim, verify, cat or prove is needed"),
    (["inbox", "next", "missing"], '"missing" is not allowed; the existing folder of an inbox is needed'),
    (["inbox", "next", "."], "is no inbox, since it has no folder"),
    (["inbox", "next", "box", "x"], '"x": too many arguments; only one folder stands behind inbox next'),
    (["inbox", "next", "box", "--as", "a.b"], '--as: "a.b" is not allowed; 1 to 64 of A-Z, a-z, 0-9, - and _'),
    (["inbox", "next", "box", "--as", "x" * 65], "is not allowed; 1 to 64 of"),
    (["inbox", "next", "box", "--wait", "soon"], '--wait: "soon" is not allowed; a time from 0 to 24h'),
    (["inbox", "next", "box", "--json"], "--json: only allowed behind a command"),
    (["inbox", "ls", "box", "--in", "old"], '--in: "old" is not allowed; new, work, done or failed'),
    (["inbox", "ls", "box", "--as", "me"], "--as: only allowed behind a command, as in: bobbin inbox next"),
    (["inbox", "work", "box"], "the command that gets the records is missing, as in: bobbin inbox work inboxes/github -- "),
    (["inbox", "work", "box", "--"], "the command that gets the records is missing"),
    (["inbox", "work", "--", "true"], "inbox work: the folder of the inbox is missing"),
    (["inbox", "work", "box", "true"], '"true": too many arguments; only one folder stands behind inbox work, and the command behind --'),
    (["inbox", "done", "box"], "inbox done: the files of the claims are missing, as in: bobbin inbox done"),
    (["inbox", "replay", "box"], "--failed and --done mean all"),
    (["inbox", "replay", "box", "x", "--failed"], '"x": a file is not allowed beside --failed or --done'),
    (["inbox", "replay", "box", "--failed", "--done"], "--failed: not allowed beside --done"),
    (["inbox", "reclaim", "box"], "inbox reclaim: --older is missing, as in: bobbin inbox reclaim inboxes/github --older 15m"),
    (["inbox", "reclaim", "box", "--older", "-1"], '--older: "-1" is not allowed; a time from 0 to 8760h'),
    (["inbox", "next", "box", "--port", "1"], "--port: not allowed behind bobbin inbox"),
]


@pytest.mark.parametrize("arguments, says", MISTAKES, ids=[" ".join(arguments)[:40] for arguments, _ in MISTAKES])
def test_mistakes(binary, scratch, arguments, says):
    ended = run_to_end(binary, *arguments, directory=scratch)
    assert ended.returncode == 2 and ended.stdout == "", ended
    assert ended.stderr.startswith("bobbin: ") and says in ended.stderr
    assert ended.stderr.count("\n") == 1
