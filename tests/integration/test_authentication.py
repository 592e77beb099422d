"""Who may: passwords (RFC 7617), tokens (RFC 6750) and client certificates, for each site."""

import base64
import hashlib
import signal
import subprocess

import pytest

from support.certificates import make_certificate
from support.server import run_to_end
from support.tls import client_context
from support.waiting import eventually, in_parallel

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

# Of the password "secret", as cheap as the methods allow.
HASHES = {
    "bcrypt": "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
    "sha512": "$6$rounds=1000$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/S0cZ5WrCciNZgfhbpkeFQ4JfkHX.8vPq45lY0iINnCx1Lkm.",
    "sha256": "$5$salt$kpa26zwgX83BPSR8d7w93OIXbFt/d3UOTZaAu5vsTM6",
    "yescrypt": "$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2",
}
BASIC = 'Basic realm="restricted", charset="UTF-8"'
BEARER = 'Bearer realm="restricted"'


def basic(user, password="secret"):
    return [("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())]


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


def challenges(response):
    return [value for name, value in response.fields if name.lower() == "www-authenticate"]


@pytest.fixture
def passwords(scratch):
    path = scratch / "users"
    path.write_text("# who may\n" + "".join(f"{name}:{value}\n" for name, value in HASHES.items()))
    return path


@pytest.fixture
def tokens(scratch):
    path = scratch / "tokens"
    path.write_text(f"kiosk-7:{hashlib.sha256(b'a-long-token').hexdigest()}\n")
    return path


def test_passwords(start, passwords):
    server = start("--password-file", passwords)
    for user in HASHES:
        for _ in range(2):  # verified, and then remembered
            assert server.get("/about.html", fields=basic(user)).status == 200
    for wrong in (basic("bcrypt", "Secret"), basic("bcrypt", ""), basic("nobody"), basic(""), bearer("a-long-token"),
                  [("Authorization", "Basic ?")], [("Authorization", "Digest a=b")], []):  # fmt: skip
        for target in ("/about.html", "/", "/none", "/none/"):
            refused = server.get(target, fields=wrong)
            assert refused.status == 401
            assert challenges(refused) == [BASIC]
            assert "About" not in refused.text
    server.log.wait_for(r"Security violation: Wrong user name or password \(bcrypt\)")
    server.log.wait_for(r"User: yescrypt$")


def test_tokens(start, tokens):
    server = start("--token-file", tokens, "--realm", "The office")
    assert server.get("/about.html", fields=bearer("a-long-token")).status == 200
    challenge = 'Bearer realm="The office"'
    assert challenges(server.get("/about.html")) == [challenge]
    refused = server.get("/about.html", fields=bearer("another-token"))
    assert refused.status == 401
    assert challenges(refused) == [challenge + ', error="invalid_token"']
    server.log.wait_for("User: kiosk-7")
    server.log.wait_for("Security violation: Unknown token")


def test_either_proof_is_enough(start, passwords, tokens):
    server = start("--password-file", passwords, "--token-file", tokens)
    assert server.get("/about.html", fields=basic("bcrypt")).status == 200
    assert server.get("/about.html", fields=bearer("a-long-token")).status == 200
    assert challenges(server.get("/about.html")) == [BASIC, BEARER]


def test_an_upload_needs_a_proof_before_its_content_is_taken(start, passwords):
    server = start("--password-file", passwords)
    assert server.upload(b"{}").status == 401
    assert server.upload(b"{}", fields=basic("sha512", "wrong")).status == 401
    assert server.uploads() == []
    created = server.upload(b'{"a": 1}', fields=basic("sha512"))
    assert created.status == 201
    assert server.get(created["Location"]).status == 401
    assert server.get(created["Location"], fields=basic("sha512")).content == b'{"a": 1}'


def test_a_client_that_expects_100_is_asked_first(start, passwords):
    server = start("--password-file", passwords)
    expecting = [("Expect", "100-continue"), ("Content-Type", "application/json")]
    with server.connect() as connection:
        connection.send(connection.request("POST", "/upload", fields=[*expecting, ("Content-Length", "2")]))
        assert connection.receive("POST").status == 401
    with server.connect() as connection:
        fields = [*expecting, *basic("bcrypt"), ("Content-Length", "2")]
        connection.send(connection.request("POST", "/upload", fields=fields))
        assert connection.receive_interim().status == 100
        connection.send(b"{}")
        assert connection.receive("POST").status == 201


def test_a_pipelined_request_waits_for_the_decision_about_the_first(start, passwords):
    server = start("--password-file", passwords)
    with server.connect() as connection:
        first = connection.request("GET", "/about.html", fields=basic("sha256"))
        connection.send(first + connection.request("GET", "/none", fields=basic("bcrypt")) + connection.request("GET", "/"))
        assert [connection.receive().status for _ in range(3)] == [200, 404, 401]


def test_a_crowd_with_one_password_is_verified_once(start, passwords):
    server = start("--password-file", passwords)
    assert set(in_parallel(40, lambda _: server.get("/about.html", fields=basic("bcrypt")).status)) == {200}


# A cost at which one verification takes long on any machine.
SLOW = "$2y$14$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"


@pytest.fixture
def guess(start, passwords):
    """A server, and a function that guesses passwords and returns the first answer."""
    passwords.write_text(passwords.read_text() + f"slow:{SLOW}\n")
    server = start("--password-file", passwords, "--trusted-proxies", "127.0.0.0/8", "--grace-period", "0")
    server.expected_status = 3  # the guesses are cut
    connections = []

    def guess(count, client_of):
        for number in range(count):
            connection = server.connect()
            fields = [*basic("slow", f"guess {number}"), ("X-Forwarded-For", client_of(number))]
            connection.send(connection.request("GET", "/about.html", fields=fields))
            connections.append(connection)
        answered = eventually(lambda: [each for each in connections if each.has_input()], "one is answered")
        return answered[0].receive()

    guess.server = server
    return guess


@pytest.mark.modes("many")
def test_a_crowd_with_wrong_passwords_harms_nobody_who_is_known(guess):
    server = guess.server
    assert server.get("/about.html", fields=basic("bcrypt")).status == 200
    answer = guess(100, lambda number: f"198.51.100.{number // 5}")
    assert answer.status == 503 and answer["Retry-After"] == "1", "more than may be verified at the same time"
    for _ in range(20):
        assert server.get("/about.html", fields=basic("bcrypt")).status == 200
    assert server.get("/about.html").status == 401


@pytest.mark.modes("many")
def test_one_client_alone_cannot_keep_the_others_out(guess):
    answer = guess(20, lambda _: "198.51.100.1")
    assert answer.status == 429 and answer["Retry-After"] == "1"
    assert guess.server.get("/about.html", fields=basic("bcrypt")).status == 200


def test_the_files_are_followed(start, passwords, tokens):
    server = start("--password-file", passwords, "--token-file", tokens)
    assert server.get("/about.html", fields=basic("bcrypt")).status == 200
    passwords.write_text(f"new:{HASHES['bcrypt']}\n")
    server.log.wait_for("Passwords, tokens, redirects or error pages have changed and are in use")
    assert server.get("/about.html", fields=basic("bcrypt")).status == 401
    assert server.get("/about.html", fields=basic("new")).status == 200
    tokens.write_text("broken\n")
    server.log.wait_for(r"but the old ones stay in use: --token-file: .* cannot be used: line 1 has no colon")
    assert server.get("/about.html", fields=basic("new")).status == 200
    assert server.get("/about.html", fields=bearer("a-long-token")).status == 200
    tokens.unlink()
    server.log.wait_for(r"stay in use: --token-file: .* cannot be read: .*No such file")
    tokens.write_text(f"kiosk-8:{hashlib.sha256(b'another').hexdigest()}\n")
    server.log.wait_for("Passwords, tokens, redirects or error pages have changed and are in use", count=2)
    assert server.get("/about.html", fields=bearer("another")).status == 200


def test_a_reload_reads_them_too(start, passwords):
    server = start("--password-file", passwords)
    passwords.write_text(f"new:{HASHES['bcrypt']}\n")
    server.process.send_signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert server.get("/about.html", fields=basic("new")).status == 200


@pytest.mark.modes("many")
def test_no_secret_is_logged(start, passwords, tokens):
    server = start("--password-file", passwords, "--token-file", tokens, "--log-level", "debug", "--log-format", "json")
    for fields in (basic("bcrypt"), basic("bcrypt", "hunter2"), bearer("a-long-token"), bearer("wrong-token"),
                   [("Authorization", "Basic hunter2")]):  # fmt: skip
        server.get("/about.html", fields=fields)
    server.log.wait_for('"status":401', count=3)
    server.log.wait_for('"user":"bcrypt"')
    text = "\n".join(server.log.lines + server.errors.lines)
    for secret in ("secret", "hunter2", "a-long-token", "wrong-token", "$2y$", *(dict(basic("bcrypt")).values())):
        assert secret not in text


@pytest.mark.modes("many")
def test_each_site_has_its_own_users(start, scratch, root, passwords):
    config = scratch / "bobbin.toml"
    config.write_text(
        f"""
[[site]]
names = ["private.example:*"]
root = "{root}"
password_file = "{passwords}"

[[site]]
names = ["public.example:*"]
root = "{root}"
"""
    )
    server = start("--config", config)
    assert server.get("/about.html", host="private.example").status == 401
    assert server.get("/about.html", host="private.example", fields=basic("bcrypt")).status == 200
    assert server.get("/about.html", host="public.example").status == 200
    assert server.get("/about.html").status == 200


@pytest.mark.modes("many")
def test_what_issuers_of_certificates_ask_for_is_open(start, scratch, passwords):
    challenges_folder = scratch / "acme"
    challenges_folder.mkdir()
    (challenges_folder / "token").write_text("answer")
    server = start("--password-file", passwords, "--acme-challenges", challenges_folder)
    assert server.get("/.well-known/acme-challenge/token").content == b"answer"
    assert server.get("/.well-known/acme-challenge").status == 401


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    ("flag", "text", "words"),
    [
        ("--password-file", "alice:hunter2\n", "line 1 holds no hash that is allowed: bcrypt, yescrypt or sha-crypt are"),
        ("--password-file", "alice:$apr1$xxxxxxxx$0123456789012345678901\n", "line 1 holds no hash that is allowed"),
        ("--password-file", "alice\n", "line 1 has no colon"),
        ("--password-file", "", "it names no user"),
        ("--token-file", "a:token\n", "line 1 holds no SHA-256"),
        ("--token-file", None, "cannot be read"),
    ],
)
def test_a_broken_file_refuses_the_start_without_telling_its_secrets(binary, scratch, root, flag, text, words):
    path = scratch / "secrets"
    if text is not None:
        path.write_text(text)
    for check in ((), ("--check-config",)):
        ended = subprocess.run(
            [binary, "--port", "0", "--root", root, flag, path, *check], capture_output=True, text=True, timeout=60, check=False
        )
        assert ended.returncode == 2
        assert flag in ended.stderr and words in ended.stderr
        assert "hunter2" not in ended.stderr and "$apr1$" not in ended.stderr


@pytest.mark.modes("many")
def test_secrets_in_the_root_refuse_the_start(binary, root):
    (root / "users").write_text(f"alice:{HASHES['bcrypt']}\n")
    ended = subprocess.run(
        [binary, "--port", "0", "--root", root, "--password-file", root / "users"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2 and "lies where clients could fetch it" in ended.stderr


# Files with secrets, as a configuration names them, and how a message names that place. {} is the file.
SECRET_FILES = {
    "rule-passwords": ('root = "{root}"\n[[rule]]\npath = "/a"\npassword_file = "{}"\n', "{config}:2:1: [[rule]]: password_file"),
    "rule-tokens": ('root = "{root}"\n[[rule]]\npath = "/a"\ntoken_file = "{}"\n', "{config}:2:1: [[rule]]: token_file"),
    "site-rule": (
        '[[site]]\nnames = "a.test"\nroot = "{root}"\n[[site.rule]]\npath = "/a"\npassword_file = "{}"\n',
        "{config}:4:1: [[site.rule]]: password_file",
    ),
    "site": (
        '[[site]]\nnames = "a.test"\nroot = "{root}"\npassword_file = "{}"\n',
        "password_file of the [[site]] a.test",
    ),
    "inbox-tokens": (
        'root = "{root}"\n[[inbox]]\nname = "a"\ndir = "{scratch}/in"\ntoken_file = "{}"\n',
        '{config}:2:1: [[inbox]] "a": token_file',
    ),
    "inbox-feed": (
        'root = "{root}"\n[[inbox]]\nname = "a"\ndir = "{scratch}/in"\nfeed_token_file = "{}"\n',
        '{config}:2:1: [[inbox]] "a": feed_token_file',
    ),
}


@pytest.fixture(params=SECRET_FILES)
def named_secrets(request, scratch, root):
    """A function that writes the configuration with such a file; how that one is named; and what it needs to hold."""
    text, option = SECRET_FILES[request.param]
    config = scratch / "named.toml"

    def write(file):
        config.write_text(text.format(file, root=root, scratch=scratch))
        return config

    lines = f"a:{HASHES['bcrypt'] if 'password' in option else hashlib.sha256(b'a').hexdigest()}\n"
    return write, option.format(config=config), lines


@pytest.mark.modes("many")
def test_a_message_names_the_table_and_the_key_of_a_file(binary, named_secrets, scratch):
    write, option, _ = named_secrets
    ended = run_to_end(binary, "--config", write(scratch / "missing"), "--check-config")
    assert ended.returncode == 2 and f'bobbin: {option}: "{scratch}/missing" cannot be read' in ended.stderr, ended
    (scratch / "broken").write_text("a:b\n")
    ended = run_to_end(binary, "--config", write(scratch / "broken"), "--check-config")
    assert ended.returncode == 2 and f'bobbin: {option}: "{scratch}/broken" cannot be used: line 1' in ended.stderr, ended


@pytest.mark.modes("many")
def test_secrets_of_tables_in_the_root_refuse_the_start(binary, named_secrets, root):
    write, option, lines = named_secrets
    (root / "secrets").write_text(lines)
    for check in ((), ("--check-config",)):
        ended = run_to_end(binary, "--config", write(root / "secrets"), "--port", "0", *check)
        assert ended.returncode == 2, ended
        assert f'bobbin: {option}: "{root}/secrets" lies where clients could fetch it' in ended.stderr, ended


@pytest.mark.modes("many")
def test_secrets_of_one_site_in_the_root_of_another_refuse_the_start(binary, root, scratch):
    (scratch / "other").mkdir()
    (scratch / "other" / "users").write_text(f"a:{HASHES['bcrypt']}\n")
    config = scratch / "sites.toml"
    config.write_text(
        f'[[site]]\nnames = "a.test"\nroot = "{root}"\npassword_file = "{scratch}/other/users"\n'
        f'[[site]]\nnames = "b.test"\nroot = "{scratch}/other"\n'
    )
    ended = run_to_end(binary, "--config", config, "--check-config")
    assert ended.returncode == 2 and "lies where clients could fetch it" in ended.stderr, ended


@pytest.mark.modes("many")
@pytest.mark.parametrize(
    ("text", "option"),
    [
        ('s3_credentials_file = "{}"\nroot = "{root}"\n', "--s3-credentials-file"),
        ('tls_ticket_keys = "{}"\ntls = "self-signed"\nroot = "{root}"\n', "--tls-ticket-keys"),
        ('tls_certificate = "{pair.certificate}"\ntls_key = "{}"\nroot = "{root}"\n', "--tls-key"),
        ('tls_certificate = "{}"\nroot = "{root}"\n', "--tls-certificate"),
        (
            'tls = "self-signed"\n[[site]]\nnames = "a.test"\nroot = "{root}"\n'
            'certificate = "{pair.certificate}"\nkey = "{}"\n',
            "key of a [[site]]",
        ),
        (
            'root = "{root}"\n[[inbox]]\nname = "a"\ndir = "{scratch}/in"\nverify = "github"\nsecret_file = "{}"\n',
            '[[inbox]] "a": secret_file',
        ),
    ],
)
def test_keys_and_credentials_in_the_root_refuse_the_start(binary, root, scratch, text, option):
    pair = make_certificate(scratch, "pair")
    contents = {
        "--s3-credentials-file": b"[default]\naws_access_key_id = A\naws_secret_access_key = B\n",
        "--tls-ticket-keys": bytes(80),
        "--tls-certificate": pair.certificate.read_bytes() + pair.key.read_bytes(),
        '[[inbox]] "a": secret_file': b"a secret of sixteen bytes\n",
    }
    config = scratch / "keys.toml"
    for folder, is_refused in ((scratch, False), (root, True)):
        (folder / "private").write_bytes(contents.get(option, pair.key.read_bytes()))
        config.write_text(text.format(folder / "private", root=root, scratch=scratch, pair=pair))
        ended = run_to_end(binary, "--config", config, "--check-config")
        assert ended.returncode == (2 if is_refused else 0), ended
        words = f'{option}: "{root}/private" lies where clients could fetch it; a place outside of "{root}" is needed'
        assert (words in ended.stderr) == is_refused, ended


@pytest.mark.modes("many")
def test_warnings(start, passwords):
    server = start("--password-file", passwords, "--bind", "0.0.0.0", "--uploads", "on")
    server.log.wait_for(r"Warning: Passwords and tokens come to 0\.0\.0\.0:\d+ in clear text")
    server.log.wait_for(r"Users: let in with a password of '.*users'")
    assert server.log.count("Uploads are open to everybody") == 0


@pytest.mark.modes("many")
def test_warnings_for_the_secrets_of_rules_and_inboxes(start_plain, named_secrets, scratch, root):
    write, _, lines = named_secrets
    (scratch / "secrets").write_text(lines)
    server = start_plain("--config", write(scratch / "secrets"), "--port", "0", "--bind", "0.0.0.0", root=root)
    server.log.wait_for(r"Warning: Passwords and tokens come to 0\.0\.0\.0:\d+ in clear text")
    tls = start_plain("--config", write(scratch / "secrets"), "--port", "0", "--tls", "self-signed", "--bind", "0.0.0.0", root=root)
    plain = start_plain("--config", write(scratch / "secrets"), "--port", "0", root=root)
    for each in (tls, plain):
        assert each.log.count("in clear text") == 0


@pytest.mark.modes("many")
def test_client_certificates(start, scratch):
    issuer = make_certificate(scratch, "issuer")
    alice = make_certificate(scratch, "alice", issuer=issuer)
    bob = make_certificate(scratch, "bob", issuer=issuer)
    server = start("--tls", "self-signed", "--tls-client-ca", issuer.certificate, "--tls-client-certificates", "optional",
                   "--allow-certificate", "CN=alice")  # fmt: skip

    def status(pair):
        context = client_context()
        if pair:
            context.load_cert_chain(pair.certificate, pair.key)
        with server.connect(tls=context) as connection:
            return connection.ask("GET", "/about.html").status

    assert status(alice) == 200
    assert status(bob) == 403
    assert status(None) == 403
    server.log.wait_for(r"Security violation: Client certificate not allowed \(CN=bob\)")
    server = start("--tls", "self-signed", "--tls-client-ca", issuer.certificate, "--tls-client-certificates", "optional",
                   "--allow-certificate", f"SHA256:{bob.fingerprint.upper()}")  # fmt: skip
    assert (status(alice), status(bob)) == (403, 200)
    # Who shows one signs in as well, where both are asked for.
    passwords = scratch / "users"
    passwords.write_text(f"bob:{HASHES['bcrypt']}\n")
    server = start("--tls", "self-signed", "--tls-client-ca", issuer.certificate, "--allow-certificate", "any",
                   "--password-file", passwords)  # fmt: skip
    context = client_context()
    context.load_cert_chain(bob.certificate, bob.key)
    with server.connect(tls=context) as connection:
        assert connection.ask("GET", "/about.html").status == 401
        assert connection.ask("GET", "/about.html", fields=basic("bob")).status == 200
    plain = start("--tls", "off", "--tls-client-ca", issuer.certificate, "--allow-certificate", "any")
    assert plain.get("/about.html").status == 403
