"""The image: skopeo takes out of it what is for a machine, as those who fetch it do, umoci unpacks that, and runc starts it as its
own user, with a root that cannot be written to. For ARM nothing is started here: test_arm64.py tests that program."""

import json
import os
import subprocess

import pytest

from made import MADE
from support.server import REPOSITORY, Server

USER = 65532


def unpack(architecture, scratch):
    """What a runtime on such a machine starts: the unpacked image and a configuration made from its own. umoci compares all
    digests."""
    (image,) = json.loads((MADE / "oci/index.json").read_text())["manifests"]
    version = image["annotations"]["org.opencontainers.image.ref.name"]
    chosen = f"{scratch}/image-{architecture}:{version}"
    choose = ["skopeo", "--insecure-policy", f"--override-arch={architecture}", "copy", f"oci:{MADE}/oci:{version}", f"oci:{chosen}"]
    subprocess.run(choose, check=True, capture_output=True)
    folder = scratch / f"bundle-{architecture}"
    subprocess.run(["umoci", "unpack", "--image", chosen, folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def bundle(scratch):
    return unpack("amd64", scratch)


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


@pytest.mark.parametrize(("architecture", "program"), [("amd64", "static/bobbin"), ("arm64", "arm64/bobbin")])
def test_what_a_machine_gets(architecture, program, scratch):
    bundle = unpack(architecture, scratch)
    process = json.loads((bundle / "config.json").read_text())["process"]
    assert process["user"]["uid"] == USER and process["user"]["gid"] == USER
    assert process["args"] == ["/bobbin"]
    names = sorted(path.name for path in (bundle / "rootfs").iterdir())
    assert names == ["bobbin", "etc", "site", "tmp", "var"], "nothing but the program and what it needs"
    assert (bundle / "rootfs/bobbin").read_bytes() == (MADE / program).read_bytes()


def write_image(folder, *programs):
    command = ["/usr/bin/python3", REPOSITORY / "scripts/oci_image.py", "0.1.0", folder, *programs]
    subprocess.run(command, check=True, env={"SOURCE_DATE_EPOCH": "1700000000"})
    return (folder / "index.json").read_bytes()


def test_the_same_programs_give_the_same_image(scratch):
    programs = [f"amd64={MADE}/static/bobbin", f"arm64={MADE}/arm64/bobbin"]
    for given in [programs[:1], programs]:
        assert write_image(scratch / f"{len(given)}-one", *given) == write_image(scratch / f"{len(given)}-another", *given)


def test_one_program_needs_no_list(scratch):
    write_image(scratch / "image", f"amd64={MADE}/static/bobbin")
    (image,) = json.loads((scratch / "image/index.json").read_text())["manifests"]
    assert image["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert image["platform"] == {"architecture": "amd64", "os": "linux"}
