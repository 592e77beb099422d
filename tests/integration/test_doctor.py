"""bobbin doctor: whether the machine and the configuration fit."""

import json
import os
import resource
import socket
import subprocess

import pytest

from support.server import clean_environment, free_port, run_to_end


def findings(binary, *arguments, **options):
    ended = run_to_end(binary, "doctor", *arguments, "--json", **options)
    assert ended.returncode in (0, 1), ended.stderr
    found = json.loads(ended.stdout)
    assert (ended.returncode == 1) == any(each["severity"] == "problem" for each in found)
    assert all(each["remedy"] for each in found if each["severity"] != "fine"), "each comes with what helps"
    return found


def about(found, name):
    return [each for each in found if each["about"] == name]


def test_it_says_what_it_has_looked_at(binary, root, folder):
    port = free_port()
    found = findings(binary, root, "--port", port, "--upload-dir", folder)
    names = {each["about"] for each in found}
    assert {"kernel", "sandbox", "threads", "files", "configuration", f"port 127.0.0.1:{port}", "uploads"} <= names
    texts = " ".join(each["text"] for each in about(found, "uploads"))
    assert "it lies on" in texts and "a flush takes" in texts and "MiB are free" in texts
    assert "O_TMPFILE" in texts
    assert list(folder.iterdir()) == [], "nothing is left behind"


def test_a_folder_that_is_not_there_yet_is_looked_at_where_it_will_be(binary, root, scratch):
    found = about(findings(binary, root, "--port", "0", "--upload-dir", scratch / "a" / "b"), "uploads")
    assert found[0]["text"] == f"'{scratch}/a/b' is not there yet, and is made at the start, in '{scratch}'"
    assert any("a flush takes" in each["text"] for each in found)
    assert not (scratch / "a").exists()
    found = about(findings(binary, root, "--port", "0", "--upload-dir", "/dev/shm/none"), "uploads")
    assert any("it lies on tmpfs" in each["text"] and each["severity"] == "problem" for each in found)


def test_the_cache_of_the_device_is_told_where_there_is_one(binary, root, scratch):
    found = about(findings(binary, root, "--port", "0", "--upload-dir", scratch), "uploads")
    device = os.stat(scratch).st_dev
    queue = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/queue/write_cache"
    told = [each["text"] for each in found if "(write back)" in each["text"] or "(write through)" in each["text"]]
    if not os.path.exists(queue):
        assert len(told) <= 1
    else:
        with open(queue) as file:
            assert len(told) == 1 and f"({file.read().strip()})" in told[0]


def test_as_text(binary, root):
    ended = run_to_end(binary, "doctor", root, "--port", "0")
    assert ended.returncode == 0
    assert ended.stdout.startswith("fine     kernel: Linux ")
    assert ended.stdout.splitlines()[-1].startswith("0 problems, ")


def test_a_configuration_that_cannot_be_used_is_a_problem(binary, root):
    found = findings(binary, root, "--port", "0", "--password-file", root / "nothing")
    [problem] = [each for each in found if each["severity"] == "problem"]
    assert problem["about"] == "configuration"
    assert "--password-file" in problem["text"]


def test_a_port_that_is_taken_is_told(binary, root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        [finding] = about(findings(binary, root, "--port", port), f"port 127.0.0.1:{port}")
    assert (finding["severity"], finding["text"]) == ("advice", "a program listens there already")


def test_a_folder_in_memory_is_a_problem(binary, root):
    [problem] = [each for each in about(findings(binary, root, "--port", "0", "--upload-dir", "/dev/shm"), "uploads")
                 if each["severity"] == "problem"]
    assert problem["text"].startswith("it lies on tmpfs: It lies in memory")


def test_a_secret_that_everybody_may_read_is_told(binary, root, scratch):
    tokens = scratch / "tokens"
    tokens.write_text("a:" + "0" * 64 + "\n")
    tokens.chmod(0o644)
    [finding] = about(findings(binary, root, "--port", "0", "--token-file", tokens), "--token-file")
    assert finding["remedy"] == f"chmod o-r {tokens}"
    tokens.chmod(0o640)
    assert about(findings(binary, root, "--port", "0", "--token-file", tokens), "--token-file") == []


def test_a_low_limit_of_open_files_is_told(binary, root):
    ended = subprocess.run(
        [binary, "doctor", root, "--port", "0", "--json"], capture_output=True, text=True, check=True,
        env=clean_environment(), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)),
    )
    [finding] = about(json.loads(ended.stdout), "files")
    assert finding["text"].startswith("at most 256 may be open, and ")
    assert "LimitNOFILE=" in finding["remedy"]


def test_automatic_threads_follow_the_affinity(start, root):
    cpus = len(os.sched_getaffinity(0))
    server = start("--threads", "auto")
    server.log.wait_for(f"Thread pool size: {max(cpus, 2)}$")
    first = min(os.sched_getaffinity(0))
    server = start("--threads", "auto", before=lambda: os.sched_setaffinity(0, {first}))
    server.log.wait_for("Thread pool size: 2$")


def test_a_start_says_that_cpus_are_left_idle(start):
    """docs/log.md: threads_few, where the pool has fewer threads than there are CPUs to use."""
    cpus = len(os.sched_getaffinity(0))
    if cpus < 2:
        pytest.skip("one CPU is never left idle")
    server = start("--threads", "1")
    server.log.wait_for(r"Warning: \d+ of \d+ CPUs are left idle by a pool of 1: --threads auto takes one for each$")
    assert start("--threads", str(cpus)).log.count("left idle") == 0
