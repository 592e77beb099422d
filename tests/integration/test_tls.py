"""TLS: certificates, versions, names, redirects, and clients that speak the wrong language."""

import hashlib
import os
import signal
import socket
import ssl
import struct
import subprocess

import pytest

from support.certificates import make_certificate
from support.client import Connection, parse_head
from support.server import run_to_end
from support.tls import TlsSocket, client_context
from support.waiting import eventually
from test_proxies import CLIENT, TRUSTED, version_1, version_2

pytestmark = pytest.mark.modes("many")


@pytest.fixture
def certificates(scratch):
    """Makes pairs of files in a folder of the test's own."""
    return lambda *arguments, **options: make_certificate(scratch / "certificates", *arguments, **options)


@pytest.fixture
def secure(start, certificates):
    """Start a server with one certificate."""
    pair = certificates()
    return lambda *flags, **options: start(*pair_flags(pair), *flags, **options)


def pair_flags(*pairs):
    flags = []
    for pair in pairs:
        flags += ["--tls-certificate", pair.certificate, "--tls-key", pair.key]
    return flags


def shown_to(server, name=None, context=None):
    """SHA-256 of the certificate that a client is shown which asks for `name`."""
    with socket.create_connection(server.address) as raw:
        tls = TlsSocket(raw, context, name)
        return hashlib.sha256(tls.tls.getpeercert(True)).hexdigest()


def with_versions(lowest, highest):
    context = client_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = lowest, highest
    return context


# Certificates


def test_a_certificate_from_files(start, certificates):
    pair = certificates()
    server = start(*pair_flags(pair))
    assert shown_to(server) == pair.fingerprint
    assert server.get("/about.html").status == 200


def test_key_and_certificate_in_one_file(start, certificates):
    pair = certificates()
    pair.certificate.write_bytes(pair.certificate.read_bytes() + pair.key.read_bytes())
    server = start("--tls-certificate", pair.certificate)
    assert server.get().status == 200


def test_both_kinds_side_by_side(start, certificates):
    rsa, ec = certificates(kind="2048"), certificates()
    server = start(*pair_flags(rsa, ec))
    for cipher, pair in (("ECDHE-RSA-AES128-GCM-SHA256", rsa), ("ECDHE-ECDSA-AES128-GCM-SHA256", ec)):
        context = with_versions(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(cipher)
        assert shown_to(server, context=context) == pair.fingerprint


def test_self_signed_is_made_for_this_machine(start, scratch):
    server = start("--tls", "self-signed")
    with socket.create_connection(server.address) as raw:
        der = TlsSocket(raw).tls.getpeercert(True)
    (scratch / "ca.pem").write_text(ssl.DER_cert_to_PEM_cert(der))
    context = ssl.create_default_context(cafile=scratch / "ca.pem")
    for name in ("localhost", "127.0.0.1"):
        with socket.create_connection(server.address) as raw, context.wrap_socket(raw, server_hostname=name) as tls:
            assert tls.version() == "TLSv1.3"


def broken_pairs(certificates, folder):
    """What is wrong with a pair, the flags for it, and what the message says."""
    good, other = certificates(), certificates("other.example")
    weak = certificates("weak.example", kind="1024")
    empty = folder / "empty.pem"
    empty.write_text("")
    return {
        "missing": (["--tls-certificate", folder / "no.pem"], "no.pem", "No such file or directory"),
        "missing key": (["--tls-certificate", good.certificate, "--tls-key", folder / "no.key"], "no.key", "No such file"),
        "empty": (["--tls-certificate", empty, "--tls-key", good.key], "empty.pem", "PEM_read_bio_X509: no start line"),
        "no key": (["--tls-certificate", good.certificate], good.certificate.name, "PEM_read_bio_PrivateKey"),
        "mismatch": (
            ["--tls-certificate", good.certificate, "--tls-key", other.key], other.key.name, "X509_check_private_key: key values mismatch"
        ),
        "weak": (pair_flags(weak), weak.certificate.name, "ee key too small"),
        "two of a kind": (pair_flags(good, other), other.certificate.name, "SSL_CTX_use_cert_and_key"),
        "numbers": (["--tls-certificate", f"{good.certificate},{other.certificate}", "--tls-key", good.key], "--tls-key", "1 for 2"),
        "none": (["--tls", "on"], "--tls", "--tls self-signed"),
        "self-signed too": (["--tls", "self-signed", *pair_flags(good)], "--tls", "self-signed makes"),
        "redirect": ([*pair_flags(good), "--redirect-to-https", "on"], "--redirect-to-https", "[[listener]]"),
        "hsts": (["--hsts", "max-age=1"], "--hsts", "RFC 6797"),
        "key without a certificate": (["--tls-key", good.key], "--tls-key", "no certificate", "--tls-certificate FILE"),
        "issuers without a certificate": (["--tls-client-ca", good.certificate], "--tls-client-ca", "no certificate"),
        "policy without a certificate": (["--tls-policy", "modern"], "--tls-policy", "no certificate"),
        "tickets without a certificate": (["--tls-ticket-keys", "nope"], "--tls-ticket-keys", "no listener has TLS"),
        "clients without issuers": (
            ["--tls", "self-signed", "--tls-client-certificates", "required"], "--tls-client-certificates", "--tls-client-ca FILE",
        ),
        "nobody is asked": (["--tls", "self-signed", "--allow-certificate", "any"], "--allow-certificate", "--tls-client-ca FILE"),
    }  # fmt: skip


def test_what_is_wrong_is_said_at_the_start_and_by_check_config(binary, root, certificates, scratch):
    """Each refusal names the option or the file, the call and OpenSSL's reason, before anything is served."""
    for name, (flags, *words) in broken_pairs(certificates, scratch).items():
        for check in ([], ["--check-config"]):
            ended = run_to_end(binary, "--port", "0", "--root", root, *flags, *check)
            assert ended.returncode == 2, (name, ended)
            assert ended.stderr.count("\n") == 1 and ended.stderr.startswith("bobbin: --"), (name, ended.stderr)
            for word in words:
                assert word in ended.stderr, (name, ended.stderr)


@pytest.mark.parametrize(("days", "words"), [(20.5, "expires in 20 days"), (0.5, "in less than a day"), (-1, "has expired")])
def test_the_end_of_a_certificate_is_announced(start, binary, root, certificates, days, words):
    pair = certificates(days=days)
    server = start(*pair_flags(pair))
    server.log.wait_for(f"Warning: the certificate of .*{pair.certificate.name}.* {words}")
    checked = run_to_end(binary, "--root", root, *pair_flags(pair), "--check-config")
    assert checked.returncode == 0 and words in checked.stderr
    assert server.log.count("the certificate of") == 1, "it is not repeated before the next of 21, 7 and 1 days"


def test_a_certificate_that_is_good_for_long_is_not_mentioned(secure):
    server = secure()
    assert server.get().status == 200
    assert server.log.count("certificate") == 0


# Names (SNI)


def test_sites_have_certificates_of_their_own(start_plain, certificates, root, scratch):
    one, other, wild = certificates(), certificates("a.example"), certificates("*.b.example")
    configuration = scratch / "bobbin.toml"
    configuration.write_text(
        f"""
[[listener]]
bind = "127.0.0.1"
port = 0
tls = true
certificate = "{one.certificate}"
key = "{one.key}"
[[site]]
names = ["a.example", "a.example:*"]
root = "{root}"
certificate = ["{other.certificate}"]
key = ["{other.key}"]
[[site]]
names = ["*.b.example:*"]
root = "{root}"
certificate = "{wild.certificate}"
key = "{wild.key}"
"""
    )
    server = start_plain("--config", configuration, root=root)
    for name, pair in ((None, one), ("elsewhere.example", one), ("A.example", other), ("x.b.example", wild)):
        assert shown_to(server, name) == pair.fingerprint, name
    assert server.get("/about.html", host="a.example").status == 200


# Versions and clients


@pytest.mark.parametrize("policy", ["intermediate", "modern"])
def test_versions(secure, policy):
    server = secure("--tls-policy", policy)
    allowed = {"TLSv1_2", "TLSv1_3"} if policy == "intermediate" else {"TLSv1_3"}
    for version in ("TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"):
        flag = "-" + version.replace("TLSv", "tls")
        ended = subprocess.run(
            ["openssl", "s_client", "-connect", server.host, flag, "-cipher", "ALL:@SECLEVEL=0"],
            input=b"", capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert (b"Verification error" in ended.stdout) == (version in allowed), (version, ended.stdout[-400:])
    server.log.wait_for("TLS failed: unsupported protocol, client: 127.0.0.1")


def test_curl(secure, certificates):
    pair = certificates()
    server = secure("--allow-host", "test.example")
    ended = subprocess.run(
        ["curl", "-sS", "--cacert", pair.certificate, "--resolve", f"test.example:{server.port}:127.0.0.1",
         f"https://test.example:{server.port}/about.html"],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    assert ended.stdout == (server.root / "about.html").read_bytes()


def test_a_client_that_trusts_nobody_is_logged(secure):
    server = secure()
    with socket.create_connection(server.address) as raw, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(raw, server_hostname="test.example")
    server.log.wait_for("TLS failed: .*alert unknown ca, client: 127.0.0.1")


def test_alpn(secure):
    server = secure()
    with socket.create_connection(server.address) as raw:
        assert TlsSocket(raw).tls.selected_alpn_protocol() == "http/1.1"
    context = client_context()
    context.set_alpn_protocols(["h3", "imap"])
    with socket.create_connection(server.address) as raw, pytest.raises(ssl.SSLError, match="no application protocol"):
        TlsSocket(raw, context)


# The wrong language


def test_plain_http_on_a_port_for_tls(secure):
    server = secure("--hsts", "max-age=60")
    for request in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"PROPFIND /x HTTP/1.1\r\n", b"hello\r\n"):
        with server.connect(tls=False) as connection:
            connection.send(request)
            answer, finished = connection.receive_to_end()
            status, _, fields = parse_head(answer[: answer.index(b"\r\n\r\n") + 4])
            assert status == 400 and finished
            assert b"This port speaks HTTPS" in answer
            assert "Strict-Transport-Security" not in dict(fields), "the connection is not secured (RFC 6797 §7.2)"
    server.log.wait_for("Security violation: Plain HTTP on a port for TLS", count=3)
    assert server.get().status == 200


def test_tls_on_a_port_for_plain_http(start):
    server = start()
    with socket.create_connection(server.address) as raw, pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
        TlsSocket(raw)
    server.log.wait_for("Security violation: TLS on a port for plain HTTP")


# Reload


def test_a_renewed_certificate_takes_effect_by_itself(start, certificates):
    pair = certificates()
    server = start(*pair_flags(pair))
    with server.connect() as old:
        renewed = certificates()
        server.log.wait_for("The certificates have changed and are in use")
        assert shown_to(server) == renewed.fingerprint != pair.fingerprint
        assert old.ask().status == 200, "connections go on"


def test_a_renewed_certificate_behind_a_link(start, certificates, scratch):
    """As certbot keeps them: the names are links, which a renewal turns."""
    first, second = certificates("first.example"), certificates("second.example")
    for name, target in (("live.pem", first.certificate), ("live.key", first.key)):
        (scratch / name).symlink_to(target)
    server = start("--tls-certificate", scratch / "live.pem", "--tls-key", scratch / "live.key")
    assert shown_to(server) == first.fingerprint
    for name, target in (("live.pem", second.certificate), ("live.key", second.key)):
        (scratch / "new").symlink_to(target)
        os.rename(scratch / "new", scratch / name)
    eventually(lambda: shown_to(server) == second.fingerprint, "the new one is shown")


def test_a_broken_pair_leaves_the_old_one(start, certificates):
    pair = certificates()
    server = start(*pair_flags(pair))
    good = pair.key.read_bytes()
    pair.key.write_bytes(b"broken")
    server.log.wait_for("The certificates have changed, but the old ones stay in use: --tls-certificate: .*PEM_read_bio_PrivateKey")
    assert shown_to(server) == pair.fingerprint
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload refused, everything stays as it was: --tls-certificate: .*")
    assert shown_to(server) == pair.fingerprint
    pair.key.write_bytes(good)
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert server.log.count("but the old ones stay") == 1, "it is said once"


def test_sighup_reads_other_files(start_plain, root, certificates, scratch):
    one, other = certificates(), certificates("other.example")
    configuration = scratch / "bobbin.toml"
    text = f'port = 0\nroot = "{root}"\ntls_certificate = "{{}}"\ntls_key = "{{}}"\n'
    configuration.write_text(text.format(one.certificate, one.key))
    server = start_plain("--config", configuration, root=root)
    configuration.write_text(text.format(other.certificate, other.key))
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert shown_to(server) == other.fingerprint
    configuration.write_text(f'port = 0\nroot = "{root}"\n')
    server.signal(signal.SIGHUP)
    server.log.wait_for("only an upgrade or a restart can change .*which of them speak TLS")
    assert shown_to(server) == other.fingerprint


# Tickets


def session_of(server, context):
    """What a client keeps in order to resume: it has had a response."""
    with socket.create_connection(server.address) as raw, context.wrap_socket(raw) as tls:
        tls.sendall(f"GET / HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
        tls.recv(65536)
        return tls.session


def resumes(server, session, context):
    with socket.create_connection(server.address) as raw, context.wrap_socket(raw, session=session) as tls:
        return tls.session_reused


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed_across_a_reload(secure, version):
    server = secure()
    context = client_context()
    context.minimum_version = context.maximum_version = version
    assert resumes(server, session_of(server, context), context)
    session = session_of(server, context)
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration reloaded")
    assert resumes(server, session, context)


def test_servers_share_ticket_keys(secure, scratch):
    keys = scratch / "ticket.keys"
    keys.write_bytes(os.urandom(80))
    one, other, stranger = (secure(*flags) for flags in (("--tls-ticket-keys", keys), ("--tls-ticket-keys", keys), ()))
    context = client_context()
    session = session_of(one, context)
    assert not resumes(stranger, session, context), "a ticket of another key leads to a full handshake"
    session = session_of(one, context)
    assert resumes(other, session, context)
    session = session_of(one, context)
    keys.write_bytes(os.urandom(80) + keys.read_bytes())
    for server in (one, other):
        server.log.wait_for("The certificates have changed and are in use")
    assert resumes(other, session, context), "the second key of a file opens tickets"
    session = session_of(one, context)
    keys.write_bytes(os.urandom(80))
    other.log.wait_for("The certificates have changed and are in use", count=2)
    assert not resumes(other, session, context)


def test_ticket_keys_of_a_wrong_size(binary, root, scratch):
    (scratch / "keys").write_bytes(b"x" * 48)
    ended = run_to_end(binary, "--port", "0", "--root", root, "--tls", "self-signed", "--tls-ticket-keys", scratch / "keys")
    assert ended.returncode == 2 and "openssl rand 80" in ended.stderr


# Certificates of clients


def client_with(pair):
    context = client_context()
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@pytest.mark.parametrize("kind", ["required", "optional"])
def test_certificates_of_clients(secure, certificates, kind):
    issuer = certificates("issuer.example")
    alice, stranger = certificates("alice", issuer=issuer), certificates("stranger")
    server = secure("--tls-client-ca", issuer.certificate, "--tls-client-certificates", kind)
    with server.connect(tls=client_with(alice)) as connection:
        assert connection.ask("GET", "/about.html").status == 200
    server.log.wait_for(rf"Client certificate: CN=alice \(SHA-256 {alice.fingerprint}\)")
    with pytest.raises((ssl.SSLError, ConnectionResetError)), server.connect(tls=client_with(stranger)) as connection:
        connection.ask()
    server.log.wait_for("TLS failed: certificate verify failed")
    if kind == "optional":
        assert server.get("/about.html").status == 200
        assert server.log.count("Client certificate") == 1
    else:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            server.get("/about.html")
        server.log.wait_for("TLS failed: peer did not return a certificate")


def test_a_file_without_issuers(binary, root, certificates):
    ended = run_to_end(
        binary, "--port", "0", "--root", root, "--tls", "self-signed", "--tls-client-ca", certificates().key
    )
    assert ended.returncode == 2 and "--tls-client-ca:" in ended.stderr and "no start line" in ended.stderr


# Challenges of ACME


@pytest.mark.parametrize("redirects", [False, True])
def test_challenges_have_a_folder_of_their_own(start, scratch, redirects):
    folder = scratch / "challenges"
    folder.mkdir()
    (folder / "token_-1").write_text("token_-1.thumbprint")
    server = start("--acme-challenges", folder, *(["--redirect-to-https", "on"] if redirects else []))
    response = server.get("/.well-known/acme-challenge/token_-1")
    assert response.status == 200 and response.text == "token_-1.thumbprint"
    assert server.get("/.well-known/acme-challenge/none").status == 404
    assert server.get("/.well-known/acme-challenge/../x").status == 403
    assert server.get("/about.html").status == (308 if redirects else 200)
    assert server.get("/.well-known/acme-challengers").status == (308 if redirects else 404)


# Redirects and HSTS


@pytest.fixture
def redirecting(start_plain, root, certificates, scratch):
    """A server with two listeners: its first one for plain HTTP, which redirects to the second one."""
    pair = certificates()
    configuration = scratch / "bobbin.toml"
    configuration.write_text(
        f"""
root = "{root}"
allow_host = ["www.example", "www.example:*"]
[[listener]]
bind = "127.0.0.1"
port = 0
redirect_to_https = true
[[listener]]
bind = "127.0.0.1"
port = 0
tls = true
certificate = "{pair.certificate}"
key = "{pair.key}"
hsts = "max-age=600; includeSubDomains"
"""
    )
    server = start_plain("--config", configuration, root=root)
    (second,) = server.log.wait_for(r"started on https://127.0.0.1:(\d+)")
    server.tls_port = int(second[1])
    return server


def test_a_redirect_leads_to_the_same_address(redirecting):
    server = redirecting
    for method, target, location in [
        ("GET", "/about.html", "/about.html"),
        ("GET", "/no/such?q=1&r=%20", "/no/such?q=1&r=%20"),
        ("POST", "/upload", "/upload"),
        ("GET", f"http://www.example:{server.port}/x?y", "/x?y"),
        ("GET", "http://www.example?y", "/?y"),
    ]:
        response = server.ask(method, target, host=f"www.example:{server.port}")
        assert response.status == 308, response
        assert response["Location"] == f"https://www.example:{server.tls_port}{location}"
        assert response.get("Strict-Transport-Security") is None
    with Connection(("127.0.0.1", server.tls_port), tls=True) as connection:
        response = connection.ask("GET", "/about.html")
        assert response.status == 200 and response["Strict-Transport-Security"] == "max-age=600; includeSubDomains"
        assert connection.ask("GET", "/nothing").get("Strict-Transport-Security")


def test_a_redirect_leads_nobody_elsewhere(redirecting):
    server = redirecting
    for host in ("evil.example", "www.example.evil", "www.example@evil.example", "evil.example:80"):
        response = server.get("/", host=host)
        assert response.status in (400, 403) and response.get("Location") is None, host
    assert server.get("http://evil.example/", host="www.example").status == 403
    response = server.get("//evil.example/x", host="www.example")
    assert response.get("Location") in (None, f"https://www.example:{server.tls_port}//evil.example/x")
    assert server.ask("OPTIONS", "*").status == 204


def test_who_has_come_by_https_already_is_not_sent_there_again(start):
    """A trusted proxy says so; nobody else can, or a listener that redirects would be none."""
    flags = ("--redirect-to-https", "on", "--client-proto-from", "X-Forwarded-Proto")
    server = start(*flags, *TRUSTED)
    assert server.get("/about.html", fields=[("X-Forwarded-Proto", "https")]).status == 200
    assert server.get("/about.html", fields=[("X-Forwarded-Proto", "http")]).status == 308
    assert server.get("/about.html").status == 308
    stranger = start(*flags, "--trusted-proxies", "10.0.0.0/8")
    assert stranger.get("/about.html", fields=[("X-Forwarded-Proto", "https")]).status == 308


def test_the_scheme_is_that_of_the_connection_unless_a_proxy_claims_another(secure):
    server = secure(*TRUSTED, "--client-proto-from", "X-Forwarded-Proto", "--allow-host", "example.org:*")
    for fields, secured, clear in [([], 200, 421), ([("X-Forwarded-Proto", "http")], 421, 200)]:
        assert server.get("https://example.org/", fields=fields).status == secured
        assert server.get("http://example.org/", fields=fields).status == clear


# The PROXY protocol, whose header comes in front of the handshake


@pytest.fixture
def proxied(secure):
    return lambda *flags: secure("--proxy-protocol", "on", *TRUSTED, *flags)


@pytest.mark.parametrize("header", [version_1(), version_2(), version_2(rest=b"\x01\0\x02h2")])
def test_a_proxy_header_before_the_handshake(proxied, header):
    server = proxied()
    with server.connect(preamble=header) as connection:
        for _ in range(3):
            assert connection.ask("GET", "/about.html").content == (server.root / "about.html").read_bytes()
    server.log.wait_for(rf"Connection from {CLIENT}:4711 through 127\.0\.0\.1:\d+$")
    server.log.wait_for(rf"Connection closed \(3 requests served\), client: {CLIENT}:4711 through 127\.0\.0\.1:\d+$")


@pytest.mark.parametrize("header", [version_1(), version_2()])
def test_a_proxy_header_and_a_handshake_of_single_bytes(proxied, header):
    server = proxied()
    connection = server.connect(tls=False)
    connection.send_pieces([bytes([byte]) for byte in header + client_hello()])
    assert connection.socket.recv(1) == b"\x16", "the server's part of the handshake"
    connection.close()
    server.log.wait_for(rf"Connection closed \(0 requests served\), client: {CLIENT}:4711")


def test_a_handshake_without_a_proxy_header_gets_no_answer(proxied):
    server = proxied()
    with server.connect(tls=False) as connection:
        connection.send_as_far_as_possible(client_hello())
        assert connection.receive_to_end()[0] == b""
    server.log.wait_for("PROXY header refused: the connection begins with something else, client: 127")
    assert server.log.count("TLS failed") == 0


def test_plain_http_behind_a_proxy_header(proxied):
    server = proxied()
    with server.connect(tls=False) as connection:
        connection.send(version_1() + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer, finished = connection.receive_to_end()
        assert answer.startswith(b"HTTP/1.1 400 ") and b"This port speaks HTTPS" in answer and finished
    server.log.wait_for("Security violation: Plain HTTP on a port for TLS")


def test_a_failed_handshake_behind_a_proxy_header_names_the_client(proxied):
    server = proxied()
    with server.connect(tls=False) as connection:
        connection.send(version_2() + b"\x16\x03\x01\0\x04nope")
        connection.receive_to_end()
    server.log.wait_for(rf"TLS failed: .*, client: {CLIENT}:4711 through 127\.0\.0\.1:\d+$")
    assert server.log.count("PROXY header refused") == 0


def test_a_client_with_too_many_connections_behind_a_proxy_header(proxied):
    server = proxied("--client-connections", "1")
    with server.connect(preamble=version_1()) as first:
        assert first.ask("GET", "/").status == 200
        with server.connect(preamble=version_1()) as surplus:
            surplus.send(surplus.request("GET", "/"))
            answer = surplus.receive()
            assert answer.status == 429 and not answer.keeps


def test_a_client_with_a_certificate_behind_a_proxy_header(proxied, certificates):
    """The log has all three: the client that the proxy names, the proxy, and the certificate."""
    issuer = certificates("issuer.example")
    alice = certificates("alice", issuer=issuer)
    server = proxied("--tls-client-ca", issuer.certificate)
    with server.connect(preamble=version_2(), tls=client_with(alice)) as connection:
        assert connection.ask("GET", "/about.html").status == 200
    server.log.wait_for(rf"Connection from {CLIENT}:4711 through 127")
    server.log.wait_for(rf"Client certificate: CN=alice \(SHA-256 {alice.fingerprint}\)")


def test_surplus_clients_get_503_over_tls_behind_a_proxy_header(proxied):
    """Not before the header: what stands in front of a handshake would be taken for its beginning."""
    server = proxied("--threads", "1", "--connections-per-thread", "1", "--queue", "1")
    with server.connect(preamble=version_1()) as busy:
        busy.send(busy.request("POST", "/upload", fields=[("Content-Type", "application/json")], content=b"[1]")[:-1])
        server.wait_until_quiet()
        waiting = Connection(server.address)
        with server.connect(preamble=version_2()) as surplus:
            assert surplus.receive().status == 503
            surplus.expect_closed()
        with server.connect(tls=False) as slow:
            slow.send_pieces([bytes([byte]) for byte in version_1()])
            slow.socket = TlsSocket(slow.socket)
            assert slow.receive().status == 503
        busy.send(b"]")
        assert busy.receive().status == 201
    waiting.close()


# Hostile clients


def client_hello():
    """The bytes that a client begins with."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client_context().wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def test_half_handshakes_harm_nobody(secure):
    """2,000 clients that begin a handshake and say nothing more; they end with the deadline for heads."""
    server = secure("--threads", "2", "--head-timeout", "3s")
    hello = client_hello()
    clients = []
    for index in range(2000):
        clients.append(server.connect(tls=False))
        clients[-1].send(hello if index % 2 else hello[: index % len(hello)])
        if index % 200 == 0:
            assert server.get("/about.html").status == 200
    assert server.get("/about.html").status == 200
    for client in clients:
        client.close()
    eventually(lambda: server.open_sockets() < 50, "their connections have ended")
    assert server.get("/about.html").status == 200


def test_a_silent_client_ends_with_the_deadline(secure):
    server = secure("--head-timeout", "200ms")
    for prefix in (b"", client_hello()[:50], client_hello()):
        with server.connect(tls=False) as connection:
            connection.send(prefix)
            _, finished = connection.receive_to_end()
            assert finished
    server.log.wait_for("Connection timeout", count=3)


def test_records_of_single_bytes(secure):
    server = secure()
    with server.connect() as connection:
        connection.send_pieces([bytes([byte]) for byte in connection.request("GET", "/about.html")])
        assert connection.receive().status == 200


def test_a_truncated_record_gets_nothing(secure):
    server = secure()
    with server.connect() as connection:
        request = connection.request("GET", "/about.html")
        connection.socket.raw.sendall(struct.pack(">BHH", 23, 0x0303, len(request) + 100) + request)
        connection.socket.raw.shutdown(socket.SHUT_WR)
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            assert connection.socket.recv(100) == b"no answer"
    assert server.get().status == 200


def test_a_record_that_was_tampered_with(secure):
    server = secure()
    with server.connect() as connection:
        connection.socket.raw.sendall(struct.pack(">BHH", 23, 0x0303, 64) + b"x" * 64)
        with pytest.raises(ssl.SSLError, match="BAD_RECORD_MAC"):
            connection.socket.recv(100)
    server.log.wait_for("TLS failed: decryption failed or bad record mac")


def test_content_that_ends_without_a_goodbye_is_not_stored(start, root):
    server = start("--tls", "self-signed")
    with server.connect() as connection:
        connection.send(b"POST /upload HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n"
                        % server.host.encode())  # fmt: skip
        connection.socket.raw.shutdown(socket.SHUT_WR)
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            while connection.socket.recv(1000):
                pass
    assert server.uploads() == []


def test_renegotiation_is_refused(secure):
    server = secure()
    ended = subprocess.run(
        ["openssl", "s_client", "-connect", server.host, "-tls1_2", "-crlf"],
        input=b"R\nGET / HTTP/1.1\n", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert b"no renegotiation" in ended.stderr
    assert server.get().status == 200


def test_surplus_clients_get_503_over_tls(start):
    server = start("--tls", "self-signed", "--threads", "1", "--connections-per-thread", "1", "--queue", "1")
    with server.connect() as busy:
        busy.send(busy.request("POST", "/upload", fields=[("Content-Type", "application/json")], content=b"[1]")[:-1])
        server.wait_until_quiet()
        waiting = Connection(server.address)  # in the queue, and so without a handshake
        surplus = server.connect()
        response = surplus.receive()
        assert response.status == 503 and response["Retry-After"] == "5"
        surplus.expect_closed()
        busy.send(b"]")
        assert busy.receive().status == 201
    waiting.close()
