"""The image: umoci unpacks it, and runc starts it as its own user, with a root that cannot be written to."""

import json
import os
import subprocess

import pytest

from made import MADE
from support.server import REPOSITORY, Server

USER = 65532


@pytest.fixture
def bundle(scratch):
    """What a runtime starts: the unpacked image and a configuration made from its own. umoci compares all digests."""
    (image,) = json.loads((MADE / "oci/index.json").read_text())["manifests"]
    version = image["annotations"]["org.opencontainers.image.ref.name"]
    folder = scratch / "bundle"
    subprocess.run(["umoci", "unpack", "--image", f"{MADE}/oci:{version}", folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def run(bundle, scratch, root, start_plain):
    """Start the container, with a site, a folder for documents, and the network of this machine so that a test reaches it."""
    documents = scratch / "documents"
    documents.mkdir()
    os.chown(documents, USER, USER)

    def start(**environment):
        file = bundle / "config.json"
        configuration = json.loads(file.read_text())
        configuration["root"]["readonly"] = True
        process = configuration["process"]
        process["terminal"] = False
        process["noNewPrivileges"] = True
        process["capabilities"] = {}
        variables = {"BOBBIN_PORT": "0", "BOBBIN_BIND": "127.0.0.1", **environment}
        process["env"] += [f"{name}={value}" for name, value in variables.items()]
        configuration["mounts"] += [
            {"destination": "/site", "type": "bind", "source": str(root), "options": ["rbind", "ro"]},
            {"destination": "/var/lib/bobbin", "type": "bind", "source": str(documents), "options": ["rbind", "rw"]},
        ]
        linux = configuration["linux"]
        linux["namespaces"] = [each for each in linux["namespaces"] if each["type"] != "network"]
        file.write_text(json.dumps(configuration))
        name = f"bobbin-{os.getpid()}"
        command = ["--root", scratch / "state", "run", "--bundle", bundle, name]
        return start_plain(*command, program="/usr/sbin/runc", kind=Server, root=root)

    return start


def test_the_container_serves(run, root):
    server = run()
    assert server.get("/about.html").content == (root / "about.html").read_bytes()


def test_the_container_keeps_documents(run, scratch):
    server = run(BOBBIN_UPLOAD_DIR="/var/lib/bobbin/uploads")
    created = server.upload(b'{"a": 1}')
    assert created.status == 201 and server.get(created["Location"]).content == b'{"a": 1}'
    (kept,) = (scratch / "documents/uploads").glob("upload_*.json")
    assert kept.stat().st_uid == USER


def test_the_container_answers_probes(run):
    """As kubernetes.yaml configures it; a probe's Host is the address of the pod."""
    server = run(BOBBIN_HEALTH="on", BOBBIN_BIND="0.0.0.0")
    for path in ["/healthz", "/readyz"]:
        with server.connect(address="127.0.0.1") as connection:
            assert connection.ask("GET", path).status == 200


def test_the_container_runs_without_rights(run):
    server = run()
    children = ["ps", "-o", "uid=", "-o", "comm=", "--ppid", str(server.process.pid)]
    listed = subprocess.run(children, capture_output=True, text=True, check=True).stdout
    assert listed.split() == [str(USER), "bobbin"]


def test_the_configuration_of_the_image(bundle):
    process = json.loads((bundle / "config.json").read_text())["process"]
    assert process["user"]["uid"] == USER and process["user"]["gid"] == USER
    assert process["args"] == ["/bobbin"]
    names = sorted(path.name for path in (bundle / "rootfs").iterdir())
    assert names == ["bobbin", "etc", "site", "tmp", "var"], "nothing but the program and what it needs"


def test_the_same_program_gives_the_same_image(scratch):
    for name in ["one", "another"]:
        subprocess.run(
            ["/usr/bin/python3", REPOSITORY / "scripts/oci_image.py", MADE / "static/bobbin", "amd64", "0.1.0", scratch / name],
            check=True,
            env={"SOURCE_DATE_EPOCH": "1700000000"},
        )
    assert (scratch / "one/index.json").read_bytes() == (scratch / "another/index.json").read_bytes()
