"""Listeners besides IP addresses that bobbin binds: Unix sockets, sockets that systemd passes, both families at once."""

import os
import signal
import socket
import stat
import subprocess

import pytest

from support.client import Connection
from support.clients import JSON
from support.server import accepts, free_port, run_to_end
from support.waiting import PATIENCE, eventually, in_parallel
from test_command_line import has_ipv6

# Puts sockets in the place of descriptors 3 and up, as a service manager does, and becomes bobbin.
ACTIVATOR = """
import os, socket, sys
names, kinds, program, *arguments = sys.argv[1:]
for index, kind in enumerate(kinds.split(",")):
    if kind.startswith("unix:"):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.bind(kind[5:])
        made.listen(64)
    elif kind == "tcp":
        made = socket.create_server(("127.0.0.1", 0))
    elif kind == "udp":
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    elif kind == "connection":
        made, other = socket.socketpair()
    else:
        made = open("/dev/null")
    number = made.fileno()
    made.detach() if hasattr(made, "detach") and kind != "file" else None
    os.dup2(number, 100 + index)
for index in range(len(kinds.split(","))):
    os.dup2(100 + index, 3 + index)
    os.close(100 + index)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(kinds.split(","))), LISTEN_FDNAMES=names)
os.execv(program, [program, *arguments])
"""


@pytest.fixture
def path(scratch):
    return scratch / "bobbin.sock"


@pytest.fixture
def server(start, path):
    """A server with a Unix socket, and a loopback address by which the fixtures know it."""
    return start("--bind", "127.0.0.1", "--bind", f"unix:{path}")


def connect(path, **options):
    return Connection(path, **options)


def test_what_http_does_it_does_on_a_unix_socket(server, path):
    """Files, errors, uploads, pipelining and persistence are those of any connection."""
    with connect(path) as connection:
        assert connection.ask("GET", "/about.html").content == (server.root / "about.html").read_bytes()
        assert connection.ask("HEAD", "/about.html").status == 200
        assert connection.ask("GET", "/nothing").status == 404
        created = connection.ask("POST", "/upload", fields=[JSON], content=b'{"a": 1}')
        assert created.status == 201
        assert connection.ask("GET", created["Location"]).content == b'{"a": 1}'
        connection.send(2 * connection.request("GET", "/about.html"))
        assert [connection.receive().status for _ in range(2)] == [200, 200]
        last = connection.ask("GET", "/", fields=[("Connection", "close")])
        assert last.status == 200
        connection.expect_as_said(last)


def test_large_files_arrive_whole(server, path):
    """sendfile(2) into a Unix socket, for many at once."""

    def download(_):
        with connect(path) as connection:
            return connection.ask("GET", "/big.png").content

    assert all(content == (server.root / "big.png").read_bytes() for content in in_parallel(8, download))


@pytest.mark.modes("many")
def test_a_reader_that_stops_is_noticed(start, path):
    """The deadlines hold: what the reader has not taken is no progress."""
    server = start(
        "--bind", "127.0.0.1", "--bind", f"unix:{path}", "--minimum-rate-grace", "0", "--stall-timeout", "1s"
    )
    with open(server.root / "huge.bin", "wb") as file:
        file.truncate(64 * 1024 * 1024)
    with connect(path) as connection:
        connection.send(connection.request("GET", "/huge.bin"))
        connection.receive_head()
        server.log.wait_for(r"Connection timeout, client: unix:\d+")
        received, _ = connection.receive_to_end()
        assert len(received) < 64 * 1024 * 1024


@pytest.mark.modes("many")
def test_a_slow_reader_gets_everything(start, path):
    """A client that takes the content in small pieces makes progress, although the socket is always full."""
    server = start("--bind", "127.0.0.1", "--bind", f"unix:{path}", "--stall-timeout", "3s")
    content = os.urandom(3 * 1024 * 1024)
    (server.root / "slow.bin").write_bytes(content)
    with connect(path) as connection:
        connection.send(connection.request("GET", "/slow.bin", fields=[("Connection", "close")]))
        received = connection.receive().content
        assert received == content


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1", 200), ("[::1]", 200), ("localhost:80", 200), ("localhost:8080", 403), ("a.b", 403)],
)
def test_host_is_that_of_a_loopback_listener_without_a_port(server, path, host, status):
    with connect(path, host=host) as connection:
        assert connection.ask("GET", "/").status == status


@pytest.mark.modes("many")
def test_names_are_allowed_as_everywhere(start, path):
    start("--bind", "127.0.0.1", "--bind", f"unix:{path}", "--allow-host", "example.org")
    with connect(path, host="example.org") as connection:
        assert connection.ask("GET", "/").status == 200


@pytest.mark.modes("many")
def test_the_log_tells_connections_apart(server, path):
    for _ in range(2):
        with connect(path) as connection:
            assert connection.ask("GET", "/").status == 200
    matches = server.log.wait_for(r"Connection closed \(1 requests served\), client: (unix:\d+)", 2)
    assert matches[0][1] != matches[1][1]
    server.log.wait_for(rf"HTTP Server started on unix:{path}$")
    server.log.wait_for(r"Accepted hosts: .*localhost, 127\.0\.0\.1, \[::1\]")


def test_every_connection_that_the_kernel_has_accepted_is_answered_at_the_stop(server, path):
    clients = [connect(path) for _ in range(100)]
    for client in clients:
        client.send(client.request("GET", "/about.html", fields=[("Connection", "close")]))
    server.signal(signal.SIGTERM)
    for client in clients:
        assert client.receive().status in (200, 503)
        client.close()
    assert server.wait() == 0


@pytest.mark.modes("many")
@pytest.mark.parametrize("mode_text", ["0600", "0666"])
def test_mode(start, path, mode_text):
    start("--bind", "127.0.0.1", "--bind", f"unix:{path}", "--socket-mode", mode_text)
    assert stat.S_IMODE(path.stat().st_mode) == int(mode_text, 8)


@pytest.mark.modes("many")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_owner(start, path):
    start("--bind", "127.0.0.1", "--bind", f"unix:{path}", "--socket-owner", "nobody:www-data")
    assert (path.owner(), path.group()) == ("nobody", "www-data")


@pytest.mark.modes("many")
def test_the_file_is_gone_after_a_clean_stop(server, path):
    assert stat.S_ISSOCK(path.stat().st_mode)
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert not path.exists()


@pytest.mark.modes("many")
def test_one_that_was_left_behind_is_replaced(start, path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    start("--bind", "127.0.0.1", "--bind", f"unix:{path}")
    with connect(path) as connection:
        assert connection.ask("GET", "/").status == 200


@pytest.mark.modes("many")
def test_one_that_is_in_use_is_not(server, path, binary, root):
    second = run_to_end(binary, "--bind", f"unix:{path}", "--root", root)
    assert second.returncode == 71
    assert f"cannot listen on unix:{path}: bind: Address already in use; another program listens there" in second.stderr
    with connect(path) as connection:
        assert connection.ask("GET", "/").status == 200


def test_another_file_is_left_alone(binary, root, path):
    path.write_text("precious")
    refused = run_to_end(binary, "--bind", f"unix:{path}", "--root", root)
    assert refused.returncode == 71 and "what stands there is no socket" in refused.stderr
    assert path.read_text() == "precious"


def test_nothing_is_left_of_a_start_that_is_refused_later(binary, root, path):
    refused = run_to_end(binary, "--bind", f"unix:{path}", "--root", root / "nowhere")
    assert refused.returncode == 2
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--bind", "unix:"], 2, "unix:PATH or fd:NAME"),
        (["--bind", "unix:/nowhere/at/all"], 71, "an existing directory is needed"),
        (["--bind", "unix:x", "--socket-owner", "no-such-user"], 2, '"no-such-user" is not known here'),
        (["--bind", "unix:x", "--socket-owner", ":no-such-group"], 2, '"no-such-group" is not known here'),
        (["--bind", "unix:x", "--socket-mode", "999"], 2, "an octal mode"),
        (["--bind", "fd:web"], 71, "cannot use fd:web: no socket of this name is left"),
    ],
)
def test_refused_starts_say_why(binary, root, scratch, arguments, status, message):
    refused = run_to_end(binary, *arguments, "--root", root, directory=scratch)
    assert refused.returncode == status and message in refused.stderr


@pytest.mark.modes("many")
def test_a_reload_keeps_the_socket(start_plain, root, path, scratch):
    configuration = scratch / "bobbin.toml"
    configuration.write_text(f'bind = ["127.0.0.1", "unix:{path}"]\nport = 0\nroot = "{root}"\n')
    server = start_plain("--config", configuration, root=root)
    inode = path.stat().st_ino
    with connect(path) as connection:
        assert connection.ask("GET", "/").status == 200
        server.signal(signal.SIGHUP)
        server.log.wait_for("Configuration reloaded")
        assert connection.ask("GET", "/").status == 200
    assert path.stat().st_ino == inode
    with connect(path) as connection:
        assert connection.ask("GET", "/").status == 200


# Sockets that the service manager passes


@pytest.fixture
def activate(start_plain, binary, root):
    """Start a server to which sockets are passed: `names` as in LISTEN_FDNAMES, and what each of them is."""

    def start(names, kinds, *arguments):
        return start_plain(
            "-c", ACTIVATOR, names, kinds, binary, *arguments, "--root", root, program="/usr/bin/python3", root=root
        )

    return start


def test_passed_sockets(activate, path):
    """All descriptors of a name are used, whatever family they are of."""
    server = activate("web:local:web", f"tcp,unix:{path},tcp", "--bind", "fd:web", "--bind", "fd:local")
    ports = [int(match[1]) for match in server.log.wait_for(r"started on http://127\.0\.0\.1:(\d+) \(fd:web\)$", 2)]
    server.log.wait_for(rf"started on unix:{path} \(fd:local\)$")
    for port in ports:
        with Connection(("127.0.0.1", port)) as connection:
            assert connection.ask("GET", "/").status == 200
    with connect(path) as connection:
        assert connection.ask("GET", "/").status == 200
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert path.exists(), "the file is the service manager's"


def test_a_passed_socket_that_is_not_used_is_told_of(activate):
    server = activate("web:other", "tcp,tcp", "--bind", "fd:web")
    server.log.wait_for(r"Warning: The descriptor 4 that the service manager has passed is not used: --bind fd:other uses it")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("udp", "it is no stream socket"),
        ("connection", "it does not listen"),
        ("file", "it is no socket"),
    ],
)
def test_a_descriptor_that_is_no_listening_socket_refuses_the_start(binary, root, kind, reason):
    refused = run_to_end("/usr/bin/python3", "-c", ACTIVATOR, "web", kind, binary, "--bind", "fd:web", "--root", root)
    assert refused.returncode == 71
    assert f"cannot use fd:web (descriptor 3): a listening socket is needed, and {reason}" in refused.stderr


def test_a_name_that_was_not_passed(binary, root):
    refused = run_to_end("/usr/bin/python3", "-c", ACTIVATOR, "web", "tcp", binary, "--bind", "fd:wbe", "--root", root)
    assert refused.returncode == 71 and "has passed (fd:web)" in refused.stderr


def test_sockets_that_are_meant_for_another_process_are_not_taken(binary, root):
    environment = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}
    refused = run_to_end(binary, "--bind", "fd:web", "--root", root, environment=environment)
    assert refused.returncode == 71 and "has passed (none)" in refused.stderr


@pytest.mark.skipif(
    not os.path.exists("/usr/bin/systemd-socket-activate"), reason="systemd-socket-activate is not installed"
)
def test_systemd_activates(binary, root):
    port = free_port()
    process = subprocess.Popen(
        ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "--fdname=web", str(binary), "--bind", "fd:web", "--root", str(root),
         "--sandbox", "off"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: accepts(("127.0.0.1", port)), "systemd listens")
        with Connection(("127.0.0.1", port)) as connection:
            assert connection.ask("GET", "/").status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


# Both families at one socket


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_the_ipv6_wildcard_takes_both_families(start_plain, root):
    server = start_plain("--port", 0, "--bind", "::", "--root", root, root=root)
    server.log.wait_for(rf"started on http://\[::\]:{server.port} \(IPv4 and IPv6\)$")
    for address, client in [("127.0.0.1", r"127\.0\.0\.1"), ("::1", r"\[::1\]")]:
        with server.connect(address=address) as connection:
            assert connection.ask("GET", "/").status == 200
        server.log.wait_for(rf"Connection from {client}:\d+$")


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_ipv6_only(start_plain, root):
    server = start_plain("--port", 0, "--bind", "::", "--ipv6-only", "on", "--root", root, root=root)
    server.log.wait_for(rf"started on http://\[::\]:{server.port}$")
    assert server.connect(address="::1").ask("GET", "/").status == 200
    with pytest.raises(ConnectionRefusedError):
        server.connect(address="127.0.0.1")


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_both_wildcards_at_one_port(start_plain, root):
    """Two sockets, as before there was one for both families."""
    port = free_port("::")
    server = start_plain("--port", port, "--bind", "0.0.0.0", "--bind", "::", "--root", root, root=root)
    server.log.wait_for(rf"started on http://\[::\]:{port}$")
    for address in ["127.0.0.1", "::1"]:
        eventually(lambda: accepts((address, port)), f"{address} listens")
        with server.connect(address=address) as connection:
            assert connection.ask("GET", "/").status == 200
