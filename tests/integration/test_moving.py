"""docs/moving.md: every word of bobbin's in its tables is one, and rows do what they say."""

import base64
import collections
import gzip
import http.client
import re
import shutil
import subprocess

import pytest

from support.inboxes import names
from support.pages import block, page
from support.proxies import NGINX_FRAME
from support.server import run_to_end
from support.waiting import PATIENCE, eventually
from support.webhooks import mac

pytestmark = pytest.mark.modes("many")
HOST = "www.example.org"

# The words


def words_of(binary):
    """What `--help-markdown` names: flags, keys outside of tables, and those of each table."""
    help_text = run_to_end(binary, "--help-markdown").stdout
    flags, keys, tables = set(), set(), collections.defaultdict(set)
    for line in help_text.splitlines():
        if not line.startswith("| `"):
            continue
        name, also_in = line.split(" | ")[:2]
        flags |= set(re.findall(r"--[a-z0-9-]+", name))
        own = [each for each in re.findall(r"`([a-z][a-z0-9_]*)`", name)]
        for table, key in re.findall(r"`\[\[(?:site\.)?(\w+)\]\]`(?:, as `(\w+)`)?", also_in):
            tables[table] |= {key} if key else set(own)
        if "--" in name:
            keys |= set(own)
    commands = set(re.findall(r"^    (bobbin (?:inbox )?[a-z]+) ", help_text, re.MULTILINE))
    return flags, keys, tables, commands


def rows():
    """The three columns of each row of each table."""
    for line in page("moving.md").splitlines():
        if line.startswith("|") and not re.match(r"\|[-|]+$|\| \w+ \| bobbin \|", line):
            columns = line.strip("|").replace(r"\|", "\0").split(" | ")
            assert len(columns) == 3, line
            yield [column.strip() for column in columns]


def test_every_word_is_one_of_bobbins(binary):
    flags, keys, tables, commands = words_of(binary)
    assert {"rule", "mount", "inbox", "site", "listener"} <= set(tables)
    found = 0
    for theirs, ours, _ in rows():
        if ours in ("not there", "nothing to set"):
            continue
        spans = re.findall(r"`([^`]+)`", ours)
        assert spans, f"{theirs}: {ours}"
        for part in ours.split(";"):
            spans = re.findall(r"`([^`]+)`", part)
            named = [re.fullmatch(r"\[\[(\w+)\]\]", span) for span in spans]
            (table,) = [match[1] for match in named if match] or [None]
            for span in spans:
                found += 1
                known = tables[table] if table else flags | keys | commands
                assert span in known or span == f"[[{table}]]", f"{theirs}: {span} in {part}"
    assert found > 100


# The example of nginx, by nginx and by bobbin


@pytest.fixture
def site(scratch):
    """What the example serves."""
    files = {
        "www/404.html": "<h1>Not here</h1>",
        "www/new.html": "new",
        "www/folder/file.txt": "text",
        "www/assets/app.js": "1",
        "www/private/plan.html": "plan",
        "manual/page.html": "page",
    }
    for name, content in files.items():
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).write_text(content)
    hashed = subprocess.run(["openssl", "passwd", "-5", "secret"], capture_output=True, text=True, check=True).stdout
    (scratch / "etc").mkdir()
    (scratch / "etc/users").write_text(f"alice:{hashed}")
    return scratch


def placed(text, scratch):
    for name, here in [("/srv/www", "www"), ("/usr/share/doc/example", "manual"), ("/etc/bobbin/", "etc/")]:
        text = text.replace(name, f"{scratch}/{here}")
    return text


@pytest.fixture
def configured(start_plain, scratch):
    """Start a server with this configuration, at a free port."""

    def start(text, *flags):
        file = scratch / "bobbin.toml"
        file.write_text(re.sub(r"^port = .*\n|^bind = .*\n", "", text, flags=re.MULTILINE))
        return start_plain("--config", file, "--port", "0", *flags)

    return start


def ask(port, target, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", target, headers={"Host": HOST, **fields})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_the_example_of_nginx(configured, run_proxy, site):
    """Both answer the same, but for how a listing looks and whether a Location names the host."""
    sample = placed(block("moving.md", "nginx", "autoindex on"), site).replace("listen 80;", "listen 127.0.0.1:{port};")
    theirs = run_proxy("nginx", NGINX_FRAME.replace("SAMPLE", sample), ["-c"])
    ours = configured(placed(block("moving.md", "toml", "site.mount"), site)).port
    basic = base64.b64encode(b"alice:secret").decode()
    wrong = base64.b64encode(b"alice:wrong").decode()
    for target, status, fields in [
        ("/new.html", 200, {}),
        ("/folder/file.txt", 200, {}),
        ("/manual/page.html", 200, {}),
        ("/assets/app.js", 200, {}),
        ("/missing.html", 404, {}),
        ("/private/plan.html", 200, {"Authorization": f"Basic {basic}"}),
    ]:
        (their_answer, their_content), (answer, content) = (ask(port, target, **fields) for port in (theirs, ours))
        assert (their_answer.status, answer.status) == (status, status), target
        assert content == their_content, target
    for target, status, fields in [
        ("/folder/", 200, {}),
        ("/private/plan.html", 401, {}),
        ("/private/plan.html", 401, {"Authorization": f"Basic {wrong}"}),
        ("/old.html", 301, {}),
    ]:
        answers = [ask(port, target, **fields)[0] for port in (theirs, ours)]
        assert [answer.status for answer in answers] == [status, status], target
        if status == 301:
            assert all(answer.headers["Location"].endswith("/new.html") for answer in answers)
        if status == 401:
            assert all('realm="The office"' in answer.headers["WWW-Authenticate"] for answer in answers)
    for port in (theirs, ours):
        assert "max-age=31536000" in ask(port, "/assets/app.js")[0].headers["Cache-Control"]
        assert b"file.txt" in ask(port, "/folder/")[1]


# The example of webhook


def test_the_example_of_webhook(configured, binary, scratch):
    (scratch / "www").mkdir()
    (scratch / "deploy.secret").write_text("a secret that is long enough\n")
    deploy = scratch / "deploy"
    deploy.write_text(f'#!/bin/sh\necho "$1" >> {scratch}/deployed\n')
    record = scratch / "deploy-record"
    record.write_text(block("moving.md", "sh", "deploy-record RECORD").replace("/usr/local/bin/deploy", str(deploy)))
    for script in (deploy, record):
        script.chmod(0o755)
    text = block("moving.md", "toml", "[[inbox]]")
    for name, here in [("/var/lib/bobbin/deploy", "inbox"), ("/etc/bobbin/deploy.secret", "deploy.secret")]:
        text = text.replace(name, f"{scratch}/{here}")
    server = configured(f'root = "{scratch}/www"\n{text}')
    content = b'{"after": "6dcb09b5"}'
    signature = "sha256=" + mac(b"a secret that is long enough", content).hexdigest()

    def post(signature):
        fields = [("Content-Type", "application/json"), ("X-Hub-Signature-256", signature)]
        return server.ask("POST", "/hooks/deploy", fields=fields, content=content).status

    assert post(signature) == 201 and post("sha256=" + "0" * 64) == 401
    worker = subprocess.Popen([binary, "inbox", "work", scratch / "inbox", "--", record])
    try:
        eventually(lambda: names(scratch / "inbox", "done"), "the command has run")
    finally:
        worker.terminate()
        assert worker.wait(PATIENCE) == 0
    assert (scratch / "deployed").read_text() == "6dcb09b5\n"


# Other rows, each with what it is about


@pytest.fixture
def serve(configured, site):
    """Start a server for the site with these lines, and tables behind them."""
    return lambda lines, tables="": configured(f'root = "{site}/www"\nprofile = "folder"\n{lines}\n{tables}')


def test_try_files(serve, site):
    (site / "www/index.html").write_text("app")
    page_asked = [("Accept", "text/html")]
    server = serve('spa = "on"\nclean_urls = "on"')
    assert server.get("/some/where", fields=page_asked).content == b"app"
    assert server.get("/missing.js", fields=page_asked).status == 404
    assert server.get("/new").content == b"new"


def test_hashes_that_fit(serve, site):
    """Those of `caddy hash-password`; not the ones that htpasswd makes unless it is told otherwise."""
    if not shutil.which("caddy"):
        pytest.skip("caddy is not installed and could not be: it is in packages/test.txt")
    hashed = subprocess.run(["caddy", "hash-password", "--plaintext", "secret"], capture_output=True, text=True, check=True)
    (site / "etc/users").write_text(f"alice:{hashed.stdout.strip()}\n")
    server = serve(f'password_file = "{site}/etc/users"')
    basic = base64.b64encode(b"alice:secret").decode()
    assert server.get("/new.html", fields=[("Authorization", f"Basic {basic}")]).status == 200
    assert server.get("/new.html").status == 401


def test_hashes_that_are_refused(binary, site):
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "secret"], capture_output=True, text=True, check=True).stdout
    (site / "etc/users").write_text(f"alice:{hashed}")
    refused = run_to_end(binary, site / "www", "--check-config", "--password-file", site / "etc/users")
    assert refused.returncode == 2 and "users" in refused.stderr


def test_limits(serve):
    server = serve('client_requests = 1\nclient_burst = "2s"\nmax_upload = "1kB"')
    assert [server.get("/new.html").status for _ in range(4)][-1] == 429
    server = serve('uploads = true\nmax_upload = "1kB"')
    assert server.upload(b'"%s"' % (b"x" * 2000)).status == 413


def test_deny_goes_first(serve):
    server = serve('allow_client = "127.0.0.1"', '[[rule]]\npath = "/folder/*"\ndeny_client = "127.0.0.0/8"')
    assert server.get("/new.html").status == 200 and server.get("/folder/file.txt").status == 403


def test_fields(serve):
    server = serve(
        'server_name = ""\nheader = "X-One: 1"\nheader_always = "X-Two: 2"',
        '[[rule]]\npath = "*.html"\nset = "X-Three: 3"\ncors = "*"',
    )
    shown, missing = server.get("/new.html", fields=[("Origin", "https://a.example")]), server.get("/missing.txt")
    assert [shown.get(name) for name in ("Server", "X-One", "X-Two", "X-Three")] == [None, "1", "2", "3"]
    assert shown["Access-Control-Allow-Origin"] == "*"
    assert [missing.get(name) for name in ("X-One", "X-Two")] == [None, "2"]


def test_prepared_files(serve, site):
    (site / "www/new.html.gz").write_bytes(gzip.compress(b"new"))
    answer = serve('compress = "prepared"').get("/new.html", fields=[("Accept-Encoding", "gzip")])
    assert answer["Content-Encoding"] == "gzip" and gzip.decompress(answer.content) == b"new"


def test_what_dufs_has_flags_for(start_plain, site):
    (site / "www/link.txt").symlink_to(site / "etc/users")
    flags = ["--listing", "--checksums", "--follow-symlinks", "yes", "--port", "0"]
    server = start_plain(site / "www", *flags)
    assert b"app.js" in server.get("/assets/").content
    assert server.get("/new.html.sha256").status == 200 and server.get("/link.txt").status == 200
    assert server.ask("PUT", "/put.txt", content=b"x").status == 405 and server.ask("DELETE", "/new.html").status == 405


def test_what_tusd_has_flags_for(serve, site):
    server = serve(f'upload_dir = "{site}/documents"\nupload_path = "/files"\nserve_uploads = false\nmax_upload = "1kB"')
    stored = server.upload(b"{}", target="/files")
    assert stored.status == 201 and server.get(stored["Location"]).status == 404
    assert server.upload(b'"%s"' % (b"x" * 2000), target="/files").status == 413
    assert server.ask("PATCH", "/files", content=b"x").status == 405


def test_what_webhook_has_keys_for(serve, site):
    (site / "etc/secret").write_text("a secret that is long enough\n")
    server = serve(
        "",
        f"""
        [[rule]]
        path = "/hooks/box"
        set = "X-Example: it works"
        [[rule]]
        path = "/hooks/closed"
        allow_client = "192.0.2.1"
        [[inbox]]
        name = "box"
        path = "/hooks/box"
        dir = "{site}/box"
        status = "200"
        accept = ["form"]
        unwrap = "payload"
        verify = "hmac"
        signature_field = "X-Signature"
        signature_prefix = "sha1="
        signature_algorithm = "sha1"
        secret_file = "{site}/etc/secret"
        [[inbox]]
        name = "closed"
        path = "/hooks/closed"
        dir = "{site}/closed"
        """,
    )
    content = b"payload=%7B%22a%22%3A1%7D"
    signature = "sha1=" + mac(b"a secret that is long enough", content, "sha1").hexdigest()
    fields = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Signature", signature)]
    answer = server.ask("POST", "/hooks/box", fields=fields, content=content)
    assert answer.status == 200 and answer["X-Example"] == "it works"
    assert server.ask("POST", "/hooks/closed", fields=[("Content-Type", "application/json")], content=b"{}").status == 403
    assert server.ask("GET", "/hooks/box").status == 405
