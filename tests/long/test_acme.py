"""Certificates from an ACME server (RFC 8555): Pebble issues them to certbot and lego, after the recipes of docs/tls.md."""

import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import urllib.request
from dataclasses import dataclass

import pytest

from support.server import accepts, clean_environment, free_port
from support.waiting import PATIENCE, eventually

DOMAIN = "site.example"


@dataclass
class Acme:
    directory: str
    trust: pathlib.Path  # whom to trust when talking to it
    http_port: int  # where it looks for challenges
    root: pathlib.Path  # of the certificates that it issues


@pytest.fixture
def acme(scratch, authority, certificate):
    """Pebble, and a name server that has every name at 127.0.0.1."""
    api, management, http_port, dns, dns_management = (free_port() for _ in range(5))
    configuration = scratch / "pebble.json"
    configuration.write_text(
        json.dumps(
            {
                "pebble": {
                    "listenAddress": f"127.0.0.1:{api}",
                    "managementListenAddress": f"127.0.0.1:{management}",
                    "certificate": str(certificate.certificate),
                    "privateKey": str(certificate.key),
                    "httpPort": http_port,
                    "tlsPort": 0,
                }
            }
        )
    )
    processes = []

    def run(*command):
        output = open(scratch / f"{command[0]}.log", "wb")
        environment = clean_environment({"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "5"})
        processes.append((subprocess.Popen(command, stdout=output, stderr=output, env=environment), output))

    # What it is not told to leave out, it listens for at ports that are not ours.
    off = [word for name in ["-http01", "-https01", "-tlsalpn01"] for word in (name, "")]
    run("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{dns}",
        "-management", f"127.0.0.1:{dns_management}", *off)  # fmt: skip
    run("pebble", "-config", str(configuration), "-dnsserver", f"127.0.0.1:{dns}")
    eventually(lambda: accepts(("127.0.0.1", api)) and accepts(("127.0.0.1", management)), "Pebble listens")
    context = ssl.create_default_context(cafile=authority.certificate)
    root = scratch / "root-of-pebble.pem"
    with urllib.request.urlopen(f"https://localhost:{management}/roots/0", context=context, timeout=PATIENCE) as answer:
        root.write_bytes(answer.read())
    yield Acme(f"https://localhost:{api}/dir", authority.certificate, http_port, root)
    for process, output in processes:
        process.terminate()
        process.wait(PATIENCE)
        output.close()


class Certbot:
    def __init__(self, folder, webroot, acme):
        self._folder = folder
        self._acme = acme
        self.certificate = folder / "live" / DOMAIN / "fullchain.pem"
        self.key = folder / "live" / DOMAIN / "privkey.pem"
        self._first = ["certonly", "--webroot", "-w", webroot, "-d", DOMAIN, "--agree-tos", "-m", "me@example.org",
                       "--server", acme.directory]  # fmt: skip

    def _run(self, *arguments):
        folders = [word for name in ["config", "work", "logs"] for word in (f"--{name}-dir", self._folder)]
        run(["certbot", *arguments, "-n", *folders], {"REQUESTS_CA_BUNDLE": str(self._acme.trust)})

    def issue(self):
        self._run(*self._first)

    def renew(self):
        self._run("renew", "--force-renewal", "--no-random-sleep-on-renew")


class Lego:
    def __init__(self, folder, webroot, acme):
        self._acme = acme
        self.certificate = folder / "certificates" / f"{DOMAIN}.crt"
        self.key = folder / "certificates" / f"{DOMAIN}.key"
        self._options = ["--path", folder, "--email", "me@example.org", "--domains", DOMAIN, "--http", "--http.webroot",
                         webroot, "--server", acme.directory, "--accept-tos"]  # fmt: skip

    def _run(self, *arguments):
        run(["lego", *self._options, *arguments], {"LEGO_CA_CERTIFICATES": str(self._acme.trust)})

    def issue(self):
        self._run("run")

    def renew(self):
        self._run("renew", "--days", "100000", "--no-random-sleep")


def run(command, environment):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed and could not be: it is in packages/long.txt")
    completed = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=PATIENCE, env=clean_environment(environment), check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr


def serial_number_at(port, root):
    """Of the certificate that is shown there, which must lead to `root`."""
    context = ssl.create_default_context(cafile=root)
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        with context.wrap_socket(connection, server_hostname=DOMAIN) as secured:
            return secured.getpeercert()["serialNumber"]


@pytest.mark.parametrize("program", [Certbot, Lego])
def test_issue_and_renew(start_plain, root, scratch, acme, program):
    """The first certificate comes through the listener for plain HTTP alone; a renewal takes effect by itself."""
    webroot = scratch / "webroot"
    challenges = webroot / ".well-known/acme-challenge"
    challenges.mkdir(parents=True)
    client = program(scratch / "client", webroot, acme)
    common = f'acme_challenges = "{challenges}"\nallow_host = ["{DOMAIN}:*"]\nroot = "{root}"\n'
    configuration = scratch / "bobbin.toml"
    configuration.write_text(f"port = {acme.http_port}\n{common}")
    first = start_plain("--config", configuration, root=root)
    client.issue()
    assert first.log.count("acme-challenge") > 0, "it was asked for"
    first.stop()

    port = free_port()
    configuration.write_text(
        common + f"[[listener]]\nport = {port}\ntls = true\n"
        f'certificate = "{client.certificate}"\nkey = "{client.key}"\n'
        f"[[listener]]\nport = {acme.http_port}\nredirect_to_https = true\n"
    )
    server = start_plain("--config", configuration, root=root)
    before = serial_number_at(port, acme.root)
    client.renew()
    server.log.wait_for("The certificates have changed and are in use")
    assert serial_number_at(port, acme.root) != before
    assert not list(challenges.iterdir()), "what was asked for is removed"
