"""The admin listener: health, metrics and status; and what is shipped for Prometheus and Grafana."""

import json
import re
import signal
import socket
import subprocess

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from support.client import Connection
from support.server import REPOSITORY, free_port, run_to_end
from support.waiting import eventually
from test_drain import variables

CONTRIB = REPOSITORY / "contrib/monitoring"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


class Admin:
    """Asks the admin listener of a server that was started with `--admin 127.0.0.1:0`."""

    def __init__(self, server):
        match = server.log.wait_for(r"Admin: http://([0-9.]+):([0-9]+) \(/status\)")[0]
        self.address = (match[1], int(match[2]))

    def get(self, target, fields=()):
        with Connection(self.address) as connection:
            return connection.ask("GET", target, fields=[*fields, ("Connection", "close")])

    def metrics(self):
        """The value of each series, by its name and labels."""
        families = text_string_to_metric_families(self.get("/metrics").content.decode())
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name, **labels):
        return self.metrics().get((name, tuple(sorted(labels.items()))), 0)

    def ready(self):
        response = self.get("/readyz")
        told = json.loads(response.content)
        assert (response.status == 200) == (told["status"] == "ready") == (told["reasons"] == [])
        return told["reasons"]


@pytest.fixture
def watched(start):
    def start_watched(*flags, **options):
        server = start("--admin", "127.0.0.1:0", *flags, **options)
        return server, Admin(server)

    return start_watched


# Health


def test_health_is_off_by_default(server):
    assert server.get("/healthz").status == 404
    assert server.get("/readyz").status == 404


@pytest.mark.http2
def test_health_of_a_site(start):
    server = start("--health", "on")
    for target in ("/healthz", "/readyz", "/readyz?verbose"):
        response = server.get(target)
        assert (response.status, response.content) == (200, b"ok\n")
        assert response.get("Cache-Control") == "no-store"
    assert server.ask("HEAD", "/healthz").status == 200
    assert server.ask("POST", "/readyz", content=b"").status == 405
    assert server.get("/healthz/").status == 404


@pytest.mark.http2
def test_nobody_keeps_what_a_probe_is_told(start):
    """RFC 9111 §5.2.2.5: whatever the site says of its answers."""
    server = start("--health", "on", "--cache-control", "public, max-age=3600")
    for target in ("/healthz", "/readyz"):
        response = server.get(target)
        assert [value for name, value in response.fields if name.lower() == "cache-control"] == ["no-store"]


def test_the_host_of_a_probe_is_checked(start):
    server = start("--health", "on")
    assert server.get("/healthz", host="other.example").status == 403


def test_probes_are_in_the_log_only_when_that_is_wanted(start):
    server = start("--health", "on")
    assert server.get("/healthz").status == 200
    assert server.get("/readyz").status == 200
    assert server.get("/index.html").status == 200
    server.stop()
    assert server.log.count("Request: GET /index.html") == 1
    assert server.log.count("healthz|readyz") == 0
    assert server.log.count(r"Connection closed \(1 requests served\)") == 1, "that of the page"
    server = start("--health", "on", "--log-health", "on")
    assert server.get("/healthz").status == 200
    server.log.wait_for("Request: GET /healthz")


def test_a_probe_need_not_sign_in(start, scratch):
    users = scratch / "users"
    users.write_text("alice:$2y$05$uxjQyHkkmMDrFHEdJNCKiuRKqjvVnRRfCPwgkW.8rWnhVgtPWyuuW\n")
    server = start("--health", "on", "--password-file", users)
    assert server.get("/index.html").status == 401
    assert server.get("/readyz").status == 200


def test_health_can_be_turned_on_by_a_reload(start_plain, root, scratch):
    config = scratch / "bobbin.toml"
    config.write_text(f'port = 0\nroot = "{root}"\n')
    server = start_plain("--config", config, root=root)
    assert server.get("/healthz").status == 404
    config.write_text(f'port = 0\nroot = "{root}"\nhealth = true\n')
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert server.get("/healthz").status == 200


# The admin listener


def test_the_admin_listener_answers_whatever_host_is_asked_for(watched):
    _, admin = watched()
    for host in ("other.example", "a:1"):
        with Connection(admin.address) as connection:
            assert connection.ask("GET", "/healthz", host=host).status == 200
    with Connection(admin.address) as connection:
        connection.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert connection.receive().status == 200


def test_the_admin_listener_serves_no_files(watched):
    _, admin = watched()
    response = admin.get("/index.html")
    assert response.status == 404
    assert b"/metrics" in response.content
    assert admin.get("/").get("Location") == "/status"


def test_the_admin_listener_can_be_a_unix_socket(start, scratch):
    path = scratch / "admin.sock"
    server = start("--admin", f"unix:{path}")
    server.log.wait_for(re.escape(f"Admin: unix:{path}"))
    assert path.stat().st_mode & 0o777 == 0o660
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /readyz HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    server.stop()
    assert not path.exists()


@pytest.mark.modes("capacity-1")
def test_the_admin_listener_answers_while_the_pool_is_full(watched):
    server, admin = watched("--threads", "1", "--queue", "0")
    held = server.connect()
    held.send(b"GET / HTTP/1.1\r\nHost:")
    eventually(lambda: admin.value("bobbin_connections", state="active") == 1, "the worker has the connection")
    assert server.get("/").status == 503
    assert admin.ready() == []
    assert admin.value("bobbin_workers", state="free") == 0
    assert admin.value("bobbin_connections_rejected_total") >= 1


def test_what_is_asked_there_is_neither_counted_nor_logged(watched):
    server, admin = watched()
    for target in ("/healthz", "/metrics", "/status", "/nothing"):
        admin.get(target)
    assert admin.value("bobbin_connections_accepted_total") == 0
    assert not any(name == "bobbin_requests_total" for name, _ in admin.metrics())
    server.stop()
    assert server.log.count("nothing|Request:") == 0
    server.log.wait_for("Totals: 0 responses")


def test_an_address_beyond_the_machine_is_warned_of(start):
    server = start("--admin", "0.0.0.0:0")
    server.log.wait_for("Warning: Whoever can reach 0.0.0.0:[0-9]+ learns how this server is")


@pytest.mark.parametrize("value", ["9901", "example.org:1", "127.0.0.1", "[::1]:70000", "unix:"])
def test_an_address_that_is_none(binary, root, value):
    ended = run_to_end(binary, "--root", root, "--admin", value)
    assert ended.returncode == 2
    assert f'--admin: "{value}" is not allowed' in ended.stderr
    assert "127.0.0.1:9901" in ended.stderr


def test_an_address_that_is_taken(binary, root):
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run_to_end(binary, "--root", root, "--port", "0", "--admin", address)
    assert ended.returncode == 71
    assert f"cannot listen on {address}: bind: Address already in use" in ended.stderr


# Readiness


def test_a_server_that_stops_is_not_ready_until_its_last_exchange_has_ended(watched, root):
    (root / "large.bin").write_bytes(bytes(32 * 1024 * 1024))
    server, admin = watched()
    client = server.connect()
    client.send(b"GET /large.bin HTTP/1.1\r\nHost: " + server.host.encode() + b"\r\n\r\n")
    eventually(lambda: admin.value("bobbin_connections", state="active") == 1, "the download has begun")
    assert admin.ready() == []
    server.process.send_signal(signal.SIGTERM)
    server.log.wait_for("Shutting down server")
    assert admin.ready() == [{"reason": "draining"}]
    assert admin.get("/healthz").status == 200
    assert admin.value("bobbin_ready") == 0
    assert len(client.receive().content) == 32 * 1024 * 1024
    server.log.wait_for("Server stopped")


def test_a_folder_that_another_server_has_is_a_reason(watched, start, folder):
    first = start("--upload-dir", folder)
    _, admin = watched("--upload-dir", folder, "--health", "on")
    assert admin.ready() == [{"reason": "store_occupied", "folder": str(folder)}]
    first.stop()
    eventually(lambda: admin.ready() == [], "the folder is free")


def test_a_disk_below_its_floor_is_a_reason(watched, scratch, root):
    config = scratch / "bobbin.toml"
    config.write_text(
        f'root = "{root}"\n[[inbox]]\nname = "orders"\ndir = "{scratch}/orders"\nmin_free = "1000000GiB"\n'
    )
    (scratch / "orders").mkdir()
    server, admin = watched("--config", config, "--health", "on")
    assert admin.ready() == [{"reason": "disk_low", "inbox": "orders"}]
    assert server.get("/readyz").status == 503
    assert server.get("/healthz").status == 200
    assert server.get("/index.html").status == 200


# Metrics


def test_promtool_finds_nothing(watched):
    server, admin = watched("--uploads", "on")
    server.get("/index.html")
    server.upload(b"{}")
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=admin.get("/metrics").content, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_openmetrics_is_what_a_strict_parser_expects(watched):
    server, admin = watched("--uploads", "on")
    server.get("/index.html")
    server.upload(b"{}")
    response = admin.get("/metrics", fields=[("Accept", PROMETHEUS)])
    assert response.get("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name: family for family in openmetrics.text_string_to_metric_families(response.content.decode())}
    assert families["bobbin_requests"].type == "counter"
    assert families["bobbin_request_duration_seconds"].unit == "seconds"
    assert sum(sample.value for sample in families["bobbin_requests"].samples) == 2


def test_requests_are_counted_by_site_method_and_status(watched, scratch, root):
    config = scratch / "bobbin.toml"
    config.write_text(f'root = "{root}"\n[[site]]\nnames = ["b.test", "c.test"]\nroot = "{root}"\n')
    server, admin = watched("--config", config)
    for _ in range(3):
        assert server.get("/index.html").status == 200
    assert server.ask("HEAD", "/index.html").status == 200
    assert server.get("/nothing").status == 404
    assert server.get("/index.html", host="c.test").status == 200
    assert server.ask("DELETE", "/index.html").status == 405
    assert server.ask("BREW", "/index.html").status == 501
    count = lambda **labels: admin.value("bobbin_requests_total", **labels)
    eventually(lambda: count(site="default", method="other", status="5xx") == 1, "all have been counted")
    assert count(site="default", method="GET", status="2xx") == 3
    assert count(site="default", method="HEAD", status="2xx") == 1
    assert count(site="default", method="GET", status="4xx") == 1
    assert count(site="default", method="other", status="4xx") == 1
    assert count(site="b.test", method="GET", status="2xx") == 1
    assert admin.value("bobbin_request_duration_seconds_count") == 8
    assert admin.value("bobbin_request_answer_seconds_count") == 8
    assert admin.value("bobbin_connections_accepted_total") == 8


def test_refusals_are_counted_by_reason(watched, root):
    (root / "out").symlink_to("/etc/hostname")
    (root / "closed.html").write_text("x")
    server, admin = watched("--uploads", "on", "--max-upload", "100", "--deny-client", "192.0.2.0/24",
                            "--trusted-proxies", "127.0.0.1", "--client-address-from", "X-Real-IP")
    long = "/" + "x" * 20_000
    expected = {
        "host": server.get("/", host="other.example").status,
        "path": server.get("/../etc/passwd").status,
        "link": server.get("/out").status,
        "address": server.get("/", fields=[("X-Real-IP", "192.0.2.9")]).status,
        "malformed": server.upload(b"{").status,
        "media_type": server.ask("POST", "/upload", fields=[("Content-Type", "text/plain")], content=b"{}").status,
        "method": server.ask("DELETE", "/index.html").status,
        "head_size": server.get(long).status,
        "content_size": server.upload(b'"' + b"x" * 200 + b'"').status,
    }
    assert expected == {"host": 403, "path": 403, "link": 403, "address": 403, "malformed": 400, "media_type": 415,
                        "method": 405, "head_size": 414, "content_size": 413}
    counted = lambda: {reason: admin.value("bobbin_requests_refused_total", reason=reason) for reason in expected}
    eventually(lambda: counted() == dict.fromkeys(expected, 1), "each is counted once")
    assert server.get("/nothing").status == 404
    assert sum(value for (name, _), value in admin.metrics().items() if name == "bobbin_requests_refused_total") == 9


def test_no_label_comes_from_a_client(watched):
    server, admin = watched()

    def send(number):
        server.ask(f"M{number}", f"/{number}", host=f"h{number}", fields=[("User-Agent", f"u{number}")])
        server.get(f"/{number}", host=server.host)

    send(0)
    before = set(admin.metrics())
    for number in range(1, 30):
        send(number)
    assert set(admin.metrics()) == before


def test_documents_are_counted_by_folder(watched, folder):
    server, admin = watched("--upload-dir", folder, "--durability", "journal")
    for _ in range(3):
        assert server.upload(b'{"a": 1}').status == 201
    value = lambda name, **labels: admin.value(name, folder=str(folder), **labels)
    assert value("bobbin_documents_stored_total") == 3
    assert value("bobbin_store", state="open") == 1
    assert value("bobbin_journal_flush_seconds_count") >= 1
    assert value("bobbin_commit_documents_sum") == 3
    assert value("bobbin_journal_bytes") > 0
    eventually(lambda: value("bobbin_journal_checkpoint_timestamp_seconds") > 0, "a checkpoint is made")


def test_the_file_cache_is_counted_and_reloads_do_not_set_anything_back(watched, aged_root):
    server, admin = watched("--threads", "1", root=aged_root)
    for _ in range(5):
        assert server.get("/eleven.txt").status == 200
    hits = lambda: admin.value("bobbin_file_cache_requests_total", result="hit")
    assert hits() > 0
    assert admin.value("bobbin_file_cache_files") == 1
    before = (hits(), admin.value("bobbin_requests_total", site="default", method="GET", status="2xx"))
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    for _ in range(3):
        assert server.get("/eleven.txt").status == 200
    assert hits() > before[0]
    assert admin.value("bobbin_requests_total", site="default", method="GET", status="2xx") == before[1] + 3
    eventually(lambda: admin.value("bobbin_file_cache_files") == 1, "the old cache is gone")


def test_a_reload_that_was_refused_shows(start_plain, root, scratch):
    config = scratch / "bobbin.toml"
    config.write_text(f'port = 0\nadmin = "127.0.0.1:0"\nroot = "{root}"\n')
    server = start_plain("--config", config, root=root)
    admin = Admin(server)
    assert admin.value("bobbin_config_last_reload_successful") == 1
    good = config.read_text()
    config.write_text(good + "nonsense = 1\n")
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for("Reload refused")
    assert admin.value("bobbin_config_last_reload_successful") == 0
    config.write_text(good)
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert admin.value("bobbin_config_last_reload_successful") == 1


# Status


def test_the_status_tells_people_and_programs_the_same(watched, folder):
    server, admin = watched("--upload-dir", folder)
    server.get("/index.html")
    server.get("/", host="evil.example<script>")
    server.upload(b"{}")
    server.get("/", host="evil.example")
    page = admin.get("/status")
    assert page.status == 200
    assert page.get("Content-Security-Policy").startswith("default-src 'none'")
    text = page.content.decode()
    assert "ready" in text and str(folder) in text and "Refused" in text
    told = json.loads(admin.get("/status.json").content)
    assert told["process"] == server.process.pid
    assert told["status"] == "ready"
    assert told["listeners"] == [f"http://{server.host}"]
    assert told["refusals"]["host"] == 1
    [site] = told["sites"]
    assert site["uploads"] == str(folder)
    assert site["requests"]["2xx"] == 2
    [store] = told["stores"]
    assert (store["folder"], store["state"], store["stored"]) == (str(folder), "open", 1)


def test_the_last_warnings_are_on_the_page(watched, scratch, root):
    config = scratch / "bobbin.toml"
    config.write_text(f'root = "{root}"\n')
    server, admin = watched("--config", config, "--log-format", "common")
    server.get("/", host="evil.example")
    server.log.wait_for("Security violation: Host mismatch")
    warnings = json.loads(admin.get("/status.json").content)["warnings"]
    assert warnings[0]["text"].startswith("Security violation: Host mismatch (evil.example)")


# What is shipped


def series_of_everything(start_plain, root, scratch, store):
    """The names that a server publishes which has one of everything."""
    bucket = store.new_bucket()
    config = scratch / "bobbin.toml"
    config.write_text(
        f'port = 0\nadmin = "127.0.0.1:0"\nroot = "{root}"\nuploads = "on"\ntls = "on"\n'
        f'tls_certificate = "{scratch}/cert.pem"\ntls_key = "{scratch}/key.pem"\n'
        f's3_cache = "{scratch}/cache"\n'
        f'[[inbox]]\nname = "orders"\ndir = "{scratch}/orders"\nmax_documents = 10\n'
        f'[[inbox]]\nname = "hooks"\ntarget = "s3://{bucket}/hooks"\n'
        f'[[mount]]\npath = "/bucket"\nroot = "s3://{bucket}/www"\n'
    )
    (scratch / "orders").mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
         "-subj", "/CN=localhost", "-keyout", scratch / "key.pem", "-out", scratch / "cert.pem"],
        check=True, capture_output=True,
    )
    server = start_plain("--config", config, root=root, environment=variables(store))
    admin = Admin(server)
    server.get("/nothing", host="evil.example")
    eventually(lambda: admin.value("bobbin_requests_refused_total", reason="host") == 1, "it is counted")
    return {name for name, _ in admin.metrics()}


def names_in(text):
    return set(re.findall(r"\b(?:bobbin|process)_[a-z0-9_]+", text))


def test_every_metric_is_described_and_every_one_that_is_named_exists(start_plain, root, scratch, faulty_store):
    published = series_of_everything(start_plain, root, scratch, faulty_store)
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in published}
    described = set(re.findall(r"^\| `([a-z0-9_]+)` ", (REPOSITORY / "docs/monitoring.md").read_text(), re.MULTILINE))
    described = {name for name in described if name.startswith(("bobbin_", "process_"))}
    assert families == described
    for file in ("grafana-dashboard.json", "alerts.yml"):
        named = names_in((CONTRIB / file).read_text())
        assert len(named) > 5
        assert named <= published | families, file


def test_the_reasons_of_refusals_are_described():
    text = (REPOSITORY / "src/server/refusal_reason.cpp").read_text()
    reasons = set(re.findall(r'return "([a-z_]+)"', text))
    section = (REPOSITORY / "docs/monitoring.md").read_text().split("### Refusals")[1].split("\n## ")[0]
    assert reasons == set(re.findall(r"^\| `([a-z_]+)` ", section, re.MULTILINE)) - {"reason"}


def test_the_alerts_do_what_they_say():
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"],
                      ["check", "config", "prometheus.yml"]):
        checked = subprocess.run(["promtool", *arguments], cwd=CONTRIB, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_dashboard_is_one():
    dashboard = json.loads((CONTRIB / "grafana-dashboard.json").read_text())
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]) > 20
