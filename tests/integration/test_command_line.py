"""CONTRACT §1: arguments, environment, configuration file, exit codes, start and stop lines."""

import pathlib
import re
import signal
import socket
import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from support.server import REPOSITORY, TIMESTAMP, accepts, free_port, has_ipv6, run_to_end
from support.waiting import eventually

USAGE, CANNOT_BIND, BAD_CONFIGURATION = 2, 71, 78

# fmt: off
FLAGS = [
    "--port", "--bind", "--threads", "--connections-per-thread", "--queue", "--root", "--upload-path", "--upload-dir",
    "--keep-alive-timeout", "--keep-alive-requests", "--max-head", "--max-upload", "--allow-host", "--grace-period",
    "--help", "--version", "--check-config", "--log-format", "--log-file", "--log-level", "--access-log",
]
# fmt: on


# Help, version, start


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_flag(binary, flag):
    """§1: every value has a flag; help goes to stdout and is no error."""
    result = run_to_end(binary, flag)
    assert result.returncode == 0 and result.stderr == ""
    for name in FLAGS:
        assert re.search(rf"(?<![\w-]){name}(?![\w-])", result.stdout), name
    for short in ["-p", "-b", "-t", "-d", "-h", "-V"]:
        assert re.search(rf"(?<![\w-]){short}(?![\w-])", result.stdout), short


def test_help_names_the_defaults(binary):
    """§1, the table: 8080, 127.0.0.1, 10 threads, 1024 connections each, queue of 1024, resources, /upload, 100 requests."""
    text = run_to_end(binary, "--help").stdout
    for value in ["8080", "127.0.0.1", "10", "1024", "resources", "/upload", "100"]:
        assert re.search(rf"(?<![\w.]){re.escape(value)}(?![\w])", text), value


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_version(binary, flag):
    """§1: -V, --version."""
    result = run_to_end(binary, flag)
    assert result.returncode == 0 and result.stderr == ""
    assert re.search(r"bobbin.*\d+\.\d+", result.stdout, re.IGNORECASE)


def test_start_and_stop_lines(start_plain, root, scratch):
    """§1: the four start lines, word by word; `resources` in the current directory is the default root."""
    server = start_plain("--port", "0", root=root, directory=scratch)
    server.log.wait_for("Press Ctrl")
    expected = [
        rf"HTTP Server started on http://127\.0\.0\.1:{server.port}",
        r"Thread pool size: 10",
        r"Serving files from 'resources' directory",
        r"Press Ctrl\+C to stop the server",
    ]
    for line, text in zip(server.log.lines[:4], expected, strict=True):
        assert re.fullmatch(TIMESTAMP + text, line), line
    server.stop()
    for line, text in zip(server.log.lines[-3:], [r"Shutting down server\.\.\.", r"Totals: \d+ responses .*", "Server stopped"], strict=True):
        assert re.fullmatch(TIMESTAMP + text, line), line


def test_start_lines_come_before_the_first_connection(start_plain, root):
    """§1: a client that connects as early as it can still finds its exchange after the start lines."""
    port = free_port()
    server = start_plain(port, root=root)
    eventually(lambda: accepts(("127.0.0.1", port)), "the server listens")
    assert server.get().status == 200
    server.log.wait_for("Response: 200")
    assert "Press Ctrl+C" in server.log.lines[3]


def test_positional_form(start_plain, root):
    """§1: `bobbin PORT HOST THREADS`, the seeds' form."""
    server = start_plain(0, "0.0.0.0", 3, "--root", root, root=root)
    server.log.wait_for("Thread pool size: 3")
    server.log.wait_for(r"started on http://0\.0\.0\.0:\d+")
    with server.connect(address="127.0.0.1") as connection:
        assert connection.ask().status == 200


def test_short_flags(start_plain, root):
    """§1: -p -b -t -d."""
    server = start_plain("-p", 0, "-b", "127.0.0.1", "-t", 2, "-d", root, root=root)
    server.log.wait_for("Thread pool size: 2")
    server.log.wait_for(re.escape(f"Serving files from '{root}' directory"))
    assert server.get().status == 200


def test_time_zone(start_plain, root):
    """§1: timestamps are local time."""
    server = start_plain("--port", 0, "--root", root, root=root, environment={"TZ": "TEST-05:30"})
    server.log.wait_for("Press Ctrl")
    stamp = datetime.strptime(server.log.lines[0][1:20], "%Y-%m-%d %H:%M:%S")
    there = datetime.now(timezone(timedelta(hours=5, minutes=30))).replace(tzinfo=None)
    assert abs(there - stamp) < timedelta(minutes=5)


# Precedence


def test_precedence(start_plain, root, scratch):
    """§1: flag > environment > file > default."""
    configuration = scratch / "bobbin.toml"
    configuration.write_text("threads = 3\n")
    common = ("--port", 0, "--root", root)
    from_file = start_plain(*common, "--config", configuration, root=root)
    from_file.log.wait_for("Thread pool size: 3$")
    from_environment = start_plain(*common, "--config", configuration, root=root, environment={"BOBBIN_THREADS": "4"})
    from_environment.log.wait_for("Thread pool size: 4$")
    from_flag = start_plain(
        *common, "--config", configuration, "--threads", 5, root=root, environment={"BOBBIN_THREADS": "4"}
    )
    from_flag.log.wait_for("Thread pool size: 5$")


def test_positional_and_flag(binary, root):
    """docs/configuration.md: giving both is an error."""
    result = run_to_end(binary, "8000", "--port", "8001", "--root", root)
    assert result.returncode == USAGE and result.stdout == ""
    assert result.stderr.count("\n") == 1 and "port" in result.stderr.lower()


def test_positional_beats_environment(start_plain, root):
    """§1: the positional form is a flag by another name."""
    server = start_plain(0, "--root", root, root=root, environment={"BOBBIN_PORT": "1"})
    assert server.get().status == 200


# Bad values

BAD_VALUES = [
    # flag, value, a part of what is allowed that the message must show
    ("--port", "99999", "65535"),
    ("--port", "-1", "65535"),
    ("--port", "http", "65535"),
    ("--port", "80x", "65535"),
    ("--port", "", "65535"),
    ("--bind", "nowhere", r"IPv4|IPv6|address"),
    ("--bind", "1.2.3.4.5", r"IPv4|IPv6|address"),
    ("--threads", "0", r"\b1\b"),
    ("--threads", "-3", r"\b1\b"),
    ("--threads", "ten", r"\b1\b"),
    ("--threads", "99999999999999999999", r"\b1\b"),
    ("--connections-per-thread", "0", r"\b1\b"),
    ("--connections-per-thread", "many", r"\b1\b"),
    ("--queue", "-1", r"\b[01]\b"),
    ("--queue", "long", r"\b[01]\b"),
    ("--keep-alive-timeout", "soon", r"ms|\bs\b|second"),
    ("--keep-alive-timeout", "-1s", r"ms|\bs\b|second"),
    ("--head-timeout", "10 bananas", r"ms|\bs\b|second"),
    ("--grace-period", "forever", r"ms|\bs\b|second"),
    ("--keep-alive-requests", "-1", r"\b0\b"),
    ("--keep-alive-requests", "1.5", r"\b0\b"),
    ("--max-head", "-5", r"\d"),
    ("--max-head", "huge", r"\d"),
    ("--max-upload", "huge", r"\d"),
    ("--upload-path", "no-slash", r"/"),
    ("--uploads", "maybe", r"on.*off"),
    ("--serve-uploads", "2x", r"on.*off"),
    ("--access-log", "perhaps", r"on.*off"),
    ("--log-format", "xml", r"transfer.*common.*combined.*json"),
    ("--log-level", "shouting", r"(?i)error|warn|info|debug"),
]


@pytest.mark.parametrize(
    ("flag", "value", "allowed"), BAD_VALUES, ids=[f"{flag}={value}" for flag, value, _ in BAD_VALUES]
)
def test_bad_value(binary, root, flag, value, allowed):
    """§1: one line on stderr that names the argument, the value and what is allowed; exit 2; nothing started."""
    result = run_to_end(binary, "--root", root, f"{flag}={value}")
    assert result.returncode == USAGE
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1 and result.stderr.endswith("\n"), result.stderr
    assert flag in result.stderr and value in result.stderr
    rest = result.stderr.replace(flag, "", 1).replace(value, "", 1) if value else result.stderr.replace(flag, "", 1)
    assert re.search(allowed, rest), result.stderr


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (["99999"], "99999"),
        (["0", "nowhere"], "nowhere"),
        (["0", "127.0.0.1", "none"], "none"),
        (["0", "127.0.0.1", "0"], "0"),
    ],
    ids=["port", "host", "threads", "no threads"],
)
def test_bad_positional(binary, root, arguments, culprit):
    """§1: the positional form is held to the same ranges."""
    result = run_to_end(binary, *arguments, "--root", root)
    assert result.returncode == USAGE and result.stdout == ""
    assert result.stderr.count("\n") == 1 and culprit in result.stderr


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["0", "127.0.0.1", "2", "surplus"], ["--threads"]])
def test_unknown_or_incomplete_argument(binary, root, arguments):
    """§1: one line naming the argument, exit 2."""
    result = run_to_end(binary, "--root", root, *arguments)
    assert result.returncode == USAGE and result.stdout == ""
    assert result.stderr.count("\n") == 1 and arguments[-1] in result.stderr


def congestion_control_of(port):
    """Of the listening socket, which its connections inherit."""
    words = subprocess.check_output(["ss", "-Htlni", f"sport = :{port}"], text=True).split()
    known = pathlib.Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text().split()
    return next(word for word in words if word in known)


def test_congestion_control(start_plain, root):
    """--tcp-congestion: the machine's, a named one, or the machine's unless that is bbr on loopback."""
    of_machine = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    for value, expected in [
        ("system", of_machine),
        ("reno", "reno"),
        ("auto", "reno" if of_machine == "bbr" else of_machine),
    ]:
        server = start_plain("--port", "0", "--tcp-congestion", value, root=root)
        server.log.wait_for("Press Ctrl")
        assert congestion_control_of(server.port) == expected, value


def test_unknown_congestion_control(binary, root):
    """Only the kernel knows which there are: the message names them."""
    result = run_to_end(binary, "--port", "0", "--root", root, "--tcp-congestion", "absurd")
    assert result.returncode == USAGE and result.stdout == ""
    assert re.fullmatch(r'bobbin: --tcp-congestion: "absurd" is not available; auto, system, .*reno.*\n', result.stderr)


@pytest.mark.parametrize("name", ["PORT", "THREADS", "KEEP_ALIVE_TIMEOUT", "LOG_FORMAT", "MAX_UPLOAD"])
def test_bad_environment(binary, root, name):
    """§1: a bad value in the environment is named like one on the command line."""
    result = run_to_end(binary, "--root", root, environment={f"BOBBIN_{name}": "absurd"})
    assert result.returncode == USAGE and result.stdout == ""
    assert result.stderr.count("\n") == 1 and f"BOBBIN_{name}" in result.stderr and "absurd" in result.stderr


def test_root_must_be_a_directory(binary, root):
    """§1: a missing root, and one that is a file, are bad values."""
    for value in [root / "missing", root / "index.html"]:
        result = run_to_end(binary, "--port", 0, "--root", value)
        assert result.returncode == USAGE
        assert result.stderr.count("\n") == 1 and str(value) in result.stderr and "root" in result.stderr


# Configuration file


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("threads = 2\nthreads = 3\n", "threads"),
        ("threads = 0\n", "threads"),
        ('threads = "many"\n', "threads"),
        ("port = 99999\n", "port"),
        ("\n\nno_such_key = 1\n", "no_such_key"),
        ("threads = = 2\n", ""),
    ],
    ids=["twice", "out of range", "wrong type", "port", "unknown key", "not TOML"],
)
@pytest.mark.parametrize("check", [True, False], ids=["check", "start"])
def test_bad_configuration_file(binary, root, scratch, text, culprit, check):
    """§1: exit 78, one message naming file and key; --check-config says the same without starting."""
    path = scratch / "bobbin.toml"
    path.write_text(text)
    flags = ["--check-config"] if check else []
    result = run_to_end(binary, "--port", 0, "--root", root, "--config", path, *flags)
    assert result.returncode == BAD_CONFIGURATION and result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "bobbin.toml" in result.stderr and culprit in result.stderr


GOOD_CONFIGURATION = """
port = 0
bind = ["127.0.0.1", "127.0.0.2"]
threads = 3
connections_per_thread = 100
keep_alive_timeout = "1500ms"
head_timeout = 5
max_upload = "2KiB"
max_head = 2048
allow_host = ["example.org", "other.example:9"]
access_log = false
upload_path = "/api"
"""


def test_configuration_file(start_plain, root, scratch):
    """§1: every value has a key: numbers, lists, times, sizes and switches take effect."""
    path = scratch / "bobbin.toml"
    path.write_text(GOOD_CONFIGURATION)
    server = start_plain("--config", path, "--root", root, root=root)
    server.log.wait_for("Thread pool size: 3$")
    assert server.get(host="other.example:9").status == 200
    with server.connect() as connection:
        assert connection.ask()["Keep-Alive"].startswith("timeout=1")
        assert connection.ask("GET", "/", fields=[("Field", "x" * 2100)]).status == 431
    assert server.upload(b"1", target="/api").status == 201
    assert server.upload(b" " * 2049, target="/api").status == 413
    server.stop()
    assert server.log.count("Request:") == 0


def test_environment(start_plain, root):
    """§1: every value has an environment variable."""
    variables = {
        "PORT": "0",
        "ROOT": str(root),
        "THREADS": "2",
        "KEEP_ALIVE_REQUESTS": "5",
        "ALLOW_HOST": "a.example,b.example",
        "UPLOADS": "off",
    }
    server = start_plain(root=root, environment={f"BOBBIN_{name}": value for name, value in variables.items()})
    server.log.wait_for("Thread pool size: 2$")
    assert server.get(host="b.example").status == 200
    assert server.upload(b"1").status == 404, "an ordinary path"
    with server.connect() as connection:
        assert connection.ask()["Keep-Alive"] == "timeout=30, max=4"


def test_documented_options(binary):
    """docs/configuration.md is what the program says of itself."""
    page = REPOSITORY / "docs/configuration.md"
    assert run_to_end(binary, "--help-markdown").stdout == page.read_text()


def test_missing_configuration_file(binary, scratch):
    """§1: a named file that cannot be read is refused, not ignored."""
    result = run_to_end(binary, "--config", scratch / "missing.toml")
    assert result.returncode == BAD_CONFIGURATION
    assert "missing.toml" in result.stderr


def test_check_config_starts_nothing(binary, root, scratch):
    """§1: --check-config judges and ends, even where the port is taken."""
    (scratch / "bobbin.toml").write_text("threads = 2\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run_to_end(
            binary,
            "--port",
            taken.getsockname()[1],
            "--root",
            root,
            "--config",
            scratch / "bobbin.toml",
            "--check-config",
        )
    assert result.returncode == 0 and result.stderr == ""
    assert "started" not in result.stdout


@pytest.mark.parametrize("command", [["--check-config"], ["doctor"], ["explain", "/"], ["audit"]], ids=lambda command: command[0])
def test_commands_that_look_make_nothing(binary, root, scratch, command):
    """They may be run as root, for a server of another user: what they made, that server could not write to."""
    (scratch / "bobbin.toml").write_text(f'''
        port = 0
        root = "{root}"
        log_file = "{scratch}/bobbin.log"
        error_log = "{scratch}/error.log"
        s3_cache = "{scratch}/cache"
        s3_endpoint = "http://127.0.0.1:9"

        [[site]]
        names = ["a.example"]
        root = "s3://bucket/site"
        log_file = "{scratch}/site.log"

        [[site.mount]]
        path = "/more"
        root = "s3://bucket/more"
    ''')
    before = sorted(scratch.iterdir())
    environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    ended = run_to_end(binary, *command, "--config", scratch / "bobbin.toml", environment=environment)
    assert "s3-cache" not in ended.stderr and "cannot be" not in ended.stderr, ended
    assert sorted(scratch.iterdir()) == before


@pytest.mark.parametrize("flags", [[], ["--check-config"]])
def test_a_log_file_that_cannot_be_written(binary, root, scratch, flags):
    """§1: the option, the file and what is needed; --check-config says the same without starting."""
    file = scratch / "no-such-folder" / "bobbin.log"
    result = run_to_end(binary, "--port", 0, "--root", root, "--log-file", file, *flags)
    assert result.returncode == 2
    assert f'--log-file: "{file}" cannot be written' in result.stderr and result.stderr.count("\n") == 1


def test_a_cache_of_buckets_that_cannot_be_made(binary, scratch):
    cache = scratch / "no-such-folder" / "cache"
    result = run_to_end(binary, "--root", "s3://bucket/site", "--s3-cache", cache, "--check-config")
    assert result.returncode == 2
    assert f'--s3-cache: "{cache}" cannot be used' in result.stderr and result.stderr.count("\n") == 1


# Binding


def test_port_in_use(binary, root):
    """§1: cannot bind → exit 71, naming the address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_to_end(binary, port, "--root", root)
    assert result.returncode == CANNOT_BIND
    assert result.stderr.count("\n") == 1 and str(port) in result.stderr
    assert "started" not in result.stdout


def test_address_of_another_machine(binary, root):
    """§1: cannot bind → exit 71 (192.0.2.0/24 is for documentation, RFC 5737: nobody has it)."""
    result = run_to_end(binary, "--port", 0, "--bind", "192.0.2.1", "--root", root)
    assert result.returncode == CANNOT_BIND
    assert result.stderr.count("\n") == 1 and "192.0.2.1" in result.stderr


def test_two_addresses(start_plain, root):
    """§1: --bind is repeatable."""
    port = free_port()
    server = start_plain("--port", port, "--bind", "127.0.0.1", "--bind", "127.0.0.2", "--root", root, root=root)
    for address in ["127.0.0.1", "127.0.0.2"]:
        eventually(lambda: accepts((address, port)), f"{address} listens")
        with server.connect(address=address) as connection:
            assert connection.ask().status == 200
    with pytest.raises(ConnectionRefusedError):
        server.connect(address="127.0.0.3")


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_ipv6(start_plain, root):
    """§1: IPv6; §4: [::1] is ours when bound to loopback."""
    server = start_plain("--port", 0, "--bind", "::1", "--root", root, root=root)
    server.log.wait_for(rf"HTTP Server started on http://\[::1\]:{server.port}$")
    assert server.get(host=f"[::1]:{server.port}").status == 200
    assert server.get(host=f"localhost:{server.port}").status == 200
    server.log.wait_for(r"Connection from \[::1\]:\d+$")


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_both_families(start_plain, root):
    """§1: IPv4 and IPv6 side by side at one port."""
    port = free_port("::1")
    server = start_plain("--port", port, "--bind", "127.0.0.1", "--bind", "::1", "--root", root, root=root)
    for address in ["127.0.0.1", "::1"]:
        eventually(lambda: accepts((address, port)), f"{address} listens")
        with server.connect(address=address) as connection:
            assert connection.ask().status == 200


def test_default_port(start_plain, root, scratch):
    """§1: without arguments 127.0.0.1:8080, 10 threads, `resources`."""
    try:
        socket.create_server(("127.0.0.1", 8080)).close()
    except OSError:
        pytest.skip("port 8080 is in use")
    server = start_plain(root=root, directory=scratch)
    assert server.address == ("127.0.0.1", 8080)
    assert server.get().status == 200


# Folder of the uploads, descriptors


def test_uploads_folder_is_created(start_plain, root):
    """§1: with `--uploads on` the folder is created when missing; `auto` takes uploads where it is."""
    (root / "uploads").rmdir()
    server = start_plain("--port", 0, "--root", root, root=root)
    assert server.upload(b"{}").status == 404 and not (root / "uploads").exists()
    server = start_plain("--port", 0, "--root", root, "--uploads", "on", root=root)
    assert (root / "uploads").is_dir()
    assert server.upload(b"{}").status == 201


def test_descriptor_limit_is_raised(start_plain, root):
    """§5: the descriptor limit is raised to its hard value at start."""
    server = start_plain("--port", 0, "--root", root, root=root, descriptors="256:1000")
    assert server.descriptor_limits() == (1000, 1000)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT], ids=["SIGINT", "SIGTERM", "SIGQUIT"]
)
def test_signals_stop_in_order(start_plain, root, number):
    """§1: SIGINT, SIGTERM, SIGQUIT: both stop lines and exit 0."""
    server = start_plain("--port", 0, "--root", root, root=root)
    assert server.get().status == 200
    server.signal(number)
    assert server.wait() == 0
    for line, text in zip(server.log.lines[-3:], [r"Shutting down server\.\.\.", r"Totals: \d+ responses .*", "Server stopped"], strict=True):
        assert re.fullmatch(TIMESTAMP + text, line), line


def test_keep_alive_below_a_second(start_plain, root):
    """A time that rounds to 0 seconds is not said: a client would take it for "at once"."""
    for limit, said in [("0", None), ("5", "max=4")]:
        server = start_plain("--port", 0, "--keep-alive-timeout", "900ms", "--keep-alive-requests", limit, root=root)
        with server.connect() as connection:
            assert connection.ask().get("Keep-Alive") == said


def test_options_of_a_server_without_uploads(start_plain, root):
    """RFC 9110 §9.3.7: what the server as a whole allows."""
    server = start_plain("--port", 0, "--uploads", "off", root=root)
    assert server.ask("OPTIONS", "*")["Allow"] == "GET, HEAD, OPTIONS"


def test_the_program_is_one_file(binary, sanitized):
    """README: it needs nothing but the system's C library, libcrypt and OpenSSL."""
    if sanitized:
        pytest.skip("a sanitizer is a library")
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    names = {pathlib.Path(line.split()[0]).name for line in listed.splitlines()}
    allowed = ("linux-vdso", "libc.so", "ld-linux", "libm.so", "libcrypt.so.1", "libssl.so.3", "libcrypto.so.3")
    assert all(name.startswith(allowed) for name in names), names


# Folders and files that are named


@pytest.mark.parametrize("name", ["{root}", "{root}/", "{root}/.", "{root}/folder/..", "{link}"])
def test_upload_folder_is_not_the_root(binary, root, scratch, name):
    """docs/configuration.md: a folder of its own, by whatever name: else the documents could not be told from the site."""
    (root / "folder").mkdir()
    link = scratch / "link"
    link.symlink_to(root)
    result = run_to_end(binary, "--port", "0", "--root", root, "--upload-dir", name.format(root=root, link=link))
    assert result.returncode == USAGE
    assert "--upload-dir" in result.stderr and "root" in result.stderr


def test_upload_folder_that_cannot_be_made(binary, scratch):
    """The message says how to do without one: nobody who only serves files has asked for uploads."""
    (scratch / "uploads").write_text("a file")
    result = run_to_end(binary, "--port", "0", "--root", scratch, "--uploads", "on")
    assert result.returncode == USAGE
    assert "--upload-dir" in result.stderr and "--uploads off" in result.stderr


def test_no_uploads_need_no_folder(start_plain, root):
    """docs/operating.md: without uploads no folder is needed, named or not."""
    server = start_plain("--port", 0, "--root", root, "--uploads", "off", "--upload-dir", "/not/there", root=root)
    assert server.get().status == 200
    assert server.get("/uploads/").status == 404


def test_media_types_that_are_named_must_be_there(binary, root):
    """A file that the operator names and that cannot be read is an error; the default one may be missing."""
    result = run_to_end(binary, "--port", "0", "--root", root, "--mime-types", "/nowhere/mime.types")
    assert result.returncode == USAGE
    assert "--mime-types" in result.stderr and "/nowhere/mime.types" in result.stderr


def test_a_second_start_leaves_the_first_ones_temporaries(start_plain, binary, root):
    """§1: stale temporaries go at start; but a server that cannot have the port is none, and touches nothing."""
    server = start_plain("--port", 0, "--root", root, root=root)
    temporary = root / "uploads" / ".bobbin-abcdefgh.tmp"
    temporary.write_text("of an upload under way")
    result = run_to_end(binary, "--port", server.port, "--root", root)
    assert result.returncode == CANNOT_BIND
    assert temporary.exists()
