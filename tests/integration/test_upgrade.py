"""Upgrades without a restart: SIGUSR2 starts the program anew, and nobody who asks notices (docs/upgrade.md)."""

import json
import os
import pathlib
import random
import re
import signal
import socket
import stat

import pytest

from support.background import Background
from support.client import Connection
from support.clients import PATIENT_FLAGS, begin_download, occupy
from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    JSON,
    configuration,
    names,
)
from support.server import accepts, free_port, has_ipv6
from support.site import write_large
from support.upgrades import (  # noqa: F401 (fixtures are used by name)
    HANDED_OVER,
    TAKEN_OVER,
    PatientHttp2Connection,
    Upgradable,
    begin_upload,
    check_is_the_last,
    check_whole,
    file,
    is_alive,
    launcher_of,
    pid_file,
    place,
    processes_of,
    release_of,
    start,
    start_configured,
    start_installed,
    text_of,
    uploaded,
    wait_until_ended,
    write,
)
from support.waiting import eventually
from test_unix_sockets import ACTIVATOR

pytestmark = pytest.mark.modes("many")

LARGE = 8 << 20
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become another user")


def variables_of(number):
    return set(pathlib.Path(f"/proc/{number}/environ").read_bytes().split(b"\0"))


# The new process


def test_another_process_serves(start):
    server = start()
    old = server.now
    assert server.get("/about.html").status == 200
    new = server.upgrade()
    assert new != old and is_alive(new)
    match = server.log.wait_for(TAKEN_OVER)[0]
    assert (int(match[1]), int(match[2])) == (new, 1)
    assert server.wait_for_the_first() == 0
    assert server.get("/about.html").content == (server.root / "about.html").read_bytes()
    assert server.upload(b"[1]").status == 201


def test_each_process_counts_for_itself(start):
    """The log has the totals of both, and each says that it has stopped."""
    server = start()
    server.get("/about.html")
    server.upload(b"[1]")
    server.upgrade()
    server.wait_for_the_first()
    totals = server.log.wait_for(
        r"Totals: (\d+) responses \(2xx (\d+), .*\); connections: (\d+) served, 0 rejected, 0 drained, 0 cut; "
        r"documents: (\d+) stored$"
    )
    assert totals[0].groups() == ("2", "2", "2", "1")
    server.log.wait_for("Server stopped$")
    server.get("/about.html")
    server.stop()
    assert server.log.count("Server stopped$") == 2
    totals = [line for line in server.log.lines if "Totals: " in line]
    assert len(totals) == 2 and "Totals: 1 responses (2xx 1, " in totals[1] and totals[1].endswith("documents: 0 stored")


def test_the_new_process_is_as_the_old_one_was_started(start, scratch):
    """The same arguments, directory and environment."""
    (scratch / "elsewhere").mkdir()
    server = start("--threads", "3", directory=scratch / "elsewhere", environment={"SOME_VARIABLE": "of the start"})
    old = server.now
    arguments = pathlib.Path(f"/proc/{old}/cmdline").read_bytes()
    variables = variables_of(old)
    new = server.upgrade()
    assert pathlib.Path(f"/proc/{new}/cmdline").read_bytes() == arguments
    assert pathlib.Path(f"/proc/{new}/cwd").resolve() == scratch / "elsewhere"
    assert b"SOME_VARIABLE=of the start" in variables_of(new)
    assert variables <= variables_of(new)
    server.log.wait_for("Thread pool size: 3$", 2)


def test_the_program_that_is_installed_now_runs(start_installed, place):
    server = start_installed()
    inode = place.install_copy()
    assert os.stat(f"/proc/{server.now}/exe").st_ino != inode
    new = server.upgrade()
    assert os.stat(f"/proc/{new}/exe").st_ino == inode
    assert server.get().status == 200


def test_a_script_may_stand_in_the_place_of_the_program(start_installed, place, binary):
    """One that starts the program with another option, for example."""
    server = start_installed()
    place.install_script(f'#!/bin/sh\nexec {binary} "$@" --header "X-Release: 2"\n')
    server.upgrade()
    assert release_of(server.get()) == "2"


@pytest.mark.parametrize("kind", ["in PATH", "relative"])
def test_the_program_is_found_as_it_was_at_the_start(start, place, scratch, kind):
    environment = {"PATH": f"{scratch / 'bin'}:{os.environ['PATH']}"} if kind == "in PATH" else None
    program = "bobbin" if kind == "in PATH" else "bin/bobbin"
    server = start(program=program, environment=environment)
    inode = place.install_copy()
    new = server.upgrade()
    assert os.stat(f"/proc/{new}/exe").st_ino == inode
    assert server.get().status == 200


def test_many_upgrades_one_after_the_other(start):
    server = start()
    numbers = [server.now]
    for number in range(4):
        assert server.upload(b"[%d]" % number).status == 201
        numbers.append(server.upgrade())
        assert server.get().status == 200
    assert len(set(numbers)) == 5
    for number in numbers[:-1]:
        wait_until_ended(number)
    assert server.upload(b"[4]").status == 201
    assert uploaded(server) == [b"[%d]" % number for number in range(5)]


def test_processes_that_have_ended_leave_nothing(start, scratch, binary, pid_file):
    path = scratch / "bobbin.sock"
    server = start("--bind", "127.0.0.1", "--bind", f"unix:{path}", "--pid-file", pid_file)
    server.upgrade()
    server.wait_for_the_first()
    assert path.exists() and pid_file.exists()
    eventually(lambda: len(processes_of(scratch)) == 2, "the first launcher has ended, too")
    processes = processes_of(scratch)
    assert len(processes) == 2 and server.now in processes and launcher_of(server.now) in processes
    server.stop()
    assert not path.exists() and not pid_file.exists()
    assert processes_of(scratch) == {}
    check_whole(binary, server.root / "uploads")


def test_the_old_process_may_be_killed_after_the_upgrade(start):
    """It finishes what it has begun, and nothing else depends on it."""
    server = start(*PATIENT_FLAGS)
    busy = occupy(server)
    server.upgrade()
    assert server.process.poll() is None
    server.kill()
    busy.close()
    for number in range(3):
        assert server.upload(b"[%d]" % number).status == 201
    assert server.get().status == 200
    server.upgrade()
    assert uploaded(server) == [b"[0]", b"[1]", b"[2]"]
    assert server.upload(b"[3]").status == 201


# Who asks at that time


def test_nobody_is_refused(start):
    """Connections are made all the time, before, during and after five upgrades, and each is answered."""
    server = start("--access-log", "off")
    counts = {"answers": 0, "documents": 0}

    class Clients(Background):
        def __init__(self):
            super().__init__([self._read, self._read, self._upload, self._upload])

        def _count(self, name):
            with self.lock:
                counts[name] += 1

        def _read(self):
            while not self.stopping.is_set():
                with Connection(server.address) as connection:
                    response = connection.ask("GET", "/about.html", fields=[("Connection", "close")])
                    assert response.status == 200
                    connection.expect_closed()
                self._count("answers")

        def _upload(self):
            own = random.Random()
            while not self.stopping.is_set():
                with Connection(server.address) as connection:
                    content = b'"%032x"' % own.getrandbits(128)
                    fields = [JSON, ("Connection", "close")]
                    response = connection.ask("POST", "/upload", fields=fields, content=content)
                    assert response.status == 201, response
                    assert (server.root / response["Location"][1:]).read_bytes() == content
                self._count("documents")

    with Clients():
        for _ in range(5):
            before = dict(counts)
            server.upgrade()
            eventually(lambda: all(counts[name] > before[name] for name in counts), "the clients have gone on")
    contents = uploaded(server)
    assert len(contents) == len(set(contents)) == counts["documents"]


def test_downloads_complete(start):
    server = start("--threads", "4")
    content = write_large(server.root / "large.png", LARGE)
    downloads = [begin_download(server, "/large.png")[0] for _ in range(10)]
    server.upgrade()
    match = server.log.wait_for(HANDED_OVER)[0]
    assert int(match[2]) == 10
    assert server.get("/about.html").status == 200
    for connection in downloads:
        assert connection.receive_bytes(len(content)) == content
        connection.close()
    assert server.wait_for_the_first() == 0


@pytest.mark.modes("many", "capacity-1")
def test_idle_connections_get_one_more_answer(start):
    """It says that it is the last; until then they are left alone, and so are those on which nothing was ever asked."""
    server = start(*PATIENT_FLAGS, "--threads", "4", "--keep-alive-timeout", "120s")
    idle, silent = server.connect(), server.connect()
    assert idle.ask("GET", "/about.html").keeps
    server.upgrade()
    for _ in range(20):
        assert server.get("/about.html").status == 200
    for connection in (idle, silent):
        assert not connection.has_input()
        response = connection.ask("GET", "/about.html")
        assert response.status == 200 and not response.keeps
        connection.expect_closed()
    assert server.wait_for_the_first() == 0


def test_a_connection_that_asks_all_the_time_moves_on(start):
    """What a kept connection sends is answered until an answer says that it was the last."""
    server = start("--keep-alive-requests", "0", "--access-log", "off")
    old = server.now
    with server.connect() as connection:
        server.begin_upgrade()
        while (response := connection.ask("GET", "/about.html")).keeps:
            assert response.status == 200
        assert response.status == 200
        connection.expect_closed()
    assert server.finish_upgrade() != old
    with server.connect() as connection:
        assert connection.ask("GET", "/about.html").keeps


def test_requests_behind_a_download_are_answered(start):
    """Those that have arrived, as at a stop, and the last answer says that it is the last."""
    server = start(*PATIENT_FLAGS)
    content = write_large(server.root / "large.png", LARGE)
    with server.connect(receive_buffer=4096) as connection:
        connection.send(connection.request("GET", "/large.png") + 3 * connection.request("GET", "/about.html"))
        assert b"\r\nConnection: keep-alive\r\n" in connection.receive_head()
        server.upgrade()
        assert connection.receive_bytes(len(content)) == content
        answers = [connection.receive()]
        while answers[-1].keeps:
            answers.append(connection.receive())
        assert all(response.status == 200 for response in answers)
        connection.expect_closed()
    assert len(answers) == 3, "each of them has arrived long before"
    assert server.wait_for_the_first() == 0


def test_half_a_head_is_half_a_request(start):
    """A request whose head is on its way is answered by whoever has the connection."""
    server = start(*PATIENT_FLAGS)
    with server.connect() as connection:
        request = connection.request("GET", "/about.html")
        connection.send(request[:20])
        server.upgrade()
        connection.send(request[20:])
        response = connection.receive()
        assert response.status == 200
        check_is_the_last(connection, response)


def test_many_idle_connections(start):
    server = start("--threads", "2", "--keep-alive-timeout", "120s", "--access-log", "off")
    connections = [server.connect() for _ in range(100)]
    for connection in connections:
        assert connection.ask("GET", "/about.html").keeps
    server.upgrade()
    assert int(server.log.wait_for(HANDED_OVER)[0][2]) == 100
    assert server.get("/about.html").status == 200
    for connection in connections:
        while (response := connection.ask("GET", "/about.html")).keeps:
            assert response.status == 200  # begun a moment before
        assert response.status == 200
    assert server.wait_for_the_first() == 0


def test_after_the_grace_period_connections_are_ended(start):
    """As at a stop: idle ones are closed, although nobody has asked anything."""
    server = start(*PATIENT_FLAGS, "--keep-alive-timeout", "120s", "--grace-period", "1s")
    with server.connect() as idle, server.connect() as silent:
        assert idle.ask("GET", "/about.html").keeps
        server.upgrade()
        idle.expect_closed()
        silent.expect_closed()
    assert server.wait_for_the_first() == 0
    assert server.get("/about.html").status == 200


def test_a_download_that_lasts_too_long_ends_with_the_grace_period(start):
    """It is cut off, as at a stop, and the new process goes on."""
    server = start(*PATIENT_FLAGS, "--grace-period", "1s")
    content = write_large(server.root / "large.png", LARGE)
    connection, _ = begin_download(server, "/large.png", receive_buffer=4096)
    server.upgrade()
    status = server.wait_for_the_first()
    server.expected_status = status
    rest, _ = connection.receive_to_end()
    assert len(rest) < len(content)
    assert server.get("/about.html").status == 200
    assert status in (0, 3), "3 is that of a stop that is forced"


def test_http2(start):
    """Streams that are open get their answers, and the connection is told to end."""
    server = start(*PATIENT_FLAGS)
    content = write_large(server.root / "large.png", LARGE)
    document = text_of(100_000)
    with PatientHttp2Connection(server.address, server.host) as connection:
        assert connection.ask("GET", "/about.html").status == 200
        fields = [JSON, ("content-length", str(len(document)))]
        upload = connection.send_head("POST", "/upload", fields=fields, ends=False)
        connection.send_content(upload, document[:1000], ends=False)
        download = connection.send_head("GET", "/large.png")
        server.upgrade()
        connection.send_content(upload, document[1000:])
        assert connection.receive(download).content == content
        assert connection.receive(upload, "POST").status == 201
        connection.receive_to_end()
        assert connection.farewells and connection.farewells[-1][1] == 0, "it was told to go (NO_ERROR)"
    assert server.wait_for_the_first() == 0
    assert uploaded(server) == [document]
    with PatientHttp2Connection(server.address, server.host) as connection:
        assert connection.ask("GET", "/about.html").status == 200


def test_an_idle_http2_connection(start):
    """What it asks next is answered, whatever it is told of streams that come later."""
    server = start(*PATIENT_FLAGS, "--keep-alive-timeout", "120s", "--grace-period", "5s")
    with PatientHttp2Connection(server.address, server.host) as connection:
        assert connection.ask("GET", "/about.html").status == 200
        server.upgrade()
        assert connection.receive(connection.send_head("GET", "/about.html")).status == 200
        connection.receive_to_end()
        assert connection.farewells and all(code == 0 for _, code in connection.farewells)
    assert server.wait_for_the_first() == 0


def test_tls(start):
    server = start(*PATIENT_FLAGS, "--tls", "self-signed")
    content = write_large(server.root / "large.png", LARGE)
    idle = server.connect()
    assert idle.ask("GET", "/about.html").keeps
    download, _ = begin_download(server, "/large.png")
    slow = server.connect()
    rest = begin_upload(slow, text_of(100_000), 10_000)
    server.upgrade()
    slow.send(rest)
    assert slow.receive().status == 201
    last = idle.ask("GET", "/about.html")
    assert last.status == 200 and not last.keeps
    idle.expect_closed()
    assert download.receive_bytes(len(content)) == content
    download.close()
    slow.expect_closed()
    assert server.wait_for_the_first() == 0
    assert server.get("/about.html").status == 200
    assert uploaded(server) == [text_of(100_000)]


# Options that change


def test_every_option_may_change(start_configured, write):
    server = start_configured(threads=2, header="X-Release: 1")
    assert release_of(server.get()) == "1"
    server.log.wait_for("Thread pool size: 2$")
    write(port=0, threads=5, header="X-Release: 2")
    server.upgrade()
    server.log.wait_for("Thread pool size: 5$")
    assert release_of(server.get()) == "2"


def test_the_configuration_is_that_of_the_new_process_alone(start_configured, write):
    """Until the end the old one answers as it was told."""
    server = start_configured(header="X-Release: 1", keep_alive_timeout="120s")
    with server.connect() as connection:
        assert release_of(connection.ask("GET", "/about.html")) == "1"
        write(port=0, header="X-Release: 2")
        server.upgrade()
        assert release_of(server.get()) == "2"
        assert release_of(connection.ask("GET", "/about.html")) == "1"


def test_addresses_that_come_and_go(start_configured, write, scratch):
    """One stays, one goes with the old process, and one comes."""
    port, other = free_port(), free_port("127.0.0.2")
    gone, come = scratch / "gone.sock", scratch / "come.sock"
    tail = '[[listener]]\nport = %d\nbind = "127.0.0.2"\n' % other
    server = start_configured(tail, port=port, bind=["127.0.0.1", f"unix:{gone}"])
    assert accepts(("127.0.0.2", other)) and accepts(gone)
    write(port=port, bind=["127.0.0.1", "::1", f"unix:{come}"] if has_ipv6() else ["127.0.0.1", f"unix:{come}"])
    server.upgrade()
    assert server.wait_for_the_first() == 0
    assert int(server.log.wait_for(TAKEN_OVER)[0][2]) == 1
    with Connection(("127.0.0.1", port)) as connection:
        assert connection.ask("GET", "/about.html").status == 200
    with Connection(come) as connection:
        assert connection.ask("GET", "/about.html").status == 200
    if has_ipv6():
        with Connection(("::1", port)) as connection:
            assert connection.ask("GET", "/about.html").status == 200
    assert not accepts(("127.0.0.2", other))
    with pytest.raises(OSError):
        Connection(gone)
    server.stop()
    assert not come.exists() and not gone.exists()


def test_an_address_that_cannot_be_bound(start_configured, write):
    """The upgrade fails, and the old process has all that it had."""
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        server = start_configured(header="X-Release: 1")
        write(f'[[listener]]\nport = {port}\nbind = "127.0.0.2"\n', port=0, header="X-Release: 2")
        server.fail_to_upgrade("127.0.0.2")
        assert release_of(server.get()) == "1"
        assert server.upload(b"[1]").status == 201
    server.upgrade()
    assert release_of(server.get()) == "2"
    assert accepts(("127.0.0.2", port))


def test_the_port_is_kept_where_any_will_do(start_plain, root, scratch):
    """Each address that was bound to a port of its own."""
    tail = "".join(f'[[listener]]\nport = 0\nbind = "127.0.0.{number}"\n' for number in (2, 3))
    configuration = scratch / "bobbin.toml"
    configuration.write_text(f'root = "{root}"\nport = 0\nbind = "127.0.0.1"\nadmin = "127.0.0.4:0"\n{tail}')
    server = start_plain("--config", configuration, root=root, kind=Upgradable)
    addresses = [
        (match[1], int(match[2])) for match in server.log.wait_for(r"started on http://(127\.0\.0\.\d):(\d+)$", 3)
    ]
    match = server.log.wait_for(r"Admin: http://(127\.0\.0\.4):([0-9]+)")[0]
    admin = (match[1], int(match[2]))
    for _ in range(2):
        server.upgrade()
        assert int(server.log.wait_for(TAKEN_OVER, server._upgrades)[-1][2]) == 4
        for address in addresses:
            with Connection(address) as connection:
                assert connection.ask("GET", "/about.html").status == 200
        with Connection(admin) as connection:
            assert connection.ask("GET", "/status.json").status == 200


def test_unix_sockets_stay_where_they_are(start, scratch):
    path, admin = scratch / "bobbin.sock", scratch / "admin.sock"
    server = start(
        "--bind", "127.0.0.1", "--bind", f"unix:{path}", "--admin", f"unix:{admin}", "--keep-alive-timeout", "120s"
    )
    before = (path.stat().st_ino, admin.stat().st_ino, stat.S_IMODE(path.stat().st_mode))
    with Connection(path) as connection:
        assert connection.ask("GET", "/about.html").keeps
        server.upgrade()
        response = connection.ask("GET", "/about.html")
        assert response.status == 200
        check_is_the_last(connection, response)
    assert server.wait_for_the_first() == 0
    assert (path.stat().st_ino, admin.stat().st_ino, stat.S_IMODE(path.stat().st_mode)) == before
    with Connection(path) as connection:
        assert connection.ask("GET", "/about.html").status == 200
    with Connection(admin) as connection:
        assert connection.ask("GET", "/healthz").status == 200
    server.upgrade()
    with Connection(path) as connection:
        assert connection.ask("GET", "/about.html").status == 200


def test_sockets_of_a_service_manager(start_plain, root, binary, scratch):
    """They are known by their names also in the process to which the service manager has passed nothing."""
    path = scratch / "bobbin.sock"
    server = start_plain(
        "-c", ACTIVATOR, "web:local:web", f"tcp,unix:{path},tcp", binary, "--bind", "fd:web", "--bind", "fd:local", "--root", root,
        program="/usr/bin/python3", root=root, kind=Upgradable,
    )  # fmt: skip
    ports = [int(match[1]) for match in server.log.wait_for(r"started on http://127\.0\.0\.1:(\d+) \(fd:web\)$", 2)]
    for upgrades in (1, 2):
        server.upgrade()
        for port in ports:
            with Connection(("127.0.0.1", port)) as connection:
                assert connection.ask("GET", "/about.html").status == 200
        with Connection(path) as connection:
            assert connection.ask("GET", "/about.html").status == 200
        server.log.wait_for(r"started on http://127\.0\.0\.1:\d+ \(fd:web\)$", 2 * (upgrades + 1))
    assert int(server.log.wait_for(TAKEN_OVER, 2)[-1][2]) == 3
    server.stop()
    assert path.exists(), "the file is the service manager's"


def test_a_root_that_the_sandbox_refuses_to_a_reload(start_configured, write, sanitized, tmp_path_factory):
    if sanitized:
        pytest.skip("a sanitizer looks at its own process in ways that the sandbox does not allow")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "site"
    elsewhere.mkdir()
    (elsewhere / "index.html").write_text("elsewhere")
    server = start_configured(uploads="off")
    write(root=str(elsewhere), port=0, uploads="off")
    server.tell(signal.SIGHUP)
    server.log.wait_for("Reload refused, everything stays as it was: the sandbox does not let ")
    assert server.get("/index.html").content != b"elsewhere"
    server.upgrade()
    assert server.get("/index.html").content == b"elsewhere"


def test_the_new_process_is_in_the_sandbox_as_well(start, sanitized):
    if sanitized:
        pytest.skip("a sanitizer looks at its own process in ways that the sandbox does not allow")
    server = start("--sandbox", "required")
    for _ in range(2):
        server.upgrade()
        for thread in os.listdir(f"/proc/{server.now}/task"):
            status = pathlib.Path(f"/proc/{server.now}/task/{thread}/status").read_text()
            assert "\nSeccomp:\t2\n" in status and "\nNoNewPrivs:\t1\n" in status
    server.log.wait_for("Sandbox: files, connections and system calls$", 3)


@as_root
def test_a_server_that_has_become_another_user(start, root, scratch):
    """The new process becomes this user, too; what only root may bind it has from the old one."""
    for path in (scratch, *scratch.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    scratch.chmod(0o711)
    server = start("--user", "nobody", "--uploads", "off")
    for _ in range(2):
        server.upgrade()
        for thread in os.listdir(f"/proc/{server.now}/task"):
            status = pathlib.Path(f"/proc/{server.now}/task/{thread}/status").read_text()
            assert set(re.search(r"^Uid:\t(.*)$", status, re.MULTILINE)[1].split()) == {"65534"}
            assert int(re.search(r"^CapEff:\t(.*)$", status, re.MULTILINE)[1], 16) == 0
        assert server.get("/index.html").status == 200
    server.wait_for_the_first()
    eventually(lambda: len(processes_of(scratch)) == 2, "the processes before have ended")
    assert set(processes_of(scratch)) == {server.now, launcher_of(server.now)}


@as_root
def test_a_port_below_1024_and_another_user(start, root, scratch):
    for path in (scratch, *scratch.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    scratch.chmod(0o711)
    for port in range(1023, 900, -1):
        if not accepts(("127.0.0.9", port)):
            break
    server = start("--user", "nobody", "--uploads", "off", "--port", str(port), "--bind", "127.0.0.9")
    server.upgrade()
    assert server.wait_for_the_first() == 0
    assert server.get("/index.html").status == 200
