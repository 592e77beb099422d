"""What a service manager is told: sd_notify, and the watchdog (docs/upgrade.md)."""

import os
import random
import re
import signal

import pytest

from support.clients import PATIENT_FLAGS, occupy
from support.upgrades import (  # noqa: F401 (fixtures are used by name)
    Notified,
    Upgradable,
    check_serves_on,
    file,
    place,
    start,
    start_configured,
    start_installed,
    write,
)

pytestmark = pytest.mark.modes("many")


# What a service manager is told


@pytest.fixture(params=["path", "abstract"])
def manager(request, scratch):
    address = str(scratch / "notify") if request.param == "path" else f"@bobbin-test-{os.getpid()}-{random.getrandbits(64):x}"
    with Notified(address) as notified:
        yield notified


def test_a_service_manager_is_told(start, manager):
    server = start("--uploads", "off", environment={"NOTIFY_SOCKET": manager.address})
    assert manager.wait_for("READY=1")[0] == server.now
    server.tell(signal.SIGHUP)
    number, line = manager.wait_for("MONOTONIC_USEC=")
    assert number == server.now and re.fullmatch(r"MONOTONIC_USEC=\d+", line)
    assert manager.received[-1][1][0] == "RELOADING=1"
    manager.wait_for("READY=1", server.now)
    old = server.now
    new = server.upgrade()
    assert manager.wait_for("MAINPID=")[1] == f"MAINPID={new}"
    assert server.wait_for_the_first() == 0
    assert "STOPPING=1" not in manager.lines(), "the service does not stop"
    server.tell(signal.SIGHUP)
    manager.wait_for("RELOADING=1", new)
    manager.wait_for("READY=1", new)
    server.tell(signal.SIGTERM)
    manager.wait_for("STOPPING=1", new)
    assert [number for number, lines in manager.received if "STOPPING=1" in lines] == [new], f"and not of {old}"


def test_a_reload_that_is_refused_ends_as_well(start_configured, manager, file):
    """Or the service manager would wait for it."""
    server = start_configured(options={"environment": {"NOTIFY_SOCKET": manager.address}})
    manager.wait_for("READY=1")
    file.write_text("treads = 3\n")
    server.tell(signal.SIGHUP)
    manager.wait_for("RELOADING=1")
    manager.wait_for("READY=1")
    server.log.wait_for("Reload refused")


def test_a_failed_upgrade_changes_nothing_for_the_service_manager(start_installed, place, manager):
    server = start_installed(environment={"NOTIFY_SOCKET": manager.address})
    manager.wait_for("READY=1")
    place.install_fake("take_over()")
    server.fail_to_upgrade()
    check_serves_on(server)
    server.tell(signal.SIGTERM)
    manager.wait_for("STOPPING=1", server.now)
    assert not any(line.startswith("MAINPID=") and line != f"MAINPID={server.now}" for line in manager.lines())


# Sets WATCHDOG_PID to its own number, as a service manager does, and becomes bobbin.
WATCHED = """
import os, sys
os.environ["WATCHDOG_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("names_the_process", [True, False])
def test_the_watchdog(start_plain, root, binary, manager, names_the_process):
    environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "3000000"}
    program, words = ("/usr/bin/python3", ["-c", WATCHED, binary]) if names_the_process else (binary, [])
    server = start_plain(*words, "--root", root, "--port", 0, root=root, kind=Upgradable, program=program, environment=environment)
    for _ in range(3):
        manager.wait_for("WATCHDOG=1", server.now)
    for _ in range(2):
        server.upgrade()
        for _ in range(3):
            manager.wait_for("WATCHDOG=1", server.now)


def test_a_watchdog_of_another_process(start, manager):
    """It is nothing to this one."""
    environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}
    server = start(*PATIENT_FLAGS, "--status-interval", "3s", environment=environment)
    manager.wait_for("READY=1")
    busy = occupy(server)  # so that there is something to tell every three seconds
    server.log.wait_for("Thread pool status: ", 2)
    busy.close()
    server.tell(signal.SIGTERM)
    manager.wait_for("STOPPING=1")
    assert "WATCHDOG=1" not in manager.lines()
