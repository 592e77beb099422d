"""What docs/containers.md says of a server in a container, and can be tried without one. The image is in tests/package."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from support.client import Connection
from support.pages import page
from support.server import run_to_end
from support.waiting import eventually
from support.webhooks import sha256

pytestmark = pytest.mark.modes("many")


class Volume:
    """A folder as Kubernetes mounts a ConfigMap or a Secret: its files are links through `..data`, which is switched."""

    def __init__(self, path):
        self._path = path
        self._generation = 0
        path.mkdir()

    def write(self, **files):
        old = self._path / f"..{self._generation}"
        self._generation += 1
        new = self._path / f"..{self._generation}"
        new.mkdir()
        for name, text in files.items():
            (new / name).write_text(text)
        (self._path / "..data_tmp").symlink_to(new.name)
        (self._path / "..data_tmp").replace(self._path / "..data")
        for name in files:
            if not (self._path / name).is_symlink():
                (self._path / name).symlink_to(f"..data/{name}")
        for path in old.glob("*"):
            path.unlink()
        if old.exists():
            old.rmdir()


def test_a_volume_whose_files_are_switched(start_plain, root, scratch):
    """The sandbox lets the server follow: secrets by itself, the configuration on SIGHUP."""
    volume = Volume(scratch / "etc")

    def files(name):
        text = f'port = 0\nroot = "{root}"\nallow_host = "{name}.example.org"\ntoken_file = "{scratch}/etc/tokens"\n'
        return {"configuration": text, "tokens": f"me:{sha256(name.encode())}\n"}

    volume.write(**files("one"))
    server = start_plain("--config", scratch / "etc/configuration", root=root)

    def status(token, host=None):
        return server.ask(fields=[("Authorization", f"Bearer {token}")], **({"host": host} if host else {})).status

    assert status("one") == 200 and status("two") == 401
    volume.write(**files("two"))
    eventually(lambda: status("two") == 200, "the new token is known")
    assert status("one") == 401 and status("two", "two.example.org") == 403
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert status("two", "two.example.org") == 200 and status("two", "one.example.org") == 403


def test_the_first_process_of_its_container(start_plain, binary, root):
    """Signals without a handler do nothing there, so the server must have one for each that ends it."""
    if subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no namespace of processes can be made here")
    command = ["--pid", "--fork", "--kill-child", binary, "--port", "0", "--root", root]
    server = start_plain(*command, program="/usr/bin/unshare", root=root)
    first = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    os.kill(int(first), signal.SIGTERM)
    assert server.wait() == 0
    assert server.log.count("Server stopped") == 1


def test_probes_ask_by_the_address_of_the_pod(start_plain, root):
    """Nobody has named it, and nothing is logged."""
    server = start_plain("--port", "0", "--bind", "0.0.0.0", "--root", root, "--health", "on", root=root)
    with Connection(("127.0.0.2", server.port)) as connection:
        for path in ["/healthz", "/readyz"]:
            assert connection.ask("GET", path, host=f"127.0.0.2:{server.port}").status == 200
        assert connection.ask("GET", "/healthz", host="bobbin").status == 403
    server.log.wait_for(r"Host mismatch \(bobbin\)")
    assert server.log.count("GET /readyz") == 0


def test_variables_of_the_page_are_options(binary):
    flags = set(re.findall(r"--([a-z0-9-]+)", run_to_end(binary, "--help").stdout))
    variables = set(re.findall(r"BOBBIN_([A-Z_]+)", page("containers.md")))
    assert len(variables) > 5
    assert {name.lower().replace("_", "-") for name in variables} <= flags
