"""Upgrades that fail, and what comes while one is under way: the old process serves on (docs/upgrade.md)."""

import contextlib
import os
import re
import signal

import pytest

from support.clients import PATIENT_FLAGS, occupy
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    JSON,
    check_accepted,
    configuration,
    folder,
    post,
    records,
)
from support.server import accepts
from support.upgrades import (  # noqa: F401 (fixtures are used by name)
    BEGUN,
    FAILED,
    HANDED_OVER,
    TAKEN_OVER,
    Upgradable,
    begin_upload,
    check_may_be_upgraded_now,
    check_serves_on,
    check_whole,
    file,
    pid_file,
    place,
    processes_of,
    release_of,
    start,
    start_configured,
    start_installed,
    text_of,
    uploaded,
    wait_for_the_fake,
    wait_until_ended,
    wake,
    write,
)
from support.waiting import eventually, in_parallel

pytestmark = pytest.mark.modes("many")

RELOADED = "Configuration reloaded$"


# Upgrades that fail


def test_a_configuration_that_is_wrong(start_configured, write, file):
    server = start_configured(header="X-Release: 1")
    for wrong in ["treads = 3\n", 'root = "/not/there"\n', "not a line of TOML\n"]:
        file.write_text(wrong)
        server.fail_to_upgrade()
        check_serves_on(server)
    file.unlink()
    server.fail_to_upgrade()
    check_serves_on(server)
    assert release_of(server.get()) == "1"
    write(port=0, header="X-Release: 2")
    check_may_be_upgraded_now(server)
    assert release_of(server.get()) == "2"


def test_the_log_says_what_is_wrong_in_the_configuration(start_configured, file):
    server = start_configured()
    file.write_text("treads = 3\n")
    server.fail_to_upgrade()
    server.log.wait_for("Upgrade failed, this process serves on: .*treads: no such key")


@pytest.mark.parametrize("kind", ["gone", "not executable", "no program", "another one"])
def test_a_program_that_cannot_be_started(start_installed, place, kind):
    server = start_installed()
    if kind == "gone":
        place.path.unlink()
    elif kind == "another one":
        place.install_script("#!/bin/sh\nexec /bin/false\n")
    else:
        place.install_script("no program\n", 0o644 if kind == "not executable" else 0o755)
    server.fail_to_upgrade()
    check_serves_on(server)
    place.restore()
    check_may_be_upgraded_now(server)


@pytest.mark.parametrize(
    "acts",
    [
        ["sys.exit(0)"],
        ["sys.exit(9)"],
        ["os.kill(os.getpid(), signal.SIGKILL)"],
        ["channel.close()", "wait()"],
        ["greet()", "sys.exit(0)"],
        ["greet()", "channel.close()", "wait()"],
        ["say('garbage')", "wait_for_the_end()"],
        ["greet()", "say('garbage')", "wait_for_the_end()"],
        ["greet()", "channel.send(bytes(range(256)))", "wait_for_the_end()"],
        ["greet()", "say('x' * 60000)", "wait_for_the_end()"],
        ["greet()", "say('prepared 7')", "wait_for_the_end()"],
        ["greet()", "say('prepared -1')", "wait_for_the_end()"],
        ["greet()", "say('prepared 0 0')", "wait_for_the_end()"],
        ["greet()", "say('prepared 99999999999999999999')", "wait_for_the_end()"],
        ["greet()", "say(f'serving {os.getpid()}')", "wait_for_the_end()"],
        ["greet()", "say('outcome 1 0 0 0 ')", "wait_for_the_end()"],
        ["take_over()", "sys.exit(0)"],
        ["take_over()", "say('garbage')", "wait_for_the_end()"],
        ["take_over()", "say('serving')", "wait_for_the_end()"],
        ["take_over()", "say('serving x')", "wait_for_the_end()"],
        ["take_over()", "prepare()", "wait_for_the_end()"],
        ["take_over()", "say('outcome 1 0 0 0 ')", "wait_for_the_end()"],
        ["take_over()", "say('failed at the last moment')", "wait_for_the_end()"],
    ],
    ids=" ".join,
)
def test_a_new_program_that_does_not_do_its_part(start_installed, place, acts):
    """Whatever it does instead, the old process serves on, and the next upgrade is possible."""
    server = start_installed()
    place.install_fake(*acts)
    server.fail_to_upgrade()
    check_serves_on(server)
    place.restore()
    check_may_be_upgraded_now(server)


def test_the_new_program_says_why(start_installed, place):
    server = start_installed()
    place.install_fake("greet()", "say('failed because I say so')")
    assert "because I say so" in server.fail_to_upgrade()
    check_serves_on(server)


def test_what_the_new_program_says_stays_on_its_line(start_installed, place):
    """It is not trusted to write into the log."""
    server = start_installed()
    place.install_fake("greet()", r"say('failed one\nTWO \x1b[31m')")
    server.fail_to_upgrade()
    check_serves_on(server)
    assert not any(line.startswith("TWO") or "\x1b" in line for line in server.log.lines)


# The server waits for a minute, and for ten seconds while nobody stores.
TAKES_LONG = pytest.mark.skipif("BOBBIN_LONG" not in os.environ, reason="./test long runs it")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "acts",
    [
        pytest.param([], id="at once", marks=TAKES_LONG),
        pytest.param(["greet()"], id="before it is prepared", marks=TAKES_LONG),
        pytest.param(["take_over()"], id="before it serves"),
    ],
)
def test_a_new_program_that_says_nothing(start_installed, place, acts):
    """It is given up some day, and ended."""
    server = start_installed()
    place.install_fake(*acts, "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    answers = in_parallel(2, lambda number: server.upload(b"[%d]" % number) if number else server.get("/about.html"))
    assert [response.status for response in answers] == [200, 201]
    server.log.wait_for(FAILED, patience=400)
    server._failures += 1
    wait_until_ended(fake)
    check_serves_on(server)
    place.restore()
    check_may_be_upgraded_now(server)


def test_the_protocol(start_installed, place, scratch):
    """What a new program is told of the sockets, and what of a document."""
    path = scratch / "bobbin.sock"
    server = start_installed(*PATIENT_FLAGS, "--bind", "127.0.0.1", "--bind", f"unix:{path}")
    place.install_fake("take_over()", "serve()", "take_document()", "answer('0 0 0 ')", "wait_for_the_end()")
    with server.connect() as connection:
        content = text_of(1_000)
        rest = begin_upload(connection, content, 10)
        fake = server.upgrade()
        received = [match[1] for match in server.log.wait_for("^Fake: received (.*)$", 5)]
        assert received[0] == "hello 1" and received[3:] == ["all", "released"]
        assert all(text.startswith("listener ") for text in received[1:3]) and received[1] != received[2]
        connection.send(rest)
        number, device, inode, size = map(int, server.log.wait_for(r"^Fake: received document (\d+) (\d+) (\d+) (\d+)$")[0].groups())
        assert size == len(content)
        said = server.log.wait_for(r"^Fake: content has device (\d+) inode (\d+) size (\d+)$")[0]
        assert int(said[3]) == size
        assert connection.receive().status == 503
    assert server.wait_for_the_first() == 0
    server.log.wait_for("^Fake: the channel has ended$")
    wait_until_ended(fake)
    assert uploaded(server) == []


def test_a_document_that_the_new_process_does_not_answer(start_installed, place):
    """Nobody knows what has become of it, so the client is not told that it is stored."""
    server = start_installed(*PATIENT_FLAGS)
    place.install_fake("take_over()", "serve()", "take_document()")
    with server.connect() as connection, server.connect() as other:
        rest = begin_upload(connection, text_of(100_000), 10)
        rest_of_other = begin_upload(other, b"[1]", 1)
        server.upgrade()
        connection.send(rest)
        assert 500 <= connection.receive().status <= 599
        other.send(rest_of_other)
        assert 500 <= other.receive().status <= 599, "there is nobody who could store it"
    assert server.wait_for_the_first() == 0


@pytest.mark.parametrize("text", ["", "x", "1", "0 0 0", "99 0 0 ", "-1 -1 -1 ", "0 0 0 " + 50_000 * "x"])
def test_an_outcome_that_means_nothing(start_installed, place, text):
    server = start_installed(*PATIENT_FLAGS, "--commit-timeout", "2s")
    place.install_fake("take_over()", "serve()", "take_document()", f"answer({text!r})", "wait_for_the_end()")
    with server.connect() as connection:
        rest = begin_upload(connection, b"[1]", 1)
        server.upgrade()
        connection.send(rest)
        assert 500 <= connection.receive().status <= 599
    assert server.wait_for_the_first() == 0


def test_outcomes_for_documents_that_nobody_has_sent(start_installed, place):
    server = start_installed(*PATIENT_FLAGS, "--commit-timeout", "2s")
    place.install_fake("take_over()", "serve()", "wait()", "say('outcome 4711 0 0 0 ')", "say('garbage')", "wait_for_the_end()")
    with server.connect() as connection:
        rest = begin_upload(connection, b"[1]", 1)
        wake(server.upgrade())
        connection.send(rest)
        assert 500 <= connection.receive().status <= 599
    assert server.wait_for_the_first() == 0


# While an upgrade is under way


@pytest.mark.parametrize("durability", ["files", "journal"])
@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("size", [20, 100_000])
def test_uploads_wait_while_the_folder_is_nobodys(start_installed, place, size, before, durability):
    """They are not refused: whoever serves in the end stores them. Everything else is answered as ever."""
    server = start_installed(*PATIENT_FLAGS, "--durability", durability)
    for _ in range(before):
        assert server.upload(text_of(size)).status == 201
    place.install_fake("take_over()", "wait()")
    earlier = server.connect()
    rest = begin_upload(earlier, text_of(size), 10)
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    earlier.send(rest)
    uploads = [server.connect() for _ in range(3)]
    for connection in uploads:
        connection.send(connection.request("POST", "/upload", fields=[JSON], content=text_of(size)))
    for _ in range(20):
        assert server.get("/about.html").status == 200
    assert not any(connection.has_input() for connection in (earlier, *uploads))
    assert uploaded(server) == [text_of(size)] * before
    wake(fake)
    server.wait_until_failed()
    assert [connection.receive().status for connection in (earlier, *uploads)] == [201] * 4
    assert uploaded(server) == [text_of(size)] * (4 + before)
    check_serves_on(server)
    place.restore()
    check_may_be_upgraded_now(server)


@pytest.mark.parametrize("before", [0, 1])
def test_inboxes_wait_too(folder, place, configuration, start, binary, before):  # noqa: F811
    server = start("--config", configuration(), *PATIENT_FLAGS, program=place.path)
    for _ in range(before):
        check_accepted(post(server, b"[0]"))
    place.install_fake("take_over()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    connections = [server.connect() for _ in range(5)]
    for number, connection in enumerate(connections):
        connection.send(connection.request("POST", "/in/box", fields=[JSON], content=b"[%d]" % number))
    for _ in range(20):
        assert server.get("/about.html").status == 200
    assert not any(connection.has_input() for connection in connections) and len(records(folder)) == before
    wake(fake)
    server.wait_until_failed()
    for connection in connections:
        check_accepted(connection.receive())
    assert sorted(body for _, body in records(folder)) == sorted([b"[0]"] * before + [b"[%d]" % number for number in range(5)])
    server.stop()
    check_whole(binary, folder)


def test_documents_can_be_read_while_the_folder_is_nobodys(start_installed, place):
    server = start_installed()
    location = server.upload(b"[1]")["Location"]
    place.install_fake("take_over()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    assert server.get(location).content == b"[1]"
    wake(fake)
    server.wait_until_failed()


def test_the_folder_is_unlocked_for_the_new_process(start_installed, place, binary, root):
    """It is at rest, so that whoever reads it finds it whole, and the old process takes it back at once."""
    server = start_installed()
    assert server.upload(b"[1]").status == 201
    place.install_fake("take_over()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    check_whole(binary, root / "uploads")
    wake(fake)
    server.wait_until_failed()
    check_serves_on(server)


def test_a_folder_that_was_in_use_is_taken_back(start_installed, place):
    """After each of several upgrades that fail at the last moment, uploads are stored, and none is refused."""
    server = start_installed()
    place.install_fake("take_over()")
    for _ in range(5):
        check_serves_on(server)
        server.fail_to_upgrade()
    check_serves_on(server)


def test_a_second_signal_is_a_line_in_the_log(start_installed, place):
    server = start_installed()
    place.install_fake("greet()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    for count in (1, 2):
        server.tell(signal.SIGUSR2)
        server.log.wait_for("SIGUSR2: an upgrade is under way already", count)
    assert server.log.count(BEGUN) == 1
    wake(fake)
    server.wait_until_failed()
    check_serves_on(server)


def test_a_reload_is_a_line_in_the_log(start_plain, write, place, root):
    server = start_plain(
        "--config", write(port=0, header="X-Release: 1"), root=root, kind=Upgradable, program=place.path
    )
    place.install_fake("greet()", "wait()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    write(port=0, header="X-Release: 2")
    server.tell(signal.SIGHUP)
    server.log.wait_for("SIGHUP")
    assert release_of(server.get()) == "1" and server.log.count(RELOADED) == 0
    wake(fake)
    server.wait_until_failed()
    assert release_of(server.get()) == "1"
    server.tell(signal.SIGHUP)
    server.log.wait_for(RELOADED)
    assert release_of(server.get()) == "2"


@pytest.mark.parametrize("number", [signal.SIGUSR2, signal.SIGHUP], ids=["SIGUSR2", "SIGHUP"])
def test_a_process_that_only_finishes_begins_nothing(start_configured, write, number):
    server = start_configured(flags=PATIENT_FLAGS, header="X-Release: 1")
    busy = occupy(server)
    write(port=0, header="X-Release: 2")
    server.upgrade()
    write(port=0, header="X-Release: 3")
    for _ in range(5):
        server.process.send_signal(number)
    for _ in range(20):
        assert release_of(server.get()) == "2"
    assert release_of(busy_answer(busy)) == "1"
    assert server.wait_for_the_first() == 0
    assert server.log.count(BEGUN) == 1 and server.log.count(RELOADED) == 0
    assert release_of(server.get()) == "2"


def busy_answer(connection):
    connection.send(b"[1]")
    response = connection.receive()
    assert response.status == 201 and not response.keeps
    return response


def test_a_process_that_only_finishes_may_be_stopped(start):
    """Then idle connections are closed at once, and the new process goes on."""
    server = start(*PATIENT_FLAGS, "--keep-alive-timeout", "120s")
    with server.connect() as idle:
        assert idle.ask("GET", "/about.html").keeps
        server.upgrade()
        server.process.send_signal(signal.SIGTERM)
        idle.expect_closed()
    assert server.wait_for_the_first() == 0
    assert server.upload(b"[1]").status == 201


def test_many_signals_at_once(start):
    """They begin one upgrade or some, one after the other, and in the end one process serves."""
    server = start()
    for _ in range(50):
        with contextlib.suppress(ProcessLookupError):
            server.process.send_signal(signal.SIGUSR2)
    assert server.wait_for_the_first() == 0
    server.finish_upgrade()
    assert server.log.count(HANDED_OVER) == 1 and server.log.count(FAILED) == 0
    assert server.upload(b"[1]").status == 201


def test_a_log_file_goes_on(start, scratch):
    path = scratch / "bobbin.log"
    server = start("--log-file", path, log_file=path)
    assert server.get().status == 200
    server.tell(signal.SIGUSR2)
    match = eventually(lambda: re.search(HANDED_OVER, path.read_text(), re.MULTILINE), "the log says so")
    server.now = int(match[1])
    assert server.get().status == 200
    server.stop()
    text = path.read_text()
    assert text.count("Server stopped\n") == 2 and text.count("HTTP Server started on ") == 2
    assert re.search(TAKEN_OVER, text, re.MULTILINE)


@pytest.mark.parametrize("acts", [["wait_for_the_end()"], ["greet()", "wait_for_the_end()"], ["take_over()", "wait_for_the_end()"],
                                  ["greet()", "wait()"]], ids=" ".join)  # fmt: skip
def test_a_stop_ends_both(start_installed, place, acts):
    """Nobody serves afterwards, whatever the new process was about to do."""
    server = start_installed()
    place.install_fake(*acts)
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    server.tell(signal.SIGTERM)
    assert server.wait_for_the_first() == 0
    wait_until_ended(fake)
    assert not accepts(server.address)


@pytest.mark.parametrize("moment", ["with the signal", BEGUN, "HTTP Server started on ", HANDED_OVER])
def test_a_stop_at_any_moment(start, scratch, moment, pid_file):
    """Whichever process serves then, the service ends when each that the pid file has named was told to."""
    server = start("--pid-file", pid_file)
    seen = server.log.count(moment)
    server.tell(signal.SIGUSR2)
    if moment != "with the signal":
        server.log.wait_for(moment, seen + 1)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_for_the_first() == 0
    if server.log.count(HANDED_OVER):
        server.now = int(server.log.wait_for(HANDED_OVER)[0][1])
        assert server.get().status == 200
    else:
        eventually(lambda: processes_of(scratch) == {}, "the new process has ended, too")
        assert not accepts(server.address) and not pid_file.exists()


def test_the_process_is_killed_during_an_upgrade(start_installed, place, scratch):
    """The program that was to follow learns of it, and so does the launcher."""
    server = start_installed()
    place.install_fake("greet()", "wait_for_the_end()")
    server.begin_upgrade()
    fake = wait_for_the_fake(server)
    server.kill()
    wait_until_ended(fake)
    eventually(lambda: processes_of(scratch) == {}, "nothing is left")
