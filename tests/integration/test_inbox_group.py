"""`group` of an inbox: consumers under another user (docs/inbox.md, "A consumer under another user")."""

import os
import shutil
import signal
import stat
import subprocess

import pytest

from support.inboxes import check_accepted, configuration, folder, names, post, start_inbox  # noqa: F401
from support.server import clean_environment, run_to_end
from support.waiting import PATIENCE, eventually

pytestmark = [pytest.mark.modes("many"), pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")]

GROUP, CONSUMER, STRANGER = 23456, 12345, 12346


@pytest.fixture
def run_as(binary, scratch, folder):
    """Run a command of inbox on the folder as another user; returns the ended process."""
    scratch.chmod(0o755)
    program = scratch / "bobbin"  # where everybody may run it
    shutil.copy(binary, program)

    def run(user, group, command, *arguments):
        return subprocess.run(
            [program, "inbox", command, folder, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False,
            env=clean_environment(), user=user, group=group, extra_groups=[], stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return run


def rights(path):
    status = path.stat()
    return status.st_gid, stat.S_IMODE(status.st_mode)


def test_members_take_records_out_and_nobody_else(start_inbox, folder, run_as):
    server = start_inbox(group=str(GROUP))
    check_accepted(post(server, b'{"a":1}'))
    (name,) = names(folder)
    assert rights(folder) == (GROUP, 0o2750)
    for each in ("new", "work", "done", "failed"):
        assert rights(folder / each) == (GROUP, 0o2770)
    assert (folder / "new" / name).stat().st_gid == GROUP

    stranger = run_as(STRANGER, STRANGER, "next")
    assert stranger.returncode == 2 and "Permission denied" in stranger.stderr
    claimed = run_as(CONSUMER, GROUP, "next")
    assert claimed.stdout == f"{folder}/work/consumer.{name}\n", claimed
    done = run_as(CONSUMER, GROUP, "done", claimed.stdout.strip())
    assert done.returncode == 0, done
    assert (folder / "done" / name).exists()
    assert run_as(CONSUMER, GROUP, "replay", "--done").stdout == name + "\n"


def test_members_change_nothing_else(start_inbox, folder, run_as):
    server = start_inbox(group=str(GROUP))
    check_accepted(post(server, b"1"))
    (name,) = names(folder)
    assert stat.S_IMODE((folder / ".bobbin").stat().st_mode) & 0o077 == 0
    for refused in (["mv", folder / ".bobbin", folder / "new"], ["touch", folder / "x"], ["sh", "-c", f"echo >> {folder}/new/{name}"]):
        ended = subprocess.run(refused, user=CONSUMER, group=GROUP, extra_groups=[], capture_output=True, check=False)
        assert ended.returncode != 0, refused
    assert run_as(CONSUMER, GROUP, "cat").returncode == 2


def test_a_quarantine_is_shared_too(start_inbox, folder):
    server = start_inbox(group=str(GROUP), on_invalid="quarantine")
    assert post(server, b"{").status == 201
    assert rights(folder / "quarantine/new") == (GROUP, 0o2770)
    assert rights(folder / "quarantine") == (GROUP, 0o2750)


def test_a_reload_shares(start_inbox, configuration, folder):
    server = start_inbox()
    assert rights(folder / "new")[1] == 0o700
    configuration(group=str(GROUP))
    server.signal(signal.SIGHUP)
    eventually(lambda: rights(folder / "new") == (GROUP, 0o2770), "the folder is shared")


def test_a_group_that_there_is_not(binary, configuration):
    ended = run_to_end(binary, "--port", "0", "--config", configuration(group="no-such-group"))
    assert ended.returncode != 0
    assert 'group: "no-such-group" is not allowed; a group of this system is needed' in ended.stderr
