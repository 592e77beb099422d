"""What a server that has started cannot do any more, whoever has taken it over."""

import errno
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest
import seccomp

from support.client import Connection
from support.server import run_to_end
from support.waiting import eventually

# CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER and CAP_FSETID, which root keeps; nobody else has them.
OF_FILES = 0b11111 if os.geteuid() == 0 else 0
ALL = "Sandbox: files, connections and system calls"


@pytest.fixture(autouse=True)
def skip_sanitizers(sanitized):
    if sanitized:
        pytest.skip("a sanitizer looks at its own process in ways that the sandbox does not allow")


def threads_of(server):
    return sorted(int(name) for name in os.listdir(f"/proc/{server.process.pid}/task"))


def status_of(process, thread):
    text = pathlib.Path(f"/proc/{process}/task/{thread}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def without(*calls):
    """Run before the server starts: a kernel that has none of these system calls."""

    def filter_calls():
        rules = seccomp.SyscallFilter(seccomp.ALLOW)
        for call in calls:
            rules.add_rule(seccomp.ERRNO(38), call)
        rules.load()

    return filter_calls


def in_the_server(server, *expressions):
    """What these expressions of C are in a worker of this server, as gdb evaluates them."""
    commands = ["set confirm off", "set pagination off"]
    for expression in expressions:
        commands.append(f'printf "=> %d\\n", (int){expression}')
    arguments = [part for command in commands for part in ("-ex", command)]
    worker = next(t for t in threads_of(server) if status_of(server.process.pid, t)["Name"] == "Thread-1")
    shown = subprocess.run(
        ["gdb", "-nx", "-q", "-batch", "-p", str(server.process.pid), "-ex",
         f"python [t.switch() for t in gdb.selected_inferior().threads() if t.ptid[1] == {worker}]", *arguments],
        capture_output=True, text=True, check=False,
    )
    results = [int(number) for number in re.findall(r"^=> (-?\d+)$", shown.stdout, re.MULTILINE)]
    assert len(results) == len(expressions), shown.stdout + shown.stderr
    return results


ERRNO = "*((int *(*)(void))__errno_location)()"


def opens(path):
    return f'((int (*)(const char *, int, ...))open)("{path}", 0)'


def test_every_thread_is_confined(start):
    server = start("--sandbox", "required")
    server.log.wait_for(ALL)
    assert server.upload(b"{}").status == 201, "so that there are threads for disks, too"
    for thread in threads_of(server):
        status = status_of(server.process.pid, thread)
        assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1"), status["Name"]
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) & OF_FILES == int(status["CapPrm"], 16)


@pytest.mark.modes("many")
def test_who_has_taken_over_a_worker_cannot_get_out(start, root):
    server = start("--sandbox", "required")
    server.log.wait_for(ALL)
    found = in_the_server(
        server,
        opens(root / "index.html"),
        opens("/etc/passwd"), ERRNO,
        "((int (*)(int, int, int))socket)(2, 1, 0)", ERRNO,
        '((int (*)(const char *, char **, char **))execve)("/bin/true", 0, 0)', ERRNO,
        "((int (*)(void))fork)()", ERRNO,
        "((int (*)(int, int))kill)(1, 0)", ERRNO,
    )
    inside, *outside = found
    assert inside >= 0
    assert outside[0::2] == [-1, -1, -1, -1, -1]
    assert [os.strerror(code) for code in outside[1::2]] == [
        "Permission denied", "Operation not permitted", "Operation not permitted", "Operation not permitted",
        "Operation not permitted"]
    assert server.get("/index.html").status == 200


def test_the_level_is_told_to_who_watches(start):
    server = start("--sandbox", "required", "--admin", "127.0.0.1:0")
    port = server.log.wait_for(r"Admin: http://127.0.0.1:([0-9]+)")[0][1]
    with Connection(("127.0.0.1", int(port))) as admin:
        assert json.loads(admin.ask(target="/status.json").content)["sandbox"] == ALL.removeprefix("Sandbox: ")
        metrics = admin.ask(target="/metrics").content.decode()
    assert 'bobbin_sandbox{part="files"} 1' in metrics and 'bobbin_sandbox{part="calls"} 1' in metrics


def test_off_is_off(start):
    server = start("--sandbox", "off")
    assert status_of(server.process.pid, server.process.pid)["Seccomp"] == "0"
    assert server.log.count("Sandbox: ") == 0


def test_a_kernel_without_landlock(start_plain, root):
    server = start_plain("--port", "0", "--root", root, root=root, before=without("landlock_create_ruleset"))
    server.log.wait_for(re.escape("Sandbox: connections and system calls (Landlock, Linux 5.13 or later, is needed to confine files: "
                                  "landlock_create_ruleset: Function not implemented)"))
    assert server.get("/index.html").status == 200


def test_what_is_required_and_not_possible(binary, root):
    ended = subprocess.run(
        [binary, "--port", "0", "--root", root, "--sandbox", "required"], capture_output=True, text=True, check=False,
        preexec_fn=without("landlock_create_ruleset"),
    )
    assert ended.returncode == 2
    assert ended.stderr == ("bobbin: --sandbox: required is not possible; Landlock, Linux 5.13 or later, is needed to "
                            "confine files: landlock_create_ruleset: Function not implemented\n")


def configured(scratch, text):
    config = scratch / "etc" / "bobbin.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text("port = 0\n" + text)
    return config


def test_a_reload_that_needs_more_leaves_everything_as_it_was(start_plain, root, scratch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "site"
    elsewhere.mkdir()
    (elsewhere / "index.html").write_text("elsewhere")
    config = configured(scratch, f'root = "{root}"\n')
    server = start_plain("--config", config, root=root)
    configured(scratch, f'root = "{elsewhere}"\n')
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for(re.escape(f"Reload refused, everything stays as it was: the sandbox does not let '{elsewhere}' be used; "
                                  "bobbin upgrade uses it (--sandbox-path grants it beforehand)"))
    assert server.get("/index.html").content != b"elsewhere"
    server.stop()
    configured(scratch, f'root = "{root}"\n')
    server = start_plain("--config", config, "--sandbox-path", elsewhere.parent, root=root)
    configured(scratch, f'root = "{elsewhere}"\n')
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert server.get("/index.html").content == b"elsewhere"


def test_a_root_beside_what_is_others_is_granted_alone(start_plain, scratch):
    """What lies in /tmp, or in somebody's home, gives nothing of its neighbours away."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="bobbin-root-", dir="/tmp"))
    try:
        (root / "index.html").write_text("old")
        server = start_plain(root, 0, "--sandbox", "required", root=root)
        neighbour = scratch / "neighbour"
        neighbour.write_text("secret")
        assert in_the_server(server, opens(root / "index.html"))[0] >= 0
        assert in_the_server(server, opens(neighbour), ERRNO) == [-1, errno.EACCES]
        root.rename(scratch / "old")
        root.mkdir()
        server.log.wait_for("Warning: The root '.*' leads to what this process may not open")
        assert server.get("/").content == b"old"
    finally:
        shutil.rmtree(root)


def test_files_that_are_replaced_are_read(start_plain, root, scratch):
    """A configuration, secrets and a root behind a link, each replaced by another one of the same name."""
    users = scratch / "etc" / "users"
    config = configured(scratch, f'root = "{scratch}/current"\npassword_file = "{users}"\n')
    # The hashes are of "one" and "two", made by htpasswd -nbB.
    hashes = ["$2y$05$OPBNwn8yXe.Vhz8BsNUZyO8OLDfTUSLPtjWgBGUpVKLG5fdYj46fa",
              "$2y$05$OPBNwn8yXe.Vhz8BsNUZyO8OLDfTUSLPtjWgBGUpVKLG5fdYj46fb"]
    users.write_text(f"alice:{hashes[0]}\n")
    (scratch / "releases").mkdir()
    for name in ("1", "2"):
        (scratch / "releases" / name).mkdir()
        (scratch / "releases" / name / "index.html").write_text(name)
    (scratch / "current").symlink_to("releases/1")
    server = start_plain("--config", config, "--sandbox", "required", root=root)
    assert server.get("/").status == 401
    (scratch / "etc" / "new").write_text(f"alice:{hashes[1]}\n")
    (scratch / "etc" / "new").rename(users)
    server.log.wait_for("Passwords, tokens, redirects or error pages have changed and are in use")
    configured(scratch, f'root = "{scratch}/current"\n')
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert server.get("/").content == b"1"
    (scratch / "new").symlink_to("releases/2")
    (scratch / "new").rename(scratch / "current")
    eventually(lambda: server.get("/").content == b"2", "the root is followed")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become another user")
def test_root_becomes_another_user(start, root, scratch):
    for path in (scratch, *scratch.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    scratch.chmod(0o711)
    server = start("--user", "nobody", "--sandbox", "required", "--uploads", "off")
    for thread in threads_of(server):
        status = status_of(server.process.pid, thread)
        assert set(status["Uid"].split()) == {"65534"}, status["Name"]
        assert int(status["CapEff"], 16) == 0
    assert server.get("/index.html").status == 200


@pytest.mark.parametrize("flags", [[], ["--check-config"]])
def test_a_user_that_is_not_there(binary, root, flags):
    ended = run_to_end(binary, "--port", "0", "--root", root, "--user", "nobody-of-this-name", *flags)
    assert ended.returncode == 2
    assert ended.stderr.startswith('bobbin: --user: "nobody-of-this-name" is not possible; ')
