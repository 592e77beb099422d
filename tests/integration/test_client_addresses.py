"""Which clients a site lets in, by address."""

import signal

import pytest

from support.server import run_to_end
from test_proxies import CLIENT, TRUSTED


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        (("--allow-client", "127.0.0.0/8"), 200),
        (("--allow-client", "10.0.0.0/8,::1"), 403),
        (("--deny-client", "127.0.0.1"), 403),
        (("--deny-client", "10.0.0.0/8"), 200),
        (("--allow-client", "127.0.0.0/8", "--deny-client", "127.0.0.1"), 403),
    ],
)
def test_addresses(start, flags, status):
    server = start(*flags)
    for target in ["/about.html", "/about.html", "/nothing", "/upload"]:  # the second time from the cache
        with server.connect() as connection:
            answer = connection.ask("GET", target)
            assert (answer.status == 403) == (status == 403), target
    assert server.upload(b"1").status == (201 if status == 200 else 403)


@pytest.mark.modes("many")
def test_the_client_is_the_one_that_a_trusted_proxy_names(start):
    server = start("--allow-client", CLIENT, *TRUSTED)
    assert server.get().status == 403
    assert server.get(fields=[("X-Forwarded-For", CLIENT)]).status == 200
    assert server.get(fields=[("X-Forwarded-For", f"{CLIENT}, 198.51.100.1")]).status == 403
    assert start("--allow-client", CLIENT).get(fields=[("X-Forwarded-For", CLIENT)]).status == 403


@pytest.mark.modes("many")
def test_each_site_has_its_own_and_a_reload_changes_them(start_plain, root, scratch):
    configuration = scratch / "bobbin.toml"
    text = f'port = 0\nroot = "{root}"\n[[site]]\nnames = "inner.example:*"\nroot = "{root}"\n'
    configuration.write_text(text + 'allow_client = "10.0.0.0/8"\n')
    server = start_plain("--config", configuration, root=root)
    assert server.get(host="inner.example:1").status == 403
    assert server.get().status == 200
    configuration.write_text(text)
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert server.get(host="inner.example:1").status == 200


def test_a_bad_network(binary, root):
    refused = run_to_end(binary, "--allow-client", "example.org", "--root", root)
    assert refused.returncode == 2 and "--allow-client" in refused.stderr
