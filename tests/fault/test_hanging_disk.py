"""Decision 12: a file that is not in the page cache makes its own client wait for the disk, and nobody else.

`read_cached` is the worker's look into the page cache (EAGAIN: not there), `read_file` the helper's wait for the disk.
"""

import contextlib
import errno
import os
import re
import signal
import time

import pytest

from support.clients import PATIENT_FLAGS
from support.site import site_files
from support.waiting import eventually, in_parallel

SITE = site_files()
BIG = "big.png"
SMALL = "about.html"
FORCED = 3


def check_whole(server, *names):
    for name in names or SITE:
        response = server.get(f"/{name}")
        assert (response.status, response.content) == (200, SITE[name]), name


@contextlib.contextmanager
def cold_download(server, faults, name=BIG):
    """A connection that has asked for a cold file while the disk hangs. Everything else is cached."""
    # A small file is looked for twice: when it is to be answered from memory, and before it is sent.
    faults.fail("read_cached", errno.EAGAIN, limit=2 if name == SMALL else 1)
    with faults.held("read_file"), server.connect() as connection:
        connection.send(connection.request("GET", f"/{name}"))
        faults.wait_until_held("read_file")
        yield connection


def receive_whole(connection, name):
    assert connection.receive_head().startswith(b"HTTP/1.1 200 ")
    assert connection.receive_bytes(len(SITE[name])) == SITE[name]


def expect_cut_short(connection, name):
    """The head says how long the file is, and fewer bytes come."""
    assert b"\r\nContent-Length: %d\r\n" % len(SITE[name]) in connection.receive_head()
    received, _ = connection.receive_to_end()
    assert len(received) < len(SITE[name]) and SITE[name].startswith(received)


@pytest.mark.parametrize("name", [BIG, SMALL])
def test_others_are_answered_meanwhile(server, faults, name):
    """The same worker serves them; then the file arrives whole, and the connection serves on."""
    with cold_download(server, faults, name) as cold:
        check_whole(server)
        faults.release("read_file")
        receive_whole(cold, name)
        assert cold.ask("GET", f"/{name}").content == SITE[name]


def test_more_disks_hang_than_there_are_helpers(server, faults):
    """Those who wait for one wait in line, and still nobody else does."""
    faults.fail("read_cached", errno.EAGAIN, limit=20)
    with faults.held("read_file"):
        downloads = [server.connect() for _ in range(20)]
        for connection in downloads:
            connection.send(connection.request("GET", f"/{BIG}"))
        eventually(lambda: faults.failed("read_cached") == 20, "all of them have been looked for")
        check_whole(server)
    for connection in downloads:
        receive_whole(connection, BIG)


def test_a_great_many_wait(start, faults):
    """However many wait for one disk, the worker never waits for it, and so nobody else does."""
    count = 1500
    server = start("--cache-memory", "0", "--connections-per-thread", "2000", *PATIENT_FLAGS)
    faults.fail("read_cached", errno.EAGAIN, limit=2 * count)
    with faults.held("read_file"):
        downloads = [server.connect() for _ in range(count)]
        for connection in downloads:
            connection.send(connection.request("GET", f"/{SMALL}"))
        eventually(lambda: faults.failed("read_cached") == 2 * count, "all of them have been looked for")
        check_whole(server, SMALL, BIG)
        assert not any(connection.receive_head() and connection.has_input() for connection in downloads), "it was read"
    for connection in downloads:
        assert connection.receive_bytes(len(SITE[SMALL])) == SITE[SMALL]


def test_nothing_is_ever_cached(server, faults):
    """Pages that are evicted before they are sent do not send their reader round in circles."""
    faults.fail("read_cached", errno.EAGAIN)
    check_whole(server)
    content = SITE[BIG]
    with server.connect() as connection:
        part = connection.ask("GET", f"/{BIG}", fields=[("Range", "bytes=1000000-1200000")])
        assert (part.status, part.content) == (206, content[1_000_000:1_200_001])
        parts = connection.ask("GET", f"/{BIG}", fields=[("Range", "bytes=0-9, 1100000-1100009")])
        assert parts.status == 206 and content[:10] in parts.content and content[1_100_000:1_100_010] in parts.content
        assert connection.ask("HEAD", f"/{SMALL}")["Content-Length"] == str(len(SITE[SMALL]))


def test_many_cold_downloads_at_once(server, faults):
    faults.fail("read_cached", errno.EAGAIN, every=2)
    faults.shorten("read_file", 3_000)
    faults.shorten("send_file", 50_000)
    in_parallel(16, lambda _: check_whole(server))


def test_file_system_that_cannot_tell(server, faults):
    """It is read as though everything were cached, and no helper is started."""
    threads = server.threads()
    faults.fail("read_cached", errno.EOPNOTSUPP)
    faults.count("read_file")
    check_whole(server)
    assert faults.calls("read_file") > 0
    assert server.threads() == threads


def test_helpers_start_when_they_are_needed(server, faults):
    threads = server.threads()
    check_whole(server)
    assert server.threads() == threads
    with cold_download(server, faults):
        assert server.threads() == threads + 1


def test_client_leaves_meanwhile(server, faults):
    before = server.open_sockets()
    with cold_download(server, faults) as cold:
        cold.abort()
        eventually(lambda: server.open_sockets() == before, "its connection is closed")
        check_whole(server, SMALL)
    check_whole(server)


def test_the_wait_is_not_held_against_the_client(start, faults):
    """However strict its own limits are: it could not read what was not there."""
    server = start("--minimum-rate-grace", "100ms", "--minimum-rate", "1GiB", "--stall-timeout", "30s")
    with cold_download(server, faults) as cold:
        with server.connect() as other:  # its own limit tells that the time is over
            other.send(b"POST /upload HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n" % server.host.encode())
            other.send(b"Content-Length: 9\r\n\r\n[")
            assert other.receive().status == 408
        faults.release("read_file")
        receive_whole(cold, BIG)


def test_what_arrives_while_the_worker_waits_has_arrived_in_time(start, faults):
    """Decision 12: metadata may be waited for. A head that was complete by then is not answered 408."""
    server = start("--head-timeout", "1s")
    more_than_one_round_takes = 200
    early = [server.connect() for _ in range(more_than_one_round_takes)]
    for connection in early:
        connection.send(connection.request("GET", "/about.html")[:20])
    server.wait_until_quiet()
    with faults.held("open_beneath"):
        looker = server.connect()
        looker.send(looker.request("GET", f"/{BIG}"))
        faults.wait_until_held("open_beneath")
        for connection in early:
            connection.send(connection.request("GET", "/about.html")[20:])
        time.sleep(1.5)  # nothing but the clock can tell that the deadline has passed
    for connection in early:
        assert connection.receive().status == 200


def test_deadline_passes_meanwhile(start, faults):
    """Whoever cannot send does not keep a client's place for ever; what is read afterwards finds nobody."""
    server = start("--stall-timeout", "1s")
    with cold_download(server, faults) as cold:
        expect_cut_short(cold, BIG)
        check_whole(server, SMALL)
    check_whole(server)


def test_truncated_meanwhile(server, faults):
    """Row 16: cut short and closed."""
    with cold_download(server, faults) as cold:
        os.truncate(server.root / BIG, 100_000)
        faults.release("read_file")
        expect_cut_short(cold, BIG)
    check_whole(server, SMALL)


@pytest.mark.parametrize("name", [BIG, SMALL])
def test_disk_fails(server, faults, name):
    """Cut short, like any content that cannot be sent as announced: without asking the disk once more."""
    faults.fail("read_cached", errno.EAGAIN, limit=2 if name == SMALL else 1)
    faults.fail("read_file", errno.EIO)
    faults.count("send_file")
    with server.connect() as connection:
        connection.send(connection.request("GET", f"/{name}"))
        expect_cut_short(connection, name)
    server.log.wait_for(rf"Error: Cannot send all of {re.escape(name)}: pread: Input/output error, client: ")
    assert faults.calls("send_file") == 0
    faults.clear()
    check_whole(server)


def test_interrupted_and_short_reads(server, faults):
    faults.fail("read_cached", errno.EAGAIN)
    faults.shorten("read_file", 1_000)
    faults.fail("read_file", errno.EINTR, every=3)
    check_whole(server, SMALL, BIG)
    assert faults.failed("read_file") > 10


def test_stop_waits_for_the_disk(start, faults):
    """§1: an answer in flight is finished."""
    server = start(*PATIENT_FLAGS)
    with cold_download(server, faults) as cold:
        server.signal(signal.SIGTERM)
        server.log.wait_for(r"Shutting down server\.\.\.$")
        faults.release("read_file")
        receive_whole(cold, BIG)
        cold.expect_closed()
        assert server.wait() == 0


@pytest.mark.parametrize("client", ["waits", "has left"])
def test_stop_while_the_disk_hangs(start, faults, client):
    """§1: no longer than the grace period, whether or not anybody still waits for what is read."""
    server = start("--grace-period", "300ms", *PATIENT_FLAGS)
    server.expected_status = FORCED
    before = server.open_sockets()
    with cold_download(server, faults) as cold:
        if client == "has left":
            cold.abort()
            eventually(lambda: server.open_sockets() == before, "its connection is closed")
        server.signal(signal.SIGTERM)
        assert server.wait() == FORCED
