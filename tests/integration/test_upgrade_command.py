"""The launcher, the file of --pid-file, and bobbin upgrade (docs/upgrade.md)."""

import fcntl
import os
import pathlib
import re
import signal
import socket
import stat
import threading

import pytest

from support.clients import PATIENT_FLAGS, occupy
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    folder,
    names,
)
from support.server import run_to_end
from support.upgrades import (  # noqa: F401 (fixtures are used by name)
    check_serves_on,
    file,
    launcher_of,
    parent_of,
    pid_file,
    place,
    start,
    start_configured,
    start_installed,
    wait_for_the_fake,
    wait_until_ended,
    write,
)
from support.waiting import eventually

pytestmark = pytest.mark.modes("many")


# The launcher


def test_the_launcher_ends_with_the_server(start, scratch):
    server = start()
    launcher = eventually(lambda: launcher_of(server.now), "there is a launcher")
    server.kill()
    wait_until_ended(launcher)
    server = start()
    launcher = launcher_of(server.now)
    server.upgrade()
    assert server.wait_for_the_first() == 0
    wait_until_ended(launcher)
    launcher = launcher_of(server.now)
    os.kill(server.now, signal.SIGKILL)
    wait_until_ended(launcher)


def test_without_its_launcher_a_server_serves_on(start):
    server = start()
    os.kill(launcher_of(server.now), signal.SIGKILL)
    eventually(lambda: launcher_of(server.now) is None, "the launcher is gone")
    check_serves_on(server)
    server.tell(signal.SIGUSR2)
    server.wait_until_failed()
    check_serves_on(server)


def test_signals_for_the_whole_group_end_the_server_the_orderly_way(start):
    """As a terminal sends them: the launcher is not the first to go, and nothing is logged as a fault."""
    server = start(before=os.setsid)
    assert server.get().status == 200
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.wait_for_the_first() == 0
    server.log.wait_for("Server stopped$")


def test_the_launcher_holds_nothing_of_the_server(start):
    """No socket that listens and no folder: a port is free as soon as the server has ended."""
    server = start()
    launcher = launcher_of(server.now)
    found = [os.readlink(f"/proc/{launcher}/fd/{name}") for name in os.listdir(f"/proc/{launcher}/fd")]
    own = {os.readlink(f"/proc/{server.now}/fd/{name}") for name in os.listdir(f"/proc/{server.now}/fd")}
    inodes = {re.search(r"\[(\d+)\]", link)[1] for link in own if link.startswith("socket:")}
    for text in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = text.split()
        if words[1].endswith(f":{server.port:04X}") and words[3] == "0A":
            assert words[9] in inodes
            assert f"socket:[{words[9]}]" not in found
    assert not any(link.startswith(str(server.root)) for link in found)


def test_the_new_process_is_a_child_of_nobody_here(start):
    """Not of the launcher, which ends with the old process."""
    server = start()
    launcher = launcher_of(server.now)
    server.upgrade()
    server.wait_for_the_first()
    wait_until_ended(launcher)
    # Under ThreadSanitizer it has a second thread, which may end a moment later than the first.
    eventually(lambda: parent_of(server.now) not in (server.process.pid, launcher), "the new process has another parent")


def test_nothing_is_handed_on_that_is_not_needed(start):
    """After a few upgrades a process has as many descriptors open as after the first."""
    server = start()
    counts = []
    for _ in range(4):
        server.upgrade()
        wait_until_ended(server.process.pid)
        assert server.get().status == 200
        counts.append(descriptors_of(server))
    assert counts[1] == counts[2] == counts[3]


def descriptors_of(server):
    """How many there are once the number does not change any more."""
    counts = []

    def is_steady():
        counts.append(len(os.listdir(f"/proc/{server.now}/fd")))
        return len(counts) >= 50 and len(set(counts[-50:])) == 1

    eventually(is_steady, "the number of descriptors is steady")
    return counts[-1]


# The pid file, and the command that uses it


def is_locked(path):
    with open(path) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True


def test_the_pid_file_names_who_serves(start, pid_file):
    server = start("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    for _ in range(3):
        assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)
        with open(pid_file) as held:  # so that its inode is not used again
            server.upgrade()
            eventually(lambda: pid_file.read_text() == f"{server.now}\n", "it names the new process")
            assert pid_file.stat().st_ino != os.fstat(held.fileno()).st_ino
    server.stop()
    assert not pid_file.exists()


def test_the_old_process_leaves_the_pid_file_of_the_new_one(start, pid_file):
    server = start("--pid-file", pid_file, *PATIENT_FLAGS)
    busy = occupy(server)
    server.upgrade()
    busy.close()
    assert server.wait_for_the_first() == 0
    assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)


def test_a_pid_file_is_removed_after_a_failed_upgrade_as_well(start_installed, place, pid_file):
    server = start_installed("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    place.install_fake("take_over()")
    server.fail_to_upgrade()
    assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)
    server.stop()
    assert not pid_file.exists()


@pytest.mark.parametrize("named_by", ["flag", "file", "variable"])
def test_the_command_upgrades(start_configured, binary, scratch, pid_file, file, named_by):
    server = start_configured(pid_file=str(pid_file))
    eventually(pid_file.exists, "it is there")
    arguments = {"flag": ("--pid-file", pid_file), "file": ("--config", file), "variable": ()}[named_by]
    environment = {"BOBBIN_PID_FILE": str(pid_file)} if named_by == "variable" else None
    for _ in range(2):
        old = server.now
        ended = run_to_end(binary, "upgrade", *arguments, environment=environment)
        assert (ended.returncode, ended.stderr) == (0, "")
        server.finish_upgrade()
        assert ended.stdout == f"Process {server.now} serves in place of process {old}\n"
        assert pid_file.read_text() == f"{server.now}\n"
    assert server.get().status == 200


def test_the_command_says_that_an_upgrade_has_failed(start_configured, binary, pid_file, write, file):
    server = start_configured(pid_file=str(pid_file))
    eventually(pid_file.exists, "it is there")
    with open(pid_file) as held:
        file.write_text("treads = 3\n")
        ended = run_to_end(binary, "upgrade", "--pid-file", pid_file)
        assert (ended.returncode, ended.stdout) == (1, "") and ended.stderr.startswith("bobbin: upgrade: ")
        assert str(server.now) in ended.stderr
        server.wait_until_failed()
        assert pid_file.stat().st_ino != os.fstat(held.fileno()).st_ino, "it is written anew"
    assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)
    check_serves_on(server)
    write(port=0, pid_file=str(pid_file))
    ended = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert ended.returncode == 0
    server.finish_upgrade()


def test_the_command_says_when_there_is_no_launcher(start, binary, pid_file):
    server = start("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    os.kill(launcher_of(server.now), signal.SIGKILL)
    eventually(lambda: launcher_of(server.now) is None, "the launcher is gone")
    ended = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert (ended.returncode, ended.stdout) == (1, "") and ended.stderr
    check_serves_on(server)


def test_the_command_says_when_the_server_dies_meanwhile(start_installed, place, binary, pid_file):
    server = start_installed("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    place.install_fake("greet()", "wait_for_the_end()")
    killer = threading.Thread(target=lambda: (wait_for_the_fake(server), server.kill()))
    killer.start()
    ended = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    killer.join()
    assert (ended.returncode, ended.stdout) == (1, "") and ended.stderr


def test_the_command_needs_a_server(binary, scratch, pid_file, start):
    missing = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert missing.returncode == 2 and str(pid_file) in missing.stderr
    pid_file.write_text(f"{os.getpid()}\n")  # alive, and no server: the file is not locked
    stale = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert stale.returncode == 2 and str(pid_file) in stale.stderr
    pid_file.unlink()
    unknown = run_to_end(binary, "upgrade")
    assert unknown.returncode == 2 and "--pid-file" in unknown.stderr
    server = start("--pid-file", pid_file)
    eventually(pid_file.exists, "it is there")
    server.kill()
    left = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert left.returncode == 2 and str(pid_file) in left.stderr
    server = start("--pid-file", pid_file)
    eventually(lambda: is_locked(pid_file), "it is written anew")
    assert pid_file.read_text() == f"{server.now}\n" and is_locked(pid_file)


@pytest.mark.parametrize("content", ["", "\n", "x\n", "-1\n", "0\n", "99999999999999999999\n"])
def test_a_pid_file_that_names_nobody(binary, pid_file, content):
    """Although somebody has its lock, nobody is sent a signal."""
    pid_file.write_text(content)
    with open(pid_file) as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        wrong = run_to_end(binary, "upgrade", "--pid-file", pid_file)
    assert wrong.returncode == 2 and str(pid_file) in wrong.stderr
