"""How much one client may take: connections, requests and bytes by address."""

import base64
import hashlib
import signal
import subprocess

import pytest

from support.waiting import eventually
from test_proxies import CLIENT, TRUSTED, version_1, version_2

# Long enough that nothing is refilled while a test runs: 60 requests, and then one each second.
REQUESTS = ("--client-requests", "1", "--client-burst", "5m")
MOST = 300


def exhaust(connection, **fields):
    """Ask until the answer is 429. Returns it, and how many were answered before."""
    for count in range(2 * MOST):
        answer = connection.ask("GET", "/about.html", fields=list(fields.items()))
        if answer.status == 429:
            return answer, count
        assert answer.status == 200
    raise AssertionError("never refused")


def test_requests(start):
    server = start(*REQUESTS, "--keep-alive-requests", "0")
    with server.connect() as connection:
        answer, count = exhaust(connection)
        assert count >= MOST, "what refills while it runs comes on top"
        assert int(answer["Retry-After"]) >= 1
        assert answer["RateLimit-Policy"] == f'"requests";q={MOST};w={MOST}'
        assert answer["RateLimit"].startswith('"requests";r=0;t=')
        assert answer.keeps
        assert "429 Too Many Requests" in answer.text
    server.log.wait_for(r"Response: 429 Too Many Requests")


@pytest.mark.modes("many")
def test_clients_are_told_apart_behind_a_proxy(start):
    server = start(*REQUESTS, *TRUSTED, "--keep-alive-requests", "0")
    with server.connect() as connection:
        exhaust(connection, **{"X-Forwarded-For": CLIENT})
        fields = [("X-Forwarded-For", "198.51.100.1")]
        assert connection.ask("GET", "/", fields=fields).status == 200


@pytest.mark.modes("many")
def test_a_field_of_anybody_else_does_not_help(start):
    server = start(*REQUESTS, "--keep-alive-requests", "0")
    with server.connect() as connection:
        exhaust(connection)
        answers = [connection.ask("GET", "/", fields=[("X-Forwarded-For", f"198.51.100.{i}")]).status for i in range(9)]
        assert answers.count(429) >= 7


@pytest.mark.modes("many")
def test_exempt_clients(start):
    server = start(*REQUESTS, "--client-exempt", "127.0.0.0/8", "--keep-alive-requests", "0")
    with server.connect() as connection:
        assert all(connection.ask("GET", "/about.html").status == 200 for _ in range(MOST + 10))


@pytest.mark.modes("many")
def test_bytes(start):
    server = start("--client-bytes", "1000", "--client-burst", "1s")
    with server.connect() as connection:
        assert connection.ask("GET", "/big.png").content == (server.root / "big.png").read_bytes(), "it is not cut short"
        answer = connection.ask("GET", "/big.png")
        assert answer.status == 429
        assert 1 <= int(answer["Retry-After"]) <= 60
        assert answer["RateLimit-Policy"] == '"bytes";q=1000;w=1;qu="content-bytes"'


@pytest.mark.modes("many")
def test_connections(start):
    server = start("--client-connections", "3")
    held = [server.connect() for _ in range(3)]
    for connection in held:
        assert connection.ask("GET", "/").status == 200
    with server.connect() as surplus:
        surplus.send(surplus.request("GET", "/"))
        answer = surplus.receive()
        assert answer.status == 429 and "Retry-After" in answer.names and not answer.keeps
        surplus.expect_closed()
    server.log.wait_for(r"Warning: 127\.0\.0\.1 has as many connections as a client may, rejecting 127\.0\.0\.1:\d+")
    with server.connect(source="127.0.0.2") as other:
        assert other.ask("GET", "/").status == 200
    held.pop().close()

    def answered():
        with server.connect() as connection:
            connection.send(connection.request("GET", "/"))
            return connection.receive().status == 200

    eventually(answered, "a closed connection makes room")


@pytest.mark.modes("many")
def test_connections_of_a_queue_that_is_full_are_given_back(start):
    """What is rejected for another reason does not count for ever."""
    patient = ("--stall-timeout", "10m", "--minimum-rate", "0")  # however slow this machine is
    server = start("--threads", "1", "--connections-per-thread", "1", "--queue", "0", "--client-connections", "2", *patient)
    held = server.connect()
    held.send(held.request("POST", "/upload", fields=[("Content-Type", "application/json"), ("Content-Length", "3"), ("Expect", "100-continue")]))
    assert held.receive_interim().status == 100
    for _ in range(6):
        with server.connect() as connection:
            connection.send(connection.request("GET", "/"))
            assert connection.receive().status == 503
    held.send(b"[1]")
    assert held.receive().status == 201


@pytest.mark.modes("many")
def test_connections_of_proxies_are_not_counted(start):
    """A proxy that sets a field connects on behalf of many."""
    server = start("--client-connections", "1", *TRUSTED)
    held = [server.connect() for _ in range(5)]
    fields = [("X-Forwarded-For", CLIENT)]
    assert [connection.ask("GET", "/", fields=fields).status for connection in held] == 5 * [200]


def answered(server, header):
    """Whether a connection that begins with this header is answered 200; otherwise it must be turned away with 429."""
    with server.connect() as connection:
        connection.send(header + connection.request("GET", "/"))
        answer = connection.receive()
        if answer.status == 429:
            assert int(answer["Retry-After"]) >= 1 and not answer.keeps
            connection.expect_closed()
        return answer.status == 200


@pytest.mark.modes("many")
def test_connections_with_a_proxy_header_are_counted_for_the_client_that_it_names(start):
    server = start("--client-connections", "2", "--proxy-protocol", "on", *TRUSTED)
    held = [server.connect() for _ in range(2)]
    for connection, header in zip(held, [version_1(), version_2()]):
        connection.send(header + connection.request("GET", "/"))
        assert connection.receive().status == 200
    assert not answered(server, version_1())
    server.log.wait_for(rf"Warning: The client has as many connections as a client may, rejecting this one, client: {CLIENT}:4711 through 127\.0\.0\.1:\d+")
    assert answered(server, version_1("198.51.100.1")), "that is another client"
    held.pop().close()
    eventually(lambda: answered(server, version_2()), "a closed connection makes room")


@pytest.mark.modes("many")
def test_a_connection_that_is_turned_away_need_not_say_a_word(start):
    """The answer comes when the header has come, not with the first request."""
    server = start("--client-connections", "1", "--proxy-protocol", "on", *TRUSTED)
    first = server.connect()
    first.send(version_1() + first.request("GET", "/"))
    assert first.receive().status == 200
    with server.connect() as surplus:
        surplus.send(version_1())
        assert surplus.receive(method="GET").status == 429


@pytest.mark.modes("many")
@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", version_1("127.0.0.1")])
def test_a_header_that_names_no_client_counts_for_nobody(start, header):
    """LOCAL and its like are the proxy's own; a trusted proxy behind another connects on behalf of many, too."""
    server = start("--client-connections", "1", "--proxy-protocol", "on", *TRUSTED)
    held = [server.connect() for _ in range(3)]
    for connection in held:
        connection.send(header + connection.request("GET", "/"))
        assert connection.receive().status == 200


@pytest.mark.modes("many")
def test_a_download_is_charged_while_it_is_under_way(start, scratch):
    """What is refused is the next request: the answer that runs is not cut short."""
    server = start("--client-bytes", "100000", "--client-burst", "1s")
    (server.root / "long.bin").write_bytes(bytes(64 * 1024 * 1024))
    with server.connect() as download:
        download.send(download.request("GET", "/long.bin"))
        # It takes nothing of that, so all but what fits the buffers of two sockets is still to come.
        eventually(lambda: server.get("/about.html").status == 429, "other requests of the client are refused")
        answer = download.receive()
        assert answer.status == 200 and len(answer.content) == 64 * 1024 * 1024


@pytest.fixture
def reloading(start_plain, root, scratch):
    """A server with these lines in its configuration; returns it and what gives it other lines."""
    configuration = scratch / "bobbin.toml"

    def write(lines):
        configuration.write_text(f'port = 0\nroot = "{root}"\nkeep_alive_requests = 0\n{lines}')

    def start_with(lines):
        write(lines)
        server = start_plain("--config", configuration, root=root)

        def reload(lines):
            count = server.log.count("Configuration reloaded")
            write(lines)
            server.signal(signal.SIGHUP)
            server.log.wait_for("Configuration reloaded", count=count + 1)
            assert server.log.count("only an upgrade") == 0

        return server, reload

    return start_with


@pytest.mark.modes("many")
def test_a_reload_changes_the_limits_of_requests(reloading):
    server, reload = reloading("")
    with server.connect() as connection:
        assert all(connection.ask("GET", "/about.html").status == 200 for _ in range(30))
        reload('client_requests = 1\nclient_burst = "5m"\n')
        _, count = exhaust(connection)
        assert count >= MOST
        reload('client_requests = 2\nclient_burst = "5m"\n')
        answer, count = exhaust(connection)
        assert count >= MOST, "what was taken is half of what may be taken now"
        assert answer["RateLimit-Policy"] == f'"requests";q={2 * MOST};w={MOST}'
        reload('client_requests = 2\nclient_burst = "5m"\nclient_exempt = ["10.0.0.0/8", "127.0.0.0/8"]\n')
        assert connection.ask("GET", "/about.html").status == 200
        reload('client_requests = 2\nclient_burst = "5m"\n')
        assert exhaust(connection)[1] < MOST, "what has been counted was not lost"
        reload("")
        assert all(connection.ask("GET", "/about.html").status == 200 for _ in range(30))


@pytest.mark.modes("many")
def test_a_reload_changes_the_limits_of_connections(reloading):
    """Counts stay right, whatever the limits were when a connection came and when it goes."""
    server, reload = reloading("")
    may_have = lambda: server.get("/about.html").status == 200
    uncounted = server.connect()
    assert uncounted.ask("GET", "/").status == 200
    reload("client_connections = 2\n")
    held = [server.connect() for _ in range(2)]
    assert all(connection.ask("GET", "/").status == 200 for connection in held)
    assert not may_have()
    reload("client_connections = 3\n")
    assert may_have()
    reload("")
    assert may_have()
    uncounted.close()
    held.pop().close()
    reload('client_connections = 2\nclient_exempt = "127.0.0.1"\n')
    assert may_have()
    exempt = server.connect()
    assert exempt.ask("GET", "/").status == 200
    reload("client_connections = 2\n")
    eventually(may_have, "one of two is left, and the exempt one is not counted")
    second = server.connect()
    assert second.ask("GET", "/").status == 200
    assert not may_have()
    exempt.close()
    held.pop().close()
    eventually(may_have, "the one that was counted makes room")
    third = server.connect()
    assert third.ask("GET", "/").status == 200
    assert not may_have(), "and the exempt one does not"


# --- limits of rules ---


@pytest.fixture
def limited(start, scratch, root):
    """Start a server with a rule that limits its paths."""
    (root / "login").mkdir()
    (root / "login/form.html").write_text("<p>sign in</p>")
    config = scratch / "bobbin.toml"

    def start_with(text, *flags):
        config.write_text(text)
        server = start("--config", config, "--keep-alive-requests", "0", *flags)
        server.config = config
        return server

    return start_with


RULE = """
[[rule]]
path = "/login/**"
client_requests = 1
client_burst = "{burst}"
{more}
"""


def asked(connection, target, times, **kwargs):
    return [connection.ask(kwargs.pop("method", "GET"), target, **kwargs).status for _ in range(times)]


def test_a_rule_limits_its_paths(limited):
    server = limited(RULE.format(burst="1h", more=""))
    with server.connect() as connection:
        statuses = asked(connection, "/login/form.html", 3590)
        assert set(statuses) == {200}
        # Each second that passes allows one more.
        answers = (connection.ask("GET", "/login/form.html") for _ in range(10_000))
        refused = next(answer for answer in answers if answer.status != 200)
        assert refused.status == 429 and refused.keeps
        assert int(refused["Retry-After"]) >= 1
        assert refused["RateLimit-Policy"] == '"requests";q=3600;w=3600'
        assert connection.ask("GET", "/about.html").status == 200, "no rule is about it"
    with server.connect(source="127.0.0.2") as other:
        assert other.ask("GET", "/login/form.html").status == 200


@pytest.mark.modes("many")
def test_a_limit_of_a_rule_has_its_methods_and_its_order(limited):
    later = '[[rule]]\npath = "/login/free/**"\nclient_requests = 1000000\n'
    server = limited(RULE.format(burst="1s", more='method = "GET"') + later)
    with server.connect() as connection:
        assert 429 in asked(connection, "/login/form.html", 20)
        assert set(asked(connection, "/login/free/x", 20)) == {404}, "a later rule says otherwise"
        assert connection.ask("OPTIONS", "/login/form.html").status == 204


@pytest.mark.modes("many")
def test_a_limit_of_a_rule_comes_besides_that_of_the_server(limited):
    server = limited(RULE.format(burst="1s", more=""), *REQUESTS)
    with server.connect() as connection:
        assert 429 in asked(connection, "/login/form.html", 20)
        answer, count = exhaust(connection)
        assert count < MOST, "those at the rule's paths have counted, too"


@pytest.mark.modes("many")
def test_a_limit_of_a_rule_slows_guessing_down(limited, scratch):
    (scratch / "tokens").write_text("deploy:" + "0" * 64 + "\n")
    server = limited(RULE.format(burst="5s", more=f'token_file = "{scratch / "tokens"}"'))
    with server.connect() as connection:
        statuses = asked(connection, "/login/form.html", 40, fields=[("Authorization", "Bearer wrong")])
    assert statuses[:5] == [401] * 5 and 429 in statuses


@pytest.mark.modes("many")
def test_what_a_rule_has_counted_survives_a_reload(limited):
    server = limited(RULE.format(burst="5m", more=""))
    with server.connect() as connection:
        eventually(lambda: 429 in asked(connection, "/login/form.html", 50), "the limit is met")
        server.config.write_text(RULE.format(burst="5m", more='set = "A: 1"'))
        server.process.send_signal(signal.SIGHUP)
        server.log.wait_for("Configuration reloaded")
        assert 429 in asked(connection, "/login/form.html", 50), "each second allows one more, and not 300"
        server.config.write_text("")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: connection.ask("GET", "/login/form.html").status == 200, "the limit is gone")


# Users

USERS = """
[[rule]]
path = "/login/**"
token_file = "{tokens}"
user_requests = 1
user_burst = "5m"

[[inbox]]
name = "kiosk"
dir = "{inbox}"
token_file = "{tokens}"

[[rule]]
path = "/in/*"
user_requests = 1
user_burst = "10s"
"""


@pytest.fixture
def of_users(limited, scratch):
    """A server that limits the requests of each user, whose token is its name."""
    tokens = scratch / "tokens"
    tokens.write_text("".join(f"{name}:{hashlib.sha256(name.encode()).hexdigest()}\n" for name in ("ada", "bob")))
    (scratch / "inboxes").mkdir()
    return lambda *flags: limited(USERS.format(tokens=tokens, inbox=scratch / "inboxes/kiosk"), *flags)


def as_user(name):
    return [("Authorization", f"Bearer {name}")]


def test_each_user_has_a_limit_wherever_it_asks_from(of_users):
    server = of_users()
    with server.connect() as connection:
        assert set(asked(connection, "/login/form.html", MOST - 5, fields=as_user("ada"))) == {200}
    with server.connect(source="127.0.0.2") as other:
        answers = [other.ask("GET", "/login/form.html", fields=as_user("ada")) for _ in range(MOST)]
        refused = next(answer for answer in answers if answer.status != 200)
        assert refused.status == 429 and refused.keeps and int(refused["Retry-After"]) >= 1
        assert refused["RateLimit-Policy"] == f'"requests";q={MOST};w={MOST}'
        assert "one user" in refused.text
        assert other.ask("GET", "/login/form.html", fields=as_user("bob")).status == 200
        assert other.ask("GET", "/about.html", fields=as_user("ada")).status == 200, "no rule is about it"


@pytest.mark.modes("many")
def test_who_has_no_token_counts_for_nobody(of_users):
    with of_users().connect() as connection:
        assert set(asked(connection, "/login/form.html", MOST + 10, fields=as_user("mallory"))) == {401}
        assert connection.ask("GET", "/login/form.html", fields=as_user("ada")).status == 200


@pytest.mark.modes("many")
def test_users_are_limited_from_exempt_addresses_too(of_users):
    with of_users("--client-exempt", "127.0.0.0/8").connect() as connection:
        assert 429 in asked(connection, "/login/form.html", 2 * MOST, fields=as_user("ada"))


@pytest.mark.modes("many")
def test_what_a_user_posts_to_an_inbox_is_limited(of_users, scratch):
    server = of_users()
    fields = [*as_user("ada"), ("Content-Type", "application/json")]
    with server.connect() as connection:
        statuses = [connection.ask("POST", "/in/kiosk", fields=fields, content=b"{}").status for _ in range(60)]
    assert statuses[:10] == [201] * 10 and 429 in statuses and set(statuses) == {201, 429}
    assert len(list((scratch / "inboxes/kiosk/new").iterdir())) == statuses.count(201), "what is refused is not kept"


@pytest.mark.modes("many")
def test_a_user_of_a_password_is_counted_once(limited, scratch):
    """The first request of each is asked about again, once the password has been verified, and one is all that it may make."""
    command = ["openssl", "passwd", "-6", "secret"]
    hashed = subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    names = [f"user{number}" for number in range(8)]
    (scratch / "users").write_text("".join(f"{name}:{hashed}\n" for name in names))
    rule = f'[[rule]]\npath = "/login/**"\npassword_file = "{scratch / "users"}"\nuser_requests = 1\nuser_burst = "1s"\n'
    with limited(rule).connect() as connection:
        for name in names:
            fields = [("Authorization", "Basic " + base64.b64encode(f"{name}:secret".encode()).decode())]
            assert connection.ask("GET", "/login/form.html", fields=fields).status == 200
            assert 429 in asked(connection, "/login/form.html", 20, fields=fields), "it is limited, though"
