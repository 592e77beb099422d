"""Virtual hosts: which site answers, and what is each site's own (docs/sites.md)."""

import hashlib
import json
import signal

import pytest

from support.server import run_to_end
from support.waiting import eventually
from test_authentication import HASHES, basic

pytestmark = [pytest.mark.semantics, pytest.mark.http2]


@pytest.fixture
def sites(start, scratch, root):
    """Start a server with these sites, by their names, each a text of further keys; its root says who answers."""

    def start_with(sites, keys="", tail=""):
        text = f'root = "{root}"\n{keys}\n'
        for number, (names, more) in enumerate(sites.items()):
            folder = scratch / f"site-{number}"
            folder.mkdir(exist_ok=True)
            (folder / "who.css").write_text(f"site {number}")
            text += f'[[site]]\nnames = {json.dumps(names.split())}\nroot = "{folder}"\n{more}\n'
        config = scratch / "bobbin.toml"
        config.write_text(text + tail)
        (root / "who.css").write_text("default")
        return start("--config", config)

    return start_with


def who(server, host):
    answer = server.get("/who.css", host=host)
    return answer.text if answer.status == 200 else answer.status


def test_the_name_that_says_most_decides(sites):
    server = sites(
        {"a.test": "", "*.a.test": "", "*.b.a.test x.b.a.test": "", "y.b.a.test": "", "x.b.a.test": ""},
        keys='allow_host = ["c.test", "*.test"]',
    )
    port = server.port
    for host, want in {
        f"a.test:{port}": "site 0",
        f"A.TEST.:{port}": "site 0",
        f"x.a.test:{port}": "site 1",
        f"deep.x.a.test:{port}": "site 1",
        f"z.b.a.test:{port}": "site 2",
        f"x.b.a.test:{port}": "site 2",
        f"y.b.a.test:{port}": "site 3",
        f"c.test:{port}": "default",
        f"other.test:{port}": "default",
        f"localhost:{port}": "default",
        f"127.0.0.1:{port}": "default",
        "c.test": "default",
        f"test:{port}": 403,
        f"a.test.example:{port}": 403,
        f"a.test:{port + 1}": 403,
    }.items():
        assert who(server, host) == want, host


def test_ports_in_names(sites):
    server = sites({"a.test:81 a.test:*": "", "b.test:81": ""})
    assert [who(server, host) for host in ["a.test", "a.test:7", "b.test:81"]] == ["site 0", "site 0", "site 1"]
    assert [who(server, host) for host in ["b.test", f"b.test:{server.port}"]] == [403, 403]


def test_each_request_of_a_connection_is_judged_by_its_own_host(sites):
    server = sites({"a.test": "", "b.test": ""})
    with server.connect() as connection:
        for host, want in [("a.test", "site 0"), ("b.test", "site 1"), ("a.test", "site 0")]:
            assert connection.ask("GET", "/who.css", host=host).text == want


def test_what_each_site_has_of_its_own(sites, scratch):
    (scratch / "users").write_text(f"alice:{HASHES['bcrypt']}\n")
    server = sites(
        {
            "a.test": 'listing = true\nheader = "X-Site: a"\ndownload = ["css"]',
            "b.test": f'password_file = "{scratch / "users"}"\ncache_control = "max-age=60"',
            "c.test": 'allow_type = ["html"]\n[[site.rule]]\npath = "/r/**"\nset = "X-Rule: c"\nerrors = true',
            "d.test": 'path_rules = "strict"\nredirect = "/old /who.css"',
        }
    )
    assert server.get("/", host="a.test").status == 200
    assert server.get("/", host="b.test", fields=basic("alice")).status == 404
    assert server.get("/who.css", host="a.test")["X-Site"] == "a"
    assert server.get("/who.css", host="a.test")["Content-Disposition"].startswith("attachment")
    assert who(server, "b.test") == 401
    signed_in = server.get("/who.css", host="b.test", fields=basic("alice"))
    assert (signed_in.text, signed_in["Cache-Control"]) == ("site 1", "max-age=60")
    assert who(server, "c.test") == 415
    assert server.get("/r/x", host="c.test")["X-Rule"] == "c" and server.get("/r/x", host="d.test").get("X-Rule") is None
    assert server.get("/./who.css", host="d.test").status == 403
    assert server.get("/./who.css", host="c.test").status == 415
    assert server.get("/old", host="d.test").status == 301
    assert server.get("/old", host="a.test").status == 404
    assert server.get("/who.css").get("X-Site") is None


def test_uploads_of_several_sites(sites, scratch):
    """Each has its folder and its limit; the server's is the limit of the default site."""
    server = sites(
        {"a.test": 'uploads = true\nmax_upload = 100', "b.test": "uploads = true", "c.test": ""},
        keys='max_upload = "1k"\nuploads = true',
    )
    small, medium, large = b'"' + b"x" * 98 + b'"', b'"' + b"x" * 1000 + b'"', b'"' + b"x" * 1100 + b'"'

    def upload(host, content):
        fields = [("Content-Type", "application/json")]
        return server.ask("POST", "/upload", host=host, fields=fields, content=content).status

    assert [upload("a.test", each) for each in (small, medium, large)] == [201, 413, 413]
    assert [upload("b.test", each) for each in (small, medium, large)] == [201, 201, 413]
    assert upload("c.test", small) in (404, 405)
    stored = {name.parent.parent.name for name in scratch.glob("*/uploads/*.json")}
    assert stored == {"site-0", "site-1"}


@pytest.mark.modes("many")
def test_a_site_takes_no_larger_uploads_than_the_server(mode, binary, scratch, root):
    config = scratch / "bobbin.toml"
    config.write_text(f'[[site]]\nnames = "a.test"\nroot = "{root}"\nmax_upload = "2MiB"\n')
    ended = run_to_end(binary, "--config", config, "--check-config")
    assert ended.returncode == 2
    assert 'max_upload of the [[site]] a.test: "2MiB" is not allowed; at most "1MiB", the --max-upload of the server' in ended.stderr
    assert run_to_end(binary, "--config", config, "--check-config", "--max-upload", "2M").returncode == 0


def test_a_site_can_have_a_log_of_its_own(sites, scratch):
    """Its exchanges stand there and nowhere else, prepared answers included; violations are told in both."""
    own, shared = scratch / "own.log", scratch / "shared.log"
    server = sites(
        {"a.test": f'log_file = "{own}"', "b.test": f'log_file = "{shared}"', "c.test": f'log_file = "{shared}"'},
        keys='log_format = "combined"',
    )
    for host in ["a.test", "b.test", "c.test", f"localhost:{server.port}"]:
        for _ in range(4):
            assert server.get(f"/who.css?{host.split('.')[0].split(':')[0]}", host=host).status == 200
        assert server.get("/none", host=host).status == 404
    assert server.get("/../x", host="a.test").status == 403
    assert server.get("/evil", host="evil.test").status == 403

    def counts(log):
        text = log.read_text() if log else "\n".join(server.log.lines)
        return [text.count(f"GET /who.css?{which} ") for which in ["a", "b", "c", "localhost"]]

    eventually(lambda: counts(own) == [4, 0, 0, 0] and "GET /none " in own.read_text(), "the log of a.test")
    eventually(lambda: counts(shared) == [0, 4, 4, 0], "the log of b.test and c.test")
    eventually(lambda: counts(None) == [0, 0, 0, 4], "the log of the server")
    eventually(lambda: "GET /../x " in own.read_text(), "the violation as an exchange")
    server.log.wait_for(r"Security violation: Path traversal attempt \(/\.\./x\)")
    server.log.wait_for("GET /evil ")
    assert server.log.count(r"GET /\.\./x ") == 0 and "/evil" not in own.read_text() + shared.read_text()

    # SIGUSR1 opens all of them anew.
    own.rename(scratch / "own.log.1")
    server.signal(signal.SIGUSR1)
    eventually(own.exists, "a new log")
    assert server.get("/who.css?a", host="a.test").status == 200
    eventually(lambda: counts(own) == [1, 0, 0, 0], "the exchange in the new log of a.test")


@pytest.mark.modes("many")
def test_the_log_of_a_site_can_have_a_format_of_its_own(sites, scratch):
    structured, usual = scratch / "json.log", scratch / "usual.log"
    server = sites(
        {"a.test": f'log_file = "{structured}"\nlog_format = "json"', "b.test": f'log_file = "{usual}"'},
        keys='log_format = "common"',
    )
    for host in ("a.test", "b.test", f"localhost:{server.port}"):
        assert server.get("/who.css", host=host).status == 200
    eventually(lambda: structured.read_text().count("\n") == 1, "the exchange in JSON")
    assert json.loads(structured.read_text())["status"] == 200
    eventually(lambda: '"GET /who.css HTTP/1.1" 200 ' in usual.read_text(), "the exchange in the format of the server")
    server.log.wait_for(r'"GET /who\.css HTTP/1\.1" 200 ')


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (('log_format = "json"', ""), "log_format of a [[site]]: it is the format of its own log; a log_file for this site is needed"),
        (('log_format = "json"\nlog_file = "a"', 'log_file = "a"'), 'log_format of a [[site]]: sites with different formats write to "a"'),
        (('log_format = "xml"\nlog_file = "a"', ""), 'log_format: "xml" is not allowed; auto, transfer, common, combined or json'),
    ],
)
def test_a_format_without_a_log_of_its_own_is_refused(binary, scratch, root, keys, message):
    config = scratch / "bobbin.toml"
    config.write_text("".join(f'[[site]]\nnames = "{name}.test"\nroot = "{root}"\n{line}\n' for name, line in zip("ab", keys)))
    ended = run_to_end(binary, "--config", config, "--check-config", directory=scratch)
    assert ended.returncode != 0 and message in ended.stderr, ended.stderr


@pytest.mark.modes("many")
def test_without_a_default_site_no_root_is_named_alone(start_plain, scratch, root):
    """Each site has a line of its own."""
    config = scratch / "bobbin.toml"
    sites = "".join(f'[[site]]\nnames = "{name}.test"\nroot = "{root}"\n' for name in "ab")
    config.write_text(f"port = 0\n{sites}")
    server = start_plain("--config", config, root=root)
    server.log.wait_for("Press Ctrl.C")
    server.log.wait_for(rf"Site b\.test: serving files from '{root}' directory")
    assert not any(" Serving files from" in line for line in server.log.lines)


@pytest.mark.modes("many")
def test_logs_of_sites_are_opened_by_a_start(start_plain, binary, scratch, root):
    config = scratch / "bobbin.toml"

    def write(log):
        config.write_text(f'port = 0\nroot = "{root}"\n[[site]]\nnames = "a.test"\nroot = "{root}"\nlog_file = "{log}"\n')

    write(scratch / "missing/a.log")
    for check in ([], ["--check-config"]):
        ended = run_to_end(binary, "--config", config, *check)
        assert ended.returncode == 2
        assert f'log_file of a [[site]]: "{scratch}/missing/a.log" cannot be written; a file that' in ended.stderr
    write(scratch / "a.log")
    server = start_plain("--config", config, root=root)
    write(scratch / "b.log")
    server.signal(signal.SIGHUP)
    server.log.wait_for(rf"Warning: only an upgrade or a restart can change the log_file of a site to '{scratch / 'b.log'}'")
    write(f'{scratch / "a.log"}"\nlog_format = "json')
    server.signal(signal.SIGHUP)
    server.log.wait_for(rf"Warning: only an upgrade or a restart can change the log_format of a site with the log_file '{scratch / 'a.log'}'")
    write(scratch / "b.log")
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded", count=3)
    assert server.get("/about.html", host="a.test").status == 200
    server.log.wait_for("Request: GET /about.html")


@pytest.mark.modes("many")
def test_a_start_fails_at_one_site_when_another_has_something_to_do(binary, scratch):
    """The index of a feed is read beside the start, for a site that was opened before the one at fault."""
    digest = hashlib.sha256(b"a token that is long enough").hexdigest()
    (scratch / "readers").write_text(f"reader:{digest}\n")
    for name in ["a", "b", "in"]:
        (scratch / name).mkdir()
    (scratch / "sites.toml").write_text(f'''
        port = 0

        [[site]]
        names = ["a.test"]
        root = "{scratch}/a"

        [[site.inbox]]
        name = "orders"
        dir = "{scratch}/in/orders"
        feed_token_file = "{scratch}/readers"

        [[site]]
        names = ["b.test"]
        root = "{scratch}/b"
        password_file = "{scratch}/not-there"
    ''')
    ended = run_to_end(binary, "--config", scratch / "sites.toml")
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1, ended
    assert "password_file of the [[site]] b.test" in ended.stderr and "not-there" in ended.stderr
