"""`bobbin inbox work --retry`: a command that fails is run again for the same record (docs/inbox.md, "Commands")."""

import re
import signal

import pytest

from support.server import run_to_end
from support.waiting import PATIENCE, eventually
from test_consumers import has_open, inbox, is_in, lines, script, server, start_consumer, stop, store  # noqa: F401
from test_inboxes import configuration, folder, names, start_inbox  # noqa: F401

pytestmark = pytest.mark.modes("many")

# Tells which record it was given, and at which attempt.
TELL = 'record=${1##*/}; echo "$BOBBIN_ATTEMPT ${record#*.}" >> "$0.log"\n'
# A pause in which a test ends the worker. It never passes.
LONG = "1h"


def pause_in(told):
    """The seconds behind `again in`."""
    return int(re.search(r"; again in ([0-9]+) s$", told)[1])


def first_line(process):
    """What a worker says first. It is asked to do so by a command that fails."""
    line = process.stderr.readline()
    assert line.startswith("bobbin: inbox work: ")
    return line.removeprefix("bobbin: inbox work: ").rstrip("\n")


def test_a_command_that_fails_is_run_again_until_it_succeeds(server, folder, scratch, script, start_consumer):
    store(server, 2)
    first, second = names(folder)
    command = script(TELL + f'case "$BOBBIN_ATTEMPT $1" in [12]*{first}) exit 7 ;; esac\n')
    worker = start_consumer("work", "--retry", "1s,1s,1h", "--", command)
    eventually(lambda: is_in(folder)[second] == "done", "both are handled")
    told = stop(worker).splitlines()
    assert is_in(folder) == {first: "done", second: "done"}
    assert lines(scratch / "command.log") == [f"1 {first}", f"2 {first}", f"3 {first}", f"1 {second}"], "in order"
    claim = f"bobbin: inbox work: work/worker.{first}: "
    assert [re.sub(r"[0-9]+ s$", "N s", line) for line in told] == [
        f"{claim}attempt {number} of 4: the command has ended with the exit status 7; again in N s" for number in (1, 2)
    ]
    assert [pause_in(line) for line in told] == [1, 1]


def test_what_fails_each_time_goes_to_failed_and_the_next_follows(server, folder, scratch, script, start_consumer):
    store(server, 2)
    first, second = names(folder)
    command = script(TELL + f'case "$1" in *{first}) kill -s ABRT $$ ;; esac\n')
    worker = start_consumer("work", "--retry", "1s", "--", command)
    eventually(lambda: is_in(folder)[second] == "done", "the second one is done")
    told = stop(worker).splitlines()
    assert is_in(folder) == {first: "failed", second: "done"}
    assert lines(scratch / "command.log") == [f"1 {first}", f"2 {first}", f"1 {second}"]
    assert told[0].startswith(f"bobbin: inbox work: work/worker.{first}: attempt 1 of 2: signal 6 has ended the command")
    assert told[1].startswith(f"bobbin: inbox work: failed/{first}: attempt 2 of 2: signal 6 has ended the command")
    assert len(told) == 2


def test_the_exit_status_65_says_that_no_attempt_will_succeed(server, folder, scratch, script, start_consumer):
    """EX_DATAERR. EX_TEMPFAIL (75) is a failure as any other."""
    store(server, 2)
    first, second = names(folder)
    worker = start_consumer("work", "--retry", LONG, "--", script(TELL + f'case "$1" in *{first}) exit 65 ;; esac\nexit 75\n'))
    told = first_line(worker)
    assert told.startswith(f"failed/{first}: attempt 1 of 2: the command has ended with the exit status 65, which says that")
    told = first_line(worker)
    assert re.fullmatch(f"work/worker.{second}: attempt 1 of 2: .* status 75; again in ([0-9]+ min|1 h).*", told), told
    assert is_in(folder) == {first: "failed", second: "work"}
    assert lines(scratch / "command.log") == [f"1 {first}", f"1 {second}"]


def test_without_a_schedule_there_is_one_attempt(server, folder, scratch, script, start_consumer):
    store(server, 1)
    (record,) = names(folder)
    worker = start_consumer("work", "--", script(TELL + "exit 65\n"))
    assert first_line(worker) == f"failed/{record}: the command has ended with the exit status 65"
    assert lines(scratch / "command.log") == [f"1 {record}"]


def test_a_command_that_cannot_be_started_is_tried_again(server, folder, script, start_consumer):
    store(server, 1)
    (record,) = names(folder)
    command = script("")
    command.write_bytes(b"what no kernel runs")
    worker = start_consumer("work", "--retry", "1s,1h", "--", command)
    assert "attempt 1 of 3: the command cannot be started: posix_spawn: Exec format error" in first_line(worker)
    replacement = command.with_name("replacement")
    replacement.write_text("#!/bin/sh\n")
    replacement.chmod(0o700)
    replacement.rename(command)
    eventually(lambda: is_in(folder) == {record: "done"}, "the second attempt succeeds")


def test_a_signal_ends_a_pause(server, folder, scratch, inbox, script, start_consumer):
    store(server, 2)
    first, second = names(folder)
    worker = start_consumer("work", "--retry", LONG, "--", script(TELL + "exit 1\n"))
    first_line(worker)
    assert inbox("reclaim", "--older", "0") == "", "it holds the record meanwhile"
    assert is_in(folder) == {first: "work", second: "new"}
    worker.send_signal(signal.SIGTERM)
    output, told = worker.communicate(timeout=PATIENCE)
    assert (worker.returncode, output) == (0, "")
    assert told == f"bobbin: inbox work: new/{first} is given out again, since this worker was told to end\n"
    assert is_in(folder) == {first: "new", second: "new"}
    # The next one begins with it, and with the first attempt.
    worker = start_consumer("work", "--", script(TELL))
    eventually(lambda: set(is_in(folder).values()) == {"done"}, "both are done")
    assert lines(scratch / "command.log") == [f"1 {first}", f"1 {first}", f"1 {second}"]


def test_a_signal_during_an_attempt_leaves_the_record_for_the_next_worker(server, folder, scratch, script, start_consumer):
    """It ends the worker when the command has ended; as that has failed, and attempts are left, the record is not given up."""
    store(server, 1)
    (record,) = names(folder)
    worker = start_consumer("work", "--retry", LONG, "--", script(f"{TELL}kill -s TERM $PPID\nexit 1\n"))
    _, told = worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 0 and is_in(folder) == {record: "new"}
    assert told == f"bobbin: inbox work: new/{record}: attempt 1 of 2: the command has ended with the exit status 1\n"


def test_nothing_is_lost_when_a_worker_is_killed_in_a_pause(server, folder, scratch, script, start_consumer):
    """kill -9: the next worker takes the record back and begins with the first attempt."""
    store(server, 2)
    first, second = names(folder)
    command = script(TELL + "exit 1\n")
    worker = start_consumer("work", "--retry", LONG, "--", command)
    first_line(worker)
    worker.kill()
    worker.wait(PATIENCE)
    assert is_in(folder) == {first: "work", second: "new"}
    worker = start_consumer("work", "--retry", f"1s,{LONG}", "--", command)
    assert first_line(worker) == f"new/{first} is given out again, since its consumer was interrupted"
    assert f"worker.{first}: attempt 1 of 3" in first_line(worker)
    assert f"worker.{first}: attempt 2 of 3" in first_line(worker)
    assert is_in(folder) == {first: "work", second: "new"}, "order is kept"
    assert lines(scratch / "command.log") == [f"1 {first}", f"1 {first}", f"2 {first}"]


def test_a_claim_that_is_ended_by_hand_ends_the_pause(server, folder, inbox, script, start_consumer):
    store(server, 2)
    first, second = names(folder)
    worker = start_consumer("work", "--retry", LONG, "--", script(f'case "$1" in *{first}) exit 1 ;; esac\n'))
    first_line(worker)
    inbox("fail", f"worker.{first}")
    assert first_line(worker) == f"work/worker.{first} is not tried again, since another program has taken it away"
    eventually(lambda: is_in(folder) == {first: "failed", second: "done"}, "it goes on with the next one")


def test_several_workers_hold_a_record_each(server, folder, script, start_consumer):
    store(server, 2)
    workers = [start_consumer("work", "--retry", LONG, "--", script("exit 1\n")) for _ in range(2)]
    for worker in workers:
        first_line(worker)
    assert list(is_in(folder).values()) == ["work", "work"]


@pytest.mark.parametrize(
    "schedule, says",
    [
        ("", "--retry: 0 pauses are not allowed; 1 to 20 are needed, as in 5s,5m,30m,2h"),
        (",".join(["1s"] * 21), "--retry: 21 pauses are not allowed; 1 to 20 are needed"),
        ("5s,soon", '--retry: "soon" is not allowed; each pause is a time from 1s to 24h, as in 5s,5m,30m,2h'),
        ("500ms", '--retry: "500ms" is not allowed; each pause is a time from 1s to 24h'),
        ("25h", '--retry: "25h" is not allowed; each pause is a time from 1s to 24h'),
    ],
)
def test_mistakes_in_a_schedule(binary, scratch, schedule, says):
    ended = run_to_end(binary, "inbox", "work", "box", f"--retry={schedule}", "--", "true", directory=scratch)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"bobbin: {says}") and ended.stderr.count("\n") == 1, ended.stderr
